"""Marking a class from end to end."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from coursekit.course.answers import as_answer
from coursekit.course.grading import GradeSummary, grade, public_check
from coursekit.course.source import find_source, read_source, without_marks
from coursekit.errors import CourseError

from .course import ALL_POINTS, POINTS, hand_in, notebook

pytestmark = pytest.mark.sandbox
REPOSITORY = Path(__file__).parents[3]


def statuses(summary: GradeSummary, learner: str) -> dict[str, str]:
    mark = next(mark for mark in summary.marks if mark.learner == learner)
    return {answer.question: answer.status for answer in mark.answers}


def test_right_answers_have_all_points_and_files_of_every_kind_are_survived(
    course: Path, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    hand_in(inbox / "ana" / "01_tiny.ipynb")
    hand_in(inbox / "old.ipynb", version=2)
    (inbox / "empty.ipynb").touch()
    (inbox / "cut.ipynb").write_text(json.dumps(notebook())[:300])
    (inbox / "link.ipynb").symlink_to(inbox / "ana" / "01_tiny.ipynb")
    (inbox / "folder.ipynb").mkdir()
    summary = grade(inbox, "01")
    marks = {mark.learner: (mark.status, mark.points) for mark in summary.marks}
    assert marks.pop("ana") == ("ok", ALL_POINTS)
    assert marks == dict.fromkeys(["old", "empty", "cut", "link", "folder"], ("invalid", 0))
    assert all(mark.reason and "\n" not in mark.reason for mark in summary.marks if mark.status == "invalid")
    assert summary.table.is_file()
    assert len(list((summary.index.parent / "pages").iterdir())) == 6


def test_answers_as_they_come_from_a_notebook_keep_their_points(course: Path, tmp_path: Path) -> None:
    hand_in(
        tmp_path / "inbox" / "ana.ipynb",
        {
            "double": (
                "%matplotlib inline\n!ls\ndef double(image):\n    return 2 * image\n"
                'lesson.check("double", double)\n'
            ),
            "total": (
                "import warnings\nwarnings.warn('to stderr')\ntotal = lesson.use('total', np.sum, None)\n"
            ),
            "scaled": (
                "def scaled(value):\n    value = (100\n      % 7 * 0 + value)\n    return SCALE * value\n"
                "display(scaled)\n"
            ),
            "letter": 'letter = "b"\nif __name__ == "__main__":\n    print(PROFILE, SEED)\n',
        },
    )
    (mark,) = grade(tmp_path / "inbox", "01").marks
    assert mark.points == ALL_POINTS
    assert "to stderr" in next(answer.output for answer in mark.answers if answer.question == "total")


def test_cells_that_are_missing_twice_there_or_empty_earn_nothing(course: Path, tmp_path: Path) -> None:
    book = notebook({"letter": "", "scaled": "def scaled(value):\n    ...  # your code here\n\n\n"})
    (total,) = [cell for cell in book["cells"] if cell["id"] == "total"]
    book["cells"] = [cell for cell in book["cells"] if cell["id"] != "double"] + [total]
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "ana.ipynb").write_text(json.dumps(book))
    summary = grade(tmp_path / "inbox", "01")
    assert statuses(summary, "ana") == {
        "double": "not attempted",
        "total": "not marked",
        "scaled": "not attempted",
        "twice": "correct",
        "letter": "not attempted",
    }


def test_a_typical_wrong_answer_hears_what_it_is(course: Path, tmp_path: Path) -> None:
    hand_in(tmp_path / "inbox" / "ana.ipynb", {"double": "double = lambda image: image ** 2"})
    answer = grade(tmp_path / "inbox", "01").marks[0].answers[0]
    assert (answer.status, answer.message) == ("not yet", "That is the square.")
    assert [title for title, _ in answer.pictures] == ["expected", "yours", "difference"]


def test_a_second_call_marks_only_what_is_new_or_changed(course: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    for name in ("ana", "ben"):
        hand_in(inbox / f"{name}.ipynb")
    (inbox / "eve.ipynb").touch()
    first = grade(inbox, "01")
    hand_in(inbox / "ben.ipynb", {"letter": 'letter = "a"'})
    hand_in(inbox / "cyd.ipynb")
    second = grade(inbox, "01")
    assert first.new == {"ana.ipynb", "ben.ipynb", "eve.ipynb"}
    assert second.new == {"ben.ipynb", "cyd.ipynb"}
    assert [(mark.learner, mark.points) for mark in second.marks] == [
        ("ana", 6),
        ("ben", 5),
        ("cyd", 6),
        ("eve", 0),
    ]
    seeds = {answer.seed for mark in second.marks for answer in mark.answers if answer.question == "double"}
    assert len(seeds) == 1


def test_marking_again_draws_new_probes_and_keeps_the_old_marks(course: Path, tmp_path: Path) -> None:
    hand_in(tmp_path / "inbox" / "ana.ipynb")
    first, second = grade(tmp_path / "inbox", "01"), grade(tmp_path / "inbox", "01", regrade=True)
    assert second.new == {"ana.ipynb"}
    assert first.marks[0].answers[0].seed != second.marks[0].answers[0].seed
    with contextlib.closing(sqlite3.connect(second.database)) as connection:
        assert connection.execute("SELECT count(*) FROM submission").fetchone() == (2,)


def test_a_changed_lesson_starts_a_new_run(course: Path, tmp_path: Path) -> None:
    hand_in(tmp_path / "inbox" / "ana.ipynb")
    grade(tmp_path / "inbox", "01")
    course.write_text(course.read_text() + "\n# %% [markdown]\n# More.\n")
    assert grade(tmp_path / "inbox", "01").new == {"ana.ipynb"}


def test_only_the_questions_that_were_named_are_marked(course: Path, tmp_path: Path) -> None:
    hand_in(tmp_path / "inbox" / "ana.ipynb")
    summary = grade(tmp_path / "inbox", "01", questions=["letter", "double"])
    assert list(statuses(summary, "ana")) == ["double", "letter"]
    assert summary.marks[0].of == POINTS["double"] + POINTS["letter"]


def test_progress_is_told_after_each_submission(course: Path, tmp_path: Path) -> None:
    for name in ("ana", "ben"):
        hand_in(tmp_path / "inbox" / f"{name}.ipynb")
    told: list[tuple[int, int]] = []
    grade(tmp_path / "inbox", "01", progress=lambda done, of, mark: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]


def test_without_a_sandbox_nothing_is_marked(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(tmp_path / "inbox" / "ana.ipynb")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CourseError, match=r"Nothing was marked.*apt install bubblewrap"):
        grade(tmp_path / "inbox", "01")
    assert not (tmp_path / "inbox_marks").exists()


def test_a_missing_folder_an_unknown_lesson_and_an_unknown_question_are_one_line(
    course: Path, tmp_path: Path
) -> None:
    with pytest.raises(CourseError, match="There is no folder"):
        grade(tmp_path / "missing", "01")
    with pytest.raises(CourseError, match="Unknown lesson '77'"):
        grade(tmp_path, "77")
    with pytest.raises(CourseError, match="no question 'triple'"):
        grade(tmp_path, "01", questions=["triple"])


def test_a_course_cell_that_fails_blames_nobody(course: Path, tmp_path: Path) -> None:
    hand_in(tmp_path / "inbox" / "ana.ipynb")
    # Fails in the sandbox only: the part that marks is not there.
    text = course.read_text().replace(
        "SCALE = 3.0", "from coursekit.course import source\nSCALE = 3.0 if source else 0.0"
    )
    course.write_text(text)
    summary = grade(tmp_path / "inbox", "01")
    assert summary.marks == ()
    assert "The lesson's own cells before 'scaled' fail" in summary.unmarked["ana.ipynb"]


_GRADE = """
import sys
from pathlib import Path
from coursekit.course.grading import grade
grade(Path(sys.argv[1]), "01", jobs=1, progress=lambda done, of, mark: print(mark.file, flush=True))
"""


def test_a_killed_grader_loses_no_mark_and_leaves_no_process(course: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    hand_in(inbox / "a.ipynb")
    hand_in(inbox / "b.ipynb", {"double": "import time\ntime.sleep(1000)"})
    hand_in(inbox / "c.ipynb")
    grader = subprocess.Popen(
        [sys.executable, "-c", _GRADE, str(inbox)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(tmp_path)},
    )
    assert grader.stdout is not None
    assert (
        grader.stdout.readline() == "a.ipynb\n"
    )  # its mark is in the file; b is being marked, or about to be
    sandboxes = psutil.Process(grader.pid).children(recursive=True)
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    grader.stdout.close()
    _, alive = psutil.wait_procs(sandboxes, timeout=20)
    assert not alive
    summary = grade(inbox, "01")
    assert summary.new == {"b.ipynb", "c.ipynb"}
    assert [(mark.file, mark.status) for mark in summary.marks] == [
        ("a.ipynb", "ok"),
        ("b.ipynb", "timeout"),
        ("c.ipynb", "ok"),
    ]


def test_two_calls_at_once_do_not_mix(course: Path, tmp_path: Path) -> None:
    hand_in(tmp_path / "inbox" / "ana.ipynb")

    refused: list[str] = []

    def again(done: int, of: int, mark: object) -> None:
        with pytest.raises(CourseError) as error:
            grade(tmp_path / "inbox", "01")
        refused.append(str(error.value))

    grade(tmp_path / "inbox", "01", progress=again)
    assert len(refused) == 1
    assert "Another call is marking" in refused[0]


@pytest.mark.slow
def test_an_answer_with_keras_works_in_the_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from .course import write_course

    write_course(tmp_path / "course", seconds=60, memory_mb=2048)
    monkeypatch.chdir(tmp_path / "course")
    network = """
