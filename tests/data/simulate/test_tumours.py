from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import label

from coursekit.data import load
from coursekit.data.simulate.tumours import (
    _CONTRAST,
    _HIGHEST,
    _LOWEST,
    CHANNELS,
    _healthy_level,
    _patient,
    _tumour_level,
)
from coursekit.errors import InputError
from coursekit.metrics import dice

T1, T1C, T2, FLAIR = range(4)


@pytest.fixture(scope="module")
def slices():
    return load("tumours", n=80, seed=0)


@pytest.fixture(scope="module")
def clean():
    return load("tumours", n=80, seed=1, bias_field=0, snr_db=60, healthy_share=0)


def test_slices_have_four_channels_and_three_masks(slices):
    assert slices.images.shape == (80, 64, 64, 4)
    assert slices.targets.shape == (80, 64, 64, 3)
    assert CHANNELS == ("T1", "T1c", "T2", "FLAIR")
    assert set(np.unique(slices.targets)) == {0, 1}


def test_the_three_regions_are_nested(slices):
    whole, core, enhancing = np.moveaxis(slices.targets, -1, 0)
    assert (whole >= core).all()
    assert (core >= enhancing).all()
    assert whole.sum() > 1.3 * core.sum() > 1.3 * 1.3 * enhancing.sum() > 0


def test_the_first_slices_do_not_depend_on_how_many_are_drawn():
    few, many = (load("tumours", n=n, seed=5) for n in (3, 9))
    assert np.array_equal(few.images, many.images[:3])
    assert np.array_equal(few.targets, many.targets[:3])
    assert np.array_equal(few.groups, many.groups[:3])
    assert np.array_equal(few.extra["scanner"], many.extra["scanner"][:3])


