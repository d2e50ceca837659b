"""What `make test` says about tests that this machine can't run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


_PYTEST = ["-c", "import pytest, sys; sys.exit(pytest.main(sys.argv[1:]))"]
_PYTEST_WITHOUT_PLAYWRIGHT = ["-c", f"import sys; sys.modules['playwright'] = None; {_PYTEST[1]}"]


def run_browser_tests(path: Path, pytest_code: list[str] = _PYTEST, **environment: str) -> tuple[int, str]:
    """Run the browser tests where no program is found, so that Chromium is missing too."""
    command = [sys.executable, *pytest_code, "-p", "no:cacheprovider", str(TESTS / "browser")]
    without = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTEST_ADDOPTS")}
    done = subprocess.run(
        command,
        cwd=TESTS.parent,
        env=without | {"PATH": str(path)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS finds a browser without PATH")
def test_without_a_browser_its_tests_are_left_out_and_the_last_lines_say_how_to_get_one(tmp_path):
    code, said = run_browser_tests(tmp_path)
    assert code == 0
    assert re.match(r"\d+ skipped in ", said.splitlines()[-1])  # all of them
    assert re.search(r"\d+ browser tests?: Chromium is missing\.", said)
    assert "sudo apt install chromium" in said.splitlines()[-2]


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS finds a browser without PATH")
def test_in_ci_a_missing_browser_is_a_failure(tmp_path):
    code, said = run_browser_tests(tmp_path, CI="true")
    assert code == 1
    assert "CI must run the browser tests. Chromium is missing." in said


def test_without_playwright_the_browser_tests_are_left_out_and_the_last_lines_say_so(tmp_path):
    code, said = run_browser_tests(tmp_path, _PYTEST_WITHOUT_PLAYWRIGHT)
    assert code == 0
    assert re.match(r"\d+ skipped in ", said.splitlines()[-1])  # all of them
    assert re.match(r"\d+ browser tests?: Playwright is missing", said.splitlines()[-2])


def test_in_ci_a_missing_playwright_is_a_failure(tmp_path):
    code, said = run_browser_tests(tmp_path, _PYTEST_WITHOUT_PLAYWRIGHT, CI="true")
    assert code == 1
    assert "CI must run the browser tests. Playwright is missing" in said


def test_no_test_sees_the_home_folder_of_the_person_who_runs_it():
    assert "coursekit-tests-" in str(Path.home())
    assert os.environ["COURSEKIT_PROGRESS"].startswith(str(Path.home()))
    assert os.environ["COURSEKIT_CACHE"].startswith(str(Path.home()))
