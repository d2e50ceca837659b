"""Does data ever wait for training? `python tests/benchmarks/data.py` prints images per second at 64×64.

`load` draws on one core; the small U-Net of the course trains on two. Then the same while a network trains
beside it, as in a lesson that draws new data.
"""

import statistics
import subprocess
import sys
import time

import keras

from coursekit.data import load
from coursekit.models import unet

SIMULATORS = {
    "bearing": {},
    "brains": {},
    "faces": {},
    "glands": {},
    "glyphs": {"size": 64},
    "monolayer": {},
    "pages": {},
    "phase_contrast": {},
    "phenotypes": {},
    "scenes": {},
    "stress": {},
    "tumours": {},
    "voices": {},
}
IMAGES, REPEATS = 128, 5


def images_per_second(name: str) -> float:
    """Median over repeats, with a new seed each time; the first call, which imports and caches, left out."""
    load(name, 8, **SIMULATORS[name])
    rates = []
    for seed in range(REPEATS):
        start = time.perf_counter()
        load(name, IMAGES, seed, **SIMULATORS[name])
        rates.append(IMAGES / (time.perf_counter() - start))
    return statistics.median(rates)


def trained_images_per_second() -> float:
    """Images that a small U-Net (widths 16, 32, 64, 118,225 parameters) consumes in batches of 8."""
    data = load("monolayer", IMAGES)
    model = unet((64, 64, 1))
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    model.fit(data.images, data.targets, batch_size=8, verbose=0)
    rates = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        model.fit(data.images, data.targets, batch_size=8, epochs=3, verbose=0)
        rates.append(3 * IMAGES / (time.perf_counter() - start))
    return statistics.median(rates)


def train_for_ever() -> None:
    """Keep the cores busy, as a lesson does that trains while it draws."""
    data = load("monolayer", IMAGES)
    model = unet((64, 64, 1))
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    print("ready", flush=True)
    while True:
        model.fit(data.images, data.targets, batch_size=8, verbose=0)


if __name__ == "__main__":
    if sys.argv[1:] == ["train"]:
        train_for_ever()
    trained = trained_images_per_second()
    alone = {name: images_per_second(name) for name in SIMULATORS}
    with subprocess.Popen([sys.executable, __file__, "train"], stdout=subprocess.PIPE) as neighbour:
        assert neighbour.stdout is not None
        neighbour.stdout.readline()
        busy = {name: images_per_second(name) for name in SIMULATORS}
        neighbour.kill()
    print(f"{'training a small U-Net':24} {trained:6.0f} images/s")
    for name, rate in alone.items():
        print(
            f"{name:24} {rate:6.0f} images/s  {rate / trained:5.1f} ×  {1000 / rate:5.2f} ms an image; "
            f"beside training {busy[name]:6.0f} images/s"
        )
