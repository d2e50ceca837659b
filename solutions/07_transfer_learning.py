# ---
# jupyter:
#   coursekit:
#     title: Transfer learning
#     version: 1
#     withheld: [coursekit/methods/transfer.py, coursekit/methods/group_labelling.py]
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 07 Transfer learning: what does a network that reads letters know about digits?
#
# <<badges>>
#
# | | |
# |---|---|
# | **You will be able to** | turn any trained network into a source of features, and put a new classifier on it · fine-tune without destroying what it knew, and measure what it forgot · say when a pre-trained network helps and when it does not · label a pile of pictures with fewer clicks, and count the saving fairly · find out whether your test pictures were in somebody's training set |
# | **You need** | Python with NumPy arrays; from lesson 02: what a convolutional network is and how it is trained |
# | **Time** | about two hours of reading and solving; the machine computes for about three minutes of them on two CPU cores, and needs no GPU |
#
# Run the cells from top to bottom (<kbd>Shift</kbd>+<kbd>Enter</kbd>). Seven exercises and four quiz questions are
# marked with ✏️. If one stays unsolved, the lesson goes on with the course's own version: you can't get stuck.
# No network and no GPU are needed.

# %% [markdown]
# ## Set-up
#
# This cell opens the lesson. On Colab or Kaggle it first fetches the course's small helper package, `coursekit`; it
# leaves TensorFlow and NumPy as they are.

# %% name="setup" tags=["setup"]
import importlib.util
import os
import subprocess
import sys

if importlib.util.find_spec("coursekit") is None:
    package = "<<package>>"
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", package], check=True)

from coursekit.course import open_lesson

lesson = open_lesson("07_transfer_learning", version=1)
lesson

# %% [markdown]
# `PROFILE` decides how much is computed: `"quick"` for a first look (networks trained for a shorter time), `"standard"`
# for learning, `"gpu"` for more repetitions on a fast machine. The code is the same.

# %% name="parameters" tags=["parameters"]
PROFILE = os.environ.get("COURSEKIT_PROFILE", "standard")
SEED = 0

# %% name="imports" tags=["imports"]
import hashlib

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# %% name="figures"
import matplotlib.pyplot as plt

from coursekit import viz
from coursekit.methods import group_labelling, transfer

viz.use_style()

SETTINGS = {
    "quick": {"steps": 60, "sizes": [5], "repeats": 1, "rates": [1e-2], "pile": 200},
    "standard": {"steps": 300, "sizes": [5, 20, 100], "repeats": 1, "rates": [3e-4, 1e-2], "pile": 600},
    "gpu": {"steps": 300, "sizes": [5, 10, 20, 50, 100], "repeats": 5, "rates": [3e-4, 1e-3, 1e-2], "pile": 600},
}[PROFILE]
HALF = SETTINGS["steps"] // 2

# %% [markdown]
# ## 1 Two networks and fifty digits
#
# On the left a network that has learned to read 29 printed letters, in three alphabets. It has never seen a digit; even
# letters that look like one (O, I, S, Z, B, З and others) were left out. On the right fifty handwritten digits, five
# of each: all the labels that you have. The digits to test on were written by other people (`groups=` below keeps
# the five blocks of the file apart; for all that is known, each has writers of its own).

# %% name="data"
from coursekit.data import load, nested_split
from coursekit.models import letter_network, printed_letters
from coursekit.training import Batches, set_seed

letters = letter_network(weights="letters")  # it comes with the course
printed = printed_letters(580, seed=2)  # letters that were not in its training
digits = load("digits", size=28)
rows = nested_split(digits.targets, [50, 200, 1000], groups=digits.groups, seed=SEED)
few, test = digits.subset(rows.train[50]), digits.subset(rows.test)
print(len(few), "digits to learn from,", len(test), "to test on, of shape", test.images.shape[1:])

# %% alt="Above ten printed letters of three alphabets, white on black. Below ten handwritten digits, blurred because they were enlarged."
viz.show(
    [*printed.images[:10], *(few.images[few.targets == digit][0] for digit in range(10))],
    [""] * 10 + [str(digit) for digit in range(10)],
    "What it has learned, and what you want",
    columns=10,
    size=1.1,
);

# %% [markdown]
# Three ways to use the fifty labels:
#
# * **pixels**: a linear model, which gives each of the 784 pixels a weight for each digit
# * **scratch**: a network of the same shape as the letter network, trained from random weights on the fifty
# * **letters**: no training of a network at all. Each digit goes through the letter network up to its last layer but one;
#   the numbers that come out there are given to a linear model
#
# Training, in plain Keras, as you know it from lesson 02 (`Batches` hands out 32 pictures a step and starts again when
# all have been used; the loss is noted every ten steps):

