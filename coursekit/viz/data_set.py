"""A first look at a data set: some images, each channel, and what is known about them."""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from coursekit.data.imageset import ImageSet
from coursekit.errors import InputError
from coursekit.viz.style import COLOURS

# A map with more different values than this is a measured quantity, not a mask.
_LEVELS_OF_A_MASK = 2
# More columns than this would be too small to see.
_MOST = 16


def show_data_set(data: ImageSet, n: int = 8, headline: str | None = None, size: float = 1.2) -> Figure:
    """Show the first images of a data set with their targets.

    A row for each channel (one for grey and colour images); with masks, a row more in which each mask channel
    has its own colour; with a map, such as stress, a row that shows it. Class names stand above the images.

    Args:
        data: what to show.
        n: how many images; fewer if the set is smaller.
        headline: above the figure; the card's title if None.
        size: side of one picture in inches.

    Returns:
        The figure.

    Raises:
        InputError: if the set is empty or n is not 1 to 16.
    """
    if not 1 <= n <= _MOST or not len(data):
        raise InputError(
            f"n must lie between 1 and {_MOST}, and the set hold an image; got n={n} of {len(data)}."
        )
    n = min(n, len(data))
    channels = data.images.shape[-1]
    rows = [(name, "image", c) for c, name in _channels(data, channels)]
    has_maps = data.targets is not None and data.targets.ndim == 4
    if has_maps:
        rows.append((_legend(data), "target", 0))
    has_names = data.targets is not None and not has_maps
    title = data.card.title if headline is None else headline
    height, width = data.images.shape[1:3]
    figure, axes = plt.subplots(
        len(rows),
        n,
        figsize=(size * n, size * len(rows) * height / width + 0.4 * has_names + 0.35 * bool(title)),
        squeeze=False,
        gridspec_kw={"wspace": 0.02, "hspace": 0.02},
    )
    for row, (name, kind, channel) in enumerate(rows):
        for i, axis in enumerate(axes[row]):
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
            if kind == "target":
                _draw_target(axis, data, i)
            elif channel is None:
                axis.imshow(data.images[i].squeeze(), vmin=0, vmax=1, cmap="gray")
            else:
                axis.imshow(data.images[i, ..., channel], vmin=0, vmax=1, cmap="gray")
        axes[row, 0].set_ylabel(_wrapped(name), rotation=90, fontsize=8)
    if has_names:
        for i, axis in enumerate(axes[0]):
            axis.set_title(_wrapped(_class_name(data, i)), fontsize=8, fontweight="normal", loc="center")
    if title:
        figure.suptitle(title, fontweight="bold", x=0.01, ha="left", fontsize=12)
    return figure


def _channels(data: ImageSet, channels: int) -> list[tuple[int | None, str]]:
    if channels in (1, 3) and len(data.card.channel_names) <= 1:
        return [(None, "")]
    names = data.card.channel_names or tuple(f"channel {c}" for c in range(channels))
    return list(enumerate(names))


def _draw_target(axis: Axes, data: ImageSet, i: int) -> None:
    assert data.targets is not None
    target = data.targets[i]
    if target.shape[-1] == 1 and len(np.unique(data.targets[:8])) > _LEVELS_OF_A_MASK:
        axis.imshow(target[..., 0], vmin=0, vmax=1, cmap="magma")
        return
    first = data.images[i] if data.images.shape[-1] == 3 else data.images[i, ..., :1].repeat(3, axis=-1)
    picture = 0.35 + 0.5 * first
    for mask, colour in zip(np.moveaxis(target, -1, 0), _mask_colours(target.shape[-1]), strict=True):
        cover = 0.65 * mask[..., None]
        picture = (1 - cover) * picture + cover * colour
    axis.imshow(picture.clip(0, 1))


def _mask_colours(count: int) -> np.ndarray:
    """Return a colour for each mask channel, (count, 3): the course's own, then evenly spaced ones."""
    own = [to_rgb(colour) for colour in (COLOURS[4], *COLOURS[:4], COLOURS[5])]
    if count <= len(own):
        return np.array(own[:count])
    return plt.get_cmap("tab10" if count <= 10 else "tab20")(np.arange(count))[:, :3]


def _wrapped(name: str) -> str:
    """Break a long name, so that it doesn't run into its neighbour's."""
    return "\n".join(textwrap.wrap(name, 14)) or name


def _legend(data: ImageSet) -> str:
    names = data.card.class_names
    return "truth" if len(names) != 1 else names[0]


def _class_name(data: ImageSet, i: int) -> str:
    assert data.targets is not None
    number = int(data.targets[i])
    names = data.card.class_names
    return names[number] if 0 <= number < len(names) else str(number)
