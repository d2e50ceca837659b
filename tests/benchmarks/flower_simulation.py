"""A federated round beside Flower's own simulation: `python tests/benchmarks/flower_simulation.py`.

Ten clients of 60 digits train a 64-64-10 network for five local epochs, with the same client code on both
sides. Prints the median seconds of rounds after the first, which compiles. Flower simulates with Ray, which
the course doesn't install: `pip install "flwr[simulation]==1.41.0"` in an environment of its own.
"""

import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.update(
    FLWR_TELEMETRY_ENABLED="0", FLWR_DISABLE_UPDATE_CHECK="1", RAY_USAGE_STATS_ENABLED="0", RAY_DEDUP_LOGS="0"
)

import numpy as np
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg
from flwr.simulation import run_simulation

from coursekit.data import load, shard_clients
from coursekit.methods.federated import ClientImages, LocalTrainer, LocalTraining, everyone, train_federated
from coursekit.models import mlp

CLIENTS, IMAGES, ROUNDS = 10, 60, 4
LOCAL = LocalTraining(epochs=5, batch_size=10, rate=0.3)


def federation() -> ClientImages:
    """Ten clients that hold two kinds of digit each."""
    digits = load("digits", size=8, digit_px=8).subset(np.arange(CLIENTS * IMAGES))
    return ClientImages(digits.images, digits.targets, shard_clients(digits.targets, CLIENTS, 2, seed=0))


def ours() -> list[float]:
    """Seconds of each round in one process."""
    history = train_federated(
        LocalTrainer(mlp((8, 8, 1), (64,))), federation(), everyone(CLIENTS), ROUNDS, LOCAL
    )
    return history.seconds.tolist()


client_app = ClientApp()
_kept: dict[str, object] = {}


@client_app.train()
def train(message: Message, context: Context) -> Message:
    """What a client does; Ray keeps its processes, so each of them compiles once."""
    if not _kept:
        _kept["trainer"], _kept["data"] = LocalTrainer(mlp((8, 8, 1), (64,))), federation()
    images, labels = _kept["data"][int(context.node_config["partition-id"])]
    weights = _kept["trainer"].train(
        message.content["arrays"].to_numpy_ndarrays(), images, labels, LOCAL, seed=0
    )
    content = RecordDict(
        {"arrays": ArrayRecord(weights), "metrics": MetricRecord({"num-examples": len(labels)})}
    )
    return Message(content, reply_to=message)


def flower() -> list[float]:
    """Seconds of each round in Flower's simulation, a process for each core."""
    moments = []
    server_app = ServerApp()

    @server_app.main()
    def serve(grid: Grid, context: Context) -> None:
        strategy = FedAvg(fraction_evaluate=0.0, min_train_nodes=CLIENTS, min_available_nodes=CLIENTS)
        strategy.start(
            grid,
            ArrayRecord(mlp((8, 8, 1), (64,)).get_weights()),
            num_rounds=ROUNDS,
            evaluate_fn=lambda number, arrays: moments.append(time.perf_counter()),
        )

    run_simulation(
        server_app,
        client_app,
        num_supernodes=CLIENTS,
        backend_config={"client_resources": {"num_cpus": 1, "num_gpus": 0.0}},
    )
    return np.diff(moments).tolist()


if __name__ == "__main__":
    found = {"train_federated": ours(), "Flower's simulation": flower()}
    for name, seconds in found.items():
        print(f"{name}: first round {seconds[0]:.2f} s, then {statistics.median(seconds[1:]):.3f} s a round")
