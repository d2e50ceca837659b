"""Rounds of the server's app, with a Flower that is played: its nodes, its messages, and the clock."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from coursekit.methods.federated import ClientUpdate, RoundRules
from coursekit.methods.federated_flower.job import Job

pytestmark = pytest.mark.flower

START = [np.zeros((2, 2), "float32")]
ERROR = "error"


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Grid:
    """Flower's connection to nodes 10, 11, ... that come online and report after some seconds.

    Client k reports the weights k + 1 and k + 1 images; None instead of seconds means never.
    """

    def __init__(self, clock, online, reports):
        self.clock, self.online, self.reports = clock, online, reports
        self.began = clock.now
        self.sent, self.sent_at = {}, math.nan

    def get_nodes(self):
        passed = self.clock.now - self.began
        names = [*(f"client-{k}" for k in range(len(self.online))), "somebody"]
        there = [at is not None and passed >= at for at in self.online] + [True]
        return [SimpleNamespace(name=names[k], node_id=10 + k) for k in range(len(names)) if there[k]]

    def push_messages(self, messages):
        self.sent_at = self.clock.now
        for message in messages:
            message.metadata.__dict__["_message_id"] = f"to {message.metadata.dst_node_id}"
            self.sent[message.metadata.message_id] = message
        return list(self.sent)

    def pull_messages(self, message_ids):
        from flwr.app import Error, Message

        from coursekit.methods.federated_flower.messages import pack_update

        replies = []
        for message_id in message_ids:
            client = self.sent[message_id].metadata.dst_node_id - 10
            after = self.reports[client]
            if after == ERROR:
                replies.append(Message(Error(0, "it broke"), reply_to=self.sent[message_id]))
            elif after is not None and self.clock.now >= self.sent_at + after:
                update = ClientUpdate([np.full((2, 2), client + 1, "float32")], client + 1)
                replies.append(Message(pack_update(update), reply_to=self.sent[message_id]))
        return replies


@pytest.fixture
def play(monkeypatch, flower_process):
    from coursekit.methods.federated_flower import server

    clock = Clock()
    monkeypatch.setattr(server, "time", clock)

    def play(rules, online, reports):
        names = tuple(f"client-{k}" for k in range(len(online)))
        grid = Grid(clock, online, reports)
        weights, record = server.play_round(grid, Job("{}", START, {}, names, 1, rules), START, 0)
        return weights[0][0, 0], record, grid

    return play


def test_the_new_weights_are_the_average_by_number_of_images(play):
    weight, record, _ = play(RoundRules(3), [0, 0, 0], [3, 1, 2])
    assert weight == pytest.approx((1 * 1 + 2 * 2 + 3 * 3) / 6, rel=1e-7)
    assert record.fate.tolist() == ["reported"] * 3
    assert record.reporting.tolist() == [1, 2, 0]
    assert record.report_s.tolist() == [3, 1, 2]
    assert record.committed


def test_a_client_is_sent_weights_settings_and_its_number(play):
    from coursekit.methods.federated_flower.messages import unpack_task

    _, _, grid = play(RoundRules(2), [0, 0], [1, 1])
    for client in (0, 1):
        message = grid.sent[f"to {10 + client}"]
        task = unpack_task(message.content)
        assert (task.client, task.number, message.metadata.group_id) == (client, 0, "0")
        assert np.array_equal(task.weights[0], START[0])


def test_the_round_starts_when_all_places_are_taken(play):
    _, record, _ = play(RoundRules(2), [4, 0, 9], [1, 1, 1])
    assert record.clients.tolist() == [1, 0]
    assert record.check_in_s.tolist() == [0, 4]
    assert record.start_s == 4
    assert record.turned_away == 0


def test_who_finds_all_places_taken_is_turned_away(play):
    _, record, _ = play(RoundRules(2), [0, 0, 0], [1, 1, 1])
    assert record.clients.tolist() == [0, 1]
    assert record.turned_away == 1


def test_with_enough_clients_the_round_starts_when_the_time_to_check_in_is_up(play):
    weight, record, _ = play(RoundRules(3, selection_s=5, minimal_share=0.6), [0, None, 1], [1, 1, 1])
    assert record.clients.tolist() == [0, 2]
    assert record.start_s == 5
    assert record.committed
    assert weight == pytest.approx((1 + 9) / 4)


def test_with_too_few_clients_the_round_is_given_up(play):
    weight, record, grid = play(RoundRules(3, selection_s=5), [0, None, 1], [1, 1, 1])
    assert (record.started, record.committed) == (False, False)
    assert record.fate.tolist() == ["unused", "unused"]
    assert weight == 0
    assert not grid.sent


def test_who_is_silent_when_the_time_is_up_is_a_straggler(play):
    weight, record, _ = play(RoundRules(3, report_s=10, minimal_share=0.6), [0, 0, 0], [1, 2, None])
    assert record.fate.tolist() == ["reported", "reported", "straggler"]
    assert np.isnan(record.report_s[2])
    assert record.end_s == 10
    assert record.committed
    assert weight == pytest.approx((1 + 4) / 3)


def test_who_breaks_down_has_dropped_out_and_nobody_waits(play):
    weight, record, _ = play(RoundRules(3, minimal_share=0.6), [0, 0, 0], [1, 2, ERROR])
    assert record.fate.tolist() == ["reported", "reported", "dropped"]
    assert record.end_s < 3
    assert weight == pytest.approx((1 + 4) / 3)


def test_with_too_few_reports_nothing_is_committed(play):
    weight, record, _ = play(RoundRules(3, report_s=10), [0, 0, 0], [1, 2, None])
    assert record.started
    assert not record.committed
    assert record.reporting.tolist() == []
    assert weight == 0


def test_the_round_ends_with_the_last_report_that_is_wanted(play):
    weight, record, _ = play(RoundRules(2, over_selection=1.5), [0, 0, 0], [1, 20, 2])
    assert record.fate.tolist() == ["reported", "surplus", "reported"]
    assert record.end_s < 3
    assert weight == pytest.approx((1 + 9) / 4)


def test_of_two_that_report_at_once_one_is_surplus_if_one_is_wanted(play):
    _, record, _ = play(RoundRules(1, over_selection=2), [0, 0], [1, 1])
    assert sorted(record.fate.tolist()) == ["reported", "surplus"]


def test_more_places_than_clients_are_no_reason_to_wait(play):
    _, record, _ = play(RoundRules(2, over_selection=2), [0, 0], [1, 1])
    assert record.start_s == 0
    assert record.committed


def test_all_rounds_are_played_and_written_down(monkeypatch, flower_process, tmp_path):
    import keras

    from coursekit.methods.federated import LocalTraining
    from coursekit.methods.federated_flower import create_job, read_history, server

    clock = Clock()
    monkeypatch.setattr(server, "time", clock)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, use_bias=False)])
    create_job(tmp_path / "job", model, LocalTraining(), ["client-0", "client-1"], 3)
    grid = Grid(clock, [0, 0], [2, 1])
    server.main(grid, SimpleNamespace(run_config={"job": str(tmp_path / "job")}))
    history = read_history(tmp_path / "job")
    assert history.weights[0][0, 0] == pytest.approx((1 + 4) / 3)
    assert [record.reporting.tolist() for record in history.records] == [[1, 0]] * 3
    assert history.seconds.tolist() == [2.5] * 3
    assert not (tmp_path / "job" / "failure.txt").exists()


def test_a_server_that_fails_says_why_in_the_folder_of_its_job(flower_process, tmp_path):
    from coursekit.methods.federated_flower import server

    with pytest.raises(FileNotFoundError):
        server.main(None, SimpleNamespace(run_config={"job": str(tmp_path)}))
    assert "job.json" in (tmp_path / "failure.txt").read_text()
