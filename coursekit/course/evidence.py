"""Measured results: the only place from which a lesson quotes numbers.

`evidence/NN_name.py` holds the study (`measure`) and what the lesson claims from it (`CLAIMS`);
`coursekit evidence NN` runs the study and writes `evidence/NN_name.json`. A study that belongs to no single
lesson, such as `datasets`, has its own name.
"""

import importlib.metadata
import json
import os
import platform
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from coursekit.course.files import write_whole
from coursekit.course.source import course_root, lesson_stems, resolve_lesson
from coursekit.errors import CourseError


@dataclass(frozen=True)
class Evidence:
    """Results of a study, by name of the measurement.

    Each measurement has `values` of shape (repeats, points), `x` (points,), `cost_s` (repeats,) seconds,
    `labels` (how many labels a repeat used) and a line of `what`.
    """

    data: dict[str, Any]

    def values(self, name: str) -> np.ndarray:
        """All values of a measurement, (repeats, points).

        Raises:
            CourseError: if there is no such measurement.
        """
        return np.asarray(self._measurement(name)["values"], dtype="float64")

    def x(self, name: str) -> np.ndarray:
        """Where the values were measured, (points,)."""
        return np.asarray(self._measurement(name)["x"])

    def at(self, name: str, x: Any = None) -> np.ndarray:
        """The values at one point, (repeats,); `x` may be left out where there is only one."""
        places = self._measurement(name)["x"]
        if x is None and len(places) == 1:
            x = places[0]
        if x not in places:
            raise CourseError(f"{name!r} was measured at {places}, not at {x!r}.")
        return self.values(name)[:, places.index(x)]

    def mean(self, name: str, x: Any = None) -> float:
        """Mean over repeats."""
        return float(self.at(name, x).mean())

    def sd(self, name: str, x: Any = None) -> float:
        """Standard deviation over repeats (n - 1)."""
        return float(self.at(name, x).std(ddof=1))

    def cost_s(self, name: str) -> float:
        """Median seconds that one repeat took, on the machine named under `made`."""
        return float(np.median(self._measurement(name)["cost_s"]))

    def notes(self, name: str) -> Any:
        """Something else that the study kept: an example, a table.

        Raises:
            CourseError: if there is no such note.
        """
        if name not in self.data["notes"]:
            raise CourseError(f"No note {name!r}; there is {', '.join(self.data['notes']) or 'none'}.")
        return self.data["notes"][name]

    def _measurement(self, name: str) -> dict[str, Any]:
        found = self.data["measurements"].get(name)
        if found is None:
            raise CourseError(
                f"No measurement {name!r}; there is {', '.join(self.data['measurements']) or 'none'}."
            )
        return found


@dataclass(frozen=True)
class Claim:
    """A sentence of the lesson as a condition on its evidence."""

    says: str
    holds: Callable[[Evidence], bool]


def evidence_path(stem: str, root: Path | None = None) -> Path:
    """Where the evidence of a lesson lies."""
    return (root or course_root()) / "evidence" / f"{stem}.json"


def read_evidence(path: Path) -> Evidence:
    """Read an evidence file; a lesson without one has none to quote.

    Raises:
        CourseError: if the file is not readable as JSON.
    """
    if not path.exists():
        return Evidence({"measurements": {}, "notes": {}})
    try:
        return Evidence(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise CourseError(
            f"{path.name} is not readable: {error}. Run `coursekit evidence {path.stem[:2]}`."
        ) from None


def claims(stem: str, root: Path | None = None) -> list[Claim]:
    """What a lesson claims from its evidence."""
    return list(runpy.run_path(str(evidence_path(stem, root).with_suffix(".py")))["CLAIMS"])


def find_study(name: str, root: Path | None = None) -> str:
    """The stem of a study's files.

    Args:
        name: a lesson as `resolve_lesson` understands it, or a study's own name such as "datasets".
        root: the course folder; found from the current folder if None.

    Raises:
        CourseError: if there is no such lesson.
    """
    root = root or course_root()
    return (
        name
        if evidence_path(name, root).with_suffix(".py").exists()
        else resolve_lesson(name, lesson_stems(root))
    )


def measure(stem: str, root: Path | None = None) -> Path:
    """Run a study and write its evidence.

    Args:
        stem: the study, "02_convolutions" or "datasets".
        root: the course folder.

    Returns:
        The file that was written: whole or not at all.

    Raises:
        CourseError: if there is no such study.
    """
    path = evidence_path(stem, root)
    script = path.with_suffix(".py")
    if not script.exists():
        raise CourseError(f"{stem} has no study: {script.parent.name}/{script.name} is missing.")
    found = runpy.run_path(str(script))["measure"]()
    found = {"lesson": stem, "made": _made(), **found}
    write_whole(path, _rounded_json(found))
    return path


def _made() -> dict[str, Any]:
    versions = {
        name: importlib.metadata.version(name) for name in ("keras", "numpy", "scikit-learn", "tensorflow")
    }
    return {
        "python": platform.python_version(),
        **versions,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }


def _rounded_json(data: Any) -> str:
    """JSON with numbers to five digits and one line for each list of numbers: diffs stay readable."""

    def tidy(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: tidy(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, np.ndarray)):
            return [tidy(item) for item in value]
        if isinstance(value, (float, np.floating)):
            return float(f"{value:.5g}")
        return value.item() if isinstance(value, np.integer) else value

    def write(value: Any, indent: int) -> str:
        pad = " " * indent
        if isinstance(value, dict) and value:
            rows = [f"{pad} {json.dumps(key)}: {write(item, indent + 1)}" for key, item in value.items()]
            return "{\n" + ",\n".join(rows) + f"\n{pad}}}"
        if isinstance(value, list) and value and isinstance(value[0], (list, dict)):
            return "[\n" + ",\n".join(f"{pad} {write(item, indent + 1)}" for item in value) + f"\n{pad}]"
        return json.dumps(value, ensure_ascii=False)

    return write(tidy(data), 0) + "\n"
