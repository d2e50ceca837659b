"""docs/federated-deployment.md: its Python runs, and its commands are those that Flower knows."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "federated-deployment.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def commands():
    """All shell commands, each as a list of words."""
    lines = "".join(blocks("sh")).replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def test_its_python_runs_from_top_to_bottom(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "".join(blocks("python"))], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"key", "key.pub", "images.npz", "certificates/authority.pem", "jobs/001/job.json"} <= made


def test_each_file_in_a_command_is_one_that_an_earlier_step_makes():
    said = " ".join(word for words in commands() for word in words)
    for path in ("certificates/authority.pem", "certificates/server.pem", "certificates/server-key.pem"):
        assert path in said
        assert f"/srv/federated/{path}" in "".join(blocks("nginx")) + "".join(blocks("toml"))
    assert tomllib.loads("".join(blocks("toml")))["superlink"]["hospital"]["address"] == "127.0.0.1:8000"


def test_the_names_that_are_registered_are_those_of_the_job():
    registered = [words[words.index("--name") + 1] for words in commands() if "--name" in words]
    assert f"clients={registered}".replace("'", '"') in "".join(blocks("python"))


@pytest.mark.flower
@pytest.mark.parametrize("program", ["flower-superlink", "flower-supernode", "flwr supernode register"])
def test_flower_knows_every_option(program):
    words = program.split()
    used = {
        word for given in commands() if given[: len(words)] == words for word in given if word[:2] == "--"
    }
    assert used
    path = Path(sys.executable).with_name(words[0])
    done = subprocess.run([path, *words[1:], "--help"], capture_output=True, text=True, check=True)
    known = set(re.findall(r"--[a-z][a-z-]+", done.stdout))
    assert used <= known
