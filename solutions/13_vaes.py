# ---
# jupyter:
#   coursekit:
#     title: Variational auto-encoders
#     version: 1
#     withheld: [coursekit/methods/vae.py, coursekit/methods/anomaly.py]
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
# # 13 Variational auto-encoders: can a network that has met only health tell illness?
#
# <<badges>>
#
# | | |
# |---|---|
# | **You will be able to** | train an auto-encoder, and say why it can't invent pictures · turn it into a variational one, and read its loss in units of information · notice that a code has died, and revive it · compare invented pictures with a fair rival, and say what they are worth as training data · build an alarm for a machine that has never been seen to fail, and know what fools it |
# | **You need** | Python with NumPy arrays; from lesson 02: what a network, a loss, a gradient and an epoch are. Lessons 07 and 12 help |
# | **Time** | about two hours of reading and solving; the machine computes for about four minutes of them on two CPU cores, and needs no GPU |
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

lesson = open_lesson("13_vaes", version=1)
lesson

# %% [markdown]
# `PROFILE` decides how much is computed: `"quick"` for a first look (fewer digits, shorter training, some parts left
# out), `"standard"` for learning, `"gpu"` for more digits, longer training and more repetitions on a fast machine. The
# code is the same.

# %% name="parameters" tags=["parameters"]
PROFILE = os.environ.get("COURSEKIT_PROFILE", "standard")
SEED = 0

# %% name="imports" tags=["imports"]
import keras
import numpy as np
from keras import ops
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

# %% name="figures"
import matplotlib.pyplot as plt

from coursekit import viz
from coursekit.methods import anomaly, vae
from coursekit.training import Progress, set_seed

viz.use_style()

SETTINGS = {
    "quick": {"digits": 2000, "epochs": 40, "noises": [], "dial": [], "sizes": [], "repeats": 1, "pump_epochs": 30},
    "standard": {
        "digits": 4000,
        "epochs": 40,
        "noises": [0.3],
        "dial": [0.5, 0.3],
        "sizes": [10],
        "repeats": 1,
        "pump_epochs": 100,
    },
    "gpu": {
        "digits": 10000,
        "epochs": 60,
        "noises": [0.1, 0.3, 0.5],
        "dial": [0.7, 0.5, 0.3, 0.2],
        "sizes": [10, 20, 50],
        "repeats": 2,
        "pump_epochs": 200,
    },
}[PROFILE]

# %% [markdown]
# ## 1 Four hundred recordings of a pump
#
# A sensor sits on the gearbox of a pump. Every hour it records a short piece of vibration, a *window*. Below are 400
# windows, one column each: from bottom to top the frequency, as colour how strong the vibration is there (in decibels:
# 10 more means ten times the power). When the first 250 were recorded, the pump was new. Somewhere behind, a ball
# bearing begins to fail. (Pump and recordings are simulated. So we know the truth, and won't tell it yet.)

# %% name="pump" tags=["nbval-check-output"]
from coursekit.data import load

pump = load("bearing", seed=SEED, fault_db=26, late_load=400)  # without its highest load: that comes in part 13
print(len(pump), "windows of", pump.extra["signal"].shape[1], "samples")

# %% alt="A map with the window from 0 to 400 on the horizontal and the frequency from 0 to 12.8 kHz on the vertical axis; colour is the level. Horizontal stripes come and go in blocks where the load changes; towards the right end the bands between 2 and 9 kHz become brighter."
spectra = pump.extra["spectrum"]
figure, axis = plt.subplots(figsize=(10, 3.6))
picture = axis.imshow(
    spectra.T, origin="lower", aspect="auto", extent=(0, len(pump), 0, 12.8), vmin=np.percentile(spectra, 1), cmap="cividis"
)
figure.colorbar(picture, label="level (dB re 1 m/s²)")
axis.axvline(250, color="white", ls="--")
axis.set(xlabel="window", ylabel="frequency (kHz)")
axis.set_title("From which window on is this pump ill?");

# %% [markdown]
# Left of the dashed line all is well. The faint blocks that come and go are its *load*: it has to pump more, or less. The
# fault hides among them. **Guess**: from which window on? Put a number in the place of `None`. Part 12 settles it.

# %% name="guess"
my_guess = None  # a window, 250 to 399
assert my_guess is None or 250 <= my_guess < 400, "Guess a window from 250 to 399."

# %% [markdown]
# Nobody has seen this pump break. There is not a single window with the label *faulty*, so there is nothing to train a
# classifier with. All that we have is health. **Can a network that has met only the healthy machine say when it stops
# being healthy?** For that it would have to learn what *normal* is. What does a learned "normal" look like? We begin
# where it can be seen: with printed digits.
#
# ## 2 Through two numbers and back
#
# Digits of 16 typefaces, a little turned, resized and noisy, each in the middle of its picture. Their labels we keep for
# looking; training never sees them.

# %% name="digits"
from coursekit.data import ImageSet, centred


def printed_digits(n, seed):
    """n digits; each run of ten holds each digit once."""
    drawn = load("glyphs", n, seed=seed, alphabet="digits", rotation_deg=5)
    return ImageSet(centred(drawn.images), drawn.targets)


digits, test = printed_digits(SETTINGS["digits"], SEED + 1), printed_digits(2000, SEED + 2)
print(len(digits), "digits to learn from,", len(test), "to test on, of shape", test.images.shape[1:])

# %% [markdown]
# An *auto-encoder* gives a picture back, through a bottleneck. An *encoder* writes a *code* of a few numbers, a
# *decoder* draws the picture from these numbers alone. The code is also called *latent*, hidden, because nobody
# prescribes what its numbers mean. Ours has two, so that it can be drawn.
#
# $$\text{loss} = \lVert x - d(e(x)) \rVert^2 \qquad\text{with } x \text{ the picture, } e \text{ the encoder, } d \text{ the decoder}$$
#
# The bars mean: square what each pixel gets wrong, and **add up** all 784 pixels. `ops` below is Keras' own NumPy: the
# same names, but Keras can take gradients through it.

# %% name="networks"
def squared_error(x, y):
    """What a drawing gets wrong, added up over its pixels: one number for each picture."""
    return ops.sum(ops.square(x - y), axis=(1, 2, 3))


def hidden_layers():
    """From a picture to 64 numbers."""
    dense = [keras.layers.Dense(units, activation="relu") for units in (256, 64)]
    return keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), *dense])


def new_decoder(codes=2):
    """From a code to a picture."""
    dense = [keras.layers.Dense(units, activation="relu") for units in (64, 256)]
    pixels = keras.layers.Dense(28 * 28, activation="sigmoid")
    return keras.Sequential([keras.Input((codes,)), *dense, pixels, keras.layers.Reshape((28, 28, 1))])

# %% name="auto-encoder"
def train_auto_encoder(noise=0.0, seed=SEED):
    """Encoder and decoder, trained to give pictures back; with noise on what the encoder sees."""
    set_seed(seed)
    encoder = keras.Sequential([hidden_layers(), keras.layers.Dense(2)])
    decoder = new_decoder()
    both = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.GaussianNoise(noise), encoder, decoder])
    both.compile(optimizer=keras.optimizers.Adam(1e-3), loss=squared_error)
    both.fit(
        digits.images,
        digits.images,  # the target is the picture itself, without noise
        epochs=SETTINGS["epochs"],
        batch_size=128,
        verbose=0,
        callbacks=[Progress(f"auto-encoder, noise {noise}")],
    )
    return encoder, decoder


def apply(network, values):
    """What a network makes of pictures or codes, as NumPy arrays."""
    return network.predict(np.asarray(values, "float32"), batch_size=500, verbose=0)


encoder, decoder = train_auto_encoder()

# %% alt="Ten printed digits, 0 to 9, in different typefaces, and below each what comes back through a code of two numbers: often the same digit, smooth, in an average typeface."
codes = apply(encoder, test.images)
back = apply(decoder, codes)
ten = [np.flatnonzero(test.targets == digit)[1] for digit in range(10)]
viz.show(
    [*test.images[ten], *back[ten]],
    [""] * 10 + [f"{a:.1f}, {b:.1f}" for a, b in codes[ten]],
    "Above: test digits. Below: what two numbers (printed) keep of them",
    columns=10,
    size=1.15,
);

# %% [markdown]
# 784 pixels through two numbers. Of some kinds it survives what they were; others, such as 5, 6, 8 and 9, come back as one
# and the same. Typefaces and noise mostly don't survive.
# So this network has an idea of what digits *usually* look like. Part 12 makes use of that: whatever comes back badly
# is unusual.
#
# ## 3 Can it invent?
#
# The decoder turns any two numbers into a picture. So roll dice for two numbers: from the *standard normal
# distribution* $N(0, 1)$ each, that is with mean 0 and standard deviation 1.

