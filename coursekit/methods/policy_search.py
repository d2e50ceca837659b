"""Learned augmentation: a population of networks that search for a schedule of policies while they train.

All children of the population take turns in one model, so it is compiled once. A child is a list of arrays:
the values of all variables of the model and its optimiser.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from coursekit.augment.policy import (
    POLICY_OPERATIONS,
    STRONGEST_MAGNITUDE,
    Policy,
    PolicyLayer,
    no_augmentation,
    random_policy,
)
from coursekit.errors import InputError
from coursekit.training.seeds import set_seed

MakeModel = Callable[[PolicyLayer], keras.Model]
State = Any  # whatever a trainer needs to go on with a child's training

_RESAMPLE = 0.2
_LARGEST_MOVE = 3


@dataclass(frozen=True)
class History:
    """What happened in a search.

    Attributes:
        policies: of each round, of each child: what it trained with.
        scores: (rounds, population) what each child reached at the end of each round.
        parents: (rounds, population) whose weights from the round before each child went on with; its own
            number if it was not replaced, and in the first round.
        winner: number of the child with the best score in the last round.
    """

    policies: tuple[tuple[Policy, ...], ...]
    scores: np.ndarray
    parents: np.ndarray
    winner: int

    @property
    def lineage(self) -> list[int]:
        """In whose place the winner's weights were trained in each round, first round first."""
        line = [self.winner]
        for parents in self.parents[:0:-1]:
            line.append(int(parents[line[-1]]))
        return line[::-1]

    @property
    def schedule(self) -> tuple[Policy, ...]:
        """The policy of each round that the winner's weights were trained with."""
        return tuple(policies[child] for policies, child in zip(self.policies, self.lineage, strict=True))


@dataclass(frozen=True)
class SearchResult:
    """A search and the network that won it.

    Attributes:
        history: of policies and scores; `history.schedule` is what was found.
        model: with the winner's weights. Its validation accuracy is the best of several and so flatters it:
            judge it on test pictures.
    """

    history: History
    model: keras.Model


def explore(policy: Policy, rng: np.random.Generator) -> Policy:
    """Change a policy at random.

    Each probability and each magnitude is drawn afresh with probability 0.2; otherwise it moves by 0 to 3
    steps up or down, as far as its range goes. A step is 0.1 of a probability and 1 of a magnitude.

    Args:
        policy: to start from.
        rng: source of randomness.

    Returns:
        Another policy with the same operations and counts.

    Source: Ho et al., ICML 2019, arXiv:1905.05393.
    """
    fresh = random_policy(rng, policy.operations)

    def change(
        values: tuple[float, ...], new: tuple[float, ...], largest: float, step: float
    ) -> tuple[float, ...]:
        moves = step * rng.integers(0, _LARGEST_MOVE + 1, size=len(values)) * rng.choice([-1, 1], len(values))
        moved = np.clip(np.add(values, moves), 0, largest)
        changed = np.where(rng.random(len(values)) < _RESAMPLE, new, moved)
        # Ten steps of 0.1 don't add up to 1 in binary numbers.
        return tuple(float(value) for value in np.round(changed, 6))

    return replace(
        policy,
        probabilities=change(policy.probabilities, fresh.probabilities, 1, 0.1),
        magnitudes=change(policy.magnitudes, fresh.magnitudes, STRONGEST_MAGNITUDE, 1),
    )


