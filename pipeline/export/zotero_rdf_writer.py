"""Papers and their topics -> Zotero RDF: an item each, a collection for each topic inside that of its area.

The form is what Zotero's "Zotero RDF" writes and reads: an item's kind in z:itemType, its journal or book inside it,
and collections that name their members (dcterms:hasPart). Importing it makes new items.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from pipeline.corpus.adapters.names import SUFFIXES, people
from pipeline.export.citation_fields import Citation, Paper, authors_of, cite, listed_values, text_of
from pipeline.export.csl_writer import CORPORATE, name_parts

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:z="http://www.zotero.org/namespaces/export#"
 xmlns:bib="http://purl.org/net/biblio#"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:foaf="http://xmlns.com/foaf/0.1/"
 xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/">
"""
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Zotero's item types: the element of an item, and that of what it is part of, "" for none.
ELEMENTS: Mapping[str, tuple[str, str]] = {
    "journalArticle": ("bib:Article", "bib:Journal"),
    "magazineArticle": ("bib:Article", "bib:Periodical"),
    "newspaperArticle": ("bib:Article", "bib:Newspaper"),
    "book": ("bib:Book", ""),
    "bookSection": ("bib:BookSection", "bib:Book"),
    "conferencePaper": ("rdf:Description", "bib:Journal"),
    "encyclopediaArticle": ("rdf:Description", "bib:Book"),
    "dictionaryEntry": ("rdf:Description", "bib:Book"),
    "thesis": ("bib:Thesis", ""),
    "report": ("bib:Report", ""),
    "manuscript": ("bib:Manuscript", ""),
    "patent": ("bib:Patent", ""),
    "preprint": ("rdf:Description", ""),
    "dataset": ("rdf:Description", ""),
    "presentation": ("rdf:Description", ""),
    "document": ("rdf:Description", ""),
    "webpage": ("bib:Document", "z:Website"),
    "blogPost": ("bib:Document", "z:Blog"),
    "computerProgram": ("bib:Data", ""),
}
# What BibTeX, RIS, CSL and services call them, in lower case.
TYPES: Mapping[str, str] = {
    **{name.lower(): name for name in ELEMENTS},
    **dict.fromkeys(("jour", "article", "article-journal", "journal-article", "journal article"), "journalArticle"),
    **dict.fromkeys(("conf", "cpaper", "inproceedings", "conference", "paper-conference"), "conferencePaper"),
    **dict.fromkeys(("proceedings-article", "conference paper", "proceedings paper"), "conferencePaper"),
    **dict.fromkeys(("chap", "incollection", "inbook", "chapter", "book-chapter", "book chapter"), "bookSection"),
    **dict.fromkeys(("thes", "phdthesis", "mastersthesis", "dissertation"), "thesis"),
    **dict.fromkeys(("rprt", "techreport"), "report"),
    **dict.fromkeys(("posted-content", "unpb"), "preprint"),
}
# Lines of a note that Zotero and its readers know as identifiers.
NOTED = {"pmid": "PMID", "pmcid": "PMCID"}


@dataclass(frozen=True)
class _Topic:
    """label: of the topic; area: label of its area, "" where it has none."""

    label: str
    area: str


def to_zotero_rdf(papers: Iterable[Paper]) -> str:
    """The papers in their order, then the collections: of areas, and of topics by the number of their nearest topic.

    Columns that are read beside the paper's own: nearest_topic, topic_label, topic_area; without them there are no
    collections.
    """
    lines = [HEAD]
    topics: dict[int, _Topic] = {}
    members: dict[int, list[int]] = {}
    for number, paper in enumerate(papers, start=1):
        lines += _item(paper, number)
        topic = paper.get("nearest_topic")
        if isinstance(topic, int) and paper.get("topic_label"):
            topics[topic] = _Topic(text_of(paper, "topic_label"), text_of(paper, "topic_area"))
            members.setdefault(topic, []).append(number)
    lines += _collections(topics, members)
    return "".join(lines) + "</rdf:RDF>\n"


def _collections(topics: Mapping[int, _Topic], members: Mapping[int, list[int]]) -> Iterator[str]:
    areas: dict[str, list[int]] = {}
    for number in sorted(topics):
        if area := topics[number].area:
            areas.setdefault(area, []).append(number)
    for place, (label, inside) in enumerate(areas.items()):
        yield from _collection(f"area_{place}", label, [f"#topic_{number}" for number in inside])
    for number in sorted(topics):
        yield from _collection(f"topic_{number}", topics[number].label, [f"#item_{one}" for one in members[number]])


def _collection(name: str, label: str, parts: Iterable[str]) -> Iterator[str]:
    yield f'    <z:Collection rdf:about="#{name}">\n{_tag("dc:title", label, depth=2)}'
    for part in parts:
        yield f'        <dcterms:hasPart rdf:resource="{part}"/>\n'
    yield "    </z:Collection>\n"


