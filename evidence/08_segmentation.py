"""The study behind lesson 08: what a few drawn masks are worth, and what a score sees of them.

Four parts.

* *ideal masks*: true borders of the monolayer with one known error each, no network.
* *monolayer*: {from scratch, refined from scenes, refined from a GAN's discriminator} × {plain, augmented} ×
  4, 16 and 64 labelled fields; the NIST study in small. Scenes come with 600 outlines, the GAN sees 1,000
  fields of the same kind without labels; what is copied is the whole U-Net or, from the discriminator, the
  way down.
* *NIST*: the same six on the real pictures, 4 and 32 of them labelled, and a classical rule that has to be
  beaten first. Training, validation and test pictures are runs of the list; which dish a picture comes from
  is not recorded, so a test on other pictures may still be a test on the same dish, and the test runs of two
  seeds overlap by half.
* *pages*: full and partial labels, against the same without the partial ones and with what is unlabelled
  taken for background.

Every network of a part has the same architecture, steps, batch and rate, taken from earlier trials: on other
draws of the simulators, but for NIST on these hundred pictures, of which there are no others. What turns
probabilities into a mask is chosen on validation images, for each score by itself; test images are looked at
once. The labels of the validation images (16, 12 and 20) are not counted in N: all arms share them, the
classical rule too.

The thresholds below 0.05 came after a first look: the plain networks had chosen the lowest one. Those that
had chosen from 0.1 to 0.2 for ARI, all the augmented ones, were not run again. The pages' cuts for the body
and the growing of regions came after a first look, too.

`python evidence/08_segmentation.py SEED ...` runs the cells of some seeds, so that two processes can share
the work; `coursekit evidence 08` then assembles what is there and runs what is missing.
"""

import functools
import itertools
import sys
from pathlib import Path

import keras
import numpy as np
from skimage.measure import label
from skimage.segmentation import expand_labels

from coursekit.augment import recipe
from coursekit.course.evidence import Claim, Evidence
from coursekit.data import load
from coursekit.data.simulate.monolayer import Sheet
from coursekit.efficiency import Study
from coursekit.methods.border_errors import move, puncture, redraw
from coursekit.methods.gan import train_gan
from coursekit.methods.segmentation import local_spread, objects_found, regions_between
from coursekit.methods.warm_start import copy_weights
from coursekit.metrics import adjusted_rand_index, border_adjusted_rand_index, cell_regions, dice
from coursekit.models import unet, unet_discriminator, unet_generator
from coursekit.training import Batches, set_seed

SEEDS = range(5)
STARTS = ("scratch", "scenes", "GAN")
PARTIAL = Path(__file__).parent / ".partial"
SETTINGS = {
    "monolayer": {"widths": [12, 24, 48, 96], "steps": 300, "batch": 8, "rate": 2e-3},
    "NIST": {"widths": [8, 16, 32, 64], "steps": 200, "batch": 8, "rate": 2e-3},
    "pages": {"widths": [12, 24, 48, 96], "steps": 300, "batch": 8, "rate": 2e-3},
    "pre-training": {"scenes": 600, "scene steps": 600, "GAN steps": 600, "batch": 16, "GAN rate": 2e-4},
    "GAN images": {"monolayer": 1000, "NIST": "those to learn from and for validation"},
}
SIZES = {"monolayer": (4, 16, 64), "NIST": (4, 32)}
EVEN = [round(0.05 * k, 2) for k in range(1, 20)]
# Overconfident networks want borders from very small probabilities on.
THRESHOLDS = [0.001, 0.005, 0.01, 0.02, *EVEN]


# --- Cells: one network each ---


def cells(seeds=SEEDS) -> list[dict]:
    """Everything that is trained, seed by seed, so that some seeds are whole early."""
    every = []
    for seed in seeds:
        every.append({"part": "ideal", "seed": seed})
        every += [
            {"part": "pre-training", "of": part, "start": start, "seed": seed}
            for part in SIZES
            for start in STARTS[1:]
        ]
        every += [
            {"part": part, "start": start, "augment": augment, "n": n, "seed": seed}
            for part, sizes in SIZES.items()
            for start in STARTS
            for augment in (False, True)
            for n in sizes
        ]
        every += [{"part": "loss", "loss": loss, "seed": seed} for loss in ("Dice", "weighted cross-entropy")]
        every.append({"part": "no skips", "seed": seed})
        every += [{"part": "classical", "n": n, "seed": seed} for n in SIZES["NIST"]]
        every += [{"part": "pages", "arm": arm, "seed": seed} for arm in PAGE_ARMS]
    return every


