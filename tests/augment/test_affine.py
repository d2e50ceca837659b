import keras
import numpy as np
import pytest
from keras import ops

from coursekit.augment import RandomAffine
from coursekit.errors import InputError

PICTURES = np.random.default_rng(0).random((6, 20, 24, 1)).astype("float32")
CELLS = {"rotation_deg": 180, "shift": 0.1, "zoom": 0.1, "shear": 0.1, "flip": "both"}


def draws(count, **limits):
    """The linear parts and the shifts of the centre, for many pictures of 20 by 24."""
    layer = RandomAffine(**limits, seed=1)
    matrices = ops.convert_to_numpy(layer.draw(ops.zeros((count, 20, 24, 1))))
    return matrices[:, :, :2], matrices @ [9.5, 11.5, 1] - [9.5, 11.5]


def test_no_strength_is_no_change():
    assert np.array_equal(RandomAffine(seed=0)(PICTURES, training=True), PICTURES)


def test_a_mask_moves_as_its_picture_does():
    # A slope whose middle, 0.5, is the border of the mask: bilinear on the slope and nearest on the mask
    # cross it at the same places, unless rounding decides.
    layer = RandomAffine(**CELLS, seed=2)
    smooth = np.broadcast_to(np.linspace(0, 1, 24, dtype="float32")[:, None], (6, 20, 24, 1))
    result = layer({"images": smooth, "segmentation_masks": (smooth > 0.5).astype("float32")}, training=True)
    image, mask = (ops.convert_to_numpy(result[name]) for name in ("images", "segmentation_masks"))
    assert set(np.unique(mask)) == {0, 1}
    clear = np.abs(image - 0.5) > 1e-5
    assert clear.mean() > 0.95
    assert np.array_equal(mask[clear] == 1, image[clear] > 0.5)


def test_each_picture_has_its_own_draw():
    result = ops.convert_to_numpy(RandomAffine(**CELLS, seed=3)(np.repeat(PICTURES[:1], 6, 0), training=True))
    assert len(np.unique(result.round(4), axis=0)) == 6


def test_the_same_seed_gives_the_same_sequence_and_another_seed_another():
    first, again, other = (RandomAffine(**CELLS, seed=seed) for seed in (4, 4, 5))
    sequence = [ops.convert_to_numpy(first(PICTURES, training=True)) for _ in range(2)]
    assert not np.allclose(*sequence)
    for one in sequence:
        assert np.array_equal(again(PICTURES, training=True), one)
    assert not np.allclose(other(PICTURES, training=True), sequence[0])


def test_layers_can_share_a_generator():
    generator = keras.random.SeedGenerator(6)
    one, two = (
        ops.convert_to_numpy(RandomAffine(**CELLS, seed=generator)(PICTURES, training=True)) for _ in "ab"
    )
    assert not np.allclose(one, two)


def test_angles_fill_the_range_evenly():
    linear, _ = draws(4000, rotation_deg=30)
    angles = np.degrees(np.arctan2(linear[:, 0, 1], linear[:, 0, 0]))
    assert np.abs(angles).max() <= 30.001
    # Uniform within +-30: standard deviation 17.3, of which 4000 draws know 1 % or so.
    assert angles.std() == pytest.approx(30 / 3**0.5, rel=0.05)
    assert abs(angles.mean()) < 1.5


def test_shift_is_a_share_of_each_side():
    _, shift = draws(2000, shift=0.1)
    limits = np.abs(shift).max(0)
    assert limits == pytest.approx([2.0, 2.4], rel=0.02)
    assert abs(np.corrcoef(shift.T)[0, 1]) < 0.1


def test_zoom_is_drawn_for_each_side():
    linear, _ = draws(2000, zoom=0.2)
    zoom = 1 / np.stack([linear[:, 0, 0], linear[:, 1, 1]])
    assert zoom.min() == pytest.approx(0.8, abs=0.01) and zoom.max() == pytest.approx(1.2, abs=0.01)
    assert abs(np.corrcoef(zoom)[0, 1]) < 0.1


def test_shear_stays_within_its_limit():
    linear, _ = draws(2000, shear=0.15)
    assert np.abs(linear[:, 1, 0]).max() == pytest.approx(0.15, rel=0.02)
    assert np.all(linear[:, 0, 1] == 0)


@pytest.mark.parametrize(
    ("flip", "shares"),
    [(None, (0, 0)), ("vertical", (0.5, 0)), ("horizontal", (0, 0.5)), ("both", (0.5, 0.5))],
)
def test_half_of_the_pictures_are_flipped_along_each_side_asked_for(flip, shares):
    linear, _ = draws(2000, flip=flip)
    flipped = np.stack([linear[:, 0, 0] < 0, linear[:, 1, 1] < 0])
    assert flipped.mean(1) == pytest.approx(shares, abs=0.05)  # four standard errors
    if flip == "both":
        assert (flipped[0] & flipped[1]).mean() == pytest.approx(0.25, abs=0.05)  # two coins, not one


def test_what_comes_in_from_outside_is_as_asked():
    ones = np.ones((6, 20, 24, 1), "float32")
    mirrored = ops.convert_to_numpy(RandomAffine(**CELLS, seed=7)(ones, training=True))
    np.testing.assert_allclose(mirrored, 1, atol=1e-6)
    filled = ops.convert_to_numpy(RandomAffine(**CELLS, fill="constant", seed=7)(ones, training=True))
    assert filled.min() == 0


def test_nothing_happens_outside_of_training():
    layer = RandomAffine(**CELLS, seed=8)
    assert np.array_equal(layer(PICTURES), PICTURES)
    assert np.array_equal(layer(PICTURES, training=False), PICTURES)


def test_the_dict_handed_in_stays_as_it_is():
    data = {"images": PICTURES, "segmentation_masks": PICTURES, "labels": np.arange(6)}
    result = RandomAffine(**CELLS, seed=9)(data, training=True)
    assert data["images"] is PICTURES and data["segmentation_masks"] is PICTURES
    assert np.array_equal(result["labels"], np.arange(6))


def test_a_layer_can_be_made_again_from_its_configuration():
    layer = RandomAffine(**CELLS, seed=10)
    again = RandomAffine.from_config(layer.get_config())
    assert np.array_equal(layer(PICTURES, training=True), again(PICTURES, training=True))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"shift": -0.1}, "shift is a limit to both sides, so not below 0, got -0.1"),
        ({"zoom": 1.0}, "zoom must be below 1"),
        ({"flip": "left"}, "flip must be None, 'horizontal', 'vertical' or 'both', got 'left'"),
        ({"fill": "wrap"}, "fill must be one of reflect, constant, nearest, got 'wrap'"),
    ],
)
def test_wrong_limits_are_refused(limits, message):
    with pytest.raises(InputError, match=message):
        RandomAffine(**limits)


@pytest.mark.parametrize(
    ("data", "came"),
    [(PICTURES[0], r"shape \(20, 24, 1\)"), ({"labels": PICTURES}, r"a dict with \['labels'\]")],
)
def test_anything_but_pictures_is_refused(data, came):
    with pytest.raises(
        InputError, match=rf"needs pictures of shape \(n, height, width, channels\).*got {came}"
    ):
        RandomAffine()(data, training=True)
