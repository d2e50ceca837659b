import itertools

import numpy as np
import pytest

from coursekit import metrics
from coursekit.data import corrupt_masks, mean_object_radius, snow_recipe
from coursekit.data.simulate.texture import generators, pixel_grid, star
from coursekit.errors import InputError


def scenes(n: int, seed: int = 0) -> np.ndarray:
    """Draw up to six roundish objects an image, apart from one another, some cut by the edge."""
    labels = np.zeros((n, 64, 64), np.int32)
    rows, columns = pixel_grid((64, 64))
    for image, rng in zip(labels, generators(n, seed), strict=True):
        for _ in range(12):
            row, column = rng.uniform(3, 61, 2)
            blob = star(rng, rows - row, columns - column, rng.uniform(5, 9), 1.3, rng.uniform(0, 3)) > 0
            if not image[blob].any() and image.max() < 6:
                image[blob] = image.max() + 1
    return labels


def disk(radius: float, size: int = 64) -> np.ndarray:
    rows, columns = pixel_grid((size, size))
    return (np.hypot(rows - size // 2, columns - size // 2) <= radius).astype("int32")[None]


def count_objects(labels: np.ndarray) -> int:
    return sum(len(np.unique(image[image > 0])) for image in labels)


LABELS = scenes(40)


def test_nothing_asked_for_changes_nothing():
    result = corrupt_masks(LABELS)
    assert np.array_equal(result.instances, LABELS)
    assert np.array_equal(result.masks[..., 0], LABELS > 0)
    assert result.masks.dtype == np.float32
    assert (result.f1 == 1).all() and (result.marked == 1).all()


def test_objects_go_whole_or_stay_whole():
    kept = corrupt_masks(LABELS, remove=0.5, seed=1).instances
    assert 0 < count_objects(kept) < count_objects(LABELS)
    for image, clean in zip(kept, LABELS, strict=True):
        for number in np.unique(image[image > 0]):
            assert np.array_equal(image == number, clean == number)


def test_the_share_removed_is_what_was_asked_for():
    # One-pixel objects, 64 an image: 6,400 draws, whose standard deviation is 0.0058. Four of them is 0.023.
    labels = np.zeros((100, 16, 16), np.int32)
    labels[:, ::2, ::2] = np.arange(1, 65).reshape(8, 8)
    for share in (0.2, 0.7):
        kept = corrupt_masks(labels, remove=share, seed=3).instances
        assert abs(1 - count_objects(kept) / count_objects(labels) - share) < 0.023
    assert count_objects(corrupt_masks(labels, remove=1).instances) == 0
    assert count_objects(corrupt_masks(labels, remove=0).instances) == 6400


def test_objects_removed_at_a_low_rate_are_removed_at_a_high_one():
    masks = [corrupt_masks(LABELS, remove=share, seed=2).masks for share in (0.0, 0.3, 0.5, 0.8)]
    for more, fewer in itertools.pairwise(masks):
        assert (fewer <= more).all() and fewer.sum() < more.sum()


def test_another_option_does_not_change_which_objects_are_removed():
    plain = corrupt_masks(LABELS, remove=0.5, seed=2).instances
    boxes = corrupt_masks(LABELS, remove=0.5, boxes=True, seed=2).instances
    assert [np.unique(a).tolist() for a in plain] == [np.unique(b).tolist() for b in boxes]


def test_the_disk_is_that_of_morphology():
    from skimage.morphology import dilation, erosion
    from skimage.morphology import disk as footprint

    labels = disk(9)
    grown = shrunk = 0
    for seed in range(12):
        result = corrupt_masks(labels, sigma_px=3, seed=seed).masks[0, ..., 0] > 0
        expected = {
            radius: (dilation if radius > 0 else erosion)(labels[0] > 0, footprint(abs(radius)))
            for radius in range(-8, 9)
        }
        radius = next(r for r, mask in expected.items() if np.array_equal(mask, result))
        grown, shrunk = grown + (radius > 0), shrunk + (radius < 0)
    assert grown and shrunk


def test_the_radius_follows_sigma():
    areas = [
        [corrupt_masks(disk(9), sigma_px=sigma, seed=seed).masks.sum() for sigma in (0, 2, 4)]
        for seed in range(8)
    ]
    for clean, mild, strong in areas:
        assert strong >= mild >= clean or strong <= mild <= clean


def test_what_lies_beyond_the_edge_of_the_image_erodes_too():
    labels = np.zeros((1, 20, 20), int)
    labels[0, :10] = 1
    results = [corrupt_masks(labels, sigma_px=2, seed=seed).masks[0, ..., 0] for seed in range(8)]
    eroded = [mask for mask in results if 0 < mask.sum() < labels.sum()]
    assert eroded and not any(mask[0].any() or mask[:, 0].any() for mask in eroded)


def test_objects_that_vanish_are_dropped():
    results = [corrupt_masks(disk(2), sigma_px=10, every=3, boxes=True, seed=seed) for seed in range(8)]
    empty = [result for result in results if not result.masks.any()]
    assert empty
    assert empty[0].f1.tolist() == [0] and empty[0].marked.tolist() == [0]


def test_a_polygon_of_few_points_is_coarse_and_of_all_points_would_be_the_object():
    from coursekit.data.labels.mask_noise import _polygon

    blob = LABELS[0] == 1
    assert np.array_equal(_polygon(blob, 1), blob)
    scores = [corrupt_masks(LABELS, every=every).f1.mean() for every in (2, 5, 10, 20)]
    assert scores == sorted(scores, reverse=True) and scores[-1] < 0.8


def test_the_polygon_of_a_few_points_of_a_square_stays_inside_it():
    labels = np.zeros((1, 16, 16), int)
    labels[0, 4:12, 4:12] = 1
    result = corrupt_masks(labels, every=9).masks[0, ..., 0]
    assert 0 < result.sum() < 64 and (result <= labels[0]).all()


def test_a_box_reaches_from_the_first_to_the_last_pixel():
    labels = disk(5)
    box = corrupt_masks(labels, boxes=True).masks[0, ..., 0]
    assert box.sum() == 11 * 11 and box[27:38, 27:38].all()


def test_the_box_is_drawn_around_the_deformed_object():
    for seed in range(8):
        deformed = corrupt_masks(disk(9), sigma_px=3, every=12, seed=seed).masks[0, ..., 0]
        box = corrupt_masks(disk(9), sigma_px=3, every=12, boxes=True, seed=seed).masks[0, ..., 0]
        rows, columns = (np.flatnonzero(deformed.any(axis)) for axis in (1, 0))
        expected = np.zeros_like(box)
        expected[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = 1
        assert np.array_equal(box, expected)


def test_the_polygon_is_that_of_the_eroded_outline():
    from coursekit.data.labels.mask_noise import _polygon

    for seed in range(8):
        deformed = corrupt_masks(disk(9), sigma_px=3, seed=seed).masks[0, ..., 0] > 0
        coarse = corrupt_masks(disk(9), sigma_px=3, every=8, seed=seed).masks[0, ..., 0] > 0
        assert np.array_equal(coarse, _polygon(deformed, 8))


def test_where_two_objects_overlap_the_pixel_belongs_to_the_lower_number():
    labels = np.zeros((1, 8, 8), int)
    labels[0, [0, 5], 5] = 2
    labels[0, [0, 3], [0, 6]] = 7
    instances = corrupt_masks(labels, boxes=True).instances[0]
    assert (instances[:6, 5] == 2).all()
    assert (instances[:4, :5] == 7).all() and (instances[:4, 6] == 7).all()


def test_of_an_object_in_pieces_the_polygon_keeps_the_longest_outline():
    labels = np.zeros((1, 32, 32), int)
    labels[0, 2:5, 2:5] = labels[0, 10:28, 10:28] = 1
    labels[0, 30, 30] = 2
    polygon = corrupt_masks(labels, every=2).instances[0] == 1
    assert polygon[12:26, 12:26].all() and not polygon[:8].any()


@pytest.mark.parametrize("name", ["Noisy", "BB", "N+BB", "HD", "N+HD"])
def test_image_i_does_not_depend_on_n(name):
    recipe = snow_recipe(name, LABELS)
    few, many = (corrupt_masks(LABELS[:n], **recipe, seed=4) for n in (8, 16))
    assert np.array_equal(few.instances, many.instances[:8])
    assert np.array_equal(few.f1, many.f1[:8])


def test_same_seed_same_masks_another_seed_others():
    first, again, other = (corrupt_masks(LABELS, remove=0.5, seed=seed).masks for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_the_input_is_left_as_it_was():
    labels = LABELS.copy()
    corrupt_masks(labels, remove=0.5, sigma_px=2, every=5, boxes=True)
    assert np.array_equal(labels, LABELS)


@pytest.mark.parametrize("dtype", ["float32", "bool"])
def test_masks_are_taken_apart_into_connected_pieces(dtype):
    masks = (LABELS > 0).astype(dtype)[..., None]
    assert (
        count_objects(LABELS) * 0.7 < count_objects(corrupt_masks(masks).instances) <= count_objects(LABELS)
    )
    assert np.array_equal(corrupt_masks(masks).masks, masks)
    # About 200 pieces: the share left has a standard deviation of some 0.04.
    assert 0.35 < corrupt_masks(masks, remove=0.5, seed=1).marked.mean() < 0.65


@pytest.mark.parametrize("number", [1, 7])
def test_an_object_in_pieces_keeps_its_number_even_if_it_is_the_only_one(number):
    labels = np.zeros((2, 12, 12), "uint8")
    labels[0, 2:4, 2:4] = labels[0, 8:10, 8:10] = number
    assert np.array_equal(corrupt_masks(labels).instances, labels)
    # One object: both pieces go, or both stay.
    shares = {corrupt_masks(labels, remove=0.5, seed=seed).marked[0] for seed in range(12)}
    assert shares == {0.0, 1.0}


def test_corners_connect():
    mask = np.eye(6, dtype="float32")[None]
    assert count_objects(corrupt_masks(mask).instances) == 1


def test_objects_keep_large_numbers():
    labels = disk(5) * 2_000_000_000
    labels[0, :3, :3] = 7
    assert set(np.unique(corrupt_masks(labels, boxes=True).instances)) == {0, 7, 2_000_000_000}


def test_an_image_that_is_all_object_and_one_without_are_handled():
    labels = np.stack([np.ones((12, 12), int), np.zeros((12, 12), int)])
    labels[0, 6:] = 2
    result = corrupt_masks(labels, every=2, boxes=True, sigma_px=1, seed=1)
    assert result.masks[0].any() and not result.masks[1].any()
    assert result.f1[1] == 1 and result.marked[1] == 1


def test_f1_and_marked_share_agree_with_the_metrics():
    result = corrupt_masks(LABELS, **snow_recipe("N+HD", LABELS), seed=1)
    for i in range(len(LABELS)):
        clean, corrupt = LABELS[i] > 0, result.masks[i, ..., 0] > 0
        assert result.f1[i] == pytest.approx(metrics.dice(clean, corrupt))
        assert result.marked[i] == pytest.approx(metrics.sensitivity(clean, corrupt))


def test_mean_object_radius_is_that_of_disks():
    # Pixels count whole: the area of a disk of radius 9 on the grid is right to 2 %, its radius to 1 %.
    assert mean_object_radius(disk(9)) == pytest.approx(9, rel=0.01)


def test_recipes_do_what_the_paper_says():
    assert snow_recipe("Clean", LABELS) == {}
    assert snow_recipe("Noisy", LABELS) == {"remove": 0.5}
    assert snow_recipe("BB", LABELS) == {"boxes": True}
    assert snow_recipe("N+BB", LABELS) == {"remove": 0.5, "boxes": True}
    radius = mean_object_radius(LABELS)
    high = snow_recipe("N+HD", LABELS)
    assert high == {"remove": 0.5, "sigma_px": 0.25 * radius, "every": round(1.25 * radius)}
    assert snow_recipe("HD", LABELS) == {key: high[key] for key in ("sigma_px", "every")}


def test_high_deformation_leaves_an_outline_of_about_six_points():
    from skimage.measure import find_contours

    points = len(find_contours(disk(20)[0].astype(float), 0.5)[0]) / snow_recipe("HD", disk(20))["every"]
    assert 5 < points < 8


def test_removal_and_deformation_both_cost():
    f1 = {
        name: corrupt_masks(LABELS, **snow_recipe(name, LABELS)).f1.mean()
        for name in ("Clean", "Noisy", "BB", "N+BB", "HD", "N+HD")
    }
    assert f1["Clean"] == 1
    assert f1["N+HD"] < f1["Noisy"] < f1["HD"] and f1["N+BB"] < f1["Noisy"] < f1["BB"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"remove": 1.1}, "remove must be from 0 to 1"),
        ({"remove": float("nan")}, "remove must be from 0 to 1"),
        ({"remove": "0.5"}, "remove must be a number from 0 to 1, got '0.5'"),
        ({"sigma_px": "2"}, "sigma_px must be a number of pixels from 0, got '2'"),
        ({"sigma_px": -1}, "sigma_px must be"),
        ({"sigma_px": float("inf")}, "sigma_px must be"),
        ({"every": 0}, "every must be a whole number from 1"),
        ({"every": 1.5}, "every must be a whole number from 1"),
        ({"seed": -1}, "seed must be a whole number from 0"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        corrupt_masks(LABELS[:1], **arguments)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[0], r"A single image needs its own axis"),
        (np.zeros((2, 8, 8, 3)), r"must be \(n, height, width\)"),
        (LABELS[:1] * 0.5, "threshold them"),
        (-LABELS[:1], "must be from 0"),
    ],
)
def test_labels_of_another_form_are_refused(labels, message):
    with pytest.raises(InputError, match=message):
        corrupt_masks(labels)


def test_an_unknown_recipe_and_masks_without_objects_are_refused():
    with pytest.raises(InputError, match="no recipe 'noisy': use Clean"):
        snow_recipe("noisy", LABELS)
    with pytest.raises(InputError, match="no object"):
        snow_recipe("HD", np.zeros((2, 8, 8)))
