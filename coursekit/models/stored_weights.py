"""Weights as plain arrays in an .npz file, named layer/variable, such as "conv1/kernel".

A layer's arrays stand in the order of `layer.get_weights()`; Keras has renamed some variables over the years.
"""

import hashlib
import io
from pathlib import Path

import keras
import numpy as np

from coursekit.errors import CourseError


def save_weights(model: keras.Model, path: Path) -> str:
    """Write all weights of a model; the same weights give the same bytes.

    Args:
        model: its layers are named; a layer inside a layer is not supported.
        path: of the file to write, ending in .npz.

    Returns:
        The SHA-256 of the file, hexadecimal.
    """
    arrays = {
        f"{layer.name}/{variable.name}": keras.ops.convert_to_numpy(variable)
        for layer in model.layers
        for variable in layer.weights
    }
    np.savez_compressed(path, **arrays)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_weights(model: keras.Model, path: Path, sha256: str) -> None:
    """Fill a model with the weights of a file; arrays of layers that the model lacks are left out.

    Args:
        model: every weight of it must be in the file, in its shape.
        path: of the file.
        sha256: of the right file, hexadecimal. Another file is refused before it is read.

    Raises:
        CourseError: if the file is missing, is another one, or doesn't fit the model.
    """
    if not path.is_file():
        raise CourseError(f"There is no file of weights {path}: check the path, or install coursekit again.")
    content = path.read_bytes()
    came = hashlib.sha256(content).hexdigest()
    if came != sha256:
        raise CourseError(
            f"{path.name} holds other weights than expected: {len(content):,} bytes with SHA-256 {came}, "
            f"expected {sha256}. Take the file from where it was published again."
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        for layer in model.layers:
            arrays = [file[name] for name in file.files if name.partition("/")[0] == layer.name]
            expected = [tuple(weights.shape) for weights in layer.weights]
            if [array.shape for array in arrays] != expected:
                raise CourseError(
                    f"{path.name} doesn't fit this {model.name}: layer {layer.name} has weights of shapes "
                    f"{expected}, the file {[array.shape for array in arrays]}. Build the network as the "
                    "weights were made."
                )
            layer.set_weights(arrays)
