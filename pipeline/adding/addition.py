"""Atlas, files -> Added: only what is new is embedded; topics keep their papers, names and ids; then all is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.adding.drift import Drift
from pipeline.adding.grow import Grown, grow
from pipeline.adding.new_papers import read_new
from pipeline.atlas import AtlasData, exclusive, load_atlas, save_atlas
from pipeline.config import cache_folder
from pipeline.corpus import Corpus
from pipeline.embedding import embed_texts
from pipeline.embedding.embedding import Embedding
from pipeline.embedding.model_files import DOCUMENT_PROMPTS, find_model
from pipeline.embedding.vector_cache import VectorCache
from pipeline.errors import PaperatlasError
from pipeline.neighbours import ensure_index
from pipeline.progress import Advance, Progress, Silent
from pipeline.report import draw_files, report_file


@dataclass(frozen=True)
class Added:
    """What was done. new: papers added; known: rows of papers that were there already; rejected: rows rejected.

    by_topic: (label, papers) of the papers added, the most first; drift: None where nothing was added.
    """

    atlas: AtlasData
    new: int
    known: int
    rejected: int
    by_topic: tuple[tuple[str, int], ...]
    drift: Drift | None


def add_papers(folder: Path, files: Sequence[str], *, progress: Progress | None = None) -> Added:
    """The atlas of a run folder with the papers of these files, written back into it.

    Raises PaperatlasError where a file cannot be read or the atlas has no model for new texts; the folder stays then.
    """
    shown = progress or Silent()
    folder = folder.resolve()  # what a link points to is replaced, never the link
    with exclusive(folder):
        atlas = load_atlas(folder)
        if atlas.manifest.embedding.backend == "vectors":
            raise PaperatlasError(
                f"{atlas.manifest.name}: made from your own vectors; run its config with the new ones"
            )
        with shown.stage("reading", None):
            new = read_new(atlas, files)
        if not len(new.corpus):
            return Added(atlas, 0, new.known, new.corpus.tables.rejected.num_rows, (), None)
        with shown.stage("embedding", len(new.corpus)) as advance:
            embedding = _embed(atlas, new.corpus, advance)
        with shown.stage("neighbours", len(atlas) + len(new.corpus)) as advance:
            grown = grow(atlas, new.corpus, embedding, advance=advance)
        with shown.stage("page", len(grown.atlas)) as advance:
            pictures = draw_files(grown.atlas, advance=advance) | report_file(grown.atlas)
        with shown.stage("writing", None):
            saved = save_atlas(grown.atlas, folder, pictures=pictures)
            ensure_index(saved.vectors, folder, saved.manifest.files["embedding.npy"])
    rejected = new.corpus.tables.rejected.num_rows
    return Added(saved, len(new.corpus), new.known, rejected, _by_topic(atlas, grown), grown.drift)


def _embed(atlas: AtlasData, corpus: Corpus, advance: Advance) -> Embedding:
    """Vectors by the atlas's own model; what it makes is kept in the cache, where the run keeps its own."""
    kept = atlas.sentences is not None
    settings, texts = atlas.manifest.config.embedding, corpus.cleaned.texts
    if atlas.manifest.embedding.backend == "tfidf" or not settings.cache:
        return embed_texts(texts, atlas.encoder, sentences=kept, advance=advance)
    prompt = find_model(settings).prompt(*DOCUMENT_PROMPTS)
    limit = settings.cache_gb * 1e9
    with VectorCache(cache_folder() / "vectors", atlas.encoder.info, prompt=prompt, limit_bytes=limit) as cache:
        return embed_texts(texts, atlas.encoder, sentences=kept, cache=cache, advance=advance)


def _by_topic(atlas: AtlasData, grown: Grown) -> tuple[tuple[str, int], ...]:
    numbers, counts = np.unique(grown.nearest, return_counts=True)
    ranked = sorted(zip(counts.tolist(), numbers.tolist(), strict=True), key=lambda pair: (-pair[0], pair[1]))
    return tuple((atlas.topic(number).label, count) for count, number in ranked)
