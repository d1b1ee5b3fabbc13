"""What papers cite -> works: references parsed, matched with each other and the corpus, and their relations."""

from pipeline.references.match_records import WAYS
from pipeline.references.parse_reference import parse_reference
from pipeline.references.parsed_reference import ParsedReference
from pipeline.references.reference_coverage import ReferenceCoverage, SourceCoverage, count_coverage
from pipeline.references.reference_lists import ReferenceLists, read_reference_lists
from pipeline.references.relations import (
    association_strength,
    cocitation,
    cosine,
    coupling,
    direct_citation,
    direct_relatedness,
    rarity,
)
from pipeline.references.stored_references import ReferenceList, StoredReferences, link_papers, store_references
from pipeline.references.works import CitedWorks, MatchEvidence, find_works, match_works

__all__ = [
    "WAYS",
    "CitedWorks",
    "MatchEvidence",
    "ParsedReference",
    "ReferenceCoverage",
    "ReferenceList",
    "ReferenceLists",
    "SourceCoverage",
    "StoredReferences",
    "association_strength",
    "cocitation",
    "cosine",
    "count_coverage",
    "coupling",
    "direct_citation",
    "direct_relatedness",
    "find_works",
    "link_papers",
    "match_works",
    "parse_reference",
    "rarity",
    "read_reference_lists",
    "store_references",
]
