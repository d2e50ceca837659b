"""Flips, zoom, shear, rotation and shift at random, in one resampling."""

import math
from typing import Any, Literal

import keras
from keras import ops, random

from coursekit.augment.layer import AugmentationLayer, Tensor
from coursekit.augment.warp import FILLS, Fill, affine_matrices, warp
from coursekit.errors import InputError

Flip = Literal["horizontal", "vertical", "both"]
_FLIPS = {None: (0, 0), "horizontal": (0, 1), "vertical": (1, 0), "both": (1, 1)}  # along y, along x


@keras.saving.register_keras_serializable("coursekit")
class RandomAffine(AugmentationLayer):
    """Flip, zoom, shear, turn and shift each picture at random, about its centre.

    All of it is one map and so one interpolation: the picture is smoothed once, not five times. Masks follow
    with nearest neighbour and keep their values. Each picture has its own draw, uniform within the limits.

    Args:
        rotation_deg: angle from -rotation_deg to rotation_deg, in degrees; 180 for every direction.
        shift: from -shift to shift, as a share of height and width, each drawn for itself.
        zoom: factor from 1 - zoom to 1 + zoom, drawn for height and width; below 1.
        shear: pixels to the side per pixel of height, from -shear to shear.
        flip: "horizontal" swaps left and right in half of the pictures, "vertical" top and bottom, "both"
            tosses a coin for each, None leaves them.
        fill: what comes in from outside: "reflect", "constant" (zero) or "nearest" (the border repeated).
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        InputError: if a limit is negative, zoom isn't below 1, or flip or fill is unknown.
    """

    def __init__(
        self,
        rotation_deg: float = 0.0,
        shift: float = 0.0,
        zoom: float = 0.0,
        shear: float = 0.0,
        flip: Flip | None = None,
        fill: Fill = "reflect",
        seed: int | keras.random.SeedGenerator | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        for name, limit in [
            ("rotation_deg", rotation_deg),
            ("shift", shift),
            ("zoom", zoom),
            ("shear", shear),
        ]:
            if limit < 0:
                raise InputError(f"{name} is a limit to both sides, so not below 0, got {limit}.")
        if zoom >= 1:
            raise InputError(f"zoom must be below 1, where a picture shrinks to nothing, got {zoom}.")
        if flip not in _FLIPS:
            raise InputError(f"flip must be None, 'horizontal', 'vertical' or 'both', got {flip!r}.")
        if fill not in FILLS:
            raise InputError(f"fill must be one of {', '.join(FILLS)}, got {fill!r}.")
        self.rotation_deg, self.shift, self.zoom, self.shear = rotation_deg, shift, zoom, shear
        self.flip, self.fill = flip, fill

    def draw(self, images: Tensor) -> Tensor:
        """Draw a backward map for each picture, (n, 2, 3)."""
        count, height, width = ops.shape(images)[0], images.shape[1], images.shape[2]
        # Eight numbers a picture in one go: angle, shift y and x, zoom y and x, shear, flip y and x.
        uniform = random.uniform((count, 8), -1.0, 1.0, seed=self.generator)
        return affine_matrices(
            angle_rad=uniform[:, 0] * math.radians(self.rotation_deg),
            shift_yx=uniform[:, 1:3] * ops.array([self.shift * height, self.shift * width]),
            zoom_yx=1 + uniform[:, 3:5] * self.zoom,
            shear=uniform[:, 5] * self.shear,
            flip_yx=ops.cast(uniform[:, 6:8] > 0, "float32") * ops.array(_FLIPS[self.flip], "float32"),
            size=(height, width),
        )

    def change_images(self, images: Tensor, draw: Tensor) -> Tensor:
        """Warp pictures, bilinear."""
        return warp(images, draw, "bilinear", self.fill)

    def change_masks(self, masks: Tensor, draw: Tensor) -> Tensor:
        """Warp masks, nearest neighbour."""
        return warp(masks, draw, "nearest", self.fill)
