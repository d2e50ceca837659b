import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.federated import ClientUpdate, clip_update, private_average

LONG = [np.array([3.0, 0.0]), np.array([[4.0]])]


def test_a_long_update_is_shortened_over_all_its_arrays_together():
    clipped = clip_update(LONG, 1.0)
    assert np.allclose(clipped[0], [0.6, 0])
    assert np.allclose(clipped[1], [[0.8]])


def test_a_short_update_stays_as_it_is():
    assert all(np.array_equal(new, old) for new, old in zip(clip_update(LONG, 5.0), LONG, strict=True))
    assert clip_update([np.zeros(3)], 1.0)[0].tolist() == [0, 0, 0]


def test_clipping_does_not_change_its_input():
    update = [np.array([30.0])]
    clip_update(update, 1.0)
    assert update[0].tolist() == [30]


@pytest.mark.parametrize(("update", "norm"), [(LONG, 0), (LONG, np.nan), ([np.array([np.nan])], 1.0)])
def test_what_cannot_be_clipped_is_refused(update, norm):
    with pytest.raises(InputError):
        clip_update(update, norm)


def test_without_noise_each_client_counts_the_same_and_the_expected_number_divides():
    sent = [np.array([10.0, 10.0], "float32")]
    updates = [ClientUpdate([np.array([10.3, 10.0])], 500), ClientUpdate([np.array([10.0, 18.0])], 1)]
    combined = private_average(clip=1.0, noise=0, expected=4)(sent, updates)
    # The second moved by 8 and is shortened to 1.
    assert np.allclose(combined[0], [10 + 0.3 / 4, 10 + 1 / 4])


def test_one_client_more_moves_the_average_by_at_most_clip_over_expected():
    rng = np.random.default_rng(0)
    sent = [np.zeros(30, "float32"), np.zeros((4, 5), "float32")]
    updates = [
        ClientUpdate([rng.normal(scale=scale, size=part.shape) for part in sent], 10)
        for scale in (0.01, 1, 100)
    ]
    average = [private_average(0.5, 0, 8)(sent, updates[:n]) for n in (2, 3)]
    moved = np.sqrt(sum(np.sum((a - b) ** 2) for a, b in zip(*average, strict=True)))
    assert moved == pytest.approx(0.5 / 8, rel=1e-4)


def test_the_noise_has_the_size_that_is_accounted_for_even_when_nobody_came():
    sent = [np.zeros(20_000, "float32")]
    combine = private_average(clip=0.5, noise=2.0, expected=10, seed=3)
    first, second = combine(sent, [])[0], combine(sent, [])[0]
    # The standard deviation from 20,000 numbers is known to 0.5 %.
    assert first.std() == pytest.approx(2.0 * 0.5 / 10, rel=0.02)
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(20_000)
    again = private_average(clip=0.5, noise=2.0, expected=10, seed=3)(sent, [])[0]
    assert np.array_equal(first, again)


@pytest.mark.parametrize("settings", [(0, 1, 10), (1, -1, 10), (1, 1, 0), (1, np.inf, 10)])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(InputError):
        private_average(*settings)
