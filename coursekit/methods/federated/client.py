"""What a client does: train the model that it was sent on its own images, and nothing else.

The same functions serve a simulation of thousands of clients in one process and an app that runs in a
hospital: weights and images in, weights out, nothing kept from one call to the next.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from coursekit.errors import InputError
from coursekit.methods.federated.strategy import Weights
from coursekit.training.steps import Tensor, compiled, value_and_gradients

STEPS_AT_ONCE = 32
"""Steps that one compiled call takes, at most; fewer where their images are large."""

NUMBERS_AT_ONCE = 2**22
"""Pixel values that are handed to one such call: 16 MiB."""


@dataclass(frozen=True)
class LocalTraining:
    """How a client trains between two meetings with the server: plain stochastic gradient descent.

    The optimiser has no memory, so nothing has to be kept or reset from one round to the next.

    Attributes:
        epochs: passes over the client's own images, from 1.
        batch_size: images in a batch; None for all of them, which with one epoch is FedSGD. The last batch of
            an epoch is as small as what is left.
        rate: learning rate, above 0.
        proximal: FedProx: weight μ, from 0, of the penalty μ/2 ‖w - w_server‖², which holds the client near
            what it was sent. 0 is FedAvg.

    Raises:
        InputError: if a number is out of range.

    Source: FedSGD and FedAvg: McMahan et al., AISTATS 2017, arXiv:1602.05629; FedProx: Li et al., MLSys 2020,
        arXiv:1812.06127.
    """

    epochs: int = 1
    batch_size: int | None = 10
    rate: float = 0.1
    proximal: float = 0.0

    def __post_init__(self) -> None:
        if self.epochs < 1 or (self.batch_size is not None and self.batch_size < 1):
            raise InputError(
                f"epochs and batch_size must be at least 1, got {self.epochs} and {self.batch_size}."
            )
        if not (0 < self.rate < math.inf and 0 <= self.proximal < math.inf):
            raise InputError(
                f"rate must be above 0 and proximal at least 0, got {self.rate} and {self.proximal}."
            )


class LocalTrainer:
    """One compiled model that any number of clients take turns to train.

    The loop over batches is compiled too, and has one shape for one batch size: thousands of clients of all
    sizes share one program. Only where a batch is all that a client has (`batch_size=None`) are there a few.

    Args:
        model: from images (n, h, w, c) to logits (n, classes). Its own weights are never changed; they are
            the start that `weights()` returns. Losses that layers add, such as weight decay, count.
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        # Looked up once: a model puts these lists together anew each time, and a step takes less long.
        self._shapes = [tuple(weight.shape) for weight in model.weights]
        self._state_variables = model.non_trainable_variables
        position = {id(weight): at for at, weight in enumerate(model.weights)}
        self._trained_at = [position[id(weight)] for weight in model.trainable_variables]
        # Beside moving statistics, the state holds the seeds of dropout, which are no weights (None here).
        self._state_at = [position.get(id(weight)) for weight in self._state_variables]
        self._some_steps = compiled(self._steps)
        self._gradient = compiled(self._one_gradient)
        self._logits = compiled(self._forward)

    def weights(self) -> Weights:
        """Copy the weights that the model has now."""
        return [np.copy(weight) for weight in self.model.get_weights()]

    def train(
        self,
        weights: Weights,
        images: np.ndarray,
        labels: np.ndarray,
        training: LocalTraining,
        seed: int | Sequence[int] = 0,
    ) -> Weights:
        """Train on one client's images, starting from `weights`.

        Args:
            weights: what the server sent; not changed.
            images: (n, h, w, c) float32, n from 1.
            labels: (n,) classes, whole numbers from 0.
            training: epochs, batch size and rate.
            seed: decides the order of the images (and what dropout drops). A list of numbers, such as
                [seed, round, client], gives each client of each round its own order, wherever it runs.

        Returns:
            The new weights, moving statistics included.

        Raises:
            InputError: if there are no images, the arrays don't fit together, or the weights don't fit.
        """
        images, labels = self._checked(weights, images, labels)
        rng = np.random.default_rng(seed)
        rows, counts = _schedule(len(labels), training, rng)
        at_once = min(STEPS_AT_ONCE, max(1, NUMBERS_AT_ONCE // (rows.shape[1] * images[0].size)))
        sent, state = self._split(weights, rng)
        # Tensors from here on: handing an array over takes as long as a step, and these go in twice.
        sent = [keras.ops.convert_to_tensor(part) for part in sent]
        trained = list(sent)
        for start in range(0, len(rows), at_once):
            steps = min(at_once, len(rows) - start)
            # The last call has as many rows as the others, so that it needs no program of its own.
            part = np.resize(rows[start : start + steps], (at_once, rows.shape[1]))
            trained, state = self._some_steps(
                trained,
                state,
                sent,
                images[part],
                labels[part],
                np.resize(counts[start : start + steps], part.shape),
                np.int32(steps),
                np.float32(training.rate),
                np.float32(training.proximal),
            )
        return self._join(trained, state)

    def gradient(self, weights: Weights, images: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
        """Compute the gradient of the mean loss over all images, as a client of FedSGD would report it.

        Args:
            weights: where the gradient is taken.
            images: (n, h, w, c) float32, n from 1.
            labels: (n,) classes.

        Returns:
            One array for each of `model.trainable_variables`.

        Raises:
            InputError: as in `train`.
        """
        images, labels = self._checked(weights, images, labels)
        counts = np.zeros(_room(len(labels)), "float32")
        counts[: len(labels)] = 1
        # Padding repeats images, with weight 0: where batch normalisation looks at the batch, it sees no
        # stranger.
        rows = np.resize(np.arange(len(labels)), len(counts))
        rng = np.random.default_rng(0)
        gradients = self._gradient(*self._split(weights, rng), images[rows], labels[rows], counts)
        return [np.array(keras.ops.convert_to_numpy(gradient)) for gradient in gradients]

    def logits(self, weights: Weights, images: np.ndarray) -> np.ndarray:
        """Apply the model with these weights: images (n, h, w, c) to logits (n, classes).

        Raises:
            InputError: if the weights don't fit the model.
        """
        self._check_weights(weights)
        images = np.asarray(images, "float32")
        trained, state = self._split(weights, np.random.default_rng(0))
        return keras.ops.convert_to_numpy(self._logits(trained, state, images))

    def accuracy(self, weights: Weights, images: np.ndarray, labels: np.ndarray) -> float:
        """Share of images whose class these weights get right, 0 to 1.

        Raises:
            InputError: if there are no images, the arrays don't fit together, or the weights don't fit.
        """
        images, labels = self._checked(weights, images, labels)
        return float(np.mean(self.logits(weights, images).argmax(1) == labels))

    def moving_statistics(self) -> list[bool]:
        """Tell for each of the weights whether it isn't trained but measured, as in batch normalisation."""
        trained = set(self._trained_at)
        return [at not in trained for at in range(len(self._shapes))]

    def _checked(self, weights: Weights, images: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
        self._check_weights(weights)
        images, labels = np.asarray(images, "float32"), np.asarray(labels)
        if labels.ndim != 1 or len(images) != len(labels) or not len(labels):
            raise InputError(
                "A client needs images (n, h, w, c) and a class for each, at least one, got shapes "
                f"{images.shape} and {labels.shape}."
            )
        return images, labels.astype("int32")

    def _check_weights(self, weights: Weights) -> None:
        came = [np.shape(weight) for weight in weights]
        if came != self._shapes:
            raise InputError(
                f"These weights, of shapes {came}, don't belong to {self.model.name!r}, whose weights have "
                f"shapes {self._shapes}: server and clients must build the same model."
            )

    def _split(self, weights: Weights, rng: np.random.Generator) -> tuple[list[Any], list[Any]]:
        """Sort weights into those that are trained and the rest, with new seeds for dropout."""
        state = []
        for at, variable in zip(self._state_at, self._state_variables, strict=True):
            if at is None:
                state.append(rng.integers(0, 2**31, tuple(variable.shape)).astype(variable.dtype))
            else:
                state.append(np.asarray(weights[at]))
        return [np.asarray(weights[at], "float32") for at in self._trained_at], state

    def _join(self, trained: list[Tensor], state: list[Tensor]) -> Weights:
        weights: Weights = [np.empty(0)] * len(self._shapes)
        for at, value in zip([*self._trained_at, *self._state_at], [*trained, *state], strict=True):
            if at is not None:
                weights[at] = np.array(keras.ops.convert_to_numpy(value))
        return weights

    def _steps(
        self,
        trained: list[Tensor],
        state: list[Tensor],
        sent: list[Tensor],
        images: Tensor,
        labels: Tensor,
        counts: Tensor,
        steps: Tensor,
        rate: Tensor,
        proximal: Tensor,
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Take the first `steps` of the batches, images (at once, batch, h, w, c), one after the other."""
        ops = keras.ops

        def step(i: Tensor, carried: tuple[list[Tensor], list[Tensor]]) -> tuple[list[Tensor], list[Tensor]]:
            trained, state = carried
            batch = [ops.take(part, i, axis=0) for part in (images, labels, counts)]
            _, state, gradients = value_and_gradients(self._loss, trained, state, *batch)
            trained = [
                weight - rate * (gradient + proximal * (weight - start))
                for weight, gradient, start in zip(trained, gradients, sent, strict=True)
            ]
            return trained, state

        return ops.fori_loop(0, steps, step, (trained, state))

    def _one_gradient(
        self, trained: list[Tensor], state: list[Tensor], images: Tensor, labels: Tensor, counts: Tensor
    ) -> list[Tensor]:
        return value_and_gradients(self._loss, trained, state, images, labels, counts)[2]

    def _loss(
        self, trained: list[Tensor], state: list[Tensor], images: Tensor, labels: Tensor, counts: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        """Mean cross-entropy over the images that count, and the state after looking at them."""
        logits, state, added = self.model.stateless_call(
            trained, state, images, training=True, return_losses=True
        )
        losses = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        return keras.ops.sum(losses * counts) / keras.ops.sum(counts) + sum(added), state

    def _forward(self, trained: list[Tensor], state: list[Tensor], images: Tensor) -> Tensor:
        return self.model.stateless_call(trained, state, images, training=False)[0]


def client_seed(seed: int, number: int, client: int) -> list[int]:
    """Name the randomness of one client in one round, the same in one process and on machines far apart."""
    # NumPy takes [7, 0, 0] for the same as [7], so something other than 0 has to close the list.
    return [seed, number, client, 1]


def _schedule(n: int, training: LocalTraining, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Which images each step takes, and which of them count: (steps, batch) int32 and float32.

    A batch that isn't full is filled up with its own images again, which then don't count in the loss.
    """
    size = training.batch_size or n
    room = training.batch_size or _room(n)
    rows, counts = [], []
    for _ in range(training.epochs):
        order = rng.permutation(n)
        for start in range(0, n, size):
            batch = order[start : start + size]
            rows.append(np.resize(batch, room))
            counts.append(np.arange(room) < len(batch))
    return np.array(rows, "int32"), np.array(counts, "float32")


def _room(n: int) -> int:
    """Smallest of 16, 64, 256, ... that holds n: few different sizes, so few programs to compile."""
    return max(16, 1 << 2 * math.ceil((n - 1).bit_length() / 2))
