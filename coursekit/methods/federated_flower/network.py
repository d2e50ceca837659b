"""A network of separate processes on this machine that train together, looked at from outside.

What runs is what would run on machines far apart: Flower's SuperLink at the server, a SuperNode at each
client, TLS with our own certificate authority, and registered keys. Only the addresses are this machine's.
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from coursekit.errors import CourseError, InputError
from coursekit.methods.federated.rounds import RoundRules
from coursekit.methods.federated.strategy import Weights
from coursekit.methods.federated_flower import processes
from coursekit.methods.federated_flower.certificates import create_client_key, create_server_files
from coursekit.methods.federated_flower.job import create_job, read_history, rounds_done
from coursekit.methods.federated_flower.node_log import KILLED, NodeState, has_task, read_state
from coursekit.methods.federated_flower.programs import HOST, PATIENCE_S, register, start_supernode, submit

if TYPE_CHECKING:
    import keras

    from coursekit.methods.federated.client import LocalTraining
    from coursekit.methods.federated.engine import FederatedHistory

Stranger = Literal["unregistered key", "other authority"]

_PORTS_TRIED = 5


class Network:
    """A network in its folder; any process may look at it, use it and stop it.

    Args:
        folder: of a network that `up` started.

    Raises:
        CourseError: if there is none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        try:
            settings = json.loads((self.folder / "network.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise CourseError(
                f"There is no network in {folder}: start one with `coursekit federated up`."
            ) from None
        self.address: str = settings["address"]
        self.clients: list[str] = settings["clients"]

    def status(self) -> list[NodeState]:
        """Tell how the server and each node are doing, strangers included."""
        server = bool(processes.running(self.folder, "superlink"))
        states = [NodeState("superlink", "online" if server else "stopped", f"https://{self.address}")]
        names = sorted(path.name for path in (self.folder / "clients").iterdir())
        return states + [self.state(name) for name in names]

    def state(self, name: str) -> NodeState:
        """Tell how one node is doing.

        Args:
            name: of its client.
        """
        return read_state(name, self.log(name), bool(processes.running(self.folder, name)))

    def log(self, name: str) -> str:
        """Read all that a program has printed.

        Args:
            name: of a client, or "superlink".
        """
        file = processes.log_file(self.folder, name)
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def start(
        self,
        model: "keras.Model",
        training: "LocalTraining",
        rounds: int,
        rules: RoundRules | None = None,
        weights: Weights | None = None,
        seed: int = 0,
    ) -> "Run":
        """Start a federated training over the network; it goes on while this process does other things.

        Args:
            model: from images (n, h, w, c) to logits (n, classes), of layers that Keras knows.
            training: what each client does in a round.
            rounds: how many, from 1.
            rules: when the server starts and closes a round; None: with all clients, when all have reported.
            weights: to start from; None for those that the model has.
            seed: as in `train_federated`.

        Returns:
            The run.

        Raises:
            InputError: as in `Job`.
            CourseError: if the server doesn't take the run.
        """
        jobs = self.folder / "jobs"
        folder = jobs / f"{len(list(jobs.iterdir())):03}"
        create_job(folder, model, training, self.clients, rounds, rules, weights, seed)
        return Run(self, folder, rounds, submit(self.folder, folder / "app"))

    def kill(self, client: int) -> None:
        """End a client's node and all that it started at once, as a power cut would.

        Args:
            client: its number.
        """
        name = self.clients[client]
        processes.kill(self.folder, name)
        with processes.log_file(self.folder, name).open("a", encoding="utf-8") as log:
            log.write(f"\n{KILLED}\n")

    def start_nodes(self, clients: Sequence[int]) -> None:
        """Start clients' nodes, with the keys that they have; returns when the server has let all of them in.

        Args:
            clients: their numbers.

        Raises:
            CourseError: if one isn't let in.
        """
        names = [self.clients[client] for client in clients]
        for name in names:
            self._start_node(name)
        for name in names:
            if (state := self._decided(name)).state != "online":
                raise CourseError(f"The node of {name} is {state.state}: {state.reason}")

    def add_stranger(self, kind: Stranger) -> NodeState:
        """Start one more node that has no business here; returns when it has been refused (or let in).

        Args:
            kind: "unregistered key": it trusts the right authority, but nobody registered its key; "other
                authority": its key is registered, but it trusts an authority that did not sign the server's
                certificate, as if somebody else answered at the server's address.

        Returns:
            What became of it.

        Raises:
            InputError: if there is no such kind.
        """
        name = kind.replace(" ", "-")
        authority = self.folder / "certificates" / "authority.pem"
        if kind == "other authority":
            authority = create_server_files(self.folder / "other-certificates", [HOST]).authority
        elif kind != "unregistered key":
            raise InputError(f"A stranger is 'unregistered key' or 'other authority', got {kind!r}.")
        home = self.folder / "clients" / name
        home.mkdir()
        public_key = create_client_key(home / "key")
        if kind == "other authority":
            register(self.folder, name, public_key)
        self._start_node(name, authority)
        return self._decided(name, authority)

    def _start_node(self, name: str, authority: Path | None = None) -> None:
        trusted = authority or self.folder / "certificates" / "authority.pem"
        start_supernode(self.folder, name, self.address, trusted, processes.free_port())

    def _decided(self, name: str, authority: Path | None = None) -> NodeState:
        """Wait until a node is let in, refused, or ends."""
        for _ in range(_PORTS_TRIED):
            wait_until(lambda: self.state(name).state != "starting", f"{name} doesn't reach the server")
            state = self.state(name)
            # Somebody else may take a port between asking for it and using it.
            if state.state != "stopped" or "address already in use" not in self.log(name):
                break
            self._start_node(name, authority)
        return state


class Run:
    """A federated training that goes on over a network.

    Attributes:
        network: where it runs.
        folder: its job.
        rounds: how many it will have.
        run_id: Flower's number of it.
    """

    def __init__(self, network: Network, folder: Path, rounds: int, run_id: str) -> None:
        self.network, self.folder, self.rounds, self.run_id = network, folder, rounds, run_id

    def wait_for_task(self, number: int, client: int) -> None:
        """Wait until a client's node has received the weights of a round, and is about to train.

        Args:
            number: of the round, from 0.
            client: number of the client.

        Raises:
            CourseError: if the server ends before, or nothing happens for a long time.
        """
        name = self.network.clients[client]

        def received() -> bool:
            return has_task(self.network.log(name), self.run_id, number)

        self._wait_until(received, f"{name} gets nothing to do in round {number}")

    def wait_for_round(self, number: int) -> None:
        """Wait until a round is over.

        Args:
            number: of the round, from 0.

        Raises:
            CourseError: as in `wait_for_task`.
        """
        self._wait_until(lambda: rounds_done(self.folder) > number, f"round {number} doesn't end")

    def history(self, evaluate: Callable[[Weights], float] | None = None) -> "FederatedHistory":
        """Wait until all rounds are over, and read what came of them.

        Args:
            evaluate: from weights to a score, called with those after each round.

        Returns:
            What `train_federated` would return, with real times.

        Raises:
            CourseError: as in `wait_for_task`.
        """
        for number in range(self.rounds):
            self.wait_for_round(number)
        return read_history(self.folder, evaluate)

    def _wait_until(self, condition: Callable[[], bool], problem: str) -> None:
        wait_until(lambda: condition() or self._server_is_gone(), problem)
        if not condition():
            failure = self.folder / "failure.txt"
            said = failure.read_text(encoding="utf-8") if failure.exists() else self.network.log("superlink")
            raise CourseError(
                f"The server ended after {rounds_done(self.folder)} of {self.rounds} rounds. Its last words: "
                f"{said[-1500:].strip()}"
            )

    def _server_is_gone(self) -> bool:
        """Tell whether the process that plays the rounds has ended."""
        alive = {process.pid for process in processes.running(self.network.folder, "superlink")}
        noted = self.folder / "server.pid"
        return not alive or (noted.exists() and int(noted.read_text(encoding="utf-8")) not in alive)


def wait_until(condition: Callable[[], bool], problem: str) -> None:
    """Wait until something is true.

    Args:
        condition: asked ten times a second.
        problem: what is wrong if it doesn't become true for a long time.

    Raises:
        CourseError: if it doesn't.
    """
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise CourseError(f"Waited {PATIENCE_S:.0f} s, but {problem}.")
        time.sleep(0.1)
