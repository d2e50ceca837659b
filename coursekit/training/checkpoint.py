"""A training that survives a kill: all that it needs to go on, in one file."""

import io
import json
import os
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np

from coursekit.errors import CourseError


class Checkpoint:
    """The state of a training in one file: variables, random numbers, and what was noted so far.

    A training that is stopped and goes on from its file ends with the same bits as one that was never
    stopped. The file is replaced as a whole: a kill while it is written leaves the one before.

    Args:
        path: of the file, ending in .npz. It needn't exist yet.
        settings: what the training depends on, as JSON can hold it; a file with other settings is refused.
        variables: everything that changes, always in the same order: the `variables` of models (with their
            moving averages and the state of dropout), of optimisers, of seed generators.
        generator: the NumPy generator that draws batches.
    """

    def __init__(
        self,
        path: Path,
        settings: dict[str, Any],
        variables: Sequence[keras.Variable],
        generator: np.random.Generator,
    ) -> None:
        self._path = Path(path)
        self._settings = json.dumps(settings, sort_keys=True)
        self._variables = list(variables)
        self._generator = generator

    def save(self, rows: np.ndarray) -> None:
        """Write the state.

        Args:
            rows: (steps, numbers) what was noted in each step so far.
        """
        values = {
            f"variable{i}": keras.ops.convert_to_numpy(variable) for i, variable in enumerate(self._variables)
        }
        state = json.dumps(self._generator.bit_generator.state)
        content = io.BytesIO()
        np.savez(content, settings=self._settings, generator=state, rows=rows, **values)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def restore(self) -> np.ndarray | None:
        """Bring all variables and the generator to the state in the file.

        Returns:
            The rows that were noted until then, or None if there is no file: nothing has changed then.

        Raises:
            CourseError: if the file is of a training with other settings or networks, or is damaged.
        """
        if not self._path.exists():
            return None
        try:
            with np.load(self._path, allow_pickle=False) as file:
                content = {name: file[name] for name in file.files}
            settings, state, rows = str(content["settings"]), str(content["generator"]), content["rows"]
            values = [content[f"variable{i}"] for i in range(len(content) - 3)]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise CourseError(
                f"{self._path} is damaged or no checkpoint ({error}): delete it to train from the start."
            ) from error
        shapes = [value.shape for value in values], [tuple(variable.shape) for variable in self._variables]
        if settings != self._settings or shapes[0] != shapes[1]:
            differ = "" if settings == self._settings else f": there {settings}, here {self._settings}"
            raise CourseError(
                f"{self._path} is the checkpoint of a training with other settings or networks{differ}. Name "
                "another file, or delete this one to train from the start."
            )
        for variable, value in zip(self._variables, values, strict=True):
            variable.assign(value)
        self._generator.bit_generator.state = json.loads(state)
        return rows


def fingerprint(images: np.ndarray) -> str:
    """Tell an array of images from others, for the settings of a checkpoint."""
    return f"{images.shape} {zlib.crc32(np.ascontiguousarray(images).tobytes()):08x}"
