"""Running answers in this process: the author's own for what is right, a learner's in the notebook."""

import io
import re
import traceback
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from dataclasses import replace
from typing import Any

import numpy as np

from coursekit.course.questions import MISSING, Probe, Question, Reply, WrongAnswer, plain
from coursekit.course.source import LessonSource, without_magics
from coursekit.course.wire import WireError, decode, encode
from coursekit.errors import CourseError


class Reference:
    """The author's own answers, run in this process: used to build question banks and by the scorer.

    Only the course's own files run here, never a learner's.
    """

    def __init__(self, lesson: LessonSource, profile: str = "quick", seed: int = 0):
        self.lesson = lesson
        self._given = {"PROFILE": profile, "SEED": seed}

    def probes(self, question: Question, rng: np.random.Generator) -> list[Probe]:
        """The probes of a question with their expected values filled in."""
        probes = question.draw(rng)
        if question.answer is not MISSING:
            return [replace(probe, expected=question.answer) for probe in probes]
        if all(probe.expected is not MISSING for probe in probes):
            return probes
        replies = self._replies(question, probes, self.lesson.cell(question.name).source)
        for reply in replies:
            if reply.error:
                raise CourseError(f"The reference of {question.name!r} fails on its own probe: {reply.error}")
        return [
            probe if probe.expected is not MISSING else replace(probe, expected=reply.value)
            for probe, reply in zip(probes, replies, strict=True)
        ]

    def wrong_answers(self, question: Question, probes: list[Probe]) -> list[WrongAnswer]:
        """What the question's typical wrong answers reply to these probes."""
        return [
            WrongAnswer(self._replies(question, probes, as_answer(question.name, code)), message)
            for code, message in question.wrong.items()
        ]

    def _replies(self, question: Question, probes: list[Probe], answer: str) -> list[Reply]:
        namespace = dict(self._given)
        for code in self.lesson.preparation_code(question, answer):
            exec(code, namespace)
        exec(without_magics(answer), namespace)
        return replies_of(namespace.get(question.name), question.probes is not None, probes)


def as_answer(name: str, code: str) -> str:
    """A wrong answer as the text of an answer cell: a `def` stays, an expression is given the name."""
    return code if re.search(rf"(?m)^(def {name}\b|{name} *=)", code) else f"{name} = {code}"


def replies_of(answer: Any, is_function: bool, probes: Iterable[Probe]) -> list[Reply]:
    """Call an answer with every probe, on copies of the arguments, and collect values and errors.

    What the answer prints is seen for the first probe only.
    """
    replies = []
    for number, probe in enumerate(probes):
        try:
            if not is_function:
                value = answer
            elif plain(answer) is None:
                value = None
            else:
                with _printing(number == 0):
                    value = answer(*decode(encode(probe.args)))
            replies.append(Reply(decode(encode(plain(value)))))
        except WireError as problem:
            replies.append(Reply(error=f"TypeError: your answer is {problem}."))
        except (Exception, SystemExit) as error:
            replies.append(Reply(error=_one_line(error, answer)))
    return replies


def _printing(seen: bool) -> AbstractContextManager[Any]:
    return nullcontext() if seen else redirect_stdout(io.StringIO())


def _one_line(error: BaseException, answer: Any) -> str:
    """The error and the line of the learner's own code where it came up."""
    text = f"{type(error).__name__}: {error}".strip().splitlines()[0][:300]
    code = getattr(answer, "__code__", None)
    lines = [
        f.lineno for f in traceback.extract_tb(error.__traceback__) if code and f.filename == code.co_filename
    ]
    return f"{text} (line {lines[-1]} of your cell)" if lines else text
