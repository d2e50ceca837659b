"""Auto-encoders: plain, denoising and variational, each an encoder and a decoder that learn together.

The terms of the loss take NumPy arrays or tensors, and return tensors: training uses the same functions.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from coursekit.errors import InputError
from coursekit.training.divergence import check_finite, check_weights_finite
from coursekit.training.steps import Tensor, make_step


def squared_error(x: Tensor, y: Tensor) -> Tensor:
    """Add up what a reconstruction gets wrong: ‖x - y‖² of each image.

    Args:
        x: images (n, ...).
        y: their reconstructions, the same shape and type.

    Returns:
        (n,): sum over all pixels.
    """
    return keras.ops.sum(keras.ops.square(x - y), axis=tuple(range(1, len(x.shape))))


def kl_per_dimension(mu: Tensor, logvar: Tensor) -> Tensor:
    """Measure how far each dimension of each cloud is from N(0, 1): (μ² + σ² - log σ² - 1) / 2.

    Args:
        mu: means of the clouds (n, k).
        logvar: log σ², (n, k).

    Returns:
        (n, k) in nats, never negative. A dimension that stays near 0 for all images is not used: its code
        says nothing about the image.
    """
    return 0.5 * (keras.ops.square(mu) + keras.ops.exp(logvar) - logvar - 1)


def kl_to_standard_normal(mu: Tensor, logvar: Tensor) -> Tensor:
    """Measure how far each cloud is from N(0, I): the sum of `kl_per_dimension`.

    Arguments as for `kl_per_dimension`.

    Returns:
        (n,) in nats.
    """
    return keras.ops.sum(kl_per_dimension(mu, logvar), axis=1)


def reparameterise(mu: Tensor, logvar: Tensor, eps: Tensor) -> Tensor:
    """Draw a code from each cloud, z = μ + σ ε, so that gradients reach μ and σ.

    Args:
        mu: means of the clouds (n, k).
        logvar: log σ², (n, k).
        eps: numbers drawn from N(0, 1), (n, k), of the type of mu.

    Returns:
        (n, k).

    Source: Kingma & Welling, ICLR 2014, arXiv:1312.6114.
    """
    return mu + keras.ops.exp(logvar / 2) * eps


def vae_loss(
    x: Tensor,
    y: Tensor,
    mu: Tensor,
    logvar: Tensor,
    beta: float = 1.0,
    s: float = 1.0,
    reduction: str = "sum",
) -> Tensor:
    """Average ‖x - y‖² / (2 s²) + β KL over the images: for β = 1 the negative ELBO, up to a constant.

    The constant, d log(s √(2π)) for d pixels, depends on s: losses of different s don't compare.

    Args:
        x: images (n, ...).
        y: drawn from a code of each cloud, the same shape.
        mu: means of the clouds (n, k).
        logvar: log σ², (n, k).
        beta: weight of the KL term.
        s: standard deviation of a pixel around its drawing: how exactly the decoder is held to the image.
        reduction: "sum" adds the pixels of an image up, as the ELBO asks. "mean" averages them, a classic
            mistake: the KL term then weighs as much as all pixels together, and the codes die.

    Returns:
        One number, in nats if reduction is "sum".

    Raises:
        InputError: if reduction is neither.

    Source: Kingma & Welling, ICLR 2014, arXiv:1312.6114; β of Higgins et al., ICLR 2017.
    """
    if reduction not in ("sum", "mean"):
        raise InputError(f"reduction must be 'sum' or 'mean', got {reduction!r}.")
    error = squared_error(x, y)
    if reduction == "mean":
        error = error / np.prod(x.shape[1:])
    return keras.ops.mean(error / (2 * s**2) + beta * kl_to_standard_normal(mu, logvar))


@dataclass(frozen=True)
class VaeHistory:
    """The two terms of the loss, each the mean over the images of an epoch.

    Attributes:
        reconstruction: (epochs,) squared error summed over pixels, whatever the reduction of the loss.
        kl: (epochs, k) nats of each latent dimension.
    """

    reconstruction: np.ndarray
    kl: np.ndarray


def train_auto_encoder(
    encoder: keras.Model,
    decoder: keras.Model,
    images: np.ndarray,
    epochs: int,
    noise: float = 0.0,
    batch_size: int = 128,
    rate: float = 1e-3,
    seed: int = 0,
) -> np.ndarray:
    """Train an encoder and a decoder to give back the image through a short code.

    Args:
        encoder: from images to codes (n, k).
        decoder: from codes to images.
        images: (n, ...) float32, without labels.
        epochs: how often each image is seen.
        noise: standard deviation of Gaussian noise on what the encoder sees, drawn anew each time. The clean
            image stays the target: with noise above 0 this is a denoising auto-encoder.
        batch_size: images in a step; those that don't fill a batch wait for the next epoch.
        rate: learning rate (Adam).
        seed: decides the order of the images and the noise. The networks' weights don't depend on it.

    Returns:
        (epochs,): squared error summed over pixels, mean over the images of an epoch. Both networks are
        trained in place.

    Raises:
        InputError: if the images don't fit the encoder or aren't finite.
        CourseError: if the loss or a weight stops being finite.

    Source: Hinton & Salakhutdinov, Science 313, 2006, doi:10.1126/science.1127647; noise: Vincent et al.,
    ICML 2008, doi:10.1145/1390156.1390294.
    """
    draws = keras.random.SeedGenerator(seed)
    error = keras.Variable([0.0], trainable=False, name="error")

    def loss(batch: Tensor) -> Tensor:
        seen = batch
        if noise:
            seen = batch + noise * keras.random.normal(batch.shape, seed=draws)
        mean = keras.ops.mean(squared_error(batch, decoder(encoder(seen, training=True), training=True)))
        error.assign([mean])
        return mean

    epoch = _trainer(loss, error, encoder, decoder, images, batch_size, rate, seed)
    return np.array([epoch(number)[0] for number in range(epochs)])


def train_vae(
    encoder: keras.Model,
    decoder: keras.Model,
    images: np.ndarray,
    epochs: int,
    beta: float = 1.0,
    s: float = 1.0,
    reduction: str = "sum",
    warm_up: int = 0,
    batch_size: int = 128,
    rate: float = 1e-3,
    seed: int = 0,
) -> VaeHistory:
    """Train a variational auto-encoder: give the image back, and keep the clouds of codes close to N(0, I).

    Args:
        encoder: from images to two outputs, means and log variances, each (n, k), such as
            `coursekit.models.variational_encoder`.
        decoder: from codes (n, k) to images.
        images: (n, ...) float32, without labels.
        epochs: how often each image is seen.
        beta: as for `vae_loss`.
        s: as for `vae_loss`.
        reduction: as for `vae_loss`.
        warm_up: epochs before the weight of the KL term, which rises in equal steps, is beta. The code gets
            used before it pays in full. Where beta is too high for the code to pay at all, it dies later.
        batch_size: as for `train_auto_encoder`.
        rate: learning rate (Adam).
        seed: decides the order of the images and the codes drawn. The networks' weights don't depend on it.

    Returns:
        Both terms in each epoch. Both networks are trained in place.

    Raises:
        InputError: if the images don't fit the encoder or aren't finite, or a number is out of range.
        CourseError: if the loss or a weight stops being finite.

    Source: Kingma & Welling, ICLR 2014, arXiv:1312.6114; warm-up: Bowman et al., CoNLL 2016,
    arXiv:1511.06349.
    """
    if beta < 0 or s <= 0 or warm_up < 0:
        raise InputError(
            f"beta and warm_up can't be negative and s must be above 0, got beta={beta}, warm_up={warm_up} "
            f"and s={s}."
        )
    draws = keras.random.SeedGenerator(seed)
    # A whole number would make a variable of whole numbers, and cut the warm-up's steps off.
    weight = keras.Variable(float(beta), trainable=False, name="weight_of_kl")
    # Both terms are written down on the way: the step itself returns the loss alone.
    terms = keras.Variable(np.zeros(1 + decoder.input_shape[1]), trainable=False, name="terms")

    def loss(batch: Tensor) -> Tensor:
        mu, logvar = encoder(batch, training=True)
        eps = keras.random.normal(mu.shape, seed=draws)
        drawn = decoder(reparameterise(mu, logvar, eps), training=True)
        error = keras.ops.mean(squared_error(batch, drawn), keepdims=True)
        terms.assign(keras.ops.concatenate([error, keras.ops.mean(kl_per_dimension(mu, logvar), axis=0)]))
        return vae_loss(batch, drawn, mu, logvar, weight, s, reduction)

    epoch = _trainer(loss, terms, encoder, decoder, images, batch_size, rate, seed)
    rows = []
    for number in range(epochs):
        weight.assign(beta * min(1.0, (number + 1) / (warm_up + 1)))
        rows.append(epoch(number))
    table = np.reshape(rows, (epochs, -1))
    return VaeHistory(table[:, 0], table[:, 1:])


def encode(encoder: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the code of each image, (n, k); from a variational encoder the middle of its cloud."""
    code = encoder(images, training=False)
    return keras.ops.convert_to_numpy(code[0] if isinstance(code, (list, tuple)) else code)


