"""What every test may count on: a home folder of its own, fixed seeds, and a word about what is missing."""

import atexit
import functools
import importlib.util
import os
import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

_HOME = Path(tempfile.mkdtemp(prefix="coursekit-tests-"))
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)


def _leave_the_real_home_alone() -> None:
    """Point what would be kept in the home folder to a temporary one, also in the programs we start."""
    for name in [
        name for name in os.environ if name.startswith(("XDG_", "JUPYTER", "IPYTHON", "COURSEKIT_PRO"))
    ]:
        del os.environ[name]
    os.environ.update(
        HOME=str(_HOME),
        USERPROFILE=str(_HOME),
        COURSEKIT_CACHE=str(_HOME / "cache"),
        COURSEKIT_PROGRESS=str(_HOME / "progress.json"),
        # Matplotlib measures every font of the system once; that is kept from one run to the next.
        MPLCONFIGDIR=str(Path(__file__).parents[1] / ".pytest_cache" / "matplotlib"),
        MPLBACKEND="Agg",
    )
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


# At import, not in a fixture: Keras and Matplotlib read the environment when test modules import them.
_leave_the_real_home_alone()


def _browser_problem() -> str | None:
    from coursekit.course.doctor import find_browser, look_at_browser

    if importlib.util.find_spec("playwright") is None:
        return "Playwright is missing: pip install -r requirements.lock"
    return None if find_browser() else f"Chromium is missing. {look_at_browser().advice}"


def _sandbox_problem() -> str | None:
    from coursekit.course.grading import sandbox_problem

    return sandbox_problem()


def _jax_problem() -> str | None:
    return None if importlib.util.find_spec("jax") else "JAX is missing: pip install -r requirements.lock"


def _flower_problem() -> str | None:
    from coursekit.methods.federated_flower import why_not

    return why_not()


_NEEDS = {
    "browser": _browser_problem,
    "sandbox": _sandbox_problem,
    "jax": _jax_problem,
    "flower": _flower_problem,
}


_LEFT_OUT = "left out"
"""The name of what a skipped test tells the summary."""


@functools.cache
def _problem(need: str) -> str | None:
    return _NEEDS[need]()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for need in _NEEDS:
        if item.get_closest_marker(need) is None:
            continue
        problem = _problem(need)
        if problem is None:
            continue
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(f"CI must run the {need} tests. {problem}", pytrace=False)
        # On the report, because the tests may run in other processes than the summary.
        item.user_properties.append((_LEFT_OUT, [need, problem]))
        pytest.skip(problem)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left_out = Counter(
        tuple(value)
        for report in terminalreporter.stats.get("skipped", [])
        for name, value in report.user_properties
        if name == _LEFT_OUT
    )
    if not left_out:
        return
    terminalreporter.section("left out on this machine", yellow=True)
    for (need, problem), count in left_out.items():
        terminalreporter.line(f"{count} {need} test{'s' if count > 1 else ''}: {problem}")


@pytest.fixture(autouse=True)
def _same_random_numbers_every_time() -> None:
    random.seed(0)
    np.random.seed(0)
