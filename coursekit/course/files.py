"""Writing files so that a reader finds the old text or the new one, never half of it."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a text file, whole or not at all.

    Args:
        path: the file; its folder is made if it is missing.
        text: what to write, as UTF-8; surrogates that no text has become question marks.
        mode: the file's permissions.

    Raises:
        OSError: if the disk is full or the folder can't be written; what stood in `path` is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
