"""The questions of lesson 08: probes, tolerances, points, hints, and wrong answers with what each should hear."""

import numpy as np

from coursekit.course.compare import accuracy, close
from coursekit.course.questions import Probe, Question, quiz


def mask_probes(rng):
    """Stacks of masks that cover very different shares of the picture, some of them empty in truth or in both."""
    probes = []
    for n in (1, 3, 4, 6):
        shares = rng.uniform(0.05, 0.9, size=(n, 1, 1))
        truths = rng.random((n, 7, 9)) < shares
        flipped = rng.random((n, 7, 9)) < 0.2
        predictions = truths ^ flipped
        if n == 4:
            truths[1] = predictions[1] = False  # nothing there, nothing found
        if n == 6:
            truths[2] = False  # nothing there, something found
            truths[5] = predictions[5] = False
        probes.append((truths, predictions))
    return probes


def border_probes(rng):
    """Borders of cells, thin and thick, and a picture without any."""
    from coursekit.data import load
    from coursekit.methods.border_errors import redraw

    fields = load("monolayer", n=3, seed=int(rng.integers(1_000_000)), size=36)
    masks = fields.targets[..., 0] > 0.5
    return [(redraw(masks[0]),), (masks[1],), (redraw(masks[2], 3),), (np.zeros((8, 10), bool),)]


def partition_probes(rng):
    """The six pixels of the text, a renamed copy, one region against many, random ones, and noisy copies."""
    six = np.array([[1, 1, 1, 2, 2, 2]])
    probes = [(six, np.array([[5, 5, 4, 4, 4, 4]]))]
    blocks = np.kron(rng.permutation(12).reshape(3, 4), np.ones((3, 3), int))
    probes.append((blocks, (11 - blocks) * 3))
    probes.append((blocks, np.zeros_like(blocks)))
    probes.append((rng.integers(0, 5, size=(8, 9)), rng.integers(0, 4, size=(8, 9))))
    for _ in range(3):
        merged = np.where(rng.random(12) < 0.3, 0, np.arange(12))[blocks]
        merged[rng.random(blocks.shape) < 0.1] = 7
        probes.append((blocks, merged))
    return probes


def gap_probes(rng):
    """Lines that run into the frame on all sides, with gaps; squares of 3 and 5 pixels."""
    probes = []
    for k, shape in ((3, (17, 20)), (3, (15, 15)), (5, (21, 24))):
        mask = np.zeros(shape, bool)
        for row in (5, shape[0] - 5):
            mask[row] = True
        for column in (4, shape[1] - 6):
            mask[:, column] = True
        mask &= rng.random(shape) > 0.12
        mask[0, 4] = mask[5, 0] = mask[5, -1] = mask[-1, 4] = True
        mask[5, 5 : 10 + k] = True
        mask[5, 8 : 7 + k] = False  # k - 1 pixels: the widest gap that this square closes
        # A line that stops one pixel before the frame: only a mirrored frame closes that.
        mask[:3, -6] = [False, True, True]
        probes.append((mask, k))
    return probes


def page_probes(rng):
    """Pages with all, a few and no labels."""
    probes = []
    for n in (2, 3, 4):
        y = rng.integers(0, 2, size=(n, 6, 5)).astype("float64")
        p = rng.uniform(0.05, 0.95, size=(n, 6, 5))
        weight = (rng.random((n, 6, 5)) < rng.uniform(0.1, 0.6, size=(n, 1, 1))).astype("float64")
        weight[0] = 1
        weight[1, 0, 0] = 1
        if n == 4:
            weight[2] = 0
        probes.append((y, p, weight))
    return probes


def report_probes(rng):
    """Tables in which validation, test and their sum, and rows and columns on their own, choose differently."""
    probes = []
    while len(probes) < 4:
        validation, test = rng.uniform(0.3, 0.7, size=(2, 5, 4))
        best = [
            np.unravel_index(table.argmax(), table.shape) for table in (validation, test, validation + test)
        ]
        one_by_one = (validation.mean(axis=1).argmax(), validation.mean(axis=0).argmax())
        mixed = (best[0][0], test[best[0][0]].argmax())
        last = (4, validation[4].argmax())
        if len({tuple(map(int, place)) for place in (*best, one_by_one, mixed, last)}) == 6:
            probes.append((validation, test))
    return probes


