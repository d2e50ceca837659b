# ---
# jupyter:
#   coursekit:
#     title: Augmentation
#     version: 1
#     withheld: [coursekit/methods/augmentation.py]
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
# # 05 Augmentation: when does a 6 become a 9?
#
# <<badges>>
#
# | | |
# |---|---|
# | **You will be able to** | say which changes of a picture keep its label, and which turn it into a lie · move a picture and its mask together · find out how much augmentation is too much · tell what it is worth, in labels · test it without fooling yourself |
# | **You need** | Python with NumPy arrays; from lesson 02: what a convolutional network is and how it is trained |
# | **Time** | about 90 minutes of reading and solving; the machine computes for about four of them on two CPU cores, and needs no GPU |
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

lesson = open_lesson("05_augmentation", version=1)
lesson

# %% [markdown]
# `PROFILE` decides how much is computed: `"quick"` for a first look (fewer networks, trained for a shorter time),
# `"standard"` for learning, `"gpu"` for more repetitions on a fast machine. The code is the same.

# %% name="parameters" tags=["parameters"]
PROFILE = os.environ.get("COURSEKIT_PROFILE", "standard")
SEED = 0

# %% name="numpy" tags=["imports"]
import numpy as np
from scipy.ndimage import affine_transform, gaussian_filter, map_coordinates, rotate

# %% name="figures"
import matplotlib.pyplot as plt

from coursekit import viz

viz.use_style()

SETTINGS = {
    "quick": {
        "steps": 160,
        "repeats": 1,
        "strengths": [0, 1, 3],
        "cells": {"steps": 60, "batch": 4, "widths": (8, 16)},
        "search": {"population": 2, "rounds": 2, "steps_per_round": 30},
    },
    "standard": {
        "steps": 400,
        "repeats": 2,
        "strengths": [0, 0.25, 0.5, 1, 1.5, 2, 3],
        "cells": {"steps": 300, "batch": 8, "widths": (12, 24, 48, 96)},
        "search": {"population": 4, "rounds": 8, "steps_per_round": 40},
    },
    "gpu": {
        "steps": 400,
        "repeats": 10,
        "strengths": [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3],
        "cells": {"steps": 600, "batch": 16, "widths": (16, 32, 64, 128)},
        "search": {"population": 16, "rounds": 12, "steps_per_round": 40},
    },
}[PROFILE]

# %% [markdown]
# ## 1 A 6, turned
#
# Somebody wrote this 6. We turn the paper. **Where along the row would you stop calling it a 6?**

# %% name="digits"
from coursekit.data import load, nested_subsets, split

digits = load("digits", size=20, digit_px=16)
pool, validation, test = (
    digits.subset(rows) for rows in split(digits.targets, (0.25, 0.15, 0.6), seed=SEED)
)
train = pool.subset(nested_subsets(pool.targets, [100], seed=SEED)[100])
print(len(train), "digits to learn from, ten of each;", len(validation), "to choose with;", len(test), "to test on")

# %% alt="A handwritten 6, turned by 0, 20, 60, 90, 120, 150 and 180 degrees. In the end it looks like a 9."
six = validation.images[validation.targets == 6][0, :, :, 0]
angles = (0, 20, 60, 90, 120, 150, 180)
viz.show(
    [rotate(six, angle, reshape=False, order=1) for angle in angles],
    [f"{angle}°" for angle in angles],
    "Somewhere along this row the label turns wrong",
);

# %% [markdown]
# Why would anyone turn digits? Because labels are expensive and turned copies are free. A network that has seen a
# hundred digits knows a hundred pictures; it has no idea that a 6 that leans a little is still a 6. You do. **Data
# augmentation** tells it: change the training pictures at random, in ways that leave the label as it is, and train on
# the changed ones.
#
# It is a bargain with a trap in it, the one that you have just seen. We will change digits in several ways at once, and
# call the amount the *strength*, $s$. At $s = 1$ each digit is turned by up to 30° either way, shifted by up to 10 % of
# the picture, stretched or shrunk by up to 10 %, and slanted a little, each by an amount of its own. At $s = 2$, all of
# it is doubled.

# %% name="layers"
from keras import ops

from coursekit.augment import RandomAffine, operation, recipe

# %% alt="Ten digits at strength 0.5, 1, 2 and 3, a row each. The first two rows are easy to read, in the last one many digits are turned far or pushed out of the picture."
ten = np.stack([train.images[train.targets == digit][0] for digit in range(10)])
strengths = (0.5, 1, 2, 3)
rows = [ops.convert_to_numpy(recipe("digits", s, seed=SEED)(ten, training=True)) for s in strengths]
viz.show(
    np.concatenate(rows),
    [f"s = {s}" if digit == 0 else "" for s in strengths for digit in range(10)],
    "The same ten digits, four strengths",
    columns=10,
    size=1.1,
);

# %% [markdown]
# **Place a bet.** A network learns from a hundred digits that are changed like this, and is tested on digits as they are.
# At which of these strengths does it read *worse* than a network that learned from the unchanged hundred?

# %% name="bet"
my_bet = 1  # the lowest strength that does harm: 0.5, 1, 2 or 3; part 7 settles it
assert my_bet in (0.5, 1, 2, 3), "Bet on one of the four strengths above."

# %% [markdown]
# ## 2 A transformation is a claim about the label
#
# Whoever turns a 6 by 20° and keeps the label claims: *turning by 20° does not change what this is.* The claim is about
# the **question** that is asked of the picture, not about the picture. Turn a dish of cells by 180° and ask "where are the
# borders?": nothing has changed, for a dish has no up. Turn a digit by 180° and ask "which digit?": that is another matter.
#
# Three things that such claims are good for:
#
# * **invariance**: the answer should not depend on it. Cells may lie in any direction, a digit may sit a little to the
#   left.
# * **robustness**: what varies between your microscope and theirs should not matter: noise, brightness, focus, compression.
# * **reproducibility**: slightly other sizes and slants should give the same answer.
#
# ### The workbench
#
# Here is the whole catalogue of the course. Pick a picture and an operation, and set the strength; you see ten draws, with
# the mask (the answer to "where are the borders?") drawn over the picture where there is one. *Reads as* names the digit
# among our hundred that looks most like the draw, pixel by pixel. It is a naive reader, but it has no opinion about
# what you *meant*.
#
# **To find out:**
#
# 1. Rotate the 6 with growing strength. When does the naive reader first call it something else? When do you?
# 2. On the cells: which operations move the mask, and which must leave it where it is? Why?
# 3. Find an operation that moves nothing, and yet makes the mask of the cells a false answer.

# %% name="workbench" alt="Workbench: ten draws of a randomly rotated 6, each with what a nearest-neighbour reader takes it for; several of them are read as other digits."
def looks_like(images):
    """The label of the training digit that is nearest, pixel by pixel."""
    return train.targets[((images[:, None] - train.images[None]) ** 2).sum(axis=(2, 3, 4)).argmin(axis=1)]


fields, tissue = load("monolayer", n=4, seed=SEED), load("ihc", size=96)
bench = viz.AugmentationWorkbench(
    {
        "digit": (six[..., None], None),
        "cells": (fields.images[0], fields.targets[0]),
        "tissue": (tissue.images[0], None),
    },
    read={"digit": looks_like},
    operation="rotation",
    strength=3.0,
)
bench

