"""Format name -> the function that writes a graph of papers in it, in blocks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.export.gexf_writer import to_gexf
from pipeline.export.graphml_writer import to_graphml
from pipeline.export.paper_graph import PaperGraph
from pipeline.export.vosviewer_writer import to_map_and_network, to_vosviewer_json


@dataclass(frozen=True)
class GraphWriter:
    """endings: of the file names, one for each file. write: graph -> the files by their endings, in blocks."""

    endings: tuple[str, ...]
    write: Callable[[PaperGraph], Mapping[str, Iterator[bytes]]]

    def files(self, graph: PaperGraph, path: Path) -> dict[Path, Iterator[bytes]]:
        """The files to write: `path` and, for VOSviewer's pair, the one beside it; by their paths."""
        written = self.write(graph)
        if len(self.endings) == 1:
            return {path: written[self.endings[0]]}
        ending = next((one for one in self.endings if path.name.lower().endswith(one)), path.suffix)
        stem = path.name.removesuffix(path.name[len(path.name) - len(ending) :]) if ending else path.name
        return {path.with_name(f"{stem}{one}"): written[one] for one in self.endings}


GRAPH_WRITERS: Mapping[str, GraphWriter] = {
    "graphml": GraphWriter((".graphml",), lambda graph: {".graphml": to_graphml(graph)}),
    "gexf": GraphWriter((".gexf",), lambda graph: {".gexf": to_gexf(graph)}),
    "vosviewer": GraphWriter((".vos.json",), lambda graph: {".vos.json": to_vosviewer_json(graph)}),
    "vosviewer-map": GraphWriter((".map.txt", ".net.txt"), to_map_and_network),
}
