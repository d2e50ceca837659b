"""Augmentation policies: which of six operations happen to a picture, how often and how strongly."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from coursekit.augment.layer import AugmentationLayer
from coursekit.augment.warp import Fill, affine_matrices, warp
from coursekit.errors import InputError

Tensor = Any  # a tensor of the backend in use; Keras has no common type for it

STRONGEST_MAGNITUDE = 9
_STRONGEST = {
    "rotate": np.pi / 2,  # radians, either way
    "shift": 0.3,  # share of the picture's size, down and right drawn apart
    "zoom": 0.3,  # factors from 1 - 0.3 to 1 + 0.3, height and width drawn apart
    "shear": 0.45,  # sideways per pixel of height
    "contrast": 0.9,  # factors from 1 - 0.9 to 1 + 0.9 on the distance from the picture's mean
    "cutout": 0.45,  # side of a black square as a share of the picture's shorter side
}
POLICY_OPERATIONS = tuple(_STRONGEST)
"""Names of the operations that a policy chooses from."""

COUNTS = (0.2, 0.3, 0.5)
"""How probable it is that a picture gets at most 0, 1, 2 operations, in population based augmentation."""


@dataclass(frozen=True)
class Policy:
    """What may happen to a picture: for each operation, how often and how strongly.

    For each picture a largest number of operations is drawn from `counts`. The operations then come up in
    random order, each happens with its own probability, until that number is reached.

    Attributes:
        probabilities: of each operation, 0 to 1.
        magnitudes: of each operation, 0 (no change) to 9. The amount is drawn from a range that grows in
            proportion. At 3: rotation by up to ±30°, shift and zoom by up to ±10 %, shear by up to ±0.15,
            contrast factors from 0.7 to 1.3, a black square with 15 % of the picture's side. (In the paper
            a magnitude is the amount itself, with a random sign.) Geometry at 3 is thus the recipe for digits
            at strength 1; rotation, shift and zoom are also those of the catalogue, whose other three
            operations are stronger at strength 1: shear up to ±0.3, contrast factors from 0.5 to 1.5, a
            square with 25 % of the side. Three times these, at 9, would turn contrast around and blacken
            more than half of a picture.
        operations: names out of POLICY_OPERATIONS.
        counts: how probable a largest number of 0, 1, 2, ... operations is; they sum to 1.

    Raises:
        InputError: if a name is unknown or doubled, lengths differ, or a value is out of its range.

    Source: Ho et al., ICML 2019, arXiv:1905.05393.
    """

    probabilities: tuple[float, ...]
    magnitudes: tuple[float, ...]
    operations: tuple[str, ...] = POLICY_OPERATIONS
    counts: tuple[float, ...] = COUNTS

    def __post_init__(self) -> None:
        # Policies come back from JSON files with lists.
        for field in ("probabilities", "magnitudes", "operations", "counts"):
            object.__setattr__(self, field, tuple(getattr(self, field)))
        _check_operations(self.operations)
        for field, largest in (("probabilities", 1), ("magnitudes", STRONGEST_MAGNITUDE)):
            values = getattr(self, field)
            if len(values) != len(self.operations):
                raise InputError(
                    f"A policy needs one of its {field} for each operation: {len(self.operations)}, "
                    f"got {len(values)}."
                )
            if not all(0 <= value <= largest for value in values):
                raise InputError(f"{field} must lie between 0 and {largest}, got {values}.")
        if min(self.counts, default=-1) < 0 or abs(sum(self.counts) - 1) > 1e-6:
            raise InputError(f"counts must be probabilities that sum to 1, got {self.counts}.")


def no_augmentation(operations: Sequence[str] = POLICY_OPERATIONS) -> Policy:
    """Return the policy that leaves every picture as it is.

    Args:
        operations: names out of POLICY_OPERATIONS.

    Returns:
        The policy.

    Raises:
        InputError: if a name is unknown or doubled.
    """
    none = (0.0,) * len(operations)
    return Policy(none, none, tuple(operations))


def random_policy(rng: np.random.Generator, operations: Sequence[str] = POLICY_OPERATIONS) -> Policy:
    """Draw a policy: probabilities in tenths from 0 to 1, whole magnitudes from 0 to 9, all equally likely.

    Args:
        rng: source of randomness.
        operations: names out of POLICY_OPERATIONS.

    Returns:
        The policy.

    Raises:
        InputError: if a name is unknown or doubled.
    """
    tenths = rng.integers(0, 11, size=len(operations))
    magnitudes = rng.integers(0, STRONGEST_MAGNITUDE + 1, size=len(operations))
    return Policy(
        tuple(float(tenth) / 10 for tenth in tenths),
        tuple(float(magnitude) for magnitude in magnitudes),
        tuple(operations),
    )


def rand_augment(number: int, magnitude: float, operations: Sequence[str] = POLICY_OPERATIONS) -> Policy:
    """Return RandAugment's policy: always as many operations, all equally likely and equally strong.

    Two numbers instead of two for each operation: few enough to try them all on validation pictures. Unlike
    in the paper, no operation comes twice for one picture, because its geometry is one resampling. Keras' own
    `keras.layers.RandAugment` suits small grey pictures less: more than half of its eleven operations change
    tones or colours, and it draws the operations once for a whole batch.

    Args:
        number: of operations for each picture, N in the paper.
        magnitude: of all operations, 0 to 9, M in the paper.
        operations: names out of POLICY_OPERATIONS.

    Returns:
        The policy.

    Raises:
        InputError: if number is below 0 or there are fewer operations, a name is unknown or doubled, or the
            magnitude is out of its range.

    Source: Cubuk et al., 2020, arXiv:1909.13719.
    """
    if not 0 <= number <= len(operations):
        raise InputError(f"number must lie between 0 and {len(operations)}, the operations, got {number}.")
    return Policy(
        (1.0,) * len(operations),
        (magnitude,) * len(operations),
        tuple(operations),
        counts=(0.0,) * number + (1.0,),
    )


@keras.saving.register_keras_serializable("coursekit")
class PolicyLayer(AugmentationLayer):
    """Augment each picture by its own draw from a policy.

    The policy lives in weights that no optimiser trains: `assign` replaces it between two steps of training
    without compiling the model again. Rotation, shift, zoom and shear of one picture are a single resampling;
    contrast and cutout follow. Masks take part in the geometry alone, with the nearest pixel's value.

    Args:
        policy: to begin with. Its operations stay; `assign` changes all the rest.
        fill: what lies outside the picture, as in `warp`: "constant" (black) for signs on a dark ground,
            "reflect" where the scene goes on.
        seed: whole number, or a `keras.random.SeedGenerator` to share.
        **kwargs: of `keras.layers.Layer`, such as `name`.

    Raises:
        InputError: when called with pictures that don't have the shape (n, height, width, channels).

    Example:
        >>> augment = PolicyLayer(random_policy(np.random.default_rng(0)), seed=0)
        >>> model = keras.Sequential([augment, network])
        >>> augment.assign(no_augmentation())

    Source: Ho et al., ICML 2019, arXiv:1905.05393.
    """

    def __init__(
        self,
        policy: Policy,
        fill: Fill = "constant",
        seed: int | keras.random.SeedGenerator | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.policy = policy
        self.operations = policy.operations
        self.fill: Fill = fill

        def weights(name: str) -> keras.Variable:
            # Half precision would round probabilities and angles.
            return self.add_weight(
                (len(policy.operations),),
                "zeros",
                dtype="float32",
                trainable=False,
                autocast=False,
                name=name,
            )

        self.probabilities = weights("probabilities")
        self.magnitudes = weights("magnitudes")
        # A uniform number above k of these limits means: at most k operations.
        self.count_limits = weights("count_limits")
        self.assign(policy)

    def get_config(self) -> dict[str, Any]:
        """Tell what the layer was made with: its first policy. What `assign` put in its place is a weight."""
        return {**super().get_config(), "policy": asdict(self.policy)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "PolicyLayer":
        """Make the layer again."""
        return super().from_config({**config, "policy": Policy(**config["policy"])})

    def assign(self, policy: Policy) -> None:
        """Go on with another policy.

        Args:
            policy: with the operations of the first one.

        Raises:
            InputError: if its operations are others.
        """
        if policy.operations != tuple(self.operations):
            raise InputError(
                f"This layer was made for the operations {', '.join(self.operations)}; the new policy has "
                f"{', '.join(policy.operations)}. Make a new layer for it."
            )
        limits = np.ones(len(policy.operations))
        known = np.cumsum(policy.counts[:-1])[: len(limits)]
        limits[: len(known)] = known
        self.probabilities.assign(np.array(policy.probabilities))
        self.magnitudes.assign(np.array(policy.magnitudes))
        self.count_limits.assign(limits)

    def draw(self, images: Tensor) -> dict[str, Tensor]:
        """Draw what happens to each picture: a matrix, a contrast factor, and the square to cut out."""
        height, width = images.shape[1:3]
        size = ops.convert_to_tensor([height, width], dtype="float32")
        n = ops.shape(images)[0]
        # Between -1 and 1; two for each operation, because shift, zoom and cutout go by height and width.
        position = keras.random.uniform((n, len(self.operations), 2), -1.0, 1.0, seed=self.generator)
        strength = self.magnitudes * (
            np.array([_STRONGEST[name] for name in self.operations], "float32") / STRONGEST_MAGNITUDE
        )
        strength = ops.where(self._happens(n), strength, 0.0)
        drawn = strength[..., None] * position

        def amount(name: str) -> Tensor:
            return drawn[:, self.operations.index(name)] if name in self.operations else ops.zeros((n, 2))

        draw = {
            "matrices": affine_matrices(
                angle_rad=amount("rotate")[:, 0],
                shift_yx=amount("shift") * size,
                zoom_yx=1.0 + amount("zoom"),
                shear=amount("shear")[:, 0],
                flip_yx=ops.zeros((n, 2)),
                size=(height, width),
            ),
            "contrast": 1.0 + amount("contrast")[:, 0],
        }
        if "cutout" in self.operations:
            cutout = self.operations.index("cutout")
            draw["side"] = strength[:, cutout] * min(height, width)
            # The centre lies anywhere in the picture, so the square may overhang.
            draw["centre"] = (position[:, cutout] + 1.0) / 2.0 * size - 0.5
        return draw

    def _happens(self, n: Tensor) -> Tensor:
        """Choose the operations of each picture, (n, operations) booleans."""
        uniform = keras.random.uniform((2, n, len(self.operations)), seed=self.generator)
        comes_up, turn = uniform[0] < self.probabilities, uniform[1]
        earlier = ops.logical_and(comes_up[:, :, None], turn[:, :, None] < turn[:, None, :])
        rank = ops.sum(ops.cast(earlier, "int32"), axis=1)
        limit = ops.cast(keras.random.uniform((n, 1), seed=self.generator) >= self.count_limits, "int32")
        return ops.logical_and(comes_up, rank < ops.sum(limit, axis=1, keepdims=True))

    def change_images(self, images: Tensor, draw: dict[str, Tensor]) -> Tensor:
        """Warp, change the contrast and cut out, in this order."""
        images = warp(images, draw["matrices"], fill=self.fill)
        mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
        factor = ops.cast(ops.reshape(draw["contrast"], (-1, 1, 1, 1)), images.dtype)
        images = ops.clip(mean + factor * (images - mean), 0.0, 1.0)
        if "cutout" not in self.operations:
            return images
        height, width = images.shape[1:3]
        half = ops.reshape(draw["side"] / 2.0, (-1, 1, 1, 1))
        y = ops.reshape(ops.arange(height, dtype="float32"), (1, -1, 1, 1))
        x = ops.reshape(ops.arange(width, dtype="float32"), (1, 1, -1, 1))
        centre = ops.reshape(draw["centre"], (-1, 2, 1, 1, 1))
        cut = ops.logical_and(ops.abs(y - centre[:, 0]) < half, ops.abs(x - centre[:, 1]) < half)
        return ops.where(cut, ops.zeros_like(images), images)

    def change_masks(self, masks: Tensor, draw: dict[str, Tensor]) -> Tensor:
        """Move masks as their pictures; contrast and cutout don't concern them."""
        return warp(masks, draw["matrices"], interpolation="nearest", fill=self.fill)


def _check_operations(operations: Sequence[str]) -> None:
    unknown = [name for name in operations if name not in _STRONGEST]
    if unknown or not operations or len(set(operations)) < len(operations):
        raise InputError(
            f"operations must be one or more of {', '.join(POLICY_OPERATIONS)}, each once, "
            f"got {', '.join(operations) or 'none'}."
        )
