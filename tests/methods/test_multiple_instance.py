import keras
import numpy as np
import pytest

from coursekit.data import make_bags
from coursekit.errors import InputError
from coursekit.methods.multiple_instance import (
    AttentionPooling,
    attention_weights,
    bag_auc,
    bag_classifier,
    bag_inputs,
    chance_to_find,
    finds_instance,
    lse_pooling,
    max_pooling,
    mean_pooling,
)

POOLINGS = ("max", "mean", "lse", "attention", "gated attention")


def ragged(seed=0):
    """Scores in bags of different size, what is at empty places being anything."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(4, 6)).astype("float32")
    present = np.arange(6) < np.array([[6], [3], [1], [5]])
    return np.where(present, scores, rng.choice([-100, 100], scores.shape)).astype("float32"), present


def spots(n=300, seed=0):
    """Images 4×4 of noise; those of class 1 have a bright upper left corner."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.2).astype(int)
    images = rng.uniform(0, 0.5, (n, 4, 4, 1))
    images[labels == 1, :2, :2] += 0.5
    return images.astype("float32"), labels


def encoder(seed=0):
    source = keras.initializers.GlorotUniform(keras.random.SeedGenerator(seed))
    return keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(8, "relu", kernel_initializer=source),
        ]
    )


def loop(function, scores, present):
    return [function(row[there]) for row, there in zip(scores, present, strict=True)]


def test_pooling_does_in_one_go_what_a_loop_over_bags_does():
    scores, present = ragged()
    assert np.allclose(max_pooling(scores, present), loop(np.max, scores, present))
    assert np.allclose(mean_pooling(scores, present), loop(np.mean, scores, present), atol=1e-6)
    by_hand = loop(lambda s: np.log(np.mean(np.exp(2 * s))) / 2, scores, present)
    assert np.allclose(lse_pooling(scores, present, r=2.0), by_hand, atol=1e-5)
    attention = np.asarray(attention_weights(scores, present))
    assert np.allclose(attention.sum(1), 1, atol=1e-6) and (attention[~present] == 0).all()
    assert np.allclose(attention[1, :3], np.exp(scores[1, :3]) / np.exp(scores[1, :3]).sum(), atol=1e-6)


def test_lse_goes_from_the_mean_to_the_maximum():
    scores, present = ragged()
    assert np.allclose(lse_pooling(scores, present, 1e-3), mean_pooling(scores, present), atol=2e-3)
    # From the maximum it is at most log(6) / r away.
    assert np.allclose(lse_pooling(scores, present, 1e3), max_pooling(scores, present), atol=2e-3)
    between = np.asarray(lse_pooling(scores, present, 5.0))
    assert (between <= np.asarray(max_pooling(scores, present)) + 1e-6).all()
    assert (between >= np.asarray(mean_pooling(scores, present)) - 1e-6).all()


def test_lse_of_equal_scores_is_that_score_even_where_exp_would_overflow():
    for score in (100.0, -100.0):
        scores = np.full((1, 4), score, "float32")
        assert np.allclose(lse_pooling(scores, scores != 0, r=20.0), score, rtol=1e-5)


