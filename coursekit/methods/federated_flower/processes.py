"""Programs in the background, found by a mark in their environment and stopped with all that they started.

No list of process numbers is kept, which could be lost in a crash or name a stranger later: each program of a
network carries the network's folder and its own name in its environment, and hands both on to its children.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from coursekit.errors import CourseError

FOLDER, NAME = "COURSEKIT_FEDERATED_FOLDER", "COURSEKIT_FEDERATED_NAME"

STARTED = "coursekit: started"
"""What stands in a log before all that a program prints."""

GRACE_S = 5.0
"""How long a program may take to end by itself before it is made to."""

# Python complains of a program that is forgotten while it runs.
_STARTED: list[subprocess.Popen[bytes]] = []


def start(
    name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a program of this Python environment, in a session of its own: Ctrl-C doesn't reach it.

    Args:
        name: under which it will be found.
        command: program and arguments.
        folder: the network's; what the program prints goes to logs/NAME.log there, after what is there.
        environment: variables beside those of this process.

    Returns:
        The running program.

    Raises:
        CourseError: if there is no such program beside this Python.
    """
    programs = str(Path(sys.executable).parent)
    program = shutil.which(command[0], path=programs)
    if program is None:
        raise CourseError(
            f"There is no program {command[0]} in {programs}: pip install 'coursekit[federated]'."
        )
    # Flower's programs start each other by name, so its own folder has to come first.
    path = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])
    marks = {FOLDER: str(folder.resolve()), NAME: name}
    log = log_file(folder, name)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        output.write(f"{STARTED} {name}\n".encode())
        output.flush()
        started = subprocess.Popen(
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", **(environment or {}), **marks},
            start_new_session=True,
        )
    _STARTED.append(started)
    return started


def log_file(folder: Path, name: str) -> Path:
    """Tell where the output of a program goes."""
    return folder / "logs" / f"{name}.log"


def running(folder: Path, name: str | None = None) -> list[psutil.Process]:
    """Find the programs of a network and all that they started, this process excepted.

    Args:
        folder: the network's; it may be gone already.
        name: of one program; None for all.
    """
    # A child of ours that has ended is not gone before we notice, and what it has started waits for that.
    for program in _STARTED:
        program.poll()
    found = []
    for process in psutil.process_iter():
        try:
            marks = process.environ()
            # Who has ended, and waits only for its parent to notice, is not running.
            alive = process.status() != psutil.STATUS_ZOMBIE
        except (psutil.Error, OSError):
            continue  # ended in between, or somebody else's
        ours = marks.get(FOLDER) == str(folder.resolve()) and name in (None, marks.get(NAME))
        if ours and alive and process.pid != os.getpid():
            found.append(process)
    return found


def stop(folder: Path, name: str | None = None) -> None:
    """Ask programs to end, then make those end that don't; returns when none is left.

    Args:
        folder: the network's.
        name: of one program; None for all.
    """
    asked = running(folder, name)
    for process in asked:
        with contextlib.suppress(psutil.Error):  # it may have ended by itself
            process.terminate()
    psutil.wait_procs(asked, timeout=GRACE_S)
    kill(folder, name)


def kill(folder: Path, name: str | None = None) -> None:
    """Make programs end at once, as a power cut would; returns when none is left.

    Args:
        folder: the network's.
        name: of one program; None for all.
    """
    # Again, because one of them may have started another while it was being looked for.
    while left := running(folder, name):
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=GRACE_S)


def free_port(host: str = "127.0.0.1") -> int:
    """Ask the system for a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
