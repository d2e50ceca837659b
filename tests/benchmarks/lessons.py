"""How long the lessons take: `python tests/benchmarks/lessons.py [quick standard …]` prints seconds.

Each lesson runs as a learner's "Run all"; then every answer of the solved lesson is checked once more: a
check should feel immediate (50 ms), unless the answer itself runs a network.
"""

import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path

from coursekit.course.bank import load_bank
from coursekit.course.lesson import Lesson
from coursekit.course.run import run
from coursekit.course.source import find_source, lesson_stems, read_source, without_magics


def run_seconds(stem: str, profile: str) -> float:
    """Seconds of one run with a kernel of its own."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        run(stem, profile, out=Path(folder))
        return time.perf_counter() - start


def check_milliseconds(stem: str) -> dict[str, float]:
    """Milliseconds of the second check of each solved answer."""
    source = read_source(find_source(stem))
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        lesson = Lesson(load_bank(stem), Path(folder) / "progress.json")
        for question in source.questions:
            namespace = {"PROFILE": "quick", "SEED": 0}
            with contextlib.redirect_stdout(None):
                for code in source.preparation_code(question, source.cell(question.name).source):
                    exec(code, namespace)
                exec(without_magics(source.cell(question.name).source), namespace)
            for _ in range(2):
                start = time.perf_counter()
                lesson.check(question.name, namespace[question.name])._repr_html_()
                found[question.name] = round(1000 * (time.perf_counter() - start), 1)
    return found


if __name__ == "__main__":
    for stem in lesson_stems():
        seconds = {
            profile: round(run_seconds(stem, profile)) for profile in sys.argv[1:] or ["quick", "standard"]
        }
        print(json.dumps({stem: {"run (s)": seconds, "check (ms)": check_milliseconds(stem)}}, indent=1))
