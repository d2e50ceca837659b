"""Training: seeds, a report on this machine, progress in one line, batches, and gradients on either backend.

The names below load on first use, so that `coursekit.training.device` doesn't pull in Keras by itself.
"""

from coursekit.first_use import on_first_use

__all__ = [
    "Batches",
    "DeviceReport",
    "Progress",
    "compiled",
    "device_report",
    "input_gradient",
    "make_step",
    "make_steps",
    "set_seed",
    "value_and_gradients",
]

__getattr__ = on_first_use(
    __name__,
    {
        "Batches": "batches",
        "DeviceReport": "device",
        "Progress": "progress",
        "compiled": "steps",
        "device_report": "device",
        "input_gradient": "steps",
        "make_step": "steps",
        "make_steps": "steps",
        "set_seed": "seeds",
        "value_and_gradients": "steps",
    },
)
