"""The study behind lesson 13: codes to draw from, drawn digits to learn from, a monitor that knows no fault.

Three parts.

* *digits*: auto-encoders on 4,000 printed digits, plain, denoising and variational, with a code of two
  numbers or sixteen. How well do 2,000 other digits come back, and how much like digits is what random codes
  give? Two variational ones are made to collapse, and tried again with a KL term that comes in slowly.
* *augmentation*: one variational auto-encoder for each class, trained on the labelled digits of that class
  alone; what it draws joins them in training a classifier. Beside it, the same digits moved and turned, both
  together, and neither. All four make the same number of steps.
* *bearing*: four scores that learn from healthy windows of a machine what is normal, and an alarm. Windows of
  the same machine that has stayed healthy, at loads that it knows and at one that it doesn't, tell how often
  the alarm is false. Three ways to make it less so.

Distances between pictures (FID) are those of features of the course's letter network, 2,000 pictures against
the 2,000 test digits.

Settings come from a few trials on other draws (seed 101, machines 202 to 207), one or two of each setting:
where the middle of a digit lies and how far it turns, s for sixteen numbers (0.3 was better than 0.5), rates,
strength and share of what is drawn in the part augmentation, how loud the fault is. The first claims were
written after them. Networks and epochs are the same for all arms, and a code of the bearing has four numbers,
whether PCA or a network makes it. Every seed draws its own digits and two machines.

`python evidence/13_vaes.py SEED ...` runs the cells of some seeds, so that two processes can share the work;
`coursekit evidence 13` then assembles what is there and runs what is missing.
"""

import functools
import sys
from collections.abc import Iterable
from pathlib import Path

import keras
import numpy as np

from coursekit.augment import recipe
from coursekit.course.evidence import Claim, Evidence
from coursekit.data import ImageSet, centred, load
from coursekit.efficiency import LearningCurve, Study, worth_in_labels
from coursekit.methods.anomaly import (
    Score,
    alarm_threshold,
    alarm_windows,
    auto_encoder_score,
    band_statistics,
    detection_delay,
    distance_score,
    false_alarms,
    pca_score,
    separation,
    vae_score,
)
from coursekit.methods.picture_features import features_to_compare
from coursekit.methods.vae import (
    encode,
    kl_per_dimension,
    reconstruct,
    reparameterise,
    sample,
    sample_fitted,
    squared_error,
    train_auto_encoder,
    train_vae,
)
from coursekit.metrics import frechet_distance
from coursekit.models import dense_decoder, dense_encoder, letter_network, variational_encoder
from coursekit.training import Batches, set_seed

SEEDS = range(1, 6)
PARTIAL = Path(__file__).parent / ".partial"
SHAPE = (28, 28, 1)
ARMS: dict[str, dict] = {
    "AE": {},
    "DAE": {"noise": 0.3},
    "VAE, s = 1": {"s": 1.0},
    "VAE, s = 0.8": {"s": 0.8},
    "VAE, s = 0.5": {"s": 0.5},
    "VAE, s = 0.3": {"s": 0.3},
    "mean": {"s": 1.0, "reduction": "mean"},
    "mean, warm-up": {"s": 1.0, "reduction": "mean", "warm_up": 20},
    "beta = 30": {"s": 1.0, "beta": 30.0},
    "beta = 30, warm-up": {"s": 1.0, "beta": 30.0, "warm_up": 20},
    "AE, 16 numbers": {"latent": 16},
    "VAE, 16 numbers": {"s": 0.3, "latent": 16},
}
LABELS = (10, 20, 50, 100)
AUGMENTATIONS = ("none", "warp", "VAE", "warp and VAE")
SETTINGS = {
    "digits": {
        "rotation_deg": 5.0,
        "train": 4000,
        "test": 2000,
        "widths": [256, 64],
        "epochs": 40,
        "batch": 128,
        "rate": 1e-3,
    },
    "augmentation": {
        "widths": [128, 32],
        "latent": 4,
        "s": 0.3,
        "VAE steps": 400,
        "VAE batch": 32,
        "VAE rate": 2e-3,
        "drawn of a class": 200,
        "share drawn": 0.25,
        "steps": 300,
        "batch": 32,
        "rates": {"none": 6e-3, "warp": 3e-3, "VAE": 6e-3, "warp and VAE": 3e-3},
        "test": 2000,
    },
    "bearing": {
        "fault_db": 26.0,
        "fit": 150,
        "threshold": 70,
        "fault_starts": 300,
        "false alarm rate": 0.05,
        "in a row": 3,
        "components": 4,
        "latent": 4,
        "epochs": 100,
    },
}
SCORES = ("distance", "PCA", "AE", "VAE")
REMEDIES = ("as it is", "own level", "spread only", "all loads")
BANDS = {"0-20 %": (0, 0.2), "20-40 %": (0.2, 0.4), "40-60 %": (0.4, 0.6), "60-100 %": (0.6, 1)}
MACHINES = 2
"""For each seed."""
NEVER = 100
"""Faulty windows of a run, and the delay of an alarm that doesn't stay."""

