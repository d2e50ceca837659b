import numpy as np
import pytest

from coursekit.data import load
from coursekit.data.simulate.bearing import ball_pass_frequency
from coursekit.errors import InputError


@pytest.fixture(scope="module")
def eight():
    """Eight machines, a quarter as long as usual."""
    return load("bearing", n=800, seed=0, windows=100)


def auc(faulty, score):
    from sklearn.metrics import roc_auc_score

    return roc_auc_score(faulty, score)


def residual(train, test, components=8):
    """Squared distance of spectra from the principal components of healthy ones, after standardisation."""
    from sklearn.decomposition import PCA

    mean, spread = train.mean(0), train.std(0)
    train, test = (train - mean) / spread, (test - mean) / spread
    model = PCA(components, random_state=0).fit(train)
    return ((test - model.inverse_transform(model.transform(test))) ** 2).sum(1)


def test_one_run_has_400_windows_and_goes_wrong_near_the_300th():
    run = load("bearing")
    assert run.images.shape == (400, 64, 64, 1)
    assert (np.diff(run.targets) >= 0).all()
    assert 280 <= np.argmax(run.targets) < 320
    assert set(run.groups) == {0}


def test_a_machine_is_a_group_and_time_runs_within_it(eight):
    assert np.array_equal(eight.groups, np.arange(800) // 100)
    assert np.array_equal(eight.extra["time"], np.arange(800) % 100)
    assert len({int(np.argmax(eight.targets[eight.groups == m])) for m in range(8)}) > 1


def test_severity_is_zero_while_healthy_then_grows_to_one(eight):
    severity = eight.extra["severity"]
    assert not severity[eight.targets == 0].any()
    for machine in range(8):
        growing = severity[(eight.groups == machine) & (eight.targets == 1)]
        assert growing[0] > 0
        assert (np.diff(growing) > 0).all()
        assert growing[-1] == 1


def test_ball_pass_frequency_is_that_of_a_known_bearing():
    # SKF 6205-2RS, the drive-end bearing of the Case Western Reserve data: 3.5848 times the shaft.
    assert ball_pass_frequency(1.0, 9, 7.940, 39.04) == pytest.approx(3.5848, abs=2e-3)
    with pytest.raises(InputError, match="centres of balls run on the pitch circle"):
        ball_pass_frequency(1.0, 9, 40.0, 39.0)


def test_impacts_come_at_the_ball_pass_frequency():
    # Without slip and far above the noise: the envelope of the signal has a line at the frequency.
    run = load("bearing", n=20, seed=1, windows=20, fault_starts=0, slip=0.0, fault_db=45.0, snr_db=60.0)
    envelope = np.abs(np.diff(run.extra["signal"][-1], 2)) ** 2
    power = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(len(envelope)), 65536)) ** 2
    hz = np.arange(len(power)) * 25600 / 65536
    wanted = run.extra["bpfo_hz"][-1]
    searched = (hz > 0.6 * wanted) & (hz < 1.6 * wanted)
    # A window of 0.16 s resolves 6 Hz; its peak lies within a third of that.
    assert hz[searched][np.argmax(power[searched])] == pytest.approx(wanted, abs=2)


def test_slip_blurs_the_harmonics_of_the_impacts():
    def line(slip):
        run = load("bearing", n=20, seed=1, windows=20, fault_starts=0, slip=slip, fault_db=45.0, snr_db=60.0)
        envelope = np.abs(np.diff(run.extra["signal"][10:], 2, axis=1)) ** 2
        envelope /= envelope.mean(1, keepdims=True)
        time = np.arange(envelope.shape[1]) / 25600
        wave = np.exp(-2j * np.pi * 6 * run.extra["bpfo_hz"][10:, None] * time)
        return np.abs((envelope * wave).mean(1)).mean()

    assert line(0.05) < 0.7 * line(0.0)


def test_loudness_follows_the_load_not_the_fault(eight):
    loudness = np.sqrt((eight.extra["signal"] ** 2).mean(1))
    for machine in range(8):
        here = eight.groups == machine
        assert np.corrcoef(loudness[here], eight.extra["load"][here])[0, 1] > 0.8
    # 0.5 is chance; which loads coincide with the fault in so few runs is chance, too.
    assert 0.3 < auc(eight.targets, loudness) < 0.65


def test_neither_loudness_nor_kurtosis_nor_the_mean_spectrum_finds_the_fault_in_another_machine():
    from scipy.stats import kurtosis
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data = load("bearing", n=1200, seed=0, windows=100)
    test = data.groups >= 8
    faulty = data.targets[test]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1e-3, max_iter=500))
    model.fit(data.extra["spectrum"][~test], data.targets[~test])
    scores = {
        "spectrum": model.decision_function(data.extra["spectrum"][test]),
        "kurtosis": kurtosis(data.extra["signal"][test], axis=1),
        "loudness": (data.extra["signal"][test] ** 2).mean(1),
    }
    # Means over 24 machines: spectrum 0.73, kurtosis 0.60, loudness 0.54; 0.5 is chance.
    for name, score in scores.items():
        assert auc(faulty, score) < 0.75, name
    early = data.extra["severity"][test] < 0.35
    for name, score in scores.items():
        assert auc(faulty[early], score[early]) < 0.65, name


