"""Atlas, files -> Added: only what is new is embedded; topics keep their papers, names and ids; then all is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.adding.drift import Drift
from pipeline.adding.grow import Grown, grow
from pipeline.adding.reading import read_new
from pipeline.atlas import Atlas, exclusive, load_atlas, save_atlas
from pipeline.config import EmbeddingConfig, MapConfig, cache_folder
from pipeline.corpus import Corpus
from pipeline.embedding import embed_texts
from pipeline.embedding.model_files import DOCUMENT_PROMPTS, find_model
from pipeline.embedding.result import Embedding
from pipeline.embedding.vector_cache import VectorCache
from pipeline.errors import PaperatlasError
from pipeline.map import draw_result
from pipeline.progress import Advance, Progress, Silent
from pipeline.report import write_report


@dataclass(frozen=True)
class Added:
    """What was done. new: papers added; known: rows of papers that were there already; rejected: rows rejected.

    by_topic: (label, papers) of the papers added, the most first; drift: None where nothing was added.
    """

    atlas: Atlas
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
    with exclusive(folder):
        atlas = load_atlas(folder)
        if atlas.manifest.embedding["backend"] == "vectors":
            raise PaperatlasError(
                f"{atlas.manifest.name}: made from your own vectors; run its config with the new ones"
            )
        with shown.stage("reading", None):
            found = read_new(atlas, files)
        if not len(found.corpus):
            return Added(atlas, 0, found.known, found.corpus.rejected.num_rows, (), None)
        with shown.stage("embedding", len(found.corpus)) as advance:
            embedding = _embed(atlas, found.corpus, advance)
        with shown.stage("neighbours", len(atlas) + len(found.corpus)) as advance:
            grown = grow(atlas, found.corpus, embedding, advance)
        with shown.stage("page", len(grown.atlas)) as advance:
            settings = MapConfig.model_validate(atlas.manifest.config["map"])
            pictures = draw_result(grown.atlas, settings, advance)
            pictures["report.md"] = write_report(grown.atlas).encode()
        with shown.stage("writing", None):
            saved = save_atlas(grown.atlas, folder, pictures=pictures)
    return Added(
        saved, len(found.corpus), found.known, found.corpus.rejected.num_rows, _by_topic(atlas, grown), grown.drift
    )


def _embed(atlas: Atlas, corpus: Corpus, advance: Advance) -> Embedding:
    """Vectors by the atlas's own model; what it makes is kept in the cache, where the run keeps its own."""
    kept = atlas.sentences is not None
    settings = atlas.manifest.config["embedding"]
    texts = corpus.texts()
    if atlas.manifest.embedding["backend"] == "tfidf" or not settings["cache"]:
        return embed_texts(texts, atlas.encoder, sentences=kept, advance=advance)
    prompt = find_model(EmbeddingConfig.model_validate(settings)).prompt(*DOCUMENT_PROMPTS)
    limit = float(settings["cache_gb"]) * 1e9
    with VectorCache(cache_folder() / "vectors", atlas.encoder.info, prompt=prompt, limit_bytes=limit) as cache:
        return embed_texts(texts, atlas.encoder, sentences=kept, cache=cache, advance=advance)


def _by_topic(atlas: Atlas, grown: Grown) -> tuple[tuple[str, int], ...]:
    numbers, counts = np.unique(grown.nearest, return_counts=True)
    ranked = sorted(zip(counts.tolist(), numbers.tolist(), strict=True), key=lambda pair: (-pair[0], pair[1]))
    return tuple((atlas.topic(number).label, count) for count, number in ranked)
