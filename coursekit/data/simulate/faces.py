"""Faces: heads of a few persons, indoors and outdoors, as a face detector cuts them out.

A head is a relief in millimetres: a height for each point of the frontal view, from proportions that differ
from person to person as in an adult population. It is lit (Lambert's law, cast shadows, light that reaches
hollows less), turned and photographed. What makes recognition hard is imitated: light that changes a face
more than its owner does, pose, expression, loose crops, hair that changes from session to session, and
strangers.
"""

from dataclasses import dataclass

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.simulate.texture import blur, camera_noise, generators, smooth_noise
from coursekit.errors import InputError

# Mean and standard deviation over persons, in millimetres unless said otherwise. Distances downwards count
# from the line between the eyes.
_PROPORTIONS = {
    "eye_distance": (63.0, 3.6),
    "eye_width": (30.0, 2.2),
    "eye_opening": (10.5, 1.6),
    "eye_slant": (0.8, 1.2),
    "socket_depth": (6.5, 2.2),
    "brow_height": (19.0, 2.4),
    "brow_thickness": (5.5, 1.6),
    "brow_arch": (3.0, 1.8),
    "brow_slope": (0.0, 2.0),
    "brow_ridge": (4.5, 2.2),
    "nose_length": (47.0, 4.0),
    "nose_width": (34.0, 4.0),
    "nose_bridge": (9.5, 1.5),
    "nose_height": (17.5, 3.0),
    "nose_hump": (0.5, 1.6),
    "mouth_height": (69.0, 4.0),
    "mouth_width": (49.0, 5.0),
    "lip_fullness": (16.0, 4.0),
    "chin": (112.0, 6.0),
    "chin_projection": (7.0, 3.0),
    "half_width": (69.0, 4.0),
    "jaw": (0.76, 0.07),  # width near the chin, share of the face's
    "squareness": (4.2, 0.9),  # exponent of the chin's outline
    "cheekbone": (5.0, 2.5),
    "cheek_fullness": (2.0, 3.0),
    "fold": (1.3, 0.7),  # depth of the fold from nose to mouth
    "hairline": (62.0, 9.0),
    "hairline_corner": (14.0, 8.0),  # how much lower the hairline is at the temples
    "hair_thickness": (11.0, 5.0),
    "hair_length": (5.0, 60.0),  # lower end of the hair at the sides
    "hair_curl": (0.5, 0.25),  # 0 strands, 1 curls
    "parting": (0.0, 25.0),
    "hair_log_albedo": (-2.15, 0.8),
    "brow_contrast": (0.55, 0.16),  # share of light that brows swallow
    "skin_log_albedo": (-0.85, 0.22),
    "beard": (-0.35, 0.55),  # share of light that a beard swallows; none below 0
    "moustache": (-0.2, 0.45),
    "iris_albedo": (0.12, 0.06),
    "lip_contrast": (0.30, 0.09),
}

# Standard deviation of a typical image, to which `snr_db` refers.
_SIGNAL = 0.17
_AXIS_MM = 80.0  # the head turns about a point this far behind its eyes
_BOX_MM = 176.0  # width of the detector's box
_BOX_CENTRE_MM = 22.0  # its centre lies this far below the eyes


@dataclass(frozen=True)
class _Moment:
    """What changes from one image of a person to the next: angles in radians, lengths in millimetres."""

    yaw: float
    pitch: float
    roll: float
    mouth_open: float
    smile: float
    eyes_open: float
    gaze: tuple[float, float]
    brow_raise: float


@dataclass(frozen=True)
class _Session:
    """What images of one recording session share."""

    outdoor: bool
    sun: tuple[float, float, float]  # unit vector to the lamp: right, down, towards the camera
    sun_strength: float
    ambient: float
    shadow_softness: float
    exposure: float
    leaves: float
    hair_change: tuple[float, ...]
    clothes: float
    glasses_on: bool
    sunglasses: bool
    scarf: bool
    background: np.ndarray
    blur_px: float


@dataclass(frozen=True)
class _Look:
    """What stays on a head during a session, each (rows, columns) of the relief, float32.

    Attributes:
        hair: how much of each point hair covers, 0 to 1.
        lock: albedo of the hair.
        thickness: how much higher it lies than the skin, in mm.
        spots: unevenness of the skin, about 1.
        bristles: unevenness of a beard, about 1.
    """

    hair: np.ndarray
    lock: np.ndarray
    thickness: np.ndarray
    spots: np.ndarray
    bristles: np.ndarray


