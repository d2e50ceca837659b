"""The pooling dial: ten scores, one answer, and which of the images hears about it."""

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.errors import InputError
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, bare_figure, figure_png

_SHARPNESS = (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20)
_LSE, _MAX, _MEAN, _MOVED, _GREY = COLOURS[0], COLOURS[1], COLOURS[2], COLOURS[4], "#57606a"

Levels = tuple[tuple[float, str, str, str], ...]
"""Scores of the bag by maximum, LSE and mean: value, name, colour, line style."""


class PoolingDial(LivePicture):
    """Move one image's score and LSE's r; see what the bag scores, and which images get the gradient.

    Args:
        scores: (places,) one score for each image of a bag of at least two, any range.
        images: (places, h, w, 1 or 3) in [0, 1], to stand beneath their scores; None: numbers alone.
        instance: place of the image whose score moves, from 0; None: the one with the highest score.

    Raises:
        InputError: if scores or images have another shape, or there is no such place.
    """

    def __init__(self, scores: np.ndarray, images: np.ndarray | None = None, instance: int | None = None):
        self._scores = np.asarray(scores, float)
        if self._scores.ndim != 1 or len(self._scores) < 2 or not np.isfinite(self._scores).all():
            raise InputError(
                "scores must be finite numbers (places,) of one bag with at least two images, got shape "
                f"{self._scores.shape}."
            )
        self._images = None if images is None else np.asarray(images)
        if self._images is not None and (self._images.ndim != 4 or len(self._images) != len(self._scores)):
            raise InputError(
                f"images must be (places, h, w, c) for {len(self._scores)} scores, got shape "
                f"{self._images.shape}."
            )
        self._moved = int(self._scores.argmax()) if instance is None else instance
        if self._moved not in range(len(self._scores)):
            raise InputError(f"instance must be from 0 to {len(self._scores) - 1}, got {instance}.")
        # So far that the moved one can be the lowest of all, and the highest.
        self._limits = float(np.floor(self._scores.min()) - 1), float(np.ceil(self._scores.max()) + 1)
        wide = widgets.Layout(width="380px")
        controls = {
            "score": widgets.FloatSlider(
                self._scores[self._moved],
                min=self._limits[0],
                max=self._limits[1],
                step=0.1,
                description=f"image {self._moved + 1}",
                layout=wide,
            ),
            "r": widgets.SelectionSlider(
                options=[(f"{r:g}", r) for r in _SHARPNESS], value=5, description="r", layout=wide
            ),
        }
        super().__init__(
            controls,
            self._draw_state,
            [["score", "r"]],
            alt="Scores of a bag's images, each one's share of the gradient, and the bag's score against r, "
            f"between mean and maximum. {self._finding(self._scores, 5)}.",
        )

    def _finding(self, scores: np.ndarray, r: float) -> str:
        share = _gradient(scores, r)
        most = int(share.argmax())
        bag, mean, highest = map(_signed, (_pooled(scores)[r], scores.mean(), scores.max()))
        return (
            f"r = {r:g}: the bag scores {bag} (mean {mean}, maximum {highest}); "
            f"image {most + 1} gets {100 * share[most]:.0f} % of the gradient"
        )

    def _draw_state(self, score: float, r: float) -> bytes:
        scores = self._scores.copy()
        scores[self._moved] = score
        figure = bare_figure(10.2, 4.6)
        figure.text(0.006, 0.985, self._finding(scores, r), va="top", weight="bold", fontsize=12)
        pooled = _pooled(scores)
        levels = (
            (scores.max(), "maximum", _MAX, ":"),
            (pooled[r], "LSE", _LSE, "-"),
            (scores.mean(), "mean", _MEAN, "--"),
        )
        bottom = 0.155 if self._images is not None else 0.115
        self._draw_scores(figure.add_axes((0.062, 0.5, 0.49, 0.355)), scores, levels)
        self._draw_shares(figure.add_axes((0.062, bottom, 0.49, 0.36 - bottom)), scores, r)
        if self._images is not None:
            _draw_strip(figure, self._images)
        self._draw_limits(figure.add_axes((0.635, 0.115, 0.355, 0.74)), pooled, r, levels)
        return figure_png(figure)

    def _draw_scores(self, axis: Axes, scores: np.ndarray, levels: Levels) -> None:
        places = np.arange(1, len(scores) + 1)
        axis.bar(places, scores, color=self._colours(), width=0.65)
        for value, name, colour, style in levels:
            axis.axhline(value, color=colour, ls=style, lw=1.8, label=f"{name} {_signed(value)}")
        axis.axhline(0, color="black", lw=0.8)
        axis.set(xlim=(0.4, len(scores) + 0.6), ylim=self._limits, ylabel="score")
        axis.set_xticks(places)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_title("scores", loc="left", fontsize=11)
        axis.legend(
            loc="lower right",
            bbox_to_anchor=(1.01, 0.97),
            ncols=3,
            frameon=False,
            fontsize=9.5,
            handlelength=1.6,
            columnspacing=1,
        )

    def _draw_shares(self, axis: Axes, scores: np.ndarray, r: float) -> None:
        places = np.arange(1, len(scores) + 1)
        axis.bar(places, _gradient(scores, r), color=self._colours(), width=0.65)
        axis.axhline(1 / len(scores), color=_MEAN, ls="--", lw=1.2)
        axis.set(xlim=(0.4, len(scores) + 0.6), ylim=(0, 1.04))
        axis.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_title("share of the gradient (dashed: by mean pooling)", loc="left", fontsize=11)
        axis.set_xticks(places, [] if self._images is not None else [str(place) for place in places])
        if self._images is None:
            axis.set_xlabel("image")

    def _draw_limits(self, axis: Axes, pooled: dict[float, float], r: float, levels: Levels) -> None:
        axis.plot(list(pooled), list(pooled.values()), color=_LSE, lw=2)
        axis.plot(r, pooled[r], "o", ms=11, color=_LSE)
        axis.axvline(r, color=_GREY, lw=0.8, zorder=0)
        limits = levels[-1][0], levels[0][0]
        room = 0.12 * max(limits[1] - limits[0], 1e-3)
        for value, name, colour, style in levels[::2]:
            axis.axhline(value, color=colour, ls=style, lw=1.8)
            above = name == "maximum"
            axis.text(
                0.09,
                value + (0.2 if above else -0.2) * room,
                f"{name}: the limit for {'large' if above else 'small'} r",
                va="bottom" if above else "top",
                color=colour,
                fontsize=10,
            )
        axis.set(
            xscale="log",
            xlim=(0.08, 25),
            ylim=(limits[0] - 1.3 * room, limits[1] + 1.3 * room),
            xlabel="r (log scale)",
            ylabel="the bag's score",
        )
        axis.set_xticks([0.1, 1, 5, 20], ["0.1", "1", "5", "20"])
        axis.set_xticks([], minor=True)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_title("LSE pooling", loc="left", fontsize=11)

    def _colours(self) -> list[str]:
        return [_MOVED if place == self._moved else COLOURS[5] for place in range(len(self._scores))]


