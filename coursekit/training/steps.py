"""The one file of training steps, gradients and compiled functions, on TensorFlow and on JAX.

`model.fit` covers most lessons. This file covers the rest: two networks that train against each other with
an optimiser each, gradients with respect to a picture instead of the weights, and augmentation outside fit.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from coursekit.errors import CourseError, InputError

Tensor = Any  # a tensor of the backend in use; Keras has no common type for it


def make_step(
    loss_fn: Callable[..., Any], variables: Sequence[keras.Variable], optimizer: keras.optimizers.Optimizer
) -> Callable[..., Any]:
    """Turn a loss into one compiled training step.

    Only `variables` are trained. Everything else that the loss touches keeps up to date by itself: weights
    of another network are read afresh in each step, moving statistics of a batch normalisation that runs
    with `training=True` and the state of a `keras.random.SeedGenerator` are written back. So several steps,
    each with its own variables and optimiser, can take turns:

        train_critic = make_step(critic_loss, critic.trainable_variables, keras.optimizers.Adam(1e-4))
        train_forger = make_step(forger_loss, forger.trainable_variables, keras.optimizers.Adam(1e-4))

    Args:
        loss_fn: called with a batch, returns one number, or a tuple that starts with it. It may use
            `keras.ops`, models and losses of Keras, and nothing of TensorFlow or JAX. Random numbers need a
            `keras.random.SeedGenerator` made outside.
        variables: what to train, such as `model.trainable_variables`.
        optimizer: a new optimiser, for this step alone. Loss scaling for mixed precision is applied.

    Returns:
        `step(*batch)`: takes arrays (converted to tensors; float64 becomes Keras' float type), updates the
        variables once, and returns what `loss_fn` returned before the update: tensors (`float()` reads those
        of shape ()). The first call with a new batch shape compiles, which takes a second or so.

    Raises:
        InputError: if there is nothing to train or the optimiser has been used before; from the step, if
            the loss is not a single number.
    """
    steps = make_steps((loss_fn, variables, optimizer))
    return lambda *batch: steps(*batch)[0]


def make_steps(
    *turns: tuple[Callable[..., Any], Sequence[keras.Variable], keras.optimizers.Optimizer],
) -> Callable[..., list[Any]]:
    """Turn several losses into training steps that follow each other in one compiled function.

    As steps of `make_step` called one after the other, but quicker: what doesn't depend on an earlier step
    can be computed beside it.

    Args:
        turns: loss, variables and optimiser of each step, as for `make_step`.

    Returns:
        `steps(*batch)`: takes all steps with the same batch, and returns what each loss returned.

    Raises:
        InputError: as `make_step`.
    """
    turns = tuple((loss_fn, list(variables), optimizer) for loss_fn, variables, optimizer in turns)
    for _, variables, optimizer in turns:
        if not variables:
            raise InputError(
                "make_step got no variables to train: build the model first (call it once, or give it an "
                "Input), and check that its layers are trainable."
            )
        if optimizer.built:
            raise InputError(
                f"make_step needs a new optimiser for each step, but this {type(optimizer).__name__} is "
                "already tied to other variables: write the optimiser inside the call, as in "
                "make_step(loss, variables, keras.optimizers.Adam(1e-3))."
            )
        optimizer.build(variables)
    steps = _for_backend(tensorflow=_tensorflow_steps, jax=_jax_steps)(turns)
    return lambda *batch: steps(*[_as_tensor(part) for part in batch])


def compiled(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Compile a function of `keras.ops` and layers, outside of any training step.

    Variables that it reads or writes, such as the state of a `keras.random.SeedGenerator`, are read afresh in
    each call and written back, as in `make_step`.

    Args:
        function: takes tensors, or dicts and lists of them, and returns such.

    Returns:
        A function that takes arrays (converted to tensors; float64 becomes Keras' float type) and returns
        tensors. The first call with new shapes compiles, which takes a second or so.
    """
    quick = _for_backend(tensorflow=_tensorflow_compiled, jax=_jax_compiled)(function)
    return lambda *arguments: quick(*keras.tree.map_structure(_as_tensor, arguments))


def input_gradient(fn: Callable[[Tensor], Tensor], x: np.ndarray) -> np.ndarray:
    """Tell how much each input value matters: the gradient of `fn(x)` with respect to `x`.

    Args:
        fn: takes a tensor like `x` and returns a tensor. If that holds more than one number, the gradient of
            their sum is taken, so `lambda x: model(x)[:, 8, 8, 0]` gives one gradient for each image of a
            batch.
        x: float array of any shape.

    Returns:
        Array of the shape of `x`; zero where the output doesn't depend on the input at all.

    Raises:
        InputError: if `x` holds whole numbers, which have no gradient.
    """
    x = np.asarray(x)
    if not np.issubdtype(x.dtype, np.floating):
        raise InputError(f"input_gradient needs an array of floats, got {x.dtype}: use x.astype('float32').")
    gradient = _for_backend(tensorflow=_tensorflow_input_gradient, jax=_jax_input_gradient)(fn, _as_tensor(x))
    return keras.ops.convert_to_numpy(gradient)


def value_and_gradients(
    function: Callable[..., tuple[Tensor, Any]], weights: Sequence[Tensor], *arguments: Any
) -> tuple[Tensor, Any, list[Tensor]]:
    """Evaluate a function of weights that are tensors of its own, not variables of a model.

    For what `make_step` can't say: several steps in one compiled loop, or a gradient inside a loss. It may be
    called within `compiled`, and within itself.

    Args:
        function: called with the weights and the arguments, returns one number and what else it wants to
            return. `model.stateless_call` is how a Keras model takes weights from outside.
        weights: float tensors.
        arguments: what else the function takes; no gradient is taken with respect to them.

    Returns:
        The number, what else the function returned, and the gradient of the number with respect to each
        weight; zero where it doesn't depend on it.

    Raises:
        InputError: if the value is not a single number.
    """
    gradients = _for_backend(tensorflow=_tensorflow_gradients, jax=_jax_gradients)
    return gradients(function, list(weights), arguments)


def _for_backend(**choices: Callable[..., Any]) -> Callable[..., Any]:
    backend = keras.backend.backend()
    if backend not in choices:
        raise CourseError(
            f"coursekit trains on TensorFlow or JAX, but Keras runs on {backend!r} here: set the environment "
            "variable KERAS_BACKEND to tensorflow or jax before Python starts."
        )
    return choices[backend]


def _as_tensor(array: Any) -> Tensor:
    # NumPy computes in float64, networks in float32; TensorFlow refuses to mix them, JAX converts silently.
    if isinstance(array, np.ndarray) and array.dtype == np.float64:
        array = array.astype(keras.config.floatx())
    return keras.ops.convert_to_tensor(array)


def _checked(loss: Tensor) -> Tensor:
    if tuple(loss.shape) != ():
        raise InputError(
            f"A loss must be one number, but loss_fn returned a tensor of shape {tuple(loss.shape)}: "
            "average it with keras.ops.mean."
        )
    return loss


def _loss(result: Any) -> Tensor:
    return _checked(result[0] if isinstance(result, tuple) else result)


def _tensorflow_steps(turns: Sequence[tuple[Callable[..., Any], Any, Any]]) -> Callable[..., list[Any]]:
    import tensorflow as tf

    # No autograph: a loss is written with keras.ops, which need no translation, and errors keep their type.
    @tf.function(autograph=False)
    def steps(*batch: Tensor) -> list[Any]:
        results = []
        for loss_fn, variables, optimizer in turns:
            weights = [variable.value for variable in variables]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(weights)
                result = loss_fn(*batch)
                scaled = optimizer.scale_loss(_loss(result))
            # A variable that the loss doesn't use has gradient zero on JAX; TensorFlow would say None.
            zero = tf.UnconnectedGradients.ZERO
            optimizer.apply(tape.gradient(scaled, weights, unconnected_gradients=zero), variables)
            results.append(result)
        return results

    return steps


def _tensorflow_compiled(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    import tensorflow as tf

    fused = tf.function(function, autograph=False, jit_compile=True)
    plain = tf.function(function, autograph=False)
    fuses = True

    def call(*arguments: Tensor) -> Tensor:
        nonlocal fuses
        if fuses:
            try:
                return fused(*arguments)
            except tf.errors.InvalidArgumentError as error:
                # XLA can't compile random gamma numbers, nor what moves pictures in Keras' own layers.
                if "unsupported operations" not in str(error):
                    raise
                fuses = False
        return plain(*arguments)

    return call


class _Recorder(keras.StatelessScope):
    """Notes each variable that is read or written while it is open."""

    def __init__(self, state_mapping: Any = None) -> None:
        super().__init__(state_mapping)
        self.touched: dict[int, keras.Variable] = {}

    def get_current_value(self, variable: keras.Variable) -> Tensor:
        self.touched[id(variable)] = variable
        return super().get_current_value(variable)

    def add_update(self, update: tuple[keras.Variable, Tensor]) -> None:
        self.touched[id(update[0])] = update[0]
        super().add_update(update)


def _touched(function: Callable[..., Any], arguments: Any) -> list[keras.Variable]:
    """List the variables that a function reads or writes.

    JAX freezes into the compiled code what is not handed over as an argument. So before compiling, a dry run
    (shapes only, nothing is computed) finds out what has to be.
    """
    import jax

    with _Recorder() as recorder:
        jax.eval_shape(function, *arguments)
    return list(recorder.touched.values())


def _jax_steps(turns: Sequence[tuple[Callable[..., Any], Any, Any]]) -> Callable[..., list[Any]]:
    import jax

    # A dry run for each new batch shape: see _touched.
    known: dict[Any, tuple[list[keras.Variable], Callable[..., Any]]] = {}
    losses = [loss_fn for loss_fn, _, _ in turns]

    def touched(batch: Any) -> list[keras.Variable]:
        found = _touched(lambda *parts: [loss_fn(*parts) for loss_fn in losses], batch)
        for _, variables, optimizer in turns:
            found += [*variables, *optimizer.variables]
        return list({id(variable): variable for variable in found}.values())

    def take(turn: Any, now: dict[int, Tensor], state: list[keras.Variable], batch: Any) -> Any:
        loss_fn, variables, optimizer = turn
        slots = optimizer.variables

        def scaled_loss(weights: list[Tensor]) -> Any:
            given = now | dict(zip(map(id, variables), weights, strict=True))
            with keras.StatelessScope([(variable, given[id(variable)]) for variable in state]) as scope:
                result = loss_fn(*batch)
                scaled = optimizer.scale_loss(_loss(result))
            return scaled, (result, {id(variable): scope.get_current_value(variable) for variable in state})

        weights = [now[id(variable)] for variable in variables]
        gradients, (result, after) = jax.grad(scaled_loss, has_aux=True)(weights)
        trained = optimizer.stateless_apply([now[id(slot)] for slot in slots], gradients, weights)
        for group, values in zip((variables, slots), trained, strict=True):
            after |= zip(map(id, group), values, strict=True)
        return result, after

    def compile_for(state: list[keras.Variable]) -> Callable[..., Any]:
        @jax.jit
        def run(values: list[Tensor], batch: Any) -> tuple[list[Any], list[Tensor]]:
            now = dict(zip(map(id, state), values, strict=True))
            results = []
            for turn in turns:
                result, now = take(turn, now, state, batch)
                results.append(result)
            return results, [now[id(variable)] for variable in state]

        return run

    def steps(*batch: Tensor) -> list[Any]:
        shapes = _shapes(batch)
        if shapes not in known:
            state = touched(batch)
            known[shapes] = (state, compile_for(state))
        state, run = known[shapes]
        results, values = run([variable.value for variable in state], batch)
        for variable, value in zip(state, values, strict=True):
            variable.assign(value)
        return results

    return steps


def _jax_compiled(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    import jax

    known: dict[Any, tuple[list[keras.Variable], Callable[..., Any]]] = {}

    def compile_for(state: list[keras.Variable]) -> Callable[..., Any]:
        @jax.jit
        def run(values: Any, arguments: Any) -> Any:
            with keras.StatelessScope(list(zip(state, values, strict=True))) as scope:
                result = function(*arguments)
            return result, [scope.get_current_value(variable) for variable in state]

        return run

    def call(*arguments: Tensor) -> Tensor:
        shapes = _shapes(arguments)
        if shapes not in known:
            state = _touched(function, arguments)
            known[shapes] = (state, compile_for(state))
        state, run = known[shapes]
        result, values = run([variable.value for variable in state], arguments)
        for variable, value in zip(state, values, strict=True):
            variable.assign(value)
        return result

    return call


def _shapes(arguments: Any) -> Any:
    """Name what JAX compiles for: the structure of the arguments, their shapes and types."""
    import jax

    parts, structure = jax.tree.flatten(arguments)
    return structure, tuple((part.shape, str(part.dtype)) for part in parts)


def _tensorflow_input_gradient(fn: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        output = keras.ops.sum(fn(x))
    return tape.gradient(output, x, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def _jax_input_gradient(fn: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    import jax

    def total(x: Tensor) -> Tensor:
        # Tracers must not end up in variables, such as the counter of a seed generator.
        with keras.StatelessScope():
            return keras.ops.sum(fn(x))

    return jax.grad(total)(x)


def _tensorflow_gradients(
    function: Callable[..., tuple[Tensor, Any]], weights: list[Tensor], arguments: Any
) -> tuple[Tensor, Any, list[Tensor]]:
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(weights)
        value, rest = function(weights, *arguments)
        _checked(value)
    return value, rest, tape.gradient(value, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def _jax_gradients(
    function: Callable[..., tuple[Tensor, Any]], weights: list[Tensor], arguments: Any
) -> tuple[Tensor, Any, list[Tensor]]:
    import jax

    def checked(weights: list[Tensor], *arguments: Any) -> tuple[Tensor, Any]:
        value, rest = function(weights, *arguments)
        return _checked(value), rest

    (value, rest), gradients = jax.value_and_grad(checked, has_aux=True)(weights, *arguments)
    return value, rest, gradients
