import contextlib
import socket
import ssl
import stat
import threading

import pytest
from cryptography.hazmat.primitives.serialization import load_ssh_private_key, load_ssh_public_key

from coursekit.errors import InputError
from coursekit.methods.federated_flower.certificates import create_client_key, create_server_files


@pytest.fixture
def files(tmp_path):
    return create_server_files(tmp_path / "ours", ["127.0.0.1", "localhost"])


def call(files, authority, host):
    """Connect to a server with these files, as a client that trusts `authority` and called `host`."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certificate, files.key)
    ours, theirs = socket.socketpair()

    def serve():
        # Some tests are about a client that hangs up.
        with contextlib.suppress(OSError):
            server.wrap_socket(theirs, server_side=True).close()
        theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with ssl.create_default_context(cafile=authority).wrap_socket(
            ours, server_hostname=host
        ) as connection:
            return connection.version()
    finally:
        ours.close()
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_client_that_trusts_the_authority_reaches_the_server(files, host):
    assert call(files, files.authority, host) == "TLSv1.3"


def test_a_client_that_trusts_another_authority_of_the_same_name_hangs_up(files, tmp_path):
    other = create_server_files(tmp_path / "other", ["127.0.0.1"])
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
        call(files, other.authority, "127.0.0.1")


def test_a_certificate_is_good_only_for_the_hosts_that_it_names(files):
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for '127\.0\.0\.2'"):
        call(files, files.authority, "127.0.0.2")


def test_no_private_key_can_be_read_by_others(files, tmp_path):
    create_client_key(tmp_path / "key")
    for path in (files.key, tmp_path / "key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_key_of_the_authority_is_nowhere(files):
    assert sorted(path.name for path in files.authority.parent.iterdir()) == [
        "authority.pem",
        "server-key.pem",
        "server.pem",
    ]


def test_a_clients_keys_are_a_pair_in_the_format_of_openssh(tmp_path):
    public = create_client_key(tmp_path / "key")
    private_key = load_ssh_private_key((tmp_path / "key").read_bytes(), None)
    assert public.name == "key.pub"
    assert load_ssh_public_key(public.read_bytes()) == private_key.public_key()
    assert private_key.curve.name == "secp384r1"


def test_each_key_is_another(tmp_path):
    first = create_client_key(tmp_path / "key").read_bytes()
    assert create_client_key(tmp_path / "key").read_bytes() != first


@pytest.mark.parametrize(("hosts", "days"), [([], 30), (["localhost"], 0)])
def test_a_certificate_needs_a_host_and_a_day(tmp_path, hosts, days):
    with pytest.raises(InputError, match="at least one host and one day"):
        create_server_files(tmp_path, hosts, days)
