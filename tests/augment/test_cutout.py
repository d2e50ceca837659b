import numpy as np
import pytest
from keras import ops

from coursekit.augment import Cutout
from coursekit.errors import InputError


def hidden(layer, count=300, height=20, width=24):
    images = np.ones((count, height, width, 3), "float32")
    result = ops.convert_to_numpy(layer(images, training=True))
    assert np.all(result == result[..., :1])
    return result[..., 0] == layer.fill


def test_squares_are_whole_or_cut_by_the_border():
    sizes = hidden(Cutout(0.25, seed=1)).sum(axis=(1, 2))
    assert sizes.max() == 5 * 5
    assert sizes.min() < 5 * 5
    # A middle within 2 pixels of a border is cut: 1 - (16 · 20) / (20 · 24) = a third of them.
    assert np.mean(sizes < 25) == pytest.approx(1 / 3, abs=0.1)


def test_every_place_can_be_hidden():
    assert hidden(Cutout(0.25, seed=1)).any(axis=0).all()


def test_each_picture_has_one_square_at_a_place_of_its_own():
    masks = hidden(Cutout(0.2, seed=1), count=20)
    for mask in masks:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert mask.sum() == len(rows) * len(columns)
    assert len(np.unique(masks.reshape(20, -1), axis=0)) > 10


def test_the_square_gets_the_value_asked_for():
    assert hidden(Cutout(0.5, fill=0.25, seed=1), count=2).any()


@pytest.mark.parametrize("wrong", [{"side": 1.1}, {"side": -0.1}, {"fill": 2}])
def test_values_outside_0_to_1_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        Cutout(**wrong)
