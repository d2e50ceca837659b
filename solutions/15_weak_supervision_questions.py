"""The questions of lesson 15: probes, tolerances, points, hints, and wrong answers with what each should hear."""

import numpy as np
from scipy.stats import norm, rankdata

from coursekit.course.compare import close, exact
from coursekit.course.questions import Probe, Question, quiz


def objects(rng, columns=3):
    """Numbers of objects (14, 7 * columns): in each cell of a grid a disk or an L, so that boxes differ from them."""
    labels = np.zeros((14, 7 * columns), int)
    for number in range(1, 2 * columns + 1):
        row, column = divmod(number - 1, columns)
        height, width = (int(side) for side in rng.integers(4, 7, size=2))
        down, right = np.mgrid[:height, :width]
        if number % 2:
            shape = np.hypot((2 * down + 1) / height - 1, (2 * right + 1) / width - 1) <= 1
        else:
            shape = (down >= height - 2) | (right < 2)
        # One row or column between cells stays free: objects don't touch.
        top, left = 7 * row + int(rng.integers(0, 7 - height)), 7 * column + int(rng.integers(0, 7 - width))
        labels[top : top + height, left : left + width][shape] = number
    return labels


def remove_probes(rng):
    """None, all, and half of the objects; the last object stays, and never exactly the share goes."""
    labels = objects(rng)
    luck = rng.uniform(0.05, 0.95, size=6).round(3)
    zero = luck.copy()
    zero[int(rng.integers(6))] = 0.0
    few = rng.permutation([0.1, 0.2, 0.6, 0.7, 0.8]) + rng.uniform(-0.05, 0.05, size=5)
    few = np.append(few, 0.9).round(3)
    many = np.append(rng.uniform(0.05, 0.45, size=5), 0.9).round(3)
    return [
        Probe((labels, 0.5, few), note="a share of 0.5, where two of six objects have luck below it"),
        Probe((objects(rng), 0.5, many), note="a share of 0.5, where five of six objects have luck below it"),
        Probe((labels, 0.0, zero), note="a share of 0: all objects stay"),
        Probe((labels, 1.0, luck), note="a share of 1: none stays"),
    ]


def box_probes(rng):
    """All objects, some forgotten, a single one."""
    full, some, one = objects(rng), objects(rng), objects(rng)
    some[some == int(rng.integers(2, 5))] = 0
    one[one != int(rng.integers(1, 7))] = 0
    return [
        Probe((full,), note="six objects"),
        Probe((some,), note="an image in which one number is missing"),
        Probe((one,), note="a single object"),
    ]


def tile_probes(rng):
    """Tiles with none, one too few, exactly enough and many marked pixels."""
    probes = []
    for _ in range(3):
        side, minimum = int(rng.integers(5, 8)), int(rng.integers(5, 12))
        counts = [0, 1, minimum - 1, minimum, minimum + 1, side * side, *rng.integers(2, side * side, size=2)]
        counts = rng.permutation(counts)
        masks = np.zeros((len(counts), side * side), "float32")
        for mask, count in zip(masks, counts, strict=True):
            mask[rng.permutation(side * side)[:count]] = 1
        tiles = rng.random((len(counts), side, side, 3)).round(2).astype("float32")
        probes.append((tiles, masks.reshape(-1, side, side, 1), minimum))
    return probes


def pool_probes(rng):
    """Usual scores, equal ones, far ones."""
    bags = rng.normal(0, 2, size=(4, int(rng.integers(5, 12)))).round(3)
    equal = np.full((2, 6), rng.uniform(-3, 3)).round(3)
    far = rng.uniform(-100, 100, size=(3, 5)).round(1)
    apart = (rng.uniform(-20, 20, size=(2, 5)) + np.array([[250], [-250]])).round(1)
    return [
        Probe((bags, 1.0), note="r = 1"),
        Probe((bags, 5.0), note="r = 5"),
        Probe((equal, 3.0), note="bags whose images all have the same score"),
        Probe((far, 12.0), note="scores up to 100 from 0"),
        Probe((apart, 12.0), note="a bag around 250 and one around -250"),
    ]


