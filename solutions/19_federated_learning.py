# ---
# jupyter:
#   coursekit:
#     title: Federated learning
#     version: 1
#     withheld:
#       - coursekit/methods/federated/strategy.py
#       - coursekit/methods/federated/leakage.py
#       - coursekit/methods/federated/secure_aggregation.py
#       - coursekit/methods/federated/privacy.py
#       - coursekit/data/labels/clients.py
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
# # 19 Federated learning: can twenty clinics train one network if no picture may leave the house?
#
# <<badges>>
#
# | | |
# |---|---|
# | **You will be able to** | train one network on data that stay in many places, and say why that works · tell what breaks it: clinics that see different things, too much work between two meetings, clinics that are missing · read a picture from what a clinic reports, and protect it by masks and by noise · say what "private" means in a number, and what it costs · run the same training between separate processes, encrypted and with keys |
# | **You need** | Python with NumPy arrays; from lesson 02: what a network, a loss, a gradient and an epoch are. No other lesson |
# | **Time** | about two and a half hours of reading and solving; the machine computes for three to five minutes of them on two CPU cores, and needs no GPU |
#
# Run the cells from top to bottom (<kbd>Shift</kbd>+<kbd>Enter</kbd>). Six exercises and four quiz questions are
# marked with ✏️. If one stays unsolved, the lesson goes on with the course's own version: you can't get stuck.
# No internet connection and no GPU are needed.

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

lesson = open_lesson("19_federated_learning", version=1)
lesson

# %% [markdown]
# `PROFILE` decides how much is computed: `"quick"` for a first look (fewer rounds, some parts left out), `"standard"`
# for learning, `"gpu"` for more repetitions on a fast machine. The code is the same.

# %% name="parameters" tags=["parameters"]
PROFILE = os.environ.get("COURSEKIT_PROFILE", "standard")
SEED = 0

# %% name="imports" tags=["imports"]
import keras
import numpy as np

# %% name="figures"
import matplotlib.pyplot as plt

from coursekit import viz
from coursekit.methods import federated
from coursekit.models import mlp
from coursekit.training import set_seed

viz.use_style()

SETTINGS = {
    "quick": {
        "rounds": 10,
        "repeats": 1,
        "epochs": 30,
        "pulls": [],
        "norms": [],
        "absences": ["none", "class"],
        "noises": [],
        "flower": False,
    },
    "standard": {
        "rounds": 30,
        "repeats": 2,
        "epochs": 150,
        "pulls": [0.1, 1.0],
        "norms": [False, True],
        "absences": ["none", "random", "fixed", "class"],
        "noises": [0.03, 0.1],
        "flower": True,
    },
    "gpu": {
        "rounds": 30,
        "repeats": 5,
        "epochs": 150,
        "pulls": [0.01, 0.1, 1.0],
        "norms": [False, True],
        "absences": ["none", "random", "fixed", "class"],
        "noises": [0.01, 0.03, 0.1],
        "flower": True,
    },
}[PROFILE]

# %% [markdown]
# ## 1 Twenty clinics
#
# Twenty clinics each have sixty labelled pictures. No clinic may show a picture to anyone: the law, the patients, or the
# owner forbid it. And each of them sees only some of the diseases. Could they have one network that knows all of them?
#
# Our pictures are handwritten digits on a grid of 8 × 8, ten "diseases" from 0 to 9: so small that a federation of
# twenty trains in a second or two. 1,200 of them are in the clinics, 597 are for testing.

# %% name="clinics" tags=["nbval-check-output"]
from coursekit.data import label_table, load, shard_clients

digits = load("digits", size=8, digit_px=8)
order = np.random.default_rng(19).permutation(len(digits))
images, labels = digits.images[order[:1200]], digits.targets[order[:1200]]
test_images, test_labels = digits.images[order[1200:]], digits.targets[order[1200:]]

clinics = shard_clients(labels, 20, 2, seed=SEED)  # for each clinic the numbers of its images
table = label_table(clinics, labels)
kinds = (table > 0).sum(axis=1)
print(f"{len(clinics)} clinics with {len(clinics[0])} images each, of {kinds.min()} to {kinds.max()} kinds")

# %% alt="Left, a table of 20 clinics by 10 kinds of digits: each clinic has images of only a few kinds. Right, thirty images of the first clinic, all of two or three kinds."
figure, (left, right) = plt.subplots(1, 2, figsize=(10.4, 4.6), width_ratios=(1, 1.15))
picture = left.imshow(table, cmap="cividis", aspect="auto")
figure.colorbar(picture, ax=left, label="images")
left.set(xlabel="kind of digit", ylabel="clinic", xticks=range(10), yticks=range(0, 20, 2))
left.set_title("Who holds what: a few kinds each")
first = np.pad(images[clinics[0]][:30, ..., 0], ((0, 0), (1, 1), (1, 1)), constant_values=0.4)  # with a grey frame
right.imshow(first.reshape(5, 6, 10, 10).transpose(0, 2, 1, 3).reshape(50, 60), vmin=0, vmax=1)
right.set_axis_off()
right.set_title("Thirty images of clinic 0");

# %% [markdown]
# One network for all, and a small one. 64 pixels go into 64 *hidden units*. Each of them multiplies the pixels by
# numbers of its own, adds up, and passes the sum on if it is above 0, else 0 (a *dense* layer with *ReLU*). The units go
# into ten outputs, one for each kind (*logits*; the largest is the answer). In all 4,810 numbers are learned, which we
# call the *weights*. `LocalTrainer` trains them on any clinic's images, starting from any weights: plain steps against
# the gradient, each from a *batch* of ten images. How far a step goes is the *learning rate*, here `RATE`. (One
# compiled network serves all clinics, so that it is fast. Part 3 writes the same in Keras.)
#
# Two numbers frame the question. What would the network reach if all images lay in one place? And what does a clinic
# reach that trains alone, on *everybody's* test digits?

# %% name="frame"
from coursekit.methods.federated import LocalTrainer, LocalTraining

set_seed(SEED)
network = mlp((8, 8, 1), (64,))
trainer = LocalTrainer(network)
start = trainer.weights()
RATE = 0.3  # chosen in the course's study, on digits that are neither learned from nor tested on


def score(weights):
    """Share of the test digits that these weights name rightly."""
    return trainer.accuracy(weights, test_images, test_labels)


long = LocalTraining(epochs=SETTINGS["epochs"], batch_size=10, rate=RATE)
pooled = score(trainer.train(start, images, labels, long))
alone = np.mean([score(trainer.train(start, images[rows], labels[rows], long)) for rows in clinics])
print(f"all images in one place: {pooled:.0%} of the test digits; a clinic alone (mean of 20): {alone:.0%}")

# %% [markdown]
# A clinic that has met two kinds of digits takes everything for one of these. So there is much to win by working
# together, and nothing may be sent but numbers about a network. **Guess**: how far will the twenty get, in per cent of
# the test digits? Put a number in the place of `None`.

# %% name="guess"
my_guess = None  # per cent, 0 to 100
assert my_guess is None or 0 <= my_guess <= 100, "Guess a percentage from 0 to 100."

# %% [markdown]
# ## 2 One step, together
#
# Training makes steps against the *gradient*: a list of 4,810 numbers, one for each weight, that say in which direction
# the loss rises. Now look at how a gradient is made. The loss is a mean over images, and a derivative of a mean is the
# mean of the derivatives. So is the gradient: each image has one, and they are averaged. A mean can be computed in
# parts. With $n_k$ images in clinic $k$ and $n$ in all,
#
# $$\underbrace{\nabla L(w)}_{\text{gradient of all images}} = \frac1n \sum_{\text{images}} \nabla \ell_i(w) = \sum_k \frac{n_k}{n} \underbrace{\nabla L_k(w)}_{\text{gradient of clinic } k}$$
#
# Each clinic computes the gradient on its own images; a server adds them up, **each weighted by its number of images**.
# The server makes the step that it would have made with all images on its own disk. No image had to move. This is
# *FedSGD*, federated stochastic gradient descent. (The field calls a clinic a *client*, whatever it is: a hospital, a
# telephone, a farm.)
#
# ### ✏️ Exercise 1: the only thing that a server has to do
#
# Write `weighted_average(updates, counts)`: `updates` has the shape (clinics, …), one row of whatever shape for each
# clinic, `counts` is (clinics,), their numbers of images. Return the average over the clinics, each weighted by its
# count. A clinic may have no image at all; then it doesn't count. For a mark, the grader runs this cell alone (`np` is
# there).

# %% name="weighted_average" tags=["answer"]
def weighted_average(updates, counts):
    """Average over the first axis, weighted by counts."""
    # BEGIN SOLUTION
    return np.average(updates, axis=0, weights=counts)
    # END SOLUTION

# %% [markdown]
# The check calls your function and compares. It says *correct*, *not yet* (what was expected, what came), *raised* or
# *not attempted*. Stuck? Run `lesson.hint("weighted_average")` in a cell of its own, as often as you like: each call goes
# one step further.

# %% name="check-weighted_average" tags=["check"]
lesson.check("weighted_average", weighted_average)

# %% [markdown]
# Does it hold? Let twenty clinics of very *different* size make one step each, with all of their images at once, and
# report. Beside it, one step on all images in one place. (The next cell also takes your function, or the course's own
# version if yours does not pass yet. Later cells do the same with other answers.)

# %% name="fedsgd" tags=["nbval-check-output"]
from coursekit.data import dirichlet_clients


def ours(updates, counts):
    """The course's own version, which takes pairs of a list of arrays and a count."""
    return federated.weighted_average(([update], count) for update, count in zip(updates, counts))[0]


weighted_average = lesson.use("weighted_average", weighted_average, ours)


def average(reports, counts):
    """Average what clinics report, layer by layer."""
    return [weighted_average(np.stack(layer), np.asarray(counts)).astype("float32") for layer in zip(*reports)]


def largest_difference(a, b):
    """How far any of the numbers in a is from its partner in b."""
    return max(np.abs(x - y).max() for x, y in zip(a, b))