# %% alt="Forty pictures drawn from random codes by the auto-encoder: most of them look like one or two kinds of digits or mixtures of them."
def dice(n, seed=SEED):
    """n codes from the standard normal distribution."""
    return np.random.default_rng(seed).normal(size=(n, 2))


viz.show(apply(decoder, dice(40)), [], "Auto-encoder: random codes", columns=20, size=0.55);

# %% [markdown]
# Compare with real ones: are all ten digits there, each about as often? To see why not, look where the codes of *real*
# digits lie:

# %% name="where" alt="A scatter of the codes of 2,000 test digits in ten colours, stretched over a region much larger than the unit circle, which is drawn in the middle as the place where random codes fall."
def plot_codes(axis, codes, title):
    """Codes of test digits, a colour for each kind, with the region that N(0, 1) draws from."""
    axis.scatter(*codes.T, c=test.targets, cmap="tab10", s=4, alpha=0.6)
    for kind in range(10):  # a name as well: ten colours are too many to tell apart
        axis.text(*np.median(codes[test.targets == kind], axis=0), str(kind), weight="bold", ha="center", va="center")
    for radius in (1, 2):
        axis.add_patch(plt.Circle((0, 0), radius, fill=False, ec="black", ls="--"))
    axis.set(xlabel="code, first number", ylabel="code, second number", aspect="equal", title=title)


figure, axis = plt.subplots(figsize=(5.6, 5))
plot_codes(axis, codes, "Auto-encoder: dice fall into the circles")
print("standard deviation of the codes: {:.1f} and {:.1f}; of the dice: 1 and 1".format(*codes.std(axis=0)))

# %% [markdown]
# (Dashed: one and two standard deviations of the dice.) Nobody has told the auto-encoder where to put its codes, so it
# puts them anywhere. In the course's recorded study, from which all numbers in this text come (five draws of digits and
# weights; ± is the standard deviation over them), the codes spread over <<mean("digits: AE", "spread")|fixed(1)>> ±
# <<sd("digits: AE", "spread")|fixed(1)>>. (Your run may lie
# outside; and the middle of the codes need not be at 0, either.) **We asked where hardly anyone lives.**
#
# How bad is that? We need a number for "looks like printed digits". The *Fréchet distance* (FID, from lesson 12) asks a
# network that has seen none of them, here the letter network of lesson 07, how much each picture looks like each of its 29
# letters, and compares mean and covariance of these 29 numbers between real and invented pictures. 0: no difference.
# Smaller is better. It compares only what was measured with the same network and the same number of pictures.

# %% name="fid"
from coursekit.methods.picture_features import features_to_compare
from coursekit.metrics.generated import frechet_distance


def fid(pictures):
    """Fréchet distance of invented pictures from the test digits."""
    return frechet_distance(*features_to_compare(test.images, pictures))


others = printed_digits(2000, SEED + 3).images
print(f"2,000 other real digits: {fid(others):.2f}")
print(f"auto-encoder, dice:      {fid(apply(decoder, dice(2000))):.2f}")

# %% [markdown]
# ## 4 Does noise help?
#
# A *denoising* auto-encoder has to give back the clean picture from a noisy one. It can't copy pixels; it must know
# what digits look like. It has been said that this makes better codes. (`train_auto_encoder` above can do it:
# `GaussianNoise` adds noise in training only.)

# %% alt="Digits with strong noise above, and below what the denoising auto-encoder makes of them: clean digits, some of them wrong ones. In the quick profile nothing is shown."
for noise in SETTINGS["noises"]:
    denoising = train_auto_encoder(noise)
    noisy = (test.images[ten] + noise * np.random.default_rng(SEED).normal(size=(10, 28, 28, 1))).clip(0, 1)
    cleaned = apply(denoising[1], apply(denoising[0], noisy))
    viz.show([*noisy, *cleaned], [], f"Noise {noise}: seen above, given back below", columns=10, size=1)
    print(f"noise {noise}: FID of dice {fid(apply(denoising[1], dice(2000))):.1f}")

# %% [markdown]
# In the study: FID with dice <<mean("digits: DAE", "FID N(0, 1)")|fixed(1)>> ±
# <<sd("digits: DAE", "FID N(0, 1)")|fixed(1)>> with noise 0.3, against <<mean("digits: AE", "FID N(0, 1)")|fixed(1)>> ±
# <<sd("digits: AE", "FID N(0, 1)")|fixed(1)>> without. It cleans. But it, too, puts its codes where it likes (spread
# <<mean("digits: DAE", "spread")|fixed(1)>>): noise on the *picture* doesn't say where codes should be. So let's say
# it.
#
# ## 5 A cloud instead of a point
#
# A *variational* auto-encoder (VAE; Kingma and Welling, 2014) changes two things.
#
# * **Each picture gets a cloud, not a point.** A cloud is a normal distribution. The encoder gives two lists, $\mu$ (its mean, where
#   the middle is) and $\log \sigma^2$ ($\sigma$ is its standard deviation, how wide it is; as a logarithm, so that no number is forbidden). The code is drawn from that cloud, anew
#   each time. If a neighbour's cloud overlaps, the decoder can't tell the two apart: so similar pictures had better be
#   neighbours.
# * **All clouds are pulled towards $N(0, 1)$**, the place where we will roll the dice. It is called the *prior*: what
#   we say about codes before we have seen a picture.
#
# What does the pull cost? The *Kullback–Leibler divergence* (KL) measures how far a cloud is from the prior. It is an
# amount of information: how much the code tells about the picture. Its unit is the *nat*, the bit's sister with natural
# logarithms; 1 nat is 1.44 bits. To say which of ten equally likely digits it is takes $\log 10 = 2.3$ nats. For one
# dimension of one cloud,
#
# $$\text{KL} = \tfrac12 \left( \mu^2 + \sigma^2 - \log \sigma^2 - 1 \right)$$
#
# It is 0 where the cloud *is* the prior ($\mu = 0$, $\sigma = 1$): then the code says nothing. The dimensions of a
# cloud are independent, and information adds up.
#
# ### ✏️ Exercise 1: what a cloud costs
#
# Write `kl_to_standard_normal(mu, logvar)`: for clouds $(n, k)$ ($n$ pictures, $k$ dimensions; `logvar` is
# $\log \sigma^2$) the nats of each cloud, shape $(n,)$. **Use `ops`, not `np`**: `ops.exp`, `ops.square`,
# `ops.sum(…, axis=1)`. Your function will train a network in a moment. For a mark, the grader runs this cell alone
# (`ops`, `keras` and `np` are there).

# %% name="kl_to_standard_normal" tags=["answer"]
def kl_to_standard_normal(mu, logvar):
    """Nats of each cloud (n,), from means and log variances (n, k)."""
    # BEGIN SOLUTION
    return ops.sum((ops.square(mu) + ops.exp(logvar) - logvar - 1) / 2, axis=1)
    # END SOLUTION

# %% [markdown]
# The check calls your function and compares. It says *correct*, *not yet* (what was expected, what came), *raised* or
# *not attempted*. Stuck? Run `lesson.hint("kl_to_standard_normal")` in a cell of its own, as often as you like: each
# call goes one step further.

# %% name="check-kl_to_standard_normal" tags=["check"]
lesson.check("kl_to_standard_normal", kl_to_standard_normal)

# %% [markdown]
# ### ✏️ Exercise 2: dice with a gradient
#
# To draw from a cloud is a throw of dice, and dice have no gradient: how should $\mu$ change so that a throw turns out
# better? The trick: throw first, $\varepsilon$ from $N(0, 1)$, and *then* move and stretch it. That is the cloud, and
# it has a gradient.
#
# $$z = \mu + \sigma \, \varepsilon$$
#
# Write `reparameterise(mu, logvar, eps)`, all of shape $(n, k)$; again with `ops`, and again `logvar` is $\log \sigma^2$.

# %% name="reparameterise" tags=["answer"]
def reparameterise(mu, logvar, eps):
    """A code from each cloud (n, k)."""
    # BEGIN SOLUTION
    return mu + ops.exp(logvar / 2) * eps
    # END SOLUTION

# %% name="check-reparameterise" tags=["check"]
lesson.check("reparameterise", reparameterise)

