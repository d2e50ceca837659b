"""Five sets of MedMNIST: medical images of 28×28 pixels, as npz files from Zenodo."""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.real.download import fetch, remote_files
from coursekit.data.real.eight_bit import labelled_images
from coursekit.errors import CourseError, InputError

_PARTS = ("train", "val", "test")


@dataclass(frozen=True)
class _Parts:
    """What the package medmnist 3.0.2 says about a file."""

    train: int
    val: int
    test: int
    colour: bool

    def shape(self, part: str) -> tuple[int, ...]:
        return (getattr(self, part), 28, 28, *((3,) if self.colour else ()))


_EXPECTED = {
    "pathmnist": _Parts(89_996, 10_004, 7_180, colour=True),
    "bloodmnist": _Parts(11_959, 1_712, 3_421, colour=True),
    "dermamnist": _Parts(7_007, 1_003, 2_005, colour=True),
    "breastmnist": _Parts(546, 78, 156, colour=False),
    "pneumoniamnist": _Parts(4_708, 524, 624, colour=False),
}


def _card(name: str, title: str, source: str, class_names: tuple[str, ...], unit: str, limits: str) -> Card:
    return Card(
        name=name,
        title=title,
        source=f"{source} Reduced to 28×28 pixels by MedMNIST v2, fetched from Zenodo (record 10519652).",
        licence="CC BY-NC 4.0: not for commercial use" if name == "dermamnist" else "CC BY 4.0",
        citation="Yang et al.: MedMNIST v2 - A large-scale lightweight benchmark for 2D and 3D biomedical "
        "image classification. Scientific Data 10:41, 2023, doi:10.1038/s41597-022-01721-8.",
        unit=unit,
        class_names=class_names,
        limits=f"{limits} 28×28 pixels are too few to diagnose anything: not for clinical use. Which images "
        "are of one patient is not recorded in the file.",
    )


_LIGHT = "red, green and blue light, 0 to 1; the width of a pixel is not recorded"
_GREY = "grey value, 0 to 1; the width of a pixel is not recorded"

CARDS = {
    "pathmnist": _card(
        "pathmnist",
        "Nine kinds of tissue from the colon (PathMNIST)",
        "H&E-stained sections of colorectal cancer: the sets NCT-CRC-HE-100K (train, val) and, from another "
        "clinical centre, CRC-VAL-HE-7K (test).",
        (
            "adipose",
            "background",
            "debris",
            "lymphocytes",
            "mucus",
            "smooth muscle",
            "normal colon mucosa",
            "cancer-associated stroma",
            "colorectal adenocarcinoma epithelium",
        ),
        _LIGHT,
        "train and val are a random split of patches, and may share patients; only test is from elsewhere.",
    ),
    "bloodmnist": _card(
        "bloodmnist",
        "Eight kinds of blood cells (BloodMNIST)",
        "17,092 single cells of healthy people in blood smears.",
        (
            "basophil",
            "eosinophil",
            "erythroblast",
            "immature granulocytes",
            "lymphocyte",
            "monocyte",
            "neutrophil",
            "platelet",
        ),
        _LIGHT,
        "One laboratory; the parts are a random split of cells, and may share donors.",
    ),
    "dermamnist": _card(
        "dermamnist",
        "Seven kinds of pigmented skin lesions (DermaMNIST)",
        "10,015 dermatoscopic images of the set HAM10000.",
        (
            "actinic keratoses and intraepithelial carcinoma",
            "basal cell carcinoma",
            "benign keratosis-like lesions",
            "dermatofibroma",
            "melanoma",
            "melanocytic nevi",
            "vascular lesions",
        ),
        _LIGHT,
        "The classes are far from equal in number. The parts are a random split of images, and may share "
        "lesions.",
    ),
    "breastmnist": _card(
        "breastmnist",
        "Ultrasound of the breast, malignant or not (BreastMNIST)",
        "780 ultrasound images; normal and benign ones are one class.",
        ("malignant", "normal or benign"),
        _GREY,
        "Few: 156 images to test on, of which one is 0.6 percentage points. Class 0 is the malignant one.",
    ),
    "pneumoniamnist": _card(
        "pneumoniamnist",
        "Chest X-rays of children, pneumonia or not (PneumoniaMNIST)",
        "5,856 X-ray images of children's chests.",
        ("normal", "pneumonia"),
        _GREY,
        "The classes are not equal in number. test is the validation part of its source.",
    ),
}


def pathmnist(n: int | None = None, seed: int = 0, part: str = "train") -> ImageSet:
    """Return patches of stained tissue in nine classes: images (n, 28, 28, 3) and labels (n,).

    Args:
        n: how many, with the classes in equal shares; None for all of the part.
        seed: decides which ones are drawn.
        part: "train", "val" or "test", as MedMNIST has split them.

    Returns:
        Images with class labels, no groups.

    Raises:
        InputError: if the part is unknown or has fewer than n images.
        CourseError: if the file can't be fetched or is not as expected.

    Source: Yang et al., MedMNIST v2, Scientific Data 10:41, 2023, doi:10.1038/s41597-022-01721-8.
    """
    return _from_medmnist("pathmnist", n, seed, part)


