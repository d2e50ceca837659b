"""Start a network from the weights of another that was trained on something else."""

from collections.abc import Sequence

import keras

from coursekit.errors import InputError


def copy_weights(
    source: keras.Model, target: keras.Model, leave_out: Sequence[str] = ("norm", "logits")
) -> list[str]:
    """Copy the weights of all layers that two networks share by name.

    Args:
        source: trained on another task.
        target: gets the weights, in place; its optimiser, if any, is not touched.
        leave_out: layers whose name holds one of these words keep their own weights: the statistics of batch
            normalisation belong to the images they were taken from, the output layer to its task.

    Returns:
        Names of the layers that were copied, in the target's order.

    Raises:
        InputError: if no layer is shared, or a shared layer has weights of another shape.

    Source: what is restored follows Majurski et al., CVPRW 2019; code usnistgov/small-data-cnns.
    """
    given = {layer.name: layer for layer in source.layers if layer.weights}
    copied = []
    for layer in target.layers:
        if layer.name not in given or any(word in layer.name for word in leave_out):
            continue
        weights = given[layer.name].get_weights()
        shapes = [tuple(w.shape) for w in weights], [tuple(w.shape) for w in layer.weights]
        if shapes[0] != shapes[1]:
            raise InputError(
                f"Layer {layer.name!r} has weights of shapes {shapes[0]} in the source and {shapes[1]} in "
                "the target: build both with the same widths and channels, or leave the layer out."
            )
        layer.set_weights(weights)
        copied.append(layer.name)
    if not copied:
        raise InputError(
            f"{source.name!r} and {target.name!r} share no layer by name: build both from the same parts, "
            "such as coursekit.models.unet and unet_discriminator."
        )
    return copied
