import keras
import numpy as np
import pytest

from coursekit.errors import CourseError
from coursekit.models.stored_weights import load_weights, save_weights


def network(width=3, depth=1):
    image = keras.Input((4, 4, 1))
    x = keras.layers.Conv2D(width, 3, name="conv")(image)
    x = keras.layers.BatchNormalization(name="norm")(x)
    for number in range(depth):
        x = keras.layers.Dense(2, name=f"dense{number}")(x)
    return keras.Model(image, x, name="small")


@pytest.fixture
def stored(tmp_path):
    """A network whose weights are all different, its file and the digest of that."""
    model = network()
    rng = np.random.default_rng(0)
    model.set_weights([rng.random(array.shape, "float32") for array in model.get_weights()])
    path = tmp_path / "small.npz"
    return model, path, save_weights(model, path)


def test_what_was_saved_is_loaded(stored):
    model, path, digest = stored
    other = network()
    load_weights(other, path, digest)
    for saved, loaded in zip(model.get_weights(), other.get_weights(), strict=True):
        assert np.array_equal(saved, loaded)


def test_the_same_weights_give_the_same_file(stored, tmp_path):
    model, _, digest = stored
    assert save_weights(model, tmp_path / "again.npz") == digest


def test_a_file_names_its_arrays_after_layers_and_variables(stored):
    with np.load(stored[1]) as file:
        assert file.files == [
            "conv/kernel",
            "conv/bias",
            "norm/gamma",
            "norm/beta",
            "norm/moving_mean",
            "norm/moving_variance",
            "dense0/kernel",
            "dense0/bias",
        ]


def test_layers_that_the_network_lacks_are_left_out(stored):
    model, path, digest = stored
    shorter = network(depth=0)
    load_weights(shorter, path, digest)
    assert np.array_equal(shorter.get_weights()[0], model.get_weights()[0])


def test_old_names_of_variables_and_half_precision_do_not_matter(tmp_path):
    model = network(depth=0)
    arrays = {
        "conv/depthwise_kernel": np.full((3, 3, 1, 3), 0.5, "float16"),
        "conv/bias": np.zeros(3, "float16"),
        **{f"norm/{name}": np.full(3, value, "float32") for value, name in enumerate(("g", "b", "m", "v"))},
    }
    path = tmp_path / "old.npz"
    np.savez(path, **arrays)
    import hashlib

    load_weights(model, path, hashlib.sha256(path.read_bytes()).hexdigest())
    assert all(array.dtype == np.float32 for array in model.get_weights())
    assert [float(array.flat[0]) for array in model.get_weights()] == [0.5, 0, 0, 1, 2, 3]


def test_a_file_with_one_other_byte_is_refused_and_nothing_is_loaded(stored):
    _, path, digest = stored
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    model = network()
    before = model.get_weights()
    with pytest.raises(CourseError, match=rf"small\.npz holds other weights than expected: .* {digest}"):
        load_weights(model, path, digest)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CourseError, match=r"no file of weights .*gone\.npz"):
        load_weights(network(), tmp_path / "gone.npz", "0")


@pytest.mark.parametrize(
    ("options", "layer", "expected", "came"),
    [
        ({"width": 5}, "conv", r"\(3, 3, 1, 5\), \(5,\)", r"\(3, 3, 1, 3\), \(3,\)"),
        ({"depth": 2}, "dense1", r"\(2, 2\), \(2,\)", ""),
    ],
)
def test_another_network_is_refused(stored, options, layer, expected, came):
    _, path, digest = stored
    message = rf"doesn't fit this small: layer {layer} has weights of shapes \[{expected}\], .* \[{came}\]"
    with pytest.raises(CourseError, match=message):
        load_weights(network(**options), path, digest)
