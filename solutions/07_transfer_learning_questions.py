"""The questions of lesson 07: probes, tolerances, points, hints, and wrong answers with what each should hear."""

import numpy as np

from coursekit.course.compare import accuracy, close, exact
from coursekit.course.questions import Probe, Question, quiz


def probe_probes(rng):
    """Kinds with odd names, far apart; a dead column; informative columns that are small beside loud noise."""
    probes = []
    for names, alone in (((3, 7, 12), False), ((4, 1, 9, 0), False), ((5, 2, 8), True)):
        centres = rng.choice([-1.0, 1.0], size=(len(names), 24)) * 0.05
        # Every second column tells the kinds apart without noise in common: no draw is ambiguous.
        centres[:, : len(names)] = 0.3 * np.eye(len(names))

        def draw(kinds, centres=centres):
            small = centres[kinds] + rng.normal(0, 0.01, size=(len(kinds), 24))
            loud = rng.normal(50, 40, size=(len(kinds), 6))
            return np.hstack([small, loud, np.full((len(kinds), 1), 2.0)])

        known, new = np.repeat(np.arange(len(names)), 8), rng.integers(len(names), size=15)
        if alone:
            new = np.full(6, 1)  # new pictures of one kind only
        labels, pictures = np.array(names), draw(new)
        if not alone and len(names) == 3:
            # One of each kind that is far out: whoever lets new pictures help to scale can tell the others no more.
            new = np.concatenate([np.arange(3), new])
            far = draw(np.arange(3))
            far[:, :24] *= 1000
            pictures = np.vstack([far, pictures])
        probes.append(Probe((draw(known), labels[known], pictures), labels[new]))
    return probes


def prepare_probes(rng):
    """Random pictures in each convention, with colours of different brightness."""
    probes = []
    for convention in ("tf", "torch", "caffe", "tf", "torch", "caffe"):
        height, width = rng.integers(3, 7, size=2)
        images = rng.random((2, height, width, 3)) * [1.0, 0.7, 0.4]
        probes.append((images.astype("float32"), convention))
    return probes


def freeze_probes(rng):
    """A stack with batch normalisation, cut in the middle, at the ends, and at places drawn."""
    stack = ["conv1", "norm1", "relu1", "conv2", "norm2", "relu2", "conv3", "relu3", "dense1"]
    probes = [(stack, "conv2"), (stack, "dense1"), (stack, "conv1"), (stack, "relu2")]
    for _ in range(3):
        length = int(rng.integers(2, 6))
        drawn = [f"{kind}{i}" for i in range(length) for kind in ("conv", "norm", "relu")] + ["dense9"]
        probes.append((drawn, drawn[int(rng.integers(1, len(drawn) - 1))]))
    return probes


def rate_probes(rng):
    """One layer, the default factor, and others."""
    probes = [(3, 0.5), (1, 0.3), (4, 0.9, 2.0)]
    while len(probes) < 8:
        probes.append((int(rng.integers(2, 6)), float(rng.uniform(0.2, 1)), float(rng.uniform(1.2, 3))))
    return probes


