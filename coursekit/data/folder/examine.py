"""Look at each picture of a folder once, several at a time: what the audit needs to know, and no pixels."""

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from coursekit.data.folder.layout import Entry, Problem
from coursekit.data.folder.loading import check_mask_size, divisor, is_binary, read_mask
from coursekit.data.folder.near_duplicates import small_picture
from coursekit.data.folder.picture_file import (
    ENDINGS,
    PictureFile,
    UnusableFileError,
    check_values,
    quiet_libraries,
    read_picture_file,
)

# More threads would hold more large pictures in memory at a time.
_MOST_THREADS = 4
_MOST_VALUES = 256


@dataclass(frozen=True, eq=False)
class MaskFacts:
    """What is known about the mask of an image.

    Attributes:
        format: of the file.
        values: its different values in ascending order, at most the first 256.
        n_values: how many there are.
        binary: whether they are 0 and 1, or 0 and white.
        share: of the pixels that are not 0.
    """

    format: str
    values: tuple[int, ...]
    n_values: int
    binary: bool
    share: float


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known about one image: a file, or a page of one.

    Attributes:
        entry: where it is and what the folder says about it.
        name: of the entry; with the number of the page if there are several.
        page: number of the page from 1.
        pages: how many the file has.
        format: by content.
        mode: "grey", "colour", "palette" ...
        bits: per value, as stored.
        n_bytes: of the file.
        camera: make, model and software, if EXIF says so.
        orientation: of EXIF, 1 is upright.
        conversions: what had to be done to get grey or colour.
        wrong_ending: whether the name says another format.
        height: in pixels, upright.
        width: in pixels, upright.
        channels: of the pixels, after the conversions.
        white: value that is divided by.
        mean: of the pixels divided by `white`.
        highest: largest stored value.
        saturated: share of the pixels at `white` in all channels.
        digest: SHA-256 of the pixels.
        small: (32, 32) grey, for the perceptual hash.
        mask: what is known about the mask, or None.
    """

    entry: Entry
    name: str
    page: int
    pages: int
    format: str
    mode: str
    bits: int
    n_bytes: int
    camera: str
    orientation: int
    conversions: tuple[str, ...]
    wrong_ending: bool
    height: int
    width: int
    channels: int
    white: float
    mean: float
    highest: float
    saturated: float
    digest: bytes
    small: np.ndarray
    mask: MaskFacts | None


def examine(
    entries: list[Entry], white: float | None = None, on_progress: Callable[[int, int], None] | None = None
) -> tuple[list[Facts], list[Problem]]:
    """Decode each picture and its mask once.

    Args:
        entries: the pictures.
        white: value that becomes 1 in files of more than 8 bits; None for the largest that the type can hold.
        on_progress: called with the number of pictures done and of all, now and then.

    Returns:
        Facts for each image in the order of the entries, and a problem for each that can't be used.
    """
    facts: list[Facts] = []
    problems: list[Problem] = []

    def look(entry: Entry) -> list[Facts] | Problem:
        try:
            return list(_look_at(entry, white))
        except UnusableFileError as error:
            return Problem(entry.name, error.kind, error.reason)
        except MemoryError:
            return Problem(entry.name, "too large", "it does not fit into the memory")

    # Decoding, hashing and shrinking happen in C without Python's lock. On two cores, two processes took
    # longer than four threads, and on some systems they break scripts without a main guard.
    threads = max(1, min(_MOST_THREADS, os.cpu_count() or 1))
    with quiet_libraries(), ThreadPoolExecutor(threads) as pool:
        for done, found in enumerate(pool.map(look, entries), start=1):
            if isinstance(found, Problem):
                problems.append(found)
            else:
                facts += found
            if on_progress and (done % 50 == 0 or done == len(entries)):
                on_progress(done, len(entries))
    return facts, problems


def _look_at(entry: Entry, white: float | None) -> Iterator[Facts]:
    file = read_picture_file(entry.path)
    ending = PurePosixPath(entry.name).suffix.lower()
    masks: list[tuple[np.ndarray, MaskFacts]] = []
    if entry.mask is not None:
        masks = _look_at_mask(entry)
        if len(masks) == 1:  # the mask of an image whose pages are channels
            masks *= len(file.pages)
        if len(masks) != len(file.pages):
            raise UnusableFileError(
                "size of mask", f"it has {len(file.pages)} page(s) and its mask {len(masks)}"
            )
    for number, pixels in enumerate(file.pages):
        value = divisor(file, white)
        check_values(pixels, value)
        mask = None
        if masks:
            check_mask_size(pixels, masks[number][0])
            mask = masks[number][1]
        yield _facts(entry, file, number, pixels, value, ending not in ENDINGS[file.format], mask)


def _facts(
    entry: Entry,
    file: PictureFile,
    number: int,
    pixels: np.ndarray,
    white: float,
    wrong_ending: bool,
    mask: MaskFacts | None,
) -> Facts:
    height, width, channels = pixels.shape
    # The shape belongs to it: a 2×8 and a 4×4 of the same bytes are two pictures.
    digest = hashlib.sha256(f"{pixels.shape} {pixels.dtype}".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    highest = float(pixels.max())
    pages = len(file.pages)
    return Facts(
        entry=entry,
        name=entry.name if pages == 1 else f"{entry.name}[{number + 1}]",
        page=number + 1,
        pages=pages,
        format=file.format,
        mode=file.mode,
        bits=file.bits,
        n_bytes=file.n_bytes,
        camera=file.camera,
        orientation=file.orientation,
        conversions=file.conversions,
        wrong_ending=wrong_ending,
        height=height,
        width=width,
        channels=channels,
        white=white,
        mean=float(pixels.mean(dtype="float64")) / white,
        highest=highest,
        saturated=float((pixels == white).all(axis=-1).mean()) if highest >= white else 0.0,
        digest=digest.digest(),
        small=small_picture(pixels, white),
        mask=mask,
    )


def _look_at_mask(entry: Entry) -> list[tuple[np.ndarray, MaskFacts]]:
    assert entry.mask is not None
    pages, white = read_mask(entry.mask)
    found = []
    for page in pages:
        # Counting is ten times faster than sorting, where the values are few.
        values = (
            np.flatnonzero(np.bincount(page.ravel(), minlength=1))
            if page.dtype.itemsize <= 2
            else np.unique(page)
        )
        first = tuple(int(value) for value in values[:_MOST_VALUES])
        share = float((page != 0).mean())
        format_of_mask = PurePosixPath(entry.mask_name or "").suffix.lower()
        name = next((name for name, endings in ENDINGS.items() if format_of_mask in endings), "")
        found.append((page, MaskFacts(name, first, len(values), is_binary(page, white), share)))
    return found
