"""Marking submissions that nobody trusts: answers run in a sandbox, the scorer alone knows what is right.

`grade` marks a folder of notebooks, `public_check` one notebook with the public examples, and
`sandbox_problem` says what is missing on this machine. They load on first use: the command line imports this
package on every call, and on systems without a sandbox.
"""

from typing import TYPE_CHECKING

from coursekit.first_use import on_first_use

if TYPE_CHECKING:
    from coursekit.course.grading.grader import GradeSummary, grade
    from coursekit.course.grading.public import public_check
    from coursekit.course.grading.sandbox import sandbox_problem

__all__ = ["GradeSummary", "grade", "public_check", "sandbox_problem"]

__getattr__ = on_first_use(
    __name__,
    {
        "GradeSummary": "grader",
        "grade": "grader",
        "public_check": "public",
        "sandbox_problem": "sandbox",
    },
)
