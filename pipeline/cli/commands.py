"""Every command of `paperatlas`, in the order of `--help`, with the examples that each shows."""

from typing import Annotated

import typer

from pipeline.cli import analysis, queries, runs, show, web
from pipeline.cli.add import add
from pipeline.cli.arguments import examples
from pipeline.cli.config_and_cache import cache_app, config_app
from pipeline.cli.demo import demo
from pipeline.cli.diff import compare, diff
from pipeline.cli.duplicates import duplicates
from pipeline.cli.export import export
from pipeline.cli.fetch import app as fetch_app
from pipeline.cli.inspect import inspect
from pipeline.cli.mcp import serve_to_agents
from pipeline.cli.missing import missing
from pipeline.cli.open import open_map
from pipeline.cli.path import path
from pipeline.cli.run_plan import plan
from pipeline.cli.trends import trends
from pipeline.cli.watch import watch
from pipeline.version import __version__

__all__ = ["app", "cache_app", "config_app"]

EXIT_CODES = """

\b
Exit codes:
  0 done; 1 verify found damage; 2 a mistake or a failure, in one line; 75 another
  run holds the folder; 130 stopped by Ctrl-C, 143 by SIGTERM; 141 the output's
  reader is gone"""

app = typer.Typer(
    name="paperatlas",
    help="From a pile of papers to named topics, a map, and similar papers.",
    epilog=examples("run configs/seed.toml", "topics seed", "similar seed --id federated-gan-ua", "serve seed --open")
    + EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(epilog=examples("inspect papers.ris more/*.bib", "inspect my.toml --show-text ID"))(inspect)
app.command(epilog=examples("plan my.toml", "plan --papers 1e6", "plan my.toml --papers 2e8 --nodes 8 --memory 4000"))(
    plan
)
app.command(
    epilog=examples(
        "run my.toml",
        "run library.ris more/*.bib",
        "run my.toml --set clusterer.granularity=coarse --output outputs/coarse",
    )
)(runs.run)
app.command(epilog=examples("demo", "demo --no-open --output outputs/made-up"))(demo)
app.command("open", epilog=examples("open my"))(open_map)
app.command(epilog=examples("add my new.ris"))(add)
app.command(
    epilog=examples(
        "watch my --service arxiv --query 'all:federated AND cat:cs.LG'", "watch my --quiet", "watch my --files inbox/"
    )
)(watch)
app.command(epilog=examples("topics my --tree"))(analysis.topics)
app.command(epilog=examples("similar my --id ID --explain", 'similar my --text-file draft.txt --where "year >= 2020"'))(
    queries.similar
)
app.command(epilog=examples("search my 'federated learning'", "search my '\"differential privacy\" hospital' -k 20"))(
    queries.search
)
app.command(epilog=examples("check my --text-file draft.txt --cited refs.bib"))(queries.check)
app.command(epilog=examples("bridges my --margin 0.05"))(queries.bridges)
app.command(epilog=examples("duplicates my --json"))(duplicates)
app.command(epilog=examples("missing my --topic 3", "missing my -k 100 --format ris"))(missing)
app.command(epilog=examples("path my --from ID", "path my --from ID --to OTHER -k 6"))(path)
app.command(epilog=examples("assign my new.csv"))(analysis.assign)
app.command(epilog=examples("trends my --svg trends.svg", "trends my --by venue"))(trends)
app.command(epilog=examples("evaluate my --labels categories"))(analysis.evaluate)
app.command(epilog=examples("diff last-month my --svg changes.svg"))(diff)
app.command(epilog=examples("compare a.toml b.toml", "compare my.toml my.toml --set reducer.n_neighbors=15"))(compare)
app.command("map", epilog=examples("map my --pdf map.pdf --color-by year"))(web.draw)
app.command(epilog=examples("serve my --open", "serve my --host 0.0.0.0 --token TOKEN"))(web.serve)
app.command("mcp", epilog=examples("mcp my", "mcp /home/me/papers/outputs/my"))(serve_to_agents)
app.command(
    epilog=examples(
        "export my topic-3.ris --topic 3",
        "export my topics/ --format bibtex --per-topic",
        "export my out.gexf --edges text,coupling -k 10",
    )
)(export)
app.command(epilog=examples("verify my"))(runs.verify)
app.add_typer(fetch_app, name="fetch")
app.add_typer(config_app, name="config")
app.add_typer(cache_app, name="cache")


def _print_version(requested: bool) -> None:
    if requested:
        show.line(f"paperatlas {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """From a pile of papers to named topics, a map, and similar papers."""
