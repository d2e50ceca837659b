"""Cutout: a square of each picture is hidden."""

from typing import Any

import keras
from keras import ops, random

from coursekit.augment.layer import AugmentationLayer, Tensor
from coursekit.errors import InputError


@keras.saving.register_keras_serializable("coursekit")
class Cutout(AugmentationLayer):
    """Set a square of each picture to one value. Its middle lies anywhere, so it may hang over the border.

    Masks stay as they are: what is hidden is still there.

    Args:
        side: of the square, as a share of the shorter side of the picture, rounded to whole pixels.
        fill: value that the square gets, in [0, 1]; 0 is black.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        InputError: if side or fill is outside [0, 1].

    Source: DeVries & Taylor 2017, arXiv:1708.04552.
    """

    def __init__(
        self,
        side: float = 0.25,
        fill: float = 0.0,
        seed: int | keras.random.SeedGenerator | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        for name, value in [("side", side), ("fill", fill)]:
            if not 0 <= value <= 1:
                raise InputError(f"{name} must be in [0, 1], got {value}.")
        self.side, self.fill = side, fill

    def draw(self, images: Tensor) -> Tensor:
        """Draw the pixel in the middle of each square, as shares of height and width, (n, 2)."""
        return random.uniform((ops.shape(images)[0], 2), seed=self.generator)

    def change_images(self, images: Tensor, draw: Tensor) -> Tensor:
        """Fill the squares."""
        height, width = images.shape[1:3]
        side_px = round(self.side * min(height, width))

        def covered(length: int, share: Tensor) -> Tensor:
            place = ops.arange(length, dtype="float32")[None] - ops.floor(share * length)[:, None]
            return (place >= -(side_px // 2)) & (place < side_px - side_px // 2)

        square = covered(height, draw[:, 0])[:, :, None] & covered(width, draw[:, 1])[:, None, :]
        return ops.where(square[..., None], ops.cast(self.fill, images.dtype), images)
