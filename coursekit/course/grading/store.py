"""The marks, in a SQLite file: one transaction for each submission, so that no mark once given is lost."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coursekit.course.grading.marking import Mark
from coursekit.errors import CourseError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS marking (
    id INTEGER PRIMARY KEY,
    lesson TEXT NOT NULL,
    version INTEGER NOT NULL,
    source TEXT NOT NULL,       -- SHA-256 of the lesson and its questions
    questions TEXT NOT NULL,    -- JSON: the names that are marked
    seed TEXT NOT NULL,         -- secret: whoever knows it can compute the probes
    created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS submission (
    marking INTEGER NOT NULL REFERENCES marking (id),
    file TEXT NOT NULL,
    learner TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('ok', 'invalid', 'timeout', 'memory', 'died')),
    reason TEXT NOT NULL,
    seconds REAL NOT NULL,
    points INTEGER NOT NULL,
    out_of INTEGER NOT NULL,
    marked TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (marking, file)
);
CREATE TABLE IF NOT EXISTS answer (
    marking INTEGER NOT NULL,
    file TEXT NOT NULL,
    place INTEGER NOT NULL,
    question TEXT NOT NULL,
    status TEXT NOT NULL,
    points INTEGER NOT NULL,
    out_of INTEGER NOT NULL,
    message TEXT NOT NULL,
    details TEXT NOT NULL,      -- JSON: everything else that a page shows
    seed TEXT NOT NULL,
    PRIMARY KEY (marking, file, question),
    FOREIGN KEY (marking, file) REFERENCES submission (marking, file) ON DELETE CASCADE
);
"""
_COLUMNS = ("question", "status", "points", "of", "message", "seed")


@dataclass(frozen=True)
class Marking:
    """One marking of a class on one lesson: everybody in it gets the same probes."""

    id: int
    lesson: str
    version: int
    source: str
    questions: tuple[str, ...]
    seed: str
    created: str = ""


@dataclass(frozen=True)
class SubmissionMark:
    """The mark of one submission."""

    file: str
    learner: str
    sha256: str
    status: str
    reason: str
    seconds: float
    points: int
    of: int
    answers: tuple[Mark, ...] = ()


class Store:
    """The file of marks. All calls come from one thread."""

    def __init__(self, path: Path):
        self._path = path
        with self._told():
            # The file holds the secret seed: it is made for nobody but us.
            path.touch(mode=0o600)
            self._connection = sqlite3.connect(path, timeout=10)
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.executescript(_SCHEMA)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()

    def latest_marking(self, lesson: str) -> Marking | None:
        """The last marking of a lesson, or None."""
        row = self._connection.execute(
            "SELECT id, lesson, version, source, questions, seed, created FROM marking WHERE lesson = ? "
            "ORDER BY id DESC LIMIT 1",
            (lesson,),
        ).fetchone()
        if row is None:
            return None
        number, lesson, version, source, questions, seed, created = row
        return Marking(number, lesson, version, source, tuple(json.loads(questions)), seed, created)

    def start_marking(
        self, lesson: str, version: int, source: str, questions: Iterable[str], seed: str
    ) -> Marking:
        """Begin a new marking; earlier ones stay in the file."""
        names = tuple(questions)
        with self._told(), self._connection:
            self._connection.execute(
                "INSERT INTO marking (lesson, version, source, questions, seed) VALUES (?, ?, ?, ?, ?)",
                (lesson, version, source, json.dumps(names), seed),
            )
        marking = self.latest_marking(lesson)
        assert marking is not None
        return marking

    def save(self, marking: Marking, mark: SubmissionMark) -> None:
        """Record a submission with all its answers, or, if that fails, nothing of it.

        Raises:
            CourseError: if the file can't be written, for example because the disk is full.
        """
        with self._told(), self._connection:
            self._connection.execute(
                "DELETE FROM submission WHERE marking = ? AND file = ?", (marking.id, mark.file)
            )
            self._connection.execute(
                "INSERT INTO submission "
                "(marking, file, learner, sha256, status, reason, seconds, points, out_of) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    marking.id,
                    mark.file,
                    mark.learner,
                    mark.sha256,
                    mark.status,
                    mark.reason,
                    mark.seconds,
                    mark.points,
                    mark.of,
                ),
            )
            self._connection.executemany(
                "INSERT INTO answer "
                "(marking, file, place, question, status, points, out_of, message, details, seed) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        marking.id,
                        mark.file,
                        place,
                        answer.question,
                        answer.status,
                        answer.points,
                        answer.of,
                        answer.message,
                        json.dumps({k: v for k, v in asdict(answer).items() if k not in _COLUMNS}),
                        answer.seed,
                    )
                    for place, answer in enumerate(mark.answers)
                ],
            )

    def marked_files(self, marking: Marking) -> dict[str, str]:
        """File -> SHA-256 of what this marking has marked so far."""
        rows = self._connection.execute(
            "SELECT file, sha256 FROM submission WHERE marking = ?", (marking.id,)
        )
        return dict(rows.fetchall())

    def marks(self, marking: Marking) -> list[SubmissionMark]:
        """All marks that a marking gave, by learner."""
        answers: dict[str, list[Mark]] = {}
        for file, question, status, points, of, message, details, seed in self._connection.execute(
            "SELECT file, question, status, points, out_of, message, details, seed FROM answer "
            "WHERE marking = ? ORDER BY file, place",
            (marking.id,),
        ):
            more: dict[str, Any] = json.loads(details)
            more["pictures"] = tuple((title, uri) for title, uri in more["pictures"])
            answers.setdefault(file, []).append(
                Mark(question, status, points, of, message, seed=seed, **more)
            )
        rows = self._connection.execute(
            "SELECT file, learner, sha256, status, reason, seconds, points, out_of FROM submission "
            "WHERE marking = ? ORDER BY learner COLLATE NOCASE, file",
            (marking.id,),
        ).fetchall()
        return [
            SubmissionMark(
                file, learner, sha256, status, reason, seconds, points, of, tuple(answers.get(file, ()))
            )
            for file, learner, sha256, status, reason, seconds, points, of in rows
        ]

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise CourseError(
                f"The marks can't be written to {self._path}: {error}. What was marked before is kept; put "
                "that right and run the same command again, it goes on where it stopped."
            ) from None
