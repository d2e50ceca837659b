"""The questions of lesson 05: probes, tolerances, points, hints, and wrong answers with what each should hear."""

import numpy as np

from coursekit.course.compare import accuracy, close, exact
from coursekit.course.questions import Probe, Question, quiz

OPERATIONS = ("rotate 10", "rotate 180", "flip", "brighten")
DOMAINS = ("digit", "cells", "stain", "hand")
CHANGES = {("rotate 180", "digit"), ("flip", "digit"), ("flip", "hand"), ("brighten", "stain")}


def table(changes):
    """An answer to the first exercise: these pairs change the label, all others keep it."""
    return f"lambda operation, domain: (operation, domain) not in {sorted(changes)!r}"


def label_probes(rng):
    """All sixteen pairs, in random order."""
    pairs = [(operation, domain) for operation in OPERATIONS for domain in DOMAINS]
    return [pairs[i] for i in rng.permutation(len(pairs))]


def smooth(rng, shape):
    """A picture in which neighbouring pixels are alike, so that interpolation has something to go by."""
    from scipy.ndimage import gaussian_filter

    picture = gaussian_filter(rng.random(shape), 2.0)
    return (picture - picture.min()) / np.ptp(picture)


def warp_probes(rng):
    """A shift by whole pixels, a turn, and maps of every kind, on pictures that are not square."""
    angle = rng.uniform(0.3, 0.8)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    probes = [
        (smooth(rng, (9, 11)), np.eye(2), np.array([3.0, -2.0])),
        (smooth(rng, (10, 13)), turn, np.zeros(2)),
    ]
    for _ in range(2):
        stretch = rng.uniform(0.75, 1.3, size=2) * rng.choice([-1, 1], size=2)
        slant = np.array([[1, 0], [rng.uniform(0.2, 0.5), 1]])
        probes.append(
            (
                smooth(rng, tuple(rng.integers([9, 12], [12, 15]))),
                turn @ slant @ np.diag(stretch),
                rng.uniform(1.5, 4, size=2),
            )
        )
    return probes


def pair_probes(rng):
    """Smooth pictures and where they are bright, so that picture and mask belong together."""
    probes = []
    for shape in ((16, 16), (14, 20)):
        picture = smooth(rng, shape)
        probes.append((picture, (picture > np.median(picture)).astype("float32"), int(rng.integers(10_000))))
    return probes


def mixup_probes(rng):
    """Labels and pictures, grey and in colour; never as many rows as columns."""
    labels = np.eye(4)[rng.permutation(4)[:3]]
    probes = [Probe((labels, rng.uniform(0.55, 0.9, size=3), np.array([1, 2, 0])), note="labels")]
    for shape, what in (((4, 3, 5, 1), "grey pictures"), ((5, 6, 4, 3), "colour pictures")):
        n = shape[0]
        partner = np.roll(np.arange(n), int(rng.integers(1, n - 1)))
        probes.append(Probe((rng.random(shape), rng.uniform(0.05, 0.45, size=n), partner), note=what))
    return probes


def cutmix_probes(rng):
    """A box inside, boxes over each corner, one outside, and one that is larger than the picture."""
    boxes = [
        (int(rng.integers(1, 5)), int(rng.integers(1, 5)), int(rng.integers(3, 7)), int(rng.integers(8, 12))),
        (-3, -2, 9, int(rng.integers(8, 12))),
        (int(rng.integers(9, 12)), 14, 9, 12),
        (-int(rng.integers(1, 4)), 12, 7, 11),
        (20, 3, 5, 5),
        (-4, -4, 40, 50),
    ]
    probes = []
    for box in boxes:
        n = int(rng.integers(3, 6))
        labels = np.eye(6)[rng.permutation(6)[:n]]
        probes.append((labels, np.roll(np.arange(n), 1), box, (16, 20)))
    return probes


