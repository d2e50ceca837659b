"""Clients for federated learning: who holds which images.

Each function returns a list with the indices of each client's images, int64, in ascending order.
"""

from collections.abc import Sequence

import numpy as np

from coursekit.data.labels.arguments import class_labels, count
from coursekit.data.labels.streams import generator
from coursekit.errors import InputError

Clients = list[np.ndarray]


def iid_clients(n: int, n_clients: int, seed: int = 0) -> Clients:
    """Deal images out at random: each client's classes are mixed as those of all.

    Args:
        n: number of images.
        n_clients: number of clients, from 1.
        seed: decides who gets what.

    Returns:
        Indices of each client; together they hold each image once, and sizes differ by at most 1.

    Raises:
        InputError: if there are fewer images than clients.
    """
    n, n_clients = _enough(n, n_clients, 1)
    order = generator("IID clients", seed).permutation(n)
    return [np.sort(part) for part in np.array_split(order, n_clients)]


def shard_clients(labels: np.ndarray, n_clients: int, shards_per_client: int = 2, seed: int = 0) -> Clients:
    """Give each client a few kinds of image: sort by class, cut into shards, deal the shards out.

    A shard that lies across a border holds two classes (or more, if a class is smaller than a shard), so a
    client with 2 shards may see 3 or 4 classes where the classes are of unequal size.

    Args:
        labels: class of each image, (n,) whole numbers from 0.
        n_clients: number of clients, from 1.
        shards_per_client: shards that each client gets, from 1.
        seed: decides which images of a class are in which shard, and who gets which shards.

    Returns:
        Indices of each client; together they hold each image once, and shards differ in size by at most 1.

    Raises:
        InputError: if there are fewer images than shards.

    Source: McMahan et al., AISTATS 2017, PMLR 54, pp. 1273-1282, arXiv:1602.05629.
    """
    labels = class_labels(labels)
    shards_per_client = count("shards_per_client", shards_per_client, 1)
    _, n_clients = _enough(len(labels), n_clients, shards_per_client)
    rng = generator("shard clients", seed)
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    shards = np.array_split(order, n_clients * shards_per_client)
    hands = rng.permutation(len(shards)).reshape(n_clients, shards_per_client)
    return [np.sort(np.concatenate([shards[shard] for shard in hand])) for hand in hands]


def dirichlet_clients(
    labels: np.ndarray, n_clients: int, alpha: float, min_items: int = 1, seed: int = 0
) -> Clients:
    """Share each class out among the clients by its own Dirichlet draw: class mix and size both differ.

    Args:
        labels: class of each image, (n,) whole numbers from 0.
        n_clients: number of clients, from 1.
        alpha: concentration, above 0: 100 is nearly IID, at 0.1 a class is with a few clients.
        min_items: fewest images of a client, from 1. Draws that leave a client with fewer are repeated.
        seed: decides who gets what.

    Returns:
        Indices of each client; together they hold each image once.

    Raises:
        InputError: if an argument is out of range, or 1,000 draws left some client with too few images.

    Source: Yurochkin et al., ICML 2019, PMLR 97, pp. 7252-7261, arXiv:1905.12022.
    """
    labels = class_labels(labels)
    alpha, min_items = _positive(alpha), count("min_items", min_items, 1)
    _, n_clients = _enough(len(labels), n_clients, min_items)
    rng = generator("Dirichlet clients", seed)
    classes, sizes = np.unique(labels, return_counts=True)
    for _ in range(1000):
        shares = rng.dirichlet(np.full(n_clients, alpha), size=len(classes))
        cuts = np.rint(np.cumsum(shares, 1)[:, :-1] * sizes[:, None]).astype(int)
        held = np.diff(cuts, axis=1, prepend=0, append=sizes[:, None])
        if held.sum(0).min() >= min_items:
            break
    else:
        raise InputError(
            f"1,000 draws with alpha={alpha:g} left a client with fewer than {min_items} image(s): use a "
            "larger alpha, fewer clients, or a smaller min_items."
        )
    owner = np.empty(len(labels), int)
    for label, row in zip(classes, held, strict=True):
        owner[rng.permutation(np.flatnonzero(labels == label))] = np.repeat(np.arange(n_clients), row)
    return [np.flatnonzero(owner == client) for client in range(n_clients)]


