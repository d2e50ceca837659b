"""A generative adversarial network small enough to watch: points in the plane instead of images."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from coursekit.errors import InputError
from coursekit.training.divergence import check_finite
from coursekit.training.steps import Tensor, make_step

BATCH_SIZE = 128
LATENT_SIZE = 2  # as many as the plane has, so that the generator's work can be drawn as a warped grid
EDGE = 1.6
"""Maps of the plane reach from -EDGE to EDGE in x and y; all data lie inside."""


@dataclass(frozen=True)
class PlaneData:
    """A distribution of points in the plane, made of equally frequent modes.

    Attributes:
        centres: (k, 2) of the modes.
        sigma: standard deviation around a centre, in x and y.
        stretch: (2,) a mode is smeared evenly along this vector, centred; (0, 0) for round modes.
    """

    centres: np.ndarray
    sigma: float
    stretch: tuple[float, float] = (0.0, 0.0)

    def draw(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Draw points.

        Args:
            n: how many.
            generator: source of randomness.

        Returns:
            (n, 2) float32.
        """
        along = generator.uniform(-0.5, 0.5, (n, 1)) * np.array(self.stretch)
        chosen = self.centres[generator.integers(len(self.centres), size=n)]
        return (chosen + along + generator.normal(0, self.sigma, (n, 2))).astype("float32")


_ANGLES = np.arange(8) * np.pi / 4
PLANE_DATA: dict[str, PlaneData] = {
    "ring": PlaneData(np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1), 0.1),
    "lines": PlaneData(
        np.array([(x, y) for x in (-0.6, 0.6) for y in (-0.75, -0.25, 0.25, 0.75)]), 0.1, (0.0, 0.5)
    ),
    "blob": PlaneData(np.array([[0.5, 0.3]]), 0.25),
}
"""Eight dots on a circle of radius 1; two upright lines of length 2, each of four modes end to end; a dot."""


@dataclass(frozen=True)
class ToyFrame:
    """What there is to see of a toy at one moment.

    Attributes:
        step: how many steps the generator has made.
        points: (n, 2) generated.
        chances: (cells, cells) probability "real" that the discriminator gives to each place; rows go up in
            y, columns to the right in x, from -EDGE to EDGE.
        warped: (lines, lines, 2) where the generator puts a grid of latent points. Its cells hold the same
            probability each: where they are small, points are many.
        real: mean probability "real" of real points at the last step; NaN before the first.
        fake: the same of generated points.
    """

    step: int
    points: np.ndarray
    chances: np.ndarray
    warped: np.ndarray
    real: float
    fake: float


