"""Many cells of a study, measured one after another, by one process or several, with breaks between."""

import json
import math
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, Self

import numpy as np

from coursekit.efficiency.curves import LearningCurve
from coursekit.efficiency.results_file import Locks, ResultsFile, as_json
from coursekit.efficiency.table import Table
from coursekit.errors import CourseError, InputError
from coursekit.training.progress_line import duration, open_line

Cell = Mapping[str, Any]
Measure = Callable[..., Mapping[str, float]]


class Study:
    """The results of a study, cell by cell, in a file that outlives the process that measures.

    A cell is one run, a training and its test: which arm, how many images, which seed. Each finished cell is
    a row that is on the disk before the next one starts. A study that was stopped, killed or lost its power
    goes on where it was. Several processes may run the same study on the same file: each cell is measured by
    one of them.

        study = Study("augmentation.jsonl", {"steps": 600, "batch": 32})
        study.run([{"arm": "plain", "n": n, "seed": seed} for n in (30, 60) for seed in range(5)], measure)
        study.values("accuracy", arm="plain", n=30)  # five numbers

    Args:
        results_path: the file of results, one line of JSON each; made on first use, with a file of locks
            beside it.
        settings: what all cells have in common and their scores depend on: steps, batch, rate. Made of
            numbers, strings, booleans, None, lists and dicts.

    Raises:
        InputError: if the settings can't be kept as JSON.
        CourseError: if the file was measured with other settings, or can't be read.
    """

    def __init__(self, results_path: str | Path, settings: Mapping[str, Any]) -> None:
        self._file = ResultsFile(Path(results_path), dict(settings))

    def run(self, cells: Iterable[Cell], measure: Measure, progress: bool = True) -> None:
        """Measure the cells that have no row yet; return when each of them has one.

        A cell that raises an error is noted as failed and the others go on; the next run tries it again. A
        cell that another process works on is left to it; if that process dies, this one takes the cell over.

        Args:
            cells: each a dict of what tells it from others, such as {"arm": "plain", "n": 30, "seed": 0},
                made of what settings are made of. A cell that is listed twice is measured once.
            measure: called as measure(**cell); returns score -> number, where no score has the name of a key
                of the cell.
            progress: show a line: runs done, what runs, time left.

        Raises:
            InputError: if a cell can't be kept as JSON.
            CourseError: if cells failed, when all others are done: it tells the error of each and the line
                that raised it, and the file has the whole tracebacks. If the file can't be written, at once.
        """
        wanted = {as_json(dict(cell)): cell for cell in cells}
        with Locks(self._file.path) as locks, _StudyLine(len(wanted), progress) as line:
            _Run(self._file, wanted, measure, locks, line).finish()

    def rows(self) -> list[dict[str, Any]]:
        """Return a dict for each finished cell: the cell, its scores, and `cost_s`, the seconds it took.

        They are sorted by what the cells say, not by when they were measured.
        """
        return [{**cell, **scores} for cell, scores in self._finished()]

    def values(self, score: str, /, **cell: Any) -> np.ndarray:
        """Return one score of all finished cells that agree with `cell`.

        Args:
            score: a name that `measure` returned, or "cost_s".
            **cell: what the cells have in common; arms that differ in nothing but the rest come in the same
                order, so that their values pair up.

        Returns:
            (repeats,) float64, sorted by the rest of the cells, such as their seed.

        Raises:
            CourseError: if there is no such cell, or one of them lacks the score.
        """
        return np.array([value for _, value in self._selected(score, cell)])

    def curve(self, score: str, size_key: str, /, **arm: Any) -> LearningCurve:
        """Return the learning curve of an arm.

        Args:
            score: a name that `measure` returned, higher is better; for others see `LearningCurve`.
            size_key: the key of a cell that says how many labels it learned from.
            **arm: what the cells have in common; what else tells them apart, such as a seed, is the repeat.

        Raises:
            CourseError: if there is no such cell, or a repeat lacks one of the sizes.
        """
        found: dict[str, dict[float, float]] = {}
        for cell, value in self._selected(score, arm):
            if size_key not in cell:
                raise CourseError(f"The run {cell} has no {size_key!r}.")
            repeat = {name: item for name, item in cell.items() if name != size_key and name not in arm}
            found.setdefault(as_json(repeat), {})[cell[size_key]] = value
        sizes = sorted({size for by_size in found.values() for size in by_size})
        missing = [
            f"{size_key} {size} with {repeat}"
            for repeat, by_size in found.items()
            for size in sizes
            if size not in by_size
        ]
        if missing:
            raise CourseError(
                f"A curve needs every size in every repeat. Not measured: {_shortened(missing)}. "
                "Measure these first."
            )
        scores = [[by_size[size] for size in sizes] for by_size in found.values()]
        return LearningCurve(sizes, scores, name=", ".join(str(value) for value in arm.values()))

    def table(self, rows: str, columns: str, score: str, /, **cell: Any) -> Table:
        """Return means and standard deviations of a score over the repeats.

        Args:
            rows: the key of a cell whose values name the rows.
            columns: the key of a cell whose values name the columns.
            score: a name that `measure` returned, or "cost_s".
            **cell: what the cells have in common.

        Raises:
            CourseError: if there is no such cell, or one of them lacks the score or one of the keys.
        """
        places: dict[tuple[Any, Any], list[float]] = {}
        for found, value in self._selected(score, cell):
            for key in (rows, columns):
                if key not in found:
                    raise CourseError(f"The run {found} has no {key!r}.")
            places.setdefault((found[rows], found[columns]), []).append(value)
        return Table(rows, columns, score, places)

    def _finished(self) -> list[tuple[dict[str, Any], dict[str, float]]]:
        """Each finished cell with its scores and cost."""
        found: dict[str, dict[str, Any]] = {}
        for entry in self._file.entries():
            if "scores" in entry:
                found.setdefault(as_json(entry["cell"]), entry)
        in_order = sorted(found.values(), key=lambda entry: _order(entry["cell"]))
        return [(entry["cell"], {**entry["scores"], "cost_s": entry["cost_s"]}) for entry in in_order]

    def _selected(self, score: str, cell: Cell) -> list[tuple[dict[str, Any], float]]:
        """The finished cells that agree with `cell`, each with its score."""
        asked = json.loads(as_json(dict(cell)))
        finished = self._finished()
        found = [
            (full, scores)
            for full, scores in finished
            if all(full.get(key, ...) == asked[key] for key in asked)
        ]
        if not found:
            known = sorted({f"{key}={value!r}" for full, _ in finished for key, value in full.items()})
            raise CourseError(
                f"No run with {_told(asked) or 'anything'} is finished. "
                + (
                    f"Finished ones have {_shortened(known)}."
                    if known
                    else f"{self._file.path} has no rows yet."
                )
            )
        lacking = [full for full, scores in found if score not in scores]
        if lacking:
            raise CourseError(
                f"{len(lacking)} of {len(found)} runs have no score {score!r}, such as {lacking[0]}; "
                f"there is {', '.join(sorted({name for _, scores in found for name in scores}))}."
            )
        return [(full, scores[score]) for full, scores in found]


