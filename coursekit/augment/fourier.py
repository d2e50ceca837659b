"""Smooth distortion by a few random waves."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops, random

from coursekit.augment.layer import AugmentationLayer, Tensor
from coursekit.augment.warp import warp_field
from coursekit.errors import InputError


@keras.saving.register_keras_serializable("coursekit")
class FourierDistortion(AugmentationLayer):
    """Move pixels by a sum of long random waves; one field for a picture and its masks.

    For displacements along y and, independently, along x, all waves with up to `waves` periods along each
    side are added. Amplitudes and phases are random, and the amplitude falls as 1 / (ky^2 + kx^2) with the
    numbers of periods ky and kx: long waves dominate, so cells bend without breaking. The field is then
    scaled, so that each picture is moved by the same root mean square.

    Args:
        rms_px: root mean square of the displacement's length, in pixels, at least 0.
        waves: most periods along a side, at least 1.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        InputError: if rms_px is negative or waves below 1.
    """

    def __init__(
        self,
        rms_px: float,
        waves: int = 4,
        seed: int | keras.random.SeedGenerator | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        if rms_px < 0 or waves < 1:
            raise InputError(f"rms_px must be at least 0 and waves at least 1, got {rms_px} and {waves}.")
        self.rms_px, self.waves = rms_px, waves

    def draw(self, images: Tensor) -> Tensor:
        """Draw a displacement in pixels for each pixel, (n, height, width, 2)."""
        count, height, width = ops.shape(images)[0], images.shape[1], images.shape[2]
        periods = np.arange(self.waves + 1, dtype="float32")
        # A wave along y times a wave along x: cosines and sines of both, with four random amplitudes, have
        # any phase and any direction. No wave at all (0 periods both ways) would be a shift.
        square = periods[:, None] ** 2 + periods**2
        fall = np.divide(1, square, out=np.zeros_like(square), where=square > 0)
        amplitudes = random.normal((count, 2, 2 * len(periods), 2 * len(periods)), seed=self.generator)
        amplitudes = amplitudes * ops.convert_to_tensor(np.tile(fall, (2, 2)))
        field = ops.matmul(
            ops.matmul(_waves(height, periods), amplitudes), ops.transpose(_waves(width, periods))
        )
        size = ops.sqrt(ops.mean(ops.sum(field**2, axis=1, keepdims=True), axis=(2, 3), keepdims=True))
        return self.rms_px * ops.transpose(field / size, (0, 2, 3, 1))

    def change_images(self, images: Tensor, draw: Tensor) -> Tensor:
        """Warp pictures, bilinear, reflecting at the border."""
        return warp_field(images, draw, "bilinear")

    def change_masks(self, masks: Tensor, draw: Tensor) -> Tensor:
        """Warp masks, nearest neighbour."""
        return warp_field(masks, draw, "nearest")


def _waves(length: int, periods: np.ndarray) -> Tensor:
    """Cosines, then sines, with so many periods along a line: (length, 2 * len(periods))."""
    angles = 2 * math.pi * np.arange(length)[:, None] / length * periods
    return ops.convert_to_tensor(np.concatenate([np.cos(angles), np.sin(angles)], axis=1).astype("float32"))
