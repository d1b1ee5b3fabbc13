"""`paperatlas missing`: the works that the papers of a run cite most and that are not in it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Run, Topic
from pipeline.cli.results import Format, form_of

if TYPE_CHECKING:
    from pipeline.atlas import AtlasData
    from pipeline.recommender import MissingWork

Count = Annotated[int, typer.Option("-k", metavar="N", min=1, help="How many works.")]
COLUMNS = [("cited by", "right"), ("year", "right"), ("first author", "left"), ("title", "fold"), ("work", "fold")]


def missing(run: Run, *, topic: Topic = None, k: Count = 50, as_json: Json = False, references: Format = None) -> None:
    """List works cited most that the run lacks.

    References are matched with each other and with the papers by their ids, titles and where they were printed; works
    that one paper alone cites are left out. Papers whose source gave no references have no say.
    """
    from pipeline.atlas import load_run
    from pipeline.recommender import find_missing

    form = form_of(as_json=as_json, as_csv=False, references=references, explain=False)
    atlas = load_run(run)
    works = find_missing(atlas, topic=topic, k=k)
    if form == "json":
        show.print_json([work.to_json() for work in works])
    elif references is not None:
        from pipeline.export import REFERENCE_WRITERS

        if not works:
            show.problem(_why_none(atlas))
        show.print_text(REFERENCE_WRITERS[references](work.to_paper() for work in works))
    elif works:
        show_works(works)
    else:
        show.line(_why_none(atlas))


def _why_none(atlas: "AtlasData") -> str:
    from pipeline.corpus.cited_references import COLUMN

    if COLUMN in atlas.column_names and atlas.column(COLUMN).null_count < len(atlas):
        return "no missing works: no work outside the run is cited by two of its papers"
    return "no missing works: no paper of this run has references; export the papers with what they cite, and run them"


def show_works(works: Sequence["MissingWork"]) -> None:
    """Print works as a table."""
    show.table(COLUMNS, [_row(work) for work in works])


def _row(work: "MissingWork") -> tuple[object, ...]:
    record = work.record
    address = f"https://doi.org/{record.doi}" if record.doi else None
    place = f"{record.source} {record.volume}".strip()
    return (
        work.count,
        record.year or "-",
        record.author or "-",
        show.Linked(work.title or place or "-", address),
        work.work,
    )
