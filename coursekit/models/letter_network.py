"""A small convolutional network, and the weights that it has after it learnt to read printed letters."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import keras
import numpy as np
from keras import layers

from coursekit.data import ImageSet, load
from coursekit.errors import InputError
from coursekit.models.stored_weights import load_weights

LETTERS = "AEFHKLMNPRVWXYΓΔΛΠΣΦΨДЖИЙЦШЩЯ"
"""What the stored weights read. No digit, and no letter that looks like one: no I, O, S, Z, B, G, T, З, Ч."""

WEIGHTS = {"letters": "eaf16a93970e8cd47ff0b4c8fc93768a64d80ecf99047a814b31151e5134d2f1"}
"""SHA-256 of each file of stored weights, by name. How they were made: evidence/pretrain/letters.md."""


def letter_network(
    input_shape: tuple[int, int, int] = (28, 28, 1),
    classes: int = len(LETTERS),
    weights: Literal["letters"] | None = None,
) -> keras.Model:
    """Three convolutions 3×3 (`same`, ReLU), each followed by 2×2 max pooling, then one dense layer.

    The layers are called conv1, pool1, conv2, pool2, conv3, pool3, features (the last maps in a row: 576
    numbers for an image of 28×28 pixels) and logits. With 29 classes it has 40,029 parameters, 23,296 of them
    before the features.

    Args:
        input_shape: (height, width, channels) of one image, at least 8×8 pixels.
        classes: number of outputs.
        weights: "letters" for what training on printed letters gave; None for random weights.

    Returns:
        A Keras model from (n, height, width, channels) in [0, 1], bright strokes on black, to logits
        (n, classes): no softmax at the end.

    Raises:
        InputError: if the image is too small, `weights` is unknown, or the stored weights are asked for with
            another input or other classes than they have.
        CourseError: if the file of weights is not the one that was published.
    """
    if len(input_shape) != 3 or min(input_shape[:2]) < 8:
        raise InputError(
            f"input_shape must be (height, width, channels) with 8 pixels or more, got {tuple(input_shape)}."
        )
    if weights is not None and weights not in WEIGHTS:
        raise InputError(f"weights must be None or one of {', '.join(map(repr, WEIGHTS))}, got {weights!r}.")
    if weights and (tuple(input_shape), classes) != ((28, 28, 1), len(LETTERS)):
        raise InputError(
            f"The stored weights read {len(LETTERS)} letters on 28×28×1 pixels, got classes={classes} and "
            f"input_shape={tuple(input_shape)}: load them as they are, then put a new head on the features."
        )
    x = image = layers.Input(input_shape, name="image")
    for number, width in enumerate((16, 32, 64), start=1):
        x = layers.Conv2D(width, 3, padding="same", activation="relu", name=f"conv{number}")(x)
        x = layers.MaxPooling2D(2, name=f"pool{number}")(x)
    x = layers.Flatten(name="features")(x)
    model = keras.Model(image, layers.Dense(classes, name="logits")(x), name="letter_network")
    if weights:
        load_weights(model, Path(__file__).parent / "weights" / f"{weights}.npz", WEIGHTS[weights])
    return model


def printed_letters(n: int, seed: int = 0) -> ImageSet:
    """Draw letters that the stored weights read: the data set "glyphs", without all other letters.

    Args:
        n: how many.
        seed: decides everything. Seed 0 drew what the stored weights were trained on.

    Returns:
        images (n, 28, 28, 1), bright on black, turned by up to 20°; targets: number of the letter in
        `LETTERS`, which are the card's class names; groups: number of the font.

    Raises:
        InputError: if n is below 1.
    """
    alphabets = ["latin", "greek", "cyrillic"]
    if n < 1:
        raise InputError(f"n must be at least 1, got {n}.")
    names = load("glyphs", 1, alphabet=alphabets).card.class_names
    # The drawing deals out each letter of the three alphabets once a round.
    rounds = -(-n // len(LETTERS))
    drawn = load("glyphs", rounds * len(names), seed=seed, alphabet=alphabets, rotation_deg=20.0)
    number = np.array([LETTERS.find(name) for name in names])[drawn.targets]
    kept = drawn.subset(np.flatnonzero(number >= 0)[:n])
    card = replace(kept.card, class_names=tuple(LETTERS))
    return ImageSet(kept.images, number[number >= 0][:n], kept.groups, card)
