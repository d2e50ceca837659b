"""Masks that are wrong on purpose: forgotten objects, bad outlines, boxes (SNOW)."""

from dataclasses import dataclass
from numbers import Real
from typing import TypedDict

import numpy as np

from coursekit.data.labels.arguments import count, share
from coursekit.data.labels.streams import generators
from coursekit.errors import InputError


class MaskNoise(TypedDict, total=False):
    """The arguments of `corrupt_masks` that say what is done to the objects."""

    remove: float
    sigma_px: float
    every: int
    boxes: bool


@dataclass(frozen=True)
class CorruptedMasks:
    """Masks, some of them wrong.

    Attributes:
        masks: (n, h, w, 1) float32 of 0 and 1.
        instances: (n, h, w) int32, 0 on background. Objects keep their numbers; where two overlap, the pixel
            belongs to the lower number.
        f1: (n,) float64, F1 (which is Dice) of the mask against the clean one; 1 where both are empty.
        marked: (n,) float64, the share of the true objects' area that is still marked; 1 where there was
            none. Half of the objects may be two thirds of the area: say this share beside a result.
    """

    masks: np.ndarray
    instances: np.ndarray
    f1: np.ndarray
    marked: np.ndarray


def corrupt_masks(
    labels: np.ndarray,
    remove: float = 0.0,
    sigma_px: float = 0.0,
    every: int = 1,
    boxes: bool = False,
    seed: int = 0,
) -> CorruptedMasks:
    """Corrupt the outline of each object as hurried annotators would.

    Each object in turn is

    1. removed with probability `remove`;
    2. eroded (r < 0) or dilated (r > 0) by a disk of radius r = int(N(0, sigma_px)). Beyond the image's edge
       is background, which erodes too;
    3. redrawn as the polygon of every `every`-th point of its outline (of the longest one, if erosion has
       cut it to pieces);
    4. replaced by its bounding box.

    Objects that vanish on the way are dropped.

    An object's luck depends on the seed and on its place in its image: image i does not depend on n, the
    objects removed at 0.3 are removed at 0.5 too, and twice the sigma gives the same object twice the radius,
    up to rounding.

    Args:
        labels: the clean truth. Either numbers of objects, (n, h, w) or (n, h, w, 1) integer, 0 on
            background; or masks of 0 and 1, of the same shapes, float or bool, whose connected pieces
            (corners connect) are the objects. Integers are always numbers of objects: in an integer array of
            0 and 1 each image has one object, however many pieces it is in.
        remove: share of objects removed, 0 to 1.
        sigma_px: standard deviation of the radius in pixels; 0 leaves the size alone.
        every: 1 leaves the outline alone, without filling holes; an outline has about 8 points for each pixel
            of an object's radius.
        boxes: whether to replace each object by its bounding box.
        seed: decides which objects are removed and which grow or shrink.

    Returns:
        Masks and objects after corruption, F1 against the clean masks and the share still marked.

    Raises:
        InputError: if the labels or an argument are not as said above.

    Source: Foucart, Debeir and Decaestecker, SNOW: semi-supervised, noisy and/or weak data for deep learning
    in digital pathology, ISBI 2019, pp. 1869-1872, doi:10.1109/ISBI.2019.8759545. Their contour runs half a
    pixel farther outside and takes the first piece rather than the longest one.
    """
    remove, every = share("remove", remove), count("every", every, 1)
    if not isinstance(sigma_px, Real) or not 0 <= sigma_px < np.inf:
        raise InputError(f"sigma_px must be a number of pixels from 0, got {sigma_px!r}.")
    numbered = _numbered(labels)
    corrupted = np.zeros(numbered.shape, np.int32)
    for image, result, rng in zip(
        numbered, corrupted, generators("mask noise", len(numbered), seed), strict=True
    ):
        objects = _objects(image)
        # Drawn for all objects whether needed or not: another option must not change an object's luck.
        luck, size = rng.random(len(objects)), rng.standard_normal(len(objects))
        for (number, box), chance, grow in zip(objects, luck, size, strict=True):
            if chance < remove:
                continue
            window, mask = _deformed(image, number, box, int(sigma_px * grow))
            if every > 1 and mask.any():
                mask = _polygon(mask, every)
            if boxes and mask.any():
                mask = _bounding_box(mask)
            view = result[window]
            view[mask & (view == 0)] = number
    clean, marked = numbered > 0, corrupted > 0
    both, true, found = ((part).sum((1, 2)) for part in (clean & marked, clean, marked))
    return CorruptedMasks(
        masks=marked[..., None].astype("float32"),
        instances=corrupted,
        f1=np.where(true + found > 0, 2 * both / np.maximum(true + found, 1), 1.0),
        marked=np.where(true > 0, both / np.maximum(true, 1), 1.0),
    )


def mean_object_radius(labels: np.ndarray) -> float:
    """Return the mean radius in pixels that the objects would have as disks, sqrt(area / pi).

    Args:
        labels: as for `corrupt_masks`.

    Raises:
        InputError: if the labels are not as said there, or hold no object.
    """
    areas = [
        area
        for image in _numbered(labels)
        for area in np.unique(image[image > 0], return_counts=True)[1].tolist()
    ]
    if not areas:
        raise InputError("There is no object in these masks, so no mean radius.")
    return float(np.sqrt(np.array(areas) / np.pi).mean())


