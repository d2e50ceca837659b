"""The augmentation workbench: one operation, one picture, ten random draws, and what they are read as."""

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes

from coursekit.augment import OPERATIONS, Operation, operation
from coursekit.augment.catalogue import STRONGEST
from coursekit.errors import InputError
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, bare_figure, figure_png

_DRAWS = 10
_BENCH = [name for name, entry in OPERATIONS.items() if entry.kind != "mixing"]


class AugmentationWorkbench(LivePicture):
    """Change a picture at random, ten times, and see what becomes of it, of its mask and of its label.

    Operations that mix several pictures aren't on the bench: they need a second picture.

    Args:
        pictures: name -> (picture (h, w, c) in [0, 1], its mask (h, w, k) of 0 and 1, or None). The mask is
            outlined over the picture and moves along. The first picture is the one to start with. Up to about
            128 pixels wide, they answer at once.
        read: picture name -> function from (n, h, w, c) to labels (n,), for the pictures that have one. Each
            draw then says what it is read as; right is what the picture itself is read as.
        operation: to start with, a name in `coursekit.augment.OPERATIONS`.
        strength: to start with, 0 to 3.

    Raises:
        InputError: if a picture or its mask has another shape, `read` names no picture, or the operation
            isn't on the bench.
    """

    def __init__(
        self,
        pictures: Mapping[str, tuple[np.ndarray, np.ndarray | None]],
        read: Mapping[str, Callable[[np.ndarray], np.ndarray]] | None = None,
        operation: str = "rotation",
        strength: float = 3.0,
    ):
        self._read = dict(read or {})
        _check(pictures, self._read, operation)
        self._pictures = {
            name: (np.asarray(image, "float32"), None if mask is None else np.asarray(mask, "float32"))
            for name, (image, mask) in pictures.items()
        }
        wide = widgets.Layout(width="330px")
        controls = {
            "picture": widgets.Dropdown(options=list(pictures), description="picture", layout=wide),
            "operation": widgets.Dropdown(
                options=[(OPERATIONS[name].title, name) for name in _BENCH],
                value=operation,
                description="operation",
                layout=wide,
            ),
            "strength": widgets.FloatSlider(
                strength, min=0, max=STRONGEST, step=0.25, description="strength", layout=wide
            ),
            "probability": widgets.FloatSlider(
                1, min=0, max=1, step=0.1, description="p", readout_format=".1f", layout=wide
            ),
            "seed": widgets.IntSlider(0, 0, 20, description="seed", layout=wide),
        }
        start = {name: control.value for name, control in controls.items()}
        super().__init__(
            controls,
            self._draw_state,
            [["picture", "operation"], ["strength", "probability", "seed"]],
            alt=f"{start['picture']} and ten random draws of it. {self._state(**start)[-1]}.",
        )

    def _state(
        self, picture: str, operation: str, strength: float, probability: float, seed: int
    ) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None, str]:
        """Pictures and masks of the original and its draws, what they are read as, and what came out."""
        image, mask = self._pictures[picture]
        images, masks, lost = _change(image, mask, operation, strength, probability, seed)
        entry = OPERATIONS[operation]
        findings = []
        answers = None
        if picture in self._read:
            answers = np.asarray(self._read[picture](images))
            findings.append(f"{(answers[1:] != answers[0]).sum()} of {_DRAWS} draws read as something else")
        if entry.loses:
            findings.append(f"{100 * lost:.0f} % of pixels {entry.loses}")
        title = f"{entry.title} at strength {strength:g}"
        return images, masks, answers, ": ".join([title, ", ".join(findings)] if findings else [title])

    def _draw_state(
        self, picture: str, operation: str, strength: float, probability: float, seed: int
    ) -> bytes:
        images, masks, answers, finding = self._state(picture, operation, strength, probability, seed)
        entry = OPERATIONS[operation]
        row_height = 1.08 if answers is None else 1.2
        figure = bare_figure(10.2, 0.82 + 1.55 * 2 * row_height)
        figure.text(0.006, 0.985, finding, weight="bold", fontsize=12, va="top")
        height = figure.get_figheight()  # 0.42 inches of headline, 0.37 of two lines at the bottom
        axis = figure.add_axes((0.006, 0.37 / height, 0.988, 1 - 0.79 / height))
        axis.set(xlim=(0, 6.5), ylim=(2 * row_height, 0), aspect="equal", anchor="NW")
        axis.axis("off")
        for i in range(1 + _DRAWS):
            # The original stands alone in the first column.
            left = 1.1 * ((i - 1) % 5 + 1) if i else 0.0
            top = row_height * ((i - 1) // 5) if i else 0.0
            _show(axis, images[i], None if masks is None else masks[i], left, top)
            if answers is not None:
                right = answers[i] == answers[0]
                axis.text(
                    left + 0.5,
                    top + 1.03,
                    f"reads as {answers[i]}" + (f" {'✓' if right else '✗'}" if i else ""),
                    ha="center",
                    va="top",
                    fontsize=10,
                    color="black" if not i else COLOURS[2] if right else COLOURS[1],
                )
        note = [f"{picture}, as it is." + (" Orange: the mask's outline." if masks is not None else "")]
        note += ["", f"{entry.title} {entry.does}."]
        wrapped = [line for text in note for line in textwrap.wrap(text, 22) or [""]]
        axis.text(0, row_height + 0.02, "\n".join(wrapped), va="top", fontsize=8.5, color="#57606a")
        figure.text(0.006, 0.008, _about(entry), fontsize=8.5, va="bottom", color="#57606a")
        return figure_png(figure)


def _check(pictures: Mapping[str, Any], read: Mapping[str, Any], operation: str) -> None:
    if not pictures:
        raise InputError("AugmentationWorkbench needs at least one picture, got none.")
    for name, (image, mask) in pictures.items():
        shape = np.shape(image)
        if len(shape) != 3 or (mask is not None and (np.ndim(mask) != 3 or np.shape(mask)[:2] != shape[:2])):
            raise InputError(
                f"{name!r} must be a picture (h, w, c), and its mask (h, w, k) of that size or None, "
                f"got shapes {shape} and {None if mask is None else np.shape(mask)}."
            )
    if strangers := sorted(set(read) - set(pictures)):
        raise InputError(f"read must name pictures ({', '.join(pictures)}), got {', '.join(strangers)}.")
    if operation not in _BENCH:
        raise InputError(f"operation must be one of {', '.join(_BENCH)}, got {operation!r}.")


def _change(
    image: np.ndarray, mask: np.ndarray | None, name: str, strength: float, probability: float, seed: int
) -> tuple[np.ndarray, np.ndarray | None, float]:
    """The picture and ten draws, their masks, and the share of the draws' pixels that the operation loses."""
    images = np.repeat(image[None], 1 + _DRAWS, axis=0)
    masks = None if mask is None else np.repeat(mask[None], 1 + _DRAWS, axis=0)
    if not strength:
        return images, masks, 0.0
    data = {"images": images} if masks is None else {"images": images, "segmentation_masks": masks}
    changed = operation(name, strength, seed=seed)(data, training=True)
    new = np.asarray(changed["images"])
    # The same seed draws the same maps and places.
    loses = OPERATIONS[name].loses
    if loses == "filled in":
        lost = _outside(operation(name, strength, seed=seed).draw(images), *image.shape[:2])
    elif loses == "overwritten":
        grey = np.full_like(images, 0.5)
        lost = np.any(np.asarray(operation(name, strength, seed=seed)(grey, training=True)) != grey, axis=-1)
    elif loses == "newly clipped":
        lost = _clipped(images, new)
    else:
        lost = np.zeros((1, 1, 1), bool)
    chosen = (np.random.default_rng(seed).random(1 + _DRAWS) < probability)[:, None, None]
    chosen[0] = False
    images = np.where(chosen[..., None], new, images)
    if masks is not None:
        masks = np.where(chosen[..., None], np.asarray(changed["segmentation_masks"]), masks)
    return images, masks, float((lost & chosen)[1:].mean())


def _clipped(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Which pixels came to black or white in a channel, and had none there before; bool (n, h, w).

    A turn of hue keeps a pixel's smallest and largest value, so it doesn't count, whatever channel has them.
    """
    black = (after.min(axis=-1) <= 0) & (before.min(axis=-1) > 0)
    white = (after.max(axis=-1) >= 1) & (before.max(axis=-1) < 1)
    return black | white


def _outside(draw: Any, height: int, width: int) -> np.ndarray:
    """Which pixels show what lies beyond the picture's border; bool (n, h, w)."""
    draw = np.asarray(draw)
    rows, columns = np.mgrid[:height, :width].astype("float32")
    if draw.shape[1:] == (2, 3):
        matrices = draw[..., None, None]
        y, x = (matrices[:, i, 0] * rows + matrices[:, i, 1] * columns + matrices[:, i, 2] for i in (0, 1))
    else:
        y, x = rows + draw[..., 0], columns + draw[..., 1]
    # A pixel reaches half a pixel to each side of its centre.
    return (y < -0.5) | (y > height - 0.5) | (x < -0.5) | (x > width - 0.5)


def _about(entry: Operation) -> str:
    """Say what strength 1 is, from which strength on the operation grows no more, and where it comes from."""
    if entry.saturates == 0:
        limit = " All strengths above 0 are the same."
    else:
        limit = (
            f" From strength {entry.saturates:g} on it grows no more." if entry.saturates < STRONGEST else ""
        )
    return f"At strength 1: {entry.at_one}.{limit}\nSource: {entry.source}."


def _show(axis: Axes, image: np.ndarray, mask: np.ndarray | None, left: float, top: float) -> None:
    """Draw a picture into a square of side 1, and the outline of its mask over it."""
    pixel = 1 / max(image.shape[:2])
    height, width = image.shape[0] * pixel, image.shape[1] * pixel
    left += (1 - width) / 2
    axis.imshow(
        image[..., 0] if image.shape[-1] == 1 else image,
        cmap="gray",
        vmin=0,
        vmax=1,
        extent=(left, left + width, top + height, top),
        interpolation="nearest",
    )
    if mask is not None:
        # A frame of nothing closes outlines at the picture's border.
        x = left + (np.arange(image.shape[1] + 2) - 0.5) * pixel
        y = top + (np.arange(image.shape[0] + 2) - 0.5) * pixel
        for channel in np.moveaxis(mask, -1, 0):
            axis.contour(x, y, np.pad(channel, 1), levels=[0.5], colors=[COLOURS[4]], linewidths=0.8)
