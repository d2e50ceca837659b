import itertools
import socket

import numpy as np
import pytest

from coursekit.errors import CourseError, InputError
from coursekit.methods.federated_flower import Network, down, extra, processes, start_up, up, why_not

DATA = [(np.zeros((2, 4, 4, 1), "float32"), np.array([0, 1]))] * 2


def test_without_flower_nothing_is_started_and_the_way_to_get_it_is_told(monkeypatch, tmp_path):
    def missing(_name):
        raise extra.PackageNotFoundError

    monkeypatch.setattr(extra, "version", missing)
    assert "pip install 'coursekit[federated]'" in why_not()
    with pytest.raises(CourseError, match="Flower is not installed"):
        up(DATA, tmp_path / "network")
    assert not (tmp_path / "network").exists()


def test_another_version_of_flower_is_refused(monkeypatch):
    monkeypatch.setattr(extra, "version", lambda _name: "1.40.0")
    assert why_not().startswith("Flower 1.41.0 is needed, 1.40.0 is installed")


@pytest.fixture
def with_flower(monkeypatch):
    monkeypatch.setattr(start_up, "why_not", lambda: None)


def test_a_folder_with_something_in_it_is_neither_used_nor_removed(with_flower, tmp_path):
    (tmp_path / "photo.png").touch()
    with pytest.raises(InputError, match="exists"):
        up(DATA, tmp_path)
    with pytest.raises(CourseError, match="not the folder of a network"):
        down(tmp_path)
    assert (tmp_path / "photo.png").exists()


@pytest.mark.parametrize("names", [["a"], ["a", "a"], []])
def test_each_client_needs_a_name_of_its_own(with_flower, tmp_path, names):
    with pytest.raises(InputError, match="a name of its own"):
        up(DATA, tmp_path / "network", names=names)


def test_a_start_that_fails_leaves_nothing(with_flower, tmp_path, monkeypatch):
    def fail(_folder):
        raise CourseError("no server today")

    monkeypatch.setattr(start_up, "_start_server", fail)
    with pytest.raises(CourseError, match="no server today"):
        up(DATA, tmp_path / "network")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.flower
def test_a_port_that_somebody_else_has_taken_is_left_to_them(tmp_path, monkeypatch):
    free_port, asked = processes.free_port, itertools.count()
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        taken = somebody.getsockname()[1]
        # The server and the node, in this order, are each offered the taken one first.
        monkeypatch.setattr(processes, "free_port", lambda: free_port() if next(asked) % 2 else taken)
        network = up(DATA[:1], tmp_path / "network")
        try:
            assert next(asked) == 4
            assert [node.state for node in network.status()] == ["online", "online"]
            assert not network.address.endswith(f":{taken}")
        finally:
            down(tmp_path / "network")


def test_taking_down_what_is_not_there_is_no_error(tmp_path):
    down(tmp_path / "network")


def test_a_network_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CourseError, match="There is no network in"):
        Network(tmp_path / "network")
