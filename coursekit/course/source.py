"""The one source of a lesson: `solutions/NN_name.py`, solved, in jupytext's percent format.

A cell carries options behind `# %%`: `name="dice"` names it, `alt="…"` describes its figure to those who
can't see it, `tags=["answer"]` gives it a role:

* `parameters` - PROFILE and SEED; papermill overwrites them;
* `setup` - opens the lesson; the grader replaces it by its own;
* `imports` - the grader runs it before every answer;
* `answer` - an exercise: what stands between BEGIN SOLUTION and END SOLUTION becomes a stub;
* `check` - asks for the answer above to be checked;
* `hidden` - stays in the solution.
"""

import ast
import hashlib
import re
import sys
import traceback
import types
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from coursekit.course.questions import MISSING, Probe, Question, Reply, WrongAnswer, plain
from coursekit.errors import CourseError

_BEGIN, _END = "# BEGIN SOLUTION", "# END SOLUTION"
_STUB = "...  # your code here"


@dataclass(frozen=True)
class Cell:
    """A cell of a lesson: `kind` is "markdown" or "code"; `source` is solved."""

    kind: str
    source: str
    name: str = ""
    tags: tuple[str, ...] = ()
    alt: str = ""

    @property
    def id(self) -> str:
        """The notebook cell id: the name, or a fingerprint of the text; other cells don't change it."""
        return self.name or hashlib.sha256(self.source.encode()).hexdigest()[:8]

    @property
    def stub(self) -> str:
        """The source as a learner gets it, with solutions cut out."""
        return cut_solution(self.source)


@dataclass(frozen=True)
class LessonSource:
    """A lesson as its author wrote it."""

    stem: str
    title: str
    version: int
    cells: tuple[Cell, ...]
    questions: tuple[Question, ...]
    path: Path = field(repr=False)
    withheld: tuple[str, ...] = ()
    """Files that would be an answer ("coursekit/methods/convolution.py"): not there while one is marked."""

    @property
    def withheld_modules(self) -> list[str]:
        """The withheld files as names of modules."""
        return [path.removesuffix(".py").replace("/", ".") for path in self.withheld]

    def cell(self, name: str) -> Cell:
        """The cell of that name.

        Raises:
            CourseError: if there is none.
        """
        for cell in self.cells:
            if cell.name == name:
                return cell
        raise CourseError(f"Lesson {self.stem} has no cell named {name!r}.")

    def question(self, name: str) -> Question:
        """The question of that name.

        Raises:
            CourseError: if there is none; the message lists those that exist.
        """
        for question in self.questions:
            if question.name == name:
                return question
        known = ", ".join(question.name for question in self.questions)
        raise CourseError(f"Lesson {self.stem} has no question {name!r}; it has {known}.")

    def preparation(self, question: Question) -> list[Cell]:
        """The cells that run before the answer cell of a question, in lesson order, solved."""
        needs = set(question.needs)
        return [
            cell
            for cell in self.cells
            if cell.kind == "code" and ("imports" in cell.tags or cell.name in needs)
        ]

    def preparation_code(self, question: Question, answer: str, without: Iterable[str] = ()) -> list[str]:
        """The text of these cells, less the imports that neither they nor the answer use.

        An answer in NumPy must not wait for TensorFlow.

        Args:
            question: the question.
            answer: the text of the answer cell.
            without: modules that are not imported even where they are used.
        """
        cells = [without_magics(cell.source) for cell in self.preparation(question)]
        return [
            without_unused_imports(cell, "\n".join([*cells[:n], *cells[n + 1 :], answer]), set(without))
            for n, cell in enumerate(cells)
        ]


