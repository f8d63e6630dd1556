"""A page in the browser that runs the whole body at every touch of a slider; served to this machine alone."""

from immunity.explore.lessons import Lesson, load_lessons
from immunity.explore.serve import serve

__all__ = ["Lesson", "load_lessons", "serve"]
