import base64
import io
import json
import os

import nbformat
import numpy as np
import pytest
from PIL import Image

from coursekit import __version__
from coursekit.course import build as build_module
from coursekit.course.build import (
    _learner_environment,
    _settle,
    build,
    lesson_notebook,
    notebook_text,
    without_outputs,
)
from coursekit.course.evidence import evidence_path, read_evidence
from coursekit.course.source import read_source
from coursekit.errors import CourseError

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def make(tiny_course):
    """Make the notebook anew from the files, after a change of one of them."""

    def make(change=(), solved=False):
        path = tiny_course / "solutions" / "07_doubling.py"
        if change:
            text = path.read_text(encoding="utf-8")
            assert change[0] in text
            path.write_text(text.replace(*change), encoding="utf-8")
        source = read_source(path)
        return lesson_notebook(source, read_evidence(evidence_path(source.stem, tiny_course)), solved)

    return make


def cell(notebook, name):
    (found,) = (cell for cell in notebook.cells if cell.id == name)
    return found


# the notebook of a lesson


def test_a_learner_gets_stubs(make):
    notebook = make()
    assert cell(notebook, "double").source == 'def double(x):\n    """Twice x."""\n    ...  # your code here'
    assert cell(notebook, "half").source == "half = None  # a number"


def test_an_instructor_gets_solutions_without_marks(make):
    notebook = make(solved=True)
    assert cell(notebook, "double").source == 'def double(x):\n    """Twice x."""\n    return FACTOR * x'
    assert "SOLUTION" not in notebook_text(notebook)


def test_no_solution_and_no_hidden_cell_reaches_the_learner(make):
    text = notebook_text(make())
    assert "FACTOR * x" not in text
    assert "for instructors" not in text
    assert "for instructors" in notebook_text(make(solved=True))


def test_numbers_in_the_text_come_from_the_evidence(make, tiny_course):
    assert "Of 100 people, 80 (80 ± 14.1) can.\nTwo is four. Twice *x*." in make().cells[0].source
    path = evidence_path("07_doubling", tiny_course)
    path.write_text(path.read_text().replace("0.9", "0.5"))
    assert "Of 100 people, 60 (60 ± 14.1) can." in make().cells[0].source


def test_a_number_in_the_text_keeps_its_last_zero(make):
    marks = '<<mean("doubled", 4)|pct>> (<<mean("doubled", 4)|fixed(2)>>'
    assert (
        "Of 100 people, 80 (0.80)"
        in make(('<<mean("doubled", 4)|pct>> (<<cell("doubled", 4)>>', marks)).cells[0].source
    )


def test_code_is_not_taken_for_a_template_but_in_the_setup(make):
    notebook = make()
    assert cell(notebook, "factor").source == "FACTOR = 1 << 1"
    assert "# from https://" in cell(notebook, "setup").source


def test_seconds_in_the_text_are_the_median_of_the_evidence(make):
    text = make(change=("# # Doubling", '# <<cost_s("doubled")|round|int>> s, <<cost_s("doubled")>> s'))
    assert text.cells[0].source.startswith("2 s, 2.0 s\n")


def test_the_package_to_install_is_of_the_version_that_built_the_notebook(make):
    setup = cell(make(change=("from <<repository>>", "<<package>>")), "setup").source
    assert "# coursekit @ git+https://github.com/" in setup
    assert setup.splitlines()[0].endswith(f"@v{__version__}")


def test_badges_lead_to_this_lesson(make):
    text = make(change=("# # Doubling", "# <<badges>>")).cells[0].source
    assert text.count("lessons/07_doubling.ipynb") == 2


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ('<<mean("tripled")>>', "No measurement 'tripled'; there is doubled"),
        ('<<mean("doubled", 3)>>', "not at 3"),
        ('<<notes("end")>>', "No note 'end'"),
        ('<<asks("triple")>>', "no question 'triple'"),
        ("<<nonsense>>", "'nonsense' is undefined"),
        ("<<", "expected token"),
    ],
)
def test_a_number_that_nobody_measured_stops_the_build(make, template, message):
    with pytest.raises(CourseError, match=rf"Lesson 07_doubling, the text that starts '# Triple.*{message}"):
        make(change=("# # Doubling", f"# # Triple {template}"))


