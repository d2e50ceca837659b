"""The loss of weak supervision: what each pixel should be, and whether there is anything at all."""

from typing import Any

import keras
from keras import ops

from coursekit.methods.weak.tiles import ENOUGH_PX


@keras.saving.register_keras_serializable("coursekit")
class WeakLoss(keras.losses.Loss):
    """Cross-entropy of pixels, of the image's label, or of both.

    The label of a tile is the number of its marked pixels divided by `enough_px`, at most 1. What the network
    says about the whole tile is the largest logit of each class over all pixels. So "there is an object"
    raises the likeliest object pixel and lowers the likeliest background pixel; "there is none" does the
    reverse.

    Args:
        pixels: weight of the cross-entropy averaged over pixels, from 0.
        image: weight of the cross-entropy of the tile's label, from 0.
        enough_px: marked pixels from which the label is a full 1.

    Called with masks (n, h, w, 1) of 0 and 1 and logits (n, h, w, 2), background first.

    Source: Foucart, Debeir and Decaestecker, ISBI 2019, doi:10.1109/ISBI.2019.8759545; code
    adfoucart/deephisto.
    """

    def __init__(
        self,
        pixels: float = 1.0,
        image: float = 0.0,
        enough_px: int = ENOUGH_PX,
        name: str = "weak_loss",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pixels, self.image, self.enough_px = pixels, image, enough_px

    def call(self, masks: Any, logits: Any) -> Any:
        """Return the loss of each tile, (n,)."""
        loss = ops.zeros(ops.shape(logits)[0], logits.dtype)
        if self.pixels:
            each = _cross_entropy(masks, logits)
            loss = loss + self.pixels * ops.mean(each, axis=(1, 2))
        if self.image:
            label = ops.minimum(ops.sum(masks, axis=(1, 2)) / self.enough_px, 1.0)
            loss = loss + self.image * _cross_entropy(label, ops.max(logits, axis=(1, 2)))
        return loss

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, as Keras needs them to save a model."""
        own = {"pixels": self.pixels, "image": self.image, "enough_px": self.enough_px}
        return {**super().get_config(), **own}


def _cross_entropy(chance: Any, logits: Any) -> Any:
    """From the target chance of an object (..., 1) and logits (..., 2) to (...)."""
    return ops.categorical_crossentropy(ops.concatenate([1 - chance, chance], -1), logits, from_logits=True)
