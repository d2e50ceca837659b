import json
import os

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from coursekit.course.run import find_notebook, run
from coursekit.errors import CourseError


def write(path, *cells, parameters=True):
    """A small lesson; the cells after the parameters are given as code."""
    first = [
        new_code_cell('PROFILE = "standard"\nSEED = 0', id="parameters", metadata={"tags": ["parameters"]})
    ]
    body = [new_code_cell(code, id=f"cell-{number}") for number, code in enumerate(cells)]
    notebook = new_notebook(cells=[new_markdown_cell("# A lesson"), *(first if parameters else []), *body])
    nbformat.write(notebook, path)
    return path


def printed(path):
    cells = nbformat.read(path, as_version=4).cells
    return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course folder with two lessons, and we stand in it."""
    (tmp_path / "coursekit").mkdir()
    (tmp_path / "lessons").mkdir()
    write(tmp_path / "lessons" / "02_convolutions.ipynb", "print(PROFILE, SEED)")
    write(tmp_path / "lessons" / "03_deep_networks.ipynb", "print(PROFILE, SEED)")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name", ["02", "2", "02_convolutions", "02_convolutions.ipynb", "lessons/02_convolutions.ipynb"]
)
def test_a_lesson_is_found_by_number_stem_and_path(course, name):
    assert find_notebook(name) == course / "lessons" / "02_convolutions.ipynb"


@pytest.mark.parametrize("name", ["04", "convolutions", "2_convolutions", ""])
def test_an_unknown_lesson_gets_one_line_with_those_that_exist(course, name):
    with pytest.raises(CourseError) as told:
        find_notebook(name)
    assert str(told.value) == f"Unknown lesson {name!r}. There is: 02_convolutions, 03_deep_networks."


def test_a_path_that_does_not_exist_is_named(course):
    with pytest.raises(CourseError, match=r"no file elsewhere/02_convolutions\.ipynb"):
        find_notebook("elsewhere/02_convolutions.ipynb")


def test_an_unknown_profile_gets_one_line_with_those_that_exist(course):
    with pytest.raises(CourseError, match=r"Unknown profile 'fast': choose one of quick, standard, gpu\."):
        run("02", profile="fast")


def test_a_notebook_without_parameters_is_refused_before_anything_runs(tmp_path):
    path = write(tmp_path / "notes.ipynb", "1", parameters=False)
    with pytest.raises(CourseError, match="no cell tagged `parameters`"):
        run(str(path), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', "\x00\x01"])
def test_a_damaged_notebook_gets_one_line(tmp_path, text):
    path = tmp_path / "damaged.ipynb"
    path.write_text(text)
    with pytest.raises(CourseError, match=r"damaged\.ipynb is not a readable notebook") as told:
        run(str(path), out=tmp_path / "out")
    assert "\n" not in str(told.value)


def test_profile_and_seed_reach_the_lesson_and_two_files_are_written(course):
    result = run("02", profile="quick", seed=7)
    assert result.notebook == course / "runs" / "02_convolutions-quick-seed7.ipynb"
    assert printed(result.notebook) == "quick 7\n"
    assert "quick 7" in result.html.read_text(encoding="utf-8")


def test_without_a_seed_the_lesson_keeps_its_own(course):
    assert printed(run("03", profile="gpu").notebook) == "gpu 0\n"


def test_changed_settings_reach_the_lesson_and_a_run_as_it_is_stays_beside_it(course):
    code = 'SETTINGS = {"quick": {"steps": 4}, "gpu": {"steps": 400}}[PROFILE]\nprint(SETTINGS["steps"])'
    write(course / "lessons" / "05_x.ipynb", code)
    result = run("05", profile="gpu", settings=["steps=2"])
    assert result.notebook == course / "runs" / "05_x-gpu-changed.ipynb"
    assert printed(result.notebook) == "2\n"


def test_an_unknown_setting_is_refused_before_anything_runs(course):
    write(course / "lessons" / "05_x.ipynb", 'SETTINGS = {"gpu": {"steps": 400}}[PROFILE]')
    with pytest.raises(CourseError, match=r"SETTINGS has no 'epochs'\. There is: steps\."):
        run("05", profile="gpu", settings=["epochs=2"])
    assert not (course / "runs").exists()


def test_a_lesson_runs_in_its_own_folder_and_leaves_the_progress_alone(course, monkeypatch):
    mine = course / "progress.json"
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(mine))
    code = "import os; print(os.getcwd()); open(os.environ['COURSEKIT_PROGRESS'], 'w').write('{}')"
    path = write(course / "lessons" / "05_x.ipynb", code)
    result = run(str(path), out=course / "elsewhere")
    assert printed(result.notebook) == f"{course / 'lessons'}\n"
    assert not mine.exists()
    assert os.environ["COURSEKIT_PROGRESS"] == str(mine)


def test_a_failing_cell_is_named_and_what_ran_is_kept(course):
    path = write(
        course / "lessons" / "06_x.ipynb",
        "print('before')",
        "# why\nvalue = 1 / 0\nmore = 2",
        "print('after')",
    )
    with pytest.raises(CourseError) as told:
        run(str(path), profile="quick")
    assert str(told.value) == (
        "Cell 'cell-1' (value = 1 / 0) failed: ZeroDivisionError: division by zero. "
        "What ran is in runs/06_x-quick.ipynb."
    )
    assert printed(course / "runs" / "06_x-quick.ipynb") == "before\n"
    assert "ZeroDivisionError" in (course / "runs" / "06_x-quick.html").read_text(encoding="utf-8")


def test_a_cell_that_kills_its_kernel_is_named(course):
    path = write(course / "lessons" / "07_x.ipynb", "print('before')", "import os; os._exit(1)")
    with pytest.raises(CourseError, match=r"Cell 'cell-1' \(import os; os\._exit\(1\)\) ended the kernel"):
        run(str(path), profile="quick")
    assert printed(course / "runs" / "07_x-quick.ipynb") == "before\n"


def test_a_folder_that_can_not_be_written_gets_one_line(course):
    (course / "taken").write_text("a file")
    with pytest.raises(CourseError, match="Can't write into taken"):
        run("02", out=course.relative_to(course) / "taken")


def test_the_input_notebook_is_left_as_it_was(course):
    path = course / "lessons" / "02_convolutions.ipynb"
    before = path.read_bytes()
    run("02", profile="quick")
    assert path.read_bytes() == before
    assert json.loads(before)["nbformat"] == 4
