"""Batches without end from few pictures, augmented anew each time they are drawn."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from coursekit.errors import InputError
from coursekit.training.steps import compiled


class Batches(keras.utils.PyDataset):
    """What `model.fit` reads: `steps` batches an epoch, however few pictures there are.

    Pictures are taken in random order, and each as often as any other: after all have been used, they are
    shuffled again, within a batch if need be. So two sets of different size can be compared after the same
    number of steps. Every time a picture is drawn, it is augmented afresh.

    This holds for the batches that are handed out. Keras doesn't train on all of them: to learn their shape
    it asks for some that it throws away. On TensorFlow these are two (one if `steps` is 1) at the start of
    every `fit`, `evaluate` or `predict`, on JAX one in the first call after `compile`. Training lacks these
    batches, and their pictures come that much less often.

    Args:
        images: (n, height, width, channels) float32 in [0, 1].
        targets: masks (n, height, width, k); or classes (n,), or one-hot or mixed labels (n, classes).
        batch_size: pictures in a batch; may be more than n.
        steps: batches in an epoch.
        augment: a layer, called with `training=True`. It gets a dict of "images" and "segmentation_masks" if
            the targets are masks, of "images" and "labels" if they are (n, classes), and the images alone if
            they are classes.
        seed: whole number for the order of the pictures. The layer has its own.
        weights: how much a picture counts in the loss, (n,), or how much each pixel of its masks does,
            (n, height, width). Such maps are moved as the masks are.

    Raises:
        InputError: if lengths or shapes don't fit together, or batch_size or steps is below 1.

    Each item is (images, targets) or (images, targets, weights) as `model.fit` wants them. Its number doesn't
    matter: asking for batch 0 twice gives two batches.
    """

    def __init__(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        batch_size: int,
        steps: int,
        augment: Callable[..., Any] | None = None,
        seed: int = 0,
        weights: np.ndarray | None = None,
    ) -> None:
        super().__init__()
        images, targets = np.asarray(images, "float32"), np.asarray(targets)
        if targets.ndim > 1:
            targets = targets.astype("float32")
        if images.ndim != 4 or len(images) == 0 or len(images) != len(targets):
            raise InputError(
                "Batches needs pictures (n, height, width, channels), at least one, and a target for each, "
                f"got shapes {images.shape} and {targets.shape}."
            )
        if targets.ndim not in (1, 2, 4) or (targets.ndim == 4 and targets.shape[:3] != images.shape[:3]):
            raise InputError(
                "Targets must be masks (n, height, width, k) of the size of the pictures, classes (n,) or "
                f"labels (n, classes), got shape {targets.shape} beside pictures {images.shape}."
            )
        if batch_size < 1 or steps < 1:
            raise InputError(f"batch_size and steps must be at least 1, got {batch_size} and {steps}.")
        if weights is not None:
            weights = np.asarray(weights, "float32")
            maps = targets.ndim == 4 and weights.shape == targets.shape[:3]
            if weights.shape != (len(images),) and not maps:
                raise InputError(
                    f"weights must have shape ({len(images)},), one for each picture, or that of the masks "
                    f"without their last axis, got {weights.shape}."
                )
        self.images, self.targets, self.weights = images, targets, weights
        self.batch_size, self.steps = batch_size, steps
        self._generator = np.random.default_rng(seed)
        self._order = np.empty(0, int)
        # Compiled, or drawing a batch would take longer than a small network takes to learn from it.
        self._augment = augment and compiled(lambda data: augment(data, training=True))

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        chosen = self._next()
        images, targets = self.images[chosen], self.targets[chosen]
        weights = None if self.weights is None else self.weights[chosen]
        if self._augment is not None:
            images, targets, weights = _augmented(self._augment, images, targets, weights)
        return (images, targets) if weights is None else (images, targets, weights)

    def _next(self) -> np.ndarray:
        """Take the next pictures of an endless line, in which all come once before any comes again."""
        while len(self._order) < self.batch_size:
            self._order = np.concatenate([self._order, self._generator.permutation(len(self.images))])
        chosen, self._order = self._order[: self.batch_size], self._order[self.batch_size :]
        return chosen


def _augmented(
    augment: Callable[..., Any], images: np.ndarray, targets: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    if targets.ndim == 1:
        return keras.ops.convert_to_numpy(augment(images)), targets, weights
    name = "labels" if targets.ndim == 2 else "segmentation_masks"
    if weights is not None and weights.ndim == 3:  # as one more mask, they go wherever the others go
        images, together, _ = _augmented(
            augment, images, np.concatenate([targets, weights[..., None]], axis=-1), None
        )
        return images, together[..., :-1], together[..., -1]
    changed = augment({"images": images, name: targets})
    return keras.ops.convert_to_numpy(changed["images"]), keras.ops.convert_to_numpy(changed[name]), weights
