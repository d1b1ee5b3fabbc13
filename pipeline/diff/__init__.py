"""Two atlases -> what became of the topics of the first in the second."""

from pipeline.diff.change_picture import draw_changes
from pipeline.diff.changes import Changes, Continued, Flow, Merged, Moved, Split, TopicRef
from pipeline.diff.comparison import find_changes

__all__ = ["Changes", "Continued", "Flow", "Merged", "Moved", "Split", "TopicRef", "draw_changes", "find_changes"]
