import os
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest

from coursekit.errors import CourseError, InputError
from coursekit.models import lenet5
from coursekit.training import compiled, input_gradient, make_step, make_steps, steps, value_and_gradients

TWO_PLAYERS = Path(__file__).with_name("two_players.py")
X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = (X @ [[1.0], [-2.0], [0.5]] + 0.3).astype("float32")


def linear():
    """Build y = w x + b with w = b = 0."""
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="zeros")])


def squared_error(model):
    return lambda x, y: keras.ops.mean((model(x) - y) ** 2)


def test_a_step_gives_the_numbers_of_a_step_by_hand():
    model = linear()
    step = make_step(squared_error(model), model.trainable_variables, keras.optimizers.SGD(0.1))
    w, b = np.zeros((3, 1)), np.zeros(1)
    for _ in range(4):
        error = X @ w + b - Y
        assert float(step(X, Y)) == pytest.approx(np.mean(error**2), rel=1e-5)
        w, b = w - 0.1 * 2 * X.T @ error / 20, b - 0.1 * 2 * error.mean(0)
    # float32 against float64: about seven digits, over four steps
    assert np.allclose(model.get_weights()[0], w, atol=1e-6)
    assert np.allclose(model.get_weights()[1], b, atol=1e-6)


def test_steps_give_the_weights_that_fit_gives():
    a, b = linear(), linear()
    a.compile(keras.optimizers.Adam(0.05), "mse")
    a.fit(X, Y, batch_size=20, epochs=5, shuffle=False, verbose=0)
    step = make_step(squared_error(b), b.trainable_variables, keras.optimizers.Adam(0.05))
    for _ in range(5):
        step(X, Y)
    assert np.allclose(a.get_weights()[0], b.get_weights()[0], atol=1e-6)


def test_only_the_variables_given_are_trained():
    model = linear()
    step = make_step(squared_error(model), [model.layers[0].kernel], keras.optimizers.SGD(0.1))
    step(X, Y)
    kernel, bias = model.get_weights()
    assert np.any(kernel != 0) and np.all(bias == 0)


def test_weights_of_another_network_are_read_afresh_in_each_step():
    model, other = linear(), linear()
    step = make_step(
        lambda x: keras.ops.mean((model(x) - other(x)) ** 2),
        model.trainable_variables,
        keras.optimizers.SGD(0.0),
    )
    assert float(step(X)) == 0
    other.set_weights([np.zeros((3, 1)), np.full(1, 2.0)])
    assert float(step(X)) == pytest.approx(4)
    assert other.get_weights()[1] == 2


def test_two_steps_with_their_own_optimizers_take_turns():
    model, other = linear(), linear()
    difference = lambda x: keras.ops.mean(model(x) - other(x))  # noqa: E731
    raise_it = make_step(lambda x: -difference(x), model.trainable_variables, keras.optimizers.SGD(0.5))
    raise_too = make_step(difference, other.trainable_variables, keras.optimizers.SGD(0.25))
    for turn in range(1, 4):
        raise_it(X)
        assert model.get_weights()[1] == pytest.approx(0.5 * turn)
        assert other.get_weights()[1] == pytest.approx(0.25 * (turn - 1))
        raise_too(X)
        assert other.get_weights()[1] == pytest.approx(0.25 * turn)


@pytest.mark.parametrize("norm_first", [True, False])
def test_steps_in_one_function_are_steps_one_after_the_other(norm_first):
    def play(in_one):
        norm = keras.layers.BatchNormalization(momentum=0.9)
        dense = keras.layers.Dense(1, kernel_initializer="ones")
        model, other = keras.Sequential([keras.Input((3,)), norm, dense]), linear()
        noise = keras.random.SeedGenerator(3)

        def difference(x):
            x = x + keras.random.normal((20, 3), seed=noise)
            return keras.ops.mean((model(x, training=True) - other(x)) ** 2)

        turns = [
            (difference, model.trainable_variables, keras.optimizers.Adam(0.05)),
            (lambda x: -difference(x), other.trainable_variables, keras.optimizers.SGD(0.02)),
        ][:: 1 if norm_first else -1]
        take = make_steps(*turns) if in_one else None
        one_by_one = [] if in_one else [make_step(*turn) for turn in turns]
        losses = []
        for _ in range(4):
            losses += [float(loss) for loss in (take(X) if take else [step(X) for step in one_by_one])]
        return np.array([*losses, *np.array(norm.moving_mean), *np.ravel(other.get_weights()[0])])

    together = play(in_one=True)
    assert len(set(np.abs(together))) == len(together)
    # float32, eight updates, and sums that a compiler may order differently
    assert np.allclose(together, play(in_one=False), rtol=1e-4)


