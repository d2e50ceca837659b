import numpy as np
import pytest
from keras import ops

from coursekit.augment import FourierDistortion
from coursekit.augment.warp import warp_field
from coursekit.errors import InputError

PICTURES = np.random.default_rng(0).random((5, 32, 40, 1)).astype("float32")


def field(count=50, rms_px=3.0, **settings):
    layer = FourierDistortion(rms_px, **settings, seed=1)
    return ops.convert_to_numpy(layer.draw(ops.zeros((count, 32, 40, 1))))


def test_every_picture_is_moved_by_the_root_mean_square_asked_for():
    length = np.sqrt((field() ** 2).sum(-1).mean((1, 2)))
    assert length == pytest.approx(np.full(50, 3.0), rel=1e-4)  # float32


def test_the_picture_as_a_whole_does_not_shift():
    assert np.abs(field().mean((1, 2))).max() < 1e-5  # whole periods add up to nothing, up to float32


def test_neither_direction_nor_place_is_special():
    many = field(400)
    assert many[..., 0].std() == pytest.approx(many[..., 1].std(), rel=0.1)
    assert abs(np.corrcoef(many[..., 0].ravel(), many[..., 1].ravel())[0, 1]) < 0.1
    assert many.std((0, 3)).max() / many.std((0, 3)).min() < 1.4  # 800 values a pixel: 2.5 % each


def test_only_the_longest_waves_are_there():
    spectrum = np.abs(np.fft.fft2(field(waves=3), axes=(1, 2)))
    periods = [np.abs(np.fft.fftfreq(size, 1 / size)) for size in (32, 40)]
    allowed = (periods[0][:, None] <= 3) & (periods[1] <= 3)
    power = (spectrum**2).sum((0, 3))
    assert power[~allowed].sum() < 1e-9 * power.sum()  # float32 squared
    assert power[1, 0] > 4 * power[2, 0] > 16 * power[3, 0] > 0  # 1, 1/16, 1/81 on average


def test_neighbours_go_nearly_the_same_way():
    steps = np.abs(np.diff(field(rms_px=2.0), axis=1))
    assert np.quantile(steps, 0.99) < 1  # a whole pixel would fold the picture


def test_no_strength_is_no_change():
    assert np.array_equal(FourierDistortion(0.0, seed=0)(PICTURES, training=True), PICTURES)


def test_picture_and_mask_follow_one_field():
    masks = (PICTURES > 0.5).astype("float32")
    result = FourierDistortion(3.0, seed=2)({"images": PICTURES, "segmentation_masks": masks}, training=True)
    displacement = FourierDistortion(3.0, seed=2).draw(ops.convert_to_tensor(PICTURES))
    assert np.array_equal(result["images"], warp_field(PICTURES, displacement))
    assert np.array_equal(result["segmentation_masks"], warp_field(masks, displacement, "nearest"))
    assert set(np.unique(result["segmentation_masks"])) == {0, 1}


def test_the_same_seed_gives_the_same_pictures():
    one, same, other = (
        ops.convert_to_numpy(FourierDistortion(3.0, seed=seed)(PICTURES, training=True)) for seed in (3, 3, 4)
    )
    assert np.array_equal(one, same)
    assert not np.allclose(one, other)


@pytest.mark.parametrize(("rms_px", "waves"), [(-1.0, 4), (3.0, 0)])
def test_wrong_settings_are_refused(rms_px, waves):
    with pytest.raises(InputError, match="rms_px must be at least 0 and waves at least 1, got"):
        FourierDistortion(rms_px, waves)
