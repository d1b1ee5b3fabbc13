"""State, what is watched -> the state with the papers pending that the run does not have yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pipeline.adding.new_papers import read_new
from pipeline.atlas import AtlasData
from pipeline.corpus import find_sources, read_papers
from pipeline.errors import CorpusError
from pipeline.watch.new_records import changed_files, download
from pipeline.watch.watch_context import WatchContext
from pipeline.watch.watch_files import stamp
from pipeline.watch.watch_folder import FETCHED
from pipeline.watch.watch_source import WatchRequest
from pipeline.watch.watch_state import TIME, Pending, WatchState, write_state

CUT_OFF = (
    "more than {papers:,} papers match since {day}; only these were looked at, and the next watch asks from that day"
    " again: allow more papers, or narrow the query"
)


@dataclass(frozen=True)
class Looked:
    """The state after looking, with new papers pending where there are any. looked_at, since, notes: as in Watched."""

    state: WatchState
    looked_at: int = 0
    since: date | None = None
    notes: tuple[str, ...] = ()


def look(place: WatchContext, state: WatchState, atlas: AtlasData, *, request: WatchRequest, now: datetime) -> Looked:
    """Fetches, or finds changed files, and writes down which of their papers are new, and until when was looked."""
    assert state.source is not None
    if state.source.files:
        changed = changed_files(state.source, state.seen, outside=(place.folder.resolve(), place.run))
        readable, notes = _that_can_be_read(changed, atlas, named=state.source.files)
        looked = Looked(replace(state, seen={**state.seen, **changed}), notes=notes)
        return _note_new(place, looked, atlas, files=readable, now=now)
    last = state.since.get(str(state.source)) or date.fromisoformat(atlas.manifest.finished[:10])
    first_day = request.since or state.source.first_day(last)
    (place.folder / FETCHED).mkdir(exist_ok=True)
    downloaded = download(
        state.source, place.folder, first_day=first_day, today=now.date(), client=place.client, progress=place.progress
    )
    if downloaded.cut_off:
        looked = Looked(state, since=first_day, notes=(CUT_OFF.format(papers=downloaded.papers, day=first_day),))
    else:
        since = {**state.since, str(state.source): downloaded.began}
        looked = Looked(replace(state, since=since), since=first_day)
    files = (str(downloaded.file.relative_to(place.folder)),) if downloaded.papers else ()
    noted = _note_new(place, looked, atlas, files=files, now=now)
    if noted.state.pending is None:
        downloaded.file.unlink()
    return noted


def _that_can_be_read(
    files: Iterable[str], atlas: AtlasData, *, named: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those files that can be read, and a note on each other, which is left alone until it changes.

    Raises CorpusError for one that is watched by its name, not as part of a folder or glob.
    """
    readable, notes = [], []
    for file in files:
        try:
            for _ in read_papers(find_sources([file], Path()), atlas.manifest.config.corpus):
                pass
            readable.append(file)
        except CorpusError as problem:
            if file in named:
                raise
            notes.append(f"skipped, until it changes: {problem}")
    return tuple(readable), tuple(notes)


def _note_new(
    place: WatchContext, looked: Looked, atlas: AtlasData, *, files: tuple[str, ...], now: datetime
) -> Looked:
    """Writes the state, with those papers of the files pending that the run does not have. files: from the folder."""
    state = looked.state
    if not files:
        write_state(place.folder, state)
        return looked
    new = read_new(atlas, [str(place.folder / name) for name in files])
    tables = new.corpus.tables
    looked = replace(looked, looked_at=tables.read)
    if len(new.corpus):
        time = _after(state, now)
        hashes = tuple(row.tobytes().hex() for row in new.corpus.hash_array)
        incoming = None if state.source is None or state.source.files else files[0]
        if incoming is not None and state.source is not None:
            files = (f"{FETCHED}/{state.source.service}-{stamp(time)}.jsonl",)
        state = replace(state, pending=Pending(time, files, hashes, tables.read, str(state.source), incoming))
    write_state(place.folder, state)
    return replace(looked, state=state)


def _after(state: WatchState, now: datetime) -> str:
    """The time of a watch: now, or a second after the last news, whatever the clock says."""
    last = state.entries[0].time if state.entries else ""
    if state.news is not None:
        last = max(last, state.news.time)
    following = datetime.strptime(last, TIME).replace(tzinfo=UTC) + timedelta(seconds=1) if last else now
    return max(now, following).strftime(TIME)