# %% name="train"
def train(model, some, steps, optimizer, seed=SEED):
    """Compile and fit; the loss after every ten steps."""
    model.compile(optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    batches = Batches(some.images, some.targets, batch_size=32, steps=10, seed=seed)
    return model.fit(batches, epochs=steps // 10, verbose=0).history["loss"]


def answers_of(model, images):
    """The class with the highest score for each picture."""
    return model.predict(images, batch_size=256, verbose=0).argmax(axis=1)


def from_scratch(some, classes, seed=SEED):
    """The letter network's shape, trained from random weights."""
    set_seed(seed)
    network = letter_network(classes=classes)
    train(network, some, SETTINGS["steps"], keras.optimizers.Adam(6e-3), seed)
    return network

# %% alt="Ten test digits, 0 to 9, with the answers of three readers above each; wrong ones are crossed. Pixels miss the 8 and the 9, scratch and letters the 9, which leans."
scratch = from_scratch(few, 10)
seen_as = {
    "pixels": (few.images.reshape(len(few), -1), test.images.reshape(len(test), -1)),
    "letters": [transfer.network_features(letters, some.images) for some in (few, test)],
}
answers = {name: transfer.linear_probe(known, few.targets, new) for name, (known, new) in seen_as.items()}
answers["scratch"] = answers_of(scratch, test.images)
ten = [np.flatnonzero(test.targets == digit)[1] for digit in range(10)]
viz.show(
    test.images[ten],
    [
        "\n".join(f"{name} {answers[name][i]}{'' if answers[name][i] == test.targets[i] else ' ✗'}" for name in answers)
        for i in ten
    ],
    "Ten test digits, three readers with the same fifty labels",
    columns=10,
    size=1.25,
)
for name, given in answers.items():
    print(f"{name:8} {(given == test.targets).mean():.0%} of {len(test)} test digits right")

# %% [markdown]
# That was one *draw*: fifty digits picked at random, some writers to test on. The course's recorded study, from which all
# numbers in this text are taken, repeats everything with five draws. There, with five labels of
# each digit, pixels get <<mean("digits: pixels", 5)|pct>> %, scratch <<mean("digits: scratch", 5)|pct>> %, and the letter
# network's numbers <<mean("digits: frozen", 5)|pct>> %, ahead of both in each of the five; in a single draw, such as yours, scratch
# may be level. Nobody has told the letter network what a 7 is.
#
# To go on from what was learned on another task is called *transfer learning*. The task with many labels is the *source*
# (here letters), the one that you care about the *target*, and the first training is the *pre-training*. You will
# read that it always pays. So **place four bets**. Two targets: digits, which are strokes on black, like
# letters, and photographs of six people's faces (simulated ones), which are not. Few labels and many. Who reads better on
# test pictures: a network that starts from the letters and is trained further (*fine-tuned*), or one from scratch? Put
# `"letters"` or `"scratch"` in the place of `None`.

# %% name="bet"
my_bets = {
    ("digits", 5): None,  # "letters" or "scratch"; part 10 settles it
    ("digits", 100): None,
    ("faces", 5): None,
    ("faces", 300): None,
}
assert set(my_bets.values()) <= {"letters", "scratch", None}, "Bet on 'letters' or 'scratch' in each line."

# %% [markdown]
# ## 2 What is inside
#
# The letter network has three convolutions, each with a ReLU (what is below zero becomes zero) and a max pooling, then
# one dense layer. What stands before the dense layer turns a picture into numbers: that is the *backbone*. The dense layer,
# which turns these numbers into 29 scores, is the *head*.

# %% tags=["nbval-check-output"]
for layer in letters.layers[1:]:
    part = "head" if layer.name == "logits" else "backbone"
    print(f"{layer.name:9} output {layer.output.shape[1:]!s:13} {layer.count_params():6,} weights   {part}")

# %% [markdown]
# The sixteen windows of its first convolution, 3×3 weights each, and what they make of a digit that the network was never
# meant to see. For comparison, a network of the same shape before any training.

# %% alt="Sixteen small windows of three by three weights from the letter network and its sixteen maps of a handwritten 7: several answer along the strokes and their edges. Below, the same for an untrained network, scaled by its own largest answer: fewer maps answer, but some show the 7 as well."
set_seed(SEED + 1)
untrained = letter_network()
seven = test.images[test.targets == 7][:1]
pictures, titles = [], []
for name, network in {"letters": letters, "untrained": untrained}.items():
    first_layer = network.get_layer("conv1")
    windows = first_layer.get_weights()[0][:, :, 0]
    maps = keras.Model(network.input, first_layer.output).predict(seven, verbose=0)[0]
    pictures += [windows[:, :, k] / np.abs(windows).max() for k in range(16)] + [maps[:, :, k] / maps.max() for k in range(16)]
    titles += [name, *[""] * 15, "its maps", *[""] * 15]
viz.show(
    pictures, titles, "Windows of the first layer, and what they answer to a 7 (red: above zero)", columns=16, size=0.72, signed=True
);

# %% [markdown]
# Several windows that were trained on letters answer to *strokes and their edges*, and digits consist of the same: a
# likely reason why there is something to transfer. In networks that were trained on a million photographs, the first layer shows edges, colour
# blobs and stripes, whatever the photographs were of; the layers behind it become more and more particular to the task
# (Yosinski and others measured it in 2014). But look at the random windows, too: some of them answer to edges as well. An
# untrained network is a serious opponent, and is often forgotten.
#
# ## 3 Features are numbers
#
# What a backbone says about a picture are its *features*: here 576 numbers (64 maps of 3×3 places, in one row).

# %% name="features"
def features_of(network, images, layer="features"):
    """What one layer of a network says about each picture."""
    backbone = keras.Model(network.input, network.get_layer(layer).output)
    return backbone.predict(images, batch_size=256, verbose=0)

# %% tags=["nbval-check-output"]
print("one picture:", features_of(letters, seven).shape[1], "features")

# %% [markdown]
# What are they good for? Take a pile of digits that do *not* sit neatly in the middle: each is moved by up to four
# pixels. For one of them, look for the pictures that are nearest to it: once by their pixels, once by their features.

# %% name="pile" alt="A handwritten digit and its six nearest neighbours, above by pixels, below by features of the letter network. Above, neighbours sit at the same place but some are other digits; below more of them are the same digit."
from coursekit.methods.equivariance import shift

pile = load("digits", SETTINGS["pile"], seed=SEED, size=28)
moves = np.random.default_rng(SEED).integers(-4, 5, size=(len(pile), 2))
pile_images = np.concatenate([shift(image[None], *move) for image, move in zip(pile.images, moves)])
descriptions = {
    "pixels": pile_images.reshape(len(pile), -1),
    "untrained": features_of(untrained, pile_images),
    "letters": features_of(letters, pile_images),
}


def nearest(description, row):
    """Row numbers of the others, the nearest first."""
    return np.linalg.norm(description - description[row], axis=1).argsort()[1:]


query = next(i for i in range(len(pile)) if pile.targets[nearest(descriptions["pixels"], i)[0]] != pile.targets[i])
order = [i for name in ("pixels", "letters") for i in (query, *nearest(descriptions[name], query)[:6])]
viz.show(
    pile_images[order],
    [("query" if k % 7 == 0 else f"a {pile.targets[i]}") for k, i in enumerate(order)],
    "Neighbours of a digit that pixels get wrong: by pixels (above), by features (below)",
    columns=7,
    size=1.3,
);

# %% [markdown]
# (The query was picked because its nearest neighbour by pixels is another digit, so this is no fair sample.) Fairly
# counted, over 600 moved digits in the study: named after its five nearest neighbours, a digit gets the right name in
# <<mean("neighbours, moved: pixels", 5)|pct>> % of cases by pixels, in <<mean("neighbours, moved: untrained", 5)|pct>> % by
# features of the untrained network, and in <<mean("neighbours, moved: frozen", 5)|pct>> % by features of letters. For digits
# that sit in the middle it is <<mean("neighbours, centred: pixels", 5)|pct>>, <<mean("neighbours, centred: untrained", 5)|pct>>
# and <<mean("neighbours, centred: frozen", 5)|pct>> %: where pixels are good already, features have little to add.
#
# ### ✏️ Exercise 1: a linear model on features
#
# Write `linear_probe(features, labels, new)`: train a linear classifier on `features`, $(n, k)$, with `labels`, $(n,)$, and
# return the labels that it gives to `new`, $(m, k)$. Before that, bring each column to mean 0 and standard deviation 1.
# Three traps: by *whose* mean and standard deviation? What if a column is constant? And labels are *names*: they may be
# 3, 7 and 12.
#
# (`new` has no part in any of it: it may be a single picture.)
#
# `LogisticRegression`, `StandardScaler` and `make_pipeline` of scikit-learn are there, and `np`. For a mark, the grader runs
# this cell alone, so keep everything else that it needs inside it. (With fewer pictures than columns, give
# `LogisticRegression` a strong penalty against large weights, such as `C=0.01`; its default is 1.)

# %% name="linear_probe" tags=["answer"]
def linear_probe(features, labels, new):
    """Labels (m,) for new (m, k), from a linear classifier trained on features (n, k)."""
    # BEGIN SOLUTION
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    return classifier.fit(features, labels).predict(new)
    # END SOLUTION

# %% [markdown]
# The check calls your function and compares. It says *correct*, *not yet* (what was expected, what came), *raised* or
# *not attempted*. Stuck? Run `lesson.hint("linear_probe")` in a cell of its own, as often as you like: each call goes one
# step further.

# %% name="check-linear_probe" tags=["check"]
lesson.check("linear_probe", linear_probe)

# %% [markdown]
# Wherever a later cell needs an answer of yours, a line like the next one takes yours if it passes its check, and
# otherwise the course's own version.

# %%
linear_probe = lesson.use("linear_probe", linear_probe, transfer.linear_probe)
given = linear_probe(features_of(letters, few.images), few.targets, features_of(letters, test.images))
print(f"letters' features and your linear model: {(given == test.targets).mean():.0%} of the test digits right")

# %% [markdown]
# ## 4 The fixed extractor
#
# That is the first form of transfer: the backbone is *frozen* (its weights stay as they are), and only a head is trained.
# The same in Keras, where the head is a dense layer on top and everything below it is switched to
# `trainable = False`:

# %% tags=["nbval-check-output"]
source = letter_network(weights="letters")
backbone = keras.Model(source.input, source.get_layer("features").output)
backbone.trainable = False
set_seed(SEED)
fixed = keras.Sequential([keras.Input((28, 28, 1)), backbone, keras.layers.Dense(10)])
trained = sum(int(np.prod(weight.shape)) for weight in fixed.trainable_weights)
print(f"{fixed.count_params():,} weights, of which {trained:,} are trained")

# %%
losses = train(fixed, few, HALF, keras.optimizers.Adam(3e-3))
right = (answers_of(fixed, test.images) == test.targets).mean()
print(f"loss on the fifty: {losses[0]:.2f} at first, {losses[-1]:.3f} at the end; test digits right: {right:.0%}")

# %% [markdown]
# A dense layer and scikit-learn's logistic regression are the same model. What differs is the scaling of the columns, the
# penalty, and when training stops; a few points between them are normal.
#
# Now more labels. For each number, the linear model on letters' features against a network from scratch, live. (In the
# study, scratch chooses its learning rate, the size of its steps, among four, on validation digits. Here it is 0.006.)

# %%
live = {"scratch": [], "letters": []}
for n in SETTINGS["sizes"]:
    scores = {name: [] for name in live}
    for repeat in range(SETTINGS["repeats"]):
        parts = nested_split(digits.targets, [10 * n], groups=digits.groups, seed=SEED + repeat)
        known, new = digits.subset(parts.train[10 * n]), digits.subset(parts.test)
        by_letters = linear_probe(features_of(letters, known.images), known.targets, features_of(letters, new.images))
        by_scratch = answers_of(from_scratch(known, 10, SEED + repeat), new.images)
        scores["letters"].append((by_letters == new.targets).mean())
        scores["scratch"].append((by_scratch == new.targets).mean())
    for name in live:
        live[name].append(np.mean(scores[name]))
    print(f"{n:3} of each digit: scratch {live['scratch'][-1]:.3f}   letters' features {live['letters'][-1]:.3f}")

# %% alt="Accuracy against number of labelled digits, 50 to 1,000, for pixels, the untrained network's features, scratch, and letters' features. All curves rise and come closer to each other; pixels are lowest at 50."
from coursekit.efficiency import LearningCurve, worth_in_labels

study = lesson.evidence


def curve_of(name, arm):
    """A learning curve of the study; ten kinds of digits."""
    return LearningCurve(10 * study.x(name), study.values(name), arm)


frozen, by_scratch = curve_of("digits: frozen", "letters' features"), curve_of("digits: scratch", "scratch")
pixels, random_net = curve_of("digits: pixels", "pixels"), curve_of("digits: untrained", "untrained features")
figure = viz.learning_curves(
    [frozen, by_scratch, pixels, random_net],
    "With fifty labels, letters' features lead",
    "test accuracy",
    "labelled digits",
)
axis = figure.axes[0]
viz.worth_arrow(axis, worth_in_labels(frozen, by_scratch, 50), frozen, 50)
for (name, scores), colour in zip(live.items(), (viz.COLOURS[1], viz.COLOURS[0])):
    axis.plot(10 * np.array(SETTINGS["sizes"]), scores, "D", mfc="none", ms=9, color=colour, label=f"{name}, your run")
axis.legend(fontsize=9);

# %% [markdown]
# | test digits right, % | 5 of each | 10 | 20 | 50 | 100 |
# |---|---|---|---|---|---|
# | pixels, linear | <<cell("digits: pixels", 5)>> | <<cell("digits: pixels", 10)>> | <<cell("digits: pixels", 20)>> | <<cell("digits: pixels", 50)>> | <<cell("digits: pixels", 100)>> |
# | untrained network's features, linear | <<cell("digits: untrained", 5)>> | <<cell("digits: untrained", 10)>> | <<cell("digits: untrained", 20)>> | <<cell("digits: untrained", 50)>> | <<cell("digits: untrained", 100)>> |
# | letter network's features, linear | <<cell("digits: frozen", 5)>> | <<cell("digits: frozen", 10)>> | <<cell("digits: frozen", 20)>> | <<cell("digits: frozen", 50)>> | <<cell("digits: frozen", 100)>> |
# | scratch | <<cell("digits: scratch", 5)>> | <<cell("digits: scratch", 10)>> | <<cell("digits: scratch", 20)>> | <<cell("digits: scratch", 50)>> | <<cell("digits: scratch", 100)>> |
#
# (Mean ± standard deviation over five draws.) Three things to see:
#
# * **Where the points come from.** At a hundred of each, letters' features are
#   <<((mean("digits: frozen", 100) - mean("digits: pixels", 100)) * 100)|round(1)>> points above pixels, but
#   <<((mean("digits: untrained", 100) - mean("digits: pixels", 100)) * 100)|round(1)>> of them come with the *shape* of the
#   network: convolution, ReLU and pooling with random weights (in all five draws). What the letters taught it is the rest. At
#   five of each, that rest is most of it in four draws. Whoever compares with pixels alone credits the pre-training with both.
# * **Whether they stop coming.** The arrow says what the features are worth in labels, with fifty: how many times as many
#   labels scratch needs for the same score (in brackets a 95 % interval;
#   one that starts at *less than 1* means: with other draws it may be worth nothing; yet in each of the five draws
#   letters' features are ahead). Textbooks often say that the curves meet
#   to the right. They do: of <<((mean("digits: frozen", 5) - mean("digits: scratch", 5)) * 100)|round(1)>> points between letters'
#   features and scratch at five of each, <<((mean("digits: frozen", 100) - mean("digits: scratch", 100)) * 100)|round(1)>> are left
#   at a hundred, and scratch is ahead in three of the five draws.
# * **The spread.** With many labels, most of it comes from the digits that are *tested*: the file has five blocks, each draw
#   chooses its settings on one and tests on another, and one of the four that came up for testing is easier for most networks. With
#   five of each, it also matters which digits were labelled, and where random weights began. So compare within a draw, as we
#   do when we say "in all five draws". (How much hangs on blocks we learned the hard way: in an earlier version of this
#   study all draws chose on the same block and tested on two. It said that the gap does not close.)
#
# ## 5 Which layer?
#
# The last layer of a backbone is the most particular to its old task. Is it the best to take? That depends on what the
# target has in common with the source. To see it we need a deeper network than ours: *MobileNet*, trained on *ImageNet*,
# 1.3 million photographs of a thousand kinds of things. It has thirteen blocks; we take the maps after one of the first
# twelve, average each over its places, and put a linear model on them. Two targets: small pictures of clothes (Fashion-MNIST), and patches of
# real phase-contrast microscope pictures (published by NIST), with cells or without.

# %% alt="Two panels with test accuracy against the block of MobileNet, one line with a band for each number of labels, scratch as a dashed line and an untrained MobileNet as a dotted one, far below. For clothes the lines rise towards the late blocks. For cells they are high from the first blocks on; with 5 labels of each kind the line falls towards the late ones."
figure, axes = plt.subplots(1, 2, figsize=(10.4, 4.2))
for axis, part, sizes, title in (
    (axes[0], "clothes", (5, 20), "Clothes: late blocks are best"),
    (axes[1], "cells", (5, 20, 100), "Cells: with five labels of each, early blocks"),
):
    for n, colour, marker in zip(sizes, viz.COLOURS, "osD"):
        name = f"{part}: imagenet, {n} per class"
        values = study.values(name)
        axis.plot(study.x(name), values.mean(axis=0), marker=marker, color=colour, label=f"ImageNet, {n} per class")
        axis.fill_between(study.x(name), values.min(axis=0), values.max(axis=0), color=colour, alpha=0.15)
    name = f"{part}: untrained, 5 per class"
    axis.plot(study.x(name), study.values(name).mean(axis=0), ":", color=viz.COLOURS[6], label="untrained, 5 per class")
    axis.axhline(study.mean(f"{part}: scratch", 5), ls="--", color=viz.COLOURS[0], lw=1)
    axis.text(12, study.mean(f"{part}: scratch", 5), "scratch, 5 per class", fontsize=9, ha="right", va="bottom")
    axis.set(xlabel="features taken after block", ylabel="test accuracy")
    axis.set_title(title)
    axis.legend(fontsize=9)

# %% [markdown]
# (Lines are means over five draws, bands run from the lowest to the highest.) With five labels of each kind, clothes get <<mean("clothes: imagenet, 5 per class", 3)|pct>> % after block 3 and
# <<mean("clothes: imagenet, 5 per class", 12)|pct>> % after block 12; scratch gets
# <<mean("clothes: scratch", 5)|pct>> %, pixels <<mean("clothes: pixels", 5)|pct>> %. For cells it is
# <<mean("cells: imagenet, 5 per class", 3)|pct(1)>> % after block 3 and
# <<mean("cells: imagenet, 5 per class", 12)|pct(1)>> % after block 12; with a hundred of each, blocks 3 to 12 lie within a point. A guess at why, which we did not test: ImageNet's late blocks know dogs and shoes, which
# help with shoes; cells against an empty dish is a question of grain, and early blocks see grain. **The best depth
# is a property of the pair of tasks**, and so a setting to choose, on validation pictures. (The dotted line: here, too,
# ask the untrained network; it is one draw of random weights.)
#
# ### ✏️ Exercise 2: prepare pictures as in pre-training
#
# A pre-trained network expects pictures as it has seen them. For networks trained on ImageNet, Keras knows three
# conventions (newer networks scale inside), which it calls
#
# * `"tf"` (MobileNet): values from −1 to 1
# * `"torch"` (DenseNet): minus the mean of ImageNet, divided by its standard deviation, for each colour by itself
# * `"caffe"` (VGG, ResNet): colours in the order **blue, green, red**, values from 0 to 255, minus the mean of ImageNet in
#   that order; no division
#
# Write `prepare(images, convention)` for pictures $(n, h, w, 3)$ in red, green, blue with values from 0 to 1. The numbers of
# ImageNet, red first, are in `MEAN` and `SPREAD`, for values from 0 to 1; in `MEAN_255`, also red first, for values from 0
# to 255.

# %% name="imagenet_numbers"
MEAN = np.array([0.485, 0.456, 0.406])
SPREAD = np.array([0.229, 0.224, 0.225])
MEAN_255 = np.array([123.68, 116.779, 103.939])

# %% name="prepare" tags=["answer"]
def prepare(images, convention):
    """Pictures (n, h, w, 3), RGB from 0 to 1, as "tf", "torch" or "caffe" want them."""
    # BEGIN SOLUTION
    if convention == "tf":
        return 2 * images - 1
    if convention == "torch":
        return (images - MEAN) / SPREAD
    return (255 * images - MEAN_255)[..., ::-1]
    # END SOLUTION

# %% name="check-prepare" tags=["check"]
lesson.check("prepare", prepare)

# %% [markdown]
# If you have a network connection, MobileNet itself is one word away: set `IMAGENET = True`, and Keras fetches 17 MB, once.
# The cell then shows its first windows and lets it look at faces.

# %% alt="Nothing is shown unless MobileNet was fetched; then the 32 colour windows of its first convolution: edges, stripes and colour blobs."
from coursekit.errors import CourseError
from coursekit.models import mobilenet

prepare = lesson.use("prepare", prepare, transfer.prepare)
IMAGENET = False
if IMAGENET:
    try:
        photographer = mobilenet(128)
        windows = photographer.get_layer("conv1").get_weights()[0]
        windows = (windows - windows.min()) / np.ptp(windows)
        viz.show(np.moveaxis(windows, -1, 0), columns=16, size=0.7, headline="Windows that a million photographs made")
        faces = load("faces", 120, seed=SEED, size=128)
        seen = photographer.predict(prepare(faces.images.repeat(3, axis=-1), "tf"), verbose=0).mean(axis=(1, 2))
        first = np.isin(faces.groups, np.unique(faces.groups)[:6])  # one session of each person
        given = linear_probe(seen[first], faces.targets[first], seen[~first])
        print(f"{first.sum()} labelled faces: {(given == faces.targets[~first]).mean():.0%} of the others right")
    except CourseError as problem:
        print(problem)
else:
    print("Set IMAGENET = True above, with a network connection, to see the real thing; the lesson goes on without.")

# %% [markdown]
# ## 6 The baseline you forgot
#
# <<mean("cells: imagenet, 5 per class", 3)|pct>> % on cells, with five labels of each kind: what a network! Before you admire
# it, ask how hard the question is. Describe each patch by *two numbers*, the mean of its pixels and their standard deviation,
# and put a linear model on these two:

# %% alt="Dots with test accuracy on cells at 5, 20 and 100 patches per class for two numbers, MobileNet after block 3, and scratch. Two numbers get 50 to 90 per cent with five patches of each, and come within a few points of the networks with 20 and 100."
figure, axis = plt.subplots(figsize=(7.6, 3.4))
for row, n in enumerate((100, 20, 5)):
    for k, (name, x) in enumerate(
        {"cells: two numbers": n, f"cells: imagenet, {n} per class": 3, "cells: scratch": n}.items()
    ):
        values = study.at(name, x)
        y = row - 0.22 * (k - 1)
        label = ("two numbers", "MobileNet, block 3", "scratch")[k] if row == 0 else None
        axis.plot(values, np.full(len(values), y), "o", ms=4, alpha=0.5, color=viz.COLOURS[k])
        axis.plot(values.mean(), y, "|", ms=14, mew=3, color=viz.COLOURS[k], label=label)
axis.set_yticks(range(3), ["100 per class", "20 per class", "5 per class"])
axis.set(xlabel="test accuracy (dots: five draws; bar: mean)")
axis.set_title("Cells or no cells: how hard is the question?")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# With five patches of each kind, two numbers get <<cell("cells: two numbers", 5)>> %: in one draw little more than guessing. With a
# hundred of each it is <<mean("cells: two numbers", 100)|pct(1)>> %. With five, scratch gets <<mean("cells: scratch", 5)|pct(1)>> % and
# MobileNet's block 3 <<mean("cells: imagenet, 5 per class", 3)|pct(1)>> %, ahead in all five draws. (And these two did not even
# see the two numbers: exposure differs between pictures, so each patch was brought to the same mean and spread.) A paper that shows
# only MobileNet looks like a triumph of transfer over cells that are hard to see. What transfer adds is its distance from the
# *best simple thing* that you could have done: here a small network from scratch.
#
# ## 7 Fine-tuning, the naive way and the other
#
# Frozen features are all that the source has to say. *Fine-tuning* lets the backbone move as well, in small steps. We
# copy the letter network, and put a head of random weights for ten digits in place of the old one:

# %% name="with_new_head"
def with_new_head(network, classes, seed=SEED):
    """A copy of a network up to its features, with a new dense layer on top."""
    set_seed(seed)
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    head = keras.layers.Dense(classes, name="logits")
    return keras.Model(copy.input, head(copy.get_layer("features").output))

# %% [markdown]
# ### ✏️ Exercise 3: freeze up to here
#
# Write `freeze_until(model, name)`: after it, the layer called `name` and all layers **behind** it can be trained, and
# all layers before it can't. (An earlier call may have frozen others: switch each layer on or off.) Return the names of
# the layers that now have weights to train, first to last. `model.layers` holds the layers in their order;
# `layer.trainable` can be set; `layer.trainable_weights` is an empty list if there is nothing to train.
#
# The first line of the function is given: the check describes a model by the names of its layers, and `built` makes a model
# of them in which every second layer is frozen (`norm` is a batch normalisation, a layer that part 12 comes back to). A Keras model it
# leaves as it is.

# %% name="built"
def built(model):
    """A Keras model as it is; for a list of names such as ["conv1", "norm1", "dense1"], a half-frozen model of these."""
    if isinstance(model, keras.Model):
        return model
    kinds = {
        "conv": lambda name: keras.layers.Conv2D(4, 3, padding="same", name=name),
        "norm": lambda name: keras.layers.BatchNormalization(name=name),
        "relu": lambda name: keras.layers.ReLU(name=name),
        "dense": lambda name: keras.layers.Dense(4, name=name),
    }
    stack = keras.Sequential([keras.Input((8, 8, 1)), *(kinds[name.rstrip("0123456789")](name) for name in model)])
    for number, layer in enumerate(stack.layers):
        layer.trainable = number % 2 == 1
    return stack

# %% name="freeze_until" tags=["answer"]
def freeze_until(model, name):
    """Freeze all layers before the one called name, free it and all behind it; names of those with weights to train."""
    model = built(model)
    # BEGIN SOLUTION
    first = [layer.name for layer in model.layers].index(name)
    for number, layer in enumerate(model.layers):
        layer.trainable = number >= first
    return [layer.name for layer in model.layers if layer.trainable_weights]
    # END SOLUTION

# %% name="check-freeze_until" tags=["check"]
lesson.check("freeze_until", freeze_until)

# %% [markdown]
# Now two ways to spend the same number of steps on the fifty digits.
#
# * **naive**: new head on top, all layers move, learning rate 0.0003
# * **head first**: half of the steps for the head alone, the backbone frozen; then the other half for all layers, at 0.0003

# %%
freeze_until = lesson.use("freeze_until", freeze_until, transfer.freeze_until)

naive = with_new_head(letters, 10)
naive_loss = train(naive, few, SETTINGS["steps"], keras.optimizers.Adam(3e-4))

careful = with_new_head(letters, 10)
print("first:", freeze_until(careful, "logits"))
careful_loss = train(careful, few, HALF, keras.optimizers.Adam(3e-3))
print("then: ", freeze_until(careful, "conv1"))
careful_loss = careful_loss + train(careful, few, HALF, keras.optimizers.Adam(3e-4))

for name, model in {"naive": naive, "head first": careful}.items():
    print(f"{name:10} {(answers_of(model, test.images) == test.targets).mean():.0%} of the test digits right")

# %% alt="Left: training loss against step; both ways fall. Right, logarithmic: the gradient that reaches the features, under a random head much larger than under a trained one."
figure, (left, right) = plt.subplots(1, 2, figsize=(10.4, 3.8))
step = 10 * np.arange(1, len(naive_loss) + 1)
left.plot(step, naive_loss, "--", color=viz.COLOURS[1], label="naive")
left.plot(10 * np.arange(1, len(careful_loss) + 1), careful_loss, color=viz.COLOURS[0], label="head first")
left.axvline(HALF, color="#999999", ls=":")
left.set(xlabel="training step", ylabel="loss on the fifty (last ten steps)", ylim=(0, None))
left.set_title("Your run: in training, both look fine")
left.legend()
for name, style, colour in (("fresh head", "--", viz.COLOURS[1]), ("head first", "-", viz.COLOURS[0])):
    pull = study.values(f"gradient: {name}")
    right.plot(study.x(f"gradient: {name}"), pull.mean(axis=0), style, color=colour)
right.set(yscale="log", xlabel="steps since all layers move", ylabel="gradient at the features")
right.set_title("Study: a random head pulls hard");

# %% [markdown]
# Test digits, %, at five of each in the study: scratch <<cell("digits: scratch", 5)>>, naive
# <<cell("what suffers: fresh head", "own")>>, head first <<cell("what suffers: head first", "own")>>, frozen features with a linear
# model <<cell("digits: frozen", 5)>>. You won't see it in the training loss: fifty digits are learned by heart either way.
#
# **A random head shouts at good features.** The gradient (lesson 02: which way, and how strongly, each number should move
# to lower the loss) reaches the backbone *through* the head. As long as the head is random, what comes through follows weights
# that mean nothing yet, and it is large: its length at the features, over the fifty, is
# <<mean("gradient: fresh head", 0)|round(2)>> at the first step, against <<mean("gradient: head first", 0)|round(4)>> under a
# head that has learned the fifty. So runs the explanation that you will often read: by the time the head has learned
# something, good features are destroyed.
#
# **Is it so?** That can be asked. Take the tuned network, throw its head away, and put a linear model on what is left of
# the features, as in exercise 1:

# %%
for name, model in {"naive": naive, "head first": careful}.items():
    left_over = linear_probe(features_of(model, few.images), few.targets, features_of(model, test.images))
    own = (answers_of(model, test.images) == test.targets).mean()
    print(f"{name:10} its own head: {own:.0%}   a linear model on its features: {(left_over == test.targets).mean():.0%}")

# %% [markdown]
# In the study, the features are worth <<cell("what suffers: fresh head", "probe")>> % after naive and
# <<cell("what suffers: head first", "probe")>> % after careful fine-tuning: no difference that five draws could show. The pull was
# real: naive fine-tuning moves the last convolution by <<mean("what suffers: fresh head", "conv3")|pct>> % of its size instead
# of <<mean("what suffers: head first", "conv3")|pct>> % (in twice as many steps). But for digits, what is behind the head is
# about as good as before. **What is bad is the head**: on the same features, a linear model is
# <<((mean("what suffers: fresh head", "probe") - mean("what suffers: fresh head", "own")) * 100)|round|int>> points better, in
# each of the five draws.
#
# So try to help the head. It came with random weights, and got a rate that suits weights that are nearly right. In the study:
#
# | five of each, 300 steps in all | digits, % | letters with the old head, % |
# |---|---|---|
# | naive, all layers at 0.0003 | <<cell("what suffers: fresh head", "own")>> | <<cell("what suffers: fresh head", "letters")>> |
# | naive, all layers at 0.001 | <<cell("fresh head at 0.001", "digits")>> | <<cell("fresh head at 0.001", "letters")>> |
# | naive, all layers at 0.003 | <<cell("fresh head at 0.003", "digits")>> | <<cell("fresh head at 0.003", "letters")>> |
# | all layers at once, the head at 0.003, the others at 0.0003 | <<cell("what suffers: two rates", "own")>> | <<cell("what suffers: two rates", "letters")>> |
# | head first at 0.003, then all layers at 0.0003 | <<cell("what suffers: head first", "own")>> | <<cell("what suffers: head first", "letters")>> |
#
# (Letters, before: <<(notes("letters") * 100)|round|int>> %.) **A random head wants a high rate, good features want a low one.** One
# rate for both is a bad bargain: at a low one you get a poor head; at a high one digits are about as good as by any other way, and
# the letters pay. One rate after the other, head first, gives you both; two rates at once come close. If all that you will ever want are
# digits, you need not mind. Mostly you mind.
#
# ## 8 Forgetting
#
# Fine-tuning overwrites. How much of the letters is left afterwards? Nobody needs a *digit* network to read letters, but
# what it forgets are features, and you may need them for the next target. So, as in the last column of the table, put the
# **old head** back on the tuned backbone, and let it read letters:

# %%
def letters_kept(tuned):
    """Accuracy on printed letters, with the old head on the tuned backbone."""
    old_head = letters.get_layer("logits")
    reader = keras.Model(tuned.input, old_head(tuned.get_layer("features").output))
    return (answers_of(reader, printed.images) == printed.targets).mean()


print(f"before: {letters_kept(letters):.0%} of the letters")
for rate in SETTINGS["rates"]:
    tuned = with_new_head(letters, 10)
    freeze_until(tuned, "logits")
    train(tuned, few, HALF, keras.optimizers.Adam(3e-3))
    freeze_until(tuned, "conv1")
    train(tuned, few, HALF, keras.optimizers.Adam(rate))
    new = (answers_of(tuned, test.images) == test.targets).mean()
    print(f"rate {rate:6}: {new:.0%} of the digits, {letters_kept(tuned):.0%} of the letters")

# %% [markdown]
# The dial below holds the study's results for seven learning rates (all head first, five of each digit), and for 0 to 3
# frozen convolutions.
#
# **To find out:**
#
# 1. From which rate on do letters suffer? And from which rate on would you have noticed, looking at digits only?
# 2. Which layer moves most, relative to what it was?
# 3. At 0.01, does freezing the first convolution save the letters? The first two?

# %% name="rate-dial" alt="Rate dial at 0.01: accuracy on digits stays high over most rates, accuracy on letters falls from 0.001 on and steeply from 0.003; bars show how far the weights of each layer moved."
dial = viz.RateDial(
    study.x("rate dial, 0 frozen: new"),
    np.stack([study.values(f"rate dial, {frozen} frozen: new") for frozen in range(4)]),
    np.stack([study.values(f"rate dial, {frozen} frozen: letters") for frozen in range(4)]),
    {
        f"conv{i}": np.stack(
            [
                study.values(f"rate dial, {frozen} frozen: conv{i}")
                if i > frozen
                else np.zeros_like(study.values("rate dial, 0 frozen: new"))
                for frozen in range(4)
            ]
        )
        for i in (1, 2, 3)
    },
    tasks=("digits", "letters"),
    before=study.notes("letters"),
    chance=1 / study.notes("letter classes"),
)
dial

# %% [markdown]
# (No sliders? Run the cell: they need a running notebook. The picture above is the dial's first state.)
#
# <details><summary>What we found</summary>
#
# 1. From 0.001 on. Of the letters, <<mean("rate dial, 0 frozen: letters", 0.0003)|pct>> % are read at 0.0003,
#    <<mean("rate dial, 0 frozen: letters", 0.001)|pct>> % at 0.001,
#    <<mean("rate dial, 0 frozen: letters", 0.003)|pct>> % at 0.003 and
#    <<mean("rate dial, 0 frozen: letters", 0.01)|pct>> % at 0.01. The digits: <<mean("rate dial, 0 frozen: new", 0.0003)|pct>>,
#    <<mean("rate dial, 0 frozen: new", 0.003)|pct>> and <<mean("rate dial, 0 frozen: new", 0.01)|pct>> %. <b>Forgetting is
#    hardly visible from the new task</b>: at 0.01 most letters are gone, and the digits have lost
#    <<((mean("rate dial, 0 frozen: new", 0.0003) - mean("rate dial, 0 frozen: new", 0.01)) * 100)|round|int>> points.
# 2. At 0.01, conv1 moves by <<mean("rate dial, 0 frozen: conv1", 0.01)|pct>> %, conv2 by
#    <<mean("rate dial, 0 frozen: conv2", 0.01)|pct>> %, conv3 by <<mean("rate dial, 0 frozen: conv3", 0.01)|pct>> % of its
#    own size. Adam gives every weight about the same step, whatever layer it is in, and the weights of conv1 are the
#    largest: each of its windows has nine inputs, a window of conv3 has 288, and weights are drawn the smaller at the start
#    the more inputs they share a window with.
# 3. With conv1 frozen <<mean("rate dial, 1 frozen: letters", 0.01)|pct>> %, with conv1 and conv2 frozen
#    <<mean("rate dial, 2 frozen: letters", 0.01)|pct>> % of the letters are kept at 0.01; frozen altogether, all.
#
# At 0.03 the new task falls as well: <<mean("rate dial, 0 frozen: new", 0.03)|pct>> %. That is no forgetting, that is a
# training that fails.
#
# </details>
#
# ## 9 Thaw slowly, and not everywhere alike
#
# If first layers are general and last ones particular, the first should move least. Two recipes from the same paper (Howard
# and Ruder, 2018; they fine-tuned networks that read text):
#
# * **gradual unfreezing**: free the last layer, train; free one more, train; down to the first
# * **discriminative rates**: each layer has a learning rate of its own, and each one is 2.6 times smaller than that of the
#   layer behind it
#
# ### ✏️ Exercise 4: a rate for each layer
#
# Write `discriminative_rates(n_layers, top, factor=2.6)`: an array of `n_layers` rates, **first layer first**. The last
# layer gets `top`, each one before it `factor` times less.

# %% name="discriminative_rates" tags=["answer"]
def discriminative_rates(n_layers, top, factor=2.6):
    """Learning rates (n_layers,), from the first layer to the last."""
    # BEGIN SOLUTION
    return top / factor ** np.arange(n_layers - 1, -1, -1)
    # END SOLUTION

# %% name="check-discriminative_rates" tags=["check"]
lesson.check("discriminative_rates", discriminative_rates)

# %% [markdown]
# An optimiser with several rates is several optimisers, each for its own weights; Keras joins them.

# %% name="adam_by_layer"
discriminative_rates = lesson.use("discriminative_rates", discriminative_rates, transfer.discriminative_rates)


def adam_by_layer(model, top):
    """One Adam for each layer with weights, at its own rate."""
    stack = [layer for layer in model.layers if layer.weights]
    adams = [keras.optimizers.Adam(float(rate)) for rate in discriminative_rates(len(stack), top)]
    adam_of = {weight.path: adam for layer, adam in zip(stack, adams) for weight in layer.weights}
    return keras.optimizers.MultiOptimizer(lambda weight: adam_of[weight.path])

# %% [markdown]
# Then we thaw: the head is trained as above, and the second half of the steps is spent in three stages, with one more
# layer each.

# %%
CONVOLUTIONS = ("conv3", "conv2", "conv1")
thawed = with_new_head(letters, 10)
freeze_until(thawed, "logits")
train(thawed, few, HALF, keras.optimizers.Adam(3e-3))
for name in CONVOLUTIONS:
    print("training", freeze_until(thawed, name))
    train(thawed, few, HALF // 3, adam_by_layer(thawed, 1e-3))
right = (answers_of(thawed, test.images) == test.targets).mean()
print(f"{right:.0%} of the digits right, {letters_kept(thawed):.0%} of the letters kept")

# %% alt="Bars of how far each convolution has moved relative to its size, after fine-tuning with one rate, and after gradual unfreezing with a rate for each layer: there the first moves much less than the last."
figure, axis = plt.subplots(figsize=(7.2, 3.2))
for k, (name, model) in enumerate({"one rate, 0.0003": careful, "thawed, a rate for each layer": thawed}.items()):
    change = transfer.relative_change(letters, model)  # how far the weights went, relative to their size
    bars = axis.barh(np.arange(3) + 0.38 * k, [100 * change[conv] for conv in CONVOLUTIONS], 0.36, label=name)
    axis.bar_label(bars, fmt="%.1f %%", padding=3)
axis.set_yticks(np.arange(3) + 0.19, CONVOLUTIONS)
axis.invert_yaxis()
axis.margins(x=0.15)
axis.set(xlabel="change of the weights, % of their size")
axis.set_title("Thawed late and slowly, the first layer stays nearly what it was")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# Does it pay? In the study (rate chosen on validation digits for the first row, fixed at 0.001 for the second):
#
# | test digits right, % | 5 of each | 10 | 20 | 50 | 100 |
# |---|---|---|---|---|---|
# | head first, one rate | <<cell("digits: head first", 5)>> | <<cell("digits: head first", 10)>> | <<cell("digits: head first", 20)>> | <<cell("digits: head first", 50)>> | <<cell("digits: head first", 100)>> |
# | thawed gradually, a rate for each layer | <<cell("digits: gradual", 5)>> | <<cell("digits: gradual", 10)>> | <<cell("digits: gradual", 20)>> | <<cell("digits: gradual", 50)>> | <<cell("digits: gradual", 100)>> |
#
# Hardly. With 5 and 10 of each, thawing is ahead in four of the five draws, by
# <<((mean("digits: gradual", 5) - mean("digits: head first", 5)) * 100)|round(1)>> and
# <<((mean("digits: gradual", 10) - mean("digits: head first", 10)) * 100)|round(1)>> points on average; from 20 on it is not ahead.
# (The two ideas were not measured apart. Both rows train the head first.)
#
# ## 10 The table that everybody quotes, measured
#
# Nearly every course on transfer shows a table with two rows and two columns. Its advice:
#
# | | few labels | many labels |
# |---|---|---|
# | **target similar to the source** | freeze, train a head | fine-tune all layers |
# | **target very different** | freeze, take an *earlier* layer | train from scratch, or fine-tune all |
#
# It is often quoted without a measurement. Here it is for a network that knows letters: digits are similar, faces very
# different. (Six persons; test faces come from recording sessions that training never saw.) Your bets stand in
# the titles.

# %% alt="Four panels of dots: test accuracy of pixels, scratch, earlier layers untrained and of letters, the last layer of letters, and fine-tuning. Digits with 5 and 100 of each above, faces with 5 and 300 of each below. On digits the last layer and fine-tuning lead; on faces the earlier layers do, trained or not."
arms = {
    "pixels": "pixels",
    "scratch": "scratch",
    "untrained, earlier": "untrained, earlier layer",
    "earlier": "letters, earlier layer",
    "frozen": "letters, last layer",
    "head first": "letters, fine-tuned",
}
cells = {
    ("digits", 5): "freeze",
    ("digits", 100): "fine-tune",
    ("faces", 5): "freeze, earlier layer",
    ("faces", 300): "scratch, or fine-tune",
}
figure, axes = plt.subplots(2, 2, figsize=(10.4, 7.4))
won = 0
for axis, ((part, n), advice) in zip(axes.flat, cells.items()):
    for row, arm in enumerate(arms):
        values = study.at(f"{part}: {arm}", n)
        colour = viz.COLOURS[int("letters" in arms[arm])]
        axis.plot(values, np.full(len(values), row), "o", ms=4, alpha=0.5, color=colour)
        axis.plot(values.mean(), row, "|", ms=16, mew=3, color=colour)
    tuned_wins = study.mean(f"{part}: head first", n) > study.mean(f"{part}: scratch", n)
    hit = my_bets[part, n] == ("letters" if tuned_wins else "scratch")
    won += hit
    axis.set_yticks(range(len(arms)), list(arms.values()))
    axis.set(xlabel="test accuracy (dots: five draws; bar: mean)", ylim=(len(arms) - 0.5, -0.5))
    bet = f"you bet on {my_bets[part, n]} {'✓' if hit else '✗'}" if my_bets[part, n] else "no bet"
    axis.set_title(f"{part}, {n} of each: {bet}\nadvice: {advice}", fontsize=11)
if any(my_bets.values()):
    print(f"{won} of your 4 bets have the higher mean.")

# %% [markdown]
# | test accuracy, % | digits, 5 of each | digits, 100 | faces, 5 | faces, 20 | faces, 100 | faces, 300 |
# |---|---|---|---|---|---|---|
# | pixels, linear | <<cell("digits: pixels", 5)>> | <<cell("digits: pixels", 100)>> | <<cell("faces: pixels", 5)>> | <<cell("faces: pixels", 20)>> | <<cell("faces: pixels", 100)>> | <<cell("faces: pixels", 300)>> |
# | untrained features, linear | <<cell("digits: untrained", 5)>> | <<cell("digits: untrained", 100)>> | <<cell("faces: untrained", 5)>> | <<cell("faces: untrained", 20)>> | <<cell("faces: untrained", 100)>> | <<cell("faces: untrained", 300)>> |
# | untrained, earlier layer, linear | <<cell("digits: untrained, earlier", 5)>> | <<cell("digits: untrained, earlier", 100)>> | <<cell("faces: untrained, earlier", 5)>> | <<cell("faces: untrained, earlier", 20)>> | <<cell("faces: untrained, earlier", 100)>> | <<cell("faces: untrained, earlier", 300)>> |
# | letters, earlier layer, linear | <<cell("digits: earlier", 5)>> | <<cell("digits: earlier", 100)>> | <<cell("faces: earlier", 5)>> | <<cell("faces: earlier", 20)>> | <<cell("faces: earlier", 100)>> | <<cell("faces: earlier", 300)>> |
# | letters' features, linear | <<cell("digits: frozen", 5)>> | <<cell("digits: frozen", 100)>> | <<cell("faces: frozen", 5)>> | <<cell("faces: frozen", 20)>> | <<cell("faces: frozen", 100)>> | <<cell("faces: frozen", 300)>> |
# | letters, naive fine-tuning, rate chosen | <<cell("digits: fresh head", 5)>> | <<cell("digits: fresh head", 100)>> | <<cell("faces: fresh head", 5)>> | <<cell("faces: fresh head", 20)>> | <<cell("faces: fresh head", 100)>> | <<cell("faces: fresh head", 300)>> |
# | letters, head first | <<cell("digits: head first", 5)>> | <<cell("digits: head first", 100)>> | <<cell("faces: head first", 5)>> | <<cell("faces: head first", 20)>> | <<cell("faces: head first", 100)>> | <<cell("faces: head first", 300)>> |
# | scratch | <<cell("digits: scratch", 5)>> | <<cell("digits: scratch", 100)>> | <<cell("faces: scratch", 5)>> | <<cell("faces: scratch", 20)>> | <<cell("faces: scratch", 100)>> | <<cell("faces: scratch", 300)>> |
#
# What the study shows, cell by cell:
#
# * **Similar, few.** Transfer pays: freezing, fine-tuning head first and naive fine-tuning (at the high rate that it chose) are
#   <<((mean("digits: frozen", 5) - mean("digits: scratch", 5)) * 100)|round(1)>>,
#   <<((mean("digits: head first", 5) - mean("digits: scratch", 5)) * 100)|round(1)>> and
#   <<((mean("digits: fresh head", 5) - mean("digits: scratch", 5)) * 100)|round(1)>> points above scratch, and each is above it in all
#   five draws. Freezing takes seconds. As advised.
# * **Similar, many.** With a hundred of each it matters little what you do. Head first is
#   <<((mean("digits: head first", 100) - mean("digits: scratch", 100)) * 100)|round(1)>> points above scratch, and
#   <<((mean("digits: head first", 100) - mean("digits: frozen", 100)) * 100)|round(1)>> above freezing; the draws disagree on both.
# * **Very different, few.** The last layer gives no more than scratch. The *earlier* layer (the maps after the second pooling,
#   all places) is <<((mean("faces: earlier", 5) - mean("faces: scratch", 5)) * 100)|round|int>> points above scratch, in all five
#   draws: as advised. But the earlier layer of an **untrained** network does nearly as well. What helps is mostly that it is early. (A
#   guess at why: it still knows what is where.)
# * **Very different, many.** Neither scratch nor fine-tuning: with 300 of each, a linear model on the earlier layer is
#   <<((mean("faces: earlier", 300) - mean("faces: scratch", 300)) * 100)|round(1)>> points above scratch, in all five draws. And here the
#   letters have nothing to do with it: untrained, it is as good.
#
# With 20 faces of each, the fine-tuned letter network is
# <<((mean("faces: scratch", 20) - mean("faces: head first", 20)) * 100)|round(1)>> points *below* scratch, in all five draws. A start
# that costs something is called *negative transfer*. (We found it by looking through four sizes; in the others the draws
# disagree.)
#
# So three cells of the quoted table hold here, more or less, and one does not; and without the untrained rows we would
# have praised the letters for what the shape of a network does. (Each arm has 300 steps here, of which fine-tuned
# backbones get the last 150; with ten times as many, a start may matter less. And all arms chose a rate or a penalty on
# <<notes("validation labels")["digits"]>> labelled validation digits or <<notes("validation labels")["faces"]>> faces: labels that
# somebody with fifty labels does not have.)
#
# ## 11 Labelling by groups
#
# Features help before there is any label. Lay the pile of unlabelled digits out on a map, similar ones side by side, and
# name whole islands. The map is made by *t-SNE*: it places each picture in the plane and tries to keep its nearest
# neighbours among the features its nearest neighbours on the map. That is all it tries. **How alike two islands are can't be
# read off their distance, nor how varied they are off their size.** (Before, the features are brought down to their 50 most important directions, by *PCA*. We
# show t-SNE only the pictures that are to be labelled, never a test set.)

# %% name="maps"
shown = ("letters", "pixels") if PROFILE == "quick" else ("letters", "pixels", "untrained")
maps = {name: group_labelling.map_of_features(descriptions[name], SEED) for name in shown}

# %% [markdown]
# A group of neighbours (found by *k-means*, which cuts the map into as many patches as you want) stands in for a lasso.
# You look at the pictures of a group; if they are of one kind, one click names them all.
#
# **To find out:** go on from the twenty groups that have been named, each after its most frequent kind (a cross marks a
# wrong name; you would not see these crosses in real life). How many more clicks until half of the pile has a name?
# Then choose the map of *pixels*, and name a few groups there. Are there more wrong names, and where do mixed groups lie?

# %% name="label-by-groups" alt="A map of digits with twenty groups named, one group circled and its pictures shown beside it, and a curve of labelled pictures against clicks, above one-by-one labelling."
labelling = viz.LabelByGroups(maps, pile_images, pile.targets, groups=80, named=20)
labelling

# %% [markdown]
# (No buttons? Run the cell: they need a running notebook. The picture above is the first state.)
#
# ### ✏️ Exercise 5: what is a map worth?
#
# Count it. Write `clicks_needed(groups, truth, purity=0.98, share=0.95)`: how many names must be given until a `share`
# of all pictures has one? `groups` and `truth`, both $(n,)$, say to which group and to which kind each picture belongs. The
# rules:
#
# 1. A group in which the most frequent kind makes up at least `purity` is named with **one** click, the largest
#    such group first.
# 2. Pictures of all other groups are named **one by one**, a click each. That comes last.
# 3. Stop as soon as at least `share` of all pictures have a name.

# %% name="clicks_needed" tags=["answer"]
def clicks_needed(groups, truth, purity=0.98, share=0.95):
    """Number of names until `share` of the pictures has one."""
    # BEGIN SOLUTION
    wanted = int(np.ceil(share * len(truth) - 1e-9))
    pure = []
    for group in np.unique(groups):
        _, counts = np.unique(truth[groups == group], return_counts=True)
        if counts.max() >= purity * counts.sum() - 1e-9:
            pure.append(int(counts.sum()))
    clicks = labelled = 0
    for size in sorted(pure, reverse=True):
        if labelled >= wanted:
            break
        clicks += 1
        labelled += size
    return clicks + max(wanted - labelled, 0)
    # END SOLUTION

# %% name="check-clicks_needed" tags=["check"]
lesson.check("clicks_needed", clicks_needed)

# %% alt="Clicks until 95 per cent of the pile is labelled against the number of groups, for the map of letters' features, of pixels and of the untrained network, with one-by-one labelling as a dashed line at the top. The map of letters' features needs the fewest."
clicks_needed = lesson.use("clicks_needed", clicks_needed, group_labelling.clicks_needed)
figure, axis = plt.subplots(figsize=(7.4, 3.8))
choices = [20, 40, 60, 80, 100, 150, 200]
for (name, points), marker in zip(maps.items(), "osD"):
    cuts = [group_labelling.groups_on_map(points, k, SEED) for k in choices]
    axis.plot(choices, [clicks_needed(groups, pile.targets) for groups in cuts], marker=marker, label=f"map of {name}")
axis.axhline(np.ceil(0.95 * len(pile)), color="#57606a", ls="--")
axis.text(200, 0.96 * len(pile), "one by one", ha="right", va="bottom", color="#57606a", fontsize=10)
axis.set(xlabel="groups that the map is cut into", ylabel=f"clicks for 95 % of {len(pile)}", ylim=(0, 1.1 * len(pile)))
axis.set_title("Moved digits: the map of letters' features saves most")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# The study, five piles of 600 digits (clicks until 570 have a name, mean over piles; one by one: 570):
#
# | map of | moved, 40 groups | moved, 80 groups | in the middle, 40 groups | in the middle, 80 groups |
# |---|---|---|---|---|
# | pixels | <<mean("clicks, moved: pixels", 40)|round|int>> | <<mean("clicks, moved: pixels", 80)|round|int>> | <<mean("clicks, centred: pixels", 40)|round|int>> | <<mean("clicks, centred: pixels", 80)|round|int>> |
# | untrained network's features | <<mean("clicks, moved: untrained", 40)|round|int>> | <<mean("clicks, moved: untrained", 80)|round|int>> | <<mean("clicks, centred: untrained", 40)|round|int>> | <<mean("clicks, centred: untrained", 80)|round|int>> |
# | letter network's features | <<mean("clicks, moved: frozen", 40)|round|int>> | <<mean("clicks, moved: frozen", 80)|round|int>> | <<mean("clicks, centred: frozen", 40)|round|int>> | <<mean("clicks, centred: frozen", 80)|round|int>> |
#
# Where every digit sits in the middle, somebody has taken care of what the features would have been good for, and a map of
# pixels does nearly the same service with 80 groups (with 40, less so). Where they are moved, letters' features save
# <<(mean("clicks, moved: pixels", 80) - mean("clicks, moved: frozen", 80))|round|int>> of the
# <<mean("clicks, moved: pixels", 80)|round|int>> clicks that pixels need with 80 groups. And
# mind the rule that makes the count fair: a mixed group is named one by one. Whoever names mixed groups with one click saves
# more clicks, and buys wrong labels: with 40 groups, one name for each, <<mean("right, moved: frozen", 40)|pct>> % of moved digits
# get the right name on the map of letters' features, and <<mean("right, moved: pixels", 40)|pct>> % on that of pixels.
#
# ## 12 Four traps
#
# **Other scaling than in pre-training.** The letter network saw bright strokes on black, 0 to 1. What if yours come
# otherwise? Linear model on its features, five of each, test digits right in %:
#
# | pictures | all of them so | only the new ones so |
# |---|---|---|
# | as in pre-training | <<mean("trap: as in pre-training", "all")|pct>> | <<mean("trap: as in pre-training", "new only")|pct>> |
# | 0 to 255 | <<mean("trap: 0 to 255", "all")|pct>> | <<mean("trap: 0 to 255", "new only")|pct>> |
# | −1 to 1 | <<mean("trap: -1 to 1", "all")|pct>> | <<mean("trap: -1 to 1", "new only")|pct>> |
# | black strokes on white | <<mean("trap: inverted", "all")|pct>> | <<mean("trap: inverted", "new only")|pct>> |
# | each by its own mean and spread | <<mean("trap: by its own mean and spread", "all")|pct>> | <<mean("trap: by its own mean and spread", "new only")|pct>> |
#
# A mistake that you make everywhere is forgiven in part: the linear model learns from the features as they come. (Inverted,
# it still costs more than letters' features had gained over scratch.) A mistake
# that you make in *one place*, on the new pictures only, is not forgiven. It happens when training code and the code that uses the
# network are two programs.
#
# **A frozen batch normalisation that goes on counting.** *Batch normalisation* brings each map to mean 0 and spread 1,
# in training by the statistics of the batch, in use by running averages of them. These averages are no *trained* weights, so in
# some libraries they go on moving in a layer that you have frozen. In Keras they stop. See for yourself:

# %% tags=["nbval-check-output"]
norm = keras.layers.BatchNormalization()
batch = np.full((8, 4), 100.0, dtype="float32")
norm.build(batch.shape)
for trainable in (True, False):
    norm.trainable = trainable
    before = keras.ops.convert_to_numpy(norm.moving_mean).copy()
    norm(batch, training=True)
    moves_on = not np.allclose(keras.ops.convert_to_numpy(norm.moving_mean), before)
    print(f"trainable = {trainable}: the running mean {'moves' if moves_on else 'stays'}")

# %% [markdown]
# **Freezing without `compile`.** Keras prepares its training step once, and notes then what is to be trained. If you
# freeze a layer of a model that has been trained before, compile it again, as our `train` does.

# %% tags=["nbval-check-output"]
x, y = np.random.default_rng(SEED).random((32, 4), dtype="float32"), np.zeros((32, 2), dtype="float32")
tiny = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)])
tiny.compile("adam", "mse")
tiny.fit(x, y, verbose=0)
tiny.layers[0].trainable = False
for compiled in ("frozen, not compiled again", "compiled again"):
    before = tiny.layers[0].get_weights()[0]
    tiny.fit(x, y, verbose=0)
    print(f"{compiled}: the frozen layer {'moved' if (tiny.layers[0].get_weights()[0] != before).any() else 'stayed'}")
    tiny.compile("adam", "mse")

