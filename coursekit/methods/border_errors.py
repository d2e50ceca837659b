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


def puncture(border: np.ndarray, share: float, rng: np.random.Generator, width: float = 1) -> np.ndarray:
    """Make a hole in a share of the edges between two cells.

    Args:
        border: binary mask (h, w).
        share: part of the edges that get a hole, 0 to 1, rounded to a whole number of edges. Which edges and
            where along them is random.
        rng: source of randomness.
        width: diameter of the hole in pixels. It lies on the middle of the line, so it lets the two cells
            run together if it is at least as wide as the line is thick.

    Returns:
        bool (h, w).

    Raises:
        InputError: if share isn't within 0 and 1, or the mask isn't binary or isn't (h, w).
    """
    if not 0 <= share <= 1:
        raise InputError(f"share must lie between 0 and 1, got {share}.")
    punctured = np.array(border, bool)
    edges = list(_edges(cell_regions(border)).values())
    for edge in rng.choice(len(edges), round(share * len(edges)), replace=False):
        y, x = edges[edge][rng.integers(len(edges[edge]))]
        rows, columns = np.ogrid[: punctured.shape[0], : punctured.shape[1]]
        punctured[(rows - y) ** 2 + (columns - x) ** 2 <= (width / 2) ** 2] = False
    return punctured


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
