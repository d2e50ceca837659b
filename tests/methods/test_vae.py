import keras
import numpy as np
import pytest
from scipy.linalg import subspace_angles
from scipy.stats import multivariate_normal, norm

from coursekit.errors import CourseError, InputError
from coursekit.methods.vae import (
    decode,
    encode,
    kl_per_dimension,
    kl_to_standard_normal,
    latent_grid,
    reconstruct,
    reparameterise,
    sample,
    sample_fitted,
    squared_error,
    train_auto_encoder,
    train_vae,
    vae_loss,
)
from coursekit.models import dense_decoder, dense_encoder, variational_encoder

SHAPE, WIDTHS = (8, 8, 1), (64,)


def blobs(n=256, seed=0):
    """Images of one bright spot somewhere: two numbers say all about them."""
    centres = np.random.default_rng(seed).uniform(1.5, 5.5, (2, n, 1, 1))
    y, x = np.mgrid[:8, :8]
    return np.exp(-((y - centres[0]) ** 2 + (x - centres[1]) ** 2) / 3)[..., None].astype("float32")


def vae(seed=0):
    return variational_encoder(SHAPE, WIDTHS, seed=seed), dense_decoder(SHAPE, WIDTHS, seed=seed + 1)


def plain(seed=0):
    return dense_encoder(SHAPE, WIDTHS, seed=seed), dense_decoder(SHAPE, WIDTHS, seed=seed + 1)


def mean_error(images, drawn):
    return ((images - drawn) ** 2).sum((1, 2, 3)).mean()


def identity():
    """A decoder that draws its code: an image of one pixel with two channels."""
    return keras.Sequential([keras.Input((2,)), keras.layers.Reshape((1, 1, 2))])


def far_from_blobs(images):
    """Squared distance to the nearest of the images learnt from, mean over images."""
    return ((images[:, None] - blobs()[None]) ** 2).sum((2, 3, 4)).min(1).mean()


@pytest.fixture(scope="module")
def trained_plain():
    """Encoder, decoder and error of each epoch."""
    networks = plain()
    return *networks, train_auto_encoder(*networks, blobs(), 40, batch_size=32, rate=0.01)


@pytest.fixture(scope="module")
def trained():
    """Encoder, decoder and history of a VAE that keeps pixels to 0.2, which is enough to use its code."""
    networks = vae()
    return *networks, train_vae(*networks, blobs(), 40, s=0.2, batch_size=32, rate=0.01)


def test_kl_is_zero_for_the_standard_normal_and_half_for_a_mean_of_one():
    zeros = np.zeros((3, 2))
    assert np.asarray(kl_per_dimension(zeros, zeros)).tolist() == zeros.tolist()
    assert np.allclose(kl_per_dimension(zeros + 1, zeros), 0.5)


def test_kl_is_the_integral_that_defines_it():
    rng = np.random.default_rng(0)
    mu, logvar = rng.normal(size=(8, 5)), rng.normal(size=(8, 5))
    sd = np.exp(logvar / 2)
    t = np.linspace(-10, 10, 4001)
    z = mu[..., None] + sd[..., None] * t
    integral = (norm.pdf(t) * (norm.logpdf(t) - np.log(sd)[..., None] - norm.logpdf(z))).sum(-1) * 0.005
    # The sum is as good as exact here; float32 on JAX leaves six digits.
    assert np.allclose(kl_per_dimension(mu, logvar), integral, rtol=1e-5, atol=1e-5)


def test_nats_of_the_dimensions_add_up():
    mu, logvar = np.random.default_rng(0).normal(size=(2, 8, 5))
    assert np.allclose(kl_to_standard_normal(mu, logvar), np.sum(kl_per_dimension(mu, logvar), 1), rtol=1e-5)


def test_a_code_is_mean_plus_sigma_times_noise():
    mu, logvar = np.array([[1.0, -2.0]]), np.log([[4.0, 0.25]])
    assert np.allclose(reparameterise(mu, logvar, np.zeros((1, 2))), mu)
    assert np.allclose(reparameterise(mu, logvar, np.array([[1.0, -1.0]])), [[3.0, -2.5]], atol=1e-6)


