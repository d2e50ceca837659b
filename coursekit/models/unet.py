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

    Returns:
        A Keras model from (n, height, width, channels) to logits (n, height, width, classes).

    Raises:
        InputError: if height or width isn't divisible by 2 to the power of the depth.

    Source: Ronneberger, Fischer, Brox, MICCAI 2015, arXiv:1505.04597; order of layers after Majurski et al.,
    CVPRW 2019, code usnistgov/small-data-cnns. Padding is `same`, so that the output is as large as the
    input.
    """
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

    def convolve(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
        for i in (1, 2):
            x = keras.layers.Conv2D(
                filters, 3, padding="same", activation=activation, name=f"{name}_conv{i}"
            )(x)
            if batch_normalization:
                x = keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_norm{i}")(x)
        return x

    x = image = keras.layers.Input(input_shape, name="image")
    skips = []
    for level, filters in enumerate(widths[:-1], start=1):
        x = convolve(x, filters, f"enc{level}")
        skips.append(x)
        x = keras.layers.MaxPooling2D(2, name=f"enc{level}_pool")(x)
    x = convolve(x, widths[-1], "bottleneck")
    for level in range(depth, 0, -1):
        x = keras.layers.Conv2DTranspose(widths[level - 1], 2, strides=2, name=f"dec{level}_up")(x)
        if batch_normalization:
            x = keras.layers.BatchNormalization(momentum=0.9, name=f"dec{level}_upnorm")(x)
        x = keras.layers.Concatenate(name=f"dec{level}_join")([skips[level - 1], x])
        x = convolve(x, widths[level - 1], f"dec{level}")
    return keras.Model(image, keras.layers.Conv2D(classes, 1, name="logits")(x), name="unet")
