"""The questions of lesson 02: probes, tolerances, points, hints, and wrong answers with what each should hear."""

import numpy as np

from coursekit.course.compare import accuracy, close, exact, group_split
from coursekit.course.questions import Probe, Question, quiz


def conv2d_probes(rng):
    """A small picture of whole numbers, eight random ones with kernels without any symmetry, and a flat one."""
    probes = [(rng.integers(0, 10, size=(4, 5)), np.array([[0, 1, 2], [0, 0, 3]]))]
    for _ in range(8):
        kh, kw = rng.integers(2, [5, 4])
        image = rng.random(rng.integers(5, 13, size=2))
        probes.append((image, rng.normal(size=(kh, kw))))
    flat = np.full((6, 7), rng.uniform(0.2, 0.9))
    return [*probes, (flat, np.array([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]]))]


def size_probes(rng):
    """One call with the defaults, then twelve; in the first six the last window does not end at the border."""
    probes = [(28, 5), (28, 5, 2, 0), (32, 3, 2, 1), (10, 3, 4, 1)]
    while len(probes) < 13:
        f, stride, padding = (int(v) for v in rng.integers([1, 1, 0], [8, 5, 4]))
        n = int(rng.integers(f + 5, 60))
        if len(probes) >= 7 or (n + 2 * padding - f) % stride:
            probes.append((n, f, stride, padding))
    return probes


def pool_probes(rng):
    """Even and odd sides, other window sizes, and a picture below zero everywhere."""
    sides = [(6, 6), (7, 5), (5, 8), (9, 7)]
    probes = [(rng.normal(size=side), 2) for side in sides]
    return [*probes, (rng.random((9, 10)), 3), (-1 - rng.random((5, 5)), 2)]


def field_probes(rng):
    """LeNet-5, a plain stack, and random stacks with strides in the middle."""
    fixed = [[(5, 1), (2, 2), (5, 1), (2, 2), (5, 1)], [(3, 1)] * 8, [(3, 2), (3, 1)]]
    drawn = [
        [(int(f), int(s)) for f, s in zip(rng.integers(1, 8, 5), rng.integers(1, 4, 5), strict=True)]
        for _ in range(6)
    ]
    return [(layers,) for layers in fixed + drawn]


def parameter_probes(rng):
    """LeNet-5 whole, single layers, and random stacks."""
    lenet = [
        ("conv", 5, 1, 6),
        ("conv", 5, 6, 16),
        ("conv", 5, 16, 120),
        ("dense", 120, 84),
        ("dense", 84, 10),
    ]
    probes = [(lenet,), ([("dense", 7, 3)],), ([("conv", 3, 5, 8)],)]
    for _ in range(4):
        c = [int(v) for v in rng.integers(1, 40, size=3)]
        probes.append(([("conv", int(rng.integers(1, 8)), c[0], c[1]), ("dense", c[1], c[2])],))
    return probes


def split_probes(rng):
    """Groups of equal and of unequal size, in order and shuffled."""
    even = np.repeat(np.arange(60), 8)
    uneven = np.repeat(np.arange(40), rng.integers(1, 15, size=40))
    return [
        (even, 0.2, int(rng.integers(1000))),
        (rng.permutation(even), 0.3, int(rng.integers(1000))),
        (rng.permutation(uneven), 0.2, int(rng.integers(1000))),
    ]


def shifted_probes(rng):
    """Forty test digits at each of four distances, in one of four directions; the labels are the truth."""
    from coursekit.data import load, split
    from coursekit.methods.equivariance import DIRECTIONS, shift

    digits = load("digits")
    rows = rng.choice(split(digits.targets, (0.8, 0.2), seed=0)[1], size=(4, 40), replace=False)
    probes = []
    for distance, chosen in zip((0, 2, 4, 6), rows):
        ways = [DIRECTIONS[i] for i in rng.integers(4, size=40)]
        images = [
            shift(digits.images[[row]], distance * right, distance * down)
            for row, (right, down) in zip(chosen, ways)
        ]
        probes.append(Probe((np.concatenate(images),), digits.targets[chosen], f"digits moved by {distance} px"))
    return probes


