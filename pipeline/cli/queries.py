"""`paperatlas similar`, `search`, `check` and `bridges`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Run
from pipeline.cli.results import Csv, Explain, Format, form_of, print_results
from pipeline.errors import PaperatlasError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.atlas import AtlasData
    from pipeline.recommender import Checked, Filters, Request

Count = Annotated[int | None, typer.Option("-k", help="How many papers; default: the run's [similar] k.")]
Excluded = Annotated[
    Path | None,
    typer.Option("--exclude-file", help="References that are known already, in any format that a corpus may have."),
]


def similar(  # noqa: PLR0913 - one argument an option
    run: Run,
    paper: Annotated[str | None, typer.Option("--id", help="Id of a paper of the run.")] = None,
    text: Annotated[str | None, typer.Option(help="An abstract, or any text.")] = None,
    text_file: Annotated[Path | None, typer.Option(help="File with such a text; - is standard input.")] = None,
    like: Annotated[list[str] | None, typer.Option(help="Id or text; may be given several times.")] = None,
    unlike: Annotated[list[str] | None, typer.Option(help="Id or text of what you do not want.")] = None,
    where: Annotated[
        str | None, typer.Option(help="Condition, e.g. \"year >= 2020 and authors contains 'Qu'\".")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="Only papers of this topic: its number or label.")] = None,
    mmr: Annotated[
        float,
        typer.Option(min=0, max=1, help="0 to 1: how much repetition costs (maximal marginal relevance)."),
    ] = 0.0,
    diverse: Annotated[float | None, typer.Option(min=0, max=1, hidden=True)] = None,
    near_duplicates: Annotated[bool, typer.Option("--near-duplicates", help="Show other versions too.")] = False,
    exclude: Excluded = None,
    batch: Annotated[Path | None, typer.Option(help="JSONL of queries; answers as JSONL.")] = None,
    k: Count = None,
    explain: Explain = False,
    as_json: Json = False,
    as_csv: Csv = False,
    references: Format = None,
) -> None:
    """Papers like one of the run, like a text, or like several at once."""
    from pipeline.atlas import load_run
    from pipeline.recommender import Filters, Request, answer

    form = form_of(as_json=as_json, as_csv=as_csv, references=references, explain=explain)
    if diverse is not None:
        show.problem("--diverse is called --mmr now; the old name works in this release only")
        mmr = diverse
    atlas = load_run(run)
    filters = Filters(_kept(atlas, where, topic, excluded=exclude), mmr, near_duplicates)
    if batch is not None:
        show.print_jsonl(_answers(atlas, batch, filters, k=k))
        return
    texts = [*([] if text is None else [text]), *([] if text_file is None else [_read_text(text_file)])]
    request = Request(paper, tuple(texts), tuple(like or ()), tuple(unlike or ()))
    found = answer(atlas, request, k=k, filters=filters)
    _report_reading(atlas, truncated=found.truncated, beyond_model=found.beyond_model)
    print_results(atlas, found.results, form, whole=found.to_json())


def search(
    run: Run,
    words: Annotated[str, typer.Argument(metavar="WORDS", help='Free words; "a phrase" in quotes must be there.')],
    k: Count = None,
    explain: Explain = False,
    as_json: Json = False,
    as_csv: Csv = False,
    references: Format = None,
) -> None:
    """Papers that free words describe, by meaning and by the words themselves."""
    from pipeline.atlas import load_run
    from pipeline.recommender import default_k
    from pipeline.recommender import search as find

    form = form_of(as_json=as_json, as_csv=as_csv, references=references, explain=explain)
    atlas = load_run(run)
    results = find(atlas, words, k=default_k(atlas) if k is None else k)
    whole = {"query": {"words": words}, "results": [result.to_json() for result in results]}
    print_results(atlas, results, form, whole=whole)


def check(
    run: Run,
    text: Annotated[str | None, typer.Option(help="The draft's abstract, or any text.")] = None,
    text_file: Annotated[Path | None, typer.Option(help="File with the draft; - is standard input.")] = None,
    cited: Annotated[
        Path | None, typer.Option(help="References it cites, in any format that a corpus may have.")
    ] = None,
    k: Count = None,
    explain: Explain = False,
    as_json: Json = False,
    references: Format = None,
) -> None:
    """Check a draft's related work: near papers that it does not cite, and how new it is."""
    from pipeline.atlas import load_run
    from pipeline.corpus.references import read_references
    from pipeline.recommender import check_draft, default_k, find_cited, read_query

    form = form_of(as_json=as_json, as_csv=False, references=references, explain=explain)
    texts = [*([] if text is None else [text]), *([] if text_file is None else [_read_text(text_file)])]
    if len(texts) != 1:
        raise PaperatlasError("give the draft by one of --text and --text-file")
    atlas = load_run(run)
    known = None if cited is None else find_cited(atlas, read_references(cited))
    query = read_query(atlas, (), texts=texts)
    count = default_k(atlas, asked_about=len(set(query.rows))) if k is None else k
    checked = check_draft(atlas, query, known, k=count)
    _report_reading(atlas, truncated=query.truncated, beyond_model=query.beyond_model)
    if form in ("reasons", "table"):
        _show_check(checked)
    print_results(atlas, checked.missing, form, whole=checked.to_json())


