import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from coursekit.augment import OPERATIONS, SamplePairing, operation
from coursekit.errors import InputError

NAMES = list(OPERATIONS)
ALONE = [name for name in NAMES if OPERATIONS[name].kind != "mixing"]
MIXING = [name for name in NAMES if OPERATIONS[name].kind == "mixing"]
# Enough pictures that the tenth of them which `invert` changes is among them; and the same number nearly
# everywhere, because JAX compiles every layer anew for each.
COUNT = 48
GEOMETRY = [name for name in NAMES if OPERATIONS[name].kind == "geometry"]


def hills(count=COUNT, size=32, channels=1, seed=0):
    """Make smooth pictures from 0.1 to 0.85 without any symmetry, with a mask where they are bright."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] / size
    images = np.zeros((count, size, size, channels))
    for i in range(count):
        for channel in range(channels):
            for _ in range(4):
                centre_y, centre_x = rng.uniform(0.15, 0.85, 2)
                distance = (y - centre_y) ** 2 + (x - centre_x) ** 2
                images[i, :, :, channel] += rng.uniform(0.4, 1) * np.exp(-distance / 0.03)
    images = (0.1 + 0.75 * images / images.max(axis=(1, 2, 3), keepdims=True)).astype("float32")
    return images, (images[..., :1] > 0.5).astype("float32")


def changed(name, data, strength=1.0, seed=1):
    result = operation(name, strength, seed)(data, training=True)
    return keras.tree.map_structure(ops.convert_to_numpy, result)


def everything(channels=1):
    images, masks = hills(channels=channels)
    return {"images": images, "segmentation_masks": masks, "labels": np.eye(COUNT, dtype="float32")}


def test_the_catalogue_describes_itself():
    for each in OPERATIONS.values():
        assert each.title and each.does and each.at_one and each.source


def test_the_catalogue_can_be_read_without_loading_keras():
    code = (
        "import sys; from coursekit.augment import OPERATIONS; print(len(OPERATIONS), 'keras' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == [str(len(OPERATIONS)), "False"]


@pytest.mark.parametrize("name", NAMES)
def test_at_strength_0_nothing_changes(name):
    data = everything()
    result = changed(name, dict(data), strength=0)
    for part in data:
        np.testing.assert_array_equal(result[part], data[part])


@pytest.mark.parametrize("name", NAMES)
def test_without_training_nothing_changes(name):
    data = everything()
    layer = operation(name, seed=1)
    for result in (layer(dict(data)), layer(dict(data), training=False)):
        for part in data:
            np.testing.assert_array_equal(ops.convert_to_numpy(result[part]), data[part])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("strength", [1.0, 3.0])
@pytest.mark.parametrize("name", NAMES)
def test_pictures_stay_float32_in_0_to_1_and_keep_their_shape(name, strength, channels):
    data = everything(channels)
    images = changed(name, dict(data), strength)["images"]
    assert images.dtype == np.float32
    assert images.shape == data["images"].shape
    # 1e-5: rounding of single precision in a sum of weights that is 1.
    assert images.min() >= -1e-5 and images.max() <= 1 + 1e-5
    assert np.abs(images - data["images"]).max() > 0.001


@pytest.mark.parametrize("name", ALONE)
def test_pictures_alone_change_as_they_do_in_a_dict(name):
    data = everything()
    np.testing.assert_allclose(changed(name, data["images"]), changed(name, dict(data))["images"], atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_dict_that_is_handed_in_stays_as_it_is(name):
    data = everything()
    before = {part: value.copy() for part, value in data.items()}
    changed(name, data)
    for part, value in before.items():
        np.testing.assert_array_equal(data[part], value)


@pytest.mark.parametrize("name", GEOMETRY)
def test_geometry_moves_mask_and_picture_alike(name):
    images, masks = hills()
    result = changed(name, {"images": images, "segmentation_masks": masks})
    assert set(np.unique(result["segmentation_masks"])) == {0, 1}
    # The mask was made from the picture by a threshold. Bilinear and nearest may differ at its border.
    agree = (result["images"] > 0.5) == (result["segmentation_masks"] > 0.5)
    assert agree.mean() >= 0.97
    assert np.mean(result["segmentation_masks"] != masks) > 0.005


@pytest.mark.parametrize(
    "name", [name for name in NAMES if OPERATIONS[name].kind == "intensity" or name == "sample_pairing"]
)
def test_masks_stay_where_only_values_change(name):
    data = everything()
    np.testing.assert_array_equal(changed(name, dict(data))["segmentation_masks"], data["segmentation_masks"])


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("mixup", "cutmix")])
def test_labels_stay_unless_they_are_mixed(name):
    data = everything()
    np.testing.assert_array_equal(changed(name, dict(data))["labels"], data["labels"])


@pytest.mark.parametrize("name", ALONE)
def test_each_picture_has_its_own_draw(name):
    images, _ = hills(1)
    results = changed(name, np.repeat(images, COUNT, axis=0), seed=2)
    different = len(np.unique(results.reshape(COUNT, -1).round(5), axis=0))
    # Flips and inversion have two outcomes, which must both be there.
    assert different >= (2 if name in ("flip_horizontal", "flip_vertical", "invert") else 8)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_draws_the_same_and_another_seed_another(name):
    data = everything()
    first, again, other = (changed(name, dict(data), seed=seed)["images"] for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


@pytest.mark.parametrize("name", NAMES)
def test_a_second_call_draws_anew(name):
    data = everything()
    layer = operation(name, seed=5)
    first, second = (ops.convert_to_numpy(layer(dict(data), training=True)["images"]) for _ in range(2))
    assert np.any(first != second)


@pytest.mark.parametrize("name", [name for name in ALONE if OPERATIONS[name].saturates > 0])
def test_a_third_of_the_strength_changes_less(name):
    images, _ = hills(channels=3)
    weak, strong = (np.abs(changed(name, images, strength) - images).mean() for strength in (0.33, 1.0))
    assert 0 < weak < 0.8 * strong


@pytest.mark.parametrize("name", [name for name in NAMES if OPERATIONS[name].saturates < 3])
def test_above_its_limit_an_operation_gets_no_stronger(name):
    data = everything()
    limit = OPERATIONS[name].saturates or 0.1
    np.testing.assert_array_equal(
        changed(name, dict(data), limit)["images"], changed(name, dict(data), 3.0)["images"]
    )


@pytest.mark.parametrize("name", [name for name in NAMES if OPERATIONS[name].saturates == 3])
def test_an_operation_without_a_limit_gets_stronger(name):
    data = everything()
    assert np.any(changed(name, dict(data), 1.5)["images"] != changed(name, dict(data), 3.0)["images"])


@pytest.mark.slow
def test_all_operations_train_inside_a_sequential_model():
    images, _ = hills(8)
    layers = [operation(name, seed=1) for name in ALONE] + [operation("sample_pairing", seed=1)]
    model = keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(loss="mse")
    history = model.fit(images, np.zeros((8, 1)), batch_size=4, epochs=2, verbose=0)
    assert np.all(np.isfinite(history.history["loss"]))
    # What predicts sees the pictures as they are.
    head = keras.Sequential(model.layers[len(layers) :])
    np.testing.assert_allclose(model.predict(images, verbose=0), head.predict(images, verbose=0), atol=1e-5)


def test_sample_pairing_comes_with_its_switch():
    assert isinstance(operation("sample_pairing"), SamplePairing)


def test_an_unknown_operation_is_refused_with_the_names_of_all():
    with pytest.raises(InputError, match=r"rotation.*cutmix.*got 'rotate'"):
        operation("rotate")


@pytest.mark.parametrize("strength", [-0.1, 3.1, float("nan")])
def test_a_strength_outside_the_scale_is_refused(strength):
    with pytest.raises(InputError, match="from 0 to 3"):
        operation("rotation", strength)
