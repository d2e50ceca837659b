"""Phenotypes: single cells of a high-content screen in five fluorescence channels, on plates and in wells.

It imitates crops of a morphological profiling assay: one cell in the middle, parts of its neighbours at the
rim, stained for DNA, endoplasmic reticulum, RNA with nucleoli, Golgi with actin, and mitochondria. Three
treatments each change one structure and hardly its amount: the nucleus breaks up, the Golgi disperses, or
the threads of mitochondria break into grains around the nucleus. What makes a screen hard is imitated too:
cells in a treated well that don't respond, untreated cells that look a little treated, and plates that
differ in stain, background, light and focus.
"""

from dataclasses import dataclass

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.simulate.texture import (
    blur,
    camera_noise,
    displacement,
    generators,
    pixel_grid,
    smooth_noise,
    soft,
    uneven_light,
)
from coursekit.errors import InputError

# Standard deviation of a typical image of a cell, to which `snr_db` refers.
_SIGNAL = 0.12

_CARD = Card(
    name="phenotypes",
    title="Five-channel cells of a screen, three treatments and a control",
    source="Simulated: outlines, nuclei, Golgi, mitochondria, stain, plate and well effects, blur and noise.",
    licence="CC BY 4.0, as this course.",
    citation="This course; after the task of Dürr & Sick, Journal of Biomolecular Screening 21(9):998-1003, "
    "2016, doi:10.1177/1087057116631284.",
    unit="fluorescence, arbitrary, 0 to 1; 40 µm over the width of an image unless said otherwise; channels: "
    "DNA, endoplasmic reticulum, RNA and nucleoli, Golgi and actin, mitochondria",
    class_names=("control", "nucleus fragmented", "Golgi dispersed", "mitochondria fragmented"),
    limits="Only the cell in the middle responds to a treatment, not its neighbours at the rim. Each "
    "treatment changes one structure. No dead or dividing cells, no out-of-plane light, no stain that leaks "
    "from one channel into another, no errors of segmentation. An order of methods found here is a "
    "hypothesis about real screens, not a result.",
    channel_names=("DNA", "endoplasmic reticulum", "RNA and nucleoli", "Golgi and actin", "mitochondria"),
)

_WELL_ROWS, _WELL_COLUMNS = 16, 24
_WELLS_IN_USE = 24
# Brightness of each stain where its structure is, in the order of the channels.
_STAIN = np.array([0.50, 0.38, 0.34, 0.36, 0.42], "float32")


@dataclass(frozen=True)
class Screen:
    """How a screen is run and imaged: the options of `phenotypes`, checked, and their defaults.

    Attributes:
        size: height and width of an image in pixels, 24 to 256.
        um_per_px: width of a pixel in micrometres; None for 40 µm over the width of the image.
        plates: number of plates, from 1; image 0 to 3 come from plate 0, 4 to 7 from plate 1, and so on.
        plate_effect: how much plates and wells differ in stain, background, light and focus; 0 for not at
            all, at most 3. At 1, each stain of a plate differs from the mean by 22 % (standard deviation).
        penetrance: share of the cells in a treated well that respond, in (0, 1].
        effect: scales how far a responding cell moves from untreated to the full phenotype, in (0, 1]; at 1
            cells go 0.89 of the way on average.
        snr_db: standard deviation of a typical image over the noise's, in decibels (20 dB is ten to one).
        confounded: whether each class has plates of its own, so that the plate gives the class away: the
            design to avoid. The number of plates must then be a multiple of 4.

    Raises:
        InputError: if a number is out of range.
    """

    size: int = 64
    um_per_px: float | None = None
    plates: int = 16
    plate_effect: float = 0.5
    penetrance: float = 0.9
    effect: float = 1.0
    snr_db: float = 20.0
    confounded: bool = False

    def __post_init__(self) -> None:
        if not 24 <= self.size <= 256:
            raise InputError(f"size must be 24 to 256 pixels, got {self.size}.")
        if self.um_per_px is not None and not self.um_per_px > 0:
            raise InputError(f"um_per_px must be above 0, got {self.um_per_px}.")
        # Rounded as it is printed: a width that is refused must not read as one that is allowed.
        if not 30 <= round(self.width_um, 1) <= 120:
            raise InputError(
                f"{self.size} pixels of {self.um_per_px:g} µm show {self.width_um:.1f} µm, 30 to 120 are "
                f"needed for one cell with its rim: use um_per_px={40 / self.size:.2g}, or None."
            )
        if self.plates < 1:
            raise InputError(f"plates must be 1 or more, got {self.plates}.")
        if self.confounded and self.plates % 4:
            raise InputError(
                f"With confounded=True each of the 4 classes has plates of its own: plates must be a "
                f"multiple of 4, got {self.plates}."
            )
        if not 0 <= self.plate_effect <= 3:
            raise InputError(
                f"plate_effect must be 0 to 3, got {self.plate_effect}: "
                "at 20 most pixels would be white or black."
            )
        for name in ("penetrance", "effect"):
            if not 0 < getattr(self, name) <= 1:
                raise InputError(f"{name} must be in (0, 1], got {getattr(self, name)}.")

    @property
    def pixel(self) -> float:
        """Width of a pixel in micrometres."""
        return 40.0 / self.size if self.um_per_px is None else self.um_per_px

    @property
    def width_um(self) -> float:
        """Width of an image in micrometres."""
        return self.pixel * self.size

    @property
    def ceiling(self) -> float:
        """Accuracy that no classifier of single cells can pass, since some cells don't respond.

        Cells that don't respond look untreated. The best answer for all that look untreated is class 0.
        """
        return (1 + 3 * self.penetrance) / 4


