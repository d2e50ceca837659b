import numpy as np
import pytest

from coursekit.data import centred
from coursekit.errors import InputError


def test_a_sign_ends_up_in_the_middle_with_every_pixel_it_had():
    images = np.zeros((2, 9, 11, 1), "float32")
    images[0, 1:4, 6:11, 0] = np.linspace(0.4, 1, 15).reshape(3, 5)
    images[1, 8, 0, 0] = 0.9
    moved = centred(images)
    assert (moved[0, 3:6, 3:8] == images[0, 1:4, 6:11]).all()
    assert moved[1, 4, 5, 0] == np.float32(0.9)
    assert moved.sum((1, 2, 3)) == pytest.approx(images.sum((1, 2, 3)))


def test_a_sign_that_can_not_be_halfway_is_off_by_half_a_pixel():
    images = np.zeros((1, 8, 8, 1), "float32")
    images[0, :3, :3] = 1
    rows = np.flatnonzero(centred(images)[0, ..., 0].any(axis=1))
    assert abs(rows.mean() - 3.5) == 0.5


def test_faint_pixels_and_empty_pictures_do_not_count():
    images = np.zeros((2, 8, 8, 1), "float32")
    images[:, 7, 7] = 0.2
    images[0, 2:4, 2:4] = 1
    moved = centred(images)
    assert (moved[0, 3:5, 3:5] == 1).all()
    assert (moved[1] == images[1]).all()


def test_pictures_are_left_as_they_were():
    images = np.zeros((1, 8, 8, 1), "float32")
    images[0, 0, 0] = 1
    centred(images)
    assert images[0, 0, 0, 0] == 1


def test_a_single_picture_is_refused():
    with pytest.raises(InputError, match=r"got shape \(8, 8, 1\)"):
        centred(np.zeros((8, 8, 1)))