def _draw_strip(figure: Figure, images: np.ndarray) -> None:
    """Draw each image beneath its bar."""
    # All in one axis, with inches as its unit: an axis for each would take longer than all the rest.
    width = 0.49 * figure.get_figwidth()
    slot = width / (len(images) + 0.2)
    side = min(0.9 * slot, 0.58)
    height = side / figure.get_figheight()
    axis = figure.add_axes((0.062, 0.14 - height, 0.49, height))
    for place, image in enumerate(images):
        left = slot * (place + 0.6) - side / 2
        extent = (left, left + side, 0, side)
        axis.imshow(image, cmap="gray", vmin=0, vmax=1, extent=extent, interpolation="nearest")
    axis.set(xlim=(0, width), ylim=(0, side), aspect="auto")
    axis.axis("off")


def _pooled(scores: np.ndarray) -> dict[float, float]:
    """LSE pooling of one bag, for each r."""
    from coursekit.methods.multiple_instance import lse_pooling

    # (1/r) log mean exp(r s) is LSE with r = 1 of the scores r s, over r: so one call serves all r.
    r = np.array(_SHARPNESS)
    scaled = (r[:, None] * scores).astype("float32")
    pooled = np.asarray(lse_pooling(scaled, np.ones(scaled.shape, bool), 1.0)) / r
    return dict(zip(_SHARPNESS, pooled.tolist(), strict=True))


def _gradient(scores: np.ndarray, r: float) -> np.ndarray:
    """Derivative of LSE pooling by each score: a softmax of r s, which adds up to 1."""
    from scipy.special import softmax

    return softmax(r * scores)


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
