"""Papers -> RIS in UTF-8, by rispy's writer."""

from collections.abc import Iterable, Mapping

from pipeline.export.citation_fields import Paper, authors_of, citation_fields, text_of

# BibTeX types of sources -> RIS types; any other type is inferred from the fields.
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


def to_ris(papers: Iterable[Paper]) -> str:
    """One reference per paper, in their order."""
    from rispy.writer import RisWriter

    class Unnumbered(RisWriter):  # type: ignore[misc]
        """Without the number that rispy writes above each reference: some readers do not skip it."""

        def set_header(self, count: int) -> str:  # noqa: ARG002
            return ""

    return str(Unnumbered().formats([_reference(paper) for paper in papers]))


def _reference(paper: Paper) -> dict[str, object]:
    fields = citation_fields(paper)
    kind = text_of(paper, "type")
    inferred = "JOUR" if "journal" in fields else "CONF" if "booktitle" in fields else "GEN"
    reference: dict[str, object] = {
        "type_of_reference": kind.upper()
        if len(kind) <= 5 and kind.isupper()
        else RIS_TYPES.get(kind.lower(), inferred),
        "id": _line(paper["id"]),
        "title": _line(text_of(paper, "title")),
        "authors": [_line(name) for name in authors_of(paper)],
        "year": text_of(paper, "year"),
        "abstract": _line(text_of(paper, "abstract")),
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
