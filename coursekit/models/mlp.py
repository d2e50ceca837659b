"""The multilayer perceptron: no convolution, every pixel has its own weights."""

from collections.abc import Sequence

import keras
from keras import layers


def mlp(
    input_shape: tuple[int, int, int] = (32, 32, 1), widths: Sequence[int] = (56, 56), classes: int = 10
) -> keras.Model:
    """Flatten the picture, then dense layers with ReLU.

    Args:
        input_shape: (h, w, c) of one picture.
        widths: units of each hidden layer. The default has 61,162 parameters, as many as LeNet-5.
        classes: number of outputs.

    Returns:
        Model from (n, h, w, c) to logits (n, classes).

    Source: Rumelhart, Hinton & Williams 1986, doi:10.1038/323533a0.
    """
    inputs = keras.Input(input_shape)
    x = layers.Flatten(name="flatten")(inputs)
    for i, width in enumerate(widths, start=1):
        x = layers.Dense(width, activation="relu", name=f"dense{i}")(x)
    return keras.Model(inputs, layers.Dense(classes, name="logits")(x), name="mlp")
