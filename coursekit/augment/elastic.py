"""Elastic distortion: every pixel goes its own way, neighbours nearly the same."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops, random

from coursekit.augment.layer import AugmentationLayer, Tensor
from coursekit.augment.warp import warp_field
from coursekit.errors import InputError


@keras.saving.register_keras_serializable("coursekit")
class RandomElastic(AugmentationLayer):
    """Move each pixel by noise that a Gaussian has smoothed; one field for a picture and its masks.

    The displacement along y, and independently along x, is `alpha_px` times uniform noise from -1 to 1,
    smoothed with a Gaussian of `sigma_px`. Smoothing makes noise small: the root mean square of each of the
    two is about 0.16 alpha_px / sigma_px. A small sigma with a large alpha tears the picture up; a large
    sigma comes near to a shift.

    (`keras.layers.RandomElasticTransform` moves pixels along the diagonal only, and masks by another field.)

    Args:
        alpha_px: strength in pixels, at least 0. 34 is usual for digits of 28 pixels.
        sigma_px: the Gaussian's standard deviation in pixels, above 0. Goes with 4.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        InputError: if alpha_px is negative or sigma_px isn't positive.

    Source: P. Y. Simard, D. Steinkraus, J. C. Platt, "Best practices for convolutional neural networks
    applied to visual document analysis", ICDAR 2003, doi:10.1109/ICDAR.2003.1227801
    """

    def __init__(
        self,
        alpha_px: float = 34.0,
        sigma_px: float = 4.0,
        seed: int | keras.random.SeedGenerator | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        if alpha_px < 0 or sigma_px <= 0:
            raise InputError(
                f"alpha_px must be at least 0 and sigma_px above 0, got {alpha_px} and {sigma_px}."
            )
        self.alpha_px, self.sigma_px = alpha_px, sigma_px
        # Beyond four standard deviations, nothing is left of a Gaussian.
        self._reach = math.ceil(4 * sigma_px)
        kernel = np.exp(-0.5 * (np.arange(-self._reach, self._reach + 1) / sigma_px) ** 2)
        self._kernel = (kernel / kernel.sum()).astype("float32")

    def draw(self, images: Tensor) -> Tensor:
        """Draw a displacement in pixels for each pixel, (n, height, width, 2)."""
        count, height, width = ops.shape(images)[0], images.shape[1], images.shape[2]
        # Noise is drawn beyond the border too, so that the field is as rough there as in the middle.
        size = (count, 2, height + 2 * self._reach, width + 2 * self._reach)
        noise = random.uniform(size, -1.0, 1.0, seed=self.generator)
        # A Gaussian is the product of one along y and one along x: two bands of numbers, two matrix products.
        smooth = ops.matmul(ops.matmul(self._band(height), noise), ops.transpose(self._band(width)))
        return self.alpha_px * ops.transpose(smooth, (0, 2, 3, 1))

    def _band(self, length: int) -> Tensor:
        """Matrix (length, length + 2 reach) that smooths a line of noise."""
        rows = [np.pad(self._kernel, (start, length - 1 - start)) for start in range(length)]
        return ops.convert_to_tensor(np.stack(rows))

    def change_images(self, images: Tensor, draw: Tensor) -> Tensor:
        """Warp pictures, bilinear, reflecting at the border."""
        return warp_field(images, draw, "bilinear")

    def change_masks(self, masks: Tensor, draw: Tensor) -> Tensor:
        """Warp masks, nearest neighbour."""
        return warp_field(masks, draw, "nearest")
