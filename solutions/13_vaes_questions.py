"""The questions of lesson 13: probes, tolerances, points, hints, and wrong answers with what each should hear."""

import numpy as np

from coursekit.course.compare import accuracy, close, exact
from coursekit.course.questions import Probe, Question, quiz


def clouds(rng, n, k):
    """Means and log variances, (n, k)."""
    return rng.normal(size=(n, k)).astype("float32"), rng.normal(0, 0.8, size=(n, k)).astype("float32")


def kl_probes(rng):
    """The prior itself, a cloud moved by 1, and random ones."""
    zeros = np.zeros((3, 2), "float32")
    return [
        Probe((zeros, zeros), note="clouds that are the prior"),
        Probe((zeros + 1, zeros), note="clouds moved by 1 in each of two dimensions"),
        clouds(rng, 8, 5),
        clouds(rng, int(rng.integers(2, 7)), int(rng.integers(3, 7))),
    ]


def reparameterise_probes(rng):
    """No noise, noise of 1, random noise."""
    probes = []
    for n, k in ((3, 2), (4, 2), (6, 3)):
        mu, logvar = clouds(rng, n, k)
        probes.append((mu, logvar, rng.normal(size=(n, k)).astype("float32")))
    mu, logvar = clouds(rng, 3, 2)
    zeros = np.zeros((3, 2), "float32")
    return [
        *probes,
        Probe((mu, logvar, zeros), note="a throw of 0"),
        Probe((mu, logvar, zeros + 1), note="a throw of 1"),
    ]


def loss_probes(rng):
    """One picture, several; other sizes; s and beta away from 1."""
    probes = []
    for n, beta, s in ((1, 1.0, 1.0), (8, 1.0, 1.0), (5, 1.0, 0.3), (4, 3.0, 0.5)):
        height, width = (int(side) for side in rng.integers(4, 8, size=2))
        x, y = rng.random((2, n, height, width, 1)).astype("float32")
        probes.append((x, y, *clouds(rng, n, int(rng.integers(2, 5))), beta, s))
    return probes


def standardise_probes(rng):
    """Columns of other units, a constant one; rows that are moved far away; a single row."""
    probes = []
    for n, m, moved in ((30, 12, 0.0), (25, 8, 6.0), (20, 1, 2.0)):
        size = rng.uniform(0.5, 20, size=5)
        train, other = rng.normal(size=(n, 5)) * size + 3, rng.normal(size=(m, 5)) * size + 3 + moved * size
        train[:, 2], other[:, 2] = 7.0, 7.0 + rng.normal(size=m)
        probes.append((train, other))
    return probes


def alarm_probes(rng):
    """Never; a dip one window short of an alarm; a run that ends with the scores; a score on the threshold."""
    low, high = 1.0, 9.0
    k = int(rng.integers(3, 6))
    start = int(rng.integers(2, 6))
    quiet = np.full(start, low)
    run, short = np.full(k, high), np.full(k - 1, high)
    dip = np.full(int(rng.integers(1, 3)), low)
    on_it = np.array([high] * (k - 1) + [5.0])
    noise = rng.uniform(0, 10, size=60)
    return [
        (np.r_[quiet, short, dip, run, dip], 5.0, k),
        Probe((np.r_[quiet, short, dip, short, dip], 5.0, k), note="a run that is never long enough"),
        Probe((np.r_[quiet, on_it, dip, run, quiet], 5.0, k), note="a score equal to the threshold"),
        Probe((np.r_[quiet, dip, run], 5.0, k), note="a run at the very end"),
        Probe((np.r_[quiet, high, quiet], 5.0, 1), note="k = 1"),
        (noise, 3.0, 3),
    ]


def machine_probes(rng):
    """Three machines nobody has met; new windows at all loads, healthy and ill, in random order."""
    from coursekit.data import load

    def described(run, rows):
        levels = run.images[rows, ..., 0]
        # Three digits are enough, and take less room in the question bank.
        return np.concatenate([levels.mean(2), levels.std(2)], axis=1).round(3).astype("float32")

    probes = []
    for _ in range(3):
        seed = int(rng.integers(10**6))
        fails = load("bearing", seed=seed, fault_db=26, windows=240, fault_starts=180, late_load=180)
        # A run of the same machine that stays well; windows from 240 on were met in no other run.
        stays = load("bearing", seed=seed, fault_db=26, windows=320, fault_starts=320, late_load=240)
        is_high = stays.extra["load"] > 0.9
        high, usual = (240 + np.flatnonzero(rows) for rows in (is_high[240:], ~is_high[240:]))
        calm = np.r_[rng.permutation(high)[:18], rng.permutation(usual)[:9]]
        ill = np.flatnonzero(fails.extra["severity"] > 0.5)
        new = np.concatenate([described(stays, calm), described(fails, ill)])
        truth = np.repeat([0, 1], [len(calm), len(ill)])
        order = rng.permutation(len(new))
        note = "a machine at all loads"
        probes.append(Probe((described(fails, np.arange(180)), new[order]), truth[order], note))
    return probes


