"""Phase contrast: time-lapse sequences of crawling, dividing cells with every cell numbered in every frame.

It imitates cultures of glioblastoma or HeLa cells under a phase-contrast microscope. The grey level comes
from a model of that microscope: a cell delays light by its thickness; the ring of the condenser lets the
undelayed light through together with a blurred part of the delayed one, and the two interfere; thick cells
are lenses as well. What makes such images hard follows from it: bodies about as bright as the background,
bright halos around them, flat parts that fade (shade-off), and round dividing cells brighter than all else.
"""

from dataclasses import dataclass

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.simulate.texture import (
    blur,
    camera_noise,
    generators,
    pixel_grid,
    smooth_noise,
    soft,
    uneven_light,
)
from coursekit.errors import InputError

# Standard deviation of a typical frame, to which `snr_db` refers.
_SIGNAL = 0.085

_CARD = Card(
    name="phase_contrast",
    title="Time-lapse sequences of crawling and dividing cells in phase contrast",
    source="Simulated: outlines with protrusions, thickness, persistent random walks, divisions, a model of "
    "the phase-contrast microscope, debris, light and noise.",
    licence="CC BY 4.0, as this course.",
    citation="This course; after the sequences in Ulman et al., An objective comparison of cell-tracking "
    "algorithms, Nature Methods 14, 2017, doi:10.1038/nmeth.4473, and the task of Debeir et al., ISBI 2019.",
    unit="grey level of the camera, 0 to 1; 0.92 µm per pixel unless said otherwise",
    class_names=("cell",),
    limits="No dying cells, no cells on top of one another, no cells that leave the focus, no second "
    "division within a sequence, and cells repel but never steer. The microscope is modelled for thin "
    "cells. The truth is exact, where people disagree about thin rims. An order of methods found here is a "
    "hypothesis about real sequences, not a result.",
)

# How far beyond the field cells live, so that they can come in.
_MARGIN_UM = 24.0
_UM2_PER_CELL = 1500.0
_CYCLE_H = 20.0
_ROUND_UP_H, _ROUND_DOWN_H = 0.9, 1.1
_DIRECTIONS = 180


@dataclass(frozen=True)
class Culture:
    """A culture and how it is filmed: the options of `phase_contrast`, checked, and their defaults.

    Attributes:
        size: height and width of a frame in pixels, 32 to 512.
        um_per_px: width of a pixel in micrometres, 0.3 to 3.
        frames: number of frames in a sequence, from 1.
        minutes_per_frame: time from frame to frame in minutes; a sequence takes 16 hours at most.
        cells: mean number of cells in the field when a sequence starts; None for one to 1500 µm².
        contrast: how far grey levels lie from the background's, 0.1 to 3; 1 for a well adjusted microscope.
        background: grey level of the empty dish, 0.1 to 0.9.
        snr_db: standard deviation of a typical frame over the noise's, in decibels (20 dB is ten to one).

    Raises:
        InputError: if a number is out of range.
    """

    size: int = 64
    um_per_px: float = 0.92
    frames: int = 8
    minutes_per_frame: float = 15.0
    cells: float | None = None
    contrast: float = 1.0
    background: float = 0.42
    snr_db: float = 18.0

    def __post_init__(self) -> None:
        limits = {"size": (32, 512), "um_per_px": (0.3, 3), "contrast": (0.1, 3), "background": (0.1, 0.9)}
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} must be {low} to {high}, got {getattr(self, name)}.")
        if self.frames < 1:
            raise InputError(f"frames must be 1 or more, got {self.frames}.")
        if not self.minutes_per_frame > 0:
            raise InputError(f"minutes_per_frame must be above 0, got {self.minutes_per_frame}.")
        hours = self.hours[-1]
        if hours > 16:
            raise InputError(
                f"{self.frames} frames at {self.minutes_per_frame:g} minutes take {hours:.1f} hours, at most "
                "16 are possible, since no cell divides twice: use fewer frames or shorter steps."
            )
        most = self.width_um**2 / 400
        if self.cells is not None and not 0 < self.cells <= most:
            raise InputError(
                f"cells must be above 0 and at most {most:.0f} (one to 400 µm²), got {self.cells}: use fewer "
                "cells or a larger field."
            )

    @property
    def width_um(self) -> float:
        """Width of the field in micrometres."""
        return self.size * self.um_per_px

    @property
    def hours(self) -> np.ndarray:
        """Time of each frame in hours."""
        return np.arange(self.frames) * self.minutes_per_frame / 60

    @property
    def founders(self) -> int:
        """Number of cells at the start, those around the field included."""
        cells = self.width_um**2 / _UM2_PER_CELL if self.cells is None else self.cells
        return max(1, round(cells * (1 + 2 * _MARGIN_UM / self.width_um) ** 2))

    @property
    def capacity(self) -> int:
        """Number of tracks that a sequence has room for: all cells at the start and two daughters of each."""
        return 3 * self.founders


