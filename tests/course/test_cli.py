import json
import subprocess
import sys
from pathlib import Path

import pytest

import coursekit
from coursekit.course import build as build_module
from coursekit.course import cli
from coursekit.course import run as run_module
from coursekit.errors import CourseError


def call(monkeypatch, *args):
    """Run the command line in this process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["coursekit", *args])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return left.value.code


def test_the_version_is_printed(monkeypatch, capsys):
    assert call(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"coursekit {coursekit.__version__}\n"


def test_help_names_every_command(monkeypatch, capsys):
    assert call(monkeypatch, "--help") == 0
    said = capsys.readouterr().out
    for command in ("lab", "run", "build", "check", "grade", "evidence", "data", "federated", "doctor"):
        assert f" {command} " in said


def test_help_loads_nothing_heavy():
    heavy = ("tensorflow", "keras", "jupyterlab", "nbconvert", "papermill", "matplotlib", "scipy")
    code = (
        "import sys\nfrom coursekit.course import cli\nsys.argv = ['coursekit', '--help']\n"
        "try: cli.main()\nexcept SystemExit: pass\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["run", "77"], "Unknown lesson '77'"),
        (["build", "77"], "Unknown lesson '77'"),
        (["evidence", "77"], "Unknown lesson '77'"),
        (["data", "show", "gland"], "There is no data set called 'gland'. Did you mean 'glands'?"),
        (["run", "nowhere/x.ipynb"], "There is no file nowhere/x.ipynb."),
        (["grade", "nowhere", "--lesson", "02"], "There is no folder nowhere"),
    ],
)
def test_what_a_person_can_put_right_is_one_line_and_code_2(monkeypatch, capsys, args, line):
    assert call(monkeypatch, *args) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith(line)


def test_a_long_message_stays_one_line_and_its_brackets_stay(monkeypatch, capsys):
    message = "expected [bold]80[/bold] columns, " + "came more " * 30

    def fail(*_args):
        raise CourseError(message)

    monkeypatch.setattr(build_module, "build", fail)
    assert call(monkeypatch, "build") == 2
    assert capsys.readouterr().err == f"{message}\n"


def test_an_unknown_profile_is_refused_with_those_that_exist(monkeypatch, capsys):
    assert call(monkeypatch, "run", "02", "--profile", "fast") == 2
    said = capsys.readouterr().err
    assert all(profile in said for profile in ("quick", "standard", "gpu"))


def test_ctrl_c_leaves_with_130_and_no_traceback(monkeypatch, capsys):
    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(build_module, "build", interrupt)
    assert call(monkeypatch, "build") == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_bug_of_ours_keeps_its_traceback(monkeypatch):
    def fail(*_args):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(build_module, "build", fail)
    monkeypatch.setattr(sys, "argv", ["coursekit", "build"])
    with pytest.raises(ZeroDivisionError, match="a bug"):
        cli.main()


def test_build_passes_on_its_options_and_names_what_it_wrote(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(build_module, "build", lambda *args: asked.append(args) or [Path("lessons/02.ipynb")])
    assert call(monkeypatch, "build", "02", "--profile", "quick", "--check") == 0
    assert asked == [("02", "quick", True)]
    assert capsys.readouterr().out == f"up to date: {Path('lessons/02.ipynb')}\n"


def test_run_passes_on_its_options_and_names_what_it_wrote(monkeypatch, capsys):
    asked = []
    result = run_module.Run(Path("runs/08.ipynb"), Path("runs/08.html"))
    monkeypatch.setattr(run_module, "run", lambda *args: asked.append(args) or result)
    options = ("--profile", "gpu", "--seed", "3", "--set", "steps=2", "--set", "study.seeds=1")
    assert call(monkeypatch, "run", "08", *options) == 0
    assert asked == [("08", "gpu", 3, None, ["steps=2", "study.seeds=1"])]
    assert capsys.readouterr().out == f"{result.notebook}\n{result.html}\n"


def test_lab_hands_unknown_options_to_jupyterlab(monkeypatch):
    asked = []
    monkeypatch.setattr("coursekit.course.lab.lab", asked.append)
    assert call(monkeypatch, "lab", "--no-browser", "--port", "8899", "--ServerApp.x=1") == 0
    assert asked == [["--no-browser", "--port", "8899", "--ServerApp.x=1"]]


def test_the_doctor_s_report_for_programs_is_json_and_nothing_else(monkeypatch, capsys):
    from coursekit.course import doctor

    monkeypatch.setattr(
        doctor, "examine", lambda: [doctor.Finding("Python", "missing", "3.10", "Get another.")]
    )
    assert call(monkeypatch, "doctor", "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["ready"] is False
    assert report["findings"] == [
        {"name": "Python", "state": "missing", "found": "3.10", "advice": "Get another."}
    ]


def test_text_from_a_submission_can_not_steer_the_terminal():
    assert cli._printable("a\x1b[2Jb\nc\u202e") == "a [2Jb c "


@pytest.mark.sandbox
@pytest.mark.slow
def test_check_tells_each_answer_of_an_untouched_lesson(monkeypatch, capsys):
    lesson = Path(__file__).parents[2] / "lessons" / "02_convolutions.ipynb"
    assert call(monkeypatch, "check", str(lesson)) == 1
    said = capsys.readouterr().out
    assert "conv2d: not attempted" in said
    assert said.splitlines()[-1].startswith("0 of ")


def test_check_refuses_a_file_that_is_no_lesson(monkeypatch, capsys, tmp_path):
    path = tmp_path / "notes.ipynb"
    path.write_text("{}")
    assert call(monkeypatch, "check", str(path)) == 2
    assert capsys.readouterr().err.count("\n") == 1
