"""Transfer learning: go on from what a network learnt on another task.

Source: Yosinski et al. 2014, arXiv:1411.1792 (which layers carry over); Howard & Ruder 2018,
arXiv:1801.06146 (gradual unfreezing, rates that shrink from layer to layer).
"""

from collections.abc import Iterator
from typing import Literal

import keras
import numpy as np

from coursekit.errors import InputError


def network_features(model: keras.Model, images: np.ndarray, layer: str = "features") -> np.ndarray:
    """Describe pictures by what one layer of a network says about them.

    Args:
        model: any network.
        images: (n, h, w, c), scaled as in its training.
        layer: name of the layer. Where it gives maps (n, h', w', k), each map is averaged over its places.

    Returns:
        (n, k) float32.

    Raises:
        InputError: if there is no such layer, or its output is neither rows nor maps.
    """
    output = _layer(model, layer).output
    if len(output.shape) not in (2, 4):
        raise InputError(
            f"{layer} gives an output of shape {output.shape}; features are rows (n, k) or maps (n, h, w, k)."
        )
    found = keras.Model(model.input, output).predict(images, batch_size=64, verbose=0)
    return found.mean(axis=(1, 2)) if found.ndim == 4 else found


def linear_probe(
    features: np.ndarray, labels: np.ndarray, new: np.ndarray, penalty: float = 100.0
) -> np.ndarray:
    """Train a linear classifier on features and label others with it: the fixed feature extractor.

    Args:
        features: (n, k) of the labelled pictures. Each column is brought to mean 0 and standard deviation 1
            by their statistics, and the columns of `new` by the same ones.
        labels: (n,) of at least two kinds, numbers or words.
        new: (m, k) of the pictures to label.
        penalty: on large weights (logistic regression, L2), above 0; 1 is scikit-learn's default. With fewer
            labels than features a large one is safer.

    Returns:
        (m,) labels, of the kinds in `labels`.

    Raises:
        InputError: if shapes don't fit, there is one kind of label only, or the penalty is not above 0.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features, labels, new = np.asarray(features), np.asarray(labels), np.asarray(new)
    if features.ndim != 2 or new.ndim != 2 or features.shape[1] != new.shape[1]:
        raise InputError(
            f"features and new must be (n, k) and (m, k), got {features.shape} and {new.shape}: flatten "
            "pictures with images.reshape(len(images), -1)."
        )
    if labels.shape != (len(features),) or len(np.unique(labels)) < 2:
        raise InputError(
            f"labels must be one for each of {len(features)} rows, of two kinds or more, got shape "
            f"{labels.shape} with {len(np.unique(labels))} kind(s)."
        )
    if penalty <= 0:
        raise InputError(f"penalty must be above 0, got {penalty}.")
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=1 / penalty, max_iter=1000))
    return classifier.fit(features, labels).predict(new)


def new_head(model: keras.Model, classes: int, seed: int = 0, layer: str = "features") -> keras.Model:
    """Copy a network up to a layer and put a new dense layer on it, for other classes.

    Args:
        model: the network to start from; it stays as it is.
        classes: number of outputs.
        seed: of the random weights of the head.
        layer: name of the last layer to keep. It gives rows (n, k).

    Returns:
        A model from pictures to logits (n, classes), all layers trainable; the new one is called "logits".

    Raises:
        InputError: if there is no such layer.
    """
    _layer(model, layer)
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for kept in copy.layers:
        kept.trainable = True
    head = keras.layers.Dense(
        classes, kernel_initializer=keras.initializers.GlorotUniform(seed=seed), name="logits"
    )
    return keras.Model(copy.input, head(copy.get_layer(layer).output), name=f"{model.name}_with_new_head")


def with_old_head(tuned: keras.Model, original: keras.Model, layer: str = "features") -> keras.Model:
    """Put the head of the original network back on a fine-tuned one, to ask what it still knows.

    Args:
        tuned: made by `new_head` from `original`, then trained.
        original: the network that it was made from. Its layers after `layer` follow one another in a row.
        layer: the layer that the new head was put on.

    Returns:
        A model from pictures to the original outputs. It shares its layers with both networks: nothing is
        trained or copied.

    Raises:
        InputError: if one of the networks has no such layer.
    """
    x = _layer(tuned, layer).output
    after = original.layers.index(_layer(original, layer)) + 1
    for old in original.layers[after:]:
        x = old(x)
    return keras.Model(tuned.input, x, name=f"{tuned.name}_with_old_head")


def freeze_until(model: keras.Model, name: str) -> list[str]:
    """Freeze all layers before the one called `name`; that one and all after it can be trained.

    Compile the model afterwards: Keras notes what is trainable when `compile` is called. A batch
    normalisation that is frozen also keeps its statistics.

    Args:
        model: layers are taken in the order of `model.layers`.
        name: of the first layer to train.

    Returns:
        Names of the layers that can be trained and have weights, first to last.

    Raises:
        InputError: if there is no such layer.
    """
    first = model.layers.index(_layer(model, name))
    for number, layer in enumerate(model.layers):
        layer.trainable = number >= first
    return [layer.name for layer in model.layers[first:] if layer.weights]


def unfreeze_gradually(model: keras.Model) -> Iterator[list[str]]:
    """Free the last layer with weights, then one more each time, down to the first.

        for trained in unfreeze_gradually(model):
            model.compile(layerwise_adam(model, 1e-3), loss)
            model.fit(images, labels, epochs=1)

    Args:
        model: any network.

    Yields:
        Names of the layers that can be trained now and have weights, first to last.
    """
    for name in [layer.name for layer in model.layers if layer.weights][::-1]:
        yield freeze_until(model, name)


def discriminative_rates(n_layers: int, top: float, factor: float = 2.6) -> np.ndarray:
    """Give each layer a learning rate: the last one the highest, each one before it `factor` times less.

    Args:
        n_layers: how many layers, at least 1.
        top: rate of the last layer, above 0.
        factor: from one layer to the next, at least 1; 2.6 is what Howard & Ruder used.

    Returns:
        (n_layers,) rates, first layer first.

    Raises:
        InputError: if a number is out of range.
    """
    if n_layers < 1 or top <= 0 or factor < 1:
        raise InputError(
            f"n_layers must be at least 1, top above 0 and factor at least 1, got {n_layers}, {top} and "
            f"{factor}."
        )
    return top * float(factor) ** -np.arange(n_layers - 1, -1, -1)


def layerwise_adam(model: keras.Model, top: float, factor: float = 2.6) -> keras.optimizers.Optimizer:
    """Make an optimiser that trains each layer with Adam at its own rate, by `discriminative_rates`.

    Dividing gradients by `factor` would change nothing: Adam divides by their size.

    Args:
        model: all layers with weights count, also frozen ones, so that freezing changes no rate.
        top: rate of the last layer with weights.
        factor: from one layer to the one before it.

    Returns:
        An optimiser for `model.compile`; it has no single learning rate.
    """
    layers = [layer for layer in model.layers if layer.weights]
    rates = discriminative_rates(len(layers), top, factor)
    optimizers = {
        variable.path: adam
        for layer, adam in zip(layers, [keras.optimizers.Adam(float(rate)) for rate in rates], strict=True)
        for variable in layer.weights
    }
    return keras.optimizers.MultiOptimizer(lambda variable: optimizers[variable.path])


def relative_change(before: keras.Model, after: keras.Model) -> dict[str, float]:
    """Tell how far training has moved each layer: the length of the change over that of the weights.

    Args:
        before: the network that training started from.
        after: the trained one. Layers of the same name and shapes are compared, others left out, such as a
            new head.

    Returns:
        |w' - w| / |w| by the name of the layer, w being all its weights in a row.
    """
    names = {layer.name: layer for layer in after.layers}
    changes = {}
    for layer in before.layers:
        old = layer.get_weights()
        new = names[layer.name].get_weights() if layer.name in names else []
        if old and [w.shape for w in old] == [w.shape for w in new]:
            moved = np.concatenate([(b - a).ravel() for a, b in zip(old, new, strict=True)])
            length = np.linalg.norm(np.concatenate([w.ravel() for w in old]))
            changes[layer.name] = float(np.linalg.norm(moved) / length)
    return changes


def prepare(images: np.ndarray, convention: Literal["tf", "torch", "caffe"]) -> np.ndarray:
    """Scale colour pictures as they were scaled when a network was trained on ImageNet.

    Args:
        images: (n, h, w, 3) red, green and blue in [0, 1].
        convention: as Keras calls them. "tf": -1 to 1 (MobileNet). "torch": minus the mean of ImageNet, over
            its standard deviation, by channel (DenseNet). "caffe": blue, green, red from 0 to 255, minus the
            mean of ImageNet (VGG, ResNet).

    Returns:
        (n, h, w, 3) float32.

    Raises:
        InputError: if the pictures have another shape or range, or the convention is unknown.
    """
    images = np.asarray(images, "float32")
    if images.ndim != 4 or images.shape[-1] != 3:
        raise InputError(
            f"prepare takes pictures (n, h, w, 3), got shape {images.shape}: repeat a grey channel with "
            "images.repeat(3, axis=-1)."
        )
    if images.size and not (images.min() >= 0 and images.max() <= 1):
        raise InputError(
            f"prepare takes values in [0, 1], got {images.min():g} to {images.max():g}: divide bytes by 255, "
            "and don't prepare twice."
        )
    if convention not in ("tf", "torch", "caffe"):
        raise InputError(f"convention must be 'tf', 'torch' or 'caffe', got {convention!r}.")
    return keras.applications.imagenet_utils.preprocess_input(
        255 * images, data_format="channels_last", mode=convention
    )


def _layer(model: keras.Model, name: str) -> keras.layers.Layer:
    found = {layer.name: layer for layer in model.layers}
    if name not in found:
        raise InputError(f"{model.name} has no layer {name!r}. It has: {', '.join(found)}.")
    return found[name]
