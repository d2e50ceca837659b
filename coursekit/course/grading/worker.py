"""Runs a learner's answers inside the sandbox and replies with plain values.

This file and `wire.py` are all of the course's marking code that a sandbox contains. It gives up its
rights and sets its limits before it reads the first answer. After that nothing it says is trusted: the
learner's code lives in this process and can change every object in it. What comes out is data, which the
scorer compares with what it expects.

Messages are lines of JSON. In (standard input): the settings, then one job a line. Out (the descriptor
named there): `{"ready": true}`, then for each job `{"token", "broken"}`, or `{"token", "prepared"}` and,
after a line that says to go on, `{"token", "replies"}`.
"""

import contextlib
import io
import json
import linecache
import os
import re
import resource
import sys
import traceback
import types
from pathlib import Path
from typing import Any, BinaryIO

# `_run`, `_call` and `_one_line` repeat what `source.py` and `answers.py` do for the notebook, because this
# file must stand alone in the sandbox.
_MAX_ERROR = 300
_replies = -1
_wire: Any = None


class _Lesson:
    """Stands in for the lesson object: a learner may leave `lesson.check(...)` in an answer cell."""

    def __getattr__(self, _name: str) -> Any:
        return lambda *_args, **_kwargs: None

    def use(self, _name: str, yours: Any, _ours: Any = None) -> Any:
        return yours


def main() -> None:
    """Read the settings, lock this process down, then answer jobs until there are no more."""
    # Away from descriptor 0, so that `input()` in an answer finds the end of a file and not the next job.
    jobs = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    settings = json.loads(jobs.readline())
    global _replies
    _replies = settings["replies"]
    os.set_inheritable(_replies, False)
    _give_up_rights(settings["uid"])
    _set_limits(settings["limits"])
    sys.path[:0] = [settings["grader"]]
    sys.path += settings["packages"]
    global _wire
    import wire as _wire  # NumPy comes with it: before the first answer, which may break imports

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace", line_buffering=True)
    _reply({"ready": True})
    for line in jobs:
        _answer(json.loads(line), jobs)


def _give_up_rights(uid: int | None) -> None:
    """Become an ordinary user; None if the sandbox was started by one."""
    # If the machine runs out of memory, this process goes first.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)


def _set_limits(limits: dict[str, int]) -> None:
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, name), (value, value))


def _answer(job: dict[str, Any], jobs: BinaryIO) -> None:
    token, name = job["token"], job["name"]
    module = types.ModuleType("__main__")  # some libraries look a class's module up by name
    sys.modules["__main__"] = module
    namespace = module.__dict__
    namespace.update(job["given"], lesson=_Lesson(), display=lambda *_objects, **_options: None)
    try:
        for number, source in enumerate(job["preparation"]):
            _run(source, f"<cell {number} before {name}>", namespace)
    except BaseException as error:
        _reply({"token": token, "broken": _one_line(error, "")})
        return
    _reply({"token": token, "prepared": True})
    jobs.readline()  # the word to go on: from here the clock runs and the output is the learner's
    cell = f"<your cell {name}>"
    try:
        _run(job["answer"], cell, namespace)
    except BaseException as error:
        replies = [[None, _one_line(error, cell)]] * len(job["args"])
    else:
        answer = namespace.get(name)
        replies = [_call(answer, job["is_function"], args, cell) for args in job["args"]]
    line = json.dumps({"token": token, "replies": replies})
    if len(line) > job["most_bytes"]:
        size, most = len(line) / 2**20, job["most_bytes"] / 2**20
        problem = f"ValueError: your answer returns {size:.0f} MB of data; {most:.0f} MB are the most"
        line = json.dumps({"token": token, "replies": [[None, problem]] * len(replies)})
    _flush()
    _write(line)


def _run(source: str, filename: str, namespace: dict[str, Any]) -> None:
    try:
        code = compile(source, filename, "exec")
    except SyntaxError:
        # Only now: a continued line may begin with the operator %, which is no magic.
        source = re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source)
        code = compile(source, filename, "exec")
    # Without the text, `inspect.getsource`, and TensorFlow's autograph with it, would fail.
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    exec(code, namespace)


def _call(answer: Any, is_function: bool, args: Any, cell: str) -> list[Any]:
    try:
        if answer is None or answer is ...:
            return [None, ""]
        # Decoded for each call: an answer may change its arguments.
        value = answer(*_wire.decode(args)) if is_function else answer
        return [_wire.encode(None if value is ... else value), ""]
    except _wire.WireError as problem:
        return [None, f"TypeError: your answer is {problem}."]
    except BaseException as error:
        return [None, _one_line(error, cell)]


def _one_line(error: BaseException, cell: str) -> str:
    """The error in one line, with the line of the learner's own cell where it came up."""
    name = type(error).__name__
    try:
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        text = f"{name}: {said}".strip().splitlines()[0][:_MAX_ERROR]
        lines = [
            frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == cell
        ]
        line = error.lineno if isinstance(error, SyntaxError) and error.filename == cell else None
        line = line or (lines[-1] if lines else None)
        return f"{text} (line {line} of your cell)" if line else text
    except Exception:
        return name


def _reply(message: dict[str, Any]) -> None:
    _flush()
    _write(json.dumps(message))


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _write(line: str) -> None:
    data = memoryview(line.encode() + b"\n")
    while data:
        data = data[os.write(_replies, data) :]


if __name__ == "__main__":
    main()
