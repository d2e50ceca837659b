import keras
import numpy as np

from coursekit.models import lenet5, mlp


def test_the_default_has_about_as_many_parameters_as_lenet():
    assert mlp().count_params() == 61_162
    # One per cent: a difference in accuracy is not one of size.
    assert abs(mlp().count_params() / lenet5().count_params() - 1) < 0.01


def test_widths_are_the_hidden_layers():
    model = mlp((8, 8, 3), widths=(7, 5, 3), classes=2)
    units = [layer.units for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert units == [7, 5, 3, 2]
    assert model.count_params() == (8 * 8 * 3 + 1) * 7 + (7 + 1) * 5 + (5 + 1) * 3 + (3 + 1) * 2


def test_without_hidden_layers_it_is_linear():
    keras.utils.set_random_seed(0)
    model = mlp((4, 4, 1), widths=(), classes=3)
    a, b = np.random.default_rng(0).random((2, 1, 4, 4, 1), "float32")
    sums = keras.ops.convert_to_numpy(model(a) + model(b))
    # The bias starts at zero; float32 sums of 16 products.
    assert np.allclose(keras.ops.convert_to_numpy(model(a + b)), sums, atol=1e-5)


def test_it_ends_in_logits():
    keras.utils.set_random_seed(0)
    model = mlp()
    assert model.output_shape == (None, 10)
    assert model.get_layer("logits").activation is keras.activations.linear
    assert [model.get_layer(f"dense{i}").activation for i in (1, 2)] == [keras.activations.relu] * 2


def test_every_pixel_has_weights_of_its_own():
    keras.utils.set_random_seed(0)
    model = mlp((6, 6, 1))
    image = np.zeros((2, 6, 6, 1), "float32")
    image[0, 1, 1] = image[1, 1, 2] = 1
    left, right = keras.ops.convert_to_numpy(model(image))
    assert not np.allclose(left, right, atol=1e-3)
