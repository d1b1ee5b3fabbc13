"""`paperatlas export --to-zotero`: topics of a run as collections of the Zotero that its papers came from."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.cli import show
from pipeline.errors import PaperatlasError

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.fetch.zotero_write import TopicItems

LINK = re.compile(r"zotero://select/(library|groups/\d+)/items/(\w+)")


def write_to_zotero(papers: "pa.Table", name: str, *, port: int, is_file_named: bool) -> None:
    """Put the papers that have a link to Zotero into new collections there. name: of the run; papers: as for RDF."""
    if is_file_named:
        raise PaperatlasError("--to-zotero writes no file: give it without FILE and --format")
    from pipeline.fetch import make_client
    from pipeline.fetch.zotero_pages import local_address
    from pipeline.fetch.zotero_write import write_topics

    libraries = _topics_by_library(papers)
    if not libraries:
        raise PaperatlasError(
            "no paper of this run has a link into Zotero, as papers of `fetch zotero` and zotero.sqlite have; write a"
            " file that ends in .rdf, and import it"
        )
    client = replace(make_client("zotero"), address=local_address(port))
    for library, topics in libraries.items():
        placed = write_topics(client, library, topics, name=name)
        whose = "your library" if library == "users/0" else library.replace("groups/", "group ")
        show.line(f"Zotero: {show.count(placed, 'paper')} in {show.count(len(topics), 'collection')} of {whose}")
    left = papers.num_rows - sum(len(topic.keys) for topics in libraries.values() for topic in topics)
    if left:
        show.line(f"{show.count(left, 'paper')} left out, which did not come from Zotero")


def _topics_by_library(papers: "pa.Table") -> "dict[str, list[TopicItems]]":
    from pipeline.fetch.zotero_write import TopicItems

    if "zotero" not in papers.column_names:
        return {}
    columns = [papers.column(name).to_pylist() for name in ("zotero", "nearest_topic", "topic_label", "topic_area")]
    keys: dict[str, dict[int, list[str]]] = {}
    names: dict[int, tuple[str, str]] = {}
    for link, topic, label, area in zip(*columns, strict=True):
        if found := LINK.fullmatch(link or ""):
            library = "users/0" if found[1] == "library" else found[1]
            keys.setdefault(library, {}).setdefault(topic, []).append(found[2])
            names[topic] = (label, area)
    return {
        library: [TopicItems(*names[topic], tuple(topics[topic])) for topic in sorted(topics)]
        for library, topics in keys.items()
    }
