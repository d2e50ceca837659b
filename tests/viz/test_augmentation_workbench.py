import base64
import re

import numpy as np
import pytest

from coursekit.augment import OPERATIONS
from coursekit.errors import InputError
from coursekit.viz import AugmentationWorkbench
from coursekit.viz.augmentation_workbench import _about, _change, _clipped, _outside

PNG = b"\x89PNG\r\n\x1a\n"
RNG = np.random.default_rng(0)
GREY = RNG.uniform(0.2, 0.8, (12, 12, 1)).astype("float32")
MASKED = RNG.uniform(0.2, 0.8, (10, 14, 1)).astype("float32")
MASK = (MASKED > 0.5).astype("float32")
COLOUR = RNG.uniform(0.2, 0.8, (12, 12, 3)).astype("float32")
BLACK_AND_WHITE = np.kron(RNG.integers(0, 2, (4, 4)), np.ones((3, 3)))[..., None].astype("float32")
PICTURES = {"grey": (GREY, None), "masked": (MASKED, MASK), "colour": (COLOUR, None)}


def by_corner(images):
    """Read a picture as whether its top left quarter is brighter than the rest."""
    return (images[:, :6, :6].mean(axis=(1, 2, 3)) > images.mean(axis=(1, 2, 3))).astype(int)


@pytest.fixture
def bench():
    return AugmentationWorkbench(PICTURES, read={"grey": by_corner})


def test_the_first_state_is_a_strong_rotation_of_the_first_picture(bench):
    data, _ = bench._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == bench.picture.value
    assert bytes(bench.picture.value).startswith(PNG)
    assert data["text/plain"].startswith("grey and ten random draws of it. Rotation at strength 3: ")


def test_what_is_said_of_the_draws_counts_those_that_are_read_otherwise(bench):
    images, _, answers, finding = bench._state("grey", "rotation", 3, 1, 0)
    assert np.array_equal(images[0], GREY)
    assert np.array_equal(answers, by_corner(images))
    otherwise = (answers[1:] != answers[0]).sum()
    assert 0 < otherwise < 10
    assert f": {otherwise} of 10 draws read as something else, " in finding


def test_a_picture_without_a_reader_is_read_as_nothing(bench):
    _, _, answers, finding = bench._state("masked", "rotation", 3, 1, 0)
    assert answers is None
    assert "read as" not in finding


@pytest.mark.parametrize(
    ("control", "value"),
    [
        ("picture", "masked"),
        ("picture", "colour"),
        ("operation", "noise"),
        ("strength", 1.0),
        ("probability", 0.5),
        ("seed", 3),
    ],
)
def test_every_control_changes_the_picture_and_back(bench, control, value):
    before, old = bench.picture.value, bench.controls[control].value
    bench.controls[control].value = value
    assert bytes(bench.picture.value).startswith(PNG)
    assert bench.picture.value != before
    bench.controls[control].value = old
    assert bench.picture.value == before


def test_every_operation_of_the_bench_changes_every_kind_of_picture(bench):
    names = [name for _, name in bench.controls["operation"].options]
    assert len(names) > 20
    assert not {"mixup", "cutmix", "sample_pairing"} & set(names)
    for name in names:
        for picture in PICTURES:
            images, masks, _, _ = bench._state(picture, name, 2, 1, 1)
            assert images.shape == (11, *PICTURES[picture][0].shape)
            assert not np.array_equal(images[1:], images[:-1])
            assert masks is None or (masks.shape == (11, 10, 14, 1) and np.isin(masks, (0, 1)).all())


def test_mask_and_picture_go_the_same_way():
    # The picture is its own mask, in large blocks: after a warp the mask is still where it is bright.
    mask = np.kron(RNG.integers(0, 2, (4, 4)), np.ones((8, 8)))[..., None].astype("float32")
    images, masks, _ = _change(mask, mask, "rotation", 3, 1, 0)
    assert np.mean((images > 0.5) == (masks > 0.5)) > 0.97
    assert not np.array_equal(masks[1], masks[0])


def test_a_change_of_brightness_leaves_the_mask():
    _, masks, _ = _change(MASKED, MASK, "colour_shift", 3, 1, 0)
    assert all(np.array_equal(mask, MASK) for mask in masks)