def double(image):
    model = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(5, use_bias=False)])
    model.layers[-1].set_weights([2 * np.eye(5)])
    model.compile("sgd", "mse")
    model.fit(np.zeros((8, 5)), np.zeros((8, 5)), verbose=0)
    return model.predict(image, verbose=0)
"""
    hand_in(tmp_path / "inbox" / "ana.ipynb", {"double": network})
    answer = grade(tmp_path / "inbox", "01").marks[0].answers[0]
    assert answer.status == "correct", answer.message


# The last question of the real lesson trains a network; the others need NumPy alone.
_QUICK = [
    "conv2d",
    "output_size",
    "max_pool",
    "receptive_field",
    "count_parameters",
    "clean_split",
    "quiz_place",
]


def real_lesson(folder: Path) -> None:
    """Hand in the notebook of lesson 02: solved, untouched, and with the first typical wrong answers."""
    source = read_source(find_source("02", REPOSITORY))
    text = (REPOSITORY / "lessons" / f"{source.stem}.ipynb").read_text(encoding="utf-8")
    answers: dict[str, dict[str, str]] = {
        "solved": {name: without_marks(source.cell(name).source) for name in _QUICK},
        "untouched": {},
        "wrong": {name: as_answer(name, next(iter(source.question(name).wrong))) for name in _QUICK},
    }
    folder.mkdir()
    for learner, given in answers.items():
        book = json.loads(text)
        for cell in book["cells"]:
            cell["source"] = given.get(cell["id"], cell["source"])
        (folder / f"{learner}.ipynb").write_text(json.dumps(book))


def test_the_real_lesson_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    real_lesson(tmp_path / "inbox")
    summary = grade(tmp_path / "inbox", "02", questions=_QUICK)
    assert set(statuses(summary, "solved").values()) == {"correct"}
    assert set(statuses(summary, "untouched").values()) == {"not attempted"}
    assert set(statuses(summary, "wrong").values()) == {"not yet"}


def test_a_notebook_is_checked_with_public_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    real_lesson(tmp_path / "inbox")
    outcomes = {mark.question: mark.status for mark in public_check(tmp_path / "inbox" / "wrong.ipynb")}
    assert {outcomes[name] for name in _QUICK} == {"not yet"}
    assert {status for name, status in outcomes.items() if name not in _QUICK} == {"not attempted"}


def test_a_notebook_is_checked_where_there_are_no_solutions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lessons", "coursekit"):
        (tmp_path / name).mkdir()
    real_lesson(tmp_path / "inbox")
    path = tmp_path / "inbox" / "wrong.ipynb"
    book = json.loads(path.read_text())
    book["cells"] = [cell for cell in book["cells"] if cell["id"] != "predict_shifted"]  # the one that trains
    path.write_text(json.dumps(book))
    monkeypatch.chdir(tmp_path)
    outcomes = {mark.question: mark for mark in public_check(path)}
    assert outcomes["conv2d"].status == "not yet"
    assert outcomes["output_size"].message == next(
        iter(read_source(find_source("02", REPOSITORY)).question("output_size").wrong.values())
    )


def test_what_is_no_notebook_of_the_course_is_not_checked(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    shutil.copy(__file__, path)
    with pytest.raises(CourseError, match=r"x\.ipynb can't be checked"):
        public_check(path)
