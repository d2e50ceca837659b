"""Scenes: cluttered rooms and landscapes with things of eight kinds that hide one another.

They are far from any microscope: straight edges, perspective, shadows, textures, objects in front of others.
What they are for is pre-training: a network that learns to segment them can be refined on few images of
another kind. What would make it too easy is left out: colours and textures say nothing about what a thing is.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.simulate.texture import camera_noise, generators, pixel_grid, smooth_noise
from coursekit.errors import InputError

CATEGORIES = ("ball", "box", "bottle", "cup", "tree", "house", "car", "person")

# Standard deviation of a typical scene, to which `snr_db` refers.
_SIGNAL = 0.15

_CARD = Card(
    name="scenes",
    title="Cluttered everyday scenes with eight kinds of things",
    source="Simulated: outlines with random proportions, textures, shading and shadows, drawn from far to "
    "near.",
    licence="CC BY 4.0, as this course.",
    citation="This course; in place of COCO, which Majurski et al., CVPR Workshops 2019, "
    "doi:10.1109/CVPRW.2019.00145, turned to grey to pre-train a network for cell borders.",
    unit="brightness of red, green and blue (or of grey), 0 to 1; pixels have no physical size",
    class_names=CATEGORIES,
    limits="Toys rather than photographs: few kinds of things, each built from a handful of flat, round or "
    "cylindrical parts, one light, no reflections, no transparency, nothing out of focus, no words, no "
    "animals. What a network learns here is less than it would learn from millions of photographs.",
)

# A part of a thing: its outline (points, 2), which of its owner's surfaces it has, how bright it faces, and
# how it bends: 0 flat, 1 a cylinder that stands upright, 2 a sphere.
_Part = tuple[np.ndarray, int, float, int]

# Linear brightness of everyday surfaces: paint, wood, stone, cloth, leaves, sand, sky. Everything draws from
# these, so that a colour says nothing.
_SURFACES = np.array(
    [
        (0.75, 0.73, 0.68),
        (0.45, 0.45, 0.46),
        (0.12, 0.12, 0.13),
        (0.42, 0.27, 0.15),
        (0.22, 0.12, 0.07),
        (0.62, 0.52, 0.36),
        (0.16, 0.28, 0.10),
        (0.30, 0.40, 0.17),
        (0.55, 0.12, 0.09),
        (0.68, 0.38, 0.12),
        (0.75, 0.60, 0.20),
        (0.12, 0.20, 0.45),
        (0.35, 0.50, 0.65),
        (0.50, 0.30, 0.38),
    ],
    "float32",
)


def scenes(
    n: int | None = None,
    seed: int = 0,
    size: int = 64,
    grey: bool = False,
    objects: int = 7,
    snr_db: float = 24.0,
) -> ImageSet:
    """Draw cluttered scenes with a mask for each kind of thing, and the outlines of all things.

    Args:
        n: how many; None for 64.
        seed: decides everything. Image i doesn't depend on n.
        size: height and width in pixels, at least 32.
        grey: one channel, the weighted sum of red, green and blue (ITU-R BT.601), instead of three. The
            scenes are the same.
        objects: mean number of things in a scene, 1 to 30; it varies by half to either side.
        snr_db: standard deviation of a typical image over the noise's, in decibels (20 dB is ten to one).

    Returns:
        images (n, size, size, 3), or 1 channel if grey; targets (n, size, size, 8), for each kind in
        `CATEGORIES` 1 where a thing of that kind is seen: at most one is 1, and none on the background; no
        groups; extra "objects" (n, size, size) int32: things that are seen are numbered from 1, from far to
        near, and the background is 0; "borders" (n, size, size, 1) float32: 1 on the pixels to both sides of
        where a thing meets another or the background.

    Raises:
        InputError: if a number is out of range.
    """
    if size < 32:
        raise InputError(f"size must be at least 32 pixels for things to be recognisable, got {size}.")
    if not 1 <= objects <= 30:
        raise InputError(f"objects must lie between 1 and 30 in a scene, got {objects}.")
    views = [_scene(rng, size, objects, snr_db) for rng in generators(64 if n is None else n, seed)]
    images, kinds, numbers = (np.stack(part) for part in zip(*views, strict=True))
    if grey:
        images = (images @ np.array([0.299, 0.587, 0.114], "float32"))[..., None].clip(0, 1)
    # Category -1, the background, takes the last row: no mask.
    targets = np.eye(len(CATEGORIES) + 1, len(CATEGORIES), dtype="float32")[kinds]
    extra = {"objects": numbers, "borders": _borders(numbers)[..., None]}
    return ImageSet(images, targets, card=_CARD, extra=extra)


@dataclass
class _Parts:
    """Parts in the order in which they are drawn; a later one hides what lies behind it.

    Attributes:
        outlines: (points, 2) each, x and y in fine pixels.
        surface: number of its paint, cloth or wood: a row of `_surfaces`.
        tone: how bright it faces.
        bend: 0 flat, 1 an upright cylinder, 2 a sphere.
        tilt: how far its thing leans, in radians.
        thing: number of its thing, from 1; 0 for the background.
        kind: category of its thing; -1 for the background.
    """

    outlines: list[np.ndarray] = field(default_factory=list)
    surface: list[int] = field(default_factory=list)
    tone: list[float] = field(default_factory=list)
    bend: list[int] = field(default_factory=list)
    tilt: list[float] = field(default_factory=list)
    thing: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)

    def add(self, outline, surface, tone, bend=0, tilt=0.0, thing=0, kind=-1) -> None:
        self.outlines.append(outline)
        self.surface.append(surface)
        self.tone.append(tone)
        self.bend.append(bend)
        self.tilt.append(tilt)
        self.thing.append(thing)
        self.kind.append(kind)


def _scene(
    rng: np.random.Generator, size: int, objects: int, snr_db: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw one scene: image (size, size, 3), category (size, size), -1 on background, and object numbers."""
    # Twice as fine, and one more, so that each pixel's middle is a point of the fine grid.
    side = 2 * size + 1
    horizon = rng.uniform(0.08, 0.5) * side
    light_x, light_y = rng.uniform(-0.75, 0.75), -rng.uniform(0.3, 0.6)
    light = light_x, light_y, float(np.sqrt(1 - light_x**2 - light_y**2))
    parts, period = _Parts(), [side / 2]
    _add_background(rng, parts, period, side, horizon)
    backdrop = len(period)
    shadows = _add_things(rng, parts, period, objects, side, horizon, light_x)
    surfaces = _surfaces(rng, np.array(period), backdrop)
    part_at, shaded = _drawn(parts.outlines, shadows, side)
    picture = _coloured(rng, parts, surfaces, part_at, shaded, horizon, light)
    shrink = _shrinking(size, float(rng.choice([0.4, 0.5, 0.65])))
    # A screen's gamma is nearly 2, and a square root is quicker than a power.
    image = np.sqrt((shrink @ picture @ shrink.T).clip(0, 1)).transpose(1, 2, 0)
    middle = part_at[1::2, 1::2]
    thing_at = np.array(parts.thing)[middle]
    seen = np.bincount(thing_at.ravel(), minlength=parts.thing[-1] + 1) > 0
    seen[0] = False
    numbers = (np.cumsum(seen) * seen).astype("int32")[thing_at]
    return camera_noise(rng, image, snr_db, _SIGNAL), np.array(parts.kind)[middle], numbers


