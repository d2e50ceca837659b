"""A course of one tiny lesson, and notebooks handed in for it."""

import json
from pathlib import Path
from typing import Any

LESSON = "01_tiny"
SECRET = "SOLUTION-THAT-NO-LEARNER-MAY-SEE"

_SOURCE = """
# ---
# jupyter:
#   coursekit:
#     title: A tiny lesson
#     version: 3
#     withheld: [coursekit/methods/convolution.py]
# ---

# %% tags=["imports"]
import keras
import numpy as np

# %% name="given"
SCALE = 3.0

# %% name="double" tags=["answer"]
def double(image):
    # BEGIN SOLUTION
    return 2 * image  # SECRET_TEXT
    # END SOLUTION

# %% name="total" tags=["answer"]
def total(values):
    # BEGIN SOLUTION
    return float(np.sum(values))
    # END SOLUTION

# %% name="scaled" tags=["answer"]
def scaled(value):
    # BEGIN SOLUTION
    return SCALE * value
    # END SOLUTION

# %% name="twice" tags=["answer"]
def twice(image):
    # BEGIN SOLUTION
    return double(double(image))
    # END SOLUTION

# %% name="letter" tags=["answer"]
# Set `letter` to "a" or "b".
# BEGIN SOLUTION
letter = "b"
# END SOLUTION
"""

_QUESTIONS = """
from coursekit.course.compare import close
from coursekit.course.questions import Probe, Question, quiz

def pictures(rng):
    return [(rng.normal(size=(6, 5)),) for _ in range(3)]

QUESTIONS = [
    Question(name="double", asks="Twice the picture.", points=2, compare=close(1e-6), probes=pictures,
        seconds=SECONDS, memory_mb=MEMORY, wrong={"lambda image: image ** 2": "That is the square.",
                "lambda image: image": "Nothing has changed."}, right="Well done."),
    Question(name="total", asks="The sum.", points=1, compare=close(1e-6), seconds=SECONDS, memory_mb=MEMORY,
        probes=lambda rng: [(rng.normal(size=8),), (rng.normal(size=4),)]),
    Question(name="scaled", asks="SCALE times the value.", points=1, compare=close(1e-6), needs=["given"],
        probes=lambda rng: [(float(rng.normal()),) for _ in range(3)], seconds=SECONDS, memory_mb=MEMORY),
    Question(name="twice", asks="Double it twice.", points=1, compare=close(1e-6), probes=pictures,
        needs=["double"], seconds=SECONDS, memory_mb=MEMORY),
    quiz("letter", "Which one?", {"a": ("This.", "Not this one."), "b": ("That.", "Because.")}, correct="b"),
]
"""

RIGHT = {
    "double": "def double(image):\n    return image + image\n",
    "total": "def total(values):\n    return float(np.sum(values))\n",
    "scaled": "def scaled(value):\n    return SCALE * value\n",
    "twice": "def twice(image):\n    return 4 * image\n",
    "letter": 'letter = "b"\n',
}
POINTS = {"double": 2, "total": 1, "scaled": 1, "twice": 1, "letter": 1}
ALL_POINTS = sum(POINTS.values())


def write_course(root: Path, seconds: float = 2.0, memory_mb: int = 400) -> Path:
    """Write the course below `root` and return the path of its lesson."""
    for name in ("lessons", "coursekit", "solutions"):
        (root / name).mkdir(parents=True)
    questions = _QUESTIONS.replace("SECONDS", str(seconds)).replace("MEMORY", str(memory_mb))
    (root / "solutions" / f"{LESSON}_questions.py").write_text(questions)
    source = root / "solutions" / f"{LESSON}.py"
    source.write_text(_SOURCE.lstrip().replace("SECRET_TEXT", SECRET))
    return source


def notebook(answers: dict[str, str] | None = None, **metadata: Any) -> dict[str, Any]:
    """A notebook with these answers; the others are right."""
    cells = [_cell(name, source) for name, source in {**RIGHT, **(answers or {})}.items()]
    ours = {"lesson": LESSON, "version": 3, **metadata}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"coursekit": ours}, "cells": cells}


def hand_in(path: Path, answers: dict[str, str] | None = None, **metadata: Any) -> Path:
    """Write such a notebook to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook(answers, **metadata)))
    return path


def _cell(name: str, source: str) -> dict[str, Any]:
    metadata = {"tags": ["answer"], "coursekit": {"answer": name}}
    return {"cell_type": "code", "id": name, "metadata": metadata, "source": source, "outputs": []}
