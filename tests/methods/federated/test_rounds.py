import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.federated import Absence, Pace, RoundRules, by_rules, everyone, play_round, poisson

CLIENTS = np.arange(100, 106)
CHECK_IN = np.array([5.0, 1, 3, 2, 4, 6])
"""Order of arrival: 101, 103, 102, 104, 100, 105."""


def played(rules, work_s=(10, 10, 10, 10, 10, 10), silent=(0, 0, 0, 0, 0, 0)):
    return play_round(rules, CLIENTS, CHECK_IN, np.array(work_s), np.array(silent, bool))


def fates(record):
    return dict(zip(record.clients.tolist(), record.fate.tolist(), strict=True))


def test_the_first_to_check_in_are_invited_and_the_others_turned_away():
    record = played(RoundRules(goal=2, over_selection=1.5))
    assert record.clients.tolist() == [101, 103, 102]
    assert record.turned_away == 3
    assert record.start_s == 3


def test_a_round_ends_when_the_goal_is_reached_and_later_reports_are_surplus():
    record = played(RoundRules(goal=2, over_selection=1.5), work_s=[0, 30, 10, 20, 0, 0])
    assert fates(record) == {101: "surplus", 103: "reported", 102: "reported"}
    assert record.reporting.tolist() == [102, 103]
    assert record.end_s == 3 + 20
    assert record.committed


def test_who_has_not_reported_in_time_is_a_straggler_and_who_never_does_dropped():
    rules = RoundRules(goal=4, report_s=15, minimal_share=0.5)
    record = played(rules, work_s=[0, 30, 10, 15, 5, 0], silent=[0, 0, 0, 0, 1, 0])
    assert fates(record) == {101: "straggler", 103: "reported", 102: "reported", 104: "dropped"}
    assert record.report_s[0] == record.start_s + 30
    assert np.isnan(record.report_s[3])
    assert record.end_s == record.start_s + 15
    assert record.committed


def test_a_round_with_too_few_reports_is_abandoned_and_nobodys_work_counts():
    rules = RoundRules(goal=4, report_s=15, minimal_share=0.75)
    record = played(rules, work_s=[0, 30, 10, 15, 5, 0], silent=[0, 0, 0, 0, 1, 0])
    assert record.started
    assert not record.committed
    assert record.reporting.tolist() == []


def test_a_round_with_too_few_clients_does_not_start():
    record = played(RoundRules(goal=4, selection_s=2.5, minimal_share=0.75))
    assert not record.started
    assert not record.committed
    assert set(record.fate) == {"unused"}
    assert record.start_s == record.end_s == 2.5
    assert len(record.clients) == 2


def test_a_round_starts_with_fewer_than_wanted_when_the_time_for_selection_is_over():
    record = played(RoundRules(goal=4, over_selection=1.25, selection_s=3.5, minimal_share=0.75))
    assert record.started
    assert record.committed
    assert record.start_s == 3.5
    assert len(record.reporting) == 3


def test_without_time_limits_a_round_ends_with_the_last_report():
    record = played(
        RoundRules(goal=6, minimal_share=0.5), work_s=[1, 2, 40, 4, 5, 6], silent=[1, 0, 0, 0, 0, 0]
    )
    assert record.start_s == 6
    assert record.end_s == 46
    assert fates(record)[100] == "dropped"
    assert len(record.reporting) == 5


def test_twenty_wanted_with_thirty_per_cent_more_are_26():
    assert RoundRules(20, over_selection=1.3).invited == 26
    assert RoundRules(20, minimal_share=0.8).least == 16


def test_everyone_reports_where_nobody_is_absent():
    record = everyone(7)(np.random.default_rng(0))
    assert sorted(record.reporting.tolist()) == list(range(7))


def test_a_round_in_which_all_are_silent_is_not_committed():
    assert not everyone(7, Absence(1))(np.random.default_rng(0)).committed


def test_clients_are_chosen_with_equal_chances():
    rng, draw = np.random.default_rng(0), by_rules(10, RoundRules(3))
    chosen = np.bincount(np.concatenate([draw(rng).reporting for _ in range(2000)]), minlength=10)
    assert chosen.sum() == 6000
    # 600 each; the standard deviation of one count is 20.5
    assert np.abs(chosen - 600).max() < 4 * 20.5


def test_random_absentees_are_others_in_each_round_and_of_one_number():
    rng, clients = np.random.default_rng(0), np.arange(20)
    drawn = [Absence(0.45).draw(clients, rng) for _ in range(50)]
    assert {int(silent.sum()) for silent in drawn} == {9}
    assert np.logical_or.reduce(drawn).all()


def test_a_fraction_of_a_client_is_a_chance():
    rng = np.random.default_rng(0)
    missing = [int(Absence(0.25).draw(np.arange(2), rng).sum()) for _ in range(1000)]
    assert set(missing) == {0, 1}
    assert np.mean(missing) == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(1000))


def test_absence_of_members_hits_no_one_else():
    rng = np.random.default_rng(0)
    clients = np.array([8, 3, 5, 1])
    assert Absence(1, (3, 5, 7)).draw(clients, rng).tolist() == [False, True, True, False]
    for _ in range(20):
        silent = Absence(0.5, (3, 5, 7)).draw(clients, rng)
        assert silent.sum() == 1
        assert not silent[[0, 3]].any()


def test_poisson_takes_each_client_by_itself():
    rng, draw = np.random.default_rng(0), poisson(40, 0.25)
    records = [draw(rng) for _ in range(1000)]
    numbers = np.array([len(record.reporting) for record in records])
    assert all(record.committed for record in records)
    # Mean 10 and variance 7.5 of a binomial number, where a fixed number would have none.
    assert numbers.mean() == pytest.approx(10, abs=4 * np.sqrt(7.5 / 1000))
    assert numbers.var() == pytest.approx(7.5, rel=0.2)
    assert len(poisson(40, 0.0)(rng).reporting) == 0


def test_the_median_time_is_the_one_asked_for():
    pace = Pace(check_in_s=0, work_s=60, spread=0.5)
    record = by_rules(4001, RoundRules(4001), pace=pace)(np.random.default_rng(0))
    # The median of n normal numbers varies by 1.25 sd / sqrt(n).
    assert np.log(np.median(record.report_s) / 60) == pytest.approx(0, abs=4 * 1.25 * 0.5 / np.sqrt(4001))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: RoundRules(0),
        lambda: RoundRules(5, over_selection=0.9),
        lambda: RoundRules(5, selection_s=0),
        lambda: RoundRules(5, report_s=float("nan")),
        lambda: RoundRules(5, minimal_share=0),
        lambda: Absence(1.5),
        lambda: Pace(work_s=-1),
        lambda: everyone(0),
        lambda: poisson(5, 2),
        lambda: play_round(RoundRules(1), np.arange(3), np.zeros(3), np.zeros(2), np.zeros(3, bool)),
        lambda: play_round(RoundRules(1), np.arange(3), np.zeros(3), np.full(3, np.nan), np.zeros(3, bool)),
    ],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(InputError):
        wrong()
