"""Models and training must also work with JAX under Keras."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.jax
@pytest.mark.skipif(keras.backend.backend() == "jax", reason="this is the run on JAX")
def test_models_and_training_pass_on_jax():
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            str(TESTS / "models"),
            str(TESTS / "training"),
            "-p",
            "no:cacheprovider",
        ],
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
        cwd=TESTS.parent,
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-1000:]
