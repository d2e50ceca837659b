"""MNIST, Fashion-MNIST and CIFAR-10, fetched and kept by Keras.

Keras 3.15 verifies the files of MNIST and CIFAR-10 by SHA-256, at each load. For Fashion-MNIST it knows no
checksum; what stands against damage there is the check that its gzip files carry, and the numbers of pictures
that are counted here. Keras writes straight to the final name: a file that another process is still fetching
can look damaged. That ends in an error, never in wrong data.
"""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.real.eight_bit import labelled_images
from coursekit.data.real.fashion_sprite import FASHION_CLASSES
from coursekit.errors import CourseError, InputError

_TIMEOUT_S = 20.0
_PARTS = ("train", "test")

CARDS = {
    "mnist": Card(
        name="mnist",
        title="Handwritten digits, 70,000 of them (MNIST)",
        source="60,000 digits to train on and 10,000 to test on, centred in 28×28 pixels, from forms filled "
        "in by employees of the US Census Bureau and by pupils. Fetched through Keras.",
        licence="CC BY-SA 3.0, says Keras (copyright Yann LeCun and Corinna Cortes)",
        citation="LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition. "
        "Proceedings of the IEEE 86(11), 1998, doi:10.1109/5.726791.",
        unit="ink, 0 (none) to 1 (most); the width of a pixel differs from digit to digit",
        class_names=tuple("0123456789"),
        limits="Easy: a small network is right on 99 % of the test part, so little is left to measure. "
        "Writers of training and test part differ, but the file doesn't say who wrote what.",
    ),
    "fashion_mnist": Card(
        name="fashion_mnist",
        title="Pieces of clothing, 70,000 of them (Fashion-MNIST)",
        source="60,000 product pictures of Zalando to train on and 10,000 to test on, in grey and 28×28 "
        "pixels. Fetched through Keras.",
        licence="MIT, copyright 2017 Zalando SE",
        citation="Xiao, Rasul, Vollgraf: Fashion-MNIST: a novel image dataset for benchmarking machine "
        "learning algorithms. 2017, doi:10.48550/arXiv.1708.07747.",
        unit="brightness on black, 0 to 1; the width of a pixel differs from piece to piece",
        class_names=FASHION_CLASSES,
        limits="Keras has no checksum for these files. Some kinds overlap: shirts, pullovers and coats can't "
        "always be told apart, not by people either.",
    ),
    "cifar10": Card(
        name="cifar10",
        title="Small colour photographs of ten kinds of things (CIFAR-10)",
        source="50,000 photographs to train on and 10,000 to test on, 32×32 pixels, chosen from pictures "
        "found on the web. Fetched through Keras.",
        licence="Its page states none; the photographs belong to whoever took them.",
        citation="Krizhevsky: Learning multiple layers of features from tiny images. Technical report, "
        "University of Toronto, 2009.",
        unit="red, green and blue light, 0 to 1; the width of a pixel differs from picture to picture",
        class_names=(
            "airplane",
            "automobile",
            "bird",
            "cat",
            "deer",
            "dog",
            "frog",
            "horse",
            "ship",
            "truck",
        ),
        limits="Some labels are wrong, and some test pictures have near-duplicates in the training part. All "
        "as float32 fill 0.7 GB: take what you need by n.",
    ),
}

# Shape of the pictures, and how many of each class; None where the classes differ in number.
_EXPECTED: dict[str, dict[str, tuple[tuple[int, ...], int | None]]] = {
    "mnist": {"train": ((60_000, 28, 28), None), "test": ((10_000, 28, 28), None)},
    "fashion_mnist": {"train": ((60_000, 28, 28), 6_000), "test": ((10_000, 28, 28), 1_000)},
    "cifar10": {"train": ((50_000, 32, 32, 3), 5_000), "test": ((10_000, 32, 32, 3), 1_000)},
}


