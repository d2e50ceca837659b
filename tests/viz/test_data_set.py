import numpy as np
import pytest

from coursekit.data import Card, ImageSet, load
from coursekit.errors import InputError
from coursekit.viz import show_data_set

RNG = np.random.default_rng(0)


def random_set(channels=1, targets=None, n=4, **card):
    images = RNG.random((n, 12, 12, channels)).astype("float32")
    return ImageSet(images, targets, card=Card("x", "A title", "", "", "", "", **card))


def grid(figure, columns):
    """Axes in rows, those with pictures."""
    assert len(figure.axes) % columns == 0
    return [figure.axes[i : i + columns] for i in range(0, len(figure.axes), columns)]


def test_classes_stand_above_their_images():
    labels = np.array([1, 0, 1, 2])
    figure = show_data_set(random_set(targets=labels, class_names=("cat", "dog")), n=4)
    assert [axis.get_title() for axis in figure.axes] == ["dog", "cat", "dog", "2"]
    assert figure.get_suptitle() == "A title"


def test_masks_get_a_row_of_their_own_in_which_they_have_colour():
    masks = np.zeros((4, 12, 12, 2), "float32")
    masks[:, :6, :, 0] = 1
    figure = show_data_set(random_set(targets=masks), n=3)
    images, truth = grid(figure, 3)
    below = truth[0].images[0].get_array()
    assert images[0].images[0].get_array().ndim == 2
    assert np.ptp(below[:6], axis=-1).min() > 0.1  # coloured
    assert np.ptp(below[6:], axis=-1).max() < 1e-6  # grey


def test_a_measured_map_is_shown_as_it_is():
    stress = RNG.random((4, 12, 12, 1)).astype("float32")
    _, below = grid(show_data_set(random_set(targets=stress), n=2), 2)
    assert np.array_equal(below[1].images[0].get_array(), stress[1, ..., 0])


def test_each_channel_of_a_many_channel_image_has_a_named_row():
    figure = show_data_set(random_set(channels=2, channel_names=("grey", "text")), n=2)
    assert [row[0].get_ylabel() for row in grid(figure, 2)] == ["grey", "text"]


def test_a_colour_image_is_one_picture():
    figure = show_data_set(random_set(channels=3), n=2)
    assert figure.axes[0].images[0].get_array().shape == (12, 12, 3)


def test_more_masks_than_colours_still_get_different_ones():
    masks = np.zeros((1, 12, 12, 9), "float32")
    for c in range(9):
        masks[0, c, :, c] = 1
    figure = show_data_set(random_set(n=1, targets=masks), n=1)
    below = figure.axes[1].images[0].get_array()
    tint = below[:9] - below[:9].mean(axis=-1, keepdims=True)
    assert len({tuple(np.round(row.mean(axis=0), 2)) for row in tint}) == 9


def test_a_set_smaller_than_asked_for_is_shown_whole():
    assert len(show_data_set(load("ihc", size=64), n=8).axes) == 1


@pytest.mark.parametrize("n", [0, 17])
def test_too_few_and_too_many_columns_are_refused(n):
    with pytest.raises(InputError, match="n must lie between 1 and 16"):
        show_data_set(random_set(), n=n)


def test_grey_images_are_shown_in_grey():
    figure = show_data_set(random_set(), n=1)
    assert figure.axes[0].images[0].get_cmap().name == "gray"


def test_a_long_class_name_is_broken():
    labels = np.zeros(4, "int64")
    figure = show_data_set(random_set(targets=labels, class_names=("endoplasmic reticulum",)), n=2)
    assert figure.axes[0].get_title() == "endoplasmic\nreticulum"