@pytest.mark.parametrize("gated", [False, True])
def test_attention_is_the_formula_of_the_paper(gated):
    rng = np.random.default_rng(0)
    features, present = rng.normal(size=(4, 6, 3)).astype("float32"), ragged()[1]
    layer = AttentionPooling(5, gated, seed=0)
    pooled, attention = map(np.asarray, layer(features, present))
    matrices = [(dense.get_weights()) for dense in (layer._content, layer._gate, layer._score) if dense]
    v, w = matrices[0], matrices[-1]
    hidden = np.tanh(features @ v[0] + v[1])
    if gated:
        hidden = hidden / (1 + np.exp(-(features @ matrices[1][0] + matrices[1][1])))
    score = (hidden @ w[0] + w[1])[..., 0]
    for i, there in enumerate(present):
        expected = np.exp(score[i, there]) / np.exp(score[i, there]).sum()
        assert np.allclose(attention[i, there], expected, atol=1e-5)
        assert np.allclose(pooled[i], expected @ features[i, there], atol=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_what_stands_at_empty_places_and_the_order_of_images_do_not_matter(pooling):
    images, labels = spots()
    bags = make_bags(labels, 1, n_bags=6, mean_size=4, sd_size=1, seed=0)
    inputs = bag_inputs(bags, images)
    network = bag_classifier(encoder(), bags.indices.shape[1], pooling, seed=0).network
    before = network.predict(inputs, verbose=0)
    assert not bags.present.all()
    littered = inputs["images"].copy()
    littered[~bags.present] = 7.0
    assert np.allclose(network.predict(inputs | {"images": littered}, verbose=0), before, atol=1e-5)
    turned = {name: array[:, ::-1] for name, array in inputs.items()}
    assert np.allclose(network.predict(turned, verbose=0), before, atol=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_every_pooling_learns_to_tell_bags_apart_and_to_point(pooling):
    images, labels = spots()
    train, test = (
        make_bags(labels, 1, 60, 5, 1, witnesses=1, indices=part, seed=seed)
        for part, seed in ((range(200), 1), (range(200, 300), 2))
    )
    classifier = bag_classifier(encoder(), train.indices.shape[1], pooling, seed=0)
    classifier.network.compile(keras.optimizers.Adam(0.01), keras.losses.BinaryCrossentropy(from_logits=True))
    classifier.network.fit(
        bag_inputs(train, images), train.labels[:, None], batch_size=20, epochs=60, verbose=0, shuffle=False
    )
    inputs = bag_inputs(test, images)
    assert bag_auc(test.labels, classifier.network.predict(inputs, verbose=0)) > 0.9
    found = finds_instance(test, classifier.pointer.predict(inputs, verbose=0))
    assert found.mean() > 0.85 > chance_to_find(test) + 0.5


def test_auc_is_the_share_of_pairs_in_the_right_order():
    labels = np.array([0, 0, 1, 1, 1])
    scores = np.array([0.1, 0.6, 0.6, 0.2, 0.9])
    pairs = [(p > n) + 0.5 * (p == n) for p in scores[labels == 1] for n in scores[labels == 0]]
    assert bag_auc(labels, scores) == pytest.approx(np.mean(pairs))
    assert bag_auc(labels, scores[:, None]) == pytest.approx(np.mean(pairs))


def test_pointing_counts_in_positive_bags_and_at_images_only():
    labels = np.array([0] * 20 + [1] * 20)
    bags = make_bags(labels, 1, n_bags=20, mean_size=4, sd_size=1, witnesses=1, seed=3)
    truth = (bags.instance_labels == 1).astype(float)
    assert finds_instance(bags, truth).all() and len(finds_instance(bags, truth)) == bags.labels.sum()
    assert not finds_instance(bags, -truth).any()
    assert finds_instance(bags, np.where(bags.present, truth, 9.0)).all()
    assert chance_to_find(bags) == pytest.approx((1 / bags.sizes[bags.labels == 1]).mean())


def test_bags_without_what_is_asked_for_are_refused():
    bags = make_bags(np.arange(40) % 2, 1, n_bags=4, mean_size=3, sd_size=0, positive_share=0.0)
    for ask in (lambda: finds_instance(bags, bags.indices), lambda: chance_to_find(bags)):
        with pytest.raises(InputError, match="No bag is positive"):
            ask()
    with pytest.raises(InputError, match="each place"):
        finds_instance(bags, bags.indices[:, :2])
    with pytest.raises(InputError, match="both kinds"):
        bag_auc(bags.labels, np.zeros(4))


def test_an_unknown_pooling_and_an_encoder_without_features_are_refused():
    with pytest.raises(InputError, match="pooling must be"):
        bag_classifier(encoder(), 4, "median")
    maps = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 3)])
    with pytest.raises(InputError, match="Flatten"):
        bag_classifier(maps, 4)
