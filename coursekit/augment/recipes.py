"""Recipes: which operations go together for one kind of picture, with one number for how strong they are."""

from collections.abc import Callable
from typing import Any

import keras

from coursekit.augment.affine import RandomAffine
from coursekit.augment.catalogue import STRONGEST
from coursekit.augment.from_keras import ColourJitter
from coursekit.augment.layer import Data
from coursekit.errors import InputError


@keras.saving.register_keras_serializable("coursekit")
class Chain(keras.layers.Pipeline):
    """Layers one after another, for pictures alone or in a dict with what belongs to them.

    Unlike Keras' Pipeline it does nothing without `training=True`, and unlike Sequential it takes both. All
    layers of a chain share one generator of random numbers.
    """

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Chain":
        """Make the chain again, with one generator for all of its layers."""
        generator = keras.random.SeedGenerator(config["layers"][0]["config"]["seed"])
        layers = [
            keras.saving.deserialize_keras_object(layer | {"config": layer["config"] | {"seed": generator}})
            for layer in config["layers"]
        ]
        return cls(layers, name=config["name"])

    def call(self, data: Data, training: bool = False) -> Data:
        """Call each layer with what the one before it made."""
        for layer in self.layers:
            data = layer(data, training=training)
        return data


def _digits(strength: float, generator: keras.random.SeedGenerator) -> keras.layers.Layer:
    return RandomAffine(
        rotation_deg=30 * strength,
        shift=0.1 * strength,
        zoom=0.1 * strength,
        shear=0.15 * strength,
        fill="constant",
        seed=generator,
    )


def _cells(strength: float, generator: keras.random.SeedGenerator) -> keras.layers.Layer:
    return RandomAffine(
        rotation_deg=180, shift=0.1 * strength, zoom=0.1 * strength, flip="both", seed=generator
    )


def _tissue(strength: float, generator: keras.random.SeedGenerator) -> keras.layers.Layer:
    size = 0.05 * strength
    return Chain([_cells(strength, generator), ColourJitter(size, size, size, size / 2, seed=generator)])


_RECIPES: dict[str, Callable[[float, keras.random.SeedGenerator], keras.layers.Layer]] = {
    "digits": _digits,
    "cells": _cells,
    "tissue": _tissue,
}


def recipe(name: str, strength: float = 1.0, seed: int | None = None) -> keras.layers.Layer:
    """Make the augmentation that suits one kind of picture.

    * "digits": rotation up to ±30°, shift ±10 %, zoom ±10 % and shear ±0.15, times the strength. No flips: a
      digit in the mirror is another sign. Black comes in at the border, since digits lie on black.
    * "cells": both flips and every direction, whatever the strength, because a dish has no up; shift ±10 %
      and zoom ±10 %, times the strength. No change of light: the recipe of the cell study. At the border the
      picture goes on in the mirror: black corners would be a clue that no real field has.
    * "tissue": the same, then brightness, contrast and saturation by ±5 % and hue by ±2.5 % of the circle,
      times the strength, because stains differ.

    Geometry is one resampling.

    Args:
        name: "digits", "cells" or "tissue".
        strength: 0 changes nothing, 1 is as above, 3 the most.
        seed: whole number; the same gives the same sequence of draws.

    Returns:
        A layer for pictures (n, height, width, channels) in [0, 1], or a dict with "images" and
        "segmentation_masks" or "labels". Nothing happens without `training=True`.

    Raises:
        InputError: if the name is unknown or the strength outside [0, 3].

    Source: "cells" after Majurski et al., CVPRW 2019, code usnistgov/small-data-cnns.
    """
    if name not in _RECIPES:
        raise InputError(f"name must be one of {', '.join(_RECIPES)}, got {name!r}.")
    if not 0 <= strength <= STRONGEST:
        raise InputError(f"strength must be from 0 to {STRONGEST:g}, got {strength}.")
    if strength == 0:
        return keras.layers.Identity()
    # One generator for all layers: from the same number, each would draw the same.
    return _RECIPES[name](strength, keras.random.SeedGenerator(seed))