def mnist(n: int | None = None, seed: int = 0, part: str = "train") -> ImageSet:
    """Return handwritten digits (11 MB to download).

    Args:
        n: how many, drawn at random with the classes in equal shares; None for all, in the order of the file.
        seed: decides which ones are drawn; not used for all of them.
        part: "train" (60,000) or "test" (10,000).

    Returns:
        images (n, 28, 28, 1), targets 0 to 9; groups are None.

    Raises:
        InputError: if part is another word or n is above the number of pictures.
        CourseError: if Keras can't fetch or read the files.
    """
    return _from_keras("mnist", n, seed, part)


def fashion_mnist(n: int | None = None, seed: int = 0, part: str = "train") -> ImageSet:
    """Return pictures of clothing (31 MB to download).

    Args:
        n: how many, drawn at random with the classes in equal shares; None for all, in the order of the file.
        seed: decides which ones are drawn; not used for all of them.
        part: "train" (60,000) or "test" (10,000).

    Returns:
        images (n, 28, 28, 1), targets 0 to 9; groups are None.

    Raises:
        InputError: if part is another word or n is above the number of pictures.
        CourseError: if Keras can't fetch or read the files.
    """
    return _from_keras("fashion_mnist", n, seed, part)


def cifar10(n: int | None = None, seed: int = 0, part: str = "train") -> ImageSet:
    """Return small colour photographs (170 MB to download).

    Args:
        n: how many, drawn at random with the classes in equal shares; None for all, in the order of the file.
        seed: decides which ones are drawn; not used for all of them.
        part: "train" (50,000) or "test" (10,000).

    Returns:
        images (n, 32, 32, 3), targets 0 to 9; groups are None.

    Raises:
        InputError: if part is another word or n is above the number of pictures.
        CourseError: if Keras can't fetch or read the files.
    """
    return _from_keras("cifar10", n, seed, part)


def _from_keras(name: str, n: int | None, seed: int, part: str) -> ImageSet:
    if part not in _PARTS:
        raise InputError(f"part must be 'train' or 'test', got {part!r}.")
    from keras import datasets

    try:
        with _no_endless_wait():
            parts = getattr(datasets, name).load_data()
    except Exception as error:
        raise CourseError(_message(name, error)) from error
    pixels, labels = parts[_PARTS.index(part)]
    labels = labels.ravel()
    _check(name, part, pixels, labels)
    return labelled_images(pixels, labels, n, seed, CARDS[name])


@contextmanager
def _no_endless_wait() -> Iterator[None]:
    """Give up on a server that is silent; Keras itself would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _message(name: str, error: Exception) -> str:
    where = f"{name!r} could not be loaded through Keras ({error or type(error).__name__})."
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{where} The disk is full: make room, or name another folder in KERAS_HOME."
    if isinstance(error, PermissionError):
        return f"{where} Keras can't write to its folder: name another one in KERAS_HOME."
    # Keras wraps what urllib says into a bare Exception with these words.
    if "URL fetch failure" in str(error) or isinstance(error, ConnectionError | TimeoutError):
        return f"{where} Check the network and try again; 'digits' and 'glyphs' need none."
    return (
        f"{where} A file in Keras' folder is damaged, or another program is just fetching it. Try again; "
        "if that doesn't help, delete the files of this set in datasets/ of KERAS_HOME (else ~/.keras)."
    )


def _check(name: str, part: str, pixels: np.ndarray, labels: np.ndarray) -> None:
    shape, per_class = _EXPECTED[name][part]
    counts = np.bincount(labels, minlength=10)
    right_counts = len(counts) == 10 and (per_class is None or bool((counts == per_class).all()))
    if pixels.shape != shape or pixels.dtype != np.uint8 or len(labels) != shape[0] or not right_counts:
        raise CourseError(
            f"Keras gave other data than {name!r} should be: {pixels.dtype} of shape {pixels.shape} with "
            f"{counts.tolist()} of each class, expected uint8 of shape {shape}. Delete the files of this set "
            "in the folder datasets of KERAS_HOME (else ~/.keras) and try again."
        )
