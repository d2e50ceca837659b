import numpy as np
import pytest

from coursekit.errors import CourseError, InputError
from coursekit.methods.federated import ClientUpdate, fed_avg
from coursekit.methods.federated.key_agreement import KEY_BYTES, agree
from coursekit.methods.federated.secure_aggregation import (
    SecureClient,
    add_masks,
    from_fixed,
    mask,
    open_sum,
    secure_average,
    secure_sum,
    to_fixed,
)
from coursekit.methods.federated.shamir import join_secret

SEEDS = {(1, 2): b"a", (1, 3): b"b", (2, 3): b"c"}


def values(clients=6, size=200, seed=0):
    rng = np.random.default_rng(seed)
    return [to_fixed(rng.normal(size=size), clients=clients) for _ in range(clients)]


def plain(parts):
    return np.sum(parts, axis=0, dtype=np.uint32)


def test_fixed_point_keeps_sign_and_value_to_half_a_step():
    numbers = np.array([0, 1, -1, 0.1, -0.1, 1000.123, -1000.123])
    back = from_fixed(to_fixed(numbers))
    assert np.abs(back - numbers).max() <= 2.0**-17
    assert back[:3].tolist() == [0, 1, -1]


def test_a_sum_of_negative_numbers_is_right():
    parts = [to_fixed(np.array([-1.5, 2.0]), clients=3), to_fixed(np.array([-2.0, -2.5]), clients=3)]
    assert from_fixed(plain(parts)).tolist() == [-3.5, -0.5]


@pytest.mark.parametrize("number", [2.0**15, -(2.0**15) - 1, np.nan, np.inf])
def test_what_would_overflow_is_refused(number):
    with pytest.raises(InputError, match="fewer bits"):
        to_fixed(np.array([number]))


def test_room_is_left_for_the_sum_of_all_clients():
    to_fixed(np.array([3000.0]), clients=10)
    with pytest.raises(InputError, match="10 clients"):
        to_fixed(np.array([4000.0]), clients=10)


def test_pairwise_masks_cancel_to_the_last_bit():
    parts = values(3)
    masked = [
        add_masks(
            part,
            number,
            {sum(pair) - number: seed for pair, seed in SEEDS.items() if number in pair},
        )
        for number, part in enumerate(parts, start=1)
    ]
    assert np.array_equal(plain(masked), plain(parts))
    for hidden, part in zip(masked, parts, strict=True):
        assert not (hidden == part).any()


def test_a_mask_looks_like_uniform_noise():
    bits = np.unpackbits(mask(b"seed", 10_000).view(np.uint8))
    # 320,000 bits: the share of ones has a standard deviation of 0.0009.
    assert bits.mean() == pytest.approx(0.5, abs=4 * 0.0009)
    assert not np.array_equal(mask(b"seed", 10), mask(b"other", 10))


@pytest.mark.parametrize("missing", [(), (0,), (2, 5)])
def test_the_secure_sum_is_the_plain_sum_to_the_last_bit(missing):
    parts = values()
    result = secure_sum(parts, missing, random_bytes=np.random.default_rng(1).bytes)
    assert np.array_equal(result.total, plain([p for k, p in enumerate(parts) if k not in missing]))


def test_before_shares_are_revealed_the_sum_is_noise():
    parts = values()
    result = secure_sum(parts, (2,), random_bytes=np.random.default_rng(1).bytes)
    assert (result.unopened == result.total).mean() < 0.01
    for number, upload in result.uploads.items():
        assert (upload == parts[number - 1]).mean() < 0.01


def test_the_sum_does_not_depend_on_the_randomness():
    first, second = (secure_sum(values(), random_bytes=np.random.default_rng(k).bytes) for k in (1, 2))
    assert np.array_equal(first.total, second.total)
    assert not np.array_equal(first.uploads[1], second.uploads[1])


def test_with_fewer_clients_than_the_threshold_the_sum_is_lost():
    secure_sum(values(), (0, 1), threshold=4)
    with pytest.raises(CourseError, match="round is lost"):
        secure_sum(values(), (0, 1, 2), threshold=4)


