import numpy as np
import pytest

from coursekit.data import adversary, crowd_votes, mask_votes, one_coin, pair_matrix, spammer
from coursekit.errors import InputError

LABELS = np.arange(20_000) % 2
CROWD = [one_coin(2, accuracy) for accuracy in (0.9, 0.9, 0.65, 0.65, 0.2)]


def test_annotators_are_as_right_as_their_matrices_say():
    votes = crowd_votes(LABELS, CROWD, seed=1)
    assert votes.shape == (20_000, 5) and votes.dtype == np.int64
    # The standard deviation of a share of 20,000 is at most 0.0035; four of them.
    assert np.abs((votes == LABELS[:, None]).mean(0) - [0.9, 0.9, 0.65, 0.65, 0.2]).max() < 0.014


def test_annotators_err_independently_given_the_class():
    wrong = crowd_votes(LABELS, CROWD, seed=1) != LABELS[:, None]
    for label in (0, 1):
        correlation = np.corrcoef(wrong[np.equal(LABELS, label)].T)[np.triu_indices(5, 1)]
        # 10,000 items: standard deviation 0.01; four of them for ten pairs.
        assert np.abs(correlation).max() < 0.04


@pytest.mark.parametrize("matrix", [one_coin(4, 0.7), spammer(4), spammer(4, 2), adversary(4, 0.1)])
def test_rows_of_the_matrices_add_up_to_one(matrix):
    assert matrix.shape == (4, 4) and np.allclose(matrix.sum(1), 1)


def test_a_spammer_says_the_same_whatever_the_truth():
    assert np.array_equal(spammer(4, 2)[0], spammer(4, 2)[3]) and spammer(4, 2)[0, 2] == 1
    assert (crowd_votes(LABELS, [spammer(2, 1)])[:, 0] == 1).all()


def test_an_adversary_among_two_classes_is_a_coin_that_lies():
    assert np.allclose(adversary(2, 0.2), one_coin(2, 0.2))


def test_an_adversary_can_be_turned_round():
    truth = np.arange(1000) % 4
    votes = crowd_votes(truth, [adversary(4, 0.1)], seed=1)[:, 0]
    assert np.mean((votes - 1) % 4 == truth) > 0.85  # 0.9 expected, standard deviation 0.01


def test_a_majority_of_experts_beats_each_of_them():
    votes = crowd_votes(LABELS, [one_coin(2, 0.8)] * 5, seed=0)
    majority = (votes.sum(1) >= 3).astype(int)
    # Three of five at 0.8: 0.942.
    assert np.mean(majority == LABELS) == pytest.approx(0.942, abs=0.008)


@pytest.mark.parametrize("per_item", [1, 2, 5])
def test_each_item_is_seen_by_as_many_annotators_as_asked_for(per_item):
    votes = crowd_votes(LABELS, CROWD, votes_per_item=per_item, seed=1)
    assert ((votes >= 0).sum(1) == per_item).all()
    assert set(np.unique(votes)) <= {-1, 0, 1}
    # Each annotator sees the same share of 20,000 items: standard deviation at most 0.0035.
    assert np.abs((votes >= 0).mean(0) - per_item / 5).max() < 0.014


def test_two_votes_per_item_are_among_three():
    two, three, every = (crowd_votes(LABELS, CROWD, m, seed=1) for m in (2, 3, None))
    assert np.array_equal(two[two >= 0], three[two >= 0])
    assert np.array_equal(three[three >= 0], every[three >= 0])


def test_a_vote_depends_neither_on_later_items_nor_on_later_annotators():
    whole = crowd_votes(LABELS, CROWD, seed=3)
    assert np.array_equal(whole[:100, :3], crowd_votes(LABELS[:100], CROWD[:3], seed=3))
    few = crowd_votes(LABELS[:100], CROWD, 2, seed=3)
    assert np.array_equal(few, crowd_votes(LABELS, CROWD, 2, seed=3)[:100])


def test_another_seed_gives_other_votes():
    assert not np.array_equal(crowd_votes(LABELS, CROWD, seed=1), crowd_votes(LABELS, CROWD, seed=2))


