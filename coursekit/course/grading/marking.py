"""From a learner's cells to marks: run each answer in a sandbox, compare what came with what is right."""

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from coursekit.course.compare import Comparison, shown
from coursekit.course.grading.limits import PREPARATION_SECONDS, Limits, reply_bytes
from coursekit.course.grading.process import Job, Outcome, SandboxProcess
from coursekit.course.grading.sandbox import SandboxError, Stage
from coursekit.course.grading.submission import Answer, Submission
from coursekit.course.pictures import array_png, is_picture
from coursekit.course.questions import MISSING, Probe, Reply, Verdict, WrongAnswer, judge
from coursekit.course.wire import WireError, decode

FAILED = ("timeout", "memory", "died")
"""The statuses of an answer that ended its sandbox; a submission takes the first one over."""
_MOST_DECODED = 128 * 2**20
_MOST_TEXT = 600
_OWN_CELL = "Your answer cell runs without your other cells when it is marked: define there what it uses."


@dataclass(frozen=True)
class Task:
    """A question as the marker needs it: probes drawn, right values known, before any answer runs.

    Attributes:
        preparation: the cells before an answer, given the text of that answer.
        reveals: questions whose solution these cells hold; their answers must not run in the same process.
        args: the arguments of each probe in wire form.
    """

    name: str
    points: int
    is_function: bool
    compare: Comparison
    probes: Sequence[Probe]
    wrong: Sequence[WrongAnswer]
    right: str
    preparation: Callable[[str], list[str]]
    reveals: frozenset[str]
    stub: str
    seconds: float
    memory_mb: int
    args: Sequence[Any]
    expected_bytes: int
    seed: str = ""


@dataclass(frozen=True)
class Mark:
    """The outcome of one question: what a page shows and the database keeps."""

    question: str
    status: str
    points: int
    of: int
    message: str = ""
    call: str = ""
    expected: str = ""
    got: str = ""
    pictures: tuple[tuple[str, str], ...] = ()
    code: str = ""
    output: str = ""
    printed: int = 0
    seconds: float = 0.0
    note: str = ""
    seed: str = ""


@dataclass
class Marker:
    """Marks submissions of one class; each call of `mark` uses sandboxes of its own."""

    bwrap: str
    stage: Stage
    tasks: Sequence[Task]
    given: Mapping[str, Any] = field(default_factory=dict)

    def mark(self, submission: Submission, slot: int = 0) -> list[Mark]:
        """Mark every question of a submission.

        Args:
            submission: a notebook of this lesson.
            slot: a number that no other thread marks under at the same time.

        Raises:
            SandboxError: if the sandbox, not an answer, fails. Nothing is known about the answers then.
        """
        answers = {task.name: submission.answer(task.name) for task in self.tasks}
        marks: dict[str, Mark] = {}
        for group in groups(self.tasks):
            to_run = []
            for task in group:
                if (mark := _without_running(task, answers[task.name])) is not None:
                    marks[task.name] = mark
                else:
                    to_run.append(task)
            for task, outcome in self._run(to_run, answers, slot):
                marks[task.name] = mark_outcome(task, answers[task.name], outcome)
        return [marks[task.name] for task in self.tasks]

    def _run(
        self, tasks: Sequence[Task], answers: Mapping[str, Answer], slot: int
    ) -> Iterator[tuple[Task, Outcome]]:
        """Run answers one after the other in one sandbox, and in a new one after each that ends it."""
        process: SandboxProcess | None = None
        try:
            for number, task in enumerate(tasks):
                source = answers[task.name].source or ""
                job = Job(
                    name=task.name,
                    is_function=task.is_function,
                    preparation=task.preparation(source),
                    answer=source,
                    args=task.args,
                    seconds=task.seconds,
                    memory_mb=task.memory_mb,
                    most_bytes=reply_bytes(task.expected_bytes),
                    given=dict(self.given),
                )
                while True:
                    if process is None or not process.alive:
                        process = SandboxProcess(self.bwrap, self.stage, _limits(tasks[number:]), slot)
                    fresh = not process.used
                    outcome = process.run(job)
                    # An earlier answer may have changed what these cells rely on, or still hold its memory:
                    # this one is not to blame until it has had a sandbox of its own.
                    if outcome.kind not in ("broken", "memory") or fresh:
                        break
                    process.close()
                if outcome.kind == "broken":
                    raise SandboxError(f"The lesson's own cells before {task.name!r} fail: {outcome.error}.")
                yield task, outcome
        finally:
            if process is not None:
                process.close()


def groups(tasks: Sequence[Task]) -> list[list[Task]]:
    """Share out questions to as few sandboxes as hold no solution of a question that they answer."""
    shared: list[list[Task]] = []
    for task in tasks:
        for group in shared:
            names = {task.name, *(other.name for other in group)}
            if not names & task.reveals.union(*(other.reveals for other in group)):
                group.append(task)
                break
        else:
            shared.append([task])
    return shared


def _limits(tasks: Sequence[Task]) -> Limits:
    wall = sum(task.seconds + PREPARATION_SECONDS for task in tasks)
    return Limits(max(task.memory_mb for task in tasks), wall * (os.cpu_count() or 1))