# %% [markdown]
# ## 6 The loss, term by term
#
# How probable does the network find a picture $x$? It can't say exactly, but it can give a bound from below, the
# *evidence lower bound* (ELBO):
#
# $$\log p(x) \;\ge\; \underbrace{\text{mean of } \log p(x \mid z) \text{ over the cloud}}_{\text{how well is } x \text{ drawn?}} \;-\; \underbrace{\text{KL}(\text{cloud}, N(0, 1))}_{\text{what did the code cost?}}$$
#
# ($p(x \mid z)$: how probable picture $x$ is if its code is $z$.)
# If a pixel may be off from its drawing by $s$ (a normal distribution with that standard deviation), the first term is
# $-\lVert x - y \rVert^2 / 2 s^2$, up to a constant. So we make small
#
# $$\text{loss} = \frac{\lVert x - y \rVert^2}{2 s^2} + \beta \, \text{KL}$$
#
# $y$ is what was drawn from the code. $\beta$ is a weight; with $\beta = 1$ this is the negative ELBO, up to a constant. **$s$ says how
# exactly a drawing is held to its picture.** It is a property of your data and your patience, and it sets the exchange
# rate: at $s = 1$ a nat is worth it if it lowers the squared error by more than 2, at $s = 0.5$ by more than 0.5.
#
# ### ✏️ Exercise 3: the loss, and a classic mistake
#
# Write `vae_loss(x, y, mu, logvar, beta, s)` for pictures $x$ and drawings $y$, $(n, h, w, 1)$, and clouds $(n, k)$:
# **one number**, the mean over the pictures. Within a picture, pixels are *added up*, as in the formula. (The mistake
# is waiting there. You will meet it in part 8.) With `ops`; and as this cell runs alone for a mark, your line for KL
# has to be in it once more.

# %% name="vae_loss" tags=["answer"]
def vae_loss(x, y, mu, logvar, beta, s):
    """Mean over pictures of the squared error over 2 s², plus beta times the nats of its cloud."""
    # BEGIN SOLUTION
    error = ops.sum(ops.square(x - y), axis=(1, 2, 3))
    kl = ops.sum((ops.square(mu) + ops.exp(logvar) - logvar - 1) / 2, axis=1)
    return ops.mean(error / (2 * s**2) + beta * kl)
    # END SOLUTION

# %% name="check-vae_loss" tags=["check"]
lesson.check("vae_loss", vae_loss)

# %% [markdown]
# Wherever a later cell needs an answer of yours, lines like the next ones take yours if it passes its check, and
# otherwise the course's own version. (Here they also try it with placeholders instead of numbers, as Keras does in
# training; `np.exp` can't work with these.)

# %% name="use-parts"
def trainable(yours, ours, *shapes):
    """Yours if it works in training, else the course's own version."""
    try:
        yours(*(keras.KerasTensor(shape) for shape in shapes))
        return yours
    except Exception as problem:
        print(f"It can't be trained with ({type(problem).__name__}): use `ops` in the place of `np`. We go on with ours.")
        return ours


kl_to_standard_normal = lesson.use("kl_to_standard_normal", kl_to_standard_normal, vae.kl_to_standard_normal)
kl_to_standard_normal = trainable(kl_to_standard_normal, vae.kl_to_standard_normal, (8, 2), (8, 2))
reparameterise = lesson.use("reparameterise", reparameterise, vae.reparameterise)
reparameterise = trainable(reparameterise, vae.reparameterise, (8, 2), (8, 2), (8, 2))
vae_loss = lesson.use("vae_loss", vae_loss, vae.vae_loss)
vae_loss = trainable(vae_loss, vae.vae_loss, (8, 28, 28, 1), (8, 28, 28, 1), (8, 2), (8, 2), (), ())

# %% [markdown]
# Now the whole VAE. An encoder with two outputs, the same decoder as before, and a model that puts your three functions
# together; `add_loss` tells `fit` what to make small. We begin with $s = 0.8$, which is loose for pixels between 0 and
# 1; part 9 comes back to it.

# %% name="VAE"
def new_encoder(codes=2):
    """From a picture to the means and the log variances of its cloud."""
    pictures = keras.Input((28, 28, 1))
    hidden = hidden_layers()(pictures)
    mu = keras.layers.Dense(codes)(hidden)
    # One step too far, and exp(logvar) would be infinite.
    logvar = ops.clip(keras.layers.Dense(codes)(hidden), -10, 10)
    return keras.Model(pictures, [mu, logvar])


class VAE(keras.Model):
    """An encoder to clouds, a decoder, and the loss that trains both."""

    def __init__(self, s=1.0, beta=1.0, loss=None, seed=SEED):
        super().__init__()
        self.encoder, self.decoder = new_encoder(), new_decoder()
        self.draws = keras.random.SeedGenerator(seed)
        self.s, self.beta = s, keras.Variable(beta, trainable=False)
        self.loss_of = loss or vae_loss
        self.error, self.kl = keras.metrics.Mean("error"), keras.metrics.Mean("KL")

    def call(self, x):
        mu, logvar = self.encoder(x)
        eps = keras.random.normal(ops.shape(mu), seed=self.draws)
        y = self.decoder(reparameterise(mu, logvar, eps))
        self.add_loss(self.loss_of(x, y, mu, logvar, self.beta, self.s))
        self.error.update_state(squared_error(x, y))
        self.kl.update_state(kl_to_standard_normal(mu, logvar))
        return y


def train_vae(title, s=1.0, beta=1.0, loss=None, seed=SEED, callbacks=()):
    """A trained VAE, and its two terms after each epoch."""
    set_seed(seed)
    model = VAE(s, beta, loss, seed)
    model.compile(optimizer=keras.optimizers.Adam(1e-3))
    history = model.fit(
        digits.images, epochs=SETTINGS["epochs"], batch_size=128, verbose=0, callbacks=[Progress(title), *callbacks]
    )
    return model, history.history


S = 0.8
model, history = train_vae(f"VAE, s = {S}", S)

# %% name="vae-codes" alt="Left, codes of test digits from the VAE: ten coloured groups that together fill the circles of the dice. Right, forty pictures drawn from random codes by the VAE: digits of several kinds."
vae_codes = apply(model.encoder, test.images)[0]
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6))
plot_codes(left, vae_codes, "VAE: codes lie where dice fall")
drawn = apply(model.decoder, dice(48)).reshape(6, 8, 28, 28)
right.imshow(drawn.transpose(0, 2, 1, 3).reshape(6 * 28, 8 * 28), cmap="gray", vmin=0, vmax=1)
right.axis("off")
right.set_title("The same dice, drawn by the VAE")
print("standard deviation of the codes: {:.2f} and {:.2f}".format(*vae_codes.std(axis=0)))
print(f"FID with dice: VAE {fid(apply(model.decoder, dice(2000))):.2f}, auto-encoder {fid(apply(decoder, dice(2000))):.2f}")

# %% [markdown]
# The same dice, the same layers. (Two numbers are few: kinds that share a place come out as one. Look for a 0 and a 9.) In the study, FID with dice is
# <<mean("digits: VAE, s = 0.8", "FID N(0, 1)")|fixed(1)>> ± <<sd("digits: VAE, s = 0.8", "FID N(0, 1)")|fixed(1)>> for
# this VAE and <<mean("digits: AE", "FID N(0, 1)")|fixed(1)>> ± <<sd("digits: AE", "FID N(0, 1)")|fixed(1)>> for the
# auto-encoder. It has a price, if a small one: test digits come back with a squared error of
# <<mean("digits: VAE, s = 0.8", "error")|fixed(1)>> instead of <<mean("digits: AE", "error")|fixed(1)>>.
#
# ## 7 Nats, spent
#
# Look at the two terms while it learned.

# %% alt="Two panels against the epoch, in nats. Left, squared error over two s squared falls steeply, then slowly. Right, KL from the second epoch on: it falls at first and then rises slowly."
figure, (left, right) = plt.subplots(1, 2, figsize=(10.4, 3.4))
epochs = np.arange(1, len(history["KL"]) + 1)
left.plot(epochs, np.array(history["error"]) / (2 * S**2))
left.set(xlabel="epoch", ylabel="squared error / 2 s² (nats)")
left.set_title("Your run: what drawings get wrong ...")
right.plot(epochs[1:], history["KL"][1:], color=viz.COLOURS[1])
right.set(xlabel="epoch (from the second on)", ylabel="KL (nats)", ylim=(0, None))
right.set_title("... and what codes cost");

# %% [markdown]
# In the first epochs the clouds lie anywhere: nats are spent and buy nothing, so they are saved. Then the decoder learns
# to make use of the code, and nats are invested again, because each of them lowers the error by more than it costs. At the
# end (study, test digits) the code holds <<mean("digits: VAE, s = 0.8", "KL")|fixed(2)>> nats. As a rule of thumb, $k$
# nats tell at most $e^k$ pictures apart: here about <<(2.718281828 ** mean("digits: VAE, s = 0.8", "KL"))|round|int>>.
#
# **Which dimension spends?** A VAE may leave a dimension of its code unused: then it costs 0 nats there, and its number
# is pure noise. Given 16 numbers instead of 2 (and $s = 0.3$), it chooses how many it needs (study):

# %% alt="Bars of the nats in each of 16 dimensions of the code, sorted: a few dimensions with several tenths of a nat to over a nat, the others at zero."
study = lesson.evidence
used = study.values("digits: KL per dimension, VAE, 16 numbers")
figure, axis = plt.subplots(figsize=(7, 3))
axis.bar(np.arange(1, used.shape[1] + 1), used.mean(axis=0), yerr=used.std(axis=0, ddof=1), color=viz.COLOURS[0], capsize=3)
axis.set(xlabel="dimension of the code, sorted by nats", ylabel="KL (nats)")
axis.set_title("Of sixteen numbers, some are hardly used");

