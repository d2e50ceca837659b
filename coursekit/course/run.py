"""Running a lesson from the command line: papermill, a progress bar, and an HTML copy."""

import logging
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from coursekit.course.environment import changed_environment
from coursekit.course.settings import change_settings
from coursekit.course.source import course_root, resolve_lesson
from coursekit.errors import CourseError

PROFILES = ("quick", "standard", "gpu")


@dataclass(frozen=True)
class Run:
    """Where a run left its notebook and the HTML copy of it."""

    notebook: Path
    html: Path


def run(
    lesson: str,
    profile: str = "standard",
    seed: int | None = None,
    out: Path | None = None,
    settings: Sequence[str] = (),
    console: Console | None = None,
) -> Run:
    """Run a lesson from its first cell to its last and keep the notebook with its outputs.

    The lesson runs in its own folder, as in JupyterLab, and leaves the learner's progress alone.

    Args:
        lesson: "02", "02_convolutions", or a path to a notebook or a solved source (`solutions/NN_name.py`).
        profile: quick, standard or gpu.
        seed: replaces the lesson's SEED.
        out: the folder for the results; `runs/` in the course folder if None.
        settings: changes of the profile's settings, such as "steps=2" (see `change_settings`).
        console: where the progress bar goes; none is shown if it is not a terminal.

    Returns:
        The files that were written.

    Raises:
        CourseError: if there is no such lesson, profile or setting, or if a cell fails. The message names
            the cell; what ran up to there is kept.
    """
    if profile not in PROFILES:
        raise CourseError(f"Unknown profile {profile!r}: choose one of {', '.join(PROFILES)}.")
    path = find_notebook(lesson)
    notebook = _read(path)
    if not any("parameters" in cell.metadata.get("tags", ()) for cell in notebook.cells):
        raise CourseError(
            f"{path.name} has no cell tagged `parameters`, so a profile can't be set: is it a lesson?"
        )
    if settings:
        change_settings(notebook, profile, settings)
    parameters = {"PROFILE": profile} | ({} if seed is None else {"SEED": seed})
    solved = "-solved" if path.suffix == ".py" else ""
    changed = "-changed" if settings else ""
    name = f"{path.stem}{solved}-{profile}{changed}" + ("" if seed is None else f"-seed{seed}")
    folder = out or course_root() / "runs"
    result = Run(folder / f"{name}.ipynb", folder / f"{name}.html")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(f"Can't write into {folder}: {error.strerror or error}.") from None
    with _progress_bar(len(notebook.cells), console) as on_cell:
        problem = _execute(notebook, parameters, result.notebook, path.parent, on_cell)
    _write_html(result)
    if problem:
        raise CourseError(f"{problem} What ran is in {_short(result.notebook)}.")
    return result


def find_notebook(lesson: str) -> Path:
    """The file that a learner means by a lesson.

    Args:
        lesson: "02", "2", "02_convolutions", or a path to a `.ipynb` or `.py` file.

    Raises:
        CourseError: if there is none; the message lists the lessons that exist.
    """
    path = Path(lesson)
    if path.suffix in (".ipynb", ".py") and path.is_file():
        return path.resolve()
    if path.suffix in (".ipynb", ".py") and len(path.parts) > 1:
        raise CourseError(f"There is no file {lesson}.")
    folder = course_root() / "lessons"
    stems = sorted(found.stem for found in folder.glob("[0-9][0-9]_*.ipynb"))
    return folder / f"{resolve_lesson(lesson, stems)}.ipynb"


def _read(path: Path) -> NotebookNode:
    if path.suffix == ".py":
        from coursekit.course.build import lesson_notebook
        from coursekit.course.evidence import evidence_path, read_evidence
        from coursekit.course.source import read_source

        return lesson_notebook(read_source(path), read_evidence(evidence_path(path.stem)), solved=True)
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:
        # Not a list of types: each of the old notebook formats trips over wrong JSON in a way of its own.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CourseError(f"{path.name} is not a readable notebook: {reason[:200]}") from None


