"""Comparisons between what a question expects and what came, as data that can be written to a file.

Each comparison returns None where the answer holds, else one sentence that says what is wrong. The sentence
is shown to the learner, so it speaks of the answer and never of the grader.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_KINDS: dict[str, Callable[..., str | None]] = {}


@dataclass(frozen=True)
class Comparison:
    """A named comparison with its settings; `Comparison(**spec)` restores it from a question bank."""

    kind: str
    settings: dict[str, Any] = field(default_factory=dict)

    def __call__(self, args: tuple, expected: Any, got: Any) -> str | None:
        """Say what is wrong with `got`, or return None if nothing is."""
        return _KINDS[self.kind](args, expected, got, **self.settings)

    @property
    def explains(self) -> bool:
        """Whether its own sentence tells typical mistakes apart, so that their replies need not be known."""
        return self.kind in ("accuracy", "group_split")

    def spec(self) -> dict[str, Any]:
        """The comparison as plain data."""
        return {"kind": self.kind, "settings": self.settings}


def close(atol: float, rtol: float = 0.0) -> Comparison:
    """Numbers or arrays of equal shape that differ by at most `atol + rtol * |expected|` everywhere."""
    return Comparison("close", {"atol": atol, "rtol": rtol})


def exact() -> Comparison:
    """Equal numbers, text, or sequences of them; 3 and 3.0 are equal, True and 1 are not."""
    return Comparison("exact")


def choice(options: Iterable[str]) -> Comparison:
    """One of these options. What is said of a wrong one does not tell which is right."""
    return Comparison("choice", {"options": list(options)})


def accuracy(at_least: float) -> Comparison:
    """Predicted labels `(n,)` of which at least this share equals the expected ones."""
    return Comparison("accuracy", {"at_least": at_least})


def group_split(tolerance: float) -> Comparison:
    """A pair (train rows, test rows) that covers every row once and leaves no group on both sides.

    The first argument of each probe holds the group of every row, the second the part of the *groups* to test
    on; it must be met within `tolerance`.
    """
    return Comparison("group_split", {"tolerance": tolerance})


def _kind(function: Callable[..., str | None]) -> Callable[..., str | None]:
    _KINDS[function.__name__.removeprefix("_")] = function
    return function


@_kind
def _close(_args: tuple, expected: Any, got: Any, atol: float, rtol: float) -> str | None:
    want, have = np.asarray(expected), _numeric(got)
    if isinstance(expected, tuple) and want.ndim == 1 and (have is None or have.shape != want.shape):
        return f"{len(expected)} numbers were expected, {shown(got)} came."
    if have is None:
        return f"A number or an array was expected, {kind_of(got)} came."
    if have.shape != want.shape:
        return f"The shape should be {want.shape}, yours is {have.shape}."
    if have.dtype.kind == "b" and want.dtype.kind != "b":
        return "Numbers were expected, True and False came."
    if not np.isfinite(have).all() and np.isfinite(want).all():
        return "Your result contains NaN or infinity."
    if np.allclose(have, want, rtol=rtol, atol=atol, equal_nan=True):
        return None
    if want.ndim == 0:
        return _expected_came(want, have)
    # Where one of the two is NaN or infinite, the difference can be NaN: that is the largest gap of all.
    with np.errstate(invalid="ignore"):
        gap = np.nan_to_num(np.abs(have.astype("float64") - want.astype("float64")), nan=np.inf)
    gap[np.isclose(have, want, rtol=rtol, atol=atol, equal_nan=True)] = -1
    place = tuple(int(i) for i in np.unravel_index(np.argmax(gap), gap.shape))
    return (
        f"The shape {want.shape} is right, the values are not: at {place} "
        f"{_expected_came(want[place], have[place])}"
    )


@_kind
def _exact(_args: tuple, expected: Any, got: Any) -> str | None:
    if _same(expected, got):
        return None
    want, have = (_numeric(value) if isinstance(value, np.ndarray) else None for value in (expected, got))
    if want is not None and have is not None and have.shape == want.shape and want.size > _PRINTED:
        differs = want != have
        place = tuple(int(i) for i in np.argwhere(differs)[0])
        return (
            f"The shape {want.shape} is right, {differs.sum()} of {want.size} values are not: at {place} "
            f"{_expected_came(want[place], have[place])}"
        )
    return f"{shown(expected)} was expected, {shown(got)} came."


@_kind
def _choice(_args: tuple, expected: Any, got: Any, options: list[str]) -> str | None:
    letter = got.strip().lower() if isinstance(got, str) else None
    if letter not in options:
        return f"Choose one of {', '.join(repr(option) for option in options)}; {shown(got)} came."
    return None if letter == expected else f"{got!r} is not it."


@_kind
def _accuracy(_args: tuple, expected: Any, got: Any, at_least: float) -> str | None:
    want, have = np.asarray(expected), _numeric(got)
    if have is None:
        return f"An array of {len(want)} labels was expected, {kind_of(got)} came."
    if have.shape != want.shape:
        hint = (
            " Take the largest of the class scores: `.argmax(axis=1)`." if have.ndim == want.ndim + 1 else ""
        )
        return f"One answer for each case was expected, shape {want.shape}; yours is {have.shape}.{hint}"
    share = float((have == want).mean())
    if share >= at_least:
        return None
    labels = np.unique(want)
    hits = [have[want == label] == label for label in labels]
    worst = min(range(len(labels)), key=lambda k: hits[k].mean())
    return (
        f"{share:.1%} of your predictions are right; {at_least:.0%} are needed. You find label "
        f"{number(labels[worst])} least well: {hits[worst].sum()} of {len(hits[worst])}."
    )


@_kind
def _group_split(args: tuple, _expected: Any, got: Any, tolerance: float) -> str | None:
    groups, share = np.asarray(args[0]), float(args[1])
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        return f"A pair (train rows, test rows) was expected, {kind_of(got)} came."
    train, test = (_numeric(part) for part in got)
    if train is None or test is None or train.ndim != 1 or test.ndim != 1:
        return "Train rows and test rows should be two arrays of row numbers."
    if train.dtype.kind == "b" or test.dtype.kind == "b":
        return "Row numbers were expected, True and False came: `np.flatnonzero` turns one into the other."
    rows = np.concatenate([train, test])
    if rows.dtype.kind not in "iu" or not np.array_equal(np.sort(rows), np.arange(len(groups))):
        return f"Together the two parts should name each of the {len(groups)} rows once; they don't."
    shared = np.intersect1d(groups[train], groups[test])
    if len(shared):
        example = f"number {shared[0]} for example"
        return f"{len(shared)} of the groups are on both sides, {example}: that is the leak."
    tested = len(np.unique(groups[test])) / len(np.unique(groups))
    if abs(tested - share) > tolerance:
        return f"{tested:.0%} of the groups are tested; {share:.0%} were asked for."
    return None


def _numeric(value: Any) -> np.ndarray | None:
    """The value as a numeric array, or None if it is not one."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        return None
    return array if array.dtype.kind in "biuf" else None


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        x, y = _numeric(a), _numeric(b)
        return x is not None and y is not None and x.shape == y.shape and bool((x == y).all())
    if isinstance(a, bool) is not isinstance(b, bool):
        return False
    return type(a) in _PLAIN and type(b) in _PLAIN and a == b


