"""A row of PubMed's CSV export, which has no abstracts."""

from collections.abc import Mapping
from typing import Any

from pipeline.corpus.adapters.parts import split, text, without
from pipeline.corpus.readers.nbib import initials_first

NAMES: Mapping[str, str] = {"Title": "title", "Journal/Book": "journal", "Publication Year": "year", "DOI": "doi"}


def adapt(row: Mapping[str, Any]) -> dict[str, Any]:
    """With names in order and the same id as in PubMed's other exports."""
    pmid = str(row.get("PMID") or "").strip()
    own = {
        "id": f"pmid:{pmid}" if pmid else "",
        **{ours: row.get(theirs) for theirs, ours in NAMES.items()},
        "authors": [initials_first(name) for name in split(text(row.get("Authors")).removesuffix("."), ",")],
        "pmid": pmid,
        "pmc": text(row.get("PMCID")),
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
    }
    return without(own) | without(row, "PMID", "PMCID", "Authors", "First Author", "Create Date", *NAMES)
