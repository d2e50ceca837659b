"""One picture file: what it holds, or the reason why it can't be used."""

import contextlib
import errno
import io
import logging
import os
import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from coursekit.errors import CourseError

# What is read. Pillow knows more formats, but some of them start other programs (EPS).
FORMATS = ("PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "PPM")
ENDINGS = {
    "PNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "TIFF": (".tif", ".tiff"),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "WEBP": (".webp",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
}
# A header of 50 bytes can claim any size, and a program that believes it fills the memory.
MOST_PIXELS = 100_000_000
MOST_PAGES = 10_000
MOST_BYTES = 2**30
# Of all pages together, channels included.
MOST_VALUES = 500_000_000
_ROWS = 256

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"P1", "PPM"),
    (b"P2", "PPM"),
    (b"P3", "PPM"),
    (b"P4", "PPM"),
    (b"P5", "PPM"),
    (b"P6", "PPM"),
)
_OTHERS = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"),
    (b"8BPS", "a Photoshop document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
_ALPHA_MODES = {"LA", "La", "PA", "RGBA", "RGBa"}
_BITS = {"1": 1, "I;16": 16, "I;16B": 16, "I;16L": 16, "I": 32, "F": 32}
_EXIF_ORIENTATION, _EXIF_MAKE, _EXIF_MODEL, _EXIF_SOFTWARE = 274, 271, 272, 305


class UnusableFileError(CourseError):
    """A file that can't be used as a picture.

    Attributes:
        kind: the sort of trouble in one or two words, the same for all files that share it.
        reason: what is wrong with this file.
    """

    def __init__(self, kind: str, reason: str):
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


@dataclass(frozen=True, eq=False)
class PictureFile:
    """What a file holds.

    Attributes:
        pages: one array (h, w, c) for each page, uint8, uint16, uint32 or float32: values as stored, after
            the conversions.
        white: the stored value that means 1: the largest value that the stored type can hold.
        format: by the file's content, whatever its name says; one of `FORMATS`.
        mode: how pixels are stored: "grey", "colour", "palette", "CMYK" ..., "+alpha" if they have one.
        bits: per value, as stored.
        n_bytes: size of the file.
        orientation: EXIF orientation, 1 (upright) to 8.
        camera: make, model and software of the EXIF data; empty where the file says nothing.
        conversions: what had to be done to get grey or colour values, one phrase each.
    """

    pages: list[np.ndarray]
    white: float
    format: str
    mode: str
    bits: int
    n_bytes: int
    orientation: int = 1
    camera: str = ""
    conversions: tuple[str, ...] = ()


def read_picture_file(path: str | Path, as_indices: bool = False) -> PictureFile:
    """Read a picture file whatever is wrong with it; its content decides about its format, not its name.

    Palettes become grey or colour, CMYK becomes colour, transparent pixels are laid on white, and an EXIF
    orientation is carried out. Values are not rescaled. Nothing is believed that the header says about sizes
    before it is compared with `MOST_PIXELS`, `MOST_PAGES` and `MOST_BYTES`.

    Args:
        path: of the file. Pipes, devices and folders are refused without being opened.
        as_indices: for masks: keep the numbers of a palette's colours, and drop transparency.

    Returns:
        All pages of a TIFF, the first picture of anything else.

    Raises:
        UnusableFileError: with the reason.
    """
    content = read_bytes(path)
    file_format = format_of(content)
    if file_format is None:
        raise UnusableFileError("not a picture", f"it is {_what_else(content)}, not a picture")
    try:
        file = _decoded(content, file_format, as_indices)
    except UnusableFileError:
        raise
    # A damaged file can raise anything: SyntaxError, struct.error, IndexError, OverflowError ...
    except Exception as error:
        _raise_reason(error, file_format)
    if any(page.ndim != 3 or page.size == 0 for page in file.pages):
        raise UnusableFileError("damaged", f"this {file_format} holds no pixels")
    return file


def _decoded(content: bytes, file_format: str, as_indices: bool) -> PictureFile:
    if file_format == "TIFF":
        return _read_tiff(content, as_indices)
    if file_format == "PNG":
        _check_png(content)
    elif file_format == "WEBP" and struct.unpack("<I", content[4:8])[0] + 8 > len(content):
        raise UnusableFileError("cut off", "this WEBP ends before its picture does")
    return _read_with_pillow(content, file_format, as_indices)


def format_of(start: bytes) -> str | None:
    """Name the format that some bytes begin like, or None: one of `FORMATS`."""
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    found = next((name for magic, name in _MAGIC if start.startswith(magic)), None)
    if found == "PPM" and start[2:3] not in (b" ", b"\n", b"\r", b"\t"):
        return None
    if found == "BMP" and len(start) >= 18 and struct.unpack("<I", start[14:18])[0] not in _BMP_HEADERS:
        return None  # text that starts with BM
    return found


_BMP_HEADERS = {12, 40, 52, 56, 64, 108, 124}


def read_bytes(path: str | Path, first: int | None = None) -> bytes:
    """Read a regular file without ever waiting for a pipe or a device.

    Args:
        path: of the file.
        first: read no more than so many bytes; None for all of at most `MOST_BYTES`.

    Raises:
        UnusableFileError: if it is no regular file, is empty, too large, or can't be opened.
    """
    try:
        # Windows has no O_NONBLOCK, and no pipes in folders either.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        kind = stat.S_IFMT(os.stat(path).st_mode)  # noqa: PTH116 - a name that is no UTF-8 stays as it is
        if kind != stat.S_IFREG:
            raise UnusableFileError(
                "not a file", f"it is {_KINDS.get(kind, 'something special')}, not a file"
            )
        with os.fdopen(os.open(path, flags), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise UnusableFileError("empty file", "it has zero bytes")
            if first is None and size > MOST_BYTES:
                raise UnusableFileError(
                    "too large", f"it has {size / 2**30:.1f} GiB; files above {MOST_BYTES >> 30} are not read"
                )
            return file.read(first if first is not None else size)
    except OSError as error:
        raise UnusableFileError(*_os_reason(error)) from None
    except ValueError as error:  # a name with a zero byte, as a table can hold
        raise UnusableFileError("missing file", f"this can't be the name of a file: {error}") from None


_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def _os_reason(error: OSError) -> tuple[str, str]:
    if isinstance(error, PermissionError):
        return "no permission", "you are not allowed to read it"
    if error.errno == errno.ELOOP:
        return "link loop", "it is a link that leads back to itself"
    if isinstance(error, FileNotFoundError):
        return "missing file", "there is no such file"
    return "can't be opened", f"the system says: {error.strerror or error}"


def scaled(pixels: np.ndarray, white: float) -> np.ndarray:
    """Divide by a fixed value.

    Args:
        pixels: as stored.
        white: the value that becomes 1.

    Returns:
        float32 in [0, 1].

    Raises:
        UnusableFileError: if a value is not a number or lies outside 0 to `white`.
    """
    check_values(pixels, white)
    return pixels.astype("float32") / np.float32(white)


def check_values(pixels: np.ndarray, white: float) -> None:
    """Raise UnusableFileError if a value is not a number or lies outside 0 to `white`."""
    if pixels.dtype == np.float32:
        bad = pixels.size - int(np.isfinite(pixels).sum())
        if bad:
            raise UnusableFileError("not a number", f"{bad:,} of {pixels.size:,} values are NaN or infinite")
    elif np.iinfo(pixels.dtype).max <= white:
        return
    low, high = float(pixels.min()), float(pixels.max())
    if low < 0 or high > white:
        raise UnusableFileError(
            "values out of range",
            f"its values run from {low:g} to {high:g}, where 0 to {white:g} was expected",
        )


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep Pillow's and tifffile's remarks about odd files off the screen; they are told as findings.

    For the whole process: enter it once, around the threads that read.
    """
    loggers = [logging.getLogger(name) for name in ("tifffile", "PIL.TiffImagePlugin")]
    before = [logger.disabled for logger in loggers]
    try:
        for logger in loggers:
            logger.disabled = True
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


def _raise_reason(error: Exception, file_format: str) -> NoReturn:
    said = f"{type(error).__name__}: {error}".lower()
    if "decompressionbomb" in said:
        raise UnusableFileError("too large", "its header claims more than 170 million pixels") from None
    if isinstance(error, MemoryError):
        raise UnusableFileError("too large", "it does not fit into the memory") from None
    if any(
        word in said
        for word in (
            "truncat",
            "eof",
            "failed to read",
            "unexpected end",
            "not enough",
            "buffer is too small",
        )
    ):
        raise UnusableFileError("cut off", f"this {file_format} ends before its picture does") from None
    words = " ".join(str(error).split())[:120]
    if words.startswith("cannot identify image file"):  # goes on with an address in memory
        words = "its header makes no sense"
    raise UnusableFileError(
        "damaged", f"this {file_format} can't be decoded ({words or type(error).__name__})"
    ) from None


def _what_else(content: bytes) -> str:
    known = next((what for magic, what in _OTHERS if content.startswith(magic)), None)
    if known:
        return known
    start = content[:1024]
    if start[4:8] == b"ftyp":
        return "a HEIC or AVIF picture or a film"
    if content[128:132] == b"DICM":
        return "a DICOM file"
    if not start.strip(b"\0"):
        return "nothing but zeros"
    text = start.decode("utf-8", "replace")
    if text.count("�") <= 1 and all(c.isprintable() or c.isspace() for c in text.replace("�", "")):
        low = text.lstrip("\ufeff \r\n\t").lower()
        if low.startswith(("<!doctype html", "<html")):
            return "a web page"
        if "<svg" in low:
            return "an SVG drawing"
        if low.startswith("version https://git-lfs"):
            return "a Git LFS pointer (run `git lfs pull`)"
        return "text"
    return "bytes of no known format"


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise UnusableFileError("damaged", f"its header claims {width}×{height} pixels")
    if width * height > MOST_PIXELS:
        raise UnusableFileError(
            "too large",
            f"its header claims {width:,}×{height:,} pixels; "
            f"more than {MOST_PIXELS // 10**6} million are not read",
        )


def _read_with_pillow(content: bytes, file_format: str, as_indices: bool) -> PictureFile:
    from PIL import Image

    with Image.open(io.BytesIO(content), formats=[file_format]) as image:
        _check_size(*image.size)
        conversions = []
        frames = getattr(image, "n_frames", 1)
        bits = 16 if (file_format, image.mode) == ("PPM", "I") else _BITS.get(image.mode, 8)
        exif = _exif(image)
        image.load()
        if frames > 1 and file_format != "JPEG":  # a phone's JPEG often brings a preview of itself
            conversions.append("animation: only the first picture is read")
        if file_format == "PNG" and len(content) > 24 and content[24] == 16 and bits == 8:
            bits = 16
            conversions.append("16-bit colour PNG: read with 8 bits")
        pixels, white, mode, converted = _plain_pixels(image, as_indices)
    orientation = exif.pop("orientation", 1)
    if orientation != 1:
        conversions.append("turned as its EXIF orientation says")
    return PictureFile(
        [turned(pixels, orientation)],
        white,
        file_format,
        mode,
        bits,
        len(content),
        orientation,
        exif.get("camera", ""),
        (*converted, *conversions),
    )


def _check_png(content: bytes) -> None:
    """Compare each part of a PNG with its checksum; Pillow would show what is left of a damaged picture."""
    place = 8
    while place + 8 <= len(content):
        (length,) = struct.unpack_from(">I", content, place)
        name, end = content[place + 4 : place + 8], place + 12 + length
        if end > len(content):
            break
        # A capital first letter marks the parts that the picture can't do without.
        if name[:1].isupper() and zlib.crc32(memoryview(content)[place + 4 : end - 4]) != int.from_bytes(
            content[end - 4 : end], "big"
        ):
            raise UnusableFileError("damaged", "a checksum in this PNG is wrong")
        if name == b"IHDR" and length >= 8:
            _check_size(*struct.unpack_from(">II", content, place + 8))
        if name == b"IEND":
            return
        place = end
    raise UnusableFileError("cut off", "this PNG ends before its picture does")


def _exif(image: Any) -> dict[str, Any]:
    try:
        exif = image.getexif()
        orientation = int(exif.get(_EXIF_ORIENTATION, 1))
        named = (exif.get(tag) for tag in (_EXIF_MAKE, _EXIF_MODEL, _EXIF_SOFTWARE))
        camera = " ".join(" ".join(str(name).replace("\0", " ").split()) for name in named if name)
    except Exception:  # damaged EXIF data don't make the picture unusable
        return {}
    return {"orientation": orientation if 1 <= orientation <= 8 else 1, "camera": camera[:200]}


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn and mirror (h, w, c) as an EXIF orientation from 1 to 8 asks."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    # After that swap: 5 is done, 6 and 8 are quarter turns, 7 is the mirror along the other diagonal.
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _plain_pixels(image: Any, as_indices: bool) -> tuple[np.ndarray, float, str, tuple[str, ...]]:
    """Return the pixels of a loaded image as (h, w, c), white, the mode's name, and what was converted."""
    mode = image.mode
    if mode == "1":
        return np.asarray(image, "uint8")[..., None], 1.0, "black and white", ()
    if mode in ("I;16", "I;16B", "I;16L"):
        return np.asarray(image).astype("uint16")[..., None], 65535.0, "grey", ()
    if mode == "I" and image.format == "PPM":  # Pillow brings any PGM of more than 8 bits to 0 to 65,535
        return np.asarray(image).astype("uint16")[..., None], 65535.0, "grey", ()
    if mode in ("I", "F"):
        return *_whole_numbers(np.asarray(image)[..., None]), "grey", ()
    if as_indices and mode in ("P", "PA"):
        return np.asarray(image.getchannel(0) if mode == "PA" else image)[..., None], 255.0, "palette", ()
    has_alpha = mode in _ALPHA_MODES or "transparency" in image.info
    if as_indices and has_alpha:
        image, has_alpha = image.convert("L" if mode in ("LA", "La") else "RGB"), False
    done = []
    name = {"P": "palette", "PA": "palette", "L": "grey", "LA": "grey", "La": "grey", "CMYK": "CMYK"}.get(
        mode
    )
    name = name or ("colour" if mode in ("RGB", "RGBA", "RGBa", "RGBX") else mode)
    if name == "palette":
        done.append("palette converted to grey or colour")
    elif name not in ("grey", "colour"):
        done.append(f"{name} converted to colour")
    if has_alpha:
        name += "+alpha"
        pixels = _on_white(np.asarray(image.convert("RGBA")))
        done.append("transparency laid on white")
    elif mode == "L":
        pixels = np.asarray(image)[..., None]
    else:
        pixels = np.asarray(image.convert("RGB"))
    if mode not in ("L", "RGB") and pixels.shape[-1] == 3 and name != "colour" and _is_grey(pixels):
        pixels = pixels[..., :1]
    return np.ascontiguousarray(pixels), 255.0, name, tuple(done)


def _is_grey(pixels: np.ndarray) -> bool:
    return bool((pixels[..., :1] == pixels[..., 1:]).all())


def _on_white(pixels: np.ndarray) -> np.ndarray:
    """Lay (h, w, c + 1) of unsigned integers, the last channel opacity, on white; return (h, w, c)."""
    white = int(np.iinfo(pixels.dtype).max)
    colour, opacity = pixels[..., :-1], pixels[..., -1:]
    if opacity.min() == white:
        return np.ascontiguousarray(colour)
    laid = np.empty(colour.shape, pixels.dtype)
    for top in range(
        0, len(pixels), _ROWS
    ):  # in floating point, a large picture as a whole would take gigabytes
        rows = slice(top, top + _ROWS)
        share = opacity[rows].astype("float32") / white
        laid[rows] = np.rint(colour[rows] * share + white * (1 - share))
    return laid


def _whole_numbers(pixels: np.ndarray) -> tuple[np.ndarray, float]:
    """Bring any numeric type to uint8, uint16, uint32 or float32; return it with its white."""
    kind = pixels.dtype.kind
    if kind == "b":
        return pixels.astype("uint8"), 1.0
    if kind == "f":
        return pixels.astype("float32"), 1.0
    if kind in "ui" and pixels.dtype.itemsize <= 4:
        white = float(np.iinfo(pixels.dtype).max)
        if kind == "i" and pixels.min() < 0:
            raise UnusableFileError(
                "values out of range", f"its values run from {pixels.min()} to {pixels.max()}: negative light"
            )
        return pixels.astype(f"uint{8 * pixels.dtype.itemsize}"), white
    raise UnusableFileError("format not read", f"its values are of type {pixels.dtype}")


def _read_tiff(content: bytes, as_indices: bool) -> PictureFile:
    import tifffile

    pages = _tiff_pages(content)
    if pages > MOST_PAGES:
        raise UnusableFileError("too large", f"it has more than {MOST_PAGES:,} pages")
    with tifffile.TiffFile(io.BytesIO(content)) as tiff:
        first = tiff.pages.first
        arrays: list[np.ndarray] = []
        found: list[tuple[float, str, tuple[str, ...]]] = []
        total = 0
        for number in range(pages):
            page: Any = tiff.pages[number]
            _check_size(page.imagewidth, page.imagelength)
            total += page.size
            if total > MOST_VALUES or page.size * (pages - number) > MOST_VALUES:
                raise UnusableFileError(
                    "too large", f"its {pages:,} page(s) hold more than {MOST_VALUES // 10**6} million values"
                )
            array, white, mode, conversions = _tiff_page(page, content, number, as_indices)
            arrays.append(array)
            found.append((white, mode, conversions))
        white, mode, conversions = found[0]
        if any(page[0] != white for page in found):
            raise UnusableFileError("mixed pages", "its pages are stored with different numbers of bits")
        orientation = int(getattr(first.tags.get(_EXIF_ORIENTATION), "value", 1) or 1)
        named = (first.tags.get(tag) for tag in (_EXIF_MAKE, _EXIF_MODEL, _EXIF_SOFTWARE))
        camera = " ".join(" ".join(str(tag.value).split()) for tag in named if tag is not None)
        bits = first.bitspersample
    return PictureFile(
        arrays,
        white,
        "TIFF",
        mode,
        int(bits if isinstance(bits, int) else max(bits)),
        len(content),
        orientation if 1 <= orientation <= 8 else 1,
        camera[:200],
        conversions,
    )


def _tiff_pages(content: bytes) -> int:
    """Count the pages by following their chain, which may lead in a circle or out of the file."""
    order = "<" if content[:2] == b"II" else ">"
    big = content[2:4] in (b"+\0", b"\0+")
    count_format, offset_format, entry = ("Q", "Q", 20) if big else ("H", "I", 12)
    count_size, offset_size = struct.calcsize(count_format), struct.calcsize(offset_format)
    place = 8 if big else 4
    seen: set[int] = set()
    while True:
        if place + offset_size > len(content):
            raise UnusableFileError("cut off", f"this TIFF ends before page {len(seen) + 1} does")
        (offset,) = struct.unpack_from(order + offset_format, content, place)
        if offset == 0:
            break
        if offset in seen:
            raise UnusableFileError("damaged", f"page {len(seen)} of this TIFF leads back to an earlier one")
        if len(seen) > MOST_PAGES:
            break
        seen.add(offset)
        if offset + count_size > len(content):
            raise UnusableFileError("cut off", f"this TIFF ends before page {len(seen)} begins")
        (entries,) = struct.unpack_from(order + count_format, content, offset)
        place = offset + count_size + entries * entry
    if not seen:
        raise UnusableFileError("damaged", "this TIFF has no page")
    return len(seen)


def _tiff_page(
    page: Any, content: bytes, number: int, as_indices: bool
) -> tuple[np.ndarray, float, str, tuple[str, ...]]:
    kind = int(page.photometric)
    whiteiszero, blackiszero, rgb, palette = 0, 1, 2, 3
    if kind not in (whiteiszero, blackiszero, rgb, palette):
        return _tiff_page_with_pillow(content, number, as_indices)  # CMYK, YCbCr ...
    try:
        pixels = page.asarray()
    except ValueError as error:
        if "imagecodecs" not in str(error) and "required" not in str(error):
            raise
        return _tiff_page_with_pillow(content, number, as_indices, exactly=True)  # LZW, JPEG inside a TIFF
    axes = page.axes
    if axes == "SYX":
        pixels, axes = np.moveaxis(pixels, 0, -1), "YXS"
    if axes == "YX":
        pixels, axes = pixels[..., None], "YXS"
    if axes != "YXS":
        raise UnusableFileError("format not read", f"its page has the axes {axes}, not rows and columns")
    pixels, white = _whole_numbers(pixels)
    if kind == whiteiszero and not as_indices:
        pixels = (white - pixels).astype(pixels.dtype)
    name, done = ("black and white" if white == 1 and pixels.dtype == np.uint8 else "grey"), []
    if kind == palette:
        name = "palette"
        if not as_indices:
            pixels = (page.colormap[:, pixels[..., 0]] >> 8).astype("uint8").transpose(1, 2, 0)
            pixels, white = pixels[..., :1] if _is_grey(pixels) else pixels, 255.0
            done.append("palette converted to grey or colour")
    elif kind == rgb:
        name = "colour"
    extras = len(page.extrasamples or ())
    alpha = extras == 1 and int(page.extrasamples[0]) in (1, 2) and pixels.dtype.kind == "u"
    if alpha:
        name += "+alpha"
        pixels = pixels[..., :-1] if as_indices else _on_white(pixels)
        if not as_indices:
            done.append("transparency laid on white")
    orientation = int(getattr(page.tags.get(_EXIF_ORIENTATION), "value", 1) or 1)
    if 2 <= orientation <= 8:
        done.append("turned as its EXIF orientation says")
        pixels = turned(pixels, orientation)
    return np.ascontiguousarray(pixels), white, name, tuple(done)


def _tiff_page_with_pillow(
    content: bytes, number: int, as_indices: bool, exactly: bool = False
) -> tuple[np.ndarray, float, str, tuple[str, ...]]:
    from PIL import Image

    with Image.open(io.BytesIO(content), formats=["TIFF"]) as image:
        image.seek(number)
        _check_size(*image.size)
        stored = max(image.tag_v2.get(258, (1,)))  # type: ignore[attr-defined]
        if exactly and stored > 8 and image.mode not in _BITS:
            # Pillow would drop half of the bits without a word.
            raise UnusableFileError(
                "format not read", f"{stored}-bit colour with this compression: save it with deflate or none"
            )
        image.load()  # also turns it upright
        return _plain_pixels(image, as_indices)
