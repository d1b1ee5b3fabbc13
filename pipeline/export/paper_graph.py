"""Atlas -> graph of its papers: nodes with their place, topic, year and citations; edges by text and references."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.corpus.identifiers import IDENTIFIER_FIELDS, links, plain_name
from pipeline.errors import PaperatlasError
from pipeline.export.graph_edges import Edges, among, citation_edges, cocitation_edges, coupling_edges, text_edges
from pipeline.map.colours import PALETTE
from pipeline.recommender.kept_references import references_of
from pipeline.references import StoredReferences
from pipeline.words.did_you_mean import did_you_mean

TEXT, COUPLING, COCITATION, CITATION = EDGE_KINDS = ("text", "coupling", "cocitation", "citation")
DEFAULT_KINDS = (TEXT, CITATION)


@dataclass(frozen=True)
class PaperNode:
    """One paper. x, y: its place on the map. topic: number, -1 for noise; cluster: number of its nearest topic, label
    and colour (#RRGGBB) those of that topic. cited_here: papers of the run that cite it, None where no paper has
    references. year: None where it is not known; url: "" without one.
    """

    id: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    x: float
    y: float
    topic: int
    cluster: int
    label: str
    colour: str
    cited_here: int | None
    url: str


@dataclass(frozen=True)
class PaperGraph:
    """Papers in the order of their rows, and edges between them by their places in `nodes`, kind by kind.

    without_references: kinds that were asked for and left out, since no paper has references.
    """

    name: str
    nodes: Sequence[PaperNode]
    edges: Sequence[Edges]
    without_references: tuple[str, ...] = ()

    @property
    def directed(self) -> bool:
        """Whether edges have a direction: those of citations do, from the citing paper; the others stand once."""
        return any(edges.kind == CITATION for edges in self.edges)


def parse_kinds(text: str) -> tuple[str, ...]:
    """Kinds of edges in the order of EDGE_KINDS, from a list with commas. Raises PaperatlasError for other words.

    >>> parse_kinds("citation, text")
    ('text', 'citation')
    """
    named = [word.strip().lower().replace("-", "") for word in text.split(",") if word.strip()]
    for name in named:
        if name not in EDGE_KINDS:
            raise PaperatlasError(
                f"{name!r}: no kind of edges; {did_you_mean(name, EDGE_KINDS, otherwise='there are')}"
            )
    if not named:
        raise PaperatlasError(f"no kind of edges is named; there are {', '.join(EDGE_KINDS)}")
    return tuple(kind for kind in EDGE_KINDS if kind in named)


def make_graph(
    atlas: AtlasData,
    kinds: Iterable[str] = DEFAULT_KINDS,
    *,
    keep: NDArray[np.bool_] | None = None,
    strongest: int | None = None,
) -> PaperGraph:
    """The graph of an atlas, or of the papers of a mask (n,).

    text: pairs of neighbours of the run, weight the cosine of their vectors, above 0. coupling: shared references, the
    cosine of `pipeline.references.coupling`. cocitation: papers that cite both. citation: 1, from the citing paper.
    strongest: edges of each paper to keep of each kind but citations, at most as many as the run keeps neighbours.
    Raises PaperatlasError where every kind asked for needs references and no paper has any, or strongest is below 1.
    """
    if strongest is not None and strongest < 1:
        raise PaperatlasError(f"{strongest} edges a paper: ask for at least 1")
    kinds = tuple(kinds)
    references = references_of(atlas)
    left_out = () if references is not None else tuple(kind for kind in kinds if kind != TEXT)
    if left_out == kinds:
        raise PaperatlasError(f"{', '.join(kinds)}: no paper of this run has references; text edges need none")
    rows = np.arange(len(atlas)) if keep is None else np.flatnonzero(keep)
    most = max(min(strongest or atlas.neighbours.k, atlas.neighbours.k), 1)
    edges = [
        among(_edges(kind, atlas, references, most=most), rows, papers=len(atlas))
        for kind in kinds
        if kind not in left_out
    ]
    return PaperGraph(atlas.manifest.name, list(_nodes(atlas, rows, references)), edges, left_out)


def _edges(kind: str, atlas: AtlasData, references: StoredReferences | None, *, most: int) -> Edges:
    if kind == TEXT or references is None:
        return text_edges(atlas.neighbours.first(most))
    if kind == COUPLING:
        return coupling_edges(references, strongest=most)
    return cocitation_edges(references, strongest=most) if kind == COCITATION else citation_edges(references)


def _nodes(atlas: AtlasData, rows: NDArray[np.int64], references: StoredReferences | None) -> Iterator[PaperNode]:
    cited_here = None
    if references is not None:
        cited_here = np.bincount(citation_edges(references).targets, minlength=len(atlas)).tolist()
    names = ("id", "title", "authors", "year", "x", "y", "topic", "nearest_topic")
    columns = [atlas.column(name).to_pylist() for name in names]
    linked = [name for name in atlas.column_names if plain_name(name) in IDENTIFIER_FIELDS]
    addresses = [atlas.column(name).to_pylist() for name in linked]
    topics = {topic.id: topic for topic in atlas.topics}
    for row in rows.tolist():
        paper, title, authors, year, x, y, topic, nearest = (column[row] for column in columns)
        places = links({name: column[row] for name, column in zip(linked, addresses, strict=True)})
        yield PaperNode(
            id=paper,
            title=title or paper,
            authors=tuple(authors or ()),
            year=year,
            x=x,
            y=y,
            topic=topic,
            cluster=nearest,
            label=topics[nearest].label,
            colour=PALETTE[topics[nearest].colour],
            cited_here=None if cited_here is None else cited_here[row],
            url=places[0].address if places else "",
        )
