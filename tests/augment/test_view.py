import numpy as np
import pytest
from keras import ops

from coursekit.augment import RandomPerspective, RandomSizedCrop
from coursekit.errors import InputError

HEIGHT, WIDTH = 41, 61
Y, X = np.mgrid[:HEIGHT, :WIDTH]
# Two channels that hold each pixel's own y and x.
PLACES = np.stack([Y, X], axis=-1)[None].astype("float32")


def places(layer, count=200):
    """Tell for each pixel of the result where it comes from."""
    return ops.convert_to_numpy(layer(np.repeat(PLACES, count, axis=0), training=True))


def test_a_crop_is_a_rectangle_inside_the_picture_of_the_area_and_aspect_asked_for():
    source = places(RandomSizedCrop((0.2, 0.5), (0.8, 1.25), seed=1))
    first, last = source[:, 0, 0], source[:, -1, -1]
    assert first.min() >= -1e-3 and np.all(last <= (HEIGHT - 1 + 1e-3, WIDTH - 1 + 1e-3))
    share = (last - first) / (HEIGHT - 1, WIDTH - 1)
    area, aspect = share[:, 0] * share[:, 1], share[:, 1] / share[:, 0]
    assert 0.199 < area.min() < 0.22 and 0.48 < area.max() < 0.501
    assert 0.799 < aspect.min() < 0.83 and 1.2 < aspect.max() < 1.251
    # Straight rows and columns: y doesn't change along a row, nor x along a column.
    assert np.ptp(source[..., 0], axis=2).max() < 1e-3 and np.ptp(source[..., 1], axis=1).max() < 1e-3


def test_crops_reach_every_side():
    source = places(RandomSizedCrop((0.2, 0.5), seed=1))
    assert source[:, 0, 0].min(axis=0).max() < 3
    assert source[:, -1, -1, 0].max() > HEIGHT - 4 and source[:, -1, -1, 1].max() > WIDTH - 4


def test_a_crop_never_grows_beyond_the_picture():
    source = places(RandomSizedCrop((1.0, 1.0), (0.5, 2.0), seed=1))
    assert source.min() >= -1e-3
    assert source[..., 0].max() <= HEIGHT - 1 + 1e-3 and source[..., 1].max() <= WIDTH - 1 + 1e-3


def projective(corners):
    """Solve for the projective map of the picture's corners, and apply it to each pixel (y, x)."""
    flat = [(0, 0), (0, WIDTH - 1), (HEIGHT - 1, WIDTH - 1), (HEIGHT - 1, 0)]
    rows, right = [], []
    for (y, x), (to_y, to_x) in zip(flat, corners, strict=True):
        rows += [[y, x, 1, 0, 0, 0, -y * to_y, -x * to_y], [0, 0, 0, y, x, 1, -y * to_x, -x * to_x]]
        right += [to_y, to_x]
    a, b, c, d, e, f, g, h = np.linalg.solve(np.array(rows, "float64"), np.array(right, "float64"))
    weight = g * Y + h * X + 1
    return np.stack([(a * Y + b * X + c) / weight, (d * Y + e * X + f) / weight], axis=-1)


def test_perspective_is_the_projective_map_of_its_four_corners():
    for source in places(RandomPerspective(0.5, probability=1, seed=1), count=10):
        corners = source[[0, 0, -1, -1], [0, -1, -1, 0]].astype("float64")
        np.testing.assert_allclose(source, projective(corners), atol=0.01)


def test_corners_move_inwards_by_at_most_the_limit_each_by_its_own():
    source = places(RandomPerspective(0.4, probability=1, seed=1))
    corners = source[:, [0, 0, -1, -1], [0, -1, -1, 0]]
    flat = np.array([(0, 0), (0, WIDTH - 1), (HEIGHT - 1, WIDTH - 1), (HEIGHT - 1, 0)])
    inwards = np.abs(corners - flat) / ((HEIGHT - 1) / 2, (WIDTH - 1) / 2)
    assert (
        inwards.max() <= 0.401 and inwards.min(axis=(0, 2)).max() < 0.02 and inwards.max(axis=0).min() > 0.38
    )
    assert np.abs(np.corrcoef(inwards.reshape(len(inwards), -1).T) - np.eye(8)).max() < 0.3


def test_nothing_comes_in_from_outside_even_at_the_largest_limit():
    source = places(RandomPerspective(0.6, probability=1, seed=1))
    assert source.min() >= -1e-3
    assert source[..., 0].max() <= HEIGHT - 1 + 1e-3 and source[..., 1].max() <= WIDTH - 1 + 1e-3


def test_the_probability_is_the_share_of_pictures_that_change():
    moved = (
        np.abs(places(RandomPerspective(0.5, probability=0.3, seed=1)) - PLACES).max(axis=(1, 2, 3)) > 0.01
    )
    # Binomial: 200 draws of 0.3 are uncertain by 0.03.
    assert moved.mean() == pytest.approx(0.3, abs=0.1)


@pytest.mark.parametrize(
    "wrong", [{"area": (0, 1)}, {"area": (0.5, 0.2)}, {"area": (0.5, 2)}, {"aspect": (0, 1)}]
)
def test_a_crop_that_can_not_be_is_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        RandomSizedCrop(**wrong)


@pytest.mark.parametrize("wrong", [{"limit": 0.7}, {"limit": -0.1}, {"probability": 2}])
def test_a_perspective_that_can_not_be_is_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        RandomPerspective(**wrong)
