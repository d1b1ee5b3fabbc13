"""`paperatlas export`."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Run, Topic, Where
from pipeline.errors import PaperatlasError

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.atlas import AtlasData
    from pipeline.export import Writer

NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
MAX_NAME = 40
Form = Annotated[
    Literal["bibtex", "ris", "csl", "csv", "jsonl", "parquet", "xlsx"] | None,
    typer.Option("--format", help="Format to write.", show_default="by the ending of FILE, else csv"),
]


def export(
    run: Run,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="File to write, or a folder with --per-topic; - prints.",
            show_default="print to the terminal",
        ),
    ] = None,
    *,
    form: Form = None,
    topic: Topic = None,
    where: Where = None,
    core: Annotated[bool, typer.Option("--core", help="Leave out papers between topics (noise).")] = False,
    per_topic: Annotated[bool, typer.Option("--per-topic", help="Write one file for each topic.")] = False,
) -> None:
    """Write papers for a reference manager or a spreadsheet.

    All papers of the run, or those chosen by the options: as BibTeX, RIS, CSL-JSON, CSV, JSONL, Parquet or XLSX.
    """
    import numpy as np

    from pipeline.atlas import load_run
    from pipeline.export import WRITERS
    from pipeline.recommender import filter_papers

    format_name = form or _format_of(file) or "csv"
    writer = WRITERS[format_name]
    atlas = load_run(run)
    keep = filter_papers(atlas, condition=where, topic=topic)
    keep = np.ones(len(atlas), dtype=bool) if keep is None else keep
    if core:
        keep &= atlas.column("topic").to_numpy() != -1
    if not keep.any():
        raise PaperatlasError("no paper is left to write")
    papers = _with_labels(atlas).filter(keep)
    if per_topic:
        if file is None or str(file) == "-":
            raise PaperatlasError("--per-topic writes many files: name a folder for them")
        _write_topics(atlas, papers, file, writer=writer)
        return
    content = writer.write(papers)
    if file is None or str(file) == "-":
        if format_name in ("parquet", "xlsx"):
            raise PaperatlasError(f"{format_name} is not text: name a file to write")
        show.print_text(content.decode())
        return
    show.write_file(file, content)
    show.line(f"{show.safe(str(file))}: {show.count(papers.num_rows, 'paper')}")


def _format_of(file: Path | None) -> str | None:
    from pipeline.export import WRITERS

    return next((name for name, writer in WRITERS.items() if file and file.suffix.lower() == writer.ending), None)


def _with_labels(atlas: "AtlasData") -> "pa.Table":
    """All columns of the papers, and the label of their nearest topic."""
    labels = {topic.id: topic.label for topic in atlas.topics}
    papers = atlas.tables.whole.papers
    nearest = [labels[topic] for topic in papers.column("nearest_topic").to_pylist()]
    return papers if "topic_label" in papers.column_names else papers.append_column("topic_label", [nearest])


def _write_topics(atlas: "AtlasData", papers: "pa.Table", folder: Path, *, writer: "Writer") -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise PaperatlasError(f"{folder}: cannot be created: {problem.strerror}") from None
    nearest = papers.column("nearest_topic").to_numpy()
    written = 0
    for topic in atlas.topics:
        members = papers.filter(nearest == topic.id)
        if members.num_rows:
            plain = NOT_IN_NAMES.sub("-", topic.label.lower()).strip("-")[:MAX_NAME].strip("-")
            show.write_file(folder / f"{topic.id:03}-{plain or 'topic'}{writer.ending}", writer.write(members))
            written += 1
    show.line(f"{show.safe(str(folder))}: {written} files, {papers.num_rows:,} papers")
