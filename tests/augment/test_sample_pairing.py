import keras
import numpy as np
import pytest
from keras import ops

from coursekit.augment import SamplePairing, SamplePairingSchedule
from coursekit.errors import InputError

# Powers of two: a sum of two tells which two they were.
IMAGES = (2.0 ** -np.arange(1, 9)).astype("float32").reshape(8, 1, 1, 1) * np.ones((1, 4, 4, 1), "float32")


def paired(layer, data):
    return keras.tree.map_structure(ops.convert_to_numpy, layer(data, training=True))


def test_a_pair_is_the_mean_of_the_picture_and_another_of_the_batch():
    partners = 2 * paired(SamplePairing(seed=1), IMAGES)[:, 0, 0, 0] - IMAGES[:, 0, 0, 0]
    # Every picture is the partner of one.
    np.testing.assert_allclose(np.sort(partners), np.sort(IMAGES[:, 0, 0, 0]), rtol=1e-5)
    assert np.sum(partners != IMAGES[:, 0, 0, 0]) >= 4


def test_labels_and_masks_stay_those_of_the_first_picture():
    labels, masks = np.eye(8, dtype="float32"), (IMAGES > 0.1).astype("float32")
    result = paired(SamplePairing(seed=1), {"images": IMAGES, "labels": labels, "segmentation_masks": masks})
    np.testing.assert_array_equal(result["labels"], labels)
    np.testing.assert_array_equal(result["segmentation_masks"], masks)


def test_partners_change_from_step_to_step():
    layer = SamplePairing(seed=1)
    assert np.any(paired(layer, IMAGES) != paired(layer, IMAGES))


def test_a_smaller_weight_leaves_more_of_the_first_picture():
    half, fifth = (paired(SamplePairing(weight, seed=1), IMAGES) - IMAGES for weight in (0.5, 0.2))
    np.testing.assert_allclose(fifth, 0.4 * half, atol=1e-6)


def test_the_schedule_has_a_phase_without_then_on_and_off_then_one_without():
    schedule = SamplePairingSchedule(SamplePairing(), start=3, stop=11, on=3, off=1)
    assert "".join("-x"[schedule.is_on(epoch)] for epoch in range(14)) == "---xxx-xxx-" + "---"


def test_the_schedule_switches_the_layer_of_a_compiled_model():
    layer = SamplePairing(seed=1)
    model = keras.Sequential([layer, keras.layers.Flatten()])
    model.compile(loss="mse")
    losses = model.fit(
        IMAGES,
        IMAGES.reshape(8, -1),
        batch_size=8,
        epochs=6,
        shuffle=False,
        verbose=0,
        callbacks=[SamplePairingSchedule(layer, start=1, stop=5, on=1, off=1)],
    ).history["loss"]
    # Target and input are the same: only paired pictures have a loss.
    assert [loss > 1e-6 for loss in losses] == [False, True, False, True, False, False]


@pytest.mark.parametrize("weight", [0, -0.1, 0.6])
def test_a_weight_that_would_change_the_label_is_refused(weight):
    with pytest.raises(InputError, match="above 0 and at most"):
        SamplePairing(weight)


@pytest.mark.parametrize(
    "phases",
    [{"start": 5, "stop": 4, "on": 1, "off": 1}, {"start": -1, "stop": 4, "on": 1, "off": 1}],
)
def test_phases_out_of_order_are_refused(phases):
    with pytest.raises(InputError, match="first phase"):
        SamplePairingSchedule(SamplePairing(), **phases)


def test_a_schedule_that_is_never_on_is_refused():
    with pytest.raises(InputError, match="at least 1 epoch"):
        SamplePairingSchedule(SamplePairing(), start=0, stop=4, on=0, off=1)
