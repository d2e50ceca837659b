import numpy as np
import pytest

from coursekit.course.compare import accuracy, close, exact
from coursekit.course.questions import Probe, Question, Reply, WrongAnswer, judge, plain, quiz

TWO = [Probe((1,), 2), Probe((3,), 6)]
"""Probes of a function that doubles."""


def replies(*values):
    return [value if isinstance(value, Reply) else Reply(value) for value in values]


def test_replies_that_all_hold_are_correct():
    verdict = judge(exact(), TWO, replies(2, 6), [], right="Well done.")
    assert (verdict.status, verdict.message) == ("correct", "Well done.")


def test_the_first_probe_that_fails_is_shown():
    verdict = judge(exact(), TWO, replies(2, 7), [])
    assert verdict.status == "not yet"
    assert (verdict.probe, verdict.args, verdict.expected, verdict.got) == (1, (3,), 6, 7)
    assert verdict.message == "6 was expected, 7 came."


def test_only_none_is_not_attempted():
    verdict = judge(exact(), TWO, replies(None, None), [])
    assert verdict.status == "not attempted"
    assert "is there a `return`?" in verdict.message


def test_a_variable_without_value_is_not_attempted():
    verdict = judge(exact(), [Probe((), 3)], replies(None), [])
    assert (verdict.status, verdict.message) == ("not attempted", "It has no value yet.")


def test_an_answer_that_sometimes_returns_nothing_is_an_attempt():
    verdict = judge(exact(), TWO, replies(2, None), [])
    assert (verdict.status, verdict.probe) == ("not yet", 1)


def test_an_error_is_raised_and_not_unattempted():
    verdict = judge(exact(), TWO, replies(None, Reply(error="ValueError: no")), [])
    assert verdict.status == "not yet"
    verdict = judge(exact(), TWO, replies(Reply(error="ValueError: no"), None), [])
    assert (verdict.status, verdict.message) == ("raised", "ValueError: no")


def test_an_error_behind_a_wrong_value_is_not_the_first_thing_to_hear():
    verdict = judge(exact(), TWO, replies(5, Reply(error="ValueError: no")), [])
    assert (verdict.status, verdict.message) == ("not yet", "2 was expected, 5 came.")


def test_a_typical_wrong_answer_earns_its_message():
    wrong = [
        WrongAnswer(replies(3, 9), "That is three times."),
        WrongAnswer(replies(1, 3), "That is x itself."),
    ]
    verdict = judge(exact(), TWO, replies(1, 3.0), wrong)
    assert (verdict.status, verdict.message) == ("not yet", "That is x itself.")


def test_half_a_likeness_to_a_wrong_answer_earns_nothing():
    wrong = [WrongAnswer(replies(1, 3), "That is x itself.")]
    assert judge(exact(), TWO, replies(1, 4), wrong).message == "2 was expected, 1 came."


def test_a_wrong_answer_in_other_precision_is_recognised():
    # float32 rounds at the seventh digit; what is alike may differ in the fifth.
    probes = [Probe((0,), np.ones(3))]
    third = WrongAnswer(replies(np.full(3, 1 / 3)), "A third.")
    assert judge(close(1e-6), probes, replies(np.full(3, 1 / 3, "float32")), [third]).message == "A third."
    assert judge(close(1e-6), probes, replies(np.full(3, 0.334)), [third]).message != "A third."
    assert judge(close(1e-6), probes, replies(np.full((3, 1), 1 / 3)), [third]).message != "A third."


def test_a_note_says_what_is_special_about_the_call_that_failed():
    probes = [Probe((1,), 2, "one"), Probe((3,), 6, "three")]
    assert judge(exact(), probes, replies(2, 7), []).message == "For three: 6 was expected, 7 came."
    known = [WrongAnswer(replies(2, 7), "One too many.")]
    assert judge(exact(), probes, replies(2, 7), known).message == "One too many."


def test_nan_is_like_nan():
    nan = WrongAnswer(replies(np.array([np.nan])), "0 / 0")
    assert judge(close(0), [Probe((0,), np.ones(1))], replies(np.array([np.nan])), [nan]).message == "0 / 0"


def test_an_error_is_alike_by_its_first_words_and_its_own_words_stay():
    wrong = [
        WrongAnswer(replies(*[Reply(error="ValueError: cannot reshape 35 into 12")] * 2), "Cut off first.")
    ]
    verdict = judge(exact(), TWO, replies(*[Reply(error="ValueError: cannot reshape 8 into 4")] * 2), wrong)
    assert (verdict.status, verdict.message) == (
        "raised",
        "Cut off first. (ValueError: cannot reshape 8 into 4)",
    )
    for other in ("KeyError: cannot reshape", "ValueError: not a number"):
        assert judge(exact(), TWO, replies(*[Reply(error=other)] * 2), wrong).message == other


def test_a_right_answer_is_not_taken_for_a_wrong_one_that_happens_to_agree():
    lucky = [WrongAnswer(replies(2, 6), "Luck.")]
    assert judge(exact(), TWO, replies(2, 6), lucky).status == "correct"


@pytest.mark.parametrize("letter", ["a", "A", " a "])
def test_a_wrong_letter_hears_its_explanation_however_it_is_written(letter):
    wrong = [WrongAnswer(replies("a"), "No.")]
    assert judge(QUIZ.compare, [Probe((), "b")], replies(letter), wrong).message == "No."


def test_true_is_not_like_one():
    wrong = [WrongAnswer(replies(1, 1), "Always one.")]
    assert judge(exact(), TWO, replies(True, True), wrong).message == "2 was expected, True came."


def test_an_ellipsis_is_no_value():
    assert plain(...) is None
    assert plain(0) == 0


def test_probes_are_drawn_from_the_generator_and_a_variable_has_one():
    question = Question("f", "", 1, exact(), probes=lambda rng: [(rng.integers(99),), Probe((1,), 2)])
    first, again = (question.draw(np.random.default_rng(5)) for _ in range(2))
    assert first == again
    assert first[1].expected == 2
    assert Question("v", "", 1, exact()).draw(np.random.default_rng(0)) == [Probe(())]


QUIZ = quiz("q", "What?", {"a": ("this", "No."), "b": ("that", "Yes!"), "c": ("none", "Never.")}, correct="b")


def test_a_quiz_explains_every_option():
    assert QUIZ.right == "Yes!"
    assert QUIZ.wrong == {"'a'": "No.", "'c'": "Never."}
    assert QUIZ.asks == "What?\n\n* **a**: this\n* **b**: that\n* **c**: none"


def test_a_quiz_does_not_tell_its_answer_to_a_letter_that_is_no_option():
    verdict = judge(QUIZ.compare, [Probe((), "b")], replies("d"), [])
    assert verdict.message == "Choose one of 'a', 'b', 'c'; 'd' came."


def test_a_quiz_whose_right_option_is_missing_is_refused():
    with pytest.raises(ValueError, match=r"'z' is not among \['a'\]"):
        quiz("q", "What?", {"a": ("this", "No.")}, correct="z")


def test_comparisons_that_explain_themselves_are_known():
    assert accuracy(0.8).explains
    assert not exact().explains
