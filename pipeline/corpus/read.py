"""Files -> papers -> Corpus: each source by the reader of its format, and the checks that need a whole file."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.config import CorpusConfig
from pipeline.corpus.cleaning import Cleaner
from pipeline.corpus.collect import collect
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.decoding import mend_records
from pipeline.corpus.fields import FieldMap, to_paper
from pipeline.corpus.file_search import find_sources
from pipeline.corpus.formats import find_format, unknown_format
from pipeline.corpus.record import Paper, Rejected
from pipeline.corpus.sources import Source
from pipeline.did_you_mean import nearest_names
from pipeline.errors import CorpusError


def read_corpus(
    config: CorpusConfig,
    folder: Path,
    *,
    vectors_column: str | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Corpus:
    """The corpus that a config describes; advance is called with the number of rows read since.

    Raises CorpusError where a file cannot be read or no paper is kept.
    """
    sources = find_sources(config.files, folder)
    papers = read_papers(sources, config, vectors_column=vectors_column)
    corpus = collect(_counted(papers, advance), merge=config.deduplication == "merge")
    if not len(corpus):
        raise CorpusError(_nothing_kept(sources, corpus))
    return corpus


def read_papers(
    sources: Sequence[Source], config: CorpusConfig, *, vectors_column: str | None = None
) -> Iterator[Paper | Rejected]:
    """Every row of every source, as a paper or as a reject, in the order of the sources.

    A file that cannot be read is an error where the config names it, a reject where it is in a folder or an archive.
    """
    for source in sources:
        if not source.gathered:
            yield from _read_source(source, config, vectors_column)
            continue
        try:
            yield from _read_source(source, config, vectors_column)
        except CorpusError as problem:  # the other files of the folder are still read
            reason = str(problem).removeprefix(f"{source}: ")
            yield Rejected(source.name, 1, reason)


def _read_source(source: Source, config: CorpusConfig, vectors_column: str | None) -> Iterator[Paper | Rejected]:
    cleaner = Cleaner(config.clean)
    file_format = find_format(source)
    if file_format is None:
        if not source.gathered:
            raise unknown_format(source)
        yield Rejected(source.name, 1, f"not a format that is read: {source.suffix or 'no ending'}")
        return
    fields = FieldMap({role: name for role, name in config.fields if name is not None}, vectors_column)
    for row in mend_records(file_format.read(source, config.encoding), config.encoding):
        if isinstance(row, Rejected):
            yield row
            continue
        paper = to_paper(row, fields, format_name=file_format.name, cleaner=cleaner)
        if isinstance(paper, Paper) and not paper.abstract and config.title_only == "drop":
            paper = Rejected(paper.source, paper.row, 'no abstract (corpus.title_only = "drop")', paper.id)
        yield paper
    _check_fields(source, fields)


def _check_fields(source: Source, fields: FieldMap) -> None:
    """Raises CorpusError where no row of a file had a field that the config names, or any text at all."""
    names = list(fields.field_names)
    if not names:
        return
    shown = ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")
    configured = {f"corpus.fields.{role}": name for role, name in fields.named.items()}
    if fields.vectors_column:
        configured["embedding.vectors_column"] = fields.vectors_column
    for key, name in configured.items():
        if name not in fields.field_names:
            near = nearest_names(name, names)
            hint = f"did you mean {near[0]}?" if near else f"it has {shown}"
            raise CorpusError(f"{source}: no field {name!r} ({key}); {hint}")
    if not fields.roles & {"title", "abstract"}:
        raise CorpusError(
            f"{source}: no title or abstract among its fields ({shown}); name them in [corpus.fields] title, abstract"
        )


def _nothing_kept(sources: Sequence[Source], corpus: Corpus) -> str:
    names = ", ".join(map(str, sources[:3])) + (" ..." if len(sources) > 3 else "")
    if not corpus.tables.read:
        return f"{names}: empty, no paper to read"
    reasons = corpus.tables.rejected.column("reason").to_pylist()
    commonest = max(sorted(set(reasons)), key=reasons.count)
    row = corpus.tables.rejected.column("row").to_pylist()[reasons.index(commonest)]
    hint = "; set corpus.encoding to the file's own, e.g. latin-1" if commonest.startswith("not utf-8") else ""
    return f"{names}: none of {corpus.tables.read} rows is a paper; the usual reason (row {row}): {commonest}{hint}"


def _counted(papers: Iterator[Paper | Rejected], advance: Callable[[int], None]) -> Iterator[Paper | Rejected]:
    for number, paper in enumerate(papers, start=1):
        if number % 1000 == 0:
            advance(1000)
        yield paper
