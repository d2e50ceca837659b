"""One look for all figures of the course."""

import io
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
"""Okabe & Ito's colours, which people with any kind of colour vision tell apart (jfly.uni-koeln.de/color)."""

_STYLE: dict[Any, Any] = {
    "figure.dpi": 76,
    "savefig.dpi": 76,
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=COLOURS),
    "image.cmap": "gray",
    "image.interpolation": "nearest",
    "legend.frameon": False,
    "svg.hashsalt": "coursekit",
}


def use_style() -> None:
    """Set matplotlib's defaults for this notebook."""
    mpl.rcParams.update(_STYLE)


def bare_figure(width: float, height: float) -> Figure:
    """Make a figure, in inches, in which each axis is put in its place by hand."""
    figure = Figure(figsize=(width, height), dpi=76)
    figure.set_layout_engine("none")
    return figure


def figure_png(figure: Figure) -> bytes:
    """Draw a figure as PNG; the same figure gives the same bytes."""
    file = io.BytesIO()
    FigureCanvasAgg(figure).print_png(file, metadata={"Software": None})
    return file.getvalue()


def small_png(figure: Figure) -> bytes:
    """Draw a figure as PNG in 256 colours: half the bytes or less, for what is sent again and again."""
    from PIL import Image

    file = io.BytesIO()
    picture = Image.open(io.BytesIO(figure_png(figure))).convert("RGB")
    # Maximum coverage keeps the colours of a few small marks apart; a median cut averages them away.
    picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(file, "PNG")
    return file.getvalue()
