"""SamplePairing: two pictures laid over each other, under the label of the first."""

from typing import Any

import keras
from keras import ops, random

from coursekit.augment.layer import AugmentationLayer, Tensor
from coursekit.errors import InputError


@keras.saving.register_keras_serializable("coursekit")
class SamplePairing(AugmentationLayer):
    """Average each picture with another of its batch, and keep its own label.

    The label is wrong for half of what can be seen, so accuracy on the training pictures falls. N pictures
    make N² pairs. A picture meets itself once in n times, n being the size of the batch, and then stays as it
    is. Labels and masks are those of the first picture.

    `active` is a variable of the layer, 1 or 0. Set to 0, the layer changes nothing, and nothing has to be
    compiled again: see `SamplePairingSchedule`.

    Args:
        weight: of the other picture, above 0 up to 0.5. With more, the label would belong to the fainter of
            the two.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        InputError: if weight is outside (0, 0.5].

    Source: Inoue 2018, arXiv:1801.02929: x = (a + b) / 2 with the label of a.
    """

    def __init__(
        self, weight: float = 0.5, seed: int | keras.random.SeedGenerator | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        if not 0 < weight <= 0.5:
            raise InputError(
                f"weight of the other picture must be above 0 and at most 0.5, got {weight}: with more, the "
                "label would belong to the fainter picture."
            )
        self.weight = weight
        self.active = self.add_weight(shape=(), initializer="ones", trainable=False, name="active")

    def draw(self, images: Tensor) -> Tensor:
        """Draw a partner for each picture: its place in the batch, (n,)."""
        # Sorting random numbers is a shuffle; XLA on TensorFlow can't compile `keras.random.shuffle`.
        return ops.argsort(random.uniform((ops.shape(images)[0],), seed=self.generator))

    def change_images(self, images: Tensor, draw: Tensor) -> Tensor:
        """Lay each picture's partner over it."""
        weight = ops.cast(self.active * self.weight, images.dtype)
        return images + weight * (ops.take(images, draw, axis=0) - images)


class SamplePairingSchedule(keras.callbacks.Callback):
    """Switch SamplePairing by epoch: first without, then on and off in turn, at last without.

    The first phase lets the network find its feet on whole pictures; the last one takes it back to pictures
    as they are, with labels that fit.

    Args:
        layer: the layer to switch, in the model or in front of it.
        start: first epoch with pairing, counted from 0.
        stop: first epoch of the last phase, without pairing.
        on: epochs with pairing in each turn.
        off: epochs without pairing that end a turn. With off = 0 it is on from start to stop.

    Raises:
        InputError: if an epoch is negative, on is below 1, or stop comes before start.

    Source: the order of the three phases is that of Inoue 2018, arXiv:1801.02929. Their lengths depend on how
        long a training runs, so none is built in here.
    """

    def __init__(self, layer: SamplePairing, start: int, stop: int, on: int, off: int) -> None:
        super().__init__()
        if not 0 <= start <= stop:
            raise InputError(f"The first phase must end before the last begins, got {start=}, {stop=}.")
        if on < 1 or off < 0:
            raise InputError(f"on must be at least 1 epoch and off at least 0, got {on=}, {off=}.")
        self.layer = layer
        self.start, self.stop, self.on, self.off = start, stop, on, off

    def is_on(self, epoch: int) -> bool:
        """Tell whether pictures are paired in an epoch, counted from 0."""
        return self.start <= epoch < self.stop and (epoch - self.start) % (self.on + self.off) < self.on

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Switch the layer for this epoch."""
        self.layer.active.assign(float(self.is_on(epoch)))