def report_probes(rng):
    """Scores whose best strength is one on validation, another on test, and a third in the luckiest repeat."""
    probes = []
    while len(probes) < 4:
        strengths = np.sort(rng.choice(np.arange(1, 13), size=6, replace=False)) / 4
        validation, test = rng.uniform(0.85, 0.95, size=(2, 3, 6))
        repeat, luckiest = np.unravel_index(validation.argmax(), validation.shape)
        candidates = {
            int(validation.mean(axis=0).argmax()),
            int(test.mean(axis=0).argmax()),
            int((validation + test).mean(axis=0).argmax()),
            int(luckiest),
            int(validation[0].argmax()),
        }
        # In a later repeat, the place in the whole table is none in the list of strengths.
        if len(candidates) == 5 and repeat > 0:
            probes.append((strengths, validation, test))
    return probes


def letter_probes(rng):
    """Three hundred new letters, in 16 shades of grey to keep the file small."""
    from coursekit.data import load

    # The letters and how they are drawn are those of the cell "letters"; 82 is how many the alphabets have.
    drawn = load(
        "glyphs",
        n=82 * 30,
        seed=int(rng.integers(10_000, 2**31)),
        alphabet=("latin", "greek", "cyrillic"),
        size=24,
    )
    rows, labels = [], []
    for label, letter in enumerate("NИRЯVΛMWLГ"):
        found = np.flatnonzero(drawn.targets == drawn.card.class_names.index(letter))
        rows += list(found)
        labels += [label] * len(found)
    order = rng.permutation(len(rows))
    images = np.round(drawn.images[np.array(rows)[order]] * 15) / 15
    return [Probe((images.astype("float32"),), np.array(labels)[order], "letters that nobody has seen")]


