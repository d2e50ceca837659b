"""How good is a prediction, and how good are generated images? NumPy arrays in, one float out.

The names below load on first use: a measure that nobody asks for need not be there.
"""

from coursekit.first_use import on_first_use

__all__ = [
    "accuracy",
    "adjusted_rand_index",
    "average_perpendicular_distance",
    "border_adjusted_rand_index",
    "cell_regions",
    "dice",
    "frechet_distance",
    "iou",
    "kernel_distance",
    "matthews",
    "mean_iou",
    "precision",
    "sensitivity",
    "specificity",
]

_GENERATED = ("frechet_distance", "kernel_distance")

__getattr__ = on_first_use(
    __name__, {name: "generated" if name in _GENERATED else "predictions" for name in __all__}
)
