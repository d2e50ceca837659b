"""Stop where a training has diverged, instead of going on with what is no longer a number."""

from typing import Any

import keras
import numpy as np

from coursekit.errors import CourseError


def check_finite(step: int, **losses: Any) -> None:
    """Raise if a loss is NaN or infinite.

    Args:
        step: number of the step, from 1, for the message.
        losses: by the name of what learns from it; each a number or a tensor of shape ().

    Raises:
        CourseError: if one isn't finite. Weights don't recover from that.
    """
    for name, loss in losses.items():
        if not np.isfinite(float(loss)):
            raise _diverged(step, f"the loss of the {name} is {float(loss):g}")


def check_weights_finite(step: int, **models: keras.Model) -> None:
    """Raise if a weight is NaN or infinite. It reads all weights: not for every step.

    Args:
        step: number of the step, from 1, for the message.
        models: by name.

    Raises:
        CourseError: if one isn't finite.
    """
    for name, model in models.items():
        if not all(np.isfinite(weights).all() for weights in model.get_weights()):
            raise _diverged(step, f"the {name} has weights that are no numbers")


def _diverged(step: int, what: str) -> CourseError:
    return CourseError(
        f"Training diverged: at step {step} {what}, and the networks are of no more use. Build them anew and "
        "train at a lower rate, a third of it, say; if it happens within the first steps, look for NaN or "
        "huge values in the data."
    )
