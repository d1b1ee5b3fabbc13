"""`paperatlas inspect`."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json

if TYPE_CHECKING:
    from pipeline.corpus import Corpus
    from pipeline.corpus.quality import CorpusQuality

BAR = 30


def inspect(
    files: Annotated[
        list[str], typer.Argument(metavar="FILES", help="Files, folders or globs of papers, or one config (.toml).")
    ],
    *,
    show_text: Annotated[
        str | None, typer.Option("--show-text", metavar="ID", help="Print the text of one paper as it is embedded.")
    ] = None,
    encoding: Annotated[str, typer.Option(metavar="NAME", help="Text encoding of the files.")] = "utf-8",
    as_json: Json = False,
) -> None:
    """Describe files of papers before a run.

    Formats, missing fields, rejected rows, duplicates, languages, lengths and years.
    """
    from pipeline.config import Config, CorpusConfig, load_config
    from pipeline.corpus import read_corpus
    from pipeline.corpus.quality import measure_quality
    from pipeline.embedding.token_counter import token_counter

    if len(files) == 1 and files[0].endswith(".toml"):
        config = load_config(Path(files[0]))
        folder = config.folder
    else:
        config = Config(corpus=CorpusConfig(files=tuple(files), encoding=encoding))
        folder = Path()
    corpus = read_corpus(config.corpus, folder)
    if show_text is not None:
        _show_text(corpus, show_text)
        return
    quality = measure_quality(
        corpus.tables,
        texts=corpus.cleaned.texts,
        cleaned=corpus.cleaned.steps,
        repaired=corpus.repaired,
        tokens=token_counter(config.embedding),
    )
    if as_json:
        show.print_json(asdict(quality))
    else:
        _show(quality, config.embedding.model)


def _show_text(corpus: "Corpus", paper: str) -> None:
    show.line(show.safe(corpus.cleaned.texts[corpus.ids.row(paper)]))


def _show(quality: "CorpusQuality", model: str) -> None:
    from pipeline.report import cleaned_in_words, notes

    duplicates, rejected = sum(quality.duplicates.values()), sum(quality.rejected.values())
    show.line(show.row_counts(quality.read, quality.kept, duplicates=duplicates, rejected=rejected))
    for kind, counts in (("duplicates", quality.duplicates), ("rejected", quality.rejected)):
        for reason, count in counts.items():
            show.line(f"  {count:,} {kind}: {show.safe(reason)}")
    for kind, count in quality.repaired.items():
        show.line(f"  {count:,} mended: {show.safe(kind)}")
    show.line(f"formats: {_listed(quality.formats)}")
    show.line(f"missing: {_listed(quality.missing) or 'nothing'}")
    languages = {name or "too short to recognise": share for name, share in quality.languages.items()}
    show.line("languages: " + ", ".join(f"{show.safe(name)} {share:.0%}" for name, share in languages.items()))
    cleaned = ", ".join(cleaned_in_words(quality))
    show.line(f"cleaned before embedding: {cleaned or 'nothing'}")
    if quality.long_share is not None:
        show.line(f"{quality.long_share:.0%} are longer than the {quality.max_tokens} tokens the model reads at once")
    show.line()
    _bars("words of the abstract", quality.lengths)
    _bars("year", quality.years)
    for note in notes(quality, model=model if quality.long_share is not None else None):
        show.line(f"Warning: {show.safe(note)}.")


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{show.safe(name)} {count:,}" for name, count in counts.items())


def _bars(heading: str, counts: Mapping[str, int]) -> None:
    """A bar for each count, of the last forty at most."""
    if not counts:
        return
    rows = list(counts.items())[-40:]
    most = max(count for _, count in rows) or 1
    show.table(
        [(heading, "right"), ("papers", "right"), ("", "left")],
        [(name, f"{count:,}", "█" * round(BAR * count / most) or ("▏" if count else "")) for name, count in rows],
    )
    show.line()
