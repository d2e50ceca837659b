import errno
import io
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from coursekit.efficiency import Study
from coursekit.efficiency.results_file import Locks, as_json
from coursekit.errors import CourseError, InputError

CELLS = [
    {"arm": arm, "n": n, "seed": seed} for arm in ("plain", "better") for n in (30, 60) for seed in (0, 1)
]
SHARED_STUDY = [sys.executable, str(Path(__file__).with_name("shared_study.py"))]
EVERY_SHARED_CELL = sorted((arm, seed) for arm in ("plain", "better") for seed in range(6))
DEADLINE_S = 60


def measure(arm, n, seed):
    return {"accuracy": n / 100 + seed / 1000 + (arm == "better") / 10}


def start_shared_study(path, ending=-1, processes=1):
    command = [*SHARED_STUDY, str(path), str(ending), str(processes)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def measured(path):
    """(process, arm, seed) of every measurement that a shared study began."""
    log = path.with_name("measured.txt")
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def cells_in(path):
    """(arm, seed) of every line of the file, without the settings."""
    rows = [json.loads(line)["cell"] for line in path.read_text().splitlines()[1:]]
    return sorted((row["arm"], row["seed"]) for row in rows)


def wait_until(condition):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "partial" / "study.jsonl"


@pytest.fixture
def study(path):
    study = Study(path, {"steps": 100})
    study.run(CELLS, measure, progress=False)
    return study


def test_a_row_has_its_cell_its_scores_and_its_cost(study):
    rows = study.rows()
    assert len(rows) == len(CELLS)
    cost_s = rows[0].pop("cost_s")
    assert rows[0] == {"arm": "better", "n": 30, "seed": 0, "accuracy": 0.4}
    assert 0 <= cost_s < 1


def test_every_line_of_the_file_is_json_and_the_first_has_the_settings(study, path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[0] == {"settings": {"steps": 100}}
    assert [line["cell"] for line in lines[1:]] == CELLS


def test_finished_cells_are_not_measured_again(study, path):
    def refuse(**cell):
        raise AssertionError("measured again")

    Study(path, {"steps": 100}).run(CELLS, refuse, progress=False)
    assert len(study.rows()) == len(CELLS)


def test_more_cells_join_the_file(study):
    asked = []

    def count(**cell):
        asked.append(cell)
        return measure(**cell)

    study.run([*CELLS, {"arm": "plain", "n": 120, "seed": 0}], count, progress=False)
    assert asked == [{"arm": "plain", "n": 120, "seed": 0}]


def test_a_cell_listed_twice_is_measured_once(path):
    study = Study(path, {})
    study.run([CELLS[0], dict(reversed(CELLS[0].items()))], measure, progress=False)
    assert len(study.rows()) == 1


def test_numpy_numbers_in_cells_and_scores_are_kept_as_numbers(path):
    study = Study(path, {"sizes": np.array([30, 60])})
    study.run([{"n": np.int64(30)}], lambda n: {"accuracy": np.float32(0.5)}, progress=False)
    assert study.values("accuracy", n=30) == [0.5]
    study.run([{"n": 30}], lambda n: {"accuracy": 0.0}, progress=False)
    assert study.values("accuracy") == [0.5]


def test_values_are_the_repeats_in_the_order_of_their_seeds(path):
    study = Study(path, {})
    study.run(
        [{"arm": "plain", "seed": seed} for seed in (10, 2, 1)], lambda arm, seed: {"score": seed}, False
    )
    assert study.values("score", arm="plain").tolist() == [1, 2, 10]


def test_a_curve_has_a_row_for_each_seed_and_a_column_for_each_size(study):
    curve = study.curve("accuracy", "n", arm="plain")
    assert curve.name == "plain"
    assert curve.sizes.tolist() == [30, 60]
    np.testing.assert_allclose(curve.scores, [[0.3, 0.6], [0.301, 0.601]])


def test_a_curve_with_a_gap_names_the_cell_that_is_missing(path):
    study = Study(path, {})
    study.run(CELLS[:3], measure, progress=False)
    with pytest.raises(CourseError, match=r'n 60 with \{"seed": 1\}\. Measure these first'):
        study.curve("accuracy", "n", arm="plain")


def test_a_score_or_cell_that_is_not_there_is_an_error_that_names_what_is(study, path):
    with pytest.raises(CourseError, match=r"No run with arm none is finished.*arm='better'.*n=30"):
        study.values("accuracy", arm="none")
    with pytest.raises(CourseError, match=r"no score 'dice'.*there is accuracy, cost_s"):
        study.values("dice", arm="plain")
    with pytest.raises(CourseError, match="has no rows yet"):
        Study(path.with_name("new.jsonl"), {}).values("accuracy")
    with pytest.raises(CourseError, match="has no 'size'"):
        study.curve("accuracy", "size", arm="plain")


def test_a_table_has_mean_spread_and_number_of_the_repeats(study):
    table = study.table("arm", "n", "accuracy")
    assert (table.row_names, table.column_names) == (["better", "plain"], [30, 60])
    np.testing.assert_allclose(table.mean, [[0.4005, 0.7005], [0.3005, 0.6005]])
    np.testing.assert_allclose(table.sd, np.full((2, 2), 0.001 / np.sqrt(2)))
    assert (table.n == 2).all()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"steps": 200}, "steps: 100 there, 200 now"),
        ({"steps": 100, "rate": 0.1}, "rate: 'not set' there, 0.1 now"),
        ({}, "steps: 100 there, 'not set' now"),
    ],
)
def test_other_settings_are_refused_and_named(study, path, settings, says):
    with pytest.raises(CourseError, match=says):
        Study(path, settings)


