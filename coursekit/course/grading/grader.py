"""Marking a class: every notebook of a folder, once, whatever is in it."""

import contextlib
import hashlib
import io
import json
import os
import queue
import secrets
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coursekit.course.answers import Reference
from coursekit.course.grading.marking import FAILED, Mark, Marker, Task, text_of
from coursekit.course.grading.pages import write_pages
from coursekit.course.grading.sandbox import SandboxError, bubblewrap, sandbox_problem, staged
from coursekit.course.grading.store import Marking, Store, SubmissionMark
from coursekit.course.grading.submission import (
    InvalidSubmissionError,
    find_submissions,
    fingerprint,
    learner_names,
    read_submission,
)
from coursekit.course.questions import Probe, Question, WrongAnswer
from coursekit.course.source import LessonSource, course_root, find_source, read_source
from coursekit.course.wire import encode
from coursekit.errors import CourseError

GIVEN = {"PROFILE": "quick", "SEED": 0}
"""What the parameters cell of a lesson says while answers are marked."""


@dataclass(frozen=True)
class GradeSummary:
    """What a call of `grade` did.

    Attributes:
        lesson: the stem.
        marks: every submission of the marking, by learner, those of earlier calls included.
        new: the files that this call has marked; the others had been marked before.
        unmarked: file -> why it could not be marked now. Nothing is recorded: the next call tries again.
        database: `marks.sqlite`.
        table: `marks.csv`.
        index: `index.html`, from where every learner's page is linked.
    """

    lesson: str
    marks: tuple[SubmissionMark, ...]
    new: frozenset[str]
    unmarked: dict[str, str]
    database: Path
    table: Path
    index: Path


