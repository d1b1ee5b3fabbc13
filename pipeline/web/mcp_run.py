"""Names as an agent writes them -> papers, topics and references of one run, and what is asked of it more than once."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.corpus.identifiers import Identifiers, find_arxiv, find_dois, title_key
from pipeline.corpus.references import Reference
from pipeline.errors import PaperatlasError, UnknownPaperError
from pipeline.recommender import MissingWork, find_missing
from pipeline.recommender.filter import topics_like
from pipeline.references import find_works, parse_reference
from pipeline.topics import Topic
from pipeline.web.mcp_texts import shown_id


@dataclass(frozen=True)
class AgentRun:
    """One run. missing_works: those found already, by topic; "" is the whole run."""

    atlas: AtlasData
    missing_works: dict[str, list[MissingWork]] = field(default_factory=dict)

    def row(self, paper: str) -> int:
        """Row of a paper by its id as the run has it, or as answers show it. Raises UnknownPaperError."""
        try:
            return self.atlas.ids.row(paper)
        except UnknownPaperError:
            if paper in self._shown_ids:
                return self._shown_ids[paper]
            raise

    @cached_property
    def _shown_ids(self) -> dict[str, int]:
        """Rows of the papers whose id is shown otherwise than the run has it, of equal ones the first."""
        rows: dict[str, int] = {}
        for row, paper in enumerate(self.atlas.ids.ids):
            if (shown := shown_id(paper)) != paper:
                rows.setdefault(shown, row)
        return rows

    def topic(self, name: str) -> Topic:
        """A topic by its number, or by its label in any case. Raises PaperatlasError, with the label most like it."""
        topics = self.atlas.topics
        by_name = {topic.label.casefold(): topic for topic in topics} | {str(topic.id): topic for topic in topics}
        if (found := by_name.get(name.strip().casefold())) is not None:
            return found
        raise PaperatlasError(f"no topic {name!r}; {topics_like(self.atlas, name)}")

    def reference(self, text: str) -> Reference:
        """A reference as an agent writes it: id of a paper of the run, DOI, arXiv id, title, or as it is printed."""
        row = self.atlas.ids.find(text.strip())
        if row is not None:
            text_hash = self.atlas.text_hashes[row].tobytes()
            return Reference(text, Identifiers((), (), ""), text_hash)
        parsed = parse_reference(text)
        title = title_key(parsed.title) or title_key(text)
        identifiers = Identifiers(tuple(find_dois(text)), tuple(find_arxiv(text, bare=True)), title)
        authors = [" ".join([*(f"{letter}." for letter in parsed.initials), parsed.author])] if parsed.author else []
        fields: dict[str, object] = {
            **{"title": parsed.title or text, "authors": authors, "year": parsed.year, "journal": parsed.source},
            **{"volume": parsed.volume, "pages": parsed.page, "identifier": text},
        }
        return Reference(text, identifiers, None, fields)

    def cites(self, row: int) -> list[int]:
        """Rows of the papers that a paper cites, those most cited in the run first."""
        stored = self.atlas.references
        return [] if stored is None else self._most_cited(stored.paper(row)[0])

    def cited_by(self, row: int) -> list[int]:
        """Rows of the papers that cite a paper, in the same order."""
        stored = self.atlas.references
        return [] if stored is None else self._most_cited(stored.citing(row))

    def _most_cited(self, works: NDArray[np.int32]) -> list[int]:
        """Those of the works that are papers."""
        stored = self.atlas.references
        rows = [int(work) for work in works if work < len(self.atlas)]
        return rows if stored is None else sorted(rows, key=lambda row: (-len(stored.citing(row)), row))

    def missing(self, topic: str, *, count: int) -> list[MissingWork]:
        """The works most cited and not in the run, of a topic (its number), or of all papers for ""."""
        if topic not in self.missing_works:
            self.missing_works[topic] = find_missing(self._matched, topic=topic or None, k=count)
        return self.missing_works[topic]

    @cached_property
    def _matched(self) -> AtlasData:
        """The atlas with its references matched, which takes longest."""
        atlas = self.atlas
        return replace(atlas, works=find_works(atlas.column, atlas.column_names)) if atlas.works is None else atlas
