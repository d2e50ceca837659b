import keras
import numpy as np
import pytest

from coursekit.methods.weak import WeakLoss


def batch(seed=0):
    rng = np.random.default_rng(seed)
    masks = (rng.random((3, 4, 5, 1)) < 0.3).astype("float32")
    masks[0] = 0
    return masks, rng.normal(size=(3, 4, 5, 2)).astype("float32")


def softplus(x):
    return np.log1p(np.exp(x))


def test_the_pixel_loss_is_the_mean_cross_entropy_of_pixels():
    masks, logits = batch()
    margin = (logits[..., 1] - logits[..., 0]) * np.where(masks[..., 0] == 1, 1, -1)
    loss = WeakLoss(pixels=1.0, image=0.0)(masks, logits)
    assert float(loss) == pytest.approx(softplus(-margin).mean(), rel=1e-5)


def test_the_image_loss_compares_the_highest_logits_with_the_label():
    masks, logits = batch()
    top = logits.max((1, 2))
    margin = top[:, 1] - top[:, 0]
    label = np.minimum(masks.sum((1, 2, 3)) / 7, 1)
    expected = (label * softplus(-margin) + (1 - label) * softplus(margin)).mean()
    assert 0 < label[1] < 1 or 0 < label[2] < 1  # a label between is among them
    assert float(WeakLoss(pixels=0.0, image=1.0, enough_px=7)(masks, logits)) == pytest.approx(
        expected, rel=1e-5
    )


def test_both_losses_add_up_with_their_weights():
    masks, logits = batch()
    pixels, image = (float(WeakLoss(*weights)(masks, logits)) for weights in ((1, 0), (0, 1)))
    assert float(WeakLoss(0.5, 2.0)(masks, logits)) == pytest.approx(0.5 * pixels + 2 * image, rel=1e-5)


def test_a_network_compiled_with_the_loss_learns_and_can_be_saved(tmp_path):
    masks, logits = batch()
    network = keras.Sequential([keras.Input((4, 5, 2)), keras.layers.Conv2D(2, 1)])
    network.compile(keras.optimizers.Adam(0.1), WeakLoss(1.0, 0.5, enough_px=3))
    before = network.evaluate(logits, masks, verbose=0)
    network.fit(logits, masks, epochs=20, verbose=0)
    after = network.evaluate(logits, masks, verbose=0)
    assert after < before
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    assert loaded.evaluate(logits, masks, verbose=0) == pytest.approx(after, rel=1e-5)
