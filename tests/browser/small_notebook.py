"""A notebook of a few cells, written for one test."""

from pathlib import Path

import nbformat


def write_notebook(path: Path, **cells: str) -> None:
    """Write a notebook of code cells: id -> source."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source, id=name) for name, source in cells.items()]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
