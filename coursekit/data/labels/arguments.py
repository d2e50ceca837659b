"""What must hold for arguments that several functions on labels share."""

from numbers import Real
from typing import Any

import numpy as np

from coursekit.errors import InputError


def count(name: str, value: Any, least: int) -> int:
    """Return `value` if it is a whole number from `least`.

    Raises:
        InputError: if it isn't.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InputError(f"{name} must be a whole number from {least}, got {value!r}.")
    return int(value)


def share(name: str, value: float) -> float:
    """Return `value` if it is a number from 0 to 1.

    Raises:
        InputError: if it isn't.
    """
    if not isinstance(value, Real):
        raise InputError(f"{name} must be a number from 0 to 1, got {value!r}.")
    if not 0 <= value <= 1:  # also catches NaN
        raise InputError(f"{name} must be from 0 to 1, got {value}.")
    return float(value)


def class_labels(labels: Any) -> np.ndarray:
    """Return class labels as (n,) int64.

    Raises:
        InputError: if they aren't whole numbers from 0, one for each item.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or len(labels) == 0:
        raise InputError(f"Labels must be a list with one entry for each item, got shape {labels.shape}.")
    whole = np.issubdtype(labels.dtype, np.integer)
    if not whole or labels.min() < 0:
        came = f"{labels.min()}" if whole else f"{labels.dtype}"
        raise InputError(
            f"Labels must be whole numbers from 0, got {came}: number the classes, such as with "
            "np.unique(labels, return_inverse=True)[1]."
        )
    return labels.astype(np.int64)


def confusion_matrix(name: str, matrix: Any) -> np.ndarray:
    """Return a matrix of probabilities, row: true class, column: observed class, as (K, K) float64.

    Raises:
        InputError: if it isn't square, an entry is outside [0, 1], or a row doesn't add up to 1.
    """
    matrix = np.asarray(matrix, float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 2:
        raise InputError(f"{name} must be square, a row and a column for each class, got {matrix.shape}.")
    if not (matrix.min() >= 0 and matrix.max() <= 1):  # also catches NaN
        raise InputError(f"{name} must hold probabilities from 0 to 1, got {matrix.min()} to {matrix.max()}.")
    wrong = np.flatnonzero(np.abs(matrix.sum(1) - 1) > 1e-6)
    if wrong.size:
        row = wrong[0]
        hint = " Its columns do: transpose it." if np.allclose(matrix.sum(0), 1) else ""
        raise InputError(f"Row {row} of {name} must add up to 1, got {matrix[row].sum():g}.{hint}")
    return matrix
