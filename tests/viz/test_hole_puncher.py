import base64

import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.metrics import cell_regions
from coursekit.viz import HolePuncher
from coursekit.viz.hole_puncher import _palette, _rename

PNG = b"\x89PNG\r\n\x1a\n"
# 4×4 cells of 7×7 pixels; the other image has 3×3 larger ones.
GRID = np.zeros((31, 31), bool)
GRID[7::8] = GRID[:, 7::8] = True
OTHER = np.zeros((31, 31), bool)
OTHER[10::10] = OTHER[:, 10::10] = True


@pytest.fixture
def puncher():
    return HolePuncher(GRID, OTHER)


def state(puncher, **changed):
    values = {"thickness": 1, "shift": 0, "share": 0.0, "hole": 1, "lines": "to the nearest cell"}
    drawn, regions, overlap, score = puncher._scores(**(values | changed))
    return drawn, int(regions.max()), overlap, score


def test_the_first_state_has_holes_in_half_of_the_edges(puncher):
    data, _ = puncher._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == puncher.picture.value
    assert bytes(puncher.picture.value).startswith(PNG)
    # 24 edges, 12 of 135 border pixels gone.
    _, cells, overlap, score = state(puncher, share=0.5)
    assert overlap > 0.9
    assert score < 0.5
    assert cells < 8
    assert f"Dice {overlap:.2f}, ARI {score:.2f}: {cells} regions for 16 cells" in data["text/plain"]


def test_untouched_borders_score_one(puncher):
    drawn, cells, overlap, score = state(puncher)
    assert np.array_equal(drawn, puncher._truth)
    assert (cells, overlap, score) == (16, 1.0, 1.0)


def test_holes_in_all_edges_leave_one_cell_and_moved_lines_leave_all(puncher):
    _, cells, overlap, score = state(puncher, share=1.0)
    assert (cells, score) == (1, 0.0)
    _, moved_cells, moved_overlap, moved_score = state(puncher, shift=1)
    assert moved_cells == 16
    assert moved_overlap < overlap
    assert moved_score > 0.5


def test_a_hole_narrower_than_the_line_joins_nothing_and_is_a_region_itself(puncher):
    assert state(puncher, thickness=3, share=1.0, hole=1)[1] == 16 + 24
    assert state(puncher, thickness=3, share=1.0, hole=5)[1] < 16


@pytest.mark.parametrize(
    ("control", "value"),
    [
        ("thickness", 3),
        ("shift", 2),
        ("share", 0.2),
        ("hole", 3),
        ("lines", "ignored"),
        ("lines", "one more region"),
    ],
)
def test_every_control_changes_the_picture_and_back(control, value):
    puncher = HolePuncher(GRID, OTHER, shift=1, share=0.3)
    before, old = puncher.picture.value, puncher.controls[control].value
    puncher.controls[control].value = value
    assert bytes(puncher.picture.value).startswith(PNG)
    assert puncher.picture.value != before
    puncher.controls[control].value = old
    assert puncher.picture.value == before


def test_the_floor_is_the_score_of_another_image_under_each_convention(puncher):
    assert set(puncher._floor) == {"nearest", "region", "ignored"}
    assert all(0 < score < 0.9 for score in puncher._floor.values())
    assert HolePuncher(GRID, GRID)._floor == {"nearest": 1.0, "region": 1.0, "ignored": 1.0}


def test_a_region_is_called_after_the_true_cell_it_shares_most_with():
    cells = np.array([[1, 1, 0, 2, 2, 2], [3, 3, 0, 4, 4, 4]])
    regions = np.array([[5, 5, 5, 5, 5, 5], [0, 2, 2, 1, 1, 1]])
    assert _rename(regions, cells).tolist() == [[2] * 6, [0, 3, 3, 4, 4, 4]]


def test_colours_are_white_for_no_cell_and_differ_between_all_others():
    colours = _palette(40)
    assert colours.shape == (41, 3)
    assert (colours[0] == 1).all()
    distance = np.abs(colours[:, None] - colours[None]).sum(axis=-1)
    assert distance[~np.eye(41, dtype=bool)].min() > 0.01


def test_two_instances_are_independent(puncher):
    other = HolePuncher(GRID, OTHER)
    before = other.picture.value
    puncher.controls["shift"].value = 1
    assert other.picture.value == before != puncher.picture.value


def test_what_does_not_fit_is_refused():
    assert cell_regions(np.zeros((9, 9), bool)).max() == 1
    with pytest.raises(InputError, match="at least two cells, got 1"):
        HolePuncher(np.zeros((9, 9), bool), np.zeros((9, 9), bool))
    with pytest.raises(InputError, match="same shape"):
        HolePuncher(GRID, OTHER[:20])
