"""How good is a prediction? NumPy arrays in, one float out, the truth always first.

Binary masks are arrays of 0 and 1 or of booleans, of any shape. All pixels handed over are counted together.
For the usual figure of a paper, the mean over images, call the function once for each image and average:

    np.mean([dice(truth, prediction) for truth, prediction in zip(truths, predictions)])

The two are not the same: pooled, an image with a large object weighs more than one with a small object, and
an empty image hardly counts at all.

Where a ratio would be 0/0 nothing could be got wrong, and the score is 1 (0 for Matthews, as is common).
"""

import numpy as np

from coursekit.errors import InputError


def dice(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Measure the overlap of two binary masks: twice the shared pixels over the sum of both.

    2 TP / (2 TP + FP + FN). For binary masks this is the F1 score: the harmonic mean of precision and
    sensitivity. Related to IoU by IoU = Dice / (2 - Dice).

    Args:
        truth: binary mask of any shape.
        prediction: binary mask of the same shape.

    Returns:
        0 (no overlap) to 1 (equal); 1 if both are empty.

    Raises:
        InputError: if the shapes differ or a mask is not binary.

    Source: Dice, Ecology 26(3), 1945, doi:10.2307/1932409.
    """
    hits, false_alarms, misses, _ = _counts(truth, prediction)
    return _ratio(2 * hits, 2 * hits + false_alarms + misses)


def iou(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Measure the overlap of two binary masks: intersection over union (Jaccard index).

    TP / (TP + FP + FN). Arguments and errors as for `dice`.

    Returns:
        0 to 1; 1 if both masks are empty.
    """
    hits, false_alarms, misses, _ = _counts(truth, prediction)
    return _ratio(hits, hits + false_alarms + misses)


def sensitivity(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Tell what share of the true pixels was found (recall): TP / (TP + FN).

    Arguments and errors as for `dice`.

    Returns:
        0 to 1; 1 if there was nothing to find.
    """
    hits, _, misses, _ = _counts(truth, prediction)
    return _ratio(hits, hits + misses)


def specificity(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Tell what share of the background was left alone: TN / (TN + FP).

    Close to 1 wherever objects are small, whatever the prediction: don't report it by itself. Arguments and
    errors as for `dice`.

    Returns:
        0 to 1; 1 if there was no background.
    """
    _, false_alarms, _, rejections = _counts(truth, prediction)
    return _ratio(rejections, rejections + false_alarms)


def precision(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Tell what share of the predicted pixels is true: TP / (TP + FP).

    Arguments and errors as for `dice`.

    Returns:
        0 to 1; 1 if nothing was predicted.
    """
    hits, false_alarms, _, _ = _counts(truth, prediction)
    return _ratio(hits, hits + false_alarms)


def matthews(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Correlate two binary masks: the Matthews correlation coefficient.

    (TP TN - FP FN) / sqrt((TP + FP)(TP + FN)(TN + FP)(TN + FN)). Unlike Dice it also counts the background,
    and unlike accuracy it is not fooled by a rare class. Arguments and errors as for `dice`.

    Returns:
        -1 (each pixel wrong) to 1 (each pixel right); 0 for chance, or if either mask is all 0 or all 1.

    Source: Matthews, BBA Protein Structure 405(2), 1975, doi:10.1016/0005-2795(75)90109-9.
    """
    hits, false_alarms, misses, rejections = _counts(truth, prediction)
    # Python's whole numbers: the product of four pixel counts of a large image doesn't fit into 64 bits.
    margins = (hits + false_alarms) * (hits + misses) * (rejections + false_alarms) * (rejections + misses)
    return float((hits * rejections - false_alarms * misses) / margins**0.5) if margins else 0.0


def accuracy(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Tell what share of the labels is right.

    Args:
        truth: class labels of any shape.
        prediction: class labels of the same shape (for logits (n, classes) use `logits.argmax(-1)`).

    Returns:
        0 to 1.

    Raises:
        InputError: if the shapes differ or there are no labels.
    """
    truth, prediction = _same_shape(truth, prediction)
    return float(np.mean(truth == prediction))


def mean_iou(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Average the IoU over classes, each class counting the same, however small.

    Args:
        truth: class of each pixel, whole numbers, any shape.
        prediction: the same shape.

    Returns:
        0 to 1. A class that occurs in neither array is left out.

    Raises:
        InputError: if the shapes differ or the arrays don't hold whole numbers.
    """
    truth, prediction = _label_pair(truth, prediction)
    classes = np.union1d(truth, prediction)
    return float(np.mean([iou(truth == label, prediction == label) for label in classes]))


def adjusted_rand_index(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Compare two ways to cut an image into regions, whatever the regions are called.

    Of all pairs of pixels, how many do both put together or both keep apart, compared to chance? All pixels
    count, and label 0 is a region like any other. Merging two large regions costs much, moving
    their border by a pixel little.

    Args:
        truth: number of the region of each pixel, whole numbers, any shape.
        prediction: the same shape.

    Returns:
        1 for equal partitions, about 0 for chance; can be negative.

    Raises:
        InputError: if the shapes differ or the arrays don't hold whole numbers.

    Source: Hubert, Arabie, Journal of Classification 2, 1985, doi:10.1007/BF01908075; computed by
    scikit-learn.
    """
    from sklearn.metrics import adjusted_rand_score

    truth, prediction = _label_pair(truth, prediction)
    return float(adjusted_rand_score(truth.ravel(), prediction.ravel()))


def border_adjusted_rand_index(truth: np.ndarray, prediction: np.ndarray, lines: str = "nearest") -> float:
    """Compare two border masks by the regions they enclose, not by their own pixels.

    Both borders are thinned to lines one pixel wide, the 4-connected regions between them are numbered
    (`cell_regions`), and the adjusted Rand index of the two partitions is taken. The thickness of a predicted
    border hardly matters; a gap of one pixel does: it joins two regions. The lines themselves belong to no
    region, and what becomes of their pixels changes the score a lot where regions are small:

    * "nearest", this course's convention: each goes to the region that lies nearest.
    * "region": all of them form one more region, which may outweigh every cell. This is what the code of the
      NIST study does, but that lets thinning open gaps at the edge of the image; here it doesn't.
    * "ignored": pixels on either line don't count.

    Args:
        truth: binary mask (h, w) of borders.
        prediction: binary mask (h, w).
        lines: one of these three conventions.

    Returns:
        1 for the same regions, about 0 for a prediction that tells nothing. Under "nearest", any other map of
        cells of the same size scores well above 0.

    Raises:
        InputError: if the shapes differ, a mask isn't binary or isn't (h, w), or there is no such convention.

    Source: Majurski et al., CVPR Workshops 2019; code usnistgov/small-data-cnns.
    """
    if lines not in ("nearest", "region", "ignored"):
        raise InputError(f"lines must be 'nearest', 'region' or 'ignored', got {lines!r}.")
    truth, prediction = _single_image(truth, prediction)
    regions = [cell_regions(border) for border in (truth, prediction)]
    if lines == "nearest":
        regions = [_give_to_nearest(labels) for labels in regions]
    elif lines == "ignored":
        counted = (regions[0] > 0) & (regions[1] > 0)
        if not counted.any():
            return 0.0
        regions = [labels[counted] for labels in regions]
    return adjusted_rand_index(*regions)


def cell_regions(border: np.ndarray) -> np.ndarray:
    """Number the regions that a border mask encloses.

    The border is thinned to a line one pixel wide. Thinning shortens a line at its ends, which would open
    gaps at the edge of the image, so the border is continued beyond the edge first. Regions that touch only
    diagonally are apart, or cells would leak through each diagonal step of a thin line.

    Args:
        border: binary mask (h, w).

    Returns:
        (h, w) int: 1, 2, ... for the regions, 0 on the line.

    Raises:
        InputError: if the mask isn't binary or isn't (h, w).
    """
    from skimage.measure import label
    from skimage.morphology import skeletonize

    border, _ = _single_image(border, border)
    margin = min(border.shape) // 2
    line = skeletonize(np.pad(border, margin, mode="edge"))
    height, width = border.shape
    return label(~line[margin : margin + height, margin : margin + width], connectivity=1)


def average_perpendicular_distance(
    truth: np.ndarray, prediction: np.ndarray, pixel_size: float = 1.0
) -> float:
    """Measure how far the predicted outline lies from the true one, on average.

    From the centre of each pixel on the predicted outline to the nearest one on the true outline. Outline
    pixels belong to the object and touch the background, or the edge of the image, on one of their four
    sides. Not symmetric: a part of the object that the prediction left out costs little.

    Args:
        truth: binary mask (h, w).
        prediction: binary mask (h, w).
        pixel_size: width of a pixel, such as 1.25 for mm.

    Returns:
        Distance in the unit of pixel_size: 0 if the outlines are the same or both masks are empty, infinite
        if only one is empty.

    Raises:
        InputError: if the shapes differ or a mask isn't binary or isn't (h, w).

    Source: Radau et al., The MIDAS Journal, 2009, doi:10.54294/g80ruo.
    """
    from scipy.ndimage import distance_transform_edt

    truth, prediction = _single_image(truth, prediction)
    if not truth.any() or not prediction.any():
        return 0.0 if truth.any() == prediction.any() else float("inf")
    distance = distance_transform_edt(~_outline(truth), sampling=pixel_size)
    return float(distance[_outline(prediction)].mean())


def _outline(mask: np.ndarray) -> np.ndarray:
    from scipy.ndimage import binary_erosion

    return mask & ~binary_erosion(mask)


def _give_to_nearest(regions: np.ndarray) -> np.ndarray:
    """Give each pixel without a region the number of the nearest one; without any region all stay 0."""
    from scipy.ndimage import distance_transform_edt

    if not regions.any():
        return regions
    nearest = distance_transform_edt(regions == 0, return_distances=False, return_indices=True)
    return regions[tuple(nearest)]


def _same_shape(truth: np.ndarray, prediction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    if truth.shape != prediction.shape:
        raise InputError(
            f"Truth and prediction must have the same shape, got {truth.shape} and {prediction.shape}: "
            "reshape one, or take the class with the highest score with .argmax(-1)."
        )
    if truth.size == 0:
        raise InputError(f"Truth and prediction hold nothing to compare: both have shape {truth.shape}.")
    return truth, prediction


def _binary_pair(truth: np.ndarray, prediction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    truth, prediction = _same_shape(truth, prediction)
    for name, mask in (("truth", truth), ("prediction", prediction)):
        if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
            raise InputError(
                f"A binary mask holds 0 and 1 only, but {name} holds values from {mask.min():g} to "
                f"{mask.max():g}: apply a threshold first, such as mask > 0.5 (for logits, mask > 0)."
            )
    return truth.astype(bool), prediction.astype(bool)


def _single_image(truth: np.ndarray, prediction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    truth, prediction = _binary_pair(truth, prediction)
    if truth.ndim != 2:
        raise InputError(
            f"Outlines and regions belong to one image: expected masks (h, w), got {truth.shape}. Call once "
            "for each image and channel, as in masks[0, ..., 0]."
        )
    return truth, prediction


def _label_pair(truth: np.ndarray, prediction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    truth, prediction = _same_shape(truth, prediction)
    for name, labels in (("truth", truth), ("prediction", prediction)):
        if labels.dtype != bool and not np.issubdtype(labels.dtype, np.integer):
            raise InputError(
                f"Regions and classes are whole numbers, but {name} holds {labels.dtype}: use .astype(int)."
            )
    return truth, prediction


def _counts(truth: np.ndarray, prediction: np.ndarray) -> tuple[int, int, int, int]:
    """Count true positives, false positives, false negatives and true negatives."""
    truth, prediction = _binary_pair(truth, prediction)
    hits = int(np.count_nonzero(truth & prediction))
    false_alarms = int(np.count_nonzero(prediction)) - hits
    misses = int(np.count_nonzero(truth)) - hits
    return hits, false_alarms, misses, truth.size - hits - false_alarms - misses


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
