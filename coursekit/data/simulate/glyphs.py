"""Glyphs: letters of many alphabets in many typefaces, drawn from the fonts that matplotlib ships."""

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.errors import InputError


def _range(first: str, last: str, leave_out: str = "") -> str:
    return "".join(chr(code) for code in range(ord(first), ord(last) + 1) if chr(code) not in leave_out)


# Letters that one look can tell apart: no combining marks, no letter twice.
ALPHABETS = {
    "digits": "0123456789",
    "latin": _range("A", "Z"),
    "greek": _range("Α", "Ω", leave_out="\u03a2"),  # U+03A2 is not a letter
    "cyrillic": _range("А", "Я"),
    "armenian": _range("Ա", "Ֆ"),
    "georgian": _range("ა", "ჰ"),
    "hebrew": _range("א", "ת"),
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "lao": "ກຂຄງຈຊຍດຕຖທນບປຜຝພຟມຢຣລວສຫອຮ",
    "tifinagh": "ⴰⴱⴳⴷⴹⴻⴼⴽⵀⵃⵄⵅⵇⵉⵊⵍⵎⵏⵓⵔⵕⵖⵙⵚⵛⵜⵟⵡⵢⵣⵥ",
    "ogham": _range("ᚁ", "ᚔ"),
}

_FONTS = (
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
)

# Letters are drawn this much larger, so that edges are smooth and strokes can vary in small steps.
_SUPERSAMPLING = 4


def glyphs(
    n: int | None = None,
    seed: int = 0,
    alphabet: str | Sequence[str] = "latin",
    size: int = 28,
    rotation_deg: float = 10.0,
    noise: float = 0.05,
) -> ImageSet:
    """Draw letters in random typefaces, each a little turned, moved, resized, thickened and noisy.

    Args:
        n: how many; None for 20 of each letter. Each run of as many images as there are letters holds each
            letter once, in random order.
        seed: decides everything. Image i doesn't depend on n.
        alphabet: one of `ALPHABETS`, or several of them, whose letters are then numbered one after the other.
            Some letters of Latin, Greek and Cyrillic look the same and still count as different.
        size: height and width in pixels.
        rotation_deg: largest turn to either side in degrees, 0 to 180.
        noise: standard deviation of the Gaussian noise, 0 to 1 (1 is the difference between paper and ink).

    Returns:
        images (n, size, size, 1) with bright letters on black; targets: number of the letter, as in
        `card.class_names`; groups: number of the font, 0 to 15.

    Raises:
        InputError: if an alphabet is unknown or a number is out of range.
    """
    chosen = [alphabet] if isinstance(alphabet, str) else list(alphabet)
    for name in chosen:
        if name not in ALPHABETS:
            raise InputError(f"There is no alphabet {name!r}. There are: {', '.join(ALPHABETS)}.")
    if not chosen or len(set(chosen)) < len(chosen):
        raise InputError(f"alphabet must name at least one alphabet, and none twice, got {chosen}.")
    if size < 8:
        raise InputError(f"size must be at least 8 pixels for a letter to be readable, got {size}.")
    if not 0 <= rotation_deg <= 180:
        raise InputError(f"rotation_deg must lie between 0 and 180, got {rotation_deg}.")
    if not 0 <= noise <= 1:
        raise InputError(f"noise must lie between 0 and 1, got {noise}.")

    letters = [(letter, _fonts_with(name)) for name in chosen for letter in ALPHABETS[name]]
    n = 20 * len(letters) if n is None else n
    order, *drawing = np.random.SeedSequence(seed).spawn(n + 1)
    rounds = np.random.default_rng(order)
    labels = np.concatenate([rounds.permutation(len(letters)) for _ in range(-(-n // len(letters)))])[:n]
    images = np.empty((n, size, size, 1), "float32")
    fonts = np.empty(n, "int64")
    for i, source in enumerate(drawing):
        rng = np.random.default_rng(source)
        letter, available = letters[labels[i]]
        fonts[i] = rng.choice(available)
        images[i, ..., 0] = _draw(letter, _FONTS[fonts[i]], size, rotation_deg, noise, rng)
    return ImageSet(images, labels.astype("int64"), fonts, _card(tuple(letter for letter, _ in letters)))


def _draw(
    letter: str, font: str, size: int, rotation_deg: float, noise: float, rng: np.random.Generator
) -> np.ndarray:
    from PIL import Image, ImageDraw

    side = size * _SUPERSAMPLING
    height = round(side * rng.uniform(0.6, 0.8))
    thickening = int(rng.integers(0, 4)) * side // 112
    left, top, right, bottom = _font(font, height).getbbox(letter, stroke_width=thickening)
    # Some letters, such as those of ogham, are much wider than a font is high.
    height = min(height, round(height * 0.75 * side / max(right - left, bottom - top)))
    left, top, right, bottom = _font(font, height).getbbox(letter, stroke_width=thickening)
    canvas = Image.new("L", (side, side))
    shift = rng.uniform(-0.06, 0.06, size=2) * side
    corner = ((side - left - right) / 2 + shift[0], (side - top - bottom) / 2 + shift[1])
    ImageDraw.Draw(canvas).text(corner, letter, 255, _font(font, height), stroke_width=thickening)
    angle = rng.uniform(-rotation_deg, rotation_deg)
    canvas = canvas.rotate(angle, Image.Resampling.BILINEAR).resize((size, size), Image.Resampling.BOX)
    ink = np.asarray(canvas, "float32") / 255 * rng.uniform(0.7, 1)
    return (ink + rng.normal(0, noise, ink.shape)).clip(0, 1)


@functools.cache
def _font_file(font: str) -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"


@functools.cache
def _font(font: str, height_px: int):
    from PIL import ImageFont

    # The basic layout places a single letter the same way with and without the optional library raqm.
    return ImageFont.truetype(_font_file(font), height_px, layout_engine=ImageFont.Layout.BASIC)


@functools.cache
def _fonts_with(alphabet: str) -> tuple[int, ...]:
    """Return the numbers of the fonts that have every letter of an alphabet."""
    from matplotlib.ft2font import FT2Font

    needed = {ord(letter) for letter in ALPHABETS[alphabet]}
    return tuple(
        i for i, font in enumerate(_FONTS) if needed <= FT2Font(str(_font_file(font))).get_charmap().keys()
    )


def _card(class_names: tuple[str, ...]) -> Card:
    return Card(
        name="glyphs",
        title="Printed letters of many alphabets",
        source="Simulated: drawn from the DejaVu and STIX fonts that matplotlib ships, with small random "
        "changes.",
        licence="Images: CC BY 4.0, as this course. Fonts: Bitstream Vera and DejaVu licence, STIX licence "
        "(both free).",
        citation="This course.",
        unit="ink, 0 (none) to 1 (most)",
        class_names=class_names,
        limits="16 typefaces, fewer for most alphabets outside Latin, Greek and Cyrillic (2 for Tifinagh and "
        "Ogham). Printed, not handwritten: the only variation within a typeface is turn, place, size, stroke "
        "and noise.",
    )
