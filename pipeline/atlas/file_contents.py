"""AtlasData -> what is written into each file of a run folder, a block at a time."""

import csv
import io
import json
from collections.abc import Callable
from functools import partial
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.lib import format as npy
from numpy.typing import NDArray

from pipeline.atlas.atlas import AtlasData
from pipeline.atlas.load import LEXICAL, REFERENCES, SENTENCES

Writer = Callable[[BinaryIO], object]
ROW_GROUP = 16_384  # papers: what is read to show one of them
BLOCK_BYTES = 16 * 2**20


def file_writers(atlas: AtlasData) -> dict[str, Writer]:
    """By name, what writes each file of the run folder but the manifest and the pictures."""
    arrays: dict[str, NDArray[np.generic]] = {
        "embedding.npy": atlas.vectors,
        "text_hashes.npy": atlas.text_hashes,
        "neighbours_indices.npy": atlas.neighbours.indices,
        "neighbours_similarities.npy": atlas.neighbours.similarities,
    }
    if atlas.sentences is not None:
        arrays |= {f"sentences_{part}.npy": getattr(atlas.sentences, part) for part in SENTENCES}
    if atlas.lexical is not None:
        arrays |= {f"lexical_{part}.npy": getattr(atlas.lexical, part) for part in LEXICAL}
    if atlas.references is not None:
        arrays |= {f"references_{part}.npy": getattr(atlas.references, part) for part in REFERENCES}
    arrays |= {f"encoder_{name}.npy": array for name, array in atlas.encoder_arrays.items()}
    tables = atlas.tables.whole
    levels = {"areas": atlas.hierarchy.areas, "subtopics": atlas.hierarchy.subtopics}
    hierarchy = {name: [topic.to_json() for topic in topics] for name, topics in levels.items()}
    return {
        **{name: partial(_write_npy, array) for name, array in arrays.items()},
        "papers.parquet": partial(_write_parquet, tables.papers),
        "sources.parquet": partial(_write_parquet, tables.sources),
        "duplicates.csv": whole(_csv(tables.duplicates)),
        "rejected.csv": whole(_csv(tables.rejected)),
        "topics.json": whole(_json([topic.to_json() for topic in atlas.topics])),
        "hierarchy.json": whole(_json(hierarchy)),
    }


def whole(content: bytes) -> Writer:
    """Writes what is there already."""
    return lambda file: file.write(content)


def _write_npy(array: NDArray[np.generic], file: BinaryIO) -> None:
    """As numpy.save does, whose own blocks name no reason where the disk is full."""
    if array.dtype.hasobject:
        raise ValueError("Object arrays cannot be saved: reading them back would run code")
    rows = np.ascontiguousarray(array)
    npy.write_array_header_1_0(file, npy.header_data_from_array_1_0(rows))
    block = max(1, BLOCK_BYTES * len(rows) // max(rows.nbytes, 1))
    for start in range(0, len(rows), block):
        file.write(rows[start : start + block].tobytes())


def _write_parquet(table: pa.Table, file: BinaryIO) -> None:
    with pq.ParquetWriter(file, table.schema, compression="zstd", write_page_checksum=True) as writer:
        for start in range(0, max(table.num_rows, 1), ROW_GROUP):
            writer.write_table(table.slice(start, ROW_GROUP).combine_chunks(), row_group_size=ROW_GROUP)


def _csv(table: pa.Table) -> bytes:
    buffer = io.StringIO(newline="")
    # All quoted: a lone carriage return in an id must not be read back as the end of a line.
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(table.column_names)
    writer.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))
    return buffer.getvalue().encode()


def _json(content: object) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
