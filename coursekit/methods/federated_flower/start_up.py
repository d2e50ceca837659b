"""Starts a network and takes it down again, so that nothing is left of it, whatever fails."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from coursekit.errors import CourseError, InputError
from coursekit.methods.federated_flower import processes
from coursekit.methods.federated_flower.certificates import create_client_key, create_server_files
from coursekit.methods.federated_flower.extra import why_not
from coursekit.methods.federated_flower.network import Network, wait_until
from coursekit.methods.federated_flower.programs import HOST, introduce, register, start_superlink

if TYPE_CHECKING:
    from coursekit.methods.federated.engine import ImagesOfClients

_PORTS_TRIED = 5


def up(
    data: "ImagesOfClients", folder: Path, owner: int | None = None, names: Sequence[str] | None = None
) -> Network:
    """Start a network: make certificates and keys, start a server and a node for each client, wait for them.

    Args:
        data: images and classes of each client, at least one. Each is written to a file of its own, and only
            that client's node is told where.
        folder: a new one, for certificates, keys, images and logs.
        owner: number of a process with whose end the network shall end too; None for none.
        names: of the clients; None for client-0, client-1, ...

    Returns:
        The network; all nodes are online.

    Raises:
        InputError: if the folder exists, or there is no client.
        CourseError: if Flower isn't installed, or a program doesn't start. Nothing is left then.
    """
    if problem := why_not():
        raise CourseError(problem)
    names = [f"client-{k}" for k in range(len(data))] if names is None else list(names)
    if not names or len(names) != len(data) or len(set(names)) < len(names):
        raise InputError(
            f"A network needs clients, and a name of its own for each, got {len(data)} of them and {names}."
        )
    folder = folder.resolve()
    if folder.exists():
        raise InputError(f"{folder} exists: `coursekit federated down` removes the folder of a network.")
    folder.mkdir(parents=True, mode=0o700)
    (folder / "jobs").mkdir()
    # From here on the folder can be told from others, and taken down.
    _describe(folder, None, names)
    try:
        if owner is not None:
            keeper = [Path(sys.executable).name, "-m", "coursekit.methods.federated_flower.keeper"]
            processes.start("keeper", [*keeper, str(folder), str(owner)], folder)
        _describe(folder, _start_server(folder), names)
        network = Network(folder)
        for k, name in enumerate(names):
            home = folder / "clients" / name
            home.mkdir(parents=True)
            images, labels = data[k]
            np.savez(home / "images.npz", images=images, labels=labels)
            register(folder, name, create_client_key(home / "key"))
        network.start_nodes(range(len(names)))
    except BaseException:
        down(folder)
        raise
    return network


def down(folder: Path) -> None:
    """Stop all programs of a network, also those that a crash has left, and remove its folder.

    Args:
        folder: the network's; it may be gone already.

    Raises:
        CourseError: if this is a folder with something else in it.
    """
    if folder.exists() and not (folder / "network.json").exists():
        raise CourseError(f"{folder} is not the folder of a network, and stays as it is.")
    processes.stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def local_network(data: "ImagesOfClients") -> Iterator[Network]:
    """Have a network for as long as a `with` block lasts; it ends with the block, however that ends.

    Args:
        data: images and classes of each client.

    Yields:
        The network; all nodes are online.

    Raises:
        CourseError: as in `up`.
    """
    folder = Path(tempfile.gettempdir()) / f"coursekit-federated-{secrets.token_hex(8)}"
    try:
        yield up(data, folder, owner=os.getpid())
    finally:
        down(folder)


def _describe(folder: Path, address: str | None, clients: Sequence[str]) -> None:
    text = json.dumps({"address": address, "clients": list(clients)})
    (folder / "network.json").write_text(text, encoding="utf-8")


def _start_server(folder: Path) -> str:
    """Start the SuperLink and wait until it answers; return its address."""
    files = create_server_files(folder / "certificates", [HOST, "localhost"])
    # Somebody else may take a port between asking for it and using it.
    for _ in range(_PORTS_TRIED):
        port = processes.free_port()
        if _comes_up(start_superlink(folder, files, port), port, files.authority):
            introduce(folder, f"{HOST}:{port}", files.authority)
            return f"{HOST}:{port}"
    said = processes.log_file(folder, "superlink").read_text(encoding="utf-8", errors="replace")
    raise CourseError(f"The SuperLink doesn't start. Its last words: {said[-1500:].strip()}")


def _comes_up(server: subprocess.Popen[bytes], port: int, authority: Path) -> bool:
    """Wait until the server answers or has ended; tell which."""
    wait_until(
        lambda: _answers(port, authority) or server.poll() is not None, f"no server answers on port {port}"
    )
    return server.poll() is None


def _answers(port: int, authority: Path) -> bool:
    """Tell whether someone on this port shows a certificate of our authority."""
    context = ssl.create_default_context(cafile=authority)
    try:
        with (
            socket.create_connection((HOST, port), timeout=5) as raw,
            context.wrap_socket(raw, server_hostname=HOST),
        ):
            return True
    except OSError:
        return False