# %% [markdown]
# (No sliders? Run the cell: they need a running notebook. The picture above is the bench's first state. The slider `p` is
# the share of pictures that are changed at all, `seed` draws anew. The scraps in the corners of the 6 come from its
# mirror image; part 3 says why.)
#
# <details><summary>What we found</summary>
#
# 1. The naive reader compares pixel by pixel, and gives up on a lying 6 earlier than you do. But at some angle you give
#    up too: for us, in the row at the top, between 120° and 150°. (The bench turns by 90° at most.)
# 2. Whatever moves pixels (the first ten of the list) must move the mask along. Whatever changes their values where they
#    are must leave it: under noise, a border is still where it was.
# 3. Blur, for one, at strength 3: in some draws the borders are gone (look beside the orange outline), and the mask still
#    says where they are. That is an answer that nobody could give from this picture.
#
# </details>
#
# ### ✏️ Exercise 1: keeps or changes?
#
# Four questions that are asked of pictures, and four operations:
#
# | `domain` | the question |
# |---|---|
# | `"digit"` | Which digit is this? |
# | `"cells"` | Cells in a dish, seen from above: where are their borders? (The mask moves along.) |
# | `"stain"` | A slice of tissue, brown where a protein is: how much of the protein is there, on a scale of 0 to 3? |
# | `"hand"` | An X-ray of a hand: is it a left or a right hand? |
#
# | `operation` | what it does |
# |---|---|
# | `"rotate 10"` | turn by 10° |
# | `"rotate 180"` | turn by 180° |
# | `"flip"` | swap left and right, as a mirror does |
# | `"brighten"` | make everything brighter by 30 % |
#
# Write `keeps_label(operation, domain)`: `True` if the operation leaves the right answer as it is for *every* picture
# of this domain, `False` if it can change it.

# %% name="keeps_label" tags=["answer"]
def keeps_label(operation, domain):
    """Whether the right answer stays the same, for every picture of the domain."""
    # BEGIN SOLUTION
    changes = {("rotate 180", "digit"), ("flip", "digit"), ("flip", "hand"), ("brighten", "stain")}
    return (operation, domain) not in changes
    # END SOLUTION

# %% [markdown]
# The check calls your function and compares. It says *correct*, *not yet* (what was expected, what came), *raised* or
# *not attempted*. Stuck? Run `lesson.hint("keeps_label")` in a cell of its own, as often as you like: each call goes one
# step further.

# %% name="check-keeps_label" tags=["check"]
lesson.check("keeps_label", keeps_label)

# %% [markdown]
# ## 3 Ask backwards
#
# How do you turn or enlarge a picture that consists of pixels? The first idea is to take each pixel and carry it to
# where it belongs. Let's enlarge our 6 by 1.6 that way, and once the other way round: for each pixel of the *result*, ask
# where it comes **from**.

# %% alt="A 6, and the same 6 enlarged twice. Carried forwards, it is a grid of dots with black gaps; asked backwards, it is whole."
place = np.arange(20) - 9.5  # rows, or columns, seen from the centre of 20 pixels
target = np.round(1.6 * place + 9.5).astype(int)
inside = (target >= 0) & (target < 20)
forwards = np.zeros((20, 20))
forwards[np.ix_(target[inside], target[inside])] = six[np.ix_(inside, inside)]

origin = np.round(place / 1.6 + 9.5).astype(int)
backwards = six[np.ix_(origin, origin)]
viz.show(
    [six, forwards, backwards],
    ["the 6", "carried forwards", "asked backwards"],
    "Ask backwards, and no pixel stays empty",
    size=2.3,
);

# %% [markdown]
# Carried forwards, some pixels of the result are never hit. Asked backwards, each gets a value. So the recipe is: to move
# content by some map, go over the *output* with the **inverse** of that map.
#
# Turning, enlarging, slanting and flipping are all one matrix $M$ of 2×2 numbers about the centre of the picture, and then
# comes a shift $t$. What lies at $p$ (row and column, seen from the centre) moves to
#
# $$q = M p + t \qquad\text{so the output pixel at } q \text{ asks at}\qquad p = M^{-1} (q - t)$$
#
# All of it is **one** map. Whoever turns first, then shifts, then zooms, interpolates three times, and blurs three times.
#
# ### ✏️ Exercise 2: a warp
#
# Write `warp(image, matrix, shift)`. `matrix` and `shift` say where the content **goes**: rows first, then columns,
# about the centre, $((h - 1)/2, (w - 1)/2)$ for a picture of $h×w$ pixels; `shift` is in pixels, down and to the right.
#
# SciPy does the interpolation. `affine_transform(image, back, offset, order=1, mode="reflect")` fills each output pixel
# $o$ (row and column, counted from the *corner*) with what it finds at `back @ o + offset` in the input: between four
# pixels by a weighted mean (`order=1`, *bilinear*), outside the picture in its mirror image (`mode="reflect"`). What are
# `back` and `offset`?
#
# For a mark, the grader runs this cell alone (`np` and `affine_transform` are there), so keep everything else that it
# needs inside it.

# %% name="warp" tags=["answer"]
def warp(image, matrix, shift):
    """Move what lies at p, seen from the centre, to matrix @ p + shift."""
    # BEGIN SOLUTION
    back = np.linalg.inv(matrix)
    centre = (np.array(image.shape) - 1) / 2
    return affine_transform(image, back, centre - back @ (centre + shift), order=1, mode="reflect")
    # END SOLUTION

# %% name="check-warp" tags=["check"]
lesson.check("warp", warp)

# %% [markdown]
# Wherever a later cell needs an answer of yours, a line like the next one takes yours if it passes its check, and
# otherwise the course's own version.

# %% alt="A monolayer of cells as it is, turned by 30 degrees, enlarged and slanted, and turned upside down and shifted; at the sides the pattern goes on."
from coursekit.methods import augmentation

warp = lesson.use("warp", warp, augmentation.warp)

field, borders = fields.images[0, :, :, 0], fields.targets[0, :, :, 0]
cos, sin = np.cos(np.pi / 6), np.sin(np.pi / 6)
moves = {
    "turned by 30°": ([[cos, -sin], [sin, cos]], [0, 0]),
    "larger and slanted": ([[1.3, 0], [0.4, 1.3]], [0, 0]),
    "flipped and shifted": ([[-1, 0], [0, 1]], [0, 12]),
}
viz.show(
    [field] + [warp(field, np.array(matrix), np.array(shift)) for matrix, shift in moves.values()],
    ["a sheet of cells", *moves],
    "One matrix, one shift, one interpolation",
    size=2.3,
);

# %% [markdown]
# Look at the corners. The turned picture needs pixels that nobody ever took; `reflect` goes on with the mirror image.
# Black corners, the default of many programs, are a clue that no real picture has, and a network finds clues. (Digits
# are another matter: they do lie on black, so black is what comes in when the recipe for digits pushes one. Mirrored,
# scraps of a stroke would come in from the side.)
#
# ## 4 Picture and mask together
#
# Where the label is a *mask*, a picture of its own that is 1 on the borders and 0 elsewhere, the label is not kept by
# leaving it alone: it has to move along. This is the most common bug of augmentation for segmentation, and a silent one:
# the network trains, the loss falls, and it learns nonsense. Two rules:
#
# * **One draw for both.** The random numbers are drawn once and applied to picture and mask alike.
# * **Nearest pixel for the mask** (`order=0`). A pixel between border and no border is one or the other; 0.4 of a border
#   means nothing.
#
# To see both rules we need a move that is not a matrix. *Elastic distortion* pushes every pixel its own way, as
# if the picture was drawn on rubber: random numbers for each pixel, blurred so that neighbours go the same way.

# %% name="elastic"
def random_places(shape, rng):
    """Where each output pixel comes from: its row and its column in the input, (2, h, w)."""
    push = rng.uniform(-1, 1, size=(2, *shape))
    smooth = gaussian_filter(push, sigma=(0, 4, 4), mode="constant")
    return np.mgrid[: shape[0], : shape[1]] + 34 * smooth

# %% [markdown]
# ### ✏️ Exercise 3: a picture and its mask
#
# Write `warp_pair(image, mask, seed)`: distort a picture and its mask, both $(h, w)$, by the **same** random places, and
# return them stacked, `np.stack([image, mask])`, shape $(2, h, w)$. Take your random numbers from
# `np.random.default_rng(seed)`, and call `random_places` with it.
# `map_coordinates(image, places, order=1, mode="reflect")` of SciPy looks a picture up at such places. (`np`,
# `map_coordinates` and `random_places` are there when the cell is marked.)

