import keras
import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.models import dcgan_discriminator, dcgan_generator


@pytest.mark.parametrize(("side", "widths"), [(28, (16, 16)), (32, (16, 16)), (64, (8, 8, 8))])
def test_the_generator_doubles_seven_or_eight_pixels_up_to_the_image(side, widths):
    model = dcgan_generator((side, side, 1), widths, latent_size=5)
    assert model.get_layer("maps").output.shape[1] in (7, 8)
    drawn = keras.ops.convert_to_numpy(
        model(np.random.default_rng(0).normal(0, 100, (3, 5)).astype("float32"))
    )
    assert drawn.shape == (3, side, side, 1)
    assert np.abs(drawn).max() <= 1
    assert drawn.std() > 0


def test_the_discriminator_gives_a_logit_for_each_image():
    model = dcgan_discriminator((32, 24, 3))
    assert model(np.zeros((5, 32, 24, 3), "float32")).shape == (5, 1)
    assert model.get_layer("conv2").output.shape == (None, 8, 6, 32)


def test_the_generator_normalises_all_layers_but_the_last():
    layers = [layer.name for layer in dcgan_generator((28, 28, 1)).layers]
    assert layers == ["latent", "dense", "maps", "norm1", "relu1", "up1", "norm2", "relu2", "up2"]


def test_the_discriminator_normalises_all_layers_but_the_first_if_asked():
    def norms(**options):
        layers = dcgan_discriminator((64, 64, 1), (4, 4, 4), **options).layers
        return [layer.name for layer in layers if "norm" in layer.name]

    assert norms() == []
    assert norms(batch_normalization=True) == ["norm2", "norm3"]


def test_only_with_batch_normalisation_does_an_opinion_depend_on_the_other_images():
    rng = np.random.default_rng(0)
    image, quiet, loud = (
        rng.normal(size=(1, 16, 16, 1)),
        np.zeros((3, 16, 16, 1)),
        rng.normal(size=(3, 16, 16, 1)),
    )

    def differs(batch_normalization):
        keras.utils.set_random_seed(0)
        model = dcgan_discriminator((16, 16, 1), dropout=0, batch_normalization=batch_normalization)
        first, second = (
            keras.ops.convert_to_numpy(
                model(np.concatenate([image, others]).astype("float32"), training=True)
            )[0, 0]
            for others in (quiet, loud)
        )
        return abs(first - second) > 1e-4 * abs(first)

    assert differs(True)
    assert not differs(False)


@pytest.mark.parametrize("build", [dcgan_generator, dcgan_discriminator])
def test_sizes_that_do_not_halve_are_refused(build):
    with pytest.raises(InputError, match="divisible by 8, got 28×28"):
        build((28, 28, 1), (4, 4, 4))
    with pytest.raises(InputError, match="at least one positive width"):
        build((28, 28, 1), ())
