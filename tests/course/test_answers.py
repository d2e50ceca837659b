import numpy as np
import pytest

from coursekit.course.answers import Reference, as_answer, replies_of
from coursekit.course.questions import Probe
from coursekit.course.source import read_source
from coursekit.errors import CourseError


@pytest.fixture
def lesson(tiny_course):
    return read_source(tiny_course / "solutions" / "07_doubling.py")


# the reference


def test_the_reference_answers_its_probes_with_the_needed_cells(lesson):
    probes = Reference(lesson).probes(lesson.question("double"), np.random.default_rng(1))
    assert len(probes) == 2
    for probe in probes:
        assert np.array_equal(probe.expected, 2 * probe.args[0])


def test_a_variable_is_asked_from_the_question_or_the_solved_cell(lesson):
    reference = Reference(lesson)
    rng = np.random.default_rng(0)
    assert [p.expected for p in reference.probes(lesson.question("half"), rng)] == [0.5]
    assert [p.expected for p in reference.probes(lesson.question("which"), rng)] == ["b"]


def test_wrong_answers_reply_in_the_order_of_the_question(lesson):
    question, reference = lesson.question("double"), Reference(lesson)
    probes = reference.probes(question, np.random.default_rng(1))
    same, grown = reference.wrong_answers(question, probes)
    assert np.array_equal(same.replies[0].value, probes[0].args[0])
    assert grown.message == "Arrays can't grow."
    assert all(reply.error.startswith("AttributeError") for reply in grown.replies)


def test_a_reference_that_fails_on_its_own_probe_is_the_authors_error(tiny_course):
    path = tiny_course / "solutions" / "07_doubling.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("return FACTOR * x", "return x.no"), encoding="utf-8")
    lesson = read_source(path)
    with pytest.raises(CourseError, match="reference of 'double' fails on its own probe: AttributeError"):
        Reference(lesson).probes(lesson.question("double"), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("lambda x: x", "f = lambda x: x"),
        ("f = 3", "f = 3"),
        ("import os\ndef f(x): pass", "import os\ndef f(x): pass"),
        ("def fast(x): pass", "f = def fast(x): pass"),
    ],
)
def test_an_expression_gets_the_name_of_the_answer(code, answer):
    assert as_answer("f", code) == answer


# calling answers


def test_an_answer_gets_copies_of_the_arguments():
    array = np.zeros(3)

    def spoil(x):
        x += 1
        return x

    first, second = replies_of(spoil, True, [Probe((array,)), Probe((array,))])
    assert np.array_equal(array, [0, 0, 0])
    assert np.array_equal(first.value, second.value)


def test_a_reply_is_a_copy_too():
    kept = np.zeros(2)

    def same_array_every_time(x):
        kept[:] = x
        return kept

    replies = replies_of(same_array_every_time, True, [Probe((1,)), Probe((2,))])
    assert [reply.value.tolist() for reply in replies] == [[1, 1], [2, 2]]


@pytest.mark.parametrize("answer", [None, ..., lambda x: None, lambda x: ...])
def test_none_and_ellipsis_are_replies_without_value(answer):
    assert [(r.value, r.error) for r in replies_of(answer, True, [Probe((1,))])] == [(None, "")]


def test_an_error_is_one_line_with_the_line_of_the_learners_cell():
    namespace = {}
    source = "def f(x):\n    y = x\n    return int('two\\nlines')\n"
    exec(compile(source, "<cell 5>", "exec"), namespace)
    (reply,) = replies_of(namespace["f"], True, [Probe((1,))])
    assert (
        reply.error
        == r"ValueError: invalid literal for int() with base 10: 'two\nlines' (line 3 of your cell)"
    )


def test_an_error_inside_a_library_names_the_learners_line_that_called_it():
    namespace = {"np": np}
    exec(compile("def f(x):\n    return np.reshape(x, (7, 7))\n", "<cell 6>", "exec"), namespace)
    (reply,) = replies_of(namespace["f"], True, [Probe((np.zeros(3),))])
    assert reply.error.endswith("(line 2 of your cell)")


def test_leaving_the_program_is_an_error_like_any_other():
    (reply,) = replies_of(lambda x: exit(3), True, [Probe((1,))])
    assert reply.error.startswith("SystemExit: 3")


def test_a_keyboard_interrupt_is_not_swallowed():
    def stop(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replies_of(stop, True, [Probe((1,))])


def test_what_an_answer_prints_is_seen_once_and_not_for_each_probe(capsys):
    def talkative(x):
        print("x is", x)
        return x

    replies = replies_of(talkative, True, [Probe((number,)) for number in range(9)])
    assert capsys.readouterr().out == "x is 0\n"
    assert [reply.value for reply in replies] == list(range(9))


def test_an_error_in_a_later_probe_leaves_the_output_as_it_was(capsys):
    first, second = replies_of(lambda x: 1 / x, True, [Probe((1,)), Probe((0,))])
    print("after")
    assert first.value == 1
    assert second.error.startswith("ZeroDivisionError")
    assert capsys.readouterr().out == "after\n"
