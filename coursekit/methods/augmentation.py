"""Moving and mixing pictures in plain NumPy, for looking at; in training, layers do it.

Places are written row first, (y, x), as arrays are indexed.
"""

import numpy as np
from scipy.ndimage import affine_transform, map_coordinates

from coursekit.errors import InputError

Box = tuple[int, int, int, int]
"""Top row, left column, height and width in pixels; a box may overhang the picture."""


def warp(
    image: np.ndarray, matrix: np.ndarray, shift: tuple[float, float] = (0.0, 0.0), order: int = 1
) -> np.ndarray:
    """Turn, zoom, shear or flip a picture about its centre, then shift it.

    What lies at `p` (row and column, seen from the centre) moves to `matrix @ p + shift`. The centre is
    ((h - 1) / 2, (w - 1) / 2). Computed backwards: each output pixel asks where it comes from, so that none
    stays empty. Outside the picture lies its mirror image (d c b a | a b c d | d c b a).

    Args:
        image: (h, w), any range.
        matrix: (2, 2), where content goes; it must have an inverse.
        shift: pixels down and to the right.
        order: 1 for bilinear interpolation, 0 for the nearest pixel (masks).

    Returns:
        (h, w), of the image's type.

    Raises:
        InputError: if the shapes differ from these, or the matrix has no inverse.

    Source: Wolberg, Digital Image Warping, IEEE Computer Society Press 1990, ch. 3.
    """
    image, matrix = np.asarray(image), np.asarray(matrix, dtype="float64")
    if image.ndim != 2 or matrix.shape != (2, 2):
        raise InputError(
            f"warp takes a picture (h, w) and a 2×2 matrix, got {image.shape} and {matrix.shape}."
        )
    if abs(np.linalg.det(matrix)) < 1e-6:
        raise InputError(
            f"The matrix {matrix.tolist()} squeezes the picture into a line: it can't be undone."
        )
    back = np.linalg.inv(matrix)
    centre = (np.array(image.shape) - 1) / 2
    return affine_transform(image, back, centre - back @ (centre + shift), order=order, mode="reflect")


def warp_pair(image: np.ndarray, mask: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Resample a picture and its mask at the same places.

    The picture is interpolated; the mask takes the nearest pixel, since 0.4 of a border means nothing.

    Args:
        image: (h, w), any range.
        mask: (h, w), any values; no new ones come up.
        places: (2, h, w): the row and the column in the input that each output pixel shows.

    Returns:
        The picture and the mask, (h, w) each.

    Raises:
        InputError: if the shapes don't belong together.
    """
    image, mask, places = np.asarray(image), np.asarray(mask), np.asarray(places)
    if image.ndim != 2 or mask.shape != image.shape or places.shape != (2, *image.shape):
        raise InputError(
            "A picture (h, w), a mask (h, w) and places (2, h, w) were expected, got "
            f"{image.shape}, {mask.shape} and {places.shape}."
        )
    return (
        map_coordinates(image, places, order=1, mode="reflect"),
        map_coordinates(mask, places, order=0, mode="reflect"),
    )


def mixup(values: np.ndarray, share: np.ndarray, partner: np.ndarray) -> np.ndarray:
    """Blend each row with its partner's; the same call mixes pictures and one-hot labels.

    Args:
        values: (n, ...) pictures, or labels as (n, classes).
        share: (n,) in [0, 1]: what is kept of each row's own.
        partner: (n,) number of the row that fills the rest.

    Returns:
        Array like values: share * own + (1 - share) * partner's.

    Raises:
        InputError: if there isn't one share and one partner for each row.

    Source: Zhang, Cissé, Dauphin, Lopez-Paz, ICLR 2018, arXiv:1710.09412.
    """
    values, share = np.asarray(values), np.asarray(share)
    partner = _one_for_each(partner, len(values))
    if share.shape != (len(values),):
        raise InputError(f"One share for each of {len(values)} rows was expected, got shape {share.shape}.")
    own = share.reshape(-1, *[1] * (values.ndim - 1)).astype(np.result_type(values.dtype, "float32"))
    return own * values + (1 - own) * values[partner]


def cutmix(images: np.ndarray, box: Box, partner: np.ndarray) -> np.ndarray:
    """Paste a box out of each picture's partner over the picture, at the same place.

    Args:
        images: (n, h, w, ...).
        box: what to paste; the part that overhangs is left out.
        partner: (n,) number of the picture that each box comes from.

    Returns:
        A new array like images. `cutmix_labels` mixes their labels.

    Raises:
        InputError: if there isn't one partner for each picture, or the box has a negative side.

    Source: Yun et al., ICCV 2019, arXiv:1905.04899.
    """
    images = np.asarray(images)
    partner = _one_for_each(partner, len(images))
    rows, columns = _inside(box, images.shape[1:3])
    mixed = images.copy()
    mixed[:, rows, columns] = images[partner][:, rows, columns]
    return mixed


def cutmix_labels(labels: np.ndarray, box: Box, partner: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Mix one-hot labels by the area that `cutmix` really pastes: less than the box if that overhangs.

    Args:
        labels: (n, classes), rows that add up to 1.
        box: as for `cutmix`.
        partner: as for `cutmix`.
        size: height and width of the pictures in pixels.

    Returns:
        (n, classes), rows that add up to 1.

    Raises:
        InputError: as `cutmix`.
    """
    rows, columns = _inside(box, size)
    pasted = (rows.stop - rows.start) * (columns.stop - columns.start) / (size[0] * size[1])
    return mixup(labels, np.full(len(labels), 1 - pasted), partner)


def _one_for_each(partner: np.ndarray, n: int) -> np.ndarray:
    partner = np.asarray(partner)
    if partner.shape != (n,) or partner.dtype.kind not in "iu":
        raise InputError(
            f"A partner's number for each of {n} rows was expected, got {partner.shape} of {partner.dtype}."
        )
    return partner


def _inside(box: Box, size: tuple[int, ...]) -> tuple[slice, slice]:
    """The rows and columns of a box that lie in the picture."""
    top, left, height, width = box
    if height < 0 or width < 0:
        raise InputError(f"A box needs a height and a width of 0 or more, got {height} and {width}.")
    rows, columns = (
        slice(min(max(start, 0), side), min(max(start + length, 0), side))
        for start, length, side in ((top, height, size[0]), (left, width, size[1]))
    )
    return rows, columns
