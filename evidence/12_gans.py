"""The study behind lesson 12: when two networks that play against each other learn, and what they are worth.

* *toy*: eight dots in the plane, one setting that works and others that don't, and a generator that meets a
  discriminator which has already won, with either loss.
* *digits*: a DCGAN, an auto-encoder of the same networks and one of dense layers, as many steps each, their
  distances to real pictures, and what a linear probe reads from the discriminator.
* *batches*: real and generated pictures in batches of their own, and in one; the discriminator has batch
  normalisation.
* *few*: a DCGAN on 20 pictures, to see whether it remembers them.
* *monolayer*: a DCGAN on pictures of cells, judged by their spectra.
* *painter*: images painted over drawn masks as training pairs for a segmenter.

Distances of digits are measured in the features of one classifier, trained on pictures that no other part
sees. Settings of the games come from trials on other draws of the simulators. Each segmenter's rate and
threshold and each probe's penalty are chosen on validation pictures. After a first look at the results
twenty real pairs alone got wider grids, and the toy one arm more; the claims were written then.

`python evidence/12_gans.py SEED ...` runs the cells of some seeds, so that two processes can share the work;
`coursekit evidence 12` then assembles what is there and runs what is missing.
"""

import functools
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from scipy.spatial.distance import cdist

from coursekit.augment import recipe
from coursekit.course.evidence import Claim, Evidence
from coursekit.data import load
from coursekit.efficiency import Study
from coursekit.methods.adversarial_game import GanHistory
from coursekit.methods.gan import discriminator_features, draw_images, train_gan
from coursekit.methods.gan_measures import good_share, importance_weights, modes_covered
from coursekit.methods.mask_to_image import paint, pair_logits, train_mask_to_image
from coursekit.methods.toy_gan import ToyGan
from coursekit.methods.transfer import linear_probe, network_features
from coursekit.methods.vae import encode, sample_fitted, train_auto_encoder
from coursekit.metrics import dice, frechet_distance, kernel_distance
from coursekit.models import (
    dcgan_discriminator,
    dcgan_generator,
    dense_decoder,
    dense_encoder,
    patch_discriminator,
    pix2pix_generator,
    unet,
)
from coursekit.training import Batches, set_seed
from coursekit.training.steps import input_gradient

SEEDS = range(1, 6)
PARTIAL = Path(__file__).parent / ".partial"
TOY_STEPS, TOY_EVERY = 2000, 100
GAN_STEPS = (0, 250, 750)
TRACE = 25  # steps whose probabilities are averaged
SIZES = (50, 100, 250, 500, 1000)
LABELS = 10  # in each class, for the probe
PENALTIES = (1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000)
SETTINGS = {
    "toy": {"steps": TOY_STEPS, "head start": 1000},
    "digits": {"pictures": 4000, "steps": GAN_STEPS[-1], "batch": 64, "rate": 1e-3, "latent": 32},
    "few": {"pictures": 20},
    "monolayer": {"pictures": 1000, "size": 48, "batch": 32, "widths": [16, 32, 32]},
    "painter": {"pairs": 20, "painted": 300, "steps": 500},
    "segmenter": {"widths": [8, 16, 32], "steps": 200, "batch": 8},
}
TOYS: dict[str, dict] = {
    "good": {},
    "fast generator": {"generator_rate": 5e-3},
    "weak discriminator": {"discriminator_widths": (8,)},
    "slow discriminator": {"discriminator_rate": 1e-4},
    "strong discriminator": {"discriminator_steps": 5, "discriminator_rate": 5e-3, "saturating": True},
    "momentum 0.9": {"momentum": 0.9},
    "fast generator, momentum 0.9": {"generator_rate": 5e-3, "momentum": 0.9},
}
LOSSES = {"saturating": True, "non-saturating": False}
# Arms of the segmenter: which pairs, and whether they are augmented.
ARMS = {
    "real": ("real", False),
    "real, augmented": ("real", True),
    "painted": ("painted", False),
    "real and painted": ("both", False),
    "real and painted, augmented": ("both", True),
}
RATES = (3e-3, 1e-2, 3e-2)
THRESHOLDS = [0.01, 0.02, *(round(0.05 * k, 2) for k in range(1, 20))]
# Twenty pairs alone were best at the highest rate and the lowest thresholds: they get more of both.
WIDE_RATES = (*RATES, 0.1)
WIDE_THRESHOLDS = [0.0001, 0.0003, 0.001, 0.003, *THRESHOLDS]


# --- Cells ---


def cells(seeds=SEEDS) -> list[dict]:
    """Everything that is trained, seed by seed, so that some seeds are whole early."""
    every = []
    for seed in seeds:
        every += [{"part": "toy", "arm": arm, "seed": seed} for arm in TOYS]
        every += [{"part": "rejected", "loss": loss, "seed": seed} for loss in LOSSES]
        every.append({"part": "digits", "seed": seed})
        every += [{"part": "batches", "arm": arm, "seed": seed} for arm in ("apart", "mixed")]
        every += [{"part": part, "seed": seed} for part in ("few", "monolayer", "painter")]
        every += [{"part": part, "seed": seed} for part in ("real alone", "real against real")]
    return every


def measure_cell(part: str, seed: int, **cell) -> dict:
    """Train and measure what a cell stands for."""
    return {
        "toy": toy,
        "rejected": rejected,
        "digits": digits,
        "batches": batches,
        "few": few,
        "monolayer": monolayer,
        "painter": painter,
        "real alone": real_alone,
        "real against real": real_against_real,
    }[part](seed=seed, **cell)


