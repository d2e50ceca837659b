"""How long marking one submission of NumPy answers takes, beside `nbgrader autograde` on the same answers.

    python tests/benchmarks/grading.py [--nbgrader PATH/TO/ENVIRONMENT] [--times 20]

nbgrader is no part of the course. To compare, give it an environment of its own and name that:

    python -m venv /tmp/nbgrader && /tmp/nbgrader/bin/pip install nbgrader numpy

Four times are taken, each the median over the runs:

* one more submission of a class: sandbox, answers, judgement (what a class costs, for each learner);
* the same with saving and pages: one call of `grade` with nothing marked before, probes included;
* the whole command in a process of its own, from start to exit;
* `nbgrader autograde` of one notebook with the same answers and equivalent tests, from start to exit.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat

from coursekit.course.grading import grade

sys.path.insert(0, str(Path(__file__).parents[1] / "course"))
from grading.course import RIGHT, hand_in, write_course

_CALL = "import sys; from pathlib import Path; from coursekit.course.grading import grade; "
_CALL += "grade(Path(sys.argv[1]), '01', regrade=True)"
_TESTS = {
    "double": "x = np.arange(30.0).reshape(6, 5)\nnp.testing.assert_allclose(double(x), 2 * x)",
    "total": "assert abs(total(np.arange(8.0)) - 28) < 1e-6",
    "scaled": "assert abs(scaled(2.0) - 6) < 1e-6",
    "twice": "x = np.arange(30.0).reshape(6, 5)\nnp.testing.assert_allclose(twice(x), 4 * x)",
    "letter": "assert letter == 'b'",
}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nbgrader", type=Path, help="environment in which nbgrader is installed")
    parser.add_argument("--times", type=int, default=20, help="runs of each kind (default: 20)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write_course(root / "course")
        os.chdir(root / "course")
        inbox = root / "inbox"
        hand_in(inbox / "ana.ipynb")
        grade(inbox, "01", regrade=True)  # imports, and files read for the first time
        inside: list[float] = []

        def call() -> None:
            summary = grade(inbox, "01", regrade=True)
            assert summary.marks[0].points == summary.marks[0].of
            inside.append(summary.marks[0].seconds)

        rows = [("one call of grade()", _median(call, options.times))]
        rows.insert(0, ("one more submission", statistics.median(inside)))
        # -P: the folder coursekit/ of the tiny course is not the package.
        command = [sys.executable, "-P", "-c", _CALL, str(inbox)]
        rows.append(("the whole command", _median(lambda: _run(command), options.times)))
        if options.nbgrader:
            rows.append(
                ("nbgrader autograde", _time_nbgrader(options.nbgrader, root / "nbgrader", options.times))
            )
    print(f"median of {options.times}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for what, seconds in rows:
        print(f"{what:<22} {seconds:6.2f} s")


def _median(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _run(command: list[str], **options: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")


def _time_nbgrader(environment: Path, course: Path, times: int) -> float:
    binary = environment.resolve() / "bin"
    assignment = course / "source" / "tiny"
    assignment.mkdir(parents=True)
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'tiny'\n")
    (assignment / "tiny.ipynb").write_text(json.dumps(_nbgrader_notebook()))
    os.environ["PATH"] = f"{binary}{os.pathsep}{os.environ['PATH']}"
    for step in (["generate_assignment", "tiny", "--create"], ["db", "student", "add", "ana"]):
        _run([str(binary / "nbgrader"), *step], cwd=str(course))
    submitted = course / "submitted" / "ana" / "tiny"
    submitted.mkdir(parents=True)
    notebook = nbformat.read(course / "release" / "tiny" / "tiny.ipynb", as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        cell.source = RIGHT.get(name, cell.source)
    nbformat.write(notebook, submitted / "tiny.ipynb")
    command = [str(binary / "nbgrader"), "autograde", "tiny", "--student", "ana", "--force"]
    _run(command, cwd=str(course))
    return _median(lambda: _run(command, cwd=str(course)), times)


def _nbgrader_notebook() -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell("import numpy as np\nSCALE = 3.0")]
    for name, answer in RIGHT.items():
        solution = nbformat.v4.new_code_cell(f"### BEGIN SOLUTION\n{answer}### END SOLUTION")
        solution.metadata["nbgrader"] = _settings(name, solution=True)
        test = nbformat.v4.new_code_cell(_TESTS[name])
        test.metadata["nbgrader"] = {**_settings(f"test-{name}", grade=True), "points": 1}
        cells += [solution, test]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _settings(name: str, solution: bool = False, grade: bool = False) -> dict[str, object]:
    return {
        "grade_id": name,
        "solution": solution,
        "grade": grade,
        "locked": grade,
        "task": False,
        "schema_version": 3,
        "cell_type": "code",
    }


if __name__ == "__main__":
    main()
