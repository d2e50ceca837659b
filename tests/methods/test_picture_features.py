import numpy as np
import pytest

from coursekit.data import load
from coursekit.methods.picture_features import features_to_compare
from coursekit.metrics import frechet_distance


@pytest.fixture(scope="module")
def digits():
    return load("glyphs", 600, seed=3, alphabet="digits").images


def test_features_are_brought_to_the_scale_of_the_real_ones(digits):
    seen, other = features_to_compare(digits[:300], digits[300:] * 0.5)
    assert seen.shape == other.shape == (300, 29)
    # float32 has seven digits, and 300 numbers were added.
    assert np.allclose(seen.mean(0), 0, atol=1e-4)
    assert np.allclose(seen.std(0), 1, atol=1e-4)
    assert not np.allclose(other.mean(0), 0, atol=0.1)


def test_the_worse_the_pictures_the_longer_the_distance(digits):
    real, other = digits[:300], digits[300:]
    blurred = (other + np.roll(other, 2, 1) + np.roll(other, 2, 2) + np.roll(other, (2, 2), (1, 2))) / 4
    noise = np.random.default_rng(0).random(other.shape, "float32")
    near, mid, far = (
        frechet_distance(*features_to_compare(real, pictures)) for pictures in (other, blurred, noise)
    )
    assert 3 * near < mid
    assert 3 * mid < far


def test_one_sign_for_all_is_far_from_ten(digits):
    real, other = digits[:300], digits[300:]
    same = np.repeat(other[:1], 300, axis=0)
    distances = [frechet_distance(*features_to_compare(real, pictures)) for pictures in (other, same)]
    assert 10 * distances[0] < distances[1]
