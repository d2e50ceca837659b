"""A convolutional network that pools each map over all places before it decides: it knows what, not where."""

from collections.abc import Sequence
from typing import Literal

import keras
from keras import layers

from coursekit.errors import InputError

_POOLS = {"average": layers.GlobalAveragePooling2D, "max": layers.GlobalMaxPooling2D}


def global_pooling_cnn(
    input_shape: tuple[int, int, int] = (32, 32, 1),
    widths: Sequence[int] = (16, 32, 64),
    pooling: Literal["average", "max"] = "max",
    margin: int = 8,
    classes: int = 10,
) -> keras.Model:
    """Convolutions 5×5 (`same`, ReLU) with 2×2 max pooling between them, then one number for each map.

    Args:
        input_shape: (height, width, channels) of one image.
        widths: maps of each convolution. The default has 65,162 parameters, about as many as LeNet-5.
        pooling: the "average" or the "max" of each last map over all places.
        margin: zeros put around the image first, in pixels. Without it, what moves towards the border moves
            away from the places where its edges would be seen.
        classes: number of outputs.

    Returns:
        A Keras model from (n, height, width, channels) to logits (n, classes).

    Raises:
        InputError: if `pooling` is unknown or `widths` is empty.

    Source: Lin, Chen & Yan 2014, arXiv:1312.4400 (average); Oquab et al., CVPR 2015,
    doi:10.1109/CVPR.2015.7298668 (max).
    """
    if pooling not in _POOLS:
        raise InputError(f"pooling must be 'average' or 'max', got {pooling!r}.")
    if not widths:
        raise InputError("widths must name at least one convolution, got none.")
    image = layers.Input(input_shape, name="image")
    x = layers.ZeroPadding2D(margin, name="margin")(image) if margin else image
    for number, width in enumerate(widths, start=1):
        x = layers.Conv2D(width, 5, padding="same", activation="relu", name=f"conv{number}")(x)
        if number < len(widths):
            x = layers.MaxPooling2D(2, name=f"pool{number}")(x)
    x = _POOLS[pooling](name=f"global_{pooling}")(x)
    return keras.Model(image, layers.Dense(classes, name="logits")(x), name=f"global_{pooling}_cnn")
