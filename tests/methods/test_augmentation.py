"""The references of lesson 05: warps that ask backwards, and labels that follow what was really mixed."""

import numpy as np
import pytest
from scipy.ndimage import affine_transform, gaussian_filter, map_coordinates, rotate

from coursekit.course.source import course_root, read_source, without_marks
from coursekit.errors import InputError
from coursekit.methods.augmentation import cutmix, cutmix_labels, mixup, warp, warp_pair


@pytest.fixture
def picture():
    return gaussian_filter(np.random.default_rng(0).random((17, 22)), 1.5)


def turn(angle_deg):
    """Where content goes in a turn counter-clockwise: rows grow downwards."""
    cos, sin = np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))
    return np.array([[cos, -sin], [sin, cos]])


def test_no_move_leaves_the_picture_as_it_is(picture):
    np.testing.assert_allclose(warp(picture, np.eye(2)), picture, atol=1e-12)


def test_a_shift_goes_down_and_to_the_right(picture):
    moved = warp(picture, np.eye(2), (2, 3))
    np.testing.assert_allclose(moved[2:, 3:], picture[:-2, :-3], atol=1e-12)


def test_outside_the_picture_lies_its_mirror_image(picture):
    moved = warp(picture, np.eye(2), (2, 0))
    np.testing.assert_allclose(moved[:2], picture[1::-1], atol=1e-12)


def test_flips_and_half_turns_are_those_of_array_indexing(picture):
    np.testing.assert_allclose(warp(picture, np.diag([-1, 1])), picture[::-1], atol=1e-12)
    np.testing.assert_allclose(warp(picture, np.diag([1, -1])), picture[:, ::-1], atol=1e-12)
    np.testing.assert_allclose(warp(picture, -np.eye(2)), picture[::-1, ::-1], atol=1e-12)


def test_a_turn_is_the_one_of_scipy(picture):
    expected = rotate(picture, 25, reshape=False, order=1, mode="reflect")
    np.testing.assert_allclose(warp(picture, turn(25)), expected, atol=1e-9)


def test_the_shift_comes_after_the_matrix():
    dot = np.zeros((11, 11))
    dot[5, 7] = 1  # two to the right of the centre
    moved = warp(dot, np.array([[0, 1], [-1, 0]]), (1, 0))  # (0, 2) goes to (2, 0), and one further down
    assert np.unravel_index(moved.argmax(), moved.shape) == (8, 5)


def test_a_mask_of_nearest_pixels_keeps_its_values(picture):
    assert set(np.unique(warp((picture > 0.5).astype("float32"), turn(33), order=0))) <= {0, 1}


def test_a_matrix_without_inverse_is_refused(picture):
    with pytest.raises(InputError, match="can't be undone"):
        warp(picture, np.ones((2, 2)))


def test_picture_and_mask_go_the_same_way():
    image = gaussian_filter(np.random.default_rng(1).random((40, 40)), 4)
    mask = (image > np.median(image)).astype("float32")
    push = gaussian_filter(np.random.default_rng(2).normal(size=(2, 40, 40)), (0, 6, 6)) * 60
    moved, moved_mask = warp_pair(image, mask, np.mgrid[:40, :40] + push)
    assert np.abs(moved - image).max() > 0.01  # they did go somewhere
    assert set(np.unique(moved_mask)) == {0, 1}
    # Interpolation and nearest pixels may disagree along the outlines only.
    assert ((moved > np.median(image)) == moved_mask).mean() >= 0.95


def test_a_pair_of_different_shapes_is_refused(picture):
    with pytest.raises(InputError, match=r"places \(2, h, w\)"):
        warp_pair(picture, picture[1:], np.mgrid[:17, :22])


def test_mixup_keeps_the_share_of_a_rows_own():
    values = np.array([[1.0, 0.0], [0.0, 1.0]])
    mixed = mixup(values, np.array([0.75, 1.0]), np.array([1, 0]))
    np.testing.assert_allclose(mixed, [[0.75, 0.25], [0.0, 1.0]])


