import json

import numpy as np
import pytest

from coursekit.course.compare import (
    Comparison,
    accuracy,
    choice,
    close,
    exact,
    group_split,
    kind_of,
    number,
    shown,
)

NO_ARGS = ()
HALF = 0.5


@pytest.mark.parametrize(
    "comparison",
    [close(1e-6, 1e-3), exact(), choice("abc"), accuracy(0.8), group_split(0.1)],
    ids=lambda c: c.kind,
)
def test_a_comparison_survives_the_way_through_a_file(comparison):
    assert Comparison(**json.loads(json.dumps(comparison.spec()))) == comparison


# close


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (1.0, 1.0 + 0.9e-3),
        (1.0, np.float32(1)),
        (1.0, np.array(1.0)),
        (2, 2.0),
        (np.ones((2, 2)), [[1, 1], [1, 1]]),
        (np.ones((2, 2)), np.ones((2, 2), dtype="int8")),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (np.array([np.nan, np.inf]), np.array([np.nan, np.inf])),
        (np.array([True, False]), np.array([True, False])),
    ],
)
def test_close_numbers_and_arrays_hold(expected, got):
    assert close(1e-3)(NO_ARGS, expected, got) is None


def test_close_allows_the_tolerance_and_no_more():
    # One part in a thousand of 2 is 0.002, on top of 0.01.
    compare = close(0.01, rtol=0.001)
    assert compare(NO_ARGS, 2.0, 2.0119) is None
    assert compare(NO_ARGS, 2.0, 2.0121) == "2 was expected, 2.012 came."


@pytest.mark.parametrize(
    ("expected", "got", "message"),
    [
        (1.0, 2.0, "1 was expected, 2 came."),
        (1.0, None, "A number or an array was expected, nothing (`None`) came."),
        (1.0, "one", "A number or an array was expected, text came."),
        (1.0, [[1], [1, 2]], "A number or an array was expected, a list came."),
        (1.0, {"a": 1}, "A number or an array was expected, a dict came."),
        (1.0, True, "Numbers were expected, True and False came."),
        (1.0, np.nan, "Your result contains NaN or infinity."),
        (np.ones(2), np.array([1, np.inf]), "Your result contains NaN or infinity."),
        (np.ones((2, 3)), np.ones((3, 2)), "The shape should be (2, 3), yours is (3, 2)."),
        (np.ones(2), 1.0, "The shape should be (2,), yours is ()."),
        (0.8693412, 0.867, "0.8693 was expected, 0.867 came."),
        ((2.0, 0.5), 2.0, "2 numbers were expected, 2 came."),
        ((2.0, 0.5), (2.0, None), "2 numbers were expected, (2, None) came."),
        ((2.0, 0.5), (2.0, np.array([0.5, 0.5])), "2 numbers were expected, (2, [0.5, 0.5]) came."),
        ((2.0, 0.5), (1, 2.0, 0.5), "2 numbers were expected, (1, 2, 0.5) came."),
        ((2.0, 0.5), {"a": 1}, "2 numbers were expected, {'a': 1} came."),
        (
            np.zeros((2, 2)),
            np.array([[0, 0.1], [-7, 0]]),
            "The shape (2, 2) is right, the values are not: at (1, 0) 0 was expected, -7 came.",
        ),
    ],
)
def test_what_is_not_close_is_said_in_one_sentence(expected, got, message):
    assert close(1e-3)(NO_ARGS, expected, got) == message


def test_numbers_that_look_alike_get_the_digits_that_tell_them_apart():
    message = "0.8693412 was expected, 0.8693 came."
    assert close(1e-9)(NO_ARGS, 0.8693412, 0.8693) == message
    assert close(1e-9)(NO_ARGS, (2.0, 0.8693412), (2.0, 0.8693)).endswith(f"at (1,) {message}")


@pytest.mark.parametrize(
    ("expected", "got", "place"),
    [
        ([np.nan, 1.0], [0.0, 1.0], "at (0,) nan was expected, 0 came"),
        ([np.nan], [1.0], "at (0,) nan was expected, 1 came"),
        ([np.inf, 1.0], [np.inf, 2.0], "at (1,) 1 was expected, 2 came"),
        ([np.nan, 1.0], [np.nan, 1.5], "at (1,) 1 was expected, 1.5 came"),
    ],
)
def test_expected_nan_and_infinity_are_compared_too(expected, got, place):
    assert place in close(1e-3)(NO_ARGS, np.array(expected), np.array(got))


# exact and choice


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (3, 3.0),
        (3, np.array(3)),
        ("c", "c"),
        (None, None),
        ((1, 2), [1, 2]),
        ([(1, "a")], [[1, "a"]]),
        (np.array([1, 2]), [1, 2]),
        (True, True),
    ],
)
def test_equal_values_are_exact(expected, got):
    assert exact()(NO_ARGS, expected, got) is None


@pytest.mark.parametrize(
    ("expected", "got", "message"),
    [
        (3, 4, "3 was expected, 4 came."),
        (1, True, "1 was expected, True came."),
        (True, 1, "True was expected, 1 came."),
        (3, "3", "3 was expected, '3' came."),
        ("c", None, "'c' was expected, None came."),
        (5, 5.5, "5 was expected, 5.5 came."),
        ([1, 2], [1, 2, 3], "[1, 2] was expected, [1, 2, 3] came."),
        ([1, 2], 1, "[1, 2] was expected, 1 came."),
        (np.array([1, 2]), np.array([1, 3]), "[1, 2] was expected, [1, 3] came."),
        (3, np.nan, "3 was expected, nan came."),
        (3, np.array([3, 3]), "3 was expected, [3, 3] came."),
    ],
)
def test_unequal_values_are_shown_side_by_side(expected, got, message):
    assert exact()(NO_ARGS, expected, got) == message


