"""What happens to a network's maps and answers when the picture moves.

Source: Lenc & Vedaldi 2015, arXiv:1411.5908 (equivariance); Luo et al. 2016, arXiv:1701.04128 (effective
receptive field); Azulay & Weiss 2019, arXiv:1805.12177 (small shifts change the answers of CNNs).
"""

from collections.abc import Callable, Iterable

import numpy as np

from coursekit.errors import InputError


def shift(images: np.ndarray, right: int, down: int) -> np.ndarray:
    """Move pictures by whole pixels; what leaves is lost, what enters is zero.

    Args:
        images: (n, h, w, c).
        right: pixels to the right; negative is left.
        down: pixels down; negative is up.

    Returns:
        (n, h, w, c), same dtype.

    Raises:
        InputError: if `images` is not of shape (n, h, w, c) or the move is as large as the picture.
    """
    images = np.asarray(images)
    if images.ndim != 4:
        raise InputError(f"shift takes images (n, h, w, c), got shape {images.shape}.")
    _, height, width, _ = images.shape
    if abs(right) >= width or abs(down) >= height:
        raise InputError(
            f"a move by ({right}, {down}) leaves nothing of a picture of {height}×{width} pixels."
        )
    moved = np.zeros_like(images)
    moved[:, max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = images[
        :, max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
    ]
    return moved


DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1))
"""Right, left, down, up as (right, down)."""


def accuracy_when_shifted(
    predict: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    labels: np.ndarray,
    distances: Iterable[int],
) -> np.ndarray:
    """Share of right answers when all pictures move by each distance, averaged over four directions.

    Args:
        predict: (n, h, w, c) -> class scores (n, k).
        images: (n, h, w, c); leave a margin as wide as the largest distance, or ink is cut.
        labels: (n,) integers.
        distances: in pixels.

    Returns:
        One accuracy in [0, 1] for each distance.
    """

    def accuracy(right: int, down: int) -> float:
        scores = np.asarray(predict(shift(images, right, down)))
        return float((scores.argmax(axis=1) == labels).mean())

    return np.array(
        [
            np.mean([accuracy(d * right, d * down) for right, down in (DIRECTIONS if d else DIRECTIONS[:1])])
            for d in distances
        ]
    )


def equivariance_error(
    layer: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    distance: int,
    step: int = 1,
    margin: int = 0,
) -> float:
    """How far "move, then apply" is from "apply, then move", relative to the size of the result.

    Args:
        layer: (n, h, w, c) -> (n, h', w', c').
        images: (n, h, w, c) with an empty border at least as wide as the move.
        distance: move to the right, in input pixels.
        step: input pixels for one pixel of the result (the product of all strides so far).
        margin: columns and rows of the result to leave out at each side, where the border is seen.

    Returns:
        0 for an exactly equivariant layer. Where the move is no whole number of result pixels, the better of
        the two whole numbers beside it counts.
    """
    moved_first = np.asarray(layer(shift(images, distance, 0)))
    still = np.asarray(layer(images))
    inner = slice(margin, -margin or None)
    errors = []
    for move in {distance // step, -(-distance // step)}:
        moved_last = shift(still, move, 0)[:, inner, inner]
        errors.append(np.linalg.norm(moved_first[:, inner, inner] - moved_last) / np.linalg.norm(moved_last))
    return float(min(errors))
