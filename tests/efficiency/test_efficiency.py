import subprocess
import sys

import pytest

from coursekit import efficiency


def test_every_name_loads():
    for name in efficiency.__all__:
        assert getattr(efficiency, name).__name__ == name


def test_an_unknown_name_is_an_error_that_lists_the_others():
    with pytest.raises(AttributeError, match=r"no 'factor'\. It has: .*worth_in_labels"):
        efficiency.factor  # noqa: B018


def test_a_study_needs_neither_keras_nor_scipy():
    code = (
        "import sys; from coursekit.efficiency import Study, LearningCurve, worth_in_labels\n"
        "print({'keras', 'tensorflow', 'scipy', 'sklearn', 'matplotlib'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
