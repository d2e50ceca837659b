"""Scores on clean masks: F1 image by image, the best step of a training, the best threshold.

Where training masks are wrong, the validation masks must not be: against wrong masks the best step would be
the one that has learnt the mistakes best. A few clean masks are enough, and nothing replaces them.
"""

from typing import Any

import keras
import numpy as np

from coursekit.errors import InputError
from coursekit.metrics import dice


def object_probability(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the probability of "object" at every pixel.

    Args:
        network: from images to logits (n, h, w, 2), background first.
        images: (n, h, w, c) in [0, 1].

    Returns:
        (n, h, w) float32.
    """
    logits = network.predict(images, batch_size=16, verbose=0)
    return (1 / (1 + np.exp(np.clip(logits[..., 0] - logits[..., 1], -80, 80)))).astype("float32")


def image_f1(truth: np.ndarray, probability: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """Score each image by itself: F1 of the pixels, which for masks is Dice.

    Args:
        truth: (n, h, w) or (n, h, w, 1) masks of 0 and 1.
        probability: (n, h, w), or masks, from 0 to 1.
        threshold: an object is what lies above.

    Returns:
        (n,) from 0 to 1; 1 where both are empty.

    Raises:
        InputError: if the shapes don't fit.
    """
    truth, probability = np.asarray(truth), np.asarray(probability)
    truth = truth[..., 0] if truth.ndim == 4 and truth.shape[3] == 1 else truth
    if truth.ndim != 3 or truth.shape != probability.shape:
        raise InputError(
            f"truth and probability must be (n, h, w) alike, got {truth.shape} and {probability.shape}."
        )
    return np.array([dice(mask, found > threshold) for mask, found in zip(truth, probability, strict=True)])


def choose_threshold(clean_masks: np.ndarray, probability: np.ndarray) -> float:
    """Choose the threshold with the best mean F1 on clean masks.

    Args:
        clean_masks: (n, h, w) or (n, h, w, 1), of images that are neither for training nor for testing.
        probability: (n, h, w) predicted for them.

    Returns:
        One of 0.01, 0.02, ..., 0.99; of equal ones the nearest to 0.5.

    Raises:
        InputError: if the shapes don't fit.
    """
    candidates = np.arange(1, 100) / 100
    scores = np.array([image_f1(clean_masks, probability, cut).mean() for cut in candidates])
    best = candidates[scores == scores.max()]
    return float(best[np.abs(best - 0.5).argmin()])


class CleanValidation(keras.callbacks.Callback):
    """Scores the network after each epoch on clean masks, and keeps the weights of the best.

    The weights of the network stay those of the last step: `model.set_weights(validation.best_weights)` goes
    back to the best. A best of ten flatters a training that flickers, the more so the more it flickers; so
    look at `f1`, too.

    Args:
        images: (n, h, w, c) in [0, 1], neither for training nor for testing.
        clean_masks: (n, h, w, 1) of 0 and 1, checked by somebody.

    Attributes:
        f1: mean F1 over the images at threshold 0.5 after each epoch, a list of float.
        best_epoch: from 1.
        best_weights: of the network then, a list of arrays.
    """

    def __init__(self, images: np.ndarray, clean_masks: np.ndarray) -> None:
        super().__init__()
        self.images, self.clean_masks = images, clean_masks
        self.f1: list[float] = []
        self.best_epoch = 0
        self.best_weights: list[np.ndarray] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Score, and keep the weights if they are the best so far."""
        probability = object_probability(self.model, self.images)
        self.f1.append(float(image_f1(self.clean_masks, probability).mean()))
        if len(self.f1) == 1 or self.f1[-1] > max(self.f1[:-1]):
            self.best_epoch, self.best_weights = len(self.f1), self.model.get_weights()
