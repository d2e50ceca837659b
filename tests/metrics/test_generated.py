import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.metrics import frechet_distance, kernel_distance

BOTH = pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])


def cloud(n, mean, covariance, seed=0):
    """A sample whose mean and covariance are exactly those asked for."""
    rows = np.random.default_rng(seed).normal(size=(n, len(mean)))
    rows -= rows.mean(0)
    white = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows, rowvar=False))).T
    return white @ np.linalg.cholesky(covariance).T + mean


def random_covariance(k, seed):
    factor = np.random.default_rng(seed).normal(size=(k, 2 * k))
    return factor @ factor.T / (2 * k)


def test_the_frechet_distance_of_clouds_of_the_same_mean_and_covariance_is_zero():
    covariance = random_covariance(5, 1)
    # Sums of about 10 in float64, and roots of eigenvalues.
    first, second = (cloud(n, np.arange(5), covariance, seed) for n, seed in ((50, 2), (80, 3)))
    assert frechet_distance(first, second) == pytest.approx(0, abs=1e-10)


def test_the_frechet_distance_of_a_shifted_cloud_is_the_squared_shift():
    features = cloud(60, np.zeros(4), random_covariance(4, 1))
    assert frechet_distance(features, features + np.array([3, 0, 4, 0])) == pytest.approx(25, rel=1e-9)


def test_the_frechet_distance_of_a_stretched_cloud_is_the_squared_difference_of_the_spreads():
    # Diagonal covariances with standard deviations s: sum of (s₁ - s₂)².
    first = cloud(40, np.zeros(3), np.diag([1.0, 4, 9]))
    second = cloud(40, np.zeros(3), np.diag([16.0, 4, 1]), seed=1)
    assert frechet_distance(first, second) == pytest.approx(3**2 + 0 + 2**2, rel=1e-9)


def test_the_frechet_distance_of_correlated_clouds_has_its_closed_form():
    # 2×2: Tr (C₁ C₂)^½ = sqrt(Tr C₁ C₂ + 2 sqrt(det C₁ C₂)).
    first, second = np.array([[2, 0.9], [0.9, 1]]), np.array([[1, -0.7], [-0.7, 3]])
    root = np.sqrt(np.trace(first @ second) + 2 * np.sqrt(np.linalg.det(first @ second)))
    by_hand = 1 + np.trace(first) + np.trace(second) - 2 * root
    found = frechet_distance(cloud(30, [0, 0], first), cloud(30, [0, 1], second, seed=1))
    assert found == pytest.approx(by_hand, rel=1e-9)


def test_the_frechet_distance_agrees_with_scipys_matrix_root():
    from scipy.linalg import sqrtm

    first, second = random_covariance(12, 1), random_covariance(12, 2)
    by_hand = np.trace(first + second - 2 * sqrtm(first @ second).real)
    clouds = cloud(100, np.zeros(12), first), cloud(90, np.zeros(12), second, seed=5)
    assert frechet_distance(*clouds) == pytest.approx(by_hand, rel=1e-6)
    assert frechet_distance(*clouds[::-1]) == pytest.approx(by_hand, rel=1e-6)


def test_features_in_a_unit_ten_times_smaller_lie_a_hundred_times_as_far_apart():
    first, second = (np.random.default_rng(seed).normal(seed, 1, (50, 4)) for seed in (0, 1))
    far = frechet_distance(first, second)
    assert frechet_distance(10 * first, 10 * second) == pytest.approx(100 * far, rel=1e-9)
    assert kernel_distance(10 * first, 10 * second) > 1000 * kernel_distance(first, second)


def test_a_cloud_collapsed_to_one_point_is_as_far_as_the_others_spread():
    features = cloud(50, np.zeros(3), np.diag([1.0, 2, 3]))
    assert frechet_distance(features, np.zeros((10, 3))) == pytest.approx(6, rel=1e-9)