def _add_background(
    rng: np.random.Generator, parts: _Parts, period: list[float], side: int, horizon: float
) -> None:
    """Add wall or sky, floor or ground, and what hangs or lies about that nobody asks for."""
    parts.add(_rectangle(0, 0, side, side), 0, rng.uniform(0.9, 1.2))
    parts.add(_rectangle(0, horizon, side, side), 1, rng.uniform(0.8, 1.1))
    period.append(side * rng.uniform(0.4, 1.0))
    for _ in range(rng.integers(0, 5)):
        left, width = rng.uniform(-0.1, 0.9) * side, rng.uniform(0.1, 0.45) * side
        if rng.random() < 0.5:  # hills, hedges or bushes
            top = horizon * rng.uniform(0.2, 0.8)
            along = np.linspace(0, np.pi, 12)
            rise = np.sin(along) * (horizon - top) * rng.uniform(0.8, 1.0, size=12)
            outline = np.stack([left + width * (1 - np.cos(along)), horizon - rise], axis=1)
        else:  # pictures, windows, posters, doors
            top, bottom = np.sort(rng.uniform(0, 1, size=2)) * horizon
            outline = _rectangle(left, top, left + width, bottom)
        parts.add(outline, len(period), rng.uniform(0.7, 1.0))
        period.append(side / 2)


