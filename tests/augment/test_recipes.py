import keras
import numpy as np
import pytest
from keras import ops

from coursekit.augment import recipe
from coursekit.augment.recipes import Chain
from coursekit.errors import InputError

NAMES = ["digits", "cells", "tissue"]
Y, X = np.mgrid[:48, :48] / 47
# Grey levels say where a pixel came from: red along y, green along x.
PLACES = np.stack([Y, X, np.full_like(X, 0.5)], axis=-1)[None].astype("float32")


def changed(layer, data, training=True):
    return keras.tree.map_structure(ops.convert_to_numpy, layer(data, training=training))


def linear_parts(name, strength, count=200):
    """Read each map's 2 × 2 part off the middle of pictures that show their own coordinates."""
    result = changed(recipe(name, strength, seed=4), np.repeat(PLACES, count, axis=0))[..., :2] * 47
    along_y = (result[:, 25, 24] - result[:, 22, 24]) / 3
    along_x = (result[:, 24, 25] - result[:, 24, 22]) / 3
    return np.stack([along_y, along_x], axis=-1)


@pytest.mark.parametrize("name", NAMES)
def test_at_strength_0_nothing_changes(name):
    np.testing.assert_array_equal(changed(recipe(name, 0), PLACES), PLACES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_mask_goes_where_its_picture_goes(name, channels):
    images = np.repeat(0.25 + 0.5 * np.exp(-((Y - 0.4) ** 2 + (X - 0.6) ** 2) / 0.02)[None, ..., None], 8, 0)
    images = np.repeat(images, channels, axis=-1).astype("float32")
    data = {"images": images, "segmentation_masks": (images[..., :1] > 0.5).astype("float32")}
    for result in (changed(recipe(name, seed=1), dict(data)), changed(recipe(name, seed=1), dict(data))):
        masks = result["segmentation_masks"]
        assert set(np.unique(masks)) == {0, 1}
        middle = result["images"].mean(axis=-1, keepdims=True)
        # Tissue also shifts brightness by up to 5 %, which moves the threshold's outline by less than a
        # pixel.
        assert np.mean((middle > 0.5) == (masks > 0.5)) >= 0.97
        assert np.mean(masks != data["segmentation_masks"]) > 0.005


def test_digits_are_never_mirrored_nor_turned_far():
    maps = linear_parts("digits", 1.0)
    assert np.linalg.det(maps).min() > 0
    # 30° of rotation and 0.15 of shear, with zoom unequal along the sides: below 45° altogether.
    assert np.degrees(np.abs(np.arctan2(maps[:, 1, 0], maps[:, 0, 0]))).max() < 45


def test_cells_are_mirrored_half_of_the_time_and_turned_everywhere():
    maps = linear_parts("cells", 1.0)
    assert 0.35 < np.mean(np.linalg.det(maps) < 0) < 0.65
    angles = np.degrees(np.arctan2(maps[:, 1, 0], maps[:, 0, 0]))
    assert np.histogram(angles, bins=8, range=(-180, 180))[0].min() > 5


def test_the_strength_widens_the_draws_of_digits():
    spread = [np.std(linear_parts("digits", strength)[:, 1, 0]) for strength in (0.5, 1.0)]
    assert spread[0] < 0.7 * spread[1]


def test_only_tissue_changes_colours():
    grey = np.full((32, 8, 8, 3), [0.7, 0.4, 0.6], "float32")
    np.testing.assert_allclose(changed(recipe("cells", seed=1), grey), grey, atol=1e-5)
    middle = changed(recipe("digits", seed=1), grey)[:, 3:5, 3:5]  # black may come in at the border
    np.testing.assert_allclose(middle, grey[:, 3:5, 3:5], atol=1e-5)
    difference = np.abs(changed(recipe("tissue", seed=1), grey) - grey)
    # ±5 % of brightness, ±5 % of contrast (none here), saturation and hue: small, and not nothing.
    assert 0.01 < difference.mean() < 0.1


def test_black_comes_in_beside_digits_and_the_picture_goes_on_beside_cells():
    white = np.ones((32, 16, 16, 1), "float32")
    assert (changed(recipe("digits", seed=1), white) < 0.5).any(axis=(1, 2, 3)).mean() > 0.9
    assert changed(recipe("cells", seed=1), white).min() > 0.99


def test_a_recipe_trains_inside_a_sequential_model():
    model = keras.Sequential([recipe("tissue", seed=1), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(loss="mse")
    history = model.fit(np.repeat(PLACES, 8, axis=0), np.zeros((8, 1)), batch_size=4, verbose=0)
    assert np.isfinite(history.history["loss"][0])
    assert model.count_params() == 48 * 48 * 3 + 1


def test_a_chain_does_nothing_unless_it_is_told_to_train():
    chain = recipe("tissue", seed=1)
    assert isinstance(chain, Chain)
    np.testing.assert_array_equal(ops.convert_to_numpy(chain(PLACES)), PLACES)


def test_the_same_seed_draws_the_same():
    one, two, other = (changed(recipe("tissue", seed=seed), PLACES) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert np.any(one != other)


def test_an_unknown_recipe_or_strength_is_refused():
    with pytest.raises(InputError, match="digits, cells, tissue"):
        recipe("faces")
    with pytest.raises(InputError, match="from 0 to 3"):
        recipe("digits", 4)
