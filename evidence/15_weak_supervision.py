"""The study behind lesson 15: what can be learnt from masks that are incomplete or rough, and from bags.

Glands of the simulator, 64 pixels, each image from a slide of its own. In each seed: 40 images with damaged
masks to learn from, 8 others with true masks, 40 to test on, another draw of the damage, other initial
weights and other tiles. All strategies of a seed share these. Where glands are removed, the draw is one that
leaves about the area that it says (`typical_seed`).

Every network is ShortRes at width 16 and gets 500 steps of 8 tiles; arms that start from an auto-encoder get
its 300 steps more. Longer training was not tried, and the curves still rise. Every 50 steps a network looks
at the 8 true masks. "F1 last" takes the last step and 0.5: nothing is chosen. "F1 last chosen" has a
threshold chosen on the 8. "F1" and "F1 chosen" take the look that was best at 0.5; the threshold came after,
which is not the best of all pairs. The duels are held at that look. Test images choose nothing.

Learning rates were chosen before, on seed 100, which has no part in the study, by F1 (best look) on its 40
test images: one rate for strategies with the same losses, tried with one or two of them, at "Noisy" alone.
For Weak all rates were alike. One seed decides within the spread of seeds; no rate chosen is the lowest or
highest tried.

The rival uses no damaged mask: it learns from the 8 true ones, or the first 1, 2 or 4 of them, and takes the
last step; or it learns from 4 and chooses step and threshold on the other 4. It was given fewer only after 8
had beaten all strategies. Its rate is that of Baseline on damaged masks. "Together" is Only positive on the
40 damaged and the 8 true masks.

Bags are made of the small digits of scikit-learn, ten in a bag. Bags to learn from and to test on share no
digit, but test bags share digits among each other, and the rates were chosen (seed 100, 100 bags, 200 test
bags) on other bags of the same file.

The figure of the simplest good rule, and the claim about it, came after all results. It chooses among rules
by the test images that score them: it describes, and promises nothing.

`python evidence/15_weak_supervision.py 1 2 3 4 5` measures the rows of some seeds and writes no evidence, so
that two processes can share the work; `... tune` does the same for the learning rates. `coursekit evidence
15` measures what is missing and writes it.
"""

import dataclasses
import functools
import sys
from collections.abc import Iterable
from pathlib import Path

import keras
import numpy as np

from coursekit.course.evidence import Claim, Evidence
from coursekit.data import ImageSet, corrupt_masks, load, make_bags, snow_recipe, split
from coursekit.data.labels.mask_noise import MaskNoise
from coursekit.efficiency import Study
from coursekit.methods.multiple_instance import (
    bag_auc,
    bag_classifier,
    bag_inputs,
    chance_to_find,
    finds_instance,
)
from coursekit.methods.weak import (
    ENOUGH_PX,
    STRATEGIES,
    Strategy,
    choose_threshold,
    critical_difference,
    deformation,
    duel_scores,
    friedman,
    image_f1,
    marked_pixels,
    mean_ranks,
    object_probability,
    train_auto_encoder,
    train_strategy,
    typical_seed,
)
from coursekit.models import short_res
from coursekit.training import set_seed

SEEDS, TUNING_SEED = range(1, 6), 100
TRAIN, CLEAN, TEST = slice(0, 40), slice(40, 48), slice(48, 88)
LOOKS, STEPS_PER_LOOK, TILE_PX, BATCH = 10, 50, 32, 8
SMALL_TILE_PX, SMALL_WEIGHT = 16, 0.1
TRIED = (1e-3, 2e-3, 4e-3)
# Strategies with the same losses share a rate.
LOSSES = {
    "pixels": ("Baseline", "Only positive", "SS", "SS+"),
    "image": ("Weak",),
    "both": ("SoftWeak", "Noisy SW", "SS+ SW", "SS Noisy SW"),
}
TUNED_BY = ("Baseline", "Only positive", "Weak", "SoftWeak", "SS+ SW")
RATES = {"pixels": 2e-3, "image": 2e-3, "both": 2e-3, "auto-encoder": 8e-3}
DAMAGES = ("Noisy", "N+HD", "BB", "N+BB", "Clean")
FIRST_FOUR = LOSSES["pixels"]
REMOVED, DEFORMED = (0.0, 0.3, 0.5, 0.65, 0.8), (0.0, 0.5, 1.0, 2.0)
CURVES = ("Baseline", "Only positive")
FEWER_CLEAN = (1, 2, 4)
TOGETHER = ("Noisy", "removal 0.65")
BINS = 10
POOLINGS = ("max", "mean", "lse", "attention", "gated attention")
BAGS, TEST_BAGS, BAG_STEPS, BAG_BATCH = (100, 300), 200, 500, 20
BAG_TRIED = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
BAG_RATES = {pooling: 1e-3 if pooling == "max" else 1e-2 for pooling in POOLINGS}
SETTINGS = {
    "strategies": {name: dataclasses.asdict(strategy) for name, strategy in STRATEGIES.items()},
    "images": [40, 8, 40],
    "looks": LOOKS,
    "steps per look": STEPS_PER_LOOK,
    "tile": TILE_PX,
    "batch": BATCH,
    "rates": RATES,
    "small": [SMALL_TILE_PX, SMALL_WEIGHT],
}
BAG_SETTINGS = {"steps": BAG_STEPS, "batch": BAG_BATCH, "test bags": TEST_BAGS, "rates": BAG_RATES}
# What the rows of the tuning depend on.
TUNING = {key: value for key, value in SETTINGS.items() if key not in ("rates", "small")} | {
    "bag steps": BAG_STEPS,
    "bag batch": BAG_BATCH,
    "test bags": TEST_BAGS,
    "tuning seed": TUNING_SEED,
}
PARTIAL = Path(__file__).parent / ".partial"

# --- The cells ---


