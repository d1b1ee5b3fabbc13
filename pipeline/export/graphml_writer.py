"""Graph of papers -> GraphML, which networkx, igraph, Cytoscape and Gephi read.

The format: Brandes et al. 2002, 10.1007/3-540-45848-4_59, and http://graphml.graphdrawing.org.
"""

from collections.abc import Iterator

from pipeline.export.graph_text import in_blocks, number, xml_ids, xml_text
from pipeline.export.paper_graph import PaperGraph, PaperNode

NODE_KEYS = (
    *(("label", "string"), ("authors", "string"), ("year", "int"), ("x", "double"), ("y", "double")),
    *(("topic", "int"), ("cluster", "int"), ("cluster_label", "string"), ("cited_here", "int"), ("url", "string")),
)
EDGE_KEYS = (("kind", "string"), ("weight", "double"))


def to_graphml(graph: PaperGraph) -> Iterator[bytes]:
    """The file in blocks. Nodes have the ids of the papers; edges of each kind stand alone, so two papers may have
    several. Directed as a whole where there are citations: the other kinds then go from the earlier row.
    """
    return in_blocks(_lines(graph))


def _lines(graph: PaperGraph) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for owner, keys in (("node", NODE_KEYS), ("edge", EDGE_KEYS)):
        for name, kind in keys:
            yield f'<key id="{name}" for="{owner}" attr.name="{name}" attr.type="{kind}"/>\n'
    yield f'<graph id="{xml_text(graph.name)}" edgedefault="{"directed" if graph.directed else "undirected"}">\n'
    ids = xml_ids([node.id for node in graph.nodes])
    for node_id, node in zip(ids, graph.nodes, strict=True):
        fields = "".join(f'<data key="{name}">{value}</data>' for name, value in _fields(node))
        yield f'<node id="{node_id}">{fields}</node>\n'
    for edges in graph.edges:
        columns = (edges.sources.tolist(), edges.targets.tolist(), edges.weights.tolist())
        for source, target, weight in zip(*columns, strict=True):
            yield (
                f'<edge source="{ids[source]}" target="{ids[target]}"><data key="kind">{edges.kind}</data>'
                f'<data key="weight">{number(weight)}</data></edge>\n'
            )
    yield "</graph>\n</graphml>\n"


def _fields(node: PaperNode) -> Iterator[tuple[str, str]]:
    """The fields of a node that have a value, as XML."""
    yield "label", xml_text(node.title)
    if node.authors:
        yield "authors", xml_text("; ".join(node.authors))
    if node.year is not None:
        yield "year", str(node.year)
    yield "x", number(node.x)
    yield "y", number(node.y)
    yield "topic", str(node.topic)
    yield "cluster", str(node.cluster)
    yield "cluster_label", xml_text(node.label)
    if node.cited_here is not None:
        yield "cited_here", str(node.cited_here)
    if node.url:
        yield "url", xml_text(node.url)
