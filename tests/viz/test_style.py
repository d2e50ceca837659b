import io

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

from coursekit.viz import COLOURS, figure_png, use_style


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


def test_the_style_sets_colours_that_everyone_tells_apart():
    use_style()
    assert tuple(mpl.rcParams["axes.prop_cycle"].by_key()["color"]) == COLOURS
    assert len(set(COLOURS)) == 8
