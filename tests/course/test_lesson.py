import json
import linecache
import sys

import numpy as np
import pytest

from coursekit.course import bank as bank_module
from coursekit.course.bank import bank_data
from coursekit.course.evidence import evidence_path, read_evidence
from coursekit.course.lesson import Lesson, open_lesson
from coursekit.course.source import read_source
from coursekit.errors import CourseError

STEM = "07_doubling"


@pytest.fixture(autouse=True)
def progress_file(tiny_course, tmp_path, monkeypatch):
    """The bank of the tiny lesson in place, and a progress file of this test's own."""
    folder = tmp_path / "banks"
    folder.mkdir()
    source = read_source(tiny_course / "solutions" / f"{STEM}.py")
    bank = bank_data(source, read_evidence(evidence_path(STEM, tiny_course)))
    (folder / f"{STEM}.json").write_text(json.dumps(bank), encoding="utf-8")
    monkeypatch.setattr(bank_module, "BANKS", folder)
    monkeypatch.chdir(tiny_course)
    path = tmp_path / "home" / "progress.json"
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(path))
    return path


@pytest.fixture
def lesson():
    return open_lesson(STEM)


_cells = iter(range(1000))


def run_cell(source, namespace):
    """Run a cell as IPython does: its text is kept under the file name that its functions carry."""
    name = f"<test cell {next(_cells)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), namespace)
    return namespace


def twice(x):
    return 2 * x


# the four outcomes


def test_a_right_function_is_correct(lesson):
    note = lesson.check("double", twice)
    assert repr(note) == "✔ double: public checks passed: correct\nAs planned."


def test_a_right_variable_is_correct(lesson):
    assert "✔ half: public checks passed: correct" in repr(lesson.check("half", 0.5))


def test_a_wrong_function_hears_what_was_expected_and_what_came(lesson):
    text = repr(lesson.check("double", lambda x: 2 * x + (x.ndim == 1)))
    assert text.startswith(
        "✘ double: not yet\nFor three numbers: The shape (3,) is right, the values are not: at (0,)"
    )
    assert "Example: double([" in text
    assert "expected [" in text
    assert "yours gave [" in text


def test_a_typical_mistake_hears_its_message(lesson):
    assert "not yet\nThat is x itself." in repr(lesson.check("double", lambda x: x))
    assert "not yet\nThat is its inverse." in repr(lesson.check("half", 2))
    assert "raised\nArrays can't grow. (AttributeError" in repr(lesson.check("double", lambda x: x.append(x)))


def test_a_wrong_variable_gives_no_example_and_a_quiz_no_answer_away(lesson):
    assert repr(lesson.check("which", "z")) == "✘ which: not yet\nChoose one of 'a', 'b'; 'z' came."
    assert "Example" not in repr(lesson.check("half", 3))


def test_an_error_names_the_line_of_the_learners_cell(lesson):
    cell = run_cell(
        "def helper(x):\n    return int('no')\n\ndef double(x):\n    y = x\n    return helper(y)\n", {}
    )
    text = repr(lesson.check("double", cell["double"]))
    assert text.startswith(
        "⚠ double: raised\nValueError: invalid literal for int() with base 10: 'no' (line 2 of"
    )


@pytest.mark.parametrize("answer", [None, ..., lambda x: None, lambda x: ...])
def test_a_stub_is_not_attempted(lesson, answer):
    assert repr(lesson.check("double", answer)).startswith("○ double: not attempted\nIt returns nothing yet.")


@pytest.mark.parametrize("answer", [None, ...])
def test_a_variable_without_value_is_not_attempted(lesson, answer):
    assert repr(lesson.check("half", answer)) == "○ half: not attempted\nIt has no value yet."


def test_pictures_are_shown_side_by_side_where_they_tell_more(lesson):
    note = lesson.check("double", lambda x: 3 * x)
    assert note._repr_html_().count("<img ") == 3
    assert "<figcaption>difference (4, 5)</figcaption>" in note._repr_html_()
    other_shape = lesson.check("double", lambda x: np.ones((7, 7)))._repr_html_()
    assert other_shape.count("<img ") == 2
    assert "<img" not in lesson.check("double", lambda x: 3.0)._repr_html_()
    assert note._repr_html_().endswith("red: positive</div></div>"), "inside the frame"


