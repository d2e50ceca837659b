"""Secure aggregation: a server learns the sum of its clients' numbers, and nothing of any one of them.

Each pair of clients agrees on a mask; one adds it, the other subtracts it, and in the sum all masks are gone,
to the last bit, since everything is whole numbers modulo 2³². A client whose report never arrives leaves its
masks behind in the others': so each has given shares of its key to all, of which enough of them can put it
together again. And since a report that was only late would then lie open, each client adds a mask of its own
too, which is opened only for those that did report.

What is left out here, and a real system needs: shares travel encrypted, so that the server which hands them
on can't read them, and public keys are signed, so that it can't slip in clients of its own making. As it is,
this shows the arithmetic and protects nobody. Not even a real system protects from a server that works
together with as many clients as can open a mask.
"""

import hashlib
import math
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from coursekit.errors import CourseError, InputError
from coursekit.methods.federated.key_agreement import KEY_BYTES, agree, public_key
from coursekit.methods.federated.shamir import RandomBytes, join_secret, split_secret
from coursekit.methods.federated.strategy import ClientUpdate, Combine, Weights, check_shapes


def to_fixed(values: np.ndarray, fraction_bits: int = 16, clients: int = 1) -> np.ndarray:
    """Write real numbers as whole numbers modulo 2³²: v · 2^fraction_bits, rounded, in two's complement.

    Args:
        values: any shape.
        fraction_bits: bits after the point, 0 to 31. An entry is rounded by at most 2^-(fraction_bits + 1).
        clients: how many such arrays will be added up, from 1; the sum must not overflow.

    Returns:
        uint32 of the shape of values.

    Raises:
        InputError: if a value is so large that a sum of `clients` of them could overflow, or is NaN, or
            fraction_bits is out of range.
    """
    if not 0 <= fraction_bits <= 31:
        raise InputError(f"fraction_bits must be from 0 to 31, got {fraction_bits}.")
    scaled = np.rint(np.asarray(values, "float64") * 2.0**fraction_bits)
    limit = (2**31 - 1) // clients
    if scaled.size and not np.abs(scaled).max() <= limit:  # also catches NaN
        raise InputError(
            f"With {fraction_bits} bits after the point and {clients} clients, values up to "
            f"{limit / 2**fraction_bits:g} can be added up, got {np.abs(values).max():g}: use fewer bits."
        )
    return scaled.astype(np.int64).astype(np.uint32)


def from_fixed(total: np.ndarray, fraction_bits: int = 16) -> np.ndarray:
    """Read a sum of whole numbers modulo 2³² as real numbers again.

    Args:
        total: uint32, any shape.
        fraction_bits: as in `to_fixed`.

    Returns:
        float64 of the same shape.
    """
    return np.asarray(total, np.uint32).view(np.int32) / 2.0**fraction_bits


def mask(seed: bytes, size: int) -> np.ndarray:
    """Stretch a secret into (size,) uint32 that nobody can tell from random numbers without knowing it.

    Source: SHAKE-256 of FIPS 202, doi:10.6028/NIST.FIPS.202.
    """
    return np.frombuffer(hashlib.shake_256(seed).digest(4 * size), "<u4")


def add_masks(values: np.ndarray, number: int, seeds: Mapping[int, bytes]) -> np.ndarray:
    """Hide a client's numbers under the masks that it shares with others.

    Args:
        values: (size,) uint32.
        number: of this client.
        seeds: for each other client the secret shared with it.

    Returns:
        (size,) uint32: plus the mask where the other's number is higher, minus where it is lower.

    Source: Bonawitz et al., CCS 2017, doi:10.1145/3133956.3133982.
    """
    masked = np.array(values, np.uint32)
    for other, seed in seeds.items():
        shared = mask(seed, masked.size)
        masked = masked + shared if number < other else masked - shared
    return masked


class Shares(NamedTuple):
    """One client's share of the two secrets of another.

    Attributes:
        key: of its private key, which opens its masks with all others.
        own_seed: of the seed of the mask that is its own.
    """

    key: int
    own_seed: int


