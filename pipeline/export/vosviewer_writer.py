"""Graph of papers -> VOSviewer's JSON file, or its map file and network file.

The formats: https://app.vosviewer.com/docs/file-types/ and the manual of VOSviewer 1.6, section 4.1. VOSviewer knows
one kind of link, without direction: a link's strength is the sum of the weights of all kinds that were asked for.
"""

import html
import json
from collections.abc import Iterator, Mapping

import numpy as np

from pipeline.export.graph_edges import Edges, merged
from pipeline.export.graph_text import in_blocks, number
from pipeline.export.paper_graph import PaperGraph, PaperNode
from pipeline.words.display import safe

MOST_CLUSTERS = 1000  # that VOSviewer knows; papers of smaller topics get none


def to_vosviewer_json(graph: PaperGraph) -> Iterator[bytes]:
    """The network, with the topics as labelled clusters of their colours, in blocks. Items have the papers' ids."""
    return in_blocks(_json(graph))


def _json(graph: PaperGraph) -> Iterator[str]:
    links, clusters = merged(graph.edges, papers=len(graph.nodes)), _clusters(graph)
    labels = {node.cluster: (node.label, node.colour) for node in graph.nodes}
    shown = [(cluster, *labels[topic]) for topic, cluster in clusters.items()]
    dated = any(node.year is not None for node in graph.nodes)
    yield '{"network": {\n"items": [\n'
    for place, (node, weights) in enumerate(zip(graph.nodes, _weights(graph, links), strict=True)):
        item: dict[str, object] = {"id": node.id, "label": safe(node.title), "description": _description(node)}
        item |= {"x": float(number(node.x)), "y": float(number(node.y)), "weights": weights}
        item |= {"url": node.url} if node.url else {}
        item |= {"cluster": clusters[node.cluster]} if node.cluster in clusters else {}
        item |= {"scores": {"Year": node.year}} if dated else {}  # of all or of none: VOSviewer refuses a gap, not null
        yield _separator(place) + json.dumps(item)
    yield '\n],\n"links": [\n'
    columns = (links.sources.tolist(), links.targets.tolist(), links.weights.tolist())
    ids = [json.dumps(node.id) for node in graph.nodes]
    for place, (source, target, weight) in enumerate(zip(*columns, strict=True)):
        ends = f'"source_id": {ids[source]}, "target_id": {ids[target]}'
        yield f'{_separator(place)}{{{ends}, "strength": {number(weight)}}}'
    named = [{"cluster": one, "label": safe(label)} for one, label, _ in shown]
    colours = [{"cluster": one, "color": colour.lower()} for one, _, colour in shown]
    terms = {"item": "paper", "items": "papers", "cluster": "topic", "clusters": "topics"}
    config = {"color_schemes": {"cluster_colors": colours}, "terminology": terms}
    yield f'\n],\n"clusters": {json.dumps(named)}\n}},\n"config": {json.dumps(config)}\n}}\n'


def to_map_and_network(graph: PaperGraph) -> Mapping[str, Iterator[bytes]]:
    """The map file and the network file, by the endings of their names, in blocks. Items have numbers from 1, in the
    order of the papers, whose ids are in the descriptions.
    """
    links = merged(graph.edges, papers=len(graph.nodes))
    return {".map.txt": in_blocks(_map_lines(graph, links)), ".net.txt": in_blocks(_network_lines(links))}


def _map_lines(graph: PaperGraph, links: Edges) -> Iterator[str]:
    clusters, weights = _clusters(graph), list(_weights(graph, links))
    named = list(weights[0]) if weights else []
    heads = [*("id", "label", "description", "url", "x", "y", "cluster"), *(f"weight<{name}>" for name in named)]
    yield "\t".join([*heads, "score<Year>"]) + "\n"
    for place, node in enumerate(graph.nodes):
        cells = [str(place + 1), _quoted(node.title), _quoted(_description(node)), _quoted(node.url)]
        cells += [number(node.x), number(node.y), str(clusters.get(node.cluster, ""))]
        cells += [number(weights[place][name]) for name in named]
        yield "\t".join([*cells, "" if node.year is None else str(node.year)]) + "\n"


def _network_lines(links: Edges) -> Iterator[str]:
    columns = (links.sources.tolist(), links.targets.tolist(), links.weights.tolist())
    for source, target, weight in zip(*columns, strict=True):
        yield f"{source + 1}\t{target + 1}\t{number(weight)}\n"


def _clusters(graph: PaperGraph) -> dict[int, int]:
    """Topic -> cluster from 1, by increasing number of the topic."""
    topics = sorted({node.cluster for node in graph.nodes})[:MOST_CLUSTERS]
    return {topic: place for place, topic in enumerate(topics, start=1)}


def _weights(graph: PaperGraph, links: Edges) -> Iterator[dict[str, float]]:
    """For each paper: how often it is cited in the run, where that is known, its links and their strength."""
    papers = len(graph.nodes)
    ends = np.concatenate([links.sources, links.targets])
    counts = np.bincount(ends, minlength=papers).tolist()
    strengths = np.bincount(ends, np.concatenate([links.weights, links.weights]), minlength=papers).tolist()
    for node, count, strength in zip(graph.nodes, counts, strengths, strict=True):
        known = {} if node.cited_here is None else {"Cited here": node.cited_here}
        yield {**known, "Links": count, "Total link strength": float(number(strength))}


def _description(node: PaperNode) -> str:
    """Who wrote the paper and when, its id and topic, as HTML: VOSviewer shows it so."""
    authors = ", ".join(node.authors[:3]) + (" et al." if len(node.authors) > 3 else "")
    when = f"({node.year})" if node.year is not None else ""
    parts = (node.title, f"{authors} {when}", f"Topic: {node.label}", f"Id: {node.id}")
    return "<br>".join(html.escape(safe(part)) for part in parts if part.strip())


def _quoted(text: str) -> str:
    """A cell in double quotes, on one line."""
    return f'"{safe(text).replace(chr(34), chr(34) * 2)}"' if text else ""


def _separator(place: int) -> str:
    return ",\n" if place else ""
