import numpy as np
import pytest

from coursekit import metrics
from coursekit.errors import InputError

# 3 true positives, 1 false positive, 2 false negatives, 4 true negatives.
TRUTH = np.array([1, 1, 1, 0, 1, 1, 0, 0, 0, 0])
FOUND = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
EMPTY, FULL = np.zeros((4, 4), bool), np.ones((4, 4), bool)
BINARY = [
    metrics.dice,
    metrics.iou,
    metrics.sensitivity,
    metrics.specificity,
    metrics.precision,
    metrics.matthews,
]


@pytest.mark.parametrize(
    ("metric", "by_hand"),
    [
        (metrics.dice, 6 / 9),
        (metrics.iou, 3 / 6),
        (metrics.sensitivity, 3 / 5),
        (metrics.specificity, 4 / 5),
        (metrics.precision, 3 / 4),
        (metrics.matthews, (3 * 4 - 1 * 2) / np.sqrt(4 * 5 * 5 * 6)),
        (metrics.accuracy, 7 / 10),
    ],
)
def test_metric_equals_what_a_hand_count_gives(metric, by_hand):
    value = metric(TRUTH, FOUND)
    assert isinstance(value, float)
    assert value == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_binary_metrics_agree_with_scikit_learn(seed):
    from sklearn import metrics as sk

    rng = np.random.default_rng(seed)
    truth, found = rng.random((2, 30, 30)) < 0.3
    flat = truth.ravel(), found.ravel()
    assert metrics.dice(truth, found) == pytest.approx(sk.f1_score(*flat), rel=1e-12)
    assert metrics.iou(truth, found) == pytest.approx(sk.jaccard_score(*flat), rel=1e-12)
    assert metrics.sensitivity(truth, found) == pytest.approx(sk.recall_score(*flat), rel=1e-12)
    assert metrics.precision(truth, found) == pytest.approx(sk.precision_score(*flat), rel=1e-12)
    assert metrics.matthews(truth, found) == pytest.approx(sk.matthews_corrcoef(*flat), rel=1e-9, abs=1e-12)


def test_iou_is_dice_over_two_minus_dice():
    dice = metrics.dice(TRUTH, FOUND)
    assert metrics.iou(TRUTH, FOUND) == pytest.approx(dice / (2 - dice), rel=1e-12)


@pytest.mark.parametrize("metric", [metrics.dice, metrics.iou, metrics.sensitivity, metrics.precision])
def test_overlap_of_two_empty_masks_is_one(metric):
    assert metric(EMPTY, EMPTY) == 1


@pytest.mark.parametrize("metric", [metrics.dice, metrics.iou])
def test_overlap_with_an_empty_mask_is_zero(metric):
    assert metric(FULL, EMPTY) == metric(EMPTY, FULL) == 0


def test_specificity_without_background_is_one():
    assert metrics.specificity(FULL, EMPTY) == 1


def test_matthews_is_zero_where_a_mask_has_one_value_only():
    assert metrics.matthews(FULL, FULL) == metrics.matthews(EMPTY, FULL) == 0


def test_matthews_is_minus_one_where_each_pixel_is_wrong():
    assert metrics.matthews(TRUTH, 1 - TRUTH) == -1


def test_matthews_survives_pixel_counts_whose_product_exceeds_64_bits():
    truth = np.arange(400_000) % 2 == 0  # the margins multiply to 1.6e21
    assert metrics.matthews(truth, truth) == pytest.approx(1, rel=1e-12)


def test_mean_over_images_differs_from_pooled_pixels():
    truths = np.array([[1, 1, 1, 1], [1, 0, 0, 0]])
    found = np.array([[1, 1, 1, 1], [0, 1, 0, 0]])
    mean = np.mean([metrics.dice(t, p) for t, p in zip(truths, found, strict=True)])
    assert mean == 0.5
    assert metrics.dice(truths, found) == pytest.approx(8 / 10)


