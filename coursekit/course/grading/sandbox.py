"""The sandbox: what an answer can see of this machine, as a command line for bubblewrap.

An answer sees Python, its packages, the course's package without the part that marks, two small folders in
memory that it may write to, and nothing else: no network, no home, no solutions, no marks, no process but its
own.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import coursekit
from coursekit.course.grading.limits import TMP_BYTES
from coursekit.course.grading.seccomp import filter_problem
from coursekit.errors import CourseError

_OLDEST = (0, 7)  # the first bubblewrap that can limit the size of a folder in memory
_INSTALL = "Debian, Ubuntu: sudo apt install bubblewrap; Fedora: sudo dnf install bubblewrap"
_SYSTEM = ("/usr", "/bin", "/lib", "/lib32", "/lib64")
_LINKER = ("/etc/ld.so.cache", "/etc/alternatives")  # where libraries are; nothing else of /etc
_COURSE, _GRADER = "/course", "/grader"
# Numbers that no distribution gives to users or services, so that a limit counts the sandbox alone.
_FIRST_UID, _UIDS = 66_000, 30_000
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",
    "USER": "learner",
    "LANG": "C.UTF-8",
    "KERAS_HOME": "/tmp/keras",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp/matplotlib",
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    # One thread each: submissions run beside one another, and the time limits count on it.
    **dict.fromkeys(
        (
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "NUMEXPR_NUM_THREADS",
            "TF_NUM_INTRAOP_THREADS",
            "TF_NUM_INTEROP_THREADS",
        ),
        "1",
    ),
}


class SandboxError(CourseError):
    """The sandbox itself failed, not the answer in it; nothing is marked then."""


@dataclass(frozen=True)
class Stage:
    """The course's files as a sandbox sees them, and what it must not see."""

    folder: Path
    secret: tuple[Path, ...]

    @property
    def packages(self) -> list[str]:
        """The folders that the worker adds to `sys.path`."""
        return [_COURSE, *map(str, _package_folders())]

    @property
    def grader(self) -> str:
        """The folder of the worker, as the sandbox sees it."""
        return _GRADER


@contextmanager
def staged(withheld: Iterable[str] = (), secret: Iterable[Path] = ()) -> Iterator[Stage]:
    """Copy what the sandbox may see of the course into a temporary folder.

    A copy, because a mounted folder would also show what appears in it later, compiled solutions for example.

    Args:
        withheld: files of the package that would be the answer, "coursekit/methods/convolution.py".
        secret: folders to hide, should they lie inside one that Python needs.

    Raises:
        CourseError: if a withheld file does not exist.
    """
    package = Path(coursekit.__file__).resolve().parent
    with tempfile.TemporaryDirectory(prefix="coursekit-grading-") as name:
        folder = Path(name).resolve()
        _copy_package(package, folder / "course" / "coursekit", [_inside(package, path) for path in withheld])
        cards = package.parent / "datasets"
        if cards.is_dir():
            shutil.copytree(cards, folder / "course" / "datasets")
        (folder / "grader").mkdir()
        shutil.copy(Path(__file__).with_name("worker.py"), folder / "grader")
        shutil.copy(package / "course" / "wire.py", folder / "grader")
        _make_readable(folder)
        yield Stage(folder, (package, folder, *(path.resolve() for path in secret)))


def _inside(package: Path, path: str) -> Path:
    parts = Path(path).parts
    if parts[:1] != ("coursekit",) or ".." in parts or not package.joinpath(*parts[1:]).is_file():
        raise CourseError(
            f"The lesson withholds {path!r}, which is not a file of coursekit; correct its header."
        )
    return Path(*parts[1:])


def _copy_package(package: Path, target: Path, withheld: Sequence[Path]) -> None:
    def left_out(folder: str, names: list[str]) -> set[str]:
        here = Path(folder).relative_to(package)
        if here == Path():
            return {"course"} & set(names)
        if here.name == "__pycache__":
            hidden = {path.stem for path in withheld if path.parent == here.parent}
            return {name for name in names if name.split(".")[0] in hidden}
        return set()

    shutil.copytree(package, target, ignore=left_out)
    for path in withheld:
        module = ".".join(("coursekit", *path.with_suffix("").parts))
        (target / path).write_text(
            f"raise ImportError('{module} is not available while an answer is marked')\n"
        )


def _make_readable(folder: Path) -> None:
    # The sandbox may run as another user, and the files may come from someone with a strict umask.
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def sandbox_uid(slot: int) -> int | None:
    """The user that a sandbox runs as: one of its own for each slot if we are root, else None (ourselves).

    Root must become someone else for real: a user namespace would only rename it, and neither the limit on
    processes nor the protection of files holds for root under another name.
    """
    if os.geteuid() != 0:
        return None
    return _FIRST_UID + (os.getpid() * 64 + slot) % _UIDS