# %% [markdown]
# Of its 16 dimensions, <<mean("digits: VAE, 16 numbers", "used")|fixed(1)>> hold more than 0.1 nat. The squared error
# is then <<mean("digits: VAE, 16 numbers", "error")|fixed(1)>> (an auto-encoder with 16 numbers:
# <<mean("digits: AE, 16 numbers", "error")|fixed(1)>>). An auto-encoder keeps no such account. **KL per dimension is the
# first thing to print when a VAE disappoints.**
#
# ## 8 Kill the code, and revive it
#
# Now a mistake that is easily made. In the loss, change one word: `ops.mean` over the pixels instead of
# `ops.sum`. It looks harmless; Keras' own `"mse"` does it.

# %% name="collapse"
def mean_loss(x, y, mu, logvar, beta, s):
    """The same loss, but with the mean over pixels."""
    error = ops.mean(ops.square(x - y), axis=(1, 2, 3))
    return ops.mean(error / (2 * s**2) + beta * kl_to_standard_normal(mu, logvar))


collapsed, collapsed_history = train_vae("mean over pixels", S, loss=mean_loss)

# %% alt="Left, KL against the epoch for the sum and for the mean over pixels: with the mean it falls to zero. Right, sixteen pictures drawn by the VAE with the mean: all the same blurred average digit."
figure, (left, right) = plt.subplots(1, 2, figsize=(10.4, 3.4), width_ratios=(1.3, 1))
left.plot(epochs, history["KL"], label="sum over pixels")
left.plot(epochs, collapsed_history["KL"], "--", color=viz.COLOURS[1], label="mean over pixels")
left.set(xlabel="epoch", ylabel="KL (nats)")
left.set_title("Your run: one word, and the nats are gone")
left.legend()
drawn = apply(collapsed.decoder, dice(16)).reshape(2, 8, 28, 28)
right.imshow(drawn.transpose(0, 2, 1, 3).reshape(2 * 28, 8 * 28), cmap="gray", vmin=0, vmax=1)
right.axis("off")
right.set_title("Every code draws the same")
print(f"last loss: sum {history['loss'][-1]:.2f}, mean {collapsed_history['loss'][-1]:.4f}")

# %% [markdown]
# The loss looks wonderful. But 784 pixels have become one, the error weighs 784 times less, and no nat is worth its
# price any more. The encoder answers "$N(0, 1)$" to everything, the decoder draws the average of all digits. The
# statisticians' word for the cloud is *posterior*, so this is called *posterior collapse*. In the study (all three with
# $s = 1$):
#
# | | KL (nats) | squared error | nearest neighbour in the code is of the same kind, % |
# |---|---|---|---|
# | VAE, s = 1, sum | <<mean("digits: VAE, s = 1", "KL")|fixed(2)>> | <<mean("digits: VAE, s = 1", "error")|fixed(1)>> | <<mean("digits: VAE, s = 1", "neighbours")|pct>> |
# | mean over pixels | <<mean("digits: mean", "KL")|fixed(2)>> | <<mean("digits: mean", "error")|fixed(1)>> | <<mean("digits: mean", "neighbours")|pct>> |
# | sum, β = 30 | <<mean("digits: beta = 30", "KL")|fixed(2)>> | <<mean("digits: beta = 30", "error")|fixed(1)>> | <<mean("digits: beta = 30", "neighbours")|pct>> |
#
# (Ten kinds: 10 % would be guessing.) A weight $\beta$ of 30 kills the code just as the mean does: both make nats too dear.
#
# A cure that you will read about is the *warm-up*: let $\beta$ rise from near 0, so that the code is in use before it
# has to pay in full (Bowman and others, 2016). In Keras a callback does it:

# %% name="warm-up" alt="KL against the epoch for beta = 30 with a warm-up over the first half of the epochs: some nats at first, none at the end."
class WarmUp(keras.callbacks.Callback):
    """Raises beta in equal steps until it has its full value."""

    def __init__(self, epochs, beta):
        super().__init__()
        self.epochs, self.full = epochs, beta

    def on_epoch_begin(self, epoch, logs=None):
        self.model.beta.assign(self.full * min(1, (epoch + 1) / (self.epochs + 1)))


half = SETTINGS["epochs"] // 2
_, warmed = train_vae("β = 30, warm-up", S, beta=30.0, callbacks=[WarmUp(half, 30.0)])
figure, axis = plt.subplots(figsize=(6.4, 3))
axis.plot(epochs, warmed["KL"])
axis.axvline(half, color="#57606a", ls=":")
axis.set(xlabel="epoch (dotted: β has reached 30)", ylabel="KL (nats)")
axis.set_title("Your run: the nats go while β still rises");

# %% [markdown]
# | with warm-up over half of the epochs | KL (nats) | squared error |
# |---|---|---|
# | mean over pixels | <<mean("digits: mean, warm-up", "KL")|fixed(2)>> | <<mean("digits: mean, warm-up", "error")|fixed(1)>> |
# | sum, β = 30 | <<mean("digits: beta = 30, warm-up", "KL")|fixed(2)>> | <<mean("digits: beta = 30, warm-up", "error")|fixed(1)>> |
#
# Here it cures nothing. A warm-up helps a code over a bad *start*; where nats are too dear at the *end*, the code lives
# for a few epochs and dies while β rises. (The mean over pixels is like a $\beta$ of 784: there even the first steps of the warm-up
# are too dear.) **The cure is the right price**: sum over pixels, and an $s$ that fits your data.
#
# ## 9 The honest dial
#
# Some turn $\beta$ until samples look nice. But $\beta$ and $s$ do the same: multiply the loss by $2 s^2$, and you see
# that only $\beta s^2$ counts. Of the two, $s$ has a meaning that you can check: how far off are the pixels? So turn
# $s$.

# %% name="dial"
models = {S: model}
for s in SETTINGS["dial"]:
    models[s], _ = train_vae(f"VAE, s = {s}", s=s)
for s, one in models.items():
    mu, logvar = apply(one.encoder, test.images)
    error = squared_error(test.images, apply(one.decoder, mu))
    nats = kl_to_standard_normal(mu, logvar)
    print(f"s = {s}: squared error {np.mean(error):.1f}, KL {np.mean(nats):.2f} nats, spread of codes {mu.std(axis=0).mean():.2f}")

# %% alt="Squared error of test digits against KL in nats for VAEs with s of 1, 0.8, 0.5 and 0.3, from the study, with the plain auto-encoder's error as a dashed line: the smaller s, the more nats and the smaller the error."
dials = (1, 0.8, 0.5, 0.3)
figure, axis = plt.subplots(figsize=(6.4, 3.8))
for s, colour in zip(dials, viz.COLOURS):
    nats, errors = study.at(f"digits: VAE, s = {s}", "KL"), study.at(f"digits: VAE, s = {s}", "error")
    axis.plot(nats, errors, "o", ms=4, alpha=0.5, color=colour)
    axis.annotate(f"s = {s}", (nats.mean(), errors.mean()), xytext=(6, 6), textcoords="offset points", color=colour)
axis.axhline(study.mean("digits: AE", "error"), color="black", ls="--")
axis.margins(x=0.12)
axis.text(axis.get_xlim()[0], study.mean("digits: AE", "error"), " auto-encoder", va="bottom", fontsize=9)
axis.set(xlabel="KL (nats), test digits", ylabel="squared error, test digits")
axis.set_title("A closer drawing costs nats (dots: five draws)");

