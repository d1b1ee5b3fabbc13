"""XML of arXiv or PubMed -> its root element and its papers; what is no such XML is asked for again."""

import io
from typing import Any

from pipeline.corpus.readers.xml_files import read_articles
from pipeline.fetch.client import UnusableResponseError
from pipeline.words.display import shorten


def parse_xml(body: bytes, root: str) -> Any:
    """The root element. root: the tag that it must have.

    Raises UnusableResponseError for broken XML, and for XML of another kind, such as a web page or a report of errors.
    """
    from lxml import etree

    try:
        tree = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (SyntaxError, LookupError) as problem:
        raise UnusableResponseError(f"not XML: {problem}") from None
    if tree.tag != root:
        told = shorten("".join(tree.itertext()), 80)
        raise UnusableResponseError(f"XML of <{etree.QName(tree).localname}>, not what was asked for: {told}")
    return tree


def papers_in(body: bytes) -> list[dict[str, object]]:
    """The papers of an answer that `parse_xml` has let pass, what they cite among their fields."""
    return [paper for paper in read_articles(io.BytesIO(body)) if paper]


def text_of(element: Any, path: str) -> str:
    """The text of the first element of a path, on one line; "" where there is none."""
    target = element.find(path)
    return "" if target is None else " ".join("".join(target.itertext()).split())
