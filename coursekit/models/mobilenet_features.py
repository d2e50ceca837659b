"""MobileNet as it was trained on the 1.3 million photographs of ImageNet, without its last block and head."""

import os
from pathlib import Path
from typing import Literal

import keras

from coursekit.errors import CourseError, InputError
from coursekit.models.stored_weights import load_weights

LAST_LAYER = "conv_pw_12_relu"
FILE_OF_WEIGHTS = "COURSEKIT_MOBILENET"
"""Environment variable with the path of a file of weights, for machines that can't download them."""

_SHA256 = "dba8ffad3d2ffb2ebb6eabe142eb52010f8b7c06c755872c23f963a6b6ea0f4b"


def mobilenet(side: int = 128, weights: Literal["imagenet"] | None = "imagenet") -> keras.Model:
    """MobileNet v1 (width 1.0) up to its twelfth block: a source of features, not to be trained on.

    Layers are called as in Keras: after block k comes conv_pw_k_relu, with 64 maps (k = 1), 128 (2, 3), 256
    (4, 5), 512 (6 to 11) or 1,024 (12).

    Args:
        side: height and width of a picture in pixels, a multiple of 32.
        weights: "imagenet" for those trained on pictures of 224×224 pixels, whatever `side` is; None for
            random ones. They come through Keras, which downloads 17 MB once, unless the environment variable
            COURSEKIT_MOBILENET names a file of arrays called "conv1/kernel" and so on.

    Returns:
        A Keras model from pictures (n, side, side, 3) in [-1, 1] to maps (n, side/32, side/32, 1024).

    Raises:
        InputError: if `side` or `weights` is not as said above.
        CourseError: if the weights can't be had, or the file is not the right one.

    Source: Howard et al. 2017, arXiv:1704.04861.
    """
    if side < 32 or side % 32:
        raise InputError(f"side must be a multiple of 32 pixels, got {side}.")
    if weights not in ("imagenet", None):
        raise InputError(f"weights must be 'imagenet' or None, got {weights!r}.")
    model = _up_to_the_last_layer(side, None)
    if weights is None:
        return model
    if file := os.environ.get(FILE_OF_WEIGHTS):
        load_weights(model, Path(file).expanduser(), _SHA256)
        return model
    try:
        model.set_weights(_up_to_the_last_layer(224, weights).get_weights())
    except Exception as error:  # Keras raises a plain Exception when a download fails.
        raise CourseError(
            f"Keras could not fetch MobileNet's weights ({error}). Check the network and try again, or set "
            f"{FILE_OF_WEIGHTS} to a file that has them."
        ) from error
    return model


def _up_to_the_last_layer(side: int, weights: str | None) -> keras.Model:
    whole = keras.applications.MobileNet((side, side, 3), include_top=False, weights=weights)
    return keras.Model(whole.input, whole.get_layer(LAST_LAYER).output, name="mobilenet")
