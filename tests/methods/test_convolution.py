import keras
import numpy as np
import pytest

from coursekit.course.source import course_root, read_source, without_marks
from coursekit.errors import InputError
from coursekit.methods.convolution import KERNELS, conv2d, output_size, pool, receptive_field
from coursekit.models import lenet5

# float32 sums of at most 25 products of numbers near 1 differ from float64 by less.
ROUNDING = 1e-5


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(scope="module")
def exercises():
    """The solved exercises of lesson 02: the same techniques, written a second time by other means."""
    path = course_root() / "solutions" / "02_convolutions.py"
    if not path.exists():
        pytest.skip("this checkout has no solutions")
    lesson = read_source(path)
    namespace = {"np": np}
    for name in ("conv2d", "output_size", "max_pool", "receptive_field"):
        exec(without_marks(lesson.cell(name).source), namespace)
    return namespace


def by_layer(image, kernel, stride=1, padding=0):
    batch = np.pad(image, padding)[None, :, :, None].astype("float32")
    made = keras.ops.conv(batch, kernel[:, :, None, None].astype("float32"), strides=stride)
    return keras.ops.convert_to_numpy(made)[0, :, :, 0]


SIZES = [((8, 8), (3, 3)), ((9, 6), (2, 3)), ((5, 7), (5, 1)), ((4, 4), (4, 4)), ((6, 5), (1, 1))]


@pytest.mark.parametrize(("image", "kernel"), SIZES)
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (3, 1), (1, 2)])
def test_conv2d_agrees_with_the_layer_of_keras(rng, image, kernel, stride, padding):
    image, kernel = rng.random(image), rng.normal(size=kernel)
    made = conv2d(image, kernel, stride, padding)
    assert made.shape == by_layer(image, kernel, stride, padding).shape
    assert np.allclose(made, by_layer(image, kernel, stride, padding), atol=ROUNDING)


@pytest.mark.parametrize(("image", "kernel"), SIZES)
def test_conv2d_agrees_with_the_solved_exercise(rng, exercises, image, kernel):
    image, kernel = rng.random(image), rng.normal(size=kernel)
    assert np.allclose(conv2d(image, kernel), exercises["conv2d"](image, kernel), atol=1e-12)


def test_conv2d_does_not_flip_the_kernel():
    image = np.zeros((3, 3))
    image[0, 1] = 1
    kernel = np.arange(9.0).reshape(3, 3)
    assert conv2d(image, kernel) == [[kernel[0, 1]]]


def test_a_stride_takes_every_sth_window(rng):
    image, kernel = rng.random((9, 8)), rng.random((3, 2))
    assert np.array_equal(conv2d(image, kernel, stride=2), conv2d(image, kernel)[::2, ::2])


def test_whole_numbers_stay_exact():
    assert conv2d(np.ones((4, 4), int), np.ones((2, 2), int)).tolist() == [[4] * 3] * 3


@pytest.mark.parametrize(
    ("image", "kernel", "message"),
    [
        (np.zeros((4, 4, 1)), np.zeros((3, 3)), r"got \(4, 4, 1\) and \(3, 3\)"),
        (np.zeros(4), np.zeros(3), r"got \(4,\) and \(3,\)"),
        (np.zeros((2, 9)), np.zeros((3, 3)), "a window of 3 does not fit into 2"),
        (np.zeros((9, 2)), np.zeros((3, 3)), "a window of 3 does not fit into 2"),
    ],
)
def test_what_cannot_be_convolved_is_refused(image, kernel, message):
    with pytest.raises(InputError, match=message):
        conv2d(image, kernel)


def test_output_size_counts_the_windows(exercises):
    for n in range(5, 20):
        for f in range(1, 6):
            for stride in (1, 2, 3):
                for padding in (0, 1, 2):
                    counted = len(range(0, n + 2 * padding - f + 1, stride))
                    assert output_size(n, f, stride, padding) == counted
                    assert exercises["output_size"](n, f, stride, padding) == counted


@pytest.mark.parametrize("bad", [(4, 5), (4, 0), (4, 3, 0), (4, 3, 1, -1)])
def test_a_window_that_fits_nowhere_is_refused(bad):
    with pytest.raises(InputError):
        output_size(*bad)


def test_a_window_that_fits_thanks_to_padding_is_counted():
    assert output_size(3, 5, padding=1) == 1


@pytest.mark.parametrize(
    ("how", "layer"), [("max", keras.layers.MaxPooling2D), ("average", keras.layers.AveragePooling2D)]
)
@pytest.mark.parametrize("shape", [(6, 6), (7, 5), (8, 9)])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_pool_agrees_with_the_layer_of_keras(rng, how, layer, shape, size):
    image = rng.normal(size=shape)
    made = keras.ops.convert_to_numpy(layer(size)(image[None, ..., None].astype("float32")))[0, ..., 0]
    assert np.allclose(pool(image, size, how), made, atol=ROUNDING)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_max_pool_agrees_with_the_solved_exercise_below_zero_too(rng, exercises, size):
    image = -1 - rng.random((7, 8))
    assert np.array_equal(pool(image, size), exercises["max_pool"](image, size))


def test_subsampling_keeps_the_first_pixel_of_each_block():
    assert pool(np.arange(20).reshape(4, 5), 2, "subsample").tolist() == [[0, 2], [10, 12]]


@pytest.mark.parametrize(
    ("image", "size", "how", "message"),
    [
        (np.zeros((1, 9)), 2, "max", "at least 2×2 pixels"),
        (np.zeros(9), 2, "max", r"got shape \(9,\)"),
        (np.zeros((4, 4)), 0, "max", "size must be at least 1"),
        (np.zeros((4, 4)), 2, "median", "how must be 'max', 'average' or 'subsample', got 'median'"),
    ],
)
def test_what_cannot_be_pooled_is_refused(image, size, how, message):
    with pytest.raises(InputError, match=message):
        pool(image, size, how)


def test_the_receptive_fields_of_lenet_are_those_of_the_table():
    lenet = [(5, 1), (2, 2), (5, 1), (2, 2), (5, 1)]
    assert [receptive_field(lenet[:depth]) for depth in range(6)] == [1, 5, 6, 14, 16, 32]


def test_the_receptive_field_is_the_smallest_picture_with_one_output():
    # A picture of that side gives one pixel; one pixel less gives none.
    stack = [(3, 2), (5, 1), (2, 2), (3, 1)]
    side = receptive_field(stack)
    left = side
    for window, stride in stack:
        left = output_size(left, window, stride)
    assert left == 1
    assert lenet5((32, 32, 1)).get_layer("conv3").output.shape[1] == 1


def test_the_receptive_field_agrees_with_the_solved_exercise(rng, exercises):
    for _ in range(20):
        stack = [(int(f), int(s)) for f, s in rng.integers(1, 6, size=(4, 2))]
        assert receptive_field(stack) == exercises["receptive_field"](stack)


def test_the_well_known_kernels_do_what_their_names_say():
    flat, step = np.full((3, 3), 0.4), np.array([[0, 0, 1.0]] * 3)
    answers = {
        name: (float(conv2d(flat, k)[0, 0]), float(conv2d(step, k)[0, 0])) for name, k in KERNELS.items()
    }
    expected = {
        "identity": (0.4, 0),
        "blur": (0.4, 1 / 3),
        "edge": (0, -1),
        "Sobel ↕": (0, 0),
        "Sobel ↔": (0, 4),
        "sharpen": (0.4, -1),
    }
    assert answers.keys() == expected.keys()
    for name, pair in expected.items():
        assert answers[name] == pytest.approx(pair, abs=ROUNDING), name
