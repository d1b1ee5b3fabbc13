"""Paper -> the citation fields that reference managers know, whatever its source called them; and its other columns."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.corpus.adapters.names import given_name_first
from pipeline.corpus.cited_references import COLUMN as REFERENCES
from pipeline.corpus.extras import RESERVED
from pipeline.corpus.fields import plain_text
from pipeline.corpus.identifiers import Identifiers, identify, plain_name

Paper = Mapping[str, object]  # all columns of one paper, by name

# BibTeX's name of each field -> what sources call it, compared without case, spaces, '-' and '_'.
SOURCE_NAMES: Mapping[str, tuple[str, ...]] = {
    "journal": ("journal", "journaltitle", "journalname", "venue", "containertitle", "publicationtitle"),
    "booktitle": ("booktitle",),
    "volume": ("volume",),
    "number": ("number", "issue"),
    "pages": ("pages",),
    "publisher": ("publisher",),
    "keywords": ("keywords", "tags"),
    "isbn": ("isbn",),
    "issn": ("issn",),
    "eprint": ("eprint",),
    "url": ("url", "urls"),
}
SEPARATORS: Mapping[str, str] = {"url": " "}
# What a run adds to the columns of its papers, and what each writer writes by itself.
NOT_OTHERS = RESERVED | {"topic_label", REFERENCES}
JSON_OBJECT = re.compile(r"\{\s*\"|\[\s*[\[{]")
NUL = "\0"


@dataclass(frozen=True)
class Citation:
    """fields: those that have a value, as text, by BibTeX's names; without id, title, authors, year and abstract.

    used: the columns that they came from. identifiers: all of the paper's.
    """

    fields: Mapping[str, str]
    used: frozenset[str]
    identifiers: Identifiers


def cite(paper: Paper) -> Citation:
    """The citation fields of a paper. A DOI keeps its capitals where its own column has it."""
    columns = {plain_name(name): name for name in reversed(list(paper)) if paper[name] not in (None, "", [])}
    if not columns.keys().isdisjoint(("booktitle", "eventtitle")):  # BibLaTeX's venue is a place
        columns.pop("venue", None)
    fields: dict[str, str] = {}
    used: set[str] = {columns[name] for name in ("doi",) if name in columns}
    for field, names in SOURCE_NAMES.items():
        column = next((columns[name] for name in names if name in columns), None)
        if column is not None and (text := _joined(paper[column], SEPARATORS.get(field, ", "))):
            fields[field] = text
            used.add(column)
    if "startpage" in columns and "pages" not in fields:
        ends = [columns[name] for name in ("startpage", "endpage") if name in columns]
        fields["pages"] = "--".join(str(paper[name]) for name in ends)
        used.update(ends)
    identifiers = identify(paper)
    written = plain_text(paper[columns["doi"]]) if "doi" in columns else ""
    fields |= {"doi": doi} if (doi := _doi(written or "", identifiers)) else {}
    if "url" not in fields and identifiers.addresses:
        fields["url"] = identifiers.addresses[0]
    return Citation(fields, frozenset(used), identifiers)


def _joined(value: object, separator: str) -> str:
    return separator.join(map(str, value)) if isinstance(value, list | tuple) else plain_text(value) or ""


def _doi(written: str, identifiers: Identifiers) -> str:
    """The DOI as its column writes it, without the address of a resolver; else the first that was found elsewhere."""
    found = [*identifiers.dois, *(f"10.48550/arxiv.{name}" for name in identifiers.arxiv)]
    place = next((start for doi in found if (start := written.lower().find(doi)) >= 0), -1)
    if place >= 0:
        return written[place:].split()[0].rstrip(".,;")
    return written if written.startswith("10.") else next(iter(identifiers.dois), written)


def other_columns(paper: Paper, used: frozenset[str]) -> dict[str, object]:
    """The columns of a paper that are in no citation field and that no run added: texts, numbers, lists of texts.

    Objects have no place in the formats of reference managers and are left out.
    """
    others = {name: value for name, value in paper.items() if name not in used and name not in NOT_OTHERS}
    return {name: value for name, value in others.items() if _is_plain(value)}


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(part, str) for part in value)
    if isinstance(value, str):
        return value != "" and JSON_OBJECT.match(value) is None
    return isinstance(value, int | float)


def plain(value: object) -> str:
    """A value of such a column as text, the parts of a list joined by semicolons."""
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else plain_text(value) or str(value)


def cited_by(paper: Paper) -> list[str]:
    """The references of a paper, as its source wrote them."""
    references = paper.get(REFERENCES)
    if not isinstance(references, list | tuple):
        return []
    texts = [one.get("raw") if isinstance(one, Mapping) else one for one in references]
    return [str(text) for text in texts if text]


def listed_values(value: object) -> list[str]:
    """The parts of a list, or of a text with semicolons, or else commas, between them.

    >>> listed_values(["Ice, Sea", "snow"]), listed_values("ice; snow"), listed_values(None)
    (['Ice, Sea', 'snow'], ['ice', 'snow'], [])
    """
    if isinstance(value, list | tuple):
        return [str(part) for part in value if part]
    text = str(value or "")
    return [part.strip() for part in text.split(";" if ";" in text else ",") if part.strip()]


def text_of(paper: Paper, column: str) -> str:
    """A column as text, "" where it has no value."""
    return str(paper.get(column) or "").replace(NUL, "")


def authors_of(paper: Paper) -> list[str]:
    """The authors' names, in their order."""
    names = paper.get("authors")
    return [str(name) for name in names] if isinstance(names, list | tuple) else []


def listed_name(name: str) -> str:
    """A name as readers keep it: family name first where they would take its last word for initials.

    >>> listed_name("Ida Larsen"), listed_name("Larsen IB")
    ('Ida Larsen', 'IB, Larsen')
    """
    given, _, family = name.rpartition(" ")
    turned = f"{family}, {given}"
    return turned if given and given_name_first(name) != name and given_name_first(turned) == name else name
