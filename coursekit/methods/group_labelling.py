"""Label pictures by groups: draw a map of their features, and give one name to a whole island.

Source: the practice of labelling cells by dragging groups on a t-SNE map of network features; t-SNE: van der
Maaten & Hinton, JMLR 9, 2008, https://jmlr.org/papers/v9/vandermaaten08a.html.
"""

import math

import numpy as np

from coursekit.errors import InputError


def map_of_features(features: np.ndarray, seed: int = 0, perplexity: float = 30.0) -> np.ndarray:
    """Lay pictures out in the plane so that those with similar features are neighbours (PCA, then t-SNE).

    Distances between islands and the sizes of islands mean nothing.

    Args:
        features: (n, k) of the pictures to label, and of no others.
        seed: decides the layout.
        perplexity: about how many neighbours each picture looks at, below n.

    Returns:
        (n, 2) float32, no unit.

    Raises:
        InputError: if features are not rows, or there are not more of them than `perplexity`.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    features = np.asarray(features)
    if features.ndim != 2 or len(features) <= perplexity:
        raise InputError(
            f"features must be (n, k) with n above the perplexity {perplexity:g}, got shape {features.shape}."
        )
    shortened = PCA(min(50, *features.shape), random_state=seed).fit_transform(features)
    return TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(shortened)


def groups_on_map(points: np.ndarray, groups: int, seed: int = 0) -> np.ndarray:
    """Cut a map into groups of neighbours (k-means), as someone with a lasso might.

    Args:
        points: (n, 2).
        groups: how many, 1 to n.
        seed: decides where the search starts.

    Returns:
        (n,) number of the group of each picture, int64.

    Raises:
        InputError: if `groups` is out of range.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    if not 1 <= groups <= len(points):
        raise InputError(f"groups must be from 1 to the {len(points)} points, got {groups}.")
    # On so few points, threads that wait for each other cost more than they bring.
    with threadpool_limits(1):
        return KMeans(groups, n_init=10, random_state=seed).fit_predict(points).astype("int64")


def share_right(groups: np.ndarray, truth: np.ndarray) -> float:
    """Share of pictures that get the right label if each group is named after its most frequent one.

    Args:
        groups: (n,) number of the group of each picture.
        truth: (n,) labels.

    Returns:
        0 to 1.

    Raises:
        InputError: if the two are not of one length above 0.
    """
    _, right = _sizes_and_right(groups, truth)
    return float(right.sum() / len(np.asarray(truth)))


def clicks_needed(groups: np.ndarray, truth: np.ndarray, purity: float = 0.98, share: float = 0.95) -> int:
    """How many names have to be given until enough pictures have a label.

    A group with at least `purity` of one kind is named once, for all of its pictures; the largest come first.
    Pictures of the other groups are named one by one.

    Args:
        groups: (n,) number of the group of each picture.
        truth: (n,) labels.
        purity: share of the most frequent label from which on a group may be named as a whole, 0 to 1.
        share: of the pictures that must have a label in the end, 0 to 1.

    Returns:
        Number of names.

    Raises:
        InputError: if the arrays are not of one length above 0, or a share lies outside 0 to 1.
    """
    if not (0 <= purity <= 1 and 0 <= share <= 1):
        raise InputError(f"purity and share must lie between 0 and 1, got {purity} and {share}.")
    sizes, right = _sizes_and_right(groups, truth)
    # Without the small number, 0.95 · 600 would round up to 571 on some machines.
    wanted = math.ceil(share * sizes.sum() - 1e-9)
    clicks = labelled = 0
    for size in np.sort(sizes[right >= purity * sizes - 1e-9])[::-1]:
        if labelled >= wanted:
            break
        clicks += 1
        labelled += int(size)
    return clicks + max(wanted - labelled, 0)


def _sizes_and_right(groups: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Size of each group, and how many of its pictures are of its most frequent kind."""
    groups, truth = np.asarray(groups), np.asarray(truth)
    if groups.ndim != 1 or groups.shape != truth.shape or not len(groups):
        raise InputError(f"groups and truth must both be (n,), got shapes {groups.shape} and {truth.shape}.")
    _, group = np.unique(groups, return_inverse=True)
    _, kind = np.unique(truth, return_inverse=True)
    table = np.zeros((group.max() + 1, kind.max() + 1), "int64")
    np.add.at(table, (group, kind), 1)
    return table.sum(axis=1), table.max(axis=1)