class ToyGan:
    """A generator and a discriminator that learn from each other in the plane, step by step.

    In the study of lesson 12 the defaults covered all eight modes of the ring after 2,000 steps. With a
    discriminator of a few units, or a momentum of 0.9, all latent points went to one place, or a few.

    Args:
        data: name of one of `PLANE_DATA`.
        generator_rate: learning rate of the generator (Adam).
        discriminator_rate: learning rate of the discriminator.
        discriminator_widths: units of its hidden layers; the generator has two layers of 64.
        discriminator_steps: how often the discriminator learns before the generator does once.
        saturating: let the generator minimise log(1 - D(G(z))), as the game was first written down, instead
            of -log D(G(z)): a fake that is clearly rejected then gives hardly any gradient.
        momentum: beta_1 of both optimisers.
        seed: decides everything.

    Raises:
        InputError: if there is no such data, or a number is out of range.

    Source: Goodfellow et al., NeurIPS 2014, arXiv:1406.2661; to be watched as in Kahng et al., GAN Lab, 2018,
    arXiv:1809.01587.
    """

    def __init__(
        self,
        data: str = "ring",
        generator_rate: float = 1e-3,
        discriminator_rate: float = 1e-3,
        discriminator_widths: Sequence[int] = (64, 64),
        discriminator_steps: int = 1,
        saturating: bool = False,
        momentum: float = 0.5,
        seed: int = 0,
    ) -> None:
        if data not in PLANE_DATA:
            raise InputError(f"There is no data {data!r} in the plane. There are: {', '.join(PLANE_DATA)}.")
        if discriminator_steps < 1 or not discriminator_widths or min(discriminator_widths) < 1:
            raise InputError(
                "The discriminator needs at least one step, one hidden layer and one unit in each, got "
                f"{discriminator_steps} steps and layers of {tuple(discriminator_widths)}."
            )
        if min(generator_rate, discriminator_rate) < 0 or not 0 <= momentum < 1:
            raise InputError(
                "Learning rates must be 0 or more and momentum from 0 to below 1, got rates "
                f"{generator_rate} and {discriminator_rate}, momentum {momentum}."
            )
        self.data = PLANE_DATA[data]
        self.steps_done = 0
        self._discriminator_steps = discriminator_steps
        self._numbers = np.random.default_rng(seed)
        first, second = np.random.SeedSequence(seed).generate_state(2)
        self.generator = _layers("toy_generator", LATENT_SIZE, (64, 64), 2, int(first))
        self.discriminator = _layers("toy_discriminator", 2, discriminator_widths, 1, int(second))
        self._opinion = [np.nan, np.nan]
        softplus, mean = keras.ops.softplus, keras.ops.mean

        def discriminator_loss(real: Tensor, latent: Tensor) -> tuple[Tensor, ...]:
            on_real, on_fake = self.discriminator(real), self.discriminator(self.generator(latent))
            chances = [mean(keras.ops.sigmoid(logits)) for logits in (on_real, on_fake)]
            return mean(softplus(-on_real)) + mean(softplus(on_fake)), *chances

        def generator_loss(latent: Tensor) -> Tensor:
            on_fake = self.discriminator(self.generator(latent))
            return -mean(softplus(on_fake)) if saturating else mean(softplus(-on_fake))

        self._train_discriminator, self._train_generator = (
            make_step(loss, model.trainable_variables, keras.optimizers.Adam(rate, beta_1=momentum))
            for loss, model, rate in (
                (discriminator_loss, self.discriminator, discriminator_rate),
                (generator_loss, self.generator, generator_rate),
            )
        )

    def step(self, steps: int = 1) -> None:
        """Let both players learn.

        Args:
            steps: how many steps the generator makes.

        Raises:
            CourseError: if a loss is no longer a number.
        """
        for _ in range(steps):
            for _ in range(self._discriminator_steps):
                real = self.data.draw(BATCH_SIZE, self._numbers)
                latent = self._latent(BATCH_SIZE, self._numbers)
                discriminator_loss, *self._opinion = self._train_discriminator(real, latent)
            generator_loss = self._train_generator(self._latent(BATCH_SIZE, self._numbers))
            self.steps_done += 1
            check_finite(self.steps_done, generator=generator_loss, discriminator=discriminator_loss)

    def points(self, n: int = 1000, seed: int = 0) -> np.ndarray:
        """Generate points; looking doesn't change what is learnt next.

        Args:
            n: how many.
            seed: decides their latent points.

        Returns:
            (n, 2) float32.
        """
        return self._generate(self._latent(n, np.random.default_rng(seed)))

    def frame(self, points: int = 500, cells: int = 40, lines: int = 17) -> ToyFrame:
        """Note what there is to see now.

        Args:
            points: how many points to generate, always from the same latent points.
            cells: of the discriminator's map, along each side.
            lines: of the warped grid, along each side.

        Returns:
            Plain arrays, so that frames can be kept and shown later.
        """
        from scipy.stats import norm

        places = np.linspace(-EDGE, EDGE, cells, dtype="float32")
        logits = self.discriminator(np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2))
        chances = keras.ops.convert_to_numpy(keras.ops.sigmoid(logits)).reshape(cells, cells)
        quantiles = norm.ppf((np.arange(lines) + 0.5) / lines).astype("float32")
        grid = np.stack(np.meshgrid(quantiles, quantiles), axis=-1)
        warped = self._generate(grid.reshape(-1, LATENT_SIZE)).reshape(lines, lines, 2)
        real, fake = map(float, self._opinion)
        return ToyFrame(self.steps_done, self.points(points), chances, warped, real, fake)

    def film(self, steps: int = 2000, every: int = 50, points: int = 2000) -> list[ToyFrame]:
        """Let both players learn, and note what there is to see on the way.

        Args:
            steps: of the generator.
            every: steps from one frame to the next.
            points: how many to generate for each frame.

        Returns:
            A frame before the first step, and one after every `every` steps.

        Raises:
            CourseError: if a loss is no longer a number.
        """
        frames = [self.frame(points)]
        for _ in range(steps // every):
            self.step(every)
            frames.append(self.frame(points))
        return frames

    def _latent(self, n: int, generator: np.random.Generator) -> np.ndarray:
        return generator.normal(size=(n, LATENT_SIZE)).astype("float32")

    def _generate(self, latent: np.ndarray) -> np.ndarray:
        return keras.ops.convert_to_numpy(self.generator(latent))


def _layers(name: str, inputs: int, widths: Sequence[int], outputs: int, seed: int) -> keras.Model:
    """Dense layers with ReLU, whose first weights depend on the seed alone."""
    seeds = np.random.SeedSequence(seed).generate_state(len(widths) + 1)
    layers = [
        keras.layers.Dense(units, activation, kernel_initializer=keras.initializers.GlorotUniform(int(own)))
        for units, activation, own in zip(
            (*widths, outputs), (*["relu"] * len(widths), None), seeds, strict=True
        )
    ]
    return keras.Sequential([keras.Input((inputs,)), *layers], name=name)
