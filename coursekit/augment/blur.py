"""Gaussian blur whose width is drawn for each picture."""

from typing import Any

import keras
import numpy as np
from keras import ops, random

from coursekit.augment.layer import AugmentationLayer, Tensor
from coursekit.errors import InputError


@keras.saving.register_keras_serializable("coursekit")
class RandomBlur(AugmentationLayer):
    """Blur each picture with a Gaussian of its own random width.

    (Keras' RandomGaussianBlur draws one width for the whole batch, at most 1 pixel, and cuts the Gaussian off
    at the size of a kernel that has to be chosen.) Near the border, the weights inside the picture are made
    to sum to 1, so that nothing from outside comes in.

    Args:
        sigma_px: largest standard deviation in pixels; that of a picture is drawn from 0 to sigma_px.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        InputError: if sigma_px is negative.
    """

    def __init__(
        self, sigma_px: float = 1.5, seed: int | keras.random.SeedGenerator | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        if sigma_px < 0:
            raise InputError(f"sigma_px is a standard deviation, so not below 0, got {sigma_px}.")
        self.sigma_px = sigma_px

    def draw(self, images: Tensor) -> Tensor:
        """Draw a width in pixels for each picture, (n,)."""
        return random.uniform((ops.shape(images)[0],), 0.0, self.sigma_px, seed=self.generator)

    def change_images(self, images: Tensor, draw: Tensor) -> Tensor:
        """Blur down the columns, then along the rows: a Gaussian of two dimensions is the product of two."""
        height, width = images.shape[1:3]
        images = ops.einsum("nab,nbwc->nawc", _gaussian_weights(height, draw), images)
        return ops.einsum("nab,nhbc->nhac", _gaussian_weights(width, draw), images)


def _gaussian_weights(length: int, sigma_px: Tensor) -> Tensor:
    """Compute how much each of `length` pixels (last axis) counts for each (axis 1); (n, length, length)."""
    distance = np.arange(length)[:, None] - np.arange(length)
    # Far below a pixel nothing is left of the neighbours; 0 itself would divide by zero.
    sigma_px = ops.maximum(ops.reshape(sigma_px, (-1, 1, 1)), 1e-3)
    weights = ops.exp(-0.5 * ops.square(ops.cast(distance, "float32") / sigma_px))
    return weights / ops.sum(weights, axis=-1, keepdims=True)
