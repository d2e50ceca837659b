import numpy as np
import pytest

from coursekit.efficiency import LearningCurve, power_law
from coursekit.errors import CourseError, InputError

SIZES = 30 * 2 ** np.arange(6)


def curve(a=0.95, b=1.5, c=0.5, noise=0.0, repeats=5, **options):
    scores = a - b * SIZES**-c + np.random.default_rng(0).normal(0, noise, (repeats, len(SIZES)))
    return LearningCurve(SIZES, scores, **options)


@pytest.mark.parametrize(
    ("a", "b", "c"), [(0.95, 1.5, 0.5), (1.0, 0.8, 0.1), (0.9, 50, 1.5), (40.0, 30.0, 0.3)]
)
def test_the_fit_finds_the_law_that_made_the_scores(a, b, c):
    law = power_law(curve(a, b, c))
    # Least squares of six exact numbers: what is left is the search's own tolerance.
    np.testing.assert_allclose([law.a, law.b, law.c], [a, b, c], rtol=1e-3)
    assert law.rms_error < 1e-5 * b


def test_an_error_that_falls_has_the_same_law_upside_down():
    up = power_law(curve(noise=0.01))
    mirrored = LearningCurve(SIZES, 1 - curve(noise=0.01).scores, higher_is_better=False)
    down = power_law(mirrored)
    np.testing.assert_allclose([1 - down.a, down.b, down.c], [up.a, up.b, up.c], rtol=1e-4)
    np.testing.assert_allclose(down.score(SIZES), 1 - up.score(SIZES), rtol=1e-4)
    assert down.size(0.2) == pytest.approx(up.size(0.8), rel=1e-3)


def test_the_fit_does_not_depend_on_the_units_of_sizes_and_scores():
    plain = curve(noise=0.01)
    law = power_law(plain)
    scaled = power_law(LearningCurve(SIZES * 1e6, plain.scores * 100))
    assert scaled.a == pytest.approx(100 * law.a, rel=1e-4)
    assert scaled.c == pytest.approx(law.c, rel=1e-3)
    assert scaled.size(80) == pytest.approx(1e6 * law.size(0.8), rel=1e-3)


def test_a_fitted_curve_keeps_to_the_limit_of_the_score():
    # These scores rise as a straight line over log n: without a limit the best formula aims beyond 1.
    scores = [[0.5, 0.6, 0.7, 0.8, 0.9, 0.98]]
    assert power_law(LearningCurve(SIZES, scores)).a > 1
    assert power_law(LearningCurve(SIZES, scores, limit=1)).a <= 1
    errors = LearningCurve(SIZES, 1 - np.array(scores), higher_is_better=False, limit=0)
    assert power_law(errors).a >= 0


def test_score_and_size_undo_each_other():
    law = power_law(curve())
    assert law.size(float(law.score(777))) == pytest.approx(777)
    assert law.size(law.a) == law.size(2 * law.a) == np.inf


def test_the_law_prints_as_its_formula():
    assert str(power_law(curve())) == "0.95 - 1.5 * n^-0.5"
    assert str(power_law(LearningCurve(SIZES, 1 - curve().scores, higher_is_better=False))).startswith(
        "0.05 + 1.5"
    )


def test_scores_that_get_worse_have_no_power_law():
    with pytest.raises(
        CourseError, match=r"No power law fits falling: .* 960 labels is no better than with 30"
    ):
        power_law(LearningCurve(SIZES, curve().scores[:, ::-1], "falling"))


def test_three_sizes_are_too_few_for_three_numbers():
    with pytest.raises(InputError, match="at least 4 sizes, got 3"):
        power_law(LearningCurve(SIZES[:3], curve().scores[:, :3]))


def test_a_replicate_draws_whole_repeats():
    original = curve(noise=0.01)
    replicate = original.resampled(np.random.default_rng(0))
    assert replicate.scores.shape == original.scores.shape
    assert all(any((row == known).all() for known in original.scores) for row in replicate.scores)
    assert not np.array_equal(replicate.scores, original.scores)


@pytest.mark.parametrize(
    ("sizes", "scores", "options", "says"),
    [
        ([30, 60], [0.5, 0.6], {}, r"scores of shape \(repeats, sizes\), got \(2,\) and \(2,\)"),
        ([30, 60], [[0.5, 0.6, 0.7]], {}, "shape"),
        ([], [[]], {}, "shape"),
        ([60, 30], [[0.5, 0.6]], {}, "rise"),
        ([0, 30], [[0.5, 0.6]], {}, "more than 0"),
        ([30, 60], [[0.5, np.nan]], {}, "finite"),
        ([30, 60], np.zeros((0, 2)), {}, "at least one repeat"),
        ([30, 60], [[50, 60]], {"limit": 1}, "better than the limit 1"),
        ([30, 60], [[0.5, -0.1]], {"limit": 0, "higher_is_better": False}, "better than the limit 0"),
    ],
)
def test_a_curve_that_can_not_be_is_refused(sizes, scores, options, says):
    with pytest.raises(InputError, match=says):
        LearningCurve(sizes, scores, **options)


def test_a_curve_prints_its_means():
    assert repr(LearningCurve([30, 60], [[0.5, 0.6], [0.6, 0.7]], "plain")) == (
        "LearningCurve('plain', 2 repeats at 2 sizes, means 30: 0.55, 60: 0.65)"
    )
