"""Pages: scanned newspaper pages and the articles on them.

It imitates what makes articles hard to part: an article is a shape of column blocks, with corners taken out
by another story or a tail that runs down beside the next one; the white between two articles is as wide as
the white between two columns of one; pictures and crossheads cut an article in pieces, and only the headline
above tells which columns belong together. Besides the grey page there is what a text recognition engine
reports: where it found blocks of text, but not whose they are.
"""

import bisect
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.simulate.texture import (
    blur,
    camera_noise,
    generators,
    pixel_grid,
    smooth_noise,
    uneven_light,
)
from coursekit.errors import InputError

# Standard deviation of the scan of a typical page, to which `snr_db` refers.
_SIGNAL = 0.11

_CARD = Card(
    name="pages",
    title="Scanned newspaper pages and the articles on them",
    source="Simulated: a page layout of column blocks, set in fonts that matplotlib ships, printed, aged and "
    "scanned.",
    licence="CC BY 4.0, as this course.",
    citation="This course; after the setting of Meier, Stadelmann, Stampfli, Arnold, Cieliebak, Fully "
    "Convolutional Neural Networks for Newspaper Article Segmentation, ICDAR 2017, "
    "doi:10.1109/ICDAR.2017.75.",
    unit="channel 0: brightness of the scan, 0 black to 1 white; channel 1: share of a pixel inside a text "
    "block; a page is squeezed to a square",
    class_names=("article body", "border between articles"),
    limits="No language: words have no meaning, so that reading can't help. One layout habit, few typefaces, "
    "no tables, no colour, no articles that continue on another page; text is about twice as coarse as in "
    "print. An order of methods found here is a hypothesis about real newspapers, not a result.",
    channel_names=("grey page", "text blocks"),
)

_SERIF, _SANS, _BOOK = "STIXGeneralBol", "DejaVuSans-Bold", "DejaVuSerif-Bold"
_BODY = "DejaVuSerif"
_VOCABULARY = (
    "the council votes harbour new railway strike ends after ten days market prices rise again in spring "
    "mayor opens bridge over river storm leaves thousands without power court hears case of missing "
    "letters school wins prize for science team loses final at home police seek witness fire on old mill "
    "farmers fear drought museum shows lost paintings bank lowers rate minister denies report workers "
    "return talks begin early snow closes pass record crowd greets champion doctors warn of fever city "
    "plans park and theatre ship arrives"
)
# In an order without meaning; every third word has a capital.
_WORDS = tuple(
    word if i % 3 else word.capitalize()
    for i, word in enumerate(np.random.default_rng(0).permutation(_VOCABULARY.split()).tolist())
)

_NAMES = (
    "Harbour Times",
    "The Morning Post",
    "Evening News",
    "County Herald",
    "The Courier",
    "Valley Gazette",
)

_SHORTEST = 9  # rows of text that an article, and what is left of one, takes at least


@dataclass
class _Draft:
    """A page in the making: a canvas finer than the image, upright and with hard edges.

    Rows are counted in lines of body text, columns in text columns; `line` and the positions are in pixels of
    the canvas.
    """

    width: int
    line: int
    top: int
    lefts: list[int]
    rights: list[int]
    ink: np.ndarray
    blocks: np.ndarray
    text: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.text = np.zeros_like(self.blocks)

    def rows(self, first: int, last: int) -> slice:
        """Return the canvas rows of lines from `first` up to, but not including, `last`."""
        return slice(self.top + first * self.line, self.top + last * self.line)


