import numpy as np
import pytest
from matplotlib.patches import Rectangle

from coursekit.errors import InputError
from coursekit.methods.convolution import KERNELS
from coursekit.viz import sliding_window

IMAGE = np.arange(30).reshape(5, 6) / 30


def texts(axis):
    return [text.get_text() for text in axis.texts]


def test_it_shows_picture_kernel_and_output_with_all_their_numbers():
    figure = sliding_window(IMAGE, KERNELS["edge"], done=7)
    assert figure.get_suptitle() == "One output pixel is one weighted sum of a window"
    assert [axis.get_title() for axis in figure.axes] == ["picture", "kernel", "output: 7 of 12 pixels"]
    assert [len(axis.texts) for axis in figure.axes] == [30, 9, 12]
    assert texts(figure.axes[1]) == ["0.0", "-1.0", "0.0", "-1.0", "4.0", "-1.0", "0.0", "-1.0", "0.0"]


def test_what_is_not_computed_yet_is_a_question_mark():
    assert texts(sliding_window(IMAGE, KERNELS["blur"], done=7).axes[2])[7:] == ["?"] * 5
    assert "?" not in texts(sliding_window(IMAGE, KERNELS["blur"], done=12).axes[2])


def test_the_window_and_its_output_pixel_are_marked_in_reading_order():
    figure = sliding_window(IMAGE, KERNELS["edge"], done=7)
    marks = [axis.patches[0] for axis in (figure.axes[0], figure.axes[2])]
    assert all(isinstance(mark, Rectangle) for mark in marks)
    # The seventh of rows of four stands in row 1, column 2.
    assert [mark.get_xy() for mark in marks] == [(1.5, 0.5), (1.5, 0.5)]
    assert [(mark.get_width(), mark.get_height()) for mark in marks] == [(3, 3), (1, 1)]


def test_nothing_is_written_as_minus_zero():
    figure = sliding_window(IMAGE, np.array([[-0.01, 0.0]]), done=1)
    assert "-0.0" not in [text for axis in figure.axes for text in texts(axis)]


@pytest.mark.parametrize("done", [0, 13, -1])
def test_a_step_that_is_none_is_refused(done):
    with pytest.raises(InputError, match=f"from 1 to 12, the number of output pixels, got {done}"):
        sliding_window(IMAGE, KERNELS["edge"], done=done)