# %% [markdown]
# **Augmenting, shuffling or choosing on the wrong side.** The scaler, the map, the depth, the rate: all of them are fitted
# to pictures. None of these may be test pictures. The next exercise is about the hardest case.
#
# ### ✏️ Exercise 6: a classic mistake
#
# A colleague has sixty labels and badly scanned digits. On the internet she finds a network that was trained on "an
# archive of scanned digits". She fine-tunes it gently on her sixty and tests it on 400 digits of a public test set. It
# beats letters' features by far. Run it.

# %% name="archive"
from coursekit.data import ImageSet

rng = np.random.default_rng(SEED)
scans = np.clip(digits.images + 0.4 * rng.normal(size=digits.images.shape), 0, 1)
scans = np.round(255 * scans).astype("uint8")  # as files hold pictures
drawn = rng.permutation(len(scans))
hers, tested, elsewhere = drawn[:60], drawn[60:460], drawn[460:660]
in_archive = rng.permutation(np.concatenate([tested[:200], elsewhere]))  # nobody told her
archive_files = scans[in_archive]  # uint8, 0 to 255
test_pictures = (scans[tested] / 255).astype("float32")  # as her program holds them


def scanned(rows):
    """Scans and their labels."""
    return ImageSet((scans[rows] / 255).astype("float32"), digits.targets[rows])