class SecureClient:
    """A client's side of the protocol; what it keeps to itself stands behind an underscore.

    Args:
        number: of this client, from 1, different for each.
        random_bytes: source of randomness. The sum doesn't depend on it, the secrecy does.
    """

    def __init__(self, number: int, random_bytes: RandomBytes = secrets.token_bytes) -> None:
        self.number = number
        self._random_bytes = random_bytes
        self._private_key, self._own_seed = random_bytes(KEY_BYTES), random_bytes(KEY_BYTES)
        self.public_key = public_key(self._private_key)
        self._held: dict[int, Shares] = {}
        self._threshold = 0
        self._uploaded = self._revealed = False

    def give_shares(self, holders: Sequence[int], threshold: int) -> dict[int, Shares]:
        """Cut both secrets into a share for each client, itself included.

        Args:
            holders: numbers of all clients.
            threshold: shares that suffice to put a secret together, and fewest reports that this client will
                help to open.
        """
        self._threshold = threshold
        key, own_seed = (
            split_secret(secret, len(holders), threshold, self._random_bytes)
            for secret in (self._private_key, self._own_seed)
        )
        return {holder: Shares(key[x], own_seed[x]) for x, holder in enumerate(holders, start=1)}

    def keep_share(self, giver: int, shares: Shares) -> None:
        """Keep a share of another client's secrets."""
        self._held[giver] = shares

    def upload(self, values: np.ndarray, public_keys: Mapping[int, bytes]) -> np.ndarray:
        """Mask this client's numbers, (size,) uint32, for the server.

        Args:
            values: (size,) uint32, as from `to_fixed`.
            public_keys: of all clients that gave shares.

        Raises:
            CourseError: at a second upload: the difference of two under the same masks lies open.
        """
        if self._uploaded:
            raise CourseError("A client uploads once: masks that are used twice hide nothing.")
        self._uploaded = True
        seeds = _pair_seeds(self.number, self._private_key, public_keys)
        return add_masks(values, self.number, seeds) + mask(self._own_seed, len(values))

    def reveal(self, reported: Iterable[int], missing: Iterable[int]) -> dict[int, int]:
        """Hand out what opens the sum: shares of own seeds of those that reported, of keys of the others.

        Args:
            reported: numbers of the clients whose reports the server says it has.
            missing: numbers of all others that gave shares.

        Raises:
            CourseError: if both are asked of the same client, or a second time: with both, a server could
                read that client's report. If somebody is left out. If fewer reported than the threshold: a
                server that says so of a single client would get its report.
        """
        reported, missing = set(reported), set(missing)
        if reported & missing or self._revealed:
            raise CourseError(
                "A client hands out one kind of share of each other client, once: with both, the server "
                "could read a single report."
            )
        if reported | missing != set(self._held):
            raise CourseError("Each client that gave shares has either reported or is missing.")
        if len(reported) < self._threshold:
            raise CourseError(
                f"{len(reported)} clients reported, but {self._threshold} are needed: a sum of fewer would "
                "say too much about each. This round is lost. Start another."
            )
        self._revealed = True
        return {number: self._held[number].own_seed for number in reported} | {
            number: self._held[number].key for number in missing
        }


def open_sum(
    uploads: Mapping[int, np.ndarray],
    public_keys: Mapping[int, bytes],
    revealed: Mapping[int, Mapping[int, int]],
    threshold: int,
) -> np.ndarray:
    """Take off what masks are left, at the server.

    Args:
        uploads: (size,) uint32 of each client that reported.
        public_keys: of all clients that gave shares, in the order in which shares were given.
        revealed: from clients that still answer, what `SecureClient.reveal` returned.
        threshold: shares that suffice.

    Returns:
        (size,) uint32: exact sum modulo 2³² of what the reporting clients put in.

    Raises:
        CourseError: if fewer clients answer than the threshold: the sum is lost.
    """
    if len(revealed) < threshold:
        raise CourseError(
            f"{len(revealed)} clients answer, but {threshold} are needed to take the masks off: this round "
            "is lost. Start another."
        )
    place = {number: x for x, number in enumerate(public_keys, start=1)}

    def joined(number: int) -> bytes:
        answers = list(revealed.items())[:threshold]
        return join_secret({place[holder]: shares[number] for holder, shares in answers}, KEY_BYTES)

    total = _added(uploads)
    for number in public_keys:
        if number in uploads:
            total = total - mask(joined(number), total.size)
        else:
            seeds = _pair_seeds(number, joined(number), {other: public_keys[other] for other in uploads})
            # What the missing client would have uploaded for the number 0 takes the others' masks off.
            total = add_masks(total, number, seeds)
    return total


