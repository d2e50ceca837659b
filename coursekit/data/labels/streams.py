"""Sources of randomness that keep out of each other's way."""

import zlib

import numpy as np

from coursekit.data.labels.arguments import count


def generator(purpose: str, seed: int) -> np.random.Generator:
    """Return the source of randomness for one purpose.

    With plain `default_rng(seed)`, the labels corrupted with seed 0 would be chosen by the same numbers that
    placed the objects of seed 0: the largest gland, say, would always be the one that was forgotten.

    Args:
        purpose: what the numbers are for; another purpose gets other numbers from the same seed.
        seed: whole number from 0.

    Raises:
        InputError: if the seed is not a whole number from 0.
    """
    return np.random.default_rng(_sequence(purpose, seed))


def generators(purpose: str, n: int, seed: int) -> list[np.random.Generator]:
    """Return one source of randomness for each of `n` items; that of item i doesn't depend on n.

    Arguments and errors as for `generator`.
    """
    return [np.random.default_rng(source) for source in _sequence(purpose, seed).spawn(n)]


def _sequence(purpose: str, seed: int) -> np.random.SeedSequence:
    return np.random.SeedSequence([count("seed", seed, 0), zlib.crc32(purpose.encode())])
