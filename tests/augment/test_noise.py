import numpy as np
import pytest
from keras import ops

from coursekit.augment import RandomNoise, SnrNoise
from coursekit.errors import InputError


def stripes(low, high, count=4, size=64):
    """Make pictures whose columns alternate between two values: variance ((high - low) / 2)²."""
    images = np.full((count, size, size, 1), low, "float32")
    images[:, :, ::2] = high
    return images


def noise_of(layer, images):
    return ops.convert_to_numpy(layer(images, training=True)) - images


def test_the_ratio_of_signal_to_noise_is_the_one_asked_for():
    images = stripes(0.4, 0.6)  # far enough from 0 and 1 that nothing is cut off
    noise = noise_of(SnrNoise((20, 20), seed=1), images)
    measured = 10 * np.log10(images.var(axis=(1, 2, 3)) / noise.var(axis=(1, 2, 3)))
    # 4096 pixels: the variance is uncertain by sqrt(2 / 4096) = 2 %, 0.1 dB; four times that.
    np.testing.assert_allclose(measured, 20, atol=0.4)


def test_a_brighter_picture_of_the_same_contrast_gets_the_same_noise():
    dark, bright = (noise_of(SnrNoise((25, 25), seed=1), stripes(low, low + 0.1)) for low in (0.2, 0.6))
    np.testing.assert_allclose(dark, bright, atol=1e-6)


def test_a_picture_of_one_value_gets_no_noise_by_ratio():
    images = np.full((2, 8, 8, 1), 0.7, "float32")
    # In float32 the mean of 64 equal numbers is off by up to some 1e-6.
    np.testing.assert_allclose(noise_of(SnrNoise((0, 0), seed=1), images), 0, atol=1e-5)


def test_ratios_fill_the_range_one_for_each_picture():
    images = stripes(0.4, 0.6, count=200, size=16)
    noise = noise_of(SnrNoise((10, 30), seed=1), images)
    measured = 10 * np.log10(images.var(axis=(1, 2, 3)) / noise.var(axis=(1, 2, 3)))
    assert measured.min() > 8.5 and measured.max() < 31.5
    assert np.percentile(measured, 10) == pytest.approx(12, abs=2)
    assert np.percentile(measured, 90) == pytest.approx(28, abs=2)


def test_sigma_goes_from_nothing_to_its_share_of_the_range():
    images = np.full((200, 16, 16, 1), 0.5, "float32")
    sigma = noise_of(RandomNoise(0.05, seed=1), images).std(axis=(1, 2, 3))
    # Uniform from 0 to 0.05: mean 0.025, uncertain by 0.05 / sqrt(12 · 200) = 0.001.
    assert sigma.mean() == pytest.approx(0.025, abs=0.004)
    assert sigma.min() < 0.005 and 0.045 < sigma.max() < 0.058


@pytest.mark.parametrize("layer", [RandomNoise(1.0, seed=0), SnrNoise((-20, -20), seed=0)])
def test_noisy_pictures_stay_between_black_and_white(layer):
    noisy = ops.convert_to_numpy(layer(stripes(0.0, 1.0), training=True))
    assert noisy.min() == 0 and noisy.max() == 1


def test_wrong_sizes_of_noise_are_refused():
    with pytest.raises(InputError, match="not below 0"):
        RandomNoise(-0.1)
    for pair in [(40, 20), (20, float("inf"))]:
        with pytest.raises(InputError, match="the lower first"):
            SnrNoise(pair)
