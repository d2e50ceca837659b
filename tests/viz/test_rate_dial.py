import base64

import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.viz import RateDial
from coursekit.viz.rate_dial import _percent

PNG = b"\x89PNG\r\n\x1a\n"
RATES = [1e-4, 1e-3, 1e-2]
# (frozen 0 to 2, 2 repeats, 3 rates)
NEW = np.broadcast_to([[0.70, 0.80, 0.60], [0.72, 0.82, 0.62]], (3, 2, 3))
OLD = np.array([0.0, 0.02, 0.04])[:, None, None] + [[0.90, 0.80, 0.30], [0.92, 0.82, 0.32]]
CHANGE = {
    "first": np.array([1, 0, 0])[:, None, None] * np.full((1, 2, 1), 3.0) * RATES,
    "second": np.array([1, 1, 0])[:, None, None] * np.full((1, 2, 1), 30.0) * RATES,
}


def make(**changed):
    arguments = {
        "rates": RATES,
        "new": NEW,
        "old": OLD,
        "change": CHANGE,
        "tasks": ("digits", "letters"),
        "before": 0.93,
        "chance": 0.02,
    }
    return RateDial(**(arguments | changed))


def test_the_first_state_says_what_the_rate_gains_and_costs():
    dial = make()
    data, _ = dial._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == dial.picture.value
    assert bytes(dial.picture.value).startswith(PNG)
    assert "Rate 0.01: 61 % of digits right, 31 % of letters (before: 93 %)" in data["text/plain"]


@pytest.mark.parametrize(("control", "value"), [("rate", 0), ("rate", 1), ("frozen", 1), ("frozen", 2)])
def test_every_control_changes_the_picture_and_back(control, value):
    dial = make()
    before, old = dial.picture.value, dial.controls[control].value
    dial.controls[control].value = value
    assert bytes(dial.picture.value).startswith(PNG)
    assert dial.picture.value != before
    dial.controls[control].value = old
    assert dial.picture.value == before


def test_the_sliders_stop_where_something_was_measured():
    dial = make()
    assert [label for label, _ in dial.controls["rate"].options] == ["0.0001", "0.001", "0.01"]
    assert (dial.controls["frozen"].min, dial.controls["frozen"].max) == (0, 2)


def test_the_numbers_are_those_of_the_rate_and_the_frozen_layers():
    dial = make()
    assert dial._finding(1, 2) == "Rate 0.001: 81 % of digits right, 85 % of letters (before: 93 %)"


def test_weights_that_never_moved_can_be_drawn():
    assert bytes(make(change={"only": np.zeros((3, 2, 3))}).picture.value).startswith(PNG)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.000131, "0.013 %"), (0.004, "0.4 %"), (0.352, "35 %"), (1.5, "150 %"), (12.3, "1200 %")],
)
def test_a_change_has_two_digits_that_count(share, text):
    assert _percent(share) == text


def test_two_dials_are_independent():
    one, other = make(), make()
    before = other.picture.value
    one.controls["rate"].value = 0
    assert other.picture.value == before != one.picture.value


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"old": OLD[:2]}, r"with 3 rates, got shapes \[\(3, 2, 3\), \(2, 2, 3\)"),
        ({"rates": [1e-4, 1e-2]}, "with 2 rates"),
        ({"rates": [1e-3, 1e-4, 1e-2]}, "rates must be above 0, rise"),
        ({"rates": [0, 1e-4, 1e-2]}, "rates must be above 0, rise"),
        ({"rate": 3e-3}, "hold 0.003"),
    ],
)
def test_what_does_not_fit_is_refused(changed, message):
    with pytest.raises(InputError, match=message):
        make(**changed)
