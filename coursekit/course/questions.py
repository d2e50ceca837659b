"""A question, and the one place where an answer is judged.

The notebook (`lesson.check`) and the grader use the same `judge`: the notebook with public probes and stored
expected values, the grader with probes from a secret seed and values that only the scorer has computed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from coursekit.course.compare import Comparison, choice, exact, kind_of

Status = Literal["correct", "not yet", "not attempted", "raised"]

PUBLIC_SEED = 2025
"""The seed of the probes that `lesson.check` uses; marks use fresh, secret seeds."""


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()
"""Stands where no value is given, because None can be a value."""


@dataclass(frozen=True)
class Probe:
    """One call of the learner's function: its arguments and, where the probe knows it, the right result.

    Without `expected`, the reference solution is asked. A `note` tells the learner what is special about the
    call, "digits moved by 4 px".
    """

    args: tuple
    expected: Any = MISSING
    note: str = ""


@dataclass(frozen=True)
class Question:
    """What a learner is asked, how an answer is probed and compared, and what wrong answers should hear.

    Attributes:
        name: the learner's variable or function; also the name of its answer cell.
        asks: the task in a sentence or two.
        points: what a correct answer earns; there are no half points.
        probes: draws the calls of the learner's function from a generator; None if `name` is a variable.
        compare: when a result counts as right.
        hints: from a nudge to nearly the answer.
        wrong: Python code of typical wrong answers -> the message each of them earns. An expression, or a
            `def` of a function called `name`.
        right: what a correct answer hears beside "correct".
        needs: cells (by name) that run before the answer cell.
        answer: the right value of a variable; if it is missing, the solved lesson's own.
        seconds: wall time that the answer and all its probes may take when marked.
        memory_mb: memory that they may take when marked.
    """

    name: str
    asks: str
    points: int
    compare: Comparison
    probes: Callable[[np.random.Generator], Sequence[tuple | Probe]] | None = None
    hints: Sequence[str] = ()
    wrong: Mapping[str, str] = field(default_factory=dict)
    right: str = ""
    needs: Sequence[str] = ()
    answer: Any = MISSING
    seconds: float = 10.0
    memory_mb: int = 2048

    def draw(self, rng: np.random.Generator) -> list[Probe]:
        """The probes of one seed; a variable has a single probe without arguments."""
        if self.probes is None:
            return [Probe(())]
        return [probe if isinstance(probe, Probe) else Probe(tuple(probe)) for probe in self.probes(rng)]


def quiz(
    name: str, asks: str, options: Mapping[str, tuple[str, str]], correct: str, points: int = 1
) -> Question:
    """A multiple-choice question: the learner sets a variable to a letter.

    Args:
        name: the variable.
        asks: the question.
        options: letter -> (the option's text, why it is right or wrong).
        correct: the letter of the right option.
        points: what it earns.

    Raises:
        ValueError: if `correct` is not one of the options.
    """
    if correct not in options:
        raise ValueError(f"the correct option {correct!r} is not among {sorted(options)}")
    listed = "\n".join(f"* **{letter}**: {text}" for letter, (text, _) in options.items())
    return Question(
        name=name,
        asks=f"{asks}\n\n{listed}",
        points=points,
        compare=choice(options),
        answer=correct,
        right=options[correct][1],
        wrong={repr(letter): why for letter, (_, why) in options.items() if letter != correct},
    )


@dataclass(frozen=True)
class Reply:
    """What one probe of an answer gave: a value, or the error that it raised in one line."""

    value: Any = None
    error: str = ""


@dataclass(frozen=True)
class WrongAnswer:
    """A typical wrong answer: what it replies to the probes at hand, and the message it earns."""

    replies: list[Reply]
    message: str


@dataclass(frozen=True)
class Verdict:
    """The judgement of one answer.

    `probe` is the number of the first probe that failed; `args`, `expected` and `got` belong to it.
    """

    status: Status
    message: str = ""
    probe: int | None = None
    args: tuple = ()
    expected: Any = MISSING
    got: Any = MISSING


def judge(
    compare: Comparison,
    probes: Sequence[Probe],
    replies: Sequence[Reply],
    wrong: Sequence[WrongAnswer],
    right: str = "",
) -> Verdict:
    """Compare what an answer replied with what was expected.

    Args:
        compare: the question's comparison.
        probes: with `expected` filled in.
        replies: one for each probe.
        wrong: typical wrong answers with their replies to the same probes.
        right: said to a correct answer.

    Returns:
        *correct* if all replies hold; *not attempted* if every reply is None or `...` (what a stub gives);
        *raised* if the first failing reply is an error; else *not yet*, with the message of the typical wrong
        answer that replies alike, if there is one.
    """
    if all(not reply.error and reply.value is None for reply in replies):
        calls = any(probe.args for probe in probes)
        missing = "It returns nothing yet. If you have written code: is there a `return`?"
        return Verdict("not attempted", missing if calls else "It has no value yet.")
    for number, (probe, reply) in enumerate(zip(probes, replies, strict=True)):
        problem = reply.error or compare(probe.args, probe.expected, reply.value)
        if not problem:
            continue
        known = next((w.message for w in wrong if _alike(w.replies, replies)), "")
        if reply.error and not known:
            return Verdict("raised", reply.error, number, probe.args, probe.expected)
        if reply.error:
            return Verdict("raised", f"{known} ({reply.error})", number, probe.args, probe.expected)
        if not known and probe.note:
            problem = f"For {probe.note}: {problem}"
        return Verdict("not yet", known or problem, number, probe.args, probe.expected, reply.value)
    return Verdict("correct", right)


def plain(value: Any) -> Any:
    """A learner's value as the judge sees it: `...` means that nothing was filled in."""
    return None if value is ... else value


def _alike(a: Sequence[Reply], b: Sequence[Reply]) -> bool:
    """Whether two answers reply the same to every probe; rounding may differ."""
    return all(_alike_reply(x, y) for x, y in zip(a, b, strict=True))


def _alike_reply(a: Reply, b: Reply) -> bool:
    if a.error or b.error:
        # The same exception, in its first words; further on, names and sizes differ.
        return bool(a.error and b.error) and a.error.split()[:3] == b.error.split()[:3]
    if kind_of(a.value) != kind_of(b.value):
        return False
    if isinstance(a.value, str):
        return a.value.strip().lower() == b.value.strip().lower()
    if isinstance(a.value, (int, float, np.ndarray)) and not isinstance(a.value, bool):
        x, y = np.asarray(a.value), np.asarray(b.value)
        if x.dtype.kind in "biuf" and y.dtype.kind in "biuf":
            return x.shape == y.shape and bool(np.allclose(x, y, rtol=1e-4, atol=1e-5, equal_nan=True))
    return exact()((), a.value, b.value) is None
