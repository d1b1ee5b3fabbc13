"""JATS (articles of PubMed Central and of publishers, one in a file or many) -> fields.

Elements: "Journal Article Tag Suite", also its forerunner of the National Library of Medicine. Namespaces differ.
"""

from collections.abc import Iterator

from pipeline.corpus.readers.xml_parts import Dialect, Element, Refused, text, texts, whole, without_empty
from pipeline.corpus.record import RawRow

META = "{*}front/{*}article-meta"
NO_ABSTRACTS = frozenset({"graphical", "teaser", "toc", "editor", "executive-summary", "plain-language-summary"})
NO_AUTHORS = frozenset({"editor", "reviewer", "translator", "non-byline"})
DATES = ("epub", "ppub", "pub", "collection", "epub-ppub")


def read_article(article: Element) -> RawRow | Refused:
    """Fields of an article; the body stays out."""
    meta = article.find(META)
    if meta is None:
        meta = article.find("{*}front-stub")
    if meta is None:
        return Refused("an article without its metadata (<article-meta>)")
    ids = {str(one.get("pub-id-type") or ""): whole(one) for one in meta.iterfind("{*}article-id")}
    pmid, doi = ids.get("pmid", ""), ids.get("doi", "")
    pmc = ids.get("pmc") or ids.get("pmcid") or ""
    title, subtitle = text(meta, "{*}title-group/{*}article-title"), text(meta, "{*}title-group/{*}subtitle")
    journal = "{*}front/{*}journal-meta"
    return {
        "id": doi or (f"pmid:{pmid}" if pmid else pmc),
        "title": f"{title}: {subtitle}" if title and subtitle else title,
        "abstract": abstract_of(meta),
        "authors": list(_authors(meta)),
        "year": _year(meta),
        "journal": text(
            article, f"{journal}/{{*}}journal-title-group/{{*}}journal-title", f"{journal}/{{*}}journal-title"
        ),
        "volume": text(meta, "{*}volume"),
        "issue": text(meta, "{*}issue"),
        "pages": "-".join(page for page in (text(meta, "{*}fpage"), text(meta, "{*}lpage")) if page)
        or text(meta, "{*}elocation-id"),
        "doi": doi,
        "pmid": pmid,
        "pmc": pmc if not pmc or pmc.startswith("PMC") else f"PMC{pmc}",
        "keywords": list(dict.fromkeys(texts(meta, "{*}kwd-group/{*}kwd"))),
        "type": str(article.get("article-type") or ""),
        "references": list(_references(article)),
    }


def abstract_of(meta: Element) -> str:
    """The main one, each part behind its heading."""
    for abstract in meta.iterfind("{*}abstract"):
        if abstract.get("abstract-type") in NO_ABSTRACTS:
            continue
        parts = [_section(section) for section in abstract.iterfind("{*}sec")]
        plain = [whole(one) for one in abstract.iterfind("{*}p")]
        if words := " ".join(part for part in (*plain, *parts) if part) or whole(abstract):
            return words
    return text(meta, "{*}trans-abstract")


def _section(section: Element) -> str:
    heading = text(section, "{*}title").rstrip(":.")
    words = " ".join(texts(section, "{*}p")) or whole(section)
    return f"{heading}: {words}" if heading and words != heading else words


def _authors(meta: Element) -> Iterator[str]:
    for one in meta.iterfind("{*}contrib-group/{*}contrib"):
        if one.get("contrib-type") in NO_AUTHORS:
            continue
        name = one.find("{*}name")
        if name is None:
            name = one.find("{*}name-alternatives/{*}name")
        words = "" if name is None else _name(name)
        if words := words or text(one, "{*}collab/{*}institution", "{*}string-name") or _body(one):
            yield words


def _name(name: Element) -> str:
    parts = (text(name, "{*}given-names"), text(name, "{*}surname"), text(name, "{*}suffix"))
    return " ".join(part for part in parts if part)


def _body(contributor: Element) -> str:
    """The name of a group, whose members may stand inside."""
    group = contributor.find("{*}collab")
    return "" if group is None else " ".join((group.text or "").split()) or whole(group)


def _year(meta: Element) -> str:
    years: dict[str, str] = {}
    for date in meta.iterfind("{*}pub-date"):
        kind = str(date.get("pub-type") or date.get("date-type") or "pub")
        years.setdefault(kind, text(date, "{*}year"))
    return next((years[kind] for kind in (*DATES, *years) if years.get(kind)), "")


def _references(article: Element) -> Iterator[object]:
    """Every reference as an object of its text and its identifiers; as text alone where it has none."""
    for reference in article.iterfind("{*}back//{*}ref-list/{*}ref"):
        citation = next(
            (one for one in reference if str(one.tag).endswith(("citation", "citation-alternatives"))), reference
        )
        ids = {
            str(one.get("pub-id-type")): whole(one)
            for one in citation.iterfind(".//{*}pub-id")
            if one.get("pub-id-type") in ("doi", "pmid")
        }
        if words := " ".join(part for part in map(str.strip, citation.itertext()) if part):
            words = " ".join(words.split())
            yield without_empty({"citation": words, **ids}) if ids else words


ROOTS = frozenset({"article", "pmc-articleset", "articles"})
DIALECTS = (Dialect("{*}article", "JATS", read_article, ROOTS),)