def grade(
    folder: Path,
    lesson: str,
    out: Path | None = None,
    jobs: int | None = None,
    questions: Sequence[str] | None = None,
    regrade: bool = False,
    progress: Callable[[int, int, SubmissionMark], None] | None = None,
) -> GradeSummary:
    """Mark all notebooks below a folder.

    A second call goes on where the first one ended: a file that has its mark is not run again, a changed
    or new file is. All files of a marking get the same secret probes.

    Args:
        folder: the submissions, as files or as a folder for each learner.
        lesson: "02", a stem, or a path to the lesson's source.
        out: where the marks and pages go; None means FOLDER_marks/LESSON beside the folder.
        jobs: submissions that are marked at the same time; None takes as many as cores and memory allow.
        questions: the names of the questions to mark; None marks all of them.
        regrade: begin a new marking, with new probes, of every file. The database keeps earlier marks.
        progress: called with the number done, the number to do, and the mark, after each submission.

    Raises:
        CourseError: if the sandbox does not work here, the lesson or a question is unknown, the folder is
            missing, or the marks can't be written. Marks that were given are kept.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CourseError(f"There is no folder {folder}: name the folder that holds the submissions.")
    if problem := sandbox_problem():
        raise CourseError(f"Nothing was marked: answers run only in a sandbox. {problem}")
    source = read_source(find_source(lesson))
    asked = _asked(source, questions)
    out = Path(out) if out is not None else Path(f"{folder.resolve()}_marks") / source.stem
    with _only_one(out), Store(out / "marks.sqlite") as store:
        marking = _marking(store, source, asked, regrade)
        paths = find_submissions(folder)
        names = learner_names(folder, paths)
        done = store.marked_files(marking)
        files = {
            path: path.relative_to(folder).as_posix().encode("utf-8", "replace").decode() for path in paths
        }
        to_do = [path for path in paths if done.get(files[path]) != fingerprint(path)]
        unmarked: dict[str, str] = {}
        if to_do:
            secret = (course_root(), folder, out)
            with staged(source.withheld, secret) as stage:
                marker = Marker(bubblewrap(), stage, _tasks(source, asked, marking), GIVEN)
                for count, (path, result) in enumerate(
                    _mark_all(marker, source, to_do, jobs or _jobs(asked)), 1
                ):
                    if isinstance(result, SandboxError):
                        unmarked[files[path]] = str(result)
                        continue
                    mark = _submission_mark(result, files[path], names[path], sum(q.points for q in asked))
                    store.save(marking, mark)
                    if progress is not None:
                        progress(len(paths) - len(to_do) + count, len(paths), mark)
        marks = tuple(store.marks(marking))
        table, index = write_pages(out, source, marking, marks)
    new = frozenset(files[path] for path in to_do) - unmarked.keys()
    return GradeSummary(source.stem, marks, new, unmarked, out / "marks.sqlite", table, index)


@dataclass(frozen=True)
class _Result:
    sha256: str
    seconds: float = 0.0
    problem: str = ""
    marks: tuple[Mark, ...] = ()


def _asked(source: LessonSource, names: Sequence[str] | None) -> list[Question]:
    if names is None:
        return list(source.questions)
    chosen = {source.question(name).name for name in names}
    return [question for question in source.questions if question.name in chosen]


def _marking(store: Store, source: LessonSource, asked: list[Question], regrade: bool) -> Marking:
    """The marking to go on with, or a new one if the lesson has changed: its marks must be comparable."""
    names = tuple(question.name for question in asked)
    files = (source.path, source.path.with_name(f"{source.stem}_questions.py"))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    marking = store.latest_marking(source.stem)
    same = (source.version, digest, names)
    if marking and not regrade and (marking.version, marking.source, marking.questions) == same:
        return marking
    return store.start_marking(source.stem, source.version, digest, names, secrets.token_hex(16))


def _tasks(source: LessonSource, asked: list[Question], marking: Marking) -> list[Task]:
    """Draw every probe and compute every right value, before any answer runs."""
    os.environ.setdefault("MPLBACKEND", "Agg")  # a reference may draw; there may be no screen
    reference = Reference(source, **{name.lower(): value for name, value in GIVEN.items()})  # type: ignore[arg-type]
    tasks = []
    for question in asked:
        seed = [int(marking.seed, 16), zlib.crc32(question.name.encode())]
        with contextlib.redirect_stdout(io.StringIO()):
            probes = reference.probes(question, np.random.default_rng(seed))
            # A comparison that explains itself speaks of this very answer; no typical one is needed.
            wrong = [] if question.compare.explains else reference.wrong_answers(question, probes)
        tasks.append(make_task(source, question, probes, wrong, f"{marking.seed}/{seed[1]}"))
    return tasks


def make_task(
    source: LessonSource, question: Question, probes: list[Probe], wrong: list[WrongAnswer], seed: str = ""
) -> Task:
    """What the marker needs to know of a question."""
    answers = {other.name for other in source.questions}
    return Task(
        name=question.name,
        points=question.points,
        is_function=question.probes is not None,
        compare=question.compare,
        probes=probes,
        wrong=wrong,
        right=question.right,
        preparation=lambda answer: source.preparation_code(question, answer, source.withheld_modules),
        reveals=frozenset(cell.name for cell in source.preparation(question) if cell.name in answers),
        stub=source.cell(question.name).stub,
        seconds=question.seconds,
        memory_mb=question.memory_mb,
        args=[encode(probe.args) for probe in probes],
        expected_bytes=len(json.dumps([encode(probe.expected) for probe in probes])),
        seed=seed,
    )


def _mark_all(
    marker: Marker, source: LessonSource, paths: list[Path], jobs: int
) -> Iterator[tuple[Path, "_Result | SandboxError"]]:
    """Mark files beside one another; results come in the order in which they are ready."""
    slots: queue.SimpleQueue[int] = queue.SimpleQueue()
    for slot in range(jobs):
        slots.put(slot)

    def one(path: Path) -> _Result:
        slot = slots.get()
        try:
            return _mark_one(marker, source, path, slot)
        finally:
            slots.put(slot)

    with ThreadPoolExecutor(jobs, thread_name_prefix="marking") as pool:
        futures: dict[Future[_Result], Path] = {pool.submit(one, path): path for path in paths}
        try:
            for future in as_completed(futures):
                error = future.exception()
                if error is not None and not isinstance(error, SandboxError):
                    raise error
                yield futures[future], error if isinstance(error, SandboxError) else future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _mark_one(marker: Marker, source: LessonSource, path: Path, slot: int) -> _Result:
    start = time.perf_counter()
    try:
        submission = read_submission(path, source.stem, source.version)
    except InvalidSubmissionError as error:
        return _Result(fingerprint(path), problem=text_of(str(error), 300))
    marks = tuple(marker.mark(submission, slot))
    return _Result(submission.sha256, time.perf_counter() - start, marks=marks)


def _submission_mark(result: _Result, file: str, learner: str, of: int) -> SubmissionMark:
    ended = [mark.status for mark in result.marks if mark.status in FAILED]
    status = "invalid" if result.problem else (ended[0] if ended else "ok")
    points = sum(mark.points for mark in result.marks)
    return SubmissionMark(
        file, learner, result.sha256, status, result.problem, result.seconds, points, of, result.marks
    )


def _jobs(asked: list[Question]) -> int:
    import psutil

    memory = psutil.virtual_memory().available / 2**20
    most = max((question.memory_mb for question in asked), default=1)
    return max(1, min(os.cpu_count() or 1, int(memory // most)))


@contextlib.contextmanager
def _only_one(out: Path) -> Iterator[None]:
    """Hold the folder of marks, so that two calls at once don't mix their probes."""
    import fcntl

    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (out / ".lock").open("w")
    except OSError as error:
        raise CourseError(f"The marks can't be written to {out}: {error.strerror}.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CourseError(f"Another call is marking into {out}; wait until it has ended.") from None
        yield
