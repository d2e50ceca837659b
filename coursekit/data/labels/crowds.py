"""Annotators who err: votes on classes with known confusion matrices, and outlines of masks."""

from collections.abc import Sequence

import numpy as np

from coursekit.data.labels.arguments import class_labels, confusion_matrix, count, share
from coursekit.data.labels.label_noise import observe, pair_matrix, symmetric_matrix
from coursekit.data.labels.streams import generators
from coursekit.data.simulate.texture import smooth_noise
from coursekit.errors import InputError


def one_coin(n_classes: int, accuracy: float) -> np.ndarray:
    """Return the confusion matrix of an annotator who is right with one probability, whatever the class.

    Args:
        n_classes: number of classes K, from 2.
        accuracy: share of right votes, 0 to 1; wrong ones fall on the other classes alike. 1 / K is chance.

    Returns:
        (K, K) float64, row: true class, column: vote; rows add up to 1.

    Raises:
        InputError: if an argument is out of range.
    """
    return symmetric_matrix(n_classes, 1 - share("accuracy", accuracy))


def spammer(n_classes: int, favourite: int | None = None) -> np.ndarray:
    """Return the confusion matrix of an annotator who does not look.

    Args:
        n_classes: number of classes K, from 2.
        favourite: the class that is always voted for; None votes for all alike.

    Returns:
        (K, K) float64, row: true class, column: vote; all rows are equal, so the votes tell nothing.

    Raises:
        InputError: if an argument is out of range.
    """
    n_classes = count("n_classes", n_classes, 2)
    if favourite is None:
        return np.full((n_classes, n_classes), 1 / n_classes)
    if count("favourite", favourite, 0) >= n_classes:
        raise InputError(f"favourite must be a class from 0 to {n_classes - 1}, got {favourite}.")
    matrix = np.zeros((n_classes, n_classes))
    matrix[:, favourite] = 1
    return matrix


def adversary(n_classes: int, accuracy: float = 0.2) -> np.ndarray:
    """Return the confusion matrix of an annotator who knows the class and mostly names the next one.

    A vote counts such an annotator against the truth; whoever estimates the matrix can turn the votes round.
    With two classes this is `one_coin(2, accuracy)`.

    Args:
        n_classes: number of classes K, from 2.
        accuracy: share of right votes, 0 to below 0.5.

    Returns:
        (K, K) float64, row: true class, column: vote; rows add up to 1.

    Raises:
        InputError: if an argument is out of range.
    """
    if not 0 <= accuracy < 0.5:
        raise InputError(f"An adversary's accuracy must be from 0 to below 0.5, got {accuracy}.")
    return pair_matrix(n_classes, 1 - accuracy)


def crowd_votes(
    labels: np.ndarray, annotators: Sequence[np.ndarray], votes_per_item: int | None = None, seed: int = 0
) -> np.ndarray:
    """Let annotators vote on the class of each item.

    Given the true class, all votes are independent: the model of Dawid and Skene. Real annotators err on the
    same hard items.

    An annotator's vote on an item depends on the seed alone, not on who else votes or which items follow; the
    2 votes of `votes_per_item=2` are among the 3 of 3.

    Args:
        labels: true classes, (n,) whole numbers from 0.
        annotators: a confusion matrix (K, K) for each, row: true class, column: vote, as from `one_coin`,
            `spammer` or `adversary`.
        votes_per_item: how many annotators see each item, drawn at random for each; None for all.
        seed: decides who sees what and who errs where.

    Returns:
        (n, annotators) int64: the class voted for, or -1 where the annotator did not see the item.

    Raises:
        InputError: if a matrix is not as said above, matrices differ in size, or votes_per_item is out of
            range.

    Source: Dawid and Skene, Applied Statistics 28(1), 1979, pp. 20-28, doi:10.2307/2346806.
    """
    labels = class_labels(labels)
    matrices = [confusion_matrix(f"annotators[{w}]", matrix) for w, matrix in enumerate(annotators)]
    if len({len(matrix) for matrix in matrices}) != 1:
        raise InputError(
            f"annotators must be one or more matrices of one size, got sizes {[len(m) for m in matrices]}."
        )
    if votes_per_item is None:
        votes_per_item = len(matrices)
    if count("votes_per_item", votes_per_item, 1) > len(matrices):
        raise InputError(f"{votes_per_item} votes per item need as many annotators, got {len(matrices)}.")
    votes = np.empty((len(labels), len(matrices)), np.int64)
    turn = np.empty(votes.shape)
    sources = zip(
        generators("votes", len(matrices), seed), generators("who votes", len(matrices), seed), strict=True
    )
    for w, (vote_rng, turn_rng) in enumerate(sources):
        votes[:, w] = observe(labels, matrices[w], vote_rng)
        turn[:, w] = turn_rng.random(len(labels))
    votes[turn.argsort(1).argsort(1) >= votes_per_item] = -1
    return votes


