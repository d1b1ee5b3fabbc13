"""Table of papers with topics -> the same with what only some formats say of a topic: a tag, and its area."""

from collections.abc import Mapping

import pyarrow as pa

from pipeline.export.citation_fields import listed_values

WORDS = ("keywords", "tags")


def with_topic_tags(papers: pa.Table) -> pa.Table:
    """With the label of its nearest topic behind the keywords of each paper, each once. Needs `topic_label`."""
    columns = [papers.column(name).to_pylist() for name in WORDS if name in papers.column_names]
    words = zip(*columns, strict=True) if columns else [()] * papers.num_rows
    labels = papers.column("topic_label").to_pylist()
    tagged = [
        list(dict.fromkeys([*(word for value in values for word in listed_values(value)), label]))
        for values, label in zip(words, labels, strict=True)
    ]
    kept = papers.drop_columns([name for name in WORDS if name in papers.column_names])
    return kept.append_column("keywords", pa.array(tagged, pa.list_(pa.string())))


def with_areas(papers: pa.Table, areas: Mapping[int, str]) -> pa.Table:
    """With a column `topic_area`. areas: number of a topic -> label of its area, "" where it has none."""
    labels = [areas.get(topic, "") for topic in papers.column("nearest_topic").to_pylist()]
    return papers.append_column("topic_area", pa.array(labels, pa.string()))
