"""The layers where lessons use them: in front of a network in fit, and inside a step of one's own.

tests/training/test_jax.py runs this file on JAX too.
"""

import keras
import numpy as np
import pytest
from keras import ops

from coursekit.augment import FourierDistortion, RandomAffine, RandomElastic
from coursekit.training import make_step

LAYERS = {
    "affine": lambda: RandomAffine(20, 0.1, 0.1, 0.1, "both", seed=1),
    "fourier": lambda: FourierDistortion(2.0, seed=1),
    "elastic": lambda: RandomElastic(20.0, 4.0, seed=1),
}
PICTURES = np.random.default_rng(0).random((8, 16, 16, 1)).astype("float32")
MASKS = (PICTURES > 0.5).astype("float32")


def network():
    return keras.Sequential([keras.Input((16, 16, 1)), keras.layers.Conv2D(1, 3, padding="same")])


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_before_a_network_trains_and_is_off_in_prediction(name):
    layer, plain = LAYERS[name](), network()
    model = keras.Sequential([keras.Input((16, 16, 1)), layer, plain])
    model.compile("adam", "mse")
    state = ops.convert_to_numpy(layer.generator.state.value)
    losses = model.fit(PICTURES, MASKS, batch_size=4, epochs=2, verbose=0).history["loss"]
    assert np.all(np.isfinite(losses))
    assert not np.array_equal(ops.convert_to_numpy(layer.generator.state.value), state)
    expected = plain.predict(PICTURES, verbose=0)
    # Compiled and not compiled, sums of nine products are in another order.
    np.testing.assert_allclose(model.predict(PICTURES, verbose=0), expected, atol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(model(PICTURES)), expected, atol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_what_the_network_sees_in_fit_is_new_in_each_epoch(name):
    seen = []

    @keras.saving.register_keras_serializable("tests")
    class Look(keras.layers.Layer):
        """Keeps the mean of each batch times a slope: it tells one draw from another."""

        def build(self, shape):
            self.mean = self.add_weight((), trainable=False, name="mean")
            super().build(shape)

        def call(self, x):
            slope = ops.reshape(ops.arange(16, dtype="float32"), (1, 16, 1, 1))
            self.mean.assign(ops.mean(x * slope))
            return x

    look = Look()
    model = keras.Sequential([keras.Input((16, 16, 1)), LAYERS[name](), look, network()])
    model.compile("sgd", "mse")
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(float(ops.convert_to_numpy(look.mean.value)))
    )
    model.fit(PICTURES, MASKS, batch_size=8, epochs=3, verbose=0, callbacks=[note])
    assert len(set(seen)) == 3


@pytest.mark.parametrize("name", LAYERS)
def test_a_pair_is_augmented_inside_a_step(name):
    layer, model = LAYERS[name](), network()

    def loss(images, masks):
        pair = layer({"images": images, "segmentation_masks": masks}, training=True)
        slope = ops.reshape(ops.arange(16, dtype="float32"), (1, 16, 1, 1))
        place = ops.mean(pair["images"] * slope)
        between = ops.mean(pair["segmentation_masks"] * (1 - pair["segmentation_masks"]))
        error = ops.mean((model(pair["images"]) - pair["segmentation_masks"]) ** 2)
        return 0 * error + place + 100 * between

    step = make_step(loss, model.trainable_variables, keras.optimizers.SGD(0.1))
    places = [float(step(PICTURES, MASKS)) for _ in range(3)]
    assert len(set(places)) == 3  # a new draw in each step
    # A picture's mean is 1/2 and the slope's 7.5; values between 0 and 1 in masks would add up to 25.
    assert places == pytest.approx([3.75] * 3, abs=0.3)


def test_layers_take_a_dict_one_after_another():
    pipeline = keras.layers.Pipeline([make() for make in LAYERS.values()])
    data = {"images": PICTURES, "segmentation_masks": MASKS}
    result = pipeline(data, training=True)
    assert set(np.unique(result["segmentation_masks"])) == {0, 1}
    assert not np.allclose(result["images"], PICTURES)
    assert data["images"] is PICTURES
    assert np.array_equal(pipeline(data, training=False)["images"], PICTURES)