unequal = dirichlet_clients(labels, 20, 0.3, seed=SEED)
sizes = [len(rows) for rows in unequal]
one_step = LocalTraining(epochs=1, batch_size=None, rate=0.1)  # None: all images of the clinic in one batch
central = trainer.train(start, images, labels, one_step)
reports = [trainer.train(start, images[rows], labels[rows], one_step) for rows in unequal]
gaps = {
    "weighted by images": largest_difference(average(reports, sizes), central),
    "plain mean": largest_difference(average(reports, np.ones(20)), central),
    "the step itself": largest_difference(start, central),
}
print(f"clinics of {min(sizes)} to {max(sizes)} images")
print("weighted: no weight differs from the central step by more than 0.000001:", bool(gaps["weighted by images"] < 1e-6))
assert gaps["weighted by images"] < 1e-6

# %% alt="Three marks on a logarithmic axis. Weighted by images, the largest difference to the central step is below one millionth; with a plain mean it is above a thousandth, not far from the size of the step itself."
figure, axis = plt.subplots(figsize=(8, 2.4))
for (name, gap), colour, marker in zip(gaps.items(), (viz.COLOURS[0], viz.COLOURS[1], "#57606a"), "osD"):
    axis.plot(gap, name, marker, ms=10, color=colour)
axis.axvline(1e-6, color="black", ls="--", lw=1)
axis.set(xscale="log", xlabel="largest change of any weight (dashed: 0.000001)", xlim=(1e-9, 1))
axis.margins(y=0.3)
axis.invert_yaxis()
axis.set_title("One step of twenty clinics, and one on all images: the difference");

# %% [markdown]
# (Each clinic reports its new *weights*. All have started from the same ones, so averaging weights averages steps.)
# What is left of the difference is rounding: computers add 32-bit numbers in another order. In the course's recorded
# study, from which all numbers in this text come (five draws of clinics and weights; ± is the standard deviation over
# them), it was <<(mean("FedSGD: Dirichlet 0.3", "weighted") * 1e8)|fixed(1)>> · 10⁻⁸ on average. With a plain mean, in
# which a small clinic counts as much as a large one, it was
# <<(mean("FedSGD: Dirichlet 0.3", "unweighted") / mean("FedSGD: Dirichlet 0.3", "step"))|pct>> % of the step itself.
#
# ## 3 Fewer meetings
#
# One step needs one meeting, a *round*: the server sends 4,810 numbers to each clinic and gets as many back. A training
# takes thousands of steps. Networks for real pictures have millions of weights, and a clinic isn't always there. So let
# each clinic make *several epochs* of small steps on its own before it reports its weights, and average these. That is
# *FedAvg* (McMahan and others, 2017). It is not the same any more: while it trains, a clinic moves towards what is good for
# *its* images.
#
# What a clinic does, in Keras. It is nothing that you haven't seen:

# %% name="one-clinic"
network.compile(
    optimizer=keras.optimizers.SGD(RATE), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)
)
rows = clinics[0]
network.set_weights(start)
network.fit(images[rows], labels[rows], epochs=5, batch_size=10, verbose=0)
answers = network.predict(test_images, verbose=0).argmax(axis=1)
mine = np.unique(labels[rows])
print(f"Clinic 0, which has met {mine}, after five epochs of its own:")
right, own = (answers == test_labels).mean(), np.isin(answers, mine).mean()
print(f"{right:.0%} of everybody's digits are right; {own:.0%} are taken for one of {mine}.")

# %% [markdown]
# Twenty such networks, each of them blind to most digits, are to be averaged, weight by weight. **Would you expect
# anything good of that?** Here is a whole round. `client_seed` decides the order in which a clinic goes through its
# images in this round, so that the same round can be played again elsewhere (in part 13).

# %% name="by-hand"
from coursekit.methods.federated import client_seed

local = LocalTraining(epochs=5, batch_size=10, rate=RATE)


def one_round(weights, number):
    """Send the weights to all clinics, let each of them train, average what they report."""
    reports = [
        trainer.train(weights, images[rows], labels[rows], local, client_seed(SEED, number, k))
        for k, rows in enumerate(clinics)
    ]
    return average(reports, [len(rows) for rows in clinics])


weights, by_hand = start, []
for number in range(SETTINGS["rounds"]):
    weights = one_round(weights, number)
    by_hand.append(score(weights))
print(f"after round 1: {by_hand[0]:.0%}; after round {len(by_hand)}: {by_hand[-1]:.0%}")

# %% alt="Accuracy on the test digits after each round: it starts low and rises steeply in the first rounds, then slowly, towards the dashed line of the pooled data, far above the dotted line of a clinic alone. A line with a band shows the study's mean and standard deviation."
study = lesson.evidence


def plot_study(axis, name, colour, label, style="-"):
    """The study's mean after each round as a line, with a band of one standard deviation."""
    scores, rounds = 100 * study.values(name), study.x(name)
    middle, spread = scores.mean(axis=0), scores.std(axis=0, ddof=1)
    axis.fill_between(rounds, middle - spread, middle + spread, color=colour, alpha=0.2, lw=0)
    axis.plot(rounds, middle, style, color=colour, label=label)


def plot_yours(axis, runs, colour, marker="o", label=None):
    """Your runs, averaged, as open marks."""
    scores = 100 * np.mean(runs, axis=0)
    axis.plot(np.arange(1, len(scores) + 1), scores, marker, ms=5, mfc="none", color=colour, label=label)


figure, axis = plt.subplots(figsize=(8, 4))
plot_study(axis, "two-class, E = 5", viz.COLOURS[0], "twenty clinics, study")
plot_yours(axis, [by_hand], viz.COLOURS[0], label="twenty clinics, your run")
axis.axhline(100 * pooled, color="black", ls="--", label="all images in one place, your run")
axis.axhline(100 * alone, color="black", ls=":", label="a clinic alone, your run")
if my_guess is not None:
    axis.axhline(my_guess, color=viz.COLOURS[3], lw=1, label="your guess")
axis.set(xlabel="round", ylabel="test digits named rightly (%)", ylim=(0, 100))
axis.set_title("Twenty clinics together: accuracy after each round")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# The first average is poor (study: <<mean("two-class, E = 5", 1)|pct>> %). But it is a better start for everybody than
# the one before, and so is the next. In the study, 30 rounds reach <<cell("two-class, E = 5", 30)>> % of the test
# digits, where pooled images reach <<cell("central", 150)>> % (after as many epochs) and a clinic alone
# <<cell("alone: two-class", "mean")>> %. **Most of what pooling would give is there, and no picture has moved.**
#
# From here on `train_federated` does these lines. It takes anything that says who takes part in a round, such as
# `everyone(20)`. The same result?

# %% name="engine" tags=["nbval-check-output"]
from coursekit.methods.federated import ClientImages, everyone, train_federated

played = train_federated(trainer, ClientImages(images, labels, clinics), everyone(20), 3, local, start, seed=SEED)
again = start
for number in range(3):
    again = one_round(again, number)
print("Three rounds by hand and by train_federated agree to 0.000001:", bool(largest_difference(again, played.weights) < 1e-6))

# %% [markdown]
# (It trains one client at a time and adds up reports as they come. So memory doesn't grow with the number of clients,
# and time grows only with those that take part: <<(notes("engine")["seconds"]["100"])|fixed(2)>> seconds of computing
# for a round of 100 clients of ten images, <<(notes("engine")["seconds"]["1000"])|fixed(1)>> for 1,000 and
# <<(notes("engine")["seconds"]["10000"])|fixed(0)>> for 10,000, at a peak memory of
# <<(notes("engine")["memory_mb"]["10"])|round|int>> to <<(notes("engine")["memory_mb"]["10000"])|round|int>> MB.)
#
# ## 4 Three ways to be unequal
#
# Our clinics are an extreme case. It is the field's standard one, and you can build it in a few lines.
#
# ### ✏️ Exercise 2: deal out the cards
#
# Sort the images by class, cut the sorted row into *shards* of equal length, as many as there are cards on the table,
# and deal these out. Write `deal_shards(labels, hands)`: `labels` (n,) are the classes, in any order; `hands`, of shape
# (clinics, shards of each), are the cards: clinic `k` holds the shards with the numbers `hands[k]`, shard 0 being the
# first piece of the sorted row. Return for each image the number of its clinic, shape (n,), in the order of `labels`.
# Images of one class keep their order (`np.argsort(labels, kind="stable")`), and the number of images is a multiple of
# the number of shards. An example: with `labels = [1, 0, 1, 0]` shard 0 holds the images 1 and 3, shard 1 the images 0
# and 2. If clinic 0 is dealt shard 1 and clinic 1 shard 0, `hands` is `[[1], [0]]`, and the answer `[0, 1, 0, 1]`.

# %% name="deal_shards" tags=["answer"]
def deal_shards(labels, hands):
    """The clinic of each image (n,), if class-sorted shards are dealt out as in hands (clinics, shards)."""
    # BEGIN SOLUTION
    order = np.argsort(labels, kind="stable")
    shards = np.array_split(order, hands.size)
    owner = np.empty(len(labels), int)
    for k, hand in enumerate(hands):
        for shard in hand:
            owner[shards[shard]] = k
    return owner
    # END SOLUTION

# %% name="check-deal_shards" tags=["check"]
lesson.check("deal_shards", deal_shards)

# %% [markdown]
# `shard_clients` does the same, after it has shuffled images within a class and the cards. Two more ways to share
# images out: at random (*IID*, independent and identically distributed: every clinic sees the same mix), and by a
# *Dirichlet distribution*, which draws for each class how it is shared out among the clinics. Its parameter α says how
# evenly: at 100 nearly equal shares, at 0.1 a class sits with a few clinics. Sizes differ then, too.

# %% name="three-ways" alt="Three tables of 20 clinics by 10 kinds of digits. IID: all fields are filled alike. Dirichlet 0.1: most fields are empty, a few hold very many images, and clinics differ in size. Two-class: two to four filled fields in each row."
from coursekit.data import iid_clients

