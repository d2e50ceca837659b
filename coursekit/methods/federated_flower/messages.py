"""What travels between server and clients: weights and settings one way, weights and a count the other."""

import json
from dataclasses import dataclass
from typing import Any

from flwr.app import ArrayRecord, ConfigRecord, MetricRecord, RecordDict

from coursekit.methods.federated.strategy import ClientUpdate, Weights


@dataclass(frozen=True, eq=False)
class Task:
    """What a client is asked to do in one round.

    Attributes:
        weights: to start from.
        model: the model's architecture, as `model.to_json()` writes it.
        training: fields of a `LocalTraining`: how to train.
        seed: the job's.
        number: of the round, from 0.
        client: the client's number, which with `seed` and `number` decides the order of its images.
    """

    weights: Weights
    model: str
    training: dict[str, Any]
    seed: int
    number: int
    client: int


def pack_task(task: Task) -> RecordDict:
    """Put a task into Flower's records."""
    settings = {
        "model": task.model,
        "training": task.training,
        "seed": task.seed,
        "number": task.number,
        "client": task.client,
    }
    return RecordDict(
        {"weights": ArrayRecord(list(task.weights)), "task": ConfigRecord({"json": json.dumps(settings)})}
    )


def unpack_task(content: RecordDict) -> Task:
    """Take a task out again."""
    settings = json.loads(str(content.config_records["task"]["json"]))
    return Task(weights=content.array_records["weights"].to_numpy_ndarrays(), **settings)


def pack_update(update: ClientUpdate) -> RecordDict:
    """Put a client's report into Flower's records."""
    return RecordDict(
        {
            "weights": ArrayRecord(list(update.weights)),
            "report": MetricRecord({"size": float(update.size)}),
        }
    )


def unpack_update(content: RecordDict) -> ClientUpdate:
    """Take a report out again."""
    size = content.metric_records["report"]["size"]
    return ClientUpdate(content.array_records["weights"].to_numpy_ndarrays(), float(size))  # type: ignore[arg-type]