def _execute(
    notebook: NotebookNode,
    parameters: dict[str, Any],
    target: Path,
    folder: Path,
    on_cell: Callable[[NotebookNode, int], None],
) -> str:
    """Run the notebook through papermill; return one line about the cell that failed, or nothing.

    papermill and not `build.run_notebook`: it sets the parameters and keeps what ran up to a failure.
    """
    with _quiet_environment():
        import papermill
        from nbclient.exceptions import DeadKernelError
        from papermill.engines import NBClientEngine, papermill_engines

        latest: list[NotebookNode] = []

        class Engine(NBClientEngine):
            """papermill's own engine that also tells which cell is starting."""

            @classmethod
            def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
                start = nb_man.cell_start

                def announce(cell: NotebookNode, cell_index: int | None = None, **more: Any) -> None:
                    latest[:] = [cell]
                    on_cell(cell, cell_index or 0)
                    start(cell, cell_index, **more)

                nb_man.cell_start = announce
                super().execute_managed_notebook(nb_man, kernel_name, **options)

        papermill_engines.register("coursekit", Engine)
        try:
            papermill.execute_notebook(
                notebook,
                target,
                parameters,
                engine_name="coursekit",
                kernel_name="python3",
                language="python",
                progress_bar=False,
                cwd=folder,
                # Kernels talk on the learner's terminal, of their transport or of being stopped. What fails
                # in a cell is in the notebook.
                extra_arguments=["--log-level=CRITICAL"],
            )
        except papermill.PapermillExecutionError as error:
            what = f"{error.ename}: {error.evalue}".strip().splitlines()[0].rstrip(":. ")
            return f"{_called(latest[0])} failed: {what}."
        except DeadKernelError:
            return (
                f"{_called(latest[0])} ended the kernel: most often the memory was full. Try --profile quick."
            )
    return ""


def _called(cell: NotebookNode) -> str:
    """A cell as a person finds it: its name and its first line of code."""
    lines = [line.strip() for line in cell.source.splitlines()]
    code = next((line for line in lines if line and not line.startswith("#")), "")
    return f"Cell {cell.get('id', '?')!r} ({code[:60]}{'…' if len(code) > 60 else ''})"


def _write_html(result: Run) -> None:
    from nbconvert import HTMLExporter

    with _quiet_environment():
        # With the exporter's own log, pictures without alternative text would be reported to the learner.
        exporter = HTMLExporter(log=logging.getLogger("coursekit.html"))
        text, _ = exporter.from_filename(str(result.notebook))
    result.html.write_text(text, encoding="utf-8")


@contextmanager
def _progress_bar(cells: int, console: Console | None) -> Iterator[Callable[[NotebookNode, int], None]]:
    console = console or Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("cells"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        # papermill adds one cell: the parameters.
        task = progress.add_task("Starting", total=cells + 1)

        def on_cell(cell: NotebookNode, index: int) -> None:
            heading = re.match(r"#+\s+(.{1,40})", cell.source) if cell.cell_type == "markdown" else None
            if heading:
                progress.update(task, description=heading[1].ljust(40))
            progress.update(task, completed=index + 1)

        yield on_cell


@contextmanager
def _quiet_environment() -> Iterator[None]:
    """What a run needs from the environment, put back afterwards; no warnings about Jupyter's insides."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        logging.getLogger("coursekit.html").setLevel(logging.ERROR)
        logging.getLogger("papermill").setLevel(logging.ERROR)
        with changed_environment(
            # The run is not the learner's work: their progress stays as it is.
            COURSEKIT_PROGRESS=str(Path(folder) / "progress.json"),
            PYDEVD_DISABLE_FILE_VALIDATION="1",
        ):
            yield


def _short(path: Path) -> str:
    """A path as one would type it here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
