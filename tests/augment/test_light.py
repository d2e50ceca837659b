import numpy as np
import pytest
from keras import ops

from coursekit.augment import ColourShift, RandomAutoContrast
from coursekit.errors import InputError


def test_a_shift_is_one_number_for_each_channel_of_each_picture():
    images = np.random.default_rng(0).uniform(0.3, 0.7, (100, 4, 4, 3)).astype("float32")
    shift = ops.convert_to_numpy(ColourShift(0.1, seed=1)(images, training=True)) - images
    assert shift.std(axis=(1, 2)).max() < 1e-6
    drawn = shift[:, 0, 0]
    assert np.abs(drawn).max() <= 0.1 + 1e-6 and drawn.min() < -0.09 and drawn.max() > 0.09
    assert np.abs(np.corrcoef(drawn.T)[np.triu_indices(3, 1)]).max() < 0.3


def test_all_the_way_each_channel_reaches_from_black_to_white():
    image = np.random.default_rng(0).uniform(0.3, 0.7, (1, 8, 8, 2)).astype("float32")
    ours = ops.convert_to_numpy(RandomAutoContrast().change_images(image, np.ones((1, 1, 1, 1), "float32")))
    low, high = image.min(axis=(1, 2)), image.max(axis=(1, 2))
    np.testing.assert_allclose(ours, (image - low) / (high - low), atol=1e-5)


def test_half_the_way_lies_half_way():
    image = np.random.default_rng(0).uniform(0.3, 0.7, (1, 8, 8, 1)).astype("float32")
    none, half, whole = (
        ops.convert_to_numpy(
            RandomAutoContrast().change_images(image, np.full((1, 1, 1, 1), share, "float32"))
        )
        for share in (0, 0.5, 1)
    )
    np.testing.assert_allclose(half, (none + whole) / 2, atol=1e-6)
    np.testing.assert_array_equal(none, image)


def test_a_picture_of_one_value_has_nothing_to_stretch():
    image = np.full((2, 4, 4, 1), 0.3, "float32")
    np.testing.assert_allclose(ops.convert_to_numpy(RandomAutoContrast(seed=1)(image, training=True)), 0.3)


def test_wrong_limits_are_refused():
    with pytest.raises(InputError, match="not below 0"):
        ColourShift(-0.1)
    with pytest.raises(InputError, match=r"in \[0, 1\]"):
        RandomAutoContrast(1.5)
