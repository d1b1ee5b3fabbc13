"""Two atlases -> what became of the topics of the first in the second."""

from pipeline.diff.find import find_changes
from pipeline.diff.picture import draw_changes
from pipeline.diff.result import Changes, Continued, Flow, Merged, Moved, Split, TopicRef

__all__ = ["Changes", "Continued", "Flow", "Merged", "Moved", "Split", "TopicRef", "draw_changes", "find_changes"]
