"""A real network: a server and three clients in processes of their own, with TLS, keys, and three faults."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from coursekit.course.cli import app
from coursekit.methods.federated import RoundRules, train_federated
from coursekit.methods.federated_flower import Network, demo, processes, replay

pytestmark = [pytest.mark.flower, pytest.mark.slow]


def call(*args):
    done = CliRunner(env={"COLUMNS": "300"}).invoke(app, ["federated", *map(str, args)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Start three clinics and two strangers, train, kill a clinic in mid-round and start it again."""
    folder = tmp_path_factory.mktemp("federated") / "network"
    told = SimpleNamespace(folder=folder, trainer=demo.trainer())
    try:
        told.up = call("up", "--folder", folder)
        network = Network(folder)
        told.strangers = [network.add_stranger(kind) for kind in ("unregistered key", "other authority")]
        told.status = call("status", "--folder", folder)
        told.run = call("run", "--rounds", 1, "--folder", folder)
        run = network.start(
            told.trainer.model, demo.TRAINING, 2, RoundRules(3, selection_s=120, minimal_share=0.6), seed=5
        )
        run.wait_for_task(0, 2)
        network.kill(2)
        told.killed = network.state("client-2")
        run.wait_for_round(0)
        network.start_nodes([2])
        told.history = run.history()
        told.states = network.status()
    finally:
        told.down = call("down", "--folder", folder)
    return told


def test_the_clinics_are_let_in(story):
    code, said = story.up
    assert code == 0
    assert [line.split()[:2] for line in said.splitlines()[1:]] == [
        [name, "online"] for name in ("superlink", "client-0", "client-1", "client-2")
    ]


def test_a_stranger_whose_key_is_not_registered_is_refused_and_status_says_why(story):
    stranger = story.strangers[0]
    assert stranger.state == "refused"
    assert "Failed to activate SuperNode" in stranger.reason
    code, said = story.status
    assert code == 1
    assert f"refused  {stranger.reason}" in said
    assert "the server knows no such key" in said


def test_a_node_that_trusts_another_authority_refuses_the_server_and_status_says_why(story):
    stranger = story.strangers[1]
    assert stranger.state == "refused"
    assert "CERTIFICATE_VERIFY_FAILED" in stranger.reason
    assert f"refused  {stranger.reason}" in story.status[1]
    assert "did not sign the server's certificate" in story.status[1]


def test_what_comes_out_is_what_one_process_would_have_made(story):
    code, said = story.run
    assert code == 0
    first, last = said.splitlines()
    assert first.startswith("round 0: ")
    assert "reports of client-0, client-1, client-2" in first
    # The same operations on the same machine: nothing is left to differ, not even the last bit.
    assert last.endswith("in one process: 0.0e+00")


def test_a_killed_client_costs_its_own_report_of_that_round_and_no_more(story):
    assert story.killed.state == "killed"
    first, second = story.history.records
    assert dict(zip(first.clients.tolist(), first.fate.tolist(), strict=True)) == {
        0: "reported",
        1: "reported",
        2: "dropped",
    }
    assert first.committed
    assert second.fate.tolist() == ["reported"] * 3
    assert second.committed
    assert {state.state for state in story.states if state.name.startswith("client-")} == {"online"}


def test_after_a_fault_it_is_still_the_training_that_its_record_tells(story):
    alone = train_federated(
        story.trainer, demo.clinics(), replay(story.history.records), 2, demo.TRAINING, seed=5
    )
    for mine, theirs in zip(story.history.weights, alone.weights, strict=True):
        assert np.array_equal(mine, theirs)


def test_down_leaves_neither_a_process_nor_a_file(story):
    assert story.down == (0, "")
    assert processes.running(story.folder) == []
    assert not story.folder.exists()


def test_when_a_notebook_is_killed_its_network_ends_too(tmp_path):
    code = (
        "import time, numpy as np\n"
        "from coursekit.methods.federated_flower import local_network\n"
        "data = [(np.zeros((2, 4, 4, 1), 'float32'), np.array([0, 1]))]\n"
        "with local_network(data) as network:\n"
        "    print(network.folder, flush=True)\n"
        "    time.sleep(600)\n"
    )
    notebook = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert notebook.stdout is not None
    folder = Path(notebook.stdout.readline().strip())
    try:
        assert [state.state for state in Network(folder).status()] == ["online", "online"]
    finally:
        notebook.send_signal(signal.SIGKILL)
        notebook.wait()
    end = time.monotonic() + 60
    while processes.running(folder) and time.monotonic() < end:
        time.sleep(0.1)
    assert processes.running(folder) == []
    assert not folder.exists()