# %% [markdown]
# | study | squared error | KL (nats) | spread of the codes | FID with dice |
# |---|---|---|---|---|
# | auto-encoder | <<mean("digits: AE", "error")|fixed(1)>> | | <<mean("digits: AE", "spread")|fixed(2)>> | <<mean("digits: AE", "FID N(0, 1)")|fixed(1)>> ± <<sd("digits: AE", "FID N(0, 1)")|fixed(1)>> |
# | VAE, s = 0.3 | <<mean("digits: VAE, s = 0.3", "error")|fixed(1)>> | <<mean("digits: VAE, s = 0.3", "KL")|fixed(2)>> | <<mean("digits: VAE, s = 0.3", "spread")|fixed(2)>> | <<mean("digits: VAE, s = 0.3", "FID N(0, 1)")|fixed(1)>> ± <<sd("digits: VAE, s = 0.3", "FID N(0, 1)")|fixed(1)>> |
# | VAE, s = 0.5 | <<mean("digits: VAE, s = 0.5", "error")|fixed(1)>> | <<mean("digits: VAE, s = 0.5", "KL")|fixed(2)>> | <<mean("digits: VAE, s = 0.5", "spread")|fixed(2)>> | <<mean("digits: VAE, s = 0.5", "FID N(0, 1)")|fixed(1)>> ± <<sd("digits: VAE, s = 0.5", "FID N(0, 1)")|fixed(1)>> |
# | VAE, s = 0.8 | <<mean("digits: VAE, s = 0.8", "error")|fixed(1)>> | <<mean("digits: VAE, s = 0.8", "KL")|fixed(2)>> | <<mean("digits: VAE, s = 0.8", "spread")|fixed(2)>> | <<mean("digits: VAE, s = 0.8", "FID N(0, 1)")|fixed(1)>> ± <<sd("digits: VAE, s = 0.8", "FID N(0, 1)")|fixed(1)>> |
# | VAE, s = 1 | <<mean("digits: VAE, s = 1", "error")|fixed(1)>> | <<mean("digits: VAE, s = 1", "KL")|fixed(2)>> | <<mean("digits: VAE, s = 1", "spread")|fixed(2)>> | <<mean("digits: VAE, s = 1", "FID N(0, 1)")|fixed(1)>> ± <<sd("digits: VAE, s = 1", "FID N(0, 1)")|fixed(1)>> |
#
# Two things happen as $s$ gets smaller. Drawings come closer to their pictures, down to what the auto-encoder does and even a
# little below (on *test* digits; perhaps because a code that trembles is harder to learn by heart, which we did not test); and
# the codes spread, past the 1 of the dice. FID with dice feels both: look for its smallest value in the last column.
#
# (And the honest value? The auto-encoder's drawings are off by
# <<((mean("digits: AE", "error") / 784) ** 0.5)|fixed(2)>> a pixel: square root of the error over 784 pixels. Measured
# by that, all four are too large, and 0.8 is far too large. (We did not try so small an $s$.) Whoever uses a large $s$, or a $\beta$ above 1, pays with
# detail for tidy codes. That may be what you want. Say so.)
#
# Explore the four. **To find out:**
#
# 1. Walk in the VAE from the middle of one kind to the middle of another. Is what lies between a digit?
# 2. Do the same in the auto-encoder, and then go far out. What does a decoder say where it has never seen a code?
# 3. Which model draws the same everywhere, and which share of its codes lies where dice fall?

# %% name="latent-explorer" alt="Latent explorer: codes of test digits in the plane of the VAE, a grid of 12 by 12 pictures decoded from the plane, and the digit at the handle, which stands at 0, 0."
small = min(models)


def codes_and_decoder(one):
    """What the explorer needs of a VAE."""
    return apply(one.encoder, test.images)[0], lambda codes: apply(one.decoder, codes)


explorer = viz.LatentExplorer(
    {
        f"VAE, s = {S}": codes_and_decoder(model),
        "auto-encoder": (codes, lambda codes: apply(decoder, codes)),
        **({f"VAE, s = {small}": codes_and_decoder(models[small])} if small < S else {}),
        "collapsed": codes_and_decoder(collapsed),
    },
    test.targets,
)
explorer

# %% [markdown]
# (No sliders? Run the cell: they need a running notebook. The picture above is the explorer's first state.)
#
# <details><summary>What we found</summary>
#
# 1. Between neighbours you see mixtures: something between a 3 and an 8 is no digit that anyone prints. A VAE has no
#    gaps, and it pays for that with pictures that lie between kinds.
# 2. Far out, pictures become extreme, or one of them fills a whole region. A decoder never says "I don't know".
# 3. The collapsed one. Its codes all lie in the middle: they say nothing, so they need no room.
#
# </details>
#
# ## 10 The fair rival
#
# The VAE beat the auto-encoder. But was the fight fair? Dice from $N(0, 1)$ were *its* dice. Let the auto-encoder have
# dice that suit it: fit a normal distribution to the codes of its training digits, mean and covariance, and throw from
# that. It is two lines, and no network has to learn anything more.

# %% alt="Forty pictures drawn by the auto-encoder from a normal distribution that was fitted to its codes: digits of several kinds."
def fitted_dice(codes, n, seed=SEED):
    """n codes from the normal distribution that fits the given ones."""
    return np.random.default_rng(seed).multivariate_normal(codes.mean(axis=0), np.cov(codes.T), n)


training_codes = apply(encoder, digits.images)
drawn = apply(decoder, fitted_dice(training_codes, 40))
viz.show(drawn, [], "Auto-encoder: dice that were fitted to its codes", columns=20, size=0.55)
print(f"FID: auto-encoder with fitted dice {fid(apply(decoder, fitted_dice(training_codes, 2000))):.2f}")
print(f"     VAE with N(0, 1)              {fid(apply(model.decoder, dice(2000))):.2f}")

# %% alt="Dots of FID on a logarithmic axis for the auto-encoder, the denoising auto-encoder and VAEs with s of 1, 0.8, 0.5 and 0.3: circles for dice from N(0, 1), squares for dice fitted to the codes, with the floor of real digits as a dashed line. Auto-encoders are far to the right with N(0, 1) and come close to the VAEs or pass them with fitted dice."
arms = {"AE": "auto-encoder", "DAE": "denoising"} | {f"VAE, s = {s}": f"VAE, s = {s}" for s in dials}
figure, axis = plt.subplots(figsize=(8, 3.8))
for row, arm in enumerate(arms):
    for x, marker, colour, shift in (
        ("FID N(0, 1)", "o", viz.COLOURS[0], 0.13),
        ("FID fitted", "s", viz.COLOURS[1], -0.13),
    ):
        values = study.at(f"digits: {arm}", x)
        axis.plot(values, np.full(len(values), row + shift), marker, ms=4, alpha=0.5, color=colour)
        label = ("dice: N(0, 1)" if marker == "o" else "dice: fitted to the codes") if row == 0 else None
        axis.plot(values.mean(), row + shift, marker, ms=9, mfc="none", mew=2, color=colour, label=label)
axis.axvline(study.mean("digits: real", "FID"), color="black", ls="--", label="real digits")
axis.set_yticks(range(len(arms)), list(arms.values()))
axis.set(xscale="log", xlabel="FID (smaller is better; dots: five draws, open: mean)")
axis.set_title("What the auto-encoder lacked was its dice")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# In the study, FID falls from <<mean("digits: AE", "FID N(0, 1)")|fixed(1)>> to
# <<mean("digits: AE", "FID fitted")|fixed(1)>> for the auto-encoder when its dice fit. The VAE with $s = 0.8$ has
# <<mean("digits: VAE, s = 0.8", "FID N(0, 1)")|fixed(1)>> with its own dice. **The missing piece was the prior, not the
# network.** (Give the VAE with $s = 0.3$ fitted dice, too, and it has
# <<mean("digits: VAE, s = 0.3", "FID fitted")|fixed(1)>>: with the same help, the two are close.) Ask for this comparison when
# somebody shows you what a VAE has invented.
#
# What is left of the VAE's advantage? It knows its dice beforehand; with many dimensions, a fitted normal distribution
# may fit badly; its codes have a price in nats, from which you can read whether they are used; and it has a model of
# probability behind it. Whether that pays is a question to your data.
#
# ## 11 What are invented digits worth?
#
# Suppose you have ten labelled digits of each kind. Train one small VAE for each kind on its ten pictures, let each
# invent more, and give all of them to a classifier, with the label of their VAE. More data from nothing?

# %% name="invent"
from coursekit.augment import recipe
from coursekit.efficiency import LearningCurve
from coursekit.models import dense_decoder, letter_network, variational_encoder
from coursekit.training import Batches


def invent(images, labels, n=200, seed=SEED):
    """n new pictures of each kind, from one VAE for each kind, and their labels."""
    pictures = []
    for kind in range(10):
        own = images[labels == kind]
        batch = min(32, len(own))
        # Smaller than the one above, but with four numbers: `vae.train_vae` is the same training, written once for all.
        pair = variational_encoder((28, 28, 1), (128, 32), 4, seed), dense_decoder((28, 28, 1), (128, 32), 4, seed=seed + 1)
        vae.train_vae(*pair, own, 400 // (len(own) // batch), s=0.3, batch_size=batch, rate=2e-3, seed=seed)
        pictures.append(vae.sample(pair[1], n, seed + kind))
    return np.concatenate(pictures), np.repeat(np.arange(10), n)


def typed(n, seed):
    """n digits as the simulator makes them, not centred: centred ones are too easy to show a difference."""
    return load("glyphs", n, seed=seed, alphabet="digits")


unseen = typed(2000, SEED + 3)


def classify(images, labels, augment=None, rate=6e-3, seed=SEED):
    """Share of unseen digits that a small convolutional network names rightly after 300 steps."""
    set_seed(seed)
    network = letter_network(classes=10)
    network.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, 300)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    network.fit(Batches(images, labels, 32, 300, augment, seed), verbose=0)
    return (network.predict(unseen.images, batch_size=250, verbose=0).argmax(axis=1) == unseen.targets).mean()

