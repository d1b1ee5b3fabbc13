"""A question to a service -> Fetched: pages asked for one after another, each written before the next."""

from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.config import secret
from pipeline.errors import PaperatlasError
from pipeline.fetch.client import Client
from pipeline.fetch.services import SERVICES, FetchRequest
from pipeline.fetch.store import Store
from pipeline.progress import Progress, Silent


@dataclass(frozen=True)
class Fetched:
    """written: papers in the file. missing: names that the service does not know. resumed: an earlier call went
    before.
    """

    file: Path
    written: int
    missing: int
    resumed: bool


def fetch(
    name: str,
    asked: FetchRequest,
    file: Path,
    *,
    mail: str | None = None,
    progress: Progress | None = None,
    client: Client | None = None,
) -> Fetched:
    """name: of a service. mail: told to the service, as most ask for. client: in place of the service's own.

    Raises PaperatlasError for a file that is there already, ServiceError where the service refuses or stays silent;
    what came before is kept, and the same call goes on from there.
    """
    service = SERVICES[name]
    if not asked.query.strip() and not asked.names:
        raise PaperatlasError(f"{name}: nothing to ask for; give {' or '.join(service.by)}")
    if client is None:
        polite = {service.mail_parameter: mail} if service.mail_parameter and mail else {}
        key = secret(service.key[1]) if service.key else None
        headers = {service.key[0]: key} if service.key and key else {}
        client = Client(service.address, service.interval, {**service.always, **polite}, headers, mail)
    store = Store(file, {"service": name, **asdict(asked)})
    resumed = store.open()
    total = len(asked.names) or asked.most
    with (progress or Silent()).stage("fetching", total) as advance:
        advance(store.written)
        for page in service.pages(client, asked, store.state or {}):
            room = max(asked.most - store.written, 0)
            store.add(page.papers[:room], len(page.missing), page.state)
            advance(len(page.papers[:room]))
            if store.written >= asked.most:
                break
    if not file.exists():
        store.add([], 0, {})
    store.close()
    return Fetched(file, store.written, store.missing, resumed)
