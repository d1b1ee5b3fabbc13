"""Files -> papers -> Corpus: each source by the reader of its format, and the checks that need a whole file."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.config import CorpusConfig
from pipeline.corpus.batch_store import BatchStore
from pipeline.corpus.cleaning import Cleaner
from pipeline.corpus.collect import collect_blocks
from pipeline.corpus.conversion import Conversion
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.field_roles import FieldMap
from pipeline.corpus.file_search import find_sources
from pipeline.corpus.paper_rows import Block, to_block
from pipeline.corpus.record import Paper, Rejected
from pipeline.corpus.shares import read_parts
from pipeline.corpus.source_parts import Part
from pipeline.corpus.sources import Source
from pipeline.errors import CorpusError
from pipeline.words.did_you_mean import nearest_names
from pipeline.workers.shards import Shards

LONGEST_NAME = 60  # characters of a field's name in a message


def read_corpus(
    config: CorpusConfig,
    folder: Path,
    *,
    vectors_column: str | None = None,
    shards: Shards | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Corpus:
    """The corpus that a config describes; advance is called with the number of rows read since. shards: who reads it,
    and where what was read is kept.

    Raises CorpusError where a file cannot be read or no paper is kept.
    """
    sources = find_sources(config.files, folder)
    with read_parts(sources, config, vectors_column=vectors_column, shards=shards, advance=advance) as parts:
        blocks = _checked(sources, parts, Conversion(config, vectors_column))
        corpus = collect_blocks(blocks, merge=config.deduplication == "merge")
    if not len(corpus):
        raise CorpusError(_nothing_kept(sources, corpus))
    return corpus


def read_papers(
    sources: Sequence[Source], config: CorpusConfig, *, vectors_column: str | None = None
) -> Iterator[Paper | Rejected]:
    """Every row of every source, as a paper or as a reject, in the order of the sources.

    A file that cannot be read is an error where the config names it, a reject where it is in a folder or an archive.
    """
    conversion = Conversion(config, vectors_column)
    for source in sources:
        if not source.gathered:
            yield from _read_source(source, conversion)
            continue
        try:
            yield from _read_source(source, conversion)
        except CorpusError as problem:  # the other files of the folder are still read
            yield _reject_of(source, problem)


def _read_source(source: Source, conversion: Conversion) -> Iterator[Paper | Rejected]:
    cleaner, fields = Cleaner(conversion.config.clean), conversion.field_map()
    format_name, pieces = conversion.pieces(source)
    for rows in pieces:
        yield from conversion.to_papers(rows(), fields, format_name=format_name, cleaner=cleaner)
    _check_fields(source, fields)


def _checked(sources: Sequence[Source], parts: Sequence[Part], conversion: Conversion) -> list[Block]:
    """The blocks of all sources, with a reject where a file of a folder or an archive cannot be read.

    Raises CorpusError for any other file that cannot.
    """
    blocks: list[Block] = []
    parts_of: dict[int, list[Part]] = {}
    for part in parts:
        parts_of.setdefault(part.source, []).append(part)
    for number, source in enumerate(sources):
        try:
            for part in _until_error(source, parts_of.get(number, ()), conversion.field_map()):
                blocks += [part.block] if part.block is not None else []
        except CorpusError as problem:
            if not source.gathered:
                raise
            blocks.append(to_block([_reject_of(source, problem)], BatchStore()))
    return blocks


def _until_error(source: Source, parts: Sequence[Part], fields: FieldMap) -> Iterator[Part]:
    """The parts of a source to the first that has an error, which is raised then, or that of its fields."""
    for part in parts:
        for names in part.layouts:
            fields.layout(names)
        yield part
        if part.error:
            raise CorpusError(part.error)
    _check_fields(source, fields)


def _reject_of(source: Source, problem: CorpusError) -> Rejected:
    return Rejected(source.name, 1, str(problem).removeprefix(f"{source}: "))


def _check_fields(source: Source, fields: FieldMap) -> None:
    """Raises CorpusError where no row of a file had a field that the config names, or any text at all."""
    names = list(fields.field_names)
    if not names:
        return
    some = [" ".join(name.split())[:LONGEST_NAME] for name in names[:12]]
    shown = ", ".join(some) + (" ..." if len(names) > len(some) else "")
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
