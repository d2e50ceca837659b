"""The hole puncher: spoil ideal borders of cells in known ways, and watch two scores disagree."""

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb

from coursekit.errors import InputError
from coursekit.methods.border_errors import move, puncture, redraw
from coursekit.metrics import border_adjusted_rand_index, cell_regions, dice
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, bare_figure, figure_png

_CONVENTIONS = {
    "to the nearest cell": "nearest",
    "one more region": "region",
    "ignored": "ignored",
}


class HolePuncher(LivePicture):
    """Draw true borders with a thicker pen, move them, make holes; see the regions and two scores.

    With the same sliders, holes are where they were.

    Args:
        border: (h, w) binary mask of the true borders; their lines are thinned to one pixel first.
        other: (h, w) borders of another image. A line at its ARI shows what a score is worth that has seen
            nothing of this image.
        thickness: of the drawn lines to start with, 1 to 5 pixels.
        shift: how far they are moved to the right to start with, 0 to 3 pixels.
        share: part of the edges with a hole to start with, 0 to 1.

    Raises:
        InputError: if border isn't (h, w), other has another size, or border encloses fewer than two cells.
    """

    def __init__(
        self, border: np.ndarray, other: np.ndarray, thickness: int = 1, shift: int = 0, share: float = 0.5
    ):
        self._truth = redraw(border)
        self._cells = cell_regions(self._truth)
        if self._cells.max() < 2:
            raise InputError(
                f"HolePuncher needs borders that enclose at least two cells, got {self._cells.max()}."
            )
        self._floor = {
            convention: border_adjusted_rand_index(self._truth, redraw(other), convention)
            for convention in _CONVENTIONS.values()
        }
        self._palette = _palette(int(self._cells.max()))
        wide = widgets.Layout(width="360px")
        style = {"description_width": "130px"}
        controls = {
            "thickness": widgets.IntSlider(
                thickness, 1, 5, description="lines (px)", layout=wide, style=style
            ),
            "shift": widgets.IntSlider(shift, 0, 3, description="moved (px)", layout=wide, style=style),
            "share": widgets.FloatSlider(
                share,
                min=0,
                max=1,
                step=0.05,
                description="edges with a hole",
                readout_format=".0%",
                layout=wide,
                style=style,
            ),
            "hole": widgets.IntSlider(1, 1, 7, description="hole (px)", layout=wide, style=style),
            "lines": widgets.Dropdown(
                options=list(_CONVENTIONS), description="ARI: lines count", layout=wide, style=style
            ),
        }
        super().__init__(
            controls,
            self._draw_state,
            [["thickness", "shift"], ["share", "hole"], ["lines"]],
            alt=f"True cells beside the regions that spoiled borders enclose, and both scores as bars. "
            f"{self._finding(*self._scores(thickness, shift, share, 1, next(iter(_CONVENTIONS)))[1:])}.",
        )

    def _scores(
        self, thickness: int, shift: int, share: float, hole: int, lines: str
    ) -> tuple[np.ndarray, np.ndarray, float, float]:
        """The spoiled borders, the numbers of the regions they enclose, their Dice and their ARI."""
        drawn = redraw(move(self._truth, right=shift), thickness)
        drawn = puncture(drawn, share, np.random.default_rng(0), width=hole)
        score = border_adjusted_rand_index(self._truth, drawn, _CONVENTIONS[lines])
        return drawn, cell_regions(drawn), dice(self._truth, drawn), score

    def _finding(self, regions: np.ndarray, overlap: float, score: float) -> str:
        return f"Dice {overlap:.2f}, ARI {score:.2f}: {regions.max()} regions for {self._cells.max()} cells"

    def _draw_state(self, thickness: int, shift: int, share: float, hole: int, lines: str) -> bytes:
        drawn, regions, overlap, score = self._scores(thickness, shift, share, hole, lines)
        figure = bare_figure(10.2, 4.5)
        figure.text(
            0.006, 0.985, self._finding(regions, overlap, score), va="top", weight="bold", fontsize=13
        )
        left = figure.add_axes((0.006, 0.02, 0.36, 0.83))
        middle = figure.add_axes((0.385, 0.02, 0.36, 0.83))
        bars = figure.add_axes((0.79, 0.11, 0.2, 0.74))
        _show(left, self._palette[self._cells], self._truth, f"truth: {self._cells.max()} cells")
        _show(
            middle,
            self._palette[_rename(regions, self._cells)],
            drawn,
            f"drawn: {regions.max()} regions",
        )
        bars.bar([0, 1], [overlap, max(score, 0)], color=[COLOURS[0], COLOURS[1]], width=0.5)
        for x, value in enumerate((overlap, score)):
            bars.text(x, max(value, 0) + 0.02, f"{value:.2f}", ha="center", fontsize=12, weight="bold")
        floor = self._floor[_CONVENTIONS[lines]]
        bars.plot([0.7, 1.4], [floor, floor], ":", color="black")
        bars.text(1.45, floor, "another\nimage", va="center", fontsize=9)
        bars.set(xlim=(-0.4, 2.2), ylim=(0, 1.08), yticks=[0, 0.5, 1])
        bars.set_xticks([0, 1], ["Dice\nof lines", "ARI\nof cells"])
        bars.spines[["top", "right"]].set_visible(False)
        return figure_png(figure)


def _palette(cells: int) -> np.ndarray:
    """Colours (cells + 1, 3) that differ between numbers that follow one another; 0 is white."""
    number = np.arange(cells)
    # Steps of the golden ratio spread hues evenly, however many there are; lightness helps where hues don't.
    hue = number * 0.618034 % 1
    saturation, value = 0.28 + 0.1 * (number % 3), 0.95 - 0.12 * (number % 3)
    return np.concatenate([np.ones((1, 3)), hsv_to_rgb(np.stack([hue, saturation, value], axis=-1))])


def _rename(regions: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Give each region the number of the true cell that it shares most pixels with; 0 stays 0."""
    table = np.zeros((regions.max() + 1, cells.max() + 1), int)
    np.add.at(table, (regions.ravel(), cells.ravel()), 1)
    names = 1 + table[:, 1:].argmax(axis=1)
    names[0] = 0
    return names[regions]


def _show(axis: Axes, colours: np.ndarray, border: np.ndarray, title: str) -> None:
    axis.imshow(np.where(border[..., None], 0.0, colours), interpolation="nearest")
    axis.axis("off")
    axis.set_anchor("NW")
    axis.set_title(title, loc="left", fontsize=11)
