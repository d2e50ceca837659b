"""Federated learning over a real network, with Flower: the clients and the server of `methods.federated`.

`certificates` makes what machines need to trust each other, `client` and `server` are the apps that Flower
runs (with `messages` between them), `job` is what the server is asked to do and what came of it. `start_up`
starts all of it as separate processes on one machine and takes it down, `network` looks at it and uses it,
with `programs`, `processes`, `keeper` and `node_log`; `demo` is what `coursekit federated` trains. The names
below load on first use, and need Flower in those processes only.
"""

from coursekit.first_use import on_first_use

__all__ = [
    "Network",
    "NodeState",
    "Run",
    "create_job",
    "down",
    "local_network",
    "read_history",
    "replay",
    "up",
    "why_not",
]

__getattr__ = on_first_use(
    __name__,
    {
        "Network": "network",
        "NodeState": "node_log",
        "Run": "network",
        "create_job": "job",
        "down": "start_up",
        "local_network": "start_up",
        "read_history": "job",
        "replay": "job",
        "up": "start_up",
        "why_not": "extra",
    },
)