@dataclass(frozen=True, eq=False)
class SecureSum:
    """What a run of the protocol left.

    Attributes:
        total: (size,) uint32.
        uploads: what the server saw of each client that reported.
        unopened: (size,) uint32: the plain sum of the uploads, before anything was revealed.
    """

    total: np.ndarray
    uploads: dict[int, np.ndarray]
    unopened: np.ndarray


def secure_sum(
    values: Sequence[np.ndarray],
    missing: Iterable[int] = (),
    threshold: int | None = None,
    random_bytes: RandomBytes = secrets.token_bytes,
) -> SecureSum:
    """Run the whole protocol in one process.

    Args:
        values: (size,) uint32 of each client; client k is number k + 1.
        missing: positions in `values` of clients that fall silent after giving their shares, before they
            report.
        threshold: clients that must stay; None: more than half.
        random_bytes: source of randomness of all clients.

    Returns:
        The sum over the clients that reported, and what the server saw.

    Raises:
        InputError: if there are no values, or they aren't uint32 of one length.
        CourseError: if fewer clients stay than the threshold.

    Source: Bonawitz et al., CCS 2017, doi:10.1145/3133956.3133982.
    """
    if not len(values) or any(v.dtype != np.uint32 or v.shape != (len(values[0]),) for v in values):
        raise InputError("secure_sum needs uint32 arrays of one length: convert with to_fixed.")
    threshold = len(values) // 2 + 1 if threshold is None else threshold
    clients = {number: SecureClient(number, random_bytes) for number in range(1, len(values) + 1)}
    keys = {number: client.public_key for number, client in clients.items()}
    for giver, client in clients.items():
        for holder, shares in client.give_shares(list(clients), threshold).items():
            clients[holder].keep_share(giver, shares)
    silent = {position + 1 for position in missing}
    reporting = [number for number in clients if number not in silent]
    uploads = {number: clients[number].upload(values[number - 1], keys) for number in reporting}
    revealed = {number: clients[number].reveal(reporting, silent) for number in reporting}
    total = open_sum(uploads, keys, revealed, threshold)
    return SecureSum(total, uploads, _added(uploads))


def secure_average(fraction_bits: int = 16, random_bytes: RandomBytes = secrets.token_bytes) -> Combine:
    """Make a server for `train_federated(combine=...)` that sees no single report.

    Clients send their weights times their number of images, and that number, as one masked vector; the server
    divides the sums. The average is that of `fed_avg` up to the rounding of the fixed point.

    Args:
        fraction_bits: bits after the point, as in `to_fixed`. Weights times images, added over all clients,
            must stay below 2^(31 - fraction_bits).
        random_bytes: source of randomness of all clients.
    """

    def combine(weights: Weights, updates: Iterable[ClientUpdate]) -> Weights:
        updates = list(updates)
        vectors = []
        for update in updates:
            check_shapes(update.weights, weights)
            flat = np.concatenate([np.ravel(part) for part in update.weights])
            vectors.append(np.append(update.size * flat.astype("float64"), update.size))
        fixed = [to_fixed(vector, fraction_bits, len(vectors)) for vector in vectors]
        sums = from_fixed(secure_sum(fixed, random_bytes=random_bytes).total, fraction_bits)
        flat, ends = sums[:-1] / sums[-1], np.cumsum([math.prod(np.shape(part)) for part in weights])
        return [
            piece.reshape(np.shape(part)).astype("float32")
            for piece, part in zip(np.split(flat, ends[:-1]), weights, strict=True)
        ]

    return combine


def _added(uploads: Mapping[int, np.ndarray]) -> np.ndarray:
    """Sum modulo 2³², (size,) uint32."""
    return np.asarray(np.sum(list(uploads.values()), axis=0, dtype=np.uint32))


def _pair_seeds(number: int, private_key: bytes, public_keys: Mapping[int, bytes]) -> dict[int, bytes]:
    return {other: agree(private_key, key) for other, key in public_keys.items() if other != number}
