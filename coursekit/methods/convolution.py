"""Convolution, pooling and their bookkeeping on grey pictures, for looking at; layers do the training.

Source: Dumoulin & Visin 2016, arXiv:1603.07285, for the arithmetic; Goodfellow, Bengio & Courville 2016,
ch. 9.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.signal import correlate2d

from coursekit.errors import InputError

KERNELS = {
    "identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], dtype="float32"),
    "blur": np.full((3, 3), 1 / 9, dtype="float32"),
    "edge": np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], dtype="float32"),
    "Sobel ↕": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], dtype="float32"),
    "Sobel ↔": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype="float32"),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], dtype="float32"),
}
"""Well-known 3x3 kernels by name."""


def conv2d(image: np.ndarray, kernel: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """Slide a kernel over a picture and sum the products, as a convolution layer does (no flip).

    Args:
        image: (h, w), any range.
        kernel: (kh, kw), not larger than the padded image.
        stride: step between window positions, in pixels, >= 1.
        padding: zeros added on each side, in pixels, >= 0.

    Returns:
        (output_size(h, kh, stride, padding), output_size(w, kw, stride, padding)).

    Raises:
        InputError: if image or kernel is not two-dimensional, or the kernel does not fit.
    """
    image, kernel = np.asarray(image), np.asarray(kernel)
    if image.ndim != 2 or kernel.ndim != 2:
        raise InputError(
            f"conv2d takes a picture (h, w) and a kernel (kh, kw), got {image.shape} and {kernel.shape}."
        )
    for n, f in zip(image.shape, kernel.shape, strict=True):
        output_size(n, f, stride, padding)
    return correlate2d(np.pad(image, padding), kernel, mode="valid")[::stride, ::stride]


def output_size(n: int, f: int, stride: int = 1, padding: int = 0) -> int:
    """How many window positions fit along one side: floor((n + 2p - f) / s) + 1.

    Args:
        n: side of the input, in pixels.
        f: side of the window, in pixels.
        stride: step, in pixels, >= 1.
        padding: pixels added on each side, >= 0.

    Raises:
        InputError: if the window does not fit even once, or the stride or padding is out of range.
    """
    if stride < 1 or padding < 0:
        raise InputError(f"stride must be >= 1 and padding >= 0, got {stride} and {padding}.")
    if f < 1 or n + 2 * padding < f:
        raise InputError(f"a window of {f} does not fit into {n} + 2·{padding} pixels.")
    return (n + 2 * padding - f) // stride + 1


def pool(image: np.ndarray, size: int = 2, how: Literal["max", "average", "subsample"] = "max") -> np.ndarray:
    """Shrink a picture: one number for each block of pixels; blocks that stick out are dropped.

    Args:
        image: (h, w).
        size: side of a block, in pixels.
        how: keep the largest pixel, the mean, or the first of each block.

    Returns:
        (h // size, w // size).

    Raises:
        InputError: if the picture is smaller than a block, or `size` or `how` is out of range.
    """
    image = np.asarray(image)
    if size < 1:
        raise InputError(f"size must be at least 1 pixel, got {size}.")
    if image.ndim != 2 or min(image.shape) < size:
        raise InputError(
            f"pool takes a picture (h, w) of at least {size}×{size} pixels, got shape {image.shape}."
        )
    h, w = image.shape[0] // size, image.shape[1] // size
    blocks = image[: h * size, : w * size].reshape(h, size, w, size)
    if how == "max":
        return blocks.max(axis=(1, 3))
    if how == "average":
        return blocks.mean(axis=(1, 3))
    if how == "subsample":
        return blocks[:, 0, :, 0]
    raise InputError(f"how must be 'max', 'average' or 'subsample', got {how!r}.")


def receptive_field(layers: Sequence[tuple[int, int]]) -> int:
    """How many input pixels, along one side, can reach one output pixel.

    Args:
        layers: (window, stride) of each convolution or pooling layer, first to last.

    Returns:
        r after the last layer, by r = r + (f - 1) j, then j = j s, from r = j = 1.
    """
    field, jump = 1, 1
    for window, stride in layers:
        field += (window - 1) * jump
        jump *= stride
    return field
