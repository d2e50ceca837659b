"""What `import coursekit` does, seen from a fresh Python."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"tensorflow", "keras", "jax", "matplotlib", "sklearn", "skimage", "scipy", "PIL", "IPython"}


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess:
    inherited = {
        key: value
        for key, value in os.environ.items()
        if key not in ("TF_CPP_MIN_LOG_LEVEL", "KERAS_BACKEND")
    }
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=inherited | environment, check=False
    )


def test_importing_coursekit_loads_nothing_heavy():
    result = run_python("import coursekit, json, sys; print(json.dumps(sorted(sys.modules)))")
    loaded = {name.partition(".")[0] for name in json.loads(result.stdout)}
    assert "coursekit" in loaded
    assert not loaded & HEAVY


def test_importing_data_metrics_and_training_loads_no_backend():
    result = run_python(
        "import coursekit.data, coursekit.metrics, coursekit.training, coursekit.training.device, json, sys;"
        "print(json.dumps(sorted(sys.modules)))"
    )
    loaded = {name.partition(".")[0] for name in json.loads(result.stdout)}
    assert "numpy" in loaded
    assert not loaded & HEAVY


def test_parts_of_coursekit_load_on_first_use():
    result = run_python("import coursekit; print(coursekit.metrics.dice([1], [1]))")
    assert result.stdout == "1.0\n", result.stderr


def test_every_part_on_disk_loads_on_first_use():
    import coursekit

    folder = Path(coursekit.__file__).parent
    on_disk = {
        path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    # `startup` is what importing coursekit itself runs, `first_use` what its packages are made with.
    assert set(dir(coursekit)) - {"__version__"} == on_disk - {"__init__", "startup", "first_use"}


def test_an_unknown_part_is_an_attribute_error_that_names_the_parts():
    import coursekit

    with pytest.raises(AttributeError, match=r"no part called 'metric'.*metrics"):
        _ = coursekit.metric


@pytest.mark.parametrize("package", ["augment", "efficiency", "training", "course.grading"])
def test_an_unknown_name_of_a_package_is_an_attribute_error_that_names_what_it_has(package):
    module = importlib.import_module(f"coursekit.{package}")
    with pytest.raises(AttributeError) as error:
        _ = module.nothing
    start, _, names = str(error.value).partition(". It has: ")
    assert start == f"coursekit.{package} has no 'nothing'"
    assert sorted(names.removesuffix(".").split(", ")) == sorted(module.__all__)


@pytest.mark.parametrize("package", ["augment", "efficiency", "training"])
def test_every_name_of_a_package_that_loads_on_first_use_is_there(package):
    module = importlib.import_module(f"coursekit.{package}")
    for name in module.__all__:
        assert getattr(module, name) is not None


@pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=pytest.mark.jax)])
def test_loading_keras_and_its_backend_writes_nothing_to_stderr(backend):
    result = run_python(
        "import coursekit, keras; keras.ops.ones(1); print(keras.backend.backend())", KERAS_BACKEND=backend
    )
    assert (result.stdout, result.stderr) == (f"{backend}\n", "")


def test_training_several_models_writes_nothing_to_stderr():
    # TensorFlow would warn about retracing from the fifth model on.
    result = run_python(
        "import coursekit, keras, numpy as np\n"
        "for i in range(7):\n"
        "    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).predict(np.zeros((1, 2)), "
        "verbose=0)\n",
        KERAS_BACKEND="tensorflow",
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_tensorflow_is_the_backend_unless_the_environment_says_otherwise():
    ask = "import coursekit, os; print(os.environ['KERAS_BACKEND'])"
    assert run_python(ask).stdout == "tensorflow\n"
    assert run_python(ask, KERAS_BACKEND="jax").stdout == "jax\n"


def import_a_package_called_tensorflow(folder, body, **environment):
    (folder / "tensorflow.py").write_text(f"import os\n{body}\n")
    code = f"import sys; sys.path.insert(0, {str(folder)!r})\nimport coursekit, tensorflow\nprint('imported')"
    return run_python(code, **environment)


NOISE = "os.write(2, b'I0000 00:00:1795215446.19    5461 port.cc:153] oneDNN custom operations are on.\\n')"


def test_start_up_noise_is_dropped_and_other_messages_get_through(tmp_path):
    body = f"{NOISE}\nos.write(2, b'a message that matters\\n')"
    result = import_a_package_called_tensorflow(tmp_path, body)
    assert (result.stdout, result.stderr) == ("imported\n", "a message that matters\n")


def test_an_import_of_tensorflow_that_fails_says_why(tmp_path):
    result = import_a_package_called_tensorflow(tmp_path, "raise ImportError('libcudart is missing')")
    assert result.returncode == 1
    assert "libcudart is missing" in result.stderr


def test_the_environment_can_ask_for_all_messages(tmp_path):
    result = import_a_package_called_tensorflow(tmp_path, NOISE, TF_CPP_MIN_LOG_LEVEL="0")
    assert "oneDNN" in result.stderr
