"""Lesson 02 as a newcomer meets it."""

import shutil
from pathlib import Path

import nbformat
import pytest

LESSONS = Path(__file__).parents[2] / "lessons"
# Written as a learner would, not copied from the solution.
ANSWER = """def output_size(n, f, stride=1, padding=0):
    room = n + 2 * padding - f
    return room // stride + 1"""


def quick_copy(name: str, folder: Path) -> None:
    """Copy a lesson; the copy computes little."""
    shutil.copy(LESSONS / name, folder / name)
    notebook = nbformat.read(folder / name, as_version=4)
    (parameters,) = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ()))
    parameters.source += '\nPROFILE = "quick"'
    nbformat.write(notebook, folder / name)


@pytest.mark.slow
@pytest.mark.browser
def test_a_newcomer_runs_lesson_02_moves_a_slider_and_solves_an_exercise(tmp_path):
    # Not at the top: without Playwright the marker decides what becomes of the test, not a failed import.
    from .labpage import lab_page

    quick_copy("02_convolutions.ipynb", tmp_path)
    with lab_page(tmp_path) as lab:
        assert lab.open_file_browser() == ["02_convolutions.ipynb"]
        lab.open("02_convolutions.ipynb")
        assert lab.dialogs() == []

        lab.run_all()
        assert lab.errors() == {}
        lab.wait_for_text("check-output_size", "not attempted")

        first = lab.picture("kernel-bench")
        lab.move_slider("kernel-bench", "column", "ArrowLeft")
        second = lab.changed_picture("kernel-bench", first)
        assert second.startswith(b"\x89PNG")
        lab.move_slider("kernel-bench", "column", "ArrowRight")
        assert lab.changed_picture("kernel-bench", second) == first

        lab.set_cell_source("output_size", ANSWER)
        lab.run_cell("output_size")
        lab.run_cell("check-output_size")
        lab.wait_for_text("check-output_size", "output_size: public checks passed: correct")
        assert lab.errors() == {}
        assert lab.elsewhere == []
