"""What JPEG does to a picture, computed where the network runs: no file, no codec."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops, random

from coursekit.augment.layer import AugmentationLayer, Tensor
from coursekit.errors import InputError

# Steps to which the 8×8 frequencies are rounded at quality 50: fine where eyes see best. ITU-T T.81, Annex K.
_LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    "float32",
)
_CHROMINANCE = np.full((8, 8), 99, "float32")
_CHROMINANCE[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]

# Rows are the eight cosines of the orthonormal discrete cosine transform.
_COSINES = np.array(
    [[math.cos((2 * place + 1) * wave * math.pi / 16) for place in range(8)] for wave in range(8)]
) * np.array([[math.sqrt(1 / 8)]] + [[math.sqrt(2 / 8)]] * 7)

# Red, green and blue to brightness and two colour differences, as JFIF defines them.
_TO_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])


def quantisation_tables(quality: Tensor) -> tuple[Tensor, Tensor]:
    """Compute the steps by which JPEG rounds each frequency.

    Args:
        quality: (n,) whole numbers from 1 (worst) to 100.

    Returns:
        Two tensors (n, 8, 8) of whole numbers from 1 to 255, for brightness and for colour; the vertical
        frequency grows along axis 1.

    Source: ITU-T T.81 (1992), Annex K; the scale with quality is that of the Independent JPEG Group's
        library.
    """
    quality = ops.reshape(ops.cast(quality, "float32"), (-1, 1, 1))
    percent = ops.where(quality < 50, ops.floor(5000 / quality), 200 - 2 * quality)
    luminance, chrominance = (
        ops.clip(ops.floor((table * percent + 50) / 100), 1, 255) for table in (_LUMINANCE, _CHROMINANCE)
    )
    return luminance, chrominance


def jpeg_loss(images: Tensor, quality: Tensor) -> Tensor:
    """Return pictures as they come back from a JPEG file.

    Pictures of three channels are taken for red, green and blue: their colour is kept at half the resolution
    (4:2:0), as most programs do. With any other number, each channel is treated as a grey picture.

    Args:
        images: (n, height, width, channels) float in [0, 1].
        quality: (n,) whole numbers from 1 (worst) to 100, one for each picture.

    Returns:
        Tensor like images, in multiples of 1/255.

    Source: ITU-T T.81 (1992) and JFIF 1.02 (ITU-T T.871). The lossless part of JPEG, Huffman codes, is left
    out: it changes no pixel.
    """
    height, width, channels = images.shape[1:]
    luminance, chrominance = quantisation_tables(quality)
    levels = ops.round(ops.cast(images, "float32") * 255)
    if channels != 3:
        planes = [_round_trip(levels[..., i] - 128, luminance) for i in range(channels)]
        levels = ops.stack(planes, axis=-1) + 128
    else:
        ycc = ops.matmul(levels, ops.cast(_TO_YCC.T, "float32"))
        brightness = _round_trip(ops.round(ycc[..., 0]) - 128, luminance)
        # An odd row or column is repeated before 2×2 pixels are averaged.
        colour = ops.pad(ycc[..., 1:], [(0, 0), (0, height % 2), (0, width % 2), (0, 0)], mode="symmetric")
        colour = ops.round(ops.average_pool(colour, 2, strides=2, data_format="channels_last"))
        colour = ops.stack([_round_trip(colour[..., i], chrominance) for i in range(2)], axis=-1)
        size = (2 * colour.shape[1], 2 * colour.shape[2])
        colour = ops.image.resize(colour, size, "bilinear", data_format="channels_last")
        ycc = ops.concatenate([brightness[..., None] + 128, colour[:, :height, :width]], axis=-1)
        levels = ops.matmul(ycc, ops.cast(np.linalg.inv(_TO_YCC).T, "float32"))
    return ops.cast(ops.clip(ops.round(levels), 0, 255) / 255, images.dtype)


def _round_trip(plane: Tensor, table: Tensor) -> Tensor:
    """Round the frequencies of 8×8 blocks of planes (n, height, width), centred at 0, to a table's steps."""
    height, width = plane.shape[1:]
    # Up to seven rows are missing, also where the picture has fewer than seven: repeat the last one.
    rows = np.minimum(np.arange(-(-height // 8) * 8), height - 1)
    columns = np.minimum(np.arange(-(-width // 8) * 8), width - 1)
    plane = ops.take(ops.take(plane, rows, axis=1), columns, axis=2)
    blocks = ops.reshape(plane, (-1, len(rows) // 8, 8, len(columns) // 8, 8))
    cosines = ops.cast(_COSINES, "float32")
    steps = table[:, None, :, None, :]
    waves = ops.einsum("uy,niyjx->niujx", cosines, blocks)
    waves = ops.einsum("vx,niujx->niujv", cosines, waves)
    waves = ops.round(waves / steps) * steps
    blocks = ops.einsum("uy,niujv->niyjv", cosines, waves)
    blocks = ops.einsum("vx,niyjv->niyjx", cosines, blocks)
    # A decoder stores 0 to 255.
    blocks = ops.clip(ops.round(blocks), -128, 127)
    return ops.reshape(blocks, (-1, len(rows), len(columns)))[:, :height, :width]


@keras.saving.register_keras_serializable("coursekit")
class RandomJpeg(AugmentationLayer):
    """Give each picture the loss of a JPEG file of its own random quality.

    See `jpeg_loss` for what is computed. Masks and labels stay as they are.

    Args:
        quality: lowest and highest quality, whole numbers from 1 to 100; all between are equally likely.
        seed: see `AugmentationLayer`.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        InputError: if quality isn't such a pair.
    """

    def __init__(
        self,
        quality: tuple[int, int] = (30, 95),
        seed: int | keras.random.SeedGenerator | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        low, high = quality
        if not 1 <= low <= high <= 100 or low != int(low) or high != int(high):
            raise InputError(
                f"quality must be two whole numbers from 1 to 100, the lower first, got {quality!r}."
            )
        self.quality = (int(low), int(high))

    def draw(self, images: Tensor) -> Tensor:
        """Draw a quality for each picture, (n,)."""
        low, high = self.quality
        return random.randint((ops.shape(images)[0],), low, high + 1, seed=self.generator)

    def change_images(self, images: Tensor, draw: Tensor) -> Tensor:
        """Take pictures through JPEG."""
        return jpeg_loss(images, draw)
