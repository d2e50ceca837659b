"""Pictures side by side, and maps with a sign."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from coursekit.errors import InputError


def show(
    images: Sequence[np.ndarray] | np.ndarray,
    titles: Sequence[str] = (),
    headline: str = "",
    columns: int = 8,
    size: float = 1.5,
    signed: bool = False,
) -> Figure:
    """Show pictures in a grid.

    Args:
        images: each (h, w), (h, w, 1) or (h, w, 3); in [0, 1] unless `signed`.
        titles: one above each picture, or none.
        headline: what the whole figure shows.
        columns: pictures in a row.
        size: side of one picture in inches.
        signed: draw with blue below and red above zero, on one scale for all pictures.

    Returns:
        The figure.

    Raises:
        InputError: if there is no picture, or there are titles but not one for each.
    """
    if not len(images):
        raise InputError("show needs at least one picture, got none.")
    if titles and len(titles) != len(images):
        raise InputError(f"{len(images)} pictures need as many titles, got {len(titles)}.")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    lines = max((title.count("\n") + 1 for title in titles), default=0)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(size * columns, (size + 0.22 * lines) * rows + 0.35 * bool(headline)),
        squeeze=False,
    )
    limit = max(float(np.abs(image).max()) for image in images) if signed else 1.0
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, title in zip(axes.flat, images, titles or [""] * len(images), strict=False):
        if signed:
            response(axis, image, limit)
        else:
            axis.imshow(_without_channel(image), vmin=0, vmax=1)
        axis.set_title(title, fontsize=10, fontweight="normal", loc="center")
    if headline:
        figure.suptitle(headline, fontweight="bold", x=0.01, ha="left", fontsize=12)
    return figure


def response(axis: Axes, values: np.ndarray, limit: float | None = None) -> AxesImage:
    """Draw a map with a sign: blue below zero, white at zero, red above.

    Args:
        axis: where to draw.
        values: (h, w) or (h, w, 1).
        limit: the absolute value in full colour; if None, the one that 1 % of the map exceeds, so that a few
            extremes don't turn the rest pale.

    Returns:
        The picture, to hang a colour bar on.
    """
    values = _without_channel(values)
    limit = limit or float(np.percentile(np.abs(values), 99)) or float(np.abs(values).max()) or 1.0
    axis.set_xticks([])
    axis.set_yticks([])
    return axis.imshow(values, cmap="RdBu_r", vmin=-limit, vmax=limit)


def show_shifts(images: Sequence[np.ndarray], answers: Sequence[int], truth: int, headline: str) -> Figure:
    """Show one object at growing distance from its place, with what a network reads each time.

    Args:
        images: one picture for each shift 0, 1, 2, ... px.
        answers: the class that the network names.
        truth: the right class; wrong answers are set in a second colour and marked.
        headline: what the figure shows.

    Returns:
        The figure.
    """
    titles = [f"{d} px\nreads {a} {'✓' if a == truth else '✗'}" for d, a in enumerate(answers)]
    figure = show(images, titles, headline, columns=len(images), size=1.45)
    for axis, answer in zip(figure.axes, answers, strict=False):
        axis.title.set_color("#009E73" if answer == truth else "#D55E00")
        axis.title.set_fontweight("bold")
    return figure


def _without_channel(image: np.ndarray) -> np.ndarray:
    """(h, w, 1) as (h, w); a picture of one pixel stays a picture."""
    image = np.asarray(image)
    return image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image