# %% name="warp_pair" tags=["answer"]
def warp_pair(image, mask, seed):
    """Distort a picture and its mask alike; the mask keeps its values."""
    # BEGIN SOLUTION
    places = random_places(image.shape, np.random.default_rng(seed))
    moved = map_coordinates(image, places, order=1, mode="reflect")
    moved_mask = map_coordinates(mask, places, order=0, mode="reflect")
    return np.stack([moved, moved_mask])
    # END SOLUTION

# %% name="check-warp_pair" tags=["check"]
lesson.check("warp_pair", warp_pair)

# %% [markdown]
# What the second rule is about: the same mask, moved once with the nearest pixel and once bilinearly.

# %% alt="A distorted sheet of cells, its mask by nearest pixel with two values, and the bilinear mask with grey rims; a histogram shows that many of its pixels lie between 0 and 1."
def ours(image, mask, seed):
    """The course's own version."""
    return np.stack(augmentation.warp_pair(image, mask, random_places(image.shape, np.random.default_rng(seed))))


warp_pair = lesson.use("warp_pair", warp_pair, ours)
moved, moved_mask = warp_pair(field, borders, SEED)
same_places = random_places(borders.shape, np.random.default_rng(SEED))
bilinear = map_coordinates(borders, same_places, order=1, mode="reflect")
between = ((bilinear > 0.01) & (bilinear < 0.99)).mean() / (moved_mask > 0.5).mean()
print(f"for each border pixel, the bilinear mask has {between:.1f} pixels that are neither 0 nor 1")

figure, axes = plt.subplots(1, 4, figsize=(11, 2.9), width_ratios=[1, 1, 1, 1.5])
for axis, picture, title in zip(axes, (moved, moved_mask, bilinear), ("picture", "mask, nearest", "mask, bilinear")):
    axis.imshow(picture, vmin=0, vmax=1)
    axis.axis("off")
    axis.set_title(title, fontsize=11)
bins = np.linspace(0, 1, 11)
axes[3].hist([moved_mask.ravel(), bilinear.ravel()], bins=bins, label=["nearest", "bilinear"], color=viz.COLOURS[:2])
axes[3].set(xlabel="value of the mask", ylabel="pixels", yscale="log")
axes[3].set_title("Two values, afterwards too", fontsize=11)
axes[3].legend();

# %% [markdown]
# A bilinear mask either teaches the network to be unsure along every border, or, cut off at 0.5, loses pieces of thin
# lines.
#
# The layers of the course take both together. They are called with a dictionary, and `training=True`, because in use a
# network should see pictures as they are:

# %% tags=["nbval-check-output"]
both = recipe("cells", seed=SEED)(
    {"images": fields.images, "segmentation_masks": fields.targets}, training=True
)
moved_masks = ops.convert_to_numpy(both["segmentation_masks"])
print(moved_masks.shape, "values:", np.unique(moved_masks))

# %% [markdown]
# ## 5 A hundred digits, learned by heart
#
# Now to the hundred digits. The network is small: two convolutions with 16 and 32 maps, a max pooling after each, and
# two dense layers (all of these are in lesson 02). It is trained with Adam, 32 pictures a step. `Batches` hands out the
# pictures, shuffled, each about as often as any other, and, if we say so, augmented anew **every time** it comes up.

# %% name="train"
import keras

from coursekit.training import Batches, set_seed


def small_network(side, classes):
    """Two convolutions and two dense layers; scores for each class come out."""
    return keras.Sequential(
        [
            keras.Input((side, side, 1)),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(classes),
        ]
    )


