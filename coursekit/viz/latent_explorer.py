"""The latent explorer: where a network keeps its codes, and what it draws from any place of the plane."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes

from coursekit.errors import InputError
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, bare_figure, figure_png

Decode = Callable[[np.ndarray], np.ndarray]
_REACH = 16  # places from the middle to the edge of the view, in each direction
_SIDE = 12  # of the grid of drawings
_SHOWN = 500
_WITHIN = 2.0
_EXPECTED = 1 - np.exp(-(_WITHIN**2) / 2)  # share of N(0, I) in the plane within that radius
_STANDARD, _FITTED = "N(0, 1)", "a fitted Gaussian"


class _Model(NamedTuple):
    """What is stored of a network: nothing is computed when the handle moves."""

    codes: np.ndarray
    edge: float  # of the view: codes from -edge to edge
    places: np.ndarray  # (2 reach + 1, 2 reach + 1, h, w), rows go up
    grids: dict[str, np.ndarray]  # source of the codes -> one picture of side x side drawings
    spread: dict[str, float]  # source of the codes -> how much drawings differ, root mean square over pixels


class LatentExplorer(LivePicture):
    """Move a handle in the plane of codes, and see what a network draws there; change the network.

    Left: codes of the images, the digit itself as the mark, and a circle that holds 86 % of N(0, 1). Middle:
    drawings of 144 codes that stand for equal shares of N(0, 1), or of the Gaussian that fits the codes.
    Right: the drawing at the handle. All drawings are made once, so that the sliders answer at once.

    Args:
        models: name -> (codes (n, 2) of the images, function from codes (m, 2) to drawings (m, h, w) or
            (m, h, w, 1) in [0, 1]). The first is shown at the start.
        labels: (n,) digits of the images, 0 to 9.
        model: to start with; by default the first.

    Raises:
        InputError: if codes and labels differ in number, codes have other than two columns or aren't finite,
            drawings have another shape, or there is no model of that name.
    """

    def __init__(
        self,
        models: Mapping[str, tuple[np.ndarray, Decode]],
        labels: np.ndarray,
        model: str | None = None,
    ):
        self._labels = np.asarray(labels).astype(int)
        start = next(iter(models), "") if model is None else model
        if start not in models:
            raise InputError(f"There is no model {start!r}. There are: {', '.join(models) or 'none'}.")
        self._models = {name: self._store(name, *parts) for name, parts in models.items()}
        edge = self._models[start].edge
        wide = widgets.Layout(width="330px")
        controls: dict[str, widgets.ValueWidget] = {
            "model": widgets.Dropdown(options=list(models), value=start, description="model", layout=wide),
            "source": widgets.Dropdown(options=[_STANDARD, _FITTED], description="codes from", layout=wide),
            "first": _slider("code 1", edge),
            "second": _slider("code 2", edge),
        }
        self._edge = edge
        super().__init__(
            controls,
            self._draw_state,
            [["model", "source"], ["first", "second"]],
            alt=f"Codes of {len(self._labels)} digits in the plane, drawings of {_SIDE**2} codes, and the "
            f"drawing at the handle. {self._finding(start)}.",
        )

    def redraw(self) -> None:
        """Draw anew; the sliders go as far as the codes of the chosen model."""
        edge = self._models[self.controls["model"].value].edge
        if edge != self._edge:
            # Moving an end of a slider can move its value, which would draw once more.
            before, self._edge = self._edge, edge
            for slider in (self.controls["first"], self.controls["second"]):
                kept = round(slider.value / before * _REACH) if before else 0
                with slider.hold_trait_notifications():
                    slider.min, slider.max, slider.step = -edge, edge, edge / _REACH
                    slider.value = kept * edge / _REACH
        super().redraw()

    def _store(self, name: str, codes: np.ndarray, decode: Decode) -> _Model:
        from coursekit.methods.vae import latent_grid

        codes = np.asarray(codes, float)
        if codes.shape != (len(self._labels), 2) or not len(codes) or not np.isfinite(codes).all():
            raise InputError(
                f"Codes of {name!r} must be finite and (n, 2) with one row for each of {len(self._labels)} "
                f"labels, got shape {codes.shape}."
            )
        # All but the farthest codes, and at least what N(0, 1) reaches.
        edge = float(np.ceil(max(3.0, np.quantile(np.abs(codes), 0.995))))
        steps = np.linspace(-edge, edge, 2 * _REACH + 1)
        everything = {
            "places": np.stack(np.meshgrid(steps, steps), axis=-1),
            _STANDARD: latent_grid(_SIDE),
            _FITTED: _fitted_grid(codes),
        }
        drawn = {}
        for source, wanted in everything.items():
            pictures = np.asarray(decode(wanted.reshape(-1, 2).astype("float32")))
            if pictures.shape[-1:] == (1,):
                pictures = pictures[..., 0]
            if pictures.ndim != 3 or len(pictures) != wanted.size // 2:
                raise InputError(
                    f"{name!r} must turn codes (m, 2) into drawings (m, h, w, 1), got shape {pictures.shape} "
                    f"for {wanted.size // 2} codes."
                )
            # As bytes: a quarter of the memory, and the eye sees no difference.
            pictures = np.round(255 * np.clip(pictures, 0, 1)).astype("uint8")
            drawn[source] = pictures.reshape(*wanted.shape[:2], *pictures.shape[1:])
        places = drawn.pop("places")
        spread = {
            source: float(np.sqrt(pictures.var(axis=(0, 1)).mean()) / 255)
            for source, pictures in drawn.items()
        }
        return _Model(codes, edge, places, {s: _sheet(pictures) for s, pictures in drawn.items()}, spread)

    def _finding(self, name: str) -> str:
        codes = self._models[name].codes
        share = (np.linalg.norm(codes, axis=1) <= _WITHIN).mean()
        return f"{name}: {share:.0%} of the codes lie in the circle that holds {_EXPECTED:.0%} of N(0, 1)"

    def _draw_state(self, model: str, source: str, first: float, second: float) -> bytes:
        stored = self._models[model]
        handle = np.array([first, second])
        column, row = np.clip(np.round(handle / stored.edge * _REACH).astype(int) + _REACH, 0, 2 * _REACH)
        figure = bare_figure(10.2, 4.1)
        figure.text(0.006, 0.985, self._finding(model), va="top", weight="bold", fontsize=12.5)
        self._draw_codes(figure.add_axes((0.035, 0.1, 0.305, 0.745)), stored, handle)
        sheet = figure.add_axes((0.37, 0.1, 0.305, 0.745))
        sheet.imshow(stored.grids[source], cmap="gray", vmin=0, vmax=255, interpolation="antialiased")
        sheet.axis("off")
        sheet.set_anchor("NW")
        sheet.set_title(f"{_SIDE**2} codes of {source}", loc="left", fontsize=11)
        figure.text(
            0.37,
            0.028,
            f"these drawings differ by {stored.spread[source]:.2f} per pixel",
            fontsize=10,
            color="#57606a",
        )
        digit = figure.add_axes((0.705, 0.1, 0.285, 0.745))
        digit.imshow(stored.places[row, column], cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        digit.axis("off")
        digit.set_anchor("NW")
        digit.set_title(f"drawn from ({first:.1f}, {second:.1f})", loc="left", fontsize=11)
        return figure_png(figure)

    def _draw_codes(self, axis: Axes, stored: _Model, handle: np.ndarray) -> None:
        # The digit itself is the mark: eight colours don't tell ten kinds apart.
        for kind in np.unique(self._labels[:_SHOWN]):
            here = stored.codes[:_SHOWN][self._labels[:_SHOWN] == kind]
            colour = COLOURS[kind % len(COLOURS)]
            axis.plot(*here.T, ls="", marker=f"${kind}$", ms=5.5, color=colour, mew=0, zorder=2)
        angle = np.linspace(0, 2 * np.pi, 100)
        axis.plot(_WITHIN * np.cos(angle), _WITHIN * np.sin(angle), color="black", lw=1.6, zorder=3)
        for line in (axis.axvline, axis.axhline):
            line(handle[0] if line == axis.axvline else handle[1], color="#57606a", lw=0.8, zorder=1)
        axis.plot(*handle, "o", ms=12, mfc="white", mec="black", mew=2.5, zorder=4)
        limit = stored.edge * 1.04
        axis.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", anchor="NW")
        ends = (-stored.edge, 0, stored.edge)
        axis.set_xticks(ends, [f"{end:g}" for end in ends])
        axis.set_yticks(ends, [f"{end:g}" for end in ends])
        axis.tick_params(length=2, labelsize=9, pad=2)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_title("code 2 against code 1", loc="left", fontsize=11)


def _slider(name: str, edge: float) -> widgets.FloatSlider:
    return widgets.FloatSlider(
        0.0,
        min=-edge,
        max=edge,
        step=edge / _REACH,
        description=name,
        readout_format=".1f",
        layout=widgets.Layout(width="380px"),
    )


def _fitted_grid(codes: np.ndarray) -> np.ndarray:
    """Codes of equal shares of the Gaussian that fits the codes, whichever way it is turned."""
    from coursekit.methods.vae import latent_grid

    values, vectors = np.linalg.eigh(np.cov(codes, rowvar=False))
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    return codes.mean(axis=0) + latent_grid(_SIDE) @ root


def _sheet(pictures: np.ndarray) -> np.ndarray:
    """Lay (rows, columns, h, w) out as one picture."""
    rows, columns, height, width = pictures.shape
    return pictures.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