splits = {
    "IID": iid_clients(len(labels), 20, seed=SEED),
    "Dirichlet 0.1": dirichlet_clients(labels, 20, 0.1, seed=SEED),
    "two-class": clinics,
}
figure, axes = plt.subplots(1, 3, figsize=(10.4, 4.2), sharey=True)
for axis, (name, parts) in zip(axes, splits.items()):
    counts = label_table(parts, labels)
    picture = axis.imshow(counts, cmap="cividis", aspect="auto", vmin=0, vmax=60)
    axis.set(xlabel="kind of digit", xticks=range(10), yticks=range(0, 20, 4))
    least, most = min(map(len, parts)), max(map(len, parts))
    axis.set_title(f"{name}: {least} each" if least == most else f"{name}: {least} to {most} images", fontsize=11)
axes[0].set_ylabel("clinic")
figure.colorbar(picture, ax=axes, label="images (60 and more: brightest)")
figure.suptitle("The same 1,200 images, dealt out in three ways", fontweight="bold", x=0.01, ha="left");

# %% [markdown]
# Train all three. Epochs, rate and rounds are the same; only who holds what differs.

# %% name="three-trainings"
def federate(parts, training=local, rounds=SETTINGS["rounds"], who=None, seed=SEED, trainer=trainer, **more):
    """Train with these clinics; more goes to train_federated."""

    def judge(weights):
        return trainer.accuracy(weights, test_images, test_labels)

    data = ClientImages(images, labels, parts)
    return train_federated(trainer, data, who or everyone(len(parts)), rounds, training, evaluate=judge, seed=seed, **more)


curves = {name: [] for name in splits}
for repeat in range(SETTINGS["repeats"]):
    for name, parts in splits.items():
        curves[name].append(federate(parts, weights=start, seed=SEED + repeat).scores)
for name, runs in curves.items():
    print(f"{name:14} after {len(runs[0])} rounds: {np.mean(runs, axis=0)[-1]:.1%}")

# %% alt="Accuracy against the round for the three ways of sharing out, as lines with bands from the study and marks from this run. Marks: IID is highest from the first round on, the two unequal ways start lower. Lines: IID starts low with its high rate, is on top after some rounds and ends at the dashed line of the pooled images; the other two end a few per cent below it."
figure, axis = plt.subplots(figsize=(8, 4))
for (name, runs), colour, marker, style in zip(curves.items(), viz.COLOURS, "os^", ("-", "--", "-.")):
    plot_study(axis, f"{name}, E = 5", colour, name, style)
    plot_yours(axis, runs, colour, marker)
axis.axhline(100 * study.mean("central", 150), color="black", ls="--", label="all in one place")
axis.set(xlabel="round", ylabel="test digits named rightly (%)", ylim=(50, 100))
axis.set_title("Accuracy by round, with three ways to share images out")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), title="marks: your run\nlines: study, ± 1 sd");

# %% [markdown]
# The study, test digits right, %, after 30 rounds of five local epochs; and a clinic alone, which has as many epochs
# (mean over the twenty):
#
# | who holds what | together | alone | gain (points) |
# |---|---|---|---|
# | IID | <<mean("IID, E = 5", 30)|pct(1)>> ± <<sd("IID, E = 5", 30)|pct(1)>> | <<mean("alone: IID", "mean")|pct(1)>> ± <<sd("alone: IID", "mean")|pct(1)>> | <<(mean("IID, E = 5", 30) - mean("alone: IID", "mean"))|pct>> |
# | Dirichlet 0.3 | <<mean("Dirichlet 0.3, E = 5", 30)|pct(1)>> ± <<sd("Dirichlet 0.3, E = 5", 30)|pct(1)>> | <<mean("alone: Dirichlet 0.3", "mean")|pct(1)>> ± <<sd("alone: Dirichlet 0.3", "mean")|pct(1)>> | <<(mean("Dirichlet 0.3, E = 5", 30) - mean("alone: Dirichlet 0.3", "mean"))|pct>> |
# | Dirichlet 0.1 | <<mean("Dirichlet 0.1, E = 5", 30)|pct(1)>> ± <<sd("Dirichlet 0.1, E = 5", 30)|pct(1)>> | <<mean("alone: Dirichlet 0.1", "mean")|pct(1)>> ± <<sd("alone: Dirichlet 0.1", "mean")|pct(1)>> | <<(mean("Dirichlet 0.1, E = 5", 30) - mean("alone: Dirichlet 0.1", "mean"))|pct>> |
# | two-class | <<mean("two-class, E = 5", 30)|pct(1)>> ± <<sd("two-class, E = 5", 30)|pct(1)>> | <<mean("alone: two-class", "mean")|pct(1)>> ± <<sd("alone: two-class", "mean")|pct(1)>> | <<(mean("two-class, E = 5", 30) - mean("alone: two-class", "mean"))|pct>> |
# | all in one place | <<mean("central", 150)|pct(1)>> ± <<sd("central", 150)|pct(1)>> | | |
#
# (Each row has its own learning rate. It was chosen on *validation digits*: 240 of the 1,200, which were neither
# learned from nor tested on while rates were tried. The 597 test digits have chosen nothing. Your marks in the figure
# have one rate, 0.3, for all. The IID line has 1.0, which was best for the 30th round, and is rough in the first ones.)
# Read it in two ways. Together, clinics that all see the same mix reach the most. (Whether Dirichlet 0.1 or two-class
# is the harder one, look at the ± before you say.) And the last column: clinics that know little alone *gain* the most
# by working together.
#
# ## 5 How long between two meetings?
#
# Meetings are dear, so why not let every clinic train for twenty epochs ($E = 20$) before it reports? Or is one better,
# since clinics then drift apart less? **Guess first**, for our two-class clinics: which of $E$ = 1, 5, 20 is best after
# ten rounds? And which is best if a clinic may do twenty epochs of work *in all*, as 20 rounds of 1, 4 rounds of 5, or
# 1 round of 20?

# %% name="guess-epochs"
best_for_rounds = None  # 1, 5 or 20
best_for_work = None  # 1, 5 or 20
assert {best_for_rounds, best_for_work} <= {None, 1, 5, 20}, "Choose 1, 5 or 20."

# %% alt="Left, accuracy against the round for one, five and twenty local epochs with two-class clinics; the more local epochs, the steeper. Right, accuracy after twenty epochs of work in all, for two-class and IID clinics: with two-class clinics one round of twenty epochs is far below twenty rounds of one."
figure, (left, right) = plt.subplots(1, 2, figsize=(10.4, 4))
for epochs, colour, style in zip((1, 5, 20), viz.COLOURS, ("-", "--", "-.")):
    plot_study(left, f"two-class, E = {epochs}", colour, f"E = {epochs}", style)
left.set(xlabel="round", ylabel="test digits named rightly (%)", ylim=(0, 100))
left.set_title("Two-class clinics: the same rounds")
left.legend(loc="lower right")
for split, colour, marker in (("IID", viz.COLOURS[3], "D"), ("two-class", viz.COLOURS[4], "v")):
    work = np.array([100 * study.at(f"{split}, E = {epochs}, local epochs", 20) for epochs in (1, 5, 20)])
    right.plot(np.repeat(range(3), work.shape[1]), work.ravel(), ".", color=colour, alpha=0.5)
    right.plot(range(3), work.mean(axis=1), color=colour, marker=marker, ms=8, label=split)
right.set_xticks(range(3), ["20 × 1", "4 × 5", "1 × 20"])
right.set(xlabel="rounds × local epochs E", ylim=(0, 100))
right.set_title("The same work: 20 epochs in all (dots: draws)")
right.legend(loc="lower left")
reached = {
    "ten rounds": (best_for_rounds, {E: 100 * study.mean(f"two-class, E = {E}", 10) for E in (1, 5, 20)}),
    "20 epochs": (best_for_work, {E: 100 * study.mean(f"two-class, E = {E}, local epochs", 20) for E in (1, 5, 20)}),
}
for when, (guess, scores) in reached.items():
    if guess is not None:
        best = max(scores, key=scores.get)
        print(f"after {when}: E = {guess}, your guess, reaches {scores[guess]:.0f} %; E = {best}, the best, {scores[best]:.0f} %")

# %% [markdown]
# Study, two-class, %: after ten rounds <<cell("two-class, E = 1", 10)>> ($E$ = 1), <<cell("two-class, E = 5", 10)>> (5)
# and <<cell("two-class, E = 20", 10)>> (20); after thirty <<cell("two-class, E = 1", 30)>> (1) and
# <<cell("two-class, E = 5", 30)>> (5). After twenty epochs of work <<cell("two-class, E = 1, local epochs", 20)>>,
# <<cell("two-class, E = 5, local epochs", 20)>> and <<cell("two-class, E = 20, local epochs", 20)>>; IID
# <<cell("IID, E = 1, local epochs", 20)>>, <<cell("IID, E = 5, local epochs", 20)>> and
# <<cell("IID, E = 20, local epochs", 20)>>. (Each line and each dot has the learning rate that was best for it, at its
# last round, on validation digits.)
#
# At equal rounds one epoch is behind, and 5 and 20 can't be told apart (20 was run for ten rounds only); at equal work
# one epoch is ahead. So the two questions have different answers, and "more local epochs harm" and "more local epochs
# help" are both true, of different things. **Say what is held equal.** Is the line to the clinics your bottleneck? Then
# count rounds, and let clinics work. Is it their computers, or your patience? Then count epochs, and let them meet
# often; the more so, the less alike they are.
#
# ## 6 One remedy and one trap
#
# **FedProx** (Li and others, 2020) holds a clinic near what it was sent. Its loss gets a penalty,
#
# $$L_k(w) + \frac{\mu}{2} \lVert w - w_\text{server} \rVert^2$$
#
# so a step goes against the gradient plus $\mu (w - w_\text{server})$: a rubber band. That should help clinics that
# would run apart.

# %% name="fedprox"
for mu in SETTINGS["pulls"]:
    held = federate(clinics, LocalTraining(5, 10, RATE, proximal=mu), weights=start).scores[-1]
    print(f"μ = {mu}: {held:.1%} of the test digits; without: {curves['two-class'][0][-1]:.1%}")

