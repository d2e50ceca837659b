"""Marking submissions that nobody trusts: answers run in a sandbox, the scorer alone knows what is right.

`grade` marks a folder of notebooks, `public_check` one notebook with the public examples, and
`sandbox_problem` says what is missing on this machine. They load on first use: the command line imports this
package on every call, and on systems without a sandbox.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coursekit.course.grading.grader import GradeSummary, grade
    from coursekit.course.grading.public import public_check
    from coursekit.course.grading.sandbox import sandbox_problem

__all__ = ["GradeSummary", "grade", "public_check", "sandbox_problem"]

_HOMES = {
    "GradeSummary": "grader",
    "grade": "grader",
    "public_check": "public",
    "sandbox_problem": "sandbox",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
