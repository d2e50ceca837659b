import numpy as np
import pytest

from coursekit.data import load
from coursekit.data.simulate.glyphs import ALPHABETS
from coursekit.errors import InputError


def plain(alphabet, n):
    """Load letters without noise and turning."""
    return load("glyphs", n=n, alphabet=alphabet, noise=0.0, rotation_deg=0.0)


def test_labels_name_the_letters():
    data = load("glyphs", n=60, alphabet="greek")
    assert data.card.class_names == tuple(ALPHABETS["greek"])
    assert data.targets.min() >= 0 and data.targets.max() < 24


def test_each_run_of_images_holds_each_letter_once():
    labels = load("glyphs", n=60, alphabet="digits").targets.reshape(6, 10)
    assert np.all(np.sort(labels, axis=1) == np.arange(10))
    assert len({tuple(row) for row in labels}) > 1


def test_by_default_there_are_twenty_of_each_letter():
    assert np.bincount(load("glyphs", alphabet="ogham").targets).tolist() == [20] * 20


def test_several_alphabets_are_numbered_one_after_the_other():
    data = load("glyphs", n=34, alphabet=("digits", "greek"))
    assert data.card.class_names == (*ALPHABETS["digits"], *ALPHABETS["greek"])
    assert np.array_equal(np.sort(data.targets), np.arange(34))


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_letters_lie_inside_the_picture(alphabet):
    images = plain(alphabet, 2 * len(ALPHABETS[alphabet])).images
    rim = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], axis=1)
    assert rim.max() == 0
    assert images.max((1, 2, 3)).min() > 0.3


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_no_letter_is_missing_from_a_font(alphabet):
    from PIL import ImageFont

    from coursekit.data.simulate.glyphs import _FONTS, _font, _fonts_with

    fonts = _fonts_with(alphabet)
    assert len(fonts) >= 2
    for font in fonts:
        face: ImageFont.FreeTypeFont = _font(_FONTS[font], 40)
        missing = bytes(face.getmask("\U0010ffff"))  # what a font draws for a character it doesn't have
        pictures = [bytes(face.getmask(letter)) for letter in ALPHABETS[alphabet]]
        assert missing not in pictures
        assert len(set(pictures)) == len(pictures)


def test_groups_are_fonts_and_several_occur():
    data = plain("latin", 200)
    assert set(data.groups) == set(range(16))


def test_letters_differ_more_between_classes_than_noise_explains():
    # A nearest-mean rule without any learning reads far more than the 10 % of guessing, far less than all.
    train, test = (
        load("glyphs", n=400, seed=0, alphabet="digits"),
        load("glyphs", n=200, seed=1, alphabet="digits"),
    )
    means = np.stack([train.images[train.targets == k].mean(0).ravel() for k in range(10)])
    distance = ((test.images.reshape(200, 1, -1) - means) ** 2).sum(-1)
    assert 0.4 < (distance.argmin(1) == test.targets).mean() < 0.95


def test_size_sets_height_and_width():
    assert load("glyphs", n=2, size=64).images.shape == (2, 64, 64, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alphabet": "klingon"}, "no alphabet 'klingon'. There are: digits, latin"),
        ({"alphabet": []}, "at least one alphabet"),
        ({"alphabet": ("latin", "latin")}, "none twice"),
        ({"size": 4}, "size must be at least 8"),
        ({"rotation_deg": 200}, "rotation_deg must lie between"),
        ({"noise": -0.1}, "noise must lie between"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        load("glyphs", n=1, **options)
