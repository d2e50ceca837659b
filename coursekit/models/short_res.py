"""ShortRes: a small network for segmentation, and the auto-encoder that shares its first half."""

import keras
from keras import layers


def short_res(channels: int = 3, width: int = 16, classes: int = 2, seed: int | None = None) -> keras.Model:
    """Build ShortRes: residual units, two poolings down, two transposed convolutions up.

    A residual unit is three 3×3 convolutions with an identity beside them. There are no skips over the
    poolings and no batch normalisation, so a tile's answer doesn't depend on its batch.

    Args:
        channels: of an image.
        width: maps in every layer; 16 gives 36,978 weights, the paper has 64.
        classes: output channels; for a mask 2, background first.
        seed: of the random weights; None takes Keras' global one.

    Returns:
        A Keras model from images (n, h, w, channels) in [0, 1] to logits (n, h, w, classes). Height and width
        are free, also from call to call, as long as 4 divides them: train on tiles, predict whole images.

    Source: Foucart, Debeir and Decaestecker, ISBI 2019, pp. 1869-1872, doi:10.1109/ISBI.2019.8759545. There
    the logits go through a leaky ReLU as well; here they don't.
    """
    start = _start(seed)
    image, x = _encode(channels, width, start)
    for number in (1, 2):
        x = _up(x, width, f"up{number}", start)
        x = _residual(x, width, f"res{number + 3}", start)
    logits = layers.Conv2D(classes, 1, kernel_initializer=start, name="logits")(x)
    return keras.Model(image, logits, name="short_res")


def short_res_auto_encoder(
    channels: int = 3, width: int = 16, code: int = 16, seed: int | None = None
) -> keras.Model:
    """Build an auto-encoder whose first layers are those of `short_res`, under the same names.

    Trained to give images back, which needs no label, it hands its encoder on:
    `coursekit.methods.warm_start.copy_weights(auto_encoder, network)`.

    Args:
        channels: of an image.
        width: maps in the encoder's layers, the same as in the network that is to start from it.
        code: maps at the narrowest place, which has an eighth of the image's height and width: with 16, one
            number for twelve of a colour image.
        seed: as for `short_res`.

    Returns:
        A Keras model from images (n, h, w, channels) in [0, 1] to images of the same shape, without bounds.
        Height and width are free, as long as 8 divides them.

    Source: as for `short_res`. There the last layer has a leaky ReLU; here it has none.
    """
    start = _start(seed)
    image, x = _encode(channels, width, start)
    x = _convolution(code, 3, "narrow", start)(x)
    x = layers.MaxPooling2D(2, name="code_pool")(_residual(x, code, "code", start))
    for number in (1, 2):
        x = _up(x, code, f"draw{number}", start)
    drawn = layers.Conv2DTranspose(channels, 2, strides=2, kernel_initializer=start, name="drawing")(x)
    return keras.Model(image, drawn, name="short_res_auto_encoder")


def _start(seed: int | None) -> keras.Initializer:
    # One generator for all layers: with a plain number, layers of the same shape would start the same.
    return keras.initializers.HeNormal(None if seed is None else keras.random.SeedGenerator(seed))


def _encode(
    channels: int, width: int, start: keras.Initializer
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Return the input and the maps of a quarter of its height and width."""
    image = layers.Input((None, None, channels), name="image")
    # Around 0, as in the paper's code: these weights expect it.
    x = layers.Rescaling(1.0, -0.5, name="centred")(image)
    x = _convolution(width, 1, "widen", start)(x)
    x = layers.MaxPooling2D(2, name="pool1")(_residual(x, width, "res1", start))
    x = _residual(x, width, "res2", start)
    return image, layers.MaxPooling2D(2, name="pool2")(_residual(x, width, "res3", start))


def _residual(x: keras.KerasTensor, width: int, name: str, start: keras.Initializer) -> keras.KerasTensor:
    beside = x
    for number in (1, 2, 3):
        x = _convolution(width, 3, f"{name}_conv{number}", start)(x)
    return layers.Add(name=f"{name}_add")([x, beside])


def _up(x: keras.KerasTensor, width: int, name: str, start: keras.Initializer) -> keras.KerasTensor:
    return layers.Conv2DTranspose(
        width, 2, strides=2, activation="leaky_relu", kernel_initializer=start, name=name
    )(x)


def _convolution(width: int, side: int, name: str, start: keras.Initializer) -> layers.Layer:
    return layers.Conv2D(
        width, side, padding="same", activation="leaky_relu", kernel_initializer=start, name=name
    )
