"""Small pictures of arrays, as text that stands inside an HTML page."""

import base64
import io

import numpy as np

_BLUE, _WHITE, _RED = np.array([33, 102, 172.0]), np.array([247, 247, 247.0]), np.array([178, 24, 43.0])


def array_png(array: np.ndarray, limit: float | None = None, side: int = 160) -> str:
    """Draw a two-dimensional array as a data URI: negative blue, zero white, positive red.

    Args:
        array: (h, w), finite or not; what is not finite becomes yellow.
        limit: the value drawn in full colour; the largest absolute value if None.
        side: pixels of the longer side; pixels of the array become squares.

    Returns:
        "data:image/png;base64,…".
    """
    from PIL import Image

    values = np.asarray(array, dtype="float64")
    finite = np.isfinite(values)
    values = np.where(finite, values, 0.0)
    top = limit or float(np.abs(values).max()) or 1.0
    share = np.clip(values / top, -1, 1)[..., None]
    colours = _WHITE + np.abs(share) * (np.where(share > 0, _RED, _BLUE) - _WHITE)
    colours[~finite] = [255, 210, 0]
    zoom = max(side // max(values.shape), 1)
    picture = Image.fromarray(colours.round().astype("uint8")).resize(
        (values.shape[1] * zoom, values.shape[0] * zoom), Image.Resampling.NEAREST
    )
    if max(picture.size) > 2 * side:
        picture.thumbnail((side, side))
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def is_picture(value: object) -> bool:
    """Whether an array says more as a picture: two-dimensional and at least 3 x 3."""
    return (
        isinstance(value, np.ndarray)
        and value.ndim == 2
        and min(value.shape) >= 3
        and value.dtype.kind in "biuf"
    )
