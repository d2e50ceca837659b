"""Heads: the same encoder answers other questions than "what is each pixel?".

Each function puts a head on an encoder, such as `coursekit.models.unet_encoder`, and returns a model from
images to answers. Models on one encoder share its weights: what one learns, the others use. To train several
at once, put their outputs side by side: `keras.Model(encoder.input, [a.output, b.output])`.

Source: other heads on one encoder after Majurski et al., CVPR Workshops 2019.
"""

import keras

from coursekit.errors import InputError


def classification_head(encoder: keras.Model, classes: int) -> keras.Model:
    """Ask which kind of image this is: average each map, then one dense layer.

    Args:
        encoder: from images (n, h, w, c) to maps (n, h', w', k).
        classes: how many kinds there are.

    Returns:
        A Keras model from images to logits (n, classes).

    Raises:
        InputError: if the encoder doesn't return maps, or classes is below 2.
    """
    if classes < 2:
        raise InputError(f"classes must be at least 2, got {classes}: with one class nothing is left to ask.")
    return _pooled(encoder, classes, "class_logits")


def regression_head(encoder: keras.Model, values: int = 1) -> keras.Model:
    """Ask for numbers, such as how many cells there are: average each map, then one dense layer.

    Train with targets of mean 0 and spread 1, and undo that afterwards: the layer starts near 0.

    Args:
        encoder: from images (n, h, w, c) to maps (n, h', w', k).
        values: how many numbers.

    Returns:
        A Keras model from images to (n, values), without bounds.

    Raises:
        InputError: if the encoder doesn't return maps, or values is below 1.
    """
    if values < 1:
        raise InputError(f"values must be at least 1, got {values}.")
    return _pooled(encoder, values, "values")


def detection_head(encoder: keras.Model, classes: int = 1) -> keras.Model:
    """Ask where things are: for each place on the coarse maps, does a centre lie there?

    A 1×1 convolution, so the answer is as fine as the maps: with two halvings, blocks of 4×4 pixels.

    Args:
        encoder: from images (n, h, w, c) to maps (n, h', w', k).
        classes: kinds of things, each with a map of its own.

    Returns:
        A Keras model from images to logits (n, h', w', classes), positive where a centre is likely.

    Raises:
        InputError: if the encoder doesn't return maps, or classes is below 1.
    """
    if classes < 1:
        raise InputError(f"classes must be at least 1, got {classes}.")
    maps = _maps(encoder)
    return keras.Model(encoder.input, keras.layers.Conv2D(classes, 1, name="centre_logits")(maps))


def _pooled(encoder: keras.Model, outputs: int, name: str) -> keras.Model:
    pooled = keras.layers.GlobalAveragePooling2D()(_maps(encoder))
    return keras.Model(encoder.input, keras.layers.Dense(outputs, name=name)(pooled))


def _maps(encoder: keras.Model) -> keras.KerasTensor:
    if len(encoder.output.shape) != 4:
        raise InputError(
            f"A head needs maps (n, height, width, channels), but {encoder.name!r} returns "
            f"{tuple(encoder.output.shape)}: take an encoder without its own head, such as unet_encoder."
        )
    return encoder.output
