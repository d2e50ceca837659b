import numpy as np
import pytest

from coursekit.data import (
    dirichlet_clients,
    equal_dirichlet_clients,
    group_clients,
    hold_out_clients,
    iid_clients,
    label_table,
    shard_clients,
)
from coursekit.errors import InputError

LABELS = np.random.default_rng(0).permutation(np.arange(1200) % 10)
UNEVEN = np.random.default_rng(1).choice(10, 1203, p=np.arange(1, 11) / 55)
WAYS = {
    "iid": lambda labels, n, seed: iid_clients(len(labels), n, seed),
    "shards": lambda labels, n, seed: shard_clients(labels, n, seed=seed),
    "dirichlet": lambda labels, n, seed: dirichlet_clients(labels, n, 0.3, seed=seed),
    "equal dirichlet": lambda labels, n, seed: equal_dirichlet_clients(labels, n, 0.3, seed=seed),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("labels", [LABELS, UNEVEN], ids=["even", "uneven"])
@pytest.mark.parametrize("n_clients", [1, 7, 20])
def test_each_image_is_with_one_client(way, labels, n_clients):
    clients = way(labels, n_clients, 3)
    assert len(clients) == n_clients and all(len(part) for part in clients)
    assert np.array_equal(np.sort(np.concatenate(clients)), np.arange(len(labels)))
    assert all(np.all(np.diff(part) > 0) and part.dtype == np.int64 for part in clients)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_clients_depend_on_the_seed_alone(way):
    first, again, other = (way(LABELS, 20, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("way", ["iid", "shards", "equal dirichlet"])
def test_clients_are_of_equal_size(way):
    sizes = [len(part) for part in WAYS[way](UNEVEN, 20, 0)]
    # 1,203 images: 60 or 61 a client; two shards of 30 or 31.
    assert max(sizes) - min(sizes) <= (2 if way == "shards" else 1)


def test_each_client_has_two_classes_where_shards_fit_into_classes():
    table = label_table(shard_clients(LABELS, 20, 2, seed=0), LABELS)
    assert ((table > 0).sum(1) <= 2).all() and ((table > 0).sum(1) == 2).sum() > 10
    assert (table.sum(1) == 60).all()


def test_clients_with_more_shards_see_more_classes():
    seen = [(label_table(shard_clients(LABELS, 20, k), LABELS) > 0).sum(1).mean() for k in (1, 2, 4, 6)]
    assert seen == sorted(seen) and seen[0] == 1


def skew(clients: list[np.ndarray], labels: np.ndarray) -> float:
    """Measure the mean share that a client's most frequent class has."""
    table = label_table(clients, labels)
    return float((table.max(1) / table.sum(1)).mean())


@pytest.mark.parametrize("way", [dirichlet_clients, equal_dirichlet_clients])
def test_a_smaller_alpha_makes_clients_less_alike(way):
    iid = skew(iid_clients(len(LABELS), 20), LABELS)
    even, middle, uneven = (skew(way(LABELS, 20, alpha), LABELS) for alpha in (1000, 1, 0.1))
    assert abs(even - iid) < 0.08
    assert even + 0.1 < middle < uneven - 0.2


def test_a_class_mix_has_the_spread_of_the_dirichlet_distribution():
    # Many images a client, so that the mix drawn shows. Variance of a share with parameter alpha for each of
    # K classes: (1/K)(1 - 1/K) / (K alpha + 1). Used-up classes pull it down, so a large alpha.
    labels = np.arange(40_000) % 4
    table = label_table(equal_dirichlet_clients(labels, 40, alpha=2, seed=1), labels)
    shares = table / table.sum(1, keepdims=True)
    # 160 shares: the standard deviation of their variance is some 13 %.
    assert shares.var() == pytest.approx(0.25 * 0.75 / 9, rel=0.4)


def test_clients_of_free_size_differ_in_size_and_those_of_equal_size_do_not():
    free = [len(part) for part in dirichlet_clients(LABELS, 20, 0.3, seed=1)]
    assert max(free) > 3 * min(free)
    assert {len(part) for part in equal_dirichlet_clients(LABELS, 20, 0.3, seed=1)} == {60}


@pytest.mark.parametrize("seed", range(5))
def test_no_client_has_fewer_images_than_asked_for(seed):
    assert min(len(part) for part in dirichlet_clients(LABELS, 20, 0.3, min_items=20, seed=seed)) >= 20


def test_a_tiny_alpha_leaves_each_client_with_few_classes_and_no_image_out():
    clients = equal_dirichlet_clients(UNEVEN, 20, 1e-3, seed=1)
    assert np.array_equal(np.sort(np.concatenate(clients)), np.arange(len(UNEVEN)))


def test_fewer_images_than_the_draw_can_give_are_refused_with_a_way_out():
    with pytest.raises(InputError, match="use a larger alpha, fewer clients, or a smaller min_items"):
        dirichlet_clients(LABELS, 20, 0.01, min_items=50)


def test_each_group_is_a_client():
    groups = np.array([7, 3, 7, 3, 3, 9])
    assert [part.tolist() for part in group_clients(groups)] == [[1, 3, 4], [0, 2], [5]]
    assert [part.tolist() for part in group_clients(groups, min_items=2)] == [[1, 3, 4], [0, 2]]
    with pytest.raises(InputError, match="No group has 4 image"):
        group_clients(groups, min_items=4)


def test_clients_held_out_for_testing_take_no_part_in_training():
    clients = group_clients(np.arange(60) // 6)
    train, test = hold_out_clients(clients, 3, seed=1)
    assert len(train) == 7 and len(test) == 3
    assert np.array_equal(np.sort(np.concatenate(train + test)), np.arange(60))
    assert not np.array_equal(test[0], hold_out_clients(clients, 3, seed=2)[1][0])


@pytest.mark.parametrize("n_test", [0, 10, 2.5])
def test_holding_out_no_client_or_all_is_refused(n_test):
    with pytest.raises(InputError, match="n_test must"):
        hold_out_clients(group_clients(np.arange(60) // 6), n_test)


def test_the_table_counts_each_client_and_class():
    clients = [np.array([0, 1]), np.array([2, 3, 4])]
    assert label_table(clients, np.array([0, 2, 2, 2, 1])).tolist() == [[1, 0, 1], [0, 1, 2]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: iid_clients(5, 6), "6 clients need 6 images"),
        (lambda: iid_clients(5, 0), "n_clients must be a whole number from 1"),
        (lambda: shard_clients(LABELS[:30], 20), "20 clients need 40 images, 2 each"),
        (lambda: shard_clients(LABELS, 20, 0), "shards_per_client"),
        (lambda: dirichlet_clients(LABELS, 20, 0), "alpha must be above 0"),
        (lambda: equal_dirichlet_clients(LABELS, 20, -1), "alpha must be above 0"),
        (lambda: dirichlet_clients(LABELS, 20, 0.3, min_items=61), "1220 images"),
        (lambda: dirichlet_clients(LABELS / 2, 20, 0.3), "whole numbers from 0"),
        (lambda: group_clients(LABELS[:, None]), "one number for each image"),
    ],
)
def test_impossible_clients_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
