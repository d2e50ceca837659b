import math

import numpy as np
import pytest

from coursekit.efficiency import LearningCurve, worth_in_labels
from coursekit.errors import InputError
from coursekit.viz import figure_png, learning_curves, worth_arrow

SIZES = [30, 60, 120]
PLAIN = LearningCurve(SIZES, [[0.5, 0.6, 0.7], [0.52, 0.62, 0.72]], "plain")
BETTER = LearningCurve(SIZES, [[0.6, 0.7, 0.8], [0.62, 0.72, 0.82]], "better")


def draw(curves=(PLAIN, BETTER)):
    return learning_curves(curves, "Better is better", "accuracy, share of test images")


def arrow_and_text(axis):
    arrow = next(text for text in axis.texts if text.arrow_patch)
    label = next(text for text in axis.texts if not text.arrow_patch)
    return arrow, label


def test_the_figure_has_its_finding_and_axes_with_units():
    (axis,) = draw().axes
    assert axis.get_title(loc="left") or axis.get_title() == "Better is better"
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("labelled images", "accuracy, share of test images")


def test_every_step_to_the_right_doubles_the_labels():
    (axis,) = draw().axes
    places = axis.transData.transform([(size, 0.5) for size in SIZES])[:, 0]
    assert np.diff(places)[0] == pytest.approx(np.diff(places)[1])
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["30", "60", "120"]


def test_each_repeat_is_drawn_and_the_line_is_their_mean():
    (axis,) = draw().axes
    drawn = [tuple(line.get_ydata()) for line in axis.lines]
    for curve in (PLAIN, BETTER):
        for scores in [*curve.scores, curve.mean]:
            assert tuple(scores) in drawn


def test_arms_differ_by_marker_too():
    (axis,) = draw().axes
    named = [line for line in axis.lines if not line.get_label().startswith("_")]
    assert len({line.get_marker() for line in named}) == len({line.get_color() for line in named}) == 2


def test_the_legend_has_the_order_in_which_the_curves_end():
    (axis,) = draw().axes
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["better", "plain"]


def test_the_arrow_goes_from_the_better_curve_to_the_plain_one():
    (axis,) = draw().axes
    estimate = worth_in_labels(BETTER, PLAIN, 30)
    worth_arrow(axis, estimate, BETTER, 30)
    arrow, label = arrow_and_text(axis)
    assert arrow.xyann == pytest.approx((30, 0.61))
    assert arrow.xy == pytest.approx((30 * estimate.value, 0.61))
    assert 60 < arrow.xy[0] < 120
    assert label.get_text() == str(estimate)


@pytest.mark.parametrize(
    ("arms", "n", "end", "says"),
    [
        ((BETTER, PLAIN), 120, 120, "more than 1x"),
        ((PLAIN, BETTER), 60, 30, "0.50x"),
        ((PLAIN, BETTER), 30, 30, "less than 1x"),
    ],
)
def test_an_arrow_that_finds_no_end_stops_where_the_plain_curve_does(arms, n, end, says):
    (axis,) = draw().axes
    worth_arrow(axis, worth_in_labels(*arms, n), arms[0], n)
    arrow, label = arrow_and_text(axis)
    assert arrow.xy[0] == pytest.approx(end, rel=1e-6)
    assert math.isfinite(arrow.xy[1])
    assert label.get_text().startswith(says)


def test_the_figure_can_be_drawn_with_every_colour():
    curves = [LearningCurve(SIZES, PLAIN.scores + index / 100, str(index)) for index in range(8)]
    assert figure_png(draw(curves)).startswith(b"\x89PNG")


@pytest.mark.parametrize("count", [0, 9])
def test_no_curves_or_more_than_colours_are_refused(count):
    with pytest.raises(InputError, match=f"from 1 to 8 learning curves, got {count}"):
        draw([PLAIN] * count)
