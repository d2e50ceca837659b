import keras
import numpy as np
import pytest

from coursekit.augment.policy import POLICY_OPERATIONS, Policy, no_augmentation, rand_augment, random_policy
from coursekit.errors import InputError
from coursekit.methods.policy_search import (
    evolve,
    explore,
    population_step,
    search,
    train_with_schedule,
)

OPERATIONS = len(POLICY_OPERATIONS)
MIDDLE = Policy((0.5,) * OPERATIONS, (5.0,) * OPERATIONS)


def random_policies(n, seed=0):
    rng = np.random.default_rng(seed)
    return [random_policy(rng) for _ in range(n)]


def test_the_worst_of_four_goes_on_from_the_best_and_the_others_keep_what_they_have():
    policies = random_policies(4)
    new, parents = population_step(policies, [0.7, 0.9, 0.5, 0.8], np.random.default_rng(0))
    assert parents.tolist() == [0, 1, 1, 3]
    assert [new[child] == policies[child] for child in (0, 1, 3)] == [True] * 3
    assert new[2] not in policies


def test_the_worst_quarter_of_eight_goes_on_from_the_best_quarter():
    scores = np.arange(8) / 10
    copied = set()
    for seed in range(20):
        _, parents = population_step(random_policies(8), scores, np.random.default_rng(seed))
        assert parents[2:].tolist() == [2, 3, 4, 5, 6, 7]
        copied |= set(parents[:2].tolist())
    assert copied == {6, 7}


def test_a_step_does_not_touch_the_old_policies_and_repeats_with_its_seed():
    policies = random_policies(4)
    before = list(policies)
    steps = [population_step(policies, [1, 2, 3, 4], np.random.default_rng(5)) for _ in range(2)]
    assert policies == before
    assert steps[0][0] == steps[1][0]


def test_equal_scores_favour_no_child():
    replaced = [
        int(np.flatnonzero(parents != np.arange(4))[0])
        for _, parents in (
            population_step(random_policies(4), [0.5] * 4, np.random.default_rng(seed)) for seed in range(40)
        )
    ]
    assert set(replaced) == {0, 1, 2, 3}


def test_exploring_draws_a_fifth_afresh_and_moves_the_rest_by_at_most_three_steps():
    rng = np.random.default_rng(0)
    changed = [explore(MIDDLE, rng) for _ in range(1000)]
    probabilities = np.array([policy.probabilities for policy in changed])
    magnitudes = np.array([policy.magnitudes for policy in changed])
    # Out of reach of a move: 4 of the 11 fresh probabilities, and 0, 1 and 9 of the 10 fresh magnitudes.
    # Four standard errors of these shares among 6,000 are 0.014 at most.
    assert (np.abs(probabilities - 0.5) > 0.35).mean() == pytest.approx(0.2 * 4 / 11, abs=0.014)
    assert (np.abs(magnitudes - 5) > 3.5).mean() == pytest.approx(0.2 * 3 / 10, abs=0.014)
    # Two of the eight moves go nowhere, and 1 of 11 fresh values is the old one.
    assert (probabilities == 0.5).mean() == pytest.approx(0.8 / 4 + 0.2 / 11, abs=0.022)
    assert set(np.unique(probabilities)) == {tenth / 10 for tenth in range(11)}
    assert set(np.unique(magnitudes)) == set(range(10))


def test_exploring_keeps_operations_and_counts():
    policy = rand_augment(1, 9, ("rotate", "zoom"))
    for seed in range(20):
        changed = explore(policy, np.random.default_rng(seed))
        assert (changed.operations, changed.counts) == (policy.operations, policy.counts)


def test_a_search_lowers_the_use_of_a_harmful_operation():
    """A stub trainer: what a policy does to rotate harms, what it does to zoom helps, the rest is noise."""
    noise = np.random.default_rng(1)
    rotate, zoom = POLICY_OPERATIONS.index("rotate"), POLICY_OPERATIONS.index("zoom")

    def use(policy, operation):
        return policy.probabilities[operation] * policy.magnitudes[operation]

    def train(state, policy, number):
        return state, use(policy, zoom) - use(policy, rotate) + noise.normal(0, 0.5)

    starts, ends = [], []
    for seed in range(10):
        policies = random_policies(8, seed)
        history, _ = evolve(train, [None] * 8, policies, 20, np.random.default_rng(seed))
        starts.append(
            [np.mean([use(policy, operation) for policy in policies]) for operation in (rotate, zoom)]
        )
        ends.append([use(history.schedule[-1], operation) for operation in (rotate, zoom)])
    (rotate_before, zoom_before), (rotate_after, zoom_after) = np.mean(starts, 0), np.mean(ends, 0)
    assert rotate_after < rotate_before / 2
    assert zoom_after > zoom_before * 1.5


