"""FetchRequest -> a JSONL file: result pages fetched one after another, each written before the next."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import PaperatlasError, ServiceError
from pipeline.fetch.client import Client
from pipeline.fetch.keys import read_key
from pipeline.fetch.pages import FetchRequest, Json, ResultPage, Service
from pipeline.fetch.services import SERVICES
from pipeline.fetch.store import Store
from pipeline.progress import Progress, Silent

MAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+")  # what an address needs, in the characters that a header may hold


@dataclass(frozen=True)
class Fetched:
    """written: papers in the file. missing: identifiers that the service does not know. resumed: whether an
    interrupted download was continued. matching: papers that the whole search finds, None where that is not known.
    """

    file: Path
    written: int
    missing: int
    resumed: bool
    matching: int | None = None


def fetch(
    name: str,
    request: FetchRequest,
    file: Path,
    *,
    mail: str | None = None,
    key_variable: str | None = None,
    progress: Progress | None = None,
    client: Client | None = None,
) -> Fetched:
    """Download the records into `file`, each once. name: of a service; mail: contact address sent to it;
    key_variable: environment variable that holds its key; client: replaces its own.

    Raises PaperatlasError where the file exists already or the key is not there, ServiceError where the service refuses
    or does not answer: the pages received so far are kept, and the same call continues from there.
    """
    service = SERVICES[name]
    _check(name, service, request, mail=mail)
    client = client or make_client(name, mail=mail, key_variable=key_variable)
    store = Store(file, _noted(name, request))
    resumed = store.open()
    seen = {service.identity(paper) for paper in store.papers()}
    matching: int | None = None
    total = len(request.ids) or (None if service.is_local else request.limit)
    with (progress or Silent()).stage("fetching", total) as advance:
        advance(store.written)
        for page in service.pages(client, request, store.state or {}):
            new = _new_papers(service, page, seen)
            if page.papers and not new and not request.ids and service.accepts:
                raise ServiceError(
                    f"{name}: sends only papers that it sent before; {file} holds {store.written:,}; run the same"
                    " command again later: it continues from here"
                )
            room = max(request.limit - store.written, 0)
            store.add(new[:room], missing=len(page.missing), state=page.state)
            advance(len(new[:room]))
            matching = page.matching
            if store.written >= request.limit:
                break
    if not file.exists():
        store.add([], missing=0, state={})
    store.close()
    return Fetched(file, store.written, store.missing, resumed, matching)


def _noted(name: str, request: FetchRequest) -> dict[str, object]:
    """What tells one download from another. Its keys stay as they are: notes beside an unfinished file hold them."""
    place = {"collection": request.collection, "group": request.group}
    noted = {"service": name, "query": request.query, "names": list(request.ids), "most": request.limit}
    return noted | {key: value for key, value in place.items() if value}


def _check(name: str, service: Service, request: FetchRequest, *, mail: str | None) -> None:
    """Raises PaperatlasError for what can be told to be wrong before the service is asked."""
    if service.accepts and not request.query.strip() and not request.ids:
        raise PaperatlasError(f"{name}: nothing to ask for; give {' or '.join(service.accepts)}")
    if len(request.ids) > request.limit:
        raise PaperatlasError(
            f"{name}: {len(request.ids):,} ids, and at most {request.limit:,} papers are to be downloaded; allow more,"
            " or give fewer ids"
        )
    if mail and not MAIL.fullmatch(mail):
        raise PaperatlasError(f"{mail!r}: no mail address")


def _new_papers(service: Service, page: ResultPage, seen: set[str]) -> Sequence[Json]:
    """The papers of a page that are not yet among those seen, where they are added."""
    new = []
    for paper in page.papers:
        identity = service.identity(paper)
        if identity not in seen:
            seen.add(identity)
            new.append(paper)
    return new


def make_client(name: str, *, mail: str | None = None, key_variable: str | None = None) -> Client:
    """The client of a service. Raises PaperatlasError for a key that is not there or not known."""
    service = SERVICES[name]
    key = read_key(name, service.key, key_variable)
    contact = {service.mail_parameter: mail} if service.mail_parameter and mail else {}
    interval = (service.key and key and service.key.interval) or service.interval
    return Client(
        service.address,
        interval,
        {**service.parameters, **contact},
        service.headers,
        mail=mail,
        key=key,
        rule=service.key,
        attempts=1 if service.is_local else None,
        direct=service.is_local,
    )