def train_network(images, labels, augment=None, steps=400, seed=0, watch=None, steps_per_epoch=40):
    """Train on (n, side, side, 1) pictures with labels 0, 1, 2, ..., changed by a layer as they are drawn."""
    set_seed(seed)
    labels = keras.utils.to_categorical(labels)  # one-hot: a 3 is 0 0 0 1 0 0 0 0 0 0
    network = small_network(images.shape[1], labels.shape[1])
    network.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    batches = Batches(images, labels, batch_size=32, steps=steps_per_epoch, augment=augment, seed=seed)
    network.fit(batches, epochs=steps // steps_per_epoch, validation_data=watch, verbose=0)
    return network


def is_right(network, some):
    """For each digit of a set, whether the network reads it rightly."""
    return network.predict(some.images, verbose=0).argmax(axis=1) == some.targets

# %% [markdown]
# First without augmentation. We watch the loss (one number for how wrong the answers are) on the hundred training
# digits, and on the validation digits, which the network never learns from.

# %% alt="Loss against training step. The training loss falls to almost nothing, the validation loss stops falling and stays far above it."
watch = (validation.images, keras.utils.to_categorical(validation.targets))
plain = train_network(train.images, train.targets, steps=SETTINGS["steps"], seed=SEED, watch=watch)
history = plain.history.history
for name, some in {"training digits": train, "test digits": test}.items():
    print(f"{name}: {is_right(plain, some).mean():.0%} right")

figure, axis = plt.subplots(figsize=(7.4, 3.4))
step = 40 * np.arange(1, len(history["loss"]) + 1)
axis.plot(step, history["loss"], "--", marker="o", label="100 training digits")
axis.plot(step, history["val_loss"], marker="s", label="validation digits")
axis.set(xlabel="training step", ylabel="loss", ylim=(0, None))
axis.set_title("Nothing left to learn from the hundred, and a gap to all others")
axis.legend();

# %% [markdown]
# (The two numbers in front are those of this run. In the course's study, with five random draws of digits, it reads
# <<mean("strength: test", 0)|pct(1)>> ± <<sd("strength: test", 0)|pct(1)>> % of the test digits. It splits
# the file in another way: <<notes("validation_digits")>> digits to choose with, <<notes("test_digits")>> to test on,
# <<notes("reserve_digits")>> in reserve.) The network knows its hundred by heart: *overfitting*. The
# training loss has nothing more to say. More digits would close the gap. We have none.
#
# ## 6 A new draw at every step
#
# People imagine augmentation as a bigger data set: ten copies of each digit, in a folder. It is better than that. We draw
# anew **each time a picture is used**, so the network hardly ever meets the same picture twice. Here is one digit, as it
# comes up the first eight times.

# %% alt="The same digit eight times, each time turned, shifted and slanted a little differently."
one = Batches(ten[4:5], np.array([4]), batch_size=8, steps=1, augment=recipe("digits", 1, seed=SEED))
images, labels = one[0]
viz.show(
    images,
    [f"use {use}: {label}" for use, label in enumerate(labels, start=1)],
    "One labelled digit is a different picture each time",
);

# %% tags=["nbval-check-output"]
print(f"without augmentation, 400 steps of 32 pictures show 100 different ones, {400 * 32 // 100} times each")
print(f"with it, they show {400 * 32:,} different ones")

# %% [markdown]
# The number of steps stays what it was (in the study, training with augmentation took
# <<(cost_s("n: 0.5") / cost_s("n: none"))|round(1)>> times as long). The pictures differ; the *labels* are still a hundred.
#
# (Two other ways to the same end: put the layer into the model, `keras.Sequential([recipe("digits"), network])`, which
# is the way on a GPU, or write changed copies to disk, which is the way if one change takes seconds. The layer does
# nothing when the network is used, only in training.)
#
# ## 7 How much?
#
# Now the experiment of your bet: the same hundred digits, the same number of steps, seven strengths (three in
# `"quick"`), and twice each, with different initial weights. This is the longest computation on digits.

# %% name="strengths"
right = {"validation": [], "test": []}  # for each strength and repeat: which digits are read rightly
as_seen = []
for s in SETTINGS["strengths"]:
    trained = []
    for repeat in range(SETTINGS["repeats"]):
        augment = recipe("digits", s, seed=SEED + repeat) if s else None
        network = train_network(train.images, train.targets, augment, SETTINGS["steps"], seed=SEED + repeat)
        trained.append(network)
    right["validation"].append([is_right(network, validation) for network in trained])
    right["test"].append([is_right(network, test) for network in trained])
    as_seen.append(np.mean([network.history.history["accuracy"][-1] for network in trained]))
    print(f"strength {s:<4}  test accuracy {np.mean(right['test'][-1]):.3f}")
right = {part: np.swapaxes(rows, 0, 1) for part, rows in right.items()}  # (repeats, strengths, digits)

# %% [markdown]
# Yours, and the five repeats of the course's study (each with its own hundred digits). The dashed line is the accuracy
# on the training digits *as the network saw them*, changed. (Yours is averaged over the last 40 steps, while the weights
# still moved, so it lies a little lower.)

# %% alt="Test accuracy against strength of augmentation: from 0 it rises by a few points until about 1, and then falls steeply. Training accuracy, dashed, falls from the start."
figure, axis = plt.subplots(figsize=(8.4, 4.3))
study = lesson.evidence
x, scores = study.x("strength: test"), study.values("strength: test")
axis.plot(x, scores.mean(axis=0), marker="o", label="test digits, study")
axis.fill_between(x, scores.min(axis=0), scores.max(axis=0), alpha=0.2)
axis.plot(
    study.x("strength: train as drawn"),
    study.values("strength: train as drawn").mean(axis=0),
    "--",
    color=viz.COLOURS[0],
    label="training digits as drawn, study",
)
yours = {"color": viz.COLOURS[1], "marker": "D", "ls": ""}
axis.plot(SETTINGS["strengths"], right["test"].mean(axis=(0, 2)), **yours, label="test digits, your run")
axis.plot(SETTINGS["strengths"], as_seen, **yours, mfc="none", label="training digits as drawn, your run")
axis.axhline(scores.mean(axis=0)[0], color="#999999", ls=":")
axis.set(xlabel="strength of augmentation", ylabel="accuracy", ylim=(0, 1.02))
axis.set_title("It rises by a little, and falls by a lot")
axis.legend(loc="lower left");

# %%
first_harm = next(s for s in (0.5, 1, 2, 3) if study.mean("strength: test", s) < study.mean("strength: test", 0))
verdict = "You win." if my_bet == first_harm else "Not this time."
print(f"You bet on {my_bet}. In the study, {first_harm} is the first of the four to do harm.", verdict)

# %% [markdown]
# | strength | 0 | 0.25 | 0.5 | 0.75 | 1 | 1.5 | 2 | 3 |
# |---|---|---|---|---|---|---|---|---|
# | test digits, % | <<mean("strength: test", 0)|pct(1)>> ± <<sd("strength: test", 0)|pct(1)>> | <<mean("strength: test", 0.25)|pct(1)>> ± <<sd("strength: test", 0.25)|pct(1)>> | <<mean("strength: test", 0.5)|pct(1)>> ± <<sd("strength: test", 0.5)|pct(1)>> | <<mean("strength: test", 0.75)|pct(1)>> ± <<sd("strength: test", 0.75)|pct(1)>> | <<mean("strength: test", 1)|pct(1)>> ± <<sd("strength: test", 1)|pct(1)>> | <<mean("strength: test", 1.5)|pct(1)>> ± <<sd("strength: test", 1.5)|pct(1)>> | <<mean("strength: test", 2)|pct(1)>> ± <<sd("strength: test", 2)|pct(1)>> | <<mean("strength: test", 3)|pct(1)>> ± <<sd("strength: test", 3)|pct(1)>> |
# | training digits as drawn, % | <<cell("strength: train as drawn", 0)>> | <<cell("strength: train as drawn", 0.25)>> | <<cell("strength: train as drawn", 0.5)>> | <<cell("strength: train as drawn", 0.75)>> | <<cell("strength: train as drawn", 1)>> | <<cell("strength: train as drawn", 1.5)>> | <<cell("strength: train as drawn", 2)>> | <<cell("strength: train as drawn", 3)>> |
#
# (Mean ± standard deviation over five draws of digits.) What to see:
#
# * **The gap closes from both sides.** Augmentation makes the training *harder*: on what it is shown, the network is
#   right less often. On test digits it is right more often. A falling training accuracy is no bad sign here.
# * **The gain is a few points:** at $s = 1$ it is
#   <<((mean("strength: test", 1) - mean("strength: test", 0)) * 100)|round(1)>>. Part 8 asks which of the four changes
#   brings it. On other pictures it is far more; see part 11.
# * **The fall is tens of points.** At $s = 2$ digits are turned by up to 60°, at 3 by up to 90° and pushed partly out of the
#   picture. A network that has to read those, with the same weights and in the same number of steps, has less left for
#   the upright ones.
# * **Is it only slow?** Harder pictures may need more steps. With four times as many, none reads
#   <<mean("longer: test", 0)|pct(1)>> %, strength 1 <<mean("longer: test", 1)|pct(1)>> %, and strength 2
#   <<mean("longer: test", 2)|pct(1)>> %, where it had <<mean("strength: test", 2)|pct(1)>> %. So part of the fall is a
#   matter of time. **Equal steps punish strong augmentation**: look whether the training loss still falls before you
#   give up a strength.
#
# The explorer puts the curve beside nine of the pictures that it was trained on. Move the strength, and stop where *you*
# would no longer hand these pictures to a beginner as examples.

# %% name="turn-over-explorer" alt="Turn-over explorer at strength 2: a dot on the falling part of the accuracy curve, and nine training digits, some turned so far that they are hard to name."
explorer = viz.TurnOverExplorer(
    study.x("strength: test"),
    study.values("strength: test"),
    draw=lambda s: recipe("digits", s, seed=SEED)(train.images[:9], training=True),
    strength=2,
)
explorer

# %% [markdown]
# ## 8 Which one hurts?
#
# Four changes were mixed together. Take them one by one, and add three that a careless hand might add, because the menu has
# them: flips and a full turn.

# %% alt="Dots with test accuracy for one operation at a time, sorted. Mild rotation, shift, zoom and shear lie near the line of no augmentation or above; flips and rotation by 180 degrees lie far below."
def show_arms(measurement, orange, title):
    """Sorted test accuracies of the study: a dot for each repeat, a bar at the mean, some arms in orange."""
    axis = plt.subplots(figsize=(8, 3.5))[1]
    axis.axvline(study.mean(measurement, "none"), color="#999999", ls=":")
    arms = sorted(study.x(measurement), key=lambda arm: study.mean(measurement, arm))
    for row, arm in enumerate(arms):
        colour = viz.COLOURS[1] if arm in orange else viz.COLOURS[0]
        scores = study.at(measurement, arm)
        axis.plot(scores, np.full(len(scores), row), "o", ms=4, alpha=0.5, color=colour)
        axis.plot(scores.mean(), row, "|", ms=18, mew=3, color=colour)
    axis.set_yticks(range(len(arms)), arms)
    axis.set(xlabel="test accuracy (dots: five draws of digits; bar: mean; dotted: none)", title=title)


show_arms(
    "alone: test",
    ["flip horizontal", "flip vertical", "rotation 180"],
    "What can change the label (orange) costs most",
)

# %% [markdown]
# The vertical flip alone costs
# <<((mean("alone: test", "none") - mean("alone: test", "flip vertical")) * 100)|round|int>> points, the horizontal one
# <<((mean("alone: test", "none") - mean("alone: test", "flip horizontal")) * 100)|round|int>>, all angles
# <<((mean("alone: test", "none") - mean("alone: test", "rotation 180")) * 100)|round|int>>. **A flip is a label error
# with probability ½**: half of the 2s that the network learns from are signs that no one writes, under the label 2. It
# loses twice: room for shapes that never come, and some of these shapes are those of other digits. Of the mild
# changes, the shift adds most, <<((mean("alone: test", "shift 10 %") - mean("alone: test", "none")) * 100)|round(1)>>
# points; who would have bet on that? Measure each claim that you make.
#
# Now train the worst of them, and look where it errs (a single network, so the counts wobble):

# %% alt="Two tables of counts, true digit against answer, for a network trained without augmentation and one trained with all angles. With all angles there are about twice as many mistakes; one of the most common is a 6 that is read as a 9."
every_angle = RandomAffine(rotation_deg=180, fill="constant", seed=SEED)
turned = train_network(train.images, train.targets, every_angle, SETTINGS["steps"], seed=SEED)
figure, axes = plt.subplots(1, 2, figsize=(9.4, 4.4))
for axis, network, title in zip(axes, (plain, turned), ("No augmentation", "All angles")):
    answers = network.predict(test.images, verbose=0).argmax(axis=1)
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (test.targets, answers), 1)
    np.fill_diagonal(counts, 0)
    axis.imshow(counts, cmap="Oranges", vmin=0, vmax=30)
    for (digit, answer), count in np.ndenumerate(counts):
        if count:
            axis.text(answer, digit, count, ha="center", va="center", fontsize=9)
    axis.set(xlabel="read as", ylabel="is a", xticks=range(10), yticks=range(10))
    axis.set_title(f"{title}: {counts.sum()} of {len(test)} wrong")