set_seed(SEED)
found = letter_network(classes=10)
train(found, scanned(in_archive), 2 * SETTINGS["steps"], keras.optimizers.Adam(1e-3))
train(found, scanned(hers), HALF // 3, keras.optimizers.Adam(1e-4))
right = answers_of(found, test_pictures) == digits.targets[tested]

by_letters = linear_probe(
    features_of(letters, scanned(hers).images), digits.targets[hers], features_of(letters, test_pictures)
)
print(f"letters' features, her 60 labels: {(by_letters == digits.targets[tested]).mean():.0%} of 400 test digits")
print(f"the network she found:            {right.mean():.0%}")

# %% [markdown]
# The archive is public, too. Write `rows_seen(archive, test)`: the row numbers of those `test` pictures that occur in the
# `archive`, in rising order. `archive` holds bytes, $(m, h, w)$, uint8 from 0 to 255. `test` holds pictures as
# programs do, $(n, h, w)$, float32: bytes that were divided by 255.
#
# Comparing everything with everything takes long when an archive has millions of pictures. A *hash* is a short
# fingerprint of bytes: `hashlib.sha256(picture.tobytes()).hexdigest()`. Equal bytes have equal hashes, and other bytes, in
# practice, never have. Python looks a hash up in a `set` at once, however large the set is.

# %% name="rows_seen" tags=["answer"]
def rows_seen(archive, test):
    """Rows of test, rising, whose pictures are in the archive."""
    # BEGIN SOLUTION
    def fingerprint(picture):
        return hashlib.sha256(picture.tobytes()).hexdigest()

    known = {fingerprint(picture) for picture in archive}
    as_bytes = np.round(255 * test).astype("uint8")
    return np.array([row for row, picture in enumerate(as_bytes) if fingerprint(picture) in known], dtype=int)
    # END SOLUTION

# %% name="check-rows_seen" tags=["check"]
lesson.check("rows_seen", rows_seen)

# %%
def seen_by_comparing(archive, test):
    """The course's own version: slow, and without a hash."""
    same = [(archive == np.round(255 * picture)).all(axis=(1, 2)).any() for picture in test]
    return np.flatnonzero(same)


rows_seen = lesson.use("rows_seen", rows_seen, seen_by_comparing)
seen = rows_seen(archive_files[..., 0], test_pictures[..., 0])
fresh = np.setdiff1d(np.arange(len(test_pictures)), seen)
print(f"{len(seen)} of 400 test digits were in the archive: {right[seen].mean():.0%} of them right")
print(f"on the {len(fresh)} that were not:                 {right[fresh].mean():.0%} right")
print(f"letters' features on the same {len(fresh)}:         {(by_letters == digits.targets[tested])[fresh].mean():.0%} right")

# %% [markdown]
# The second number is what she may report, and only for writers who are in the archive, too. The first is partly memory:
# the network has met these very scans, with their labels. Much of its lead over letters' features is honest: the archive has
# 200 other labelled digits of the same kind. But nobody could have told from *her* program, in which nothing was wrong; her
# test set had leaked before she began. Large archives are full of public test sets.
# And a hash finds exact copies only: a picture that was cropped, or saved once more as JPEG, has another one. For
# those, look for near neighbours among features (part 3).
#
# ## 13 ✏️ Exercise 7: textures from letters?
#
# The last target is as far from letters as can be: four surfaces, photographed. Brick, grass and gravel come
# with scikit-image, as does the stained tissue that you know from lesson 02. You have 24 labelled patches, six of each, cut
# at random from the **left** half of each photograph, each brought to the same mean and spread (so that two numbers won't
# do).

# %% name="textures"
from skimage import data as photographs

from coursekit.models import letter_network

SURFACES = ("brick", "grass", "gravel", "tissue")


def patches(sheet, n, seed):
    """Cut n patches of 28×28 out of a grey picture, each brought to mean 0.5 and spread 1/6: (n, 28, 28, 1)."""
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, np.array(sheet.shape) - 27, size=(n, 2))
    cut = np.stack([sheet[row : row + 28, column : column + 28] for row, column in corners])[..., None]
    cut = cut - cut.mean(axis=(1, 2, 3), keepdims=True)
    return (0.5 + cut / (6 * cut.std(axis=(1, 2, 3), keepdims=True))).clip(0, 1).astype("float32")


