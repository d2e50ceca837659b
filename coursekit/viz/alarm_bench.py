"""The alarm bench: a threshold on a trace of scores, and what it costs in delay and in false alarms."""

from collections.abc import Mapping

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.errors import InputError
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, bare_figure, small_png

_FACTORS = 2.0 ** np.arange(-1.5, 3.01, 0.25)
_SCORE, _ALARM, _FALSE, _UNSEEN = COLOURS[0], COLOURS[1], COLOURS[4], COLOURS[3]


class AlarmBench(LivePicture):
    """Move the threshold and the number of windows in a row; see delay and false alarms change together.

    Args:
        failing: name -> (n,) scores of a run that breaks, in order of time.
        healthy: name -> (m,) scores of another run, that stays healthy; the same names.
        thresholds: name -> threshold of the score, from held-out healthy windows; the slider starts there.
        fault_starts: first faulty window of the failing run.
        unseen_from: window of the healthy run from which on the machine runs as it never did before.
        k: windows in a row above the threshold that make an alarm, 1 to 10.

    Raises:
        InputError: if the names differ, runs of a kind differ in length, a threshold isn't above 0, or a
            window lies outside its run.
    """

    def __init__(
        self,
        failing: Mapping[str, np.ndarray],
        healthy: Mapping[str, np.ndarray],
        thresholds: Mapping[str, float],
        fault_starts: int,
        unseen_from: int | None = None,
        k: int = 3,
    ):
        self._failing, self._healthy = (
            {name: np.asarray(scores, float) for name, scores in runs.items()} for runs in (failing, healthy)
        )
        self._thresholds = dict(thresholds)
        _check(self._failing, self._healthy, self._thresholds)
        first = next(iter(failing))
        known = len(self._healthy[first]) if unseen_from is None else unseen_from
        if not 0 <= fault_starts < len(self._failing[first]) or not 0 < known <= len(self._healthy[first]):
            raise InputError(
                f"fault_starts and unseen_from must be windows of their runs, of {len(self._failing[first])} "
                f"and {len(self._healthy[first])} windows, got {fault_starts} and {unseen_from}."
            )
        if not 1 <= k <= 10:
            raise InputError(f"k must be from 1 to 10, got {k}.")
        self._fault_starts, self._known = fault_starts, known
        wide = widgets.Layout(width="380px")
        controls: dict[str, widgets.ValueWidget] = {
            "score": widgets.Dropdown(options=list(failing), description="score", layout=wide),
            "factor": widgets.SelectionSlider(
                options=[(f"{factor:.2g} ×", i) for i, factor in enumerate(_FACTORS)],
                value=int(np.abs(_FACTORS - 1).argmin()),
                description="threshold",
                layout=wide,
            ),
            "k": widgets.IntSlider(k, 1, 10, description="in a row", layout=wide),
        }
        super().__init__(
            controls,
            self._draw_state,
            [["score"], ["factor", "k"]],
            alt="Scores of a failing and of a healthy run, a threshold; delay and false alarms against it. "
            f"{self._finding(first, controls['factor'].value, k)}.",
        )

    def _threshold(self, score: str, factor: int) -> float:
        return self._thresholds[score] * float(_FACTORS[factor])

    def _outcome(self, score: str, factor: int, k: int) -> tuple[int | None, float, float]:
        """Delay in windows, and windows in 100 with a false alarm: at known load, and at unseen load."""
        from coursekit.methods.anomaly import alarm_windows, detection_delay, false_alarms

        threshold = self._threshold(score, factor)
        delay = detection_delay(alarm_windows(self._failing[score], threshold, k), self._fault_starts)
        on = alarm_windows(self._healthy[score], threshold, k)
        known, unseen = on[: self._known], on[self._known :]
        return delay, false_alarms(known), false_alarms(unseen) if len(unseen) else float("nan")

    def _finding(self, score: str, factor: int, k: int) -> str:
        delay, known, unseen = self._outcome(score, factor, k)
        found = "no lasting alarm" if delay is None else f"lasting alarm after {delay} windows"
        words = f"{score}: {found}; false alarms {known:.0f} of 100"
        return words if np.isnan(unseen) else f"{words}, at an unseen load {unseen:.0f}"

    def _draw_state(self, score: str, factor: int, k: int) -> bytes:
        figure = bare_figure(10.2, 4.6)
        figure.text(0.006, 0.985, self._finding(score, factor, k), va="top", weight="bold", fontsize=12)
        threshold = self._threshold(score, factor)
        every = np.concatenate([self._failing[score], self._healthy[score]])
        limits = (every[every > 0].min() * 0.8, max(every.max(), threshold) * 1.6)
        top, bottom = (figure.add_axes((0.068, place, 0.53, 0.325)) for place in (0.545, 0.115))
        self._draw_trace(top, self._failing[score], threshold, k, limits)
        top.axvline(self._fault_starts, color="black", lw=1.2)
        top.text(self._fault_starts, limits[1], " fault starts", va="top", fontsize=9.5)
        top.set_title("a machine that breaks", loc="left", fontsize=11)
        self._draw_trace(bottom, self._healthy[score], threshold, k, limits)
        if self._known < len(self._healthy[score]):
            bottom.axvspan(self._known, len(self._healthy[score]), color=_UNSEEN, alpha=0.15, lw=0)
            bottom.text(self._known, limits[1], " unseen load", va="top", fontsize=9.5)
        bottom.set_title("a healthy machine", loc="left", fontsize=11)
        bottom.set_xlabel("window")
        self._draw_prices(figure, score, factor, k)
        return small_png(figure)

    def _draw_trace(
        self, axis: Axes, scores: np.ndarray, threshold: float, k: int, limits: tuple[float, float]
    ) -> None:
        from coursekit.methods.anomaly import alarm_windows

        on = alarm_windows(scores, threshold, k)
        axis.plot(scores, color=_SCORE, lw=0.9)
        axis.plot(np.flatnonzero(on), scores[on], ".", ms=5, color=_ALARM, label="alarm")
        axis.axhline(threshold, color="#57606a", ls="--", lw=1.2)
        axis.set(yscale="log", ylim=limits, xlim=(0, len(scores)), ylabel="score (log scale)")
        axis.spines[["top", "right"]].set_visible(False)
        if on.any():
            axis.legend(loc="upper left", frameon=False, fontsize=9.5, handletextpad=0.1, borderpad=0.1)

    def _draw_prices(self, figure: Figure, score: str, factor: int, k: int) -> None:
        outcomes = [self._outcome(score, i, k) for i in range(len(_FACTORS))]
        run = len(self._failing[score]) - self._fault_starts
        delays = np.array([np.nan if delay is None else delay for delay, _, _ in outcomes])
        rows = [("delay (windows)", [(delays, _SCORE, "-", "")], run)]
        shares = np.array([outcome[1:] for outcome in outcomes]).T
        lines = [(shares[0], _FALSE, "-", "known load")]
        if self._known < len(self._healthy[score]):
            lines.append((shares[1], _UNSEEN, "--", "unseen load"))
        rows.append(("false alarms per 100", lines, 100))
        for place, (title, curves, most) in zip((0.545, 0.115), rows, strict=True):
            axis = figure.add_axes((0.675, place, 0.31, 0.325))
            for values, colour, style, label in curves:
                axis.plot(_FACTORS, values, style, color=colour, label=label)
                axis.plot(_FACTORS[factor], values[factor], "o", ms=10, color=colour)
            axis.axvline(_FACTORS[factor], color="#57606a", lw=0.8, zorder=0)
            axis.set(xscale="log", ylim=(-0.04 * most, 1.04 * most))
            axis.set_xticks([0.5, 1, 2, 4, 8], ["½", "1", "2", "4", "8"])
            axis.set_xticks([], minor=True)
            axis.set_title(title, loc="left", fontsize=11)
            axis.spines[["top", "right"]].set_visible(False)
            if len(curves) > 1:
                axis.legend(frameon=False, fontsize=9.5)
        axis.set_xlabel("times the held-out threshold (log scale)")


def _check(
    failing: Mapping[str, np.ndarray], healthy: Mapping[str, np.ndarray], thresholds: Mapping[str, float]
) -> None:
    lengths = [{scores.shape for scores in runs.values()} for runs in (failing, healthy)]
    if (
        not failing
        or not failing.keys() == healthy.keys() == thresholds.keys()
        or any(len(shapes) != 1 or len(next(iter(shapes))) != 1 for shapes in lengths)
    ):
        raise InputError(
            "failing, healthy and thresholds need the same names, and all runs of a kind one length, got "
            f"{ {name: scores.shape for name, scores in failing.items()} }, "
            f"{ {name: scores.shape for name, scores in healthy.items()} } and {list(thresholds)}."
        )
    if min(thresholds.values()) <= 0:
        raise InputError(f"Thresholds must be above 0, got {dict(thresholds)}.")
