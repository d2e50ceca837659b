import keras
import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.models import unet


@pytest.mark.parametrize(("widths", "classes"), [((4,), 1), ((4, 8), 3), ((4, 8, 8, 16), 1)])
def test_unet_gives_a_logit_for_each_pixel_and_class_at_any_depth(widths, classes):
    model = unet((16, 24, 2), classes=classes, widths=widths)
    assert model.output.shape == (None, 16, 24, classes)
    assert model.get_layer("logits").activation is keras.activations.linear


def test_unet_has_the_parameters_of_a_count_by_hand():
    def block(c_in, c_out):
        convolutions = 9 * c_in * c_out + c_out + 9 * c_out * c_out + c_out
        return convolutions + 2 * 4 * c_out  # scale, shift, moving mean and variance

    up = 4 * 8 * 4 + 4 + 4 * 4
    expected = block(1, 4) + block(4, 8) + up + block(4 + 4, 4) + (4 + 1)
    assert unet((8, 8, 1), widths=(4, 8)).count_params() == expected


@pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="JAX takes ten seconds to draw 31 million weights"
)
def test_the_widths_of_the_original_give_its_31_million_weights():
    # The much-copied Keras version counts 31,031,685: it has one more 3×3 convolution to two channels before
    # the end (64 * 9 * 2 + 2), and so its last layer has 2 + 1 weights instead of 64 + 1.
    model = unet((16, 16, 1), widths=(64, 128, 256, 512, 1024), batch_normalization=False)
    assert model.count_params() + (64 * 9 * 2 + 2) + (2 + 1) - (64 + 1) == 31_031_685


def test_without_batch_normalization_there_is_no_state():
    assert unet((8, 8, 1), widths=(4, 8), batch_normalization=False).non_trainable_variables == []
    assert unet((8, 8, 1), widths=(4, 8)).non_trainable_variables != []


def test_fine_detail_reaches_the_output_over_the_skip_connection():
    model = unet((8, 8, 1), widths=(4, 8), batch_normalization=False)
    # With the way through the bottleneck cut, the output still depends on the input.
    model.get_layer("dec1_up").set_weights([np.zeros((2, 2, 4, 8)), np.zeros(4)])
    a, b = np.zeros((1, 8, 8, 1), "float32"), np.ones((1, 8, 8, 1), "float32")
    assert not np.allclose(model(a), model(b))


def test_without_skips_all_goes_through_the_bottleneck():
    model = unet((8, 8, 1), widths=(4, 8), batch_normalization=False, skips=False)
    model.get_layer("dec1_up").set_weights([np.zeros((2, 2, 4, 8)), np.zeros(4)])
    a, b = np.zeros((1, 8, 8, 1), "float32"), np.ones((1, 8, 8, 1), "float32")
    assert np.allclose(model(a), model(b))


def test_layers_are_named_by_level():
    names = [layer.name for layer in unet((8, 8, 1), widths=(4, 8, 8)).layers]
    for name in (
        "enc1_conv1",
        "enc2_conv2",
        "enc1_pool",
        "bottleneck_conv1",
        "dec2_up",
        "dec1_conv2",
        "logits",
    ):
        assert name in names


def test_an_encoder_can_be_copied_by_name_into_another_unet():
    source, target = unet((8, 8, 1), widths=(4, 8)), unet((16, 16, 1), classes=3, widths=(4, 8))
    for layer in source.layers:
        if layer.name.startswith(("enc", "bottleneck")):
            target.get_layer(layer.name).set_weights(layer.get_weights())
    assert np.array_equal(
        source.get_layer("enc1_conv1").get_weights()[0], target.get_layer("enc1_conv1").get_weights()[0]
    )


@pytest.mark.parametrize(
    ("shape", "widths", "message"),
    [
        ((30, 32, 1), (4, 8, 8), "divisible by 4, got 30×32: crop or pad to 32×32"),
        ((32, 100, 1), (4, 4, 4, 4), "divisible by 8, got 32×100: crop or pad to 32×96"),
        ((32, 32), (4, 8), r"\(height, width, channels\)"),
        ((32, 32, 1), (), "at least one positive number"),
        ((32, 32, 1), (4, 0), "at least one positive number"),
    ],
)
def test_what_unet_cannot_do_is_refused(shape, widths, message):
    with pytest.raises(InputError, match=message):
        unet(shape, widths=widths)
