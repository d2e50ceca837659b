"""Tumours: slices of heads in four kinds of magnetic resonance images, with three nested regions of a tumour.

The slices imitate the images of the BRATS challenge: skull-stripped brains with a glioma, as T1, T1 with
contrast agent (T1c), T2 and FLAIR. Each kind shows another part of the tumour, and each shows something else
that looks like it: fluid is bright in T2, age-related lesions of white matter in FLAIR, and vessels in T1c.
"""

from dataclasses import dataclass

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.simulate import texture
from coursekit.errors import InputError

CHANNELS = ("T1", "T1c", "T2", "FLAIR")

_CARD = Card(
    name="tumours",
    title="Brain tumours of three nested regions in four MR channels",
    source="Simulated: a folded brain, a tumour that displaces it, contrasts of four sequences, scanners, "
    "coil and noise.",
    licence="CC BY 4.0, as this course.",
    citation="This course; after Menze et al., The Multimodal Brain Tumor Image Segmentation Benchmark "
    "(BRATS), IEEE Transactions on Medical Imaging 34(10), 2015, doi:10.1109/TMI.2014.2377694.",
    unit="signal in arbitrary units, 0 to 1; T1, T1c, T2, FLAIR; 3 mm per pixel unless said otherwise",
    class_names=("whole tumour", "tumour core", "enhancing tumour"),
    channel_names=CHANNELS,
    limits="Slices, not volumes; axial only. No resection cavities, no bleeding, no motion, channels fit "
    "each other exactly, and the truth is exact, where experts reach a Dice of 0.74 to 0.85 with each other "
    "(Menze et al.). Not for any medical purpose: an order of methods found here is a hypothesis about real "
    "patients, not a result.",
)

# Signal of T1, T1c, T2, FLAIR relative to the scanner's range.
_SIGNAL = {
    "fluid": (0.16, 0.16, 0.86, 0.14),
    "grey": (0.42, 0.44, 0.52, 0.53),
    "white": (0.58, 0.60, 0.37, 0.41),
    "nuclei": (0.47, 0.49, 0.45, 0.47),
    "lesion": (0.46, 0.48, 0.64, 0.73),
    "vessel": (0.40, 0.80, 0.40, 0.42),
    "oedema": (0.45, 0.47, 0.66, 0.72),
    "solid": (0.40, 0.43, 0.62, 0.62),
    "enhancing": (0.44, 0.80, 0.57, 0.60),
    "necrosis": (0.25, 0.28, 0.78, 0.42),
}

# Each scanner's sequences weigh tissues a little differently: gain and power of T1, T1c, T2, FLAIR.
_SCANNERS = (
    ((1.00, 1.00, 1.00, 1.00), (1.00, 1.00, 1.00, 1.00)),
    ((1.08, 0.92, 0.90, 1.05), (0.85, 0.90, 1.15, 0.90)),
    ((0.90, 0.98, 1.06, 0.88), (1.10, 1.15, 0.90, 1.10)),
    ((0.96, 1.06, 0.94, 0.94), (0.95, 1.05, 1.10, 1.15)),
    ((1.05, 0.95, 1.02, 0.97), (1.15, 0.85, 0.95, 0.85)),
)

# Standard deviation of the signal within a typical brain, without noise: what `snr_db` refers to.
_CONTRAST = 0.11

# Slices lie between these heights above the middle of the brain, in mm, whether or not they show a tumour.
_LOWEST, _HIGHEST = -30.0, 45.0
# Height at which the brain would end, were it an ellipsoid from the middle upwards, in mm.
_HALF_HEIGHT = 55.0


@dataclass(frozen=True)
class _Patient:
    """What all slices of a patient share; lengths in mm.

    Attributes:
        half_length: from the middle to the forehead.
        half_width: from the middle to the side.
        tilt: of the head, in radians.
        fluid: width of ventricles and sulci, as a multiple of a young adult's.
        lesions: how many white-matter hyperintensities a slice has on average.
        scanner: row of `_SCANNERS`.
        contrast: (4,) power of each channel.
        site: (3,) centre of the tumour: down, right, up from the middle of the brain.
        radius: of the tumour core.
        margin: width of the oedema around it.
        oedema: how far the oedema's signal is from that of white matter, 1 in the table above.
        ring: thickness of the enhancing part, as a share of the core's radius; 0: nothing enhances.
        necrosis: share of the core's radius that is dead tissue.
        uptake: how far the enhancing part's signal is from that of solid tumour.
        outline: seed of the outlines.
    """

    half_length: float
    half_width: float
    tilt: float
    fluid: float
    lesions: float
    scanner: int
    contrast: np.ndarray
    site: np.ndarray
    radius: float
    margin: float
    oedema: float
    ring: float
    necrosis: float
    uptake: float
    outline: int


