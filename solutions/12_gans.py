# ---
# jupyter:
#   coursekit:
#     title: Generative adversarial networks
#     version: 1
#     withheld: [coursekit/methods/gan_measures.py, coursekit/metrics/generated.py]
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
# # 12 Generative adversarial networks: can a network paint the pictures that you lack?
#
# <<badges>>
#
# | | |
# |---|---|
# | **You will be able to** | train two networks against each other, and tell what they are doing from two numbers · recognise four classic failures · measure generated pictures, and say when such a number is worth nothing · paint pictures over masks, and test whether they obey · find out fairly what painted pictures are worth as training data |
# | **You need** | Python with NumPy arrays; from lesson 02 what a convolutional network is and how it is trained. Lesson 08 (segmentation) helps with the second half |
# | **Time** | about two hours of reading and solving; the machine computes for about four minutes of them on two CPU cores, and needs no GPU |
#
# Run the cells from top to bottom (<kbd>Shift</kbd>+<kbd>Enter</kbd>). Six exercises and four quiz questions are marked
# with ✏️. If one stays unsolved, the lesson goes on with the course's own version: you can't get stuck. No network and
# no GPU are needed.

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

lesson = open_lesson("12_gans", version=1)
lesson

# %% [markdown]
# `PROFILE` decides how much is computed: `"quick"` for a first look (networks trained for a shorter time), `"standard"`
# for learning, `"gpu"` for larger pictures and wider networks on a fast machine. The code is the same.

# %% name="parameters" tags=["parameters"]
PROFILE = os.environ.get("COURSEKIT_PROFILE", "standard")
SEED = 0

# %% name="numpy" tags=["imports"]
import numpy as np

# %% name="figures"
import matplotlib.pyplot as plt

from coursekit import viz

viz.use_style()

SETTINGS = {
    "quick": {
        "toy": 400,
        "film": 150,
        "digits": {"n": 1000, "steps": 80, "widths": ((16, 16), (16, 32)), "batches": 25, "few": 50, "epochs": 2},
        "cells": {"size": 48, "steps": 15, "widths": ((32, 32, 16), (16, 32, 32))},
        "painter": {"painted": 80, "steps": 25, "widths": (12, 24, 48)},
        "segmenter": {"steps": 10, "widths": (8, 16), "sizes": (20, 40)},
    },
    "standard": {
        "toy": 2000,
        "film": 2000,
        "digits": {"n": 4000, "steps": 750, "widths": ((16, 16), (16, 32)), "batches": 250, "few": 500, "epochs": 12},
        "cells": {"size": 48, "steps": 300, "widths": ((32, 32, 16), (16, 32, 32))},
        "painter": {"painted": 300, "steps": 500, "widths": (12, 24, 48)},
        "segmenter": {"steps": 200, "widths": (8, 16, 32), "sizes": (20, 40, 80)},
    },
    "gpu": {
        "toy": 4000,
        "film": 4000,
        "digits": {"n": 8000, "steps": 2000, "widths": ((32, 32), (32, 64)), "batches": 1000, "few": 1500, "epochs": 16},
        "cells": {"size": 64, "steps": 1500, "widths": ((64, 64, 32), (32, 64, 64))},
        "painter": {"painted": 600, "steps": 1500, "widths": (24, 48, 96)},
        "segmenter": {"steps": 400, "widths": (16, 32, 64), "sizes": (20, 40, 80, 160, 320)},
    },
}[PROFILE]

# %% [markdown]
# ## 1 Twenty pictures, and masks for nothing
#
# You photograph sheets of cells, and want a program that finds the borders between them. To train it you need pairs: a
# picture and a *mask*, which is 1 where a border is and 0 elsewhere. A colleague has drawn the borders in twenty
# pictures; that took days. (The pictures here are simulated, after real ones of retinal cells. So the borders are known
# exactly, and there are test pictures to check with.)
#
# Masks alone are another matter. A net of cell borders is easy to make up: scatter points, and draw the lines that are
# equally far from the nearest two. A few lines of code give as many as you like. What such a mask lacks is its picture.

# %% name="pairs"
from coursekit.data import load

SIZE = SETTINGS["cells"]["size"]
real = load("monolayer", n=20, seed=SEED, size=SIZE)
# Masks of the same program, whose pictures we throw away.
new_masks = load("monolayer", n=SETTINGS["painter"]["painted"], seed=SEED + 100, size=SIZE).targets
print(len(real), "pairs,", len(new_masks), "masks without a picture")

# %% alt="Above four masks with nets of cell borders and the grey pictures of cells that belong to them. Below four other masks, each with an empty grey frame for the picture that does not exist."
nothing = np.full((SIZE, SIZE), 0.85)
viz.show(
    [part for i in range(4) for part in (real.targets[i], real.images[i])]
    + [part for i in range(4) for part in (new_masks[i], nothing)],
    ["mask", "its picture"] * 4 + ["another mask", "?"] * 4,
    "Twenty pairs, and hundreds of masks that wait for a picture",
    size=1.45,
);

# %% [markdown]
# Could a network *paint* the missing pictures? Then you would have 320 pairs instead of twenty. **Guess** before you
# read on: 20 real pairs and 300 painted ones together train a program that is as good as one that was trained on how
# many *real* pairs? (20 means that the painted ones are worth nothing, 320 that they are as good as real.)

# %% name="guess"
my_guess = None  # a number of real pairs; part 13 settles it

# %% [markdown]
# ## 2 Two players
#
# How do you teach a network to paint? Nobody can write down what makes a picture of cells look real. But a network can
# learn to *tell* real pictures from others, as any classifier learns to tell two kinds apart. So let two networks play
# against each other:
#
# * the **generator** G gets random numbers $z$ (a *latent vector*: nobody gives its numbers a meaning) and turns them
#   into a picture, the *fake* $G(z)$;
# * the **discriminator** D gets a picture, real or fake, and says how likely it is real: a probability $D(x)$.
#
# D learns to be right. G learns to make D wrong, and D itself tells it how: the gradient of D's answer says which
# change of each pixel would make a fake more believable. That is a *generative adversarial network*, a **GAN**
# (Goodfellow and others, 2014). No labels are needed, only real pictures.
#
# D's last layer gives a number $q$ without bounds, a *logit*, from which $D = 1 / (1 + e^{-q})$. D pays $-\log D(x)$
# for a real picture (little if it says real) and $-\log(1 - D(G(z)))$ for a fake. G pays $-\log D(G(z))$: it wants its
# fakes called real.
#
# $$L_D = \overline{-\log D(x)} + \overline{-\log(1 - D(G(z)))} \qquad L_G = \overline{-\log D(G(z))}$$
#
# A bar is the mean over a batch.
#
# ### ✏️ Exercise 1: two losses
#
# Write `gan_losses(real_logits, fake_logits)`: from D's logits for real pictures, $(n,)$, and for fakes, $(m,)$, return
# two numbers, the loss of D and the loss of G. A trap: where D is sure, $D$ is rounded to 1 or 0, and its logarithm is
# infinite. The way around is the function *softplus*, $\log(1 + e^q)$, which `np.logaddexp(0, q)` computes without
# overflow: $-\log D$ is softplus of $-q$, and $-\log(1 - D)$ is softplus of $q$.
#
# For a mark, the grader runs this cell alone (NumPy is there as `np`), so keep everything that it needs inside it.

# %% name="gan_losses" tags=["answer"]
def gan_losses(real_logits, fake_logits):
    """Loss of D and loss of G, from D's logits for real pictures (n,) and for fakes (m,)."""
    # BEGIN SOLUTION
    loss_d = np.logaddexp(0, -real_logits).mean() + np.logaddexp(0, fake_logits).mean()
    loss_g = np.logaddexp(0, -fake_logits).mean()
    return loss_d, loss_g
    # END SOLUTION

# %% [markdown]
# The check calls your function and compares. It says *correct*, *not yet* (what was expected, what came), *raised* or
# *not attempted*. Stuck? Run `lesson.hint("gan_losses")` in a cell of its own, as often as you like: each call goes one
# step further.

# %% name="check-gan_losses" tags=["check"]
lesson.check("gan_losses", gan_losses)

# %% [markdown]
# Wherever a later cell needs an answer of yours, a line like the next one takes yours if it passes its check, and
# otherwise the course's own version.

# %%
from coursekit.methods import gan_measures

gan_losses = lesson.use("gan_losses", gan_losses, gan_measures.gan_losses)
print("D can't tell, all logits 0:     D pays {:.2f}, G pays {:.2f}".format(*gan_losses(np.zeros(9), np.zeros(9))))
print("D is sure and right, logits ±4: D pays {:.2f}, G pays {:.2f}".format(*gan_losses(np.full(9, 4.0), np.full(9, -4.0))))

# %% [markdown]
# Now the game itself, with something smaller than pictures: **points in the plane**. Real points lie in eight dots on a
# circle. G has to learn to put points there, from two random numbers each. So all that happens can be drawn.

# %% name="ring"
angles = np.arange(8) * np.pi / 4
centres = np.stack([np.cos(angles), np.sin(angles)], axis=1)
SIGMA = 0.1  # how wide a dot is: the standard deviation of its points, in x and in y
rng = np.random.default_rng(SEED)
dots = centres[rng.integers(8, size=5000)] + rng.normal(0, SIGMA, size=(5000, 2))

# %% [markdown]
# Two networks, two losses, two optimisers, a loop. `make_step` turns a loss into a training step that changes one
# network only; everything else is plain Keras. The *momentum* of an optimiser (Adam's `beta_1`) says how long it goes
# on in a direction that it has taken; Keras' own value is 0.9.

# %% name="play"
import keras

from coursekit.training import make_step, set_seed


def dense_network(widths, outputs):
    """Two numbers in; hidden layers of these widths; some numbers out."""
    layers = [keras.layers.Dense(width, "relu") for width in widths]
    return keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(outputs)])