def phenotypes(
    n: int | None = None,
    seed: int = 0,
    size: int = Screen.size,
    um_per_px: float | None = Screen.um_per_px,
    plates: int = Screen.plates,
    plate_effect: float = Screen.plate_effect,
    penetrance: float = Screen.penetrance,
    effect: float = Screen.effect,
    snr_db: float = Screen.snr_db,
    confounded: bool = Screen.confounded,
) -> ImageSet:
    """Simulate single cells of a screen, each labelled with the treatment of its well.

    Args:
        n: how many cells; None for 64. Each four in a row hold each class once, in random order.
        seed: decides everything, plates included. Image i doesn't depend on n.
        size: this and the others are the attributes of `Screen`.
        um_per_px: as in `Screen`.
        plates: as in `Screen`.
        plate_effect: as in `Screen`.
        penetrance: as in `Screen`.
        effect: as in `Screen`.
        snr_db: as in `Screen`.
        confounded: as in `Screen`.

    Returns:
        images (n, size, size, 5): DNA, endoplasmic reticulum, RNA, Golgi with actin, mitochondria;
        targets (n,) int64: treatment of the well, 0 for control; groups: number of the plate;
        extra "plate" and "well" (n,) int64, wells 0 to 383 row by row of 16×24; "shows_phenotype" (n,) int64:
        what the cell shows, 0 where it doesn't respond; "effect" (n,) float32: how far it went, 0 to 1,
        0 where it doesn't respond.

    Raises:
        InputError: if a number is out of range.
    """
    screen = Screen(size, um_per_px, plates, plate_effect, penetrance, effect, snr_db, confounded)
    n = 64 if n is None else n
    treatment, plate = _design(n, seed, screen)
    laid_out = [_Plate.draw(seed, number, screen) for number in range(plates)]
    images = np.empty((n, size, size, 5), "float32")
    well = np.empty(n, "int64")
    shows = np.zeros(n, "int64")
    reached = np.zeros(n, "float32")
    for i, rng in enumerate(generators(n, seed)):
        on = laid_out[plate[i]]
        place = rng.choice(on.places(treatment[i]))
        well[i] = on.wells[place]
        # How far the cell goes in each of the three ways; untreated cells are not all alike either.
        ways = rng.beta(1.2, 20.0, size=3)
        responds, strength = rng.random() < penetrance, effect * rng.beta(12.0, 1.5)
        if responds and treatment[i] > 0:
            shows[i], reached[i] = treatment[i], strength
            ways[treatment[i] - 1] = max(strength, ways[treatment[i] - 1])
        images[i] = _cell(rng, screen, on, place, ways)
    return ImageSet(
        images,
        treatment,
        plate,
        _CARD,
        {"plate": plate.copy(), "well": well, "shows_phenotype": shows, "effect": reached},
    )


