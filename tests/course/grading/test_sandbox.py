import platform
import sys
from pathlib import Path

import pytest

from coursekit.course.grading import sandbox_problem
from coursekit.course.grading.sandbox import arguments, sandbox_uid, staged
from coursekit.course.grading.seccomp import filter_program
from coursekit.errors import CourseError


def fake_bubblewrap(folder: Path, script: str) -> None:
    path = folder / "bwrap"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_elsewhere_than_on_linux_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "needs Linux" in (sandbox_problem() or "")


def test_without_bubblewrap_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt install bubblewrap" in (sandbox_problem() or "")


def test_an_old_bubblewrap_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_bubblewrap(tmp_path, "echo bubblewrap 0.4.1")
    monkeypatch.setenv("PATH", str(tmp_path))
    problem = sandbox_problem() or ""
    assert "0.7 or newer" in problem
    assert "bubblewrap 0.4.1" in problem


def test_a_bubblewrap_that_may_not_make_namespaces_gets_advice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failing = "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1"
    fake_bubblewrap(tmp_path, f'[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit; {failing}')
    monkeypatch.setenv("PATH", str(tmp_path))
    problem = sandbox_problem() or ""
    assert "setting up uid map" in problem
    assert "AppArmor" in problem


def test_a_bubblewrap_that_isolates_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"'
    fake_bubblewrap(tmp_path, f'[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit; {run}')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert sandbox_problem() is not None


def test_an_unknown_processor_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert "riscv64" in (sandbox_problem() or "")


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_filter_is_a_whole_number_of_instructions(monkeypatch: pytest.MonkeyPatch, machine: str) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert len(filter_program()) % 8 == 0


def test_concurrent_sandboxes_of_root_have_users_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    uids = {sandbox_uid(slot) for slot in range(64)}
    assert len(uids) == 64
    assert all(uid is not None and uid >= 66_000 for uid in uids)


def test_an_ordinary_user_gets_a_user_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert sandbox_uid(0) is None
    with staged() as stage:
        assert "--unshare-user" in arguments(stage, None)


def test_the_stage_holds_the_package_without_the_part_that_marks() -> None:
    with staged(["coursekit/methods/convolution.py"]) as stage:
        package = stage.folder / "course" / "coursekit"
        assert (package / "__init__.py").is_file()
        assert not (package / "course").exists()
        assert "raise ImportError" in (package / "methods" / "convolution.py").read_text()
        assert not list((package / "methods").glob("__pycache__/convolution.*"))
        assert sorted(path.name for path in (stage.folder / "grader").iterdir()) == ["wire.py", "worker.py"]
    assert not stage.folder.exists()


@pytest.mark.parametrize(
    "path", ["coursekit/missing.py", "../secret.py", "coursekit/../setup.py", "numpy/__init__.py"]
)
def test_a_withheld_file_that_does_not_exist_is_an_error(path: str) -> None:
    with pytest.raises(CourseError, match="withholds"), staged([path]):
        pass


def test_a_course_inside_the_python_folder_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lib" / "course").mkdir(parents=True)
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    with staged(secret=[tmp_path / "lib" / "course"]) as stage:
        options = arguments(stage, None)
    hidden = options.index(str(tmp_path / "lib" / "course"))
    assert options[hidden - 1] == "--tmpfs"
    assert hidden > options.index(str(tmp_path))


@pytest.mark.sandbox
def test_the_sandbox_works_here() -> None:
    assert sandbox_problem() is None