def measure_cell(part: str, seed: int, **cell) -> dict:
    """Train and score one network, or whatever else a cell stands for."""
    return {
        "ideal": ideal,
        "pre-training": pre_train,
        "monolayer": functools.partial(segment, "monolayer"),
        "NIST": functools.partial(segment, "NIST"),
        "loss": functools.partial(segment, "monolayer", "scratch", True, 4),
        "no skips": functools.partial(segment, "monolayer", "scratch", True, 16, skips=False),
        "classical": classical,
        "pages": pages,
    }[part](seed=seed, **cell)


# --- Ideal masks ---


def ideal(seed: int) -> dict:
    """Scores of true borders with one known error, means over 16 fields."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = {}
    for size, diameter in ((64, 1.0), (128, 2.0)):
        fields = load("monolayer", n=16, seed=50 + seed, size=size, **larger(diameter))
        for border in fields.targets[..., 0] > 0.5:
            for name, truth, drawn in errors(border, rng):
                if size == 64 or name.startswith("moved 1 px"):
                    score_ideal(found, f"{name}, {size} px" if size > 64 else name, truth, drawn)
        if size == 64:
            borders = fields.targets[..., 0] > 0.5
            others = zip(borders, np.roll(borders, 1, axis=0), strict=True)
            found["another field: ARI nearest"] = [border_adjusted_rand_index(a, b) for a, b in others]
    return {name: float(np.mean(values)) for name, values in found.items()}


def larger(factor: float) -> dict:
    """Options of the monolayer for cells so many times as wide in pixels."""
    return {} if factor == 1 else {"um_per_px": Sheet.um_per_px / factor}


def errors(border: np.ndarray, rng: np.random.Generator):
    """Name, truth and drawing of each error."""
    thin = redraw(border)
    yield "thick, thinned", border, thin
    yield "thick, moved 1 px", border, move(border, 1)
    yield "thick, 5 px holes in 25 %", border, puncture(border, 0.25, rng, width=5)
    yield "one px too thick on each side", border, redraw(border, 5)
    yield "moved 1 px", thin, move(thin, 1)
    for percent in (10, 25, 50, 100):
        yield f"holes in {percent} %", thin, puncture(thin, percent / 100, rng)


def score_ideal(found: dict, name: str, truth: np.ndarray, drawn: np.ndarray) -> None:
    """Add all scores of one drawing."""
    scores = {f"ARI {lines}": border_adjusted_rand_index(truth, drawn, lines) for lines in CONVENTIONS}
    scores |= {"Dice": dice(truth, drawn), "cells": cell_regions(drawn).max()}
    scores |= {"true cells": cell_regions(truth).max()}
    for score, value in scores.items():
        found.setdefault(f"{name}: {score}", []).append(float(value))


CONVENTIONS = ("nearest", "ignored", "region")


# --- Six configurations, on the monolayer and on the real pictures ---


def segment(
    part: str,
    start: str = "scratch",
    augment: bool = True,
    n: int = 4,
    seed: int = 0,
    loss: str = "cross-entropy",
    skips: bool = True,
) -> dict:
    """Refine a U-Net on n images; Dice and ARI at thresholds chosen on validation images."""
    settings = SETTINGS[part]
    train, validation, test = data(part, seed)
    network = fresh_unet(seed, train[0].shape[1:], tuple(settings["widths"]), skips)
    if start != "scratch":
        copy_weights(pretrained(part, start, seed), network)
    batches = Batches(
        *(array[:n] for array in train),
        settings["batch"],
        settings["steps"],
        recipe("cells", seed=seed) if augment else None,
        seed=seed,
    )
    fit(network, batches, settings["rate"], loss)
    return score(part, network, validation, test)


def fresh_unet(
    seed: int, shape: tuple[int, ...], widths: tuple[int, ...], skips: bool = True, classes: int = 1
) -> keras.Model:
    """A U-Net with new random weights; one that was compiled before for another cell is used again."""
    set_seed(seed)
    start = unet(shape, classes, widths, skips=skips)
    network = compiled_before(shape, widths, skips, classes)
    network.set_weights(start.get_weights())
    return network


@functools.lru_cache(maxsize=8)
def compiled_before(*options) -> keras.Model:
    """The network that `fresh_unet` renews the weights of: compiling takes as long as 100 steps."""
    shape, widths, skips, classes = options
    return unet(shape, classes, widths, skips=skips)


def fit(network: keras.Model, batches: Batches, rate: float, loss: str = "cross-entropy") -> None:
    """One pass over the batches, with a rate that falls along half a cosine."""
    goal = (rate, len(batches), loss)
    if getattr(network, "goal", None) != goal:
        schedule = keras.optimizers.schedules.CosineDecay(rate, len(batches))
        network.compile(optimizer=keras.optimizers.Adam(schedule), loss=LOSSES[loss])
        network.goal = goal
    for variable in network.optimizer.variables:
        variable.assign(keras.ops.zeros_like(variable))
    network.fit(batches, epochs=1, verbose=0)


def weighted_cross_entropy(truth, logits):
    """Cross-entropy in which border and cells weigh alike, whatever their areas."""
    share = keras.ops.mean(truth)
    weights = truth / (2 * share) + (1 - truth) / (2 * (1 - share))
    each = keras.ops.binary_crossentropy(truth, logits, from_logits=True)
    return keras.ops.mean(weights * each)


def dice_loss(truth, logits):
    """One minus Dice of probabilities, over the batch."""
    return keras.losses.dice(truth, keras.ops.sigmoid(logits))


LOSSES = {
    "cross-entropy": keras.losses.BinaryCrossentropy(from_logits=True),
    "Dice": dice_loss,
    "weighted cross-entropy": weighted_cross_entropy,
}


@functools.lru_cache(maxsize=2)
def data(part: str, seed: int):
    """(images, masks) to learn from, in the order in which N counts; to choose thresholds on; to test on."""
    if part == "monolayer":
        fields = load("monolayer", n=64 + 16 + 40, seed=100 + seed)
        images, masks = fields.images, fields.targets
        cuts = [slice(0, 64), slice(64, 80), slice(80, 120)]
        return tuple((images[cut], masks[cut]) for cut in cuts)
    images, masks = nist()
    rng = np.random.default_rng(seed)
    # 40 test, 4 between, 12 validation, 4 between, 36 to learn from, 4 between, in a ring that starts
    # elsewhere for each seed. Neighbours in the list are no more alike than others; runs do no harm.
    ring = np.roll(np.arange(100), -20 * seed)
    rows = [rng.permutation(ring[60:96]), ring[44:56], ring[:40]]
    return tuple((images[r], masks[r]) for r in rows)


@functools.lru_cache(maxsize=1)
def nist() -> tuple[np.ndarray, np.ndarray]:
    """NIST's pictures, four times smaller in two channels, and their masks."""
    pictures = load("nist_cells")
    return texture(pictures.images), (blocks(pictures.targets).mean((2, 4)) > 0.5).astype("float32")


