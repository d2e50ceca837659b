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
import types
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coursekit.course.questions import Question
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


def lesson_stems(root: Path | None = None) -> list[str]:
    """The stems of all lessons that have a source, "02_convolutions", sorted.

    Args:
        root: the course folder; found from the current folder if None.
    """
    paths = ((root or course_root()) / "solutions").glob("[0-9][0-9]_*.py")
    return sorted(path.stem for path in paths if not path.stem.endswith("_questions"))


def resolve_lesson(lesson: str, stems: Sequence[str]) -> str:
    """The stem that a person means by a lesson.

    Args:
        lesson: "02", "2", "02_convolutions", or a path to any file of that stem.
        stems: the lessons to choose from.

    Raises:
        CourseError: if none of them, or more than one, is meant; the message lists them.
    """
    wanted = Path(lesson).stem
    number = f"{int(wanted):02d}_" if wanted.isdecimal() else None
    matches = [stem for stem in stems if stem == wanted or (number and stem.startswith(number))]
    if len(matches) != 1:
        raise CourseError(f"Unknown lesson {lesson!r}. There is: {', '.join(stems) or 'none yet'}.")
    return matches[0]


def find_source(lesson: str, root: Path | None = None) -> Path:
    """The source file of a lesson.

    Args:
        lesson: as for `resolve_lesson`.
        root: the course folder; found from the current folder if None.

    Raises:
        CourseError: if no lesson, or no solutions, are found.
    """
    root = root or course_root()
    folder = root / "solutions"
    if not folder.is_dir():
        raise CourseError(f"There is no {folder.name}/ folder here: ask your instructor for it.")
    return folder / f"{resolve_lesson(lesson, lesson_stems(root))}.py"


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
    """The source, if it is not Python as it stands, without lines that only IPython reads (`%pip`, `!ls`)."""
    try:
        ast.parse(source)
    except SyntaxError:
        # Only now: a continued line may begin with the operator %, which is no magic.
        return re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source)
    return source


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
