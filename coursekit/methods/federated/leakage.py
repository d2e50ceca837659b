"""Reading a client's image from the gradient that it sent: by one division, or by optimisation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from coursekit.data.labels.streams import generator
from coursekit.errors import InputError
from coursekit.methods.federated.client import LocalTraining
from coursekit.training.steps import Tensor, make_step, value_and_gradients


def image_from_dense_gradient(weight_gradient: np.ndarray, bias_gradient: np.ndarray) -> np.ndarray:
    """Read what went into a dense layer from the gradient of one image.

    With z = x W + b, the gradient with respect to W[:, j] is x times the gradient with respect to b[j]: a
    division gives x. For several images it gives a mixture of those for which the unit was on.

    Args:
        weight_gradient: (pixels, units).
        bias_gradient: (units,), not all 0. The unit where it is largest is used: least is lost to rounding.

    Returns:
        (pixels,) what the layer was given.

    Raises:
        InputError: if the shapes don't fit, or all of the bias gradient is 0.

    Source: Phong et al., IEEE TIFS 13(5), 2018, doi:10.1109/TIFS.2017.2787987.
    """
    weight_gradient, bias_gradient = np.asarray(weight_gradient), np.asarray(bias_gradient)
    if weight_gradient.ndim != 2 or bias_gradient.shape != weight_gradient.shape[1:]:
        raise InputError(
            "Gradients (pixels, units) and (units,) were expected, got shapes "
            f"{weight_gradient.shape} and {bias_gradient.shape}."
        )
    unit = int(np.abs(bias_gradient).argmax())
    if bias_gradient[unit] == 0:
        raise InputError("Every bias gradient is 0: no unit was on for this image, so it left no trace.")
    return weight_gradient[:, unit] / bias_gradient[unit]


def label_from_gradient(bias_gradient: np.ndarray) -> int:
    """Read the class of one image from the gradient of the last layer's bias.

    That gradient is softmax(logits) - one-hot: below 0 for the true class alone.

    Args:
        bias_gradient: (classes,) with respect to the bias of the layer that gives the logits.

    Returns:
        The class.

    Source: Zhao, Mopuri & Bilen 2020, arXiv:2001.02610.
    """
    return int(np.argmin(bias_gradient))


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """How an image was found that gives the same gradient.

    Attributes:
        image: (h, w, c) float32 in [0, 1], at the end; (n, h, w, c) where several were searched for.
        snapshots: (looks, h, w, c) or (looks, n, h, w, c): at the start, and after each of `looks - 1` equal
            parts of the steps.
        distance: (steps,) squared distance of the two gradients, over the squared length of the one given.
    """

    image: np.ndarray
    snapshots: np.ndarray
    distance: np.ndarray


def match_gradient(
    model: keras.Model,
    gradient: list[np.ndarray],
    label: int | Sequence[int] | np.ndarray,
    steps: int = 300,
    rate: float = 0.1,
    looks: int = 6,
    seed: int = 0,
    clip: float | None = None,
    training: LocalTraining | None = None,
) -> Reconstruction:
    """Search for the image, or the batch of images, whose gradient is the one that a client sent.

    What the server knows suffices: model, weights, gradient; the label of one image follows from the gradient
    (`label_from_gradient`). One image, one step and no noise is the case that is easiest for the attacker.

    Args:
        model: with the weights that the client was sent; to logits (n, classes). Smooth activations (sigmoid,
            tanh, softplus) make the search easy; with ReLU it stops at some distance.
        gradient: of the mean loss of the images, an array for each trainable variable, as from
            `LocalTrainer.gradient`, exact or with what was done to it for protection.
        label: class of the image; for a batch, the class of each. Images of one class may come in any order.
        steps: of Adam, from 1.
        rate: of Adam at the start; it falls to 0 along half a cosine.
        looks: pictures to keep on the way, from 2.
        seed: of the start, uniform noise.
        clip: length to which the client clips its gradient, above 0, so that it is compared with one clipped
            alike; None if it doesn't.
        training: what the client did, if it trained in full batches and `gradient` is what its weights lost,
            over the rate and the number of steps: the search then takes the same steps. None: one step.

    Returns:
        The image or images, and the way to them.

    Raises:
        InputError: if steps or looks are too few, clip isn't above 0, training isn't in full batches, or the
            gradient doesn't fit the model.

    Source: Zhu, Liu & Han, NeurIPS 2019, arXiv:1906.08935.
    """
    shapes = [tuple(part.shape) for part in model.trainable_variables]
    if [np.shape(part) for part in gradient] != shapes:
        raise InputError(
            f"One gradient for each of the model's trainable variables was expected, of shapes {shapes}, got "
            f"{[np.shape(part) for part in gradient]}."
        )
    if steps < 1 or looks < 2:
        raise InputError(f"steps must be at least 1 and looks at least 2, got {steps} and {looks}.")
    if clip is not None and not 0 < clip < math.inf:
        raise InputError(f"clip must be above 0, or None, got {clip}.")
    training = training or LocalTraining(1, None)
    if training.batch_size is not None:
        raise InputError("Which images met in a batch can't be known: only full batches can be imitated.")
    ops = keras.ops
    labels = np.atleast_1d(np.asarray(label, "int32"))
    start = generator("start of an attack", seed).uniform(size=(len(labels), *model.input_shape[1:]))
    guess = keras.Variable(start.astype("float32"))
    truth = [np.asarray(part, "float32") for part in gradient]
    length = float(sum(np.sum(np.square(part, dtype="float64")) for part in truth))
    weights = [np.asarray(part) for part in model.trainable_variables]
    state = [np.asarray(part) for part in model.non_trainable_variables]

    def client_loss(weights: list[Tensor], images: Tensor) -> tuple[Tensor, None]:
        logits, _ = model.stateless_call(weights, state, images, training=True)
        losses = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        return ops.mean(losses), None

    def distance() -> Tensor:
        sent = now = [ops.convert_to_tensor(part) for part in weights]
        mine = [0.0] * len(sent)
        for _ in range(training.epochs):
            _, _, pulls = value_and_gradients(client_loss, now, guess.value)
            pulls = [
                pull + training.proximal * (part - start)
                for pull, part, start in zip(pulls, now, sent, strict=True)
            ]
            now = [part - training.rate * pull for part, pull in zip(now, pulls, strict=True)]
            mine = [total + pull / training.epochs for total, pull in zip(mine, pulls, strict=True)]
        if clip is not None:
            shorter = ops.minimum(1.0, clip / ops.sqrt(squared_length(mine)))
            mine = [part * shorter for part in mine]
        return squared_length([a - b for a, b in zip(mine, truth, strict=True)]) / length

    def squared_length(parts: list[Tensor]) -> Tensor:
        return ops.sum(ops.stack([ops.sum(ops.square(part)) for part in parts]))

    schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    step = make_step(distance, [guess], keras.optimizers.Adam(schedule))
    kept = set(np.linspace(0, steps, looks).round().astype(int).tolist())
    snapshots, distances = [], []
    for number in range(steps + 1):
        if number in kept:
            images = np.clip(keras.ops.convert_to_numpy(guess.value), 0, 1)
            snapshots.append(images if np.ndim(label) else images[0])
        if number < steps:
            distances.append(float(step()))
    return Reconstruction(snapshots[-1], np.stack(snapshots), np.array(distances))
