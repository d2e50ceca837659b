import os
from pathlib import Path

import keras
import numpy as np
import pytest

from coursekit.errors import CourseError, InputError
from coursekit.models import mobilenet
from coursekit.models.mobilenet_features import FILE_OF_WEIGHTS

_SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "mobilenet_v1_1.0_224_to_conv_pw_12.npz"
STORED = Path(os.environ.get(FILE_OF_WEIGHTS, _SHARED))


@pytest.fixture(scope="module")
def untrained():
    return mobilenet(64, weights=None)


def test_maps_shrink_and_grow_in_number_as_its_page_says(untrained):
    channels = {1: 64, 2: 128, 3: 128, 4: 256, 5: 256, **dict.fromkeys(range(6, 12), 512), 12: 1024}
    for block, number in channels.items():
        assert untrained.get_layer(f"conv_pw_{block}_relu").output.shape[-1] == number
    assert untrained.output.shape == (None, 2, 2, 1024)


def test_activations_stop_at_six_and_normalisation_is_as_in_training(untrained):
    assert untrained.get_layer("conv1_relu").max_value == 6
    norms = [layer for layer in untrained.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert len(norms) == 25
    assert {norm.epsilon for norm in norms} == {1e-3}
    padding = [layer.padding for layer in untrained.layers if isinstance(layer, keras.layers.ZeroPadding2D)]
    assert set(padding) == {((0, 1), (0, 1))}


@pytest.mark.skipif(not STORED.is_file(), reason=f"no file of weights: {FILE_OF_WEIGHTS} names none")
def test_statistics_of_real_photographs_are_those_that_the_weights_remember(monkeypatch):
    from skimage import data
    from skimage.transform import resize

    monkeypatch.setenv(FILE_OF_WEIGHTS, str(STORED))
    model = mobilenet(96)
    photographs = np.stack(
        [resize(photo(), (96, 96), anti_aliasing=True) for photo in (data.astronaut, data.coffee)]
    )
    for layer in ("conv_pw_1", "conv_pw_6", "conv_pw_12"):
        part = keras.Model(model.input, model.get_layer(layer).output)
        seen = part.predict(2 * photographs - 1, verbose=0).mean(axis=(0, 1, 2))
        remembered = keras.ops.convert_to_numpy(model.get_layer(f"{layer}_bn").moving_mean)
        # Wrong weights, order or scaling correlate by less than 0.5.
        assert np.corrcoef(seen, remembered)[0, 1] > 0.8


def test_another_file_of_weights_is_refused(monkeypatch, tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, a=np.zeros(3))
    monkeypatch.setenv(FILE_OF_WEIGHTS, str(path))
    with pytest.raises(CourseError, match=r"other\.npz holds other weights than expected"):
        mobilenet(32)


def test_without_file_and_network_the_error_names_both_ways_out(monkeypatch):
    import coursekit.models.mobilenet_features as module

    real = keras.applications.MobileNet

    def offline(*arguments, weights, **options):
        if weights == "imagenet":
            raise Exception("URL fetch failure")
        return real(*arguments, weights=weights, **options)

    monkeypatch.delenv(FILE_OF_WEIGHTS, raising=False)
    monkeypatch.setattr(module.keras.applications, "MobileNet", offline)
    with pytest.raises(CourseError, match=rf"URL fetch failure.*Check the network.*{FILE_OF_WEIGHTS}"):
        mobilenet(32)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"side": 100}, "multiple of 32 pixels, got 100"),
        ({"side": 0}, "multiple of 32 pixels, got 0"),
        ({"weights": "letters"}, "'imagenet' or None, got 'letters'"),
    ],
)
def test_what_mobilenet_cannot_do_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        mobilenet(**options)
