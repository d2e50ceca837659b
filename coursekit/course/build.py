"""From the one source of a lesson to the notebook that a learner opens."""

import base64
import io
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from coursekit import __version__
from coursekit.course.bank import BANKS, bank_data, same_bank
from coursekit.course.environment import changed_environment
from coursekit.course.evidence import Evidence, evidence_path, read_evidence
from coursekit.course.files import write_whole
from coursekit.course.source import (
    Cell,
    LessonSource,
    course_root,
    find_source,
    lesson_stems,
    read_source,
    without_marks,
)
from coursekit.errors import CourseError

_WIDGET = "application/vnd.jupyter.widget-view+json"


def build(
    lesson: str | None = None, profile: str = "standard", check: bool = False, root: Path | None = None
) -> list[Path]:
    """Write the notebook and the question bank of a lesson, or of all lessons.

    The notebook is the unsolved one, as a learner opens it, and its outputs are those of a real run.

    Args:
        lesson: "02", a stem or a path; None builds every lesson.
        profile: the profile of the run that makes the outputs.
        check: write nothing; raise if a notebook or bank differs from what its source gives.
        root: the course folder; found from the current folder if None.

    Returns:
        The files that were (or would be) written.

    Raises:
        CourseError: if a cell fails in the run, or with `check`, if something is out of date.
    """
    root = root or course_root()
    written: list[Path] = []
    for stem in lesson_stems(root) if lesson is None else [lesson]:
        source = read_source(find_source(stem, root))
        evidence = read_evidence(evidence_path(source.stem, root))
        bank_path, target = BANKS / f"{source.stem}.json", root / "lessons" / f"{source.stem}.ipynb"
        bank = bank_data(source, evidence)
        notebook = lesson_notebook(source, evidence)
        if check:
            _compare(source, notebook, target, bank, bank_path)
        else:
            # The bank first: the run of the notebook opens it.
            write_whole(bank_path, json.dumps(bank, indent=1, ensure_ascii=False) + "\n")
            run_notebook(notebook, root / "lessons", profile)
            write_whole(target, notebook_text(notebook))
        written += [bank_path, target]
    return written


def lesson_notebook(source: LessonSource, evidence: Evidence, solved: bool = False) -> NotebookNode:
    """Make the notebook of a lesson, without outputs.

    Args:
        source: the lesson.
        evidence: fills the numbers in the text.
        solved: with solutions and hidden cells, or as a learner gets it.
    """
    cells = []
    used: dict[str, int] = {}
    for cell in source.cells:
        if "hidden" in cell.tags and not solved:
            continue
        used[cell.id] = used.get(cell.id, 0) + 1
        identity = cell.id if used[cell.id] == 1 else f"{cell.id}-{used[cell.id]}"
        cells.append(_notebook_cell(cell, identity, source, evidence, solved))
    return nbformat.from_dict(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {
                "coursekit": {"lesson": source.stem, "version": source.version},
                "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                "language_info": {"name": "python"},
            },
            "cells": cells,
        }
    )


def run_notebook(notebook: NotebookNode, folder: Path, profile: str, seconds_a_cell: int = 1800) -> None:
    """Run a notebook in place, as a learner would with "Run all", and keep its outputs in reproducible form.

    nbclient and not papermill, as in `run`: papermill would add cells, tags and metadata of its own.

    Args:
        notebook: changed in place.
        folder: the working directory.
        profile: quick, standard or gpu.
        seconds_a_cell: a cell that takes longer fails.

    Raises:
        CourseError: if a cell fails; the message names it.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    with _learner_environment(profile):
        client = NotebookClient(
            notebook,
            timeout=seconds_a_cell,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
            # The kernel remarks on its transport; nobody here needs to know.
            extra_arguments=["--log-level=ERROR"],
        )
        try:
            client.execute()
        except CellExecutionError as error:
            failed = next(
                c for c in notebook.cells if any(o.output_type == "error" for o in c.get("outputs", []))
            )
            raise CourseError(f"Cell {failed.id!r} failed: {error.ename}: {error.evalue}") from None
    for cell in notebook.cells:
        _settle(cell)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}


def notebook_text(notebook: NotebookNode) -> str:
    """A notebook as text: the same notebook gives the same bytes."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook, indent=1, ensure_ascii=False, sort_keys=True).rstrip("\n") + "\n"


def without_outputs(notebook: NotebookNode) -> str:
    """The text of a notebook as if it had never run."""
    bare = nbformat.from_dict(json.loads(json.dumps(notebook)))
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook_text(bare)


def _notebook_cell(
    cell: Cell, identity: str, source: LessonSource, evidence: Evidence, solved: bool
) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": cell.kind, "id": identity, "metadata": {}}
    if cell.tags:
        made["metadata"]["tags"] = list(cell.tags)
    if cell.kind == "markdown":
        made["source"] = _fill_in(cell.source, source, evidence)
        return made
    made["source"] = without_marks(cell.source) if solved else cell.stub
    if "setup" in cell.tags:
        made["source"] = _fill_in(made["source"], source, evidence)
    if "answer" in cell.tags:
        # Some front ends give cells new ids; the grader then looks here.
        made["metadata"]["coursekit"] = {"answer": cell.name}
    if cell.alt:
        made["metadata"]["alt"] = cell.alt
    return {**made, "outputs": [], "execution_count": None}


