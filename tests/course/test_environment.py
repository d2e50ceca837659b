import os

import pytest

from coursekit.course.environment import changed_environment


def test_variables_hold_inside_and_are_put_back_also_after_an_error(monkeypatch):
    monkeypatch.setenv("COURSEKIT_TEST_SET", "before")
    monkeypatch.delenv("COURSEKIT_TEST_UNSET", raising=False)
    with (
        pytest.raises(KeyError),
        changed_environment(COURSEKIT_TEST_SET="inside", COURSEKIT_TEST_UNSET="inside"),
    ):
        assert os.environ["COURSEKIT_TEST_SET"] == os.environ["COURSEKIT_TEST_UNSET"] == "inside"
        raise KeyError
    assert os.environ["COURSEKIT_TEST_SET"] == "before"
    assert "COURSEKIT_TEST_UNSET" not in os.environ
