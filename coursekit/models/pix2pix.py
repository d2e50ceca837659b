"""pix2pix: a generator that paints images over masks, and a discriminator that judges them patch by patch."""

from collections.abc import Sequence

import keras
from keras import layers

from coursekit.errors import InputError
from coursekit.models.unet import checked_widths, convolve, double, encode


def pix2pix_generator(
    image_shape: tuple[int, int, int], mask_channels: int = 1, widths: Sequence[int] = (12, 24, 48)
) -> keras.Model:
    """Build a generator: a U-Net that turns a mask into an image.

    A mask alone would always give the same image, so a map of random numbers, one for each pixel, comes with
    it.

    Args:
        image_shape: (height, width, channels) of the images to paint.
        mask_channels: of the masks, which have the size of the images.
        widths: as for `unet`.

    Returns:
        A Keras model from [masks (n, height, width, mask_channels) in {0, 1}, noise (n, height, width, 1)
        from N(0, 1)] to images (n, height, width, channels) in [-1, 1].

    Raises:
        InputError: as for `unet`.

    Source: Isola et al., CVPR 2017, arXiv:1611.07004, where dropout takes the place of the noise.
    """
    widths = checked_widths(image_shape, widths)
    mask = layers.Input((*image_shape[:2], mask_channels), name="mask")
    noise = layers.Input((*image_shape[:2], 1), name="noise")
    x = layers.Concatenate(name="mask_and_noise")([mask, noise])
    x, maps = encode(x, widths, "relu", batch_normalization=True)
    for level in range(len(maps), 0, -1):
        x = double(x, widths[level - 1], level, batch_normalization=True)
        x = layers.Concatenate(name=f"dec{level}_join")([maps[level - 1], x])
        x = convolve(x, widths[level - 1], f"dec{level}", "relu", batch_normalization=True)
    painting = layers.Conv2D(image_shape[2], 1, activation="tanh", name="painting")(x)
    return keras.Model([mask, noise], painting, name="pix2pix_generator")


def patch_discriminator(
    image_shape: tuple[int, int, int], mask_channels: int = 1, widths: Sequence[int] = (16, 32, 64)
) -> keras.Model:
    """Build a discriminator (PatchGAN): which patches of an image are real and fit the mask?

    Convolutions (4×4, stride 2) with leaky ReLU (slope 0.2) see image and mask together; a 1×1 convolution
    gives a logit for each place that is left. With three widths each judges a patch of 22 pixels and knows
    nothing beyond: it learns texture and edges, of which even 20 images hold many.

    Args:
        image_shape: (height, width, channels) of one image.
        mask_channels: of the masks, which have the size of the images.
        widths: channels of each convolution; each halves the maps.

    Returns:
        A Keras model from [masks (n, height, width, mask_channels) in {0, 1}, images (n, height, width,
        channels) in [-1, 1]] to logits (n, rows, columns, 1), one for each patch: positive for real.

    Raises:
        InputError: if there are no widths.

    Source: Isola et al., CVPR 2017, arXiv:1611.07004 (with batch normalisation, and patches of 70 pixels).
    """
    if not widths or min(widths) < 1:
        raise InputError(f"widths must hold at least one positive number of channels, got {tuple(widths)}.")
    mask = layers.Input((*image_shape[:2], mask_channels), name="mask")
    image = layers.Input(image_shape, name="image")
    x = layers.Concatenate(name="mask_and_image")([mask, image])
    for number, filters in enumerate(widths, start=1):
        x = layers.Conv2D(filters, 4, strides=2, padding="same", name=f"conv{number}")(x)
        x = layers.LeakyReLU(0.2, name=f"leaky{number}")(x)
    return keras.Model([mask, image], layers.Conv2D(1, 1, name="real")(x), name="patch_discriminator")
