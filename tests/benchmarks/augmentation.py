"""Pairs of picture and mask augmented per second: `python tests/benchmarks/augmentation.py FOLDER`.

The layers of the course and Albumentations do the same flips, rotation, shift, zoom, shear, brightness and
contrast, in float32, and end with two arrays. FOLDER holds Albumentations, which the course does not need:

    pip install --target FOLDER --no-deps albumentations==2.0.8 albucore==0.0.24 opencv-python-headless \
        stringzilla simsimd pydantic==2.* pydantic-core typing-inspection annotated-types
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from coursekit.augment import RandomAffine
from coursekit.training import compiled

BATCH, REPEATS, SECONDS = 16, 7, 0.5


def ours() -> Callable[[Any, Any], Any]:
    """The operations as compiled layers, the whole batch at once."""
    layers = [
        RandomAffine(180, shift=0.1, zoom=0.1, shear=0.15, flip="both", seed=1),
        keras.layers.RandomBrightness(0.2, value_range=(0, 1), seed=2),
        keras.layers.RandomContrast((0.2, 0.2), value_range=(0, 1), seed=3),
    ]
    pipeline = keras.layers.Pipeline(layers)
    run = compiled(lambda pair: pipeline(dict(pair), training=True))

    def augment(images: np.ndarray, masks: np.ndarray) -> list[np.ndarray]:
        pair = run({"images": images, "segmentation_masks": masks})
        return [keras.ops.convert_to_numpy(pair[name]) for name in ("images", "segmentation_masks")]

    return augment


def albumentations() -> Callable[[Any, Any], Any]:
    """The same operations in Albumentations, picture by picture; OpenCV uses all cores."""
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    try:
        import albumentations as album
        import cv2
    except ImportError as error:
        sys.exit(f"Albumentations isn't there ({error}): install it as the head of {__file__} says.")
    transform = album.Compose(
        [
            album.HorizontalFlip(p=0.5),
            album.VerticalFlip(p=0.5),
            album.Affine(
                rotate=(-180, 180),
                translate_percent=(-0.1, 0.1),
                scale={"x": (0.9, 1.1), "y": (0.9, 1.1)},
                shear={"x": (-8.5, 8.5), "y": 0},  # degrees: tan 8.5 = 0.15
                border_mode=cv2.BORDER_REFLECT,
                interpolation=cv2.INTER_LINEAR,
                mask_interpolation=cv2.INTER_NEAREST,
                p=1,
            ),
            album.RandomBrightnessContrast(0.2, 0.2, p=1),
        ]
    )

    def augment(images: np.ndarray, masks: np.ndarray) -> list[np.ndarray]:
        pairs = [transform(image=image, mask=mask) for image, mask in zip(images, masks, strict=True)]
        return [np.stack([pair[name] for pair in pairs]) for name in ("image", "mask")]

    return augment


def pairs_per_second(augment: Callable[[Any, Any], Any], images: np.ndarray, masks: np.ndarray) -> float:
    """How many pairs a second, over half a second."""
    rounds, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        augment(images, masks)
        rounds += 1
    return rounds * len(images) / (time.perf_counter() - start)


if __name__ == "__main__":
    sys.path += sys.argv[1:]
    ways = {"coursekit": ours(), "Albumentations": albumentations()}
    rng = np.random.default_rng(0)
    for size in (64, 256):
        for channels in (1, 3):
            images = rng.random((BATCH, size, size, channels)).astype("float32")
            masks = (images[..., :1] > 0.5).astype("float32")
            for augment in ways.values():
                augment(images, masks)  # compiles, or fills caches
            # In turns, so that whatever else the machine does hits both.
            rates = [
                [pairs_per_second(augment, images, masks) for augment in ways.values()]
                for _ in range(REPEATS)
            ]
            here, there = (statistics.median(column) for column in zip(*rates, strict=True))
            ratio = statistics.median(a / b for a, b in rates)
            print(
                f"{size}×{size}×{channels}: coursekit {here:6.0f} pairs/s, Albumentations {there:6.0f}, "
                f"ratio {ratio:.2f}"
            )
