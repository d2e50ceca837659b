import keras
import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.encoder_heads import classification_head, detection_head, regression_head
from coursekit.models import unet_encoder

IMAGES = np.random.default_rng(0).random((6, 16, 24, 1)).astype("float32")


@pytest.fixture
def encoder():
    keras.utils.set_random_seed(0)
    return unet_encoder((16, 24, 1), widths=(4, 8))


@pytest.mark.parametrize(
    ("head", "shape"),
    [
        (lambda encoder: classification_head(encoder, 3), (6, 3)),
        (lambda encoder: regression_head(encoder), (6, 1)),
        (lambda encoder: regression_head(encoder, 2), (6, 2)),
        (lambda encoder: detection_head(encoder), (6, 8, 12, 1)),
    ],
)
def test_each_head_gives_its_own_kind_of_answer(encoder, head, shape):
    assert head(encoder).predict(IMAGES, verbose=0).shape == shape


def test_centres_are_asked_for_at_the_place_where_they_lie(encoder):
    head = detection_head(encoder)
    changed = IMAGES.copy()
    changed[:, 8:12, 4:8] += 0.5
    difference = np.abs(head.predict(changed, verbose=0) - head.predict(IMAGES, verbose=0))[..., 0].mean(0)
    assert difference[4:6, 2:4].min() > 0
    assert difference[:, 9:].max() == 0  # out of reach of all convolutions


def test_heads_on_one_encoder_share_its_weights(encoder):
    one, other = regression_head(encoder), detection_head(encoder)
    before = other.predict(IMAGES, verbose=0)
    one.compile(optimizer="adam", loss="mse")
    one.fit(IMAGES, np.ones((6, 1)), epochs=1, verbose=0)
    assert not np.allclose(other.predict(IMAGES, verbose=0), before)


def test_several_heads_are_trained_together(encoder):
    heads = [classification_head(encoder, 2), regression_head(encoder), detection_head(encoder)]
    together = keras.Model(encoder.input, [head.output for head in heads])
    together.compile(optimizer="adam", loss=["sparse_categorical_crossentropy", "mse", "mse"])
    targets = [np.array([0, 1] * 3), np.ones((6, 1)), np.zeros((6, 8, 12, 1))]
    before = heads[1].get_layer("values").get_weights()[0].copy()
    together.fit(IMAGES, targets, epochs=1, verbose=0)
    assert not np.allclose(heads[1].get_layer("values").get_weights()[0], before)


@pytest.mark.parametrize(
    "call",
    [
        lambda encoder: classification_head(encoder, 1),
        lambda encoder: regression_head(encoder, 0),
        lambda encoder: detection_head(encoder, 0),
    ],
)
def test_a_head_needs_something_to_answer(encoder, call):
    with pytest.raises(InputError, match="at least"):
        call(encoder)


def test_a_head_on_a_head_is_refused(encoder):
    with pytest.raises(InputError, match="unet_encoder"):
        detection_head(classification_head(encoder, 2))
