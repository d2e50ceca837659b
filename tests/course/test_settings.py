import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from coursekit.course.settings import change_settings
from coursekit.errors import CourseError

TABLE = """import math

SETTINGS = {
    "quick": {"steps": 4, "study": {"seeds": 1, "sizes": (2,)}, "kind": "plain"},
    "gpu": {"steps": 400, "study": {"seeds": 5, "sizes": (2, 8)}, "kind": "plain"},
}[PROFILE]
HALF = SETTINGS["steps"] // 2"""


def lesson(code=TABLE):
    """A notebook whose second cell of code holds the settings."""
    cells = [
        new_markdown_cell("SETTINGS"),
        new_code_cell("%matplotlib inline\nSETTINGS"),
        new_code_cell(code),
    ]
    return new_notebook(cells=cells)


def values(notebook, profile):
    """What the last cell defines when it runs."""
    found = {"PROFILE": profile}
    exec(notebook.cells[-1].source, found)
    return found


def test_a_change_holds_from_the_next_statement_on():
    notebook = lesson()
    change_settings(notebook, "gpu", ["steps=6"])
    found = values(notebook, "gpu")
    assert found["SETTINGS"] == {"steps": 6, "study": {"seeds": 5, "sizes": (2, 8)}, "kind": "plain"}
    assert found["HALF"] == 3


def test_a_dot_reaches_a_setting_inside_another():
    notebook = lesson()
    change_settings(notebook, "gpu", ["study.seeds = 2", "study.sizes=(4, 6, 8)"])
    assert values(notebook, "gpu")["SETTINGS"]["study"] == {"seeds": 2, "sizes": (4, 6, 8)}


def test_text_needs_no_quotes():
    notebook = lesson()
    change_settings(notebook, "quick", ["kind=own"])
    assert values(notebook, "quick")["SETTINGS"]["kind"] == "own"


def test_the_changed_settings_stand_in_the_notebook():
    notebook = lesson()
    change_settings(notebook, "gpu", ["study.seeds=2"])
    assert notebook.cells[-1].source.splitlines()[6:8] == [
        'SETTINGS["study"]["seeds"] = 2',
        'HALF = SETTINGS["steps"] // 2',
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("steps", "'steps' changes no setting: write it as in steps=2."),
        ("step=2", "SETTINGS has no 'step'. There is: steps, study, kind."),
        ("study.x=2", "SETTINGS[\"study\"] has no 'x'. There is: seeds, sizes."),
        ("steps.x=2", "SETTINGS[\"steps\"] has no 'x'."),
        ("steps=two", "'steps=two': SETTINGS[\"steps\"] is of type int, as in steps=400."),
        ("steps=2.5", "'steps=2.5': SETTINGS[\"steps\"] is of type int, as in steps=400."),
        ("steps=", "'steps=': SETTINGS[\"steps\"] is of type int, as in steps=400."),
        (
            "study.sizes=[2]",
            '\'study.sizes=[2]\': SETTINGS["study"]["sizes"] is of type tuple, as in study.sizes=(2, 8).',
        ),
    ],
)
def test_a_change_that_fits_no_setting_gets_one_line(change, message):
    notebook = lesson()
    with pytest.raises(CourseError) as told:
        change_settings(notebook, "gpu", ["steps=1", change])
    assert str(told.value) == message
    assert notebook.cells[-1].source == TABLE


@pytest.mark.parametrize("code", ["SETTINGS = 3", "SETTINGS = {'gpu': {'steps': n}}[PROFILE]", "a = [1"])
def test_a_lesson_without_a_table_of_settings_is_refused(code):
    with pytest.raises(CourseError, match=r"no cell says `SETTINGS = \{\.\.\.\}\[PROFILE\]`"):
        change_settings(lesson(code), "gpu", ["steps=1"])