def _design(n: int, seed: int, screen: Screen) -> tuple[np.ndarray, np.ndarray]:
    """Return the class and the plate of each image, (n,) int64 each: four in a row hold each class once."""
    blocks = -(-n // 4)
    # Keys of their own: not those of the images, not those of the plates.
    orders = [
        np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1, block))).permutation(4)
        for block in range(blocks)
    ]
    treatment = np.concatenate(orders).astype("int64")[:n]
    block = np.repeat(np.arange(blocks), 4)[:n]
    if screen.confounded:
        return treatment, treatment + 4 * (block % (screen.plates // 4))
    return treatment, block % screen.plates


@dataclass(frozen=True)
class _Plate:
    """What all cells of a plate, or of a well, have in common.

    Attributes:
        wells: (24,) the wells in use, 0 to 383; the well at place p holds class p % 4.
        stain: (24, 5) brightness of each stain in each well, about 1.
        background: (24, 5) light without any cell.
        tilt: (24, 2) how much brighter the light is at the lower and right edge.
        focus_um: (24,) blur beyond that of the lens.
        own_class: the class that all wells hold if the design is confounded, or None.
    """

    wells: np.ndarray
    stain: np.ndarray
    background: np.ndarray
    tilt: np.ndarray
    focus_um: np.ndarray
    own_class: int | None

    @classmethod
    def draw(cls, seed: int, number: int, screen: Screen) -> "_Plate":
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0, number)))
        wells = rng.permutation(_WELL_ROWS * _WELL_COLUMNS)[:_WELLS_IN_USE]
        row, column = np.divmod(wells, _WELL_COLUMNS)
        from_edge = np.min([row, column, _WELL_ROWS - 1 - row, _WELL_COLUMNS - 1 - column], axis=0)
        edge = np.exp(-from_edge)[:, None]
        k = screen.plate_effect
        # Wells at the edge dry out: less stain, more background. Light comes in past the wall of a well from
        # the side where the plate goes on.
        plate_stain, well_stain = rng.normal(0, 0.22, size=5), rng.normal(0, 0.06, size=(_WELLS_IN_USE, 5))
        stain = np.exp(k * (plate_stain + well_stain - 0.25 * edge))
        plate_background = rng.gamma(4.0, 0.012, size=5)
        background = 0.03 + k * (plate_background + 0.03 * edge)
        middle = np.array([(_WELL_ROWS - 1) / 2, (_WELL_COLUMNS - 1) / 2])
        inwards = (middle - np.stack([row, column], axis=1)) / middle
        tilt = k * (0.12 * inwards + rng.normal(0, 0.04, size=2))
        focus = k * (rng.uniform(0, 0.45) + rng.gamma(2.0, 0.06, size=_WELLS_IN_USE))
        return cls(
            wells.astype("int64"),
            stain.astype("float32"),
            background.astype("float32"),
            tilt.astype("float32"),
            focus,
            number % 4 if screen.confounded else None,
        )

    def places(self, treatment: int) -> np.ndarray:
        """Return the places of the wells that hold a treatment."""
        every = np.arange(len(self.wells))
        return every if self.own_class is not None else every[every % 4 == treatment]


