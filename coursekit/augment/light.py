"""Small changes of light: an offset for each channel, and contrast stretched to the full range."""

from typing import Any

import keras
from keras import ops, random

from coursekit.augment.layer import AugmentationLayer, Tensor
from coursekit.errors import InputError


@keras.saving.register_keras_serializable("coursekit")
class ColourShift(AugmentationLayer):
    """Add one number to each channel of each picture, and cut off at 0 and 1.

    Args:
        limit: the number is drawn from -limit to limit.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        InputError: if limit is negative.
    """

    def __init__(
        self, limit: float = 0.1, seed: int | keras.random.SeedGenerator | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        if limit < 0:
            raise InputError(f"limit holds to both sides, so not below 0, got {limit}.")
        self.limit = limit

    def draw(self, images: Tensor) -> Tensor:
        """Draw an offset for each channel of each picture, (n, 1, 1, channels)."""
        shape = (ops.shape(images)[0], 1, 1, images.shape[-1])
        return random.uniform(shape, -self.limit, self.limit, seed=self.generator)

    def change_images(self, images: Tensor, draw: Tensor) -> Tensor:
        """Add the offsets."""
        return ops.clip(images + draw, 0.0, 1.0)


@keras.saving.register_keras_serializable("coursekit")
class RandomAutoContrast(AugmentationLayer):
    """Move each picture part of the way to where each channel reaches from 0 to 1.

    Args:
        share: the way is drawn from 0 to this share of the whole.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        InputError: if share is outside [0, 1].
    """

    def __init__(
        self, share: float = 1.0, seed: int | keras.random.SeedGenerator | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        if not 0 <= share <= 1:
            raise InputError(f"share of the way must be in [0, 1], got {share}.")
        self.share = share
        self.stretch = keras.layers.AutoContrast(value_range=(0, 1), dtype="float32")

    def build(self, data_shape: Any) -> None:
        """Build the layer of Keras."""
        self.stretch.build(data_shape)

    def draw(self, images: Tensor) -> Tensor:
        """Draw a share of the way for each picture, (n, 1, 1, 1)."""
        return random.uniform((ops.shape(images)[0], 1, 1, 1), 0.0, self.share, seed=self.generator)

    def change_images(self, images: Tensor, draw: Tensor) -> Tensor:
        """Go that far towards the stretched picture."""
        return images + draw * (self.stretch(images) - images)
