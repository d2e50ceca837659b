import keras
import numpy as np
import pytest
from keras import ops

from coursekit.augment import RandomAffine
from coursekit.errors import InputError
from coursekit.training import Batches

RNG = np.random.default_rng(0)
PICTURES = RNG.random((10, 12, 12, 1)).astype("float32")
MASKS = (PICTURES > 0.5).astype("uint8")
CLASSES = np.arange(10)
LABELS = np.eye(10, dtype="float32")


def affine(seed=1):
    return RandomAffine(180, 0.1, 0.1, flip="both", seed=seed)


class Mix(keras.layers.Layer):
    """Half a picture, half its neighbour, and so the labels."""

    def call(self, data, training=False):
        return {name: (part + ops.roll(part, 1, axis=0)) / 2 for name, part in data.items()}


def test_an_epoch_has_the_batches_asked_for_whatever_the_number_of_pictures():
    batches = Batches(PICTURES, CLASSES, batch_size=4, steps=7)
    assert len(batches) == batches.num_batches == 7
    assert all(batches[i][0].shape == (4, 12, 12, 1) for i in range(7))


def test_pictures_keep_their_targets_and_weights():
    weights = RNG.random(10).astype("float32")
    for images, classes, shares in (Batches(PICTURES, CLASSES, 4, 3, weights=weights)[i] for i in range(3)):
        assert np.array_equal(images, PICTURES[classes])
        assert np.array_equal(shares, weights[classes])


def test_every_picture_comes_before_any_comes_again():
    batches = Batches(PICTURES, CLASSES, batch_size=4, steps=5)
    drawn = np.concatenate([batches[i][1] for i in range(5)])
    assert sorted(drawn[:10]) == sorted(drawn[10:]) == list(range(10))
    assert list(drawn[:10]) != list(drawn[10:])


def test_a_batch_may_hold_more_than_there_are_pictures():
    batches = Batches(PICTURES[:3], CLASSES[:3], batch_size=8, steps=3)
    counts = np.bincount(np.concatenate([batches[i][1] for i in range(3)]))
    assert list(counts) == [8, 8, 8]


def test_the_same_seed_gives_the_same_batches_and_another_seed_others():
    one, same, other = (Batches(PICTURES, MASKS, 4, 2, affine(), seed=seed) for seed in (5, 5, 6))
    for a, b in zip(one[0], same[0], strict=True):
        assert np.array_equal(a, b)
    assert not np.allclose(one[1][0], other[1][0])


def test_a_picture_is_augmented_anew_each_time():
    batches = Batches(PICTURES[:1], CLASSES[:1], 3, 1, affine())
    drawn = np.concatenate([batches[0][0], batches[0][0]])
    assert len(np.unique(drawn.round(4), axis=0)) == 6


def test_masks_and_maps_of_weights_move_with_the_picture():
    # The picture, its mask and the weights are the same two values, so they must agree wherever they went.
    images, masks, weights = Batches(
        MASKS.astype("float32"), MASKS, 8, 1, lambda data, training: turned(data), weights=MASKS[..., 0]
    )[0]
    assert np.array_equal(images, masks)
    assert np.array_equal(images[..., 0], weights)
    assert masks.dtype == np.float32


def turned(data):
    return {name: ops.rot90(part, axes=(1, 2)) for name, part in data.items()}


def test_augmented_masks_keep_their_values_and_their_number():
    masks = np.concatenate([MASKS, 1 - MASKS], axis=-1)
    images, changed = Batches(PICTURES, masks, 8, 1, affine())[0]
    assert images.shape == (8, 12, 12, 1) and changed.shape == (8, 12, 12, 2)
    assert set(np.unique(changed)) == {0, 1}
    assert np.all(changed.sum(-1) == 1)


def test_weights_of_pictures_are_not_taken_for_maps():
    weights = np.arange(10, dtype="float32")
    images, masks, shares = Batches(MASKS, MASKS, 10, 1, lambda data, training: data, weights=weights)[0]
    assert np.array_equal(images, masks)
    assert sorted(shares) == list(range(10))


def test_mixed_pictures_get_mixed_labels():
    images, labels = Batches(PICTURES, LABELS, 4, 1, Mix())[0]
    np.testing.assert_allclose(images, np.einsum("bn,nhwc->bhwc", labels, PICTURES), atol=1e-6)
    assert np.array_equal(np.sort(labels, axis=-1)[:, -2:], np.full((4, 2), 0.5))


def test_a_layer_that_xla_cannot_compile_works_too():
    # Keras rotates with an operation of TensorFlow's that XLA doesn't have.
    images, classes = Batches(PICTURES, CLASSES, 4, 1, keras.layers.RandomRotation(0.5, seed=1))[0]
    assert not np.allclose(images, PICTURES[classes])


def test_fit_trains_on_batches_and_goes_on_drawing():
    model = keras.Sequential([keras.Input((12, 12, 1)), keras.layers.Conv2D(1, 3, padding="same")])
    model.compile("adam", "mse")
    layer = affine()
    batches = Batches(PICTURES, MASKS, 4, 3, layer, weights=np.ones((10, 12, 12)))
    history = model.fit(batches, epochs=2, verbose=0).history["loss"]
    assert len(history) == 2 and np.all(np.isfinite(history))
    assert model.optimizer.iterations == 6


def test_two_runs_of_fit_with_the_same_seeds_end_with_the_same_weights():
    def weights():
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((12, 12, 1)), keras.layers.Conv2D(1, 3, padding="same")])
        model.compile(keras.optimizers.SGD(0.1), "mse")
        model.fit(Batches(PICTURES, MASKS, 4, 5, affine(), seed=4), epochs=2, verbose=0)
        return model.get_weights()[0]

    np.testing.assert_allclose(weights(), weights(), atol=1e-6)  # threads may add in another order


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": PICTURES[0]}, r"pictures \(n, height, width, channels\), at least one, .*\(12, 12, 1\)"),
        ({"targets": CLASSES[:4]}, r"a target for each, got shapes \(10, 12, 12, 1\) and \(4,\)"),
        ({"targets": MASKS[:, :6]}, r"masks .* of the size of the pictures.*got shape \(10, 6, 12, 1\)"),
        ({"targets": MASKS[..., 0]}, r"got shape \(10, 12, 12\)"),
        ({"batch_size": 0}, "batch_size and steps must be at least 1, got 0 and 2"),
        ({"weights": np.ones(9)}, r"weights must have shape \(10,\), .*got \(9,\)"),
        ({"weights": np.ones((10, 12, 12))}, r"weights must have shape \(10,\)"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        Batches(**{"images": PICTURES, "targets": CLASSES, "batch_size": 4, "steps": 2} | changes)
