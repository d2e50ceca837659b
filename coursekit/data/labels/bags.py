"""Bags for multiple-instance learning: a label for a bag of images, none for the images in it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from coursekit.data.labels.arguments import class_labels, count, share
from coursekit.data.labels.streams import generators
from coursekit.errors import InputError


@dataclass(frozen=True)
class Bags:
    """Bags of images, given by the images' indices.

    Attributes:
        indices: (bags, capacity) int64: which images are in the bag, then -1 for empty places.
        labels: (bags,) int64: 1 if any image in the bag is positive, else 0. What a learner may see.
        instance_labels: (bags, capacity) int64: 1 for a positive image, 0 for a negative one, -1 for an empty
            place. Not for training: to see whether attention points at the right image.
    """

    indices: np.ndarray
    labels: np.ndarray
    instance_labels: np.ndarray

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def present(self) -> np.ndarray:
        """Which places hold an image, (bags, capacity) bool: attention and pooling must skip the others."""
        return self.indices >= 0

    @property
    def sizes(self) -> np.ndarray:
        """How many images each bag holds, (bags,) int64."""
        return self.present.sum(1)

    def ragged(self) -> list[np.ndarray]:
        """Return the indices of each bag without its empty places."""
        return [row[row >= 0] for row in self.indices]

    def take(self, images: np.ndarray) -> np.ndarray:
        """Put the images (or their features) into their bags.

        Args:
            images: (n, ...), the images that the indices count.

        Returns:
            (bags, capacity, ...) of the same type; empty places are 0.

        Raises:
            InputError: if there are fewer images than the bags ask for.
        """
        images = np.asarray(images)
        if self.indices.size and self.indices.max() >= len(images):
            raise InputError(f"The bags hold image {self.indices.max()}, but there are only {len(images)}.")
        bags = np.zeros((*self.indices.shape, *images.shape[1:]), images.dtype)
        bags[self.present] = images[self.indices[self.present]]
        return bags


class TileBags(NamedTuple):
    """Tiles, and the bag of tiles that each image is.

    Attributes:
        tiles: (images * tiles of an image, tile, tile, c), image by image, row by row.
        bags: a bag for each image.
    """

    tiles: np.ndarray
    bags: Bags


def make_bags(
    labels: np.ndarray,
    positive: int,
    n_bags: int,
    mean_size: float = 10.0,
    sd_size: float = 2.0,
    positive_share: float = 0.5,
    witnesses: int | None = None,
    indices: np.ndarray | None = None,
    seed: int = 0,
) -> Bags:
    """Draw bags of images: is there a 9 among these ten digits?

    A bag's size is normally distributed, rounded, and at most 3 standard deviations from the mean. No image
    is twice in a bag, but it may be in several bags. Bag i does not depend on n_bags, and each run of bags
    from the first holds the share of positive ones (to one bag), so that the first 100 of 300 are a fair 100.

    Bags of training, validation and test must not share images: split the images first, and call this once
    for each part with its `indices`.

    Args:
        labels: class of each image, (n,) whole numbers from 0.
        positive: the class that makes a bag positive.
        n_bags: number of bags, from 1.
        mean_size: mean number of images in a bag.
        sd_size: its standard deviation, from 0.
        positive_share: share of positive bags, 0 to 1.
        witnesses: number of positive images in each positive bag; None draws it as chance would, from the
            share of positive images in this part, given that there is one at least.
        indices: which of the images to draw from, such as those of the training part, or a boolean
            mask (n,); None for all.
        seed: decides sizes and images.

    Returns:
        Bags; their indices count all images, not only those of this part.

    Raises:
        InputError: if an argument is out of range, or this part has too few positive or negative images.

    Source: Ilse, Tomczak and Welling, ICML 2018, PMLR 80, pp. 2127-2136, arXiv:1802.04712.
    """
    labels = class_labels(labels)
    n_bags, positive_share = count("n_bags", n_bags, 1), share("positive_share", positive_share)
    part = np.arange(len(labels)) if indices is None else np.asarray(indices)
    if part.dtype == bool:
        if part.shape != labels.shape:
            raise InputError(
                f"A boolean mask needs one entry for each of {len(labels)} images, got shape {part.shape}."
            )
        part = np.flatnonzero(part)
    part = np.unique(part)
    whole = np.issubdtype(part.dtype, np.integer)
    if not whole or len(part) == 0 or part.min() < 0 or part.max() >= len(labels):
        raise InputError(f"indices must be one or more whole numbers from 0 to {len(labels) - 1}.")
    if not 1 <= mean_size < np.inf or not 0 <= sd_size <= mean_size:
        raise InputError(
            f"mean_size must be from 1 and sd_size from 0 to mean_size, got {mean_size} and {sd_size}."
        )
    if witnesses is not None and count("witnesses", witnesses, 1) > mean_size:
        raise InputError(f"witnesses must be at most the mean size of a bag, {mean_size:g}, got {witnesses}.")
    is_positive = labels[part] == positive
    positives, negatives = part[is_positive], part[~is_positive]
    smallest = max(1, witnesses or 1, int(np.ceil(mean_size - 3 * sd_size)))
    capacity = max(smallest, int(np.floor(mean_size + 3 * sd_size)))
    needed = (witnesses or 1) if positive_share else 0
    if len(negatives) < capacity or len(positives) < needed:
        raise InputError(
            f"Bags of up to {capacity} images need as many negative images and {needed} positive one(s), but "
            f"of this part's {len(part)} images {len(positives)} are of class {positive}: use more images or "
            "smaller bags."
        )
    rows = np.full((n_bags, capacity), -1, np.int64)
    truths = rows.copy()
    bag_labels = np.zeros(n_bags, np.int64)
    for i, rng in enumerate(generators("bags", n_bags, seed)):
        # The i-th bag is positive where the running total of positives passes a whole number.
        bag_labels[i] = np.floor((i + 1) * positive_share + 0.5) - np.floor(i * positive_share + 0.5)
        size = int(np.clip(np.rint(rng.normal(mean_size, sd_size)), smallest, capacity))
        found = 0
        if bag_labels[i]:
            chance = len(positives) / len(part)
            found = _at_least_one(rng, size, chance) if witnesses is None else witnesses
            found = min(found, len(positives))
        bag = np.concatenate(
            [
                rng.choice(positives, found, replace=False),
                rng.choice(negatives, size - found, replace=False),
            ]
        )
        order = rng.permutation(size)
        rows[i, :size] = bag[order]
        truths[i, :size] = order < found
    return Bags(rows, bag_labels, truths)


def tile_bags(images: np.ndarray, masks: np.ndarray, tile_px: int, positive_px: int = 1) -> TileBags:
    """Cut images into tiles: each image is a bag, positive if a tile of it is.

    Args:
        images: (n, h, w, c).
        masks: (n, h, w, 1) of 0 and 1.
        tile_px: side of a tile in pixels; it must divide height and width.
        positive_px: a tile is positive from this many marked pixels, from 1.

    Returns:
        Tiles and bags. `bags.take(tiles)` is (n, tiles of an image, tile, tile, c).

    Raises:
        InputError: if the shapes don't fit, or a value is out of range.
    """
    images, masks = np.asarray(images), np.asarray(masks)
    if images.ndim != 4 or masks.shape != (*images.shape[:3], 1):
        raise InputError(
            "images must be (n, h, w, c) and masks (n, h, w, 1) of the same size, got "
            f"{images.shape} and {masks.shape}."
        )
    tile_px, positive_px = count("tile_px", tile_px, 1), count("positive_px", positive_px, 1)
    n, height, width, _ = images.shape
    if height % tile_px or width % tile_px:
        raise InputError(f"Tiles of {tile_px} pixels don't fill an image of {height}×{width}: crop it first.")
    tiles, mask_tiles = _tiles(images, tile_px), _tiles(masks > 0, tile_px)
    truths = (mask_tiles.sum((1, 2, 3)) >= positive_px).astype(np.int64).reshape(n, -1)
    bags = Bags(np.arange(truths.size).reshape(truths.shape), truths.max(1, initial=0), truths)
    return TileBags(tiles, bags)


def _tiles(images: np.ndarray, side: int) -> np.ndarray:
    n, height, width, channels = images.shape
    blocks = images.reshape(n, height // side, side, width // side, side, channels)
    return blocks.transpose(0, 1, 3, 2, 4, 5).reshape(-1, side, side, channels)


def _at_least_one(rng: np.random.Generator, size: int, chance: float) -> int:
    """Draw how many of `size` are positive, given that one is: a binomial number without its zero."""
    # Where the first one comes, given that it comes; after it, nothing is given any more.
    reached = -np.expm1(size * np.log1p(-chance))
    first = int(np.ceil(np.log1p(-rng.random() * reached) / np.log1p(-chance)))
    return 1 + int(rng.binomial(size - min(max(first, 1), size), chance))
