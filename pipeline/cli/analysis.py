"""`paperatlas topics` and `evaluate`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Run

if TYPE_CHECKING:
    from pipeline.atlas import AtlasData


def topics(
    run: Run,
    tree: Annotated[bool, typer.Option("--tree", help="Areas, their topics, and the subtopics inside.")] = False,
    as_json: Json = False,
) -> None:
    """List the topics of a run."""
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
    """The topics as a table, with the stability of each where that was measured."""
    measured = any(topic.stability is not None for topic in atlas.topics)
    columns = [("topic", "right"), ("papers", "right"), ("label", "fold"), ("keywords", "fold")]
    rows: list[Sequence[object]] = [
        (topic.id, topic.size, topic.label, ", ".join(keyword.term for keyword in topic.keywords[:5]))
        for topic in atlas.topics
    ]
    if measured:
        columns.insert(2, ("stable", "right"))
        rows = [(*row[:2], _percent(topic.stability), *row[2:]) for row, topic in zip(rows, atlas.topics, strict=True)]
    show.table(columns, rows)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _show_tree(atlas: "AtlasData") -> None:
    for line in atlas.hierarchy.lines():
        number = f"{line.topic.id}. " if line.level == "topic" else ""
        show.line(f"{'    ' * line.depth}{number}{show.safe(line.topic.label)} ({line.topic.size:,})")
    if not atlas.hierarchy.areas and not atlas.hierarchy.subtopics:
        show.line("(so few topics have no areas above them and no subtopics inside)")


def evaluate(
    run: Run,
    labels: Annotated[
        str | None, typer.Option(help="Column of the papers to compare the topics with, e.g. categories.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure the topics and the map: against a column, by their keywords, in the embedding, and when resampled."""
    from pipeline.atlas import load_run
    from pipeline.evaluation import evaluate as find_figures

    evaluation = find_figures(load_run(run), labels=labels)
    if as_json:
        show.print_json(evaluation.to_json())
        return
    rows = [(figure.name, show.figure(figure.value), figure.meaning) for figure in evaluation.figures]
    show.table([("figure", "left"), ("value", "right"), ("meaning", "fold")], rows)
