# ---
# jupyter:
#   coursekit:
#     title: Weak supervision
#     version: 1
#     withheld: [coursekit/methods/weak/by_hand.py, coursekit/methods/weak/comparison.py, coursekit/data/labels/mask_noise.py, coursekit/methods/multiple_instance.py]
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
# # 15 Weak supervision: is the hour of a hurried expert wasted?
#
# <<badges>>
#
# | | |
# |---|---|
# | **You will be able to** | say what forgotten and roughly drawn objects do to a network, and why half of them forgotten is a cliff · rescue such a training, by a threshold or by the choice of tiles · judge a rule against the rivals that need no rule · tell by ranks who beats whom on the same images · learn from labels of whole bags, and see which picture a network points at |
# | **You need** | Python with NumPy arrays; from lesson 02: what a network, a loss, a step and an epoch are. Lesson 08 (masks, F1, thresholds) helps |
# | **Time** | about two hours of reading and solving; the machine computes for about three minutes of them on two CPU cores, and needs no GPU |
#
# Run the cells from top to bottom (<kbd>Shift</kbd>+<kbd>Enter</kbd>). Six exercises and four quiz questions are
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

lesson = open_lesson("15_weak_supervision", version=1)
lesson

# %% [markdown]
# `PROFILE` decides how much is computed: `"quick"` for a first look (two short trainings, too short for any order of
# methods), `"standard"` for learning, `"gpu"` for larger images, longer training and all nine rules on a fast machine.
# The code is the same.

# %% name="parameters" tags=["parameters"]
PROFILE = os.environ.get("COURSEKIT_PROFILE", "standard")
SEED = 0

# %% name="imports" tags=["imports"]
import numpy as np
from scipy.stats import norm, rankdata

# %% name="figures"
import keras
import matplotlib.pyplot as plt
from keras import ops

from coursekit import viz
from coursekit.training import Progress, set_seed

viz.use_style()

SETTINGS = {
    "quick": {
        "size": 64,
        "width": 16,
        "looks": 2,
        "damages": ["two thirds forgotten"],
        "rules": ["Only positive"],
        "start": 1,
        "poolings": ["lse", "attention"],
        "epochs": 20,
        "study": [],
    },
    "standard": {
        "size": 64,
        "width": 16,
        "looks": 10,
        "damages": ["whole masks", "two thirds forgotten", "boxes"],
        "rules": ["Only positive", "SS+", "Weak", "eight"],
        "start": 6,
        "poolings": ["max", "mean", "lse", "attention"],
        "epochs": 100,
        "study": [],
    },
    "gpu": {
        "size": 128,
        "width": 32,
        "looks": 12,
        "damages": ["whole masks", "two thirds forgotten", "boxes"],
        "rules": ["Only positive", "SS+", "Weak", "eight"],
        "start": 6,
        "poolings": ["max", "mean", "lse", "attention", "gated attention"],
        "epochs": 100,
        "study": ["Baseline", "Only positive", "SS", "SS+", "Weak", "SoftWeak", "Noisy SW", "SS+ SW", "SS Noisy SW"],
    },
}[PROFILE]

# %% [markdown]
# ## 1 An hour of a pathologist
#
# Sections of a colon, stained pink and blue. The round and elongated structures are *glands*: a dark rim of cells around a
# pale middle. How much of a section is gland, and of what shape, tells a pathologist about disease. So you would like a
# network that finds them. It needs *masks* to learn from: for each image, which pixels are gland.
#
# A pathologist had one hour. She outlined about one gland in three in 40 images, here and there, and left the
# others for later. Later never came. Then, in a second short sitting, she drew **all** glands of 8 further images, with
# care. That is all there is; nobody will label more. (Images and pathologist are simulated, so the truth is known, also
# where she says nothing.)

# %% name="tissue" tags=["nbval-check-output"]
from coursekit.data import corrupt_masks, load, snow_recipe
from coursekit.methods.weak import typical_seed

tissue = load("glands", n=88, size=SETTINGS["size"], images_per_slide=1, seed=SEED)
train, checked, test = (tissue.subset(np.arange(*part)) for part in ((0, 40), (40, 48), (48, 88)))
glands = train.extra["glands"]  # the number of the gland at each pixel, 0 outside
hers = corrupt_masks(glands, remove=0.65, seed=typical_seed(glands, 0.65, SEED)).masks
print(f"{len(train)} images with her masks, {len(checked)} with checked ones, {len(test)} to test on")
print(f"of the gland area in the 40 images she marked {hers[train.targets > 0].mean():.0%}")

# %% alt="Six images of tissue in pink and violet in the first row. In the second row the true masks, white on black, with several glands in each image. In the third row her masks: about a third of the glands."
some = [int(row) for row in np.argsort(-(glands.reshape(len(glands), -1).max(axis=1)))[:12:2]]
counts = [f"{len(np.unique(hers[i, ..., 0] * glands[i])) - 1} of {len(np.unique(glands[i])) - 1} outlined" for i in some]
viz.show(
    [*train.images[some], *train.targets[some], *hers[some]],
    [""] * 12 + counts,
    "Above: tissue. Middle: where glands are. Below: her masks",
    columns=6,
    size=1.6,
);

# %% [markdown]
# A network learns from these 40 pairs, image and *her* mask, in the ordinary way. Then it meets new images.
# **Guess**: of 100 gland pixels there, how many does it call gland? Put a number in the place of `None`. Part 4 settles it.

# %% name="guess"
my_guess = None  # a number, 0 to 100
assert my_guess is None or 0 <= my_guess <= 100, "Guess a number from 0 to 100."

# %% [markdown]
# Learning from labels that are incomplete, rough or say less than you want to know is called *weak supervision*. The
# question of this lesson: **no image gets another label; which rule of training makes the most of the marks that are
# there?**
#
# ## 2 A score, and what is to be beaten
#
# *F1* compares a mask with the truth: of what is gland in either of them, how much do they share?
#
# $$\text{F1} = \frac{2\,|A \cap B|}{|A| + |B|}$$
#
# $A$ are the true gland pixels, $B$ those that were called gland. 1 is a perfect mask, 0 shares nothing. (For masks it
# is the same as the Dice score of lesson 08.) Each image gets its own F1, and we report the mean over images.

# %% name="f1"
def f1_of_images(truth, found):
    """F1 of each mask, (n,). truth and found: (n, h, w), True for gland. Two empty masks agree: 1."""
    both = (truth & found).sum(axis=(1, 2))
    total = truth.sum(axis=(1, 2)) + found.sum(axis=(1, 2))
    return np.where(total > 0, 2 * both / np.maximum(total, 1), 1.0)


def f1(truth, found):
    """Mean F1 over images."""
    return float(f1_of_images(truth, found).mean())

# %% [markdown]
# What do you get for nothing? Two answers to know before any network: call **every pixel** gland; and let a *random forest*
# (many decision trees that vote) judge each pixel by its colour alone, trained on the true masks, which is more than
# any rule will get.

# %% name="forest"
from sklearn.ensemble import RandomForestClassifier

TRUTH, TRUTH_CHECKED = test.targets[..., 0] > 0, checked.targets[..., 0] > 0
colours, is_gland = train.images.reshape(-1, 3)[::8], train.targets.ravel()[::8]  # every eighth pixel is enough
forest = RandomForestClassifier(30, min_samples_leaf=20, random_state=SEED).fit(colours, is_gland)
by_colour = forest.predict_proba(test.images.reshape(-1, 3))[:, 1].reshape(TRUTH.shape)
print(f"every pixel: F1 {f1(TRUTH, np.ones_like(TRUTH)):.2f}, by colour: F1 {f1(TRUTH, by_colour > 0.5):.2f}")

# %% alt="Three test images in three rows of pictures: tissue, the forest's mask, which is speckled over glands and everything else of the same colours, and the true mask with whole glands."
rows = [0, 1, 2]
viz.show(
    [picture for i in rows for picture in (test.images[i], by_colour[i] > 0.5, TRUTH[i])],
    ["tissue", f"by colour: F1 {f1(TRUTH[:1], by_colour[:1] > 0.5):.2f}", "truth"] + [
        text for i in rows[1:] for text in ("", f"F1 {f1(TRUTH[i : i + 1], by_colour[i : i + 1] > 0.5):.2f}", "")
    ],
    "Glands by the colour of single pixels",
    columns=9,
    size=1.25,
);

# %% [markdown]
# In the course's recorded study, from which all numbers in this text come (five draws of images, damage and
# weights; ± is the standard deviation over them), F1 is <<mean("everything is gland", "F1")|fixed(2)>> ±
# <<sd("everything is gland", "F1")|fixed(2)>> for "everything", and <<mean("colour forest", "F1")|fixed(2)>> ±
# <<sd("colour forest", "F1")|fixed(2)>> by colour. Keep the first number in mind. Glands fill a share
# $g$ = <<notes("gland share")|fixed(2)>> of these images, and a mask that is all gland scores about $2g/(1+g)$ without any
# knowledge. Rims and *lumina* (the pale middles) have the colours of other things: to tell them apart takes the
# *surroundings* of a pixel, hence a network.
#
# ## 3 Five ways to spoil a mask
#
# To find out which rule helps, we spoil true masks on purpose and see what comes out. Real masks go wrong in a few
# ways: an object is **forgotten**; its **outline** is too wide, too narrow, or drawn with a few clicks; or it has a
# **box** around it, because boxes are quick. Two of them you write.
#
# ### ✏️ Exercise 1: forget
#
# Write `remove_objects(labels, share, luck)`. `labels`, $(h, w)$, holds at each pixel the number of the object there: 0
# on background, 1, 2, 3, … on objects. `luck` has one number for each object, thrown beforehand, from 0 to below 1.
# Object number $i$ is forgotten if its luck, `luck[i - 1]`, is **below** `share`. Return the mask of those that stay,
# $(h, w)$, of 0 and 1. `np` is there.

# %% name="remove_objects" tags=["answer"]
def remove_objects(labels, share, luck):
    """Mask (h, w) of 0 and 1 of the objects that are not forgotten."""
    # BEGIN SOLUTION
    return np.isin(labels, np.flatnonzero(luck >= share) + 1).astype(int)
    # END SOLUTION

# %% [markdown]
# The check calls your function and compares. It says *correct*, *not yet* (what was expected, what came), *raised* or
# *not attempted*. Stuck? Run `lesson.hint("remove_objects")` in a cell of its own, as often as you like: each
# call goes one step further.

# %% name="check-remove_objects" tags=["check"]
lesson.check("remove_objects", remove_objects)

# %% [markdown]
# ### ✏️ Exercise 2: box
#
# Write `bounding_boxes(labels)`: each object becomes the smallest upright rectangle around it. `labels` as above, but
# a number may be missing. Return a mask $(h, w)$ of 0 and 1. `np` is there.