# %% alt="Accuracy against the weight mu of the FedProx penalty, 0, 0.01, 0.1 and 1, for five local epochs with 30 rounds and twenty with 10, a dot for each draw: with 0.01 it is about the same as without the penalty, and the larger mu, the lower."
figure, axis = plt.subplots(figsize=(7, 3.4))
for (epochs, rounds), shift, colour, marker in (((5, 30), -0.1, viz.COLOURS[0], "o"), ((20, 10), 0.1, viz.COLOURS[1], "s")):
    for place, mu in enumerate((0, 0.01, 0.1, 1)):
        scores = 100 * study.at(f"FedProx: E = {epochs}, mu = {mu}", "accuracy")
        axis.plot(np.full(len(scores), place + shift), scores, marker, ms=4, alpha=0.45, color=colour)
        label = f"E = {epochs}, {rounds} rounds" if place == 0 else None
        axis.plot(place + shift, scores.mean(), marker, ms=10, mfc="none", mew=2, color=colour, label=label)
axis.set_xticks(range(4), ["0 (FedAvg)", "0.01", "0.1", "1"])
axis.set(xlabel="weight μ of the penalty", ylabel="test digits named rightly (%)")
axis.set_title("FedProx, two-class clinics: accuracy by μ (dots: draws, open: mean)")
axis.legend(loc="lower left");

# %% [markdown]
# In the study, with five local epochs: <<mean("FedProx: E = 5, mu = 0", "accuracy")|pct(1)>> ±
# <<sd("FedProx: E = 5, mu = 0", "accuracy")|pct(1)>> % without, and
# <<mean("FedProx: E = 5, mu = 0.01", "accuracy")|pct(1)>> ± <<sd("FedProx: E = 5, mu = 0.01", "accuracy")|pct(1)>>,
# <<mean("FedProx: E = 5, mu = 0.1", "accuracy")|pct(1)>> ± <<sd("FedProx: E = 5, mu = 0.1", "accuracy")|pct(1)>> and
# <<mean("FedProx: E = 5, mu = 1", "accuracy")|pct(1)>> ± <<sd("FedProx: E = 5, mu = 1", "accuracy")|pct(1)>> % with
# $\mu$ = 0.01, 0.1 and 1. With twenty: <<mean("FedProx: E = 20, mu = 0", "accuracy")|pct(1)>> ±
# <<sd("FedProx: E = 20, mu = 0", "accuracy")|pct(1)>>, then <<mean("FedProx: E = 20, mu = 0.01", "accuracy")|pct(1)>> ±
# <<sd("FedProx: E = 20, mu = 0.01", "accuracy")|pct(1)>>, <<mean("FedProx: E = 20, mu = 0.1", "accuracy")|pct(1)>> ±
# <<sd("FedProx: E = 20, mu = 0.1", "accuracy")|pct(1)>> and <<mean("FedProx: E = 20, mu = 1", "accuracy")|pct(1)>> ±
# <<sd("FedProx: E = 20, mu = 1", "accuracy")|pct(1)>> %. Each value has its own best learning rate, as a fair
# comparison asks for. It doesn't help here, and a strong one harms. That is no verdict on FedProx, which was made for
# larger networks and for clinics that do very different amounts of work; it is a reason to measure before you believe.
#
# **Batch normalisation**, a layer of many networks, scales what comes in by mean and variance: of the batch in
# training, and for later use it keeps *moving averages* of both. These aren't trained; they are measured. In a clinic
# that sees two kinds of digits, they describe two kinds. And a server that averages "trained weights" may forget them
# altogether: then the network is used with the mean 0 and the variance 1 that it was born with.

# %% name="batch-norm"
from functools import partial

if SETTINGS["norms"]:
    set_seed(SEED)
    norm = keras.layers.BatchNormalization(momentum=0.9)
    layers = [keras.layers.Flatten(), keras.layers.Dense(64), norm, keras.layers.ReLU(), keras.layers.Dense(10)]
    normalised = LocalTrainer(keras.Sequential([keras.Input((8, 8, 1)), *layers]))
    for forget in SETTINGS["norms"]:
        combine = partial(federated.fed_avg, leave_out=normalised.moving_statistics() if forget else None)
        last = federate(clinics, LocalTraining(5, 10, 1.0), 10, trainer=normalised, combine=combine).scores[-1]
        print(f"batch normalisation, {'moving averages left out' if forget else 'all weights averaged'}: {last:.1%}")

# %% [markdown]
# | study, 10 rounds, test digits right, % | IID | two-class |
# |---|---|---|
# | no normalisation | <<mean("norm: none, IID", "accuracy")|pct(1)>> ± <<sd("norm: none, IID", "accuracy")|pct(1)>> | <<mean("norm: none, two-class", "accuracy")|pct(1)>> ± <<sd("norm: none, two-class", "accuracy")|pct(1)>> |
# | batch normalisation, all weights averaged | <<mean("norm: batch, IID", "accuracy")|pct(1)>> ± <<sd("norm: batch, IID", "accuracy")|pct(1)>> | <<mean("norm: batch, two-class", "accuracy")|pct(1)>> ± <<sd("norm: batch, two-class", "accuracy")|pct(1)>> |
# | batch normalisation, moving averages left out | <<mean("norm: batch without statistics, IID", "accuracy")|pct(1)>> ± <<sd("norm: batch without statistics, IID", "accuracy")|pct(1)>> | <<mean("norm: batch without statistics, two-class", "accuracy")|pct(1)>> ± <<sd("norm: batch without statistics, two-class", "accuracy")|pct(1)>> |
# | group normalisation (no averages to keep) | <<mean("norm: group, IID", "accuracy")|pct(1)>> ± <<sd("norm: group, IID", "accuracy")|pct(1)>> | <<mean("norm: group, two-class", "accuracy")|pct(1)>> ± <<sd("norm: group, two-class", "accuracy")|pct(1)>> |
#
# (*Group normalisation* scales each image by mean and variance of its own numbers, in groups of units; it keeps no
# averages.) Moving averages of clinics that see two kinds each might have harmed the network. Here they don't: compare
# the first two rows. What harms is the third one: **send back everything that the network needs, not only what was
# trained.**
#
# ## 7 Who is missing?
#
# In real federations someone is always missing: a computer is off, a line is down. **Guess:** if in each round half of
# the clinics don't report, how much does the accuracy suffer? Then look at three ways in which *the same number* can be
# missing. (*Recall* of a kind is the share of its test digits that are found.)
#
# * **random**: other clinics in each round;
# * **fixed**: always the same ones, chosen at random once;
# * **class**: all clinics that hold a 7, an 8 or a 9, always. (Perhaps those with the rare disease have the old computers.)

# %% name="absence"
from coursekit.methods.federated import Absence

holders = np.flatnonzero(table[:, 7:].sum(axis=1))
anybody = np.random.default_rng(SEED).permutation(20)[: len(holders)]
absences = {
    "none": None,
    "random": Absence(len(holders) / 20),
    "fixed": Absence(1, tuple(anybody)),
    "class": Absence(1, tuple(holders)),
}
recalls = {}
for name in SETTINGS["absences"]:
    ended = federate(clinics, who=everyone(20, absences[name]), weights=start)
    right = trainer.logits(ended.weights, test_images).argmax(axis=1) == test_labels
    recalls[name] = [100 * right[test_labels == kind].mean() for kind in range(10)]
    print(f"{name:7} {0 if name == 'none' else len(holders):2} of 20 missing: {right.mean():.1%}")

# %% alt="Recall of each of the ten kinds of digits for no absence, random, fixed and class-dependent absence. With the class-dependent one, 7, 8 and 9 are at zero. With the fixed one, a kind can be lost as well, if all who hold it are among the absent."
figure, axis = plt.subplots(figsize=(9, 3.8))
for (name, recall), colour, marker in zip(recalls.items(), ("#000000", *viz.COLOURS), "*os^"):
    axis.plot(range(10), recall, color=colour, marker=marker, ms=8, lw=1.2, label=name)
axis.axvspan(6.5, 9.5, color="#999999", alpha=0.15, lw=0)
axis.text(8, 104, "held by those missing in “class”", ha="center", fontsize=9.5)
axis.set(xlabel="kind of digit", xticks=range(10), ylabel="recall (% of that kind found)", ylim=(-4, 112))
axis.set_title("Your run: recall of each kind, by who was missing")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# | study, two-class, 30 rounds | missing in a round | test digits right, % | recall of 7 to 9, % | recall of 0 to 6, % |
# |---|---|---|---|---|
# | nobody | 0 | <<cell("absent: none", "accuracy")>> | <<mean("absent: none", "recall 7-9")|pct>> | <<mean("absent: none", "recall 0-6")|pct>> |
# | random | <<mean("absent: random", "missing")|fixed(1)>> | <<cell("absent: random", "accuracy")>> | <<mean("absent: random", "recall 7-9")|pct>> | <<mean("absent: random", "recall 0-6")|pct>> |
# | fixed | <<mean("absent: fixed", "missing")|fixed(1)>> | <<cell("absent: fixed", "accuracy")>> | <<mean("absent: fixed", "recall 7-9")|pct>> | <<mean("absent: fixed", "recall 0-6")|pct>> |
# | class | <<mean("absent: class", "missing")|fixed(1)>> | <<cell("absent: class", "accuracy")>> | <<mean("absent: class", "recall 7-9")|pct>> | <<mean("absent: class", "recall 0-6")|pct>> |
# | class, three quarters of them, redrawn each round | <<mean("absent: class 3 of 4", "missing")|fixed(1)>> | <<cell("absent: class 3 of 4", "accuracy")>> | <<mean("absent: class 3 of 4", "recall 7-9")|pct>> | <<mean("absent: class 3 of 4", "recall 0-6")|pct>> |
# | as many, at random | <<mean("absent: random 3 of 4", "missing")|fixed(1)>> | <<cell("absent: random 3 of 4", "accuracy")>> | <<mean("absent: random 3 of 4", "recall 7-9")|pct>> | <<mean("absent: random 3 of 4", "recall 0-6")|pct>> |
#
# The number missing is the same in rows two to four; **who** is missing makes the difference. Nobody teaches the
# network a 7 if nobody who has one ever reports, and no weighting of the others can make up for that. *Fixed* is the
# fair rival: some of the damage comes from hearing the same few all the time (a kind is lost there as well if all who
# hold it happen to be absent; look at your figure), and only the rest from the class. So count not only how many
# report, but also what they hold, if they may tell.
#
# ## 8 One round, step by step
#
# A server that waits for everybody waits for ever. What one does instead (Bonawitz and others, 2019, who did it for
# telephones):
#
# 1. **Selection.** Clients check in. The server wants, say, 20 reports, so it takes 26, because some will fail
#    (*over-selection*). The others are told to come back later. If too few have come when the time is up, the round
#    doesn't start.
# 2. **Configuration.** Those selected get the plan and the weights.
# 3. **Reporting.** They train and report. At the 20th report the server closes the round. Who comes after that is
#    *surplus*; who has not come when the time is up is a *straggler*; some are never heard of again. If too few have
#    reported, the round is *abandoned*: all of its work is lost, and the weights stay as they were.
#
# **To find out:**
#
# 1. Without over-selection (1.0), how many rounds are committed, and how long do they take? (Right: 50 rounds with such
#    rules.)
# 2. Drop-out 30 %, over-selection 1.1: most rounds are abandoned. What keeps them alive: more over-selection, more time
#    for reports, or a smaller share that suffices? What does each cost?
# 3. Whose reports never count if you close rounds early? (Remember part 7.)

