import json

import numpy as np
import pytest

from coursekit.course.evidence import Evidence, claims, evidence_path, find_study, measure, read_evidence
from coursekit.errors import CourseError

STUDY = """
import numpy as np
from coursekit.course.evidence import Claim

def measure():
    return {
        "settings": {"epochs": np.int64(3)},
        "measurements": {
            "a": {"x": [0], "values": np.array([[1 / 3], [0.5]]), "cost_s": [1.0, 2.0], "labels": 4}
        },
        "notes": {"nothing": [], "word": "größer"},
    }

CLAIMS = [Claim("A third is less than a half", lambda e: e.at("a")[0] < e.at("a")[1])]
"""


@pytest.fixture
def evidence(tiny_course):
    return read_evidence(evidence_path("07_doubling", tiny_course))


@pytest.fixture
def study(tmp_path):
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "01_thirds.py").write_text(STUDY, encoding="utf-8")
    return tmp_path


def test_values_have_a_row_for_each_repeat_and_a_column_for_each_point(evidence):
    assert evidence.values("doubled").tolist() == [[0.5, 0.9], [0.7, 0.7]]
    assert evidence.x("doubled").tolist() == [2, 4]
    assert evidence.at("doubled", 4).tolist() == [0.9, 0.7]


def test_the_spread_is_that_of_a_sample(evidence):
    assert evidence.mean("doubled", 4) == pytest.approx(0.8)
    # Two values 0.2 apart: 0.2 / sqrt(2) with n - 1, 0.1 with n.
    assert evidence.sd("doubled", 4) == pytest.approx(0.2 / np.sqrt(2))


def test_the_cost_is_the_median(evidence):
    assert evidence.cost_s("doubled") == 2


def test_the_only_point_needs_no_name():
    evidence = Evidence(
        {"measurements": {"a": {"x": [7], "values": [[1], [3]], "cost_s": [1, 1]}}, "notes": {}}
    )
    assert evidence.mean("a") == evidence.mean("a", 7) == 2


def test_a_point_that_was_not_measured_is_refused(evidence):
    with pytest.raises(CourseError, match=r"'doubled' was measured at \[2, 4\], not at 3"):
        evidence.mean("doubled", 3)
    with pytest.raises(CourseError, match=r"not at None"):
        evidence.mean("doubled")


def test_unknown_measurements_and_notes_are_answered_by_those_that_exist(evidence):
    with pytest.raises(CourseError, match="No measurement 'tripled'; there is doubled"):
        evidence.values("tripled")
    with pytest.raises(CourseError, match="No note 'end'; there is example"):
        evidence.notes("end")
    with pytest.raises(CourseError, match="there is none"):
        Evidence({"measurements": {}, "notes": {}}).notes("end")


def test_a_lesson_without_evidence_has_none(tmp_path):
    assert read_evidence(tmp_path / "00_none.json").data == {"measurements": {}, "notes": {}}


def test_an_unreadable_file_says_which_command_makes_it_anew(tmp_path):
    path = tmp_path / "03_broken.json"
    path.write_text('{"measurements": ')
    with pytest.raises(CourseError, match=r"03_broken.json is not readable: .* Run `coursekit evidence 03`"):
        read_evidence(path)


def test_a_study_is_written_with_what_made_it(study):
    path = measure("01_thirds", study)
    evidence = read_evidence(path)
    assert path == evidence_path("01_thirds", study)
    assert evidence.values("a").tolist() == [[0.33333], [0.5]]
    assert evidence.data["settings"] == {"epochs": 3}
    assert evidence.notes("word") == "größer"
    assert {"keras", "numpy", "python", "cores"} <= set(evidence.data["made"])
    assert evidence.data["lesson"] == "01_thirds"


def test_a_study_leaves_one_file_and_the_same_one_every_time(study):
    first = measure("01_thirds", study).read_bytes()
    assert measure("01_thirds", study).read_bytes() == first
    assert {path.name for path in (study / "evidence").iterdir()} == {"01_thirds.py", "01_thirds.json"}


def test_a_list_of_numbers_takes_one_line_so_that_changes_can_be_read(study):
    lines = measure("01_thirds", study).read_text(encoding="utf-8").splitlines()
    assert any(line.strip() == '"cost_s": [1.0, 2.0],' for line in lines)


def test_a_study_that_fails_keeps_the_old_evidence(study):
    before = measure("01_thirds", study).read_bytes()
    script = study / "evidence" / "01_thirds.py"
    script.write_text(STUDY.replace("1 / 3", "1 / 0"))
    with pytest.raises(ZeroDivisionError):
        measure("01_thirds", study)
    assert (study / "evidence" / "01_thirds.json").read_bytes() == before


def test_a_lesson_without_study_says_which_file_is_missing(study):
    with pytest.raises(CourseError, match=r"02_halves has no study: evidence/02_halves.py is missing"):
        measure("02_halves", study)


def test_claims_hold_or_fail_on_evidence(study):
    (claim,) = claims("01_thirds", study)
    measured = json.loads(measure("01_thirds", study).read_text(encoding="utf-8"))
    assert claim.holds(Evidence(measured))
    measured["measurements"]["a"]["values"].reverse()
    assert not claim.holds(Evidence(measured))


def test_a_study_is_found_by_lesson_or_by_its_own_name(tiny_course):
    (tiny_course / "evidence" / "harvest.py").write_text(STUDY, encoding="utf-8")
    assert find_study("7", tiny_course) == "07_doubling"
    assert find_study("harvest", tiny_course) == "harvest"
    with pytest.raises(CourseError, match="Unknown lesson 'harvests'"):
        find_study("harvests", tiny_course)