def _cell(
    rng: np.random.Generator, screen: Screen, plate: _Plate, place: int, ways: np.ndarray
) -> np.ndarray:
    """Draw one cell with its neighbours: (size, size, 5) float32."""
    size, pixel = screen.size, screen.pixel
    fragmented, dispersed, granular = ways
    view = _View.draw(rng, size, pixel)

    nucleus = _nuclei(rng, view, fragmented)
    nucleoli = _nucleoli(rng, view) * nucleus
    depth = view.cytoplasm(nucleus)
    outside_nucleus = 1 - np.float32(0.75) * nucleus
    chromatin = smooth_noise(rng, (size, size), 0.8 / pixel)
    mesh = np.abs(smooth_noise(rng, (size, size), 0.75 / pixel))
    cloud = smooth_noise(rng, (size, size), 3.0 / pixel)

    stains = [
        nucleus * (1 + np.float32(0.16) * chromatin) * (1 - np.float32(0.45) * nucleoli),
        depth * outside_nucleus * (0.75 + 0.3 * mesh + 0.15 * cloud),
        depth * (0.75 + 0.1 * cloud - 0.3 * nucleus) + 0.15 * nucleus + 1.1 * nucleoli,
        _actin(rng, view) + 1.25 * _golgi(rng, view, dispersed) * view.inside,
        _mitochondria(rng, view, granular) * outside_nucleus,
    ]
    # Each cell takes up stain in its own way: amounts say little about the class.
    uptake = np.exp(rng.normal(0, 0.22, size=(5, len(view.centres))) + rng.normal(0, 0.15, size=(5, 1)))
    uptake *= (_STAIN * plate.stain[place])[:, None]
    focus = np.hypot(0.45, plate.focus_um[place] + rng.gamma(2.0, 0.08)) / pixel
    channels = np.stack(
        [
            blur(stain * amount[view.own], focus)
            for stain, amount in zip(stains, uptake.astype("float32"), strict=True)
        ],
        axis=-1,
    )
    y, x = view.y / (size * pixel / 2), view.x / (size * pixel / 2)
    light = 1 + plate.tilt[place, 0] * y + plate.tilt[place, 1] * x + uneven_light(rng, (size, size), 0.03)
    channels = (channels + plate.background[place]) * light[..., None]
    return camera_noise(rng, channels, screen.snr_db, _SIGNAL)


@dataclass(frozen=True)
class _View:
    """Where cells are in one image; cell 0 is the one in the middle. Lengths in micrometres.

    Attributes:
        y: (size, size) position of each pixel from the middle, downwards.
        x: likewise, to the right.
        bent_y: (size, size) displacement that makes outlines uneven, downwards.
        bent_x: likewise, to the right.
        centres: (cells, 2) y and x of the nuclei.
        axes: (cells,) direction of the long axis in radians.
        radii: (cells,) mean radius of the nucleus.
        own: (size, size) number of the cell at each pixel.
        inside: (size, size) coverage by cells, 0 to 1.
        to_border: (size, size) how far inside the outline of its cell a pixel lies.
        pixel: width of a pixel.
    """

    y: np.ndarray
    x: np.ndarray
    bent_y: np.ndarray
    bent_x: np.ndarray
    centres: np.ndarray
    axes: np.ndarray
    radii: np.ndarray
    own: np.ndarray
    inside: np.ndarray
    to_border: np.ndarray
    pixel: float

    @classmethod
    def draw(cls, rng: np.random.Generator, size: int, pixel: float) -> "_View":
        rows, columns = pixel_grid((size, size))
        half = np.float32((size - 1) / 2)
        y, x = (rows - half) * np.float32(pixel), (columns - half) * np.float32(pixel)
        # Neighbours around the middle, some of them missing.
        wide = np.arange(int(rng.integers(5, 8)))
        angle = rng.uniform(0, 2 * np.pi) + 2 * np.pi * (wide + rng.uniform(-0.3, 0.3, len(wide))) / len(wide)
        distance = rng.uniform(24, 35, size=len(wide))
        ring = np.stack([distance * np.sin(angle), distance * np.cos(angle)], axis=1)
        ring = ring[rng.random(len(wide)) > 0.3]
        centres = np.concatenate([rng.normal(0, 1.2, size=(1, 2)), ring]).astype("float32")
        cells = len(centres)
        axes = rng.uniform(0, np.pi, size=cells).astype("float32")
        spread = rng.lognormal(np.log(15.0), 0.13, size=cells).astype("float32")
        aspect = np.sqrt(1 + rng.gamma(2.0, 0.3, size=cells)).astype("float32")
        radii = rng.lognormal(np.log(6.6), 0.11, size=cells).astype("float32")
        # The middle of a spread cell isn't where its nucleus is.
        shifted = centres + rng.normal(0, 2.0, size=(cells, 2)).astype("float32")
        bent_y, bent_x = displacement(rng, (size, size), 3.2 / pixel, 6.0 / pixel)
        bent_y, bent_x = (bent_y - rows) * np.float32(pixel), (bent_x - columns) * np.float32(pixel)
        level = _ellipses((y + bent_y, x + bent_x), shifted, spread, aspect, axes)
        own = level.argmax(axis=0)
        first = level.max(axis=0)
        np.put_along_axis(level, own[None], -np.inf, axis=0)
        to_next = (first - level.max(axis=0)) / 2 if cells > 1 else first
        to_border = np.minimum(first, to_next)
        return cls(y, x, bent_y, bent_x, centres, axes, radii, own, soft(first, 0.6), to_border, pixel)

    def cytoplasm(self, nucleus: np.ndarray) -> np.ndarray:
        """Return how much cytoplasm lies at each pixel: cells are thick at the nucleus, thin at the rim."""
        dy, dx = self.y - self.centres[self.own, 0], self.x - self.centres[self.own, 1]
        thick = np.exp(-(dy**2 + dx**2) / np.float32(2 * 8.5**2))
        seam = 1 - np.float32(0.4) * np.exp(-((self.to_border / np.float32(0.9)) ** 2))
        return self.inside * (np.float32(0.28) + np.float32(0.85) * thick) * seam


