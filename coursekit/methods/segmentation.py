"""Parts of segmentation: borders repaired, labels that are half there, objects found, and a rule to beat.

Binary masks and maps are NumPy arrays (h, w); an image is grey, (h, w).
"""

import numpy as np

from coursekit.errors import InputError


def close_borders(mask: np.ndarray, size: int = 3) -> np.ndarray:
    """Fill gaps in borders: widen all lines, then thin them again by as much.

    Beyond its frame the image goes on as its mirror image. Without that, the second step would take away the
    borders along the frame, and the cells there would run together outside.

    Args:
        mask: binary mask (h, w).
        size: side of the square that widens and thins, odd. Gaps of up to size - 1 pixels are filled.

    Returns:
        bool (h, w).

    Raises:
        InputError: if size isn't odd and positive, or the mask isn't (h, w).
    """
    from scipy.ndimage import binary_closing

    mask = _image(mask).astype(bool)
    if size < 1 or size % 2 == 0:
        raise InputError(f"size must be odd and at least 1, got {size}: the square needs a middle.")
    frame = size // 2
    padded = np.pad(mask, 2 * frame, mode="symmetric")
    closed = binary_closing(padded, np.ones((size, size), bool))
    return closed[2 * frame : len(closed) - 2 * frame, 2 * frame : closed.shape[1] - 2 * frame]


def masked_loss(truth: np.ndarray, chance: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Average the cross-entropy of each image over the pixels that somebody has labelled.

    Args:
        truth: (n, h, w) of 0 and 1; what stands at unlabelled pixels doesn't matter.
        chance: (n, h, w) predicted probability of a 1, strictly between 0 and 1.
        known: (n, h, w), 1 where a pixel is labelled, else 0.

    Returns:
        (n,): a loss for each image, 0 for one without any label.

    Raises:
        InputError: if the shapes differ.
    """
    truth, chance, known = np.asarray(truth), np.asarray(chance), np.asarray(known)
    if truth.ndim != 3 or not truth.shape == chance.shape == known.shape:
        raise InputError(
            "truth, chance and known must have the same shape (n, h, w), got "
            f"{truth.shape}, {chance.shape} and {known.shape}."
        )
    each = -np.log(np.where(truth > 0.5, chance, 1 - chance))
    return (known * each).sum((1, 2)) / np.maximum(known.sum((1, 2)), 1)


def local_spread(image: np.ndarray, side: int = 11) -> np.ndarray:
    """Measure texture: the standard deviation of grey values in the square around each pixel.

    Args:
        image: (h, w), any unit.
        side: of the square in pixels.

    Returns:
        (h, w) in the unit of the image; beyond its frame the image goes on as its mirror image.

    Raises:
        InputError: if the image isn't (h, w).
    """
    from scipy.ndimage import uniform_filter

    image = _image(image)
    mean = uniform_filter(image, side, mode="reflect")
    # Rounding can take a variance a hair below zero.
    return np.sqrt(np.maximum(uniform_filter(image**2, side, mode="reflect") - mean**2, 0))


def regions_between(
    body: np.ndarray, border: np.ndarray, body_cut: float, border_cut: float, grow: int = 0
) -> np.ndarray:
    """Cut what a network takes for the body of things into regions, along what it takes for borders.

    Args:
        body: (h, w) probability that a pixel lies in a thing.
        border: (h, w) probability that it lies between two.
        body_cut: body is what is above.
        border_cut: a border is what is not below.
        grow: pixels by which each region then grows, into the border too.

    Returns:
        (h, w) whole numbers: 1, 2, 3, ... for regions connected at sides, 0 elsewhere.

    Raises:
        InputError: if the shapes differ or aren't (h, w).
    """
    from skimage.measure import label
    from skimage.segmentation import expand_labels

    body, border = _image(body), _image(border)
    if body.shape != border.shape:
        raise InputError(f"body and border must have the same shape, got {body.shape} and {border.shape}.")
    return expand_labels(label((body > body_cut) & (border < border_cut), connectivity=1), grow)


def objects_found(truth: np.ndarray, regions: np.ndarray, overlap: float = 0.8) -> np.ndarray:
    """Tell for each true object whether one of the regions is nearly the same.

    Args:
        truth: (h, w) whole numbers: objects have numbers above 0.
        regions: (h, w) whole numbers: predicted regions, above 0.
        overlap: an object is found if its IoU with one region is above this; from 0.5 on it can't be found
            by two.

    Returns:
        bool (objects,), in the order of their numbers.

    Raises:
        InputError: if the shapes differ.
    """
    truth, regions = np.asarray(truth), np.asarray(regions)
    if truth.shape != regions.shape:
        raise InputError(f"truth and regions must have the same shape, got {truth.shape}, {regions.shape}.")
    sizes = np.bincount(regions.ravel())
    found = []
    for number in np.unique(truth[truth > 0]):
        mine = truth == number
        shared = np.bincount(regions[mine], minlength=len(sizes))
        iou = shared / (mine.sum() + sizes - shared)
        found.append((iou[1:] > overlap).any())
    return np.array(found, bool)


def _image(image: np.ndarray) -> np.ndarray:
    image = np.asarray(image)
    if image.ndim != 2:
        raise InputError(f"One image (h, w) was expected, got {image.shape}: call once for each of them.")
    return image