def test_every_cell_has_an_id_of_its_own_which_other_cells_do_not_change(make):
    before = [cell.id for cell in make().cells]
    assert len(set(before)) == len(before)
    # Two cells with the same text: the second gets a number.
    assert before[-1] == f"{before[-2]}-2"
    after = [cell.id for cell in make(change=("FACTOR = 1 << 1", "FACTOR = 2")).cells]
    assert after == before
    longer = [
        cell.id for cell in make(change=('# %% name="factor"', '# %%\n1 + 1\n\n# %% name="factor"')).cells
    ]
    assert len(longer) == len(before) + 1
    assert [i for i in longer if i in before] == before


def test_metadata_say_what_the_grader_and_a_screen_reader_need(make):
    notebook = make()
    assert notebook.metadata.coursekit == {"lesson": "07_doubling", "version": 3}
    assert cell(notebook, "double").metadata == {"tags": ["answer"], "coursekit": {"answer": "double"}}
    assert cell(notebook, "parameters").metadata == {"tags": ["parameters"]}
    assert notebook.cells[-2].metadata == {"alt": "A straight line."}
    assert all(c.outputs == [] and c.execution_count is None for c in notebook.cells if c.cell_type == "code")


def test_the_same_source_gives_the_same_valid_text(make):
    text = notebook_text(make())
    assert text == notebook_text(make())
    nbformat.validate(nbformat.reads(text, as_version=4))
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")


def test_a_notebook_without_its_outputs_is_as_if_it_never_ran(make):
    fresh, ran = make(), make()
    ran.cells[1].outputs = [nbformat.v4.new_output("stream", text="hello")]
    ran.cells[1].execution_count = 3
    assert notebook_text(ran) != notebook_text(fresh)
    assert without_outputs(ran) == without_outputs(fresh) == notebook_text(fresh)
    assert ran.cells[1].execution_count == 3


# settling outputs


def settled(*outputs, alt=""):
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.from_dict(output) for output in outputs])
    cell.metadata.update({"execution": {"iopub.status.busy": "now"}, **({"alt": alt} if alt else {})})
    _settle(cell)
    assert "execution" not in cell.metadata
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    return cell.outputs


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def shown(data):
    return {"output_type": "display_data", "metadata": {}, "data": data}


def png(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, format="PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_a_text_that_came_in_pieces_is_one():
    outputs = settled(stream("a\n"), stream("b"), stream("c\n"))
    assert [o.text for o in outputs] == ["a\nbc\n"]


def test_standard_output_and_errors_stay_apart_and_in_order():
    outputs = settled(stream("a"), stream("b", "stderr"), stream("c"))
    assert [(o.name, o.text) for o in outputs] == [("stdout", "a"), ("stderr", "b"), ("stdout", "c")]


def test_a_line_that_was_redrawn_ends_as_it_was_drawn_last():
    outputs = settled(stream("1/3\r"), stream("2/3\r3/3\nnext\r\nend"))
    assert [o.text for o in outputs] == ["3/3\nnext\r\nend"]


def test_a_live_widget_gives_way_to_its_picture():
    view = {"model_id": "random", "version_major": 2, "version_minor": 0}
    (output,) = settled(
        shown({WIDGET: view, "image/png": png(np.zeros((4, 4), "uint8")), "text/plain": "a bench"})
    )
    assert set(output.data) == {"image/png", "text/plain"}


def test_a_widget_without_picture_leaves_nothing():
    view = {"model_id": "random", "version_major": 2, "version_minor": 0}
    assert settled(shown({WIDGET: view, "text/plain": "HBox()"})) == []


def test_a_picture_gets_lighter_and_keeps_its_size_and_colours():
    drawn = np.random.default_rng(0).integers(0, 8, (64, 64, 1)).repeat(3, axis=2).astype("uint8") * 30
    (output,) = settled(shown({"image/png": png(drawn)}))
    light = output.data["image/png"]
    assert len(light) < len(png(drawn))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(light))).convert("RGB")), drawn)
    assert settled(shown({"image/png": png(drawn)}))[0].data["image/png"] == light


