"""Models, training and methods must also work with JAX under Keras."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

TESTS = Path(__file__).parents[1]
PARTS = ("models", "augment", "training", "methods")


@pytest.mark.slow
@pytest.mark.jax
@pytest.mark.skipif(keras.backend.backend() == "jax", reason="this is the run on JAX")
def test_models_training_and_methods_pass_on_jax():
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *(str(TESTS / part) for part in PARTS),
            # Flower's processes hand the backend on and know nothing of it.
            "-m",
            "not flower",
            "-p",
            "no:cacheprovider",
        ],
        # The tests compile much and run each thing once: optimising it takes longer than all else.
        env=os.environ | {"KERAS_BACKEND": "jax", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},
        capture_output=True,
        text=True,
        check=False,
        cwd=TESTS.parent,
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-1000:]
