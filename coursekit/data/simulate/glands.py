"""Glands: tissue sections in haematoxylin and eosin, from several laboratories, with the truth.

A section is drawn as amounts of two dyes. Haematoxylin (blue) binds to nuclei, eosin (pink) to fibres and
cytoplasm. Light passes both by the Beer-Lambert law, so that optical densities add up and colours don't.
Laboratories differ in the colour of their dyes, in how much of them they use and in their scanners.

What makes glands hard to find is imitated too: nuclei outside glands are as dark as those in them, fat,
vessels and cracks are as white as what a gland encloses, and pale stroma looks like mucus.
"""

from dataclasses import dataclass

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.simulate import texture
from coursekit.errors import InputError

# Standard deviation of a typical image, to which `snr_db` refers.
_SIGNAL = 0.22

_CARD = Card(
    name="glands",
    title="Glands in tissue stained with haematoxylin and eosin",
    source="Simulated: gland outlines, cells, fibres, vessels and fat as amounts of two dyes, turned into "
    "light by the Beer-Lambert law.",
    licence="CC BY 4.0, as this course.",
    citation="This course; the task after Sirinukunwattana et al., Gland segmentation in colon histology "
    "images: The GlaS challenge contest, Medical Image Analysis 35, 2017, doi:10.1016/j.media.2016.08.008.",
    unit="light that reaches the scanner, red, green, blue, 0 to 1; 4 µm per pixel unless said otherwise",
    class_names=("gland",),
    limits="No cancer, no dysplasia, no folds, no pen marks, no focus drift, two organs only. Nuclei have no "
    "inner structure, and the truth is exact, where pathologists disagree about outlines. An order of "
    "methods found here is a hypothesis about real sections, not a result.",
)

# Ruifrok & Johnston, Analytical and Quantitative Cytology and Histology 23, 2001: optical density of red,
# green and blue light per unit of dye.
HAEMATOXYLIN = (0.65, 0.70, 0.29)
EOSIN = (0.07, 0.99, 0.11)


@dataclass(frozen=True)
class Lab:
    """How a laboratory stains and scans.

    Attributes:
        turn_deg: angle in degrees between its dyes' vectors and those of Ruifrok & Johnston.
        towards: the colours of light (red, green, blue) that its haematoxylin and its eosin absorb more of.
        strength: amounts of haematoxylin and eosin that it uses, as a multiple of laboratory A's.
        white: light from an empty place of the slide, red, green, blue, 0 to 1.
    """

    turn_deg: float
    towards: tuple[tuple[float, float, float], tuple[float, float, float]]
    strength: tuple[float, float]
    white: tuple[float, float, float]


LABS = {
    "A": Lab(0.0, ((1, 0, 0), (1, 0, 0)), (1.0, 1.0), (0.95, 0.94, 0.95)),
    "B": Lab(8.0, ((0, 0.5, 1), (0, 0, 1)), (1.3, 1.3), (0.97, 0.95, 0.91)),
    "C": Lab(6.0, ((1, 0, 0), (1, 0, 0.4)), (0.8, 0.75), (0.90, 0.92, 0.95)),
    "D": Lab(5.0, ((0, 1, 0), (0.4, 0, 1)), (1.15, 0.7), (0.93, 0.90, 0.93)),
}


@dataclass(frozen=True)
class _Organ:
    """How the glands of an organ are built; lengths in µm, (lowest, highest) of what varies."""

    spacing: tuple[float, float]  # between the edges of a regular arrangement's places
    missing: tuple[float, float]  # share of places with something else than a gland
    radius: tuple[float, float]  # of a tube
    length: tuple[float, float]  # of a tube, beyond its round ends, as a multiple of its radius
    branches: tuple[int, int]  # tubes of a gland
    epithelium: tuple[float, float]  # its height, as a share of the radius
    folds: float  # standard deviation of the epithelium's height, as a share of it
    goblet: tuple[float, float]  # share of cells that are filled with mucus
    secretion: float  # eosin in lumina, mean over glands
    eosin: float  # of stroma
    lymphocytes: float  # per 10,000 µm²


