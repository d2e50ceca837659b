"""Damage the mask: forget objects, spoil their outlines, and see what the mask still says."""

from functools import lru_cache

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from coursekit.data import corrupt_masks
from coursekit.data.labels.mask_noise import mean_object_radius
from coursekit.errors import InputError
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, bare_figure, figure_png

_RIGHT, _FORGOTTEN, _WRONG = COLOURS[0], "#c9d1d9", COLOURS[1]
_CHANCES = np.linspace(0, 1, 21).round(2)
_LINES = (("F1", COLOURS[0], "-"), ("true pixels marked", COLOURS[2], "--"), ("marks right", COLOURS[1], ":"))


class MaskDamage(LivePicture):
    """Remove objects from a mask, swell and shrink them, cut their corners, draw boxes; see mask and F1.

    With the same draw, an object that is removed at 0.3 is removed at 0.5 too.

    Args:
        image: (h, w), (h, w, 1) or (h, w, 3) in [0, 1].
        labels: the clean truth, as for `coursekit.data.corrupt_masks`, of this image alone: (h, w) or
            (h, w, 1), numbers of objects or a mask.
        remove: chance of each object to be removed at the start, one of 0, 0.05, ... 1.
        seed: draw at the start, 0 to 30: it decides which objects are removed, and which grow or shrink.

    Raises:
        InputError: if image and labels differ in size, there is no object, or remove or seed is out of range.
    """

    def __init__(self, image: np.ndarray, labels: np.ndarray, remove: float = 0.5, seed: int = 0):
        labels = np.asarray(labels)
        if labels.shape not in (np.shape(image)[:2], (*np.shape(image)[:2], 1)):
            raise InputError(
                "image and labels must be of one picture and have the same height and width, got shapes "
                f"{np.shape(image)} and {labels.shape}."
            )
        if remove not in _CHANCES or seed not in range(31):
            raise InputError(
                f"remove must be 0, 0.05, ... or 1, and seed from 0 to 30, got {remove} and {seed}."
            )
        self._image, self._labels = np.asarray(image), labels[None]
        self._truth = corrupt_masks(self._labels).instances[0]
        self._outlines = _outlines(self._truth)
        radius = mean_object_radius(self._labels)
        # Moving p alone must not repeat the work: its curve stays the same.
        self._curves = lru_cache(maxsize=64)(self._outcomes)
        wide = widgets.Layout(width="330px")
        style = {"description_width": "115px"}
        controls = {
            "remove": widgets.SelectionSlider(
                options=[(f"{p:.2f}", float(p)) for p in _CHANCES],
                value=remove,
                description="p removed",
                layout=wide,
                style=style,
            ),
            "sigma_px": widgets.FloatSlider(
                0, min=0, max=np.ceil(radius) / 2, step=0.25, description="σ (px)", layout=wide, style=style
            ),
            "every": widgets.IntSlider(
                1, 1, max(2, round(2.5 * radius)), description="contour step", layout=wide, style=style
            ),
            "boxes": widgets.Dropdown(
                options=[("outline", False), ("bounding box", True)],
                description="drawn as",
                layout=wide,
                style=style,
            ),
            "seed": widgets.IntSlider(seed, 0, 30, description="draw", layout=wide, style=style),
        }
        super().__init__(
            controls,
            self._draw_state,
            [["remove", "seed"], ["sigma_px", "every"], ["boxes"]],
            alt="An image with the true outlines, its damaged mask, and F1 against the share removed. "
            f"{self._finding(remove, 0.0, 1, False, seed)}.",
        )

    def _damaged(self, remove: float, sigma_px: float, every: int, boxes: bool, seed: int) -> np.ndarray:
        """Numbers of the objects after the damage, (h, w)."""
        return corrupt_masks(self._labels, remove, sigma_px, every, boxes, seed).instances[0]

    def _scores(self, damaged: np.ndarray) -> tuple[float, float, float]:
        """F1, the share of true pixels that are marked, and of marks that are true (NaN without a mark)."""
        true, marked = self._truth > 0, damaged > 0
        both = np.count_nonzero(true & marked)
        return (
            2 * both / (true.sum() + marked.sum()),
            both / true.sum(),
            both / marked.sum() if marked.any() else np.nan,
        )

    def _outcomes(self, sigma_px: float, every: int, boxes: bool, seed: int) -> np.ndarray:
        """The three scores at each of _CHANCES, (3, 21)."""
        return np.array([self._scores(self._damaged(p, sigma_px, every, boxes, seed)) for p in _CHANCES]).T

    def _finding(self, remove: float, sigma_px: float, every: int, boxes: bool, seed: int) -> str:
        damaged = self._damaged(remove, sigma_px, every, boxes, seed)
        objects, kept = (len(np.unique(numbers[numbers > 0])) for numbers in (self._truth, damaged))
        f1, found, right = self._scores(damaged)
        if not kept:
            return f"p = {remove:.2f}: none of {objects} objects is marked; F1 {f1:.2f}"
        return (
            f"p = {remove:.2f}: {kept} of {objects} objects marked, {100 * found:.0f} % of their pixels; "
            f"{100 * right:.0f} % of the marks are right; F1 {f1:.2f}"
        )

    def _draw_state(self, remove: float, sigma_px: float, every: int, boxes: bool, seed: int) -> bytes:
        figure = bare_figure(10.2, 4.1)
        figure.text(
            0.006,
            0.985,
            self._finding(remove, sigma_px, every, boxes, seed),
            va="top",
            weight="bold",
            fontsize=12,
        )
        left, middle = (figure.add_axes((place, 0.085, 0.315, 0.765)) for place in (0.006, 0.332))
        left.imshow(self._image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        left.set_title("true outlines", loc="left", fontsize=11)
        self._draw_mask(middle, self._damaged(remove, sigma_px, every, boxes, seed))
        for axis, colour in ((left, "white"), (middle, "black")):
            for outline in self._outlines:
                axis.plot(outline[:, 1], outline[:, 0], color=colour, lw=1)
            axis.set(xlim=(-0.5, self._truth.shape[1] - 0.5), ylim=(self._truth.shape[0] - 0.5, -0.5))
            axis.set_anchor("NW")
            axis.set_xticks([])
            axis.set_yticks([])
            axis.spines[:].set_visible(True)
        self._draw_curves(figure.add_axes((0.715, 0.135, 0.275, 0.715)), remove, sigma_px, every, boxes, seed)
        return figure_png(figure)

    def _draw_mask(self, axis: Axes, damaged: np.ndarray) -> None:
        from matplotlib.colors import to_rgb

        true, marked = self._truth > 0, damaged > 0
        colours = np.ones((*true.shape, 3))
        for pixels, colour in (
            (true & marked, _RIGHT),
            (true & ~marked, _FORGOTTEN),
            (marked & ~true, _WRONG),
        ):
            colours[pixels] = to_rgb(colour)
        axis.imshow(colours, interpolation="nearest")
        axis.set_title("the damaged mask", loc="left", fontsize=11)
        patches = [
            Patch(facecolor=colour, edgecolor="black", lw=0.5, label=name)
            for colour, name in ((_RIGHT, "marked"), (_FORGOTTEN, "not marked"), (_WRONG, "wrongly marked"))
        ]
        axis.legend(
            handles=patches,
            loc="upper left",
            bbox_to_anchor=(-0.02, -0.01),
            ncols=3,
            frameon=False,
            fontsize=9.5,
            handlelength=1,
            handletextpad=0.4,
            columnspacing=1,
            borderaxespad=0,
        )

    def _draw_curves(
        self, axis: Axes, remove: float, sigma_px: float, every: int, boxes: bool, seed: int
    ) -> None:
        values = self._curves(sigma_px, every, boxes, seed)
        for line, (name, colour, style) in zip(values, _LINES, strict=True):
            axis.plot(_CHANCES, line, style, color=colour, label=name, lw=2)
            axis.plot(remove, line[remove == _CHANCES], "o", ms=9, color=colour)
        axis.axvline(remove, color="#57606a", lw=0.8, zorder=0)
        # Room for the legend above all lines.
        axis.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.48), xlabel="p removed", ylabel="share")
        axis.set_yticks([0, 0.25, 0.5, 0.75, 1])
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False, fontsize=9.5, loc="upper left", borderaxespad=0)
        axis.set_title("this image, this draw", loc="left", fontsize=11)


def _outlines(numbers: np.ndarray) -> list[np.ndarray]:
    """Outlines of the objects, each (points, 2): row and column."""
    from skimage.measure import find_contours

    # A frame of nothing closes outlines at the picture's border.
    return [
        outline - 1
        for number in np.unique(numbers[numbers > 0])
        for outline in find_contours(np.pad(numbers == number, 1).astype(float), 0.5)
    ]