def test_the_rhythm_of_a_grown_fault_shows_in_the_spectrogram(eight):
    # How the mean level of the upper bands goes up and down in time: random knocks have no rhythm.
    bands = eight.images[:, 5:50, :, 0]
    level = (bands - bands.mean(2, keepdims=True)).mean(1)
    power = np.abs(np.fft.rfft(level, axis=1)) ** 2
    rhythm = power[:, 3:25].max(1) / power[:, 3:].mean(1)
    grown = (eight.targets == 0) | (eight.extra["severity"] > 0.5)
    assert auc(eight.targets[grown], rhythm[grown]) > 0.95


def test_a_load_never_seen_looks_like_a_fault():
    def alarms(late_load):
        exceeds = []
        for seed in range(4):
            run = load("bearing", seed=seed, windows=200, fault_starts=200, late_load=late_load)
            spectra, time, high = run.extra["spectrum"], run.extra["time"], run.extra["load"] > 0.9
            score = residual(spectra[time < 80], spectra)
            threshold = np.quantile(score[(time >= 80) & (time < 120)], 0.99)
            exceeds.append(score[(time >= 120) & high] > threshold)
        return np.concatenate(exceeds).mean()

    # No window is faulty. Measured 0.8 and 0.1 of the windows at high load.
    assert alarms(120) > 0.5
    assert alarms(None) < 0.25


def test_the_high_load_is_kept_back():
    run = load("bearing", seed=2, late_load=250)
    assert run.extra["load"][:250].max() < 0.9
    assert run.extra["load"][250] > 0.9
    assert load("bearing", seed=2).extra["load"][:250].max() > 0.9


def test_a_machine_can_stay_healthy():
    run = load("bearing", n=40, windows=40, fault_starts=40)
    assert not run.targets.any()
    assert not run.extra["severity"].any()


def test_sensor_noise_follows_the_signal_to_noise_ratio():
    clean, noisy = (load("bearing", n=20, seed=3, windows=20, snr_db=snr).extra["signal"] for snr in (100, 6))
    # The ratio is meant at full load; most windows are at half of it, up to 9 dB quieter.
    measured = 20 * np.log10(clean.std(1) / (noisy - clean).std(1))
    assert measured.min() > -6
    assert measured.max() < 9


def test_images_use_the_scale(eight):
    assert (eight.images == 0).mean() < 0.01
    assert (eight.images == 1).mean() < 0.01
    assert eight.images.std() > 0.1


def test_a_tone_has_its_amplitude_in_spectrum_and_image():
    from coursekit.data.simulate.bearing import _spectrogram, _spectrum

    tone = 10 * np.cos(2 * np.pi * 2000 / 25600 * np.arange(4096)).astype("float32")
    # 10 m/s² is 20 dB. In the spectrum a band adds the main lobe's lines: 1.5 times the power.
    assert _spectrogram(tone).max() == pytest.approx(1.0, abs=0.01)
    assert np.argmax(_spectrogram(tone)[:, 30]) == 64 - 10  # 2000 Hz is the tenth band of 200 Hz from below
    assert _spectrum(tone).max() == pytest.approx(20 + 10 * np.log10(1.5), abs=1.5)


def test_the_first_30_of_60_are_the_30_and_seeds_differ():
    short, long, other = (
        load("bearing", n=n, seed=seed, windows=20) for n, seed in ((30, 4), (60, 4), (30, 5))
    )
    assert short.images.tobytes() == long.images[:30].tobytes()
    assert np.array_equal(short.groups, long.groups[:30])
    for name, rows in short.extra.items():
        assert np.array_equal(rows, long.extra[name][:30])
    assert not (short.images == other.images).all((1, 2, 3)).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"windows": 10}, "windows must be a whole number from 20"),
        ({"shaft_hz": 100}, r"shaft_hz must lie in \[10, 40\]"),
        ({"sampling_hz": 1000}, r"sampling_hz must lie in \[20000, 64000\]"),
        ({"shaft_hz": 10, "sampling_hz": 40000}, "holds 1.02 revolutions"),
        ({"slip": 0.5}, r"slip must lie in \[0, 0.1\]"),
        ({"fault_starts": 500}, r"fault_starts must be a whole number from 0 to windows \(400\)"),
        ({"late_load": -1}, "late_load must be a whole number"),
        ({"snr_db": 200}, "snr_db must lie in"),
        ({"fault_db": 90}, "fault_db must lie in"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        load("bearing", n=1, **options)
