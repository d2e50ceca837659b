"""Push a digit around and see what several networks make of it."""

from collections.abc import Callable, Mapping

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure

from coursekit.errors import InputError
from coursekit.methods.equivariance import shift
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import figure_png


class PushTheDigit(LivePicture):
    """Move one picture by whole pixels; bars show the class probabilities of each network.

    All positions are computed once, so that the sliders answer at once.

    Args:
        images: (n, h, w, 1) in [0, 1], to choose from.
        labels: (n,) the right classes.
        networks: name -> function from (n, h, w, 1) to class scores (n, k), logits or probabilities.
        reach: largest move, in pixels.
        right: move at the start, in pixels.

    Raises:
        InputError: if images and labels differ in number, or there is no network.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        networks: Mapping[str, Callable[[np.ndarray], np.ndarray]],
        reach: int = 6,
        right: int = 4,
    ):
        if len(images) != len(labels) or not len(images) or not networks:
            raise InputError(
                f"PushTheDigit needs as many labels as images and at least one network, got {len(images)} "
                f"images, {len(labels)} labels and {len(networks)} networks."
            )
        self._labels = np.asarray(labels)
        self._reach = reach
        self._moved = {
            (x, y): shift(images, x, y) for y in range(-reach, reach + 1) for x in range(-reach, reach + 1)
        }
        everything = np.concatenate(list(self._moved.values()))
        places = len(self._moved)
        self._scores = {
            name: _probabilities(np.asarray(network(everything))).reshape(places, len(images), -1)
            for name, network in networks.items()
        }
        wide = widgets.Layout(width="330px")
        controls = {
            "digit": widgets.Dropdown(
                options=[(f"number {i + 1}: a {label}", i) for i, label in enumerate(labels)],
                description="digit",
                layout=wide,
            ),
            "right": widgets.IntSlider(right, -reach, reach, description="right (px)", layout=wide),
            "down": widgets.IntSlider(0, -reach, reach, description="down (px)", layout=wide),
        }
        super().__init__(
            controls,
            self._draw_state,
            [["digit"], ["right", "down"]],
            alt=(
                f"A digit moved {right} px to the right, "
                f"and the class probabilities of {len(networks)} networks."
            ),
        )

    def _draw_state(self, digit: int, right: int, down: int) -> bytes:
        place = list(self._moved).index((right, down))
        truth = int(self._labels[digit])
        figure = Figure(figsize=(2.6 + 2.5 * len(self._scores), 2.9), dpi=76, layout="constrained")
        picture, *panels = figure.subplots(1, 1 + len(self._scores))
        picture.imshow(self._moved[right, down][digit].squeeze(), cmap="gray", vmin=0, vmax=1)
        picture.set_title(f"a {truth}, {_move(right, down)}", fontsize=10.5)
        picture.axis("off")
        for axis, (name, scores) in zip(panels, self._scores.items(), strict=True):
            chances = scores[place, digit]
            answer = int(chances.argmax())
            colours = [
                "#009E73" if k == truth else "#D55E00" if k == answer else "#bbbbbb"
                for k in range(len(chances))
            ]
            axis.bar(range(len(chances)), chances, color=colours)
            axis.set(ylim=(0, 1.05), xticks=range(len(chances)), xlabel="class", yticks=[0, 0.5, 1])
            axis.spines[["top", "right"]].set_visible(False)
            mark = "✓" if answer == truth else "✗"
            axis.set_title(f"{name}\nreads {answer} {mark} ({chances[answer]:.0%})", fontsize=10.5)
        panels[0].set_ylabel("probability")
        return figure_png(figure)


def _probabilities(scores: np.ndarray) -> np.ndarray:
    """Softmax, unless the scores are probabilities already."""
    if scores.min() >= 0 and np.allclose(scores.sum(axis=-1), 1, atol=1e-3):
        return scores
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def _move(right: int, down: int) -> str:
    """A move in words: "4 px right, 2 up"."""
    words = [
        f"{abs(n)} {one if n > 0 else other}"
        for n, one, other in ((right, "right", "left"), (down, "down", "up"))
        if n
    ]
    return ", ".join(words).replace(" ", " px ", 1) or "in place"
