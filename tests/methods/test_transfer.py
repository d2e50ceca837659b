import keras
import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.transfer import (
    discriminative_rates,
    freeze_until,
    layerwise_adam,
    linear_probe,
    network_features,
    new_head,
    prepare,
    relative_change,
    unfreeze_gradually,
    with_old_head,
)


@pytest.fixture
def network():
    """Two convolutions with a normalisation between them, features, three classes."""
    keras.utils.set_random_seed(1)
    image = keras.Input((6, 6, 1), name="image")
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv1")(image)
    x = keras.layers.BatchNormalization(name="norm1")(x)
    x = keras.layers.Conv2D(5, 3, name="conv2")(x)
    x = keras.layers.Flatten(name="features")(x)
    return keras.Model(image, keras.layers.Dense(3, name="logits")(x), name="toy")


@pytest.fixture
def batch():
    rng = np.random.default_rng(2)
    return rng.random((16, 6, 6, 1), "float32"), rng.integers(0, 2, 16)


def train(model, batch, optimizer=None):
    model.compile(
        optimizer or keras.optimizers.Adam(1e-2),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(*batch, batch_size=8, epochs=2, verbose=0)
    return model


# --- Features and a linear probe ---


def test_features_are_what_a_layer_gives(network, batch):
    found = network_features(network, batch[0])
    assert found.shape == (16, 20)
    expected = found @ network.get_layer("logits").get_weights()[0]
    # Sums of 20 products in float32.
    assert network.predict(batch[0], verbose=0) == pytest.approx(expected, abs=1e-5)


def test_maps_are_averaged_over_their_places(network, batch):
    maps = keras.Model(network.input, network.get_layer("conv1").output).predict(batch[0], verbose=0)
    found = network_features(network, batch[0], "conv1")
    assert found == pytest.approx(maps.reshape(16, 16, 4).mean(axis=1), abs=1e-6)


def test_an_unknown_layer_is_named_with_those_there_are(network, batch):
    with pytest.raises(InputError, match=r"toy has no layer 'feature'\. It has: image, conv1, norm1"):
        network_features(network, batch[0], "feature")


def toy(n, rng, words=("left", "right")):
    labels = rng.integers(0, 2, n)
    points = rng.normal(size=(n, 5))
    points[:, 0] += 6 * labels
    return points, np.array(words)[labels]


@pytest.mark.parametrize("words", [("left", "right"), ("z", "a")], ids=["in order", "against the order"])
def test_a_linear_probe_separates_what_can_be_separated(words):
    rng = np.random.default_rng(0)
    (known, labels), (new, truth) = toy(40, rng, words), toy(400, rng, words)
    assert (linear_probe(known, labels, new, penalty=1) == truth).mean() >= 0.97


def test_the_scale_of_a_feature_does_not_matter():
    rng = np.random.default_rng(0)
    (known, labels), (new, _) = toy(40, rng), toy(100, rng)
    stretch = np.array([1, 1000, 0.001, 5, 1])
    assert np.array_equal(
        linear_probe(known, labels, new), linear_probe(known * stretch, labels, new * stretch)
    )


def test_new_pictures_are_scaled_as_the_known_ones_were():
    rng = np.random.default_rng(0)
    known, labels = toy(40, rng)
    right_only = toy(400, rng)
    right = right_only[0][right_only[1] == "right"]
    # Scaled by their own mean, half of them would land on the left.
    assert (linear_probe(known, labels, right, penalty=1) == "right").mean() >= 0.95


@pytest.mark.parametrize(
    ("known", "labels", "new", "message"),
    [
        ((4, 2, 2), (4,), (3, 4), r"\(4, 2, 2\) and \(3, 4\): flatten pictures"),
        ((4, 2), (4,), (3, 3), r"\(4, 2\) and \(3, 3\)"),
        ((4, 2), (3,), (3, 2), r"one for each of 4 rows, .* got shape \(3,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(known, labels, new, message):
    with pytest.raises(InputError, match=message):
        linear_probe(np.zeros(known), np.arange(labels[0]), np.zeros(new))


def test_one_kind_of_label_and_a_penalty_of_zero_are_refused():
    with pytest.raises(InputError, match=r"of two kinds or more, got shape \(3,\) with 1 kind"):
        linear_probe(np.zeros((3, 2)), np.ones(3), np.zeros((3, 2)))
    with pytest.raises(InputError, match="penalty must be above 0, got 0"):
        linear_probe(np.zeros((3, 2)), np.arange(3), np.zeros((3, 2)), penalty=0)


# --- Heads ---


def test_a_new_head_keeps_the_features_and_has_other_classes(network, batch):
    model = new_head(network, 7)
    assert model.output.shape == (None, 7)
    assert np.array_equal(network_features(model, batch[0]), network_features(network, batch[0]))


def test_training_the_copy_leaves_the_original_as_it_was(network, batch):
    before = network.get_weights()
    train(new_head(network, 2), batch)
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))


def test_the_seed_decides_the_head(network):
    one, same, other = (new_head(network, 2, seed).get_layer("logits").get_weights()[0] for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_copy_of_a_frozen_network_can_be_trained(network):
    freeze_until(network, "logits")
    assert all(layer.trainable for layer in new_head(network, 2).layers)


def test_the_old_head_on_features_that_did_not_change_gives_the_old_answers(network, batch):
    model = new_head(network, 2)
    freeze_until(model, "logits")
    train(model, batch)
    again = with_old_head(model, network).predict(batch[0], verbose=0)
    assert again == pytest.approx(network.predict(batch[0], verbose=0), abs=1e-6)


def test_the_old_head_on_features_that_changed_gives_other_answers(network, batch):
    model = train(new_head(network, 2), batch)
    again = with_old_head(model, network).predict(batch[0], verbose=0)
    assert again.shape == (16, 3)
    assert np.abs(again - network.predict(batch[0], verbose=0)).max() > 0.01


# --- Freezing ---


@pytest.mark.parametrize(
    ("name", "trained"),
    [
        ("image", ["conv1", "norm1", "conv2", "logits"]),
        ("conv1", ["conv1", "norm1", "conv2", "logits"]),
        ("conv2", ["conv2", "logits"]),
        ("features", ["logits"]),
        ("logits", ["logits"]),
    ],
)
def test_all_before_the_named_layer_is_frozen(network, name, trained):
    assert freeze_until(network, name) == trained
    assert {variable.path.split("/")[-2] for variable in network.trainable_variables} == set(trained)


def test_training_moves_what_is_free_and_nothing_else(network, batch):
    start = keras.models.clone_model(network)
    start.set_weights(network.get_weights())
    freeze_until(network, "conv2")
    moved = relative_change(start, train(network, batch))
    # The statistics of the frozen normalisation stay too.
    assert moved["conv1"] == moved["norm1"] == 0
    assert moved["conv2"] > 0 < moved["logits"]


def test_freezing_less_frees_again(network):
    freeze_until(network, "logits")
    assert freeze_until(network, "conv1")[0] == "conv1"


def test_gradual_unfreezing_goes_from_the_head_down(network):
    stages = list(unfreeze_gradually(network))
    assert stages == [
        ["logits"],
        ["conv2", "logits"],
        ["norm1", "conv2", "logits"],
        ["conv1", "norm1", "conv2", "logits"],
    ]


# --- Rates ---


def test_each_layer_is_slower_than_the_next_by_the_factor():
    # Division and power round differently in the last of 16 digits.
    assert discriminative_rates(3, 0.01) == pytest.approx([0.01 / 2.6 / 2.6, 0.01 / 2.6, 0.01], rel=1e-12)
    assert discriminative_rates(1, 0.01).tolist() == [0.01]
    assert discriminative_rates(2, 0.5, factor=1).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("arguments", [(0, 0.1), (2, 0.0), (2, 0.1, 0.5)])
def test_rates_out_of_range_are_refused(arguments):
    with pytest.raises(InputError, match="n_layers must be at least 1, top above 0 and factor at least 1"):
        discriminative_rates(*arguments)


def test_a_layer_moves_by_its_own_rate(network, batch):
    start = [layer.get_weights() for layer in network.layers]
    optimizer = layerwise_adam(network, top=1e-3, factor=10)
    network.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    network.train_on_batch(*batch)
    steps = {
        layer.name: np.abs(layer.get_weights()[0] - before[0]).max()
        for layer, before in zip(network.layers, start, strict=True)
        if layer.name in ("conv1", "conv2", "logits")
    }
    # The first step of Adam is the rate itself, whatever the gradient, less its small epsilon.
    assert steps == {
        "conv1": pytest.approx(1e-6, rel=0.05),
        "conv2": pytest.approx(1e-4, rel=0.05),
        "logits": pytest.approx(1e-3, rel=0.05),
    }


def test_frozen_layers_keep_the_rates_of_the_others(network, batch):
    freeze_until(network, "logits")
    before = network.get_layer("logits").get_weights()[0]
    network.compile(
        layerwise_adam(network, top=1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    network.train_on_batch(*batch)
    moved = np.abs(network.get_layer("logits").get_weights()[0] - before).max()
    assert moved == pytest.approx(1e-3, rel=0.05)


def test_the_change_is_relative_and_leaves_out_another_head(network):
    model = new_head(network, 2)
    for variable in model.get_layer("conv1").weights:
        variable.assign(variable * 1.5)
    # 1.5 is exact in binary, its product with a weight is rounded.
    assert relative_change(network, model) == {
        "conv1": pytest.approx(0.5, rel=1e-6),
        "norm1": 0,
        "conv2": 0,
    }


# --- Scaling ---


@pytest.mark.parametrize("convention", ["tf", "torch", "caffe"])
def test_scaling_is_what_keras_does_to_bytes(convention):
    bytes_ = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3)).astype("float32")
    expected = keras.applications.imagenet_utils.preprocess_input(
        bytes_.copy(), data_format="channels_last", mode=convention
    )
    # Up to 255 in float32, in another order of operations.
    assert prepare(bytes_ / 255, convention) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("images", "convention", "message"),
    [
        (np.zeros((2, 4, 4, 1)), "tf", r"got shape \(2, 4, 4, 1\): repeat a grey channel"),
        (np.full((2, 4, 4, 3), 255.0), "tf", r"values in \[0, 1\], got 255 to 255: divide bytes by 255"),
        (np.full((2, 4, 4, 3), -1.0), "tf", "got -1 to -1"),
        (np.zeros((2, 4, 4, 3)), "imagenet", "'tf', 'torch' or 'caffe', got 'imagenet'"),
    ],
)
def test_what_can_not_be_prepared_is_refused(images, convention, message):
    with pytest.raises(InputError, match=message):
        prepare(images, convention)
