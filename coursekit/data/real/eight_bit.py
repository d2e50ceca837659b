"""Labelled pictures with 256 grey levels, as most published collections store them."""

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.splits import nested_subsets
from coursekit.errors import InputError


def labelled_images(pixels: np.ndarray, labels: np.ndarray, n: int | None, seed: int, card: Card) -> ImageSet:
    """Make an ImageSet of a collection or of a random subset with the classes in equal shares.

    Args:
        pixels: (total, h, w) or (total, h, w, c) uint8.
        labels: (total,) whole numbers.
        n: how many, in equal shares of the classes as far as possible; the first 8 of 16 are the 8. None for
            all, in the order of the collection.
        seed: decides which ones are drawn; not used for all of them.
        card: of the data set.

    Returns:
        images (n, h, w, c), pixels divided by 255, and class labels; groups are None.

    Raises:
        InputError: if n is above the number of pictures.
    """
    total = len(labels)
    if n is not None and n > total:
        raise InputError(
            f"There are {total:,} pictures in this part of {card.name!r}, but n={n:,} were asked for."
        )
    chosen = np.arange(total) if n is None else nested_subsets(labels, [n], seed)[n]
    images = pixels[chosen].astype("float32")
    # In place: all of CIFAR-10 as float32 is 600 MB, and need not be there twice.
    images /= 255
    return ImageSet(images.reshape(*images.shape[:3], -1), labels[chosen].astype("int64"), card=card)
