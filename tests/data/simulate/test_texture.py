import numpy as np
import pytest
from scipy import ndimage

from coursekit.data.simulate import texture
from coursekit.errors import InputError


def rng(seed=0):
    return np.random.default_rng(seed)


def test_image_i_does_not_depend_on_how_many_are_drawn():
    few, many = texture.generators(3, seed=5), texture.generators(9, seed=5)
    assert [source.random() for source in few] == [source.random() for source in many[:3]]


def test_smooth_noise_has_variance_one_everywhere():
    fields = np.stack([texture.smooth_noise(rng(seed), (20, 31), 3) for seed in range(2000)])
    # The standard deviation of 2,000 draws is known to 1.6 %; the worst of 620 pixels lies within 4 of these.
    assert fields.mean() == pytest.approx(0, abs=0.02)
    assert np.abs(fields.std(axis=0) - 1).max() < 0.065


@pytest.mark.parametrize("scale", [2.0, 5.0])
def test_smooth_noise_is_as_smooth_as_asked(scale):
    fields = np.stack([texture.smooth_noise(rng(seed), (8, 64), scale)[4] for seed in range(3000)])
    apart = int(2 * scale)
    # A correlation of 0.37 from 3,000 pairs has a standard error of 0.016.
    assert np.corrcoef(fields[:, 30], fields[:, 30 + apart])[0, 1] == pytest.approx(np.exp(-1), abs=0.06)


def test_noise_finer_than_a_pixel_is_white():
    field = texture.smooth_noise(rng(), (64, 64), 0.1)
    assert abs(np.corrcoef(field[:, :-1].ravel(), field[:, 1:].ravel())[0, 1]) < 0.05


@pytest.mark.parametrize("shape", [(40, 24), (40, 24, 3)])
def test_blur_agrees_with_scipy(shape):
    image = rng().random(shape).astype("float32")
    sigma = (1.7, 1.7) + (0,) * (len(shape) - 2)
    # float32 sums of about 40 products
    assert texture.blur(image, 1.7) == pytest.approx(ndimage.gaussian_filter(image, sigma), abs=1e-5)


def test_blur_of_nothing_is_a_copy():
    image = rng().random((5, 5)).astype("float32")
    copy = texture.blur(image, 0)
    assert np.array_equal(copy, image)
    assert copy is not image


def test_a_star_without_roughness_is_an_ellipse_of_the_same_area():
    rows, columns = texture.pixel_grid((101, 101))
    inside = texture.star(rng(), rows - 50, columns - 50, 20, aspect=2.0, angle=np.pi / 2, roughness=0) > 0
    assert inside.sum() == pytest.approx(np.pi * 20**2, rel=0.02)  # pixels are squares
    height, width = inside.any(axis=1).sum(), inside.any(axis=0).sum()
    assert height / width == pytest.approx(2, rel=0.05)


def test_a_rough_star_is_one_piece_that_varies():
    rows, columns = texture.pixel_grid((64, 64))
    shapes = [texture.star(rng(seed), rows - 32, columns - 32, 14, roughness=0.15) > 0 for seed in range(20)]
    assert all(ndimage.label(shape)[1] == 1 for shape in shapes)
    areas = np.array([shape.sum() for shape in shapes])
    assert 0.02 < areas.std() / areas.mean() < 0.5


def test_displacements_have_the_amplitude_asked_for():
    moved = np.stack([texture.displacement(rng(seed), (32, 32), 1.5, 6) for seed in range(300)])
    still = np.stack(texture.pixel_grid((32, 32)))
    # 300 fields of some 9 independent bumps along two axes
    assert (moved - still).std() == pytest.approx(1.5, rel=0.06)


def test_soft_edges_count_half_on_the_outline():
    assert texture.soft(np.array([-2.0, -0.25, 0.0, 0.25, 2.0])).tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_camera_noise_follows_the_signal_to_noise_ratio():
    clean = (0.5 + 0.1 * texture.smooth_noise(rng(), (128, 128), 4)).clip(0.2, 0.8)
    noisy = texture.camera_noise(rng(1), clean, snr_db=20, signal=0.3)
    assert noisy.dtype == np.float32
    assert noisy.min() >= 0
    assert noisy.max() <= 1
    # 16,384 pixels: 0.55 % standard error
    assert (noisy - clean).std() == pytest.approx(0.03, rel=0.03)


def test_uneven_light_varies_slowly_and_averages_out():
    light = np.stack([texture.uneven_light(rng(seed), (48, 48), 0.1) for seed in range(400)])
    assert np.abs(light.mean(axis=0)).max() < 0.04
    assert np.abs(np.diff(light, axis=1)).max() < 0.05


def test_camera_noise_does_not_depend_on_what_is_seen():
    flat, busy = np.full((64, 64), 0.5, "float32"), rng().uniform(0.3, 0.7, (64, 64)).astype("float32")
    added = [texture.camera_noise(rng(1), image, 20, signal=0.2) - image for image in (flat, busy)]
    assert added[0] == pytest.approx(added[1], abs=1e-6)  # float32 sums


@pytest.mark.parametrize("snr_db", [np.nan, -60, 200])
def test_a_signal_to_noise_ratio_out_of_range_is_refused(snr_db):
    with pytest.raises(InputError, match="snr_db must lie between -10 and 100"):
        texture.camera_noise(rng(), np.zeros((4, 4)), snr_db, signal=0.2)
