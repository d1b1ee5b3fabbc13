"""Two atlases -> which topics continue, split, merge, are born or gone, and which papers moved."""

from pipeline.diff.change_picture import draw_changes
from pipeline.diff.changes import Changes, Continued, Flow, Merged, Moved, Split, TopicRef
from pipeline.diff.comparison import find_changes

__all__ = ["Changes", "Continued", "Flow", "Merged", "Moved", "Split", "TopicRef", "draw_changes", "find_changes"]
