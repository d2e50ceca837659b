import numpy as np
import pytest

from coursekit.data import folds, nested_groups, nested_split, nested_subsets, split, split_by_group
from coursekit.errors import InputError

LABELS = np.repeat([0, 1, 2], [40, 40, 20])


def test_larger_subsets_begin_with_the_smaller_ones():
    subsets = nested_subsets(LABELS, [16, 8, 64], seed=1)
    assert set(subsets) == {8, 16, 64}
    assert np.array_equal(subsets[16][:8], subsets[8])
    assert np.array_equal(subsets[64][:16], subsets[16])


def test_a_subset_does_not_depend_on_the_other_sizes():
    assert np.array_equal(nested_subsets(LABELS, [8], seed=1)[8], nested_subsets(LABELS, [8, 50], seed=1)[8])


def test_subsets_hold_the_classes_in_equal_shares_as_long_as_they_last():
    subsets = nested_subsets(LABELS, [9, 60, 100], seed=2)
    assert np.bincount(LABELS[subsets[9]]).tolist() == [3, 3, 3]
    assert np.bincount(LABELS[subsets[60]]).tolist() == [20, 20, 20]
    assert np.array_equal(np.sort(subsets[100]), np.arange(100))


def test_a_subset_that_cannot_be_even_favours_no_class():
    extra = [np.bincount(LABELS[nested_subsets(LABELS, [4], seed)[4]]).argmax() for seed in range(60)]
    # Each of three classes is expected 20 times; below 8 has a probability under 0.001.
    assert np.bincount(extra, minlength=3).min() >= 8


def test_subsets_of_a_number_hold_each_index_once():
    subsets = nested_subsets(10, [4, 10], seed=0)
    assert np.array_equal(np.sort(subsets[10]), np.arange(10))
    assert np.array_equal(subsets[10][:4], subsets[4])


@pytest.mark.parametrize("size", [0, 101])
def test_subsets_larger_than_the_data_are_refused(size):
    with pytest.raises(InputError, match="use 1 to 100"):
        nested_subsets(LABELS, [size])


@pytest.mark.parametrize("cut", [split, split_by_group])
def test_the_parts_of_a_split_hold_each_index_once(cut):
    parts = cut(LABELS, (0.5, 0.3, 0.2), seed=3)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(100))
    assert all(np.all(np.diff(part) > 0) for part in parts)


