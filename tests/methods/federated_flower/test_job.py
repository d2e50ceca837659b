import subprocess
import sys
import tomllib

import keras
import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.federated import LocalTraining, RoundRecord, RoundRules
from coursekit.methods.federated_flower import create_job, read_history, replay
from coursekit.methods.federated_flower.job import read_job, rounds_done, write_round


@pytest.fixture(scope="module")
def model():
    return keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])


def record(reporting=(0, 2)):
    silent = [k for k in range(3) if k not in reporting]
    return RoundRecord(
        clients=np.arange(3),
        fate=np.array(["straggler" if k in silent else "reported" for k in range(3)], "<U9"),
        check_in_s=np.array([0.0, 0.5, 0.25]),
        report_s=np.array([np.nan if k in silent else 3.0 - k for k in range(3)]),
        start_s=0.5,
        end_s=4.0,
        started=True,
        committed=True,
        turned_away=0,
    )


def test_a_job_is_read_as_it_was_written(model, tmp_path):
    rules = RoundRules(3, report_s=30.0, minimal_share=0.6)
    training = LocalTraining(2, None, 1 / 3)
    made = create_job(tmp_path / "job", model, training, ["a", "b", "c"], 4, rules, seed=7)
    job = read_job(tmp_path / "job")
    assert (job.clients, job.rounds, job.rules, job.seed) == (("a", "b", "c"), 4, rules, 7)
    assert LocalTraining(**job.training) == training
    assert job.model == made.model == model.to_json()
    for mine, start in zip(job.weights, model.get_weights(), strict=True):
        assert np.array_equal(mine, start)


def test_without_rules_a_round_waits_for_all_clients(model, tmp_path):
    assert create_job(tmp_path / "job", model, LocalTraining(), ["a", "b"], 1).rules == RoundRules(2)


def test_more_than_ten_arrays_keep_their_order(model, tmp_path):
    weights = [np.full(2, at, "float32") for at in range(12)]
    create_job(tmp_path / "job", model, LocalTraining(), ["a"], 1, weights=weights)
    assert [int(part[0]) for part in read_job(tmp_path / "job").weights] == list(range(12))


def test_the_app_names_the_job_and_two_functions_that_exist(model, tmp_path):
    create_job(tmp_path / 'job "1"', model, LocalTraining(), ["a"], 1)
    app = tmp_path / 'job "1"' / "app"
    assert [path.name for path in app.iterdir()] == ["pyproject.toml"]
    flower = tomllib.loads((app / "pyproject.toml").read_text())["tool"]["flwr"]["app"]
    assert flower["config"] == {"job": str(tmp_path / 'job "1"')}
    assert flower["components"] == {
        "serverapp": "coursekit.methods.federated_flower.server:app",
        "clientapp": "coursekit.methods.federated_flower.client:app",
    }


def test_the_history_of_a_run_is_told_round_by_round(model, tmp_path):
    folder = tmp_path / "job"
    create_job(folder, model, LocalTraining(), ["a", "b", "c"], 3)
    assert rounds_done(folder) == 0
    assert read_history(folder).records == []
    for number in range(2):
        write_round(folder, number, [np.full((2, 2), float(number), "float32")], record(), 1.5 + number)
    assert rounds_done(folder) == 2
    history = read_history(folder, evaluate=lambda weights: float(weights[0].sum()))
    assert history.scores.tolist() == [0.0, 4.0]
    assert history.seconds.tolist() == [1.5, 2.5]
    assert history.weights[0].dtype == np.float32
    told = history.records[1]
    assert told.reporting.tolist() == [2, 0]
    assert told.fate.tolist() == ["reported", "straggler", "reported"]
    assert np.isnan(told.report_s[1])
    assert (told.start_s, told.end_s, told.started, told.turned_away) == (0.5, 4.0, True, 0)


def test_replay_gives_the_records_back_whatever_the_generator():
    first, second = record(), record((1, 2))
    participation = replay([first, second])
    assert participation(np.random.default_rng(3)) is first
    assert participation(np.random.default_rng(3)) is second


@pytest.mark.parametrize(
    ("clients", "rounds", "rules", "message"),
    [
        (["a"], 0, None, "at least one round"),
        (["a", "a"], 1, None, "different names"),
        (["a", "b"], 1, RoundRules(3), "at least 3 clients, but there are 2"),
    ],
)
def test_a_job_that_could_never_run_is_refused(model, tmp_path, clients, rounds, rules, message):
    with pytest.raises(InputError, match=message):
        create_job(tmp_path / "job", model, LocalTraining(), clients, rounds, rules)
    assert not (tmp_path / "job").exists()


def test_a_folder_is_used_once(model, tmp_path):
    create_job(tmp_path / "job", model, LocalTraining(), ["a"], 1)
    with pytest.raises(InputError, match="exists already"):
        create_job(tmp_path / "job", model, LocalTraining(), ["a"], 1)


def test_the_server_does_not_load_keras():
    code = "import sys, coursekit.methods.federated_flower.job; print('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
