"""OAI-PMH (harvested records of a repository): Dublin Core, arXiv's two forms, other kinds of XML -> fields.

"The Open Archives Initiative Protocol for Metadata Harvesting", version 2.0; arXiv's "OAI" help page. Elements of the
metadata are found by their local names: repositories differ in namespaces.
"""

import re
from collections.abc import Callable, Mapping

from pipeline.corpus.adapters.parts import given_first
from pipeline.corpus.fields import find_year
from pipeline.corpus.readers import xml_crossref, xml_datacite, xml_jats, xml_marc, xml_mods
from pipeline.corpus.readers.xml_parts import Dialect, Element, Refused, first_doi, local, text, texts, whole
from pipeline.corpus.record import RawRow

OAI = "{http://www.openarchives.org/OAI/2.0/}"
ARXIV_NAME = "oai:arXiv.org:"
BRACKETS = re.compile(r"\s*\([^()]*\)")
NAMES_END = re.compile(r"\s*,\s*and\s+|\s*,(?!\s*(?:Jr|Sr|I{2,3}|IV)\b)|\s+and\s+|\s*;")


def read_record(record: Element) -> RawRow | Refused:
    """Fields of a record, by the kind of its metadata; refused where it is deleted or its metadata are not read."""
    name = text(record, "{*}header/{*}identifier").removeprefix(ARXIV_NAME)
    header = record.find("{*}header")
    if header is not None and header.get("status") == "deleted":
        return Refused("deleted in its repository", name or None)
    metadata = record.find("{*}metadata")
    content = None if metadata is None else next(iter(metadata), None)
    if content is None:
        return Refused("no metadata", name or None)
    kind = local(content.tag)
    if kind not in KINDS:
        return Refused(f"metadata of the kind <{kind}>, which are not read; harvest with metadataPrefix=oai_dc", name)
    fields = KINDS[kind](content)
    if isinstance(fields, Refused):
        return Refused(fields.reason, name or None)
    return {
        **fields,
        "oai_sets": texts(record, "{*}header/{*}setSpec"),
        "id": name or text(content, "{*}id"),
    }


def read_error(error: Element) -> Refused:
    """What a repository answered in place of records."""
    return Refused(f"the repository answered with an error: {error.get('code')}: {whole(error)}"[:300])


def _dublin_core(content: Element) -> dict[str, object]:
    """Dublin Core, where every element may stand several times."""
    titles, descriptions = texts(content, "{*}title"), texts(content, "{*}description")
    abstracts = texts(content, "{*}abstract") or descriptions
    abstract = _abstract(abstracts)
    identifiers = texts(content, "{*}identifier")
    return {
        "title": titles[0] if titles else "",
        "other_titles": titles[1:] + texts(content, "{*}alternative"),
        "abstract": abstract,
        "notes": [one for one in dict.fromkeys((*abstracts, *descriptions)) if one != abstract],
        "authors": [
            given_first(name) for one in texts(content, "{*}creator") for name in re.split(r"\s*;\s*", one) if name
        ],
        "contributors": [given_first(name) for name in texts(content, "{*}contributor")],
        "year": _earliest([*texts(content, "{*}issued"), *texts(content, "{*}date")]),
        "dates": texts(content, "{*}date"),
        "journal": next(iter(texts(content, "{*}source")), ""),
        "doi": first_doi(identifiers),
        "identifiers": identifiers,
        "urls": [one for one in identifiers if one.startswith(("http://", "https://"))],
        "relations": texts(content, "{*}relation"),
        "keywords": texts(content, "{*}subject"),
        "publisher": text(content, "{*}publisher"),
        "language": text(content, "{*}language"),
        "publication_types": texts(content, "{*}type"),
        "rights": texts(content, "{*}rights"),
    }


def _abstract(descriptions: list[str]) -> str:
    """The first description that is not far shorter than the longest: notes stand beside it, and translations.

    >>> _abstract(["Peer reviewed", "Ice melts in spring and runs down.", "Isen smelter om våren."])
    'Ice melts in spring and runs down.'
    """
    longest = max(map(len, descriptions), default=0)
    return next((one for one in descriptions if 2 * len(one) >= longest), "")


def _earliest(dates: list[str]) -> str:
    """The date of the earliest year: repositories add the days of upload and of change."""
    dated = [(year, date) for date in dates if (year := find_year(date)) is not None]
    return min(dated, key=lambda one: one[0])[1] if dated else ""


def _arxiv(content: Element) -> dict[str, object]:
    people = [
        " ".join(part for part in (text(one, "{*}forenames"), text(one, "{*}keyname"), text(one, "{*}suffix")) if part)
        for one in content.iterfind("{*}authors/{*}author")
    ]
    return {
        **_of_arxiv(content),
        "authors": [name for name in people if name],
        "affiliations": list(dict.fromkeys(texts(content, "{*}authors/{*}author/{*}affiliation"))),
        "year": text(content, "{*}created", "{*}updated"),
        "updated": text(content, "{*}updated"),
    }


def _arxiv_raw(content: Element) -> dict[str, object]:
    return {
        **_of_arxiv(content),
        "authors": _names(text(content, "{*}authors")),
        "year": text(content, "{*}version/{*}date"),
        "submitter": text(content, "{*}submitter"),
    }


def _of_arxiv(content: Element) -> dict[str, object]:
    name = text(content, "{*}id")
    return {
        "title": text(content, "{*}title"),
        "abstract": text(content, "{*}abstract"),
        "doi": text(content, "{*}doi"),
        "journal": text(content, "{*}journal-ref"),
        "comment": text(content, "{*}comments"),
        "categories": text(content, "{*}categories").split(),
        "report_number": text(content, "{*}report-no"),
        "msc_class": text(content, "{*}msc-class"),
        "acm_class": text(content, "{*}acm-class"),
        "license": text(content, "{*}license"),
        "url": f"https://arxiv.org/abs/{name}" if name else "",
    }


def _names(written: str) -> list[str]:
    """The names in one text, without the affiliations in brackets.

    >>> _names("Ida Larsen (1 and 2), Per Moe, Jr. and Anna Dahl ((1) Oslo, (2) Bergen)")
    ['Ida Larsen', 'Per Moe, Jr.', 'Anna Dahl']
    """
    before = ""
    while before != written:
        before, written = written, BRACKETS.sub("", written)
    return [name for name in map(str.strip, NAMES_END.split(" ".join(written.split()))) if name]


KINDS: Mapping[str, Callable[[Element], RawRow | Refused]] = {
    "article": xml_jats.read_article,
    "mods": xml_mods.read_record,
    "record": xml_marc.read_record,
    "crossref_result": xml_crossref.read_result,
    "crossref": xml_crossref.read_result,
    "resource": xml_datacite.read_resource,
    "oai_datacite": xml_datacite.read_payload,
    "dc": _dublin_core,
    "qualifieddc": _dublin_core,
    "qdc": _dublin_core,
    "dcterms": _dublin_core,
    "arXiv": _arxiv,
    "arXivRaw": _arxiv_raw,
}


def _format(record: Element) -> str:
    return "arXiv" if text(record, "{*}header/{*}identifier").startswith(ARXIV_NAME) else "OAI-PMH"


DIALECTS = (
    Dialect(f"{OAI}record", _format, read_record),
    Dialect(f"{OAI}error", "OAI-PMH", read_error),
    Dialect("record", _format, read_record, frozenset({"OAI-PMH", "ListRecords"})),
)
