import base64
import io

import numpy as np
import pytest
from PIL import Image

from coursekit.course.pictures import array_png, is_picture

BLUE, WHITE, RED, YELLOW = (33, 102, 172), (247, 247, 247), (178, 24, 43), (255, 210, 0)


def pixels(uri):
    kind, _, data = uri.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data, validate=True))).convert("RGB"))


def test_negative_is_blue_zero_white_positive_red_and_nan_yellow():
    drawn = pixels(array_png(np.array([[-2.0, 0, 2, np.nan]]), side=4))
    assert [tuple(colour) for colour in drawn[0]] == [BLUE, WHITE, RED, YELLOW]


def test_infinity_is_yellow_and_does_not_bleach_the_rest():
    drawn = pixels(array_png(np.array([[1.0, np.inf, -np.inf]]), side=3))
    assert [tuple(colour) for colour in drawn[0]] == [RED, YELLOW, YELLOW]


def test_half_the_limit_has_half_the_colour():
    drawn = pixels(array_png(np.array([[5.0]]), limit=10, side=1))
    # Half way between white and red, rounded to whole steps.
    assert np.allclose(drawn[0, 0], (np.array(WHITE) + RED) / 2, atol=0.51)


def test_values_beyond_the_limit_have_full_colour():
    assert tuple(pixels(array_png(np.array([[50.0]]), limit=10, side=1))[0, 0]) == RED


@pytest.mark.parametrize(
    "array", [np.zeros((3, 3)), np.full((3, 3), np.nan), np.ones((3, 4), bool), np.eye(3, dtype="uint8")]
)
def test_flat_unfinished_and_whole_number_arrays_can_be_drawn(array):
    assert pixels(array_png(array, side=12)).shape[:2] == tuple(
        12 // max(array.shape) * s for s in array.shape
    )


def test_small_arrays_are_enlarged_in_whole_squares():
    drawn = pixels(array_png(np.array([[1.0, -1], [0, 1]]), side=20))
    assert drawn.shape == (20, 20, 3)
    assert (drawn[:10, :10] == RED).all()
    assert (drawn[:10, 10:] == BLUE).all()


def test_large_arrays_are_made_small():
    assert max(pixels(array_png(np.zeros((1000, 500)), side=100)).shape) <= 200


def test_the_same_array_gives_the_same_text():
    array = np.random.default_rng(0).normal(size=(5, 5))
    assert array_png(array) == array_png(array.copy())


@pytest.mark.parametrize(
    ("value", "picture"),
    [
        (np.zeros((3, 3)), True),
        (np.zeros((3, 3), bool), True),
        (np.zeros((2, 9)), False),
        (np.zeros(9), False),
        (np.zeros((3, 3, 3)), False),
        (np.zeros((3, 3), complex), False),
        ([[0] * 3] * 3, False),
        (None, False),
    ],
)
def test_a_picture_is_a_numeric_array_of_two_dimensions(value, picture):
    assert is_picture(value) is picture