# %% [markdown]
# Look at row 6, column 9. In the study, over five networks each: of <<notes("confusions")["none"]["6"] + notes("confusions")["none"]["9"]>> test
# digits that are a 6 or a 9, without augmentation
# <<notes("confusions")["none"]["6 as 9"] + notes("confusions")["none"]["9 as 6"]>> are taken for the other one; with all
# angles allowed, <<notes("confusions")["rotation 180"]["6 as 9"] + notes("confusions")["rotation 180"]["9 as 6"]>>.
# There is no way to read a 6 under "any angle goes": the claim has made it the same thing as a 9.
#
# ## 9 What is it worth?
#
# "Two points" is hard to weigh. A better unit is the one that you pay in: **labels**. How many labelled digits would the
# plain network need to be as good as the augmented one is with 100? The study trained both with 30 to 400 labelled
# digits, always for 400 steps. For each number of labels the strength was chosen on validation digits.

# %% alt="Accuracy against number of labelled digits, 30 to 400, with and without augmentation. The augmented curve lies above, most at 30 labels and least at 400. An arrow shows how many labels the gain is worth at 100."
from coursekit.efficiency import LearningCurve, worth_in_labels


def curve_of(name, arm):
    """A learning curve of the study."""
    return LearningCurve(study.x(name), study.values(name), arm)


without, augmented = curve_of("n: none", "no augmentation"), curve_of("n: augmented", "augmented")
figure = viz.learning_curves(
    [without, augmented], "The same accuracy with fewer labels", "test accuracy", "labelled digits"
)
viz.worth_arrow(figure.axes[0], worth_in_labels(augmented, without, 100), augmented, 100)

# %% [markdown]
# | labelled digits | 30 | 50 | 100 | 200 | 400 |
# |---|---|---|---|---|---|
# | none | <<mean("n: none", 30)|pct(1)>> ± <<sd("n: none", 30)|pct(1)>> | <<mean("n: none", 50)|pct(1)>> ± <<sd("n: none", 50)|pct(1)>> | <<mean("n: none", 100)|pct(1)>> ± <<sd("n: none", 100)|pct(1)>> | <<mean("n: none", 200)|pct(1)>> ± <<sd("n: none", 200)|pct(1)>> | <<mean("n: none", 400)|pct(1)>> ± <<sd("n: none", 400)|pct(1)>> |
# | augmented, strength chosen on <<notes("validation_digits")>> validation digits | <<mean("n: augmented", 30)|pct(1)>> ± <<sd("n: augmented", 30)|pct(1)>> | <<mean("n: augmented", 50)|pct(1)>> ± <<sd("n: augmented", 50)|pct(1)>> | <<mean("n: augmented", 100)|pct(1)>> ± <<sd("n: augmented", 100)|pct(1)>> | <<mean("n: augmented", 200)|pct(1)>> ± <<sd("n: augmented", 200)|pct(1)>> | <<mean("n: augmented", 400)|pct(1)>> ± <<sd("n: augmented", 400)|pct(1)>> |
# | augmented, always strength 0.5 | <<mean("n: 0.5", 30)|pct(1)>> ± <<sd("n: 0.5", 30)|pct(1)>> | <<mean("n: 0.5", 50)|pct(1)>> ± <<sd("n: 0.5", 50)|pct(1)>> | <<mean("n: 0.5", 100)|pct(1)>> ± <<sd("n: 0.5", 100)|pct(1)>> | <<mean("n: 0.5", 200)|pct(1)>> ± <<sd("n: 0.5", 200)|pct(1)>> | <<mean("n: 0.5", 400)|pct(1)>> ± <<sd("n: 0.5", 400)|pct(1)>> |
#
# The arrow starts at the augmented curve, at 100 labels, and ends where the plain curve is as high: augmentation is
# worth that many times the labels. (In brackets a 95 % interval: the five repeats were drawn again and again, with
# repetition, to see how far chance alone moves the number.) In *points* augmentation is worth most where there is least,
# about <<((mean("n: augmented", 30) - mean("n: none", 30)) * 100)|round|int>> at 30 labels and
# <<((mean("n: augmented", 400) - mean("n: none", 400)) * 100)|round(1)>> at 400. In *labels* the study sees no such trend:
# <<notes("worth")["augmented"]["30"]["value"]|round(1)>> times at 30,
# <<notes("worth")["augmented"]["50"]["value"]|round(1)>> at 50,
# <<notes("worth")["augmented"]["100"]["value"]|round(1)>> at 100. Augmentation repeats what your labels say
# with variations; what they don't say (other people's handwriting) it can't add.
#
# And mind the third row. Whoever has 30 labels in all has no <<notes("validation_digits")>> more to choose a strength
# with. A mild strength, fixed beforehand, needs none.
#
# ## 10 Mixing pictures
#
# Some augmentations don't move pictures, they mix them. They make no claim that the label stays: **they change the label
# along with the picture.**
#
# * **Mixup** (2018) blends two pictures, and their labels by the same share:
#   $\tilde x = \lambda x_i + (1 - \lambda) x_j$ and $\tilde y = \lambda y_i + (1 - \lambda) y_j$. With $\lambda = 0.7$,
#   the label of a 3 blended with an 8 says "0.7 of a 3, 0.3 of an 8". The labels are one-hot rows, so this is one
#   formula for both. $\lambda$ is drawn at random for each pair, most often near 0 or 1.
# * **Cutmix** (2019) pastes a box from one picture into the other; the label is mixed by *area*.
# * **Cutout** (2017) blackens a square, and keeps the label.
# * **Sample pairing** (2018) averages two pictures and keeps the label of the first, which is wrong for half of what you
#   see. It is switched on and off during training, and ends without.
#
# ### ✏️ Exercise 4: mixup, for pictures and for labels
#
# Write `mixup(values, share, partner)`. `values` holds one row for each picture: pictures $(n, h, w, c)$ **or** labels
# $(n, k)$; the same function should serve both. `share`, $(n,)$, is the $\lambda$ of each row, the part that it keeps of
# its *own*; `partner`, $(n,)$, says which row fills the rest.

# %% name="mixup" tags=["answer"]
def mixup(values, share, partner):
    """Blend each row with its partner's row."""
    # BEGIN SOLUTION
    own = share.reshape(-1, *[1] * (values.ndim - 1))  # one number for each row, whatever a row looks like
    return own * values + (1 - own) * values[partner]
    # END SOLUTION

# %% name="check-mixup" tags=["check"]
lesson.check("mixup", mixup)