# --- Cells ---


def cells(seeds: Iterable[int] = SEEDS) -> list[dict]:
    """Everything that is measured, seed by seed, so that some seeds are whole early."""
    every: list[dict] = []
    for seed in seeds:
        every += [{"part": "real", "seed": seed}]
        every += [{"part": "digits", "arm": arm, "seed": seed} for arm in ARMS]
        every += [{"part": "augmentation", "n": n, "seed": seed} for n in LABELS]
        every += [{"part": "bearing", "machine": machine, "seed": seed} for machine in range(MACHINES)]
    return every


def measure_cell(part: str, seed: int, **cell) -> dict[str, float]:
    """The scores of one cell."""
    return {"real": real_against_real, "digits": code, "augmentation": augment, "bearing": monitor}[part](
        seed=seed, **cell
    )


# --- Digits ---


@functools.cache
def digits(n: int, seed: int) -> ImageSet:
    """Printed digits in the middle of their pictures, turned by up to 5°: two numbers hold little."""
    drawn = load("glyphs", n, seed=seed, alphabet="digits", rotation_deg=SETTINGS["digits"]["rotation_deg"])
    return ImageSet(centred(drawn.images), drawn.targets, drawn.groups, drawn.card)


def real_against_real(seed: int) -> dict[str, float]:
    """The distance of other real digits, each drawn by itself, as random codes are."""
    test = SETTINGS["digits"]["test"]
    others = digits(4 * test, 4000 + seed).images
    others = others[np.random.default_rng(seed).permutation(len(others))[:test]]
    return {"FID": distance(digits(test, 3000 + seed).images, others)}


def distance(real: np.ndarray, other: np.ndarray) -> float:
    """FID."""
    return frechet_distance(*features_to_compare(real, other))


def code(arm: str, seed: int) -> dict[str, float]:
    """Train one auto-encoder; reconstruction, codes and what random codes give."""
    settings = SETTINGS["digits"]
    train = digits(settings["train"], 1000 + seed).images
    test = digits(settings["test"], 3000 + seed)
    encoder, decoder = trained(
        train,
        seed,
        settings["widths"],
        epochs=settings["epochs"],
        batch_size=settings["batch"],
        rate=settings["rate"],
        **ARMS[arm],
    )
    codes = encode(encoder, test.images)
    back = reconstruct(encoder, decoder, test.images)
    found = {
        "error": float(np.mean(squared_error(test.images, back))),
        "spread": float(codes.std(0).mean()),
        "neighbours": neighbours_agree(codes, test.targets),
        "FID N(0, 1)": distance(test.images, sample(decoder, len(test), seed)),
        "FID fitted": distance(
            test.images, sample_fitted(decoder, draw_codes(encoder, train, seed), len(test), seed)
        ),
    }
    if len(encoder.outputs) == 2:
        nats = np.sort(np.mean(kl_per_dimension(*encoder(test.images)), axis=0))[::-1]
        found |= {"KL": float(nats.sum()), "used": float((nats > 0.1).sum())}
        found |= {f"KL {number}": float(kl) for number, kl in enumerate(nats, 1)}
    return found


