"""The study behind lesson 02: what moves with a digit, and which network still reads it.

Settings were fixed before the test digits of these splits were looked at; every arm gets the same number of
steps, 12 epochs of 45 batches; the arm that sees moved digits gets that too, and once eight times as many.
"""

import time

import keras
import numpy as np

from coursekit.course.evidence import Claim, Evidence
from coursekit.data import load, split
from coursekit.methods.equivariance import accuracy_when_shifted, equivariance_error, shift
from coursekit.models import global_pooling_cnn, lenet5, mlp
from coursekit.training import set_seed
from coursekit.training.steps import input_gradient

SEEDS = range(5)
SHIFTS = list(range(7))
EPOCHS, BATCH, RATE = 12, 32, 2e-3

ARMS = {
    "lenet5": lenet5,
    "lenet5 subsampling": lambda: lenet5(pooling="subsample"),
    "lenet5 relu max": lambda: lenet5(activation="relu", pooling="max"),
    "mlp": mlp,
    "global average": lambda: global_pooling_cnn(pooling="average"),
    "global max": global_pooling_cnn,
    "global max, no margin": lambda: global_pooling_cnn(margin=0),
}


def fit(model, images, labels, epochs=EPOCHS, moves=0, rng=None):
    """Train with Adam and a cosine decay; with `moves`, every epoch sees the images moved anew."""
    steps = epochs * -(-len(images) // BATCH)
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    if not moves:
        model.fit(images, labels, batch_size=BATCH, epochs=epochs, verbose=0)
        return model
    for _ in range(epochs):
        model.fit(moved_at_random(images, moves, rng), labels, batch_size=BATCH, epochs=1, verbose=0)
    return model


def moved_at_random(images, moves, rng):
    """Each image moved by its own whole number of pixels in both directions."""
    return np.concatenate([shift(image[None], *rng.integers(-moves, moves + 1, 2)) for image in images])


def accuracy(model, images, labels):
    """Share of right answers."""
    return float((model.predict(images, verbose=0).argmax(axis=1) == labels).mean())


def measure():
    """Run every arm on every seed."""
    digits = load("digits")
    results = {}

    def keep(name, values, seconds, x, what, labels=0):
        entry = results.setdefault(
            name, {"what": what, "x": list(x), "labels": labels, "values": [], "cost_s": []}
        )
        entry["values"].append(values)
        entry["cost_s"].append(seconds)

    notes = {}
    for seed in SEEDS:
        train, test = (digits.subset(rows) for rows in split(digits.targets, (0.8, 0.2), seed=seed))
        for name, make in ARMS.items():
            set_seed(seed)
            start = time.perf_counter()
            model = fit(make(), train.images, train.targets)
            seconds = time.perf_counter() - start
            scores = accuracy_when_shifted(
                lambda x, m=model: m.predict(x, verbose=0), test.images, test.targets, SHIFTS
            )
            keep(name, scores, seconds, SHIFTS, "accuracy at shift (px), mean of 4 directions", len(train))
            if name == "lenet5":
                keep(
                    "lenet5 confidence when wrong",
                    [confidence_when_wrong(model, test)],
                    0.0,
                    [4],
                    "at 4 px",
                    0,
                )
            if name == "lenet5" and seed == 0:
                notes |= strip(model, test)
                notes["mistakes"] = int(
                    (model.predict(test.images, verbose=0).argmax(1) != test.targets).sum()
                )
                notes["tested"] = len(test)
        for name, epochs in (("lenet5 moved", EPOCHS), ("lenet5 moved, 8 times longer", 8 * EPOCHS)):
            set_seed(seed)
            start = time.perf_counter()
            rng = np.random.default_rng(seed)
            model = fit(lenet5(), train.images, train.targets, epochs, moves=6, rng=rng)
            seconds = time.perf_counter() - start
            scores = accuracy_when_shifted(
                lambda x, m=model: m.predict(x, verbose=0), test.images, test.targets, SHIFTS
            )
            what = f"as lenet5, {epochs} epochs, moved anew in each by up to 6 px along both axes"
            keep(name, scores, seconds, SHIFTS, what, len(train))
        print(f"seed {seed}: networks done", flush=True)

        # The same digits in one block of the file, which keeps writers mostly together.
        inside = digits.groups == seed
        set_seed(seed)
        start = time.perf_counter()
        model = fit(lenet5(), digits.images[~inside], digits.targets[~inside])
        score = accuracy(model, digits.images[inside], digits.targets[inside])
        keep(
            "lenet5 by block",
            [score],
            time.perf_counter() - start,
            [0],
            "accuracy on an unseen block",
            int((~inside).sum()),
        )

        for name, score in leak(digits, seed).items():
            keep(f"leak: {name}", [score], 0.0, [0], "LeNet-5 on 60 digits moved 8 times each", 480)

        set_seed(seed)
        untrained = lenet5((64, 64, 1))
        wide = np.pad(test.images[:64], ((0, 0), (16, 16), (16, 16), (0, 0)))
        for layer, step in (("conv1", 1), ("pool1", 2), ("pool2", 4)):
            part = keras.Model(untrained.input, untrained.get_layer(layer).output)
            errors = [
                equivariance_error(lambda x, p=part: p.predict(x, verbose=0), wide, d, step, 5)
                for d in range(9)
            ]
            keep(f"equivariance: {layer}", errors, 0.0, range(9), "relative error when moved by x px", 0)

        rng = np.random.default_rng(seed)
        fields = [
            field_of(untrained.get_layer(n), untrained, rng)
            for n in ("conv1", "pool1", "conv2", "pool2", "conv3")
        ]
        keep(
            "receptive field",
            fields,
            0.0,
            ["conv1", "pool1", "conv2", "pool2", "conv3"],
            "side in px, by gradient",
            0,
        )
        side, share = deep_field(rng)
        keep(
            "eight 3x3",
            [side, share],
            0.0,
            ["side", "share"],
            "side in px; share of pixels with 95 % of the gradient",
            0,
        )
        print(f"seed {seed}: all done", flush=True)
    return {
        "settings": {"epochs": EPOCHS, "batch": BATCH, "rate": RATE},
        "measurements": results,
        "notes": notes,
    }


def confidence_when_wrong(model, test):
    """Mean probability of the network's answer where that is wrong, digits moved 4 px to the right."""
    scores = keras.ops.convert_to_numpy(keras.ops.softmax(model.predict(shift(test.images, 4, 0), verbose=0)))
    wrong = scores.argmax(axis=1) != test.targets
    return float(scores[wrong].max(axis=1).mean())


def strip(model, test):
    """One digit that is read rightly in place, moved 0 to 6 px to the right, with the answers."""
    threes = np.flatnonzero(test.targets == 3)
    moved = np.stack(
        [model.predict(shift(test.images[threes], d, 0), verbose=0).argmax(axis=1) for d in SHIFTS]
    )
    # The first that is read rightly up to 3 px and wrongly from 4 px on: it shows what the average does.
    row = int(np.flatnonzero((moved[:4] == 3).all(axis=0) & (moved[4:] != 3).all(axis=0))[0])
    return {"strip_test_row": int(threes[row]), "strip_answers": [int(moved[d, row]) for d in SHIFTS]}


def leak(digits, seed):
    """Move first and split afterwards, against split first; and the truth on digits that nobody touched."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(digits))
    pool, fresh = rows[:60], rows[60:560]
    source = np.repeat(np.arange(60), 8)
    images = moved_at_random(digits.images[pool][source], 3, rng)
    labels = digits.targets[pool][source]
    order = rng.permutation(len(images))
    scores = {}
    for name, tested in (
        ("rows apart", np.isin(np.arange(len(images)), order[:96])),
        ("digits apart", source >= 48),
    ):
        set_seed(seed)
        model = fit(lenet5(), images[~tested], labels[~tested], 20)
        scores[name] = accuracy(model, images[tested], labels[tested])
        scores[f"{name}, fresh"] = accuracy(
            model, moved_at_random(digits.images[fresh], 3, rng), digits.targets[fresh]
        )
    return scores


def field_of(layer, model, rng, places=16):
    """Side of the square of input pixels that one unit in the middle of a layer's map depends on."""
    part = keras.Model(model.input, layer.output)
    middle = part.output.shape[1] // 2
    seen = np.abs(
        input_gradient(
            lambda x: part(x)[:, middle, middle], rng.random((places, *model.input.shape[1:]), "float32")
        )
    )
    used = seen.sum(axis=(0, 3)) > 0
    return int(max(np.ptp(np.flatnonzero(used.any(axis=axis))) + 1 for axis in (0, 1)))


def deep_field(rng):
    """Eight 3×3 layers: side of the field, and the share of its pixels that carries 95 % of the gradient."""
    image = keras.Input((33, 33, 1))
    x = image
    for _ in range(8):
        x = keras.layers.Conv2D(16, 3, padding="same", activation="tanh")(x)
    model = keras.Model(image, x)
    seen = np.abs(input_gradient(lambda x: model(x)[:, 16, 16], rng.random((16, 33, 33, 1), "float32"))).sum(
        axis=(0, 3)
    )
    side = int(np.ptp(np.flatnonzero(seen.any(axis=0))) + 1)
    ranked = np.sort(seen.ravel())[::-1]
    needed = int(np.searchsorted(np.cumsum(ranked), 0.95 * ranked.sum()) + 1)
    return side, needed / side**2


def gap(e: Evidence, a: str, b: str) -> float:
    """Largest difference of the means of two arms over all shifts."""
    return float(np.abs(e.values(a).mean(axis=0) - e.values(b).mean(axis=0)).max())


CLAIMS = [
    Claim("LeNet-5 reads the digits in place", lambda e: e.mean("lenet5", 0) >= 0.97),
    Claim("ReLU and max pooling are no worse", lambda e: e.mean("lenet5 relu max", 0) >= e.mean("lenet5", 0)),
    Claim("Four pixels ruin LeNet-5", lambda e: e.mean("lenet5", 4) <= 0.35),
    Claim("Pooling or subsampling: no matter", lambda e: gap(e, "lenet5", "lenet5 subsampling") <= 0.06),
    Claim("An MLP falls as fast", lambda e: gap(e, "lenet5", "mlp") <= 0.10),
    Claim(
        "Global max stays",
        lambda e: all(e.mean("global max", d) >= e.mean("lenet5", d) + 0.4 for d in (4, 5, 6)),
    ),
    Claim(
        "Global max costs nothing in place", lambda e: e.mean("global max", 0) >= e.mean("lenet5", 0) - 0.01
    ),
    Claim(
        "Whole strides are free", lambda e: abs(e.mean("global max", 4) - e.mean("global max", 0)) <= 0.005
    ),
    Claim("Half strides cost most", lambda e: e.mean("global max", 2) <= e.mean("global max", 0) - 0.01),
    Claim(
        "The margin is worth it",
        lambda e: e.mean("global max", 6) >= e.mean("global max, no margin", 6) + 0.03,
    ),
    Claim(
        "Moved examples cost at equal steps", lambda e: e.mean("lenet5 moved", 0) <= e.mean("lenet5", 0) - 0.1
    ),
    Claim(
        "and nothing at eight times the steps",
        lambda e: e.mean("lenet5 moved, 8 times longer", 0) >= e.mean("lenet5", 0) - 0.01,
    ),
    Claim(
        "and then hold at a distance",
        lambda e: e.values("lenet5 moved, 8 times longer").mean(0).min() >= 0.95,
    ),
    Claim("Wrong and sure at 4 px", lambda e: e.mean("lenet5 confidence when wrong") >= 0.6),
    Claim("A convolution is equivariant", lambda e: e.values("equivariance: conv1").max() < 1e-5),
    Claim(
        "After one pool: every second pixel",
        lambda e: (
            e.values("equivariance: pool1")[:, ::2].max()
            < 1e-5
            < 0.1
            < e.values("equivariance: pool1")[:, 1::2].min()
        ),
    ),
    Claim("After two: every fourth", lambda e: e.values("equivariance: pool2")[:, ::4].max() < 1e-5),
    Claim("Fields as computed", lambda e: (e.values("receptive field") == [5, 6, 14, 16, 32]).all()),
    Claim("Eight 3×3 see 17×17", lambda e: (e.at("eight 3x3", "side") == 17).all()),
    Claim("but use half", lambda e: e.mean("eight 3x3", "share") <= 0.55),
    Claim("Unseen writers are harder", lambda e: e.mean("lenet5 by block") <= e.mean("lenet5", 0) + 0.01),
    Claim("A leak flatters", lambda e: e.mean("leak: rows apart") >= e.mean("leak: digits apart") + 0.1),
    Claim(
        "and is not real",
        lambda e: e.mean("leak: rows apart") >= e.mean("leak: rows apart, fresh") + 0.1,
    ),
]