def equal_dirichlet_clients(labels: np.ndarray, n_clients: int, alpha: float, seed: int = 0) -> Clients:
    """Give each client its own class mix, by a Dirichlet draw, and equally many images.

    Clients take turns in random order, an image a turn, of a class drawn from their mix. A class that is used
    up is drawn no more, so the last images go where they would not have gone: mixes are a little more even
    than drawn.

    Args:
        labels: class of each image, (n,) whole numbers from 0.
        n_clients: number of clients, from 1.
        alpha: concentration, above 0: 100 is nearly IID, at 0.1 most clients see one or two classes. It is
            the parameter of each of K equally frequent classes; Hsu et al. state the sum over the classes, K
            times this.
        seed: decides who gets what.

    Returns:
        Indices of each client; together they hold each image once, and sizes differ by at most 1.

    Raises:
        InputError: if an argument is out of range.

    Source: Hsu, Qi and Brown, 2019, arXiv:1909.06335.
    """
    labels = class_labels(labels)
    alpha = _positive(alpha)
    n, n_clients = _enough(len(labels), n_clients, 1)
    rng = generator("Dirichlet clients of equal size", seed)
    classes, number, left = np.unique(labels, return_inverse=True, return_counts=True)
    mixes = rng.dirichlet(alpha * len(classes) * left / n, size=n_clients)
    turns = rng.permutation(np.arange(n) % n_clients)
    piles = [rng.permutation(np.flatnonzero(number == k)).tolist() for k in range(len(classes))]
    owner = np.empty(n, int)
    for client, chance in zip(turns.tolist(), rng.random(n).tolist(), strict=True):
        weights = mixes[client]
        if not weights.any():  # all classes of this client's mix are used up
            weights = np.array([len(pile) for pile in piles], float)
        sums = np.cumsum(weights)
        # Rounding may put the last chance on the sum itself, one past the last class.
        k = min(int(np.searchsorted(sums, chance * sums[-1], side="right")), int(np.flatnonzero(weights)[-1]))
        owner[piles[k].pop()] = client
        if not piles[k]:
            mixes[:, k] = 0
    return [np.flatnonzero(owner == client) for client in range(n_clients)]


def group_clients(groups: np.ndarray, min_items: int = 1) -> Clients:
    """Make each group (writer, hospital, laboratory) a client: how data are scattered in life.

    Args:
        groups: (n,) number of the group of each image.
        min_items: groups with fewer images are left out.

    Returns:
        Indices of each client, in the order of the groups' numbers: client k is group
        `groups[clients[k][0]]`.

    Raises:
        InputError: if no group has enough images.
    """
    groups, min_items = np.asarray(groups), count("min_items", min_items, 1)
    if groups.ndim != 1:
        raise InputError(f"groups must be a list with one number for each image, got shape {groups.shape}.")
    members, sizes = np.unique(groups, return_counts=True)
    if not (sizes >= min_items).any():
        raise InputError(
            f"No group has {min_items} image(s); the largest of {len(members)} has {max(sizes, default=0)}."
        )
    return [np.flatnonzero(groups == member) for member in members[sizes >= min_items]]


def hold_out_clients(clients: Sequence[np.ndarray], n_test: int, seed: int = 0) -> tuple[Clients, Clients]:
    """Set whole clients apart for testing: does the model serve someone who took no part?

    Args:
        clients: indices of each client.
        n_test: how many clients to hold out, from 1; one must stay.
        seed: decides which.

    Returns:
        Clients for training and clients for testing, each in their order.

    Raises:
        InputError: if n_test is out of range.
    """
    if not 1 <= count("n_test", n_test, 1) < len(clients):
        raise InputError(f"n_test must leave one of {len(clients)} clients for training, got {n_test}.")
    held = set(generator("test clients", seed).permutation(len(clients))[:n_test].tolist())
    return (
        [part for k, part in enumerate(clients) if k not in held],
        [part for k, part in enumerate(clients) if k in held],
    )


def label_table(clients: Sequence[np.ndarray], labels: np.ndarray) -> np.ndarray:
    """Count the images of each client and class.

    Args:
        clients: indices of each client.
        labels: class of each image, (n,) whole numbers from 0.

    Returns:
        (clients, classes) int64.

    Raises:
        InputError: if the labels are not as said above.
    """
    labels = class_labels(labels)
    return np.stack([np.bincount(labels[part], minlength=labels.max() + 1) for part in clients])


def _enough(n: int, n_clients: int, per_client: int) -> tuple[int, int]:
    n, n_clients = count("The number of images", n, 1), count("n_clients", n_clients, 1)
    if n < n_clients * per_client:
        raise InputError(
            f"{n_clients} clients need {n_clients * per_client} images, {per_client} each at least, but "
            f"there are {n}: use fewer clients."
        )
    return n, n_clients


def _positive(alpha: float) -> float:
    if not 0 < alpha < np.inf:
        raise InputError(f"alpha must be above 0, got {alpha}.")
    return float(alpha)
