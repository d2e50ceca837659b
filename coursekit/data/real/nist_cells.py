"""Microscope pictures of cell colonies with masks, published by NIST."""

from pathlib import PurePosixPath

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.real.download import fetch, remote_files
from coursekit.data.splits import nested_subsets
from coursekit.errors import InputError

_SIDE = 256
_TILES = (16, 32, 64, 128, 256)
# One more than 14 bits can count. The brightest pixel of all is 14,814.
_WHITE = np.float32(2**14)

CARDS = {
    "nist_cells": Card(
        name="nist_cells",
        title="Colonies of cells under the microscope, with masks (NIST)",
        source="100 phase-contrast pictures of 256×256 pixels with 16 bits and a mask for each: the example "
        "data of NIST's repository semantic-segmentation-unet, fetched from GitHub at a fixed commit.",
        licence="NIST software licence (use, copy and change; name NIST as the source). Work of NIST "
        "employees is not subject to copyright in the United States.",
        citation="National Institute of Standards and Technology: semantic-segmentation-unet, folder data/. "
        "https://github.com/usnistgov/semantic-segmentation-unet, commit 6c32132.",
        unit="grey value of the file divided by 16,384, the same for all pictures; the width of a pixel is "
        "not recorded",
        class_names=("cells",),
        limits="The repository names neither cells nor microscope, nor the size of a pixel, nor who drew the "
        "masks and how. Exposure differs fivefold between pictures: scale each by its own mean. Which "
        "pictures come from one dish is not recorded: a test on other pictures may be one on the same dish.",
    )
}


def nist_cells(n: int | None = None, seed: int = 0, tile: int = 256) -> ImageSet:
    """Return real pictures of cell colonies with masks (18 MB to download, or a part of it for a few).

    Args:
        n: how many, drawn at random; None for all 100 pictures (or all tiles), in the order of the files.
        seed: decides which ones are drawn; not used for all of them.
        tile: 256 for whole pictures, or 128, 64, 32 or 16 to cut each into squares of that size, at full
            resolution: 16 squares of 64, for example.

    Returns:
        images (n, tile, tile, 1), targets (n, tile, tile, 1): 1 on cells, groups: the number of the picture,
        0 to 99. Squares of one picture must not be spread over training and test.

    Raises:
        InputError: if tile is another number, or n is above the number of pictures or tiles.
        CourseError: if a file can't be fetched.
    """
    if tile not in _TILES:
        raise InputError(f"tile must be one of {', '.join(map(str, _TILES))}, got {tile!r}.")
    files = remote_files("nist_cells")
    pictures = sorted(path for path in files if path.startswith("data/images/"))
    per_side = _SIDE // tile
    total = len(pictures) * per_side**2
    if n is not None and n > total:
        raise InputError(f"There are {total:,} pieces of {tile}×{tile} pixels, but n={n:,} were asked for.")
    chosen = np.arange(total) if n is None else nested_subsets(total, [n], seed)[n]
    picture, piece = np.divmod(chosen, per_side**2)
    needed, row_of_piece = np.unique(picture, return_inverse=True)
    wanted = [pictures[i] for i in needed]
    masks = [f"data/masks/{PurePosixPath(path).name}" for path in wanted]
    paths = fetch([files[path] for path in [*wanted, *masks]], "NIST cells")

    grey = _read(paths[: len(wanted)], tile)[row_of_piece, piece] / _WHITE
    mask = _read(paths[len(wanted) :], tile)[row_of_piece, piece].astype("float32")
    return ImageSet(grey[..., None], mask[..., None], picture.astype("int64"), CARDS["nist_cells"])


def _read(paths: list, tile: int) -> np.ndarray:
    """Read pictures and cut them: (pictures, pieces, tile, tile), pieces row by row."""
    from skimage.io import imread

    whole = np.stack([imread(path) for path in paths])
    per_side = _SIDE // tile
    pieces = whole.reshape(len(whole), per_side, tile, per_side, tile).swapaxes(2, 3)
    return pieces.reshape(len(whole), per_side**2, tile, tile)
