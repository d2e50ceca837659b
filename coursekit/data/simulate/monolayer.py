"""Monolayer: a sheet of pigmented cells under the microscope, with the truth about its borders.

It imitates absorbance images of retinal pigment epithelium (RPE) grown from stem cells: a mosaic of roughly
hexagonal cells, each with its own amount of pigment, packed in granules and thinned out towards the
junctions. What makes the borders hard to find is imitated too: junctions of very unequal visibility,
neighbours that differ in pigment more than any junction does, nuclei that are as pale as junctions, uneven
illumination and noise.
"""

from dataclasses import dataclass

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.simulate.texture import (
    blur,
    camera_noise,
    displacement,
    generators,
    smooth_noise,
    uneven_light,
)
from coursekit.errors import InputError

# Standard deviation of a typical field, to which `snr_db` refers.
_SIGNAL = 0.165

_CARD = Card(
    name="monolayer",
    title="A sheet of pigmented cells and its borders",
    source="Simulated: a warped Voronoi mosaic with pigment, granules, nuclei, junctions, illumination and "
    "noise.",
    licence="CC BY 4.0, as this course.",
    citation="This course; after the images of Majurski et al., CVPR Workshops 2019, "
    "doi:10.1109/CVPRW.2019.00145.",
    unit="absorbance (optical density), 0 to 1; 1 µm per pixel unless said otherwise",
    class_names=("border",),
    limits="No dead or dividing cells, no debris, no gaps, no focus drift, no cells on top of one another, "
    "and the truth is exact, where people who annotate real images disagree by a pixel or two. An order of "
    "methods found here is a hypothesis about real RPE images, not a result.",
)


@dataclass(frozen=True)
class Sheet:
    """A kind of monolayer and how it is imaged: the options of `monolayer`, checked, and their defaults.

    Attributes:
        size: height and width of a field in pixels.
        um_per_px: width of a pixel in micrometres.
        cell_diameter_um: mean distance between the centres of neighbouring cells in micrometres, at least six
            pixels.
        border_um: width of the border mask in micrometres, at least one pixel, so that borders part all
            cells.
        snr_db: standard deviation of a typical image over the noise's, in decibels (20 dB is ten to one).

    Raises:
        InputError: if a number is out of range.
    """

    size: int = 64
    um_per_px: float = 1.0
    cell_diameter_um: float = 14.0
    border_um: float = 1.6
    snr_db: float = 18.0

    def __post_init__(self) -> None:
        for name in ("um_per_px", "cell_diameter_um", "border_um"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} must be above 0, got {getattr(self, name)}.")
        if self.spacing < 6:
            raise InputError(
                f"Cells of {self.cell_diameter_um:g} µm at {self.um_per_px:g} µm per pixel are "
                f"{self.spacing:.1f} pixels wide, at least 6 are needed: use larger cells or smaller pixels."
            )
        if not 1 <= self.border <= self.spacing / 3:
            raise InputError(
                f"border_um must lie between one pixel ({self.um_per_px:g}) and a third of a cell "
                f"({self.cell_diameter_um / 3:.3g}), got {self.border_um:g}."
            )
        if self.size > 2048:
            raise InputError(f"size must be at most 2048 pixels, got {self.size}: draw more fields instead.")
        if self.size < 2 * self.spacing:
            raise InputError(
                f"size must hold at least two cells ({2 * self.spacing:.0f} pixels), got {self.size}."
            )

    @property
    def spacing(self) -> float:
        """Mean distance between the centres of neighbouring cells in pixels."""
        return self.cell_diameter_um / self.um_per_px

    @property
    def border(self) -> float:
        """Width of the border mask in pixels."""
        return self.border_um / self.um_per_px


def monolayer(
    n: int | None = None,
    seed: int = 0,
    size: int = Sheet.size,
    um_per_px: float = Sheet.um_per_px,
    cell_diameter_um: float = Sheet.cell_diameter_um,
    border_um: float = Sheet.border_um,
    snr_db: float = Sheet.snr_db,
) -> ImageSet:
    """Simulate fields of a pigmented cell monolayer with their border masks.

    Args:
        n: how many fields; None for 64.
        seed: decides everything. Image i doesn't depend on n.
        size: this and the others are the attributes of `Sheet`.
        um_per_px: as in `Sheet`.
        cell_diameter_um: as in `Sheet`.
        border_um: as in `Sheet`.
        snr_db: as in `Sheet`.

    Returns:
        images (n, size, size, 1), absorbance; targets (n, size, size, 1), 1 on borders; no groups;
        extra "cells" (n, size, size) int32: cells of a field are numbered from 1, borders are 0.

    Raises:
        InputError: if a number is out of range.
    """
    sheet = Sheet(size, um_per_px, cell_diameter_um, border_um, snr_db)
    views = [_field(rng, sheet) for rng in generators(64 if n is None else n, seed)]
    images, cells = (np.stack(part) for part in zip(*views, strict=True))
    return ImageSet(
        images[..., None], (cells == 0)[..., None].astype("float32"), card=_CARD, extra={"cells": cells}
    )


