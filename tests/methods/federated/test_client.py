import keras
import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.federated import LocalTrainer, LocalTraining, client, weighted_average
from coursekit.training import set_seed

layers = keras.layers


def images_and_labels(n, seed=0):
    """Draw noise with a bright row, whose place is the class."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    images = rng.uniform(0, 0.3, (n, 4, 4, 1)).astype("float32")
    images[np.arange(n), labels] += 0.6
    return images, labels


def softmax_regression():
    return keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3)])


@pytest.fixture(scope="module")
def trainer():
    set_seed(0)
    return LocalTrainer(softmax_regression())


def by_hand(weights, images, labels, rate, proximal=0.0, steps=1, batches=None):
    """Softmax regression in float64, full batches unless said."""
    kernel, bias = (np.asarray(part, "float64") for part in weights)
    start = kernel, bias
    for _ in range(steps):
        flat = images.reshape(len(images), -1).astype("float64")
        logits = flat @ kernel + bias
        error = np.exp(logits - logits.max(1, keepdims=True))
        error = error / error.sum(1, keepdims=True) - np.eye(3)[labels]
        gradients = flat.T @ error / len(images), error.mean(0)
        kernel = kernel - rate * (gradients[0] + proximal * (kernel - start[0]))
        bias = bias - rate * (gradients[1] + proximal * (bias - start[1]))
    return kernel, bias


@pytest.mark.parametrize("n", [1, 5, 8])
@pytest.mark.parametrize("proximal", [0.0, 2.0])
def test_steps_with_all_images_are_those_by_hand(trainer, n, proximal):
    images, labels = images_and_labels(n)
    training = LocalTraining(epochs=3, batch_size=None, rate=0.2, proximal=proximal)
    trained = trainer.train(trainer.weights(), images, labels, training)
    expected = by_hand(trainer.weights(), images, labels, 0.2, proximal, steps=3)
    for mine, hand in zip(trained, expected, strict=True):
        assert np.abs(mine - hand).max() < 1e-6  # float32 against float64


def test_every_image_is_used_once_an_epoch_also_in_a_last_batch_that_is_not_full(trainer):
    """With a tiny rate all steps are taken at the same weights: the batches' means add up."""
    images, labels = images_and_labels(7)
    start, rate = trainer.weights(), 1e-2
    trained = trainer.train(start, images, labels, LocalTraining(1, 7, rate))
    assert np.abs(trained[0] - by_hand(start, images, labels, rate)[0]).max() < 1e-6
    one = trainer.train(start, images, labels, LocalTraining(1, 1, rate / 7))
    # Seven steps of a seventh; the weights move a little on the way.
    assert np.abs(one[0] - trained[0]).max() < 0.02 * np.abs(trained[0] - start[0]).max()


def test_the_gradient_is_the_step_over_the_rate(trainer):
    images, labels = images_and_labels(11)
    start = trainer.weights()
    gradient = trainer.gradient(start, images, labels)
    expected = by_hand(start, images, labels, 1.0)
    for part, old, new in zip(gradient, start, expected, strict=True):
        assert np.abs(part - (old - new)).max() < 1e-6


def test_fed_sgd_is_one_central_step(trainer):
    images, labels = images_and_labels(60)
    parts = np.split(np.arange(60), [3, 10, 35])
    start, step = trainer.weights(), LocalTraining(1, None, 0.5)
    central = trainer.train(start, images, labels, step)
    reports = [(trainer.train(start, images[part], labels[part], step), len(part)) for part in parts]
    unweighted = weighted_average((weights, 1) for weights, _ in reports)
    for together, alone in zip(weighted_average(reports), central, strict=True):
        assert np.abs(together - alone).max() < 1e-6
    assert max(np.abs(a - b).max() for a, b in zip(unweighted, central, strict=True)) > 1e-3


