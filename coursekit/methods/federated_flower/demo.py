"""What `coursekit federated` trains: three clinics with digits, of which each sees a few kinds only."""

from collections.abc import Iterator

import numpy as np

from coursekit.data.labels.clients import shard_clients
from coursekit.data.registry import load
from coursekit.methods.federated.client import LocalTrainer, LocalTraining
from coursekit.methods.federated.engine import ClientImages, train_federated
from coursekit.methods.federated_flower.job import read_history, replay
from coursekit.methods.federated_flower.network import Network
from coursekit.models.mlp import mlp
from coursekit.training.seeds import set_seed

CLIENTS = 3
TRAINING = LocalTraining(epochs=5, batch_size=10, rate=0.1)


def clinics() -> ClientImages:
    """Deal 300 digits out to three clinics, two shards of the sorted digits each."""
    images, labels = _digits()
    return ClientImages(images[:300], labels[:300], shard_clients(labels[:300], CLIENTS, seed=0))


def unseen() -> tuple[np.ndarray, np.ndarray]:
    """Give 300 digits that no clinic has: images (300, 8, 8, 1) and classes (300,)."""
    images, labels = _digits()
    return images[300:600], labels[300:600]


def trainer() -> LocalTrainer:
    """Make the model: a multilayer perceptron with the same start weights every time."""
    set_seed(0)
    return LocalTrainer(mlp((8, 8, 1), (64,)))


def compare(network: Network, rounds: int) -> Iterator[str]:
    """Train over a network of the three clinics, then in one process, and say how far apart they come out.

    Args:
        network: that `up(clinics(), ...)` started.
        rounds: how many, from 1.

    Yields:
        A line for each round as it ends, with the accuracy on unseen digits, and one for the comparison.
    """
    local = trainer()
    images, labels = unseen()
    run = network.start(local.model, TRAINING, rounds)
    for number in range(rounds):
        run.wait_for_round(number)
        sofar = read_history(run.folder)
        names = ", ".join(network.clients[client] for client in sorted(sofar.records[-1].reporting))
        right = local.accuracy(sofar.weights, images, labels)
        yield f"round {number}: {sofar.seconds[-1]:.1f} s, reports of {names}, accuracy {right:.3f}"
    over_network = run.history()
    alone = train_federated(local, clinics(), replay(over_network.records), rounds, TRAINING)
    apart = max(float(np.abs(a - b).max()) for a, b in zip(over_network.weights, alone.weights, strict=True))
    yield f"largest difference of a weight from the same training in one process: {apart:.1e}"


def _digits() -> tuple[np.ndarray, np.ndarray]:
    digits = load("digits", n=600, seed=0, size=8, digit_px=8)
    assert digits.targets is not None
    return digits.images, digits.targets
