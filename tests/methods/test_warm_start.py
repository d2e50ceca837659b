import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.warm_start import copy_weights
from coursekit.models import lenet5, unet, unet_discriminator
from coursekit.training import set_seed

SHAPE, WIDTHS = (16, 16, 1), (4, 8)


def networks():
    set_seed(0)
    return unet(SHAPE, widths=WIDTHS), unet(SHAPE, widths=WIDTHS), unet_discriminator(SHAPE, WIDTHS)


def same(a, b, name):
    return all(
        np.array_equal(x, y)
        for x, y in zip(a.get_layer(name).get_weights(), b.get_layer(name).get_weights(), strict=True)
    )


def test_all_but_normalisation_and_output_are_copied():
    source, target, _ = networks()
    for layer in source.layers:
        if "norm" in layer.name:
            layer.set_weights([w + 1 for w in layer.get_weights()])
    copied = copy_weights(source, target)
    assert len(copied) == 2 + 2 + 1 + 2  # two levels down, one transposed convolution, one level up
    assert all(same(source, target, name) for name in copied)
    assert not same(source, target, "enc1_norm1")
    assert not same(source, target, "logits")


def test_from_a_discriminator_only_the_way_down_is_copied():
    _, target, judge = networks()
    assert copy_weights(judge, target) == ["enc1_conv1", "enc1_conv2", "bottleneck_conv1", "bottleneck_conv2"]


def test_networks_of_other_widths_are_refused():
    with pytest.raises(InputError, match="enc1_conv1"):
        copy_weights(unet(SHAPE, widths=(6, 8)), networks()[1])


def test_networks_without_a_common_layer_are_refused():
    with pytest.raises(InputError, match="share no layer"):
        copy_weights(lenet5(), networks()[0])
