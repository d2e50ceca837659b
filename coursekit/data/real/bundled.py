"""Real pictures that come with the libraries the course uses anyway: no download, no network."""

from importlib import resources

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.splits import nested_subsets
from coursekit.errors import InputError

_DIGITS = Card(
    name="digits",
    title="Handwritten digits, 0 to 9",
    source="1,797 digits on an 8×8 grid with 17 grey levels, as shipped with scikit-learn: the test part of "
    "the UCI set, from 13 of its 43 writers.",
    licence="CC BY 4.0",
    citation="Alpaydin, Kaynak: Optical Recognition of Handwritten Digits. UCI Machine Learning Repository, "
    "1998, doi:10.24432/C50P49.",
    unit="ink, 0 (none) to 1 (most)",
    class_names=tuple("0123456789"),
    limits="The writers are not recorded. The file keeps each writer's digits mostly together, so the groups "
    "are five equal blocks of it: close to a split by writer, not the same. Enlarged from 8×8: no finer "
    "detail than that.",
)

_IHC = Card(
    name="ihc",
    title="Glands of a human colon, stained",
    source="One microscope picture, shipped with scikit-image: the protein FHL2 in brown (DAB), the rest of "
    "the tissue in blue (hematoxylin). Center for Microscopy and Molecular Imaging (CMMI).",
    licence="No known copyright restrictions, says scikit-image.",
    citation="van der Walt et al.: scikit-image: image processing in Python. PeerJ 2:e453, 2014, "
    "doi:10.7717/peerj.453.",
    unit="red, green and blue light, 0 to 1; the width of a pixel is not recorded",
    limits="One picture, no labels: for looking at, not for learning from.",
)


def digits(n: int | None = None, seed: int = 0, size: int = 32, digit_px: int = 20) -> ImageSet:
    """Return scikit-learn's handwritten digits, enlarged and centred on black.

    Args:
        n: how many, drawn at random with the classes in equal shares; None for all 1,797 in file order.
        seed: decides which ones are drawn; not used for all of them.
        size: height and width of an image in pixels.
        digit_px: height and width in pixels that the 8×8 grid is enlarged to (cubic splines), at most `size`.
            The rest is empty, so that a digit can be moved without losing ink.

    Returns:
        images (n, size, size, 1), targets 0 to 9, groups 0 to 4: the five equal blocks of the file in order.

    Raises:
        InputError: if n is above 1,797 or digit_px doesn't lie between 8 and size.
    """
    from scipy import ndimage
    from sklearn.datasets import load_digits

    if not 8 <= digit_px <= size:
        raise InputError(f"digit_px must lie between 8 and size ({size}), got {digit_px}.")
    file = load_digits()
    total = len(file.target)
    if n is not None and n > total:
        raise InputError(f"There are {total} digits, but n={n} were asked for.")
    chosen = np.arange(total) if n is None else nested_subsets(file.target, [n], seed)[n]
    ink = file.images[chosen] / 16
    # grid_mode treats a pixel as an area, so the picture keeps its centre; "constant" fades out to black.
    zoom = (1, digit_px / 8, digit_px / 8)
    ink = ndimage.zoom(ink, zoom, order=3, mode="grid-constant", grid_mode=True).clip(0, 1)
    images = np.zeros((len(chosen), size, size, 1), "float32")
    start = (size - digit_px) // 2
    images[:, start : start + digit_px, start : start + digit_px, 0] = ink
    groups = np.arange(total) * 5 // total
    return ImageSet(images, file.target[chosen].astype("int64"), groups[chosen], _DIGITS)


def ihc(n: int | None = None, seed: int = 0, size: int | None = None) -> ImageSet:
    """Return one real picture of stained tissue, in colour, without targets.

    Args:
        n: 1 or None: there is one picture.
        seed: not used; here because every data set takes one.
        size: crop to the middle size×size pixels; None for all 512×512.

    Returns:
        images (1, size, size, 3); targets and groups are None.

    Raises:
        InputError: if n is above 1 or size doesn't lie between 1 and 512.
    """
    from skimage.io import imread

    if n is not None and n > 1:
        raise InputError(f"'ihc' is a single picture, but n={n} were asked for: cut tiles from it.")
    # Read the file itself: skimage.data would look for it on the network if it were missing.
    picture = imread(resources.files("skimage") / "data" / "ihc.png")[..., :3]
    side = picture.shape[0]
    size = side if size is None else size
    if not 1 <= size <= side:
        raise InputError(f"size must lie between 1 and {side}, got {size}.")
    start = (side - size) // 2
    crop = picture[start : start + size, start : start + size]
    return ImageSet((crop[None] / np.float32(255)).astype("float32"), card=_IHC)