def texture(images: np.ndarray) -> np.ndarray:
    """Mean and log spread of each 4×4 block, each with mean 0 and spread 1 in a picture.

    Plain averaging would wipe out the fine texture that marks a cell.
    """
    parts = blocks(images)
    channels = np.concatenate([parts.mean((2, 4)), np.log(parts.std((2, 4)) + 1e-3)], axis=-1)
    centred = channels - channels.mean((1, 2), keepdims=True)
    return (centred / centred.std((1, 2), keepdims=True)).astype("float32")


def blocks(images: np.ndarray) -> np.ndarray:
    """(n, h, w, 1) as (n, h/4, 4, w/4, 4, 1)."""
    n, h, w, c = images.shape
    return images.reshape(n, h // 4, 4, w // 4, 4, c)


def pre_train(of: str, start: str, seed: int) -> dict:
    """Train a network to start from, and keep its weights for the cells that refine it."""
    set_seed(1000 + seed)
    network, kept = learn_scenes(of, seed) if start == "scenes" else learn_gan(of, seed)
    PARTIAL.mkdir(exist_ok=True)
    network.save_weights(weights_file(of, start, seed))
    return kept


def pretrained(part: str, start: str, seed: int) -> keras.Model:
    """The network that `pre_train` kept."""
    shape, widths = data(part, seed)[0][0].shape[1:], SETTINGS[part]["widths"]
    network = unet(shape, widths=widths) if start == "scenes" else unet_discriminator(shape, widths)
    network.load_weights(weights_file(part, start, seed))
    return network


def weights_file(part: str, start: str, seed: int) -> Path:
    """Where the weights of a start are kept while the study runs."""
    return PARTIAL / f"08 {part} {start} {seed}.weights.h5"


def learn_scenes(part: str, seed: int) -> tuple[keras.Model, dict]:
    """Pre-train on scenes: where a thing ends, before borders of cells; what is a thing, before areas."""
    settings = SETTINGS["pre-training"]
    if part == "monolayer":
        scenes = load("scenes", n=settings["scenes"], seed=200 + seed, grey=True)
        images, masks = scenes.images, scenes.extra["borders"]
    else:
        scenes = load("scenes", n=settings["scenes"], seed=200 + seed, grey=True, size=256)
        images = texture(scenes.images)
        masks = blocks((scenes.extra["objects"] > 0)[..., None]).mean((2, 4)) > 0.5
    network = unet(images.shape[1:], widths=SETTINGS[part]["widths"])
    batches = Batches(images, masks.astype("float32"), settings["batch"], settings["scene steps"], seed=seed)
    fit(network, batches, SETTINGS[part]["rate"])
    return network, {"loss": float(network.history.history["loss"][-1])}


def learn_gan(part: str, seed: int) -> tuple[keras.Model, dict]:
    """Train a GAN on unlabelled images of the target domain; none of them is a test image."""
    settings = SETTINGS["pre-training"]
    if part == "monolayer":
        images = load("monolayer", n=SETTINGS["GAN images"][part], seed=300 + seed).images
    else:
        train, validation, _ = data(part, seed)
        images = np.concatenate([train[0], validation[0]])
        low, high = images.min((1, 2), keepdims=True), images.max((1, 2), keepdims=True)
        images = (images - low) / (high - low)
    shape, widths = images.shape[1:], SETTINGS[part]["widths"]
    generator, discriminator = unet_generator(shape, widths), unet_discriminator(shape, widths)
    history = train_gan(
        generator,
        discriminator,
        images,
        settings["GAN steps"],
        settings["batch"],
        settings["GAN rate"],
        seed=seed,
    )
    # How sure the discriminator is at the end: both near 0.5 would be a draw.
    return discriminator, {
        "real": float(history.real[-50:].mean()),
        "drawn": float(history.drawn[-50:].mean()),
    }


def score(part: str, network: keras.Model, validation, test) -> dict:
    """Mean scores over test images, each at the threshold that is best for it on validation images."""
    chances = [probabilities(network, images) for images, _ in (validation, test)]
    masks = [targets[..., 0] > 0.5 for _, targets in (validation, test)]
    scorers = {"Dice": dice, "ARI": border_adjusted_rand_index} if part == "monolayer" else {"Dice": dice}
    result = {}
    for name, scorer in scorers.items():
        table = [
            [[scorer(m, p > t) for m, p in zip(truth, chance, strict=True)] for t in THRESHOLDS]
            for truth, chance in zip(masks, chances, strict=True)
        ]
        best = int(np.mean(table[0], axis=1).argmax())
        on_test = np.array(table[1])
        result[name] = float(on_test[best].mean())
        result[f"{name}, median"] = float(np.median(on_test[best]))
        result[f"{name}, threshold"] = THRESHOLDS[best]
        # For the figure of scores along thresholds only: nothing is chosen from it.
        result |= {f"{name} at {t}": float(on_test[k].mean()) for k, t in enumerate(THRESHOLDS)}
    return result


def probabilities(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """(n, h, w), probability of the mask's first channel."""
    logits = network.predict(images, verbose=0)[..., 0].astype("float64")
    return 1 / (1 + np.exp(-logits))


# --- The rule to beat ---


def classical(n: int, seed: int) -> dict:
    """Local spread over 11×11 pixels over the picture's median; one threshold, from n + 12 pictures."""
    pictures = load("nist_cells")
    spread = np.stack(
        [local_spread(image) / np.median(local_spread(image)) for image in pictures.images[..., 0]]
    )
    small = blocks(spread[..., None]).mean((2, 4))[..., 0]
    masks = nist()[1][..., 0] > 0.5
    ring = np.roll(np.arange(100), -20 * seed)
    # The rule has nothing to learn but its threshold: it may use all that the networks use.
    labelled = np.r_[np.random.default_rng(seed).permutation(ring[60:96])[:n], ring[44:56]]
    thresholds = np.quantile(small[labelled], np.linspace(0.02, 0.98, 97))
    fitted = [np.mean([dice(masks[r], small[r] > t) for r in labelled]) for t in thresholds]
    scores = [dice(masks[r], small[r] > thresholds[int(np.argmax(fitted))]) for r in ring[:40]]
    return {"Dice": float(np.mean(scores)), "Dice, median": float(np.median(scores))}


# --- Pages ---

PAGE_ARMS = ("20 full", "20 full, 200 partial", "20 full, 200 partial as background", "text blocks")
PAGE_CUTS = list(itertools.product((0.1, 0.2, 0.35, 0.5), (0.1, 0.2, 0.35, 0.5, 0.65), (0, 2)))


def pages(arm: str, seed: int) -> dict:
    """Share of articles found, and ARI inside articles, on 40 pages; cuts are chosen for each score."""
    settings = SETTINGS["pages"]
    everything = load("pages", n=20 + 200 + 20 + 40, seed=400 + seed)
    validation, test = everything.subset(np.arange(220, 240)), everything.subset(np.arange(240, 280))
    if arm == "text blocks":
        ways = [(functools.partial(blocks_as_regions, grow=grow), {"grow": grow}) for grow in range(4)]
    else:
        rows = np.arange(220 if "partial" in arm else 20)
        images, masks = everything.images[rows], everything.targets[rows]
        known = everything.extra["partial"][rows]
        known[:20] = 1
        if arm.endswith("background"):
            masks, known = masks * known, np.ones_like(known)
        network = fresh_unet(seed, images.shape[1:], tuple(settings["widths"]), classes=2)
        batches = Batches(
            images, masks, settings["batch"], settings["steps"], seed=seed, weights=known[..., 0]
        )
        fit(network, batches, settings["rate"])
        chances = {id(some): page_chances(network, some.images) for some in (validation, test)}
        ways = [
            (
                lambda some, cuts=cuts: [regions_between(*page, *cuts) for page in chances[id(some)]],
                dict(zip(("body", "border", "grow"), cuts, strict=True)),
            )
            for cuts in PAGE_CUTS
        ]
    on_validation = [score_pages(validation.extra["articles"], find(validation)) for find, _ in ways]
    result = {}
    for score_ in ("found", "ARI"):
        find, cuts = ways[int(np.argmax([scores[score_] for scores in on_validation]))]
        on_test = score_pages(test.extra["articles"], find(test))
        result[score_] = on_test[score_]
        result |= {f"{score_}, {name}": value for name, value in cuts.items()}
        if score_ == "found":
            result["found, IoU above 0.5"] = on_test["IoU above 0.5"]
    return result


def blocks_as_regions(pages_, grow: int) -> list[np.ndarray]:
    """The connected text blocks of each page."""
    return [expand_labels(label(page[..., 1] > 0.5, connectivity=1), grow) for page in pages_.images]


def page_chances(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """(n, 2, h, w): probability of body, of border."""
    logits = network.predict(images, verbose=0).astype("float64")
    return np.moveaxis(1 / (1 + np.exp(-logits)), -1, 1)


def score_pages(truths: np.ndarray, regions: list[np.ndarray]) -> dict:
    """Articles found at two overlaps, and how well pixels of articles are grouped (none is a group, too)."""
    found, half, ari = [], [], []
    for truth, region in zip(truths, regions, strict=True):
        found.append(objects_found(truth, region))
        half.append(objects_found(truth, region, overlap=0.5))
        inside = truth > 0
        ari.append(adjusted_rand_index(truth[inside], region[inside]))
    return {
        "found": float(np.mean(np.concatenate(found))),
        "IoU above 0.5": float(np.mean(np.concatenate(half))),
        "ARI": float(np.mean(ari)),
    }


# --- From cells to evidence ---


def main() -> None:
    """Run the cells of the seeds named on the command line."""
    seeds = [int(word) for word in sys.argv[1:]] or SEEDS
    study().run(cells(seeds), measure_cell)


def study() -> Study:
    """The file that survives a kill."""
    return Study(PARTIAL / "08_segmentation.jsonl", SETTINGS)


def measure() -> dict:
    """Run what is missing, and put the results in order."""
    found = study()
    found.run(cells(), measure_cell)
    measurements: dict[str, dict] = {}

    def keep(name: str, what: str, scores: list[str], x: list, labels: int, **cell) -> None:
        rows = [row for row in found.rows() if all(row.get(key) == value for key, value in cell.items())]
        rows.sort(key=lambda row: row["seed"])
        measurements[name] = {
            "what": what,
            "x": x,
            "values": [[row[score] for score in scores] for row in rows],
            "cost_s": [row["cost_s"] for row in rows],
            "labels": labels,
        }

    ideal_rows = [row for row in found.rows() if row["part"] == "ideal"]
    for name in sorted({key for row in ideal_rows for key in row if ": " in key}):
        keep(
            f"ideal, {name}",
            "true borders with this error, mean over 16 fields",
            [name],
            [0],
            0,
            part="ideal",
        )
    for part, sizes in SIZES.items():
        for start in STARTS:
            if start != "scratch":
                scores = ["loss"] if start == "scenes" else ["real", "drawn"]
                what = "last loss" if start == "scenes" else "mean probability 'real' in the last 50 steps"
                keep(
                    f"{part}: {start} pre-training",
                    what,
                    scores,
                    scores,
                    0,
                    part="pre-training",
                    of=part,
                    start=start,
                )
            for augment in (False, True):
                scores = ("Dice", "Dice, median", "Dice, threshold")
                for score_ in scores + (("ARI", "ARI, threshold") if part == "monolayer" else ()):
                    curve(found, measurements, part, start, augment, score_, sizes)
    thresholds = [f"{{}} at {t}" for t in EVEN]
    for n in (4, 16):
        for score_ in ("Dice", "ARI"):
            keep(
                f"thresholds, N = {n}: {score_}",
                "one network (from scratch, augmented) at x thresholds, mean over test fields",
                [text.format(score_) for text in thresholds],
                EVEN,
                n,
                part="monolayer",
                start="scratch",
                augment=True,
                n=n,
            )
    for loss in ("Dice", "weighted cross-entropy"):
        what = "monolayer, N = 4, from scratch, augmented, another loss"
        scores = ["Dice", "ARI", "Dice, threshold", "ARI, threshold"]
        x = ["Dice", "ARI", "threshold", "ARI threshold"]
        keep(f"loss: {loss}", what, scores, x, 4, part="loss", loss=loss)
    what = "monolayer, N = 16, from scratch, augmented, without skips"
    keep("no skips", what, ["Dice", "ARI"], ["Dice", "ARI"], 16, part="no skips")
    for n in SIZES["NIST"]:
        what = "NIST, local spread above a threshold that is best on n pictures"
        keep(f"classical, {n}", what, ["Dice", "Dice, median"], ["mean", "median"], n, part="classical", n=n)
    for arm in PAGE_ARMS:
        what = "share of articles with IoU above 0.8, above 0.5; ARI inside articles; 40 pages"
        keep(
            f"pages: {arm}",
            what,
            ["found", "found, IoU above 0.5", "ARI"],
            ["found", "half", "ARI"],
            220 if "partial" in arm else 20,
            part="pages",
            arm=arm,
        )
    masks = nist()[1][..., 0] > 0.5
    notes = {
        "page steps": SETTINGS["pages"]["steps"],
        # Mean Dice of two masks so many places apart in the list: neighbours of a film would be more alike.
        "apart": {
            str(apart): float(np.mean([dice(a, b) for a, b in zip(masks, masks[apart:], strict=False)]))
            for apart in (1, 10, 50)
        },
        "nearly empty": int((masks.mean((1, 2)) < 0.01).sum()),
        "empty": int((masks.sum((1, 2)) == 0).sum()),
    }
    return {"settings": SETTINGS, "measurements": measurements, "notes": notes}


def curve(found: Study, measurements: dict, part: str, start: str, augment: bool, score_: str, sizes) -> None:
    """One configuration over the numbers of labelled images."""
    rows = [[row for row in found.rows() if matches(row, part, start, augment, n)] for n in sizes]
    by_seed = [sorted(column, key=lambda row: row["seed"]) for column in rows]
    name = f"{part}: {start}, {'augmented' if augment else 'plain'}: {score_}"
    measurements[name] = {
        "what": f"test {score_} after refining on x labelled images",
        "x": list(sizes),
        "values": [[row[score_] for row in group] for group in zip(*by_seed, strict=True)],
        "cost_s": [float(np.mean([row["cost_s"] for row in group])) for group in zip(*by_seed, strict=True)],
        "labels": max(sizes),
    }


def matches(row: dict, part: str, start: str, augment: bool, n: int) -> bool:
    """Is this row of the study a run of this configuration?"""
    return (row["part"], row.get("start"), row.get("augment"), row.get("n")) == (part, start, augment, n)


def gap(e: Evidence, better: str, worse: str, n: int, part: str = "monolayer", score_: str = "Dice") -> float:
    """Difference of the means of two configurations at n."""
    return e.mean(f"{part}: {better}: {score_}", n) - e.mean(f"{part}: {worse}: {score_}", n)


def ideal_score(e: Evidence, error: str, score_: str) -> float:
    """Mean of one score of one error of ideal masks."""
    return e.mean(f"ideal, {error}: {score_}")


CLAIMS = [
    Claim(
        "Holes in every edge: Dice hardly sees them, ARI sees nothing else",
        lambda e: (
            ideal_score(e, "holes in 100 %", "Dice") >= 0.92
            and ideal_score(e, "holes in 100 %", "ARI nearest") <= 0.05
        ),
    ),
    Claim(
        "Thin lines moved by one pixel: Dice is ruined, the cells are there",
        lambda e: (
            ideal_score(e, "moved 1 px", "Dice") <= 0.45
            and ideal_score(e, "moved 1 px", "ARI nearest") >= 0.6
        ),
    ),
    Claim(
        "Half of the edges with a hole are enough",
        lambda e: (
            ideal_score(e, "holes in 50 %", "Dice") >= 0.96
            and ideal_score(e, "holes in 50 %", "ARI nearest") <= 0.3
        ),
    ),
    Claim(
        "On thick lines the two scores rank two drawings the other way round",
        lambda e: (
            ideal_score(e, "thick, moved 1 px", "Dice")
            <= ideal_score(e, "thick, 5 px holes in 25 %", "Dice") - 0.15
            and ideal_score(e, "thick, moved 1 px", "ARI nearest")
            >= ideal_score(e, "thick, 5 px holes in 25 %", "ARI nearest") + 0.1
        ),
    ),
    Claim(
        "What becomes of the line is worth a quarter of ARI where cells are small",
        lambda e: (
            ideal_score(e, "moved 1 px", "ARI nearest") - ideal_score(e, "moved 1 px", "ARI region") >= 0.25
        ),
    ),
    Claim(
        "and less where they are twice as wide",
        lambda e: (
            ideal_score(e, "moved 1 px, 128 px", "ARI nearest")
            - ideal_score(e, "moved 1 px, 128 px", "ARI region")
            <= 0.2
        ),
    ),
    Claim(
        "Four augmented fields beat four", lambda e: gap(e, "scratch, augmented", "scratch, plain", 4) >= 0.08
    ),
    Claim(
        "and match sixteen, and sixty-four",
        lambda e: all(
            e.mean("monolayer: scratch, augmented: Dice", 4) >= e.mean("monolayer: scratch, plain: Dice", n)
            for n in (16, 64)
        ),
    ),
    Claim(
        "Without skips, borders are lost",
        lambda e: e.mean("no skips", "Dice") <= e.mean("monolayer: scratch, augmented: Dice", 16) - 0.2,
    ),
    Claim(
        "Two thresholds between which Dice can't choose are far apart for ARI",
        lambda e: (
            abs(e.mean("thresholds, N = 4: Dice", 0.3) - e.mean("thresholds, N = 4: Dice", 0.5)) <= 0.03
            and e.mean("thresholds, N = 4: ARI", 0.3) >= e.mean("thresholds, N = 4: ARI", 0.5) + 0.1
        ),
    ),
    Claim(
        "Losses want other thresholds, and end up alike",
        lambda e: (
            e.mean("loss: Dice", "threshold")
            >= e.mean("monolayer: scratch, augmented: Dice, threshold", 4) + 0.2
            and all(
                abs(e.mean(f"loss: {loss}", "Dice") - e.mean("monolayer: scratch, augmented: Dice", 4))
                <= 0.04
                for loss in ("Dice", "weighted cross-entropy")
            )
        ),
    ),
    Claim(
        "Weighted cross-entropy is a little ahead in ARI",
        lambda e: (
            e.mean("loss: weighted cross-entropy", "ARI")
            >= e.mean("monolayer: scratch, augmented: ARI", 4) + 0.01
        ),
    ),
    Claim(
        "Scenes add to both, plain and augmented, in every draw",
        lambda e: all(
            np.all(e.at(f"monolayer: scenes, {arm}: Dice", 4) > e.at(f"monolayer: scratch, {arm}: Dice", 4))
            for arm in ("plain", "augmented")
        ),
    ),
    Claim(
        "This GAN adds nothing",
        lambda e: all(
            abs(gap(e, f"GAN, {arm}", f"scratch, {arm}", 4)) <= 0.015 for arm in ("plain", "augmented")
        ),
    ),
    Claim(
        "Its discriminator had won",
        lambda e: (
            e.mean("monolayer: GAN pre-training", "real") >= 0.9
            and e.mean("monolayer: GAN pre-training", "drawn") <= 0.1
        ),
    ),
    Claim(
        "From scratch, plain networks stay at the floor of ARI up to 16 fields, and leave it with 64",
        lambda e: (
            all(
                e.mean("monolayer: scratch, plain: ARI", n)
                <= e.mean("ideal, another field: ARI nearest") + 0.05
                for n in (4, 16)
            )
            and e.mean("monolayer: scratch, plain: ARI", 64)
            >= e.mean("ideal, another field: ARI nearest") + 0.15
        ),
    ),
    Claim(
        "and want thresholds of 0.05 and less",
        lambda e: all(
            np.all(e.at("monolayer: scratch, plain: ARI, threshold", n) <= 0.05) for n in (4, 16, 64)
        ),
    ),
    Claim(
        "NIST, 4 pictures: the rule beats a plain U-Net in four draws, and is level with an augmented one",
        lambda e: (
            int(np.sum(e.at("classical, 4", "mean") > e.at("NIST: scratch, plain: Dice", 4))) == 4
            and abs(e.mean("classical, 4", "mean") - e.mean("NIST: scratch, augmented: Dice", 4)) <= 0.03
        ),
    ),
    Claim(
        "NIST, 32 pictures: networks are ahead of the rule",
        lambda e: all(
            e.mean(f"NIST: {start}, plain: Dice", 32) >= e.mean("classical, 32", "mean") + 0.05
            for start in STARTS
        ),
    ),
    Claim(
        "and with augmentation, the GAN's start is ahead of scratch in every draw",
        lambda e: bool(
            np.all(e.at("NIST: GAN, augmented: Dice", 32) > e.at("NIST: scratch, augmented: Dice", 32))
        ),
    ),
    Claim(
        "Partial pages with weight 0 double what full ones and the blocks give, in every draw",
        lambda e: (
            all(
                np.all(e.at("pages: 20 full, 200 partial", "found") >= 1.5 * e.at(f"pages: {arm}", "found"))
                for arm in ("20 full", "text blocks")
            )
            and e.mean("pages: 20 full, 200 partial", "found") >= 2 * e.mean("pages: text blocks", "found")
        ),
    ),
    Claim(
        "and do harm as background",
        lambda e: bool(
            np.all(
                e.at("pages: 20 full, 200 partial as background", "found") < e.at("pages: 20 full", "found")
            )
        ),
    ),
]


if __name__ == "__main__":
    main()
