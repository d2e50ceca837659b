import os
import pwd
import socket
import threading
from pathlib import Path

import pytest

from coursekit.course.grading.store import SubmissionMark

from .course import hand_in, write_course
from .hostile import HOSTILE, fill_in


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of its own, which is also the current folder; the path of its lesson."""
    source = write_course(tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    return source


class Listener:
    """A server on this machine that remembers who called."""

    def __init__(self) -> None:
        self.calls: list[object] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, caller = self._socket.accept()
            except OSError:
                return
            connection.close()
            self.calls.append(caller)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()


class HostileClass:
    """The marks of everything in `hostile.py`, marked together with one honest notebook."""

    def __init__(self, marks: tuple[SubmissionMark, ...], out: Path, listener: Listener, planted: list[Path]):
        self.out, self.listener, self.planted = out, listener, planted
        self._marks = {mark.learner: mark for mark in marks}

    def __getitem__(self, learner: str) -> SubmissionMark:
        return self._marks[learner]

    def statuses(self, learner: str) -> dict[str, str]:
        return {answer.question: answer.status for answer in self[learner].answers}

    def output(self, learner: str, question: str = "double") -> str:
        return next(answer.output for answer in self[learner].answers if answer.question == question)


@pytest.fixture(scope="session")
def hostile_class(tmp_path_factory: pytest.TempPathFactory) -> HostileClass:
    from coursekit.course.grading import grade

    root = tmp_path_factory.mktemp("hostile")
    source = write_course(root / "course", seconds=4.0, memory_mb=300)
    inbox, out = root / "inbox", root / "out"
    listener = Listener()
    facts = {
        "PORT": listener.port,
        "SOLUTION": str(source),
        "QUESTIONS": str(source.with_name("01_tiny_questions.py")),
        "MARKS": str(out / "marks.sqlite"),
        "INBOX": str(inbox),
        # The real one: the tests themselves run with a home of their own.
        "HOME": pwd.getpwuid(os.getuid()).pw_dir,
        "REPOSITORY": str(Path(__file__).parents[3]),
    }
    for name, answers in HOSTILE.items():
        hand_in(inbox / f"{name}.ipynb", fill_in(answers, facts))
    hand_in(inbox / "honest.ipynb")
    here = Path.cwd()
    os.chdir(root / "course")
    try:
        summary = grade(inbox, "01", out, jobs=2)
    finally:
        os.chdir(here)
        listener.close()
    assert not summary.unmarked
    return HostileClass(summary.marks, out, listener, [source, inbox / "honest.ipynb"])
