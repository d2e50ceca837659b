"""Training: seeds, a report on this machine, progress in one line, batches, and gradients on either backend.

The names below load on first use, so that `coursekit.training.device` doesn't pull in Keras by itself.
"""

import importlib
from typing import Any

_HOME = {
    "set_seed": "seeds",
    "DeviceReport": "device",
    "device_report": "device",
    "make_step": "steps",
    "input_gradient": "steps",
    "compiled": "steps",
    "Progress": "progress",
    "Batches": "batches",
}

__all__ = [
    "Batches",
    "DeviceReport",
    "Progress",
    "compiled",
    "device_report",
    "input_gradient",
    "make_step",
    "set_seed",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"coursekit.training.{_HOME[name]}"), name)
    raise AttributeError(f"coursekit.training has no {name!r}. It has: {', '.join(__all__)}.")