# %% [markdown]
# ### ✏️ Exercise 5: the label of a cutmix
#
# The pictures are easy: copy a box out of the partner. Its place is drawn at random, so it may hang over the border of
# the picture; what hangs over is cut off. Write the harder half, `cutmix_labels(labels, partner, box, size)`: the labels
# mixed by the share of the picture that was **really** pasted. `labels` is $(n, k)$, `partner` as above, `box` is
# `(top, left, height, width)` in pixels, where `top` and `left` may be negative, and `size` is the `(height, width)` of
# the pictures. All pictures get the same box.

# %% name="cutmix_labels" tags=["answer"]
def cutmix_labels(labels, partner, box, size):
    """Mix the labels by the area of the box that lies inside the picture."""
    # BEGIN SOLUTION
    top, left, height, width = box
    rows = max(min(top + height, size[0]) - max(top, 0), 0)
    columns = max(min(left + width, size[1]) - max(left, 0), 0)
    pasted = rows * columns / (size[0] * size[1])
    return (1 - pasted) * labels + pasted * labels[partner]
    # END SOLUTION

# %% name="check-cutmix_labels" tags=["check"]
lesson.check("cutmix_labels", cutmix_labels)

# %% [markdown]
# Four pairs, each mixed both ways, with the two labels beneath.

# %% alt="Four digits, the same blended with four others by mixup, and with a box pasted from these by cutmix; above each picture its two labels with their shares."
def ours(labels, partner, box, size):
    """The course's own version."""
    return augmentation.cutmix_labels(labels, box, partner, size)


mixup = lesson.use("mixup", mixup, augmentation.mixup)
cutmix_labels = lesson.use("cutmix_labels", cutmix_labels, ours)

four, four_labels = ten[[3, 6, 1, 4]], np.eye(10)[[3, 6, 1, 4]]
partner, share, box = np.array([1, 2, 3, 0]), np.array([0.85, 0.7, 0.6, 0.5]), (9, 6, 12, 9)
blended, pasted = mixup(four, share, partner), augmentation.cutmix(four, box, partner)


def in_words(labels):
    """A mixed label as text."""
    return [" + ".join(f"{row[k]:.2f} of {k}" for k in np.argsort(-row) if row[k]) for row in labels]


viz.show(
    [*four, *blended, *pasted],
    in_words(four_labels)
    + in_words(mixup(four_labels, share, partner))
    + in_words(cutmix_labels(four_labels, partner, box, (20, 20))),
    "Digits, mixup, cutmix: the label is mixed as the picture is",
    columns=4,
    size=1.9,
);

# %% [markdown]
# Do they help? Two of them on our hundred digits, live, and all of them from the study.

# %%
for name in ("mixup", "cutout"):
    network = train_network(
        train.images, train.targets, operation(name, seed=SEED), SETTINGS["steps"], seed=SEED
    )
    print(f"{name:7} test accuracy {is_right(network, test).mean():.3f}   (none: {is_right(plain, test).mean():.3f})")

# %% alt="Dots with test accuracy for none, mixup, cutmix, cutout, sample pairing, plain warps, and mixup with warps. Cutout lies below none, the other mixers a little above it, the warps further above."
show_arms(
    "mixers: test",
    ["mixup", "cutmix", "cutout", "sample pairing"],
    "On a hundred digits, no mixer (orange) beats a plain warp",
)

# %% [markdown]
# | | none | mixup | cutmix | cutout | sample pairing | affine, $s = 0.5$ | mixup + affine |
# |---|---|---|---|---|---|---|---|
# | test digits, % | <<mean("mixers: test", "none")|pct(1)>> ± <<sd("mixers: test", "none")|pct(1)>> | <<mean("mixers: test", "mixup")|pct(1)>> ± <<sd("mixers: test", "mixup")|pct(1)>> | <<mean("mixers: test", "cutmix")|pct(1)>> ± <<sd("mixers: test", "cutmix")|pct(1)>> | <<mean("mixers: test", "cutout")|pct(1)>> ± <<sd("mixers: test", "cutout")|pct(1)>> | <<mean("mixers: test", "sample pairing")|pct(1)>> ± <<sd("mixers: test", "sample pairing")|pct(1)>> | <<mean("mixers: test", "affine")|pct(1)>> ± <<sd("mixers: test", "affine")|pct(1)>> | <<mean("mixers: test", "mixup + affine")|pct(1)>> ± <<sd("mixers: test", "mixup + affine")|pct(1)>> |
#
# On large sets of photographs, mixup and cutmix help, and are in wide use. **Here they do not beat a plain warp**, and
# it is worth asking why. A photograph of a dog is a dog in many of its parts; a digit is a few strokes, two or three
# pixels wide, and each stroke counts. Cut one away and an 8 is a 3. The claim behind cutout, *what is missing does not
# matter*, does not hold here; it brings nothing. And on top of the warp, mixup adds a point, which is within the spread. An operation is not good or bad. It fits a question, or it does not.
#
# ## 11 Cells: where no direction is special
#
# Now the other question of part 2. Four labelled fields of cells, and the task is to mark the borders: for each pixel,
# border or not. The network is a *U-Net*, which gives one answer for each pixel (lesson 08 takes it apart; here it is a
# black box with pictures in and masks out). No direction is special in a dish, so flips and all angles are free. The recipe
# adds a little shift and zoom.
#
# The score is the *Dice* overlap of marked and true border pixels: twice the shared ones over the sum of both, 1 for a
# perfect mask, 0 for no overlap.

# %% name="cells" alt="A test field of cells, its true borders, and the borders found after training on four fields without and with augmentation. With augmentation the lines are more complete."
from coursekit.metrics import dice
from coursekit.models import unet

test_fields = load("monolayer", n=16, seed=SEED + 1000)
options = SETTINGS["cells"]


def train_on_cells(augment):
    """Train a U-Net on the four fields; returns its masks of the test fields."""
    set_seed(SEED)
    network = unet((64, 64, 1), widths=options["widths"])
    network.compile(
        optimizer=keras.optimizers.Adam(2e-3), loss=keras.losses.BinaryCrossentropy(from_logits=True)
    )
    network.fit(
        Batches(fields.images, fields.targets, options["batch"], options["steps"], augment, SEED), verbose=0
    )
    return network.predict(test_fields.images, verbose=0) > 0


found, titles = {}, ["a test field", "true borders"]
for name, augment in {"no augmentation": None, "flips, all angles": recipe("cells", seed=SEED)}.items():
    found[name] = train_on_cells(augment)
    score = np.mean([dice(truth, mask) for truth, mask in zip(test_fields.targets, found[name])])
    titles.append(f"{name}\nDice {score:.2f} (16 fields)")
    print(f"{name:17}  Dice {score:.2f}")
viz.show(
    [test_fields.images[0], test_fields.targets[0], *(masks[0] for masks in found.values())],
    titles,
    "Four labelled fields, with and without augmentation",
    size=2.4,
);

# %% alt="Border Dice against number of labelled fields, 4 to 64, with and without augmentation. With 4 fields the augmented network is better than the plain one with 64."
without, augmented = curve_of("cells: none", "no augmentation"), curve_of("cells: augmented", "flips, all angles")
figure = viz.learning_curves(
    [without, augmented], "Four fields with augmentation beat 64 without", "border Dice", "labelled fields"
)
viz.worth_arrow(figure.axes[0], worth_in_labels(augmented, without, 4), augmented, 4)

