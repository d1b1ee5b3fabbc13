"""An atlas, files of papers -> the atlas with the new ones in it, and how far the corpus has drifted since its run."""

from pipeline.adding.addition import Added, add_papers
from pipeline.adding.drift import Drift

__all__ = ["Added", "Drift", "add_papers"]
