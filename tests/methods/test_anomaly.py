import numpy as np
import pytest

from coursekit.data import load
from coursekit.errors import InputError
from coursekit.methods.anomaly import (
    alarm,
    alarm_threshold,
    alarm_windows,
    auto_encoder_score,
    band_statistics,
    detection_delay,
    distance_score,
    false_alarms,
    pca_score,
    separation,
    standardise,
    vae_score,
)

DIRECTIONS = np.linalg.qr(np.random.default_rng(9).normal(size=(12, 12)))[0]


def windows(n, seed, fault=0.0):
    """Rows of 12 numbers near a plane, each in its own unit; a fault leads off the plane."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 2)) * 3 @ DIRECTIONS[:2] + fault * DIRECTIONS[2] + rng.normal(0, 0.3, (n, 12))
    return rows * np.linspace(1, 5, 12) + 7


@pytest.fixture(scope="module")
def run():
    """Bands of a machine whose fault starts at window 300, and what is known about its windows."""
    data = load("bearing", seed=3, fault_starts=300, late_load=400, fault_db=26.0)
    order = np.random.default_rng(3).permutation(300)
    return band_statistics(data.images), data.extra["severity"], order[:150], order[150:220], order[220:]


def test_bands_have_a_mean_and_a_spread_over_time():
    pictures = np.random.default_rng(0).random((3, 4, 5, 1))
    rows = band_statistics(pictures)
    assert rows.shape == (3, 8)
    assert rows[1, 2] == pytest.approx(pictures[1, 2].mean())
    assert rows[1, 4 + 2] == pytest.approx(pictures[1, 2].std())


def test_columns_are_standardised_by_the_training_rows_alone():
    train, other = windows(50, 0), windows(20, 1) + 100
    own = standardise(train, train)
    # float32 has seven digits.
    assert np.allclose(own.mean(0), 0, atol=1e-6)
    assert np.allclose(own.std(0), 1, atol=1e-6)
    assert np.allclose(standardise(train, other), (other - train.mean(0)) / train.std(0), rtol=1e-5)


def test_a_constant_column_is_only_shifted():
    # 0.1 is no binary fraction: rounding must not pass for a spread.
    train = np.full((30, 1), 0.1)
    assert standardise(train, train) == pytest.approx(np.zeros((30, 1)), abs=1e-12)
    assert standardise(train, train + 2) == pytest.approx(np.full((30, 1), 2))


def test_distance_adds_up_squares_of_standardised_columns():
    train, other = windows(50, 0), windows(5, 1)
    assert distance_score(train)(other) == pytest.approx((standardise(train, other) ** 2).sum(1))


def test_the_pca_score_ignores_the_plane_and_sees_what_leaves_it():
    healthy = windows(200, 0)
    score = pca_score(healthy, components=2)
    far = healthy.mean(0) + 30 * DIRECTIONS[0] * np.linspace(1, 5, 12)
    # Of a point far out but in the plane, less than a hundredth of the distance counts.
    assert score(far[None])[0] < 0.01 * distance_score(healthy)(far[None])[0]
    assert separation(score(windows(100, 1)), score(windows(100, 2, fault=3.0))) > 0.95


@pytest.mark.parametrize("components", [0, 12])
def test_a_plane_of_no_or_all_dimensions_is_refused(components):
    with pytest.raises(InputError, match=f"1 and 11 .* got {components}"):
        pca_score(windows(50, 0), components)


@pytest.mark.parametrize("learn", [auto_encoder_score, vae_score])
def test_networks_that_know_only_healthy_windows_tell_faulty_ones(learn):
    healthy = windows(200, 0)
    score = learn(healthy, latent=2, epochs=60)
    ordinary, faulty = windows(100, 1), windows(100, 2, fault=6.0)
    assert separation(score(ordinary), score(faulty)) > 0.95
    # A window's score is its own: other windows, among them faulty ones, have no part in it.
    assert score(np.concatenate([faulty, ordinary]))[-100:] == pytest.approx(score(ordinary), rel=1e-4)


@pytest.mark.parametrize("learn", [auto_encoder_score, vae_score])
def test_the_same_seed_learns_the_same_score(learn):
    healthy, other = windows(64, 0), windows(10, 1)
    first, same, another = (learn(healthy, epochs=2, seed=seed)(other) for seed in (1, 1, 2))
    assert (first == same).all()
    assert (first != another).any()


def test_the_threshold_is_the_score_that_few_enough_exceed():
    scores = np.random.default_rng(0).permutation(99).astype(float)
    assert alarm_threshold(scores, 0.01) == 98
    assert alarm_threshold(scores, 0.05) == 94
    assert (scores > alarm_threshold(scores, 0.05)).sum() == 4


def test_a_new_healthy_window_exceeds_it_as_rarely_as_promised():
    rng = np.random.default_rng(0)
    for n, rate in ((19, 0.05), (70, 0.05), (25, 0.1)):
        draws = rng.standard_gamma(2.0, (20000, n + 1))
        exceeds = np.mean([row[-1] > alarm_threshold(row[:-1], rate) for row in draws])
        promised = np.floor((n + 1) * rate + 1e-9) / (n + 1)
        # Four standard errors of a share in 20,000.
        assert exceeds == pytest.approx(promised, abs=4 * np.sqrt(rate / 20000))
        assert promised <= rate


def test_too_few_windows_promise_nothing():
    with pytest.raises(InputError, match=r"18 healthy windows .* at least 19"):
        alarm_threshold(np.arange(18.0), 0.05)
    assert alarm_threshold(np.arange(19.0), 0.05) == 18


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_rate_that_is_no_share_is_refused(rate):
    with pytest.raises(InputError, match="between 0 and 1"):
        alarm_threshold(np.arange(100.0), rate)


@pytest.mark.parametrize(
    ("above", "first"),
    [
        ("0000000", None),
        ("0110110", None),  # twice two in a row, with a dip between
        ("0111000", 3),  # known only at the third
        ("0000111", 6),
        ("1111111", 2),
        ("11", None),  # the run is shorter than the rule
    ],
)
def test_an_alarm_takes_three_in_a_row(above, first):
    scores = np.array([float(digit) for digit in above])
    assert alarm(scores, 0.5, k=3) == first


def test_a_score_on_the_threshold_is_not_above_it():
    assert alarm(np.ones(5), 1.0, k=1) is None


def test_the_alarm_is_on_as_long_as_scores_stay_above():
    scores = np.array([0, 1, 1, 1, 1, 0, 1, 1.0])
    assert np.flatnonzero(alarm_windows(scores, 0.5, k=3)).tolist() == [3, 4]


@pytest.mark.parametrize("rule", [alarm, alarm_windows])
def test_a_rule_of_no_windows_is_refused(rule):
    with pytest.raises(InputError, match="k=0"):
        rule(np.zeros(9), 0.5, k=0)


@pytest.mark.parametrize(
    ("on", "delay"),
    [
        ("000 000111", 3),
        ("000 010011", 4),  # the first one was luck
        ("000 111110", None),  # off in the end
        ("000 000000", None),
        ("001 111111", 0),
        ("110 001111", 2),  # alarms before the fault are false, not early
    ],
)
def test_only_an_alarm_that_stays_counts_as_detection(on, delay):
    assert detection_delay(np.array([digit == "1" for digit in on.replace(" ", "")]), 3) == delay


def test_a_run_without_a_fault_has_no_delay():
    with pytest.raises(InputError, match="0 to 8, got 9"):
        detection_delay(np.ones(9, bool), 9)


def test_false_alarms_are_windows_in_a_hundred():
    assert false_alarms(np.array([True, False, False, True])) == 50
    assert false_alarms(np.zeros(7, bool)) == 0


def test_separation_is_the_share_of_pairs_in_the_right_order():
    healthy, faulty = np.array([1.0, 2.0, 5.0]), np.array([2.0, 4.0])
    # Of six pairs three are right, and one is a tie, which counts half.
    assert separation(healthy, faulty) == pytest.approx(3.5 / 6)


def test_a_grown_fault_of_a_bearing_is_found_as_well_by_pca_as_by_a_vae(run):
    rows, severity, fit, _, test = run
    half_grown = (severity > 0.4) & (severity < 0.6)
    found = [
        separation(score(rows[test]), score(rows[half_grown]))
        for score in (pca_score(rows[fit]), vae_score(rows[fit]))
    ]
    # 1.000 for each of both in five machines.
    assert min(found) >= 0.95
    assert abs(found[0] - found[1]) <= 0.02


def test_the_alarm_of_a_failing_bearing_stays_on(run):
    rows, _, fit, held_out, _ = run
    score = pca_score(rows[fit])
    on = alarm_windows(score(rows), alarm_threshold(score(rows[held_out])))
    # 40 to 47 of the 100 faulty windows in five machines.
    assert detection_delay(on, 300) <= 60
    assert false_alarms(on[:300]) <= 2


def test_a_load_never_seen_raises_alarms_on_a_healthy_machine(run):
    rows, _, fit, held_out, _ = run
    healthy = load("bearing", seed=3, windows=800, fault_starts=800, late_load=600)
    score = pca_score(rows[fit])
    scores = score(band_statistics(healthy.images))
    on = alarm_windows(scores, alarm_threshold(score(rows[held_out])))
    unseen = healthy.extra["load"] > 0.9
    # 75 and 0 of 100 for this machine; one in five shows nothing.
    assert false_alarms(on[unseen]) > 30
    assert false_alarms(on[300:600]) <= 5


@pytest.mark.parametrize(
    "ask",
    [
        lambda bad: standardise(bad[:, None], np.ones((3, 1))),
        lambda bad: standardise(np.arange(30.0)[:, None], bad[:, None]),
        lambda bad: alarm_threshold(bad),
        lambda bad: alarm_windows(bad, 1.0),
    ],
)
def test_a_dead_sensor_does_not_pass_for_health(ask):
    scores = np.linspace(0, 1, 30)
    scores[4] = np.nan
    with pytest.raises(InputError, match="dead"):
        ask(scores)
