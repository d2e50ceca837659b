import io
import sys

import pytest

from coursekit.training.progress_line import duration, open_line


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s")])
def test_a_duration_is_short(seconds, text):
    assert duration(seconds) == text


def test_a_file_gets_the_last_text_only(capsys):
    line = open_line()
    line.rewrite("half")
    line.close("done")
    assert capsys.readouterr().out == "done\n"


def test_a_terminal_line_is_rewritten_in_place(monkeypatch):
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    line = open_line()
    line.rewrite("half")
    line.close("done")
    assert terminal.getvalue() == "\r\033[Khalf\r\033[Kdone\n"
