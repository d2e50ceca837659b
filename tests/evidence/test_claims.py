"""What the lessons say is what was measured."""

import re

import nbformat
import numpy as np
import pytest

from coursekit.course.build import lesson_notebook
from coursekit.course.evidence import claims, evidence_path, read_evidence
from coursekit.course.source import course_root, read_source

ROOT = course_root()
STEMS = sorted(path.stem for path in (ROOT / "evidence").glob("*.py"))
NOTEBOOKS = sorted((ROOT / "lessons").glob("*.ipynb"))
REPEATS = 5


def every_claim():
    for stem in STEMS:
        for claim in claims(stem, ROOT):
            yield pytest.param(stem, claim, id=f"{stem}: {claim.says}")


def every_measurement():
    for stem in STEMS:
        for name in read_evidence(evidence_path(stem, ROOT)).data["measurements"]:
            yield pytest.param(stem, name, id=f"{stem}: {name}")


@pytest.mark.parametrize(("stem", "claim"), list(every_claim()))
def test_a_claim_holds(stem, claim):
    assert claim.holds(read_evidence(evidence_path(stem, ROOT)))


@pytest.mark.parametrize(("stem", "name"), list(every_measurement()))
def test_a_measurement_was_repeated_and_knows_its_costs(stem, name):
    evidence = read_evidence(evidence_path(stem, ROOT))
    entry = evidence.data["measurements"][name]
    values = evidence.values(name)
    assert len(values) >= REPEATS
    assert values.shape == (len(entry["cost_s"]), len(entry["x"]))
    assert np.isfinite(values).all()
    assert evidence.cost_s(name) > 0
    assert entry["labels"] >= 0
    assert entry["what"]


@pytest.mark.parametrize("stem", STEMS)
def test_a_study_says_what_made_it_and_claims_something(stem):
    data = read_evidence(evidence_path(stem, ROOT)).data
    assert data["lesson"] == stem
    assert {"python", "keras", "tensorflow", "numpy", "cores"} <= set(data["made"])
    said = [claim.says for claim in claims(stem, ROOT)]
    assert said
    assert len(set(said)) == len(said)


def other_results(shape):
    """Results that a study could have had instead."""
    rng = np.random.default_rng(0)
    yield from (np.full(shape, value) for value in (0.0, 0.5, 1.0, 1000.0))
    yield from (rng.random(shape) for _ in range(20))


@pytest.mark.parametrize(("stem", "claim"), list(every_claim()))
def test_a_claim_could_have_been_refuted(stem, claim):
    evidence = read_evidence(evidence_path(stem, ROOT))
    studies = {
        name: list(other_results((REPEATS, len(entry["x"]))))
        for name, entry in evidence.data["measurements"].items()
    }
    # Every arm alike at first, then at random: each arm with results of its own.
    order = np.random.default_rng(1)
    for n in range(24):
        for name, results in studies.items():
            entry = evidence.data["measurements"][name]
            entry["values"] = results[n if n < 4 else order.integers(4, 24)].tolist()
        if not claim.holds(evidence):
            return
    pytest.fail(f"no result would have refuted: {claim.says}")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_number_of_a_lesson_is_left_blank(path):
    for cell in nbformat.read(path, as_version=4).cells:
        assert not re.search(r"<<[^<>\n]*>>", cell.source), cell.source[:80]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_text_of_a_lesson_is_its_source_filled_with_the_evidence(path):
    solution = ROOT / "solutions" / f"{path.stem}.py"
    if not solution.exists():
        pytest.skip("this checkout has no solutions")
    made = lesson_notebook(read_source(solution), read_evidence(evidence_path(path.stem, ROOT)))

    def text(notebook):
        return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]

    assert text(nbformat.read(path, as_version=4)) == text(made)
