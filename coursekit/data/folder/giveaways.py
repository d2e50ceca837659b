"""Does something beside the picture give its class away?"""

from collections.abc import Callable

import numpy as np

# A rule on a number asks this share of the images with the nearest numbers, on either side, but two at least.
_NEIGHBOURS = 1 / 32
_SHUFFLES = 200


def value_rule_accuracy(values: np.ndarray, classes: np.ndarray) -> float:
    """How often a rule is right that names the class from one property of a file, as a mean over classes.

    The rule names the class in which the value is most common. It is asked about each image with that image
    left out, so that a property which differs in every file (and teaches nothing) gets no credit.

    Args:
        values: (n,) whole numbers from 0: which value of the property each image has.
        classes: (n,) class labels from 0.

    Returns:
        Mean of the classes' shares of right answers, 0 to 1; 1 divided by the number of classes is guessing.
        Where classes tie, their share of the point.
    """
    table = np.zeros((values.max() + 1, classes.max() + 1))
    np.add.at(table, (values, classes), 1)
    return _accuracy(table[values], classes)


def number_rule_accuracy(numbers: np.ndarray, classes: np.ndarray) -> float:
    """The same for a number, such as a file's size: the rule asks the images with the nearest numbers.

    Args:
        numbers: (n,) of any size.
        classes: (n,) class labels from 0.

    Returns:
        As `value_rule_accuracy`.
    """
    order = np.argsort(numbers, kind="stable")
    ranked, last = numbers[order], len(numbers) - 1
    reach = max(2, round(_NEIGHBOURS * len(numbers)))
    place = np.arange(len(numbers))
    # All with the same number or none: their order is that of the file names, which may follow the class.
    start = np.searchsorted(ranked, ranked[np.maximum(place - reach, 0)], side="left")
    stop = np.searchsorted(ranked, ranked[np.minimum(place + reach, last)], side="right")
    known = np.eye(classes.max() + 1)[classes[order]]
    summed = np.concatenate([np.zeros((1, known.shape[1])), known.cumsum(axis=0)])
    return _accuracy(summed[stop] - summed[start], classes[order])


def is_chance(
    rule: Callable[[np.ndarray, np.ndarray], float], values: np.ndarray, classes: np.ndarray, seed: int = 0
) -> bool:
    """Whether a rule does as well for shuffled classes in more than one of 200 tries.

    Args:
        rule: `value_rule_accuracy` or `number_rule_accuracy`.
        values: what the rule is told of each image.
        classes: (n,) class labels from 0.
        seed: decides the shuffles.
    """
    rng = np.random.default_rng(seed)
    accuracy, lucky = rule(values, classes), 0
    for _ in range(_SHUFFLES):
        lucky += rule(values, rng.permutation(classes)) >= accuracy
        if lucky > 1:
            return True
    return False


def _accuracy(votes: np.ndarray, classes: np.ndarray) -> float:
    """Judge by votes (n, k) of images of each class, among them each image's own, which doesn't count."""
    sizes = np.bincount(classes).astype(float)
    own = np.arange(len(classes)), classes
    # Without the image itself, both the votes for its class and its class's size are one less.
    votes[own] -= 1
    others = np.repeat(sizes[None], len(classes), axis=0)
    others[own] -= 1
    share = votes / np.maximum(others, 1)
    # The margin is for rounding: 3/30 and 5/50 are the same share.
    winners = share >= share.max(axis=1, keepdims=True) - 1e-9
    right = winners[own] / winners.sum(axis=1)
    return float((np.bincount(classes, right) / sizes).mean())