@pytest.mark.parametrize("cut", [split, split_by_group])
def test_a_split_depends_on_its_seed_alone(cut):
    groups = np.arange(100) // 5
    first, again, other = (cut(groups, (0.5, 0.5), seed=seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_each_part_of_a_split_has_the_mix_of_the_whole():
    for part, size in zip(split(LABELS, (0.6, 0.2, 0.2), seed=0), (60, 20, 20), strict=True):
        assert np.bincount(LABELS[part]).tolist() == [0.4 * size, 0.4 * size, 0.2 * size]


def test_a_class_too_rare_to_appear_in_each_part_is_refused():
    with pytest.raises(InputError, match=r"Class 7 has 2 image\(s\), too few to appear in each of 3 parts"):
        split(np.array([0] * 10 + [7] * 2))


def test_a_share_too_small_for_all_classes_is_refused():
    with pytest.raises(InputError, match=r"share of 0.05 of 20 images is 1"):
        split(np.repeat([0, 1], 10), (0.05, 0.95))


@pytest.mark.parametrize("cut", [split, split_by_group])
@pytest.mark.parametrize("shares", [(0.5, 0.4), (1.0,), (1.2, -0.2), (60, 20, 20)])
def test_shares_that_do_not_add_up_are_refused(cut, shares):
    with pytest.raises(InputError, match="add up to 1"):
        cut(LABELS, shares)


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_in_two_parts(seed):
    groups = np.random.default_rng(seed).integers(0, 12, size=200)
    parts = split_by_group(groups, seed=seed)
    members = [set(groups[part]) for part in parts]
    assert all(len(part) for part in parts)
    assert not members[0] & members[1] and not members[0] & members[2] and not members[1] & members[2]


def test_many_small_groups_come_close_to_the_shares():
    parts = split_by_group(np.arange(100) // 2, (0.6, 0.2, 0.2), seed=1)
    assert [len(part) for part in parts] == [60, 20, 20]


def test_one_huge_group_leaves_no_part_empty():
    groups = np.array([0] * 90 + [1] * 5 + [2] * 5)
    assert sorted(len(part) for part in split_by_group(groups, (0.6, 0.2, 0.2))) == [5, 5, 90]


def test_a_group_that_is_a_little_smaller_is_not_in_the_same_part_for_each_seed():
    groups = np.repeat(np.arange(5), [364, 360, 358, 362, 361])
    for part in range(3):
        held = {int(group) for seed in range(40) for group in groups[split_by_group(groups, seed=seed)[part]]}
        assert held == set(range(5))


def test_fewer_groups_than_parts_are_refused():
    with pytest.raises(InputError, match=r"2 group\(s\) can't be split into 3 parts"):
        split_by_group(np.array([0, 0, 1]))


GROUPS = np.random.default_rng(5).integers(0, 20, size=100) * 3


def test_nested_groups_are_whole_and_begin_with_the_smaller_ones():
    subsets = nested_groups(GROUPS, [10, 2, 5], seed=1)
    for size, indices in subsets.items():
        drawn = np.unique(GROUPS[indices])
        assert len(drawn) == size
        assert np.array_equal(np.sort(indices), np.flatnonzero(np.isin(GROUPS, drawn)))
    assert np.array_equal(subsets[10][: len(subsets[5])], subsets[5])
    assert np.array_equal(subsets[5][: len(subsets[2])], subsets[2])
    assert np.array_equal(nested_groups(GROUPS, [2], seed=1)[2], subsets[2])


@pytest.mark.parametrize("size", [0, 21])
def test_more_groups_than_there_are_are_refused(size):
    with pytest.raises(InputError, match="use 1 to 20"):
        nested_groups(GROUPS, [size])


@pytest.mark.parametrize("groups", [None, GROUPS], ids=["images", "groups"])
def test_a_nested_split_holds_validation_and_test_apart_from_all_training_sets(groups):
    parts = nested_split(LABELS, [32, 8, 16], groups=groups, seed=2)
    assert set(parts.train) == {8, 16, 32}
    assert np.array_equal(parts.train[32][:16], parts.train[16])
    assert np.array_equal(parts.train[16][:8], parts.train[8])
    together = np.concatenate([parts.train[32], parts.validation, parts.test])
    assert len(np.unique(together)) == len(together)
    if groups is not None:
        owners = [set(groups[part]) for part in (parts.train[32], parts.validation, parts.test)]
        assert not owners[0] & owners[1] and not owners[0] & owners[2] and not owners[1] & owners[2]


def test_a_nested_split_without_groups_is_stratified_throughout():
    parts = nested_split(LABELS, [9, 30], seed=2)
    assert np.bincount(LABELS[parts.train[9]]).tolist() == [3, 3, 3]
    assert np.bincount(LABELS[parts.train[30]]).tolist() == [10, 10, 10]
    assert np.bincount(LABELS[parts.test]).tolist() == [8, 8, 4]


def test_a_nested_split_has_the_parts_of_split():
    train, validation, test = split(LABELS, seed=4)
    parts = nested_split(LABELS, [60], seed=4)
    assert np.array_equal(np.sort(parts.train[60]), train)
    assert np.array_equal(parts.validation, validation) and np.array_equal(parts.test, test)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sizes": [61]}, "use 1 to 60"),
        ({"sizes": [8], "shares": (0.5, 0.5)}, "shares must be three"),
        ({"sizes": [8], "groups": GROUPS[:50]}, "one entry for each of 100 labels, got 50"),
    ],
)
def test_a_nested_split_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        nested_split(LABELS, **arguments)


@pytest.mark.parametrize("cut", [split, split_by_group])
def test_each_index_is_test_once_and_validation_once(cut):
    values = LABELS if cut is split else GROUPS
    five = folds(cut(values, [0.2] * 5, seed=1))
    assert len(five) == 5
    for role in (1, 2):
        assert np.array_equal(np.sort(np.concatenate([fold[role] for fold in five])), np.arange(100))
    for fold in five:
        assert np.array_equal(np.sort(np.concatenate(fold)), np.arange(100))
        if cut is split_by_group:
            owners = [set(GROUPS[part]) for part in fold]
            assert not owners[0] & owners[1] and not owners[0] & owners[2] and not owners[1] & owners[2]


def test_folds_of_two_parts_or_of_parts_that_overlap_are_refused():
    with pytest.raises(InputError, match="three parts or more"):
        folds([np.arange(5), np.arange(5, 10)])
    with pytest.raises(InputError, match="share no index"):
        folds([np.arange(5), np.arange(4, 8), np.arange(8, 10)])


def test_a_seed_below_0_and_a_size_that_is_no_whole_number_are_refused():
    labels = np.arange(40) % 2
    for draw in (split, split_by_group):
        with pytest.raises(InputError, match="seed must be a whole number from 0, got -1"):
            draw(labels, (0.5, 0.5), seed=-1)
    for draw, what in ((nested_subsets, 10), (nested_groups, labels)):
        with pytest.raises(InputError, match="seed must be a whole number from 0, got -1"):
            draw(what, [1], seed=-1)
        with pytest.raises(InputError, match=r"A size must be a whole number from 0, got 3\.5"):
            draw(what, [3.5])
