"""Keras' own augmentation layers as `AugmentationLayer`s, and repairs where Keras 3.15 goes wrong.

What differs by then: nothing happens unless `training=True` is said, the dict that was handed in stays as it
is, and one seed is enough.
"""

from typing import Any

import keras
from keras import ops

from coursekit.augment.layer import AugmentationLayer, Data, Tensor
from coursekit.errors import InputError


@keras.saving.register_keras_serializable("coursekit")
class FromKeras(AugmentationLayer):
    """Let a preprocessing layer of Keras change pictures, masks and labels.

    Args:
        layer: the layer, made for values from 0 to 1 (`value_range=(0, 1)` where it asks). Its own seed isn't
            used, and it computes in float32 from then on.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(
        self, layer: keras.layers.Layer, seed: int | keras.random.SeedGenerator | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.layer = _in_float32(layer)
        # Some layers of Keras draw while they change pictures, from their own generator: let it be ours.
        self.layer.generator = self.generator

    def get_config(self) -> dict[str, Any]:
        """Tell what the layer was made with."""
        config = super().get_config()
        if "layer" in config:  # subclasses make theirs
            config["layer"] = keras.saving.serialize_keras_object(self.layer)
            # What is built takes no generator of ours any more.
            config["layer"].pop("build_config", None)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "FromKeras":
        """Make the layer again."""
        if "layer" in config:
            config = {**config, "layer": keras.saving.deserialize_keras_object(config["layer"])}
        return super().from_config(config)

    def build(self, data_shape: Any) -> None:
        """Build the layer of Keras."""
        self.layer.build(data_shape)

    def draw(self, images: Tensor) -> Any:
        """Draw what Keras draws."""
        return self.layer.get_random_transformation(images, training=True)

    def change_images(self, images: Tensor, draw: Any) -> Tensor:
        """Change pictures as Keras does."""
        return self.layer.transform_images(images, draw, training=True)

    def change_masks(self, masks: Tensor, draw: Any) -> Tensor:
        """Change masks as Keras does, with the same draw."""
        return self.layer.transform_segmentation_masks(masks, draw, training=True)

    def change_labels(self, labels: Tensor, draw: Any) -> Tensor:
        """Change labels as Keras does, with the same draw."""
        return self.layer.transform_labels(labels, draw, training=True)


@keras.saving.register_keras_serializable("coursekit")
class Sharpness(FromKeras):
    """Blend each picture with a smoothed copy of itself, or move it away from that copy.

    Keras smooths as if the picture were framed in black, which darkens or brightens its outermost pixels.
    Here the frame is a mirror.

    Args:
        factor: lowest and highest, from 0 up: 0 is the smoothed copy, 1 the picture, 2 twice as far from the
            copy.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(
        self,
        factor: tuple[float, float] = (0.1, 1.9),
        seed: int | keras.random.SeedGenerator | None = None,
        **kwargs: Any,
    ) -> None:
        # Keras counts from 0, the smoothed copy, over 0.5, the picture, to 1.
        halves = (factor[0] / 2, factor[1] / 2)
        super().__init__(keras.layers.RandomSharpness(halves, value_range=(0, 1)), seed=seed, **kwargs)
        self.factor = factor

    def change_images(self, images: Tensor, draw: Any) -> Tensor:
        """Blend pictures that have a frame of one mirrored pixel, and take the frame off."""
        framed = ops.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="symmetric")
        return super().change_images(framed, draw)[:, 1:-1, 1:-1]


