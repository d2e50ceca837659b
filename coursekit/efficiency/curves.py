"""Learning curves: how a score grows with the number of labels, and the power law fitted to them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from coursekit.errors import CourseError, InputError

# Beyond these, a power law looks like a straight line over log n, or like a step.
_EXPONENTS = 0.01, 10.0


class LearningCurve:
    """The scores of one arm at several numbers of labels, repeat by repeat.

    A repeat is the same arm with another seed, and so with other labelled images; within a repeat, the images
    of a smaller size are best among those of a larger one.

    Args:
        sizes: (sizes,) how many labels, rising, more than 0.
        scores: (repeats, sizes), finite.
        name: of the arm, for legends.
        higher_is_better: False for an error or a loss.
        limit: the best score there can be, 1 for an accuracy or 0 for an error; a fitted curve keeps to it.
            None if there is none.

    Raises:
        InputError: if shapes or values are others.
    """

    def __init__(
        self,
        sizes: ArrayLike,
        scores: ArrayLike,
        name: str = "",
        higher_is_better: bool = True,
        limit: float | None = None,
    ) -> None:
        self.sizes = np.array(sizes, dtype="float64")
        self.scores = np.array(scores, dtype="float64")
        self.name = name
        self.higher_is_better = higher_is_better
        self.limit = limit
        if self.sizes.ndim != 1 or not len(self.sizes) or self.scores.shape[1:] != self.sizes.shape:
            raise InputError(
                "A learning curve needs sizes of shape (sizes,) and scores of shape (repeats, sizes), "
                f"got {self.sizes.shape} and {self.scores.shape}."
            )
        if not (self.sizes > 0).all() or not (np.diff(self.sizes) > 0).all():
            raise InputError(f"Sizes must be more than 0 and rise, got {self.sizes.tolist()}.")
        if not len(self.scores) or not np.isfinite(self.scores).all():
            raise InputError("A learning curve needs scores of at least one repeat, all of them finite.")
        if limit is not None and (self.sign * self.scores > self.sign * limit).any():
            raise InputError(f"No score can be better than the limit {limit}, but some are.")

    def __repr__(self) -> str:
        repeats, sizes = self.scores.shape
        means = ", ".join(f"{size:g}: {mean:.3g}" for size, mean in zip(self.sizes, self.mean, strict=True))
        return f"LearningCurve({self.name!r}, {repeats} repeats at {sizes} sizes, means {means})"

    @property
    def sign(self) -> int:
        """1 if higher scores are better, -1 if lower ones are: score * sign rises with quality."""
        return 1 if self.higher_is_better else -1

    @property
    def mean(self) -> np.ndarray:
        """(sizes,) mean over the repeats."""
        return self.scores.mean(axis=0)

    def resampled(self, rng: np.random.Generator) -> "LearningCurve":
        """Draw as many repeats as there are, with replacement: one replicate of the bootstrap.

        Whole repeats are drawn, because the sizes of a repeat share labelled images.
        """
        drawn = self.scores[rng.integers(len(self.scores), size=len(self.scores))]
        return LearningCurve(self.sizes, drawn, self.name, self.higher_is_better, self.limit)


@dataclass(frozen=True)
class PowerLaw:
    """A learning curve as a formula: score(n) = a - b * n**-c, or a + b * n**-c where lower is better.

    Attributes:
        a: the score that endless labels would give.
        b: how much a single label falls short of it, from 0.
        c: how fast the gap closes: twice the labels leave 2**-c of it.
        higher_is_better: which way the curve goes.
        rms_error: distance of the measured means from the formula, root of the mean square.
    """

    a: float
    b: float
    c: float
    higher_is_better: bool
    rms_error: float

    def score(self, n: ArrayLike) -> np.ndarray:
        """The score with n labels."""
        gap = self.b * np.asarray(n, dtype="float64") ** -self.c
        return self.a - gap if self.higher_is_better else self.a + gap

    def size(self, score: float) -> float:
        """How many labels reach a score: infinity if no number of labels does."""
        gap = self.a - score if self.higher_is_better else score - self.a
        with np.errstate(over="ignore"):
            return float(np.float64(self.b / gap) ** (1 / self.c)) if gap > 0 else float("inf")

    def __str__(self) -> str:
        return f"{self.a:.3g} {'-' if self.higher_is_better else '+'} {self.b:.3g} * n^-{self.c:.2g}"


def power_law(curve: LearningCurve) -> PowerLaw:
    """Fit a power law to the means of a learning curve, by least squares.

    Three numbers are fitted, so four sizes are the fewest that leave anything to check. The formula describes
    the sizes that were measured; what it says of others is a guess.

    Args:
        curve: from 4 sizes.

    Raises:
        InputError: if there are fewer sizes.
        CourseError: if the scores don't get better with more labels, so that there is nothing to fit.

    Source: Hestness et al., "Deep learning scaling is predictable, empirically", 2017, arXiv:1712.00409.
    """
    _require_sizes(curve)
    first, *_, last = curve.sign * curve.mean
    if last <= first:
        raise CourseError(
            f"No power law fits {curve.name or 'this curve'}: the mean score with {curve.sizes[-1]:g} labels "
            f"is no better than with {curve.sizes[0]:g}. Measure more repeats, or other sizes."
        )
    return fitted(curve)


def fitted(curve: LearningCurve) -> PowerLaw:
    """Fit as `power_law` does; a curve that doesn't get better becomes a flat one, with b = 0.

    For a given exponent, the best a and b have a closed form. So the search is over one number, needs no
    start values that might be wrong, and always ends: the bootstrap meets curves of every shape.
    """
    from scipy.optimize import minimize_scalar

    _require_sizes(curve)
    scores = curve.sign * curve.mean
    limit = np.inf if curve.limit is None else curve.sign * curve.limit
    # Sizes as multiples of a typical one, or their large powers would swamp the sums.
    middle = float(np.exp(np.log(curve.sizes).mean()))
    log_sizes = np.log(curve.sizes / middle)

    def squares(exponents: np.ndarray) -> np.ndarray:
        decay = np.exp(-exponents[:, None] * log_sizes)
        a, b = _best_lines(decay, scores, limit)
        return ((a[:, None] - b[:, None] * decay - scores) ** 2).sum(axis=1)

    # The sum of squares may have two valleys: take the lowest of many places, then look around it.
    exponents = np.geomspace(*_EXPONENTS, 40)
    lowest = int(squares(exponents).argmin())
    around = exponents[max(lowest - 1, 0)], exponents[min(lowest + 1, len(exponents) - 1)]
    found = minimize_scalar(lambda c: squares(np.array([c]))[0], bounds=around, options={"xatol": 1e-5})
    c = float(found.x)
    (a,), (b,) = _best_lines(np.exp(-c * log_sizes)[None], scores, limit)
    law = PowerLaw(float(curve.sign * a), float(b * middle**c), c, curve.higher_is_better, rms_error=0.0)
    return replace(law, rms_error=float(np.sqrt(np.mean((law.score(curve.sizes) - curve.mean) ** 2))))


def _best_lines(decay: np.ndarray, scores: np.ndarray, limit: float) -> tuple[np.ndarray, np.ndarray]:
    """Fit a - b * decay to the scores by least squares, with b from 0 and a up to the limit, row by row."""
    centred = decay - decay.mean(axis=1, keepdims=True)
    b = np.maximum(-(centred @ scores) / (centred**2).sum(axis=1), 0)
    a = scores.mean() + b * decay.mean(axis=1)
    if np.isfinite(limit):
        at_limit = (decay @ (limit - scores)) / (decay**2).sum(axis=1)
        a, b = np.minimum(a, limit), np.where(a > limit, at_limit, b)
    return a, b


def _require_sizes(curve: LearningCurve) -> None:
    if len(curve.sizes) < 4:
        raise InputError(f"A power law needs at least 4 sizes, got {len(curve.sizes)}.")
