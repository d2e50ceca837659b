"""What a learner talks to inside a notebook: check, hint, solution, progress."""

import builtins
import dis
import html
import json
import linecache
import os
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from coursekit.course.answers import replies_of
from coursekit.course.bank import Bank, BankQuestion, load_bank
from coursekit.course.compare import shown
from coursekit.course.evidence import Evidence
from coursekit.course.files import write_whole
from coursekit.course.pictures import array_png, is_picture
from coursekit.course.questions import MISSING, Status, Verdict, judge
from coursekit.course.source import defined_names, find_source, read_source, without_marks
from coursekit.errors import CourseError

T = TypeVar("T")

_SIGNS: dict[Status, tuple[str, str]] = {
    # Colours that the colour-blind can tell apart, and a sign for those who see none.
    "correct": ("✔", "#0b6e4f"),
    "not yet": ("✘", "#b45309"),
    "raised": ("⚠", "#9d174d"),
    "not attempted": ("○", "#57606a"),
}


@dataclass(frozen=True)
class Note:
    """A short answer of the course to the learner, as text and as HTML."""

    text: str
    markup: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.markup


class Lesson:
    """An open lesson: its questions, its measured results, and the learner's progress in it."""

    def __init__(self, bank: Bank, progress_file: Path | None = None):
        self._bank = bank
        self._progress = _Progress(progress_file or _default_progress_file(), bank.stem)

    def __repr__(self) -> str:
        return f"Lesson {self._bank.stem[:2]}: {self._bank.title} ({len(self._bank.questions)} questions)"

    @property
    def evidence(self) -> Evidence:
        """The measured results that the lesson quotes."""
        return self._bank.evidence

    def check(self, name: str, answer: Any) -> Note:
        """Compare your answer with the expected one on public examples.

        Args:
            name: the question, "conv2d".
            answer: your function or variable.

        Returns:
            *correct*, *not yet* (with what was expected and what came), *not attempted* or *raised*. A check
            gives no mark: marks use examples that nobody has seen.

        Raises:
            CourseError: if the lesson has no such question.
        """
        question = self._question(name)
        replies = replies_of(answer, question.is_function, question.probes)
        verdict = judge(question.compare, question.probes, replies, question.wrong, question.right)
        stray = _stray_names(answer, question) if verdict.status == "correct" else []
        self._progress.record(name, verdict.status)
        return _feedback(question, verdict, stray, self._progress.problem)

    def use(self, name: str, yours: T, ours: T) -> T:
        """Your answer if it passes its public check, else the course's own version: nobody gets stuck.

        Args:
            name: the question.
            yours: your function or variable.
            ours: what the rest of the lesson uses if yours does not pass yet.
        """
        question = self._question(name)
        replies = replies_of(yours, question.is_function, question.probes)
        passed = judge(question.compare, question.probes, replies, []).status == "correct"
        print(f"From here on `{name}` is {'yours' if passed else 'the course’s own version'}.")
        return yours if passed else ours

    def hint(self, name: str) -> Note:
        """The next hint for a question; each call goes one step further, up to the last."""
        question = self._question(name)
        number = self._progress.next_hint(name, len(question.hints))
        if not question.hints:
            return _note(
                "Hint", "#1f4e79", "This question has no hints: its explanation comes with the check."
            )
        last = len(question.hints)
        text = [question.hints[min(number, last) - 1]]
        if number > last:
            text.append("This was the last hint: there are no further ones.")
        return _note(f"Hint {min(number, last)} of {last}", "#1f4e79", *text)

    def solution(self, name: str) -> Note:
        """The solved cell, where the folder `solutions/` is there; else who has it."""
        question = self._question(name)
        try:
            source = read_source(find_source(self._bank.stem))
        except CourseError as error:
            return _note("Solution", "#57606a", f"{error} Hints: `lesson.hint({question.name!r})`.")
        code = without_marks(source.cell(name).source)
        return Note(f"Solution of {name}:\n\n{code}", f"<pre><code>{html.escape(code)}</code></pre>")

    def progress(self) -> Note:
        """Which public checks of this lesson have passed so far. This is not a mark."""
        status = {name: self._progress.status(name) for name in self._bank.questions}
        passed = sum(s == "correct" for s in status.values())
        title = f"{passed} of {len(status)} public checks passed"
        lines = [f"{_SIGNS[s][0]} {name}: {s}" for name, s in status.items()]
        rows = "".join(
            f"<tr><td style='color:{_SIGNS[s][1]}'>{_SIGNS[s][0]}</td>"
            f"<td style='text-align:left'><code>{html.escape(name)}</code></td>"
            f"<td style='text-align:left'>{s}</td></tr>"
            for name, s in status.items()
        )
        return Note("\n".join([title, *lines]), f"<b>{title}</b><table>{rows}</table>")

    def _question(self, name: str) -> BankQuestion:
        if name not in self._bank.questions:
            raise CourseError(
                f"This lesson has no question {name!r}. It has: {', '.join(self._bank.questions)}."
            )
        return self._bank.questions[name]


def open_lesson(stem: str, version: int | None = None) -> Lesson:
    """Open a lesson in a notebook.

    Args:
        stem: the lesson, "02_convolutions".
        version: the version of the notebook that asks; None skips the comparison.

    Raises:
        CourseError: if there is no such lesson, or notebook and coursekit are of different versions.
    """
    bank = load_bank(stem)
    if version is not None and version != bank.version:
        advice = (
            "notebook is older. Get the notebook that belongs to your coursekit and copy your answers over."
            if version < bank.version
            else "package is older. Install the coursekit that belongs to your notebook; your answers stay."
        )
        raise CourseError(
            f"This notebook is version {version} of lesson {stem}, your coursekit has version "
            f"{bank.version}: the {advice}"
        )
    return Lesson(bank)


