import pytest

from coursekit.viz import quality_quantity_map


def annotations(figure):
    return {text.get_text(): text for text in figure.axes[0].texts}


def test_the_map_says_its_title_axes_and_points():
    figure = quality_quantity_map({"digits": (0.2, 0.8), "web": (0.9, 0.3)}, "Two places")
    (axis,) = figure.axes
    assert (axis.get_title(loc="left"), axis.get_xlabel(), axis.get_ylabel()) == (
        "Two places",
        "quantity of data",
        "quality of labels",
    )
    assert {"digits", "web", "few and badly labelled"} <= set(annotations(figure))
    assert [tuple(map(float, line.get_xydata()[0])) for line in axis.lines] == [(0.2, 0.8), (0.9, 0.3)]


def test_a_technique_is_an_arrow_from_its_point():
    figure = quality_quantity_map(
        {"digits": (0.2, 0.8)}, "A move", moves={"augmentation": ("digits", 0.3, -0.1)}
    )
    (arrow,) = (text for text in figure.axes[0].texts if text.get_text() == "" and text.arrow_patch)
    assert arrow.xyann == (0.2, 0.8)
    assert arrow.xy == pytest.approx((0.5, 0.7))
    assert annotations(figure)["augmentation"].xy == pytest.approx((0.5, 0.7))


def test_the_map_has_no_numbers_because_there_is_no_unit():
    figure = quality_quantity_map({}, "Empty")
    labels = [tick.get_text() for tick in figure.axes[0].get_xticklabels() + figure.axes[0].get_yticklabels()]
    assert labels == ["few", "many", "low", "high"]