def faces(
    n: int | None = None,
    seed: int = 0,
    size: int = 64,
    persons: int = 6,
    people_seed: int = 0,
    light: str = "both",
    sunshine: float = 1.0,
    strangers: float = 0.0,
    resemblance: float = 0.3,
    per_session: int = 5,
    misalignment_px: float = 2.5,
    yaw_deg: float = 20.0,
    snr_db: float = 22.0,
) -> ImageSet:
    """Photograph the heads of a few persons, and of strangers.

    The same `people_seed` gives the same persons whatever `seed` is: train on
    `load("faces", seed=1, light="indoor")`, test on `load("faces", seed=2, light="outdoor", strangers=0.2)`.

    Args:
        n: how many images; None for 40 of each person. Persons take turns, so that each has about as many
            images as the others.
        seed: decides sessions, poses, expressions, light and strangers. Image i doesn't depend on n.
        size: height and width in pixels, at least 24; a pixel is about 176 / size millimetres wide.
        persons: how many persons are to be told apart, at least 2. The first 6 of 8 are the 6.
        people_seed: decides who these persons are.
        light: "indoor" (a soft lamp, walls), "outdoor" (sun and shadow, sky and leaves) or "both" (each
            session is one or the other).
        sunshine: how strong the sun is outdoors, 0 (always overcast) to 1 (from overcast to glaring).
        strangers: share of images that show somebody else, 0 to 1, each of them another person.
        resemblance: how much of their proportions all persons and strangers have in common, 0 (no more than
            any adults) to 0.95 (siblings).
        per_session: images of a person in one recording session, at least 1.
        misalignment_px: standard deviation of the detector's box about the face along each axis in pixels;
            its width varies in proportion.
        yaw_deg: largest turn to either side in degrees, 0 to 30.
        snr_db: standard deviation of a typical image over the noise's, in decibels (20 dB is ten to one).

    Returns:
        images (n, size, size, 1), grey value; targets: number of the person, `persons` for a stranger, as in
        `card.class_names`; groups: number of the session, which shares person (or strangers), light,
        background and hair style; extra "outdoor" (n,) int64, 1 outdoors; "person_identity" (n,) int64,
        number of the person, a large one of their own for each stranger; "yaw_deg" (n,) float32, positive
        where the nose points to the image's right; "eyes" (n, 2, 2) float32, row and column of the eye at
        the image's left and of the other in pixels.

    Raises:
        InputError: if an option is out of range.
    """
    _check_people(size, persons, people_seed, strangers, resemblance, per_session)
    _check_camera(size, light, sunshine, misalignment_px, yaw_deg)
    n = 40 * persons if n is None else n
    known = [
        _person(np.random.default_rng([people_seed, 1, number]), people_seed, resemblance)
        for number in range(persons)
    ]
    targets, groups = _turns(n, seed, persons, strangers, per_session)
    sources = generators(groups.max() + 1, seed)
    sessions: dict[int, _Session] = {}
    looks: dict[int, _Look] = {}
    axes = _relief_axes(size)
    images = np.empty((n, size, size, 1), "float32")
    eyes = np.empty((n, 2, 2), "float32")
    yaw, identity, outdoor = np.empty(n, "float32"), targets.copy(), np.empty(n, "int64")
    for i, (target, group) in enumerate(zip(targets, groups, strict=True)):
        rng = sources[group]
        if group not in sessions:
            sessions[group] = _session(rng, size, light, sunshine)
        if target == persons:
            identity[i] = rng.integers(2**32, 2**62)
            person = _person(np.random.default_rng(int(identity[i])), people_seed, resemblance)
        else:
            person = known[target]
        if group not in looks or target == persons:
            looks[group] = _look(rng, person, sessions[group], *axes)
        moment = _moment(rng, sessions[group], yaw_deg)
        images[i, ..., 0], eyes[i] = _photograph(
            rng, person, looks[group], sessions[group], moment, size, misalignment_px, snr_db
        )
        yaw[i], outdoor[i] = np.degrees(moment.yaw), sessions[group].outdoor
    extra = {"outdoor": outdoor, "person_identity": identity, "yaw_deg": yaw, "eyes": eyes}
    return ImageSet(images, targets, groups, _card(persons), extra)


def _check_people(
    size: int, persons: int, people_seed: int, strangers: float, resemblance: float, per_session: int
) -> None:
    if size < 24:
        raise InputError(f"size must be at least 24 pixels for a face to be recognisable, got {size}.")
    if persons < 2:
        raise InputError(
            f"persons must be at least 2, there is nothing to tell apart otherwise, got {persons}."
        )
    if people_seed < 0:
        raise InputError(f"people_seed must be a whole number from 0, got {people_seed}.")
    if not 0 <= strangers <= 1:
        raise InputError(f"strangers is a share of images and must lie between 0 and 1, got {strangers}.")
    if not 0 <= resemblance <= 0.95:
        raise InputError(
            f"resemblance must lie between 0 and 0.95, got {resemblance}: at 1 all persons would be one."
        )
    if per_session < 1:
        raise InputError(f"per_session must be at least 1 image, got {per_session}.")


def _check_camera(size: int, light: str, sunshine: float, misalignment_px: float, yaw_deg: float) -> None:
    if light not in ("indoor", "outdoor", "both"):
        raise InputError(f"light must be 'indoor', 'outdoor' or 'both', got {light!r}.")
    if not 0 <= sunshine <= 1:
        raise InputError(f"sunshine must lie between 0 (overcast) and 1, got {sunshine}.")
    if not 0 <= misalignment_px <= size / 8:
        raise InputError(
            f"misalignment_px must lie between 0 and an eighth of the image ({size / 8:g}), got "
            f"{misalignment_px}: beyond, faces leave the image."
        )
    if not 0 <= yaw_deg <= 30:
        raise InputError(
            f"yaw_deg must lie between 0 and 30, got {yaw_deg}: the heads have no sides to show beyond."
        )


