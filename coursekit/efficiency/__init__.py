"""Data efficiency: studies that can be stopped, learning curves, and what a technique is worth in labels.

The names below load on first use, so that a study's file can be read without SciPy.
"""

from coursekit.first_use import on_first_use

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

__getattr__ = on_first_use(
    __name__,
    {
        "Estimate": "worth",
        "LearningCurve": "curves",
        "PowerLaw": "curves",
        "Study": "study",
        "Table": "table",
        "labels_needed": "worth",
        "power_law": "curves",
        "score_at": "worth",
        "worth_in_labels": "worth",
    },
)