# %% name="bounding_boxes" tags=["answer"]
def bounding_boxes(labels):
    """Mask (h, w) of 0 and 1: the box of each object, filled."""
    # BEGIN SOLUTION
    boxes = np.zeros(labels.shape, int)
    for number in np.unique(labels[labels > 0]):
        rows, columns = np.nonzero(labels == number)
        boxes[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = 1
    return boxes
    # END SOLUTION

# %% name="check-bounding_boxes" tags=["check"]
lesson.check("bounding_boxes", bounding_boxes)

# %% [markdown]
# Wherever the lesson needs an answer of yours, lines like the next ones take yours if it passes its check, and
# otherwise the course's own version. Here are both at work on one image.

# %% name="use-damage" alt="One image of tissue, and three masks: the true one, one with some glands missing, and one with boxes in the place of glands."
from coursekit.methods.weak import by_hand

remove_objects = lesson.use("remove_objects", remove_objects, by_hand.remove_objects)
bounding_boxes = lesson.use("bounding_boxes", bounding_boxes, by_hand.bounding_boxes)
one = some[0]
luck = np.random.default_rng(SEED).random(glands[one].max())
viz.show(
    [train.images[one], glands[one] > 0, remove_objects(glands[one].copy(), 0.5, luck), bounding_boxes(glands[one].copy())],
    ["tissue", "truth", "share 0.5 forgotten", "boxes"],
    columns=4,
    size=1.8,
);

# %% [markdown]
# `corrupt_masks` of the course does the same to all images at once, and also deforms outlines: it shrinks or widens
# each gland by a radius thrown from a normal distribution of standard deviation $\sigma$, and keeps only every $k$-th
# point of the outline. ("High" is $\sigma$ = a quarter of the mean radius of a gland, and about six points of each
# outline.) The names are those of the study that we follow in this lesson, SNOW (*semi-supervised,
# noisy and/or weak*; Foucart, Debeir and Decaestecker, 2019): BB for *bounding box*, HD for *high deformation*.

# %% name="damages" alt="One true mask and five damaged versions of it with their F1 against the truth in the titles: Noisy with half of the glands gone, BB with boxes, N+BB with half of the boxes, HD with deformed outlines, N+HD with half of the glands gone and the rest deformed."
DAMAGES = {
    "Clean": "as they are",
    "Noisy": "half forgotten",
    "BB": "boxes",
    "N+BB": "half forgotten, rest boxes",
    "HD": "deformed",
    "N+HD": "half forgotten, rest deformed",
}
pictures, titles = [train.images[one]], ["tissue"]
luck_of_half = typical_seed(glands, 0.5, SEED)
for name, words in DAMAGES.items():
    spoiled = corrupt_masks(glands, **snow_recipe(name, glands), seed=luck_of_half)
    pictures.append(spoiled.masks[one])
    titles.append(f"{name}\n{words}\nF1 {spoiled.f1[one]:.2f}")
viz.show(pictures, titles, "One mask, spoiled in five ways (F1 against the true mask)", columns=4, size=2.1);

# %% [markdown]
# How bad is that? F1 of the spoiled masks of all 40 images against the true ones, and the share of the gland area that
# is still marked (study):
#
# | | Noisy | BB | N+BB | HD | N+HD | 65 % forgotten |
# |---|---|---|---|---|---|---|
# | F1 of the masks | <<mean("masks: Noisy", "F1")|fixed(2)>> | <<mean("masks: BB", "F1")|fixed(2)>> | <<mean("masks: N+BB", "F1")|fixed(2)>> | <<mean("masks: HD", "F1")|fixed(2)>> | <<mean("masks: N+HD", "F1")|fixed(2)>> | <<mean("masks: removal 0.65", "F1")|fixed(2)>> |
# | area still marked, % | <<mean("masks: Noisy", "marked")|pct>> | <<mean("masks: BB", "marked")|pct>> | <<mean("masks: N+BB", "marked")|pct>> | <<mean("masks: HD", "marked")|pct>> | <<mean("masks: N+HD", "marked")|pct>> | <<mean("masks: removal 0.65", "marked")|pct>> |
#
# Half of the glands need not be half of the *area*: large ones weigh more. `typical_seed` above has tried fifty throws
# and taken the one that comes nearest to the share that we ask for. (But where glands are deformed as well, less of
# their area stays marked: N+HD differs from Noisy in this, too.)
#
# Damage a mask by yourself. **To find out:**
#
# 1. Move *p* from 0 to 1 and watch F1. Now draw another throw at $p = 0.5$, several times. How much does luck matter
#    for one image?
# 2. What costs more F1, boxes or half of the glands?
# 3. How large must $\sigma$ be to do as much harm as forgetting half?

# %% name="mask-damage" alt="Damage bench: an image of tissue with the true outlines, the mask with half of its glands forgotten, and F1 of the mask against the share forgotten."
damage = viz.MaskDamage(train.images[one], glands[one], remove=0.5, seed=SEED)
damage

# %% [markdown]
# (No sliders? Run the cell: they need a running notebook. The picture above is the bench's first state.)
#
# <details><summary>What we found</summary>
#
# 1. A lot: with a handful of glands, one large one more or less changes everything. Over 40 images luck averages out,
#    though not fully.
# 2. Half of the glands. A box keeps all of the gland and adds its corners.
# 3. Very large: half of a gland's radius, where the slider ends, does about as much. Outlines are long, but thin.
#
# </details>
#
# So much for the masks. What do they do to a network? Not the same, as you will see.
#
# ## 4 The ordinary way
#
# *Tiles*, small squares cut out at random places, are what the network learns from: 8 a step, flipped at random.

# %% name="tiles"
TILE, BATCH, STEPS = 32, 8, 50


def random_tiles(images, masks, n, rng):
    """n tiles with their masks, from random places, flipped at random."""
    tiles, targets = [], []
    for i in rng.integers(len(images), size=n):
        row, column = rng.integers(images.shape[1] - TILE + 1, size=2)
        place = (slice(row, row + TILE), slice(column, column + TILE))
        flips = (slice(None, None, rng.choice([1, -1])), slice(None, None, rng.choice([1, -1])))
        tiles.append(images[i][place][flips])
        targets.append(masks[i][place][flips])
    return np.stack(tiles), np.stack(targets)


class Tiles(keras.utils.PyDataset):
    """50 batches of tiles an epoch; `select` may pick among the tiles drawn, until 8 are together."""

    def __init__(self, images, masks, select=None, seed=SEED):
        super().__init__()
        self.images, self.masks, self.select = images, masks, select
        self.rng = np.random.default_rng(seed)

    def __len__(self):
        return STEPS

    def __getitem__(self, index):
        tiles, masks = self.draw()
        while len(tiles) < BATCH:
            tiles, masks = (np.concatenate(pair) for pair in zip((tiles, masks), self.draw()))
        return tiles[:BATCH], masks[:BATCH]

    def draw(self):
        tiles, masks = random_tiles(self.images, self.masks, BATCH, self.rng)
        return self.select(tiles, masks) if self.select else (tiles, masks)

# %% [markdown]
# The network is *ShortRes*, that of the SNOW study in small (<<notes("weights")>> weights): convolutions, down twice,
# up twice. For each pixel it gives two numbers, *logits*, one for background and one for gland; turned into
# probabilities they add up to 1. The loss is **cross-entropy**, the usual one: the surprise of the network about what
# the mask says at each pixel, averaged. `Looks` is a notebook: every 50 steps it writes down what the network says
# about the checked and the test images.

# %% name="learn"
from coursekit.methods.warm_start import copy_weights
from coursekit.methods.weak import object_probability
from coursekit.models import short_res, short_res_auto_encoder

pixel_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


class Looks(keras.callbacks.Callback):
    """After each epoch: the probability of gland at each pixel, in the checked and in the test images."""

    def __init__(self):
        super().__init__()
        self.checked, self.test = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.checked.append(object_probability(self.model, checked.images))
        self.test.append(object_probability(self.model, test.images))


def learn(title, masks, select=None, start=None, loss=pixel_loss, images=train.images, seed=SEED):
    """Train on tiles with these masks and return the looks."""
    set_seed(seed)
    network = short_res(width=SETTINGS["width"], seed=seed)
    if start is not None:
        copy_weights(start, network)
    network.compile(optimizer=keras.optimizers.Adam(2e-3), loss=loss)
    looks = Looks()
    tiles = Tiles(images, masks, select, seed)
    network.fit(tiles, epochs=SETTINGS["looks"], verbose=0, callbacks=[looks, Progress(title)])
    return looks

# %% [markdown]
# Three trainings, of the same network on the same images: with whole masks (which nobody has; to see what would be
# possible), with her masks, and with boxes.

# %% name="baseline"
boxes = corrupt_masks(glands, boxes=True).masks
masks_of = {"whole masks": train.targets, "two thirds forgotten": hers, "boxes": boxes}
runs = {name: learn(name, masks_of[name]) for name in SETTINGS["damages"]}
baseline = runs["two thirds forgotten"]
found = 100 * (baseline.test[-1] > 0.5)[TRUTH].mean()
print(f"Of 100 gland pixels in new images it finds {found:.0f}" + (f"; you guessed {my_guess}" if my_guess is not None else ""))

# %% alt="F1 on the checked images against the training step for whole masks, boxes and two thirds forgotten. Whole masks and boxes rise and stay high with some flicker, two thirds forgotten stays near zero. A dashed line shows every pixel called gland."
LINES = {
    "whole masks": ("-", viz.COLOURS[2]),
    "boxes": ("--", viz.COLOURS[0]),
    "two thirds forgotten": (":", viz.COLOURS[1]),
}
steps = STEPS * np.arange(1, SETTINGS["looks"] + 1)
figure, axis = plt.subplots(figsize=(7, 3.6))
for name, looks in runs.items():
    style, colour = LINES[name]
    axis.plot(steps, [f1(TRUTH_CHECKED, p > 0.5) for p in looks.checked], style, marker="o", color=colour, label=name)
everything = f1(TRUTH_CHECKED, np.ones_like(TRUTH_CHECKED))
axis.axhline(everything, color="black", lw=1, ls="--")
axis.text(steps[-1], everything, "every pixel ", ha="right", va="bottom", fontsize=9)
axis.set(xlabel="training step", ylabel="F1, 8 checked images", ylim=(-0.02, 1))
axis.set_title("Your run: F1 while it learns, by kind of mask")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% alt="Six test images with, below each, the true mask and the mask that the network gives after learning from masks with two thirds of the glands forgotten: nearly empty."
viz.show(
    [*test.images[:6], *TRUTH[:6], *(baseline.test[-1][:6] > 0.5)],
    [],
    "Above: new tissue. Middle: truth. Below: what was learned from her masks",
    columns=6,
    size=1.5,
);

# %% [markdown]
# (In the quick profile training stops long before anything is learned.) The study: F1 of test images after the last of 500
# steps, at a threshold of 0.5. (Longer training was not tried.)
#
# | masks | whole | BB | HD | Noisy | N+BB | N+HD | 65 % forgotten |
# |---|---|---|---|---|---|---|---|
# | F1 of the masks themselves | 1 | <<mean("masks: BB", "F1")|fixed(2)>> | <<mean("masks: HD", "F1")|fixed(2)>> | <<mean("masks: Noisy", "F1")|fixed(2)>> | <<mean("masks: N+BB", "F1")|fixed(2)>> | <<mean("masks: N+HD", "F1")|fixed(2)>> | <<mean("masks: removal 0.65", "F1")|fixed(2)>> |
# | F1 of the network | <<mean("Clean: Baseline", "F1 last")|fixed(2)>> | <<mean("BB: Baseline", "F1 last")|fixed(2)>> | <<mean("HD: Baseline", "F1 last")|fixed(2)>> | <<mean("Noisy: Baseline", "F1 last")|fixed(2)>> | <<mean("N+BB: Baseline", "F1 last")|fixed(2)>> | <<mean("N+HD: Baseline", "F1 last")|fixed(2)>> | <<mean("removal 0.65: Baseline", "F1 last")|fixed(2)>> |
# | ± | <<sd("Clean: Baseline", "F1 last")|fixed(2)>> | <<sd("BB: Baseline", "F1 last")|fixed(2)>> | <<sd("HD: Baseline", "F1 last")|fixed(2)>> | <<sd("Noisy: Baseline", "F1 last")|fixed(2)>> | <<sd("N+BB: Baseline", "F1 last")|fixed(2)>> | <<sd("N+HD: Baseline", "F1 last")|fixed(2)>> | <<sd("removal 0.65: Baseline", "F1 last")|fixed(2)>> |
#
# Compare the two rows. With deformed outlines the network is *better* than the masks that it learned from; with boxes
# about as good as they are; with forgotten glands *worse*. She marked one gland in three, and it finds next to none: an
# ordinary training throws away even the part that she did. Is the hour wasted?
#
# ## 5 Why: it has learned the marks
#
# Look at what the network says about **gland** pixels, before any threshold: not yes or no, but its probability.

# %% alt="Histogram of the network's probability of gland on true gland pixels of the test images. Trained on whole masks most are near 1. Trained with two thirds forgotten most lie around a third, left of the line at 0.5."
figure, axis = plt.subplots(figsize=(7, 3.4))
for name in [name for name in ("whole masks", "two thirds forgotten") if name in runs]:
    style, colour = LINES[name]
    on_glands = runs[name].test[-1][TRUTH]
    axis.hist(on_glands, np.linspace(0, 1, 41), histtype="step", lw=2, ls=style, color=colour, density=True, label=name)
axis.axvline(0.5, color="black", lw=1)
marked = hers[train.targets > 0].mean()
axis.axvline(marked, color="#57606a", lw=1, ls="--")
axis.text(0.5, axis.get_ylim()[1], " threshold", va="top", fontsize=9)
axis.text(marked, axis.get_ylim()[1], "share marked ", va="top", ha="right", fontsize=9)
axis.set(xlabel="probability of gland", ylabel="density of gland pixels")
axis.set_title("Your run: what the network says about true gland pixels")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# Take 100 pixels that look alike to the network, all in the middle of a gland. A share $m$ of them is marked. It must
# give all of them the same probability $q$, and its loss is
#
# $$-\,m \log q \;-\; (1 - m) \log (1 - q)$$
#
# Which $q$ makes that smallest? Set the derivative to zero, and you get $q = m$. **Cross-entropy makes a network say
# how often such a pixel is marked.** If each gland is forgotten with probability $p$, and nothing about a gland tells
# whether it was forgotten, then $q$ is $1 - p$ in the middle of a gland; and less where the network also doubts whether
# this is a gland. The network is right: about the *marks*. From $p = 0.5$ on it says less than 0.5, and a threshold of
# 0.5 leaves nothing. That is the cliff.
#
# That is a prediction, and can be tested. In the study, networks learned from masks with a share $p$ forgotten:

# %% name="mechanism" alt="Median probability on gland pixels against the share of glands forgotten, from 0 to 0.8, with small dots for five draws. The means fall with it, on or below the diagonal 1 minus p. A horizontal line marks 0.5."
study = lesson.evidence
shares = study.x("removal, on glands: Baseline").astype(float)
values = study.values("removal, on glands: Baseline")
figure, axis = plt.subplots(figsize=(6.6, 3.8))
axis.plot([0, 0.8], [1, 0.2], color="#57606a", ls="--", label="1 − p")
axis.plot(np.tile(shares, (len(values), 1)), values, "o", ms=4, alpha=0.5, color=viz.COLOURS[0])
axis.plot(shares, values.mean(axis=0), "o-", ms=8, mfc="none", mew=2, color=viz.COLOURS[0], label="network (dots: draws)")
axis.axhline(0.5, color="black", lw=1)
axis.text(0.8, 0.5, "threshold ", ha="right", va="bottom", fontsize=9)
axis.set(xlabel="share of glands forgotten, p", ylabel="median probability on gland pixels", ylim=(0, 1.02))
axis.set_title("Study: probability on gland pixels of new images")
axis.legend();

# %% [markdown]
# With none forgotten, the median gland pixel gets <<mean("removal, on glands: Baseline", 0)|fixed(2)>>; with half of
# them, <<mean("removal, on glands: Baseline", 0.5)|fixed(2)>> ± <<sd("removal, on glands: Baseline", 0.5)|fixed(2)>>;
# with 65 %, <<mean("removal, on glands: Baseline", 0.65)|fixed(2)>> ±
# <<sd("removal, on glands: Baseline", 0.65)|fixed(2)>>: it follows $1 - p$, from somewhat below. And pixels outside
# glands get much less, <<mean("removal 0.65: Baseline", "elsewhere")|fixed(2)>> in the median. So **the network does
# know glands.** Its mask is empty because we ask the wrong question of it.
#
# ## 6 The cheap rival: move the threshold
#
# If gland pixels get little and other pixels next to nothing, then don't cut at 0.5. Cut lower. Where? The 8 checked
# masks can tell. They may choose; the test images may not.

# %% name="threshold" alt="F1 against the threshold from 0 to 1 for the run with two thirds forgotten, on the checked images and on the test images: both curves peak well below 0.5, and are near zero at 0.5."
cuts = np.arange(1, 100) / 100
curve = np.array([f1(TRUTH_CHECKED, baseline.checked[-1] > cut) for cut in cuts])
chosen = cuts[curve.argmax()]
figure, axis = plt.subplots(figsize=(7, 3.5))
axis.plot(cuts, curve, color=viz.COLOURS[0], label="8 checked images: they choose")
judged = [f1(TRUTH, baseline.test[-1] > cut) for cut in cuts]
axis.plot(cuts, judged, "--", color=viz.COLOURS[1], label="40 test images: they judge")
axis.axvline(0.5, color="black", lw=1)
axis.axvline(chosen, color=viz.COLOURS[0], lw=1, ls=":")
axis.set(xlabel="threshold", ylabel="F1", ylim=(0, 1))
axis.set_title("Your run, two thirds forgotten: F1 by threshold")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
for cut in (0.5, chosen):
    print(f"threshold {cut:.2f}: test F1 {f1(TRUTH, baseline.test[-1] > cut):.2f}")

# %% name="rescued" alt="Three test images in three rows of four pictures: tissue, the probability of gland, which shows every gland in grey, the mask at the threshold 0.5, which is empty, and the mask at the chosen threshold, which shows whole glands."
said = baseline.test[-1]
viz.show(
    [picture for i in rows for picture in (test.images[i], said[i], said[i] > 0.5, said[i] > chosen)],
    ["tissue", "probability (white: 1)", "at 0.5", f"at {chosen:.2f}"] + [""] * 8,
    "Your run: the same network at two thresholds",
    columns=4,
    size=1.6,
);

# %% [markdown]
# No new label, no new training, one number. In the study:
#
# | F1 of test images | Noisy | N+HD | 65 % forgotten |
# |---|---|---|---|
# | threshold 0.5 | <<mean("Noisy: Baseline", "F1 last")|fixed(2)>> ± <<sd("Noisy: Baseline", "F1 last")|fixed(2)>> | <<mean("N+HD: Baseline", "F1 last")|fixed(2)>> ± <<sd("N+HD: Baseline", "F1 last")|fixed(2)>> | <<mean("removal 0.65: Baseline", "F1 last")|fixed(2)>> ± <<sd("removal 0.65: Baseline", "F1 last")|fixed(2)>> |
# | threshold chosen on 8 checked masks | <<mean("Noisy: Baseline", "F1 last chosen")|fixed(2)>> ± <<sd("Noisy: Baseline", "F1 last chosen")|fixed(2)>> | <<mean("N+HD: Baseline", "F1 last chosen")|fixed(2)>> ± <<sd("N+HD: Baseline", "F1 last chosen")|fixed(2)>> | <<mean("removal 0.65: Baseline", "F1 last chosen")|fixed(2)>> ± <<sd("removal 0.65: Baseline", "F1 last chosen")|fixed(2)>> |
# | *every pixel is gland* | <<mean("everything is gland", "F1")|fixed(2)>> | <<mean("everything is gland", "F1")|fixed(2)>> | <<mean("everything is gland", "F1")|fixed(2)>> |
# | *whole masks, threshold 0.5* | <<mean("Clean: Baseline", "F1 last")|fixed(2)>> ± <<sd("Clean: Baseline", "F1 last")|fixed(2)>> | <<mean("Clean: Baseline", "F1 last")|fixed(2)>> | <<mean("Clean: Baseline", "F1 last")|fixed(2)>> |
#
# Most of what seemed lost was a threshold. Keep this rival. Whenever somebody shows you a rule for weak labels, ask:
# *at which threshold, and against what?* (There is one more rival, which nobody has mentioned yet. Can you name it?
# Part 14 does.)
#
# ## 7 Only tiles with marks
#
# Sometimes there is no clean mask to choose a threshold with, and something has to be done in training itself. The
# simplest rule of the SNOW study is also one of its best: **learn only from tiles in which enough is marked.** A tile
# without any mark may be true background, or full of forgotten glands; nobody knows. A tile with marks was looked at.
#
# ### ✏️ Exercise 3: keep the positive
#
# Write `keep_positive(tiles, masks, minimum)`. Of the tiles $(n, h, w, 3)$ keep those whose mask, $(n, h, w, 1)$, has
# **at least** `minimum` pixels of 1. Return a pair: the tiles that stay and their masks. `np` is there.

# %% name="keep_positive" tags=["answer"]
def keep_positive(tiles, masks, minimum):
    """Tiles with at least `minimum` marked pixels, and their masks."""
    # BEGIN SOLUTION
    enough = masks.sum(axis=(1, 2, 3)) >= minimum
    return tiles[enough], masks[enough]
    # END SOLUTION

# %% name="check-keep_positive" tags=["check"]
lesson.check("keep_positive", keep_positive)

# %% [markdown]
# Twelve tiles with her marks drawn in, and the rule at work: 20 marked pixels of 1,024 are enough.

# %% name="use-tiles" alt="Twelve tiles of tissue with her outlines in white. Titles give the number of marked pixels and whether the tile is kept or dropped; some of the dropped ones plainly hold glands."
keep_positive = lesson.use("keep_positive", keep_positive, by_hand.keep_positive)
ENOUGH = 20
tiles, marks = random_tiles(train.images, hers, 12, np.random.default_rng(SEED + 1))
numbers = marks.sum(axis=(1, 2, 3)).astype(int)
titles = [f"{n} px: {'kept' if n >= ENOUGH else 'dropped'}" for n in numbers]
figure = viz.show(tiles, titles, "Twelve tiles, white: her outlines", columns=6)
for axis, mark in zip(figure.axes, marks):
    if mark.any() and not mark.all():
        axis.contour(mark[..., 0], [0.5], colors="white", linewidths=2)

# %% [markdown]
# Some of the dropped ones plainly hold glands. Where she marked nothing, "nothing" was often a lie; dropping those
# tiles drops lies. What does that do to the frequency that a network learns? In the study, of all possible tiles:
#
# | | tiles kept, % | gland area that is marked: all tiles, % | in kept tiles, % | pixels that are gland: all tiles, % | in kept tiles, % |
# |---|---|---|---|---|---|
# | Noisy | <<mean("masks: Noisy", "tiles kept")|pct>> | <<mean("masks: Noisy", "marked")|pct>> | <<mean("masks: Noisy", "marked in kept tiles")|pct>> | <<mean("masks: Noisy", "glands in all tiles")|pct>> | <<mean("masks: Noisy", "glands in kept tiles")|pct>> |
# | N+HD | <<mean("masks: N+HD", "tiles kept")|pct>> | <<mean("masks: N+HD", "marked")|pct>> | <<mean("masks: N+HD", "marked in kept tiles")|pct>> | <<mean("masks: N+HD", "glands in all tiles")|pct>> | <<mean("masks: N+HD", "glands in kept tiles")|pct>> |
# | 65 % forgotten | <<mean("masks: removal 0.65", "tiles kept")|pct>> | <<mean("masks: removal 0.65", "marked")|pct>> | <<mean("masks: removal 0.65", "marked in kept tiles")|pct>> | <<mean("masks: removal 0.65", "glands in all tiles")|pct>> | <<mean("masks: removal 0.65", "glands in kept tiles")|pct>> |
#
# It brings back no forgotten gland. But of the gland area *that the network sees*, a larger share is marked: with 65 %
# forgotten it rises from below a half to above. By part 5 that is what it learns to say, and it crosses the threshold.
# **Predict** from the table: will the rule help on all three?
#
# (The last two columns: the choice of tiles can also change how *common* glands are. Here it hardly does, because
# nearly every tile holds some gland. Where objects are rare, it makes them look common, and brings false alarms.)

# %% name="only-positive"
def positive_tiles(tiles, masks):
    return keep_positive(tiles, masks, ENOUGH)


rules = {"Baseline": baseline}
if "Only positive" in SETTINGS["rules"]:
    rules["Only positive"] = learn("only positive tiles", hers, select=positive_tiles)


def summary(looks):
    """Test F1 of the last step: at 0.5, and at the threshold that the checked masks choose."""
    cut = cuts[np.argmax([f1(TRUTH_CHECKED, looks.checked[-1] > cut) for cut in cuts])]
    scores = f1(TRUTH, looks.test[-1] > 0.5), f1(TRUTH, looks.test[-1] > cut)
    return "at 0.5: {:.2f}, at the chosen threshold: {:.2f}".format(*scores)


for name, looks in rules.items():
    print(f"{name:14} {summary(looks)}")

# %% [markdown]
# (One run is one draw, also of the images. The stored one, with `SEED = 0`, ends higher than any of the study's five.)
#
# Did it do what we predicted? For each kind of masks with forgotten glands: the share of gland area that is marked in
# the tiles that were learned from, and what the network then says about gland pixels of new images.

# %% name="prediction" alt="Median probability on gland pixels against the share of gland area that is marked in the tiles learned from, for Baseline (circles) and Only positive (squares) on four kinds of masks, small marks for five draws; marks rise along the diagonal, Baseline below 0.5, Only positive mostly above."
figure, axis = plt.subplots(figsize=(7, 4))
# For each mark where its name stands, in points, so that names don't overlap.
for arm, share, marker, colour, places in (
    ("Baseline", "marked", "o", viz.COLOURS[0], ((10, 4), (10, -12), (10, -8), (10, -12))),
    ("Only positive", "marked in kept tiles", "s", viz.COLOURS[1], ((10, -4), (10, -10), (-48, 2), (12, -12))),
):
    for kind, place in zip(("Noisy", "N+BB", "N+HD", "removal 0.65"), places):
        x, y = study.at(f"masks: {kind}", share), study.at(f"{kind}: {arm}", "on glands")
        axis.plot(x, y, marker, ms=4, alpha=0.4, color=colour)
        label = arm if kind == "Noisy" else None
        axis.plot(x.mean(), y.mean(), marker, ms=9, mfc="none", mew=2, color=colour, label=label)
        words = kind.replace("removal 0.65", "65 % forgotten")
        axis.annotate(words, (x.mean(), y.mean()), place, textcoords="offset points", fontsize=9, color=colour)
axis.plot([0.2, 0.85], [0.2, 0.85], color="#57606a", ls="--", lw=1, label="said as often as marked")
axis.axhline(0.5, color="black", lw=1, label="threshold")
axis.set(xlabel="share of gland area marked, tiles learned from", ylabel="median probability on glands", ylim=(0, 1))
axis.set_title("Study: what is marked, and what is said")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# It helps on all of them, in the mean. But where most was forgotten it only just crosses the threshold, so at 0.5 do not
# expect too much there. F1 says the same:

# %% alt="Bars of F1 for Baseline and Only positive with the damages BB, HD, Noisy, N+BB, N+HD and 65 per cent forgotten; left panel at the threshold 0.5, right panel at a threshold chosen on checked masks; dots for five draws. On the left Only positive is far above Baseline where glands are forgotten; on the right the two are close."
def paired_bars(axis, x, arms, damages):
    """Mean F1 of some rules for some damages, with a dot for each draw."""
    for place, (arm, colour, hatch) in enumerate(arms):
        shift = (place - (len(arms) - 1) / 2) * 0.8 / len(arms)
        for row, damage in enumerate(damages):
            values = study.at(f"{damage}: {arm}", x)
            label = arm if row == 0 else None
            look = {"color": colour, "hatch": hatch, "edgecolor": "white", "label": label}
            axis.bar(row + shift, values.mean(), 0.74 / len(arms), **look)
            axis.plot(np.full(len(values), row + shift), values, "o", ms=3, color="black", alpha=0.6)
    axis.axhline(study.mean("everything is gland", "F1"), color="black", lw=1, ls="--")
    axis.set_xticks(range(len(damages)), [name.replace("removal 0.65", "65 %\nforgotten") for name in damages])
    axis.set(ylim=(0, 1), ylabel="F1, test images")


six = ["BB", "HD", "Noisy", "N+BB", "N+HD", "removal 0.65"]
arms = [("Baseline", viz.COLOURS[0], ""), ("Only positive", viz.COLOURS[1], "//")]
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), sharey=True)
paired_bars(left, "F1 last", arms, six)
paired_bars(right, "F1 last chosen", arms, six)
left.set_title("Study: threshold 0.5")
right.set_title("Threshold chosen on 8 checked masks")
right.set_ylabel("")
right.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# (Dots: five draws; dashed: every pixel is gland.) What is the rule worth, in F1?
#
# | Only positive − Baseline | BB | HD | Noisy | N+BB | N+HD | 65 % forgotten |
# |---|---|---|---|---|---|---|
# | at 0.5 | <<((mean("BB: Only positive", "F1 last") - mean("BB: Baseline", "F1 last"))|round(2) + 0)|fixed(2)>> | <<((mean("HD: Only positive", "F1 last") - mean("HD: Baseline", "F1 last"))|round(2) + 0)|fixed(2)>> | <<((mean("Noisy: Only positive", "F1 last") - mean("Noisy: Baseline", "F1 last"))|round(2) + 0)|fixed(2)>> | <<((mean("N+BB: Only positive", "F1 last") - mean("N+BB: Baseline", "F1 last"))|round(2) + 0)|fixed(2)>> | <<((mean("N+HD: Only positive", "F1 last") - mean("N+HD: Baseline", "F1 last"))|round(2) + 0)|fixed(2)>> | <<((mean("removal 0.65: Only positive", "F1 last") - mean("removal 0.65: Baseline", "F1 last"))|round(2) + 0)|fixed(2)>> |
# | at the chosen threshold | <<((mean("BB: Only positive", "F1 last chosen") - mean("BB: Baseline", "F1 last chosen"))|round(2) + 0)|fixed(2)>> | <<((mean("HD: Only positive", "F1 last chosen") - mean("HD: Baseline", "F1 last chosen"))|round(2) + 0)|fixed(2)>> | <<((mean("Noisy: Only positive", "F1 last chosen") - mean("Noisy: Baseline", "F1 last chosen"))|round(2) + 0)|fixed(2)>> | <<((mean("N+BB: Only positive", "F1 last chosen") - mean("N+BB: Baseline", "F1 last chosen"))|round(2) + 0)|fixed(2)>> | <<((mean("N+HD: Only positive", "F1 last chosen") - mean("N+HD: Baseline", "F1 last chosen"))|round(2) + 0)|fixed(2)>> | <<((mean("removal 0.65: Only positive", "F1 last chosen") - mean("removal 0.65: Baseline", "F1 last chosen"))|round(2) + 0)|fixed(2)>> |
#
# Where nothing was forgotten, there is nothing to repair. Where glands were forgotten, **most of what the rule wins at
# 0.5, a threshold wins too**; a little is left over, and that is the rule's own. With no clean mask at all, only the
# rule is to be had.
#
# (Lesson 08 knows another way for half-labelled pages: give pixels that nobody has looked at the weight 0. It needs to
# be known which they are; here nobody wrote that down.)
#
# ## 8 A start from images without masks
#
# She forgot glands; she didn't forget *images*. An auto-encoder (lesson 13) learns to give tiles back through a
# bottleneck, and needs no mask. Its first half has the same layers as the first half of ShortRes: copy its weights, and
# training starts with filters that already know tissue. The study calls this **SS** (for semi-supervised: it learns
# from images with and without labels), and **SS+** together with only positive tiles.

