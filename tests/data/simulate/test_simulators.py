"""What holds for every simulator."""

import hashlib
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import coursekit
from coursekit.data import load, names

SIMULATORS = sorted(
    path.stem
    for path in (Path(coursekit.__file__).parent / "data" / "simulate").glob("*.py")
    if path.stem not in ("__init__", "texture")
)

# Small images, so that ten thousand of each are drawn in a minute or so.
SMALL = {
    "faces": {"size": 40},
    "glands": {"size": 32, "um_per_px": 5.0},
    "glyphs": {"size": 16},
    "monolayer": {"size": 28},
}
# A machine runs well for a long time before a fault shows.
SHORT = {"bearing": {"windows": 40}}
SEEDS = 4
IMAGES = 10_000 // SEEDS


def everything(data):
    """All arrays of a data set, by name."""
    parts = {"images": data.images, "targets": data.targets, "groups": data.groups, **data.extra}
    return {name: part for name, part in parts.items() if part is not None}


def test_every_simulator_can_be_loaded_by_its_name():
    assert set(SIMULATORS) <= set(names())
    assert len(SIMULATORS) >= 13


@pytest.mark.parametrize("name", SIMULATORS)
def test_same_seed_gives_the_same_bytes_and_another_seed_other_images(name):
    first, again, other = (everything(load(name, n=6, seed=seed)) for seed in (1, 1, 2))
    for part, values in first.items():
        assert values.tobytes() == again[part].tobytes(), part
    assert first["images"].tobytes() != other["images"].tobytes()


@pytest.mark.parametrize("name", SIMULATORS)
def test_the_first_eight_of_sixteen_are_the_eight(name):
    eight, sixteen = (everything(load(name, n=n, seed=3)) for n in (8, 16))
    for part, values in eight.items():
        # Not array_equal: absent points are NaN.
        assert values.tobytes() == sixteen[part][:8].tobytes(), part


@pytest.mark.parametrize("name", SIMULATORS)
def test_images_use_the_range_of_grey(name):
    images = load(name, n=24, seed=4).images
    assert np.ptp(images) > 0.4
    # No image is flat, and few pixels are cut off at either end of the range.
    assert images.std(axis=(1, 2)).max(axis=-1).min() > 0.01


@pytest.mark.parametrize("name", SIMULATORS)
def test_every_class_and_every_mask_occurs(name):
    data = load(name, n=200, seed=5, **SHORT.get(name, {}))
    if data.targets.ndim == 1:
        # "stranger" and the like appear when asked for.
        assert len(np.unique(data.targets)) >= min(2, len(data.card.class_names))
    else:
        assert (data.targets.max(axis=(0, 1, 2)) > 0.5).all()


def hashes(name, seed):
    """A short hash of each image."""
    images = load(name, n=IMAGES, seed=seed, **SMALL.get(name, {})).images
    return [hashlib.blake2b(image.tobytes(), digest_size=12).digest() for image in images]


@pytest.mark.slow
@pytest.mark.parametrize("name", SIMULATORS)
def test_no_two_of_ten_thousand_images_are_alike(name):
    # Fresh processes: a copy of this one would carry TensorFlow's threads, which don't survive copying.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        found = [one for seed in pool.map(hashes, [name] * SEEDS, range(SEEDS)) for one in seed]
    assert len(set(found)) == len(found) == SEEDS * IMAGES
