"""FetchRequest -> a JSONL file: result pages fetched one after another, each written before the next."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.config import secret
from pipeline.errors import PaperatlasError
from pipeline.fetch.client import Client
from pipeline.fetch.services import SERVICES, FetchRequest, Service
from pipeline.fetch.store import Store
from pipeline.progress import Progress, Silent


@dataclass(frozen=True)
class Fetched:
    """written: papers in the file. missing: identifiers that the service does not know. resumed: whether an
    interrupted download was continued.
    """

    file: Path
    written: int
    missing: int
    resumed: bool


def fetch(
    name: str,
    request: FetchRequest,
    file: Path,
    *,
    mail: str | None = None,
    progress: Progress | None = None,
    client: Client | None = None,
) -> Fetched:
    """Download the records into `file`. name: of a service; mail: contact address sent to it; client: replaces its own.

    Raises PaperatlasError where the file exists already, ServiceError where the service refuses or does not answer:
    the pages received so far are kept, and the same call continues from there.
    """
    service = SERVICES[name]
    if not request.query.strip() and not request.ids:
        raise PaperatlasError(f"{name}: nothing to ask for; give {' or '.join(service.accepts)}")
    client = client or _client(service, mail)
    # The keys stay as they are: notes beside an unfinished file hold them.
    store = Store(file, {"service": name, "query": request.query, "names": list(request.ids), "most": request.limit})
    resumed = store.open()
    total = len(request.ids) or request.limit
    with (progress or Silent()).stage("fetching", total) as advance:
        advance(store.written)
        for page in service.pages(client, request, store.state or {}):
            room = max(request.limit - store.written, 0)
            store.add(page.papers[:room], missing=len(page.missing), state=page.state)
            advance(len(page.papers[:room]))
            if store.written >= request.limit:
                break
    if not file.exists():
        store.add([], missing=0, state={})
    store.close()
    return Fetched(file, store.written, store.missing, resumed)


def _client(service: Service, mail: str | None) -> Client:
    contact = {service.mail_parameter: mail} if service.mail_parameter and mail else {}
    key = secret(service.key[1]) if service.key else None
    headers = {service.key[0]: key} if service.key and key else {}
    return Client(service.address, service.interval, {**service.parameters, **contact}, headers, mail)
