import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from coursekit.data import load
from coursekit.errors import InputError
from coursekit.methods.border_errors import _edges as edges_between
from coursekit.methods.border_errors import move, puncture, redraw
from coursekit.metrics import cell_regions


@pytest.fixture
def grid():
    """Four by four cells of 7×7 pixels, parted by lines of one pixel."""
    border = np.zeros((31, 31), bool)
    border[7::8] = border[:, 7::8] = True
    return border


def test_thin_lines_are_redrawn_as_they_are(grid):
    assert (redraw(grid) == grid).all()


def test_thick_lines_become_thin_and_enclose_the_same_cells(grid):
    thick = redraw(grid, 3)
    assert thick.sum() > 2 * grid.sum()
    assert (redraw(thick) == grid).all()


def test_moving_repeats_the_outermost_pixels(grid):
    assert (move(grid, right=2)[:, 2:] == grid[:, :-2]).all()
    assert (move(grid, down=-1)[:-1] == grid[1:]).all()
    corner = np.eye(3, dtype=bool)
    assert move(corner, right=1)[0].tolist() == [True, True, False]


def test_each_hole_joins_two_cells(grid):
    # 24 edges part the 16 cells. A quarter of them open: 16 - 6 cells, more if holes close a ring.
    counts = [cell_regions(puncture(grid, 0.25, np.random.default_rng(seed))).max() for seed in range(20)]
    assert min(counts) == 10
    assert max(counts) <= 12


def test_holes_in_all_edges_leave_one_region(grid):
    assert cell_regions(puncture(grid, 1, np.random.default_rng(0))).max() == 1


def test_a_hole_of_one_pixel_costs_one_pixel(grid):
    assert grid.sum() - puncture(grid, 1, np.random.default_rng(0)).sum() == 24


def test_a_narrow_hole_does_not_go_through_a_thick_line(grid):
    rng = np.random.default_rng
    thick = redraw(grid, 3)
    # The 16 cells stay apart; each of the 24 pinholes counts as a region of its own.
    assert cell_regions(puncture(thick, 1, rng(0), width=1)).max() == 16 + 24
    assert cell_regions(puncture(thick, 1, rng(0), width=5)).max() == 1


def opened_edges(border, punctured):
    """The pairs of cells with a hole in the line between them."""
    return [
        pair
        for pair, line in edges_between(cell_regions(border)).items()
        if not punctured[tuple(np.transpose(line))].all()
    ]


def regions_left(cells, pairs):
    """How many there are when each of these pairs runs together."""
    joined = csr_matrix((np.ones(len(pairs)), np.transpose(pairs) - 1), shape=(cells, cells))
    return connected_components(joined, directed=False)[0]


@pytest.fixture(scope="module")
def fields():
    """Borders of eight fields, cells of all shapes: lines in all directions, edges of a few pixels."""
    return load("monolayer", 8, seed=50).targets[..., 0] > 0.5


@pytest.mark.parametrize("thickness", [None, 1, 2, 3, 5])
@pytest.mark.parametrize("wider", [0, 2])
def test_a_hole_as_wide_as_the_pen_joins_its_two_cells_and_no_others(fields, thickness, wider):
    for seed, field in enumerate(fields):
        border = redraw(field, thickness) if thickness else field
        cells = cell_regions(border).max()
        edges = len(edges_between(cell_regions(border)))
        width = (thickness or 2) + wider  # as they come, the borders are one or two pixels wide
        punctured = puncture(border, 0.5, np.random.default_rng(seed), width=width)
        pairs = opened_edges(border, punctured)
        assert len(pairs) == round(0.5 * edges)
        assert cell_regions(punctured).max() == regions_left(cells, pairs)


@pytest.mark.parametrize("width", [1, 3, 5, 9])
def test_however_wide_a_hole_is_it_opens_one_edge(fields, width):
    for seed, field in enumerate(fields):
        border = redraw(field)
        edges = edges_between(cell_regions(border))
        punctured = puncture(border, 1 / len(edges), np.random.default_rng(seed), width=width)
        assert cell_regions(punctured).max() == cell_regions(border).max() - 1


def test_a_hole_goes_through_a_thick_diagonal():
    thick = redraw(np.eye(31, dtype=bool), 5)
    for seed in range(20):
        punctured = puncture(thick, 1, np.random.default_rng(seed), width=5)
        assert cell_regions(punctured).max() == 1
        assert 0 < (thick & ~punctured).sum() <= 25


def test_without_a_share_nothing_changes_and_the_input_never_does(grid):
    before = grid.copy()
    assert (puncture(grid, 0, np.random.default_rng(0)) == before).all()
    puncture(grid, 1, np.random.default_rng(0))
    assert (grid == before).all()


def test_impossible_errors_are_refused(grid):
    with pytest.raises(InputError, match="between 0 and 1"):
        puncture(grid, 1.5, np.random.default_rng(0))
    with pytest.raises(InputError, match="width must be at least 1 pixel, got 0"):
        puncture(grid, 0.5, np.random.default_rng(0), width=0)
    with pytest.raises(InputError, match="at least 1"):
        redraw(grid, 0)
