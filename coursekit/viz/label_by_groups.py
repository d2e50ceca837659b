"""Label pictures by groups: pick a group of neighbours on a map, look at it, and name all of it at once."""

import functools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from coursekit.errors import InputError
from coursekit.methods.group_labelling import groups_on_map
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, bare_figure, figure_png

_GROUPS = (20, 40, 60, 80, 100)
_SHOWN = (3, 6)  # rows and columns of pictures of a group


class _Name(NamedTuple):
    """One click: these rows are now called that."""

    rows: np.ndarray
    kind: int


class LabelByGroups(LivePicture):
    """Name groups of neighbours on a map of features; a counter tells what a click is worth.

    A group of k-means on the map stands in for a stroke with a lasso. With the slider you walk from the
    largest group to the smallest; a button gives the group its name and goes on to the next without one. A
    name counts for all pictures of the group, also for those that had another. Choose more groups where one
    holds several kinds. Each map has its own labels and its own counter.

    Args:
        maps: name -> (n, 2) places of the pictures, such as `map_of_features` gives them; the first is the
            one to start with.
        images: (n, h, w) or (n, h, w, 1) in [0, 1].
        truth: (n,) whole numbers from 0, to count what was named wrongly.
        names: what the kinds are called, by default "0", "1", ... A single letter or digit is its own mark on
            the map; longer names are told apart by colour alone, up to seven.
        groups: number of groups to start with: 20, 40, 60, 80 or 100, and no more than pictures.
        named: so many of the largest groups of the first map have been named already, each after its most
            frequent kind.

    Raises:
        InputError: if there is no map, maps, images and truth aren't of one length, there aren't enough
            names, or groups or named are out of range.
    """

    def __init__(
        self,
        maps: Mapping[str, np.ndarray],
        images: np.ndarray,
        truth: np.ndarray,
        names: Sequence[str] | None = None,
        groups: int = 40,
        named: int = 8,
    ):
        self._maps = {name: np.asarray(points, float) for name, points in maps.items()}
        self._images: np.ndarray = np.asarray(images).reshape(np.shape(images)[:3])
        self._truth = np.asarray(truth)
        _check(self._maps, self._images, self._truth)
        kinds = int(self._truth.max()) + 1
        self._names = [str(k) for k in range(kinds)] if names is None else list(names)
        choices = [k for k in _GROUPS if k <= len(self._truth)]
        if len(self._names) < kinds or groups not in choices or not 0 <= named <= groups:
            raise InputError(
                f"LabelByGroups needs a name for each of {kinds} kinds, groups from {choices}, and no more "
                f"named than there are, got {len(self._names)} names, groups={groups} and named={named}."
            )
        self._done: dict[str, list[_Name]] = {name: [] for name in self._maps}
        self._members = functools.cache(self._find_members)
        first = next(iter(self._maps))
        for rows in self._members(first, groups)[:named]:
            self._done[first].append(_Name(rows, int(np.bincount(self._truth[rows]).argmax())))
        wide = widgets.Layout(width="300px")
        controls = {
            "map": widgets.Dropdown(options=list(self._maps), description="map of", layout=wide),
            "groups": widgets.Dropdown(options=choices, value=groups, description="groups", layout=wide),
            "group": widgets.IntSlider(
                self._next(first, groups),
                1,
                groups,
                description="group",
                layout=widgets.Layout(width="420px"),
            ),
        }
        super().__init__(
            controls,
            self._draw_state,
            [["map", "groups"], ["group"]],
            alt=f"A map of {len(self._truth)} pictures by {first}, a chosen group and its pictures, and the "
            f"number of labels against clicks. {self._finding(first)}.",
        )
        self.buttons = {name: self._button(name, kind) for kind, name in enumerate(self._names)}
        self.undo = widgets.Button(description="undo", icon="undo", layout=widgets.Layout(width="90px"))
        self.undo.on_click(lambda _button: self._take_back())
        names = widgets.HBox([*self.buttons.values(), self.undo])
        self.children = (*self.children[:-1], names, self.picture)  # type: ignore[has-type]

    def redraw(self) -> None:
        """Draw anew; the slider goes as far as there are groups."""
        self.controls["group"].max = self.controls["groups"].value
        super().redraw()

    def name_group(self, kind: int) -> None:
        """Give the chosen group a name, and go on to the next that holds a picture without one.

        Args:
            kind: number of the kind, from 0.
        """
        place, groups = self.controls["map"].value, self.controls["groups"].value
        rows = self._members(place, groups)[self.controls["group"].value - 1]
        self._done[place].append(_Name(rows, kind))
        self._go_to(self._next(place, groups))

    def labels(self) -> np.ndarray:
        """The labels given so far on the chosen map.

        Returns:
            (n,) int64 numbers of kinds, -1 where there is none.
        """
        return self._labels(self.controls["map"].value)

    def _take_back(self) -> None:
        place = self.controls["map"].value
        if self._done[place]:
            rows = self._done[place].pop().rows
            members = self._members(place, self.controls["groups"].value)
            self._go_to(1 + max(range(len(members)), key=lambda i: np.isin(members[i], rows).sum()))

    def _go_to(self, group: int) -> None:
        """Choose a group and draw, also if it is the one chosen already."""
        if self.controls["group"].value == group:
            self.redraw()
        self.controls["group"].value = group

    def _button(self, name: str, kind: int) -> widgets.Button:
        button = widgets.Button(
            description=name,
            tooltip=f"All pictures of the chosen group are: {name}",
            layout=widgets.Layout(width=f"{34 + 8 * len(name)}px"),
        )
        button.on_click(lambda _button: self.name_group(kind))
        return button

    def _find_members(self, place: str, groups: int) -> list[np.ndarray]:
        """Rows of each group, the largest first, each from its middle outwards."""
        points = self._maps[place]
        numbers = groups_on_map(points, groups)
        members = []
        for group in range(groups):
            rows = np.flatnonzero(numbers == group)
            distance = np.linalg.norm(points[rows] - points[rows].mean(axis=0), axis=1)
            members.append(rows[distance.argsort(kind="stable")])
        return sorted(members, key=len, reverse=True)

    def _next(self, place: str, groups: int) -> int:
        """Number, from 1, of the largest group with a picture that has no label; 1 if all have."""
        labels = self._labels(place)
        members = self._members(place, groups)
        return next((i for i, rows in enumerate(members, 1) if (labels[rows] < 0).any()), 1)

    def _labels(self, place: str) -> np.ndarray:
        labels = np.full(len(self._truth), -1)
        for rows, kind in self._done[place]:
            labels[rows] = kind
        return labels

    def _finding(self, place: str) -> str:
        labels = self._labels(place)
        labelled = labels >= 0
        wrong = (labels[labelled] != self._truth[labelled]).sum()
        clicks = len(self._done[place])
        words = f"{clicks} click{'' if clicks == 1 else 's'}"
        return f"{words}: {labelled.sum()} of {len(labels)} pictures labelled, {wrong} of them wrongly"

    def _draw_state(self, map: str, groups: int, group: int) -> bytes:
        members = self._members(map, groups)
        # Between a new number of groups and the slider's new end, the slider may stand beyond it.
        rows = members[min(group, groups) - 1]
        labels = self._labels(map)
        figure = bare_figure(10.2, 5.3)
        figure.text(0.006, 0.985, self._finding(map), weight="bold", fontsize=13, va="top")
        self._draw_map(figure.add_axes((0.005, 0.01, 0.53, 0.9)), self._maps[map], labels, rows)
        pictures = figure.add_axes((0.56, 0.42, 0.43, 0.45))
        pictures.imshow(
            self._mosaic(rows), cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect="equal"
        )
        pictures.axis("off")
        pictures.set_anchor("NW")
        shown = min(len(rows), _SHOWN[0] * _SHOWN[1])
        size = f"{len(rows)} pictures" + (f", {shown} shown" if shown < len(rows) else "")
        pictures.set_title(
            f"group {min(group, groups)} of {groups} (circled): {size}", loc="left", fontsize=11
        )
        self._draw_counter(figure.add_axes((0.635, 0.105, 0.34, 0.22)), map)
        return figure_png(figure)

    def _draw_map(self, axis: Axes, points: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> None:
        axis.axis("off")
        axis.margins(0.03)
        free, wrong = labels < 0, (labels >= 0) & (labels != self._truth)
        axis.scatter(points[free, 0], points[free, 1], s=16, color="#b8b8b8", linewidths=0)
        for kind, name in enumerate(self._names):
            here = points[labels == kind]
            # The name itself is the mark: seven colours don't tell ten kinds apart.
            if len(here):
                mark = f"${name}$" if name.isalnum() and len(name) == 1 else "o"
                axis.scatter(here[:, 0], here[:, 1], s=42, marker=mark, color=COLOURS[kind % 7], linewidths=0)
        axis.scatter(
            points[rows, 0], points[rows, 1], s=75, facecolors="none", edgecolors="black", linewidths=0.9
        )
        axis.scatter(
            points[wrong, 0],
            points[wrong, 1],
            s=70,
            marker="x",
            color=COLOURS[1],
            linewidths=1.3,
            label="wrong",
        )
        if wrong.any():
            axis.legend(loc="lower left", frameon=False, fontsize=10, handletextpad=0.2)

    def _mosaic(self, rows: np.ndarray) -> np.ndarray:
        """Pictures of a group, from its middle outwards, evenly thinned if there are too many."""
        high, wide = _SHOWN
        _, height, width = self._images.shape
        if len(rows) > high * wide:
            rows = rows[np.linspace(0, len(rows) - 1, high * wide).round().astype(int)]
        sheet = np.ones((high * (height + 2), wide * (width + 2)))
        for i, row in enumerate(rows):
            top, left = (i // wide) * (height + 2), (i % wide) * (width + 2)
            sheet[top : top + height, left : left + width] = self._images[row]
        return sheet

    def _draw_counter(self, axis: Axes, place: str) -> None:
        labelled = np.zeros(len(self._truth), bool)
        counts = [0]
        for rows, _ in self._done[place]:
            labelled[rows] = True
            counts.append(int(labelled.sum()))
        clicks = len(counts) - 1
        end = max(20, clicks + 2)
        axis.plot(range(clicks + 1), counts, ".-", color=COLOURS[0])
        axis.plot([0, end], [0, end], color="#57606a", ls=":")
        axis.text(
            end,
            end + 0.02 * len(labelled),
            "one by one",
            ha="right",
            va="bottom",
            fontsize=9,
            color="#57606a",
        )
        axis.text(
            clicks, counts[-1] + 0.03 * len(labelled), "by groups", ha="center", fontsize=9, color=COLOURS[0]
        )
        axis.set(xlim=(0, end), ylim=(0, 1.12 * len(labelled)), xlabel="clicks", ylabel="labelled")
        axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axis.spines[["top", "right"]].set_visible(False)


def _check(maps: Mapping[str, np.ndarray], images: np.ndarray, truth: np.ndarray) -> None:
    shapes = {name: points.shape for name, points in maps.items()}
    if not maps or truth.ndim != 1 or set(shapes.values()) != {(len(truth), 2)} or len(images) != len(truth):
        raise InputError(
            "LabelByGroups needs maps (n, 2), images (n, h, w, 1) and truth (n,) of one length, got maps "
            f"{shapes}, {len(images)} images and truth of shape {truth.shape}."
        )
