"""A study of twelve quick cells in a process of its own, for tests that kill it or run it twice at once.

Arguments: the results file; how many cells this process finishes before one never ends (-1: all end); how
many processes must have begun a cell before one ends. Each measurement leaves a line in measured.txt beside
the results.
"""

import itertools
import os
import sys
import time
from pathlib import Path

from coursekit.efficiency import Study

RESULTS, ENDING, PROCESSES = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
BEGUN = RESULTS.with_name("measured.txt")
CELLS = [{"arm": arm, "seed": seed} for arm in ("plain", "better") for seed in range(6)]
count = itertools.count()


def measure(arm: str, seed: int) -> dict[str, float]:
    with BEGUN.open("a") as file:
        file.write(f"{os.getpid()} {arm} {seed}\n")
    never = next(count) == ENDING
    while never or len({line.split()[0] for line in BEGUN.read_text().splitlines()}) < PROCESSES:
        time.sleep(0.01)
    return {"accuracy": len(arm) + seed / 10}


Study(RESULTS, {"steps": 3}).run(CELLS, measure)
