"""Draft, its references -> works that the papers nearest to it cite and that neither these nor the run has."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.corpus.arrow_columns import row_numbers
from pipeline.corpus.cited_references import COLUMN
from pipeline.corpus.identifiers import plain_name
from pipeline.corpus.references import Reference
from pipeline.errors import PaperatlasError
from pipeline.recommender.missing_works import MissingWork, most_cited
from pipeline.recommender.query import Query
from pipeline.references import match_works, read_reference_lists
from pipeline.references.paper_records import read_paper_records, record_of

NEAREST_ASKED = 50  # papers nearest to the draft whose references are asked


def find_draft_gaps(
    atlas: AtlasData, draft: Query, references: Sequence[Reference] = (), *, k: int
) -> list[MissingWork]:
    """The k works most cited by the NEAREST_ASKED papers nearest to a draft, from two of them on, without the papers of
    the atlas and what its own list of references has; of as many citations, the older first.

    References of these papers are matched with each other, with the papers and with the list as `find_missing` does it.
    Empty where none of them has references. Raises PaperatlasError for k below 1.
    """
    if k < 1:
        raise PaperatlasError(f"{k} missing works: ask for at least 1")
    if COLUMN not in atlas.column_names:
        return []
    others = np.ones(len(atlas), dtype=bool)
    others[list(draft.rows)] = False
    near = np.sort(atlas.index.nearest(draft.vector[None], k=NEAREST_ASKED, among=others).indices[0]).astype(np.int64)
    lists = read_reference_lists(atlas.column(COLUMN).take(row_numbers(near)), papers=len(near))
    if not len(lists):
        return []
    rows = _could_be_cited(atlas, near)
    papers = read_paper_records(lambda name: atlas.column(name).take(row_numbers(rows)), atlas.column_names)
    listed = [record_of({plain_name(name): value for name, value in one.fields.items()}) for one in references]
    known = [*papers, *listed]
    citing = np.searchsorted(rows, near)[lists.citing]
    works = match_works(known, replace(lists, papers=len(known), citing=citing))
    pairs = works.citations[works.row_of[works.citations[:, 1]] < 0]
    return most_cited(atlas, works, np.column_stack([rows[pairs[:, 0]], pairs[:, 1]]), k=k)


def _could_be_cited(atlas: AtlasData, near: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of these papers and of all that they cite, where the run keeps that, else of all papers; increasing."""
    kept = atlas.references
    if kept is None:
        return np.arange(len(atlas), dtype=np.int64)
    cited = np.concatenate([kept.paper(row)[0] for row in near.tolist()])
    return np.union1d(near, cited[cited < len(atlas)]).astype(np.int64)
