"""Packages whose names load on first use, so that importing one of them costs nothing."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def on_first_use(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Make the `__getattr__` of a package (PEP 562) that imports a module when one of its names is asked for.

        __getattr__ = on_first_use(__name__, {"operation": "catalogue"})

    Args:
        package: its full name.
        homes: the module of the package, by the name that it brings.

    Returns:
        A function from a name to what the module has under it. For other names it raises an AttributeError
        that lists those there are.
    """

    def load(name: str) -> Any:
        if name in homes:
            return getattr(importlib.import_module(f"{package}.{homes[name]}"), name)
        raise AttributeError(f"{package} has no {name!r}. It has: {', '.join(homes)}.")

    return load
