"""The line that a long work shows: rewritten in place where that is possible."""

import sys
from typing import Protocol


class ProgressLine(Protocol):
    """One line of text that tells how a work gets on."""

    def rewrite(self, text: str) -> None:
        """Put a new text in the place of the old one."""

    def close(self, text: str) -> None:
        """Write the last text, which stays."""


def open_line() -> ProgressLine:
    """Open a line where this program's output goes: a notebook's cell, a terminal or a file.

    In a notebook and in a terminal the line is rewritten in place; a file gets the last text only.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is not None:
        return _NotebookLine()
    return _TerminalLine() if sys.stdout.isatty() else _FileLine()


def duration(seconds: float) -> str:
    """Say how long something takes: "8 s", "2 min 05 s"."""
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


class _NotebookLine:
    """An output of the cell that is replaced, never added to."""

    def __init__(self) -> None:
        from IPython.display import display

        self._handle = display({"text/plain": "starting"}, raw=True, display_id=True)

    def rewrite(self, text: str) -> None:
        self._handle.update({"text/plain": text}, raw=True)

    close = rewrite


class _TerminalLine:
    """The line under the cursor."""

    def rewrite(self, text: str) -> None:
        sys.stdout.write(f"\r\033[K{text}")
        sys.stdout.flush()

    def close(self, text: str) -> None:
        self.rewrite(f"{text}\n")


class _FileLine:
    """Nothing can be rewritten in a file: only the last line is worth keeping."""

    def rewrite(self, text: str) -> None:
        pass

    def close(self, text: str) -> None:
        print(text)