def test_settings_that_another_process_wrote_meanwhile_are_refused(path):
    late = Study(path, {"steps": 200})
    Study(path, {"steps": 100}).run(CELLS[:1], measure, progress=False)
    before = path.read_bytes()
    with pytest.raises(CourseError, match="steps: 100 there, 200 now"):
        late.run(CELLS, measure, progress=False)
    assert path.read_bytes() == before


def test_settings_written_while_a_cell_is_measured_keep_its_row_out(path):
    late = Study(path, {"steps": 200})

    def overtaken(**cell):
        # The other process has a file of locks of its own here: within one process they don't exclude.
        path.write_text('{"settings": {"steps": 100}}\n')
        return measure(**cell)

    with pytest.raises(CourseError, match="steps: 100 there, 200 now"):
        late.run(CELLS[:1], overtaken, progress=False)
    assert path.read_text() == '{"settings": {"steps": 100}}\n'


def test_a_file_that_is_no_study_is_left_alone(tmp_path):
    other = tmp_path / "other.json"
    other.write_text('{"a": 1}\n')
    with pytest.raises(CourseError, match="its first line has no settings"):
        Study(other, {})
    assert other.read_text() == '{"a": 1}\n'


@pytest.mark.parametrize("torn", [b'{"cell": {"arm": "pl', b"\x00\x00\x00", b'{"cell": {}, "scores": {}}'])
def test_a_torn_last_line_is_dropped_and_its_cell_measured_again(study, path, torn):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + torn)
    assert len(study.rows()) == len(CELLS) - 1
    study.run(CELLS, measure, progress=False)
    again = path.read_bytes().splitlines(keepends=True)
    assert again[:-1] == lines[:-1]
    assert json.loads(again[-1])["cell"] == CELLS[-1]


def test_torn_settings_are_written_anew(path):
    path.parent.mkdir()
    path.write_bytes(b'{"settings": {"st')
    study = Study(path, {"steps": 100})
    study.run(CELLS[:1], measure, progress=False)
    assert json.loads(path.read_text().splitlines()[0]) == {"settings": {"steps": 100}}
    assert len(study.rows()) == 1


