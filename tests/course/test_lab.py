import json
import os
from pathlib import Path

import pytest
from jupyter_server.services.config.manager import ConfigManager

from coursekit.course import lab
from coursekit.errors import CourseError

LESSONS = Path("/course/lessons")


def test_the_file_browser_starts_at_the_lessons():
    assert f"--ServerApp.root_dir={LESSONS}" in lab.lab_options([], LESSONS)


def test_the_learner_s_options_come_first_and_unchanged():
    assert lab.lab_options(["--no-browser", "--port", "8899"], LESSONS)[:3] == [
        "--no-browser",
        "--port",
        "8899",
    ]


@pytest.mark.parametrize("chosen", ["--ServerApp.root_dir=/mine", "--notebook-dir=/mine"])
def test_a_folder_that_the_learner_names_wins(chosen):
    options = lab.lab_options([chosen], LESSONS)
    assert [option for option in options if "dir" in option] == [chosen]


@pytest.mark.parametrize("chosen", ["--debug", "--log-level=INFO"])
def test_a_level_of_messages_that_the_learner_names_wins(chosen):
    assert "--log-level=ERROR" not in lab.lab_options([chosen], LESSONS)


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_root_is_let_in_and_only_root_needs_it(monkeypatch, user, allowed):
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    assert ("--allow-root" in lab.lab_options([], LESSONS)) is allowed


def test_jupyterlab_reads_the_settings_of_the_course(monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    lab.use_course_settings()
    read = ConfigManager(config_dir_name="labconfig").get("default_setting_overrides")
    assert read["@jupyterlab/apputils-extension:notification"] == {
        "fetchNews": "false",
        "checkForUpdates": False,
    }


def test_every_setting_of_the_course_is_one_that_jupyterlab_knows():
    from jupyterlab.commands import get_app_dir

    overrides = json.loads((lab._SETTINGS / "labconfig" / "default_setting_overrides.json").read_text())
    for plugin, settings in overrides.items():
        package, name = plugin.split(":")
        schema = json.loads((Path(get_app_dir()) / "schemas" / package / f"{name}.json").read_text())
        assert settings.keys() <= schema["properties"].keys()


def test_settings_that_the_learner_named_keep_the_first_place(monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/mine")
    lab.use_course_settings()
    lab.use_course_settings()
    assert os.environ["JUPYTER_CONFIG_PATH"] == os.pathsep.join(["/mine", str(lab._SETTINGS)])


def test_without_a_course_there_is_one_line(monkeypatch):
    def nowhere():
        raise CourseError("No course here.")

    monkeypatch.setattr(lab, "course_root", nowhere)
    with pytest.raises(CourseError, match="No course here"):
        lab.lab([])
