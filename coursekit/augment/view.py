"""A part of each picture, blown up to its full size: cut out straight, or seen at an angle."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops, random

from coursekit.augment.layer import AugmentationLayer, Tensor
from coursekit.augment.warp import affine_matrices, warp, warp_field
from coursekit.errors import InputError


@keras.saving.register_keras_serializable("coursekit")
class RandomSizedCrop(AugmentationLayer):
    """Cut a rectangle of random size, shape and place out of each picture, and bring it back to full size.

    (Keras' RandomCrop cuts all pictures of a batch at the same place, to one size.) Masks follow with nearest
    neighbour.

    Args:
        area: smallest and largest area, as a share of the picture.
        aspect: smallest and largest ratio of the rectangle's width to its height, over that of the picture;
            drawn evenly on a logarithmic scale. A rectangle that would be larger than the picture is cut to
            fit.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        InputError: if area isn't within (0, 1], aspect isn't above 0, or the smaller doesn't come first.
    """

    def __init__(
        self,
        area: tuple[float, float] = (0.08, 1.0),
        aspect: tuple[float, float] = (3 / 4, 4 / 3),
        seed: int | keras.random.SeedGenerator | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        if not 0 < area[0] <= area[1] <= 1:
            raise InputError(f"area must be two shares in (0, 1], the smaller first, got {area!r}.")
        if not 0 < aspect[0] <= aspect[1]:
            raise InputError(f"aspect must be two ratios above 0, the smaller first, got {aspect!r}.")
        self.area, self.aspect = area, aspect

    def draw(self, images: Tensor) -> Tensor:
        """Draw a backward map for each picture, (n, 2, 3)."""
        count, height, width = ops.shape(images)[0], images.shape[1], images.shape[2]
        area = random.uniform((count,), *self.area, seed=self.generator)
        log_aspect = random.uniform(
            (count,), math.log(self.aspect[0]), math.log(self.aspect[1]), seed=self.generator
        )
        # One corner is the same as the other: area = y * x, aspect = x / y.
        share_yx = ops.stack(
            [ops.sqrt(area / ops.exp(log_aspect)), ops.sqrt(area * ops.exp(log_aspect))], axis=-1
        )
        share_yx = ops.minimum(share_yx, 1.0)
        # How far the middle of the rectangle may lie from that of the picture, so that it stays inside.
        room_yx = (1 - share_yx) * np.array([(height - 1) / 2, (width - 1) / 2], "float32")
        middle_yx = room_yx * random.uniform((count, 2), -1.0, 1.0, seed=self.generator)
        none = ops.zeros((count,))
        return affine_matrices(
            angle_rad=none,
            shift_yx=-middle_yx / share_yx,
            zoom_yx=1 / share_yx,
            shear=none,
            flip_yx=ops.zeros((count, 2)),
            size=(height, width),
        )

    def change_images(self, images: Tensor, draw: Tensor) -> Tensor:
        """Enlarge pictures, bilinear."""
        return warp(images, draw, "bilinear")

    def change_masks(self, masks: Tensor, draw: Tensor) -> Tensor:
        """Enlarge masks, nearest neighbour."""
        return warp(masks, draw, "nearest")


@keras.saving.register_keras_serializable("coursekit")
class RandomPerspective(AugmentationLayer):
    """Look at each picture at an angle: its four corners show points further inside, each its own.

    (Keras' RandomPerspective never moves the top left corner, and fills with black what comes in from
    outside; here nothing comes in.) Masks follow with nearest neighbour.

    Args:
        limit: how far inside a corner's point lies at most, down or up and sideways, as a share of half the
            picture's height and width; at most 0.6. From 2/3 on, points could change sides.
        probability: share of the pictures that are changed.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        InputError: if limit is outside [0, 0.6] or probability outside [0, 1].
    """

    def __init__(
        self,
        limit: float = 0.5,
        probability: float = 0.5,
        seed: int | keras.random.SeedGenerator | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        if not 0 <= limit <= 0.6:
            raise InputError(f"limit must be in [0, 0.6], got {limit}.")
        if not 0 <= probability <= 1:
            raise InputError(f"probability must be in [0, 1], got {probability}.")
        self.limit, self.probability = limit, probability

    def draw(self, images: Tensor) -> Tensor:
        """Draw where each pixel comes from, as displacements in pixels, (n, height, width, 2)."""
        count, height, width = ops.shape(images)[0], images.shape[1], images.shape[2]
        inward = random.uniform((count, 4, 2), 0.0, self.limit, seed=self.generator)
        chosen = random.uniform((count, 1, 1), seed=self.generator) < self.probability
        inward = ops.where(chosen, inward, 0.0)
        # Corners of the unit square, y before x; the way inwards is half a side long.
        corners = np.array([[0, 0], [0, 1], [1, 1], [1, 0]], "float32")
        return _to_quadrilateral(corners + inward * (0.5 - corners), height, width)

    def change_images(self, images: Tensor, draw: Tensor) -> Tensor:
        """Warp pictures, bilinear."""
        return warp_field(images, draw, "bilinear")

    def change_masks(self, masks: Tensor, draw: Tensor) -> Tensor:
        """Warp masks, nearest neighbour."""
        return warp_field(masks, draw, "nearest")


def _to_quadrilateral(corners: Tensor, height: int, width: int) -> Tensor:
    """Map the picture onto quadrilaterals within it, straight lines to straight lines.

    Args:
        corners: (n, 4, 2) where its corners go, as shares of the sides, y before x; clockwise from top left.
        height: of the picture, in pixels.
        width: of the picture, in pixels.

    Returns:
        (n, height, width, 2) displacements in pixels.

    Source: Heckbert 1989, Fundamentals of texture mapping and image warping, section 2.2.3: the eight numbers
        of the projective map of the unit square in closed form.
    """
    first, second, third, fourth = (corners[:, i][:, None, None] for i in range(4))
    down, across = second - third, fourth - third
    bend = first - second + third - fourth

    def cross(a: Tensor, b: Tensor) -> Tensor:
        return (a[..., 1] * b[..., 0] - a[..., 0] * b[..., 1])[..., None]

    area = cross(down, across)
    g, h = cross(bend, across) / area, cross(down, bend) / area
    u = (ops.arange(width, dtype="float32") / max(width - 1, 1))[None, None, :, None]
    v = (ops.arange(height, dtype="float32") / max(height - 1, 1))[None, :, None, None]
    place = (second - first + g * second) * u + (fourth - first + h * fourth) * v + first
    place = place / (g * u + h * v + 1)
    identity = ops.concatenate([v + 0 * u, u + 0 * v], axis=-1)
    return (place - identity) * ops.cast((height - 1, width - 1), "float32")