# %% name="auto-encoder"
if "SS+" in SETTINGS["rules"]:
    set_seed(SEED)
    auto_encoder = short_res_auto_encoder(width=SETTINGS["width"], seed=SEED)
    auto_encoder.compile(optimizer=keras.optimizers.Adam(8e-3), loss="mse")
    tiles = Tiles(train.images, train.images)  # the target is the tile itself
    auto_encoder.fit(tiles, epochs=SETTINGS["start"], verbose=0, callbacks=[Progress("auto-encoder")])
    rules["SS+"] = learn("SS+", hers, select=positive_tiles, start=auto_encoder)
    print(f"SS+            {summary(rules['SS+'])}")

# %% alt="F1 on the eight checked images against the training step from 50 to 500, for Baseline, Only positive, SS and SS+, on the left for masks of the kind Noisy, on the right for N+HD: means over five draws with a band of one standard deviation. In both, Only positive and SS+ rise early and together, Baseline and SS late and less."
figure, axes = plt.subplots(1, 2, figsize=(11, 3.8), sharey=True)
for axis, damage in zip(axes, ("Noisy", "N+HD")):
    for arm, colour, style in (
        ("SS+", viz.COLOURS[2], "-"),
        ("Only positive", viz.COLOURS[1], "--"),
        ("SS", viz.COLOURS[3], "-."),
        ("Baseline", viz.COLOURS[0], ":"),
    ):
        x, values = study.x(f"looks, {damage}: {arm}").astype(float), study.values(f"looks, {damage}: {arm}")
        mean, sd = values.mean(axis=0), values.std(axis=0, ddof=1)
        axis.plot(x, mean, style, color=colour, lw=2, label=arm)
        axis.fill_between(x, mean - sd, mean + sd, color=colour, alpha=0.12, lw=0)
    axis.set(xlabel="training step", ylim=(0, 1))
    axis.set_title(f"{damage}: {DAMAGES[damage]}")
