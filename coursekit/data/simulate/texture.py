"""What several simulators share: random fields, blobs, blur, light and noise.

Everything smooth is a product with small cached matrices: on 64×64 pixels that takes some 20 µs, where a
general filter takes ten times as long. Data must never wait for training.
"""

import functools

import numpy as np

from coursekit.errors import InputError


def generators(n: int, seed: int) -> list[np.random.Generator]:
    """Return one source of randomness for each of `n` images: image i doesn't depend on n."""
    return [np.random.default_rng(source) for source in np.random.SeedSequence(seed).spawn(n)]


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], scale_px: float) -> np.ndarray:
    """Draw a smooth Gaussian random field.

    Args:
        rng: source of randomness.
        shape: (height, width) in pixels.
        scale_px: about half the width of a bump; at twice this distance the correlation is 0.37.

    Returns:
        (height, width) float32, mean 0 and standard deviation 1 at each pixel (over many draws).
    """
    rows, columns = (_bumps(side, float(scale_px)) for side in shape)
    white = rng.standard_normal((rows.shape[1], columns.shape[1]), dtype="float32")
    return rows @ white @ columns.T


def displacement(
    rng: np.random.Generator, shape: tuple[int, int], amplitude_px: float, scale_px: float
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a smooth random displacement, as of tissue that was stretched unevenly.

    Args:
        rng: source of randomness.
        shape: (height, width) in pixels.
        amplitude_px: standard deviation of a displacement along each axis in pixels.
        scale_px: how smooth it is, as in `smooth_noise`; at least twice the amplitude, or it may fold.

    Returns:
        Where each pixel looks: its row and its column in pixels, each (height, width) float32.
    """
    rows, columns = pixel_grid(shape)
    return (
        rows + np.float32(amplitude_px) * smooth_noise(rng, shape, scale_px),
        columns + np.float32(amplitude_px) * smooth_noise(rng, shape, scale_px),
    )


def blur(image: np.ndarray, sigma_px: float) -> np.ndarray:
    """Blur with a Gaussian; what lies outside mirrors what lies inside.

    Args:
        image: (height, width) or (height, width, channels).
        sigma_px: standard deviation in pixels; 0 returns a copy.

    Returns:
        As `image`, float32.
    """
    image = np.asarray(image, "float32")
    if sigma_px <= 0:
        return image.copy()
    rows, columns = (_gaussian(side, float(sigma_px)) for side in image.shape[:2])
    if image.ndim == 2:
        return rows @ image @ columns.T
    return np.stack([rows @ image[..., c] @ columns.T for c in range(image.shape[2])], axis=-1)


def star(
    rng: np.random.Generator,
    rows: np.ndarray,
    columns: np.ndarray,
    radius_px: float,
    aspect: float = 1.0,
    angle: float = 0.0,
    roughness: float = 0.1,
    lobes: int = 5,
) -> np.ndarray:
    """Draw a roundish blob with a random outline: an ellipse whose radius varies smoothly with direction.

    Args:
        rng: source of randomness.
        rows: row of each pixel, counted from the blob's centre, in pixels.
        columns: column of each pixel, counted likewise.
        radius_px: mean radius in pixels.
        aspect: long axis by short axis of the ellipse, from 1; its area stays.
        angle: direction of the long axis from the columns' axis in radians.
        roughness: standard deviation of the radius over directions, as a share of it, 0 to about 0.3.
        lobes: the finest wave of the outline has this many periods around it.

    Returns:
        Shape of `rows`, float32: about how many pixels a pixel lies inside the outline; below 0, outside.
    """
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    along = (cosine * columns + sine * rows) / np.float32(np.sqrt(aspect))
    across = (cosine * rows - sine * columns) * np.float32(np.sqrt(aspect))
    directions = np.linspace(-np.pi, np.pi, 129)
    waves = np.arange(1, lobes + 1)[:, None]
    strength = rng.standard_normal((lobes, 1)) / waves
    strength *= roughness * np.sqrt(2) / np.sqrt((1 / waves**2).sum())
    outline = 1 + (strength * np.cos(waves * directions + rng.uniform(0, 2 * np.pi, (lobes, 1)))).sum(0)
    direction = np.arctan2(across, along)
    nearest = ((direction + np.float32(np.pi)) * np.float32(128 / (2 * np.pi))).astype(np.intp)
    reach = (radius_px * outline.clip(0.2)).astype("float32")[nearest]
    return reach - np.hypot(along, across)


def soft(inside_px: np.ndarray, edge_px: float = 0.5) -> np.ndarray:
    """Turn pixels inside an outline into coverage, 0 to 1, with an edge of about `edge_px` to each side."""
    return np.clip(np.float32(0.5) + inside_px * np.float32(0.5 / edge_px), 0, 1)


def uneven_light(rng: np.random.Generator, shape: tuple[int, int], strength: float) -> np.ndarray:
    """Draw slowly varying light: a tilt and a bowl with random directions.

    Args:
        rng: source of randomness.
        shape: (height, width) in pixels.
        strength: standard deviation of each of the three parts at the image's edge.

    Returns:
        (height, width) float32, mean about 0, to add to an image or, plus 1, to multiply it with.
    """
    y = np.linspace(-1, 1, shape[0], dtype="float32")[:, None]
    x = np.linspace(-1, 1, shape[1], dtype="float32")[None]
    tilt = rng.normal(0, strength, size=3).astype("float32")
    return tilt[0] * x + tilt[1] * y + tilt[2] * (x**2 + y**2 - np.float32(2 / 3))


def camera_noise(rng: np.random.Generator, image: np.ndarray, snr_db: float, signal: float) -> np.ndarray:
    """Add Gaussian noise and clip to [0, 1].

    Args:
        rng: source of randomness.
        image: any shape.
        snr_db: `signal` over the noise's standard deviation in decibels (20 dB is ten to one), -10 to 100.
        signal: standard deviation of a typical image of the data set. Not that of this image: the camera
            doesn't know what it sees, and noise that did would give it away.

    Returns:
        As `image`, float32.

    Raises:
        InputError: if snr_db is out of range.
    """
    if not -10 <= snr_db <= 100:  # also catches NaN
        raise InputError(f"snr_db must lie between -10 and 100, got {snr_db}: at 100 no noise can be seen.")
    sigma = np.float32(signal / 10 ** (snr_db / 20))
    return np.clip(image + sigma * rng.standard_normal(image.shape, dtype="float32"), 0, 1, dtype="float32")


@functools.lru_cache(maxsize=64)
def pixel_grid(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return row and column of each pixel, (height, width) float32 each; read-only."""
    grid = np.indices(shape).astype("float32")
    grid.flags.writeable = False
    return grid[0], grid[1]


@functools.lru_cache(maxsize=256)
def _bumps(side: int, scale_px: float) -> np.ndarray:
    """Return the matrix that turns white noise, `scale_px` apart, into a smooth line of `side` pixels.

    Each point adds a Gaussian bump. Rows have length 1, so that the variance of the sum is 1 everywhere.
    """
    if scale_px < 0.5:  # bumps narrower than the grid: white noise
        return np.eye(side, dtype="float32")
    centres = np.arange(-4 * scale_px, side + 4 * scale_px, scale_px)
    bumps = np.exp(-0.5 * ((np.arange(side)[:, None] - centres) / scale_px) ** 2)
    return (bumps / np.linalg.norm(bumps, axis=1, keepdims=True)).astype("float32")


@functools.lru_cache(maxsize=256)
def _gaussian(side: int, sigma_px: float) -> np.ndarray:
    """Return the matrix, (side, side), that blurs a line of pixels whose continuation is its mirror image."""
    from scipy.ndimage import gaussian_filter1d

    return gaussian_filter1d(np.eye(side), sigma_px, axis=0, mode="reflect").astype("float32")
