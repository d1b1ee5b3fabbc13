"""Papers -> RIS in UTF-8, by rispy's writer."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.export.citation_fields import citation_fields

# Entry types that sources bring along, as RIS types; anything else is a journal article or a generic reference.
RIS_TYPES: Mapping[str, str] = {
    "article": "JOUR",
    "inproceedings": "CONF",
    "conference": "CONF",
    "incollection": "CHAP",
    "inbook": "CHAP",
    "book": "BOOK",
    "phdthesis": "THES",
    "mastersthesis": "THES",
    "thesis": "THES",
    "techreport": "RPRT",
    "report": "RPRT",
}
RIS_NAMES: Mapping[str, str] = {
    "journal": "secondary_title",
    "booktitle": "secondary_title",
    "volume": "volume",
    "number": "number",
    "publisher": "publisher",
    "doi": "doi",
    "isbn": "issn",
    "issn": "issn",
}


def to_ris(papers: Iterable[Mapping[str, Any]]) -> str:
    """One reference a paper, in their order."""
    from rispy.writer import RisWriter

    class Unnumbered(RisWriter):  # type: ignore[misc]
        """Without the number that rispy writes above each reference, which not every reader skips."""

        def set_header(self, count: int) -> str:  # noqa: ARG002
            return ""

    return str(Unnumbered().formats([_reference(paper) for paper in papers]))


def _reference(paper: Mapping[str, Any]) -> dict[str, Any]:
    fields = citation_fields(paper)
    kind = str(paper.get("type") or "")
    usual = "JOUR" if "journal" in fields else "CONF" if "booktitle" in fields else "GEN"
    reference: dict[str, Any] = {
        "type_of_reference": kind.upper() if len(kind) <= 5 and kind.isupper() else RIS_TYPES.get(kind.lower(), usual),
        "id": _line(paper["id"]),
        "title": _line(paper.get("title") or ""),
        "authors": [_line(name) for name in paper.get("authors") or ()],
        "year": str(paper.get("year") or ""),
        "abstract": _line(paper.get("abstract") or ""),
    }
    reference |= {RIS_NAMES[name]: _line(value) for name, value in fields.items() if name in RIS_NAMES}
    if "pages" in fields:
        start, _, end = fields["pages"].partition("-")
        reference |= {"start_page": start.strip(), "end_page": end.strip("- ")}
    if "keywords" in fields:
        reference["keywords"] = [_line(word) for word in fields["keywords"].split(",")]
    addresses = [fields["url"]] if "url" in fields else []
    addresses += [f"https://arxiv.org/abs/{fields['eprint']}"] if "eprint" in fields else []
    reference["urls"] = list(dict.fromkeys(addresses))
    return {name: value for name, value in reference.items() if value}


def _line(text: object) -> str:
    return " ".join(str(text).split())