@pytest.mark.parametrize(("strength", "probability"), [(0, 1), (2, 0)])
def test_strength_0_and_probability_0_leave_the_picture(strength, probability):
    images, _, lost = _change(GREY, None, "contrast", strength, probability, 0)
    assert all(np.array_equal(image, GREY) for image in images)
    assert lost == 0


def test_the_probability_is_that_of_a_change():
    images, _, _ = _change(GREY, None, "colour_shift", 1, 0.5, 0)
    changed = [not np.array_equal(image, GREY) for image in images[1:]]
    assert 0 < sum(changed) < 10


def test_a_shift_by_3_of_12_pixels_fills_in_a_quarter():
    right_by_3 = np.array([[[1, 0, 0], [0, 1, -3]]], "float32")
    outside = _outside(right_by_3, 12, 12)
    assert outside.shape == (1, 12, 12)
    assert outside[:, :, :3].all() and not outside[:, :, 3:].any()
    assert np.array_equal(_outside(np.broadcast_to([0, -3], (1, 12, 12, 2)), 12, 12), outside)


@pytest.mark.parametrize("operation", ["flip_horizontal", "invert", "auto_contrast", "jpeg", "blur"])
def test_an_operation_that_loses_nothing_says_nothing_of_lost_pixels(operation):
    bench = AugmentationWorkbench({"black and white": (BLACK_AND_WHITE, None)})
    finding = bench._state("black and white", operation, 3, 1, 0)[-1]
    assert finding == f"{OPERATIONS[operation].title} at strength 3"


@pytest.mark.parametrize("operation", ["contrast", "colour_shift", "colour_jitter", "noise", "sharpness"])
def test_what_was_black_or_white_before_is_not_newly_clipped(operation):
    bench = AugmentationWorkbench({"black and white": (BLACK_AND_WHITE, None)})
    finding = bench._state("black and white", operation, 3, 1, 0)[-1]
    assert finding.endswith(" at strength 3: 0 % of pixels newly clipped")


@pytest.mark.parametrize("picture", [BLACK_AND_WHITE, GREY])
def test_what_cutout_overwrites_is_its_squares_whatever_was_there(picture):
    grey = np.full_like(picture, 0.5)
    covered = (_change(grey, None, "cutout", 2, 1, 0)[0][1:] == 0).mean()
    assert 0.1 < covered < 0.25  # half of the side, and less where it hangs over the border
    assert _change(picture, None, "cutout", 2, 1, 0)[-1] == pytest.approx(covered)


def test_random_erasing_overwrites():
    bench = AugmentationWorkbench(PICTURES)
    assert re.search(r": \d+ % of pixels overwritten$", bench._state("grey", "random_erasing", 2, 1, 0)[-1])


def test_a_turn_of_hue_clips_nothing():
    red, yellow = np.array([[0.9, 0.3, 0.0]]), np.array([[0.9, 0.0, 0.3]])
    assert not _clipped(red, yellow).any()


def test_clipped_pixels_are_those_that_came_to_the_end_of_the_scale():
    bright = np.full((12, 12, 1), 0.999, "float32")
    lost = _change(bright, None, "noise", 3, 1, 0)[-1]
    assert 0.3 < lost < 0.6  # about half of the noise is positive


def test_the_text_tells_from_which_strength_on_nothing_grows():
    assert "\nSource: " in _about(OPERATIONS["rotation"])
    assert "no more" not in _about(OPERATIONS["rotation"])
    assert "From strength 1.4 on it grows no more." in _about(OPERATIONS["jpeg"])
    assert "All strengths above 0 are the same." in _about(OPERATIONS["flip_vertical"])


def test_two_benches_are_independent(bench):
    other = AugmentationWorkbench(PICTURES, read={"grey": by_corner})
    before = other.picture.value
    bench.controls["operation"].value = "blur"
    assert other.picture.value == before != bench.picture.value


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pictures": {}}, "at least one picture"),
        ({"pictures": {"flat": (GREY[..., 0], None)}}, r"got shapes \(12, 12\) and None"),
        ({"pictures": {"two sizes": (GREY, MASK)}}, r"got shapes \(12, 12, 1\) and \(10, 14, 1\)"),
        ({"pictures": PICTURES, "read": {"gray": by_corner}}, "got gray"),
        ({"pictures": PICTURES, "operation": "mixup"}, "got 'mixup'"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        AugmentationWorkbench(**arguments)
