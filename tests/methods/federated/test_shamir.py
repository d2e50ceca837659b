from itertools import combinations

import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.federated.shamir import join_secret, split_secret

SECRET = bytes(range(32))


def shares(holders=5, threshold=3, seed=0):
    return split_secret(SECRET, holders, threshold, np.random.default_rng(seed).bytes)


@pytest.mark.parametrize("held", list(combinations(range(1, 6), 3)))
def test_any_three_of_five_put_the_secret_together(held):
    given = shares()
    assert join_secret({x: given[x] for x in held}, 32) == SECRET


def test_more_than_enough_do_so_too():
    assert join_secret(shares(), 32) == SECRET


def test_fewer_get_something_else():
    given = shares()
    with pytest.raises(InputError, match="too few"):
        join_secret({x: given[x] for x in (1, 4)}, 32)


def test_two_of_three_shares_fit_any_secret():
    """Whatever the secret is said to be, there is a third share that makes it so."""
    given, other = shares(), split_secret(bytes(32), 5, 3, np.random.default_rng(9).bytes)
    assert not set(given.values()) & set(other.values())
    known = {1: given[1], 2: given[2]}
    for claimed in (SECRET, bytes(32), b"\x07" * 32):
        # The parabola through (0, claimed) and the two known shares, at x = 3.
        value = int.from_bytes(claimed, "big") - 3 * known[1] + 3 * known[2]
        assert join_secret({**known, 3: value % (2**521 - 1)}, 32) == claimed


def test_leading_zeros_of_a_secret_survive():
    secret = bytes(30) + b"\x01\x00"
    given = split_secret(secret, 3, 2, np.random.default_rng(0).bytes)
    assert join_secret({1: given[1], 3: given[3]}, 32) == secret


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: split_secret(b"", 3, 2, bytes),
        lambda: split_secret(bytes(65), 3, 2, bytes),
        lambda: split_secret(SECRET, 3, 4, bytes),
        lambda: split_secret(SECRET, 3, 0, bytes),
        lambda: join_secret({}, 32),
    ],
)
def test_what_cannot_be_shared_is_refused(wrong):
    with pytest.raises(InputError):
        wrong()
