import math

import numpy as np
import pytest
from scipy.stats import friedmanchisquare, norm

from coursekit.errors import InputError
from coursekit.methods.weak import critical_difference, duel_scores, friedman, mean_ranks, pair_p_values


def scores_of(n=80, k=5, effect=0.0, seed=0):
    """Scores of images that are easy or hard for all methods alike; method 0 is better by `effect`."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(n, 1)) + rng.normal(size=(n, k))
    scores[:, 0] += effect
    return scores


def test_the_best_on_every_image_has_rank_one_and_ties_share():
    assert mean_ranks(np.array([[0.9, 0.5, 0.5], [0.8, 0.1, 0.1]])).tolist() == [1.0, 2.5, 2.5]


def test_the_statistic_is_iman_and_davenports_of_friedmans():
    scores = np.round(scores_of(k=4, effect=0.3), 1)  # rounded, so that there are ties
    n, k = scores.shape
    chi = friedmanchisquare(*scores.T).statistic
    assert friedman(scores).statistic == pytest.approx((n - 1) * chi / (n * (k - 1) - chi))


def test_under_equal_methods_p_is_below_five_per_cent_in_five_per_cent_of_cases():
    share = np.mean([friedman(scores_of(n=30, seed=seed)).p < 0.05 for seed in range(400)])
    assert abs(share - 0.05) < 0.033  # three standard deviations of 400 draws


def test_methods_in_the_same_order_everywhere_surely_differ_and_equal_ones_surely_do_not():
    order = np.tile([0.1, 0.5, 0.9], (6, 1))
    assert friedman(order) == (math.inf, 0.0)
    assert friedman(np.ones((6, 3))) == (0.0, 1.0)


def test_the_critical_difference_is_that_of_demsars_example():
    # Four methods on 14 data sets: q = 2.569 (his table), CD = 1.25.
    assert critical_difference(4, 14) == pytest.approx(2.569 * math.sqrt(4 * 5 / (6 * 14)), abs=1e-3)


def test_p_values_are_those_of_a_calculation_by_hand():
    scores = scores_of(k=3, n=20, effect=0.4)
    ranks = mean_ranks(scores)
    z = abs(ranks[0] - ranks[1]) / math.sqrt(3 * 4 / (6 * 20))
    p = pair_p_values(scores)
    assert p[0, 1] == p[1, 0] == pytest.approx(min(1, 3 * 2 * norm.sf(z)))
    assert (np.diag(p) == 1).all()


def test_the_bonferroni_duel_is_a_bit_stricter_than_nemenyis_distance():
    n, k = 80, 9
    standard_error = math.sqrt(k * (k + 1) / (6 * n))
    bonferroni = norm.isf(0.05 / (k * (k - 1))) * standard_error
    assert critical_difference(k, n) < bonferroni < 1.05 * critical_difference(k, n)


def test_scores_of_duels_add_up_to_zero():
    for seed in range(30):
        points = duel_scores(np.round(scores_of(k=9, effect=seed / 20, seed=seed), 1))
        assert points.sum() == 0 and np.abs(points).max() <= 8


def test_a_clear_winner_beats_all_and_the_others_draw():
    assert duel_scores(scores_of(effect=2.0)).tolist() == [4, -1, -1, -1, -1]


def test_the_higher_mean_wins_even_where_its_rank_is_the_lower():
    # On most images the first is ahead by a hair; on a few it fails altogether.
    scores = np.tile([0.81, 0.80], (40, 1))
    scores[:8, 0] = 0.0
    assert mean_ranks(scores)[0] < mean_ranks(scores)[1]
    assert duel_scores(scores).tolist() == [-1, 1]


def test_equal_means_score_nobody():
    scores = np.tile([0.75, 0.5], (40, 1))
    scores[:10, 0], scores[:10, 1] = 0.0, 0.75  # the first is ahead on 30 of 40, and both means are 0.5625
    assert pair_p_values(scores)[0, 1] < 0.05
    assert duel_scores(scores).tolist() == [0, 0]


def test_what_one_pair_alone_would_decide_is_not_enough_for_one_of_thirty_six():
    scores = scores_of(k=9, n=40, effect=0.45, seed=2)
    ranks = mean_ranks(scores)
    z = abs(ranks[:, None] - ranks) / math.sqrt(9 * 10 / (6 * 40))
    alone = 2 * norm.sf(z) < 0.05
    assert alone.any() and not (alone & (pair_p_values(scores) < 0.05)).all()
    assert (alone & ~(pair_p_values(scores) < 0.05)).any()


@pytest.mark.parametrize("scores", [np.ones(5), np.ones((5, 1)), np.ones((1, 5)), np.full((3, 3), np.nan)])
@pytest.mark.parametrize("function", [mean_ranks, friedman, pair_p_values, duel_scores])
def test_scores_that_cannot_be_compared_are_refused(function, scores):
    with pytest.raises(InputError):
        function(scores)


@pytest.mark.parametrize("arguments", [(1, 10), (3, 1), (3, 10, 0.0), (3, 10, 1.0)])
def test_numbers_out_of_range_are_refused(arguments):
    with pytest.raises(InputError):
        critical_difference(*arguments)
    with pytest.raises(InputError):
        duel_scores(scores_of(), alpha=1.5)
