"""LeNet-5, the convolutional network that read digits on bank cheques."""

import keras

from coursekit.errors import InputError

_POOLING = ("average", "max", "subsample")
_PADDING = ("valid", "same")


def lenet5(
    input_shape: tuple[int, int, int] = (32, 32, 1),
    classes: int = 10,
    activation: str = "tanh",
    pooling: str = "average",
    first_padding: str = "valid",
) -> keras.Model:
    """Build LeNet-5: three convolutions, two poolings between them, two dense layers.

    With 10 classes it has exactly 61,706 parameters on a 32×32×1 image, and on a 28×28×1 image with
    `first_padding="same"`. This is the modern dense variant: the network of 1998 connected its second
    convolution sparsely, had weights in its pooling layers and ended in radial basis functions.

    The layers are called conv1, pool1, conv2, pool2, conv3, flatten, dense1, logits. On a larger image conv3
    gives more than one place, and dense1 grows accordingly.

    Args:
        input_shape: (height, width, channels) of one image.
        classes: number of outputs.
        activation: of the convolutions and of dense1; the original used "tanh".
        pooling: how pool1 and pool2 halve the maps: the "average" or the "max" of each 2×2 window, or
            "subsample", which keeps its upper left value. None of them has weights.
        first_padding: "valid" or "same" for conv1.

    Returns:
        A Keras model from (n, height, width, channels) to logits (n, classes): no softmax at the end.

    Raises:
        InputError: if the image is too small to reach conv3, or an option is unknown.

    Source: LeCun, Bottou, Bengio, Haffner, Proceedings of the IEEE 86(11), 1998, doi:10.1109/5.726791.
    """
    if pooling not in _POOLING:
        raise InputError(f"pooling must be one of {', '.join(_POOLING)}, got {pooling!r}.")
    if first_padding not in _PADDING:
        raise InputError(f"first_padding must be one of {', '.join(_PADDING)}, got {first_padding!r}.")
    if len(input_shape) != 3:
        raise InputError(f"input_shape must be (height, width, channels), got {tuple(input_shape)}.")
    smallest = 32 if first_padding == "valid" else 28
    if min(input_shape[:2]) < smallest:
        raise InputError(
            f"LeNet-5 with first_padding={first_padding!r} needs images of at least {smallest}×{smallest} "
            f"pixels, got {input_shape[0]}×{input_shape[1]}: enlarge or pad them"
            + (", or use first_padding='same' from 28×28." if min(input_shape[:2]) >= 28 else ".")
        )
    layers = keras.layers
    image = layers.Input(input_shape, name="image")
    x = layers.Conv2D(6, 5, padding=first_padding, activation=activation, name="conv1")(image)
    x = _halve(pooling, name="pool1")(x)
    x = layers.Conv2D(16, 5, activation=activation, name="conv2")(x)
    x = _halve(pooling, name="pool2")(x)
    x = layers.Conv2D(120, 5, activation=activation, name="conv3")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(84, activation=activation, name="dense1")(x)
    return keras.Model(image, layers.Dense(classes, name="logits")(x), name="lenet5")


def _halve(pooling: str, name: str) -> keras.Layer:
    if pooling == "average":
        return keras.layers.AveragePooling2D(2, name=name)
    # The maximum over windows of one pixel, taken at every second place, is that pixel.
    return keras.layers.MaxPooling2D(2 if pooling == "max" else 1, strides=2, name=name)
