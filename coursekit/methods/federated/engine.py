"""Federated learning in one process: many clients, one compiled model."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from coursekit.data.labels.clients import Clients
from coursekit.data.labels.streams import generator
from coursekit.errors import InputError
from coursekit.methods.federated.client import LocalTrainer, LocalTraining, client_seed
from coursekit.methods.federated.rounds import Participation, RoundRecord
from coursekit.methods.federated.strategy import ClientUpdate, Combine, Weights, fed_avg


class ImagesOfClients(Protocol):
    """Anything that hands out the images and classes of client k; it may read them from a disk."""

    def __len__(self) -> int: ...

    def __getitem__(self, client: int, /) -> tuple[np.ndarray, np.ndarray]: ...


@dataclass(frozen=True, eq=False)
class ClientImages:
    """Images in memory, and which client holds which; nothing is copied before a client's turn.

    Attributes:
        images: (n, h, w, c) float32.
        labels: (n,) classes.
        clients: for each client the indices of its images, as from `coursekit.data.shard_clients`.
    """

    images: np.ndarray
    labels: np.ndarray
    clients: Clients

    def __len__(self) -> int:
        return len(self.clients)

    def __getitem__(self, client: int) -> tuple[np.ndarray, np.ndarray]:
        return self.images[self.clients[client]], self.labels[self.clients[client]]


@dataclass(frozen=True, eq=False)
class FederatedHistory:
    """What a federated training left.

    Attributes:
        weights: after the last round.
        scores: (rounds,) what `evaluate` said after each; empty without it.
        records: who took part in each round.
        seconds: (rounds,) real time that each round took, evaluation left out.
    """

    weights: Weights
    scores: np.ndarray
    records: list[RoundRecord]
    seconds: np.ndarray


def train_federated(
    trainer: LocalTrainer,
    data: ImagesOfClients,
    participation: Participation,
    rounds: int,
    training: LocalTraining,
    weights: Weights | None = None,
    combine: Combine = fed_avg,
    evaluate: Callable[[Weights], float] | None = None,
    seed: int = 0,
) -> FederatedHistory:
    """Run rounds of: choose clients, send them the weights, let them train, combine what they report.

    One client trains at a time, and its report is added up before the next one trains: memory doesn't grow
    with the clients of a round, and time doesn't grow with those who stay at home.

    Args:
        trainer: trains any client.
        data: images of each client.
        participation: who takes part, such as `everyone(20)`.
        rounds: how many, from 1. A round that is abandoned counts, and leaves the weights as they were.
        training: what each client does in a round.
        weights: to start from; None for those that the model has.
        combine: what the server does with the reports.
        evaluate: from weights to a score, called after each round.
        seed: decides who takes part, and with the numbers of round and client the order of its images.

    Returns:
        The weights after the last round, and how it went.

    Raises:
        InputError: if rounds is below 1; and what `LocalTrainer.train` raises.
    """
    if rounds < 1:
        raise InputError(f"rounds must be at least 1, got {rounds}.")
    weights = trainer.weights() if weights is None else weights
    rng = generator("participation", seed)
    records, scores, seconds = [], [], []

    def reports(sent: Weights, record: RoundRecord, number: int) -> Iterable[ClientUpdate]:
        for client in record.reporting.tolist():
            images, labels = data[client]
            trained = trainer.train(sent, images, labels, training, client_seed(seed, number, client))
            yield ClientUpdate(trained, len(labels))

    for number in range(rounds):
        began = time.perf_counter()
        record = participation(rng)
        if record.committed:
            weights = combine(weights, reports(weights, record, number))
        seconds.append(time.perf_counter() - began)
        records.append(record)
        if evaluate is not None:
            scores.append(evaluate(weights))
    return FederatedHistory(weights, np.array(scores), records, np.array(seconds))
