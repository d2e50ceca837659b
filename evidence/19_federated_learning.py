"""The study behind lesson 19: twenty clinics that train together, who is missing, what leaks, what protects.

The 1,797 digits of scikit-learn: 597 test images, the same for all seeds, and 1,200 that are dealt out to the
clients. A seed decides who holds what, the first weights and the order of the images; arms of one seed share
these. A test part of its own for each seed would vary the scores more than anything that is compared here.

Every arm without clipping has a learning rate of its own. It is chosen on 240 of the 1,200 images, with the
other 960 dealt out to the clients, on draws that no result uses: three rates to begin with, and one more as
long as the best is at an edge. With clipping, rate and length together set how long a step is; so all arms
that clip have one rate, 0.3 (without clipping the best for 50 clients, and within 0.005 of the best for 200),
and the length is chosen, in the same way, for each number of clients and each amount of noise. A real server
would pay for such trials with some of its privacy. The 597 choose nothing.

*Splits and epochs*, *absence*, *FedProx* and *normalisation* train one small network on twenty clients.
*Privacy* has more clients, a smaller network and Poisson sampling, as the accountant assumes. *Attack* and
*secure aggregation* need no training. Sizes, rounds, shares of absentees and noise come from trials of an
early version, on validation images but for one run, and the claims from these and from the choices. A few
scores on test images, at rates not chosen yet, were seen before, when the script was tried out; they
set nothing. Two claims were changed when all was measured: that ten images at once give no more than the mean
image (something is read), and that a plain mean is off by a fifth of the step in every draw (0.19 in one).

`python evidence/19_federated_learning.py SEED ...` runs the choices and the cells of some seeds;
`coursekit evidence 19` then assembles what is there and runs what is missing.
"""

import functools
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from coursekit.course.evidence import Claim, Evidence
from coursekit.data import dirichlet_clients, iid_clients, label_table, load, shard_clients
from coursekit.efficiency import Study
from coursekit.errors import CourseError
from coursekit.methods.federated import (
    Absence,
    ClientImages,
    LocalTrainer,
    LocalTraining,
    clip_update,
    everyone,
    fed_avg,
    image_from_dense_gradient,
    label_from_gradient,
    match_gradient,
    moments_epsilon,
    poisson,
    privacy_spent,
    private_average,
    secure_average,
    secure_sum,
    train_federated,
    weighted_average,
)
from coursekit.methods.federated.secure_aggregation import to_fixed
from coursekit.models import mlp
from coursekit.training import set_seed

SEEDS = range(1, 6)
PARTIAL = Path(__file__).parent / ".partial"
BENCHMARK = Path(__file__).parents[1] / "tests" / "benchmarks" / "federated_round.py"
SPLITS = ("IID", "Dirichlet 0.3", "Dirichlet 0.1", "two-class")
ROUNDS = {1: 30, 5: 30, 20: 10}
"""Rounds for each number of local epochs."""
LOCAL_EPOCHS = 20
PROX_EPOCHS = (5, 20)
MUS = (0, 0.01, 0.1, 1)
ABSENT = ("none", "random", "fixed", "class", "random 3 of 4", "class 3 of 4")
NORM_ROUNDS = 10
NORMS = ("none", "batch", "batch without statistics", "group")
SIGMAS = (0, 1, 2, 4, 8)
CLIENTS = (50, 200)
MISSING = (0, 1, 2, 9)


