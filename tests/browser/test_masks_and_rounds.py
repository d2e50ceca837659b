"""Two widgets in a small notebook, moved by the keyboard: damaged masks, and a federated round."""

import pytest

from .small_notebook import write_notebook

DAMAGE = """\
import numpy as np

from coursekit import viz

rows, columns = np.mgrid[:48, :48]
labels = sum(
    number * ((rows - row) ** 2 + (columns - column) ** 2 <= 49)
    for number, (row, column) in enumerate([(12, 12), (12, 36), (36, 12), (36, 36)], start=1)
)
viz.MaskDamage(labels > 0, labels, remove=0.0)"""
ROUND = """\
from coursekit import viz

viz.RoundTimeline()"""


@pytest.mark.slow
@pytest.mark.browser
def test_a_mask_is_damaged_and_a_round_fails_by_the_keyboard_and_both_come_back(tmp_path):
    # Not at the top: without Playwright the marker decides what becomes of the test, not a failed import.
    from .labpage import lab_page

    write_notebook(tmp_path / "small.ipynb", damage=DAMAGE, round=ROUND)
    with lab_page(tmp_path) as lab:
        lab.open_file_browser()
        lab.open("small.ipynb")
        lab.run_all()
        assert lab.errors() == {}

        whole = lab.picture("damage")
        lab.move_slider("damage", "p removed", "End")
        empty = lab.changed_picture("damage", whole)
        assert empty.startswith(b"\x89PNG")
        lab.move_slider("damage", "p removed", "Home")
        assert lab.changed_picture("damage", empty) == whole
        lab.choose("damage", "drawn as", "bounding box")
        boxes = lab.changed_picture("damage", whole)
        lab.choose("damage", "drawn as", "outline")
        assert lab.changed_picture("damage", boxes) == whole

        committed = lab.picture("round")
        lab.move_slider("round", "fall silent", "End")
        failed = lab.changed_picture("round", committed)
        assert failed.startswith(b"\x89PNG")
        lab.move_slider("round", "fall silent", "Home")
        nobody_silent = lab.changed_picture("round", failed)
        lab.move_slider("round", "over-selection", "ArrowRight")
        assert lab.changed_picture("round", nobody_silent).startswith(b"\x89PNG")

        assert lab.errors() == {}
        assert lab.elsewhere == []
