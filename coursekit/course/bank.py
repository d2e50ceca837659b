"""The public side of a lesson's questions: what `lesson.check` needs, as data that travels with the package.

A bank holds probes of the public seed, the expected values, what typical wrong answers reply, hints and the
lesson's evidence. It holds no solution: a learner who opens it finds numbers.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from coursekit.course.answers import Reference
from coursekit.course.compare import Comparison
from coursekit.course.evidence import Evidence
from coursekit.course.questions import PUBLIC_SEED, Probe, Question, Reply, WrongAnswer
from coursekit.course.source import LessonSource, defined_names
from coursekit.course.wire import decode, encode
from coursekit.errors import CourseError

BANKS = Path(__file__).parent / "banks"


@dataclass(frozen=True)
class BankQuestion:
    """A question without its author's code.

    `known_names` are the names that exist where the grader runs the answer; an answer that uses others works
    in the notebook and fails there.
    """

    name: str
    asks: str
    points: int
    is_function: bool
    compare: Comparison
    hints: tuple[str, ...]
    right: str
    probes: tuple[Probe, ...]
    wrong: tuple[WrongAnswer, ...]
    known_names: frozenset[str]


@dataclass(frozen=True)
class Bank:
    """All questions of a lesson, with its evidence."""

    stem: str
    title: str
    version: int
    questions: dict[str, BankQuestion]
    evidence: Evidence


def bank_data(lesson: LessonSource, evidence: Evidence) -> dict[str, Any]:
    """Make the bank of a lesson as JSON-ready data, running the author's reference and wrong answers.

    Args:
        lesson: the lesson's source.
        evidence: its measured results.
    """
    reference = Reference(lesson)
    return {
        "lesson": lesson.stem,
        "title": lesson.title,
        "version": lesson.version,
        "questions": [_question_data(lesson, reference, question) for question in lesson.questions],
        "evidence": evidence.data,
    }


def same_bank(a: Any, b: Any) -> bool:
    """Whether two banks say the same; the last bits of numbers may differ between kinds of processors."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        if a.keys() == {"$array"}:
            x, y = decode(a), decode(b)
            # A wrong answer may give NaN, and has to give it again.
            close = np.shape(x) == np.shape(y) and np.allclose(x, y, rtol=1e-5, atol=1e-6, equal_nan=True)
            return x.dtype == y.dtype and bool(close)
        return all(same_bank(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same_bank(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, float):
        return bool(np.isclose(a, b, rtol=1e-5, atol=1e-9, equal_nan=True))
    return bool(a == b)


def load_bank(stem: str) -> Bank:
    """Read the bank of a lesson.

    Args:
        stem: "02_convolutions".

    Raises:
        CourseError: if this coursekit has no such lesson, or the file is damaged.
    """
    path = BANKS / f"{stem}.json"
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in BANKS.glob("*.json"))) or "none"
        raise CourseError(f"This coursekit has no lesson {stem!r}. It has: {there}.")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        questions = {entry["name"]: _read_question(entry) for entry in data["questions"]}
        return Bank(data["lesson"], data["title"], data["version"], questions, Evidence(data["evidence"]))
    except (KeyError, ValueError, TypeError) as error:
        raise CourseError(
            f"The questions of {stem} are damaged ({error}); install coursekit again."
        ) from None


def _question_data(lesson: LessonSource, reference: Reference, question: Question) -> dict[str, Any]:
    probes = reference.probes(question, np.random.default_rng(PUBLIC_SEED))
    wrong_answers = [] if question.compare.explains else reference.wrong_answers(question, probes)
    return {
        "name": question.name,
        "asks": question.asks,
        "points": question.points,
        "is_function": question.probes is not None,
        "compare": question.compare.spec(),
        "hints": list(question.hints),
        "right": question.right,
        "known_names": sorted(_known_names(lesson, question)),
        "probes": [[encode(probe.args), encode(probe.expected), probe.note] for probe in probes],
        "wrong": [
            {
                "message": wrong.message,
                "replies": [[encode(reply.value), reply.error] for reply in wrong.replies],
            }
            for wrong in wrong_answers
        ],
    }


def _read_question(entry: dict[str, Any]) -> BankQuestion:
    return BankQuestion(
        name=entry["name"],
        asks=entry["asks"],
        points=entry["points"],
        is_function=entry["is_function"],
        compare=Comparison(**entry["compare"]),
        hints=tuple(entry["hints"]),
        right=entry["right"],
        known_names=frozenset(entry["known_names"]),
        probes=tuple(Probe(decode(args), decode(expected), note) for args, expected, note in entry["probes"]),
        wrong=tuple(
            WrongAnswer([Reply(decode(value), error) for value, error in wrong["replies"]], wrong["message"])
            for wrong in entry["wrong"]
        ),
    )


def _known_names(lesson: LessonSource, question: Question) -> set[str]:
    cells = [defined_names(cell.source) for cell in lesson.preparation(question)]
    return {"PROFILE", "SEED", "lesson", "display", question.name}.union(*cells)
