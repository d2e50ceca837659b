"""The pages of datasets/ say what was measured."""

import runpy
from pathlib import Path

import pytest

from coursekit.course.evidence import read_evidence
from coursekit.data import names

FOLDER = Path(__file__).parents[2] / "datasets"
GALLERY = runpy.run_path(str(FOLDER / "gallery.py"))
EVIDENCE = read_evidence(GALLERY["EVIDENCE"])


def test_the_gallery_is_what_was_measured():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert GALLERY["with_gallery"](readme, EVIDENCE) == readme


@pytest.mark.parametrize("name", EVIDENCE.notes("sets"))
def test_a_card_quotes_what_was_measured(name):
    page = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert GALLERY["sentence"](name, EVIDENCE) in page
    assert GALLERY["with_scores"](page, name, EVIDENCE) == page


def test_every_data_set_that_needs_no_download_has_a_picture():
    from coursekit.data.registry import origin

    for name in names():
        picture = FOLDER / "pictures" / f"{name}.png"
        assert picture.exists() or "download" in origin(name), name
        if picture.exists():
            assert picture.stat().st_size < 200_000, name


def test_no_picture_is_left_over():
    assert {path.stem for path in (FOLDER / "pictures").glob("*.png")} <= set(names())
