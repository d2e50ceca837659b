import pytest

from coursekit.methods.federated_flower.node_log import KILLED, NodeState, has_task, read_state

STARTED = "coursekit: started client-1\n"
BEGINNING = (
    STARTED + "\x1b[92mINFO \x1b[0m:      Starting Flower SuperNode\nINFO:     Started server process [9]\n"
)
LET_IN = BEGINNING + "\x1b[92mINFO \x1b[0m:      SuperNode ID: 4247794990768811154\n"
REFUSED = BEGINNING + (
    "\x1b[91mERROR \x1b[0m:     Exit Code: 305\n"
    "Failed to initialize the connection to the SuperLink.\n"
    "{why}\n"
    "The SuperNode could not establish a connection to the SuperLink.\n"
    "\nFor more information, visit: <https://flower.ai/>\nINFO:     Shutting down\n"
)


def test_a_node_that_was_told_its_number_is_online():
    assert read_state("client-1", LET_IN, True) == (
        "client-1",
        "online",
        "let in as node 4247794990768811154",
    )


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        (
            "[code: 2004] Failed to activate SuperNode.",
            "exit code 305: [code: 2004] Failed to activate SuperNode.; the server knows no such key: "
            "register it with `flwr supernode register`",
        ),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer",
            "exit code 305: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local "
            "issuer; the authority that this node trusts did not sign the server's certificate",
        ),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: IP address mismatch",
            "exit code 305: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: IP address mismatch; "
            "the server's certificate does not name the address that the node called",
        ),
        ("Something new.", "exit code 305: Something new."),
    ],
)
def test_a_refusal_is_told_in_flowers_words_and_what_they_mean(why, reason):
    assert read_state("client-1", REFUSED.format(why=why), False) == ("client-1", "refused", reason)


def test_who_was_let_in_once_and_lost_the_server_is_not_refused_but_stopped():
    log = LET_IN + REFUSED.removeprefix(BEGINNING).format(why="Connection lost.")
    assert read_state("client-1", log, False) == ("client-1", "stopped", "exit code 305: Connection lost.")


def test_a_node_that_has_not_said_much_yet_is_starting():
    assert read_state("client-1", "", True) == ("client-1", "starting", "")
    assert read_state("client-1", BEGINNING, True).state == "starting"


def test_a_node_that_ended_without_a_word_shows_its_last_line():
    state = read_state("client-1", BEGINNING + "OSError: address already in use\n\n", False)
    assert state == ("client-1", "stopped", "OSError: address already in use")


def test_only_the_latest_start_counts():
    killed = LET_IN + f"\n{KILLED}\n"
    assert read_state("client-1", killed, False).state == "killed"
    assert read_state("client-1", killed + STARTED, True).state == "starting"
    assert read_state("client-1", killed + LET_IN, True) == NodeState(
        "client-1", "online", "let in as node 4247794990768811154"
    )


def test_a_node_has_its_task_when_the_message_of_that_round_and_run_has_arrived():
    asked = LET_IN + "INFO :      [RUN 77, ROUND 1]\nINFO :      Receiving: train message (ID: df69)\n"
    assert not has_task(asked, "77", 1)
    received = asked + "INFO :      Received successfully\n"
    assert has_task(received, "77", 1)
    assert not has_task(received, "77", 0)
    assert not has_task(received, "78", 1)
    assert not has_task(received + STARTED, "77", 1)
