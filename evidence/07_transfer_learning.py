"""The study behind lesson 07: what a network that reads printed letters knows about other pictures.

Similar target: handwritten digits. Very different target: faces of six persons, in sessions that training
never saw. That set was chosen before anything was transferred to it, by scratch training and pixels alone, on
validation faces of other persons: with this light and framing 0.39 at 5 faces a person and 0.82 at 100.
Phenotypes, voices and faces in harder light were close to chance at 5.

Every arm that is trained step by step gets 300 steps of 32 pictures in all; linear classifiers run until they
converge. Rates are chosen for each size by the mean over seeds on validation pictures, three for scratch and
for fine-tuning, and a fourth where the highest of three was best; penalties of linear classifiers on
validation pictures of the same seed. So every arm uses 359 (digits) or 720 (faces) labels more than its
training set holds, to choose with. The top rate of gradual unfreezing is fixed, as is that of the head alone.
Test pictures are of other blocks of the digits' file (dealt anew in each draw), other sessions,
other microscope pictures; in the study they choose nothing. They were seen before it: the grids of rates and
penalties, the claims and the moved digits of the part "groups" (where digits in place had shown no gain) were
settled after trials on seeds 0 and 100, validation and test side by side. The study therefore uses other
seeds, with other draws; the files of digits, clothes and cells are the same. That a fresh head has three
rates, too, came after a first look at the results, as did the arm "earlier", the part "what suffers" and the
claims about them, about faces and about the shape of the network. The digits were measured again when it was
seen that all draws had been validated on the same block; two claims changed with that.

The parts "clothes" and "cells" need Fashion-MNIST's picture and NIST's cells (COURSEKIT_MIRROR or the
network) and MobileNet's weights (COURSEKIT_MOBILENET or the network).

A row of results is kept as soon as it is there, and the next run goes on from it. Two processes may share the
work: `python evidence/07_transfer_learning.py 1 3 5` measures the rows of three seeds and writes no evidence.
"""

import functools
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import keras
import numpy as np
from scipy import ndimage

from coursekit.course.evidence import Claim, Evidence
from coursekit.data import ImageSet, NestedSplit, load, nested_split
from coursekit.efficiency import Study
from coursekit.methods.equivariance import shift
from coursekit.methods.group_labelling import clicks_needed, groups_on_map, map_of_features, share_right
from coursekit.methods.transfer import (
    freeze_until,
    layerwise_adam,
    linear_probe,
    network_features,
    new_head,
    prepare,
    relative_change,
    unfreeze_gradually,
    with_old_head,
)
from coursekit.models import letter_network, mobilenet, printed_letters
from coursekit.training import set_seed
from coursekit.training.steps import input_gradient

SEEDS = range(1, 6)
STEPS, BATCH = 300, 32
HEAD_STEPS, HEAD_RATE = 150, 3e-3
SCRATCH_RATES, TUNING_RATES, TOP_RATE = (1e-3, 3e-3, 6e-3), (3e-4, 1e-3, 3e-3), 1e-3
# One rate more where the best of the others was the highest.
HIGHER = {("digits", "scratch"): (1e-2,), ("faces", "head first"): (1e-2,), ("faces", "fresh head"): (1e-2,)}
PENALTIES = (10.0, 100.0)
DIAL = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
PER_CLASS = {"digits": (5, 10, 20, 50, 100), "faces": (5, 20, 100, 300)}
MOBILENET_PER_CLASS = {"clothes": (5, 20), "cells": (5, 20, 100)}
BLOCKS = (1, 3, 5, 6, 7, 9, 11, 12)
GROUPS = (20, 40, 60, 80, 100)
MOVED = (0, 4)
WATCH_EVERY = 10
LINEAR = {
    "pixels": "the pixels",
    "untrained": "the same network before training",
    "frozen": "the letter network",
}
EARLIER = {
    "earlier": "the letter network's maps after its second pooling",
    "untrained, earlier": "the same maps before training",
}
SETTINGS = {
    "steps": STEPS,
    "batch": BATCH,
    "head steps": HEAD_STEPS,
    "head rate": HEAD_RATE,
    "penalties": list(PENALTIES),
    "rates of the dial": list(DIAL),
    "blocks": list(BLOCKS),
    "groups": list(GROUPS),
    "watch every": WATCH_EVERY,
}
PARTIAL = Path(__file__).parent / ".partial" / "07_transfer_learning.jsonl"
TRAPS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "as in pre-training": lambda images: images,
    "0 to 255": lambda images: 255 * images,
    "-1 to 1": lambda images: 2 * images - 1,
    "inverted": lambda images: 1 - images,
    "by its own mean and spread": lambda images: (
        (images - images.mean(axis=(1, 2, 3), keepdims=True)) / images.std(axis=(1, 2, 3), keepdims=True)
    ),
}
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
Parts = tuple[ImageSet, ImageSet, ImageSet]

