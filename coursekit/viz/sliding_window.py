"""A kernel in the middle of its way over a small picture, with all numbers written out."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit.errors import InputError
from coursekit.methods.convolution import conv2d
from coursekit.viz.style import COLOURS


def sliding_window(image: np.ndarray, kernel: np.ndarray, done: int) -> Figure:
    """Draw picture, kernel and output after `done` output pixels in reading order; the last window is marked.

    Args:
        image: (h, w), small enough to write its numbers.
        kernel: (kh, kw).
        done: output pixels computed so far, at least 1.

    Returns:
        The figure.

    Raises:
        InputError: if `done` is not a number of output pixels.
    """
    output = conv2d(image, kernel)
    if not 1 <= done <= output.size:
        raise InputError(f"done must be from 1 to {output.size}, the number of output pixels, got {done}.")
    row, column = divmod(done - 1, output.shape[1])
    figure, axes = plt.subplots(
        1, 3, figsize=(9.2, 3.1), width_ratios=[image.shape[1], kernel.shape[1], output.shape[1]]
    )
    known = np.arange(output.size).reshape(output.shape) < done
    _numbers(axes[0], image, np.ones(image.shape, bool), "gray", "picture", light=0.45)
    _numbers(axes[1], kernel, np.ones(kernel.shape, bool), "RdBu_r", "kernel")
    _numbers(axes[2], output, known, "RdBu_r", f"output: {done} of {output.size} pixels")
    kh, kw = kernel.shape
    axes[0].add_patch(Rectangle((column - 0.5, row - 0.5), kw, kh, fill=False, edgecolor=COLOURS[1], lw=3))
    axes[2].add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=COLOURS[1], lw=3))
    figure.suptitle(
        "One output pixel is one weighted sum of a window", fontweight="bold", x=0.01, ha="left", fontsize=12
    )
    return figure


def _numbers(
    axis: Axes, values: np.ndarray, known: np.ndarray, colours: str, title: str, light: float = 0.0
) -> None:
    limit = float(np.abs(values).max()) or 1.0
    low = 0.0 if light else -limit
    axis.imshow(np.where(known, values, np.nan), cmap=colours, vmin=low, vmax=limit)
    for (i, j), value in np.ndenumerate(values):
        dark = abs(value) > 0.7 * limit if not light else value / limit < light
        axis.text(
            j,
            i,
            f"{value:.1f}".replace("-0.0", "0.0") if known[i, j] else "?",
            ha="center",
            va="center",
            fontsize=10,
            color="white" if dark and known[i, j] else "black",
        )
    axis.set_title(title, fontsize=11, fontweight="normal", loc="center")
    axis.set_xticks([])
    axis.set_yticks([])
