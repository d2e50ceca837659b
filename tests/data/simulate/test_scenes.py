import itertools

import numpy as np
import pytest

from coursekit.data import load
from coursekit.data.simulate.scenes import CATEGORIES
from coursekit.errors import InputError
from coursekit.metrics import dice


@pytest.fixture(scope="module")
def forty():
    return load("scenes", n=40, seed=0)


def categories(scenes):
    """Return the number of each pixel's category, 0 for the background."""
    return np.where(scenes.targets.any(-1), scenes.targets.argmax(-1) + 1, 0)


def test_scenes_have_three_channels_and_a_mask_for_each_category(forty):
    assert forty.images.shape == (40, 64, 64, 3)
    assert forty.targets.shape == (40, 64, 64, 8)
    assert set(np.unique(forty.targets)) == {0, 1}
    assert forty.targets.sum(-1).max() == 1  # what is in front hides what is behind
    assert forty.card.class_names == CATEGORIES


def test_colour_does_not_tell_the_category(forty):
    from sklearn.linear_model import LogisticRegression

    others = load("scenes", n=40, seed=1)
    truth, unseen = categories(forty), categories(others)
    some = np.random.default_rng(0).permutation(np.flatnonzero(truth))[:8000]
    model = LogisticRegression(max_iter=200, class_weight="balanced")
    model.fit(forty.images.reshape(-1, 3)[some], truth.ravel()[some])
    guess = model.predict(others.images[unseen > 0])
    recall = np.mean([(guess[unseen[unseen > 0] == c] == c).mean() for c in range(1, 9)])
    # Measured 0.12, as by chance, from some 250 things, each of one colour or two: 0.03 either way.
    assert recall < 0.2


def test_colour_does_not_part_things_from_their_background(forty):
    from sklearn.linear_model import LogisticRegression

    others = load("scenes", n=40, seed=1)
    truth, unseen = categories(forty).ravel() > 0, categories(others).ravel() > 0
    some = np.random.default_rng(0).permutation(truth.size)[:8000]
    model = LogisticRegression(class_weight="balanced")
    model.fit(forty.images.reshape(-1, 3)[some], truth[some])
    found = dice(unseen, model.predict(others.images.reshape(-1, 3)))
    # Measured 0.54; to call everything a thing has 0.47.
    assert found < 0.62


def test_neither_brightness_nor_its_gradient_finds_the_borders():
    scenes = load("scenes", n=40, seed=2, grey=True)
    truth, image = scenes.extra["borders"][..., 0] > 0, scenes.images[..., 0]
    gradient = np.stack([np.hypot(*np.gradient(one)) for one in image])

    def mean_dice(masks):
        return np.mean([dice(t, m) for t, m in zip(truth, masks, strict=True)])

    threshold = max(mean_dice(m) for t in np.linspace(0, 1, 21) for m in (image < t, image > t))
    steep = max(mean_dice(gradient > t) for t in np.linspace(0.02, 0.3, 15))
    assert threshold < 0.36  # measured 0.29; to mark everything has 0.23
    assert steep < 0.5  # measured 0.43: textures and the parts of a thing have edges as well


def test_objects_are_numbered_from_one_without_gaps_and_have_one_category(forty):
    truth = categories(forty)
    for objects, kinds in zip(forty.extra["objects"], truth, strict=True):
        assert objects.dtype == np.int32
        assert np.array_equal(np.unique(objects[objects > 0]), np.arange(1, objects.max() + 1))
        assert np.array_equal(objects > 0, kinds > 0)
        assert all(len(np.unique(kinds[objects == number])) == 1 for number in range(1, objects.max() + 1))


def test_borders_part_objects_from_each_other_and_from_the_background(forty):
    assert forty.extra["borders"].shape == (40, 64, 64, 1)
    for objects, border in zip(forty.extra["objects"], forty.extra["borders"][..., 0] > 0, strict=True):
        # Without their borders, no two objects touch.
        inside = np.where(border, -1, objects)
        for a, b in ((inside[1:], inside[:-1]), (inside[:, 1:], inside[:, :-1])):
            both = (a >= 0) & (b >= 0)
            assert np.array_equal(a[both], b[both])
        assert border.any() == (len(np.unique(objects)) > 1)


def test_every_category_occurs_and_is_often_hidden_in_part(forty):
    assert np.bincount(categories(forty).ravel(), minlength=9)[1:].min() > 1000
    touching = 0
    for objects in forty.extra["objects"]:
        a, b = objects[1:], objects[:-1]
        touching += ((a != b) & (a > 0) & (b > 0)).any()
    assert touching > 20


def test_nearer_things_are_in_front():
    scenes = load("scenes", n=60, seed=3, objects=3)
    feet = []
    for objects in scenes.extra["objects"]:
        lowest = [np.flatnonzero((objects == k).any(1)).max() for k in range(1, objects.max() + 1)]
        feet += [later >= earlier for earlier, later in itertools.pairwise(lowest)]
    # Numbers run from far to near; a foot may be hidden by a neighbour, or lie below the picture.
    assert np.mean(feet) > 0.85


def test_more_objects_can_be_asked_for():
    few, many = (load("scenes", n=20, seed=4, objects=count).extra["objects"] for count in (3, 14))
    assert few.max(axis=(1, 2)).mean() == pytest.approx(3, abs=1)
    assert many.max(axis=(1, 2)).mean() > 8  # some are hidden or out of sight


def test_grey_scenes_are_the_coloured_ones():
    colour, grey = (load("scenes", n=6, seed=5, grey=grey) for grey in (False, True))
    assert grey.images.shape == (6, 64, 64, 1)
    assert grey.images[..., 0] == pytest.approx(colour.images @ np.array([0.299, 0.587, 0.114]), abs=1e-5)
    assert np.array_equal(grey.targets, colour.targets)


def test_things_do_not_change_when_noise_does():
    clean, noisy = (load("scenes", n=4, seed=6, snr_db=snr) for snr in (60, 12))
    assert np.array_equal(clean.targets, noisy.targets)
    # A typical scene has a standard deviation of 0.15; 12 dB is a quarter of it. Little is clipped.
    assert 0.85 < (noisy.images - clean.images).std() / (0.15 / 10**0.6) < 1.05


@pytest.mark.parametrize("size", [32, 96])
def test_the_first_eight_of_sixteen_are_the_eight(size):
    few, many = (load("scenes", n=n, seed=7, size=size) for n in (8, 16))
    assert few.images.shape == (8, size, size, 3)
    assert np.array_equal(few.images, many.images[:8])
    assert np.array_equal(few.targets, many.targets[:8])
    assert all(np.array_equal(few.extra[name], many.extra[name][:8]) for name in few.extra)


def test_another_seed_gives_another_scene():
    assert not np.array_equal(load("scenes", n=1, seed=0).images, load("scenes", n=1, seed=1).images)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 16}, "size must be at least 32"),
        ({"objects": 0}, "objects must lie between 1 and 30"),
        ({"objects": 99}, "got 99"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        load("scenes", n=1, **options)
