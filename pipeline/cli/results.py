"""Recommended papers -> the terminal, as a table, with reasons, or as JSON, CSV, BibTeX or RIS."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.cli import show
from pipeline.errors import PaperatlasError

if TYPE_CHECKING:
    from pipeline.atlas import AtlasData
    from pipeline.recommender import Recommended

CSV_COLUMNS = ("rank", "similarity", "id", "title", "year", "topic", "label")
COLUMNS = [("rank", "right"), ("cosine", "right"), ("id", "left"), ("title", "fold"), ("topic", "fold")]

Explain = Annotated[
    bool,
    typer.Option("--explain", help="Show the reasons: similarities, shared words and references, closest sentences."),
]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
Format = Annotated[
    Literal["bibtex", "ris"] | None, typer.Option("--format", help="Print references, as BibTeX or RIS.")
]


def form_of(*, as_json: bool, as_csv: bool, references: str | None, explain: bool) -> str:
    """The form of the output: "json", "csv", "bibtex", "ris", "reasons" or "table". Raises PaperatlasError for two."""
    requested = [name for name, on in (("json", as_json), ("csv", as_csv), (references, references)) if on]
    if len(requested) > 1:
        raise PaperatlasError(f"{' and '.join(map(str, requested))}: choose one form of output")
    return str(requested[0]) if requested else "reasons" if explain else "table"


def print_results(atlas: "AtlasData", results: Sequence["Recommended"], form: str, *, whole: object) -> None:
    """Print recommended papers in one form. whole: what is printed as JSON."""
    if form == "json":
        show.print_json(whole)
    elif form == "csv":
        show.print_csv([{name: getattr(result, name) for name in CSV_COLUMNS} for result in results], CSV_COLUMNS)
    elif form in ("bibtex", "ris"):
        from pipeline.export import REFERENCE_WRITERS

        show.print_text(REFERENCE_WRITERS[form](atlas.paper(atlas.ids.row(result.id)) for result in results))
    elif form == "reasons":
        _show_reasons(results)
    else:
        _show_table(atlas, results)


def _show_table(atlas: "AtlasData", results: Sequence["Recommended"]) -> None:
    show.table(
        COLUMNS,
        [
            (
                result.rank,
                f"{result.similarity:.3f}",
                result.id,
                show.Linked(result.title, _address(atlas, result.id)),
                result.label,
            )
            for result in results
        ],
    )


def _address(atlas: "AtlasData", paper: str) -> str | None:
    """The web address of a paper; None without one, and where the output is no terminal that could link to it."""
    if not show.console().is_terminal:
        return None
    links = atlas.links(atlas.ids.row(paper))
    return links[0].address if links else None


def _show_reasons(results: Sequence["Recommended"]) -> None:
    for result in results:
        show.line(show.safe(f"{result.rank}. {result.title} ({result.id})"))
        for reason in _reasons(result):
            show.line("   " + show.safe(reason))


def _reasons(result: "Recommended") -> Iterator[str]:
    parts, reasons = result.parts, result.reasons
    named = {"dense": "embeddings", "lexical": "words", "sentences": "sentences"}
    values = {name: getattr(parts, name) for name in named}
    cosines = ", ".join(
        f"{named[name]} {value:.3f} (rank {reasons.ranks[name]})" for name, value in values.items() if value is not None
    )
    topics = f", {reasons.topics}" if reasons.topics else ""
    yield f"cosine of {cosines}; topic: {result.label}{topics}"
    if reasons.shared_terms:
        yield f"shared words: {', '.join(reasons.shared_terms)}"
    if reasons.references is not None:
        rank = reasons.ranks.get("references")
        alike = f" ({parts.references:.2f}, rank {rank})" if rank and parts.references is not None else ""
        yield f"references{alike}: {reasons.references}"
    if pair := reasons.sentences:
        yield f"closest sentences ({pair.similarity:.2f}): {pair.query}"
        yield f"                          {pair.paper}"
