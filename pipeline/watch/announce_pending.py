"""State with pending papers -> the run with them, and the state in which they are announced."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from pipeline.adding import Added, add_papers
from pipeline.adding.new_papers import read_new
from pipeline.atlas import AtlasData
from pipeline.watch.news_items import News, describe_new
from pipeline.watch.news_text import NewsHead, counted, write_news
from pipeline.watch.topic_growth import GROWTH_DAYS, growing_topics
from pipeline.watch.watch_context import WatchContext
from pipeline.watch.watch_folder import FETCHED
from pipeline.watch.watch_state import TIME, LastNews, NewsCount, Pending, WatchState, write_state


@dataclass(frozen=True)
class Announced:
    """The state and the atlas after pending papers were added and announced."""

    state: WatchState
    atlas: AtlasData
    news: News
    notes: tuple[str, ...]


def announce_pending(
    place: WatchContext, state: WatchState, atlas: AtlasData, *, interrupted: bool = False
) -> Announced:
    """Adds the pending papers and announces them; the state is written when both is done.

    interrupted: an earlier watch was: its files may hold other papers by now, which become pending too.
    """
    assert state.pending is not None
    pending = state.pending
    if pending.incoming is not None and (place.folder / pending.incoming).exists():
        (place.folder / pending.incoming).replace(place.folder / pending.files[0])
    files = [str(place.folder / name) for name in pending.files if (place.folder / name).is_file()]
    if interrupted and files:
        hashes = (row.tobytes().hex() for row in read_new(atlas, files).corpus.hash_array)
        pending = replace(pending, hashes=tuple(dict.fromkeys([*pending.hashes, *hashes])))
        state = replace(state, pending=pending)
        write_state(place.folder, state)
    added = add_papers(place.run, files, progress=place.progress) if files else None
    atlas = atlas if added is None else added.atlas
    announced_before = set(state.announced)
    rows = atlas.rows_of_hashes([bytes.fromhex(name) for name in pending.hashes if name not in announced_before])
    news = describe_new(atlas, np.unique(rows[rows >= 0]), time=pending.time)
    notes = () if added is None else tuple(_due(added, _files_of(place, pending)))
    state = replace(_with_news(state, atlas, pending=pending, news=news, notes=notes), pending=None)
    write_state(place.folder, state)
    return Announced(state, atlas, news, notes)


def _due(added: Added, files: str) -> Iterator[str]:
    """files: that a new run has to read as well."""
    if added.drift is not None and added.drift.due:
        reasons = "; ".join(added.drift.reasons)
        yield f"A new run is due: {reasons}. Add {files} to the files of its config, and run it."


def _files_of(place: WatchContext, pending: Pending) -> str:
    """Where the papers announced are kept, as a config would name them."""
    return "the new files" if pending.incoming is None else f"those of {place.folder.name}/{FETCHED}"


def _with_news(
    state: WatchState, atlas: AtlasData, *, pending: Pending, news: News, notes: tuple[str, ...]
) -> WatchState:
    """The state with these papers announced."""
    if not news.entries:
        return state
    first = (datetime.strptime(pending.time, TIME) - timedelta(days=GROWTH_DAYS)).strftime(TIME)
    counts = (*(one for one in state.counts if one.time >= first), NewsCount(pending.time, counted(news.entries)))
    total = sum(sum(one.topics.values()) for one in counts)
    head = NewsHead(atlas.title, pending.time, pending.origin, pending.looked_at, total, notes)
    text = write_news(head, news, growing_topics(atlas, counts))
    return replace(state.with_entries(news.entries), counts=counts, news=LastNews(pending.time, text))
