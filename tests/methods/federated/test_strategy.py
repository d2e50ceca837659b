import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.federated import ClientUpdate, fed_avg, weighted_average


def test_a_client_with_three_times_the_images_counts_three_times():
    updates = [([np.array([0.0, 4.0]), np.array([[8.0]])], 9), ([np.array([4.0, 0.0]), np.array([[0.0]])], 3)]
    first, second = weighted_average(updates)
    assert first.tolist() == [1, 3]
    assert second.tolist() == [[6]]
    assert first.dtype == np.float32


def test_one_client_alone_is_its_own_average():
    weights = [np.float32([0.1, 0.2])]
    assert weighted_average([(weights, 7)])[0].tolist() == weights[0].tolist()


def test_a_client_without_images_does_not_count():
    assert weighted_average([([np.array([5.0])], 0), ([np.array([1.0])], 2)])[0].tolist() == [1]


def test_the_order_of_reports_makes_no_difference():
    rng = np.random.default_rng(0)
    updates = [([rng.normal(size=50).astype("float32")], int(size)) for size in rng.integers(1, 90, 200)]
    assert np.array_equal(weighted_average(updates)[0], weighted_average(updates[::-1])[0])


def test_reports_are_used_up_one_at_a_time():
    waiting = 0

    def arriving():
        nonlocal waiting
        for _ in range(5):
            waiting += 1
            assert waiting == 1
            yield ClientUpdate([np.ones(2)], 1)
            waiting -= 1

    assert weighted_average(arriving())[0].tolist() == [1, 1]


def test_weights_left_out_stay_as_the_server_has_them():
    sent = [np.zeros(2, "float32"), np.full(3, 9, "float32")]
    update = ClientUpdate([np.ones(2, "float32"), np.ones(3, "float32")], 4)
    averaged = fed_avg(sent, [update], leave_out=[False, True])
    assert [part.tolist() for part in averaged] == [[1, 1], [9, 9, 9]]
    assert [part.tolist() for part in fed_avg(sent, [update])] == [[1, 1], [1, 1, 1]]


@pytest.mark.parametrize(
    ("updates", "message"),
    [
        ([], "no client reported"),
        ([([np.ones(2)], 0)], "none has an image"),
        ([([np.ones(2)], -1)], "at least 0"),
        ([([np.ones(2)], float("nan"))], "at least 0"),
        ([([np.ones(2)], 1), ([np.ones(3)], 1)], "one model"),
    ],
)
def test_what_cannot_be_averaged_is_refused(updates, message):
    with pytest.raises(InputError, match=message):
        weighted_average(updates)


def test_leave_out_needs_an_entry_for_each_weight():
    with pytest.raises(InputError, match="leave_out"):
        fed_avg([np.ones(2)], [ClientUpdate([np.ones(2)], 1)], leave_out=[True, False])
