import keras
import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.equivariance import DIRECTIONS, accuracy_when_shifted, equivariance_error, shift


@pytest.fixture
def images():
    """Random ink in the middle of a wide empty frame."""
    return np.pad(
        np.random.default_rng(3).random((4, 8, 8, 1), "float32"), ((0, 0), (12, 12), (12, 12), (0, 0))
    )


def dot(row, column, side=5):
    image = np.zeros((1, side, side, 1))
    image[0, row, column] = 1
    return image


@pytest.mark.parametrize(("right", "down"), [(0, 0), (1, 0), (-2, 0), (0, 2), (0, -1), (2, -2)])
def test_a_shift_moves_right_and_down(right, down):
    assert np.array_equal(shift(dot(2, 2), right, down), dot(2 + down, 2 + right))


def test_what_leaves_the_picture_does_not_come_back_on_the_other_side():
    assert not shift(dot(2, 4), 1, 0).any()
    assert not shift(dot(0, 2), 0, -1).any()


def test_a_shift_and_its_reverse_give_the_picture_back_where_nothing_left(images):
    assert np.array_equal(shift(shift(images, 5, -3), -5, 3), images)


def test_a_shift_keeps_dtype_and_leaves_its_input_alone():
    image = dot(2, 2).astype("uint8")
    moved = shift(image, 0, 0)
    assert moved.dtype == np.uint8
    moved[:] = 9
    assert np.array_equal(image, dot(2, 2))


@pytest.mark.parametrize("move", [(5, 0), (0, -5)])
def test_a_move_as_large_as_the_picture_is_refused(move):
    with pytest.raises(InputError, match="leaves nothing of a picture of 5×5 pixels"):
        shift(dot(2, 2), *move)


def test_a_single_picture_without_batch_is_refused():
    with pytest.raises(InputError, match=r"images \(n, h, w, c\), got shape \(5, 5, 1\)"):
        shift(dot(2, 2)[0], 1, 0)


def where_is_the_dot(images):
    """Scores of a network that names the column of the brightest pixel."""
    return images.sum(axis=(1, 3))


def test_accuracy_falls_for_what_knows_places_and_stays_for_what_does_not():
    images = np.concatenate([dot(3, column, side=7) for column in (2, 3, 4)])
    labels = np.array([2, 3, 4])
    # Up and down don't change the column: half of the four directions stay right.
    assert accuracy_when_shifted(where_is_the_dot, images, labels, [0, 1, 2]).tolist() == [1, 0.5, 0.5]
    anywhere = accuracy_when_shifted(lambda x: np.eye(10)[np.full(3, 3)], images, labels, [0, 2])
    assert anywhere == pytest.approx([1 / 3, 1 / 3])


def test_every_distance_is_seen_in_four_directions_and_rest_once():
    seen = []

    def watch(images):
        seen.append(tuple(int(i) for i in np.argwhere(images[0, ..., 0])[0] - 3))
        return np.zeros((1, 2))

    accuracy_when_shifted(watch, dot(3, 3, side=7), np.array([0]), [0, 2])
    assert seen == [(0, 0)] + [(2 * down, 2 * right) for right, down in DIRECTIONS]


@pytest.mark.parametrize("distance", [1, 3])
def test_a_convolution_is_equivariant(images, distance):
    layer = keras.layers.Conv2D(3, 3)
    # Only the rounding of float32 sums may differ.
    assert (
        equivariance_error(lambda x: keras.ops.convert_to_numpy(layer(x)), images, distance, margin=2) < 1e-6
    )


def halve(images):
    n, h, w, c = images.shape
    return images.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))


def test_pooling_is_equivariant_for_whole_strides_only(images):
    errors = [equivariance_error(halve, images, d, step=2) for d in range(5)]
    assert errors[0] == errors[2] == errors[4] == 0
    assert min(errors[1], errors[3]) > 0.1


@pytest.mark.parametrize("kept", [0, 1], ids=["left of each pair", "right of each pair"])
def test_between_two_whole_moves_the_better_one_counts(images, kept):
    # Columns come in equal pairs. After a move of 1 px the left column of a pair shows the pair before (a
    # move of one unit), the right column its own pair (a move of none).
    pairs = images.repeat(2, axis=2)
    assert equivariance_error(lambda x: x[:, :, kept::2], pairs, 1, step=2) == 0


def test_the_margin_leaves_out_what_sees_the_border(images):
    def brighter_border(x):
        x = x.copy()
        x[:, :, -1] += 1
        x[:, :, 0] += 1
        return x

    assert equivariance_error(brighter_border, images, 2) > 0.1
    assert equivariance_error(brighter_border, images, 2, margin=3) == 0


def test_the_error_is_relative(images):
    def loud(factor):
        return lambda x: factor * x * np.linspace(0, 1, x.shape[2])[:, None]

    assert equivariance_error(loud(1), images, 2) == pytest.approx(equivariance_error(loud(1000), images, 2))