def federated_arms() -> dict[str, dict]:
    """What each arm with twenty clients does; what isn't said is as in `federated`."""
    arms: dict[str, dict] = {}
    for split in SPLITS:
        for epochs, rounds in ROUNDS.items():
            for name, n in (("", rounds), (f", {LOCAL_EPOCHS} local epochs", LOCAL_EPOCHS // epochs)):
                arms[f"{split}, E = {epochs}{name}"] = {"split": split, "epochs": epochs, "rounds": n}
    for epochs in PROX_EPOCHS:
        for mu in MUS:
            arms[f"FedProx: E = {epochs}, mu = {mu}"] = {"epochs": epochs, "proximal": mu}
            arms[f"FedProx: E = {epochs}, mu = {mu}"]["rounds"] = ROUNDS[epochs]
    for absent in ABSENT:
        arms[f"absent: {absent}"] = {"absent": absent}
    for norm in NORMS:
        for split in ("IID", "two-class"):
            arms[f"norm: {norm}, {split}"] = {"norm": norm, "split": split, "rounds": NORM_ROUNDS}
    # Arms that are the same under another name are trained once.
    return {name: arm for name, arm in arms.items() if name not in SAME}


SAME = {
    "FedProx: E = 5, mu = 0": "two-class, E = 5",
    "FedProx: E = 20, mu = 0": "two-class, E = 20",
    "absent: none": "two-class, E = 5",
}


SETTINGS: dict[str, Any] = {
    "data": {"test": 597, "learn": 1200, "validation": 240, "order": 19},
    "clients": 20,
    "batch": 10,
    "width": 64,
    "rates": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0],
    "first rates": [0.03, 0.1, 0.3],
    "choice seeds": [101, 102],
    "federated": federated_arms(),
    "batch norm momentum": 0.9,
    "groups": 8,
    "central epochs": [30, 150],
    "alone epochs": 150,
    "privacy": {
        "sampling": 0.25,
        "rate": 0.3,
        "rounds": 50,
        "epochs": 3,
        "width": 32,
        "delta": 1e-3,
        "clips": [0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8],
        "first clips": [0.2, 0.4, 0.8],
    },
    "attack": {
        "filters": 12,
        "steps": 300,
        "rate": 0.1,
        "images": 3,
        "clip": 1.0,
        "local rate": 0.1,
        "arms": {
            "one image": {},
            "relu": {"activation": "relu"},
            "4 images": {"batch": 4},
            "10 images": {"batch": 10},
            "5 epochs": {"epochs": 5},
            "5 epochs, imitated": {"epochs": 5, "imitated": True},
            "10 images, 5 epochs, imitated": {"batch": 10, "epochs": 5, "imitated": True},
            "clipped": {"noise": 0},
            "noise 0.01": {"noise": 0.01},
            "noise 0.03": {"noise": 0.03},
            "noise 0.1": {"noise": 0.1},
        },
    },
    "engine": {"known": 10_000, "trained": [10, 100, 1000, 10_000]},
}

# --- Arms that have something to choose ---


def arms() -> list[str]:
    """All of them. Those with a clipping length come last: they need a rate."""
    return [
        *(f"central: {epochs} epochs" for epochs in SETTINGS["central epochs"]),
        *(f"alone: {split}" for split in SPLITS),
        *SETTINGS["federated"],
        *(f"private: K = {n}, none" for n in CLIENTS),
        *(f"private: K = {n}, sigma = {sigma}" for n in CLIENTS for sigma in SIGMAS),
    ]


def grid(arm: str) -> tuple[list[float], list[float]]:
    """What may be chosen in an arm, and what is tried first."""
    if "sigma" in arm:
        return SETTINGS["privacy"]["clips"], SETTINGS["privacy"]["first clips"]
    return SETTINGS["rates"], SETTINGS["first rates"]


def choose(arm: str, rate: float = 0.0) -> dict[str, float]:
    """Mean validation accuracy with each value that was tried; the best is not at the edge."""
    every, first = grid(arm)
    tried: dict[float, float] = {}

    def try_value(value: float) -> None:
        found = []
        for seed in SETTINGS["choice seeds"]:
            order = np.random.default_rng(seed).permutation(SETTINGS["data"]["learn"])
            validation, learn = np.split(order, [SETTINGS["data"]["validation"]])
            found.append(train_arm(arm, value, seed, np.sort(learn), validation, rate)["accuracy"])
        tried[value] = float(np.mean(found))

    for value in first:
        try_value(value)
    while True:
        best, place = best_of(tried), sorted(tried).index(best_of(tried))
        if 0 < place < len(tried) - 1:
            return {str(value): tried[value] for value in sorted(tried)}
        next_one = every.index(best) + (1 if place else -1)
        if not 0 <= next_one < len(every):
            raise CourseError(f"The best value of {arm!r} is at the end of the grid, {best}: make it longer.")
        try_value(every[next_one])


def best_of(tried: dict[float, float]) -> float:
    """The value with the highest score; the smaller one of two."""
    return max(sorted(tried), key=lambda value: tried[value])


def train_arm(
    arm: str, value: float, seed: int, learn: np.ndarray, judge: np.ndarray, rate: float = 0.0
) -> dict[str, float]:
    """Train an arm on some of the images and judge it by others.

    Args:
        arm: its name.
        value: learning rate, or clipping length where noise is added.
        seed: of clients, first weights and order.
        learn: indices of the images to learn from.
        judge: indices of the images that give the scores.
        rate: learning rate where `value` is a clipping length.
    """
    kind, _, rest = arm.partition(": ")
    if kind == "central":
        return central(int(rest.split()[0]), value, seed, learn, judge)
    if kind == "alone":
        return alone(rest, value, seed, learn, judge)
    if kind == "private":
        n, _, noise = rest.removeprefix("K = ").partition(", ")
        if noise == "none":
            return private(int(n), None, 0.0, value, seed, learn, judge)
        return private(int(n), float(noise.removeprefix("sigma = ")), value, rate, seed, learn, judge)
    return federated(value, seed, learn, judge, **SETTINGS["federated"][arm])


# --- Data and networks ---


@functools.cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Images (1797, 8, 8, 1) and classes: the 1,200 to learn from, then the 597 for the test."""
    data = load("digits", size=8, digit_px=8)
    order = np.random.default_rng(SETTINGS["data"]["order"]).permutation(len(data))
    return data.images[order], data.targets[order]


def learn_and_test() -> tuple[np.ndarray, np.ndarray]:
    """Indices of the images to learn from, and of the test images."""
    learn = np.arange(SETTINGS["data"]["learn"])
    return learn, len(learn) + np.arange(SETTINGS["data"]["test"])


def deal(split: str, labels: np.ndarray, seed: int) -> list[np.ndarray]:
    """Deal images out to the clients."""
    n = SETTINGS["clients"]
    if split == "IID":
        return iid_clients(len(labels), n, seed)
    if split == "two-class":
        return shard_clients(labels, n, 2, seed)
    return dirichlet_clients(labels, n, float(split.split()[1]), seed=seed)


@functools.cache
def trainer(network: str) -> LocalTrainer:
    """The one compiled network that all clients of all runs share."""
    return LocalTrainer(build(network, 0))


@functools.cache
def first_weights(network: str, seed: int) -> list[np.ndarray]:
    """Weights of a new network."""
    return build(network, seed).get_weights()


def build(network: str, seed: int) -> keras.Model:
    """Make a network."""
    layers = keras.layers
    set_seed(seed)
    if network in {"tanh", "relu"}:
        convolution = functools.partial(
            layers.Conv2D, SETTINGS["attack"]["filters"], 3, padding="same", activation=network
        )
        return keras.Sequential(
            [keras.Input((8, 8, 1)), convolution(), convolution(), layers.Flatten(), layers.Dense(10)]
        )
    if network in {"none", "small"}:
        width = SETTINGS["privacy"]["width"] if network == "small" else SETTINGS["width"]
        return mlp((8, 8, 1), (width,))
    norm = (
        layers.GroupNormalization(SETTINGS["groups"])
        if network == "group"
        else layers.BatchNormalization(momentum=SETTINGS["batch norm momentum"])
    )
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(SETTINGS["width"]),
            norm,
            layers.ReLU(),
            layers.Dense(10),
        ]
    )


# --- Training ---


def federated(
    rate: float,
    seed: int,
    learn: np.ndarray,
    judge: np.ndarray,
    split: str = "two-class",
    epochs: int = 5,
    rounds: int = 30,
    proximal: float = 0.0,
    absent: str = "none",
    norm: str = "none",
) -> dict[str, float]:
    """Twenty clients: accuracy at the end and after some rounds, recall of some classes."""
    images, labels = digits()
    clients = deal(split, labels[learn], seed)
    network = "batch" if norm.startswith("batch") else norm
    trains = trainer(network)
    leave_out = trains.moving_statistics() if norm == "batch without statistics" else None
    history = train_federated(
        trains,
        ClientImages(images[learn], labels[learn], clients),
        everyone(len(clients), absence(absent, label_table(clients, labels[learn]), seed)),
        rounds,
        LocalTraining(epochs, SETTINGS["batch"], rate, proximal),
        first_weights(network, seed),
        functools.partial(fed_avg, leave_out=leave_out),
        lambda weights: trains.accuracy(weights, images[judge], labels[judge]),
        seed,
    )
    found = {f"round {number}": float(history.scores[number - 1]) for number in range(1, rounds + 1)}
    right = trains.logits(history.weights, images[judge]).argmax(1) == labels[judge]
    late = labels[judge] >= 7
    return found | {
        "accuracy": float(history.scores[-1]),
        "recall 7-9": float(right[late].mean()),
        "recall 0-6": float(right[~late].mean()),
        "missing": float(np.mean([len(clients) - len(record.reporting) for record in history.records])),
    }


def absence(kind: str, table: np.ndarray, seed: int) -> Absence | None:
    """Who is missing: as many in each round as there are holders of a 7, an 8 or a 9, or 3/4 of these."""
    if kind == "none":
        return None
    holders = np.flatnonzero(table[:, 7:].sum(1))
    missing = len(holders) if "3 of 4" not in kind else round(0.75 * len(holders))
    if kind.startswith("random"):
        return Absence(missing / len(table))
    if kind == "fixed":
        anybody = np.random.default_rng(seed).permutation(len(table))[:missing]
        return Absence(1, tuple(anybody.tolist()))
    return Absence(missing / len(holders), tuple(holders.tolist()))


def central(epochs: int, rate: float, seed: int, learn: np.ndarray, judge: np.ndarray) -> dict[str, float]:
    """All images in one place."""
    images, labels = digits()
    training = LocalTraining(epochs, SETTINGS["batch"], rate)
    weights = trainer("none").train(first_weights("none", seed), images[learn], labels[learn], training, seed)
    return {"accuracy": trainer("none").accuracy(weights, images[judge], labels[judge])}


def alone(split: str, rate: float, seed: int, learn: np.ndarray, judge: np.ndarray) -> dict[str, float]:
    """Each client by itself."""
    images, labels = digits()
    training = LocalTraining(SETTINGS["alone epochs"], SETTINGS["batch"], rate)
    found = []
    for client, part in enumerate(deal(split, labels[learn], seed)):
        mine = learn[part]
        weights = trainer("none").train(
            first_weights("none", seed), images[mine], labels[mine], training, [seed, client, 1]
        )
        found.append(trainer("none").accuracy(weights, images[judge], labels[judge]))
    return {"accuracy": float(np.mean(found)), "least": min(found), "best": max(found)}


def private(
    n: int,
    noise: float | None,
    clip: float,
    rate: float,
    seed: int,
    learn: np.ndarray,
    judge: np.ndarray,
) -> dict[str, float]:
    """Many small clients, a random number of them in each round; noise None: neither noise nor clipping."""
    settings = SETTINGS["privacy"]
    images, labels = digits()
    trains = trainer("small")
    history = train_federated(
        trains,
        ClientImages(images[learn], labels[learn], iid_clients(len(learn), n, seed)),
        poisson(n, settings["sampling"]),
        settings["rounds"],
        LocalTraining(settings["epochs"], SETTINGS["batch"], rate),
        first_weights("small", seed),
        fed_avg if noise is None else private_average(clip, noise, settings["sampling"] * n, seed),
        seed=seed,
    )
    return {"accuracy": trains.accuracy(history.weights, images[judge], labels[judge])}


# --- One step, attacks, secure aggregation, cost ---


def one_step(seed: int) -> dict[str, float]:
    """How far a round of FedSGD is from a step on all images."""
    images, labels = digits()
    learn, _ = learn_and_test()
    trains, start, step = trainer("none"), first_weights("none", seed), LocalTraining(1, None, 0.1)
    centre = trains.train(start, images[learn], labels[learn], step)
    found = {}
    for split in SPLITS:
        reports = []
        for part in deal(split, labels[learn], seed):
            reports.append((trains.train(start, images[learn[part]], labels[learn[part]], step), len(part)))
        found |= {
            f"{split}: weighted": largest(weighted_average(reports), centre),
            f"{split}: unweighted": largest(weighted_average((w, 1) for w, _ in reports), centre),
            f"{split}: step": largest(start, centre),
        }
    return found


def largest(these: list[np.ndarray], others: list[np.ndarray]) -> float:
    """Largest difference of any weight."""
    return max(float(np.abs(a - b).max()) for a, b in zip(these, others, strict=True))


def attack(arm: str, seed: int) -> dict[str, float]:
    """Mean squared error of the images read from one report, and whether the class was read right."""
    settings = SETTINGS["attack"]
    options = settings["arms"][arm]
    images, labels = one_of_each(seed)
    network = options.get("activation", "tanh")
    batch = options.get("batch", 1)
    sends = trainer(network)
    sends.model.set_weights(first_weights(network, seed))
    epochs = options.get("epochs", 1)
    training = LocalTraining(epochs, None, settings["local rate"])
    noise = options.get("noise")
    rng = np.random.default_rng(seed)
    errors, right, longer = [], [], []
    for first in range(0, settings["images"] if batch == 1 else 1, batch):
        some = slice(first, first + batch)
        report = sent(sends, images[some], labels[some], training)
        longer.append(np.sqrt(sum(np.sum(np.square(part)) for part in report)) > settings["clip"])
        if noise is not None:
            report = [
                part + rng.normal(0, noise * settings["clip"], part.shape)
                for part in clip_update(report, settings["clip"])
            ]
        found = match_gradient(
            sends.model,
            report,
            labels[some],
            settings["steps"],
            settings["rate"],
            looks=2,
            seed=seed,
            clip=None if noise is None else settings["clip"],
            training=training if "imitated" in options else None,
        )
        errors.append(np.mean((found.image - images[some]) ** 2))
        right.append(label_from_gradient(report[-1]) == labels[first])
    scores = {"MSE": float(np.mean(errors)), "largest MSE": float(np.max(errors))}
    scores["longer"] = float(np.mean(longer))
    return scores | ({"label": float(np.mean(right))} if batch == 1 else {})


def sent(
    sends: LocalTrainer, images: np.ndarray, labels: np.ndarray, training: LocalTraining
) -> list[np.ndarray]:
    """A gradient; or, after several epochs, what the weights lost, over the rate and the number of steps."""
    if training.epochs == 1:
        return sends.gradient(sends.weights(), images, labels)
    trained = sends.train(sends.weights(), images, labels, training)
    steps = training.rate * training.epochs
    return [(old - new) / steps for old, new in zip(sends.weights(), trained, strict=True)]


def one_of_each(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """One training image of each class, in random order."""
    images, labels = digits()
    learn, _ = learn_and_test()
    order = np.random.default_rng(seed).permutation(learn)
    _, first = np.unique(labels[order], return_index=True)
    chosen = order[np.sort(first)]
    return images[chosen], labels[chosen]


def read_at_once(seed: int) -> dict[str, float]:
    """Attacks that need no search: a division; and the guess that needs no gradient."""
    images, labels = one_of_each(seed)
    learn, _ = learn_and_test()
    trains, start = trainer("none"), first_weights("none", seed)
    errors = []
    for image, label in zip(images, labels, strict=True):
        gradient = trains.gradient(start, image[None], [label])
        errors.append(float(np.abs(image_from_dense_gradient(*gradient[:2]) - image.ravel()).max()))
    average = digits()[0][learn].mean(0)
    attacked = (SETTINGS["attack"]["images"], 4, 10)
    guessed = {f"mean image {n}": float(np.mean((images[:n] - average) ** 2)) for n in attacked}
    return {"error": max(errors)} | guessed


def secure(seed: int) -> dict[str, float]:
    """Sums of weights under masks, with some clients missing; and an average through three rounds."""
    rng = np.random.default_rng(seed)
    size = sum(part.size for part in first_weights("none", seed))
    n = SETTINGS["clients"]
    values = [to_fixed(rng.normal(size=size), clients=n) for _ in range(n)]
    found = {}
    for missing in MISSING:
        absent = rng.permutation(n)[:missing].tolist()
        plain = np.sum([v for k, v in enumerate(values) if k not in absent], axis=0, dtype=np.uint32)
        result = secure_sum(values, absent, random_bytes=rng.bytes)
        found[f"wrong {missing}"] = float((result.total != plain).sum())
        found[f"unopened {missing}"] = float((result.unopened == plain).mean())
    images, labels = digits()
    learn, _ = learn_and_test()
    data = ClientImages(images[learn], labels[learn], deal("two-class", labels[learn], seed))

    def rounds(combine: Callable) -> list[np.ndarray]:
        return train_federated(
            trainer("none"),
            data,
            everyone(n),
            3,
            LocalTraining(5, SETTINGS["batch"], 0.1),
            first_weights("none", seed),
            combine,
            seed=seed,
        ).weights

    return found | {"difference": largest(rounds(secure_average(random_bytes=rng.bytes)), rounds(fed_avg))}


def cost(seed: int) -> dict[str, float]:
    """CPU seconds and peak memory of rounds in a new process, which `seed` only numbers."""
    words = [sys.executable, str(BENCHMARK), *(f"{known}:{trained}" for known, trained in engine_rounds())]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return {
        f"{what} {pair}": value
        for pair, costs in json.loads(done.stdout.splitlines()[-1]).items()
        for what, value in costs.items()
    }


def engine_rounds() -> list[tuple[int, int]]:
    """Clients known and clients that train."""
    known = SETTINGS["engine"]["known"]
    return [(100, 100), (1000, 100), *((known, trained) for trained in SETTINGS["engine"]["trained"])]


# --- Cells ---


def measure_cell(part: str, **cell: Any) -> dict[str, float]:
    """The scores of one cell."""
    if part == "choice":
        return choose(**cell)
    if part == "result":
        learn, test = learn_and_test()
        return train_arm(cell["arm"], cell["value"], cell["seed"], learn, test, cell["rate"])
    return {"step": one_step, "attack": attack, "at once": read_at_once, "secure": secure, "cost": cost}[
        part
    ](**cell)


def chosen(found: Study, arm: str) -> float:
    """The value that was best in an arm."""
    rows = [row for row in found.rows() if row["part"] == "choice" and row["arm"] == arm]
    return best_of(tried_in(rows[0]))


def tried_in(row: dict) -> dict[float, float]:
    """Values and scores in a row of choices."""
    return {float(key): score for key, score in row.items() if key[0].isdigit()}


def rate_of(arm: str) -> float:
    """The learning rate of an arm whose clipping length is chosen; 0 for others."""
    return SETTINGS["privacy"]["rate"] if "sigma" in arm else 0.0


def cells(found: Study, seeds: Iterable[int] = SEEDS) -> list[dict]:
    """Everything that is measured once all is chosen, seed by seed."""
    every: list[dict] = []
    for seed in seeds:
        every += [{"part": part, "seed": seed} for part in ("step", "at once", "secure")]
        every += [
            {
                "part": "result",
                "arm": arm,
                "value": chosen(found, arm),
                "rate": rate_of(arm),
                "seed": seed,
            }
            for arm in arms()
        ]
        every += [{"part": "attack", "arm": arm, "seed": seed} for arm in SETTINGS["attack"]["arms"]]
    return every


def run(seeds: Iterable[int]) -> Study:
    """Choose, then measure."""
    found = Study(PARTIAL / "19_federated_learning.jsonl", SETTINGS)
    free = [arm for arm in arms() if "sigma" not in arm]
    found.run([{"part": "choice", "arm": arm} for arm in free], measure_cell)
    clipped = [arm for arm in arms() if "sigma" in arm]
    choices = [{"part": "choice", "arm": arm, "rate": rate_of(arm)} for arm in clipped]
    found.run(choices, measure_cell)
    found.run(cells(found, seeds), measure_cell)
    return found


def main() -> None:
    """Run the cells of the seeds named on the command line."""
    run([int(word) for word in sys.argv[1:]] or SEEDS)


# --- From cells to evidence ---


def measure() -> dict:
    """Run what is missing, and put the results in order."""
    found = run(SEEDS)
    found.run([{"part": "cost", "seed": seed} for seed in SEEDS], measure_cell)
    measurements: dict[str, dict] = {}
    learn = SETTINGS["data"]["learn"]

    def keep(name: str, what: str, scores: dict, labels: int = learn, **cell: Any) -> None:
        """Put one score at each x, from the rows of one kind of cell."""
        measurements[name] = {
            "what": what,
            "x": list(scores),
            "values": np.transpose([found.values(score, **cell) for score in scores.values()]).tolist(),
            "cost_s": found.values("cost_s", **cell).tolist(),
            "labels": labels,
        }

    def keep_arm(name: str, what: str, scores: dict) -> None:
        keep(name, what, scores, part="result", arm=SAME.get(name, name))

    def keep_together(name: str, what: str, of: dict) -> None:
        """Put one arm at each x."""
        each = {x: {"part": "result", "arm": SAME.get(arm, arm)} for x, arm in of.items()}
        measurements[name] = {
            "what": what,
            "x": list(of),
            "values": np.transpose([found.values("accuracy", **cell) for cell in each.values()]).tolist(),
            "cost_s": np.sum([found.values("cost_s", **cell) for cell in each.values()], axis=0).tolist(),
            "labels": learn,
        }

    epochs = SETTINGS["central epochs"]
    keep_together("central", "test accuracy after x epochs", {n: f"central: {n} epochs" for n in epochs})
    for split in SPLITS:
        what = "test accuracy of a client that trains alone, over the clients"
        keep_arm(f"alone: {split}", what, {"mean": "accuracy", "least": "least", "best": "best"})
        for e, rounds in ROUNDS.items():
            arm = f"{split}, E = {e}"
            looks = {number: f"round {number}" for number in range(1, rounds + 1)}
            keep_arm(arm, "test accuracy after x rounds", looks)
            keep_together(
                f"{arm}, local epochs",
                "test accuracy after x local epochs",
                {LOCAL_EPOCHS: f"{arm}, {LOCAL_EPOCHS} local epochs"},
            )
        words = ("weighted", "unweighted", "step")
        what = "largest difference of a weight to one central step, and what that step changes"
        keep(f"FedSGD: {split}", what, {word: f"{split}: {word}" for word in words}, part="step")
    for e in PROX_EPOCHS:
        for mu in MUS:
            what = f"test accuracy after {ROUNDS[e]} rounds, two classes a client"
            keep_arm(f"FedProx: E = {e}, mu = {mu}", what, {"accuracy": "accuracy"})
    for absent in ABSENT:
        words = ("accuracy", "recall 7-9", "recall 0-6", "missing")
        what = "test accuracy, share of some classes that is found, clients missing in a round"
        keep_arm(f"absent: {absent}", what, {word: word for word in words})
    for norm in NORMS:
        for split in ("IID", "two-class"):
            keep_arm(f"norm: {norm}, {split}", "test accuracy", {"accuracy": "accuracy"})
    for n in CLIENTS:
        of = {"none": f"private: K = {n}, none"}
        of |= {sigma: f"private: K = {n}, sigma = {sigma}" for sigma in SIGMAS}
        keep_together(f"private: K = {n}", "test accuracy by noise multiplier", of)
    for arm, options in SETTINGS["attack"]["arms"].items():
        scores = {word: word for word in ("MSE", "largest MSE", "longer")}
        scores |= {} if "batch" in options else {"label": "label"}
        what = "squared error of a pixel, mean and worst of some images; shares: longer than 1, class read"
        keep(f"attack: {arm}", what, scores, labels=0, part="attack", arm=arm)
    what = "squared error of a pixel, if the mean image is taken for those that were attacked"
    scores = {"MSE": f"mean image {SETTINGS['attack']['images']}"}
    scores |= {f"{n} images": f"mean image {n}" for n in (4, 10)}
    keep("attack: mean image", what, scores, labels=0, part="at once")
    keep("dense layer", "largest error of a pixel", {"error": "error"}, labels=0, part="at once")
    what = "of 4,810 sums, those that differ from the plain ones, by clients missing"
    keep("secure sum", what, {x: f"wrong {x}" for x in MISSING}, labels=0, part="secure")
    what = "share of the sums that is right before masks are opened, by clients missing"
    keep("secure sum, unopened", what, {x: f"unopened {x}" for x in MISSING}, labels=0, part="secure")
    what = "largest difference of a weight to the plain average after 3 rounds"
    keep("secure average", what, {"difference": "difference"}, part="secure")
    for what in ("seconds", "memory_mb"):
        known = SETTINGS["engine"]["known"]
        for name, x, words in (
            ("by clients that train", 1, [pair for pair in engine_rounds() if pair[0] == known]),
            ("by clients known", 0, [pair for pair in engine_rounds() if pair[1] == 100]),
        ):
            scores = {pair[x]: f"{what} {pair[0]}:{pair[1]}" for pair in words}
            keep(f"engine: {what} {name}", f"{what} (CPU) of a round", scores, labels=0, part="cost")
    return {"settings": SETTINGS, "measurements": measurements, "notes": notes(found)}


def notes(found: Study) -> dict:
    """What was chosen, privacy, cost, and what the clients hold."""
    rows = [row for row in found.rows() if row["part"] == "choice"]
    settings = SETTINGS["privacy"]
    accounted = (settings["sampling"], settings["rounds"], settings["delta"])
    engine = SETTINGS["engine"]

    def mean_cost(what: str) -> dict[str, float]:
        pairs = {str(trained): f"{what} {engine['known']}:{trained}" for trained in engine["trained"]}
        return {trained: float(found.values(score, part="cost").mean()) for trained, score in pairs.items()}

    return {
        "chosen": {
            row["arm"]: {
                "value": best_of(tried_in(row)),
                "tried": {str(value): score for value, score in tried_in(row).items()},
            }
            for row in rows
        },
        "privacy": {
            **settings,
            "epsilon": {
                str(sigma): {
                    "moments": moments_epsilon(sigma, *accounted),
                    "PLD": privacy_spent(sigma, *accounted),
                }
                for sigma in SIGMAS[1:]
            },
            "clip": {
                str(n): {str(sigma): chosen(found, f"private: K = {n}, sigma = {sigma}") for sigma in SIGMAS}
                for n in CLIENTS
            },
            "validation": {
                str(n): {
                    str(clip): {
                        str(row["arm"].rpartition(" ")[2]): tried_in(row)[clip]
                        for row in rows
                        if row["arm"].startswith(f"private: K = {n}, sigma")
                    }
                    for clip in settings["first clips"]
                }
                for n in CLIENTS
            },
        },
        "engine": {
            "known": engine["known"],
            "seconds": mean_cost("seconds"),
            "memory_mb": mean_cost("memory_mb"),
        },
        "clients": {split: held(split) for split in SPLITS},
    }


def held(split: str) -> dict[str, float]:
    """What clients hold, means over the seeds: images, and classes of which there is one at least."""
    _, labels = digits()
    tables = [label_table(deal(split, labels[: SETTINGS["data"]["learn"]], s), labels) for s in SEEDS]
    return {
        "least images": float(np.mean([table.sum(1).min() for table in tables])),
        "most images": float(np.mean([table.sum(1).max() for table in tables])),
        "classes": float(np.mean([(table > 0).sum(1).mean() for table in tables])),
        "holders of 7, 8 or 9": float(np.mean([(table[:, 7:].sum(1) > 0).sum() for table in tables])),
    }


CLAIMS = [
    Claim(
        "A round of FedSGD is one central step: every weight to 1e-6, whatever the split",
        lambda e: all(np.all(e.at(f"FedSGD: {split}", "weighted") < 1e-6) for split in SPLITS),
    ),
    Claim(
        "A plain mean isn't, where clients differ in size: it is off by a third of the step, on average",
        lambda e: all(
            e.mean(f"FedSGD: {split}", "unweighted")
            >= max(e.mean(f"FedSGD: {split}", "step") / 3, 1000 * e.mean(f"FedSGD: {split}", "weighted"))
            for split in ("Dirichlet 0.3", "Dirichlet 0.1")
        ),
    ),
    Claim(
        "The more alike the clients, the better: IID, then Dirichlet 0.1, then two classes",
        lambda e: (
            at_end(e, "IID") >= at_end(e, "Dirichlet 0.1") + 0.005
            and at_end(e, "Dirichlet 0.1") >= at_end(e, "two-class") + 0.005
        ),
    ),
    Claim(
        "IID clients are within 0.01 of all images in one place, for 30 epochs or 150",
        lambda e: all(abs(e.mean("central", epochs) - at_end(e, "IID")) <= 0.01 for epochs in (30, 150)),
    ),
    Claim(
        "Together beats alone by 0.10 (IID), 0.40 (Dirichlet 0.1) and 0.60 (two classes)",
        lambda e: all(
            at_end(e, split) >= e.mean(f"alone: {split}", "mean") + margin
            for split, margin in (("IID", 0.1), ("Dirichlet 0.1", 0.4), ("two-class", 0.6))
        ),
    ),
    Claim(
        "At equally many local epochs, twenty in one go harm clients with two classes: 0.3 and more",
        lambda e: cost_of_twenty(e, "two-class") >= 0.3,
    ),
    Claim(
        "and IID clients much less: 0.1 at most",
        lambda e: 0 <= cost_of_twenty(e, "IID") <= 0.1,
    ),
    Claim(
        "At equally many rounds, five local epochs are no worse than one, with two classes too",
        lambda e: at_end(e, "two-class") >= e.mean("two-class, E = 1", 30) - 0.005,
    ),
    Claim(
        "FedProx helps nowhere: no mu beats plain averaging by 0.01",
        lambda e: all(
            e.mean(f"FedProx: E = {epochs}, mu = {mu}", "accuracy")
            <= e.mean(f"FedProx: E = {epochs}, mu = 0", "accuracy") + 0.01
            for epochs in PROX_EPOCHS
            for mu in MUS[1:]
        ),
    ),
    Claim(
        "and with mu = 1 it harms, by 0.02 and more",
        lambda e: all(
            e.mean(f"FedProx: E = {epochs}, mu = 1", "accuracy")
            <= e.mean(f"FedProx: E = {epochs}, mu = 0", "accuracy") - 0.02
            for epochs in PROX_EPOCHS
        ),
    ),
    Claim(
        "Missing holders of 7 to 9 cost at least 0.08 more than as many at random",
        lambda e: absent(e, "random") >= absent(e, "class") + 0.08,
    ),
    Claim(
        "and 0.05 more than as many that are always the same, but any",
        lambda e: absent(e, "fixed") >= absent(e, "class") + 0.05,
    ),
    Claim(
        "Always the same ones cost more than others each time: 0.05",
        lambda e: absent(e, "random") >= absent(e, "fixed") + 0.05,
    ),
    Claim(
        "A quarter of the holders in each round is better than none, and still costs 0.03",
        lambda e: (
            absent(e, "class 3 of 4") >= absent(e, "class") + 0.05
            and absent(e, "random 3 of 4") >= absent(e, "class 3 of 4") + 0.03
        ),
    ),
    Claim(
        "What is lost are the missing classes: without their holders none is found, the others are",
        lambda e: (
            e.mean("absent: class", "recall 7-9") <= 0.01
            and e.mean("absent: class", "recall 0-6") >= e.mean("absent: random", "recall 0-6") - 0.03
        ),
    ),
    Claim(
        "Batch normalisation without its statistics loses 0.1 to the one with all weights averaged",
        lambda e: all(
            norm(e, "batch", split) >= norm(e, "batch without statistics", split) + 0.1
            for split in ("IID", "two-class")
        ),
    ),
    Claim(
        "with all averaged it is no worse than none, with two classes too",
        lambda e: norm(e, "batch", "two-class") >= norm(e, "none", "two-class") - 0.005,
    ),
    Claim(
        "One image comes out of its gradient: no pixel is off by 1e-4, squared; by one division, by 1e-5",
        lambda e: (
            bool(np.all(e.at("attack: one image", "largest MSE") < 1e-4))
            and bool(np.all(e.at("dense layer", "error") < 1e-5))
        ),
    ),
    Claim(
        "Five local epochs hide it from an attacker who takes them for one step",
        lambda e: e.mean("attack: 5 epochs", "MSE") >= e.mean("attack: mean image", "MSE"),
    ),
    Claim(
        "but not from one who imitates them; clipping alone hides nothing either",
        lambda e: (
            all(
                np.all(e.at(f"attack: {arm}", "largest MSE") < 1e-4)
                for arm in ("5 epochs, imitated", "clipped")
            )
            and bool(np.all(e.at("attack: clipped", "longer") == 1))
        ),
    ),
    Claim(
        "Four images at once come out too; ten don't, or not sharply: the error is never below 0.005",
        lambda e: (
            bool(np.all(e.at("attack: 4 images", "largest MSE") < 1e-4))
            and all(
                np.all(e.at(f"attack: {arm}", "MSE") >= 0.005)
                for arm in ("10 images", "10 images, 5 epochs, imitated")
            )
        ),
    ),
    Claim(
        "Noise of 0.1 hides the image; of 0.01 it doesn't",
        lambda e: (
            e.mean("attack: noise 0.1", "MSE") >= e.mean("attack: mean image", "MSE")
            and e.mean("attack: noise 0.01", "MSE") <= 0.1 * e.mean("attack: mean image", "MSE")
        ),
    ),
    Claim(
        "A secure sum is the plain sum, to the last bit, with up to nine of twenty clients missing",
        lambda e: all(np.all(e.at("secure sum", missing) == 0) for missing in MISSING),
    ),
    Claim(
        "and noise before the masks are opened",
        lambda e: all(np.all(e.at("secure sum, unopened", missing) < 0.01) for missing in MISSING),
    ),
    Claim(
        "A secure average differs by no more than rounding: 1e-5",
        lambda e: bool(np.all(e.at("secure average", "difference") < 1e-5)),
    ),
    Claim(
        "A round takes time in proportion to the clients that train, and no more memory for ten thousand",
        lambda e: (
            5 * round_s(e, 1000) <= round_s(e, 10_000) <= 20 * round_s(e, 1000)
            and e.mean("engine: memory_mb by clients that train", 10_000)
            <= 1.2 * e.mean("engine: memory_mb by clients that train", 10)
        ),
    ),
    Claim(
        "and how many are known makes little difference: half more at most, for a hundred times as many",
        lambda e: (
            0
            < e.mean("engine: seconds by clients known", 10_000)
            <= 1.5 * e.mean("engine: seconds by clients known", 100)
        ),
    ),
    Claim(
        "Noise costs accuracy, the more the noise: 0.2 between sigma 2 and 8 with 200 clients",
        lambda e: (
            with_noise(e, 200, 2) >= with_noise(e, 200, 8) + 0.2
            and all(
                with_noise(e, n, low) >= with_noise(e, n, high) + 0.01
                for n in CLIENTS
                for low, high in ((1, 2), (2, 4), (4, 8))
            )
        ),
    ),
    Claim(
        "At the same privacy 200 clients beat 50, with the same images in all",
        lambda e: all(with_noise(e, 200, sigma) >= with_noise(e, 50, sigma) + 0.01 for sigma in SIGMAS[2:]),
    ),
]


def at_end(e: Evidence, split: str) -> float:
    """Mean accuracy of five local epochs after the last round."""
    return e.mean(f"{split}, E = 5", ROUNDS[5])


def cost_of_twenty(e: Evidence, split: str) -> float:
    """What twenty local epochs in one round lose against twenty rounds of one."""
    one, twenty = (e.mean(f"{split}, E = {epochs}, local epochs", LOCAL_EPOCHS) for epochs in (1, 20))
    return one - twenty


def absent(e: Evidence, who: str) -> float:
    """Mean accuracy with some clients missing."""
    return e.mean(f"absent: {who}", "accuracy")


def norm(e: Evidence, which: str, split: str) -> float:
    """Mean accuracy with a normalisation."""
    return e.mean(f"norm: {which}, {split}", "accuracy")


def round_s(e: Evidence, trained: int) -> float:
    """Mean CPU seconds of a round."""
    return e.mean("engine: seconds by clients that train", trained)


def with_noise(e: Evidence, n: int, sigma: int) -> float:
    """Mean accuracy with clipping and noise."""
    return e.mean(f"private: K = {n}", sigma)


if __name__ == "__main__":
    main()
