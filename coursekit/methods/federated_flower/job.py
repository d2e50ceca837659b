"""What a run is asked to do and what came of it, as files: the server's app runs in a process of its own.

A job is a folder. `app/` is what Flower sends to the clients: no more than the names of the two functions to
call, which are in coursekit on each machine. `job.json` and `start.npz` say what to do; after each round the
server adds `rounds/NNN.npz` and `rounds/NNN.json`; if it fails, `failure.txt`.

Nothing here loads Keras: the server only averages, and would wait for it at every start.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.errors import InputError
from coursekit.methods.federated.rounds import Participation, RoundRecord, RoundRules
from coursekit.methods.federated.strategy import Weights

if TYPE_CHECKING:
    import keras

    from coursekit.methods.federated.client import LocalTraining
    from coursekit.methods.federated.engine import FederatedHistory

_APP = """\
[project]
name = "coursekit-federated"
version = "1.0.0"
description = "Federated averaging over images that stay where they are"
license = "BSD-3-Clause"
dependencies = []

[tool.flwr.app]
publisher = "coursekit"

[tool.flwr.app.components]
serverapp = "coursekit.methods.federated_flower.server:app"
clientapp = "coursekit.methods.federated_flower.client:app"

[tool.flwr.app.config]
job = {job}
"""


@dataclass(frozen=True, eq=False)
class Job:
    """A federated training to be run over a network.

    Attributes:
        model: the model's architecture, as `model.to_json()` writes it.
        weights: to start from.
        training: fields of the `LocalTraining` of each client in a round.
        clients: names under which the clients' keys are registered; a client's number is its place here.
        rounds: how many, from 1.
        rules: when the server starts and closes a round.
        seed: decides with the numbers of round and client the order of its images.

    Raises:
        InputError: if there is no round, no client, or a name twice, or the rules ask for more clients than
            there are.
    """

    model: str
    weights: Weights
    training: dict[str, Any]
    clients: tuple[str, ...]
    rounds: int
    rules: RoundRules
    seed: int = 0

    def __post_init__(self) -> None:
        if self.rounds < 1 or not self.clients or len(set(self.clients)) < len(self.clients):
            raise InputError(
                "A job needs at least one round and clients of different names, got "
                f"{self.rounds} and {list(self.clients)}."
            )
        if self.rules.least > len(self.clients):
            raise InputError(
                f"The rules ask for at least {self.rules.least} clients, but there are {len(self.clients)}: "
                "no round could start."
            )


def create_job(
    folder: Path,
    model: "keras.Model",
    training: "LocalTraining",
    clients: Sequence[str],
    rounds: int,
    rules: RoundRules | None = None,
    weights: Weights | None = None,
    seed: int = 0,
) -> Job:
    """Write down what a run shall do.

    Args:
        folder: a new one, on the machine of the server.
        model: from images (n, h, w, c) to logits (n, classes), of layers that Keras knows.
        training: what each client does in a round.
        clients: names under which the clients' keys are registered.
        rounds: how many, from 1.
        rules: when the server starts and closes a round; None: when all clients are there, and all reported.
        weights: to start from; None for those that the model has.
        seed: decides with the numbers of round and client the order of its images.

    Returns:
        The job. `flwr run FOLDER/app` runs it.

    Raises:
        InputError: if the folder exists, or as in `Job`.
    """
    rules = rules or RoundRules(len(clients))
    weights = model.get_weights() if weights is None else weights
    job = Job(model.to_json(), list(weights), asdict(training), tuple(clients), rounds, rules, seed)
    if folder.exists():
        raise InputError(f"{folder} exists already: each run needs a new folder.")
    (folder / "app").mkdir(parents=True)
    (folder / "rounds").mkdir()
    settings = {
        "model": job.model,
        "training": job.training,
        "clients": list(job.clients),
        "rounds": rounds,
        "rules": asdict(rules),
        "seed": seed,
    }
    (folder / "job.json").write_text(json.dumps(settings), encoding="utf-8")
    _save_weights(folder / "start.npz", job.weights)
    app = _APP.format(job=json.dumps(str(folder.resolve())))
    (folder / "app" / "pyproject.toml").write_text(app, encoding="utf-8")
    return job


def read_job(folder: Path) -> Job:
    """Read what `create_job` wrote."""
    settings = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    return Job(
        model=settings["model"],
        weights=_load_weights(folder / "start.npz"),
        training=settings["training"],
        clients=tuple(settings["clients"]),
        rounds=settings["rounds"],
        rules=RoundRules(**settings["rules"]),
        seed=settings["seed"],
    )


def write_round(folder: Path, number: int, weights: Weights, record: RoundRecord, seconds: float) -> None:
    """Add what came of a round; whoever reads meanwhile finds all of it or nothing.

    Args:
        folder: the job's.
        number: of the round, from 0.
        weights: after it.
        record: who took part.
        seconds: that it took.
    """
    _save_weights(folder / "rounds" / f"{number:03}.npz", weights)
    columns = {name: np.asarray(value).tolist() for name, value in asdict(record).items()}
    temporary = folder / "rounds" / f"{number:03}.part"
    temporary.write_text(json.dumps({"record": columns, "seconds": seconds}), encoding="utf-8")
    temporary.replace(temporary.with_suffix(".json"))


def rounds_done(folder: Path) -> int:
    """Count the rounds of a job that are over."""
    return len(list((folder / "rounds").glob("*.json")))


def read_history(folder: Path, evaluate: Callable[[Weights], float] | None = None) -> "FederatedHistory":
    """Read what came of the rounds so far, as `train_federated` would return it.

    Args:
        folder: the job's.
        evaluate: from weights to a score, called with those after each round.

    Returns:
        The weights after the last round, and how it went. Times are real ones, in seconds since the round was
        opened.
    """
    from coursekit.methods.federated.engine import FederatedHistory

    weights, records, seconds, scores = read_job(folder).weights, [], [], []
    for number in range(rounds_done(folder)):
        told = json.loads((folder / "rounds" / f"{number:03}.json").read_text(encoding="utf-8"))
        weights = _load_weights(folder / "rounds" / f"{number:03}.npz")
        records.append(_record(told["record"]))
        seconds.append(told["seconds"])
        if evaluate is not None:
            scores.append(evaluate(weights))
    return FederatedHistory(weights, np.array(scores), records, np.array(seconds))


def replay(records: Sequence[RoundRecord]) -> Participation:
    """Make `train_federated` choose, round by round, the clients that took part in a run over a network.

    Args:
        records: of that run, as in its history.

    Returns:
        A function that gives them back one after the other, whatever the random generator.
    """
    rest = iter(records)
    return lambda _rng: next(rest)


def _record(columns: dict[str, Any]) -> RoundRecord:
    arrays = {"clients": "int64", "fate": "<U9", "check_in_s": "float64", "report_s": "float64"}
    return RoundRecord(
        **{**columns, **{name: np.array(columns[name], dtype) for name, dtype in arrays.items()}}
    )


def _save_weights(path: Path, weights: Weights) -> None:
    np.savez(path, *weights)


def _load_weights(path: Path) -> Weights:
    with np.load(path) as stored:
        return [stored[f"arr_{at}"] for at in range(len(stored))]
