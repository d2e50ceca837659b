"""Network architectures, each a function that returns a plain `keras.Model`.

Classifiers, `unet`, `short_res` and discriminators end in logits; `unet_encoder` and `mobilenet` in maps of
features, `dense_encoder` and `variational_encoder` in codes, generators and `dense_decoder` in images.
`printed_letters` is no network: it draws what `letter_network` has learnt to read.
"""

from coursekit.models.auto_encoder import dense_decoder, dense_encoder, variational_encoder
from coursekit.models.dcgan import dcgan_discriminator, dcgan_generator
from coursekit.models.global_pooling import global_pooling_cnn
from coursekit.models.lenet import lenet5
from coursekit.models.letter_network import letter_network, printed_letters
from coursekit.models.mlp import mlp
from coursekit.models.mobilenet_features import mobilenet
from coursekit.models.pix2pix import patch_discriminator, pix2pix_generator
from coursekit.models.short_res import short_res, short_res_auto_encoder
from coursekit.models.unet import unet, unet_encoder
from coursekit.models.unet_gan import unet_discriminator, unet_generator

__all__ = [
    "dcgan_discriminator",
    "dcgan_generator",
    "dense_decoder",
    "dense_encoder",
    "global_pooling_cnn",
    "lenet5",
    "letter_network",
    "mlp",
    "mobilenet",
    "patch_discriminator",
    "pix2pix_generator",
    "printed_letters",
    "short_res",
    "short_res_auto_encoder",
    "unet",
    "unet_discriminator",
    "unet_encoder",
    "unet_generator",
    "variational_encoder",
]
