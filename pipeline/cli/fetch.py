"""`paperatlas fetch`."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import show
from pipeline.errors import PaperatlasError

app = typer.Typer(
    help="Fetch records of papers from a public service; nothing else in this program asks the network.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Out = Annotated[Path, typer.Option("--out", help="JSONL file to write; an unfinished one is gone on with.")]
Most = Annotated[int, typer.Option("--max", min=1, max=1_000_000, help="Papers at most.")]
Mail = Annotated[str | None, typer.Option(help="Your mail address: services are kinder to those who give one.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Names = Annotated[str, typer.Option(help="Separated by commas, or a file with one a line.")]


@app.command()
def arxiv(
    query: Annotated[str, typer.Option(help='E.g. "all:federated AND cat:cs.LG".')] = "",
    ids: Names = "",
    out: Out = Path("arxiv.jsonl"),
    most: Most = 1000,
    mail: Mail = None,
    quiet: Quiet = False,
) -> None:
    """By a search of arXiv, or by ids."""
    _fetch("arxiv", query, ids, out, most=most, mail=mail, quiet=quiet)


@app.command()
def openalex(
    query: Annotated[str, typer.Option(help="Words to look for.")],
    out: Out = Path("openalex.jsonl"),
    most: Most = 1000,
    mail: Mail = None,
    quiet: Quiet = False,
) -> None:
    """By a search of OpenAlex."""
    _fetch("openalex", query, "", out, most=most, mail=mail, quiet=quiet)


@app.command()
def crossref(dois: Names, out: Out = Path("crossref.jsonl"), mail: Mail = None, quiet: Quiet = False) -> None:
    """By DOIs, from Crossref."""
    _fetch("crossref", "", dois, out, most=1_000_000, mail=mail, quiet=quiet)


@app.command()
def pubmed(
    query: Annotated[str, typer.Option(help="As in PubMed's search field.")],
    out: Out = Path("pubmed.jsonl"),
    most: Most = 1000,
    mail: Mail = None,
    quiet: Quiet = False,
) -> None:
    """By a search of PubMed, which gives at most 9,999."""
    _fetch("pubmed", query, "", out, most=most, mail=mail, quiet=quiet)


@app.command()
def semanticscholar(
    ids: Names, out: Out = Path("semanticscholar.jsonl"), mail: Mail = None, quiet: Quiet = False
) -> None:
    """By ids of Semantic Scholar, or DOI:..., ARXIV:..., PMID:..."""
    _fetch("semanticscholar", "", ids, out, most=1_000_000, mail=mail, quiet=quiet)


def _fetch(name: str, query: str, names: str, out: Path, *, most: int, mail: str | None, quiet: bool) -> None:
    from pipeline.cli.bars import progress_for
    from pipeline.fetch import fetch
    from pipeline.fetch.services import FetchRequest

    if query and names:
        raise PaperatlasError("give --query or --ids, not both")
    asked = FetchRequest(query, _names(names), most)
    found = fetch(name, asked, out, mail=mail, progress=progress_for(quiet=quiet))
    again = ", gone on from an earlier call" if found.resumed else ""
    show.line(f"{show.safe(str(found.file))}: {found.written:,} papers{again}")
    if found.missing:
        show.line(f"{found.missing:,} names are not known to {name}")


def _names(text: str) -> tuple[str, ...]:
    """Names from a text, or from the file that it names; each once."""
    path = Path(text)
    try:
        is_file = bool(text) and path.is_file()
    except OSError:  # too long to be the name of a file
        is_file = False
    parts = path.read_text(encoding="utf-8").split("\n") if is_file else text.split(",")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