def click_probes(rng):
    """Maps of other sizes; pure groups, mixed ones, groups that are just pure enough, and all of them mixed."""
    probes = []
    for groups, purity, share in ((12, 0.98, 0.95), (9, 0.9, 0.73), (15, 0.8, 0.5), (6, 1.0, 1.0)):
        sizes = rng.permutation(np.arange(groups) * 4 + int(rng.integers(3, 7)))
        group = np.repeat(np.arange(groups), sizes)
        truth = np.repeat(rng.integers(4, size=groups), sizes)
        mixed = np.isin(group, rng.choice(groups, groups // 3, replace=False))
        truth[mixed] = rng.integers(4, size=mixed.sum())
        # One stray picture in each of two other groups: pure enough or not, as the purity has it.
        for number in np.setdiff1d(np.arange(groups), group[mixed])[:2]:
            truth[np.flatnonzero(group == number)[0]] = 7
        order = rng.permutation(len(group))
        probes.append((group[order] * 3 + 10, truth[order], purity, share))
    few = np.arange(20) // 2
    probes.append((few, np.arange(20) % 2, 0.98, 0.95))
    return probes


def seen_probes(rng):
    """Exact copies among mirrored ones, ones with the same pixels in another order, and ones off by a grey level."""
    probes = []
    for m, n, copies in ((12, 9, 4), (20, 15, 6), (8, 6, 0)):
        archive = rng.integers(0, 256, size=(m, 5, 4), dtype="uint8")
        test = rng.integers(0, 256, size=(n, 5, 4), dtype="uint8")
        places = rng.permutation(n)
        test[places[:copies]] = archive[rng.permutation(m)[:copies]]
        test[places[copies]] = archive[0][:, ::-1]
        test[places[copies + 1]] = archive[1] ^ 1
        if copies:
            # The same picture twice, on both sides.
            test[places[copies - 1]] = test[places[0]]
            archive[-1] = test[places[0]]
        probes.append((archive, (test / 255).astype("float32")))
    return probes


def texture_probes(rng):
    """160 patches of the right halves of the photographs, in grey levels; what they show is the truth."""
    from skimage import data
    from skimage.util import view_as_windows

    from coursekit.data import load

    greys = [data.brick(), data.grass(), data.gravel(), 255 * load("ihc").images[0].mean(axis=-1)]
    images = []
    for grey in greys:
        right = np.asarray(grey, float).reshape(256, 2, 256, 2).mean(axis=(1, 3))[:, 128:]
        windows = view_as_windows(right, (28, 28))
        rows, columns = rng.integers(0, windows.shape[:2], size=(40, 2)).T
        images.append(windows[rows, columns])
    cut = np.concatenate(images)[..., None]
    cut = cut - cut.mean(axis=(1, 2, 3), keepdims=True)
    cut = (0.5 + cut / (6 * cut.std(axis=(1, 2, 3), keepdims=True))).clip(0, 1)
    order = rng.permutation(len(cut))
    # Whole grey levels take a quarter of the room in the question bank.
    patches = (np.round(255 * cut[order]) / 255).astype("float32")
    return [Probe((patches,), np.repeat(np.arange(4), 40)[order], "patches of the right halves")]


QUESTIONS = [
    Question(
        name="linear_probe",
        asks="Train a linear classifier on standardised features, and label others with it.",
        points=2,
        probes=probe_probes,
        compare=exact(),  # the kinds lie so far apart that every linear classifier names all of them rightly
        hints=[
            "`StandardScaler()` learns mean and spread from what it is fitted to. That must be `features`, not `new`.",
            "`make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))` does both steps in one.",
            "`.fit(features, labels)`, then `.predict(new)`; it gives the labels back under their own names.",
        ],
        right="Fitted to the labelled pictures alone.",
        wrong={
            """
def linear_probe(features, labels, new):
    scaler = StandardScaler().fit(np.vstack([features, new]))
    classifier = LogisticRegression(C=0.01, max_iter=1000).fit(scaler.transform(features), labels)
    return classifier.predict(scaler.transform(new))
""": "`new` has helped to fit the scaler: one odd new picture then changes the answers for all others.",
            """
def linear_probe(features, labels, new):
    return LogisticRegression(C=0.01, max_iter=1000).fit(features, labels).predict(new)
""": "Nothing was scaled: loud columns, whose numbers are large, drown the quiet ones that tell the kinds apart.",
            """
def linear_probe(features, labels, new):
    classifier = LogisticRegression(C=0.01, max_iter=1000)
    classifier.fit(StandardScaler().fit_transform(features), labels)
    return classifier.predict(StandardScaler().fit_transform(new))
""": "The new pictures were scaled by their own statistics. If they are all of one kind, that moves them to where "
            "nothing is.",
            """
def linear_probe(features, labels, new):
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    return classifier.fit(features, labels).predict_proba(new).argmax(axis=1)
""": "You return positions, 0, 1, 2, …: look up the names of the kinds, in `np.unique(labels)`.",
            """
def linear_probe(features, labels, new):
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    return classifier.fit(features, labels).predict(features)
""": "You label the pictures that you trained on: predict `new`.",
            """
def linear_probe(features, labels, new):
    mean, spread = features.mean(axis=0), features.std(axis=0)
    classifier = LogisticRegression(C=0.01, max_iter=1000)
    classifier.fit((features - mean) / spread, labels)
    return classifier.predict((new - mean) / spread)
""": "A column that is constant has a spread of 0, and dividing by it gives NaN. A dead map gives such columns.",
            """
def linear_probe(features, labels, new):
    scaler = StandardScaler().fit(features)
    columns = np.c_[scaler.transform(features), np.ones(len(features))]
    weights = np.linalg.lstsq(columns, labels, rcond=None)[0]
    found = np.c_[scaler.transform(new), np.ones(len(new))] @ weights
    return np.round(found).astype(int) + 0 * labels[0]
""": "You fit the labels as amounts, as if a 7 lay between a 3 and a 12. They are names: a score for each kind.",
        },
    ),
    Question(
        name="prepare",
        asks="Scale colour pictures as a network trained on ImageNet expects them.",
        points=2,
        probes=prepare_probes,
        compare=close(1e-3, rtol=1e-4),  # caffe's values reach 255; float32 keeps seven digits
        needs=["imagenet_numbers"],
        hints=[
            "“tf”: what do 0 and 1 have to become? A multiplication and a subtraction do it.",
            "`(images - MEAN) / SPREAD` works on the last axis by itself: one number for each colour.",
            "“caffe”: `255 * images - MEAN_255` first, while both are in the order red, green, blue; then `[..., ::-1]`.",
        ],
        wrong={
            """
def prepare(images, convention):
    if convention == "tf":
        return images / 127.5 - 1
    if convention == "torch":
        return (images - MEAN) / SPREAD
    return (255 * images - MEAN_255)[..., ::-1]
""": "127.5 is for values from 0 to 255: these pictures run from 0 to 1.",
            """
def prepare(images, convention):
    images = images / 255
    if convention == "tf":
        return 2 * images - 1
    if convention == "torch":
        return (images - MEAN) / SPREAD
    return (255 * images - MEAN_255)[..., ::-1]
""": "You divide by 255 once more: these pictures run from 0 to 1 already.",
            """
def prepare(images, convention):
    if convention == "tf":
        return 2 * images - 1
    if convention == "torch":
        mean, spread = (f(images, axis=(1, 2), keepdims=True) for f in (np.mean, np.std))
        return (images - mean) / spread
    return (255 * images - MEAN_255)[..., ::-1]
""": "“torch” takes the statistics of ImageNet, not those of each picture: a dark picture must stay dark.",
            """
def prepare(images, convention):
    if convention == "tf":
        return 2 * images - 1
    if convention == "torch":
        return (images - MEAN) / SPREAD
    return 255 * images - MEAN_255
""": "“caffe” wants blue first: turn the last axis round, `[..., ::-1]`.",
            """
def prepare(images, convention):
    if convention == "tf":
        return 2 * images - 1
    if convention == "torch":
        return (images - MEAN) / SPREAD
    return 255 * images[..., ::-1] - MEAN_255
""": "The colours are turned round, the mean is not: you take the red mean from the blue channel.",
            """
def prepare(images, convention):
    if convention == "tf":
        return 2 * images - 1
    if convention == "torch":
        return (images - MEAN) / SPREAD
    return (images - MEAN)[..., ::-1]
""": "“caffe” wants values from 0 to 255, less the mean on that scale.",
            """
def prepare(images, convention):
    if convention == "tf":
        return images - 0.5
    if convention == "torch":
        return (images - MEAN) / SPREAD
    return (255 * images - MEAN_255)[..., ::-1]
""": "“tf” runs from −1 to 1; yours runs from −0.5 to 0.5.",
        },
    ),
    Question(
        name="freeze_until",
        asks="Freeze all layers before a named one, free it and all behind it.",
        points=2,
        probes=freeze_probes,
        compare=exact(),
        needs=["built"],
        seconds=30,  # a dozen small models
        memory_mb=4096,
        hints=[
            "Which number has the layer? `[layer.name for layer in model.layers].index(name)`.",
            "`for number, layer in enumerate(model.layers): layer.trainable = ...`: a comparison gives True or False.",
            "Return the names of those layers whose `trainable_weights` are not empty.",
        ],
        wrong={
            """
def freeze_until(model, name):
    model = built(model)
    first = [layer.name for layer in model.layers].index(name)
    for number, layer in enumerate(model.layers):
        layer.trainable = number < first
    return [layer.name for layer in model.layers if layer.trainable_weights]
""": "The wrong way round: the layers *before* the named one are frozen.",
            """
def freeze_until(model, name):
    model = built(model)
    first = [layer.name for layer in model.layers].index(name)
    for number, layer in enumerate(model.layers):
        layer.trainable = number > first
    return [layer.name for layer in model.layers if layer.trainable_weights]
""": "Off by one: the named layer itself can be trained, too.",
            """
def freeze_until(model, name):
    model = built(model)
    first = [layer.name for layer in model.layers].index(name)
    for layer in model.layers[:first]:
        layer.trainable = False
    return [layer.name for layer in model.layers if layer.trainable_weights]
""": "What an earlier call has frozen stays frozen: also set `trainable = True` where layers are free.",
            """
def freeze_until(model, name):
    model = built(model)
    first = [layer.name for layer in model.layers].index(name)
    for number, layer in enumerate(model.layers):
        layer.trainable = number >= first or isinstance(layer, keras.layers.BatchNormalization)
    return [layer.name for layer in model.layers if layer.trainable_weights]
""": "The batch normalisations before the named layer still train: freeze every layer, whatever its kind.",
            """
def freeze_until(model, name):
    model = built(model)
    first = [layer.name for layer in model.layers].index(name)
    for number, layer in enumerate(model.layers):
        layer.trainable = number >= first
    return [layer.name for layer in model.layers if layer.trainable]
""": "A ReLU has nothing to train: name only layers that have weights.",
            """
def freeze_until(model, name):
    model = built(model)
    first = [layer.name for layer in model.layers].index(name)
    for layer in model.layers[first:]:
        layer.trainable = True
    return [layer.name for layer in model.layers if layer.trainable_weights]
""": "Layers before the named one that were free stay free: also set `trainable = False` where they are frozen.",
            """
def freeze_until(model, name):
    model = built(model)
    model.get_layer(name).trainable = True
    return [layer.name for layer in model.layers if layer.trainable_weights]
""": "Only the named layer is free: all layers behind it should be, too.",
        },
    ),
    Question(
        name="discriminative_rates",
        asks="A learning rate for each layer, the last one the highest.",
        points=1,
        probes=rate_probes,
        compare=close(1e-9),
        hints=[
            "The last layer is divided by `factor` 0 times, the one before once, the first `n_layers - 1` times.",
            "`np.arange(n_layers - 1, -1, -1)` counts these down; `factor ** ...` takes them as powers.",
        ],
        wrong={
            """
def discriminative_rates(n_layers, top, factor=2.6):
    return top / factor ** np.arange(n_layers)
""": "The wrong way round: the *first* layer must be the slowest, since it is the most general.",
            """
def discriminative_rates(n_layers, top, factor=2.6):
    return top * factor ** np.arange(n_layers)
""": "Your rates grow above `top`: the last layer gets `top`, the others less.",
            """
def discriminative_rates(n_layers, top, factor=2.6):
    return top / factor ** np.arange(n_layers, 0, -1)
""": "One power too many: the last layer gets `top` itself.",
            """
def discriminative_rates(n_layers, top, factor=2.6):
    return top / 2.6 ** np.arange(n_layers - 1, -1, -1)
""": "Right for 2.6, but `factor` has no effect.",
            """
def discriminative_rates(n_layers, top, factor=2.6):
    steps = np.arange(n_layers - 1, -1, -1)
    return top / np.maximum(factor * steps, 1)
""": "Each layer is `factor` times slower than the *next*, so factors multiply up: use a power.",
        },
    ),
    Question(
        name="clicks_needed",
        asks="Number of names until a share of the pictures has one, if pure groups are named at once.",
        points=3,
        probes=click_probes,
        compare=exact(),
        hints=[
            "For each group: how many pictures, and how many of its most frequent kind? `np.unique(..., return_counts=True)`.",
            "Sort the sizes of the pure groups, largest first; a click each, until enough pictures have a name.",
            "What is missing then is named one by one: `clicks + max(wanted - labelled, 0)`.",
        ],
        wrong={
            """
def clicks_needed(groups, truth, purity=0.98, share=0.95):
    wanted = int(np.ceil(share * len(truth) - 1e-9))
    pure = []
    for group in np.unique(groups):
        counts = np.unique(truth[groups == group], return_counts=True)[1]
        if counts.max() > purity * counts.sum():
            pure.append(int(counts.sum()))
    clicks = labelled = 0
    for size in sorted(pure, reverse=True):
        if labelled >= wanted:
            break
        clicks += 1
        labelled += size
    return clicks + max(wanted - labelled, 0)
""": "*At least* `purity`: a group that just reaches it is pure enough, also where `purity` is 1.",
            """
def clicks_needed(groups, truth, purity=0.98, share=0.95):
    wanted = int(np.ceil(share * len(truth) - 1e-9))
    clicks = labelled = 0
    for size in np.sort(np.unique(groups, return_counts=True)[1])[::-1]:
        if labelled >= wanted:
            break
        clicks += 1
        labelled += size
    return int(clicks)
""": "You name mixed groups with one click, too: that gives wrong labels. Their pictures take a click each.",
            """
def clicks_needed(groups, truth, purity=0.98, share=0.95):
    return int(np.ceil(share * len(truth) - 1e-9))
""": "That is the number of pictures. A pure group takes one click, however large it is.",
            """
def clicks_needed(groups, truth, purity=0.98, share=0.95):
    clicks = 0
    for group in np.unique(groups):
        counts = np.unique(truth[groups == group], return_counts=True)[1]
        clicks += 1 if counts.max() >= purity * counts.sum() - 1e-9 else int(counts.sum())
    return int(clicks)
""": "You go on until every picture has a name: stop when `share` of them have one, and take the large groups first.",
            """
def clicks_needed(groups, truth, purity=0.98, share=0.95):
    wanted = int(np.ceil(share * len(truth) - 1e-9))
    pure = []
    for group in np.unique(groups):
        counts = np.unique(truth[groups == group], return_counts=True)[1]
        if counts.max() >= purity * counts.sum() - 1e-9:
            pure.append(int(counts.sum()))
    clicks = labelled = 0
    for size in sorted(pure):
        if labelled >= wanted:
            break
        clicks += 1
        labelled += size
    return clicks + max(wanted - labelled, 0)
""": "Take the largest pure groups first, not the smallest: fewer clicks are enough then.",
            """
def clicks_needed(groups, truth, purity=0.98, share=0.95):
    wanted = int(np.ceil(share * len(truth) - 1e-9))
    pure = []
    for group in np.unique(groups):
        counts = np.unique(truth[groups == group], return_counts=True)[1]
        if len(counts) == 1:
            pure.append(int(counts.sum()))
    clicks = labelled = 0
    for size in sorted(pure, reverse=True):
        if labelled >= wanted:
            break
        clicks += 1
        labelled += size
    return clicks + max(wanted - labelled, 0)
""": "`purity` has no effect: a group with a few strays may be pure enough.",
            """
def clicks_needed(groups, truth, purity=0.98, share=0.95):
    wanted = int(np.ceil(share * len(truth) - 1e-9))
    pure = []
    for group in np.unique(groups):
        counts = np.unique(truth[groups == group], return_counts=True)[1]
        if counts.max() >= purity * counts.sum() - 1e-9:
            pure.append(int(counts.sum()))
    return len(pure) + max(wanted - sum(pure), 0)
""": "You name every pure group, also when enough pictures have a name already.",
        },
    ),
    Question(
        name="rows_seen",
        asks="Which test pictures occur in an archive? Find them by their hashes.",
        points=2,
        probes=seen_probes,
        compare=exact(),
        hints=[
            "A hash is of bytes: first bring both to the same type, `np.round(255 * test).astype('uint8')`.",
            "`known = {hashlib.sha256(picture.tobytes()).hexdigest() for picture in archive}` is a set of all hashes.",
            "Go through the test pictures with `enumerate` and keep the row where the hash is in `known`; return an array.",
        ],
        right="Of exact copies. Cropped or compressed ones have other bytes.",
        wrong={
            """
def rows_seen(archive, test):
    known = {hashlib.sha256(picture.tobytes()).hexdigest() for picture in archive}
    hashes = [hashlib.sha256(picture.tobytes()).hexdigest() for picture in test]
    return np.array([row for row, found in enumerate(hashes) if found in known], dtype=int)
""": "You find none: the same picture as float32 has other bytes than as uint8. Bring both to one type first.",
            """
def rows_seen(archive, test):
    known = {hashlib.sha256(picture.tobytes()).hexdigest() for picture in archive}
    as_bytes = np.round(255 * test).astype("uint8")
    return np.array([hashlib.sha256(picture.tobytes()).hexdigest() in known for picture in as_bytes])
""": "Row numbers are asked for, not True and False: `np.flatnonzero` turns one into the other.",
            """
def rows_seen(archive, test):
    known = {float(picture.mean()) for picture in archive}
    as_bytes = np.round(255 * test).astype("uint8")
    return np.array([row for row, picture in enumerate(as_bytes) if float(picture.mean()) in known], dtype=int)
""": "Other pictures can have the same mean, a mirrored one for example. A hash sees every byte and its place.",
            """
def rows_seen(archive, test):
    as_bytes = np.round(255 * test).astype("uint8")
    known = {hashlib.sha256(picture.tobytes()).hexdigest() for picture in as_bytes}
    hashes = [hashlib.sha256(picture.tobytes()).hexdigest() for picture in archive]
    return np.array([row for row, found in enumerate(hashes) if found in known], dtype=int)
""": "These are rows of the archive; rows of the *test* set are asked for.",
            """
def rows_seen(archive, test):
    near = np.abs(archive[None].astype(float) - 255 * test[:, None]).max(axis=(2, 3)) < 2
    return np.flatnonzero(near.any(axis=1))
""": "You also count pictures that are off by a grey level. Here only exact copies are meant, as a hash finds them.",
        },
    ),
    Question(
        name="predict_textures",
        asks="Labels of patches of four surfaces, learned from 24; at least 67 % right.",
        points=4,
        probes=texture_probes,
        compare=accuracy(0.67),
        needs=["features", "textures"],
        seconds=120,
        memory_mb=4096,
        hints=[
            "Where in the patch a stone lies does not matter: average each map over its places, `maps.mean(axis=(1, 2))`.",
            "Early layers see texture: `pool1`, `pool2`, or both. Besides the mean of a map, take its spread, `.std(axis=(1, 2))`.",
            "Join them with `np.concatenate([...], axis=1)`, for the 24 and for the new ones, and train a linear model on it.",
        ],
        wrong={
            """
classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
classifier.fit(texture_images.reshape(24, -1), texture_labels)
def predict_textures(images):
    return classifier.predict(images.reshape(len(images), -1))
""": "of your predictions are right",
            """
network = letter_network(weights="letters")
classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
classifier.fit(features_of(network, texture_images), texture_labels)
def predict_textures(images):
    return classifier.predict(features_of(network, images))
""": "of your predictions are right",
            """
network = letter_network(classes=4)
def predict_textures(images):
    return network.predict(images, verbose=0)
""": "Take the largest of the class scores",
            "lambda images: np.zeros(len(images), dtype=int)": "of your predictions are right",
        },
    ),
    quiz(
        "quiz_few",
        "You have five labelled pictures of each kind, and a network that was trained on a similar task. What do you try first?",
        {
            "a": (
                "Fine-tune all layers at a learning rate of 0.01, so that five pictures are enough.",
                "At such a rate the features that you came for are overwritten, and five pictures can't replace them.",
            ),
            "b": (
                "Freeze the backbone and train a linear model on its features.",
                "Seconds of work, few weights to learn, nothing forgotten; and the bar that all else has to clear.",
            ),
            "c": (
                "Train from scratch, to have no prejudice.",
                "With five of each, a prejudice from a similar task is what helps. Scratch is the comparison, not the plan.",
            ),
            "d": (
                "Free the first convolution only, at a high rate.",
                "The first layer is the most general one: it is the last that should change.",
            ),
        },
        correct="b",
    ),
    quiz(
        "quiz_falls",
        "You fine-tune all layers under a new head. The validation accuracy falls from the first step on. Why, most likely?",
        {
            "a": (
                "Overfitting: training has gone on for too long.",
                "Overfitting takes time. This began at the first step.",
            ),
            "b": (
                "The learning rate is too high, or the head was still random.",
                "Start with the head alone; then free all layers, at a small rate.",
            ),
            "c": (
                "The network has too few layers for the new task.",
                "Then it would learn slowly or stop early. It would not get worse from the start.",
            ),
            "d": (
                "Augmentation is missing.",
                "That may cost points later on. It does not explain a fall at once.",
            ),
        },
        correct="b",
    ),
    quiz(
        "quiz_general",
        "“The first layers of networks trained on photographs are general.” What follows?",
        {
            "a": (
                "The last layers are general as well.",
                "It is the other way round: the further back, the more a layer belongs to its own task.",
            ),
            "b": (
                "First layers don't change in fine-tuning.",
                "With one rate for all they move less than the others, but they move, as the dial shows. You have to slow them down.",
            ),
            "c": (
                "Keep the first layers, and be suspicious of the last ones.",
                "How far back to go depends on the target: clothes wanted late blocks, cells early ones.",
            ),
            "d": (
                "Someone has designed them as edge detectors.",
                "Nobody has: training finds them, again and again, because photographs are made of edges.",
            ),
        },
        correct="c",
    ),
    quiz(
        "quiz_islands",
        "On a t-SNE map, two islands lie far apart, and one is twice as large as the other. What do you conclude?",
        {
            "a": (
                "The two kinds are very different from each other.",
                "t-SNE keeps neighbours together; how far apart it puts what is not neighbours says nothing.",
            ),
            "b": (
                "The larger island varies more.",
                "t-SNE spreads out dense regions and shrinks sparse ones: sizes are not comparable.",
            ),
            "c": (
                "Pictures between the islands are errors.",
                "They may be, or they are pictures with neighbours on both sides. Look at them.",
            ),
            "d": (
                "Neither distance nor size can be read off the map.",
                "What the map promises is neighbours. Name islands, and leave distances alone.",
            ),
        },
        correct="d",
    ),
]
