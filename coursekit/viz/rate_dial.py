"""The rate dial: what fine-tuning at each learning rate gains on the new task, and costs on the old one."""

from collections.abc import Mapping, Sequence

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes

from coursekit.errors import InputError
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, bare_figure, figure_png

_OLD, _NEW = COLOURS[1], COLOURS[0]


class RateDial(LivePicture):
    """Turn the learning rate and freeze layers; stored results show both tasks and how far weights moved.

    Args:
        rates: the rates that were measured, rising.
        new: (frozen, repeats, rates) accuracy on the new task in [0, 1]; row k of the first axis with the
            first k layers frozen.
        old: the same of the old task, with its old head put back.
        change: layer -> (frozen, repeats, rates) change of its weights relative to what they were, from 0;
            layers in their order, from the input.
        tasks: what the new and the old task are called.
        before: accuracy on the old task before fine-tuning.
        chance: accuracy on the old task by guessing.
        rate: to start with, one of the rates.

    Raises:
        InputError: if an array has another shape, rates don't rise, or `rate` isn't one of them.
    """

    def __init__(
        self,
        rates: Sequence[float],
        new: np.ndarray,
        old: np.ndarray,
        change: Mapping[str, np.ndarray],
        tasks: tuple[str, str],
        before: float,
        chance: float,
        rate: float = 1e-2,
    ):
        self._rates = np.asarray(rates, float)
        self._new, self._old = np.asarray(new, float), np.asarray(old, float)
        self._change = {name: np.asarray(values, float) for name, values in change.items()}
        self._tasks, self._before, self._chance = tasks, before, chance
        shapes = [values.shape for values in (self._new, self._old, *self._change.values())]
        if len(set(shapes)) > 1 or len(shapes[0]) != 3 or shapes[0][2] != len(self._rates):
            raise InputError(
                "new, old and each change must all be (frozen, repeats, rates) with "
                f"{len(self._rates)} rates, got shapes {shapes}."
            )
        if (np.diff(self._rates) <= 0).any() or self._rates[0] <= 0 or rate not in self._rates:
            raise InputError(f"rates must be above 0, rise, and hold {rate:g}, got {list(rates)}.")
        place = self._rates.tolist().index(rate)
        wide = widgets.Layout(width="380px")
        controls = {
            "rate": widgets.SelectionSlider(
                options=[(f"{r:g}", i) for i, r in enumerate(self._rates)],
                value=place,
                description="rate",
                layout=wide,
            ),
            "frozen": widgets.IntSlider(0, 0, len(self._new) - 1, description="frozen layers", layout=wide),
        }
        controls["frozen"].style.description_width = "95px"
        super().__init__(
            controls,
            self._draw_state,
            [["rate", "frozen"]],
            alt=f"Accuracy on {tasks[0]} and {tasks[1]} against the learning rate, and how far the "
            f"weights of each layer moved. {self._finding(place, 0)}.",
        )

    def _finding(self, rate: int, frozen: int) -> str:
        new, old = (100 * values[frozen, :, rate].mean() for values in (self._new, self._old))
        return (
            f"Rate {self._rates[rate]:g}: {new:.0f} % of {self._tasks[0]} right, {old:.0f} % of "
            f"{self._tasks[1]} (before: {100 * self._before:.0f} %)"
        )

    def _draw_state(self, rate: int, frozen: int) -> bytes:
        figure = bare_figure(10.2, 4.2)
        figure.text(0.006, 0.985, self._finding(rate, frozen), va="top", weight="bold", fontsize=12)
        left, right = (
            figure.add_axes((0.065, 0.135, 0.53, 0.755)),
            figure.add_axes((0.665, 0.135, 0.32, 0.69)),
        )
        for values, task, colour, style in (
            (self._new[frozen], self._tasks[0], _NEW, "-"),
            (self._old[frozen], self._tasks[1], _OLD, "--"),
        ):
            mean = values.mean(axis=0)
            left.fill_between(
                self._rates, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.18, lw=0
            )
            left.plot(self._rates, mean, style, marker="o", ms=4, color=colour, label=task)
            left.plot(self._rates[rate], mean[rate], "o", ms=12, color=colour)
        left.axhline(self._before, color=_OLD, ls=":", lw=1)
        left.axhline(self._chance, color="#57606a", ls=":", lw=1)
        left.text(
            self._rates[-1],
            self._before + 0.015,
            f"{self._tasks[1]} before",
            ha="right",
            fontsize=9,
            color=_OLD,
        )
        left.text(
            self._rates[0], self._chance + 0.015, f"{self._tasks[1]} by guessing", fontsize=9, color="#57606a"
        )
        left.axvline(self._rates[rate], color="#57606a", lw=0.8, zorder=0)
        left.set(xscale="log", ylim=(0, 1.05), xlabel="learning rate (log scale)", ylabel="accuracy")
        left.set_xticks(self._rates, [f"{r:g}" for r in self._rates])
        left.set_xticks([], minor=True)
        left.spines[["top", "right"]].set_visible(False)
        left.legend(
            loc="center left",
            edgecolor="none",
            title=f"mean of {self._new.shape[1]}, and lowest to highest",
            alignment="left",
        )
        self._draw_change(right, rate, frozen)
        return figure_png(figure)

    def _draw_change(self, axis: Axes, rate: int, frozen: int) -> None:
        """Draw bars of how far each layer has moved, on one scale for all rates."""
        # Where each step is a factor of ten, bars begin at the power below the smallest change.
        every = np.concatenate([values.mean(axis=1).ravel() for values in self._change.values()])
        lowest, highest = (
            (np.log10(every[every > 0].min()), np.log10(every.max())) if every.any() else (-1, 0)
        )
        powers = np.arange(np.floor(lowest), np.ceil(highest) + 1)
        for row, values in enumerate(self._change.values()):
            mean = values[frozen, :, rate].mean()
            if mean > 0:
                axis.barh(row, mean, color=COLOURS[2], height=0.6)
                axis.text(mean, row, f" {_percent(mean)}", va="center")
            else:
                axis.text(
                    10.0 ** powers[0],
                    row,
                    " frozen" if row < frozen else " 0 %",
                    va="center",
                    color="#57606a",
                )
        axis.set_yticks(range(len(self._change)), list(self._change))
        axis.set(
            xscale="log",
            xlim=(10.0 ** powers[0], 10.0 ** (powers[-1] + 0.6)),
            ylim=(len(self._change) - 0.4, -0.6),
            xlabel="relative to what they were (log scale)",
        )
        axis.set_xticks(10.0**powers, [_percent(x) for x in 10.0**powers])
        axis.set_xticks([], minor=True)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_title("how far the weights moved", loc="left", fontsize=11)


def _percent(share: float) -> str:
    """Two digits that count: 0.013 %, 0.4 %, 35 %, 150 %."""
    return f"{float(f'{100 * share:.2g}'):g} %"
