import dataclasses
import json

import keras
import numpy as np
import pytest
from keras import ops

from coursekit.augment.policy import (
    POLICY_OPERATIONS,
    Policy,
    PolicyLayer,
    no_augmentation,
    rand_augment,
    random_policy,
)
from coursekit.errors import InputError


def blobs(n, size=20, seed=0):
    """Smooth pictures that no symmetry maps onto themselves."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    images = np.zeros((n, size, size, 1), "float32")
    for _ in range(4):
        cy, cx = rng.uniform(4, size - 5, (2, n, 1, 1))
        images[..., 0] += np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 8).astype("float32")
    return images / images.max()


def augmented(layer, images):
    return ops.convert_to_numpy(layer(images, training=True))


def only(name, magnitude, probability=1.0):
    """The policy of one operation."""
    return Policy((probability,), (magnitude,), (name,), counts=(0.0, 1.0))


def share_changed(layer, images):
    return (np.abs(augmented(layer, images) - images) > 1e-3).any((1, 2, 3)).mean()


@pytest.mark.parametrize("name", POLICY_OPERATIONS)
def test_each_operation_changes_pictures_at_magnitude_9_and_none_at_0(name):
    images = blobs(50)
    assert share_changed(PolicyLayer(only(name, 9), seed=0), images) > 0.9
    # Bilinear resampling at whole pixels gives the pixel back, up to float32.
    np.testing.assert_allclose(augmented(PolicyLayer(only(name, 0), seed=0), images), images, atol=1e-5)


@pytest.mark.parametrize("name", POLICY_OPERATIONS)
def test_a_larger_magnitude_changes_more(name):
    images = blobs(100)
    changes = [
        np.abs(augmented(PolicyLayer(only(name, m), seed=1), images) - images).mean() for m in (2, 4, 8)
    ]
    assert changes[0] < changes[1] < changes[2]


def test_nothing_happens_outside_training():
    images = blobs(8)
    layer = PolicyLayer(rand_augment(6, 9), seed=0)
    assert np.array_equal(ops.convert_to_numpy(layer(images, training=False)), images)
    assert np.array_equal(ops.convert_to_numpy(layer(images)), images)


def test_no_augmentation_leaves_pictures_as_they_are():
    images = blobs(20)
    np.testing.assert_allclose(augmented(PolicyLayer(no_augmentation(), seed=0), images), images, atol=1e-5)


def test_each_picture_gets_its_own_draw():
    images = np.repeat(blobs(1), 12, axis=0)
    results = augmented(PolicyLayer(rand_augment(2, 5), seed=0), images)
    assert len(np.unique(results.round(5), axis=0)) == 12


def test_the_same_seed_gives_the_same_sequence_of_draws():
    images = blobs(6)
    one, two = PolicyLayer(rand_augment(2, 5), seed=3), PolicyLayer(rand_augment(2, 5), seed=3)
    first = augmented(one, images)
    assert np.array_equal(first, augmented(two, images))
    second = augmented(one, images)
    assert not np.array_equal(first, second)
    assert np.array_equal(second, augmented(two, images))


def test_values_stay_between_0_and_1():
    results = augmented(PolicyLayer(rand_augment(6, 9), seed=0), blobs(100))
    assert results.min() >= 0
    assert results.max() <= 1


def happens(policy, n=20_000):
    """(n, operations) booleans: which operations a layer chooses."""
    return ops.convert_to_numpy(PolicyLayer(policy, seed=0)._happens(n))


def test_a_picture_gets_0_1_or_2_operations_as_in_the_paper():
    chosen = happens(Policy((1.0,) * 6, (5,) * 6))
    shares = np.bincount(chosen.sum(1), minlength=7) / len(chosen)
    # Four standard errors of a share among 20,000 are 0.014 at most.
    np.testing.assert_allclose(shares, [0.2, 0.3, 0.5, 0, 0, 0, 0], atol=0.014)


def test_operations_of_equal_probability_are_chosen_equally_often():
    chosen = happens(Policy((0.4,) * 6, (5,) * 6))
    np.testing.assert_allclose(chosen.mean(0), chosen.mean(), atol=0.014)


def test_an_operation_of_probability_0_never_happens_and_a_lone_one_as_often_as_its_probability():
    chosen = happens(Policy((0.0, 0.3, 0.0, 0.0, 0.0, 0.0), (5,) * 6))
    assert chosen[:, [0, 2, 3, 4, 5]].sum() == 0
    # It comes up with 0.3, and 0.8 of all pictures get an operation at all.
    assert chosen[:, 1].mean() == pytest.approx(0.3 * 0.8, abs=0.013)


def test_a_lone_operation_happens_whenever_a_picture_gets_one_or_more():
    chosen = happens(Policy((1.0,), (5,), ("rotate",)))
    assert chosen.mean() == pytest.approx(0.8, abs=0.012)


def test_rand_augment_always_chooses_the_same_number_of_operations():
    chosen = happens(rand_augment(3, 5))
    assert (chosen.sum(1) == 3).all()
    np.testing.assert_allclose(chosen.mean(0), 0.5, atol=0.015)


def test_magnitude_3_is_a_third_of_the_range_with_up_to_30_degrees_and_10_percent():
    layer = PolicyLayer(rand_augment(6, 3), seed=0)
    draw = {
        name: ops.convert_to_numpy(value) for name, value in layer.draw(np.zeros((5000, 20, 20, 1))).items()
    }
    assert draw["contrast"].min() == pytest.approx(0.7, abs=0.01)
    assert draw["contrast"].max() == pytest.approx(1.3, abs=0.01)
    np.testing.assert_allclose(draw["side"], 3.0, rtol=1e-5)  # 15 % of 20 px
    turn = PolicyLayer(only("rotate", 3), seed=0).draw(np.zeros((5000, 20, 20, 1)))
    matrices = ops.convert_to_numpy(turn["matrices"])
    angles = np.degrees(np.arctan2(matrices[:, 0, 1], matrices[:, 0, 0]))
    assert np.abs(angles).max() == pytest.approx(30, abs=0.2)
    assert angles.mean() == pytest.approx(0, abs=1)  # standard error 0.25
    moved = PolicyLayer(only("shift", 3), seed=0).draw(np.zeros((5000, 20, 20, 1)))
    assert np.abs(ops.convert_to_numpy(moved["matrices"])[:, :, 2]).max() == pytest.approx(2, abs=0.01)


def test_cutout_sets_a_square_to_black_that_may_overhang():
    images = np.ones((500, 20, 20, 1), "float32")
    black = augmented(PolicyLayer(only("cutout", 9), seed=0), images)[..., 0] == 0
    rows, columns = black.any(2).sum(1), black.any(1).sum(1)
    assert np.array_equal(black.sum((1, 2)), rows * columns)
    assert rows.max() == columns.max() == 9  # 45 % of 20 px
    assert rows.min() < 7


def test_contrast_keeps_the_mean_of_a_picture_that_does_not_clip():
    images = 0.4 + 0.2 * blobs(40)
    results = augmented(PolicyLayer(only("contrast", 5), seed=0), images)
    np.testing.assert_allclose(results.mean((1, 2, 3)), images.mean((1, 2, 3)), atol=1e-5)


def test_geometry_is_one_resampling():
    # Interpolating once keeps the values of a smooth picture; each further pass would smooth its peaks away.
    y, x = np.mgrid[:31, :31] - 15.0
    image = np.exp(-(y**2 + x**2) / 18).astype("float32")[None, :, :, None]
    geometry = ("rotate", "shift", "zoom", "shear")
    layer = PolicyLayer(rand_augment(4, 2, geometry), seed=0)
    draw = layer.draw(image)
    matrix = ops.convert_to_numpy(draw["matrices"])[0]
    back_y, back_x = (
        matrix[row, 0] * np.mgrid[:31, :31][0] + matrix[row, 1] * np.mgrid[:31, :31][1] + matrix[row, 2]
        for row in (0, 1)
    )
    expected = np.exp(-((back_y - 15) ** 2 + (back_x - 15) ** 2) / 18)
    result = ops.convert_to_numpy(layer.change_images(image, draw))[0, :, :, 0]
    # Linear interpolation errs by an eighth of the second derivative, 1/9 at most here, along both axes.
    np.testing.assert_allclose(result, expected, atol=0.03)


def test_masks_follow_their_pictures_and_keep_two_values():
    images = np.zeros((60, 24, 24, 1), "float32")
    images[:, 5:15, 8:20] = 1
    masks = images.copy()
    geometry = ("rotate", "shift", "zoom", "shear")
    layer = PolicyLayer(rand_augment(4, 3, geometry), fill="constant", seed=0)
    results = layer({"images": images, "segmentation_masks": masks}, training=True)
    moved = ops.convert_to_numpy(results["segmentation_masks"])
    assert set(np.unique(moved)) == {0.0, 1.0}
    agree = (ops.convert_to_numpy(results["images"]) > 0.5) == (moved > 0.5)
    # They may differ along the edge: the one interpolates, the other takes the nearest pixel.
    assert agree.mean() > 0.97
    assert (moved != masks).mean() > 0.05


def test_contrast_and_cutout_leave_masks_alone():
    images = blobs(20)
    masks = (images > 0.5).astype("float32")
    layer = PolicyLayer(rand_augment(2, 9, ("contrast", "cutout")), seed=0)
    results = layer({"images": images, "segmentation_masks": masks}, training=True)
    assert np.array_equal(ops.convert_to_numpy(results["segmentation_masks"]), masks)


def test_a_new_policy_takes_effect_in_a_compiled_model_without_tracing_it_again():
    traced = []

    class Probe(keras.layers.Layer):
        """Passes everything on and notes when it is traced."""

        def call(self, x):
            traced.append(1)
            return x

    augment = PolicyLayer(no_augmentation(), seed=0)
    # A model that passes pictures on and never learns anything else: its error is what augmentation changed.
    passes_on = keras.layers.Conv2D(1, 1, kernel_initializer="ones")
    model = keras.Sequential([keras.Input((20, 20, 1)), augment, Probe(), passes_on])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    images = blobs(16)

    def error():
        model.reset_metrics()
        return float(model.train_on_batch(images, images))

    assert error() < 1e-6
    before = len(traced)
    augment.assign(rand_augment(2, 9))
    assert error() > 1e-3
    augment.assign(no_augmentation())
    assert error() < 1e-6
    assert len(traced) == before


def test_the_optimiser_does_not_see_the_policy():
    layer = PolicyLayer(rand_augment(1, 3))
    assert layer.trainable_variables == []
    names = [weight.name for weight in layer.non_trainable_weights]
    assert names == ["probabilities", "magnitudes", "count_limits"]


def test_a_random_policy_lies_on_the_grid_and_covers_it():
    policies = [random_policy(np.random.default_rng(seed)) for seed in range(200)]
    assert {p for policy in policies for p in policy.probabilities} == {tenth / 10 for tenth in range(11)}
    assert {m for policy in policies for m in policy.magnitudes} == set(range(10))
    assert random_policy(np.random.default_rng(7)) == policies[7]


def test_a_policy_survives_a_json_file():
    policy = random_policy(np.random.default_rng(0), ("zoom", "rotate"))
    assert Policy(**json.loads(json.dumps(dataclasses.asdict(policy)))) == policy


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"probabilities": (0.5,) * 5}, "probabilities for each operation: 6, got 5"),
        ({"probabilities": (1.2,) + (0.5,) * 5}, "probabilities must lie between 0 and 1"),
        ({"magnitudes": (10,) * 6}, "magnitudes must lie between 0 and 9"),
        ({"operations": ("turn",) * 6}, "one or more of rotate, .*, got turn"),
        ({"operations": ("zoom", "zoom")}, "each once"),
        ({"operations": ()}, "got none"),
        ({"counts": (0.5, 0.6)}, "sum to 1"),
        ({"counts": (1.5, -0.5)}, "sum to 1"),
        ({"counts": ()}, "sum to 1"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        Policy(**({"probabilities": (0.5,) * 6, "magnitudes": (3,) * 6} | arguments))


def test_rand_augment_has_no_more_operations_than_there_are():
    with pytest.raises(InputError, match="between 0 and 6"):
        rand_augment(7, 3)


def test_a_layer_keeps_its_operations():
    layer = PolicyLayer(only("rotate", 3))
    with pytest.raises(InputError, match="made for the operations rotate; the new policy has zoom"):
        layer.assign(only("zoom", 3))
