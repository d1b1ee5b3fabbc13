"""What is watched, from a given day on -> the request for a service: its query with the day, in the service's terms.

The day is that on which a service got to know a paper, where it can be asked for that: arXiv's submission, PubMed's
Entrez date, Crossref's creation of the record. The others are asked by the day of publication: OpenAlex gives the day
of its record to paying users alone.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from pydantic import ConfigDict

from pipeline.errors import PaperatlasError
from pipeline.fetch import SERVICES, FetchRequest
from pipeline.fetch.client import Client
from pipeline.fetch.download import make_client

# Days before the last watch from which papers are asked for again: a paper can show up so much later than its day says.
OVERLAP_DAYS: Mapping[str, int] = {"arxiv": 14, "openalex": 60, "crossref": 7, "pubmed": 7, "semanticscholar": 60}
SEARCHED = tuple(name for name, service in SERVICES.items() if "query" in service.accepts)
ENDLESS_YEARS = 10  # arXiv wants a last day; one so far away stays the same while a download is continued


@dataclass(frozen=True)
class WatchRequest:
    """What a watch is asked for; None and no files where it is as at the last watch of the folder.

    since: day from which a query is asked for this time, instead of that of its last watch less the overlap.
    """

    service: str | None = None
    query: str | None = None
    files: tuple[str, ...] = ()
    limit: int | None = None
    mail: str | None = None
    key_variable: str | None = None
    since: date | None = None


@dataclass(frozen=True)
class WatchSource:
    """A query of a service, or files, folders and globs by their whole paths.

    limit: most papers of one watch. mail, key_variable: as for `fetch`; a key itself is never kept.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    service: str = ""
    query: str = ""
    files: tuple[str, ...] = ()
    limit: int = 1000
    mail: str | None = None
    key_variable: str | None = None

    def __str__(self) -> str:
        return f"{self.service}: {self.query}" if self.service else ", ".join(Path(name).name for name in self.files)

    def check(self) -> None:
        """Raises PaperatlasError for what cannot be watched."""
        require_text(self.query, *self.files)
        if bool(self.query) == bool(self.files):
            raise PaperatlasError("a watch needs either a query of a service or files")
        if self.files:
            return
        if self.service not in SERVICES:
            named = f"{self.service}: unknown service" if self.service else "a query needs its service"
            raise PaperatlasError(f"{named}; known: {', '.join(SEARCHED)}")
        if self.service not in SEARCHED:
            raise PaperatlasError(
                f"{self.service}: cannot be searched here; a query can be watched at {', '.join(SEARCHED)}"
            )

    def first_day(self, last: date) -> date:
        """The day to ask from, where the last watch was on that day."""
        return last - timedelta(days=OVERLAP_DAYS[self.service])

    def request(self, first_day: date) -> FetchRequest:
        """The request for papers of that day and later."""
        query = self.query
        if self.service == "arxiv":
            last_day = date(first_day.year + ENDLESS_YEARS, 12, 31)
            query = f"({query}) AND submittedDate:[{first_day:%Y%m%d}0000 TO {last_day:%Y%m%d}2359]"
        elif self.service == "pubmed":
            query = f'({query}) AND ("{first_day:%Y/%m/%d}"[edat] : "3000"[edat])'
        return FetchRequest(query, limit=self.limit)

    def client(self, first_day: date, client: Client | None) -> Client:
        """The service's client, which sends the day with every request where it is no part of the query.

        The oldest papers come first from arXiv, so that those which come in during a download are behind its place.
        """
        client = client or make_client(self.service, mail=self.mail, key_variable=self.key_variable)
        own = {
            "arxiv": {"sortBy": "submittedDate", "sortOrder": "ascending"},
            "openalex": {"filter": f"from_publication_date:{first_day}", "sort": "publication_date:desc"},
            "crossref": {"filter": f"from-created-date:{first_day}"},
            "semanticscholar": {"publicationDateOrYear": f"{first_day}:", "sort": "publicationDate:desc"},
        }.get(self.service, {})
        return replace(client, parameters={**client.parameters, **own})

    def names(self, first_day: date) -> tuple[str, str]:
        """What the names of downloads begin with: of all of this query, and of this very request."""
        query, asked = [self.service, self.query], [self.limit, first_day.isoformat()]
        of_query, of_request = (hashlib.sha256(json.dumps(one).encode()).hexdigest()[:12] for one in (query, asked))
        return f"part-{of_query}-", f"part-{of_query}-{of_request}-"


def require_text(*texts: str) -> None:
    """Raises PaperatlasError for a name or query that is no Unicode text, which no state could hold."""
    for text in texts:
        if text.encode(errors="replace").decode() != text:
            raise PaperatlasError(f"{text!r}: no UTF-8 text; rename the file, or write the query anew")


def source_of(request: WatchRequest, saved: WatchSource | None) -> WatchSource:
    """What is asked for, with what was saved in place of what is not said. Raises PaperatlasError."""
    if request.files and (request.query or request.service):
        raise PaperatlasError("a watch takes a query of a service or files, not both; use a folder for each")
    if request.query is not None and not request.query.strip():
        raise PaperatlasError("an empty query; leave it out to repeat the last one")
    before = saved or WatchSource()
    if request.files:
        source = WatchSource(files=tuple(os.path.abspath(name) for name in request.files))  # noqa: PTH100 - keeps globs
    elif request.query or request.service:
        source = WatchSource(request.service or before.service, request.query or before.query)
    elif saved is None:
        raise PaperatlasError("nothing was watched here before; a query and its service are needed, or files")
    else:
        source = saved
    if source.service == before.service:
        source = replace(source, limit=before.limit, mail=before.mail, key_variable=before.key_variable)
    source = replace(
        source,
        limit=source.limit if request.limit is None else request.limit,
        mail=source.mail if request.mail is None else request.mail,
        key_variable=source.key_variable if request.key_variable is None else request.key_variable,
    )
    source.check()
    return source