# --- The cells ---


def cells(seeds: Iterable[int] = SEEDS) -> list[dict]:
    """Every cell of the study: a part, what it depends on, and a seed."""
    trained = {
        "scratch": SCRATCH_RATES,
        "fresh head": TUNING_RATES,
        "head first": TUNING_RATES,
        "gradual": (TOP_RATE,),
    }
    found: list[dict] = []
    for seed in seeds:
        for part, sizes in PER_CLASS.items():
            for n in sizes:
                found += [{"part": part, "arm": arm, "n": n, "seed": seed} for arm in (*LINEAR, *EARLIER)]
                found += [
                    {"part": part, "arm": arm, "n": n, "rate": rate, "seed": seed}
                    for arm, rates in trained.items()
                    for rate in (*rates, *HIGHER.get((part, arm), ()))
                    if arm != "gradual" or part == "digits"
                ]
        found += [{"part": "rate dial", "frozen": frozen, "seed": seed} for frozen in range(4)]
        found += [
            {"part": part, "arm": arm, "seed": seed}
            for part, arms in (
                ("watch", ("fresh head", "head first")),
                ("what suffers", ("fresh head", "two rates", "head first")),
            )
            for arm in arms
        ]
        found += [{"part": "traps", "seed": seed}]
        found += [
            {"part": "groups", "arm": arm, "moved": moved, "seed": seed} for arm in LINEAR for moved in MOVED
        ]
        for part, sizes in MOBILENET_PER_CLASS.items():
            for n in sizes:
                found += [
                    {"part": part, "arm": arm, "n": n, "seed": seed}
                    for arm in (
                        "imagenet",
                        "untrained",
                        "pixels",
                        *(["two numbers"] if part == "cells" else []),
                    )
                ]
                found += [
                    {"part": part, "arm": "scratch", "n": n, "rate": rate, "seed": seed}
                    for rate in (SCRATCH_RATES if part == "clothes" else SCRATCH_RATES[:2])
                ]
    return found


def measure_cell(part: str, seed: int, **cell) -> dict[str, float]:
    """The scores of one cell: of validation pictures, to choose by, and of test pictures."""
    if part in PER_CLASS:
        return transfer(part, seed, **cell)
    if part in MOBILENET_PER_CLASS:
        return transfer_from_photographs(part, seed, **cell)
    return {
        "rate dial": turn_the_dial,
        "watch": watch,
        "what suffers": suffer,
        "traps": fall_into_traps,
        "groups": label_groups,
    }[part](seed=seed, **cell)


# --- From letters to digits and faces ---


@functools.cache
def target(part: str, seed: int) -> tuple[ImageSet, NestedSplit]:
    """All pictures of a target, and which of them are for training, validation and test."""
    if part == "digits":
        data = load("digits", size=28)
    else:
        data = load(
            "faces", 3600, seed=seed, people_seed=100 + seed, size=28, sunshine=0.3, misalignment_px=1.0
        )
    classes = len(np.unique(data.targets))
    sizes = [classes * n for n in PER_CLASS[part]]
    return data, nested_split(data.targets, sizes, groups=data.groups, seed=seed)


def parts_of(part: str, n: int, seed: int) -> Parts:
    """Training set with n pictures of each class, validation, test."""
    data, rows = target(part, seed)
    train = rows.train[n * len(np.unique(data.targets))]
    return data.subset(train), data.subset(rows.validation), data.subset(rows.test)


@functools.cache
def letters() -> tuple[keras.Model, ImageSet]:
    """The letter network, and letters that it has not seen."""
    return letter_network(weights="letters"), printed_letters(580, seed=2)


def features_of(arm: str, images: np.ndarray, seed: int) -> np.ndarray:
    """What the linear classifier of an arm gets to see."""
    if arm == "pixels":
        return images.reshape(len(images), -1)
    set_seed(seed)
    network = letter_network() if arm.startswith("untrained") else letters()[0]
    if arm in EARLIER:
        maps = keras.Model(network.input, network.get_layer("pool2").output).predict(images, verbose=0)
        return maps.reshape(len(images), -1)
    return network_features(network, images)


