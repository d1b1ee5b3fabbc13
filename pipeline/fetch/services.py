"""Name -> Service: where each service is, how often it may be asked, and how it takes a key.

Rates follow the services' own rules: arXiv API "Terms of Use" (one request in three seconds), OpenAlex "Rate limits",
Crossref "Etiquette", NCBI E-utilities "Usage Guidelines" (three a second, ten with a key), Semantic Scholar's API (one
a second). Zotero is the one service on this machine, and is asked nowhere else.
"""

from collections.abc import Mapping

from pipeline.fetch import (
    arxiv_pages,
    crossref_pages,
    openalex_pages,
    pubmed_pages,
    semantic_scholar_pages,
    zotero_pages,
)
from pipeline.fetch.keys import KeyRule
from pipeline.fetch.pages import Service

SERVICES: Mapping[str, Service] = {
    "arxiv": Service("https://export.arxiv.org", 3.0, arxiv_pages.pages, ("query", "ids"), "id"),
    "openalex": Service(
        "https://api.openalex.org",
        0.2,
        openalex_pages.pages,
        ("query",),
        "id",
        mail_parameter="mailto",
        key=KeyRule("https://openalex.org/settings/api", parameter="api_key"),
    ),
    "crossref": Service(
        "https://api.crossref.org",
        0.1,
        crossref_pages.pages,
        ("query", "ids"),
        "DOI",
        mail_parameter="mailto",
        key=KeyRule(
            "https://www.crossref.org/services/metadata-retrieval/metadata-plus/",
            hint="a contact address allows more, and so does a key, which is not free",
            header="Crossref-Plus-API-Token",
            prefix="Bearer ",
        ),
    ),
    "pubmed": Service(
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils",
        0.35,
        pubmed_pages.pages,
        ("query",),
        "pmid",
        {"tool": "paperatlas"},
        mail_parameter="email",
        key=KeyRule("https://account.ncbi.nlm.nih.gov/settings/", parameter="api_key", interval=0.11),
    ),
    "semanticscholar": Service(
        "https://api.semanticscholar.org",
        1.1,
        semantic_scholar_pages.pages,
        ("query", "ids"),
        "paperId",
        key=KeyRule("https://www.semanticscholar.org/product/api", header="x-api-key", variable="SEMANTIC_SCHOLAR_KEY"),
    ),
    "zotero": Service(
        zotero_pages.ADDRESS,
        0.0,
        zotero_pages.pages,
        (),
        "select",
        headers=zotero_pages.HEADERS,
        is_local=True,
    ),
}
