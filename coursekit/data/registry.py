"""`load`: one call for every data set of the course."""

import difflib
import importlib
import inspect
from typing import Any

import numpy as np

from coursekit.data.imageset import ImageSet
from coursekit.errors import InputError

# Name of the data set: the module and the function that make it. A function takes n and seed, and its other
# keyword arguments are the options of the data set. A new data set is one more line here, and a card in
# datasets/.
_LOADERS = {
    "digits": ("coursekit.data.real", "digits"),
    "glyphs": ("coursekit.data.simulate.glyphs", "glyphs"),
    "ihc": ("coursekit.data.real", "ihc"),
    "monolayer": ("coursekit.data.simulate.monolayer", "monolayer"),
}


def names() -> list[str]:
    """Return the names of all data sets that `load` knows."""
    return sorted(_LOADERS)


def load(name: str, n: int | None = None, seed: int = 0, **options: Any) -> ImageSet:
    """Load or simulate a data set.

    Args:
        name: one of `names()`, such as "digits" (real) or "monolayer" (simulated).
        n: how many images; None for all of a real data set, or a default number of a simulated one.
        seed: decides which images a random subset takes, or which ones a simulator draws. The same seed gives
            the same bytes on the same machine. Image i of a simulator doesn't depend on n: the first 8 of 16
            are the 8.
        **options: what the data set offers beyond that; see its card in datasets/, or its function.

    Returns:
        An ImageSet: images (n, h, w, c) float32 in [0, 1], targets, groups and the card of the data set.

    Raises:
        InputError: if the name, an option or its value is not known, or n is out of range.
    """
    if name not in _LOADERS:
        near = difflib.get_close_matches(str(name), _LOADERS, n=1, cutoff=0.5)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(f"There is no data set called {name!r}.{meant} There are: {', '.join(names())}.")
    module, function = _LOADERS[name]
    loader = getattr(importlib.import_module(module), function)
    known = [option for option in inspect.signature(loader).parameters if option not in ("n", "seed")]
    for option in options:
        if option not in known:
            near = difflib.get_close_matches(option, known, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            raise InputError(
                f"{name!r} has no option {option!r}.{meant} It has: {', '.join(known) or 'none'}."
            )
    if n is not None and (not _is_whole_number(n) or n < 1):
        raise InputError(f"n must be a whole number from 1, or None for all, got {n!r}.")
    if not _is_whole_number(seed) or seed < 0:
        raise InputError(f"seed must be a whole number from 0, got {seed!r}.")
    return loader(n=None if n is None else int(n), seed=int(seed), **options)


def _is_whole_number(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
