"""Two networks that play against each other, whatever they make: the loop and its history."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from coursekit.errors import CourseError, InputError
from coursekit.training.checkpoint import Checkpoint
from coursekit.training.divergence import check_finite, check_weights_finite
from coursekit.training.steps import Tensor, make_steps

CHECKPOINT_EVERY = 100
"""Steps between two states of a training in its checkpoint."""


@dataclass(frozen=True)
class GanHistory:
    """How generator and discriminator got on.

    Attributes:
        generator_loss: (steps,) float32.
        discriminator_loss: (steps,) float32, sum over real and drawn images.
        real: (steps,) mean probability "real" that the discriminator gave to real images.
        drawn: (steps,) the same for drawn images. Both at 0.5: it can't tell. Far apart: it has won, and
            the generator gets little to learn from.
    """

    generator_loss: np.ndarray
    discriminator_loss: np.ndarray
    real: np.ndarray
    drawn: np.ndarray


class Game:
    """Two networks that learn in turn, each by its own loss.

    Args:
        generator: any model.
        discriminator: any model.
        generator_loss: called with the tensors of a batch, returns one number.
        discriminator_loss: called with the same, returns one number, and the logits that the discriminator
            gave to real and to generated images.
        rate: learning rate of both optimisers (Adam).
        momentum: beta_1 of both.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        generator_loss: Callable[..., Tensor],
        discriminator_loss: Callable[..., tuple[Tensor, Tensor, Tensor]],
        rate: float,
        momentum: float,
    ) -> None:
        def judged(*batch: Tensor) -> tuple[Tensor, ...]:
            loss, *logits = discriminator_loss(*batch)
            return loss, *[keras.ops.mean(keras.ops.sigmoid(part)) for part in logits]

        self._models = {"generator": generator, "discriminator": discriminator}
        self._optimizers = [keras.optimizers.Adam(rate, beta_1=momentum) for _ in range(2)]
        self._steps = make_steps(
            (judged, discriminator.trainable_variables, self._optimizers[0]),
            (generator_loss, generator.trainable_variables, self._optimizers[1]),
        )

    @property
    def variables(self) -> list[keras.Variable]:
        """All that changes in both networks and their optimisers, for a checkpoint."""
        holders: list[Any] = [*self._models.values(), *self._optimizers]
        return [variable for holder in holders for variable in holder.variables]

    def play(
        self, batch: Callable[[], tuple[np.ndarray, ...]], steps: int, checkpoint: Checkpoint | None = None
    ) -> GanHistory:
        """Let the discriminator learn from a batch, then the generator, again and again.

        Args:
            batch: draws the arrays of a batch, handed to both losses.
            steps: how many batches, counting those that a checkpoint has behind it.
            checkpoint: to go on from, and to write to every 100 steps and at the end.

        Returns:
            Losses and opinions of all steps.

        Raises:
            CourseError: if a loss or a weight is no longer a number, or the checkpoint is of another training
                or has more steps behind it.
        """
        rows = np.empty((steps, 4), "float32")
        before = None if checkpoint is None else checkpoint.restore()
        done = 0 if before is None else len(before)
        if done > steps:
            raise CourseError(
                f"The checkpoint has {done} steps behind it, and {steps} were asked for: ask for {done} or "
                "more, or name another file."
            )
        if before is not None:
            rows[:done] = before
        for number in range(done, steps):
            tensors = [keras.ops.convert_to_tensor(part, keras.config.floatx()) for part in batch()]
            (discriminator_loss, *opinion), generator_loss = self._steps(*tensors)
            rows[number] = [float(value) for value in (generator_loss, discriminator_loss, *opinion)]
            check_finite(number + 1, generator=rows[number, 0], discriminator=rows[number, 1])
            last = number + 1 == steps
            if last or (checkpoint is not None and (number + 1) % CHECKPOINT_EVERY == 0):
                # A loss is that of the weights before the step: the last step may have spoilt them unseen.
                check_weights_finite(number + 1, **self._models)
                if checkpoint is not None:
                    checkpoint.save(rows[: number + 1])
        return GanHistory(*rows.T)


def check_images(images: np.ndarray, input_shape: tuple[int | None, ...]) -> None:
    """Refuse images that a discriminator can't take.

    Args:
        images: (n, h, w, c).
        input_shape: (None, h, w, c) of the discriminator's images.

    Raises:
        InputError: if the shape differs, there are no images, or they aren't in [0, 1].
    """
    if tuple(images.shape[1:]) != tuple(input_shape[1:]) or not len(images):
        raise InputError(
            f"The discriminator takes images of shape {tuple(input_shape[1:])}, got {len(images)} of "
            f"{tuple(images.shape[1:])}: build it for your images, or resize them."
        )
    # Put like this, NaN is refused as well.
    if not (images.min() >= 0 and images.max() <= 1):
        raise InputError(
            f"Images must lie in [0, 1], got {images.min():g} to {images.max():g}: scale them first."
        )
