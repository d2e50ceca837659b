import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from coursekit.errors import CourseError
from coursekit.methods.federated_flower import processes

PYTHON = Path(sys.executable).name
WAITS = "import time; print('here', flush=True); time.sleep(600)"
HAS_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WAITS!r}])"
IS_STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITS}"


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    processes.kill(tmp_path)


def start(folder, name, code=WAITS):
    """Start Python with this code, and wait until it (or its child) has printed something."""
    program = processes.start(name, [PYTHON, "-c", code], folder)
    end = time.monotonic() + 60
    while "here" not in processes.log_file(folder, name).read_text():
        assert program.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    return program


def test_programs_are_found_by_folder_and_name_with_their_children(folder, tmp_path_factory):
    one, two = start(folder, "one"), start(folder, "two", HAS_A_CHILD)
    assert [process.pid for process in processes.running(folder, "one")] == [one.pid]
    found = processes.running(folder, "two")
    assert two.pid in [process.pid for process in found]
    assert len(found) == 2
    assert len(processes.running(folder)) == 3
    assert processes.running(tmp_path_factory.mktemp("other")) == []


def test_a_killed_program_takes_its_children_with_it_and_spares_the_others(folder):
    start(folder, "one")
    start(folder, "two", HAS_A_CHILD)
    processes.kill(folder, "two")
    assert processes.running(folder, "two") == []
    assert len(processes.running(folder)) == 1


def test_children_whose_parent_is_gone_are_found_too(folder):
    parent = start(folder, "two", HAS_A_CHILD)
    psutil.Process(parent.pid).kill()
    parent.wait()
    assert len(processes.running(folder, "two")) == 1
    processes.stop(folder)
    assert processes.running(folder) == []


def test_a_program_that_does_not_want_to_end_is_made_to(folder, monkeypatch):
    monkeypatch.setattr(processes, "GRACE_S", 0.2)
    start(folder, "one", IS_STUBBORN)
    processes.stop(folder)
    assert processes.running(folder) == []


def test_stopping_nothing_is_no_error(folder):
    processes.stop(folder)
    processes.stop(folder / "gone", "nobody")


def test_output_and_start_stand_in_the_log(folder):
    for _ in range(2):
        processes.start(
            "one", [PYTHON, "-c", "import sys; print('out'); print('err', file=sys.stderr)"], folder
        ).wait()
    lines = processes.log_file(folder, "one").read_text().splitlines()
    assert lines.count(f"{processes.STARTED} one") == 2
    assert lines.count("out") == lines.count("err") == 2


def test_a_program_gets_variables_and_finds_its_neighbours_first(folder):
    code = "import os; print(os.environ['COLOUR'], os.environ['PATH'].split(os.pathsep)[0])"
    processes.start("one", [PYTHON, "-c", code], folder, {"COLOUR": "blue"}).wait()
    assert f"blue {Path(sys.executable).parent}" in processes.log_file(folder, "one").read_text()


def test_a_program_that_is_missing_is_named(folder):
    with pytest.raises(CourseError, match="no program flower-nothing"):
        processes.start("one", ["flower-nothing"], folder)


def test_a_network_ends_with_the_process_that_it_was_started_for(folder):
    owner = subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.DEVNULL)
    network = folder / "network"
    start(network, "one", HAS_A_CHILD)
    keeper = ["-m", "coursekit.methods.federated_flower.keeper", str(network), str(owner.pid)]
    kept = processes.start("keeper", [PYTHON, *keeper], network)
    owner.kill()
    owner.wait()
    assert kept.wait(60) == 0
    assert processes.running(network) == []
    assert not network.exists()


def test_this_process_is_never_among_those_found(folder, monkeypatch):
    monkeypatch.setenv(processes.FOLDER, str(folder))
    assert os.getpid() not in [process.pid for process in processes.running(folder)]