def _fill_in(text: str, source: LessonSource, evidence: Evidence) -> str:
    """Put measured numbers where the source says `<<mean("lenet5", 4)>>`."""
    import jinja2

    environment = jinja2.Environment(
        variable_start_string="<<",
        variable_end_string=">>",
        # Markdown and LaTeX may use Jinja's other marks for themselves.
        block_start_string="<<%",
        block_end_string="%>>",
        comment_start_string="<<#",
        comment_end_string="#>>",
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["pct"] = _percent
    environment.filters["fixed"] = _fixed

    def cell(name: str, x: Any = None) -> str:
        return f"{_percent(evidence.mean(name, x))} ± {_percent(evidence.sd(name, x), 1)}"

    try:
        return environment.from_string(text).render(
            asks=lambda name: source.question(name).asks,
            badges=_badges(source.stem),
            cell=cell,
            cost_s=evidence.cost_s,
            mean=evidence.mean,
            notes=evidence.notes,
            package=_package(),
            repository=_repository(),
            sd=evidence.sd,
        )
    except (jinja2.TemplateError, CourseError) as error:
        raise CourseError(f"Lesson {source.stem}, the text that starts {text[:40]!r}: {error}") from None


def _percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f}"


def _fixed(value: float, digits: int) -> str:
    # Jinja's own `round` drops a last zero, so that 0.80 beside 0.79 looks less exact.
    return f"{value:.{digits}f}"


def _repository() -> str:
    urls = dict(line.split(", ", 1) for line in metadata("coursekit").get_all("Project-URL") or [])
    return urls["Source"]


def _package() -> str:
    """What pip installs where the course is not there yet: the version that the notebook was built with."""
    return f"coursekit @ git+{_repository()}@v{__version__}"


def _badges(stem: str) -> str:
    path = _repository().removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{path}/blob/main/lessons/{stem}.ipynb"
    kaggle = f"https://kaggle.com/kernels/welcome?src={_repository()}/blob/main/lessons/{stem}.ipynb"
    return f"[Open in Colab]({colab}) · [Open in Kaggle]({kaggle})"


def _settle(cell: NotebookNode) -> None:
    """Take out of a cell's outputs what differs from run to run: times, widget numbers, stream pieces."""
    if cell.cell_type != "code":
        return
    cell.metadata.pop("execution", None)
    settled: list[NotebookNode] = []
    for output in cell.outputs:
        data = output.get("data", {})
        if _WIDGET in data:
            # Without its kernel a live widget shows an error; the first state as a picture always shows.
            del data[_WIDGET]
            if set(data) <= {"text/plain"}:
                continue
        if "image/png" in data:
            data["image/png"] = _light_png(data["image/png"])
            if cell.metadata.get("alt"):
                output.metadata["image/png"] = {
                    **output.metadata.get("image/png", {}),
                    "alt": cell.metadata["alt"],
                }
        last = settled[-1] if settled else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            settled.append(output)
    for output in settled:
        if output.output_type == "stream":
            # A line that was redrawn in place ends as it was drawn last.
            output.text = re.sub(r"(?m)^[^\n]*\r(?!\n)", "", output.text)
    cell.outputs = settled


def _light_png(encoded: str) -> str:
    """A PNG with a palette of 256 colours, a third of the size: notebooks stay light enough to commit."""
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB")
    file = io.BytesIO()
    picture.quantize(256, kmeans=1, dither=Image.Dither.NONE).save(file, format="PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode("ascii")


@contextmanager
def _learner_environment(profile: str) -> Iterator[None]:
    """The environment of a learner who opens the lesson for the first time."""
    with (
        tempfile.TemporaryDirectory() as folder,
        changed_environment(
            COURSEKIT_PROFILE=profile,
            COURSEKIT_PROGRESS=str(Path(folder) / "progress.json"),
            PYTHONHASHSEED="0",
            # A script that builds may have chosen a backend that draws into files.
            MPLBACKEND="module://matplotlib_inline.backend_inline",
        ),
    ):
        yield


def _compare(
    source: LessonSource, notebook: NotebookNode, target: Path, bank: dict[str, Any], bank_path: Path
) -> None:
    stale = []
    if not bank_path.exists() or not same_bank(json.loads(bank_path.read_text(encoding="utf-8")), bank):
        stale.append(bank_path.name)
    if not target.exists() or without_outputs(nbformat.read(target, as_version=4)) != without_outputs(
        notebook
    ):
        stale.append(target.name)
    if stale:
        number = source.stem[:2]
        raise CourseError(f"{' and '.join(stale)} differ from the source: run `coursekit build {number}`.")
