"""The study behind the gallery of data sets: what trivial rules reach, and what a small CNN.

For each data set with targets: the best of several trivial rules, a small convolutional network, and the
ceiling that label noise sets. Rules are chosen, and everything is trained, on training images; test images
are of other groups (slides, plates, patients, sessions, machines, fonts) wherever there are groups. The
network, its steps and its rate are the same for all sets of a kind. What was chosen for a set, after trials
with other seeds, is its task: how many images, which options, and for scenes things against background.

The two sets that are downloaded need the network or a mirror (COURSEKIT_MIRROR).
`python evidence/datasets.py NAME ...` prints one seed of some sets and writes nothing.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
import numpy as np
from sklearn.metrics import balanced_accuracy_score, r2_score

from coursekit.course.evidence import Claim, Evidence
from coursekit.data import ImageSet, load, split, split_by_group
from coursekit.data.simulate.texture import displacement, generators
from coursekit.models import unet
from coursekit.training import set_seed

SEEDS = range(5)
STEPS = {"classes": 500, "masks": 200, "map": 300}
RATE = 2e-3
Parts = tuple[ImageSet, ImageSet]


@dataclass(frozen=True)
class Task:
    """What is learnt from a data set, and on what it is tested."""

    parts: Callable[[int], Parts]
    ceiling: Callable[[ImageSet, int], float]
    ceiling_is: str


def main() -> None:
    """Print one seed of the sets named on the command line, or of all."""
    for name in sys.argv[1:] or TASKS:
        found = {rule: round(score, 3) for rule, (score, _) in one_seed(name, 0).items()}
        print(name, found, flush=True)


def measure() -> dict:
    """Every data set over five seeds."""
    measurements = {}
    for name in TASKS:
        measurements |= measure_set(name)
    return {"measurements": measurements, "notes": notes()}


def notes() -> dict:
    """What the pages say beside the scores."""
    steps = {name: STEPS[kind(task.parts(0)[1])] for name, task in TASKS.items()}
    ceilings = {name: task.ceiling_is for name, task in TASKS.items()}
    return {"sets": list(TASKS), "steps": steps, "ceilings": ceilings}


def measure_set(name: str) -> dict[str, dict]:
    """One data set over five seeds: a measurement for each rule."""
    runs = [one_seed(name, seed) for seed in SEEDS]
    train, test = TASKS[name].parts(0)
    print(name, {rule: [round(run[rule][0], 2) for run in runs] for rule in runs[0]}, flush=True)
    return {
        f"{name}: {rule}": {
            "what": f"{rule}, {metric(test)} on {len(test)} test images{of_groups(test)}",
            "x": [metric(test)],
            "values": [[run[rule][0]] for run in runs],
            "cost_s": [run[rule][1] for run in runs],
            "labels": len(train),
        }
        for rule in runs[0]
    }


def of_groups(data: ImageSet) -> str:
    """Say how many groups there are: few of them count for less than many images."""
    return "" if data.groups is None else f" of {len(np.unique(data.groups))} groups"


def one_seed(name: str, seed: int) -> dict[str, tuple[float, float]]:
    """Score and seconds of each rule."""
    task = TASKS[name]
    train, test = task.parts(seed)
    rules = {"trivial": trivial, "small CNN": small_cnn}
    found = {}
    for rule, solve in rules.items():
        start = time.perf_counter()
        score = solve(train, test, seed)
        found[rule] = (score, time.perf_counter() - start)
    start = time.perf_counter()
    found["ceiling"] = (task.ceiling(test, seed), max(time.perf_counter() - start, 1e-4))
    return found


# --- What is measured ---


def kind(data: ImageSet) -> str:
    """Tell class labels, masks and measured maps apart."""
    if data.targets.ndim == 1:
        return "classes"
    return "masks" if len(np.unique(data.targets)) == 2 else "map"


def metric(data: ImageSet) -> str:
    """Name the score of a kind of target."""
    return {"classes": "balanced accuracy", "masks": "Dice", "map": "R²"}[kind(data)]


def pooled_dice(truth: np.ndarray, answers: np.ndarray) -> float:
    """Dice over all test pixels at once, mean over mask channels.

    Images without a structure, of which some sets have many, would each score 0 or 1.
    """
    truth, answers = truth > 0.5, np.asarray(answers) > 0.5
    overlap = (truth & answers).sum((0, 1, 2))
    return float(np.mean(2 * overlap / (truth.sum((0, 1, 2)) + answers.sum((0, 1, 2)))))


def r_squared(truth: np.ndarray, answers: np.ndarray) -> float:
    """Share of the variance explained inside the structure; outside, the map is 0 and nothing to explain."""
    return float(r2_score(truth[truth > 0], answers[truth > 0]))


# --- Trivial rules ---


def trivial(train: ImageSet, test: ImageSet, seed: int) -> float:
    """The rule that does best on training images, scored on test images."""
    if kind(train) == "classes":
        return trivial_classes(train, test, seed)
    if kind(train) == "masks":
        return trivial_masks(train, test)
    return trivial_map(train, test)


def trivial_classes(train: ImageSet, test: ImageSet, seed: int) -> float:
    """Linear rules on brightness and contrast, on a tiny image, or on row and column means."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import NearestCentroid
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rules = [
        (statistics, lambda: LogisticRegression(max_iter=500)),
        (statistics, lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")),
        (small_pixels, lambda: LogisticRegression(C=0.01, max_iter=300)),
        (small_pixels, NearestCentroid),
        (profiles, lambda: LogisticRegression(C=0.1, max_iter=300)),
        (profiles, lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")),
    ]
    fit, choose = inner_split(train, seed)
    scores = []
    for features, make in rules:
        model = make_pipeline(StandardScaler(), make()).fit(features(fit.images), fit.targets)
        scores.append(balanced_accuracy_score(choose.targets, model.predict(features(choose.images))))
    features, make = rules[int(np.argmax(scores))]
    model = make_pipeline(StandardScaler(), make()).fit(features(train.images), train.targets)
    return balanced_accuracy_score(test.targets, model.predict(features(test.images)))


def inner_split(train: ImageSet, seed: int) -> Parts:
    """Split training images once more, to choose a rule: by group where there are enough of them."""
    if train.groups is not None and len(np.unique(train.groups)) >= 8:
        rows = split_by_group(train.groups, (0.75, 0.25), seed)
        if set(train.targets[rows[0]]) == set(train.targets[rows[1]]):
            return train.subset(rows[0]), train.subset(rows[1])
    rows = split(train.targets, (0.75, 0.25), seed)
    return train.subset(rows[0]), train.subset(rows[1])


def statistics(images: np.ndarray) -> np.ndarray:
    """Mean, spread and percentiles of each channel: what colour and contrast alone tell."""
    flat = images.reshape(len(images), -1, images.shape[-1])
    percentiles = np.percentile(flat, [1, 10, 25, 50, 75, 90, 99], axis=1)
    return np.concatenate([flat.mean(1), flat.std(1), *percentiles], axis=1)


def small_pixels(images: np.ndarray, side: int = 16) -> np.ndarray:
    """The image, reduced to about 16×16."""
    factor = max(1, min(images.shape[1:3]) // side)
    h, w = (length // factor * factor for length in images.shape[1:3])
    blocks = images[:, :h, :w].reshape(len(images), h // factor, factor, w // factor, factor, -1)
    return blocks.mean((2, 4)).reshape(len(images), -1)


def profiles(images: np.ndarray) -> np.ndarray:
    """Mean along each row and each column: of a spectrogram, the mean spectrum and the loudness over time."""
    return np.concatenate(
        [images.mean(2).reshape(len(images), -1), images.mean(1).reshape(len(images), -1)], 1
    )


def trivial_masks(train: ImageSet, test: ImageSet) -> float:
    """For each mask: everything, a threshold, the usual place, or logistic regression on a pixel."""
    from sklearn.linear_model import LogisticRegression

    train = train.subset(np.arange(min(len(train), 200)))  # enough to choose a threshold
    pixels = train.images.reshape(-1, train.images.shape[-1])
    some = np.random.default_rng(0).choice(len(pixels), min(len(pixels), 40_000), replace=False)
    channels = []
    for c in range(train.targets.shape[-1]):
        truth = train.targets[..., c] > 0.5
        rules: list[Callable[[np.ndarray], np.ndarray]] = [lambda x: np.ones(x.shape[:3], bool)]
        for channel in range(train.images.shape[-1]):
            for level in np.unique(np.percentile(pixels[some, channel], np.arange(2, 100, 2))):
                rules.append(lambda x, channel=channel, level=level: x[..., channel] < level)
                rules.append(lambda x, channel=channel, level=level: x[..., channel] > level)
        for share in (0.2, 0.35, 0.5):  # the mask that most training images have at this place
            usual = truth.mean(0) > share
            rules.append(lambda x, usual=usual: np.broadcast_to(usual, x.shape[:3]))
        labels = truth.reshape(-1)[some]
        if labels.any() and not labels.all():
            model = LogisticRegression(class_weight="balanced", max_iter=200).fit(pixels[some], labels)
            for probability in (0.3, 0.5, 0.7, 0.9):
                rules.append(
                    lambda x, model=model, probability=probability: (
                        model.predict_proba(x.reshape(-1, x.shape[-1]))[:, 1].reshape(x.shape[:3])
                        > probability
                    )
                )
        scores = [pooled_dice(truth[..., None], rule(train.images)[..., None]) for rule in rules]
        channels.append(rules[int(np.argmax(scores))](test.images))
    return pooled_dice(test.targets, np.stack(channels, axis=-1))


def trivial_map(train: ImageSet, test: ImageSet) -> float:
    """Linear regression on what lies at and around a pixel, and on its distance to the edge."""
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    def features(data: ImageSet) -> np.ndarray:
        from scipy import ndimage

        columns = []
        for sigma in (0, 1, 2, 4):
            columns.append(ndimage.gaussian_filter(data.images, (0, sigma, sigma, 0)))
        tissue = data.images[..., 1:].sum(-1) >= 0.5
        edge = np.stack([ndimage.distance_transform_edt(wall) for wall in tissue])[..., None]
        return np.concatenate([*columns, edge, edge**2], -1).reshape(edge.size, -1)

    inside, inside_test = train.targets.ravel() > 0, test.targets.ravel() > 0
    scale = StandardScaler().fit(features(train)[inside])
    model = Ridge().fit(scale.transform(features(train)[inside]), train.targets.ravel()[inside])
    answers = np.zeros(test.targets.size)
    answers[inside_test] = model.predict(scale.transform(features(test)[inside_test]))
    return r_squared(test.targets, answers.reshape(test.targets.shape))


# --- The small CNN ---


def small_cnn(train: ImageSet, test: ImageSet, seed: int) -> float:
    """Adam with a cosine decay, no augmentation; a U-Net for masks and maps."""
    set_seed(seed)
    steps, shape = STEPS[kind(train)], train.images.shape[1:]
    if kind(train) == "classes":
        model = classifier(shape, len(train.card.class_names))
        loss, batch = keras.losses.SparseCategoricalCrossentropy(from_logits=True), 32
    else:
        model = unet(shape, classes=train.targets.shape[-1])
        loss, batch = cross_entropy_and_dice if kind(train) == "masks" else "mse", 8
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps)), loss)
    # A map is brought to standard deviation 1, as every regression should be; masks and labels stay.
    scale = train.targets.std() if kind(train) == "map" else 1
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.permutation(len(train)) for _ in range(-(-steps * batch // len(train)))])
    rows = rows[: steps * batch]
    model.fit(train.images[rows], train.targets[rows] / scale, batch_size=batch, shuffle=False, verbose=0)
    answers = model.predict(test.images, batch_size=32, verbose=0)
    if kind(train) == "classes":
        return balanced_accuracy_score(test.targets, answers.argmax(-1))
    if kind(train) == "masks":
        return pooled_dice(test.targets, answers > 0)
    return r_squared(test.targets, answers * scale)


def classifier(shape: tuple[int, int, int], classes: int) -> keras.Model:
    """Four convolutions with batch normalisation and max pooling between them, one dense layer."""
    layers = keras.layers
    x = image = keras.Input(shape)
    for width in (16, 32, 64, 64):
        x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
        # A momentum for hundreds of steps, not for the usual thousands.
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.MaxPooling2D(2, padding="same")(layers.ReLU()(x))
    return keras.Model(image, layers.Dense(classes)(layers.Flatten()(x)))


def cross_entropy_and_dice(truth, logits):
    """Cross-entropy, plus 1 - soft Dice of each mask over the batch, without which rare masks stay empty."""
    ops = keras.ops
    answers = ops.sigmoid(logits)
    overlap = ops.sum(truth * answers, axis=(0, 1, 2))
    dice = (2 * overlap + 1) / (ops.sum(truth, axis=(0, 1, 2)) + ops.sum(answers, axis=(0, 1, 2)) + 1)
    return ops.mean(keras.losses.binary_crossentropy(truth, logits, from_logits=True)) + 1 - ops.mean(dice)


# --- The ceiling ---


def second_annotator(test: ImageSet, seed: int) -> float:
    """Dice of the truth with outlines off by half a pixel here and there, as another hand draws them."""
    from scipy.ndimage import map_coordinates

    shape = test.targets.shape[1:3]
    redrawn = np.empty_like(test.targets)
    for i, rng in enumerate(generators(len(test), seed)):
        where = displacement(rng, shape, 0.5, 4)
        for c in range(test.targets.shape[-1]):
            redrawn[i, ..., c] = map_coordinates(test.targets[i, ..., c], where, order=1, mode="nearest")
    return pooled_dice(test.targets, redrawn)


def exact(test: ImageSet, seed: int) -> float:
    """Labels without an error could be answered without an error."""
    return 1.0


ANOTHER_HAND = "a second annotator whose outlines are off by 0.5 px (standard deviation)"
EXACT = "labels are exact"


# --- The tasks ---


def simulated(name: str, n: int = 1024, n_test: int = 160, **options) -> Callable[[int], Parts]:
    """Training and test images from different seeds, so also from different groups."""
    return lambda seed: (
        load(name, n, seed=1000 + seed, **options),
        load(name, n_test, seed=2000 + seed, **options),
    )


def held_out_groups(name: str, n: int, **options) -> Callable[[int], Parts]:
    """One draw, split by group: for sets whose classes are individuals."""

    def parts(seed: int) -> Parts:
        data = load(name, n, seed=1000 + seed, **options)
        train, test = split_by_group(data.groups, (0.67, 0.33), seed)
        return data.subset(train), data.subset(test)

    return parts


def by_file_block(seed: int) -> Parts:
    """Four of the five blocks of the digits' file to learn from: mostly other writers than in the fifth."""
    data = load("digits", size=28)
    held_out = data.groups == seed % 5
    return data.subset(~held_out), data.subset(held_out)


def split_at_random(seed: int) -> Parts:
    """Two thirds of the 900 pieces of clothing to learn from."""
    data = load("fashion_sprite")
    train, test = split(data.targets, (0.67, 0.33), seed)
    return data.subset(train), data.subset(test)


def other_pictures(seed: int) -> Parts:
    """Squares of 64 pixels; test squares come from other pictures than training squares."""
    data = load("nist_cells", tile=64)
    train, test = split_by_group(data.groups, (0.7, 0.3), seed)
    rng = np.random.default_rng(seed)
    return data.subset(rng.permutation(train)[:1024]), data.subset(rng.permutation(test)[:160])


def things_and_background(seed: int) -> Parts:
    """Scenes with one mask: what belongs to a thing of any kind. Which kind takes far longer to learn."""
    return tuple(
        replace(data, targets=data.targets.max(axis=-1, keepdims=True)) for data in simulated("scenes")(seed)
    )


def shown_phenotype(test: ImageSet, seed: int) -> float:
    """Accuracy of someone who sees what each cell really shows; the label says what its well got."""
    return balanced_accuracy_score(test.targets, test.extra["shows_phenotype"])


def same_people_again(seed: int) -> Parts:
    """The same six persons in other sessions, under the lamp and in the sun."""
    return (
        load("faces", 960, seed=1000 + seed, people_seed=seed),
        load("faces", 240, seed=2000 + seed, people_seed=seed),
    )


TASKS = {
    "bearing": Task(simulated("bearing", 3200, 1600), exact, EXACT),
    "brains": Task(simulated("brains"), second_annotator, ANOTHER_HAND),
    "digits": Task(by_file_block, exact, "labels are taken for exact"),
    "faces": Task(same_people_again, exact, EXACT),
    "glands": Task(simulated("glands"), second_annotator, ANOTHER_HAND),
    "glyphs": Task(held_out_groups("glyphs", 1560), exact, EXACT),
    "fashion_sprite": Task(split_at_random, exact, "labels are taken for exact"),
    "monolayer": Task(simulated("monolayer"), second_annotator, ANOTHER_HAND),
    "nist_cells": Task(other_pictures, second_annotator, ANOTHER_HAND),
    "pages": Task(simulated("pages"), second_annotator, ANOTHER_HAND),
    "phase_contrast": Task(simulated("phase_contrast"), second_annotator, ANOTHER_HAND),
    "phenotypes": Task(
        simulated("phenotypes", 4000, 800),
        shown_phenotype,
        "cells that don't react carry the label of their well",
    ),
    "scenes": Task(things_and_background, second_annotator, ANOTHER_HAND),
    "stress": Task(simulated("stress"), exact, "the map is computed, not annotated"),
    "tumours": Task(simulated("tumours"), second_annotator, ANOTHER_HAND),
    "voices": Task(held_out_groups("voices", 3000, sessions=20, bands=64), exact, EXACT),
}


# Real digits and clothes are nearly solved by their pixels, and 300 steps are few for a map that depends on
# the whole section: there the network must win, by however little.
MARGIN = {"digits": 0.0, "fashion_sprite": 0.0, "stress": 0.0}


def _clearly_below(name: str) -> Callable[[Evidence], bool]:
    def holds(evidence: Evidence) -> bool:
        gap = evidence.at(f"{name}: small CNN") - evidence.at(f"{name}: trivial")
        return bool(gap.min() > 0 and gap.mean() > MARGIN.get(name, 0.05))

    return holds


CLAIMS = [
    Claim(
        f"{name}: a small CNN beats the best trivial rule in each of five draws, on average by more than "
        f"{MARGIN.get(name, 0.05):g}",
        _clearly_below(name),
    )
    for name in TASKS
]


if __name__ == "__main__":
    main()