def pair_probes(rng):
    """Pairs of near pixels of new fields, half of them in one cell; 32 shades of grey keep the file small."""
    from coursekit.data import load

    fields = load("monolayer", n=10, seed=int(rng.integers(10_000, 2**31)))
    pairs, answers = [], []
    for cells in fields.extra["cells"]:
        wanted = {True: 40, False: 40}
        chosen = []
        while any(wanted.values()):
            first = rng.integers(0, 64, size=2)
            second = first + rng.integers(-9, 10, size=2)
            if (second < 0).any() or (second > 63).any() or np.abs(second - first).max() < 4:
                continue
            a, b = int(cells[tuple(first)]), int(cells[tuple(second)])
            same = a == b
            if a and b and wanted[same]:
                wanted[same] -= 1
                chosen.append((*first, *second, same))
        chosen = rng.permutation(np.array(chosen, dtype="int64"))
        pairs.append(chosen[:, :4])
        answers.append(chosen[:, 4])
    images = (np.round(fields.images * 31) / 31).astype("float32")
    return [Probe((images, np.array(pairs)), np.array(answers), "fields that nobody has seen")]


QUESTIONS = [
    Question(
        name="mean_dice",
        asks="Mean over pictures of the Dice of two stacks of masks; 1 where both masks of a picture are empty.",
        points=2,
        probes=mask_probes,
        compare=close(1e-9),  # ratios of whole numbers
        hints=[
            "Go through the pairs: `for a, b in zip(truths, predictions)`. `(a & b).sum()` counts shared pixels.",
            "Dice of one pair is `2 * (a & b).sum() / (a.sum() + b.sum())`. When is that 0 / 0, and what should it be then?",
            "Collect the scores in a list, and return `np.mean(scores)`.",
        ],
        right="The same convention as in the rest of the course.",
        wrong={
            """
def mean_dice(truths, predictions):
    scores = []
    for a, b in zip(truths, predictions):
        union = (a | b).sum()
        scores.append((a & b).sum() / union if union else 1.0)
    return np.mean(scores)
""": "That is IoU. Dice divides twice the shared pixels by the pixels of both masks, added up.",
            """
def mean_dice(truths, predictions):
    return np.mean([2 * (a & b).sum() / (a.sum() + b.sum()) for a, b in zip(truths, predictions)])
""": "Two empty masks divide 0 by 0. Nothing was wrong in that picture: its Dice is 1.",
            """
def mean_dice(truths, predictions):
    total = truths.sum() + predictions.sum()
    return 2 * (truths & predictions).sum() / total if total else 1.0
""": "You count the pixels of all pictures together: a picture with a large object then weighs more. Take the "
            "mean of the pictures' scores.",
            """
def mean_dice(truths, predictions):
    scores = []
    for a, b in zip(truths, predictions):
        total = a.sum() + b.sum()
        scores.append(2 * (a & b).sum() / total if total else 0.0)
    return np.mean(scores)
""": "Two empty masks get 0 from you. Nothing was there and nothing was found: that is 1.",
            """
def mean_dice(truths, predictions):
    scores = []
    for a, b in zip(truths, predictions):
        total = a.sum() + b.sum()
        if total:
            scores.append(2 * (a & b).sum() / total)
    return np.mean(scores)
""": "You leave out pictures in which both masks are empty. They count, with 1.",
            """
def mean_dice(truths, predictions):
    return np.mean(truths == predictions)
""": "That is the share of pixels that agree. Where borders are rare, an empty mask does well by it.",
            """
def mean_dice(truths, predictions):
    scores = []
    for a, b in zip(truths, predictions):
        total = a.sum() + b.sum()
        scores.append((a & b).sum() / total if total else 1.0)
    return np.mean(scores)
""": "The 2 is missing: two equal masks would score 0.5.",
        },
    ),
    Question(
        name="cell_regions",
        asks="The number of the region of each pixel between thinned borders; 0 on the line.",
        points=2,
        probes=border_probes,
        compare=close(0),  # whole numbers
        needs=["thin"],
        hints=[
            "Three steps: thin the borders, turn `True` and `False` round, number what is `True`.",
            "`~mask` turns a boolean mask round. Through which neighbours may cells be connected?",
            "`label(~thin(borders), connectivity=1)`",
        ],
        right="Thin lines part cells now, and thick ones do no harm.",
        wrong={
            "lambda borders: label(~thin(borders), connectivity=2)": (
                "You let regions connect over corners, as `label` does by itself: cells touch through each diagonal step "
                "of a thin line. Take `connectivity=1`."
            ),
            "lambda borders: label(thin(borders), connectivity=1)": (
                "You number the lines. The cells are what is *not* line: `~`."
            ),
            "lambda borders: label(~borders, connectivity=1)": (
                "You did not thin the borders: the pixels of thick lines belong to no cell in yours."
            ),
            "lambda borders: thin(borders)": "These are the lines; number the regions between them with `label`.",
            "lambda borders: label(~skeletonize(borders), connectivity=1)": (
                "You thin without continuing the lines beyond the frame: gaps open there. The cell above has `thin`."
            ),
            "lambda borders: label(~thin(borders), connectivity=1).max()": (
                "Return the whole array of numbers, not how many there are."
            ),
        },
    ),
    Question(
        name="adjusted_rand",
        asks="The adjusted Rand index of two partitions of the same pixels.",
        points=3,
        probes=partition_probes,
        compare=close(1e-9),  # some ten operations with whole numbers below 10⁴
        hints=[
            "First the table of n_ij: `np.unique(a, return_inverse=True)[1]` renames the regions to 0, 1, 2, …; then "
            "`np.add.at(table, (rows, columns), 1)`.",
            "Write a small function `pairs(n)` for `(n * (n - 1) / 2).sum()`. It gives S from the table, A and B from its "
            "row sums and column sums, and all pairs from its total.",
            "E = A * B / all pairs, and the index is (S - E) / ((A + B) / 2 - E).",
        ],
        right="Every pair of pixels was asked, and none was listed.",
        wrong={
            """
def adjusted_rand(a, b):
    a, b = np.ravel(a), np.ravel(b)
    upper = np.triu_indices(len(a), 1)
    return ((a[:, None] == a)[upper] == (b[:, None] == b)[upper]).mean()
""": "That is the plain Rand index. Nearly all pairs are different in both, so it is high for anything: take off chance.",
            """
def adjusted_rand(a, b):
    rows, columns = (np.unique(np.ravel(x), return_inverse=True)[1] for x in (a, b))
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    pairs = lambda n: (n * (n - 1) / 2).sum()
    return pairs(table) / ((pairs(table.sum(axis=1)) + pairs(table.sum(axis=0))) / 2)
""": "The expected term is missing, above and below: one region against many should give 0.",
            """
def adjusted_rand(a, b):
    return (np.ravel(a) == np.ravel(b)).mean()
""": "You compare the numbers of the regions. They mean nothing: region 3 here may be region 7 there.",
            """
def adjusted_rand(a, b):
    rows, columns = (np.unique(np.ravel(x), return_inverse=True)[1] for x in (a, b))
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    pairs = lambda n: (n * (n - 1) / 2).sum()
    s, x, y = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = x * y / pairs(table.sum())
    return (s - expected) / (max(x, y) - expected)
""": "Below the line stands the mean of A and B, not the larger one.",
            """
def adjusted_rand(a, b):
    rows, columns = (np.unique(np.ravel(x), return_inverse=True)[1] for x in (a, b))
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    pairs = lambda n: (n**2).sum()
    s, x, y = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = x * y / pairs(table.sum())
    return (s - expected) / ((x + y) / 2 - expected)
""": "n pixels make n (n - 1) / 2 pairs: a pixel makes no pair with itself.",
            """
def adjusted_rand(a, b):
    rows, columns = (np.unique(np.ravel(x), return_inverse=True)[1] for x in (a, b))
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    pairs = lambda n: (n * (n - 1) / 2).sum()
    s, x, y = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = x * y / table.sum()
    return (s - expected) / ((x + y) / 2 - expected)
""": "E divides by the number of all *pairs*; you divide by the number of pixels.",
            """
def adjusted_rand(a, b):
    rows, columns = (np.unique(np.ravel(x), return_inverse=True)[1] for x in (a, b))
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    table[rows, columns] += 1
    pairs = lambda n: (n * (n - 1) / 2).sum()
    s, x, y = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = x * y / pairs(table.sum())
    return (s - expected) / ((x + y) / 2 - expected)
""": "`table[rows, columns] += 1` counts a cell once, however often it comes up. `np.add.at` counts each time.",
            """
def adjusted_rand(a, b):
    a, b = np.ravel(a), np.ravel(b)
    kept = (a > 0) & (b > 0)
    rows, columns = (np.unique(x[kept], return_inverse=True)[1] for x in (a, b))
    if not kept.any():
        return 0.0
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    pairs = lambda n: (n * (n - 1) / 2).sum()
    s, x, y = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = x * y / pairs(table.sum())
    return (s - expected) / ((x + y) / 2 - expected)
""": "You leave out number 0. Here every number is a region, 0 as well.",
        },
    ),
    Question(
        name="close_borders",
        asks="Fill gaps of lines by closing with a square, the frame mirrored.",
        points=2,
        probes=gap_probes,
        compare=close(0),  # True and False
        hints=[
            'Three steps: `np.pad(mask, k, mode="symmetric")`, close, cut off.',
            "What was padded by k on each side is cut off with `[k:-k, k:-k]`.",
        ],
        right="The frame leaves the borders alone.",
        wrong={
            "lambda mask, k: binary_closing(mask, np.ones((k, k)))": (
                "Unpadded: the frame ate its borders, and the cells there run together."
            ),
            "lambda mask, k: binary_closing(np.pad(mask, k), np.ones((k, k)))[k:-k, k:-k]": (
                'What you padded is no mirror image: gaps between a line and the frame stay open. Take `mode="symmetric"`.'
            ),
            "lambda mask, k: binary_closing(np.pad(mask, k, mode='symmetric'), np.ones((k, k)))": (
                "Cut off what you added: the result should be as large as the mask."
            ),
            """
def close_borders(mask, k):
    from scipy.ndimage import binary_dilation
    return binary_dilation(np.pad(mask, k, mode="symmetric"), np.ones((k, k)))[k:-k, k:-k]
""": "You widened the lines and left them wide. Closing thins them again by as much.",
            """
def close_borders(mask, k):
    from scipy.ndimage import binary_opening
    return binary_opening(np.pad(mask, k, mode="symmetric"), np.ones((k, k)))[k:-k, k:-k]
""": "That is opening: it thins first, and no thin line survives. Closing widens first.",
            "lambda mask, k: binary_closing(np.pad(mask, k, mode='symmetric'), np.ones((3, 3)))[k:-k, k:-k]": (
                "The square is always 3 × 3: `k` has no effect on it."
            ),
            "lambda mask, k: binary_closing(np.pad(mask, k, mode='symmetric'))[k:-k, k:-k]": (
                "Without a square of k × k, SciPy takes a small cross, and `k` has no effect."
            ),
        },
    ),
    Question(
        name="masked_loss",
        asks="Mean cross-entropy over the labelled pixels of each page; 0 for a page without labels.",
        points=2,
        probes=page_probes,
        compare=close(1e-6),  # logarithms of float64; 1e-6 also lets a small clipping of p pass
        hints=[
            "First the cross-entropy of every pixel: `-(y * np.log(p) + (1 - y) * np.log(1 - p))`.",
            "Multiply with `weight`, add up over rows and columns (`axis=(1, 2)`), and divide by how many pixels are labelled.",
            "A page without labels divides 0 by 0: `np.maximum(weight.sum(axis=(1, 2)), 1)`.",
        ],
        right="What nobody labelled has no say.",
        wrong={
            """
def masked_loss(y, p, weight):
    each = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    return (weight * each).mean(axis=(1, 2))
""": "You divide by all pixels: a page with 10 % labels weighs a tenth. Divide by the labelled ones.",
            """
def masked_loss(y, p, weight):
    each = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    return (weight * each).sum(axis=(1, 2)) / weight.sum(axis=(1, 2))
""": "An unlabelled page gives NaN, and one NaN in a batch spoils all weights. It should cost 0.",
            """
def masked_loss(y, p, weight):
    each = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    return each.mean(axis=(1, 2))
""": "`weight` has no effect: unlabelled pixels count as background.",
            """
def masked_loss(y, p, weight):
    each = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    return (weight * each).sum() / np.maximum(weight.sum(), 1)
""": "One number for all pages came; each page has its own loss, shape (n,).",
            """
def masked_loss(y, p, weight):
    y = y * weight
    each = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    return each.mean(axis=(1, 2))
""": "You set unlabelled pixels to 0 and still count them: that says they are background.",
            """
def masked_loss(y, p, weight):
    each = -y * np.log(p)
    return (weight * each).sum(axis=(1, 2)) / np.maximum(weight.sum(axis=(1, 2)), 1)
""": "Half of the cross-entropy is missing: pixels with truth 0 cost -log(1 - p).",
            """
def masked_loss(y, p, weight):
    each = y * np.log(p) + (1 - y) * np.log(1 - p)
    return (weight * each).sum(axis=(1, 2)) / np.maximum(weight.sum(axis=(1, 2)), 1)
""": "The sign: logarithms of probabilities are negative, a loss is minus that.",
        },
    ),
    Question(
        name="honest_report",
        asks="Checkpoint and threshold, chosen on validation, and the test score to report for them.",
        points=2,
        probes=report_probes,
        compare=close(1e-9),  # two places and a copied number
        hints=[
            "Two jobs, two sets: one chooses, the other judges what was chosen.",
            "`validation.argmax()` is a place in the table read row by row; "
            "`np.unravel_index(validation.argmax(), validation.shape)` is its row and column.",
            "Report `test[row, column]`, whatever it is.",
        ],
        right="The test fields were asked once.",
        wrong={
            """
def honest_report(validation, test):
    stop, cut = np.unravel_index(test.argmax(), test.shape)
    return stop, cut, test[stop, cut]
""": "You stopped and cut where the test fields are best, as your colleague did.",
            """
def honest_report(validation, test):
    stop, cut = np.unravel_index(validation.argmax(), validation.shape)
    return stop, cut, validation[stop, cut]
""": "Well chosen, but you report the score that chose it, and that one is flattered. Report the test score.",
            """
def honest_report(validation, test):
    stop = np.unravel_index(validation.argmax(), validation.shape)[0]
    cut = test[stop].argmax()
    return stop, cut, test[stop, cut]
""": "The checkpoint is honest, the threshold was chosen on the test fields.",
            """
def honest_report(validation, test):
    stop, cut = np.unravel_index(validation.argmax(), validation.shape)
    return stop, cut, test.max()
""": "You report the best test score, which belongs to another checkpoint and threshold.",
            """
def honest_report(validation, test):
    both = validation + test
    stop, cut = np.unravel_index(both.argmax(), both.shape)
    return stop, cut, test[stop, cut]
""": "The test fields had a vote in the choice. They may only judge it.",
            """
def honest_report(validation, test):
    stop, cut = validation.mean(axis=1).argmax(), validation.mean(axis=0).argmax()
    return stop, cut, test[stop, cut]
""": "You chose row and column one by one, by their means. Choose them together: the best cell of the table.",
            """
def honest_report(validation, test):
    stop, cut = len(validation) - 1, validation[-1].argmax()
    return stop, cut, test[stop, cut]
""": "You always take the last checkpoint; the validation fields may say when to stop.",
        },
    ),
    Question(
        name="same_cell",
        asks="Whether two pixels of a new field lie in the same cell, after training on four fields; 85 % must be right.",
        points=4,
        probes=pair_probes,
        compare=accuracy(0.85),
        needs=["fields", "train", "thin"],
        seconds=180,
        memory_mb=4096,
        hints=[
            "Augment: `train_unet(fields.images, fields.targets, recipe('cells', seed=0), steps=300)`.",
            "Cells must be closed. Which threshold of part 9 was better for ARI?",
            "`regions = expand_labels(label(~thin(p > 0.25), connectivity=1), 64)`; then compare `regions` at both pixels of "
            "each pair.",
        ],
        right="You never scored a line, only what it encloses.",
        wrong={
            """
finder = train_unet(fields.images, fields.targets, steps=100, seed=0)
def same_cell(images, pairs):
    result = []
    for chance, places in zip(probabilities(finder, images)[..., 0], pairs):
        regions = label(chance <= 0.5, connectivity=1)
        result.append(regions[places[:, 0], places[:, 1]] == regions[places[:, 2], places[:, 3]])
    return np.array(result)
""": "of your predictions are right",
            "lambda images, pairs: np.abs(pairs[..., :2] - pairs[..., 2:]).max(axis=-1) < 6": (
                "of your predictions are right"
            ),
            "lambda images, pairs: np.ones(pairs.shape[:2], bool)": "of your predictions are right",
        },
    ),
    quiz(
        "quiz_leak",
        "A border prediction has Dice 0.94 and ARI 0.02. What is the likeliest reason?",
        {
            "a": (
                "A bug in the ARI: two scores of one mask can't differ that much.",
                "They ask different questions, and you have seen ideal masks for which they do differ that much.",
            ),
            "b": (
                "The borders leak: small holes join the cells.",
                "Nearly all pixels are right, and nearly all cells are one. Look at the regions in colour.",
            ),
            "c": (
                "The borders are drawn too thick.",
                "Then Dice would suffer, and ARI, which thins all lines first, would hardly notice.",
            ),
            "d": (
                "Too few test pictures.",
                "Chance makes scores wobble. It does not take one of two scores of the same masks down to nothing.",
            ),
        },
        correct="b",
    ),
    quiz(
        "quiz_moved",
        "A prediction has all borders, one pixel thin, but everywhere one pixel to the right. What do you expect?",
        {
            "a": (
                "ARI is about 0.",
                "All cells are there, each shifted by a pixel: most pairs of pixels stay together or apart as they were.",
            ),
            "b": (
                "Both scores are high.",
                "The cells survive. But a thin line that is off by its own width overlaps with almost nothing.",
            ),
            "c": (
                "Dice is low, ARI is not: the cells survive, the overlap of thin lines does not.",
                "How low depends on the thickness; thick lines would still overlap.",
            ),
            "d": (
                "Both scores are low.",
                "Dice is. For the regions between the lines, one pixel is little.",
            ),
        },
        correct="c",
    ),
    quiz(
        "quiz_skips",
        "What do the skips of a U-Net give to the way up?",
        {
            "a": (
                "More depth.",
                "They add no level. They are short cuts past the deep ones.",
            ),
            "b": (
                "Position at full resolution.",
                "The coarse maps know what is there, the fine maps of the way down know exactly where.",
            ),
            "c": (
                "Regularisation.",
                "They add weights and paths, which makes learning by heart easier, not harder.",
            ),
            "d": (
                "Speed.",
                "More channels have to be convolved, so a step takes a little longer.",
            ),
        },
        correct="b",
    ),
    quiz(
        "quiz_partial",
        "Of a page, two of fifteen articles were labelled. What do you do with the rest of it?",
        {
            "a": (
                "Label it as background.",
                "Then thirteen articles teach the network that articles are background.",
            ),
            "b": (
                "Drop the page.",
                "That is safe, and throws away two good articles and their borders.",
            ),
            "c": (
                "Give it random labels, so that errors average out.",
                "Noise does average out, slowly, and at the price of many more pages. Nothing has to be said about "
                "these pixels at all.",
            ),
            "d": (
                "Give its pixels weight 0 in the loss.",
                "What is known teaches, and the rest is silent.",
            ),
        },
        correct="d",
    ),
]
