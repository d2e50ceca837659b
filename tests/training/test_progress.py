import io
import re
import sys

import keras
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from coursekit.training import Progress


def fit(**options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    x = np.random.default_rng(0).normal(size=(64, 2))
    model.fit(x, x[:, :1], batch_size=8, verbose=0, validation_split=0.25, **options)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def every_update(monkeypatch):
    monkeypatch.setattr(Progress, "_REFRESH_S", 0.0)


def test_output_to_a_file_is_one_line_without_times(capsys, every_update):
    fit(epochs=3, callbacks=[Progress("A line")])
    number = r"[\d.e-]+"
    assert re.fullmatch(
        rf"A line · 3 epochs(?=.* loss {number})(?=.* mae {number})(?=.* val loss {number})[^\r]* · [^\r]*\n",
        out := capsys.readouterr().out,
    )
    assert "left" not in out


def test_two_runs_print_the_same(capsys):
    fit(epochs=2, callbacks=[Progress()])
    first = capsys.readouterr().out
    fit(epochs=2, callbacks=[Progress()])
    assert capsys.readouterr().out == first


def test_a_terminal_shows_one_line_that_is_rewritten(monkeypatch, every_update):
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    fit(epochs=2, callbacks=[Progress()])
    written = terminal.getvalue()
    assert written.count("\n") == 1 and written.endswith("\n")
    states = written.split("\r\033[K")
    assert any(re.search(r"epoch 2/2 .* \d+ s left", state) for state in states)
    assert "2 epochs" in states[-1] and "left" not in states[-1]


def test_training_that_stops_early_says_after_how_many_epochs(capsys):
    fit(epochs=9, callbacks=[keras.callbacks.EarlyStopping("loss", min_delta=1e9, patience=1), Progress()])
    assert capsys.readouterr().out.startswith("2 epochs · ")


def test_training_that_goes_on_counts_from_where_it_starts(monkeypatch, every_update):
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    fit(epochs=5, initial_epoch=3, callbacks=[Progress()])
    assert "epoch 4/5" in terminal.getvalue() and "epoch 1/5" not in terminal.getvalue()
    assert "5 epochs" in terminal.getvalue()


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="the line doesn't depend on the backend")
def test_a_notebook_keeps_one_output_without_times():
    code = (
        "import coursekit, keras, numpy as np\n"
        "from coursekit.training import Progress\n"
        "Progress._REFRESH_S = 0.0\n"
        "model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer='zeros')])\n"
        "model.compile('sgd', 'mse')\n"
        "model.fit(np.ones((32, 2)), np.ones(32), batch_size=8, epochs=3, verbose=0, "
        "callbacks=[Progress()]);\n"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, timeout=120).execute()
    (output,) = notebook.cells[0].outputs
    assert output.output_type == "display_data"
    assert list(output.data) == ["text/plain"]
    assert re.fullmatch(r"3 epochs · loss [\d.]+", output.data["text/plain"])