@pytest.mark.parametrize("metric", [*BINARY, metrics.accuracy, metrics.mean_iou, metrics.adjusted_rand_index])
def test_different_shapes_are_refused_and_named(metric):
    with pytest.raises(InputError, match=r"same shape, got \(4, 4\) and \(4, 3\)"):
        metric(EMPTY, EMPTY[:, :3])


@pytest.mark.parametrize("metric", BINARY)
def test_a_mask_of_probabilities_is_refused(metric):
    with pytest.raises(InputError, match=r"prediction holds values from 0 to 0.7: apply a threshold"):
        metric(EMPTY, np.linspace(0, 0.7, 16).reshape(4, 4))


def test_nothing_to_compare_is_refused():
    with pytest.raises(InputError, match="nothing to compare"):
        metrics.accuracy(np.array([]), np.array([]))


def test_error_messages_are_one_line():
    with pytest.raises(InputError) as caught:
        metrics.dice(EMPTY, EMPTY[:2])
    assert "\n" not in str(caught.value)


def test_mean_iou_counts_each_class_the_same():
    truth = np.array([0] * 8 + [2, 2])
    found = np.array([0] * 8 + [2, 0])
    # Class 0: 8 of 9. Class 2: 1 of 2. Class 1 occurs nowhere and is left out.
    assert metrics.mean_iou(truth, found) == pytest.approx((8 / 9 + 1 / 2) / 2)


def test_mean_iou_counts_a_class_that_is_only_predicted_as_zero():
    assert metrics.mean_iou(np.array([0, 0]), np.array([0, 1])) == pytest.approx((1 / 2 + 0) / 2)


def test_mean_iou_refuses_logits():
    with pytest.raises(InputError, match="whole numbers"):
        metrics.mean_iou(np.zeros(3, int), np.zeros(3))


def regions(*, border_column=8, size=16):
    labels = np.ones((size, size), int)
    labels[:, border_column:] = 2
    return labels


def test_rand_index_does_not_care_what_regions_are_called():
    assert metrics.adjusted_rand_index(regions(), 7 - regions()) == 1


def test_rand_index_equals_the_formula():
    # A contingency table of 2x2 with cells 4, 1, 2, 3.
    truth, found = np.array([0] * 5 + [1] * 5), np.array([0, 0, 0, 0, 1, 0, 0, 1, 1, 1])

    def pairs(count):
        return count * (count - 1) / 2

    together = pairs(4) + pairs(1) + pairs(2) + pairs(3)
    rows, columns = pairs(5) + pairs(5), pairs(6) + pairs(4)
    expected = rows * columns / pairs(10)
    by_hand = (together - expected) / ((rows + columns) / 2 - expected)
    assert metrics.adjusted_rand_index(truth, found) == pytest.approx(by_hand, rel=1e-12)


def test_rand_index_of_random_labels_is_about_zero():
    rng = np.random.default_rng(0)
    truth, found = rng.integers(0, 5, size=(2, 10_000))
    # The standard deviation of the index is below 0.001 at this size.
    assert abs(metrics.adjusted_rand_index(truth, found)) < 0.005


def frame(thickness=1, size=33):
    """Draw borders that cut an image into four regions."""
    border = np.zeros((size, size), bool)
    middle, half = size // 2, thickness // 2
    border[middle - half : middle + half + 1] = True
    border[:, middle - half : middle + half + 1] = True
    return border


def test_thickness_of_borders_hardly_matters_for_their_regions():
    # Thinning may shorten a line by a pixel or bend its end, hence not exactly 1.
    assert metrics.border_adjusted_rand_index(frame(1), frame(5)) > 0.97
    assert metrics.dice(frame(1), frame(5)) < 0.4


def test_a_gap_of_one_pixel_joins_two_regions_and_dice_hardly_notices():
    broken = frame()
    broken[16, 4] = False
    assert metrics.border_adjusted_rand_index(frame(), broken) < 0.8
    assert metrics.dice(frame(), broken) > 0.98