# %% name="worth-it" alt="Forty digits invented by ten small VAEs that had seen ten digits of one kind each: readable, a little blurred. In the quick profile nothing is shown."
live = {"none": [], "warp": [], "VAE": []}
for n in SETTINGS["sizes"]:
    scores = {arm: [] for arm in live}
    for repeat in range(SETTINGS["repeats"]):
        few = typed(10 * n, SEED + 10 + repeat)
        invented, names = invent(few.images, few.targets, seed=SEED + repeat)
        copies = 3 * len(invented) // len(few)  # three real ones for each invented one
        mixed = np.concatenate([*[few.images] * copies, invented]), np.concatenate([*[few.targets] * copies, names])
        scores["none"].append(classify(few.images, few.targets, seed=SEED + repeat))
        scores["warp"].append(classify(few.images, few.targets, recipe("digits", seed=SEED), 3e-3, SEED + repeat))
        scores["VAE"].append(classify(*mixed, seed=SEED + repeat))
    for arm in live:
        live[arm].append(np.mean(scores[arm]))
    print(f"{n} of each: " + ", ".join(f"{arm} {live[arm][-1]:.1%}" for arm in live))
if SETTINGS["sizes"]:
    viz.show(invented[::50], [], "Invented, four of each kind", columns=20, size=0.55)

# %% alt="Accuracy against the number of labelled digits of each kind, 10 to 100, for no augmentation, warping, VAE, and both, each a rising curve with a band over five draws."
curves = [
    LearningCurve(study.x(f"augmentation: {arm}"), study.values(f"augmentation: {arm}"), label)
    for arm, label in (("warp and VAE", "both"), ("warp", "warped"), ("VAE", "VAE's"), ("none", "labelled ones alone"))
]
figure = viz.learning_curves(
    curves, "Warped digits help, invented ones don't", "test accuracy", "labelled digits of each kind"
)
for arm, colour in zip(("warp", "VAE", "none"), viz.COLOURS[1:]):
    figure.axes[0].plot(SETTINGS["sizes"], live[arm], "D", mfc="none", ms=9, color=colour)

# %% [markdown]
# (Open diamonds: your run; small marks: draws; “both” lies under “warped”.) *Warped* means turned, moved and stretched a little, as in lesson 05. All four learn for
# the same 300 steps; with the VAE's, a quarter of the digits shown is invented. In the study, test digits right, %:
#
# | labelled digits of each kind | 10 | 20 | 50 | 100 |
# |---|---|---|---|---|
# | these alone | <<cell("augmentation: none", 10)>> | <<cell("augmentation: none", 20)>> | <<cell("augmentation: none", 50)>> | <<cell("augmentation: none", 100)>> |
# | and the VAE's | <<cell("augmentation: VAE", 10)>> | <<cell("augmentation: VAE", 20)>> | <<cell("augmentation: VAE", 50)>> | <<cell("augmentation: VAE", 100)>> |
# | warped | <<cell("augmentation: warp", 10)>> | <<cell("augmentation: warp", 20)>> | <<cell("augmentation: warp", 50)>> | <<cell("augmentation: warp", 100)>> |
# | warped, and the VAE's | <<cell("augmentation: warp and VAE", 10)>> | <<cell("augmentation: warp and VAE", 20)>> | <<cell("augmentation: warp and VAE", 50)>> | <<cell("augmentation: warp and VAE", 100)>> |
#
# What is that in labels (how many times as many labels does the first row need for the same score; in brackets a 95 %
# interval)? With ten of each: for the VAE's digits <<notes("worth")["VAE"]["10"]["says"]>>, for warping
# <<notes("worth")["warp"]["10"]["says"]>>.
#
# More pictures are not more knowledge. A VAE knows nothing but the few digits that it was shown; what it adds is an
# opinion about what lies *between* them. With ten of each, that opinion changes the score by
# <<((mean("augmentation: VAE", 10) - mean("augmentation: none", 10)) * 100)|fixed(1)>> points, up in some draws and down in others:
# nothing; with more labels it is if anything a little below. Warping brings knowledge
# from outside, that a digit stays what it is when it is turned a little, and gains
# <<((mean("augmentation: warp", 10) - mean("augmentation: none", 10)) * 100)|fixed(1)>>. Before you train a generator,
# write down what you know about your pictures. (These were small VAEs, and simple pictures. A generator that has
# learned from many *unlabelled* pictures knows more than your labels do; that is another experiment.)
#
# ## 12 Back to the pump
#
# An auto-encoder has an idea of what is usual, and gives back badly what is not. So train one on healthy windows, and
# let it meet the others. First, describe a window by numbers: for each of 64 frequency bands its mean level, and how
# much the level varies *within* the window, since a ball that rolls over a damaged spot knocks for a millisecond.

# %% name="describe"
def describe(recordings):
    """(n, 128): for each window the mean level of 64 bands, then their standard deviation within the window."""
    levels = recordings.images[..., 0]  # (n, bands, times)
    return np.concatenate([levels.mean(axis=2), levels.std(axis=2)], axis=1)


windows = describe(pump)
fit, held_out = np.split(np.random.default_rng(SEED).permutation(220), [150])
print(f"{len(fit)} windows to learn from, {len(held_out)} healthy ones held out, {windows.shape[1]} columns")

# %% [markdown]
# (The last thirty healthy windows of the 250 are left out, so that the alarm starts with windows that it has not met.
# Neighbours in time have the same load, so a random split is kind to us. Part 13 will be less kind.)
#
# ### ✏️ Exercise 4: whose mean?
#
# Levels and spreads differ in size, so each column is brought to mean 0 and standard deviation 1. Write
# `standardise(train, other)`: the rows of `other`, $(m, k)$, with **the mean and the standard deviation of the columns
# of `train`**, $(n, k)$ (as `np.std` gives it). A column that is constant in `train` is only shifted. `np` and
# `StandardScaler` are there.

# %% name="standardise" tags=["answer"]
def standardise(train, other):
    """The rows of other (m, k), columns scaled as measured on train (n, k)."""
    # BEGIN SOLUTION
    return StandardScaler().fit(train).transform(other)
    # END SOLUTION

# %% name="check-standardise" tags=["check"]
lesson.check("standardise", standardise)

# %% [markdown]
# Four scores: four ideas of what is normal, and how far a window is from it. Each learns from the 150 healthy windows
# `fit` alone.
#
# * **distance**: normal is one point, the mean.
# * **PCA**: normal is a plane of four dimensions, those in which healthy windows vary most. What sticks out of the
#   plane counts.
# * **AE**: normal is a curved surface of four dimensions, learned by an auto-encoder. What it doesn't give back counts.
# * **VAE**: the same with clouds, and with the middle of the cloud as the code.

# %% name="scores"
standardise = lesson.use("standardise", standardise, anomaly.standardise)


def distance_score(healthy):
    """A score: squared distance from the mean of healthy windows."""
    return lambda some: (standardise(healthy, some) ** 2).sum(axis=1)


def pca_score(healthy):
    """A score: squared distance from the plane in which healthy windows vary most."""
    plane = PCA(4).fit(standardise(healthy, healthy))

    def score(some):
        rows = standardise(healthy, some)
        return ((rows - plane.inverse_transform(plane.transform(rows))) ** 2).sum(axis=1)

    return score


def scores_of(healthy):
    """All four; the networks are those of parts 2 and 6, smaller: 128 columns, 64, 16 and 4 units, and back."""
    epochs = SETTINGS["pump_epochs"]
    return {
        "distance": distance_score(healthy),
        "PCA": pca_score(healthy),
        "AE": anomaly.auto_encoder_score(healthy, epochs=epochs, seed=SEED),
        "VAE": anomaly.vae_score(healthy, epochs=epochs, seed=SEED),
    }


monitors = scores_of(windows[fit])

# %% [markdown]
# **When is a score too high?** Nobody has seen a fault, so a fault can't tell. The windows that a score has learned from
# can't tell either: a network may know them by heart, and give them back better than any new one (compare the two medians
# below). So ask healthy windows that were *held out*: if the threshold is one that only the highest 5 % of them exceed, a
# new healthy window exceeds it with a chance of 5 % at most, as long as it is of the same kind.

# %% name="thresholds"
thresholds = {}
for name, score in monitors.items():
    thresholds[name] = anomaly.alarm_threshold(score(windows[held_out]), false_alarm_rate=0.05)
    known, new = (np.median(score(windows[rows])) for rows in (fit, held_out))
    print(f"{name:8} median score: {known:3.0f} of windows it learned from, {new:3.0f} of those held out; threshold {thresholds[name]:.0f}")

# %% [markdown]
# ### ✏️ Exercise 5: an alarm rule
#
# 5 % of false alarms: with a window an hour, one or two every day. Nobody listens to that for long. A healthy window
# that exceeds the threshold by chance is mostly followed by one that doesn't, so: give the alarm only after **$k$
# windows in a row**.
#
# Write `alarm(scores, threshold, k)`: the index of the window in which the alarm is *given* for the first time, that is
# of the $k$-th window of the first run of $k$ scores above `threshold` (a score equal to it is not above); `None` if it
# never comes to that.

