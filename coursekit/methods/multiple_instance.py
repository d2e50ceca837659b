"""Multiple-instance learning: a bag of images has a label, the images in it have none.

Bags come from `coursekit.data.make_bags`. A bag is positive if one image in it is; the network gets all
images of a bag and has to put what it says about each together into one answer.

Pooling functions take NumPy arrays or tensors, and return tensors: training uses the same functions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from coursekit.data import Bags
from coursekit.errors import InputError
from coursekit.training.steps import Tensor

Pooling = Literal["max", "mean", "lse", "attention", "gated attention"]

_FAR_BELOW = -1e9
"""Stands for minus infinity at empty places: infinity itself would make NaN out of 0 · ∞ in gradients."""


def max_pooling(scores: Tensor, present: Tensor) -> Tensor:
    """Score a bag by its highest score: one image is enough, and it alone gets a gradient.

    Args:
        scores: (bags, places) a number for each image, any range.
        present: (bags, places) bool, False at empty places. Each bag holds an image at least.

    Returns:
        (bags,).
    """
    return ops.max(_filled(scores, present), axis=1)


def mean_pooling(scores: Tensor, present: Tensor) -> Tensor:
    """Score a bag by its mean score: all images count, and one among many hardly.

    Arguments and result as for `max_pooling`.
    """
    weights = ops.cast(present, "float32")
    return ops.sum(ops.where(present, scores, 0.0), axis=1) / ops.sum(weights, axis=1)


def lse_pooling(scores: Tensor, present: Tensor, r: float = 5.0) -> Tensor:
    """Score a bag between mean and maximum: (1/r) log mean exp(r s), LSE for log-sum-exp.

    Args:
        scores: as for `max_pooling`.
        present: as for `max_pooling`.
        r: above 0. Near 0 this is the mean, for large r the maximum.

    Returns:
        (bags,).

    Source: Pinheiro & Collobert, CVPR 2015, arXiv:1411.6228.
    """
    size = ops.sum(ops.cast(present, "float32"), axis=1)
    return (ops.logsumexp(_filled(r * scores, present), axis=1) - ops.log(size)) / r


def attention_weights(scores: Tensor, present: Tensor) -> Tensor:
    """Turn scores into shares of attention: a softmax over the images of each bag.

    Args:
        scores: as for `max_pooling`.
        present: as for `max_pooling`.

    Returns:
        (bags, places): from 0 to 1, in each bag they add up to 1; 0 at empty places.
    """
    return ops.softmax(_filled(scores, present), axis=1)


@keras.saving.register_keras_serializable("coursekit")
class AttentionPooling(keras.layers.Layer):
    """Average the features of a bag's images, weighted by attention that is learnt.

    The attention of an image with features h is a softmax over the bag of wᵀ tanh(V h); gated, of
    wᵀ (tanh(V h) · sigmoid(U h)).

    Args:
        units: rows of V, and of U.
        gated: use U as well.
        seed: of the random weights; None takes Keras' global one.

    Called with features (bags, places, d) and present (bags, places); returns features of the bags (bags, d)
    and the attention (bags, places).

    Source: Ilse, Tomczak & Welling, ICML 2018, arXiv:1802.04712.
    """

    def __init__(
        self, units: int = 32, gated: bool = False, seed: int | None = None, name: str = "attention"
    ) -> None:
        super().__init__(name=name)
        self.units, self.gated, self.seed = units, gated, seed
        source = None if seed is None else keras.random.SeedGenerator(seed)

        def dense(units: int, activation: str | None, name: str) -> keras.layers.Dense:
            start = keras.initializers.GlorotUniform(source)
            return keras.layers.Dense(units, activation, kernel_initializer=start, name=name)

        self._content = dense(units, "tanh", "content")
        self._gate = dense(units, "sigmoid", "gate") if gated else None
        self._score = dense(1, None, "score")

    def build(self, features_shape: tuple[int | None, ...], present_shape: tuple[int | None, ...]) -> None:
        """Make the weights for features of this size."""
        self._content.build(features_shape)
        if self._gate is not None:
            self._gate.build(features_shape)
        self._score.build((*features_shape[:-1], self.units))

    def call(self, features: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Return the bags' features and the attention."""
        hidden = self._content(features)
        if self._gate is not None:
            hidden = hidden * self._gate(features)
        attention = attention_weights(self._score(hidden)[..., 0], present)
        return ops.sum(attention[..., None] * features, axis=1), attention

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, as Keras needs them to save a model."""
        return {"units": self.units, "gated": self.gated, "seed": self.seed, "name": self.name}


@dataclass(frozen=True)
class BagClassifier:
    """A network for bags, in two views that share their weights.

    Attributes:
        network: from `bag_inputs` to a logit for each bag, (bags, 1). Compile and fit this one.
        pointer: from `bag_inputs` to a number for each place, (bags, places): the attention, or the image's
            own score. The highest one in a bag is where the network points.
    """

    network: keras.Model
    pointer: keras.Model


def bag_classifier(
    encoder: keras.Model,
    capacity: int,
    pooling: Pooling = "attention",
    r: float = 5.0,
    units: int = 32,
    seed: int | None = None,
) -> BagClassifier:
    """Build a network that looks at each image of a bag by itself, and at the bag as a whole.

    With "max", "mean" and "lse" each image gets a score, and the scores are pooled. With "attention" and
    "gated attention" the images' features are pooled, and the bag gets one score.

    Args:
        encoder: from images (n, h, w, c) to features (n, d). It becomes part of the network.
        capacity: places in a bag, `bags.indices.shape[1]`.
        pooling: one of those.
        r: of `lse_pooling`, not used by others.
        units: of `AttentionPooling`, not used by others.
        seed: of the weights after the encoder; None takes Keras' global one.

    Returns:
        The network, and its view of where it points.

    Raises:
        InputError: if there is no such pooling, or the encoder gives no features (n, d).
    """
    poolings: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
        "max": max_pooling,
        "mean": mean_pooling,
        "lse": lambda scores, present: lse_pooling(scores, present, r),
    }
    if pooling not in (*poolings, "attention", "gated attention"):
        raise InputError(
            f"pooling must be one of {', '.join(poolings)}, attention or gated attention, got {pooling!r}."
        )
    if len(encoder.output_shape) != 2:
        raise InputError(
            f"The encoder must give features (n, d), but it gives {encoder.output_shape}: end it with a "
            "Flatten, GlobalAveragePooling2D or Dense layer."
        )
    places = (capacity, *encoder.input_shape[1:])
    inputs = {
        "images": keras.Input(places, name="images"),
        "present": keras.Input((capacity,), dtype="bool", name="present"),
    }
    each = encoder(ops.reshape(inputs["images"], (-1, *places[1:])))
    features = ops.reshape(each, (-1, capacity, encoder.output_shape[-1]))
    source = None if seed is None else keras.random.SeedGenerator(seed)
    logit = keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(source), name="logit")
    if pooling in poolings:
        pointer = logit(features)[..., 0]
        bag = poolings[pooling](pointer, inputs["present"])[:, None]
    else:
        attend = AttentionPooling(units, gated=pooling == "gated attention", seed=seed)
        pooled, pointer = attend(features, inputs["present"])
        bag = logit(pooled)
    return BagClassifier(
        keras.Model(inputs, bag, name="bag_classifier"), keras.Model(inputs, pointer, name="pointer")
    )


def bag_inputs(bags: Bags, images: np.ndarray) -> dict[str, np.ndarray]:
    """Return what a `BagClassifier` takes.

    Args:
        bags: of `coursekit.data.make_bags`.
        images: (n, h, w, c), those that the bags' indices count.

    Returns:
        "images" (bags, places, h, w, c), 0 at empty places, and "present" (bags, places) bool.

    Raises:
        InputError: if there are fewer images than the bags ask for.
    """
    return {"images": bags.take(images), "present": bags.present}


def bag_auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return the chance that a positive bag scores higher than a negative one; a tie counts one half.

    Args:
        labels: (bags,) of 0 and 1, both kinds.
        scores: (bags,) or (bags, 1), logits or probabilities.

    Returns:
        The area under the ROC curve: 1 if all positive bags come first, 0.5 for chance.

    Raises:
        InputError: if lengths differ, or there is one kind of bag only.
    """
    from sklearn.metrics import roc_auc_score

    labels, scores = np.asarray(labels), np.asarray(scores).reshape(len(scores), -1)
    if labels.ndim != 1 or scores.shape != (len(labels), 1) or len(np.unique(labels)) != 2:
        raise InputError(
            "bag_auc needs one score for each bag and bags of both kinds, got labels of shape "
            f"{labels.shape} with {len(np.unique(labels))} kind(s) and scores of shape {scores.shape}."
        )
    return float(roc_auc_score(labels, scores[:, 0]))


