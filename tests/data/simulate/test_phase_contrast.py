from pathlib import Path

import numpy as np
import pytest

from coursekit.data import load
from coursekit.errors import InputError
from coursekit.metrics import dice


@pytest.fixture(scope="module")
def films():
    return load("phase_contrast", n=96, seed=0)


@pytest.fixture(scope="module")
def dish():
    """A wide field, long enough that many cells divide."""
    return load("phase_contrast", n=16, seed=1, size=192, frames=16, minutes_per_frame=20)


def best_dice(scores, truth, cuts):
    return max(np.mean([dice(t, s > cut) for t, s in zip(truth, scores, strict=True)]) for cut in cuts)


def test_frames_of_a_sequence_are_a_group(films):
    assert films.images.shape == films.targets.shape == (96, 64, 64, 1)
    assert np.array_equal(films.groups, np.repeat(np.arange(12), 8))


def test_no_threshold_on_brightness_finds_the_cells(films):
    image, truth = films.images[..., 0], films.targets[..., 0] > 0
    cuts = np.quantile(image, np.linspace(0.01, 0.99, 40))
    marking_all = np.mean([dice(t, np.ones_like(t)) for t in truth])
    # Measured 0.57 for "darker than", 0.48 for "brighter than" and for marking all.
    assert best_dice(-image, truth, -cuts) < 0.64
    assert best_dice(image, truth, cuts) < marking_all + 0.05


def test_no_band_of_grey_levels_finds_the_cells(films):
    image, truth = films.images[..., 0], films.targets[..., 0] > 0
    from_middle = np.abs(image - np.median(image, axis=(1, 2), keepdims=True))
    # Measured 0.66, as on real phase-contrast images.
    assert best_dice(from_middle, truth, np.quantile(from_middle, np.linspace(0.1, 0.9, 30))) < 0.71


def test_bodies_and_background_share_their_grey_levels(films):
    image, truth = films.images[..., 0], films.targets[..., 0] > 0
    low, high = np.quantile(image[~truth], [0.01, 0.99])
    inside = (image[truth] > low) & (image[truth] < high)
    assert inside.mean() > 0.5


def test_halos_are_brighter_than_background_and_bodies(films):
    from scipy.ndimage import distance_transform_edt

    away = np.stack([distance_transform_edt(t == 0) for t in films.targets[..., 0]])
    image = films.images[..., 0]
    halo, far = image[(away > 0) & (away < 2.5)], image[away > 12]
    assert np.median(halo) > np.quantile(far, 0.75)
    assert np.median(halo) > np.median(image[films.targets[..., 0] > 0])


def test_round_dividing_cells_are_the_brightest(dish):
    cells, parents = dish.extra["cells"], dish.extra["parents"][0]
    newborn, old = [], []
    for track in np.flatnonzero(parents > -2):
        frames = np.flatnonzero((cells == track + 1).any(axis=(1, 2)))
        brightness = dish.images[frames[0], ..., 0][cells[frames[0]] == track + 1].mean()
        (newborn if parents[track] >= 0 else old).append(brightness)
    assert len(newborn) >= 6
    assert np.median(newborn) > np.quantile(old, 0.75)


def test_the_mask_is_where_cells_are_numbered(films):
    assert films.extra["cells"].dtype == np.int32
    assert np.array_equal(films.targets[..., 0] == 1, films.extra["cells"] > 0)


def test_centroids_are_those_of_the_numbered_cells(films):
    centroids = films.extra["centroids"]
    for cells, points in zip(films.extra["cells"], centroids, strict=True):
        for track, point in enumerate(points):
            shown = np.argwhere(cells == track + 1)
            if len(shown):
                assert np.allclose(point, shown.mean(axis=0), atol=1e-3)
            else:
                assert np.isnan(point).all()


def test_tracks_are_numbered_in_the_order_in_which_they_show(films):
    for group in range(12):
        cells, parents = films.extra["cells"][films.groups == group], films.extra["parents"][8 * group]
        used = np.count_nonzero(parents > -2)
        assert np.array_equal(np.unique(cells[cells > 0]), np.arange(1, used + 1))
        first = [np.argmax((cells == k + 1).any(axis=(1, 2))) for k in range(used)]
        assert np.all(np.diff(first) >= 0)
        assert np.all(parents[used:] == -2)


