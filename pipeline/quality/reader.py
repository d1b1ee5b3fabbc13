"""Embedding settings -> how much of a text the model reads, without running it."""

from collections.abc import Sequence

from pipeline.config import EmbeddingConfig
from pipeline.embedding.model_files import find_model
from pipeline.embedding.windows import load_tokenizer
from pipeline.quality.measure import Model

WITHOUT_MODEL = ("tfidf", "vectors")
SPECIAL_TOKENS = 2


def model_reader(config: EmbeddingConfig) -> Model | None:
    """None for a backend without a model, or a model whose tokenizer is no file of its own. Raises ModelError."""
    if config.backend in WITHOUT_MODEL:
        return None
    files = find_model(config)
    path = files.folder / "tokenizer.json"
    if not path.is_file():
        return None
    tokenizer = load_tokenizer(path)

    def count_tokens(texts: Sequence[str]) -> list[int]:
        encoded = tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(found.ids) + SPECIAL_TOKENS for found in encoded]

    return Model(files.max_tokens, count_tokens)