def _without_running(task: Task, answer: Answer) -> Mark | None:
    if answer.problem:
        return Mark(task.name, "not marked", 0, task.points, answer.problem, seed=task.seed)
    if answer.source is None:
        message = "The answer cell is not in this notebook."
        return Mark(task.name, "not attempted", 0, task.points, message, seed=task.seed)
    if _squeezed(answer.source) in ("", _squeezed(task.stub)):
        return Mark(task.name, "not attempted", 0, task.points, "There is no answer yet.", seed=task.seed)
    return None


def _squeezed(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines() if line.strip())


def mark_outcome(task: Task, answer: Answer, outcome: Outcome) -> Mark:
    """Judge what came out of a sandbox.

    Args:
        task: the question.
        answer: the learner's cell.
        outcome: what became of it; its replies are bytes from a stranger.
    """
    if outcome.kind == "replied":
        try:
            # Whatever a stranger's value does to a comparison, it ends here.
            with np.errstate(all="ignore"):
                verdict = _judged(task, outcome.replies)
                seen = _evidence(task, verdict)
        except WireError as error:
            verdict, seen = Verdict("raised", f"Your answer can't be read: {error}."), {}
        except Exception as error:
            verdict, seen = Verdict("not yet", f"Your answer can't be compared ({type(error).__name__})."), {}
        status, message = str(verdict.status), verdict.message
    else:
        status, message, seen = outcome.kind, _why(task, outcome), {}
    return Mark(
        question=task.name,
        status=status,
        points=task.points if status == "correct" else 0,
        of=task.points,
        message=text_of(message, _MOST_TEXT),
        code=answer.source or "",
        output=text_of(outcome.output.decode("utf-8", "replace")),
        printed=outcome.printed,
        seconds=outcome.seconds,
        note=answer.note,
        seed=task.seed,
        **seen,
    )


def _judged(task: Task, replies: Any) -> Verdict:
    if not isinstance(replies, list) or len(replies) != len(task.probes):
        raise WireError("the number of results is not the number of calls")
    if not all(
        isinstance(reply, list) and len(reply) == 2 and isinstance(reply[1], str) for reply in replies
    ):
        raise WireError("it is not of the form in which answers come")
    if _announced(replies) > _MOST_DECODED:
        raise WireError(f"its results are larger than {_MOST_DECODED // 2**20} MB together")
    read = [Reply(decode(value), error) for value, error in replies]
    verdict = judge(task.compare, task.probes, read, task.wrong, task.right)
    if verdict.status == "raised" and "NameError" in verdict.message:
        return Verdict(
            "raised", f"{verdict.message} {_OWN_CELL}", verdict.probe, verdict.args, verdict.expected
        )
    return verdict


def _announced(data: Any, depth: int = 0) -> int:
    """Bytes of all arrays that a reply says it holds, counted before one of them is unpacked."""
    if depth > 64:
        raise WireError("it is nested too deeply")
    if isinstance(data, dict):
        body = data.get("$array")
        if isinstance(body, list) and len(body) == 3 and isinstance(body[1], list):
            return 16 * math.prod(abs(side) if type(side) is int else 1 for side in body[1])
        return sum(_announced(item, depth + 1) for item in data.values())
    return sum(_announced(item, depth + 1) for item in data) if isinstance(data, list) else 0


def _why(task: Task, outcome: Outcome) -> str:
    if outcome.kind == "timeout":
        return f"There was no result within {task.seconds:g} seconds."
    if outcome.kind == "memory":
        return f"The answer took more than {task.memory_mb} MB of memory."
    return f"Python ended in the middle of this answer{': ' + outcome.error if outcome.error else ''}."


def _evidence(task: Task, verdict: Verdict) -> dict[str, Any]:
    """What was asked, expected and given, in short text and small pictures."""
    # Of a choice, the message says all that a learner who may hand in again should read.
    if verdict.probe is None or task.compare.kind == "choice":
        return {}
    seen: dict[str, Any] = {}
    if task.is_function:
        seen["call"] = text_of(
            f"{task.name}({', '.join(shown(arg, 60) for arg in verdict.args)})", _MOST_TEXT
        )
    if verdict.expected is MISSING or verdict.got is MISSING:
        return seen
    seen["expected"], seen["got"] = _value(verdict.expected), _value(verdict.got)
    seen["pictures"] = tuple(_pictures(verdict.expected, verdict.got))
    return seen


def _value(value: Any) -> str:
    if isinstance(value, np.ndarray) and 0 < value.size <= 64 and value.ndim:
        rows = np.array2string(value, precision=4, suppress_small=True, max_line_width=100)
        return f"{rows}\nshape {value.shape}"
    return text_of(shown(value, 300), _MOST_TEXT)


def _pictures(expected: Any, got: Any) -> Iterator[tuple[str, str]]:
    """(title, data URI) of what was expected, what came, and where they differ, on one scale."""
    if not (_drawable(expected) and _drawable(got)):
        return
    finite = np.abs(np.asarray(expected, "float64")[np.isfinite(expected)])
    top = float(finite.max()) if finite.size else 0.0
    yield "expected", array_png(expected, top or None)
    yield "yours", array_png(got, top or None)
    if expected.shape == got.shape:
        yield "difference", array_png(np.asarray(got, "float64") - np.asarray(expected, "float64"))


def _drawable(value: Any) -> bool:
    return is_picture(value) and max(value.shape) <= 1024


def text_of(text: str, limit: int | None = None) -> str:
    """Text that a database and a page can hold: no half characters, no control characters, not too long."""
    clean = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text.replace("\r\n", "\n"))
    return clean if limit is None or len(clean) <= limit else clean[: limit - 1] + "…"
