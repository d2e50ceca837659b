import base64

import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.viz import ThresholdBench
from coursekit.viz.threshold_bench import _clean

PNG = b"\x89PNG\r\n\x1a\n"
# Four cells; the lines between them are sure (0.8) but for a weak pixel each (0.3), and a blot of two pixels
# (0.6) lies within a cell.
TRUTH = np.zeros((21, 21), bool)
TRUTH[10] = TRUTH[:, 10] = True
PROBABILITY = np.where(TRUTH, 0.8, 0.02)
PROBABILITY[10, [4, 16]] = PROBABILITY[[4, 16], 10] = 0.3
PROBABILITY[3, 3:5] = 0.6
IMAGE = np.random.default_rng(0).random((21, 21, 1))


@pytest.fixture
def bench():
    return ThresholdBench(IMAGE, PROBABILITY, TRUTH)


def test_the_first_state_is_best_for_dice_and_says_what_the_regions_pay(bench):
    data, _ = bench._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == bench.picture.value
    assert bytes(bench.picture.value).startswith(PNG)
    # Below 0.3 all 41 border pixels and the blot are drawn: Dice 82 / 84. From 0.6 on 37 of them: 74 / 78.
    assert bench.controls["threshold"].value == 0.05
    assert "Best for Dice is 0.05, with Dice 0.98 and ARI 1.00." in data["text/plain"]


def test_a_region_score_of_ones_own_is_drawn():
    bench = ThresholdBench(IMAGE, PROBABILITY, TRUTH, region_score=lambda truth, prediction: 0.25)
    assert (bench._curves[:, 1] == 0.25).all()


@pytest.mark.parametrize(("control", "value"), [("threshold", 0.5), ("radius", 3), ("smallest", 10)])
def test_every_control_changes_the_picture_and_back(bench, control, value):
    before, old = bench.picture.value, bench.controls[control].value
    bench.controls[control].value = value
    assert bytes(bench.picture.value).startswith(PNG)
    assert bench.picture.value != before
    bench.controls[control].value = old
    assert bench.picture.value == before


def test_the_curves_are_those_of_the_threshold_alone(bench):
    for place, threshold in ((3, 0.2), (9, 0.5)):
        assert np.allclose(bench._curves[place], bench._scores(threshold < PROBABILITY))


@pytest.mark.parametrize(("exact", "precision"), [(0.5, "float64"), (0.6, "float32"), (0.7, "float32")])
def test_lines_and_picture_agree_where_a_probability_lies_on_the_threshold(exact, precision, monkeypatch):
    probability = PROBABILITY.astype(precision)
    probability[10, 4] = exact
    bench = ThresholdBench(IMAGE, probability, TRUTH)
    drawn = []
    monkeypatch.setattr(bench, "_scores", lambda borders: drawn.append(borders) or (0, 0))
    bench._draw_state(exact - 1e-15, 0, 0)  # as the steps of a slider add up
    monkeypatch.undo()
    assert not drawn[0][10, 4]
    place = round((exact - 0.05) / 0.05)
    assert np.allclose(bench._curves[place], bench._scores(drawn[0]))


def test_closing_mends_gaps_up_to_the_edge_of_the_image():
    broken = TRUTH.copy()
    broken[10, [0, 4]] = False
    assert np.array_equal(_clean(broken, 0, 0), broken)
    mended = _clean(broken, 1, 0)
    assert mended[10, 4] and mended[10, 0]
    assert mended[broken].all()


def test_closing_takes_as_a_gap_what_is_up_to_twice_the_radius():
    line = np.zeros((9, 30), bool)
    line[4] = True
    line[4, 10:12] = line[4, 20:23] = False
    mended = _clean(line, 1, 0)
    assert mended[4, 10:12].all()
    assert not mended[4, 20:23].any()
    assert mended.sum() == 27


def test_pieces_below_the_smallest_size_go():
    drawn = PROBABILITY > 0.5
    assert _clean(drawn, 0, 2)[3, 3:5].all()
    cleaned = _clean(drawn, 0, 3)
    assert not cleaned[3, 3:5].any()
    assert np.array_equal(cleaned[TRUTH], drawn[TRUTH])


def test_a_diagonal_line_is_one_piece():
    assert np.array_equal(_clean(np.eye(9, dtype=bool), 0, 9), np.eye(9, dtype=bool))


def test_two_benches_are_independent(bench):
    other = ThresholdBench(IMAGE, PROBABILITY, TRUTH)
    before = other.picture.value
    bench.controls["threshold"].value = 0.9
    assert other.picture.value == before != bench.picture.value


def test_sizes_must_agree():
    with pytest.raises(InputError, match=r"got shapes \(21, 21, 1\), \(20, 21\) and \(21, 21\)"):
        ThresholdBench(IMAGE, PROBABILITY[1:], TRUTH)