# what a learner's function can do


def test_a_function_that_spoils_its_argument_spoils_nothing_else(lesson):
    def spoil(x):
        x *= 2
        return x

    assert "correct" in repr(lesson.check("double", spoil))
    assert "correct" in repr(lesson.check("double", spoil))
    assert "correct" in repr(lesson.check("double", twice))


class Tensor:
    """What a Keras tensor is to us: something that NumPy can read."""

    def __init__(self, array):
        self._array = array

    def __array__(self, dtype=None, copy=None):
        return self._array


class Trap:
    """Something that can't be read, compared or shown."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no array")

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    __hash__ = None

    def __repr__(self):
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: Tensor(2 * x),
        lambda x: (2 * x).tolist(),
        lambda x: tuple((2 * x).tolist()),
        lambda x: (2 * x).astype("float32"),
    ],
    ids=["tensor", "list", "tuple", "float32"],
)
def test_a_right_answer_in_another_container_is_right(lesson, answer):
    assert "correct" in repr(lesson.check("double", answer))


def endless():
    loop = []
    loop.append(loop)
    return loop


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda x: [2 * x, [x]], "not yet\nA number or an array was expected, a list came."),
        (lambda x: {"result": 2 * x}, "not yet\nA number or an array was expected, a dict came."),
        (lambda x: {1: x}, "raised\nTypeError: your answer is a dictionary with keys that are not text."),
        (lambda x: "2x", "not yet\nA number or an array was expected, text came."),
        (lambda x: x * np.nan, "not yet\nYour result contains NaN or infinity."),
        (lambda x: x > 0, "not yet\nNumbers were expected, True and False came."),
        (lambda x: x[..., None], "not yet\nThe shape should be (4, 5), yours is (4, 5, 1)."),
        (lambda x: object(), "raised\nTypeError: your answer is a object, which is neither a number"),
        (lambda x: (2 * v for v in x), "raised\nTypeError: your answer is a generator, which is neither"),
        (lambda x: twice, "raised\nTypeError: your answer is a function, which is neither"),
        (lambda x: endless(), "raised\nTypeError: your answer is nested more than 16 levels deep."),
        (lambda x: np.array([x, None], dtype=object), "raised\nTypeError: your answer is an array of object"),
        (lambda x: np.zeros((9000, 9000), "uint8"), "raised\nTypeError: your answer is an array of 77 MiB"),
        (lambda x: Trap(), "raised\nRuntimeError: no array"),
        (lambda x: [Trap()], "raised\nRuntimeError: no array"),
        (lambda x: 1 / 0, "raised\nZeroDivisionError: division by zero"),
        (lambda: 3, "raised\nTypeError: "),
        (lambda x: exit(), "raised\nSystemExit"),
        (5, "raised\nTypeError: 'int' object is not callable"),
        (np.zeros(3), "raised\nTypeError: 'numpy.ndarray' object is not callable"),
        ("double", "raised\nTypeError: 'str' object is not callable"),
    ],
)
def test_an_odd_answer_gets_one_clear_line_and_no_traceback(lesson, answer, says):
    note = lesson.check("double", answer)
    assert says in repr(note)
    assert "Traceback" not in repr(note) + note._repr_html_()


def test_recursion_without_end_is_raised(lesson):
    def again(x):
        return again(x)

    assert "raised\nRecursionError" in repr(lesson.check("double", again))


@pytest.mark.parametrize("answer", [Trap(), object(), (i for i in "ab"), {1, 2}])
def test_an_odd_variable_gets_one_clear_line(lesson, answer):
    assert "half: raised\n" in repr(lesson.check("half", answer))


@pytest.mark.parametrize("ask", ["check", "hint", "solution", "use"])
@pytest.mark.parametrize("name", ["dubble", "", twice, None])
def test_an_unknown_question_is_one_line_with_those_that_exist(lesson, ask, name):
    more = {"check": (twice,), "use": (twice, twice)}.get(ask, ())
    with pytest.raises(CourseError) as error:
        getattr(lesson, ask)(name, *more)
    assert str(error.value) == f"This lesson has no question {name!r}. It has: double, half, which."
    # IPython asks the error itself what to show.
    assert error.value._render_traceback_() == [f"CourseError: {error.value}"]


# names from other cells


def test_a_global_from_another_cell_is_reported(lesson):
    namespace = run_cell("factor = 2\n", {})
    run_cell("def double(x):\n    return factor * x\n", namespace)
    text = repr(lesson.check("double", namespace["double"]))
    assert "correct" in text
    assert "But: it uses `factor` from another cell." in text


def test_a_global_inside_a_nested_function_is_reported(lesson):
    namespace = run_cell("factor = 2\n", {})
    run_cell("def double(x):\n    return (lambda: [factor for _ in 'a'][0])() * x\n", namespace)
    assert "it uses `factor`" in repr(lesson.check("double", namespace["double"]))


@pytest.mark.parametrize(
    "cell",
    [
        "def times(x):\n    return 2 * x\n\ndef double(x):\n    return times(x)\n",
        "import math\ndouble = lambda x: math.sqrt(4) * x\n",
        "two = 2\ndef double(x):\n    return two * x\n",
        "def double(x):\n    return np.multiply(FACTOR, x)\n",
        "def double(x):\n    return sum([x, x])\n",
    ],
    ids=["helper", "import", "variable", "prepared by the grader", "builtin"],
)
def test_what_the_same_cell_or_the_grader_defines_is_no_stranger(lesson, cell):
    namespace = run_cell(cell, {"np": np, "FACTOR": 2})
    text = repr(lesson.check("double", namespace["double"]))
    assert "correct" in text
    assert "But:" not in text


def test_a_continued_line_that_begins_with_percent_makes_no_strangers(lesson):
    helper = "def rest(x):\n    return (2 * x\n    % 1e9)\n"
    cell = f"{helper}\ndef double(x):\n    return np.sign(x) * rest(abs(x))\n"
    text = repr(lesson.check("double", run_cell(cell, {"np": np})["double"]))
    assert "correct" in text
    assert "But:" not in text


def test_strangers_in_a_wrong_answer_are_not_the_first_thing_to_hear(lesson):
    namespace = run_cell("factor = 3\n", {})
    run_cell("def double(x):\n    return factor * x\n", namespace)
    assert "another cell" not in repr(lesson.check("double", namespace["double"]))


def test_a_cell_whose_text_nobody_kept_is_not_suspected(lesson):
    # IPython keeps none under `%%time`: a helper in the same cell would look like a stranger.
    namespace = {}
    exec(
        compile("def helper(x): return 2 * x\ndef double(x): return helper(x)", "<timed exec>", "exec"),
        namespace,
    )
    assert "But:" not in repr(lesson.check("double", namespace["double"]))


@pytest.fixture
def shell(lesson, monkeypatch):
    """A real IPython with the lesson open; `run` runs a cell and gives the note that it assigns."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    # IPython puts its own module in this place.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    shell.user_ns.update(lesson=lesson, np=np)

    def run(*cells):
        for cell in cells:
            shell.run_cell(cell).raise_error()
        return repr(shell.user_ns["note"])

    return run


