"""What a federated round costs in one process: `python tests/benchmarks/federated_round.py [KNOWN:TRAINED]`.

Clients hold ten 8×8 images each and train a 64-64-10 network on them for one step. Without arguments a table
is printed, for 10 to 10,000 clients that train out of 10,000 known, and for 100 out of 100 and 1,000 known;
with arguments, a line of JSON: for each round the seconds of CPU, the seconds by the clock, and the peak
memory of the process so far in MB. `flower_simulation.py` has Flower's own simulation beside it.
"""

import json
import os
import resource
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from coursekit.methods.federated import (
    ClientImages,
    LocalTrainer,
    LocalTraining,
    RoundRules,
    by_rules,
    train_federated,
)
from coursekit.models import mlp

IMAGES = 10
TABLE = ["100:100", "1000:100", "10000:10", "10000:100", "10000:1000", "10000:10000"]


def costs(rounds: list[str]) -> dict[str, dict[str, float]]:
    """Cost of a round for each "known:trained", after one that compiles."""
    rng = np.random.default_rng(0)
    images = rng.uniform(size=(1000, 8, 8, 1)).astype("float32")
    labels = rng.integers(0, 10, 1000)
    trainer = LocalTrainer(mlp((8, 8, 1), (64,)))
    training = LocalTraining(1, IMAGES)
    found = {}
    for name in ["10:1", *rounds]:
        known, trained = map(int, name.split(":"))
        data = ClientImages(images, labels, [rng.integers(0, 1000, IMAGES) for _ in range(known)])
        cpu, clock = time.process_time(), time.perf_counter()
        train_federated(trainer, data, by_rules(known, RoundRules(trained)), 1, training)
        found[name] = {
            "seconds": time.process_time() - cpu,
            "by the clock": time.perf_counter() - clock,
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    return {name: found[name] for name in rounds}


def main() -> None:
    """Print one line of JSON, or the table."""
    if len(sys.argv) > 1:
        print(json.dumps(costs(sys.argv[1:])))
        return
    for name, cost in costs(TABLE).items():
        print(
            f"known:trained {name:>11}: {cost['seconds']:7.3f} s CPU, {cost['by the clock']:7.3f} s, "
            f"peak {cost['memory_mb']:.0f} MB"
        )


if __name__ == "__main__":
    main()