def duel_points(f1, alpha, pairs=0.5, sided=2, by_rank=False, ties=True):
    """The points, and how they come out with one thing wrong: to see that a probe tells the mistakes apart."""
    n, k = f1.shape
    ranks = rankdata(-f1, axis=1) if ties else (-f1).argsort(axis=1).argsort(axis=1) + 1.0
    ranks = ranks.mean(axis=0)
    z = np.abs(ranks[:, None] - ranks) / np.sqrt(k * (k + 1) / (6 * n))
    p = sided * norm.sf(z) * (pairs * k * (k - 1) or 1)
    means = -ranks if by_rank else f1.mean(axis=0)
    return (np.sign(means[:, None] - means) * (p < alpha)).sum(axis=1).astype(int)


def duel_probes(rng):
    """Each mistake gives points of its own; F1 in 64ths, so that equal means are equal to the bit."""
    mistakes = ({}, {"pairs": 0}, {"pairs": 1}, {"sided": 1}, {"ties": False}, {"by_rank": True})
    while True:
        drawn = [tied(rng), drawn_scores(rng, unlucky=True), *(drawn_scores(rng) for _ in range(3))]
        alphas = [0.05, 0.05, *rng.permutation([0.01, 0.05, 0.1])]
        points = [[duel_points(*one, **mistake) for one in zip(drawn, alphas, strict=True)] for mistake in mistakes]
        if len({str(each) for each in points}) == len(mistakes):
            notes = ["two methods with the same mean", *(f"{f1.shape[1]} methods on {len(f1)} images" for f1 in drawn[1:])]
            return [
                Probe((f1, float(alpha)), note=note)
                for f1, alpha, note in zip(drawn, alphas, notes, strict=True)
            ]


