"""900 pictures of Fashion-MNIST from the one large picture on its front page."""

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.real.download import fetch, remote_files
from coursekit.data.real.eight_bit import labelled_images

FASHION_CLASSES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)

CARDS = {
    "fashion_sprite": Card(
        name="fashion_sprite",
        title="900 pieces of clothing, 90 of each kind",
        source="The picture on the front page of Fashion-MNIST (Zalando SE), 30 rows of 30 pieces of 28×28 "
        "pixels, fetched from GitHub at a fixed commit. Each class takes three rows, says its README.",
        licence="MIT, copyright 2017 Zalando SE",
        citation="Xiao, Rasul, Vollgraf: Fashion-MNIST: a novel image dataset for benchmarking machine "
        "learning algorithms. 2017, doi:10.48550/arXiv.1708.07747.",
        unit="brightness on black, 0 to 1; the width of a pixel differs from piece to piece",
        class_names=FASHION_CLASSES,
        limits="Which of the 70,000 pictures these are is not recorded: don't train on them and test on "
        "Fashion-MNIST, or the other way round. Labels follow from the rows.",
    )
}


def fashion_sprite(n: int | None = None, seed: int = 0) -> ImageSet:
    """Return 900 small pictures of clothing (0.8 MB to download).

    Args:
        n: how many, drawn at random with the classes in equal shares; None for all, class after class.
        seed: decides which ones are drawn; not used for all of them.

    Returns:
        images (n, 28, 28, 1), targets 0 to 9; groups are None.

    Raises:
        InputError: if n is above 900.
        CourseError: if the file can't be fetched.
    """
    from skimage.io import imread

    (path,) = fetch(list(remote_files("fashion_sprite").values()), "Fashion-MNIST sprite")
    # Red, green and blue are equal and nothing is transparent; a test looks.
    sheet = imread(path)[..., 0]
    pieces = sheet.reshape(30, 28, 30, 28).swapaxes(1, 2).reshape(900, 28, 28)
    return labelled_images(pieces, np.arange(900) // 90, n, seed, CARDS["fashion_sprite"])
