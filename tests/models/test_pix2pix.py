import keras
import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.models import patch_discriminator, pix2pix_generator

SHAPE = (16, 24, 3)


def random(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def run(model, *inputs):
    return keras.ops.convert_to_numpy(model(list(inputs)))


def test_a_painting_has_the_size_of_its_mask_and_lies_between_minus_one_and_one():
    model = pix2pix_generator(SHAPE, mask_channels=2, widths=(4, 8))
    painted = run(model, 100 * random(0, 5, 16, 24, 2), random(1, 5, 16, 24, 1))
    assert painted.shape == (5, *SHAPE)
    assert np.abs(painted).max() <= 1


def test_a_painting_depends_on_mask_and_noise():
    keras.utils.set_random_seed(0)
    model = pix2pix_generator(SHAPE, widths=(4, 8))
    mask, noise = random(0, 1, 16, 24, 1), random(1, 1, 16, 24, 1)
    painted = run(model, mask, noise)
    assert np.abs(painted - run(model, mask, -noise)).max() > 1e-3
    assert np.abs(painted - run(model, -mask, noise)).max() > 1e-3


def test_each_logit_belongs_to_a_patch_of_22_pixels():
    keras.utils.set_random_seed(0)
    model = patch_discriminator((64, 64, 1))
    mask, image = np.zeros((1, 64, 64, 1), "float32"), random(0, 1, 64, 64, 1)
    logits = run(model, mask, image)
    assert logits.shape == (1, 8, 8, 1)
    # Logit (4, 4) sees rows and columns 25 to 46: a pixel just inside counts, one just outside does not.
    for row, seen in ((24, False), (25, True), (46, True), (47, False)):
        changed = image.copy()
        changed[0, row] += 5
        assert (run(model, mask, changed)[0, 4, 4, 0] != logits[0, 4, 4, 0]) == seen


def test_the_discriminator_sees_the_mask():
    keras.utils.set_random_seed(0)
    model = patch_discriminator((16, 16, 1), widths=(4, 4))
    image, mask = random(0, 1, 16, 16, 1), np.ones((1, 16, 16, 1), "float32")
    assert np.abs(run(model, mask, image) - run(model, 0 * mask, image)).max() > 1e-4


def test_networks_that_cannot_be_built_are_refused():
    with pytest.raises(InputError, match="divisible by 4"):
        pix2pix_generator((18, 24, 1))
    with pytest.raises(InputError, match="at least one positive number of channels"):
        patch_discriminator((16, 16, 1), widths=())
