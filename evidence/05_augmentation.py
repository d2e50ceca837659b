"""The study behind lesson 05: what augmentation is worth, where it turns over, and how it is misjudged.

Digits: 16 px wide in a frame of 20 px, a network of two convolutions, 400 steps for every arm unless it says
otherwise; arms of one seed start from the same weights. A fifth of the file, the reserve, is left out of
every choice of this study. Of the rest, each seed draws digits for training, validation and test, none of
them twice. Strengths, magnitudes and schedules are chosen on validation digits. The network, its steps and
its rate and the range of strengths come from earlier trials on random splits of the same file, so no part of
it is wholly untouched; differences of a point are not safe from that. Mixers have the strength that the
catalogue calls usual.

Cells: simulated fields of a monolayer, a U-Net that marks the borders, 300 steps for both arms, the recipe as
it is.

A row of results is kept as soon as it is there, and the next run goes on from it. To use another core, run
`python evidence/05_augmentation.py` beside `coursekit evidence 05`: it takes rows that are still to be
measured, and writes no evidence.
"""

import dataclasses
import functools
import itertools
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from keras import ops

from coursekit.augment import (
    POLICY_OPERATIONS,
    RandomAffine,
    SamplePairingSchedule,
    no_augmentation,
    operation,
    rand_augment,
    recipe,
)
from coursekit.course.evidence import Claim, Evidence
from coursekit.data import load, nested_subsets, split
from coursekit.efficiency import LearningCurve, Study, worth_in_labels
from coursekit.methods.policy_search import search, train_with_schedule
from coursekit.metrics import dice
from coursekit.models import unet
from coursekit.training import Batches, set_seed

SEEDS = range(5)
STRENGTHS = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3]
CANDIDATES = [0.25, 0.5, 0.75, 1]
"""Strengths that validation chooses from."""
LONGER = [0, 1, 2]
SIZES = [30, 50, 100, 200, 400]
FIELDS = [4, 8, 16, 64]
MAGNITUDES = [1, 2, 3, 5, 7]
VIEWS = [0, 1, 4, 16]
STEPS, BATCH, RATE = 400, 32, 1e-3
CELL_STEPS, CELL_BATCH, CELL_RATE = 300, 8, 2e-3
POPULATION, ROUNDS = 4, 10
EPOCHS = 20  # parts of a training: the loss is averaged over each
COPIES = 8
FIFTY = 50
RESERVE_SEED = 2024
PARTIAL = Path(__file__).parent / ".partial" / "05_augmentation.jsonl"

ONE_OPERATION = {
    "rotation 30": {"rotation_deg": 30},
    "shift 10 %": {"shift": 0.1},
    "zoom 10 %": {"zoom": 0.1},
    "shear 0.15": {"shear": 0.15},
    "flip horizontal": {"flip": "horizontal"},
    "flip vertical": {"flip": "vertical"},
    "rotation 180": {"rotation_deg": 180},
}
MIXERS = ["mixup", "cutmix", "cutout", "sample pairing", "mixup + affine"]
CONFUSED = [(6, 9), (9, 6), (2, 5), (5, 2)]


# What there is to measure


def row(kind, arm, seed, n=100, steps=STEPS):
    """What says which row of results is meant; all rows have the same keys."""
    return {"kind": kind, "arm": arm, "n": n, "steps": steps, "seed": seed}


def affine(strength):
    """The arm of a strength of the recipe for digits."""
    return f"affine {strength:g}" if strength else "none"


def cells():
    """Name every row once, seed by seed."""
    named = []
    for seed in SEEDS:
        named += [row("digits", affine(s), seed) for s in STRENGTHS]
        named += [row("digits", affine(s), seed, steps=4 * STEPS) for s in LONGER]
        named += [row("digits", affine(s), seed, n=n) for n, s in itertools.product(SIZES, [0, *CANDIDATES])]
        named += [row("digits", arm, seed) for arm in (*ONE_OPERATION, *MIXERS)]
        named += [row("leak", arm, seed) for arm in ("augmented, then split", "split, then augmented")]
        named += [row("test time", arm, seed) for arm in ("none", "affine 0.5")]
        named += [row("policy", "none", seed), row("policy", "population", seed)]
        named += [row("policy", f"RandAugment {m}", seed) for m in MAGNITUDES]
        named += [
            row("cells", arm, seed, n, CELL_STEPS)
            for n, arm in itertools.product(FIELDS, ("none", "augmented"))
        ]
    return [dict(items) for items in dict.fromkeys(tuple(each.items()) for each in named)]


