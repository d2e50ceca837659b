import keras
import numpy as np
import pytest

from coursekit.data import dirichlet_clients, iid_clients
from coursekit.errors import InputError
from coursekit.methods.federated import (
    Absence,
    ClientImages,
    LocalTrainer,
    LocalTraining,
    RoundRules,
    by_rules,
    client_seed,
    everyone,
    poisson,
    private_average,
    train_federated,
    weighted_average,
)
from coursekit.training import set_seed

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, 120)
IMAGES = RNG.uniform(0, 0.3, (120, 4, 4, 1)).astype("float32")
IMAGES[np.arange(120), LABELS] += 0.6


@pytest.fixture(scope="module")
def trainer():
    set_seed(0)
    layers = keras.layers
    return LocalTrainer(keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3)]))


def data(n_clients=6):
    return ClientImages(IMAGES, LABELS, iid_clients(len(LABELS), n_clients))


def test_a_round_is_what_the_parts_do_by_hand(trainer):
    clients = ClientImages(IMAGES, LABELS, dirichlet_clients(LABELS, 4, alpha=0.5))
    training = LocalTraining(2, 5, 0.3)
    history = train_federated(trainer, clients, everyone(4), 2, training, seed=7)
    weights = trainer.weights()
    for number in range(2):
        weights = weighted_average(
            (trainer.train(weights, *clients[k], training, client_seed(7, number, k)), len(clients[k][1]))
            for k in range(4)
        )
    for mine, hand in zip(history.weights, weights, strict=True):
        assert np.array_equal(mine, hand)


def test_the_score_rises_and_is_told_for_each_round(trainer):
    history = train_federated(
        trainer,
        data(),
        everyone(6),
        8,
        LocalTraining(2, 5, 0.3),
        evaluate=lambda weights: trainer.accuracy(weights, IMAGES, LABELS),
    )
    assert history.scores.shape == history.seconds.shape == (8,)
    assert len(history.records) == 8
    assert history.scores[-1] > 0.95


def test_it_can_go_on_from_weights(trainer):
    training = LocalTraining(1, None, 0.3)
    whole = train_federated(trainer, data(), everyone(6), 2, training)
    half = train_federated(trainer, data(), everyone(6), 1, training)
    rest = train_federated(trainer, data(), everyone(6), 1, training, half.weights)
    # In full batches the order of the images shows in the last bits alone.
    for a, b in zip(whole.weights, rest.weights, strict=True):
        assert np.abs(a - b).max() < 1e-6


def test_only_those_who_report_are_asked_for_their_images(trainer):
    asked = []

    class Watched(ClientImages):
        def __getitem__(self, client):
            asked.append(client)
            return super().__getitem__(client)

    clients = Watched(IMAGES, LABELS, iid_clients(len(LABELS), 60))
    history = train_federated(trainer, clients, by_rules(60, RoundRules(5)), 3, LocalTraining())
    assert asked == [client for record in history.records for client in record.reporting]
    assert len(asked) == 15


def test_one_report_at_a_time_is_in_memory(trainer):
    order = []

    class Watched(ClientImages):
        def __getitem__(self, client):
            order.append("read")
            return super().__getitem__(client)

    def combine(weights, updates):
        for _ in updates:
            order.append("combined")
        return weights

    clients = Watched(IMAGES, LABELS, iid_clients(len(LABELS), 3))
    train_federated(trainer, clients, everyone(3), 1, LocalTraining(), combine=combine)
    assert order == ["read", "combined"] * 3


def test_an_abandoned_round_leaves_the_weights_as_they_were(trainer):
    history = train_federated(trainer, data(), everyone(6, Absence(1)), 2, LocalTraining())
    for mine, start in zip(history.weights, trainer.weights(), strict=True):
        assert np.array_equal(mine, start)
    assert not any(record.committed for record in history.records)


def test_absentees_leave_no_trace(trainer):
    """Clients that never report may as well not exist."""
    training = LocalTraining(1, None, 0.3)
    silent = train_federated(trainer, data(), everyone(6, Absence(1, (4, 5))), 2, training)
    fewer = ClientImages(IMAGES, LABELS, data().clients[:4])
    present = train_federated(trainer, fewer, everyone(4), 2, training)
    for a, b in zip(silent.weights, present.weights, strict=True):
        assert np.abs(a - b).max() < 1e-6


def test_a_private_round_without_clients_still_adds_noise(trainer):
    combine = private_average(clip=1, noise=1, expected=3)
    history = train_federated(trainer, data(), poisson(6, 0.0), 1, LocalTraining(), combine=combine)
    assert np.abs(history.weights[0] - trainer.weights()[0]).min() > 0


def test_the_same_seed_gives_the_same_weights_and_another_others(trainer):
    first, again, other = (
        train_federated(trainer, data(), by_rules(6, RoundRules(3)), 2, LocalTraining(), seed=seed)
        for seed in (0, 0, 1)
    )
    assert np.array_equal(first.weights[0], again.weights[0])
    assert not np.array_equal(first.weights[0], other.weights[0])


def test_no_round_is_not_a_training(trainer):
    with pytest.raises(InputError, match="rounds"):
        train_federated(trainer, data(), everyone(6), 0, LocalTraining())