# %% [markdown]
# | labelled fields | 4 | 8 | 16 | 64 |
# |---|---|---|---|---|
# | none: border Dice, % | <<cell("cells: none", 4)>> | <<cell("cells: none", 8)>> | <<cell("cells: none", 16)>> | <<cell("cells: none", 64)>> |
# | augmented | <<cell("cells: augmented", 4)>> | <<cell("cells: augmented", 8)>> | <<cell("cells: augmented", 16)>> | <<cell("cells: augmented", 64)>> |
#
# Here augmentation is no matter of a few points. With four fields it lifts Dice from <<mean("cells: none", 4)|pct>> %
# to <<mean("cells: augmented", 4)|pct>> %; without it, even 64 fields give <<mean("cells: none", 64)|pct>> %, all with the
# same <<notes("cell_steps")>> steps. The claims are all true, and they are many: every turn and every flip of a field is as good a field. (These cells are simulated:
# that no direction is special is true by construction. For your own images, measure it.)
#
# ## 12 Don't fool yourself
#
# Augmentation brings three new ways to a wrong test score.
#
# **Augment, then split.** Copies of one digit land on both sides. You met this in lesson 02. In the study, eight changed
# copies of each of the hundred, mixed and split, promise <<mean("leak: augmented, then split", "claimed")|pct>> % and
# deliver <<mean("leak: augmented, then split", "true as drawn")|pct>> % on new digits changed alike; split first,
# <<mean("leak: split, then augmented", "claimed")|pct>> % (± <<sd("leak: split, then augmented", "claimed")|pct>>: a fifth of
# a hundred is only 20 digits) and <<mean("leak: split, then augmented", "true as drawn")|pct>> %.
#
# **Augment the test set.** Then you measure how well turned digits are read, which is another question. The network of
# $s = 0.5$ reads <<mean("test time: affine", 0)|pct(1)>> % of the test digits as they are and
# <<mean("test time: affine", 1)|pct(1)>> % of the same digits changed at random.
#
# There is an honest relative, *test-time augmentation*: ask the network about several changed views of a picture, and
# average its answers. The truth stays one answer for each test picture. Averages over 4 and 16 views:
# <<mean("test time: affine", 4)|pct(1)>> % and <<mean("test time: affine", 16)|pct(1)>> %. Here
# it does not help.
#
# One more thing is left out here that lesson 02 measured: a random split puts digits of one writer on both sides, so all
# accuracies of this lesson flatter, with and without augmentation.
#
# **Choose on the test set.** The one that is hardest to see.
#
# ### ✏️ Exercise 6: a classic mistake
#
# A colleague trains with every strength above and tests each network on her 50 test digits. She keeps the best strength
# and reports its score. What is wrong with that? Let's play it a thousand times, each time with another fifty of our
# validation and test digits for hers. Another fifty are put aside for later, and the rest tell the truth.

# %%
def play(report, times=1000):
    """What a way of reporting promises, and what its choice delivers on the remaining digits; means."""
    rng = np.random.default_rng(SEED)
    everyone = np.concatenate([right["validation"], right["test"]], axis=2)
    played = []
    for _ in range(times):
        drawn = rng.permutation(everyone.shape[2])
        hers, others, rest = (everyone[:, :, part].mean(axis=2) for part in np.split(drawn, [50, 100]))
        strength, promised = report(np.array(SETTINGS["strengths"]), others, hers)
        played.append((promised, rest[:, SETTINGS["strengths"].index(strength)].mean()))
    return np.mean(played, axis=0)


def colleagues_report(strengths, validation, test):
    """The strength that is best on the test digits, and its score there."""
    best = test.mean(axis=0).argmax()
    return strengths[best], test.mean(axis=0)[best]


print("her report: {:.3f} promised, {:.3f} delivered".format(*play(colleagues_report)))

# %% [markdown]
# In the study, with its own networks: <<mean("peek: chosen on test", "claimed")|pct(1)>> % promised,
# <<mean("peek: chosen on test", "true")|pct(1)>> % delivered on digits that nobody had chosen with. (Those happen to be a
# little harder: an honest report promised <<mean("peek: chosen on validation", "claimed")|pct(1)>> % there.) Nobody
# cheated; the best of several scores is high partly because it is good and partly because it was lucky with these fifty
# digits, and only the first part comes back.
#
# Write `honest_score(strengths, validation, test)`. `strengths` has shape $(m,)$; `validation` and `test` are accuracies
# on two different sets of digits, both of shape $(r, m)$: a row for each repeat of the training, a column for each
# strength. Return a pair: the strength that you would use, and the accuracy that you may report for it (the mean over
# repeats).

# %% name="honest_score" tags=["answer"]
def honest_score(strengths, validation, test):
    """The strength to use, and the accuracy to report."""
    # BEGIN SOLUTION
    best = validation.mean(axis=0).argmax()
    return strengths[best], test.mean(axis=0)[best]
    # END SOLUTION

# %% name="check-honest_score" tags=["check"]
lesson.check("honest_score", honest_score)

# %%
def course_report(strengths, validation, test):
    """Choose on one half, report on the other."""
    best = int(np.argmax(np.mean(validation, axis=0)))
    return strengths[best], float(np.mean(test[:, best]))


honest_score = lesson.use("honest_score", honest_score, course_report)
print("honest report: {:.3f} promised, {:.3f} delivered".format(*play(honest_score)))

# %% [markdown]
# Now promise and delivery agree, apart from chance: the digits that chose the strength are not those that judge it. The
# strength itself is hardly a better or a worse one; what was repaired is the *number*. With a thousand test digits and a
# few strengths the mistake is smaller. With fifty, and every setting of a pipeline tried in turn, it is how results are
# made that nobody can repeat.
#
# ## 13 Learned policies
#
# Who says how strong, and which? You can let a search decide, on validation pictures. A *policy* lists operations, and
# for each how probable it is and how strong (its *magnitude*, 0 to 9). Two searches:
#
# * **RandAugment** (2019): always the same number of operations, drawn at random, all of one magnitude. Two numbers to
#   choose: try them all.
# * **Population-based augmentation** (2019): several networks train side by side, each with its own policy. Every so
#   often the worst one copies the weights and the policy of the best one (*exploit*) and changes the policy at random
#   (*explore*). The history of the winner is a *schedule*: a policy for each phase of the training.
#
# A few rounds, live. A column is a round; who is ahead, and so who is copied, is decided on validation digits alone.
# Columns that are alike mean that the leader was not overtaken, so that its policy stayed.

# %% alt="Above, validation accuracy of each network of the population in each round. Below, the probability and the magnitude of six operations in each round, for the line of the winner."
from coursekit.methods.policy_search import search


def make_model(layer):
    """The same small network, behind a layer that follows a policy."""
    model = keras.Sequential([keras.Input((20, 20, 1)), layer, small_network(20, 10)])
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


history = search(
    make_model,
    train.images,
    train.targets,
    validation.images,
    validation.targets,
    seed=SEED,
    **SETTINGS["search"],
).history
viz.policy_schedule(history.schedule, history.scores, history.lineage, "A population, round by round");

# %% [markdown]
# The study let four networks search for ten rounds, then trained a new network with the schedule that was found, for the
# same 400 steps as all others:
#
# | policy | test digits, % |
# |---|---|
# | none | <<mean("policies: test", "none")|pct(1)>> ± <<sd("policies: test", "none")|pct(1)>> |
# | a random policy, fixed (mean of the four that the search began with) | <<mean("policies: test", "random policy")|pct(1)>> ± <<sd("policies: test", "random policy")|pct(1)>> |
# | RandAugment, magnitude chosen on validation digits | <<mean("policies: test", "RandAugment")|pct(1)>> ± <<sd("policies: test", "RandAugment")|pct(1)>> |
# | population: the policy that the winner began with, fixed | <<mean("policies: test", "random start")|pct(1)>> ± <<sd("policies: test", "random start")|pct(1)>> |
# | population: the schedule that it found | <<mean("policies: test", "population")|pct(1)>> ± <<sd("policies: test", "population")|pct(1)>> |
# | for comparison: affine, strength chosen on validation digits | <<mean("n: augmented", 100)|pct(1)>> ± <<sd("n: augmented", 100)|pct(1)>> |
#
# Read the table with the spread in mind: differences of a point are within it. And read it with the price in mind: the
# search trains four networks to make one, and needs validation labels, more of them than there are training labels here.
# On large sets, where a tenth of a per cent counts and validation data abound, such searches have earned their place.
# With a hundred labels, four changes that you can *defend* and one strength are hard to beat.
#
# There is a third idea worth knowing. **TANDA** (2017) lets you hand in operations as black boxes, and learns sequences
# of them such that a second network can't tell the changed pictures from real, *unlabelled* ones. It needs no validation
# labels, but plenty of unlabelled pictures.
#
# ## 14 ✏️ Exercise 7: a recipe of your own
#
# A hundred printed letters, ten of each of ten kinds, in sixteen typefaces. The ten come from three alphabets, and they
# come in pairs of twins:

# %% name="letters"
from coursekit.data import load

LETTERS = "NИRЯVΛMWLГ"


def some_letters(each, seed):
    """Pictures (n, 24, 24, 1) of each of the ten letters, and their labels 0 to 9."""
    # Three alphabets hold 82 letters, and each run of 82 pictures holds every letter once.
    drawn = load("glyphs", n=82 * each, seed=seed, alphabet=("latin", "greek", "cyrillic"), size=24)
    places = [drawn.card.class_names.index(letter) for letter in LETTERS]
    rows = np.concatenate([np.flatnonzero(drawn.targets == place) for place in places])
    return drawn.images[rows], np.repeat(np.arange(10), each)


letters, letter_labels = some_letters(10, seed=SEED)

# %% alt="Three examples of each of the ten letters, in different typefaces, slightly turned and noisy."
viz.show(
    np.concatenate([letters[turn::10] for turn in range(3)]),
    [letter if turn == 0 else "" for turn in range(3) for letter in LETTERS],
    "Five pairs of mirror twins",
    columns=10,
    size=1.1,
);

# %% [markdown]
# Choose an augmentation, train a network **in this cell**, and write `predict_letters(images)`: for pictures
# $(n, 24, 24, 1)$ of such letters, return one label each, shape $(n,)$. At least 90 % must be right; without augmentation
# this network does not get there. `np`, `keras`, `letters`, `letter_labels`, `train_network`, `recipe`, `operation` and
# `RandomAffine` are there. For a mark this cell runs alone in a fresh notebook, with three minutes of time, so train one
# network, for 400 to 1,000 steps.
#
# Besides the recipe there is `RandomAffine(rotation_deg=…, shift=…, zoom=…, shear=…, flip=…, fill="constant")`, each a limit;
# `help(RandomAffine)` says more. Which claims are true of these ten letters? (To compare two recipes, keep some of the
# hundred back to choose with. `some_letters(10, seed=1)` would be more labels than you have.)

# %% name="predict_letters" tags=["answer"]
# Choose an augmentation and train here.
# BEGIN SOLUTION
reader = train_network(letters, letter_labels, recipe("digits", 0.75, seed=0), steps=800, seed=0)
# END SOLUTION


def predict_letters(images):
    """Labels (n,) for pictures (n, 24, 24, 1) of letters."""
    # BEGIN SOLUTION
    return reader.predict(images, verbose=0).argmax(axis=1)
    # END SOLUTION

# %% name="check-predict_letters" tags=["check"]
lesson.check("predict_letters", predict_letters)

# %% [markdown]
# ## 15 Quiz
#
# Set each variable to a letter; the check explains every option, the wrong ones too.
#
# <<asks("quiz_falls")>>

# %% name="quiz_falls" tags=["answer"]
quiz_falls = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_falls = "b"
# END SOLUTION

# %% name="check-quiz_falls" tags=["check"]
lesson.check("quiz_falls", quiz_falls)

# %% [markdown]
# <<asks("quiz_epoch")>>

# %% name="quiz_epoch" tags=["answer"]
quiz_epoch = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_epoch = "d"
# END SOLUTION

# %% name="check-quiz_epoch" tags=["check"]
lesson.check("quiz_epoch", quiz_epoch)

# %% [markdown]
# <<asks("quiz_corner")>>

# %% name="quiz_corner" tags=["answer"]
quiz_corner = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_corner = "c"
# END SOLUTION

# %% name="check-quiz_corner" tags=["check"]
lesson.check("quiz_corner", quiz_corner)

# %% [markdown]
# <<asks("quiz_twice")>>

# %% name="quiz_twice" tags=["answer"]
quiz_twice = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_twice = "a"
# END SOLUTION

# %% name="check-quiz_twice" tags=["check"]
lesson.check("quiz_twice", quiz_twice)

# %% [markdown]
# ## 16 Where this sits on the map of data
#
# Augmentation moves a point to the right, as if there were more labels. It also moves it a little down, because a changed
# picture under an old label is a label that nobody has looked at. How far to the right depends on how many true claims
# there are. Here each doubling of labels is one step to the right, and the arrows are as long as measured above: for a
# hundred digits what the arrow of part 9 says, for four fields at least from 4 to 64. (How far down is our guess.)

# %% alt="Quality against quantity of data. Arrows lead from four labelled fields of cells far to the right and a little down, and from a hundred digits less far."
doublings = np.log2(worth_in_labels(curve_of("n: augmented", ""), curve_of("n: none", ""), 100).value)
viz.quality_quantity_map(
    {"100 digits": (0.3, 0.72), "4 fields of cells": (0.14, 0.58)},
    "Augmentation: to the right, and a little down",
    moves={
        "digits, turned a little": ("100 digits", 0.07 * doublings, -0.03),
        "cells, all angles and flips": ("4 fields of cells", 0.07 * np.log2(64 / 4), -0.05),
    },
);

# %% [markdown]
# ## 17 What to remember
#
# * A transformation is a claim about the label: *this does not change the answer*. Ask whether it is true for your
#   question, and for every class.
# * Ask backwards, with the inverse; all of geometry in one interpolation. What comes in at the
#   border is a claim too: the mirror image for a field of cells, black for digits on black.
# * Masks move along: one draw for both, nearest pixel for the mask.
# * A new draw each time a picture is used. Training accuracy falls; that is meant to be.
# * More is not better: the curve rises a little, turns over, and falls. Strong augmentation needs more steps.
# * Count what it is worth in labels. It is worth most where true claims are many.
# * Split first. Leave the test set as it is. Choose on validation data, and look at the test score once.
#
# **Pitfalls.** Some libraries draw one factor or one box for a whole batch: look at a batch before you trust it. Some
# layers are active unless told otherwise: `training=True` in training only. Compute means and standard deviations for
# scaling after you have decided on augmentation. Points (landmarks, boxes) move with the content, not with the backward
# map. Don't test a flip on 0, 1 and 8 alone.
#
# **Further reading**
#
# * Simard, Steinkraus, Platt, *Best practices for convolutional neural networks applied to visual document analysis*,
#   ICDAR 2003, doi:10.1109/ICDAR.2003.1227801
# * Zhang, Cissé, Dauphin, Lopez-Paz, *mixup: beyond empirical risk minimization*, ICLR 2018, arXiv:1710.09412
# * Yun et al., *CutMix: regularization strategy to train strong classifiers with localizable features*, ICCV 2019,
#   arXiv:1905.04899
# * DeVries, Taylor, *Improved regularization of convolutional neural networks with cutout*, 2017, arXiv:1708.04552
# * Inoue, *Data augmentation by pairing samples for images classification*, 2018, arXiv:1801.02929
# * Ho, Liang, Stoica, Abbeel, Chen, *Population based augmentation*, ICML 2019, arXiv:1905.05393
# * Cubuk, Zoph, Shlens, Le, *RandAugment*, 2019, arXiv:1909.13719
# * Ratner, Ehrenberg, Hussain, Dunnmon, Ré, *Learning to compose domain-specific transformations for data augmentation*,
#   NIPS 2017, arXiv:1709.01643

# %% name="progress"
lesson.progress()