def test_of_long_arrays_it_says_where_they_differ():
    mask = np.zeros((4, 6), int)
    other = mask.copy()
    other[1, 2] = other[3, 0] = 7
    assert exact()(NO_ARGS, mask, other) == (
        "The shape (4, 6) is right, 2 of 24 values are not: at (1, 2) 0 was expected, 7 came."
    )
    text = np.array(list("abcdefghijklmnop"))
    assert exact()(NO_ARGS, text, np.arange(16)).startswith("array of shape (16,) was expected")
    assert exact()(NO_ARGS, mask, mask[:3]) == (
        "array of shape (4, 6) was expected, array of shape (3, 6) came."
    )


@pytest.mark.parametrize("got", ["z", "", "ab", 3, None, ["b"], np.array([1])], ids=repr)
def test_something_that_is_no_option_does_not_tell_the_right_one(got):
    message = choice("abc")(NO_ARGS, "b", got)
    assert message == f"Choose one of 'a', 'b', 'c'; {shown(got)} came."


def test_a_choice_is_the_expected_letter():
    assert choice("abc")(NO_ARGS, "b", "b") is None
    assert choice("abc")(NO_ARGS, "b", " B") is None
    assert choice("abc")(NO_ARGS, "b", "C") == "'C' is not it."


# accuracy


def test_accuracy_holds_from_the_share_on():
    want = np.arange(10)
    have = want.copy()
    have[:2] = -1
    assert accuracy(0.8)(NO_ARGS, want, have) is None
    have[2] = -1
    assert accuracy(0.8)(NO_ARGS, want, have).startswith(
        "70.0% of your predictions are right; 80% are needed."
    )


def test_of_predictions_it_names_the_label_that_is_found_least():
    want = np.repeat([3, 5, 7], [10, 20, 30])
    have = want.copy()
    have[:4] = have[10:22] = 7
    message = accuracy(0.8)(NO_ARGS, want, have)
    assert message.endswith("You find label 5 least well: 8 of 20.")


def test_a_list_of_labels_is_as_good_as_an_array():
    assert accuracy(1.0)(NO_ARGS, np.array([1, 2]), [1, 2]) is None


@pytest.mark.parametrize(
    ("got", "message"),
    [
        (np.zeros((3, 10)), "shape (3,); yours is (3, 10). Take the largest of the class scores"),
        (np.zeros(4), "shape (3,); yours is (4,)."),
        ("123", "An array of 3 labels was expected, text came."),
    ],
)
def test_predictions_of_another_form_are_told_apart(got, message):
    assert message in accuracy(0.8)(NO_ARGS, np.zeros(3), got)


# group_split

GROUPS = np.repeat(np.arange(10), 4)


def split_by(tested):
    inside = np.isin(GROUPS, tested)
    return np.flatnonzero(~inside), np.flatnonzero(inside)


def test_a_split_by_groups_holds_in_any_order_and_form():
    train, test = split_by([3, 7])
    compare = group_split(0.05)
    assert compare((GROUPS, 0.2), None, (train[::-1], test)) is None
    assert compare((GROUPS, 0.2), None, [train.tolist(), test.tolist()]) is None


@pytest.mark.parametrize(
    ("got", "message"),
    [
        (None, "A pair (train rows, test rows) was expected, nothing (`None`) came."),
        ((1, 2, 3), "A pair"),
        ((1, 2), "two arrays of row numbers"),
        ((np.arange(40) < 32, np.arange(40) >= 32), "Row numbers were expected, True and False came"),
        ((np.arange(32), np.arange(31, 40)), "should name each of the 40 rows once"),
        ((np.arange(32.0), np.arange(32.0, 40)), "should name each of the 40 rows once"),
        ((np.arange(30), np.arange(30, 40)), "1 of the groups are on both sides, number 7 for example"),
        (split_by([1, 2, 3]), "30% of the groups are tested; 20% were asked for."),
        (split_by([3, 7])[::-1], "80% of the groups are tested; 20% were asked for."),
        (([], list(range(40))), "should name each of the 40 rows once"),
    ],
    ids=str,
)
def test_a_split_that_leaks_or_forgets_is_caught(got, message):
    assert message in group_split(0.05)((GROUPS, 0.2), None, got)


def test_the_share_is_the_one_that_the_call_asks_for():
    assert group_split(0.05)((GROUPS, 0.3), None, split_by([1, 2, 3])) is None
    assert "30% were asked for" in group_split(0.05)((GROUPS, 0.3), None, split_by([3, 7]))


# words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (np.zeros((2, 3)), "shape (2, 3)"),
        ("x", "text"),
        (True, "True or False"),
        (2, "number"),
    ],
)
def test_the_kind_of_a_value_is_named_in_words(value, text):
    assert text in kind_of(value)


def test_a_number_is_written_with_four_digits():
    assert [number(v) for v in (1 / 3, 2.0, np.float32(0.1), np.array(7), 12345)] == [
        "0.3333",
        "2",
        "0.1",
        "7",
        "12345",
    ]


def test_a_value_is_shown_in_one_line_of_limited_length():
    assert shown(np.zeros((30, 30))) == "array of shape (30, 30)"
    assert shown(np.eye(2)) == "[[1., 0.], [0., 1.]]"
    assert shown((1, [0.5, "x"])) == "(1, [0.5, 'x'])"
    long = shown(["word"] * 100, limit=40)
    assert len(long) == 40
    assert long.endswith("…")
