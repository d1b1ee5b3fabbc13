"""The services and programs whose tables are known by their columns; docs/formats.md lists them."""

from pipeline.corpus.adapters.names import unglued
from pipeline.corpus.adapters.parts import split, text
from pipeline.corpus.adapters.table_service import TableService, bracketed_references, names_between, short_names

BY_SEMICOLON = names_between(";")


def _signatures(*columns: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(one.split()) for one in columns)


def _piped(value: object) -> list[str]:
    return split(value, "|")


def family_first(value: object, separator: str = ",") -> list[str]:
    """Names without a comma inside, the family name first: 'Larsen Ida B,de Vries Jan' (Paperpile, EPPI-Reviewer).

    >>> family_first("Larsen Ida B,de Vries Jan,NASA")
    ['Ida B Larsen', 'Jan de Vries', 'NASA']
    """
    names = []
    for name in split(value, separator):
        words = name.split()
        end = next((place for place, word in enumerate(words, start=1) if not word.islower()), len(words))
        names.append(" ".join([*words[end:], *words[:end]]))
    return names


def _glued(value: object) -> list[str]:
    return unglued(text(value))


# The first that fits is used, so those known by fewer columns come later.
TABLE_SERVICES = (
    TableService("Lens", _signatures("lensid title"), ("lensid",), authors=BY_SEMICOLON),
    TableService(
        "Dimensions",
        _signatures("publicationid pubyear title", "dimensionsurl title"),
        ("publicationid", "doi"),
        {"url": ("sourcelinkout", "dimensionsurl"), "year": ("pubyear", "publicationdate", "publicationdateonline")},
        authors=BY_SEMICOLON,
        references=bracketed_references,
    ),
    TableService(
        "Cochrane", _signatures("centralid title", "cochranereviewgroupcode title"), ("centralid", "cochraneid", "doi")
    ),
    TableService(
        "Embase",
        _signatures(
            *("embaseaccessionid title", "title pui authornames", "title authornames fulltextlink"),
            *("title authornames copyright", "title authornames aipipentrydate"),
        ),
        ("pui", "embaseaccessionid", "doi"),
    ),
    TableService(
        "RefWorks",
        _signatures("titleprimary authorsprimary", "titleprimary referenceid"),
        ("doi", "accessionnumber", "referenceid"),
        authors=BY_SEMICOLON,
    ),
    TableService(
        "Covidence",
        _signatures("covidence title", "title publishedyear publishedmonth"),
        ("doi", "accessionnumber", "covidence"),
    ),
    TableService(
        "Rayyan", _signatures("key title pubmedid pmcid authors", "key title authors location notes"), ("key",)
    ),
    TableService(
        "JabRef",
        _signatures("bibliographytype identifier title", "entrytype citationkey title"),
        ("identifier", "citationkey"),
        {"journal": ("journal", "booktitle"), "issue": ("number",), "type": ("bibliographytype", "entrytype")},
    ),
    TableService(
        "Paperpile",
        _signatures("itemtype title labelsfiledin", "itemtype title foldersfiledin"),
        ("doi", "pmid", "arxivid"),
        {"journal": ("fulljournal", "journal", "booktitle"), "keywords": ("keywords",)},
        authors=family_first,
    ),
    TableService("Litmaps", _signatures("litmapsid title"), ("doi", "litmapsid")),
    TableService("ResearchRabbit", _signatures("title pubmedid arxivid bibtex"), ("doi", "pubmedid", "arxivid")),
    TableService(
        "Elicit",
        _signatures("papertitle doilink venue", "title doilink venue citationcount"),
        ("doi", "doilink"),
        {"journal": ("venue",), "abstract": ("abstract", "abstractsummary", "summary")},
    ),
    TableService(
        "SciSpace",
        _signatures("papertitle paperlink authornames"),
        ("doi", "paperlink"),
        {"abstract": ("abstract", "tldr"), "url": ("paperlink",)},
    ),
    TableService("SpringerLink", _signatures("itemtitle itemdoi"), ("itemdoi",), authors=_glued),
    TableService(
        "IEEE Xplore",
        _signatures("documenttitle pdflink", "documenttitle dateaddedtoxplore", "documenttitle authoraffiliations doi"),
        ("doi", "pdflink"),
        {"type": ("documentidentifier",)},
        authors=BY_SEMICOLON,
    ),
    TableService(
        "OpenAlex",
        _signatures("id authorshipsauthordisplayname", "id authorshipsauthorid", "id authorshipsrawauthorname"),
        ("id", "idsopenalex"),
        {
            "title": ("title", "displayname"),
            "authors": ("authorshipsauthordisplayname", "authorshipsrawauthorname"),
            "journal": ("primarylocationsourcedisplayname", "primarylocationdisplayname", "hostvenuedisplayname"),
            "url": ("primarylocationlandingpageurl", "bestoalocationlandingpageurl"),
            "type": ("type",),
            "keywords": ("keywordsdisplayname", "keywords"),
        },
        authors=names_between("|"),
        references=_piped,
    ),
    TableService(
        "bibliometrix",
        _signatures("au ti sr", "au ti db", "au ti authorsid", "au ti auun", "au ti so tc"),
        ("ut", "di", "sr"),
        {
            "journal": ("so", "source"),
            "keywords": ("de", "id"),
            "authors": ("af", "authorfullnames", "au"),
            "year": ("py",),
        },
        authors=short_names,
    ),
    TableService(
        "Publish or Perish",
        _signatures("cites gsrank title", "cites querydate title"),
        ("doi", "articleurl"),
        {"journal": ("source",), "type": ("type",)},
    ),
    TableService(
        "ProQuest",
        _signatures("storeid title", "title pubtitle documenturl"),
        ("storeid", "accessionnumber", "documenturl"),
    ),
    TableService(
        "EBSCO",
        _signatures("articletitle plink", "title plink", "articletitle accessionnumber doctype"),
        ("doi", "accessionnumber", "an", "plink"),
    ),
    TableService("ERIC", _signatures("ericnumber title", "id title publicationdateyear"), ("ericnumber", "id")),
    TableService(
        "ACM",
        _signatures("articleno issuedate title", "title confloc id", "acmid title"),
        ("doi", "id", "acmid"),
        {"journal": ("journal", "booktitle")},
    ),
    TableService(
        "ScienceDirect", _signatures("documenttitle sourcetitle pii", "title pii publicationtitle"), ("doi", "pii")
    ),
    TableService(
        "ASReview",
        _signatures(
            "firstauthors title", "primarytitle firstauthors", "title asreviewranking", "recordid title included"
        ),
        ("doi", "recordid", "id"),
    ),
)