def cells(seeds: Iterable[int] = SEEDS) -> list[dict]:
    """Every run on glands, some named twice; those that matter most come first, for all seeds."""
    kinds = dict.fromkeys([*DAMAGES, *map(removal, REMOVED), *map(deformed, DEFORMED)])
    table = [(damage, arm) for damage in DAMAGES for arm in STRATEGIES]
    curves = [(damage, arm) for damage in (removal(0.65), "HD", *kinds) for arm in CURVES]
    others = [(damage, arm) for damage in (removal(0.65), "HD") for arm in FIRST_FOUR]
    every: list[dict] = [
        *({"part": "masks", "damage": damage} for damage in kinds),
        *({"part": part} for part in ("one answer", "colour", "auto-encoder")),
        *({"part": "glands", "damage": damage, "arm": arm} for damage, arm in table if damage != "Clean"),
        *({"part": part} for part in ("eight", "four and four")),
        *({"part": "clean alone", "n": n} for n in FEWER_CLEAN),
        *({"part": "glands", "damage": damage, "arm": arm} for damage, arm in [*curves, *table, *others]),
        *({"part": part, "damage": "Noisy"} for part in ("small weight", "small tiles")),
        {"part": "small tiles", "damage": "Clean"},
        *({"part": "together", "damage": damage} for damage in TOGETHER),
    ]
    return [{**cell, "seed": seed} for cell in every for seed in seeds]


def bag_cells(seeds: Iterable[int] = SEEDS) -> list[dict]:
    """Every run on bags."""
    return [
        {"part": "bags", "n": n, "pooling": pooling, "seed": seed}
        for n in BAGS
        for pooling in POOLINGS
        for seed in seeds
    ]


def removal(share: float) -> str:
    """The name of the damage that removes this share of the glands."""
    return {0.0: "Clean", 0.5: "Noisy"}.get(share, f"removal {share:g}")


def deformed(strength: float) -> str:
    """The name of the damage that deforms outlines so much."""
    return {0.0: "Clean", 1.0: "HD"}.get(strength, f"deformation {strength:g}")


def measure_cell(part: str, seed: int, **cell) -> dict[str, float]:
    """The scores of one run."""
    return {
        "masks": damage_done,
        "one answer": everything_is_gland,
        "colour": colour_alone,
        "auto-encoder": reconstruct,
        "glands": learn_glands,
        "eight": learn_from_clean_ones,
        "clean alone": learn_from_clean_ones,
        "four and four": learn_from_four,
        "together": learn_together,
        "small tiles": learn_weakly_from_small_tiles,
        "small weight": learn_with_a_small_weight,
        "bags": learn_bags,
    }[part](seed=seed, **cell)


# --- Glands ---


@functools.cache
def glands(seed: int) -> ImageSet:
    """All images of a seed, each from a slide of its own."""
    return load("glands", n=88, seed=seed, images_per_slide=1)


@functools.lru_cache(maxsize=32)
def damaged(damage: str, seed: int):
    """The masks to learn from."""
    numbers = glands(seed).extra["glands"][TRAIN]
    kind, _, amount = damage.rpartition(" ")
    if kind == "removal":
        noise = MaskNoise(remove=float(amount))
    elif kind == "deformation":
        noise = deformation(numbers, float(amount))
    else:
        noise = snow_recipe(damage, numbers)
    remove = noise.get("remove", 0.0)
    return corrupt_masks(numbers, **noise, seed=typical_seed(numbers, remove, seed) if remove else seed)


def damage_done(seed: int, damage: str) -> dict[str, float]:
    """How wrong the masks are, and what drawing only positive tiles changes."""
    truth, marks = glands(seed).targets[TRAIN], damaged(damage, seed)
    true_px, marked_px, both_px = (
        marked_pixels(masks, TILE_PX) for masks in (truth, marks.masks, truth * marks.masks)
    )
    kept = marked_px >= ENOUGH_PX
    return {
        "F1": float(marks.f1.mean()),
        "marked": float((truth * marks.masks).sum() / truth.sum()),
        "tiles kept": float(kept.mean()),
        "marked in kept tiles": float(both_px[kept].sum() / true_px[kept].sum()),
        "glands in all tiles": float(true_px.mean() / TILE_PX**2),
        "glands in kept tiles": float(true_px[kept].mean() / TILE_PX**2),
        "tiles without glands": float((true_px < ENOUGH_PX).mean()),
    }


def everything_is_gland(seed: int) -> dict[str, float]:
    """F1 of the answer that needs no training."""
    truth = glands(seed).targets[TEST]
    return {"F1": float(image_f1(truth, np.ones(truth.shape[:3])).mean())}


def colour_alone(seed: int) -> dict[str, float]:
    """A random forest on red, green and blue of single pixels, from true masks."""
    from sklearn.ensemble import RandomForestClassifier

    data = glands(seed)
    pixels, answers = data.images[TRAIN].reshape(-1, 3), data.targets[TRAIN].ravel()
    rows = np.random.default_rng(seed).choice(len(pixels), 20_000, replace=False)
    forest = RandomForestClassifier(50, min_samples_leaf=20, random_state=seed)
    forest.fit(pixels[rows], answers[rows])
    clean, test = (
        forest.predict_proba(data.images[part].reshape(-1, 3))[:, 1].reshape(-1, *data.images.shape[1:3])
        for part in (CLEAN, TEST)
    )
    cut = choose_threshold(data.targets[CLEAN], clean)
    return {
        "F1": float(image_f1(data.targets[TEST], test).mean()),
        "F1 chosen": float(image_f1(data.targets[TEST], test, cut).mean()),
        "threshold": cut,
    }


@functools.cache
def auto_encoder(seed: int, rate: float) -> keras.Model:
    """Trained on the images that networks learn from, without masks."""
    return train_auto_encoder(
        glands(seed).images[TRAIN], rate=rate, tile_px=TILE_PX, batch_size=BATCH, seed=seed
    )


def reconstruct(seed: int, rate: float = RATES["auto-encoder"]) -> dict[str, float]:
    """How well test images come out of the auto-encoder."""
    images = glands(seed).images[TEST]
    drawn = auto_encoder(seed, rate).predict(images, verbose=0)
    return {"error": float(((drawn - images) ** 2).mean()), "variance": float(images.var())}


