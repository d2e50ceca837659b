"""A discriminator and a generator made of the parts of a U-Net: its way down and its way up."""

from collections.abc import Sequence

import keras

from coursekit.models.unet import checked_widths, convolve, double, encode


def unet_discriminator(
    input_shape: tuple[int, int, int], widths: Sequence[int] = (16, 32, 64)
) -> keras.Model:
    """Build a discriminator: is an image real or made up?

    The encoder of a U-Net, with leaky ReLU (slope 0.2) so that gradients reach the generator even through
    units that are off, then all its values and one dense unit. Layers have the names of `unet`, so that what
    the discriminator learns without labels can start a segmentation network.

    Args:
        input_shape: (height, width, channels) of one image.
        widths: as for `unet`.

    Returns:
        A Keras model from images (n, height, width, channels) in [-1, 1] to one logit each, (n, 1): positive
        for real.

    Raises:
        InputError: as for `unet`.

    Source: Majurski et al., CVPRW 2019; code usnistgov/small-data-cnns.
    """
    widths = checked_widths(input_shape, widths)
    image = keras.layers.Input(input_shape, name="image")
    x, _ = encode(image, widths, "leaky_relu", batch_normalization=True)
    x = keras.layers.Flatten(name="flatten")(x)
    return keras.Model(image, keras.layers.Dense(1, name="real")(x), name="unet_discriminator")


def unet_generator(
    image_shape: tuple[int, int, int], widths: Sequence[int] = (16, 32, 64), latent_size: int = 100
) -> keras.Model:
    """Build a generator: it draws an image from a vector of random numbers.

    A dense layer makes the maps of the bottleneck, then follows the decoder of a U-Net. Nothing comes from a
    way down, since there is none.

    Args:
        image_shape: (height, width, channels) of the images to draw.
        widths: as for `unet`.
        latent_size: how many random numbers make an image, drawn from N(0, 1).

    Returns:
        A Keras model from (n, latent_size) to images (n, height, width, channels) in [-1, 1].

    Raises:
        InputError: as for `unet`.

    Source: Majurski et al., CVPRW 2019; code usnistgov/small-data-cnns.
    """
    widths = checked_widths(image_shape, widths)
    depth = len(widths) - 1
    height, width, channels = image_shape
    latent = keras.layers.Input((latent_size,), name="latent")
    bottleneck = (height // 2**depth, width // 2**depth, widths[-1])
    x = keras.layers.Dense(bottleneck[0] * bottleneck[1] * bottleneck[2], name="dense")(latent)
    x = keras.layers.Reshape(bottleneck, name="reshape")(x)
    for level in range(depth, 0, -1):
        x = double(x, widths[level - 1], level, batch_normalization=True)
        x = convolve(x, widths[level - 1], f"dec{level}", "relu", batch_normalization=True)
    x = keras.layers.Conv2D(channels, 1, activation="tanh", name="drawing")(x)
    return keras.Model(latent, x, name="unet_generator")
