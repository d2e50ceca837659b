"""Borders with errors of a known kind and size: drawn thin or thick, moved, or with holes.

They show what a score sees and what it is blind to, without any training: lines that are everywhere and one
pixel off, against lines that are in place and leak.
"""

import numpy as np

from coursekit.errors import InputError
from coursekit.metrics import cell_regions


def redraw(border: np.ndarray, thickness: int = 1) -> np.ndarray:
    """Draw the same borders with a pen of another width.

    Args:
        border: binary mask (h, w).
        thickness: width of the lines in pixels, at least 1.

    Returns:
        bool (h, w): lines in the middle of the old ones. A width of 1 is the line that `cell_regions` cuts
        along. With even widths lines lie half a pixel to the bottom right.

    Raises:
        InputError: if thickness is below 1, or the mask isn't binary or isn't (h, w).
    """
    from skimage.morphology import dilation, footprint_rectangle

    if thickness < 1:
        raise InputError(f"thickness must be at least 1 pixel, got {thickness}.")
    line = cell_regions(border) == 0
    return line if thickness == 1 else dilation(line, footprint_rectangle((thickness, thickness)))


def move(border: np.ndarray, right: int = 0, down: int = 0) -> np.ndarray:
    """Move borders by whole pixels; at the sides that open up, the outermost pixels are repeated.

    Args:
        border: binary mask (h, w).
        right: pixels to the right, negative for left.
        down: pixels down, negative for up.

    Returns:
        bool (h, w).
    """
    border = np.asarray(border, bool)
    rows = np.clip(np.arange(border.shape[0]) - down, 0, border.shape[0] - 1)
    columns = np.clip(np.arange(border.shape[1]) - right, 0, border.shape[1] - 1)
    return border[np.ix_(rows, columns)]


def puncture(border: np.ndarray, share: float, rng: np.random.Generator, width: int = 1) -> np.ndarray:
    """Make a hole in a share of the edges between two cells.

    A hole is a square that is cut out of the line, as if the pen of `redraw` erased there. It takes pixels of
    its two cells and of the line between them only, so that it opens no other edge, however close. Edges and
    places where it joins its two cells come first. A hole as wide as the pen finds such a place unless the
    edge is short and other lines run into it; with holes in half of the edges of a simulated monolayer, each
    joins its two cells. One that is narrower than the line is a region of its own instead.

    Args:
        border: binary mask (h, w).
        share: part of the edges that get a hole, 0 to 1, rounded to a whole number of edges. Which edges and
            where along them is random.
        rng: source of randomness.
        width: of the hole in pixels, at least 1. It lies on the middle of the line.

    Returns:
        bool (h, w).

    Raises:
        InputError: if share isn't within 0 and 1, width is below 1, or the mask isn't binary or isn't (h, w).
    """
    if not 0 <= share <= 1:
        raise InputError(f"share must lie between 0 and 1, got {share}.")
    if width < 1:
        raise InputError(f"width must be at least 1 pixel, got {width}.")
    regions = cell_regions(border)
    punctured = np.array(border, bool)
    edges = list(_edges(regions).items())
    holes = []
    for edge in rng.permutation(len(edges)):
        cells, line = edges[edge]
        holes.append(_hole(punctured, regions, cells, line, width, rng))
    holes.sort(key=lambda hole: not hole[0])
    for _, pixels in holes[: round(share * len(holes))]:
        punctured[pixels] = False
    return punctured


def _hole(
    border: np.ndarray,
    regions: np.ndarray,
    cells: tuple[int, int],
    line: list[tuple[int, int]],
    width: int,
    rng: np.random.Generator,
) -> tuple[bool, tuple[np.ndarray, ...]]:
    """Make a hole at a random place between two cells: does it join them, and which pixels does it take?"""
    from skimage.measure import label

    own = np.isin(regions, cells)
    own[tuple(np.transpose(line))] = True
    holes = []
    for y, x in rng.permutation(line):
        top, left = y - (width - 1) // 2, x - (width - 1) // 2
        hole = np.zeros_like(border)
        hole[max(top, 0) : top + width, max(left, 0) : left + width] = True
        hole &= own & border
        holes.append(np.nonzero(hole))
        # With what is free around it the hole must be one piece that reaches both cells.
        around = np.s_[max(top - 1, 0) : top + width + 1, max(left - 1, 0) : left + width + 1]
        pieces = label((own & (hole | ~border))[around], connectivity=1)
        through = pieces == pieces[hole[around]][0]
        reached = set(regions[around][through & ~border[around]].tolist())
        if through[hole[around]].all() and reached == set(cells):
            return True, holes[-1]
    return False, holes[0]


def _edges(regions: np.ndarray) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """For each pair of neighbours, the pixels of the line with one of them on each side."""
    framed = np.pad(regions, 1)
    around = np.stack([framed[:-2, 1:-1], framed[2:, 1:-1], framed[1:-1, :-2], framed[1:-1, 2:]], axis=-1)
    edges: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for y, x in np.argwhere(regions == 0):
        neighbours = sorted(set(around[y, x].tolist()) - {0})
        # Where three cells meet, a hole would join all of them.
        if len(neighbours) == 2:
            edges.setdefault((neighbours[0], neighbours[1]), []).append((int(y), int(x)))
    return edges