QUESTIONS = [
    Question(
        name="kl_to_standard_normal",
        asks="The nats of each cloud: Kullback–Leibler divergence from N(0, 1), added up over dimensions.",
        points=2,
        probes=kl_probes,
        compare=close(1e-4, rtol=1e-5),  # float32 keeps seven digits
        seconds=30,
        memory_mb=4096,
        hints=[
            "First each dimension by itself: `(ops.square(mu) + ops.exp(logvar) - logvar - 1) / 2` has the shape (n, k).",
            "`logvar` is log σ²: so σ² is `ops.exp(logvar)`, and log σ² is `logvar` itself.",
            "Add up over dimensions: `ops.sum(..., axis=1)`. For zeros it gives 0, for a mean of 1 a half for each dimension.",
        ],
        right="Zero for the prior itself, and never below.",
        wrong={
            """
def kl_to_standard_normal(mu, logvar):
    return ops.mean((ops.square(mu) + ops.exp(logvar) - logvar - 1) / 2, axis=1)
""": "You average over dimensions. Each dimension costs nats of its own: add them up.",
            """
def kl_to_standard_normal(mu, logvar):
    return ops.sum((ops.square(mu) + ops.exp(2 * logvar) - 2 * logvar - 1) / 2, axis=1)
""": "You take `logvar` for log σ. It is log σ²: σ² is `ops.exp(logvar)`.",
            """
def kl_to_standard_normal(mu, logvar):
    return ops.sum((ops.square(mu) + ops.exp(2 * logvar) - logvar - 1) / 2, axis=1)
""": "σ² is `ops.exp(logvar)`: a factor of 2 inside would give σ⁴.",
            """
def kl_to_standard_normal(mu, logvar):
    return ops.sum((1 + logvar - ops.square(mu) - ops.exp(logvar)) / 2, axis=1)
""": "The sign is turned round: a KL can't be negative.",
            """
def kl_to_standard_normal(mu, logvar):
    return ops.sum(ops.square(mu) + ops.exp(logvar) - logvar - 1, axis=1)
""": "Twice too much: the half in front of the bracket is missing.",
            """
def kl_to_standard_normal(mu, logvar):
    return ops.sum((ops.square(mu) + ops.exp(logvar) - logvar - 1) / 2)
""": "You added up the pictures as well. One number for each cloud: sum over `axis=1` only.",
            """
def kl_to_standard_normal(mu, logvar):
    return (ops.square(mu) + ops.exp(logvar) - logvar - 1) / 2
""": "That is the KL of each dimension. A cloud has one number: add up over `axis=1`.",
            """
def kl_to_standard_normal(mu, logvar):
    return ops.sum((ops.square(mu) + ops.exp(logvar) - logvar) / 2, axis=1)
""": "The −1 is missing: a cloud that is the prior itself must cost nothing.",
            """
def kl_to_standard_normal(mu, logvar):
    return ops.sum((ops.square(mu) + logvar - ops.log(logvar) - 1) / 2, axis=1)
""": "You take `logvar` for σ², but it is its logarithm; the logarithm of a negative number is NaN.",
        },
    ),
    Question(
        name="reparameterise",
        asks="Draw a code from each cloud, as μ + σ ε.",
        points=1,
        probes=reparameterise_probes,
        compare=close(1e-5, rtol=1e-5),
        seconds=30,
        memory_mb=4096,
        hints=[
            "You need σ, and have log σ². Half of log σ² is log σ.",
            "σ is `ops.exp(logvar / 2)`; multiply it by `eps` and add `mu`.",
        ],
        wrong={
            """
def reparameterise(mu, logvar, eps):
    return mu + ops.exp(logvar) * eps
""": "`ops.exp(logvar)` is the variance σ²; the step needs σ.",
            """
def reparameterise(mu, logvar, eps):
    return mu
""": "`eps` has no effect: without noise this is an auto-encoder.",
            """
def reparameterise(mu, logvar, eps):
    return mu + ops.exp(logvar / 2)
""": "σ is added as it is: multiply it by `eps`, or every draw from a cloud is the same.",
            """
def reparameterise(mu, logvar, eps):
    return mu + ops.sqrt(logvar) * eps
""": "`logvar` is log σ²: it may be negative, and has no root then. σ is `ops.exp(logvar / 2)`.",
            """
def reparameterise(mu, logvar, eps):
    return mu + logvar * eps
""": "`logvar` is the logarithm of σ²: take σ out of it, with `ops.exp(logvar / 2)`.",
            """
def reparameterise(mu, logvar, eps):
    return ops.exp(logvar / 2) * eps
""": "`mu` is missing: your clouds all sit at 0.",
            """
def reparameterise(mu, logvar, eps):
    return (mu + eps) * ops.exp(logvar / 2)
""": "σ stretches the noise, not the mean: multiply `eps` alone.",
            """
def reparameterise(mu, logvar, eps):
    return mu + eps
""": "`logvar` has no effect: your clouds are all one wide.",
        },
    ),
    Question(
        name="vae_loss",
        asks="The loss of a VAE: squared error over 2 s² plus β KL, mean over the pictures.",
        points=3,
        probes=loss_probes,
        compare=close(1e-3, rtol=1e-4),  # sums of float32 in another order
        seconds=30,
        memory_mb=4096,
        hints=[
            "`ops.sum(ops.square(x - y), axis=(1, 2, 3))` adds up the pixels of each picture: shape (n,).",
            "KL as in exercise 1, also (n,). Put both together for each picture, then take the mean over pictures.",
            "`ops.mean(error / (2 * s**2) + beta * kl)`.",
        ],
        right="Pixels added up, dimensions added up, pictures averaged.",
        wrong={
            """
def vae_loss(x, y, mu, logvar, beta, s):
    error = ops.mean(ops.square(x - y), axis=(1, 2, 3))
    kl = ops.sum((ops.square(mu) + ops.exp(logvar) - logvar - 1) / 2, axis=1)
    return ops.mean(error / (2 * s**2) + beta * kl)
""": "You average over pixels: hundreds of pixels have become one. KL then wins, and the code dies.",
            """
def vae_loss(x, y, mu, logvar, beta, s):
    error = ops.sum(ops.square(x - y), axis=(1, 2, 3))
    kl = ops.sum((ops.square(mu) + ops.exp(logvar) - logvar - 1) / 2, axis=1)
    return ops.sum(error / (2 * s**2) + beta * kl)
""": "You add up the pictures: the loss grows with the size of the batch. Average over them.",
            """
def vae_loss(x, y, mu, logvar, beta, s):
    error = ops.sum(ops.square(x - y), axis=(1, 2, 3))
    kl = ops.sum((ops.square(mu) + ops.exp(logvar) - logvar - 1) / 2, axis=1)
    return ops.mean(error / (2 * s) + beta * kl)
""": "s is a standard deviation; the formula has its square: divide by 2 s².",
            """
def vae_loss(x, y, mu, logvar, beta, s):
    error = ops.sum(ops.square(x - y), axis=(1, 2, 3))
    kl = ops.sum((ops.square(mu) + ops.exp(logvar) - logvar - 1) / 2, axis=1)
    return ops.mean(error / s**2 + beta * kl)
""": "The 2 under the error is missing: it comes from the normal distribution.",
            """
def vae_loss(x, y, mu, logvar, beta, s):
    error = ops.sum(ops.square(x - y), axis=(1, 2, 3))
    kl = ops.sum((ops.square(mu) + ops.exp(logvar) - logvar - 1) / 2, axis=1)
    return ops.mean(error / (2 * s**2) + kl)
""": "`beta` has no effect.",
            """
def vae_loss(x, y, mu, logvar, beta, s):
    error = ops.sum(ops.square(x - y), axis=(1, 2, 3))
    kl = ops.sum((ops.square(mu) + ops.exp(logvar) - logvar - 1) / 2, axis=1)
    return error / (2 * s**2) + beta * kl
""": "That is the loss of each picture. One number is asked for: their mean.",
            """
def vae_loss(x, y, mu, logvar, beta, s):
    error = ops.sum(ops.square(x - y), axis=(1, 2, 3))
    kl = ops.mean((ops.square(mu) + ops.exp(logvar) - logvar - 1) / 2, axis=1)
    return ops.mean(error / (2 * s**2) + beta * kl)
""": "You average the nats over dimensions: add them up, as in exercise 1.",
            """
def vae_loss(x, y, mu, logvar, beta, s):
    error = ops.sum(ops.square(x - y), axis=(1, 2, 3))
    kl = ops.sum((ops.square(mu) + ops.exp(logvar) - logvar - 1) / 2, axis=1)
    return ops.mean(error / (2 * s**2) - beta * kl)
""": "The sign of KL: it is a cost, and is added to the error.",
        },
    ),
    Question(
        name="standardise",
        asks="Scale columns by the mean and the standard deviation of the training rows alone.",
        points=1,
        probes=standardise_probes,
        compare=close(1e-5, rtol=1e-5),  # float32 is enough
        hints=[
            "`StandardScaler().fit(train)` learns mean and standard deviation; `.transform(other)` applies them.",
            "By hand: `train.mean(axis=0)` and `train.std(axis=0)`, and where the latter is 0, divide by 1.",
        ],
        right="Measured on what is known to be healthy, and on nothing else.",
        wrong={
            """
def standardise(train, other):
    return StandardScaler().fit(np.concatenate([train, other])).transform(other)
""": "`other` has helped to fit the scaler: the fault has leaked into “normal”.",
            """
def standardise(train, other):
    return StandardScaler().fit_transform(other)
""": "You scale `other` by itself: whatever has happened to all of its rows is gone, the fault as well.",
            """
def standardise(train, other):
    return StandardScaler().fit_transform(train)
""": "You return the training rows. The rows of `other` are asked for, on the scale of `train`.",
            """
def standardise(train, other):
    return (other - train.mean(axis=0)) / train.std(axis=0)
""": "A column that is constant in `train` has a standard deviation of 0, and dividing by it gives no number. Shift it only.",
            """
def standardise(train, other):
    spread = train.std(axis=0)
    return other / np.where(spread > 0, spread, 1)
""": "The mean of `train` is not taken off.",
            """
def standardise(train, other):
    return other - train.mean(axis=0)
""": "The columns are shifted, but still of different size: divide by the standard deviation.",
            """
def standardise(train, other):
    return (other - train.mean()) / train.std()
""": "One mean for all columns: take each column's own, with `axis=0`.",
        },
    ),
    Question(
        name="alarm",
        asks="The window in which an alarm is given: the k-th in a row above the threshold; None if there is none.",
        points=2,
        probes=alarm_probes,
        compare=exact(),
        hints=[
            "Go through the scores with `enumerate` and count how long the run is that you are in.",
            "A score that is not above the threshold sets the count back to 0.",
            "When the count reaches `k`, return the index; at the end of the loop, `None`.",
        ],
        wrong={
            """
def alarm(scores, threshold, k):
    run = 0
    for window, score in enumerate(scores):
        run += score > threshold
        if run == k:
            return window
    return None
""": "They must be consecutive: a score that is not above the threshold sets the count back to 0.",
            """
def alarm(scores, threshold, k):
    run = 0
    for window, score in enumerate(scores):
        run = run + 1 if score > threshold else 0
        if run == k:
            return window - k + 1
    return None
""": "That is the first window of the run. You could not have known then: the alarm is given in its k-th.",
            """
def alarm(scores, threshold, k):
    run = 0
    for window, score in enumerate(scores):
        run = run + 1 if score >= threshold else 0
        if run == k:
            return window
    return None
""": "A score equal to the threshold is not above it.",
            """
def alarm(scores, threshold, k):
    run = 0
    for window, score in enumerate(scores):
        run = run + 1 if score > threshold else 0
        if run > k:
            return window
    return None
""": "One too many: the alarm is given in the k-th window of the run.",
            """
def alarm(scores, threshold, k):
    run = 0
    for window, score in enumerate(scores):
        run = run + 1 if score > threshold else 0
        if run == k:
            return window
    return len(scores)
""": "If it never comes to an alarm, `None` is asked for, not the number of windows.",
            """
def alarm(scores, threshold, k):
    run, found = 0, None
    for window, score in enumerate(scores):
        run = run + 1 if score > threshold else 0
        if run >= k:
            found = window
    return found
""": "You return the last window with the alarm on; the *first* one is asked for.",
            """
def alarm(scores, threshold, k):
    run = 0
    for window, score in enumerate(scores):
        run = run + 1 if score < threshold else 0
        if run == k:
            return window
    return None
""": "Below the threshold all is well: count the scores *above* it.",
        },
    ),
    Question(
        name="ill_windows",
        asks="Which windows of a machine nobody has met are ill, at loads of which one was never seen? At least 85 % right.",
        points=4,
        probes=machine_probes,
        compare=accuracy(0.85),
        seconds=60,
        hints=[
            "If the vibration doubles, each level rises by the same amount, and its spread within the window stays what it is.",
            "So drop the first 64 columns, which are levels: `healthy[:, 64:]`.",
            "Knocks make the spreads *larger*. Average the 64 spreads of each window, and call a window ill whose mean is "
            "above what nearly all windows of `healthy` stay below.",
        ],
        wrong={
            """
def ill_windows(healthy, new):
    fit, held_out = healthy[::2], healthy[1::2]
    score = lambda rows: (((rows - fit.mean(axis=0)) / fit.std(axis=0)) ** 2).sum(axis=1)
    return (score(new) > np.quantile(score(held_out), 0.95)).astype(int)
""": "of your predictions are right",
            "lambda healthy, new: np.ones(len(new), dtype=int)": "of your predictions are right",
            "lambda healthy, new: np.zeros(len(new), dtype=int)": "of your predictions are right",
            "lambda healthy, new: new": "One answer for each case was expected",
        },
    ),
    quiz(
        "quiz_dice",
        "You throw random codes from N(0, 1) to the decoder of an auto-encoder, and get two or three kinds of digits, or none. Why?",
        {
            "a": (
                "The decoder is too small to draw digits from random codes.",
                "It draws them well from codes of real digits, with the same layers. Size is not what is missing.",
            ),
            "b": (
                "The codes of real digits lie elsewhere than N(0, 1) throws.",
                "Nobody has told the encoder where to put them. With dice that were fitted to the codes, it works.",
            ),
            "c": (
                "An auto-encoder is not probabilistic.",
                "That gives the thing a name, and no cause: with fitted dice the same decoder draws good digits.",
            ),
            "d": (
                "It was not trained for long enough.",
                "More training makes reconstructions better. It doesn't move the codes to where the dice fall.",
            ),
        },
        correct="b",
    ),
    quiz(
        "quiz_collapse",
        "You train a VAE. The KL falls to 0 in all dimensions while the loss is low. What do you conclude?",
        {
            "a": (
                "Good: the loss is low, and the clouds fit the prior perfectly.",
                "They fit because they all are the prior. The loss may be low because pixels were averaged.",
            ),
            "b": (
                "It overfits.",
                "The other way round: it has learned nothing about single pictures, so it can't know them by heart.",
            ),
            "c": (
                "The learning rate is too high.",
                "Such a training is unstable. This one has quietly found that nats are not worth their price.",
            ),
            "d": (
                "The code is not used: every picture has the same cloud, and gets the same drawing.",
                "Look for a mean in the place of a sum, a β that is too high, or an s that is too large.",
            ),
        },
        correct="d",
    ),
    quiz(
        "quiz_threshold",
        "You monitor a machine that has never failed. From which windows do you take the threshold of the score?",
        {
            "a": (
                "From the windows that come later, where the alarm is to be tested.",
                "Then the test decides about its own result: a leak. And in real life they don't exist yet.",
            ),
            "b": (
                "From the healthy windows that the score has learned from.",
                "It fits these too well: their scores are too low, the threshold as well, and false alarms come.",
            ),
            "c": (
                "From healthy windows that were held out.",
                "They are as new to the score as the windows to come, as long as those are of the same kind.",
            ),
            "d": (
                "From faulty windows, so that all of them are found.",
                "There are none: the machine has never failed.",
            ),
        },
        correct="c",
    ),
    quiz(
        "quiz_fid",
        "Your generator has an FID of 4. A paper from another laboratory reports 6 for theirs, on digits as well. What follows?",
        {
            "a": (
                "Nothing, as long as network, test pictures and number of pictures are not the same.",
                "The scale belongs to the network that describes the pictures, and few pictures make FID larger.",
            ),
            "b": (
                "Yours is better.",
                "With another network to describe the pictures, or other numbers of them, the same samples get another FID.",
            ),
            "c": (
                "Theirs is better.",
                "Smaller is better, and only on the same scale.",
            ),
            "d": (
                "Both are equally good: a difference of 2 is noise.",
                "How large the noise is nobody knows before it was measured, with several draws.",
            ),
        },
        correct="a",
    ),
]
