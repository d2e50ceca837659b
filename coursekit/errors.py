"""The errors that coursekit raises on purpose: one clear line each."""


class CourseError(Exception):
    """Something that the person in front of the screen can put right.

    The message says what was expected, what came, and what to do. Notebooks and the command line show the
    message alone: the forty lines of traceback above it would point into coursekit, where there is nothing
    to repair.
    """

    def _render_traceback_(self) -> list[str]:
        """Tell IPython to show the message without the traceback."""
        return [f"{type(self).__name__}: {self}"]


class InputError(CourseError, ValueError):
    """A value of the wrong shape, type or range was handed to a function of coursekit."""
