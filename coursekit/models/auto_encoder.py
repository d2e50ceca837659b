"""The two halves of an auto-encoder: one writes a short code for an image, one draws the image from it."""

import math
from collections.abc import Sequence

import keras
from keras import layers

from coursekit.errors import InputError

LOGVAR_RANGE = (-10.0, 10.0)
"""Log variances are kept inside: a cloud of 0.007 to 150 across. One step too far, and exp gives infinity."""


def dense_encoder(
    input_shape: Sequence[int], widths: Sequence[int] = (256, 64), latent: int = 2, seed: int | None = None
) -> keras.Model:
    """Turn an image into a code of a few numbers: dense layers with ReLU, then one without.

    Args:
        input_shape: of one image, (h, w, c), or of one list of numbers, (k,).
        widths: units of each hidden layer.
        latent: numbers in a code.
        seed: of the random weights; None takes Keras' global one.

    Returns:
        A Keras model from (n, *input_shape) to codes (n, latent), without bounds.

    Raises:
        InputError: if latent is below 1.

    Source: Hinton & Salakhutdinov, Science 313, 2006, doi:10.1126/science.1127647.
    """
    inputs, x, start = _hidden(input_shape, widths, latent, seed)
    code = layers.Dense(latent, kernel_initializer=start, name="code")(x)
    return keras.Model(inputs, code, name="encoder")


def variational_encoder(
    input_shape: Sequence[int], widths: Sequence[int] = (256, 64), latent: int = 2, seed: int | None = None
) -> keras.Model:
    """Turn an image into a cloud of codes: a normal distribution, independent in each dimension.

    Args:
        input_shape: as for `dense_encoder`.
        widths: as for `dense_encoder`.
        latent: dimensions of the cloud.
        seed: as for `dense_encoder`.

    Returns:
        A Keras model from (n, *input_shape) to two outputs: the clouds' means (n, latent) and the logarithms
        of their variances (n, latent), the latter clipped to `LOGVAR_RANGE`.

    Raises:
        InputError: if latent is below 1.

    Source: Kingma & Welling, ICLR 2014, arXiv:1312.6114.
    """
    inputs, x, start = _hidden(input_shape, widths, latent, seed)
    mu = layers.Dense(latent, kernel_initializer=start, name="mu")(x)
    logvar = layers.Dense(latent, kernel_initializer=start, name="unclipped")(x)
    logvar = keras.ops.clip(logvar, *LOGVAR_RANGE)
    return keras.Model(inputs, [mu, logvar], name="variational_encoder")


def dense_decoder(
    output_shape: Sequence[int],
    widths: Sequence[int] = (256, 64),
    latent: int = 2,
    activation: str = "sigmoid",
    seed: int | None = None,
) -> keras.Model:
    """Draw an image from a code: the layers of the encoder in reverse.

    Args:
        output_shape: of one image, (h, w, c), or of one list of numbers, (k,).
        widths: as given to the encoder, from the image to the code.
        latent: numbers in a code.
        activation: of the output: "sigmoid" for images in [0, 1], "linear" for numbers without bounds.
        seed: as for `dense_encoder`.

    Returns:
        A Keras model from codes (n, latent) to (n, *output_shape).

    Raises:
        InputError: if latent is below 1.
    """
    codes, x, start = _hidden((latent,), list(widths)[::-1], latent, seed)
    x = layers.Dense(math.prod(output_shape), activation, kernel_initializer=start, name="values")(x)
    return keras.Model(codes, layers.Reshape(tuple(output_shape), name="image")(x), name="decoder")


def _hidden(
    input_shape: Sequence[int], widths: Sequence[int], latent: int, seed: int | None
) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.Initializer]:
    """Return an input, the last hidden layer on it, and what draws the weights of the layer to come."""
    if latent < 1:
        raise InputError(f"A code needs at least 1 number, got latent={latent}.")
    # One generator for all layers: with a plain number, layers of the same shape would start the same.
    start = keras.initializers.GlorotUniform(None if seed is None else keras.random.SeedGenerator(seed))
    inputs = keras.Input(tuple(input_shape))
    x = layers.Flatten(name="flatten")(inputs)
    for number, width in enumerate(widths, start=1):
        x = layers.Dense(width, "relu", kernel_initializer=start, name=f"dense{number}")(x)
    return inputs, x, start
