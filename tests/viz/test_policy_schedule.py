import numpy as np
import pytest

from coursekit.augment.policy import Policy
from coursekit.errors import InputError
from coursekit.viz import policy_schedule

FIRST = Policy((0.2, 1.0), (3.0, 0.0), ("rotate", "zoom"))
SECOND = Policy((0.4, 0.9), (9.0, 1.0), ("rotate", "zoom"))
SCHEDULE = [FIRST, FIRST, SECOND]
SCORES = np.array([[0.5, 0.6], [0.7, 0.9], [0.95, 0.8]])
LINEAGE = [1, 1, 0]


def test_all_scores_are_drawn_and_the_winners_line_leads_through_its_own():
    top = policy_schedule(SCHEDULE, SCORES, LINEAGE, "Rotation grows").axes[0]
    children, winner = top.lines[:2], top.lines[2]
    np.testing.assert_array_equal([line.get_ydata() for line in children], SCORES.T)
    assert winner.get_xdata().tolist() == [1, 2, 3]
    assert winner.get_ydata().tolist() == [0.6, 0.9, 0.95]


def test_each_operation_has_a_row_of_probabilities_and_one_of_magnitudes():
    _, probabilities, magnitudes = policy_schedule(SCHEDULE, SCORES, LINEAGE, "Rotation grows").axes
    for axis, values, largest in [
        (probabilities, [[0.2, 0.2, 0.4], [1.0, 1.0, 0.9]], 1),
        (magnitudes, [[3, 3, 9], [0, 0, 1]], 9),
    ]:
        assert axis.images[0].get_array().tolist() == values
        assert axis.images[0].get_clim() == (0, largest)
        assert [label.get_text() for label in axis.get_yticklabels()] == ["rotate", "zoom"]
        # The number of a cell stands in the middle of its shade: row 1 of round 3.
        cell = next(text for text in axis.texts if text.get_position() == (3, 1))
        assert float(cell.get_text()) == values[1][2]
        left, right, low, high = axis.images[0].get_extent()
        assert (left, right) == (0.5, 3.5)
        assert (low, high) == (1.5, -0.5)


def test_a_line_stands_where_the_policy_changed_and_nowhere_else():
    figure = policy_schedule(SCHEDULE, SCORES, LINEAGE, "Rotation grows")
    for axis in figure.axes:
        upright = [line for line in axis.lines if len(set(line.get_xdata())) == 1]
        assert [line.get_xdata()[0] for line in upright] == [2.5]
    assert figure.get_suptitle() == "Rotation grows"


def test_a_schedule_of_one_round_can_be_drawn():
    figure = policy_schedule([FIRST], SCORES[:1], [1], "One round")
    assert figure.axes[0].lines[2].get_ydata().tolist() == [0.6]


@pytest.mark.parametrize(
    ("schedule", "scores", "lineage"),
    [
        ([], SCORES[:0], []),
        (SCHEDULE, SCORES[:2], LINEAGE),
        (SCHEDULE, SCORES, [1]),
        (SCHEDULE, SCORES[0], LINEAGE),
    ],
)
def test_rounds_must_agree(schedule, scores, lineage):
    with pytest.raises(InputError, match="for each round"):
        policy_schedule(schedule, scores, lineage, "Nothing")
