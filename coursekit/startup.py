"""What has to happen before Keras loads: choose a backend, and keep TensorFlow's greetings out.

Nothing here imports Keras, TensorFlow or JAX.
"""

import functools
import importlib.machinery
import logging
import os
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

# Lines that TensorFlow's libraries print while they load. None asks for anything to be done: absl's own
# notice, absl and TensorFlow log lines below "fatal", and the continuation line of the CPU notice.
_GREETING = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog"
    rb"|[IWE]\d{4} \d\d:\d\d:"
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] "
    rb"|To enable the following instructions:"
)


def set_defaults() -> None:
    """Set the environment that Keras and TensorFlow read at start-up; values that are there already stay."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def quieten_tensorflow() -> None:
    """Hold back what TensorFlow prints while it is imported, now or later, and its notes on retracing.

    The environment alone can't do it: since 2.19 some libraries inside TensorFlow log before they read
    `TF_CPP_MIN_LOG_LEVEL` (tensorflow/tensorflow issue 100442). So the import itself is watched, once.
    `TF_CPP_MIN_LOG_LEVEL=0` in the environment asks to see everything.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "0" or "tensorflow" in sys.modules:
        return
    logging.getLogger("tensorflow").addFilter(_is_no_note_on_retracing)
    if not any(isinstance(finder, _TensorFlowFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TensorFlowFinder())


def _is_no_note_on_retracing(record: logging.LogRecord) -> bool:
    # A lesson compares several models, and each new model is traced anew. TensorFlow takes that for a
    # mistake.
    return "triggered tf.function retracing" not in str(record.msg)


class _TensorFlowFinder(MetaPathFinder):
    """Wraps the loader of `tensorflow` on its first import, then takes itself out of the way."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            loud = spec.loader.exec_module
            spec.loader.exec_module = functools.partial(_without_greetings, loud)  # type: ignore[method-assign]
        return spec


def _without_greetings(load: Callable[[ModuleType], None], module: ModuleType) -> None:
    """Run `load(module)`; pass on what it wrote to stderr, less the greetings."""
    try:
        terminal = os.dup(2)
    except OSError:  # no stderr at all: nothing to keep clean
        return load(module)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            load(module)
        finally:
            os.dup2(terminal, 2)
            held.seek(0)
            for line in held:
                if not _GREETING.match(line):
                    os.write(terminal, line)
            os.close(terminal)