def test_the_loss_has_the_numbers_of_a_calculation_by_hand():
    x, y = np.zeros((2, 2, 2, 1)), np.zeros((2, 2, 2, 1))
    y[0] = 0.5  # an error of 4 · 0.25 = 1 in the first image, none in the second
    mu, logvar = np.array([[2.0], [0.0]]), np.zeros((2, 1))  # 2 nats and none
    assert np.allclose(squared_error(x, y), [1, 0])
    assert float(vae_loss(x, y, mu, logvar)) == pytest.approx((0.5 + 2) / 2)
    assert float(vae_loss(x, y, mu, logvar, beta=3.0, s=0.5)) == pytest.approx((2 + 6) / 2)
    assert float(vae_loss(x, y, mu, logvar, reduction="mean")) == pytest.approx((0.125 + 2) / 2)


def test_with_the_best_clouds_the_loss_is_the_negative_log_likelihood():
    # For a linear decoder with orthogonal columns everything is known: images follow N(0, W Wᵀ + s² I), and
    # the posterior is a cloud with independent dimensions.
    rng = np.random.default_rng(0)
    w = np.linalg.qr(rng.normal(size=(6, 2)))[0] * [2.0, 0.7]
    s = 0.4
    x = rng.normal(size=(5, 6))
    precision = (w**2).sum(0) / s**2 + 1
    mu = x @ w / s**2 / precision
    logvar = np.tile(-np.log(precision), (5, 1))
    # These four take the place of random eps: their mean is 0 and their covariance exactly 1.
    points = np.sqrt(2) * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    for image, m, v in zip(x, mu, logvar, strict=True):
        losses = [
            float(
                vae_loss(
                    image[None], np.asarray(reparameterise(m, v, eps))[None] @ w.T, m[None], v[None], s=s
                )
            )
            for eps in points
        ]
        likelihood = multivariate_normal(np.zeros(6), w @ w.T + s**2 * np.eye(6)).logpdf(image)
        assert np.mean(losses) + 6 * np.log(s * np.sqrt(2 * np.pi)) == pytest.approx(-likelihood, rel=1e-5)


def test_another_reduction_is_refused():
    x = np.zeros((1, 2))
    with pytest.raises(InputError, match="'sum' or 'mean', got 'max'"):
        vae_loss(x, x, x, x, reduction="max")


def test_a_linear_auto_encoder_finds_the_plane_of_pca():
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(64, 6)) * [3, 2, 0.5, 0.5, 0.5, 0.5]) @ np.linalg.qr(rng.normal(size=(6, 6)))[0]
    x = (x - x.mean(0)).astype("float32")
    encoder, decoder = dense_encoder((6,), (), seed=0), dense_decoder((6,), (), activation="linear", seed=1)
    errors = train_auto_encoder(encoder, decoder, x, 300, rate=0.02)
    plane, _ = decoder.get_layer("values").get_weights()
    principal = np.linalg.svd(x)[2][:2]
    # 0 rad if training went on for ever; 1.57 is a right angle.
    assert subspace_angles(plane.T, principal.T).max() < 0.02
    assert errors[-1] == pytest.approx(
        (x**2).sum(1).mean() - ((x @ principal.T) ** 2).sum(1).mean(), rel=0.01
    )


def test_an_auto_encoder_reconstructs_through_two_numbers(trained_plain):
    encoder, decoder, errors = trained_plain
    new = blobs(64, seed=1)
    assert errors.shape == (40,)
    assert errors[-1] < 0.1 * errors[0]
    assert reconstruct(encoder, decoder, new).shape == new.shape
    # 0.02 to 0.13 of what the mean image gets wrong, with three seeds.
    assert mean_error(new, reconstruct(encoder, decoder, new)) < 0.25 * mean_error(new, new.mean(0))


