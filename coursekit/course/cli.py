"""The command line. Each command imports what it needs when it is called, so that help comes at once."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from coursekit.course import data_command, federated_command
from coursekit.errors import CourseError

app = typer.Typer(
    help="Small Data, Deep Learning: open, run, build, check and mark the lessons.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


app.add_typer(data_command.app, name="data")
app.add_typer(federated_command.app, name="federated")


class Profile(StrEnum):
    """How much a lesson computes."""

    quick = "quick"
    standard = "standard"
    gpu = "gpu"


ProfileOption = Annotated[
    Profile, typer.Option(help="quick: a minute; standard: a few minutes on a CPU; gpu: larger, on one GPU.")
]
_LESSON = "A lesson: 02, 02_convolutions, or a path."


def main() -> None:
    """Run the command line; the entry point of the `coursekit` command.

    What a person can put right is one line and exit code 2; anything else is a bug and shows its traceback.
    """
    try:
        app()
    except CourseError as error:
        Console(stderr=True, soft_wrap=True).print(Text(str(error), style="red"))
        sys.exit(2)


def _print_version(wanted: bool) -> None:
    if wanted:
        from coursekit import __version__

        print(f"coursekit {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None: ...


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open JupyterLab on the lessons. Options go on to JupyterLab, as in `--no-browser --port 8899`."""
    from coursekit.course.lab import lab

    lab(context.args)


@app.command()
def run(
    lesson: Annotated[str, typer.Argument(help=_LESSON + " A file of solutions/ runs solved.")],
    profile: ProfileOption = Profile.standard,
    seed: Annotated[int | None, typer.Option(help="Replaces the lesson's SEED.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results.  [default: runs]")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a setting of the profile, as in steps=2; may be repeated."),
    ] = None,
) -> None:
    """Run a lesson from its first cell to its last; keep the notebook and an HTML copy."""
    from coursekit.course.run import run

    result = run(lesson, profile.value, seed, out, settings or ())
    print(f"{result.notebook}\n{result.html}")


@app.command()
def build(
    lesson: Annotated[str | None, typer.Argument(help=_LESSON + "  [default: all]")] = None,
    profile: ProfileOption = Profile.standard,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; say what is out of date.")] = False,
) -> None:
    """Write the notebooks of lessons/ from solutions/, with the outputs of a real run."""
    from coursekit.course.build import build

    for path in build(lesson, profile.value, check):
        print(f"{'up to date' if check else 'written'}: {path}")


@app.command()
def evidence(
    study: Annotated[str, typer.Argument(help=_LESSON + " Or another study of evidence/: datasets.")],
) -> None:
    """Run a study and write what it measured to evidence/; this takes a while."""
    from coursekit.course.evidence import find_study, measure

    print(f"written: {measure(find_study(study))}")


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print the report for a program to read.")] = False,
) -> None:
    """Say in one screen whether this machine is ready, and what to do about each thing that is not."""
    from coursekit.course.doctor import as_json, examine, is_ready, show

    findings = examine()
    print(as_json(findings)) if json else show(findings)
    raise typer.Exit(0 if is_ready(findings) else 1)


@app.command()
def grade(
    folder: Annotated[Path, typer.Argument(help="The submissions: notebooks, or a folder for each learner.")],
    lesson: Annotated[str, typer.Option(help=_LESSON)],
    out: Annotated[
        Path | None, typer.Option(help="Folder for marks and pages.  [default: FOLDER_marks/LESSON]")
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="How many to mark at the same time.")] = None,
    question: Annotated[
        list[str] | None, typer.Option(help="Mark only this question; may be repeated.")
    ] = None,
    regrade: Annotated[
        bool, typer.Option("--regrade", help="Mark everything again, with new probes.")
    ] = False,
) -> None:
    """Mark a class: every notebook of a folder, in a sandbox. A second call goes on where the first ended."""
    from rich.progress import Progress

    from coursekit.course.grading import grade

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("Marking", total=None)
        summary = grade(
            folder,
            lesson,
            out=out,
            jobs=jobs,
            questions=question,
            regrade=regrade,
            progress=lambda done, total, _mark: bar.update(task, completed=done, total=total),
        )
    for mark in summary.marks:
        note = "" if mark.status == "ok" else f"  {mark.status}: {mark.reason}"
        print(_printable(f"{mark.points:3d} of {mark.of}  {mark.learner}{note}"))
    for file, why in summary.unmarked.items():
        console.print(Text(_printable(f"not marked: {file}: {why}"), style="red"), soft_wrap=True)
    print(f"{summary.table}\n{summary.index}")
    if summary.unmarked:
        raise typer.Exit(1)


@app.command()
def check(
    notebook: Annotated[Path, typer.Argument(help="A notebook of a lesson, with your answers.")],
) -> None:
    """Check the answers in a notebook with the public examples; the exit code is 0 if all are correct."""
    from coursekit.course.grading import public_check

    marks = public_check(notebook)
    for mark in marks:
        print(f"{mark.question}: {mark.status}{_printable(f'. {mark.message}' if mark.message else '')}")
    correct = sum(mark.status == "correct" for mark in marks)
    print(f"{correct} of {len(marks)} public checks passed. This is not a mark.")
    raise typer.Exit(0 if correct == len(marks) else 1)


def _printable(text: str) -> str:
    """Text that came with a submission, as one line that can't steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
