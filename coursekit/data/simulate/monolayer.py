"""Monolayer: a sheet of pigmented cells under the microscope, with the truth about its borders.

It imitates absorbance images of retinal pigment epithelium (RPE) grown from stem cells: a mosaic of roughly
hexagonal cells, each with its own amount of pigment, packed in granules and thinned out towards the
junctions. What makes the borders hard to find is imitated too: junctions of very unequal visibility,
neighbours that differ in pigment more than any junction does, nuclei that are as pale as junctions, uneven
illumination and noise.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.errors import InputError

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
class Field:
    """One field of view.

    Attributes:
        absorbance: (size, size) float32 in [0, 1].
        border: (size, size) bool, True on the borders between cells.
        cells: (size, size) int32: number of the cell from 1, 0 on borders.
    """

    absorbance: np.ndarray
    border: np.ndarray
    cells: np.ndarray


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
        snr_db: ratio of the image's standard deviation to the noise's, in decibels (20 dB is ten to one).

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
        images (n, size, size, 1), absorbance; targets (n, size, size, 1), 1 on borders; no groups.

    Raises:
        InputError: if a number is out of range.
    """
    sheet = Sheet(size, um_per_px, cell_diameter_um, border_um, snr_db)
    views = simulate(64 if n is None else n, seed, sheet)
    return ImageSet(
        np.stack([view.absorbance for view in views])[..., None],
        np.stack([view.border for view in views])[..., None].astype("float32"),
        card=_CARD,
    )


def cell_labels(n: int, seed: int = 0, **options: Any) -> np.ndarray:
    """Return which cell each pixel of `monolayer(n, seed, **options)` belongs to.

    Args:
        n: how many fields.
        seed: as for `monolayer`.
        **options: as for `monolayer`.

    Returns:
        (n, size, size) int32: cells of a field are numbered from 1 to their count, borders are 0.

    Raises:
        InputError: if an option is not known or a number is out of range.
    """
    known = [option.name for option in fields(Sheet)]
    if strange := sorted(options.keys() - set(known)):
        raise InputError(f"A monolayer has no option {strange[0]!r}. It has: {', '.join(known)}.")
    return np.stack([field.cells for field in simulate(n, seed, Sheet(**options))])


def simulate(n: int, seed: int = 0, sheet: Sheet | None = None) -> list[Field]:
    """Simulate fields with image, border mask and cell labels; `sheet` is `Sheet()` if None."""
    sheet = sheet or Sheet()
    return [_field(np.random.default_rng(source), sheet) for source in np.random.SeedSequence(seed).spawn(n)]


def _field(rng: np.random.Generator, sheet: Sheet) -> Field:
    from scipy.spatial import cKDTree

    size, spacing, px_per_um = sheet.size, sheet.spacing, 1 / sheet.um_per_px
    centres = _centres(rng, size, spacing * rng.uniform(0.92, 1.08))
    pixels = np.indices((size, size)).reshape(2, -1).T + _warp(rng, size, spacing)
    distance, nearest = cKDTree(centres).query(pixels, k=2)
    own, next_cell = nearest.T
    # Distance in pixels to the straight line halfway between the two nearest centres: the junction.
    gap = np.linalg.norm(centres[own] - centres[next_cell], axis=1)
    to_junction = (distance[:, 1] ** 2 - distance[:, 0] ** 2) / (2 * gap)
    on_border = to_junction < sheet.border / 2

    amount = _pigment(rng, len(centres))[own] * _granules(rng, size, px_per_um)
    amount *= 1 - 0.45 * _nuclei(rng, centres, spacing, pixels, own)
    amount *= 1 - _junction_loss(rng, own, next_cell) * np.exp(-0.5 * (to_junction / (0.9 * px_per_um)) ** 2)
    absorbance = _optics(rng, amount.reshape(size, size), px_per_um, sheet.snr_db)
    cells = np.where(on_border, 0, np.unique(own, return_inverse=True)[1] + 1).reshape(size, size)
    return Field(absorbance, on_border.reshape(size, size), _numbered(cells))


