"""A course of one tiny lesson, for the tests of what reads, builds and opens lessons."""

from pathlib import Path

import pytest

LESSON = '''\
# ---
# jupyter:
#   coursekit:
#     title: Doubling
#     version: 3
#     withheld: [coursekit/doubling.py]
# ---

# %% [markdown]
# # Doubling
#
# Of 100 people, <<mean("doubled", 4)|pct>> (<<cell("doubled", 4)>>) can.
# <<notes("example")>> <<asks("double")>>

# %% name="setup" tags=["setup"]
from coursekit.course import open_lesson  # from <<repository>>

lesson = open_lesson("07_doubling", version=3)

# %% name="parameters" tags=["parameters"]
PROFILE = "quick"
SEED = 0

# %% name="numpy" tags=["imports"]
# %config InlineBackend.figure_format = "png"
import colorsys

import numpy as np

# %% name="factor"
FACTOR = 1 << 1

# %% name="double" tags=["answer"]
def double(x):
    """Twice x."""
    # BEGIN SOLUTION
    return FACTOR * x
    # END SOLUTION

# %% name="check-double" tags=["check"]
lesson.check("double", double)

# %% name="half" tags=["answer"]
half = None  # a number
# BEGIN SOLUTION
half = 0.5
# END SOLUTION

# %% name="which" tags=["answer"]
which = None  # "a" or "b"
# BEGIN SOLUTION
which = "b"
# END SOLUTION

# %% tags=["hidden"]
print("for instructors")

# %% alt="A straight line."
print("again")

# %%
print("again")
'''

QUESTIONS = '''\
import numpy as np

from coursekit.course.compare import close
from coursekit.course.questions import Probe, Question, quiz

QUESTIONS = [
    Question(
        name="double",
        asks="Twice *x*.",
        points=2,
        probes=lambda rng: [(rng.normal(size=(4, 5)),), Probe((rng.normal(size=3),), note="three numbers")],
        compare=close(1e-6),
        hints=["Add?", "Multiply!", "`FACTOR * x`"],
        right="As planned.",
        needs=["factor"],
        wrong={
            "lambda x: x": "That is x itself.",
            """
def double(x):
    return x.append(x)
""": "Arrays can't grow.",
        },
    ),
    Question(name="half", asks="Half.", points=1, compare=close(1e-9), wrong={"2": "That is its inverse."}),
    quiz("which", "Which?", {"a": ("1", "Not <b>this</b>."), "b": ("2", "That.")}, correct="b"),
]
'''

EVIDENCE = """\
{"measurements": {"doubled":
  {"x": [2, 4], "values": [[0.5, 0.9], [0.7, 0.7]], "cost_s": [1, 3], "labels": 9}},
 "notes": {"example": "Two is four."}}
"""


@pytest.fixture
def tiny_course(tmp_path: Path) -> Path:
    """The folder of a course with lesson 07, "Doubling"."""
    files = {
        "solutions/07_doubling.py": LESSON,
        "solutions/07_doubling_questions.py": QUESTIONS,
        "evidence/07_doubling.json": EVIDENCE,
    }
    for name, text in files.items():
        path = tmp_path / "course" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in ("lessons", "coursekit"):
        (tmp_path / "course" / name).mkdir()
    return tmp_path / "course"
