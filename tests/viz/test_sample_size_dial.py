import base64

import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.viz import SampleSizeDial
from coursekit.viz.sample_size_dial import _short

PNG = b"\x89PNG\r\n\x1a\n"
SIZES = [50, 100, 1000]
REAL = np.array([[1.9, 0.9, 0.1], [2.1, 1.1, 0.2]])
RIVALS = {
    "GAN": np.array([[3.0, 2.0, 1.4], [3.4, 2.2, 1.6]]),
    "auto-encoder": np.array([[30.0, 20.0, 14.0]]),
}


def make(**changed):
    return SampleSizeDial(**({"sizes": SIZES, "real": REAL, "rivals": RIVALS} | changed))


def test_the_first_state_says_what_few_real_pictures_score():
    dial = make()
    data, _ = dial._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == dial.picture.value
    assert bytes(dial.picture.value).startswith(PNG)
    said = "50 real pictures score 2.0, 1,000 score 0.15; GAN: 1,000 score 1.5, less than 50 real"
    assert said in data["text/plain"]


def test_the_title_claims_no_more_than_the_numbers_do():
    dial = make()
    assert dial._finding(1) == "100 real pictures score 1.0, 1,000 score 0.15; GAN: 1,000 score 1.5"
    assert dial._finding(2) == "1,000 real pictures score 0.15; GAN: 1,000 score 1.5"


@pytest.mark.parametrize("place", [1, 2])
def test_the_slider_changes_the_picture_and_back(place):
    dial = make()
    before = dial.picture.value
    dial.controls["n"].value = place
    assert bytes(dial.picture.value).startswith(PNG)
    assert dial.picture.value != before
    dial.controls["n"].value = 0
    assert dial.picture.value == before


def test_the_slider_stops_where_something_was_measured():
    assert [label for label, _ in make().controls["n"].options] == ["50", "100", "1,000"]
    assert make(n=1000).controls["n"].value == 2


def test_a_measure_below_zero_is_drawn_without_a_logarithm():
    below = REAL - 0.15
    assert (below < 0).any()
    assert bytes(make(real=below, measure="KID").picture.value).startswith(PNG)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0831, "0.083"), (0.146, "0.15"), (2.04, "2.0"), (9.96, "10"), (38.2, "38"), (-0.2, "-0.20")],
)
def test_a_distance_has_two_digits_that_count(value, text):
    assert _short(value) == text


def test_two_dials_are_independent():
    one, other = make(), make()
    before = other.picture.value
    one.controls["n"].value = 1
    assert other.picture.value == before != one.picture.value


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"real": REAL[:, :2]}, r"\(repeats, 3\).*'real pictures': \(2, 2\)"),
        ({"real": REAL[0]}, r"'real pictures': \(3,\)"),
        ({"rivals": {}}, "at least one rival"),
        ({"sizes": [50, 1000, 100]}, "must be above 0, rise"),
        ({"n": 70}, "hold 70"),
    ],
)
def test_what_does_not_fit_is_refused(changed, message):
    with pytest.raises(InputError, match=message):
        make(**changed)