def test_what_a_loss_returns_beside_its_number_comes_back():
    model = linear()
    step = make_step(
        lambda x: (keras.ops.mean(model(x)), keras.ops.max(x), model(x)),
        model.trainable_variables,
        keras.optimizers.SGD(0.1),
    )
    step(X)
    loss, largest, output = step(X)
    assert float(largest) == X.max()
    assert float(loss) == pytest.approx(np.mean(np.array(output)), rel=1e-5) != 0


def test_moving_statistics_of_batch_normalization_follow_the_batches():
    norm = keras.layers.BatchNormalization(momentum=0.9)
    model = keras.Sequential([keras.Input((3,)), norm])
    step = make_step(
        lambda x: keras.ops.mean(model(x, training=True) ** 2),
        model.trainable_variables,
        keras.optimizers.SGD(0.1),
    )
    step(X)
    assert np.allclose(norm.moving_mean, 0.1 * X.mean(0), atol=1e-6)
    step(X)
    assert np.allclose(norm.moving_mean, 0.19 * X.mean(0), atol=1e-6)


def test_random_numbers_differ_from_step_to_step():
    variable = keras.Variable(np.zeros(3, "float32"))
    seed = keras.random.SeedGenerator(1)
    step = make_step(
        lambda x: keras.ops.sum(variable * x) + keras.random.normal((), seed=seed),
        [variable],
        keras.optimizers.SGD(0.1),
    )
    assert len({float(step(X[0])) for _ in range(3)}) == 3


def test_dropout_is_drawn_anew_in_each_step():
    model = keras.Sequential([keras.Input((50,)), keras.layers.Dropout(0.5, seed=1), keras.layers.Dense(1)])
    step = make_step(
        lambda x: keras.ops.mean(model(x, training=True)),
        model.trainable_variables,
        keras.optimizers.SGD(0.0),
    )
    assert len({float(step(np.ones((1, 50)))) for _ in range(4)}) > 1


def test_a_batch_of_another_size_is_no_problem():
    model = linear()
    step = make_step(squared_error(model), model.trainable_variables, keras.optimizers.Adam(0.01))
    first, short, again = (float(step(X[:n], Y[:n])) for n in (20, 7, 20))
    assert again < first
    assert short > 0


def test_a_learning_rate_can_be_changed_on_the_way():
    model, optimizer = linear(), keras.optimizers.SGD(0.0)
    step = make_step(squared_error(model), model.trainable_variables, optimizer)
    step(X, Y)
    assert np.all(model.get_weights()[0] == 0)
    optimizer.learning_rate = 0.1
    step(X, Y)
    assert np.any(model.get_weights()[0] != 0)


def test_loss_scaling_changes_neither_loss_nor_weights():
    plain, scaled = linear(), linear()
    step = make_step(squared_error(plain), plain.trainable_variables, keras.optimizers.SGD(0.1))
    scaled_step = make_step(
        squared_error(scaled),
        scaled.trainable_variables,
        keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=1024),
    )
    # A power of two scales without rounding.
    assert float(step(X, Y)) == float(scaled_step(X, Y))
    assert np.allclose(plain.get_weights()[0], scaled.get_weights()[0], atol=1e-7)


