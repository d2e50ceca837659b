"""Settings of a lesson changed for one run, as in `coursekit run 08 --profile gpu --set steps=2`."""

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from nbformat import NotebookNode

from coursekit.errors import CourseError


def change_settings(notebook: NotebookNode, profile: str, changes: Iterable[str]) -> None:
    """Let a lesson compute with other settings than those of its profile.

    The cell with `SETTINGS = {"quick": ..., "gpu": ...}[PROFILE]` gets a line for each change, right behind
    that statement, so that a reader of the result sees what was changed.

    Args:
        notebook: a lesson; changed in place.
        profile: the profile of the run.
        changes: each as "name=value", the value as Python writes it: "steps=2", "sizes=[5, 20]"; a dot
            reaches a setting inside another, "study.steps=2".

    Raises:
        CourseError: if the lesson has no such statement, a setting does not exist, or a value is of another
            type than the one that it replaces.
    """
    for cell in notebook.cells:
        found = _settings_statement(cell.source) if cell.cell_type == "code" else None
        if found:
            end, by_profile = found
            settings = by_profile[profile]
            lines = cell.source.splitlines()
            lines[end:end] = [_assignment(settings, change) for change in changes]
            cell.source = "\n".join(lines)
            return
    raise CourseError("This lesson has no settings to change: no cell says `SETTINGS = {...}[PROFILE]`.")


def _settings_statement(code: str) -> tuple[int, Mapping[str, Any]] | None:
    """The last line of the statement, counted from 1, and its settings by profile; None if it isn't there."""
    if "SETTINGS" not in code:
        return None
    try:
        for statement in ast.parse(code).body:
            match statement:
                case ast.Assign(
                    targets=[ast.Name("SETTINGS")],
                    value=ast.Subscript(value=table, slice=ast.Name("PROFILE")),
                ):
                    return statement.end_lineno or 0, ast.literal_eval(table)
    except (SyntaxError, ValueError):  # a cell with a magic; a table with more than plain values
        pass
    return None


def _assignment(settings: Any, change: str) -> str:
    """One change as a line of code."""
    path, equals, text = change.partition("=")
    if not equals:
        raise CourseError(f"{change!r} changes no setting: write it as in steps=2.")
    target = "SETTINGS"
    for name in path.strip().split("."):
        if not isinstance(settings, dict) or name not in settings:
            choice = f"There is: {', '.join(settings)}." if isinstance(settings, dict) else ""
            raise CourseError(f"{target} has no {name!r}. {choice}".rstrip())
        settings = settings[name]
        target += f"[{name!r}]".replace("'", '"')
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        value = text.strip()  # text needs no quotes
    if type(value) is not type(settings):
        raise CourseError(
            f"{change!r}: {target} is of type {type(settings).__name__}, as in {path.strip()}={settings!r}."
        )
    return f"{target} = {value!r}"
