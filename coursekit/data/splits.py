"""Which images to learn from and which to test on: nested subsets, stratified splits, splits by group."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from coursekit.data.labels.arguments import count
from coursekit.errors import InputError

Parts = tuple[np.ndarray, ...]


class NestedSplit(NamedTuple):
    """Training sets of growing size, and what they are judged by.

    Attributes:
        train: for each size its indices; the first 8 of the 16 are the 8.
        validation: indices for choosing settings and when to stop.
        test: indices for the score that is told; nothing may be chosen with them.
    """

    train: dict[int, np.ndarray]
    validation: np.ndarray
    test: np.ndarray


def nested_subsets(
    labels_or_n: np.ndarray | int, sizes: Sequence[int], seed: int = 0
) -> dict[int, np.ndarray]:
    """Draw subsets of growing size, each holding all of the smaller ones.

    A learning curve needs them: between 8 and 16 images only the 8 new ones may make the difference.

    Args:
        labels_or_n: class labels (n,) for subsets with the classes in equal shares (as far as the size and
            the data allow), or the number of images.
        sizes: how large the subsets should be, in any order.
        seed: decides what is drawn. The subset of 8 doesn't depend on which other sizes are asked for.

    Returns:
        For each size its indices, int64, in the order drawn: the first 8 of the 16 are the 8.

    Raises:
        InputError: if a size is below 1 or above the number of images.
    """
    rng = np.random.default_rng(count("seed", seed, 0))
    if isinstance(labels_or_n, int | np.integer):
        order = rng.permutation(int(labels_or_n))
    else:
        labels = _checked_labels(labels_or_n)
        order = rng.permutation(len(labels))
        # Deal the shuffled images out in rounds, one of each class a round. The sort is stable: in a round
        # the classes keep their shuffled order, so a size like 12 does not always favour the same ones.
        turn = np.empty(len(labels), int)
        for label in np.unique(labels):
            mine = order[labels[order] == label]
            turn[mine] = np.arange(len(mine))
        order = order[np.argsort(turn[order], kind="stable")]
    for size in sizes:
        count("A size", size, 0)
        if not 1 <= size <= len(order):
            raise InputError(
                f"A subset of {size} can't be drawn from {len(order)} images: use 1 to {len(order)}."
            )
    return {int(size): order[:size] for size in sizes}


def nested_groups(groups: np.ndarray, sizes: Sequence[int], seed: int = 0) -> dict[int, np.ndarray]:
    """Draw whole groups, in subsets of growing size, each holding all of the smaller ones.

    For curves over the number of patients, where `nested_subsets` counts images: ten images of one patient
    teach less than one image of each of ten.

    Args:
        groups: (n,) number of the group of each image.
        sizes: numbers of groups wanted, in any order.
        seed: decides what is drawn. The subset of 8 doesn't depend on which other sizes are asked for.

    Returns:
        For each size the indices of all images of its groups, int64, group by group in the order drawn.

    Raises:
        InputError: if a size is below 1 or above the number of groups.
    """
    groups = _checked_labels(groups)
    members, number = np.unique(groups, return_inverse=True)
    drawn = np.random.default_rng(count("seed", seed, 0)).permutation(len(members))
    place = np.empty(len(members), int)
    place[drawn] = np.arange(len(members))
    order = np.argsort(place[number], kind="stable")
    for size in sizes:
        count("A size", size, 0)
        if not 1 <= size <= len(members):
            raise InputError(
                f"A subset of {size} groups can't be drawn from {len(members)}: use 1 to {len(members)}."
            )
    return {int(size): order[: np.count_nonzero(place[number] < size)] for size in sizes}


def nested_split(
    labels: np.ndarray,
    sizes: Sequence[int],
    shares: Sequence[float] = (0.6, 0.2, 0.2),
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> NestedSplit:
    """Set validation and test apart, and draw nested training sets from the rest.

    Args:
        labels: class labels (n,); zeros for images without classes.
        sizes: sizes of the training sets in images, in any order. Each holds the classes in equal shares, as
            far as the size and the data allow.
        shares: of training, validation and test; they add up to 1.
        groups: (n,) number of the group of each image: no group is then in two of the three parts, and the
            mix of classes in them is left to chance. None where images are independent: each part then has
            the mix of the whole.
        seed: decides all of it.

    Returns:
        The training sets by size, validation and test, as indices of `labels`. `split.train[8]` are the 8.

    Raises:
        InputError: if shares are not three that add up to 1, a class or the groups can't be split so, or a
            size is above the number of images left for training.
    """
    labels = _checked_labels(labels)
    if len(shares) != 3:
        raise InputError(
            f"shares must be three, of training, validation and test, got {len(shares)}: {list(shares)}."
        )
    if groups is not None and len(groups) != len(labels):
        raise InputError(f"groups must have one entry for each of {len(labels)} labels, got {len(groups)}.")
    train, validation, test = (
        split(labels, shares, seed) if groups is None else split_by_group(groups, shares, seed)
    )
    subsets = nested_subsets(labels[train], sizes, seed)
    return NestedSplit({size: train[subset] for size, subset in subsets.items()}, validation, test)


def split(labels: np.ndarray, shares: Sequence[float] = (0.6, 0.2, 0.2), seed: int = 0) -> Parts:
    """Split at random, with the same mix of classes in each part.

    Args:
        labels: class labels (n,). For images without classes give zeros.
        shares: of each part, such as training, validation and test; they add up to 1.
        seed: decides the split.

    Returns:
        One array of indices for each share, int64, in ascending order. Together they hold each index once.

    Raises:
        InputError: if the shares don't add up to 1, or a class is too rare to appear in each part.
    """
    labels = _checked_labels(labels)
    shares, seed = _checked_shares(shares), count("seed", seed, 0)
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < len(shares):
        rare = classes[counts.argmin()]
        raise InputError(
            f"Class {rare} has {counts.min()} image(s), too few to appear in each of {len(shares)} parts: "
            "leave the class out, join it with another, or make fewer parts."
        )
    from sklearn.model_selection import train_test_split

    rest, parts = np.arange(len(labels)), []
    for i in range(len(shares) - 1):
        # Counted from the whole, so that rounding errors don't add up over the parts.
        take = round(shares[i] * len(labels))
        if not len(classes) <= take <= len(rest) - len(classes) * (len(shares) - 1 - i):
            raise InputError(
                f"A share of {shares[i]:g} of {len(labels)} images is {take}, too few (or leaves too few) to "
                f"hold each of {len(classes)} classes: use more images or more even shares."
            )
        part, rest = train_test_split(rest, train_size=take, stratify=labels[rest], random_state=seed)
        parts.append(np.sort(part))
    return (*parts, np.sort(rest))


def split_by_group(groups: np.ndarray, shares: Sequence[float] = (0.6, 0.2, 0.2), seed: int = 0) -> Parts:
    """Split so that no group (writer, patient, font, slide) has images in two parts.

    Groups are dealt out whole, the largest first, each to the part that is furthest below its share, so that
    parts come close to their shares. Groups of nearly one size (in tenths of the largest) come in random
    order: else a group that is a few images smaller would be in the test set of every seed.

    Args:
        groups: (n,) number of the group of each image.
        shares: of each part, in images; they add up to 1.
        seed: decides which groups go where.

    Returns:
        One array of indices for each share, int64, in ascending order. Together they hold each index once.

    Raises:
        InputError: if the shares don't add up to 1, or there are fewer groups than parts.
    """
    groups = _checked_labels(groups)
    shares = _checked_shares(shares)
    members, counts = np.unique(groups, return_counts=True)
    if len(members) < len(shares):
        raise InputError(
            f"{len(members)} group(s) can't be split into {len(shares)} parts without cutting one."
        )
    shuffled = np.random.default_rng(count("seed", seed, 0)).permutation(len(members))
    missing = np.array(shares) * len(groups)
    home: dict[int, int] = {}
    sizes = np.round(10 * counts / counts.max())
    for position, i in enumerate(shuffled[np.argsort(-sizes[shuffled], kind="stable")]):
        empty = [part for part in range(len(shares)) if part not in home.values()]
        # The last groups go to parts that would otherwise stay empty.
        candidates = empty if len(members) - position <= len(empty) else list(range(len(shares)))
        part = max(candidates, key=lambda part: missing[part])
        home[int(i)] = part
        missing[part] -= counts[i]
    part_of_group = np.array([home[i] for i in range(len(members))])
    part_of_image = part_of_group[np.searchsorted(members, groups)]
    return tuple(np.flatnonzero(part_of_image == part) for part in range(len(shares)))


def folds(parts: Sequence[np.ndarray]) -> list[Parts]:
    """Turn k parts into the k folds of a cross-validation, with validation apart from test.

    Each part is the test set once and validation once; the others are for training. For five folds without
    cutting a group: `folds(split_by_group(groups, [0.2] * 5))`; with the classes in equal shares:
    `folds(split(labels, [0.2] * 5))`.

    Args:
        parts: at least three arrays of indices that share none, as from `split` or `split_by_group`.

    Returns:
        For each fold its indices for training, validation and test, int64, in ascending order.

    Raises:
        InputError: if there are fewer than three parts, or an index is in two.
    """
    if len(parts) < 3:
        raise InputError(f"Training, validation and test need three parts or more, got {len(parts)}.")
    everything = np.concatenate(parts)
    if len(np.unique(everything)) < len(everything):
        raise InputError("The parts must share no index, or test images would be trained on.")
    turned = [[*parts[i:], *parts[:i]] for i in range(len(parts))]
    return [
        (np.sort(np.concatenate(rest)), np.sort(validation), np.sort(test))
        for test, validation, *rest in turned
    ]


def _checked_labels(labels: np.ndarray) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.ndim != 1 or len(labels) == 0:
        raise InputError(f"Labels must be a list with one entry for each image, got shape {labels.shape}.")
    return labels


def _checked_shares(shares: Sequence[float]) -> list[float]:
    shares = [float(share) for share in shares]
    if len(shares) < 2 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
        raise InputError(f"shares must be at least two positive numbers that add up to 1, got {shares}.")
    return shares
