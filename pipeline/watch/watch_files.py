"""State, topics -> the files that readers get: a feed for the run and one for each topic, the news."""

from pathlib import Path

from pipeline.atlas import AtlasData
from pipeline.watch.atom_feed import Feed, write_feed
from pipeline.watch.watch_folder import ALL, FEED, FETCHED, KEPT_NEWS, NEWS
from pipeline.watch.watch_state import WatchState, write_if_changed

DRAFT = ".writing-"  # with which names of files begin that are being written


def stamp(time: str) -> str:
    """A time as part of a file's name.

    >>> stamp("2026-11-26T06:00:00Z")
    '2026-11-26T060000Z'
    """
    return time.replace(":", "")


def write_files(folder: Path, state: WatchState, atlas: AtlasData) -> None:
    """Feeds and news, where they differ from what is there; feeds of topics that are gone are removed, and so is
    what a watch that was killed left half written.
    """
    name = atlas.title
    about = "New papers, each with the nearest known paper and why"
    feeds = {ALL: write_feed(state, Feed("all", f"{name}: new papers", about), state.entries)}
    for topic in atlas.topics:
        entries = [entry for entry in state.entries if entry.topic == topic.id]
        feed = Feed(f"topic-{topic.id}", f"{name}: {topic.label}", f"New papers of the topic “{topic.label}”")
        feeds[f"topic-{topic.id}.atom"] = write_feed(state, feed, entries)
    for path in [*folder.iterdir(), *(folder / KEPT_NEWS).glob(f"{DRAFT}*"), *(folder / FETCHED).glob(f"{DRAFT}*")]:
        if path.name.startswith(DRAFT) or (FEED.fullmatch(path.name) and path.name not in feeds):
            path.unlink()
    for file, content in feeds.items():
        write_if_changed(folder / file, content)
    if state.news is not None:
        text = state.news.text.encode()
        write_if_changed(folder / KEPT_NEWS / f"{stamp(state.news.time)}.md", text)
        write_if_changed(folder / NEWS, text)
