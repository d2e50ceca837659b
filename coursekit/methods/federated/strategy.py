"""What the server does with what comes back: weighted averages, in plain NumPy."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from coursekit.errors import InputError

Weights = list[np.ndarray]
"""All weights of a model, as `model.get_weights()` gives them."""


class ClientUpdate(NamedTuple):
    """What a client reports.

    Attributes:
        weights: its weights after local training (or its gradient: one array for each layer's weights).
        size: number of images that it trained on.
    """

    weights: Weights
    size: float


Combine = Callable[[Weights, Iterable[ClientUpdate]], Weights]
"""From the weights that were sent and the reports, as they arrive, to the new weights."""


def weighted_average(updates: Iterable[tuple[Weights, float]]) -> Weights:
    """Average weights (or gradients) array by array: Σ (n_k / n) w_k.

    Reports are added up as they come, so that memory doesn't grow with their number, and in float64, so that
    their order makes no difference that float32 could show.

    Args:
        updates: pairs of weights and number of images, such as `ClientUpdate`: the same shapes for all, and
            numbers from 0, not all 0.

    Returns:
        A list of float32 arrays of these shapes.

    Raises:
        InputError: if there is nothing to average, shapes differ, or a number of images is negative.

    Source: McMahan et al., AISTATS 2017, arXiv:1602.05629.
    """
    sums: list[np.ndarray] | None = None
    total = 0.0
    for weights, size in updates:
        if not 0 <= size < np.inf:
            raise InputError(f"A client counts with its number of images, at least 0, got {size}.")
        if sums is None:
            sums = [np.zeros(np.shape(part)) for part in weights]
        check_shapes(weights, sums)
        for part, new in zip(sums, weights, strict=True):
            part += size * np.asarray(new, "float64")
        total += size
    if sums is None or total == 0:
        raise InputError("There is nothing to average: no client reported, or none has an image.")
    return [(part / total).astype("float32") for part in sums]


def fed_avg(
    weights: Weights, updates: Iterable[ClientUpdate], leave_out: Sequence[bool] | None = None
) -> Weights:
    """Average the clients' weights by their number of images.

    Args:
        weights: what the clients were sent.
        updates: what they report, at least one.
        leave_out: for each of the weights whether it stays as the server has it, such as
            `LocalTrainer.moving_statistics()`; None averages all.

    Returns:
        The new weights.

    Raises:
        InputError: if nothing was reported, or shapes or lengths don't fit.
    """
    averaged = weighted_average(updates)
    check_shapes(averaged, weights)
    if leave_out is None:
        return averaged
    if len(leave_out) != len(weights):
        raise InputError(
            f"leave_out must have an entry for each of {len(weights)} weights, got {len(leave_out)}."
        )
    return [old if left else new for left, old, new in zip(leave_out, weights, averaged, strict=True)]


def check_shapes(came: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> None:
    """Raise an InputError if two lists of arrays differ in their shapes."""
    shapes = [np.shape(part) for part in came], [np.shape(part) for part in expected]
    if shapes[0] != shapes[1]:
        raise InputError(
            f"Weights of shapes {shapes[1]} were expected, got {shapes[0]}: all must come from one model."
        )
