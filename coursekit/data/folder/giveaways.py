"""Does something beside the picture give its class away?"""

from collections.abc import Callable

import numpy as np

# A rule on a number asks this share of the images with the nearest numbers, on either side, but two at least.
_NEIGHBOURS = 1 / 32
_SHUFFLES = 200


def value_rule_accuracy(values: np.ndarray, classes: np.ndarray, groups: np.ndarray | None = None) -> float:
    """How often a rule is right that names the class from one property of a file, as a mean over classes.

    The rule names the class in which the value is most common. It is asked about each image with that image's
    group left out, so that a property which differs in every file or patient (and teaches nothing) gets no
    credit.

    Args:
        values: (n,) whole numbers from 0: which value of the property each image has.
        classes: (n,) class labels from 0.
        groups: (n,) whole numbers from 0: what belongs together; None if each image is a group by itself.

    Returns:
        Mean of the classes' shares of right answers, 0 to 1; 1 divided by the number of classes is guessing.
        Where classes tie, their share of the point.
    """
    groups = np.arange(len(classes)) if groups is None else groups
    table = _counts(values, classes)
    _, pair = np.unique(groups * (values.max() + 1) + values, return_inverse=True)
    return _accuracy(table[values] - _counts(pair, classes)[pair], classes, groups)


def number_rule_accuracy(numbers: np.ndarray, classes: np.ndarray, groups: np.ndarray | None = None) -> float:
    """The same for a number, such as a file's size: the rule asks the images with the nearest numbers.

    Args:
        numbers: (n,) of any size.
        classes: (n,) class labels from 0.
        groups: (n,) as for `value_rule_accuracy`.

    Returns:
        As `value_rule_accuracy`.
    """
    order = np.argsort(numbers, kind="stable")
    ranked, n = numbers[order], len(numbers)
    group = np.arange(n) if groups is None else groups[order]
    # So far that the own group, which is left out, can't fill the neighbourhood.
    reach = max(2, round(_NEIGHBOURS * n)) + np.bincount(group)[group] - 1
    place = np.arange(n)
    # All with the same number or none: their order is that of the file names, which may follow the class.
    start = np.searchsorted(ranked, ranked[np.maximum(place - reach, 0)], side="left")
    stop = np.searchsorted(ranked, ranked[np.minimum(place + reach, n - 1)], side="right")
    known = np.eye(classes.max() + 1)[classes[order]]
    votes = _between(known, start, stop)
    # The same for the own group: its images stand together, each group in the order of the numbers.
    together = np.argsort(group, kind="stable")
    keys = group[together] * (n + 1) + together
    first, last = (np.searchsorted(keys, group * (n + 1) + end) for end in (start, stop))
    return _accuracy(votes - _between(known[together], first, last), classes[order], group)


def _between(known: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    summed = np.concatenate([np.zeros((1, known.shape[1])), known.cumsum(axis=0)])
    return summed[stop] - summed[start]


def is_chance(
    rule: Callable[[np.ndarray, np.ndarray, np.ndarray | None], float],
    values: np.ndarray,
    classes: np.ndarray,
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> bool:
    """Whether a rule does as well for shuffled classes in more than one of 200 tries.

    Args:
        rule: `value_rule_accuracy` or `number_rule_accuracy`.
        values: what the rule is told of each image.
        classes: (n,) class labels from 0.
        groups: (n,) as for `value_rule_accuracy`: their classes are dealt to whole groups.
        seed: decides the shuffles.
    """
    rng = np.random.default_rng(seed)
    accuracy, lucky = rule(values, classes, groups), 0
    for _ in range(_SHUFFLES):
        dealt = rng.permutation(classes) if groups is None else _dealt(classes, groups, rng)
        lucky += rule(values, dealt, groups) >= accuracy
        if lucky > 1:
            return True
    return False


def _dealt(classes: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give each group the classes of another one, in any order, repeated or cut to its size."""
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    starts = np.cumsum(sizes) - sizes
    shuffled = classes[np.lexsort((rng.random(len(classes)), group))]
    together = np.argsort(group, kind="stable")
    number_in_group = np.arange(len(classes)) - starts[group[together]]
    donor = rng.permutation(len(sizes))[group[together]]
    dealt = np.empty_like(classes)
    dealt[together] = shuffled[starts[donor] + number_in_group % sizes[donor]]
    return dealt


def _counts(kinds: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How many images of each class (columns) there are of each kind (rows)."""
    k = classes.max() + 1
    return np.bincount(kinds * k + classes, minlength=(kinds.max() + 1) * k).reshape(-1, k).astype(float)


def _accuracy(votes: np.ndarray, classes: np.ndarray, groups: np.ndarray) -> float:
    """Judge by votes (n, k) of images of other groups for each class."""
    sizes = np.bincount(classes).astype(float)
    share = votes / np.maximum(sizes - _counts(groups, classes)[groups], 1)
    # The margin is for rounding: 3/30 and 5/50 are the same share.
    winners = share >= share.max(axis=1, keepdims=True) - 1e-9
    right = winners[np.arange(len(classes)), classes] / winners.sum(axis=1)
    there = sizes > 0  # a class of one small group may have been dealt to nobody
    return float((np.bincount(classes, right)[there] / sizes[there]).mean())
