"""New texts -> their topics, by the vote of their nearest papers; nothing fitted is loaded but the encoder."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import Atlas
from pipeline.clusterer.assignment import NOISE, assign_topics, fill_by_mean_vector
from pipeline.config import EmbeddingConfig, cache_folder
from pipeline.corpus.files import undecodable
from pipeline.corpus.record import text_hash, text_of
from pipeline.embedding import Encoder, embed_texts, make_encoder
from pipeline.embedding.model_files import DOCUMENT_PROMPTS, QUERY_PROMPTS, find_model
from pipeline.embedding.tfidf_encoder import TfidfEncoder, TfidfModel
from pipeline.errors import PaperatlasError


@dataclass(frozen=True)
class Assigned:
    """The topics of one text. known_as: id of the paper of the atlas that has this text, if one does.

    topic: core topic, -1 noise; a new text is in no core topic, so it is -1 there. strength: share of its
    neighbours' vote that the nearest topic got, in [0, 1]. second_topic: -1 where there is none.
    """

    topic: int
    nearest_topic: int
    label: str
    strength: float
    second_topic: int
    known_as: str | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def assign_texts(atlas: Atlas, texts: Sequence[str]) -> list[Assigned]:
    """The topics of each text, whatever the others are. A text of the corpus gets the run's own answer.

    Raises PaperatlasError where the atlas was made from the user's own vectors and a text is not in it.
    """
    texts = [text_of("", text) for text in texts]
    for place, text in enumerate(texts, start=1):
        if not text or undecodable(text):
            raise PaperatlasError(f"paper {place}: {'broken Unicode' if text else 'neither title nor abstract'}")
    rows = known_rows(atlas, [text_hash(text) for text in texts])
    unknown = np.flatnonzero(rows < 0).tolist()
    results: list[Assigned | None] = [None] * len(texts)
    columns = {name: atlas.column(name) for name in ("id", "topic", "nearest_topic", "strength", "second_topic")}
    for place, row in enumerate(rows.tolist()):
        if row >= 0:
            fields = {name: column[row].as_py() for name, column in columns.items()}
            known = fields.pop("id")
            results[place] = Assigned(**fields, label=atlas.topic(fields["nearest_topic"]).label, known_as=known)
    if unknown:
        new = _assign_new(atlas, [texts[place] for place in unknown], columns["topic"].to_numpy())
        for place, assigned in zip(unknown, new, strict=True):
            results[place] = assigned
    return [assigned for assigned in results if assigned is not None]


def known_rows(atlas: Atlas, hashes: Sequence[bytes]) -> NDArray[np.int64]:
    """(m,) row of the paper with each text hash, -1 where there is none; rows are in hash order, so a binary search."""
    heads = np.ascontiguousarray(atlas.text_hashes[:, :8]).view(">u8").ravel()
    found = np.full(len(hashes), -1, dtype=np.int64)
    for place, name in enumerate(hashes):
        row = int(np.searchsorted(heads, np.frombuffer(name[:8], ">u8")[0]))
        while row < len(heads) and atlas.text_hashes[row].tobytes() < name:
            row += 1
        if row < len(heads) and atlas.text_hashes[row].tobytes() == name:
            found[place] = row
    return found


def _assign_new(atlas: Atlas, texts: Sequence[str], core: NDArray[np.int32]) -> list[Assigned]:
    vectors = embed_texts(texts, atlas.encoder).vectors
    found = atlas.index.nearest(vectors, k=max(atlas.neighbours.k, 1))
    vote = fill_by_mean_vector(assign_topics(found, core), vectors, atlas.vectors, core)
    rows = zip(vote.nearest_topic.tolist(), vote.strength.tolist(), vote.second_topic.tolist(), strict=True)
    return [
        Assigned(NOISE, topic, atlas.topic(topic).label, round(strength, 6), second, None)
        for topic, strength, second in rows
    ]


def encoder_of(atlas: Atlas, *, prompt_names: tuple[str, ...] = DOCUMENT_PROMPTS) -> Encoder:
    """An encoder that gives texts the same vectors as the run did; with other prompts, vectors to search with."""
    backend, kept = atlas.manifest.embedding["backend"], atlas.sentences is not None
    if backend == "vectors":
        raise PaperatlasError(
            f"{atlas.manifest.name}: made from your own vectors, so a new text has no vector here; name papers by id"
        )
    if backend == "tfidf":
        arrays = atlas.encoder_arrays
        terms = tuple(arrays["terms"].tobytes().decode().split("\n"))
        return TfidfEncoder(
            TfidfModel(terms, np.asarray(arrays["idf"]), np.asarray(arrays["directions"])), sentences=kept
        )
    config = EmbeddingConfig.model_validate(atlas.manifest.config["embedding"])
    settings = {"backend": backend, "precision": atlas.manifest.embedding["precision"], "sentences": kept}
    encoder, _ = make_encoder(config.model_copy(update=settings), cache_folder(), prompt_names=prompt_names)
    if encoder.info.model_digest != atlas.manifest.embedding["model_digest"]:
        raise PaperatlasError(
            f"{config.model}: not the model this atlas was made with (digest {encoder.info.model_digest[:16]}, then"
            f" {atlas.manifest.embedding['model_digest'][:16]}); run the config again, or bring back the model"
        )
    return encoder


def query_encoder_of(atlas: Atlas) -> Encoder:
    """An encoder for search words: the run's own, unless its model wants other words before a query."""
    if atlas.manifest.embedding["backend"] not in ("openvino", "sentence-transformers"):
        return atlas.encoder
    files = find_model(EmbeddingConfig.model_validate(atlas.manifest.config["embedding"]))
    if files.prompt(*QUERY_PROMPTS, *DOCUMENT_PROMPTS) == files.prompt(*DOCUMENT_PROMPTS):
        return atlas.encoder
    return encoder_of(atlas, prompt_names=(*QUERY_PROMPTS, *DOCUMENT_PROMPTS))