def test_regions_do_not_leak_through_a_diagonal_border():
    diagonal = np.eye(20, dtype=bool)
    broken = diagonal.copy()
    broken[10, 10] = False
    # The gap joins the two halves. If the whole diagonal did not part them, it would change hardly anything.
    assert metrics.border_adjusted_rand_index(diagonal, diagonal) == 1
    assert metrics.border_adjusted_rand_index(diagonal, broken) < 0.5


def test_lines_are_given_to_the_nearest_cell_unless_one_says_otherwise():
    a, b = np.zeros((9, 9), bool), np.zeros((9, 9), bool)
    a[:, 4] = b[:, 3] = True
    assert metrics.border_adjusted_rand_index(a, b) == metrics.border_adjusted_rand_index(a, b, "nearest")
    # Ignored: columns 3 and 4 don't count, and the rest agrees.
    assert metrics.border_adjusted_rand_index(a, b, "ignored") == 1
    # Region: columns 3 and 4 disagree, 18 of 81 pixels.
    labels_a, labels_b = np.repeat([1, 0, 2], [4, 1, 4]), np.repeat([1, 0, 2], [3, 1, 5])
    by_hand = metrics.adjusted_rand_index(np.tile(labels_a, (9, 1)), np.tile(labels_b, (9, 1)))
    assert metrics.border_adjusted_rand_index(a, b, "region") == pytest.approx(by_hand)
    with pytest.raises(InputError, match="'nearest', 'region' or 'ignored'"):
        metrics.border_adjusted_rand_index(a, b, "line")


def test_the_convention_for_lines_is_worth_much_where_cells_are_small():
    border = np.zeros((64, 64), bool)
    border[7::8] = border[:, 7::8] = True
    moved = np.roll(border, 1, axis=1)
    nearest = metrics.border_adjusted_rand_index(border, moved)
    assert nearest > metrics.border_adjusted_rand_index(border, moved, "region") + 0.25


def test_a_mask_without_lines_and_one_of_lines_only_share_no_cells():
    nothing, everything = np.zeros((8, 8), bool), np.ones((8, 8), bool)
    for lines in ("nearest", "region", "ignored"):
        assert metrics.border_adjusted_rand_index(frame(), np.zeros((33, 33), bool), lines) < 0.01
    assert metrics.border_adjusted_rand_index(nothing, everything, "ignored") in (0, 1)


def test_cells_are_numbered_between_the_lines():
    regions = metrics.cell_regions(frame(5))
    assert sorted(np.unique(regions)) == [0, 1, 2, 3, 4]
    assert (regions == 0).sum() < frame(5).sum() / 3


def test_border_rand_index_takes_one_image_at_a_time():
    with pytest.raises(InputError, match="one image"):
        metrics.border_adjusted_rand_index(np.zeros((2, 8, 8), bool), np.zeros((2, 8, 8), bool))


def disk(radius, centre=(32, 32), size=64):
    y, x = np.indices((size, size))
    return (y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2


def test_distance_between_concentric_circles_is_the_difference_of_their_radii():
    # Outlines are whole pixels: each is off by up to half a pixel.
    assert metrics.average_perpendicular_distance(disk(20), disk(14)) == pytest.approx(6, abs=0.5)


def test_distance_is_given_in_the_unit_of_the_pixel_size():
    in_px = metrics.average_perpendicular_distance(disk(20), disk(14))
    assert metrics.average_perpendicular_distance(disk(20), disk(14), pixel_size=1.25) == pytest.approx(
        1.25 * in_px
    )


def test_distance_is_measured_from_the_prediction():
    both = disk(8, (16, 16)) | disk(8, (48, 48))
    assert metrics.average_perpendicular_distance(both, disk(8, (16, 16))) == 0
    assert metrics.average_perpendicular_distance(disk(8, (16, 16)), both) > 10


def test_distance_of_equal_or_both_empty_masks_is_zero_and_infinite_if_one_is_empty():
    assert metrics.average_perpendicular_distance(disk(9), disk(9)) == 0
    assert metrics.average_perpendicular_distance(EMPTY, EMPTY) == 0
    assert metrics.average_perpendicular_distance(FULL, EMPTY) == np.inf
