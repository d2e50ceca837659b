"""`load`: one call for every data set of the course."""

import difflib
import importlib
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from coursekit.data.imageset import Card, ImageSet
from coursekit.errors import InputError

# Name of the data set: the module and the function that make it. A function takes n and seed, and its other
# keyword arguments are the options of the data set. A new data set is one more line here, and a card in
# datasets/.
_LOADERS = {
    "bearing": ("coursekit.data.simulate.bearing", "bearing"),
    "bloodmnist": ("coursekit.data.real.medmnist", "bloodmnist"),
    "brains": ("coursekit.data.simulate.brains", "brains"),
    "breastmnist": ("coursekit.data.real.medmnist", "breastmnist"),
    "cifar10": ("coursekit.data.real.keras_sets", "cifar10"),
    "dermamnist": ("coursekit.data.real.medmnist", "dermamnist"),
    "digits": ("coursekit.data.real.bundled", "digits"),
    "faces": ("coursekit.data.simulate.faces", "faces"),
    "fashion_mnist": ("coursekit.data.real.keras_sets", "fashion_mnist"),
    "fashion_sprite": ("coursekit.data.real.fashion_sprite", "fashion_sprite"),
    "glands": ("coursekit.data.simulate.glands", "glands"),
    "glyphs": ("coursekit.data.simulate.glyphs", "glyphs"),
    "ihc": ("coursekit.data.real.bundled", "ihc"),
    "mnist": ("coursekit.data.real.keras_sets", "mnist"),
    "monolayer": ("coursekit.data.simulate.monolayer", "monolayer"),
    "nist_cells": ("coursekit.data.real.nist_cells", "nist_cells"),
    "pages": ("coursekit.data.simulate.pages", "pages"),
    "pathmnist": ("coursekit.data.real.medmnist", "pathmnist"),
    "phase_contrast": ("coursekit.data.simulate.phase_contrast", "phase_contrast"),
    "phenotypes": ("coursekit.data.simulate.phenotypes", "phenotypes"),
    "pneumoniamnist": ("coursekit.data.real.medmnist", "pneumoniamnist"),
    "scenes": ("coursekit.data.simulate.scenes", "scenes"),
    "stress": ("coursekit.data.simulate.stress", "stress"),
    "tumours": ("coursekit.data.simulate.tumours", "tumours"),
    "voices": ("coursekit.data.simulate.voices", "voices"),
}


def names() -> list[str]:
    """Return the names of all data sets that `load` knows."""
    return sorted(_LOADERS)


def origin(name: str) -> str:
    """Say where a data set comes from: "simulated", "real, on disk" or "real, downloaded".

    Raises:
        InputError: if the name is not known.
    """
    module, _ = _find(name)
    if module.startswith("coursekit.data.simulate."):
        return "simulated"
    return "real, on disk" if module == "coursekit.data.real.bundled" else "real, downloaded"


def card(name: str) -> Card:
    """Return the card of a data set; nothing is downloaded for it.

    Raises:
        InputError: if the name is not known.
    """
    module, _ = _find(name)
    if origin(name) == "real, downloaded":
        return importlib.import_module(module).CARDS[name]
    return load(name, n=1).card


def options(name: str) -> dict[str, Any]:
    """Return what `load` takes for a data set beyond n and seed: each option with its default.

    Raises:
        InputError: if the name is not known.
    """
    parameters = inspect.signature(_loader(name)).parameters
    return {key: value.default for key, value in parameters.items() if key not in ("n", "seed")}


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
        CourseError: if a set has to be downloaded and can't be.
    """
    loader = _loader(name)
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
    # Simulators multiply many small matrices. Shared out between threads, each product waits for whoever else
    # is busy, training for example, and takes twenty times as long.
    with threadpool_limits(1, user_api="blas"):
        return loader(n=None if n is None else int(n), seed=int(seed), **options)


def _find(name: str) -> tuple[str, str]:
    if name not in _LOADERS:
        near = difflib.get_close_matches(str(name), _LOADERS, n=1, cutoff=0.5)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(f"There is no data set called {name!r}.{meant} There are: {', '.join(names())}.")
    return _LOADERS[name]


def _loader(name: str) -> Callable[..., ImageSet]:
    module, function = _find(name)
    return getattr(importlib.import_module(module), function)


def _is_whole_number(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
