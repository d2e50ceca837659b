import keras
import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.models import dense_decoder, dense_encoder, variational_encoder

SHAPE, WIDTHS = (6, 5, 2), (12, 7)
IMAGES = np.random.default_rng(0).random((4, *SHAPE), "float32")


def units(model):
    return [layer.units for layer in model.layers if isinstance(layer, keras.layers.Dense)]


def test_an_image_becomes_a_code_and_the_code_an_image():
    codes = dense_encoder(SHAPE, WIDTHS, latent=3)(IMAGES)
    assert codes.shape == (4, 3)
    assert dense_decoder(SHAPE, WIDTHS, latent=3)(codes).shape == IMAGES.shape


def test_the_decoder_has_the_layers_of_the_encoder_in_reverse():
    assert units(dense_encoder(SHAPE, WIDTHS, latent=3)) == [12, 7, 3]
    assert units(dense_decoder(SHAPE, WIDTHS, latent=3)) == [7, 12, 60]


def test_rows_of_numbers_are_coded_like_images():
    codes = dense_encoder((9,), WIDTHS)(np.ones((4, 9), "float32"))
    assert dense_decoder((9,), WIDTHS)(codes).shape == (4, 9)


def test_images_are_drawn_between_0_and_1_and_numbers_without_bounds():
    far = np.random.default_rng(1).normal(0, 100, (50, 2)).astype("float32")
    drawn = np.asarray(dense_decoder(SHAPE, WIDTHS, seed=0)(far))
    assert drawn.min() >= 0 and drawn.max() <= 1
    free = np.asarray(dense_decoder(SHAPE, WIDTHS, activation="linear", seed=0)(far))
    assert free.min() < 0 and free.max() > 1


def test_a_cloud_has_a_mean_and_a_log_variance_in_each_dimension():
    mu, logvar = variational_encoder(SHAPE, WIDTHS, latent=3, seed=0)(IMAGES)
    assert mu.shape == logvar.shape == (4, 3)
    assert not np.allclose(mu, logvar)


def test_log_variances_stay_finite_after_exp_however_wild_the_image():
    wild = np.concatenate([IMAGES, -IMAGES]) * 1e6
    _, logvar = variational_encoder(SHAPE, WIDTHS, latent=3, seed=0)(wild)
    assert np.abs(logvar).max() == 10


@pytest.mark.parametrize("build", [dense_encoder, variational_encoder, dense_decoder])
def test_a_seed_decides_the_weights(build):
    first, same, other = (build(SHAPE, (8, 8), latent=8, seed=seed).get_weights() for seed in (3, 3, 4))
    assert all((a == b).all() for a, b in zip(first, same, strict=True))
    kernels = [i for i, weight in enumerate(first) if weight.ndim == 2]
    assert all((first[i] != other[i]).any() for i in kernels)
    # Layers of the same shape must not start with the same weights either.
    square = [first[i] for i in kernels if first[i].shape == (8, 8)]
    assert len(square) >= 2
    assert (square[0] != square[1]).any()


@pytest.mark.parametrize("build", [dense_encoder, variational_encoder, dense_decoder])
def test_a_code_without_numbers_is_refused(build):
    with pytest.raises(InputError, match="latent=0"):
        build(SHAPE, latent=0)