def play(points, steps, rate_g=1e-3, rate_d=1e-3, widths_d=(64, 64), momentum=0.5, seed=0, look=None):
    """A generator g and a discriminator d learn in turn from real points (n, 2); look(g, d), if given, is noted at 20 moments and at the end."""
    set_seed(seed)
    g, d = dense_network((64, 64), 2), dense_network(widths_d, 1)
    softplus, mean = keras.ops.softplus, keras.ops.mean

    def loss_of_d(x, z):
        return mean(softplus(-d(x))) + mean(softplus(d(g(z))))

    def loss_of_g(z):
        return mean(softplus(-d(g(z))))

    step_d = make_step(loss_of_d, d.trainable_variables, keras.optimizers.Adam(rate_d, beta_1=momentum))
    step_g = make_step(loss_of_g, g.trainable_variables, keras.optimizers.Adam(rate_g, beta_1=momentum))
    rng, notes = np.random.default_rng(seed), []
    for step in range(steps):
        if look and step % max(1, steps // 20) == 0:
            notes.append((step, look(g, d)))
        step_d(points[rng.integers(len(points), size=128)], rng.normal(size=(128, 2)))
        step_g(rng.normal(size=(128, 2)))
    if look:
        notes.append((steps, look(g, d)))
    return g, d, notes

# %% name="first-game"
latent = np.random.default_rng(SEED).normal(size=(2000, 2)).astype("float32")
axis_values = np.linspace(-1.6, 1.6, 60, dtype="float32")
places = np.stack(np.meshgrid(axis_values, axis_values), axis=-1).reshape(-1, 2)


def snapshot(g, d):
    """Two thousand points of G, and D's probability "real" on a grid of places."""
    points, logits = (keras.ops.convert_to_numpy(part) for part in (g(latent), d(places)))
    return points, 1 / (1 + np.exp(-logits.reshape(60, 60)))


good_game = play(dots, SETTINGS["toy"], look=snapshot, seed=SEED)[2]

# %% name="first-game-figure" alt="Four maps of the plane, from the start to the end of a training. Blue where the discriminator believes in real points, orange where it doesn't. Generated points start as a blob near the middle, stretch towards one side, are scattered over the whole plane at step 400, and lie on or near all eight dots at the end, where the map has become pale."
from matplotlib.colors import LinearSegmentedColormap

belief = LinearSegmentedColormap.from_list("belief", ["#f4b183", "#ffffff", "#9ecae1"])


def show_game(axis, note, title=""):
    """D's map, real points (grey), generated points (black)."""
    step, (points, chance) = note
    axis.imshow(chance, extent=(-1.6, 1.6, -1.6, 1.6), origin="lower", cmap=belief, vmin=0.2, vmax=0.8, interpolation="bilinear")
    axis.plot(*dots[:300].T, ".", ms=2.5, color="#777777")
    axis.plot(*points[:400].T, ".", ms=2.5, color="black")
    axis.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), xticks=[-1, 0, 1], yticks=[-1, 0, 1], aspect="equal")
    axis.set_title(title or f"step {step:,}", fontsize=11, weight="normal")


figure, axes = plt.subplots(1, 4, figsize=(11, 3.2))
for axis, moment in zip(axes, (0, 1, 4, -1)):
    show_game(axis, good_game[moment])
figure.suptitle("Where D believes in real points (blue), fakes (black) go", weight="bold", x=0.01, ha="left");

# %% [markdown]
# D's map is a landscape, blue where it believes and orange where it doesn't, and each fake climbs towards blue. At
# first the fakes are a blob, and run together to wherever the map is blue. D learns that this place is suspicious, the
# map changes, and they run on; but each time D learns a bit more of where the dots are. At the end, fakes lie where
# real points (grey) lie, and the map has gone pale there: D can't tell any more, and says 0.5.
#
# ## 3 How many dots?
#
# "Looks good" is no number. A place where real data are frequent is called a *mode*; here there are eight. A good
# generator reaches all of them.
#
# ### ✏️ Exercise 2: modes covered
#
# Write `modes_covered(points, centres, sigma)`: for generated `points`, $(n, 2)$, and the `centres` of the modes,
# $(k, 2)$, return how many modes are *covered*, a whole number. The rules:
#
# 1. A point belongs to the nearest centre if it lies within $3\,\sigma$ of it (including exactly $3\,\sigma$); else it
#    belongs to none.
# 2. A mode is covered if at least 1 % of **all** points belong to it.

# %% name="modes_covered" tags=["answer"]
def modes_covered(points, centres, sigma):
    """Number of modes that hold at least 1 % of all points within 3 sigma."""
    # BEGIN SOLUTION
    distance = np.linalg.norm(points[:, None] - centres, axis=-1)
    nearest, close = distance.argmin(axis=1), distance.min(axis=1) <= 3 * sigma
    counts = np.bincount(nearest[close], minlength=len(centres))
    return int((counts >= 0.01 * len(points)).sum())
    # END SOLUTION

# %% name="check-modes_covered" tags=["check"]
lesson.check("modes_covered", modes_covered)

# %% name="modes-figure" alt="Modes covered against training step. Thin lines of the study's five runs and a thick line of your run rise from none to eight, most of them within the first five hundred steps, and stay there."
modes_covered = lesson.use("modes_covered", modes_covered, gan_measures.modes_covered)
study = lesson.evidence


def modes_of(game):
    """Steps, and modes covered at each of them."""
    return [step for step, _ in game], [modes_covered(points, centres, SIGMA) for _, (points, _) in game]


figure, axis = plt.subplots(figsize=(7, 3.2))
for run in study.values("toy, good: modes"):
    axis.plot(study.x("toy, good: modes"), run, color=viz.COLOURS[0], lw=1, alpha=0.5)
axis.plot([], [], color=viz.COLOURS[0], lw=1, label="study, five runs")
axis.plot(*modes_of(good_game), "o-", ms=4, color=viz.COLOURS[1], label="your run")
axis.set(xlabel="training step", ylabel="modes covered, of 8", ylim=(-0.3, 8.5))
axis.set_title("The good setting finds all eight dots")
axis.legend();

# %% [markdown]
# (Where this lesson states numbers without running code, they come from the course's recorded study: five runs of each
# experiment, each with its own random numbers, and where there are pictures, with pictures of its own. ± is the
# standard deviation over the five.)
#
# In the study, the good setting covers <<mean("toy, good: modes", 2000)|fixed(1)>> of 8 modes on average after 2,000
# steps, and <<mean("toy, good: share", 2000)|pct>> % of the points lie within 3 σ of a dot. Watch it happen: two stored
# games, side by side, and one of your own. The grid is what G makes of a square grid of latent points: G bends and
# tears one cloud into eight.
#
# **To find out:**
#
# 1. Go back with the slider. Where do the fast generator's points go, and what does D do about it?
# 2. Play your own: the data `blob` (one dot). Can you make *that* collapse?
# 3. Make the discriminator weak (one layer of 8). What is the first thing that goes wrong?

# %% name="toy-bench" alt="Two planes side by side after training. Left, the balanced game: generated points on all eight dots, and a pale map. Right, the game with a fast generator: all points in one or two places. A curve of modes covered beside them: eight for the balanced game, one or two for the other."
from coursekit.methods.toy_gan import ToyGan

