import ast

import pytest

from coursekit.course.source import (
    Cell,
    course_root,
    cut_solution,
    defined_names,
    find_source,
    lesson_stems,
    read_source,
    resolve_lesson,
    without_magics,
    without_marks,
    without_unused_imports,
)
from coursekit.errors import CourseError


@pytest.fixture
def lesson(tiny_course):
    return read_source(tiny_course / "solutions" / "07_doubling.py")


def replace_in(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# cutting


def test_inside_a_function_the_solution_becomes_a_stub_at_its_indent():
    source = "def f(x):\n    '''Doc.'''\n    # BEGIN SOLUTION\n    y = x\n    return y\n    # END SOLUTION\n"
    assert cut_solution(source) == "def f(x):\n    '''Doc.'''\n    ...  # your code here"


def test_at_the_left_margin_the_solution_leaves_no_trace():
    source = "v = None  # a number\n# BEGIN SOLUTION\nv = 3\n# END SOLUTION"
    assert cut_solution(source) == "v = None  # a number"


def test_two_solutions_in_a_cell_are_both_cut():
    begin, end = "# BEGIN SOLUTION", "# END SOLUTION"
    source = f"{begin}\nsecret = 1\n{end}\ndef f():\n  {begin}\n  return secret\n  {end}"
    assert cut_solution(source) == "def f():\n  ...  # your code here"


def test_a_cell_without_solution_stays_as_it_is():
    assert cut_solution("a = 1\n\nb = 2") == "a = 1\n\nb = 2"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("# BEGIN SOLUTION\nx = 1", "without # END SOLUTION"),
        ("x = 1\n# END SOLUTION", "# END SOLUTION where the other mark was expected"),
        ("# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION", "# BEGIN SOLUTION where the other mark"),
    ],
)
def test_marks_that_do_not_alternate_are_refused(source, message):
    with pytest.raises(CourseError, match=message):
        cut_solution(source)


def test_the_solved_cell_has_no_marks():
    assert (
        without_marks("def f():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION")
        == "def f():\n    return 1"
    )


# reading


def test_a_lesson_is_read_with_its_cells_questions_and_header(lesson):
    assert (lesson.stem, lesson.title, lesson.version) == ("07_doubling", "Doubling", 3)
    assert [question.name for question in lesson.questions] == ["double", "half", "which"]
    assert lesson.withheld_modules == ["coursekit.doubling"]
    assert lesson.cell("double").tags == ("answer",)
    assert lesson.cells[-2].alt == "A straight line."


def test_the_id_of_a_cell_is_its_name_or_follows_its_text_alone():
    assert Cell("code", "x = 1", name="first").id == "first"
    assert Cell("code", "x = 1").id == Cell("code", "x = 1", alt="A line.").id
    assert Cell("code", "x = 1").id != Cell("code", "x = 2").id


def test_unknown_cells_and_questions_are_named(lesson):
    with pytest.raises(CourseError, match="no cell named 'triple'"):
        lesson.cell("triple")
    with pytest.raises(CourseError, match="no question 'triple'; it has double, half, which"):
        lesson.question("triple")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "07_doubling.py",
            "#     title: Doubling\n",
            "",
            "needs a header with `coursekit:`, `title:` and `version:`",
        ),
        ("07_doubling.py", 'name="factor"', 'name="numpy"', "more than one cell named numpy"),
        ("07_doubling.py", 'name="half" tags=["answer"]', 'name="half"', r"only questions \['half'\]"),
        (
            "07_doubling_questions.py",
            'name="half"',
            'name="third"',
            r"only cells \['half'\], only questions \['third'\]",
        ),
    ],
)
def test_a_lesson_that_does_not_fit_together_is_refused(tiny_course, file, old, new, message):
    replace_in(tiny_course / "solutions" / file, old, new)
    with pytest.raises(CourseError, match=message):
        read_source(tiny_course / "solutions" / "07_doubling.py")


