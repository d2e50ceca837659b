import numpy as np
import pytest

from coursekit.data import ImageSet
from coursekit.errors import InputError

IMAGES = np.linspace(0, 1, 4 * 6 * 6, dtype="float32").reshape(4, 6, 6, 1)
LABELS = np.array([0, 1, 1, 2])
MASKS = (IMAGES > 0.5).astype("float32")


def test_length_is_the_number_of_images():
    assert len(ImageSet(IMAGES)) == 4


def test_subset_takes_images_targets_and_groups_in_the_order_asked_for():
    part = ImageSet(IMAGES, LABELS, np.array([5, 6, 7, 8])).subset(np.array([3, 0]))
    assert np.array_equal(part.images, IMAGES[[3, 0]])
    assert part.targets.tolist() == [2, 0]
    assert part.groups.tolist() == [8, 5]


def test_subset_takes_a_boolean_mask_and_keeps_missing_targets_missing():
    part = ImageSet(IMAGES).subset(np.array([True, False, False, True]))
    assert np.array_equal(part.images, IMAGES[[0, 3]])
    assert part.targets is None


def test_changing_a_subset_leaves_the_whole_alone():
    whole = ImageSet(IMAGES.copy(), LABELS)
    whole.subset([0]).images[:] = 1
    assert whole.images[0, 0, 0, 0] == 0


@pytest.mark.parametrize("indices", [[4], [-1], [[0, 1]], [0.0, 1.0], [True, False]])
def test_subset_refuses_what_is_no_list_of_indices(indices):
    with pytest.raises(InputError):
        ImageSet(IMAGES).subset(indices)


def test_empty_subset_has_no_images():
    assert len(ImageSet(IMAGES, LABELS).subset([])) == 0


def test_repr_says_what_is_inside_in_one_line():
    shown = repr(ImageSet(IMAGES, LABELS, np.array([0, 0, 1, 1])))
    assert shown == "<ImageSet: 4 images of 6×6×1, 3 classes, 2 groups>"
    assert "masks with 1 channel(s), 50% set" in repr(ImageSet(IMAGES, MASKS))
    assert "no targets" in repr(ImageSet(IMAGES))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES[..., 0], r"got shape \(4, 6, 6\). A single channel needs its own axis"),
        ([1, 2], "got list"),
        (IMAGES.astype("float64"), "must be float32 .* got float64"),
        (IMAGES * 255, r"must lie in \[0, 1\], got 0 to 255"),
        (np.full_like(IMAGES, np.nan), r"must lie in \[0, 1\]"),
    ],
)
def test_images_of_the_wrong_kind_are_refused(images, message):
    with pytest.raises(InputError, match=message):
        ImageSet(images)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (LABELS[:3], "one entry for each of 4 images, got 3"),
        (LABELS.astype("int32"), "must be int64, got int32"),
        (MASKS[:, :5], r"as large as the images \(6, 6\)"),
        (MASKS[..., 0], "must be class labels"),
        (MASKS.astype(bool), "must be float32"),
        (MASKS * 255, r"must lie in \[0, 1\]"),
    ],
)
def test_targets_of_the_wrong_kind_are_refused(targets, message):
    with pytest.raises(InputError, match=message):
        ImageSet(IMAGES, targets)


@pytest.mark.parametrize("groups", [np.arange(3), np.zeros(4)])
def test_groups_of_the_wrong_kind_are_refused(groups):
    with pytest.raises(InputError, match="groups must be 4 whole numbers"):
        ImageSet(IMAGES, LABELS, groups)


def test_lists_are_refused_with_advice():
    with pytest.raises(InputError, match=r"targets must be an array, got list: use np\.array"):
        ImageSet(IMAGES, [0, 1, 1, 2])
    with pytest.raises(InputError, match=r"groups must be an array, got list: use np\.array"):
        ImageSet(IMAGES, LABELS, [0, 0, 1, 1])