ORGANS = {
    "colon": _Organ(
        spacing=(14, 34),
        missing=(0.12, 0.45),
        radius=(29, 44),
        length=(0.0, 2.2),
        branches=(1, 1),
        epithelium=(0.5, 0.85),
        folds=0.1,
        goblet=(0.3, 0.9),
        secretion=0.06,
        eosin=0.27,
        lymphocytes=22.0,
    ),
    "prostate": _Organ(
        spacing=(44, 80),
        missing=(0.2, 0.45),
        radius=(24, 38),
        length=(0.1, 0.9),
        branches=(3, 6),
        epithelium=(0.36, 0.55),
        folds=0.28,
        goblet=(0.0, 0.12),
        secretion=0.15,
        eosin=0.31,
        lymphocytes=9.0,
    ),
}

_Tube = tuple[float, float, float, float, float]  # row, column, angle, half length, radius; µm, radians
_GAP_UM = 11.0  # stroma between glands is at least this wide
_CELL_UM = 5.5  # width of a columnar cell
_TABLE = 1024  # random properties that cells share out among themselves


def glands(
    n: int | None = None,
    seed: int = 0,
    size: int = 64,
    um_per_px: float = 4.0,
    organ: str = "colon",
    lab: str = "A",
    stain_spread: float = 0.08,
    images_per_slide: int = 4,
    snr_db: float = 24.0,
) -> ImageSet:
    """Simulate stained tissue with glands.

    Args:
        n: how many images; None for 64.
        seed: decides everything. Image i doesn't depend on n. The same seed gives the same tissue in every
            laboratory.
        size: height and width of an image in pixels, from 32.
        um_per_px: width of a pixel in micrometres, 0.25 to 6. The field should be at least 160 µm wide.
        organ: "colon" (round or elongated crypts, much mucus) or "prostate" (branched, wide and thin-walled).
        lab: "A", "B", "C" or "D", who stain and scan differently; see `LABS`.
        stain_spread: how slides of one laboratory differ: standard deviation of the amount of each dye, as a
            share, 0 to 0.4. Their dyes' colours turn by a third of it in radians (0.08: 1.5°), their white
            by an eighth of it.
        images_per_slide: how many images in a row come from the same slide, from 1.
        snr_db: standard deviation of a typical image over the noise's, in decibels.

    Returns:
        images (n, size, size, 3), light; targets (n, size, size, 1), 1 in glands (epithelium and lumen);
        groups (n,), the slide; extra: "glands" (n, size, size) int32, number of the gland from 1, 0 outside;
        "concentrations" (n, size, size, 2) float32, haematoxylin and eosin; "stain_matrix" (n, 3, 3) float32,
        optical density of haematoxylin, eosin and residual for red, green, blue; "white" (n, 3) float32.

    Raises:
        InputError: if a number or a name is out of range.
    """
    _check(size, um_per_px, organ, lab, stain_spread, images_per_slide)
    n = 64 if n is None else n
    images = np.empty((n, size, size, 3), "float32")
    numbers = np.empty((n, size, size), "int32")
    concentrations = np.empty((n, size, size, 2), "float32")
    matrices, whites = np.empty((n, 3, 3), "float32"), np.empty((n, 3), "float32")
    groups = np.arange(n) // images_per_slide
    slides = texture.generators(-(-n // images_per_slide), seed)
    for i in range(n):
        rng = slides[groups[i]]
        if i % images_per_slide == 0:
            slide = _slide(rng, lab, stain_spread)
        matrix, white, amount = slide
        numbers[i], tissue = _tissue(rng, size, um_per_px, ORGANS[organ])
        concentrations[i] = tissue * amount
        residual = np.float32(0.012) * texture.smooth_noise(rng, (size, size), max(1.0, 12 / um_per_px))
        clean = light(np.dstack([concentrations[i], residual]), matrix, white)
        images[i] = texture.camera_noise(rng, clean, snr_db, _SIGNAL)
        matrices[i], whites[i] = matrix, white
    return ImageSet(
        images,
        (numbers > 0)[..., None].astype("float32"),
        groups,
        _CARD,
        {"glands": numbers, "concentrations": concentrations, "stain_matrix": matrices, "white": whites},
    )


def stain_matrix(lab: str = "A") -> np.ndarray:
    """Return how much light each dye of a laboratory absorbs.

    Args:
        lab: a name in `LABS`.

    Returns:
        (3, 3) float64: rows haematoxylin, eosin and a residual at right angles to both, each of length 1;
        columns red, green, blue. A pixel with concentrations s has the optical densities s @ matrix.

    Raises:
        InputError: if there is no such laboratory.

    Source: Ruifrok & Johnston, Analytical and Quantitative Cytology and Histology 23, 2001.
    """
    if lab not in LABS:
        raise InputError(f"lab must be one of {', '.join(LABS)}, got {lab!r}.")
    own = LABS[lab]
    pairs = zip((HAEMATOXYLIN, EOSIN), own.towards, strict=True)
    return _with_residual(*(_turned(np.array(dye), np.array(to, float), own.turn_deg) for dye, to in pairs))


def light(concentrations: np.ndarray, matrix: np.ndarray, white: np.ndarray) -> np.ndarray:
    """Return the light that passes a stained section (Beer-Lambert law).

    Args:
        concentrations: (..., k) amounts of k dyes.
        matrix: (k, 3) optical density per unit of each dye for red, green, blue light.
        white: (3,) light without tissue.

    Returns:
        (..., 3): white * 10^-(concentrations @ matrix).
    """
    return white * np.exp(concentrations @ (matrix * -np.log(10)).astype(concentrations.dtype))


def _check(
    size: int,
    um_per_px: float,
    organ: str,
    lab: str,
    stain_spread: float,
    images_per_slide: int,
) -> None:
    if organ not in ORGANS:
        raise InputError(f"organ must be one of {', '.join(ORGANS)}, got {organ!r}.")
    stain_matrix(lab)
    if not isinstance(size, int | np.integer) or size < 32:
        raise InputError(f"size must be a whole number from 32, got {size!r}.")
    if not 0.25 <= um_per_px <= 6:
        raise InputError(
            f"um_per_px must lie between 0.25 and 6, got {um_per_px:g}: a gland is 60 to 200 µm wide."
        )
    if size * um_per_px < 160:
        raise InputError(
            f"{size} pixels of {um_per_px:g} µm show {size * um_per_px:g} µm, less than two glands (160 µm): "
            "use more or larger pixels."
        )
    if not 0 <= stain_spread <= 0.4:
        raise InputError(f"stain_spread must lie between 0 and 0.4, got {stain_spread:g}.")
    if not isinstance(images_per_slide, int | np.integer) or images_per_slide < 1:
        raise InputError(f"images_per_slide must be a whole number from 1, got {images_per_slide!r}.")


def _turned(vector: np.ndarray, towards: np.ndarray, degrees: float) -> np.ndarray:
    """Turn a vector by an angle towards another one and scale it to length 1."""
    vector = vector / np.linalg.norm(vector)
    side = towards - (towards @ vector) * vector
    angle = np.deg2rad(degrees)
    return np.cos(angle) * vector + np.sin(angle) * side / np.linalg.norm(side)


def _with_residual(haematoxylin: np.ndarray, eosin: np.ndarray) -> np.ndarray:
    residual = np.cross(haematoxylin, eosin)
    return np.stack([haematoxylin, eosin, residual / np.linalg.norm(residual)])


def _slide(rng: np.random.Generator, lab: str, spread: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return stain matrix (3, 3), white point (3,) and strength of the dyes (2,) of one slide."""
    turns = np.rad2deg(rng.normal(0, spread / 3, size=2))
    dyes = [
        _turned(dye, rng.normal(size=3), turn) for dye, turn in zip(stain_matrix(lab)[:2], turns, strict=True)
    ]
    # A dye can't emit light; eosin hardly absorbs red, and turning it might ask for that.
    matrix = _with_residual(*(dye.clip(0.0) / np.linalg.norm(dye.clip(0.0)) for dye in dyes))
    white = np.array(LABS[lab].white) * np.exp(rng.normal(0, spread / 8, size=3))
    amount = np.array(LABS[lab].strength) * np.exp(rng.normal(0, spread, size=2))
    return matrix.astype("float32"), white.clip(0, 1).astype("float32"), amount.astype("float32")


@dataclass
class _Layout:
    """Which gland and which tube each pixel belongs to, and where in it; lengths in µm.

    Attributes:
        depth: (h, w) distance to the nearest gland's outline, above 0 inside.
        gland: (h, w) int, row of the nearest gland in the tables below.
        along: (h, w) position along the outline of its tube.
        tube: (h, w) int, number of the tube.
        height: (glands,) height of the epithelium.
        free: (places, 2) centres of the places without a gland.
    """

    depth: np.ndarray
    gland: np.ndarray
    along: np.ndarray
    tube: np.ndarray
    height: np.ndarray
    free: np.ndarray


def _tissue(
    rng: np.random.Generator, size: int, um_per_px: float, organ: _Organ
) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of the gland at each pixel and the amounts of both dyes, (size, size, 2) float32."""
    shape = (size, size)
    layout = _layout(rng, shape, um_per_px, organ)
    fine = 2 / um_per_px
    white = rng.standard_normal(shape, dtype="float32")  # finer than a pixel: smoothing would cost 0.2 ms
    grain = texture.smooth_noise(rng, shape, fine) if fine > 0.6 else white
    haematoxylin, eosin, fibres = _stroma(rng, um_per_px, organ, layout, grain)
    pale = _other_structures(rng, um_per_px, layout, haematoxylin, eosin)
    nuclei = _stroma_nuclei(rng, um_per_px, organ, layout, fibres, pale)
    haematoxylin += nuclei * (1 - 0.3 * haematoxylin)
    _epithelium(rng, um_per_px, organ, layout, grain, haematoxylin, eosin)
    # Uneven thickness of the section, and a lens that doesn't resolve half a micrometre.
    thickness = 1 + 0.06 * texture.smooth_noise(rng, shape, 60 / um_per_px)
    dyes = np.stack([haematoxylin, eosin], axis=-1) * thickness[..., None]
    dyes = texture.blur(dyes, max(0.45, 0.5 / um_per_px)).clip(0)
    return _numbered(np.where(layout.depth > 0, layout.gland + 1, 0)), dyes


def _layout(rng: np.random.Generator, shape: tuple[int, int], um_per_px: float, organ: _Organ) -> _Layout:
    """Place glands, bend them, and let none come closer to another than `_GAP_UM`."""
    field = shape[0] * um_per_px
    rows, columns = (
        place * np.float32(um_per_px)
        for place in texture.displacement(rng, shape, 6.5 / um_per_px, 24.0 / um_per_px)
    )
    radius = rng.uniform(*organ.radius)
    length = radius * rng.uniform(*organ.length) * (rng.random() < 0.75)
    direction = rng.uniform(0, np.pi)
    reach = 2 * radius + rng.uniform(*organ.spacing)
    centres = _places(rng, field, reach, reach + (2 * length if organ.branches[1] == 1 else 0), direction)
    missing = rng.random(len(centres)) < rng.uniform(*organ.missing)
    missing[:2] = False  # the two places nearest to the middle
    depth = np.full(shape, -1e3, "float32")
    second = depth.copy()
    gland, tube = np.zeros(shape, np.intp), np.zeros(shape, np.intp)
    tubes: list[_Tube] = []
    least = max(6.0, 250 / um_per_px**2)  # pixels: less of a gland than this would be a riddle at the edge
    count = 0
    for centre in centres[~missing]:
        own = _tubes(rng, centre, organ, radius, length, direction)
        reach = max(np.hypot(t[0] - centre[0], t[1] - centre[1]) + t[3] + 1.3 * t[4] for t in own)
        if not ((centre > -reach) & (centre < shape[0] * um_per_px + reach)).all():
            continue
        # 22 µm more than the gland itself: so far stroma knows of it.
        window = _window(shape, centre, reach + 22, um_per_px)
        if window is None:
            continue
        inside, which = _gland(rows[window], columns[window], own)
        seen = np.count_nonzero(inside > 0)
        # Places are jittered: a gland that would lie on another by more than a tenth is left out.
        if seen < least or np.count_nonzero((inside > 0) & (depth[window] > -_GAP_UM)) > 0.1 * seen:
            continue
        better = inside > depth[window]
        second[window] = np.where(better, depth[window], np.maximum(second[window], inside))
        depth[window] = np.where(better, inside, depth[window])
        gland[window] = np.where(better, count, gland[window])
        tube[window] = np.where(better, which + len(tubes), tube[window])
        tubes += own
        count += 1
    # Where two glands would touch, both keep a distance from the line halfway.
    depth = np.minimum(depth, (depth - second) / 2 - np.float32(_GAP_UM / 2))
    table = np.array(tubes, "float32")
    row, column, cosine, sine, half, thick = (
        value[tube]
        for value in (*table[:, :2].T, np.cos(table[:, 2]), np.sin(table[:, 2]), table[:, 3], table[:, 4])
    )
    down, right = rows - row, columns - column
    along, across = cosine * right + sine * down, cosine * down - sine * right
    straight = np.clip(along, -half, half)
    turn = np.arctan2(np.abs(across), along - straight)
    around = np.sign(across) * (thick * turn + half - straight)
    height = radius * rng.uniform(*organ.epithelium) * np.exp(rng.normal(0, 0.12, size=count))
    return _Layout(depth, gland, around, tube, height.astype("float32"), centres[missing])


def _gland(rows: np.ndarray, columns: np.ndarray, tubes: list[_Tube]) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each pixel lies inside a union of tubes in µm, and which tube is nearest."""
    row, column, angle, half, radius = (value[:, None, None] for value in np.array(tubes, "float32").T)
    down, right = rows - row, columns - column
    cosine, sine = np.cos(angle), np.sin(angle)
    along, across = cosine * right + sine * down, cosine * down - sine * right
    along = np.maximum(np.abs(along) - half, 0)
    inside = radius - np.sqrt(along * along + across * across)
    if len(tubes) == 1:
        return inside[0], np.zeros(rows.shape, np.intp)
    nearest = inside.argmax(axis=0)
    return np.take_along_axis(inside, nearest[None], axis=0)[0], nearest


def _places(
    rng: np.random.Generator, field: float, across: float, along: float, direction: float
) -> np.ndarray:
    """Return points of a jittered hexagonal arrangement in µm, (places, 2), nearest to the middle first."""
    count = int(np.ceil(0.75 * field / min(across, along))) + 1
    row, column = np.mgrid[-count : count + 1, -count : count + 1].reshape(2, -1)
    grid = np.stack([row * 0.93, column + 0.5 * (row % 2)], axis=1) + rng.uniform(-0.5, 0.5, size=2)
    grid = (grid + rng.normal(0, 0.13, size=grid.shape)) * (across, along)
    turn = np.array([[np.cos(direction), np.sin(direction)], [-np.sin(direction), np.cos(direction)]])
    centres = grid @ turn
    near = np.abs(centres).max(1) < field / 2 + 0.6 * max(across, along)
    return centres[near][np.argsort(np.linalg.norm(centres[near], axis=1))] + field / 2


def _tubes(
    rng: np.random.Generator,
    centre: np.ndarray,
    organ: _Organ,
    radius: float,
    length: float,
    direction: float,
) -> list[_Tube]:
    """Return the tubes of one gland around its centre in µm."""
    if organ.branches[1] == 1:
        half = length * rng.uniform(0.6, 1.0)
        thick = radius * np.exp(rng.normal(0, 0.1))
        return [(float(centre[0]), float(centre[1]), direction + rng.normal(0, 0.12), half, thick)]
    tubes: list[_Tube] = []
    count = rng.integers(organ.branches[0], organ.branches[1] + 1)
    first = rng.uniform(0, 2 * np.pi)
    for k in range(count):
        angle = first + 2 * np.pi * k / count + rng.normal(0, 0.35)
        half = radius * rng.uniform(*organ.length)
        out = half + radius * rng.uniform(0.1, 0.6)
        thick = radius * rng.uniform(0.6, 1.0)
        row, column = centre[0] + out * np.sin(angle), centre[1] + out * np.cos(angle)
        tubes.append((float(row), float(column), angle, half, thick))
    return tubes


def _window(
    shape: tuple[int, int], centre: tuple[float, float], reach: float, um_per_px: float
) -> tuple[slice, slice] | None:
    """Return the pixels within `reach` µm of a centre, as slices; None if there are none."""
    low = [max(0, int((c - reach) / um_per_px)) for c in centre]
    high = [min(side, int((c + reach) / um_per_px) + 2) for c, side in zip(centre, shape, strict=True)]
    if low[0] >= high[0] or low[1] >= high[1]:
        return None
    return slice(low[0], high[0]), slice(low[1], high[1])


def _stroma(
    rng: np.random.Generator, um_per_px: float, organ: _Organ, layout: _Layout, grain: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return haematoxylin, eosin and the coordinate across the fibres in µm of tissue without glands."""
    shape = grain.shape
    waves = texture.smooth_noise(rng, shape, 38 / um_per_px)
    # Fibres are lines of equal coordinate: wavy far from glands, around them nearby.
    across = 42 * waves + 0.6 * layout.depth.clip(-20, 0)
    fibres = _neighbourly(rng, 4)[(across / 1.2).astype(np.intp) % _TABLE]
    loose = texture.smooth_noise(rng, shape, 22 / um_per_px)
    strong = np.clip(0.6 + loose[::-1, ::-1], 0, 1.6)  # fibres come in bundles
    cells = texture.smooth_noise(rng, shape, 30 / um_per_px)
    eosin = organ.eosin * rng.uniform(0.75, 1.2) * (1 + 0.26 * fibres * strong + 0.3 * loose + 0.14 * grain)
    haematoxylin = 0.09 + 0.06 * cells + 0.02 * fibres + 0.03 * grain
    return haematoxylin.clip(0.02), eosin.clip(0.05), across


def _other_structures(
    rng: np.random.Generator, um_per_px: float, layout: _Layout, haematoxylin: np.ndarray, eosin: np.ndarray
) -> np.ndarray:
    """Draw vessels, fat, pale stroma and cracks where there is no gland; return where nuclei can't be.

    They are as white, as pale and as round as parts of glands are.
    """
    shape = haematoxylin.shape
    rows, columns = texture.pixel_grid(shape)
    away = -layout.depth - 5
    empty = np.zeros(shape, "float32")
    for centre in layout.free:
        kind = rng.choice(["vessel", "fat", "pale", "none"], p=[0.3, 0.3, 0.2, 0.2])
        parts = rng.integers(3, 8) if kind == "fat" else 1
        for _ in range(parts if kind != "none" else 0):
            radius = rng.uniform(14, 27) if kind == "fat" else rng.uniform(14, 36)
            middle = centre + (rng.normal(0, 24, size=2) if kind == "fat" else rng.normal(0, 6, size=2))
            window = _window(
                shape,
                tuple(middle),
                (1.1 if kind == "fat" else 1.7) * radius + 3 + 11 * (kind == "pale"),
                um_per_px,
            )
            if window is None:
                continue
            down = (rows[window] * np.float32(um_per_px)) - np.float32(middle[0])
            right = (columns[window] * np.float32(um_per_px)) - np.float32(middle[1])
            if kind == "fat":
                inside = np.float32(radius) - np.hypot(down, right)
            else:
                inside = texture.star(
                    rng, down, right, radius, rng.uniform(1.0, 1.7), rng.uniform(0, np.pi), roughness=0.08
                )
            inside = np.minimum(inside, away[window])
            wall = {"vessel": rng.uniform(4, 9), "fat": 1.5, "pale": 0.0}[kind]
            lumen = texture.soft((inside - wall) / um_per_px, 0.5 if kind != "pale" else 8 / um_per_px)
            around = texture.soft(inside / um_per_px) - lumen if kind != "pale" else 0
            blood = 0.75 * (kind == "vessel" and rng.random() < 0.35) * rng.uniform(0.5, 1.0)
            mucoid = 0.16 * (kind == "pale")
            eosin[window] += around * 0.16 + lumen * (0.02 + blood + 0.4 * mucoid - eosin[window])
            haematoxylin[window] += around * (0.16 if kind == "vessel" else 0.04)
            haematoxylin[window] += lumen * (0.01 + mucoid - haematoxylin[window])
            empty[window] = np.maximum(empty[window], lumen)
    if rng.random() < 0.75:
        course = texture.smooth_noise(rng, shape, 32 / um_per_px)
        width = np.abs(course + rng.uniform(-0.7, 0.7)) * 32 - rng.gamma(2.0, 2.7)
        crack = texture.soft(np.minimum(-width, away + 3) / um_per_px)
        eosin *= 1 - 0.97 * crack
        haematoxylin *= 1 - 0.97 * crack
        np.maximum(empty, crack, out=empty)
    return empty


def _stroma_nuclei(
    rng: np.random.Generator,
    um_per_px: float,
    organ: _Organ,
    layout: _Layout,
    fibres: np.ndarray,
    empty: np.ndarray,
) -> np.ndarray:
    """Return the haematoxylin of nuclei between glands: round lymphocytes and thin fibroblasts."""
    shape = empty.shape
    field = np.array(shape) * um_per_px
    area = field.prod() / 1e4
    many = int(organ.lymphocytes * area * rng.uniform(0.5, 1.5))
    scattered = rng.uniform(0, 1, size=(many + int(9 * area), 2)) * field
    # Lymphocytes crowd in a few places, as dark as any gland.
    crowds = rng.poisson(0.22 * area)
    middles = np.concatenate([rng.uniform(0, 1, size=(crowds, 2)) * field, layout.free[: rng.integers(0, 3)]])
    crowded = np.repeat(middles, 26, axis=0) + rng.normal(0, rng.uniform(9, 18), size=(26 * len(middles), 2))
    places = np.concatenate([scattered, crowded])
    pixel = (places / um_per_px).astype(np.intp).clip(0, np.array(shape) - 1)
    y, x = pixel.T
    free = (layout.depth[y, x] < -3) & (empty[y, x] < 0.3)
    spindle = np.arange(len(places)) >= many
    spindle[len(scattered) :] = False
    places, y, x, spindle = places[free], y[free], x[free], spindle[free]
    slope_down = fibres[np.minimum(y + 1, shape[0] - 1), x] - fibres[y, x]
    slope_right = fibres[y, np.minimum(x + 1, shape[1] - 1)] - fibres[y, x]
    angle = np.arctan2(slope_right, -slope_down)  # along the fibre: at right angles to the slope
    size = rng.uniform(2.4, 3.6, size=len(places))
    long = np.where(spindle, rng.uniform(5.0, 8.0, size=len(places)), size)
    short = np.where(spindle, rng.uniform(1.2, 1.9, size=len(places)), size)
    dark = rng.uniform(0.7, 1.25, size=len(places))
    return _stamped(shape, um_per_px, places, long, short, angle, dark)


def _stamped(
    shape: tuple[int, int],
    um_per_px: float,
    places: np.ndarray,
    long: np.ndarray,
    short: np.ndarray,
    angle: np.ndarray,
    dark: np.ndarray,
) -> np.ndarray:
    """Draw ellipses, the darkest on top: centres (k, 2) and half axes (k,) in µm; (h, w) float32."""
    half = int(np.ceil(8.0 / um_per_px)) + 1
    canvas = np.zeros((shape[0] + 2 * half + 1, shape[1] + 2 * half + 1), "float32")
    centre = places / um_per_px
    corner = np.floor(centre).astype(np.intp)
    offset = np.arange(-half, half + 1)
    down = ((corner[:, 0, None] + offset - centre[:, 0, None]) * um_per_px).astype("float32")[:, :, None]
    right = ((corner[:, 1, None] + offset - centre[:, 1, None]) * um_per_px).astype("float32")[:, None, :]
    long, short, dark = (value.astype("float32")[:, None, None] for value in (long, short, dark))
    cosine, sine = (turn(angle).astype("float32")[:, None, None] for turn in (np.cos, np.sin))
    reach = np.hypot((cosine * right + sine * down) / long, (cosine * down - sine * right) / short)
    cover = dark * np.clip(0.5 + (1 - reach) * short / np.float32(um_per_px), 0, 1)
    inside = ((corner >= 0) & (corner < np.array(shape))).all(1)
    index = (corner[:, 0, None, None] + half + offset[:, None]) * canvas.shape[1]
    index = index + corner[:, 1, None, None] + half + offset
    np.maximum.at(canvas.ravel(), index[inside].ravel(), cover[inside].ravel())
    return canvas[half : half + shape[0], half : half + shape[1]]


def _epithelium(
    rng: np.random.Generator,
    um_per_px: float,
    organ: _Organ,
    layout: _Layout,
    grain: np.ndarray,
    haematoxylin: np.ndarray,
    eosin: np.ndarray,
) -> None:
    """Draw the glands over the stroma: columnar cells with nuclei at the rim, mucus, and a lumen."""
    px = np.float32(um_per_px)
    glands = len(layout.height)
    # Each cell is a column at right angles to the outline, and takes its properties from a table.
    column = layout.along / np.float32(_CELL_UM)
    cell = np.floor(column).astype(np.intp)
    beside = column - cell - np.float32(0.5)  # -0.5 to 0.5 across the cell
    cell = (cell + 173 * layout.tube) % _TABLE
    depth, gland = layout.depth, layout.gland
    height = layout.height[gland] * (1 + organ.folds * _neighbourly(rng, 5)[cell])
    nucleus_at = (5.5 + rng.gamma(2.0, 0.8, size=_TABLE)).astype("float32")[cell]
    darkness = rng.uniform(0.65, 1.15, size=_TABLE).astype("float32")[cell]
    long = np.float32(rng.uniform(3.4, 5.2))
    goblet_share = rng.uniform(*organ.goblet) * np.exp(rng.normal(0, 0.25, size=glands))
    goblet = rng.random(_TABLE, dtype="float32")[cell] < goblet_share.astype("float32")[gland]

    tone = rng.uniform(0.75, 1.25, size=(2, glands)).astype("float32")[:, gland]
    own_eosin = 0.25 * tone[0] * (1 + 0.2 * grain)
    own_haematoxylin = 0.13 * tone[1] * (1 + 0.2 * grain)
    # Mucus fills a goblet cell from above the nucleus to the lumen.
    from_middle = np.hypot(beside / 0.55, (depth - 0.62 * height) / (0.36 * height + 1))
    mucus = texture.soft((1 - from_middle) * 3 / px) * goblet
    own_eosin += mucus * (0.05 - own_eosin)
    own_haematoxylin += mucus * (0.12 * tone[1] * (1 + 0.25 * grain) - own_haematoxylin)
    nucleus = texture.soft((1 - np.hypot(beside / 0.46, (depth - nucleus_at) / long)) * 2.4 / px)
    own_haematoxylin += nucleus * (darkness * (1 + 0.15 * grain) - own_haematoxylin)
    # What the lumen holds differs from gland to gland: mostly nothing, sometimes secretion or mucus.
    secretion = rng.gamma(0.6, organ.secretion / 0.6, size=glands).clip(0, 0.45).astype("float32")[gland]
    slime = rng.gamma(0.5, 0.08, size=glands).clip(0, 0.2).astype("float32")[gland]
    lumen = texture.soft((depth - height) / px)
    rim = np.exp(-0.5 * ((depth - height) / 1.6) ** 2) * 0.12
    own_eosin += lumen * (0.02 + secretion * (1 + 0.3 * grain) - own_eosin) + rim
    own_haematoxylin += lumen * (0.01 + slime - own_haematoxylin)

    inside = texture.soft(depth / px)
    eosin += inside * (own_eosin - eosin)
    haematoxylin += inside * (own_haematoxylin - haematoxylin)


def _neighbourly(rng: np.random.Generator, cells: int) -> np.ndarray:
    """Draw a number for each cell, (_TABLE,), mean 0 and standard deviation 1, alike within `cells` cells."""
    kernel = np.hanning(cells + 2)
    noise = rng.standard_normal(_TABLE, dtype="float32")
    return np.convolve(noise, kernel / np.linalg.norm(kernel), mode="same").astype("float32")


def _numbered(labels: np.ndarray) -> np.ndarray:
    """Number the labels that occur from 1 without gaps, in their order; 0 stays 0."""
    present = np.bincount(labels.ravel(), minlength=1) > 0
    present[0] = False
    return (np.cumsum(present) * present)[labels].astype("int32")
