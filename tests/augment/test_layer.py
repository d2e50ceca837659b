"""What holds for every layer: under a mixed policy of Keras, in a clone, and after saving and loading."""

import keras
import numpy as np
import pytest
from keras import ops

from coursekit.augment import OPERATIONS, FromKeras, PolicyLayer, operation, random_policy, recipe

LAYERS = {name: lambda name=name: operation(name, seed=3) for name in OPERATIONS}
LAYERS |= {f"recipe {name}": lambda name=name: recipe(name, seed=3) for name in ("digits", "cells", "tissue")}
LAYERS["nothing"] = lambda: operation("rotation", strength=0)
LAYERS["policy"] = lambda: PolicyLayer(random_policy(np.random.default_rng(2)), fill="reflect", seed=3)
LAYERS["from Keras"] = lambda: FromKeras(keras.layers.RandomSaturation(0.5, value_range=(0, 1)), seed=3)
# Mixup and CutMix need labels, which a Sequential model doesn't hand on.
MIXING_LABELS = ("mixup", "cutmix")

RNG = np.random.default_rng(0)
IMAGES = RNG.random((12, 10, 12, 3), dtype="float32")
DATA = {
    "images": IMAGES,
    "segmentation_masks": (IMAGES[..., :1] > 0.5).astype("float32"),
    "labels": np.eye(12, dtype="float32"),
}


def changed(layer, data=DATA):
    result = layer(dict(data) if isinstance(data, dict) else data, training=True)
    return keras.tree.map_structure(ops.convert_to_numpy, result)


def assert_same(one, two):
    keras.tree.map_structure(np.testing.assert_array_equal, one, two)


@pytest.fixture
def mixed_policy():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "nothing"])
def test_under_a_mixed_policy_a_layer_draws_and_returns_what_it_does_without(name, request):
    expected = changed(LAYERS[name]())
    request.getfixturevalue("mixed_policy")
    result = changed(LAYERS[name]())
    assert {part.dtype for part in result.values()} == {np.dtype("float32")}
    assert_same(result, expected)


def test_a_network_after_a_layer_computes_in_half_precision_under_a_mixed_policy(mixed_policy):
    dense = keras.layers.Dense(1)
    model = keras.Sequential([LAYERS["recipe tissue"](), keras.layers.Flatten(), dense])
    model.compile(loss="mse")
    history = model.fit(IMAGES, np.zeros((12, 1)), batch_size=6, verbose=0).history
    assert np.isfinite(history["loss"][0])
    assert keras.backend.standardize_dtype(dense(ops.ones((1, 360))).dtype) == "bfloat16"


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_made_from_its_configuration_draws_the_same_from_the_beginning(name):
    layer = LAYERS[name]()
    first, second = changed(layer), changed(layer)
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    for expected in (first, second):
        assert_same(changed(again), expected)


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in MIXING_LABELS])
def test_a_model_with_a_layer_can_be_cloned(name):
    model = keras.Sequential([keras.Input(IMAGES.shape[1:]), LAYERS[name](), keras.layers.Flatten()])
    clone = keras.models.clone_model(model)
    assert clone.layers[0] is not model.layers[0]
    assert_same(changed(clone, IMAGES), changed(model, IMAGES))


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in MIXING_LABELS])
def test_a_model_with_a_layer_can_be_saved_and_loaded(name, tmp_path):
    layers = [keras.Input(IMAGES.shape[1:]), LAYERS[name](), keras.layers.Flatten(), keras.layers.Dense(2)]
    model = keras.Sequential(layers)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert_same(changed(loaded, IMAGES), changed(model, IMAGES))


@pytest.mark.parametrize("name", MIXING_LABELS)
def test_layers_that_mix_labels_are_saved_with_their_options(name):
    layer = LAYERS[name]()
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert_same(changed(again), changed(layer))


def test_a_clone_does_not_share_random_numbers_with_its_model():
    layer = LAYERS["from Keras"]()
    again = type(layer).from_config(layer.get_config())
    expected = changed(layer, IMAGES)
    changed(layer, IMAGES)
    assert_same(changed(again, IMAGES), expected)
    assert again.layer is not layer.layer


def test_the_policy_assigned_last_is_saved_and_a_clone_starts_with_the_first(tmp_path):
    first, last = (random_policy(np.random.default_rng(seed)) for seed in (1, 2))
    layer = PolicyLayer(first, seed=3)
    model = keras.Sequential([keras.Input(IMAGES.shape[1:]), layer])
    layer.assign(last)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    clone = keras.models.clone_model(model)
    for copy, policy in ((loaded, last), (clone, first)):
        magnitudes = ops.convert_to_numpy(copy.layers[0].magnitudes.value)
        np.testing.assert_array_equal(magnitudes, np.array(policy.magnitudes, "float32"))


def test_the_layers_of_a_recipe_share_one_generator_after_loading_too():
    chain = recipe("tissue", seed=3)
    again = type(chain).from_config(chain.get_config())
    assert again.layers[0].generator is again.layers[1].generator