def protocol(n, threshold):
    clients = {number: SecureClient(number) for number in range(1, n + 1)}
    for giver, client in clients.items():
        for holder, shares in client.give_shares(list(clients), threshold).items():
            clients[holder].keep_share(giver, shares)
    return clients, {number: client.public_key for number, client in clients.items()}


def test_a_client_never_hands_out_both_secrets_of_another():
    clients, _ = protocol(3, threshold=2)
    with pytest.raises(CourseError, match="one kind of share"):
        clients[1].reveal(reported=[1, 2], missing=[2, 3])
    clients[1].reveal(reported=[1, 2], missing=[3])
    with pytest.raises(CourseError, match="once"):
        clients[1].reveal(reported=[1, 3], missing=[2])


def test_a_server_that_hides_reports_gets_no_single_one():
    """With all others said to be missing, what is opened would be the report of one."""
    clients, _ = protocol(4, threshold=3)
    for client in clients.values():
        with pytest.raises(CourseError, match="round is lost"):
            client.reveal(reported=[2], missing=[1, 3, 4])
        with pytest.raises(CourseError, match="either reported or is missing"):
            client.reveal(reported=[1, 2, 3], missing=[])


def test_with_too_few_answers_a_sum_cannot_be_opened():
    clients, keys = protocol(4, threshold=3)
    uploads = {number: client.upload(values()[0], keys) for number, client in clients.items()}
    revealed = {number: clients[number].reveal([1, 2, 3, 4], []) for number in (1, 2)}
    with pytest.raises(CourseError, match="2 clients answer"):
        open_sum(uploads, keys, revealed, threshold=3)


def test_masks_are_used_once():
    clients, keys = protocol(3, threshold=2)
    clients[1].upload(values()[0], keys)
    with pytest.raises(CourseError, match="uploads once"):
        clients[1].upload(values()[1], keys)


def test_a_report_that_was_only_late_stays_hidden():
    """The server has put the late client's key together; its own mask still covers the report."""
    parts = values(4)
    clients, keys = protocol(4, threshold=3)
    uploads = {number: client.upload(parts[number - 1], keys) for number, client in clients.items()}
    late = uploads.pop(4)
    revealed = {number: clients[number].reveal([1, 2, 3], [4]) for number in (1, 2, 3)}
    assert np.array_equal(open_sum(uploads, keys, revealed, threshold=3), plain(parts[:3]))
    key = join_secret({holder: shares[4] for holder, shares in revealed.items()}, KEY_BYTES)
    seeds = {other: agree(key, keys[other]) for other in (1, 2, 3)}
    without_pairs = late - add_masks(np.zeros(200, np.uint32), 4, seeds)
    assert (without_pairs == parts[3]).mean() < 0.01
    assert np.array_equal(without_pairs - mask(clients[4]._own_seed, 200), parts[3])


def test_the_secure_average_is_that_of_fed_avg_up_to_rounding():
    rng = np.random.default_rng(0)
    sent = [np.zeros((3, 4), "float32"), np.zeros(4, "float32")]
    updates = [
        ClientUpdate([rng.normal(size=part.shape).astype("float32") for part in sent], size)
        for size in (9, 149, 60)
    ]
    secure = secure_average(random_bytes=rng.bytes)(sent, updates)
    for mine, plainly in zip(secure, fed_avg(sent, updates), strict=True):
        assert mine.shape == plainly.shape
        # Three roundings of at most 2⁻¹⁷ over 218 images, and float32.
        assert np.abs(mine - plainly).max() < 3 * 2.0**-17 / 218 + 1e-6


@pytest.mark.parametrize("parts", [[], [np.zeros(3)], [np.zeros(3, np.uint32), np.zeros(4, np.uint32)]])
def test_only_whole_numbers_of_one_length_are_added(parts):
    with pytest.raises(InputError, match="uint32"):
        secure_sum(parts)
