import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from coursekit.course.grading.marking import Mark
from coursekit.course.grading.sandbox import bubblewrap
from coursekit.course.grading.store import Marking, Store, SubmissionMark
from coursekit.errors import CourseError

ANSWER = Mark(
    "double", "not yet", 0, 2, "No.", "double(1)", "2", "3", (("yours", "data:,"),), "code", "out", 3, 0.1
)


def mark(file: str, points: int = 0) -> SubmissionMark:
    return SubmissionMark(file, file, "ab" * 32, "ok", "", 0.5, points, 2, (ANSWER,))


def start(store: Store) -> Marking:
    return store.start_marking("01_tiny", 3, "source", ["double"], "seed")


def test_what_was_saved_is_read_back(tmp_path: Path) -> None:
    with Store(tmp_path / "marks.sqlite") as store:
        run = start(store)
        store.save(run, mark("ana"))
    with Store(tmp_path / "marks.sqlite") as store:
        assert store.latest_marking("01_tiny") == run
        assert store.marks(run) == [mark("ana")]
        assert store.marked_files(run) == {"ana": "ab" * 32}


def test_a_second_mark_of_a_file_replaces_the_first(tmp_path: Path) -> None:
    with Store(tmp_path / "marks.sqlite") as store:
        run = start(store)
        store.save(run, mark("ana", 0))
        store.save(run, mark("ana", 2))
        assert [m.points for m in store.marks(run)] == [2]


def test_a_new_run_keeps_the_marks_of_the_old_one(tmp_path: Path) -> None:
    with Store(tmp_path / "marks.sqlite") as store:
        old = start(store)
        store.save(old, mark("ana"))
        new = start(store)
        assert store.marks(new) == []
        assert store.marks(old) == [mark("ana")]


def test_the_file_with_the_secret_seed_is_ours_alone(tmp_path: Path) -> None:
    Store(tmp_path / "marks.sqlite").__exit__()
    assert (tmp_path / "marks.sqlite").stat().st_mode & 0o077 == 0


def test_a_submission_is_saved_whole_or_not_at_all(tmp_path: Path) -> None:
    broken = SubmissionMark(
        "ben", "ben", "", "ok", "", 0.5, 0, 2, (ANSWER, ANSWER)
    )  # the same question twice
    with Store(tmp_path / "marks.sqlite") as store:
        run = start(store)
        store.save(run, mark("ana"))
        with pytest.raises(CourseError):
            store.save(run, broken)
        assert [m.file for m in store.marks(run)] == ["ana"]


_UNTIL_FULL = """
import resource, sys
from pathlib import Path
from dataclasses import replace
from coursekit.course.grading.store import Store
from coursekit.errors import CourseError
from grading.test_store import ANSWER, check_whole, mark, start
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
with Store(Path(sys.argv[1])) as store:
    run = start(store)
    for number in range(1000):
        try:
            store.save(run, replace(mark(str(number)), answers=(replace(ANSWER, code="x" * 5000),)))
        except CourseError as error:
            print(number, error)
            break
check_whole(Path(sys.argv[1]), number)
"""


def _fill(path: Path, *limit: str, on: Sequence[str] = ()) -> tuple[int, str]:
    """Save marks until that fails, and check what was saved where it was saved.

    Returns:
        How many were saved, and the message of the failure.
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [*on, sys.executable, "-c", _UNTIL_FULL, str(path), *limit],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    saved, message = done.stdout.split(" ", 1)
    return int(saved), message


def check_whole(path: Path, saved: int) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with Store(path) as store:
        run = store.latest_marking("01_tiny")
        assert run is not None
        assert sorted(int(m.file) for m in store.marks(run)) == list(range(saved))


def test_a_file_that_may_not_grow_loses_no_mark_already_given(tmp_path: Path) -> None:
    path = tmp_path / "marks.sqlite"
    saved, message = _fill(path, str(200_000))
    assert saved > 5
    assert "run the same command again" in message
    check_whole(path, saved)


@pytest.mark.sandbox
def test_a_full_disk_loses_no_mark_already_given(tmp_path: Path) -> None:
    small_disk = [bubblewrap(), "--dev-bind", "/", "/", "--size", str(2**18), "--tmpfs", str(tmp_path)]
    saved, message = _fill(tmp_path / "marks.sqlite", on=small_disk)
    assert saved > 5
    assert "full" in message


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "marks.sqlite").write_text(
        "this is not a database, it is a sentence of some length, is it not"
    )
    with pytest.raises(CourseError, match="can't be written"):
        Store(tmp_path / "marks.sqlite")
