"""The strategies of the SNOW paper: nine ways to learn from masks that are incomplete or rough."""

from dataclasses import dataclass

import keras
import numpy as np

from coursekit.errors import InputError
from coursekit.methods.warm_start import copy_weights
from coursekit.methods.weak.losses import WeakLoss
from coursekit.methods.weak.tiles import ENOUGH_PX, Tiles
from coursekit.methods.weak.validation import CleanValidation
from coursekit.models.short_res import short_res, short_res_auto_encoder

STEPS_PER_EPOCH = 50
"""Steps between two looks at the clean validation masks."""


@dataclass(frozen=True)
class Strategy:
    """What one strategy changes in an ordinary training.

    Attributes:
        pixel_loss: weight of what each pixel should be.
        image_loss: weight of whether there is any object in the tile.
        only_positive: draw only tiles with `ENOUGH_PX` marked pixels.
        fill_empty: chance that a tile without marks is declared all object.
        from_auto_encoder: start from the encoder of an auto-encoder, which has seen the images without masks.
    """

    pixel_loss: float = 1.0
    image_loss: float = 0.0
    only_positive: bool = False
    fill_empty: float = 0.0
    from_auto_encoder: bool = False


STRATEGIES = {
    "Baseline": Strategy(),
    "Only positive": Strategy(only_positive=True),
    "SS": Strategy(from_auto_encoder=True),
    "SS+": Strategy(from_auto_encoder=True, only_positive=True),
    "Weak": Strategy(pixel_loss=0.0, image_loss=1.0),
    "SoftWeak": Strategy(image_loss=1.0),
    "Noisy SW": Strategy(image_loss=1.0, fill_empty=0.5),
    "SS+ SW": Strategy(image_loss=1.0, only_positive=True, from_auto_encoder=True),
    "SS Noisy SW": Strategy(image_loss=1.0, fill_empty=0.5, from_auto_encoder=True),
}
"""By the names of the paper. SS: semi-supervised, "+": only positive tiles, SW: SoftWeak.

Source: Foucart, Debeir and Decaestecker, ISBI 2019, pp. 1869-1872, doi:10.1109/ISBI.2019.8759545.
"""


@dataclass(frozen=True)
class WeaklyTrained:
    """A network trained by a strategy.

    Attributes:
        network: with the weights of the best epoch, chosen on the clean validation masks.
        last_weights: of the last step; `network.set_weights(last_weights)` shows what the choice was worth.
        f1: mean F1 on the clean validation masks after each epoch.
        best_epoch: from 1.
    """

    network: keras.Model
    last_weights: list[np.ndarray]
    f1: np.ndarray
    best_epoch: int


def train_strategy(
    strategy: Strategy,
    images: np.ndarray,
    masks: np.ndarray,
    clean_images: np.ndarray,
    clean_masks: np.ndarray,
    auto_encoder: keras.Model | None = None,
    epochs: int = 10,
    width: int = 16,
    rate: float = 2e-3,
    tile_px: int = 32,
    batch_size: int = 8,
    seed: int = 0,
    reuse: keras.Model | None = None,
) -> WeaklyTrained:
    """Train `short_res` by a strategy on masks that may be wrong.

    Args:
        strategy: one of `STRATEGIES`, or your own.
        images: (n, h, w, c) in [0, 1], to learn from.
        masks: (n, h, w, 1) of 0 and 1, theirs, corrupted or not.
        clean_images: other images, to choose the best epoch on.
        clean_masks: their masks, which must be right.
        auto_encoder: made by `train_auto_encoder` with the same width; needed for strategies that start from
            one, not used by others.
        epochs: of `STEPS_PER_EPOCH` steps.
        width: maps in each layer.
        rate: learning rate (Adam).
        tile_px: side of the training tiles.
        batch_size: tiles in a step.
        seed: decides initial weights and tiles. All strategies start from the same weights, except what
            comes from the auto-encoder.
        reuse: the network of an earlier result, of the same width and with the same losses. It starts anew,
            and what it had learnt is lost, but it need not be compiled again, which takes seconds.

    Returns:
        The network, its scores on the clean masks, and the weights of the last step.

    Raises:
        InputError: if the strategy needs an auto-encoder and there is none, the network to reuse is of
            another kind, or shapes don't fit.
    """
    network = short_res(images.shape[-1], width, seed=seed)
    if strategy.from_auto_encoder:
        if auto_encoder is None:
            raise InputError(
                "This strategy starts from an auto-encoder, and none was given: "
                "auto_encoder=train_auto_encoder(images)."
            )
        copy_weights(auto_encoder, network)
    tiles = Tiles(
        images,
        masks,
        STEPS_PER_EPOCH,
        tile_px,
        batch_size,
        at_least=ENOUGH_PX if strategy.only_positive else 0,
        fill_empty=strategy.fill_empty,
        seed=seed,
    )
    loss = WeakLoss(strategy.pixel_loss, strategy.image_loss)
    if reuse is None:
        network.compile(keras.optimizers.Adam(rate), loss)
    else:
        network = _started_anew(reuse, network, rate, loss)
    validation = CleanValidation(clean_images, clean_masks)
    network.fit(tiles, epochs=epochs, callbacks=[validation], verbose=0)
    last_weights = network.get_weights()
    network.set_weights(validation.best_weights)
    return WeaklyTrained(network, last_weights, np.array(validation.f1), validation.best_epoch)


def train_auto_encoder(
    images: np.ndarray,
    epochs: int = 6,
    width: int = 16,
    rate: float = 8e-3,
    tile_px: int = 32,
    batch_size: int = 8,
    seed: int = 0,
) -> keras.Model:
    """Learn to give tiles back from a narrow code: what can be learnt from images without masks.

    Args:
        images: (n, h, w, c) in [0, 1]; masks aren't needed, so take all you have, except for testing.
        epochs: of `STEPS_PER_EPOCH` steps.
        width: maps in each layer of the encoder.
        rate: learning rate (Adam).
        tile_px: side of the tiles.
        batch_size: tiles in a step.
        seed: decides initial weights and tiles.

    Returns:
        `short_res_auto_encoder`, trained by the mean squared error.
    """
    auto_encoder = short_res_auto_encoder(images.shape[-1], width, seed=seed)
    auto_encoder.compile(keras.optimizers.Adam(rate), "mse")
    tiles = Tiles(images, images, STEPS_PER_EPOCH, tile_px, batch_size, seed=seed)
    auto_encoder.fit(tiles, epochs=epochs, verbose=0)
    return auto_encoder


def _started_anew(used: keras.Model, fresh: keras.Model, rate: float, loss: WeakLoss) -> keras.Model:
    """Return a network that is compiled already, with fresh weights and an optimiser that knows nothing."""
    shapes = [[tuple(weight.shape) for weight in network.weights] for network in (used, fresh)]
    if shapes[0] != shapes[1] or not isinstance(used.loss, WeakLoss):
        raise InputError(
            "reuse must be the network of an earlier train_strategy with the same width and channels; leave "
            "it out to build a new one."
        )
    if (used.loss.pixels, used.loss.image) != (loss.pixels, loss.image):
        raise InputError(
            f"The network to reuse was compiled with weights {used.loss.pixels:g} of pixels and "
            f"{used.loss.image:g} of the image, this strategy has {loss.pixels:g} and {loss.image:g}: reuse "
            "one of the same losses."
        )
    used.set_weights(fresh.get_weights())
    for variable in used.optimizer.variables:
        variable.assign(keras.ops.zeros(variable.shape, variable.dtype))
    used.optimizer.learning_rate = rate
    return used
