"""The questions of lesson 19: probes, tolerances, points, hints, and wrong answers with what each should hear."""

import numpy as np

from coursekit.course.compare import accuracy, close, exact
from coursekit.course.questions import Probe, Question, quiz


def average_probes(rng):
    """Clients of very different size, one client, one without images, and layers with more than one axis."""
    clients = int(rng.integers(3, 6))
    sizes = rng.permutation(np.r_[rng.integers(100, 200), rng.integers(1, 10, size=clients - 1)])
    with_none = np.r_[0, rng.integers(5, 60, size=2)]
    return [
        Probe((rng.normal(size=(clients, 7)), sizes), note="clinics of very different size"),
        Probe((rng.normal(size=(1, 6)), rng.integers(2, 90, size=1)), note="a single clinic"),
        Probe((rng.normal(size=(3, 5)), with_none), note="a clinic without images"),
        Probe((rng.normal(size=(4, 3, 2)), rng.integers(3, 90, size=4)), note="a layer with two axes"),
    ]


def shard_probes(rng):
    """Labels in any order, an equal number of images in each shard; hands that are no regular pattern."""
    probes = []
    for clients, shards, length in ((5, 2, 6), (4, 2, 5), (3, 3, 4)):
        total = clients * shards * length
        labels = rng.permutation(np.arange(total) % 10)
        hands = rng.permutation(clients * shards)
        while (hands // shards == np.repeat(np.arange(clients), shards)).all():
            hands = rng.permutation(clients * shards)
        probes.append((labels, hands.reshape(clients, shards)))
    return probes


def dense_probes(rng):
    """Gradients of a dense layer with ReLU for one image; no unit is on in all three."""
    probes = []
    for case in range(3):
        pixels, units = (int(number) for number in rng.integers(7, 11, size=2))
        image, bias = rng.uniform(0.1, 1, size=pixels), np.zeros(units)
        # Two units in the middle; then two at the start; then all below 0, with the first and the last of them.
        on = [rng.permutation(np.arange(3, units - 1))[:2], np.array([0, rng.integers(1, 3)]), np.array([0, 3, units - 1])][case]
        bias[on] = rng.uniform(0.05, 0.9, size=len(on)) * (rng.permutation([-1, 1]) if case < 2 else -1)
        note = "a layer whose gradients are all negative or 0" if case == 2 else "a layer in which most units were off"
        probes.append(Probe((image[:, None] * bias, bias), note=note))
    return probes


def mask_probes(rng):
    """The first clinic, the last, one in the middle; two clinics; numbers that stand for negative ones."""
    probes = []
    cases = ((4, 0, "the first clinic"), (5, 2, "a clinic in the middle"), (4, 3, "the last clinic"), (2, 1, "two clinics"))
    for clinics, k, note in cases:
        masks = rng.integers(0, 2**32, size=(clinics, 6), dtype=np.uint32)
        numbers = rng.integers(-(2**20), 2**20, size=6).astype(np.uint32)
        probes.append(Probe((numbers, k, masks), note=note))
    return probes


def clip_probes(rng):
    """Updates of several layers: far too long, a little too long, short, and not moved at all."""
    probes = []
    for factor, note in ((6.0, "a long update"), (1.2, "an update a little too long"), (0.4, "a short update")):
        layers = [rng.normal(size=shape) for shape in ((4, 3), (3,), (3, 2), (2,))]
        length = np.sqrt(sum((layer**2).sum() for layer in layers))
        norm = float(rng.uniform(0.5, 2))
        probes.append(Probe(([layer * norm * factor / length for layer in layers], norm), note=note))
    still = [np.zeros((2, 2)), np.zeros(2)]
    return [*probes, Probe((still, 1.0), note="a clinic whose weights have not moved")]


def clinic_probes(rng):
    """Two federations of twenty clinics with two kinds of digits each, of unequal size, and digits of all kinds."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels, kinds = (digits.data / 16).astype("float32"), digits.target
    probes = []
    for _ in range(2):
        order = rng.permutation(len(kinds))
        train, new = order[:1200], order[1200:]
        train = train[np.argsort(kinds[train], kind="stable")]
        # Shards of 9 to 51 images: clinics that differ in size as much as in what they see.
        ends = np.cumsum(rng.dirichlet(np.full(40, 3.0)) * (1200 - 40 * 8) + 8).round().astype(int)[:-1]
        shards = np.split(train, ends)
        hands = rng.permutation(40).reshape(20, 2)
        rows = [np.concatenate([shards[a], shards[b]]) for a, b in hands]
        images, labels = [pixels[part] for part in rows], [kinds[part] for part in rows]
        probes.append(Probe((images, labels, pixels[new]), kinds[new], "twenty clinics nobody has met"))
    return probes


QUESTIONS = [
    Question(
        name="weighted_average",
        asks="The average of what clinics report, each weighted by its number of images.",
        points=2,
        probes=average_probes,
        compare=close(1e-6, rtol=1e-6),  # float64, in another order
        hints=[
            "The weights of the average are `counts / counts.sum()`: they add up to 1.",
            "The first axis of `updates` is the clinics, and that axis disappears.",
            "`np.average(updates, axis=0, weights=counts)` does all of it; or `np.tensordot(counts, updates, axes=1)`, divided.",
        ],
        right="n images count n times, wherever they lie.",
        wrong={
            """
def weighted_average(updates, counts):
    return updates.mean(axis=0)
""": "A plain mean: a clinic with 9 images now counts like one with 149. Weight each by its count.",
            """
def weighted_average(updates, counts):
    return np.tensordot(counts, updates, axes=1)
""": "The weights must add up to 1: divide by the sum of the counts.",
            """
def weighted_average(updates, counts):
    return np.tensordot(counts, updates, axes=1) / len(counts)
""": "You divide by the number of clinics. Divide by the number of images, `counts.sum()`.",
            """
def weighted_average(updates, counts):
    length = np.sqrt((updates.reshape(len(updates), -1) ** 2).sum(axis=1))
    return np.tensordot(length / length.sum(), updates, axes=1)
""": "You weight by the length of an update. Counts decide, not sizes: a long update may stand for few images.",
            """
def weighted_average(updates, counts):
    return (updates * counts).sum(axis=0) / counts.sum()
""": "`updates * counts` lines the counts up with the *last* axis. The clinics are the first one.",
            """
def weighted_average(updates, counts):
    return np.median(updates, axis=0)
""": "That is the median. It is harder to fool, but it is not what the pooled data would give.",
        },
    ),
    Question(
        name="deal_shards",
        asks="Who owns which image, if images are sorted by class, cut into shards, and the shards dealt out?",
        points=2,
        probes=shard_probes,
        compare=exact(),
        hints=[
            '`order = np.argsort(labels, kind="stable")` are the images in the order of their class.',
            "`np.array_split(order, hands.size)` cuts them into shards; shard `s` belongs to the clinic `k` with `s` in `hands[k]`.",
            "Make `owner = np.empty(len(labels), int)` and, for each shard of each clinic, set `owner[shard] = k`.",
        ],
        right="Every image has one owner, and a clinic has as many runs of one class as it has shards.",
        wrong={
            """
def deal_shards(labels, hands):
    shards = np.array_split(np.arange(len(labels)), hands.size)
    owner = np.empty(len(labels), int)
    for k, hand in enumerate(hands):
        for s in hand:
            owner[shards[s]] = k
    return owner
""": "Sort by class first: your shards hold all kinds.",
            """
def deal_shards(labels, hands):
    order = np.argsort(labels, kind="stable")
    owner = np.empty(len(labels), int)
    owner[order] = np.arange(len(labels)) % len(hands)
    return owner
""": "You deal images out one by one: every clinic gets all kinds. Deal out whole shards.",
            """
def deal_shards(labels, hands):
    order = np.argsort(labels, kind="stable")
    owner = np.empty(len(labels), int)
    for s, shard in enumerate(np.array_split(order, hands.size)):
        owner[shard] = s // hands.shape[1]
    return owner
""": "`hands` has no effect: neighbouring shards go to the same clinic, which then sees one kind.",
            """
def deal_shards(labels, hands):
    shards = np.array_split(np.arange(len(labels)), hands.size)
    owner = np.empty(len(labels), int)
    for k, hand in enumerate(hands):
        for s in hand:
            owner[shards[s]] = k
    order = np.argsort(labels, kind="stable")
    return owner[order]
""": "`owner[order]` reads where you have to write: the shards are pieces of `order`, not of 0, 1, 2, ...",
            """
def deal_shards(labels, hands):
    order = np.argsort(labels, kind="stable")
    owner = np.empty(len(labels), int)
    for s, shard in enumerate(np.array_split(order, hands.size)):
        owner[shard] = s
    return owner
""": "Those are the numbers of the shards. Look up which clinic has the shard in its hand.",
            """
def deal_shards(labels, hands):
    order = np.argsort(labels, kind="stable")
    owner = np.empty(len(labels), int)
    for s, shard in enumerate(np.array_split(order, hands.size)):
        owner[shard] = hands.ravel()[s] // hands.shape[1]
    return owner
""": "You read `hands` the wrong way round: `hands[k]` lists shards, so `hands.ravel()[s]` is a shard, not a clinic.",
            """
def deal_shards(labels, hands):
    order = np.argsort(labels, kind="stable")
    shards = np.array_split(order, hands.size)
    owner = np.zeros(len(labels), int)
    for k, hand in enumerate(hands):
        owner[shards[hand[0]]] = k
    return owner
""": "Each clinic gets only its first shard: the images of the others are still with clinic 0.",
        },
    ),
    Question(
        name="image_from_dense_gradient",
        asks="The image of which a dense layer reported its gradients.",
        points=2,
        probes=dense_probes,
        compare=close(1e-5, rtol=1e-5),  # float32 is enough
        hints=[
            "Column j of `weight_gradient` is the image times `bias_gradient[j]`.",
            "So choose a unit j whose bias gradient is not 0, and divide its column by that number.",
            "`j = np.abs(bias_gradient).argmax()` is the safest choice.",
        ],
        right="One division, and the image is there.",
        wrong={
            """
def image_from_dense_gradient(weight_gradient, bias_gradient):
    with np.errstate(all="ignore"):
        return (weight_gradient / bias_gradient).mean(axis=1)
""": "A unit that was off for this image has gradients of 0, and 0/0 is no number. Choose one unit that was on.",
            """
def image_from_dense_gradient(weight_gradient, bias_gradient):
    with np.errstate(all="ignore"):
        return weight_gradient[:, 0] / bias_gradient[0]
""": "Unit 0 was off for one of these images: both of its gradients are 0. Look for a unit whose bias gradient is not.",
            """
def image_from_dense_gradient(weight_gradient, bias_gradient):
    with np.errstate(all="ignore"):
        return weight_gradient[:, -1] / bias_gradient[-1]
""": "The last unit was off for some of these images. No fixed unit will do: look for one whose bias gradient is not 0.",
            """
def image_from_dense_gradient(weight_gradient, bias_gradient):
    j = np.argmax(bias_gradient)
    with np.errstate(all="ignore"):
        return weight_gradient[:, j] / bias_gradient[j]
""": "You take the largest bias gradient. Where the others are negative that may be a 0: take the one farthest from 0.",
            """
def image_from_dense_gradient(weight_gradient, bias_gradient):
    j = np.abs(bias_gradient).argmax()
    return weight_gradient[:, j]
""": "That is the image times a factor. The factor is known: it is the bias gradient of the same unit.",
            """
def image_from_dense_gradient(weight_gradient, bias_gradient):
    j = np.abs(bias_gradient).argmax()
    return weight_gradient[:, j] / np.abs(weight_gradient[:, j]).max()
""": "You divide by the largest weight gradient, so the brightest pixel becomes 1. The bias gradient is the factor.",
            """
def image_from_dense_gradient(weight_gradient, bias_gradient):
    j = np.abs(bias_gradient).argmax()
    return weight_gradient[:, j] / abs(bias_gradient[j])
""": "The sign of the factor is missing: divide by the bias gradient itself, not by its size.",
            """
def image_from_dense_gradient(weight_gradient, bias_gradient):
    with np.errstate(all="ignore"):
        return bias_gradient / weight_gradient[0]
""": "That has a number for each unit, and it is upside down. Take a *column*, and divide it by the bias gradient.",
            """
def image_from_dense_gradient(weight_gradient, bias_gradient):
    return weight_gradient.sum(axis=1)
""": "You add up all units: a mixture of factors. One unit is enough, divided by its own bias gradient.",
        },
    ),
    Question(
        name="add_masks",
        asks="Hide a clinic's whole numbers under the masks that it shares with the others.",
        points=3,
        probes=mask_probes,
        compare=exact(),
        hints=[
            "Two loops, or two sums: over the clinics with a higher number (add), and over those with a lower one (subtract).",
            "`uint32` arrays wrap round by themselves, 2³² becomes 0: with `+` and `-` on arrays nothing else is needed.",
            "`.sum()` of uint32 gives uint64, which wraps elsewhere: write `.sum(axis=0, dtype=np.uint32)`.",
        ],
        right="Each mask is added by one clinic and subtracted by the other.",
        wrong={
            """
def add_masks(numbers, k, masks):
    others = np.delete(masks, k, axis=0)
    return numbers + others.sum(axis=0, dtype=np.uint32)
""": "Masks must cancel in pairs: one of the two adds, the other one subtracts. Yours all add.",
            """
def add_masks(numbers, k, masks):
    return numbers - masks[k + 1 :].sum(axis=0, dtype=np.uint32) + masks[:k].sum(axis=0, dtype=np.uint32)
""": "The other way round: add the masks of clinics with a higher number, subtract those of a lower one.",
            """
def add_masks(numbers, k, masks):
    return numbers + masks[k:].sum(axis=0, dtype=np.uint32) - masks[:k].sum(axis=0, dtype=np.uint32)
""": "Your own row is among them. Nobody shares it with you, so nobody would take it off again.",
            """
def add_masks(numbers, k, masks):
    return numbers + masks[k + 1 :].sum(axis=0, dtype=np.uint32) - masks[: k + 1].sum(axis=0, dtype=np.uint32)
""": "You subtract your own row as well. Nobody shares it with you, so nobody would take it off again.",
            """
def add_masks(numbers, k, masks):
    signs = np.sign(np.arange(len(masks)) - k)
    return numbers + signs @ masks.astype(float)
""": "You have left the whole numbers from 0 to 2³² - 1: stay in uint32. Floats get rounded, and int64 doesn't wrap there.",
            """
def add_masks(numbers, k, masks):
    return numbers + masks[k + 1 :].sum(axis=0) - masks[:k].sum(axis=0)
""": "`.sum` has widened uint32 to uint64, which wraps at 2⁶⁴: write `.sum(axis=0, dtype=np.uint32)`.",
            """
def add_masks(numbers, k, masks):
    return numbers - masks[k + 1 :].sum(axis=0) + masks[:k].sum(axis=0)
""": "Two things: add the masks of clinics with a higher number (yours are subtracted), and `.sum` widens to uint64: `dtype=np.uint32`.",
            """
def add_masks(numbers, k, masks):
    return numbers + masks[k:].sum(axis=0) - masks[:k].sum(axis=0)
""": "Two things: your own row is among them, and `.sum` has widened uint32 to uint64: write `.sum(axis=0, dtype=np.uint32)`.",
            """
def add_masks(numbers, k, masks):
    hidden = numbers.copy()
    for j in range(len(masks)):
        if j != k:
            hidden = hidden ^ masks[j]
    return hidden
""": "XOR hides as well, but the sum of such numbers is not the sum of yours: add and subtract.",
            """
def add_masks(numbers, k, masks):
    return numbers + masks[k + 1 :].sum(axis=0, dtype=np.uint32)
""": "The masks of clinics with a lower number are missing: they have added theirs, so you have to subtract it.",
        },
    ),
    Question(
        name="clip_update",
        asks="An update as one long row, shortened to a given length if it is longer.",
        points=2,
        probes=clip_probes,
        compare=close(1e-6, rtol=1e-5),  # float32 keeps seven digits
        hints=[
            "First the row: `np.concatenate([layer.ravel() for layer in update])`.",
            "Its length is `np.linalg.norm(row)`: the root of the sum of all squares.",
            "`row / max(1, length / norm)` divides by 1 where the update is short enough.",
        ],
        right="A clinic can move the sum by `norm`, and by no more.",
        wrong={
            """
def clip_update(update, norm):
    rows = [layer.ravel() for layer in update]
    return np.concatenate([row / max(1, np.linalg.norm(row) / norm) for row in rows])
""": "You clip each layer by itself: all together may still be as long as `norm` times the root of the number of layers.",
            """
def clip_update(update, norm):
    row = np.concatenate([layer.ravel() for layer in update])
    with np.errstate(all="ignore"):
        return row * norm / np.linalg.norm(row)
""": "Short updates stay as they are: you stretch them to the full length (and divide by 0 where nothing has moved).",
            """
def clip_update(update, norm):
    row = np.concatenate([layer.ravel() for layer in update])
    return np.clip(row, -norm, norm)
""": "You bound every entry. Bound the length: a thousand entries of `norm` are a very long update.",
            """
def clip_update(update, norm):
    row = np.concatenate([layer.ravel() for layer in update])
    return row / max(1, np.abs(row).sum() / norm)
""": "The length is the root of the sum of the squares, not the sum of the sizes.",
            """
def clip_update(update, norm):
    row = np.concatenate([layer.ravel() for layer in update])
    return row / max(1, (row**2).sum() / norm)
""": "The root is missing: you use the square of the length.",
            """
def clip_update(update, norm):
    row = np.concatenate([layer.ravel() for layer in update])
    return row / max(1, np.abs(row).max() / norm)
""": "You bound the largest entry. Bound the length: many entries together may be far longer.",
            """
def clip_update(update, norm):
    row = np.concatenate([layer.ravel() for layer in update])
    return row / norm
""": "Dividing by `norm` shortens nothing to it: divide by the length of the update over `norm`, where that is above 1.",
            """
def clip_update(update, norm):
    return np.concatenate([layer.ravel() for layer in update])
""": "Nothing is clipped: a long update stays long.",
            """
def clip_update(update, norm):
    return update / max(1, np.linalg.norm(update) / norm)
""": "`update` is a list of layers of different shapes, which is no array. Join them first: `np.concatenate`.",
            """
def clip_update(update, norm):
    return update / norm
""": "`update` is a list, and a list can't be divided. Join its layers to one row first: `np.concatenate`.",
        },
    ),
    Question(
        name="federation",
        asks="The kinds of new digits, from a network that twenty clinics have trained without showing one. At least 80 % right.",
        points=4,
        probes=clinic_probes,
        compare=accuracy(0.80),
        needs=("clinic-network",),
        seconds=60,
        hints=[
            "A round: call `train_locally` for each clinic with the *same* weights, then average layer by layer, weighted by "
            "`len(labels)`.",
            "Twenty epochs can be 1 round of 20, 4 of 5 or 20 of 1. Part 5 tells which of them to choose for clinics as different "
            "as these.",
            "`weights = [np.average(layers, axis=0, weights=sizes) for layers in zip(*reports)]` is the average.",
        ],
        wrong={
            """
def federation(images, labels, new):
    rng = np.random.default_rng(0)
    start = new_weights(rng)
    reports = [train_locally(start, x, y, 20, rng) for x, y in zip(images, labels)]
    sizes = [len(y) for y in labels]
    return classify([np.average(layers, axis=0, weights=sizes) for layers in zip(*reports)], new)
""": "of your predictions are right",
            """
def federation(images, labels, new):
    rng = np.random.default_rng(0)
    largest = max(range(len(labels)), key=lambda k: len(labels[k]))
    return classify(train_locally(new_weights(rng), images[largest], labels[largest], 20, rng), new)
""": "of your predictions are right",
            """
def federation(images, labels, new):
    rng = np.random.default_rng(0)
    reports = [train_locally(new_weights(rng), x, y, 20, rng) for x, y in zip(images, labels)]
    return classify([np.mean(layers, axis=0) for layers in zip(*reports)], new)
""": "of your predictions are right",
            "lambda images, labels, new: new": "One answer for each case was expected",
        },
    ),
    quiz(
        "quiz_weights",
        "Why does FedAvg weight a clinic's report by its number of images?",
        {
            "a": (
                "So that large and small clinics have an equal say.",
                "An equal say would be the plain mean. Weighted by images, a large clinic has the larger say.",
            ),
            "b": (
                "Because training converges in fewer rounds that way.",
                "It may or may not. The reason holds for a single step, before any convergence.",
            ),
            "c": (
                "Because then one step of each gives the step that the pooled images would give.",
                "The gradient is a mean over images; a mean of means needs the numbers behind them.",
            ),
            "d": (
                "So that nobody can read a single clinic's update.",
                "The server gets every report before it averages. Hiding them takes masks, or noise.",
            ),
        },
        correct="c",
    ),
    quiz(
        "quiz_leak",
        "All images stay in the clinics, and the server is honest. What follows?",
        {
            "a": (
                "Updates can still give images away, to anyone who reads them.",
                "Also on the way, or later from a backup. That is why uploads are encrypted and masked, and noise is added.",
            ),
            "b": (
                "Nothing can leak: no image has left.",
                "From the gradient of one image, one division brought it back.",
            ),
            "c": (
                "At most the labels can leak.",
                "They do, from the last layer's bias. And so did the image.",
            ),
            "d": (
                "There is a leak only if the server is malicious.",
                "An honest server can be broken into, and somebody may listen on the line.",
            ),
        },
        correct="a",
    ),
    quiz(
        "quiz_absence",
        "In every round, some of the clinics don't report. What does that do to the model?",
        {
            "a": (
                "Its accuracy falls in proportion to the number of missing clinics.",
                "Missing at random, the others often stand in for them: what they hold is alike.",
            ),
            "b": (
                "It depends on whether those who are missing hold something that the others don't.",
                "The same number was missing in three arms of part 7; who was missing made the difference.",
            ),
            "c": (
                "Nothing: averaging makes up for missing reports.",
                "It makes up for numbers, not for kinds: what nobody reports, nobody learns.",
            ),
            "d": (
                "Nothing, if the others are re-weighted so that weights add up to 1.",
                "They always do that. A class without a report gets no weight, however the others share it.",
            ),
        },
        correct="b",
    ),
    quiz(
        "quiz_secure",
        "What does secure aggregation, done right, hide from the server?",
        {
            "a": (
                "Everything that could be learned about the clinics.",
                "The sum is open, and so is the model made from it. Bounding what *they* tell takes clipping and noise.",
            ),
            "b": (
                "The model.",
                "The server has it: it sends it out in each round.",
            ),
            "c": (
                "Which clinics took part.",
                "The server talks to each of them, and has to know who reported in order to open the sum.",
            ),
            "d": (
                "What each single clinic reports, but not their sum.",
                "And with two clinics, each of them can work out the other from the sum.",
            ),
        },
        correct="d",
    ),
]
