import numpy as np
import pytest

from coursekit.data import load
from coursekit.errors import InputError
from coursekit.methods.segmentation import (
    close_borders,
    local_spread,
    masked_loss,
    objects_found,
    regions_between,
)
from coursekit.metrics import border_adjusted_rand_index


def cross():
    """Two lines through a picture, each with a gap of one pixel."""
    mask = np.zeros((9, 11), bool)
    mask[4] = mask[:, 5] = True
    mask[4, 2] = mask[7, 5] = False
    return mask


def test_gaps_of_one_pixel_are_closed_and_nothing_else_changes():
    whole = cross()
    whole[4, 2] = whole[7, 5] = True
    assert (close_borders(cross()) == whole).all()


def test_lines_that_meet_the_frame_stay():
    closed = close_borders(cross())
    assert closed[4, [0, -1]].all() and closed[[0, -1], 5].all()


def test_a_gap_wider_than_the_square_allows_stays_open():
    mask = cross()
    mask[4, 1:4] = False
    assert not close_borders(mask, 3)[4, 1:4].any()
    assert close_borders(mask, 5)[4, 1:4].all()


def test_closing_mends_borders_with_random_gaps():
    rng = np.random.default_rng(0)
    before, after = [], []
    for border in load("monolayer", n=4, seed=0).targets[..., 0] > 0.5:
        drawn = border & (rng.random(border.shape) > 0.1)
        before.append(border_adjusted_rand_index(border, drawn))
        after.append(border_adjusted_rand_index(border, close_borders(drawn)))
    # Lines of one or two pixels that lost one in ten: before, more than half of the score is gone; nearly all
    # of these gaps are one pixel long.
    assert np.mean(before) < 0.6
    assert np.mean(after) > 0.8


@pytest.mark.parametrize("size", [0, 2, -1])
def test_closing_wants_a_square_with_a_middle(size):
    with pytest.raises(InputError, match="odd"):
        close_borders(cross(), size)


def test_the_masked_loss_is_the_mean_over_labelled_pixels():
    rng = np.random.default_rng(1)
    truth, chance = rng.integers(0, 2, (3, 4, 5)), rng.uniform(0.1, 0.9, (3, 4, 5))
    known = rng.integers(0, 2, (3, 4, 5))
    each = -(truth * np.log(chance) + (1 - truth) * np.log(1 - chance))
    expected = [each[i][known[i] == 1].mean() for i in range(3)]
    np.testing.assert_allclose(masked_loss(truth, chance, known), expected)


def test_what_stands_at_unlabelled_pixels_does_not_matter():
    chance, known = np.full((1, 4, 4), 0.3), np.zeros((1, 4, 4))
    known[0, :2] = 1
    truth = np.zeros((1, 4, 4))
    other = np.where(known, truth, 1)
    assert masked_loss(truth, chance, known) == masked_loss(other, chance, known)


def test_a_page_without_labels_costs_nothing_and_is_no_nan():
    loss = masked_loss(
        np.ones((2, 3, 3)), np.full((2, 3, 3), 0.5), np.stack([np.zeros((3, 3)), np.ones((3, 3))])
    )
    np.testing.assert_allclose(loss, [0, np.log(2)])


def test_spread_is_the_standard_deviation_of_the_square_around_a_pixel():
    image = np.random.default_rng(2).random((20, 24))
    assert local_spread(image, 5)[10, 12] == pytest.approx(image[8:13, 10:15].std())


def test_flat_images_have_no_spread_and_no_nan():
    # Rounding leaves at most the square root of float64's last digits.
    assert local_spread(np.full((9, 9), 0.3)).max() < 1e-7


def articles():
    """Two objects of 4×5 pixels."""
    truth = np.zeros((4, 12), int)
    truth[:, :5], truth[:, 6:11] = 3, 7
    return truth


def test_objects_are_found_whatever_the_regions_are_called():
    regions = np.where(articles() == 3, 2, np.where(articles() == 7, 1, 0))
    assert objects_found(articles(), regions).tolist() == [True, True]


def test_two_objects_that_run_together_are_not_found():
    regions = np.ones((4, 12), int)
    assert objects_found(articles(), regions).tolist() == [False, False]


def test_an_object_with_too_little_overlap_is_not_found():
    regions = articles().copy()
    regions[:, 4] = 0  # 16 of 20 pixels: an IoU of 0.8, not above it
    assert objects_found(articles(), regions).tolist() == [False, True]
    assert objects_found(articles(), regions, overlap=0.7).tolist() == [True, True]


def test_nothing_is_found_where_there_are_no_regions():
    assert objects_found(articles(), np.zeros((4, 12), int)).tolist() == [False, False]


@pytest.mark.parametrize(
    "call",
    [
        lambda: close_borders(np.zeros((2, 3, 3))),
        lambda: local_spread(np.zeros((3, 3, 1))),
        lambda: masked_loss(np.zeros((3, 3)), np.zeros((3, 3)), np.zeros((3, 3))),
        lambda: masked_loss(np.zeros((1, 3, 3)), np.zeros((1, 3, 3)), np.zeros((1, 3))),
        lambda: objects_found(np.zeros((3, 3), int), np.zeros((3, 4), int)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(call):
    with pytest.raises(InputError, match=r"expected|same shape"):
        call()


def page():
    """Body everywhere but in the first row, and a border down the middle that fades at its end."""
    body, border = np.full((6, 9), 0.9), np.zeros((6, 9))
    body[0] = 0.2
    border[:, 4] = 0.8
    border[5, 4] = 0.4
    return body, border


def test_a_border_cuts_the_body_into_regions():
    regions = regions_between(*page(), 0.5, 0.35)
    assert (regions[1:, :4] == 1).all() and (regions[1:, 5:] == 2).all()
    assert (regions[0] == 0).all() and (regions[:, 4] == 0).all()


def test_where_a_border_is_not_cut_two_regions_are_one():
    assert regions_between(*page(), 0.5, 0.5).max() == 1


def test_a_low_cut_takes_more_for_body():
    assert (regions_between(*page(), 0.1, 0.35)[0, :4] == 1).all()


def test_regions_grow_into_the_border():
    regions = regions_between(*page(), 0.5, 0.35, grow=1)
    assert (regions[1:, 4] > 0).all() and (regions[0, :4] == 1).all()


def test_body_and_border_must_fit():
    with pytest.raises(InputError, match="same shape"):
        regions_between(np.zeros((4, 4)), np.zeros((4, 5)), 0.5, 0.5)