class _Run:
    """One process's part in a study: takes cells that are free until none is missing."""

    _WAIT_S = 0.5

    def __init__(
        self, file: ResultsFile, wanted: dict[str, Cell], measure: Measure, locks: Locks, line: "_StudyLine"
    ) -> None:
        self._file = file
        self._wanted = wanted
        self._measure = measure
        self._locks = locks
        self._line = line
        # Cells that failed in an earlier run get another try; those that fail from now on don't.
        self._before = len(file.entries())

    def finish(self) -> None:
        while missing := self._missing():
            if not any([self._try_cell(name) for name in missing]):
                self._line.show(len(missing), "waiting for other processes")
                time.sleep(self._WAIT_S)
        failed = self._failed()
        self._line.missing = len(failed)
        if failed:
            told = [f"{_told(self._wanted[name])} ({message})" for name, message in failed.items()]
            raise CourseError(
                f"{len(failed)} of {len(self._wanted)} runs failed: {_shortened(told)}. The others are done; "
                f"run again to try these again. Whole tracebacks are in {self._file.path}."
            )

    def _try_cell(self, name: str) -> bool:
        """Measure a cell unless another process has it; False if so."""
        if not self._locks.claim(name):
            return False
        try:
            missing = self._missing()  # another process may have finished it since we looked
            if name in missing:
                cell = self._wanted[name]
                self._line.show(len(missing), _told(cell))
                self._file.append({"cell": dict(cell), **self._outcome(cell)}, self._locks)
        finally:
            self._locks.release(name)
        return True

    def _outcome(self, cell: Cell) -> dict[str, Any]:
        start = time.perf_counter()
        try:
            outcome: dict[str, Any] = {"scores": _checked_scores(self._measure(**cell), cell)}
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            outcome = {
                "failed": f"{type(error).__name__}: {error}, in {last.filename}, line {last.lineno}",
                "traceback": traceback.format_exc(),
            }
        return {**outcome, "cost_s": round(time.perf_counter() - start, 3)}

    def _missing(self) -> list[str]:
        entries = self._file.entries()
        done = {as_json(entry["cell"]) for entry in entries if "scores" in entry}
        done |= {as_json(entry["cell"]) for entry in entries[self._before :]}
        return [name for name in self._wanted if name not in done]

    def _failed(self) -> dict[str, str]:
        """The cells that failed and have no row, with what their last error said."""
        entries = self._file.entries()
        done = {as_json(entry["cell"]) for entry in entries if "scores" in entry}
        failed = {
            as_json(entry["cell"]): entry["failed"] for entry in entries[self._before :] if "failed" in entry
        }
        return {name: failed[name] for name in self._wanted if name in failed and name not in done}