def mask_votes(
    masks: np.ndarray,
    sensitivities: Sequence[float],
    specificities: Sequence[float],
    band_px: float | None = 3.0,
    patch_px: float = 0.0,
    seed: int = 0,
) -> np.ndarray:
    """Let annotators outline the objects of each mask, erring near the outlines alone.

    Within the band a pixel of an object is marked with probability `sensitivity`, and one of the background
    left alone with probability `specificity`; beyond it everybody is right. With `patch_px=0` errors are
    independent, as STAPLE assumes. For annotators with a style (too small, too coarse, boxes) give each their
    own `corrupt_masks`.

    Args:
        masks: the truth, (n, h, w, 1) of 0 and 1.
        sensitivities: of each annotator, 0 to 1.
        specificities: of each annotator, 0 to 1.
        band_px: pixels no farther than this from the outline may be wrong; None for all pixels.
        patch_px: about half the width of a wrong patch in pixels; 0 for single pixels.
        seed: decides where they err. What annotator j does to image i depends on nothing else.

    Returns:
        (n, h, w, annotators) float32 of 0 and 1.

    Raises:
        InputError: if a shape or a value is not as said above.

    Source: the model is that of STAPLE: Warfield, Zou and Wells, IEEE Transactions on Medical Imaging 23(7),
    2004, pp. 903-921, doi:10.1109/TMI.2004.828354.
    """
    masks = np.asarray(masks)
    if masks.ndim != 4 or masks.shape[3] != 1 or not np.isin(masks, (0, 1)).all():
        raise InputError(f"masks must be (n, height, width, 1) of 0 and 1, got {masks.shape} {masks.dtype}.")
    if len(sensitivities) != len(specificities) or not len(sensitivities):
        raise InputError(
            "Each annotator needs a sensitivity and a specificity, got "
            f"{len(sensitivities)} and {len(specificities)}."
        )
    if (band_px is not None and not band_px > 0) or not patch_px >= 0:
        raise InputError(f"band_px must be above 0 and patch_px from 0, got {band_px} and {patch_px}.")
    from scipy.special import ndtr

    truths = masks[..., 0] > 0
    bands = [np.ones_like(truth) if band_px is None else _band(truth, band_px) for truth in truths]
    votes = np.empty((*truths.shape, len(sensitivities)), "float32")
    for w, (sensitivity, specificity) in enumerate(zip(sensitivities, specificities, strict=True)):
        miss = 1 - share("A sensitivity", sensitivity)
        false_alarm = 1 - share("A specificity", specificity)
        for i, rng in enumerate(generators(f"masks of annotator {w}", len(truths), seed)):
            chance = ndtr(smooth_noise(rng, truths[i].shape, patch_px))  # uniform in [0, 1] at each pixel
            wrong = bands[i] & (chance < np.where(truths[i], miss, false_alarm))
            votes[i, ..., w] = truths[i] ^ wrong
    return votes


def _band(mask: np.ndarray, width_px: float) -> np.ndarray:
    """Mark the pixels on either side of the outline whose distance to the other side is up to `width_px`."""
    from scipy.ndimage import distance_transform_edt

    if mask.all() or not mask.any():  # no outline, and no distance to one
        return np.zeros_like(mask)
    # Of the two distances one is 0.
    return distance_transform_edt(mask) + distance_transform_edt(~mask) <= width_px
