import base64
import re

import numpy as np
import pytest

from coursekit.methods.federated.rounds import DROPPED, REPORTED, STRAGGLER, SURPLUS
from coursekit.viz import RoundTimeline
from coursekit.viz.round_timeline import _OVER_SELECTION, _finding, _many_rounds, _play

PNG = b"\x89PNG\r\n\x1a\n"


def values(widget, **changed):
    return {name: control.value for name, control in widget.controls.items()} | changed


def test_the_first_state_is_a_committed_round_with_two_stragglers():
    widget = RoundTimeline()
    data, _ = widget._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == widget.picture.value
    assert bytes(widget.picture.value).startswith(PNG)
    assert "26 chosen, 20 wanted; 20 reported, 2 stragglers: committed after 114 s" in data["text/plain"]
    _, record = _play(**values(widget))
    fates = [int((record.fate == fate).sum()) for fate in (REPORTED, SURPLUS, STRAGGLER, DROPPED)]
    assert fates == [20, 2, 2, 2]
    assert len(record.reporting) == 20


@pytest.mark.parametrize(
    ("changed", "ends"),
    [
        ({"silent": 0.4}, "not committed, 16 are needed"),
        ({"silent": 0.4, "minimal_share": 0.5}, r"committed after \d+ s"),
        ({"selection_s": 10, "goal": 30}, "not started, 24 are needed"),
    ],
)
def test_the_title_says_how_the_round_ends(changed, ends):
    finding = _finding(*_play(**values(RoundTimeline(), **changed)))
    assert re.search(f"{ends}$", finding), finding


def test_over_selection_saves_rounds_and_costs_work():
    # A third falls silent and 16 of 20 must report: without reserve 13 can.
    committed, used, duration = _many_rounds(20, 60, 120, 0.8, 1 / 3)
    assert committed[0] == 0
    assert committed[-1] == 100
    # At twice the goal, at most half of the clients can count.
    assert used[-1] <= 50 < used.max()
    # All rounds that fail last until the time is up; with a reserve, the goal is reached before.
    assert duration[-1] < duration[0]


def test_without_absence_or_time_limits_in_reach_every_client_counts():
    committed, used, _ = _many_rounds(20, 120, 240, 0.8, 0.0)
    assert committed[0] == used[0] == 100
    np.testing.assert_allclose(used, 100 / np.array(_OVER_SELECTION))


@pytest.mark.parametrize(
    ("control", "value"),
    [
        ("goal", 30),
        ("over_selection", 2.0),
        ("selection_s", 10),
        ("report_s", 20),
        ("minimal_share", 1.0),
        ("silent", 0.6),
        ("seed", 3),
    ],
)
def test_every_control_changes_the_picture_and_back(control, value):
    widget = RoundTimeline()
    before, old = widget.picture.value, widget.controls[control].value
    widget.controls[control].value = value
    assert bytes(widget.picture.value).startswith(PNG)
    assert widget.picture.value != before
    widget.controls[control].value = old
    assert widget.picture.value == before


@pytest.mark.parametrize("end", ["min", "max"])
def test_the_ends_of_all_sliders_are_drawn(end):
    widget = RoundTimeline()
    for name, control in widget.controls.items():
        if name == "over_selection":
            control.value = _OVER_SELECTION[0 if end == "min" else -1]
        else:
            control.value = getattr(control, end)
    assert bytes(widget.picture.value).startswith(PNG)
