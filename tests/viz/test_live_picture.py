import base64

import ipywidgets as widgets
import pytest

from coursekit.viz.live_picture import LivePicture

VIEW = "application/vnd.jupyter.widget-view+json"


def picture(alt="A number."):
    controls = {"a": widgets.IntSlider(2, 0, 9), "b": widgets.Dropdown(options=["x", "y"])}
    drawn = []

    def draw(a, b):
        drawn.append((a, b))
        return f"{a}{b}".encode()

    return LivePicture(controls, draw, [["a"], ["b"]], alt=alt), drawn


def test_the_first_state_is_drawn_without_anyone_moving_a_control():
    live, drawn = picture()
    assert live.picture.value == b"2x"
    assert drawn == [(2, "x")]


def test_where_no_widget_can_run_the_first_state_is_a_picture_with_its_description():
    live, _ = picture()
    data, metadata = live._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == b"2x"
    assert data["text/plain"] == "A number."
    assert metadata == {"image/png": {"alt": "A number."}}
    assert VIEW in data


def test_without_description_it_is_an_interactive_picture():
    assert picture(alt="")[0]._repr_mimebundle_()[0]["text/plain"] == "an interactive picture"


def test_moving_a_control_redraws_once_with_all_values():
    live, drawn = picture()
    live.controls["a"].value = 7
    live.controls["b"].value = "y"
    assert drawn == [(2, "x"), (7, "x"), (7, "y")]
    assert live.picture.value == b"7y"
    assert base64.b64decode(live._repr_mimebundle_()[0]["image/png"]) == b"7y"


def test_a_control_that_is_set_to_its_own_value_redraws_nothing():
    live, drawn = picture()
    live.controls["a"].value = 2
    assert len(drawn) == 1


def test_controls_stand_in_their_rows_above_the_picture():
    live, _ = picture()
    first, second, last = live.children
    assert first.children == (live.controls["a"],)
    assert second.children == (live.controls["b"],)
    assert last is live.picture
    assert "coursekit-picture" in last._dom_classes


def test_two_instances_know_nothing_of_each_other():
    one, two = picture()[0], picture()[0]
    one.controls["a"].value = 5
    assert (one.picture.value, two.picture.value) == (b"5x", b"2x")


def test_a_row_with_an_unknown_control_fails_at_once():
    with pytest.raises(KeyError):
        LivePicture({}, lambda: b"", [["nothing"]])