compiled: dict[tuple[float, float], keras.Model] = {}
"""A network for each pair of losses, to be used again."""


def train(
    strategy: Strategy,
    images: ImageSet,
    masks: np.ndarray,
    clean: ImageSet,
    seed: int,
    rate: float | None = None,
    tile_px: int = TILE_PX,
):
    """Train by a strategy; `clean` chooses the step."""
    losses = (strategy.pixel_loss, strategy.image_loss)
    kind = "pixels" if not strategy.image_loss else "both" if strategy.pixel_loss else "image"
    trained = train_strategy(
        strategy,
        images.images,
        masks,
        clean.images,
        clean.targets,
        auto_encoder(seed, RATES["auto-encoder"]) if strategy.from_auto_encoder else None,
        epochs=LOOKS,
        rate=RATES[kind] if rate is None else rate,
        tile_px=tile_px,
        batch_size=BATCH,
        seed=seed,
        reuse=compiled.get(losses),
    )
    compiled[losses] = trained.network
    return trained


def part_of(seed: int, rows: slice) -> ImageSet:
    """Images of a seed."""
    return glands(seed).subset(np.arange(88)[rows])


def learn_glands(seed: int, damage: str, arm: str, rate: float | None = None) -> dict[str, float]:
    """One strategy on one kind of damage."""
    clean, test = part_of(seed, CLEAN), part_of(seed, TEST)
    trained = train(STRATEGIES[arm], part_of(seed, TRAIN), damaged(damage, seed).masks, clean, seed, rate)
    found = {f"look {STEPS_PER_LOOK * (look + 1)}": float(f1) for look, f1 in enumerate(trained.f1)}
    found["best step"] = float(STEPS_PER_LOOK * trained.best_epoch)
    for ending in ("", " last"):
        if ending:
            trained.network.set_weights(trained.last_weights)
        probability = object_probability(trained.network, test.images)
        cut = choose_threshold(clean.targets, object_probability(trained.network, clean.images))
        scores = image_f1(test.targets, probability), image_f1(test.targets, probability, cut)
        found |= {
            f"F1{ending}": float(scores[0].mean()),
            f"F1{ending} chosen": float(scores[1].mean()),
            f"threshold{ending}": cut,
        }
        if not ending:
            for name, each in zip(("image", "chosen image"), scores, strict=True):
                found |= {f"{name} {i}": float(f1) for i, f1 in enumerate(each)}
    # What the network says of pixels at the end of training, when nothing has chosen.
    inside = test.targets[..., 0] > 0.5
    found |= {
        "on glands": float(np.median(probability[inside])),
        "elsewhere": float(np.median(probability[~inside])),
    }
    shares = np.histogram(probability[inside], BINS, (0, 1))[0] / inside.sum()
    return found | {f"bin {i}": float(share) for i, share in enumerate(shares)}


def learn_from_clean_ones(seed: int, n: int = 8) -> dict[str, float]:
    """The first n of the 8 true masks alone, all steps: nothing is chosen."""
    clean, test = part_of(seed, CLEAN).subset(np.arange(n)), part_of(seed, TEST)
    trained = train(STRATEGIES["Baseline"], clean, clean.targets, clean, seed)
    trained.network.set_weights(trained.last_weights)
    return {"F1": float(image_f1(test.targets, object_probability(trained.network, test.images)).mean())}


def learn_from_four(seed: int) -> dict[str, float]:
    """Four true masks to learn from, four to choose step and threshold on."""
    clean, test = part_of(seed, CLEAN), part_of(seed, TEST)
    learn, choose = clean.subset(np.arange(4)), clean.subset(np.arange(4, 8))
    trained = train(STRATEGIES["Baseline"], learn, learn.targets, choose, seed)
    cut = choose_threshold(choose.targets, object_probability(trained.network, choose.images))
    return {"F1": float(image_f1(test.targets, object_probability(trained.network, test.images), cut).mean())}


def learn_together(seed: int, damage: str) -> dict[str, float]:
    """Only positive on the damaged and the 8 true masks: the last step at 0.5."""
    clean, test = part_of(seed, CLEAN), part_of(seed, TEST)
    masks = np.concatenate([damaged(damage, seed).masks, clean.targets])
    every = glands(seed).subset(np.arange(CLEAN.stop))
    trained = train(STRATEGIES["Only positive"], every, masks, clean, seed)
    trained.network.set_weights(trained.last_weights)
    return {"F1": float(image_f1(test.targets, object_probability(trained.network, test.images)).mean())}


def learn_weakly_from_small_tiles(seed: int, damage: str) -> dict[str, float]:
    """Labels of tiles alone, where more tiles have no gland."""
    clean, test = part_of(seed, CLEAN), part_of(seed, TEST)
    masks = damaged(damage, seed).masks
    trained = train(STRATEGIES["Weak"], part_of(seed, TRAIN), masks, clean, seed, tile_px=SMALL_TILE_PX)
    gland_px = marked_pixels(glands(seed).targets[TRAIN], SMALL_TILE_PX)
    found = scores_at_both_thresholds(trained.network, clean, test)
    return found | {"tiles without glands": float((gland_px < ENOUGH_PX).mean())}


def learn_with_a_small_weight(seed: int, damage: str) -> dict[str, float]:
    """SoftWeak whose loss of the image weighs less."""
    clean, test = part_of(seed, CLEAN), part_of(seed, TEST)
    strategy = dataclasses.replace(STRATEGIES["SoftWeak"], image_loss=SMALL_WEIGHT)
    trained = train(strategy, part_of(seed, TRAIN), damaged(damage, seed).masks, clean, seed)
    return scores_at_both_thresholds(trained.network, clean, test)


