"""Data efficiency: studies that can be stopped, learning curves, and what a technique is worth in labels.

The names below load on first use, so that a study's file can be read without SciPy.
"""

import importlib
from typing import Any

_HOME = {
    "Estimate": "worth",
    "LearningCurve": "curves",
    "PowerLaw": "curves",
    "Study": "study",
    "Table": "table",
    "labels_needed": "worth",
    "power_law": "curves",
    "score_at": "worth",
    "worth_in_labels": "worth",
}

__all__ = [
    "Estimate",
    "LearningCurve",
    "PowerLaw",
    "Study",
    "Table",
    "labels_needed",
    "power_law",
    "score_at",
    "worth_in_labels",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"coursekit.efficiency.{_HOME[name]}"), name)
    raise AttributeError(f"coursekit.efficiency has no {name!r}. It has: {', '.join(__all__)}.")
