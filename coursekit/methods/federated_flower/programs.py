"""How Flower's programs are called: the server (SuperLink), a client's node (SuperNode), the command line.

docs/federated-deployment.md has the same commands for machines far apart.
"""

import json
import re
import subprocess
from pathlib import Path

from coursekit.errors import CourseError
from coursekit.methods.federated_flower.certificates import ServerFiles
from coursekit.methods.federated_flower.processes import STARTED, log_file, start

HOST = "127.0.0.1"

PATIENCE_S = 300.0
"""How long to wait for something that takes seconds on an idle machine, before giving up."""

_SETTINGS = {
    # Without these, Flower asks the internet at every start, and waits.
    "FLWR_TELEMETRY_ENABLED": "0",
    "FLWR_DISABLE_UPDATE_CHECK": "1",
    # How often a node looks whether there is something to run, in seconds; 1 if not told.
    "FLWR_SUPEREXEC_TASK_POLL_INTERVAL": "0.1",
    "NO_PROXY": HOST,
}


def start_superlink(folder: Path, files: ServerFiles, port: int) -> subprocess.Popen[bytes]:
    """Start the server.

    Args:
        folder: the network's.
        files: its certificates.
        port: on which all talk to it.

    Returns:
        The program; it may not answer yet.
    """
    command = [
        "flower-superlink",
        *("--host", HOST),
        *("--port", str(port)),
        *("--ssl-ca-certfile", str(files.authority)),
        *("--ssl-certfile", str(files.certificate)),
        *("--ssl-keyfile", str(files.key)),
        "--enable-supernode-auth",
        "--disable-runtime-dependency-installation",
    ]
    return start("superlink", command, folder, {**_SETTINGS, "FLWR_HOME": str(folder / "superlink")})


def start_supernode(folder: Path, name: str, address: str, authority: Path, port: int) -> None:
    """Start a client's node, which knows its key and its images from clients/NAME of the network's folder.

    Args:
        folder: the network's.
        name: of the client.
        address: of the server, host:port.
        authority: certificate of the authority that the node trusts.
        port: of this node, for the programs that it starts on its own machine.
    """
    home = folder / "clients" / name
    command = [
        "flower-supernode",
        *("--superlink", address),
        *("--root-certificates", str(authority)),
        *("--auth-supernode-private-key", str(home / "key")),
        *("--host", HOST),
        *("--port", str(port)),
        *("--node-config", f"images={json.dumps(str(home / 'images.npz'))}"),
    ]
    # Nodes that install the same app at the same time must not share a folder for it.
    start(name, command, folder, {**_SETTINGS, "FLWR_HOME": str(home / "flwr")})


def introduce(folder: Path, address: str, authority: Path) -> None:
    """Tell Flower's command line where the server is.

    Args:
        folder: the network's.
        address: of the server, host:port.
        authority: certificate of the authority that signed the server's.
    """
    (folder / "flwr").mkdir()
    settings = {"address": address, "root-certificates": str(authority)}
    lines = ["[superlink.network]", *(f"{name} = {json.dumps(value)}" for name, value in settings.items())]
    (folder / "flwr" / "config.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def register(folder: Path, name: str, public_key: Path) -> None:
    """Enter a client's public key into the server's list.

    Raises:
        CourseError: if the server refuses, or doesn't answer.
    """
    _flwr(folder, "supernode", "register", str(public_key), "network", "--name", name)


def submit(folder: Path, app: Path) -> str:
    """Have the server run an app.

    Returns:
        Flower's number of the run.

    Raises:
        CourseError: if the server refuses, or doesn't answer.
    """
    said = _flwr(folder, "run", str(app), "network")
    started = re.search(r"started run (\d+)", said)
    if started is None:
        raise CourseError(f"`flwr run` was expected to name the run, but said: {said}")
    return started.group(1)


def _flwr(folder: Path, *arguments: str) -> str:
    """Call Flower's command line, wait for it, and return what it said."""
    program = start("flwr", ["flwr", *arguments], folder, {**_SETTINGS, "FLWR_HOME": str(folder / "flwr")})
    try:
        failed = program.wait(PATIENCE_S) != 0
    except subprocess.TimeoutExpired:
        program.kill()
        failed = True
    said = log_file(folder, "flwr").read_text(encoding="utf-8", errors="replace").rpartition(STARTED)[2]
    if failed:
        raise CourseError(f"`flwr {' '.join(arguments)}` failed: {said[-1000:].strip()}")
    return said