axes[0].set_ylabel("F1 at 0.5, 8 checked images")
axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
title = "Study: F1 while it learns (mean and standard deviation of five draws)"
figure.suptitle(title, x=0.01, ha="left", fontweight="bold");

# %% [markdown]
# | study, F1 at 0.5 | Baseline | Only positive | SS | SS+ |
# |---|---|---|---|---|
# | Noisy | <<mean("Noisy: Baseline", "F1 last")|fixed(2)>> ± <<sd("Noisy: Baseline", "F1 last")|fixed(2)>> | <<mean("Noisy: Only positive", "F1 last")|fixed(2)>> ± <<sd("Noisy: Only positive", "F1 last")|fixed(2)>> | <<mean("Noisy: SS", "F1 last")|fixed(2)>> ± <<sd("Noisy: SS", "F1 last")|fixed(2)>> | <<mean("Noisy: SS+", "F1 last")|fixed(2)>> ± <<sd("Noisy: SS+", "F1 last")|fixed(2)>> |
# | N+HD | <<mean("N+HD: Baseline", "F1 last")|fixed(2)>> ± <<sd("N+HD: Baseline", "F1 last")|fixed(2)>> | <<mean("N+HD: Only positive", "F1 last")|fixed(2)>> ± <<sd("N+HD: Only positive", "F1 last")|fixed(2)>> | <<mean("N+HD: SS", "F1 last")|fixed(2)>> ± <<sd("N+HD: SS", "F1 last")|fixed(2)>> | <<mean("N+HD: SS+", "F1 last")|fixed(2)>> ± <<sd("N+HD: SS+", "F1 last")|fixed(2)>> |
# | 65 % forgotten | <<mean("removal 0.65: Baseline", "F1 last")|fixed(2)>> ± <<sd("removal 0.65: Baseline", "F1 last")|fixed(2)>> | <<mean("removal 0.65: Only positive", "F1 last")|fixed(2)>> ± <<sd("removal 0.65: Only positive", "F1 last")|fixed(2)>> | <<mean("removal 0.65: SS", "F1 last")|fixed(2)>> ± <<sd("removal 0.65: SS", "F1 last")|fixed(2)>> | <<mean("removal 0.65: SS+", "F1 last")|fixed(2)>> ± <<sd("removal 0.65: SS+", "F1 last")|fixed(2)>> |
# | clean masks | <<mean("Clean: Baseline", "F1 last")|fixed(2)>> ± <<sd("Clean: Baseline", "F1 last")|fixed(2)>> | <<mean("Clean: Only positive", "F1 last")|fixed(2)>> ± <<sd("Clean: Only positive", "F1 last")|fixed(2)>> | <<mean("Clean: SS", "F1 last")|fixed(2)>> ± <<sd("Clean: SS", "F1 last")|fixed(2)>> | <<mean("Clean: SS+", "F1 last")|fixed(2)>> ± <<sd("Clean: SS+", "F1 last")|fixed(2)>> |
#
# Compare SS with Baseline, and SS+ with Only positive: what helps is the choice of tiles. The start changes F1 on Noisy
# by <<((mean("Noisy: SS", "F1 last") - mean("Noisy: Baseline", "F1 last"))|round(2) + 0)|fixed(2)>> and
# <<((mean("Noisy: SS+", "F1 last") - mean("Noisy: Only positive", "F1 last"))|round(2) + 0)|fixed(2)>>, on N+HD by
# <<((mean("N+HD: SS", "F1 last") - mean("N+HD: Baseline", "F1 last"))|round(2) + 0)|fixed(2)>> and
# <<((mean("N+HD: SS+", "F1 last") - mean("N+HD: Only positive", "F1 last"))|round(2) + 0)|fixed(2)>>: within the
# spread, although it had 300 steps more. It doesn't move what the marks hold down: gland pixels get
# <<mean("Noisy: SS", "on glands")|fixed(2)>> with SS and <<mean("Noisy: Baseline", "on glands")|fixed(2)>> without
# (median, Noisy). (The auto-encoder has seen the 40 training images, and no others. With thousands of unlabelled ones
# it might be worth more; that we did not measure.)
#
# ## 9 One label for the whole tile
#
# Perhaps forget the outlines altogether. "There is a gland in this tile" is a label, too, and cheaper. For the network
# to give such an answer, **pool** its map: take the largest logit of gland over all pixels, and the largest of
# background, and compare these two. The study's rule **Weak** learns from that alone; **SoftWeak** adds it to the loss
# of the pixels.

# %% name="weak"
def image_loss(masks, logits):
    """Cross-entropy of the tile's label: 20 marked pixels or more are a full "yes"."""
    yes = ops.minimum(ops.sum(masks, axis=(1, 2)) / ENOUGH, 1.0)  # (n, 1)
    answer = ops.max(logits, axis=(1, 2))  # (n, 2): the largest of each map
    return keras.losses.categorical_crossentropy(ops.concatenate([1 - yes, yes], axis=1), answer, from_logits=True)


def soft_weak_loss(masks, logits):
    """SoftWeak: what each pixel should be, and what the tile should be."""
    return pixel_loss(masks, logits) + image_loss(masks, logits)


if "Weak" in SETTINGS["rules"]:
    rules["Weak"] = learn("Weak", hers, loss=image_loss)
    print(f"Weak           {summary(rules['Weak'])}")
print(f"every pixel    {f1(TRUTH, np.ones_like(TRUTH)):.2f}")