def test_a_line_that_is_not_readable_is_named(study, path):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], "{oops\n", *lines[4:]]))
    with pytest.raises(CourseError, match=r"Line 4 of .* is not readable; delete it to measure its run anew"):
        study.rows()


def test_a_cell_that_fails_is_reported_after_all_others_are_done(path, capsys):
    def fail_once(arm, n, seed):
        if (arm, n, seed) == ("plain", 60, 0):
            raise MemoryError("no room for 60")
        return measure(arm, n, seed)

    study = Study(path, {})
    with pytest.raises(
        CourseError, match=r"1 of 8 runs failed: arm plain, n 60, seed 0 \(MemoryError: no room"
    ):
        study.run(CELLS, fail_once)
    assert len(study.rows()) == len(CELLS) - 1
    assert capsys.readouterr().out == "7 of 8 runs done\n"
    study.run(CELLS, measure)
    assert len(study.rows()) == len(CELLS)


def test_a_failed_cell_tells_the_line_that_raised_its_error_and_keeps_the_whole_way_there(path):
    def fail(n):
        json.loads("{oops")

    with pytest.raises(
        CourseError, match=r"n 30 \(JSONDecodeError: .*, in .*decoder\.py, line \d+\)"
    ) as error:
        Study(path, {}).run([{"n": 30}], fail, progress=False)
    assert str(error.value).endswith(f"Whole tracebacks are in {path}.")
    kept = json.loads(path.read_text().splitlines()[-1])
    assert kept["failed"] in str(error.value)
    assert Path(__file__).name in kept["traceback"]
    assert 'json.loads("{oops")' in kept["traceback"]


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        (0.5, "must return a dict of score -> number, got 0.5"),
        ({}, "must return a dict"),
        ({"accuracy": float("nan")}, "'accuracy' must be a finite number, got nan"),
        ({"accuracy": "high"}, "must be a finite number, got 'high'"),
        ({"n": 0.5}, "a name of its own, .* got 'n'"),
        ({"cost_s": 0.5}, "a name of its own, .* got 'cost_s'"),
    ],
)
def test_a_score_that_no_row_can_hold_makes_the_cell_fail(path, scores, says):
    study = Study(path, {})
    with pytest.raises(CourseError, match=says):
        study.run([{"n": 30}], lambda n: scores, progress=False)
    assert study.rows() == []


def test_cells_and_settings_that_json_does_not_know_are_refused(path):
    with pytest.raises(InputError, match="numbers, strings, booleans, None, lists and dicts"):
        Study(path, {"optimizer": object()})
    with pytest.raises(InputError, match="numbers, strings"):
        Study(path, {}).run([{"arm": measure}], measure)


def test_an_interrupted_study_keeps_its_rows_and_goes_on(path):
    def interrupted(arm, n, seed):
        if n == 60:
            raise KeyboardInterrupt
        return measure(arm, n, seed)

    study = Study(path, {})
    with pytest.raises(KeyboardInterrupt):
        study.run(CELLS, interrupted, progress=False)
    assert [(row["arm"], row["n"]) for row in study.rows()] == [("plain", 30), ("plain", 30)]
    study.run(CELLS, measure, progress=False)
    assert len(path.read_text().splitlines()) == 1 + len(CELLS)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_row_that_the_disk_refuses_stops_the_study_and_leaves_the_file_whole(
    study, path, monkeypatch, number
):
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    asked = []
    more = [{"arm": "plain", "n": 120, "seed": seed} for seed in (0, 1)]
    with pytest.raises(CourseError, match=f"can't be written: {os.strerror(number)}.*run again"):
        study.run(more, lambda **cell: asked.append(cell) or measure(**cell), progress=False)
    assert len(asked) == 1, "no training for a row that can't be kept"
    assert path.read_bytes() == before
    monkeypatch.undo()
    study.run(more, measure, progress=False)
    assert len(study.rows()) == len(CELLS) + 2