@pytest.mark.parametrize("wanted", ["07", "7", "07_doubling", "lessons/07_doubling.ipynb"])
def test_a_lesson_is_found_by_number_stem_or_path(tiny_course, wanted):
    assert find_source(wanted, tiny_course) == tiny_course / "solutions" / "07_doubling.py"


@pytest.mark.parametrize("wanted", ["08", "doubling", "07_doubling_questions", ""])
def test_an_unknown_lesson_is_answered_by_those_that_exist(tiny_course, wanted):
    with pytest.raises(CourseError, match=r"There is: 07_doubling."):
        find_source(wanted, tiny_course)


def test_files_of_questions_are_no_lessons(tiny_course):
    assert lesson_stems(tiny_course) == ["07_doubling"]


@pytest.mark.parametrize("wanted", ["02", "²", "2_a"])
def test_a_lesson_that_is_not_exactly_one_is_answered_by_those_that_exist(wanted):
    with pytest.raises(CourseError, match=rf"Unknown lesson '{wanted}'. There is: 02_a, 02_b"):
        resolve_lesson(wanted, ["02_a", "02_b"])


def test_a_course_without_solutions_says_who_has_them(tmp_path):
    with pytest.raises(CourseError, match="no solutions/ folder here: ask your instructor"):
        find_source("07", tmp_path)


def test_the_course_is_found_from_a_folder_inside_it(tiny_course, monkeypatch):
    monkeypatch.chdir(tiny_course / "lessons")
    assert course_root() == tiny_course


# preparation


def test_an_answer_is_prepared_by_imports_and_the_cells_that_it_needs(lesson):
    names = {q.name: [cell.name for cell in lesson.preparation(q)] for q in lesson.questions}
    assert names == {"double": ["numpy", "factor"], "half": ["numpy"], "which": ["numpy"]}


def test_an_import_that_nobody_uses_is_left_out(lesson):
    question = lesson.question("double")
    assert lesson.preparation_code(question, "double = lambda x: 2 * x")[0] == "pass"
    assert (
        lesson.preparation_code(question, "double = lambda x: np.add(x, x)")[0] == "pass\nimport numpy as np"
    )


def test_an_import_can_be_withheld(lesson):
    code = lesson.preparation_code(lesson.question("double"), "np, colorsys", without=["numpy"])
    assert code[0] == "pass\nimport colorsys"


@pytest.mark.parametrize(
    ("source", "other", "kept"),
    [
        ("import os.path", "os", "import os.path"),
        ("import os.path as p", "os", ""),
        ("from os import path, sep", "sep", "from os import sep"),
        ("from os import *", "", "from os import *"),
        ("import os\nprint(os)", "", "import os\nprint(os)"),
        ("import os", "not Python: %% os", "import os"),
        ("import os", "osmosis", ""),
        ("def f():\n    import os", "", "def f():\n    import os"),
    ],
)
def test_imports_stay_where_their_name_occurs(source, other, kept):
    assert without_unused_imports(source, other) == kept


@pytest.mark.parametrize("without", ["os", "os.path"])
def test_a_withheld_module_is_not_imported_by_any_way(without):
    assert without_unused_imports("from os import path", "path", [without]) == ""


def test_lines_that_only_ipython_understands_become_pass():
    code = without_magics("%matplotlib inline\nx = 7 % 2\nif x:\n    !ls\n")
    ast.parse(code)
    assert code == "pass\nx = 7 % 2\nif x:\n    pass\n"


CONTINUED = "def helper(x):\n    return (100\n  % x)\n"


def test_a_continued_line_that_begins_with_percent_is_no_magic():
    assert without_magics(CONTINUED) == CONTINUED
    assert defined_names(CONTINUED) == {"helper"}


def test_defined_names_are_those_of_imports_functions_classes_and_assignments():
    source = (
        "import a.b, c as d\nfrom e import f\ndef g(): h = 1\nclass I: pass\nfor j, k in l: m += 1\n%n = 3\n"
    )
    assert defined_names(source) == {"a", "d", "f", "g", "h", "I", "j", "k", "m"}


def test_text_that_is_no_python_defines_nothing():
    assert defined_names("def f(:") == set()
