"""`coursekit federated`: three clinics that train together, as separate processes on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from coursekit.methods.federated_flower.node_log import NodeState

app = typer.Typer(
    help="Federated learning over a real network of processes on this machine, with Flower.",
    no_args_is_help=True,
)

FolderOption = Annotated[
    Path, typer.Option(help="Where certificates, keys, images and logs of the network lie.")
]
FOLDER = Path("federated-network")


@app.command()
def up(folder: FolderOption = FOLDER) -> None:
    """Start a server and the nodes of three clinics, with certificates and keys of their own."""
    from coursekit.methods.federated_flower import up as start
    from coursekit.methods.federated_flower.demo import clinics

    _show(start(clinics(), folder).status())


@app.command()
def run(
    rounds: Annotated[int, typer.Option(min=1, help="How many rounds.")] = 3,
    folder: FolderOption = FOLDER,
) -> None:
    """Train over the network, and compare with the same training in one process."""
    from coursekit.methods.federated_flower import Network
    from coursekit.methods.federated_flower.demo import compare

    for line in compare(Network(folder), rounds):
        print(line, flush=True)


@app.command()
def status(folder: FolderOption = FOLDER) -> None:
    """Say how the server and each node are doing, and why a node was refused.

    Leaves with code 1 if one of them is not online.
    """
    from coursekit.methods.federated_flower import Network

    states = Network(folder).status()
    _show(states)
    raise typer.Exit(0 if all(state.state == "online" for state in states) else 1)


@app.command()
def down(folder: FolderOption = FOLDER) -> None:
    """Stop all processes of the network, also those that a crash has left, and remove its folder."""
    from coursekit.methods.federated_flower import down as stop

    stop(folder)


def _show(states: "list[NodeState]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("name", "state", "why", box=None, pad_edge=False, header_style="bold")
    for state in states:
        table.add_row(state.name, state.state, Text(state.reason))
    Console().print(table)
