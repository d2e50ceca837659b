import importlib.metadata
import io
import json
import os
import subprocess
import sys

import pytest
from rich.console import Console

from coursekit.course import doctor
from coursekit.course.bank import load_bank
from coursekit.course.doctor import Finding

CPU = {
    "backend": "tensorflow",
    "versions": {"tensorflow": "2.21.0", "keras": "3.15.1"},
    "gpus": [],
    "idle_gpus": [],
    "policy": "float32",
    "recommended_policy": "float32",
    "cores": 4,
    "memory_bytes": 16 * 2**30,
    "free_memory_bytes": 12 * 2**30,
}
CARD = {"name": "NVIDIA A100", "memory_bytes": 40 * 2**30, "compute_capability": [8, 0]}


def on(**changes):
    return {finding.name: finding for finding in doctor.findings_on_devices(CPU | changes)}


def shown(findings, encoding="utf-8"):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    doctor.show(findings, Console(file=file, width=100))
    file.seek(0)
    return file.read()


def test_a_machine_without_a_gpu_is_ready():
    findings = on()
    assert {finding.state for finding in findings.values()} == {"ready"}
    assert findings["GPU"].found == "none; no lesson needs one"


def test_a_gpu_is_shown_with_its_memory_and_its_better_number_format():
    findings = on(gpus=[CARD], recommended_policy="mixed_bfloat16")
    assert findings["GPU"].found == "NVIDIA A100 with 40 GiB"
    assert "set_dtype_policy('mixed_bfloat16')" in findings["precision"].advice


def test_a_number_format_that_is_already_the_better_one_is_called_right():
    precision = on(gpus=[CARD], policy="mixed_bfloat16", recommended_policy="mixed_bfloat16")["precision"]
    assert precision.found == "mixed_bfloat16 is in force, and right for this card"
    assert precision.advice == ""


def test_where_mixed_precision_gains_nothing_the_report_says_so():
    assert on()["precision"].found == "float32; mixed precision would gain nothing here"


def test_a_gpu_that_the_backend_can_not_use_comes_with_the_command_that_helps():
    gpu = on(idle_gpus=[CARD])["GPU"]
    assert gpu.state == "note"
    assert "pip install" in gpu.advice


@pytest.mark.parametrize(
    ("changes", "name", "state"),
    [
        ({"backend": "torch", "versions": {"torch": "2", "keras": "3"}}, "backend", "missing"),
        ({"cores": 1}, "cores", "note"),
        ({"free_memory_bytes": 2**30}, "memory", "note"),
    ],
)
def test_what_is_short_says_what_to_do(changes, name, state):
    finding = on(**changes)[name]
    assert finding.state == state
    assert finding.advice


def test_a_backend_that_takes_its_process_down_is_a_finding(monkeypatch, tmp_path):
    crash = tmp_path / "python"
    crash.write_text("#!/bin/sh\nkill -ILL $$\n")
    crash.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(crash))
    (finding,) = doctor.look_at_devices()
    assert finding.state == "missing"
    assert "ended with code -4" in finding.found
    assert "AVX" in finding.advice


def test_a_backend_that_does_not_import_is_shown_with_its_last_line(monkeypatch):
    said = subprocess.CompletedProcess([], 1, "", "Traceback\nImportError: libfoo.so is missing\n")
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_options: said)
    (finding,) = doctor.look_at_devices()
    assert finding.found == "ImportError: libfoo.so is missing"


def test_an_old_or_new_python_is_missing(monkeypatch):
    for version, state in {
        (3, 10, 0): "missing",
        (3, 11, 0): "ready",
        (3, 13, 9): "ready",
        (3, 14, 0): "missing",
    }.items():
        monkeypatch.setattr(sys, "version_info", version)
        assert doctor.look_at_python().state == state


def test_installed_packages_are_within_the_ranges():
    assert doctor.look_at_packages().state == "ready"


@pytest.mark.parametrize(("version", "state"), [("1.26.4", "note"), (None, "missing")])
def test_a_package_that_is_old_or_absent_is_named(monkeypatch, version, state):
    installed = importlib.metadata.version

    def changed(name):
        if name != "numpy":
            return installed(name)
        if version is None:
            raise importlib.metadata.PackageNotFoundError
        return version

    monkeypatch.setattr(importlib.metadata, "version", changed)
    finding = doctor.look_at_packages()
    assert finding.state == state
    assert finding.found.startswith("numpy is ")


