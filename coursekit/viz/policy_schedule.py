"""How a learned augmentation policy changed while the network trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.errors import InputError
from coursekit.viz.style import COLOURS

if TYPE_CHECKING:  # the policy's module loads Keras, which no other figure needs
    from coursekit.augment.policy import Policy


def policy_schedule(
    schedule: Sequence[Policy], scores: np.ndarray, lineage: Sequence[int], title: str
) -> Figure:
    """Draw a search: scores of all children, and the policies that the winner's weights were trained with.

    A vertical line stands where the policy changed: there, the winner's weights were copied to another child,
    and their policy varied.

    Args:
        schedule: the policy of each round, such as `History.schedule`.
        scores: (rounds, population) validation accuracies in [0, 1], such as `History.scores`.
        lineage: number of the child that held the winner's weights in each round, such as `History.lineage`.
        title: what the figure shows.

    Returns:
        The figure.

    Raises:
        InputError: if schedule, scores and lineage don't have as many rounds.
    """
    scores = np.asarray(scores, dtype=float)
    rounds = len(schedule)
    if not rounds or scores.ndim != 2 or not rounds == len(scores) == len(lineage):
        raise InputError(
            "policy_schedule needs a policy, a row of scores and a child for each round, one round or more, "
            f"got {rounds} policies, scores of shape {scores.shape} and {len(lineage)} children."
        )
    operations = schedule[0].operations
    number = np.arange(1, rounds + 1)
    figure, (top, middle, bottom) = plt.subplots(
        3, 1, figsize=(max(5.5, 1.6 + 0.5 * rounds), 7.2), sharex=True, height_ratios=(2, 2.6, 2.6)
    )
    for child, line in enumerate(scores.T):
        top.plot(number, line, "o", color=COLOURS[7], markersize=4, label=None if child else "each network")
    top.plot(
        number, scores[np.arange(rounds), list(lineage)], "o-", color=COLOURS[0], label="the winner's line"
    )
    top.set_ylabel("validation accuracy")
    top.legend(loc="lower right")
    _table(middle, operations, np.array([policy.probabilities for policy in schedule]).T, 1.0, "probability")
    _table(
        bottom, operations, np.array([policy.magnitudes for policy in schedule]).T, 9.0, "magnitude, 0 to 9"
    )
    for before in range(rounds - 1):
        if schedule[before] != schedule[before + 1]:
            for axis in (top, middle, bottom):
                axis.axvline(number[before] + 0.5, color=COLOURS[1], linewidth=1.5)
    bottom.set_xticks(number[:: max(1, rounds // 12)])
    bottom.set_xlabel("round of the search")
    figure.suptitle(title, fontweight="bold", x=0.01, ha="left", fontsize=12)
    return figure


def _table(axis: Axes, operations: Sequence[str], values: np.ndarray, largest: float, name: str) -> None:
    """Draw (operations, rounds) values as shades with their numbers on them."""
    rows, columns = values.shape
    axis.imshow(
        values,
        cmap="Blues",
        vmin=0,
        vmax=largest,
        aspect="auto",
        extent=(0.5, columns + 0.5, rows - 0.5, -0.5),
    )
    for (row, column), value in np.ndenumerate(values):
        axis.text(
            column + 1,
            row,
            f"{value:g}",
            ha="center",
            va="center",
            fontsize=9,
            color="white" if value > 0.6 * largest else "black",
        )
    axis.set_yticks(range(rows), operations)
    axis.set_title(name, fontsize=11, fontweight="normal")