# %% name="round-timeline" alt="Timeline of one round: 26 clients check in within the first minute and get the weights; bars show how long each works. 20 reports count, 2 come too late to be needed, 2 are stragglers, 2 fall silent; the round is committed. On the right, what 50 such rounds do at each over-selection: share committed, share of clients that count, time."
timeline = viz.RoundTimeline()
timeline

# %% [markdown]
# (No sliders? Run the cell: they need a running notebook. The picture above is the timeline's first state.)
#
# <details><summary>What we found</summary>
#
# 1. Nearly all are committed, since 16 of 20 reports suffice. But one client that falls silent is enough to keep the
#    server waiting until the time is up, and in each of these rounds one or two do. (The bench lets nearly the same share
#    fall silent in every round. With chances of their own, clients would make rounds differ more.)
# 2. More over-selection, which costs work that is thrown away; or a smaller share, which costs reports, and with them
#    what only these clients hold. Twice the time helps less: those who have fallen silent don't come later either.
# 3. Those of the slow. If the slow ones are the small clinics with the rare disease, closing early is *class* absence
#    with another name.
#
# </details>
#
# ## 9 What does a report give away?
#
# No picture has left a clinic, only gradients or weights. **Does that mean that nothing leaks? Guess:** from the
# gradient of *one* image, 4,810 numbers, what can the server find out: nothing, the class, or the image?
#
# Look at the first layer. It computes $z = x W + b$: each hidden unit $j$ multiplies the pixels $x$ by its column of
# $W$, adds them up, and adds $b_j$. How does the loss change if $b_j$ changes? Call it $g_j$. And if the weight
# $W_{ij}$ of pixel $i$ changes? Then $z_j$ changes $x_i$ times as much, so
#
# $$\frac{\partial \ell}{\partial b_j} = g_j \qquad \frac{\partial \ell}{\partial W_{ij}} = x_i \, g_j$$
#
# ### ✏️ Exercise 3: read the image
#
# Write `image_from_dense_gradient(weight_gradient, bias_gradient)`, from the gradients of a dense layer for one image,
# (pixels, units) and (units,). Return the image, (pixels,). Mind that with ReLU some units are *off* for an image: both
# of their gradients are 0.

# %% name="image_from_dense_gradient" tags=["answer"]
def image_from_dense_gradient(weight_gradient, bias_gradient):
    """The pixels (pixels,) of the image that a dense layer was given."""
    # BEGIN SOLUTION
    j = np.abs(bias_gradient).argmax()
    return weight_gradient[:, j] / bias_gradient[j]
    # END SOLUTION

# %% name="check-image_from_dense_gradient" tags=["check"]
lesson.check("image_from_dense_gradient", image_from_dense_gradient)

# %% name="read" alt="Three rows of pictures. Above, six digits as they are in the clinics; in the middle, the same digits read from the gradient of one image, without any visible difference; below, what comes out for the gradient of ten images: mixtures."
image_from_dense_gradient = lesson.use(
    "image_from_dense_gradient", image_from_dense_gradient, federated.image_from_dense_gradient
)
six = [rows[0] for rows in clinics[:6]]
read, mixed = [], []
for patient, rows in zip(six, clinics):
    gradient = trainer.gradient(start, images[[patient]], labels[[patient]])  # W and b of layer 1, then of layer 2
    read.append(image_from_dense_gradient(gradient[0], gradient[1]).reshape(8, 8, 1))
    gradient = trainer.gradient(start, images[rows[:10]], labels[rows[:10]])
    mixed.append(image_from_dense_gradient(gradient[0], gradient[1]).reshape(8, 8, 1).clip(0, 1))
names = [f"clinic {k}" for k in range(6)] + ["read from it"] * 6 + ["ten images"] * 6
headline = "A patient's image; read from its gradient; read from that of ten"
viz.show([*images[six], *read, *mixed], names, headline, columns=6, size=1.1)
print(f"largest error of any pixel: {max(np.abs(a - b).max() for a, b in zip(read, images[six])):.7f}")

# %% [markdown]
# One division, and the image is there: in the study, the pixel that is farthest off is off by
# <<(mean("dense layer", "error") * 1e6)|fixed(1)>> millionths (mean over draws). The label is there as well: in the
# last layer, the gradient of the biases is the answer that the network gave (positive, for each class) minus the right
# one, so it is below 0 for the true class alone.
#
# With ten images in a batch the division gives a mixture (last row; which one, depends on the unit that you took), and
# after five epochs of FedAvg no clean gradient is left. That protects a little, by accident. Nobody should rely on an
# accident.
#
# ## 10 A network without a dense first layer
#
# A convolution has no such division. But the server knows the network, the weights and the gradient. So it can
# *search*: start from a picture of noise, compute its gradient, and change the picture until its gradient is the one
# that came (Zhu, Liu and Han, 2019). What we train now is a picture, with the same optimiser that trains networks.

# %% name="attack" alt="Three rows of pictures, from noise at the left to a digit at the right, every ten steps of the search: after a few tens of steps the digit is visible, at the end it looks like the truth, which the last column shows."
from coursekit.methods.federated import label_from_gradient, match_gradient

set_seed(SEED)
convolution = partial(keras.layers.Conv2D, 12, 3, padding="same", activation="tanh")
seen = keras.Sequential([keras.Input((8, 8, 1)), convolution(), convolution(), keras.layers.Flatten(), keras.layers.Dense(10)])
reporter = LocalTrainer(seen)
pictures, names = [], []
for patient in six[::2]:
    gradient = reporter.gradient(reporter.weights(), images[[patient]], labels[[patient]])
    label = label_from_gradient(gradient[-1])
    found = match_gradient(seen, gradient, label, steps=60, looks=7, seed=SEED)
    pictures += [*found.snapshots, images[patient]]
    names += [f"step {step}" for step in range(0, 70, 10)] + [f"truth: a {labels[patient]}"]
    print(f"class read: {label}, true: {labels[patient]}; mean squared error {np.mean((found.image - images[patient]) ** 2):.2g}")
viz.show(pictures, names, "A picture is searched that has the same gradient", columns=8, size=1.1);

# %% [markdown]
# And if the clinic spoils its gradient? Bring it to length 1 if it is longer (*clipping*), and add normal noise to each
# of its numbers:

# %% name="noisy-attack" alt="A row of pictures for each amount of noise: the search ends at something that resembles the digit the less, the more noise was added. In the quick profile nothing is shown."
rng = np.random.default_rng(SEED)
for noise in SETTINGS["noises"]:
    clipped = federated.clip_update(gradient, 1.0)
    noisy = [part + rng.normal(0, noise, part.shape).astype("float32") for part in clipped]
    found = match_gradient(seen, noisy, label, steps=60, looks=7, seed=SEED, clip=1.0)
    headline = f"The same search, with noise {noise} on a gradient of length 1 (right: truth)"
    viz.show([*found.snapshots, images[patient]], [], headline, columns=8, size=1.1)

