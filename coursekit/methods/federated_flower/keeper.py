"""Stops a network when the process that it was started for ends: python -m ...keeper FOLDER PROCESS_NUMBER.

A notebook that is closed or crashes can't tidy up any more; this process outlives it for that.
"""

import shutil
import sys
import time
from pathlib import Path

import psutil

from coursekit.methods.federated_flower.processes import stop


def keep(folder: Path, owner: int) -> None:
    """Wait until the owner ends, then stop all programs of the network and remove its folder.

    Args:
        folder: the network's.
        owner: number of a process.
    """
    try:
        process = psutil.Process(owner)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.5)
    except psutil.NoSuchProcess:
        pass
    stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
