"""Judging bytes from a stranger; no sandbox is needed for it."""

import base64
import zlib
from typing import Any

import numpy as np
import pytest

from coursekit.course.compare import choice, close, exact
from coursekit.course.grading.marking import Mark, Task, groups, mark_outcome, text_of
from coursekit.course.grading.process import Outcome
from coursekit.course.grading.submission import Answer
from coursekit.course.questions import Probe
from coursekit.course.wire import encode


def task(name: str = "double", reveals: frozenset[str] = frozenset(), **changes: Any) -> Task:
    settings: dict[str, Any] = {
        "points": 2,
        "is_function": True,
        "compare": close(1e-6),
        "probes": [Probe((np.eye(3),), 2 * np.eye(3))],
        "wrong": [],
        "right": "Well done.",
        "preparation": lambda answer: [],
        "reveals": reveals,
        "stub": "",
        "seconds": 1.0,
        "memory_mb": 100,
        "args": [encode((np.eye(3),))],
        "expected_bytes": 100,
        **changes,
    }
    return Task(name=name, **settings)


def judged(replies: Any, **changes: Any) -> Mark:
    return mark_outcome(task(**changes), Answer("code"), Outcome("replied", replies))


def bomb(size: int) -> dict[str, Any]:
    return {"$array": ["uint8", [size], base64.b64encode(zlib.compress(bytes(size), 9)).decode()]}


def test_a_right_reply_earns_the_points() -> None:
    mark = judged([[encode(2 * np.eye(3)), ""]])
    assert (mark.status, mark.points, mark.message) == ("correct", 2, "Well done.")


def test_a_wrong_reply_shows_what_was_expected_and_what_came() -> None:
    mark = judged([[encode(3 * np.eye(3)), ""]])
    assert mark.status == "not yet"
    assert "[2. 0. 0.]" in mark.expected
    assert "[3. 0. 0.]" in mark.got
    assert [title for title, _ in mark.pictures] == ["expected", "yours", "difference"]


@pytest.mark.parametrize(
    "replies",
    [
        None,
        7,
        "correct",
        {},
        [],
        [[0.0, ""]] * 2,
        [[0.0]],
        [[0.0, None]],
        [{"value": 0.0}],
        [[{"$array": ["object", [1], "AAAA"]}, ""]],
        [[{"$array": ["float64", [-1], ""]}, ""]],
        [[{"$array": ["float64", [2**40], ""]}, ""]],
        [[{"$array": [[], {}, 7]}, ""]],
        [[{"$pickle": "AAAA"}, ""]],
        [[{"$int": "9" * 100_000}, ""]],
        [[{"a": 1, "b": 2}, ""]],
    ],
    ids=str,
)
def test_a_damaged_reply_earns_nothing_and_is_survived(replies: Any) -> None:
    mark = judged(replies)
    assert mark.status in ("raised", "not yet")
    assert mark.points == 0
    assert mark.message


def test_many_small_bombs_are_counted_before_they_are_unpacked() -> None:
    mark = judged([[[bomb(2**23)] * 20, ""]])
    assert mark.status == "raised"
    assert "larger than 128 MB" in mark.message


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), -(10**4500), 10**4500, "x" * 10**6, [[]] * 10**5, True],
    ids=["nan", "infinity", "negative", "huge", "long", "lists", "true"],
)
@pytest.mark.parametrize("compare", [close(1e-6), exact()])
def test_a_strange_value_is_not_right(value: Any, compare: Any) -> None:
    mark = judged([[encode(value), ""]], compare=compare)
    assert mark.status == "not yet"
    assert len(mark.message) <= 600


def test_a_wrong_choice_does_not_tell_the_right_one() -> None:
    mark = judged([["a", ""]], compare=choice(["a", "b"]), probes=[Probe((), "b")], is_function=False)
    assert (mark.status, mark.expected, mark.got) == ("not yet", "", "")


def test_an_unknown_name_hints_at_the_cell_that_runs_alone() -> None:
    mark = judged([[None, "NameError: name 'helper' is not defined"]])
    assert mark.status == "raised"
    assert "without your other cells" in mark.message


def test_a_claim_of_points_beside_the_reply_counts_for_nothing() -> None:
    assert judged([[{"$dict": [["status", "correct"], ["points", 2]]}, ""]]).points == 0


@pytest.mark.parametrize(
    ("kind", "words"), [("timeout", "within 1 seconds"), ("memory", "100 MB"), ("died", "Python ended")]
)
def test_an_answer_that_was_stopped_says_why(kind: Any, words: str) -> None:
    mark = mark_outcome(task(), Answer("code"), Outcome(kind))
    assert (mark.status, mark.points) == (kind, 0)
    assert words in mark.message


def test_questions_share_a_sandbox_unless_it_holds_their_solution() -> None:
    tasks = [task("a"), task("b"), task("c", frozenset({"a"})), task("d", frozenset({"b"})), task("e")]
    assert [[t.name for t in group] for group in groups(tasks)] == [["a", "b", "e"], ["c", "d"]]


def test_text_of_a_learner_loses_what_cannot_be_stored() -> None:
    assert text_of("a\x00b\ud800\tc\n") == "a\ufffdb\ufffd\tc\n"
    assert len(text_of("x" * 1000, 10)) == 10