def _turns(
    n: int, seed: int, persons: int, strangers: float, per_session: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return who is on each image and in which session, both (n,) int64; image i doesn't depend on n.

    Strangers are spread evenly. In a round each person has one session; persons take turns within it.
    """
    order = np.random.default_rng([seed, 1])
    count = np.floor(np.arange(n + 1) * strangers + 1e-9)
    is_stranger = np.diff(count) > 0
    known = int(n - is_stranger.sum())
    rounds = -(-known // persons)
    turns = np.concatenate([np.zeros(0, "int64"), *(order.permutation(persons) for _ in range(rounds))])
    targets = np.full(n, persons, "int64")
    targets[~is_stranger] = turns[:known]
    keys: dict[tuple[bool, int, int], int] = {}
    groups = np.empty(n, "int64")
    seen = [0, 0]
    for i, stranger in enumerate(is_stranger.tolist()):
        images_a_round = per_session if stranger else per_session * persons
        key = (stranger, seen[stranger] // images_a_round, int(targets[i]))
        seen[stranger] += 1
        groups[i] = keys.setdefault(key, len(keys))
    return targets, groups


def _person(rng: np.random.Generator, people_seed: int, resemblance: float) -> dict[str, float]:
    """Draw a person: proportions by name, and whether they own glasses."""
    family = np.random.default_rng([people_seed, 2]).standard_normal(len(_PROPORTIONS))
    own = rng.standard_normal(len(_PROPORTIONS))
    # What is shared takes from what is one's own, so that persons stay as likely as any.
    traits = (np.sqrt(resemblance) * family + np.sqrt(1 - resemblance) * own).clip(-2.2, 2.2)
    values = zip(_PROPORTIONS.items(), traits.tolist(), strict=True)
    person = {name: mean + sd * trait for (name, (mean, sd)), trait in values}
    return person | {"glasses": float(rng.random() < 0.3)}


def _session(rng: np.random.Generator, size: int, light: str, sunshine: float) -> _Session:
    outdoor = light == "outdoor" or (light == "both" and rng.random() < 0.5)
    if outdoor:
        # The sun stands anywhere but behind the head, and rarely in front of it: people turn away from glare.
        azimuth = np.radians(rng.uniform(20, 105)) * rng.choice([-1, 1])
        elevation = np.radians(rng.uniform(15, 60))
        cloud = 1 - sunshine * (1 - rng.beta(0.8, 1.6))
        strength, ambient = 1.5 * (1 - 0.75 * cloud), rng.uniform(0.22, 0.4) + 0.35 * cloud
        softness, leaves = 4 + 12 * cloud, rng.uniform(0.3, 0.7) * (rng.random() < 0.2)
        exposure = rng.uniform(0.85, 1.75)
        background = _outdoors(rng, 2 * size)
    else:
        azimuth, elevation = np.radians(rng.normal(0, 20)), np.radians(rng.uniform(15, 45))
        strength, ambient, softness, leaves = rng.uniform(0.55, 0.75), rng.uniform(0.45, 0.6), 22.0, 0.0
        exposure = rng.uniform(1.0, 1.2)
        background = _indoors(rng, 2 * size)
    sun = (np.sin(azimuth) * np.cos(elevation), -np.sin(elevation), np.cos(azimuth) * np.cos(elevation))
    return _Session(
        outdoor,
        tuple(float(part) for part in sun),  # type: ignore[arg-type]
        float(strength),
        float(ambient),
        float(softness),
        float(exposure),
        float(leaves),
        tuple(rng.standard_normal(4).tolist()),
        float(rng.uniform(0.03, 0.6)),
        bool(rng.random() < 0.75),
        bool(outdoor and rng.random() < 0.06),
        bool(outdoor and rng.random() < 0.05),
        background,
        float(rng.choice([0.35, 0.5, 0.65])),
    )


def _moment(rng: np.random.Generator, session: _Session, yaw_deg: float) -> _Moment:
    yaw = np.radians(yaw_deg * rng.uniform(-1, 1))
    pitch, roll = np.radians(rng.normal(0, 4)), np.radians(rng.normal(0, 4))
    squint = rng.uniform(0.45, 0.85) if session.outdoor else rng.uniform(0.8, 1.1)
    return _Moment(
        float(yaw),
        float(pitch.clip(-0.16, 0.16)),
        float(roll),
        float(min(rng.gamma(2.0, 2.5), 11) * (rng.random() < 0.3)),
        float(rng.beta(0.7, 1.3)),
        0.0 if rng.random() < 0.06 else float(squint),
        (float(rng.normal(0, 1.5)), float(rng.normal(0, 0.7))),
        float(rng.normal(0, 1.2)),
    )


def _relief_axes(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where a relief is sampled for images of `size` pixels: u to the right and v down, in mm."""
    pitch_mm = min(2.6, 166 / size)
    return np.arange(-104, 104, pitch_mm, dtype="float32"), np.arange(-100, 144, pitch_mm, dtype="float32")


def _photograph(
    rng: np.random.Generator,
    person: dict[str, float],
    look: _Look,
    session: _Session,
    moment: _Moment,
    size: int,
    misalignment_px: float,
    snr_db: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return an image, (size, size) float32, and row and column of both eyes, (2, 2)."""
    u, v = _relief_axes(size)
    height, albedo, cover = _head(person, look, session, moment, u, v)
    radiance = _lit(rng, height, albedo, session, moment, float(u[1] - u[0]))

    mm_per_px = _BOX_MM / size * float(np.exp(rng.normal(0, 1.5 * misalignment_px / size)))
    shift = rng.normal(0, misalignment_px, size=2)
    middle = (size - 1) / 2
    # The detector centres its box on the features, which move sideways as the head turns.
    drift = 60 * np.sin(moment.yaw), -60 * np.sin(moment.pitch)
    column, row = np.meshgrid(np.arange(size), np.arange(size))
    right = ((column - middle + shift[1]) * mm_per_px).astype("float32")
    down = ((row - middle + shift[0]) * mm_per_px).astype("float32")
    cosine, sine = np.float32(np.cos(moment.roll)), np.float32(np.sin(moment.roll))
    x = cosine * right + sine * down + np.float32(drift[0])
    y = cosine * down - sine * right + np.float32(_BOX_CENTRE_MM + drift[1])
    at_u, at_v = _seen_at(x, y, height, u, v, moment)
    face, coverage = _sample((radiance * cover, cover), at_u, at_v, u, v)

    top, left = rng.integers(0, size + 1, size=2)
    background = session.background[top : top + size, left : left + size]
    light = face + (1 - coverage) * background
    image = np.clip(session.exposure * light, 0, 1.4) ** np.float32(1 / 2.2)
    image = blur(image, session.blur_px * size / 64)
    eyes = _eyes_at(person, moment, height, u, v)
    where = eyes - np.array([_BOX_CENTRE_MM + drift[1], drift[0]])
    turned = np.stack(
        [cosine * where[:, 0] + sine * where[:, 1], cosine * where[:, 1] - sine * where[:, 0]], 1
    )
    return camera_noise(rng, image, snr_db, _SIGNAL), turned / mm_per_px + middle - shift


def _look(
    rng: np.random.Generator, person: dict[str, float], session: _Session, u: np.ndarray, v: np.ndarray
) -> _Look:
    """Draw what stays during a session: how the hair falls, how skin and beard are spotted."""
    shape = len(v), len(u)
    fine = smooth_noise(rng, (shape[0] // 6 + 1, shape[1]), 0.8)
    strands = blur(np.repeat(fine, 6, axis=0)[: shape[0]], 2.5)
    strands /= strands.std()
    curl = np.float32(np.clip(person["hair_curl"], 0, 1))
    pattern = (1 - curl) * strands + curl * smooth_noise(rng, shape, 2.0)
    ragged = np.float32(1.2) * pattern + np.float32(2.5) * smooth_noise(rng, shape, 5)
    spots = (
        1 + np.float32(0.03) * smooth_noise(rng, shape, 1.2) + np.float32(0.05) * smooth_noise(rng, shape, 6)
    )
    bristles = 1 + np.float32(0.25) * smooth_noise(rng, shape, 0.8)
    p = dict(person)
    p["hairline"] += 3 * session.hair_change[0]
    p["hair_length"] += 8 * session.hair_change[1]
    p["hair_thickness"] = max(4.0, p["hair_thickness"] + 2.5 * session.hair_change[2])
    p["parting"] += 8 * session.hair_change[3]
    hair = _hair(p, _half_width(p, v)[:, None], ragged, u, v)
    lock = np.minimum(np.float32(np.exp(p["hair_log_albedo"])) * np.exp(np.float32(0.38) * pattern), 0.7)
    thickness = hair * (np.float32(0.35 * min(p["hair_thickness"], 12)) + np.float32(0.9) * pattern)
    return _Look(hair, lock.astype("float32"), thickness, spots, bristles)


def _head(
    person: dict[str, float],
    look: _Look,
    session: _Session,
    moment: _Moment,
    u: np.ndarray,
    v: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return height in mm, albedo and coverage of the frontal view, (len(v), len(u)) float32 each."""
    p = dict(person)
    p["mouth_height"] += 0.25 * moment.mouth_open
    p["chin"] += 0.8 * moment.mouth_open
    p["mouth_width"] *= 1 + 0.14 * moment.smile - 0.006 * moment.mouth_open
    p["brow_height"] += moment.brow_raise
    skull = _half_width(p, v)[:, None]
    height = _relief(p, moment, skull, u, v)
    skin = np.float32(np.exp(p["skin_log_albedo"]))
    albedo = skin * look.spots
    _add_lips(albedo, p, moment, u, v)
    _add_beard(albedo, p, moment, look.bristles, skull, u, v)
    _add_brows(albedo, height, p, u, v)
    _add_eyes(albedo, p, moment, u, v)
    _add_nostrils(albedo, p, u, v)
    if (p["glasses"] and session.glasses_on) or session.sunglasses:
        _add_glasses(albedo, p, session.sunglasses, u, v)
    cover = _edge((skull - np.abs(u)) * (skull > 0) - (skull == 0)).astype("float32")
    _add_neck(height, albedo, cover, session, skin, u, v)
    _add_ears(height, albedo, cover, p, skin, u, v)
    hairy = look.hair > 0.3
    np.copyto(height, np.maximum(height, -85) + look.thickness, where=hairy)
    albedo += look.hair * (look.lock - albedo)
    np.maximum(cover, look.hair, out=cover)
    if session.scarf:
        _add_scarf(height, albedo, cover, p, look, u, v)
    return height, albedo, cover


def _half_width(p: dict[str, float], v: np.ndarray) -> np.ndarray:
    """Return half the width of the head at each height `v`, in mm; 0 above and below it."""
    widest = 18.0
    down = ((v - widest) / (p["chin"] - widest)).clip(0, 1)
    up = ((widest - v) / (widest + 112)).clip(0, 1)
    jaw = (1 - (1 - p["jaw"]) * down**1.3) * np.sqrt(1 - down ** p["squareness"])
    skull = (1 - up**2.6) ** 0.42
    return (p["half_width"] * np.where(v > widest, jaw, skull)).astype("float32")


def _relief(
    p: dict[str, float], moment: _Moment, skull: np.ndarray, u: np.ndarray, v: np.ndarray
) -> np.ndarray:
    """Return the height of skin over the plane of the eyes in mm, (len(v), len(u)) float32."""
    sideways = np.minimum(np.abs(u) / np.maximum(skull, 1), 1)
    forehead = np.float32(38) * ((-15 - v).clip(0) / 90) ** 2
    to_chin = np.float32(6) * ((v - 60).clip(0) / 50) ** 2
    height = -(forehead + to_chin)[:, None] - np.float32(82) * (1 - np.sqrt(1 - sideways ** np.float32(2.7)))
    eye, mouth, side = p["eye_distance"] / 2, p["mouth_height"], p["mouth_width"] / 2
    smile = moment.smile
    # Bumps and hollows: column, row, half width, half height, height; those off the middle come in pairs.
    bumps = np.array(
        [
            (eye, -1, 13, 9, -p["socket_depth"]),
            (eye - 14, -2, 6, 8, -0.5 * p["socket_depth"]),
            (eye, 0, 10, 6.5, 4.0),  # the eyeball
            (eye, 11, 10, 3.5, -1.2),  # below the lower lid
            (eye - 5, -p["brow_height"] + 3, 16, 6, p["brow_ridge"]),
            (p["half_width"] * 0.68, 25, 17, 13, p["cheekbone"] + 2.5 * smile),
            (p["half_width"] * 0.55, mouth - 8, 17, 18, p["cheek_fullness"]),
            (p["nose_width"] / 2 - 5, p["nose_length"] - 5, 5.5, 6, 6.0),
            (side * 1.05, mouth - 1, 5, 6, -2.0 - smile),
            (p["half_width"] * 0.9, -35, 10, 18, -3.0),  # temples
            (0, mouth - 5, side * 0.8, 8, 4.0),  # teeth push the lips
            (0, mouth - 0.3 * p["lip_fullness"], side * 0.6, 3, 2.4),
            (0, mouth + 0.35 * p["lip_fullness"], side * 0.5, 3.5, 3.4),
            (0, mouth, side * 0.8, 1.8, -2.6),
            (0, mouth + 0.85 * p["lip_fullness"], 15, 4.5, -3.2),  # above the chin
            (0, p["chin"] - 13, 15, 10, p["chin_projection"]),
            (0, mouth - 13, 2.6, 5, -1.3),  # philtrum
            (0, -40, 38, 22, 2.5),
            (0, p["nose_length"] - 9, 8.5, 7, 3.5),
        ],
        "float32",
    )
    pairs = bumps[bumps[:, 0] > 0] * np.array([-1, 1, 1, 1, 1], "float32")
    bumps = np.concatenate([bumps, pairs])
    columns = np.exp(-0.5 * ((u - bumps[:, :1]) / bumps[:, 2:3]) ** 2)
    rows = bumps[:, 4:] * np.exp(-0.5 * ((v - bumps[:, 1:2]) / bumps[:, 3:4]) ** 2)
    height += rows.T @ columns
    _add_nose(height, p, u, v)
    _add_folds(height, p, smile, u, v)
    return height


def _window(centre: float, reach: float, axis: np.ndarray) -> slice:
    """Return where `axis` lies within `reach` of `centre`."""
    start, stop = np.searchsorted(axis, [centre - reach, centre + reach])
    return slice(int(start), int(stop))


def _add_nose(height: np.ndarray, p: dict[str, float], u: np.ndarray, v: np.ndarray) -> None:
    part = _window(22, 50, v), _window(0, 32, u)
    down, across = v[part[0], None], u[None, part[1]]
    tip = p["nose_length"] - 8
    along = ((down + 8) / (tip + 8)).clip(0, 1)
    ridge = 2 + (p["nose_height"] - 5) * along**1.25 + p["nose_hump"] * 4 * along * (1 - along)
    ridge *= np.clip((down + 22) / 16, 0, 1)  # from between the brows
    ridge *= np.clip((p["nose_length"] + 3 - down) / 12, 0, 1)  # the underside
    width = p["nose_bridge"] * (1 - 0.25 * np.exp(-(((down - 5) / 12) ** 2))) * (1 + 0.75 * along**2)
    height[part] += ridge * np.exp(-((np.abs(across) / width) ** 1.8))


def _add_folds(height: np.ndarray, p: dict[str, float], smile: float, u: np.ndarray, v: np.ndarray) -> None:
    """Carve the folds from the nose to the corners of the mouth."""
    top, bottom = p["nose_length"] - 6, p["mouth_height"] + 2
    rows = _window((top + bottom) / 2, (bottom - top) / 2 + 6, v)
    along = ((v[rows, None] - top) / (bottom - top)).clip(-0.2, 1.2)
    start, end = p["nose_width"] / 2 + 1, p["mouth_width"] / 2 + 5
    middle = start + (end - start) * along + 5 * smile * np.sin(np.pi * along.clip(0, 1))
    depth = max(p["fold"], 0) * (0.6 + 1.8 * smile) * np.sin(np.pi * ((along + 0.2) / 1.4))
    height[rows] -= depth * np.exp(-(((np.abs(u) - middle) / 3.0) ** 2))


def _add_lips(albedo: np.ndarray, p: dict[str, float], moment: _Moment, u: np.ndarray, v: np.ndarray) -> None:
    side, open_mm = p["mouth_width"] / 2, moment.mouth_open
    part = _window(p["mouth_height"], 26, v), _window(0, side + 4, u)
    across = u[None, part[1]] / side
    inside = (1 - across**2).clip(0)
    corner = 5.0 * moment.smile * across**2 - 1.5 * (1 - moment.smile) * across**2
    down = v[part[0], None] - (p["mouth_height"] - corner)
    upper = down + (0.4 * open_mm) * inside**0.7
    lower = down - (0.6 * open_mm) * inside**0.7
    bow = 1 - 0.25 * np.exp(-((across / 0.12) ** 2))
    lip_up, lip_down = 0.42 * p["lip_fullness"], 0.58 * p["lip_fullness"]
    upper_lip = _edge(upper + lip_up * bow * inside**0.8) * _edge(-upper)
    lower_lip = _edge(lip_down * inside**0.7 - lower) * _edge(lower)
    gap = _edge(upper) * _edge(-lower) * (inside > 0)
    line = np.exp(-((upper / 1.1) ** 2)) * (np.abs(across) < 1.03)
    teeth = gap * _edge(min(0.55 * open_mm, 4.0) - upper) * np.clip(4 - 5.5 * np.abs(across), 0, 1)
    lips = albedo[part] * (1 - p["lip_contrast"] * upper_lip - 0.75 * p["lip_contrast"] * lower_lip)
    lips *= 1 - 0.72 * line
    lips = lips * (1 - gap) + gap * 0.03
    if open_mm > 2:
        lips = lips * (1 - teeth) + teeth * 0.42
    albedo[part] = lips


def _edge(inside_mm: np.ndarray) -> np.ndarray:
    """Turn mm inside an outline into coverage, with an edge about as wide as a sample of the relief."""
    return (0.5 + inside_mm * 0.5).clip(0, 1)


def _add_beard(
    albedo: np.ndarray,
    p: dict[str, float],
    moment: _Moment,
    bristles: np.ndarray,
    skull: np.ndarray,
    u: np.ndarray,
    v: np.ndarray,
) -> None:
    beard, moustache = max(p["beard"], 0.0), max(p["moustache"], 0.0)
    if beard + moustache == 0:
        return
    across = np.abs(u)[None] / np.maximum(skull, 1)
    down = v[:, None]
    # From the ears along the jaw to the chin, leaving the cheeks free.
    limit = 92 - 70 * across**2.2
    area = beard * np.clip((down - limit) / 10, 0, 1)
    side = p["mouth_width"] / 2
    lip_top = p["mouth_height"] - 0.42 * p["lip_fullness"] - moment.mouth_open / 2
    above_lip = np.clip((lip_top - down) / 3, 0, 1) * np.clip((down - p["nose_length"] - 3) / 3, 0, 1)
    area += max(moustache, 0.7 * beard) * above_lip * np.clip((side + 3 - np.abs(u)) / 6, 0, 1)
    mouth = ((down - p["mouth_height"]) / (0.62 * p["lip_fullness"] + moment.mouth_open / 2)) ** 2
    area *= np.clip(mouth + (u / side) ** 2 - 0.7, 0, 1)
    darkness = min(1.0, 0.35 - 0.3 * p["hair_log_albedo"])
    albedo *= 1 - np.clip(area * bristles * darkness, 0, 0.88).astype("float32")


def _add_brows(
    albedo: np.ndarray, height: np.ndarray, p: dict[str, float], u: np.ndarray, v: np.ndarray
) -> None:
    eye, half = p["eye_distance"] / 2, 0.72 * p["eye_width"]
    for side in (-1, 1):
        part = _window(-p["brow_height"], 16, v), _window(side * (eye + 1), half + 3, u)
        along = (side * u[None, part[1]] - eye - 1) / half
        middle = -p["brow_height"] - p["brow_arch"] * (1 - (along - 0.3) ** 2) - p["brow_slope"] * along
        thickness = p["brow_thickness"] * (0.62 - 0.38 * along) + 0.3
        inside = _edge((thickness - np.abs(v[part[0], None] - middle)) * 0.7) * _edge(
            (1 - np.abs(along)) * half
        )
        albedo[part] *= 1 - min(p["brow_contrast"] * (1 - 0.15 * p["hair_log_albedo"] - 0.25), 0.9) * inside
        height[part] += 0.8 * inside


def _add_eyes(albedo: np.ndarray, p: dict[str, float], moment: _Moment, u: np.ndarray, v: np.ndarray) -> None:
    half, skin = p["eye_width"] / 2, np.float32(np.exp(p["skin_log_albedo"]))
    opening = p["eye_opening"] * moment.eyes_open * (1 - 0.15 * moment.smile)
    for side in (-1, 1):
        middle = side * p["eye_distance"] / 2
        part = _window(0, 15, v), _window(middle, half + 5, u)
        across = (u[None, part[1]] - middle) / half
        down = v[part[0], None] + p["eye_slant"] * across * side
        arch = (1 - across**2).clip(0)
        upper, lower = -0.62 * opening * arch**0.6, 0.38 * opening * arch**0.8
        open_part = _edge(down - upper) * _edge(lower - down) * (arch > 0) if opening > 1 else 0 * down * arch
        to_iris = np.hypot(u[None, part[1]] - middle - moment.gaze[0], down + 0.8 - moment.gaze[1])
        ball = 0.62 - 0.25 * np.abs(across) ** 2 - 0.25 * _edge(upper + 2.5 - down)
        iris = _edge(6.1 - to_iris)
        ball = ball * (1 - iris) + iris * max(p["iris_albedo"], 0.03)
        ball *= 1 - 0.9 * _edge(2.4 - to_iris)
        glint = _edge(1.2 - np.hypot(u[None, part[1]] - middle - moment.gaze[0] - 2, down + 3))
        ball = np.maximum(ball, 0.8 * glint)
        lid = skin * (1 - 0.25 * np.exp(-(((down - upper + 4.5) / 1.5) ** 2)) * (arch > 0))
        # A soft shade around the eye: thin skin.
        shade = 1 - 0.14 * np.exp(-(across**2) / 0.9 - ((v[part[0], None] - 3) / 7) ** 2)
        around = albedo[part] * shade * lid / skin
        lash = np.exp(-(((down - upper) / 1.3) ** 2)) * (np.abs(across) < 1.08)
        under = 0.3 * np.exp(-(((down - lower) / 1.1) ** 2)) * (np.abs(across) < 1)
        albedo[part] = (around * (1 - open_part) + ball * open_part) * (1 - 0.78 * lash) * (1 - under)


def _add_nostrils(albedo: np.ndarray, p: dict[str, float], u: np.ndarray, v: np.ndarray) -> None:
    part = _window(p["nose_length"], 12, v), _window(0, 24, u)
    across, down = np.abs(u[None, part[1]]), v[part[0], None] - p["nose_length"] + 0.5
    hole = np.exp(-(((across - 0.24 * p["nose_width"]) / 3.4) ** 2) - (down / 2.0) ** 2)
    wing = np.exp(-(((across - p["nose_width"] / 2 - 0.5) / 1.6) ** 2) - ((down + 4) / 5.0) ** 2)
    albedo[part] *= (1 - 0.62 * hole) * (1 - 0.2 * wing)


def _add_ears(
    height: np.ndarray,
    albedo: np.ndarray,
    cover: np.ndarray,
    p: dict[str, float],
    skin: np.float32,
    u: np.ndarray,
    v: np.ndarray,
) -> None:
    rows = _window(12, 36, v)
    down = (v[rows, None] - 12) / 31
    # The outline leans outwards at the top.
    reach = np.sqrt((1 - down**2).clip(0)) * (11 - 4 * down)
    outside = np.abs(u)[None] - p["half_width"] + 2
    ear = _edge(reach - outside) * _edge(outside + 2) * (reach > 0) * (1 - cover[rows])
    rim = 1 - 0.45 * np.exp(-(((outside - 0.5 * reach) / 2.5) ** 2))
    is_ear = ear > 0.3
    height[rows] = np.where(is_ear, -70 - 4 * np.abs(outside - reach * 0.6), height[rows])
    albedo[rows] = np.where(is_ear, skin * rim, albedo[rows])
    cover[rows] = np.maximum(cover[rows], ear)


def _hair(
    p: dict[str, float], skull: np.ndarray, ragged: np.ndarray, u: np.ndarray, v: np.ndarray
) -> np.ndarray:
    """Return how much hair covers each point, (len(v), len(u)) float32 in [0, 1]."""
    across = u / np.float32(p["half_width"])
    from_parting = np.abs(u - np.float32(p["parting"])) / np.float32(p["half_width"])
    line = -p["hairline"] - 7 + p["hairline_corner"] * across**2 + 9 * np.minimum(from_parting, 1)
    over_brow = (line[None] - v[:, None]) + ragged
    # Beside the face the hair reaches down to its length; short hair ends above the ears.
    long = p["hair_length"] > 15
    end = p["hair_length"] + 20 if long else -8.0
    beside = np.abs(u)[None] - np.float32(0.92 if long else 0.96) * p["half_width"]
    beside = beside - np.float32(0.12) * np.clip(v[:, None] + 10, -50, 0)
    at_side = np.minimum(beside + 0.6 * ragged, (end - v)[:, None] + 3 * ragged)
    outline = np.maximum(skull, np.where((v > 0) & (v < end + 10), p["half_width"], 0)[:, None])
    # Long hair hangs loose, and widens towards its ends.
    loose = (
        0.5 + 0.006 * (v[:, None] + 60).clip(0) if long else np.clip(0.35 - 0.012 * (v[:, None] + 20), 0.1, 1)
    )
    within = outline + p["hair_thickness"] * loose + 0.7 * ragged - np.abs(u)
    hair = np.minimum(np.maximum(over_brow, at_side), within)
    return np.clip(hair * np.float32(0.4) + np.float32(0.5), 0, 1).astype("float32")


def _add_glasses(albedo: np.ndarray, p: dict[str, float], dark: bool, u: np.ndarray, v: np.ndarray) -> None:
    rows = _window(2, 26, v)
    down = (v[rows, None] - 3) / 18
    eye = p["eye_distance"] / 2 + 1.5
    across = (np.abs(u)[None] - eye) / 24
    radius = (np.abs(down) ** 3.2 + np.abs(across) ** 3.2) ** (1 / 3.2)
    frame = _edge(1.6 - np.abs(radius - 1) * 20)
    bridge = _edge(1.6 - np.abs(v[rows, None] + 4)) * (np.abs(u) < eye - 23)
    temple = _edge(1.6 - np.abs(v[rows, None] + 5)) * (np.abs(u) > eye + 23) * (np.abs(u) < 72)
    cover = 0.9 * np.maximum(np.maximum(frame, bridge), temple)
    if dark:
        cover = np.maximum(cover, 0.93 * _edge((1 - radius) * 20))
    albedo[rows] = albedo[rows] * (1 - cover) + 0.03 * cover


def _add_neck(
    height: np.ndarray,
    albedo: np.ndarray,
    cover: np.ndarray,
    session: _Session,
    skin: np.float32,
    u: np.ndarray,
    v: np.ndarray,
) -> None:
    """Add neck and clothes, and put what is beside the head far behind it."""
    rows = slice(int(np.searchsorted(v, 60)), None)
    down, across = v[rows, None], np.abs(u)[None]
    width = 51 + 0.03 * (down - 60).clip(0) ** 1.4
    shoulders = down - 116 - 0.25 * (across - 50) - 14 * np.exp(-((across / 30) ** 2))  # and a neckline
    clothes = _edge(shoulders)
    neck = np.maximum(_edge(width - across), clothes)
    below = cover[rows] < 0.5
    far = np.where(neck > 0.5, -58 - np.float32(26) * (across / 50) ** 2 + 8 * clothes, np.float32(-95))
    height[:] = np.where(cover < 0.5, np.float32(-95), height)
    height[rows] = np.where(below, np.maximum(far, -95), height[rows])
    covered = below * clothes
    albedo[rows] = np.where(below, np.float32(0.9) * skin, albedo[rows])
    albedo[rows] += covered * (session.clothes - albedo[rows])
    np.maximum(cover[rows], neck, out=cover[rows])


def _add_scarf(
    height: np.ndarray,
    albedo: np.ndarray,
    cover: np.ndarray,
    p: dict[str, float],
    look: _Look,
    u: np.ndarray,
    v: np.ndarray,
) -> None:
    """Wrap a knitted scarf around chin and mouth."""
    rows = slice(int(np.searchsorted(v, p["mouth_height"] - 18)), None)
    down = v[rows, None] - p["mouth_height"] + 10 - 0.0015 * u**2
    scarf = _edge(down) * _edge(p["half_width"] + 12 - np.abs(u))
    knit = 0.3 + 0.18 * np.sin(down / 3.2 + 0.002 * u**2) * (look.bristles[rows] - 0.2)
    albedo[rows] += scarf * (knit.clip(0.05) - albedo[rows])
    height[rows] = np.where(
        scarf > 0.5, np.maximum(height[rows], -60 * (u / p["half_width"]) ** 2) + 4, height[rows]
    )
    np.maximum(cover[rows], scarf, out=cover[rows])


def _lit(
    rng: np.random.Generator,
    height: np.ndarray,
    albedo: np.ndarray,
    session: _Session,
    moment: _Moment,
    pitch_mm: float,
) -> np.ndarray:
    """Return the light that each point of the relief sends to the camera, (rows, columns) float32."""
    down, right = (np.clip(slope, -4, 4) for slope in np.gradient(height, np.float32(pitch_mm)))
    length = np.sqrt(1 + down**2 + right**2)
    sun = _to_head(np.array(session.sun), moment)
    up = _to_head(np.array([0.0, -1.0, 0.0]), moment)
    facing = np.clip((sun[2] - sun[0] * right - sun[1] * down) / length, 0, None)
    skyward = (up[2] - up[0] * right - up[1] * down) / length
    smooth = blur(height, 7 / pitch_mm)
    open_to_light = np.clip(1 + np.float32(0.055) * (height - smooth), 0.5, 1.15)
    direct = facing * _not_in_shadow(height, sun, session.shadow_softness, pitch_mm)
    if session.leaves:
        direct *= np.clip(1 - session.leaves * (0.5 + smooth_noise(rng, height.shape, 16 / pitch_mm)), 0.1, 1)
    # Light from the ground fills from below.
    ambient = session.ambient * (0.72 + 0.28 * skyward) * open_to_light
    half = sun + np.array([0, 0, 1], "float32")
    half /= np.linalg.norm(half)
    glance = np.clip((half[2] - half[0] * right - half[1] * down) / length, 0, 1)
    gloss = np.float32(0.10 * session.sun_strength) * glance**16 * (direct > 0)
    return albedo * (ambient + session.sun_strength * direct) + gloss * np.minimum(albedo * 3, 1)


def _to_head(direction: np.ndarray, moment: _Moment) -> np.ndarray:
    """Turn a direction of the room (right, down, to the camera) into one of the head's own frame."""
    sine, cosine = np.sin(moment.roll), np.cos(moment.roll)
    x, y, z = direction
    x, y = cosine * x + sine * y, cosine * y - sine * x
    sine, cosine = np.sin(moment.pitch), np.cos(moment.pitch)
    y, z = cosine * y + sine * z, cosine * z - sine * y
    sine, cosine = np.sin(moment.yaw), np.cos(moment.yaw)
    return np.array([cosine * x - sine * z, y, cosine * z + sine * x], "float32")


def _not_in_shadow(height: np.ndarray, sun: np.ndarray, softness_mm: float, pitch_mm: float) -> np.ndarray:
    """Return how much of the lamp each point sees, 0 to 1: is anything in the way to it higher?"""
    flat = float(np.hypot(sun[0], sun[1]))
    rise = float(sun[2]) / max(flat, 1e-3)
    clearance = np.full_like(height, np.inf)
    rows, columns = height.shape
    for distance in (6, 11, 18, 28, 42, 64):
        dy = round(distance * float(sun[1]) / flat / pitch_mm)
        dx = round(distance * float(sun[0]) / flat / pitch_mm)
        to = slice(max(0, -dy), rows - max(0, dy)), slice(max(0, -dx), columns - max(0, dx))
        of = slice(max(0, dy), rows - max(0, -dy)), slice(max(0, dx), columns - max(0, -dx))
        free = height[to] + np.float32(distance * rise) - height[of]
        # Far obstacles leave softer edges.
        np.minimum(clearance[to], free / np.float32(softness_mm * (0.4 + distance / 40)), out=clearance[to])
    return np.clip(clearance + np.float32(0.6), 0, 1)


def _seen_at(
    x: np.ndarray, y: np.ndarray, height: np.ndarray, u: np.ndarray, v: np.ndarray, moment: _Moment
) -> tuple[np.ndarray, np.ndarray]:
    """Find which point of the turned relief each pixel sees: u and v in mm."""
    sine, cosine = np.float32(np.sin(moment.yaw)), np.float32(np.cos(moment.yaw))
    tilt, level = np.float32(np.sin(moment.pitch)), np.float32(np.cos(moment.pitch))
    # Smoothed, and without the steep sides of the head: the search must converge.
    depth = blur(np.maximum(height, -48), 5 / float(u[1] - u[0])) + np.float32(_AXIS_MM)
    behind = np.full(x.shape, _AXIS_MM * 0.75, "float32")
    for step in range(4):
        at_u = (x - behind * sine) / cosine
        at_v = (y + (behind * cosine - at_u * sine) * tilt) / level
        behind = _nearest(depth, at_u, at_v, u, v) if step < 2 else _sample((depth,), at_u, at_v, u, v)[0]
    return at_u, at_v


def _nearest(
    depth: np.ndarray, at_u: np.ndarray, at_v: np.ndarray, u: np.ndarray, v: np.ndarray
) -> np.ndarray:
    """Look a map up at its nearest samples."""
    per_mm = np.float32(1 / (u[1] - u[0]))
    column = ((at_u - u[0]) * per_mm + np.float32(0.5)).astype(np.int32).clip(0, len(u) - 1)
    row = ((at_v - v[0]) * per_mm + np.float32(0.5)).astype(np.int32).clip(0, len(v) - 1)
    return depth.ravel()[row * len(u) + column]


def _sample(
    maps: tuple[np.ndarray, ...], at_u: np.ndarray, at_v: np.ndarray, u: np.ndarray, v: np.ndarray
) -> list[np.ndarray]:
    """Look maps, (len(v), len(u)) each, up between their samples: arrays of the shape of `at_u`."""
    per_mm = np.float32(1 / (u[1] - u[0]))
    column = ((at_u - u[0]) * per_mm).clip(0, np.float32(len(u) - 1.001))
    row = ((at_v - v[0]) * per_mm).clip(0, np.float32(len(v) - 1.001))
    left, top = column.astype(np.int32), row.astype(np.int32)
    # An int32 and a float32 would make a float64.
    right, down = column - left.astype("float32"), row - top.astype("float32")
    start = top * len(u) + left
    corners = start, start + 1, start + len(u), start + len(u) + 1
    found = []
    for values in maps:
        a, b, c, d = (values.ravel().take(corner) for corner in corners)
        upper = a + right * (b - a)
        found.append(upper + down * (c + right * (d - c) - upper))
    return found


def _eyes_at(
    person: dict[str, float], moment: _Moment, height: np.ndarray, u: np.ndarray, v: np.ndarray
) -> np.ndarray:
    """Return where both eyes appear, down and right in mm before roll and crop, (2, 2)."""
    middle = np.array([-0.5, 0.5]) * person["eye_distance"]
    zero = np.zeros(2, "float32")
    behind = _AXIS_MM + _sample((height,), middle.astype("float32"), zero, u, v)[0]
    x = middle * np.cos(moment.yaw) + behind * np.sin(moment.yaw)
    towards = behind * np.cos(moment.yaw) - middle * np.sin(moment.yaw)
    return np.stack([-towards * np.sin(moment.pitch), x], axis=1)


def _indoors(rng: np.random.Generator, side: int) -> np.ndarray:
    """Draw a room out of focus, (side, side) linear light: a wall, and things that stand or hang there."""
    wall = np.full((side, side), rng.uniform(0.15, 0.5), "float32")
    wall += np.float32(0.06) * smooth_noise(rng, (side, side), side / 4)
    for _ in range(rng.integers(2, 8)):
        top, left = rng.integers(-side // 4, side, size=2)
        height, width = (rng.uniform(0.1, 0.6, size=2) * side).astype(int)
        wall[max(top, 0) : top + height, max(left, 0) : left + width] = rng.uniform(0.03, 0.6)
    return blur(wall, side / 64).clip(0.01)


def _outdoors(rng: np.random.Generator, side: int) -> np.ndarray:
    """Draw a street or a garden out of focus, (side, side) linear light."""
    row = np.linspace(0, 1, side, dtype="float32")[:, None]
    skyline = rng.uniform(0.05, 0.8) + np.float32(0.08) * smooth_noise(rng, (1, side), side / 8)
    sky = np.float32(rng.uniform(0.5, 1.1)) * (1 - np.float32(0.2) * row)
    sky = sky + np.float32(0.07) * smooth_noise(rng, (side, side), side / 6)
    leaf = smooth_noise(rng, (side, side), side / 50) + smooth_noise(rng, (side, side), side / 14)
    leaves = np.float32(rng.uniform(0.08, 0.25)) * np.exp(np.float32(0.55) * leaf)
    scene = np.where(row + np.float32(0.03) * leaf < skyline, sky, leaves)
    if rng.random() < 0.45:  # a house
        left, width = int(rng.uniform(-0.2, 0.7) * side), int(rng.uniform(0.25, 0.6) * side)
        top = int(rng.uniform(0, 0.5) * side)
        scene[top:, max(left, 0) : left + width] = rng.uniform(0.2, 0.7)
        step = max(int(side * rng.uniform(0.08, 0.14)), 3)
        for y in range(top + step // 2, side, step):
            for x in range(max(left, 0) + step // 2, min(left + width, side) - step // 2, step):
                scene[y : y + step // 2, x : x + step // 2] = rng.uniform(0.05, 0.15)
    return blur(scene, side / 90).clip(0.01)


def _card(persons: int) -> Card:
    return Card(
        name="faces",
        title="Faces of a few persons, indoors and outdoors, and of strangers",
        source="Simulated: shaded reliefs of heads with proportions drawn for each person, under a lamp or "
        "the sun.",
        licence="CC BY 4.0, as this course.",
        citation="This course; after the task of Dürr et al., Deep Learning on a Raspberry Pi for Real Time "
        "Face Recognition, Eurographics 2015 posters; for Fisherfaces Belhumeur, Hespanha and Kriegman, IEEE "
        "TPAMI 19(7), 1997, doi:10.1109/34.598228.",
        unit="grey value of a camera, 0 (black) to 1 (white); about 2.75 mm of face per pixel at 64 pixels",
        class_names=(*(f"person {number}" for number in range(persons)), "stranger"),
        limits="Reliefs, not people: no wrinkles of age, no make-up, no hats, no profile views, no head "
        "turned further than 30 degrees, few hair styles. Nothing can be learnt here about how fairly a "
        "method treats groups of people. Good for comparing methods; no evidence about any real person or "
        "product.",
    )
