"""The file of a study: one line for each cell, whole or not there, shared by several processes."""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Any, Self

from coursekit.errors import CourseError, InputError


def as_json(value: Any) -> str:
    """Write a value as one line of JSON; the same value gives the same text, whatever the order of its keys.

    Raises:
        InputError: if the value is not made of numbers, strings, booleans, None, lists and dicts.
    """
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=False, default=_plain)
    except TypeError as error:
        raise InputError(
            f"A study keeps numbers, strings, booleans, None, lists and dicts, and got {value!r}: {error}."
        ) from None


def _plain(value: Any) -> Any:
    """Turn NumPy's scalars and arrays into Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} can't be kept")


class ResultsFile:
    """A file of JSON lines: the settings of a study, then an entry for each cell.

    An entry is on the disk when `append` returns. A process that is killed while it writes leaves a torn last
    line; readers pass over it, and the next writer removes it.

    Args:
        path: the file; it is made on first use.
        settings: what all its entries have in common.

    Raises:
        InputError: if the settings can't be kept as JSON.
        CourseError: if the file belongs to other settings or is not the file of a study.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self.path = path
        self._settings = json.loads(as_json(settings))
        self.entries()

    def entries(self) -> list[dict[str, Any]]:
        """Read all entries, in the order in which they were written.

        Raises:
            CourseError: if a line is not readable, or the settings are others.
        """
        try:
            lines = self.path.read_bytes().split(b"\n")[:-1]  # the last piece is empty or torn
        except FileNotFoundError:
            return []
        except OSError as error:
            raise CourseError(f"{self.path} can't be read: {error.strerror}.") from None
        found = [self._parsed(number, line) for number, line in enumerate(lines, start=1)]
        if found:
            self._check_settings(found[0])
        return found[1:]

    def append(self, entry: dict[str, Any], locks: "Locks") -> None:
        """Write an entry and wait until the disk has it.

        Raises:
            CourseError: if it can't be written; the file is as before.
        """
        line = as_json(entry).encode() + b"\n"
        try:
            with locks.writing(), self.path.open("a+b", buffering=0) as file:
                file.seek(0)
                held = file.read()
                end = held.rfind(b"\n") + 1
                if end:
                    self._check_settings(self._parsed(1, held.split(b"\n", 1)[0]))
                else:
                    line = as_json({"settings": self._settings}).encode() + b"\n" + line
                file.truncate(end)  # what stands behind the last newline is torn
                self._write(file, line, end)
        except OSError as error:
            raise CourseError(
                f"{self.path} can't be written: {error.strerror}. The rows before this one are safe; "
                "put that right and run again."
            ) from None

    @staticmethod
    def _write(file: FileIO, line: bytes, end: int) -> None:
        try:
            while line:
                line = line[file.write(line) :]  # a disk that fills takes a part first
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                file.truncate(end)
            raise

    def _parsed(self, number: int, line: bytes) -> Any:
        try:
            return json.loads(line)
        except ValueError:
            whole = (
                "it holds the settings: delete the file"
                if number == 1
                else "delete it to measure its run anew"
            )
            raise CourseError(f"Line {number} of {self.path} is not readable; {whole}.") from None

    def _check_settings(self, header: Any) -> None:
        theirs = header.get("settings") if isinstance(header, dict) else None
        if not isinstance(theirs, dict):
            raise CourseError(f"{self.path} is not the file of a study: its first line has no settings.")
        if theirs == self._settings:
            return
        missing = "not set"
        differ = [
            f"{name}: {theirs.get(name, missing)!r} there, {self._settings.get(name, missing)!r} now"
            for name in sorted(theirs.keys() | self._settings.keys())
            if theirs.get(name, missing) != self._settings.get(name, missing)
        ]
        raise CourseError(
            f"{self.path} was measured with other settings ({'; '.join(differ)}). Rows of both can't be "
            "compared: delete the file to measure anew, or name another one."
        )


class Locks:
    """Which process may write to a file now, and which one works on which cell.

    The operating system holds the locks, each on one byte of a file beside the results. It lets go of them
    when a process ends, however it ends: the cell of a process that was killed is free at once, and no other
    process has to guess from its age or number that it is dead. Locks keep processes apart, not
    threads, and a process opens those of a file once at a time: closing them lets go of all.

    Args:
        path: the file that is shared; the locks are in `path`.lock.
    """

    _WRITING = 0  # the byte that stands for the file; cells have the others
    _BYTES = 2**31 - 1  # Windows counts places in a file with 32 bits

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f"{path.name}.lock")

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a+b")
        except OSError as error:
            raise CourseError(f"{self._path} can't be written: {error.strerror}.") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def claim(self, name: str) -> bool:
        """Take a cell unless another process has it; True if it is ours now."""
        return self._lock(self._place(name))

    def release(self, name: str) -> None:
        """Let go of a cell."""
        self._unlock(self._place(name))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Wait until no other process writes, and keep others from it."""
        while not self._lock(self._WRITING):
            time.sleep(0.01)
        try:
            yield
        finally:
            self._unlock(self._WRITING)

    def _place(self, name: str) -> int:
        # Two names that share a byte only wait for each other.
        digest = hashlib.sha256(name.encode()).digest()
        return 1 + int.from_bytes(digest[:8], "big") % (self._BYTES - 1)

    if sys.platform == "win32":

        def _lock(self, place: int) -> bool:
            import msvcrt

            self._file.seek(place)
            try:
                msvcrt.locking(self._file.fileno(), msvcrt.LK_NBLCK, 1)
            except PermissionError:
                return False
            return True

        def _unlock(self, place: int) -> None:
            import msvcrt

            self._file.seek(place)
            msvcrt.locking(self._file.fileno(), msvcrt.LK_UNLCK, 1)

    else:

        def _lock(self, place: int) -> bool:
            import fcntl

            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            except (BlockingIOError, PermissionError):
                return False
            except OSError as error:
                raise CourseError(
                    f"{self._path} can't be locked: {error.strerror}. "
                    "Keep the results on a disk of this machine."
                ) from None
            return True

        def _unlock(self, place: int) -> None:
            import fcntl

            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)
