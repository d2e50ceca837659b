import keras
import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.models import lenet5


def test_lenet_has_61706_parameters_at_32_pixels():
    assert lenet5().count_params() == 61_706


def test_lenet_has_61706_parameters_at_28_pixels_with_same_padding():
    assert lenet5((28, 28, 1), first_padding="same").count_params() == 61_706


def test_lenet_layers_have_the_shapes_and_parameters_of_the_table():
    model = lenet5()
    table = {
        "conv1": ((28, 28, 6), 156),
        "pool1": ((14, 14, 6), 0),
        "conv2": ((10, 10, 16), 2_416),
        "pool2": ((5, 5, 16), 0),
        "conv3": ((1, 1, 120), 48_120),
        "dense1": ((84,), 10_164),
        "logits": ((10,), 850),
    }
    for name, (shape, parameters) in table.items():
        layer = model.get_layer(name)
        assert layer.output.shape[1:] == shape
        assert layer.count_params() == parameters


@pytest.mark.parametrize("pooling", ["average", "max", "subsample"])
def test_pooling_has_no_weights_and_halves_the_maps(pooling):
    model = lenet5(pooling=pooling)
    assert model.count_params() == 61_706
    x = np.arange(32.0, dtype="float32").reshape(1, 4, 4, 2)
    halved = keras.ops.convert_to_numpy(model.get_layer("pool1")(x))
    windows = x.reshape(1, 2, 2, 2, 2, 2)
    expected = {"average": windows.mean((2, 4)), "max": windows.max((2, 4)), "subsample": x[:, ::2, ::2]}
    assert np.array_equal(halved, expected[pooling])


def test_lenet_ends_in_logits():
    model = lenet5(classes=3)
    out = model(np.ones((2, 32, 32, 1), "float32"))
    assert out.shape == (2, 3)
    assert model.get_layer("logits").activation is keras.activations.linear


def test_lenet_uses_the_activation_asked_for():
    model = lenet5(activation="relu")
    for name in ("conv1", "conv2", "conv3", "dense1"):
        assert model.get_layer(name).activation is keras.activations.relu


def test_lenet_takes_colour_and_larger_images():
    assert lenet5((40, 36, 3)).get_layer("conv3").output.shape[1:] == (3, 2, 120)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_shape": (28, 28, 1)}, "at least 32×32 pixels, got 28×28: .* or use first_padding='same'"),
        (
            {"input_shape": (20, 20, 1), "first_padding": "same"},
            "at least 28×28 pixels, got 20×20: enlarge or pad them",
        ),
        ({"input_shape": (32, 32)}, r"\(height, width, channels\), got \(32, 32\)"),
        ({"pooling": "mean"}, "pooling must be one of average, max, subsample, got 'mean'"),
        ({"first_padding": "full"}, "first_padding must be one of valid, same"),
    ],
)
def test_what_lenet_cannot_do_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        lenet5(**options)