def pages(
    n: int | None = None,
    seed: int = 0,
    size: int = 64,
    columns: int | None = None,
    ruled: float = 0.3,
    skew_deg: float = 0.6,
    snr_db: float = 24.0,
    missed: float = 0.04,
) -> ImageSet:
    """Simulate scanned newspaper pages with their articles.

    Args:
        n: how many pages; None for 64.
        seed: decides everything. Image i doesn't depend on n.
        size: height and width of an image in pixels, from 48; at 128 and 256 lines of text can be seen.
        columns: text columns of a page, 3 to 8, at most one for each 9 pixels of size; None to draw 4 to 6
            for each page.
        ruled: share of pages that print thin rules between articles, 0 to 1; the others leave white gaps.
        skew_deg: standard deviation of the angle by which pages are turned, in degrees, 0 to 3.
        snr_db: standard deviation of a typical image over the noise's, in decibels (20 dB is ten to one).
        missed: share of text blocks that text recognition misses, 0 to 0.5; as many are merged with a
            neighbour.

    Returns:
        images (n, size, size, 2): the grey page, and the text blocks that text recognition found;
        targets (n, size, size, 2): article body, and the border between an article and its neighbours
        (articles, advertisements, masthead), at least a pixel wide, so that the 4-connected regions of the
        body are the articles; no groups;
        extra "articles" (n, size, size) int32: articles of a page are numbered from 1 to their count, all
        else is 0;
        extra "partial" (n, size, size, 1) float32: 1 where a page of which only one or two articles were
        labelled is known (these articles and the borders around them), 0 elsewhere.

    Raises:
        InputError: if a number is out of range.
    """
    if size < 48:
        raise InputError(f"size must be at least 48 pixels, got {size}: columns would be lost.")
    if columns is not None and not 3 <= columns <= min(8, size // 9):
        raise InputError(
            f"columns must lie between 3 and {min(8, size // 9)} at {size} pixels, got {columns}: use a "
            "larger size for more columns, or None."
        )
    for name, value, largest in (("ruled", ruled, 1), ("skew_deg", skew_deg, 3), ("missed", missed, 0.5)):
        if not 0 <= value <= largest:
            raise InputError(f"{name} must lie between 0 and {largest}, got {value:g}.")
    options = (size, columns, ruled, skew_deg, snr_db, missed)
    scans = [_page(rng, *options) for rng in generators(64 if n is None else n, seed)]
    images, targets, articles, partial = (np.stack(part) for part in zip(*scans, strict=True))
    return ImageSet(images, targets, card=_CARD, extra={"articles": articles, "partial": partial})


def _page(
    rng: np.random.Generator,
    size: int,
    columns: int | None,
    ruled: float,
    skew_deg: float,
    snr_db: float,
    missed: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw one page: image and targets (size, size, 2), articles (size, size), partial (size, size, 1)."""
    chance = _chances(rng)
    fineness = 3 if size < 96 else 2
    draft, rows = _sheet(chance, size * fineness, columns or min(4 + int(3 * next(chance)), size // 9))
    owner, kinds = _layout(chance, rows, len(draft.lefts))
    _masthead(chance, draft)
    for number, is_article in enumerate(kinds, start=1):
        if is_article:
            _article(rng, chance, draft, owner == number, missed)
        else:
            _advertisement(rng, chance, draft, owner == number)
    draft.ink += _body_text(rng, draft) * draft.text

    _cut_off_rules(draft, owner, kinds)
    numbers = np.cumsum(kinds) * kinds
    areas = _areas(draft, owner)
    number_of = np.concatenate([[0], numbers, [0]])  # nothing, the items, the masthead
    edges = _edges(areas, number_of > 0)
    if next(chance) < ruled:
        draft.ink[edges] = 0.75
    elif next(chance) < 0.2:  # rules between all columns say nothing
        _column_rules(draft)
    reach = max(2, round(0.45 * (draft.lefts[1] - draft.rights[0])))
    border = _widened(edges, reach) & (areas > 0)
    chosen = np.argsort(rng.random(numbers.max()))[: 1 + (next(chance) < 0.5)] + 1
    labelled = np.isin(number_of, chosen)[areas]
    known = labelled | (_widened(labelled, reach + 1) & border)

    place, inside = _skewed(rng, size, fineness, skew_deg)
    middle = place[fineness // 2 :: fineness, fineness // 2 :: fineness]
    articles = number_of.take(areas.take(middle)).astype("int32")
    parted = border.take(middle)
    articles[parted] = 0
    targets = np.stack([articles > 0, parted], axis=-1).astype("float32")
    partial = known.take(middle)[..., None].astype("float32")

    ink = _reduced(draft.ink.take(place), fineness)
    blocks = _reduced(draft.blocks.take(place), fineness)
    image = np.stack([_scan(rng, ink, inside, snr_db), blocks], axis=-1)
    return image, targets, articles, partial


def _chances(rng: np.random.Generator) -> Iterator[float]:
    """Yield random numbers from 0 to 1, drawn many at a time: a page needs some hundred single ones."""
    while True:
        yield from rng.random(256).tolist()


def _sheet(chance: Iterator[float], width: int, columns: int) -> tuple[_Draft, int]:
    """Return an empty page and how many lines of text it holds below the masthead."""
    line = max(3, round(width / 76))
    left, right = round(width * (0.035 + 0.03 * next(chance))), round(width * (0.965 - 0.03 * next(chance)))
    gutter = max(3, round(width * 0.014))
    edges = np.round(np.linspace(left, right + gutter, columns + 1)).astype(int)
    # A front page has its name in large letters, an inner page a line with its number.
    head = 0.10 + 0.06 * next(chance) if next(chance) < 0.45 else 0.03
    top = round(width * (0.03 + 0.02 * next(chance) + head))
    bottom = round(width * (0.94 + 0.03 * next(chance)))
    canvas = np.zeros((2, width, width), "float32")
    draft = _Draft(width, line, top, edges[:-1].tolist(), (edges[1:] - gutter).tolist(), canvas[0], canvas[1])
    return draft, (bottom - top) // line


def _layout(chance: Iterator[float], rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Divide a page.

    Returns:
        Number of the item of each line of each column (rows, columns), from 1; and for each item, in this
        order, whether it is an article: if not, it is an advertisement.
    """
    leaves = _cut(chance, 0, rows, 0, columns)
    owner = np.zeros((rows, columns), np.intp)
    kinds: list[bool] = []
    for first, last, start, stop in leaves:
        owner[first:last, start:stop] = len(kinds) + 1
        # Advertisements stand below, at the sides.
        low = last == rows and (start == 0 or stop == columns) and first > rows / 2
        kinds.append(not (low and next(chance) < 0.45))
    for number, (first, last, start, stop) in enumerate(list(leaves), start=1):
        if not kinds[number - 1] or stop - start < 2:
            continue
        column = start if next(chance) < 0.5 else stop - 1
        above = owner[first - 1, column] if first else 0
        kind = next(chance)
        if above and kinds[above - 1] and kind < 0.6:
            # The article above runs down beside this one, to its end or part of the way.
            end = last if next(chance) < 0.6 or last - first < 16 else first + 6 + int(6 * next(chance))
            owner[first:end, column] = above
        elif last - first >= 2 * _SHORTEST + 2 and kind < 0.9:
            # Another story takes a corner, above or below.
            height = _SHORTEST + int((last - first - 2 * _SHORTEST) * next(chance))
            rows_taken = slice(first, first + height) if next(chance) < 0.5 else slice(last - height, last)
            owner[rows_taken, column] = len(kinds) + 1
            kinds.append(True)
    return owner, np.array(kinds)


def _cut(
    chance: Iterator[float], first: int, last: int, start: int, stop: int
) -> list[tuple[int, int, int, int]]:
    """Cut lines first to last of columns start to stop in two, again and again, down to single items."""
    height, width = last - first, stop - start
    small = height * width < 40 + 75 * next(chance)
    across, down = height >= 2 * _SHORTEST, width >= 2
    if small or not (across or down):
        return [(first, last, start, stop)]
    if not across or (down and next(chance) < width / (width + height / 6)):
        at = start + 1 + int((width - 1) * next(chance))
        return _cut(chance, first, last, start, at) + _cut(chance, first, last, at, stop)
    at = first + _SHORTEST + int((height - 2 * _SHORTEST + 1) * next(chance))
    return _cut(chance, first, at, start, stop) + _cut(chance, at, last, start, stop)


def _masthead(chance: Iterator[float], draft: _Draft) -> None:
    """Print the newspaper's name, or the line above an inner page, with rules beneath."""
    left, right, line = draft.lefts[0], draft.rights[-1], draft.line
    room = draft.top - round(0.03 * draft.width)
    thick = max(1, draft.width // 256)
    draft.ink[draft.top - line - thick : draft.top - line, left:right] = 0.8
    bottom = draft.top - line - thick
    sides = [(left, right)]
    if room > 4 * line:
        height = room - 3 * line
        font = (_SERIF, _BOOK, _SANS)[int(3 * next(chance))]
        name = (_NAMES[int(len(_NAMES) * next(chance))],)
        widest = _strip(font, height, name)[1][-1]
        height = min(height, height * (right - left) // widest)
        letters = _words(chance, font, height, right - left, name)
        start = (left + right - letters.shape[1]) // 2
        _print(draft, letters, draft.top - 3 * line - height, start)
        draft.blocks[
            draft.top - 3 * line - height : draft.top - 3 * line, start : start + letters.shape[1]
        ] = 1
        draft.ink[bottom - line - thick : bottom - line, left:right] = 0.6
        width = (right - left) // 3
        sides = [
            (left, left + width),
            (left + width + width // 2, right - width),
            (right - width // 2, right),
        ]
    for begin, end in sides:
        draft.text[bottom - line : bottom, begin:end] = 1
        draft.blocks[bottom - line : bottom, begin:end] = 1


def _article(
    rng: np.random.Generator, chance: Iterator[float], draft: _Draft, cells: np.ndarray, missed: float
) -> None:
    """Print an article: its headline, a picture or none, and its text around it."""
    # Where each of its columns begins and ends.
    held = np.flatnonzero(cells.any(axis=0)).tolist()
    first = {c: int(cells[:, c].argmax()) for c in held}
    last = {c: len(cells) - int(cells[::-1, c].argmax()) for c in held}
    top = min(first.values())
    headed = [c for c in held if first[c] == top]
    height = min(last[c] for c in headed) - top
    below = top + _headline(chance, draft, headed, top, height, missed)
    starts = {c: below if c in headed else first[c] for c in held}

    pictured, upper, lower = _place_picture(chance, headed, starts, last)
    if pictured:
        where = (draft.rows(upper, lower), slice(draft.lefts[pictured[0]], draft.rights[pictured[-1]]))
        draft.ink[where] = _photograph(rng, chance, draft.ink[where].shape)
        caption = lower + 1 + (next(chance) < 0.5)
        _set_text(chance, draft, (pictured[0], pictured[-1]), lower, caption, missed)
    for column in held:
        end = last[column] - 1  # a line of white ends each item
        if column == held[-1]:
            end -= int(3 * next(chance))
        begin = starts[column]
        if column in pictured:
            if upper - begin >= 2:
                _set_text(chance, draft, (column, column), begin, upper - 1, missed)
            begin = caption + 1
        _set_text(chance, draft, (column, column), begin, end, missed)


def _headline(
    chance: Iterator[float], draft: _Draft, headed: list[int], top: int, room: int, missed: float
) -> int:
    """Print a headline over the columns `headed`, the wider the larger; return how many lines it takes."""
    left, right, line = draft.lefts[headed[0]], draft.rights[headed[-1]], draft.line
    rows = max(1, round((1.4 + 0.9 * next(chance)) * len(headed) ** 0.7))
    lines = 1 + int(2.2 * next(chance)) if len(headed) > 1 else 1 + int(2.5 * next(chance))
    lines = max(1, min(lines, (room // 2) // rows))
    rows = min(rows, max(1, room // 3))
    font = (_SERIF, _SANS, _BOOK)[int(2.6 * next(chance))]
    centred = next(chance) < 0.3
    for i in range(lines):
        share = 0.98 if i < lines - 1 else 0.5 + 0.5 * next(chance)
        letters = _words(chance, font, rows * line, int((right - left) * share))
        start = (left + right - letters.shape[1]) // 2 if centred else left
        _print(draft, letters, draft.rows(top + i * rows, 0).start, start)
    taken = rows * lines
    if next(chance) > missed:
        draft.blocks[draft.rows(top, top + taken), left:right] = 1
    # The white beneath a headline is as high as the white that ends an article, or there is none.
    return taken + (next(chance) < 0.6)


def _place_picture(
    chance: Iterator[float], headed: list[int], starts: dict[int, int], last: dict[int, int]
) -> tuple[list[int], int, int]:
    """Choose which columns and lines of an article a picture takes; no columns where there is no picture."""
    width = 1 + int(min(3, len(headed)) * next(chance))
    at = int((len(headed) - width + 1) * next(chance))
    columns = headed[at : at + width]
    room = min(last[c] for c in columns) - starts[columns[0]]
    if room < 13 or next(chance) < 0.4:
        return [], 0, 0
    height = 5 + int((min(room - 8, 5 * width + 5) - 4) * next(chance))
    upper = starts[columns[0]]
    if next(chance) < 0.35:  # not at once below the headline
        upper += int((room - height - 3) * next(chance))
    return columns, upper, upper + height


def _set_text(
    chance: Iterator[float], draft: _Draft, columns: tuple[int, int], begin: int, end: int, missed: float
) -> None:
    """Set body text in lines begin to end, from the first to the last of the columns, as paragraphs."""
    if end <= begin:
        return
    left, right, line = draft.lefts[columns[0]], draft.rights[columns[1]], draft.line
    draft.text[draft.rows(begin, end), left:right] = 1
    block = begin
    row = begin + 2 + int(5 * next(chance))
    while row < end:
        # The last line of a paragraph is short; the next one is indented, or follows a crosshead.
        short = draft.rows(row - 1, row)
        draft.text[short, left + int((right - left) * (0.2 + 0.7 * next(chance))) : right] = 0
        if next(chance) < 0.12 and end - row > 5:
            draft.text[draft.rows(row, row + 2), left:right] = 0
            letters = _words(chance, _SANS, line, int(0.8 * (right - left)))
            _print(draft, letters, draft.rows(row + 1, row + 2).start, left)
            _report(chance, draft, (block, row), (left, right), missed)
            block = row + 1
            row += 2
        else:
            draft.text[draft.rows(row, row + 1), left : left + (right - left) // 10] = 0
        row += 3 + int(6 * next(chance))
    _report(chance, draft, (block, end), (left, right), missed)


def _report(
    chance: Iterator[float], draft: _Draft, lines: tuple[int, int], sides: tuple[int, int], missed: float
) -> None:
    """Report a block of text as text recognition would: some are missed, some reach into the next column."""
    luck = next(chance)
    if luck < missed:
        return
    left, right = sides
    if luck > 1 - missed:
        right = min(right + (right - left) // 2, draft.rights[-1])
    draft.blocks[draft.rows(*lines), left:right] = 1


def _photograph(rng: np.random.Generator, chance: Iterator[float], shape: tuple[int, ...]) -> np.ndarray:
    """Print a photograph, (height, width) of ink: a view with houses, or a head and shoulders."""
    height, width = shape[:2]
    scale = max(2.0, min(height, width) / 5)
    tones = smooth_noise(rng, (height, width), scale) + 0.5 * smooth_noise(rng, (height, width), scale / 3)
    y = np.linspace(-1, 1, height, dtype="float32")[:, None]
    x = np.linspace(-1, 1, width, dtype="float32")[None] * np.float32(width / height)
    if width < 1.5 * height and next(chance) < 0.6:
        centre = np.float32(0.6 * (next(chance) - 0.5))
        light = np.float32(2.4 * next(chance) - 1.2)
        head = (x - centre) ** 2 / 0.13 + (y + 0.2) ** 2 / 0.22 < 1
        hair = (x - centre) ** 2 / 0.17 + (y + 0.3) ** 2 / 0.26 < 1
        shoulders = (x - centre) ** 2 / 0.8 + (y - 1.2) ** 2 / 1.0 < 1
        tones = 0.4 * tones + light
        tones = np.where(shoulders, np.float32(1.6) - light, np.where(hair, np.float32(1.8), tones))
        tones = np.where(head & (y > -0.45), np.float32(-1.2), tones)
    else:
        # Sky above, and before it a row of houses, trees or people.
        steps = 3 + int(9 * next(chance))
        skyline = rng.uniform(-0.7, 0.6, size=steps)[np.arange(width) * steps // width]
        tones = np.where(y > skyline, 0.8 * tones + np.float32(0.9), 0.4 * tones - np.float32(1.2))
    middle = np.float32(0.45 + 0.15 * next(chance))
    return np.clip(middle + np.float32(0.2) * tones, 0.08, 0.92)


def _advertisement(
    rng: np.random.Generator, chance: Iterator[float], draft: _Draft, cells: np.ndarray
) -> None:
    """Print an advertisement: a frame with large letters or a picture, or white letters on black."""
    held, lines = np.flatnonzero(cells.any(axis=0)), np.flatnonzero(cells.any(axis=1))
    first, last = int(lines[0]), int(lines[-1])
    left, right, line = draft.lefts[held[0]], draft.rights[held[-1]], draft.line
    rows = draft.rows(first, last)
    thick = max(1, draft.width // 200)
    draft.ink[rows, left:right] = 0.8
    draft.ink[rows.start + thick : rows.stop - thick, left + thick : right - thick] = 0
    inner_left, inner_right = left + 2 * thick + 1, right - 2 * thick - 1
    row, negative, pictured = first + 1, next(chance) < 0.3, False
    if negative:
        draft.ink[rows, left:right] = 0.85
    while row < last - 2:
        kind, tall = next(chance), 1 + int(3 * next(chance))
        if kind < 0.5 or negative or pictured:
            size = min(tall, last - 1 - row)
            letters = _words(
                chance, _SANS, size * line, int((inner_right - inner_left) * (0.5 + 0.5 * next(chance)))
            )
            start = (inner_left + inner_right - letters.shape[1]) // 2
            _print(draft, letters, draft.rows(row, 0).start, start, 0.85 if negative else 0.0)
            draft.blocks[draft.rows(row, row + size), start : start + letters.shape[1]] = 1
        else:
            size = min(4 + 2 * tall, last - 1 - row)
            where = (draft.rows(row, row + size), slice(inner_left, inner_right))
            draft.ink[where] = _photograph(rng, chance, draft.ink[where].shape)
            pictured = True
        row += size + 1


def _print(draft: _Draft, letters: np.ndarray, row: int, column: int, ground: float = 0.0) -> None:
    """Print letters on the canvas; on a dark ground they stay white."""
    height, width = letters.shape
    ink = np.float32(0.9) * letters
    draft.ink[row : row + height, column : column + width] = ground - ground * letters if ground else ink


def _words(
    chance: Iterator[float], font: str, height: int, width: int, phrases: tuple[str, ...] = _WORDS
) -> np.ndarray:
    """Return some words, set in a line of `height` pixels, (height, at most width) in [0, 1]."""
    strip, starts = _strip(font, height, phrases)
    if phrases is _WORDS:
        at = int(bisect.bisect_left(starts, strip.shape[1] - width) * next(chance))
        if starts[at + 1] - starts[at] > width:  # too long a word: one of the shortest
            at = int(np.argsort(np.diff(starts))[int(4 * next(chance))])
        end = bisect.bisect_right(starts, starts[at] + width) - 1
    else:
        at = int((len(starts) - 1) * next(chance))
        end = at + 1
    # Where not even a short word fits, it is cut.
    return strip[:, starts[at] : min(starts[max(end, at + 1)], starts[at] + width)]


@functools.lru_cache(maxsize=256)
def _strip(font: str, height: int, phrases: tuple[str, ...]) -> tuple[np.ndarray, list[int]]:
    """Set all phrases in one long line, (height, width) in [0, 1], and tell at which column each begins."""
    from pathlib import Path

    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    fine = 4 if height < 12 else 2  # letters are drawn larger and reduced: hinting would spoil small ones
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"
    face = ImageFont.truetype(path, round(0.92 * height * fine), layout_engine=ImageFont.Layout.BASIC)
    lengths = [face.getlength(phrase + " ") for phrase in phrases]
    starts = np.concatenate([[0], np.cumsum(lengths)]).round().astype(int)
    canvas = Image.new("L", (int(starts[-1]) // fine * fine + fine, height * fine))
    draw = ImageDraw.Draw(canvas)
    for phrase, start in zip(phrases, starts, strict=False):
        draw.text((start, round(0.78 * height * fine)), phrase, 255, face, anchor="ls")
    return _reduced(np.asarray(canvas, "float32") / 255, fine), (starts // fine).tolist()


def _body_text(rng: np.random.Generator, draft: _Draft) -> np.ndarray:
    """Return the ink of a page full of body text, (width, width): each line is another piece of the strip."""
    strip, _ = _strip(_BODY, draft.line, _WORDS)
    lines = -(-draft.width // draft.line)
    begins = rng.integers(0, strip.shape[1] - draft.width, size=lines)
    sliding = np.lib.stride_tricks.sliding_window_view(strip, draft.width, axis=1)
    text = sliding[:, begins].transpose(1, 0, 2).reshape(lines * draft.line, draft.width)
    # Lines of the text begin where the page begins.
    return np.roll(text, draft.top % draft.line, axis=0)[: draft.width] * np.float32(0.75)


def _areas(draft: _Draft, owner: np.ndarray) -> np.ndarray:
    """Return to which item each canvas pixel belongs, white included; 0 none, the last number masthead."""
    rows, columns = owner.shape
    row = (np.arange(draft.width) - draft.top + draft.line // 2 + 1) // draft.line
    half = (draft.lefts[1] - draft.rights[0]) // 2
    bounds = [draft.lefts[0] - 1, *(left - half for left in draft.lefts[1:]), draft.rights[-1] + 1]
    column = np.searchsorted(bounds, np.arange(draft.width), side="right")
    padded = np.zeros((rows + 2, columns + 2), np.uint8)  # a page has room for some 40 items
    padded[1:-1, 1:-1] = owner
    padded[0, 1:-1] = owner.max() + 1
    return padded.take(np.clip(row + 1, 0, rows + 1), axis=0).take(column, axis=1)


def _edges(areas: np.ndarray, is_article: np.ndarray) -> np.ndarray:
    """Return where an article meets another item to its right or below it: (width, width) bool."""
    article, printed = is_article[areas], areas > 0
    meet = np.zeros(areas.shape, bool)
    for here, there in (
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
        ((slice(None, -1), slice(None)), (slice(1, None), slice(None))),
    ):
        both = printed[here] & printed[there]
        meet[here] |= (areas[here] != areas[there]) & (article[here] | article[there]) & both
    return meet


def _widened(mask: np.ndarray, reach: int) -> np.ndarray:
    """Return where the mask is set up to `reach` pixels away, above and to the left one less."""
    wide = mask.copy()
    for shift in range(1, reach + 1):
        wide[shift:] |= mask[:-shift]
        if shift < reach:
            wide[:-shift] |= mask[shift:]
    mask, wide = wide, wide.copy()
    for shift in range(1, reach + 1):
        wide[:, shift:] |= mask[:, :-shift]
        if shift < reach:
            wide[:, :-shift] |= mask[:, shift:]
    return wide


def _cut_off_rules(draft: _Draft, owner: np.ndarray, kinds: np.ndarray) -> None:
    """Print a short rule over text that continues an article below another one: no headline parts the two."""
    for row, column in np.argwhere(owner[1:] != owner[:-1]).tolist():
        below = owner[row + 1, column]
        if kinds[below - 1] and (owner[: row + 1] == below).any():
            y = draft.rows(row, row + 1).start + draft.line // 2
            draft.ink[y, draft.lefts[column] : draft.rights[column]] = 0.75


def _column_rules(draft: _Draft) -> None:
    """Print a rule between neighbouring columns wherever there is text on both sides."""
    below = slice(draft.top, None)
    text = [
        draft.text[below, left:right].any(axis=1)
        for left, right in zip(draft.lefts, draft.rights, strict=True)
    ]
    for i, (right, left) in enumerate(zip(draft.rights[:-1], draft.lefts[1:], strict=True)):
        draft.ink[below, (right + left) // 2][text[i] & text[i + 1]] = 0.6


def _skewed(
    rng: np.random.Generator, size: int, fineness: int, skew_deg: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lay a page on the scanner.

    Returns:
        Which pixel of the canvas, counted row by row, each point of the fine grid shows; and how many pixels
        of the image each pixel lies inside the sheet, (size, size).
    """
    width = size * fineness
    turn, lean = np.radians(np.clip(rng.normal(0, skew_deg, size=2), -2 * skew_deg, 2 * skew_deg))
    shift = rng.normal(0, 0.006 * width, size=2)
    offset = (np.arange(width) - (width - 1) / 2).astype("float32")
    centre = (width - 1) / 2
    row = offset[:, None] + np.float32(np.tan(turn)) * offset[None] + np.float32(centre + shift[0])
    # The sides lean by nearly the angle of the lines.
    column = offset[None] - np.float32(np.tan(turn + 0.3 * lean)) * offset[:, None]
    column = column + np.float32(centre + shift[1])
    place = np.clip(row + 0.5, 0, width - 1).astype(np.intp) * width
    place += np.clip(column + 0.5, 0, width - 1).astype(np.intp)
    step = slice(fineness // 2, None, fineness)
    # How much of the scanner's lid shows beside the sheet differs from side to side.
    lid = rng.uniform(-0.04, 0.02, size=4) * width
    row, column = row[step, step], column[step, step]
    inside = np.minimum(
        np.minimum(row - lid[0], width - lid[1] - row), np.minimum(column - lid[2], width - lid[3] - column)
    )
    return place, inside.astype("float32") / np.float32(fineness)


def _reduced(canvas: np.ndarray, fineness: int) -> np.ndarray:
    """Average squares of `fineness` pixels."""
    rows = functools.reduce(np.add, (canvas[i::fineness] for i in range(fineness)))
    both = functools.reduce(np.add, (rows[:, i::fineness] for i in range(fineness)))
    return np.asarray(both * np.float32(1 / fineness**2))


def _scan(rng: np.random.Generator, ink: np.ndarray, inside: np.ndarray, snr_db: float) -> np.ndarray:
    """Print on old paper and scan it: (size, size) in [0, 1]."""
    size = len(ink)
    paper = rng.uniform(0.72, 0.92) + uneven_light(rng, (size, size), 0.03)
    paper += np.float32(0.012) * smooth_noise(rng, (size, size), size / 12)
    # The other side of the sheet shows through, mirrored; here it is this side, moved.
    back = np.roll(ink[:, ::-1], rng.integers(size // 8, size // 2, size=2), axis=(0, 1))
    paper -= np.float32(rng.uniform(0.02, 0.12)) * blur(back, size / 80)
    # The fold across the middle.
    rows = pixel_grid((size, size))[0]
    fold = rows - np.float32(size / 2 + rng.normal(0, size / 40))
    paper -= np.float32(rng.uniform(-0.02, 0.09)) * np.exp(
        -np.square(fold) / np.float32(2 * (size / 90) ** 2)
    )
    # Ink was not as thick on every page, nor everywhere on a page.
    thickness = rng.uniform(0.72, 0.95) * (1 + uneven_light(rng, (size, size), 0.04))
    printed = paper * (1 - thickness * blur(ink, 0.35 + size / 800))
    lid = np.float32(rng.choice([0.08, 0.25, 0.95]))
    printed = lid + np.clip(inside + np.float32(0.5), 0, 1) * (printed - lid)
    return camera_noise(rng, printed.astype("float32"), snr_db, _SIGNAL)
