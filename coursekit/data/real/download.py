"""Files from the network: fetched once, checked against a checksum each time, kept in a cache.

Which files there are, where they lie and which bytes they hold is written in checksums/ beside this file. A
file whose bytes are not the expected ones is never handed out, wherever it comes from.
"""

import errno
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from coursekit.errors import CourseError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

# Small files spend their time on opening connections; more at once would only annoy the server.
_AT_ONCE = 8
_DAY_S = 86_400
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_FOLDER = {errno.EEXIST, errno.ENOTDIR}


@dataclass(frozen=True)
class RemoteFile:
    """A file on the network and how to know that it is the right one.

    Attributes:
        url: where it lies. On GitHub the address names a commit, so that the bytes behind it can't change.
        kind: how the digest is computed, "sha256" or "md5".
        digest: of the right bytes, hexadecimal.
    """

    url: str
    kind: str
    digest: str

    @property
    def place(self) -> str:
        """Where the file lies inside a cache or a mirror: OWNER/REPO/COMMIT/PATH, elsewhere HOST/PATH."""
        address = urlsplit(self.url)
        path = address.path.lstrip("/")
        return path if address.hostname == "raw.githubusercontent.com" else f"{address.hostname}/{path}"


def remote_files(table: str) -> dict[str, RemoteFile]:
    """Read a table of coursekit/data/real/checksums/.

    Args:
        table: its name without ".txt".

    Returns:
        The files by their path. The first line of a table is the address with {} for the path; the others are
        what sha256sum (or md5sum, where the publisher gives no better) prints.
    """
    text = (resources.files("coursekit.data.real") / "checksums" / f"{table}.txt").read_text(encoding="utf-8")
    address, *lines = text.splitlines()
    files = {}
    for line in lines:
        digest, path = line.split(maxsplit=1)
        kind = {64: "sha256", 32: "md5"}[len(digest)]
        files[path] = RemoteFile(address.removeprefix("# ").format(path), kind, digest)
    return files


def cache_folder() -> Path:
    """Return where files are kept: COURSEKIT_CACHE, or the folder that this system has for caches."""
    if chosen := os.environ.get("COURSEKIT_CACHE"):
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("coursekit")


def fetch(files: Sequence[RemoteFile], title: str, timeout_s: float = 20.0) -> list[Path]:
    """Bring files into the cache, unless they are there, and check every one of them.

    A file appears in the cache whole or not at all: it is written under another name, checked, then renamed.
    So several processes may fetch the same file, and a fetch that was stopped goes on with the files that are
    missing; a file that was cut in the middle starts from its beginning. If the environment variable
    COURSEKIT_MIRROR names a folder, files come from there (laid out as `RemoteFile.place` says, as the cache
    itself is) and the network is not touched.

    Args:
        files: what to fetch.
        title: shown beside the progress bar, in a terminal or a notebook.
        timeout_s: how long to wait for a connection, and for the next bytes, before giving up.

    Returns:
        The paths of the files in the cache, in the order of `files`.

    Raises:
        CourseError: if a file can't be had (no network, the connection was cut, the server is silent or
            refuses, the mirror lacks it), holds other bytes than expected, or can't be kept (disk full, cache
            not writable). Files that are in place by then stay.
    """
    folder = cache_folder()
    with _disk_errors_explained(folder):
        missing = [file for file in dict.fromkeys(files) if not _is_right(folder / file.place, file)]
    if missing:
        _fetch_all(missing, folder, title, timeout_s)
    return [folder / file.place for file in files]


def _fetch_all(files: list[RemoteFile], folder: Path, title: str, timeout_s: float) -> None:
    with _progress(in_bytes=len(files) == 1) as progress:
        task = progress.add_task(title, total=None if len(files) == 1 else len(files))
        if len(files) == 1:
            # Not in a thread: an interrupted kernel would wait for the end of a file of 200 MB.
            _fetch_one(files[0], folder, timeout_s, _Bar(progress, task))
            return
        with ThreadPoolExecutor(min(_AT_ONCE, len(files))) as pool:
            jobs = [pool.submit(_fetch_one, file, folder, timeout_s, None) for file in files]
            try:
                for job in as_completed(jobs):
                    job.result()
                    progress.advance(task)
            except BaseException as error:
                pool.shutdown(cancel_futures=True)
                arrived = sum(not job.cancelled() and not job.exception() for job in jobs)
                if isinstance(error, CourseError):
                    counted = f"{arrived} of {len(files)} files have arrived; the next call fetches the rest."
                    raise CourseError(f"{error} {counted}") from error
                raise


def _fetch_one(file: RemoteFile, folder: Path, timeout_s: float, bar: "_Bar | None") -> None:
    import pooch
    import requests

    # It would write a line for each of 200 files.
    pooch.get_logger().setLevel("WARNING")
    path = folder / file.place

    def bring(url: str, destination: str, _: Any) -> None:
        # pooch has made it for the owner's eyes alone. Made anew it gets the rights that this person gives to
        # files, so that others may use the cache as their mirror.
        Path(destination).unlink()
        if mirror := os.environ.get("COURSEKIT_MIRROR"):
            origin = str(_copy_from_mirror(file, Path(mirror).expanduser(), destination))
        else:
            origin = url
            download = pooch.HTTPDownloader(bar or False, chunk_size=2**16, timeout=timeout_s)
            download(url, destination, None)
        _check_bytes(file, Path(destination), origin)

    try:
        with _disk_errors_explained(folder):
            _remove_abandoned(path.parent)
            pooch.retrieve(
                file.url, f"{file.kind}:{file.digest}", fname=path.name, path=path.parent, downloader=bring
            )
    except requests.exceptions.RequestException as error:
        raise CourseError(_network_message(file.url, error, timeout_s)) from error


