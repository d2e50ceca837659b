"""Train two small networks against each other from fixed weights, and save what comes out.

Run by test_steps.py on both backends: `python two_players.py FILE.npz`. Every number that goes in comes from
NumPy.
"""

import sys

import keras
import numpy as np

from coursekit.training import make_step


def weights(model, rng):
    model.set_weights([np.abs(rng.normal(0.3, 0.2, w.shape)) for w in model.get_weights()])


def play():
    rng = np.random.default_rng(0)
    forger = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(8, "tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(2),
        ]
    )
    critic = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(8, "tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1),
        ]
    )
    weights(forger, rng)
    weights(critic, rng)
    judge = keras.losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = np.ones((16, 1), "float32"), np.zeros((16, 1), "float32")

    def critic_loss(real, z):
        return judge(ones, critic(real, training=True)) + judge(zeros, critic(forger(z), training=True))

    def forger_loss(z):
        return judge(ones, critic(forger(z, training=True)))

    train_critic = make_step(
        critic_loss, critic.trainable_variables, keras.optimizers.Adam(0.01, epsilon=1e-3)
    )
    train_forger = make_step(forger_loss, forger.trainable_variables, keras.optimizers.SGD(0.1, momentum=0.9))
    losses = []
    for _ in range(5):
        real, z = rng.normal(1, 1, (16, 2)), rng.normal(0, 1, (16, 3))
        losses += [float(train_critic(real, z)), float(train_forger(z))]
    return {
        "losses": np.array(losses),
        **{f"forger{i}": w for i, w in enumerate(forger.get_weights())},
        **{f"critic{i}": w for i, w in enumerate(critic.get_weights())},
    }


if __name__ == "__main__":
    np.savez(sys.argv[1], **play())