films = {
    name: game.film(SETTINGS["film"], every=SETTINGS["film"] // 40)
    for name, game in (
        ("balanced", ToyGan(seed=SEED)),
        ("fast generator", ToyGan(generator_rate=5e-3, momentum=0.9, seed=SEED)),
    )
}
bench = viz.ToyGanBench(films, data="ring", seed=SEED)
bench

# %% [markdown]
# (No buttons? Run the cell: they need a running notebook. The picture above is the first state.)
#
# <details><summary>What we found</summary>
#
# 1. They go to one place or two. D learns that this place is suspicious, the place turns orange, and all points move to
#    the next one: they run around the circle, together, and never spread.
# 2. With one dot there is nothing to miss. Collapse is about *several* modes.
# 3. D's map: with eight units it is made of a few straight edges, and can't be blue at eight dots and orange between
#    them.
#
# </details>
#
# ## 4 First failure: collapse
#
# D's only weapon is its map. If G finds one place that D believes in, it may send *all* its points there: for the
# moment that costs nothing. D has to notice and answer before G has thrown everything else away. So collapse comes when
# D is **too weak** to draw the map or **too slow** to redraw it. Two examples: a D with one layer of 8 units, and a G that
# is five times as fast as its D (with Keras' usual momentum). Below them the study, which mostly changes one thing at a time:

# %% name="collapse" alt="Three planes at the end of training. Good setting: points on all eight dots. Weak discriminator and fast generator: all points in one clump, which may lie between the dots; the weak discriminator's map is nearly white."
collapsed = {
    "D with 8 units": play(dots, SETTINGS["toy"], widths_d=(8,), look=snapshot, seed=SEED)[2],
    "fast G, momentum 0.9": play(dots, SETTINGS["toy"], rate_g=5e-3, momentum=0.9, look=snapshot, seed=SEED)[2],
}
figure, axes = plt.subplots(1, 3, figsize=(9.6, 3.5))
for axis, (name, game) in zip(axes, {"good setting": good_game, **collapsed}.items()):
    show_game(axis, game[-1], f"{name}: {modes_of(game)[1][-1]} of 8 modes")
figure.suptitle("A weak or slow judge lets one trick win", weight="bold", x=0.01, ha="left");

# %% alt="Modes covered against step for six settings, five runs each as thin lines with their mean. The good setting and the strong discriminator reach eight in all runs; with a weak discriminator and with momentum 0.9 all runs stay near one or two; with a fast generator or a slow discriminator most do, and a few find their way."
arms = {
    "good": "good setting",
    "strong discriminator": "strong D: 5 steps, 5e-3",
    "weak discriminator": "weak D: 8 units",
    "fast generator": "fast G: 5e-3",
    "slow discriminator": "slow D: 1e-4",
    "momentum 0.9": "momentum 0.9",
}
figure, axes = plt.subplots(2, 3, figsize=(10, 4.6), sharex=True, sharey=True)
for axis, (arm, title) in zip(axes.flat, arms.items()):
    runs = study.values(f"toy, {arm}: modes")
    axis.plot(study.x(f"toy, {arm}: modes"), runs.T, color=viz.COLOURS[0], lw=1, alpha=0.4)
    axis.plot(study.x(f"toy, {arm}: modes"), runs.mean(axis=0), color=viz.COLOURS[1], lw=2)
    axis.set_title(title, fontsize=11, weight="normal")
    axis.set(ylim=(-0.3, 8.5), yticks=[0, 4, 8])
figure.supxlabel("training step")
figure.supylabel("modes covered, of 8")
figure.suptitle("Weak or slow D, fast G, momentum 0.9: mostly collapse. Strong D: none", weight="bold", x=0.01, ha="left");

# %% [markdown]
# | after 2,000 steps | modes covered | share of points in some mode, % |
# |---|---|---|
# | good setting (all rates 0.001, momentum 0.5) | <<mean("toy, good: modes", 2000)|fixed(1)>> ± <<sd("toy, good: modes", 2000)|fixed(1)>> | <<mean("toy, good: share", 2000)|pct>> |
# | weak D: one layer of 8 units | <<mean("toy, weak discriminator: modes", 2000)|fixed(1)>> ± <<sd("toy, weak discriminator: modes", 2000)|fixed(1)>> | <<mean("toy, weak discriminator: share", 2000)|pct>> |
# | fast G: rate 0.005 | <<mean("toy, fast generator: modes", 2000)|fixed(1)>> ± <<sd("toy, fast generator: modes", 2000)|fixed(1)>> | <<mean("toy, fast generator: share", 2000)|pct>> |
# | fast G *and* momentum 0.9 | <<mean("toy, fast generator, momentum 0.9: modes", 2000)|fixed(1)>> ± <<sd("toy, fast generator, momentum 0.9: modes", 2000)|fixed(1)>> | <<mean("toy, fast generator, momentum 0.9: share", 2000)|pct>> |
# | slow D: rate 0.0001 | <<mean("toy, slow discriminator: modes", 2000)|fixed(1)>> ± <<sd("toy, slow discriminator: modes", 2000)|fixed(1)>> | <<mean("toy, slow discriminator: share", 2000)|pct>> |
# | momentum 0.9, Keras' own | <<mean("toy, momentum 0.9: modes", 2000)|fixed(1)>> ± <<sd("toy, momentum 0.9: modes", 2000)|fixed(1)>> | <<mean("toy, momentum 0.9: share", 2000)|pct>> |
# | strong D: rate 0.005, five steps for each of G, saturating loss (next part) | <<mean("toy, strong discriminator: modes", 2000)|fixed(1)>> ± <<sd("toy, strong discriminator: modes", 2000)|fixed(1)>> | <<mean("toy, strong discriminator: share", 2000)|pct>> |
#
# You will read that a discriminator which is *too good* makes a GAN collapse. Here the strong one covers all modes in
# every run. The weak one collapses in every run, and so does momentum 0.9, which is Keras' own, even at equal rates:
# where the target moves, going on in the old direction is a bad habit. A slow D and a fast G collapse in most runs;
# some find their way, sooner or later (the thin lines). All this is one toy. What a strong D *can* do comes next.
#
# None of this is visible in the losses. The numbers to watch are **D(real) and D(fake)**, the mean probabilities that D
# gives to real points and to fakes, and some count of what is there. At the end of the good game D(real) is
# <<mean("toy, good: D(real)", 2000)|fixed(2)>> and D(fake) <<mean("toy, good: D(fake)", 2000)|fixed(2)>>; with the weak
# D they are <<mean("toy, weak discriminator: D(real)", 2000)|fixed(2)>> and
# <<mean("toy, weak discriminator: D(fake)", 2000)|fixed(2)>>. Near 0.5 in both means that *this* D can't tell. A weak
# one can't tell either.
#
# ## 5 Second failure: the saturating loss
#
# The game was first written down with one formula for both: D maximises what G minimises. Then G would minimise
# $\log(1 - D(G(z)))$, instead of our $-\log D(G(z))$. Both want D(fake) to go up. What differs is the *slope*, how
# strongly a fake is pulled. With the logit $q$ of a fake, the slopes are $-D$ and $-(1 - D)$:

# %% alt="Left: size of the slope against D(fake). For log(1 - D) it is a line from 0 to 1, for -log D from 1 to 0: a rejected fake gets no slope from the saturating loss. Right: modes covered against step for a generator that meets a trained discriminator; with either loss some of the five runs reach eight and some stay near zero."
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.5))
chance = np.linspace(0, 1, 50)
left.plot(chance, chance, "--", color=viz.COLOURS[1], label="log(1 − D), saturating")
left.plot(chance, 1 - chance, color=viz.COLOURS[0], label="−log D")
left.set(xlabel="D(fake): what D thinks of a fake", ylabel="size of the slope for G, per logit")
left.set_title("Rejected fakes: no pull from log(1 − D)")
left.legend()
for loss, style, colour in (("saturating", "--", viz.COLOURS[1]), ("non-saturating", "-", viz.COLOURS[0])):
    runs, x = study.values(f"rejected, {loss}: modes"), study.x(f"rejected, {loss}: modes")
    right.plot(x, runs.T, style, color=colour, lw=1, alpha=0.3)
    right.plot(x, runs.mean(axis=0), style, color=colour, lw=2, label=loss)
right.set(xlabel="training step of G", ylabel="modes covered, of 8", ylim=(-0.3, 8.5))
right.set_title("G meets a trained D: some runs recover")
right.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# Where D recognises all fakes, D(fake) is near 0, the left end of the axis. There the saturating loss is flat: those
# who would have most to learn are told least.
#
# Does it matter? In the last row of the table above, G had the saturating loss, and nothing happened: the two started
# together, and after 100 steps D(fake) was <<mean("toy, strong discriminator: D(fake)", 100)|fixed(2)>> on average, far
# from 0. So in the study D was also given a start: 1,000 steps at 0.005 while G stood still. Then D(fake) is
# <<mean("rejected, saturating: slope", "D(fake)")|fixed(4)>>, and the gradient that reaches a generated point has a
# mean size of <<mean("rejected, saturating: slope", "slope")|fixed(2)>> with the saturating loss and
# <<mean("rejected, non-saturating: slope", "slope")|fixed(1)>> with $-\log D$. So far the theory is right.
#
# And then? After 2,000 more steps, played together, <<mean("rejected, saturating: modes", 2000)|fixed(1)>> ±
# <<sd("rejected, saturating: modes", 2000)|fixed(1)>> modes are covered with the saturating loss and
# <<mean("rejected, non-saturating: modes", 2000)|fixed(1)>> ± <<sd("rejected, non-saturating: modes", 2000)|fixed(1)>>
# with $-\log D$. Look at the thin lines: with the saturating loss
# all runs stand still for the first 400 steps. But later, with either loss, some recover and some don't. Slopes that differ a
# hundredfold delayed this game and did not decide it. (A likely reason: Adam divides each gradient by its own usual size, so that a
# small slope alone does not make small steps. We did not test it.) $-\log D$ costs nothing and has become the rule;
# what it is worth depends on the game.
#
# ## 6 Pictures
#
# From points to pictures only the networks change. The usual ones are called **DCGAN** (2016): D is a convolutional
# network whose convolutions move in strides of 2, so that maps get smaller; G runs the other way, from a vector to
# small maps, which *transposed convolutions* double until they are a picture. Our pictures are digits in sixteen
# typefaces, turned and moved a little; nobody tells the networks which digit they see.

# %% name="digits" alt="Ten digits in different typefaces, white on black, a little turned and noisy."
from coursekit.models import dcgan_discriminator, dcgan_generator

setting = SETTINGS["digits"]
digits = load("glyphs", n=setting["n"], seed=SEED + 1, alphabet="digits")
viz.show(digits.images[:10], headline="Real pictures", columns=10, size=1.1);

# %% tags=["nbval-check-output"]
for network in (dcgan_generator((28, 28, 1)), dcgan_discriminator((28, 28, 1))):
    shapes = [layer.output.shape[1:] for layer in network.layers if len(layer.output.shape) == 4]
    steps = [f"{h}×{w}×{c}" for (h, w, c), before in zip(shapes, [None, *shapes]) if (h, w, c) != before]
    print(f"{network.name}: {network.count_params():,} weights; maps {' → '.join(steps)}")

# %% [markdown]
# `train_gan` is the loop of part 2 with three additions. Pictures go to D as values from −1 to 1. D's targets are not 1
# and 0 but drawn from 0.9 to 1 and from 0 to 0.1, so that it is never quite sure. And the state of the game is kept in
# a file, a *checkpoint*: call it again with more steps, and it goes on where it stopped, or where the battery was
# empty. Here we stop after a third, to look.

# %% name="train-digits"
import tempfile
from pathlib import Path

from coursekit.methods.gan import draw_images, train_gan


def new_players(shape, widths, seed=SEED, **options):
    """A generator and a discriminator with random weights."""
    set_seed(seed)
    return dcgan_generator(shape, widths[0]), dcgan_discriminator(shape, widths[1], **options)


