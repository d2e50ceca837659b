"""One running sandbox, seen from outside: it is sent jobs, watched, and killed when it takes too much.

Everything that comes out of it is bytes from a stranger. Time, memory and output are measured here, where the
answer can't reach.
"""

import contextlib
import json
import os
import secrets
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import psutil

from coursekit.course.grading.limits import KEPT_OUTPUT, PREPARATION_SECONDS, Limits
from coursekit.course.grading.sandbox import SandboxError, Stage, arguments, python, sandbox_uid
from coursekit.course.grading.seccomp import filter_program

Kind = Literal["replied", "timeout", "memory", "died", "broken"]

_TICK = 0.05
_CHUNK = 2**16
_INODE_BYTES = 1024  # what an empty file in memory takes, about


@dataclass(frozen=True)
class Job:
    """One answer to run: cells before it, the learner's cell, and each probe's arguments in wire form."""

    name: str
    is_function: bool
    preparation: Sequence[str]
    answer: str
    args: Sequence[Any]
    seconds: float
    memory_mb: int
    most_bytes: int
    given: dict[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """What became of a job.

    Attributes:
        kind: "replied"; "broken" if the cells before the answer failed; else why the sandbox was ended.
        replies: the JSON of the reply, as a stranger sent it.
        error: one line, for "broken" and "died".
        output: the first printed bytes.
        printed: how many bytes were printed in all.
        seconds: wall time of the answer and its probes.
    """

    kind: Kind = "died"
    replies: Any = None
    error: str = ""
    output: bytes = b""
    printed: int = 0
    seconds: float = 0.0


class SandboxProcess:
    """A sandbox that answers jobs one after the other until one of them ends it."""

    def __init__(self, bwrap: str, stage: Stage, limits: Limits, slot: int = 0):
        self.alive = True
        self.used = False
        self._limits = limits
        self._output = bytearray()
        self._printed = 0
        self._lines = bytearray()
        self._received = 0
        self._worker = 0
        self._init_pid = 0
        self._init: int | None = None
        self._selector = selectors.DefaultSelector()
        self._files: list[Any] = []
        uid = sandbox_uid(slot)
        try:
            self._start(bwrap, stage, uid)
        except OSError as error:
            raise SandboxError(f"The sandbox does not start ({error.strerror}).") from error
        try:
            self._greet(stage, uid)
        except (OSError, psutil.Error) as error:
            self.close()
            raise SandboxError(f"The sandbox ended while it started ({error}).") from error
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "SandboxProcess":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the sandbox with every process in it."""
        self.alive = False
        if self._init is not None:
            # The first process of a PID namespace takes all others with it.
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._init, signal.SIGKILL)
            os.close(self._init)
            self._init = None
        self._process.kill()
        self._process.wait()
        self._selector.close()
        for file in self._files:
            with contextlib.suppress(OSError):
                file.close()
        self._files = []

    def run(self, job: Job) -> Outcome:
        """Run one answer and wait for its replies, its death, or a limit."""
        self._output.clear()
        self._printed = 0
        self._lines.clear()
        self._received = 0
        token = secrets.token_hex(8)
        message = {
            "token": token,
            "name": job.name,
            "is_function": job.is_function,
            "preparation": list(job.preparation),
            "answer": job.answer,
            "args": list(job.args),
            "given": job.given,
            "most_bytes": job.most_bytes,
        }
        outcome = self._watch(json.dumps(message).encode() + b"\n", token, job)
        self.used = True
        if outcome.kind not in ("replied", "broken"):
            self.close()
        outcome.output, outcome.printed = bytes(self._output), self._printed
        return outcome

    def _start(self, bwrap: str, stage: Stage, uid: int | None) -> None:
        reply_read, reply_write = os.pipe()
        output_read, output_write = os.pipe()
        info_read, info_write = os.pipe()
        options, program = (
            _full_pipe("\0".join(arguments(stage, uid)).encode() + b"\0"),
            _full_pipe(filter_program()),
        )
        command = [
            bwrap,
            "--args",
            str(options),
            "--seccomp",
            str(program),
            "--info-fd",
            str(info_write),
            "--",
        ]
        self._reply_descriptor = reply_write  # bubblewrap hands it on under the same number
        passed = (reply_write, options, program, info_write)
        self._process = subprocess.Popen(
            [*command, *python()],
            stdin=subprocess.PIPE,
            stdout=output_write,
            stderr=output_write,
            pass_fds=passed,
            env={},
            bufsize=0,
        )
        for descriptor in (*passed, output_write):
            os.close(descriptor)
        assert self._process.stdin is not None
        self._jobs = self._process.stdin
        self._replies, self._printing = os.fdopen(reply_read, "rb", 0), os.fdopen(output_read, "rb", 0)
        self._files = [self._jobs, self._replies, self._printing]
        for file in self._files:
            os.set_blocking(file.fileno(), False)
        self._selector.register(self._replies, selectors.EVENT_READ, "reply")
        self._selector.register(self._printing, selectors.EVENT_READ, "output")
        with os.fdopen(info_read, "rb") as info:
            said = info.read()
        with contextlib.suppress(ValueError, KeyError, OSError):
            self._init_pid = int(json.loads(said)["child-pid"])
            self._init = os.pidfd_open(self._init_pid)

    def _greet(self, stage: Stage, uid: int | None) -> None:
        """Send the settings, wait until the worker is locked down, and look for ourselves whether it is."""
        settings = {
            "uid": uid,
            "replies": self._reply_descriptor,
            "limits": self._limits.resources(),
            "grader": stage.grader,
            "packages": stage.packages,
        }
        hello = Job("hello", False, (), "", (), 0.0, self._limits.memory_mb, 1000)
        outcome = self._watch(json.dumps(settings).encode() + b"\n", None, hello)
        if outcome.kind != "replied" or self._init is None:
            said = bytes(self._output).decode("utf-8", "replace").strip().splitlines()
            reason = said[-1] if said else outcome.kind
            raise SandboxError(f"The sandbox does not start ({reason}).{_advice(reason)}")
        self._worker = _only_child(self._init_pid)
        _check_locked_down(self._worker, uid)
        if self._memory_mb() is None:
            raise SandboxError("The memory of a sandbox can't be watched here: /proc is not readable.")

    def _watch(self, message: bytes, token: str | None, job: Job) -> Outcome:
        outcome, prepared = Outcome(), token is None
        start = time.monotonic()
        deadline = start + PREPARATION_SECONDS
        unsent = memoryview(message)
        self._selector.register(self._jobs, selectors.EVENT_WRITE, "job")
        try:
            next_look = start
            while True:
                now = time.monotonic()
                if now >= deadline:
                    outcome.kind = "timeout" if prepared else "broken"
                    outcome.error = "the cells before the answer took too long"
                    return outcome
                if self._worker and now >= next_look:
                    next_look = now + _TICK
                    memory = self._memory_mb()
                    if memory is not None and memory > job.memory_mb:
                        outcome.kind = "memory"
                        return outcome
                for key, _events in self._selector.select(min(_TICK, deadline - now)):
                    if key.data == "job":
                        unsent = unsent[self._write(unsent) :]
                        if not unsent:
                            self._selector.unregister(self._jobs)
                    elif key.data == "output":
                        self._read_output()
                    elif not self._read_replies(job.most_bytes):
                        self._drain_output()
                        outcome.error = "too much came back" if self._received > job.most_bytes else ""
                        return outcome
                for line in self._take_lines():
                    reply = _parse(line)
                    if reply is None or (token is not None and reply.get("token") != token):
                        continue  # not for this job: noise, or a reply to a question that was not asked
                    if token is None or (prepared and "replies" in reply):
                        self._drain_output()
                        outcome.kind, outcome.replies = "replied", reply.get("replies")
                        outcome.seconds = time.monotonic() - start
                        return outcome
                    if not prepared and "broken" in reply:
                        outcome.kind, outcome.error = "broken", str(reply["broken"])[:300]
                        return outcome
                    if not prepared and "prepared" in reply:
                        # What the course's own cells print is no concern of the learner.
                        self._drain_output()
                        self._output.clear()
                        self._printed, prepared, start = 0, True, time.monotonic()
                        deadline = start + job.seconds
                        unsent = memoryview(b"go\n")
                        self._selector.register(self._jobs, selectors.EVENT_WRITE, "job")
        finally:
            outcome.seconds = outcome.seconds or time.monotonic() - start
            with contextlib.suppress(KeyError):
                self._selector.unregister(self._jobs)

    def _write(self, data: memoryview) -> int:
        try:
            return os.write(self._jobs.fileno(), data[:_CHUNK])
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            return len(data)  # it died; the reply pipe says so next

    def _read_replies(self, most_bytes: int) -> bool:
        """Take in what came; False at the end, or when more came than any answer may send."""
        try:
            data = self._replies.read(_CHUNK)
        except BlockingIOError:
            return True
        if data is None:
            return True
        self._lines += data
        self._received += len(data)
        return bool(data) and self._received <= most_bytes + _CHUNK

    def _take_lines(self) -> list[bytes]:
        if b"\n" not in self._lines[-_CHUNK - 1 :]:
            return []
        *lines, rest = bytes(self._lines).split(b"\n")
        self._lines[:] = rest
        return lines

    def _read_output(self) -> bool:
        data = self._printing.read(_CHUNK)
        if not data:
            if data is not None:
                self._selector.unregister(self._printing)
            return False
        self._printed += len(data)
        self._output += data[: max(KEPT_OUTPUT - len(self._output), 0)]
        return True

    def _drain_output(self) -> None:
        # Bounded: an answer may leave a thread behind that never stops printing.
        for _ in range(32):
            if (
                "output" not in [key.data for key in self._selector.get_map().values()]
                or not self._read_output()
            ):
                return

    def _memory_mb(self) -> float | None:
        """Memory of all processes in the sandbox and of its files in memory; None if it can't be read."""
        root = Path(f"/proc/{self._worker}/root")
        total, seen = 0, False
        try:
            for entry in (root / "proc").iterdir():
                if entry.name.isdigit():
                    with contextlib.suppress(OSError):
                        total += _private_kb(entry) * 1024
                        seen = True
            for folder in ("tmp", "dev/shm"):
                usage = os.statvfs(root / folder)
                total += (usage.f_blocks - usage.f_bfree) * usage.f_frsize
                total += (usage.f_files - usage.f_ffree) * _INODE_BYTES
        except OSError:
            return None
        return total / 2**20 if seen else None


def _full_pipe(data: bytes) -> int:
    """A descriptor from which these bytes can be read; they must fit into a pipe."""
    read, write = os.pipe()
    with os.fdopen(write, "wb") as file:
        os.set_blocking(write, False)
        file.write(data)
    return read


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        reply = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return reply if isinstance(reply, dict) else None


def _only_child(pid: int) -> int:
    children = psutil.Process(pid).children()
    if len(children) != 1:
        raise SandboxError(f"The sandbox should start with one process; it has {len(children)}.")
    return children[0].pid


def _check_locked_down(worker: int, uid: int | None) -> None:
    """Read from the kernel, not from the worker, that it has no rights left."""
    text = Path(f"/proc/{worker}/status").read_text()
    status = {line.split(":")[0]: line.split(":")[1].split() for line in text.splitlines()}
    user = str(os.getuid() if uid is None else uid)
    wanted = {"Uid": [user] * 4, "NoNewPrivs": ["1"], "Seccomp": ["2"]}
    wanted.update({name: ["0" * 16] for name in ("CapPrm", "CapEff", "CapAmb")})
    for name, value in wanted.items():
        if status.get(name) != value:
            raise SandboxError(
                f"The sandbox is not tight: {name} is {status.get(name)}, it should be {value}."
            )


def _private_kb(process: Path) -> int:
    """Memory that a process holds beside files on disk, with its share of what it shares with others."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except PermissionError:
        # A process can close this file to others, but not the simpler count of its pages.
        return int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    sizes = {line.split(":")[0]: line.split()[1] for line in lines[1:]}
    kinds = ("Pss_Anon", "Pss_Shmem") if "Pss_Anon" in sizes else ("Pss",)
    return sum(int(sizes.get(kind, 0)) for kind in (*kinds, "SwapPss"))


def _advice(reason: str) -> str:
    if "uid map" in reason or "namespace" in reason or "Operation not permitted" in reason:
        return (
            " This system does not let ordinary users make namespaces. Ubuntu 24.04: allow bwrap in AppArmor "
            "or sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; a container needs --privileged."
        )
    return ""