# %% [markdown]
# Before you praise it, look at the last line. In the study (F1 at 0.5):
#
# | | Noisy | BB | N+BB | N+HD | clean |
# |---|---|---|---|---|---|
# | every pixel is gland | <<mean("everything is gland", "F1")|fixed(2)>> | <<mean("everything is gland", "F1")|fixed(2)>> | <<mean("everything is gland", "F1")|fixed(2)>> | <<mean("everything is gland", "F1")|fixed(2)>> | <<mean("everything is gland", "F1")|fixed(2)>> |
# | Weak | <<mean("Noisy: Weak", "F1 last")|fixed(2)>> | <<mean("BB: Weak", "F1 last")|fixed(2)>> | <<mean("N+BB: Weak", "F1 last")|fixed(2)>> | <<mean("N+HD: Weak", "F1 last")|fixed(2)>> | <<mean("Clean: Weak", "F1 last")|fixed(2)>> |
# | SoftWeak | <<mean("Noisy: SoftWeak", "F1 last")|fixed(2)>> | <<mean("BB: SoftWeak", "F1 last")|fixed(2)>> | <<mean("N+BB: SoftWeak", "F1 last")|fixed(2)>> | <<mean("N+HD: SoftWeak", "F1 last")|fixed(2)>> | <<mean("Clean: SoftWeak", "F1 last")|fixed(2)>> |
# | Baseline | <<mean("Noisy: Baseline", "F1 last")|fixed(2)>> | <<mean("BB: Baseline", "F1 last")|fixed(2)>> | <<mean("N+BB: Baseline", "F1 last")|fixed(2)>> | <<mean("N+HD: Baseline", "F1 last")|fixed(2)>> | <<mean("Clean: Baseline", "F1 last")|fixed(2)>> |
#
# Compared with 0, **Weak** learns something. Compared with a mask that knows nothing, it doesn't: an honest failure,
# which is hidden by every table that lacks the first row. Its answer is "gland everywhere". On true masks that fits the
# labels: only <<mean("masks: Clean", "tiles without glands")|pct(1)>> % of our 32-pixel tiles hold (next to) no gland.
# On Noisy, <<((1 - mean("masks: Noisy", "tiles kept")) * 100)|round|int>> % of the tiles have the label "no", and these
# are nearly all wrong. We tried tiles of 16 pixels, of which
# <<mean("small tiles, Clean: Weak", "tiles without glands")|pct>> % truly hold no gland, to see whether that is the
# reason: F1 <<mean("small tiles, Clean: Weak", "F1")|fixed(2)>> on true masks, no better. So it is not the reason, or
# not the only one.
#
# **SoftWeak** is little below Baseline where every gland is marked, and far below it where some were forgotten: to a wrong
# "no gland here" at many pixels it adds a wrong "no" for the tile, which weighs as much as all pixels together. With a
# tenth of that weight its best look on Noisy has F1 <<mean("small weight, Noisy: SoftWeak", "F1")|fixed(2)>>, like
# Baseline's (<<mean("Noisy: Baseline", "F1")|fixed(2)>>): it does no harm any more, and no good.
#
# In the SNOW paper Weak reached 0.66 on Noisy and SoftWeak 0.72, where its Baseline had 0.23. On our images that order
# does not come back. Theirs were real sections, with larger tiles, a larger network and longer training; which of these
# matters, we did not test. Part 15 returns to labels of wholes, with bags of which half are "no".
#
# ## 10 How much damage is too much?
#
# Two dials, one for each kind of damage: forget more glands; deform their outlines more.

# %% name="curves" alt="Left, F1 against the share of glands forgotten for Baseline and Only positive, solid at threshold 0.5 and dotted at the chosen threshold; Baseline at 0.5 falls off steeply around a half. Right, the same against the strength of deformation: all lines fall slowly."
figure, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True)
for axis, dial in zip(axes, ("removal", "deformation")):
    for arm, colour, marker in (("Baseline", viz.COLOURS[0], "o"), ("Only positive", viz.COLOURS[1], "s")):
        for kind, style, words in (("", "-", "0.5"), (", chosen", ":", "chosen threshold")):
            name = f"{dial}{kind}: {arm}"
            x, values = study.x(name).astype(float), study.values(name)
            look = {"fmt": marker + style, "color": colour, "capsize": 3, "mfc": "none" if kind else colour}
            axis.errorbar(x, values.mean(axis=0), values.std(axis=0, ddof=1), label=f"{arm}, {words}", **look)
    name = f"masks: {dial}"
    axis.plot(study.x(name).astype(float), study.values(name).mean(axis=0), "k--", lw=1, label="the masks themselves")
    axis.set_ylim(-0.02, 1.02)
axes[0].set(xlabel="share of glands forgotten", ylabel="F1, test images")
axes[1].set(xlabel="strength of deformation (1: “HD”)")
axes[0].set_title("Study: forgotten glands")
axes[1].set_title("Study: deformed outlines")
axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# (Bars: standard deviation of five draws. Dashed: F1 of the masks that were learned from; where a line is above it, the
# network is better than its teacher.)
#
# A network can't copy each mistake; it draws the *average* of what masks say about pixels like this one. So ask of any
# damage: **is the average mark still on the right side of the threshold?**
#
# * Deformed outlines: in most glands most of the middle is still marked. The average is right, except near the rim.
# * Clearly fewer than half forgotten: the average is right at 0.5. From about half on it is wrong, in every gland. At a
#   lower threshold it is right again, and the line falls gently.
# * Boxes: all err outwards at the corners, in every gland. The average is a box with round corners. A chosen
#   threshold gets back a part of what they cost: F1 is <<mean("BB: Baseline", "F1 last")|fixed(2)>> at 0.5 and
#   <<mean("BB: Baseline", "F1 last chosen")|fixed(2)>> at the chosen threshold, where whole masks reach
#   <<mean("Clean: Baseline", "F1 last")|fixed(2)>>.
#
# ## 11 A flicker, and a classic mistake
#
# Between two looks, 50 steps apart, F1 at 0.5 of one training can jump up and down. The bands of part 8 hide it; here
# are the five trainings behind one of them, each by itself:

# %% name="flicker" alt="F1 on the eight checked images against the training step, a line for each of five trainings of Baseline on Noisy masks. The lines cross each other and jump up and down between two looks."
figure, axis = plt.subplots(figsize=(7, 3.4))
x, values = study.x("looks, Noisy: Baseline").astype(float), study.values("looks, Noisy: Baseline")
for draw, (line, marker) in enumerate(zip(values, "osD^v")):
    axis.plot(x, line, marker=marker, ms=5, lw=1.2, color=viz.COLOURS[draw], label=f"draw {draw}")
axis.set(xlabel="training step", ylabel="F1 at 0.5, 8 checked images", ylim=(0, 1))
axis.set_title("Study: five trainings of Baseline on Noisy")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# Many take the best look and report it. In the study, on Noisy (the best of ten looks was chosen on the 8 checked
# masks, at 0.5):
#
# | Noisy | best look, at 0.5 | last step, at 0.5 | best look, chosen threshold | last step, chosen threshold |
# |---|---|---|---|---|
# | Baseline | <<mean("Noisy: Baseline", "F1")|fixed(2)>> ± <<sd("Noisy: Baseline", "F1")|fixed(2)>> | <<mean("Noisy: Baseline", "F1 last")|fixed(2)>> ± <<sd("Noisy: Baseline", "F1 last")|fixed(2)>> | <<mean("Noisy: Baseline", "F1 chosen")|fixed(2)>> ± <<sd("Noisy: Baseline", "F1 chosen")|fixed(2)>> | <<mean("Noisy: Baseline", "F1 last chosen")|fixed(2)>> ± <<sd("Noisy: Baseline", "F1 last chosen")|fixed(2)>> |
# | Only positive | <<mean("Noisy: Only positive", "F1")|fixed(2)>> ± <<sd("Noisy: Only positive", "F1")|fixed(2)>> | <<mean("Noisy: Only positive", "F1 last")|fixed(2)>> ± <<sd("Noisy: Only positive", "F1 last")|fixed(2)>> | <<mean("Noisy: Only positive", "F1 chosen")|fixed(2)>> ± <<sd("Noisy: Only positive", "F1 chosen")|fixed(2)>> | <<mean("Noisy: Only positive", "F1 last chosen")|fixed(2)>> ± <<sd("Noisy: Only positive", "F1 last chosen")|fixed(2)>> |
#
# At 0.5 the best look flatters Baseline; with a chosen threshold there is nothing to be won by choosing a step. It is as if
# what flickers were on which side of 0.5 the probabilities lie, and not what the network knows.
#
# So which step, and which threshold? Here is a report as one finds it. All its masks are there: `marks` are her
# (damaged) masks of the validation images, `clean` the checked ones of the same images, `truth` the masks of the test
# images.
#
# ```python
# def report(probability, marks, clean, test_probability, truth, thresholds):
#     step = np.argmax([f1(marks, one > 0.5) for one in probability])                 # best step on the validation masks
#     scores = [f1(truth, test_probability[step] > cut) for cut in thresholds]
#     return step, thresholds[np.argmax(scores)], max(scores)                         # best threshold
# ```
#
# It makes two classic mistakes. Find them before you read on.
#
# ### ✏️ Exercise 4: repair the report
#
# Write `report(…)` so that it is honest. `probability`, (steps, $n$, $h$, $w$), is what the network said after several
# steps about the validation images; `marks` and `clean`, $(n, h, w)$, are their masks as True and False.
# `test_probability` and `truth` are the same for the test images. Try **every step with every threshold** (gland is
# what lies *above* it) and return `(step, threshold, F1)`: the number of the step, from 0; the threshold; and the mean
# F1 of the test images at that step and threshold. `np` and the function `f1` of part 2 are there.

# %% name="report" tags=["answer"]
def report(probability, marks, clean, test_probability, truth, thresholds):
    """Step, threshold, and the F1 of the test images."""
    # BEGIN SOLUTION
    scores = np.array([[f1(clean, one > cut) for cut in thresholds] for one in probability])
    step, column = np.unravel_index(scores.argmax(), scores.shape)
    return int(step), thresholds[column], f1(truth, test_probability[step] > thresholds[column])
    # END SOLUTION

# %% name="check-report" tags=["check"]
lesson.check("report", report)

# %% [markdown]
# What happens if damaged masks choose? Here they do: her marks of the 8 images, and boxes (where you have trained on
# boxes), each against the checked masks.

# %% name="use-report"
report = lesson.use("report", report, by_hand.report)
numbers = checked.extra["glands"]
hers_checked = corrupt_masks(numbers, remove=0.65, seed=typical_seed(numbers, 0.65, SEED)).masks[..., 0] > 0
boxes_checked = corrupt_masks(numbers, boxes=True).masks[..., 0] > 0
twentieths = np.arange(1, 20) / 20
for name, damaged in (("two thirds forgotten", hers_checked), ("boxes", boxes_checked)):
    if name not in runs:
        continue
    said, tested = np.array(runs[name].checked), np.array(runs[name].test)
    for title, choosers in (("checked masks", TRUTH_CHECKED), ("damaged masks", damaged)):
        step, cut, score = report(said, damaged, choosers, tested, TRUTH, twentieths)
        believed = f1(choosers, said[step] > cut)
        promise = f"they promise F1 {believed:.2f}, test images say {score:.2f}"
        print(f"{name}: {title} choose look {step + 1} and threshold {cut:.2f}; {promise}")

# %% [markdown]
# Compare the two F1 of each line. Where glands were forgotten at random, damaged masks may even choose a sensible
# threshold: on *new* images nobody can know which ones she would have forgotten, so they reward finding all. But what
# they *promise* is far off: they can't tell you how good you are. Boxes ask for boxes. **Whatever chooses and judges
# has to be right**, even if it is little.
#
# ## 12 Nine rules, five kinds of masks
#
# The whole table of the study: the nine rules of SNOW, each made of parts that you have met, but for one. In *Noisy SW*
# half of the tiles without any mark are declared all gland, so that an empty tile is no proof (yes, this is crude).
#
# | rule | tiles | weights at the start | learns from the labels of |
# |---|---|---|---|
# | Baseline | all | random | pixels |
# | Only positive | with enough marked | random | pixels |
# | SS | all | from the auto-encoder | pixels |
# | SS+ | with enough marked | from the auto-encoder | pixels |
# | Weak | all | random | tiles |
# | SoftWeak | all | random | pixels and tiles |
# | Noisy SW | all, half of the empty ones declared gland | random | pixels and tiles |
# | SS+ SW | with enough marked | from the auto-encoder | pixels and tiles |
# | SS Noisy SW | all, half of the empty ones declared gland | from the auto-encoder | pixels and tiles |