def bloodmnist(n: int | None = None, seed: int = 0, part: str = "train") -> ImageSet:
    """Return blood cells in eight classes: images (n, 28, 28, 3) and labels (n,).

    Args:
        n: how many, with the classes in equal shares; None for all of the part.
        seed: decides which ones are drawn.
        part: "train", "val" or "test", as MedMNIST has split them.

    Returns:
        Images with class labels, no groups.

    Raises:
        InputError: if the part is unknown or has fewer than n images.
        CourseError: if the file can't be fetched or is not as expected.

    Source: Yang et al., MedMNIST v2, Scientific Data 10:41, 2023, doi:10.1038/s41597-022-01721-8.
    """
    return _from_medmnist("bloodmnist", n, seed, part)


def dermamnist(n: int | None = None, seed: int = 0, part: str = "train") -> ImageSet:
    """Return skin lesions in seven classes: images (n, 28, 28, 3) and labels (n,).

    Args:
        n: how many, with the classes in equal shares; None for all of the part.
        seed: decides which ones are drawn.
        part: "train", "val" or "test", as MedMNIST has split them.

    Returns:
        Images with class labels, no groups.

    Raises:
        InputError: if the part is unknown or has fewer than n images.
        CourseError: if the file can't be fetched or is not as expected.

    Source: Yang et al., MedMNIST v2, Scientific Data 10:41, 2023, doi:10.1038/s41597-022-01721-8.
    """
    return _from_medmnist("dermamnist", n, seed, part)


def breastmnist(n: int | None = None, seed: int = 0, part: str = "train") -> ImageSet:
    """Return ultrasound images in two classes: images (n, 28, 28, 1) and labels (n,).

    Args:
        n: how many, with the classes in equal shares; None for all of the part.
        seed: decides which ones are drawn.
        part: "train", "val" or "test", as MedMNIST has split them.

    Returns:
        Images with class labels, no groups.

    Raises:
        InputError: if the part is unknown or has fewer than n images.
        CourseError: if the file can't be fetched or is not as expected.

    Source: Yang et al., MedMNIST v2, Scientific Data 10:41, 2023, doi:10.1038/s41597-022-01721-8.
    """
    return _from_medmnist("breastmnist", n, seed, part)


def pneumoniamnist(n: int | None = None, seed: int = 0, part: str = "train") -> ImageSet:
    """Return chest X-rays in two classes: images (n, 28, 28, 1) and labels (n,).

    Args:
        n: how many, with the classes in equal shares; None for all of the part.
        seed: decides which ones are drawn.
        part: "train", "val" or "test", as MedMNIST has split them.

    Returns:
        Images with class labels, no groups.

    Raises:
        InputError: if the part is unknown or has fewer than n images.
        CourseError: if the file can't be fetched or is not as expected.

    Source: Yang et al., MedMNIST v2, Scientific Data 10:41, 2023, doi:10.1038/s41597-022-01721-8.
    """
    return _from_medmnist("pneumoniamnist", n, seed, part)


def _from_medmnist(name: str, n: int | None, seed: int, part: str) -> ImageSet:
    """Return one part of a set of MedMNIST.

    Args:
        name: of the set.
        n: how many, drawn at random with the classes in equal shares; None for all, in the order of the file.
        seed: decides which ones are drawn; not used for all of them.
        part: "train", "val" or "test", split as MedMNIST has split them.

    Returns:
        images (n, 28, 28, 1 or 3), targets from 0; groups are None.

    Raises:
        InputError: if part is another word or n is above the number of images.
        CourseError: if the file can't be fetched or doesn't hold what MedMNIST says.
    """
    if part not in _PARTS:
        raise InputError(f"part must be 'train', 'val' or 'test', got {part!r}.")
    (path,) = fetch([remote_files("medmnist")[f"{name}.npz"]], name)
    pixels, labels = _read(path, part)
    shape, classes = _EXPECTED[name].shape(part), len(CARDS[name].class_names)
    if pixels.shape != shape or pixels.dtype != np.uint8 or labels.shape != (shape[0], 1):
        raise CourseError(
            f"{path} holds {pixels.dtype} of shape {pixels.shape} and labels of shape {labels.shape}, "
            f"expected uint8 of shape {shape} and labels of shape {(shape[0], 1)}. Please report it."
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise CourseError(
            f"{path} has labels from {labels.min()} to {labels.max()}, expected 0 to {classes - 1}. "
            "Please report it."
        )
    return labelled_images(pixels, labels.ravel(), n, seed, CARDS[name])


def _read(path: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        # Without pickle: a file from the network may hold numbers, not code.
        with np.load(path, allow_pickle=False) as file:
            return file[f"{part}_images"], file[f"{part}_labels"]
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise CourseError(
            f"{path} is not a file of MedMNIST as expected ({error}). Please report it."
        ) from error
