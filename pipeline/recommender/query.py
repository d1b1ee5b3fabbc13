"""What the user asks for -> Query: one direction, its words and its sentences.

A paper of the atlas brings its stored parts; a text is embedded here, as the corpus was. Several likes ask for what
lies near their normalised mean; what is not liked is subtracted from it at half weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.corpus.decoding import undecodable
from pipeline.corpus.record import text_hash, text_of
from pipeline.embedding import embed_texts
from pipeline.embedding.embedding import unit
from pipeline.errors import PaperatlasError, UnknownPaperError
from pipeline.recommender.assign import as_embedded
from pipeline.references import ReferenceList

UNLIKED_COUNTS = 0.5
LONGEST_TEXT = 100_000  # characters; the rest of a longer one is not read


@dataclass(frozen=True)
class Query:
    """vector: (d,) float32 unit. rows: papers of the atlas that are asked about, never recommended.

    terms, weights: TF-IDF of the likes; empty where the atlas has no lexical part. sentences: (s, d) int8 of the likes,
    with their texts, or None where there are none. sources: the texts of the likes. truncated: whether a text was
    longer than 100,000 characters. beyond_model: whether one was longer than the model reads at once. references: what
    the likes that are papers cite; None where there are none of these, or the atlas keeps no references.
    """

    vector: NDArray[np.float32]
    rows: tuple[int, ...]
    terms: NDArray[np.int32]
    weights: NDArray[np.float32]
    sentences: NDArray[np.int8] | None
    sentence_texts: tuple[str, ...]
    sources: tuple[str, ...] = ()
    truncated: bool = False
    beyond_model: bool = False
    references: ReferenceList | None = None


@dataclass(frozen=True)
class _Part:
    """One like or unlike: its text and what stands for it."""

    text: str
    row: int | None
    vector: NDArray[np.float32]
    sentences: NDArray[np.int8] | None
    sentence_texts: tuple[str, ...]
    beyond_model: bool = False


def read_words(atlas: AtlasData, words: str) -> Query:
    """The query for papers that free words describe. Raises PaperatlasError for empty words."""
    text = text_of(words[:LONGEST_TEXT], "")
    if undecodable(text):
        raise PaperatlasError("the words are broken Unicode: half of a surrogate pair")
    if not text:
        raise PaperatlasError("no words to search for")
    vector = embed_texts([text], atlas.query_encoder).vectors[0]
    return _combine(atlas, [_Part(text, None, vector, None, ())], (), truncated=len(words) > LONGEST_TEXT)


def read_query(
    atlas: AtlasData, likes: Sequence[str], unlikes: Sequence[str] = (), *, texts: Sequence[str] = ()
) -> Query:
    """The query for papers like `likes` (ids, or texts where no paper has that id) and `texts`, unlike `unlikes`.

    Raises UnknownPaperError for an id that is not there and looks like one, PaperatlasError for an empty query, an
    empty text, or a paper that is liked and not liked.
    """
    if not likes and not texts:
        raise PaperatlasError("nothing to look for: give the id of a paper, a text, or papers that you like")
    clash = sorted(set(likes) & set(unlikes))
    if clash:
        raise PaperatlasError(f"{clash[0]!r} is both liked and unliked")
    known = [_by_id(atlas, name) for name in (*likes, *unlikes)]
    written = [*texts, *(name for name, row in zip((*likes, *unlikes), known, strict=True) if row is None)]
    parts = _parts_of_texts(atlas, written)
    wanted = [parts[text] for text in texts]
    wanted += [
        parts[name] if row is None else _part_of_row(atlas, row) for name, row in zip(likes, known, strict=False)
    ]
    unwanted = [
        parts[name] if row is None else _part_of_row(atlas, row)
        for name, row in zip(unlikes, known[len(likes) :], strict=True)
    ]
    return _combine(atlas, wanted, unwanted, truncated=any(len(text) > LONGEST_TEXT for text in written))


def _by_id(atlas: AtlasData, name: str) -> int | None:
    """Row of the paper with this id; None where the name is a text: it has white space."""
    try:
        return atlas.ids.row(name)
    except UnknownPaperError:
        if len(name.split()) < 2:
            raise
        return None


def query_of_row(atlas: AtlasData, row: int) -> Query:
    """The query for papers like one of the atlas, without its texts: enough to rank by, not to quote from."""
    empty = np.zeros(0, np.int32), np.zeros(0, np.float32)
    terms, weights = empty if atlas.lexical is None else atlas.lexical.paper(row)
    sentences = None
    if atlas.sentences is not None:
        mine = slice(int(atlas.sentences.offsets[row]), int(atlas.sentences.offsets[row + 1]))
        sentences = np.asarray(atlas.sentences.vectors[mine])
    return Query(
        vector=np.asarray(atlas.vectors[row]),
        rows=(row,),
        terms=terms,
        weights=weights,
        sentences=sentences if sentences is not None and len(sentences) else None,
        sentence_texts=(),
        sources=("",),
        references=None if atlas.references is None else atlas.references.list_of([row]),
    )


def _part_of_row(atlas: AtlasData, row: int) -> _Part:
    text = atlas.text(row)
    vector = np.array(atlas.vectors[row])
    if atlas.sentences is None:
        return _Part(text, row, vector, None, ())
    mine = slice(int(atlas.sentences.offsets[row]), int(atlas.sentences.offsets[row + 1]))
    spans = atlas.sentences.spans[mine].tolist()
    shown = tuple(text[start:end] for start, end in spans)
    return _Part(text, row, vector, np.array(atlas.sentences.vectors[mine]), shown)


def _parts_of_texts(atlas: AtlasData, texts: Sequence[str]) -> dict[str, _Part]:
    """Each text with its parts; one that the atlas holds is that paper."""
    if not texts:
        return {}
    cleaned = {text: as_embedded(atlas, text[:LONGEST_TEXT]) for text in texts}
    if any(undecodable(clean) for clean in cleaned.values()):
        raise PaperatlasError("the text is broken Unicode: half of a surrogate pair")
    if any(not clean for clean in cleaned.values()):
        raise PaperatlasError("an empty text is like nothing; give a title or an abstract")
    rows = dict(
        zip(cleaned, atlas.rows_of_hashes([text_hash(clean) for clean in cleaned.values()]).tolist(), strict=True)
    )
    parts = {text: _part_of_row(atlas, row) for text, row in rows.items() if row >= 0}
    new = [text for text, row in rows.items() if row < 0]
    if new:
        with_sentences = atlas.sentences is not None
        embedding = embed_texts([cleaned[text] for text in new], atlas.encoder, sentences=with_sentences)
        for place, text in enumerate(new):
            vectors: NDArray[np.int8] | None = None
            shown: tuple[str, ...] = ()
            if embedding.sentences is not None:
                mine = slice(int(embedding.sentences.offsets[place]), int(embedding.sentences.offsets[place + 1]))
                vectors = embedding.sentences.vectors[mine]
                shown = tuple(cleaned[text][start:end] for start, end in embedding.sentences.spans[mine].tolist())
            parts[text] = _Part(
                cleaned[text],
                None,
                embedding.vectors[place],
                vectors,
                shown,
                beyond_model=bool(embedding.info.long_papers),
            )
    return parts


def _combine(atlas: AtlasData, wanted: Sequence[_Part], unwanted: Sequence[_Part], *, truncated: bool) -> Query:
    direction = np.array([part.vector for part in wanted], dtype=np.float64).mean(axis=0)
    if unwanted:
        direction -= UNLIKED_COUNTS * np.array([part.vector for part in unwanted], dtype=np.float64).mean(axis=0)
    terms, weights = np.zeros(0, np.int32), np.zeros(0, np.float32)
    if atlas.lexical is not None:
        row = wanted[0].row if len(wanted) == 1 else None
        joined = "\n".join(part.text for part in wanted)
        terms, weights = atlas.lexical.query(joined) if row is None else atlas.lexical.paper(row)
    sentences = [part.sentences for part in wanted if part.sentences is not None and len(part.sentences)]
    return Query(
        vector=wanted[0].vector if len(wanted) == 1 and not unwanted else unit(np.asarray(direction, dtype=np.float32)),
        rows=tuple(part.row for part in (*wanted, *unwanted) if part.row is not None),
        terms=terms,
        weights=weights,
        sentences=np.concatenate(sentences) if sentences else None,
        sentence_texts=tuple(shown for part in wanted for shown in part.sentence_texts),
        sources=tuple(part.text for part in wanted),
        truncated=truncated,
        beyond_model=any(part.beyond_model for part in (*wanted, *unwanted)),
        references=_references(atlas, [part.row for part in wanted if part.row is not None]),
    )


def _references(atlas: AtlasData, rows: Sequence[int]) -> ReferenceList | None:
    return None if atlas.references is None or not rows else atlas.references.list_of(rows)