def _centres(rng: np.random.Generator, size: int, spacing: float) -> np.ndarray:
    """Return the centres of a hexagonal mosaic, turned and jittered at random; (cells, 2) in pixels."""
    reach = int(np.ceil(size / spacing)) + 2
    row, column = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    grid = np.stack([row * np.sqrt(3) / 2, column + 0.5 * (row % 2)], axis=1) + rng.uniform(0, 1, size=2)
    angle = rng.uniform(0, np.pi / 3)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    # 17 % of the spacing leaves about half of the cells with six neighbours, as in a culture.
    jitter = rng.normal(0, 0.17, size=grid.shape)
    return ((grid + jitter) @ turn) * spacing + size / 2


def _warp(rng: np.random.Generator, size: int, spacing: float) -> np.ndarray:
    """Return a smooth random displacement of each pixel, (size * size, 2), that bends straight junctions."""
    from scipy.ndimage import gaussian_filter

    smooth = np.stack(
        [gaussian_filter(rng.normal(size=(size, size)), spacing / 4, mode="reflect") for _ in range(2)]
    )
    return (smooth / smooth.std() * 0.05 * spacing).reshape(2, -1).T


def _pigment(rng: np.random.Generator, cells: int) -> np.ndarray:
    """Return the mean absorbance of each cell: gamma distributed, mean 0.38, a few cells much darker."""
    return rng.gamma(6.0, 0.38 / 6.0, size=cells).clip(0.08, 0.95)


def _granules(rng: np.random.Generator, size: int, px_per_um: float) -> np.ndarray:
    """Return the granules of the pigment, (size * size,), mean about 1: melanosomes are about 1 µm wide."""
    from scipy.ndimage import gaussian_filter

    fine = gaussian_filter(rng.normal(size=(size, size)), 0.7 * px_per_um)
    coarse = gaussian_filter(rng.normal(size=(size, size)), 2.0 * px_per_um)
    return np.exp(0.20 * fine / fine.std() + 0.12 * coarse / coarse.std()).ravel()


def _nuclei(
    rng: np.random.Generator, centres: np.ndarray, spacing: float, pixels: np.ndarray, own: np.ndarray
) -> np.ndarray:
    """Return how much of each pixel is nucleus, (pixels,) in [0, 1]: granules keep out of it."""
    middle = centres + rng.normal(0, 0.08 * spacing, size=centres.shape)
    radius = rng.uniform(0.16, 0.24, size=len(centres)) * spacing
    visible = rng.beta(1.0, 1.5, size=len(centres))
    distance = np.linalg.norm(pixels - middle[own], axis=1)
    return visible[own] / (1 + np.exp((distance - radius[own]) / 0.5))


def _junction_loss(rng: np.random.Generator, own: np.ndarray, next_cell: np.ndarray) -> np.ndarray:
    """Return how much pigment each pixel's nearest junction lacks, (pixels,), the same from both sides.

    Most junctions are paler than their cells, some can't be seen, and along a few granules have lined up.
    """
    pairs = np.sort(np.stack([own, next_cell], axis=1), axis=1)
    junctions, which = np.unique(pairs, axis=0, return_inverse=True)
    pale = rng.beta(2.0, 1.6, size=len(junctions))
    dark = rng.uniform(-0.5, -0.15, size=len(junctions))
    return np.where(rng.random(len(junctions)) < 0.12, dark, pale)[which.ravel()]


def _optics(rng: np.random.Generator, absorbance: np.ndarray, px_per_um: float, snr_db: float) -> np.ndarray:
    """Blur, light unevenly and add noise; (size, size) float32 in [0, 1]."""
    from scipy.ndimage import gaussian_filter

    blurred = gaussian_filter(absorbance, 0.6 * px_per_um, mode="reflect")
    y, x = np.linspace(-1, 1, len(blurred))[:, None], np.linspace(-1, 1, len(blurred))[None]
    tilt = rng.normal(0, 0.04, size=3)
    illumination = tilt[0] * x + tilt[1] * y + tilt[2] * (x**2 + y**2 - 2 / 3)
    noise = rng.normal(0, blurred.std() / 10 ** (snr_db / 20), size=blurred.shape)
    return (blurred + illumination + noise).clip(0, 1).astype("float32")


def _numbered(cells: np.ndarray) -> np.ndarray:
    """Number the cells from 1 without gaps: some show nothing but their border at the edge of the field."""
    numbers, where = np.unique(cells, return_inverse=True)
    return (where.reshape(cells.shape) + (numbers[0] > 0)).astype("int32")
