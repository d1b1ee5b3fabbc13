"""`paperatlas path`: what to read, in order, through a topic or from one paper to another."""

from typing import Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Run

Start = Annotated[str, typer.Option("--from", metavar="ID", help="Paper to start from.")]
End = Annotated[str | None, typer.Option("--to", metavar="ID", help="Paper to arrive at.")]
ThroughTopic = Annotated[
    str | None,
    typer.Option("--topic", metavar="TOPIC", help="Topic to read through.", show_default="that of the paper"),
]
Most = Annotated[int, typer.Option("-k", metavar="N", min=1, help="Most papers, the first and the last counted.")]


def path(
    run: Run, *, start: Start, end: End = None, topic: ThroughTopic = None, k: Most = 8, as_json: Json = False
) -> None:
    """List what to read, in order, and why.

    Through a topic: from the papers that it cites most and early to its recent work. With --to: along the strongest
    links of text and references from one paper to the other.
    """
    from pipeline.atlas import load_run
    from pipeline.recommender import find_path

    steps = find_path(load_run(run), start, end=end, topic=topic, k=k)
    if as_json:
        show.print_json([step.to_json() for step in steps])
        return
    for step in steps:
        year = "" if step.year is None else f"{step.year}, "
        show.line(show.safe(f"{step.step}. {step.title or '(no title)'} ({year}{step.id})"))
        show.line("   " + show.safe("; ".join(step.reasons.why)))
