"""U-Net: one output value for every pixel, from coarse context and fine detail."""

from collections.abc import Sequence

import keras

from coursekit.errors import InputError


def unet(
    input_shape: tuple[int, int, int],
    classes: int = 1,
    widths: Sequence[int] = (16, 32, 64),
    activation: str = "relu",
    batch_normalization: bool = True,
    skips: bool = True,
) -> keras.Model:
    """Build a U-Net: halve the maps level by level, then double them again beside what was there before.

    A level is two 3×3 convolutions, each followed by the activation and then batch normalisation. Going down,
    a 2×2 max pooling; going up, a 2×2 transposed convolution, joined with the maps of the same size from the
    way down. The layers are called enc1_conv1 … bottleneck_conv1 … dec1_conv1 … logits, numbered by level
    from the full size, so that the weights of an encoder can be copied by name.

    Args:
        input_shape: (height, width, channels) of one image.
        classes: number of output channels: 1 for a binary mask, k for k classes.
        widths: channels of each level, from the full size to the bottleneck. `len(widths) - 1` is the depth:
            how often the maps are halved. (64, 128, 256, 512, 1024) is the network of the NIST study.
        activation: of all convolutions but the last.
        batch_normalization: off, the network has no state that depends on the batch. Statistics of a batch
            mislead where batches hold one or two images.
        skips: join the way up with the maps of the way down. Without, all must pass the bottleneck: an
            encoder and a decoder, to see what the skips are for.

    Returns:
        A Keras model from (n, height, width, channels) to logits (n, height, width, classes).

    Raises:
        InputError: if height or width isn't divisible by 2 to the power of the depth.

    Source: Ronneberger, Fischer, Brox, MICCAI 2015, arXiv:1505.04597; order of layers after Majurski et al.,
    CVPRW 2019, code usnistgov/small-data-cnns. Padding is `same`, so that the output is as large as the
    input.
    """
    widths = checked_widths(input_shape, widths)
    image = keras.layers.Input(input_shape, name="image")
    x, maps = encode(image, widths, activation, batch_normalization)
    for level in range(len(maps), 0, -1):
        x = double(x, widths[level - 1], level, batch_normalization)
        if skips:
            x = keras.layers.Concatenate(name=f"dec{level}_join")([maps[level - 1], x])
        x = convolve(x, widths[level - 1], f"dec{level}", activation, batch_normalization)
    return keras.Model(image, keras.layers.Conv2D(classes, 1, name="logits")(x), name="unet")


def unet_encoder(
    input_shape: tuple[int, int, int],
    widths: Sequence[int] = (16, 32, 64),
    activation: str = "relu",
    batch_normalization: bool = True,
) -> keras.Model:
    """Build the way down of a U-Net alone: what an image means, without where every pixel lies.

    For other answers than masks: put a head on it, such as `keras.layers.GlobalAveragePooling2D` and a dense
    layer for a class or a number, or a 1×1 convolution for a map of centres. Layers have the names that they
    have in `unet`, so that weights go from one to the other.

    Args:
        input_shape: (height, width, channels) of one image.
        widths: as for `unet`.
        activation: of all convolutions.
        batch_normalization: as for `unet`.

    Returns:
        A Keras model from (n, height, width, channels) to the maps of the bottleneck (n, height / 2**depth,
        width / 2**depth, widths[-1]).

    Raises:
        InputError: as for `unet`.

    Source: as for `unet`; heads on one encoder after Majurski et al., CVPRW 2019.
    """
    widths = checked_widths(input_shape, widths)
    image = keras.layers.Input(input_shape, name="image")
    x, _ = encode(image, widths, activation, batch_normalization)
    return keras.Model(image, x, name="unet_encoder")


def checked_widths(input_shape: tuple[int, int, int], widths: Sequence[int]) -> list[int]:
    """Widths as a list, if an image of this shape can be halved so often."""
    widths = list(widths)
    if not widths or min(widths) < 1:
        raise InputError(f"widths must hold at least one positive number of channels, got {tuple(widths)}.")
    if len(input_shape) != 3:
        raise InputError(f"input_shape must be (height, width, channels), got {tuple(input_shape)}.")
    depth = len(widths) - 1
    height, width = input_shape[:2]
    if height % 2**depth or width % 2**depth:
        fits = [max(1, round(side / 2**depth)) * 2**depth for side in (height, width)]
        raise InputError(
            f"A U-Net with {len(widths)} widths halves the image {depth} times, so height and width must be "
            f"divisible by {2**depth}, got {height}×{width}: crop or pad to {fits[0]}×{fits[1]}, or use "
            "fewer widths."
        )
    return widths


def encode(
    x: keras.KerasTensor, widths: list[int], activation: str, batch_normalization: bool
) -> tuple[keras.KerasTensor, list[keras.KerasTensor]]:
    """The way down: the bottleneck's maps, and those of each level above, from the full size on."""
    maps = []
    for level, filters in enumerate(widths[:-1], start=1):
        x = convolve(x, filters, f"enc{level}", activation, batch_normalization)
        maps.append(x)
        x = keras.layers.MaxPooling2D(2, name=f"enc{level}_pool")(x)
    return convolve(x, widths[-1], "bottleneck", activation, batch_normalization), maps


def double(x: keras.KerasTensor, filters: int, level: int, batch_normalization: bool) -> keras.KerasTensor:
    """One step up: maps of twice the size."""
    x = keras.layers.Conv2DTranspose(filters, 2, strides=2, name=f"dec{level}_up")(x)
    if batch_normalization:
        x = keras.layers.BatchNormalization(momentum=0.9, name=f"dec{level}_upnorm")(x)
    return x


def convolve(
    x: keras.KerasTensor, filters: int, name: str, activation: str, batch_normalization: bool
) -> keras.KerasTensor:
    """The two convolutions of a level."""
    for i in (1, 2):
        x = keras.layers.Conv2D(filters, 3, padding="same", activation=activation, name=f"{name}_conv{i}")(x)
        if batch_normalization:
            x = keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_norm{i}")(x)
    return x
