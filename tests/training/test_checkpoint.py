import keras
import numpy as np
import pytest

from coursekit.errors import CourseError
from coursekit.training.checkpoint import Checkpoint

ROWS = np.arange(6, dtype="float32").reshape(2, 3)


def training(seed=0):
    variables = [keras.Variable(np.full((2, 3), seed + 0.5, "float32")), keras.Variable(seed, dtype="int32")]
    return variables, np.random.default_rng(seed)


def test_a_state_comes_back_with_its_numbers_to_come(tmp_path):
    variables, generator = training()
    generator.normal(size=3)
    Checkpoint(tmp_path / "a.npz", {"rate": 0.1}, variables, generator).save(ROWS)
    expected = generator.normal(size=4)
    others, restored = training(seed=7)
    rows = Checkpoint(tmp_path / "a.npz", {"rate": 0.1}, others, restored).restore()
    assert (rows == ROWS).all()
    assert rows.dtype == np.float32
    assert (restored.normal(size=4) == expected).all()
    for other, variable in zip(others, variables, strict=True):
        assert (keras.ops.convert_to_numpy(other) == keras.ops.convert_to_numpy(variable)).all()


def test_without_a_file_nothing_changes(tmp_path):
    variables, generator = training(seed=7)
    assert Checkpoint(tmp_path / "a.npz", {}, variables, generator).restore() is None
    assert int(variables[1]) == 7


def test_other_settings_or_networks_are_refused_and_change_nothing(tmp_path):
    Checkpoint(tmp_path / "a.npz", {"rate": 0.1}, *training()).save(ROWS)
    variables, generator = training(seed=7)
    with pytest.raises(CourseError, match=r'there \{"rate": 0.1\}, here \{"rate": 0.2\}'):
        Checkpoint(tmp_path / "a.npz", {"rate": 0.2}, variables, generator).restore()
    with pytest.raises(CourseError, match=r"other settings or networks\. Name"):
        Checkpoint(tmp_path / "a.npz", {"rate": 0.1}, variables[:1], generator).restore()
    assert int(variables[1]) == 7


def test_a_failed_write_leaves_the_state_before_and_no_litter(tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path / "a.npz", {}, *training())
    checkpoint.save(ROWS)

    def full(handle):
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(ROWS[:1])
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
    assert (checkpoint.restore() == ROWS).all()


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "a.npz"
    checkpoint = Checkpoint(path, {}, *training())
    checkpoint.save(ROWS)
    path.write_bytes(path.read_bytes()[:-40] if content is None else content)
    with pytest.raises(CourseError, match=r"a\.npz is damaged or no checkpoint.*delete it"):
        checkpoint.restore()
