import numpy as np
import pytest
from broken_files import PIL_NAMES, Maker
from PIL import Image

from coursekit.data.folder.picture_file import (
    UnusableFileError,
    check_values,
    format_of,
    quiet_libraries,
    read_picture_file,
    turned,
)


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    make = Maker(tmp_path_factory.mktemp("seeds"))
    grey = [make.pixels(channels=1) for _ in range(3)]
    return [
        *(make.encoded(ending) for ending in PIL_NAMES),
        *(make.encoded("png", make.image(mode)) for mode in ("1", "L", "LA", "P", "RGBA")),
        *(make.encoded("tif", make.image(mode)) for mode in ("1", "P", "CMYK")),
        make.tiff(np.stack(grey), photometric="minisblack"),
        make.tiff(make.rng.random((24, 24)).astype("float32")),
        make.tiff(make.pixels(), photometric="rgb", compression="zlib", predictor=True),
        make.tiff(make.pixels(), photometric="rgb", tile=(16, 16)),
        make.tiff(make.pixels(), photometric="rgb", bigtiff=True),
    ]


def mutilated(content, rng):
    """A few bytes changed, cut out, put in or cut off, mostly in the header."""
    content = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        at = int(rng.integers(min(len(content), 250) if rng.random() < 0.6 else len(content)))
        change = rng.choice(["byte", "four", "out", "in", "off"], p=[0.5, 0.15, 0.15, 0.1, 0.1])
        if change == "byte":
            content[at] = int(rng.integers(256))
        elif change == "four":
            content[at : at + 4] = [b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"][rng.integers(3)]
        elif change == "out":
            del content[at : at + int(rng.integers(1, 30))]
        elif change == "in":
            content[at:at] = rng.bytes(5)
        else:
            del content[max(at, 1) :]
    return bytes(content) or b"x"


def test_whatever_happened_to_a_file_there_are_pixels_or_a_reason(contents, tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "mutilated"
    read, refused = 0, 0
    with quiet_libraries():
        for i in range(800):
            path.write_bytes(mutilated(contents[i % len(contents)], rng))
            try:
                file = read_picture_file(path, as_indices=bool(i % 2))
                for page in file.pages:
                    assert page.ndim == 3 and page.size
                    assert page.dtype in ("uint8", "uint16", "uint32", "float32")
                    check_values(page, file.white)
                read += 1
            except UnusableFileError as error:
                assert error.kind and error.reason
                refused += 1
    # Both happen often, or the test would show nothing.
    assert min(read, refused) > 100


def test_untouched_files_are_all_read(contents, tmp_path):
    for content in contents:
        (tmp_path / "file").write_bytes(content)
        assert read_picture_file(tmp_path / "file").pages[0].shape[:2] == (24, 24)


@pytest.mark.parametrize(
    ("start", "found"),
    [
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"MM\0*\0\0\0\x08", "TIFF"),
        (b"RIFF\0\0\0\0WEBP", "WEBP"),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"P5 3 3 255", "PPM"),
        (b"P5: a patient", None),
        (b"BM in the text of a file", None),
        (b"", None),
    ],
)
def test_the_format_is_known_by_the_first_bytes(start, found):
    assert format_of(start) == found


def test_facts_of_the_file_are_kept(tmp_path):
    exif = Image.Exif()
    exif[271], exif[272], exif[274] = "Maker", "Model 5", 6
    path = tmp_path / "a.png"
    Image.new("RGB", (3, 2), (9, 9, 9)).save(path, "JPEG", exif=exif)
    file = read_picture_file(path)
    assert (file.format, file.mode, file.bits, file.white) == ("JPEG", "colour", 8, 255)
    assert (file.camera, file.orientation) == ("Maker Model 5", 6)
    assert file.pages[0].shape == (3, 2, 3)
    assert file.n_bytes == path.stat().st_size


def test_turning_twice_by_the_opposite_orientation_changes_nothing():
    pixels = np.arange(24).reshape(4, 6, 1)
    for orientation, back in ((1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 8), (7, 7), (8, 6)):
        assert np.array_equal(turned(turned(pixels, orientation), back), pixels)
