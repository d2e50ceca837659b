"""How long a learner waits: `python tests/benchmarks/startup.py` prints medians on this machine.

`import coursekit` is meant to stay below 0.3 s, and a check after the first below 50 ms.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from coursekit.course.bank import load_bank
from coursekit.course.lesson import Lesson


def import_seconds(statement: str, repeats: int = 9) -> float:
    """Median seconds of a statement in a fresh Python."""
    code = f"import time; start = time.perf_counter(); {statement}; print(time.perf_counter() - start)"
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(repeats)
    ]
    return statistics.median(float(run.stdout) for run in runs)


def check_milliseconds(repeats: int = 30) -> dict[str, float]:
    """Median milliseconds of a right and of a wrong answer's check, the first one left out."""

    def right(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
        return (windows * kernel).sum(axis=(2, 3))

    answers = {"right": right, "wrong": lambda image, kernel: right(image, kernel[::-1, ::-1])}
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        lesson = Lesson(load_bank("02_convolutions"), Path(folder) / "progress.json")
        for name, answer in answers.items():
            times = []
            for _ in range(repeats + 1):
                start = time.perf_counter()
                lesson.check("conv2d", answer)._repr_html_()
                times.append(1000 * (time.perf_counter() - start))
            found[name] = statistics.median(times[1:])
    return found


if __name__ == "__main__":
    print(
        json.dumps(
            {
                "import coursekit (s)": round(import_seconds("import coursekit"), 3),
                "open lesson 02 (s)": round(
                    import_seconds(
                        "from coursekit.course import open_lesson; open_lesson('02_convolutions')"
                    ),
                    3,
                ),
                "check (ms)": {name: round(value, 1) for name, value in check_milliseconds().items()},
            },
            indent=1,
        )
    )
