"""The catalogue: every operation of the course under a name, with one number for how strong it is."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from coursekit import augment
from coursekit.errors import InputError

STRONGEST = 3.0
"""The largest strength."""


@dataclass(frozen=True)
class Operation:
    """A random change of pictures, as the catalogue describes it.

    Attributes:
        name: under which `operation` makes it.
        title: for a figure or a menu.
        does: what it does, in one line.
        at_one: the range from which each picture's draw is taken at strength 1.
        kind: "geometry" moves pixels, "intensity" changes their values where they are, "mixing" takes from
            other pictures.
        loses: what becomes of pixels that show nothing of the picture any more: "filled in" with what lies
            beyond its border, "newly clipped" to black or white, or "overwritten"; None if there are none.
        saturates: the strength above which it gets no stronger, up to 3; 0 if it is either on or off.
        source: where it comes from.
        layer: makes the layer from strength (above 0) and seed.
    """

    name: str
    title: str
    does: str
    at_one: str
    kind: Literal["geometry", "intensity", "mixing"]
    loses: Literal["filled in", "newly clipped", "overwritten"] | None
    saturates: float
    source: str
    layer: Callable[[float, int | None], Any]


def _keras(name: str, seed: int | None, **options: Any) -> Any:
    """Make a layer of Keras that behaves like the others."""
    import keras

    return augment.FromKeras(getattr(keras.layers, name)(**options), seed=seed)


_COMMON = "in common use"
_CLASSIC = "in common use; the range is that of the cell study, Majurski et al., CVPRW 2019"

_ALL = [
    Operation(
        name="rotation",
        title="Rotation",
        does="turns the picture about its centre",
        at_one="-30° to 30°",
        kind="geometry",
        loses="filled in",
        saturates=3.0,
        source=_COMMON,
        layer=lambda s, seed: augment.RandomAffine(rotation_deg=30 * s, seed=seed),
    ),
    Operation(
        name="flip_horizontal",
        title="Flip left–right",
        does="swaps left and right",
        at_one="in half of the pictures",
        kind="geometry",
        loses=None,
        saturates=0.0,
        source=_CLASSIC,
        layer=lambda s, seed: _keras("RandomFlip", seed, mode="horizontal"),
    ),
    Operation(
        name="flip_vertical",
        title="Flip top–bottom",
        does="turns the picture upside down, as in a lake",
        at_one="in half of the pictures",
        kind="geometry",
        loses=None,
        saturates=0.0,
        source=_CLASSIC,
        layer=lambda s, seed: _keras("RandomFlip", seed, mode="vertical"),
    ),
    Operation(
        name="translation",
        title="Translation",
        does="shifts the picture sideways and up or down",
        at_one="-10 % to 10 % of width and of height",
        kind="geometry",
        loses="filled in",
        saturates=3.0,
        source=_CLASSIC,
        layer=lambda s, seed: augment.RandomAffine(shift=0.1 * s, seed=seed),
    ),
    Operation(
        name="scale",
        title="Scale",
        does="stretches or shrinks width and height, each by its own factor",
        at_one="factors 0.9 to 1.1",
        kind="geometry",
        loses="filled in",
        saturates=3.0,
        source=_CLASSIC,
        layer=lambda s, seed: augment.RandomAffine(zoom=0.1 * s, seed=seed),
    ),
    Operation(
        name="shear",
        title="Shear",
        does="slants the picture, as italic letters are",
        at_one="-0.3 to 0.3 pixels sideways per pixel of height",
        kind="geometry",
        loses="filled in",
        saturates=3.0,
        source=_COMMON,
        layer=lambda s, seed: augment.RandomAffine(shear=0.3 * s, seed=seed),
    ),
    Operation(
        name="elastic",
        title="Elastic",
        does="moves each pixel by its own smooth random amount, like rubber",
        at_one="noise from -34 to 34 pixels, smoothed over 4: moves of about 1.4 pixels each way",
        kind="geometry",
        loses="filled in",
        saturates=3.0,
        source="Simard, Steinkraus & Platt, ICDAR 2003, doi:10.1109/ICDAR.2003.1227801 (28-pixel digits)",
        layer=lambda s, seed: augment.RandomElastic(alpha_px=34 * s, sigma_px=4, seed=seed),
    ),
    Operation(
        name="fourier_distortion",
        title="Fourier distortion",
        does="bends the picture with a few long sine waves of random phase",
        at_one="by 1 pixel, root mean square",
        kind="geometry",
        loses="filled in",
        saturates=3.0,
        source="named in Debeir et al., ISBI 2019; the details are the course's own",
        layer=lambda s, seed: augment.FourierDistortion(rms_px=s, seed=seed),
    ),
    Operation(
        name="random_sized_crop",
        title="Random sized crop",
        does="cuts out a rectangle and enlarges it to full size",
        at_one="8 % to 100 % of the area, sides from 3:4 to 4:3",
        kind="geometry",
        loses=None,
        saturates=1.0,
        source="Szegedy et al., CVPR 2015, arXiv:1409.4842",
        layer=lambda s, seed: augment.RandomSizedCrop(
            area=(1 - 0.92 * min(s, 1), 1),
            aspect=((3 / 4) ** min(s, 1), (4 / 3) ** min(s, 1)),
            seed=seed,
        ),
    ),
    Operation(
        name="random_perspective",
        title="Perspective",
        does="looks at the picture at an angle",
        at_one="each corner up to half-way to the middle lines, in half of the pictures",
        kind="geometry",
        loses=None,
        saturates=1.2,
        source=_COMMON,
        layer=lambda s, seed: augment.RandomPerspective(limit=min(0.5 * s, 0.6), seed=seed),
    ),
    Operation(
        name="sharpness",
        title="Sharpness",
        does="blends the picture with a smoothed copy, or moves it away from that",
        at_one="factors 0.1 (nearly the copy) to 1.9",
        kind="intensity",
        loses="newly clipped",
        saturates=3.0,
        source=_COMMON,
        layer=lambda s, seed: augment.Sharpness(factor=(max(0.0, 1 - 0.9 * s), 1 + 0.9 * s), seed=seed),
    ),
    Operation(
        name="blur",
        title="Blur",
        does="smooths the picture with a Gaussian",
        at_one="standard deviation 0 to 1.5 pixels",
        kind="intensity",
        loses=None,
        saturates=3.0,
        source=_COMMON,
        layer=lambda s, seed: augment.RandomBlur(sigma_px=1.5 * s, seed=seed),
    ),
    Operation(
        name="contrast",
        title="Contrast",
        does="multiplies each value's distance from the channel's mean",
        at_one="factors 0.5 to 1.5; never below 0",
        kind="intensity",
        loses="newly clipped",
        saturates=3.0,
        source=_COMMON,
        # To Keras a pair is how far down and how far up; one number is only up.
        layer=lambda s, seed: _keras(
            "RandomContrast", seed, factor=(min(0.5 * s, 1.0), 0.5 * s), value_range=(0, 1)
        ),
    ),
    Operation(
        name="colour_shift",
        title="Colour shift",
        does="adds a number to each channel",
        at_one="-10 % to 10 % of the range from black to white",
        kind="intensity",
        loses="newly clipped",
        saturates=3.0,
        source=_COMMON,
        layer=lambda s, seed: augment.ColourShift(0.1 * s, seed=seed),
    ),
    Operation(
        name="colour_jitter",
        title="Colour jitter",
        does="changes brightness and contrast, of colour pictures also saturation and hue",
        at_one="10 % up or down each; hue 5 % of the circle",
        kind="intensity",
        loses="newly clipped",
        saturates=3.0,
        source=_COMMON,
        layer=lambda s, seed: augment.ColourJitter(0.1 * s, 0.1 * s, 0.1 * s, 0.05 * s, seed=seed),
    ),
    Operation(
        name="invert",
        title="Invert",
        does="turns black into white; changes the label where light on dark means something",
        at_one="in a tenth of the pictures",
        kind="intensity",
        loses=None,
        saturates=3.0,
        source=_COMMON,
        # A pair, because Keras takes one number as the top of a range from 0.
        layer=lambda s, seed: _keras("RandomInvert", seed, factor=(0.1 * s, 0.1 * s), value_range=(0, 1)),
    ),
    Operation(
        name="auto_contrast",
        title="Auto-contrast",
        does="stretches each channel towards the full range from black to white",
        at_one="not at all to all the way",
        kind="intensity",
        loses=None,
        saturates=1.0,
        source=_COMMON,
        layer=lambda s, seed: augment.RandomAutoContrast(min(s, 1.0), seed=seed),
    ),
    Operation(
        name="jpeg",
        title="JPEG",
        does="stores the picture as JPEG and reads it back",
        at_one="quality 30 to 95",
        kind="intensity",
        loses=None,
        saturates=1.4,
        source="ITU-T T.81 (1992)",
        layer=lambda s, seed: augment.RandomJpeg((max(4, round(95 - 65 * s)), 95), seed=seed),
    ),
    Operation(
        name="noise",
        title="Noise",
        does="adds normal noise, of a size counted in the range from black to white",
        at_one="standard deviation 0 to 5 % of the range",
        kind="intensity",
        loses="newly clipped",
        saturates=3.0,
        source=_COMMON,
        layer=lambda s, seed: augment.RandomNoise(0.05 * s, seed=seed),
    ),
    Operation(
        name="snr_noise",
        title="Noise by SNR",
        does="adds normal noise, of a size counted in the picture's own contrast",
        at_one="signal-to-noise ratio 20 to 40 dB",
        kind="intensity",
        loses="newly clipped",
        saturates=3.0,
        source=_COMMON,
        layer=lambda s, seed: augment.SnrNoise((20 - 20 * math.log10(s), 40 - 20 * math.log10(s)), seed=seed),
    ),
    Operation(
        name="cutout",
        title="Cutout",
        does="blackens a square that may hang over the border",
        at_one="side a quarter of the picture's",
        kind="intensity",
        loses="overwritten",
        saturates=3.0,
        source="DeVries & Taylor 2017, arXiv:1708.04552",
        layer=lambda s, seed: augment.Cutout(0.25 * s, seed=seed),
    ),
    Operation(
        name="random_erasing",
        title="Random erasing",
        does="fills a rectangle with random values",
        at_one="2 % to 40 % of the area, in half of the pictures",
        kind="intensity",
        loses="overwritten",
        saturates=2.0,
        source="Zhong et al., AAAI 2020, arXiv:1708.04896",
        layer=lambda s, seed: _keras(
            "RandomErasing",
            seed,
            factor=(min(0.5 * s, 1.0), min(0.5 * s, 1.0)),
            scale=(0.02, 0.4),
            value_range=(0, 1),
        ),
    ),
    Operation(
        name="mixup",
        title="Mixup",
        does="averages two pictures and their labels with the same weights",
        at_one="weights from the beta distribution of (0.4, 0.4)",
        kind="mixing",
        loses=None,
        saturates=3.0,
        source="Zhang et al., ICLR 2018, arXiv:1710.09412",
        layer=lambda s, seed: augment.MixUp(0.4 * s, seed=seed),
    ),
    Operation(
        name="cutmix",
        title="CutMix",
        does="pastes a box of another picture; labels are mixed by its area",
        at_one="area from the beta distribution of (1, 1): all are equally likely",
        kind="mixing",
        loses=None,
        saturates=1.0,
        source="Yun et al., ICCV 2019, arXiv:1905.04899",
        layer=lambda s, seed: augment.CutMix(min(s, 1.0), seed=seed),
    ),
    Operation(
        name="sample_pairing",
        title="SamplePairing",
        does="averages two pictures and keeps the label of the first",
        at_one="half and half",
        kind="mixing",
        loses=None,
        saturates=1.0,
        source="Inoue 2018, arXiv:1801.02929",
        layer=lambda s, seed: augment.SamplePairing(0.5 * min(s, 1.0), seed=seed),
    ),
]

OPERATIONS: dict[str, Operation] = {each.name: each for each in _ALL}
"""Every operation by its name, geometry first, then intensity, then mixing."""


def operation(name: str, strength: float = 1.0, seed: int | None = None) -> Any:
    """Make the layer of an operation.

    Args:
        name: one of OPERATIONS, such as "rotation".
        strength: 0 changes nothing; 1 is the usual range, which the catalogue gives in words; up to 3 it
            grows in proportion, where it can. For segmentation, 0.5 suits "random_sized_crop": at 1, a crop
            may show as little as 8 % of the picture.
        seed: whole number; the same gives the same sequence of draws.

    Returns:
        A layer for pictures (n, height, width, channels) in [0, 1], or a dict with "images" and
        "segmentation_masks" or "labels". Mixup and CutMix need such a dict. Nothing happens without
        `training=True`.

    Raises:
        InputError: if the name is unknown or the strength outside [0, 3].
    """
    if name not in OPERATIONS:
        raise InputError(f"name must be one of {', '.join(OPERATIONS)}, got {name!r}.")
    if not 0 <= strength <= STRONGEST:
        raise InputError(f"strength must be from 0 to {STRONGEST:g}, got {strength}.")
    if strength == 0:
        import keras

        return keras.layers.Identity()
    return OPERATIONS[name].layer(float(strength), seed)