def _field(rng: np.random.Generator, sheet: Sheet) -> tuple[np.ndarray, np.ndarray]:
    """Draw one field: its absorbance, (size, size) float32, and its numbered cells, (size, size) int32."""
    from scipy.spatial import cKDTree

    size, spacing, px_per_um = sheet.size, sheet.spacing, 1 / sheet.um_per_px
    centres = _centres(rng, size, spacing * rng.uniform(0.92, 1.08))
    # A smooth displacement bends what would be straight junctions.
    warped = displacement(rng, (size, size), 0.05 * spacing, spacing / 4)
    pixels = np.stack(warped, axis=-1).reshape(-1, 2)
    # Built without balancing: a small tree is asked once for each pixel.
    distance, nearest = cKDTree(centres, leafsize=8, compact_nodes=False, balanced_tree=False).query(
        pixels, k=2
    )
    distance = distance.astype("float32")
    own, next_cell = nearest[:, 0], nearest[:, 1]
    # Distance in pixels to the straight line halfway between the two nearest centres: the junction.
    gap = np.hypot(*(centres[own] - centres[next_cell]).T)
    to_junction = (distance[:, 1] ** 2 - distance[:, 0] ** 2) / (2 * gap)

    amount = _pigment(rng, len(centres))[own] * _granules(rng, size, px_per_um).ravel()
    amount *= 1 - np.float32(0.45) * _nuclei(rng, centres, spacing, pixels, own)
    loss = _junction_loss(rng, own, next_cell)
    amount *= 1 - loss * np.exp(-0.5 * (to_junction / np.float32(0.9 * px_per_um)) ** 2)
    blurred = blur(amount.reshape(size, size), 0.6 * px_per_um)
    absorbance = camera_noise(rng, blurred + uneven_light(rng, (size, size), 0.04), sheet.snr_db, _SIGNAL)
    own = own.reshape(size, size)
    return absorbance, _numbered(own, _closed((to_junction < sheet.border / 2).reshape(size, size), own))


def _centres(rng: np.random.Generator, size: int, spacing: float) -> np.ndarray:
    """Return the centres of a hexagonal mosaic, turned and jittered; (cells, 2) float32 in pixels."""
    reach = int(np.ceil(size / spacing)) + 2
    row, column = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    grid = np.stack([row * np.sqrt(3) / 2, column + 0.5 * (row % 2)], axis=1) + rng.uniform(0, 1, size=2)
    angle = rng.uniform(0, np.pi / 3)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    # 17 % of the spacing leaves about half of the cells with six neighbours, as in a culture.
    jitter = rng.normal(0, 0.17, size=grid.shape)
    centres = ((grid + jitter) @ turn) * spacing + size / 2
    # A centre further outside than this can't be one of the two nearest of any pixel.
    near = (np.abs(centres - size / 2) < size / 2 + 2.5 * spacing).all(axis=1)
    return centres[near].astype("float32")


def _pigment(rng: np.random.Generator, cells: int) -> np.ndarray:
    """Return the mean absorbance of each cell: gamma distributed, mean 0.38, a few cells much darker."""
    return rng.gamma(6.0, 0.38 / 6.0, size=cells).clip(0.08, 0.95).astype("float32")


def _granules(rng: np.random.Generator, size: int, px_per_um: float) -> np.ndarray:
    """Return the granules of the pigment, (size, size), mean about 1: melanosomes are about 1 µm wide."""
    fine = smooth_noise(rng, (size, size), 0.7 * px_per_um)
    coarse = smooth_noise(rng, (size, size), 2.0 * px_per_um)
    return np.exp(np.float32(0.20) * fine + np.float32(0.12) * coarse)


def _nuclei(
    rng: np.random.Generator, centres: np.ndarray, spacing: float, pixels: np.ndarray, own: np.ndarray
) -> np.ndarray:
    """Return how much of each pixel is nucleus, (pixels,) in [0, 1]: granules keep out of it."""
    middle = (centres + rng.normal(0, 0.08 * spacing, size=centres.shape)).astype("float32")
    radius = (rng.uniform(0.16, 0.24, size=len(centres)) * spacing).astype("float32")
    visible = rng.beta(1.0, 1.5, size=len(centres)).astype("float32")
    distance = np.hypot(*(pixels - middle[own]).T)
    return visible[own] / (1 + np.exp((distance - radius[own]) * 2))


def _junction_loss(rng: np.random.Generator, own: np.ndarray, next_cell: np.ndarray) -> np.ndarray:
    """Return how much pigment each pixel's nearest junction lacks, (pixels,), the same from both sides.

    Most junctions are paler than their cells, some can't be seen, and along a few granules have lined up.
    """
    kinds = 4096
    pale = rng.beta(2.0, 1.6, size=kinds)
    dark = rng.uniform(-0.5, -0.15, size=kinds)
    loss = np.where(rng.random(kinds) < 0.12, dark, pale).astype("float32")
    # Each pair of cells takes one of the draws. Pairs far apart may share one; nobody could see that, and a
    # draw for every possible pair would take memory that grows with the square of the cells.
    return loss[(np.minimum(own, next_cell) * 1009 + np.maximum(own, next_cell)) % kinds]


def _closed(on_border: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Mark a pixel more wherever two cells would touch: a thin junction may miss one. (size, size) bool."""
    on_border = on_border.copy()
    for axis in (0, 1):
        near, far = (np.s_[:-1], np.s_[1:]) if axis == 0 else (np.s_[:, :-1], np.s_[:, 1:])
        on_border[near] |= (own[near] != own[far]) & ~on_border[near] & ~on_border[far]
    return on_border


def _numbered(own: np.ndarray, on_border: np.ndarray) -> np.ndarray:
    """Number the cells that show from 1 without gaps; 0 on borders. (size, size) int32."""
    inside = own[~on_border]
    shows = np.bincount(inside) > 0
    numbers = np.cumsum(shows, dtype="int32")
    cells = np.zeros(own.shape, "int32")
    cells[~on_border] = numbers[inside]
    return cells