def transfer(part: str, seed: int, arm: str, n: int, rate: float = 0.0) -> dict[str, float]:
    """One arm on digits or faces."""
    train, validation, test = parts_of(part, n, seed)
    if arm in (*LINEAR, *EARLIER):
        return probe(
            *[features_of(arm, data.images, seed) for data in (train, validation, test)],
            *labels_of(train, validation, test),
        )
    classes = len(np.unique(train.targets))
    set_seed(seed)
    rng = np.random.default_rng(seed)
    if arm == "scratch":
        model = letter_network(train.images.shape[1:], classes)
        fit(model, train, keras.optimizers.Adam(rate), STEPS, rng)
        return scores(model, validation, test)
    model = new_head(letters()[0], classes, seed)
    if arm == "fresh head":
        fit(model, train, keras.optimizers.Adam(rate), STEPS, rng)
    else:
        train_the_head(model, train, rng)
    if arm == "head first":
        freeze_until(model, "conv1")
        fit(model, train, keras.optimizers.Adam(rate), STEPS - HEAD_STEPS, rng)
    if arm == "gradual":
        stages = list(range(3))
        for stage, _ in enumerate(unfreeze_gradually(model)):
            # The first stage, the head alone, is behind us.
            if stage:
                fit(model, train, layerwise_adam(model, rate), (STEPS - HEAD_STEPS) // len(stages), rng)
    return scores(model, validation, test) | {"letters": letters_kept(model)}


def fit(model: keras.Model, train: ImageSet, optimizer, steps: int, rng: np.random.Generator) -> None:
    """Train for a number of steps; each picture comes up before any comes up again."""
    rounds = -(-steps * BATCH // len(train))
    rows = np.concatenate([rng.permutation(len(train)) for _ in range(rounds)])[: steps * BATCH]
    model.compile(optimizer, LOSS)
    model.fit(train.images[rows], train.targets[rows], batch_size=BATCH, shuffle=False, verbose=0)


def train_the_head(model: keras.Model, train: ImageSet, rng: np.random.Generator) -> None:
    """Train the new head on features that stay as they are."""
    freeze_until(model, "logits")
    fit(model, train, keras.optimizers.Adam(HEAD_RATE), HEAD_STEPS, rng)


def accuracy(model: keras.Model, data: ImageSet) -> float:
    """Share of right answers."""
    answers = model.predict(data.images, batch_size=64, verbose=0).argmax(axis=1)
    return float((answers == data.targets).mean())


def scores(model: keras.Model, validation: ImageSet, test: ImageSet) -> dict[str, float]:
    """Accuracy on both."""
    return {"validation": accuracy(model, validation), "test": accuracy(model, test)}


def letters_kept(model: keras.Model) -> float:
    """Accuracy on letters with the old head on the new features."""
    network, unseen = letters()
    return accuracy(with_old_head(model, network), unseen)


def labels_of(*parts: ImageSet) -> list[np.ndarray]:
    """The labels of each part."""
    return [part.targets for part in parts]


def probe(train, validation, test, train_labels, validation_labels, test_labels) -> dict[str, float]:
    """Linear classifier on features, with the penalty that is best on validation features."""
    both = np.concatenate([validation, test])
    found = []
    for penalty in PENALTIES:
        answers = linear_probe(train, train_labels, both, penalty)
        right = answers == np.concatenate([validation_labels, test_labels])
        found.append((float(right[: len(validation)].mean()), float(right[len(validation) :].mean())))
    best = max(found, key=lambda pair: pair[0])
    return {"validation": best[0], "test": best[1]}


def turn_the_dial(seed: int, frozen: int) -> dict[str, float]:
    """Five digits of each kind, head first; then all but the first `frozen` convolutions, at each rate."""
    train, _, test = parts_of("digits", 5, seed)
    network = letters()[0]
    found = {}
    for rate in DIAL:
        set_seed(seed)
        rng = np.random.default_rng(seed)
        model = new_head(network, 10, seed)
        train_the_head(model, train, rng)
        freeze_until(model, ["conv1", "conv2", "conv3", "logits"][frozen])
        fit(model, train, keras.optimizers.Adam(rate), STEPS - HEAD_STEPS, rng)
        found |= {f"new {rate:g}": accuracy(model, test), f"letters {rate:g}": letters_kept(model)}
        found |= {f"{layer} {rate:g}": moved for layer, moved in relative_change(network, model).items()}
    return found


def watch(seed: int, arm: str) -> dict[str, float]:
    """Loss, and the gradient that reaches the features, every few steps of training at 5 a class."""
    train, _, _ = parts_of("digits", 5, seed)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    model = new_head(letters()[0], 10, seed)
    if arm == "head first":
        train_the_head(model, train, rng)
    freeze_until(model, "conv1")
    head = model.get_layer("logits")
    optimizer = keras.optimizers.Adam(TUNING_RATES[0])
    model.compile(optimizer, LOSS)
    found = {}
    for step in range(0, STEPS - HEAD_STEPS + 1, WATCH_EVERY):
        seen = network_features(model, train.images)
        pull = input_gradient(lambda rows: LOSS(train.targets, head(rows)), seen)
        found[f"gradient {step}"] = float(np.linalg.norm(pull))
        found[f"loss {step}"] = float(LOSS(train.targets, head(seen)))
        rows = rng.permutation(np.resize(rng.permutation(len(train)), WATCH_EVERY * BATCH))
        model.fit(train.images[rows], train.targets[rows], batch_size=BATCH, shuffle=False, verbose=0)
    return found


def suffer(seed: int, arm: str) -> dict[str, float]:
    """Tune at 5 a class: accuracy with its own head, of a linear probe on its features, and what moved."""
    train, _, test = parts_of("digits", 5, seed)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    model = new_head(letters()[0], 10, seed)
    low = keras.optimizers.Adam(TUNING_RATES[0])
    steps = STEPS
    if arm == "head first":
        train_the_head(model, train, rng)
        steps = STEPS - HEAD_STEPS
    elif arm == "two rates":
        high, head = keras.optimizers.Adam(HEAD_RATE), model.get_layer("logits")
        paths = {weight.path for weight in head.weights}
        low = keras.optimizers.MultiOptimizer(lambda weight, low=low: high if weight.path in paths else low)
    freeze_until(model, "conv1")
    fit(model, train, low, steps, rng)
    known, new = (network_features(model, data.images) for data in (train, test))
    return {
        "own": accuracy(model, test),
        "probe": float((linear_probe(known, train.targets, new) == test.targets).mean()),
        "letters": letters_kept(model),
        "conv3": relative_change(letters()[0], model)["conv3"],
    }


def fall_into_traps(seed: int) -> dict[str, float]:
    """Linear probe at 5 digits a kind: all pictures scaled in a wrong way, or the new ones only."""
    train, _, test = parts_of("digits", 5, seed)
    network = letters()[0]
    right = network_features(network, train.images)
    found = {}
    for trap, scale in TRAPS.items():
        new = network_features(network, scale(test.images))
        wrong = network_features(network, scale(train.images))
        found[f"{trap}, all"] = float((linear_probe(wrong, train.targets, new) == test.targets).mean())
        found[f"{trap}, new only"] = float((linear_probe(right, train.targets, new) == test.targets).mean())
    return found


def label_groups(seed: int, arm: str, moved: int) -> dict[str, float]:
    """600 digits without labels: groups on a map of their features, and how many names they need.

    Each digit is moved by up to `moved` pixels along both axes; four take it to the edge and cut nothing off.
    """
    from sklearn.model_selection import LeaveOneOut, cross_val_predict
    from sklearn.neighbors import KNeighborsClassifier

    digits = load("digits", 600, seed=seed, size=28)
    moves = np.random.default_rng(seed).integers(-moved, moved + 1, (len(digits), 2))
    images = np.concatenate(
        [shift(image[None], *move) for image, move in zip(digits.images, moves, strict=True)]
    )
    features = features_of(arm, images, seed)
    points = map_of_features(features, seed)
    found = {}
    for k in GROUPS:
        groups = groups_on_map(points, k, seed)
        found[f"right {k}"] = share_right(groups, digits.targets)
        found[f"clicks {k}"] = float(clicks_needed(groups, digits.targets))
    answers = cross_val_predict(KNeighborsClassifier(5), features, digits.targets, cv=LeaveOneOut())
    return found | {"neighbours": float((answers == digits.targets).mean())}


# --- From photographs to clothes and cells ---


@functools.cache
def photographed(part: str) -> ImageSet:
    """Pieces of clothing of 28 pixels, or patches of 64 pixels of microscope pictures with and without cells.

    A patch shows cells if at least half of it is marked as cell, and none if nothing is; others are left out.
    """
    if part == "clothes":
        return load("fashion_sprite")
    tiles = load("nist_cells", tile=64)
    covered = tiles.targets.mean(axis=(1, 2, 3))
    clear = np.flatnonzero((covered == 0) | (covered >= 0.5))
    labels = (covered[clear] >= 0.5).astype("int64")
    return ImageSet(tiles.images[clear], labels, tiles.groups[clear], tiles.card)


def parts_of_photographed(part: str, n: int, seed: int) -> list[np.ndarray]:
    """Rows for training, validation and test; patches of one picture stay together."""
    data = photographed(part)
    classes = len(np.unique(data.targets))
    sizes = [classes * size for size in MOBILENET_PER_CLASS[part]]
    rows = nested_split(data.targets, sizes, groups=data.groups, seed=seed)
    return [rows.train[classes * n], rows.validation, rows.test]


def standardised(images: np.ndarray) -> np.ndarray:
    """Each picture with mean 0.5 and a spread of 1/6: exposure differs fivefold between pictures."""
    centred = images - images.mean(axis=(1, 2, 3), keepdims=True)
    return (0.5 + centred / (6 * images.std(axis=(1, 2, 3), keepdims=True))).clip(0, 1)


@functools.cache
def maps_of_mobilenet(part: str, arm: str, seed: int) -> list[np.ndarray]:
    """The features of all pictures after each of `BLOCKS`, at 128 pixels."""
    images = photographed(part).images
    images = standardised(images) if part == "cells" else images
    larger = (1, 128 / images.shape[1], 128 / images.shape[2], 1)
    images = ndimage.zoom(images, larger, order=1, mode="nearest", grid_mode=True).clip(0, 1)
    set_seed(seed)
    network = mobilenet(128, "imagenet" if arm == "imagenet" else None)
    maps = [network.get_layer(f"conv_pw_{block}_relu").output for block in BLOCKS]
    means = keras.Model(network.input, [keras.layers.GlobalAveragePooling2D()(layer) for layer in maps])
    return means.predict(prepare(images.repeat(3, axis=-1), "tf"), batch_size=32, verbose=0)


def transfer_from_photographs(part: str, seed: int, arm: str, n: int, rate: float = 0.0) -> dict[str, float]:
    """One arm on clothes or cells; MobileNet's features at every depth."""
    data, rows = photographed(part), parts_of_photographed(part, n, seed)
    labels = [data.targets[chosen] for chosen in rows]
    if arm in ("imagenet", "untrained"):
        # ImageNet's features don't depend on the seed; random weights do, and one draw has to do.
        return {
            f"{score} {block}": value
            for block, features in zip(BLOCKS, maps_of_mobilenet(part, arm, 0), strict=True)
            for score, value in probe(*[features[chosen] for chosen in rows], *labels).items()
        }
    images = data.images
    if arm == "two numbers":
        return probe(
            *[np.stack([images[i].mean((1, 2, 3)), images[i].std((1, 2, 3))], 1) for i in rows], *labels
        )
    if part == "cells":
        images = standardised(images)
    if arm == "pixels":
        return probe(*[images[chosen].reshape(len(chosen), -1) for chosen in rows], *labels)
    train, validation, test = (ImageSet(images[chosen], data.targets[chosen]) for chosen in rows)
    set_seed(seed)
    model = letter_network(images.shape[1:], len(np.unique(data.targets)))
    fit(model, train, keras.optimizers.Adam(rate), STEPS, np.random.default_rng(seed))
    return scores(model, validation, test)


# --- From cells to evidence ---


def measure() -> dict:
    """Measure the cells that have no row yet, then put the measurements together."""
    found = study()
    found.run(cells(), measure_cell)
    return assemble(found.rows())


def main() -> None:
    """Measure the cells of the seeds named on the command line."""
    study().run(cells([int(seed) for seed in sys.argv[1:]]), measure_cell)


def study() -> Study:
    """The rows so far."""
    return Study(PARTIAL, SETTINGS)


def assemble(rows: list[dict]) -> dict:
    """Measurements and notes from the rows of all cells."""
    results = Results(rows)
    for part, sizes in PER_CLASS.items():
        curves(results, part, sizes)
    for frozen in range(4):
        for score, what in (
            ("new", "accuracy on test digits"),
            ("letters", "accuracy on new letters with the old head"),
            *((f"conv{i}", f"how far conv{i} moved, relative to its weights") for i in range(frozen + 1, 4)),
        ):
            results.keep(
                f"rate dial, {frozen} frozen: {score}",
                f"{what}; 5 digits a class, head first, then the rate; first {frozen} convolutions frozen",
                [f"{score} {rate:g}" for rate in DIAL],
                list(DIAL),
                50,
                part="rate dial",
                frozen=frozen,
            )
    watched = list(range(0, STEPS - HEAD_STEPS + 1, WATCH_EVERY))
    for arm in ("fresh head", "head first"):
        for score, what in (
            ("gradient", "length of the gradient that reaches the features"),
            ("loss", "loss"),
        ):
            results.keep(
                f"{score}: {arm}",
                f"{what}, on all 50 training digits, after x steps of all weights at {TUNING_RATES[0]:g}",
                [f"{score} {step}" for step in watched],
                watched,
                50,
                part="watch",
                arm=arm,
            )
    for arm, what in (
        ("fresh head", "300 steps of all weights at 0.0003"),
        ("two rates", "300 steps of all weights, the head at 0.003, the others at 0.0003"),
        ("head first", "150 steps of the head at 0.003, 150 of all weights at 0.0003"),
    ):
        scores = ["own", "probe", "letters", "conv3"]
        what = f"{what}, at 5 a class: accuracy, that of a linear probe on the features, letters kept, change"
        results.keep(f"what suffers: {arm}", what, scores, scores, 50, part="what suffers", arm=arm)
    for trap in TRAPS:
        results.keep(
            f"trap: {trap}",
            "linear probe at 5 digits a class; this scaling for all digits, or for the new ones only",
            [f"{trap}, all", f"{trap}, new only"],
            ["all", "new only"],
            50,
            part="traps",
        )
    for moved, place in zip(MOVED, ("centred", "moved"), strict=True):
        for arm, what in LINEAR.items():
            rest = {"part": "groups", "arm": arm, "moved": moved, "labels": 0}
            for score, means in (
                ("right", "share of 600 digits named rightly, one name a group"),
                ("clicks", "names until 570 of 600 digits are labelled"),
            ):
                columns = [f"{score} {k}" for k in GROUPS]
                what_ = f"{means}; map of {what}, digits moved by up to {moved} px, against groups"
                results.keep(f"{score}, {place}: {arm}", what_, columns, list(GROUPS), **rest)
            what_ = f"share of digits that 5 nearest neighbours in {what} name rightly"
            results.keep(f"neighbours, {place}: {arm}", what_, ["neighbours"], [5], **rest)
    for part, sizes in MOBILENET_PER_CLASS.items():
        depths(results, part, sizes)
    network, unseen = letters()
    notes = {
        "letters": accuracy(network, unseen),
        "letter classes": len(np.unique(unseen.targets)),
        "chosen rates": results.chosen,
        "validation labels": {part: len(target(part, 0)[1].validation) for part in PER_CLASS},
    }
    return {"settings": SETTINGS, "measurements": results.measurements, "notes": notes}


class Results:
    """Measurements made of rows."""

    def __init__(self, rows: list[dict]) -> None:
        self.rows, self.measurements, self.chosen = rows, {}, {}

    def of(self, **cell) -> list[dict]:
        """The rows of a cell, one for each seed, in their order."""
        found = [row for row in self.rows if all(row.get(key) == value for key, value in cell.items())]
        return sorted(found, key=lambda row: row["seed"])

    def keep(self, name: str, what: str, scores: list[str], x: list, labels: int, **cell) -> None:
        """Add a measurement whose points are scores of the same row."""
        rows = self.of(**cell)
        self._add(name, what, x, labels, [[row[score] for score in scores] for row in rows], [rows])

    def keep_curve(self, name: str, what: str, sizes, classes: int, **cell) -> None:
        """Add a measurement whose points are rows of different sizes, each at the rate of best validation."""
        chosen = []
        for n in sizes:
            runs: dict[float | None, list[dict]] = {}
            for row in self.of(n=n, **cell):
                runs.setdefault(row.get("rate"), []).append(row)
            best = max(runs, key=lambda rate: np.mean([row["validation"] for row in runs[rate]]))
            chosen.append(runs[best])
            if best is not None:
                self.chosen.setdefault(name, []).append(best)
        values = np.transpose([[row["test"] for row in rows] for rows in chosen])
        self._add(name, what, list(sizes), classes * max(sizes), values, chosen)

    def _add(self, name: str, what: str, x: list, labels: int, values, runs: list[list[dict]]) -> None:
        cost = np.sum([[row["cost_s"] for row in rows] for rows in runs], axis=0)
        self.measurements[name] = {"what": what, "x": x, "labels": labels, "values": values, "cost_s": cost}


def curves(results: Results, part: str, sizes: tuple[int, ...]) -> None:
    """Accuracy against pictures per class on digits or faces."""
    classes = {"digits": 10, "faces": 6}[part]
    arms = {arm: f"logistic regression on {what}" for arm, what in (LINEAR | EARLIER).items()}
    arms |= {
        "scratch": f"{STEPS} steps from random weights",
        "fresh head": f"letter network with a new head, {STEPS} steps of all weights",
        "head first": f"{HEAD_STEPS} steps of the new head, {STEPS - HEAD_STEPS} of all weights",
    }
    if part == "digits":
        arms["gradual"] = (
            f"{HEAD_STEPS} steps of the new head, {STEPS - HEAD_STEPS} while one layer more is freed each "
            "third of them, each layer 2.6 times slower than the next"
        )
    for arm, what in arms.items():
        what = f"{what}; accuracy on test {part} against training {part} per class"
        results.keep_curve(f"{part}: {arm}", what, sizes, classes, part=part, arm=arm)
    if part == "digits":
        for arm in ("fresh head", "head first"):
            for rate in TUNING_RATES:
                results.keep(
                    f"{arm} at {rate:g}",
                    f"{arms[arm]}, at 5 digits a class; accuracy on digits, and on letters with the old head",
                    ["test", "letters"],
                    ["digits", "letters"],
                    classes * 5,
                    part=part,
                    arm=arm,
                    n=5,
                    rate=rate,
                )


def depths(results: Results, part: str, sizes: tuple[int, ...]) -> None:
    """Accuracy against depth in MobileNet, and the arms that have no depth."""
    classes = {"clothes": 10, "cells": 2}[part]
    for n in sizes:
        for arm, weights in (("imagenet", "trained on ImageNet"), ("untrained", "random weights")):
            results.keep(
                f"{part}: {arm}, {n} per class",
                f"logistic regression on MobileNet's maps after block x, averaged over places; {weights}",
                [f"test {block}" for block in BLOCKS],
                list(BLOCKS),
                classes * n,
                part=part,
                arm=arm,
                n=n,
            )
    for arm, what in (
        ("pixels", "logistic regression on the pixels"),
        ("scratch", f"small network, {STEPS} steps from random weights"),
        ("two numbers", "logistic regression on mean and standard deviation of the raw patch"),
    ):
        if part == "cells" or arm != "two numbers":
            results.keep_curve(f"{part}: {arm}", f"{what}; accuracy", sizes, classes, part=part, arm=arm)


def gap(e: Evidence, better: str, plain: str, n: int) -> float:
    """How much higher the mean of one arm is."""
    return e.mean(better, n) - e.mean(plain, n)


CLAIMS = [
    Claim(
        "Five digits a class: features of letters beat pixels in each draw, by five points on average",
        lambda e: (
            gap(e, "digits: frozen", "digits: pixels", 5) >= 0.05
            and bool(np.all(e.at("digits: frozen", 5) > e.at("digits: pixels", 5)))
        ),
    ),
    Claim("and scratch by two", lambda e: gap(e, "digits: frozen", "digits: scratch", 5) >= 0.02),
    Claim("and an untrained network", lambda e: gap(e, "digits: frozen", "digits: untrained", 5) >= 0.01),
    Claim(
        "Head first, then all weights: two points above scratch",
        lambda e: gap(e, "digits: head first", "digits: scratch", 5) >= 0.02,
    ),
    Claim(
        "One rate of 0.0003 for all weights: behind head first by three points, and the head is what is bad",
        lambda e: (
            e.mean("what suffers: head first", "own") >= e.mean("what suffers: fresh head", "own") + 0.03
            and bool(
                np.all(e.at("what suffers: fresh head", "probe") > e.at("what suffers: fresh head", "own"))
            )
        ),
    ),
    Claim(
        "0.003 for all weights: as good on digits as head first, but a quarter of the letters is gone",
        lambda e: (
            e.mean("fresh head at 0.003", "digits") >= e.mean("what suffers: head first", "own") - 0.02
            and e.mean("fresh head at 0.003", "letters") <= 0.75
        ),
    ),
    Claim(
        "Two rates at once: better than one of 0.0003, and the letters stay",
        lambda e: (
            e.mean("what suffers: two rates", "own") >= e.mean("what suffers: fresh head", "own") + 0.03
            and e.mean("what suffers: two rates", "letters") >= 0.95
        ),
    ),
    Claim(
        "A hundred a class: at most half of the gap to scratch is left",
        lambda e: all(
            gap(e, f"digits: {arm}", "digits: scratch", 100)
            <= gap(e, f"digits: {arm}", "digits: scratch", 5) / 2
            for arm in ("frozen", "head first")
        ),
    ),
    Claim(
        "and the draws disagree: scratch is ahead of letters' features in three of five",
        lambda e: int(np.sum(e.at("digits: scratch", 100) > e.at("digits: frozen", 100))) == 3,
    ),
    Claim(
        "Gradual thawing is ahead of one rate in four draws of five with 5 and 10 of each, not from 20 on",
        lambda e: (
            all(int(np.sum(e.at("digits: gradual", n) > e.at("digits: head first", n))) == 4 for n in (5, 10))
            and all(gap(e, "digits: gradual", "digits: head first", n) <= 0 for n in (20, 50, 100))
        ),
    ),
    Claim(
        "A small rate keeps the letters, a high one forgets them",
        lambda e: (
            e.mean("rate dial, 0 frozen: letters", 3e-4) >= 0.85
            and e.mean("rate dial, 0 frozen: letters", 1e-2) <= 0.65
        ),
    ),
    Claim(
        "and the digits hardly tell",
        lambda e: (
            abs(e.mean("rate dial, 0 frozen: new", 1e-2) - e.mean("rate dial, 0 frozen: new", 3e-4)) <= 0.03
        ),
    ),
    Claim(
        "The pull on the features is far larger under a fresh head",
        lambda e: e.mean("gradient: fresh head", 0) >= 3 * e.mean("gradient: head first", 0),
    ),
    Claim(
        "Clothes at 5 a class: the last block beats scratch and pixels, and the early blocks",
        lambda e: (
            e.mean("clothes: imagenet, 5 per class", 12)
            >= max(
                e.mean("clothes: scratch", 5) + 0.04,
                e.mean("clothes: pixels", 5) + 0.07,
                e.mean("clothes: imagenet, 5 per class", 3) + 0.08,
            )
        ),
    ),
    Claim(
        "Cells at 5 a class: blocks in the middle beat the last",
        lambda e: (
            min(e.mean("cells: imagenet, 5 per class", block) for block in (3, 6))
            >= e.mean("cells: imagenet, 5 per class", 12) + 0.02
        ),
    ),
    Claim(
        "At 100 a class the depth hardly matters",
        lambda e: (
            abs(e.mean("cells: imagenet, 100 per class", 6) - e.mean("cells: imagenet, 100 per class", 12))
            <= 0.02
        ),
    ),
    Claim("Two numbers tell cells from background", lambda e: e.mean("cells: two numbers", 100) >= 0.95),
    Claim(
        "Twenty faces a person: scratch beats what was pre-trained on letters, in each draw",
        lambda e: bool(np.all(e.at("faces: scratch", 20) > e.at("faces: head first", 20))),
    ),
    Claim(
        "Faces, 5 and 300: an earlier layer beats scratch, and the last layer, in each draw",
        lambda e: all(
            bool(np.all(e.at("faces: earlier", n) > e.at(f"faces: {arm}", n)))
            for arm in ("scratch", "frozen")
            for n in (5, 300)
        ),
    ),
    Claim(
        "With 300 the letters have no part in it",
        lambda e: abs(gap(e, "faces: earlier", "faces: untrained, earlier", 300)) <= 0.01,
    ),
    Claim(
        "and with 5 a small one", lambda e: gap(e, "faces: earlier", "faces: untrained, earlier", 5) <= 0.05
    ),
    Claim(
        "Digits: frozen and fine-tuned letters beat scratch in each draw with five",
        lambda e: all(
            bool(np.all(e.at(f"digits: {arm}", 5) > e.at("digits: scratch", 5)))
            for arm in ("frozen", "head first", "fresh head")
        ),
    ),
    Claim(
        "A random head moves the features further and costs letters",
        lambda e: (
            e.mean("what suffers: fresh head", "conv3") >= 2 * e.mean("what suffers: head first", "conv3")
            and gap(e, "what suffers: head first", "what suffers: fresh head", "letters") >= 0.05
        ),
    ),
    Claim(
        "but for digits they stay as good",
        lambda e: abs(gap(e, "what suffers: head first", "what suffers: fresh head", "probe")) <= 0.02,
    ),
    Claim(
        "At a hundred a class two points come with the shape of the network, in each draw",
        lambda e: bool(np.all(e.at("digits: untrained", 100) > e.at("digits: pixels", 100))),
    ),
    Claim(
        "One wrong scale for all pictures costs little",
        lambda e: e.mean("trap: 0 to 255", "all") >= e.mean("trap: as in pre-training", "all") - 0.03,
    ),
    Claim(
        "a wrong scale for the new ones only costs five points or more",
        lambda e: all(
            e.mean(f"trap: {trap}", "new only") <= e.mean("trap: as in pre-training", "all") - 0.05
            for trap in ("0 to 255", "-1 to 1", "by its own mean and spread")
        ),
    ),
    Claim("and inverted pictures read as nothing", lambda e: e.mean("trap: inverted", "new only") <= 0.3),
    Claim(
        "Centred digits: pixels group as well as features of letters",
        lambda e: e.mean("right, centred: pixels", 80) >= e.mean("right, centred: frozen", 80) - 0.01,
    ),
    Claim(
        "Moved digits: features of letters save names that pixels and an untrained network need",
        lambda e: (
            e.mean("clicks, moved: frozen", 80)
            <= min(e.mean("clicks, moved: pixels", 80), e.mean("clicks, moved: untrained", 80)) - 50
        ),
    ),
]


if __name__ == "__main__":
    main()
