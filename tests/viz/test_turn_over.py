import base64

import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.viz import TurnOverExplorer
from coursekit.viz.turn_over import _mosaic

PNG = b"\x89PNG\r\n\x1a\n"
STRENGTHS = [0, 0.5, 1, 2]
ACCURACY = np.array([[0.90, 0.93, 0.90, 0.70], [0.92, 0.93, 0.92, 0.72]])


def draw(strength):
    return np.full((9, 4, 5, 1), strength / 2)


@pytest.fixture
def explorer():
    return TurnOverExplorer(STRENGTHS, ACCURACY, draw)


def test_the_first_state_says_what_the_strength_costs(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == explorer.picture.value
    assert bytes(explorer.picture.value).startswith(PNG)
    assert explorer.controls["strength"].label == "2"
    assert "with a dot at 2, 20.0 percentage points less than without;" in data["text/plain"]


@pytest.mark.parametrize(
    ("strength", "words"), [(0, "as accurate as"), (0.5, "2.0 percentage points more"), (1, "as accurate as")]
)
def test_a_gain_is_compared_with_no_augmentation(strength, words):
    explorer = TurnOverExplorer(STRENGTHS, ACCURACY, draw, strength=strength)
    assert words in explorer._repr_mimebundle_()[0]["text/plain"]


def test_the_slider_stops_where_something_was_measured(explorer):
    assert [label for label, _ in explorer.controls["strength"].options] == ["0", "0.5", "1", "2"]
    pictures = set()
    for place in range(4):
        explorer.controls["strength"].value = place
        pictures.add(bytes(explorer.picture.value))
    assert len(pictures) == 4


def test_pictures_are_drawn_once_for_each_strength():
    calls = []

    def count(strength):
        calls.append(strength)
        return draw(strength)

    explorer = TurnOverExplorer(STRENGTHS, ACCURACY, count)
    explorer.controls["strength"].value = 0
    assert calls == STRENGTHS


def test_nine_pictures_make_a_square_in_reading_order():
    numbered = np.arange(9.0)[:, None, None] * np.ones((9, 2, 2))
    mosaic = _mosaic(numbered)
    assert mosaic.shape == (8, 8)
    assert np.array_equal(mosaic[::3, ::3], np.arange(9).reshape(3, 3))


def test_two_explorers_are_independent(explorer):
    other = TurnOverExplorer(STRENGTHS, ACCURACY, draw)
    before = other.picture.value
    explorer.controls["strength"].value = 0
    assert other.picture.value == before != explorer.picture.value


@pytest.mark.parametrize(
    ("strengths", "accuracy", "pictures", "message"),
    [
        (STRENGTHS, ACCURACY[:, :3], draw, r"4 columns, one for each strength, got shape \(2, 3\)"),
        (STRENGTHS, ACCURACY[0], draw, r"got shape \(4,\)"),
        ([0, 1, 0.5, 2], ACCURACY, draw, "must rise from 0 and hold 2"),
        ([0.1, 0.5, 1, 2], ACCURACY, draw, "must rise from 0 and hold 2"),
        ([0, 0.5, 1, 3], ACCURACY, draw, "must rise from 0 and hold 2"),
        (STRENGTHS, ACCURACY, lambda s: draw(s)[:8], r"nine pictures \(9, h, w, 1\), got shape \(8, 4, 5\)"),
    ],
)
def test_what_does_not_fit_is_refused(strengths, accuracy, pictures, message):
    with pytest.raises(InputError, match=message):
        TurnOverExplorer(strengths, accuracy, pictures)
