"""Every lesson is built from its source, runs untouched and solved, and is fit to read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from coursekit.course.build import build
from coursekit.course.evidence import evidence_path, read_evidence
from coursekit.course.run import run
from coursekit.course.source import find_source, lesson_stems, read_source

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted(path.stem for path in (ROOT / "lessons").glob("*.ipynb"))
MEGABYTE = 1_000_000
# The gpu profile in small: as few steps and repeats as each lesson can do with; sizes and widths stay.
GPU_IN_SMALL = {
    "02_convolutions": ["epochs=1", "repeats=2"],
    "05_augmentation": [
        "steps=40",
        "repeats=2",
        "cells.steps=2",
        "search.rounds=3",
        "search.steps_per_round=1",
    ],
    "07_transfer_learning": ["steps=60", "repeats=2"],
    "08_segmentation": [
        *("steps=2", "study.steps=1", "study.seeds=1", "checkpoints=2", "pages_steps=1", "heads.steps=1"),
    ],
    "12_gans": [
        *("toy=40", "film=40", "digits.steps=30", "digits.batches=25", "digits.few=25", "digits.epochs=1"),
        *("cells.steps=25", "painter.steps=25", "segmenter.steps=2"),
    ],
    "13_vaes": [
        *("digits=200", "epochs=2", "noises=[0.3]", "dial=[0.5]", "sizes=[10]", "repeats=1", "pump_epochs=2"),
    ],
    "15_weak_supervision": [
        *("looks=1", "start=1", "epochs=1", 'damages=["two thirds forgotten"]', 'study=["SS+"]'),
    ],
    "19_federated_learning": [
        *("rounds=2", "repeats=1", "epochs=2", "pulls=[0.1]", "norms=[True]", "noises=[0.03]"),
        "flower=False",
    ],
}


@pytest.fixture(params=LESSONS)
def stem(request):
    return request.param


@pytest.fixture
def quick(tmp_path, monkeypatch):
    """The environment of a run in the quick profile, with no progress from before."""
    monkeypatch.setenv("COURSEKIT_PROFILE", "quick")
    # As for a learner: figures are shown and closed cell by cell.
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "progress.json"))


def source_of(stem):
    return read_source(find_source(stem, ROOT)), read_evidence(evidence_path(stem, ROOT))


def what_it_says(path):
    """Printed text and results of a notebook by cell, without figures and widgets, numbered anew."""
    said = {}
    for cell in nbformat.read(path, 4).cells:
        for output in cell.get("outputs", []):
            kinds = output.get("data", {"text": output.get("text")})
            if "application/vnd.jupyter.widget-view+json" not in kinds:
                text = [kinds[kind] for kind in ("text", "text/plain", "text/html") if kind in kinds]
                said[cell.id] = said.get(cell.id, "") + "".join(text)
    return said


def test_there_is_a_lesson_for_every_source():
    assert LESSONS == lesson_stems(ROOT) != []


def test_notebook_and_bank_are_what_the_source_gives(stem):
    build(stem, check=True, root=ROOT)


@pytest.mark.slow
def test_an_untouched_lesson_runs_and_its_marked_outputs_are_as_stored(stem, quick):
    """nbval runs each cell as a test and compares the outputs that are tagged for it with the stored ones."""
    notebook = ROOT / "lessons" / f"{stem}.ipynb"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval-lax",
        "-q",
        "-p",
        "no:cacheprovider",
        "-o",
        "addopts=",
        str(notebook),
    ]
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    compared = [
        c for c in nbformat.read(notebook, 4).cells if "nbval-check-output" in c.metadata.get("tags", [])
    ]
    assert compared, "no output of this lesson is marked for comparison"


@pytest.mark.slow
def test_the_solved_lesson_passes_every_check_and_says_the_same_when_it_runs_again(stem, quick, tmp_path):
    source, _ = source_of(stem)
    result = run(str(source.path), "quick", out=tmp_path / "first")
    page = result.html.read_text(encoding="utf-8")
    assert page.count("public checks passed: correct") >= len(source.questions)
    answers = {
        cell.id: output.data["text/plain"].splitlines()[0]
        for cell in nbformat.read(result.notebook, 4).cells
        if "check" in cell.metadata.get("tags", [])
        for output in cell.outputs
        if output.output_type == "execute_result"
    }
    assert len(answers) == len(source.questions)
    assert all(answer.endswith("public checks passed: correct") for answer in answers.values()), answers
    again = run(str(source.path), "quick", out=tmp_path / "second")
    assert what_it_says(result.notebook) == what_it_says(again.notebook) != {}


@pytest.mark.slow
def test_the_gpu_profile_runs_in_small(stem, tmp_path):
    assert stem in GPU_IN_SMALL, "add the settings above with which a minute on a CPU is enough"
    run(stem, "gpu", out=tmp_path, settings=GPU_IN_SMALL[stem])


def test_a_lesson_is_fit_to_read(stem):
    path = ROOT / "lessons" / f"{stem}.ipynb"
    assert path.stat().st_size <= MEGABYTE
    for cell in nbformat.read(path, 4).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", cell.id
            assert output.get("name") != "stderr", f"{cell.id} prints noise: {output.text[:200]}"
            assert " at 0x" not in json.dumps(output), f"{cell.id} shows a memory address"
            if "image/png" in output.get("data", {}):
                alt = output.metadata.get("image/png", {}).get("alt", "")
                assert len(alt) > 20, f"the figure of cell {cell.id} has no alt text"


def test_a_lesson_holds_no_solution(stem):
    text = (ROOT / "lessons" / f"{stem}.ipynb").read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" not in text and "END SOLUTION" not in text
    source, _ = source_of(stem)
    cells = {cell.id: cell.source for cell in nbformat.reads(text, as_version=4).cells}
    for question in source.questions:
        assert cells[question.name] == source.cell(question.name).stub