def arguments(stage: Stage, uid: int | None) -> list[str]:
    """The options for bubblewrap.

    Args:
        stage: the course's files.
        uid: the user that the worker becomes; None if we are an ordinary user already.
    """
    options = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    if uid is None:
        options += ["--unshare-user", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"]
    else:
        # What the worker needs to become `uid`; it loses both by doing so.
        options += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    options += ["--hostname", "sandbox", "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in {
        **_ENVIRONMENT,
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "tensorflow"),
    }.items():
        options += ["--setenv", name, value]
    # First, because Python itself may lie below it.
    options += ["--perms", "1777", "--size", str(TMP_BYTES), "--tmpfs", "/tmp"]
    shown = [Path(path) for path in (*_SYSTEM, *_LINKER)] + [Path(sys.base_prefix).resolve()]
    for path in shown:
        options += _show(path)
    hidden = _inside_of(stage.secret, shown)
    options += _hide(hidden)
    for path in _package_folders():
        options += _show(path)
        below = _inside_of(stage.secret, [path])
        options += _hide(below)
        hidden += below
    options += _bind(stage.folder / "course", _COURSE) + _bind(stage.folder / "grader", _GRADER)
    options += ["--proc", "/proc", "--dev", "/dev"]
    options += ["--perms", "1777", "--size", str(TMP_BYTES), "--tmpfs", "/dev/shm"]
    for name in (*dict.fromkeys(map(str, hidden)), "/dev", "/"):
        options += ["--remount-ro", name]
    return [*options, "--chdir", "/tmp"]


def python() -> list[str]:
    """The command that the sandbox runs: Python without start-up files, which name folders it can't see."""
    executable = Path(sys.executable).resolve()
    return [str(executable), "-I", "-S", "-B", f"{_GRADER}/worker.py"]


def _package_folders() -> list[Path]:
    """The folders of installed packages, in the order of `sys.path`, as other processes find them."""
    named = {Path(sysconfig.get_path(kind)).resolve() for kind in ("purelib", "platlib")}
    found = [Path(entry).resolve() for entry in sys.path if entry and Path(entry).is_dir()]
    kept = [path for path in found if path in named or path.name in ("site-packages", "dist-packages")]
    return list(dict.fromkeys(kept))


def _show(path: Path) -> list[str]:
    if path.is_symlink() and path.parent == Path("/"):
        return ["--symlink", str(path.readlink()), str(path)]  # /lib -> usr/lib
    return _bind(path, str(path)) if path.exists() else []


def _bind(source: Path, target: str) -> list[str]:
    options = []
    # bubblewrap makes missing folders above a mount closed to everybody but itself.
    for folder in reversed(Path(target).parents[:-1]):
        options += ["--perms", "0755", "--dir", str(folder)]
    return [*options, "--ro-bind", str(source), target]


def _inside_of(secret: Iterable[Path], shown: Sequence[Path]) -> list[Path]:
    return [path for path in secret if path.is_dir() and any(path.is_relative_to(folder) for folder in shown)]


def _hide(paths: Iterable[Path]) -> list[str]:
    return [word for path in paths for word in ("--perms", "0755", "--tmpfs", str(path))]


def bubblewrap() -> str:
    """The path of bubblewrap.

    Raises:
        SandboxError: if it is missing or too old; the message says how to get it.
    """
    path = shutil.which("bwrap")
    if path is None:
        raise SandboxError(f"Marking needs bubblewrap, which is not installed. {_INSTALL}.")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(int(part) for part in re.findall(r"\d+", said)[:2])
    if version < _OLDEST:
        raise SandboxError(
            f"Marking needs bubblewrap {'.'.join(map(str, _OLDEST))} or newer; {path} is "
            f"{said.strip() or 'of no known version'}. Get a newer one from your system or from https://github.com/containers/bubblewrap/releases."
        )
    return path


def sandbox_problem() -> str | None:
    """Whether answers can be marked on this machine.

    Returns:
        None if the sandbox works (it is tried), else in one line what is missing and how to get it.
    """
    if sys.platform != "linux":
        return "Marking needs Linux. On macOS or Windows use a Linux machine, WSL 2 or a virtual machine."
    if problem := filter_problem():
        return problem
    from coursekit.course.grading.limits import Limits
    from coursekit.course.grading.process import Job, SandboxProcess

    trial = Job("trial", False, (), "trial = 7 * 6", [[]], seconds=10.0, memory_mb=1024, most_bytes=1000)
    try:
        path = bubblewrap()
        with staged() as stage, SandboxProcess(path, stage, Limits(1024, 10.0)) as process:
            outcome = process.run(trial)
    except SandboxError as error:
        return str(error)
    if outcome.kind == "replied" and outcome.replies == [[42, ""]]:
        return None
    return f"The sandbox starts but does not answer ({outcome.kind}: {outcome.error or 'no message'})."
