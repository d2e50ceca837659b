import base64

import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.viz import LabelByGroups

PNG = b"\x89PNG\r\n\x1a\n"
RNG = np.random.default_rng(0)
# Three islands far apart, of 30, 20 and 10 pictures; two pictures of the first are of another kind.
TRUTH = np.repeat([0, 1, 2], [30, 20, 10])
POINTS = np.array([[0, 0], [50, 0], [0, 50]])[TRUTH] + RNG.normal(0, 1, (60, 2))
TRUTH[:2] = 1
IMAGES = RNG.random((60, 5, 4, 1))
MAPS = {"features": POINTS, "pixels": RNG.normal(0, 1, (60, 2))}


@pytest.fixture
def labelling():
    return LabelByGroups(MAPS, IMAGES, TRUTH, groups=20, named=3)


def counts(labelling):
    """Clicks, labelled, wrong: the numbers of the title."""
    words = labelling._finding(labelling.controls["map"].value).replace(":", "").split()
    return int(words[0]), int(words[2]), int(words[7])


def test_the_first_state_has_the_largest_groups_named(labelling):
    data, _ = labelling._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == labelling.picture.value
    assert bytes(labelling.picture.value).startswith(PNG)
    sizes = [len(rows) for rows in labelling._members("features", 20)]
    assert sizes == sorted(sizes, reverse=True) and sum(sizes) == 60
    assert counts(labelling)[:2] == (3, sum(sizes[:3]))
    assert labelling.controls["group"].value == 4
    assert f"3 clicks: {sum(sizes[:3])} of 60 pictures labelled" in data["text/plain"]


def test_a_button_names_the_chosen_group_and_goes_on(labelling):
    chosen = labelling.controls["group"].value
    rows = labelling._members("features", 20)[chosen - 1]
    before = labelling.picture.value
    labelling.buttons["2"].click()
    assert (labelling.labels()[rows] == 2).all()
    assert (labelling.labels() == 2).sum() == len(rows)
    assert labelling.controls["group"].value == chosen + 1
    assert labelling.picture.value != before


def test_undo_takes_clicks_back_one_by_one(labelling):
    before = labelling.labels(), labelling.picture.value
    labelling.buttons["0"].click()
    labelling.buttons["1"].click()
    labelling.undo.click()
    labelling.undo.click()
    assert np.array_equal(labelling.labels(), before[0])
    assert labelling.picture.value == before[1]
    for _ in range(5):
        labelling.undo.click()
    assert counts(labelling) == (0, 0, 0)
    assert labelling.controls["group"].value == 1


def test_a_second_name_replaces_the_first_and_undo_brings_that_back(labelling):
    labelling.controls["group"].value = 1
    rows = labelling._members("features", 20)[0]
    first = labelling.labels()[rows]
    labelling.buttons["2"].click()
    assert (labelling.labels()[rows] == 2).all()
    labelling.undo.click()
    assert np.array_equal(labelling.labels()[rows], first)


def test_labels_that_are_not_the_truth_are_counted_as_wrong():
    labelling = LabelByGroups({"features": POINTS}, IMAGES, TRUTH, groups=20, named=20)
    # Each group is named after its most frequent kind: at most the two strangers can be wrong.
    _, labelled, wrong = counts(labelling)
    assert labelled == 60
    assert wrong <= 2
    rows = labelling._members("features", 20)[0]
    kind = labelling.labels()[rows[0]]
    labelling.controls["group"].value = 1
    labelling.buttons[str((kind + 1) % 3)].click()
    assert counts(labelling)[2] >= len(rows)


def test_names_stay_with_pictures_when_the_groups_get_finer(labelling):
    before = labelling.labels()
    labelling.controls["groups"].value = 40
    assert labelling.controls["group"].max == 40
    assert np.array_equal(labelling.labels(), before)
    labelling.controls["group"].value = 40
    labelling.controls["groups"].value = 20
    assert labelling.controls["group"].value == 20


def test_each_map_has_its_own_labels(labelling):
    before = labelling.picture.value
    labelling.controls["map"].value = "pixels"
    assert counts(labelling) == (0, 0, 0)
    labelling.buttons["0"].click()
    assert counts(labelling)[0] == 1
    labelling.controls["map"].value = "features"
    assert counts(labelling)[0] == 3
    labelling.controls["group"].value = 4
    assert labelling.picture.value == before


def test_pictures_of_a_group_are_shown_from_its_middle_outwards(labelling):
    for rows in labelling._members("features", 20):
        distance = np.linalg.norm(POINTS[rows] - POINTS[rows].mean(axis=0), axis=1)
        assert (np.diff(distance) >= 0).all()
    assert np.array_equal(labelling._mosaic(np.array([7, 3]))[:5, 6:10], IMAGES[3, ..., 0])
    # 30 pictures don't fit: the sheet stays as large, with the middle first and the outermost last.
    sheet = labelling._mosaic(np.arange(30))
    assert sheet.shape == (3 * 7, 6 * 6)
    assert np.array_equal(sheet[:5, :4], IMAGES[0, ..., 0])
    assert np.array_equal(sheet[14:19, 30:34], IMAGES[29, ..., 0])


def test_there_is_a_button_for_each_name():
    labelling = LabelByGroups({"m": POINTS}, IMAGES, TRUTH, names=["ship", "cat", "$"], groups=20, named=9)
    assert list(labelling.buttons) == ["ship", "cat", "$"]
    assert bytes(labelling.picture.value).startswith(PNG)


def test_two_instances_are_independent(labelling):
    other = LabelByGroups(MAPS, IMAGES, TRUTH, groups=20, named=3)
    before = other.picture.value
    labelling.buttons["1"].click()
    assert other.picture.value == before
    assert counts(other)[0] == 3


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"maps": {}}, "got maps {}"),
        ({"maps": {"m": POINTS[:50]}}, r"got maps {'m': \(50, 2\)}, 60 images"),
        ({"images": IMAGES[:50]}, "50 images"),
        ({"names": ["a", "b"]}, "got 2 names"),
        ({"groups": 30}, "groups=30"),
        ({"groups": 80}, "groups=80"),
        ({"named": 21}, "named=21"),
    ],
)
def test_what_does_not_fit_is_refused(changed, message):
    arguments = {"maps": MAPS, "images": IMAGES, "truth": TRUTH, "groups": 20, "named": 3} | changed
    with pytest.raises(InputError, match=message):
        LabelByGroups(**arguments)
