"""`paperatlas similar`, `search`, `check` and `bridges`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Run, Topic, Where
from pipeline.cli.missing import show_works
from pipeline.cli.query_input import parse_query, read_text
from pipeline.cli.results import Csv, Explain, Format, form_of, print_results
from pipeline.errors import PaperatlasError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.atlas import AtlasData
    from pipeline.recommender import Checked, Filters

Count = Annotated[
    int | None, typer.Option("-k", metavar="N", help="How many papers.", show_default="similar.k of the run")
]
Text = Annotated[str | None, typer.Option(metavar="TEXT", help="An abstract, or any other text.")]
TextFile = Annotated[Path | None, typer.Option(metavar="FILE", help="File that holds the text; - is standard input.")]


def similar(  # noqa: PLR0913 - one argument an option
    run: Run,
    *,
    paper: Annotated[str | None, typer.Option("--id", metavar="ID", help="Id of a paper of the run.")] = None,
    text: Text = None,
    text_file: TextFile = None,
    like: Annotated[
        list[str] | None, typer.Option(metavar="ID|TEXT", help="Paper or text to resemble; repeatable.")
    ] = None,
    unlike: Annotated[
        list[str] | None, typer.Option(metavar="ID|TEXT", help="Paper or text not to resemble; repeatable.")
    ] = None,
    where: Where = None,
    topic: Topic = None,
    mmr: Annotated[
        float,
        typer.Option(metavar="WEIGHT", min=0, max=1, help="Penalty for repetition (maximal marginal relevance)."),
    ] = 0.0,
    diverse: Annotated[float | None, typer.Option(min=0, max=1, hidden=True)] = None,
    near_duplicates: Annotated[
        bool, typer.Option("--near-duplicates", help="Also show near-duplicates of the paper.")
    ] = False,
    exclude: Annotated[
        Path | None,
        typer.Option("--exclude-file", metavar="FILE", help="Leave out the papers in this .bib, .ris or other file."),
    ] = None,
    batch: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read queries from a JSONL file, and print one answer per line.")
    ] = None,
    k: Count = None,
    explain: Explain = False,
    as_json: Json = False,
    as_csv: Csv = False,
    references: Format = None,
) -> None:
    """Find the papers most similar to a paper or a text.

    Give --id, --text or --text-file, or combine several papers and texts with --like and --unlike.
    """
    from pipeline.atlas import load_run
    from pipeline.recommender import Filters, Request, answer

    form = form_of(as_json=as_json, as_csv=as_csv, references=references, explain=explain)
    if diverse is not None:
        show.problem("--diverse is now called --mmr; the old name works in this release only")
        mmr = diverse
    atlas = load_run(run)
    filters = Filters(_kept(atlas, where, topic, excluded=exclude), mmr, near_duplicates)
    if batch is not None:
        show.print_jsonl(_answers(atlas, batch, filters, k=k))
        return
    texts = [*([] if text is None else [text]), *([] if text_file is None else [read_text(text_file)])]
    request = Request(paper, tuple(texts), tuple(like or ()), tuple(unlike or ()))
    response = answer(atlas, request, k=k, filters=filters)
    _warn_of_long_text(atlas, truncated=response.truncated, beyond_model=response.beyond_model)
    print_results(atlas, response.results, form, whole=response.to_json())


def search(
    run: Run,
    words: Annotated[
        str, typer.Argument(metavar="WORDS", help='Words to search for; a "phrase" in double quotes must occur.')
    ],
    *,
    k: Count = None,
    explain: Explain = False,
    as_json: Json = False,
    as_csv: Csv = False,
    references: Format = None,
) -> None:
    """Search papers by words and by their meaning."""
    from pipeline.atlas import load_run
    from pipeline.recommender import default_k
    from pipeline.recommender import search as search_atlas

    form = form_of(as_json=as_json, as_csv=as_csv, references=references, explain=explain)
    atlas = load_run(run)
    results = search_atlas(atlas, words, k=default_k(atlas) if k is None else k)
    whole = {"query": {"words": words}, "results": [result.to_json() for result in results]}
    print_results(atlas, results, form, whole=whole)


def check(
    run: Run,
    *,
    text: Text = None,
    text_file: TextFile = None,
    cited: Annotated[
        Path | None, typer.Option(metavar="FILE", help="References of the draft, in a .bib, .ris or other file.")
    ] = None,
    k: Count = None,
    explain: Explain = False,
    as_json: Json = False,
    references: Format = None,
) -> None:
    """Check the related work of a draft.

    Lists similar papers that the draft does not cite, and estimates how novel it is. Where papers of the run have
    references: also the works most cited by the papers nearest to the draft that it does not cite and the run lacks.
    """
    from pipeline.atlas import load_run
    from pipeline.corpus.references import read_references
    from pipeline.recommender import check_draft, default_k, find_cited, read_query
    from pipeline.recommender.draft_gaps import find_draft_gaps

    form = form_of(as_json=as_json, as_csv=False, references=references, explain=explain)
    texts = [*([] if text is None else [text]), *([] if text_file is None else [read_text(text_file)])]
    if len(texts) != 1:
        raise PaperatlasError("give the draft by one of --text and --text-file")
    atlas = load_run(run)
    listed = None if cited is None else read_references(cited)
    cited_papers = None if listed is None else find_cited(atlas, listed)
    query = read_query(atlas, (), texts=texts)
    count = default_k(atlas, asked_about=len(set(query.rows))) if k is None else k
    checked = check_draft(atlas, query, cited_papers, k=count)
    _warn_of_long_text(atlas, truncated=query.truncated, beyond_model=query.beyond_model)
    if form in ("bibtex", "ris"):
        print_results(atlas, checked.missing, form, whole=None)
        return
    works = find_draft_gaps(atlas, query, listed or (), k=count)
    if form in ("reasons", "table"):
        _show_check(checked)
    print_results(
        atlas,
        checked.missing,
        form,
        whole=checked.to_json() | {"missing_works": [work.to_json() for work in works]},
    )
    if works and form in ("reasons", "table"):
        where = "neither in its list nor in the run" if cited else "not in the run"
        show.line(f"Works cited most by the papers nearest to the draft, {where}:")
        show_works(works)


def _show_check(checked: "Checked") -> None:
    """Print novelty and citations, above the table of papers."""
    novelty = checked.novelty
    if novelty is not None:
        show.line(
            f"Novelty: {novelty.percentile:.0f} of 100 ({novelty.low:.0f} to {novelty.high:.0f} by 5, 10 and 20"
            f" papers). Of the corpus's papers, {novelty.percentile:.0f} % lie closer to their {novelty.nearest}"
            f" nearest than this text does (mean cosine {novelty.closeness:.2f})."
        )
    if checked.cited is not None:
        cited = checked.cited
        matches = ", ".join(f"{count} by {kind}" for kind, count in cited.ways.items())
        show.line(
            f"Cited: {show.count(len(cited.rows), 'paper')} of the atlas{f' ({matches})' if matches else ''};"
            f" {show.count(len(cited.unmatched), 'reference')} not in it."
        )
    show.line("Near papers that are not cited:" if checked.cited is not None else "Nearest papers:")


def bridges(
    run: Run,
    *,
    margin: Annotated[
        float, typer.Option(metavar="SHARE", min=0, max=1, help="Largest difference between the two votes.")
    ] = 0.1,
    as_json: Json = False,
) -> None:
    """List papers that lie between two topics.

    A paper is listed where its neighbours' votes for two topics are almost equal.
    """
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
    """(n,) mask of the papers that may be shown, None for all."""
    import numpy as np

    from pipeline.corpus.references import read_references
    from pipeline.recommender import filter_papers, find_cited

    keep = filter_papers(atlas, condition=condition, topic=topic)
    if excluded is not None:
        cited = find_cited(atlas, read_references(excluded))
        show.problem(f"{excluded}: {show.count(len(cited.rows), 'paper')} of the atlas left out")
        keep = keep if keep is not None else np.ones(len(atlas), dtype=bool)
        keep[cited.rows] = False
        if not keep.any():
            raise PaperatlasError(f"{excluded}: names every paper that is left; nothing to show")
    return keep


def _warn_of_long_text(atlas: "AtlasData", *, truncated: bool, beyond_model: bool) -> None:
    """Print a line on standard error where a text was longer than what is read of it."""
    embedding = atlas.manifest.embedding
    if truncated:
        show.problem("the text is very long: its first 100,000 characters were read")
    elif beyond_model and embedding.long_text == "truncate":
        show.problem(
            f"the text is longer than the {embedding.max_tokens} tokens that the model reads: its beginning decides,"
            " with the words of all of it"
        )


def _answers(atlas: "AtlasData", path: Path, filters: "Filters", *, k: int | None) -> Iterator[dict[str, object]]:
    """One answer per line; a line that cannot be answered gets an error in its place."""
    from pipeline.recommender import answer

    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield answer(atlas, parse_query(line), k=k, filters=filters).to_json()
        except PaperatlasError as problem:
            yield {"line": number, "error": str(problem)}