CHECK = "note = lesson.check('double', double)"


def test_in_ipython_strangers_are_told_from_helpers_of_the_same_cell(shell):
    cell = "%pwd\ndef helper(x):\n    return x\n\ndef double(x):\n    return factor * helper(x)"
    text = shell("factor = 2", cell, CHECK)
    assert "it uses `factor` from another cell" in text


def test_in_ipython_a_timed_cell_is_not_suspected(shell):
    text = shell("%%time\ndef helper(x):\n    return 2 * x\n\ndef double(x):\n    return helper(x)", CHECK)
    assert "correct" in text
    assert "But:" not in text


def test_in_ipython_an_error_names_the_line_of_the_cell(shell):
    assert "(line 3 of your cell)" in shell("def double(x):\n    y = x\n    return int('no')", CHECK)


# use


def test_a_passing_answer_is_used_and_else_the_courses_own(lesson, capsys):
    ours = object()
    assert lesson.use("double", twice, ours) is twice
    assert capsys.readouterr().out == "From here on `double` is yours.\n"
    for answer in (None, lambda x: x, lambda x: 1 / 0, lambda x: Trap(), 7):
        assert lesson.use("double", answer, ours) is ours
        assert capsys.readouterr().out == "From here on `double` is the course’s own version.\n"


def test_use_is_no_check_and_leaves_no_record(lesson):
    lesson.use("double", twice, twice)
    assert "0 of 3" in repr(lesson.progress())


