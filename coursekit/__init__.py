"""coursekit: the helper package of the course "Small Data, Deep Learning".

`import coursekit` costs almost nothing: `coursekit.data`, `coursekit.models` and the others load on first
use. It picks TensorFlow as the backend of Keras unless `KERAS_BACKEND` says otherwise, and keeps TensorFlow's
start-up messages out of the notebook (`TF_CPP_MIN_LOG_LEVEL=0` brings them back).
"""

import importlib
from types import ModuleType

from coursekit import startup

__version__ = "0.1.0"

_SUBMODULES = (
    "augment",
    "course",
    "data",
    "efficiency",
    "errors",
    "methods",
    "metrics",
    "models",
    "training",
    "viz",
)

startup.set_defaults()
startup.quieten_tensorflow()


def __getattr__(name: str) -> ModuleType:
    """Load a part of coursekit when it is first used (PEP 562)."""
    if name in _SUBMODULES:
        return importlib.import_module(f"coursekit.{name}")
    raise AttributeError(f"coursekit has no part called {name!r}. It has: {', '.join(_SUBMODULES)}.")


def __dir__() -> list[str]:
    return [*_SUBMODULES, "__version__"]
