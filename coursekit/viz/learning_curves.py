"""Learning curves side by side, and the arrow that says what one of them is worth."""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.efficiency.curves import LearningCurve
from coursekit.efficiency.worth import Estimate, score_at
from coursekit.errors import InputError
from coursekit.viz.style import COLOURS

# Arms are told apart without colour too.
_MARKERS = "osD^vPX*"
# Repeats of different arms stand side by side at the same number of labels: by this share of a doubling.
_SIDESTEP = 0.07


def learning_curves(
    curves: Sequence[LearningCurve], title: str, score: str, labels: str = "labelled images"
) -> Figure:
    """Draw learning curves: a small dot for each repeat, a line through the means.

    Args:
        curves: from 1 to 8; their names are the legend, ordered as the curves end.
        title: what the figure finds.
        score: the vertical axis, with its unit.
        labels: the horizontal axis, on which every step doubles.

    Returns:
        The figure.

    Raises:
        InputError: if there are more curves than colours, or none.
    """
    if not 1 <= len(curves) <= len(COLOURS):
        raise InputError(f"One figure takes from 1 to {len(COLOURS)} learning curves, got {len(curves)}.")
    figure, axis = plt.subplots(figsize=(6.6, 4.2))
    for index, curve in enumerate(curves):
        colour, marker = COLOURS[index], _MARKERS[index]
        sidestep = 2 ** (_SIDESTEP * (index - (len(curves) - 1) / 2))
        for repeat in curve.scores:
            axis.plot(curve.sizes * sidestep, repeat, marker, color=colour, markersize=3.5, alpha=0.4, mew=0)
        axis.plot(
            curve.sizes,
            curve.mean,
            color=colour,
            marker=marker,
            markersize=6.5,
            linewidth=2,
            label=curve.name,
        )
    axis.set_xscale("log", base=2)
    sizes = sorted({float(size) for curve in curves for size in curve.sizes})
    axis.set_xticks(sizes, [f"{size:g}" for size in sizes])
    axis.set_xticks([], minor=True)
    axis.grid(axis="y", color="#d0d7de", linewidth=0.6)
    axis.set(title=title, xlabel=labels, ylabel=score)
    handles, names = axis.get_legend_handles_labels()
    order = sorted(range(len(curves)), key=lambda index: -curves[index].mean[-1])
    axis.legend([handles[index] for index in order], [names[index] for index in order])
    return figure


def worth_arrow(axis: Axes, estimate: Estimate, better: LearningCurve, n: float) -> None:
    """Draw what an arm is worth: an arrow from its curve at n to where the plain curve reaches that score.

    Where the plain curve doesn't reach it, the arrow ends at its largest size, or at its smallest if all of
    its sizes do better.

    Args:
        axis: of `learning_curves`.
        estimate: what `worth_in_labels(better, plain, n)` returned; its text stands at the arrow's right end.
        better: the arm whose worth it is.
        n: how many labels it has.

    Raises:
        InputError: if n is outside the sizes of the arm.
    """
    height = score_at(better, n)
    first, last = estimate.measured
    factor = last if estimate.value == math.inf else (estimate.value or first)
    axis.annotate(
        "",
        (n * factor, height),
        (n, height),
        arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 1.8, "shrinkA": 0, "shrinkB": 0},
        zorder=5,
    )
    # Right of the plain curve, on the side where no better one runs.
    axis.annotate(
        str(estimate),
        (n * max(factor, 1), height),
        xytext=(7, -4 * better.sign),
        textcoords="offset points",
        va="top" if better.sign > 0 else "bottom",
        weight="bold",
        fontsize=10,
        bbox={"boxstyle": "round,pad=0.1", "color": "white", "alpha": 0.85},
        zorder=5,
    )
