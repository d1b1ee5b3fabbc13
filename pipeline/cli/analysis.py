"""`paperatlas topics` and `evaluate`."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Run


def topics(
    run: Run,
    tree: Annotated[bool, typer.Option("--tree", help="Fields, their topics, and the fine topics inside.")] = False,
    as_json: Json = False,
) -> None:
    """List the topics of a run."""
    from pipeline.atlas import Atlas

    atlas = Atlas.load(run)
    if as_json and tree:
        layers = {"fields": atlas.tree.fields, "topics": atlas.topics, "fine": atlas.tree.fine}
        show.print_json({name: [topic.to_json() for topic in listed] for name, listed in layers.items()})
    elif as_json:
        show.print_json([topic.to_json() for topic in atlas.topics])
    elif tree:
        _show_tree(atlas)
    else:
        show_topics(atlas)


def show_topics(atlas: Any) -> None:
    """The topics as a table, with how often each came back where that was measured."""
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


def _show_tree(atlas: Any) -> None:
    for line in atlas.tree.lines():
        number = f"{line.topic.id}. " if line.layer == "topic" else ""
        show.line(f"{'    ' * line.depth}{number}{show.safe(line.topic.label)} ({line.topic.size:,})")
    if not atlas.tree.fields and not atlas.tree.fine:
        show.line("(so few topics have no fields above them and no fine topics inside)")


def evaluate(
    run: Run,
    labels: Annotated[
        str | None, typer.Option(help="Column of the papers to compare the topics with, e.g. categories.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say how good the topics and the map are: against a column, by their words, in space, when refitted."""
    from pipeline.atlas import Atlas
    from pipeline.evaluation import evaluate as find_figures

    found = find_figures(Atlas.load(run), labels=labels)
    if as_json:
        show.print_json(found.to_json())
        return
    rows = [(figure.name, show.figure(figure.value), figure.meaning) for figure in found.figures]
    show.table([("figure", "left"), ("value", "right"), ("meaning", "fold")], rows)
