"""Every question of every lesson: the right answer, the stub and the typical mistakes, on fresh probes."""

import functools
from dataclasses import dataclass

import numpy as np
import pytest

from coursekit.course.answers import Reference, replies_of
from coursekit.course.questions import PUBLIC_SEED, Probe, Question, Reply, Verdict, WrongAnswer, judge
from coursekit.course.source import LessonSource, course_root, read_source, without_magics

SEEDS = (11, 222, 3333)
PATHS = sorted(
    p for p in (course_root() / "solutions").glob("[0-9][0-9]_*.py") if not p.stem.endswith("_questions")
)
# An answer that may take longer than this trains a network.
TRAINS = 30


@functools.cache
def lesson_of(stem: str) -> LessonSource:
    return read_source(course_root() / "solutions" / f"{stem}.py")


def questions():
    for path in PATHS:
        for question in lesson_of(path.stem).questions:
            marks = [pytest.mark.slow] if question.seconds > TRAINS else []
            yield pytest.param(path.stem, question.name, id=f"{path.stem}-{question.name}", marks=marks)


@dataclass(frozen=True)
class Played:
    """A question with what several answers reply to the probes of one seed."""

    question: Question
    probes: list[Probe]
    solved: list[Reply]
    stub: list[Reply]
    wrong: list[WrongAnswer]

    def verdict(self, replies: list[Reply]) -> Verdict:
        known = [] if self.question.compare.explains else self.wrong
        return judge(self.question.compare, self.probes, replies, known, self.question.right)


@functools.cache
def played(stem: str, name: str) -> dict[int, Played]:
    """The question on every seed; each answer runs once, since some of them train a network."""
    lesson = lesson_of(stem)
    question, reference = lesson.question(name), Reference(lesson)
    by_seed = {seed: reference.probes(question, np.random.default_rng(seed)) for seed in SEEDS}
    every = [probe for probes in by_seed.values() for probe in probes]
    cell = lesson.cell(name)
    solved, stub = (replies_to(lesson, question, every, source) for source in (cell.source, cell.stub))
    wrong = reference.wrong_answers(question, every)
    found, start = {}, 0
    for seed, probes in by_seed.items():
        part = slice(start, start + len(probes))
        start = part.stop
        found[seed] = Played(
            question,
            probes,
            solved[part],
            stub[part],
            [WrongAnswer(w.replies[part], w.message) for w in wrong],
        )
    return found


def replies_to(lesson: LessonSource, question: Question, probes: list[Probe], answer: str) -> list[Reply]:
    namespace = {"PROFILE": "quick", "SEED": 0}
    for code in [*lesson.preparation_code(question, answer), without_magics(answer)]:
        exec(code, namespace)
    return replies_of(namespace.get(question.name), question.probes is not None, probes)


def test_there_are_lessons_where_there_are_solutions():
    if not (course_root() / "solutions").is_dir():
        pytest.skip("this checkout has no solutions")
    assert PATHS


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("stem", "name"), list(questions()))
def test_the_reference_is_correct(stem, name, seed):
    it = played(stem, name)[seed]
    verdict = it.verdict(it.solved)
    assert verdict.status == "correct", verdict
    assert verdict.message == it.question.right


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("stem", "name"), list(questions()))
def test_the_stub_is_not_attempted(stem, name, seed):
    it = played(stem, name)[seed]
    assert it.verdict(it.stub).status == "not attempted"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("stem", "name"), list(questions()))
def test_every_wrong_answer_is_caught_and_earns_its_message(stem, name, seed):
    it = played(stem, name)[seed]
    assert it.wrong, "a question needs typical wrong answers"
    for wrong in it.wrong:
        verdict = it.verdict(wrong.replies)
        assert verdict.status in ("not yet", "raised"), wrong.message
        if it.question.compare.explains:
            assert wrong.message in verdict.message
        else:
            assert verdict.message.startswith(wrong.message)


@pytest.mark.parametrize(("stem", "name"), list(questions()))
def test_fresh_seeds_draw_fresh_probes(stem, name):
    question = lesson_of(stem).question(name)
    if question.probes is None:
        return
    assert PUBLIC_SEED not in SEEDS
    drawn = [str(question.draw(np.random.default_rng(seed))) for seed in (PUBLIC_SEED, *SEEDS)]
    assert len(set(drawn)) == len(drawn)
    assert str(question.draw(np.random.default_rng(SEEDS[0]))) == drawn[1]


@pytest.mark.parametrize(("stem", "name"), list(questions()))
def test_a_question_helps_those_who_are_stuck(stem, name):
    question = lesson_of(stem).question(name)
    assert question.points > 0
    # A quiz explains itself with each option.
    assert len(question.hints) >= 2 or question.compare.kind == "choice"
    said = set(question.wrong.values())
    assert len(said) == len(question.wrong) or question.compare.explains, "each mistake has its own message"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_answer_is_checked_behind_it_and_asked_for_in_the_text(path):
    lesson = lesson_of(path.stem)
    names = [cell.name for cell in lesson.cells]
    for question in lesson.questions:
        check = lesson.cell(f"check-{question.name}")
        assert "check" in check.tags
        assert f'lesson.check("{question.name}", {question.name})' in check.source
        assert names.index(check.name) > names.index(question.name)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_stubs_and_solutions_are_different_code_that_compiles(path):
    lesson = lesson_of(path.stem)
    for question in lesson.questions:
        cell = lesson.cell(question.name)
        assert cell.stub != cell.source
        compile(without_magics(cell.stub), question.name, "exec")
        compile(without_magics(cell.source), question.name, "exec")
