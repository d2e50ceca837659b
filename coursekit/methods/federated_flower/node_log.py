"""Reads from what Flower's SuperNode prints whether the server has let it in, and if not, why."""

import re
from typing import Literal, NamedTuple

from coursekit.methods.federated_flower.processes import STARTED

State = Literal["starting", "online", "refused", "killed", "stopped"]

KILLED = "coursekit: killed"
"""Line that is added to the log of a program that was killed on purpose."""

# What Flower says and what it means; its words alone don't name the cause.
_MEANINGS = {
    "[code: 2004]": "the server knows no such key: register it with `flwr supernode register`",
    "CERTIFICATE_VERIFY_FAILED": "the authority that this node trusts did not sign the server's certificate",
    "Hostname mismatch": "the server's certificate does not name the address that the node called",
    "IP address mismatch": "the server's certificate does not name the address that the node called",
}

_BOILERPLATE = {
    "Failed to initialize the connection to the SuperLink.",
    "The SuperNode could not establish a connection to the SuperLink.",
}


class NodeState(NamedTuple):
    """How a program of a network is doing.

    Attributes:
        name: of the client, or "superlink".
        state: "online": let in by the server; "refused": it ended because it was not, or did not trust the
            server; "killed": on purpose; "stopped": it ended otherwise; "starting": not decided yet.
        reason: why, in one line: Flower's words, and what they mean.
    """

    name: str
    state: State
    reason: str


def read_state(name: str, log: str, is_running: bool) -> NodeState:
    """Tell a SuperNode's state.

    Args:
        name: of the client.
        log: all that it printed since it was started first.
        is_running: whether it still runs.
    """
    log = re.sub(r"\x1b\[[0-9;]*m", "", log)
    last = _latest(log)
    if KILLED in last:
        return NodeState(name, "killed", "killed on purpose")
    let_in = re.search(r"SuperNode ID: (\d+)", last)
    ended = re.search(r"Exit Code: (\d+)\n(.*?)(?=\n\s*\n|\Z)", last, re.DOTALL)
    if ended:
        said = " ".join(line for line in ended.group(2).splitlines() if line not in _BOILERPLATE)
        meanings = [meaning for sign, meaning in _MEANINGS.items() if sign in said]
        reason = "; ".join([f"exit code {ended.group(1)}: {said}", *meanings[-1:]])
        return NodeState(name, "stopped" if let_in else "refused", reason)
    if not is_running:
        return NodeState(name, "stopped", _last_line(last))
    if let_in:
        return NodeState(name, "online", f"let in as node {let_in.group(1)}")
    return NodeState(name, "starting", _last_line(last))


def has_task(log: str, run_id: str, number: int) -> bool:
    """Tell whether a SuperNode, since it was started last, has received what it shall do in a round.

    Args:
        log: all that it printed.
        run_id: Flower's number of the run.
        number: of the round, from 0.
    """
    return "Received successfully" in _latest(log).partition(f"[RUN {run_id}, ROUND {number}]")[2]


def _latest(log: str) -> str:
    """Cut off what earlier starts of the program have printed."""
    return log.rpartition(STARTED)[2]


def _last_line(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return lines[-1] if lines else ""
