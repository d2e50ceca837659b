"""Every hostile notebook scores what its answers deserve, learns nothing, and harms nobody."""

import contextlib
import sqlite3

import pytest

from .conftest import HostileClass
from .course import ALL_POINTS, POINTS, SECRET
from .hostile import HOSTILE

pytestmark = pytest.mark.sandbox

# What the answers deserve, where that is not everything: question -> status. The others are right.
DESERVED: dict[str, dict[str, str]] = {
    "patches_comparisons": {"double": "not yet"},
    "equal_to_everything": {
        "double": "raised",
        "total": "raised",
        "scaled": "raised",
        "twice": "not yet",
        "letter": "raised",
    },
    "breaks_imports": {"double": "raised"},
    "forges_replies": {"double": "not yet"},
    "exits": {"double": "died"},
    "exits_politely": {"double": "raised", "total": "raised"},
    "never_ends": {"double": "timeout", "scaled": "timeout"},
    "memory_in_many_processes": {"double": "memory"},
    "memory_shared": {"double": "memory"},
    "huge_reply": {"double": "raised", "total": "raised", "scaled": "raised"},
    "not_python": {"double": "raised", "total": "raised", "scaled": "raised"},
    "half_characters": {"total": "raised", "scaled": "not yet", "letter": "not yet"},
    "writes_markup": {"double": "not yet", "letter": "not yet"},
    "wants_the_withheld": {"double": "raised", "total": "raised"},
}
# The system decides how these end, never that they are right.
UNDECIDED = {
    "patches_the_worker": {"double", "total", "scaled", "letter"},
    "memory_bomb": {"double"},
    "fork_bomb": {"double"},
    "fills_folders_with_names": {"double"},
    "recursion": {"double", "total"},
    "reply_bombs": {"double", "total", "scaled"},
    "stays_behind": set(),
}


@pytest.mark.parametrize("name", [name for name in HOSTILE if name not in UNDECIDED])
def test_it_scores_what_its_answers_deserve(hostile_class: HostileClass, name: str) -> None:
    deserved = dict.fromkeys(POINTS, "correct") | DESERVED.get(name, {})
    assert hostile_class.statuses(name) == deserved
    points = sum(POINTS[question] for question, status in deserved.items() if status == "correct")
    assert hostile_class[name].points == points


@pytest.mark.parametrize("name", UNDECIDED)
def test_it_gains_nothing_where_its_end_is_open(hostile_class: HostileClass, name: str) -> None:
    statuses = hostile_class.statuses(name)
    assert not {question for question in UNDECIDED[name] if statuses[question] == "correct"}
    untouched = POINTS.keys() - UNDECIDED[name]
    assert {statuses[question] for question in untouched} == {"correct"}


def test_the_honest_notebook_beside_them_has_all_points(hostile_class: HostileClass) -> None:
    assert hostile_class["honest"].points == ALL_POINTS
    assert hostile_class["honest"].status == "ok"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("exits", "died"),
        ("never_ends", "timeout"),
        ("memory_shared", "memory"),
        ("not_python", "ok"),
        ("kills", "ok"),
    ],
)
def test_the_submission_records_how_it_ended(hostile_class: HostileClass, name: str, status: str) -> None:
    assert hostile_class[name].status == status


def test_no_secret_can_be_opened(hostile_class: HostileClass) -> None:
    output = hostile_class.output("looks_for_secrets")
    assert "SEEN []" in output
    assert "NAMES []" in output


def test_it_sees_its_own_processes_only(hostile_class: HostileClass) -> None:
    assert "PROCESSES 2\n" in hostile_class.output("looks_for_secrets")


def test_the_environment_holds_nothing_of_ours(hostile_class: HostileClass) -> None:
    line = next(
        x for x in hostile_class.output("looks_for_secrets").splitlines() if x.startswith("ENVIRONMENT")
    )
    assert "PATH" in line
    assert "COURSEKIT" not in line
    assert "VIRTUAL_ENV" not in line
    assert line.endswith("] []")


def test_a_withheld_module_is_a_stub_that_says_so(hostile_class: HostileClass) -> None:
    output = hostile_class.output("looks_for_secrets")
    assert "WITHHELD raise ImportError('coursekit.methods.convolution is not available" in output
    assert "not available while an answer is marked" in hostile_class["wants_the_withheld"].answers[0].message


def test_the_course_module_does_not_exist_there(hostile_class: HostileClass) -> None:
    assert "ModuleNotFoundError" in hostile_class["wants_the_withheld"].answers[1].message


def test_the_solution_of_a_question_is_not_in_the_memory_of_its_answer(hostile_class: HostileClass) -> None:
    assert "SCANNED True FOUND 0" in hostile_class.output("looks_into_its_memory")


def test_it_has_no_rights(hostile_class: HostileClass) -> None:
    output = hostile_class.output("wants_to_be_root")
    assert "GAINED []" in output
    assert "RIGHTS {0}" in output
    assert "LOCKED 1 2" in output
    assert "ROOT False False" in output


def test_memory_that_no_limit_counts_is_refused(hostile_class: HostileClass) -> None:
    assert "MEMFD True SHM True" in hostile_class.output("memory_unseen")


def test_it_can_write_to_two_small_folders_only(hostile_class: HostileClass) -> None:
    output = hostile_class.output("writes_everywhere")
    assert "WRITABLE ['/dev/shm', '/tmp']" in output
    assert "NUMPY IS WRITABLE" not in output
    assert hostile_class.output("fills_folders").count("FULL True") == 2


def test_it_reaches_no_network(hostile_class: HostileClass) -> None:
    assert "CONNECTED" not in hostile_class.output("calls_home")
    assert hostile_class.output("calls_home").count("REFUSED") == 3
    assert hostile_class.listener.calls == []


def test_the_number_of_threads_is_limited(hostile_class: HostileClass) -> None:
    assert "STARTED FEW True" in hostile_class.output("many_threads")


def test_of_much_output_a_little_is_kept(hostile_class: HostileClass) -> None:
    answer = hostile_class["prints_a_lot"].answers[0]
    assert answer.printed == 100 * 2**20
    assert len(answer.output) == 8 * 1024


def test_answers_that_do_nothing_are_told_where_an_error_is(hostile_class: HostileClass) -> None:
    assert "(line 1 of your cell)" in hostile_class["not_python"].answers[0].message


def test_pages_hold_no_markup_of_a_learner(hostile_class: HostileClass) -> None:
    page = (hostile_class.out / "pages" / "writes_markup.html").read_text()
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_no_page_and_no_mark_holds_the_solution(hostile_class: HostileClass) -> None:
    for path in hostile_class.out.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


def test_the_database_is_whole(hostile_class: HostileClass) -> None:
    with contextlib.closing(sqlite3.connect(hostile_class.out / "marks.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM submission").fetchone() == (len(HOSTILE) + 1,)
