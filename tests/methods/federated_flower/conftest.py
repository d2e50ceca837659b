import pytest


@pytest.fixture
def flower_process(monkeypatch):
    """Let this process make messages, as those that Flower starts for a run may."""
    from flwr.supercore.task_identity import TaskIdentity

    for name in ("_task_id", "_run_id", "_node_id"):
        monkeypatch.setattr(TaskIdentity, name, 1)
