"""Moving pictures: where each output pixel comes from, and its value there.

All maps here point backwards, from the picture that comes out to the one that went in. Asked the other way
round, pixels of the result would be hit twice or not at all.
"""

from typing import Any, Literal

from keras import ops

from coursekit.errors import InputError

Tensor = Any  # a tensor of the backend in use; Keras has no common type for it
Interpolation = Literal["bilinear", "nearest"]
Fill = Literal["reflect", "constant", "nearest"]
FILLS = ("reflect", "constant", "nearest")
INTERPOLATIONS = ("bilinear", "nearest")


def affine_matrices(
    angle_rad: Tensor,
    shift_yx: Tensor,
    zoom_yx: Tensor,
    shear: Tensor,
    flip_yx: Tensor,
    size: tuple[int, int],
) -> Tensor:
    """Build backward maps for n pictures: flipped, zoomed, sheared, turned and shifted, in this order.

    Everything happens about the centre of the picture, ((height - 1) / 2, (width - 1) / 2).

    Args:
        angle_rad: (n,) angle in radians; positive turns counter-clockwise, as one sees the picture.
        shift_yx: (n, 2) shift in pixels, down and to the right.
        zoom_yx: (n, 2) factors along y and x; above 1 the content grows. Not 0.
        shear: (n,) kappa: content `y` pixels below the centre moves `kappa * y` pixels to the right.
        flip_yx: (n, 2) 1 turns the picture upside down (y) or swaps left and right (x), 0 doesn't.
        size: height and width in pixels.

    Returns:
        (n, 2, 3) float32. `matrix @ (y, x, 1)` is the place (y, x) in the input that output pixel (y, x)
        shows.
    """
    angle_rad, shear = ops.cast(angle_rad, "float32"), ops.cast(shear, "float32")
    shift_yx, zoom_yx = ops.cast(shift_yx, "float32"), ops.cast(zoom_yx, "float32")
    signs = 1.0 - 2.0 * ops.cast(flip_yx, "float32")
    cos, sin = ops.cos(angle_rad), ops.sin(angle_rad)
    # From output to input: turn back (y grows downwards, hence the signs), then x -= kappa y, unzoom, unflip.
    yy, yx = cos, sin
    xy, xx = -sin - shear * yy, cos - shear * yx
    scale = signs / zoom_yx
    yy, yx = yy * scale[:, 0], yx * scale[:, 0]
    xy, xx = xy * scale[:, 1], xx * scale[:, 1]
    centre_y, centre_x = (size[0] - 1) / 2, (size[1] - 1) / 2
    back_y, back_x = centre_y + shift_yx[:, 0], centre_x + shift_yx[:, 1]
    rows = [
        ops.stack([yy, yx, centre_y - yy * back_y - yx * back_x], axis=-1),
        ops.stack([xy, xx, centre_x - xy * back_y - xx * back_x], axis=-1),
    ]
    return ops.stack(rows, axis=1)


def warp(
    images: Tensor, matrices: Tensor, interpolation: Interpolation = "bilinear", fill: Fill = "reflect"
) -> Tensor:
    """Resample each picture along its affine map.

    Args:
        images: (n, height, width, channels).
        matrices: (n, 2, 3) backward maps, as `affine_matrices` makes them.
        interpolation: "bilinear" for pictures, "nearest" for masks: in between, a mask has no meaning.
        fill: what lies outside the picture: "reflect" mirrors it (d c b a | a b c d | d c b a), "constant" is
            zero, "nearest" repeats the border.

    Returns:
        Tensor like images.

    Raises:
        InputError: if interpolation or fill is something else.
    """
    # keras.ops.image.affine_transform does the same, but XLA can't compile it: several times as slow.
    matrices = ops.cast(matrices, "float32")[..., None, None]
    rows, columns = _grid(images)
    y, x = (matrices[:, i, 0] * rows + matrices[:, i, 1] * columns + matrices[:, i, 2] for i in (0, 1))
    return _resample(images, y, x, interpolation, fill)


def warp_field(
    images: Tensor, displacement_px: Tensor, interpolation: Interpolation = "bilinear", fill: Fill = "reflect"
) -> Tensor:
    """Resample each picture along its own field of displacements.

    Args:
        images: (n, height, width, channels).
        displacement_px: (n, height, width, 2) in pixels, y before x: output pixel (y, x) shows what lies at
            (y, x) + displacement in the input.
        interpolation: as in `warp`.
        fill: as in `warp`.

    Returns:
        Tensor like images.

    Raises:
        InputError: if interpolation or fill is something else.
    """
    rows, columns = _grid(images)
    y, x = rows + displacement_px[..., 0], columns + displacement_px[..., 1]
    return _resample(images, y, x, interpolation, fill)


def _grid(images: Tensor) -> tuple[Tensor, Tensor]:
    """Rows (1, height, 1) and columns (1, 1, width) of the pixels."""
    height, width = images.shape[1:3]
    rows, columns = ops.arange(height, dtype="float32"), ops.arange(width, dtype="float32")
    return ops.reshape(rows, (1, -1, 1)), ops.reshape(columns, (1, 1, -1))


def _resample(images: Tensor, y: Tensor, x: Tensor, interpolation: str, fill: str) -> Tensor:
    """Read images (n, height, width, channels) at the places y, x, both (n, height, width)."""
    if interpolation not in INTERPOLATIONS:
        raise InputError(f"interpolation must be one of {', '.join(INTERPOLATIONS)}, got {interpolation!r}.")
    if fill not in FILLS:
        raise InputError(f"fill must be one of {', '.join(FILLS)}, got {fill!r}.")
    height, width, channels = images.shape[1:]
    pixels = ops.reshape(images, (-1, channels))
    first = ops.reshape(ops.arange(ops.shape(images)[0], dtype="int32") * (height * width), (-1, 1, 1))

    def value_at(row: tuple[Tensor, Tensor], column: tuple[Tensor, Tensor]) -> Tensor:
        values = ops.take(pixels, first + row[0] * width + column[0], axis=0)
        if fill != "constant":
            return values
        return ops.where((row[1] & column[1])[..., None], values, ops.zeros_like(values))

    if interpolation == "nearest":
        return value_at(_into(_whole(y + 0.5), height, fill), _into(_whole(x + 0.5), width, fill))
    top, bottom = (_into(_whole(y) + step, height, fill) for step in (0, 1))
    left, right = (_into(_whole(x) + step, width, fill) for step in (0, 1))
    down = ops.cast((y - ops.floor(y))[..., None], images.dtype)
    along = ops.cast((x - ops.floor(x))[..., None], images.dtype)
    upper = value_at(top, left) * (1 - along) + value_at(top, right) * along
    lower = value_at(bottom, left) * (1 - along) + value_at(bottom, right) * along
    return upper * (1 - down) + lower * down


def _whole(position: Tensor) -> Tensor:
    return ops.cast(ops.floor(position), "int32")


def _into(index: Tensor, length: int, fill: str) -> tuple[Tensor, Tensor]:
    """Bring an index from outside the picture back into it, and tell whether it was inside."""
    inside = (index >= 0) & (index < length)
    if fill != "reflect":
        return ops.clip(index, 0, length - 1), inside
    index = ops.mod(index, 2 * length)
    return ops.minimum(index, 2 * length - 1 - index), inside