# %% [markdown]
# | study, five draws of 3, 4 or 10 images | mean squared error | class read rightly, % |
# |---|---|---|
# | one image | <<mean("attack: one image", "MSE")|fixed(4)>> | <<mean("attack: one image", "label")|pct>> |
# | one image, network with ReLU | <<mean("attack: relu", "MSE")|fixed(4)>> | <<mean("attack: relu", "label")|pct>> |
# | four images in the report | <<mean("attack: 4 images", "MSE")|fixed(4)>> | |
# | ten images in the report | <<mean("attack: 10 images", "MSE")|fixed(4)>> ± <<sd("attack: 10 images", "MSE")|fixed(4)>> | |
# | one image, five local epochs, taken for one step | <<mean("attack: 5 epochs", "MSE")|fixed(4)>> | <<mean("attack: 5 epochs", "label")|pct>> |
# | one image, five local epochs, imitated | <<mean("attack: 5 epochs, imitated", "MSE")|fixed(4)>> | <<mean("attack: 5 epochs, imitated", "label")|pct>> |
# | ten images, five local epochs, imitated | <<mean("attack: 10 images, 5 epochs, imitated", "MSE")|fixed(4)>> ± <<sd("attack: 10 images, 5 epochs, imitated", "MSE")|fixed(4)>> | |
# | one image, clipped to length 1, no noise | <<mean("attack: clipped", "MSE")|fixed(4)>> | <<mean("attack: clipped", "label")|pct>> |
# | clipped, noise 0.01 | <<mean("attack: noise 0.01", "MSE")|fixed(4)>> | <<mean("attack: noise 0.01", "label")|pct>> |
# | clipped, noise 0.03 | <<mean("attack: noise 0.03", "MSE")|fixed(4)>> | <<mean("attack: noise 0.03", "label")|pct>> |
# | clipped, noise 0.1 | <<mean("attack: noise 0.1", "MSE")|fixed(4)>> | <<mean("attack: noise 0.1", "label")|pct>> |
# | *for comparison*: guess the mean image (of the four; of the ten) | <<mean("attack: mean image", "MSE")|fixed(4)>> (<<mean("attack: mean image", "4 images")|fixed(4)>>; <<mean("attack: mean image", "10 images")|fixed(4)>>) | |
#
# (Pixels from 0 to 1. In all rows the search is told the right class. "Imitated": the search takes the same five steps
# that the clinic took. This is the easiest case for an attacker: tiny pictures, an untrained network, and all images of
# a report in one batch. Clinics that shuffle their images into batches of ten were not attacked here.) What the table
# says about defence: one local step or five makes no difference to an attacker who takes the same five. Many images in
# a report make the search harder: it found four at once, and at ten it got a part of the way, in some draws farther
# than in others. A better search may get farther. Clipping alone hides nothing. **Noise** does, if there is
# enough of it: under 0.1 the error is larger than that of guessing the mean image. (Can you read the digits above, under
# 0.03 and under 0.1? The true class helps the search.) The clinic itself has added it: whoever reads the report, reads
# noise. But noise costs accuracy (part 12), and the less of it the better. There are two ways to need less: let nobody
# see a single report (part 11), and add noise to the sum of many (part 12).
#
# ## 11 Add up without seeing
#
# The server needs the *sum* of the reports, each multiplied by its $n_k$, which the clinic does before it reports. It
# doesn't need a single one. So let every two clinics agree on a secret random number, a *mask*. One of them adds it to
# what it reports, the other one subtracts it. Each report then looks like noise. In the sum all masks are gone. With
# three clinics, and numbers from 0 to 99 that wrap round (after 99 comes 0):
#
# | | its number | mask with clinic 0 | with 1 | with 2 | it reports |
# |---|---|---|---|---|---|
# | clinic 0 | 7 | | + 58 | + 91 | 156, that is **56** |
# | clinic 1 | 12 | − 58 | | + 25 | −21, that is **79** |
# | clinic 2 | 30 | − 91 | − 25 | | −86, that is **14** |
# | sum | **49** | | | | 149, that is **49** |
#
# For that to hold **to the last bit**, floating-point numbers are no good: 0.1 + 1,000,000 − 1,000,000 isn't 0.1. Whole
# numbers are: multiply a weight by $2^{16}$, round, and count modulo $2^{32}$, as `uint32` does by itself: after
# 4,294,967,295 comes 0. A negative number −5 is then $2^{32} - 5$ (that is called *two's complement*). And if a mask is
# uniform on all $2^{32}$ values, so is the report: to those who don't know the mask, it tells *nothing* about what is
# under it.

# %% name="fixed-point" tags=["nbval-check-output"]
from coursekit.methods.federated.secure_aggregation import from_fixed, to_fixed

mask = np.uint32(3_000_000_000)
for value in (1.5, -1.5):
    whole = to_fixed(np.array([value]))
    under = whole + mask
    print(f"{value:4}: {whole[0]:10} as uint32, {under[0]:10} under the mask, {from_fixed(under - mask)[0]:4} without it again")

# %% [markdown]
# ### ✏️ Exercise 4: put the masks on
#
# Write `add_masks(numbers, k, masks)` for clinic `k`: `numbers`, (m,), and `masks`, (clinics, m), are `uint32`. Row `j`
# of `masks` is the mask that clinic `k` shares with clinic `j`. **Add** the masks of clinics with a higher number than
# `k`, **subtract** those of clinics with a lower one. Its own row is to be left out. Return whole numbers from 0 to
# $2^{32} - 1$. (A trap of NumPy waits here; if you fall into it, the check tells you.)

# %% name="add_masks" tags=["answer"]
def add_masks(numbers, k, masks):
    """The numbers (m,) of clinic k under the masks (clinics, m) that it shares with the others."""
    # BEGIN SOLUTION
    added = masks[k + 1 :].sum(axis=0, dtype=np.uint32)
    subtracted = masks[:k].sum(axis=0, dtype=np.uint32)
    return numbers + added - subtracted
    # END SOLUTION

# %% name="check-add_masks" tags=["check"]
lesson.check("add_masks", add_masks)

# %% [markdown]
# Where do masks come from, if the server is in the middle of every conversation? From *Diffie and Hellman*'s trick:
# each clinic publishes a number and keeps another one to itself; any two of them can compute a common secret from
# these, and nobody who listens can. The secret is stretched into as many random numbers as are needed.
#
# And if a clinic **drops out** after the others have put its masks on? Then these masks don't cancel, and the sum is
# noise. So every clinic first cuts its secret key into pieces, one for each clinic, such that any eleven of the twenty
# pieces give the key back and ten tell nothing (*Shamir's secret sharing*). If it falls silent, the others hand in
# their pieces, and its masks can be taken off. (And so that a report that was only *late* doesn't lie open then, each
# clinic puts on one more mask of its own, whose pieces are handed in only for those that *did* report: Bonawitz and
# others, 2017.)
#
# `secure_sum` plays the whole protocol. Two of the twenty drop out:

# %% name="secure-sum" tags=["nbval-check-output"]
from coursekit.methods.federated import secure_sum


def long_row(report):
    """All weights of a report, one after the other."""
    return np.concatenate([layer.ravel() for layer in report])


uploads = [trainer.train(start, images[rows], labels[rows], local) for rows in clinics]
whole = [to_fixed(long_row(report), clients=20) for report in uploads]
result = secure_sum(whole, missing=[3, 11], random_bytes=np.random.default_rng(SEED).bytes)
plain = np.sum([row for k, row in enumerate(whole) if k not in (3, 11)], axis=0, dtype=np.uint32)
exact, before = (result.total == plain).sum(), (result.unopened == plain).sum()
print(f"{exact} of {len(plain)} sums are exact; before the masks were opened: {before}")

# %% [markdown]
# Weights look like noise to the eye, masked or not. So once more with something that eyes can read: each clinic puts in
# one image.

# %% name="masked-ink" alt="Four pictures of 8 by 8 pixels. The image of clinic 4 is a digit; what the server sees of it is noise; the sum while two clinics are missing and masks are closed is noise as well; the opened sum of 18 clinics looks like a blurred average of all digits."
pixels = [to_fixed(images[rows[0]].ravel(), clients=20) for rows in clinics]
added = secure_sum(pixels, missing=[3, 11], random_bytes=np.random.default_rng(SEED).bytes)


def brightness(numbers):
    """Whole numbers as a picture from black to white."""
    values = from_fixed(numbers).reshape(8, 8)
    return (values - values.min()) / np.ptp(values)


panels = {
    "image of\nclinic 4": pixels[4],
    "what the server\nsees of it": added.uploads[5],  # uploads are numbered from 1
    "sum of 18,\nmasks on": added.unopened,
    "sum of 18,\nmasks off": added.total,
}
pictures = [brightness(numbers) for numbers in panels.values()]
viz.show(pictures, list(panels), "An image under masks, and the sum of 18 images", columns=4, size=1.7);

# %% [markdown]
# In the study, with 0, 1, 2 or 9 of the 20 missing, the number of wrong ones among 4,810 sums was
# <<[mean("secure sum", 0), mean("secure sum", 1), mean("secure sum", 2), mean("secure sum", 9)]|max|int>> at most. A
# training with `combine=secure_average()` does what plain FedAvg does: after three rounds, the weight that differs most
# differs by <<(mean("secure average", "difference") * 1e7)|fixed(1)>> · 10⁻⁷. That is the rounding to $2^{-16}$.
#
# What does it *not* do? The sum is open, and so is the model. If you are one of two clinics, you know the other's
# report; and if nineteen of twenty tell the server what they reported, it knows the twentieth's. (It could also let in
# nineteen clients of its own making.) If a patient is in the sum, the sum tells something about him. A real system also
# signs keys and encrypts the pieces. Ours doesn't, so the server, which hands the pieces on, could open everything: it
# shows the arithmetic, and protects nobody.
#
# ## 12 Privacy as a number
#
# When is a training *private*? One answer that can be proved: when it makes nearly no difference **whether you took
# part**. Take two worlds, one with your clinic and one without (*add or remove one*; some replace one instead, and get
# another number). Whatever anyone sees of the model, its probability is at most $e^\varepsilon$ times as high in one
# world as in the other, except with a probability δ (delta). That is *(ε, δ)-differential privacy*. At ε = 0 nobody can
# tell, apart from δ. At ε = 1, someone who held it for 50:50 that you took part may become sure to 73 %, at ε = 3 to
# 95 %, at ε = 9 to 99.99 %. δ must be well below one in the number of clients, or handing out one clinic in full would
# count as private.
#
# How to get there (DP-FedAvg, McMahan and others, 2018):
#
# 1. **Sample.** Each client takes part in a round with a chance $q$, independently of the others (*Poisson sampling*).
# 2. **Clip.** Each *update* (new weights minus old ones) is shortened to a length $S$ if it is longer. Now one client
#    can move the sum by at most $S$.
# 3. **Noise.** Normal noise of standard deviation $\sigma S$ is added to each number of the sum.
# 4. **Account.** Add up over rounds what was given away.
#
# **Whom do you trust?** Here it is the *server* that adds the noise. It sees every report (clipped, but bare), so ε
# speaks about everybody who sees the *models*, now or later, and does not know who took part in which round; it doesn't
# speak about the server. If each clinic adds noise to its own report, as in part 10, nobody has to be trusted; but for
# a small ε that takes far more noise than there. In between: each adds a small part of the noise, and the masks of part
# 11 see to it that the server sees the sum alone.
#
# ### ✏️ Exercise 5: clip
#
# Write `clip_update(update, norm)`: `update` is a list of arrays, one for each layer. Put all of their numbers in one
# long row (layer after layer, each as `.ravel()` gives it), and if the row is longer than `norm`, shorten it to that
# length. Return the row. *Length* is the root of the sum of all squares, over **all** layers together. An update that
# is short enough stays as it is; one that is all 0 as well. (`update` is a Python list of arrays that differ in shape:
# join them before you calculate.)

# %% name="clip_update" tags=["answer"]
def clip_update(update, norm):
    """The update as one long row, no longer than norm."""
    # BEGIN SOLUTION
    row = np.concatenate([layer.ravel() for layer in update])
    return row / max(1, np.linalg.norm(row) / norm)
    # END SOLUTION

