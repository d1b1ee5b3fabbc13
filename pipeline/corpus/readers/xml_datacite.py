"""DataCite's XML (records of repositories and data centres, OpenAIRE's form too) -> fields.

Elements: "DataCite Metadata Schema" 2.1 to 4.6; namespaces differ from version to version.
"""

from collections.abc import Iterator

from pipeline.corpus.adapters.names import given_name_first
from pipeline.corpus.readers.xml_parts import Dialect, Element, Refused, first_doi, text, texts, whole
from pipeline.corpus.record import RawRow

NO_TITLES = frozenset({"AlternativeTitle", "TranslatedTitle", "Other"})
CITES = frozenset({"References", "Cites"})


def read_resource(resource: Element) -> RawRow:
    """Fields of a resource."""
    identifier = text(resource, "{*}identifier", "{*}alternateIdentifiers/{*}alternateIdentifier")
    doi = first_doi([identifier])
    return {
        "id": doi.lower() or identifier,
        "title": _title(resource),
        "other_titles": [whole(one) for one in _titles(resource) if one.get("titleType") in NO_TITLES],
        "abstract": _abstract(resource),
        "authors": [name for one in resource.iterfind("{*}creators/{*}creator") if (name := _name(one, "creator"))],
        "editors": list(_editors(resource)),
        "year": text(resource, "{*}publicationYear") or _date(resource),
        "journal": text(resource, "{*}relatedItems/{*}relatedItem/{*}titles/{*}title"),
        "publisher": text(resource, "{*}publisher"),
        "doi": doi.lower(),
        "keywords": [*texts(resource, "{*}subjects/{*}subject"), *texts(resource, "{*}subject")],
        "language": text(resource, "{*}language"),
        "type": _type(resource),
        "references": [
            whole(one)
            for one in resource.iterfind("{*}relatedIdentifiers/{*}relatedIdentifier")
            if one.get("relationType") in CITES
        ],
    }


def _titles(resource: Element) -> Iterator[Element]:
    return resource.iterfind("{*}titles/{*}title")


def _title(resource: Element) -> str:
    main = next((whole(one) for one in _titles(resource) if not one.get("titleType")), "")
    subtitle = next((whole(one) for one in _titles(resource) if one.get("titleType") == "Subtitle"), "")
    main = main or text(resource, "{*}titles/{*}title")
    return f"{main}: {subtitle}" if subtitle and subtitle != main else main


def _abstract(resource: Element) -> str:
    """The descriptions that are an abstract, else one of no kind."""
    paths = ("{*}descriptions/{*}description", "{*}description")
    given = [(str(one.get("descriptionType") or ""), whole(one)) for path in paths for one in resource.iterfind(path)]
    return next(
        (words for wanted in ("Abstract", "", "Other") for kind, words in given if kind == wanted and words), ""
    )


def _name(person: Element, kind: str) -> str:
    given, family = text(person, "{*}givenName"), text(person, "{*}familyName")
    if given and family:
        return f"{given} {family}"
    name = person.find(f"{{*}}{kind}Name")
    if name is None:
        return ""
    return whole(name) if name.get("nameType") == "Organizational" else given_name_first(whole(name))


def _editors(resource: Element) -> Iterator[str]:
    for one in resource.iterfind("{*}contributors/{*}contributor"):
        if one.get("contributorType") == "Editor" and (name := _name(one, "contributor")):
            yield name


def _date(resource: Element) -> str:
    dates = [*resource.iterfind("{*}dates/{*}date"), *resource.iterfind("{*}date")]
    dates.sort(key=lambda date: date.get("dateType") != "Issued")
    return next((words for one in dates if (words := whole(one))), "")


def _type(resource: Element) -> str:
    kind = resource.find("{*}resourceType")
    return "" if kind is None else whole(kind) or str(kind.get("resourceTypeGeneral") or "")


def _is_described(resource: Element) -> bool:
    """Whether a resource is not of another kind of XML, which has the same root element."""
    return resource.find("{*}titles") is not None or resource.find("{*}creators") is not None


def read_payload(payload: Element) -> RawRow | Refused:
    """Fields of the resource inside what a repository sends for it."""
    resource = next(iter(payload.iter("{*}resource")), None)
    return Refused("no resource of DataCite inside") if resource is None else read_resource(resource)


ROOTS = frozenset({"resource", "resources", "oai_datacite"})
DIALECTS = (Dialect("{*}resource", "DataCite", read_resource, ROOTS, _is_described),)
