import numpy as np
import pytest
from keras import ops
from scipy.ndimage import gaussian_filter

from coursekit.augment import RandomBlur
from coursekit.errors import InputError


def test_away_from_the_border_it_is_scipys_gaussian():
    image = np.random.default_rng(0).random((1, 40, 44, 2), dtype="float32")
    ours = ops.convert_to_numpy(RandomBlur().change_images(image, np.array([1.5], "float32")))
    expected = gaussian_filter(image, (0, 1.5, 1.5, 0), truncate=8)
    np.testing.assert_allclose(ours[:, 10:-10, 10:-10], expected[:, 10:-10, 10:-10], atol=1e-5)


def test_each_picture_has_its_own_width():
    image = np.zeros((50, 31, 31, 1), "float32")
    image[:, 15, 15] = 1
    blurred = ops.convert_to_numpy(RandomBlur(1.5, seed=1)(image, training=True))
    across = blurred.sum(axis=(1, 3))
    width = np.sqrt((across * (np.arange(31) - 15) ** 2).sum(axis=1))
    assert width.max() < 1.55
    # Widths of 0 to 1.5 pixels; those below a third of a pixel leave the pixel alone.
    assert np.mean(width < 0.75) == pytest.approx(0.5, abs=0.2)


def test_a_picture_of_one_value_stays_so_up_to_the_border():
    image = np.full((4, 9, 9, 1), 0.6, "float32")
    np.testing.assert_allclose(
        ops.convert_to_numpy(RandomBlur(5, seed=1)(image, training=True)), 0.6, rtol=1e-5
    )


def test_no_width_changes_nothing():
    image = np.random.default_rng(0).random((1, 9, 9, 1), dtype="float32")
    ours = ops.convert_to_numpy(RandomBlur().change_images(image, np.array([0], "float32")))
    np.testing.assert_allclose(ours, image, atol=1e-6)


def test_a_negative_width_is_refused():
    with pytest.raises(InputError, match="not below 0"):
        RandomBlur(-1)