QUESTIONS = [
    Question(
        name="conv2d",
        asks="Slide a kernel over a picture and sum the products, for every position inside the picture.",
        points=2,
        probes=conv2d_probes,
        compare=close(1e-5),  # float32 and float64 sums of at most 12 products differ by less
        hints=[
            "First the shape: a kernel of `kh` rows fits into `h` rows at `h - kh + 1` positions.",
            "Make `output = np.zeros((h - kh + 1, w - kw + 1))` and fill it in two loops over `i` and `j`.",
            "The window at (i, j) is `image[i:i + kh, j:j + kw]`; multiply it with `kernel` and `.sum()`.",
        ],
        right="And with the sign and order that layers use.",
        wrong={
            """
def conv2d(image, kernel):
    from scipy.signal import convolve2d
    return convolve2d(image, kernel, mode="valid")
""": "That is the textbook's convolution, which flips the kernel. Layers do not flip.",
            """
def conv2d(image, kernel):
    from scipy.signal import correlate2d
    return correlate2d(image, kernel, mode="same")
""": "Your output is as large as the picture: you padded. Here the kernel must lie entirely inside.",
            """
def conv2d(image, kernel):
    from scipy.signal import correlate2d
    return correlate2d(image, kernel.T, mode="valid")
""": "Rows and columns of the kernel are swapped. That goes unnoticed with square symmetric kernels; try one of 2×3.",
            """
def conv2d(image, kernel):
    from scipy.signal import correlate2d
    return correlate2d(image, kernel, mode="valid") / kernel.size
""": "That is the mean of the products. A convolution takes their sum.",
        },
    ),
    Question(
        name="output_size",
        asks="Number of windows of f pixels along n pixels, with stride and padding.",
        points=2,
        probes=size_probes,
        compare=exact(),
        hints=[
            "The formula stands above the exercise: ⌊(n + 2p − f) / s⌋ + 1.",
            "⌊ ⌋ rounds down: in Python that is `//`.",
        ],
        wrong={
            "lambda n, f, stride=1, padding=0: -((n + 2 * padding - f) // -stride) + 1": (
                "You round up: the last window would stick out of the picture."
            ),
            "lambda n, f, stride=1, padding=0: (n + padding - f) // stride + 1": (
                "Padding is added on both sides, so it counts twice."
            ),
            "lambda n, f, stride=1, padding=0: (n + 2 * padding - f + 1) // stride": (
                "The + 1 belongs outside the division: it counts the first window, whatever the stride."
            ),
            "lambda n, f, stride=1, padding=0: (n + 2 * padding - f) / stride + 1": (
                "A number of windows is whole: round down, with `//`."
            ),
            "lambda n, f, stride=1, padding=0: round((n + 2 * padding - f) / stride) + 1": (
                "You round to the nearest whole number; a window that does not fit does not count: round down."
            ),
            "lambda n, f, stride=1, padding=0: (n + 2 * padding - f) // stride": (
                "One too few: the first window counts as well."
            ),
        },
    ),
    Question(
        name="max_pool",
        asks="The largest value of each block of size × size pixels; incomplete blocks at the end are dropped.",
        points=2,
        probes=pool_probes,
        compare=close(1e-6),  # the largest value is copied, not computed
        hints=[
            "The output has `h // size` rows and `w // size` columns.",
            "Cut off what sticks out: `image[:h // size * size, :w // size * size]`.",
            "Two loops and `.max()` of each block do it; or `.reshape(h // size, size, w // size, size).max(axis=(1, 3))`.",
        ],
        wrong={
            """
def max_pool(image, size=2):
    h, w = (-(-side // size) for side in image.shape)
    padded = np.zeros((h * size, w * size))
    padded[: image.shape[0], : image.shape[1]] = image
    return padded.reshape(h, size, w, size).max(axis=(1, 3))
""": "You filled up the border with zeros: the output is too large, and a negative picture comes back with zeros.",
            """
def max_pool(image, size=2):
    h, w = (side // size for side in image.shape)
    return image[: h * size, : w * size].reshape(h, size, w, size).mean(axis=(1, 3))
""": "That is the mean of each block, which is average pooling.",
            """
def max_pool(image, size=2):
    h, w = image.shape[0] // size, image.shape[1] // size
    return image.reshape(h, size, w, size).max(axis=(1, 3))
""": "A picture that does not divide evenly can't be reshaped like that: cut off what sticks out first.",
            """
def max_pool(image, size=2):
    windows = np.lib.stride_tricks.sliding_window_view(image, (size, size))
    return windows.max(axis=(2, 3))
""": "Your windows overlap: after each block, move on by `size` pixels, not by one.",
            """
def max_pool(image, size=2):
    h, w = image.shape[0] // 2, image.shape[1] // 2
    return image[: h * 2, : w * 2].reshape(h, 2, w, 2).max(axis=(1, 3))
""": "Right for 2×2, but `size` has no effect: use it instead of the number 2.",
            """
def max_pool(image, size=2):
    h, w = (side // size for side in image.shape)
    return np.maximum(image[: h * size, : w * size].reshape(h, size, w, size).max(axis=(1, 3)), 0)
""": "A picture below zero came back with zeros: start from the block's first value, not from 0.",
        },
    ),
    Question(
        name="receptive_field",
        asks="Side of the receptive field of a stack of (window, stride) layers.",
        points=2,
        probes=field_probes,
        compare=exact(),
        hints=[
            "Keep two numbers while you walk through the layers: the field `r` and the jump `j`, both 1 at first.",
            "For each layer: first `r = r + (f - 1) * j`, then `j = j * s`.",
        ],
        wrong={
            """
def receptive_field(layers):
    field, jump = 1, 1
    for window, stride in layers:
        jump *= stride
        field += (window - 1) * jump
    return field
""": "You update the jump too early: a layer's stride acts on the layers after it.",
            """
def receptive_field(layers):
    field = 1
    for window, stride in layers:
        field *= window
    return field
""": "Fields don't multiply: each layer adds (f − 1) jumps.",
            """
def receptive_field(layers):
    return 1 + sum(window - 1 for window, stride in layers)
""": "Strides are missing: after a stride of 2, one step to the neighbour is two pixels wide.",
            """
def receptive_field(layers):
    field, jump = 1, 1
    for window, stride in layers:
        if stride == 1:
            field += (window - 1) * jump
        jump *= stride
    return field
""": "Layers with a stride, such as poolings, have a window too: they add (f − 1) jumps like any other.",
            """
def receptive_field(layers):
    field, jump = 0, 1
    for window, stride in layers:
        field += (window - 1) * jump
        jump *= stride
    return field
""": "One too few: before any layer, a pixel sees itself, so start with r = 1.",
            """
def receptive_field(layers):
    field, jump = 1, 1
    for window, stride in layers:
        field += (window - 1) * jump
        jump = stride
    return field
""": "The jump multiplies up, layer by layer: `j = j * s`.",
            """
def receptive_field(layers):
    field, jump = 1, 1
    for window, stride in layers:
        field += (window - 1) * jump
        jump *= stride
        return field
""": "Your loop returns after the first layer: put the `return` behind it.",
            """
def receptive_field(layers):
    field, jump = 1, 1
    for window, stride in layers:
        field += (window - 1) * jump
        jump *= stride
    return field, jump
""": "Return one number, the field; the jump is only a means to it.",
        },
    ),
    Question(
        name="count_parameters",
        asks="Weights and biases of convolutional and dense layers.",
        points=2,
        probes=parameter_probes,
        compare=exact(),
        hints=[
            "Walk through the layers and add up; `kind, *sizes = layer` takes one apart.",
            "A convolution has `f * f * c_in` weights for each of its `c_out` output channels, and `c_out` biases.",
            "A dense layer has `n_in * n_out` weights and `n_out` biases.",
        ],
        right="For LeNet-5 that makes 61,706.",
        wrong={
            """
def count_parameters(layers):
    total = 0
    for kind, *s in layers:
        total += s[0] * s[0] * s[1] * s[2] if kind == "conv" else s[0] * s[1]
    return total
""": "The biases are missing: one for each output channel or unit.",
            """
def count_parameters(layers):
    total = 0
    for kind, *s in layers:
        total += s[0] * s[0] * s[1] * s[2] + s[2] if kind == "conv" else s[0] * s[1]
    return total
""": "The biases of the dense layers are missing: one for each output.",
            """
def count_parameters(layers):
    total = 0
    for kind, *s in layers:
        total += s[0] * s[0] * s[2] + s[2] if kind == "conv" else s[0] * s[1] + s[1]
    return total
""": "The input channels are missing: a kernel looks at all of them at once.",
            """
def count_parameters(layers):
    total, side = 0, 32
    for kind, *s in layers:
        if kind == "conv":
            side = max(side - s[0] + 1, 1)
            total += (s[0] * s[0] * s[1] * s[2] + s[2]) * side * side
        else:
            total += s[0] * s[1] + s[1]
    return total
""": "You count the weights once for each place. They are shared: the picture's size plays no part.",
            """
def count_parameters(layers):
    total = 0
    for kind, *s in layers:
        total += s[0] * s[1] * s[2] + s[2] if kind == "conv" else s[0] * s[1] + s[1]
    return total
""": "The window is square: it has f·f weights, not f.",
            """
def count_parameters(layers):
    total = 0
    for kind, *s in layers:
        total += s[0] * s[0] * s[1] * s[2] + 1 if kind == "conv" else s[0] * s[1] + 1
    return total
""": "Each output channel or unit has a bias of its own, not one for the whole layer.",
        },
    ),
    Question(
        name="clean_split",
        asks="Train rows and test rows such that no source digit is on both sides.",
        points=3,
        probes=split_probes,
        compare=group_split(tolerance=0.03),  # of 40 or 60 groups: one more or less
        hints=[
            "Draw *digits*, not pictures: `np.unique(source)` lists them once each.",
            "`np.random.default_rng(seed).permutation(...)` shuffles them; the first `share` of them are for testing.",
            "`np.isin(source, tested)` marks all pictures of those digits; `np.flatnonzero` turns marks into row numbers.",
        ],
        right="This is what `GroupShuffleSplit` of scikit-learn does.",
        wrong={
            """
def clean_split(source, share, seed):
    order = np.random.default_rng(seed).permutation(len(source))
    tested = int(round(share * len(source)))
    return order[tested:], order[:tested]
""": "are on both sides",
            """
def clean_split(source, share, seed):
    groups = np.random.default_rng(seed).permutation(np.unique(source))
    tested = groups[: int(round(share * len(groups)))]
    in_test = np.isin(source, tested)
    return source[~in_test], source[in_test]
""": "should name each of the",
            """
def clean_split(source, share, seed):
    groups = np.random.default_rng(seed).permutation(np.unique(source))
    tested = groups[: int(round(share * len(groups)))]
    in_test = np.isin(source, tested)
    return ~in_test, in_test
""": "np.flatnonzero",
            """
def clean_split(source, share, seed):
    groups = np.random.default_rng(seed).permutation(np.unique(source))
    tested = groups[: int(round(share * len(groups)))]
    in_test = np.isin(source, tested)
    return np.flatnonzero(in_test), np.flatnonzero(~in_test)
""": "of the groups are tested",
            """
def clean_split(source, share, seed):
    groups = np.random.default_rng(seed).permutation(np.unique(source))
    in_test = np.isin(source, groups[: int(round(0.2 * len(groups)))])
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)
""": "20% of the groups are tested; 30% were asked for",
        },
    ),
    Question(
        name="predict_shifted",
        asks="Labels of digits that were moved by up to 6 px; at least 80 % right at each distance.",
        points=4,
        probes=shifted_probes,
        compare=accuracy(0.80),
        needs=["digits", "shift", "train"],
        seconds=180,
        memory_mb=4096,
        hints=[
            "Part 10b says what survived the shift, and why. Which row of its table comes with the smallest change?",
            "Convolutions with `padding='same'`, two poolings, then `keras.layers.GlobalMaxPooling2D()` and one `keras.layers.Dense(10)`.",
            "`train_network(network, train.images, train.targets, epochs=6)`; then `.predict(images, verbose=0).argmax(axis=1)`.",
        ],
        wrong={
            """
from coursekit.models import mlp
keras.utils.set_random_seed(0)
reader = train_network(mlp(), train.images, train.targets, epochs=6)
def predict_shifted(images):
    return reader.predict(images, verbose=0).argmax(axis=1)
""": "of your predictions are right",
            """
from coursekit.models import global_pooling_cnn
reader = global_pooling_cnn()
def predict_shifted(images):
    return reader.predict(images, verbose=0)
""": "Take the largest of the class scores",
            "lambda images: np.zeros(len(images), dtype=int)": "of your predictions are right",
        },
    ),
    quiz(
        "quiz_place",
        "“A convolutional network with pooling recognises the digit wherever it is.”",
        {
            "a": (
                "Yes: pooling discards the position.",
                "That takes equivariance for invariance. Pooling coarsens the position by a pixel or two; the maps still "
                "move with the digit, and you measured what that does to LeNet-5.",
            ),
            "b": (
                "Only if it moves by an even number of pixels.",
                "Even moves are what the *maps* after one pooling follow exactly (10a). The dense layer after them "
                "still has other weights at the new place.",
            ),
            "c": (
                "No: the maps move with the digit, and the dense layer after them does care.",
                "Only what ignores places (a global maximum or mean), or training on moved digits, makes the answer stay.",
            ),
            "d": (
                "Yes, if it is trained long enough.",
                "More epochs on centred digits never show it a moved one: nothing tells the dense layer what to do there.",
            ),
        },
        correct="c",
    ),
    quiz(
        "quiz_weights",
        "How many parameters does a layer of 5×5 windows from 6 to 16 channels have, on a map of 14×14?",
        {
            "a": ("400", "That is 5·5·16: the 6 input channels are forgotten."),
            "b": ("2,416", "5·5·6·16 = 2,400 weights and 16 biases, on a map of any size."),
            "c": ("2,400", "Nearly: 16 biases are missing."),
            "d": ("241,600", "That has weights of its own for each of the 10×10 positions; they are shared."),
        },
        correct="b",
    ),
    quiz(
        "quiz_field",
        "A unit's receptive field is 32 pixels wide. What does that mean?",
        {
            "a": (
                "It uses all 32×32 pixels equally.",
                "Each of them can reach it, by very different numbers of paths: see the gradient map in part 9.",
            ),
            "b": (
                "It could use them all; most of the weight is in the middle.",
                "What can reach a unit is wiring. What matters is the effective receptive field, and that is smaller.",
            ),
            "c": (
                "Its kernel is 32 pixels wide.",
                "The kernel may be 5 wide; the field grows through the layers beneath it.",
            ),
            "d": (
                "Pictures must be 32 pixels wide.",
                "Any larger picture does as well: the unit then sees a part of it.",
            ),
        },
        correct="b",
    ),
    quiz(
        "quiz_brighter",
        "The edge kernel runs over a picture with zero padding. Now 0.2 is added to every pixel. The response …",
        {
            "a": (
                "rises by 0.2 everywhere.",
                "The weights add up to zero: what is added to all nine pixels of a window adds zero to its sum.",
            ),
            "b": (
                "stays the same inside, and changes at the border.",
                "Inside, the zero-sum kernel cancels it. At the border the padded zeros did not get brighter: a new edge.",
            ),
            "c": (
                "is multiplied by 1.2.",
                "Adding is not multiplying; and a zero-sum kernel cancels what is added.",
            ),
            "d": (
                "stays the same everywhere.",
                "True inside. At the border the frame of zeros stays dark while the picture brightens: an edge appears.",
            ),
        },
        correct="b",
    ),
]
