"""`coursekit federated`: what a person reads without a network; tests/methods/federated_flower has one."""

import sys

import pytest

from coursekit.course import cli
from coursekit.methods.federated_flower import network, start_up
from coursekit.methods.federated_flower.node_log import NodeState


def call(monkeypatch, *args):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys, "argv", ["coursekit", "federated", *map(str, args)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return left.value.code


def test_help_names_the_four_commands(monkeypatch, capsys):
    assert call(monkeypatch, "--help") == 0
    said = capsys.readouterr().out
    for command in ("up", "run", "status", "down"):
        assert f" {command} " in said


@pytest.mark.parametrize("command", ["run", "status"])
def test_without_a_network_one_line_says_how_to_start_one(monkeypatch, capsys, tmp_path, command):
    assert call(monkeypatch, command, "--folder", tmp_path / "network") == 2
    assert "start one with `coursekit federated up`" in capsys.readouterr().err


def test_down_without_a_network_is_no_error_and_leaves_other_folders_alone(monkeypatch, capsys, tmp_path):
    assert call(monkeypatch, "down", "--folder", tmp_path / "network") == 0
    assert call(monkeypatch, "down", "--folder", tmp_path) == 2
    assert "not the folder of a network" in capsys.readouterr().err
    assert tmp_path.exists()


def test_without_flower_up_says_how_to_get_it(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(start_up, "why_not", lambda: "Flower is not installed")
    assert call(monkeypatch, "up", "--folder", tmp_path / "network") == 2
    assert capsys.readouterr().err == "Flower is not installed\n"


@pytest.mark.parametrize(("state", "code"), [("online", 0), ("refused", 1)])
def test_status_shows_each_program_with_its_reason_and_leaves_with_1_if_one_is_not_online(
    monkeypatch, capsys, tmp_path, state, code
):
    (tmp_path / "network.json").write_text('{"address": "127.0.0.1:1", "clients": ["client-0"]}')
    states = [
        NodeState("superlink", "online", "https://127.0.0.1:1"),
        NodeState("client-0", state, "[why] not"),
    ]
    monkeypatch.setattr(network.Network, "status", lambda _self: states)
    assert call(monkeypatch, "status", "--folder", tmp_path) == code
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].rstrip().split(maxsplit=2) == ["client-0", state, "[why] not"]
