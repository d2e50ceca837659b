"""Clip and noise: what a privacy of so many ε costs in accuracy, with few clients and with many."""

from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes

from coursekit.errors import InputError
from coursekit.methods.federated.accountant import moments_epsilon
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, bare_figure, figure_png

_LINES = ("-", "--", "-.", ":")
_TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000)
_GREY = "#57606a"


class ClipAndNoise(LivePicture):
    """Turn noise, number of clients and clipping; see the ε that they give, and the measured accuracy.

    ε is computed by the moments accountant, at once. An accountant that follows the distribution of the
    privacy loss itself takes longer and finds a somewhat smaller one.

    Args:
        noises: noise multipliers σ that were measured, from 0 (no noise: no bound on ε), rising.
        clients: numbers of clients that were measured, rising.
        clips: clipping lengths that were measured, above 0, rising.
        accuracy: (clients, clips, repeats, noises) in [0, 1]; NaN where nothing was measured.
        rates: chance of each client to take part in a round, for each number of clients, above 0 to 1.
        deltas: δ for each number of clients, above 0 and below 1 / clients.
        rounds: of each training, from 1.
        noise: to start with, one of the noises.
        n_clients: to start with, one of the clients.
        clip: to start with, one of the clips; None: the one in the middle.
        measure: what was measured, such as "validation accuracy", for the headline and the axes.

    Raises:
        InputError: if accuracy has another shape, numbers don't rise, one to start with isn't among them, or
            rates and deltas don't fit the clients.
    """

    def __init__(
        self,
        noises: Sequence[float],
        clients: Sequence[int],
        clips: Sequence[float],
        accuracy: np.ndarray,
        rates: Sequence[float],
        deltas: Sequence[float],
        rounds: int,
        noise: float = 2.0,
        n_clients: int = 200,
        clip: float | None = None,
        measure: str = "accuracy",
    ):
        self._measure = measure
        self._noises, self._clients, self._clips = list(noises), list(clients), list(clips)
        if clip is None:
            clip = self._clips[len(self._clips) // 2]
        _check_start("noises", self._noises, noise)
        _check_start("clients", self._clients, n_clients)
        _check_start("clips", self._clips, clip)
        if self._noises[0] < 0 or self._clients[0] < 1 or self._clips[0] <= 0:
            raise InputError(
                "noises must be at least 0, clients at least 1 and clips above 0, got "
                f"{self._noises}, {self._clients} and {self._clips}."
            )
        values = np.asarray(accuracy, float)
        sizes = len(self._clients), len(self._clips), len(self._noises)
        if values.ndim != 4 or (values.shape[0], values.shape[1], values.shape[3]) != sizes:
            raise InputError(
                f"accuracy must be (clients, clips, repeats, noises), for {sizes[0]} clients, {sizes[1]} "
                f"clips and {sizes[2]} noises, got shape {values.shape}."
            )
        if not len(rates) == len(deltas) == len(self._clients) or any(
            delta * n >= 1 for delta, n in zip(deltas, self._clients, strict=True)
        ):
            raise InputError(
                f"rates and deltas must each be one for each of {self._clients} clients, and delta below "
                f"1 / clients, got {list(rates)} and {list(deltas)}."
            )
        self._accuracy = values
        self._deltas, self._rates = list(deltas), list(rates)
        self._epsilon = np.array(
            [
                [moments_epsilon(sigma, q, rounds, delta) if sigma else np.inf for sigma in self._noises]
                for q, delta in zip(rates, deltas, strict=True)
            ]
        )
        controls = {
            "noise": _slider("noise σ", self._noises, noise),
            "n": _slider("clients", self._clients, n_clients),
            "clip": _slider("clip norm", self._clips, clip),
        }
        start = {name: control.value for name, control in controls.items()}
        super().__init__(
            controls,
            self._draw_state,
            [["noise", "n"], ["clip"]],
            alt=f"Measured {measure} against epsilon, a line for each number of clients; epsilon against the "
            f"noise, {measure} against the clip norm. {self._finding(**start)}.",
        )

    def _mean(self, noise: int, n: int, clip: int) -> float:
        """Mean over the repeats, NaN if nothing was measured."""
        return float(self._accuracy[n, clip, :, noise].mean())

    def _finding(self, noise: int, n: int, clip: int) -> str:
        epsilon, mean = self._epsilon[n, noise], self._mean(noise, n, clip)
        right = f"{self._measure} {'not measured' if np.isnan(mean) else f'{100 * mean:.0f} %'}"
        bound = f"ε = {epsilon:.2g} at δ = {self._deltas[n]:g}" if np.isfinite(epsilon) else "no bound on ε"
        return (
            f"σ = {self._noises[noise]:g}, {self._clients[n]:,} clients, clip norm {self._clips[clip]:g}: "
            f"{bound}, {right}"
        )

    def _draw_state(self, noise: int, n: int, clip: int) -> bytes:
        figure = bare_figure(10.2, 4.2)
        figure.text(0.006, 0.985, self._finding(noise, n, clip), va="top", weight="bold", fontsize=12)
        place, height = 0.135, 0.7
        self._draw_price(figure.add_axes((0.063, place, 0.385, height)), noise, n, clip)
        self._draw_epsilon(figure.add_axes((0.525, place, 0.205, height)), noise, n)
        self._draw_clips(figure.add_axes((0.79, place, 0.2, height)), noise, n, clip)
        return figure_png(figure)

    def _draw_price(self, axis: Axes, noise: int, n: int, clip: int) -> None:
        """Accuracy against ε; the runs without noise stand apart at the right."""
        finite = self._epsilon[np.isfinite(self._epsilon)]
        # Where no noise protects, ε is unbounded: a place of its own, well beyond the largest.
        beyond = 5 * finite.max(initial=1.0)
        for i, (size, values) in enumerate(zip(self._clients, self._accuracy[:, clip], strict=True)):
            colour, line = COLOURS[i % len(COLOURS)], _LINES[i % len(_LINES)]
            label = f"{size:,} clients, q {self._rates[i]:g}, δ {self._deltas[i]:g}"
            x = np.minimum(self._epsilon[i], beyond)
            mean, noisy = values.mean(axis=0), np.isfinite(self._epsilon[i])
            axis.fill_between(
                x[noisy],
                values.min(axis=0)[noisy],
                values.max(axis=0)[noisy],
                color=colour,
                alpha=0.18,
                lw=0,
            )
            axis.plot(x[noisy], mean[noisy], line, marker="o", ms=4, color=colour, label=label)
            axis.plot(x[~noisy], mean[~noisy], "D", ms=5, color=colour)
            if i == n:
                axis.plot(x[noise], mean[noise], "o", ms=12, color=colour)
        axis.axvline(min(self._epsilon[n, noise], beyond), color=_GREY, lw=0.8, zorder=0)
        ticks = [
            tick for tick in _TICKS if finite.min(initial=1.0) / 1.5 <= tick <= 2 * finite.max(initial=1.0)
        ]
        labels = [f"{tick:g}" for tick in ticks]
        if not np.isfinite(self._epsilon).all():
            ticks, labels = [*ticks, beyond], [*labels, "no noise"]
        axis.set(
            xscale="log",
            ylim=(0, 1.03),
            xlabel="ε, by moments (log scale; less is more private)",
            ylabel=self._measure,
        )
        axis.set_xticks(ticks, labels)
        axis.set_xticks([], minor=True)
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(
            loc="lower right",
            frameon=False,
            fontsize=9.5,
            title=f"clip norm {self._clips[clip]:g}"
            + (f": mean of\n{len(values)}, and lowest to highest" if len(values) > 1 else ""),
            title_fontsize=9.5,
            alignment="left",
        )
        axis.set_title(f"{self._measure} by ε", loc="left", fontsize=11)

    def _draw_epsilon(self, axis: Axes, noise: int, n: int) -> None:
        """ε against the noise: computed, whatever the clip norm and the data."""
        finite = self._epsilon[np.isfinite(self._epsilon)]
        for i in range(len(self._clients)):
            axis.plot(
                self._noises,
                np.where(np.isfinite(self._epsilon[i]), self._epsilon[i], np.nan),
                _LINES[i % len(_LINES)],
                marker="o",
                ms=4,
                color=COLOURS[i % len(COLOURS)],
            )
        if np.isfinite(self._epsilon[n, noise]):
            axis.plot(
                self._noises[noise], self._epsilon[n, noise], "o", ms=11, color=COLOURS[n % len(COLOURS)]
            )
        axis.axvline(self._noises[noise], color=_GREY, lw=0.8, zorder=0)
        axis.set_xticks(self._noises, [f"{sigma:g}" for sigma in self._noises])
        axis.set(yscale="log", xlabel="noise σ", xlim=(-0.04 * self._noises[-1], 1.06 * self._noises[-1]))
        ticks = [
            tick for tick in _TICKS if finite.min(initial=1.0) / 1.5 <= tick <= 2 * finite.max(initial=1.0)
        ]
        axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.set_yticks([], minor=True)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_title("ε (log), for any clip norm", loc="left", fontsize=11)

    def _draw_clips(self, axis: Axes, noise: int, n: int, clip: int) -> None:
        """Accuracy against the clip norm, at this noise and with this many clients."""
        values = self._accuracy[n, :, :, noise]
        colour = COLOURS[n % len(COLOURS)]
        axis.fill_between(self._clips, values.min(axis=1), values.max(axis=1), color=colour, alpha=0.18, lw=0)
        axis.plot(self._clips, values.mean(axis=1), _LINES[n % len(_LINES)], marker="o", ms=4, color=colour)
        axis.plot(self._clips[clip], self._mean(noise, n, clip), "o", ms=11, color=colour)
        axis.axvline(self._clips[clip], color=_GREY, lw=0.8, zorder=0)
        axis.set(xscale="log", ylim=(0, 1.03), xlabel="clip norm (log scale)")
        axis.set_xticks(self._clips, [f"{clip:g}" for clip in self._clips])
        axis.set_xticks([], minor=True)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_title(f"by clip norm, at σ = {self._noises[noise]:g}", loc="left", fontsize=11)


def _check_start(name: str, values: Sequence[float], start: float) -> None:
    if start not in values or (np.diff(values) <= 0).any():
        raise InputError(f"{name} must rise and hold {start}, got {values}.")


def _slider(label: str, values: Sequence[float], start: float) -> widgets.SelectionSlider:
    return widgets.SelectionSlider(
        options=[(f"{value:,g}", i) for i, value in enumerate(values)],
        value=values.index(start),
        description=label,
        layout=widgets.Layout(width="330px"),
    )
