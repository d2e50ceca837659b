"""Notebooks and questions: building, running, checking and marking them. Nothing here knows a technique."""

from coursekit.course.lesson import Lesson, open_lesson

__all__ = ["Lesson", "open_lesson"]
