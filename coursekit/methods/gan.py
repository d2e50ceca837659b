"""Generative adversarial networks: a generator and a discriminator that learn from each other."""

from dataclasses import dataclass

import keras
import numpy as np

from coursekit.errors import InputError
from coursekit.training.steps import Tensor, make_step

REAL, FAKE = (0.9, 1.0), (0.0, 0.1)
"""Targets are drawn from these ranges instead of being 1 and 0: a discriminator that is never quite
sure goes on giving gradients."""


@dataclass(frozen=True)
class GanHistory:
    """How generator and discriminator got on.

    Attributes:
        generator_loss: (steps,) float32.
        discriminator_loss: (steps,) float32, sum over real and drawn images.
        real: (steps,) mean probability "real" that the discriminator gave to real images.
        drawn: (steps,) the same for drawn images. Both at 0.5: it can't tell. Far apart: it has won, and
            the generator gets little to learn from.
    """

    generator_loss: np.ndarray
    discriminator_loss: np.ndarray
    real: np.ndarray
    drawn: np.ndarray


def train_gan(
    generator: keras.Model,
    discriminator: keras.Model,
    images: np.ndarray,
    steps: int,
    batch_size: int = 16,
    rate: float = 2e-4,
    momentum: float = 0.5,
    seed: int = 0,
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

    Returns:
        Losses and probabilities of each step. Both networks are trained in place.

    Raises:
        InputError: if images aren't in [0, 1] or don't fit the discriminator.

    Source: Goodfellow et al., NeurIPS 2014, arXiv:1406.2661; rate and momentum of Radford et al., ICLR 2016,
    arXiv:1511.06434; soft targets as in Majurski et al., CVPRW 2019 (which uses a rate of 1e-5).
    """
    if tuple(images.shape[1:]) != tuple(discriminator.input_shape[1:]):
        raise InputError(
            f"The discriminator takes images of shape {tuple(discriminator.input_shape[1:])}, got "
            f"{tuple(images.shape[1:])}: build it for your images, or resize them."
        )
    if images.min() < 0 or images.max() > 1:
        raise InputError(
            f"Images must lie in [0, 1], got {images.min():g} to {images.max():g}: scale them first."
        )
    latent_size = generator.input_shape[1]
    rng = np.random.default_rng(seed)
    noise = keras.random.SeedGenerator(seed)
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    def targets(low: float, high: float) -> Tensor:
        return keras.random.uniform((batch_size, 1), low, high, seed=noise)

    def draw() -> Tensor:
        return generator(keras.random.normal((batch_size, latent_size), seed=noise), training=True)

    # What the discriminator thinks is written down on the way: the step itself returns the loss alone.
    opinion = keras.Variable([0.0, 0.0], trainable=False, name="opinion")

    def discriminator_loss(real: Tensor) -> Tensor:
        on_real = discriminator(real, training=True)
        on_drawn = discriminator(draw(), training=True)
        chances = [keras.ops.mean(keras.ops.sigmoid(logits)) for logits in (on_real, on_drawn)]
        opinion.assign(keras.ops.stack(chances))
        return cross_entropy(targets(*REAL), on_real) + cross_entropy(targets(*FAKE), on_drawn)

    def generator_loss() -> Tensor:
        return cross_entropy(targets(*REAL), discriminator(draw(), training=True))

    train_discriminator, train_generator = (
        make_step(loss, model.trainable_variables, keras.optimizers.Adam(rate, beta_1=momentum))
        for loss, model in ((discriminator_loss, discriminator), (generator_loss, generator))
    )
    rows = np.empty((steps, 4), "float32")
    for row in rows:
        real = images[rng.choice(len(images), batch_size, replace=len(images) < batch_size)] * 2 - 1
        loss = train_discriminator(real)
        row[:] = (train_generator(), loss, *keras.ops.convert_to_numpy(opinion))
    return GanHistory(*rows.T)
