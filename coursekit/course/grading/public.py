"""Checking one notebook against the public examples: what a learner, or an author, can do without secrets."""

import json
from pathlib import Path

from coursekit.course.bank import Bank, BankQuestion, load_bank
from coursekit.course.grading.grader import GIVEN
from coursekit.course.grading.marking import Mark, Marker, Task
from coursekit.course.grading.sandbox import bubblewrap, sandbox_problem, staged
from coursekit.course.grading.submission import (
    InvalidSubmissionError,
    Submission,
    lesson_of,
    read_submission,
)
from coursekit.course.source import LessonSource, defined_names, find_source, read_source
from coursekit.course.wire import encode
from coursekit.errors import CourseError

_SECONDS, _MEMORY_MB = 180.0, 4096
_NO_PREPARATION = {"answer", "check", "setup", "parameters", "hidden"}


def public_check(path: Path) -> list[Mark]:
    """Check the answers of a notebook with the public examples, each in the sandbox, as marks are made.

    Where `solutions/` is present its cells run before an answer, as when marks are made; elsewhere the cells
    of the notebook itself.

    Args:
        path: a notebook of any lesson of this coursekit.

    Returns:
        One outcome for each question, in the lesson's order. These are no marks: the examples are public.

    Raises:
        CourseError: if the file is not a notebook of a lesson, or the sandbox does not work here.
    """
    if problem := sandbox_problem():
        raise CourseError(f"Nothing was checked: answers run only in a sandbox. {problem}")
    try:
        stem = lesson_of(path)
        bank = load_bank(stem)
        submission = read_submission(path, stem, bank.version)
    except InvalidSubmissionError as error:
        raise CourseError(f"{path.name} can't be checked. {error}") from None
    source = _source(bank)
    withheld = source.withheld if source else ()
    tasks = [_task(question, submission, source) for question in bank.questions.values()]
    with staged(withheld) as stage:
        return Marker(bubblewrap(), stage, tasks, GIVEN).mark(submission)


def _source(bank: Bank) -> LessonSource | None:
    try:
        source = read_source(find_source(bank.stem))
    except CourseError:
        return None
    return source if source.version == bank.version else None


def _task(question: BankQuestion, submission: Submission, source: LessonSource | None) -> Task:
    asked = source.question(question.name) if source else None
    if source and asked:
        answers = {other.name for other in source.questions}
        modules = source.withheld_modules
        cells = source.preparation(asked)
        reveals = frozenset(cell.name for cell in cells if cell.name in answers)
        stub = source.cell(question.name).stub

        def preparation(answer: str) -> list[str]:
            return source.preparation_code(asked, answer, modules)
    else:
        own = _own_preparation(question, submission)
        reveals, stub = frozenset(), ""

        def preparation(answer: str) -> list[str]:
            return own

    return Task(
        name=question.name,
        points=question.points,
        is_function=question.is_function,
        compare=question.compare,
        probes=question.probes,
        wrong=question.wrong,
        right=question.right,
        preparation=preparation,
        reveals=reveals,
        stub=stub,
        seconds=asked.seconds if asked else _SECONDS,
        memory_mb=asked.memory_mb if asked else _MEMORY_MB,
        args=[encode(probe.args) for probe in question.probes],
        expected_bytes=len(json.dumps([encode(probe.expected) for probe in question.probes])),
    )


def _own_preparation(question: BankQuestion, submission: Submission) -> list[str]:
    """The cells of the notebook that define nothing but what the author's preparation defines."""
    kept = []
    for source, tags in submission.code():
        names = defined_names(source)
        if names and names <= question.known_names and not _NO_PREPARATION & tags:
            kept.append(source)
    return kept
