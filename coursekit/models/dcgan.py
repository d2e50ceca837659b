"""DCGAN: a generator and a discriminator of strided convolutions."""

from collections.abc import Sequence

import keras
from keras import layers

from coursekit.errors import InputError


def dcgan_generator(
    image_shape: tuple[int, int, int], widths: Sequence[int] = (16, 16), latent_size: int = 32
) -> keras.Model:
    """Build a generator: it draws an image from a vector of random numbers.

    A dense layer makes small maps; transposed convolutions (4×4, stride 2) double them until they are an
    image. Batch normalisation and ReLU follow each layer but the last, which has tanh. A kernel of twice the
    stride covers all pixels alike; an odd one would leave the pattern of a chessboard.

    Args:
        image_shape: (height, width, channels) of the images to draw.
        widths: channels of the maps, from the smallest on. Each layer doubles the maps once: two of them suit
            28 and 32 pixels (from 7 and 8), three suit 64 (from 8).
        latent_size: how many random numbers make an image, drawn from N(0, 1).

    Returns:
        A Keras model from (n, latent_size) to images (n, height, width, channels) in [-1, 1].

    Raises:
        InputError: if height or width isn't divisible by 2 to the power of `len(widths)`, or there are no
            widths.

    Source: Radford, Metz, Chintala, ICLR 2016, arXiv:1511.06434, whose networks are four layers deep and
    hundreds of channels wide.
    """
    height, width = _smallest(image_shape, widths)
    latent = layers.Input((latent_size,), name="latent")
    x = layers.Dense(height * width * widths[0], use_bias=False, name="dense")(latent)
    x = layers.Reshape((height, width, widths[0]), name="maps")(x)
    for number, filters in enumerate([*widths[1:], image_shape[2]], start=1):
        x = layers.BatchNormalization(momentum=0.9, name=f"norm{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(x)
        activation = "tanh" if number == len(widths) else None
        x = layers.Conv2DTranspose(
            filters, 4, strides=2, padding="same", activation=activation, name=f"up{number}"
        )(x)
    return keras.Model(latent, x, name="dcgan_generator")


def dcgan_discriminator(
    image_shape: tuple[int, int, int],
    widths: Sequence[int] = (16, 32),
    dropout: float = 0.3,
    batch_normalization: bool = False,
) -> keras.Model:
    """Build a discriminator: is an image real or generated?

    Convolutions (4×4, stride 2) with leaky ReLU (slope 0.2), then all values and one dense unit.

    Args:
        image_shape: (height, width, channels) of one image.
        widths: channels of each convolution; each halves the maps.
        dropout: share of values that are dropped after each convolution while training: a small
            discriminator that can't lean on few of them takes longer to win.
        batch_normalization: normalise before each leaky ReLU but the first, as the original does. What is
            said of an image then depends on the other images of its batch.

    Returns:
        A Keras model from images (n, height, width, channels) in [-1, 1] to one logit each, (n, 1): positive
        for real. Its convolutions are called conv1, conv2, …

    Raises:
        InputError: as for `dcgan_generator`.

    Source: Radford, Metz, Chintala, ICLR 2016, arXiv:1511.06434 (without dropout).
    """
    _smallest(image_shape, widths)
    image = layers.Input(image_shape, name="image")
    x = image
    for number, filters in enumerate(widths, start=1):
        x = layers.Conv2D(filters, 4, strides=2, padding="same", name=f"conv{number}")(x)
        if batch_normalization and number > 1:
            x = layers.BatchNormalization(momentum=0.9, name=f"norm{number}")(x)
        x = layers.LeakyReLU(0.2, name=f"leaky{number}")(x)
        x = layers.Dropout(dropout, name=f"dropout{number}")(x)
    x = layers.Flatten(name="flatten")(x)
    return keras.Model(image, layers.Dense(1, name="real")(x), name="dcgan_discriminator")


def _smallest(image_shape: tuple[int, int, int], widths: Sequence[int]) -> tuple[int, int]:
    """Height and width of the smallest maps, if an image of this shape can be halved so often."""
    if len(image_shape) != 3 or not widths or min(widths) < 1:
        raise InputError(
            "A DCGAN needs an image_shape (height, width, channels) and at least one positive width, got "
            f"{tuple(image_shape)} and {tuple(widths)}."
        )
    height, width = image_shape[:2]
    factor = 2 ** len(widths)
    if height % factor or width % factor:
        raise InputError(
            f"{len(widths)} widths halve the image {len(widths)} times, so height and width must be "
            f"divisible by {factor}, got {height}×{width}: use fewer widths, or crop or pad the images."
        )
    return height // factor, width // factor
