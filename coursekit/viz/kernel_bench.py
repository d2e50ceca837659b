"""The kernel bench: choose a picture and a kernel, move the window, and see one output pixel come about."""

from collections.abc import Mapping

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit.errors import InputError
from coursekit.methods.convolution import KERNELS, conv2d, output_size
from coursekit.viz.images import response
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, figure_png

_OWN = "own numbers"


class KernelBench(LivePicture):
    """Slide a 3×3 kernel over a picture and watch the sum behind one output pixel.

    Args:
        pictures: name -> (h, w) in [0, 1], at least 5×5 pixels.
        row: window row at the start, in output pixels.
        column: window column at the start, in output pixels.

    Raises:
        InputError: if there is no picture or one is not of shape (h, w).
    """

    def __init__(self, pictures: Mapping[str, np.ndarray], row: int = 0, column: int = 0):
        if not pictures or any(np.ndim(picture) != 2 for picture in pictures.values()):
            raise InputError("KernelBench needs named pictures of shape (h, w).")
        self._pictures = {name: np.asarray(picture, dtype="float32") for name, picture in pictures.items()}
        largest = max(max(picture.shape) for picture in self._pictures.values()) + 1
        slim = widgets.Layout(width="270px")
        controls = {
            "picture": widgets.Dropdown(options=list(pictures), description="picture", layout=slim),
            "kernel": widgets.Dropdown(
                options=[*KERNELS, _OWN], value="edge", description="kernel", layout=slim
            ),
            "own": widgets.Text(
                value="0 -1 0; -1 4 -1; 0 -1 0", description="own", continuous_update=False, layout=slim
            ),
            "stride": widgets.IntSlider(1, 1, 4, description="stride", layout=slim),
            "padding": widgets.IntSlider(0, 0, 2, description="padding", layout=slim),
            "row": widgets.IntSlider(row, 0, largest, description="row", layout=slim),
            "column": widgets.IntSlider(column, 0, largest, description="column", layout=slim),
        }
        super().__init__(
            controls,
            self._draw_state,
            [["picture", "kernel", "own"], ["stride", "padding"], ["row", "column"]],
            alt=(
                "A picture with a 3×3 window, the nine products inside it with their sum, and the output map."
            ),
        )

        self._fit_sliders()

    def redraw(self) -> None:
        """Draw anew; the sliders of the window go as far as there are windows."""
        self._fit_sliders()
        super().redraw()

    def _fit_sliders(self) -> None:
        choice = {name: self.controls[name].value for name in ("picture", "stride", "padding")}
        sides = self._pictures[choice["picture"]].shape
        for name, side in zip(("row", "column"), sides, strict=True):
            self.controls[name].max = output_size(side, 3, choice["stride"], choice["padding"]) - 1

    def _draw_state(
        self, picture: str, kernel: str, own: str, stride: int, padding: int, row: int, column: int
    ) -> bytes:
        figure = Figure(figsize=(10.6, 4.3), dpi=76, layout="constrained")
        weights = _parse(own) if kernel == _OWN else KERNELS[kernel]
        if weights is None:
            figure.text(
                0.05, 0.5, "Own numbers: three rows of three, such as  0 -1 0; -1 4 -1; 0 -1 0", fontsize=13
            )
            return figure_png(figure)
        image = self._pictures[picture]
        output = conv2d(image, weights, stride, padding)
        # Between a new picture and the sliders' new ends, a slider may stand beyond the output.
        row, column = min(row, output.shape[0] - 1), min(column, output.shape[1] - 1)
        top, left = row * stride, column * stride
        padded = np.pad(image, padding)
        left_axis, middle, right_axis = figure.subplots(1, 3, width_ratios=[1, 0.95, 1])
        left_axis.imshow(padded, cmap="gray", vmin=0, vmax=1)
        left_axis.add_patch(
            Rectangle((left - 0.5, top - 0.5), 3, 3, fill=False, edgecolor=COLOURS[1], lw=2.5)
        )
        left_axis.set_title(
            f"input {image.shape[0]}×{image.shape[1]}" + (f" + {padding} zeros" if padding else "")
        )
        left_axis.axis("off")
        _write_products(middle, padded[top : top + 3, left : left + 3], weights, float(output[row, column]))
        response(right_axis, output)
        right_axis.plot(
            column, row, "s", markersize=9, markerfacecolor="none", markeredgecolor="black", mew=2
        )
        n, side = image.shape[0], output_size(image.shape[0], 3, stride, padding)
        right_axis.set_title(f"output {output.shape[0]}×{output.shape[1]}")
        right_axis.set_xlabel(
            f"⌊({n} + 2·{padding} − 3) / {stride}⌋ + 1 = {side}\nblue < 0, white = 0, red > 0"
        )
        return figure_png(figure)


def _write_products(axis: Axes, patch: np.ndarray, weights: np.ndarray, total: float) -> None:
    axis.set(xlim=(0, 3), ylim=(3.6, 0), title="window × kernel, summed")
    axis.axis("off")
    products = patch * weights
    limit = max(float(np.abs(products).max()), 1e-6)
    for i in range(3):
        for j in range(3):
            strength = abs(float(products[i, j])) / limit
            colour = "#d6604d" if products[i, j] > 0 else "#4393c3"
            axis.add_patch(Rectangle((j, i), 1, 1, facecolor=colour, alpha=0.55 * strength, edgecolor="none"))
            axis.add_patch(Rectangle((j, i), 1, 1, fill=False, edgecolor="#999999"))
            axis.text(
                j + 0.5,
                i + 0.34,
                f"{patch[i, j]:.2f} × {_plain(weights[i, j])}",
                ha="center",
                va="center",
                fontsize=9,
            )
            axis.text(
                j + 0.5, i + 0.68, f"{products[i, j] + 0.0:+.2f}", ha="center", va="center", weight="bold"
            )
    axis.text(3, 3.58, "(rounded)", ha="right", va="bottom", fontsize=8.5, color="#57606a")
    axis.text(
        1.5,
        3.35,
        f"sum = {total:+.2f}",
        ha="center",
        va="center",
        fontsize=14,
        weight="bold",
        color=COLOURS[1],
    )


def _plain(weight: float) -> str:
    return f"{weight:.2f}".rstrip("0").rstrip(".")


def _parse(text: str) -> np.ndarray | None:
    """Read "a b c; d e f; g h i"; None if it is anything else."""
    try:
        rows = [[float(number) for number in row.replace(",", " ").split()] for row in text.split(";")]
    except ValueError:
        return None
    weights = np.array(rows, dtype="float32") if {len(row) for row in rows} == {3} else np.empty(0)
    return weights if weights.shape == (3, 3) and np.isfinite(weights).all() else None
