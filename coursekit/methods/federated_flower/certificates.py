"""What machines need to trust each other: a certificate authority, a server's certificate, clients' keys.

TLS (transport layer security) encrypts a connection and lets the caller check whom it reached: the server
shows a certificate, signed by an authority that the caller knows. A client proves who it is with a signature:
it holds a private key whose public half the server has in its list.
"""

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from coursekit.errors import InputError

CURVE = ec.SECP384R1()
"""Flower asks for keys on one of NIST's curves."""


@dataclass(frozen=True)
class ServerFiles:
    """Where a server's certificates lie.

    Attributes:
        authority: certificate of the authority (PEM); each client gets a copy, it is no secret.
        certificate: the server's own (PEM), signed by the authority.
        key: the server's private key (PEM); stays where it is.
    """

    authority: Path
    certificate: Path
    key: Path


def create_server_files(folder: Path, hosts: Sequence[str], days: int = 30) -> ServerFiles:
    """Make a certificate authority and have it sign a certificate for one server.

    The authority's private key is used once and never written: nobody can sign a second certificate with it.

    Args:
        folder: where the three files go; made if missing.
        hosts: names and addresses under which clients reach the server, such as "127.0.0.1"; at least one.
        days: how long the certificates are valid, from 1.

    Returns:
        The files. Those of the same name are replaced.

    Raises:
        InputError: if there is no host, or days is below 1.
    """
    if not hosts or days < 1:
        raise InputError(f"A certificate needs at least one host and one day, got {list(hosts)} and {days}.")
    folder.mkdir(parents=True, exist_ok=True)
    authority_key, server_key = ec.generate_private_key(CURVE), ec.generate_private_key(CURVE)
    authority_name, server_name = _name("coursekit federated authority"), _name(hosts[0])
    authority = (
        _builder(authority_name, authority_name, authority_key, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA384())
    )
    server = (
        _builder(server_name, authority_name, server_key, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA384())
    )
    files = ServerFiles(folder / "authority.pem", folder / "server.pem", folder / "server-key.pem")
    files.authority.write_bytes(authority.public_bytes(Encoding.PEM))
    files.certificate.write_bytes(server.public_bytes(Encoding.PEM))
    _write_secret(files.key, server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def create_client_key(path: Path) -> Path:
    """Make a key pair for a client, in OpenSSH's format, as `ssh-keygen -t ecdsa -b 384` would.

    Args:
        path: where the private key goes, which never leaves the client's machine; its folder exists.

    Returns:
        The file of the public key, beside it: the server has to be told of it.
    """
    key = ec.generate_private_key(CURVE)
    _write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    public = path.with_name(path.name + ".pub")
    public.write_bytes(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b"\n")
    return public


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # The clocks of two machines never agree to the second.
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, and that nobody could read before either."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)
