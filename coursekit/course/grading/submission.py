"""Reading what was handed in: a file from a stranger, of which the text is taken and nothing is run."""

import hashlib
import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAX_BYTES = 20 * 2**20
_MAX_ANSWER = 200_000


class InvalidSubmissionError(Exception):
    """A file that can't be marked; the message is one line for the learner."""


@dataclass(frozen=True)
class Answer:
    """A learner's cell. Without `source` nothing runs; `problem` says why, unless the cell is just gone."""

    source: str | None = None
    problem: str = ""
    note: str = ""


@dataclass(frozen=True)
class Submission:
    """A notebook of the lesson at hand."""

    sha256: str
    cells: tuple[dict[str, Any], ...] = field(repr=False)

    def answer(self, name: str) -> Answer:
        """The learner's cell for a question: by its id, or by its metadata if a program renamed the ids."""
        cells = [cell for cell in self.cells if cell.get("cell_type") == "code"]
        marked = [cell for cell in cells if _marked_as(cell) == name]
        found = [cell for cell in cells if cell.get("id") == name] or marked
        if not found:
            return Answer()
        if len(found) > 1:
            return Answer(
                problem=f"There are {len(found)} answer cells `{name}`; leave one of them and hand in again."
            )
        source = _text(found[0].get("source"))
        if source is None:
            return Answer(problem="The answer cell holds no text.")
        if len(source) > _MAX_ANSWER:
            return Answer(
                problem=f"The answer cell has {len(source):,} characters; {_MAX_ANSWER:,} are the most."
            )
        copies = sum(cell is not found[0] for cell in marked)
        note = "This notebook holds a copy of the answer cell. The original was marked." if copies else ""
        return Answer(source, note=note)

    def code(self) -> list[tuple[str, set[str]]]:
        """Text and tags of every code cell."""
        cells = []
        for cell in self.cells:
            source, tags = _text(cell.get("source")), _dict(cell.get("metadata")).get("tags")
            if cell.get("cell_type") == "code" and source is not None:
                cells.append(
                    (
                        source,
                        {tag for tag in tags if isinstance(tag, str)} if isinstance(tags, list) else set(),
                    )
                )
        return cells


def find_submissions(folder: Path) -> list[Path]:
    """All notebooks below a folder, sorted; hidden folders and links to folders are left out."""
    found = []
    for here, folders, files in os.walk(folder):
        # A folder called x.ipynb was handed in too, and is told that it is no file.
        found += [Path(here, name) for name in (*files, *folders) if name.endswith(".ipynb")]
        folders[:] = [name for name in folders if not name.startswith(".") and not name.endswith(".ipynb")]
    return sorted(path for path in found if not path.name.startswith("."))


def learner_names(folder: Path, paths: list[Path]) -> dict[Path, str]:
    """A name for each submission: its path without the ending, or its folder if it is alone there."""
    names = {}
    for path in paths:
        inner = path.relative_to(folder)
        alone = sum(other.parent == path.parent for other in paths) == 1
        names[path] = str(inner.parent if alone and inner.parent != Path() else inner.with_suffix(""))
    return {path: name.encode("utf-8", "replace").decode() for path, name in names.items()}


def fingerprint(path: Path) -> str:
    """The SHA-256 of a submission, or "" if it is not a regular file that can be read."""
    try:
        return hashlib.sha256(_read_bytes(path)).hexdigest()
    except InvalidSubmissionError:
        return ""


def read_submission(path: Path, lesson: str, version: int) -> Submission:
    """Read a notebook that was handed in.

    Args:
        path: the file, of whatever name.
        lesson: the lesson it should belong to, "02_convolutions".
        version: the version it should have.

    Raises:
        InvalidSubmissionError: if it is not a notebook of that lesson and version; nothing else.
    """
    data = _read_bytes(path)
    notebook = _read_notebook(data)
    ours = _dict(_dict(notebook.get("metadata")).get("coursekit"))
    if _lesson_name(ours) != lesson:
        raise InvalidSubmissionError(
            f"The notebook is of lesson {str(ours['lesson'])[:60]!r}, not of {lesson!r}."
        )
    if ours.get("version") != version:
        raise InvalidSubmissionError(
            f"The notebook has version {str(ours.get('version'))[:20]} of the lesson, the marker {version}."
        )
    cells = tuple(cell for cell in notebook["cells"] if isinstance(cell, dict))
    return Submission(hashlib.sha256(data).hexdigest(), cells)


def lesson_of(path: Path) -> str:
    """The lesson that a notebook says it belongs to.

    Raises:
        InvalidSubmissionError: if the file is not a notebook of the course.
    """
    return _lesson_name(_dict(_dict(_read_notebook(_read_bytes(path)).get("metadata")).get("coursekit")))


def _lesson_name(ours: dict[str, Any]) -> str:
    if "lesson" not in ours:
        raise InvalidSubmissionError(
            "The notebook does not say which lesson it is: start from the course's file."
        )
    return str(ours["lesson"])


def _read_notebook(data: bytes) -> dict[str, Any]:
    if not data.strip():
        raise InvalidSubmissionError("The file is empty.")
    try:
        notebook = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidSubmissionError("The file is not a notebook: it is not text.") from None
    except (ValueError, RecursionError):
        raise InvalidSubmissionError("The file is not a whole notebook: it may have been cut off.") from None
    if (
        not isinstance(notebook, dict)
        or notebook.get("nbformat") != 4
        or not isinstance(notebook.get("cells"), list)
    ):
        raise InvalidSubmissionError("The file is not a notebook of format 4; save it again in JupyterLab.")
    return notebook


def _read_bytes(path: Path) -> bytes:
    try:
        # NOFOLLOW: a link could lead to another learner's work. NONBLOCK: a pipe would keep us waiting.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        what = "it is a link" if path.is_symlink() else error.strerror
        raise InvalidSubmissionError(f"The file can't be read: {what}.") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise InvalidSubmissionError("This is not a file.")
        if status.st_size > MAX_BYTES:
            size, most = status.st_size / 2**20, MAX_BYTES // 2**20
            raise InvalidSubmissionError(
                f"The file has {size:.0f} MB, the most are {most}. Clear its outputs."
            )
        with os.fdopen(os.dup(descriptor), "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidSubmissionError(f"The file can't be read: {error.strerror}.") from None
    finally:
        os.close(descriptor)
    if len(data) > MAX_BYTES:
        raise InvalidSubmissionError("The file grows while it is read.")
    return data


def _marked_as(cell: dict[str, Any]) -> Any:
    metadata = _dict(cell.get("metadata"))
    # Colab moves the id of a cell into its metadata.
    return _dict(metadata.get("coursekit")).get("answer") or metadata.get("id")


def _text(source: Any) -> str | None:
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    # Half of a surrogate pair is valid JSON and no valid text: it could not be stored.
    return source.encode("utf-8", "replace").decode()


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