def test_a_cache_that_does_not_exist_yet_is_ready_and_is_not_made(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "a" / "b"))
    finding = doctor.look_at_cache()
    assert (finding.state, finding.found) == ("ready", str(tmp_path / "a" / "b"))
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_can_not_be_written_says_how_to_choose_another(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "file"))
    finding = doctor.look_at_cache()
    assert finding.state == "note"
    assert "COURSEKIT_CACHE" in finding.advice


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "course_root", lambda: tmp_path)
    (tmp_path / "lessons").mkdir()
    return tmp_path / "lessons"


def write(folder, version):
    metadata = {"coursekit": {"lesson": "02_convolutions", "version": version}}
    (folder / "02_convolutions.ipynb").write_text(json.dumps({"metadata": metadata, "cells": []}))


def test_a_lesson_and_a_package_of_one_version_are_ready(lessons):
    write(lessons, load_bank("02_convolutions").version)
    assert doctor.look_at_lessons() == Finding("lessons", "ready", "02_convolutions")


def test_a_lesson_of_another_version_is_named(lessons):
    write(lessons, 99)
    finding = doctor.look_at_lessons()
    assert finding.state == "note"
    assert "02_convolutions.ipynb is version 99" in finding.found


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"metadata": {"coursekit": 3}}'])
def test_a_damaged_lesson_is_named(lessons, text):
    (lessons / "02_convolutions.ipynb").write_text(text)
    assert "02_convolutions.ipynb: not a lesson of this course" in doctor.look_at_lessons().found


def test_a_folder_without_lessons_is_missing_them(lessons):
    assert doctor.look_at_lessons().state == "missing"


def test_a_missing_sandbox_or_browser_does_not_stop_a_learner(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(doctor, "_MAC_BROWSERS", ())
    findings = [doctor.look_at_sandbox(), doctor.look_at_browser()]
    assert [finding.state for finding in findings] == ["note", "note"]
    assert all(finding.advice for finding in findings)
    assert doctor.is_ready(findings)


def test_a_look_that_fails_does_not_hide_the_others(monkeypatch):
    def broken():
        raise OSError("no such device")

    monkeypatch.setattr(doctor, "look_at_disk", broken)
    monkeypatch.setattr(doctor, "look_at_devices", list)
    findings = {finding.name: finding for finding in doctor.examine()}
    assert findings["disk"].found == "OSError: no such device"
    assert findings["Python"].state == "ready"


def test_the_screen_shows_sign_finding_advice_and_a_closing_line():
    text = shown([Finding("Python", "ready", "3.12"), Finding("disk", "note", "1 GiB", "Make room.")])
    assert text.splitlines()[0].split() == ["✓", "Python", "3.12"]
    assert "Make room." in text
    assert text.splitlines()[-1] == "Ready for the lessons; see the notes on disk."
    assert "Not ready yet: lessons." in shown([Finding("lessons", "missing", "none")])


def test_a_terminal_without_ticks_gets_plain_signs():
    text = shown([Finding("Python", "ready", "3.12"), Finding("disk", "missing", "0")], encoding="latin-1")
    assert [line.split()[0] for line in text.splitlines()[:2]] == ["+", "x"]


def test_json_holds_what_the_screen_holds():
    report = json.loads(doctor.as_json([Finding("disk", "note", "1 GiB", "Make room.")]))
    assert report == {
        "ready": True,
        "findings": [{"name": "disk", "state": "note", "found": "1 GiB", "advice": "Make room."}],
    }


@pytest.mark.slow
def test_this_machine_can_run_the_lessons():
    findings = doctor.examine()
    assert doctor.is_ready(findings), [finding for finding in findings if finding.state == "missing"]
    assert {"Python", "backend", "GPU", "precision", "cores", "memory", "disk", "cache", "sandbox"} <= {
        finding.name for finding in findings
    }
    assert os.environ["KERAS_BACKEND"] in next(f.found for f in findings if f.name == "backend")
