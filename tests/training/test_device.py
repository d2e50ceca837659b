import os
import subprocess

import keras
import psutil
import pytest

from coursekit.training import device, device_report
from coursekit.training.device import Gpu


@pytest.fixture
def a100():
    return Gpu("NVIDIA A100", 40 * 2**30, (8, 0))


def test_report_names_the_backend_and_its_version():
    report = device_report()
    assert report.backend == keras.backend.backend()
    assert report.versions[report.backend][0].isdigit()
    assert f"{report.backend} {report.versions[report.backend]}, Keras {keras.__version__}" in str(report)


def test_report_counts_cores_and_memory_within_those_of_the_machine():
    report = device_report()
    assert 1 <= report.cores <= os.cpu_count()
    assert 0 < report.free_memory_bytes <= report.memory_bytes <= psutil.virtual_memory().total


def test_report_shows_the_policy_in_force():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        assert device_report().policy == "mixed_float16"
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(
    ("capability", "policy"),
    [(None, "float32"), ((6, 1), "float32"), ((7, 5), "mixed_float16"), ((8, 0), "mixed_bfloat16")],
)
def test_mixed_precision_is_recommended_where_the_card_is_faster_with_it(capability, policy):
    assert device._recommended_policy((Gpu("card", None, capability),)) == policy


def test_without_a_card_float32_is_recommended():
    assert device._recommended_policy(()) == "float32"


def report_with(monkeypatch, usable, known):
    monkeypatch.setattr(device, "_nvidia_gpus", lambda: known)
    monkeypatch.setattr(device, f"_{keras.backend.backend()}_gpus", lambda known: (usable, "1.0"))
    return device_report()


def test_a_card_that_the_backend_cannot_use_is_named(monkeypatch, a100):
    report = report_with(monkeypatch, (), (a100,))
    assert report.idle_gpus == (a100,)
    assert f"NVIDIA A100, 40 GiB: there, but {report.backend} can't use it" in str(report)


def test_a_card_in_use_is_shown_with_its_memory_and_the_faster_policy(monkeypatch, a100):
    report = report_with(monkeypatch, (a100,), (a100,))
    assert report.idle_gpus == ()
    assert "NVIDIA A100, 40 GiB\n" in str(report)
    assert "float32 (mixed_bfloat16 would be faster here)" in str(report)


def test_a_machine_without_a_card_is_told_so(monkeypatch):
    assert "none: everything runs on the processor" in str(report_with(monkeypatch, (), ()))


def test_the_answer_of_nvidias_driver_is_read(monkeypatch):
    answer = "NVIDIA A100-SXM4-40GB, 40960, 8.0\nOld, odd card, [N/A], [N/A]\n"
    monkeypatch.setattr(
        device.subprocess, "run", lambda *args, **kwargs: subprocess.CompletedProcess(args, 0, stdout=answer)
    )
    assert device._nvidia_gpus() == (
        Gpu("NVIDIA A100-SXM4-40GB", 40960 * 2**20, (8, 0)),
        Gpu("Old, odd card", None, None),
    )


@pytest.mark.parametrize("error", [FileNotFoundError(), subprocess.TimeoutExpired("nvidia-smi", 20)])
def test_a_driver_that_is_missing_or_hangs_means_no_card(monkeypatch, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(device.subprocess, "run", fail)
    assert device._nvidia_gpus() == ()
