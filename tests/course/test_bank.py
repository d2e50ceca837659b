import copy
import json

import numpy as np
import pytest

from coursekit.course import bank as bank_module
from coursekit.course.bank import bank_data, load_bank, same_bank
from coursekit.course.evidence import evidence_path, read_evidence
from coursekit.course.questions import judge
from coursekit.course.source import read_source
from coursekit.course.wire import encode
from coursekit.errors import CourseError


@pytest.fixture
def data(tiny_course):
    source = read_source(tiny_course / "solutions" / "07_doubling.py")
    return bank_data(source, read_evidence(evidence_path("07_doubling", tiny_course)))


@pytest.fixture
def banks(tmp_path, monkeypatch):
    folder = tmp_path / "banks"
    folder.mkdir()
    monkeypatch.setattr(bank_module, "BANKS", folder)
    return folder


def write(folder, data):
    (folder / "07_doubling.json").write_text(json.dumps(data), encoding="utf-8")


def test_a_bank_holds_what_a_check_needs(data, banks):
    write(banks, data)
    bank = load_bank("07_doubling")
    question = bank.questions["double"]
    assert (bank.title, bank.version, list(bank.questions)) == ("Doubling", 3, ["double", "half", "which"])
    assert bank.evidence.mean("doubled", 4) == pytest.approx(0.8)
    assert (question.points, question.is_function, question.right) == (2, True, "As planned.")
    assert question.hints == ("Add?", "Multiply!", "`FACTOR * x`")
    for probe in question.probes:
        assert np.allclose(probe.expected, 2 * probe.args[0])
    assert [probe.note for probe in question.probes] == ["", "three numbers"]
    assert not bank.questions["half"].is_function
    assert [probe.expected for probe in bank.questions["half"].probes] == [0.5]


def test_wrong_answers_are_recognised_from_the_bank_alone(data, banks):
    write(banks, data)
    for question in load_bank("07_doubling").questions.values():
        for wrong in question.wrong:
            verdict = judge(question.compare, question.probes, wrong.replies, question.wrong)
            assert verdict.status in ("not yet", "raised")
            assert verdict.message.startswith(wrong.message)


def test_a_bank_holds_no_code_of_solutions_or_wrong_answers(data):
    text = json.dumps(data)
    # A hint may say it; nothing else does.
    assert text.count("FACTOR * x") == 1
    assert "lambda" not in text
    assert "return" not in text


def test_known_names_are_those_that_exist_where_the_grader_runs_the_answer(data):
    known = {entry["name"]: set(entry["known_names"]) for entry in data["questions"]}
    assert {"np", "FACTOR", "double", "PROFILE", "SEED"} <= known["double"]
    assert "FACTOR" not in known["half"]


def test_the_same_source_gives_the_same_bank(data, tiny_course):
    source = read_source(tiny_course / "solutions" / "07_doubling.py")
    again = bank_data(source, read_evidence(evidence_path("07_doubling", tiny_course)))
    assert json.dumps(again) == json.dumps(data)


def test_an_unknown_lesson_is_answered_by_those_that_exist(data, banks):
    with pytest.raises(CourseError, match=r"no lesson '09_nothing'. It has: none"):
        load_bank("09_nothing")
    write(banks, data)
    with pytest.raises(CourseError, match=r"no lesson '09_nothing'. It has: 07_doubling"):
        load_bank("09_nothing")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.pop("version"),
        lambda data: data["questions"][0].pop("compare"),
        lambda data: data["questions"][0]["probes"][0].pop(),
        lambda data: data["questions"][0]["probes"][0].__setitem__(0, {"$array": ["uint8", [3], "!"]}),
        lambda data: data.update(questions=7),
    ],
)
def test_a_damaged_bank_says_so(data, banks, damage):
    damage(data)
    write(banks, data)
    with pytest.raises(CourseError, match=r"questions of 07_doubling are damaged .* install coursekit again"):
        load_bank("07_doubling")


def test_a_bank_cut_short_says_so(data, banks):
    (banks / "07_doubling.json").write_text(json.dumps(data)[:500])
    with pytest.raises(CourseError, match="damaged"):
        load_bank("07_doubling")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"x": [1, 0.1, "t", None]}, {"x": [1, 0.1 + 1e-9, "t", None]}),
        (encode(np.ones(3)), encode(np.ones(3) + 1e-8)),
        (encode(np.array([True, False])), encode(np.array([True, False]))),
        (encode(np.array([1.0, np.nan])), encode(np.array([1.0, np.nan]))),
        (float("nan"), float("nan")),
        ([], []),
    ],
)
def test_banks_that_differ_in_last_bits_are_the_same(a, b):
    assert same_bank(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"x": 1}, {"y": 1}),
        ({"x": 1}, {"x": 1, "y": 1}),
        ({"x": "a"}, {"x": "b"}),
        ([1, 2], [1]),
        ([1], 1),
        (0.1, 0.1001),
        (0.1, float("nan")),
        (encode(np.ones(3)), encode(np.ones(3) + 1e-3)),
        (encode(np.ones(3)), encode(np.ones(3, "float32"))),
        (encode(np.ones(3)), encode(np.ones((3, 1)))),
        (encode(np.ones(3)), [1, 1, 1]),
    ],
)
def test_banks_that_differ_in_more_are_not(a, b):
    assert not same_bank(a, b)
    assert not same_bank(b, a)


def test_a_changed_hint_or_probe_makes_another_bank(data):
    for path in (("hints", 0), ("right",), ("points",)):
        other = copy.deepcopy(data)
        target = other["questions"][0]
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = 99
        assert not same_bank(data, other)


def test_the_banks_of_this_coursekit_can_be_read():
    stems = sorted(path.stem for path in bank_module.BANKS.glob("*.json"))
    assert stems
    for stem in stems:
        assert load_bank(stem).stem == stem
