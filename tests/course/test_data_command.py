"""`coursekit data`: what a person reads on the terminal."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from coursekit.course.cli import app
from coursekit.data import names
from coursekit.errors import CourseError


def call(*args):
    done = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["data", *map(str, args)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.fixture
def folder(tmp_path):
    """Two classes of five textures, and a file that is no picture."""
    rng = np.random.default_rng(0)
    for name in ("moss", "sand"):
        (tmp_path / name).mkdir()
        for i in range(5):
            pixels = rng.integers(40, 200, size=(24, 24), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{i}.png")
    return tmp_path


def test_every_data_set_is_listed_with_where_it_comes_from():
    code, said = call("list")
    assert code == 0
    for name in names():
        assert f"{name} " in said
    assert "simulated" in said
    assert "real, downloaded" in said


def test_a_data_set_is_shown_with_its_options_and_limits():
    code, said = call("show", "monolayer")
    assert code == 0
    assert "cell_diameter_um=14.0" in said
    assert "No dead or dividing cells" in said


def test_a_set_that_has_to_be_downloaded_is_described_without_a_download(monkeypatch):
    monkeypatch.setenv("COURSEKIT_MIRROR", "/nowhere")
    code, said = call("show", "pathmnist")
    assert code == 0
    assert "PathMNIST" in said


@pytest.fixture
def own_style():
    """The command sets matplotlib's defaults for its own process, which here is everyone's."""
    with plt.rc_context():
        yield
    plt.close("all")


@pytest.mark.usefixtures("own_style")
def test_a_picture_is_drawn_on_request(tmp_path):
    code, said = call("show", "monolayer", "--picture", tmp_path / "cells.png", "--n", 3)
    assert code == 0
    assert "written" in said
    assert Image.open(tmp_path / "cells.png").width > 100


@pytest.mark.usefixtures("own_style")
def test_a_picture_that_cannot_be_written_is_an_error_in_one_line(tmp_path):
    done = CliRunner().invoke(app, ["data", "show", "digits", "--picture", str(tmp_path)])
    assert isinstance(done.exception, CourseError)
    assert f"The picture can't be written to {tmp_path}" in str(done.exception)


def test_a_clean_folder_passes_the_audit(folder):
    code, said = call("audit", folder)
    assert code == 0, said


def test_an_unusable_file_is_named_and_the_audit_leaves_with_1(folder):
    (folder / "moss" / "torn.png").write_bytes(b"\x89PNG\r\n")
    code, said = call("audit", folder)
    assert code == 1
    assert "torn.png" in said
    code, said = call("audit", folder, "--json")
    assert code == 1
    assert json.loads(said)["clean"] is False


def test_a_pattern_of_groups_finds_a_patient_on_both_sides_of_a_split(tmp_path):
    rng = np.random.default_rng(1)
    for part in ("train", "test"):
        for kind in ("moss", "sand"):
            (tmp_path / part / kind).mkdir(parents=True)
            for patient in range(5):
                pixels = rng.integers(40, 200, size=(24, 24), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / part / kind / f"patient{patient}_{part}.png")
    code, said = call("audit", tmp_path, "--group", r"(patient\d+)")
    assert code == 1
    assert "groups across parts" in said


def test_a_folder_that_is_not_there_is_answered_in_one_line(tmp_path):
    done = CliRunner().invoke(app, ["data", "audit", str(tmp_path / "nowhere")])
    assert isinstance(done.exception, CourseError)
    assert "nowhere" in str(done.exception)
