import keras
import numpy as np
import pytest
from keras import ops

from coursekit.augment import ColourJitter, CutMix, FromKeras, MixUp, Sharpness
from coursekit.errors import InputError

RNG = np.random.default_rng(0)
IMAGES = RNG.random((16, 10, 12, 1), dtype="float32")
LABELS = np.eye(16, dtype="float32")


def changed(layer, data):
    return keras.tree.map_structure(ops.convert_to_numpy, layer(data, training=True))


def test_a_layer_of_keras_draws_from_the_seed_of_ours():
    def make():
        return FromKeras(keras.layers.RandomFlip("horizontal"), seed=3)

    np.testing.assert_array_equal(changed(make(), IMAGES), changed(make(), IMAGES))


def test_sharpness_leaves_a_picture_of_one_value_alone_up_to_the_border():
    even = np.full((8, 6, 6, 1), 0.5, "float32")
    np.testing.assert_allclose(changed(Sharpness(seed=1), even), even, atol=1e-6)


def test_sharpness_goes_from_smoother_to_sharper():
    smooth, sharp = (changed(Sharpness((factor, factor), seed=1), IMAGES).std() for factor in (0, 1.5))
    assert smooth < IMAGES.std() < sharp
    np.testing.assert_allclose(changed(Sharpness((1, 1), seed=1), IMAGES), IMAGES, atol=1e-6)


def test_colour_jitter_of_nothing_changes_nothing():
    colours = RNG.random((4, 6, 6, 3), dtype="float32")
    np.testing.assert_allclose(changed(ColourJitter(0, 0, 0, 0, seed=1), colours), colours, atol=1e-5)


def test_contrast_goes_both_ways():
    spread = changed(ColourJitter(0, 0.5, 0, 0, seed=1), 0.25 + IMAGES / 2).std(axis=(1, 2, 3))
    ratio = spread / (IMAGES / 2).std(axis=(1, 2, 3))
    assert ratio.min() < 0.8 and ratio.max() > 1.2


def test_saturation_is_multiplied_by_the_range_asked_for():
    colour = np.tile(np.array([0.8, 0.4, 0.4], "float32"), (200, 2, 2, 1))
    result = changed(ColourJitter(0, 0, 0.2, 0, seed=1), colour)[:, 0, 0]
    # Saturation is 1 - smallest / largest: 0.5 before.
    factor = (1 - result.min(axis=1) / result.max(axis=1)) / 0.5
    assert 0.799 < factor.min() < 0.83 and 1.17 < factor.max() < 1.201


def test_hue_turns_by_at_most_the_share_asked_for_and_both_ways():
    red = np.tile(np.array([1, 0, 0], "float32"), (200, 2, 2, 1))
    result = changed(ColourJitter(0, 0, 0, 0.05, seed=1), red)[:, 0, 0]
    # A sixth of the circle leads from red to yellow (all of green) or to magenta (all of blue).
    turn = (result[:, 1] - result[:, 2]) / 6
    assert -0.0501 < turn.min() < -0.045 and 0.045 < turn.max() < 0.0501


def test_mixup_mixes_pictures_masks_and_labels_with_the_same_weights():
    masks = np.concatenate([IMAGES > 0.5, IMAGES > 0.2], axis=-1).astype("float32")
    result = changed(MixUp(1.0, seed=1), {"images": IMAGES, "segmentation_masks": masks, "labels": LABELS})
    # One-hot labels, all different: they say which pictures were mixed, and how.
    np.testing.assert_allclose(result["labels"].sum(axis=1), 1, atol=1e-6)
    for part, original in [("images", IMAGES), ("segmentation_masks", masks)]:
        expected = np.einsum("nm,mhwc->nhwc", result["labels"], original)
        np.testing.assert_allclose(result[part], expected, atol=1e-5)
    assert len(np.unique(result["labels"].max(axis=1).round(4))) > 8


def test_cutmix_pastes_one_box_and_weighs_labels_by_the_pixels_pasted():
    # Each picture has a value of its own, so that a pixel says where it comes from.
    numbers = np.arange(16, dtype="float32").reshape(16, 1, 1, 1) / 16 * np.ones((1, 10, 12, 1), "float32")
    masks = np.repeat(numbers, 2, axis=-1)
    result = changed(CutMix(seed=1), {"images": numbers, "segmentation_masks": masks, "labels": LABELS})
    np.testing.assert_array_equal(result["segmentation_masks"], np.repeat(result["images"], 2, axis=-1))
    pasted = result["images"][..., 0] != numbers[..., 0]
    for i in np.flatnonzero(pasted.any(axis=(1, 2))):
        assert pasted[i].sum() == pasted[i].any(axis=0).sum() * pasted[i].any(axis=1).sum()
        other = round(float(result["images"][i][pasted[i]].mean() * 16))
        assert result["labels"][i, i] == pytest.approx(1 - pasted[i].mean(), abs=1e-5)
        assert result["labels"][i, other] == pytest.approx(pasted[i].mean(), abs=1e-5)
    assert pasted.any(axis=(1, 2)).sum() > 8


def test_cutmix_of_colour_pictures_leaves_masks_their_channels():
    data = {"images": np.repeat(IMAGES, 3, axis=-1), "segmentation_masks": IMAGES}
    assert changed(CutMix(seed=1), data)["segmentation_masks"].shape == IMAGES.shape


@pytest.mark.parametrize("layer", [MixUp, CutMix])
def test_mixing_without_labels_is_refused(layer):
    with pytest.raises(InputError, match="label errors"):
        layer()(IMAGES, training=True)
    with pytest.raises(InputError, match="label errors"):
        layer()({"images": IMAGES}, training=True)


@pytest.mark.parametrize("layer", [MixUp, CutMix])
def test_labels_that_are_not_one_hot_are_refused(layer):
    with pytest.raises(InputError, match="one-hot"):
        layer()({"images": IMAGES, "labels": np.arange(16)}, training=True)


def test_one_hot_labels_may_be_whole_numbers():
    result = changed(MixUp(1.0, seed=1), {"images": IMAGES, "labels": LABELS.astype("int32")})
    assert result["labels"].dtype == np.float32