def _show_check(checked: "Checked") -> None:
    """What is said above the table of papers."""
    new = checked.novelty
    if new is not None:
        show.line(
            f"Novelty: {new.percentile:.0f} of 100 ({new.low:.0f} to {new.high:.0f} by 5, 10 and 20 papers). Of the"
            f" corpus's papers, {new.percentile:.0f} % lie closer to their {new.nearest} nearest than this text does"
            f" (mean cosine {new.closeness:.2f})."
        )
    if checked.cited is not None:
        cited = checked.cited
        ways = ", ".join(f"{count} by {way}" for way, count in cited.ways.items())
        show.line(
            f"Cited: {_count(len(cited.rows), 'paper')} of the atlas{f' ({ways})' if ways else ''};"
            f" {_count(len(cited.unmatched), 'reference')} not in it."
        )
    show.line("Near papers that are not cited:" if checked.cited is not None else "Nearest papers:")


def bridges(
    run: Run,
    margin: Annotated[float, typer.Option(min=0, max=1, help="Most that the two shares may differ.")] = 0.1,
    as_json: Json = False,
) -> None:
    """Papers between two topics, by pair of topics: where fields meet."""
    from pipeline.atlas import load_run
    from pipeline.recommender import find_bridges

    bridging = find_bridges(load_run(run), margin=margin)
    if as_json:
        show.print_json([bridge.to_json() for bridge in bridging])
        return
    if not bridging:
        show.line(
            f"no paper lies between two topics: in none do the two shares of the vote differ by at most {margin:g}"
        )
        return
    rows = [
        (" + ".join(bridge.labels), " + ".join(f"{share:.2f}" for share in bridge.shares), bridge.id, bridge.title)
        for bridge in bridging
    ]
    columns = [("topics", "fold"), ("shares of the vote", "left"), ("id", "left"), ("title", "fold")]
    show.table(columns, rows)


def _kept(
    atlas: "AtlasData", condition: str | None, topic: str | None, *, excluded: Path | None
) -> "NDArray[np.bool_] | None":
    """(n,) which papers may be shown, None for all."""
    from pipeline.corpus.references import read_references
    from pipeline.recommender import filter_papers, find_cited

    keep = filter_papers(atlas, condition=condition, topic=topic)
    if excluded is not None:
        cited = find_cited(atlas, read_references(excluded))
        show.problem(f"{excluded}: {_count(len(cited.rows), 'paper')} of the atlas left out")
        keep = keep if keep is not None else np.ones(len(atlas), dtype=bool)
        keep[cited.rows] = False
        if not keep.any():
            raise PaperatlasError(f"{excluded}: names every paper that is left; nothing to show")
    return keep


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' * (number != 1)}"


def _report_reading(atlas: "AtlasData", *, truncated: bool, beyond_model: bool) -> None:
    """A line on standard error where a text was not read whole."""
    embedding = atlas.manifest.embedding
    if truncated:
        show.problem("the text is very long: its first 100,000 characters were read")
    elif beyond_model and embedding.long_text == "truncate":
        show.problem(
            f"the text is longer than the {embedding.max_tokens} tokens that the model reads: its beginning decides,"
            " with the words of all of it"
        )


def _answers(atlas: "AtlasData", path: Path, filters: "Filters", *, k: int | None) -> Iterator[dict[str, object]]:
    """One answer for each line; a line that cannot be answered gets an error, the others go on."""
    from pipeline.recommender import answer

    for number, line in enumerate(_read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield answer(atlas, _batch_request(line), k=k, filters=filters).to_json()
        except PaperatlasError as problem:
            yield {"line": number, "error": str(problem)}


def _batch_request(line: str) -> "Request":
    """One line of a batch: {"id"}, {"text"}, or {"like": [...], "unlike": [...]}."""
    from pipeline.recommender import Request

    try:
        asked = json.loads(line)
    except ValueError as problem:
        raise PaperatlasError(f"not JSON: {problem}") from None
    if not isinstance(asked, dict) or not set(asked) <= {"id", "text", "like", "unlike"}:
        raise PaperatlasError("expected an object with id, text, like, unlike")
    lists = {name: [value] if isinstance(value, str) else value for name, value in asked.items() if name != "id"}
    for name, values in lists.items():
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise PaperatlasError(f"{name} must be a text or a list of texts")
    if not isinstance(asked.get("id", ""), str):
        raise PaperatlasError("id must be a text")
    return Request(asked.get("id"), **{name: tuple(values) for name, values in lists.items()})


def _read_text(path: Path) -> str:
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return content.decode()
    except OSError as problem:
        raise PaperatlasError(f"{path}: cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise PaperatlasError(f"{path}: not UTF-8 text") from None
