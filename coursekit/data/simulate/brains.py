"""Brains: coronal slices of T1-weighted MR images with eight structures, drawn by an expert and by a tool.

It imitates what makes a whole-brain segmentation hard: a folded cortex that is one to two pixels thick, deep
nuclei with the grey level of the cortex (caudate, putamen, hippocampus) or of white matter (pallidum), parts
that look like them and have no label (amygdala, brainstem), slices taken further to the front or the back,
atrophy with age, heads that are turned, and a receiver coil that doesn't see all places alike. The second
annotation imitates an automatic tool that knows only three structures and draws them too large and too
smooth, always in the same way.
"""

import functools
from dataclasses import dataclass

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.simulate.texture import (
    blur,
    displacement,
    generators,
    pixel_grid,
    smooth_noise,
    soft,
    uneven_light,
)
from coursekit.errors import InputError

STRUCTURES = (
    "cortical grey matter",
    "white matter",
    "ventricles",
    "caudate",
    "putamen",
    "pallidum",
    "thalamus",
    "hippocampus",
)
CORTEX, WHITE, VENTRICLES, CAUDATE, PUTAMEN, PALLIDUM, THALAMUS, HIPPOCAMPUS = range(1, 9)
AUTOMATIC = ("caudate", "putamen", "thalamus")

_CARD = Card(
    name="brains",
    title="Coronal brain slices with eight structures and a biased partial annotation",
    source="Simulated: a drawn anatomy with sulci, deformation, atrophy, partial volume, coil sensitivity "
    "and noise.",
    licence="CC BY 4.0, as this course.",
    citation="This course; after the setting of Dai, Mo, Angelini, Guo, Bai, Transfer Learning from Partial "
    "Annotations for Whole Brain Segmentation, MICCAI 2019 Workshops, arXiv:1908.10851.",
    unit="T1-weighted signal, arbitrary, 0 to 1; 2.5 mm per pixel at 64 pixels unless said otherwise",
    class_names=STRUCTURES,
    limits="One slice instead of a volume, no skull, no lesions but pale caps at the ventricles, no motion "
    "artefacts; deep nuclei are about a third larger than in an adult. The expert is exact, where two "
    "experts differ, and the tool's bias is a rule, where a real tool also fails by chance. An order of "
    "methods found here is a hypothesis about real MR images, not a result.",
)

# Width of the field in millimetres where mm_per_px isn't given: a brain, and room to turn and shift it.
_FIELD_MM = 160.0
# The middle of the field lies this far above the drawing's origin, the middle of the third ventricle.
_MIDDLE_MM = 13.0
# Standard deviation of a typical slice without noise, to which `snr_db` refers. Not that of each image: the
# scanner doesn't know what it sees, and noise that did would give it away.
_SIGNAL = 0.29
# Outline of the right hemisphere in millimetres: to the side of the midline, above the third ventricle. The
# points beyond the midline only close the curve: each half is cut there.
_OUTLINE = (
    *((3, 57), (12, 59), (24, 57), (38, 49), (49, 37), (56, 23), (59, 8), (58, -6), (54, -19), (46, -29)),
    *((36, -33), (26, -31), (19.5, -25), (17, -18), (9, -14), (0, -13), (-14, -13), (-20, 20), (-12, 58)),
)
_HALF_WIDTH_MM = 72.0  # of the outline, with what turning and bending add to it
_CENTRE = (25.0, 8.0)
_BINS = 512  # directions in tables; a power of two, so that masking bits goes round the circle


@dataclass(frozen=True)
class _Anatomy:
    """What is drawn once for each brain; lengths in millimetres."""

    age: float  # 0 young, 1 old: thinner cortex, wider sulci and ventricles
    slice_position: float  # 0 anterior, 1 posterior
    cortex: float  # thickness
    sulcus: float  # half of the width of a sulcus
    ventricle: float  # size, 1 is the mean of young brains