def _feedback(question: BankQuestion, verdict: Verdict, stray: list[str], problem: str) -> Note:
    text = [verdict.message] if verdict.message else []
    extra = ""
    if verdict.status in ("not yet", "raised") and question.is_function:
        call = f"{question.name}({', '.join(shown(arg, 60) for arg in verdict.args)})"
        text.append(f"Example: {call}")
        if verdict.expected is not MISSING and verdict.status == "not yet":
            expected, got = shown(verdict.expected), shown(verdict.got)
            # Large arrays are shown by their shapes; two equal shapes would look like an answer that agrees.
            if expected != got:
                text.append(f"expected {expected}, yours gave {got}")
            if is_picture(verdict.expected) and is_picture(verdict.got):
                extra = _side_by_side(verdict.expected, verdict.got)
    if stray:
        names = ", ".join(f"`{name}`" for name in stray)
        text.append(
            f"But: it uses {names} from another cell. For a mark this cell runs alone, so move that in here."
        )
    if problem:
        text.append(problem)
    sign, colour = _SIGNS[verdict.status]
    status = "public checks passed: correct" if verdict.status == "correct" else verdict.status
    return _note(f"{sign} {question.name}: {status}", colour, *text, extra=extra)


def _note(title: str, colour: str, *lines: str, extra: str = "") -> Note:
    """A framed note; `extra` is HTML that stands below its lines."""
    body = "".join(f"<br>{_code_spans(line)}" for line in lines)
    markup = (
        f"<div style='border-left:4px solid {colour};padding:.4em .8em;margin:.3em 0'>"
        f"<b style='color:{colour}'>{html.escape(title)}</b>{body}{extra}</div>"
    )
    return Note("\n".join([title, *lines]), markup)


def _code_spans(line: str) -> str:
    """Escape a line and show what stands between backticks as code."""
    parts = html.escape(line).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def _side_by_side(expected: np.ndarray, got: np.ndarray) -> str:
    limit = float(np.nanmax(np.abs(expected))) or 1.0
    panels: list[tuple[str, np.ndarray, float | None]] = [
        ("expected", expected, limit),
        ("yours", got, limit),
    ]
    if expected.shape == got.shape:
        panels.append(("difference", np.asarray(got, float) - np.asarray(expected, float), None))
    cells = "".join(
        f"<figure style='display:inline-block;margin:.4em .8em .2em 0'>"
        f"<img alt='{name}: array of shape {array.shape}' src='{array_png(array, top, side=110)}'>"
        f"<figcaption>{name} {array.shape}</figcaption></figure>"
        for name, array, top in panels
    )
    return f"<div>{cells}<br>blue: negative, white: zero, red: positive</div>"


def _stray_names(answer: Any, question: BankQuestion) -> list[str]:
    """Global names that an answer uses and neither its own cell nor the grader's preparation defines."""
    if not isinstance(answer, types.FunctionType):
        return []
    used: set[str] = set()
    codes = [answer.__code__]
    while codes:
        code = codes.pop()
        codes += [const for const in code.co_consts if isinstance(const, types.CodeType)]
        used |= {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
    # IPython keeps the text of each cell under the file name that its functions carry.
    lines = linecache.getlines(answer.__code__.co_filename)
    if not lines:
        # Under `%%time` it keeps none; then nobody can say what else the cell defines.
        return []
    own = defined_names("".join(lines))
    return sorted((used & answer.__globals__.keys()) - question.known_names - own - vars(builtins).keys())


def _default_progress_file() -> Path:
    if chosen := os.environ.get("COURSEKIT_PROGRESS"):
        return Path(chosen)
    import platformdirs

    return platformdirs.user_data_path("coursekit") / "progress.json"


class _Progress:
    """Outcomes and hints taken, in a local file.

    A file that can't be read or written costs the record, not the lesson.
    """

    def __init__(self, path: Path, stem: str):
        self._path, self._stem = path, stem
        self._kept: dict[str, Any] = {}
        self.problem = ""

    def status(self, name: str) -> Status:
        status = self._entry(self._read(), name).get("status")
        return next((known for known in _SIGNS if known == status), "not attempted")

    def record(self, name: str, status: Status) -> None:
        data = self._read()
        self._entry(data, name)["status"] = status
        self._write(data)

    def next_hint(self, name: str, available: int) -> int:
        """The number of the hint to show; `available` + 1 if the last one has been shown before."""
        data = self._read()
        entry = self._entry(data, name)
        kept = entry.get("hints", 0)
        taken = min(max(kept, 0), available) if isinstance(kept, int) else 0
        entry["hints"] = min(taken + 1, available)
        self._write(data)
        return taken + 1

    def _entry(self, data: dict[str, Any], name: str) -> dict[str, Any]:
        for key in (self._stem, name):
            # Whatever stands there in a damaged file is replaced.
            if not isinstance(data.get(key), dict):
                data[key] = {}
            data = data[key]
        return data

    def _read(self) -> dict[str, Any]:
        if self.problem:
            # The file is older than what we know.
            return self._kept
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            return data if isinstance(data, dict) else {}
        except (OSError, ValueError, RecursionError):
            return self._kept

    def _write(self, data: dict[str, Any]) -> None:
        self._kept = data
        try:
            write_whole(self._path, json.dumps(data), mode=0o600)
            self.problem = ""
        except OSError as error:
            self.problem = f"(Your progress could not be saved: {error.strerror or error}.)"