@pytest.mark.parametrize(
    ("annotators", "per_item", "message"),
    [
        ([], None, "one or more matrices"),
        ([one_coin(2, 0.9), one_coin(3, 0.9)], None, r"got sizes \[2, 3\]"),
        ([np.eye(2) * 0.5], None, r"Row 0 of annotators\[0\] must add up to 1"),
        (CROWD, 6, "as many annotators"),
        (CROWD, 0, "votes_per_item must be a whole number from 1"),
    ],
)
def test_impossible_crowds_are_refused(annotators, per_item, message):
    with pytest.raises(InputError, match=message):
        crowd_votes(LABELS, annotators, per_item)


@pytest.mark.parametrize(
    "call",
    [
        lambda: one_coin(2, 1.2),
        lambda: spammer(3, 3),
        lambda: spammer(1),
        lambda: adversary(2, 0.5),
        lambda: pair_matrix(2, -1),
    ],
)
def test_matrices_out_of_range_are_refused(call):
    with pytest.raises(InputError):
        call()


def disks(n: int) -> np.ndarray:
    rows, columns = np.indices((64, 64))
    radii = 12 + np.arange(n) % 8
    return (np.hypot(rows - 32, columns - 32) < radii[:, None, None]).astype("float32")[..., None]


MASKS = disks(24)


@pytest.mark.parametrize("patch_px", [0.0, 2.0])
def test_annotators_have_the_sensitivity_and_specificity_asked_for(patch_px):
    votes = mask_votes(MASKS, [0.9, 0.6], [0.7, 0.95], band_px=None, patch_px=patch_px, seed=1)
    assert votes.shape == (24, 64, 64, 2) and votes.dtype == np.float32
    truth = MASKS[..., 0] > 0
    # 27,000 object pixels in patches of about 4·pi·patch² = 50 pixels are 540 draws: standard deviation
    # at most 0.022. Two and a half of them.
    assert np.abs(votes[truth].mean(0) - [0.9, 0.6]).max() < 0.055
    assert np.abs(1 - votes[~truth].mean(0) - [0.7, 0.95]).max() < 0.055


def test_everybody_is_right_beyond_the_band():
    from scipy.ndimage import binary_dilation, binary_erosion

    truth = MASKS[..., 0] > 0
    votes = mask_votes(MASKS, [0.5], [0.5], band_px=3, seed=1)[..., 0] > 0
    disk = np.hypot(*(np.indices((7, 7)) - 3)) <= 3
    for true, vote in zip(truth, votes, strict=True):
        inside, outside = binary_erosion(true, disk), ~binary_dilation(true, disk)
        assert vote[inside].all() and not vote[outside].any()
        assert np.mean(vote[~inside & ~outside] == true[~inside & ~outside]) < 0.65  # 0.5 expected


def test_wrong_patches_are_larger_than_pixels():
    single, patches = (mask_votes(MASKS, [0.8], [0.8], None, px, seed=1)[..., 0] for px in (0.0, 3.0))
    edges = [np.abs(np.diff(votes, axis=1)).mean() for votes in (single, patches)]
    assert edges[1] < edges[0] / 3


def test_an_image_without_outline_is_marked_rightly():
    empty_and_full = np.stack([np.zeros((16, 16, 1)), np.ones((16, 16, 1))])
    votes = mask_votes(empty_and_full, [0.5], [0.5], band_px=3)
    assert not votes[0].any() and votes[1].all()


def test_what_an_annotator_does_to_an_image_depends_on_nothing_else():
    whole = mask_votes(MASKS, [0.9, 0.6], [0.7, 0.9], seed=1)
    assert np.array_equal(whole[:8, ..., :1], mask_votes(MASKS[:8], [0.9], [0.7], seed=1))
    assert not np.array_equal(whole, mask_votes(MASKS, [0.9, 0.6], [0.7, 0.9], seed=2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((MASKS[..., 0], [0.9], [0.9]), "masks must be"),
        ((MASKS * 0.5, [0.9], [0.9]), "of 0 and 1"),
        ((MASKS, [0.9], []), "a sensitivity and a specificity, got 1 and 0"),
        ((MASKS, [1.1], [0.9]), "sensitivity must be from 0 to 1"),
        ((MASKS, [0.9], [0.9], 0), "band_px must be above 0"),
        ((MASKS, [0.9], [0.9], 3, -1), "patch_px from 0"),
    ],
)
def test_impossible_outlines_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        mask_votes(*arguments)