def snow_recipe(name: str, labels: np.ndarray) -> MaskNoise:
    """Return the arguments of `corrupt_masks` for one of the SNOW paper's corruptions.

    "Clean": none. "Noisy": half of the objects removed. "BB": bounding boxes. "N+BB": both. "HD": high
    deformation, sigma a quarter of the mean object radius, and an outline of about six points. "N+HD": half
    removed and high deformation.

    The paper gives deformation in pixels of its own large images (sigma up to 30, every 80th point) and does
    not say which pair "high" is; here it follows the size of the objects.

    Args:
        name: one of those above.
        labels: the clean truth, as for `corrupt_masks`, from which to take the mean object radius. Take all
            training masks once, and use the result for each subset of them.

    Returns:
        Arguments by name: `corrupt_masks(labels, **snow_recipe("N+HD", labels), seed=1)`.

    Raises:
        InputError: if the name isn't known, or there is no object to measure.
    """
    noise = MaskNoise(remove=0.5)
    if name == "Clean":
        return MaskNoise()
    if name == "Noisy":
        return noise
    if name == "BB":
        return MaskNoise(boxes=True)
    if name == "N+BB":
        return MaskNoise(remove=0.5, boxes=True)
    if name not in ("HD", "N+HD"):
        raise InputError(f"There is no recipe {name!r}: use Clean, Noisy, BB, N+BB, HD or N+HD.")
    radius = mean_object_radius(labels)
    # A roundish outline has about 8 points for each pixel of radius, so this leaves some six of them.
    deformed = MaskNoise(sigma_px=0.25 * radius, every=max(1, round(1.25 * radius)))
    return deformed if name == "HD" else MaskNoise(**noise, **deformed)


Window = tuple[slice, slice]


def _numbered(labels: np.ndarray) -> np.ndarray:
    """Return numbers of objects, (n, h, w) integer, whatever form they came in."""
    labels = np.asarray(labels)
    if labels.ndim == 4 and labels.shape[3] == 1:
        labels = labels[..., 0]
    if labels.ndim != 3:
        raise InputError(
            f"labels must be (n, height, width) or (n, height, width, 1), got shape {labels.shape}. A single "
            "image needs its own axis: labels[None]."
        )
    whole = np.issubdtype(labels.dtype, np.integer)
    if whole and labels.size and (labels.min() < 0 or labels.max() > np.iinfo(np.int32).max):
        raise InputError(f"Numbers of objects must be from 0 to 2^31 - 1, got {labels.min()}.")
    if not whole and not np.isin(labels, (0, 1)).all():
        raise InputError(
            "Masks must hold 0 and 1 alone, and numbers of objects must be integers, got "
            f"{labels.dtype} with other values: threshold them, or use labels.astype('int32')."
        )
    if whole or not len(labels):
        return labels.astype(np.int32)
    return np.stack([_pieces(image) for image in labels])


def _pieces(image: np.ndarray) -> np.ndarray:
    """Number the connected pieces of a mask."""
    from scipy.ndimage import label

    return label(image > 0, structure=np.ones((3, 3)))[0].astype(np.int32)


def _objects(image: np.ndarray) -> list[tuple[int, Window]]:
    """List the number and the bounding box of each object, by number."""
    from scipy.ndimage import find_objects

    numbers, compact = np.unique(image, return_inverse=True)
    # find_objects makes room for each number up to the largest, which may be huge: so count from 0.
    boxes = find_objects(compact.reshape(image.shape) + (0 if numbers[0] == 0 else 1))
    return list(zip(numbers[numbers > 0].tolist(), boxes, strict=True))


def _deformed(image: np.ndarray, number: int, box: Window, radius: int) -> tuple[Window, np.ndarray]:
    """Erode or dilate one object by a disk, and return the window that it then lies in.

    A pixel is left by erosion if its distance to the background is above the radius, and reached by dilation
    if its distance to the object is not: exactly what a disk does, in a time that doesn't grow with it.
    """
    from scipy.ndimage import distance_transform_edt

    margin = max(radius, 0)
    rows, columns = (
        slice(max(side.start - margin, 0), min(side.stop + margin, length))
        for side, length in zip(box, image.shape, strict=True)
    )
    mask = image[rows, columns] == number
    if radius < 0:
        mask = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1] > -radius
    elif radius > 0:
        mask = distance_transform_edt(~mask) <= radius
    return (rows, columns), mask


def _polygon(mask: np.ndarray, every: int) -> np.ndarray:
    """Fill the polygon of every `every`-th point of the longest outline."""
    from skimage.draw import polygon
    from skimage.measure import find_contours

    # Half way between object and background: with each point kept, the polygon is the object again. The
    # rim of background closes the outline of an object that touches the edge.
    outline = max(find_contours(np.pad(mask, 1).astype(float), 0.5), key=len)
    corners = outline[:-1:every] - 1  # the last point is the first again
    filled = np.zeros_like(mask)
    filled[polygon(corners[:, 0], corners[:, 1], mask.shape)] = True
    return filled


def _bounding_box(mask: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = np.zeros_like(mask)
    box[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return box
