"""Stress: cross-sections of diseased arteries and the stress that blood pressure causes in their walls.

A mask of an artery (lumen, wall, soft plaque, calcium), as a segmentation of intravascular ultrasound (IVUS)
gives it, goes in; a map of the von Mises stress comes out. The stress is that of linear elasticity in plane
strain, solved by finite elements on a mesh that follows the wall: what a pixel bears depends on the whole
section, not on what lies around the pixel.
"""

import functools

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.simulate.texture import generators, pixel_grid, soft
from coursekit.errors import InputError

_CARD = Card(
    name="stress",
    title="Cross-sections of arteries and the stress in their walls",
    source="Simulated: random sections with plaque and calcium; linear elasticity in plane strain by finite "
    "elements.",
    licence="CC BY 4.0, as this course.",
    citation="This course; after the task in Mo et al., Efficient Deep Representation Learning by Adaptive "
    "Latent Space Sampling, arXiv:2004.02757.",
    unit="images: share of a pixel that is lumen, wall, soft plaque or calcium, 0 to 1; targets: von Mises "
    "stress as a share of 150 kPa, 0 where less than half of a pixel is tissue; 0.1 mm per pixel unless said "
    "otherwise",
    class_names=("von Mises stress",),
    limits="Tissue is linear, isotropic and free of stress before the pressure acts; real tissue stiffens as "
    "it stretches, has fibres and residual stress. One section at one pressure, no axial stretch, nothing "
    "around the vessel, moduli of a material alike in all patients. The mesh is about as fine as the pixels: "
    "peaks narrower than that are flattened. The stress is no measure of anybody's risk.",
    channel_names=("lumen", "wall", "soft plaque", "calcium"),
)

REFERENCE_KPA = 150.0
"""Von Mises stress in kPa that a target of 1 stands for; more is shown as 1."""

WALL_KPA = 600.0
"""Young's modulus of the wall and of fibrous plaque in kPa."""

POISSON = 0.45
"""Poisson's ratio of all tissue: nearly incompressible."""

_KPA_PER_MMHG = 0.133322
_FIELD_MM = 6.0  # what the largest vessel needs
_ANGLES = 48
_LAYERS = 10
# Layers are thinner towards the lumen, where a thin cap may lie over soft plaque.
_DEPTHS = (np.arange(_LAYERS + 1) / _LAYERS) ** 1.5
_TURN = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)


def stress(
    n: int | None = None,
    seed: int = 0,
    size: int = 64,
    mm_per_px: float = 0.1,
    pressure_mmhg: float = 120.0,
    soft_modulus_kpa: float = 20.0,
    calcium_modulus_kpa: float = 5000.0,
) -> ImageSet:
    """Simulate cross-sections of arteries and the stress in their walls under blood pressure.

    Args:
        n: how many sections; None for 64.
        seed: decides everything. Image i doesn't depend on n.
        size: height and width in pixels, a whole number from 16.
        mm_per_px: width of a pixel in millimetres; the field must be at least 6 mm wide.
        pressure_mmhg: pressure in the lumen above that around the vessel, in mm Hg, 10 to 300. The stress is
            proportional to it.
        soft_modulus_kpa: Young's modulus of soft (lipid) plaque in kPa, 1 to 600. The wall has 600: at 600
            only the shape of the section matters.
        calcium_modulus_kpa: Young's modulus of calcium in kPa, 600 to 20000.

    Returns:
        images (n, size, size, 4): the share of each pixel that is lumen, wall (with fibrous plaque), soft
        plaque and calcium; targets (n, size, size, 1): von Mises stress at the middle of a pixel as a share
        of `REFERENCE_KPA`, cut at 1, and 0 where less than half of the pixel is tissue (the other three);
        no groups; extra "peak_kpa" (n,) float32: the largest von Mises stress of the section, not cut.

    Raises:
        InputError: if a number is out of range.

    Source: the task is that of Mo et al., arXiv:2004.02757; materials and loads are this course's choice.
    """
    if not mm_per_px > 0:
        raise InputError(f"mm_per_px must be above 0, got {mm_per_px}.")
    if not isinstance(size, int | np.integer) or size < 16:
        raise InputError(
            f"size must be a whole number of at least 16 pixels, got {size!r}: "
            "in fewer, a wall would be thinner than one."
        )
    if size * mm_per_px < _FIELD_MM - 1e-9:
        raise InputError(
            f"The field must be at least {_FIELD_MM:g} mm wide to hold a vessel, got {size} pixels of "
            f"{mm_per_px:g} mm, {size * mm_per_px:g} mm: use more or larger pixels."
        )
    for name, value, low, high in (
        ("pressure_mmhg", pressure_mmhg, 10, 300),
        ("soft_modulus_kpa", soft_modulus_kpa, 1, WALL_KPA),
        ("calcium_modulus_kpa", calcium_modulus_kpa, WALL_KPA, 20000),
    ):
        if not low <= value <= high:
            raise InputError(f"{name} must lie in [{low:g}, {high:g}], got {value}.")
    moduli = np.array([soft_modulus_kpa, calcium_modulus_kpa])
    sections = [
        _section(rng, size, mm_per_px, pressure_mmhg * _KPA_PER_MMHG, moduli)
        for rng in generators(64 if n is None else n, seed)
    ]
    images, targets, peaks = (np.stack(part) for part in zip(*sections, strict=True))
    return ImageSet(images, targets[..., None], card=_CARD, extra={"peak_kpa": peaks})


