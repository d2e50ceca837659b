"""Which pictures are copies of each other, changed a little: saved again, resized, made brighter."""

import numpy as np

# Side of the small picture that is kept of each image.
SIDE = 32
# Of 64 bits; a first, cheap sieve. Two unrelated images differ in 32 on average.
MOST_BITS = 12
# What passes the sieve is compared by the correlation of the small pictures. How much of it a copy needs
# depends on the folder: tissue differs from tissue (0.3), one handwritten 1 is much like another (0.97).
# A copy may miss a correlation of 1 by a tenth of what an image's tenth neighbour misses, in these bounds.
_LOWEST, _HIGHEST = 0.97, 0.998
_SHARE = 0.1
_NEIGHBOUR = 10
_SAMPLE = 512
# Pictures that differ by less than this share of white everywhere have nothing to compare.
_FLAT = 0.004
_ROWS = 256
_DENSE = 20_000


def small_picture(pixels: np.ndarray, white: float) -> np.ndarray:
    """Shrink an image to grey SIDE×SIDE by averaging areas.

    Args:
        pixels: (h, w, c), any numeric type.
        white: the value that means 1.

    Returns:
        (SIDE, SIDE) float32 in [0, 1].
    """
    from PIL import Image

    if pixels.dtype == np.uint8 and pixels.shape[-1] == 3:
        grey = Image.fromarray(pixels).convert("L").convert("F")
    elif pixels.shape[-1] == 1:
        grey = Image.fromarray(pixels[..., 0].astype("float32"))
    else:
        grey = Image.fromarray(pixels.mean(axis=-1, dtype="float32"))
    # A box would see the grid of pixels shift between an image and its enlargement; a triangle less so.
    return np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BILINEAR)) / np.float32(white)


def is_flat(small: np.ndarray) -> np.ndarray:
    """Whether there is nothing to see in small pictures (..., SIDE, SIDE): all values (almost) the same."""
    return small.max(axis=(-2, -1)) - small.min(axis=(-2, -1)) < _FLAT


def perceptual_hash(small: np.ndarray) -> np.ndarray:
    """Hash pictures so that those which look the same get hashes that differ in few bits.

    Args:
        small: (n, SIDE, SIDE), as `small_picture` returns.

    Returns:
        (n,) uint64: the signs of the 64 lowest frequencies of a cosine transform but the constant, each
        against their median.

    Source: Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010.
    """
    from scipy import fft

    waves = fft.dctn(small, axes=(1, 2), norm="ortho")[:, :8, :8].reshape(len(small), 64)
    waves[:, 0] = 0  # brightness
    bits = waves > np.median(waves, axis=1, keepdims=True)
    return np.packbits(bits, axis=1).view(np.uint64)[:, 0]


def near_duplicates(small: np.ndarray, most_bits: int = MOST_BITS) -> np.ndarray:
    """Find the pairs of pictures that look the same.

    Hashes are compared pair by pair, 256 rows at a time; what differs in few bits is compared again by the
    correlation of the small pictures, which neither brightness nor contrast changes. Flat pictures have no
    correlation and are nobody's duplicates. Cut, turned and mirrored copies are not found.

    Args:
        small: (n, SIDE, SIDE), as `small_picture` returns.
        most_bits: largest number of different bits of two hashes.

    Returns:
        (pairs, 2) int64, the smaller index first, in ascending order.
    """
    usable = np.flatnonzero(~is_flat(small)) if len(small) else np.empty(0, int)
    if len(usable) < 2:
        return np.empty((0, 2), "int64")
    hashes = perceptual_hash(small[usable])
    points = small[usable].reshape(len(usable), -1).astype("float32")
    points -= points.mean(axis=1, keepdims=True)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    enough = correlation_of_copies(points)
    found = []
    for start in range(0, len(usable), _ROWS):
        rows = slice(start, start + _ROWS)
        near = np.bitwise_count(hashes[rows, None] ^ hashes[None, start:]) <= most_bits
        first, second = np.nonzero(near)
        later = second > first
        first, second = first[later] + start, second[later] + start
        if len(first) > _DENSE:  # many look alike: one product of matrices is faster than many of vectors
            correlation = (points[rows] @ points[start:].T)[first - start, second - start]
        else:
            correlation = np.einsum("ij,ij->i", points[first], points[second])
        same = correlation >= enough
        found.append(np.stack([first[same], second[same]], axis=1))
    return usable[np.concatenate(found)]


def correlation_of_copies(points: np.ndarray) -> float:
    """From which correlation on two pictures of this folder count as copies.

    Args:
        points: (n, d) pictures with mean 0 and length 1.

    Returns:
        A number between 0.97 and 0.998.
    """
    sample = points[np.linspace(0, len(points) - 1, min(len(points), _SAMPLE)).astype(int)]
    # The tenth, not the first: copies are near each other too, but hardly ever ten of the same image.
    place = max(1, min(_NEIGHBOUR, len(points) // 4))
    correlation = sample @ points.T
    neighbour = np.partition(correlation, -place - 1, axis=1)[:, -place - 1]  # the image itself is the first
    return float(np.clip(1 - _SHARE * (1 - np.median(neighbour)), _LOWEST, _HIGHEST))
