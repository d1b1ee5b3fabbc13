"""WatchSource, what was seen -> files whose papers have not been looked at: a download, or files that have changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.corpus.file_search import find_files
from pipeline.errors import CorpusError
from pipeline.fetch import Fetched, FetchRequest, fetch
from pipeline.fetch.client import Client, RefusedError
from pipeline.fetch.pubmed_pages import MOST
from pipeline.progress import Progress
from pipeline.watch.watch_folder import FETCHED
from pipeline.watch.watch_source import WatchSource, require_text
from pipeline.watch.watch_state import SeenFile

GONE = (400, 404, 410)  # statuses of a service that does not know any more where a download stopped
MOST_FOUND: Mapping[str, int] = {"pubmed": MOST}  # papers that one search gives at most
NOTES = ".part"  # with which `fetch` names its notes on an unfinished download


@dataclass(frozen=True)
class Download:
    """A complete one. began: its first day; papers: in it; cut_off: whether more may match than a watch takes."""

    file: Path
    began: date
    papers: int
    cut_off: bool


def download(
    source: WatchSource,
    folder: Path,
    *,
    first_day: date,
    today: date,
    client: Client | None = None,
    progress: Progress | None = None,
) -> Download:
    """The papers of a query since a day, in a file under fetched/; one that was interrupted is continued.

    Raises ServiceError where the service refuses or does not answer: what came so far is kept.
    """
    request, (of_query, begin) = source.request(first_day), source.names(first_day)
    file = _begun(folder / FETCHED, begin) or folder / FETCHED / f"{begin}{today}.jsonl"
    for other in (folder / FETCHED).glob(f"{of_query}*"):
        if other.name.removesuffix(NOTES) != file.name:  # its papers are asked for again
            other.unlink()
    began = date.fromisoformat(file.stem.removeprefix(begin))
    fetched: Fetched | None = None
    if _is_unfinished(file) or not file.exists():
        fetched = _fetch(source, request, file, client=source.client(first_day, client), progress=progress)
    with file.open("rb") as lines:
        papers = sum(1 for _ in lines)
    looked_up = papers + (fetched.missing if fetched else 0)
    most = min(source.limit, MOST_FOUND.get(source.service, source.limit))
    return Download(file, began, papers, looked_up >= most and (fetched is None or fetched.matching != looked_up))


def _fetch(
    source: WatchSource, request: FetchRequest, file: Path, *, client: Client, progress: Progress | None
) -> Fetched:
    """A download that the service cannot continue is begun again."""
    continued = _is_unfinished(file)
    try:
        return fetch(source.service, request, file, mail=source.mail, progress=progress, client=client)
    except RefusedError as problem:
        if not continued or problem.status not in GONE:
            raise
    _remove(file)
    return fetch(source.service, request, file, mail=source.mail, progress=progress, client=client)


def _begun(folder: Path, begin: str) -> Path | None:
    """The download whose name begins so, unfinished or complete."""
    names = sorted(path.name.removesuffix(NOTES) for path in folder.glob(f"{begin}*"))
    return folder / names[0] if names else None


def _is_unfinished(file: Path) -> bool:
    return file.with_name(file.name + NOTES).exists()


def _remove(file: Path) -> None:
    for path in (file, file.with_name(file.name + NOTES)):
        path.unlink(missing_ok=True)


def changed_files(source: WatchSource, seen: Mapping[str, SeenFile], *, outside: Sequence[Path]) -> dict[str, SeenFile]:
    """Files that are new or have changed, by path, and how they are now. outside: folders that are left out: feeds are
    files of papers, too.

    A folder or glob without files, or an empty file in it, is one to which nothing has come yet. Raises CorpusError for
    a file that is missing.
    """
    current: dict[str, SeenFile] = {}
    for pattern in source.files:
        try:
            paths = find_files([pattern], Path())
        except CorpusError:
            if not Path(pattern).is_dir() and not any(sign in pattern for sign in "*?["):
                raise
            continue
        for path in paths:
            if any(folder in path.resolve().parents for folder in outside):
                continue
            status = path.stat()
            if not status.st_size and str(path) != pattern:  # nothing has come into it yet
                continue
            current[str(path)] = SeenFile(status.st_size, status.st_mtime_ns)
    require_text(*current)
    return {path: now for path, now in current.items() if seen.get(path) != now}
