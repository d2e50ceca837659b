import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from coursekit.errors import InputError
from coursekit.viz import response, show, show_shifts

PICTURES = np.linspace(0, 1, 5 * 4 * 4).reshape(5, 4, 4, 1)


def drawn(figure):
    """The axes with a picture in them."""
    return [axis for axis in figure.axes if axis.images]


def test_every_picture_is_shown_under_its_title_and_the_headline_above_all():
    figure = show(PICTURES, list("abcde"), "Five pictures", columns=3)
    assert [axis.get_title() for axis in drawn(figure)] == list("abcde")
    assert figure.get_suptitle() == "Five pictures"
    # Two rows of three: the last place stays empty.
    assert len(figure.axes) == 6


def test_pictures_share_one_scale_of_grey_from_0_to_1():
    for axis in drawn(show(PICTURES)):
        assert axis.images[0].get_clim() == (0, 1)


def test_signed_pictures_share_one_scale_around_zero():
    figure = show([np.full((3, 3), -4.0), np.ones((3, 3))], signed=True)
    assert [axis.images[0].get_clim() for axis in figure.axes] == [(-4, 4), (-4, 4)]


def test_colour_pictures_and_pictures_of_different_sizes_can_be_shown_together():
    figure = show([np.zeros((4, 4, 3)), np.zeros((7, 5)), np.zeros((3, 3, 1))])
    assert [axis.images[0].get_array().shape for axis in drawn(figure)] == [(4, 4, 3), (7, 5), (3, 3)]


def test_a_picture_of_one_pixel_stays_a_picture():
    assert show([np.ones((1, 1, 1))]).axes[0].images[0].get_array().shape == (1, 1)
    assert response(plt.figure().subplots(), np.ones((1, 1))).get_array().shape == (1, 1)


def test_titles_of_two_lines_get_room():
    one, two = show(PICTURES, ["a"] * 5), show(PICTURES, ["a\nb"] * 5)
    assert two.get_figheight() > one.get_figheight()


def test_pictures_and_titles_must_pair_up():
    with pytest.raises(InputError, match="5 pictures need as many titles, got 2"):
        show(PICTURES, ["a", "b"])


def test_no_picture_is_refused():
    with pytest.raises(InputError, match="at least one picture"):
        show([])


def test_a_response_has_zero_in_the_middle_and_few_extremes_do_not_bleach_it():
    values = np.ones((20, 20))
    values[0, 0] = 1000
    low, high = response(plt.figure().subplots(), values).get_clim()
    assert low == -high
    assert high < 20
    assert response(plt.figure().subplots(), values, limit=5).get_clim() == (-5, 5)


def test_a_response_that_is_nearly_or_fully_zero_can_be_drawn():
    values = np.zeros((20, 20))
    assert response(plt.figure().subplots(), values).get_clim() == (-1, 1)
    values[0, 0] = 7
    assert response(plt.figure().subplots(), values).get_clim() == (-7, 7)


def test_shifts_are_numbered_and_wrong_answers_are_marked_by_sign_and_colour():
    figure = show_shifts(PICTURES, [3, 3, 5, 3, 8], truth=3, headline="Two are wrong")
    assert figure.get_suptitle() == "Two are wrong"
    titles = [axis.title for axis in drawn(figure)]
    assert [t.get_text() for t in titles[:3]] == ["0 px\nreads 3 ✓", "1 px\nreads 3 ✓", "2 px\nreads 5 ✗"]
    colours = [to_hex(t.get_color()) for t in titles]
    assert colours == ["#009e73", "#009e73", "#d55e00", "#009e73", "#d55e00"]