# hints, solution, progress


def test_hints_go_one_step_further_and_stop_at_the_last(lesson):
    heard = [repr(lesson.hint("double")) for _ in range(5)]
    assert heard[:3] == ["Hint 1 of 3\nAdd?", "Hint 2 of 3\nMultiply!", "Hint 3 of 3\n`FACTOR * x`"]
    assert heard[3] == heard[4] == f"{heard[2]}\nThis was the last hint: there are no further ones."


def test_hints_are_remembered_when_the_lesson_is_opened_again(lesson):
    lesson.hint("double")
    assert "Hint 2 of 3" in repr(open_lesson(STEM).hint("double"))


def test_code_in_a_hint_is_set_as_code(lesson):
    for _ in range(3):
        note = lesson.hint("double")
    assert "<code>FACTOR * x</code>" in note._repr_html_()


def test_a_question_without_hints_says_so(lesson):
    assert "no hints" in repr(lesson.hint("half"))
    assert "no hints" in repr(lesson.hint("half"))


def test_a_solution_is_shown_where_solutions_are(lesson):
    note = lesson.solution("double")
    assert "return FACTOR * x" in repr(note)
    assert "SOLUTION" not in repr(note)
    assert "<pre><code>def double(x):" in note._repr_html_()


def test_without_solutions_it_says_who_has_them(lesson, tiny_course):
    (tiny_course / "solutions").rename(tiny_course / "elsewhere")
    text = repr(lesson.solution("double"))
    assert "ask your instructor" in text
    assert "lesson.hint('double')" in text


def test_progress_lists_the_last_outcome_of_each_question_across_instances(lesson):
    lesson.check("double", twice)
    lesson.check("half", 3)
    lesson.check("which", 1 / 3)
    lines = repr(open_lesson(STEM).progress()).splitlines()
    assert lines == [
        "1 of 3 public checks passed",
        "✔ double: correct",
        "✘ half: not yet",
        "✘ which: not yet",
    ]
    lesson.check("double", None)
    assert "0 of 3 public checks passed" in repr(lesson.progress())


def test_progress_is_never_called_a_mark(lesson):
    lesson.check("double", twice)
    shown = repr(lesson.progress()) + repr(lesson.check("double", twice))
    assert "public checks passed" in shown
    assert "mark" not in shown
    assert "point" not in shown


def test_progress_of_two_lessons_stands_in_one_file(lesson, progress_file):
    progress_file.parent.mkdir(parents=True)
    progress_file.write_text(json.dumps({"01_other": {"a": {"status": "correct"}}}))
    lesson.check("double", twice)
    kept = json.loads(progress_file.read_text())
    assert kept["01_other"] == {"a": {"status": "correct"}}
    assert kept[STEM]["double"]["status"] == "correct"


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "[1, 2]",
        "null",
        "\x00\xff",
        "[" * 100_000,
        json.dumps({STEM: []}),
        json.dumps({STEM: {"double": "correct"}}),
        json.dumps({STEM: {"double": {"status": ["correct"], "hints": "two"}}}),
        json.dumps({STEM: {"double": {"status": "excellent", "hints": -5}}}),
        json.dumps({STEM: {"double": {"status": None, "hints": None}}}),
    ],
    ids=lambda text: text[:40] or "empty",
)
def test_a_damaged_progress_file_breaks_nothing_and_is_mended(lesson, progress_file, damage):
    progress_file.parent.mkdir(parents=True)
    progress_file.write_bytes(damage.encode("latin-1"))
    assert "0 of 3" in repr(lesson.progress())
    assert "Hint 1 of 3" in repr(lesson.hint("double"))
    assert repr(lesson.check("double", twice)).endswith("As planned.")
    assert "1 of 3" in repr(open_lesson(STEM).progress())


