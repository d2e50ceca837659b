import numpy as np

from coursekit.data import corrupt_masks, load
from coursekit.methods.weak import marked_pixels
from coursekit.methods.weak.by_hand import bounding_boxes, keep_positive, remove_objects, report

GLANDS = load("glands", n=6, seed=3).extra["glands"]


def test_boxes_are_those_of_corrupt_masks():
    ours = np.stack([bounding_boxes(labels) for labels in GLANDS])
    assert np.array_equal(ours, corrupt_masks(GLANDS, boxes=True).masks[..., 0])


def test_a_forgotten_number_is_no_obstacle_for_boxes():
    labels = np.array([[1, 0, 3], [0, 0, 3]])
    assert bounding_boxes(labels).tolist() == [[1, 0, 1], [0, 0, 1]]


def test_objects_go_whole_and_those_without_luck_go():
    labels = GLANDS[0]
    luck = np.linspace(0, 0.9, labels.max())
    kept = remove_objects(labels, 0.45, luck)
    for number, throw in enumerate(luck, start=1):
        assert (kept[labels == number] == (throw >= 0.45)).all()
    assert not kept[labels == 0].any()


def test_none_goes_at_zero_and_all_go_at_one():
    luck = np.random.default_rng(0).random(GLANDS[1].max())
    luck[0] = 0.0
    assert np.array_equal(remove_objects(GLANDS[1], 0, luck), GLANDS[1] > 0)
    assert not remove_objects(GLANDS[1], 1, luck).any()


def test_a_tile_is_kept_exactly_where_marked_pixels_counts_enough():
    images, masks = np.zeros((6, 64, 64, 3)), (GLANDS > 0)[..., None].astype("float32")
    counted = marked_pixels(masks, 64)[:, 0, 0]
    minimum = int(np.sort(counted)[3])  # a number that occurs: the edge itself is enough
    tiles, kept = keep_positive(images, masks, minimum)
    assert len(tiles) == len(kept) == 3
    assert np.array_equal(kept, masks[counted >= minimum])


def test_the_clean_masks_choose_and_nobody_else():
    clean = np.zeros((2, 8, 8), bool)
    clean[:, 2:6, 2:6] = True
    marks, truth = clean & (np.arange(8) < 4), clean.copy()
    # The first step copies the marks; the second knows all objects, at 0.3; the third suits the test images.
    looks = np.array([np.where(marks, 0.9, 0.1), np.where(clean, 0.4, 0.1), np.where(clean, 0.4, 0.35)])
    tests = np.array([np.where(truth, 0.4, 0.35), np.where(truth, 0.4, 0.35), np.where(truth, 0.9, 0.1)])
    for other in (marks, clean):
        assert report(looks, other, clean, tests, truth, (0.3, 0.5)) == (1, 0.3, 0.4)  # 2 * 16 / (16 + 64)