def test_a_picture_carries_the_alternative_text_of_its_cell():
    (output,) = settled(shown({"image/png": png(np.zeros((4, 4), "uint8"))}), alt="A square.")
    assert output.metadata["image/png"]["alt"] == "A square."


def test_markdown_has_nothing_to_settle():
    cell = nbformat.v4.new_markdown_cell("text")
    _settle(cell)
    assert cell.source == "text"


# building without running


@pytest.fixture
def built(tiny_course, monkeypatch):
    """The tiny course, built with a run that leaves one output."""
    monkeypatch.setattr(build_module, "BANKS", tiny_course / "banks")

    def run(notebook, folder, profile):
        assert (tiny_course / "banks" / "07_doubling.json").exists(), "the run opens the bank"
        notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text=f"{folder.name} {profile}")]

    monkeypatch.setattr(build_module, "run_notebook", run)
    build(profile="quick", root=tiny_course)
    return tiny_course


def test_build_writes_bank_and_notebook_and_check_agrees(built):
    notebook = nbformat.read(built / "lessons" / "07_doubling.ipynb", as_version=4)
    assert notebook.cells[1].outputs[0].text == "lessons quick"
    paths = build("07", check=True, root=built)
    assert [path.name for path in paths] == ["07_doubling.json", "07_doubling.ipynb"]
    assert all(path.exists() for path in paths)


def test_check_writes_nothing(built):
    target = built / "lessons" / "07_doubling.ipynb"
    before = target.stat().st_mtime_ns, target.read_bytes()
    build("07", check=True, root=built)
    assert (target.stat().st_mtime_ns, target.read_bytes()) == before


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("solutions/07_doubling.py", "# # Doubling", "# # Twice", "07_doubling.ipynb differ"),
        ("solutions/07_doubling_questions.py", "Add?", "Subtract?", "07_doubling.json differ"),
        (
            "solutions/07_doubling_questions.py",
            "Twice *x*",
            "2 *x*",
            "07_doubling.json and 07_doubling.ipynb differ",
        ),
        ("evidence/07_doubling.json", "0.9", "0.5", "07_doubling.json and 07_doubling.ipynb differ"),
        ("lessons/07_doubling.ipynb", "Twice x.", "Three times x.", "07_doubling.ipynb differ"),
        ("banks/07_doubling.json", "Add?", "Subtract?", "07_doubling.json differ"),
    ],
)
def test_check_finds_what_has_drifted_apart(built, file, old, new, stale):
    path = built / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CourseError, match=f"{stale} from the source: run `coursekit build 07`"):
        build("07", check=True, root=built)


def test_check_misses_files_that_are_not_there(built):
    (built / "lessons" / "07_doubling.ipynb").unlink()
    with pytest.raises(CourseError, match=r"07_doubling.ipynb differ"):
        build(check=True, root=built)


def test_other_outputs_are_no_drift(built):
    target = built / "lessons" / "07_doubling.ipynb"
    notebook = json.loads(target.read_text(encoding="utf-8"))
    notebook["cells"][1]["outputs"] = []
    target.write_text(json.dumps(notebook), encoding="utf-8")
    build("07", check=True, root=built)


def test_a_run_does_not_touch_the_builders_own_progress(monkeypatch):
    monkeypatch.setenv("COURSEKIT_PROGRESS", "mine.json")
    monkeypatch.delenv("COURSEKIT_PROFILE", raising=False)
    with _learner_environment("quick"):
        assert os.environ["COURSEKIT_PROFILE"] == "quick"
        assert os.environ["COURSEKIT_PROGRESS"] != "mine.json"
    assert os.environ["COURSEKIT_PROGRESS"] == "mine.json"
    assert "COURSEKIT_PROFILE" not in os.environ
