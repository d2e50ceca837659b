"""Network architectures. Every function returns a plain `keras.Model` with logits out."""

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
