"""The same seed, the same result."""

import operator
from typing import SupportsIndex

import keras

from coursekit.errors import CourseError, InputError


def set_seed(seed: SupportsIndex, deterministic: bool = True) -> None:
    """Seed Python, NumPy and Keras, and ask for operations that give the same bits each time.

    Call it before building the model: initial weights are random too. Results are then the same on the same
    machine with the same versions, not from one machine to another.

    Args:
        seed: whole number from 0 to 2³² - 1, of Python or of NumPy.
        deterministic: on TensorFlow, forbid operations whose result depends on the order in which threads
            finish. That costs time on a GPU, lasts until Python ends, and can't be taken back. JAX is
            deterministic on a CPU without asking; on a GPU it needs
            `XLA_FLAGS=--xla_gpu_deterministic_ops=true` in the environment before it starts.

    Raises:
        InputError: if seed is not such a number.
        CourseError: if TensorFlow was in use before with other settings.
    """
    try:
        number = -1 if isinstance(seed, bool) else operator.index(seed)
    except TypeError:
        number = -1
    if not 0 <= number < 2**32:
        raise InputError(f"seed must be a whole number from 0 to 2**32 - 1, got {seed!r}.")
    keras.utils.set_random_seed(number)
    if deterministic and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        try:
            tf.config.experimental.enable_op_determinism()
        except RuntimeError as error:
            raise CourseError(
                f"TensorFlow can't become deterministic any more ({error}): restart the kernel and call "
                "set_seed first."
            ) from error