def test_only_with_noise_in_training_noise_is_taken_away():
    new = blobs(64, seed=1)
    noisy = new + np.random.default_rng(2).normal(0, 0.3, new.shape).astype("float32")
    left = {}
    for noise in (0.0, 0.3):
        # A code as long as the image: copying would do for the plain one.
        encoder = dense_encoder(SHAPE, (), latent=64, seed=0)
        decoder = dense_decoder(SHAPE, (), latent=64, activation="linear", seed=1)
        train_auto_encoder(encoder, decoder, blobs(), 30, noise=noise, batch_size=32, rate=5e-3)
        left[noise] = mean_error(new, reconstruct(encoder, decoder, noisy))
    assert left[0.3] < 0.5 * left[0.0]


def test_a_vae_uses_its_code_and_keeps_it_near_the_standard_normal(trained):
    encoder, decoder, history = trained
    new = blobs(64, seed=1)
    assert history.reconstruction.shape == (40,)
    assert history.kl.shape == (40, 2)
    assert history.kl[-1].min() > 0.5
    assert mean_error(new, reconstruct(encoder, decoder, new)) < 0.1 * mean_error(new, new.mean(0))
    codes = encode(encoder, blobs())
    # Within 0.08 and 0.1 with three seeds.
    assert np.allclose(codes.mean(0), 0, atol=0.3)
    assert np.allclose(codes.std(0), 1, atol=0.3)


def test_random_codes_become_images_like_those_learnt_from(trained):
    # The mean image is at 0.83, samples at 0.07 to 0.09 with four seeds.
    assert far_from_blobs(sample(trained[1], 100)) < 0.25 * far_from_blobs(blobs().mean(0, keepdims=True))


def test_the_history_holds_both_terms_of_the_loss(trained):
    encoder, decoder, history = trained
    x = blobs()
    mu, logvar = encoder(x)
    # Weights move within an epoch, and codes are drawn: a quarter is what that may cost.
    assert np.mean(kl_per_dimension(mu, logvar), 0) == pytest.approx(history.kl[-1], rel=0.25)
    assert mean_error(x, reconstruct(encoder, decoder, x)) < history.reconstruction[-1]


def test_averaging_the_pixels_kills_the_code():
    history = train_vae(*vae(), blobs(), 20, s=1.0, reduction="mean", batch_size=32, rate=0.01)
    assert history.kl[-1].sum() < 0.01
    # The best that is left is the mean image.
    assert history.reconstruction[-1] == pytest.approx(mean_error(blobs(), blobs().mean(0)), rel=0.05)


def test_warm_up_begins_with_a_share_of_beta():
    options = {"epochs": 1, "s": 0.2, "batch_size": 8, "rate": 0.01}
    warm = train_vae(*vae(), blobs(), beta=40.0, warm_up=3, **options)
    low, high = (train_vae(*vae(), blobs(), beta=beta, **options) for beta in (10.0, 40.0))
    assert warm.kl == pytest.approx(low.kl, rel=1e-5)
    assert low.kl.sum() > 1.5 * high.kl.sum()


def test_warm_up_ends_with_beta():
    # A code dies where β s² is above the largest variance along a direction, 0.86 here. The first share of
    # beta, a sixth, keeps it alive (1.3 nats after 20 epochs), all of beta doesn't.
    history = train_vae(*vae(), blobs(), 20, beta=40.0, s=0.2, warm_up=5, batch_size=32, rate=0.01)
    assert history.kl[0].sum() > 0.1
    assert history.kl[-1].sum() < 0.01


def test_the_same_seed_trains_the_same_networks():
    first, same, other = (train_vae(*vae(), blobs(64), 2, batch_size=32, seed=seed) for seed in (3, 3, 4))
    assert (first.reconstruction == same.reconstruction).all()
    assert (first.kl == same.kl).all()
    assert (first.reconstruction != other.reconstruction).any()
    noisy = [train_auto_encoder(*plain(), blobs(64), 2, noise=0.3, batch_size=32, seed=3) for _ in range(2)]
    assert (noisy[0] == noisy[1]).all()