def test_a_progress_file_that_cannot_be_written_costs_the_record_only(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    lesson = Lesson(bank_module.load_bank(STEM), tmp_path / "file" / "progress.json")
    text = repr(lesson.check("double", twice))
    assert "✔ double" in text
    assert "(Your progress could not be saved: " in text
    # As long as the notebook runs, it is remembered nevertheless.
    assert "1 of 3" in repr(lesson.progress())
    assert [repr(lesson.hint("double"))[:6] for _ in range(2)] == ["Hint 1", "Hint 2"]


def test_hints_advance_though_the_old_file_has_become_read_only(lesson, progress_file, monkeypatch):
    lesson.hint("double")

    def refuse(*args, **kwargs):
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr("coursekit.course.lesson.write_whole", refuse)
        assert [repr(lesson.hint("double"))[:6] for _ in range(2)] == ["Hint 2", "Hint 3"]
        assert "Read-only file system" in repr(lesson.check("double", twice))
    assert "could not be saved" not in repr(lesson.check("double", twice))
    assert json.loads(progress_file.read_text())[STEM]["double"] == {"hints": 3, "status": "correct"}


def test_a_check_leaves_no_temporary_files(lesson, progress_file):
    lesson.check("double", twice)
    assert [path.name for path in progress_file.parent.iterdir()] == ["progress.json"]


# versions


def test_notebook_and_coursekit_of_the_same_version_open():
    assert repr(open_lesson(STEM, version=3)) == "Lesson 07: Doubling (3 questions)"


def test_an_older_notebook_says_so():
    with pytest.raises(CourseError) as error:
        open_lesson(STEM, version=2)
    assert str(error.value) == (
        "This notebook is version 2 of lesson 07_doubling, your coursekit has version 3: "
        "the notebook is older. Get the notebook that belongs to your coursekit and copy your answers over."
    )


def test_an_older_coursekit_says_so():
    with pytest.raises(
        CourseError, match=r"has version 3: the package is older. Install the coursekit that belongs"
    ):
        open_lesson(STEM, version=4)


def test_a_lesson_that_is_not_there_is_one_line():
    with pytest.raises(CourseError, match=r"no lesson '09_nothing'. It has: 07_doubling"):
        open_lesson("09_nothing")


def test_an_open_lesson_gives_its_evidence(lesson):
    assert lesson.evidence.mean("doubled", 4) == pytest.approx(0.8)


# HTML


EVIL = "<script>alert('`x`')</script>"


@pytest.mark.parametrize(
    "show",
    [
        lambda lesson: lesson.check("which", EVIL),
        lambda lesson: lesson.check("double", lambda x: {EVIL: 1}),
        lambda lesson: lesson.check("double", lambda x: [EVIL]),
        lambda lesson: lesson.check("double", lambda x: {}[EVIL]),
    ],
)
def test_text_from_a_learner_is_escaped_in_html(lesson, show):
    markup = show(lesson)._repr_html_()
    assert "<script" not in markup
    assert markup.count("<div") == markup.count("</div>")
    assert markup.count("<code>") == markup.count("</code>")


def test_text_stays_as_it_is_in_plain_form(lesson):
    assert repr(EVIL) in repr(lesson.check("which", EVIL))


def test_the_courses_own_text_is_escaped_too(lesson):
    assert "Not &lt;b&gt;this&lt;/b&gt;." in lesson.check("which", "a")._repr_html_()


def test_every_outcome_has_a_sign_and_not_only_a_colour(lesson):
    notes = [lesson.check("double", answer) for answer in (twice, lambda x: x, lambda x: 1 / 0, None)]
    assert [repr(note)[0] for note in notes] == ["✔", "✘", "⚠", "○"]
    for note in notes:
        assert repr(note)[0] in note._repr_html_()
