"""Which of several methods is better on the same images: ranks, tests, and duels that add up to zero.

Scores are (images, methods), higher is better. These tests take the images as independent, and the networks
as given: they can tell that this network beats that one on images of this kind, not that another training of
the same methods would end alike. For that, repeat the training with other seeds.
"""

import math
from typing import NamedTuple

import numpy as np

from coursekit.errors import InputError


class Friedman(NamedTuple):
    """Do the methods differ at all?

    Attributes:
        statistic: Iman and Davenport's F; infinite if the methods come in the same order on all images.
        p: chance of such a statistic, or a larger one, if all methods were equally good.
    """

    statistic: float
    p: float


def mean_ranks(scores: np.ndarray) -> np.ndarray:
    """Rank the methods on each image and average over images.

    Args:
        scores: (images, methods).

    Returns:
        (methods,): 1 is the best on every image; equal scores share their ranks.

    Raises:
        InputError: if there are fewer than two images or methods, or a score isn't finite.
    """
    from scipy.stats import rankdata

    return rankdata(-_checked(scores), axis=1).mean(0)


def friedman(scores: np.ndarray) -> Friedman:
    """Test whether the methods' ranks differ more than chance would let them.

    Args:
        scores: (images, methods).

    Returns:
        Iman and Davenport's F statistic and its p value. If all methods are equal on all images: 0 and 1.

    Raises:
        InputError: as for `mean_ranks`.

    Source: Iman & Davenport, Communications in Statistics A9, 1980, doi:10.1080/03610928008827904; after
    Friedman, JASA 32, 1937, doi:10.1080/01621459.1937.10503522.
    """
    from scipy.stats import f, rankdata

    ranks = rankdata(-_checked(scores), axis=1)
    n, k = ranks.shape
    # An analysis of variance of the ranks: between methods, and what is left within the images.
    between = n * ((ranks.mean(0) - (k + 1) / 2) ** 2).sum()
    within = ((ranks - (k + 1) / 2) ** 2).sum() - between
    if math.isclose(within, 0, abs_tol=1e-9):
        return Friedman(math.inf, 0.0) if between > 0 else Friedman(0.0, 1.0)
    statistic = float((n - 1) * between / within)
    return Friedman(statistic, float(f.sf(statistic, k - 1, (k - 1) * (n - 1))))


def critical_difference(methods: int, images: int, alpha: float = 0.05) -> float:
    """Tell how far two mean ranks must be apart to differ (Nemenyi's test).

    Args:
        methods: how many are compared, from 2.
        images: how many they were ranked on, from 2.
        alpha: chance of one wrong difference or more among all pairs.

    Returns:
        Difference of mean ranks.

    Raises:
        InputError: if a number is out of range.

    Source: Nemenyi 1963, as in Demšar, Statistical Comparisons of Classifiers over Multiple Data Sets, JMLR
    7, 2006, pp. 1-30.
    """
    from scipy.stats import studentized_range

    if methods < 2 or images < 2 or not 0 < alpha < 1:
        raise InputError(
            "critical_difference wants 2 methods and 2 images at least and alpha between 0 and 1, got "
            f"{methods}, {images} and {alpha}."
        )
    q = studentized_range.ppf(1 - alpha, methods, np.inf) / math.sqrt(2)
    return float(q * math.sqrt(methods * (methods + 1) / (6 * images)))


def pair_p_values(scores: np.ndarray) -> np.ndarray:
    """Test every pair of methods by their mean ranks, and correct for the number of pairs.

    The difference of mean ranks over its standard error is taken as normal, and p multiplied by the number
    of pairs (Bonferroni): a bit stricter than Nemenyi's own table behind `critical_difference`.

    Args:
        scores: (images, methods).

    Returns:
        (methods, methods) from 0 to 1, symmetric, 1 on the diagonal.

    Raises:
        InputError: as for `mean_ranks`.
    """
    from scipy.stats import norm

    ranks = mean_ranks(scores)
    n, k = np.shape(scores)
    z = np.abs(ranks[:, None] - ranks) / math.sqrt(k * (k + 1) / (6 * n))
    return np.minimum(2 * norm.sf(z) * k * (k - 1) / 2, 1.0)


def duel_scores(scores: np.ndarray, alpha: float = 0.05) -> np.ndarray:
    """Let every pair of methods fight a duel: where they differ, the better gets 1 and the other -1.

    Better is the higher mean score. A pair whose p value is not below alpha, or whose means are equal, gets
    nothing. What one wins another loses, so the points add up to zero.

    Args:
        scores: (images, methods), of one kind of damage. For several kinds, add up the points.
        alpha: of the corrected p values of `pair_p_values`.

    Returns:
        (methods,) whole numbers from -(methods - 1) to methods - 1.

    Raises:
        InputError: as for `mean_ranks`, or if alpha isn't between 0 and 1.

    Source: the statistical score of Foucart, Debeir and Decaestecker, ISBI 2019,
    doi:10.1109/ISBI.2019.8759545, by the first author's later code (adfoucart/thesis-code-suppl). The nine
    scores printed in the paper add up to -11, so they were computed in another way.
    """
    if not 0 < alpha < 1:
        raise InputError(f"alpha must lie between 0 and 1, got {alpha}.")
    scores = _checked(scores)
    means = scores.mean(0)
    better = np.sign(means[:, None] - means)
    return (better * (pair_p_values(scores) < alpha)).sum(1).astype(int)


def _checked(scores: np.ndarray) -> np.ndarray:
    scores = np.asarray(scores, float)
    if scores.ndim != 2 or min(scores.shape) < 2:
        raise InputError(
            f"scores must be (images, methods), two of each at least, got shape {scores.shape}: a column for "
            "each method, as np.stack([f1_a, f1_b], axis=1) makes them."
        )
    if not np.isfinite(scores).all():
        raise InputError("scores hold NaN or infinity: every method needs a score on every image.")
    return scores