# %% name="all-nine" alt="Two heat maps of F1, nine rules by five kinds of masks, with mean and standard deviation in each cell: on the left at threshold 0.5, on the right at the chosen threshold. Left, five rules are low where glands were forgotten; right, Baseline, Only positive, SS, SS+ and SS+ SW are close together, Weak, SoftWeak, Noisy SW and SS Noisy SW stay low there."
RULES = ["Baseline", "Only positive", "SS", "SS+", "Weak", "SoftWeak", "Noisy SW", "SS+ SW", "SS Noisy SW"]
KINDS = ["Clean", "Noisy", "BB", "N+BB", "N+HD"]
figure, axes = plt.subplots(1, 2, figsize=(11.5, 4.8), sharey=True)
for axis, x, title in zip(axes, ("F1 last", "F1 last chosen"), ("threshold 0.5", "threshold chosen on 8 checked masks")):
    means = np.array([[study.mean(f"{kind}: {rule}", x) for kind in KINDS] for rule in RULES])
    picture = axis.imshow(means, vmin=0, vmax=1, cmap="cividis", aspect="auto")
    for row, rule in enumerate(RULES):
        for column, kind in enumerate(KINDS):
            value, colour = means[row, column], "white" if means[row, column] < 0.5 else "black"
            text = f"{value:.2f} ± {study.sd(f'{kind}: {rule}', x):.2f}"
            axis.text(column, row, text, ha="center", va="center", fontsize=9, color=colour)
    axis.set_xticks(range(len(KINDS)), KINDS)
    axis.set_yticks(range(len(RULES)), RULES)
    axis.set_title(title)
figure.colorbar(picture, ax=axes, label="F1, test images")
title = "Study: F1 of nine rules on five kinds of masks (mean ± sd of five draws)"
figure.suptitle(title, x=0.01, ha="left", fontweight="bold");

# %% [markdown]
# (Learning rates were chosen on a draw that has no part in the study, one for each kind of loss; steps and images are
# the same for all, and SS has 300 steps of its auto-encoder before. Where two thirds are forgotten only four of the
# rules were trained, so that case is missing.) Read it by columns, left before right. Which rules
# help at 0.5 where glands were forgotten? Which of them still help when the threshold is chosen? And does any cost
# something on clean masks?
#
# <details><summary>What we found</summary>
#
# 1. Those that learn from positive tiles only: Only positive, SS+ and SS+ SW.
# 2. They stay ahead by a little. Baseline and SS come close; the four rules that listen to wrong image labels of *all*
#    tiles (Weak, SoftWeak, Noisy SW, SS Noisy SW) stay little above "every pixel is gland" or at it.
# 3. Compare the first column with its Baseline: Weak does, by far.
#
# </details>
#
# With the `gpu` profile you train all nine yourself, on larger images and her masks (two thirds forgotten).
# `train_strategy` of the course is parts 4 to 9 in one function:

# %% name="study-yourself"
from coursekit.methods.weak import STRATEGIES, train_auto_encoder, train_strategy

if SETTINGS["study"]:
    start = train_auto_encoder(train.images, epochs=SETTINGS["start"], width=SETTINGS["width"], seed=SEED)
for rule in SETTINGS["study"]:
    given = (train.images, hers, checked.images, checked.targets, start)
    trained = train_strategy(STRATEGIES[rule], *given, epochs=SETTINGS["looks"], width=SETTINGS["width"], seed=SEED)
    print(f"{rule:14} F1 {f1(TRUTH, object_probability(trained.network, test.images) > 0.5):.2f}")

# %% [markdown]
# ## 13 Who beats whom?
#
# Two networks, the same 40 test images, F1 of 0.81 and 0.83. Is the second better? Some images are hard for all; so
# don't compare means, compare **image by image**. *Rank* the $k$ methods on each image (1: best; equal ones share), and
# average the ranks over the $n$ images. If there were no difference, every mean rank would be near $(k + 1)/2$.
# Friedman's test asks whether they differ at all; then come the pairs. For methods $i$ and $j$ with mean ranks $R_i$
# and $R_j$
#
# $$z = \frac{|R_i - R_j|}{\sqrt{k (k + 1) / (6 n)}} \qquad\qquad P = 2\,\bigl(1 - \Phi(z)\bigr) \cdot \frac{k (k - 1)}{2}$$
#
# $z$ is the gap in units of what chance would make of it, $\Phi$ the normal distribution: how much of it lies below
# $z$. So the first part of $P$ (the *p value*) says how often chance alone makes such a gap; $\alpha$, usually 0.05,
# says how rare that must be before we believe in a difference. The last factor is the number of pairs: who fights 36
# duels wins some by luck, so each is judged that much more strictly (Bonferroni's correction). Nemenyi's test says
# nearly the same as a *critical difference*: mean ranks closer than that can't be told apart.
#
# The SNOW study makes a score of it: for each pair with $P < \alpha$, the method with the higher **mean F1** gets +1,
# the other −1.
#
# ### ✏️ Exercise 5: duels
#
# Write `duel_scores(f1, alpha)`: `f1` is (images, methods), higher is better. Return the points of each method, $(k,)$,
# whole numbers. If a pair has equal mean F1, neither scores. `rankdata` and `norm` from SciPy are there
# (`rankdata(x, axis=1)` gives 1 to the *smallest* of each row; `norm.sf(z)` is $1 - \Phi(z)$), and `np`.

# %% name="duel_scores" tags=["answer"]
def duel_scores(f1, alpha):
    """Points of each method, (k,), from F1 of (images, methods)."""
    # BEGIN SOLUTION
    n, k = f1.shape
    ranks = rankdata(-f1, axis=1).mean(axis=0)
    z = np.abs(ranks[:, None] - ranks) / np.sqrt(k * (k + 1) / (6 * n))
    p = 2 * norm.sf(z) * k * (k - 1) / 2
    means = f1.mean(axis=0)
    return (np.sign(means[:, None] - means) * (p < alpha)).sum(axis=1).astype(int)
    # END SOLUTION

# %% name="check-duel_scores" tags=["check"]
lesson.check("duel_scores", duel_scores)

# %% [markdown]
# The duels of your own networks (last look, threshold 0.5), on 40 test images:

# %% name="use-duels"
from coursekit.methods import weak

duel_scores = lesson.use("duel_scores", duel_scores, weak.duel_scores)
table = np.stack([f1_of_images(TRUTH, looks.test[-1] > 0.5) for looks in rules.values()], axis=1)
for name, points, rank in zip(rules, duel_scores(table, 0.05), weak.mean_ranks(table)):
    print(f"{name:14} points {points:+d}, mean rank {rank:.2f}")
print(f"critical difference of mean ranks: {weak.critical_difference(len(rules), len(TRUTH)):.2f}")

# %% [markdown]
# What one wins another loses, so **the points add up to zero**. A good check for a table: the nine scores printed in
# the SNOW paper, −21, 14, −8, 2, −8, −4, −1, 15 and 0, add up to <<notes("printed score")>>. So they can't all come
# from this rule on one set of nine rivals; perhaps there was a tenth, or a digit slipped. It doesn't make the paper
# wrong, but a sum takes ten seconds. Ours, over Noisy, BB, N+BB and N+HD, as the paper adds them:

# %% name="points" alt="Points of the nine rules, added up over four kinds of masks: dots for five draws and a larger open mark for the mean, in one colour at threshold 0.5 and in another at the chosen threshold. A vertical line at zero."
figure, axis = plt.subplots(figsize=(8, 4))
for name, colour, marker, shift in (
    ("duels", viz.COLOURS[0], "o", 0.15),
    ("duels chosen", viz.COLOURS[1], "s", -0.15),
):
    order, values = [str(rule) for rule in study.x(name)], study.values(name)
    for row, rule in enumerate(RULES):
        points = values[:, order.index(rule)]
        axis.plot(points, np.full(len(points), row + shift), marker, ms=4, alpha=0.5, color=colour)
        label = None if row else ("threshold 0.5" if name == "duels" else "chosen threshold")
        axis.plot(points.mean(), row + shift, marker, ms=9, mfc="none", mew=2, color=colour, label=label)
axis.axvline(0, color="black", lw=1)
axis.set_yticks(range(len(RULES)), RULES)
axis.invert_yaxis()
axis.set_xlabel("points, from −32 to 32 (dots: five draws, open: mean)")
axis.set_title("Study: duels won minus duels lost, four kinds of masks")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% name="ranks" alt="Two rows of mean ranks of nine rules on masks of the kinds Noisy and N+HD, from 1 at the left to 9 at the right, each rule as a dot with its name; a bar at the top shows the critical difference."
figure, axes = plt.subplots(1, 2, figsize=(11, 3.8))
for axis, kind in zip(axes, ("Noisy", "N+HD")):
    ranks = study.notes("ranks")[kind]
    ordered = sorted(ranks["mean ranks"].items(), key=lambda item: item[1])
    for row, (rule, rank) in enumerate(ordered):
        axis.plot(rank, row, "o", color=viz.COLOURS[0])
        axis.text(rank + 0.18, row, rule, va="center", fontsize=9)
    best = ordered[0][1]
    axis.plot([best, best + ranks["critical difference"]], [-0.8, -0.8], "k-", lw=3)
    axis.text(best + ranks["critical difference"] + 0.1, -0.8, "critical difference", va="center", fontsize=9)
    axis.set(xlim=(0.7, 10.5), ylim=(len(ordered) - 0.5, -1.4), yticks=[])
    axis.set_xlabel(f"mean rank over {ranks['blocks']} images (1: best)")
    axis.set_title(f"{kind}: {DAMAGES[kind]}")
figure.suptitle("Study: mean ranks of nine rules at threshold 0.5", x=0.01, ha="left", fontweight="bold");

# %% [markdown]
# Friedman's statistic (in Iman and Davenport's form) is <<notes("ranks")["Noisy"]["F"]|round|int>> on Noisy and
# <<notes("ranks")["N+HD"]["F"]|round|int>> on N+HD, where chance makes about 1: the rules do differ. (Duels and ranks
# of the study take the best look of each training, chosen on the checked masks: only of that look the score of every
# single image was kept.)
#
# A trap: on N+HD *Weak*, which calls everything gland, has a better mean rank than Baseline. Ranks compare rivals with
# each other. Whether any of them is good, only a reference tells.
#
# **What such a test can't tell.** It takes the *networks* as given, and asks about other images. Train the same rule
# again with another draw, and the network is another one. With the five trainings as the only repeats, instead of
# <<notes("ranks")["Noisy"]["blocks"]>> images, the critical difference on Noisy grows from
# <<notes("ranks")["Noisy"]["critical difference"]|fixed(1)>> to
# <<notes("ranks by training")["Noisy"]["critical difference"]|fixed(1)>> ranks: then SS+ and Baseline can't be told
# apart. Many images make a comparison of two *networks* sharp. Only repeats make one of two *methods* sharp.
#
# ## 14 The rival that nobody asked for
#
# Eight masks were clean, and all they did was choose a threshold. **What if we learn from those eight alone, and throw
# her hour away?** Guess first: better or worse than the best rule on her 40?

# %% name="eight"
if "eight" in SETTINGS["rules"]:
    eight = learn("8 checked masks alone", checked.targets, images=checked.images)
    print(f"8 checked masks alone  at 0.5: {f1(TRUTH, eight.test[-1] > 0.5):.2f}")
for name in ("Baseline", "Only positive"):
    print(f"hers, {name:16} {summary(rules[name])}")

# %% alt="F1 against the number of outlined glands on a logarithmic axis. A rising line for 1, 2, 4 and 8 clean masks alone; and points for 40 masks with half or two thirds of the glands forgotten, by Baseline at 0.5, and by Baseline and Only positive at the chosen threshold."
outlines = study.notes("outlines")
figure, axis = plt.subplots(figsize=(8.5, 4.2))
few = [str(n) for n in study.x("clean masks alone")]
values = study.values("clean masks alone")
look = {"fmt": "^-", "ms": 8, "color": viz.COLOURS[2], "capsize": 3, "label": "clean masks alone, 0.5"}
axis.errorbar([outlines[n] for n in few], values.mean(axis=0), values.std(axis=0, ddof=1), **look)
for n, mean in zip(few, values.mean(axis=0)):
    place = {"xytext": (8, -14), "textcoords": "offset points", "fontsize": 9, "color": viz.COLOURS[2]}
    axis.annotate(f"{n} image{'s' if n != '1' else ''}", (outlines[n], mean), **place)
for rule, x, marker, colour, face, label in (
    ("Only positive", "F1 last chosen", "s", viz.COLOURS[1], viz.COLOURS[1], "hers: Only positive, chosen threshold"),
    ("Baseline", "F1 last chosen", "o", viz.COLOURS[0], viz.COLOURS[0], "hers: Baseline, chosen threshold"),
    ("Only positive", "F1 last", "s", viz.COLOURS[1], "white", "hers: Only positive, 0.5"),
    ("Baseline", "F1 last", "o", viz.COLOURS[0], "white", "hers: Baseline, 0.5"),
):
    for kind in ("Noisy", "removal 0.65"):
        found = study.at(f"{kind}: {rule}", x)
        shown = {"fmt": marker, "color": colour, "mfc": face, "ms": 8, "capsize": 3}
        shown["label"] = label if kind == "Noisy" else None
        axis.errorbar(outlines[kind] * (1.03 if rule == "Baseline" else 0.97), found.mean(), found.std(ddof=1), **shown)