@keras.saving.register_keras_serializable("coursekit")
class ColourJitter(AugmentationLayer):
    """Change brightness and contrast, and the saturation and hue of pictures in red, green and blue.

    A picture of one channel, or of any number but three, has no hue: only brightness and contrast change.

    Args:
        brightness: largest offset up or down; 1 is from black to white.
        contrast: the distance of each value from its channel's mean is multiplied by 1 - contrast to 1 +
            contrast.
        saturation: multiplied by 1 - saturation to 1 + saturation; at most 1.
        hue: largest turn to either side, as a share of the colour circle; at most 0.5.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(
        self,
        brightness: float = 0.1,
        contrast: float = 0.1,
        saturation: float = 0.1,
        hue: float = 0.05,
        seed: int | keras.random.SeedGenerator | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.brightness, self.contrast, self.saturation, self.hue = brightness, contrast, saturation, hue
        # To Keras a pair for contrast is how far down and how far up; one number is only up.
        self.light = _in_float32(
            keras.layers.RandomColorJitter(
                value_range=(0, 1), brightness_factor=brightness, contrast_factor=(contrast, contrast)
            )
        )
        # Keras multiplies saturation by f / (1 - f), and turns hue by half of its factor.
        least, most = 1 - saturation, 1 + saturation
        self.colour = _in_float32(
            keras.layers.RandomColorJitter(
                value_range=(0, 1),
                saturation_factor=(least / (1 + least), most / (1 + most)),
                hue_factor=(0.0, 2 * hue),
            )
        )
        # These layers draw while they change pictures, and hand their generator on to their parts.
        self.light.generator = self.colour.generator = self.generator

    def build(self, data_shape: Any) -> None:
        """Build both layers of Keras."""
        self.light.build(data_shape)
        self.colour.build(data_shape)

    def draw(self, images: Tensor) -> None:
        """Draw nothing yet: Keras does while it changes the pictures."""

    def change_images(self, images: Tensor, draw: None) -> Tensor:
        """Change light, then colour where there is one."""
        images = self.light.transform_images(images, None, training=True)
        return self.colour.transform_images(images, None, training=True) if images.shape[-1] == 3 else images


class _MixesLabels(FromKeras):
    """A layer that mixes what pictures show, so that their labels or masks have to be mixed with them."""

    def call(self, data: Data, training: bool = False) -> Data:
        """Change the data if training.

        Raises:
            InputError: if pictures come without labels or masks, or with labels that aren't one-hot.
        """
        if training:
            name = type(self).__name__
            if not (isinstance(data, dict) and ("labels" in data or "segmentation_masks" in data)):
                raise InputError(
                    f"{name} mixes labels with pictures: call it with a dict of 'images' and 'labels' or "
                    "'segmentation_masks'. Mixed pictures under their old labels would be label errors."
                )
            if "labels" in data and len(data["labels"].shape) != 2:
                raise InputError(
                    f"{name} needs one-hot labels of shape (n, classes), got {tuple(data['labels'].shape)}: "
                    "`keras.ops.one_hot(labels, classes)` makes them."
                )
        return super().call(data, training=training)

    def change_labels(self, labels: Tensor, draw: Any) -> Tensor:
        """Mix labels, whole numbers too."""
        return super().change_labels(ops.cast(labels, self.compute_dtype), draw)


@keras.saving.register_keras_serializable("coursekit")
class MixUp(_MixesLabels):
    """Mix each picture with another of its batch, λ to 1 - λ, and its label or mask alike.

    Masks come out with values between 0 and 1. (Keras' own MixUp mixes masks wrongly.)

    Args:
        alpha: λ is drawn for each picture from the beta distribution of (alpha, alpha); near 0, mostly λ ≈ 0
            or 1.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Source: Zhang et al., ICLR 2018, arXiv:1710.09412.
    """

    def __init__(
        self, alpha: float = 0.4, seed: int | keras.random.SeedGenerator | None = None, **kwargs: Any
    ) -> None:
        super().__init__(keras.layers.MixUp(alpha), seed=seed, **kwargs)
        self.alpha = alpha

    def change_masks(self, masks: Tensor, draw: dict[str, Tensor]) -> Tensor:
        """Mix masks like pictures."""
        return self.layer.transform_images(ops.cast(masks, self.compute_dtype), draw, training=True)


@keras.saving.register_keras_serializable("coursekit")
class CutMix(_MixesLabels):
    """Paste a box of another picture of the batch into each picture, and mix labels by its area.

    The box covers about a share 1 - λ of the picture and lies inside it. (Keras' own CutMix weighs labels by
    the box before it is rounded to pixels, which in small pictures is another area than the one pasted.)

    Args:
        alpha: λ is drawn for each picture from the beta distribution of (alpha, alpha); above 0, at most 1.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Source: Yun et al., ICCV 2019, arXiv:1905.04899.
    """

    def __init__(
        self, alpha: float = 1.0, seed: int | keras.random.SeedGenerator | None = None, **kwargs: Any
    ) -> None:
        # Keras draws alpha itself from a range, once for the batch: leave it no choice.
        super().__init__(keras.layers.CutMix((alpha, alpha)), seed=seed, **kwargs)
        self.alpha = alpha

    def draw(self, images: Tensor) -> dict[str, Tensor]:
        """Draw boxes and partners; weigh by the pixels that are really pasted."""
        draw = super().draw(images)
        box = draw["batch_masks"][..., :1]  # masks may have another number of channels than pictures
        kept = 1 - ops.mean(ops.cast(box, self.compute_dtype), axis=(1, 2, 3))
        return {**draw, "batch_masks": box, "mix_weight": kept}


def _in_float32(layer: keras.layers.Layer) -> keras.layers.Layer:
    """Let a layer of Keras, and those it is made of, compute in float32 whatever the policy of Keras is."""
    layer.dtype_policy = "float32"
    for part in vars(layer).values():
        if isinstance(part, keras.layers.Layer):
            _in_float32(part)
    return layer
