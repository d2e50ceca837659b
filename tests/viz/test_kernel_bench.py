import base64

import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.viz import KernelBench
from coursekit.viz.kernel_bench import _parse

PNG = b"\x89PNG\r\n\x1a\n"
RNG = np.random.default_rng(0)
PICTURES = {"noise": RNG.random((9, 11)), "small": RNG.random((6, 5))}


@pytest.fixture
def bench():
    # A window that exists in every state below: a slider that must give way does not come back by itself.
    return KernelBench(PICTURES, row=2, column=2)


def first_picture(bench):
    return base64.b64decode(bench._repr_mimebundle_()[0]["image/png"], validate=True)


def test_the_first_state_is_a_png_that_shows_without_a_kernel(bench):
    assert first_picture(bench).startswith(PNG)
    assert first_picture(bench) == bench.picture.value
    assert "3×3 window" in bench._repr_mimebundle_()[0]["text/plain"]


def test_the_same_state_gives_the_same_picture(bench):
    assert KernelBench(PICTURES, row=2, column=2).picture.value == bench.picture.value


@pytest.mark.parametrize(
    ("control", "value"),
    [("picture", "small"), ("kernel", "blur"), ("stride", 2), ("padding", 1), ("row", 5), ("column", 0)],
)
def test_every_control_changes_the_picture_and_back(bench, control, value):
    before, old = bench.picture.value, bench.controls[control].value
    bench.controls[control].value = value
    assert bytes(bench.picture.value).startswith(PNG)
    assert bench.picture.value != before
    bench.controls[control].value = old
    assert bench.picture.value == before


def test_own_numbers_count_when_they_are_chosen(bench):
    before = bench.picture.value
    bench.controls["own"].value = "1 1 1; 1 1 1; 1 1 1"
    assert bench.picture.value == before
    bench.controls["kernel"].value = "own numbers"
    assert bench.picture.value != before
    # The bench starts with the edge kernel as own numbers too.
    bench.controls["own"].value = "0 -1 0; -1 4 -1; 0 -1 0"
    assert bench.picture.value == before


def test_own_numbers_that_cannot_be_read_ask_for_better_ones(bench):
    bench.controls["kernel"].value = "own numbers"
    readable = bench.picture.value
    bench.controls["own"].value = ""
    request = bench.picture.value
    assert request != readable
    bench.controls["own"].value = "a b c; d e f; g h i"
    assert bench.picture.value == request
    bench.controls["own"].value = "0 -1 0; -1 4 -1; 0 -1 0"
    assert bench.picture.value == readable


@pytest.mark.parametrize(
    "text", ["1 2 3; 4 5 6; 7 8 9", "1,2,3;4,5,6;7,8,9", " 1, 2 3 ;4 5 6;  7 8 9.0 ", "1e0 2 3; 4 5 6; 7 8 9"]
)
def test_numbers_are_read_in_the_ways_people_write_them(text):
    assert np.array_equal(_parse(text), np.arange(1, 10).reshape(3, 3))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";;",
        "1 2 3",
        "1 2; 3 4; 5 6",
        "1 2 3; 4 5 6",
        "1 2 3; 4 5; 6 7 8 9",
        "1 2 3; 4 5 6; 7 8 9; 1 2 3",
        "1 2 3; 4 x 6; 7 8 9",
        "1 2 3; 4 nan 6; 7 8 9",
        "1 2 3; 4 1e999 6; 7 8 9",
        "__import__('os')",
    ],
)
def test_anything_else_is_no_kernel(text):
    assert _parse(text) is None


def test_the_sliders_end_at_the_last_window(bench):
    # 9×11 pixels have 7×9 windows of 3×3; with stride 2 they are 4×5, and with a frame of 2 px 6×7.
    assert [bench.controls[name].max for name in ("row", "column")] == [6, 8]
    bench.controls["row"].value = 6
    bench.controls["stride"].value = 2
    assert [bench.controls[name].max for name in ("row", "column")] == [3, 4]
    assert bench.controls["row"].value == 3
    bench.controls["padding"].value = 2
    assert [bench.controls[name].max for name in ("row", "column")] == [5, 6]


def test_every_corner_of_every_setting_can_be_drawn():
    bench = KernelBench({"tiny": np.zeros((5, 5))})
    for stride in (1, 4):
        for padding in (0, 2):
            bench.controls["stride"].value, bench.controls["padding"].value = stride, padding
            bench.controls["row"].value = bench.controls["column"].value = bench.controls["row"].max
            assert bytes(bench.picture.value).startswith(PNG)


def test_a_start_beyond_the_picture_is_brought_back():
    bench = KernelBench(PICTURES, row=999, column=999)
    assert bench.controls["row"].value == bench.controls["row"].max


def test_two_benches_are_independent(bench):
    other = KernelBench(PICTURES, row=2, column=3)
    bench.controls["kernel"].value = "blur"
    assert other.controls["kernel"].value == "edge"
    assert other.picture.value != bench.picture.value


@pytest.mark.parametrize("pictures", [{}, {"colour": np.zeros((5, 5, 3))}, {"line": np.zeros(5)}])
def test_what_is_no_picture_is_refused(pictures):
    with pytest.raises(InputError, match=r"named pictures of shape \(h, w\)"):
        KernelBench(pictures)