greys = [photographs.brick(), photographs.grass(), photographs.gravel(), photographs.immunohistochemistry().mean(-1)]
sheets = [grey.reshape(256, 2, 256, 2).mean(axis=(1, 3)) for grey in greys]  # half as many pixels along each side
texture_images = np.concatenate([patches(sheet[:, :128], 6, seed) for seed, sheet in enumerate(sheets)])
texture_labels = np.repeat(np.arange(4), 6)

# %% alt="Twenty-four grey patches in four rows: brick with straight joints, grass with thin blades, gravel with round stones, tissue with blotches."
viz.show(
    texture_images,
    [name if k == 0 else "" for name in SURFACES for k in range(6)],
    "Your 24 labels",
    columns=6,
    size=1.2,
);

# %% [markdown]
# Write `predict_textures(images)`: for patches $(n, 28, 28, 1)$ one label each, shape $(n,)$: 0 brick, 1 grass, 2
# gravel, 3 tissue. The hidden patches come from the **right** halves, and 67 % must be right. `np`, `keras`,
# `texture_images`, `texture_labels`, `letter_network`, `features_of` and the three names from scikit-learn are there. For a mark
# this cell runs alone in a fresh notebook, with two minutes of time.
#
# A linear model on pixels is about as good as guessing, and the 576 features stay short of 67 %. A brick is a brick
# wherever in the patch its joint runs. Which layer, then? `features_of(network, images, "pool1")` gives maps $(n, h, w, k)$.
# And what would you do with the *places*? For a texture it is a good idea to keep a map's mean **and** its spread over
# places. With 24 patches, the penalty `C` matters, too. (You have no validation patches. You can hold out some of the 24;
# but a few of them overlap, and six right of eight say little.)

