import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.group_labelling import clicks_needed, groups_on_map, map_of_features, share_right


@pytest.fixture(scope="module")
def islands():
    """Three kinds far apart in 60 dimensions, 40 of each."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], 40)
    return rng.normal(size=(120, 60)) + 8 * rng.normal(size=(3, 60))[truth], truth


@pytest.fixture(scope="module")
def points(islands):
    return map_of_features(islands[0], seed=0)


def test_islands_of_features_are_islands_on_the_map(islands, points):
    assert points.shape == (120, 2)
    assert share_right(groups_on_map(points, 3), islands[1]) == 1


def test_the_same_seed_draws_the_same_map(islands, points):
    assert np.array_equal(map_of_features(islands[0], seed=0), points)


def test_a_map_needs_more_pictures_than_neighbours():
    with pytest.raises(InputError, match=r"above the perplexity 30, got shape \(30, 4\)"):
        map_of_features(np.zeros((30, 4)))


def test_there_are_as_many_groups_as_asked_for(points):
    groups = groups_on_map(points, 7)
    assert sorted(set(groups)) == list(range(7))
    assert np.array_equal(groups, groups_on_map(points, 7))


@pytest.mark.parametrize("groups", [0, 121])
def test_too_few_or_too_many_groups_are_refused(points, groups):
    with pytest.raises(InputError, match=f"from 1 to the 120 points, got {groups}"):
        groups_on_map(points, groups)


def test_each_group_is_named_after_its_most_frequent_kind():
    assert share_right(np.array([5, 5, 5, 9, 9]), np.array(["a", "a", "b", "c", "c"])) == 0.8
    assert share_right(np.arange(4), np.zeros(4)) == 1


def grouped(*kinds):
    """Groups and truth from a string for each group."""
    groups = np.repeat(np.arange(len(kinds)), [len(kind) for kind in kinds])
    return groups, np.array(list("".join(kinds)))


def test_a_pure_group_takes_one_name():
    assert clicks_needed(*grouped("aaaa", "bbb", "cc"), share=1) == 3


def test_an_impure_group_is_named_one_by_one():
    assert clicks_needed(*grouped("aaaa", "bbc"), share=1) == 1 + 3


def test_largest_groups_come_first_and_the_rest_waits():
    assert clicks_needed(*grouped("c", "bb", "aaaaaaa"), share=0.7) == 1
    assert clicks_needed(*grouped("c", "bb", "aaaaaaa"), share=0.9) == 2


def test_only_as_many_are_named_one_by_one_as_are_wanted():
    assert clicks_needed(*grouped("aaaaa", "bcbcb"), share=0.8) == 1 + 3


def test_a_group_may_be_as_impure_as_allowed():
    mixed = grouped("a" * 49 + "b")
    assert clicks_needed(*mixed, purity=0.98, share=1) == 1
    assert clicks_needed(*mixed, purity=0.99, share=1) == 50


def test_one_by_one_takes_a_name_for_each():
    assert clicks_needed(np.arange(600), np.arange(600) % 10) == 570


def test_nothing_wanted_needs_nothing():
    assert clicks_needed(*grouped("aa", "b"), share=0) == 0


@pytest.mark.parametrize(
    ("groups", "truth", "options", "message"),
    [
        ([0, 1], [0], {}, r"both be \(n,\), got shapes \(2,\) and \(1,\)"),
        ([], [], {}, r"got shapes \(0,\) and \(0,\)"),
        ([0], [0], {"share": 95}, "between 0 and 1, got 0.98 and 95"),
        ([0], [0], {"purity": -1}, "between 0 and 1, got -1 and 0.95"),
    ],
)
def test_what_can_not_be_counted_is_refused(groups, truth, options, message):
    with pytest.raises(InputError, match=message):
        clicks_needed(np.array(groups), np.array(truth), **options)
