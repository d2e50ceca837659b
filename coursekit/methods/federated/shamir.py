"""Shamir's secret sharing: any t of n people can put a secret together, and fewer learn nothing of it.

The secret is where a random polynomial of degree t - 1 crosses the axis; each share is another point of it.
"""

import math
from collections.abc import Callable, Mapping

from coursekit.errors import InputError

PRIME = 2**521 - 1
"""Computation is modulo this prime: large enough for a key of 64 bytes."""

SECRET_BYTES = 64
"""Longest secret."""

RandomBytes = Callable[[int], bytes]
"""Draws so many random bytes: `secrets.token_bytes`, or `numpy.random.default_rng(seed).bytes` where a lesson
has to come out the same each time."""


def split_secret(secret: bytes, holders: int, threshold: int, random_bytes: RandomBytes) -> dict[int, int]:
    """Cut a secret into shares.

    Args:
        secret: 1 to 64 bytes.
        holders: number of shares, from 1.
        threshold: shares that suffice, 1 to `holders`.
        random_bytes: source of randomness; who knows it knows the secret.

    Returns:
        For x from 1 to `holders` the polynomial's value at x.

    Raises:
        InputError: if the secret is empty or too long, or the threshold is out of range.

    Source: Shamir 1979, doi:10.1145/359168.359176.
    """
    if not 1 <= len(secret) <= SECRET_BYTES:
        raise InputError(f"A secret must have 1 to {SECRET_BYTES} bytes, got {len(secret)}.")
    if not 1 <= threshold <= holders:
        raise InputError(f"threshold must be from 1 to the {holders} holders, got {threshold}.")
    # Fifteen bytes more than the prime has: after the division, no value is noticeably more likely.
    draws = [int.from_bytes(random_bytes(80), "big") % PRIME for _ in range(threshold - 1)]
    coefficients = [int.from_bytes(secret, "big"), *draws]
    return {x: _value(coefficients, x) for x in range(1, holders + 1)}


def join_secret(shares: Mapping[int, int], length: int) -> bytes:
    """Put a secret together again.

    Args:
        shares: at least as many as the threshold, {x: value}. With fewer, what comes out has nothing to do
            with the secret (and most likely doesn't fit into `length`).
        length: bytes of the secret.

    Returns:
        The secret.

    Raises:
        InputError: if there is no share, or the result is longer than `length`.
    """
    if not shares:
        raise InputError("Not a single share came: nothing can be put together.")
    secret = 0
    for x, value in shares.items():
        others = [other for other in shares if other != x]
        above = math.prod(others)
        below = math.prod(other - x for other in others)
        # Lagrange's polynomial through the points, at 0.
        secret = (secret + value * above * pow(below, -1, PRIME)) % PRIME
    if secret.bit_length() > 8 * length:
        raise InputError(f"{len(shares)} shares give no secret of {length} bytes: too few, or one is wrong.")
    return secret.to_bytes(length, "big")


def _value(coefficients: list[int], x: int) -> int:
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * x + coefficient) % PRIME
    return value