# %% name="predict_textures" tags=["answer"]
# Build and train here.
# BEGIN SOLUTION
network = letter_network(weights="letters")


def describe(images):
    """Mean and spread of each early map over its places."""
    maps = [features_of(network, images, layer) for layer in ("pool1", "pool2")]
    return np.concatenate([f(m, axis=(1, 2)) for m in maps for f in (np.mean, np.std)], axis=1)


classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
classifier.fit(describe(texture_images), texture_labels)
# END SOLUTION


def predict_textures(images):
    """Labels (n,) for patches (n, 28, 28, 1)."""
    # BEGIN SOLUTION
    return classifier.predict(describe(images))
    # END SOLUTION

# %% name="check-predict_textures" tags=["check"]
lesson.check("predict_textures", predict_textures)

# %% [markdown]
# Done? Then ask for the baseline once more: put `letter_network()`, the untrained one, in the place of the letter network,
# and check again, with three seeds (`set_seed(1)` before it). In our trials untrained windows did as well here, or better.
# What helped, then, was an early layer, and forgetting the places, but not what the letters had taught.
#
# ## 14 Quiz
#
# Set each variable to a letter; the check explains every option, the wrong ones too.
#
# <<asks("quiz_few")>>

# %% name="quiz_few" tags=["answer"]
quiz_few = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_few = "b"
# END SOLUTION

