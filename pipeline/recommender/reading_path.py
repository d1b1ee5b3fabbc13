"""Atlas, a paper -> what to read, in order: through a topic from its roots to the recent work, or to another paper."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from pipeline.atlas import AtlasData
from pipeline.errors import PaperatlasError
from pipeline.recommender.filter import filter_papers
from pipeline.recommender.kept_references import references_of
from pipeline.recommender.reading_path_links import PaperLinks, Rows, best_route, fewest_papers
from pipeline.recommender.reading_path_reasons import StepReasons, give_step_reasons
from pipeline.recommender.reading_path_story import tell_story

DEFAULT_STEPS = 8


@dataclass(frozen=True)
class PathStep:
    """One paper of a reading path. step: its place, from 1. topic, label: those of its nearest topic."""

    step: int
    id: str
    title: str
    year: int | None
    topic: int
    label: str
    reasons: StepReasons

    def to_json(self) -> dict[str, object]:
        """Its fields and its reasons by name, side by side."""
        fields: dict[str, object] = asdict(self)
        del fields["reasons"]
        return fields | asdict(self.reasons)


def find_path(
    atlas: AtlasData, start: str, *, end: str | None = None, topic: str | None = None, k: int = DEFAULT_STEPS
) -> list[PathStep]:
    """At most k papers to read in order, the first of them start.

    With end, the papers that lead to it along the strongest links of text and references (`best_route`). Else a list
    through a topic, its number or label, or that of start: from what the topic cites most and early to its recent work
    (`tell_story`). start and end: ids, those of duplicates too. Without references texts alone decide, without years
    citations and nearness. Raises UnknownPaperError, and PaperatlasError for both an end and a topic, a k too small,
    or where no route of at most k papers leads from start to end.
    """
    if end is not None and topic is not None:
        raise PaperatlasError("a path leads to a paper or through a topic: give one of the two")
    if k < 1:
        raise PaperatlasError(f"a path of {k} papers: ask for at least 1")
    first = atlas.ids.row(start)
    links = PaperLinks(atlas, references_of(atlas))
    topics = np.array(atlas.column("nearest_topic").to_pylist(), dtype=np.int64)
    if end is not None:
        rows = _route(links, first, atlas.ids.row(end), k=k)
    else:
        asked = filter_papers(atlas, topic=topic)
        members = np.flatnonzero(topics == topics[first] if asked is None else asked)
        rows = [first, *tell_story(links, first, members, steps=k - 1)]
    return _steps(atlas, rows, give_step_reasons(links, rows, topics=topics, between=end is not None))


def _route(links: PaperLinks, first: int, last: int, *, k: int) -> list[int]:
    ids = links.atlas.ids.ids
    if first == last:
        return [first]
    if k < 2:
        raise PaperatlasError(f"a path of {k} paper: from one paper to another it has at least 2")
    route = best_route(links, (first, last), k=k)
    if not route:
        fewest = fewest_papers(links, (first, last))
        if fewest is None:
            raise PaperatlasError(
                f"no path from {ids[first]!r} to {ids[last]!r}: neither near texts nor citations join the two, not even"
                " through other papers"
            )
        raise PaperatlasError(
            f"no path of at most {k} papers from {ids[first]!r} to {ids[last]!r}; the shortest has {fewest}"
        )
    return route


def _steps(atlas: AtlasData, rows: Sequence[int] | Rows, reasons: Sequence[StepReasons]) -> list[PathStep]:
    columns = [atlas.column(name) for name in ("id", "title", "year", "nearest_topic")]
    steps = []
    for place, (row, why) in enumerate(zip(rows, reasons, strict=True), start=1):
        paper, title, year, topic = (column[int(row)].as_py() for column in columns)
        steps.append(PathStep(place, paper, title, year, topic, atlas.topic(topic).label, why))
    return steps
