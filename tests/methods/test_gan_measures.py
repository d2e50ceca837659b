import keras
import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.gan_measures import gan_losses, good_share, importance_weights, modes_covered

CORNERS = np.array([(0, 0), (10, 0), (0, 10), (10, 10)])


def around(*counts, seed=0):
    """So many points around each corner, within a tenth of it."""
    near = np.random.default_rng(seed).uniform(-0.1, 0.1, (sum(counts), 2))
    return np.repeat(CORNERS[: len(counts)], counts, axis=0) + near


def test_a_discriminator_that_cannot_tell_costs_twice_ln_2_and_the_generator_once():
    assert gan_losses(np.zeros(7), np.zeros((3, 1))) == pytest.approx((2 * np.log(2), np.log(2)))


def test_the_losses_are_keras_cross_entropies():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 20, 1)).astype("float32")
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = np.ones((20, 1)), np.zeros((20, 1))
    by_keras = float(cross_entropy(ones, real) + cross_entropy(zeros, fake)), float(cross_entropy(ones, fake))
    assert gan_losses(real, fake) == pytest.approx(by_keras, rel=1e-5)  # float32


def test_losses_of_extreme_logits_are_finite():
    assert gan_losses(np.array([-1000.0]), np.array([1000.0])) == (2000, 0)
    assert gan_losses(np.array([1000.0]), np.array([-1000.0])) == (0, 1000)


def test_a_loss_of_nothing_is_refused():
    with pytest.raises(InputError, match="at least one logit"):
        gan_losses(np.zeros(0), np.zeros(3))


def test_modes_with_a_hundredth_of_the_points_count():
    assert modes_covered(around(970, 10, 11, 9), CORNERS, sigma=0.1) == 3
    assert modes_covered(around(1000), CORNERS, sigma=0.1) == 1


def test_a_hundredth_counts_whatever_the_number_of_points():
    for hundreds in range(1, 40):
        assert modes_covered(around(99 * hundreds, hundreds), CORNERS, sigma=0.1) == 2


def test_points_between_modes_belong_to_none():
    between = np.full((50, 2), 5.0)
    assert modes_covered(between, CORNERS, sigma=0.1) == 0
    assert modes_covered(np.concatenate([around(50), between]), CORNERS, sigma=0.1) == 1
    assert good_share(np.concatenate([around(50), between]), CORNERS, sigma=0.1) == 0.5


def test_a_mode_ends_three_sigma_from_its_centre():
    assert good_share(np.array([[2.99, 0], [0, -2.99], [3.01, 0]]), CORNERS, sigma=1) == pytest.approx(2 / 3)


def test_a_point_near_two_modes_belongs_to_the_nearer_one():
    centres = np.array([[0.0, 0], [1, 0]])
    assert modes_covered(np.array([[0.4, 0.0]]), centres, sigma=1) == 1


def test_of_gaussian_points_989_in_1000_belong_to_their_mode():
    points = np.random.default_rng(0).normal(0, 0.2, (100_000, 2))
    # Three standard errors are 0.001.
    assert good_share(points, np.zeros((1, 2)), sigma=0.2) == pytest.approx(1 - np.exp(-4.5), abs=0.001)


def test_points_and_centres_of_other_shapes_are_refused():
    with pytest.raises(InputError, match=r"\(3, 2\) and \(4, 3\)"):
        modes_covered(np.zeros((3, 2)), np.zeros((4, 3)), sigma=1)
    with pytest.raises(InputError, match="sigma must be above 0"):
        good_share(np.zeros((3, 2)), CORNERS, sigma=0)


def test_importance_weights_are_ratios_of_chances_with_the_sum_one():
    chances = np.array([0.5, 0.8, 0.2])
    ratios = chances / (1 - chances)
    weights = importance_weights(np.log(ratios))
    assert weights == pytest.approx(ratios / ratios.sum(), rel=1e-12)


def test_no_importance_weight_outweighs_another_by_more_than_the_clip_allows():
    weights = importance_weights(np.array([-500.0, 0, 500]), clip=2)
    assert weights.sum() == pytest.approx(1)
    assert weights[2] / weights[0] == pytest.approx(np.exp(4))


def test_weights_of_the_true_ratio_estimate_a_mean_over_the_real_distribution():
    # Generated N(0, 1), real N(0.5, 1): the logit of the best discriminator is x / 2 - 1 / 8.
    generated = np.random.default_rng(0).normal(size=20_000)
    weights = importance_weights(generated / 2 - 1 / 8)
    # The mean of 20,000 scatters by 0.01.
    assert (weights * generated).sum() == pytest.approx(0.5, abs=0.03)


def test_logits_of_patches_and_a_clip_of_zero_are_refused():
    with pytest.raises(InputError, match="average the logits"):
        importance_weights(np.zeros((4, 3, 3, 1)))
    with pytest.raises(InputError, match="clip must be above 0"):
        importance_weights(np.zeros(4), clip=0)
