"""A paper of Semantic Scholar, from its API or its data sets (api.semanticscholar.org, "Paper")."""

from collections.abc import Mapping
from typing import Any

from pipeline.corpus.adapters.parts import inside, mappings, text, without


def adapt(paper: Mapping[str, Any]) -> dict[str, Any]:
    """With id, authors, doi, arXiv id and journal under their usual names."""
    known = {str(name).lower(): value for name, value in dict(_ids(paper)).items()}
    tldr = text(inside(paper, "tldr", "text"))
    own = {
        "id": text(paper.get("paperId")) or str(paper.get("corpusid") or paper.get("corpusId") or ""),
        "title": text(paper.get("title")),
        "abstract": text(paper.get("abstract")) or tldr,
        "authors": [text(author.get("name")) for author in mappings(paper.get("authors"))],
        "year": paper.get("year") or paper.get("publicationDate") or paper.get("publicationdate"),
        "doi": text(known.get("doi")),
        "arxiv": text(known.get("arxiv")),
        "pmid": str(known.get("pubmed") or ""),
        "journal": text(inside(paper, "journal", "name")) or text(paper.get("venue")),
        "url": text(paper.get("url")),
    }
    used = ("paperId", "corpusid", "externalIds", "externalids", "tldr", "journal", *own)
    return without(own) | without(paper, *used)


def _ids(paper: Mapping[str, Any]) -> Mapping[str, Any]:
    found = paper.get("externalIds") or paper.get("externalids")
    return found if isinstance(found, Mapping) else {}