for kind, words, place in (("Noisy", "half\nforgotten", "left"), ("removal 0.65", "65 %\nforgotten", "right")):
    axis.text(outlines[kind] * (1.08 if place == "left" else 0.92), 0.18, words, fontsize=9, ha=place)
axis.axhline(study.mean("everything is gland", "F1"), color="black", lw=1, ls="--", label="every pixel is gland")
axis.set(xscale="log", xlabel="glands outlined for training (mean)", ylabel="F1, test images", ylim=(0, 1))
ticks = [5, 10, 20, 50, 100]
axis.set_xticks(ticks, [str(tick) for tick in ticks])
axis.set_xticks([], minor=True)
axis.set_title("Study: F1 by the number of glands that somebody outlined")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# Eight clean masks alone, with the last step and a threshold of 0.5, reach <<mean("eight clean masks", "F1")|fixed(2)>>
# ± <<sd("eight clean masks", "F1")|fixed(2)>>. (Learning from four and choosing step and threshold with the other four:
# <<mean("eight clean masks", "F1 split")|fixed(2)>> ± <<sd("eight clean masks", "F1 split")|fixed(2)>>.) **Every rule
# on 40 half-forgotten masks is below that**: the best of them, on Noisy, with the same eight to choose a threshold,
# reach <<mean("Noisy: Only positive", "F1 last chosen")|fixed(2)>> (Only positive) and
# <<mean("Noisy: SS+", "F1 last chosen")|fixed(2)>> (SS+). And the eight cost *less* work: they have
# <<notes("outlines")["8"]|round|int>> glands, hers with half forgotten <<notes("outlines")["Noisy"]|round|int>>, and
# with 65 % forgotten <<notes("outlines")["removal 0.65"]|round|int>>. Even two clean images,
# <<notes("outlines")["2"]|round|int>> glands, reach <<mean("clean masks alone", 2)|fixed(2)>> ±
# <<sd("clean masks alone", 2)|fixed(2)>>. What is in a clean mask that is not in her outlines? The background: "here is
# *no* gland". She outlined more glands than the eight have, but on no pixel of hers can you rely on a "no".
#
# So, is the hour wasted? Drawn like that, and next to eight finished masks, here: yes. That is a sober answer after so
# many rules, and we'd not have it without the one rival that needs no method at all. (Where patients differ more than
# these images do, eight may be too few; ours are simulated, and every image shows much of what there is to see.)
#
# And both together? We put her 40 and the eight into one pot, positive tiles only, last step at 0.5:
# <<mean("together: Noisy", "F1")|fixed(2)>> ± <<sd("together: Noisy", "F1")|fixed(2)>> on Noisy and
# <<mean("together: removal 0.65", "F1")|fixed(2)>> ± <<sd("together: removal 0.65", "F1")|fixed(2)>> with 65 %
# forgotten: *worse* than the eight alone. More data, badly labelled, can cost what few good ones had. (No mask was
# left to choose a threshold with, and the rule drops the empty tiles of the eight as well. A cleverer mix may do better;
# we tried this one.)
#
# All of it in one figure: what is wrong with your masks (rows), and what right ones you have (columns). Each field names
# the simplest rule whose mean F1 lies within one standard deviation of the best, simplest first: Baseline, Only
# positive, then the others (for HD and 65 % forgotten, of the first four in the table of part 12). The same test images
# choose a rule here and score it, so where many are nearly equal, the winner is flattered a little: read the figure as
# what came out, not as what you will get.

# %% name="decision" alt="A table of six kinds of masks by three situations. With no checked mask: Baseline for deformed outlines and boxes, Only positive wherever glands were forgotten. With eight checked masks that choose the threshold: the same, but Baseline also for half forgotten with boxes. With eight to learn from: these eight alone, with F1 of 0.93 in every row."
measured = study.data["measurements"]


def simplest_good_rule(kind, x):
    """The first of the nine rules that is within one standard deviation of the best, and its mean F1."""
    tried = {rule: study.at(f"{kind}: {rule}", x) for rule in RULES if f"{kind}: {rule}" in measured}
    best = max(tried.values(), key=np.mean)
    return next((rule, f.mean()) for rule, f in tried.items() if f.mean() >= best.mean() - best.std(ddof=1))


alone = ("these 8 alone", study.mean("eight clean masks", "F1"))
fields = [[simplest_good_rule(kind, "F1 last"), simplest_good_rule(kind, "F1 last chosen"), alone] for kind in six]
figure, axis = plt.subplots(figsize=(9.5, 4))
picture = axis.imshow([[f for _, f in row] for row in fields], vmin=0.4, vmax=1, cmap="cividis", aspect="auto")
for row, choices in enumerate(fields):
    for column, (rule, f) in enumerate(choices):
        axis.text(column, row, f"{rule}: {f:.2f}", ha="center", va="center", color="white" if f < 0.7 else "black")
names = [f"{kind}: {DAMAGES[kind]}" if kind in DAMAGES else "65 % forgotten" for kind in six]
axis.set_yticks(range(len(six)), names)
situations = ["no checked mask:\nthreshold 0.5", "8 checked masks\nchoose the threshold", "8 checked masks\nto learn from"]
axis.set_xticks(range(3), situations)
figure.colorbar(picture, ax=axis, label="F1, test images")
axis.set_title("Study: the simplest good rule, by what you have");

# %% [markdown]
# What we take from it:
#
# * **Finish eight rather than begin forty.** Before you mend weak masks, measure what the few right ones reach alone.
# * **Objects forgotten, and checked masks too few to learn from** (find out: learn from half of them, score on the
#   other half): choose the threshold on them; learn from positive tiles only.
# * **Objects forgotten, no checked mask**: positive tiles only, at 0.5.
#   (<<mean("Noisy: Only positive", "F1 last")|fixed(2)>> on Noisy,
#   <<mean("removal 0.65: Only positive", "F1 last")|fixed(2)>> with 65 % forgotten, against
#   <<mean("Noisy: Baseline", "F1 last")|fixed(2)>> and <<mean("removal 0.65: Baseline", "F1 last")|fixed(2)>>.) And
#   check some masks.
# * **Outlines rough, but all objects marked**: train in the ordinary way, and choose the threshold. From boxes expect
#   boxes; the chosen threshold gets back a part of what their corners cost.
#
# ## 15 A label for a bag
#
# Weaker still: no outline at all. A pathologist says of a *whole slide* "there is a tumour in it"; a chemist says of a
# *mixture* "it smells", and of no single molecule. A *bag* of pictures has one label: positive if **at least one** of
# its pictures is. Learning from that is called *multiple-instance learning*.
#
# Here: bags of ten handwritten digits. Is there a 9 among them? For 100 bags we know the answer; for no digit do we
# know which it is. No digit of a training bag occurs in a test bag.

# %% name="bags" tags=["nbval-check-output"]
from coursekit.data import make_bags, split

digits = load("digits", size=8, digit_px=8)
training, _, testing = split(digits.targets, seed=SEED)
options = {"positive": 9, "mean_size": 10, "sd_size": 0, "witnesses": 1, "seed": SEED}
bags = make_bags(digits.targets, n_bags=100, indices=training, **options)
test_bags = make_bags(digits.targets, n_bags=200, indices=testing, **options)
print(f"{len(bags)} bags to learn from, {bags.labels.mean():.0%} with a 9; {len(test_bags)} to test on")

# %% alt="Four bags of ten handwritten digits, one bag in each row, with the label of the bag, yes or no, in front of the row. Above each picture stands which digit it is; nines are orange."
figure = viz.show(
    digits.images[bags.indices[:4].ravel()],
    [str(kind) for kind in digits.targets[bags.indices[:4]].ravel()],
    "Four bags, each with one label: is there a 9? (Numbers: for you alone)",
    columns=10,
    size=0.95,
)
for axis, is_nine in zip(figure.axes, bags.instance_labels[:4].ravel()):
    if is_nine == 1:
        axis.title.set_color(viz.COLOURS[1])
        axis.title.set_fontweight("bold")
for axis, label in zip(figure.axes[::10], bags.labels[:4]):
    axis.text(-0.15, 0.5, "yes" if label else "no", transform=axis.transAxes, ha="right", va="center")

# %% [markdown]
# A small network looks at each digit by itself and gives a score $s$: how much like a 9? How do ten scores become one
# for the bag?
#
# * **max**: the largest. It fits the definition exactly: one 9 is enough. But only the largest gets a gradient.
# * **mean**: all count alike. All get a gradient, but one 9 among ten is a tenth of the sum.
# * **LSE** (log-sum-exp): between the two, with a dial $r$: near 0 it is the mean, for large $r$ the maximum.
#
# $$\text{LSE}(s) = \frac{1}{r} \log \Bigl( \frac{1}{n} \sum_{k=1}^{n} e^{\,r s_k} \Bigr)$$
#
# ### ✏️ Exercise 6: log-sum-exp
#
# Write `lse_pool(scores, r)` for scores (bags, $n$): one number for each bag. Scores may be as large as ±300, and
# $e^{300 r}$ is no number any more. So take the largest score of each bag off first, and add it again at the end (why
# is that allowed?). `np` is there.

# %% name="lse_pool" tags=["answer"]
def lse_pool(scores, r):
    """One score for each bag, (bags,), from scores (bags, n)."""
    # BEGIN SOLUTION
    top = scores.max(axis=1, keepdims=True)
    return top[:, 0] + np.log(np.exp(r * (scores - top)).mean(axis=1)) / r
    # END SOLUTION

# %% name="check-lse_pool" tags=["check"]
lesson.check("lse_pool", lse_pool)

# %% name="use-lse" tags=["nbval-check-output"]
from coursekit.methods import multiple_instance


def lse_of_the_course(scores, r):
    present = np.ones(scores.shape, bool)
    return np.asarray(multiple_instance.lse_pooling(scores.astype("float32"), present, r))


lse_pool = lesson.use("lse_pool", lse_pool, lse_of_the_course)
example = np.array([[-1.5, -0.6, 2.0, -1.1, 0.3, -2.0, -0.8, 0.1, -1.2, -0.4]])
print(f"mean {example.mean():.2f}, max {example.max():.2f}")
print("LSE  " + ", ".join(f"{lse_pool(example, r)[0]:.2f} (r = {r})" for r in (0.01, 1.0, 5.0, 100.0)))

# %% [markdown]
# **Attention** (Ilse, Tomczak and Welling, 2018) pools not scores but *features*: a small second network looks at each
# digit's features $h_k$, a list of 32 numbers, and says how much it matters, the weights $a_k$ add up to 1, and the bag
# is the weighted mean of the features.
#
# $$a_k \propto \exp\bigl(w^\top \tanh(V h_k)\bigr) \qquad z = \sum_k a_k h_k$$
#
# ($V$ and $w$ are learned.) Where does it look? That is $a$, and it comes for free. *Gated* attention multiplies the
# $\tanh$ by a second layer between 0 and 1.

# %% name="bag-network"
def bag_network(pooling):
    """From bags (n, 10, 8, 8, 1) to a logit for each bag; and a view of where it points, (n, 10)."""
    layers = keras.layers
    encoder = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
        ]
    )
    images = keras.Input((10, 8, 8, 1))
    features = ops.reshape(encoder(ops.reshape(images, (-1, 8, 8, 1))), (-1, 10, 32))
    if "attention" in pooling:
        hidden = layers.Dense(32, activation="tanh")(features)
        if pooling == "gated attention":
            hidden = hidden * layers.Dense(32, activation="sigmoid")(features)
        pointer = ops.softmax(layers.Dense(1)(hidden)[..., 0], axis=1)
        logit = layers.Dense(1)(ops.sum(pointer[..., None] * features, axis=1))
    else:
        pointer = layers.Dense(1)(features)[..., 0]  # the score of each digit
        pooled = {
            "max": ops.max(pointer, axis=1),
            "mean": ops.mean(pointer, axis=1),
            "lse": (ops.logsumexp(5 * pointer, axis=1) - np.log(10)) / 5,  # r = 5
        }
        logit = pooled[pooling][:, None]
    return keras.Model(images, logit), keras.Model(images, pointer)


