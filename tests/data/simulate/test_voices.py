import numpy as np
import pytest

from coursekit.data import load
from coursekit.data.simulate.voices import _draw_speaker, _harmonics, _vocal_tract
from coursekit.errors import InputError


@pytest.fixture(scope="module")
def many():
    return load("voices", n=320, seed=0)


def accuracy(features, data, training):
    """Share of the other utterances whose speaker LDA finds, the best of the linear rules tried."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # Shrinkage: there are hardly more utterances than features.
    model = make_pipeline(StandardScaler(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"))
    model.fit(features[training], data.targets[training])
    return model.score(features[~training], data.targets[~training])


def test_one_second_is_128_bands_by_100_frames_and_each_speaker_has_eight_by_default():
    data = load("voices")
    assert data.images.shape == (160, 128, 100, 1)
    assert (np.bincount(data.targets) == 8).all()
    assert data.card.class_names == tuple(f"speaker {i}" for i in range(20))


def test_a_group_is_one_session_of_one_speaker(many):
    assert np.array_equal(many.groups, many.targets * 8 + many.extra["session"])
    assert (np.bincount(many.groups) == 2).all()


def test_all_of_the_brightness_range_is_used_and_the_loudest_point_is_one(many):
    assert (many.images.max((1, 2, 3)) == 1).all()
    assert 0.05 < (many.images == 0).mean() < 0.5  # pauses in a quiet room, and high bands of vowels
    assert many.images.std((1, 2, 3)).min() > 0.1


def test_speakers_overlap_in_pitch(many):
    pitch = many.extra["pitch_hz"]
    within = np.array([np.log(pitch[many.targets == s]).std() for s in range(20)]).mean()
    means = np.array([np.log(pitch[many.targets == s]).mean() for s in range(20)])
    assert pitch.min() > 70
    assert pitch.max() < 330
    # Neighbours in pitch are closer than one speaker's utterances are to one another.
    assert np.diff(np.sort(means)).mean() < 0.5 * within


def test_pitch_alone_does_not_tell_speakers_in_a_new_session(many):
    pitch = np.log(many.extra["pitch_hz"])[:, None]
    # Measured 0.15 to 0.25 over five seeds among 20 speakers; chance is 0.05. 80 utterances: standard
    # deviation 0.045.
    assert accuracy(pitch, many, many.extra["session"] < 6) < 0.35


def test_the_mean_spectrum_tells_speakers_in_a_new_session_only_in_part(many):
    spectrum = many.images[..., 0].mean(2)
    # Measured 0.31 to 0.44 over five seeds, and 0.74 to 0.85 without any channel; standard deviation 0.055.
    assert 0.2 < accuracy(spectrum, many, many.extra["session"] < 6) < 0.6


def test_pixels_do_not_tell_speakers_in_a_new_session(many):
    pixels = many.images[..., 0].reshape(320, 16, 8, 20, 5).mean((2, 4)).reshape(320, -1)
    # Measured 0.08 to 0.14 over five seeds: nobody says the same at the same time twice.
    assert accuracy(pixels, many, many.extra["session"] < 6) < 0.25


def test_the_channel_gives_the_speaker_away_when_sessions_are_split():
    data = load("voices", n=320, seed=0, sessions=4)  # four utterances of each session
    spectrum = data.images[..., 0].mean(2)
    within = np.arange(320) // 20 < 12  # three utterances of each session for training
    assert (np.bincount(data.groups[within]) == 3).all()
    across = data.extra["session"] < 3
    # Measured 0.25 to 0.46 more over five seeds.
    assert accuracy(spectrum, data, within) > accuracy(spectrum, data, across) + 0.15


def test_a_longer_vocal_tract_has_lower_formants():
    speakers = [_draw_speaker(np.random.default_rng(seed), 0.8) for seed in range(200)]
    lengths = np.array([speaker.vocal_tract_cm for speaker in speakers])
    third = np.array([speaker.vowels_hz[:, 2].mean() for speaker in speakers])
    assert 12.5 < lengths.min() < lengths.max() < 19
    assert np.corrcoef(np.log(lengths), np.log(third))[0, 1] < -0.4


def test_harmonics_lie_at_multiples_of_the_pitch_and_keep_the_power():
    hz = np.arange(0, 8000, 5, dtype="float32")[:, None]
    lines = _harmonics(hz, np.full(10, 200, "float32"), jitter=0.002)[:, 5]
    peaks = hz[1:-1, 0][(lines[1:-1] > lines[:-2]) & (lines[1:-1] > lines[2:])]
    assert np.array_equal(peaks[:15], 200 * np.arange(1, 16))
    # One line in each interval of 200 Hz, of power 200: the mean is 1. Below the first there is none.
    assert lines[hz[:, 0] > 100].mean() == pytest.approx(1, abs=0.02)


def test_resonances_of_the_vocal_tract_lie_at_the_formants():
    speaker = _draw_speaker(np.random.default_rng(0), 0.5)
    hz = np.arange(50, 5000, 5, dtype="float32")[:, None]
    formants = np.array([[500], [1500], [2500], [3500], [4500]], "float32")
    gain = _vocal_tract(hz, {"formants": formants, "nasal": np.zeros(1, "float32")}, speaker)[:, 0]
    peaks = hz[1:-1, 0][(gain[1:-1] > gain[:-2]) & (gain[1:-1] > gain[2:])]
    for formant in formants[:3, 0]:
        # Neighbouring resonances pull a peak by a little.
        assert np.abs(peaks - formant).min() < 30


def test_text_numbers_the_vowels_from_one(many):
    text = many.extra["text"]
    assert text.shape == (320, 20)
    assert text.min() == 0
    assert text.max() == 11
    said = (text > 0).sum(1)
    assert (text[np.arange(320), said - 1] > 0).all()  # without gaps
    assert (np.diff((text > 0).astype(int), axis=1) <= 0).all()
    assert 3 < said.mean() < 8  # syllables a second


def test_utterances_of_a_speaker_say_different_things(many):
    assert len(np.unique(many.extra["text"], axis=0)) == 320


def test_background_noise_hides_pauses():
    quiet, loud = (load("voices", n=20, seed=1, snr_db=snr).images for snr in (60, 0))
    assert np.quantile(quiet, 0.1) < 0.02
    assert np.quantile(loud, 0.1) > 0.2


def test_without_a_channel_sessions_differ_less():
    def spread(channel_db):
        data = load("voices", n=160, seed=2, speakers=2, sessions=4, channel_db=channel_db, snr_db=60)
        spectrum = data.images[..., 0].mean(2)
        sessions = np.array([spectrum[data.groups == group].mean(0) for group in range(4)])
        return sessions.std(0).mean()

    assert spread(0.0) < 0.6 * spread(8.0)


def test_the_strongest_channel_allowed_leaves_a_picture():
    data = load("voices", n=40, seed=0, channel_db=40)
    assert np.isfinite(data.images).all()
    # Measured 0.07 or more; nothing but one bright row would have less.
    assert data.images.std((1, 2, 3)).min() > 0.05


def test_more_similar_speakers_are_closer():
    def spread(similarity):
        data = load("voices", n=20, seed=3, similarity=similarity)
        return data.extra["vocal_tract_cm"].std(), np.log(data.extra["pitch_hz"]).std()

    for far, near in zip(spread(0.0), spread(0.9), strict=True):
        assert near < far


def test_image_size_can_be_chosen():
    assert load("voices", n=2, bands=64, frames=64).images.shape == (2, 64, 64, 1)


def test_the_first_30_of_60_are_the_30_and_seeds_differ():
    short, long, other = (load("voices", n=n, seed=seed) for n, seed in ((30, 4), (60, 4), (30, 5)))
    assert short.images.tobytes() == long.images[:30].tobytes()
    assert np.array_equal(short.groups, long.groups[:30])
    for name, rows in short.extra.items():
        assert np.array_equal(rows, long.extra[name][:30])
    assert not (short.images == other.images).all((1, 2, 3)).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"speakers": 1}, "speakers must be a whole number from 2"),
        ({"sessions": 0}, "sessions must be a whole number from 1"),
        ({"bands": 16}, "bands must be a whole number from 32 to 256"),
        ({"frames": 99.5}, "frames must be a whole number"),
        ({"similarity": 1.0}, r"similarity must lie in \[0, 1\), got 1.0: at 1 there is but one voice"),
        ({"speakers": 20.0}, "speakers must be a whole number from 2 to 1000, got 20.0"),
        ({"frames": 400.0}, "frames must be a whole number from 32 to 200, got 400.0"),
        ({"channel_db": -1}, r"channel_db must lie in \[0, 40\], got -1"),
        ({"channel_db": 200}, "above 40 the channel hides the speech"),
        ({"channel_db": float("nan")}, "channel_db must lie in"),
        ({"snr_db": 200}, "snr_db must lie in"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        load("voices", n=1, **options)
