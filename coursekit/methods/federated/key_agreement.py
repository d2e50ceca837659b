"""Two parties agree on a secret while everybody listens: Diffie-Hellman on Curve25519.

Each sends a public key and keeps a private one; both compute the same number from the other's public key and
their own private one, and nobody else can.
"""

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

KEY_BYTES = 32
"""Length of a private key, a public key, and a secret."""


def public_key(private_key: bytes) -> bytes:
    """Compute the key that may be shown to everybody.

    Args:
        private_key: 32 random bytes.

    Returns:
        32 bytes.

    Source: RFC 7748, doi:10.17487/RFC7748.
    """
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def agree(private_key: bytes, other_public_key: bytes) -> bytes:
    """Compute the secret that two parties share.

    Args:
        private_key: one's own.
        other_public_key: the other's.

    Returns:
        32 bytes, the same for both. To be hashed before use, as `secure_aggregation.mask` does.
    """
    theirs = X25519PublicKey.from_public_bytes(other_public_key)
    return X25519PrivateKey.from_private_bytes(private_key).exchange(theirs)
