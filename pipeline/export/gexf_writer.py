"""Graph of papers -> GEXF 1.2, Gephi's format, with the places, colours and sizes of the papers.

The format: https://gexf.net/schema.html, version 1.2draft, which Gephi, networkx and sigma.js read.
"""

from collections.abc import Iterator

from pipeline.export.graph_text import in_blocks, number, xml_ids, xml_text
from pipeline.export.paper_graph import PaperGraph, PaperNode

ATTRIBUTES = (
    *(("authors", "string"), ("year", "integer"), ("x", "double"), ("y", "double"), ("topic", "integer")),
    *(("cluster", "integer"), ("cluster_label", "string"), ("cited_here", "integer"), ("url", "anyURI")),
)
SPACING = 30.0  # of the map's side, in Gephi's units for each root of the number of papers
LEAST_SIZE, SIZE_OF_CITED = 4.0, 2.0  # diameter of a point: the second times the root of its citations is added


def to_gexf(graph: PaperGraph) -> Iterator[bytes]:
    """The file in blocks. viz:position is the place on the map, larger, so that points of Gephi's size do not overlap;
    the attributes x and y are the run's own.
    """
    return in_blocks(_lines(graph))


def _lines(graph: PaperGraph) -> Iterator[str]:
    kind = "directed" if graph.directed else "undirected"
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gexf xmlns="http://www.gexf.net/1.2draft"'
        ' xmlns:viz="http://www.gexf.net/1.2draft/viz" version="1.2">\n<meta><creator>paperatlas</creator>'
        f'<description>{xml_text(graph.name)}</description></meta>\n<graph mode="static" defaultedgetype="{kind}">\n'
    )
    yield '<attributes class="node">\n'
    for place, (name, form) in enumerate(ATTRIBUTES):
        yield f'<attribute id="{place}" title="{name}" type="{form}"/>\n'
    yield '</attributes>\n<attributes class="edge">\n<attribute id="0" title="kind" type="string"/>\n</attributes>\n'
    ids = xml_ids([node.id for node in graph.nodes])
    scale = _scale(graph)
    yield "<nodes>\n"
    for node_id, node in zip(ids, graph.nodes, strict=True):
        yield _node(node_id, node, scale)
    yield "</nodes>\n<edges>\n"
    count = 0
    for edges in graph.edges:
        columns = (edges.sources.tolist(), edges.targets.tolist(), edges.weights.tolist())
        for source, target, weight in zip(*columns, strict=True):
            yield (
                f'<edge id="{count}" source="{ids[source]}" target="{ids[target]}" weight="{number(weight)}">'
                f'<attvalues><attvalue for="0" value="{edges.kind}"/></attvalues></edge>\n'
            )
            count += 1
    yield "</edges>\n</graph>\n</gexf>\n"


def _node(node_id: str, node: PaperNode, scale: float) -> str:
    values = (
        "; ".join(node.authors) or None,
        node.year,
        number(node.x),
        number(node.y),
        node.topic,
        node.cluster,
        node.label,
        node.cited_here,
        node.url or None,
    )
    fields = "".join(
        f'<attvalue for="{place}" value="{xml_text(str(value))}"/>'
        for place, value in enumerate(values)
        if value is not None
    )
    red, green, blue = (int(node.colour[at : at + 2], 16) for at in (1, 3, 5))
    size = LEAST_SIZE + SIZE_OF_CITED * (node.cited_here or 0) ** 0.5
    return (
        f'<node id="{node_id}" label="{xml_text(node.title)}"><attvalues>{fields}</attvalues>'
        f'<viz:size value="{number(size)}"/>'
        f'<viz:position x="{number(scale * node.x)}" y="{number(scale * node.y)}" z="0"/>'
        f'<viz:color r="{red}" g="{green}" b="{blue}"/></node>\n'
    )


def _scale(graph: PaperGraph) -> float:
    """Gephi's units for one of the map."""
    if not graph.nodes:
        return 1.0
    x, y = [node.x for node in graph.nodes], [node.y for node in graph.nodes]
    return float(SPACING * len(graph.nodes) ** 0.5 / (max(max(x) - min(x), max(y) - min(y)) or 1.0))