# %% name="check-quiz_few" tags=["check"]
lesson.check("quiz_few", quiz_few)

# %% [markdown]
# <<asks("quiz_falls")>>

# %% name="quiz_falls" tags=["answer"]
quiz_falls = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_falls = "b"
# END SOLUTION

# %% name="check-quiz_falls" tags=["check"]
lesson.check("quiz_falls", quiz_falls)

# %% [markdown]
# <<asks("quiz_general")>>

# %% name="quiz_general" tags=["answer"]
quiz_general = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_general = "c"
# END SOLUTION

# %% name="check-quiz_general" tags=["check"]
lesson.check("quiz_general", quiz_general)

# %% [markdown]
# <<asks("quiz_islands")>>

# %% name="quiz_islands" tags=["answer"]
quiz_islands = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_islands = "d"
# END SOLUTION

# %% name="check-quiz_islands" tags=["check"]
lesson.check("quiz_islands", quiz_islands)

# %% [markdown]
# ## 15 Where this sits on the map of data
#
# Fifty digits are few and clean. Transfer adds no digit and improves no label: it borrows what *other* pictures with other
# labels have taught, and so gets more out of the same point. Labelling by groups moves a point: the pile of unlabelled
# digits, at the bottom, gets names for fewer clicks than by hand.

# %% alt="Quality against quantity of data. Fifty clean digits at high quality and low quantity, with or without transfer; a pile of unlabelled digits at the lower right, which labelling by groups lifts upwards."
viz.quality_quantity_map(
    {"fifty digits,\nwith or without transfer": (0.2, 0.66), "a pile of digits": (0.6, 0.25)},
    "Transfer borrows; labelling by groups lifts",
    moves={"labelling by groups": ("a pile of digits", 0.0, 0.4)},
);