def test_a_variable_that_the_loss_does_not_use_stays_as_it_is():
    model, unused = linear(), keras.Variable(np.ones(2, "float32"))
    step = make_step(squared_error(model), [*model.trainable_variables, unused], keras.optimizers.SGD(0.1))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # Keras' "Gradients do not exist for variables"
        step(X, Y)
    assert np.all(keras.ops.convert_to_numpy(unused.value) == 1)


def test_a_loss_that_is_no_single_number_is_refused():
    model = linear()
    step = make_step(lambda x: model(x), model.trainable_variables, keras.optimizers.SGD(0.1))
    with pytest.raises(InputError, match=r"one number, but loss_fn returned a tensor of shape \(20, 1\)"):
        step(X)


def test_nothing_to_train_is_refused():
    with pytest.raises(InputError, match="no variables to train: build the model first"):
        make_step(lambda x: x, [], keras.optimizers.SGD(0.1))


def test_an_optimizer_is_not_shared_between_steps():
    model, optimizer = linear(), keras.optimizers.SGD(0.1)
    make_step(squared_error(model), model.trainable_variables, optimizer)
    with pytest.raises(InputError, match="a new optimiser for each step, but this SGD"):
        make_step(squared_error(model), model.trainable_variables, optimizer)


def test_another_backend_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(steps.keras.backend, "backend", lambda: "torch")
    with pytest.raises(CourseError, match="runs on 'torch' here: set the environment variable KERAS_BACKEND"):
        input_gradient(lambda x: x, X)


@pytest.mark.jax
@pytest.mark.skipif(keras.backend.backend() == "jax", reason="the test compares this backend with JAX")
def test_tensorflow_and_jax_agree_on_two_networks_that_train_in_turns(tmp_path):
    here = runpy.run_path(str(TWO_PLAYERS))["play"]()
    file = tmp_path / "jax.npz"
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    subprocess.run([sys.executable, str(TWO_PLAYERS), str(file)], check=True, env=environment)
    with np.load(file) as there:
        assert set(there.files) == set(here)
        for name in here:
            # float32 has seven digits; ten steps and sums in another order cost one or two of them.
            assert np.allclose(there[name], here[name], atol=1e-5), name


def test_gradient_of_a_sum_of_squares_is_twice_the_input():
    assert np.allclose(input_gradient(lambda x: keras.ops.sum(x**2), X), 2 * X, atol=1e-6)


def test_gradient_of_many_outputs_is_that_of_their_sum():
    assert np.array_equal(input_gradient(lambda x: 3 * x[:, 0], X), np.tile([3.0, 0, 0], (20, 1)))


def test_gradient_is_zero_where_nothing_depends_on_the_input():
    assert np.array_equal(input_gradient(lambda x: keras.ops.ones(2), X), np.zeros_like(X))


def test_gradient_of_a_network_agrees_with_central_differences():
    model = lenet5()
    x = np.random.default_rng(1).random((1, 32, 32, 1)).astype("float32")
    gradient = input_gradient(lambda x: model(x)[:, 3], x)
    for row, column in [(5, 7), (16, 16), (30, 2)]:
        step = np.zeros_like(x)
        step[0, row, column, 0] = 0.05
        rise = float(model(x + step)[0, 3] - model(x - step)[0, 3])
        # The step must be large against float32's seven digits, so the curvature of tanh shows a little.
        assert gradient[0, row, column, 0] == pytest.approx(rise / 0.1, rel=0.02, abs=1e-4)


def test_gradient_shows_the_receptive_field():
    model = lenet5()
    pool2 = keras.Model(model.inputs, model.get_layer("pool2").output)
    x = np.random.default_rng(2).random((4, 32, 32, 1)).astype("float32")
    seen = np.abs(input_gradient(lambda x: pool2(x)[:, 2, 1], x)).sum((0, 3)) > 0
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    # 16 pixels wide; a step in pool2 is 4 pixels in the image.
    assert (rows[0], rows[-1]) == (8, 23)
    assert (columns[0], columns[-1]) == (4, 19)


def test_gradient_leaves_the_network_as_it_was():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5, seed=1), keras.layers.Dense(2)])
    before = [w.copy() for w in model.get_weights()]
    input_gradient(lambda x: model(x, training=True), X)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert model(X, training=True).shape == (20, 2)  # no tracer was left behind in the seed generator