QUESTIONS = [
    Question(
        name="keeps_label",
        asks="Whether an operation leaves the right answer as it is, for every picture of a domain.",
        points=2,
        probes=label_probes,
        compare=exact(),
        hints=[
            "Go through the sixteen pairs one by one, and imagine the picture: who would still give the same answer?",
            "Four of the sixteen change the answer; two of these four are about digits.",
            "Put the pairs that change it in a set, and return `(operation, domain) not in changes`.",
        ],
        right="And nothing but the question decides: the same flip is free for cells and a lie for digits.",
        wrong={
            table(CHANGES - {("flip", "digit")}): (
                "You let digits be flipped. In the mirror, 2, 3, 4 and most others are signs that nobody writes, "
                "and a 2 comes close to a 5."
            ),
            table(CHANGES - {("rotate 180", "digit")}): (
                "You let digits be turned by 180°. A 6 is a 9 then."
            ),
            table(CHANGES - {("rotate 180", "digit"), ("flip", "digit")}): (
                "Digits have an up and a right way round: turned by 180°, a 6 is a 9, and flipped, most of them "
                "are no digits."
            ),
            table(CHANGES - {("flip", "hand")}): (
                "You let hands be flipped. In the mirror, a left hand is a right hand."
            ),
            table(CHANGES - {("brighten", "stain")}): (
                "You let the stained tissue be brightened. How dark it is, is what the question asks."
            ),
            table(CHANGES | {("rotate 180", "cells")}): (
                "You forbid turning the cells by 180°. A dish has no up: the mask moves along, and stays right."
            ),
            table(CHANGES | {("flip", "cells")}): (
                "You forbid flipping the cells. A mirrored field, with its mask mirrored too, is as good a field."
            ),
            table(CHANGES | {("rotate 180", "cells"), ("flip", "cells")}): (
                "What is forbidden for digits is free for cells: a dish has no up, and the mask moves along."
            ),
            table(CHANGES | {("rotate 180", "hand")}): (
                "You forbid turning the hand. A left hand that points down is still a left hand; only a mirror "
                "makes it a right one."
            ),
            table(CHANGES | {("rotate 10", "digit")}): (
                "You forbid turning digits by 10°. People write that way: a 6 that leans a little is a 6."
            ),
            table(CHANGES | {("flip", "stain")}): (
                "You forbid flipping the stained tissue. The amount of brown does not change in a mirror."
            ),
            "lambda operation, domain: True": (
                "Every operation keeps every label, you say. Turn a 6 by 180°, or hold your left hand before a mirror."
            ),
        },
    ),
    Question(
        name="warp",
        asks="Move what lies at p, seen from the centre, to matrix @ p + shift: backwards, bilinear, mirrored outside.",
        points=3,
        probes=warp_probes,
        compare=close(1e-4),  # smooth pictures; float32 and float64 differ by less
        hints=[
            "`back` takes an output place to an input place: it is the inverse of `matrix`, `np.linalg.inv(matrix)`.",
            "The formula counts from the centre, SciPy from the corner. With c = centre: input = back @ (output - c - shift) + c.",
            "Multiply out: input = back @ output + (c - back @ (c + shift)). The bracket is `offset`.",
        ],
        right="One interpolation, whatever the matrix.",
        wrong={
            """
def warp(image, matrix, shift):
    centre = (np.array(image.shape) - 1) / 2
    return affine_transform(image, matrix, centre - matrix @ centre + shift, order=1, mode="reflect")
""": "You map forwards. SciPy asks for each output pixel where it comes from: undo the shift, then take the inverse.",
            """
def warp(image, matrix, shift):
    return affine_transform(image, matrix, shift, order=1, mode="reflect")
""": "SciPy's matrix and offset say where a pixel comes from, counted from the corner; yours say where content goes.",
            """
def warp(image, matrix, shift):
    centre = (np.array(image.shape) - 1) / 2
    return affine_transform(image, matrix, centre - matrix @ (centre + shift), order=1, mode="reflect")
""": "You used the matrix itself. SciPy asks where a pixel comes from, so it needs the inverse: yours turns the other way.",
            """
def warp(image, matrix, shift):
    back = np.linalg.inv(matrix)
    return affine_transform(image, back, -back @ shift, order=1, mode="reflect")
""": "You turn about the corner, the pixel (0, 0). The matrix should act about the centre of the picture.",
            """
def warp(image, matrix, shift):
    back = np.linalg.inv(matrix)
    centre = (np.array(image.shape) - 1) / 2
    return affine_transform(image, back, centre - back @ (centre - shift), order=1, mode="reflect")
""": "Your shift goes the wrong way: content that moves down is found further up.",
            """
def warp(image, matrix, shift):
    back = np.linalg.inv(matrix)
    centre = (np.array(image.shape) - 1) / 2
    return affine_transform(image, back, centre - back @ centre - shift, order=1, mode="reflect")
""": "The shift comes last, so going back it is undone first: `back` acts on output - centre - shift.",
            """
def warp(image, matrix, shift):
    back = np.linalg.inv(matrix)[::-1, ::-1]
    centre = (np.array(image.shape) - 1) / 2
    return affine_transform(image, back, centre - back @ (centre + shift[::-1]), order=1, mode="reflect")
""": "Rows and columns are swapped: everything here counts rows first, as arrays do.",
            """
def warp(image, matrix, shift):
    back = np.linalg.inv(matrix)
    centre = np.array(image.shape) / 2
    return affine_transform(image, back, centre - back @ (centre + shift), order=1, mode="reflect")
""": "Half a pixel off: the middle of pixels 0 to h - 1 is (h - 1) / 2.",
            """
def warp(image, matrix, shift):
    back = np.transpose(matrix)
    centre = (np.array(image.shape) - 1) / 2
    return affine_transform(image, back, centre - back @ (centre + shift), order=1, mode="reflect")
""": "The transpose undoes a turn, but not a zoom or a slant: take `np.linalg.inv(matrix)`.",
            """
def warp(image, matrix, shift):
    back = np.linalg.inv(matrix)
    centre = (np.array(image.shape) - 1) / 2
    return affine_transform(image, back, centre - back @ (centre + shift), order=1)
""": "Black comes in from outside, a clue that no real picture has: `mode=\"reflect\"`.",
            """
def warp(image, matrix, shift):
    back = np.linalg.inv(matrix)
    centre = (np.array(image.shape) - 1) / 2
    return affine_transform(image, back, centre - back @ (centre + shift), order=1, mode="mirror")
""": "With `mirror` the outermost pixel is not repeated in the mirror image; `reflect` was asked for.",
            """
def warp(image, matrix, shift):
    back = np.linalg.inv(matrix)
    centre = (np.array(image.shape) - 1) / 2
    return affine_transform(image, back, centre - back @ (centre + shift), mode="reflect")
""": "The geometry is right; SciPy interpolates by cubic splines unless you say `order=1`.",
        },
    ),
    Question(
        name="warp_pair",
        asks="Distort a picture and its mask by the same random places; the mask takes nearest pixels.",
        points=3,
        probes=pair_probes,
        compare=close(1e-4),  # the same interpolation of the same numbers; masks are 0 or 1
        needs=["elastic"],
        hints=[
            "Call `random_places(image.shape, rng)` once, and keep what it returns.",
            "Look up both at these places: the picture with `order=1`, the mask with `order=0`.",
            "`np.stack([map_coordinates(image, places, order=1, mode='reflect'), map_coordinates(mask, places, order=0, mode='reflect')])`",
        ],
        right="They still belong together.",
        wrong={
            """
def warp_pair(image, mask, seed):
    rng = np.random.default_rng(seed)
    moved = map_coordinates(image, random_places(image.shape, rng), order=1, mode="reflect")
    return np.stack([moved, map_coordinates(mask, random_places(mask.shape, rng), order=0, mode="reflect")])
""": "You drew twice: picture and mask went separate ways. Draw the places once, and use them for both.",
            """
def warp_pair(image, mask, seed):
    places = random_places(image.shape, np.random.default_rng(seed))
    return np.stack([map_coordinates(values, places, order=1, mode="reflect") for values in (image, mask)])
""": "Your mask has values between 0 and 1: use `order=0` for it.",
            """
def warp_pair(image, mask, seed):
    places = random_places(image.shape, np.random.default_rng(seed))
    return np.stack([map_coordinates(image, places, order=1, mode="reflect"), mask])
""": "Your mask stayed where it was, while the picture moved away beneath it.",
            """
def warp_pair(image, mask, seed):
    places = random_places(image.shape, np.random.default_rng(seed))
    return np.stack([map_coordinates(values, places, order=0, mode="reflect") for values in (image, mask)])
""": "The mask is right. The picture should be interpolated: `order=1` for it.",
            """
def warp_pair(image, mask, seed):
    places = random_places(image.shape, np.random.default_rng(seed))
    moved = [map_coordinates(values, places, order=order) for values, order in ((image, 1), (mask, 0))]
    return np.stack(moved)
""": "Zeros come in from outside: `mode=\"reflect\"` for both.",
        },
    ),
    Question(
        name="mixup",
        asks="Blend each row with its partner's: share of its own, the rest of the partner's.",
        points=2,
        probes=mixup_probes,
        compare=close(1e-6),  # one product and one sum
        hints=[
            "`values[partner]` holds each row's partner.",
            "`share` has one number for each row. To multiply pictures with it, it needs shape (n, 1, 1, 1); for labels (n, 1).",
            "`share.reshape(-1, *[1] * (values.ndim - 1))` has the right shape for both.",
        ],
        right="One line for pictures and labels.",
        wrong={
            """
def mixup(values, share, partner):
    own = share.reshape(-1, *[1] * (values.ndim - 1))
    return (1 - own) * values + own * values[partner]
""": "The shares are swapped: `share` is what a row keeps of its own.",
            """
def mixup(values, share, partner):
    return share * values + (1 - share) * values[partner]
""": "There is one share for each row, but NumPy lines it up with the *last* axis: reshape it to (n, 1, ...).",
            """
def mixup(values, share, partner):
    return share[0] * values + (1 - share[0]) * values[partner]
""": "You use the first share for all rows; each row has its own.",
            """
def mixup(values, share, partner):
    return (values + values[partner]) / 2
""": "That averages half and half, which is sample pairing; `share` plays no part.",
            """
def mixup(values, share, partner):
    if values.ndim == 2:
        return values
    own = share.reshape(-1, 1, 1, 1)
    return own * values + (1 - own) * values[partner]
""": "Your labels stay as they are. In mixup they are mixed by the same share as the pictures.",
            """
def mixup(values, share, partner):
    own = share.reshape(-1, *[1] * (values.ndim - 1))
    return own * values + (1 - own) * values[::-1]
""": "Each row's partner is the one that `partner` names: `values[partner]`.",
            """
def mixup(values, share, partner):
    own = share.reshape(-1, 1, 1, 1)
    return own * values + (1 - own) * values[partner]
""": "Right for pictures. For labels, (n, k), the share needs shape (n, 1): as many axes as `values` has.",
            """
def mixup(values, share, partner):
    own = share.reshape(-1, 1)
    return own * values + (1 - own) * values[partner]
""": "Right for labels. For pictures, (n, h, w, c), the share needs shape (n, 1, 1, 1): as many axes as `values` has.",
            """
def mixup(values, share, partner):
    own = share.reshape(-1, *[1] * (values.ndim - 1))
    values *= own
    values += (1 - own) * values[partner]
    return values
""": "You write over the rows before they are blended in as partners, and over the caller's array: make a new one.",
        },
    ),
    Question(
        name="cutmix_labels",
        asks="Mix labels by the share of the picture that a box, cut off at the border, really covers.",
        points=3,
        probes=cutmix_probes,
        compare=close(1e-6),  # a ratio of whole numbers
        hints=[
            "The rows of the box that lie inside run from `max(top, 0)` to `min(top + height, size[0])`.",
            "A box may lie wholly outside; then that difference is negative, and the area is 0.",
            "With `pasted` = area inside / area of the picture: `(1 - pasted) * labels + pasted * labels[partner]`.",
        ],
        right="The label follows what was pasted, not what was drawn.",
        wrong={
            """
def cutmix_labels(labels, partner, box, size):
    top, left, height, width = box
    pasted = min(height * width / (size[0] * size[1]), 1)
    return (1 - pasted) * labels + pasted * labels[partner]
""": "You mix by the area that was *drawn*. What hangs over the border was cut off and does not count.",
            """
def cutmix_labels(labels, partner, box, size):
    top, left, height, width = box
    pasted = height * width / (size[0] * size[1])
    return (1 - pasted) * labels + pasted * labels[partner]
""": "You mix by the area of the box, which may even be larger than the picture. What hangs over does not count.",
            """
def cutmix_labels(labels, partner, box, size):
    top, left, height, width = box
    rows = max(min(top + height, size[0]) - max(top, 0), 0)
    columns = max(min(left + width, size[1]) - max(left, 0), 0)
    pasted = rows * columns / (size[0] * size[1])
    return pasted * labels + (1 - pasted) * labels[partner]
""": "The shares are swapped: the box comes from the partner, the rest is the picture's own.",
            """
def cutmix_labels(labels, partner, box, size):
    top, left, height, width = box
    rows = max(min(top + height, size[0]) - top, 0)
    columns = max(min(left + width, size[1]) - left, 0)
    pasted = rows * columns / (size[0] * size[1])
    return (1 - pasted) * labels + pasted * labels[partner]
""": "You cut off at the bottom and at the right. With a negative `top` or `left`, a part hangs over there too.",
            """
def cutmix_labels(labels, partner, box, size):
    top, left, height, width = box
    rows = min(top + height, size[0]) - max(top, 0)
    columns = min(left + width, size[1]) - max(left, 0)
    pasted = rows * columns / (size[0] * size[1])
    return (1 - pasted) * labels + pasted * labels[partner]
""": "A box that lies wholly outside gets a negative area: it should be 0 then.",
            """
def cutmix_labels(labels, partner, box, size):
    return labels
""": "Your labels are not mixed: that would be a box of wrong picture under the old label.",
            """
def cutmix_labels(labels, partner, box, size):
    top, left, height, width = box
    rows = max(min(top + height, size[1]) - max(top, 0), 0)
    columns = max(min(left + width, size[0]) - max(left, 0), 0)
    pasted = rows * columns / (size[0] * size[1])
    return (1 - pasted) * labels + pasted * labels[partner]
""": "Height and width of the picture are swapped: `size` is (height, width), and `top` counts rows.",
        },
    ),
    Question(
        name="honest_score",
        asks="The strength to use, chosen on validation, and the accuracy to report for it, from the test digits.",
        points=2,
        probes=report_probes,
        compare=close(1e-9),  # a copied number and a mean of three
        hints=[
            "Two jobs, two sets: one chooses, the other judges what was chosen.",
            "Average over the repeats (axis 0) before you look for the largest: `validation.mean(axis=0).argmax()`.",
            "Report `test.mean(axis=0)` at that place, whatever it is.",
        ],
        right="The test digits were asked once, about one strength.",
        wrong={
            """
def honest_score(strengths, validation, test):
    best = test.mean(axis=0).argmax()
    return strengths[best], test.mean(axis=0)[best]
""": "You chose on the test digits: the best of several scores there is partly luck with these digits.",
            """
def honest_score(strengths, validation, test):
    best = validation.mean(axis=0).argmax()
    return strengths[best], validation.mean(axis=0)[best]
""": "Well chosen, but you report the score that chose it, and that one is flattered. Report the test accuracy.",
            """
def honest_score(strengths, validation, test):
    return strengths[validation.mean(axis=0).argmax()], test.mean(axis=0).max()
""": "You report the best test score, which belongs to another strength than the one you chose.",
            """
def honest_score(strengths, validation, test):
    best = (validation + test).mean(axis=0).argmax()
    return strengths[best], test.mean(axis=0)[best]
""": "The test digits had a vote in the choice. They may only judge it.",
            """
def honest_score(strengths, validation, test):
    best = np.unravel_index(validation.argmax(), validation.shape)[1]
    return strengths[best], test.mean(axis=0)[best]
""": "You took the luckiest single repeat. Average over the repeats first.",
            """
def honest_score(strengths, validation, test):
    best = validation.mean(axis=0).argmax()
    return best, test.mean(axis=0)[best]
""": "Return the strength itself, `strengths[best]`, not its place in the list.",
            """
def honest_score(strengths, validation, test):
    best = validation[0].argmax()
    return strengths[best], test[0, best]
""": "You looked at the first repeat alone; there is a row for each of them.",
            """
def honest_score(strengths, validation, test):
    best = validation.mean(axis=1).argmax()
    return strengths[best], test.mean(axis=1)[best]
""": "You averaged over the strengths. Repeats are rows, so their mean is taken along axis 0.",
            """
def honest_score(strengths, validation, test):
    best = validation.argmax()
    return strengths[best], test.mean(axis=0)[best]
""": "`argmax` without an axis counts through the whole table. Average over the repeats first: one number for each strength.",
            """
def honest_score(strengths, validation, test):
    best = validation.mean(axis=0).argmax()
    return strengths[best], test[:, best]
""": "The strength is right. Report one number for it: the mean over the repeats.",
            """
def honest_score(strengths, validation, test):
    best = validation.mean(axis=0).argmax()
    return test.mean(axis=0)[best], strengths[best]
""": "The right two, the other way round: the strength comes first.",
            """
def honest_score(strengths, validation, test):
    return strengths[validation.mean(axis=0).argmax()]
""": "That is the strength to use. Return a pair: the strength, and its mean test accuracy.",
        },
    ),
    Question(
        name="predict_letters",
        asks="Labels of new letters, after training on a hundred; at least 90 % must be right.",
        points=4,
        probes=letter_probes,
        compare=accuracy(0.90),
        needs=["layers", "train", "letters"],
        seconds=180,
        memory_mb=4096,
        hints=[
            "Which claims hold? A flip makes an И out of an N, half a turn makes an M out of a W. A small turn makes nothing.",
            "The recipe for digits makes claims that are true of letters as well: `recipe('digits', s, seed=0)`. Try a strength of 0.5 to 1.",
            "`reader = train_network(letters, letter_labels, recipe('digits', 0.75, seed=0), steps=800)`; then `reader.predict(images, verbose=0).argmax(axis=1)`.",
        ],
        right="To compare recipes, keep a few of the hundred letters back, or average over several such splits.",
        wrong={
            """
reader = train_network(letters, letter_labels, None, steps=400)
def predict_letters(images):
    return reader.predict(images, verbose=0).argmax(axis=1)
""": "of your predictions are right",
            """
reader = train_network(letters, letter_labels, recipe("cells", seed=0), steps=400)
def predict_letters(images):
    return reader.predict(images, verbose=0).argmax(axis=1)
""": "of your predictions are right",
            """
reader = small_network(24, 10)
def predict_letters(images):
    return reader.predict(images, verbose=0)
""": "Take the largest of the class scores",
        },
    ),
    quiz(
        "quiz_falls",
        "With augmentation, accuracy on the training pictures as they are drawn falls, while test accuracy rises. Why?",
        {
            "a": (
                "There is a bug: training accuracy should be higher than test accuracy.",
                "It usually is, without augmentation, because the pictures are known by heart. Here the network never "
                "sees the same picture twice, and some of those that it sees are harder than any test picture.",
            ),
            "b": (
                "The task in training got harder, and learning by heart stopped being a way to solve it.",
                "Both belong together: what works on changed pictures carries over to new ones.",
            ),
            "c": (
                "The test pictures got easier.",
                "They are the same as before: nothing is changed in them.",
            ),
            "d": (
                "Augmentation lowers the learning rate.",
                "It changes the pictures, not the steps that the optimiser takes.",
            ),
        },
        correct="b",
    ),
    quiz(
        "quiz_epoch",
        "You augment on the fly, with eight operations. An epoch, one pass through your hundred pictures, then holds …",
        {
            "a": (
                "eight times as many pictures.",
                "That is the picture of copies in a folder. On the fly, each picture comes up once in an epoch, changed.",
            ),
            "b": (
                "fewer pictures, because some are destroyed.",
                "None is left out: each of the hundred comes up once, changed in some way.",
            ),
            "c": (
                "as many pictures, the same ones in each epoch.",
                "As many, yes. But the random numbers are drawn anew each time.",
            ),
            "d": (
                "as many pictures, other ones in each epoch.",
                "A hundred labels, a hundred pictures an epoch, and no two epochs alike.",
            ),
        },
        correct="d",
    ),
    quiz(
        "quiz_corner",
        "A field of cells is turned by 30°, and what comes in at the corners is black. That is …",
        {
            "a": (
                "harmless: the mask is empty there too.",
                "It is consistent, and yet wrong: the network sees straight black edges in half of its training and none "
                "in use, and it spends weights on them.",
            ),
            "b": (
                "good: it is a kind of noise.",
                "Noise has no shape. These corners do, and they tell by how much the picture was turned.",
            ),
            "c": (
                "a clue that no real picture has; let the border reflect.",
                "A mirrored border looks like more cells, and picture and mask go on alike.",
            ),
            "d": (
                "a change of the label.",
                "The answer inside stays right. What changed is that the pictures no longer look like those in use.",
            ),
        },
        correct="c",
    ),
    quiz(
        "quiz_twice",
        "A strength of 1 gained two points on validation data. At 2 the gain is gone. What next?",
        {
            "a": (
                "See whether the training loss still falls at 2 (more steps, a larger network), else go back towards 1.",
                "Harder pictures take longer. If the loss has settled, the claims have become false, and no step mends that.",
            ),
            "b": (
                "Give up augmentation: it does not work on these data.",
                "It gained two points at 1. The curve turned over, as such curves do.",
            ),
            "c": (
                "Go on to 4: it may rise again.",
                "At 4 the pictures are further still from those in use, and more of their labels are wrong.",
            ),
            "d": (
                "Augment the test pictures with strength 2 as well, so that they fit the training.",
                "Then the score answers another question: how well are heavily changed pictures read?",
            ),
        },
        correct="a",
    ),
]
