"""The client's app, called as Flower calls it, without a network."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from coursekit.methods.federated import LocalTrainer, LocalTraining, client_seed
from coursekit.training import set_seed

pytestmark = pytest.mark.flower

TRAINING = {"epochs": 2, "batch_size": 4, "rate": 1 / 3, "proximal": 0.0}


def test_what_a_client_reports_is_what_the_engine_would_train(tmp_path, flower_process):
    from flwr.app import Message, MessageType

    from coursekit.methods.federated_flower.client import train
    from coursekit.methods.federated_flower.messages import Task, pack_task, unpack_update

    set_seed(0)
    # Twelve arrays of weights: "10" would come before "2" if Flower sorted their names.
    layers = [keras.layers.Dense(3) for _ in range(5)]
    model = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten(), *layers, keras.layers.Dense(2)])
    rng = np.random.default_rng(0)
    images, labels = rng.uniform(0, 1, (10, 2, 2, 1)).astype("float32"), rng.integers(0, 2, 10)
    np.savez(tmp_path / "images.npz", images=images, labels=labels)
    trainer = LocalTrainer(model)
    task = Task(trainer.weights(), model.to_json(), TRAINING, seed=7, number=3, client=2)

    message = Message(pack_task(task), 10, MessageType.TRAIN)
    message.metadata.__dict__["_message_id"] = "a message"
    reply = train(message, SimpleNamespace(node_config={"images": str(tmp_path / "images.npz")}))

    update = unpack_update(reply.content)
    assert reply.metadata.reply_to_message_id == "a message"
    assert update.size == 10
    expected = trainer.train(
        trainer.weights(), images, labels, LocalTraining(**TRAINING), client_seed(7, 3, 2)
    )
    assert len(expected) == 12
    for mine, theirs in zip(update.weights, expected, strict=True):
        assert np.array_equal(mine, theirs)
