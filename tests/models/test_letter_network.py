import keras
import numpy as np
import pytest

from coursekit.data import load
from coursekit.data.simulate.glyphs import ALPHABETS
from coursekit.errors import InputError
from coursekit.models import letter_network, printed_letters
from coursekit.models.letter_network import LETTERS


def test_the_letter_network_has_the_layers_and_parameters_of_its_page():
    model = letter_network()
    shapes = {layer.name: layer.output.shape[1:] for layer in model.layers}
    assert shapes == {
        "image": (28, 28, 1),
        "conv1": (28, 28, 16),
        "pool1": (14, 14, 16),
        "conv2": (14, 14, 32),
        "pool2": (7, 7, 32),
        "conv3": (7, 7, 64),
        "pool3": (3, 3, 64),
        "features": (576,),
        "logits": (29,),
    }
    assert model.count_params() == 40_029
    assert model.count_params() - model.get_layer("logits").count_params() == 23_296


def test_it_ends_in_logits_and_takes_other_sizes_channels_and_classes():
    model = letter_network((32, 40, 3), classes=4)
    assert model(np.ones((2, 32, 40, 3), "float32")).shape == (2, 4)
    assert model.get_layer("logits").activation is keras.activations.linear


def test_the_stored_weights_read_letters_that_they_were_not_trained_on():
    letters = printed_letters(290, seed=3)
    answers = letter_network(weights="letters").predict(letters.images, verbose=0).argmax(axis=1)
    # 0.99 on 1,450 others; three standard deviations of 290 below that.
    assert (answers == letters.targets).mean() >= 0.97


def test_random_weights_read_nothing():
    keras.utils.set_random_seed(0)
    letters = printed_letters(290, seed=3)
    answers = letter_network().predict(letters.images, verbose=0).argmax(axis=1)
    assert (answers == letters.targets).mean() <= 0.15


def test_no_letter_is_a_digit_and_none_is_there_twice():
    assert len(set(LETTERS)) == len(LETTERS) == 29
    assert not set(LETTERS) & {*ALPHABETS["digits"], *"IOSZBGQTUDОЗЧБЬЭΟΙΘΩ"}


def test_the_letters_come_from_three_alphabets():
    for name in ("latin", "greek", "cyrillic"):
        assert set(LETTERS) & set(ALPHABETS[name])
    assert set(LETTERS) <= {letter for name in ("latin", "greek", "cyrillic") for letter in ALPHABETS[name]}


def test_letters_come_equally_often_and_do_not_depend_on_how_many_are_drawn():
    letters = printed_letters(58, seed=5)
    assert letters.images.shape == (58, 28, 28, 1)
    assert (np.bincount(letters.targets) == 2).all()
    fewer = printed_letters(29, seed=5)
    assert np.array_equal(fewer.images, letters.images[:29])
    assert np.array_equal(fewer.targets, letters.targets[:29])
    assert not np.array_equal(fewer.images, printed_letters(29, seed=6).images)


def test_the_class_name_of_a_letter_is_what_was_drawn():
    letters = printed_letters(29 * 3, seed=2)
    alphabets = ["latin", "greek", "cyrillic"]
    glyphs = load("glyphs", 1, alphabet=alphabets).card.class_names
    everything = load("glyphs", 3 * len(glyphs), seed=2, alphabet=alphabets, rotation_deg=20.0)
    drawn = {
        image.tobytes(): glyphs[target]
        for image, target in zip(everything.images, everything.targets, strict=True)
    }
    names = [letters.card.class_names[target] for target in letters.targets]
    assert names == [drawn[image.tobytes()] for image in letters.images]
    assert letters.card.name == "glyphs"


def test_a_letter_has_the_number_of_its_place():
    letters = printed_letters(29 * 12, seed=0)
    mean = {letter: letters.images[letters.targets == LETTERS.index(letter)].mean(axis=0) for letter in "ЖΓ"}
    # More strokes, more ink.
    assert mean["Ж"].mean() > 1.5 * mean["Γ"].mean()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_shape": (28, 28)}, r"\(height, width, channels\) with 8 pixels or more, got \(28, 28\)"),
        ({"input_shape": (28, 7, 1)}, r"8 pixels or more, got \(28, 7, 1\)"),
        ({"weights": "digits"}, "None or one of 'letters', got 'digits'"),
        ({"weights": "letters", "classes": 10}, "29 letters on 28×28×1 pixels, got classes=10"),
        (
            {"weights": "letters", "input_shape": (32, 32, 1)},
            r"input_shape=\(32, 32, 1\): load them as they are",
        ),
    ],
)
def test_what_the_letter_network_cannot_do_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        letter_network(**options)


def test_no_letters_at_all_are_refused():
    with pytest.raises(InputError, match="n must be at least 1, got 0"):
        printed_letters(0)
