"""Manifest -> the encoder that gives new texts the vectors that the run would have given them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas.manifest import Manifest
from pipeline.atlas.run_folder import REBUILD
from pipeline.config import cache_folder
from pipeline.embedding import Encoder, make_encoder
from pipeline.embedding.model_files import DOCUMENT_PROMPTS, QUERY_PROMPTS, find_model
from pipeline.embedding.tfidf_encoder import TfidfEncoder, TfidfModel
from pipeline.errors import PaperatlasError, RunFolderError

TFIDF_ARRAYS = frozenset({"terms", "idf", "directions"})
Arrays = Mapping[str, NDArray[np.generic]]


def load_encoder(
    manifest: Manifest, arrays: Arrays, *, sentences: bool, prompt_names: tuple[str, ...] = DOCUMENT_PROMPTS
) -> Encoder:
    """arrays: what the TF-IDF backend needs. sentences: whether the run keeps sentence vectors. prompt_names: of the
    prompt that the model wants before a text.

    Raises PaperatlasError where the run has no model for new texts, or the model is another one now.
    """
    made = manifest.embedding
    if made.backend == "vectors":
        raise PaperatlasError(
            f"{manifest.name}: made from your own vectors, so a new text has no vector here; name papers by id"
        )
    if made.backend == "tfidf":
        return TfidfEncoder(read_tfidf(manifest.name, arrays), sentences=sentences)
    settings = {"backend": made.backend, "precision": made.precision, "sentences": sentences}
    config = manifest.config.embedding.model_copy(update=settings)
    encoder, _ = make_encoder(config, cache_folder(), prompt_names=prompt_names)
    if encoder.info.model_digest != made.model_digest:
        raise PaperatlasError(
            f"{config.model}: not the model this atlas was made with (digest {encoder.info.model_digest[:16]}, then"
            f" {made.model_digest[:16]}); run the config again, or bring back the model"
        )
    return encoder


def read_tfidf(run: str, arrays: Arrays) -> TfidfModel:
    """The model of the TF-IDF backend. Raises RunFolderError where an array is missing, or a word stands twice."""
    if missing := sorted(TFIDF_ARRAYS - arrays.keys()):
        raise RunFolderError(f"{run}: no encoder_{missing[0]}.npy in its run folder; {REBUILD}")
    model = TfidfModel.from_arrays(arrays)
    if len(set(model.terms)) != len(model.terms):
        raise RunFolderError(f"{run}: encoder_terms.npy: damaged: a word stands twice; {REBUILD}")
    return model


def needs_query_prompt(manifest: Manifest) -> bool:
    """Whether the run's model wants other words before a query than before a paper."""
    if manifest.embedding.backend not in ("openvino", "sentence-transformers"):
        return False
    files = find_model(manifest.config.embedding)
    return files.prompt(*QUERY_PROMPTS, *DOCUMENT_PROMPTS) != files.prompt(*DOCUMENT_PROMPTS)