generator, discriminator = new_players((28, 28, 1), setting["widths"])
untrained = new_players((28, 28, 1), setting["widths"])[1]  # for part 11
painted_digits = {0: draw_images(generator, 1000, SEED)}
checkpoint = Path(tempfile.mkdtemp()) / "digits.npz"
for steps in (setting["steps"] // 3, setting["steps"]):
    history = train_gan(
        generator, discriminator, digits.images, steps, batch_size=64, rate=1e-3, seed=SEED, checkpoint=checkpoint
    )
    painted_digits[steps] = draw_images(generator, 1000, SEED)

# %% name="digits-figure" alt="Left: D(real) and D(fake) against training step. They are far apart at first and meet at one half. Right: three pairs of rows of generated pictures: at the start an even grey, after a third of the steps strokes, at the end many that can be read, some ragged."
def show_trace(axis, history, title):
    """D(real) and D(fake), means over 25 steps."""
    blocks = len(history.real) // 25
    for values, name, style in ((history.real, "D(real)", ".-"), (history.drawn, "D(fake)", ".--")):
        axis.plot(25 * np.arange(1, blocks + 1), values[: 25 * blocks].reshape(blocks, 25).mean(axis=1), style, label=name)
    axis.axhline(0.5, color="#999999", lw=1, ls=":")
    axis.set(xlabel="training step", ylabel="probability “real”", ylim=(0, 1))
    axis.set_title(title)
    axis.legend(ncols=2)


def sheet(images, columns=10):
    """Pictures side by side in one."""
    return np.vstack([np.hstack(images[row : row + columns, ..., 0]) for row in range(0, len(images), columns)])


figure, axes = plt.subplots(1, 2, figsize=(11, 3.6), width_ratios=(1, 1.35))
show_trace(axes[0], history, "The two become level …")
axes[1].imshow(sheet(np.concatenate([images[:20] for images in painted_digits.values()])), vmin=0, vmax=1)
axes[1].set_yticks([28, 84, 140], [f"step {step}" for step in painted_digits])
axes[1].set_xticks([])
axes[1].set_title("… while the pictures get better");

# %% [markdown]
# Look at both. On the left you can't see that anything gets better: after a short while the players are about level,
# and stay level, while *both* improve. D(real) and D(fake) don't measure quality. They say whether the game is alive:
# far apart for long, D has won, and G learns little; at 0.5 from the start, D may have learned nothing. (In the study,
# at the end D(real) is <<mean("digits: D(real)", 750)|fixed(2)>> and D(fake)
# <<mean("digits: D(fake)", 750)|fixed(2)>>.)
#
# The same on cells, 48×48 pixels, with three layers in each network. (For the second half of this lesson we shall need
# pictures *with* masks. This GAN makes pictures only.)

# %% name="train-cells"
sheets = load("monolayer", n=500, seed=SEED + 1, size=SIZE).images
cell_generator, cell_discriminator = new_players((SIZE, SIZE, 1), SETTINGS["cells"]["widths"])
cell_history = train_gan(
    cell_generator, cell_discriminator, sheets, SETTINGS["cells"]["steps"], batch_size=32, rate=1e-3, seed=SEED
)

# %% alt="Left: D(real) and D(fake) against step for cells. Right: above five real pictures of cells, below five generated ones, which have dark and light blotches under a regular grid of dots, and no borders."
figure, axes = plt.subplots(1, 2, figsize=(11, 3.6), width_ratios=(1, 1.35))
show_trace(axes[0], cell_history, "The game over cells")
axes[1].imshow(sheet(np.concatenate([sheets[:5], draw_images(cell_generator, 5, SEED)]), 5), vmin=0, vmax=1)
axes[1].set_yticks([SIZE // 2, 3 * SIZE // 2], ["real", "generated"])
axes[1].set_xticks([])
axes[1].set_title(f"Cells after {SETTINGS['cells']['steps']} steps: texture, hardly structure");

# %% [markdown]
# In a field of cells there are no ten kinds to count. The study compares how much of each *wavelength* real and
# generated pictures hold (their spectra), with the distance of the next part: <<mean("monolayer: FID", 0)|round|int>>
# before training, <<mean("monolayer: FID", 250)|round|int>> after 250 steps, <<mean("monolayer: FID", 750)|round|int>>
# after 750; real pictures against other real ones score <<mean("monolayer: FID, real", 1000)|fixed(1)>>. It has come a
# long way, and is nowhere near: the picture shows a regular grid of dots that no cell has.
#
# ## 7 A number for pictures
#
# How good are a thousand generated digits? Not one by one: a generator that paints one perfect 7 over and over is bad.
# What has to agree are two **clouds**: real pictures and generated ones, each described by features that a network sees
# in it. The **Fréchet distance** (FID; the I is for *Inception*, the network whose features the first paper took) compares the clouds by their means $m$ and their *covariances* $C$ (which
# features are spread how widely, and which go together), as if both were Gaussian:
#
# $$\text{FID} = |m_1 - m_2|^2 + \mathrm{Tr}\left(C_1 + C_2 - 2\,(C_1 C_2)^{1/2}\right)$$
#
# Tr is the sum of a matrix's diagonal. The first term sees that generated pictures are different *on average*, the
# second that they are too much alike, or go together in another way.
#
# ### ✏️ Exercise 3: the Fréchet distance
#
# Write `frechet_distance(a, b)` for two clouds, $(n, k)$ and $(m, k)$, a row for each picture.
# `np.cov(a, rowvar=False)` is the covariance. The root of a matrix is not the root of its entries. But you need only
# its trace, and that is the sum of the square roots of the *eigenvalues* of $C_1 C_2$: `np.linalg.eigvals(...)`. They
# are at least 0, apart from rounding, which may also leave tiny imaginary parts: take `.real`, and what is below 0 as
# 0.

# %% name="frechet_distance" tags=["answer"]
def frechet_distance(a, b):
    """Fréchet distance of clouds (n, k) and (m, k)."""
    # BEGIN SOLUTION
    shift = a.mean(axis=0) - b.mean(axis=0)
    first, second = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.sqrt(np.maximum(np.linalg.eigvals(first @ second).real, 0)).sum()
    return shift @ shift + np.trace(first) + np.trace(second) - 2 * root
    # END SOLUTION

# %% name="check-frechet_distance" tags=["check"]
lesson.check("frechet_distance", frechet_distance)

# %% [markdown]
# Whose features? In papers they come from a network trained on a million photographs. For digits, a small one that has
# learned to name digits is a better judge. We train it on pictures that nothing else in this lesson sees; its last
# layer but one gives 32 features, and each is brought to mean 0 and spread 1 over 1,000 real pictures.

# %% name="ruler"
from coursekit import metrics
from coursekit.methods.transfer import network_features

frechet_distance = lesson.use("frechet_distance", frechet_distance, metrics.frechet_distance)
to_learn_from = load("glyphs", n=setting["n"], seed=9000, alphabet="digits")
set_seed(SEED)
picture = x = keras.Input((28, 28, 1))
for filters in (16, 32):
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
x = keras.layers.Dense(32, "tanh", name="features")(keras.layers.Flatten()(x))
reader = keras.Model(picture, keras.layers.Dense(10)(x))
reader.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
reader.fit(to_learn_from.images, to_learn_from.targets, batch_size=64, epochs=6, verbose=0)

reference = load("glyphs", n=1000, seed=SEED + 2000, alphabet="digits").images
others = load("glyphs", n=1000, seed=SEED + 3000, alphabet="digits").images
raw = network_features(reader, reference)


def described(images):
    """Features (n, 32), in units of the reference's spread."""
    return (network_features(reader, images) - raw.mean(axis=0)) / raw.std(axis=0)


def fid(images):
    """Distance to the 1,000 reference pictures."""
    return frechet_distance(described(reference), described(images))


for step, images in painted_digits.items():
    print(f"GAN, step {step:4}: FID {fid(images):7.2f}")
print(f"1,000 other real pictures: {fid(others):.2f}")

# %% [markdown]
# In the study: <<mean("digits: FID", 0)|fixed(1)>> at the start, <<mean("digits: FID", 250)|fixed(2)>> after 250 steps
# and <<mean("digits: FID", 750)|fixed(2)>> ± <<sd("digits: FID", 750)|fixed(2)>> after 750; real against real
# <<mean("real against real: FID", 1000)|fixed(2)>>. Read that with care. An untrained generator paints grey noise,
# which anything beats, so the fall at the beginning says little. The floor that counts is the last line.
#
# **Is it good?** A number needs a scale, and FID has three traps. The first: *the unit*. Take the same pictures and
# features ten times as large:

# %%
big = 10 * described(others), 10 * described(reference)
print(f"features as they are: FID {fid(others):.2f};   ten times as large: {frechet_distance(*big):.1f}")

# %% [markdown]
# A hundred times as much, for the same pictures: FID has the unit of the features, squared. (In the study, the GAN's
# FID at 750 steps is <<mean("digits: FID", 750)|fixed(2)>> in standardised features and
# <<mean("digits: FID, raw features", 750)|fixed(2)>> in the same features as they come.) So an FID can be compared only
# with FIDs of the *same* features. The second trap is *how many pictures* were taken. Real ones, against the same
# thousand:

# %% name="sample-size"
SIZES = [50, 100, 250, 500, 1000]
known, new, rng = described(reference), described(others), np.random.default_rng(SEED)
samples = [[rng.permutation(1000)[:n] for _ in range(20)] for n in SIZES]  # twenty draws of each size
print("pictures", *(f"{n:7}" for n in SIZES))
for name, distance in (("FID", frechet_distance), ("KID", metrics.kernel_distance)):
    print(f"{name:8}", *(f"{np.mean([distance(known, new[some]) for some in draws]):7.3f}" for draws in samples))

# %% [markdown]
# All of these are real, and the true distance is 0. With few pictures, means and covariances are known badly, and every
# error makes the clouds look further apart. It does not average out (these are means over twenty draws): FID is
# *biased*. The second line is the **kernel distance** (KID). It asks how alike features are within each cloud and
# across clouds, by the likeness $(x \cdot y / k + 1)^3$, and never compares a picture with itself. It is unbiased for
# pictures that are drawn independently: with few of them it scatters around 0, and may be negative. (Here it lies a
# little below 0: each ten pictures of `load` hold each digit once, so that pictures of a draw are less often the same digit
# than by chance. "Independently" matters. In the study, below, every real picture is drawn by itself.)
#
# **To find out:** from how many pictures on would you dare to say that the GAN is not as good as real?

# %% name="sample-size-dial" alt="FID against the number of pictures, logarithmic. The curve of real pictures falls steeply from fifty to a thousand; the GAN's curve falls, too, and stays above it. At fifty pictures real ones score more than ten times what a thousand of them do."
dial = viz.SampleSizeDial(
    SIZES,
    study.values("real against real: FID"),
    {"GAN, 750 steps": study.values("digits: FID by sample size")},
)
dial

# %% [markdown]
# (No slider? Run the cell: it needs a running notebook. The picture above is the dial's first state.)
#
# <details><summary>What we found</summary>
#
# With this GAN, from fifty on: the bands (lowest to highest of five draws) lie apart everywhere, because it is far from real. A
# better one would need more pictures: at fifty, real ones score <<mean("real against real: FID", 50)|fixed(1)>> themselves.
#
# </details>
#
# | pictures | 50 | 100 | 250 | 500 | 1,000 |
# |---|---|---|---|---|---|
# | real against real, FID | <<mean("real against real: FID", 50)|fixed(2)>> | <<mean("real against real: FID", 100)|fixed(2)>> | <<mean("real against real: FID", 250)|fixed(2)>> | <<mean("real against real: FID", 500)|fixed(2)>> | <<mean("real against real: FID", 1000)|fixed(2)>> |
# | real against real, KID | <<mean("real against real: KID", 50)|fixed(3)>> | <<mean("real against real: KID", 100)|fixed(3)>> | <<mean("real against real: KID", 250)|fixed(3)>> | <<mean("real against real: KID", 500)|fixed(3)>> | <<mean("real against real: KID", 1000)|fixed(3)>> |
# | GAN, FID | <<mean("digits: FID by sample size", 50)|fixed(2)>> | <<mean("digits: FID by sample size", 100)|fixed(2)>> | <<mean("digits: FID by sample size", 250)|fixed(2)>> | <<mean("digits: FID by sample size", 500)|fixed(2)>> | <<mean("digits: FID by sample size", 1000)|fixed(2)>> |
#
# Fifty real pictures score <<(mean("real against real: FID", 50) / mean("real against real: FID", 1000))|round|int>>
# times as much as a thousand real pictures. A table that compares methods at different sample sizes compares sample
# sizes. **Say which features, say how many pictures, and print what real against real scores.** (The
# third trap comes in part 9.)
#
# ## 8 Third failure: one batch for both
#
# Many discriminators have *batch normalisation*: while training, each map is brought to mean 0 and spread 1 by the
# statistics of the batch. Then what D says of a picture depends on *what else is in the batch*. It is tempting to put
# real pictures and fakes into one batch: one call instead of two. Let's do both, with the same discriminator:

# %% name="batches" alt="Two panels with D(real) and D(fake) against step, in batches of their own and in one batch, and below each two rows of generated pictures: digits on the left, pure noise on the right."
games = {}
for name, mixed in (("apart", False), ("mixed", True)):
    g, d = new_players((28, 28, 1), setting["widths"], batch_normalization=True)
    kept = train_gan(
        g, d, digits.images, setting["batches"], batch_size=64, rate=1e-3, seed=SEED, mixed_batches=mixed
    )
    games[name] = kept, draw_images(g, 1000, SEED)
figure, axes = plt.subplots(2, 2, figsize=(10.4, 4.8), height_ratios=(2, 1))
for column, (name, title) in enumerate({"apart": "batches of their own", "mixed": "real and fake in one batch"}.items()):
    show_trace(axes[0, column], games[name][0], f"Your run: {title}")
    axes[1, column].imshow(sheet(games[name][1][:20]), vmin=0, vmax=1)
    axes[1, column].axis("off")
    axes[1, column].set_title(f"FID {fid(games[name][1]):.1f}", fontsize=11, weight="normal")

# %% [markdown]
# | 750 steps, D with batch normalisation | D(real) | D(fake) | FID |
# |---|---|---|---|
# | batches of their own | <<mean("batches, apart: D(real)", 750)|fixed(2)>> | <<mean("batches, apart: D(fake)", 750)|fixed(2)>> | <<mean("batches, apart: FID", 750)|fixed(1)>> ± <<sd("batches, apart: FID", 750)|fixed(1)>> |
# | one batch for both | <<mean("batches, mixed: D(real)", 750)|fixed(2)>> | <<mean("batches, mixed: D(fake)", 750)|fixed(2)>> | <<mean("batches, mixed: FID", 750)|fixed(1)>> ± <<sd("batches, mixed: FID", 750)|fixed(1)>> |
# | for comparison: no batch normalisation in D (part 6) | <<mean("digits: D(real)", 750)|fixed(2)>> | <<mean("digits: D(fake)", 750)|fixed(2)>> | <<mean("digits: FID", 750)|fixed(2)>> ± <<sd("digits: FID", 750)|fixed(2)>> |
#
# (0.95 is as sure as D can get: the mean of its targets, part 6.) In a mixed batch D can use the *mixture*: the statistics of the batch hold both kinds, and a picture stands out
# against the other half. But when G learns, the batch is fakes only, and the same D, normalised by fakes alone, gives
# other answers. What G is told is then not what D has learned. (That is how it is usually explained; we measured the
# outcome, not the mechanism.) The rule is old and cheap: real and fake in batches of their own. Kept to, batch
# normalisation in D is no harm here: compare the first row with the last.
#
# ## 9 Fourth failure: learning by heart
#
# With few real pictures there is a trick that fools any discriminator: hand out the training pictures. Does the
# distance of part 7 notice? Let a "generator" do nothing else:

# %% name="copier"
print(f"FID of 1,000 copies of training pictures: {fid(digits.images[:1000]):.2f}")
print(f"FID of 1,000 new real pictures:           {fid(others):.2f}")

# %% [markdown]
# **No distance between clouds notices.** That is the third trap: a perfect copier gets the score of real pictures, and
# deserves it, by what is measured. To find copies, look at single pictures: how far is each generated one from the
# nearest *training* picture, and how far from the nearest of as many other real ones, which no network has seen? Who
# has learned the *kind* has no preference. Here is the same DCGAN, trained on twenty pictures:

# %% name="few" alt="Three rows: generated digits of a GAN trained on twenty pictures, below each the training picture that is nearest to it, and the nearest of twenty other real pictures. About half of the generated digits look like a ragged version of their nearest training picture."
twenty = digits.images[:20]
few_generator, few_discriminator = new_players((28, 28, 1), setting["widths"])
few_history = train_gan(few_generator, few_discriminator, twenty, setting["few"], batch_size=64, rate=1e-3, seed=SEED)
copies = draw_images(few_generator, 500, SEED)


def distances(images, kept):
    """Root mean square difference over pixels between each picture and each of some kept ones."""
    a, b = images.reshape(len(images), -1), kept.reshape(len(kept), -1)
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0) / a.shape[1])


def nearer(images):
    """Share that is nearer to a training picture than to any of twenty others, mean over ten sets of others."""
    to_training = distances(images, twenty).min(axis=1)
    to_others = distances(images, others[:200]).reshape(len(images), 10, 20).min(axis=2)
    return (to_training[:, None] < to_others).mean()


first = copies[:12]
rows = [first, twenty[distances(first, twenty).argmin(axis=1)], others[:20][distances(first, others[:20]).argmin(axis=1)]]
names = ["generated", "nearest in training", "nearest of 20 others"]
viz.show(
    np.concatenate(rows),
    [name if k == 0 else "" for name in names for k in range(12)],
    f"Nearer to training than to 20 others: {nearer(copies):.0%} of generated, {nearer(others[500:]):.0%} of real digits",
    columns=12,
    size=0.9,
);

# %% [markdown]
# In the study, <<mean("memorising, 20 pictures: nearer", "generated")|pct>> % of this GAN's digits are nearer to one of
# its twenty training pictures than to any of twenty others; of *new real* digits it is
# <<mean("memorising, 20 pictures: nearer", "new real")|pct>> % (a half is what chance gives). With 4,000 training
# pictures the GAN of part 6 has <<mean("memorising, 4,000 pictures: nearer", "generated")|pct>> %. The mean distance of
# a generated digit to the nearest training picture is
# <<mean("memorising, 20 pictures: distance", "generated to training")|fixed(3)>> with twenty pictures, where a new real
# digit is <<mean("memorising, 20 pictures: distance", "real to training")|fixed(3)>> away. (Distance is the root mean
# square over pixels; a copy that is moved by two pixels would not be found like this. Use features then.) So these are not
# copies to the pixel: the GAN leans towards what it has seen. The FID of
# the GAN that knows twenty pictures is <<mean("memorising, 20 pictures: FID", 750)|fixed(1)>> ±
# <<sd("memorising, 20 pictures: FID", 750)|fixed(1)>>; that of the GAN that has seen 4,000 is
# <<mean("digits: FID", 750)|fixed(1)>> ± <<sd("digits: FID", 750)|fixed(1)>>. By its FID you would not know.
#
# And where the pictures are of patients, a generator that remembers them hands them out.
#
# ## 10 Against something older
#
# Is the game worth the trouble? An **auto-encoder** is older and calmer: an *encoder* writes a picture down as a short
# code (here 32 numbers), a *decoder* draws the picture from the code, and both are trained together to lose as little
# as possible. The decoder turns 32 numbers into a picture, as a generator does. So feed it random codes! We take G's
# and D's own architectures for decoder and encoder, and as many steps.

# %% name="auto-encoder" alt="Three rows of sixteen pictures: of an auto-encoder fed with random numbers from N(0, 1), mostly blotches; fed with a Gaussian that was fitted to its codes, blurred strokes; of the GAN, sharper digits. The FID of each stands beside it."
from coursekit.methods.vae import encode, sample_fitted, train_auto_encoder

set_seed(SEED)
body = dcgan_discriminator((28, 28, 1), setting["widths"][1], dropout=0.0)
encoder = keras.Model(body.input, keras.layers.Dense(32)(body.get_layer("flatten").output))
decoder = new_players((28, 28, 1), setting["widths"])[0]
train_auto_encoder(encoder, decoder, digits.images * 2 - 1, setting["epochs"], batch_size=64, seed=SEED)
codes = encode(encoder, digits.images * 2 - 1)
drawn = {
    "codes from N(0, 1)": draw_images(decoder, 1000, SEED),
    "codes from a fitted Gaussian": (sample_fitted(decoder, codes, 1000, SEED) + 1) / 2,
    "the GAN": painted_digits[setting["steps"]],
}
figure, axes = plt.subplots(3, 1, figsize=(8.6, 3.1))
for axis, (name, images) in zip(axes, drawn.items()):
    axis.imshow(sheet(images[:16], 16), vmin=0, vmax=1)
    axis.set(xticks=[], yticks=[])
    axis.set_ylabel(f"FID {fid(images):.1f}", rotation=0, ha="right", va="center")
    axis.set_title(name, fontsize=11, weight="normal")

# %% [markdown]
# | FID, 1,000 pictures | |
# |---|---|
# | auto-encoder, codes from N(0, 1) | <<mean("auto-encoder: FID", "N(0, 1)")|fixed(1)>> ± <<sd("auto-encoder: FID", "N(0, 1)")|fixed(1)>> |
# | auto-encoder, codes from a Gaussian with the mean and covariance of its real codes | <<mean("auto-encoder: FID", "fitted Gaussian")|fixed(1)>> ± <<sd("auto-encoder: FID", "fitted Gaussian")|fixed(1)>> |
# | auto-encoder of dense layers, N(0, 1) | <<mean("dense auto-encoder: FID", "N(0, 1)")|fixed(1)>> ± <<sd("dense auto-encoder: FID", "N(0, 1)")|fixed(1)>> |
# | auto-encoder of dense layers, fitted Gaussian | <<mean("dense auto-encoder: FID", "fitted Gaussian")|fixed(1)>> ± <<sd("dense auto-encoder: FID", "fitted Gaussian")|fixed(1)>> |
# | GAN, 750 steps | <<mean("digits: FID", 750)|fixed(1)>> ± <<sd("digits: FID", 750)|fixed(1)>> |
# | real | <<mean("real against real: FID", 1000)|fixed(2)>> |
#
# With N(0, 1), the auto-encoder is a straw man. Nobody has told it that its codes should be spread like N(0, 1), so
# most such codes are none that it has ever met, and the GAN beats it: with dense layers by a factor of
# <<(mean("dense auto-encoder: FID", "N(0, 1)") / mean("digits: FID", 750))|round|int>>. Ask it fairly, with codes that
# are spread as its own are, and its FID is
# <<(mean("digits: FID", 750) / mean("auto-encoder: FID", "fitted Gaussian"))|fixed(1)>> times *smaller* than the GAN's,
# with the same networks and as many steps, in all five draws. **By this measure the game was not worth the trouble.**
# Look at the pictures, too: the auto-encoder's are blurred, the GAN's are sharp and ragged, and these features seem to
# forgive a blur. A GAN that is trained for longer gets better; so may the other. What you should take home is the
# comparison, not the winner. (Lesson 13 makes codes fit N(0, 1) by training.)
#
# ## 11 What D has learned
#
# D has looked at thousands of unlabelled pictures. Does it know something that helps with *labels*? Throw G away,
# freeze D, take what its convolutions say about a picture as features, and put a linear classifier on them: a *linear
# probe* (lesson 07). With ten labels for each digit:

# %% name="probe"
from coursekit.methods.gan import discriminator_features
from coursekit.methods.transfer import linear_probe

few_labels = load("glyphs", n=100, seed=SEED + 6000, alphabet="digits")
to_name = load("glyphs", n=1000, seed=SEED + 8000, alphabet="digits")
sources = {
    "pixels": lambda images: images.reshape(len(images), -1),
    "D, untrained": lambda images: discriminator_features(untrained, images),
    "D, trained": lambda images: discriminator_features(discriminator, images),
    "encoder of part 10": lambda images: discriminator_features(encoder, images),
}
for name, look_at in sources.items():
    given = linear_probe(look_at(few_labels.images), few_labels.targets, look_at(to_name.images), penalty=0.1)
    print(f"{name:20} {(given == to_name.targets).mean():.0%} of {len(to_name)} new digits right")

# %% alt="Accuracy of linear probes with ten labels for each digit, five draws as dots and their mean as a bar: pixels lowest, then the untrained discriminator, the trained one, and the auto-encoder's encoder highest."
figure, axis = plt.subplots(figsize=(7.4, 2.6))
probes = {"pixels": "pixels", "untrained": "D, untrained", "discriminator": "D, trained", "auto-encoder": "encoder of part 10"}
for row, arm in enumerate(probes):
    values = study.at(f"probe: {arm}", 10)
    axis.plot(values, np.full(len(values), row), "o", ms=4, alpha=0.5, color=viz.COLOURS[0])
    axis.plot(values.mean(), row, "|", ms=16, mew=3, color=viz.COLOURS[0])
axis.set_yticks(range(4), list(probes.values()))
axis.invert_yaxis()
axis.set(xlabel="accuracy on 2,000 new digits (dots: five draws; bar: mean)")
axis.set_title("D's training adds little, if anything; an auto-encoder's more");

# %% [markdown]
# In the study: pixels <<cell("probe: pixels", 10)>> %, an untrained D <<cell("probe: untrained", 10)>> %, the trained D
# <<cell("probe: discriminator", 10)>> %, the auto-encoder's encoder <<cell("probe: auto-encoder", 10)>> %. So D's
# training is worth <<((mean("probe: discriminator", 10) - mean("probe: untrained", 10)) * 100)|fixed(1)>> points over
# random weights of the same shape. Whoever compares with pixels only would have credited the GAN with
# <<((mean("probe: discriminator", 10) - mean("probe: pixels", 10)) * 100)|fixed(1)>>. (Each arm chose its penalty on
# 500 validation pictures.)
#
# For **segmentation**, lesson 08 has asked the same with cells: a discriminator built like the way down of a U-Net was
# trained on unlabelled fields, and its weights were the start of the segmenter. That start added nothing that five
# draws could show, with augmentation or without; a start from another *labelled* task did. A D that has to tell real
# from fake needs to know how fakes fail, and that need not be what you want to know about cells. Measure it, against an
# untrained network.
#
# ## 12 Painting over a mask
#
# Back to the twenty pairs. What is needed is not *some* picture of cells, but one whose borders lie where a given mask
# says. So both players get the mask: G turns a mask (and a map of noise, so that one mask can have several pictures)
# into a picture, and D judges *pairs* of mask and picture. Such a GAN is called *conditional*; this one is a small
# *pix2pix* (2017):
#
# * **G** is a U-Net: down to coarse maps, up again, with short cuts across, so that lines stay where they are.
# * **D** judges *patches*: it gives a logit for each of many small windows (22 pixels wide here) instead of one for the
#   picture. Twenty pictures are few; they hold hundreds of patches.
# * Because real pairs exist, G's loss has a second term, the mean difference to the real picture:
#   $L_G = \overline{-\log D(m, G(m))} + \lambda \, \overline{|x - G(m)|}$ with $\lambda = 10$.
# * D also sees **wrong pairs** as fakes: a real picture beside the mask of another one. Otherwise, whether the picture
#   fits its mask need not interest it.
#
# To make the most of twenty, all quarter turns and mirror images of each pair are shown. (So the painter has some
# augmentation inside.)

# %% name="train-painter"
from coursekit.methods.mask_to_image import paint, pair_logits, train_mask_to_image
from coursekit.models import patch_discriminator, pix2pix_generator


def all_turns(pictures):
    """Four quarter turns of each picture and of its mirror image."""
    return np.concatenate([np.rot90(p, k, (1, 2)) for p in (pictures, pictures[:, :, ::-1]) for k in range(4)])


set_seed(SEED)
painter = pix2pix_generator((SIZE, SIZE, 1), widths=SETTINGS["painter"]["widths"])
critic = patch_discriminator((SIZE, SIZE, 1))
painter_history = train_mask_to_image(
    painter, critic, all_turns(real.images), all_turns(real.targets), SETTINGS["painter"]["steps"], wrong_pairs=True, seed=SEED
)
painted = paint(painter, new_masks, SEED)

# %% alt="Three rows: six drawn masks, the pictures painted over them, and six real pictures for comparison. The painted ones have cells and dark borders where the mask says, and are cleaner than real ones."
viz.show(
    [*new_masks[:6], *painted[:6], *real.images[:6]],
    ["a new mask", *[""] * 5, "painted", *[""] * 5, "real (other cells)", *[""] * 5],
    "Painted: right in shape, and cleaner than real ones",
    columns=6,
    size=1.6,
);

# %% [markdown]
# They look like cells. Looks don't train a segmenter. What has to be tested is whether a painted picture **obeys its
# mask**: are its borders where the mask says, so that mask and picture make a true pair?
#
# The test: train a segmenter on the *real* pairs, and let it find borders in painted pictures. Score them against the
# mask that was painted over, by the *Dice* overlap (twice the shared pixels over the pixels of both masks; 1 if they
# agree, 0 if they have nothing in common). Two comparisons give the scale: the same with the masks *shuffled*, and real
# test pictures. All segmenters are small U-Nets with the same number of steps, and cut their probabilities at a
# threshold that is best on *validation pairs*: pairs to choose with, that are neither trained on nor tested on.

# %% name="segmenter"
from coursekit.augment import recipe
from coursekit.models import unet
from coursekit.training import Batches

validation, test = (load("monolayer", n=n, seed=SEED + s, size=SIZE) for n, s in ((20, 2000), (60, 3000)))


def train_segmenter(images, masks, augment=False):
    """A U-Net that finds borders; always the same number of steps."""
    set_seed(SEED)
    steps = SETTINGS["segmenter"]["steps"]
    network = unet((SIZE, SIZE, 1), widths=SETTINGS["segmenter"]["widths"])
    rate = keras.optimizers.schedules.CosineDecay(1e-2, steps)
    network.compile(keras.optimizers.Adam(rate), keras.losses.BinaryCrossentropy(from_logits=True))
    layer = recipe("cells", seed=SEED) if augment else None
    network.fit(Batches(images, masks, 8, steps, layer, SEED), verbose=0)
    return network


def chances(network, images):
    """Probability of a border (n, h, w)."""
    return 1 / (1 + np.exp(-network.predict(images, verbose=0)[..., 0].astype("float64")))


def mean_dice(masks, found):
    """Mean Dice over pictures of true masks (n, h, w, 1) and found ones (n, h, w)."""
    return np.mean([metrics.dice(a > 0.5, b) for a, b in zip(masks[..., 0], found)])


def threshold_of(network):
    """The threshold that is best on validation pairs."""
    p = chances(network, validation.images)
    return max(np.arange(0.05, 1, 0.05), key=lambda t: mean_dice(validation.targets, p > t))


segmenters = {"real, augmented": train_segmenter(real.images, real.targets, augment=True)}
network = segmenters["real, augmented"]
t = threshold_of(network)
in_painted = chances(network, painted) > t
obeys = {
    "painted, its own mask": mean_dice(new_masks, in_painted),
    "painted, another one's mask": mean_dice(np.roll(new_masks, 1, axis=0), in_painted),
    "real test pictures": mean_dice(test.targets, chances(network, test.images) > t),
}
for name, value in obeys.items():
    print(f"{name:28} Dice {value:.2f}")

# %% [markdown]
# In the study: <<mean("obedience", "own masks")|fixed(2)>> ± <<sd("obedience", "own masks")|fixed(2)>> against its own
# mask, <<mean("obedience", "other masks")|fixed(2)>> against another one's, and <<mean("obedience", "real")|fixed(2)>>
# on real pictures. A segmenter that has seen two hundred other real pairs says
# <<mean("obedience, judge", "own masks")|fixed(2)>>, <<mean("obedience, judge", "other masks")|fixed(2)>> and
# <<mean("obedience, judge", "real")|fixed(2)>>. So painted pictures obey.
#
# But look at the order of the first and the third number. Where borders in painted pictures are *easier* to find than
# in real ones, that is no success: the pictures are too clean. A real field has weak borders, uneven light, borders
# that look like something else. What the painter leaves out, nobody can learn from it.
#
# ## 13 What is it worth?
#
# Four arms:
#
# 1. **real**: the twenty pairs
# 2. **real + augmentation**: the same, each time turned, mirrored, moved and stretched a little anew
# 3. **painted**: painted pairs alone
# 4. **real + painted**
#
# ### ✏️ Exercise 4: four arms (a classic mistake)
#
# Before anything is trained, fix who trains on what. All masks have numbers. `annotated`: the numbers of masks that
# have a real picture. `test`: those of them that are put aside for testing. `masks`: the numbers of *all* masks at
# hand, annotated or drawn by a program. `budget`: how many pictures are shown to a segmenter in its training.
#
# Write `four_arms(annotated, test, masks, budget)`. Return a list of four triples `(real, painted, passes)`, in the
# order of the list above:
#
# * `real`: numbers of the real pairs that this arm trains on, in rising order (an array, empty if there are none);
# * `painted`: numbers of the masks whose *painted* pair it trains on, in rising order: every mask that may be used and
#   has no real picture (not even in the arm that trains on painted pairs alone);
# * `passes`: how often each pair is shown, so that `budget` pictures are shown in all.
#
# Two classic ways to fool yourself are hidden in here.

# %% name="four_arms" tags=["answer"]
def four_arms(annotated, test, masks, budget):
    """Four triples (real, painted, passes): real; real + augmentation; painted; real + painted."""
    # BEGIN SOLUTION
    real, painted = np.setdiff1d(annotated, test), np.setdiff1d(masks, annotated)
    none = np.array([], dtype=int)
    arms = [(real, none), (real, none), (none, painted), (real, painted)]
    return [(a, b, budget / (len(a) + len(b))) for a, b in arms]
    # END SOLUTION

# %% name="check-four_arms" tags=["check"]
lesson.check("four_arms", four_arms)

# %% name="arms"
def ours(annotated, test, masks, budget):
    """The course's own version."""
    real = sorted(set(map(int, annotated)) - set(map(int, test)))
    painted = sorted(set(map(int, masks)) - set(map(int, annotated)))
    arms = [(real, []), (real, []), ([], painted), (real, painted)]
    return [(np.array(a, int), np.array(b, int), budget / len(a + b)) for a, b in arms]


four_arms = lesson.use("four_arms", four_arms, ours)
# Our numbers: 0 to 19 the real pairs, 500 and up the test pairs, 1000 and up the new masks.
test_rows = 500 + np.arange(len(test))
annotated = np.r_[np.arange(20), test_rows]
every_mask = np.r_[annotated, 1000 + np.arange(len(new_masks))]
budget = 8 * SETTINGS["segmenter"]["steps"]  # steps of 8 pictures
plan = four_arms(annotated, test_rows, every_mask, budget)
for name, (real_rows, painted_rows, passes) in zip(("real", "real, augmented", "painted", "real and painted"), plan):
    print(f"{name:17} {len(real_rows):3} real, {len(painted_rows):3} painted pairs, each shown {passes:5.1f} times")

# %% [markdown]
# Now train them. (`Batches` hands out 8 pairs a step and starts again when all have been shown: so all arms get the
# same number of steps, whatever the number of their pairs.)

# %% name="train-arms"
both = np.concatenate([real.images, painted]), np.concatenate([real.targets, new_masks])
segmenters["real"] = train_segmenter(real.images, real.targets)
segmenters["painted"] = train_segmenter(painted, new_masks)
segmenters["real and painted"] = train_segmenter(*both)
scores = {}
for name in ("painted", "real", "real and painted", "real, augmented"):
    found = chances(segmenters[name], test.images) > threshold_of(segmenters[name])
    scores[name] = mean_dice(test.targets, found)
    print(f"{name:17} Dice {scores[name]:.3f}")

# %% name="arms-figure" alt="Dice on test fields for six arms, five draws as dots, their mean as a bar, your run as a diamond. Painted alone is lowest; real, and real and painted, are about level; real with augmentation is highest, far above all three together; real and painted by a painter that saw each pair one way up comes second."
figure, axis = plt.subplots(figsize=(8.6, 3.4))
arms = {arm: arm for arm in (*scores, "real and painted, augmented")} | {"not turned": "real and painted, one way up"}
for row, arm in enumerate(arms):
    values = study.at(f"painter, {arm}: Dice", 20)
    axis.plot(values, np.full(len(values), row), "o", ms=4, alpha=0.5, color=viz.COLOURS[0])
    axis.plot(values.mean(), row, "|", ms=16, mew=3, color=viz.COLOURS[0])
    if arm in scores:
        axis.plot(scores[arm], row, "D", mfc="none", ms=8, color=viz.COLOURS[1], label="your run" if row == 0 else None)
axis.set_yticks(range(len(arms)), list(arms.values()))
axis.set(xlabel="Dice on test fields (dots: five draws; bar: mean)")
axis.set_title("Turning real pairs helps most")
axis.set_ylim(len(arms) - 0.5, -0.5)
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# In the study each arm chose its learning rate, among three, and its threshold on 40 validation pairs; the real pairs
# alone, which took the highest of the three, were given a fourth. (Yours above has one rate for all. A baseline that is not
# tuned makes anything look useful.) On 100 test fields:
#
# | 20 real pairs, 300 painted ones | Dice |
# |---|---|
# | painted | <<mean("painter, painted: Dice", 20)|fixed(3)>> ± <<sd("painter, painted: Dice", 20)|fixed(3)>> |
# | real | <<mean("painter, real: Dice", 20)|fixed(3)>> ± <<sd("painter, real: Dice", 20)|fixed(3)>> |
# | real and painted | <<mean("painter, real and painted: Dice", 20)|fixed(3)>> ± <<sd("painter, real and painted: Dice", 20)|fixed(3)>> |
# | real, augmented | <<mean("painter, real, augmented: Dice", 20)|fixed(3)>> ± <<sd("painter, real, augmented: Dice", 20)|fixed(3)>> |
# | real and painted, augmented | <<mean("painter, real and painted, augmented: Dice", 20)|fixed(3)>> ± <<sd("painter, real and painted, augmented: Dice", 20)|fixed(3)>> |
# | real and painted, the painter saw each pair one way up | <<mean("painter, not turned: Dice", 20)|fixed(3)>> ± <<sd("painter, not turned: Dice", 20)|fixed(3)>> |
#
# **Augmentation**, which is one line and needs no training beforehand, is worth
# <<(mean("painter, real, augmented: Dice", 20) - mean("painter, real: Dice", 20))|fixed(3)>>. **Painted pairs** on top
# of twenty real ones change Dice by
# <<(mean("painter, real and painted: Dice", 20) - mean("painter, real: Dice", 20))|fixed(3)>>, and on top of
# augmentation by
# <<(mean("painter, real and painted, augmented: Dice", 20) - mean("painter, real, augmented: Dice", 20))|fixed(3)>>:
# perhaps because three hundred pictures that are too clean crowd out twenty that aren't. Alone they are the worst of the
# four. They obey their masks, and teach less than what they were made from.
#
# The last row is a surprise. We had shown the painter all turns of its twenty pairs, to make the most of them. A
# painter that saw each pair one way up, for as many steps, is worth
# <<(mean("painter, not turned: Dice", 20) - mean("painter, real: Dice", 20))|fixed(3)>> on top of the real pairs.
# (Perhaps it copies more of the grain of its few pictures; we did not test it.) A better painter may be worth more.
# What does not change is the opponent: augmentation. A comparison without it would have been a comparison with nobody.
#
# So far in Dice. Now in **labels**: how many *real* pairs, without painted ones and without augmentation, would be as
# good? Train with more of them, and read off where the curve reaches each arm. For one draw, and at one learning rate:

# %% name="worth" alt="Dice on test fields against the number of real pairs, a rising curve. Horizontal lines show what twenty real pairs reach with painted ones and with augmentation; the legend says what that is worth in pairs."
sizes = SETTINGS["segmenter"]["sizes"]
more = load("monolayer", n=sizes[-1], seed=SEED, size=SIZE)  # the first twenty are ours
by_size = [scores["real"]]
for n in sizes[1:]:
    network = train_segmenter(more.images[:n], more.targets[:n])
    by_size.append(mean_dice(test.targets, chances(network, test.images) > threshold_of(network)))
rising = np.maximum.accumulate(by_size)  # more labels do no harm
figure, axis = plt.subplots(figsize=(9.8, 3.4))
axis.plot(sizes, by_size, "o-", color=viz.COLOURS[0], label="real pairs alone")
for arm, colour, style in (("real and painted", viz.COLOURS[1], "--"), ("real, augmented", viz.COLOURS[2], ":")):
    worth = 2 ** np.interp(scores[arm], rising, np.log2(sizes))
    said = f"more than {sizes[-1]}" if scores[arm] > rising[-1] else f"{worth:.0f}"
    axis.axhline(scores[arm], ls=style, color=colour, label=f"20 {arm}: worth {said} pairs")
if my_guess is not None:
    axis.axvline(my_guess, color="#777777", lw=1, label=f"your guess: {my_guess}")
axis.set_xscale("log", base=2)
axis.set_xticks(sizes, [str(n) for n in sizes])
axis.set(xlabel="real pairs", ylabel="Dice on test fields")
axis.set_title("Your run: twenty real pairs, with help")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# (One draw, with one learning rate for all: take the numbers of pairs as orders of magnitude. If the curve stays below a
# line, all you know is "more than".) The study's answer to your guess is, for this painter: about **20**. There the real pairs
# alone had a rate of their own, and 300 painted pairs on top changed nothing. (For the painter of the last row it is more; how
# many, the study does not say.) What a baseline that is not tuned adds to the worth of painted pairs, you
# see in your figure.
#
# And the price, since a score without a price is half a result: on one core of the machine of the study the painter
# trains for <<mean("seconds: painter", 500)|round|int>> seconds, a segmenter, at one learning rate, for
# <<mean("seconds: segmenter", 200)|round|int>>. Augmentation needs no training beforehand.
#
# ## 14 Which painted pairs to trust
#
# Some painted pairs are worse than others. D has an opinion on each. If D is as good as can be, $D / (1 - D)$ is how
# much *more frequent* such a pair is among real ones than among painted ones. (Among all pictures like this one, the
# share $D$ is real and $1 - D$ painted.) Weigh each painted pair by this ratio, and the loss over painted pairs
# estimates the loss over real ones. These are *importance weights*.
#
# ### ✏️ Exercise 5: importance weights
#
# Write `importance_weights(logits, clip=3.0)`: from D's logits $q$ for painted pairs, $(n,)$, the weights $D / (1 - D)$
# with $D = 1 / (1 + e^{-q})$, divided by their sum, so that they add up to 1. Before that, bring logits outside ±`clip`
# to ±`clip`: one pair that D loves must not outweigh all the others.

# %% name="importance_weights" tags=["answer"]
def importance_weights(logits, clip=3.0):
    """Weights (n,) with sum 1 from logits (n,)."""
    # BEGIN SOLUTION
    weights = np.exp(np.clip(logits, -clip, clip))
    return weights / weights.sum()
    # END SOLUTION

# %% name="check-importance_weights" tags=["check"]
lesson.check("importance_weights", importance_weights)

# %% [markdown]
# To see whether it works, spoil half of the painted pairs on purpose: give each the mask of its neighbour. Then we
# *know* which half is good.

# %% name="weights" alt="Two overlapping histograms of the critic's logits, of pairs with their own mask and of pairs with another one's. Those with their own mask lie further to the right, with little overlap; but the two groups are only half a unit apart."
importance_weights = lesson.use("importance_weights", importance_weights, gan_measures.importance_weights)
good = np.arange(len(painted)) < len(painted) // 2
spoiled = np.where(good[:, None, None, None], new_masks, np.roll(new_masks, 1, axis=0))
logits = pair_logits(critic, painted, spoiled)
weights = importance_weights(logits)
figure, axis = plt.subplots(figsize=(6.8, 2.9))
bins = np.linspace(logits.min(), logits.max(), 25)
for chosen, name, colour in ((good, "own mask", viz.COLOURS[0]), (~good, "another one's mask", viz.COLOURS[1])):
    axis.hist(logits[chosen], bins, alpha=0.55, color=colour, label=name)
axis.set(xlabel="logit of the pair (mean over patches); higher: looks real", ylabel="painted pairs")
axis.set_title(f"The good half gets {weights[good].sum():.0%} of the weight")
axis.legend();

# %% [markdown]
# The order is nearly perfect. But all logits lie close together, so the weights differ little, and the clip at ±3 has nothing
# to do here.
#
# In the study the good half gets <<mean("weight of the good half", "wrong pairs shown")|pct>> % of the weight. A critic
# that was never shown a wrong pair in its training gives it <<mean("weight of the good half", "not shown")|pct>> %: **a
# D that has never seen a mistake can't weigh it.** With the spoiled half in the training set, the segmenter has a Dice
# of <<mean("spoiled, unweighted: Dice", 20)|fixed(3)>> ± <<sd("spoiled, unweighted: Dice", 20)|fixed(3)>> without
# weights and <<mean("spoiled, weighted: Dice", 20)|fixed(3)>> ± <<sd("spoiled, weighted: Dice", 20)|fixed(3)>> with
# them. (All painted pairs unspoiled: <<mean("painter, real and painted: Dice", 20)|fixed(3)>>.) No discriminator is "as
# good as can be", so the ratio is a guess that is checked here, not a theorem.
#
# Weights like these are at the heart of a study of tissue (Hou and others, 2019), which made masks of nuclei by program
# and pictures for them, weighed each by how real it looked, and segmented over 5,000 slides.
#
# ## 15 ✏️ Exercise 6: rescue a collapsed run
#
# Which of some places does a generator reach?

# %% name="reached"
def reached(g, places):
    """For each of some places (m, 2): 1 if at least 2 % of G's points lie within 0.25 of it, else 0."""
    z = np.random.default_rng(0).normal(size=(2000, 2)).astype("float32")
    points = keras.ops.convert_to_numpy(g(z))
    near = np.linalg.norm(points[:, None] - places, axis=-1) < 0.25
    return (near.mean(axis=0) >= 0.02).astype(int)

# %% [markdown]
# Somebody has chosen these settings. How many of the eight dots are reached?

# %% name="collapsed-run" alt="A plane with eight grey dots on a circle; the black generated points lie in a single clump."
g, d, notes = play(dots, 600, rate_g=1e-2, rate_d=1e-3, widths_d=(8,), momentum=0.9, look=snapshot, seed=SEED)
figure, axis = plt.subplots(figsize=(3.6, 3.6))
show_game(axis, notes[-1], f"{reached(g, centres).sum()} of 8 dots reached")

# %% [markdown]
# Write `rescued(data, places)`. `data` holds three sets of real points, $(3, n, 2)$: rings like ours, each turned by
# another angle. `places`, $(3, m, 2)$, are places to ask about: dots, and gaps between them. Train a GAN on each set of
# points with `play` and return what `reached` says of its places: whole numbers, shape $(3, m)$. At least 90 % must be
# as in the truth (1 for dots, 0 for gaps). `play`, `reached`, `keras` and `np` are there. For a mark this cell runs
# alone in a fresh notebook, with two and a half minutes of time: 1,500 steps for each ring are plenty.
#
# The setting of part 2 rescues most rings, but in our trials not every one: go one step further. What did the table in
# part 4 say of a D that is *stronger* than its G? (With `play` that means a higher `rate_d`.) (And yes, one could count points around each place without any GAN.
# The exercise is worth doing because of the way.)

# %% name="rescued" tags=["answer"]
def rescued(data, places):
    """Train a GAN on each of data (3, n, 2); 1 where it reaches one of its places (3, m, 2), else 0: (3, m)."""
    # BEGIN SOLUTION
    found = []
    for seed, (points, where) in enumerate(zip(data, places)):
        g, _, _ = play(points, 1500, rate_g=1e-3, rate_d=3e-3, widths_d=(64, 64), momentum=0.5, seed=seed)
        found.append(reached(g, where))
    return np.array(found)
    # END SOLUTION

# %% name="check-rescued" tags=["check"]
lesson.check("rescued", rescued)

# %% [markdown]
# ## 16 Quiz
#
# Set each variable to a letter; the check explains every option, the wrong ones too.
#
# <<asks("quiz_half")>>

# %% name="quiz_half" tags=["answer"]
quiz_half = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_half = "b"
# END SOLUTION

# %% name="check-quiz_half" tags=["check"]
lesson.check("quiz_half", quiz_half)

# %% [markdown]
# <<asks("quiz_collapse")>>

# %% name="quiz_collapse" tags=["answer"]
quiz_collapse = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_collapse = "b"
# END SOLUTION

# %% name="check-quiz_collapse" tags=["check"]
lesson.check("quiz_collapse", quiz_collapse)

# %% [markdown]
# <<asks("quiz_fid")>>

# %% name="quiz_fid" tags=["answer"]
quiz_fid = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_fid = "c"
# END SOLUTION

# %% name="check-quiz_fid" tags=["check"]
lesson.check("quiz_fid", quiz_fid)

# %% [markdown]
# <<asks("quiz_masks")>>

# %% name="quiz_masks" tags=["answer"]
quiz_masks = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_masks = "d"
# END SOLUTION

# %% name="check-quiz_masks" tags=["check"]
lesson.check("quiz_masks", quiz_masks)

# %% [markdown]
# ## 17 Where this sits on the map of data
#
# Twenty annotated fields are few and clean. Painting moves to the right, to hundreds of pairs, and *down*: their masks
# are exact, but their pictures are cleaner than real ones, and some don't obey. Augmentation moves to the right and
# stays at the height of the originals, because every augmented pair *is* a real one, seen another way. (A mask beside a
# picture that is not quite what it would be in life is a label of less quality, even if each of its lines is exact.)

# %% alt="Quality against quantity of data. Twenty annotated fields at the upper left. An arrow for augmentation leads to the right at the same height, one for painted pairs further to the right and down."
viz.quality_quantity_map(
    {"20 annotated fields": (0.2, 0.7)},
    "Painted pairs: more, and less good",
    moves={
        "augmentation": ("20 annotated fields", 0.3, -0.02),
        "300 painted pairs": ("20 annotated fields", 0.4, -0.3),
    },
);

# %% [markdown]
# ## 18 What to remember
#
# * A GAN is a game. Watch D(real) and D(fake): far apart for long, G learns little; near 0.5, *this* D can't tell, for
#   good reasons or bad.
# * Collapse: on our ring it came from a D that was too weak or too slow for its G, and from too much momentum. Count
#   modes; losses don't show it.
# * Four failures: collapse, the saturating loss, mixed batches, learning by heart. Each has its own test.
# * FID has a unit and a bias. Same features, same number of pictures, at least a thousand, and real against real beside
#   it. It can't see copies.
# * Compare with something older, asked fairly: the auto-encoder with fitted codes, the untrained discriminator,
#   augmentation.
# * A painted picture must obey its mask: test it with a segmenter that has learned from real pairs, and shuffle masks for
#   the scale. To obey is not enough: here such pictures taught less than augmentation.
# * Never paint over test masks. Same number of steps for all arms.
#
# **Pitfalls.** An untrained generator makes any FID look like progress. Obedience *above* the score on real pictures
# means that the painted ones are too clean. Compare a painter with augmentation, not with nothing. A D that has never
# seen a wrong pair can't weigh wrong pairs. A generator may hand out its training pictures; mind whose they are.
#
# **Further reading**
#
# * Goodfellow et al., *Generative adversarial nets*, NeurIPS 2014, arXiv:1406.2661
# * Radford, Metz, Chintala, *Unsupervised representation learning with deep convolutional generative adversarial
#   networks*, ICLR 2016, arXiv:1511.06434
# * Kahng, Thorat, Chau, Viégas, Wattenberg, *GAN Lab: understanding complex deep generative models using interactive
#   visual experimentation*, IEEE TVCG 2019, arXiv:1809.01587
# * Heusel et al., *GANs trained by a two time-scale update rule converge to a local Nash equilibrium* (FID), NeurIPS
#   2017, arXiv:1706.08500
# * Bińkowski, Sutherland, Arbel, Gretton, *Demystifying MMD GANs* (KID, and the bias of FID), ICLR 2018,
#   arXiv:1801.01401
# * Isola, Zhu, Zhou, Efros, *Image-to-image translation with conditional adversarial networks*, CVPR 2017,
#   arXiv:1611.07004
# * Reed et al., *Generative adversarial text to image synthesis* (wrong pairs), ICML 2016, arXiv:1605.05396
# * Hou et al., *Robust histopathology image analysis: to label or to synthesize?*, CVPR 2019; an
#   earlier form of it is arXiv:1712.05021
# * Majurski et al., *Cell image segmentation using generative adversarial networks, transfer learning, and
#   augmentations*, CVPR Workshops 2019, doi:10.1109/CVPRW.2019.00145
# * Van Eycke, Foucart, Decaestecker, *Strategies to reduce the expert supervision required for deep learning-based
#   segmentation of histopathological images*, Frontiers in Medicine 2019, doi:10.3389/fmed.2019.00222

# %% name="progress"
lesson.progress()