def test_gradient_takes_numpys_float64_and_refuses_whole_numbers():
    model = linear()
    assert input_gradient(lambda x: model(x), X.astype("float64")).shape == (20, 3)
    with pytest.raises(InputError, match=r"got int64: use x.astype\('float32'\)"):
        input_gradient(lambda x: x, np.arange(3))


def test_a_compiled_function_gives_what_it_gives_without():
    function = lambda pair: {"sum": pair["a"] + pair["b"], "mean": keras.ops.mean(pair["a"])}  # noqa: E731
    pair = {"a": X, "b": 2 * X}
    result = compiled(function)(pair)
    assert np.allclose(result["sum"], 3 * X, atol=1e-6)
    assert np.allclose(result["mean"], X.mean(), atol=1e-6)


def test_a_compiled_function_draws_anew_and_reads_variables_afresh():
    seed, factor = keras.random.SeedGenerator(1), keras.Variable(np.ones((), "float32"), trainable=False)
    function = compiled(lambda x: x * factor + keras.random.uniform((), seed=seed))
    assert len({float(function(np.zeros(()))) for _ in range(3)}) == 3
    factor.assign(10.0)
    assert float(function(np.ones(()))) >= 10


def test_a_compiled_function_writes_variables_back_and_takes_other_shapes():
    total = keras.Variable(np.zeros((), "float32"), trainable=False)

    def add(x):
        total.assign(total + keras.ops.sum(x))
        return x

    function = compiled(add)
    for size in (3, 5, 3):
        assert function(np.ones(size)).shape == (size,)
    assert float(total) == 11


def test_what_xla_cannot_compile_is_compiled_without_it():
    seed = keras.random.SeedGenerator(1)
    function = compiled(lambda x: x * keras.random.beta((4,), 0.3, 0.3, seed=seed))
    first, second = (np.asarray(function(np.ones(4))) for _ in range(2))
    assert np.all((first >= 0) & (first <= 1)) and not np.allclose(first, second)


def test_an_error_inside_a_compiled_function_keeps_its_type():
    def refuse(x):
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        compiled(refuse)(X)


def test_value_and_gradients_are_those_by_hand_and_the_rest_comes_along():
    def loss(weights, x):
        return keras.ops.sum(weights[0] ** 2 * x), {"rest": x + 1}

    start = [keras.ops.convert_to_tensor(np.float32([1, 2])), keras.ops.convert_to_tensor(np.float32(5))]
    value, rest, gradients = value_and_gradients(loss, start, keras.ops.convert_to_tensor(np.float32([3, 4])))
    assert float(value) == 1 * 3 + 4 * 4
    assert np.array(rest["rest"]).tolist() == [4, 5]
    assert np.array(gradients[0]).tolist() == [2 * 1 * 3, 2 * 2 * 4]
    assert float(gradients[1]) == 0


def test_a_gradient_may_stand_in_a_compiled_loop_and_in_another_gradient():
    def loss(weights):
        return keras.ops.sum(weights[0] ** 3), None

    def length(weights):
        return keras.ops.sum(value_and_gradients(loss, weights)[2][0] ** 2), None

    def descend(weight, steps):
        def step(i, weight):
            return weight - 0.1 * value_and_gradients(loss, [weight])[2][0]

        return keras.ops.fori_loop(0, steps, step, weight), value_and_gradients(length, [weight])[2][0]

    weight, curvature = compiled(descend)(np.float32([0.5]), np.int32(2))
    one = 0.5 - 0.1 * 3 * 0.5**2
    assert float(weight[0]) == pytest.approx(one - 0.1 * 3 * one**2)
    assert float(curvature[0]) == pytest.approx(36 * 0.5**3)  # (9 w⁴)' = 36 w³


def test_a_value_must_be_one_number():
    with pytest.raises(InputError, match="one number"):
        value_and_gradients(lambda weights: (weights[0], None), [keras.ops.ones(2)])
