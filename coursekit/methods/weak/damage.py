"""How much masks are damaged: levels of deformation, and a draw of removed objects that is typical."""

import numpy as np

from coursekit.data.labels.mask_noise import MaskNoise, corrupt_masks, mean_object_radius
from coursekit.errors import InputError


def deformation(labels: np.ndarray, strength: float) -> MaskNoise:
    """Return the arguments of `corrupt_masks` for one level of deformation.

    Args:
        labels: the clean truth, numbers of objects (n, h, w) or masks, from which to take their mean radius.
        strength: 0 leaves the outlines alone; 1 is the "HD" of `snow_recipe`: a standard deviation of a
            quarter of the mean radius, and about six points an outline; 2 is twice the deviation and three
            points, and no outline has fewer.

    Returns:
        Arguments by name: `corrupt_masks(labels, **deformation(labels, 0.5), seed=1)`.

    Raises:
        InputError: if strength isn't from 0 to 2, or there is no object to measure.
    """
    if not 0 <= strength <= 2:
        raise InputError(f"strength must be from 0 to 2, got {strength}.")
    radius = mean_object_radius(labels)
    return MaskNoise(sigma_px=0.25 * strength * radius, every=max(1, round(1.25 * strength * radius)))


def typical_seed(labels: np.ndarray, remove: float, seed: int, draws: int = 50) -> int:
    """Find a seed with which `corrupt_masks` removes the share of the objects' *area* that it says.

    Large objects weigh more than small ones. With few images half of the objects may be 40 % of the area or
    60 %, and where a network begins to predict nothing lies in between: results would then differ by the draw
    more than by the strategy.

    Args:
        labels: the clean truth, as for `corrupt_masks`.
        remove: share of the objects to remove, 0 to 1.
        seed: decides which seeds are tried: other ones for each.
        draws: how many, from 1.

    Returns:
        Of the seeds tried the one whose marked area is nearest to 1 - remove. The objects' luck is the same
        whatever else is done to them, so use it with any `corrupt_masks(..., remove=remove, seed=...)`.

    Raises:
        InputError: if draws is below 1, or the labels or `remove` aren't as `corrupt_masks` wants them.
    """
    if draws < 1:
        raise InputError(f"draws must be at least 1, got {draws}.")
    area = np.asarray(labels) > 0
    tried = range(seed * draws, (seed + 1) * draws)
    shares = [corrupt_masks(labels, remove=remove, seed=number).masks.sum() / area.sum() for number in tried]
    return tried[int(np.abs(np.array(shares) - (1 - remove)).argmin())]
