"""Damage, selection and an honest report in a few lines of NumPy, as lesson 15 has them written.

`coursekit.data.corrupt_masks` damages whole sets, and in more ways; `Tiles` draws tiles; `choose_threshold`
takes one step.
"""

from collections.abc import Sequence

import numpy as np

from coursekit.methods.weak.validation import image_f1


def remove_objects(labels: np.ndarray, share: float, luck: np.ndarray) -> np.ndarray:
    """Forget some of an image's objects.

    Args:
        labels: (h, w) whole numbers: 0 on background, objects from 1.
        share: of objects to forget, 0 to 1, on average over many images.
        luck: (objects,) from 0 to below 1; object number i is forgotten if luck[i - 1] is below share.

    Returns:
        (h, w) mask of 0 and 1.
    """
    return np.isin(labels, np.flatnonzero(luck >= share) + 1).astype(int)


def bounding_boxes(labels: np.ndarray) -> np.ndarray:
    """Replace each object by the smallest upright rectangle around it.

    Args:
        labels: (h, w) whole numbers: 0 on background; not all numbers need occur.

    Returns:
        (h, w) mask of 0 and 1.
    """
    boxes = np.zeros(labels.shape, int)
    for number in np.unique(labels[labels > 0]):
        rows, columns = np.nonzero(labels == number)
        boxes[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = 1
    return boxes


def keep_positive(tiles: np.ndarray, masks: np.ndarray, minimum: int) -> tuple[np.ndarray, np.ndarray]:
    """Keep the tiles with enough marked pixels, and their masks.

    Args:
        tiles: (n, h, w, c).
        masks: (n, h, w, 1) of 0 and 1.
        minimum: marked pixels that are enough.

    Returns:
        Tiles and masks that are left, in their order.
    """
    enough = masks.sum(axis=(1, 2, 3)) >= minimum
    return tiles[enough], masks[enough]


def report(
    probability: np.ndarray,
    marks: np.ndarray,
    clean: np.ndarray,
    test_probability: np.ndarray,
    truth: np.ndarray,
    thresholds: Sequence[float],
) -> tuple[int, float, float]:
    """Choose step and threshold on clean masks, and score the test images with them.

    Args:
        probability: (steps, n, h, w) for the validation images, after several steps.
        marks: (n, h, w) their damaged masks; what they would choose repeats the damage, so they don't.
        clean: (n, h, w) their true masks.
        test_probability: (steps, m, h, w) for the test images.
        truth: (m, h, w) their true masks.
        thresholds: to choose from; an object is what lies above.

    Returns:
        Step from 0, threshold, and mean F1 of the test images. Of equal ones the earliest step, then the
        first threshold.
    """
    scores = np.array([[image_f1(clean, one, cut).mean() for cut in thresholds] for one in probability])
    step, column = np.unravel_index(scores.argmax(), scores.shape)
    cut = float(thresholds[int(column)])
    return int(step), cut, float(image_f1(truth, test_probability[step], cut).mean())