_PLAIN = (type(None), bool, int, float, str)

_PRINTED = 12
"""Numbers of an array that still fit into a line; of longer ones it is said where they differ."""


def _expected_came(want: Any, have: Any) -> str:
    """Two numbers that differ, with more digits than usual if it takes them to see that."""
    texts = number(want), number(have)
    if texts[0] == texts[1]:
        texts = f"{want:.10g}", f"{have:.10g}"
    return f"{texts[0]} was expected, {texts[1]} came."


def number(value: Any) -> str:
    """A number as a person would write it: four significant digits, no trailing zeros."""
    plain = value.item() if isinstance(value, (np.ndarray, np.generic)) else value
    return f"{plain:.4g}" if isinstance(plain, float) else str(plain)


def kind_of(value: Any) -> str:
    """What a value is, in a learner's words."""
    if value is None:
        return "nothing (`None`)"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return {"str": "text", "bool": "True or False", "float": "a number", "int": "a number"}.get(
        type(value).__name__, f"a {type(value).__name__}"
    )


def shown(value: Any, limit: int = 120) -> str:
    """A value in one short line."""
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return number(value)
        if value.size <= _PRINTED:
            return np.array2string(value, precision=3, separator=", ").replace("\n", "")
        return f"array of shape {value.shape}"
    if isinstance(value, (list, tuple)):
        left, right = "()" if isinstance(value, tuple) else "[]"
        text = left + ", ".join(shown(item, limit) for item in value) + right
    else:
        text = number(value) if isinstance(value, float) else repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
