"""Embedding settings -> how much of a text the model reads, without running it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.config import EmbeddingConfig
from pipeline.embedding.model_files import find_model
from pipeline.embedding.windows import load_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WITHOUT_LIMIT = ("static", "tfidf", "vectors")
SPECIAL_TOKENS = 2


@dataclass(frozen=True)
class ModelTokenCounter:
    """Counts with the model's own tokenizer. max_tokens: that the model reads of a text, special ones included."""

    max_tokens: int
    tokenizer: "Tokenizer"

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special ones included."""
        encoded = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(text.ids) + SPECIAL_TOKENS for text in encoded]


def token_counter(config: EmbeddingConfig) -> ModelTokenCounter | None:
    """None for a backend that reads any text whole, or a model whose tokenizer is no file of its own.

    Raises ModelError.
    """
    if config.backend in WITHOUT_LIMIT:
        return None
    files = find_model(config)
    path = files.folder / "tokenizer.json"
    return ModelTokenCounter(files.max_tokens, load_tokenizer(path)) if path.is_file() else None