def _spots(
    view: _View, spots: np.ndarray, radius: np.ndarray, weight: np.ndarray | float = 1.0
) -> np.ndarray:
    """Draw round spots that saturate where they overlap: (size, size) in [0, 1].

    A spot is a product of two lines, so all of them together are one product of two small matrices.
    """
    rows = np.exp(-0.5 * ((view.y[:, :1] - spots[:, 0]) / radius) ** 2) * weight
    columns = np.exp(-0.5 * ((view.x[:1].T - spots[:, 1]) / radius) ** 2)
    return 1 - np.exp(-np.float32(2) * (rows.astype("float32") @ columns.T.astype("float32")))


def _nuclei(rng: np.random.Generator, view: _View, fragmented: float) -> np.ndarray:
    """Return how much of each pixel is nucleus: lobes of about the same total area, however fragmented."""
    radius = float(view.radii[0])
    # Most untreated nuclei are one ellipse, a few are notched or doubled.
    lobes = int(rng.integers(3, 7)) if fragmented > 0.4 else 2
    if lobes == 2:
        fragmented = rng.uniform(0.2, 0.9) if rng.random() < 0.12 else 0.5 * fragmented
    turn = 2 * np.pi * (np.arange(lobes) + rng.uniform(-0.4, 0.4, size=lobes)) / lobes
    angle = rng.uniform(0, 2 * np.pi) + turn
    weight = rng.uniform(0.15, 1.0, size=lobes)
    reach = radius * (1 - fragmented + fragmented * np.sqrt(weight / weight.sum()))
    away = fragmented * radius * rng.uniform(0.6, 1.2, size=lobes)
    lobe_centres = view.centres[0] + np.stack([away * np.sin(angle), away * np.cos(angle)], axis=1)
    # Lobes of one nucleus have the same direction: unbroken, they are one ellipse.
    axes = np.concatenate([np.repeat(view.axes[:1], lobes), view.axes[1:]])
    level = _ellipses(
        (view.y + view.bent_y * np.float32(0.15), view.x + view.bent_x * np.float32(0.15)),
        np.concatenate([lobe_centres, view.centres[1:]]),
        np.concatenate([reach, view.radii[1:]]),
        np.full(len(axes), rng.uniform(1.0, 1.25)),
        axes,
    )
    return soft(level.max(axis=0), 0.6)


def _ellipses(
    pixels: tuple[np.ndarray, np.ndarray],
    centres: np.ndarray,
    radii: np.ndarray,
    stretch: np.ndarray,
    axes: np.ndarray,
) -> np.ndarray:
    """Return how far inside each of several ellipses each pixel lies: (ellipses, h, w) in micrometres.

    `stretch` is the square root of long by short axis; `axes` are the directions of the long ones in radians.
    """
    sine, cosine = np.sin(axes), np.cos(axes)
    turn = np.stack([cosine / stretch, sine / stretch, -sine * stretch, cosine * stretch], axis=1)
    xx, xy, yx, yy = turn.T.astype("float32")[..., None, None]
    dy = pixels[0] - centres[:, 0, None, None].astype("float32")
    dx = pixels[1] - centres[:, 1, None, None].astype("float32")
    along, across = xx * dx + xy * dy, yx * dx + yy * dy
    return radii[:, None, None].astype("float32") - np.sqrt(along * along + across * across)