def finds_instance(bags: Bags, pointer: np.ndarray) -> np.ndarray:
    """Tell for each positive bag whether the network points at a positive image.

    Args:
        bags: with the labels of their images.
        pointer: (bags, places) a number for each place, such as `classifier.pointer.predict(...)`; the
            highest one in a bag is where it points. Empty places don't count.

    Returns:
        (positive bags,) bool, in their order. Its mean is to be compared with `chance_to_find`.

    Raises:
        InputError: if the shape isn't that of the bags, or no bag is positive.
    """
    pointer = np.asarray(pointer)
    if pointer.shape != bags.indices.shape:
        raise InputError(
            f"pointer must have a number for each place, {bags.indices.shape}, got {pointer.shape}."
        )
    positive = _positive(bags)
    at = np.where(bags.present, pointer, -np.inf).argmax(1)
    return (bags.instance_labels[np.arange(len(bags)), at] == 1)[positive]


def chance_to_find(bags: Bags) -> float:
    """Return how often pointing blindly at an image of a positive bag finds a positive one, from 0 to 1.

    Raises:
        InputError: if no bag is positive.
    """
    positive = _positive(bags)
    return float(((bags.instance_labels == 1).sum(1) / bags.sizes)[positive].mean())


def _positive(bags: Bags) -> np.ndarray:
    positive = bags.labels == 1
    if not positive.any():
        raise InputError("No bag is positive, so there is no image to point at.")
    return positive


def _filled(scores: Tensor, present: Tensor) -> Tensor:
    return ops.where(present, scores, _FAR_BELOW)