class _StudyLine:
    """How a study gets on: runs done, what runs now, time left."""

    def __init__(self, total: int, shown: bool) -> None:
        self._line = open_line() if shown else None
        self._total = total
        self.missing = self._missing_at_start = total
        self._start: float | None = None

    def __enter__(self) -> Self:
        return self

    def show(self, missing: int, running: str) -> None:
        now = time.monotonic()
        if self._start is None:
            self._start, self._missing_at_start = now, missing
        self.missing = missing
        measured = self._missing_at_start - missing
        left = f"{duration((now - self._start) / measured * missing)} left" if measured else ""
        if self._line:
            self._line.rewrite(" · ".join(part for part in [self._done(), running, left] if part))

    def __exit__(self, *_: object) -> None:
        if self._line:
            self._line.close(self._done())

    def _done(self) -> str:
        return f"{self._total - self.missing} of {self._total} runs done"


def _checked_scores(scores: Any, cell: Cell) -> dict[str, float]:
    """The scores as floats, if they are what a row can hold."""
    if not isinstance(scores, Mapping) or not scores:
        raise InputError(f"measure must return a dict of score -> number, got {scores!r}.")
    for name, value in scores.items():
        if not isinstance(name, str) or name in cell or name == "cost_s":
            raise InputError(
                f"A score needs a name of its own, a string that is no key of its run; got {name!r}."
            )
        if not isinstance(value, Real) or not math.isfinite(value):
            raise InputError(f"The score {name!r} must be a finite number, got {value!r}.")
    return {name: float(value) for name, value in scores.items()}


def _told(cell: Cell) -> str:
    return ", ".join(f"{name} {value}" for name, value in cell.items())


def _shortened(parts: Sequence[str], most: int = 10) -> str:
    more = f"; and {len(parts) - most} more" if len(parts) > most else ""
    return "; ".join(parts[:most]) + more


def _order(cell: Cell) -> list[tuple[str, bool, float, str]]:
    """A key to sort cells: by number where a value is one, by its text elsewhere."""
    return [
        (name, True, value, "") if isinstance(value, (int, float)) else (name, False, 0.0, as_json(value))
        for name, value in sorted(cell.items())
    ]
