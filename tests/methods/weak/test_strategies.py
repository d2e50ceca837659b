import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.weak import (
    STRATEGIES,
    Strategy,
    image_f1,
    object_probability,
    strategies,
    train_auto_encoder,
    train_strategy,
)


def dark_squares(n, seed):
    """Images 16×16 with a dark square somewhere, and where it is: learnt within a few steps."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((n, 16, 16, 1), "float32")
    for mask, (row, column) in zip(masks, rng.integers(0, 9, (n, 2)), strict=True):
        mask[row : row + 8, column : column + 8] = 1
    images = 0.7 - 0.4 * masks + rng.normal(0, 0.05, (n, 16, 16, 3))
    return images.clip(0, 1).astype("float32"), masks


QUICK = {"width": 8, "tile_px": 8, "batch_size": 8, "epochs": 2, "rate": 0.01}


@pytest.fixture(scope="module", autouse=True)
def short_epochs():
    patch = pytest.MonkeyPatch()
    patch.setattr(strategies, "STEPS_PER_EPOCH", 40)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def auto_encoder():
    return train_auto_encoder(dark_squares(8, 0)[0], epochs=6, width=8, rate=0.01, tile_px=16, batch_size=8)


def test_the_paper_has_nine_strategies_and_no_two_are_alike():
    assert len(STRATEGIES) == len(set(STRATEGIES.values())) == 9


def test_an_auto_encoder_learns_to_give_images_back(auto_encoder):
    images = dark_squares(4, 1)[0]
    error = ((auto_encoder.predict(images, verbose=0) - images) ** 2).mean()
    assert error < 0.6 * images.var()


@pytest.fixture(scope="module")
def baseline():
    return train_strategy(STRATEGIES["Baseline"], *dark_squares(8, 0), *dark_squares(4, 1), **QUICK, seed=1)


def score(network, images, masks):
    return image_f1(masks, object_probability(network, images)).mean()


def test_on_clean_masks_the_baseline_finds_the_object(baseline):
    assert score(baseline.network, *dark_squares(8, 2)) > 0.8


# Between them and the tests around, every switch of a strategy is on once.
@pytest.mark.parametrize("name", ["Weak", "SS Noisy SW"])
def test_losses_of_the_image_and_a_start_from_an_auto_encoder_train(name, auto_encoder):
    clean = dark_squares(4, 1)
    trained = train_strategy(STRATEGIES[name], *dark_squares(8, 0), *clean, auto_encoder, **QUICK)
    assert trained.f1.shape == (2,)
    assert score(trained.network, *clean) == pytest.approx(trained.f1[trained.best_epoch - 1], abs=1e-6)


def test_with_most_marks_gone_positive_tiles_alone_find_more_than_all_tiles():
    images, masks = dark_squares(12, 0)
    masks[4:] = 0  # two of three are forgotten: "no object" is the likelier answer everywhere
    found, network = {}, None
    for name in ("Baseline", "Only positive"):
        network = train_strategy(
            STRATEGIES[name], images, masks, *dark_squares(4, 1), **QUICK, reuse=network
        ).network
        found[name] = score(network, *dark_squares(8, 2))
    assert found["Only positive"] > found["Baseline"] + 0.3


def test_the_network_is_that_of_the_best_epoch_and_the_last_weights_are_kept():
    clean = dark_squares(4, 1)
    # A rate at which training jumps about, so that epochs differ.
    jumpy = QUICK | {"epochs": 4, "rate": 0.03}
    trained = train_strategy(STRATEGIES["Baseline"], *dark_squares(8, 0), *clean, **jumpy)
    assert score(trained.network, *clean) == pytest.approx(trained.f1.max(), abs=1e-6)
    trained.network.set_weights(trained.last_weights)
    assert score(trained.network, *clean) == pytest.approx(trained.f1[-1], abs=1e-6)


def test_a_start_without_an_auto_encoder_is_refused():
    with pytest.raises(InputError, match="train_auto_encoder"):
        train_strategy(Strategy(from_auto_encoder=True), *dark_squares(2, 0), *dark_squares(2, 1), **QUICK)


def test_the_same_seed_gives_the_same_training(baseline):
    again = train_strategy(STRATEGIES["Baseline"], *dark_squares(8, 0), *dark_squares(4, 1), **QUICK, seed=1)
    # Threads may add up in another order: a rounding error, not another training.
    assert np.allclose(again.f1, baseline.f1, atol=0.02)


def test_a_network_that_is_reused_learns_what_a_new_one_would(baseline):
    data = *dark_squares(8, 0), *dark_squares(4, 1)
    used = train_strategy(STRATEGIES["Only positive"], *data, **QUICK, seed=7).network
    again = train_strategy(STRATEGIES["Baseline"], *data, **QUICK, seed=1, reuse=used)
    assert again.network is used
    # As above: a rounding error. What the optimiser remembered of seed 7 would be far more.
    assert np.allclose(again.f1, baseline.f1, atol=0.02)


@pytest.mark.parametrize(
    ("change", "said"), [({"width": 5}, "same width"), ({"strategy": STRATEGIES["Weak"]}, "same losses")]
)
def test_a_network_of_another_kind_is_not_reused(baseline, change, said):
    call = {"strategy": STRATEGIES["Baseline"], **QUICK, "reuse": baseline.network, **change}
    with pytest.raises(InputError, match=said):
        train_strategy(call.pop("strategy"), *dark_squares(8, 0), *dark_squares(4, 1), **call)