def _nucleoli(rng: np.random.Generator, view: _View) -> np.ndarray:
    """Return the nucleoli of all cells, before they are cut to the nuclei: (size, size) in [0, 1]."""
    count = rng.integers(2, 6, size=len(view.centres))
    of = np.repeat(np.arange(len(count)), count)
    place = view.centres[of] + rng.normal(0, 0.42, size=(len(of), 2)) * view.radii[of, None]
    return _spots(view, place, rng.uniform(0.6, 1.2, size=len(of)))


def _actin(rng: np.random.Generator, view: _View) -> np.ndarray:
    """Return membrane, cortex and stress fibres: (size, size)."""
    size, axis = len(view.y), view.axes[0] + rng.normal(0, 0.2)
    cortex = np.exp(-((view.to_border / np.float32(0.9)) ** 2)) * view.inside
    fibres = np.abs(smooth_noise(rng, (size, size), 6.0 / view.pixel))
    across = np.cos(axis) * view.y - np.sin(axis) * view.x + np.float32(1.2) * fibres
    # One line of noise, read across the fibres: they run along the cell.
    line = smooth_noise(rng, (1, 256), 2.5)[0]
    position = (across + np.float32(60)) * np.float32(256 / 120)
    bundle = np.exp(-((line[position.clip(0, 255).astype(np.intp)] / np.float32(0.5)) ** 2))
    strength = np.float32(rng.beta(1.5, 3.0))
    body = np.float32(0.22) + np.float32(0.08) * fibres
    return (
        view.inside * (body + strength * bundle * np.float32(0.5))
        + np.float32(rng.uniform(0.25, 0.6)) * cortex
    )


def _golgi(rng: np.random.Generator, view: _View, dispersed: float) -> np.ndarray:
    """Return the Golgi of all cells: stacks in a crescent at the nucleus, or strewn over the cell."""
    stacks = 16
    cells = len(view.centres)
    side = rng.uniform(0, 2 * np.pi, size=(cells, 1))
    # Untreated crescents are of very unequal length.
    angle = side + rng.normal(0, 1, size=(cells, stacks)) * rng.uniform(0.25, 0.6, size=(cells, 1))
    ring = view.radii[:, None] * 0.95 + rng.gamma(2.0, 0.8, size=(cells, stacks))
    around, out = rng.uniform(0, 2 * np.pi, size=stacks), rng.gamma(4.0, 1.5, size=stacks)
    loose = rng.random(stacks) < dispersed
    angle[0, loose] = around[loose]
    ring[0, loose] = 0.75 * view.radii[0] + out[loose]
    place = view.centres[:, None] + np.stack([ring * np.sin(angle), ring * np.cos(angle)], axis=-1)
    radius = rng.uniform(0.45, 0.95, size=(cells, stacks))
    return _spots(view, place.reshape(-1, 2), radius.ravel(), rng.uniform(0.3, 1.0, size=cells * stacks))


def _mitochondria(rng: np.random.Generator, view: _View, granular: float) -> np.ndarray:
    """Return mitochondria: threads, or grains that cover the same area, more of them at the nucleus."""
    from scipy.special import erf

    shape = view.y.shape
    threads, grains = smooth_noise(rng, shape, 1.7 / view.pixel), smooth_noise(rng, shape, 1.1 / view.pixel)
    # Where one field crosses zero there are threads; where the other is high, grains. Both are first turned
    # into ranks, 0 to 1, so that threads and grains have the same share of bright pixels.
    threads = erf(np.abs(threads) * np.float32(np.sqrt(0.5)))
    grains = 0.5 - erf(grains * np.float32(np.sqrt(0.5))) / 2
    where = erf(smooth_noise(rng, shape, 3.5 / view.pixel) * np.float32(np.sqrt(0.5))) / 2 + 0.5
    broken = (where < granular) & (view.own == 0)
    pattern = np.exp(-((np.where(broken, grains, threads) / np.float32(0.24)) ** 2))
    dy, dx = view.y - view.centres[view.own, 0], view.x - view.centres[view.own, 1]
    gather = rng.uniform(9.0, 13.0) - 4.0 * granular
    near = np.exp(-(dy**2 + dx**2) / np.float32(2 * gather**2)) * np.float32(10.5 / gather)
    return view.inside * near * (np.float32(0.12) + np.float32(1.15) * pattern)