def test_fewer_images_than_features_give_a_number():
    rng = np.random.default_rng(0)
    assert 0 < frechet_distance(rng.normal(size=(10, 40)), rng.normal(size=(12, 40))) < 200


def test_the_frechet_distance_of_small_samples_is_too_large_by_one_over_their_size():
    k, large = 8, 200_000
    real = np.random.default_rng(0).normal(size=(large, k))

    def bias(n, draws=40):
        rng = np.random.default_rng(n)
        return np.mean([frechet_distance(real, rng.normal(size=(n, k))) for _ in range(draws)])

    # Of the mean k / n, of the spread k (k + 1) / 4 n to first order. The mean of 40 draws scatters by 4 %,
    # the next order is a tenth of the first at 100.
    for n in (100, 400):
        assert bias(n) == pytest.approx((k + k * (k + 1) / 4) / n, rel=0.15)


def test_the_kernel_distance_equals_a_loop_over_pairs():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(6, 3)), rng.normal(1, 1, size=(5, 3))

    def mean(pairs):
        return np.mean([(x @ y / 3 + 1) ** 3 for x, y in pairs])

    by_hand = (
        mean([(x, y) for i, x in enumerate(first) for j, y in enumerate(first) if i != j])
        + mean([(x, y) for i, x in enumerate(second) for j, y in enumerate(second) if i != j])
        - 2 * mean([(x, y) for x in first for y in second])
    )
    assert kernel_distance(first, second) == pytest.approx(by_hand, rel=1e-9)


def test_the_kernel_distance_between_two_gaussians_has_its_closed_form():
    # One feature, N(0, 1) against N(d, 1): E (xy + 1)³ = E[x³]E[y³] + 3 E[x²]E[y²] + 3 E[x]E[y] + 1, and
    # E[x] = d, E[x²] = 1 + d², E[x³] = d³ + 3 d.
    d = 0.5
    moments = np.array([d, 1 + d**2, d**3 + 3 * d])
    none = np.array([0, 1, 0])
    weights = np.array([3, 3, 1])
    truth = weights @ (moments - none) ** 2
    rng = np.random.default_rng(0)
    found = kernel_distance(rng.normal(size=(4000, 1)), rng.normal(d, 1, size=(4000, 1)))
    # Other draws scatter by 8 %.
    assert found == pytest.approx(truth, rel=0.3)


def test_the_kernel_distance_of_small_samples_scatters_around_zero():
    rng = np.random.default_rng(0)
    found = [kernel_distance(rng.normal(size=(50, 8)), rng.normal(size=(20, 8))) for _ in range(200)]
    # Three standard errors of the mean; with each feature compared to itself the mean would be 0.6.
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(200)
    assert min(found) < 0


@BOTH
def test_a_cloud_that_lost_a_mode_is_farther_than_one_that_kept_both(distance):
    rng = np.random.default_rng(0)

    def modes(n, share):
        return rng.normal(size=(n, 2)) + 4 * (rng.random((n, 1)) < share)

    real = modes(400, 0.5)
    assert distance(real, modes(400, 0.0)) > 10 * abs(distance(real, modes(400, 0.5)))


@BOTH
def test_features_of_two_layers_are_not_compared(distance):
    with pytest.raises(InputError, match=r"\(5, 3\) and \(5, 4\)"):
        distance(np.zeros((5, 3)), np.zeros((5, 4)))
    with pytest.raises(InputError, match="row for each image"):
        distance(np.zeros((5, 3, 2)), np.zeros((5, 3, 2)))


@BOTH
def test_one_image_is_no_cloud_and_nan_no_feature(distance):
    with pytest.raises(InputError, match="at least two images"):
        distance(np.zeros((1, 3)), np.zeros((5, 3)))
    with pytest.raises(InputError, match="generated images hold NaN"):
        distance(np.zeros((2, 3)), np.full((5, 3), np.nan))
