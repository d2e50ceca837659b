import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.models import unet, unet_discriminator, unet_encoder, unet_generator

SHAPE, WIDTHS = (16, 24, 2), (4, 8, 12)


def test_the_judge_gives_one_logit_for_an_image():
    judge = unet_discriminator(SHAPE, WIDTHS)
    assert judge(np.zeros((3, *SHAPE), "float32")).shape == (3, 1)


def test_the_other_player_draws_images_between_minus_one_and_one():
    generator = unet_generator(SHAPE, WIDTHS, latent_size=7)
    drawn = np.asarray(generator(np.random.default_rng(0).normal(0, 100, (5, 7)).astype("float32")))
    assert drawn.shape == (5, *SHAPE)
    assert np.abs(drawn).max() <= 1
    assert drawn.std() > 0


@pytest.mark.parametrize("build", [unet_discriminator, unet_encoder])
def test_every_layer_of_the_way_down_fits_the_segmentation_network(build):
    segmenter = unet(SHAPE, widths=WIDTHS)
    shared = [layer for layer in build(SHAPE, WIDTHS).layers if layer.name.startswith(("enc", "bottleneck"))]
    assert len(shared) == 3 * 4 + 2
    for layer in shared:
        mine, theirs = layer.get_weights(), segmenter.get_layer(layer.name).get_weights()
        assert [w.shape for w in mine] == [w.shape for w in theirs]


def test_the_encoder_ends_in_the_maps_of_the_bottleneck():
    assert unet_encoder(SHAPE, WIDTHS).output.shape == (None, 4, 6, 12)


@pytest.mark.parametrize("build", [unet_discriminator, unet_encoder, unet_generator])
def test_sizes_that_do_not_halve_are_refused(build):
    with pytest.raises(InputError, match="divisible by 4"):
        build((18, 24, 2), WIDTHS)
