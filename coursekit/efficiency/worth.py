"""What a technique is worth in labels, and how many labels a score takes, each with an interval."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from coursekit.efficiency.curves import LearningCurve, fitted, power_law
from coursekit.errors import InputError


@dataclass(frozen=True, repr=False)
class Estimate:
    """A number with its 95 % interval; printed, it says all that is known of it.

    Infinity means "more than what was measured", 0 "less than what was measured"; where `extrapolated` is
    True, infinity means that no number of labels suffices.

    Attributes:
        value: the best guess.
        low: lower end of the interval.
        high: upper end of the interval.
        extrapolated: whether one of the three lies beyond what was measured and rests on a fitted formula.
        unit: what follows the number: "x" or " labels".
        measured: the smallest and the largest number that could have been measured.
    """

    value: float
    low: float
    high: float
    extrapolated: bool
    unit: str
    measured: tuple[float, float]

    def __str__(self) -> str:
        """Read "2.1x (1.6 to 3.0)" or "more than 4x"."""
        if self.value in (0, math.inf):
            other_end = self.low if self.value else self.high
            text = self._end(self.value, self.unit)
            if other_end != self.value:
                text += f" ({'at least' if self.value else 'at most'} {self._end(other_end)})"
        else:
            text = f"{_rounded(self.value)}{self.unit} ({self._end(self.low)} to {self._end(self.high)})"
        if self.extrapolated:
            first, last = self.measured
            text += f"; extrapolated: only {first:.3g} to {last:.4g}{self.unit} were measured"
        return text

    __repr__ = __str__

    def _end(self, end: float, unit: str = "") -> str:
        if end == math.inf:
            return "out of reach" if self.extrapolated else f"more than {self.measured[1]:.3g}{unit}"
        return f"{_rounded(end)}{unit}" if end else f"less than {self.measured[0]:.3g}{unit}"


def labels_needed(curve: LearningCurve, target: float, repeats: int = 1000, seed: int = 0) -> Estimate:
    """Estimate how many labels an arm needs to reach a score, from a power law fitted to its curve.

    The interval comes from the bootstrap: the repeats of the curve are drawn anew with replacement, and the
    curve is fitted again. With five repeats it is rather too narrow than too wide, and it knows nothing of
    the error that is made if the curve follows another law.

    Args:
        curve: from 4 sizes and 2 repeats; scores better with more labels.
        target: the score to reach.
        repeats: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        How many labels; `extrapolated` if the estimate or its interval leaves the sizes that were measured.

    Raises:
        InputError: if there are too few sizes or repeats.
        CourseError: if no power law fits.

    Source: Hestness et al., 2017, arXiv:1712.00409 (the law); Efron, 1979, doi:10.1214/aos/1176344552 (the
    bootstrap).
    """
    value = power_law(curve).size(target)
    low, high = _interval(lambda rng: fitted(curve.resampled(rng)).size(target), [curve], repeats, seed)
    first, last = curve.sizes[[0, -1]]
    outside = not all(first <= size <= last for size in (value, low, high))
    return Estimate(value, low, high, outside, " labels", (float(first), float(last)))


def worth_in_labels(
    better: LearningCurve, plain: LearningCurve, n: float, repeats: int = 1000, seed: int = 0
) -> Estimate:
    """Estimate how many times as many labels the plain arm needs to reach what the better one reaches with n.

    Both curves are made monotone by isotonic regression of their means, because more labels don't do harm and
    repeats are few, and read off straight between two sizes on a logarithmic axis. No formula is fitted and
    nothing is extrapolated: beyond the sizes of the plain arm, the answer is "more than" or "less than".
    Where the plain curve is flat at that height, the size nearest to n counts. A factor below 1 says that the
    better arm is the worse one at n.

    The interval comes from the bootstrap over repeats of both curves, each by itself; where the repeats of
    both share their seeds, it is rather too wide. With five repeats it can also be too narrow.

    Args:
        better: the arm whose worth is asked.
        plain: the arm that it is compared with.
        n: how many labels the better arm gets, within its sizes.
        repeats: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        The factor.

    Raises:
        InputError: if n is outside the better arm's sizes, the scores go different ways, or a curve has a
            single repeat.

    Source: Barlow et al., "Statistical inference under order restrictions", 1972 (isotonic regression);
    Efron, 1979, doi:10.1214/aos/1176344552 (the bootstrap).
    """
    if better.higher_is_better != plain.higher_is_better:
        raise InputError("One curve gets better upwards and the other downwards: they can't be compared.")

    def factor(better: LearningCurve, plain: LearningCurve) -> float:
        return _size_at(plain, score_at(better, n), near=n) / n

    def replicate(rng: np.random.Generator) -> float:
        return factor(better.resampled(rng), plain.resampled(rng))

    value = factor(better, plain)
    low, high = _interval(replicate, [better, plain], repeats, seed)
    return Estimate(value, low, high, False, "x", (plain.sizes[0] / n, plain.sizes[-1] / n))


def score_at(curve: LearningCurve, n: float) -> float:
    """Read the mean score with n labels off a curve, made monotone as in `worth_in_labels`.

    Raises:
        InputError: if n is outside the curve's sizes.
    """
    first, last = curve.sizes[[0, -1]]
    if not first <= n <= last:
        raise InputError(
            f"{curve.name or 'The curve'} was measured from {first:g} to {last:g} labels, not at {n:g}."
        )
    return curve.sign * float(np.interp(np.log2(n), np.log2(curve.sizes), _rising_means(curve)))


def _size_at(curve: LearningCurve, score: float, near: float) -> float:
    """How many labels reach a score: infinity if none of the sizes does, 0 if all do better."""
    heights, height = _rising_means(curve), curve.sign * score
    places = np.log2(curve.sizes)
    if height > heights[-1]:
        return math.inf
    if height < heights[0]:
        return 0.0
    left, right = np.searchsorted(heights, height, "left"), np.searchsorted(heights, height, "right")
    if left < right:  # one size, or a flat stretch of several, has exactly this height
        return float(2 ** np.clip(np.log2(near), places[left], places[right - 1]))
    share = (height - heights[left - 1]) / (heights[left] - heights[left - 1])
    return float(2 ** (places[left - 1] + share * (places[left] - places[left - 1])))


def _rising_means(curve: LearningCurve) -> np.ndarray:
    """The means, signed so that they rise, after isotonic regression."""
    from scipy.optimize import isotonic_regression  # scikit-learn's is forty times as slow for so few numbers

    return isotonic_regression(curve.sign * curve.mean).x


def _interval(
    replicate: Callable[[np.random.Generator], float], curves: list[LearningCurve], repeats: int, seed: int
) -> tuple[float, float]:
    """The middle 95 % of the replicates, which may be infinite."""
    for curve in curves:
        if len(curve.scores) < 2:
            raise InputError(
                f"{curve.name or 'The curve'} has a single repeat: an interval needs at least 2."
            )
    if repeats < 1:
        raise InputError(f"The bootstrap needs at least 1 repeat, got {repeats}.")
    rng = np.random.default_rng(seed)
    # An order statistic, not a mean of two: that would not exist between a number and infinity.
    ends = np.quantile([replicate(rng) for _ in range(repeats)], [0.025, 0.975], method="inverted_cdf")
    return float(ends[0]), float(ends[1])


def _rounded(number: float) -> str:
    """The digits that count, two below 100 and three above, without an exponent."""
    number = float(f"{number:.{2 if number < 100 else 3}g}")
    return f"{number:.{max(0, 1 - math.floor(math.log10(number)))}f}"
