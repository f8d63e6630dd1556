"""Why a readout stands where it stands: the flows that did it, what drove these, and so on back to what was met."""

from immunity.why.causes import Cause, Course
from immunity.why.tell import Why, because, flow_words, tell, told_by_level

__all__ = ["Cause", "Course", "Why", "because", "flow_words", "tell", "told_by_level"]
