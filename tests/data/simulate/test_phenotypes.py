from pathlib import Path

import numpy as np
import pytest

from coursekit.data import load
from coursekit.data.simulate.phenotypes import Screen
from coursekit.errors import InputError


@pytest.fixture(scope="module")
def screen():
    return load("phenotypes", n=768, seed=0)  # 48 cells on each of 16 plates


def accuracy_of_lda(features, labels, test):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LinearDiscriminantAnalysis())
    return model.fit(features[~test], labels[~test]).score(features[test], labels[test])


def intensity_statistics(images):
    pixels = images.reshape(len(images), -1, 5)
    percentiles = np.percentile(pixels, [1, 10, 50, 90, 99], axis=1)
    return np.concatenate([pixels.mean(axis=1), pixels.std(axis=1), *percentiles], axis=1)


def test_an_image_has_five_channels_and_its_plate_as_group(screen):
    assert screen.images.shape == (768, 64, 64, 5)
    assert np.array_equal(screen.groups, screen.extra["plate"])
    assert set(screen.groups) == set(range(16))


@pytest.mark.parametrize("size", [36, 64, 72])
def test_every_size_shows_40_micrometres(size):
    from skimage.measure import label

    cells = load("phenotypes", n=96, seed=1, size=size, plate_effect=0)
    assert cells.images.shape == (96, size, size, 5)
    middle = slice(size // 2 - size // 8, size // 2 + size // 8)
    areas = []
    for dna in cells.images[cells.targets == 0, ..., 0]:
        nuclei = label(dna > 0.25)
        found = nuclei[middle, middle]
        areas.append(np.sum(nuclei == np.bincount(found[found > 0]).argmax()) * (40 / size) ** 2)
    # Nuclei have a median radius of 6.6 µm, their areas differ by about 22 %: the median of 24 has a standard
    # deviation of 6 %. In a field of 48 µm they would look 31 % smaller.
    assert np.median(areas) == pytest.approx(np.pi * 6.6**2, rel=0.18)


def test_each_plate_holds_all_classes_equally(screen):
    for plate in range(16):
        assert np.array_equal(np.bincount(screen.targets[screen.groups == plate]), [12, 12, 12, 12])


def test_a_well_holds_one_class(screen):
    wells = screen.groups * 384 + screen.extra["well"]
    assert screen.extra["well"].min() >= 0 and screen.extra["well"].max() < 384
    for well in np.unique(wells):
        assert len(np.unique(screen.targets[wells == well])) == 1


def test_confounded_plates_give_the_class_away():
    cells = load("phenotypes", n=64, seed=2, confounded=True)
    assert np.array_equal(cells.groups % 4, cells.targets)
    assert set(cells.groups) == set(range(16))


def test_a_share_of_the_treated_cells_does_not_respond(screen):
    treated = screen.targets > 0
    shows = screen.extra["shows_phenotype"]
    assert set(shows[~treated]) == {0}
    assert set(np.unique(shows[treated] - screen.targets[treated])) <= {0, -1, -2, -3}
    # 576 treated cells at 0.9: the share has a standard deviation of 0.0125.
    assert np.mean(shows[treated] > 0) == pytest.approx(0.9, abs=0.04)
    assert np.array_equal(screen.extra["effect"] > 0, shows > 0)


def test_the_ceiling_is_what_knowing_the_true_phenotype_reaches(screen):
    reached = np.mean(screen.extra["shows_phenotype"] == screen.targets)
    assert Screen().ceiling == pytest.approx(0.925)
    assert reached == pytest.approx(Screen().ceiling, abs=0.03)  # 768 cells: standard deviation 0.01


def test_full_penetrance_leaves_no_label_noise():
    cells = load("phenotypes", n=64, seed=3, penetrance=1.0)
    assert np.array_equal(cells.extra["shows_phenotype"], cells.targets)


def test_intensities_tell_half_of_the_cells_on_new_plates_at_most(screen):
    features = intensity_statistics(screen.images)
    # Measured 0.41 to 0.49 over six seeds (192 cells: standard deviation 0.036); chance is 0.25, the ceiling
    # 0.925. Were one of the treatments to triple the brightness of its channel, it would be 0.552.
    assert accuracy_of_lda(features, screen.targets, screen.groups >= 12) < 0.55


def test_pixels_do_not_tell_the_classes_apart_on_new_plates(screen):
    small = screen.images.reshape(-1, 8, 8, 8, 8, 5).mean(axis=(2, 4)).reshape(len(screen), -1)
    # Measured 0.36 to 0.41 over six seeds; 0.484 with the brightness tripled as above.
    assert accuracy_of_lda(small, screen.targets, screen.groups >= 12) < 0.48


def test_intensities_tell_the_plate():
    cells = load("phenotypes", n=512, seed=4)
    test = np.arange(512) >= 384  # the last eight cells of each plate
    # Sixteen plates: chance is 0.06. Measured 0.95 to 1.0 over six seeds. This is what a confounded design
    # would let a model learn.
    assert accuracy_of_lda(intensity_statistics(cells.images), cells.groups, test) > 0.85


def test_without_plate_effect_intensities_do_not_tell_the_plate():
    cells = load("phenotypes", n=512, seed=4, plate_effect=0)
    test = np.arange(512) >= 384
    # 128 cells at a chance of 0.06: standard deviation 0.02. Measured 0.05 to 0.10 over six seeds.
    assert accuracy_of_lda(intensity_statistics(cells.images), cells.groups, test) < 0.15


def test_fragmented_nuclei_are_less_convex():
    from skimage.measure import label, regionprops

    cells = load("phenotypes", n=160, seed=5, penetrance=1.0, plate_effect=0)
    solidity = np.empty(160)
    for i, dna in enumerate(cells.images[..., 0]):
        regions = label(dna > 0.25)
        middle = regions[24:40, 24:40]
        solidity[i] = regionprops((regions == np.bincount(middle[middle > 0]).argmax()).astype(int))[
            0
        ].solidity
    treated = solidity[cells.targets == 1]
    assert np.median(treated) < np.quantile(solidity[cells.targets == 0], 0.2)


def test_a_dispersed_golgi_lies_further_from_its_centre():
    cells = load("phenotypes", n=160, seed=6, penetrance=1.0, plate_effect=0, snr_db=40)
    y, x = np.indices((64, 64)) - 31.5
    golgi = cells.images[..., 3] * (np.hypot(y, x) < 22)
    bright = golgi > np.quantile(golgi, 0.98, axis=(1, 2), keepdims=True)
    spread = np.sqrt([np.var(y[b]) + np.var(x[b]) for b in bright])
    # Measured 7.4 to 8.6 pixels (about 5 µm) further over four seeds.
    assert np.median(spread[cells.targets == 2]) > np.median(spread[cells.targets == 0]) + 4


def test_responding_cells_go_most_of_the_way(screen):
    effect = screen.extra["effect"]
    # Mean of beta(12, 1.5) is 0.889; about 518 cells of standard deviation 0.083: that of the mean is 0.004.
    assert effect[effect > 0].mean() == pytest.approx(0.889, abs=0.015)


def test_effect_sets_how_far_cells_go():
    faint, full = (load("phenotypes", n=64, seed=7, effect=effect).extra["effect"] for effect in (0.4, 1.0))
    assert np.allclose(faint, 0.4 * full)


def test_an_image_does_not_depend_on_how_many_there_are():
    few, many = load("phenotypes", n=6, seed=8), load("phenotypes", n=13, seed=8)
    assert np.array_equal(few.images, many.images[:6])
    assert np.array_equal(few.targets, many.targets[:6])
    assert np.array_equal(few.groups, many.groups[:6])
    for name in few.extra:
        assert np.array_equal(few.extra[name], many.extra[name][:6])


def test_another_seed_gives_other_cells():
    assert not np.array_equal(load("phenotypes", n=4, seed=1).images, load("phenotypes", n=4, seed=2).images)


def test_noise_follows_the_signal_to_noise_ratio():
    clean, noisy = (load("phenotypes", n=8, seed=9, snr_db=snr).images for snr in (100, 10))
    # Drawn last, so that the same seed gives the same cells. A typical image has a standard deviation of
    # 0.12; 10 dB is a third of it. The dark background clips some noise.
    assert 0.6 < (noisy - clean).std() / (0.12 / np.sqrt(10)) < 1.05


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 16}, "size must be 24 to 256"),
        ({"um_per_px": 0}, "um_per_px must be above 0"),
        ({"um_per_px": 0.2}, "show 12.8 µm, 30 to 120 are needed"),
        ({"plates": 0}, "plates must be 1 or more"),
        ({"plates": 6, "confounded": True}, "multiple of 4, got 6"),
        ({"um_per_px": 2.0}, "show 128.0 µm, 30 to 120 are needed"),
        ({"plate_effect": -1}, "plate_effect must be 0 to 3"),
        ({"plate_effect": 20}, "plate_effect must be 0 to 3"),
        ({"penetrance": 0}, "penetrance must be in"),
        ({"effect": 1.5}, "effect must be in"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        load("phenotypes", n=1, **options)


def test_the_card_file_has_the_title_and_the_reference():
    card = load("phenotypes", n=1).card
    text = (Path(__file__).parents[3] / "datasets" / "phenotypes.md").read_text(encoding="utf-8")
    assert card.title in text
    assert all(channel.split()[0] in text for channel in card.channel_names) and len(card.channel_names) == 5
    assert "10.1177/1087057116631284" in text and "10.1177/1087057116631284" in card.citation