def test_the_seed_decides_the_order_and_nothing_else_does(trainer):
    images, labels = images_and_labels(20)
    start, training = trainer.weights(), LocalTraining(2, 3, 0.5)
    first, again, other = (
        trainer.train(start, images, labels, training, seed) for seed in ([0, 1, 2], [0, 1, 2], [0, 1, 3])
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_neither_the_model_nor_the_weights_sent_are_changed(trainer):
    images, labels = images_and_labels(6)
    before, sent = trainer.weights(), [part + 1 for part in trainer.weights()]
    kept = [part.copy() for part in sent]
    trainer.train(sent, images, labels, LocalTraining(2, 2, 0.5))
    assert all(np.array_equal(a, b) for a, b in zip(sent, kept, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(trainer.weights(), before, strict=True))


def test_fed_prox_holds_a_client_near_what_it_was_sent(trainer):
    images, labels = images_and_labels(12)
    start = trainer.weights()
    moved = [
        np.linalg.norm(
            trainer.train(start, images, labels, LocalTraining(20, 4, 0.3, proximal))[0] - start[0]
        )
        for proximal in (0, 0.5, 2)
    ]
    assert moved[0] > moved[1] > moved[2]


def test_training_teaches(trainer):
    images, labels = images_and_labels(40)
    trained = trainer.train(trainer.weights(), images, labels, LocalTraining(20, 10, 0.5))
    assert trainer.accuracy(trained, *images_and_labels(200, seed=1)) > 0.95


def test_accuracy_counts_what_is_right(trainer):
    images, _ = images_and_labels(8)
    guessed = trainer.logits(trainer.weights(), images).argmax(1)
    assert trainer.accuracy(trainer.weights(), images, guessed) == 1
    guessed[:2] = (guessed[:2] + 1) % 3
    assert trainer.accuracy(trainer.weights(), images, guessed) == 0.75


def test_clients_of_all_sizes_share_one_program(trainer, monkeypatch):
    shapes = set()
    compiled = trainer._some_steps

    def noted(*arguments):
        shapes.add(tuple(np.shape(part) for part in keras.tree.flatten(arguments)))
        return compiled(*arguments)

    monkeypatch.setattr(trainer, "_some_steps", noted)
    for n in (1, 7, 20, 64, 300):
        trainer.train(trainer.weights(), *images_and_labels(n), LocalTraining(1, 8, 0.1))
    assert len(shapes) == 1


@pytest.mark.parametrize("limit", ["STEPS_AT_ONCE", "NUMBERS_AT_ONCE"])
def test_steps_taken_in_several_calls_are_the_same_steps(trainer, monkeypatch, limit):
    images, labels = images_and_labels(23)
    training = LocalTraining(3, 4, 0.3, proximal=0.5)
    whole = trainer.train(trainer.weights(), images, labels, training)
    monkeypatch.setattr(client, limit, {"STEPS_AT_ONCE": 5, "NUMBERS_AT_ONCE": 5 * 4 * 16}[limit])
    pieces = trainer.train(trainer.weights(), images, labels, training)
    for a, b in zip(whole, pieces, strict=True):
        assert np.abs(a - b).max() < 1e-6


def test_moving_statistics_move_and_can_be_told_from_trained_weights():
    set_seed(0)
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.BatchNormalization(momentum=0.5), layers.Flatten(), layers.Dense(3)]
    )
    trainer = LocalTrainer(model)
    images, labels = images_and_labels(8)
    start = trainer.weights()
    assert trainer.moving_statistics() == [False, False, True, True, False, False]
    trained = trainer.train(start, images, labels, LocalTraining(1, None, 0.1))
    assert trained[2] == pytest.approx(0.5 * images.mean(), rel=1e-4)
    assert trained[3] == pytest.approx(0.5 + 0.5 * images.var(), rel=1e-4)


def test_padding_brings_no_stranger_into_the_statistics():
    """Five images fill a batch of eight with themselves again: the mean stays within their range."""
    set_seed(0)
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.BatchNormalization(momentum=0.0), layers.Flatten(), layers.Dense(3)]
    )
    trainer = LocalTrainer(model)
    images = np.full((5, 4, 4, 1), 0.7, "float32")
    trained = trainer.train(trainer.weights(), images, np.zeros(5, int), LocalTraining(1, 8, 0.1))
    assert trained[2] == pytest.approx(0.7, rel=1e-5)
    assert trained[3] == pytest.approx(0, abs=1e-6)


def test_dropout_is_on_and_obeys_the_seed():
    set_seed(0)
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dropout(0.5), layers.Dense(3)])
    trainer = LocalTrainer(model)
    images, labels = images_and_labels(8)
    first, again, other = (
        trainer.train(trainer.weights(), images, labels, LocalTraining(1, None, 0.1), seed)
        for seed in (0, 0, 1)
    )
    assert np.array_equal(first[0], again[0])
    assert np.abs(first[0] - other[0]).max() > 1e-4
    assert len(first) == len(model.weights) == 2


def test_weight_decay_of_a_layer_counts():
    set_seed(0)
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Flatten(),
            layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.5)),
        ]
    )
    trainer = LocalTrainer(model)
    images, labels = images_and_labels(8)
    start = trainer.weights()
    gradient = trainer.gradient(start, images, labels)
    expected = start[0] - by_hand(start, images, labels, 1.0)[0] + start[0]
    assert np.abs(gradient[0] - expected).max() < 1e-6


@pytest.mark.parametrize(
    "settings", [{"epochs": 0}, {"batch_size": 0}, {"rate": 0}, {"proximal": -1}, {"rate": float("nan")}]
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(InputError):
        LocalTraining(**settings)


def test_data_and_weights_that_do_not_fit_are_refused(trainer):
    images, labels = images_and_labels(4)
    with pytest.raises(InputError, match="at least one"):
        trainer.train(trainer.weights(), images[:0], labels[:0], LocalTraining())
    with pytest.raises(InputError, match="class for each"):
        trainer.train(trainer.weights(), images, labels[:3], LocalTraining())
    with pytest.raises(InputError, match="same model"):
        trainer.train(trainer.weights()[:1], images, labels, LocalTraining())