# %% name="check-clip_update" tags=["check"]
lesson.check("clip_update", clip_update)

# %% [markdown]
# What σ is enough? An *accountant* answers: a formula that bounds ε from σ, $q$, the number of rounds and δ. Ours fits
# on a page (`moments_epsilon`); Google's `dp-accounting` computes with the whole distribution of what is given away
# (the *privacy loss distribution*, PLD) and finds a smaller, tighter bound for the same training. **Both assume Poisson
# sampling, so that is what has to run**: "20 chosen at random" is something else.

# %% name="epsilon" tags=["nbval-check-output"]
from coursekit.methods.federated import moments_epsilon

privacy = study.notes("privacy")
for sigma in (1, 2, 4, 8):
    print(f"σ = {sigma}: ε = {moments_epsilon(sigma, privacy['sampling'], privacy['rounds'], privacy['delta']):.2f}")

# %% [markdown]
# And what does it cost? The study has 50 or 200 clients that share the 1,200 digits at random; each takes part in a
# round with a chance of <<notes("privacy")["sampling"]>>, for <<notes("privacy")["rounds"]>> rounds, with three local
# epochs. Test digits right, %:
#
# | | ε (PLD) | ε (ours) | 50 clients | 200 clients |
# |---|---|---|---|---|
# | neither clipped nor noisy | ∞ | ∞ | <<cell("private: K = 50", "none")>> | <<cell("private: K = 200", "none")>> |
# | clipped, σ = 0 | ∞ | ∞ | <<cell("private: K = 50", 0)>> | <<cell("private: K = 200", 0)>> |
# | σ = 1 | <<notes("privacy")["epsilon"]["1"]["PLD"]|fixed(2)>> | <<notes("privacy")["epsilon"]["1"]["moments"]|fixed(2)>> | <<cell("private: K = 50", 1)>> | <<cell("private: K = 200", 1)>> |
# | σ = 2 | <<notes("privacy")["epsilon"]["2"]["PLD"]|fixed(2)>> | <<notes("privacy")["epsilon"]["2"]["moments"]|fixed(2)>> | <<cell("private: K = 50", 2)>> | <<cell("private: K = 200", 2)>> |
# | σ = 4 | <<notes("privacy")["epsilon"]["4"]["PLD"]|fixed(2)>> | <<notes("privacy")["epsilon"]["4"]["moments"]|fixed(2)>> | <<cell("private: K = 50", 4)>> | <<cell("private: K = 200", 4)>> |
# | σ = 8 | <<notes("privacy")["epsilon"]["8"]["PLD"]|fixed(2)>> | <<notes("privacy")["epsilon"]["8"]["moments"]|fixed(2)>> | <<cell("private: K = 50", 8)>> | <<cell("private: K = 200", 8)>> |
#
# (A smaller network than ours, with 32 hidden units. δ = <<notes("privacy")["delta"]>>: below 1/200, and not by much.
# All clipped rows have one learning rate, 0.3; the length $S$ was chosen for each row and column, on validation digits.
# A real federation would pay for such trials with some of its privacy; our ε doesn't count them. The first row also divides by the clients that came; the others divide
# by the number expected.) **Read along a row**: measured in $S$, the noise on the sum is the same, but more clients
# share it, and the more noise there is, the more that counts. For twenty clinics, which we did not measure, expect
# worse than for 50. (The two columns are two federations, not one: with 200, each client has fewer images.) That is a
# reason to make the *patient* the unit instead of the clinic, with noise added inside each clinic; then ε speaks about
# patients.
#
# Drag σ, the number of clients and $S$. **To find out:**
#
# 1. At which σ is ε below 3, and what does it cost with 50 clients, and with 200?
# 2. Is the smallest $S$ best, since it needs least noise? Or the largest?
# 3. How does ε depend on $S$? (Guess before you drag.)

# %% name="clip-and-noise" alt="Three panels. Accuracy against epsilon, a line for 50 clients and one for 200, with the point sigma = 2 at 200 clients marked; epsilon against sigma, falling; accuracy against the clipping length."
sigmas, numbers, lengths = (0, 1, 2, 4, 8), (50, 200), (0.2, 0.4, 0.8)
tried = privacy["validation"]  # accuracy on validation digits, mean of two draws
accuracy = [[[[tried[str(n)][str(s)][str(sigma)] for sigma in sigmas]] for s in lengths] for n in numbers]
rates, deltas = [privacy["sampling"]] * 2, [privacy["delta"]] * 2
clip_and_noise = viz.ClipAndNoise(
    sigmas, numbers, lengths, np.array(accuracy), rates, deltas, privacy["rounds"], measure="validation accuracy"
)
clip_and_noise

# %% [markdown]
# (No sliders? Run the cell: they need a running notebook. The picture above is its first state. Accuracies in it are
# those on *validation* digits, means of two draws, for three of the ten lengths $S$ that were tried; for the table each
# cell took the best of all ten, which with much noise is shorter than these three. "Clip norm" is $S$; ε doesn't depend
# on the number of clients here, so its two lines lie on each other.)
#
# <details><summary>What we found</summary>
#
# 1. Of those measured, from σ = 4 on. At $S$ = 0.4, accuracy falls from
#    <<notes("privacy")["validation"]["50"]["0.4"]["0"]|pct>> to
#    <<notes("privacy")["validation"]["50"]["0.4"]["4"]|pct>> % with 50 clients, and from
#    <<notes("privacy")["validation"]["200"]["0.4"]["0"]|pct>> to
#    <<notes("privacy")["validation"]["200"]["0.4"]["4"]|pct>> % with 200. (At σ = 1 it is the 50 that are ahead.)
# 2. It depends on σ. Without noise, clipping only loses, so the longest is best. But the noise is σ times $S$: the more
#    noise, the shorter $S$ should be.
# 3. Not at all. Clipping and noise scale together; ε depends on their ratio σ, on $q$, on the rounds and on δ.
#
# </details>
#
# ## 13 For real
#
# Until now all clinics lived in one process. Between real machines much else can go wrong: somebody listens, somebody
# pretends to be a clinic, a machine dies in the middle of its work. *Flower* is an open framework for federations. A
# *SuperLink* is the server, a *SuperNode* runs in each clinic. They talk through connections encrypted by *TLS*, as web
# pages do; the server proves who it is by a certificate, and each node by its key. (A *certificate* says "this key
# belongs to that server", signed by an *authority* that both sides trust.) Below, a server and three clinics become
# separate processes, programs that share nothing but these connections, running **the same** functions as above. Then
# we make trouble:
#
# * one more node comes with a **key that nobody has registered**;
# * another one trusts **a different authority**, so it can't tell our server from an impostor;
# * and one clinic is **killed** in the middle of the second round, and started again after it.
#
# **Guess** what each of them costs: the whole training, a round, a report, or nothing?

# %% name="flower"
from coursekit.methods.federated import RoundRules
from coursekit.methods.federated_flower import local_network, replay, why_not

reason = why_not() if SETTINGS["flower"] else "It takes two minutes or more, which the quick profile does not have."
if reason:
    print("This part is skipped.", reason)
else:
    network.set_weights(start)
    three = ClientImages(images, labels, shard_clients(labels, 3, 4, seed=SEED))
    rules = RoundRules(3, selection_s=60, report_s=60, minimal_share=0.6)  # three wanted, two suffice
    with local_network(three) as nodes:
        nodes.add_stranger("unregistered key")
        nodes.add_stranger("other authority")
        job = nodes.start(network, local, rounds=3, seed=SEED, rules=rules)
        job.wait_for_task(1, 2)  # rounds count from 0: clinic 2 has begun the second one
        nodes.kill(2)
        job.wait_for_round(1)
        nodes.start_nodes([2])
        flown = job.history(evaluate=score)
        states = nodes.status()
    for node in states:
        why = node.reason.rpartition("; ")[2] if node.state == "refused" else ""
        print(f"{node.name:17} {node.state:8} {why}")

# %% name="flower-rounds"
if not reason:
    for number, (record, right) in enumerate(zip(flown.records, flown.scores), start=1):
        fates = ", ".join(f"clinic {client} {fate}" for client, fate in sorted(zip(record.clients, record.fate)))
        print(f"round {number}: {fates}; {'committed' if record.committed else 'abandoned'}; {right:.0%} of the test digits")
    same = train_federated(trainer, three, replay(flown.records), 3, local, start, seed=SEED)
    print(f"A round took {np.median(flown.seconds):.0f} s; in one process {np.median(same.seconds):.2f} s.")
    difference = largest_difference(flown.weights, same.weights)
    print("Weights agree to 0.000001 with those of the same rounds in one process:", bool(difference < 1e-6))

# %% [markdown]
# (Skipped? `pip install 'coursekit[federated]'` brings Flower; or read on. Run it on a machine that only you use:
# whoever shares the machine could send the server a program of his own, and it would run with your rights.) What to
# see:
#
# * Both strangers are **refused**. The one without a registered key is turned away by the server; the other one turns
#   away itself, because no authority that it trusts has signed the server's certificate.
# * The clinic that was killed costs **its report** of that round (for the server it is a straggler, or dropped, if it
#   notices), and the time that the server waits for it. The round goes on without it, since two of three suffice by our
#   rules. Started again, it can take part in the next one.
# * The weights agree with those of the same rounds in one process, up to rounding: a federation is the same
#   computation, in other places.
#
# A round takes much longer than in one process, because Flower starts a new Python for each message, and that has to
# load TensorFlow. It is a price for each message, whatever the size of the network. The page
# `docs/federated-deployment.md` has the commands for three real machines, and `coursekit federated up`, `run`, `status`
# and `down` play it on one.
#
# **What this protects, and what not.** TLS hides reports from those who listen on the line. Keys keep out whoever isn't
# registered; but Flower 1.41 asks nobody who *registers* for a password, so that door has to be closed by other means
# (the page says how). Neither hides a report from the server: the masks of part 11 and the noise of part 12 are not in
# it. A clinic's node runs whatever program the server sends. And the server believes the clinics: how many images they
# have, and that their weights are honest; one of them could spoil the model for all. Whoever joins a federation still
# has to trust somebody. These tools limit by how much.
#
# ## 14 ✏️ Exercise 6: a federation of your own
#
# Now all of it, from nothing but NumPy. The next cell has the same network as ours in plain NumPy (64 pixels, 64 hidden
# units, ten kinds): `new_weights(rng)`, `train_locally(weights, images, labels, epochs, rng)`, which returns new
# weights after some epochs at one clinic, and `classify(weights, images)`.

