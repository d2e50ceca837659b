"""Network architectures, each a function that returns a plain `keras.Model`.

Classifiers, the U-Net and the discriminator end in logits; `unet_encoder` and `mobilenet` in maps of
features, `unet_generator` in images. `printed_letters` is no network: it draws what `letter_network` has
learnt to read.
"""

from coursekit.models.global_pooling import global_pooling_cnn
from coursekit.models.lenet import lenet5
from coursekit.models.letter_network import letter_network, printed_letters
from coursekit.models.mlp import mlp
from coursekit.models.mobilenet_features import mobilenet
from coursekit.models.unet import unet, unet_encoder
from coursekit.models.unet_gan import unet_discriminator, unet_generator

__all__ = [
    "global_pooling_cnn",
    "lenet5",
    "letter_network",
    "mlp",
    "mobilenet",
    "printed_letters",
    "unet",
    "unet_discriminator",
    "unet_encoder",
    "unet_generator",
]
