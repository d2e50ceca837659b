"""Figures of one test don't stay open in the next."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    with plt.rc_context():
        yield
    plt.close("all")