def drawn_scores(rng, unlucky=False):
    """F1 (images, methods) in 64ths. Unlucky: the best on most images fails on a few altogether."""
    n, k = int(rng.choice([16, 24, 32])), int(rng.integers(4, 6))
    level = 30 + rng.integers(-6, 7, size=(n, 1)) + rng.normal(0, 3, size=k) + rng.normal(0, 4, size=(n, k))
    if unlucky:
        best = int(rng.integers(k))
        level[:, best] = level.max(axis=1) + 2
        level[rng.permutation(n)[: n // 4], best] = 0
    return level.round().clip(0, 64) / 64


def tied(rng):
    """One of three methods wins 28 of 32 images by 1/64, and loses the rest by 7/64: the means are equal."""
    base = rng.integers(20, 30, size=(32, 1)).astype(float)
    first = np.ones(32)
    first[rng.permutation(32)[:4]] = -7
    return np.concatenate([base + first[:, None], base, base - 10], axis=1)[:, rng.permutation(3)] / 64


def mean_f1(truth, found):
    """As in the lesson."""
    both, total = (truth & found).sum(axis=(1, 2)), truth.sum(axis=(1, 2)) + found.sum(axis=(1, 2))
    return float(np.where(total > 0, 2 * both / np.maximum(total, 1), 1.0).mean())


def reports(probability, marks, clean, test_probability, truth, thresholds):
    """The honest report first, then those of the typical mistakes."""

    def table(says, masks):
        return np.array([[mean_f1(masks, one > cut) for cut in thresholds] for one in says])

    def best(scores):
        return np.unravel_index(scores.argmax(), scores.shape)

    checked, damaged = table(probability, clean), table(probability, marks)
    tested = table(test_probability, truth)
    half = list(thresholds).index(0.5)
    at_half = checked[:, half].argmax()
    places = [
        best(checked),
        best(damaged),
        best(tested),
        (at_half, half),
        (at_half, checked[at_half].argmax()),
        (len(checked) - 1, checked[-1].argmax()),
        (best(checked)[0], tested[best(checked)[0]].argmax()),
    ]
    return [(int(s), float(thresholds[t]), tested[s, t]) for s, t in places] + [
        (int(s), float(thresholds[t]), checked[s, t]) for s, t in places[:1]
    ]


def report_probes(rng):
    """Four looks at a training in which every mistake chooses something else.

    One look is best, but low; one is best at 0.5 and for the test images; one copies the damage; and the last.
    """
    probes = []
    while len(probes) < 2:
        clean, truth = (np.stack([objects(rng, 2) > 0 for _ in range(3)]) for _ in range(2))
        upper = (np.arange(14) < 7)[:, None]
        marks = clean & upper  # objects in the lower half were forgotten
        # What each look says about objects in the upper and the lower half, about the rest, and how noisy it is.
        looks = np.array([[0.43, 0.43, 0.1, 0.08], [0.53, 0.53, 0.1, 0.13], [0.85, 0.1, 0.1, 0.1], [0.35, 0.3, 0.1, 0.16]])
        tests = looks.copy()
        tests[:, 3] = 0.13
        tests[:2] = [0.62, 0.62, 0.2, 0.1], [0.95, 0.95, 0.4, 0.08]
        order = [*rng.permutation(3), 3]

        def says(masks, looks):
            high, low, rest, noise = looks[order].T[..., None, None, None]
            level = np.where(masks, np.where(upper, high, low), rest)
            return (level + noise * rng.normal(size=level.shape)).clip(0, 1).round(2)

        thresholds = (0.1, 0.3, 0.5, 0.7)
        args = (says(clean, looks), marks, clean, says(truth, tests), truth, thresholds)
        found = reports(*args)
        if len(set(found)) == len(found):
            probes.append(Probe(args, note="four steps and four thresholds"))
    return probes


QUESTIONS = [
    Question(
        name="remove_objects",
        asks="Forget some of an image's objects, each by its own throw; return the mask of those that stay.",
        points=1,
        probes=remove_probes,
        compare=exact(),
        hints=[
            "Which numbers stay? `np.flatnonzero(luck >= share)` says at which places of `luck`, counted from 0.",
            "Objects count from 1: add 1. Then `np.isin(labels, numbers)` is True where a pixel has one of these numbers.",
        ],
        right="Objects go whole, and each by its own throw.",
        wrong={
            """
def remove_objects(labels, share, luck):
    return np.isin(labels, np.flatnonzero(luck < share) + 1).astype(int)
""": "`share` is the share to remove; you keep it, and remove the rest.",
            """
def remove_objects(labels, share, luck):
    return (luck[labels] >= share).astype(int)
""": "The throw of object number i is `luck[i - 1]`: objects count from 1, Python from 0.",
            """
def remove_objects(labels, share, luck):
    return (luck[labels - 1] >= share).astype(int)
""": "Background has the number 0, and `luck[0 - 1]` is the last object's throw. Background stays 0.",
            """
def remove_objects(labels, share, luck):
    return np.isin(labels, np.flatnonzero(luck >= share)).astype(int)
""": "Off by one: `np.flatnonzero` counts from 0, objects from 1.",
            """
def remove_objects(labels, share, luck):
    return labels * np.isin(labels, np.flatnonzero(luck >= share) + 1)
""": "The numbers of the objects are still there. A mask holds 0 and 1.",
            """
def remove_objects(labels, share, luck):
    return np.isin(labels, np.flatnonzero(luck > share) + 1).astype(int)
""": "Removed is what lies *below* the share. At a share of 0 nothing goes, also where the throw is 0.",
            """
def remove_objects(labels, share, luck):
    gone = np.argsort(luck)[: round(share * len(luck))]
    return ((labels > 0) & ~np.isin(labels, gone + 1)).astype(int)
""": "You remove the same number from every image. Each object has its own throw: some images lose more than others.",
        },
    ),
    Question(
        name="bounding_boxes",
        asks="Replace each object by the smallest upright rectangle around it.",
        points=1,
        probes=box_probes,
        compare=exact(),
        hints=[
            "`np.unique(labels[labels > 0])` lists the numbers that occur; go through them with `for`.",
            "`rows, columns = np.nonzero(labels == number)` gives the places of its pixels; smallest and largest are the edges.",
            "In a slice the upper end is not included: `rows.min() : rows.max() + 1`.",
        ],
        wrong={
            """
def bounding_boxes(labels):
    boxes = np.zeros(labels.shape, int)
    for number in np.unique(labels[labels > 0]):
        rows, columns = np.nonzero(labels == number)
        boxes[rows.min() : rows.max(), columns.min() : columns.max()] = 1
    return boxes
""": "The last row and the last column of each box are missing: the upper end of a slice is exclusive.",
            """
def bounding_boxes(labels):
    boxes = np.zeros(labels.shape, int)
    rows, columns = np.nonzero(labels)
    boxes[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = 1
    return boxes
""": "That is one box for all of them. Each object has its own.",
            """
def bounding_boxes(labels):
    boxes = np.zeros(labels.shape, int)
    for number in np.unique(labels[labels > 0]):
        rows, columns = np.nonzero(labels == number)
        boxes[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = number
    return boxes
""": "Your boxes hold the objects' numbers. A mask holds 0 and 1.",
            """
def bounding_boxes(labels):
    boxes = np.zeros(labels.shape, int)
    for number in np.unique(labels):
        rows, columns = np.nonzero(labels == number)
        boxes[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = 1
    return boxes
""": "Number 0 is the background: it gets no box, or the box is the whole image.",
            """
def bounding_boxes(labels):
    boxes = np.zeros(labels.shape, int)
    for number in range(1, labels.max() + 1):
        rows, columns = np.nonzero(labels == number)
        boxes[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = 1
    return boxes
""": "A number can be missing, where an object was forgotten: `np.unique` lists those that are there.",
            """
def bounding_boxes(labels):
    boxes = np.zeros(labels.shape, int)
    for number in np.unique(labels[labels > 0]):
        rows, columns = np.nonzero(labels == number)
        boxes[columns.min() : columns.max() + 1, rows.min() : rows.max() + 1] = 1
    return boxes
""": "Rows and columns are swapped: an array is indexed by row first.",
            """
def bounding_boxes(labels):
    return (labels > 0).astype(int)
""": "These are the objects as they were. Fill the rectangle around each.",
        },
    ),
    Question(
        name="keep_positive",
        asks="Keep the tiles with at least `minimum` marked pixels, and their masks.",
        points=1,
        probes=tile_probes,
        compare=exact(),
        hints=[
            "Count each tile's marked pixels: `masks.sum(axis=(1, 2, 3))` has the shape (n,).",
            "`enough = counts >= minimum`, and then `tiles[enough], masks[enough]`.",
        ],
        right="Image and mask stay together.",
        wrong={
            """
def keep_positive(tiles, masks, minimum):
    enough = masks.sum(axis=(1, 2, 3)) > minimum
    return tiles[enough], masks[enough]
""": "Exactly `minimum` pixels are enough.",
            """
def keep_positive(tiles, masks, minimum):
    enough = masks.any(axis=(1, 2, 3))
    return tiles[enough], masks[enough]
""": "A single pixel is not enough: use `minimum`.",
            """
def keep_positive(tiles, masks, minimum):
    enough = masks.mean(axis=(1, 2, 3)) >= minimum
    return tiles[enough], masks[enough]
""": "Count the pixels, don't average them: a mean is at most 1.",
            """
def keep_positive(tiles, masks, minimum):
    enough = masks.sum(axis=(1, 2, 3)) >= minimum
    return tiles[enough], masks
""": "The masks were not selected: image and mask of a tile belong together.",
            """
def keep_positive(tiles, masks, minimum):
    enough = masks.sum(axis=(1, 2, 3)) >= minimum
    return masks[enough], tiles[enough]
""": "First the tiles, then the masks.",
            """
def keep_positive(tiles, masks, minimum):
    enough = masks.sum(axis=(1, 2, 3)) < minimum
    return tiles[enough], masks[enough]
""": "These are the tiles to drop.",
            """
def keep_positive(tiles, masks, minimum):
    enough = masks.sum() >= minimum
    return (tiles, masks) if enough else (tiles[:0], masks[:0])
""": "You count over all tiles together. Each tile has its own count: `axis=(1, 2, 3)`.",
        },
    ),
    Question(
        name="report",
        asks="Choose step and threshold without fooling yourself, and report the F1 of the test images.",
        points=3,
        probes=report_probes,
        compare=close(1e-6),
        needs=["f1"],
        hints=[
            "Three sets of masks come in. Which ones are true, and not the test's? They alone may choose.",
            "A table: `scores = np.array([[f1(clean, one > cut) for cut in thresholds] for one in probability])`, (steps, thresholds).",
            "`step, column = np.unravel_index(scores.argmax(), scores.shape)`; the F1 to report is that of "
            "`test_probability[step] > thresholds[column]`.",
        ],
        right="Clean masks chose, test masks only judged.",
        wrong={
            """
def report(probability, marks, clean, test_probability, truth, thresholds):
    scores = np.array([[f1(marks, one > cut) for cut in thresholds] for one in probability])
    step, column = np.unravel_index(scores.argmax(), scores.shape)
    return int(step), thresholds[column], f1(truth, test_probability[step] > thresholds[column])
""": "Damaged masks chose: what they reward is repeating the damage.",
            """
def report(probability, marks, clean, test_probability, truth, thresholds):
    scores = np.array([[f1(truth, one > cut) for cut in thresholds] for one in test_probability])
    step, column = np.unravel_index(scores.argmax(), scores.shape)
    return int(step), thresholds[column], scores.max()
""": "The test set may not choose: the best of many on the test set is luck that won't come again.",
            """
def report(probability, marks, clean, test_probability, truth, thresholds):
    step = int(np.argmax([f1(clean, one > 0.5) for one in probability]))
    return step, 0.5, f1(truth, test_probability[step] > 0.5)
""": "You left the threshold at 0.5, where forgotten objects pull the probabilities below it.",
            """
def report(probability, marks, clean, test_probability, truth, thresholds):
    step = int(np.argmax([f1(clean, one > 0.5) for one in probability]))
    column = int(np.argmax([f1(clean, probability[step] > cut) for cut in thresholds]))
    return step, thresholds[column], f1(truth, test_probability[step] > thresholds[column])
""": "You chose the step at threshold 0.5, and a threshold for that step. Try every step with every threshold.",
            """
def report(probability, marks, clean, test_probability, truth, thresholds):
    column = int(np.argmax([f1(clean, probability[-1] > cut) for cut in thresholds]))
    return len(probability) - 1, thresholds[column], f1(truth, test_probability[-1] > thresholds[column])
""": "You took the last step, whatever it was like. Choose among all of them.",
            """
def report(probability, marks, clean, test_probability, truth, thresholds):
    scores = np.array([[f1(clean, one > cut) for cut in thresholds] for one in probability])
    step, column = np.unravel_index(scores.argmax(), scores.shape)
    cut = thresholds[int(np.argmax([f1(truth, test_probability[step] > cut) for cut in thresholds]))]
    return int(step), cut, f1(truth, test_probability[step] > cut)
""": "The step is chosen well, but then the test masks choose the threshold. They may choose nothing.",
            """
def report(probability, marks, clean, test_probability, truth, thresholds):
    scores = np.array([[f1(clean, one > cut) for cut in thresholds] for one in probability])
    step, column = np.unravel_index(scores.argmax(), scores.shape)
    return int(step), thresholds[column], scores.max()
""": "You report the F1 of the masks that chose: it is the best of many, and flatters. Report the test images'.",
        },
    ),
    Question(
        name="duel_scores",
        asks="Points of duels between methods: 1 for the better of two that differ, −1 for the other.",
        points=3,
        probes=duel_probes,
        compare=exact(),
        hints=[
            "`rankdata(-f1, axis=1).mean(axis=0)` are the mean ranks, (k,). `ranks[:, None] - ranks` holds all their differences, (k, k).",
            "z, then `p = 2 * norm.sf(z) * k * (k - 1) / 2`. The pairs that differ: `p < alpha`.",
            "Who is better: `np.sign(means[:, None] - means)` is 1, −1, or 0 for equal means. Times the pairs that differ, "
            "added up with `.sum(axis=1)`.",
        ],
        right="They add up to zero: what one wins, another loses.",
        wrong={
            """
def duel_scores(f1, alpha):
    n, k = f1.shape
    ranks = rankdata(-f1, axis=1).mean(axis=0)
    z = np.abs(ranks[:, None] - ranks) / np.sqrt(k * (k + 1) / (6 * n))
    p = 2 * norm.sf(z) * k * (k - 1) / 2
    means = f1.mean(axis=0)
    return ((means[:, None] > means) & (p < alpha)).sum(axis=1)
""": "You count the wins alone. The loser of a duel gets −1.",
            """
def duel_scores(f1, alpha):
    n, k = f1.shape
    ranks = rankdata(-f1, axis=1).mean(axis=0)
    z = np.abs(ranks[:, None] - ranks) / np.sqrt(k * (k + 1) / (6 * n))
    p = 2 * norm.sf(z)
    means = f1.mean(axis=0)
    return (np.sign(means[:, None] - means) * (p < alpha)).sum(axis=1).astype(int)
""": "Many duels, many chances to be fooled: multiply p by the number of pairs.",
            """
def duel_scores(f1, alpha):
    n, k = f1.shape
    ranks = rankdata(-f1, axis=1).mean(axis=0)
    z = np.abs(ranks[:, None] - ranks) / np.sqrt(k * (k + 1) / (6 * n))
    p = 2 * norm.sf(z) * k * (k - 1)
    means = f1.mean(axis=0)
    return (np.sign(means[:, None] - means) * (p < alpha)).sum(axis=1).astype(int)
""": "Each pair is counted twice: there are k (k - 1) / 2 pairs.",
            """
def duel_scores(f1, alpha):
    n, k = f1.shape
    ranks = rankdata(-f1, axis=1).mean(axis=0)
    z = np.abs(ranks[:, None] - ranks) / np.sqrt(k * (k + 1) / (6 * n))
    p = norm.sf(z) * k * (k - 1) / 2
    means = f1.mean(axis=0)
    return (np.sign(means[:, None] - means) * (p < alpha)).sum(axis=1).astype(int)
""": "Either of the two might have been better: p has both tails, `2 * norm.sf(z)`.",
            """
def duel_scores(f1, alpha):
    n, k = f1.shape
    ranks = (-f1).argsort(axis=1).argsort(axis=1).mean(axis=0) + 1
    z = np.abs(ranks[:, None] - ranks) / np.sqrt(k * (k + 1) / (6 * n))
    p = 2 * norm.sf(z) * k * (k - 1) / 2
    means = f1.mean(axis=0)
    return (np.sign(means[:, None] - means) * (p < alpha)).sum(axis=1).astype(int)
""": "Equal scores share their ranks: `rankdata` does that, sorting doesn't.",
            """
def duel_scores(f1, alpha):
    n, k = f1.shape
    ranks = rankdata(-f1, axis=1).mean(axis=0)
    z = np.abs(ranks[:, None] - ranks) / np.sqrt(k * (k + 1) / (6 * n))
    p = 2 * norm.sf(z) * k * (k - 1) / 2
    return (np.sign(ranks - ranks[:, None]) * (p < alpha)).sum(axis=1).astype(int)
""": "Ranks say whether two differ; the better one is that with the higher *mean* F1.",
            """
def duel_scores(f1, alpha):
    n, k = f1.shape
    ranks = rankdata(-f1, axis=1).mean(axis=0)
    z = np.abs(ranks[:, None] - ranks) / np.sqrt(k * (k + 1) / (6 * n))
    p = 2 * norm.sf(z) * k * (k - 1) / 2
    means = f1.mean(axis=0)
    return (np.where(means[:, None] >= means, 1, -1) * (p < alpha)).sum(axis=1)
""": "Where the means are equal, nobody scores.",
            """
def duel_scores(f1, alpha):
    n, k = f1.shape
    means = f1.mean(axis=0)
    return np.sign(means[:, None] - means).sum(axis=1).astype(int)
""": "You score every pair, also those that don't differ by the test.",
        },
    ),
    Question(
        name="lse_pool",
        asks="The score of each bag, between mean and maximum: (1/r) log mean exp(r s).",
        points=2,
        probes=pool_probes,
        compare=close(1e-5, rtol=1e-6),  # in float64, which NumPy keeps to by itself
        hints=[
            "`np.log(np.exp(r * scores).mean(axis=1)) / r` is the formula. For which scores does `np.exp` overflow?",
            "Taking the same number off all scores of a bag takes it off the result. So take off the largest, and add it again.",
            "`top = scores.max(axis=1, keepdims=True)`; then `top[:, 0] + np.log(np.exp(r * (scores - top)).mean(axis=1)) / r`.",
        ],
        wrong={
            """
def lse_pool(scores, r):
    top = scores.max(axis=1, keepdims=True)
    return r * top[:, 0] + np.log(np.exp(r * (scores - top)).mean(axis=1))
""": "The result is r times too large: divide the logarithm by r.",
            """
def lse_pool(scores, r):
    top = scores.max(axis=1, keepdims=True)
    return top[:, 0] + np.log(np.exp(r * (scores - top)).sum(axis=1)) / r
""": "Images with equal scores must give that score: take the mean of the exponentials, not their sum.",
            """
def lse_pool(scores, r):
    with np.errstate(all="ignore"):
        return np.log(np.exp(r * scores).mean(axis=1)) / r
""": "Right where scores are small; for large ones `np.exp` overflows. Subtract the maximum first, and add it again.",
            """
def lse_pool(scores, r):
    top = scores.max()
    with np.errstate(all="ignore"):
        return top + np.log(np.exp(r * (scores - top)).mean(axis=1)) / r
""": "Each bag has its own largest score: with one for all bags, the others' exponentials vanish.",
            """
def lse_pool(scores, r):
    top = scores.max(axis=1, keepdims=True)
    return np.log(np.exp(r * (scores - top)).mean(axis=1)) / r
""": "You took the maximum off and did not add it again.",
            """
def lse_pool(scores, r):
    top = scores.max(axis=1, keepdims=True)
    return top[:, 0] + np.log(np.exp(scores - top).mean(axis=1)) / r
""": "r belongs into the exponential as well.",
            """
def lse_pool(scores, r):
    top = scores.max()
    return top + np.log(np.exp(r * (scores - top)).mean()) / r
""": "One score for each bag: maximum and mean go over `axis=1`.",
            """
def lse_pool(scores, r):
    return scores.max(axis=1)
""": "That is the maximum: what LSE becomes for very large r.",
            """
def lse_pool(scores, r):
    return scores.mean(axis=1)
""": "That is the mean: what LSE becomes for r near 0.",
        },
    ),
    quiz(
        "quiz_cliff",
        "Two thirds of the glands were forgotten when the training masks were drawn. The network's mask is nearly empty. Why?",
        {
            "a": (
                "There were too few images to learn what a gland is.",
                "With the same images and whole masks it finds them. And its probabilities do tell glands from the rest.",
            ),
            "b": (
                "The network is too small.",
                "The same network does well with whole masks.",
            ),
            "c": (
                "It learned how often something like a gland is marked: one in three, and a third is below the threshold of 0.5.",
                "Nothing is broken: its probability is right about the *marks*. It is the threshold that is wrong about the glands.",
            ),
            "d": (
                "The training diverged: wrong masks give contradictory gradients.",
                "They average to something sensible: the frequency. The loss went down as it should.",
            ),
        },
        correct="c",
    ),
    quiz(
        "quiz_reference",
        "A network trained with image labels alone (“there is a gland in here”) reaches an F1 of 0.5 on your images. What do you do first?",
        {
            "a": (
                "Compute the F1 of a mask that calls every pixel gland.",
                "Where objects are large, that is high. Only what lies above it has been learnt.",
            ),
            "b": (
                "Conclude that it has learned roughly where glands are.",
                "Perhaps; or it calls everything a gland. F1 alone can't tell the two apart.",
            ),
            "c": (
                "Train for longer, since 0.5 is half of the way.",
                "F1 has no half of the way: what you get for nothing depends on how much of the image is gland.",
            ),
            "d": (
                "Trust it: unlike accuracy, F1 can't be fooled by unequal classes.",
                "It can't be fooled by predicting nothing. It can by predicting everything.",
            ),
        },
        correct="a",
    ),
    quiz(
        "quiz_only_positive",
        "In your images objects are rare: most tiles hold none. You train only on tiles with enough marked pixels. What else does that change?",
        {
            "a": (
                "Nothing: it only saves time on empty tiles.",
                "Time is the same: as many tiles are drawn. It changes what the tiles look like.",
            ),
            "b": (
                "It restores the marks that are missing.",
                "Forgotten objects in the tiles that are kept are still called background. They are only rarer there.",
            ),
            "c": (
                "It makes the network more careful: fewer false alarms.",
                "Rather the other way round: it sees less pure background, and calls more of it an object.",
            ),
            "d": (
                "How common objects are: these tiles hold more of them than the images do.",
                "Pure background is never seen, and false alarms follow. Correct the threshold on clean masks.",
            ),
        },
        correct="d",
    ),
    quiz(
        "quiz_validation",
        "Your training masks are damaged. What should the validation masks be, those that choose step and threshold?",
        {
            "a": (
                "Damaged in the same way, so that training and validation match.",
                "Then they reward a network for repeating the damage, and the F1 that they give is not that of your objects.",
            ),
            "b": (
                "Right, even if they are few.",
                "They stand for what you want to know.",
            ),
            "c": (
                "As many as possible; whether they are right matters less.",
                "More of them say the same wrong thing more precisely: boxes go on asking for boxes.",
            ),
            "d": (
                "They aren't needed: take the last step and 0.5.",
                "0.5 is where forgotten objects do harm, and without right masks you can't even tell how much.",
            ),
        },
        correct="b",
    ),
]