# %% [markdown]
# ## 16 What to remember
#
# * Three questions before you transfer: *how similar?* *how many labels?* *what does the baseline say?* The baselines are a
#   linear model on pixels (or on two numbers), a network from scratch with its own best rate, and the **untrained** backbone.
# * Few labels and a similar source: freeze, and put a linear model on the features. It takes seconds.
# * A new head wants a high rate, good features a low one: train the head **first**, then all layers at a small rate. Forgetting
#   does not show in the new task.
# * Which layer? Late for objects like those of the source, perhaps early for texture. Choose on validation pictures.
# * Very different source: take an earlier layer, and ask an untrained network's, too. A pre-trained start may cost more
#   than it gives.
# * An explanation can be asked, too: a linear model on what is left of the features says whether *they* have suffered.
# * On a map, islands can be named as a whole; nothing follows from the distances between them.
#
# **Pitfalls.** Scale pictures as in pre-training, the new ones too. Give scratch as many steps as all stages together, and
# a rate of its own. Measure old knowledge with the old head. Compile after freezing. Ask what the source was trained on: if
# your test pictures were among them, your test is over.
#
# **Further reading**
#
# * Yosinski, Clune, Bengio, Lipson, *How transferable are features in deep neural networks?*, NeurIPS 2014, arXiv:1411.1792
# * Razavian, Azizpour, Sullivan, Carlsson, *CNN features off-the-shelf*, CVPR Workshops 2014, arXiv:1403.6382
# * Howard, Ruder, *Universal language model fine-tuning for text classification*, ACL 2018, arXiv:1801.06146
# * Raghu, Zhang, Kleinberg, Bengio, *Transfusion: understanding transfer learning for medical imaging*, NeurIPS 2019, arXiv:1902.07208
# * Howard et al., *MobileNets*, 2017, arXiv:1704.04861
# * van der Maaten, Hinton, *Visualizing data using t-SNE*, JMLR 2008, jmlr.org/papers/v9/vandermaaten08a.html

# %% name="progress"
lesson.progress()
