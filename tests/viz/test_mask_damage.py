import base64

import numpy as np
import pytest

from coursekit.data import corrupt_masks
from coursekit.errors import InputError
from coursekit.viz import MaskDamage

PNG = b"\x89PNG\r\n\x1a\n"
# Four disks of radius 6 in a 40 x 40 image, one in each quarter.
ROWS, COLUMNS = np.mgrid[:40, :40]
LABELS = np.zeros((40, 40), int)
for number, (row, column) in enumerate([(10, 10), (10, 30), (30, 10), (30, 30)], start=1):
    LABELS[(ROWS - row) ** 2 + (COLUMNS - column) ** 2 <= 36] = number
IMAGE = np.random.default_rng(0).random((40, 40, 3))


def make(**changed):
    return MaskDamage(**({"image": IMAGE, "labels": LABELS} | changed))


def test_the_first_state_says_what_is_left_at_half_removed():
    widget = make(seed=1)
    data, _ = widget._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == widget.picture.value
    assert bytes(widget.picture.value).startswith(PNG)
    assert widget.controls["remove"].label == "0.50"
    # All disks have one area: k of 4 objects are k quarters of their pixels, and F1 is 2k / (4 + k).
    kept = len(np.unique(corrupt_masks(LABELS[None], remove=0.5, seed=1).instances)) - 1
    assert 0 < kept < 4
    assert data["text/plain"].endswith(
        f"p = 0.50: {kept} of 4 objects marked, {25 * kept} % of their pixels; 100 % of the marks are right; "
        f"F1 {2 * kept / (4 + kept):.2f}."
    )


def test_removal_leaves_all_marks_right_and_boxes_mark_all_pixels():
    widget = make()
    _, _, right = widget._outcomes(0, 1, False, 0)
    assert (right[~np.isnan(right)] == 1).all()
    (f1, *_), (found, *_), (right, *_) = widget._outcomes(0, 1, True, 0)
    assert found == 1
    disk, box = (LABELS == 1).sum(), 13**2
    assert right == pytest.approx(disk / box)
    assert f1 == pytest.approx(2 * disk / (disk + box))


def test_with_p_rising_fewer_and_fewer_pixels_are_marked():
    _, found, _ = make()._outcomes(0, 1, False, 0)
    assert found[0] == 1
    assert (np.diff(found) <= 0).all()
    assert found[-1] == 0


def test_f1_is_that_of_corrupt_masks():
    expected = corrupt_masks(LABELS[None], remove=0.25, sigma_px=2, every=6, boxes=True, seed=3).f1[0]
    f1, *_ = make()._outcomes(2, 6, True, 3)
    assert f1[5] == pytest.approx(expected)


def test_an_empty_mask_is_drawn_and_said():
    widget = make()
    widget.controls["remove"].value = 1.0
    assert bytes(widget.picture.value).startswith(PNG)
    assert widget._finding(1.0, 0, 1, False, 0) == "p = 1.00: none of 4 objects is marked; F1 0.00"


def test_the_sliders_for_the_outline_go_with_the_size_of_the_objects():
    # Radius 6: up to half of it, and until three of about 48 points are left.
    assert make().controls["sigma_px"].max == 3
    assert make().controls["every"].max == 15


@pytest.mark.parametrize(
    ("control", "value"), [("remove", 0.0), ("sigma_px", 3.0), ("every", 15), ("boxes", True), ("seed", 4)]
)
def test_every_control_changes_the_picture_and_back(control, value):
    widget = make(remove=0.25)
    before, old = widget.picture.value, widget.controls[control].value
    widget.controls[control].value = value
    assert bytes(widget.picture.value).startswith(PNG)
    assert widget.picture.value != before
    widget.controls[control].value = old
    assert widget.picture.value == before


@pytest.mark.parametrize("labels", [LABELS[..., None], LABELS > 0, (LABELS > 0).astype("float32")[..., None]])
def test_masks_serve_as_well_as_numbers(labels):
    assert make(labels=labels).picture.value == make().picture.value


def test_a_grey_image_is_drawn():
    assert make(image=IMAGE[..., 0]).picture.value == make(image=IMAGE[..., :1]).picture.value


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"labels": LABELS[:-1]}, r"got shapes \(40, 40, 3\) and \(39, 40\)"),
        ({"labels": LABELS[None]}, r"of one picture.*\(1, 40, 40\)"),
        ({"labels": np.zeros_like(LABELS)}, "no object"),
        ({"remove": 0.52}, "got 0.52 and 0"),
        ({"seed": 31}, "got 0.5 and 31"),
    ],
)
def test_what_does_not_fit_is_refused(changed, message):
    with pytest.raises(InputError, match=message):
        make(**changed)
