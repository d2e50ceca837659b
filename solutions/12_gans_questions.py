"""The questions of lesson 12: probes, tolerances, points, hints, and wrong answers with what each should hear."""

import numpy as np

from coursekit.course.compare import accuracy, close, exact
from coursekit.course.questions import Probe, Question, quiz


def logit_probes(rng):
    """No opinion at all, a discriminator that is sure and right, sure and wrong, and random ones."""
    probes = [(np.zeros(4, "float32"), np.zeros(6, "float32"))]
    for sure in (30, -30):
        probes.append((np.full(3, sure, "float32"), np.full(5, -sure, "float32")))
    for _ in range(3):
        real, fake = (rng.normal(shift, 2, int(rng.integers(3, 8))) for shift in rng.uniform(-2, 2, size=2))
        probes.append((real.astype("float32"), fake.astype("float32")))
    return probes


def plane_probes(rng):
    """A single mode, the places between modes, 0.9 % and 1 %, strays, corners of squares, modes that overlap."""
    sigma = float(rng.uniform(0.05, 0.085))
    angle = rng.uniform(0, 2 * np.pi) + np.arange(8) * np.pi / 4
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    between = (ring + np.roll(ring, 1, axis=0)) / 2
    far = np.array([[0.0, 2.5]])
    chosen = rng.permutation(8)

    def around(centre, n, spread=1.0):
        """Points well inside 3 sigma, in random directions."""
        way = rng.uniform(0, 2 * np.pi, n)
        length = spread * sigma * rng.uniform(0.5, 1, n)
        return centre + length[:, None] * np.stack([np.cos(way), np.sin(way)], axis=1)

    first, second, third = ring[chosen[:3]]
    clouds = [
        [around(centre, 125) for centre in ring],
        [around(first, 1000)],
        [around(place, 50) for place in between] + [around(first, 600)],
        [around(first, 981), around(second, 9), around(third, 10)],
        [around(first, 493), around(second, 7), np.repeat(far, 500, axis=0)],
        # Beyond 3 sigma along the diagonal, and yet within it in x and in y.
        [around(first, 500), second + 2.5 * sigma * rng.choice([-1, 1], size=(500, 2))],
        [around(first, 500), second + 2 * sigma * np.array([[1, 0]]) + np.zeros((500, 1))],
    ]
    probes = [(rng.permutation(np.concatenate(cloud)), ring, sigma) for cloud in clouds]
    # Two centres so close that 3 sigma of one reach the other; all points lie at the first.
    probes.append((around(np.zeros(2), 200, 0.5), np.array([[0, 0], [2 * sigma, 0]]), sigma))
    return probes


def cloud_probes(rng):
    """Equal clouds, moved, wider, and correlated ones, with other numbers of rows."""
    probes = []
    for k, n, m in ((3, 80, 80), (2, 60, 90), (4, 120, 70), (3, 90, 90), (5, 100, 60)):
        mixing = rng.normal(size=(k, k))
        first = rng.normal(size=(n, k)) @ mixing + rng.normal(size=k)
        if n == m == 80:
            probes.append((first, first[::-1].copy()))
            probes.append((first, first + rng.uniform(0.5, 1.5, size=k)))
            probes.append((first, first * 2))
            continue
        probes.append((first, rng.normal(size=(m, k)) @ rng.normal(size=(k, k)) + rng.normal(size=k)))
    return probes


def arm_probes(rng):
    """Collections in which numbers are in no order and the budget can be divided by all sizes."""
    probes = []
    for real, painted, budget in ((8, 20, 280), (10, 30, 240), (6, 18, 144), (5, 20, 300)):
        testing = int(rng.integers(3, 7))
        numbers = rng.permutation(200)
        annotated, drawn = np.split(numbers[: real + testing + painted], [real + testing])
        test = rng.permutation(annotated)[:testing]
        probes.append((annotated, test, rng.permutation(np.concatenate([annotated, drawn])), budget))
    return probes


def weight_probes(rng):
    """Equal logits, logits beyond the clip on both sides, and others."""
    probes = [(np.zeros(5), 3.0), (np.array([-12.0, 0.0, 1.0, 12.0]), 3.0)]
    for clip in (1.0, 2.0, 3.5):
        logits = rng.normal(rng.uniform(-1, 1), 2.5, size=int(rng.integers(6, 12)))
        logits[:2] = clip + 2, -clip - 1
        probes.append((logits, clip))
    return probes


