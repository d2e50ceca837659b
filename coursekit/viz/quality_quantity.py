"""The map on which every technique of the course has its place: how many data, and how good."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

_CORNERS = {
    (0.13, 0.93): "few, clean, dear\n(medical)",
    (0.87, 0.93): "many and clean:\nmachine-learning heaven",
    (0.87, 0.09): "many, unlabelled",
    (0.13, 0.09): "few and badly labelled",
}


def quality_quantity_map(
    points: Mapping[str, tuple[float, float]], title: str, moves: Mapping[str, tuple[float, float]] | None = None
) -> Figure:
    """Draw the quality-quantity map of data with places and, for techniques that move a place, arrows.

    Args:
        points: name -> (quantity, quality), each in [0, 1], without unit.
        title: what the map says.
        moves: name of a point -> how far a technique moves it.

    Returns:
        The figure.
    """
    figure, axis = plt.subplots(figsize=(6.2, 4.2))
    for (x, y), text in _CORNERS.items():
        axis.text(x, y, text, ha="center", va="center", color="#57606a", fontsize=9.5)
    for name, (x, y) in points.items():
        axis.plot(x, y, "o", markersize=9, color="#0072B2")
        axis.annotate(name, (x, y), xytext=(9, -4), textcoords="offset points", fontweight="bold", fontsize=10)
    for name, (right, up) in (moves or {}).items():
        start = points[name]
        axis.annotate(
            "", (start[0] + right, start[1] + up), start, arrowprops={"arrowstyle": "->", "color": "#D55E00", "lw": 2}
        )
    axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="quantity of data", ylabel="quality of labels", title=title)
    axis.set_xticks([0, 1], ["little", "much"])
    axis.set_yticks([0, 1], ["low", "high"])
    return figure
