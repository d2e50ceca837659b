"""`coursekit data`: list the data sets, look at one, audit a folder of your own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from coursekit.errors import CourseError

if TYPE_CHECKING:
    from coursekit.data.folder.layout import Layout

app = typer.Typer(
    help="Data sets: list them, look at one, audit a folder of your own images.", no_args_is_help=True
)


@app.command("list")
def list_sets() -> None:
    """List every data set that `load` knows, where it comes from and what it shows."""
    from rich.console import Console
    from rich.table import Table

    from coursekit.data.registry import card, names, origin

    table = Table("name", "where from", "what it shows", box=None, pad_edge=False, header_style="bold")
    for name in names():
        table.add_row(name, origin(name), card(name).title)
    Console().print(table)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A data set of `coursekit data list`.")],
    picture: Annotated[Path | None, typer.Option(help="Also draw the first images into this file.")] = None,
    n: Annotated[int, typer.Option(min=1, max=16, help="How many images the picture shows.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Which images of a simulated set.")] = 0,
) -> None:
    """Say where a data set comes from, what it doesn't imitate, and how to load it."""
    from rich.console import Console
    from rich.table import Table

    from coursekit.data.registry import card, load, options, origin

    about = card(name)
    console = Console()
    console.print(f"{about.name}: {about.title}", style="bold", highlight=False, markup=False)
    table = Table(show_header=False, box=None, pad_edge=False)
    given = ", ".join(f"{option}={value!r}" for option, value in options(name).items())
    table.add_row("load", f"load({name!r}, n=None, seed=0{', ' if given else ''}{given})")
    for field in ("source", "unit", "channel_names", "class_names", "licence", "citation", "limits"):
        value = getattr(about, field)
        if value:
            table.add_row(field.replace("_", " "), _text(value))
    console.print(table, markup=False, highlight=False)
    if picture:
        # A real set may hold fewer, and a simulated one is drawn no larger than it is shown.
        _draw(load(name, n, seed) if origin(name) == "simulated" else load(name, seed=seed), n, picture)
        console.print(f"written: {picture}", markup=False, highlight=False)


@app.command()
def audit(
    folder: Annotated[Path, typer.Argument(help="Images with masks, a folder for each class, or a table.")],
    layout: Annotated[
        str | None, typer.Option(help="masks, classes, table or images.  [default: recognised]")
    ] = None,
    white: Annotated[float | None, typer.Option(help="The value of white, such as 4095 for 12 bits.")] = None,
    group: Annotated[
        str | None, typer.Option(help="Pattern of the part of a path that names the group: (patient\\d+).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the findings for a program to read.")] = False,
    every_file: Annotated[bool, typer.Option("--every-file", help="Name every file of a finding.")] = False,
) -> None:
    """Look for what would spoil a study: unusable files, doubles, leaks, what gives the class away.

    Leaves with code 1 if a file can't be used or something is worth a warning.
    """
    from rich.console import Console
    from rich.progress import Progress

    from coursekit.data.folder import as_json, show
    from coursekit.data.folder import audit as examine

    err = Console(stderr=True)
    with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("Reading", total=None)
        found = examine(
            folder,
            layout=cast("Layout | None", layout),
            white=white,
            group=group,
            on_progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if json:
        print(as_json(found))
    else:
        show(found, every_file=every_file)
    raise typer.Exit(0 if found.is_clean else 1)


def _text(value: str | tuple[str, ...]) -> str:
    if isinstance(value, str):
        return value
    return ", ".join(value) if len(value) <= 12 else f"{', '.join(value[:10])} … ({len(value)} in all)"


def _draw(data, n: int, picture: Path) -> None:
    from coursekit.viz import figure_png, show_data_set, use_style

    use_style()
    png = figure_png(show_data_set(data, n))
    try:
        picture.write_bytes(png)
    except OSError as error:
        raise CourseError(f"The picture can't be written to {picture}: {error.strerror}.") from None
