"""What all layers of this folder share: pictures alone or with masks and labels, one draw for all of them."""

import inspect
from typing import Any

import keras
from keras import ops

from coursekit.errors import InputError

Tensor = Any  # a tensor of the backend in use; Keras has no common type for it
Data = Any  # pictures, or a dict with "images" and "segmentation_masks", "labels" or both


@keras.saving.register_keras_serializable("coursekit")
class AugmentationLayer(keras.layers.Layer):
    """A random change of pictures, and of the masks or labels that belong to them.

    Call it with pictures (n, height, width, channels), or with a dict that holds them as "images", beside
    "segmentation_masks" (n, height, width, k) or "labels" (n, ...); what comes back looks the same. All parts
    share one draw, so a mask goes where its picture goes. The dict that was handed in stays as it is.

    Nothing happens without `training=True`. (The preprocessing layers of Keras itself are active when
    `training` isn't given, also in `model(x)`.)

    It computes in float32 and returns that, also under a mixed policy of Keras: half precision would round
    places and probabilities. The layers that come after cast by themselves.

    Models with such layers can be cloned, saved and loaded; a copy then draws the same sequence from its
    beginning. Import the classes of the layers before loading.

    Subclasses write `draw` and `change_images`, and `change_masks` or `change_labels` if these change too.
    They keep each argument in an attribute of its name, where `get_config` finds it.

    Args:
        seed: whole number, or a `keras.random.SeedGenerator` to share. Each call draws anew; the same seed
            gives the same sequence.
        **kwargs: of `keras.layers.Layer`, such as `name`.
    """

    def __init__(self, seed: int | keras.random.SeedGenerator | None = None, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.generator = (
            seed if isinstance(seed, keras.random.SeedGenerator) else keras.random.SeedGenerator(seed)
        )

    def get_config(self) -> dict[str, Any]:
        """Tell what the layer was made with."""
        names = [name for name in inspect.signature(type(self)).parameters if name not in ("seed", "kwargs")]
        options = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **options, "seed": self.generator.get_config()["seed"]}

    def draw(self, images: Tensor) -> Any:
        """Draw what happens to each picture of the batch, with `self.generator`."""
        raise NotImplementedError

    def change_images(self, images: Tensor, draw: Any) -> Tensor:
        """Apply a draw to pictures; float in, the same float type out."""
        raise NotImplementedError

    def change_masks(self, masks: Tensor, draw: Any) -> Tensor:
        """Apply the same draw to masks; those of a change of colour alone stay as they are."""
        return masks

    def change_labels(self, labels: Tensor, draw: Any) -> Tensor:
        """Apply the same draw to labels; only layers that mix pictures change them."""
        return labels

    def call(self, data: Data, training: bool = False) -> Data:
        """Change the data if training.

        Raises:
            InputError: if there are no pictures of shape (n, height, width, channels) in the data.
        """
        images = data.get("images") if isinstance(data, dict) else data
        if images is None or len(images.shape) != 4:
            came = f"a dict with {sorted(data)}" if images is None else f"shape {tuple(images.shape)}"
            raise InputError(
                f"{type(self).__name__} needs pictures of shape (n, height, width, channels), or a dict that "
                f"holds them as 'images', got {came}."
            )
        if not training:
            return data
        images = ops.cast(images, self.compute_dtype)
        draw = self.draw(images)
        changed = self.change_images(images, draw)
        if not isinstance(data, dict):
            return changed
        result = {**data, "images": changed}
        if "segmentation_masks" in data:
            result["segmentation_masks"] = self.change_masks(data["segmentation_masks"], draw)
        if "labels" in data:
            result["labels"] = self.change_labels(data["labels"], draw)
        return result

    def compute_output_shape(self, data_shape: Any) -> Any:
        """Tell the shape of the result: that of the input."""
        return data_shape
