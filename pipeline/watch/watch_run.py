"""Run, what is watched -> the new papers in the run, in feeds and in news.md.

The state says what comes next. New papers are written down there before they are added, and announced in the same
write that forgets that they were pending; feeds and news are made of the state alone. So a watch that is stopped at any
moment is continued by the next, and each paper is announced once.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.atlas import AtlasData, load_atlas
from pipeline.errors import PaperatlasError
from pipeline.fetch.client import Client
from pipeline.progress import Progress
from pipeline.watch.announce_pending import Announced, announce_pending
from pipeline.watch.look_for_new import look
from pipeline.watch.news_text import by_topic
from pipeline.watch.watch_context import WatchContext
from pipeline.watch.watch_files import write_files
from pipeline.watch.watch_folder import only_watch, require_own, watch_folder
from pipeline.watch.watch_source import WatchRequest, source_of
from pipeline.watch.watch_state import NOISE, TIME, WatchState, read_state, write_state


@dataclass(frozen=True)
class Watched:
    """What a watch did. new: papers announced; versions: new records of papers known; looked_at: papers that came.

    by_topic: (label, papers announced), the most first, None for papers between topics. since: day from which a query
    was asked, None for files. notes: what the user should know, in sentences.
    """

    folder: Path
    origin: str
    new: int = 0
    versions: int = 0
    looked_at: int = 0
    by_topic: tuple[tuple[str | None, int], ...] = ()
    since: date | None = None
    notes: tuple[str, ...] = ()


def watch(
    run: Path,
    request: WatchRequest,
    *,
    now: datetime,
    folder: Path | None = None,
    client: Client | None = None,
    progress: Progress | None = None,
) -> Watched:
    """Add what is new to the run folder, and announce it in the watch folder, the one beside the run unless another is
    named.

    now: the time of this watch. Raises PaperatlasError for what the user can mend, BusyError where another watch holds
    the folder or another run the run folder, ServiceError where the service does not answer: the next watch goes on.
    """
    place = WatchContext(run.resolve(), folder or watch_folder(run), client, progress)
    require_own(place.folder, place.run)
    with only_watch(place.folder):
        return _watch(place, request, now.astimezone(UTC).replace(microsecond=0))


def _watch(place: WatchContext, request: WatchRequest, now: datetime) -> Watched:
    atlas = load_atlas(place.run)
    state = _state_of(place, atlas, now)
    source = source_of(request, state.source)
    state = replace(state, source=source)
    write_state(place.folder, state)
    announced: list[Announced] = []
    looked_at_before = 0
    if state.pending is not None:
        looked_at_before = state.pending.looked_at
        announced.append(announce_pending(place, state, atlas, interrupted=True))
        state, atlas = announced[0].state, announced[0].atlas
    write_files(place.folder, state, atlas)
    looked = look(place, state, atlas, request=request, now=now)
    state = looked.state
    if state.pending is not None:
        announced.append(announce_pending(place, state, atlas))
        state, atlas = announced[-1].state, announced[-1].atlas
        write_files(place.folder, state, atlas)
    entries = [entry for one in announced for entry in one.news.entries]
    return Watched(
        folder=place.folder,
        origin=str(source),
        new=len(entries),
        versions=sum(len(one.news.versions) for one in announced),
        looked_at=max(looked.looked_at, looked_at_before),
        by_topic=tuple((None if topic == NOISE else group[0].label, len(group)) for topic, group in by_topic(entries)),
        since=looked.since,
        notes=(*looked.notes, *(note for one in announced for note in one.notes)),
    )


def _state_of(place: WatchContext, atlas: AtlasData, now: datetime) -> WatchState:
    """The state of the folder, or a new one; entries of a run that was made anew are put under its topics."""
    if atlas.manifest.embedding.backend == "vectors":
        raise PaperatlasError(f"{atlas.manifest.name}: made from your own vectors; new papers cannot be added to it")
    state = read_state(place.folder)
    name, finished = atlas.manifest.name, atlas.manifest.finished
    if state is None:
        return WatchState(name, now.strftime(TIME), finished)
    if state.run != name:
        raise PaperatlasError(f"{place.folder}: the watch of another run, {state.run}; name another folder")
    if state.run_finished == finished:
        return state
    entries = []
    for entry in state.entries:
        row = atlas.ids.find(entry.id)
        if row is None:
            entries.append(replace(entry, topic=NOISE))
            continue
        topic, nearest = (int(atlas.column(column)[row].as_py()) for column in ("topic", "nearest_topic"))
        entries.append(replace(entry, topic=topic, nearest=nearest, label=atlas.topic(nearest).label))
    return replace(state, run_finished=finished, entries=tuple(entries), counts=())
