"""Paint images over masks, to get more pairs of both than anyone has annotated."""

from pathlib import Path

import keras
import numpy as np

from coursekit.errors import InputError
from coursekit.methods.adversarial_game import Game, GanHistory, check_images
from coursekit.training.checkpoint import Checkpoint, fingerprint
from coursekit.training.steps import Tensor


def train_mask_to_image(
    generator: keras.Model,
    discriminator: keras.Model,
    images: np.ndarray,
    masks: np.ndarray,
    steps: int,
    batch_size: int = 8,
    rate: float = 1e-3,
    likeness: float = 10.0,
    wrong_pairs: bool = False,
    seed: int = 0,
    checkpoint: Path | None = None,
) -> GanHistory:
    """Train a generator to paint images over masks, against a discriminator that sees both.

    The generator minimises -log D(m, G(m)) + likeness · |x - G(m)|, means over patches and pixels. The
    discriminator learns real pairs (m, x) from painted ones (m, G(m)).

    Args:
        generator: from masks and noise to images in [-1, 1], as `pix2pix_generator`.
        discriminator: from masks and such images to logits, as `patch_discriminator`.
        images: (n, h, w, c) in [0, 1] of annotated pairs for training, never of a test set; scaled to [-1, 1]
            here.
        masks: (n, h, w, k) in {0, 1}.
        steps: how many times each of the two learns.
        batch_size: pairs in a step.
        rate: learning rate of both optimisers (Adam, beta_1 0.5).
        likeness: weight of the mean absolute difference to the real image, in units of [-1, 1].
        wrong_pairs: give half of the weight that painted pairs have to real images beside the mask of another
            one. Without them the discriminator meets no real image that does not fit its mask, and its
            logits tell less of it (see `importance_weights`).
        seed: decides which pairs and which noise are drawn.
        checkpoint: as for `train_gan`.

    Returns:
        Losses of each step and mean probabilities "real" over patches. Both networks are trained in place.

    Raises:
        InputError: if images aren't in [0, 1], masks aren't 0 and 1, or shapes don't fit; with wrong pairs,
            if a batch holds one pair only.
        CourseError: if the training diverges, or the checkpoint is of another one.

    Source: Isola et al., CVPR 2017, arXiv:1611.07004; wrong pairs after Reed et al., ICML 2016,
    arXiv:1605.05396.
    """
    _check_pairs(discriminator, images, masks)
    if wrong_pairs and min(batch_size, len(images)) < 2:
        raise InputError(
            f"A wrong pair needs the mask of another image, and there are {len(images)} pairs in batches of "
            f"{batch_size}: take at least 2 of both."
        )
    rng = np.random.default_rng(seed)
    noise = keras.random.SeedGenerator(seed)
    softplus, mean = keras.ops.softplus, keras.ops.mean
    noise_shape = (batch_size, *generator.inputs[1].shape[1:])

    def painted(masks: Tensor) -> Tensor:
        return generator([masks, keras.random.normal(noise_shape, seed=noise)], training=True)

    def discriminator_loss(images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        on_real = discriminator([masks, images], training=True)
        on_painted = discriminator([masks, painted(masks)], training=True)
        refused = mean(softplus(on_painted))
        if wrong_pairs:
            on_wrong = discriminator([keras.ops.roll(masks, 1, axis=0), images], training=True)
            refused = (refused + mean(softplus(on_wrong))) / 2
        return mean(softplus(-on_real)) + refused, on_real, on_painted

    def generator_loss(images: Tensor, masks: Tensor) -> Tensor:
        painting = painted(masks)
        difference = mean(keras.ops.abs(images - painting))
        return mean(softplus(-discriminator([masks, painting], training=True))) + likeness * difference

    def batch() -> tuple[np.ndarray, ...]:
        chosen = rng.choice(len(images), batch_size, replace=len(images) < batch_size)
        return images[chosen] * 2 - 1, masks[chosen]

    game = Game(generator, discriminator, generator_loss, discriminator_loss, rate, momentum=0.5)
    state = None
    if checkpoint is not None:
        settings = {
            "images": fingerprint(images),
            "masks": fingerprint(masks),
            "batch_size": batch_size,
            "rate": rate,
            "likeness": likeness,
            "wrong_pairs": wrong_pairs,
            "seed": seed,
        }
        state = Checkpoint(checkpoint, settings, [*game.variables, noise.state], rng)
    return game.play(batch, steps, state)


def paint(generator: keras.Model, masks: np.ndarray, seed: int = 0) -> np.ndarray:
    """Paint an image over each mask.

    Args:
        generator: trained by `train_mask_to_image`.
        masks: (n, h, w, k) in {0, 1}.
        seed: decides the noise: another seed, other images over the same masks.

    Returns:
        (n, h, w, c) float32 in [0, 1].

    Raises:
        InputError: if the masks don't fit the generator.
    """
    masks = np.asarray(masks, "float32")
    wanted = tuple(generator.inputs[0].shape[1:])
    if masks.shape[1:] != wanted:
        raise InputError(f"The generator takes masks (n, {', '.join(map(str, wanted))}), got {masks.shape}.")
    shape = (len(masks), *generator.inputs[1].shape[1:])
    noise = np.random.default_rng(seed).normal(size=shape).astype("float32")
    return (generator.predict([masks, noise], batch_size=64, verbose=0) + 1) / 2


def pair_logits(discriminator: keras.Model, images: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Ask a discriminator how real pairs look, one number for each.

    Args:
        discriminator: trained by `train_mask_to_image`.
        images: (n, h, w, c) in [0, 1].
        masks: (n, h, w, k) in {0, 1}.

    Returns:
        (n,) float32, the mean of the logits of all patches: positive for real. For `importance_weights`.

    Raises:
        InputError: if images aren't in [0, 1], masks aren't 0 and 1, or shapes don't fit.
    """
    _check_pairs(discriminator, images, masks)
    pairs = [np.asarray(masks, "float32"), np.asarray(images, "float32") * 2 - 1]
    return discriminator.predict(pairs, batch_size=64, verbose=0).mean(axis=(1, 2, 3))


def _check_pairs(discriminator: keras.Model, images: np.ndarray, masks: np.ndarray) -> None:
    mask_shape, image_shape = (part.shape for part in discriminator.inputs)
    check_images(images, image_shape)
    if masks.shape != (len(images), *mask_shape[1:]):
        raise InputError(
            f"Beside {len(images)} images the discriminator takes masks of shape "
            f"{(len(images), *mask_shape[1:])}, got {masks.shape}."
        )
    if not np.isin(masks, (0, 1)).all():
        raise InputError(
            f"Masks must hold 0 and 1, got values from {masks.min():g} to {masks.max():g}: apply a threshold."
        )
