"""Run, what is watched -> new papers in it, one Atom feed for each topic and one for the run, and news.md."""

from pipeline.watch.watch_folder import FEED, NEWS, watch_folder
from pipeline.watch.watch_run import Watched, watch
from pipeline.watch.watch_source import SEARCHED, WatchRequest, WatchSource

__all__ = ["FEED", "NEWS", "SEARCHED", "WatchRequest", "WatchSource", "Watched", "watch", "watch_folder"]