def decode(decoder: keras.Model, codes: np.ndarray) -> np.ndarray:
    """Draw an image from each code.

    Args:
        decoder: from codes (n, k).
        codes: (..., k), such as `latent_grid`, or `np.linspace(first, last, 8)` for the way from one code to
            another.

    Returns:
        (..., h, w, c): images in the arrangement of the codes.
    """
    codes = np.asarray(codes, "float32")
    images = keras.ops.convert_to_numpy(decoder(codes.reshape(-1, codes.shape[-1]), training=False))
    return images.reshape(*codes.shape[:-1], *images.shape[1:])


def reconstruct(encoder: keras.Model, decoder: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return each image as it comes back through its code (n, ...); nothing is drawn at random."""
    return decode(decoder, encode(encoder, images))


def sample(decoder: keras.Model, n: int, seed: int = 0) -> np.ndarray:
    """Draw n images from codes of N(0, I): (n, h, w, c)."""
    return decode(decoder, np.random.default_rng(seed).normal(size=(n, decoder.input_shape[1])))


def sample_fitted(decoder: keras.Model, codes: np.ndarray, n: int, seed: int = 0) -> np.ndarray:
    """Draw n images from codes of the normal distribution that fits the given codes.

    Args:
        decoder: from codes (n, k) to images.
        codes: (m, k), m > k: where images of the training set lie.
        n: how many to draw.
        seed: decides the codes.

    Returns:
        (n, h, w, c).

    Raises:
        InputError: if there are too few codes for a covariance.

    Source: Ghosh et al., ICLR 2020, arXiv:1903.12436.
    """
    if codes.ndim != 2 or len(codes) <= codes.shape[1]:
        raise InputError(
            f"Codes must be (m, k) with m above k, got {codes.shape}: fewer don't fix a covariance. Encode "
            "more images."
        )
    rng = np.random.default_rng(seed)
    drawn = rng.multivariate_normal(codes.mean(0), np.atleast_2d(np.cov(codes, rowvar=False)), n)
    return decode(decoder, drawn)


def latent_grid(side: int) -> np.ndarray:
    """Lay codes out over the plane so that each stands for an equal share of N(0, I).

    Args:
        side: codes in a row and in a column.

    Returns:
        (side, side, 2): the first number rises to the right, the second upwards, as in a scatter plot; row 0
        is the upper one.
    """
    from scipy.stats import norm

    steps = norm.ppf((np.arange(side) + 0.5) / side)
    return np.stack(np.meshgrid(steps, steps[::-1]), axis=-1)


def _trainer(
    loss: Callable[[Tensor], Tensor],
    terms: keras.Variable,
    encoder: keras.Model,
    decoder: keras.Model,
    images: np.ndarray,
    batch_size: int,
    rate: float,
    seed: int,
) -> Callable[[int], np.ndarray]:
    """Return what trains for one epoch, given its number, and returns the mean of the terms in it."""
    if tuple(images.shape[1:]) != tuple(encoder.input_shape[1:]):
        raise InputError(
            f"The encoder takes images of shape {tuple(encoder.input_shape[1:])}, got "
            f"{tuple(images.shape[1:])}: build it for your images, or resize them."
        )
    if not np.isfinite(images).all():
        raise InputError("Images must be finite, but some values are NaN or infinite: clean them first.")
    step = make_step(
        loss, [*encoder.trainable_variables, *decoder.trainable_variables], keras.optimizers.Adam(rate)
    )
    rng = np.random.default_rng(seed)
    size = min(batch_size, len(images))

    def epoch(number: int) -> np.ndarray:
        order = rng.permutation(len(images))
        rows: list[np.ndarray] = []
        for start in range(0, len(order) - size + 1, size):
            done = number * (len(order) // size) + len(rows) + 1
            check_finite(done, auto_encoder=step(images[order[start : start + size]]))
            rows.append(keras.ops.convert_to_numpy(terms))
        # The loss of a step is that before it.
        check_weights_finite(done, encoder=encoder, decoder=decoder)
        return np.mean(rows, axis=0)

    return epoch