def phase_contrast(
    n: int | None = None,
    seed: int = 0,
    size: int = Culture.size,
    um_per_px: float = Culture.um_per_px,
    frames: int = Culture.frames,
    minutes_per_frame: float = Culture.minutes_per_frame,
    cells: float | None = Culture.cells,
    contrast: float = Culture.contrast,
    background: float = Culture.background,
    snr_db: float = Culture.snr_db,
) -> ImageSet:
    """Simulate phase-contrast sequences with masks, numbered cells, centroids and who comes from whom.

    Args:
        n: how many frames; None for eight whole sequences. Frame f of sequence s is image s * frames + f; the
            last sequence breaks off where n is reached.
        seed: decides everything. Sequence s doesn't depend on n.
        size: this and the others are the attributes of `Culture`.
        um_per_px: as in `Culture`.
        frames: as in `Culture`.
        minutes_per_frame: as in `Culture`.
        cells: as in `Culture`.
        contrast: as in `Culture`.
        background: as in `Culture`.
        snr_db: as in `Culture`.

    Returns:
        images (n, size, size, 1); targets (n, size, size, 1), 1 on cell bodies, halos left out; groups:
        number of the sequence; extra "cells" (n, size, size) int32: number of the track plus 1, the same in
        all frames of a sequence, 0 for background; "centroids" (n, capacity, 2) float32: row and column, in
        pixels, of the middle of what shows of each track's cell, NaN where none shows; "parents"
        (n, capacity) int64: the track that a track split from, -1 if there is none in the sequence, -2 for
        rows not in use; the same for all frames of a sequence.

    Raises:
        InputError: if a number is out of range.
    """
    culture = Culture(size, um_per_px, frames, minutes_per_frame, cells, contrast, background, snr_db)
    n = 8 * frames if n is None else n
    sequences = -(-n // frames)
    films = [_film(rng, culture) for rng in generators(sequences, seed)]
    images, numbers, centroids, parents = (np.concatenate(part)[:n] for part in zip(*films, strict=True))
    return ImageSet(
        images[..., None],
        (numbers > 0)[..., None].astype("float32"),
        np.repeat(np.arange(sequences), frames)[:n],
        _CARD,
        {"cells": numbers, "centroids": centroids, "parents": parents},
    )


def _film(rng: np.random.Generator, culture: Culture) -> tuple[np.ndarray, ...]:
    """Film one sequence: images, numbered cells, centroids and parents, each with one row a frame."""
    tracks = _Tracks.draw(rng, culture)
    scene = _Scene.draw(rng, culture, tracks)
    shape = (culture.frames, culture.size, culture.size)
    images, cells = np.empty(shape, "float32"), np.empty(shape, "int32")
    for frame in range(culture.frames):
        delay, lens, cells[frame] = scene.expose(frame)
        images[frame] = _microscope(rng, culture, delay, lens, scene.light(frame), scene.defocus_um[frame])
    return images, *_renumber(cells, tracks.parents, culture.capacity)


def _renumber(
    cells: np.ndarray, parents: np.ndarray, capacity: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number tracks in the order in which they first show.

    Returns:
        cells (frames, h, w) int32, centroids (frames, capacity, 2) float32 and parents (frames, capacity).
    """
    frames, height, width = cells.shape
    row, column = (grid.ravel() for grid in pixel_grid((height, width)))
    area, by_row, by_column = (
        np.stack([np.bincount(frame.ravel(), weights, capacity + 1)[1:] for frame in cells])
        for weights in (None, row, column)
    )
    shows = area > 0
    first = np.where(shows.any(axis=0), shows.argmax(axis=0), frames)
    order = np.argsort(first, kind="stable")
    used = int((first < frames).sum())
    new = np.full(capacity + 1, 0, "int32")
    new[1 + order[:used]] = np.arange(1, used + 1)
    with np.errstate(invalid="ignore"):  # 0 / 0 where a cell doesn't show is the NaN that we want
        centroids = np.stack([by_row / area, by_column / area], axis=-1)[:, order].astype("float32")
    family = np.full(capacity, -2, "int64")
    # A mother that never showed has the new number 0, as no mother has: both become -1.
    family[:used] = new[1 + parents[order[:used]]].astype("int64") - 1
    return new[cells], centroids, np.tile(family, (frames, 1))


@dataclass(frozen=True)
class _Tracks:
    """All cells of a sequence, in and around the field: first those of the start, then pairs of daughters.

    Attributes:
        alive: (frames, tracks) whether the track has a cell in the frame.
        centres: (frames, tracks, 2) row and column in micrometres from the field's corner.
        roundness: (frames, tracks) 0 for spread cells, 1 for round ones.
        radius: (tracks,) mean radius of the spread cell in micrometres.
        parents: (tracks,) the track it split from, or -1.
    """

    alive: np.ndarray
    centres: np.ndarray
    roundness: np.ndarray
    radius: np.ndarray
    parents: np.ndarray

    @classmethod
    def draw(cls, rng: np.random.Generator, culture: Culture) -> "_Tracks":
        founders, capacity, hours = culture.founders, culture.capacity, culture.hours
        low, high = -_MARGIN_UM, culture.width_um + _MARGIN_UM
        mothers = np.arange(founders)
        parents = np.concatenate([np.full(founders, -1), np.repeat(mothers, 2)])
        radius = np.empty(capacity, "float32")
        radius[:founders] = rng.lognormal(np.log(13.0), 0.18, size=founders)
        radius[founders:] = np.repeat(0.85 * radius[:founders], 2) * rng.uniform(0.9, 1.1, 2 * founders)
        divides = rng.uniform(-1.0, _CYCLE_H, size=founders)  # below 0: the pair is there from the start
        since = hours[:, None] - divides
        alive = np.concatenate([since < 0, np.repeat(since >= 0, 2, axis=1)], axis=1)
        roundness = np.empty((len(hours), capacity), "float32")
        roundness[:, :founders] = _ease((since + _ROUND_UP_H) / 0.4)
        roundness[:, founders:] = np.repeat(1 - _ease((since - 0.25) / _ROUND_DOWN_H), 2, axis=1)

        centres = np.empty((len(hours), capacity, 2))
        place = np.zeros((capacity, 2))
        place[:founders] = _scatter(rng, founders, low, high)
        axis = rng.uniform(0, np.pi, size=founders)
        apart = np.stack([np.sin(axis), np.cos(axis)], axis=1) * 0.42 * radius[:founders, None]
        step_h = culture.minutes_per_frame / 60
        speed = rng.gamma(3.0, 3.5, size=(capacity, 1))
        velocity = rng.normal(0, speed, size=(capacity, 2))
        keep = np.exp(-step_h / 1.0)  # direction is kept for about an hour
        for frame in range(len(hours)):
            born = np.flatnonzero(alive[frame, founders::2] & ((frame == 0) | ~alive[frame - 1, founders::2]))
            place[founders + 2 * born] = place[born] + apart[born]
            place[founders + 2 * born + 1] = place[born] - apart[born]
            if frame:
                velocity = keep * velocity + np.sqrt(1 - keep**2) * rng.normal(0, speed, size=(capacity, 2))
                fresh = ~alive[frame - 1]
                place += np.where(fresh[:, None], 0, velocity * step_h * (1 - roundness[frame, :, None]))
            here = np.flatnonzero(alive[frame])
            reach = radius[here] * (1 - 0.45 * roundness[frame, here])
            for _ in range(6 if frame == 0 else 2):
                place[here] += _repulsion(place[here], reach)
            place = np.where(place < low, 2 * low - place, np.where(place > high, 2 * high - place, place))
            centres[frame] = place
        return cls(alive, centres, roundness, radius, parents)


def _ease(share: np.ndarray) -> np.ndarray:
    """Go from 0 to 1 without a jump while `share` goes from 0 to 1."""
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)


def _scatter(rng: np.random.Generator, count: int, low: float, high: float) -> np.ndarray:
    """Place cells in a square, (count, 2): each takes the emptiest of a few random places."""
    places = np.empty((count, 2))
    for k in range(count):
        tries = rng.uniform(low, high, size=(4, 2))
        nearest = ((tries[:, None] - places[None, :k]) ** 2).sum(-1).min(axis=1, initial=np.inf)
        places[k] = tries[nearest.argmax()]
    return places


def _repulsion(place: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Return how far cells push each other, (cells, 2): two that overlap end up a little further apart."""
    between = place[:, None] - place[None]
    distance = np.sqrt((between**2).sum(-1)) + 1e-6
    overlap = np.clip(0.95 * (reach[:, None] + reach[None]) - distance, 0, None)
    np.fill_diagonal(overlap, 0)
    return 0.3 * (between * (overlap / distance)[..., None]).sum(axis=1)


@dataclass(frozen=True)
class _Scene:
    """How the cells of a sequence look, and what else is in the dish. Lengths in micrometres.

    Attributes:
        culture: the options.
        tracks: where cells are.
        outlines: (frames, tracks, directions) distance from centre to outline.
        nuclei: (frames, tracks, 2) place of the nucleus from the centre.
        nucleoli: (tracks, 3, 2) places of nucleoli from the middle of the nucleus.
        heights: (tracks, 4) delay in radians: of thin parts, of the body, of the nucleus, of granules.
        bulges: (tracks,) how much light a spread cell gathers, round ones gather 1.
        sheets: (3, side, side) random fields that granules, twice, and folds are read from.
        corners: (tracks, 2) where a cell reads its part of the sheets, in pixels.
        dish: (wide, wide) delay of the dish itself.
        specks: (specks, 4) row, column, radius and delay of debris.
        drift: (frames, 2) how far the stage has moved.
        lights: (2, size, size) uneven light at the start and at the end.
        defocus_um: (frames,) blur.
    """

    culture: Culture
    tracks: _Tracks
    outlines: np.ndarray
    nuclei: np.ndarray
    nucleoli: np.ndarray
    heights: np.ndarray
    bulges: np.ndarray
    sheets: np.ndarray
    corners: np.ndarray
    dish: np.ndarray
    specks: np.ndarray
    drift: np.ndarray
    lights: np.ndarray
    defocus_um: np.ndarray

    @classmethod
    def draw(cls, rng: np.random.Generator, culture: Culture, tracks: _Tracks) -> "_Scene":
        frames, count, size, pixel = culture.frames, culture.capacity, culture.size, culture.um_per_px
        outlines = _outlines(rng, tracks, culture.minutes_per_frame / 60)
        side = 2 * int(np.ceil(outlines.max() / pixel)) + 70
        sheets = np.stack([smooth_noise(rng, (side, side), scale / pixel) for scale in (0.75, 0.75, 2.5)])
        wide = (size + 32, size + 32)
        dish = 0.010 * smooth_noise(rng, wide, 6.0 / pixel) + 0.012 * smooth_noise(rng, wide, 1.0 / pixel)
        many = rng.poisson((culture.width_um + 20) ** 2 / 1100)
        radius = rng.gamma(3.0, 0.3, size=many)
        specks = np.concatenate(
            [
                rng.uniform(-10, culture.width_um + 10, size=(many, 2)),
                radius[:, None],
                rng.uniform(0.3, 1.0, size=(many, 1)) * radius[:, None],
            ],
            axis=1,
        )
        start = tracks.radius[:, None] * rng.normal(0, 0.12, size=(count, 2))
        wander = np.cumsum(rng.normal(0, 0.4, size=(frames, count, 2)), axis=0)
        heights = np.array([0.34, 0.10, 0.22, 0.16]) * rng.lognormal(0, 0.3, size=(count, 4))
        heights *= rng.lognormal(0, 0.15)
        drift = np.cumsum(rng.normal(0, 0.3, size=2) + rng.normal(0, 0.25, size=(frames, 2)), axis=0)
        return cls(
            culture,
            tracks,
            outlines,
            start + wander.clip(-2, 2),
            rng.normal(0, 1.9, size=(count, 3, 2)),
            heights.astype("float32"),
            rng.gamma(2.5, 0.15, size=count).clip(0, 0.7).astype("float32"),
            sheets,
            rng.integers(0, 64, size=(count, 2)),
            dish,
            specks,
            drift,
            np.stack([uneven_light(rng, (size, size), 0.06) for _ in range(2)]),
            rng.uniform(0.25, 0.6) + 0.15 * np.abs(rng.normal(size=frames)),
        )

    def light(self, frame: int) -> np.ndarray:
        """Return how bright the light is at each pixel, (size, size) about 1."""
        share = np.float32(frame / max(self.culture.frames - 1, 1))
        return 1 + self.lights[0] + np.float32(0.4) * share * self.lights[1]

    def expose(self, frame: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Look at one frame, before the microscope does.

        Returns:
            The delay of light in radians, how much light cells gather, and the tracks numbered from 1
            (int32, 0 where there is no cell); each (size, size).
        """
        size, pixel = self.culture.size, self.culture.um_per_px
        shift = np.clip(np.rint(self.drift[frame] / pixel).astype(int), -16, 16) + 16
        delay = self.dish[shift[0] : shift[0] + size, shift[1] : shift[1] + size].copy()
        lines = (np.arange(size)[:, None] + 0.5) * pixel
        row, column, radius, depth = self.specks.T
        rows = np.exp(-0.5 * ((lines - row + self.drift[frame, 0]) / radius) ** 2) * depth
        columns = np.exp(-0.5 * ((lines - column + self.drift[frame, 1]) / radius) ** 2)
        delay += rows.astype("float32") @ columns.T.astype("float32")
        cells = np.zeros((size, size), "int32")

        track, pixels, dy, dx = self._near(frame)
        turn = (np.arctan2(dy, dx) + np.float32(np.pi)) * np.float32(_DIRECTIONS / (2 * np.pi))
        before = turn.astype(np.int32)
        share, before = turn - before.astype("float32"), before % _DIRECTIONS
        outlines, first = self.outlines[frame].ravel(), track * _DIRECTIONS
        reach = (1 - share) * outlines[first + before] + share * outlines[first + (before + 1) % _DIRECTIONS]
        away = np.sqrt(dy * dy + dx * dx)
        inside = reach - away
        # Where two cells meet, a pixel belongs to the one that it lies deeper in.
        deepest = np.zeros(size * size, "float32")
        np.maximum.at(deepest, pixels, inside)
        keep = np.flatnonzero((inside > 0) & (inside >= deepest[pixels]))
        track, pixels, dy, dx, away, inside = (part[keep] for part in (track, pixels, dy, dx, away, inside))
        cells.ravel()[pixels] = track + 1
        delay.ravel()[pixels] += self._thickness(frame, track, pixels, dy, dx, away, inside)
        lens = np.zeros((size, size), "float32")
        depth = (inside / (np.float32(0.5) * self.tracks.radius[track])).clip(0, 1)
        roundness, share = self.tracks.roundness[frame][track], away / self.tracks.radius[track]
        ball = roundness**2 * np.sqrt(depth) * (np.float32(1.4) - np.float32(0.4) * depth)
        lens.ravel()[pixels] = ball + (1 - roundness) * self.bulges[track] * depth * np.exp(-share * share)
        return delay, lens, cells

    def _near(self, frame: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """List each pixel once for each cell that may cover it.

        Returns:
            Number of the track, number of the pixel, and the pixel's place from the cell's centre, down and
            to the right, in micrometres; each (pairs,).
        """
        size, pixel = self.culture.size, self.culture.um_per_px
        centres = self.tracks.centres[frame] - self.drift[frame]
        reach = self.outlines[frame].max(axis=1)
        low = np.clip(np.ceil((centres - reach[:, None]) / pixel - 0.5), 0, size).astype(int)
        high = np.clip(np.floor((centres + reach[:, None]) / pixel + 0.5), 0, size).astype(int)
        here = np.flatnonzero(self.tracks.alive[frame] & (high > low).all(axis=1))
        tracks, pixels, down, right = [], [], [], []
        middles = ((np.arange(size) + 0.5) * pixel).astype("float32")
        for k in here:
            rows, columns = slice(low[k, 0], high[k, 0]), slice(low[k, 1], high[k, 1])
            dy = (middles[rows] - np.float32(centres[k, 0]))[:, None]
            dx = (middles[columns] - np.float32(centres[k, 1]))[None]
            row, column = np.nonzero(dy * dy + dx * dx < np.float32(reach[k] ** 2))
            down.append(dy[row, 0])
            right.append(dx[0, column])
            pixels.append((row + low[k, 0]) * size + column + low[k, 1])
            tracks.append(np.full(len(row), k))
        if not tracks:
            none = np.zeros(0, "int64")
            return none, none, none.astype("float32"), none.astype("float32")
        return tuple(np.concatenate(part) for part in (tracks, pixels, down, right))  # type: ignore[return-value]

    def _thickness(
        self,
        frame: int,
        track: np.ndarray,
        pixels: np.ndarray,
        dy: np.ndarray,
        dx: np.ndarray,
        away: np.ndarray,
        inside: np.ndarray,
    ) -> np.ndarray:
        """Return by how many radians cells delay light at the given pixels, (pixels,) float32."""
        radius, roundness = self.tracks.radius[track], self.tracks.roundness[frame][track]
        thin, body, nucleus, granules = self.heights[track].T
        share = away / radius
        offset = self.nuclei[frame].astype("float32")[track]
        ny, nx = dy - offset[:, 0], dx - offset[:, 1]
        from_nucleus = np.sqrt(ny * ny + nx * nx)
        in_nucleus = soft(np.float32(0.46) * radius - from_nucleus, 0.7)
        spread = thin * (1 - np.exp(-inside / np.float32(0.8))) + body * np.exp(-2 * share * share)
        spread += nucleus * in_nucleus * (1 - np.float32(0.55) * soft(from_nucleus - 0.36 * radius, 0.6))
        for k in range(self.nucleoli.shape[1]):
            place = self.nucleoli[:, k].astype("float32")[track]
            spot = (ny - place[:, 0]) ** 2 + (nx - place[:, 1]) ** 2
            spread += np.float32(0.4) * np.exp(-spot / np.float32(2 * 0.8**2)) * in_nucleus
        # Granules and droplets, most of them around the nucleus: two sheets that a cell mixes anew with time.
        middle = self.sheets.shape[1] // 2 - 32
        row, column = np.divmod(pixels, self.culture.size)
        centre = np.rint((self.tracks.centres[frame] - self.drift[frame]) / self.culture.um_per_px - 0.5)
        corner = (self.corners + middle - centre).astype(int)[track]
        side = self.sheets.shape[1]
        at = (row + corner[:, 0]) * side + column + corner[:, 1]
        phase = 0.7 * self.culture.hours[frame]
        one, two = self.sheets[0].ravel()[at], self.sheets[1].ravel()[at]
        grain = one * np.float32(np.cos(phase)) + two * np.float32(np.sin(phase))
        ring = (1 - np.float32(0.7) * in_nucleus) * np.exp(-share * share)
        spread += granules * grain * (np.float32(0.5) + np.abs(grain)) * ring
        spread *= 1 + np.float32(0.35) * self.sheets[2].ravel()[at]
        # A round cell is a ball: so thick that its light comes more than half a wave late.
        ball = np.float32(3.4) * np.sqrt(np.clip(inside / (np.float32(0.3) * radius), 0, 1))
        ball += np.float32(0.25) * grain
        return soft(inside - np.float32(0.3), 0.3) * (spread + roundness * (ball - spread))


def _outlines(rng: np.random.Generator, tracks: _Tracks, step_h: float) -> np.ndarray:
    """Return the distance from centre to outline in each direction: (frames, tracks, directions) micrometres.

    Spread cells have a few pointed protrusions with hollow sides between them; they wander and grow.
    """
    frames, count = tracks.alive.shape
    turn = np.linspace(-np.pi, np.pi, _DIRECTIONS, endpoint=False, dtype="float32")
    arms = 4
    axis = rng.uniform(0, 2 * np.pi, size=(count, 1))
    # Most cells are drawn out along one axis, the others point anywhere.
    drawn_out = np.where(np.arange(arms) < 2, axis + np.pi * np.arange(arms), 0)
    free = rng.uniform(0, 2 * np.pi, size=(count, arms))
    along = np.where((np.arange(arms) < 2) & (rng.random((count, 1)) < 0.7), drawn_out, free)
    along = along + rng.normal(0, 0.3, size=(count, arms))
    along = along + np.cumsum(rng.normal(0, 0.25 * np.sqrt(step_h), size=(frames, count, arms)), axis=0)
    length = rng.gamma(1.6, 0.42, size=(count, arms))
    swing = np.exp(np.cumsum(rng.normal(0, 0.3 * np.sqrt(step_h), size=(frames, count, arms)), axis=0))
    length = (length * swing).clip(0, 1.7)
    width = rng.uniform(0.18, 0.45, size=(count, arms))
    outline = np.full((frames, count, _DIRECTIONS), 0.75, "float32")
    for arm in range(arms):
        off = turn - along[..., arm, None].astype("float32")
        off = np.abs(off - np.float32(2 * np.pi) * np.rint(off / np.float32(2 * np.pi)))
        tip = np.exp(-off / width[:, arm, None].astype("float32"))
        outline += length[..., arm, None].astype("float32") * tip
    waves = np.arange(2, 8)
    start, fresh = rng.normal(size=(count, 6, 2)), rng.normal(size=(frames, count, 6, 2))
    angle = np.arange(frames)[:, None, None, None] * step_h * 0.8
    strength = (np.cos(angle) * start + np.sin(angle) * fresh[:1]) / waves[:, None] ** 1.2
    basis = np.stack([np.cos(waves[:, None] * turn), np.sin(waves[:, None] * turn)], axis=1)
    ruffle = np.tensordot(strength.astype("float32"), basis.astype("float32"), axes=([2, 3], [0, 1]))
    outline *= 1 + np.float32(0.16) * ruffle
    # The same area for all, whatever the shape.
    outline = outline.clip(0.35) / np.sqrt((outline.clip(0.35) ** 2).mean(axis=-1, keepdims=True))
    ball = np.float32(0.55) * (1 + np.float32(0.05) * ruffle)
    shape = outline + tracks.roundness[..., None] * (ball - outline)
    return (tracks.radius[:, None] * shape).astype("float32")


def _microscope(
    rng: np.random.Generator,
    culture: Culture,
    delay: np.ndarray,
    lens: np.ndarray,
    light: np.ndarray,
    defocus_um: float,
) -> np.ndarray:
    """Turn the delay of light into what the camera records: (size, size) float32 in [0, 1].

    The phase ring should hold only the light that no cell has bent. It is wide enough to let through coarse
    parts of the bent light too: that makes halos and shade-off. Cells are lenses as well, round ones above
    all: they gather light and glow.
    """
    pixel = culture.um_per_px
    real, imaginary = np.cos(delay), np.sin(delay)
    ring_real, ring_imaginary = (
        np.float32(0.6) * blur(part, 2.0 / pixel) + np.float32(0.4) * blur(part, 5.0 / pixel)
        for part in (real, imaginary)
    )
    # The ring dims its light to a share of `dim` and turns it by a quarter of a wave: times -i.
    dim = np.float32(0.6)
    seen = (real - ring_real + dim * ring_imaginary) ** 2 + (
        imaginary - ring_imaginary - dim * ring_real
    ) ** 2
    relative = seen / dim**2 - 1
    if lens.any():
        relative += np.float32(0.8) * lens + np.float32(0.8) * blur(lens, 2.6 / pixel)
    relative = blur(relative, defocus_um / pixel)
    grey = culture.background * light * (1 + np.float32(0.70 * culture.contrast) * relative)
    return camera_noise(rng, grey.astype("float32"), culture.snr_db, _SIGNAL)
