"""How good are generated images? Compare what a network says about them with what it says about real ones.

Both distances below compare two clouds of features (n, k), one row for each image, and tell nothing about a
single image. Their size depends on the network that gave the features, on its layer, and on how many images
were taken: compare only what was measured with the same network, layer and numbers of images. It depends on
the unit of the features, too: ten times as large, they make the first distance a hundred times as large, the
second up to a million times, and a few features of large values decide. Bring features without bounds to mean
0 and standard deviation 1 first, with the statistics of the real images for both clouds.
"""

import numpy as np

from coursekit.errors import InputError


def frechet_distance(real: np.ndarray, generated: np.ndarray) -> float:
    """Measure how far two clouds of features lie apart, as if both were Gaussian (FID).

    |m₁ - m₂|² + Tr(C₁ + C₂ - 2 (C₁ C₂)^½) with the means m and the covariances C of the clouds. Few images
    make it too large, even between real images and real images: with n of them, about in proportion to 1 / n.

    Args:
        real: (n, k) features of real images.
        generated: (m, k) features of the others. The distance is the same the other way round.

    Returns:
        0 for clouds of the same mean and covariance, in the squared unit of the features.

    Raises:
        InputError: if the arrays aren't (n, k) and (m, k) with at least two rows each, or hold NaN.

    Source: Heusel et al., NeurIPS 2017, arXiv:1706.08500, where the features come from Inception-v3. Bias:
    Bińkowski et al., ICLR 2018, arXiv:1801.01401.
    """
    real, generated = _checked(real, generated)
    shift = real.mean(0) - generated.mean(0)
    covariances = [np.atleast_2d(np.cov(features, rowvar=False)) for features in (real, generated)]
    first, second = (_root(covariance) for covariance in covariances)
    # Tr (C₁ C₂)^½ is the sum of the singular values of C₁^½ C₂^½. The root of C₁ C₂ itself, which needn't be
    # symmetric, comes out complex where a covariance is singular: with fewer images than features it is.
    shared = np.linalg.svd(first @ second, compute_uv=False).sum()
    distance = shift @ shift + sum(np.trace(covariance) for covariance in covariances) - 2 * shared
    return max(float(distance), 0.0)


def kernel_distance(real: np.ndarray, generated: np.ndarray) -> float:
    """Measure how far two clouds of features lie apart, without bias from their size (KID).

    The squared maximum mean discrepancy: how alike are features within each cloud, compared to features of
    different clouds? Likeness is the kernel (x·y / k + 1)³. A feature isn't compared to itself, so that the
    mean over many draws is right for any number of images; a single value then scatters around 0 for equal
    clouds, and can be negative.

    Args:
        real: (n, k) features of real images.
        generated: (m, k) features of the others. The distance is the same the other way round.

    Returns:
        About 0 for clouds from the same distribution, above 0 for others.

    Raises:
        InputError: if the arrays aren't (n, k) and (m, k) with at least two rows each, or hold NaN.

    Source: Bińkowski et al., ICLR 2018, arXiv:1801.01401.
    """
    real, generated = _checked(real, generated)
    within = [(_kernel(cloud, cloud), len(cloud)) for cloud in (real, generated)]
    alike = [(likeness.sum() - np.trace(likeness)) / (n * (n - 1)) for likeness, n in within]
    return float(sum(alike) - 2 * _kernel(real, generated).mean())


def _kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return (first @ second.T / first.shape[1] + 1) ** 3


def _root(covariance: np.ndarray) -> np.ndarray:
    """Take the square root of a symmetric matrix whose eigenvalues are at least 0, but for rounding."""
    from scipy.linalg import eigh

    values, vectors = eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T


def _checked(real: np.ndarray, generated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # Differences of large sums: float32 would leave few digits.
    real, generated = np.asarray(real, "float64"), np.asarray(generated, "float64")
    if real.ndim != 2 or generated.ndim != 2 or real.shape[1:] != generated.shape[1:]:
        raise InputError(
            "Features must be arrays (n, k) and (m, k), a row for each image, from one layer of one network, "
            f"got shapes {real.shape} and {generated.shape}."
        )
    if min(len(real), len(generated)) < 2 or real.shape[1] == 0:
        raise InputError(
            "A cloud needs at least two images and one feature, got features of shapes "
            f"{real.shape} and {generated.shape}."
        )
    for name, features in (("real", real), ("generated", generated)):
        if not np.isfinite(features).all():
            raise InputError(f"Features of {name} images hold NaN or infinity: did their training diverge?")
    return real, generated
