"""ImageSet: images, what they show, which of them belong together, and where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from coursekit.errors import InputError


@dataclass(frozen=True)
class Card:
    """Where a data set comes from and what it can't tell you.

    Attributes:
        name: what `load` calls it.
        title: one line for a learner.
        source: who made it and how.
        licence: under which terms it may be used.
        citation: what to cite.
        unit: what a pixel value and a pixel's width mean.
        class_names: name of each class label or mask channel, in order; empty where there are no targets.
        limits: what it doesn't imitate or may not be used for.
        channel_names: what each channel of the images shows; empty for grey and colour pictures.
    """

    name: str
    title: str
    source: str
    licence: str
    citation: str
    unit: str
    class_names: tuple[str, ...] = ()
    limits: str = ""
    channel_names: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class ImageSet:
    """A data set in memory.

    Attributes:
        images: (n, h, w, c) float32 in [0, 1].
        targets: class labels (n,) int64, or masks (n, h, w, k) float32 in [0, 1], or None if nobody
            labelled the images.
        groups: (n,) int64: images with the same number belong together (one writer, one font, one patient)
            and should not be spread over training and test. None where nothing is known.
        card: where the data come from.
        extra: what else is known, by name: arrays with one row for each image, such as the number of the cell
            at each pixel, a second annotator's mask, or the plate that a well belongs to. Each data set's
            function says what it brings.

    Raises:
        InputError: if a shape, a type or a range is not as said above.
    """

    images: np.ndarray
    targets: np.ndarray | None = None
    groups: np.ndarray | None = None
    card: Card = field(default_factory=lambda: Card("", "", "", "", "", ""))
    extra: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_images(self.images)
        if self.targets is not None:
            _check_targets(self.targets, self.images)
        if self.groups is not None and not isinstance(self.groups, np.ndarray):
            raise InputError(
                f"groups must be an array, got {type(self.groups).__name__}: use np.array(groups)."
            )
        if self.groups is not None and (
            self.groups.shape != (len(self),) or not np.issubdtype(self.groups.dtype, np.integer)
        ):
            raise InputError(
                f"groups must be {len(self)} whole numbers, one for each image, got shape "
                f"{self.groups.shape} of {self.groups.dtype}."
            )
        for name, rows in self.extra.items():
            if not isinstance(rows, np.ndarray) or rows.ndim == 0 or len(rows) != len(self):
                came = f"shape {rows.shape}" if isinstance(rows, np.ndarray) else type(rows).__name__
                raise InputError(f"extra[{name!r}] must be an array with {len(self)} rows, got {came}.")

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        n, h, w, c = self.images.shape
        parts = [f"{self.card.name or 'ImageSet'}: {n} images of {h}×{w}×{c}"]
        if self.targets is None:
            parts.append("no targets")
        elif self.targets.ndim == 1:
            parts.append(f"{len(np.unique(self.targets))} classes")
        else:
            parts.append(f"masks with {self.targets.shape[-1]} channel(s), {self.targets.mean():.0%} set")
        if self.groups is not None:
            parts.append(f"{len(np.unique(self.groups))} groups")
        if self.extra:
            parts.append(f"extra: {', '.join(self.extra)}")
        return f"<{', '.join(parts)}>"

    def subset(self, indices: np.ndarray) -> "ImageSet":
        """Take the images at `indices`, with their targets, groups and all that is in `extra`.

        Args:
            indices: whole numbers in [0, n), in the order wanted, or a boolean array of length n.

        Returns:
            A new ImageSet that shares no memory with this one.

        Raises:
            InputError: if an index is out of range or isn't a whole number.
        """
        indices = np.asarray(indices)
        if indices.size == 0:
            indices = indices.astype(np.int64)
        if indices.ndim != 1 or not (np.issubdtype(indices.dtype, np.integer) or indices.dtype == bool):
            raise InputError(
                f"subset needs a list of whole numbers or a boolean mask, got shape {indices.shape} of "
                f"{indices.dtype}."
            )
        if indices.dtype == bool:
            if len(indices) != len(self):
                raise InputError(
                    f"A boolean mask needs one entry for each of {len(self)} images, got {len(indices)}."
                )
            indices = np.flatnonzero(indices)
        wrong = indices[(indices < 0) | (indices >= len(self))]
        if wrong.size:
            raise InputError(f"subset needs indices from 0 to {len(self) - 1}, got {wrong[0]}.")
        return ImageSet(
            self.images[indices],
            None if self.targets is None else self.targets[indices],
            None if self.groups is None else self.groups[indices],
            self.card,
            {name: rows[indices] for name, rows in self.extra.items()},
        )


def _check_images(images: np.ndarray) -> None:
    if not isinstance(images, np.ndarray) or images.ndim != 4:
        came = f"shape {images.shape}" if isinstance(images, np.ndarray) else type(images).__name__
        raise InputError(
            f"images must be an array (n, height, width, channels), got {came}. A single channel needs its "
            "own axis: images[..., None]."
        )
    if images.dtype != np.float32:
        raise InputError(
            f"images must be float32 in [0, 1], got {images.dtype}: divide by the largest value, convert."
        )
    if images.size and not (images.min() >= 0 and images.max() <= 1):  # also catches NaN
        raise InputError(
            f"images must lie in [0, 1], got {images.min():g} to {images.max():g}: rescale them."
        )


def _check_targets(targets: np.ndarray, images: np.ndarray) -> None:
    if not isinstance(targets, np.ndarray):
        raise InputError(
            f"targets must be an array, got {type(targets).__name__}: use np.array(targets), with "
            "whole numbers from 0 for class labels."
        )
    if targets.ndim == 0 or len(targets) != len(images):
        came = len(targets) if targets.ndim else "a single number"
        raise InputError(f"targets must have one entry for each of {len(images)} images, got {came}.")
    if targets.ndim == 1:
        if targets.dtype != np.int64:
            raise InputError(f"Class labels must be int64, got {targets.dtype}: use labels.astype('int64').")
    elif targets.ndim != 4 or targets.shape[1:3] != images.shape[1:3]:
        raise InputError(
            "targets must be class labels (n,) or masks (n, height, width, channels) as large as the images "
            f"{images.shape[1:3]}, got shape {targets.shape}."
        )
    elif targets.dtype != np.float32:
        raise InputError(
            f"Masks must be float32 in [0, 1], got {targets.dtype}: use masks.astype('float32')."
        )
    elif targets.size and not (targets.min() >= 0 and targets.max() <= 1):
        raise InputError(
            f"Masks must lie in [0, 1], got {targets.min():g} to {targets.max():g}: 255 means 1?"
        )