# %% name="alarm" tags=["answer"]
def alarm(scores, threshold, k):
    """Index of the window in which the alarm is given, or None."""
    # BEGIN SOLUTION
    run = 0
    for window, score in enumerate(scores):
        run = run + 1 if score > threshold else 0
        if run == k:
            return window
    return None
    # END SOLUTION

# %% name="check-alarm" tags=["check"]
lesson.check("alarm", alarm)

# %% name="traces" alt="Four panels of scores on a logarithmic axis against the window, for distance, PCA, auto-encoder and VAE, each with its threshold as a dashed line, the start of the fault, and the alarm. All four rise far above their thresholds towards the end."
alarm = lesson.use("alarm", alarm, anomaly.alarm)
starts = int(np.flatnonzero(pump.targets)[0])
figure, axes = plt.subplots(4, 1, figsize=(10, 8), sharex=True)
for axis, (name, score), colour in zip(axes, monitors.items(), viz.COLOURS):
    trace = score(windows)
    axis.semilogy(trace, ".", ms=3, color=colour)
    axis.axhline(thresholds[name], color="black", ls="--", lw=1)
    axis.axvline(starts, color="#57606a", ls=":")
    given = alarm(trace[220:], thresholds[name], 3)
    if given is not None:
        axis.axvline(220 + given, color=viz.COLOURS[1], lw=2)
        when = f"first alarm after 220: window {220 + given}"
    else:
        when = "no alarm"
    axis.set_title(f"{name}: {when}", fontsize=11)
    axis.set_ylabel("score")
axes[-1].set_xlabel("window (dotted: the fault begins)")
figure.suptitle("One run, four ideas of normal", fontweight="bold", x=0.01, ha="left")
print(f"The fault began in window {starts}; you guessed {my_guess}.")

# %% [markdown]
# A fault begins with nothing: in its first windows it is far below what a change of load does, and hardly any score
# sees it. Towards the end all four do. How soon an alarm comes *and stays* is the **delay**. One that comes and goes
# may have been luck, so only an alarm that lasts to the end of the run counts.
#
# Drag the threshold. **To find out:**
#
# 1. Can you make the delay shorter without paying for it in false alarms?
# 2. What does $k$ buy?
# 3. What happens in the shaded part of the healthy run? (It is the same pump in another year, without any fault. More
#    about it in part 13.)

# %% name="alarm-bench" alt="Alarm bench for the VAE score: the trace of the failing run with threshold and alarm, the trace of a healthy run below, and two curves against the threshold: delay rises with it and false alarms fall."
long_run = load("bearing", seed=SEED, fault_db=26, windows=1000, fault_starts=1000, late_load=600)
high_load = np.flatnonzero(long_run.extra["load"] > 0.9)  # from window 600 on, now and then
healthy_run = describe(long_run)[np.concatenate([np.arange(400, 600), high_load])]
order = ("VAE", "AE", "PCA", "distance")
bench = viz.AlarmBench(
    {name: monitors[name](windows) for name in order},
    {name: monitors[name](healthy_run) for name in order},
    thresholds,
    fault_starts=starts,
    unseen_from=200,
)
bench

# %% [markdown]
# (No sliders? Run the cell: they need a running notebook. The picture above is the bench's first state.)
#
# <details><summary>What we found</summary>
#
# 1. Hardly. A threshold a little lower gains a few windows, and soon the alarm is on at loads that are known and healthy.
# 2. Peace: a single window above the threshold gives no alarm any more. It costs $k - 1$ windows of delay.
# 3. The alarm is on for most of it, although nothing is broken.
#
# </details>
#
# Many machines, from the study (ten of them, with a fault from window 300 to 399). *AUC*: take one faulty and one
# healthy window at random; how often has the faulty one the higher score? 0.5 is guessing, 1 is always. It needs no
# threshold, and it knows the faulty windows, as no monitor does: it rates the score.
#
# | | AUC, severity up to 20 % | 20 to 40 % | 40 to 60 % | above | alarm stays, of ten machines, % | delay (windows) | false alarms per 100 |
# |---|---|---|---|---|---|---|---|
# | distance | <<mean("bearing: distance", "AUC 0-20 %")|fixed(2)>> | <<mean("bearing: distance", "AUC 20-40 %")|fixed(2)>> | <<mean("bearing: distance", "AUC 40-60 %")|fixed(3)>> | <<mean("bearing: distance", "AUC 60-100 %")|fixed(3)>> | <<mean("bearing: distance", "detected")|pct>> | <<mean("bearing: distance", "delay")|round|int>> ± <<sd("bearing: distance", "delay")|round|int>> | <<mean("bearing: distance", "false alarms")|fixed(1)>> |
# | PCA | <<mean("bearing: PCA", "AUC 0-20 %")|fixed(2)>> | <<mean("bearing: PCA", "AUC 20-40 %")|fixed(2)>> | <<mean("bearing: PCA", "AUC 40-60 %")|fixed(3)>> | <<mean("bearing: PCA", "AUC 60-100 %")|fixed(3)>> | <<mean("bearing: PCA", "detected")|pct>> | <<mean("bearing: PCA", "delay")|round|int>> ± <<sd("bearing: PCA", "delay")|round|int>> | <<mean("bearing: PCA", "false alarms")|fixed(1)>> |
# | AE | <<mean("bearing: AE", "AUC 0-20 %")|fixed(2)>> | <<mean("bearing: AE", "AUC 20-40 %")|fixed(2)>> | <<mean("bearing: AE", "AUC 40-60 %")|fixed(3)>> | <<mean("bearing: AE", "AUC 60-100 %")|fixed(3)>> | <<mean("bearing: AE", "detected")|pct>> | <<mean("bearing: AE", "delay")|round|int>> ± <<sd("bearing: AE", "delay")|round|int>> | <<mean("bearing: AE", "false alarms")|fixed(1)>> |
# | VAE | <<mean("bearing: VAE", "AUC 0-20 %")|fixed(2)>> | <<mean("bearing: VAE", "AUC 20-40 %")|fixed(2)>> | <<mean("bearing: VAE", "AUC 40-60 %")|fixed(3)>> | <<mean("bearing: VAE", "AUC 60-100 %")|fixed(3)>> | <<mean("bearing: VAE", "detected")|pct>> | <<mean("bearing: VAE", "delay")|round|int>> ± <<sd("bearing: VAE", "delay")|round|int>> | <<mean("bearing: VAE", "false alarms")|fixed(1)>> |
#
# ($k = 3$ and thresholds as above. *Severity*: how strong the fault is, in per cent of its strength in the last window. False
# alarms: windows with the alarm on, of 100 of another healthy stretch. A delay of 100 means: never.) **Read
# delay and false alarms together**: an alarm that is always on has a delay of 0. And compare the rows: on these
# machines a plane, which is fitted in a moment, and even the distance from a point give the alarm about as early as the
# VAE. (In the second fifth of the severity, where the scores differ at all, the VAE's AUC is
# <<(mean("bearing: VAE", "AUC 20-40 %") - mean("bearing: PCA", "AUC 20-40 %"))|fixed(2)>> above the plane's, and no different
# from the distance's.) A network
# earns its place where normal is no plane; whether it is one, only the comparison tells.
#
# ## 13 The load that fools them all
#
# The same pump, the same health. But now it has to pump more than ever before: a load of 1.0 to 1.2 times the nominal
# one, where it was 0.8 at most until now.

# %% alt="Two groups of bars for the four scores: false alarms per 100 windows at known loads, close to zero, and at the load never seen before, much higher; dots for ten machines."
figure, axis = plt.subplots(figsize=(8, 3.8))
for row, name in enumerate(("distance", "PCA", "AE", "VAE")):
    for x, shift, colour in (("false alarms", -0.2, viz.COLOURS[0]), ("false alarms, unseen load", 0.2, viz.COLOURS[1])):
        values = study.at(f"bearing: {name}", x)
        label = None if row else ("known loads (about 0)", "unseen load")[shift > 0]
        axis.bar(row + shift, values.mean(), 0.36, color=colour, label=label)
        axis.plot(np.full(len(values), row + shift), values, "o", ms=3, color="black", alpha=0.5)