# %% name="clinic-network"
def new_weights(rng):
    """A list of four arrays: weights and biases of two layers."""
    return [rng.normal(0, 0.15, (64, 64)), np.zeros(64), rng.normal(0, 0.15, (64, 10)), np.zeros(10)]


def train_locally(weights, images, labels, epochs, rng, rate=0.1):
    """New weights after some epochs on one clinic's images (n, 64) and labels (n,), in batches of ten."""
    w1, b1, w2, b2 = (layer.copy() for layer in weights)
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(labels)), max(1, len(labels) // 10)):
            x = images[rows]
            hidden = np.maximum(x @ w1 + b1, 0)
            scores = hidden @ w2 + b2
            error = np.exp(scores - scores.max(axis=1, keepdims=True))
            error /= error.sum(axis=1, keepdims=True)  # probability of each kind ...
            error[np.arange(len(rows)), labels[rows]] -= 1  # ... minus 1 for the right one
            error *= rate / len(rows)
            back = (error @ w2.T) * (hidden > 0)
            w2 -= hidden.T @ error
            b2 -= error.sum(axis=0)
            w1 -= x.T @ back
            b1 -= back.sum(axis=0)
    return [w1, b1, w2, b2]


def classify(weights, images):
    """The most likely kind of each image (n, 64)."""
    w1, b1, w2, b2 = weights
    return (np.maximum(images @ w1 + b1, 0) @ w2 + b2).argmax(axis=1)

# %% [markdown]
# Write `federation(images, labels, new)`. `images` and `labels` are lists with an array for each of twenty clinics,
# $(n_k, 64)$ and $(n_k,)$; most clinics have two or three kinds of digits, and they differ in size. Return the kinds of
# the digits `new`, $(m, 64)$. At least 80 % must be right. The clinics set conditions: no image leaves a clinic (work
# with `images[k]` in `train_locally` only), and no clinic does more than **twenty epochs** in all. How many rounds, of
# how many epochs, and weighted how, is up to you. For a mark, this cell runs with the cell above, with a minute of
# time.
#
# (The check can't see whether you have pooled the images, nor count your epochs. The clinics could.)

# %% name="federation" tags=["answer"]
def federation(images, labels, new):
    """The kinds (m,) of the digits new (m, 64), by a network trained at all clinics."""
    # BEGIN SOLUTION
    rng = np.random.default_rng(0)
    weights, sizes = new_weights(rng), [len(kinds) for kinds in labels]
    for _ in range(20):
        reports = [train_locally(weights, x, y, 1, rng) for x, y in zip(images, labels)]
        weights = [np.average(layers, axis=0, weights=sizes) for layers in zip(*reports)]
    return classify(weights, new)
    # END SOLUTION

# %% name="check-federation" tags=["check"]
lesson.check("federation", federation)

# %% [markdown]
# Want more? Let `rate` fall from round to round, or keep the server's steps moving with a momentum; and count how much
# of the pooled score you reach with twenty epochs.
#
# ## 15 Quiz
#
# Set each variable to a letter; the check explains every option, the wrong ones too.
#
# <<asks("quiz_weights")>>

# %% name="quiz_weights" tags=["answer"]
quiz_weights = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_weights = "c"
# END SOLUTION

# %% name="check-quiz_weights" tags=["check"]
lesson.check("quiz_weights", quiz_weights)

# %% [markdown]
# <<asks("quiz_leak")>>

# %% name="quiz_leak" tags=["answer"]
quiz_leak = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_leak = "a"
# END SOLUTION

# %% name="check-quiz_leak" tags=["check"]
lesson.check("quiz_leak", quiz_leak)

# %% [markdown]
# <<asks("quiz_absence")>>

# %% name="quiz_absence" tags=["answer"]
quiz_absence = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_absence = "b"
# END SOLUTION

# %% name="check-quiz_absence" tags=["check"]
lesson.check("quiz_absence", quiz_absence)

# %% [markdown]
# <<asks("quiz_secure")>>

# %% name="quiz_secure" tags=["answer"]
quiz_secure = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_secure = "d"
# END SOLUTION

# %% name="check-quiz_secure" tags=["check"]
lesson.check("quiz_secure", quiz_secure)

# %% [markdown]
# ## 16 Where this sits on the map of data
#
# Each clinic has few images, with good labels. Together they have many. A federation moves each of them to the right
# without moving an image. It doesn't move them up: labels that mean one thing here and another thing there stay what
# they are. Noise for privacy takes back a part of the way.

# %% alt="Quality against quantity of data. One clinic at the upper left, with an arrow far to the right for the federation."
viz.quality_quantity_map(
    {"one clinic": (0.2, 0.72)},
    "A federation moves every clinic to the right",
    moves={"twenty, together": ("one clinic", 0.42, 0.0)},
);

# %% [markdown]
# ## 17 Your own images
#
# A folder for each class, and a table that says who made which image (a microscope, a laboratory, a person): these are
# your clients. Or their names say it: below, `lab3_017.png` comes from the client lab3. Ask before any federation: what
# does each client reach alone, what do all reach pooled (if you may pool), and what do they reach together, on clients
# that took no part?
#
# ```python
# from coursekit.data import group_clients, hold_out_clients, load_folder
#
# mine = load_folder("my_images", size=32, group=r"(lab\d+)")  # see datasets/your_own_folder.md
# clients, unseen = hold_out_clients(group_clients(mine.groups, min_items=10), 2)  # two clients take no part
# trainer = LocalTrainer(mlp(mine.images.shape[1:], (64,), classes=len(np.unique(mine.targets))))
# start, known, new = trainer.weights(), np.concatenate(clients), np.concatenate(unseen)
#
#
# def reached(weights):
#     return trainer.accuracy(weights, mine.images[new], mine.targets[new])
#
#
# short, long = (LocalTraining(epochs, batch_size=10, rate=0.1) for epochs in (5, 150))
# alone = [reached(trainer.train(start, mine.images[rows], mine.targets[rows], long)) for rows in clients]
# pooled = reached(trainer.train(start, mine.images[known], mine.targets[known], long))
# data = ClientImages(mine.images, mine.targets, clients)
# together = reached(train_federated(trainer, data, everyone(len(clients)), 30, short, start).weights)
# print(f"alone {np.mean(alone):.0%} (mean), pooled {pooled:.0%}, together {together:.0%}")
# ```
#
# (The rate is a guess: choose it on other clients than those two.) If the last number is low and more rounds don't help,
# your clients may differ in more than their mix of classes, in stain or in focus; then lesson 05 is the next step.
#
# ## 18 What to remember
#
# * A gradient is a mean over images, so it can be computed in parts: weighted by $n_k$, one step of all clinics is one
#   step on all images.
# * FedAvg saves meetings by letting clinics work longer. The more unequal they are, the more that costs.
# * Say what you hold equal: rounds, or local epochs. The verdict turns round.
# * Who is missing matters more than how many.
# * Average everything the network needs, moving averages included.
# * "No image has left" is no privacy: a gradient can be an image.
# * Masks hide single reports at no cost in accuracy; the sum stays open. Noise protects what the sum tells, and costs
#   accuracy: little for many clients, much for few.
# * ε without δ, the sampling and the number of rounds is no statement.
#
# **Pitfalls.** A plain mean over clinics. Test digits that choose the rate, or a test on the same writers, machines or
# clinics as the training. An optimiser with a memory that is neither sent nor reset. Masks in floating point. An
# accountant for one kind of sampling and a server that does another. A clip for each layer, taken for a clip of the
# whole. A δ of one in ten for twenty clinics. An untested claim that "federated" means "anonymous".
#
# **Further reading**
#
# * McMahan, Moore, Ramage, Hampson, Agüera y Arcas, *Communication-efficient learning of deep networks from
#   decentralized data*, AISTATS 2017, arXiv:1602.05629 (FedSGD, FedAvg, shards)
# * Hsu, Qi, Brown, *Measuring the effects of non-identical data distribution for federated visual classification*,
#   2019, arXiv:1909.06335 (Dirichlet clients)
# * Li, Sahu, Zaheer, Sanjabi, Talwalkar, Smith, *Federated optimization in heterogeneous networks*, MLSys 2020,
#   arXiv:1812.06127 (FedProx)
# * Bonawitz and others, *Towards federated learning at scale: system design*, MLSys 2019, arXiv:1902.01046 (the round)
# * Zhu, Liu, Han, *Deep leakage from gradients*, NeurIPS 2019, arXiv:1906.08935
# * Phong, Aono, Hayashi, Wang, Moriai, *Privacy-preserving deep learning via additively homomorphic encryption*, IEEE
#   TIFS 2018, doi:10.1109/TIFS.2017.2787987 (an image by one division)
# * Bonawitz and others, *Practical secure aggregation for privacy-preserving machine learning*, CCS 2017,
#   doi:10.1145/3133956.3133982
# * Shamir, *How to share a secret*, Communications of the ACM 1979, doi:10.1145/359168.359176
# * Abadi and others, *Deep learning with differential privacy*, CCS 2016, arXiv:1607.00133
# * McMahan, Ramage, Talwar, Zhang, *Learning differentially private recurrent language models*, ICLR 2018,
#   arXiv:1710.06963 (DP-FedAvg)
# * Mironov, Talwar, Zhang, *Rényi differential privacy of the sampled Gaussian mechanism*, 2019, arXiv:1908.10530 (our
#   accountant)
# * Kairouz, McMahan and others, *Advances and open problems in federated learning*, 2021, arXiv:1912.04977
# * Rieke and others, *The future of digital health with federated learning*, npj Digital Medicine 2020,
#   doi:10.1038/s41746-020-00323-1
# * Beutel and others, *Flower: a friendly federated learning research framework*, 2020, arXiv:2007.14390

# %% name="progress"
lesson.progress()
