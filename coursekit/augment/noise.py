"""Noise whose size is drawn for each picture."""

import math
from typing import Any

import keras
from keras import ops, random

from coursekit.augment.layer import AugmentationLayer, Tensor
from coursekit.errors import InputError


@keras.saving.register_keras_serializable("coursekit")
class RandomNoise(AugmentationLayer):
    """Add normal noise whose standard deviation is a share of the range of values, drawn for each picture.

    The range is 1: from black, 0, to white, 1. Values that leave it are cut off there.

    Args:
        sigma: largest standard deviation; that of a picture is drawn from 0 to sigma.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        InputError: if sigma is negative.
    """

    def __init__(
        self, sigma: float = 0.05, seed: int | keras.random.SeedGenerator | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        if sigma < 0:
            raise InputError(f"sigma is a standard deviation, so not below 0, got {sigma}.")
        self.sigma = sigma

    def draw(self, images: Tensor) -> Tensor:
        """Draw the noise itself, shaped like the pictures."""
        sigma = random.uniform((ops.shape(images)[0], 1, 1, 1), 0.0, self.sigma, seed=self.generator)
        return sigma * random.normal(ops.shape(images), seed=self.generator)

    def change_images(self, images: Tensor, draw: Tensor) -> Tensor:
        """Add the noise."""
        return ops.clip(images + draw, 0.0, 1.0)


@keras.saving.register_keras_serializable("coursekit")
class SnrNoise(AugmentationLayer):
    """Add normal noise of a signal-to-noise ratio drawn for each picture, in decibels.

    SNR = 10 · log₁₀(P / σ²) dB. P, the power of the signal, is the variance of the picture's values about its
    own mean, over all pixels and channels: an even brightness carries no signal, and a picture of one value
    gets no noise. σ² is the variance of the noise, so 20 dB is σ = a tenth of the picture's standard
    deviation, and 20 dB less are ten times the σ. Values are cut off at 0 and 1 afterwards, which makes the
    noise of dark and bright places smaller than that.

    Args:
        snr_db: lowest and highest ratio in dB; all between are equally likely.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        InputError: if the lower of the two doesn't come first.
    """

    def __init__(
        self,
        snr_db: tuple[float, float] = (20.0, 40.0),
        seed: int | keras.random.SeedGenerator | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        low, high = snr_db
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise InputError(f"snr_db must be two numbers of decibels, the lower first, got {snr_db!r}.")
        self.snr_db = (low, high)

    def draw(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Draw a ratio in dB for each picture, (n, 1, 1, 1), and noise of standard deviation 1."""
        snr_db = random.uniform((ops.shape(images)[0], 1, 1, 1), *self.snr_db, seed=self.generator)
        return snr_db, random.normal(ops.shape(images), seed=self.generator)

    def change_images(self, images: Tensor, draw: tuple[Tensor, Tensor]) -> Tensor:
        """Add noise of the size that the picture and its ratio ask for."""
        snr_db, noise = draw
        sigma = ops.std(images, axis=(1, 2, 3), keepdims=True) * ops.power(10.0, -snr_db / 20)
        return ops.clip(images + sigma * noise, 0.0, 1.0)
