"""What people read of the marks: a table, a page for each learner, and a page that links them."""

import base64
import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from coursekit.course.files import write_whole
from coursekit.course.grading.store import Marking, SubmissionMark
from coursekit.course.source import LessonSource
from coursekit.errors import CourseError

_SHOWN_OUTPUT = 1024
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PRIVATE = 0o600  # marks are nobody else's business
_SIGNS = {"correct": "✔", "not yet": "✘", "raised": "⚠", "not attempted": "○", "not marked": "○"}


def write_pages(
    out: Path, source: LessonSource, marking: Marking, marks: Sequence[SubmissionMark]
) -> tuple[Path, Path]:
    """Write `marks.csv`, `index.html` and `pages/LEARNER.html`.

    Args:
        out: the folder of marks.
        source: the lesson.
        marking: the marking that the marks belong to.
        marks: its submissions.

    Returns:
        The table and the index.

    Raises:
        CourseError: if a file can't be written; the marks themselves are in the database.
    """
    table, index = out / "marks.csv", out / "index.html"
    environment = _environment()
    title, asks = source.title, {question.name: question.asks for question in source.questions}
    names = page_names(marks)
    try:
        (out / "pages").mkdir(exist_ok=True)
        write_whole(table, _table(marking, marks), _PRIVATE)
        for mark in marks:
            page = environment.get_template("page.html").render(
                title=title, asks=asks, marking=marking, mark=mark
            )
            write_whole(out / "pages" / names[mark.file], page, _PRIVATE)
        overview = environment.get_template("index.html").render(
            title=title, marking=marking, marks=marks, names=names, questions=_overview(marking, marks)
        )
        write_whole(index, overview, _PRIVATE)
    except OSError as error:
        raise CourseError(
            f"The pages can't be written to {out}: {error.strerror}. All marks are in marks.sqlite; put that "
            "right and run the same command again."
        ) from None
    return table, index


def page_names(marks: Iterable[SubmissionMark]) -> dict[str, str]:
    """A safe file name for each submission's page; names that would collide get a piece of a hash."""
    plain = {mark.file: re.sub(r"[^\w.-]+", "_", mark.learner).strip("._")[:80] or "page" for mark in marks}
    times = Counter(name.lower() for name in plain.values())
    return {
        file: f"{name}.html"
        if times[name.lower()] == 1
        else f"{name}-{hashlib.sha256(file.encode()).hexdigest()[:8]}.html"
        for file, name in plain.items()
    }


def _table(marking: Marking, marks: Iterable[SubmissionMark]) -> str:
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(["learner", "file", "status", "points", "of", *marking.questions, "remark"])
    for mark in marks:
        points = {answer.question: answer.points for answer in mark.answers}
        given = [points.get(name, 0) for name in marking.questions]
        rows.writerow(
            [
                _harmless(mark.learner),
                _harmless(mark.file),
                mark.status,
                mark.points,
                mark.of,
                *given,
                _harmless(mark.reason),
            ]
        )
    return "\ufeff" + file.getvalue()  # the mark by which Excel knows UTF-8


def _harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _overview(marking: Marking, marks: Iterable[SubmissionMark]) -> list[dict[str, Any]]:
    """For each question how many answers have which status."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in marking.questions}
    for mark in marks:
        for answer in mark.answers:
            counts[answer.question][answer.status] += 1
    return [{"name": name, "right": c["correct"], "of": sum(c.values())} for name, c in counts.items()]


def _environment() -> Any:
    import jinja2

    here = Path(__file__).parent
    style = (here / "style.css").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(here),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.globals |= {
        "style": style,
        # No script, no form, no address: whatever a learner hands in, a page can only be looked at.
        "policy": f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "form-action 'none'; base-uri 'none'",
        "signs": _SIGNS,
        "shown_output": _SHOWN_OUTPUT,
    }
    environment.filters["kind"] = lambda status: re.sub(r"[^a-z]+", "-", status)
    return environment
