"""Differential privacy for clients: bound what one of them can do to the sum, then add noise to it.

How much privacy that buys is computed in `accountant`.
"""

import math
from collections.abc import Iterable

import numpy as np

from coursekit.data.labels.streams import generator
from coursekit.errors import InputError
from coursekit.methods.federated.strategy import ClientUpdate, Combine, Weights, check_shapes


def clip_update(update: Weights, norm: float) -> Weights:
    """Shorten an update (or the gradient of one image) to a length, if it is longer.

    Args:
        update: list of arrays; the length is taken over all of them together.
        norm: longest that may remain, above 0.

    Returns:
        New arrays: in the same direction, no longer than `norm`.

    Raises:
        InputError: if norm isn't above 0, or the update holds NaN or infinity, which no factor can shorten.

    Source: Abadi et al., CCS 2016, arXiv:1607.00133.
    """
    if not 0 < norm < math.inf:
        raise InputError(f"norm must be above 0, got {norm}.")
    length = math.sqrt(sum(float(np.sum(np.square(part, dtype="float64"))) for part in update))
    if not math.isfinite(length):
        raise InputError("This update holds NaN or infinity: train with a smaller rate.")
    return [np.asarray(part) * np.float32(min(1.0, norm / length) if length else 1.0) for part in update]


def private_average(clip: float, noise: float, expected: float, seed: int = 0) -> Combine:
    """Make the server's part of DP-FedAvg, for clients drawn by `poisson`.

    The sum of clipped updates is divided by the number of clients that was expected, not by the number that
    came (which would tell something about who did), and each client counts the same, however many images it
    has: only so does adding or removing one client move the average by at most clip / expected.

    Args:
        clip: longest update, above 0: the difference of all weights to those that were sent, moving
            statistics included.
        noise: noise multiplier σ, from 0: the sum gets normal noise of standard deviation σ · clip on each
            number. 0 only clips, and protects nobody.
        expected: mean number of clients in a round, rate times clients, above 0.
        seed: of the noise. Where privacy is meant in earnest, nobody may know it.

    Returns:
        A function for `train_federated(combine=...)`. It draws new noise in every call, also when no client
        came.

    Raises:
        InputError: if a number is out of range.

    Source: McMahan et al., ICLR 2018, arXiv:1710.06963.
    """
    if not (0 < clip < math.inf and 0 <= noise < math.inf and 0 < expected < math.inf):
        raise InputError(
            f"clip and expected must be above 0 and noise at least 0, got {clip}, {expected} and {noise}."
        )
    rng = generator("privacy", seed)

    def combine(weights: Weights, updates: Iterable[ClientUpdate]) -> Weights:
        total = [np.zeros(np.shape(part)) for part in weights]
        for update in updates:
            check_shapes(update.weights, weights)
            moved = [
                np.asarray(new, "float64") - old for new, old in zip(update.weights, weights, strict=True)
            ]
            for part, clipped in zip(total, clip_update(moved, clip), strict=True):
                part += clipped
        for part in total:
            part += rng.normal(0, noise * clip, part.shape)
        return [(old + part / expected).astype("float32") for old, part in zip(weights, total, strict=True)]

    return combine