def test_a_disk_that_takes_half_a_row_leaves_the_file_whole(study, path):
    pytest.importorskip("resource", reason="limits of file sizes are POSIX")
    before = path.read_bytes()
    code = (
        "import resource, sys\n"
        "from coursekit.efficiency import Study\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 20}, resource.RLIM_INFINITY))\n"
        "Study(sys.argv[1], {'steps': 100}).run([{'n': 7}], lambda n: {'accuracy': 1.0})\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert "can't be written: File too large" in result.stderr
    assert path.read_bytes() == before


def test_a_killed_study_goes_on_without_losing_or_doubling_a_row(path):
    process = start_shared_study(path, ending=4)
    wait_until(lambda: len(measured(path)) == 5)
    process.kill()
    process.communicate()
    kept = path.read_bytes()
    assert kept.count(b"\n") == 1 + 4

    assert start_shared_study(path).wait(DEADLINE_S) == 0
    assert path.read_bytes().startswith(kept)
    assert cells_in(path) == EVERY_SHARED_CELL
    # Only the cell that ran when the process was killed was begun twice.
    assert len(measured(path)) == len(EVERY_SHARED_CELL) + 1


def test_two_processes_share_the_cells_and_measure_each_once(path):
    processes = [start_shared_study(path, processes=2) for _ in range(2)]
    outputs = [process.communicate(timeout=DEADLINE_S)[0] for process in processes]
    assert outputs == ["12 of 12 runs done\n"] * 2, "both return when all cells are done"
    assert sorted((arm, int(seed)) for _, arm, seed in measured(path)) == EVERY_SHARED_CELL
    assert {int(process) for process, *_ in measured(path)} == {process.pid for process in processes}
    assert cells_in(path) == EVERY_SHARED_CELL


def test_the_cell_of_a_killed_process_is_taken_over_by_one_that_waits(path):
    hanging = start_shared_study(path, ending=0)
    wait_until(lambda: measured(path))
    helping = start_shared_study(path)
    wait_until(lambda: path.exists() and path.read_bytes().count(b"\n") == len(EVERY_SHARED_CELL))
    assert helping.poll() is None, "it waits for the cell of the other process"
    hanging.kill()
    hanging.communicate()
    assert helping.wait(DEADLINE_S) == 0
    assert cells_in(path) == EVERY_SHARED_CELL
    assert len(measured(path)) == len(EVERY_SHARED_CELL) + 1


def test_a_cell_that_fails_in_another_process_is_not_tried_again_in_this_one(path):
    study = Study(path, {})
    other = '{"cell": {"n": 60}, "cost_s": 1.0, "failed": "ValueError: other"}\n'
    asked = []

    def while_the_other_fails(n):
        asked.append(n)
        with path.open("a") as file:
            file.write('{"settings": {}}\n' + other)
        return {"accuracy": 1.0}

    with pytest.raises(CourseError, match=r"1 of 2 runs failed: n 60 \(ValueError: other\)"):
        study.run([{"n": 30}, {"n": 60}], while_the_other_fails, progress=False)
    assert asked == [30]


def test_locks_on_different_cells_are_on_different_bytes(tmp_path):
    with Locks(tmp_path / "study.jsonl") as locks:
        places = {
            locks._place(as_json({"arm": arm, "seed": seed})) for arm in "abcdefgh" for seed in range(100)
        }
    assert len(places) == 800
    assert min(places) > Locks._WRITING


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_line_shows_cells_done_what_runs_and_the_time_left(path, monkeypatch):
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    Study(path, {}).run(CELLS[:3], measure)
    states = terminal.getvalue().split("\r\033[K")[1:]
    assert states[0] == "0 of 3 runs done · arm plain, n 30, seed 0"
    assert re.fullmatch(r"2 of 3 runs done · arm plain, n 60, seed 0 · \d+ s left", states[2])
    assert states[-1] == "3 of 3 runs done\n"


def test_the_line_counts_only_the_cells_that_are_asked_for(study, capsys):
    study.run(CELLS[:2], measure)
    assert capsys.readouterr().out == "2 of 2 runs done\n"
