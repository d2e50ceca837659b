"""Features of real and generated pictures of signs, to measure with FID and KID how far apart they lie."""

import functools

import keras
import numpy as np

from coursekit.models.letter_network import letter_network


def features_to_compare(real: np.ndarray, generated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Describe pictures by what the course's letter network, which has seen none of them, sees in them.

    Its 29 outputs say how much a picture is like each of 29 letters, none of which looks like a digit. Each
    output is brought to mean 0 and standard deviation 1 by those of the real pictures, or the one with the
    largest numbers would decide alone.

        frechet_distance(*features_to_compare(real, generated))

    Args:
        real: (n, 28, 28, 1) in [0, 1], bright strokes on black.
        generated: (m, 28, 28, 1).

    Returns:
        (n, 29) and (m, 29), without unit. Distances between them compare with distances to the same real
        pictures and with as many generated ones, and with nothing else.
    """
    seen, drawn = (_network().predict(pictures, batch_size=250, verbose=0) for pictures in (real, generated))
    mean, spread = seen.mean(0), seen.std(0)
    return (seen - mean) / spread, (drawn - mean) / spread


@functools.cache
def _network() -> keras.Model:
    return letter_network(weights="letters")
