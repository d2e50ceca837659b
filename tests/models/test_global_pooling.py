import keras
import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.models import global_pooling_cnn, lenet5


def run(model, images):
    return keras.ops.convert_to_numpy(model(images))


def ink(top, left, side=32):
    """Random ink of 6×6 pixels at a place."""
    image = np.zeros((1, side, side, 1), "float32")
    image[0, top : top + 6, left : left + 6, 0] = np.random.default_rng(1).random((6, 6))
    return image


def test_the_default_has_65162_parameters_about_as_many_as_lenet():
    model = global_pooling_cnn()
    assert model.count_params() == 65_162
    assert model.count_params() / lenet5().count_params() < 1.06


def test_neither_margin_nor_picture_size_has_weights():
    assert global_pooling_cnn(margin=0).count_params() == 65_162
    assert global_pooling_cnn((48, 40, 1)).count_params() == 65_162


def test_the_maps_halve_between_convolutions_and_end_in_one_number_each():
    model = global_pooling_cnn((32, 32, 3), widths=(4, 6, 8), classes=5)
    shapes = {layer.name: tuple(layer.output.shape[1:]) for layer in model.layers}
    assert shapes == {
        "image": (32, 32, 3),
        "margin": (48, 48, 3),
        "conv1": (48, 48, 4),
        "pool1": (24, 24, 4),
        "conv2": (24, 24, 6),
        "pool2": (12, 12, 6),
        "conv3": (12, 12, 8),
        "global_max": (8,),
        "logits": (5,),
    }
    assert model.get_layer("logits").activation is keras.activations.linear


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_a_move_by_whole_strides_changes_nothing(pooling):
    keras.utils.set_random_seed(0)
    model = global_pooling_cnn(pooling=pooling)
    still, moved = run(model, ink(12, 12)), run(model, ink(16, 8))
    # Two poolings: four pixels are one step of the last map. Only float32 sums may differ.
    assert np.allclose(still, moved, atol=1e-5)


def test_a_move_by_half_a_stride_changes_something():
    keras.utils.set_random_seed(0)
    model = global_pooling_cnn()
    assert not np.allclose(run(model, ink(12, 12)), run(model, ink(12, 14)), atol=1e-4)


def test_a_wide_margin_hides_the_border_and_no_margin_shows_it():
    keras.utils.set_random_seed(0)
    # Three 5×5 convolutions with two poolings between them see 2 + 4 + 8 px beyond the ink, and up to 2 more.
    wide, bare = (global_pooling_cnn(pooling="average", margin=margin) for margin in (16, 0))
    bare.set_weights(wide.get_weights())
    corner, middle = ink(0, 0), ink(12, 12)
    assert np.allclose(run(wide, corner), run(wide, middle), atol=1e-6)
    there, away = run(bare, corner), run(bare, middle)
    assert np.abs(there - away).max() > 0.05 * np.abs(away).max()


def test_global_pooling_is_the_one_asked_for():
    keras.utils.set_random_seed(0)
    image = ink(10, 10)
    for pooling, over_places in (("max", np.max), ("average", np.mean)):
        model = global_pooling_cnn(pooling=pooling)
        maps = run(keras.Model(model.input, model.get_layer("conv3").output), image)
        pooled = run(keras.Model(model.input, model.get_layer(f"global_{pooling}").output), image)
        assert np.allclose(pooled, over_places(maps, axis=(1, 2)), atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pooling": "mean"}, "pooling must be 'average' or 'max', got 'mean'"),
        ({"widths": ()}, "at least one convolution"),
    ],
)
def test_what_it_cannot_build_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        global_pooling_cnn(**options)