def wall_stress(
    inner_mm: np.ndarray, outer_mm: np.ndarray, modulus_kpa: np.ndarray, pressure_kpa: float
) -> tuple[np.ndarray, np.ndarray]:
    """Solve for the stress in the wall of a vessel under inner pressure.

    div σ = 0 in the wall, σ = K tr(ε) I + 2 G dev(ε) in plane strain, σ·n = -p n on the inner contour and 0
    on the outer one. Finite elements with four nodes on a mesh that follows both contours; the mean change
    of volume of each element is used (B-bar), so that nearly incompressible tissue doesn't lock. Radii are
    measured from one point, at angles 2π k / 48.

    Args:
        inner_mm: radius of the inner contour, (48,) in mm.
        outer_mm: radius of the outer contour, (48,) in mm.
        modulus_kpa: Young's modulus of each element, (48, 10) in kPa: from angle k to k + 1, from the inner
            to the outer contour.
        pressure_kpa: inner pressure in kPa.

    Returns:
        The stress at the middle of each element, (48, 10, 4) in kPa: xx, yy, xy, zz; and the forces that
        remain at the nodes as a share of the largest load, (48, 11, 2): 0 but for rounding.

    Source: Hughes, The Finite Element Method, 1987, section 4.5 (B-bar).
    """
    from scipy.linalg import solveh_banded

    radius = inner_mm[:, None] + (outer_mm - inner_mm)[:, None] * _DEPTHS
    nodes = radius[..., None] * np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)[:, None]
    stiffness, gradient = _stiffness(nodes, modulus_kpa)
    degrees, place, width = _numbering()
    band: np.ndarray = np.bincount(place, stiffness.ravel())[:-1].reshape(width + 1, nodes.size)
    load: np.ndarray = np.zeros(nodes.size)
    # Half of the force on each edge of the inner contour goes to each of its ends.
    edge = np.roll(nodes[:, 0], -1, axis=0) - nodes[:, 0]
    force = 0.5 * pressure_kpa * np.stack([edge[:, 1], -edge[:, 0]], axis=1)
    inner = _node_degrees()[:, 0]
    load[inner] = force + np.roll(force, 1, axis=0)
    # The load is in balance. Three springs hold the section in place; they bear nothing.
    outer = _node_degrees()[:, -1]
    springs = [outer[0, 0], outer[0, 1], outer[_ANGLES // 2, 1]]
    band[0, springs] += WALL_KPA
    moved = solveh_banded(band, load, lower=True, overwrite_ab=True, check_finite=False)[degrees]
    inside = np.bincount(degrees.ravel(), (stiffness * moved).sum(1).ravel(), nodes.size)
    left = ((inside - load) / np.abs(load).max())[_node_degrees()]
    return _element_stress(gradient, moved, modulus_kpa), left


def von_mises(tensor: np.ndarray) -> np.ndarray:
    """Return the von Mises stress of (..., 4) stresses xx, yy, xy, zz, in their unit."""
    xx, yy, xy, zz = np.moveaxis(tensor, -1, 0)
    return np.sqrt(0.5 * ((xx - yy) ** 2 + (yy - zz) ** 2 + (zz - xx) ** 2) + 3 * xy**2)


def _section(
    rng: np.random.Generator, size: int, mm_per_px: float, pressure_kpa: float, moduli: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.float32]:
    """Draw one section: its materials (size, size, 4), its relative stress (size, size), its peak in kPa."""
    inner, outer, pools = _anatomy(rng)
    turned, shift = rng.uniform(0, 2 * np.pi), rng.uniform(-0.12, 0.12, size=2)

    middle = 0.5 * (_DEPTHS[1:] + _DEPTHS[:-1])
    between = (np.arange(_ANGLES) + 0.5)[:, None]
    thick = _around(outer, between) - _around(inner, between)
    shares = _pool_shares(pools, between, thick * middle, 0.5 * thick * np.diff(_DEPTHS))
    # A mixture's modulus lies between its parts': the geometric mean keeps a thin soft layer soft.
    modulus = WALL_KPA * np.exp(np.tensordot(np.log(moduli / WALL_KPA), shares, 1))
    mises = von_mises(wall_stress(inner, outer, modulus, pressure_kpa)[0])

    row, column = pixel_grid((size, size))
    x = (column - np.float32(size / 2 - 0.5)) * np.float32(mm_per_px) - np.float32(shift[0])
    y = (row - np.float32(size / 2 - 0.5)) * np.float32(mm_per_px) - np.float32(shift[1])
    radius = np.hypot(x, y)
    angle = (np.arctan2(y, x) + np.float32(np.pi + turned)) * np.float32(_ANGLES / (2 * np.pi))
    first, last = _around(inner, angle), _around(outer, angle)
    depth = radius - first
    lumen = soft(-depth / np.float32(mm_per_px))
    tissue = soft((last - radius) / np.float32(mm_per_px)) - lumen
    shares = _pool_shares(pools, angle, depth, 0.5 * mm_per_px) * tissue
    image = np.stack([lumen, tissue - shares.sum(0), *shares], axis=-1).clip(0, 1).astype("float32")

    layer = np.clip(depth / (last - first), 0, 1) ** np.float32(1 / 1.5) * np.float32(_LAYERS) - 0.5
    relative = _sampled(mises, angle - 0.5, layer) / np.float32(REFERENCE_KPA)
    # Not diluted where a pixel is tissue in part: the map is a stress everywhere.
    relative = np.where(tissue >= 0.5, relative, 0).clip(0, 1)
    return image, relative.astype("float32"), np.float32(mises.max())


def _anatomy(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, list[tuple[np.ndarray, ...]]]:
    """Draw a vessel: inner and outer radius (48,) in mm, and pools of soft plaque and of calcium.

    A pool is (material, depth of its middle (48,) in mm, half its thickness (48,) in mm; below 0: none).
    """
    outer = rng.uniform(1.75, 2.45) * (1 + _wave(rng, 3, 0.035))
    wall = rng.uniform(0.28, 0.55) * (1 + _wave(rng, 4, 0.10))
    main = rng.uniform(0, _ANGLES)
    bumps = [(main, rng.uniform(0.15, 1.0), rng.uniform(0.9, 2.4))]
    if rng.random() < 0.5:
        bumps.append((rng.uniform(0, _ANGLES), rng.uniform(0.1, 0.45), rng.uniform(0.5, 1.5)))
    for centre, high, wide in bumps:
        wall = wall + high * np.exp(-0.5 * (_apart(centre) / (0.6 * wide)) ** 2) * (1 + _wave(rng, 6, 0.12))
    inner = np.maximum(outer - wall, 0.55 + 0.1 * (outer - wall))
    wall = outer - inner

    pools: list[tuple[np.ndarray, ...]] = []
    for _ in range(rng.choice(3, p=[0.15, 0.6, 0.25])):
        centre = (main if not pools else rng.uniform(0, _ANGLES)) + rng.normal(0, 3)
        wide = rng.uniform(0.35, 1.1)
        cap = np.exp(rng.uniform(np.log(0.07), np.log(0.35))) * (1 + _wave(rng, 5, 0.15))
        reach = 1 - (_apart(centre) / wide) ** 2
        high = np.minimum(rng.uniform(0.25, 0.8) * wall, wall - cap - 0.15)
        half = 0.5 * high * np.sqrt(reach.clip(0)) * (1 + _wave(rng, 6, 0.1))
        # A crescent: its side towards the lumen runs along the cap in the middle and dives at the ends.
        at = cap + 0.5 * high
        pools.append((np.array(0), at, np.where((reach > 0) & (high > 0.08), half, -1.0)))
    for _ in range(rng.choice(4, p=[0.35, 0.35, 0.2, 0.1])):
        reach = 1 - (_apart(rng.uniform(0, _ANGLES)) / rng.uniform(0.2, 0.9)) ** 2
        half = 0.5 * rng.uniform(0.12, 0.4) * np.sqrt(reach.clip(0)) * (1 + _wave(rng, 8, 0.2))
        half = np.minimum(half, 0.4 * wall)
        at = half.max() + 0.04 + rng.uniform(0.05, 0.8) * (wall - 2 * half.max() - 0.08)
        pools.append((np.array(1), at.clip(0.1), np.where(reach > 0, half, -1.0)))
    return inner, outer, pools


def _wave(rng: np.random.Generator, waves: int, strength: float) -> np.ndarray:
    """Draw a smooth random function of the angle, (48,), mean 0, standard deviation about `strength`."""
    number = np.arange(1, waves + 1)[:, None]
    amplitude = rng.standard_normal((waves, 1)) / number
    phase = rng.uniform(0, 2 * np.pi, (waves, 1))
    return strength * (amplitude * np.cos(number * _TURN + phase)).sum(0) * np.sqrt(2 / (1 / number**2).sum())


def _apart(centre: float) -> np.ndarray:
    """Return how far each of the 48 angles lies from the one numbered `centre`, in radians."""
    return np.abs((_TURN - centre * (2 * np.pi / _ANGLES) + np.pi) % (2 * np.pi) - np.pi)


def _pool_shares(
    pools: list[tuple[np.ndarray, ...]], angle: np.ndarray, depth: np.ndarray, reach: np.ndarray | float
) -> np.ndarray:
    """Return the share of soft plaque and of calcium at some points, (2, *points).

    Args:
        pools: as `_anatomy` returns them.
        angle: of each point, in steps of 2π / 48.
        depth: of each point under the inner contour in mm.
        reach: half the thickness in mm over which the share is taken.
    """
    shares = np.zeros((2, *depth.shape), depth.dtype)
    for material, at, half in pools:
        inside = _around(half, angle) - np.abs(depth - _around(at, angle))
        shares[material] = np.maximum(shares[material], soft(inside / reach, 1.0))
    shares[0] = np.minimum(shares[0], 1 - shares[1])  # calcium lies in soft plaque, not under it
    return shares


def _around(values: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Interpolate (48,) values around the vessel at angles in steps of 2π / 48; type of `angle`."""
    whole = np.floor(angle)
    part = (angle - whole).astype(angle.dtype)
    left = whole.astype(np.intp) % _ANGLES
    ring = np.append(values, values[0]).astype(angle.dtype)
    return ring[left] + part * np.diff(ring)[left]


def _sampled(values: np.ndarray, angle: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """Interpolate (48, 10) values between the middles of elements; beyond the outermost they stay."""
    layer = np.clip(layer, 0, _LAYERS - 1)
    left = np.floor(angle).astype(np.intp)
    upper = np.minimum(layer.astype(np.intp), _LAYERS - 2)
    across, down = (angle - left).astype("float32"), (layer - upper).astype("float32")
    flat = values.astype("float32").ravel()
    one, two = left % _ANGLES * _LAYERS + upper, (left + 1) % _ANGLES * _LAYERS + upper
    here = flat[one] + down * (flat[one + 1] - flat[one])
    return here + across * (flat[two] + down * (flat[two + 1] - flat[two]) - here)


def _stiffness(nodes: np.ndarray, modulus: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the stiffness of each element, (8, 8, 480), and its mean gradient, (8, 480): d/dx, d/dy.

    Elements come last: numpy is slow at many short rows.
    """
    x, y = nodes.reshape(-1, 2).T[:, _corners()]  # (4 nodes, 480)
    # d(x, y) / d(local axes) at the four Gauss points, then its inverse, all times the area of a point.
    xs, xt = (_SHAPES[:, axis] @ x for axis in (0, 1))
    ys, yt = (_SHAPES[:, axis] @ y for axis in (0, 1))
    volume = xs * yt - xt * ys
    along, around = _SHAPES[:, 0, :, None], _SHAPES[:, 1, :, None]
    scaled = np.empty((4, 8, volume.shape[1]))  # gradient times volume
    scaled[:, :4] = yt[:, None] * along - ys[:, None] * around
    scaled[:, 4:] = xs[:, None] * around - xt[:, None] * along
    area = volume.sum(0)
    mean = scaled.sum(0) / area
    gradient = scaled / volume[:, None]
    product = gradient[0][:, None] * scaled[0]
    part = np.empty_like(product)  # one buffer: large new arrays cost more than the sums
    for point in (1, 2, 3):
        np.multiply(gradient[point][:, None], scaled[point], out=part)
        product += part
    shear = modulus.ravel() / (2 * (1 + POISSON))
    bulk = modulus.ravel() / (3 * (1 - 2 * POISSON))
    first, second = slice(0, 4), slice(4, 8)
    xx, xy, yx, yy = (product[i, j] for i in (first, second) for j in (first, second))
    stiffness = (bulk * area * mean)[:, None] * mean
    stiffness[first, first] += shear * (4 / 3 * xx + yy)
    stiffness[second, second] += shear * (4 / 3 * yy + xx)
    stiffness[first, second] += shear * (yx - 2 / 3 * xy)
    stiffness[second, first] += shear * (xy - 2 / 3 * yx)
    return stiffness, mean


def _element_stress(gradient: np.ndarray, moved: np.ndarray, modulus: np.ndarray) -> np.ndarray:
    """Return the mean stress of each element, (48, 10, 4), from its nodes' displacements (8, 480)."""
    u, v, dx, dy = moved[:4], moved[4:], gradient[:4], gradient[4:]
    xx, yy, xy = (dx * u).sum(0), (dy * v).sum(0), 0.5 * (dy * u + dx * v).sum(0)
    shear = modulus.ravel() / (2 * (1 + POISSON))
    pressure = (modulus.ravel() / (3 * (1 - 2 * POISSON)) - 2 / 3 * shear) * (xx + yy)
    tensor = [pressure + 2 * shear * xx, pressure + 2 * shear * yy, 2 * shear * xy, pressure]
    return np.stack(tensor, axis=-1).reshape(_ANGLES, _LAYERS, 4)


def _shape_gradients() -> np.ndarray:
    """Return the local gradients of the four shape functions at the four Gauss points, (4, 2, 4)."""
    at = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    points = at / np.sqrt(3)
    return np.stack(
        [0.25 * at[:, 0] * (1 + points[:, 1:] * at[:, 1]), 0.25 * at[:, 1] * (1 + points[:, :1] * at[:, 0])],
        axis=1,
    )


_SHAPES = _shape_gradients()


@functools.cache
def _corners() -> np.ndarray:
    """Return the four nodes of each element, (4, 480), anticlockwise in (depth, angle)."""
    angle, layer = np.divmod(np.arange(_ANGLES * _LAYERS), _LAYERS)
    here, there = angle * (_LAYERS + 1) + layer, (angle + 1) % _ANGLES * (_LAYERS + 1) + layer
    return np.stack([here, here + 1, there + 1, there])


@functools.cache
def _node_degrees() -> np.ndarray:
    """Return the numbers of the two unknowns of each node, (48, 11, 2).

    Angles are taken in turn from both sides (0, 47, 1, 46, ...), so that the ring, too, has a narrow band.
    """
    place = np.empty(_ANGLES, np.intp)
    place[: _ANGLES // 2] = 2 * np.arange(_ANGLES // 2)
    place[_ANGLES // 2 :] = 2 * np.arange(_ANGLES // 2)[::-1] + 1
    node = place[:, None] * (_LAYERS + 1) + np.arange(_LAYERS + 1)
    return 2 * node[..., None] + np.arange(2)


@functools.cache
def _numbering() -> tuple[np.ndarray, np.ndarray, int]:
    """Return what puts the elements' stiffness into the banded matrix.

    Returns:
        The unknowns of each element, (8, 480): x of its four nodes, then y; where each of its 64 entries
        goes in the flat band, (30720,), those above the diagonal behind its end; half the band's width.
    """
    degrees = np.moveaxis(_node_degrees().reshape(-1, 2)[_corners()], -1, 0).reshape(8, -1)
    below = degrees[:, None] - degrees
    width, unknowns = int(below.max()), int(degrees.max()) + 1
    place = np.where(below >= 0, below * unknowns + degrees, (width + 1) * unknowns)
    return degrees, place.ravel(), width
