"""Row of PubMed's CSV export, which has no abstracts -> usual names."""

from collections.abc import Mapping

from pipeline.corpus.adapters.names import people
from pipeline.corpus.adapters.parts import text, without
from pipeline.corpus.record import RawRow

NAMES: Mapping[str, str] = {"Title": "title", "Journal/Book": "journal", "Publication Year": "year", "DOI": "doi"}


def adapt(row: RawRow) -> dict[str, object]:
    """With given names first and the same id as in PubMed's other exports."""
    pmid = str(row.get("PMID") or "").strip()
    adapted: dict[str, object] = {
        "id": f"pmid:{pmid}" if pmid else "",
        **{ours: row.get(theirs) for theirs, ours in NAMES.items()},
        "authors": _names(text(row.get("Authors")).removesuffix(".")),
        "pmid": pmid,
        "pmc": text(row.get("PMCID")),
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
    }
    return without(adapted) | without(row, "PMID", "PMCID", "Authors", "First Author", "Create Date", *NAMES)


def _names(authors: str) -> list[str]:
    """From "Aho P, Moe PJ; Study Group of Ice": groups stand behind a semicolon.

    >>> _names("Aho P, Moe PJ; Study Group of Ice")
    ['P Aho', 'PJ Moe', 'Study Group of Ice']
    """
    return [name for part in authors.split(";") for name in people(part, separator=",")]