def trained(
    images: np.ndarray, seed: int, widths: list[int], latent: int = 2, s: float | None = None, **options
) -> tuple[keras.Model, keras.Model]:
    """Encoder and decoder: a variational pair if s is given, else a plain one."""
    decoder = dense_decoder(images.shape[1:], widths, latent, seed=2 * seed + 1)
    if s is None:
        encoder = dense_encoder(images.shape[1:], widths, latent, seed=2 * seed)
        train_auto_encoder(encoder, decoder, images, seed=seed, **options)
    else:
        encoder = variational_encoder(images.shape[1:], widths, latent, seed=2 * seed)
        train_vae(encoder, decoder, images, s=s, seed=seed, **options)
    return encoder, decoder


def draw_codes(encoder: keras.Model, images: np.ndarray, seed: int) -> np.ndarray:
    """Where the decoder met these images in training: their codes, or one draw from each of their clouds."""
    if len(encoder.outputs) == 1:
        return encode(encoder, images)
    mu, logvar = encoder(images)
    eps = np.random.default_rng(seed).normal(size=mu.shape).astype("float32")
    return np.asarray(reparameterise(mu, logvar, eps))


def neighbours_agree(codes: np.ndarray, labels: np.ndarray) -> float:
    """Share of codes whose nearest other code belongs to the same digit."""
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=1).fit(codes).kneighbors(return_distance=False)[:, 0]
    return float((labels == labels[nearest]).mean())


# --- Generation as augmentation ---


def augment(n: int, seed: int) -> dict[str, float]:
    """Accuracy of four classifiers that know the same n labelled digits of each class."""
    settings = SETTINGS["augmentation"]
    # As the simulator makes them: in the middle of the picture, ten of each are nearly enough (0.975).
    known, test = (
        load("glyphs", size, seed=first + seed, alphabet="digits")
        for size, first in ((10 * max(LABELS), 5000), (settings["test"], 6000))
    )
    # Each run of ten holds each digit once.
    images, labels = known.images[: 10 * n], known.targets[: 10 * n]
    drawn = np.concatenate([draw_class(images[labels == digit], seed) for digit in range(10)])
    share = settings["share drawn"]
    repeats = round(len(drawn) * (1 - share) / share / len(images))
    together = np.concatenate([np.tile(images, (repeats, 1, 1, 1)), drawn])
    names = np.concatenate([np.tile(labels, repeats), np.repeat(np.arange(10), settings["drawn of a class"])])
    found = {}
    for arm in AUGMENTATIONS:
        set_seed(seed)
        classifier = letter_network(SHAPE, 10)
        batches = Batches(
            *((together, names) if "VAE" in arm else (images, labels)),
            settings["batch"],
            settings["steps"],
            recipe("digits", seed=seed) if "warp" in arm else None,
            seed=seed,
        )
        schedule = keras.optimizers.schedules.CosineDecay(settings["rates"][arm], settings["steps"])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        classifier.compile(keras.optimizers.Adam(schedule), loss)
        classifier.fit(batches, epochs=1, verbose=0)
        answers = classifier.predict(test.images, batch_size=250, verbose=0).argmax(1)
        found[arm] = float((answers == test.targets).mean())
    return found


def draw_class(images: np.ndarray, seed: int) -> np.ndarray:
    """Train a variational auto-encoder on the digits of one class, and draw new ones."""
    settings = SETTINGS["augmentation"]
    batch = min(settings["VAE batch"], len(images))
    _, decoder = trained(
        images,
        seed,
        settings["widths"],
        settings["latent"],
        settings["s"],
        epochs=settings["VAE steps"] // (len(images) // batch),
        batch_size=batch,
        rate=settings["VAE rate"],
    )
    return sample(decoder, settings["drawn of a class"], seed)


# --- Bearing ---


