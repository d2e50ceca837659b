"""The map on which every technique of the course has its place: how many data, and how good."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

_CORNERS = {
    (0.15, 0.93): "few, clean, expensive\n(medical)",
    (0.87, 0.93): "many and clean:\nmachine-learning heaven",
    (0.87, 0.09): "many, unlabelled",
    (0.16, 0.09): "few and badly labelled",
}


def quality_quantity_map(
    points: Mapping[str, tuple[float, float]],
    title: str,
    moves: Mapping[str, tuple[str, float, float]] | None = None,
) -> Figure:
    """Draw the quality-quantity map of data with places and, for techniques that move a place, arrows.

    Args:
        points: name -> (quantity, quality), each in [0, 1], without unit.
        title: what the map says.
        moves: technique -> (the point that it moves, how far right, how far up).

    Returns:
        The figure.
    """
    figure, axis = plt.subplots(figsize=(6.2, 4.2))
    for (x, y), text in _CORNERS.items():
        axis.text(x, y, text, ha="center", va="center", color="#57606a", fontsize=9.5)
    for name, (x, y) in points.items():
        axis.plot(x, y, "o", markersize=10, color="#0072B2")
        axis.annotate(
            name, (x, y), xytext=(0, 10), textcoords="offset points", ha="center", weight="bold", fontsize=10
        )
    for technique, (name, right, up) in (moves or {}).items():
        x, y = points[name]
        axis.annotate(
            "",
            (x + right, y + up),
            (x, y),
            arrowprops={"arrowstyle": "->", "color": "#D55E00", "lw": 2, "shrinkA": 7},
        )
        axis.annotate(
            technique,
            (x + right, y + up),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color="#D55E00",
            fontsize=10,
        )
    axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="quantity of data", ylabel="quality of labels", title=title)
    axis.set_xticks([0, 1], ["few", "many"])
    axis.set_yticks([0, 1], ["low", "high"])
    return figure
