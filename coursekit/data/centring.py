"""Put signs in the middle of their pictures."""

import numpy as np

from coursekit.errors import InputError


def centred(images: np.ndarray, ink: float = 0.3) -> np.ndarray:
    """Move each bright sign so that the middle of the box around it is the middle of its picture.

    Args:
        images: (n, height, width, channels), bright on black. What is moved out on one side comes in on the
            other, so signs should not touch the border.
        ink: pixels above this value belong to the sign.

    Returns:
        Pictures of the same shape, moved by whole pixels. A picture without ink stays as it is.

    Raises:
        InputError: if images aren't (n, height, width, channels).
    """
    if images.ndim != 4:
        raise InputError(f"Pictures must be (n, height, width, channels), got shape {images.shape}.")
    moved = images.copy()
    for number, bright in enumerate(np.any(images > ink, axis=3)):
        if bright.any():
            ends = [np.flatnonzero(bright.any(axis=axis))[[0, -1]] for axis in (1, 0)]
            shift = [
                (size - 1 - first - last) // 2 for size, (first, last) in zip(bright.shape, ends, strict=True)
            ]
            moved[number] = np.roll(images[number], shift, axis=(0, 1))
    return moved
