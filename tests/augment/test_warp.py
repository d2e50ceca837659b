import math

import numpy as np
import pytest
from keras import ops
from scipy import ndimage

from coursekit.augment.warp import FILLS, affine_matrices, warp, warp_field
from coursekit.errors import InputError

HEIGHT, WIDTH = 16, 19
PICTURES = np.random.default_rng(0).random((4, HEIGHT, WIDTH, 2)).astype("float32")
GRID = np.stack([*np.mgrid[:HEIGHT, :WIDTH], np.ones((HEIGHT, WIDTH))])
SCIPY_FILL = {"reflect": "reflect", "constant": "grid-constant", "nearest": "nearest"}


def matrix(angle_rad=0.0, shift_yx=(0, 0), zoom_yx=(1, 1), shear=0.0, flip_yx=(0, 0), size=(HEIGHT, WIDTH)):
    return ops.convert_to_numpy(affine_matrices([angle_rad], [shift_yx], [zoom_yx], [shear], [flip_yx], size))


def warped(image, *arguments, **changes):
    """One picture (height, width), moved."""
    changes["size"] = image.shape
    return ops.convert_to_numpy(warp(image[None, :, :, None], matrix(**changes), *arguments))[0, :, :, 0]


def from_scipy(images, places, interpolation, fill):
    """The pictures read at places (n, 2, height, width) by SciPy."""
    order = {"nearest": 0, "bilinear": 1}[interpolation]
    channels = [
        [ndimage.map_coordinates(image[..., c], at, order=order, mode=SCIPY_FILL[fill]) for c in range(2)]
        for image, at in zip(images, places, strict=True)
    ]
    return np.moveaxis(np.array(channels), 1, -1)


MATRICES = ops.convert_to_numpy(
    affine_matrices(
        angle_rad=[0.4, -1.0, 2.0, 0.0],
        shift_yx=[[1.3, -2.0], [3.0, 4.0], [0.1, 0.2], [37.0, 5.0]],
        zoom_yx=[[1.1, 0.9], [0.8, 1.0], [1.0, 1.2], [1.0, 1.0]],
        shear=[0.1, 0.2, 0.0, 0.0],
        flip_yx=[[0, 1], [1, 0], [0, 0], [1, 1]],
        size=(HEIGHT, WIDTH),
    )
)
PLACES = np.einsum("nij,jhw->nihw", MATRICES, GRID)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_values_are_those_of_scipy_at_the_same_places(interpolation, fill):
    expected = from_scipy(PICTURES, PLACES, interpolation, fill)
    # float32 places up to 40 px are exact to 4e-6 px, and values change by at most 1 a pixel.
    result = ops.convert_to_numpy(warp(PICTURES, MATRICES, interpolation, fill))
    np.testing.assert_allclose(result, expected, atol=2e-5)
    displacement = np.moveaxis(PLACES - GRID[:2], 1, -1).astype("float32")
    result = ops.convert_to_numpy(warp_field(PICTURES, displacement, interpolation, fill))
    np.testing.assert_allclose(result, expected, atol=2e-5)


def test_no_change_at_all_gives_the_same_bits():
    assert np.array_equal(warp(PICTURES, np.repeat(matrix(), 4, 0)), PICTURES)
    assert np.array_equal(warp_field(PICTURES, np.zeros((4, HEIGHT, WIDTH, 2), "float32")), PICTURES)


def test_flips_are_numpys_flips():
    image = PICTURES[0, ..., 0]
    assert np.array_equal(warped(image, flip_yx=(1, 0)), image[::-1])
    assert np.array_equal(warped(image, flip_yx=(0, 1)), image[:, ::-1])


def test_a_quarter_turn_goes_counter_clockwise_as_numpys_does():
    image = PICTURES[0, :, :HEIGHT, 0]
    # cos(pi / 2) is 4e-8 in float32, times 8 px from the centre.
    np.testing.assert_allclose(warped(image, angle_rad=math.pi / 2), np.rot90(image), atol=1e-5)


def test_a_positive_shift_goes_down_and_to_the_right():
    image = PICTURES[0, ..., 0]
    moved = warped(image, "bilinear", "constant", shift_yx=(2, 3))
    assert np.array_equal(moved[2:, 3:], image[:-2, :-3])
    assert np.all(moved[:2] == 0) and np.all(moved[:, :3] == 0)


def test_a_zoom_above_1_makes_things_larger_about_the_centre():
    image = np.zeros((21, 21), "float32")
    image[9:12, 9:12] = 1
    rows, columns = np.nonzero(warped(image, "nearest", zoom_yx=(3, 1)))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (6, 14, 9, 11)


def test_shear_moves_what_is_below_the_centre_to_the_right():
    image = np.zeros((21, 21), "float32")
    image[:, 10] = 1
    assert np.array_equal(warped(image, shear=0.5).argmax(1)[[0, 10, 20]], [5, 10, 15])


def test_the_order_is_flip_zoom_shear_turn_shift():
    steps = [
        {"flip_yx": (0, 1)},
        {"zoom_yx": (1.5, 0.8)},
        {"shear": 0.3},
        {"angle_rad": 0.7},
        {"shift_yx": (2, -3)},
    ]
    below = np.array([[[0, 0, 1]]])
    together = np.eye(3)
    for step in steps:
        together = together @ np.concatenate([matrix(**step), below], axis=1)[0]
    at_once = matrix(**{name: value for step in steps for name, value in step.items()})[0]
    np.testing.assert_allclose(at_once, together[:2], atol=1e-5)  # float32, places up to 19 px


def test_nearest_neighbour_invents_no_values():
    masks = (PICTURES > 0.5).astype("float32")
    field = np.random.default_rng(1).normal(0, 3, (4, HEIGHT, WIDTH, 2)).astype("float32")
    for fill in FILLS:
        assert set(np.unique(warp(masks, MATRICES, "nearest", fill))) == {0, 1}
        assert set(np.unique(warp_field(masks, field, "nearest", fill))) == {0, 1}


def test_whole_numbers_stay_whole_numbers():
    masks = (PICTURES > 0.5).astype("uint8")
    assert ops.convert_to_numpy(warp(masks, MATRICES, "nearest")).dtype == np.uint8


def test_a_field_has_its_own_displacement_for_each_picture():
    field = np.zeros((4, HEIGHT, WIDTH, 2), "float32")
    field[2, ..., 0] = 3
    result = ops.convert_to_numpy(warp_field(PICTURES, field))
    assert np.array_equal(result[[0, 1, 3]], PICTURES[[0, 1, 3]])
    assert np.array_equal(result[2, :-3], PICTURES[2, 3:])  # a displacement of 3 reads 3 px further down


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cubic", "reflect"), "interpolation must be one of bilinear, nearest, got 'cubic'"),
        (("nearest", "wrap"), "fill must be one of reflect, constant, nearest, got 'wrap'"),
    ],
)
def test_an_unknown_way_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        warp(PICTURES, MATRICES, *arguments)
