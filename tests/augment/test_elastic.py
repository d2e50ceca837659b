import numpy as np
import pytest
from keras import ops
from scipy import ndimage

from coursekit.augment import RandomElastic
from coursekit.augment.warp import warp_field
from coursekit.errors import InputError

PICTURES = np.random.default_rng(0).random((5, 28, 30, 1)).astype("float32")


def field(count=200, alpha_px=34.0, sigma_px=4.0):
    return ops.convert_to_numpy(RandomElastic(alpha_px, sigma_px, seed=1).draw(ops.zeros((count, 28, 30, 1))))


def test_the_field_is_as_strong_as_smoothed_noise_is():
    # Uniform noise has variance 1/3; a Gaussian leaves 1 / (4 pi sigma^2) of it, at the border too.
    expected = 34 * (1 / 3 / (4 * np.pi * 16)) ** 0.5
    assert field()[:, 14, 15].std() == pytest.approx(expected, rel=0.15)  # 400 values: 3.5 %
    assert field()[:, 0, 0].std() == pytest.approx(expected, rel=0.15)


def test_smoothing_is_scipys_gaussian():
    layer = RandomElastic(1.0, 2.0, seed=1)
    noise = np.random.default_rng(2).uniform(-1, 1, (28 + 2 * 8, 30 + 2 * 8)).astype("float32")
    smooth = ops.convert_to_numpy(layer._band(28)) @ noise @ ops.convert_to_numpy(layer._band(30)).T
    np.testing.assert_allclose(smooth, ndimage.gaussian_filter(noise, 2.0, truncate=4)[8:-8, 8:-8], atol=1e-6)


def test_rows_and_columns_are_displaced_independently():
    moved = field()
    assert abs(np.corrcoef(moved[..., 0].ravel(), moved[..., 1].ravel())[0, 1]) < 0.1


def test_a_large_sigma_moves_neighbours_alike():
    def unlike(sigma_px):
        moved = field(sigma_px=sigma_px)
        return np.diff(moved, axis=1).std() / moved.std()

    # The difference of neighbours is 1 / (sigma sqrt 2) of the displacement.
    assert unlike(4) == pytest.approx(1 / 4 / 2**0.5, rel=0.1)
    assert unlike(8) == pytest.approx(1 / 8 / 2**0.5, rel=0.1)


def test_picture_and_mask_follow_one_field():
    masks = (PICTURES > 0.5).astype("float32")
    result = RandomElastic(seed=2)({"images": PICTURES, "segmentation_masks": masks}, training=True)
    displacement = RandomElastic(seed=2).draw(ops.convert_to_tensor(PICTURES))
    assert np.array_equal(result["images"], warp_field(PICTURES, displacement))
    assert np.array_equal(result["segmentation_masks"], warp_field(masks, displacement, "nearest"))
    assert set(np.unique(result["segmentation_masks"])) == {0, 1}


def test_no_strength_is_no_change():
    assert np.array_equal(RandomElastic(0.0, seed=0)(PICTURES, training=True), PICTURES)


@pytest.mark.parametrize(("alpha_px", "sigma_px"), [(-1.0, 4.0), (34.0, 0.0)])
def test_wrong_settings_are_refused(alpha_px, sigma_px):
    with pytest.raises(InputError, match="alpha_px must be at least 0 and sigma_px above 0, got"):
        RandomElastic(alpha_px, sigma_px)
