import numpy as np
import pytest

from coursekit.data import make_bags, split, tile_bags
from coursekit.errors import InputError

LABELS = np.random.default_rng(0).integers(0, 10, 1000)


def test_a_bag_is_positive_if_an_image_in_it_is():
    bags = make_bags(LABELS, positive=9, n_bags=200, seed=1)
    for row, label, truth in zip(bags.ragged(), bags.labels, bags.instance_labels, strict=True):
        assert label == (LABELS[row] == 9).any()
        assert np.array_equal(truth[: len(row)], LABELS[row] == 9) and (truth[len(row) :] == -1).all()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_every_run_of_bags_from_the_first_has_the_share_of_positives(share):
    labels = make_bags(LABELS, 9, 100, positive_share=share).labels
    for n in (10, 30, 100):
        assert abs(labels[:n].sum() - share * n) <= 1


def test_sizes_have_the_mean_and_spread_asked_for():
    sizes = make_bags(LABELS, 9, 2000, mean_size=10, sd_size=2, seed=1).sizes
    # Standard deviation of the mean 0.045, of the spread 0.03; rounding adds 1/12 to a variance of 4, and the
    # ends beyond 3 standard deviations are pulled in.
    assert sizes.mean() == pytest.approx(10, abs=0.18)
    assert sizes.std() == pytest.approx(2, abs=0.15)
    assert sizes.min() >= 4 and sizes.max() <= 16


def test_bags_of_one_size():
    bags = make_bags(LABELS, 9, 50, mean_size=10, sd_size=0)
    assert bags.indices.shape == (50, 10) and bags.present.all()


def test_no_image_is_twice_in_a_bag():
    for row in make_bags(LABELS, 9, 300, seed=2).ragged():
        assert len(np.unique(row)) == len(row)


def test_positive_images_are_as_frequent_as_chance_would_have_it():
    bags = make_bags(LABELS, 9, 3000, mean_size=10, sd_size=0, positive_share=1, seed=1)
    found = (bags.instance_labels == 1).sum(1)
    p = np.mean(LABELS == 9)
    # Binomial, given one at least; 3,000 bags, standard deviation of a bag below 1: 0.018, four of them.
    assert found.min() == 1
    assert found.mean() == pytest.approx(10 * p / (1 - (1 - p) ** 10), abs=0.07)
    assert np.mean(found == 1) == pytest.approx(10 * p * (1 - p) ** 9 / (1 - (1 - p) ** 10), abs=0.036)


def test_the_number_of_witnesses_can_be_set():
    bags = make_bags(LABELS, 9, 50, witnesses=2)
    assert ((bags.instance_labels == 1).sum(1) == 2 * bags.labels).all()


def test_a_positive_image_may_stand_anywhere_in_its_bag():
    bags = make_bags(LABELS, 9, 1000, sd_size=0, positive_share=1, witnesses=1)
    # 100 expected at each of ten places, standard deviation 9.5; four of them.
    assert np.abs((bags.instance_labels == 1).sum(0) - 100).max() < 39


def test_bags_of_two_parts_share_no_image():
    train, test = split(LABELS, (0.6, 0.4), seed=0)
    bags = [make_bags(LABELS, 9, 100, indices=part, seed=1) for part in (train, test)]
    used = [np.unique(bag.indices[bag.present]) for bag in bags]
    assert np.isin(used[0], train).all() and np.isin(used[1], test).all()
    assert not np.isin(used[0], used[1]).any()


def test_a_part_may_be_given_as_a_mask():
    mask = np.arange(1000) >= 400
    by_mask, by_index = (make_bags(LABELS, 9, 50, indices=part) for part in (mask, np.arange(400, 1000)))
    assert np.array_equal(by_mask.indices, by_index.indices)


def test_bag_i_does_not_depend_on_the_number_of_bags():
    few, many = make_bags(LABELS, 9, 100, seed=3), make_bags(LABELS, 9, 300, seed=3)
    assert np.array_equal(few.indices, many.indices[:100])
    assert np.array_equal(few.labels, many.labels[:100])
    assert not np.array_equal(few.indices, make_bags(LABELS, 9, 100, seed=4).indices)


def test_images_are_put_into_their_bags_and_empty_places_are_black():
    images = np.random.default_rng(0).random((1000, 8, 8, 1)).astype("float32") + 0.1
    bags = make_bags(LABELS, 9, 20, seed=1)
    taken = bags.take(images)
    assert taken.shape == (20, 16, 8, 8, 1) and taken.dtype == np.float32
    for row, bag in zip(bags.ragged(), taken, strict=True):
        assert np.array_equal(bag[: len(row)], images[row]) and not bag[len(row) :].any()
    with pytest.raises(InputError, match="only 10"):
        bags.take(images[:10])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"positive": 77}, "0 are of class 77"),
        ({"mean_size": 950}, "negative images"),
        ({"mean_size": 0.5}, "mean_size must be from 1"),
        ({"sd_size": -1}, "sd_size from 0"),
        ({"positive_share": 2}, "positive_share must be from 0 to 1"),
        ({"witnesses": 0}, "witnesses must be a whole number from 1"),
        ({"witnesses": 11}, "at most the mean size"),
        ({"n_bags": 0}, "n_bags must be a whole number from 1"),
        ({"indices": [5000]}, "from 0 to 999"),
        ({"indices": []}, "one or more"),
        ({"indices": [0.0, 1.0]}, "whole numbers"),
        ({"indices": [True, False]}, "one entry for each of 1000 images"),
    ],
)
def test_impossible_bags_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        make_bags(**{"labels": LABELS, "positive": 9, "n_bags": 5, **arguments})


def test_an_image_is_the_bag_of_its_tiles():
    images = np.random.default_rng(0).random((3, 8, 12, 2)).astype("float32")
    masks = np.zeros((3, 8, 12, 1), "float32")
    masks[0, 5, 6] = 1  # second row of tiles, second column
    masks[2, :4, :4] = 1
    tiles, bags = tile_bags(images, masks, 4)
    assert tiles.shape == (18, 4, 4, 2)
    assert np.array_equal(tiles[4], images[0, 4:8, 4:8])
    assert bags.labels.tolist() == [1, 0, 1]
    assert np.flatnonzero(bags.instance_labels).tolist() == [4, 12]
    assert np.array_equal(bags.take(tiles).reshape(tiles.shape), tiles)


def test_a_tile_with_a_few_marked_pixels_can_count_as_negative():
    masks = np.zeros((1, 8, 8, 1))
    masks[0, 0, :3] = 1
    assert tile_bags(masks, masks, 4, positive_px=3).bags.labels.tolist() == [1]
    assert tile_bags(masks, masks, 4, positive_px=4).bags.labels.tolist() == [0]


@pytest.mark.parametrize(
    ("shape", "tile_px", "message"), [((2, 8, 8, 1), 3, "crop it first"), ((2, 4, 8, 1), 4, "same size")]
)
def test_tiles_that_do_not_fit_are_refused(shape, tile_px, message):
    with pytest.raises(InputError, match=message):
        tile_bags(np.zeros((2, 8, 8, 3)), np.zeros(shape), tile_px)
