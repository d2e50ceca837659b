import base64

import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.viz import PushTheDigit
from coursekit.viz.push_the_digit import _move, _probabilities

PNG = b"\x89PNG\r\n\x1a\n"
IMAGES = np.pad(np.random.default_rng(0).random((2, 4, 4, 1)), ((0, 0), (4, 4), (4, 4), (0, 0)))
LABELS = np.array([2, 0])


def by_column(images):
    """Logits of a network that sees where the ink is."""
    return images.sum(axis=(1, 3))[:, 3:9]


def by_ink(images):
    """Probabilities of a network that sees how much ink there is."""
    share = np.clip(images.mean(axis=(1, 2, 3)), 0, 1)
    return np.stack([share, 1 - share, 0 * share], axis=1)


@pytest.fixture
def push():
    return PushTheDigit(IMAGES, LABELS, {"place": by_column, "ink": by_ink}, reach=3, right=2)


def test_the_first_state_is_the_moved_digit_as_a_png(push):
    data, _ = push._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == push.picture.value
    assert bytes(push.picture.value).startswith(PNG)
    assert (push.controls["digit"].value, push.controls["right"].value, push.controls["down"].value) == (
        0,
        2,
        0,
    )
    assert data["text/plain"] == "A digit moved 2 px to the right, and the class probabilities of 2 networks."


@pytest.mark.parametrize(("control", "value"), [("digit", 1), ("right", -3), ("down", 3)])
def test_every_control_changes_the_picture_and_back(push, control, value):
    before, old = push.picture.value, push.controls[control].value
    push.controls[control].value = value
    assert push.picture.value != before
    push.controls[control].value = old
    assert push.picture.value == before


def test_sliders_reach_as_far_as_was_computed(push):
    for name in ("right", "down"):
        assert (push.controls[name].min, push.controls[name].max) == (-3, 3)


def test_every_position_has_been_computed_before_anyone_moves():
    calls = []

    def count(images):
        calls.append(len(images))
        return by_column(images)

    push = PushTheDigit(IMAGES, LABELS, {"one": count}, reach=2, right=1)
    for right in range(-2, 3):
        push.controls["right"].value = right
    assert calls == [2 * 5 * 5]


def test_the_bars_belong_to_the_picture_that_is_shown(push):
    from coursekit.methods.equivariance import shift

    places = list(push._moved)
    for right, down in ((0, 0), (-3, 2)):
        scores = push._scores["place"][places.index((right, down)), 1]
        assert np.allclose(scores, _probabilities(by_column(shift(IMAGES[1:], right, down)))[0])


def test_logits_become_probabilities_and_probabilities_stay():
    chances = _probabilities(np.array([[1000.0, 1000.0], [0.0, np.log(3)]]))
    assert np.allclose(chances, [[0.5, 0.5], [0.25, 0.75]])
    given = np.array([[0.2, 0.8], [1, 0]])
    assert _probabilities(given) is given


@pytest.mark.parametrize(
    ("right", "down", "words"),
    [
        (0, 0, "in place"),
        (4, 0, "4 px right"),
        (-1, 0, "1 px left"),
        (0, 3, "3 px down"),
        (2, -3, "2 px right, 3 up"),
    ],
)
def test_a_move_is_said_in_words(right, down, words):
    assert _move(right, down) == words


def test_two_instances_are_independent(push):
    other = PushTheDigit(IMAGES, LABELS, {"place": by_column, "ink": by_ink}, reach=3, right=2)
    before = other.picture.value
    push.controls["down"].value = 1
    assert other.picture.value == before != push.picture.value


@pytest.mark.parametrize(
    ("images", "labels", "networks"),
    [(IMAGES, LABELS[:1], {"a": by_ink}), (IMAGES, LABELS, {}), (IMAGES[:0], LABELS[:0], {"a": by_ink})],
)
def test_images_labels_and_networks_must_be_there_and_pair_up(images, labels, networks):
    message = f"got {len(images)} images, {len(labels)} labels and {len(networks)} networks"
    with pytest.raises(InputError, match=message):
        PushTheDigit(images, labels, networks)


def test_a_reach_beyond_the_picture_is_refused():
    with pytest.raises(InputError, match="leaves nothing of a picture of 12×12 pixels"):
        PushTheDigit(IMAGES, LABELS, {"a": by_ink}, reach=12)
