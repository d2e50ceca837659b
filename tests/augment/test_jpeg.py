import io

import numpy as np
import pytest
from keras import ops
from PIL import Image
from scipy.fft import dctn, idctn
from skimage.data import astronaut

from coursekit.augment import RandomJpeg
from coursekit.augment.jpeg import jpeg_loss, quantisation_tables
from coursekit.errors import InputError

# 83 × 131 pixels: neither side is a multiple of 8 or even, so that every kind of border is there.
PHOTO = astronaut()[10:93, 150:281]
GREY = np.asarray(Image.fromarray(PHOTO).convert("L"))[..., None]


def through_pillow(levels, quality):
    file = io.BytesIO()
    Image.fromarray(levels.squeeze()).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file)).reshape(levels.shape).astype("float64")


def through_ours(levels, quality):
    images = levels[None].astype("float32") / 255
    return ops.convert_to_numpy(jpeg_loss(images, np.array([quality])))[0].astype("float64") * 255


def rms(difference):
    return np.sqrt(np.mean(np.square(difference)))


def reference(levels, table):
    """Go through JPEG block by block: the textbook's loop, for one channel of full blocks."""
    result = np.empty(levels.shape)
    for top in range(0, levels.shape[0], 8):
        for left in range(0, levels.shape[1], 8):
            block = (slice(top, top + 8), slice(left, left + 8))
            waves = dctn(levels[block] - 128.0, norm="ortho")
            result[block] = idctn(np.round(waves / table) * table, norm="ortho") + 128
    return np.clip(np.round(result), 0, 255)


def test_the_tables_are_those_that_pillow_writes_at_every_quality():
    luminance, chrominance = (ops.convert_to_numpy(table) for table in quantisation_tables(np.arange(1, 101)))
    for quality in range(1, 101):
        file = io.BytesIO()
        Image.fromarray(PHOTO).save(file, "JPEG", quality=quality)
        written = Image.open(file).quantization
        np.testing.assert_array_equal(luminance[quality - 1].ravel(), written[0])
        np.testing.assert_array_equal(chrominance[quality - 1].ravel(), written[1])


@pytest.mark.parametrize("quality", [10, 30, 50, 75, 95])
@pytest.mark.parametrize("levels", [PHOTO, GREY], ids=["colour", "grey"])
def test_pixels_agree_with_pillows_encoder_and_decoder(levels, quality):
    theirs, ours = through_pillow(levels, quality), through_ours(levels, quality)
    # Pillow computes with whole numbers: its cosines and colours are rounded, and a frequency half-way
    # between two steps may go to the other one. 2 of 255 levels (42 dB) leave room for that; a wrong table or
    # cosine costs 5.
    assert rms(ours - theirs) < 2
    # And the loss is as large as Pillow's, within a twentieth.
    assert rms(ours - levels) == pytest.approx(rms(theirs - levels), rel=0.05)


def test_a_grey_picture_agrees_with_the_textbooks_loop():
    levels = GREY[:80, :128, 0]
    luminance, _ = quantisation_tables(np.array([40]))
    expected = reference(levels, ops.convert_to_numpy(luminance)[0])
    ours = through_ours(levels[..., None], 40)[..., 0]
    # Single precision moves a few frequencies that lie half-way between two steps: whole blocks, but few.
    assert rms(ours - expected) < 0.5
    assert np.mean(np.abs(ours - expected) < 0.01) > 0.95


def test_lower_quality_loses_more():
    losses = [rms(through_ours(PHOTO, quality) - PHOTO) for quality in (95, 75, 50, 30, 10)]
    assert losses == sorted(losses)
    assert losses[-1] > 3 * losses[0]


def test_a_picture_of_one_value_comes_back():
    grey = np.full((17, 9, 1), 128, "uint8")
    np.testing.assert_allclose(through_ours(grey, 30), grey, atol=1e-3)


def test_pictures_smaller_than_a_block_work():
    assert through_ours(PHOTO[:3, :5], 50).shape == (3, 5, 3)


def test_with_two_channels_each_is_a_grey_picture():
    both = np.concatenate([GREY, GREY[::-1]], axis=-1)
    ours = through_ours(both, 40)
    np.testing.assert_allclose(ours[..., :1], through_ours(GREY, 40), atol=1e-3)


def test_each_picture_has_its_own_quality():
    images = np.repeat(GREY[None].astype("float32") / 255, 8, axis=0)
    losses = np.asarray(ops.convert_to_numpy(RandomJpeg(seed=3)(images, training=True)) - images)
    assert len(np.unique(losses.std(axis=(1, 2, 3)).round(6))) > 4


def test_the_range_of_qualities_is_kept_at_both_ends():
    layer = RandomJpeg((40, 42), seed=0)
    drawn = ops.convert_to_numpy(layer.draw(np.zeros((200, 8, 8, 1), "float32")))
    assert set(drawn.tolist()) == {40, 41, 42}


@pytest.mark.parametrize("quality", [(0, 50), (50, 101), (60, 50), (30.5, 50)])
def test_a_wrong_range_of_qualities_is_refused(quality):
    with pytest.raises(InputError, match="whole numbers from 1 to 100"):
        RandomJpeg(quality)
