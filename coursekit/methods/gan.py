"""Generative adversarial networks: a generator and a discriminator that learn from each other."""

from pathlib import Path

import keras
import numpy as np

from coursekit.errors import InputError
from coursekit.methods.adversarial_game import Game, GanHistory, check_images
from coursekit.training.checkpoint import Checkpoint, fingerprint
from coursekit.training.steps import Tensor

REAL, FAKE = (0.9, 1.0), (0.0, 0.1)
"""Targets are drawn from these ranges instead of being 1 and 0: a discriminator that is never quite
sure goes on giving gradients."""


def train_gan(
    generator: keras.Model,
    discriminator: keras.Model,
    images: np.ndarray,
    steps: int,
    batch_size: int = 16,
    rate: float = 2e-4,
    momentum: float = 0.5,
    seed: int = 0,
    mixed_batches: bool = False,
    checkpoint: Path | None = None,
) -> GanHistory:
    """Train a generator and a discriminator against each other, one step each in turn.

    The generator minimises -log D(G(z)) rather than log(1 - D(G(z))), whose gradient fades just when the
    discriminator is winning. Real and drawn images go through the discriminator in batches of their own, so
    that batch normalisation can't tell them apart by their mixture.

    Args:
        generator: from (n, latent) to images (n, h, w, c) in [-1, 1].
        discriminator: from such images to one logit each, (n, 1).
        images: (n, h, w, c) in [0, 1], without labels; scaled to [-1, 1] here.
        steps: how many times each of the two learns.
        batch_size: images in a step.
        rate: learning rate of both optimisers (Adam).
        momentum: beta_1 of both; 0.9 makes the two networks chase each other in circles.
        seed: decides which images and latent vectors are drawn. The networks' weights don't depend on it.
        mixed_batches: put real and drawn images into one batch when the discriminator learns: a mistake, with
            batch normalisation, that is worth seeing once.
        checkpoint: file (.npz) that keeps the state of the training every 100 steps and at its end. If it
            exists, the training goes on from there, up to `steps` in all.

    Returns:
        Losses and probabilities of each step. Both networks are trained in place.

    Raises:
        InputError: if images aren't in [0, 1] or don't fit the discriminator.
        CourseError: if the training diverges, or the checkpoint is of another one.

    Source: Goodfellow et al., NeurIPS 2014, arXiv:1406.2661; rate and momentum of Radford et al., ICLR 2016,
    arXiv:1511.06434; soft targets as in Majurski et al., CVPRW 2019 (which uses a rate of 1e-5).
    """
    check_images(images, discriminator.input_shape)
    latent_size = generator.input_shape[1]
    rng = np.random.default_rng(seed)
    noise = keras.random.SeedGenerator(seed)
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    def targets(low: float, high: float) -> Tensor:
        return keras.random.uniform((batch_size, 1), low, high, seed=noise)

    def draw() -> Tensor:
        return generator(keras.random.normal((batch_size, latent_size), seed=noise), training=True)

    def discriminator_loss(real: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if mixed_batches:
            both = discriminator(keras.ops.concatenate([real, draw()]), training=True)
            on_real, on_drawn = both[:batch_size], both[batch_size:]
        else:
            on_real = discriminator(real, training=True)
            on_drawn = discriminator(draw(), training=True)
        loss = cross_entropy(targets(*REAL), on_real) + cross_entropy(targets(*FAKE), on_drawn)
        return loss, on_real, on_drawn

    def generator_loss(real: Tensor) -> Tensor:
        return cross_entropy(targets(*REAL), discriminator(draw(), training=True))

    def batch() -> tuple[np.ndarray, ...]:
        return (images[rng.choice(len(images), batch_size, replace=len(images) < batch_size)] * 2 - 1,)

    game = Game(generator, discriminator, generator_loss, discriminator_loss, rate, momentum)
    state = None
    if checkpoint is not None:
        settings = {
            "images": fingerprint(images),
            "batch_size": batch_size,
            "rate": rate,
            "momentum": momentum,
            "seed": seed,
            "mixed_batches": mixed_batches,
        }
        state = Checkpoint(checkpoint, settings, [*game.variables, noise.state], rng)
    return game.play(batch, steps, state)


def draw_images(generator: keras.Model, n: int, seed: int = 0) -> np.ndarray:
    """Draw images with a trained generator.

    Args:
        generator: from (n, latent) to images in [-1, 1].
        n: how many.
        seed: decides the latent vectors, from N(0, 1). Image i doesn't depend on n.

    Returns:
        (n, h, w, c) float32 in [0, 1].
    """
    latent = np.random.default_rng(seed).normal(size=(n, generator.input_shape[1])).astype("float32")
    return (generator.predict(latent, batch_size=64, verbose=0) + 1) / 2


def discriminator_features(discriminator: keras.Model, images: np.ndarray, grid: int = 4) -> np.ndarray:
    """Describe images by what the convolutions of a discriminator say about them.

    Args:
        discriminator: its convolutions are called conv1, conv2, …, as those of `dcgan_discriminator`.
        images: (n, h, w, c) in [0, 1].
        grid: each map is cut into about grid × grid parts, and the largest value of each part is kept. A map
            with fewer rows or columns is kept as it is.

    Returns:
        (n, k) float32, the features of all convolutions side by side, for a linear classifier.

    Raises:
        InputError: if images aren't in [0, 1] or don't fit, or no layer is a convolution.

    Source: Radford, Metz, Chintala, ICLR 2016, arXiv:1511.06434.
    """
    check_images(images, discriminator.input_shape)
    maps = [layer.output for layer in discriminator.layers if isinstance(layer, keras.layers.Conv2D)]
    if not maps:
        raise InputError(f"{discriminator.name!r} has no convolution to take features from.")
    kept = []
    for found in maps:
        size = tuple(max(1, -(-side // grid)) for side in found.shape[1:3])
        kept.append(keras.layers.Flatten()(keras.layers.MaxPooling2D(size, padding="same")(found)))
    describe = keras.Model(
        discriminator.input, keras.layers.Concatenate()(kept) if len(kept) > 1 else kept[0]
    )
    return describe.predict(images * 2 - 1, batch_size=64, verbose=0)
