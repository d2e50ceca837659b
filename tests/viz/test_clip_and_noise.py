import base64

import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.federated import moments_epsilon
from coursekit.viz import ClipAndNoise

PNG = b"\x89PNG\r\n\x1a\n"
NOISES = [0, 1, 2, 4]
# (2 numbers of clients, 3 clips, 2 repeats, 4 noises); the second repeat is 2 points better.
ACCURACY = (
    np.array([0.80, 0.90])[:, None, None, None]
    - np.array([0.10, 0.00, 0.05])[:, None, None]
    + np.array([0.00, 0.02])[:, None]
    - np.array([0.00, 0.01, 0.02, 0.20])
)


def make(**changed):
    arguments = {
        "noises": NOISES,
        "clients": [50, 200],
        "clips": [0.3, 0.6, 1.2],
        "accuracy": ACCURACY,
        "rates": [0.5, 0.25],
        "deltas": [0.01, 0.001],
        "rounds": 50,
    }
    return ClipAndNoise(**(arguments | changed))


def test_the_first_state_says_epsilon_and_accuracy_of_200_clients():
    widget = make()
    data, _ = widget._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == widget.picture.value
    assert bytes(widget.picture.value).startswith(PNG)
    epsilon = moments_epsilon(2, 0.25, 50, 0.001)
    said = f"σ = 2, 200 clients, clip norm 0.6: ε = {epsilon:.2g} at δ = 0.001, accuracy 89 %"
    assert said in data["text/plain"]


def test_epsilon_goes_with_noise_and_clients_and_not_with_the_clip_norm():
    widget = make()
    assert widget._finding(3, 0, 0).startswith("σ = 4, 50 clients, clip norm 0.3: ε = ")
    np.testing.assert_allclose(
        widget._epsilon[0, 1:], [moments_epsilon(s, 0.5, 50, 0.01) for s in NOISES[1:]]
    )
    assert (np.diff(widget._epsilon) < 0).all()
    epsilons = {widget._finding(2, 1, clip).split(": ")[1].split(",")[0] for clip in range(3)}
    assert len(epsilons) == 1


def test_without_noise_nothing_bounds_epsilon():
    assert make()._finding(0, 1, 1).endswith("clip norm 0.6: no bound on ε, accuracy 91 %")


def test_what_was_not_measured_is_said_and_drawn():
    accuracy = ACCURACY.copy()
    accuracy[1, 0] = np.nan
    widget = make(accuracy=accuracy)
    widget.controls["clip"].value = 0
    assert bytes(widget.picture.value).startswith(PNG)
    assert widget._finding(2, 1, 0).endswith("accuracy not measured")


def test_the_sliders_stop_where_something_was_measured():
    controls = make().controls
    assert [label for label, _ in controls["noise"].options] == ["0", "1", "2", "4"]
    assert [label for label, _ in controls["n"].options] == ["50", "200"]
    assert [label for label, _ in controls["clip"].options] == ["0.3", "0.6", "1.2"]


@pytest.mark.parametrize(
    ("control", "value"), [("noise", 0), ("noise", 3), ("n", 0), ("clip", 0), ("clip", 2)]
)
def test_every_control_changes_the_picture_and_back(control, value):
    widget = make()
    before, old = widget.picture.value, widget.controls[control].value
    widget.controls[control].value = value
    assert bytes(widget.picture.value).startswith(PNG)
    assert widget.picture.value != before
    widget.controls[control].value = old
    assert widget.picture.value == before


@pytest.mark.parametrize("noises", [[2], [0, 2]])
def test_few_noises_and_one_clip_are_drawn(noises):
    accuracy = ACCURACY[1:, :1, :, : len(noises)]
    widget = make(noises=noises, clients=[200], clips=[0.6], accuracy=accuracy, rates=[0.25], deltas=[0.001])
    assert bytes(widget.picture.value).startswith(PNG)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"accuracy": ACCURACY[:1]}, r"2 clients, 3 clips and 4 noises, got shape \(1, 3, 2, 4\)"),
        ({"accuracy": ACCURACY[:, :, 0]}, r"got shape \(2, 3, 4\)"),
        ({"noises": [0, 2, 1, 4]}, "noises must rise"),
        ({"noises": [-1, 1, 2, 4]}, "noises must be at least 0"),
        ({"clips": [0, 0.6, 1.2]}, "clips above 0"),
        ({"noise": 3}, "hold 3"),
        ({"n_clients": 100}, "hold 100"),
        ({"clip": 1.0}, "hold 1"),
        ({"rates": [0.25]}, "one for each"),
        ({"deltas": [0.02, 0.001]}, "below 1 / clients"),
        ({"rates": [0.5, 1.5]}, "1.5"),
        ({"rounds": 0}, "rounds"),
    ],
)
def test_what_does_not_fit_is_refused(changed, message):
    with pytest.raises(InputError, match=message):
        make(**changed)
