"""Make a folder of 200 broken or unusual files, no two alike, and say what the audit should call each."""

import io
import os
import socket
import struct
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

PIL_NAMES = {
    "png": "PNG",
    "jpg": "JPEG",
    "tif": "TIFF",
    "gif": "GIF",
    "bmp": "BMP",
    "webp": "WEBP",
    "ppm": "PPM",
}


@dataclass(frozen=True)
class Broken:
    """A file, and the topics of which the audit should use one for it.

    Attributes:
        name: of the file.
        severity: "unusable", "warning" or "note".
        topics: at least one finding of that severity and of one of these topics names the file.
    """

    name: str
    severity: str
    topics: tuple[str, ...]


UNREADABLE = ("cut off", "damaged")


class Maker:
    """Writes files into a folder; each picture gets other pixels."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.rng = np.random.default_rng(0)

    def pixels(self, height: int = 24, width: int = 24, channels: int = 3) -> np.ndarray:
        shape = (height, width, channels) if channels > 1 else (height, width)
        return self.rng.integers(0, 255, shape, endpoint=True).astype("uint8")

    def image(self, mode: str = "RGB", size: int = 24) -> Image.Image:
        return Image.fromarray(self.pixels(size, size)).convert(mode)

    def encoded(self, ending: str, image: Image.Image | None = None, **options: object) -> bytes:
        stream = io.BytesIO()
        (image or self.image()).save(stream, PIL_NAMES[ending], **options)
        return stream.getvalue()

    def tiff(self, pixels: np.ndarray, **options: object) -> bytes:
        stream = io.BytesIO()
        tifffile.imwrite(stream, pixels, **options)
        return stream.getvalue()

    def write(self, name: str | bytes, content: bytes) -> str:
        text = os.fsdecode(name)
        (self.folder / text).write_bytes(content)
        return text


def make_broken_files(folder: Path) -> list[Broken]:
    """Fill a folder, and return what is in it."""
    make = Maker(folder)
    return [
        *cut_off(make),
        *empty(make),
        *headers_only(make),
        *not_pictures(make),
        *huge(make),
        *bad_values(make),
        *damaged(make),
        *foreign(make),
        *no_files(make),
        *wrong_endings(make),
        *odd_modes(make),
        *tiny_and_flat(make),
        *turned_and_moving(make),
        *odd_names(make),
    ]


def cut_off(make: Maker) -> Iterator[Broken]:
    for ending in PIL_NAMES:
        for share in (0.35, 0.6, 0.75, 0.9):
            content = make.encoded(ending)
            name = make.write(f"cut_{share}.{ending}", content[: int(share * len(content))])
            yield Broken(name, "unusable", UNREADABLE)
    for compression in ("zlib", None):
        content = make.tiff(make.pixels(), compression=compression, photometric="rgb")
        yield Broken(make.write(f"cut_{compression}.tif", content[:-200]), "unusable", UNREADABLE)
    stack = make.tiff(np.stack([make.pixels(channels=1) for _ in range(3)]), photometric="minisblack")
    yield Broken(make.write("cut_stack.tif", stack[: len(stack) // 2]), "unusable", UNREADABLE)


def empty(make: Maker) -> Iterator[Broken]:
    for ending in (*PIL_NAMES, "jpeg", "tiff"):
        yield Broken(make.write(f"empty.{ending}", b""), "unusable", ("empty file",))


def headers_only(make: Maker) -> Iterator[Broken]:
    for ending in PIL_NAMES:
        for length in (8, 20):
            content = make.encoded(ending)[:length]
            name = make.write(f"header_{length}.{ending}", content)
            yield Broken(name, "unusable", (*UNREADABLE, "not a picture"))


def not_pictures(make: Maker) -> Iterator[Broken]:
    contents = {
        "text": b"Remember to export the images of Tuesday.\n",
        "page": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "zip": b"PK\x03\x04" + bytes(40),
        "gzip": b"\x1f\x8b\x08" + bytes(30),
        "numpy": b"\x93NUMPY\x01\x00" + bytes(40),
        "program": b"\x7fELF" + bytes(60),
        "drawing": b"<?xml version='1.0'?><svg width='5'/>",
        "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n",
        "zeros": bytes(500),
        "noise": bytes([3]) + np.random.default_rng(1).bytes(800),
        "phone": b"\0\0\0\x18ftypheic" + bytes(60),
        "letters": b"BMW is a make of cars, and this is a text about it.",
    }
    for i, (what, content) in enumerate(contents.items()):
        name = make.write(f"{what}.{('png', 'jpg', 'tif')[i % 3]}", content)
        yield Broken(name, "unusable", ("not a picture",))


def png_of(width: int, height: int, depth: int = 8, kind: int = 0, data: bytes = b"") -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(data or bytes(100)))
        + chunk(b"IEND", b"")
    )


def huge(make: Maker) -> Iterator[Broken]:
    jpeg = bytearray(make.encoded("jpg"))
    start = jpeg.index(b"\xff\xc0") + 5
    jpeg[start : start + 4] = struct.pack(">HH", 65500, 65500)
    gif = bytearray(make.encoded("gif"))
    gif[6:10] = struct.pack("<HH", 65535, 65535)
    bmp = bytearray(make.encoded("bmp"))
    bmp[18:26] = struct.pack("<ii", 50_000, 50_000)
    big_bmp = bytearray(make.encoded("bmp"))
    big_bmp[18:26] = struct.pack("<ii", 12_000, 11_000)
    tiff = bytearray(make.tiff(make.pixels(channels=1)))
    for offset in tag_offsets(tiff, 256, 257):
        tiff[offset - 6 : offset + 4] = struct.pack("<HII", 4, 1, 100_000)
    pages = b"II*\0" + struct.pack("<I", 8)
    for i in range(20_000):
        pages += struct.pack("<HI", 0, 8 + 6 * (i + 1))
    files = {
        "huge.png": png_of(60_000, 60_000),
        "huge_colour.png": png_of(20_000, 20_000, kind=2),
        "huge_wide.png": png_of(2**31 - 1, 1),
        "huge_just.png": png_of(10_001, 10_000),
        "huge.jpg": bytes(jpeg),
        "huge.gif": bytes(gif),
        "huge.bmp": bytes(bmp),
        "huge_12000.bmp": bytes(big_bmp),
        "huge.tif": bytes(tiff),
        "huge.pgm": b"P5 70000 70000 255\n" + bytes(100),
        "pages_without_end.tif": pages + bytes(6),
    }
    for name, content in files.items():
        yield Broken(make.write(name, content), "unusable", ("too large",))


def tag_offsets(tiff: bytes, *tags: int) -> list[int]:
    """Where the values of some tags stand in the first page of a little-endian TIFF."""
    (ifd,) = struct.unpack_from("<I", tiff, 4)
    (entries,) = struct.unpack_from("<H", tiff, ifd)
    places = [ifd + 2 + 12 * i for i in range(entries)]
    return [place + 8 for place in places if struct.unpack_from("<H", tiff, place)[0] in tags]


def bad_values(make: Maker) -> Iterator[Broken]:
    light = make.rng.random((24, 24))
    for kind in ("float16", "float32", "float64"):
        for bad in (np.nan, np.inf, -np.inf):
            pixels = light.astype(kind)
            pixels[make.rng.integers(24), make.rng.integers(24)] = bad
            yield Broken(make.write(f"{kind}_{bad}.tif", make.tiff(pixels)), "unusable", ("not a number",))
    stack = np.stack([light, light * 0.5, light * 0.2]).astype("float32")
    stack[2, 5, 5] = np.nan
    content = make.tiff(stack, photometric="minisblack")
    yield Broken(make.write("nan_on_page_3.tif", content), "unusable", ("not a number",))
    for name, values in {
        "counts": light * 4095,
        "temperature": light * 60 - 20,
        "short": (light * 100 - 50).round().astype("int16"),
        "long": (light * 10**6 - 5e5).round().astype("int32"),
    }.items():
        values = values if values.dtype.kind == "i" else values.astype("float32")
        yield Broken(make.write(f"{name}.tif", make.tiff(values)), "unusable", ("values out of range",))
    for name, values in {
        "wave": light.astype("complex64"),
        "giant": (light * 2**40).astype("uint64"),
    }.items():
        yield Broken(make.write(f"{name}.tif", make.tiff(values)), "unusable", ("format not read", "damaged"))


def damaged(make: Maker) -> Iterator[Broken]:
    png = bytearray(make.encoded("png"))
    png[60:90] = bytes(30)
    yield Broken(make.write("scratched.png", bytes(png)), "unusable", UNREADABLE)
    png = bytearray(make.encoded("png"))
    png[20] ^= 255
    yield Broken(make.write("wrong_sum.png", bytes(png)), "unusable", (*UNREADABLE, "too large"))
    yield Broken(make.write("no_width.png", png_of(0, 24)), "unusable", UNREADABLE)
    yield Broken(make.write("odd_depth.png", png_of(24, 24, depth=7)), "unusable", UNREADABLE)
    yield Broken(make.write("too_little.png", png_of(24, 24, kind=2)), "unusable", UNREADABLE)
    gif = bytearray(make.encoded("gif"))
    gif[6:10] = bytes(4)
    gif[-300:] = bytes(300)
    yield Broken(make.write("zeroed.gif", bytes(gif)), "unusable", UNREADABLE)
    bmp = bytearray(make.encoded("bmp"))
    bmp[28:30] = struct.pack("<H", 13)
    yield Broken(make.write("thirteen_bits.bmp", bytes(bmp)), "unusable", UNREADABLE)
    tiff = bytearray(make.tiff(make.pixels(channels=1)))
    for offset in tag_offsets(tiff, 273):
        tiff[offset - 6 : offset + 4] = struct.pack("<HII", 4, 1, 10**9)
    yield Broken(make.write("lost_strip.tif", bytes(tiff)), "unusable", UNREADABLE)
    yield Broken(make.write("no_page.tif", b"II*\0" + bytes(4)), "unusable", UNREADABLE)
    circle = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HI", 0, 8)
    yield Broken(make.write("circle.tif", circle), "unusable", UNREADABLE)
    yield Broken(make.write("far_page.tif", b"MM\0*" + struct.pack(">I", 10**8)), "unusable", UNREADABLE)
    deflated = bytearray(make.tiff(make.pixels(channels=1), compression="zlib"))
    deflated[-120:-60] = bytes(60)
    yield Broken(make.write("scratched.tif", bytes(deflated)), "unusable", UNREADABLE)
    jpeg = bytearray(make.encoded("jpg"))
    table = jpeg.index(b"\xff\xc4")
    jpeg[table + 4 : table + 40] = b"\xff" * 36
    yield Broken(make.write("no_tables.jpg", bytes(jpeg)), "unusable", UNREADABLE)
    webp = bytearray(make.encoded("webp"))
    webp[20:60] = bytes(40)
    yield Broken(make.write("scratched.webp", bytes(webp)), "unusable", UNREADABLE)
    yield Broken(make.write("words.ppm", b"P6 wide high 255\nxxx"), "unusable", UNREADABLE)


def foreign(make: Maker) -> Iterator[Broken]:
    for ending in ("heic", "czi", "nd2", "dcm", "nii", "cr2", "dng", "svg", "psd", "jp2", "npy", "svs"):
        name = make.write(f"foreign.{ending}", f"a file of {ending}".encode())
        yield Broken(name, "unusable", ("format not read",))


def no_files(make: Maker) -> Iterator[Broken]:
    """Folders named like pictures; links in circles, pipes, sockets and devices where the system has them."""
    for name in ("folder.png", "folder.tif"):
        (make.folder / name).mkdir()
        yield Broken(name, "unusable", ("not a file",))
    if sys.platform == "win32":
        return
    links = {
        "loop.png": ("loop.png", "link loop"),
        "there.jpg": ("back.jpg", "link loop"),
        "back.jpg": ("there.jpg", "link loop"),
        "circle": (".", "link loop"),
        "nowhere.tif": ("gone/for/ever.tif", "broken link"),
        "lost.png": ("missing.png", "broken link"),
        "zero.png": ("/dev/zero", "not a file"),
        "null.tif": ("/dev/null", "not a file"),
    }
    for name, (target, topic) in links.items():
        (make.folder / name).symlink_to(target)
        yield Broken(name, "unusable", (topic,))
    os.mkfifo(make.folder / "pipe.png")
    os.mkfifo(make.folder / "pipe.tif")
    yield Broken("pipe.png", "unusable", ("not a file",))
    yield Broken("pipe.tif", "unusable", ("not a file",))
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(make.folder)  # the path of a socket may have 100 bytes only
        try:
            server.bind("socket.png")
        finally:
            os.chdir(here)
    yield Broken("socket.png", "unusable", ("not a file",))
    if os.geteuid() != 0:  # who may everything may read everything
        name = make.write("secret.png", make.encoded("png"))
        (make.folder / name).chmod(0)
        yield Broken(name, "unusable", ("no permission",))


def wrong_endings(make: Maker) -> Iterator[Broken]:
    for i, ending in enumerate(PIL_NAMES):
        for step in (1, 3):
            other = list(PIL_NAMES)[(i + step) % len(PIL_NAMES)]
            name = make.write(f"really_{ending}_{step}.{other}", make.encoded(ending))
            yield Broken(name, "note", ("wrong ending",))
    for name, ending in {
        "no_ending": "png",
        "notes.txt": "jpg",
        "photo.jpg.bak": "tif",
        "x.PNGG": "gif",
    }.items():
        yield Broken(make.write(name, make.encoded(ending)), "note", ("wrong ending",))


def odd_modes(make: Maker) -> Iterator[Broken]:
    for ending in ("jpg", "tif"):
        name = make.write(f"inks.{ending}", make.encoded(ending, make.image("CMYK")))
        yield Broken(name, "warning", ("CMYK converted to colour",))
    name = make.write(
        "inks_deflated.tif", make.encoded("tif", make.image("CMYK"), compression="tiff_deflate")
    )
    yield Broken(name, "warning", ("CMYK converted to colour",))
    for mode, ending in (("RGBA", "png"), ("LA", "png"), ("RGBA", "tif"), ("RGBA", "webp")):
        image = make.image(mode)
        image.putalpha(Image.fromarray(make.pixels(channels=1)))
        name = make.write(
            f"alpha_{mode}.{ending}",
            make.encoded(ending, image, **({"lossless": True} if ending == "webp" else {})),
        )
        yield Broken(name, "note", ("transparency laid on white",))
    for ending in ("png", "gif"):
        name = make.write(
            f"alpha_palette.{ending}", make.encoded(ending, make.image().quantize(8), transparency=3)
        )
        yield Broken(name, "note", ("transparency laid on white",))
    for colours in (2, 4, 16, 200):
        for ending in ("png", "gif", "bmp", "tif"):
            content = make.encoded(ending, make.image().quantize(colours))
            name = make.write(f"palette_{colours}.{ending}", content)
            yield Broken(name, "note", ("palette converted to grey or colour",))
    deep = png_of(24, 24, 16, 2, b"".join(b"\0" + make.rng.bytes(24 * 6) for _ in range(24)))
    yield Broken(make.write("deep_colour.png", deep), "warning", ("16-bit colour PNG",))
    for i in range(2):
        pixels = make.rng.integers(0, 4096, (24, 24)).astype("uint16")
        yield Broken(make.write(f"camera_{i}.tif", make.tiff(pixels)), "warning", ("12 bits in 16",))
    pixels = make.rng.integers(0, 4096, (24, 24)).astype("uint16")
    yield Broken(
        make.write("camera.png", make.encoded("png", Image.fromarray(pixels))), "warning", ("12 bits in 16",)
    )


def tiny_and_flat(make: Maker) -> Iterator[Broken]:
    for ending in PIL_NAMES:
        yield Broken(
            make.write(f"one_pixel.{ending}", make.encoded(ending, make.image(size=1))), "warning", ("tiny",)
        )
    for height, width in ((1, 24), (24, 1), (3, 2)):
        content = make.encoded("png", Image.fromarray(make.pixels(height, width)))
        yield Broken(make.write(f"thin_{height}_{width}.png", content), "warning", ("tiny",))
    for value in (0, 128, 255):
        content = make.encoded("png", Image.new("L", (24, 24), value))
        yield Broken(make.write(f"flat_{value}.png", content), "warning", ("flat",))
    over = make.pixels()
    over[:, :15] = 255
    yield Broken(
        make.write("overexposed.png", make.encoded("png", Image.fromarray(over))), "warning", ("saturated",)
    )


def turned_and_moving(make: Maker) -> Iterator[Broken]:
    for orientation in range(2, 9):
        exif = Image.Exif()
        exif[274] = orientation
        name = make.write(f"turned_{orientation}.jpg", make.encoded("jpg", exif=exif))
        yield Broken(name, "note", ("turned as its EXIF orientation says",))
    for ending in ("gif", "png", "webp"):
        content = make.encoded(
            ending,
            save_all=True,
            append_images=[make.image()],
            **({"lossless": True} if ending == "webp" else {}),
        )
        yield Broken(make.write(f"moving.{ending}", content), "note", ("animation",))
    stack = make.tiff(np.stack([make.pixels(channels=1) for _ in range(3)]), photometric="minisblack")
    yield Broken(make.write("stack.tif", stack), "note", ("several pages",))
    content = make.encoded("png")
    make.write("original.png", content)
    yield Broken(make.write("copy of original.png", content), "warning", ("same picture",))


def odd_names(make: Maker) -> Iterator[Broken]:
    names: list[str | bytes] = [
        "-rf.png",
        "🔬 cell.png",
        "x" * 230 + ".png",
        "tail .png",
        "‮gnp.png",
        "zero​width.png",
    ]
    if sys.platform != "win32":
        names += [
            "new\nline.png",
            "tab\t.png",
            "\x1b[31mred.png",
            "what?.png",
            "a:b.png",
            "star*.png",
            "CON.png",
            "back\\slash.png",
        ]
    if sys.platform == "linux":
        names += [b"caf\xe9.png", b"\xff\xfe.png"]
    for name in names:
        yield Broken(make.write(name, make.encoded("png")), "note", ("odd name",))
