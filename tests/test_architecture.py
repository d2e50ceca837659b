"""Imports inside coursekit point one way, and one folder alone knows the backend."""

import ast
from pathlib import Path

import pytest

import coursekit

PACKAGE = Path(coursekit.__file__).parent

# Which parts of coursekit a part may import, besides itself. DESIGN: data, metrics <- augment, models <-
# training <- methods <- efficiency; viz reads all of these; course knows notebooks and questions, and no
# technique.
BASE = {"errors", "first_use", "startup"}
MAY_IMPORT: dict[str, set[str]] = {part: set() for part in BASE} | {"data": BASE, "metrics": BASE}
for _lower, _upper in [
    (("data", "metrics"), ("augment", "models")),
    (("augment", "models"), ("training",)),
    (("training",), ("methods",)),
    (("methods",), ("efficiency",)),
    (("efficiency",), ("viz",)),
]:
    for _part in _upper:
        MAY_IMPORT[_part] = set(_lower).union(*(MAY_IMPORT[part] for part in _lower))
MAY_IMPORT["course"] = BASE
# `coursekit doctor` reports on the machine and its cache, `coursekit data` on data sets and folders, and
# `coursekit federated` starts and stops the network of lesson 19.
EXCEPTIONS = {
    ("course/doctor.py", "coursekit.data.real.download"),
    ("course/doctor.py", "coursekit.training.device"),
    ("course/data_command.py", "coursekit.data.folder"),
    ("course/data_command.py", "coursekit.data.folder.layout"),
    ("course/data_command.py", "coursekit.data.registry"),
    ("course/data_command.py", "coursekit.viz"),
    ("course/federated_command.py", "coursekit.methods.federated_flower"),
    ("course/federated_command.py", "coursekit.methods.federated_flower.demo"),
    ("course/federated_command.py", "coursekit.methods.federated_flower.node_log"),
}
BACKENDS = {"tensorflow", "jax", "torch"}
KNOWS_THE_BACKEND = {"training/steps.py", "training/seeds.py", "training/device.py"}


def imported_modules(source: str, module: str) -> list[str]:
    """List the absolute names that a source imports; `module` resolves relative imports."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = module.rsplit(".", node.level)[0] if node.level else ""
            base = ".".join(part for part in (package, node.module) if part)
            # `from coursekit import data` imports a part just as `import coursekit.data` does.
            found += [f"{base}.{alias.name}" for alias in node.names] if base == "coursekit" else [base]
    return found


def violations(path: str, source: str) -> list[str]:
    """Name each import in the file coursekit/`path` that points the wrong way."""
    part = path.partition("/")[0].removesuffix(".py")
    if part == "__init__":
        return []
    module = "coursekit." + path.removesuffix(".py").replace("/", ".")
    wrong = []
    for name in imported_modules(source, module):
        top, _, rest = name.partition(".")
        target = rest.partition(".")[0]
        if top in BACKENDS and path not in KNOWS_THE_BACKEND:
            wrong.append(
                f"{path} imports {name}: only {', '.join(sorted(KNOWS_THE_BACKEND))} may know the backend"
            )
        known = top == "coursekit" and target in MAY_IMPORT and target != part
        if known and target not in MAY_IMPORT[part] and (path, name) not in EXCEPTIONS:
            wrong.append(f"{path} imports {name}: {part} may not know {target}")
    return wrong


def test_imports_point_one_way():
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > 10
    wrong = []
    for file in files:
        wrong += violations(file.relative_to(PACKAGE).as_posix(), file.read_text(encoding="utf-8"))
    assert not wrong, "\n".join(wrong)


def test_each_part_of_coursekit_has_its_place_in_the_order():
    parts = {
        path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert parts - {"__init__"} <= set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("data/real.py", "from coursekit.models import lenet5"),
        ("data/real.py", "import coursekit.training"),
        ("metrics.py", "from coursekit import data"),
        ("models/unet.py", "def build():\n    from coursekit.training.steps import make_step"),
        ("models/unet.py", "from ..methods import convolution"),
        ("models/__init__.py", "from ..methods import convolution"),
        ("training/steps.py", "from coursekit.viz import show"),
        ("methods/gan.py", "from coursekit.course import questions"),
        ("course/lesson.py", "from coursekit.methods.convolution import conv2d"),
        ("course/lesson.py", "from coursekit.viz import show"),
        ("course/lesson.py", "from coursekit.training.device import device_report"),
        ("course/doctor.py", "from coursekit.training.steps import make_step"),
        ("course/data_command.py", "from coursekit.models import unet"),
        ("course/federated_command.py", "from coursekit.methods.federated import train_federated"),
        ("errors.py", "import coursekit.data"),
        ("methods/gan.py", "import tensorflow as tf"),
        ("models/unet.py", "def build():\n    from jax import numpy"),
        ("training/progress.py", "import tensorflow.keras"),
    ],
)
def test_the_checker_finds_an_import_that_points_the_wrong_way(path, source):
    assert len(violations(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("models/unet.py", "import keras\nfrom coursekit.errors import InputError\nfrom . import lenet"),
        (
            "methods/gan.py",
            "from coursekit.training import make_step\nfrom coursekit import metrics, __version__",
        ),
        ("viz/images.py", "from coursekit.methods.convolution import conv2d"),
        ("course/doctor.py", "from coursekit.training.device import device_report"),
        ("course/data_command.py", "from coursekit.data.registry import load"),
        ("training/steps.py", "import tensorflow as tf, jax"),
    ],
)
def test_the_checker_allows_imports_that_point_the_right_way(path, source):
    assert violations(path, source) == []