def test_a_patient_has_several_slices_from_one_scanner(slices):
    assert np.array_equal(slices.groups, np.arange(80) // 4)
    scanners = slices.extra["scanner"].reshape(-1, 4)
    assert (scanners == scanners[:, :1]).all()
    assert set(np.unique(scanners)) == set(range(5))


def test_slices_of_a_patient_show_the_tumour_in_one_place(clean):
    rows, columns = np.indices((64, 64))
    core = clean.targets[..., 1]
    centres = np.stack([(core * axis).sum((1, 2)) / core.sum((1, 2)) for axis in (rows, columns)], axis=-1)
    patients = centres.reshape(-1, 4, 2)
    within = patients.std(1).mean()
    assert within < 0.35 * centres.std(0).mean()


def test_the_brain_is_stripped_of_its_skull(slices):
    outside = (slices.images == 0).all(-1)
    assert (outside == (slices.images[..., FLAIR] == 0)).all()
    assert 0.4 < outside.mean() < 0.75
    assert not slices.targets[outside].any()


def test_the_share_of_slices_without_a_tumour_is_the_one_asked_for(slices):
    without = 1 - slices.targets.any((1, 2, 3)).mean()
    assert without == pytest.approx(0.2, abs=0.13)  # three standard errors of 80 slices
    assert load("tumours", n=20, healthy_share=0).targets[..., 1].any((1, 2)).all()
    assert not load("tumours", n=20, healthy_share=1).targets.any()


def test_the_outline_of_the_head_does_not_tell_whether_there_is_a_tumour():
    from sklearn.metrics import roc_auc_score

    slices = load("tumours", n=600, seed=3, healthy_share=0.5, slices_per_patient=1)
    area = (slices.images[..., T1] > 0).sum((1, 2))
    # The standard error for 300 and 300 slices is 0.024; the bounds are four of them away.
    assert 0.4 < roc_auc_score(slices.targets.any((1, 2, 3)), area) < 0.6


def test_slices_lie_at_all_heights_alike():
    rng = np.random.default_rng(0)
    for draw in (_healthy_level, _tumour_level):
        levels = [draw(rng, _patient(rng)) for _ in range(2000)]
        assert _LOWEST <= min(levels) <= max(levels) <= _HIGHEST
        count, _ = np.histogram(levels, bins=5, range=(_LOWEST, _HIGHEST))
        assert np.abs(count - 400).max() < 72  # four standard deviations of a binomial count


def test_a_healthy_slice_is_out_of_the_reach_of_the_core():
    rng = np.random.default_rng(1)
    for _ in range(200):
        patient = _patient(rng)
        assert abs(_healthy_level(rng, patient) - patient.site[2]) > patient.radius


def test_the_whole_tumour_and_the_core_are_in_one_piece(slices, clean):
    for targets in (slices.targets, clean.targets):
        for region in (0, 1):
            assert max(label(mask)[1] for mask in targets[..., region]) == 1


def test_some_tumours_do_not_enhance_and_some_enhance_throughout():
    patients = load("tumours", n=160, seed=1, healthy_share=0, slices_per_patient=1).targets
    core, enhancing = (patients[..., k].sum((1, 2)) for k in (1, 2))
    large = core > 40
    share = enhancing[large] / core[large]
    assert np.mean(share == 0) == pytest.approx(0.25, abs=0.11)  # three standard errors of 140 patients
    assert np.mean(share > 0.6) > 0.05


def test_each_channel_shows_the_region_that_it_shows_in_patients(clean):
    def mean(channel, where):
        return clean.images[..., channel][where].mean()

    whole, core, enhancing = np.moveaxis(clean.targets > 0, -1, 0)
    brain = (clean.images[..., T1] > 0) & ~whole
    oedema, inactive = whole & ~core, core & ~enhancing
    assert mean(FLAIR, oedema) > 1.15 * mean(FLAIR, brain)
    assert mean(T2, oedema) > mean(T2, brain)
    assert mean(T1, whole) < mean(T1, brain)
    assert mean(T1C, enhancing) > 1.2 * mean(T1C, brain)
    assert mean(T1C, inactive) < 0.8 * mean(T1C, enhancing)
    assert mean(T2, inactive) > mean(T2, oedema)


def test_what_is_not_tumour_is_as_bright_as_tumour(clean):
    whole, _, enhancing = np.moveaxis(clean.targets > 0, -1, 0)
    brain = (clean.images[..., T1] > 0) & ~whole
    images = clean.images
    # Fluid in T2, lesions of white matter in FLAIR, vessels in T1c.
    for channel, region in ((T2, whole), (FLAIR, whole), (T1C, enhancing)):
        typical = np.median(images[..., channel][region])
        assert np.mean(images[..., channel][brain] > typical) * brain.sum() > 0.25 * region.sum()


def test_fluid_is_bright_in_t2_and_dark_in_flair(clean):
    outside = (clean.images[..., T1] > 0) & ~(clean.targets[..., 0] > 0)
    ratio = []
    for image, where in zip(clean.images, outside, strict=True):
        t2, flair = image[..., T2][where], image[..., FLAIR][where]
        fluid = t2 > np.quantile(t2, 0.97)
        ratio.append(np.median(flair[fluid]) / np.median(flair))
    # Pixels of 3 mm mix fluid with tissue, and a slice near the top has no ventricles.
    assert np.median(ratio) < 0.75


def test_noise_follows_the_signal_to_noise_ratio():
    quiet, noisy = (load("tumours", n=8, seed=6, snr_db=snr).images for snr in (100, 16))
    in_range = (quiet > 0.2) & (quiet < 0.9)  # not clipped, not Rician
    noise = np.array(
        [
            (many - few)[where].std()
            for few, many, where in zip(
                np.moveaxis(quiet, -1, 1).reshape(32, -1),
                np.moveaxis(noisy, -1, 1).reshape(32, -1),
                np.moveaxis(in_range, -1, 1).reshape(32, -1),
                strict=True,
            )
        ]
    )
    # The same in each slice and each channel, or it would tell what the slice shows. The deviation of 500 or
    # more pixels is known to 3 %, which is 0.3 dB; the largest of 32 errors is three times that.
    assert np.abs(20 * np.log10(_CONTRAST / noise) - 16).max() < 1


def test_the_contrast_that_noise_refers_to_is_that_of_a_typical_brain():
    images = load("tumours", n=64, seed=6, snr_db=100).images
    deviation = [image[image[..., T1] > 0].std(0).mean() for image in images]
    assert np.median(deviation) == pytest.approx(_CONTRAST, rel=0.1)  # the constant has two digits


def test_a_bias_field_makes_channels_uneven():
    even, uneven = (load("tumours", n=8, seed=7, bias_field=b, snr_db=100).images for b in (0.0, 0.2))
    ratio = (uneven / even.clip(1e-6))[(even > 0.1).all(-1) & (uneven < 1).all(-1)]
    assert np.log(ratio).std(0).min() > 0.08


def mean_dice(truth, masks):
    """Return the mean Dice of the slices that show the region."""
    shown = truth.any((1, 2))
    return np.mean([dice(t, m) for t, m in zip(truth[shown], masks[shown], strict=True)])


# Measured: 0.43, 0.27 and 0.14.
@pytest.mark.parametrize(("region", "limit"), [(0, 0.55), (1, 0.35), (2, 0.30)])
def test_no_threshold_of_a_channel_finds_a_region(slices, region, limit):
    truth = slices.targets[..., region] > 0
    brain = slices.images[..., T1] > 0
    best = max(
        mean_dice(truth, mask & brain)
        for channel in np.moveaxis(slices.images, -1, 0)
        for t in np.linspace(0.05, 0.95, 19)
        for mask in (channel < t, channel > t)
    )
    assert best < limit


# Measured: 0.48, 0.38 and 0.31.
@pytest.mark.parametrize(("region", "limit"), [(0, 0.60), (1, 0.45), (2, 0.40)])
def test_logistic_regression_on_pixels_does_not_find_a_region(slices, region, limit):
    from sklearn.linear_model import LogisticRegression

    train = load("tumours", n=80, seed=2)
    brain = train.images[..., T1] > 0
    x, y = train.images[brain][::4], train.targets[brain][::4, region] > 0
    model = LogisticRegression(C=100, max_iter=300).fit(x, y)
    truth = slices.targets[..., region] > 0
    chance = model.predict_proba(slices.images.reshape(-1, 4))[:, 1].reshape(truth.shape)
    chance *= slices.images[..., T1] > 0
    assert max(mean_dice(truth, chance > t) for t in np.linspace(0.05, 0.75, 15)) < limit


def test_smaller_pixels_show_the_same_head():
    fine = load("tumours", n=2, seed=8, size=128, mm_per_px=1.5)
    coarse = load("tumours", n=2, seed=8)
    assert (fine.images > 0).mean() == pytest.approx((coarse.images > 0).mean(), rel=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 16}, "size must be a whole number from 32"),
        ({"mm_per_px": 0.1}, "mm_per_px must lie between 0.5 and 6"),
        ({"mm_per_px": 1.0}, "64 pixels of 1 mm show 64 mm, and a brain needs 180"),
        ({"healthy_share": 1.5}, "healthy_share must lie between 0 and 1"),
        ({"bias_field": -0.1}, "bias_field must lie between 0 and 0.4"),
        ({"snr_db": np.nan}, "snr_db must lie between -10 and 100"),
        ({"snr_db": 101}, "snr_db must lie between -10 and 100"),
        ({"slices_per_patient": 0}, "slices_per_patient must be a whole number from 1"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        load("tumours", n=1, **options)


def test_the_card_says_what_the_code_says(slices):
    text = (Path(__file__).parents[3] / "datasets" / "tumours.md").read_text(encoding="utf-8")
    assert slices.card.title in text
    assert slices.card.citation.rsplit("doi:")[1].rstrip(".") in text
    assert all(vars(slices.card).values())
