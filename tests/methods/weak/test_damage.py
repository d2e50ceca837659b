import numpy as np
import pytest

from coursekit.data import corrupt_masks, load, snow_recipe
from coursekit.errors import InputError
from coursekit.methods.weak import deformation, typical_seed


@pytest.fixture(scope="module")
def objects():
    return load("glands", n=20, seed=0).extra["glands"]


def marked_share(objects, seed, **noise):
    return corrupt_masks(objects, seed=seed, **noise).masks.sum() / (objects > 0).sum()


def test_strength_one_is_the_high_deformation_of_the_paper_and_zero_is_none(objects):
    assert deformation(objects, 1) == snow_recipe("HD", objects)
    clean = corrupt_masks(objects, **deformation(objects, 0), seed=1)
    assert (clean.masks[..., 0] == (objects > 0)).all()


def test_more_strength_costs_more_f1(objects):
    f1 = [
        corrupt_masks(objects, **deformation(objects, strength), seed=1).f1.mean()
        for strength in (0, 0.5, 1, 2)
    ]
    assert f1 == sorted(f1, reverse=True) and f1[-1] > 0


@pytest.mark.parametrize("strength", [-0.1, 2.1, float("nan")])
def test_a_strength_out_of_range_is_refused(objects, strength):
    with pytest.raises(InputError, match="from 0 to 2"):
        deformation(objects, strength)


def test_a_typical_draw_removes_the_share_of_area_that_it_says(objects):
    plain = [marked_share(objects, seed, remove=0.5) for seed in range(5)]
    chosen = [
        marked_share(objects, typical_seed(objects, 0.5, seed, draws=20), remove=0.5) for seed in range(5)
    ]
    away = [np.abs(np.array(shares) - 0.5).mean() for shares in (chosen, plain)]
    assert away[0] < 0.25 * away[1]


def test_each_seed_gives_another_typical_draw(objects):
    assert len({typical_seed(objects, 0.5, seed, draws=3) for seed in range(4)}) == 4


def test_without_draws_there_is_none_to_choose(objects):
    with pytest.raises(InputError, match="at least 1"):
        typical_seed(objects, 0.5, 0, draws=0)
