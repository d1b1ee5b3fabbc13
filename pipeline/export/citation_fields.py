"""Paper -> the citation fields that reference managers know, whatever its source called them."""

from collections.abc import Mapping

from pipeline.corpus.fields import plain_text
from pipeline.corpus.identifiers import identify, plain_name

Paper = Mapping[str, object]  # all columns of one paper, by name

# BibTeX's name of each field -> what sources call it, compared without case, spaces, '-' and '_'.
SOURCE_NAMES: Mapping[str, tuple[str, ...]] = {
    "journal": ("journal", "journaltitle", "journalname", "venue", "containertitle", "publicationtitle"),
    "booktitle": ("booktitle",),
    "volume": ("volume",),
    "number": ("number", "issue"),
    "pages": ("pages",),
    "publisher": ("publisher",),
    "keywords": ("keywords",),
    "isbn": ("isbn",),
    "issn": ("issn",),
}


def citation_fields(paper: Paper) -> dict[str, str]:
    """The fields that have a value, as text, by BibTeX's names; without id, title, authors, year and abstract."""
    columns = {plain_name(name): value for name, value in paper.items() if value not in (None, "", [])}
    fields: dict[str, str] = {}
    for field, names in SOURCE_NAMES.items():
        value = next((columns[name] for name in names if name in columns), None)
        if value is not None:
            fields[field] = ", ".join(map(str, value)) if isinstance(value, list | tuple) else plain_text(value) or ""
    if "startpage" in columns and "pages" not in fields:
        fields["pages"] = "--".join(str(columns[name]) for name in ("startpage", "endpage") if name in columns)
    identifiers = identify(paper)
    fields |= {"doi": identifiers.dois[0]} if identifiers.dois else {}
    fields |= {"eprint": identifiers.arxiv[0]} if identifiers.arxiv else {}
    return fields | ({"url": identifiers.addresses[0]} if identifiers.addresses else {})


def text_of(paper: Paper, column: str) -> str:
    """A column as text, "" where it has no value."""
    return str(paper.get(column) or "")


def authors_of(paper: Paper) -> list[str]:
    """The authors' names, in their order."""
    names = paper.get("authors")
    return [str(name) for name in names] if isinstance(names, list | tuple) else []