def brains(
    n: int | None = None,
    seed: int = 0,
    size: int = 64,
    mm_per_px: float | None = None,
    snr_db: float = 20.0,
    variation: float = 1.0,
    bias_mm: float = 1.6,
) -> ImageSet:
    """Simulate coronal T1-weighted brain slices, skull removed, with an expert's and a tool's annotation.

    Args:
        n: how many brains, one slice each; None for 64.
        seed: decides everything. Image i doesn't depend on n.
        size: height and width of an image in pixels, a whole number from 32.
        mm_per_px: width of a pixel in millimetres; None to spread a field of 160 mm over the image.
        snr_db: standard deviation of a typical slice, 0.29, over that of the noise in each of the two parts
            of the signal, in decibels (20 dB is ten to one), -10 to 100. The noise's level is the same in
            all brains.
        variation: how much brains differ in pose and shape, 0 (one shape, apart from the folds) to 1.5.
        bias_mm: how far the automatic tool draws its outlines outside the true ones, in millimetres, 0 to 6.

    Returns:
        images (n, size, size, 1), background 0; targets (n, size, size, 8), the expert's masks, one channel
        for each of the card's `class_names`, no pixel in more than one; no groups;
        extra "structures" (n, size, size) int32: the same as numbers, 1 to 8 in this order, 0 for all else
        (outside, fluid in sulci, brainstem, amygdala);
        extra "automatic" (n, size, size, 3) float32: the tool's masks of caudate, putamen and thalamus. 0 in
        all three means that nothing is known about a pixel, not that there is nothing.

    Raises:
        InputError: if a number is out of range.
    """
    if not isinstance(size, int | np.integer) or size < 32:
        raise InputError(
            f"size must be a whole number of at least 32 pixels, got {size!r}: "
            "in fewer, nuclei would be lost."
        )
    if mm_per_px is None:
        mm_per_px = _FIELD_MM / size
    if not 100 <= mm_per_px * size <= 400:
        raise InputError(
            f"The field must be 100 to 400 mm wide, got {mm_per_px:g} mm per pixel x {size} pixels = "
            f"{mm_per_px * size:g} mm: use mm_per_px={_FIELD_MM / size:g}, or None."
        )
    if not -10 <= snr_db <= 100:  # also catches NaN
        raise InputError(f"snr_db must lie between -10 and 100, got {snr_db}: at 100 no noise can be seen.")
    if not 0 <= variation <= 1.5:
        raise InputError(f"variation must lie between 0 and 1.5, got {variation:g}.")
    if not 0 <= bias_mm <= 6:
        raise InputError(f"bias_mm must lie between 0 and 6, got {bias_mm:g}.")
    slices = [
        _brain(rng, size, float(mm_per_px), snr_db, variation, bias_mm)
        for rng in generators(64 if n is None else n, seed)
    ]
    images, structures, automatic = (np.stack(part) for part in zip(*slices, strict=True))
    targets = np.eye(9, dtype="float32")[:, 1:].take(structures, axis=0)
    extra = {"structures": structures, "automatic": automatic}
    return ImageSet(images[..., None], targets, card=_CARD, extra=extra)