def measure_cell(kind, arm, n, steps, seed):
    """Measure one row."""
    set_seed(seed)
    return KINDS[kind](arm, n, steps, seed)


# Digits


@functools.cache
def digit_parts(seed):
    """The file in four parts: training, validation and test by seed, and the reserve, always the same."""
    digits = load("digits", size=20, digit_px=16)
    rest, reserve = split(digits.targets, (0.8, 0.2), seed=RESERVE_SEED)
    train, validation, test = split(digits.targets[rest], (0.285, 0.14, 0.575), seed=seed)
    rows = {"train": rest[train], "validation": rest[validation], "test": rest[test], "reserve": reserve}
    return {name: digits.subset(chosen) for name, chosen in rows.items()}


def labelled(seed, n):
    """The training digits of a seed: those for 50 are among those for 100."""
    pool = digit_parts(seed)["train"]
    return pool.subset(nested_subsets(pool.targets, [n], seed=seed)[n])


def digit_network():
    """Two convolutions with pooling, a dense layer, ten logits."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((20, 20, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )


def layers_of(arm, seed):
    """The layers of an arm: one that changes each digit, one that mixes digits and labels of a batch."""
    if arm == "none":
        return None, None
    if arm in ONE_OPERATION:
        return RandomAffine(**ONE_OPERATION[arm], fill="constant", seed=seed), None
    if arm == "mixup + affine":
        return recipe("digits", 0.5, seed), operation("mixup", seed=seed + 1000)
    if arm in ("mixup", "cutmix"):
        return None, operation(arm, seed=seed)
    if arm in ("cutout", "sample pairing"):
        return operation(arm.replace(" ", "_"), seed=seed), None
    return recipe("digits", float(arm.removeprefix("affine ")), seed), None


def train_digits(digits, steps, seed, change=None, mix=None, callbacks=()):
    """Train a network; returns it and its mean loss in each of twenty equal parts of the training."""
    network = digit_network()
    model = network if change is None else keras.Sequential([keras.Input((20, 20, 1)), change, network])
    model.compile(keras.optimizers.Adam(RATE), keras.losses.CategoricalCrossentropy(from_logits=True))
    batches = Batches(
        digits.images, one_hot(digits.targets), BATCH, max(1, steps // EPOCHS), augment=mix, seed=seed
    )
    history = model.fit(batches, epochs=min(EPOCHS, steps), callbacks=list(callbacks), verbose=0)
    return network, history.history["loss"]


def one_hot(labels):
    """Labels as rows of ten, (n, 10)."""
    return np.eye(10, dtype="float32")[labels]


def probabilities(network, images):
    """What the network answers, (n, 10)."""
    return ops.convert_to_numpy(ops.softmax(network(images, training=False)))


def right(network, digits):
    """Which digits are read rightly, (n,)."""
    return probabilities(network, digits.images).argmax(axis=1) == digits.targets


def drawn(digits, change, at_least=1000):
    """Digits as a layer shows them, each several times if they are few."""
    copies = -(-at_least // len(digits))
    digits = digits.subset(np.repeat(np.arange(len(digits)), copies))
    images = digits.images if change is None else ops.convert_to_numpy(change(digits.images, training=True))
    return images, digits.targets


def score_digits(arm, n, steps, seed):
    """One arm: how well it reads digits that it has and hasn't seen, and how its training ends."""
    parts, digits = digit_parts(seed), labelled(seed, n)
    change, mix = layers_of(arm, seed)
    callbacks = []
    if arm == "sample pairing":
        # A tenth of the training without, then four parts with and one without in turn, a fifth without.
        callbacks = [SamplePairingSchedule(change, start=EPOCHS // 10, stop=EPOCHS * 4 // 5, on=4, off=1)]
    network, losses = train_digits(digits, steps, seed, change, mix, callbacks)
    images, targets = drawn(digits, change)
    end = losses[-len(losses) // 4 :]
    scores = {name: right(network, parts[name]).mean() for name in ("test", "validation", "reserve")}
    scores |= {
        "train as they are": right(network, digits).mean(),
        "train as drawn": (probabilities(network, images).argmax(axis=1) == targets).mean(),
        "loss": np.mean(end),
        "slope": np.polyfit(np.arange(len(end)), end, 1)[0] * 100 * len(losses) / steps,
    }
    scores |= fifties(right(network, parts["test"]))
    scores |= confusions(probabilities(network, parts["test"].images).argmax(axis=1), parts["test"].targets)
    return {name: float(score) for name, score in scores.items()}


def fifties(correct):
    """Accuracy on each fifty of the test digits, as if one had no more of them."""
    order = np.random.default_rng(0).permutation(len(correct))
    whole = order[: len(order) // FIFTY * FIFTY].reshape(-1, FIFTY)
    return {f"fifty {number}": correct[rows].mean() for number, rows in enumerate(whole)}


def confusions(answers, targets):
    """How often one digit of a pair was read as the other, and how many there were."""
    found = {f"{a} as {b}": ((targets == a) & (answers == b)).sum() for a, b in CONFUSED}
    return found | {str(digit): (targets == digit).sum() for digit, _ in CONFUSED}


def score_leak(arm, n, steps, seed):
    """Digits split before or after they were copied: accuracy on copies held out, and the truth."""
    digits, test = labelled(seed, n), digit_parts(seed)["test"]
    change = recipe("digits", 0.5, seed)
    source = np.repeat(np.arange(n), COPIES)
    copies = digits.subset(source)
    images = ops.convert_to_numpy(change(copies.images, training=True))
    rng = np.random.default_rng(seed)
    held_out = np.zeros(len(source), bool)
    if arm == "augmented, then split":
        held_out[rng.permutation(len(source))[: len(source) // 5]] = True
    else:
        held_out = np.isin(source, rng.permutation(n)[: n // 5])
    copies = dataclasses.replace(copies, images=images)
    network, _ = train_digits(copies.subset(np.flatnonzero(~held_out)), steps, seed)
    new, targets = drawn(test, change)
    return {
        "claimed": float(right(network, copies.subset(np.flatnonzero(held_out))).mean()),
        "true": float(right(network, test).mean()),
        "true as drawn": float((probabilities(network, new).argmax(axis=1) == targets).mean()),
    }


def score_test_time(arm, n, steps, seed):
    """Answers averaged over views of a test digit: none (as it is), 1 (an augmented test set), and more."""
    test = digit_parts(seed)["test"]
    change, _ = layers_of(arm, seed)
    network, _ = train_digits(labelled(seed, n), steps, seed, change)
    view = recipe("digits", 0.5, seed + 1000)
    scores = {"0": float(right(network, test).mean())}
    total = 0
    for count in range(1, max(VIEWS) + 1):
        total = total + probabilities(network, view(test.images, training=True))
        if count in VIEWS:
            scores[str(count)] = float((total.argmax(axis=1) == test.targets).mean())
    return scores


def classifier(change):
    """A network behind a layer, ready to be trained."""
    model = keras.Sequential([keras.Input((20, 20, 1)), change, digit_network()])
    model.compile(keras.optimizers.Adam(RATE), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def score_policy(arm, n, steps, seed):
    """One fixed policy, or a search on validation digits and what came of it."""
    digits, parts = labelled(seed, n), digit_parts(seed)

    def trained(schedule):
        # Not the search's own seed: that would repeat the training that won, with all its luck.
        model = train_with_schedule(
            classifier, schedule, digits.images, digits.targets, steps, batch_size=BATCH, seed=seed + 1000
        )
        return {name: float(right(model, parts[name]).mean()) for name in ("test", "validation")}

    if arm != "population":
        strength = arm.removeprefix("RandAugment ")
        return trained([no_augmentation() if arm == "none" else rand_augment(2, float(strength))])
    held_out = parts["validation"]
    history = search(
        classifier,
        digits.images,
        digits.targets,
        held_out.images,
        held_out.targets,
        population=POPULATION,
        rounds=ROUNDS,
        steps_per_round=max(1, steps // ROUNDS),
        batch_size=BATCH,
        seed=seed,
    ).history
    starts = [trained([policy]) for policy in history.policies[0]]
    scores = trained(history.schedule)
    for name in ("test", "validation"):
        scores[f"random policy: {name}"] = float(np.mean([start[name] for start in starts]))
        scores[f"random start: {name}"] = starts[history.lineage[0]][name]
    for number, policy in enumerate(history.schedule):
        for name, often, strong in zip(
            policy.operations, policy.probabilities, policy.magnitudes, strict=True
        ):
            scores |= {f"probability {number} {name}": often, f"magnitude {number} {name}": strong}
    return scores


# Cells


def score_cells(arm, n, steps, seed):
    """A U-Net that marks the borders of a few fields: Dice on fields that it has and hasn't seen."""
    train = load("monolayer", n=n, seed=2 * seed)
    test = load("monolayer", n=32, seed=2 * seed + 1)
    change = recipe("cells", seed=seed) if arm == "augmented" else None
    model = unet((64, 64, 1), widths=(12, 24, 48, 96))
    model.compile(keras.optimizers.Adam(CELL_RATE), keras.losses.BinaryCrossentropy(from_logits=True))
    batches = Batches(train.images, train.targets, CELL_BATCH, steps, augment=change, seed=seed)
    model.fit(batches, epochs=1, verbose=0)
    return {name: border_dice(model, fields) for name, fields in (("test", test), ("training", train))}


def border_dice(model, fields):
    """Mean over fields of the Dice of the borders, at probability one half."""
    found = ops.convert_to_numpy(model(fields.images, training=False)) > 0
    return float(np.mean([dice(truth > 0, mask) for truth, mask in zip(fields.targets, found, strict=True)]))


KINDS: dict[str, Callable] = {
    "digits": score_digits,
    "leak": score_leak,
    "test time": score_test_time,
    "policy": score_policy,
    "cells": score_cells,
}


# From rows to measurements


class Rows:
    """The finished rows of the study, each found by its kind, arm, number of labels, steps and seed."""

    def __init__(self, rows):
        self._rows = {tuple(each[key] for key in row("", "", 0)): each for each in rows}

    def __getitem__(self, cell):
        return self._rows[tuple(cell.values())]

    def measurement(self, what, labels, points, score):
        """A measurement: `points` says for each x which row holds the score of a seed."""
        found = [[self[cell(seed)] for cell in points.values()] for seed in SEEDS]
        return {
            "what": what,
            "x": list(points),
            "labels": labels,
            "values": [[each[score] for each in line] for line in found],
            "cost_s": [sum(each["cost_s"] for each in line) for line in found],
        }


def measure():
    """Measure all rows that are still to be measured, and put them together."""
    study = open_study()
    study.run(cells(), measure_cell)
    rows = Rows(study.rows())
    measurements = (
        strengths(rows) | arms(rows) | sizes(rows) | misjudged(rows) | policies(rows) | borders(rows)
    )
    return {"measurements": measurements, "notes": notes(rows, measurements)}


def open_study():
    """The rows measured so far, and what they depend on."""
    settings = {
        "digits": [STEPS, BATCH, RATE, EPOCHS, RESERVE_SEED],
        "leak": COPIES,
        "cells": [CELL_STEPS, CELL_BATCH, CELL_RATE],
        "policies": [POPULATION, ROUNDS],
    }
    return Study(PARTIAL, settings)


ON_DIGITS = {
    "test": "accuracy on test digits",
    "reserve": "accuracy on digits that no choice was made with",
    "train as drawn": "accuracy on the training digits, augmented as in training",
    "train as they are": "accuracy on the training digits, not augmented",
    "loss": "mean training loss of the last quarter of the steps",
    "slope": "change of the training loss per 100 steps in the last quarter of the steps",
}


def strengths(rows):
    """The curve over strengths, and the same with four times the steps."""
    found = {}
    points = {s: functools.partial(row, "digits", affine(s)) for s in STRENGTHS}
    for score, what in ON_DIGITS.items():
        found[f"strength: {score}"] = rows.measurement(what, 100, points, score)
    points = {s: functools.partial(row, "digits", affine(s), steps=4 * STEPS) for s in LONGER}
    for score, what in ON_DIGITS.items():
        found[f"longer: {score}"] = rows.measurement(f"{what}; {4 * STEPS} steps", 100, points, score)
    return found


def arms(rows):
    """Single operations, and the mixers."""
    alone = {arm: functools.partial(row, "digits", arm) for arm in ("none", *ONE_OPERATION)}
    mixers = {arm: functools.partial(row, "digits", arm) for arm in ("none", *MIXERS)}
    mixers["affine"] = functools.partial(row, "digits", affine(0.5))
    return {
        "alone: test": rows.measurement("test accuracy, one operation alone", 100, alone, "test"),
        "mixers: test": rows.measurement("test accuracy", 100, mixers, "test"),
        "mixers: train as they are": rows.measurement(
            ON_DIGITS["train as they are"], 100, mixers, "train as they are"
        ),
    }


def chosen(rows, n, seed):
    """The strength with the best validation accuracy; the weakest of several."""
    return max(CANDIDATES, key=lambda s: rows[row("digits", affine(s), seed, n=n)]["validation"])


def sizes(rows):
    """Accuracy against the number of labels, without and with augmentation."""
    held_out = len(digit_parts(0)["validation"])

    def points(arm):
        return {n: lambda seed, n=n: row("digits", arm(n, seed), seed, n=n) for n in SIZES}

    def measured(what, labels, arm, score="test"):
        return rows.measurement(what, labels, points(arm), score)

    found = {"n: none": measured("test accuracy", max(SIZES), lambda n, seed: "none")}
    for strength in CANDIDATES:
        what = f"test accuracy, strength {strength:g} for all"
        found[f"n: {strength:g}"] = measured(what, max(SIZES), lambda n, seed, s=strength: affine(s))
    what = f"test accuracy, strength chosen on {held_out} more labelled digits"
    best = measured(what, max(SIZES) + held_out, lambda n, seed: affine(chosen(rows, n, seed)))
    tried = [found[f"n: {strength:g}"]["cost_s"] for strength in CANDIDATES]
    best["cost_s"] = np.sum(tried, axis=0).tolist()
    found["n: augmented"] = best
    found["n: strength chosen"] = {
        **best,
        "what": "the strength that was chosen",
        "values": [[chosen(rows, n, seed) for n in SIZES] for seed in SEEDS],
    }
    return found


def misjudged(rows):
    """What is claimed and what is true: leaks, settings picked on test digits, augmented test sets."""
    found = {}
    for arm in ("augmented, then split", "split, then augmented"):
        lines = [rows[row("leak", arm, seed)] for seed in SEEDS]
        what = f"accuracy on a fifth of {COPIES} copies a digit; on test digits; on those augmented"
        found[f"leak: {arm}"] = plain(what, 100, ["claimed", "true", "true as drawn"], lines)
    for arm, name in (("none", "none"), ("affine 0.5", "affine")):
        lines = [rows[row("test time", arm, seed)] for seed in SEEDS]
        what = "test accuracy of answers averaged over x augmented views; 0: the digit as it is"
        found[f"test time: {name}"] = plain(what, 100, VIEWS, lines)
    for name, apart in (("test", 0), ("validation", 1)):
        lines = [peek(rows, seed, apart) for seed in SEEDS]
        judged = "others" if apart else "themselves"
        what = f"strength chosen on {FIFTY} digits: accuracy on {judged}; on the reserve"
        found[f"peek: chosen on {name}"] = plain(what, 100 + FIFTY * (1 + apart), ["claimed", "true"], lines)
    return found


def plain(what, labels, x, lines):
    """A measurement whose points are the scores of one row for each seed."""
    return {
        "what": what,
        "x": list(x),
        "labels": labels,
        "values": [[line[str(place)] for place in x] for line in lines],
        "cost_s": [line["cost_s"] for line in lines],
    }


def peek(rows, seed, apart):
    """Choose the strength on a fifty and claim the accuracy on that or another; mean over all fifties."""
    tried = [rows[row("digits", affine(s), seed)] for s in STRENGTHS]
    scores = np.array([[each[name] for name in each if name.startswith("fifty ")] for each in tried])
    best = scores.argmax(axis=0)
    claimed = np.roll(scores, -apart, axis=1)[best, np.arange(scores.shape[1])]
    reserve = np.array([each["reserve"] for each in tried])
    return {
        "claimed": claimed.mean(),
        "true": reserve[best].mean(),
        "cost_s": sum(each["cost_s"] for each in tried),
    }


def policies(rows):
    """None, random and learned policies, all with the same steps for the network that is tested."""
    held_out = len(digit_parts(0)["validation"])
    grid = {m: functools.partial(row, "policy", f"RandAugment {m}") for m in MAGNITUDES}
    found = {
        f"RandAugment: {score}": rows.measurement(
            f"{score} accuracy, two operations of magnitude x", 100 + held_out, grid, score
        )
        for score in ("test", "validation")
    }
    best = [
        max((rows[cell(seed)] for cell in grid.values()), key=lambda each: each["validation"])
        for seed in SEEDS
    ]
    for score in ("test", "validation"):
        lines = []
        for seed, chosen_row in zip(SEEDS, best, strict=True):
            population = rows[row("policy", "population", seed)]
            none = rows[row("policy", "none", seed)]
            lines.append(
                {
                    "none": none[score],
                    "random policy": population[f"random policy: {score}"],
                    "RandAugment": chosen_row[score],
                    "random start": population[f"random start: {score}"],
                    "population": population[score],
                    "cost_s": population["cost_s"],
                }
            )
        what = f"{score} accuracy; random policy: mean of the {POPULATION} that the search began with"
        found[f"policies: {score}"] = plain(what, 100 + held_out, [*lines[0]][:-1], lines)
    return found


def borders(rows):
    """Borders of cells against the number of labelled fields."""
    found = {}
    for arm, score in itertools.product(("none", "augmented"), ("test", "training")):
        points = {n: functools.partial(row, "cells", arm, n=n, steps=CELL_STEPS) for n in FIELDS}
        name = f"cells: {arm}" + (", training" if score == "training" else "")
        where = "other fields" if score == "test" else "the training fields as they are"
        what = f"Dice of the borders on {where}"
        found[name] = rows.measurement(what, max(FIELDS), points, score)
    return found


def notes(rows, measurements):
    """Which digits were confused, how many labels augmentation replaced, and one schedule that was found."""
    parts = digit_parts(0)
    names = [f"{a} as {b}" for a, b in CONFUSED] + [str(digit) for digit, _ in CONFUSED]
    return {
        "confusions": {
            arm: {name: int(sum(rows[row("digits", arm, seed)][name] for seed in SEEDS)) for name in names}
            for arm in ("none", *ONE_OPERATION)
        },
        "worth": {
            arm: {str(n): worth(measurements[f"n: {arm}"], measurements["n: none"], n) for n in SIZES[:-1]}
            for arm in ("augmented", "0.5")
        },
        "cell_steps": CELL_STEPS,
        "schedule": schedule(rows[row("policy", "population", 0)]),
        **{f"{name}_digits": len(parts[name]) for name in ("validation", "test", "reserve")},
    }


def worth(better, plain, n):
    """How many times as many labels the plain arm needs."""
    curves = (
        LearningCurve(SIZES, np.array(each["values"]), name)
        for each, name in ((better, "augmented"), (plain, "none"))
    )
    estimate = worth_in_labels(*curves, n)
    ends = {name: getattr(estimate, name) for name in ("value", "low", "high")}
    # JSON has no infinity; None is "more than was measured".
    ends = {name: None if np.isinf(end) else end for name, end in ends.items()}
    return {"says": str(estimate), **ends}


def schedule(population):
    """Probability and magnitude of each operation in each round."""
    return {
        name: {
            part: [population[f"{part} {number} {name}"] for number in range(ROUNDS)]
            for part in ("probability", "magnitude")
        }
        for name in POLICY_OPERATIONS
    }


def ahead(e: Evidence, name: str, a, b) -> float:
    """By how much the mean at one point of a measurement is above that at another."""
    return e.mean(name, a) - e.mean(name, b)


CLAIMS = [
    Claim(
        "Some augmentation is better than none",
        lambda e: max(ahead(e, "strength: test", s, 0) for s in (0.5, 1)) >= 0.01,
    ),
    Claim(
        "Twice the strength is far too much",
        lambda e: e.mean("strength: test", 2) <= e.values("strength: test").mean(0).max() - 0.08,
    ),
    Claim("Three times is a ruin", lambda e: e.mean("strength: test", 3) <= 0.55),
    Claim(
        "Training accuracy falls before test accuracy does",
        lambda e: (
            e.mean("strength: train as drawn", 1) <= e.mean("strength: train as drawn", 0) - 0.01
            and ahead(e, "strength: test", 1, 0) > 0
        ),
    ),
    Claim(
        "Strong augmentation has not finished learning",
        lambda e: e.mean("strength: slope", 2) <= e.mean("strength: slope", 0) - 0.01,
    ),
    Claim(
        "More steps help it most",
        lambda e: (
            e.mean("longer: test", 2) - e.mean("strength: test", 2)
            >= e.mean("longer: test", 0) - e.mean("strength: test", 0) + 0.03
        ),
    ),
    Claim("and do not save it", lambda e: e.mean("longer: test", 2) <= e.mean("longer: test", 1) - 0.02),
    Claim("A vertical flip costs", lambda e: ahead(e, "alone: test", "flip vertical", "none") <= -0.04),
    Claim("So does a horizontal one", lambda e: ahead(e, "alone: test", "flip horizontal", "none") <= -0.03),
    Claim(
        "Turning all the way round costs most",
        lambda e: ahead(e, "alone: test", "rotation 180", "none") <= -0.10,
    ),
    Claim("With 30 labels augmentation is worth points", lambda e: gain(e, 30) >= 0.04),
    Claim("With 400 it is worth less than half of that", lambda e: gain(e, 400) <= gain(e, 30) / 2),
    Claim(
        "At 100 it is worth twice the labels",
        lambda e: e.mean("n: augmented", 100) >= e.mean("n: none", 200) - 0.005,
    ),
    Claim(
        "Half the strength for all needs no choice",
        lambda e: e.mean("n: 0.5", 100) >= e.mean("n: none", 100) + 0.01,
    ),
    Claim(
        "A shift alone helps most",
        lambda e: all(
            ahead(e, "alone: test", "shift 10 %", other) > 0
            for other in ("none", "rotation 30", "zoom 10 %", "shear 0.15")
        ),
    ),
    Claim("Mixup changes little", lambda e: abs(ahead(e, "mixers: test", "mixup", "none")) <= 0.025),
    Claim("Cutout does not help", lambda e: ahead(e, "mixers: test", "cutout", "none") <= 0.01),
    Claim(
        "No mixer beats a plain warp",
        lambda e: all(
            ahead(e, "mixers: test", "affine", mixer) >= 0
            for mixer in ("mixup", "cutmix", "cutout", "sample pairing")
        ),
    ),
    Claim(
        "Copies on both sides of a split flatter",
        lambda e: ahead(e, "leak: augmented, then split", "claimed", "true as drawn") >= 0.03,
    ),
    Claim(
        "and more than copies on one side",
        lambda e: (
            e.mean("leak: augmented, then split", "claimed")
            >= e.mean("leak: split, then augmented", "claimed") + 0.03
        ),
    ),
    Claim(
        "A strength chosen on the test set flatters",
        lambda e: ahead(e, "peek: chosen on test", "claimed", "true") >= 0.005,
    ),
    Claim(
        "more than one chosen on other digits",
        lambda e: (
            e.mean("peek: chosen on test", "claimed")
            >= e.mean("peek: chosen on validation", "claimed") + 0.005
        ),
    ),
    Claim("An augmented test set is a harder exam", lambda e: ahead(e, "test time: none", 1, 0) <= -0.01),
    Claim(
        "Averaging over views mends that",
        lambda e: ahead(e, "test time: affine", 16, 1) >= 0,
    ),
    Claim(
        "A searched schedule is no worse than its own start",
        lambda e: ahead(e, "policies: test", "population", "random start") >= -0.005,
    ),
    Claim(
        "Four fields of cells, augmented, beat four",
        lambda e: e.mean("cells: augmented", 4) >= e.mean("cells: none", 4) + 0.08,
    ),
    Claim(
        "and are as good as sixteen",
        lambda e: e.mean("cells: augmented", 4) >= e.mean("cells: none", 16),
    ),
    Claim(
        "and better than sixty-four",
        lambda e: e.mean("cells: augmented", 4) >= e.mean("cells: none", 64) + 0.03,
    ),
    Claim(
        "Even 64 are better with it",
        lambda e: e.mean("cells: augmented", 64) >= e.mean("cells: none", 64) + 0.05,
    ),
]


def gain(e: Evidence, n: int) -> float:
    """What augmentation adds to the test accuracy with n labels."""
    return e.mean("n: augmented", n) - e.mean("n: none", n)


if __name__ == "__main__":
    open_study().run(cells(), measure_cell)