def monitor(machine: int, seed: int) -> dict[str, float]:
    """All scores of one machine, with each remedy."""
    settings = SETTINGS["bearing"]
    number = MACHINES * seed + machine
    starts = settings["fault_starts"]
    options = {"seed": number, "fault_db": settings["fault_db"]}
    fails = load("bearing", windows=400, fault_starts=starts, late_load=400, **options)
    # Window i has the same chances in every run of a machine, so no window is met twice: training sees those
    # before 220, of the run that fails or of one at all loads.
    healthy = load("bearing", windows=1000, fault_starts=1000, late_load=800, **options)
    all_loads = load("bearing", n=300, windows=400, fault_starts=400, **options)
    order = np.random.default_rng(seed).permutation(settings["fit"] + settings["threshold"])
    fit, held_out = np.split(order, [settings["fit"]])
    severity = fails.extra["severity"]
    unseen = healthy.extra["load"][800:] > 0.9
    found = {"windows at the unseen load": float(unseen.sum())}
    for remedy in REMEDIES:
        rows, normal, learned = (remedied(data.images, remedy) for data in (fails, healthy, all_loads))
        learned = learned if remedy == "all loads" else rows
        for name, score in scores(learned[fit], seed).items():
            threshold = alarm_threshold(score(learned[held_out]), settings["false alarm rate"])
            strange, ordinary = score(rows), score(normal)
            on = alarm_windows(strange, threshold, settings["in a row"])
            delay = detection_delay(on, starts)
            false = alarm_windows(ordinary, threshold, settings["in a row"])
            result = {
                "delay": NEVER if delay is None else delay,
                "detected": delay is not None,
                "false alarms": false_alarms(false[400:800]),
                "false alarms, unseen load": false_alarms(false[800:][unseen]),
                "AUC": separation(ordinary[400:800], strange[starts:]),
            }
            for band, (low, high) in BANDS.items():
                inside = (severity > low) & (severity <= high)
                result[f"AUC {band}"] = separation(ordinary[400:800], strange[inside])
            found |= {f"{name}, {remedy}: {key}": float(value) for key, value in result.items()}
    return found


def remedied(spectrograms: np.ndarray, remedy: str) -> np.ndarray:
    """What the scores get to see of each window."""
    rows = band_statistics(spectrograms)
    bands = rows.shape[1] // 2
    if remedy == "own level":
        return np.concatenate(
            [rows[:, :bands] - rows[:, :bands].mean(1, keepdims=True), rows[:, bands:]], axis=1
        )
    return rows[:, bands:] if remedy == "spread only" else rows


def scores(healthy: np.ndarray, seed: int) -> dict[str, Score]:
    """The four scores, learnt from healthy rows."""
    settings = SETTINGS["bearing"]
    network = {"latent": settings["latent"], "epochs": settings["epochs"], "seed": seed}
    return {
        "distance": distance_score(healthy),
        "PCA": pca_score(healthy, settings["components"]),
        "AE": auto_encoder_score(healthy, **network),
        "VAE": vae_score(healthy, **network),
    }


# --- From cells to evidence ---


def main() -> None:
    """Run the cells of the seeds named on the command line."""
    seeds = [int(word) for word in sys.argv[1:]] or SEEDS
    study().run(cells(seeds), measure_cell)


def study() -> Study:
    """The file that survives a kill."""
    return Study(PARTIAL / "13_vaes.jsonl", SETTINGS)


def measure() -> dict:
    """Run what is missing, and put the results in order."""
    found = study()
    found.run(cells(), measure_cell)
    measurements: dict[str, dict] = {}

    def keep(name: str, what: str, scores: dict, labels: int = 0, **cell) -> None:
        """Put one score at each x, from the rows of one kind of cell."""
        rows = [row for row in found.rows() if all(row.get(key) == value for key, value in cell.items())]
        rows.sort(key=lambda row: (row["seed"], row.get("machine", 0)))
        measurements[name] = {
            "what": what,
            "x": list(scores),
            "values": [[row[score] for score in scores.values()] for row in rows],
            "cost_s": [row["cost_s"] for row in rows],
            "labels": labels,
        }

    keep("digits: real", "FID of other real digits", {"FID": "FID"}, part="real")
    for arm, options in ARMS.items():
        words = ["error", "spread", "neighbours", "FID N(0, 1)", "FID fitted"]
        if "s" in options:
            words += ["KL", "used"]
            latent = options.get("latent", 2)
            keep(
                f"digits: KL per dimension, {arm}",
                "nats, mean over test digits, largest first",
                {number: f"KL {number}" for number in range(1, latent + 1)},
                part="digits",
                arm=arm,
            )
        what = (
            "error: squared, summed over pixels; KL: nats; neighbours: share; used: dimensions above 0.1 nat"
        )
        keep(f"digits: {arm}", what, {word: word for word in words}, part="digits", arm=arm)
    for arm in AUGMENTATIONS:
        rows = [found.values(arm, part="augmentation", n=n) for n in LABELS]
        measurements[f"augmentation: {arm}"] = {
            "what": "test accuracy with x labelled digits of each class",
            "x": list(LABELS),
            "values": np.transpose(rows).tolist(),
            "cost_s": [row["cost_s"] for row in found.rows() if row.get("n") == LABELS[0]],
            "labels": 10 * max(LABELS),
        }
    words = ["AUC", *(f"AUC {band}" for band in BANDS)]
    words += ["delay", "detected", "false alarms", "false alarms, unseen load"]
    for score in SCORES:
        for remedy in REMEDIES:
            keep(
                f"bearing: {score}" + (f", {remedy}" if remedy != "as it is" else ""),
                "area under the ROC curve by severity; windows; share; alarms in 100 healthy windows",
                {word: f"{score}, {remedy}: {word}" for word in words},
                part="bearing",
            )
    notes = {
        "worth": {
            arm: {
                str(n): worth(measurements[f"augmentation: {arm}"], measurements["augmentation: none"], n)
                for n in LABELS
            }
            for arm in AUGMENTATIONS[1:]
        },
    }
    return {"settings": SETTINGS, "measurements": measurements, "notes": notes}


