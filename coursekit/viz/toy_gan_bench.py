"""Watch a generator and a discriminator learn in the plane: stored games, and one of your own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap

from coursekit.errors import CourseError, InputError
from coursekit.methods.gan_measures import modes_covered
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, bare_figure, small_png

if TYPE_CHECKING:  # the game loads Keras, which no other figure needs
    from coursekit.methods.toy_gan import ToyFrame, ToyGan

OWN = "your own game"
_CHUNK = 25  # steps between two pictures of one's own game: long enough to see a change, short to compute
_LONGEST = 4000
_POINTS = 2000  # generated for each frame, to count modes
_SHOWN = 400
_REAL, _GENERATED = COLOURS[0], COLOURS[1]
_EARLY, _LATE = COLOURS[2], COLOURS[3]
# Steep about 0.5, where an even game stays; few shades, so that the map has contours.
_MAP = LinearSegmentedColormap.from_list(
    "chance", [(0, "#f2a766"), (0.35, "#f9d6b8"), (0.5, "#ffffff"), (0.65, "#c3ddf0"), (1, "#7db8de")], N=21
)
_LAYERS = {"2 layers of 64": (64, 64), "1 layer of 64": (64,), "1 layer of 8": (8,)}


class ToyGanBench(LivePicture):
    """Two games side by side: what the discriminator believes, what the generator does, and modes covered.

    A slider goes through the stored films. "play" starts a game of your own, with your settings: 25 steps,
    a picture, and so on. Between two pictures the notebook is free to run cells. The slider goes back through
    your own game, too. A new setting takes effect with a new game.

    Args:
        films: name -> frames of a game, such as `ToyGan.film` gives them, steps rising; the first two are
            shown at the start, at their last step.
        data: name of one of `PLANE_DATA`, of which all films are.
        seed: of your own games.

    Raises:
        InputError: if there are no two films, one is empty or has falling steps, or there is no such data.
    """

    def __init__(self, films: Mapping[str, Sequence[ToyFrame]], data: str = "ring", seed: int = 0):
        from coursekit.methods.toy_gan import PLANE_DATA

        self._films = {name: list(frames) for name, frames in films.items()}
        _check(self._films)
        if data not in PLANE_DATA:
            raise InputError(f"There is no data {data!r} in the plane. There are: {', '.join(PLANE_DATA)}.")
        self._data, self._stored_data, self._seed = PLANE_DATA, data, seed
        self._modes = {
            name: [self._covered(frame, data) for frame in frames] for name, frames in self._films.items()
        }
        first, second = list(films)[:2]
        last = max(frames[-1].step for frames in self._films.values())
        self._film_end = last
        names = [*films, OWN]
        controls: dict[str, widgets.ValueWidget] = {
            "left": _menu("left", names, first, 250),
            "right": _menu("right", names, second, 250),
            "step": widgets.IntSlider(
                last, 0, last, step=_CHUNK, description="step", layout=widgets.Layout(width="420px")
            ),
        }
        rates = [(f"{rate:g}", rate) for rate in (1e-4, 5e-4, 1e-3, 5e-3, 1e-2)]
        self.settings: dict[str, widgets.ValueWidget] = {
            "data": _menu("data", list(PLANE_DATA), data, 150),
            "generator_rate": _menu("rate of G", rates, 1e-3, 150),
            "discriminator_rate": _menu("rate of D", rates, 1e-3, 150),
            "discriminator_steps": _menu("D steps", [1, 2, 5], 1, 130),
            "discriminator_widths": _menu("D has", list(_LAYERS.items()), (64, 64), 190),
        }
        self.play = widgets.Play(
            value=0, min=0, max=_LONGEST // _CHUNK, interval=200, show_repeat=False, tooltip="play or pause"
        )
        self.step_button = _button("step", "step-forward", f"{_CHUNK} steps of your own game")
        self.restart_button = _button("restart", "refresh", "a new game with these settings")
        self.status = widgets.Label(f"play: {OWN}, with the settings below")
        self._own: ToyGan | None = None
        self._own_data = data
        super().__init__(
            controls,
            self._draw_state,
            [["step"], ["left", "right"]],
            alt="Two games in the plane: real and generated points, the discriminator's map, the generator's "
            f"warped grid; beside them modes covered against steps. {self._finding(first, second, last)}.",
        )
        game = widgets.HBox([self.play, self.step_button, self.restart_button, self.status])
        settings = widgets.HBox(list(self.settings.values()))
        self.children = (*self.children[:-1], game, settings, self.picture)  # type: ignore[has-type]
        self.step_button.on_click(lambda _button: self.advance())
        self.restart_button.on_click(lambda _button: self.restart())
        for setting in self.settings.values():
            setting.observe(lambda _change: self.restart(), names="value")
        self.play.observe(self._tick, names="value")

    def advance(self) -> None:
        """Train your own game a little and show it."""
        if self._steps_of_own() >= _LONGEST:
            self._pause(f"{_LONGEST} steps are enough: restart for another game")
            return
        try:
            if self._own is None:
                self._begin()
            assert self._own is not None
            self._own.step(_CHUNK)
        except CourseError as error:
            # Nobody reads what is raised in answer to a click.
            self._pause(str(error))
            return
        self._note()
        self.status.value = f"{OWN}: step {self._own.steps_done}"
        self._show_own()

    def restart(self) -> None:
        """Forget your own game; the next one starts with the settings as they are now."""
        self._own = None
        self._films.pop(OWN, None)
        self._modes.pop(OWN, None)
        self._pause(f"play: {OWN}, with these settings")
        self.play.value = 0
        self._own_data = self.settings["data"].value
        self._show_own()

    def _begin(self) -> None:
        from coursekit.methods.toy_gan import ToyGan

        self._own = ToyGan(
            **{name: setting.value for name, setting in self.settings.items()}, seed=self._seed
        )
        self._films[OWN], self._modes[OWN] = [], []
        self._note()

    def _note(self) -> None:
        assert self._own is not None
        frame = self._own.frame(_POINTS)
        self._films[OWN].append(frame)
        self._modes[OWN].append(self._covered(frame, self._own_data))

    def _tick(self, change: dict[str, int]) -> None:
        # Stop, and play at the end, set the value back to 0.
        if change["new"] > change["old"]:
            self.advance()
        elif change["new"] == 0 and self._own is not None:
            self.restart()

    def _pause(self, message: str) -> None:
        self.play.playing = False
        self.status.value = message

    def _steps_of_own(self) -> int:
        return self._own.steps_done if self._own else 0

    def _show_own(self) -> None:
        """Bring the newest frame of your own game into view."""
        step, slider = self._steps_of_own(), self.controls["step"]
        shown = OWN in (self.controls["left"].value, self.controls["right"].value)
        if not shown:
            self.controls["right"].value = OWN
        slider.max = max(self._film_end, step)
        if slider.value == step:
            self.redraw()
        slider.value = step

    def _covered(self, frame: ToyFrame, data: str) -> int:
        return modes_covered(frame.points, self._data[data].centres, self._data[data].sigma)

    def _at(self, name: str, step: int) -> int | None:
        """Number of the last frame of a film up to a step."""
        steps = [frame.step for frame in self._films.get(name, [])]
        return max(int(np.searchsorted(steps, step, side="right")) - 1, 0) if steps else None

    def _data_of(self, name: str) -> str:
        return self._own_data if name == OWN else self._stored_data

    def _finding(self, left: str, right: str, step: int) -> str:
        words = []
        for name in dict.fromkeys((left, right)):
            place = self._at(name, step)
            if place is not None:
                modes = len(self._data[self._data_of(name)].centres)
                words.append(f"{name} covers {self._modes[name][place]} of {modes}")
        return f"Step {step:,}: {'; '.join(words)}"

    def _draw_state(self, left: str, right: str, step: int) -> bytes:
        figure = bare_figure(10.2, 4.05)
        figure.text(
            0.006, 0.985, self._finding(left, right, step) + " modes", va="top", weight="bold", fontsize=12.5
        )
        for place, name, colour in ((0.006, left, _EARLY), (0.352, right, _LATE)):
            self._draw_plane(figure.add_axes((place, 0.075, 0.328, 0.775)), name, step, colour)
        figure.text(
            0.006,
            0.012,
            "● real",
            color=_REAL,
            fontsize=10.5,
        )
        figure.text(0.07, 0.012, "● generated", color=_GENERATED, fontsize=10.5)
        figure.text(
            0.175,
            0.012,
            "background: D believes “real” (blue) or “generated” (orange); net: latent grid, as G bends it",
            color="#57606a",
            fontsize=9.5,
        )
        self._draw_modes(figure.add_axes((0.745, 0.15, 0.245, 0.7)), left, right, step)
        return small_png(figure)

    def _draw_plane(self, axis: Axes, name: str, step: int, colour: str) -> None:
        from coursekit.methods.toy_gan import EDGE

        axis.set(xlim=(-EDGE, EDGE), ylim=(-EDGE, EDGE), xticks=[], yticks=[], aspect="equal", anchor="NW")
        axis.spines[:].set(color=colour, linewidth=2.5, visible=True)
        real = self._data[self._data_of(name)].draw(_SHOWN, np.random.default_rng(0))
        place = self._at(name, step)
        title = name
        if place is not None:
            frame = self._films[name][place]
            if frame.step != step:
                title += f", step {frame.step:,}"
            half = EDGE / (len(frame.chances) - 1)  # a cell lies around its place
            axis.imshow(
                frame.chances,
                cmap=_MAP,
                vmin=0,
                vmax=1,
                origin="lower",
                extent=(-EDGE - half, EDGE + half, -EDGE - half, EDGE + half),
                interpolation="bilinear",
                interpolation_stage="data",
                zorder=0,
            )
            axis.set(xlim=(-EDGE, EDGE), ylim=(-EDGE, EDGE))
            lines = [*frame.warped, *frame.warped.swapaxes(0, 1)]
            axis.add_collection(LineCollection(lines, colors="#57606a", linewidths=0.6, alpha=0.55, zorder=1))
        axis.set_title(title, loc="left", fontsize=11, color=colour, weight="bold")
        axis.plot(*real.T, ".", ms=3.2, color=_REAL, mew=0, zorder=2)
        if place is not None:
            axis.plot(*frame.points[:_SHOWN].T, ".", ms=4.4, color=_GENERATED, mew=0, zorder=3)
            if np.isfinite(frame.real):
                says = f"D(real) {frame.real:.2f}, D(fake) {frame.fake:.2f}"
                axis.text(0.02, 0.02, says, transform=axis.transAxes, fontsize=9, zorder=4)
        else:
            axis.text(0, 0, "press play", ha="center", va="center", fontsize=14, color=colour)

    def _draw_modes(self, axis: Axes, left: str, right: str, step: int) -> None:
        end = self.controls["step"].max
        most = 1
        for name, colour, style in ((left, _EARLY, "-"), (right, _LATE, "--")):
            most = max(most, len(self._data[self._data_of(name)].centres))
            place = self._at(name, step)
            if place is not None:
                steps = [frame.step for frame in self._films[name]]
                axis.plot(steps, self._modes[name], style, color=colour, lw=1.8)
                axis.plot(steps[place], self._modes[name][place], "o", ms=9, color=colour)
        axis.axvline(step, color="#57606a", lw=0.8, zorder=0)
        axis.set(xlabel="steps of G", xlim=(-0.03 * end, 1.05 * end), ylim=(-0.3, most + 0.4))
        axis.set_yticks(range(0, most + 1, 2 if most > 2 else 1))
        axis.set_xticks([0, end // 2, end])
        axis.set_title("modes covered", loc="left", fontsize=11)
        axis.spines[["top", "right"]].set_visible(False)


def _menu(description: str, options: list, value: object, width: int) -> widgets.Dropdown:
    menu = widgets.Dropdown(
        options=options, value=value, description=description, layout=widgets.Layout(width=f"{width}px")
    )
    menu.style.description_width = "initial"
    return menu


def _button(name: str, icon: str, tooltip: str) -> widgets.Button:
    return widgets.Button(description=name, icon=icon, tooltip=tooltip, layout=widgets.Layout(width="95px"))


def _check(films: Mapping[str, Sequence[ToyFrame]]) -> None:
    steps = {name: [frame.step for frame in frames] for name, frames in films.items()}
    if len(films) < 2 or OWN in films or any(not s or (np.diff(s) <= 0).any() for s in steps.values()):
        raise InputError(
            f"ToyGanBench needs two films or more, each with a frame and rising steps, none called {OWN!r}, "
            f"got { ({name: len(s) for name, s in steps.items()}) } frames."
        )