def test_fewer_images_than_a_batch_are_one_batch():
    assert np.isfinite(train_auto_encoder(*plain(), blobs(5), 2)).all()


@pytest.mark.parametrize(("train", "build"), [(train_auto_encoder, plain), (train_vae, vae)])
def test_training_says_when_it_diverges(train, build):
    with pytest.raises(CourseError, match=r"diverged: at step \d+"):
        train(*build(), blobs(64) * 10, 20, batch_size=32, rate=1e30)


@pytest.mark.parametrize(("train", "build"), [(train_auto_encoder, plain), (train_vae, vae)])
def test_images_that_cannot_be_learnt_from_are_refused(train, build):
    with pytest.raises(InputError, match="shape"):
        train(*build(), blobs()[:, :4], 1)
    with pytest.raises(InputError, match="finite"):
        train(*build(), np.full_like(blobs(4), np.nan), 1)


@pytest.mark.parametrize("wrong", [{"beta": -1.0}, {"s": 0.0}, {"warm_up": -1}])
def test_weights_out_of_range_are_refused(wrong):
    with pytest.raises(InputError, match=f"{next(iter(wrong))}={next(iter(wrong.values()))}"):
        train_vae(*vae(), blobs(4), 1, **wrong)


def test_the_code_of_a_cloud_is_its_middle(trained):
    encoder = trained[0]
    assert np.allclose(encode(encoder, blobs(7)), encoder(blobs(7))[0], atol=1e-6)


def test_images_stand_like_their_codes():
    codes = np.random.default_rng(0).normal(size=(3, 4, 2))
    drawn = decode(identity(), codes)
    assert drawn.shape == (3, 4, 1, 1, 2)
    assert np.allclose(drawn[2, 1, 0, 0], codes[2, 1], atol=1e-6)


def test_samples_come_from_the_standard_normal():
    codes = sample(identity(), 4000, seed=1)[:, 0, 0]
    # Standard errors of mean and covariance are about 0.02.
    assert np.allclose(codes.mean(0), 0, atol=0.08)
    assert np.allclose(np.cov(codes.T), np.eye(2), atol=0.1)
    assert (sample(identity(), 5, seed=1) == sample(identity(), 5, seed=1)).all()
    assert (sample(identity(), 5, seed=1) != sample(identity(), 5, seed=2)).all()


def test_fitted_samples_lie_where_the_codes_lie():
    codes = np.random.default_rng(0).multivariate_normal([5, -3], [[4, 1.5], [1.5, 1]], 500)
    drawn = sample_fitted(identity(), codes, 4000, seed=1)[:, 0, 0]
    assert np.allclose(drawn.mean(0), codes.mean(0), atol=0.15)
    assert np.allclose(np.cov(drawn.T), np.cov(codes.T), atol=0.4)
    assert (drawn[:5] != sample_fitted(identity(), codes, 5, seed=2)[:, 0, 0]).all()


def test_too_few_codes_for_a_covariance_are_refused():
    with pytest.raises(InputError, match=r"got \(2, 2\)"):
        sample_fitted(identity(), np.eye(2), 10)


def test_each_place_of_the_grid_stands_for_the_same_share():
    grid = latent_grid(8)
    assert grid.shape == (8, 8, 2)
    assert np.allclose(norm.cdf(grid[0, :, 0]), (np.arange(8) + 0.5) / 8)
    assert np.allclose(grid[:, :, 0], -grid[:, ::-1, 0])


def test_the_grid_lies_like_a_scatter_plot():
    grid = latent_grid(3)
    assert grid[1, 1] == pytest.approx([0, 0])
    assert grid[0, 2] == pytest.approx([norm.ppf(5 / 6)] * 2)  # right and up


def test_a_whole_number_as_beta_warms_up_like_any_other():
    runs = []
    for beta in (1, 1.0):
        encoder, decoder = vae()
        runs.append(train_vae(encoder, decoder, blobs(), epochs=3, beta=beta, warm_up=3, seed=1).kl)
    assert np.array_equal(*runs)
