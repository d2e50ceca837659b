import io

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from coursekit.viz import COLOURS, figure_png, use_style
from coursekit.viz.style import small_png


def drawing(slope=1.0):
    figure = Figure(figsize=(2, 2), dpi=50)
    figure.subplots().plot([0, 1], [0, slope])
    return figure


def test_the_same_figure_gives_the_same_bytes():
    assert figure_png(drawing()) == figure_png(drawing())


def test_another_figure_gives_other_bytes():
    assert figure_png(drawing()) != figure_png(drawing(0.5))


def test_a_figure_becomes_a_png_of_its_size():
    assert Image.open(io.BytesIO(figure_png(drawing()))).size == (100, 100)


def test_a_png_does_not_name_the_version_that_drew_it():
    assert Image.open(io.BytesIO(figure_png(drawing()))).info.keys() <= {"dpi"}


def shades_and_dots():
    figure = Figure(figsize=(6, 4), dpi=76)
    left, right = figure.subplots(1, 2)
    left.imshow(np.random.default_rng(0).random((30, 30)), cmap="gray")
    for place, colour in enumerate(COLOURS):
        right.plot(place, 0, ".", ms=4, color=colour)
    return figure


def test_a_small_png_has_the_same_colours_in_fewer_bytes():
    plain, small = figure_png(shades_and_dots()), small_png(shades_and_dots())
    before, after = (np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), int) for png in (plain, small))
    # 1 of 255 shades; a median cut, which averages rare colours away, is off by 81.
    assert np.abs(before - after).max() <= 8
    assert len(small) < 0.7 * len(plain)
    assert small == small_png(shades_and_dots())


def test_the_style_sets_colours_that_everyone_tells_apart():
    use_style()
    assert tuple(mpl.rcParams["axes.prop_cycle"].by_key()["color"]) == COLOURS
    assert len(set(COLOURS)) == 8