def tumours(
    n: int | None = None,
    seed: int = 0,
    size: int = 64,
    mm_per_px: float = 3.0,
    healthy_share: float = 0.2,
    bias_field: float = 0.16,
    snr_db: float = 9.0,
    slices_per_patient: int = 4,
) -> ImageSet:
    """Simulate four-channel slices of brains with tumours.

    Args:
        n: how many slices; None for 64.
        seed: decides everything. Slice i doesn't depend on n.
        size: height and width of a slice in pixels, from 32.
        mm_per_px: width of a pixel in millimetres, 0.5 to 6; the field must be at least 180 mm wide.
        healthy_share: share of slices above or below the tumour, 0 to 1.
        bias_field: unevenness of each channel by the coil: standard deviation at the edge, 0 to 0.4.
        snr_db: ratio of a typical brain's contrast (a standard deviation of 0.11) to the noise, in decibels,
            -10 to 100.
        slices_per_patient: how many slices in a row come from the same patient, from 1.

    Returns:
        images (n, size, size, 4): T1, T1c, T2, FLAIR, 0 outside the brain; targets (n, size, size, 3): whole
        tumour, tumour core, enhancing tumour, each within the one before; groups (n,), the patient; extra:
        "scanner" (n,) int64, 0 to 4.

    Raises:
        InputError: if a number is out of range.
    """
    _check(size, mm_per_px, healthy_share, bias_field, snr_db, slices_per_patient)
    n = 64 if n is None else n
    images = np.zeros((n, size, size, 4), "float32")
    targets = np.zeros((n, size, size, 3), "float32")
    groups = np.arange(n) // slices_per_patient
    scanner = np.zeros(n, "int64")
    sources = texture.generators(-(-n // slices_per_patient), seed)
    for i in range(n):
        rng = sources[groups[i]]
        if i % slices_per_patient == 0:
            patient = _patient(rng)
        healthy = rng.random() < healthy_share
        signal, brain, targets[i] = _slice(rng, patient, healthy, size, mm_per_px)
        images[i] = _scanned(rng, signal, brain, patient, bias_field, snr_db)
        scanner[i] = patient.scanner
    return ImageSet(images, targets, groups, _CARD, {"scanner": scanner})


def _check(
    size: int,
    mm_per_px: float,
    healthy_share: float,
    bias_field: float,
    snr_db: float,
    slices_per_patient: int,
) -> None:
    if not isinstance(size, int | np.integer) or size < 32:
        raise InputError(f"size must be a whole number from 32, got {size!r}.")
    if not 0.5 <= mm_per_px <= 6:
        raise InputError(f"mm_per_px must lie between 0.5 and 6, got {mm_per_px:g}.")
    if size * mm_per_px < 180:
        raise InputError(
            f"{size} pixels of {mm_per_px:g} mm show {size * mm_per_px:g} mm, and a brain needs 180: use "
            "more or larger pixels."
        )
    if not 0 <= healthy_share <= 1:
        raise InputError(f"healthy_share must lie between 0 and 1, got {healthy_share:g}.")
    if not 0 <= bias_field <= 0.4:
        raise InputError(f"bias_field must lie between 0 and 0.4, got {bias_field:g}.")
    if not -10 <= snr_db <= 100:
        raise InputError(f"snr_db must lie between -10 and 100, got {snr_db:g}: 100 leaves no visible noise.")
    if not isinstance(slices_per_patient, int | np.integer) or slices_per_patient < 1:
        raise InputError(f"slices_per_patient must be a whole number from 1, got {slices_per_patient!r}.")


def _patient(rng: np.random.Generator) -> _Patient:
    half_length, half_width = rng.normal(80, 3), rng.normal(65, 2.5)
    age = rng.uniform(0, 1)
    # High-grade gliomas mostly enhance as a ring around dead tissue; low-grade ones often don't enhance.
    kind = rng.choice(3, p=[0.55, 0.2, 0.25])
    height = rng.uniform(_LOWEST, _HIGHEST)
    direction, out = rng.uniform(0, 2 * np.pi), rng.uniform(0.35, 0.68) * _narrowing(height)
    site = (0.9 * out * half_length * np.sin(direction), out * half_width * np.cos(direction))
    return _Patient(
        half_length=half_length,
        half_width=half_width,
        tilt=rng.normal(0, 0.07),
        fluid=0.75 + 0.7 * age + rng.normal(0, 0.1),
        lesions=rng.gamma(1.5, 1.2 + 4 * age),
        scanner=int(rng.integers(len(_SCANNERS))),
        contrast=np.exp(rng.normal(0, 0.13, size=4)),
        site=np.array([*site, height]),
        radius=rng.uniform(11, 26),
        margin=rng.gamma(3.0, 3.2),
        oedema=rng.uniform(0.35, 0.9),
        ring=(rng.uniform(0.18, 0.5), rng.uniform(0.8, 1.0), 0.0)[kind],
        necrosis=(rng.uniform(0.35, 0.75), 0.0, 0.0)[kind],
        uptake=rng.uniform(0.4, 1.05),
        outline=int(rng.integers(2**32)),
    )


def _slice(
    rng: np.random.Generator, patient: _Patient, healthy: bool, size: int, mm_per_px: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the signal (4, size, size), the share of brain in each pixel and the three masks."""
    shape = (size, size)
    level = _healthy_level(rng, patient) if healthy else _tumour_level(rng, patient)
    height = level - patient.site[2]
    rows, columns = (
        (place - (size - 1) / 2) * np.float32(mm_per_px)
        for place in texture.displacement(rng, shape, 1.5 / mm_per_px, 16 / mm_per_px)
    )
    cosine, sine = np.float32(np.cos(patient.tilt)), np.float32(np.sin(patient.tilt))
    down, right = cosine * rows + sine * columns, cosine * columns - sine * rows
    depth = _tumour_depth(rng, patient, down, right, height) if not healthy else None
    signal, brain, spared = _brain(rng, patient, level, down, right, healthy, mm_per_px)
    if depth is None:
        return signal, brain, np.zeros((*shape, 3), "float32")
    return signal, brain, _add_tumour(rng, patient, signal, brain, spared, *depth, mm_per_px)


def _narrowing(level: float) -> float:
    """Return the brain's width at a height in mm, as a share of its width in the middle."""
    return float(np.sqrt(1 - 0.55 * (level / _HALF_HEIGHT) ** 2))


# The outline of a head tells the height of a slice, so the height must not tell whether there is a tumour.
# The height of the tumour's centre is uniform, and both functions keep it so: one reflects at the ends, the
# other goes on at the opposite end.
def _tumour_level(rng: np.random.Generator, patient: _Patient) -> float:
    """Return the height in mm of a slice that cuts at least half of the core's radius."""
    level = patient.site[2] + rng.uniform(-0.8, 0.8) * patient.radius
    return float(_HIGHEST - abs(_HIGHEST - (_LOWEST + abs(level - _LOWEST))))


def _healthy_level(rng: np.random.Generator, patient: _Patient) -> float:
    """Return the height in mm of a slice above or below the tumour, out of its reach."""
    span = _HIGHEST - _LOWEST
    # A tumour whose oedema is wide is flatter than wide, or it would leave no slice free.
    reach = min(patient.radius + patient.margin, 0.45 * span)
    return float(_LOWEST + (patient.site[2] - _LOWEST + rng.uniform(reach, span - reach)) % span)


def _pushed(patient: _Patient, down: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where each pixel's tissue was before the tumour grew and pushed it aside, in mm."""
    from_down, from_right = down - np.float32(patient.site[0]), right - np.float32(patient.site[1])
    wide = np.float32(2 * (1.6 * patient.radius) ** 2)
    pull = np.float32(0.45) * np.exp(-(from_down**2 + from_right**2) / wide)
    return down - pull * from_down, right - pull * from_right


def _brain(
    rng: np.random.Generator,
    patient: _Patient,
    level: float,
    down: np.ndarray,
    right: np.ndarray,
    healthy: bool,
    mm_per_px: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw a brain without its tumour, but pushed aside by it unless the slice is healthy.

    Returns:
        The signal (4, h, w), how much of each pixel is brain (h, w), and how much of it resists oedema:
        cortex and fluid (h, w).
    """
    px, shape = np.float32(mm_per_px), down.shape
    scale = np.float32(_narrowing(level))
    # An egg, wider behind than in front, whose radius is 1 on the outline.
    half_length, half_width = patient.half_length * scale, patient.half_width * scale
    wide = half_width * (1 + np.float32(0.10) * (down / half_length).clip(-1, 1))
    inside = (1 - np.hypot(down / half_length, right / wide)) * half_width
    rough = texture.smooth_noise(rng, shape, 10 / mm_per_px)
    inside += rough
    brain = texture.soft(inside / px)
    if not healthy:  # the skull doesn't give way, what is in it does
        down, right = _pushed(patient, down, right)

    # Sulci are lines where a random field passes 0. They start at the outside and at the midline.
    folds = texture.smooth_noise(rng, shape, 5.5 / mm_per_px) * 7
    # The two halves touch in front and behind, not in the corpus callosum, which is an arch.
    bridge = np.float32(30 * np.sqrt(np.clip(1.2 - level / 28, 0, 1)))
    apart = np.hypot(right + rough, np.maximum(bridge * scale - np.abs(down + 2), 0))
    surface = np.minimum(inside, apart + 2)
    sulcus = np.abs(folds) + (surface - (17 + 5 * rough)).clip(0) * 0.8
    to_fluid = np.minimum(np.minimum(sulcus - 0.5 * patient.fluid, surface), apart - 0.6 * patient.fluid)
    cortex = texture.soft((3.2 - to_fluid) / px)
    gyral_fluid = texture.soft((0.45 * patient.fluid - to_fluid) / px) * np.clip(patient.fluid, 0, 1)

    signal = np.empty((4, *shape), "float32")
    signal[:] = np.array(_SIGNAL["white"])[:, None, None]
    _paint(signal, cortex, "grey")
    fluid = gyral_fluid
    # From the deep nuclei (0) to the bodies of the ventricles (1), and how far these have closed, in mm.
    above = float(np.clip((level - 6) / 14, 0, 1))
    closed = max(0.0, level - 20)
    has_ventricles = closed < 20
    if has_ventricles:
        side = np.abs(right)
        for centre_down, centre_side, radius, aspect, angle in (
            (8, 13, 9, 1.5, 1.2),  # thalamus
            (-3, 26, 7, 2.4, 1.45),  # lentiform nucleus
            (-20, 13, 4.5, 1.8, 1.3),  # head of the caudate nucleus
        ):
            if above < 1:
                blob = _ellipse(down - centre_down, side - centre_side, radius - 10 * above, aspect, angle)
                _paint(signal, texture.soft(blob / px, 1.0), "nuclei")
        # Lateral ventricles: two horns on each side, in front and behind.
        grow = float(np.sqrt(patient.fluid)) * (1 + 0.15 * above)
        front = _ellipse(down + 21, side - (7 + above), 5.5 * grow, 2.6, 1.9)
        back = _ellipse(down - 22, side - (16 - 5 * above), 6.0 * grow, 2.6, 1.15)
        body = _ellipse(down, side - 9, (2.0 + 4.5 * above) * grow, 3.5, 1.57)
        ventricle_depth = np.maximum(np.maximum(front, back), body) + rough
        third = 1.6 * patient.fluid - 4 * above - side - (down / 14) ** 2
        ventricle_depth = np.maximum(ventricle_depth, third) - np.float32(closed)
        # Lesions of small vessels lie around the ventricles and in deep white matter.
        caps = texture.soft((ventricle_depth + 1.1 * np.float32(patient.lesions).clip(0, 6)) / px, 1.0)
        _paint(signal, caps * (np.float32(0.16 * patient.lesions) * (1 + 0.6 * rough)).clip(0, 0.9), "lesion")
        ventricle = texture.soft(ventricle_depth / px)
        fluid = np.maximum(fluid, ventricle)
    _paint(signal, _lesions(rng, patient, inside, cortex, mm_per_px), "lesion")
    _paint(signal, fluid, "fluid")
    if has_ventricles:
        plexus = _ellipse(down - 20, side - 15, 2.6 * np.exp(rng.normal(0, 0.2)), 2.0, 1.15)
        _paint(signal, texture.soft(plexus / px) * ventricle * np.float32(rng.uniform(0.3, 0.9)), "vessel")
    _paint(signal, _vessels(rng, inside, to_fluid, apart, down, mm_per_px), "vessel")
    return signal, brain, np.maximum(cortex * 0.75, fluid)


def _ellipse(down: np.ndarray, right: np.ndarray, radius: float, aspect: float, angle: float) -> np.ndarray:
    """Return about how many mm a pixel lies inside an ellipse, as `texture.star` with a smooth outline."""
    cosine, sine, root = np.float32(np.cos(angle)), np.float32(np.sin(angle)), np.float32(np.sqrt(aspect))
    along, across = (cosine * right + sine * down) / root, (cosine * down - sine * right) * root
    return np.float32(radius) - np.sqrt(along * along + across * across)


def _paint(signal: np.ndarray, cover: np.ndarray, tissue: str) -> None:
    """Cover a share of each pixel with a tissue."""
    signal += cover * (np.array(_SIGNAL[tissue], "float32")[:, None, None] - signal)


def _lesions(
    rng: np.random.Generator, patient: _Patient, inside: np.ndarray, cortex: np.ndarray, mm_per_px: float
) -> np.ndarray:
    """Return the cover by spots and patches in white matter that are as bright in FLAIR as oedema is."""
    cover = np.zeros(inside.shape, "float32")
    count = rng.poisson(patient.lesions)
    if count == 0:
        return cover
    chosen = np.flatnonzero((inside > 14) & (cortex < 0.2))
    if not len(chosen):
        return cover
    rows, columns = texture.pixel_grid(inside.shape)
    for spot in rng.choice(chosen, size=min(count, 12)):
        y, x = divmod(int(spot), inside.shape[1])
        radius = rng.gamma(2.5, 1.7) / mm_per_px
        half = int(3 * radius) + 2
        window = slice(max(0, y - half), y + half + 1), slice(max(0, x - half), x + half + 1)
        angle = rng.uniform(0, np.pi)
        blob = _ellipse(rows[window] - y, columns[window] - x, radius, rng.uniform(1, 2.2), angle)
        np.maximum(cover[window], texture.soft(blob, 0.8) * rng.uniform(0.5, 1), out=cover[window])
    return cover * (1 - cortex)


def _vessels(
    rng: np.random.Generator,
    inside: np.ndarray,
    to_fluid: np.ndarray,
    apart: np.ndarray,
    down: np.ndarray,
    mm_per_px: float,
) -> np.ndarray:
    """Return the cover by what takes up contrast agent without being a tumour: dura, sinus and vessels."""
    px = np.float32(mm_per_px)
    patchy = texture.smooth_noise(rng, inside.shape, 9 / mm_per_px)
    dura = texture.soft((1.8 - np.abs(inside - 0.5)) / px) * (0.35 + 0.3 * patchy).clip(0, 0.8)
    # The falx and the sagittal sinus behind.
    falx = texture.soft((1.2 - apart) / px) * (0.3 + 0.3 * patchy).clip(0, 0.7)
    sinus = texture.soft((5 - np.hypot(apart, inside - 3)) / px) * (down > 0) * 0.9
    # Vessels run in sulci; here and there one is cut.
    course = texture.smooth_noise(rng, inside.shape, 5 / mm_per_px)
    vessels = texture.soft((3.0 - to_fluid) / px) * (1.6 * (course - 1.1)).clip(0, 0.9) * (inside > 0)
    return np.maximum(np.maximum(dura, falx), np.maximum(sinus, vessels)).astype("float32")


def _tumour_depth(
    rng: np.random.Generator, patient: _Patient, down: np.ndarray, right: np.ndarray, height: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return how deep in the whole tumour and in its core each pixel lies and the core's radius, in mm."""
    down, right = down - np.float32(patient.site[0]), right - np.float32(patient.site[1])
    # The outline is the patient's own; each slice adds a little.
    own = np.random.default_rng(patient.outline)
    aspect, angle = own.uniform(1.0, 1.6), own.uniform(0, np.pi)
    cut = np.sqrt(1 - min(0.8, abs(height) / patient.radius) ** 2)
    radius = patient.radius * cut
    core = texture.star(own, down, right, radius, aspect, angle, roughness=0.16, lobes=6)
    core += 1.2 * texture.smooth_noise(rng, core.shape, max(1.0, core.shape[0] / 24))
    off = own.normal(0, 0.3 * patient.margin, size=2).astype("float32")
    whole = texture.star(
        own, down - off[0], right - off[1], radius + patient.margin, aspect, angle, roughness=0.2, lobes=8
    )
    return whole, core, float(radius)


def _add_tumour(
    rng: np.random.Generator,
    patient: _Patient,
    signal: np.ndarray,
    brain: np.ndarray,
    spared: np.ndarray,
    whole: np.ndarray,
    core: np.ndarray,
    radius: float,
    mm_per_px: float,
) -> np.ndarray:
    """Draw the tumour over the brain and return its three masks, (h, w, 3) float32."""
    px, shape = np.float32(mm_per_px), core.shape
    patchy = texture.smooth_noise(rng, shape, 5 / mm_per_px)
    in_brain = brain > 0.5
    middle = int(np.where(in_brain, core, -np.inf).argmax())
    core = _one_piece(core, in_brain, middle, mm_per_px)
    # Fingers: oedema spreads along white matter and spares cortex and fluid.
    oedema = np.maximum(core, whole + 2.5 * patchy - 9 * spared)
    oedema = _one_piece(oedema, in_brain, middle, mm_per_px)
    ragged = texture.smooth_noise(rng, shape, 7 / mm_per_px)
    # Dead tissue in the middle, an enhancing rim around it that is thick here and thin there, or missing.
    dead = core - radius * (1 - patient.necrosis) + 2.0 * ragged if patient.necrosis > 0 else core - 1e3
    rim = radius * patient.ring * (1 + 0.55 * patchy)
    start = 1.5 + 1.5 * ragged.clip(0)
    bright = np.minimum(core - start, start + rim - core) if patient.ring > 0 else core - 1e3
    bright = np.minimum(bright, -dead)

    grain = 0.06 * patchy + 0.05 * ragged
    wet = texture.soft(oedema / px, 0.5 + 2.0 / mm_per_px) * np.float32(patient.oedema)
    _paint(signal, wet.clip(0, 1) * (1 - 0.55 * spared), "oedema")
    _paint(signal, texture.soft(core / px, 0.8), "solid")
    _paint(signal, texture.soft(dead / px, 0.8), "necrosis")
    _paint(signal, texture.soft(bright / px, 0.8) * np.float32(patient.uptake), "enhancing")
    signal *= 1 + texture.soft(core / px) * grain

    inner = (core > 0) & in_brain
    masks = np.stack([inner | ((oedema > 0) & in_brain), inner, inner & (bright > 0)], axis=-1)
    return masks.astype("float32")


def _one_piece(depth: np.ndarray, in_brain: np.ndarray, middle: int, mm_per_px: float) -> np.ndarray:
    """Return the depth in mm with the islands sunk that aren't connected with the pixel number `middle`."""
    from scipy.ndimage import binary_dilation, label

    shown = (depth > 0) & in_brain
    pieces, count = label(shown)
    if count < 2:
        return depth
    kept = pieces == pieces.flat[middle]
    # With their soft edges, so that the image doesn't show what the truth doesn't.
    islands = binary_dilation(shown & ~kept, iterations=1 + int(3 / mm_per_px)) & ~kept
    return np.where(islands, np.float32(-99), depth)


def _scanned(
    rng: np.random.Generator,
    signal: np.ndarray,
    brain: np.ndarray,
    patient: _Patient,
    bias_field: float,
    snr_db: float,
) -> np.ndarray:
    """Return what the scanner shows: contrast, coil, noise; (h, w, 4) float32, 0 outside the brain."""
    gain, power = (np.array(values, "float32")[:, None, None] for values in _SCANNERS[patient.scanner])
    power = power * patient.contrast.astype("float32")[:, None, None]
    coil = np.stack([texture.uneven_light(rng, brain.shape, bias_field) for _ in range(4)])
    # As a sum of logarithms: gain * signal^power * coil.
    image = gain * np.exp(power * np.log(signal.clip(1e-3)) + coil) * brain
    image = np.stack([texture.blur(channel, 0.45) for channel in image])
    # A noise that followed the slice's own brightness would tell something about what it shows.
    sigma = np.float32(_CONTRAST * 10 ** (-snr_db / 20))
    # The magnitude of a complex signal: noise in both parts, so that dark tissue isn't black (Rician noise).
    inside = brain > 0.5
    noise = rng.standard_normal((2, len(image), int(inside.sum())), dtype="float32") * sigma
    shown = np.zeros((*brain.shape, len(image)), "float32")
    shown[inside] = np.sqrt((image[:, inside] + noise[0]) ** 2 + noise[1] ** 2).clip(0, 1).T
    return shown