def scores_at_both_thresholds(network: keras.Model, clean: ImageSet, test: ImageSet) -> dict[str, float]:
    """Mean F1 of test images at 0.5 and at the threshold chosen."""
    cut = choose_threshold(clean.targets, object_probability(network, clean.images))
    probability = object_probability(network, test.images)
    return {
        "F1": float(image_f1(test.targets, probability).mean()),
        "F1 chosen": float(image_f1(test.targets, probability, cut).mean()),
    }


# --- Bags ---


def learn_bags(seed: int, n: int, pooling: str, rate: float | None = None) -> dict[str, float]:
    """One pooling on n bags of ten digits: is there a 9 among them?"""
    digits = load("digits", size=8, digit_px=8)
    train_part, _, test_part = split(digits.targets, seed=seed)

    def bags(part: np.ndarray, count: int, draw: int):
        return make_bags(digits.targets, 9, count, 10, 0, witnesses=1, indices=part, seed=draw)

    train_bags, test_bags = bags(train_part, n, seed), bags(test_part, TEST_BAGS, seed + 1000)
    set_seed(seed)
    encoder = keras.Sequential(
        [
            keras.Input(digits.images.shape[1:]),
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(32, activation="relu"),
        ]
    )
    classifier = bag_classifier(encoder, train_bags.indices.shape[1], pooling, seed=seed)
    classifier.network.compile(
        keras.optimizers.Adam(BAG_RATES[pooling] if rate is None else rate),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    classifier.network.fit(
        bag_inputs(train_bags, digits.images),
        train_bags.labels[:, None],
        batch_size=BAG_BATCH,
        epochs=BAG_STEPS * BAG_BATCH // n,
        verbose=0,
    )
    asked = bag_inputs(test_bags, digits.images)
    return {
        "AUC": bag_auc(test_bags.labels, classifier.network.predict(asked, verbose=0)),
        "finds": float(finds_instance(test_bags, classifier.pointer.predict(asked, verbose=0)).mean()),
        "chance": chance_to_find(test_bags),
    }


# --- The rates ---


def tuning_cells() -> list[dict]:
    """The auto-encoder, five strategies on "Noisy", every pooling on 100 bags, at each rate."""
    every: list[dict] = [
        {"part": "glands", "damage": "Noisy", "arm": arm, "rate": rate} for arm in TUNED_BY for rate in TRIED
    ]
    every += [{"part": "auto-encoder", "rate": rate} for rate in (*TRIED, 8e-3, 1.6e-2)]
    every += [
        {"part": "bags", "n": BAGS[0], "pooling": pooling, "rate": rate}
        for rate in BAG_TRIED
        for pooling in POOLINGS
    ]
    return [{**cell, "seed": TUNING_SEED} for cell in every]


def tuning() -> Study:
    """The rows of the tuning so far."""
    return Study(PARTIAL / "15_weak_supervision_rates.jsonl", TUNING)


def tuned(rows: list[dict]) -> dict[str, dict[str, float]]:
    """What each rate came to: mean F1 of strategies with the same losses, AUC of a pooling, error."""
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        if row["part"] == "glands":
            kind, score = next(kind for kind, arms in LOSSES.items() if row["arm"] in arms), "F1"
        elif row["part"] == "bags":
            kind, score = f"bags, {row['pooling']}", "AUC"
        else:
            kind, score = "auto-encoder", "error"
        found.setdefault(kind, {}).setdefault(f"{row['rate']:g}", []).append(row[score])
    return {
        kind: {rate: float(np.mean(values)) for rate, values in rates.items()}
        for kind, rates in found.items()
    }


# --- From rows to evidence ---


def measure() -> dict:
    """Measure what has no row yet, then put the measurements together."""
    tuning().run(tuning_cells(), measure_cell)
    measure_seeds(SEEDS)
    return assemble(study().rows() + bag_study().rows(), tuning().rows())


def main() -> None:
    """Measure the rates, or the rows of the seeds named on the command line."""
    if sys.argv[1:] == ["tune"]:
        tuning().run(tuning_cells(), measure_cell)
        return
    measure_seeds([int(seed) for seed in sys.argv[1:]])


def measure_seeds(seeds: Iterable[int]) -> None:
    """Measure the rows of these seeds."""
    study().run(cells(seeds), measure_cell)
    bag_study().run(bag_cells(seeds), measure_cell)


def study() -> Study:
    """The rows on glands so far."""
    return Study(PARTIAL / "15_weak_supervision.jsonl", SETTINGS)


def bag_study() -> Study:
    """The rows on bags so far."""
    return Study(PARTIAL / "15_weak_supervision_bags.jsonl", BAG_SETTINGS)


def assemble(rows: list[dict], tuning_rows: list[dict]) -> dict:
    """Measurements and notes from all rows."""
    results = Results(rows)
    keep_masks(results)
    keep_strategies(results)
    keep_curves(results)
    ranks = {damage: keep_duels(results, damage) for damage in DAMAGES}
    for start in ("duels", "duels chosen"):
        added = [results.measurements[f"{start}, {damage}"] for damage in DAMAGES if damage != "Clean"]
        results.add(
            start,
            "points of all duels at Noisy, BB, N+BB and N+HD together",
            list(STRATEGIES),
            48,
            np.sum([each["values"] for each in added], axis=0),
            np.sum([each["cost_s"] for each in added], axis=0),
        )
    for n in BAGS:
        for pooling in POOLINGS:
            scores = ["AUC", "finds", "chance"]
            what = f"{pooling} pooling, {n} bags: AUC, share of positive bags in which it points at the 9"
            results.keep(f"bags, {n}: {pooling}", what, scores, scores, n, part="bags", n=n, pooling=pooling)
    numbers = [glands(seed).extra["glands"] for seed in SEEDS]
    notes = {
        "rates": RATES | {f"bags, {pooling}": rate for pooling, rate in BAG_RATES.items()},
        "tuning": tuned(tuning_rows),
        "ranks": {damage: found[0] for damage, found in ranks.items()},
        "ranks by training": {damage: found[1] for damage, found in ranks.items()},
        "printed scores": PRINTED,
        "printed score": sum(PRINTED.values()),
        "also fixed": {
            "marked pixels that are enough": ENOUGH_PX,
            "size": 64,
            "digits in a bag": 10,
            "r of LSE": 5,
            "encoder": "16 convolutions of 3×3, maximum of 2×2, 32 features",
        },
        "glands per image": float(np.mean([glands_in(some) / len(some) for some in numbers])),
        "outlines": outlines(),
        "gland share": float(np.mean([(some > 0).mean() for some in numbers])),
        "weights": short_res().count_params(),
    }
    return {
        "settings": SETTINGS | {"bags": BAG_SETTINGS},
        "measurements": results.measurements,
        "notes": notes,
    }


def outlines() -> dict[str, float]:
    """How many glands are outlined, in damaged masks and in the first true ones; means over seeds."""
    drawn = {
        damage: [damaged(damage, seed).instances for seed in SEEDS]
        for damage in ("Clean", "Noisy", removal(0.65))
    }
    drawn |= {str(n): [glands(seed).extra["glands"][CLEAN][:n] for seed in SEEDS] for n in (*FEWER_CLEAN, 8)}
    return {name: float(np.mean([glands_in(numbers) for numbers in found])) for name, found in drawn.items()}


def glands_in(numbers: np.ndarray) -> int:
    """How many glands there are in all images, each counted in its own image."""
    return sum(len(np.unique(image[image > 0])) for image in numbers)


class Results:
    """Measurements made of rows."""

    def __init__(self, rows: list[dict]) -> None:
        self.rows, self.measurements = rows, {}

    def of(self, **cell) -> list[dict]:
        """The rows of a cell, one for each seed, in their order."""
        found = [row for row in self.rows if all(row.get(key) == value for key, value in cell.items())]
        return sorted(found, key=lambda row: row["seed"])

    def keep(self, name: str, what: str, scores: list[str], x: list, labels: int, **cell) -> None:
        """Add a measurement whose points are scores of the same row."""
        rows = self.of(**cell)
        values = [[row[score] for score in scores] for row in rows]
        self.add(name, what, x, labels, values, [row["cost_s"] for row in rows])

    def keep_over(self, name: str, what: str, score: str, x: list, damages: list[str], **cell) -> None:
        """Add a measurement whose points are rows of different damage."""
        runs = [self.of(damage=damage, **cell) for damage in damages]
        values = np.transpose([[row[score] for row in rows] for rows in runs])
        self.add(
            name, what, x, 48, values, np.sum([[row["cost_s"] for row in rows] for rows in runs], axis=0)
        )

    def add(self, name: str, what: str, x: list, labels: int, values, cost_s) -> None:
        """Add a measurement."""
        self.measurements[name] = {"what": what, "x": x, "labels": labels, "values": values, "cost_s": cost_s}


def keep_masks(results: Results) -> None:
    """How wrong masks are, and what needs no mask that is wrong."""
    scores = ["F1", "marked", "tiles kept", "marked in kept tiles"]
    scores += ["glands in all tiles", "glands in kept tiles", "tiles without glands"]
    what = "training masks: F1 against the truth, share of gland area marked, and tiles that are positive"
    for damage in (*DAMAGES, removal(0.65), "HD"):
        results.keep(f"masks: {damage}", what, scores, scores, 40, part="masks", damage=damage)
    for name, x, kind in (("removal", REMOVED, removal), ("deformation", DEFORMED, deformed)):
        damages = [kind(amount) for amount in x]
        for ending, score, what in (
            ("", "F1", "F1 of training masks against the truth"),
            (", marked", "marked", "share of gland area marked"),
            (
                ", marked in kept tiles",
                "marked in kept tiles",
                "share of gland area marked in positive tiles",
            ),
        ):
            results.keep_over(
                f"masks: {name}{ending}", f"{what}, by {name}", score, list(x), damages, part="masks"
            )
    for name, what, scores, labels, part in (
        ("everything is gland", "F1 on test images", ["F1"], 0, "one answer"),
        ("colour forest", "forest on colour, true masks", ["F1", "F1 chosen", "threshold"], 48, "colour"),
        ("auto-encoder", "squared error on test images", ["error", "variance"], 0, "auto-encoder"),
    ):
        results.keep(name, what, scores, scores, labels, part=part)
    scores = ["F1", "F1 chosen", "tiles without glands"]
    for damage in ("Clean", "Noisy"):
        results.keep(
            f"small tiles, {damage}: Weak",
            f"Weak with tiles of {SMALL_TILE_PX} px, {ENOUGH_PX} px of gland being enough as in larger ones, "
            "and the share of these that have no gland",
            scores,
            scores,
            48,
            part="small tiles",
            damage=damage,
        )
    results.keep(
        "small weight, Noisy: SoftWeak",
        f"SoftWeak, the loss of the image weighing {SMALL_WEIGHT}",
        scores[:2],
        scores[:2],
        48,
        part="small weight",
    )
    alone, halves = results.of(part="eight"), results.of(part="four and four")
    results.add(
        "eight clean masks",
        "Baseline on the 8 true masks alone, last step; and on 4 of them, step and threshold chosen on 4",
        ["F1", "F1 split"],
        8,
        [[one["F1"], other["F1"]] for one, other in zip(alone, halves, strict=True)],
        [one["cost_s"] + other["cost_s"] for one, other in zip(alone, halves, strict=True)],
    )
    for damage in TOGETHER:
        what = f"Only positive on 40 masks {damage} and 8 true ones, last step, threshold 0.5"
        results.keep(f"together: {damage}", what, ["F1"], ["F1"], 48, part="together", damage=damage)
    runs = [*(results.of(part="clean alone", n=n) for n in FEWER_CLEAN), alone]
    results.add(
        "clean masks alone",
        "Baseline on x true masks alone, last step, threshold 0.5",
        [*FEWER_CLEAN, 8],
        8,
        np.transpose([[row["F1"] for row in rows] for rows in runs]),
        np.sum([[row["cost_s"] for row in rows] for rows in runs], axis=0),
    )


def keep_strategies(results: Results) -> None:
    """Every strategy on every damage that it was trained with."""
    scores = ["F1", "F1 chosen", "F1 last", "F1 last chosen", "threshold", "best step"]
    scores += ["on glands", "elsewhere"]
    steps = [STEPS_PER_LOOK * (look + 1) for look in range(LOOKS)]
    for damage in (*DAMAGES, removal(0.65), "HD"):
        for arm in STRATEGIES if damage in DAMAGES else FIRST_FOUR:
            cell = {"part": "glands", "damage": damage, "arm": arm}
            what = f"{arm}, masks {damage}: mean F1 of test images; median probability on and off glands"
            results.keep(f"{damage}: {arm}", what, scores, scores, 48, **cell)
            what = f"{arm}, masks {damage}: F1 on the 8 true masks, by step"
            results.keep(
                f"looks, {damage}: {arm}", what, [f"look {step}" for step in steps], steps, 48, **cell
            )
    for damage in ("Clean", "Noisy"):
        for arm in CURVES:
            results.keep(
                f"outputs on glands, {damage}: {arm}",
                f"{arm}, masks {damage}: share of gland pixels by the probability given, at the last step",
                [f"bin {i}" for i in range(BINS)],
                [(i + 0.5) / BINS for i in range(BINS)],
                48,
                part="glands",
                damage=damage,
                arm=arm,
            )


def keep_curves(results: Results) -> None:
    """F1 against how much is removed or deformed."""
    for name, x, kind in (("removal", REMOVED, removal), ("deformation", DEFORMED, deformed)):
        damages = [kind(amount) for amount in x]
        for arm in CURVES:
            for ending, score, what in (
                ("", "F1 last", "F1 of the last step at 0.5"),
                (", chosen", "F1 last chosen", "F1 of the last step, threshold chosen on the 8 true masks"),
                (", on glands", "on glands", "median probability on gland pixels at the last step"),
            ):
                what = f"{arm}: {what}, by {name}"
                results.keep_over(
                    f"{name}{ending}: {arm}", what, score, list(x), damages, part="glands", arm=arm
                )


def keep_duels(results: Results, damage: str) -> tuple[dict, dict]:
    """Points of each seed's duels; ranks over all images of all seeds, and over the seeds."""
    runs = [results.of(part="glands", damage=damage, arm=arm) for arm in STRATEGIES]
    cost = np.sum([[row["cost_s"] for row in rows] for rows in runs], axis=0)
    for start, score in (("duels", "image"), ("duels chosen", "chosen image")):
        # (seeds, images, strategies)
        every = np.transpose([[[row[f"{score} {i}"] for i in range(40)] for row in rows] for rows in runs])
        every = every.transpose(1, 0, 2)
        points = [duel_scores(images) for images in every]
        what = f"masks {damage}: points of duels on the 40 test images of a seed, F1 {start[6:] or 'at 0.5'}"
        results.add(f"{start}, {damage}", what, list(STRATEGIES), 48, points, cost)
        if start == "duels":
            found = ranked(np.concatenate(every)), ranked(every.mean(1))
    return found


def ranked(scores: np.ndarray) -> dict:
    """Mean ranks and the tests, for (images or trainings, strategies)."""
    test = friedman(scores)
    return {
        "mean ranks": dict(zip(STRATEGIES, mean_ranks(scores).tolist(), strict=True)),
        "points": dict(zip(STRATEGIES, duel_scores(scores).tolist(), strict=True)),
        "F": test.statistic,
        "p": test.p,
        "critical difference": critical_difference(len(STRATEGIES), len(scores)),
        "blocks": len(scores),
    }


WITH_REMOVAL = ("Noisy", "N+HD", "N+BB", "removal 0.65")
PRINTED = {
    "Baseline": -21,
    "Only positive": 14,
    "SS": -8,
    "SS+": 2,
    "Weak": -8,
    "SoftWeak": -4,
    "Noisy SW": -1,
    "SS+ SW": 15,
    "SS Noisy SW": 0,
}
"""The scores as the paper prints them (ISBI 2019, doi:10.1109/ISBI.2019.8759545)."""

FOUR = ("Noisy", "BB", "N+BB", "N+HD")
AHEAD = ("SS+", "Only positive", "SS+ SW")


def gap(e: Evidence, damage: str, better: str, other: str, score: str = "F1") -> float:
    """How much higher the mean F1 of one strategy is."""
    return e.mean(f"{damage}: {better}", score) - e.mean(f"{damage}: {other}", score)


def each_seed(e: Evidence, damage: str, better: str, other: str, score: str = "F1") -> bool:
    """Whether one strategy is ahead in each seed."""
    return bool(np.all(e.at(f"{damage}: {better}", score) > e.at(f"{damage}: {other}", score)))


def near_the_best(e: Evidence, kind: str, rule: str) -> bool:
    """Whether a rule's mean F1 at 0.5 is within one standard deviation of the best one's."""
    tried = [
        e.at(f"{kind}: {arm}", "F1 last") for arm in STRATEGIES if f"{kind}: {arm}" in e.data["measurements"]
    ]
    best = max(tried, key=np.mean)
    return bool(e.mean(f"{kind}: {rule}", "F1 last") >= best.mean() - best.std(ddof=1))


CLAIMS = [
    Claim(
        "Removed glands cost the baseline 0.3 or more, boxes 0.15 at most, deformation alone 0.1 at most",
        lambda e: (
            e.mean("Clean: Baseline", "F1 last") - e.mean("Noisy: Baseline", "F1 last") >= 0.3
            and e.mean("Clean: Baseline", "F1 last") - e.mean("BB: Baseline", "F1 last") <= 0.15
            and e.mean("Clean: Baseline", "F1 last") - e.mean("HD: Baseline", "F1 last") <= 0.1
        ),
    ),
    Claim(
        "Half removed is a cliff: seeds are 0.3 apart at 0.5, and 0.15 at most where the threshold moves",
        lambda e: (
            np.ptp(e.at("Noisy: Baseline", "F1 last")) >= 0.3
            and np.ptp(e.at("Noisy: Baseline", "F1 last chosen")) <= 0.15
        ),
    ),
    Claim(
        "0.65 removed: the baseline finds next to nothing at 0.5, and 0.7 or more at the chosen threshold",
        lambda e: (
            e.mean("removal 0.65: Baseline", "F1 last") <= 0.2
            and e.mean("removal 0.65: Baseline", "F1 last chosen") >= 0.7
        ),
    ),
    Claim(
        "At 0.5 only positive tiles gain 0.2 half removed and 0.5 at 0.65 removed, something in each seed",
        lambda e: all(
            gap(e, damage, "Only positive", "Baseline", score) >= (0.5 if damage == WITH_REMOVAL[3] else 0.2)
            and each_seed(e, damage, "Only positive", "Baseline", score)
            for damage in WITH_REMOVAL
            for score in ("F1", "F1 last")
        ),
    ),
    Claim(
        "A chosen threshold alone brings the baseline four fifths of that or more",
        lambda e: all(
            e.mean(f"{damage}: Baseline", f"{score} chosen") - e.mean(f"{damage}: Baseline", score)
            >= 0.8 * gap(e, damage, "Only positive", "Baseline", score)
            > 0
            for damage in WITH_REMOVAL
            for score in ("F1", "F1 last")
        ),
    ),
    Claim(
        "With chosen thresholds only positive tiles stay 0.01 to 0.1 ahead",
        lambda e: all(
            0.01 <= gap(e, damage, "Only positive", "Baseline", score) <= 0.1
            for damage in WITH_REMOVAL
            for score in ("F1 chosen", "F1 last chosen")
        ),
    ),
    Claim(
        "Where glands were removed the baseline at 0.5 is worse than its masks",
        lambda e: all(
            e.mean(f"{damage}: Baseline", "F1 last") < e.mean(f"masks: {damage}", "F1")
            for damage in WITH_REMOVAL
        ),
    ),
    Claim(
        "and with a chosen threshold better",
        lambda e: all(
            e.mean(f"{damage}: Baseline", "F1 last chosen") >= e.mean(f"masks: {damage}", "F1") + 0.1
            for damage in WITH_REMOVAL
        ),
    ),
    Claim(
        "From boxes it is as good as they are, from deformed outlines better than its masks in each seed",
        lambda e: (
            abs(e.mean("BB: Baseline", "F1 last") - e.mean("masks: BB", "F1")) <= 0.04
            and bool(np.all(e.at("HD: Baseline", "F1 last") > e.at("masks: HD", "F1")))
        ),
    ),
    Claim(
        "Boxes: all but Weak lie within 0.03 of the baseline",
        lambda e: all(
            abs(gap(e, "BB", arm, "Baseline", score)) <= 0.03
            for arm in STRATEGIES
            if arm != "Weak"
            for score in ("F1", "F1 last")
        ),
    ),
    Claim(
        "A start from the auto-encoder changes 0.05 at most where the threshold is chosen",
        lambda e: all(
            abs(gap(e, damage, started, plain, "F1 last chosen")) <= 0.05
            for damage in (*FOUR, "removal 0.65")
            for started, plain in (("SS", "Baseline"), ("SS+", "Only positive"))
        ),
    ),
    Claim(
        "at 0.5, half removed, either is ahead in some seeds, with all tiles and with positive ones",
        lambda e: all(
            not each_seed(e, "Noisy", one, other)
            for pair in (("SS", "Baseline"), ("SS+", "Only positive"))
            for one, other in (pair, pair[::-1])
        ),
    ),
    Claim(
        "and does not move the probability on glands by 0.05",
        lambda e: abs(gap(e, "Noisy", "SS", "Baseline", "on glands")) <= 0.05,
    ),
    Claim(
        "Weak answers that everything is gland, whatever the damage",
        lambda e: all(
            abs(e.mean(f"{damage}: Weak", "F1") - e.mean("everything is gland", "F1")) <= 0.01
            for damage in DAMAGES
        ),
    ),
    Claim(
        "SoftWeak, Noisy SW and SS Noisy SW are worse than that half removed, in each seed",
        lambda e: all(
            bool(np.all(e.at(f"{damage}: {arm}", "F1") < e.at("everything is gland", "F1")))
            for damage in WITH_REMOVAL[:3]
            for arm in ("SoftWeak", "Noisy SW", "SS Noisy SW")
        ),
    ),
    Claim(
        "SoftWeak is 0.1 behind the baseline there at chosen thresholds, and within 0.03 on boxes",
        lambda e: (
            all(
                gap(e, damage, "SoftWeak", "Baseline", "F1 last chosen") <= -0.1
                for damage in WITH_REMOVAL[:3]
            )
            and abs(gap(e, "BB", "SoftWeak", "Baseline", "F1 last")) <= 0.03
        ),
    ),
    Claim(
        "Half removed: a fifth of the tiles or more is said to be empty, and not one in a hundred is",
        lambda e: (
            e.mean("masks: Noisy", "tiles kept") <= 0.8
            and e.mean("masks: Noisy", "tiles without glands") <= 0.01
        ),
    ),
    Claim(
        "Only positive tiles have as much gland as all, and more of it is marked: more than half",
        lambda e: all(
            abs(
                e.mean(f"masks: {damage}", "glands in kept tiles")
                - e.mean(f"masks: {damage}", "glands in all tiles")
            )
            <= 0.02
            and e.mean(f"masks: {damage}", "marked")
            <= 0.51
            < e.mean(f"masks: {damage}", "marked in kept tiles")
            for damage in WITH_REMOVAL
        ),
    ),
    Claim(
        "Only positive's probability on glands is within 0.1 of what is marked in its tiles",
        lambda e: all(
            abs(
                e.mean(f"{damage}: Only positive", "on glands")
                - e.mean(f"masks: {damage}", "marked in kept tiles")
            )
            <= 0.1
            for damage in WITH_REMOVAL
        ),
    ),
    Claim(
        "Half removed: the baseline's is below 0.5 in each seed, and Only positive's above it",
        lambda e: (
            bool(np.all(e.at("Noisy: Baseline", "on glands") < 0.5))
            and each_seed(e, "Noisy", "Only positive", "Baseline", "on glands")
        ),
    ),
    Claim(
        "Flicker: the best of ten looks is 0.05 above the last at 0.5, not where a threshold is chosen",
        lambda e: (
            e.mean("Noisy: Baseline", "F1") - e.mean("Noisy: Baseline", "F1 last") >= 0.05
            and abs(e.mean("Noisy: Baseline", "F1 chosen") - e.mean("Noisy: Baseline", "F1 last chosen"))
            <= 0.05
        ),
    ),
    Claim(
        "Eight true masks alone beat every strategy, and any chosen threshold, wherever glands were removed",
        lambda e: all(
            e.mean("eight clean masks", "F1") >= e.mean(f"{damage}: {arm}", score) + 0.02
            for damage in WITH_REMOVAL
            for arm in (STRATEGIES if damage in DAMAGES else FIRST_FOUR)
            for score in ("F1", "F1 chosen", "F1 last", "F1 last chosen")
        ),
    ),
    Claim(
        "The damaged masks together with the eight are worse than the eight alone by 0.05 or more, at 0.5",
        lambda e: all(
            e.mean(f"together: {damage}", "F1") <= e.mean("eight clean masks", "F1") - 0.05
            for damage in TOGETHER
        ),
    ),
    Claim(
        "Two true masks alone come within 0.05 of only positive tiles half removed, both at 0.5",
        lambda e: abs(e.mean("clean masks alone", 2) - e.mean("Noisy: Only positive", "F1 last")) <= 0.05,
    ),
    Claim(
        "and four are ahead of them, and within 0.03 of them with a chosen threshold",
        lambda e: (
            e.mean("clean masks alone", 4) >= e.mean("Noisy: Only positive", "F1 last") + 0.02
            and abs(e.mean("clean masks alone", 4) - e.mean("Noisy: Only positive", "F1 last chosen")) <= 0.03
        ),
    ),
    Claim(
        "A loss of the image that weighs a tenth does not break SoftWeak: 0.1 ahead at chosen thresholds",
        lambda e: (
            e.mean("small weight, Noisy: SoftWeak", "F1 chosen")
            >= e.mean("Noisy: SoftWeak", "F1 chosen") + 0.1
        ),
    ),
    Claim(
        "From all tiles the probability on glands is 1 - p, or up to 0.15 below",
        lambda e: all(
            1 - p - 0.15 <= e.mean("removal, on glands: Baseline", p) <= 1 - p for p in REMOVED if p > 0
        ),
    ),
    Claim(
        "Deformation alone: high costs 0.06 at most, twice that 0.1",
        lambda e: (
            e.mean("deformation: Baseline", 0.0) - e.mean("deformation: Baseline", 1.0) <= 0.06
            and e.mean("deformation: Baseline", 0.0) - e.mean("deformation: Baseline", 2.0) >= 0.1
        ),
    ),
    Claim(
        "and with chosen thresholds only positive tiles are no help against it",
        lambda e: all(
            abs(e.mean("deformation, chosen: Only positive", x) - e.mean("deformation, chosen: Baseline", x))
            <= 0.02
            for x in DEFORMED
        ),
    ),
    Claim(
        "Duels at 0.5: SS+, Only positive and SS+ SW have ten points more than any other",
        lambda e: (
            min(e.mean("duels", arm) for arm in AHEAD)
            >= max(e.mean("duels", arm) for arm in STRATEGIES if arm not in AHEAD) + 10
        ),
    ),
    Claim(
        "and with chosen thresholds the baseline has five more than it had",
        lambda e: e.mean("duels chosen", "Baseline") >= e.mean("duels", "Baseline") + 5,
    ),
    Claim(
        "100 bags: attention points at the 9 in 0.85 of them or more, LSE in 0.95",
        lambda e: (
            e.mean("bags, 100: attention", "finds") >= 0.85 and e.mean("bags, 100: lse", "finds") >= 0.95
        ),
    ),
    Claim(
        "the mean tells bags apart 0.1 worse than attention and LSE, and yet points at the 9 in 0.85 or more",
        lambda e: (
            e.mean("bags, 100: mean", "AUC")
            <= min(e.mean(f"bags, 100: {pooling}", "AUC") for pooling in ("attention", "lse")) - 0.1
            and e.mean("bags, 100: mean", "finds") >= 0.85
        ),
    ),
    Claim(
        "the maximum stays at chance in one seed of five, with 100 bags and with 300",
        lambda e: all(int(np.sum(e.at(f"bags, {n}: max", "AUC") < 0.6)) == 1 for n in BAGS),
    ),
    Claim(
        "300 bags: the four others are within 0.02",
        lambda e: (
            np.ptp([e.mean(f"bags, 300: {pooling}", "AUC") for pooling in POOLINGS if pooling != "max"])
            <= 0.02
            and e.mean("bags, 300: mean", "AUC") >= 0.95
        ),
    ),
    Claim(
        "At 0.5 Baseline is within a standard deviation of the best rule only where every object is marked; "
        "Only positive is where some are forgotten",
        lambda e: (
            all(near_the_best(e, kind, "Baseline") for kind in ("BB", "HD"))
            and all(
                near_the_best(e, kind, "Only positive") and not near_the_best(e, kind, "Baseline")
                for kind in ("Noisy", "N+BB", "N+HD", "removal 0.65")
            )
        ),
    ),
    Claim(
        "The points of the duels add up to zero",
        lambda e: all(
            bool(np.all(e.values(f"{start}, {damage}").sum(1) == 0))
            for start in ("duels", "duels chosen")
            for damage in DAMAGES
        ),
    ),
]


if __name__ == "__main__":
    main()
