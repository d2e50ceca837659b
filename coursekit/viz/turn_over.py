"""How strong may augmentation be? The measured curve, beside the pictures that a network is trained on."""

from collections.abc import Callable, Sequence

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure

from coursekit.errors import InputError
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, figure_png


class TurnOverExplorer(LivePicture):
    """Move a dot along a measured curve of accuracy against strength, and see nine training pictures there.

    Args:
        strengths: the strengths that were measured, rising, 0 (no augmentation) first.
        accuracy: (repeats, strengths) test accuracy in [0, 1].
        draw: gives nine training pictures (9, h, w) or (9, h, w, 1) in [0, 1] at a strength. It is called
            once for each strength, at the start.
        strength: to start with.

    Raises:
        InputError: if there isn't one column of accuracies for each strength, strengths don't rise from 0,
            `strength` isn't one of them, or `draw` gives something else.
    """

    def __init__(
        self,
        strengths: Sequence[float],
        accuracy: np.ndarray,
        draw: Callable[[float], np.ndarray],
        strength: float = 2,
    ):
        self._strengths = [float(s) for s in strengths]
        self._accuracy = np.asarray(accuracy, float)
        if self._accuracy.ndim != 2 or self._accuracy.shape[1] != len(self._strengths):
            raise InputError(
                f"accuracy must be (repeats, strengths) with {len(self._strengths)} columns, one for each "
                f"strength, got shape {self._accuracy.shape}."
            )
        if (
            self._strengths[0] != 0
            or (np.diff(self._strengths) <= 0).any()
            or strength not in self._strengths
        ):
            raise InputError(
                f"strengths must rise from 0 and hold {strength}, with which to start, got {self._strengths}."
            )
        self._mosaics = [_mosaic(np.asarray(draw(s))) for s in self._strengths]
        place = self._strengths.index(strength)
        controls = {
            "strength": widgets.SelectionSlider(
                options=[(f"{s:g}", i) for i, s in enumerate(self._strengths)],
                value=place,
                description="strength",
                layout=widgets.Layout(width="430px"),
            )
        }
        super().__init__(
            controls,
            self._draw_state,
            [["strength"]],
            alt=f"Test accuracy against strength of augmentation with a dot at {strength:g}, "
            f"{_verdict(self._gain(place))}; beside it nine training pictures at this strength.",
        )

    def _gain(self, place: int) -> float:
        mean = self._accuracy.mean(axis=0)
        return float(mean[place] - mean[0])

    def _draw_state(self, strength: int) -> bytes:
        figure = Figure(figsize=(9.8, 4.1), dpi=76, layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
        mean = self._accuracy.mean(axis=0)
        low, high = self._accuracy.min(axis=0), self._accuracy.max(axis=0)
        left.fill_between(
            self._strengths,
            low,
            high,
            color=COLOURS[0],
            alpha=0.2,
            lw=0,
            label=f"lowest to highest of {len(self._accuracy)} repeats",
        )
        left.plot(self._strengths, mean, "o-", color=COLOURS[0], ms=4, label="mean")
        left.axhline(mean[0], color="#8a8a8a", ls=":", lw=1.5, label="without augmentation")
        left.plot(self._strengths[strength], mean[strength], "o", ms=13, color=COLOURS[1], zorder=5)
        left.annotate(
            f"{100 * mean[strength]:.1f} %",
            (self._strengths[strength], mean[strength]),
            # Where the curve isn't: beside a falling one, and below its end.
            (14, 14) if self._strengths[strength] < 0.85 * self._strengths[-1] else (-72, -16),
            textcoords="offset points",
            fontsize=13,
            weight="bold",
            color=COLOURS[1],
        )
        left.set(xlabel="strength of augmentation", ylabel="test accuracy", ylim=(0, 1.12))
        left.set_yticks(np.linspace(0, 1, 6))
        left.spines[["top", "right"]].set_visible(False)
        left.legend(loc="lower left", frameon=False, fontsize=10)
        left.set_title(
            f"Strength {self._strengths[strength]:g}: {_verdict(self._gain(strength))}",
            loc="left",
            weight="bold",
            fontsize=12,
        )
        right.imshow(self._mosaics[strength], cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        right.axis("off")
        right.set_title(f"nine training pictures at {self._strengths[strength]:g}", loc="left", fontsize=11)
        return figure_png(figure)


def _verdict(gain: float) -> str:
    """What a difference in accuracy means, in words."""
    points = f"{abs(gain) * 100:.1f}"
    if points == "0.0":
        return "as accurate as without augmentation"
    return f"{points} percentage points {'more' if gain > 0 else 'less'} than without"


def _mosaic(pictures: np.ndarray) -> np.ndarray:
    """Nine pictures in a square, with white lines between them."""
    if pictures.ndim == 4 and pictures.shape[-1] == 1:
        pictures = pictures[..., 0]
    if pictures.ndim != 3 or len(pictures) != 9:
        raise InputError(f"draw must give nine pictures (9, h, w, 1), got shape {pictures.shape}.")
    framed = np.pad(pictures, ((0, 0), (0, 1), (0, 1)), constant_values=1.0)
    rows = [np.concatenate(list(framed[start : start + 3]), axis=1) for start in (0, 3, 6)]
    return np.concatenate(rows)[:-1, :-1]
