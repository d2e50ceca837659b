import base64

import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.viz import PoolingDial
from coursekit.viz.pooling_dial import _gradient, _pooled

PNG = b"\x89PNG\r\n\x1a\n"
SCORES = np.array([-1.0, 0.5, 2.0, 1.5, -3.0])


def make(**changed):
    return PoolingDial(**({"scores": SCORES} | changed))


def test_the_first_state_says_where_lse_with_r_5_lies_between_its_limits():
    dial = make()
    data, _ = dial._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == dial.picture.value
    assert bytes(dial.picture.value).startswith(PNG)
    # log(mean(exp(5 s))) / 5, and the softmax of 5 s, by hand.
    exponentials = np.exp(5 * SCORES)
    bag, share = np.log(exponentials.mean()) / 5, exponentials[2] / exponentials.sum()
    said = f"r = 5: the bag scores {bag:.2f} (mean 0.00, maximum 2.00); image 3 gets {100 * share:.0f} % of"
    assert said in data["text/plain"]


def test_lse_rises_with_r_from_the_mean_to_the_maximum():
    pooled = np.array(list(_pooled(SCORES).values()))
    assert (np.diff(pooled) > 0).all()
    assert SCORES.mean() < pooled[0] < SCORES.mean() + 0.2
    assert SCORES.max() - 0.1 < pooled[-1] < SCORES.max()


@pytest.mark.parametrize("r", [0.1, 5, 20])
def test_the_share_of_the_gradient_is_the_slope_of_the_pooling(r):
    step = 1e-2
    # float32 inside: a step of 1e-2 leaves an error of some 1e-4.
    slopes = [
        (_pooled(SCORES + move)[r] - _pooled(SCORES - move)[r]) / (2 * step) for move in step * np.eye(5)
    ]
    np.testing.assert_allclose(_gradient(SCORES, r), slopes, atol=2e-3)


def test_far_apart_scores_are_pooled_without_overflow():
    assert _pooled(np.array([-100.0, 100.0]))[20] == pytest.approx(100 - np.log(2) / 20, abs=1e-4)


def test_the_slider_moves_the_highest_image_or_the_one_that_is_named():
    assert make().controls["score"].description == "image 3"
    dial = make(instance=4)
    assert (dial.controls["score"].description, dial.controls["score"].value) == ("image 5", -3)
    dial.controls["score"].value = dial.controls["score"].max
    assert "image 5 gets" in dial._finding(np.r_[SCORES[:4], dial.controls["score"].max], 5)


@pytest.mark.parametrize(("control", "value"), [("score", -4.0), ("score", 3.0), ("r", 0.1), ("r", 20)])
@pytest.mark.parametrize("images", [None, np.random.default_rng(0).random((5, 8, 8, 1))])
def test_every_control_changes_the_picture_and_back(control, value, images):
    dial = make(images=images)
    before, old = dial.picture.value, dial.controls[control].value
    dial.controls[control].value = value
    assert bytes(dial.picture.value).startswith(PNG)
    assert dial.picture.value != before
    dial.controls[control].value = old
    assert dial.picture.value == before


def test_equal_scores_are_drawn():
    assert bytes(make(scores=np.ones(3)).picture.value).startswith(PNG)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"scores": SCORES[None]}, r"got shape \(1, 5\)"),
        ({"scores": SCORES[:1]}, "at least two"),
        ({"scores": np.r_[SCORES, np.nan]}, "finite"),
        ({"images": np.zeros((4, 8, 8, 1))}, r"for 5 scores, got shape \(4, 8, 8, 1\)"),
        ({"images": np.zeros((5, 8, 8))}, r"got shape \(5, 8, 8\)"),
        ({"instance": 5}, "from 0 to 4, got 5"),
    ],
)
def test_what_does_not_fit_is_refused(changed, message):
    with pytest.raises(InputError, match=message):
        make(**changed)