def test_mixup_mixes_pictures_of_any_number_of_axes():
    images = np.random.default_rng(0).random((3, 4, 5, 2)).astype("float32")
    mixed = mixup(images, np.array([0.0, 0.5, 1.0]), np.array([1, 2, 0]))
    assert mixed.dtype == np.float32
    np.testing.assert_allclose(mixed[0], images[1], atol=1e-7)
    np.testing.assert_allclose(mixed[1], (images[1] + images[2]) / 2, atol=1e-7)
    np.testing.assert_allclose(mixed[2], images[2], atol=1e-7)


def test_mixup_wants_a_share_and_a_partner_for_each():
    with pytest.raises(InputError, match="One share"):
        mixup(np.eye(3), np.array([0.5]), np.array([1, 2, 0]))
    with pytest.raises(InputError, match="partner"):
        mixup(np.eye(3), np.full(3, 0.5), np.array([1, 2]))


def test_cutmix_pastes_the_part_of_the_box_that_lies_inside():
    images = np.stack([np.zeros((6, 8, 1)), np.ones((6, 8, 1))])
    mixed = cutmix(images, (-1, 5, 3, 10), np.array([1, 0]))
    expected = np.zeros((6, 8))
    expected[:2, 5:] = 1
    np.testing.assert_array_equal(mixed[0, ..., 0], expected)
    np.testing.assert_array_equal(mixed[1, ..., 0], 1 - expected)
    assert images[0].max() == 0, "the pictures handed over stay as they are"


@pytest.mark.parametrize("box", [(1, 2, 3, 4), (-1, 5, 3, 10), (-5, -5, 40, 40), (9, 0, 2, 2), (0, 0, 0, 3)])
def test_cutmix_labels_tell_the_share_of_pixels_that_were_pasted(box):
    images = np.stack([np.zeros((6, 8, 1)), np.ones((6, 8, 1))])
    partner = np.array([1, 0])
    labels = cutmix_labels(np.eye(2), box, partner, (6, 8))
    np.testing.assert_allclose(labels[0, 1], cutmix(images, box, partner)[0].mean(), atol=1e-7)
    np.testing.assert_allclose(labels.sum(axis=1), 1)


def test_a_box_with_a_negative_side_is_refused():
    with pytest.raises(InputError, match="0 or more"):
        cutmix(np.zeros((2, 4, 4, 1)), (0, 0, -1, 2), np.array([1, 0]))


@pytest.fixture(scope="module")
def exercises():
    """The solved exercises of lesson 05: the same techniques, written a second time."""
    path = course_root() / "solutions" / "05_augmentation.py"
    if not path.exists():
        pytest.skip("this checkout has no solutions")
    lesson = read_source(path)
    scipy = (affine_transform, gaussian_filter, map_coordinates)
    namespace = {"np": np} | {function.__name__: function for function in scipy}
    for name in ("elastic", "warp", "warp_pair", "mixup", "cutmix_labels"):
        exec(without_marks(lesson.cell(name).source), namespace)
    return namespace


def test_the_exercises_of_the_lesson_agree_with_the_references(exercises, picture):
    rng = np.random.default_rng(3)
    matrix, shift = rng.normal(size=(2, 2)), rng.normal(size=2)
    np.testing.assert_allclose(exercises["warp"](picture, matrix, shift), warp(picture, matrix, shift))
    mask = (picture > 0.5).astype("float32")
    places = exercises["random_places"](picture.shape, np.random.default_rng(4))
    np.testing.assert_array_equal(exercises["warp_pair"](picture, mask, 4), warp_pair(picture, mask, places))
    values, share, partner = rng.random((3, 4, 5, 1)), rng.random(3), np.array([2, 0, 1])
    # The reference keeps float32 pictures float32, so its shares are float32 too.
    np.testing.assert_allclose(
        exercises["mixup"](values, share, partner), mixup(values, share, partner), atol=1e-6
    )
    for box in [(1, 2, 3, 4), (-1, 5, 3, 10), (9, 0, 2, 2)]:
        expected = cutmix_labels(np.eye(3), box, partner, (6, 8))
        np.testing.assert_allclose(
            exercises["cutmix_labels"](np.eye(3), partner, box, (6, 8)), expected, atol=1e-6
        )
