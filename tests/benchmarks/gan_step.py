"""What a step of `train_gan` costs: `python tests/benchmarks/gan_step.py [STEPS]`, on TensorFlow.

The same DCGAN learns in three ways: by `train_gan`, by the same two updates written by hand with
`tf.GradientTape` in one `tf.function`, and by these with the losses and probabilities of each step read back,
as `train_gan` does for its history and its watch on divergence. They take turns in blocks of steps, so that
whatever else the machine does hits all of them; medians of the blocks are compared.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from coursekit.data import load
from coursekit.methods import gan
from coursekit.methods.adversarial_game import Game
from coursekit.models import dcgan_discriminator, dcgan_generator
from coursekit.training import set_seed

BATCH, BLOCK, RATE, MOMENTUM = 64, 50, 1e-3, 0.5


def players() -> tuple[keras.Model, keras.Model]:
    """New networks, always the same."""
    set_seed(0)
    return dcgan_generator((28, 28, 1)), dcgan_discriminator((28, 28, 1))


def ours(images: np.ndarray) -> Callable[[], float]:
    """Seconds of a block of `train_gan`: the game that it plays is caught, and goes on in blocks."""
    caught = []
    play = Game.play

    def catch(self, batch, steps, checkpoint=None):
        caught.append((self, batch))
        return play(self, batch, steps, checkpoint)

    Game.play = catch
    try:
        gan.train_gan(*players(), images, 2, BATCH, RATE, MOMENTUM)
    finally:
        Game.play = play
    game, batch = caught[0]
    return lambda: timed(lambda: game.play(batch, BLOCK))


def by_hand(images: np.ndarray, read: bool) -> Callable[[], float]:
    """Seconds of a block of the same step, written for TensorFlow."""
    generator, discriminator = players()
    optimizers = [keras.optimizers.Adam(RATE, beta_1=MOMENTUM) for _ in range(2)]
    for optimizer, model in zip(optimizers, (discriminator, generator), strict=True):
        optimizer.build(model.trainable_variables)
    noise = tf.random.Generator.from_seed(0)
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    rng = np.random.default_rng(0)

    @tf.function(autograph=False)
    def step(real: tf.Tensor) -> tuple[tf.Tensor, ...]:
        with tf.GradientTape() as tape:
            on_real = discriminator(real, training=True)
            drawn = generator(noise.normal((BATCH, 32)), training=True)
            on_drawn = discriminator(drawn, training=True)
            d_loss = cross_entropy(noise.uniform((BATCH, 1), *gan.REAL), on_real)
            d_loss += cross_entropy(noise.uniform((BATCH, 1), *gan.FAKE), on_drawn)
        weights = discriminator.trainable_variables
        optimizers[0].apply(tape.gradient(d_loss, [w.value for w in weights]), weights)
        with tf.GradientTape() as tape:
            logits = discriminator(generator(noise.normal((BATCH, 32)), training=True), training=True)
            g_loss = cross_entropy(noise.uniform((BATCH, 1), *gan.REAL), logits)
        weights = generator.trainable_variables
        optimizers[1].apply(tape.gradient(g_loss, [w.value for w in weights]), weights)
        return g_loss, d_loss, tf.reduce_mean(tf.sigmoid(on_real)), tf.reduce_mean(tf.sigmoid(on_drawn))

    def block() -> None:
        for _ in range(BLOCK):
            found = step(tf.constant(images[rng.choice(len(images), BATCH, replace=False)] * 2 - 1))
            if read:
                [float(value) for value in found]
        [float(value) for value in found]

    block()
    return lambda: timed(block)


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(steps: int) -> None:
    """Print milliseconds a step, and ratios."""
    images = load("glyphs", n=1000, seed=1, alphabet="digits").images
    arms = {
        "train_gan": ours(images),
        "by hand": by_hand(images, read=False),
        "by hand, losses read in each step": by_hand(images, read=True),
    }
    seconds: dict[str, list[float]] = {name: [] for name in arms}
    for number in range(steps // BLOCK):
        order = list(arms) if number % 2 else list(arms)[::-1]
        for name in order:
            seconds[name].append(arms[name]() / BLOCK)
    for name, found in seconds.items():
        ratios = [mine / theirs for mine, theirs in zip(seconds["train_gan"], found, strict=True)]
        print(
            f"{name}: {statistics.median(found) * 1000:.2f} ms a step, "
            f"train_gan takes {statistics.median(ratios):.3f} times as long (median of {len(ratios)} blocks)"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
