"""`paperatlas topics`, `assign` and `evaluate`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Labels, Run

if TYPE_CHECKING:
    from pipeline.atlas import AtlasData
    from pipeline.topics import Topic


def topics(
    run: Run,
    *,
    tree: Annotated[bool, typer.Option("--tree", help="Show areas, their topics, and their subtopics.")] = False,
    as_json: Json = False,
) -> None:
    """List the topics of a run, with keywords and stability."""
    from pipeline.atlas import load_run

    atlas = load_run(run)
    if as_json and tree:
        hierarchy = atlas.hierarchy
        levels = {"areas": hierarchy.areas, "topics": hierarchy.topics, "subtopics": hierarchy.subtopics}
        show.print_json({name: [topic.to_json() for topic in topics] for name, topics in levels.items()})
    elif as_json:
        show.print_json([topic.to_json() for topic in atlas.topics])
    elif tree:
        _show_tree(atlas)
    else:
        show_topics(atlas)


def show_topics(atlas: "AtlasData") -> None:
    """Print the topics as a table, with their resampling stability where it was measured."""
    has_stability = any(topic.stability is not None for topic in atlas.topics)
    columns = [("topic", "right"), ("papers", "right"), ("label", "fold"), ("keywords", "fold")]
    rows: list[Sequence[object]] = [
        (topic.id, topic.size, topic.label, ", ".join(keyword.term for keyword in topic.keywords[:5]))
        for topic in atlas.topics
    ]
    if has_stability:
        columns.insert(2, ("stable", "right"))
        rows = [(*row[:2], _stability(topic), *row[2:]) for row, topic in zip(rows, atlas.topics, strict=True)]
    show.table(columns, rows)


def _stability(topic: "Topic") -> str:
    return "" if topic.stability is None else f"{topic.stability:.0%}{' (unstable)' * topic.unstable}"


def _show_tree(atlas: "AtlasData") -> None:
    for line in atlas.hierarchy.lines():
        number = f"{line.topic.id}. " if line.level == "topic" else ""
        show.line(f"{'    ' * line.depth}{number}{show.safe(line.topic.label)} ({line.topic.size:,})")
    if not atlas.hierarchy.areas and not atlas.hierarchy.subtopics:
        show.line("(with so few topics there are no areas and no subtopics)")


def assign(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Papers, in any format that `run` reads.")],
) -> None:
    """Find the topics of papers that are not in the run.

    Prints one JSON object per line, in the order of the file.
    """
    from pipeline.atlas import load_run
    from pipeline.corpus import Rejected, Source, existing_file, read_papers
    from pipeline.corpus.file_search import ON_COMMAND_LINE
    from pipeline.recommender import assign_texts

    atlas = load_run(run)
    source = Source(existing_file(file, hint=ON_COMMAND_LINE))
    rows = list(read_papers([source], atlas.manifest.config.corpus))
    papers = [row for row in rows if not isinstance(row, Rejected)]
    results = iter(assign_texts(atlas, [paper.text for paper in papers]))
    show.print_jsonl(
        {"row": row.row, "id": row.id, "rejected": row.reason}
        if isinstance(row, Rejected)
        else {"row": row.row, "id": row.id, **next(results).to_json()}
        for row in rows
    )


def evaluate(run: Run, *, labels: Labels = None, as_json: Json = False) -> None:
    """Measure the quality of topics and map.

    Agreement with a column, coherence of keywords, density in the embedding, stability when resampled, and
    neighbourhood preservation of the map; each figure with its meaning.
    """
    from pipeline.atlas import load_run
    from pipeline.evaluation import evaluate as measure

    evaluation = measure(load_run(run), labels=labels)
    if as_json:
        show.print_json(evaluation.to_json())
        return
    rows = [(figure.name, show.figure(figure.value), figure.meaning) for figure in evaluation.figures]
    show.table([("figure", "left"), ("value", "right"), ("meaning", "fold")], rows)
