"""XML -> records, one paper at a time: PubMed, EndNote, Zotero's RDF, OAI-PMH, RSS, Crossref, JATS, MARC and others.

Which of them a file is, its root element and the first elements below tell; how each looks is in a module of its own.
Elements are freed once read, so that memory does not grow with the file.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import IO

from pipeline.corpus.file_format import Format, starts_with
from pipeline.corpus.readers import (
    xml_acl,
    xml_atom,
    xml_crossref,
    xml_datacite,
    xml_dblp,
    xml_endnote,
    xml_europe_pmc,
    xml_jats,
    xml_managers,
    xml_marc,
    xml_mods,
    xml_oai,
    xml_pubmed,
    xml_rss,
    xml_tei,
    xml_zotero_rdf,
)
from pipeline.corpus.readers.xml_parts import Dialect, Element, Refused, free, local, without_empty
from pipeline.corpus.readers.xml_stream import BYTE, SAFE, XmlBreakError, elements, lone_bytes_back
from pipeline.corpus.record import RawRow, Record, Rejected
from pipeline.corpus.sources import Source, damage_as_error
from pipeline.errors import CorpusError

DIALECTS = (
    *xml_pubmed.DIALECTS,
    *xml_atom.DIALECTS,
    *xml_endnote.DIALECTS,
    *xml_oai.DIALECTS,
    *xml_acl.DIALECTS,
    *xml_europe_pmc.DIALECTS,
    *xml_jats.DIALECTS,
    *xml_tei.DIALECTS,
    *xml_mods.DIALECTS,
    *xml_dblp.DIALECTS,
    *xml_rss.DIALECTS,
    *xml_crossref.DIALECTS,
    *xml_datacite.DIALECTS,
    *xml_marc.DIALECTS,
    *xml_managers.DIALECTS,
)
# Root elements of files that may well hold no paper.
ROOTS = frozenset(
    {"PubmedArticleSet", "MedlineCitationSet", "feed", "OAI-PMH", "responseWrapper", "xml"} | {"rss", "crossref_result"}
)
LOOKED_AT = 10_000  # elements at the start of a file, among which one has to be known
KNOWN = (
    "PubMed, EndNote, RefWorks, Zotero (RDF), OAI-PMH, arXiv, RSS, Crossref, DataCite, MARCXML, ACL Anthology,"
    " Europe PMC, JATS, TEI, MODS, DBLP, BibTeXML and Word's sources"
)
WAY_OUT = "in the program it came from, export as RIS or BibTeX"
# A paper as it is read: its fields or why it is none, the program or service that wrote it, what was mended.
Entry = tuple[RawRow | Refused, str, tuple[str, ...]]


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each paper as a record; row: its number in the file. encoding: of a file that does not name its own.

    The papers before a break in the file are kept, and the break is a reject.
    """
    number = 0
    try:
        with damage_as_error(source):
            for number, (fields, format_name, mended) in enumerate(_entries(source, encoding), start=1):
                yield _row(source, number, (fields, format_name, mended))
    except XmlBreakError as problem:
        if not number:
            raise CorpusError(f"{source}: not readable XML: {str(problem)[:300]}") from None
        yield Rejected(source.name, number + 1, f"the XML breaks off or is wrong here: {problem}"[:300])


def read_articles(stream: IO[bytes]) -> list[dict[str, object]]:
    """All papers of one answer of PubMed or arXiv. Raises SyntaxError for XML that is broken or cut off."""
    from lxml import etree

    root = etree.parse(stream, etree.XMLParser(**SAFE)).getroot()
    dialects = _dialects(root)
    read_all = (dialect.read(one) for one in root.iter(*dialects) if (dialect := _dialect_of(one, dialects)))
    return [without_empty(fields) for fields in read_all if not isinstance(fields, Refused)]


def _dialects(root: Element) -> Mapping[str, Dialect]:
    """What each tag means in a file of this root element; "{*}" before a tag stands for any namespace."""
    return {one.tag: one for one in DIALECTS if not one.roots or local(root.tag) in one.roots}


def _dialect_of(element: Element, dialects: Mapping[str, Dialect]) -> Dialect | None:
    """The dialect in which an element that has ended is a paper."""
    return next((one for one in _dialects_of_tag(element, dialects) if one.is_paper(element)), None)


def _dialects_of_tag(element: Element, dialects: Mapping[str, Dialect]) -> list[Dialect]:
    return [dialects[tag] for tag in (element.tag, f"{{*}}{local(element.tag)}") if tag in dialects]


def _entries(source: Source, encoding: str) -> Iterator[Entry]:
    with source.open() as file:
        root, dialects = _dialects_of_start(file, source, encoding)
    if dialects is None:
        for fields, mended in xml_zotero_rdf.read_items(source, encoding):
            yield fields, "Zotero RDF", mended
        return
    has_papers = root in ROOTS
    with source.open() as file:
        for element, mended in elements(file, tags=dialects, encoding=encoding):
            if dialect := _dialect_of(element, dialects):
                has_papers = True
                yield dialect.read(element), dialect.format_of(element), mended
                free(element)
    if not has_papers:
        raise _not_read(source, root)


def _dialects_of_start(file: IO[bytes], source: Source, encoding: str) -> tuple[str, Mapping[str, Dialect] | None]:
    """The root and what each tag means; None for Zotero's RDF. Raises CorpusError for XML of another kind."""
    root, dialects = "", dict[str, Dialect]()
    started = elements(file, event="start", encoding=encoding)
    try:
        for element, _ in islice(started, LOOKED_AT):
            if not root:
                root, dialects = local(element.tag), dict(_dialects(element))
            if _dialects_of_tag(element, dialects):
                return root, dialects
            if element.tag == xml_zotero_rdf.ITEM_TYPE:
                return root, None
    except XmlBreakError:
        if not root or root in ROOTS:
            raise
    if root not in ROOTS:
        raise _not_read(source, root)
    return root, dialects


def _not_read(source: Source, root: str) -> CorpusError:
    return CorpusError(f"{source}: XML of <{root}>, which is not read (read are {KNOWN}); {WAY_OUT}")


def _row(source: Source, number: int, entry: Entry) -> Record | Rejected:
    fields, format_name, mended = entry
    if isinstance(fields, Refused):
        return Rejected(source.name, number, fields.reason, fields.id)
    plain = without_empty(fields)
    if BYTE in mended:
        plain = {name: lone_bytes_back(value) for name, value in plain.items()}
    return Record(source.name, number, plain, format_name, tuple(one for one in mended if one != BYTE))


NAMES = (
    "xml|records?|feed|entry|PubmedArticle(?:Set)?|PubmedBookArticle(?:Set)?|MedlineCitation(?:Set)?|RDF|OAI-PMH|ListRecords|"
    "collection|volume|responseWrapper|modsCollection|mods|TEI|teiCorpus|listBibl|article|pmc-articleset|dblp|dblpperson|"
    "doi_batch|crossref_result|crossref|doi_records?|rss|resource|resources|oai_datacite|searchRetrieveResponse|refworks|Sources"
)
BEGINS = starts_with(rf"<\?xml[\s?]|<!DOCTYPE (?!html)|<(?:\w+:)?(?:{NAMES})[\s>/]")
FORMAT = Format("XML", (".xml", ".atom", ".rdf", ".nxml", ".mods", ".tei", ".rss", ".marcxml"), read, BEGINS)
