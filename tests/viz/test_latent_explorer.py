import base64

import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.viz import LatentExplorer
from coursekit.viz.latent_explorer import _FITTED, _REACH, _STANDARD, _sheet

PNG = b"\x89PNG\r\n\x1a\n"
RNG = np.random.default_rng(0)
LABELS = np.arange(80) % 10
NEAR = RNG.normal(0, 1, (80, 2))
FAR = RNG.normal(0, 1, (80, 2)) * [4, 1] + [9, 0]
calls: list[int] = []


def draw(codes):
    """Pictures of 3 x 2: the left column says code 1, the right one code 2."""
    calls.append(len(codes))
    shades = 0.5 + codes / 40
    return np.repeat(shades[:, None, :], 3, axis=1)[..., None]


def same(codes):
    """What a decoder draws that has learnt to ignore its codes."""
    return np.full((len(codes), 3, 2), 0.3)


MODELS = {"VAE": (NEAR, draw), "AE": (FAR, draw), "collapsed": (0.01 * NEAR, same)}


@pytest.fixture
def explorer():
    return LatentExplorer(MODELS, LABELS)


def test_the_first_state_is_the_middle_of_the_first_model(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == explorer.picture.value
    assert bytes(explorer.picture.value).startswith(PNG)
    assert [control.value for control in explorer.controls.values()] == ["VAE", _STANDARD, 0, 0]
    share = (np.hypot(*NEAR.T) <= 2).mean()
    assert f"VAE: {share:.0%} of the codes lie in the circle that holds 86% of N(0, 1)" in data["text/plain"]


@pytest.mark.parametrize(
    ("control", "value"), [("first", 0.75), ("second", -1.5), ("model", "AE"), ("source", _FITTED)]
)
def test_every_control_changes_the_picture_and_back(explorer, control, value):
    before, old = explorer.picture.value, explorer.controls[control].value
    explorer.controls[control].value = value
    assert bytes(explorer.picture.value).startswith(PNG)
    assert explorer.picture.value != before
    explorer.controls[control].value = old
    assert explorer.picture.value == before


def test_nothing_is_decoded_when_the_handle_or_the_model_changes(explorer):
    before = len(calls)
    explorer.controls["model"].value = "AE"
    explorer.controls["first"].value = 3.0
    explorer.controls["source"].value = _FITTED
    assert len(calls) == before > 0


def test_the_stored_drawing_is_that_of_the_handle(explorer, monkeypatch):
    stored = explorer._models["AE"]
    for column, row in ((0, 5), (20, 7), (2 * _REACH, 2 * _REACH)):
        code = (np.array([column, row]) - _REACH) * stored.edge / _REACH
        # Stored as bytes: half a shade of 255 is lost.
        wanted = draw(code[None])[0, ..., 0]
        assert stored.places[row, column] / 255 == pytest.approx(wanted, abs=0.5 / 255 + 1e-6)


def test_the_drawing_shown_is_the_one_at_the_sliders(explorer, monkeypatch):
    from matplotlib.axes import Axes

    drawn = []
    monkeypatch.setattr(Axes, "imshow", lambda self, picture, **_: drawn.append(np.asarray(picture)))
    edge = explorer._models["VAE"].edge
    explorer._draw_state("VAE", _STANDARD, 0.5 * edge, -edge)
    assert np.array_equal(drawn[1], explorer._models["VAE"].places[0, _REACH + _REACH // 2])
    assert np.array_equal(drawn[0], explorer._models["VAE"].grids[_STANDARD])


def test_the_sliders_reach_as_far_as_the_codes_and_at_least_as_n_0_1(explorer):
    first = explorer.controls["first"]
    assert first.max == -first.min == 3
    explorer.controls["model"].value = "AE"
    assert first.max == -first.min == np.ceil(np.quantile(np.abs(FAR), 0.995)) > 12
    assert first.step == first.max / _REACH
    explorer.controls["model"].value = "collapsed"
    assert first.max == 3


def test_the_handle_keeps_its_place_in_the_view_when_the_model_changes(explorer):
    explorer.controls["first"].value = 1.5
    explorer.controls["second"].value = -3
    explorer.controls["model"].value = "AE"
    edge = explorer._models["AE"].edge
    assert (explorer.controls["first"].value, explorer.controls["second"].value) == (edge / 2, -edge)


def test_the_fitted_codes_lie_where_the_codes_lie(explorer):
    stored = explorer._models["AE"]
    # Codes of N(0, 1) draw shades about the middle, those of the fitted Gaussian about code 1 = 9.
    assert stored.grids[_STANDARD][:, ::2].mean() / 255 == pytest.approx(0.5, abs=0.01)
    assert stored.grids[_FITTED][:, ::2].mean() / 255 == pytest.approx(0.5 + FAR[:, 0].mean() / 40, abs=0.01)
    # Their spread is 4 and 1 where that of N(0, 1) is 1 and 1: sqrt(17 / 2) times as much in both together.
    assert stored.spread[_FITTED] / stored.spread[_STANDARD] == pytest.approx(np.sqrt(8.5), rel=0.15)


def test_the_fitted_codes_follow_a_slanted_cloud():
    slanted = np.repeat(NEAR[:, :1], 2, axis=1) * 5
    stored = LatentExplorer({"line": (slanted, draw)}, LABELS)._models["line"]
    shades = stored.grids[_FITTED].reshape(12, 3, 12, 2)[:, 0].astype(int)
    assert np.abs(shades[..., 0] - shades[..., 1]).max() <= 1
    assert np.ptp(shades) > 50


def test_drawings_that_ignore_their_codes_do_not_differ(explorer):
    assert explorer._models["collapsed"].spread == {_STANDARD: 0, _FITTED: 0}
    assert explorer._models["VAE"].spread[_STANDARD] > 0.01


def test_a_sheet_keeps_rows_and_columns():
    pictures = np.arange(24).reshape(2, 3, 2, 2)
    sheet = _sheet(pictures)
    assert sheet.shape == (4, 6)
    assert np.array_equal(sheet[2:, 4:], pictures[1, 2])


def test_two_explorers_are_independent(explorer):
    other = LatentExplorer(MODELS, LABELS)
    before = other.picture.value
    explorer.controls["first"].value = 1.5
    assert other.picture.value == before != explorer.picture.value


def test_one_can_start_with_any_model():
    assert LatentExplorer(MODELS, LABELS, model="AE").controls["model"].value == "AE"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"models": {}}, "no model ''. There are: none"),
        ({"model": "GAN"}, "no model 'GAN'. There are: VAE, AE, collapsed"),
        ({"models": {"m": (NEAR[:70], draw)}}, r"80 labels, got shape \(70, 2\)"),
        ({"models": {"m": (np.ones((80, 3)), draw)}}, r"got shape \(80, 3\)"),
        ({"models": {"m": (NEAR * np.nan, draw)}}, "must be finite"),
        ({"models": {"m": (NEAR, lambda codes: codes)}}, "drawings"),
    ],
)
def test_what_does_not_fit_is_refused(changed, message):
    with pytest.raises(InputError, match=message):
        LatentExplorer(**({"models": MODELS, "labels": LABELS} | changed))
