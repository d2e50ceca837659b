"""The threshold bench: one stored map of probabilities, and what threshold, closing and size make of it."""

from collections.abc import Callable

import ipywidgets as widgets
import numpy as np

from coursekit.errors import InputError
from coursekit.metrics import border_adjusted_rand_index, dice
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, bare_figure, figure_png

Score = Callable[[np.ndarray, np.ndarray], float]
_THRESHOLDS = np.linspace(0.05, 0.95, 19).round(2)


class ThresholdBench(LivePicture):
    """Turn a map of probabilities into borders, and see which threshold suits which score.

    It starts at the threshold that is best for Dice on this image. That is for looking: a threshold to report
    with is chosen on validation images.

    Args:
        image: (h, w) or (h, w, 1) in [0, 1].
        probability: (h, w) in [0, 1], that a pixel lies on a border.
        truth: (h, w) binary mask of the true borders.
        region_score: function of truth and prediction, both binary (h, w), that scores the regions.

    Raises:
        InputError: if image, probability and truth differ in size.
    """

    def __init__(
        self,
        image: np.ndarray,
        probability: np.ndarray,
        truth: np.ndarray,
        region_score: Score = border_adjusted_rand_index,
    ):
        self._probability, self._truth = np.asarray(probability), np.asarray(truth, bool)
        if not np.shape(image)[:2] == self._probability.shape == self._truth.shape:
            raise InputError(
                "image, probability and truth must have the same height and width, got shapes "
                f"{np.shape(image)}, {self._probability.shape} and {self._truth.shape}."
            )
        self._image = np.asarray(image).reshape(self._truth.shape)
        self._region_score = region_score
        self._curves = np.array([self._scores(self._above(t)) for t in _THRESHOLDS])
        start = float(_THRESHOLDS[self._curves[:, 0].argmax()])
        wide = widgets.Layout(width="380px")
        style = {"description_width": "140px"}
        controls = {
            "threshold": widgets.FloatSlider(
                start, min=0.05, max=0.95, step=0.05, description="threshold", layout=wide, style=style
            ),
            "radius": widgets.IntSlider(0, 0, 3, description="closing radius (px)", layout=wide, style=style),
            "smallest": widgets.IntSlider(
                0, 0, 40, step=5, description="smallest piece (px)", layout=wide, style=style
            ),
        }
        best = self._curves.argmax(axis=0)
        words = [
            f"Best for {name} is {_THRESHOLDS[i]:.2f}, with Dice {self._curves[i, 0]:.2f} and ARI "
            f"{self._curves[i, 1]:.2f}."
            for name, i in zip(("Dice", "ARI"), best, strict=True)
        ]
        super().__init__(
            controls,
            self._draw_state,
            [["threshold"], ["radius", "smallest"]],
            alt="Predicted borders over an image, and Dice and ARI against the threshold. " + " ".join(words),
        )

    def _above(self, threshold: float) -> np.ndarray:
        # A slider's steps add up to numbers such as 0.15000000000000002. As Python's float the threshold has
        # the precision of the map: in float32, too, a stored 0.6 lies on 0.6, not above.
        return self._probability > round(float(threshold), 2)

    def _scores(self, borders: np.ndarray) -> tuple[float, float]:
        return dice(self._truth, borders), self._region_score(self._truth, borders)

    def _draw_state(self, threshold: float, radius: int, smallest: int) -> bytes:
        borders = _clean(self._above(threshold), radius, smallest)
        scores = self._scores(borders)
        figure = bare_figure(10.2, 3.95)
        figure.text(
            0.006,
            0.985,
            f"Threshold {threshold:.2f}: Dice {scores[0]:.2f}, ARI {scores[1]:.2f}; borders cover "
            f"{100 * borders.mean():.0f} % (in truth {100 * self._truth.mean():.0f} %)",
            va="top",
            weight="bold",
            fontsize=12.5,
        )
        for left, mask, title in ((0.006, self._truth, "truth"), (0.33, borders, "predicted borders")):
            axis = figure.add_axes((left, 0.01, 0.315, 0.815))
            axis.imshow(self._image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            colour = np.zeros((*mask.shape, 4))
            colour[mask] = (0.902, 0.624, 0.0, 0.85)
            axis.imshow(colour, interpolation="nearest")
            axis.set_anchor("NW")
            axis.axis("off")
            axis.set_title(title, loc="left", fontsize=11)
        axis = figure.add_axes((0.7, 0.14, 0.28, 0.685))
        for curve, score, name, colour_name, style in zip(
            self._curves.T, scores, ("Dice", "ARI"), COLOURS, ("-", "--"), strict=False
        ):
            axis.plot(_THRESHOLDS, curve, style, color=colour_name, label=name)
            axis.plot(threshold, score, "o", ms=11, color=colour_name)
        axis.axvline(threshold, color="#57606a", lw=0.8, zorder=0)
        axis.set(
            xlabel="threshold", ylabel="score", xlim=(0, 1), ylim=(min(0, self._curves.min()) - 0.03, 1.03)
        )
        axis.set_yticks([0, 0.5, 1])
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(loc="upper right", frameon=False, fontsize=10)
        axis.set_title("dots: as set here", loc="left", fontsize=11)
        return figure_png(figure)


def _clean(borders: np.ndarray, radius: int, smallest: int) -> np.ndarray:
    """Close gaps of up to twice the radius, then drop pieces of fewer pixels than `smallest`."""
    from skimage.morphology import closing, footprint_rectangle, remove_small_objects

    if radius:
        # Beyond its frame the image goes on as its mirror image, or the frame would eat the borders there.
        # A square, because a disc leaves the gaps of a line that is one pixel wide.
        square = footprint_rectangle((2 * radius + 1, 2 * radius + 1))
        borders = closing(borders, square, mode="reflect")
    if smallest:
        borders = remove_small_objects(borders, max_size=smallest - 1, connectivity=2)
    return borders
