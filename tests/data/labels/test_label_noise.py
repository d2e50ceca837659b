import numpy as np
import pytest

from coursekit.data import corrupt_labels, pair_matrix, symmetric_matrix
from coursekit.errors import InputError

LABELS = np.arange(20_000) % 5


def frequencies(true: np.ndarray, observed: np.ndarray) -> np.ndarray:
    table = np.zeros((5, 5))
    np.add.at(table, (true, observed), 1)
    return table / table.sum(1, keepdims=True)


# 4,000 items a class: the standard deviation of a frequency is at most 0.0079. Four and a half of them: of
# 25 frequencies one would be farther off in one of 5,000 seeds.
TOLERANCE = 0.036


@pytest.mark.parametrize(
    "transition",
    [
        symmetric_matrix(5, 0.4),
        pair_matrix(5, 0.3),
        pair_matrix(5, 0.45, {1: 3, 3: 1}),
        np.random.default_rng(0).dirichlet(np.ones(5), size=5),
    ],
)
def test_labels_turn_as_often_as_the_matrix_says(transition):
    observed, flipped = corrupt_labels(LABELS, transition, seed=1)
    assert np.abs(frequencies(LABELS, observed) - transition).max() < TOLERANCE
    assert np.array_equal(flipped, observed != LABELS)
    assert observed.dtype == np.int64
    assert not frequencies(LABELS, observed)[transition == 0].any()


@pytest.mark.parametrize("n_classes", [2, 5, 10])
@pytest.mark.parametrize("noise", [0.0, 0.2, 1.0])
def test_rows_of_the_matrices_add_up_to_one(n_classes, noise):
    for matrix in (symmetric_matrix(n_classes, noise), pair_matrix(n_classes, noise)):
        assert np.allclose(matrix.sum(1), 1) and np.allclose(np.diag(matrix), 1 - noise)


def test_symmetric_noise_never_falls_on_the_true_class():
    observed, flipped = corrupt_labels(LABELS, symmetric_matrix(5, 1.0))
    assert flipped.all() and (observed != LABELS).all()


def test_pair_noise_takes_a_class_for_the_next_and_the_last_for_the_first():
    assert np.array_equal(corrupt_labels(LABELS, pair_matrix(5, 1.0)).labels, (LABELS + 1) % 5)


def test_named_pairs_leave_other_classes_alone():
    observed, flipped = corrupt_labels(LABELS, pair_matrix(5, 0.5, {4: 0}))
    assert set(LABELS[flipped]) == {4} and set(observed[flipped]) == {0}


@pytest.mark.parametrize("matrix", [symmetric_matrix, pair_matrix])
def test_labels_wrong_at_little_noise_are_wrong_in_the_same_way_at_more(matrix):
    less, more = (corrupt_labels(LABELS, matrix(5, noise), seed=3) for noise in (0.2, 0.4))
    assert more.flipped[less.flipped].all() and more.flipped.sum() > less.flipped.sum()
    assert np.array_equal(less.labels[less.flipped], more.labels[less.flipped])


def test_item_i_does_not_depend_on_n():
    few, many = (corrupt_labels(LABELS[:n], symmetric_matrix(5, 0.5), seed=2).labels for n in (50, 90))
    assert np.array_equal(few, many[:50])


def test_same_seed_same_noise_another_seed_other_noise():
    first, again, other = (corrupt_labels(LABELS, symmetric_matrix(5, 0.5), seed=s).labels for s in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_noise_is_not_drawn_by_the_numbers_that_a_simulator_draws_with_the_same_seed():
    flipped = corrupt_labels(LABELS, symmetric_matrix(5, 0.5), seed=0).flipped
    simulated = np.random.default_rng(0).random((len(LABELS), 2))[:, 0] < 0.5
    # Independent halves agree half the time; 20,000 items have a standard deviation of 0.0035.
    assert abs(np.mean(flipped == simulated) - 0.5) < 0.015


def test_true_labels_are_left_as_they_were():
    labels = LABELS.copy()
    corrupt_labels(labels, symmetric_matrix(5, 0.5))
    assert np.array_equal(labels, LABELS)


@pytest.mark.parametrize(
    ("labels", "transition", "message"),
    [
        (LABELS, symmetric_matrix(4, 0.2), "what becomes of class 4"),
        (LABELS, np.ones((5, 4)) / 4, "must be square"),
        (LABELS, np.eye(5) * 0.9, "Row 0 .* must add up to 1, got 0.9"),
        (LABELS, [[1.5, -0.5], [0, 1]], "probabilities from 0 to 1"),
        (LABELS, np.array([[0.9, 0.3], [0.1, 0.7]]), "transpose it"),
        (LABELS + 0.5, np.eye(5), "whole numbers from 0, got float64"),
        (LABELS - 1, np.eye(5), "whole numbers from 0, got -1"),
        (LABELS[:, None], np.eye(5), "one entry for each item"),
        (np.array(["a", "b"]), np.eye(5), "np.unique"),
    ],
)
def test_labels_and_matrices_of_another_form_are_refused(labels, transition, message):
    with pytest.raises(InputError, match=message):
        corrupt_labels(labels, transition)


@pytest.mark.parametrize("matrix", [symmetric_matrix, pair_matrix])
@pytest.mark.parametrize(
    ("n_classes", "noise"), [(1, 0.2), (2.0, 0.2), (3, -0.1), (3, 1.1), (3, float("nan"))]
)
def test_matrices_out_of_range_are_refused(matrix, n_classes, noise):
    with pytest.raises(InputError):
        matrix(n_classes, noise)


@pytest.mark.parametrize("pairs", [{1: 1}, {1: 5}, {-1: 2}])
def test_pairs_that_are_none_are_refused(pairs):
    with pytest.raises(InputError, match="two different classes from 0 to 4"):
        pair_matrix(5, 0.2, pairs)
