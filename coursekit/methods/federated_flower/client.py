"""The app that Flower runs at a client, in a new process for each message.

The same training as in one process: `LocalTrainer` and `client_seed`. Nothing is kept between messages.
"""

from pathlib import Path

import keras
import numpy as np
from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from coursekit.methods.federated.client import LocalTrainer, LocalTraining, client_seed
from coursekit.methods.federated.strategy import ClientUpdate
from coursekit.methods.federated_flower.messages import pack_update, unpack_task
from coursekit.training.seeds import set_seed

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    """Train on this machine's images, and report the weights and the number of images.

    Args:
        message: holds a task.
        context: its node_config names under "images" the file of this machine: arrays `images`
            (n, h, w, c) float32 and `labels` (n,), as from `numpy.savez`.

    Returns:
        The reply.
    """
    task = unpack_task(message.content)
    with np.load(Path(str(context.node_config["images"]))) as stored:
        images, labels = stored["images"], stored["labels"]
    # In one process, lessons ask for operations that give the same bits each time; so must this one.
    set_seed(task.seed)
    trainer = LocalTrainer(keras.models.model_from_json(task.model))
    seed = client_seed(task.seed, task.number, task.client)
    print(f"round {task.number}: client {task.client} trains on {len(labels)} images", flush=True)
    weights = trainer.train(task.weights, images, labels, LocalTraining(**task.training), seed)
    return Message(pack_update(ClientUpdate(weights, len(labels))), reply_to=message)