def ring_probes(rng):
    """Three rings of eight dots, each turned by another angle, and 16 places: the dots and as many gaps inside."""
    data, places, truth = [], [], []
    for _ in range(3):
        angle = rng.uniform(0, 2 * np.pi) + np.arange(8) * np.pi / 4
        dots = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        gaps = 0.45 * np.stack([np.cos(angle + np.pi / 8), np.sin(angle + np.pi / 8)], axis=1)
        points = dots[rng.integers(8, size=1500)] + rng.normal(0, 0.1, size=(1500, 2))
        order = rng.permutation(16)
        data.append(points)
        places.append(np.concatenate([dots, gaps])[order])
        truth.append(np.repeat([1, 0], 8)[order])
    arguments = (np.array(data, "float32"), np.array(places, "float32"))
    return [Probe(arguments, np.array(truth), "rings that nobody has seen")]


QUESTIONS = [
    Question(
        name="gan_losses",
        asks="What the discriminator and what the generator minimise, from the discriminator's logits.",
        points=2,
        probes=logit_probes,
        compare=close(1e-5),  # float32 in, a dozen operations
        hints=[
            "The generator wants its fakes called real: what loss has a *real* picture in the discriminator's sum?",
            "−log D is softplus(−q), and −log(1 − D) is softplus(q), with softplus(q) = log(1 + eᑫ) and the logit q.",
            "`np.logaddexp(0, q)` is softplus without overflow. Take a mean over the real logits, and one over the fake ones.",
        ],
        right="Finite, even for a discriminator that is quite sure.",
        wrong={
            """
def gan_losses(real_logits, fake_logits):
    d = np.logaddexp(0, -real_logits).mean() + np.logaddexp(0, fake_logits).mean()
    return d, -np.logaddexp(0, fake_logits).mean()
""": "Saturating: you let the generator minimise log(1 − D). A rejected fake then teaches next to nothing.",
            """
def gan_losses(real_logits, fake_logits):
    d = np.logaddexp(0, -real_logits).mean() + np.logaddexp(0, fake_logits).mean()
    return d, np.logaddexp(0, fake_logits).mean()
""": "Your generator minimises the discriminator's own term: it is rewarded for being caught.",
            """
def gan_losses(real_logits, fake_logits):
    d = np.logaddexp(0, real_logits).mean() + np.logaddexp(0, -fake_logits).mean()
    return d, np.logaddexp(0, -fake_logits).mean()
""": "The labels are swapped: the discriminator is rewarded for believing fakes.",
            """
def gan_losses(real_logits, fake_logits):
    real, fake = 1 / (1 + np.exp(-real_logits)), 1 / (1 + np.exp(-fake_logits))
    return -np.log(real).mean() - np.log(1 - fake).mean(), -np.log(fake).mean()
""": "Infinite where the discriminator is sure: its probability is rounded to 1, and log(1 − 1) is −∞. Use softplus of the logit.",
            """
def gan_losses(real_logits, fake_logits):
    d = np.logaddexp(0, -real_logits).sum() + np.logaddexp(0, fake_logits).sum()
    return d, np.logaddexp(0, -fake_logits).sum()
""": "Sums grow with the batch. Take means: one over real logits, one over fake ones.",
            """
def gan_losses(real_logits, fake_logits):
    both = np.concatenate([np.logaddexp(0, -real_logits), np.logaddexp(0, fake_logits)])
    return both.mean(), np.logaddexp(0, -fake_logits).mean()
""": "One mean over all logits: the discriminator's loss is the mean over real ones *plus* the mean over fake ones.",
            """
def gan_losses(real_logits, fake_logits):
    return np.logaddexp(0, fake_logits).mean(), np.logaddexp(0, -fake_logits).mean()
""": "Your discriminator never hears of a real picture: calling everything fake would cost it nothing.",
        },
    ),
    Question(
        name="modes_covered",
        asks="How many modes get at least 1 % of all points within 3 sigma of their centre.",
        points=2,
        probes=plane_probes,
        compare=exact(),
        hints=[
            "All distances at once: `np.linalg.norm(points[:, None] - centres, axis=-1)` has a row for each point.",
            "`.argmin(axis=1)` names the nearest centre, `.min(axis=1) <= 3 * sigma` says whether the point is close enough.",
            "`np.bincount(nearest[close], minlength=len(centres))` counts. Compare with 1 % of *all* points.",
        ],
        right="A stray point is no mode, and a point between two modes belongs to none.",
        wrong={
            """
def modes_covered(points, centres, sigma):
    distance = np.linalg.norm(points[:, None] - centres, axis=-1)
    counts = np.bincount(distance.argmin(axis=1), minlength=len(centres))
    return int((counts >= 0.01 * len(points)).sum())
""": "You give each point to the nearest centre, however far it is. Points between modes count for no mode.",
            """
def modes_covered(points, centres, sigma):
    distance = np.linalg.norm(points[:, None] - centres, axis=-1)
    close = distance.min(axis=1) <= 3 * sigma
    return len(np.unique(distance.argmin(axis=1)[close]))
""": "One stray point is no mode: 1 % of all points are needed.",
            """
def modes_covered(points, centres, sigma):
    distance = np.linalg.norm(points[:, None] - centres, axis=-1)
    close = distance.min(axis=1) <= 3 * sigma
    counts = np.bincount(distance.argmin(axis=1)[close], minlength=len(centres))
    return int((counts >= 0.01 * close.sum()).sum())
""": "1 % of *all* points: yours counts only those that lie in some mode.",
            """
def modes_covered(points, centres, sigma):
    distance = np.linalg.norm(points[:, None] - centres, axis=-1)
    close = distance.min(axis=1) <= 3 * sigma
    counts = np.bincount(distance.argmin(axis=1)[close], minlength=len(centres))
    return int((counts > 0.01 * len(points)).sum())
""": "Exactly 1 % is enough: `>=`.",
            """
def modes_covered(points, centres, sigma):
    apart = np.abs(points[:, None] - centres)
    nearest = (apart**2).sum(axis=-1).argmin(axis=1)
    close = (apart.max(axis=-1) <= 3 * sigma).any(axis=1)
    counts = np.bincount(nearest[close], minlength=len(centres))
    return int((counts >= 0.01 * len(points)).sum())
""": "You look at x and y one by one: that is a square. Take the distance.",
            """
def modes_covered(points, centres, sigma):
    distance = np.linalg.norm(points[:, None] - centres, axis=-1)
    return int(((distance <= 3 * sigma).sum(axis=0) >= 0.01 * len(points)).sum())
""": "A point counts for several modes in yours, where they lie close together. It belongs to the nearest.",
            """
def modes_covered(points, centres, sigma):
    distance = np.linalg.norm(points[:, None] - centres, axis=-1)
    close = distance.min(axis=1) <= sigma
    counts = np.bincount(distance.argmin(axis=1)[close], minlength=len(centres))
    return int((counts >= 0.01 * len(points)).sum())
""": "That is within 1 sigma; a mode reaches as far as 3 sigma.",
        },
    ),
    Question(
        name="frechet_distance",
        asks="The Fréchet distance of two clouds of features, as if both were Gaussian.",
        points=3,
        probes=cloud_probes,
        compare=close(1e-3, rtol=1e-4),  # eigenvalues of a product, taken the root of
        hints=[
            "Means: `a.mean(axis=0)`. Covariances: `np.cov(a, rowvar=False)`; without `rowvar` NumPy takes rows for features.",
            "The trace of a matrix root is the sum of the roots of the eigenvalues: `np.linalg.eigvals(A @ B)`.",
            "Rounding can leave eigenvalues like −1e-17 or 3 + 1e-20j: `np.sqrt(np.maximum(values.real, 0)).sum()`.",
        ],
        right="Means, spreads and correlations, in one number.",
        wrong={
            """
def frechet_distance(a, b):
    shift = a.mean(axis=0) - b.mean(axis=0)
    A, B = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    return shift @ shift + np.trace(A) + np.trace(B) - 2 * np.trace(np.sqrt(np.abs(A @ B)))
""": "A matrix root is not the root of its entries: take the roots of the eigenvalues.",
            """
def frechet_distance(a, b):
    shift = a.mean(axis=0) - b.mean(axis=0)
    return shift @ shift
""": "You compare the means only. With the spread ignored, a generator that always paints the average picture would win.",
            """
def frechet_distance(a, b):
    shift = a.mean(axis=0) - b.mean(axis=0)
    return shift @ shift + ((a.std(axis=0, ddof=1) - b.std(axis=0, ddof=1)) ** 2).sum()
""": "You compare each feature's spread by itself. Which features go together is in the covariances, off the diagonal.",
            """
def frechet_distance(a, b):
    shift = a.mean(axis=0) - b.mean(axis=0)
    A, B = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.sqrt(np.maximum(np.linalg.eigvals(A @ B).real, 0)).sum()
    return np.linalg.norm(shift) + np.trace(A) + np.trace(B) - 2 * root
""": "The distance of the means is squared in the formula.",
            """
def frechet_distance(a, b):
    shift = a.mean(axis=0) - b.mean(axis=0)
    A, B = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.sqrt(np.maximum(np.linalg.eigvals(A @ B).real, 0)).sum()
    return shift @ shift + np.trace(A) + np.trace(B) - root
""": "The 2 before the root is missing: equal clouds must be 0 apart.",
            """
def frechet_distance(a, b):
    shift = a.mean(axis=0) - b.mean(axis=0)
    A, B = np.cov(a), np.cov(b)
    root = np.sqrt(np.maximum(np.linalg.eigvals(A @ B).real, 0)).sum()
    return shift @ shift + np.trace(A) + np.trace(B) - 2 * root
""": "`np.cov` takes rows for features unless you say `rowvar=False`: yours compares pictures with pictures.",
            """
def frechet_distance(a, b):
    shift = a.mean(axis=0) - b.mean(axis=0)
    A, B = np.cov(a, rowvar=False, bias=True), np.cov(b, rowvar=False, bias=True)
    root = np.sqrt(np.maximum(np.linalg.eigvals(A @ B).real, 0)).sum()
    return shift @ shift + np.trace(A) + np.trace(B) - 2 * root
""": "Your covariances are divided by n. `np.cov` divides by n − 1 if you leave it alone, and so do we.",
            """
def frechet_distance(a, b):
    shift = a.mean(axis=0) - b.mean(axis=0)
    A, B = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.linalg.eigvals(A @ B).real.sum()
    return shift @ shift + np.trace(A) + np.trace(B) - 2 * root
""": "You add up the eigenvalues themselves; the formula wants their roots.",
        },
    ),
    Question(
        name="four_arms",
        asks="Which pairs each of four arms trains on, and how often each pair is shown.",
        points=3,
        probes=arm_probes,
        compare=exact(),
        hints=[
            "`np.setdiff1d(x, y)` gives what is in x and not in y, in rising order.",
            "Two sets are all that you need: the real pairs that are not for testing, and the masks that belong to no annotated pair.",
            "Passes: `budget / n`, with the number of pairs, real and painted together, that this arm trains on.",
        ],
        right="The same number of pictures shown to all four, and no mask of a test pair anywhere.",
        wrong={
            """
def four_arms(annotated, test, masks, budget):
    real, none = np.setdiff1d(annotated, test), np.array([], int)
    painted = np.setdiff1d(masks, real)
    arms = [(real, none), (real, none), (none, painted), (real, painted)]
    return [(a, b, budget / (len(a) + len(b))) for a, b in arms]
""": "A leak: you paint over the masks of test pairs. The segmenter then trains on the very answers it is tested on.",
            """
def four_arms(annotated, test, masks, budget):
    real, painted, none = np.unique(annotated), np.setdiff1d(masks, annotated), np.array([], int)
    arms = [(real, none), (real, none), (none, painted), (real, painted)]
    return [(a, b, budget / (len(a) + len(b))) for a, b in arms]
""": "Your real arms train on test pairs. Take them out of `annotated` first.",
            """
def four_arms(annotated, test, masks, budget):
    real, painted, none = np.setdiff1d(annotated, test), np.setdiff1d(masks, annotated), np.array([], int)
    arms = [(real, none), (real, none), (none, painted), (real, painted)]
    return [(a, b, budget / len(real)) for a, b in arms]
""": "The same number of passes for all: arms with more pairs are shown more pictures. You would measure more steps, "
            "not better data.",
            """
def four_arms(annotated, test, masks, budget):
    real, painted, none = np.setdiff1d(annotated, test), np.setdiff1d(masks, annotated), np.array([], int)
    sizes = [len(real), 2 * len(real), len(painted), len(real) + len(painted)]
    arms = [(real, none), (real, none), (none, painted), (real, painted)]
    return [(a, b, budget / n) for (a, b), n in zip(arms, sizes)]
""": "Augmentation doubles nothing: the same pairs are shown as often as before, only never twice alike.",
            """
def four_arms(annotated, test, masks, budget):
    real, painted, none = np.setdiff1d(annotated, test), np.setdiff1d(masks, test), np.array([], int)
    arms = [(real, none), (real, none), (none, painted), (real, painted)]
    return [(a, b, budget / (len(a) + len(b))) for a, b in arms]
""": "You paint over the masks of training pairs as well. They have their real picture: asked for were masks without one.",
            """
def four_arms(annotated, test, masks, budget):
    real, new, none = np.setdiff1d(annotated, test), np.setdiff1d(masks, annotated), np.array([], int)
    arms = [(real, none), (real, none), (none, np.setdiff1d(masks, test)), (real, new)]
    return [(a, b, budget / (len(a) + len(b))) for a, b in arms]
""": "Your third arm paints over masks that have a real picture. It would be compared with more than the others paint.",
            """
def four_arms(annotated, test, masks, budget):
    real, painted, none = np.setdiff1d(annotated, test), np.setdiff1d(masks, annotated), np.array([], int)
    arms = [(real, none), (real, none), (real, painted), (real, painted)]
    return [(a, b, budget / (len(a) + len(b))) for a, b in arms]
""": "Your third arm holds real pairs, too. Then nobody learns what painted ones are worth by themselves.",
            """
def four_arms(annotated, test, masks, budget):
    real, painted, none = np.setdiff1d(annotated, test), np.setdiff1d(masks, annotated), np.array([], int)
    arms = [(real, none), (real, none), (none, painted), (real, painted)]
    return [(a, b, budget / max(len(a), len(b))) for a, b in arms]
""": "In the last arm real *and* painted pairs share the budget: divide by both together.",
        },
    ),
    Question(
        name="importance_weights",
        asks="Weights of painted pairs from the discriminator's logits, clipped, with the sum 1.",
        points=2,
        probes=weight_probes,
        compare=close(1e-6),  # float64
        hints=[
            "With D = 1 / (1 + e⁻ᑫ), what is D / (1 − D)? Write it down; it gets short.",
            "It is eᑫ. First clip: `np.clip(logits, -clip, clip)`.",
            "Divide by the sum.",
        ],
        right="Wrong pairs are turned down, and none can take all the weight.",
        wrong={
            """
def importance_weights(logits, clip=3.0):
    weights = 1 / (1 + np.exp(-np.clip(logits, -clip, clip)))
    return weights / weights.sum()
""": "That is a probability, not a ratio: D, where D / (1 − D) was asked for.",
            """
def importance_weights(logits, clip=3.0):
    weights = np.exp(logits)
    return weights / weights.sum()
""": "Nothing was clipped: a single pair with a large logit takes nearly all the weight.",
            """
def importance_weights(logits, clip=3.0):
    return np.exp(np.clip(logits, -clip, clip))
""": "Divide by the sum: with weights of any size you would change the learning rate, too.",
            """
def importance_weights(logits, clip=3.0):
    weights = np.exp(np.clip(logits, -clip, clip))
    return weights / weights.mean()
""": "Yours have the mean 1; asked for was the sum 1.",
            """
def importance_weights(logits, clip=3.0):
    weights = np.exp(-np.clip(logits, -clip, clip))
    return weights / weights.sum()
""": "The wrong way round: what looks fake to the discriminator gets the most weight.",
            """
def importance_weights(logits, clip=3.0):
    weights = np.minimum(np.exp(logits), clip)
    return weights / weights.sum()
""": "Clip the logits, on both sides, before you take the exponential; you clip the weights, above only.",
            """
def importance_weights(logits, clip=3.0):
    weights = np.clip(logits, -clip, clip)
    return weights / weights.sum()
""": "You normalise logits. They can be negative, and weights can't: the exponential comes first.",
        },
    ),
    Question(
        name="rescued",
        asks="Train a GAN on each of three new rings, and say at which places it puts points; 90 % must be right.",
        points=4,
        probes=ring_probes,
        compare=accuracy(0.9),
        needs=["play", "reached"],
        seconds=150,
        memory_mb=4096,
        hints=[
            "Three settings of the collapsed run are other than those of part 2. Change one at a time and look at `reached`.",
            "Is the generator faster than the discriminator? Is the discriminator large enough to remember eight places? "
            "Is the momentum small enough for a moving target?",
            "`play(points, 1500, seed=seed)` has good values for all three. A D that is faster than its G, `rate_d=3e-3`, is safer still.",
        ],
        right="All dots, on rings that you have never seen.",
        wrong={
            """
def rescued(data, places):
    found = []
    for points, where in zip(data, places):
        g, _, _ = play(points, 300, rate_g=1e-2, rate_d=1e-3, widths_d=(8,), momentum=0.9)
        found.append(reached(g, where))
    return np.array(found)
""": "of your predictions are right",
            "lambda data, places: np.ones(places.shape[:2], int)": "of your predictions are right",
            "lambda data, places: np.zeros(places.shape[:2], int)": "of your predictions are right",
        },
    ),
    quiz(
        "quiz_half",
        "At the end of a training, D(real) and D(fake) are both 0.5. What do you know?",
        {
            "a": (
                "The generated pictures are perfect.",
                "That is one way to get there. A discriminator that is too weak to see any difference gets there as well.",
            ),
            "b": (
                "This discriminator can't tell real from fake, which a weak one can't either.",
                "It says as much about the judge as about the forger. Look at pictures, modes and distances.",
            ),
            "c": (
                "The discriminator's weights have become zero.",
                "Then it would say 0.5 to everything. But a living one that meets good fakes says so too.",
            ),
            "d": (
                "The generator has learned the training pictures by heart.",
                "That can happen with any value of D. Compare with the nearest training pictures to find out.",
            ),
        },
        correct="b",
    ),
    quiz(
        "quiz_collapse",
        "Where would you see first that a generator makes only two of the ten digits?",
        {
            "a": (
                "In the losses: that of the generator jumps up.",
                "It need not. Losses say how the two stand to each other, and a pair can be balanced over two digits.",
            ),
            "b": (
                "In a count of the kinds that it makes.",
                "Count modes where you know them; for pictures, let a classifier name a thousand samples.",
            ),
            "c": (
                "In one sample, looked at closely.",
                "One sample can be beautiful. What is missing shows only in many.",
            ),
            "d": (
                "In the share of fakes that the discriminator finds.",
                "It may be fooled by good 1s and 7s, and never miss the rest.",
            ),
        },
        correct="b",
    ),
    quiz(
        "quiz_fid",
        "A paper reports an FID of 2.0, measured on 50 generated pictures. In the same way, 50 *real* pictures score 2.0. "
        "What do you say of the generator?",
        {
            "a": (
                "It is good: 2.0 is a small number.",
                "Small against what? FID has the unit of the features, squared: times ten in the features is times a "
                "hundred in the FID.",
            ),
            "b": (
                "It is bad: a perfect one would have 0.",
                "Not with 50 pictures: then real ones don't have 0 either.",
            ),
            "c": (
                "No verdict, and above all not that it is as good as real.",
                "With 50 pictures, most of the number can be the sample size. Take a thousand of both, and print what "
                "real against real scores.",
            ),
            "d": (
                "Compare pixels instead of features: they are unbiased.",
                "The bias comes from estimating covariances with few pictures; with pixels there are more features, and it grows.",
            ),
        },
        correct="c",
    ),
    quiz(
        "quiz_masks",
        "You paint pictures over masks to train a segmenter. Where may the masks come from?",
        {
            "a": (
                "From the test pairs: the images are new, after all.",
                "The answers are not. A segmenter that has met the masks of the test has met the test.",
            ),
            "b": (
                "From predictions on the test pictures.",
                "They are nearly the test masks, with the mistakes of a network added.",
            ),
            "c": (
                "From anywhere: the painter changes everything about the image.",
                "Everything but the mask, if it obeys. And the mask is what is scored.",
            ),
            "d": (
                "From training pairs, or drawn anew by a program.",
                "A program that draws masks of the right kind never runs dry. Whether its masks are like those of real cells "
                "is a question of its own.",
            ),
        },
        correct="d",
    ),
]