def worth(better: dict, plain: dict, n: int) -> dict:
    """How many times as many labels of a class the plain arm needs."""
    curves = (
        LearningCurve(LABELS, np.array(each["values"]), name)
        for each, name in ((better, "augmented"), (plain, "none"))
    )
    estimate = worth_in_labels(*curves, n)
    ends = {name: getattr(estimate, name) for name in ("value", "low", "high")}
    # JSON has no infinity; None is "more than was measured".
    ends = {name: None if np.isinf(end) else end for name, end in ends.items()}
    return {"says": str(estimate), **ends}


CLAIMS = [
    Claim(
        "With two numbers, random codes suit the VAE better than the auto-encoder, in every draw",
        lambda e: all(
            np.all(1.5 * e.at(f"digits: VAE, s = {s}", "FID N(0, 1)") <= e.at("digits: AE", "FID N(0, 1)"))
            for s in (0.8, 0.5)
        ),
    ),
    Claim(
        "With sixteen, ten times better",
        lambda e: 10 * fid(e, "VAE, 16 numbers", "N(0, 1)") <= fid(e, "AE, 16 numbers", "N(0, 1)"),
    ),
    Claim(
        "The auto-encoder with a Gaussian fitted to its codes beats it, with two numbers and sixteen",
        lambda e: (
            fid(e, "AE", "fitted") <= fid(e, "VAE, s = 0.5", "N(0, 1)")
            and fid(e, "AE, 16 numbers", "fitted") <= fid(e, "VAE, 16 numbers", "N(0, 1)")
        ),
    ),
    Claim(
        "With codes fitted for both, the two are close: within three tenths",
        lambda e: all(
            max(pair) <= 1.3 * min(pair)
            for pair in (
                (fid(e, "AE", "fitted"), fid(e, "VAE, s = 0.3", "fitted")),
                (fid(e, "AE, 16 numbers", "fitted"), fid(e, "VAE, 16 numbers", "fitted")),
            )
        ),
    ),
    Claim(
        "It also reconstructs better than the VAE of s = 1",
        lambda e: e.mean("digits: AE", "error") <= e.mean("digits: VAE, s = 1", "error") - 1,
    ),
    Claim(
        "The smaller s, the more nats and the smaller the error",
        lambda e: all(
            e.mean(f"digits: VAE, s = {low}", "KL") > e.mean(f"digits: VAE, s = {high}", "KL")
            and e.mean(f"digits: VAE, s = {low}", "error") < e.mean(f"digits: VAE, s = {high}", "error")
            for low, high in ((0.3, 0.5), (0.5, 0.8), (0.8, 1))
        ),
    ),
    Claim(
        "At s = 0.3 codes have left N(0, 1): fitting a Gaussian to them helps",
        lambda e: (
            e.mean("digits: VAE, s = 0.3", "spread") >= 1.05
            and fid(e, "VAE, s = 0.3", "fitted") <= 0.8 * fid(e, "VAE, s = 0.3", "N(0, 1)")
        ),
    ),
    Claim(
        "The mean over pixels kills the code, and so does beta = 30; s = 1 with the sum keeps a nat",
        lambda e: (
            all(np.all(e.at(f"digits: {arm}", "KL") < 0.05) for arm in ("mean", "beta = 30"))
            and bool(np.all(e.at("digits: VAE, s = 1", "KL") > 1))
        ),
    ),
    Claim(
        "A dead code costs a third of the error and more, and says nothing",
        lambda e: all(
            e.mean(f"digits: {arm}", "error") >= 1.33 * e.mean("digits: VAE, s = 1", "error")
            and e.mean(f"digits: {arm}", "neighbours") <= 0.15
            for arm in ("mean", "beta = 30")
        ),
    ),
    Claim(
        "A KL term that comes in slowly doesn't save it",
        lambda e: all(np.all(e.at(f"digits: {arm}, warm-up", "KL") < 0.05) for arm in ("mean", "beta = 30")),
    ),
    Claim(
        "Drawn digits are worth nothing with 10 labels a class: up in some draws, down in others",
        lambda e: (
            bool(np.any(e.at("augmentation: VAE", 10) > e.at("augmentation: none", 10)))
            and bool(np.any(e.at("augmentation: VAE", 10) < e.at("augmentation: none", 10)))
        ),
    ),
    Claim(
        "Moving and turning digits beats drawing new ones with 10 labels a class",
        lambda e: e.mean("augmentation: warp", 10) >= e.mean("augmentation: VAE", 10) + 0.02,
    ),
    Claim(
        "A fault of 40 to 60 % is seen by all four scores",
        lambda e: all(e.mean(f"bearing: {score}", "AUC 40-60 %") >= 0.95 for score in SCORES),
    ),
    Claim(
        "PCA is as good as the VAE there",
        lambda e: abs(e.mean("bearing: PCA", "AUC 40-60 %") - e.mean("bearing: VAE", "AUC 40-60 %")) <= 0.02,
    ),
    Claim(
        "and PCA and the plain distance give the alarm about as early: the delays differ by a tenth at most",
        lambda e: all(
            abs(e.mean(f"bearing: {score}", "delay") - e.mean("bearing: VAE", "delay"))
            <= 0.1 * e.mean("bearing: VAE", "delay")
            for score in ("PCA", "distance")
        ),
    ),
    Claim(
        "while the VAE is not behind PCA between 20 and 40 % of the severity",
        lambda e: e.mean("bearing: VAE", "AUC 20-40 %") >= e.mean("bearing: PCA", "AUC 20-40 %"),
    ),
    Claim(
        "and nobody sees it in its first fifth",
        lambda e: all(e.mean(f"bearing: {score}", "AUC 0-20 %") <= 0.65 for score in SCORES),
    ),
    Claim(
        "A load that was never seen raises at least five times as many false alarms",
        lambda e: all(
            e.mean(f"bearing: {score}", "false alarms, unseen load")
            >= max(1, 5 * e.mean(f"bearing: {score}", "false alarms"))
            for score in SCORES
        ),
    ),
    Claim(
        "Spread alone halves them at least, and sees the fault as before",
        lambda e: all(
            e.mean(f"bearing: {score}, spread only", "false alarms, unseen load")
            <= e.mean(f"bearing: {score}", "false alarms, unseen load") / 2
            and e.mean(f"bearing: {score}, spread only", "AUC 40-60 %") >= 0.95
            for score in SCORES
        ),
    ),
    Claim(
        "So does having met the load; taking off a window's own level doesn't",
        lambda e: (
            all(
                e.mean(f"bearing: {score}, all loads", "false alarms, unseen load")
                <= e.mean(f"bearing: {score}", "false alarms, unseen load") / 2
                for score in ("distance", "AE", "VAE")
            )
            and e.mean("bearing: distance, own level", "false alarms, unseen load")
            > e.mean("bearing: distance", "false alarms, unseen load") / 2
        ),
    ),
]


def fid(e: Evidence, arm: str, codes: str) -> float:
    """Mean distance of what an arm draws."""
    return e.mean(f"digits: {arm}", f"FID {codes}")


if __name__ == "__main__":
    main()
