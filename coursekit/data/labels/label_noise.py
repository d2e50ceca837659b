"""Class labels that are wrong on purpose: symmetric noise, pair noise, any transition matrix."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from coursekit.data.labels.arguments import class_labels, confusion_matrix, count, share
from coursekit.data.labels.streams import generator
from coursekit.errors import InputError


class NoisyLabels(NamedTuple):
    """Class labels, some of them wrong.

    Attributes:
        labels: (n,) int64, as observed.
        flipped: (n,) bool, whether the label is wrong.
    """

    labels: np.ndarray
    flipped: np.ndarray


def symmetric_matrix(n_classes: int, noise: float) -> np.ndarray:
    """Return the transition matrix of symmetric noise: a label is wrong with probability `noise`.

    A wrong label is any of the *other* classes with equal probability. Some papers draw it from all classes,
    the true one among them; their rate r makes only r (K - 1) / K of the labels wrong.

    Args:
        n_classes: number of classes K, from 2.
        noise: share of wrong labels, 0 to 1. At (K - 1) / K the labels tell nothing.

    Returns:
        (K, K) float64, row: true class, column: observed class; rows add up to 1.

    Raises:
        InputError: if an argument is out of range.
    """
    n_classes, noise = count("n_classes", n_classes, 2), share("noise", noise)
    matrix = np.full((n_classes, n_classes), noise / (n_classes - 1))
    np.fill_diagonal(matrix, 1 - noise)
    return matrix


def pair_matrix(n_classes: int, noise: float, pairs: Mapping[int, int] | None = None) -> np.ndarray:
    """Return the transition matrix of pair noise: a class is mistaken for one certain other.

    Args:
        n_classes: number of classes K, from 2.
        noise: share of wrong labels in each class that is mistaken, 0 to 1. From 0.5 the wrong label is the
            more frequent one, and nobody can tell which is right.
        pairs: which class is taken for which, such as {4: 9, 9: 4}; classes not named are never mistaken.
            None takes each class for the next, and the last for the first.

    Returns:
        (K, K) float64, row: true class, column: observed class; rows add up to 1.

    Raises:
        InputError: if an argument is out of range, or a class is paired with itself.
    """
    n_classes, noise = count("n_classes", n_classes, 2), share("noise", noise)
    if pairs is None:
        pairs = {label: (label + 1) % n_classes for label in range(n_classes)}
    matrix = np.eye(n_classes)
    for true, observed in pairs.items():
        if true == observed or not (0 <= true < n_classes and 0 <= observed < n_classes):
            raise InputError(
                f"pairs must join two different classes from 0 to {n_classes - 1}, got {true}: {observed}."
            )
        matrix[true, true] = 1 - noise
        matrix[true, observed] = noise
    return matrix


def corrupt_labels(labels: np.ndarray, transition: np.ndarray, seed: int = 0) -> NoisyLabels:
    """Observe class labels through a transition matrix.

    Each item is drawn by itself, as the noise models of the literature assume: which labels are wrong depends
    on the class and on nothing that an image shows.

    The wrong labels are nested: with the same seed, all that are wrong at 20 % symmetric noise are wrong at
    40 % too, and in the same way, so that curves over the noise are not blurred by other draws. Item i does
    not depend on how many follow.

    Args:
        labels: true classes, (n,) whole numbers from 0.
        transition: (K, K), row: true class, column: observed class, as from `symmetric_matrix` and
            `pair_matrix`; rows add up to 1.
        seed: decides which labels are wrong.

    Returns:
        The labels as observed and which of them are wrong. `labels, flipped = corrupt_labels(...)` works.

    Raises:
        InputError: if the labels or the matrix are not as said above.

    Source: transition matrices, and learning with them: Patrini et al., CVPR 2017, pp. 1944-1952,
    doi:10.1109/CVPR.2017.240.
    """
    observed = observe(labels, transition, generator("label noise", seed))
    return NoisyLabels(observed, observed != np.asarray(labels))


def observe(labels: Any, confusion: Any, rng: np.random.Generator) -> np.ndarray:
    """Draw an observed class for each true one; nested as said in `corrupt_labels`.

    Args:
        labels: true classes, (n,) whole numbers from 0.
        confusion: (K, K), row: true class, column: observed class; rows add up to 1.
        rng: source of randomness.

    Returns:
        (n,) int64.

    Raises:
        InputError: if the labels or the matrix are not as said above.
    """
    labels = class_labels(labels)
    confusion = confusion_matrix("The matrix", confusion)
    if labels.max() >= len(confusion):
        raise InputError(
            f"A matrix of {len(confusion)} classes can't tell what becomes of class {labels.max()}: give it "
            "a row and a column for each class."
        )
    # One number decides whether the label is wrong, another one what it turns into. A larger share of wrong
    # labels then adds to those that were wrong already.
    wrong, target = rng.random((len(labels), 2)).T
    errors = confusion * (1 - np.eye(len(confusion)))
    rates = errors.sum(1)
    cumulative = errors.cumsum(1) / np.where(rates > 0, rates, 1)[:, None]
    # Rounding may leave the last sum a little below 1, and `target` above it.
    turned = (target[:, None] >= cumulative[labels]).sum(1)
    last = len(confusion) - 1 - np.argmax(errors[:, ::-1] > 0, axis=1)
    return np.where(wrong < rates[labels], np.minimum(turned, last[labels]), labels).astype(np.int64)
