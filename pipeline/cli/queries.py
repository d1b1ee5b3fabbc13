"""`paperatlas similar`, `search` and `bridges`."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Run
from pipeline.errors import PaperatlasError

Count = Annotated[int | None, typer.Option("-k", help="How many papers; by itself the run's [similar] k.")]
Explain = Annotated[bool, typer.Option("--explain", help="Say why: the parts, shared words, the closest sentences.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
CSV_COLUMNS = ("rank", "similarity", "id", "title", "year", "topic", "label")
COLUMNS = [("rank", "right"), ("cosine", "right"), ("id", "left"), ("title", "fold"), ("topic", "fold")]


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
    diverse: Annotated[float, typer.Option(min=0, max=1, help="0 to 1: how much repetition costs a paper.")] = 0.0,
    near_duplicates: Annotated[bool, typer.Option("--near-duplicates", help="Show other versions too.")] = False,
    batch: Annotated[Path | None, typer.Option(help="JSONL of queries; answers as JSONL.")] = None,
    k: Count = None,
    explain: Explain = False,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Papers like one of the run, like a text, or like several at once."""
    from pipeline.atlas import Atlas

    atlas = Atlas.load(run)
    wishes = _wishes(atlas, where, topic, diverse=diverse, near_duplicates=near_duplicates)
    if batch is not None:
        show.print_jsonl(_answers(atlas, batch, wishes, k))
        return
    texts = [*([] if text is None else [text]), *([] if text_file is None else [_read_text(text_file)])]
    asked = {"id": paper, "text": texts, "like": like or [], "unlike": unlike or []}
    answer = _answer(atlas, asked, wishes, k)
    if answer.get("truncated"):
        show.problem("the text is very long: its first 100,000 characters were read")
    _print(answer, _form(as_json=as_json, as_csv=as_csv, explain=explain))


def search(
    run: Run,
    words: Annotated[str, typer.Argument(metavar="WORDS", help='Free words; "a phrase" in quotes must be there.')],
    k: Count = None,
    explain: Explain = False,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Papers that free words describe, by meaning and by the words themselves."""
    from pipeline.atlas import Atlas

    found = [result.to_json() for result in Atlas.load(run).search(words, k)]
    answer = {"query": {"words": words}, "results": found}
    _print(answer, _form(as_json=as_json, as_csv=as_csv, explain=explain))


def bridges(
    run: Run,
    margin: Annotated[float, typer.Option(min=0, max=1, help="Most that the two shares may differ.")] = 0.1,
    as_json: Json = False,
) -> None:
    """Papers between two topics, by pair of topics: where fields meet."""
    from pipeline.atlas import Atlas
    from pipeline.recommender import find_bridges

    found = find_bridges(Atlas.load(run), margin=margin)
    if as_json:
        show.print_json([bridge.to_json() for bridge in found])
        return
    if not found:
        show.line(
            f"no paper lies between two topics: in none do the two shares of the vote differ by at most {margin:g}"
        )
        return
    rows = [
        (" + ".join(bridge.labels), " + ".join(f"{share:.2f}" for share in bridge.shares), bridge.id, bridge.title)
        for bridge in found
    ]
    columns = [("topics", "fold"), ("shares of the vote", "left"), ("id", "left"), ("title", "fold")]
    show.table(columns, rows)


def _wishes(atlas: Any, condition: str | None, topic: str | None, *, diverse: float, near_duplicates: bool) -> Any:
    from pipeline.recommender import Wishes
    from pipeline.recommender import where as read_condition

    named = None if topic is None else f"topic == {topic}" if topic.isdecimal() else f"topic == {_quoted(topic)}"
    conditions = [part for part in (condition, named) if part is not None]
    keep = read_condition(atlas, " and ".join(f"({part})" for part in conditions)) if conditions else None
    if keep is not None and not keep.any():
        raise PaperatlasError(f"no paper meets {' and '.join(conditions)}")
    return Wishes(keep=keep, diversity=diverse, near_duplicates=near_duplicates)


def _quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"


def _form(*, as_json: bool, as_csv: bool, explain: bool) -> str:
    return "json" if as_json else "csv" if as_csv else "reasons" if explain else "table"


def _print(answer: dict[str, Any], form: str) -> None:
    if form == "json":
        show.print_json(answer)
    elif form == "csv":
        show.print_csv([{name: result[name] for name in CSV_COLUMNS} for result in answer["results"]], CSV_COLUMNS)
    else:
        _show(answer["results"], explain=form == "reasons")


def _answer(atlas: Any, asked: dict[str, Any], wishes: Any, k: int | None) -> dict[str, Any]:
    """The query as it was asked, and its results."""
    from pipeline.recommender import read_query
    from pipeline.recommender import similar as recommend

    named = [] if asked.get("id") is None else [atlas.ids.ids[atlas.ids.row(asked["id"])]]
    query = read_query(atlas, [*named, *asked.get("like", [])], asked.get("unlike", []), texts=asked.get("text", []))
    count = atlas.usual_k(len(set(query.rows))) if k is None else k
    shown = {name: value for name, value in asked.items() if value}
    results = [result.to_json() for result in recommend(atlas, query, k=count, wishes=wishes)]
    return {"query": shown, "results": results} | ({"truncated": True} if query.truncated else {})


def _answers(atlas: Any, path: Path, wishes: Any, k: int | None) -> Iterator[dict[str, Any]]:
    """One answer for each line; a line that cannot be answered gets an error, the others go on."""
    for number, line in enumerate(_read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield _answer(atlas, _batch_query(line), wishes, k)
        except PaperatlasError as problem:
            yield {"line": number, "error": str(problem)}


def _batch_query(line: str) -> dict[str, Any]:
    """One line of a batch: {"id"}, {"text"}, or {"like": [...], "unlike": [...]}."""
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
    return {"id": asked.get("id"), **lists}


def _read_text(path: Path) -> str:
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return content.decode()
    except OSError as problem:
        raise PaperatlasError(f"{path}: cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise PaperatlasError(f"{path}: not UTF-8 text") from None


def _show(results: Sequence[dict[str, Any]], *, explain: bool) -> None:
    rows = [(r["rank"], f"{r['similarity']:.3f}", r["id"], r["title"], r["label"]) for r in results]
    if not explain:
        show.table(COLUMNS, rows)
        return
    for result, row in zip(results, rows, strict=True):
        show.line(show.safe(f"{row[0]}. {result['title']} ({result['id']})"))
        for reason in _reasons(result):
            show.line("   " + show.safe(reason))


def _reasons(result: dict[str, Any]) -> Iterator[str]:
    parts, reasons = result["parts"], result["reasons"]
    named = {"dense": "embeddings", "lexical": "words", "sentences": "sentences"}
    told = ", ".join(
        f"{named[name]} {value:.3f} (rank {reasons['ranks'][name]})"
        for name, value in parts.items()
        if value is not None
    )
    topics = f", {reasons['topics']}" if reasons["topics"] else ""
    yield f"cosine of {told}; topic: {result['label']}{topics}"
    if reasons["shared_terms"]:
        yield f"both say: {', '.join(reasons['shared_terms'])}"
    if pair := reasons["sentences"]:
        yield f"closest sentences ({pair['similarity']:.2f}): {pair['query']}"
        yield f"                          {pair['paper']}"