# --- The toy ---


def toy(arm: str, seed: int) -> dict:
    """Modes covered while a toy learns."""
    return watch(ToyGan(seed=1000 + seed, **TOYS[arm]))


def rejected(loss: str, seed: int) -> dict:
    """The same for a generator that meets a discriminator which has learnt while it stood still."""
    ready = ToyGan(generator_rate=0.0, discriminator_rate=5e-3, seed=1000 + seed)
    ready.step(SETTINGS["toy"]["head start"])
    game = ToyGan(saturating=LOSSES[loss], seed=1000 + seed)
    game.discriminator.set_weights(ready.discriminator.get_weights())
    softplus = keras.ops.softplus

    def cost(points):
        logits = game.discriminator(points)
        return -softplus(logits) if LOSSES[loss] else softplus(-logits)

    points = game.points()
    slope = np.linalg.norm(input_gradient(cost, points), axis=1).mean()
    logits = game.discriminator.predict(points, verbose=0).astype("float64")
    return watch(game) | {
        "slope": float(slope),
        "D(fake) at first": float((1 / (1 + np.exp(-logits))).mean()),
    }


def watch(game: ToyGan) -> dict:
    """Let a toy learn, and look at it every hundred steps."""
    found = {}
    for step in range(0, TOY_STEPS + 1, TOY_EVERY):
        if step:
            game.step(TOY_EVERY)
            frame = game.frame(points=1, cells=2, lines=2)
            found |= {f"D(real) at {step}": frame.real, f"D(fake) at {step}": frame.fake}
        points = game.points(2000)
        found[f"modes at {step}"] = modes_covered(points, game.data.centres, game.data.sigma)
        found[f"share at {step}"] = good_share(points, game.data.centres, game.data.sigma)
    return found


# --- Digits ---


def glyph_pictures(n: int, seed: int):
    """Digits in many typefaces; a seed of its own for everything that they are for."""
    return load("glyphs", n=n, seed=seed, alphabet="digits")


