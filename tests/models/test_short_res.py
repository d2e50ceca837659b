import numpy as np
import pytest

from coursekit.methods.warm_start import copy_weights
from coursekit.models.short_res import short_res, short_res_auto_encoder


def test_short_res_has_the_weights_of_a_count_by_hand():
    def residual(width):
        return 3 * (9 * width * width + width)

    def count(width):
        widen, up, logits = 3 * width + width, 4 * width * width + width, 2 * width + 2
        return widen + 5 * residual(width) + 2 * up + logits

    assert short_res(width=4).count_params() == count(4)
    assert count(16) == 36_978  # as its docstring says


def test_one_network_takes_tiles_and_whole_images():
    network = short_res(width=4, seed=0)
    for side in (8, 16):
        assert network(np.zeros((2, side, side, 3), "float32")).shape == (2, side, side, 2)


def test_the_auto_encoder_gives_back_the_shape_of_an_image():
    auto_encoder = short_res_auto_encoder(channels=2, width=4, code=3, seed=0)
    assert auto_encoder(np.zeros((2, 16, 24, 2), "float32")).shape == (2, 16, 24, 2)
    assert auto_encoder.get_layer("code_pool").output.shape[-1] == 3


def test_the_auto_encoder_hands_on_its_encoder_and_nothing_else():
    network, auto_encoder = short_res(width=4, seed=0), short_res_auto_encoder(width=4, seed=1)
    copied = copy_weights(auto_encoder, network)
    expected = ["widen"] + [f"res{unit}_conv{number}" for unit in (1, 2, 3) for number in (1, 2, 3)]
    assert copied == expected
    kernels = [model.get_layer("res3_conv3").get_weights()[0] for model in (network, auto_encoder)]
    assert (kernels[0] == kernels[1]).all()


@pytest.mark.parametrize("build", [short_res, short_res_auto_encoder])
def test_a_seed_decides_the_weights_and_layers_of_one_shape_differ(build):
    one, same, other = (build(width=4, seed=seed) for seed in (1, 1, 2))
    kernels = [model.get_layer("res1_conv1").get_weights()[0] for model in (one, same, other)]
    assert (kernels[0] == kernels[1]).all() and (kernels[0] != kernels[2]).any()
    assert (kernels[0] != one.get_layer("res1_conv2").get_weights()[0]).any()
