"""Augmentation: what Keras lacks, as layers that change pictures and their masks alike, and named recipes.

The names below load on first use, so that the catalogue of operations can be read without Keras.
"""

import importlib
from typing import Any

_HOME = {
    "OPERATIONS": "catalogue",
    "POLICY_OPERATIONS": "policy",
    "AugmentationLayer": "layer",
    "ColourJitter": "from_keras",
    "ColourShift": "light",
    "CutMix": "from_keras",
    "Cutout": "cutout",
    "FourierDistortion": "fourier",
    "FromKeras": "from_keras",
    "MixUp": "from_keras",
    "Operation": "catalogue",
    "Policy": "policy",
    "PolicyLayer": "policy",
    "RandomAffine": "affine",
    "RandomAutoContrast": "light",
    "RandomBlur": "blur",
    "RandomElastic": "elastic",
    "RandomJpeg": "jpeg",
    "RandomNoise": "noise",
    "RandomPerspective": "view",
    "RandomSizedCrop": "view",
    "SamplePairing": "sample_pairing",
    "SamplePairingSchedule": "sample_pairing",
    "Sharpness": "from_keras",
    "SnrNoise": "noise",
    "no_augmentation": "policy",
    "operation": "catalogue",
    "rand_augment": "policy",
    "random_policy": "policy",
    "recipe": "recipes",
}

__all__ = [
    "OPERATIONS",
    "POLICY_OPERATIONS",
    "AugmentationLayer",
    "ColourJitter",
    "ColourShift",
    "CutMix",
    "Cutout",
    "FourierDistortion",
    "FromKeras",
    "MixUp",
    "Operation",
    "Policy",
    "PolicyLayer",
    "RandomAffine",
    "RandomAutoContrast",
    "RandomBlur",
    "RandomElastic",
    "RandomJpeg",
    "RandomNoise",
    "RandomPerspective",
    "RandomSizedCrop",
    "SamplePairing",
    "SamplePairingSchedule",
    "Sharpness",
    "SnrNoise",
    "no_augmentation",
    "operation",
    "rand_augment",
    "random_policy",
    "recipe",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"coursekit.augment.{_HOME[name]}"), name)
    raise AttributeError(f"coursekit.augment has no {name!r}. It has: {', '.join(__all__)}.")