def _brain(
    rng: np.random.Generator, size: int, mm_per_px: float, snr_db: float, variation: float, bias_mm: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw one slice: image (size, size), structures (size, size) int32, automatic masks (size, size, 3)."""
    age = rng.beta(1.3, 1.3)
    anatomy = _Anatomy(
        age=age,
        slice_position=rng.uniform(0, 1) if variation else 0.5,
        cortex=rng.uniform(3.6, 4.3) - 0.6 * age,
        sulcus=0.35 + 0.9 * age * rng.uniform(0.5, 1.2),
        ventricle=np.exp(variation * rng.normal(0, 0.13)) * (0.85 + 0.75 * age),
    )
    x, up = _coordinates(rng, size, mm_per_px, variation)
    side = (x > 0).astype(np.intp)
    lateral = np.abs(x)

    hull, folds = _cortex_depth(rng, lateral, up, side, anatomy, mm_per_px)
    nuclei = _nuclei(rng, lateral, up, side, anatomy, variation)
    ventricles = _ventricles(rng, lateral, up, side, anatomy)
    # Pixels inside the brain that carry no label: brainstem and what lies around the third ventricle.
    stem = _stem(rng, lateral, up, anatomy)

    fluid = anatomy.sulcus - folds
    cortex = np.minimum(anatomy.sulcus + anatomy.cortex - folds, _no_cortex(lateral, up))
    shapes = {"hull": np.minimum(hull, folds + 2.0), "cortex": cortex, "fluid": fluid, "stem": stem}
    shapes |= nuclei | {"ventricles": ventricles}

    structures = _structures(shapes)
    image = _signal(rng, shapes, anatomy, mm_per_px)
    image = _scanner(rng, image, shapes, snr_db, mm_per_px)
    return image, structures, _automatic(rng, shapes, x, bias_mm, mm_per_px)


def _length(across: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Return the length of two perpendicular parts.

    np.hypot guards against overflow, which millimetres don't need; some 25 calls for each image would make
    it a fifth slower.
    """
    return np.sqrt(across * across + along * along)


def _coordinates(
    rng: np.random.Generator, size: int, mm_per_px: float, variation: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return where each pixel lies in the drawn anatomy: to the right of and above its origin, in mm."""
    shape = (size, size)
    rows, columns = pixel_grid(shape)
    # A coarse displacement makes individual brains, left and right apart; a finer one makes outlines uneven.
    bent = displacement(rng, shape, 2.5 * variation / mm_per_px, 24 / mm_per_px)
    fine = displacement(rng, shape, 0.7 / mm_per_px, 6 / mm_per_px)
    down = bent[0] + fine[0] - rows - np.float32(size - 1) / 2
    right = bent[1] + fine[1] - columns - np.float32(size - 1) / 2
    angle = np.radians(variation * rng.normal(0, 7.0))
    # The drawing is 118 mm wide; 0.95 makes brains 124 mm wide on average.
    stretch = rng.normal(0, 0.045, size=2).clip(-0.09, 0.09)
    scale = 0.95 * mm_per_px * np.exp(variation * stretch)
    shift = variation * rng.normal(0, 4.0, size=2)
    # No further to the side than the field has room for.
    room = max(scale[0] * size / 2 - _HALF_WIDTH_MM, 0.0)
    shift[0] = np.clip(shift[0], -room, room)
    cosine, sine = np.cos(angle), np.sin(angle)
    x = np.float32(scale[0] * cosine) * right + np.float32(scale[0] * sine) * down
    y = np.float32(scale[1] * cosine) * down - np.float32(scale[1] * sine) * right
    return x + np.float32(shift[0]), np.float32(_MIDDLE_MM + shift[1]) - y


def _cortex_depth(
    rng: np.random.Generator,
    lateral: np.ndarray,
    up: np.ndarray,
    side: np.ndarray,
    anatomy: _Anatomy,
    mm_per_px: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance in mm inwards from the hull, and to the nearest fluid: the hull or a sulcus."""
    across, along = lateral - np.float32(_CENTRE[0]), up - np.float32(_CENTRE[1])
    radius = _length(across, along)
    # Sulci are not straight: the direction that finds them wavers by a few millimetres.
    waver = smooth_noise(rng, lateral.shape, 9 / mm_per_px) * np.float32(3.5)
    direction = np.arctan2(along, across)
    turned = direction + waver / np.maximum(radius, np.float32(15))

    plain = _direction_bin(direction) + side * _BINS
    bent = _direction_bin(turned) + side * _BINS
    reach = _outline() * _roundness(rng)
    tables = [_sulci(rng, reach[half]) for half in range(2)]
    hull = np.ravel(reach).astype("float32").take(plain) - radius
    depth = np.minimum(hull, np.float32(80))
    folds = hull * np.float32(0.95)
    for neighbour in range(2):
        both = np.concatenate([table[neighbour] for table in tables], axis=1)
        away, length, closed = (row.take(bent) for row in both)
        beyond = np.maximum(depth - length, 0)
        folds = np.minimum(folds, _length(radius * away, beyond) + closed)
    return hull, np.minimum(folds, _fissures(rng, lateral, up, side, anatomy))


def _direction_bin(direction: np.ndarray) -> np.ndarray:
    """Return the place of a direction, in radians, in a table of `_BINS` directions from -pi on."""
    scaled = (direction + np.float32(np.pi)) * np.float32(_BINS / (2 * np.pi))
    return scaled.astype(np.intp) & (_BINS - 1)


@functools.lru_cache(maxsize=1)
def _outline() -> np.ndarray:
    """Return the distance of the hemisphere's outline from its centre in mm for each direction, (bins,)."""
    points = np.array(_OUTLINE) - _CENTRE
    angle, distance = np.arctan2(points[:, 1], points[:, 0]), np.hypot(*points.T)
    order = np.argsort(angle)
    directions = np.linspace(-np.pi, np.pi, _BINS, endpoint=False) + np.pi / _BINS
    distances = np.interp(directions, angle[order], distance[order], period=2 * np.pi)
    kernel = np.hanning(19)
    return np.convolve(np.tile(distances, 3), kernel / kernel.sum(), "same")[_BINS : 2 * _BINS]


def _roundness(rng: np.random.Generator) -> np.ndarray:
    """Return a slow random change of the outline with direction for each hemisphere, (2, bins), mean 1."""
    return 1 + rng.normal(0, 0.02, size=(2, 1)) * _waves()[0] + rng.normal(0, 0.012, size=(2, 10)) @ _waves()


@functools.lru_cache(maxsize=1)
def _waves() -> np.ndarray:
    """Return five waves around a circle and what is a quarter behind, the finer the weaker, (10, bins).

    They end where the midline meets the outline, above and below, so that both hemispheres meet there.
    """
    periods = np.arange(1, 6)[:, None]
    around = np.linspace(-np.pi, np.pi, _BINS, endpoint=False)
    waves = np.concatenate([np.cos(periods * around), np.sin(periods * around)])
    waves /= np.sqrt(np.tile(periods, (2, 1)))
    fade = np.clip(np.minimum(np.radians(112) - around, around + np.radians(125)) / np.radians(45), 0, 1)
    return waves * fade


def _sulci(rng: np.random.Generator, reach: np.ndarray) -> list[np.ndarray]:
    """Draw the sulci of one hemisphere.

    Args:
        rng: source of randomness.
        reach: (bins,) distance of the outline from the centre in mm for each direction.

    Returns:
        For the nearest sulcus on either side of a direction, (3, bins): how far it is away, as the sine of an
        angle, how deep it is in mm, and by how many mm its walls are closer than in a sulcus that is open.
    """
    first, last = np.radians(-100), np.radians(111)
    gaps = rng.uniform(9.0, 22.0, size=40) / 45  # distances of 9 to 22 mm seen from 45 mm
    angles = first + rng.uniform(0, 0.3) + np.cumsum(gaps)
    angles = angles[angles < last]
    # Not where the Sylvian fissure is.
    angles = angles[np.abs(angles - np.radians(-7)) > np.radians(13)]
    deepest = np.interp(
        np.degrees(angles),
        (-100, -75, -55, -25, 0, 25, 50, 90, 112),
        (4, 8, 13, 14, 10, 14, 20, 23, 15),
    )
    depth = deepest * rng.uniform(0.3, 1.0, size=len(angles))
    closed = rng.uniform(-0.4, 1.1, size=len(angles))
    directions = np.linspace(-np.pi, np.pi, _BINS, endpoint=False) + np.pi / _BINS
    after = np.searchsorted(angles, directions)
    tables = []
    for nearest in (np.clip(after - 1, 0, len(angles) - 1), np.clip(after, 0, len(angles) - 1)):
        apart = np.clip(directions - angles[nearest], -np.pi / 2, np.pi / 2)
        tables.append(np.stack([np.sin(apart), depth[nearest], closed[nearest]]).astype("float32"))
    return tables


def _fissures(
    rng: np.random.Generator, lateral: np.ndarray, up: np.ndarray, side: np.ndarray, anatomy: _Anatomy
) -> np.ndarray:
    """Return the distance to the fissures that every brain has, in mm: midline, cingulate and Sylvian."""
    floor = np.float32(31.5 + 3 * (anatomy.ventricle - 1) + rng.normal(0, 0.6))
    nearest = _length(lateral - np.float32(0.3 * anatomy.sulcus), np.maximum(floor - up, 0))
    for height, length in ((floor + 1, 5.0), (44.0, 12.0), (52.0, 6.0)):
        place = (height + rng.normal(0, 1.3, size=2)).astype("float32")[side]
        depth = (length * rng.uniform(0.5, 1.2, size=2)).astype("float32")[side]
        slope = np.float32(rng.normal(0.1, 0.15))
        nearest = np.minimum(
            nearest, _length(np.maximum(lateral - depth, 0), up - place - slope * lateral) + np.float32(0.2)
        )
    insula = (45.0 + rng.normal(0, 0.7, size=2)).astype("float32")[side]
    mouth = (3.0 + rng.normal(0, 2.0, size=2)).astype("float32")[side]
    top = (17.0 + rng.normal(0, 1.5, size=2)).astype("float32")[side]
    sylvian = _length(np.maximum(insula - lateral, 0), up - mouth + np.float32(0.15) * (lateral - insula))
    wall = _length(lateral - insula, up - np.clip(up, np.float32(-6), top))
    opening = np.float32(rng.uniform(0.1, 0.6) + 0.7 * anatomy.age)
    return np.minimum(nearest, np.minimum(sylvian, wall) - opening)


def _no_cortex(lateral: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Return how far in mm a pixel lies from the base of the brain near the midline, which has no cortex."""
    return np.maximum(lateral - np.float32(15.5), up - np.float32(20))


def _ellipse(
    lateral: np.ndarray,
    up: np.ndarray,
    centre: tuple[float, float],
    half_axes: tuple[float, float],
    tilt: float,
) -> np.ndarray:
    """Return about how many mm a pixel lies inside an ellipse.

    Args:
        lateral: distance of each pixel from the midline in mm.
        up: height of each pixel in mm.
        centre: where its centre lies: (lateral, up) in mm.
        half_axes: half of its width and of its height before it is tilted, in mm.
        tilt: by how much its top leans to the side, in radians.
    """
    cosine, sine = np.float32(np.cos(tilt)), np.float32(np.sin(tilt))
    from_centre, above = lateral - np.float32(centre[0]), up - np.float32(centre[1])
    across = (cosine * from_centre - sine * above) * np.float32(1 / half_axes[0])
    along = (cosine * above + sine * from_centre) * np.float32(1 / half_axes[1])
    level = _length(across, along)
    # First-order distance: the level by the length of its gradient, which is finite at the centre, too.
    slope = _length(across * np.float32(1 / half_axes[0]), along * np.float32(1 / half_axes[1]))
    return (1 - level) * (level + np.float32(1e-3)) / (slope + np.float32(1e-3 / max(half_axes)))


def _nuclei(
    rng: np.random.Generator,
    lateral: np.ndarray,
    up: np.ndarray,
    side: np.ndarray,
    anatomy: _Anatomy,
    variation: float,
) -> dict[str, np.ndarray]:
    """Return how many mm each pixel lies inside the deep grey structures."""
    p, grown = anatomy.slice_position, anatomy.ventricle - 1
    shrunk = 1 - 0.1 * anatomy.age
    # Left and right differ a little beyond what the displacement does.
    lateral = lateral + (variation * rng.normal(0, 0.7, size=2)).astype("float32")[side]
    up = up + (variation * rng.normal(0, 0.7, size=2)).astype("float32")[side]
    plan = {  # centre (lateral, up), half axes (width, height), tilt
        "caudate": (17.5 + 5.0 * grown, 20.5, 6.6 - 1.2 * p, 10.0 - 3.2 * p, -0.35),
        "putamen": (31.5 + 2.5 * p, 7.0, 6.8 - 0.6 * p, 15.0 - 2.5 * p, 0.12),
        "pallidum": (22.5 + 2.5 * p, 2.5, 5.6, 8.2 - 1.5 * abs(p - 0.5), 0.5),
        "thalamus": (9.5 + 0.5 * p, 7.5 - grown, 5.0 + 4.5 * p, 6.0 + 4.0 * p, 0.25),
        "hippocampus": (27.5, -19.5, 7.4 + 2.2 * p, 4.9 + 0.5 * p, 0.2),
        "amygdala": (23.5, -12.5, 8.5 - 5.0 * p, 6.5 - 4.0 * p, 0.2),
    }
    shapes = {}
    for name, (across, height, width, length, tilt) in plan.items():
        move = variation * rng.normal(0, 1.0, size=2)
        stretch = shrunk * np.exp(variation * rng.normal(0, 0.09, size=2))
        lean = tilt + variation * rng.normal(0, 0.1)
        bent = lateral
        if name == "putamen":  # a lens: its ends curve towards the midline
            bent = lateral + np.float32(0.018) * (up - np.float32(height)) ** 2
        centre, half_axes = (across + move[0], height + move[1]), (width * stretch[0], length * stretch[1])
        shapes[name] = _ellipse(bent, up, centre, half_axes, lean)
    # The two parts of the lens don't reach over the internal capsule, whatever their size.
    capsule = (lateral - np.float32(17.5)) + np.float32(0.45) * (np.float32(4) - up)
    shapes["pallidum"] = np.minimum(shapes["pallidum"], capsule)
    shapes["thalamus"] = np.minimum(shapes["thalamus"], np.float32(-2.5) - capsule + np.float32(2.0 * p))
    return shapes


def _ventricles(
    rng: np.random.Generator, lateral: np.ndarray, up: np.ndarray, side: np.ndarray, anatomy: _Anatomy
) -> np.ndarray:
    """Return how many mm each pixel lies inside the lateral ventricles, the third one, or a temporal horn."""
    large = anatomy.ventricle
    each = np.exp(rng.normal(0, 0.1, size=2)).astype("float32")[side]
    body = _ellipse(lateral / each, up, (7.0 + 2.2 * (large - 1), 21.5), (7.2 * large, 3.9 * large), 0.0)
    # Its floor falls and its roof rises to the side, as a butterfly's wing.
    wing = _ellipse(
        lateral / each, up, (6.5 + 2 * (large - 1), 20.5), (3.6 * large**1.3, 6.8 * large**0.7), 0.75
    )
    septum = lateral - np.float32(rng.uniform(0.6, 1.3))
    both = np.minimum(np.maximum(body, wing), septum)
    third = np.minimum(
        np.float32(0.5 + 1.3 * large * rng.uniform(0.7, 1.2)) - lateral,
        np.float32(10) - np.abs(up - np.float32(1.0)),
    )
    horn_width = 1.2 * large**1.5 * rng.uniform(0.6, 1.2)
    horn = _ellipse(lateral, up, (37.0, -17.0), (horn_width, 4.0 * large), -0.4)
    return np.maximum(np.maximum(both, third), horn)


def _stem(rng: np.random.Generator, lateral: np.ndarray, up: np.ndarray, anatomy: _Anatomy) -> np.ndarray:
    """Return how many mm each pixel lies inside the unlabelled middle of the base: brainstem and around."""
    base = _ellipse(lateral, up, (0.0, -8.0), (13.5, 7.0), 0.0)
    # Further back, the slice also meets the brainstem.
    lower = 14 * anatomy.slice_position + rng.normal(0, 2)
    if lower < 5:
        return base
    return np.maximum(base, _ellipse(lateral, up, (0.0, -13.0 - lower), (9 + 0.3 * lower, 4 + lower), 0.0))


def _structures(shapes: dict[str, np.ndarray]) -> np.ndarray:
    """Number the structures, (size, size) int32: what comes later lies over what came before."""
    structures = np.where(shapes["hull"] > 0, np.int32(WHITE), np.int32(0))
    structures[shapes["cortex"] > 0] = CORTEX
    structures[(shapes["stem"] > 0) | (shapes["hull"] <= 0)] = 0
    for name, number in _NUCLEI.items():
        structures[shapes[name] > 0] = number
    structures[shapes["fluid"] > 0] = 0
    structures[shapes["ventricles"] > 0] = VENTRICLES
    return structures


# In the order in which they are laid over one another; the amygdala has no label.
_NUCLEI = {
    "amygdala": 0,
    "caudate": CAUDATE,
    "putamen": PUTAMEN,
    "pallidum": PALLIDUM,
    "thalamus": THALAMUS,
    "hippocampus": HIPPOCAMPUS,
}


def _signal(
    rng: np.random.Generator, shapes: dict[str, np.ndarray], anatomy: _Anatomy, mm_per_px: float
) -> np.ndarray:
    """Return the T1-weighted signal of the tissue, (size, size); edge pixels hold parts of both sides."""
    white = rng.uniform(0.74, 0.82)
    grey = white * rng.uniform(0.60, 0.70)
    fluid = rng.uniform(0.13, 0.22)
    levels = {
        "amygdala": grey * rng.normal(1.0, 0.02),
        "caudate": grey * rng.normal(1.0, 0.03),
        "putamen": grey * rng.normal(1.05, 0.03),
        "pallidum": grey + (white - grey) * rng.normal(0.72, 0.12),
        "thalamus": grey + (white - grey) * rng.normal(0.42, 0.10),
        "hippocampus": grey * rng.normal(1.0, 0.03),
    }
    per_px = np.float32(1 / mm_per_px)
    height, width = shapes["hull"].shape

    def lay(image: np.ndarray, level: float, inside_mm: np.ndarray, edge_px: float = 0.5) -> np.ndarray:
        return image + soft(inside_mm * per_px, edge_px) * (np.float32(level) - image)

    image = np.full((height, width), fluid, "float32")
    image = lay(image, white, shapes["hull"])
    image = lay(image, grey, shapes["cortex"], edge_px=0.7)
    image *= 1 + np.float32(0.03) * smooth_noise(rng, (height, width), 3 / mm_per_px)
    # White matter pales around the ventricles with age.
    caps = np.exp(np.minimum(shapes["ventricles"], 0) * np.float32(1 / 4.0))
    patchy = np.clip(smooth_noise(rng, (height, width), 5 / mm_per_px), 0, 1.5)
    image -= np.float32(0.2 * anatomy.age**2) * caps * patchy
    for name, level in levels.items():
        image = lay(image, level, shapes[name], edge_px=0.8)
    image = lay(image, fluid, shapes["fluid"])
    image = lay(image, grey + rng.uniform(0.4, 0.8) * (white - grey), shapes["stem"], edge_px=0.8)
    return lay(image, fluid, shapes["ventricles"])


def _scanner(
    rng: np.random.Generator,
    signal: np.ndarray,
    shapes: dict[str, np.ndarray],
    snr_db: float,
    mm_per_px: float,
) -> np.ndarray:
    """Take the image: coil sensitivity, resolution, noise of the magnitude, and the skull removed."""
    shape = signal.shape
    tissue = np.maximum(shapes["hull"], shapes["stem"])
    uneven = smooth_noise(rng, shape, 8 / mm_per_px) * np.float32(0.8)
    kept = soft((tissue + uneven + np.float32(1.2)) * np.float32(1 / mm_per_px))
    image = blur(signal * (1 + uneven_light(rng, shape, 0.07)), 0.45)
    sigma = np.float32(_SIGNAL / 10 ** (snr_db / 20))
    noise = sigma * rng.standard_normal((2, *shape), dtype="float32")
    image = _length(image + noise[0], noise[1]) * kept
    return np.clip(image, 0, 1, dtype="float32")


def _automatic(
    rng: np.random.Generator,
    shapes: dict[str, np.ndarray],
    x: np.ndarray,
    bias_mm: float,
    mm_per_px: float,
) -> np.ndarray:
    """Draw the tool's masks, (size, size, 3): larger, smoother, and often too far to the side.

    Ventricles stay free: the edge of dark fluid is one that the tool sees. In 60 % of the brains a structure
    also reaches further away from the midline, as a shape model does that follows a faint edge to the next.
    """
    free = -shapes["ventricles"]
    seen = {
        "caudate": np.minimum(shapes["caudate"], free),
        "putamen": np.minimum(shapes["putamen"], -shapes["pallidum"]),
        "thalamus": np.minimum(shapes["thalamus"], free),
    }
    leaks = bias_mm * rng.uniform(0.4, 1.2, size=3) * (rng.random(3) < 0.6)
    outward = np.sign(x[:, 1:-1]) * np.float32(-0.5 / mm_per_px)
    drawn = []
    for name, leak in zip(AUTOMATIC, leaks, strict=True):
        smooth = blur(seen[name], 2.5 / mm_per_px)
        slope = (smooth[:, 2:] - smooth[:, :-2]) * outward
        smooth[:, 1:-1] += np.clip(slope, 0, 1) * np.float32(leak)
        drawn.append(smooth + np.float32(bias_mm))
    # Where two of them meet, the pixel goes to the one that it lies deeper in.
    deepest = np.maximum(np.maximum(drawn[0], drawn[1]), drawn[2])
    tissue = shapes["ventricles"] <= 0
    return np.stack([(own == deepest) & (own > 0) & tissue for own in drawn], axis=-1).astype("float32")