def learn_bags(pooling, seed=SEED):
    """Trained on 100 bags: the scores of the test bags, and where the network points in each."""
    set_seed(seed)
    network, pointer = bag_network(pooling)
    rate = study.notes("rates")[f"bags, {pooling}"]  # each pooling has its own, chosen on other bags
    network.compile(optimizer=keras.optimizers.Adam(rate), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    pictures, labels = bags.take(digits.images), bags.labels[:, None]
    network.fit(pictures, labels, 20, SETTINGS["epochs"], verbose=0, callbacks=[Progress(pooling)])
    pictures = test_bags.take(digits.images)
    return network.predict(pictures, verbose=0)[:, 0], pointer.predict(pictures, verbose=0)


bag_runs = {pooling: learn_bags(pooling) for pooling in SETTINGS["poolings"]}

# %% [markdown]
# Two questions to each. **AUC**: take a positive and a negative test bag at random; how often has the positive one the
# higher score? (0.5 is guessing, 1 is always.) And **finds**: in positive bags, is the digit that it points at, by the
# largest weight or score, the 9? (0.1 is guessing.) Nobody has ever told it what a 9 is.

# %% name="bag-scores"
positive = test_bags.labels == 1
for pooling, (scores, pointer) in bag_runs.items():
    auc = multiple_instance.bag_auc(test_bags.labels, scores)
    finds = (test_bags.instance_labels[np.arange(len(test_bags)), pointer.argmax(axis=1)] == 1)[positive].mean()
    print(f"{pooling:16} AUC {auc:.2f}, finds the 9 in {finds:.0%}")

# %% alt="Two panels for the poolings max, mean, LSE, attention and gated attention, with 100 and with 300 training bags: on the left bag AUC, on the right the share of positive bags in which the network points at the 9, with the chance of 0.1 as a dashed line; dots for five draws."
POOLINGS = ["max", "mean", "lse", "attention", "gated attention"]
figure, axes = plt.subplots(1, 2, figsize=(11, 3.8))
for axis, x, chance, title in (
    (axes[0], "AUC", 0.5, "is there a 9?"),
    (axes[1], "finds", 0.1, "does it point at the 9?"),
):
    for n, colour, marker, shift in ((100, viz.COLOURS[0], "o", -0.12), (300, viz.COLOURS[1], "s", 0.12)):
        for row, pooling in enumerate(POOLINGS):
            values = study.at(f"bags, {n}: {pooling}", x)
            axis.plot(np.full(len(values), row + shift), values, marker, ms=4, alpha=0.5, color=colour)
            label = None if row else f"{n} bags"
            axis.plot(row + shift, values.mean(), marker, ms=9, mfc="none", mew=2, color=colour, label=label)
    axis.axhline(chance, color="black", lw=1, ls="--")
    axis.set_xticks(range(len(POOLINGS)), [name.replace(" ", "\n") for name in POOLINGS])
    axis.set(ylim=(0, 1.03), ylabel="bag AUC" if x == "AUC" else "share of positive bags", title=f"Study: {title}")
axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# (Dots: five draws; open: mean; dashed: chance.)
#
# | study | AUC, 100 bags | AUC, 300 bags | finds, 100 bags | finds, 300 bags |
# |---|---|---|---|---|
# | max | <<mean("bags, 100: max", "AUC")|fixed(2)>> ± <<sd("bags, 100: max", "AUC")|fixed(2)>> | <<mean("bags, 300: max", "AUC")|fixed(2)>> ± <<sd("bags, 300: max", "AUC")|fixed(2)>> | <<mean("bags, 100: max", "finds")|fixed(2)>> | <<mean("bags, 300: max", "finds")|fixed(2)>> |
# | mean | <<mean("bags, 100: mean", "AUC")|fixed(2)>> ± <<sd("bags, 100: mean", "AUC")|fixed(2)>> | <<mean("bags, 300: mean", "AUC")|fixed(2)>> ± <<sd("bags, 300: mean", "AUC")|fixed(2)>> | <<mean("bags, 100: mean", "finds")|fixed(2)>> | <<mean("bags, 300: mean", "finds")|fixed(2)>> |
# | LSE, r = 5 | <<mean("bags, 100: lse", "AUC")|fixed(2)>> ± <<sd("bags, 100: lse", "AUC")|fixed(2)>> | <<mean("bags, 300: lse", "AUC")|fixed(2)>> ± <<sd("bags, 300: lse", "AUC")|fixed(2)>> | <<mean("bags, 100: lse", "finds")|fixed(2)>> | <<mean("bags, 300: lse", "finds")|fixed(2)>> |
# | attention | <<mean("bags, 100: attention", "AUC")|fixed(2)>> ± <<sd("bags, 100: attention", "AUC")|fixed(2)>> | <<mean("bags, 300: attention", "AUC")|fixed(2)>> ± <<sd("bags, 300: attention", "AUC")|fixed(2)>> | <<mean("bags, 100: attention", "finds")|fixed(2)>> | <<mean("bags, 300: attention", "finds")|fixed(2)>> |
# | gated attention | <<mean("bags, 100: gated attention", "AUC")|fixed(2)>> ± <<sd("bags, 100: gated attention", "AUC")|fixed(2)>> | <<mean("bags, 300: gated attention", "AUC")|fixed(2)>> ± <<sd("bags, 300: gated attention", "AUC")|fixed(2)>> | <<mean("bags, 100: gated attention", "finds")|fixed(2)>> | <<mean("bags, 300: gated attention", "finds")|fixed(2)>> |
#
# Read dots, not means:
#
# * **max** is good in four draws and stays at guessing in one, with 100 and with 300 bags, and there it points at the 9
#   in none. Only its largest score gets a gradient; if that one starts out wrong, the right digit is never told. (That
#   is our reading; we did not test it.)
# * **mean** has the lowest AUC of the others with 100 bags, and catches up with 300. Its largest *score* points at the
#   9 already where its answer for the bag is poor: nine other digits drown the one that counts.
# * **LSE** does well from 100 bags on in every draw, **attention** in most.
#
# ## 16 Does it point at the 9?

# %% name="pointing" alt="Four positive test bags, a row of ten digits each, with the attention of each digit printed above it. In most rows the 9 has nearly all of the attention."
rows = np.flatnonzero(positive)[:4]
weights = bag_runs["attention"][1][rows]
figure = viz.show(
    digits.images[test_bags.indices[rows].ravel()],
    [f"{share:.2f}" for share in weights.ravel()],
    "Your run: attention in four positive test bags (orange: the 9)",
    columns=10,
    size=0.95,
)
for axis, is_nine in zip(figure.axes, test_bags.instance_labels[rows].ravel()):
    if is_nine == 1:
        axis.title.set_color(viz.COLOURS[1])
        axis.title.set_fontweight("bold")

# %% [markdown]
# 100 labels of bags, and a network that shows you most of the nines, though not all (does it in all four bags above?).
# It has never been told "this one". (It can be fooled: if a 9 always came together with a 4, it might point at the 4. A
# pointer is a hint where to look, not a proof.)
#
# Play with ten scores, a third of those in the example of exercise 6: close together, as early in training. The slider
# moves the highest. **To find out:**
#
# 1. Raise the highest score. Which pooling follows fully, which by a tenth?
# 2. Whose score would training change, for max, for LSE with $r = 5$, for the mean? (The bars below are each digit's
#    share of the gradient.)
# 3. Which $r$ would you take at the *start* of training, when all scores are random?

# %% name="pooling-dial" alt="Pooling bench: ten scores as bars, and lines for maximum, LSE at r = 5 and mean; below, each score's share of the gradient; right, LSE against r between mean and maximum."
dial = viz.PoolingDial(example[0] / 3)
dial

# %% [markdown]
# (No sliders? Run the cell: they need a running notebook. The picture above is the bench's first state.)
#
# <details><summary>What we found</summary>
#
# 1. The maximum fully, the mean by a tenth; LSE nearly fully once that score stands out.
# 2. Max: the highest digit alone. Mean: all of them alike. LSE: mostly those near the top.
# 3. Perhaps a small one: then all digits are told. (We used $r = 5$ throughout, and did not vary it.)
#
# </details>
#
# ## 17 Quiz
#
# Set each variable to a letter; the check explains every option, the wrong ones too.
#
# <<asks("quiz_cliff")>>

# %% name="quiz_cliff" tags=["answer"]
quiz_cliff = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_cliff = "c"
# END SOLUTION

# %% name="check-quiz_cliff" tags=["check"]
lesson.check("quiz_cliff", quiz_cliff)

# %% [markdown]
# <<asks("quiz_reference")>>

# %% name="quiz_reference" tags=["answer"]
quiz_reference = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_reference = "a"
# END SOLUTION

# %% name="check-quiz_reference" tags=["check"]
lesson.check("quiz_reference", quiz_reference)

# %% [markdown]
# <<asks("quiz_only_positive")>>

# %% name="quiz_only_positive" tags=["answer"]
quiz_only_positive = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_only_positive = "d"
# END SOLUTION

# %% name="check-quiz_only_positive" tags=["check"]
lesson.check("quiz_only_positive", quiz_only_positive)

# %% [markdown]
# <<asks("quiz_validation")>>

# %% name="quiz_validation" tags=["answer"]
quiz_validation = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_validation = "b"
# END SOLUTION

# %% name="check-quiz_validation" tags=["check"]
lesson.check("quiz_validation", quiz_validation)

# %% [markdown]
# ## 18 Where this sits on the map of data
#
# Heights are F1 from the study: of the masks themselves for hers, and of the network for the arrow's tip and for the eight.

# %% alt="Quality against quantity of data: eight clean masks high up on the left; forty masks with a third of the glands at middle height to the right, with an arrow upwards for threshold and choice of tiles that ends below the eight."
begun, rescued = study.mean("masks: removal 0.65", "F1"), study.mean("removal 0.65: Only positive", "F1 last chosen")
viz.quality_quantity_map(
    {"8 finished masks": (0.45, study.mean("eight clean masks", "F1")), "40 begun ones": (0.6, begun)},
    "Rescued masks rise, and stay below finished ones",
    moves={"positive tiles,\nthreshold": ("40 begun ones", 0.0, rescued - begun)},
);

# %% [markdown]
# ## 19 With your own masks
#
# 1. Find out **how** your masks are wrong: take ten images, draw them anew with care and completely, and lay both masks
#    over each other. Forgotten objects? Outlines? Boxes?
# 2. Learn from the careful ones alone: from half of them, with step and threshold chosen on the other half. Score also
#    a mask that is all object. These are the rivals.
# 3. If somebody can still draw: finish images. If not, train on the others' masks in the ordinary way, and choose the
#    threshold on the careful ones.
# 4. Then try a rule:
#
# ```python
# from coursekit.methods.weak import STRATEGIES, choose_threshold, object_probability, train_strategy
#
# # images (n, h, w, c) in [0, 1] and masks (n, h, w, 1) of 0 and 1; sides that 4 divides
# trained = train_strategy(STRATEGIES["Only positive"], images, masks, careful_images, careful_masks)
# cut = choose_threshold(careful_masks, object_probability(trained.network, careful_images))
# found = object_probability(trained.network, new_images) > cut
# ```
#
# ## 20 What to remember
#
# * Cross-entropy learns how often a pixel like this one is **marked**. From half forgotten on, that is below the
#   threshold of 0.5: the cliff.
# * A network draws the average of its masks. Mistakes vanish if the average mark is on the right side of the threshold.
# * Move the threshold before you change anything else, with a few clean masks that do nothing but choose.
# * Only positive tiles: of what is seen, a larger share is marked. Where objects are rare, this also makes them look
#   common.
# * Three references: all object, the moved threshold, and **the clean masks alone**. Here the last one won: finish
#   eight rather than begin forty.
# * Ranks compare on the same images; points of duels add up to zero. Repeats of the *training* are another matter.
# * A bag has one label; the pooling decides which images learn from it. Ask also where it points.
#
# **Pitfalls.** A rule praised at 0.5 that a threshold would have matched. A weak label praised for an F1 that
# "everything" gets, too. The best of ten looks reported as the result. A threshold chosen on test images, or on damaged
# ones. An image without marks taken for one without objects. Bags of training and test that share pictures.
#
# **Further reading**
#
# * Foucart, Debeir, Decaestecker, *SNOW: semi-supervised, noisy and/or weak data for deep learning in digital pathology*,
#   ISBI 2019, doi:10.1109/ISBI.2019.8759545 (the nine rules and the damages; their code: adfoucart/deephisto)
# * Elkan, Noto, *Learning classifiers from only positive and unlabeled data*, KDD 2008, doi:10.1145/1401890.1401920 (why
#   the probability is scaled, and how to scale it back)
# * Demšar, *Statistical comparisons of classifiers over multiple data sets*, JMLR 7, 2006, pp. 1–30 (ranks, Friedman,
#   Nemenyi)
# * Dietterich, Lathrop, Lozano-Pérez, *Solving the multiple instance problem with axis-parallel rectangles*, Artificial
#   Intelligence 1997, doi:10.1016/S0004-3702(96)00034-3
# * Pinheiro, Collobert, *From image-level to pixel-level labeling with convolutional networks*, CVPR 2015, arXiv:1411.6228
#   (LSE)
# * Ilse, Tomczak, Welling, *Attention-based deep multiple instance learning*, ICML 2018, arXiv:1802.04712

# %% name="progress"
lesson.progress()
