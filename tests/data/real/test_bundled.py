import socket

import numpy as np
import pytest

from coursekit.data import load
from coursekit.errors import InputError


def test_digits_are_all_1797_in_the_order_of_the_file():
    from sklearn.datasets import load_digits

    data = load("digits")
    assert data.images.shape == (1797, 32, 32, 1)
    assert np.array_equal(data.targets, load_digits().target)


def test_digits_of_a_number_hold_each_class_equally_often():
    assert np.bincount(load("digits", n=50, seed=4).targets).tolist() == [5] * 10


def test_digits_leave_a_black_margin_around_the_ink():
    images = load("digits", size=32, digit_px=20).images
    assert images[:, 6:26, 6:26].sum() == pytest.approx(images.sum(), rel=1e-6)
    assert images.max() > 0.99


def test_enlarged_digits_averaged_over_blocks_are_the_file_again():
    from sklearn.datasets import load_digits

    large = load("digits", size=24, digit_px=24).images[..., 0]
    blocks = large.reshape(-1, 8, 3, 8, 3).mean((2, 4))
    correlation = np.corrcoef(blocks.ravel(), load_digits().images.ravel())[0, 1]
    # Splines smooth a little: 0.993. Enlarged about the corners instead of the whole grid it would be 0.965.
    assert correlation > 0.985


def test_digits_without_enlarging_are_the_file_itself():
    from sklearn.datasets import load_digits

    same = load("digits", size=8, digit_px=8).images[..., 0]
    assert np.allclose(same, load_digits().images / 16, atol=1e-6)


def test_groups_of_digits_are_five_contiguous_blocks_of_equal_size():
    groups = load("digits").groups
    assert np.all(np.diff(groups) >= 0)
    assert np.bincount(groups).tolist() == [360, 359, 360, 359, 359]


def test_too_many_digits_are_refused():
    with pytest.raises(InputError, match="There are 1797 digits, but n=1798"):
        load("digits", n=1798)


@pytest.mark.parametrize("digit_px", [7, 33])
def test_digits_that_do_not_fit_are_refused(digit_px):
    with pytest.raises(InputError, match="digit_px must lie between 8 and size"):
        load("digits", size=32, digit_px=digit_px)


def test_ihc_is_one_colour_picture_without_targets_or_groups():
    data = load("ihc")
    assert data.images.shape == (1, 512, 512, 3)
    assert data.targets is None and data.groups is None
    # Brown and blue on a light ground: the channels differ.
    assert np.ptp(data.images.mean((0, 1, 2))) > 0.05


def test_ihc_is_cropped_to_its_middle():
    assert np.array_equal(load("ihc", size=100).images, load("ihc").images[:, 206:306, 206:306])


def test_ihc_never_opens_a_connection(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    assert len(load("ihc")) == 1


@pytest.mark.parametrize("options", [{"n": 2}, {"size": 513}, {"size": 0}])
def test_ihc_refuses_what_one_picture_cannot_give(options):
    with pytest.raises(InputError):
        load("ihc", **options)