def population_step(
    policies: Sequence[Policy], scores: Sequence[float] | np.ndarray, rng: np.random.Generator
) -> tuple[list[Policy], np.ndarray]:
    """Exploit and explore: the worst quarter goes on from the best quarter, with changed policies.

    Of four children, one copies the best one. All others keep their weights and policies. Equal scores are
    put in random order.

    Args:
        policies: of the children, at least two.
        scores: of the children; higher is better.
        rng: source of randomness.

    Returns:
        The children's new policies, and (population,) whose weights each goes on with: its own number, or
        that of a child of the best quarter.

    Raises:
        InputError: if there are fewer than two children, or not one finite score for each.

    Source: Ho et al., ICML 2019, arXiv:1905.05393; Jaderberg et al., 2017, arXiv:1711.09846.
    """
    scores = np.asarray(scores, dtype="float64")
    if len(policies) < 2 or scores.shape != (len(policies),):
        raise InputError(
            "A population needs two children or more and a score for each, "
            f"got {len(policies)} policies and scores of shape {scores.shape}."
        )
    if not np.isfinite(scores).all():
        raise InputError(f"Scores must be finite numbers, got {scores}: did the training of a child diverge?")
    order = np.lexsort((rng.random(len(policies)), scores))
    quarter = max(1, len(policies) // 4)
    new, parents = list(policies), np.arange(len(policies))
    for child in order[:quarter]:
        parents[child] = rng.choice(order[-quarter:])
        new[child] = explore(policies[parents[child]], rng)
    return new, parents


def evolve(
    train: Callable[[State, Policy, int], tuple[State, float]],
    states: list[State],
    policies: Sequence[Policy],
    rounds: int,
    rng: np.random.Generator,
) -> tuple[History, list[State]]:
    """Train a population round by round, with a `population_step` between two rounds.

    Args:
        train: `train(state, policy, round)` trains a child from a state for one round and returns its new
            state and its score, higher is better. It must leave the old state as it is: two children may
            share it.
        states: of the children at the start.
        policies: of the children at the start.
        rounds: at least 1.
        rng: source of randomness.

    Returns:
        The history, and the children's states after the last round.

    Raises:
        InputError: if there are no rounds, fewer than two children, or not as many policies as states.
    """
    if rounds < 1 or len(states) != len(policies) or len(states) < 2:
        raise InputError(
            "A search needs a round or more, two children or more and a policy for each, "
            f"got {rounds} rounds, {len(states)} children and {len(policies)} policies."
        )
    current, parents = list(policies), np.arange(len(policies))
    all_policies: list[tuple[Policy, ...]] = []
    all_scores: list[list[float]] = []
    all_parents: list[np.ndarray] = []
    for number in range(rounds):
        if number:
            current, parents = population_step(current, all_scores[-1], rng)
        trained = [
            train(states[parent], policy, number) for parent, policy in zip(parents, current, strict=True)
        ]
        states = [state for state, _ in trained]
        all_policies.append(tuple(current))
        all_scores.append([score for _, score in trained])
        all_parents.append(parents)
    scores = np.array(all_scores)
    history = History(tuple(all_policies), scores, np.array(all_parents), winner=int(scores[-1].argmax()))
    return history, states


def search(
    make_model: MakeModel,
    train_images: np.ndarray,
    train_labels: np.ndarray,
    validation_images: np.ndarray,
    validation_labels: np.ndarray,
    population: int = 4,
    rounds: int = 12,
    steps_per_round: int = 33,
    batch_size: int = 32,
    seed: int = 0,
) -> SearchResult:
    """Search for a schedule of augmentation by population based training.

    Each child trains for `steps_per_round` steps with its policy, then is scored by its accuracy on
    validation pictures; `population_step` lets the worst go on from the best. All children start from the
    same weights and meet the same batches and random numbers in each round, so that they differ by their
    policies alone. Test pictures have no place here: a schedule chosen on them has seen them.

    Args:
        make_model: takes a PolicyLayer and returns a compiled classifier with this layer on its input, such
            as `keras.Sequential([augment, network])`, with outputs (n, classes).
        train_images: (n, height, width, channels) float32 in [0, 1].
        train_labels: (n,) whole numbers.
        validation_images: like train_images, none of them among those.
        validation_labels: (n,) whole numbers.
        population: number of children, at least 2. The paper has 16.
        rounds: at least 1.
        steps_per_round: of training, for each child.
        batch_size: pictures in a step.
        seed: of initial weights, first policies, batches and augmentation. Sets Keras' global seed.

    Returns:
        The history and the winner.

    Raises:
        InputError: if a number is too small, images and labels don't pair up, or make_model doesn't use the
            layer it was handed.

    Source: Ho et al., ICML 2019, arXiv:1905.05393.
    """
    _check_pairs(validation_images, validation_labels)
    rng = np.random.default_rng(seed)
    policies = [random_policy(rng) for _ in range(population)]
    trainer = _Trainer(make_model, POLICY_OPERATIONS, train_images, train_labels, batch_size, seed)

    def train(state: State, policy: Policy, number: int) -> tuple[State, float]:
        trainer.load(state)
        trainer.train(policy, steps_per_round, number)
        return trainer.state(), _accuracy(trainer.model, validation_images, validation_labels)

    history, states = evolve(train, [trainer.state()] * population, policies, rounds, rng)
    trainer.load(states[history.winner])
    return SearchResult(history, trainer.model)


def train_with_schedule(
    make_model: MakeModel,
    schedule: Sequence[Policy],
    train_images: np.ndarray,
    train_labels: np.ndarray,
    steps: int,
    batch_size: int = 32,
    seed: int = 0,
) -> keras.Model:
    """Train from scratch with the policies of a schedule, each for an equal share of the steps.

    With `[policy]` the policy is fixed. The same seed gives the same initial weights and, for schedules of
    the same length, the same batches. With the seed and the number of steps of the search that found a
    schedule this repeats the winner's training: use another seed to find out what the schedule is worth.

    Args:
        make_model: as in `search`.
        schedule: one policy or more, such as `search(...).history.schedule`.
        train_images: (n, height, width, channels) float32 in [0, 1].
        train_labels: (n,) whole numbers.
        steps: of training, at least one for each policy.
        batch_size: pictures in a step.
        seed: of initial weights, batches and augmentation. Sets Keras' global seed.

    Returns:
        The trained model.

    Raises:
        InputError: if the schedule is empty or longer than the steps, images and labels don't pair up, or
            make_model doesn't use the layer it was handed.
    """
    if not 1 <= len(schedule) <= steps:
        raise InputError(
            f"A schedule needs 1 to {steps} policies, a step or more for each, got {len(schedule)}."
        )
    trainer = _Trainer(make_model, schedule[0].operations, train_images, train_labels, batch_size, seed)
    trainer.train_schedule(schedule, steps)
    return trainer.model


class _Trainer:
    """One compiled model that holds the state of one child at a time."""

    def __init__(
        self,
        make_model: MakeModel,
        operations: tuple[str, ...],
        images: np.ndarray,
        labels: np.ndarray,
        batch_size: int,
        seed: int,
    ) -> None:
        _check_pairs(images, labels)
        set_seed(seed, deterministic=False)
        self._layer = PolicyLayer(no_augmentation(operations), seed=seed)
        self.model = make_model(self._layer)
        if not self.model.built:
            self.model.build((None, *images.shape[1:]))
        if not any(variable is self._layer.probabilities for variable in self.model.variables):
            raise InputError(
                "make_model must put the layer that it is handed into the model, as in "
                "keras.Sequential([augment, network]): without it no policy has an effect."
            )
        if not self.model.compiled:
            raise InputError("make_model must return a compiled model: call model.compile(...) in it.")
        # Otherwise the optimiser has no variables before the first step, and a first state would lack them.
        self.model.optimizer.build(self.model.trainable_variables)
        self._images, self._labels, self._batch_size, self._seed = images, labels, batch_size, seed

    def _variables(self) -> list[keras.Variable]:
        return [*self.model.variables, *self.model.optimizer.variables]

    def state(self) -> list[np.ndarray]:
        """Copy the values of all variables: weights, moving statistics, random numbers, optimiser."""
        return [keras.ops.convert_to_numpy(variable.value).copy() for variable in self._variables()]

    def load(self, state: list[np.ndarray]) -> None:
        """Go on from a copy."""
        for variable, value in zip(self._variables(), state, strict=True):
            variable.assign(value)

    def train(self, policy: Policy, steps: int, number: int) -> None:
        """Train for one round; its number decides the batches."""
        self._layer.assign(policy)
        rng = np.random.default_rng([self._seed, number])
        if steps < 1 or self._batch_size < 1:
            raise InputError(
                f"A round needs at least one step with one picture, got {steps} steps of {self._batch_size}."
            )
        count = steps * self._batch_size
        # Each picture comes once before any comes again, as in training.Batches. But of those, `fit` throws
        # one or two batches away to learn their shape: on TensorFlow in every call, on JAX in the very first
        # alone, so that there the first child would see other batches than the rest.
        orders = [rng.permutation(len(self._images)) for _ in range(-(-count // len(self._images)))]
        rows = np.concatenate(orders)[:count]
        self.model.fit(
            self._images[rows], self._labels[rows], batch_size=self._batch_size, shuffle=False, verbose=0
        )

    def train_schedule(self, schedule: Sequence[Policy], steps: int) -> None:
        """Train with each policy for an equal share of the steps."""
        ends = np.linspace(0, steps, len(schedule) + 1).round().astype(int)
        for number, (policy, share) in enumerate(zip(schedule, np.diff(ends), strict=True)):
            self.train(policy, int(share), number)


def _accuracy(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> float:
    predictions = model.predict(images, batch_size=256, verbose=0)
    return float((predictions.argmax(axis=-1) == labels).mean())


def _check_pairs(images: np.ndarray, labels: np.ndarray) -> None:
    if len(images) != len(labels) or np.ndim(images) != 4 or np.ndim(labels) != 1 or not len(labels):
        raise InputError(
            "Pictures must have shape (n, height, width, channels) and their labels (n,), n at least 1, "
            f"got {np.shape(images)} and {np.shape(labels)}."
        )
