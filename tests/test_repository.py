"""The repository as a stranger finds it: one version everywhere, a lock for everyone, nothing too large."""

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import jinja2
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
    for line in [*PROJECT["dependencies"], *extras["dev"], *extras["jax"], *extras["federated"]]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(locked[canonicalize_name(wanted.name)]), line


# Flower changes its commands and files from one version to the next, and the accountant its privacy bounds.
EXACT = {"dp-accounting", "flwr"}


def test_every_dependency_has_an_upper_bound():
    lines = [
        *PROJECT["dependencies"],
        *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
    ]
    for line in lines:
        wanted = Requirement(line)
        operators = {spec.operator for spec in wanted.specifier}
        assert operators == ({"=="} if canonicalize_name(wanted.name) in EXACT else {"<", ">="}), line


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
    # What learners install without a checkout.
    tags = re.findall(r"@v([\d.]+\d)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert set(tags) == {PROJECT["version"]}


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


def commands_in(text: str) -> str:
    """What stands in code blocks and between backticks, without comments."""
    block = re.compile(r"^ *```.*?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", block.sub("", text))
    return "\n".join(re.sub(r"#.*", "", code) for code in [*block.findall(text), *spans])


def test_commands_are_found_in_blocks_and_between_backticks_and_nowhere_else():
    text = "make sure\n```sh\nX=1 make lab  # make haste\n```\nand `make test`, to make do\n"
    assert re.findall(r"\bmake (\w+)", commands_in(text)) == ["lab", "test"]


PAGES = [(ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "CONTRIBUTING.md")]
COMMANDS = "\n".join(map(commands_in, PAGES))


def test_every_command_that_the_pages_name_exists_and_none_is_left_out():
    from typer.main import get_command

    from coursekit.course.cli import app

    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert set(re.findall(r"\bcoursekit (\w+)", COMMANDS)) == known


def test_every_target_of_make_that_the_pages_name_exists():
    named = set(re.findall(r"\bmake (\w+)", COMMANDS))
    assert {"lab", "test"} <= named
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert named <= set(re.findall(r"^(\w+):", makefile, re.MULTILINE))


def test_what_a_lesson_may_quote_is_what_the_page_for_authors_says(monkeypatch):
    from coursekit.course.build import lesson_notebook
    from coursekit.course.evidence import evidence_path, read_evidence
    from coursekit.course.source import find_source, read_source

    offered: dict[str, set[str]] = {}

    def listen(template, **values):
        offered["names"] = set(values)
        offered["filters"] = set(template.environment.filters) - set(jinja2.defaults.DEFAULT_FILTERS)
        return ""

    monkeypatch.setattr(jinja2.Template, "render", listen)
    source = read_source(find_source("02", ROOT))
    lesson_notebook(source, read_evidence(evidence_path(source.stem, ROOT)))
    said = re.search(r"It may quote (.*?); the filters? (?:is|are) (.*?)\.\s", PAGES[1], re.DOTALL)
    assert said is not None
    names, filters = (set(re.findall(r"`(\w+)`", part)) for part in said.groups())
    assert (names, filters) == (offered["names"], offered["filters"])


@pytest.mark.slow
def test_the_python_of_the_readme_runs(tmp_path):
    blocks = re.findall(r"^ *```python\n(.*?)^ *```", PAGES[0], re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(block)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


def imported_by(*folders: str) -> set[str]:
    """The distributions that the Python files of some folders import."""
    modules: set[str] = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules.add(str(node.module).partition(".")[0])
    made_by = importlib.metadata.packages_distributions()
    return {canonicalize_name(name) for module in modules for name in made_by.get(module, ())} - {"coursekit"}


def declared(*lists: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for lines in lists for line in lines}


# Part of what a declared package offers: IPython of ipykernel, cycler of Matplotlib, others of JupyterLab.
COMES_ALONG = {"cycler", "ipython", "jupyter-server", "traitlets"}
# Started as a program, not imported.
PROGRAMS = {"ipykernel"}


def test_what_the_package_and_the_lessons_import_is_declared_and_nothing_else_is():
    dependencies = declared(PROJECT["dependencies"])
    imported = imported_by("coursekit", "solutions", "evidence")
    extras = PROJECT["optional-dependencies"]
    assert imported - COMES_ALONG - declared(extras["jax"], extras["federated"]) <= dependencies
    assert dependencies - imported == PROGRAMS


def test_what_the_tests_import_is_declared():
    extras = PROJECT["optional-dependencies"]
    known = declared(PROJECT["dependencies"], extras["dev"], extras["jax"], extras["federated"])
    assert imported_by("tests") - COMES_ALONG <= known


def test_results_of_the_user_are_neither_committed_nor_deleted():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split("# Results of yours")[1].split()
    theirs = {name for name in ignored if name.endswith("/")}
    # By default `coursekit grade FOLDER` writes the marks, and the secret seed, into FOLDER_marks.
    assert {"runs/", "*_marks/"} <= theirs
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    cleaned = re.search(r"^clean:\n((?:\t.*\n?)+)", makefile, re.MULTILINE)
    assert cleaned is not None
    assert not {name.rstrip("/") for name in theirs} & set(cleaned[1].replace("/", " ").split())


def test_notebooks_are_stored_in_a_form_that_can_be_compared():
    for path in ROOT.glob("lessons/*.ipynb"):
        text = path.read_text(encoding="utf-8")
        written = json.dumps(json.loads(text), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        assert text == written, path.name
