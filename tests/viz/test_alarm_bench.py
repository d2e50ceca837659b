import base64

import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.viz import AlarmBench

PNG = b"\x89PNG\r\n\x1a\n"
# A threshold of 2. The failing run rises at window 20, one window below it after that; the healthy run has a
# stretch of five above it, and is above 4 from window 40 on.
FAILING = np.r_[np.ones(20), 3, 3, 3, 1, 3 * np.ones(8), 9 * np.ones(8)]
HEALTHY = np.r_[np.ones(10), 3 * np.ones(5), np.ones(25), 5 * np.ones(10)]


def make(**changed):
    arguments = {
        "failing": {"distance": FAILING, "PCA": 2 * FAILING},
        "healthy": {"distance": HEALTHY, "PCA": HEALTHY},
        "thresholds": {"distance": 2.0, "PCA": 4.0},
        "fault_starts": 20,
        "unseen_from": 40,
    }
    return AlarmBench(**(arguments | changed))


def place(bench, label):
    return dict(bench.controls["factor"].options)[label]


def test_the_first_state_says_delay_and_false_alarms_at_the_given_threshold():
    bench = make()
    data, _ = bench._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == bench.picture.value
    assert bytes(bench.picture.value).startswith(PNG)
    assert bench.controls["factor"].label == "1 ×"
    # Three in a row, after the dip: windows 24, 25, 26. Healthy: three of 40, and eight of 10.
    said = "distance: lasting alarm after 6 windows; false alarms 8 of 100, at an unseen load 80"
    assert said in data["text/plain"]


def test_a_higher_threshold_costs_delay_and_saves_false_alarms():
    bench = make()
    low, high = (bench._outcome("distance", place(bench, label), 3) for label in ("1 ×", "2 ×"))
    assert low == (6, 7.5, 80)
    assert high == (14, 0, 80)
    assert bench._outcome("distance", place(bench, "8 ×"), 3) == (None, 0, 0)
    assert bench._finding("distance", place(bench, "8 ×"), 3).startswith("distance: no lasting alarm")


def test_more_windows_in_a_row_cost_delay_and_save_false_alarms():
    bench = make()
    one = place(bench, "1 ×")
    assert bench._outcome("distance", one, 1) == (4, 12.5, 100)
    assert bench._outcome("distance", one, 6) == (9, 0, 50)


def test_each_score_has_its_own_threshold():
    bench = make()
    assert bench._outcome("PCA", place(bench, "1 ×"), 3) == (6, 0, 80)


def test_without_unseen_load_all_healthy_windows_count():
    bench = make(unseen_from=None)
    assert bench._outcome("distance", place(bench, "1 ×"), 3)[1] == 100 * 11 / 50
    assert "unseen" not in bench._finding("distance", place(bench, "1 ×"), 3)


@pytest.mark.parametrize(("control", "value"), [("score", "PCA"), ("factor", 0), ("factor", 18), ("k", 8)])
def test_every_control_changes_the_picture_and_back(control, value):
    bench = make()
    before, old = bench.picture.value, bench.controls[control].value
    bench.controls[control].value = value
    assert bytes(bench.picture.value).startswith(PNG)
    assert bench.picture.value != before
    bench.controls[control].value = old
    assert bench.picture.value == before


def test_two_benches_are_independent():
    one, other = make(), make()
    before = other.picture.value
    one.controls["k"].value = 5
    assert other.picture.value == before != one.picture.value


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"thresholds": {"distance": 2.0}}, "need the same names"),
        ({"failing": {}, "healthy": {}, "thresholds": {}}, "need the same names"),
        ({"failing": {"distance": FAILING, "PCA": FAILING[1:]}}, r"one length.*\(39,\)"),
        ({"thresholds": {"distance": 2.0, "PCA": 0.0}}, "above 0"),
        ({"fault_starts": 40}, "of 40 and 50 windows, got 40 and 40"),
        ({"unseen_from": 60}, "got 20 and 60"),
        ({"k": 11}, "from 1 to 10, got 11"),
    ],
)
def test_what_does_not_fit_is_refused(changed, message):
    with pytest.raises(InputError, match=message):
        make(**changed)
