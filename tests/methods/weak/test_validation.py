import keras
import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.weak import CleanValidation, choose_threshold, image_f1, object_probability


def logits_of(probability):
    return np.stack([np.log(1 - probability), np.log(probability)], axis=-1)


def test_the_probability_is_the_softmax_of_the_object():
    probability = np.random.default_rng(0).uniform(0.01, 0.99, (2, 4, 4))
    identity = keras.Sequential([keras.Input((4, 4, 2)), keras.layers.Activation("linear")])
    # The network gives float32.
    assert np.allclose(object_probability(identity, logits_of(probability)), probability, atol=1e-6)


def test_images_are_scored_one_by_one():
    truth = np.zeros((3, 2, 2, 1))
    truth[0, 0], truth[1, 0] = 1, 1
    found = np.zeros((3, 2, 2))
    found[0, 0], found[1, :, 0] = 0.9, 0.9
    assert image_f1(truth, found).tolist() == [1.0, 0.5, 1.0]
    assert image_f1(truth, found, threshold=0.95).tolist() == [0.0, 0.0, 1.0]


def test_masks_of_another_size_are_refused():
    with pytest.raises(InputError, match="alike"):
        image_f1(np.zeros((2, 4, 4, 1)), np.zeros((2, 4, 5)))


def test_the_threshold_chosen_undoes_probabilities_that_are_half_of_what_they_should_be():
    truth = np.zeros((2, 4, 4, 1))
    truth[:, :2] = 1
    halved = np.where(truth[..., 0] == 1, 0.45, 0.05)
    assert image_f1(truth, halved).mean() == 0
    chosen = choose_threshold(truth, halved)
    assert image_f1(truth, halved, chosen).mean() == 1
    assert chosen == 0.44  # all from 0.05 are as good: the nearest to 0.5


def test_where_every_threshold_is_as_good_a_half_is_chosen():
    truth = np.zeros((1, 2, 2, 1))
    assert choose_threshold(truth, np.zeros((1, 2, 2))) == 0.5


def test_the_weights_of_the_best_epoch_are_kept_and_the_last_ones_left_in_place():
    masks = np.zeros((1, 2, 2, 1))
    masks[0, 0] = 1
    images = np.repeat(masks, 2, axis=-1)
    network = keras.Sequential([keras.Input((2, 2, 2)), keras.layers.Conv2D(2, 1)])
    validation = CleanValidation(images, masks)
    validation.set_model(network)
    kernel = np.array([[[[0.0, 1.0], [0.0, 0.0]]]])
    # Marks found, everything found, nothing found, marks found again.
    steps = [(kernel, [0.5, 0]), (kernel, [-1, 0]), (kernel, [2, 0]), (2 * kernel, [0.5, 0])]
    for epoch, (weights, bias) in enumerate(steps):
        network.set_weights([weights, np.array(bias)])
        validation.on_epoch_end(epoch)
    assert validation.f1 == pytest.approx([1, 2 / 3, 0, 1])
    assert validation.best_epoch == 1  # of equal ones the first
    assert (validation.best_weights[0] == kernel).all()
    assert (network.get_weights()[0] == 2 * kernel).all()
