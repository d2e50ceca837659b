import json
import os
from pathlib import Path
from typing import Any

import pytest

from coursekit.course.grading.submission import (
    MAX_BYTES,
    InvalidSubmissionError,
    Submission,
    find_submissions,
    fingerprint,
    learner_names,
    read_submission,
)

from .course import LESSON, RIGHT, hand_in, notebook


def read(path: Path) -> Submission:
    return read_submission(path, LESSON, 3)


def with_cells(*cells: dict[str, Any]) -> Submission:
    return Submission("", cells)


def cell(source: Any = "x = 1", **other: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {}, **other}


def test_a_notebook_under_another_file_name_is_read(tmp_path: Path) -> None:
    assert read(hand_in(tmp_path / "my homework (2).ipynb")).answer("double").source == RIGHT["double"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\xff\xfe\x00\x01binary", "not text"),
        (json.dumps(notebook()).encode()[:500], "cut off"),
        (b"[" * 100_000, "cut off"),
        (b'{"a":' * 100_000, "cut off"),
        (b"[]", "format 4"),
        (b"null", "format 4"),
        (b'{"nbformat": 3, "worksheets": []}', "format 4"),
        (b'{"nbformat": 4, "cells": {}}', "format 4"),
        (b'{"nbformat": 4, "cells": [], "metadata": []}', "which lesson"),
        (b'{"nbformat": 4, "cells": [], "metadata": {"coursekit": "yes"}}', "which lesson"),
        (b"9" * 5000, "cut off"),
    ],
    ids=lambda value: value[:12].decode("latin1") if isinstance(value, bytes) else value,
)
def test_a_file_that_is_no_notebook_is_named_so(tmp_path: Path, text: bytes, words: str) -> None:
    path = tmp_path / "x.ipynb"
    path.write_bytes(text)
    with pytest.raises(InvalidSubmissionError, match=words):
        read(path)


def test_another_lesson_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSubmissionError, match="of lesson '02_other', not of '01_tiny'"):
        read(hand_in(tmp_path / "x.ipynb", lesson="02_other"))


def test_another_version_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSubmissionError, match="version 2 of the lesson, the marker 3"):
        read(hand_in(tmp_path / "x.ipynb", version=2))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link.ipynb").symlink_to(hand_in(tmp_path / "other" / "x.ipynb"))
    with pytest.raises(InvalidSubmissionError, match="it is a link"):
        read(tmp_path / "link.ipynb")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").mkdir()
    with pytest.raises(InvalidSubmissionError, match="not a file"):
        read(tmp_path / "x.ipynb")


def test_a_pipe_does_not_keep_us_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.ipynb")
    with pytest.raises(InvalidSubmissionError, match="not a file"):
        read(tmp_path / "x.ipynb")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(InvalidSubmissionError, match="Clear its outputs"):
        read(path)


def test_a_missing_cell_has_no_source_and_no_problem() -> None:
    answer = with_cells(cell(id="other")).answer("double")
    assert answer.source is None
    assert answer.problem == ""


def test_two_cells_of_one_id_are_a_problem() -> None:
    answer = with_cells(cell(id="double"), cell(id="double")).answer("double")
    assert answer.source is None
    assert "2 answer cells `double`" in answer.problem


def test_metadata_names_a_cell_that_lost_its_id() -> None:
    marked = cell("y = 2", id="77", metadata={"coursekit": {"answer": "double"}})
    assert with_cells(cell(id="1"), marked).answer("double").source == "y = 2"


def test_colab_keeps_the_id_in_the_metadata() -> None:
    assert with_cells(cell("y = 2", metadata={"id": "double"})).answer("double").source == "y = 2"


def test_the_original_counts_and_not_its_copy() -> None:
    copy = cell("copied", id="9", metadata={"coursekit": {"answer": "double"}})
    answer = with_cells(copy, cell("original", id="double")).answer("double")
    assert answer.source == "original"
    assert "copy" in answer.note


def test_a_markdown_cell_is_no_answer() -> None:
    assert with_cells(cell(id="double", cell_type="markdown")).answer("double").source is None


def test_lines_of_a_cell_are_joined() -> None:
    assert with_cells(cell(["a = 1\n", "b = 2"], id="double")).answer("double").source == "a = 1\nb = 2"


@pytest.mark.parametrize("source", [None, 7, {"a": 1}, ["x", 7]])
def test_a_cell_without_text_is_a_problem(source: Any) -> None:
    assert with_cells(cell(source, id="double")).answer("double").problem


def test_metadata_of_any_shape_is_survived() -> None:
    strange = [
        cell(id=[], metadata=value)
        for value in (None, 3, [], {"coursekit": 1}, {"coursekit": {"answer": []}})
    ]
    assert with_cells(*strange).answer("double").source is None


def test_half_a_character_is_replaced() -> None:
    assert with_cells(cell("x = '\ud800'", id="double")).answer("double").source == "x = '?'"


def test_learners_with_a_folder_of_their_own_are_called_after_it(tmp_path: Path) -> None:
    for name in ("ana/02.ipynb", "ben/02.ipynb", "cyd/first.ipynb", "cyd/second.ipynb", "dora.ipynb"):
        hand_in(tmp_path / name)
    names = learner_names(tmp_path, find_submissions(tmp_path))
    assert sorted(names.values()) == ["ana", "ben", "cyd/first", "cyd/second", "dora"]


def test_hidden_folders_and_linked_folders_are_left_out(tmp_path: Path) -> None:
    hand_in(tmp_path / "inbox" / ".ipynb_checkpoints" / "x.ipynb")
    hand_in(tmp_path / "elsewhere" / "y.ipynb")
    (tmp_path / "inbox" / "linked").symlink_to(tmp_path / "elsewhere")
    assert find_submissions(tmp_path / "inbox") == []


def test_what_cannot_be_read_has_no_fingerprint(tmp_path: Path) -> None:
    assert fingerprint(tmp_path / "missing.ipynb") == ""