def _add_things(
    rng: np.random.Generator,
    parts: _Parts,
    period: list[float],
    objects: int,
    side: int,
    horizon: float,
    light_x: float,
) -> list[np.ndarray]:
    """Add things from far to near; return the outlines of their shadows on the ground."""
    shadows = []
    count = int(rng.integers(max(1, objects // 2), objects + objects // 2 + 1))
    kinds = rng.integers(len(CATEGORIES), size=count).tolist()
    tilts = rng.normal(0, 0.07, size=count).tolist()
    # Things stand on the ground: the lower their foot in the picture, the nearer they are.
    feet = np.sort(rng.uniform(0.1, 1.15, size=count))
    heights = ((0.35 + 0.65 * feet) * rng.uniform(0.3, 0.65, size=count) * side).tolist()
    across = (rng.uniform(-0.02, 1.02, size=count) * side).tolist()
    down = (horizon + feet * (side - horizon)).tolist()
    for i, kind in enumerate(kinds):
        drawn = _DRAWN[kind](rng)
        points = np.concatenate([part[0] for part in drawn]) * heights[i]
        base = np.array([across[i], down[i]])
        cosine, sine = np.cos(tilts[i]), np.sin(tilts[i])
        placed = base + points @ np.array([[cosine, sine], [sine, -cosine]])
        # Away from the lamp, and towards the horizon.
        fallen = base + points @ np.array([[1, 0], [-0.9 * light_x, -0.28]])
        start = 0
        for outline, surface, tone, bend in drawn:
            stop = start + len(outline)
            parts.add(placed[start:stop], len(period) + surface, tone, bend, tilts[i], i + 1, kind)
            shadows.append(fallen[start:stop])
            start = stop
        period += [heights[i]] * (1 + max(part[1] for part in drawn))
    return shadows


def _drawn(outlines: list[np.ndarray], shadows: list[np.ndarray], side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of the part that is seen at each fine pixel, and where shadows would fall."""
    from PIL import Image, ImageDraw

    numbers, shade = Image.new("I", (side, side)), Image.new("L", (side, side))
    draw, draw_shadow = ImageDraw.Draw(numbers), ImageDraw.Draw(shade)
    for number, outline in enumerate(outlines):
        draw.polygon(outline.ravel().tolist(), fill=number)
    for outline in shadows:
        draw_shadow.polygon(outline.ravel().tolist(), fill=1)
    return np.asarray(numbers).astype(np.intp), np.asarray(shade) > 0


def _surfaces(rng: np.random.Generator, height: np.ndarray, backdrop: int) -> np.ndarray:
    """Draw paint, cloth, wood or stone for things `height` fine pixels high.

    The first `backdrop` surfaces are those of the background: smoother, and the first is a wall or a sky.

    Returns:
        (12, surfaces) float32: wave vector (x, y) per fine pixel, phase, sharpness of the pattern, 1 if it's
        checked, strength of the grain, and two colours of three channels each.
    """
    count = len(height)
    colours = _SURFACES[rng.integers(len(_SURFACES), size=(2, count))] * rng.uniform(0.55, 1.1, (2, count, 1))
    one, other = colours * rng.uniform(0.85, 1.15, size=(2, count, 3))
    style = rng.random(count)
    wave = 2 * np.pi / np.maximum(height * rng.uniform(0.14, 0.45, count), 6.0)
    angle = rng.integers(4, size=count) * (np.pi / 2) + rng.uniform(0, np.pi, count) * (
        rng.random(count) < 0.3
    )
    plain, stripes, checks, wood = style < 0.45, style < 0.62, style < 0.76, style < 0.9
    sharpness = np.select([plain, stripes, checks, wood], [0.0, 3.0, 3.0, 0.5], 0.7)
    checked = ~plain & ~stripes & (checks | ~wood)
    veined = wood & ~checks
    other[veined] = one[veined] * rng.uniform(0.45, 0.8, count)[veined, None]
    grain = rng.choice([0.03, 0.07, 0.15], count)
    grain[:backdrop] *= 0.6
    # Most skies and walls are pale and plain.
    sharpness[0] *= rng.random() < 0.35
    pale = rng.uniform(0.3, 0.9) * np.array([0.9, 1.0, 1.1])
    one[0], other[0] = 0.35 * one[0] + 0.65 * pale, 0.35 * other[0] + 0.65 * pale
    rows = [wave * np.cos(angle), wave * np.sin(angle), rng.uniform(0, 6.3, count), sharpness, checked, grain]
    return np.concatenate([rows, one.T, other.T]).astype("float32")


def _coloured(
    rng: np.random.Generator,
    parts: _Parts,
    surfaces: np.ndarray,
    part_at: np.ndarray,
    shaded: np.ndarray,
    horizon: float,
    light: tuple[float, float, float],
) -> np.ndarray:
    """Return the light that each fine pixel sends, (3, side, side) float32."""
    side = len(part_at)
    at, column, row = part_at.ravel(), *(axis.ravel() for axis in reversed(pixel_grid((side, side))))
    surfaces = surfaces[:, parts.surface]
    shade = _shading(parts, at, column, row, light)
    kx, ky, phase, sharpness, checked, grain = (values.take(at) for values in surfaces[:6])
    # The ground runs away from us: its pattern shrinks towards the horizon.
    start = max(round(horizon), 0) * side
    below = np.flatnonzero(at[start:] == 1) + start
    far = np.float32(0.5 * side) / (np.float32(0.15 * side) + row[below] - np.float32(start // side))
    across, down = column.copy(), row.copy()
    across[below] = (column[below] - np.float32(side / 2)) * far
    down[below] = np.float32(side) * far
    wave = smooth_noise(rng, (side, side), side / 12).ravel()
    # Wood grain meanders; whatever is sharp was made by machines.
    meander = np.where(sharpness < 0.6, np.float32(2.5), np.float32(0)) * wave
    pattern = np.sin(kx * across + ky * down + phase + meander)
    pattern *= 1 + checked * (np.sin(ky * across - kx * down + phase) - 1)
    mix = (np.float32(0.5) + sharpness * pattern).clip(0, 1)
    shade *= 1 + grain * smooth_noise(rng, (side, side), 1.6).ravel()
    shade[below] *= 1 - np.float32(0.5) * shaded.ravel()[below]
    picture = np.empty((3, side * side), "float32")
    for channel in range(3):
        one, other = surfaces[6 + channel].take(at), surfaces[9 + channel].take(at)
        picture[channel] = shade * (one + mix * (other - one))
    return picture.reshape(3, side, side)


def _shading(
    parts: _Parts, at: np.ndarray, column: np.ndarray, row: np.ndarray, light: tuple[float, float, float]
) -> np.ndarray:
    """Return how much light falls on each fine pixel by Lambert's law, (pixels,) float32."""
    starts = np.cumsum([0, *(len(outline) for outline in parts.outlines)])[:-1]
    points = np.concatenate(parts.outlines)
    low, high = np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)
    (middle_x, middle_y), (half_x, half_y) = ((low + high) / 2).T, np.maximum((high - low) / 2, 1).T
    bend, tilt, tone = np.array(parts.bend), np.array(parts.tilt), np.array(parts.tone)
    # Coordinates within a part from -1 to 1, turned with it; 0 along directions in which it doesn't bend.
    # Lit as if it were flat where they are 0.
    xx, xy = np.cos(tilt) / half_x * (bend > 0), np.sin(tilt) / half_x * (bend > 0)
    yx, yy = -np.sin(tilt) / half_y * (bend > 1), np.cos(tilt) / half_y * (bend > 1)
    frames = np.stack([xx, xy, -xx * middle_x - xy * middle_y, yx, yy, -yx * middle_x - yy * middle_y, tone])
    xx, xy, x0, yx, yy, y0, tone = (values.take(at) for values in frames.astype("float32"))
    x, y = xx * column + xy * row + x0, yx * column + yy * row + y0
    towards = np.sqrt((1 - x * x - y * y).clip(0.02))
    light_x, light_y, light_z = (np.float32(value / light[2]) for value in light)
    return tone * (
        np.float32(0.35) + np.float32(0.75) * (light_x * x + light_y * y + light_z * towards).clip(0)
    )


def _rectangle(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], "float64")


def _ellipse(x: float, y: float, half_width: float, half_height: float, points: int = 20) -> np.ndarray:
    return _circle(points) * (half_width, half_height) + (x, y)


@functools.lru_cache(maxsize=8)
def _circle(points: int) -> np.ndarray:
    """Return points on the unit circle, (points, 2); read-only."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    circle.flags.writeable = False
    return circle


def _mirrored(half: list[tuple[float, float]]) -> np.ndarray:
    """Return the outline of a symmetric thing from its right half, from bottom to top."""
    right = np.array(half)
    return np.concatenate([right, right[::-1] * (-1, 1)])


# Things are drawn in units of their height: x to the right of their foot, y upwards.


def _ball(rng: np.random.Generator) -> list[_Part]:
    radius = rng.uniform(0.28, 0.42)
    return [(_ellipse(0, radius, radius, radius, 28), 0, 1.0, 2)]


def _box(rng: np.random.Generator) -> list[_Part]:
    width, height = rng.uniform(0.4, 1.0), rng.uniform(0.35, 0.8)
    back = np.array([rng.uniform(0.12, 0.35) * rng.choice([-1, 1]), rng.uniform(0.1, 0.25)])
    front = _rectangle(-width / 2, 0, width / 2, height)
    edge = front[[1, 2]] if back[0] > 0 else front[[0, 3]]
    flank = np.concatenate([edge, edge[::-1] + back])
    top = front[[2, 3]]
    lid = np.concatenate([top, top[::-1] + back])
    return [
        (front, 0, rng.uniform(0.75, 0.95), 0),
        (flank, 0, rng.uniform(0.45, 0.7), 0),
        (lid, int(rng.integers(2)), rng.uniform(1.05, 1.25), 0),
    ]


def _bottle(rng: np.random.Generator) -> list[_Part]:
    body, neck = rng.uniform(0.12, 0.22), rng.uniform(0.04, 0.07)
    shoulder, start = rng.uniform(0.45, 0.68), rng.uniform(0.7, 0.8)
    slope = rng.uniform(0.2, 0.8)
    glass = [
        (body * rng.uniform(0.85, 1), 0.0),
        (body, 0.04),
        (body * rng.uniform(0.85, 1.05), shoulder / 2),
        (body, shoulder),
        (neck + slope * (body - neck), (shoulder + start) / 2),
        (neck, start),
        (neck, 0.95),
    ]
    parts: list[_Part] = [(_mirrored(glass), 0, 1.0, 1)]
    parts.append((_rectangle(-neck * 1.2, 0.92, neck * 1.2, 1.0), 1, 0.9, 1))
    if rng.random() < 0.7:
        low = rng.uniform(0.1, 0.25)
        parts.append((_rectangle(-body, low, body, rng.uniform(low + 0.12, shoulder)), 2, 1.0, 1))
    return parts


def _cup(rng: np.random.Generator) -> list[_Part]:
    top, bottom, height = rng.uniform(0.3, 0.45), rng.uniform(0.2, 0.34), rng.uniform(0.5, 0.85)
    flat, side = rng.uniform(0.05, 0.12), rng.choice([-1, 1])
    around = np.linspace(-1.4, 1.4, 9)
    reach, rise = rng.uniform(0.14, 0.22), 0.28 * height
    outer = np.stack([reach * np.cos(around), rise * np.sin(around)], axis=1)
    handle = np.concatenate([outer, outer[::-1] * 0.6])
    handle += np.array([0.45 * (top + bottom), 0.55 * height])
    under = np.linspace(np.pi, 2 * np.pi, 9)
    foot = np.stack([bottom * np.cos(under), flat * (1 + np.sin(under))], axis=1)
    body = np.concatenate([foot, [(top, height), (-top, height)]])
    return [
        (handle * (side, 1), 0, 0.8, 0),
        (body, 0, 1.0, 1),
        (_ellipse(0, height, top, flat * 1.2), 0, 1.15, 0),
        (_ellipse(0, height, top * 0.88, flat), 1, 0.5, 0),
    ]


def _tree(rng: np.random.Generator) -> list[_Part]:
    trunk, crown = rng.uniform(0.03, 0.07), rng.uniform(0.2, 0.4)
    wood = _mirrored([(trunk * 1.4, 0.0), (trunk, 0.1), (trunk * 0.7, crown + 0.2)])
    parts: list[_Part] = [(wood, 1, 0.8, 1)]
    if rng.random() < 0.4:  # a conifer
        tiers, width = int(rng.integers(2, 5)), rng.uniform(0.2, 0.36)
        for tier in range(tiers):
            low = crown + (1 - crown) * tier / (tiers + 0.5) - 0.08
            shape = np.array([(-1, low), (1, low), (0, min(low + 1.6 * (1 - crown) / tiers, 1.0))])
            shape[:, 0] *= width * (1 - 0.7 * tier / tiers)
            parts.append((shape, 0, 0.85 + 0.1 * tier / tiers, 1))
        return parts
    angle = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    lobes = 1 + 0.13 * np.sin(angle * rng.integers(5, 9) + rng.uniform(0, 6.3)) + rng.normal(0, 0.04, size=36)
    half = (1 - crown) / 2
    leaves = (
        np.stack([rng.uniform(0.7, 1.15) * half * np.cos(angle), half * np.sin(angle)], axis=1)
        * lobes[:, None]
    )
    parts.append((leaves + np.array([0, 1 - half]), 0, 1.0, 2))
    return parts


def _house(rng: np.random.Generator) -> list[_Part]:
    half, eaves = rng.uniform(0.32, 0.6), rng.uniform(0.45, 0.7)
    ridge, over = rng.uniform(0, 0.7) * half, rng.uniform(1.02, 1.18)
    wall = _rectangle(-half, 0, half, eaves + 0.04)
    roof = _mirrored([(half * over, eaves), (ridge, 1.0)])
    parts: list[_Part] = []
    if rng.random() < 0.5:
        at = rng.uniform(-0.7, 0.6) * half
        parts.append((_rectangle(at, eaves, at + 0.09, 1.0), 0, 0.7, 0))
    parts += [(wall, 0, 0.95, 0), (roof, 1, 0.75, 0)]
    columns = int(rng.integers(2, 5))
    door = int(rng.integers(columns))
    wide, low = 0.5 * half / columns, eaves * rng.uniform(0.4, 0.55)
    for column in range(columns):
        x = half * (2 * (column + 0.5) / columns - 1)
        bottom, top = (0.0, 0.7 * eaves) if column == door else (low, low + 0.35 * eaves)
        parts.append((_rectangle(x - wide, bottom, x + wide, top), 3 if column == door else 2, 0.6, 0))
    return parts


def _car(rng: np.random.Generator) -> list[_Part]:
    wheel, belt, roof = rng.uniform(0.14, 0.18), rng.uniform(0.38, 0.5), rng.uniform(0.68, 0.9)
    half, side = rng.uniform(0.75, 1.0), rng.choice([-1, 1])
    front, back = rng.uniform(0.2, 0.55), rng.uniform(-0.95, -0.5)
    slant, hood = rng.uniform(0.1, 0.3), rng.uniform(0.02, 0.1)
    turn = np.array([half * side, 1.0])
    body = np.array(
        [
            (-1, 0.14),
            (1, 0.14),
            (1, belt - hood - 0.05),
            (front + 0.05, belt),
            (front - slant, roof),
            (back + slant / 2, roof),
            (back, belt),
            (-1, belt - hood / 2),
        ]
    )
    split = (front + back) / 2
    glass_front = [(front - 0.05, belt), (front - slant - 0.02, roof - 0.06), (split + 0.04, roof - 0.06)]
    glass_back = [(split - 0.04, roof - 0.06), (back + slant / 2 + 0.04, roof - 0.06), (back + 0.08, belt)]
    parts: list[_Part] = [
        (body * turn, 0, 0.95, 0),
        (np.array([*glass_front, (split + 0.04, belt)]) * turn, 1, 0.8, 0),
        (np.array([*glass_back, (split - 0.04, belt)]) * turn, 1, 0.8, 0),
    ]
    for x in (-0.58, 0.58):
        parts.append((_ellipse(x * half, wheel, wheel, wheel, 16), 2, 0.5, 0))
        parts.append((_ellipse(x * half, wheel, wheel * 0.5, wheel * 0.5, 10), 3, 0.9, 0))
    return parts


def _person(rng: np.random.Generator) -> list[_Part]:
    hip, neck, head = rng.uniform(0.44, 0.52), rng.uniform(0.8, 0.84), rng.uniform(0.075, 0.1)
    waist, shoulder = rng.uniform(0.07, 0.12), rng.uniform(0.11, 0.16)
    parts: list[_Part] = []
    stride = rng.uniform(0.02, 0.18)
    for side in (-1, 1):
        thick = rng.uniform(0.045, 0.06)
        top, foot = side * waist * 0.5, side * (stride + 0.03)
        leg = [
            (foot - thick, 0),
            (foot + thick * 1.3, 0),
            (top + thick, hip + 0.02),
            (top - thick, hip + 0.02),
        ]
        parts.append((np.array(leg), 1, 0.85, 1))
    for side in (-1, 1):
        hand = np.array([side * (shoulder + rng.uniform(0.0, 0.22)), rng.uniform(0.4, 0.95)])
        joint = np.array([side * shoulder * 0.85, neck - 0.04])
        across = np.array([0.032, 0.02])
        parts.append((np.array([joint - across, joint + across, hand + across, hand - across]), 0, 0.75, 0))
    torso = _mirrored(
        [(waist, hip - 0.04), (waist * 0.95, hip + 0.1), (shoulder, neck - 0.05), (0.04, neck + 0.02)]
    )
    parts.append((torso, 0, 1.0, 1))
    parts.append((_ellipse(0, 1 - head * 1.1, head * 0.85, head * 1.1, 16), 2, 1.0, 2))
    if rng.random() < 0.8:  # hair or a hat
        hair = _ellipse(0, 1 - head * 1.1, head * 0.95, head * 1.15, 16)
        parts.append((hair[:9] - np.array([0, head * rng.uniform(-0.5, 0.1)]), 3, 0.8, 1))
    return parts


_DRAWN: tuple[Callable[[np.random.Generator], list[_Part]], ...] = (
    _ball,
    _box,
    _bottle,
    _cup,
    _tree,
    _house,
    _car,
    _person,
)


@functools.lru_cache(maxsize=32)
def _shrinking(size: int, blur_px: float) -> np.ndarray:
    """Return the matrix, (size, 2 size + 1), that blurs a fine line and takes the middle of each pixel."""
    fine, middle = np.arange(2 * size + 1), 2 * np.arange(size)[:, None] + 1
    weights = np.exp(-0.5 * ((fine - middle) / (2 * blur_px)) ** 2)
    return (weights / weights.sum(axis=1, keepdims=True)).astype("float32")


def _borders(numbers: np.ndarray) -> np.ndarray:
    """Mark the pixels that touch a pixel with another number above, below or beside them; float32."""
    border = np.zeros(numbers.shape, "float32")
    below = numbers[:, 1:] != numbers[:, :-1]
    border[:, 1:][below] = border[:, :-1][below] = 1
    beside = numbers[:, :, 1:] != numbers[:, :, :-1]
    border[:, :, 1:][beside] = border[:, :, :-1][beside] = 1
    return border