def _item(paper: Paper, number: int) -> Iterator[str]:
    citation = cite(paper)
    kind = _type(paper, citation)
    element, container = ELEMENTS[kind]
    fields = citation.fields
    yield f'    <{element} rdf:about="#item_{number}">\n{_tag("z:itemType", kind, depth=2)}'
    yield from _container(paper, citation, container)
    yield from _people("bib:authors", authors_of(paper))
    yield from _people("bib:editors", people(paper.get("editors")))
    for word in listed_values(paper.get("keywords") or paper.get("tags")):
        yield _tag("dc:subject", word, depth=2)
    yield _tag("dc:title", text_of(paper, "title"), depth=2)
    yield _tag("dcterms:abstract", text_of(paper, "abstract"), depth=2)
    yield _tag("dc:date", text_of(paper, "year"), depth=2)
    if doi := fields.get("doi"):
        yield _tag("dc:identifier", f"DOI {doi}", depth=2)
    if not container:
        yield from _numbers(citation, depth=2)
    if address := next(iter(fields.get("url", "").split()), ""):
        inside = f"<dcterms:URI><rdf:value>{_plain(address)}</rdf:value></dcterms:URI>"
        yield f"        <dc:identifier>{inside}</dc:identifier>\n"
    if publisher := fields.get("publisher"):
        inside = f"<foaf:Organization><foaf:name>{_plain(publisher)}</foaf:name></foaf:Organization>"
        yield f"        <dc:publisher>{inside}</dc:publisher>\n"
    yield _tag("bib:pages", fields.get("pages", "").replace("--", "-"), depth=2)
    yield _tag("z:language", text_of(paper, "language"), depth=2)
    yield _tag("z:shortTitle", text_of(paper, "short_title"), depth=2)
    yield _tag("dc:description", _note(paper, citation), depth=2)
    yield f"    </{element}>\n"


def _type(paper: Paper, citation: Citation) -> str:
    """An article without a journal that is on arXiv is a preprint."""
    fields = citation.fields
    is_preprint = bool(citation.identifiers.arxiv) and "journal" not in fields
    inferred = "conferencePaper" if "booktitle" in fields else "preprint" if is_preprint else "journalArticle"
    kind = TYPES.get(text_of(paper, "type").lower(), inferred)
    return inferred if kind == "journalArticle" and is_preprint else kind


def _container(paper: Paper, citation: Citation, element: str) -> Iterator[str]:
    """What an item is part of, inside it, so that no other item shares its numbers."""
    title = citation.fields.get("booktitle") or citation.fields.get("journal", "")
    inside = [
        _tag("dc:title", title, depth=4),
        _tag("dcterms:alternative", text_of(paper, "journal_abbreviation"), depth=4),
        *_numbers(citation, depth=4),
    ]
    if element and any(inside):
        yield f"        <dcterms:isPartOf>\n            <{element}>\n{''.join(inside)}"
        yield f"            </{element}>\n        </dcterms:isPartOf>\n"


def _numbers(citation: Citation, *, depth: int) -> Iterator[str]:
    fields = citation.fields
    yield _tag("prism:volume", fields.get("volume", ""), depth=depth)
    yield _tag("prism:number", fields.get("number", ""), depth=depth)
    for name in ("issn", "isbn"):
        if value := fields.get(name):
            yield _tag("dc:identifier", f"{name.upper()} {value}", depth=depth)


def _people(element: str, names: Iterable[str]) -> Iterator[str]:
    persons = []
    for name in names:
        family, given = _family_and_given(name)
        person = f"{_tag('foaf:surname', family, depth=6)}{_tag('foaf:givenName', given, depth=6)}"
        persons.append(f"                <rdf:li>\n                    <foaf:Person>\n{person}")
        persons.append("                    </foaf:Person>\n                </rdf:li>\n")
    if persons:
        yield f"        <{element}>\n            <rdf:Seq>\n{''.join(persons)}"
        yield f"            </rdf:Seq>\n        </{element}>\n"


def _family_and_given(name: str) -> tuple[str, str]:
    """The parts of a name, whichever comes first; an organisation has no given name.

    >>> _family_and_given("Ida van Larsen, Jr"), _family_and_given("Larsen, Ida"), _family_and_given("Ice Core Team")
    (('Larsen, Jr', 'Ida van'), ('Larsen', 'Ida'), ('Ice Core Team', ''))
    """
    family, comma, given = name.partition(", ")
    if comma and "," not in given and given.lower().strip(".") not in SUFFIXES and not CORPORATE.search(name):
        return family, given
    parts = name_parts(name)
    surname = ", ".join(parts[part] for part in ("family", "suffix") if part in parts)
    return surname or parts["literal"], parts.get("given", "")


def _note(paper: Paper, citation: Citation) -> str:
    """Zotero's "Extra": what the paper has there, and a line for each identifier that has no field of its own."""
    lines = [text_of(paper, "extra") or text_of(paper, "note")]
    found = {mark: text_of(paper, name) for name, mark in NOTED.items()}
    found["arXiv"] = next(iter(citation.identifiers.arxiv), "")
    lines += [f"{mark}: {value}" for mark, value in found.items() if value and f"{mark}:" not in lines[0]]
    return "\n".join(line for line in lines if line)


def _tag(name: str, value: str, *, depth: int) -> str:
    """One line, "" where there is no value. depth: steps of indentation."""
    return f"{'    ' * depth}<{name}>{_plain(value)}</{name}>\n" if value else ""


def _plain(value: str) -> str:
    return escape(NOT_IN_XML.sub("", value))