axis.set_xticks(range(4), ["distance", "PCA", "AE", "VAE"])
axis.set(ylabel="false alarms per 100 windows", ylim=(0, 100))
axis.set_title("Healthy, but new: a load never seen looks like a fault")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %% [markdown]
# At the unseen load the alarm is on in <<mean("bearing: distance", "false alarms, unseen load")|round|int>> (distance),
# <<mean("bearing: PCA", "false alarms, unseen load")|round|int>> (PCA),
# <<mean("bearing: AE", "false alarms, unseen load")|round|int>> (AE) and
# <<mean("bearing: VAE", "false alarms, unseen load")|round|int>> (VAE) of 100 healthy windows, against
# <<mean("bearing: distance", "false alarms")|fixed(1)>>, <<mean("bearing: PCA", "false alarms")|fixed(1)>>,
# <<mean("bearing: AE", "false alarms")|fixed(1)>> and <<mean("bearing: VAE", "false alarms")|fixed(1)>> at known loads.
# And machines differ (dots).
#
# The promise of the threshold was: *a new healthy window of the same kind*. This one isn't. A score that has met only
# health can say "new"; it can't say "ill". To tell the two apart needs knowledge from outside: windows at that load, or
# a description of a window that a load leaves alone.
#
# Two remedies, from the study (a third one is yours to find):
#
# | VAE score | AUC, severity 40 to 60 % | AUC, all faulty windows | delay | false alarms, known loads | unseen load |
# |---|---|---|---|---|---|
# | as it is | <<mean("bearing: VAE", "AUC 40-60 %")|fixed(3)>> | <<mean("bearing: VAE", "AUC")|fixed(2)>> | <<mean("bearing: VAE", "delay")|round|int>> | <<mean("bearing: VAE", "false alarms")|fixed(1)>> | <<mean("bearing: VAE", "false alarms, unseen load")|round|int>> |
# | each window less its own mean level | <<mean("bearing: VAE, own level", "AUC 40-60 %")|fixed(3)>> | <<mean("bearing: VAE, own level", "AUC")|fixed(2)>> | <<mean("bearing: VAE, own level", "delay")|round|int>> | <<mean("bearing: VAE, own level", "false alarms")|fixed(1)>> | <<mean("bearing: VAE, own level", "false alarms, unseen load")|round|int>> |
# | learned at all loads | <<mean("bearing: VAE, all loads", "AUC 40-60 %")|fixed(3)>> | <<mean("bearing: VAE, all loads", "AUC")|fixed(2)>> | <<mean("bearing: VAE, all loads", "delay")|round|int>> | <<mean("bearing: VAE, all loads", "false alarms")|fixed(1)>> | <<mean("bearing: VAE, all loads", "false alarms, unseen load")|round|int>> |
#
# Taking off the mean level does not help: a load makes some bands louder than others. Recordings at all loads help, if
# you have them.
#
# ## 14 ✏️ Exercise 6: ill, or only busy?
#
# Write `ill_windows(healthy, new)`. `healthy`, $(n, 128)$, are windows of a machine that you have never met, described
# as above (64 mean levels, then the 64 spreads within the window), at its usual loads, all healthy. For the windows
# `new`, $(m, 128)$, of the same machine return 1 where the machine is ill and 0 where it is not, shape $(m,)$. The new
# ones run at **all** loads, the unseen one included; part of them are ill, at more than 50 % of the final severity. At
# least 85 % must be right, for each of several machines.
#
# As they stand, the scores of part 12 take the load for illness, and mostly stay below. What does a load change in a
# window, and what does it leave alone? Levels are logarithms (decibels, brought to 0 to 1): what happens to a logarithm if
# the vibration doubles, and what to its spread? And in which *direction* does a knocking ball move what is left? A score
# that asks for this direction only is surer than one that asks for any difference. `np`, `PCA` and `StandardScaler` are there. For a mark this cell runs alone, with a minute of
# time.
#
# To try things out you have your pump: `windows[:220]` are healthy, `describe(long_run)[high_load]` are healthy at the
# unseen load, and `windows[365:]` are ill.

# %% name="ill_windows" tags=["answer"]
def ill_windows(healthy, new):
    """1 for windows (m, 128) in which the machine is ill, else 0."""
    # BEGIN SOLUTION
    # A factor on the vibration shifts each level and leaves its spread alone; knocks make the spread larger.
    usual, now = (rows[:, 64:].mean(axis=1) for rows in (healthy, new))
    return (now > np.quantile(usual, 0.98)).astype(int)
    # END SOLUTION

# %% name="check-ill_windows" tags=["check"]
lesson.check("ill_windows", ill_windows)

# %% [markdown]
# ## 15 Quiz
#
# Set each variable to a letter; the check explains every option, the wrong ones too.
#
# <<asks("quiz_dice")>>

# %% name="quiz_dice" tags=["answer"]
quiz_dice = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_dice = "b"
# END SOLUTION

# %% name="check-quiz_dice" tags=["check"]
lesson.check("quiz_dice", quiz_dice)

# %% [markdown]
# <<asks("quiz_collapse")>>

# %% name="quiz_collapse" tags=["answer"]
quiz_collapse = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_collapse = "d"
# END SOLUTION

# %% name="check-quiz_collapse" tags=["check"]
lesson.check("quiz_collapse", quiz_collapse)

# %% [markdown]
# <<asks("quiz_threshold")>>

# %% name="quiz_threshold" tags=["answer"]
quiz_threshold = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_threshold = "c"
# END SOLUTION

# %% name="check-quiz_threshold" tags=["check"]
lesson.check("quiz_threshold", quiz_threshold)

# %% [markdown]
# <<asks("quiz_fid")>>

# %% name="quiz_fid" tags=["answer"]
quiz_fid = None  # "a", "b", "c" or "d"
# BEGIN SOLUTION
quiz_fid = "a"
# END SOLUTION

# %% name="check-quiz_fid" tags=["check"]
lesson.check("quiz_fid", quiz_fid)

# %% [markdown]
# ## 16 Where this sits on the map of data
#
# Two places. Ten labelled digits of each kind: invented ones move them to the right, and down, since an invented picture
# is a guess. Part 11 measured what that is worth. And a pump's recordings: many, and without
# any label but "healthy". A model of health makes use of them where they are.

# %% alt="Quality against quantity of data. A hundred labelled digits at upper left, with an arrow to the right and down for invented ones; healthy recordings of a pump at the lower right."
viz.quality_quantity_map(
    {"100 labelled\ndigits": (0.2, 0.7), "a pump's recordings,\nall of them healthy": (0.66, 0.12)},
    "Invented pictures move you; a model of health stays and listens",
    moves={"invented digits": ("100 labelled\ndigits", 0.3, -0.25)},
);

# %% [markdown]
# ## 17 What to remember
#
# * An auto-encoder puts its codes where it likes. A VAE is told where: clouds instead of points, pulled to $N(0, 1)$.
#   That is why dice work in one and not in the other.
# * The loss is an account in nats: error over $2 s^2$, plus KL. Add up pixels, add up dimensions, average over pictures.
# * KL per dimension says which numbers of the code are alive. All at zero: the code is dead, whatever the loss says.
# * $s$ is the dial, and it has a meaning. $\beta$ is the same dial without one.
# * Give the rival its own dice before you praise the VAE.
# * Invented pictures are worth what a measurement says, in labels, against plain warping.
# * A monitor: healthy data only, standardised by healthy windows, threshold from held-out healthy ones, alarm after
#   several in a row; delay and false alarms side by side, PCA as a rival.
# * "New" is not "ill". Whoever needs the difference has to bring knowledge.
#
# **Pitfalls.** `"mse"` in the place of a sum. A KL that is averaged over dimensions. Losses compared at different $s$:
# the constant that we left out depends on it. $\log \sigma^2$ without bounds. FID compared between networks, or between
# numbers of pictures. A monitor tested on windows next to those that it learned from. A detection that doesn't persist.
#
# **Further reading**
#
# * Kingma, Welling, *Auto-encoding variational Bayes*, ICLR 2014, arXiv:1312.6114
# * Hinton, Salakhutdinov, *Reducing the dimensionality of data with neural networks*, Science 2006,
#   doi:10.1126/science.1127647
# * Vincent, Larochelle, Bengio, Manzagol, *Extracting and composing robust features with denoising autoencoders*, ICML
#   2008, doi:10.1145/1390156.1390294
# * Higgins and others, *β-VAE: learning basic visual concepts with a constrained variational framework*, ICLR 2017,
#   openreview.net/forum?id=Sy2fzU9gl
# * Bowman and others, *Generating sentences from a continuous space*, CoNLL 2016, arXiv:1511.06349 (warm-up)
# * Ghosh, Sajjadi, Vergari, Black, Schölkopf, *From variational to deterministic autoencoders*, ICLR 2020,
#   arXiv:1903.12436 (the fair rival)
# * Heusel and others, *GANs trained by a two time-scale update rule converge to a local Nash equilibrium*, NeurIPS
#   2017, arXiv:1706.08500 (FID)
# * Jackson, Mudholkar, *Control procedures for residuals associated with principal component analysis*, Technometrics
#   1979, doi:10.1080/00401706.1979.10489779
# * Lei and others, *Distribution-free predictive inference for regression*, JASA 2018, arXiv:1604.04173 (thresholds
#   from held-out data)
# * Randall, Antoni, *Rolling element bearing diagnostics – a tutorial*, 2011, doi:10.1016/j.ymssp.2010.07.017

# %% name="progress"
lesson.progress()
