"""`paperatlas fetch`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Quiet, ZoteroPort, examples
from pipeline.errors import PaperatlasError

if TYPE_CHECKING:
    from pipeline.fetch import FetchRequest
    from pipeline.fetch.client import Client

app = typer.Typer(
    help=(
        "Download records of papers from a service or from Zotero.\n\n"
        "The same command continues an interrupted download."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="JSONL file to write.")]
Limit = Annotated[
    int, typer.Option("--max", metavar="N", min=1, max=1_000_000, help="Largest number of papers to download.")
]
IdLimit = Annotated[
    int | None,
    typer.Option(
        "--max",
        metavar="N",
        min=1,
        max=1_000_000,
        help="Largest number of papers to download.",
        show_default="1000 of a search, all ids",
    ),
]
Mail = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Your mail address, sent to the service as its rules ask.")
]
KeyVariable = Annotated[
    str | None,
    typer.Option(
        "--key-variable", metavar="NAME", help="Environment variable that holds your key of the service; never printed."
    ),
]
Ids = Annotated[str, typer.Option(metavar="IDS", help="Ids separated by commas, or a file with one per line.")]
Dois = Annotated[str, typer.Option(metavar="DOIS", help="DOIs separated by commas, or a file with one per line.")]
MAX_IDS = 1_000_000
SEARCHED = 1000  # papers of a search, where no other number is given
LISTS = (".txt", ".csv", ".tsv", ".list", ".ids")  # names of files, and of nothing that a service knows


@dataclass(frozen=True)
class _Sending:
    """What is sent beside the request, whether progress is shown, and by what it is sent where not by the usual."""

    mail: str | None
    key_variable: str | None
    quiet: bool
    client: "Client | None" = None


@app.command(
    epilog=examples(
        "fetch arxiv --query 'all:federated AND cat:cs.LG' --max 500", "fetch arxiv --ids 2101.00001,1706.03762"
    )
)
def arxiv(
    *,
    query: Annotated[
        str, typer.Option(metavar="QUERY", help='Query as arXiv takes it, e.g. "all:federated AND cat:cs.LG".')
    ] = "",
    ids: Ids = "",
    out: Out = Path("arxiv.jsonl"),
    limit: Limit = 1000,
    mail: Mail = None,
    key_variable: KeyVariable = None,
    quiet: Quiet = False,
) -> None:
    """Search arXiv, or fetch papers by arXiv id."""
    from pipeline.fetch import FetchRequest

    if query and ids:
        raise PaperatlasError("give --query or --ids, not both")
    _fetch("arxiv", FetchRequest(query, _split(ids), limit), out, sending=_Sending(mail, key_variable, quiet))


@app.command(
    epilog=examples("fetch openalex --query 'federated learning' --key-variable OPENALEX_KEY --out papers.jsonl")
)
def openalex(
    *,
    query: Annotated[str, typer.Option(metavar="WORDS", help="Words to search for.")],
    out: Out = Path("openalex.jsonl"),
    limit: Limit = 1000,
    mail: Mail = None,
    key_variable: KeyVariable = None,
    quiet: Quiet = False,
) -> None:
    """Search OpenAlex, with a free key.

    One is at https://openalex.org/settings/api; without it OpenAlex answers only a few requests a day.
    """
    from pipeline.fetch import FetchRequest

    _fetch("openalex", FetchRequest(query, limit=limit), out, sending=_Sending(mail, key_variable, quiet))


@app.command(
    epilog=examples("fetch crossref --dois dois.txt", "fetch crossref --query 'glacier mass balance' --max 200")
)
def crossref(
    *,
    dois: Dois = "",
    query: Annotated[
        str, typer.Option(metavar="WORDS", help="Words that title, journal or abstract all must have.")
    ] = "",
    out: Out = Path("crossref.jsonl"),
    limit: IdLimit = None,
    mail: Mail = None,
    key_variable: KeyVariable = None,
    quiet: Quiet = False,
) -> None:
    """Fetch papers by DOI from Crossref, or search it."""
    _fetch(
        "crossref", _either(query, dois, option="--dois", limit=limit), out, sending=_Sending(mail, key_variable, quiet)
    )


@app.command(epilog=examples("fetch pubmed --query 'federated learning[Title]'"))
def pubmed(
    *,
    query: Annotated[str, typer.Option(metavar="QUERY", help="Query as in PubMed's search field.")],
    out: Out = Path("pubmed.jsonl"),
    limit: Limit = 1000,
    mail: Mail = None,
    key_variable: KeyVariable = None,
    quiet: Quiet = False,
) -> None:
    """Search PubMed, which returns at most 9,999 papers."""
    from pipeline.fetch import FetchRequest

    _fetch("pubmed", FetchRequest(query, limit=limit), out, sending=_Sending(mail, key_variable, quiet))


@app.command(
    epilog=examples(
        "fetch semanticscholar --ids DOI:10.1038/nature14539,ARXIV:1706.03762",
        "fetch semanticscholar --query 'glacier \"mass balance\"' --max 200",
    )
)
def semanticscholar(
    *,
    ids: Ids = "",
    query: Annotated[
        str, typer.Option(metavar="QUERY", help="Words that must occur; | is or, - is not, quotes hold a phrase.")
    ] = "",
    out: Out = Path("semanticscholar.jsonl"),
    limit: IdLimit = None,
    mail: Mail = None,
    key_variable: KeyVariable = None,
    quiet: Quiet = False,
) -> None:
    """Fetch papers by id from Semantic Scholar, or search it.

    Ids may be those of Semantic Scholar, or DOI:..., ARXIV:... and PMID:... What papers cite comes with ids alone.
    """
    _fetch(
        "semanticscholar",
        _either(query, ids, option="--ids", limit=limit),
        out,
        sending=_Sending(mail, key_variable, quiet),
    )


@app.command(
    epilog=examples("fetch zotero --out library.jsonl", "fetch zotero --collection 'Reviews / Ice' --out ice.jsonl")
)
def zotero(
    *,
    collection: Annotated[
        str,
        typer.Option(metavar="NAME", help='Only this collection and those inside it; a name, or "Reviews / Ice".'),
    ] = "",
    group: Annotated[str, typer.Option(metavar="ID", help="A group's library: its number or name.")] = "",
    out: Out = Path("zotero.jsonl"),
    limit: Limit = MAX_IDS,
    port: ZoteroPort = 23119,
    quiet: Quiet = False,
) -> None:
    """Read your library from Zotero while it runs.

    It is asked on this machine, and nothing leaves it. Collections and tags become columns; notes and attachments are
    left out. Zotero 7 or later; in its settings, under Advanced, allow other applications to communicate with it.
    """
    from dataclasses import replace

    from pipeline.fetch import FetchRequest, make_client
    from pipeline.fetch.zotero_pages import local_address

    request = FetchRequest(limit=limit, collection=collection.strip(), group=group.strip())
    client = replace(make_client("zotero"), address=local_address(port))
    _fetch("zotero", request, out, sending=_Sending(None, None, quiet, client))


def _fetch(name: str, request: "FetchRequest", out: Path, *, sending: _Sending) -> None:
    from pipeline.cli.bars import progress_for
    from pipeline.fetch import KeyWantedError, fetch

    progress = progress_for(quiet=sending.quiet)
    try:
        fetched = fetch(
            name,
            request,
            out,
            mail=sending.mail,
            key_variable=sending.key_variable,
            progress=progress,
            client=sending.client,
        )
    except KeyWantedError as problem:
        raise PaperatlasError(f"{problem} (--key-variable NAME sends the key in an environment variable)") from None
    of_all = ""
    if fetched.matching is not None and fetched.matching > fetched.written:
        of_all = f" of {fetched.matching:,} that match"
    resumed = ", continued from an earlier call" if fetched.resumed else ""
    show.line(f"{show.safe(str(fetched.file))}: {show.count(fetched.written, 'paper')}{of_all}{resumed}")
    if fetched.missing:
        show.line(f"{show.count(fetched.missing, 'id')} not known to {name}")


def _either(query: str, ids: str, *, option: str, limit: int | None) -> "FetchRequest":
    """A search, or identifiers, of which all are downloaded unless a limit is given."""
    from pipeline.fetch import FetchRequest

    if query and ids:
        raise PaperatlasError(f"give --query or {option}, not both")
    return FetchRequest(query, _split(ids), limit or (SEARCHED if query else MAX_IDS))


def _split(text: str) -> tuple[str, ...]:
    """Ids from a text, or from the file that it names; each once."""
    path = Path(text)
    try:
        is_file = bool(text) and path.is_file()
    except (OSError, ValueError):  # too long for the name of a file, or no name at all
        is_file = False
    if not is_file and text.lower().endswith(LISTS):
        raise PaperatlasError(f"{text}: no such file")
    parts = _read_lines(path) if is_file else text.split(",")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise PaperatlasError(f"{path}: no text in UTF-8; save the list of ids as plain text") from None
    except OSError as problem:
        raise PaperatlasError(f"{path}: cannot be read: {problem.strerror}") from None
