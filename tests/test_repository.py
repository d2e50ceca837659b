"""The repository as a stranger finds it: one version everywhere, a lock for everyone, nothing too large."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import coursekit

ROOT = Path(__file__).parents[1]
MIB = 2**20
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = [Requirement(line) for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()]


def repository_files() -> list[Path]:
    """Every file that is, or would be, committed; in an unpacked archive, every file but caches."""
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
    ]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        found = (path for path in ROOT.rglob("*") if path.is_file())
        ours = (path for path in found if not {".venv", ".git"} & set(path.relative_to(ROOT).parts))
        return sorted(path for path in ours if "cache" not in str(path.relative_to(ROOT)))
    return sorted(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


FILES = repository_files()
TEXTS = [path for path in FILES if path.suffix not in {".png", ".npz", ".npy", ".tif", ".jpg"}]


def relative(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


def test_the_lock_names_exact_versions_and_no_address():
    for wanted in LOCK:
        assert wanted.url is None
        assert [spec.operator for spec in wanted.specifier] == ["=="], wanted
    assert "://" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_the_lock_has_every_dependency_within_its_range(python, system):
    here = {
        "python_version": python,
        "python_full_version": f"{python}.5",
        "sys_platform": system,
        "extra": "",
    }
    locked = {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in LOCK
        if pin.marker is None or pin.marker.evaluate(here)
    }
    extras = PROJECT["optional-dependencies"]
    for line in [*PROJECT["dependencies"], *extras["dev"], *extras["jax"]]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(locked[canonicalize_name(wanted.name)]), line


def test_every_dependency_has_an_upper_bound():
    lines = [
        *PROJECT["dependencies"],
        *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
    ]
    for line in lines:
        assert {"<", ">="} <= {spec.operator for spec in Requirement(line).specifier}, line


def test_conda_installs_the_same_as_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, by_pip = environment["dependencies"]
    assert python == f"python{PROJECT['requires-python']}"
    assert pip == "pip"
    assert by_pip == {"pip": ["-r requirements.lock", "-e ."]}


def test_one_version_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    release = re.search(
        r"^## (\S+) - (\S+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert release is not None
    assert citation["version"] == PROJECT["version"] == coursekit.__version__ == release[1]
    assert str(citation["date-released"]) == release[2]


def test_the_address_of_the_repository_is_the_same_everywhere():
    source = PROJECT["urls"]["Source"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["repository-code"] == source
    assert f"git clone {source}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_licences_are_the_ones_that_are_declared():
    assert PROJECT["license"] == "BSD-3-Clause"
    assert "BSD 3-Clause License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Attribution 4.0" in (ROOT / "LICENSE-TEXT").read_text(encoding="utf-8")


def test_no_file_is_too_large():
    too_large = [path for path in FILES if path.stat().st_size > (1 if path.suffix == ".ipynb" else 4) * MIB]
    assert relative(too_large) == []


def test_no_file_names_a_folder_of_the_machine_it_was_made_on():
    # Home folders and environments, as a traceback in a saved output would name them.
    private = re.compile(
        r"/home/\w+/|/Users/\w+/|[A-Z]:\\+Users\\+\w+|(?<![\w.$}])/[\w./-]+/(\.venv|site-packages)/"
    )
    found = {
        str(path.relative_to(ROOT)): match[0]
        for path in TEXTS
        if path != Path(__file__) and (match := private.search(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_every_link_of_the_texts_to_a_file_leads_somewhere():
    for page in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", text) + re.findall(
            r'src="(?!https?:)([^"]+)"', text
        ):
            assert (ROOT / target).exists(), f"{page} links to {target}"


def test_every_command_that_the_readme_names_exists():
    from typer.main import get_command

    from coursekit.course.cli import app

    text = "".join((ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "CONTRIBUTING.md"))
    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert set(re.findall(r"coursekit (\w+) ?[\w./-]*", text)) & known == known
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"make (lab|test|check|lint|format|lock|build|clean)\b", text)) <= targets


def test_notebooks_are_stored_in_a_form_that_can_be_compared():
    for path in ROOT.glob("lessons/*.ipynb"):
        text = path.read_text(encoding="utf-8")
        written = json.dumps(json.loads(text), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        assert text == written, path.name