def _is_right(path: Path, file: RemoteFile) -> bool:
    return path.is_file() and _digest(path, file.kind) == file.digest


def _digest(path: Path, kind: str) -> str:
    import pooch

    return pooch.file_hash(str(path), alg=kind)


def _copy_from_mirror(file: RemoteFile, mirror: Path, destination: str) -> Path:
    source = mirror / file.place
    otherwise = f"or unset COURSEKIT_MIRROR to fetch it from {file.url}."
    try:
        if not mirror.is_dir():
            raise CourseError(
                f"COURSEKIT_MIRROR is {mirror}, but there is no such folder: name one, {otherwise}"
            )
        if not source.is_file():
            raise CourseError(
                f"COURSEKIT_MIRROR is {mirror}, but there is no file {file.place} in it. Put a copy there, "
                f"{otherwise}"
            )
        content = source.open("rb")
    except OSError as error:
        # Said here: further out it would pass for an error of the cache.
        raise CourseError(
            f"{source}, in the mirror, can't be read ({error.strerror or error}): have its owner make it "
            f"readable, {otherwise}"
        ) from error
    with content, Path(destination).open("wb") as copy:
        shutil.copyfileobj(content, copy)
    return source


def _check_bytes(file: RemoteFile, path: Path, origin: str) -> None:
    came = _digest(path, file.kind)
    if came == file.digest:
        return
    with path.open("rb") as content:
        is_page = content.read(512).lstrip().startswith(b"<")
    hint = " They look like a web page: does this network want you to log in first?" if is_page else ""
    raise CourseError(
        f"{origin} gave other bytes than expected: {path.stat().st_size:,} bytes with {file.kind} {came}, "
        f"expected {file.kind} {file.digest}.{hint} Nothing was kept. "
        "Try again; if the message stays the same, the file has changed there: please report it."
    )


def _network_message(url: str, error: Exception, timeout_s: float) -> str:
    import requests

    response = getattr(error, "response", None)
    if response is not None:
        came, advice = f"the server answered {response.status_code} {response.reason}".rstrip(), "Try later."
        if response.status_code in (404, 410):
            advice = "The file is not there any more: please report it, or take it from a mirror"
            advice += " (COURSEKIT_MIRROR)."
    # A server that falls silent in the middle of a file is a ConnectionError to requests, not a Timeout.
    elif isinstance(error, requests.exceptions.Timeout) or "timed out" in str(error).lower():
        came, advice = f"no answer for {timeout_s:g} s", "Check the network and try again."
    elif isinstance(error, requests.exceptions.ChunkedEncodingError):
        came, advice = "the connection was cut in the middle of the file", "Try again."
    else:
        came = f"no connection ({_innermost(error)})"
        advice = "Check the network, or set COURSEKIT_MIRROR to a folder that has the file."
    return f"{url} could not be fetched: {came}. {advice}"


def _innermost(error: BaseException) -> str:
    """Return the words of the operating system beneath the wrappings of two libraries."""
    while nested := error.__cause__ or error.__context__:
        error = nested
    return str(getattr(error, "strerror", None) or error)


@contextmanager
def _disk_errors_explained(folder: Path) -> Iterator[None]:
    import requests

    try:
        yield
    except requests.exceptions.RequestException:
        # An OSError too, but not of the disk.
        raise
    except OSError as error:
        raise CourseError(_disk_message(folder, error)) from error


def _disk_message(folder: Path, error: OSError) -> str:
    if error.errno in _DISK_FULL:
        wrong, advice = "is on a disk that is full; nothing broken was kept", "make room"
    # The message of pooch comes as a PermissionError without a number.
    elif error.errno in _NOT_WRITABLE or isinstance(error, PermissionError):
        wrong, advice = "lacks the file and can't be written to", "make it writable"
    elif error.errno in _NO_FOLDER:
        wrong, advice = "or a folder above it is a file, not a folder", "move it away"
    else:
        wrong, advice = f"can't be used ({error.strerror or error})", "repair it"
    choose = "name another folder in the environment variable COURSEKIT_CACHE"
    return f"The cache {folder} {wrong}: {advice}, or {choose}."


def _remove_abandoned(folder: Path) -> None:
    """Remove what a download that was killed has left behind; one that is under way is younger."""
    for path in folder.glob("tmp*"):
        try:
            if time.time() - path.stat().st_mtime > _DAY_S:
                path.unlink()
        except FileNotFoundError:
            # Another process was quicker.
            continue


@contextmanager
def _progress(in_bytes: bool) -> "Iterator[Progress]":
    from rich import progress
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        [progress.DownloadColumn(), progress.TransferSpeedColumn()]
        if in_bytes
        else [progress.MofNCompleteColumn(), progress.TextColumn("files")]
    )
    with progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        *columns,
        progress.TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not (console.is_terminal or console.is_jupyter),
    ) as shown:
        yield shown


class _Bar:
    """What pooch expects of a progress bar, drawn by rich."""

    def __init__(self, progress: "Progress", task: "TaskID") -> None:
        self._progress, self._task = progress, task

    @property
    def total(self) -> None:
        """How many bytes will come; only ever set."""

    @total.setter
    def total(self, n: int) -> None:
        # 0 where the server doesn't say.
        self._progress.update(self._task, total=n or None)

    def update(self, n: int) -> None:
        self._progress.advance(self._task, n)

    def reset(self) -> None:
        self._progress.update(self._task, completed=0)

    def close(self) -> None:
        """Nothing to do: rich closes the display."""
