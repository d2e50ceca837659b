"""The formulas of adversarial training, in NumPy: two losses, modes covered, importance weights."""

import numpy as np

from coursekit.errors import InputError


def gan_losses(real_logits: np.ndarray, fake_logits: np.ndarray) -> tuple[float, float]:
    """Compute what the discriminator and what the generator minimise.

    The discriminator wants real called real and fake called fake: -log D(x) - log(1 - D(G(z))). The generator
    wants its fakes called real: -log D(G(z)). Both are means over the images.

    Args:
        real_logits: what the discriminator says of real images, any shape; its probability "real" is
            D = 1 / (1 + exp(-logit)).
        fake_logits: the same of generated images, any shape.

    Returns:
        The two losses, in nats; finite for any logits.

    Raises:
        InputError: if there are no logits.

    Source: Goodfellow et al., NeurIPS 2014, arXiv:1406.2661.
    """
    real, fake = np.asarray(real_logits, "float64"), np.asarray(fake_logits, "float64")
    if not real.size or not fake.size:
        raise InputError(f"A loss needs at least one logit of each kind, got {real.size} and {fake.size}.")
    # softplus(q) = log(1 + exp(q)): -log D is softplus(-q), -log(1 - D) is softplus(q).
    discriminator = np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()
    return float(discriminator), float(np.logaddexp(0, -fake).mean())


def modes_covered(points: np.ndarray, centres: np.ndarray, sigma: float, least: float = 0.01) -> int:
    """Count the modes that generated points reach.

    Args:
        points: (n, d).
        centres: (k, d) of the modes.
        sigma: standard deviation of a mode. A point belongs to the nearest mode if it lies within 3 sigma of
            its centre, else to none.
        least: a mode counts as covered from this share of all points on: one stray point is no mode.

    Returns:
        0 to k.

    Raises:
        InputError: if points and centres aren't (n, d) and (k, d), or sigma isn't above 0.
    """
    mode, good = _nearest(points, centres, sigma)
    counts = np.bincount(mode[good], minlength=len(centres))
    # Rounding must not take the hundredth point of ten thousand from a mode.
    return int((counts >= least * len(mode) * (1 - 1e-9)).sum())


def good_share(points: np.ndarray, centres: np.ndarray, sigma: float) -> float:
    """Tell what share of the points belongs to a mode: lies within 3 sigma of a centre.

    Args, errors: as for `modes_covered`.

    Returns:
        0 to 1. Of points from the modes themselves, Gaussian in the plane, 0.989.
    """
    return float(_nearest(points, centres, sigma)[1].mean())


def importance_weights(logits: np.ndarray, clip: float = 3.0) -> np.ndarray:
    """Weigh generated examples by how much more often real ones are like them.

    Where a discriminator is as good as can be, D / (1 - D) is the ratio of the densities of real and
    generated examples, and that is exp(logit). So the loss on generated examples, weighted like this,
    estimates the loss on real ones.

    Args:
        logits: (n,) of the discriminator for generated examples.
        clip: logits are clipped to ±clip first, so that no weight is more than exp(2 clip) times another and
            a few examples can't outweigh all.

    Returns:
        (n,) weights above 0 with the sum 1.

    Raises:
        InputError: if logits aren't (n,) with n above 0, or clip isn't above 0.

    Source: after Hou et al., CVPR 2019, "Robust histopathology image analysis: to label or to synthesize?".
    """
    logits = np.asarray(logits, "float64")
    if logits.ndim != 1 or not len(logits):
        raise InputError(
            f"One logit for each example was expected, (n,), got shape {logits.shape}: average the logits of "
            "patches first."
        )
    if not clip > 0:
        raise InputError(f"clip must be above 0, got {clip}: at 0 all weights would be the same.")
    weights = np.exp(np.clip(logits, -clip, clip))
    return weights / weights.sum()


def _nearest(points: np.ndarray, centres: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """For each point the number of the nearest centre, and whether it lies within 3 sigma of it."""
    points, centres = np.asarray(points), np.asarray(centres)
    if points.ndim != 2 or centres.ndim != 2 or points.shape[1] != centres.shape[1] or not points.size:
        raise InputError(
            f"points must be (n, d) and centres (k, d), got shapes {points.shape} and {centres.shape}."
        )
    if not sigma > 0:
        raise InputError(f"sigma must be above 0, got {sigma}.")
    distances = np.linalg.norm(points[:, None] - centres[None], axis=-1)
    return distances.argmin(1), distances.min(1) <= 3 * sigma
