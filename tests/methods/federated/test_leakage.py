import keras
import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.federated import (
    LocalTrainer,
    LocalTraining,
    clip_update,
    image_from_dense_gradient,
    label_from_gradient,
    match_gradient,
)
from coursekit.training import set_seed

layers = keras.layers


def image(size=6, seed=0):
    return np.random.default_rng(seed).uniform(size=(1, size, size, 1)).astype("float32")


@pytest.fixture(scope="module")
def dense():
    set_seed(0)
    return LocalTrainer(
        keras.Sequential(
            [keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(16, "relu"), layers.Dense(4)]
        )
    )


@pytest.fixture(scope="module")
def convolutional():
    set_seed(0)
    return LocalTrainer(
        keras.Sequential(
            [
                keras.Input((6, 6, 1)),
                layers.Conv2D(8, 3, padding="same", activation="tanh"),
                layers.Flatten(),
                layers.Dense(4),
            ]
        )
    )


def test_one_division_gives_the_image(dense):
    gradient = dense.gradient(dense.weights(), image(), np.array([2]))
    found = image_from_dense_gradient(gradient[0], gradient[1])
    assert np.abs(found - image().ravel()).max() < 1e-5  # float32


def test_of_two_images_a_mixture_comes_out(dense):
    both = np.concatenate([image(), image(seed=1)])
    gradient = dense.gradient(dense.weights(), both, np.array([2, 0]))
    found = image_from_dense_gradient(gradient[0], gradient[1])
    assert min(np.abs(found - one.ravel()).max() for one in both) > 0.01


def test_the_last_bias_tells_the_class(dense):
    for label in range(4):
        gradient = dense.gradient(dense.weights(), image(), np.array([label]))
        assert label_from_gradient(gradient[-1]) == label


def test_a_layer_that_was_off_tells_nothing():
    with pytest.raises(InputError, match="no trace"):
        image_from_dense_gradient(np.zeros((9, 2)), np.zeros(2))


@pytest.mark.parametrize("shapes", [((9,), (9,)), ((9, 2), (3,))])
def test_gradients_of_other_shapes_are_refused(shapes):
    with pytest.raises(InputError, match="shapes"):
        image_from_dense_gradient(np.ones(shapes[0]), np.ones(shapes[1]))


def test_an_image_with_the_same_gradient_is_the_same_image(convolutional):
    gradient = convolutional.gradient(convolutional.weights(), image(), np.array([1]))
    found = match_gradient(convolutional.model, gradient, 1, steps=200)
    start, end = (np.mean((look - image()[0]) ** 2) for look in found.snapshots[[0, -1]])
    assert found.distance[-1] < 1e-3 * found.distance[0]
    assert end < 0.01 * start
    assert np.array_equal(found.image, found.snapshots[-1])
    assert found.snapshots.shape == (6, 6, 6, 1)
    assert found.distance.shape == (200,)


def test_images_of_a_batch_come_out_too_each_with_its_class(convolutional):
    both, labels = np.concatenate([image(), image(seed=1)]), np.array([1, 3])
    gradient = convolutional.gradient(convolutional.weights(), both, labels)
    found = match_gradient(convolutional.model, gradient, labels, steps=300)
    assert found.image.shape == both.shape
    assert found.snapshots.shape == (6, *both.shape)
    start, end = (np.mean((look - both) ** 2) for look in found.snapshots[[0, -1]])
    assert end < 0.1 * start


def test_an_attacker_who_knows_the_clipping_is_not_stopped_by_it(convolutional):
    gradient = convolutional.gradient(convolutional.weights(), image(), np.array([1]))
    clipped = clip_update(gradient, 0.1)
    assert np.abs(clipped[-1]).max() < 0.5 * np.abs(gradient[-1]).max()
    unaware, aware = (
        np.mean((match_gradient(convolutional.model, clipped, 1, 200, clip=clip).image - image()[0]) ** 2)
        for clip in (None, 0.1)
    )
    assert aware < 0.1 * unaware


def test_several_local_steps_hide_nothing_from_an_attacker_who_imitates_them(convolutional):
    training, start = LocalTraining(2, None, 1.0, proximal=0.1), convolutional.weights()
    trained = convolutional.train(start, image(), np.array([1]), training)
    report = [(old - new) / 2 for old, new in zip(start, trained, strict=True)]
    naive, aware = (
        match_gradient(convolutional.model, report, 1, 100, training=imitated)
        for imitated in (None, training)
    )
    assert aware.distance[-1] < 1e-3 * naive.distance[-1]
    errors = [np.mean((found.image - image()[0]) ** 2) for found in (naive, aware)]
    assert errors[1] < 0.1 * errors[0]


def test_steps_on_unknown_batches_cannot_be_imitated(convolutional):
    gradient = convolutional.gradient(convolutional.weights(), image(), np.array([1]))
    with pytest.raises(InputError, match="full batches"):
        match_gradient(convolutional.model, gradient, 1, training=LocalTraining(2, 5))


def test_noise_on_the_gradient_keeps_the_image_hidden(convolutional):
    gradient = convolutional.gradient(convolutional.weights(), image(), np.array([1]))
    rng = np.random.default_rng(0)
    noisy = [part + rng.normal(0, 1, part.shape).astype("float32") for part in gradient]
    found = match_gradient(convolutional.model, noisy, 1, steps=200)
    assert np.mean((found.image - image()[0]) ** 2) > 0.03


def test_the_attack_does_not_change_the_model(convolutional):
    before = convolutional.weights()
    gradient = convolutional.gradient(before, image(), np.array([1]))
    match_gradient(convolutional.model, gradient, 1, steps=2, looks=2)
    assert all(np.array_equal(a, b) for a, b in zip(convolutional.weights(), before, strict=True))


def test_a_gradient_of_another_model_is_refused(convolutional):
    with pytest.raises(InputError, match="trainable variables"):
        match_gradient(convolutional.model, [np.ones(3)], 1)


@pytest.mark.parametrize("settings", [{"steps": 0}, {"looks": 1}, {"clip": 0}])
def test_settings_out_of_range_are_refused(convolutional, settings):
    gradient = convolutional.gradient(convolutional.weights(), image(), np.array([1]))
    with pytest.raises(InputError, match="must be"):
        match_gradient(convolutional.model, gradient, 1, **settings)