def test_the_schedule_follows_the_winners_weights_back_to_the_start():
    def train(state, policy, number):
        # The state is the diary of the weights: each policy that they were trained with.
        return [*state, policy], (len(state) + 1) * policy.probabilities[0] + policy.magnitudes[0]

    for seed in range(5):
        history, states = evolve(train, [[]] * 4, random_policies(4, seed), 10, np.random.default_rng(seed))
        assert list(history.schedule) == states[history.winner]
        assert history.lineage[-1] == history.winner == history.scores[-1].argmax()
        assert history.scores.shape == history.parents.shape == (10, 4)
        assert history.parents[0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("scores", "message"),
    [([1, 2, 3], "a score for each"), ([1, 2, 3, np.nan], "diverge")],
)
def test_scores_that_make_no_sense_are_refused(scores, message):
    with pytest.raises(InputError, match=message):
        population_step(random_policies(4), scores, np.random.default_rng(0))


def test_a_search_needs_a_round_and_two_children():
    for states, rounds in [([0], 3), ([0, 0], 0)]:
        with pytest.raises(InputError, match="a round or more, two children or more"):
            evolve(
                lambda *_: (0, 0.0), states, random_policies(len(states)), rounds, np.random.default_rng(0)
            )


def strokes(n, seed):
    """Upright strokes (class 0) and level ones (class 1): a quarter turn changes the label."""
    rng = np.random.default_rng(seed)
    images = 0.1 * rng.random((n, 12, 12, 1), dtype="float32")
    labels = rng.integers(0, 2, n)
    for image, label, place in zip(images, labels, rng.integers(3, 9, n), strict=True):
        image[(slice(2, 10), place) if label == 0 else (place, slice(2, 10))] = 1
    return images, labels


TRAIN, VALIDATION = strokes(64, 0), strokes(64, 1)


def small_network(augment):
    model = keras.Sequential(
        [
            augment,
            keras.layers.Conv2D(4, 5, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(2),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.02),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


SETTINGS = {"population": 3, "rounds": 4, "steps_per_round": 3, "batch_size": 16}


@pytest.fixture(scope="module")
def found():
    """A search whose winner goes on from another child's weights, and its seed."""
    for seed in range(10):
        result = search(small_network, *TRAIN, *VALIDATION, **SETTINGS, seed=seed)
        if len(set(result.history.lineage)) > 1:
            return result, seed
    raise AssertionError("In ten searches no winner came from a copy.")


def test_the_winner_has_the_score_that_it_won_with(found):
    result, _ = found
    predictions = result.model.predict(VALIDATION[0], verbose=0).argmax(1)
    assert (predictions == VALIDATION[1]).mean() == result.history.scores[-1, result.history.winner]


def test_training_with_the_schedule_repeats_the_winners_training(found):
    # It holds only if a copied child gets moving statistics, random numbers and the optimiser's state too.
    result, seed = found
    model = train_with_schedule(
        small_network, result.history.schedule, *TRAIN, steps=12, batch_size=16, seed=seed
    )
    for ours, theirs in zip(model.get_weights(), result.model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert int(result.model.optimizer.iterations.value) == 12


def test_the_model_is_compiled_once_for_all_children_and_rounds():
    traced = []

    class Probe(keras.layers.Layer):
        """Passes everything on and notes when it is traced for training."""

        def call(self, x, training=False):
            if training:
                traced.append(1)
            return x

    def make_model(augment):
        model = keras.Sequential([augment, Probe(), keras.layers.Flatten(), keras.layers.Dense(2)])
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return model

    counts = []
    for rounds in (1, 4):
        traced.clear()
        search(make_model, *TRAIN, *VALIDATION, population=2, rounds=rounds, steps_per_round=2)
        counts.append(len(traced))
    assert counts[0] == counts[1]


def test_steps_are_shared_among_the_policies_of_a_schedule():
    schedule = [no_augmentation(), MIDDLE, no_augmentation()]
    model = train_with_schedule(small_network, schedule, *TRAIN, steps=7, batch_size=16)
    assert int(model.optimizer.iterations.value) == 7
    with pytest.raises(InputError, match="1 to 2 policies"):
        train_with_schedule(small_network, schedule, *TRAIN, steps=2)
    with pytest.raises(InputError, match="got 0"):
        train_with_schedule(small_network, [], *TRAIN, steps=2)


def without_the_layer(augment):
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    return model


def not_compiled(augment):
    return keras.Sequential([augment, keras.layers.Flatten(), keras.layers.Dense(2)])


@pytest.mark.parametrize(
    ("make_model", "message"), [(without_the_layer, "handed into the model"), (not_compiled, "model.compile")]
)
def test_a_model_that_can_not_be_searched_with_is_refused(make_model, message):
    with pytest.raises(InputError, match=message):
        train_with_schedule(make_model, [MIDDLE], *TRAIN, steps=2)


def test_pictures_and_labels_must_pair_up():
    with pytest.raises(InputError, match=r"got \(64, 12, 12, 1\) and \(63,\)"):
        train_with_schedule(small_network, [MIDDLE], TRAIN[0], TRAIN[1][1:], steps=2)
    with pytest.raises(InputError, match="must have shape"):
        search(small_network, *TRAIN, VALIDATION[0][..., 0], VALIDATION[1])


def test_a_round_needs_a_step():
    with pytest.raises(InputError, match="got 0 steps of 32"):
        search(small_network, *TRAIN, *VALIDATION, steps_per_round=0)
