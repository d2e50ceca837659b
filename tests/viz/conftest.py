"""Figures are drawn as in a lesson, where a warning would stand in the notebook, and don't stay open."""

import warnings
from collections.abc import Iterator

import matplotlib.pyplot as plt
import pytest

from coursekit.viz import use_style


@pytest.fixture(autouse=True)
def _as_in_a_lesson() -> Iterator[None]:
    with plt.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("error", category=UserWarning, module="coursekit")
        use_style()
        yield
    plt.close("all")