def course_root() -> Path:
    """The folder that holds `solutions/` and `lessons/`: the current one or one above it, else the checkout.

    Raises:
        CourseError: if there is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if (folder / "lessons").is_dir() and (folder / "coursekit").is_dir():
            return folder
    raise CourseError(
        "No course here: run this inside a checkout, the folder that holds lessons/ and coursekit/."
    )


def find_source(lesson: str, root: Path | None = None) -> Path:
    """The source file of a lesson.

    Args:
        lesson: "02", "02_convolutions", or a path to any file of that stem.
        root: the course folder; found from the current folder if None.

    Raises:
        CourseError: if no lesson, or no solutions, are found.
    """
    folder = (root or course_root()) / "solutions"
    if not folder.is_dir():
        raise CourseError(f"There is no {folder.name}/ folder here: ask your instructor for it.")
    stems = sorted(
        path.stem for path in folder.glob("[0-9][0-9]_*.py") if not path.stem.endswith("_questions")
    )
    wanted = Path(lesson).stem
    matches = [
        stem
        for stem in stems
        if stem == wanted or (wanted.isdigit() and stem.startswith(f"{int(wanted):02d}_"))
    ]
    if len(matches) != 1:
        raise CourseError(f"Unknown lesson {lesson!r}. There is: {', '.join(stems) or 'none yet'}.")
    return folder / f"{matches[0]}.py"


def read_source(path: Path) -> LessonSource:
    """Read a lesson's source and its questions.

    Args:
        path: `solutions/NN_name.py`; `NN_name_questions.py` lies beside it.

    Raises:
        CourseError: if the header, a cell or the pairing of answers and questions is not as it should be.
    """
    notebook = _jupytext().reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    header = notebook.metadata.get("coursekit")
    if not header or "title" not in header or "version" not in header:
        raise CourseError(f"{path.name} needs a header with `coursekit:`, `title:` and `version:`.")
    cells = tuple(
        Cell(
            cell.cell_type,
            cell.source,
            cell.metadata.get("name", ""),
            tuple(cell.metadata.get("tags", ())),
            cell.metadata.get("alt", ""),
        )
        for cell in notebook.cells
    )
    names = [cell.name for cell in cells if cell.name]
    if twice := {name for name in names if names.count(name) > 1}:
        raise CourseError(f"{path.name} has more than one cell named {', '.join(sorted(twice))}.")
    questions = _read_questions(path.with_name(f"{path.stem}_questions.py"))
    answers = {cell.name for cell in cells if "answer" in cell.tags}
    asked = {question.name for question in questions}
    if answers != asked:
        raise CourseError(
            f"{path.name}: answer cells and questions differ: only cells {sorted(answers - asked)}, "
            f"only questions {sorted(asked - answers)}."
        )
    withheld = tuple(header.get("withheld", ()))
    return LessonSource(path.stem, header["title"], int(header["version"]), cells, questions, path, withheld)


def _jupytext() -> Any:
    """Import jupytext, which imports jsonschema, without what takes two thirds of the time.

    jsonschema builds a grammar for international web addresses when `rfc3987_syntax` is installed, and does
    without where it is not. No lesson is checked for such addresses.
    """
    name = "rfc3987_syntax"
    if name in sys.modules:
        import jupytext
    else:
        sys.modules[name] = None  # type: ignore[assignment]  # Python's way to say "not installed"
        try:
            import jupytext
        finally:
            del sys.modules[name]
    return jupytext


def _read_questions(path: Path) -> tuple[Question, ...]:
    # Not imported under a name: two lessons, or two copies of the course, must not share a module.
    module = types.ModuleType(path.stem)
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), module.__dict__)
    return tuple(module.QUESTIONS)


def cut_solution(source: str) -> str:
    """Replace the lines between BEGIN and END SOLUTION by a stub.

    Inside a function the stub is `...`, so that the function still runs; at the left margin the lines are
    left out, because there the cell itself says what the variable is before it is solved.

    Raises:
        CourseError: if BEGIN and END don't alternate.
    """
    kept: list[str] = []
    inside = False
    for line in source.splitlines():
        mark = line.strip()
        if mark == (_END if inside else _BEGIN):
            inside = not inside
            indent = line[: len(line) - len(line.lstrip())]
            if inside and indent:
                kept.append(indent + _STUB)
        elif mark in (_BEGIN, _END):
            raise CourseError(
                f"{mark} where the other mark was expected, in the cell that starts {source[:40]!r}."
            )
        elif not inside:
            kept.append(line)
    if inside:
        raise CourseError(f"{_BEGIN} without {_END} in the cell that starts {source[:40]!r}.")
    return "\n".join(kept).rstrip()


def without_marks(source: str) -> str:
    """The solved source without the BEGIN and END lines."""
    return "\n".join(line for line in source.splitlines() if line.strip() not in (_BEGIN, _END))


def without_magics(source: str) -> str:
    """The source without lines that only IPython understands (`%pip`, `!ls`)."""
    return re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source)


def defined_names(source: str) -> set[str]:
    """The names that a piece of code defines, imports or assigns anywhere in it; none if it is not Python."""
    try:
        tree = ast.parse(without_magics(source))
    except SyntaxError:
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def without_unused_imports(source: str, other: str, without: Collection[str] = ()) -> str:
    """A cell without the imports at its left margin whose names occur nowhere.

    Args:
        source: the author's cell.
        other: text in which names may be used, Python or not.
        without: modules that are not imported even where they are used.
    """
    tree = ast.parse(source)
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    rest = "\n".join(ast.unparse(node) for node in tree.body if node not in imports)
    words = set(re.findall(r"\w+", f"{rest}\n{other}"))
    for node in imports:
        start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        node.names = [
            alias
            for alias in node.names
            if ((alias.asname or alias.name.split(".")[0]) in words or alias.name == "*")
            and start.rstrip(".") not in without
            and start + alias.name not in without
        ]
    tree.body = [node for node in tree.body if node not in imports or node.names]
    return ast.unparse(tree)


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
    """Call an answer with every probe, on copies of the arguments, and collect values and errors."""
    from coursekit.course.wire import WireError, decode, encode

    replies = []
    for probe in probes:
        try:
            if not is_function:
                value = answer
            elif plain(answer) is None:
                value = None
            else:
                value = answer(*decode(encode(probe.args)))
            replies.append(Reply(decode(encode(plain(value)))))
        except WireError as problem:
            replies.append(Reply(error=f"TypeError: your answer is {problem}."))
        except (Exception, SystemExit) as error:
            replies.append(Reply(error=_one_line(error, answer)))
    return replies


def _one_line(error: BaseException, answer: Any) -> str:
    """The error and the line of the learner's own code where it came up."""
    text = f"{type(error).__name__}: {error}".strip().splitlines()[0][:300]
    code = getattr(answer, "__code__", None)
    lines = [
        f.lineno for f in traceback.extract_tb(error.__traceback__) if code and f.filename == code.co_filename
    ]
    return f"{text} (line {lines[-1]} of your cell)" if lines else text
