"""The app that Flower runs at the server: rounds by `RoundRules`, averaged by `fed_avg`.

Flower's own strategies wait for a fixed time and pick nodes at random; here a round is what it is in one
process, with the same record of who took part and the same average.
"""

import os
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np
from flwr.app import Context, Message, MessageType
from flwr.serverapp import Grid, ServerApp

from coursekit.methods.federated.rounds import DROPPED, REPORTED, STRAGGLER, SURPLUS, UNUSED, RoundRecord
from coursekit.methods.federated.strategy import ClientUpdate, Weights, fed_avg
from coursekit.methods.federated_flower.job import Job, read_job, write_round
from coursekit.methods.federated_flower.messages import Task, pack_task, unpack_update

POLL_S = 0.5
"""How often the server looks for new clients and new reports."""

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Run all rounds of the job that the app's settings name, and write down what comes of each."""
    folder = Path(str(context.run_config["job"]))
    # Whoever waits for the rounds can see by this number whether they are still being played.
    (folder / "server.pid").write_text(str(os.getpid()), encoding="utf-8")
    try:
        job = read_job(folder)
        weights = job.weights
        for number in range(job.rounds):
            began = time.monotonic()
            weights, record = play_round(grid, job, weights, number)
            write_round(folder, number, weights, record, time.monotonic() - began)
    except Exception:
        # Flower keeps what this process prints to itself.
        (folder / "failure.txt").write_text(traceback.format_exc(), encoding="utf-8")
        raise


def play_round(grid: Grid, job: Job, weights: Weights, number: int) -> tuple[Weights, RoundRecord]:
    """Run one round: wait for clients, send them the weights, wait for reports, average.

    A client that reports an error, or that Flower declares unavailable, has dropped out. Flower does so when
    it has not heard of a node for twice its heartbeat of 30 s; whoever doesn't want to wait so long sets
    `report_s`, and whoever is silent then is a straggler.

    Args:
        grid: Flower's connection to the nodes.
        job: what is to be done.
        weights: to send.
        number: of the round, from 0.

    Returns:
        The new weights (the old ones if too few clients came or reported), and the record.
    """
    began = time.monotonic()

    def seconds() -> float:
        return time.monotonic() - began

    nodes, check_in_s, turned_away = _check_in(grid, job, seconds)
    clients, start_s = list(nodes), seconds()
    started = len(clients) >= job.rules.least
    updates: dict[int, ClientUpdate] = {}
    report_s: dict[int, float] = {}
    fates = dict.fromkeys(clients, UNUSED)
    if started:
        messages = {
            client: Message(
                pack_task(Task(weights, job.model, job.training, job.seed, number, client)),
                nodes[client],
                MessageType.TRAIN,
                group_id=str(number),
            )
            for client in clients
        }
        waiting = dict(zip(grid.push_messages(messages.values()), clients, strict=True))
        while waiting and len(updates) < job.rules.goal and seconds() < start_s + job.rules.report_s:
            for reply in grid.pull_messages(list(waiting)):
                client = waiting.pop(reply.metadata.reply_to_message_id)
                if reply.has_error():
                    fates[client] = DROPPED
                    print(f"round {number}: {job.clients[client]}: {reply.error.reason}", flush=True)
                    continue
                report_s[client] = seconds()
                fates[client] = REPORTED if len(updates) < job.rules.goal else SURPLUS
                if fates[client] == REPORTED:
                    updates[client] = unpack_update(reply.content)
            time.sleep(POLL_S)
        late = SURPLUS if len(updates) >= job.rules.goal else STRAGGLER
        fates.update(dict.fromkeys(waiting.values(), late))
    record = RoundRecord(
        clients=np.array(clients, "int64"),
        fate=np.array([fates[client] for client in clients], "<U9"),
        check_in_s=np.array([check_in_s[client] for client in clients]),
        report_s=np.array([report_s.get(client, np.nan) for client in clients]),
        start_s=start_s,
        end_s=seconds(),
        started=started,
        committed=started and len(updates) >= job.rules.least,
        turned_away=turned_away,
    )
    if record.committed:
        weights = fed_avg(weights, (updates[client] for client in record.reporting.tolist()))
    print(f"round {number}: {len(updates)} reports, committed: {record.committed}", flush=True)
    return weights, record


def _check_in(
    grid: Grid, job: Job, seconds: Callable[[], float]
) -> tuple[dict[int, int], dict[int, float], int]:
    """Wait for clients: the node of each by number, when it was first seen, and how many had no place."""
    came: dict[int, float] = {}
    places = min(job.rules.invited, len(job.clients))
    while True:
        online = {node.name: node.node_id for node in grid.get_nodes() if node.name in job.clients}
        there = {job.clients.index(name): node for name, node in online.items()}
        for client in sorted(there):
            came.setdefault(client, seconds())
        if len(there) >= places or seconds() >= job.rules.selection_s:
            break
        time.sleep(POLL_S)
    let_in = sorted(there, key=lambda client: (came[client], client))[:places]
    return {client: there[client] for client in let_in}, came, len(there) - len(let_in)
