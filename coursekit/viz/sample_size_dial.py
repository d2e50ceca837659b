"""The sample-size dial: what a distance between pictures says with few of them, and with many."""

from collections.abc import Mapping, Sequence

import ipywidgets as widgets
import numpy as np
from matplotlib.ticker import LogLocator, NullLocator

from coursekit.errors import InputError
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, bare_figure, figure_png

_REAL_NAME = "real pictures"


class SampleSizeDial(LivePicture):
    """Turn the number of pictures and see how far apart real and real seem to be, beside generated ones.

    Args:
        sizes: numbers of pictures that were measured, rising.
        real: (repeats, sizes) distance between that many fresh real pictures and the reference.
        rivals: name -> (repeats, sizes), the same of generated pictures.
        measure: what the distance is called.
        n: pictures at the start, one of the sizes.

    Raises:
        InputError: if an array has another shape, sizes don't rise, or `n` isn't one of them.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        real: np.ndarray,
        rivals: Mapping[str, np.ndarray],
        measure: str = "FID",
        n: int = 50,
    ):
        self._sizes = [int(size) for size in sizes]
        self._values = {_REAL_NAME: np.asarray(real, float)} | {
            name: np.asarray(values, float) for name, values in rivals.items()
        }
        shapes = {name: values.shape for name, values in self._values.items()}
        if not rivals or any(len(s) != 2 or not s[0] or s[1] != len(self._sizes) for s in shapes.values()):
            raise InputError(
                f"real and at least one rival must be (repeats, {len(self._sizes)}), a column for each size, "
                f"got {shapes}."
            )
        if (np.diff(self._sizes) <= 0).any() or self._sizes[0] < 1 or n not in self._sizes:
            raise InputError(f"sizes must be above 0, rise, and hold {n}, got {list(sizes)}.")
        self._measure = measure
        place = self._sizes.index(n)
        controls = {
            "n": widgets.SelectionSlider(
                options=[(f"{size:,}", i) for i, size in enumerate(self._sizes)],
                value=place,
                description="pictures",
                layout=widgets.Layout(width="430px"),
            )
        }
        super().__init__(
            controls,
            self._draw_state,
            [["n"]],
            alt=f"{measure} of real and generated pictures against the number of pictures. "
            f"{self._finding(place)}.",
        )

    def _finding(self, place: int) -> str:
        means = {name: values.mean(axis=0) for name, values in self._values.items()}
        real = means.pop(_REAL_NAME)
        size, most = (f"{self._sizes[i]:,}" for i in (place, -1))
        words = f"{size} real pictures score {_short(real[place])}"
        if size != most:
            words += f", {most} score {_short(real[-1])}"
        nearest = min(means, key=lambda name: means[name][-1])
        words += f"; {nearest}: {most} score {_short(means[nearest][-1])}"
        # A reader who compares numbers of different papers would prefer the generated ones.
        return f"{words}, less than {size} real" if means[nearest][-1] < real[place] else words

    def _draw_state(self, n: int) -> bytes:
        figure = bare_figure(10.2, 3.9)
        figure.text(
            0.006, 0.985, f"{self._measure}: {self._finding(n)}", va="top", weight="bold", fontsize=12
        )
        left, right = (
            figure.add_axes((0.075, 0.15, 0.5, 0.7)),
            figure.add_axes((0.735, 0.15, 0.25, 0.62)),
        )
        lowest = min(values.min() for values in self._values.values())
        for row, values in enumerate(self._values.values()):
            colour, mean = COLOURS[row], values.mean(axis=0)
            left.fill_between(
                self._sizes, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.18, lw=0
            )
            left.plot(self._sizes, mean, "-o" if row == 0 else "--o", ms=4, color=colour)
            left.plot(self._sizes[n], mean[n], "o", ms=12, color=colour)
            right.barh(row, max(mean[n], 0), color=colour, height=0.6)
            right.text(max(mean[n], 0), row, f" {_short(mean[n])}", va="center")
        left.axvline(self._sizes[n], color="#57606a", lw=0.8, zorder=0)
        # KID can be below 0, where there is no logarithm.
        left.set(
            xscale="log",
            yscale="log" if lowest > 0 else "linear",
            xlabel="pictures compared (log scale)",
            ylabel=self._measure + (" (log scale)" if lowest > 0 else ""),
        )
        left.set_xticks(self._sizes, [f"{size:,}" for size in self._sizes])
        left.set_xticks([], minor=True)
        left.spines[["top", "right"]].set_visible(False)
        left.set_title("mean, and lowest to highest", loc="left", fontsize=11)
        if lowest > 0:
            # Plain numbers: the usual ticks of a log axis mix 1 with 6 × 10⁻¹.
            left.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            left.yaxis.set_minor_locator(NullLocator())
        left.yaxis.set_major_formatter("{x:g}")
        right.set_yticks(range(len(self._values)), list(self._values))
        most = max(values.mean(axis=0).max() for values in self._values.values())
        right.set(ylim=(len(self._values) - 0.4, -0.6), xlim=(0, 1.22 * most), xlabel=self._measure)
        right.spines[["top", "right"]].set_visible(False)
        right.set_title(f"with {self._sizes[n]:,} pictures", loc="left", fontsize=11)
        return figure_png(figure)


def _short(value: float) -> str:
    """Two digits that count: 0.083, 2.0, 38."""
    digits = 0 if abs(value) >= 9.95 else 1 if abs(value) >= 0.995 else 2 if abs(value) >= 0.0995 else 3
    return f"{value:.{digits}f}"