@functools.lru_cache(maxsize=1)
def classifier() -> keras.Model:
    """The network whose features all distances of digits are measured in."""
    pictures = glyph_pictures(4000, 9000)
    set_seed(0)
    layers = keras.layers
    image = x = keras.Input((28, 28, 1))
    for filters in (16, 32):
        x = layers.Conv2D(filters, 3, 2, "same", activation="relu")(x)
    x = layers.Dense(32, "tanh", name="features")(layers.Flatten()(x))
    model = keras.Model(image, layers.Dense(10)(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    model.fit(pictures.images, pictures.targets, batch_size=64, epochs=6, verbose=0)
    return model


def features(images: np.ndarray) -> np.ndarray:
    """(n, 32), between -1 and 1."""
    return network_features(classifier(), images)


class Ruler:
    """Distances from 1,000 real pictures, in features that have mean 0 and spread 1 over these."""

    def __init__(self, real: np.ndarray) -> None:
        self.raw = real
        self._mean, self._spread = real.mean(0), real.std(0)
        self.real = self.scaled(real)

    def scaled(self, found: np.ndarray) -> np.ndarray:
        """Features in units of the real ones' spread."""
        return (found - self._mean) / self._spread

    def fid(self, found: np.ndarray) -> float:
        """Fréchet distance."""
        return frechet_distance(self.real, self.scaled(found))

    def kid(self, found: np.ndarray) -> float:
        """Kernel distance."""
        return kernel_distance(self.real, self.scaled(found))


def trace(history: GanHistory) -> dict:
    """Mean probabilities of each block of steps."""
    found = {}
    for end in range(TRACE, len(history.real) + 1, TRACE):
        found[f"D(real) at {end}"] = float(history.real[end - TRACE : end].mean())
        found[f"D(fake) at {end}"] = float(history.drawn[end - TRACE : end].mean())
    return found


def digits_gan(images: np.ndarray, seed: int, **options):
    """New networks and their training, but for the images."""
    settings = SETTINGS["digits"]
    set_seed(seed)
    shape = images.shape[1:]
    generator = dcgan_generator(shape, latent_size=settings["latent"])
    discriminator = dcgan_discriminator(shape, batch_normalization=options.pop("batch_normalization", False))
    train = functools.partial(
        train_gan,
        generator,
        discriminator,
        images,
        batch_size=settings["batch"],
        rate=settings["rate"],
        seed=seed,
        **options,
    )
    return generator, discriminator, train


def digits(seed: int) -> dict:
    """A DCGAN and its distances, an auto-encoder's, real pictures', and the probe."""
    settings = SETTINGS["digits"]
    images = glyph_pictures(settings["pictures"], 1000 + seed).images
    ruler = Ruler(features(glyph_pictures(1000, 2000 + seed).images))
    found = {"classifier": classifier_accuracy(seed)}
    with tempfile.TemporaryDirectory() as folder:
        generator, discriminator, train = digits_gan(images, seed, checkpoint=Path(folder) / "gan.npz")
        untrained = discriminator_features_of(discriminator, seed)
        for steps in GAN_STEPS:
            if steps:
                history = train(steps=steps)
            drawn = features(draw_images(generator, 1000, seed))
            found |= {f"FID at {steps}": ruler.fid(drawn), f"KID at {steps}": ruler.kid(drawn)}
            found[f"raw FID at {steps}"] = frechet_distance(ruler.raw, drawn)
    found |= trace(history) | {f"FID of {n}": ruler.fid(drawn[:n]) for n in SIZES}
    found |= {f"{set_}: {name}": value for set_, name, value in nearest(generator, images, seed)}
    trained = discriminator_features_of(discriminator, seed)
    encoder, decoder, found["seconds, auto-encoder"] = auto_encoder(images, seed)
    dense = dense_auto_encoder(images, seed)
    for kind, players in (("AE", (encoder, decoder)), ("dense AE", dense)):
        codes = encode(players[0], images * 2 - 1)
        for name, drawn in (
            ("N(0, 1)", draw_images(players[1], 1000, seed)),
            ("fitted Gaussian", (sample_fitted(players[1], codes, 1000, seed) + 1) / 2),
        ):
            drawn = features(drawn)
            found |= {f"{kind} FID, {name}": ruler.fid(drawn), f"{kind} KID, {name}": ruler.kid(drawn)}
    sets = {"untrained": untrained, "discriminator": trained}
    sets["auto-encoder"] = discriminator_features_of(encoder, seed)
    sets["pixels"] = [part.images.reshape(len(part.images), -1) for part in probe_pictures(seed)]
    return found | probes(sets, [part.targets for part in probe_pictures(seed)], seed)


def real_against_real(seed: int) -> dict:
    """Distances between real pictures, each drawn by itself.

    `glyphs` deals every digit once in ten pictures: a few in a row are more like the whole than by chance.
    """
    rng = np.random.default_rng(seed)
    pools = [features(glyph_pictures(6000, at + seed).images) for at in (10_000, 11_000)]
    ruler = Ruler(rng.permutation(pools[0])[:1000])
    found = {}
    for n in SIZES:
        others = rng.permutation(pools[1])[:n]
        found |= {f"FID at {n}": ruler.fid(others), f"KID at {n}": ruler.kid(others)}
    return found


def classifier_accuracy(seed: int) -> float:
    """How often the network behind the features is right about new pictures."""
    pictures = glyph_pictures(1000, 2000 + seed)
    return float((classifier().predict(pictures.images, verbose=0).argmax(1) == pictures.targets).mean())


def auto_encoder(images: np.ndarray, seed: int) -> tuple[keras.Model, keras.Model, float]:
    """The convolutions of the discriminator as encoder, the generator as decoder, and seconds to train."""
    settings = SETTINGS["digits"]
    set_seed(seed)
    judge = dcgan_discriminator(images.shape[1:], dropout=0.0)
    code = keras.layers.Dense(settings["latent"])(judge.get_layer("flatten").output)
    encoder, decoder = (
        keras.Model(judge.input, code),
        dcgan_generator(images.shape[1:], latent_size=settings["latent"]),
    )
    start = time.perf_counter()
    train_both(encoder, decoder, images, seed)
    return encoder, decoder, time.perf_counter() - start


def dense_auto_encoder(images: np.ndarray, seed: int) -> tuple[keras.Model, keras.Model]:
    """The same with dense layers, which know nothing of neighbours."""
    codes = SETTINGS["digits"]["latent"]
    encoder = dense_encoder(images.shape[1:], latent=codes, seed=seed)
    decoder = dense_decoder(images.shape[1:], latent=codes, activation="tanh", seed=seed + 1000)
    train_both(encoder, decoder, images, seed)
    return encoder, decoder


def train_both(encoder: keras.Model, decoder: keras.Model, images: np.ndarray, seed: int) -> None:
    """Train an auto-encoder for as many steps as the DCGAN."""
    settings = SETTINGS["digits"]
    epochs = settings["steps"] * settings["batch"] // settings["pictures"]
    train_auto_encoder(encoder, decoder, images * 2 - 1, epochs, batch_size=settings["batch"], seed=seed)


def nearest(generator: keras.Model, images: np.ndarray, seed: int):
    """Whether generated pictures, and new real ones, are nearer to those trained on than to others."""
    new = glyph_pictures(500, 4000 + seed).images
    sets = {"generated": draw_images(generator, 500, seed), "real": new}
    # By chance twenty pictures may lie far from everything: more sets of others.
    repeats = 1 if len(images) > 1000 else 10
    others = glyph_pictures(repeats * len(images), 5000 + seed).images
    for name, pictures in sets.items():
        to_training = distances(pictures, images)
        to_others = np.stack([distances(pictures, part) for part in np.split(others, repeats)])
        yield name, "nearer", float((to_training < to_others).mean())
        yield name, "to training", float(to_training.mean())
        yield name, "to others", float(to_others.mean())


def distances(pictures: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Root mean square difference over pixels to the nearest."""
    rows = [part.reshape(len(part), -1) for part in (pictures, kept)]
    return cdist(*rows).min(1) / np.sqrt(rows[0].shape[1])


# --- The probe ---


@functools.lru_cache(maxsize=1)
def probe_pictures(seed: int):
    """Five sets of pictures with labels to learn from, in a row; validation; test."""
    return [
        glyph_pictures(n, start + seed) for n, start in ((5 * 10 * LABELS, 6000), (500, 7000), (2000, 8000))
    ]


def discriminator_features_of(model: keras.Model, seed: int) -> list[np.ndarray]:
    """Pooled maps of both convolutions for the three sets."""
    return [discriminator_features(model, part.images) for part in probe_pictures(seed)]


def probes(sets: dict[str, list[np.ndarray]], labels: list[np.ndarray], seed: int) -> dict:
    """Accuracy on test pictures, mean over five sets of labels, each with the penalty best on validation."""
    found = {}
    for arm, (learn, validation, test) in sets.items():
        right, chosen = [], []
        for part in np.split(np.arange(len(learn)), 5):
            both = np.concatenate([validation, test])
            fitted = np.stack(
                [linear_probe(learn[part], labels[0][part], both, penalty) for penalty in PENALTIES]
            )
            on_validation = (fitted[:, : len(validation)] == labels[1]).mean(1)
            best = int(on_validation.argmax())
            chosen.append(PENALTIES[best])
            right.append((fitted[best, len(validation) :] == labels[2]).mean())
        found |= {f"probe, {arm}": float(np.mean(right)), f"penalty, {arm}": float(np.median(chosen))}
    return found


# --- Mixed batches; few pictures ---


def batches(arm: str, seed: int) -> dict:
    """A discriminator with batch normalisation meets real and generated pictures apart or together."""
    images = glyph_pictures(SETTINGS["digits"]["pictures"], 1000 + seed).images
    generator, _, train = digits_gan(images, seed, batch_normalization=True, mixed_batches=arm == "mixed")
    history = train(steps=GAN_STEPS[-1])
    ruler = Ruler(features(glyph_pictures(1000, 2000 + seed).images))
    return trace(history) | {"FID": ruler.fid(features(draw_images(generator, 1000, seed)))}


def few(seed: int) -> dict:
    """The same DCGAN on 20 pictures, two of each digit."""
    images = glyph_pictures(SETTINGS["few"]["pictures"], 1000 + seed).images
    generator, _, train = digits_gan(images, seed)
    start = time.perf_counter()
    history = train(steps=GAN_STEPS[-1])
    found = trace(history) | {"seconds": time.perf_counter() - start}
    ruler = Ruler(features(glyph_pictures(1000, 2000 + seed).images))
    found["FID"] = ruler.fid(features(draw_images(generator, 1000, seed)))
    return found | {f"{set_}: {name}": value for set_, name, value in nearest(generator, images, seed)}


# --- Cells ---


def monolayer(seed: int) -> dict:
    """A DCGAN on pictures of cells; distances between spectra."""
    settings = SETTINGS["monolayer"]
    n, size, widths = settings["pictures"], settings["size"], settings["widths"]
    images, real, others = (fields(n, start + seed).images for start in (1000, 2000, 3000))
    ruler = Ruler(spectra(real))
    found = {"FID, real": ruler.fid(spectra(others))}
    set_seed(seed)
    shape = (size, size, 1)
    generator = dcgan_generator(shape, widths[::-1], SETTINGS["digits"]["latent"])
    discriminator = dcgan_discriminator(shape, widths)
    with tempfile.TemporaryDirectory() as folder:
        for steps in GAN_STEPS:
            if steps:
                history = train_gan(
                    generator,
                    discriminator,
                    images,
                    steps,
                    settings["batch"],
                    SETTINGS["digits"]["rate"],
                    seed=seed,
                    checkpoint=Path(folder) / "gan.npz",
                )
            found[f"FID at {steps}"] = ruler.fid(spectra(draw_images(generator, n, seed)))
    return found | trace(history)


def fields(n: int, seed: int):
    """Small pictures of a monolayer, with masks of the borders."""
    return load("monolayer", n=n, seed=seed, size=SETTINGS["monolayer"]["size"])


def spectra(images: np.ndarray) -> np.ndarray:
    """(n, 26): log power in 24 rings of the spectrum, from coarse to fine; mean and spread of the values."""
    pictures = images[..., 0].astype("float64")
    size = pictures.shape[1]
    power = np.abs(np.fft.fft2(pictures - pictures.mean((1, 2), keepdims=True))) ** 2
    waves = np.fft.fftfreq(size) * size
    ring = np.hypot(waves[:, None], waves).round().astype(int)
    rings = [np.log(power[:, ring == k].mean(1) + 1e-6) for k in range(1, size // 2 + 1)]
    return np.stack([*rings, pictures.mean((1, 2)), pictures.std((1, 2))], axis=1)


# --- Painted pairs ---


def painter(seed: int) -> dict:
    """Train painters on 20 pairs and segmenters on what they paint; test all on real fields."""
    settings = SETTINGS["painter"]
    n, painted_n = settings["pairs"], settings["painted"]
    parts = pairs(n, 1000 + seed), pairs(40, 2000 + seed), pairs(100, 3000 + seed)
    real, validation, test = parts
    drawn_masks = pairs(painted_n, 4000 + seed)[1]
    found, painters = {}, {}
    for name, sees in PAINTERS.items():
        start = time.perf_counter()
        painters[name] = train_painter(*real, seed, **sees)
        found[f"seconds, {name}"] = time.perf_counter() - start
    generator, discriminator, history = painters["main"]
    found |= trace(history)
    painted = paint(generator, drawn_masks, seed), drawn_masks
    learn = {"real": real, "painted": painted, "both": joined(real, painted)}
    learnt = {}
    for arm, (which, augment) in ARMS.items():
        start = time.perf_counter()
        learnt[arm], rate = segmenter(*learn[which], seed, validation, augment)
        found[f"seconds, {arm}"] = (time.perf_counter() - start) / len(RATES)
        found |= {f"{arm}: rate": rate}
        found |= {f"{arm}: {name}": value for name, value in score(learnt[arm], validation, test).items()}
    plain = paint(painters["20 pairs as they are"][0], drawn_masks, seed), drawn_masks
    not_turned, _ = segmenter(*joined(real, plain), seed, validation)
    found["not turned"] = score(not_turned, validation, test)["Dice"]
    judges = {"own": learnt["real, augmented"]}
    judges["judge"], _ = segmenter(*pairs(200, 5000 + seed), seed, validation, augment=True)
    for name, judge in judges.items():
        cut = best_threshold(judge, validation)[0]
        found[f"{name}: own masks"] = mean_dice(judge, painted[0], drawn_masks, cut)
        found[f"{name}: other masks"] = mean_dice(judge, painted[0], np.roll(drawn_masks, 1, axis=0), cut)
        found[f"{name}: real"] = mean_dice(judge, *test, cut)
    # Half of the pictures get the mask of the one before; D judges the pairs that they make.
    good = np.arange(painted_n) < painted_n // 2
    spoiled = np.where(good[:, None, None, None], drawn_masks, np.roll(drawn_masks, 1, axis=0))
    for name, sees in (("wrong pairs shown", "main"), ("not shown", "no wrong pairs")):
        weights = importance_weights(pair_logits(painters[sees][1], painted[0], spoiled))
        found[f"good half, {name}"] = float(weights[good].sum())
    weights = importance_weights(pair_logits(discriminator, painted[0], spoiled)) * painted_n
    for name, given in (("unweighted", np.ones(painted_n)), ("weighted", weights)):
        both = joined(real, (painted[0], spoiled))
        counted = np.concatenate([np.ones(n), given])
        kept, _ = segmenter(*both, seed, validation, weights=counted)
        found[f"spoiled, {name}"] = score(kept, validation, test)["Dice"]
    return found


def real_alone(seed: int) -> dict:
    """Twenty real pairs as they are, with wider choices than the other arms have."""
    real, validation, test = (pairs(n, at + seed) for n, at in ((20, 1000), (40, 2000), (100, 3000)))
    found = []
    for rate in WIDE_RATES:
        learnt = trained(*real, seed, False, rate, None)
        threshold, on_validation = best_threshold(learnt, validation, WIDE_THRESHOLDS)
        found.append((on_validation, rate, threshold, mean_dice(learnt, *test, threshold)))
    _, rate, threshold, on_test = max(found)
    return {"Dice": on_test, "threshold": threshold, "rate": rate}


PAINTERS = {
    "main": {},
    "no wrong pairs": {"wrong_pairs": False},
    "20 pairs as they are": {"turned": False},
}


def pairs(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of cells and their borders."""
    found = fields(n, seed)
    return found.images, found.targets


def joined(*parts: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of several sets in a row."""
    images, masks = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return images, masks


def all_turns(pictures: np.ndarray) -> np.ndarray:
    """Four quarter turns of each picture and of its mirror image."""
    return np.concatenate(
        [np.rot90(p, k, (1, 2)) for p in (pictures, pictures[:, :, ::-1]) for k in range(4)]
    )


def train_painter(
    images: np.ndarray, masks: np.ndarray, seed: int, wrong_pairs: bool = True, turned: bool = True
) -> tuple[keras.Model, keras.Model, GanHistory]:
    """A painter, its discriminator, and how they got on."""
    set_seed(seed)
    generator, discriminator = pix2pix_generator(images.shape[1:]), patch_discriminator(images.shape[1:])
    if turned:
        images, masks = all_turns(images), all_turns(masks)
    steps = SETTINGS["painter"]["steps"]
    history = train_mask_to_image(
        generator, discriminator, images, masks, steps, wrong_pairs=wrong_pairs, seed=seed
    )
    return generator, discriminator, history


def segmenter(
    images: np.ndarray,
    masks: np.ndarray,
    seed: int,
    validation: tuple[np.ndarray, np.ndarray],
    augment: bool = False,
    weights: np.ndarray | None = None,
) -> tuple[list[np.ndarray], float]:
    """What a U-Net has learnt from these pairs, its weights, at the rate that is best on validation pairs."""
    tried = [trained(images, masks, seed, augment, rate, weights) for rate in RATES]
    best = int(np.argmax([best_threshold(learnt, validation)[1] for learnt in tried]))
    return tried[best], RATES[best]


def trained(
    images: np.ndarray, masks: np.ndarray, seed: int, augment: bool, rate: float, weights: np.ndarray | None
) -> list[np.ndarray]:
    """The weights of a U-Net after as many steps as any other's."""
    settings = SETTINGS["segmenter"]
    set_seed(seed)
    start = unet(images.shape[1:], widths=settings["widths"])
    network = compiled_network(rate)
    network.set_weights(start.get_weights())
    for variable in network.optimizer.variables:
        variable.assign(keras.ops.zeros_like(variable))
    layer = recipe("cells", seed=seed) if augment else None
    # One weight for each pixel: Keras can't spread a weight of an image over its pixels.
    given = np.ones(masks.shape[:3]) * (1 if weights is None else weights[:, None, None])
    data = Batches(images, masks, settings["batch"], settings["steps"], layer, seed, given)
    network.fit(data, epochs=1, verbose=0)
    return network.get_weights()


@functools.cache
def compiled_network(rate: float) -> keras.Model:
    """The network that all segmenters of a rate use in turn: compiling takes as long as 100 steps."""
    size = SETTINGS["monolayer"]["size"]
    network = unet((size, size, 1), widths=SETTINGS["segmenter"]["widths"])
    schedule = keras.optimizers.schedules.CosineDecay(rate, SETTINGS["segmenter"]["steps"])
    network.compile(keras.optimizers.Adam(schedule), keras.losses.BinaryCrossentropy(from_logits=True))
    network.optimizer.build(network.trainable_variables)
    return network


def chances(learnt: list[np.ndarray], images: np.ndarray) -> np.ndarray:
    """(n, h, w) probability of a border."""
    network = compiled_network(RATES[0])
    network.set_weights(learnt)
    logits = network.predict(images, verbose=0)[..., 0].astype("float64")
    return 1 / (1 + np.exp(-logits))


def mean_dice(learnt: list[np.ndarray], images: np.ndarray, masks: np.ndarray, threshold: float) -> float:
    """Mean over the images."""
    return dices(chances(learnt, images), masks, threshold)


def dices(probability: np.ndarray, masks: np.ndarray, threshold: float) -> float:
    """Mean Dice over images, from probabilities."""
    found = [dice(m > 0.5, p > threshold) for m, p in zip(masks[..., 0], probability, strict=True)]
    return float(np.mean(found))


def best_threshold(
    learnt: list[np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    thresholds: Sequence[float] = THRESHOLDS,
) -> tuple[float, float]:
    """The one that is best on validation pairs, and its Dice there."""
    probability = chances(learnt, validation[0])
    found = [dices(probability, validation[1], t) for t in thresholds]
    best = int(np.argmax(found))
    return thresholds[best], found[best]


def score(learnt: list[np.ndarray], validation, test) -> dict:
    """Dice on test pairs."""
    threshold, _ = best_threshold(learnt, validation)
    return {"Dice": mean_dice(learnt, *test, threshold), "threshold": threshold}


# --- From cells to evidence ---


def main() -> None:
    """Run the cells of the seeds named on the command line."""
    seeds = [int(word) for word in sys.argv[1:]] or SEEDS
    study().run(cells(seeds), measure_cell)


def study() -> Study:
    """The file that survives a kill."""
    return Study(PARTIAL / "12_gans.jsonl", SETTINGS)


def measure() -> dict:
    """Run what is missing, and put the results in order."""
    found = study()
    found.run(cells(), measure_cell)
    rows = found.rows()
    measurements: dict[str, dict] = {}

    def keep(name: str, what: str, scores: list[str], x: list | None = None, labels: int = 0, **cell) -> None:
        chosen = [row for row in rows if all(row.get(key) == value for key, value in cell.items())]
        chosen.sort(key=lambda row: row["seed"])
        measurements[name] = {
            "what": what,
            "x": scores if x is None else x,
            "values": [[row[score] for score in scores] for row in chosen],
            "cost_s": [row["cost_s"] for row in chosen],
            "labels": labels,
        }

    looks = list(range(0, TOY_STEPS + 1, TOY_EVERY))
    watched = [(f"toy, {arm}", {"part": "toy", "arm": arm}) for arm in TOYS]
    watched += [(f"rejected, {loss}", {"part": "rejected", "loss": loss}) for loss in LOSSES]
    for name, cell in watched:
        for what, x in (("modes", looks), ("share", looks), ("D(real)", looks[1:]), ("D(fake)", looks[1:])):
            keep(f"{name}: {what}", TOY_WHAT[what], [f"{what} at {step}" for step in x], x, **cell)
    for loss in LOSSES:
        what = "mean size of the loss's gradient at a generated point; mean D(fake); before the first step"
        scores = ["slope", "D(fake) at first"]
        keep(f"rejected, {loss}: slope", what, scores, ["slope", "D(fake)"], part="rejected", loss=loss)

    for distance in ("FID", "KID", "raw FID"):
        name = "digits: FID, raw features" if distance == "raw FID" else f"digits: {distance}"
        what = "1,000 drawn pictures against 1,000 new real ones after x steps"
        keep(name, what, [f"{distance} at {s}" for s in GAN_STEPS], list(GAN_STEPS), part="digits")
    for distance in ("FID", "KID"):
        what = "x real pictures against 1,000 others"
        scores = [f"{distance} at {n}" for n in SIZES]
        keep(f"real against real: {distance}", what, scores, list(SIZES), part="real against real")
        what = "1,000 pictures decoded from random codes against 1,000 new real ones"
        codes = ["N(0, 1)", "fitted Gaussian"]
        for name, kind in (("auto-encoder", "AE"), ("dense auto-encoder", "dense AE")):
            scores = [f"{kind} {distance}, {code}" for code in codes]
            keep(f"{name}: {distance}", what, scores, codes, part="digits")
    what = "x drawn pictures against 1,000 real ones, after 750 steps"
    keep("digits: FID by sample size", what, [f"FID of {n}" for n in SIZES], list(SIZES), part="digits")
    keep("classifier", "accuracy of the network behind the features", ["classifier"], part="digits")
    for arm in ("pixels", "untrained", "discriminator", "auto-encoder"):
        what = "accuracy of a linear probe on 2,000 pictures; median penalty"
        scores = [f"probe, {arm}", f"penalty, {arm}"]
        keep(f"probe: {arm}", what, scores, [LABELS, "penalty"], 10 * LABELS, part="digits")
    traced = {
        "digits": {"part": "digits"},
        "batches, apart": {"part": "batches", "arm": "apart"},
        "batches, mixed": {"part": "batches", "arm": "mixed"},
        "memorising, 20 pictures": {"part": "few"},
        "monolayer": {"part": "monolayer"},
        "painter": {"part": "painter"},
    }
    for name, cell in traced.items():
        steps = SETTINGS["painter"]["steps"] if name == "painter" else GAN_STEPS[-1]
        blocks = list(range(TRACE, steps + 1, TRACE))
        for what in ("D(real)", "D(fake)"):
            text = f"mean probability 'real' over the {TRACE} steps up to x"
            keep(f"{name}: {what}", text, [f"{what} at {end}" for end in blocks], blocks, **cell)
    for name in ("batches, apart", "batches, mixed", "memorising, 20 pictures"):
        what = "1,000 drawn pictures against 1,000 new real ones"
        keep(f"{name}: FID", what, ["FID"], [GAN_STEPS[-1]], **traced[name])
    for name, part in (("20 pictures", "few"), ("4,000 pictures", "digits")):
        what = "share nearer to a training picture than to any of as many others"
        scores = ["generated: nearer", "real: nearer"]
        keep(f"memorising, {name}: nearer", what, scores, ["generated", "new real"], part=part)
        what = "mean distance to the nearest, root mean square over pixels"
        scores = [f"{a}: {b}" for a in ("generated", "real") for b in ("to training", "to others")]
        keep(f"memorising, {name}: distance", what, scores, [s.replace(":", "") for s in scores], part=part)
    what = "spectra of 1,000 drawn pictures against 1,000 new real ones after x steps"
    keep("monolayer: FID", what, [f"FID at {s}" for s in GAN_STEPS], list(GAN_STEPS), part="monolayer")
    what = "spectra of 1,000 real pictures against 1,000 others"
    keep("monolayer: FID, real", what, ["FID, real"], [1000], part="monolayer")

    n = SETTINGS["painter"]["pairs"]
    for arm in ARMS:
        what = "Dice of borders on 100 test fields; threshold and rate chosen on 40 others"
        scores = [f"{arm}: Dice", f"{arm}: threshold", f"{arm}: rate"]
        keep(f"painter, {arm}: Dice", what, scores, [n, "threshold", "rate"], n, part="painter")
        if arm == "real":
            what += ", both from wider grids than those of the other arms"
            scores = ["Dice", "threshold", "rate"]
            keep("painter, real: Dice", what, scores, [n, "threshold", "rate"], n, part="real alone")
    what = "real and painted, by a painter that saw each pair one way up"
    keep("painter, not turned: Dice", what, ["not turned"], [n], n, part="painter")
    for arm in ("unweighted", "weighted"):
        what = "real and painted, half of the painted beside the mask of another"
        keep(f"spoiled, {arm}: Dice", what, [f"spoiled, {arm}"], [n], n, part="painter")
    for name, judge, labels in (("obedience", "own", n), ("obedience, judge", "judge", 200)):
        what = "Dice of a segmenter on painted pictures and their masks, or others' masks, and on real ones"
        masks = ["own masks", "other masks", "real"]
        keep(name, what, [f"{judge}: {m}" for m in masks], masks, labels, part="painter")
    what = "importance weight of the half of painted pictures that have their own masks"
    shown = ["wrong pairs shown", "not shown"]
    keep("weight of the good half", what, [f"good half, {s}" for s in shown], shown, n, part="painter")

    what = "seconds, with the compiling"
    keep("seconds: GAN", what, ["seconds"], [GAN_STEPS[-1]], part="few")
    keep("seconds: auto-encoder", what, ["seconds, auto-encoder"], [12], part="digits")
    keep("seconds: painter", what, ["seconds, main"], [SETTINGS["painter"]["steps"]], part="painter")
    keep("seconds: segmenter", what, ["seconds, painted"], [SETTINGS["segmenter"]["steps"]], part="painter")
    return {"settings": SETTINGS, "measurements": measurements, "notes": {}}


TOY_WHAT = {
    "modes": "dots of eight that hold at least 1 % of 2,000 generated points",
    "share": "share of generated points within 3 standard deviations of a dot",
    "D(real)": "mean probability 'real' of the last batch of real points",
    "D(fake)": "mean probability 'real' of the last batch of generated points",
}


def last_modes(e: Evidence, arm: str) -> np.ndarray:
    """Modes covered at the end, for each seed."""
    return e.at(f"{arm}: modes", TOY_STEPS)


def dice_of(e: Evidence, arm: str) -> np.ndarray:
    """Dice of a segmenter, for each seed."""
    return e.at(f"painter, {arm}: Dice", SETTINGS["painter"]["pairs"])


CLAIMS = [
    Claim(
        "The good setting covers the ring, and so does a strong discriminator with the saturating loss",
        lambda e: all(
            bool(np.all(last_modes(e, f"toy, {arm}") >= 7)) for arm in ("good", "strong discriminator")
        ),
    ),
    Claim(
        "A weak discriminator, a fast generator with momentum 0.9, and momentum 0.9 alone: four dots at most",
        lambda e: all(
            bool(np.all(last_modes(e, f"toy, {arm}") <= 4))
            for arm in ("weak discriminator", "fast generator, momentum 0.9", "momentum 0.9")
        ),
    ),
    Claim(
        "A fast generator and a slow discriminator collapse in at least three runs of five, and not in all",
        lambda e: all(
            3 <= int(np.sum(last_modes(e, f"toy, {arm}") <= 4)) <= 4
            for arm in ("fast generator", "slow discriminator")
        ),
    ),
    Claim(
        "A discriminator that has won leaves hardly any slope to the saturating loss",
        lambda e: (
            e.mean("rejected, non-saturating: slope", "slope")
            >= 20 * e.mean("rejected, saturating: slope", "slope")
        ),
    ),
    Claim(
        "and some saturating runs never get going, while each of the others moves",
        lambda e: (
            bool(np.any(last_modes(e, "rejected, saturating") == 0))
            and bool(np.all(last_modes(e, "rejected, non-saturating") >= 1))
        ),
    ),
    Claim(
        "No saturating run covers a dot in its first 400 steps, some of the others do",
        lambda e: (
            all(np.all(e.at("rejected, saturating: modes", step) == 0) for step in range(0, 401, TOY_EVERY))
            and bool(np.any(e.at("rejected, non-saturating: modes", 4 * TOY_EVERY) > 0))
        ),
    ),
    Claim(
        "The DCGAN's FID falls to a tenth",
        lambda e: bool(np.all(e.at("digits: FID", 0) >= 10 * e.at("digits: FID", GAN_STEPS[-1]))),
    ),
    Claim(
        "and is a fifth of that of a dense auto-encoder with random codes",
        lambda e: e.mean("digits: FID", GAN_STEPS[-1]) <= e.mean("dense auto-encoder: FID", "N(0, 1)") / 5,
    ),
    Claim(
        "An auto-encoder of the same networks with fitted codes beats the GAN in each draw",
        lambda e: bool(
            np.all(e.at("auto-encoder: FID", "fitted Gaussian") < e.at("digits: FID", GAN_STEPS[-1]))
            and np.all(e.at("auto-encoder: KID", "fitted Gaussian") < e.at("digits: KID", GAN_STEPS[-1]))
        ),
    ),
    Claim(
        "Fifty real pictures score much worse than a thousand",
        lambda e: (
            e.mean("real against real: FID", SIZES[0]) >= 5 * e.mean("real against real: FID", SIZES[-1])
        ),
    ),
    Claim(
        "and their KID is around 0: within three standard errors",
        lambda e: (
            abs(e.mean("real against real: KID", SIZES[0]))
            <= 3 * e.sd("real against real: KID", SIZES[0]) / len(SEEDS) ** 0.5
        ),
    ),
    Claim(
        "Mixed batches ruin a discriminator with batch normalisation; batches apart don't",
        lambda e: (
            e.mean("batches, mixed: FID", GAN_STEPS[-1]) >= 10 * e.mean("batches, apart: FID", GAN_STEPS[-1])
            and e.mean("batches, apart: FID", GAN_STEPS[-1]) <= e.mean("digits: FID", GAN_STEPS[-1])
        ),
    ),
    Claim(
        "A GAN on twenty pictures stays near them, one on 4,000 does not",
        lambda e: bool(
            np.all(e.at("memorising, 20 pictures: nearer", "generated") >= 0.75)
            and np.all(np.abs(e.at("memorising, 4,000 pictures: nearer", "generated") - 0.5) <= 0.1)
        ),
    ),
    Claim(
        "and its FID does not tell",
        lambda e: (
            e.mean("memorising, 20 pictures: FID", GAN_STEPS[-1])
            <= 1.5 * e.mean("digits: FID", GAN_STEPS[-1])
        ),
    ),
    Claim(
        "A trained discriminator's features are little better than an untrained one's",
        lambda e: abs(e.mean("probe: discriminator", LABELS) - e.mean("probe: untrained", LABELS)) <= 0.05,
    ),
    Claim(
        "and those of the auto-encoder are better, in each draw",
        lambda e: bool(np.all(e.at("probe: auto-encoder", LABELS) > e.at("probe: discriminator", LABELS))),
    ),
    Claim(
        "Painted pictures obey their masks, and are easier than real ones",
        lambda e: (
            e.mean("obedience", "own masks") >= e.mean("obedience", "real")
            and e.mean("obedience", "own masks") >= e.mean("obedience", "other masks") + 0.15
        ),
    ),
    Claim(
        "Real ones augmented are above real and painted ones, in each draw and by either painter",
        lambda e: all(
            bool(np.all(dice_of(e, "real, augmented") > dice_of(e, arm) + 0.03))
            for arm in ("real", "real and painted", "not turned")
        ),
    ),
    Claim(
        "Painted pairs on top of real ones change Dice by less than the draws differ",
        lambda e: bool(
            abs(dice_of(e, "real and painted").mean() - dice_of(e, "real").mean())
            < dice_of(e, "real").std(ddof=1)
        ),
    ),
    Claim(
        "Pairs painted by a painter that saw each pair one way up help, in each draw",
        lambda e: bool(np.all(dice_of(e, "not turned") > dice_of(e, "real"))),
    ),
    Claim(
        "and painted pairs on top of augmentation do harm, in each draw",
        lambda e: bool(np.all(dice_of(e, "real and painted, augmented") < dice_of(e, "real, augmented"))),
    ),
    Claim(
        "A discriminator that saw wrong pairs gives the good half more weight, one that didn't gives it less",
        lambda e: bool(
            np.all(e.at("weight of the good half", "wrong pairs shown") > 0.5)
            and np.all(e.at("weight of the good half", "not shown") < 0.5)
        ),
    ),
]


if __name__ == "__main__":
    main()