def test_a_cell_moves_little_from_frame_to_frame(dish):
    steps = np.diff(dish.extra["centroids"], axis=0)
    distance = np.hypot(steps[..., 0], steps[..., 1])
    # Cells crawl some 20 µm an hour, 7 µm or 8 pixels in 20 minutes; half of them less.
    assert 1 < np.nanmedian(distance) < 8


def test_a_cell_divides_into_two_that_start_beside_it(dish):
    parents, points = dish.extra["parents"][0], dish.extra["centroids"]
    mothers = np.unique(parents[parents >= 0])
    assert len(mothers) >= 4
    for mother in mothers:
        last = np.flatnonzero(~np.isnan(points[:, mother, 0]))[-1]
        daughters = np.flatnonzero(parents == mother)
        assert len(daughters) <= 2  # one of the two may be born outside the field
        for daughter in daughters:
            first = np.flatnonzero(~np.isnan(points[:, daughter, 0]))[0]
            assert first > last
            if first == last + 1:
                assert np.hypot(*(points[first, daughter] - points[last, mother])) < 25


def test_movement_keeps_its_direction(dish):
    steps = np.diff(dish.extra["centroids"], axis=0)
    products = (steps[1:] * steps[:-1]).sum(-1)
    # After 20 minutes of a persistence of an hour 0.7 of a step is left; pushes and ruffles take from it.
    assert np.nanmean(products) / np.nanmean((steps**2).sum(-1)) > 0.2


def test_contrast_scales_grey_levels_around_the_background():
    low, high = (
        load("phase_contrast", n=8, seed=3, contrast=contrast, snr_db=60).images for contrast in (0.3, 0.6)
    )
    # Uneven light is in both, so that the ratio is a little below two.
    assert 1.5 < high.std() / low.std() < 2.05


def test_background_sets_the_grey_level_of_the_empty_dish(films):
    bright = load("phase_contrast", n=32, seed=0, background=0.6)
    for field, level in ((films, 0.42), (bright, 0.6)):
        empty = field.images[field.targets == 0]
        # Halos lift the median a little.
        assert np.median(empty) == pytest.approx(level, rel=0.1)


def test_the_number_of_cells_can_be_set():
    few, many = (load("phase_contrast", n=64, seed=4, cells=cells).targets.mean() for cells in (1, 4))
    assert many > 2 * few


@pytest.mark.parametrize("size", [32, 256])
def test_other_sizes_work(size):
    field = load("phase_contrast", n=2, seed=5, size=size, um_per_px=0.65)
    assert field.images.shape == (2, size, size, 1)
    assert np.isfinite(field.images).all()


def test_a_frame_does_not_depend_on_how_many_there_are():
    few, many = load("phase_contrast", n=11, seed=6), load("phase_contrast", n=30, seed=6)
    assert np.array_equal(few.images, many.images[:11])
    assert np.array_equal(few.groups, many.groups[:11])
    for name in ("cells", "centroids", "parents"):
        assert np.array_equal(few.extra[name], many.extra[name][:11], equal_nan=name == "centroids")


def test_another_seed_gives_other_sequences():
    one, two = (load("phase_contrast", n=2, seed=seed).images for seed in (1, 2))
    assert not np.array_equal(one, two)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 16}, "size must be 32 to 512"),
        ({"um_per_px": 5}, "um_per_px must be 0.3 to 3"),
        ({"contrast": 0}, "contrast must be 0.1 to 3"),
        ({"background": 1.0}, "background must be 0.1 to 0.9"),
        ({"frames": 0}, "frames must be 1 or more"),
        ({"minutes_per_frame": 0}, "minutes_per_frame must be above 0"),
        ({"frames": 100}, "at most 16 are possible"),
        ({"cells": 50}, "cells must be above 0 and at most 9"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        load("phase_contrast", n=1, **options)


def test_the_card_file_has_the_title_and_the_reference():
    card = load("phase_contrast", n=1).card
    text = (Path(__file__).parents[3] / "datasets" / "phase_contrast.md").read_text(encoding="utf-8")
    assert card.title in text
    assert "10.1038/nmeth.4473" in text and "10.1038/nmeth.4473" in card.citation
