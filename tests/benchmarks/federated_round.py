"""What a federated round costs in one process: `python tests/benchmarks/federated_round.py [KNOWN TRAINED]`.

Clients hold ten 8×8 images each and train a 64-64-10 network on them for one step. Each number of clients
gets a process of its own, for a peak memory of its own. Without arguments a table is printed, for 10 to
10,000 clients that train out of 10,000 known, and for 100 that train out of 100 to 10,000 known; with
arguments, one line of JSON: seconds on all cores together (CPU) and by the clock, peak memory in MB.
"""

import json
import os
import resource
import subprocess
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
TABLE = [(10_000, 10), (10_000, 100), (10_000, 1000), (10_000, 10_000), (1000, 100), (100, 100)]


def a_round(known: int, trained: int) -> dict[str, float]:
    """Cost of one round, after one that compiles."""
    rng = np.random.default_rng(0)
    images = rng.uniform(size=(1000, 8, 8, 1)).astype("float32")
    labels = rng.integers(0, 10, 1000)
    data = ClientImages(images, labels, [rng.integers(0, 1000, IMAGES) for _ in range(known)])
    trainer = LocalTrainer(mlp((8, 8, 1), (64,)))
    training = LocalTraining(1, IMAGES)
    train_federated(trainer, data, by_rules(known, RoundRules(1)), 1, training)
    cpu, clock = time.process_time(), time.perf_counter()
    train_federated(trainer, data, by_rules(known, RoundRules(trained)), 1, training)
    return {
        "seconds": time.process_time() - cpu,
        "by the clock": time.perf_counter() - clock,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Print one line, or the table."""
    if len(sys.argv) == 3:
        print(json.dumps(a_round(int(sys.argv[1]), int(sys.argv[2]))))
        return
    for known, trained in TABLE:
        words = [sys.executable, __file__, str(known), str(trained)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        cost = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{trained:6,} of {known:6,} clients: {cost['seconds']:7.3f} s CPU, "
            f"{cost['by the clock']:7.3f} s, peak {cost['memory_mb']:.0f} MB"
        )


if __name__ == "__main__":
    main()
