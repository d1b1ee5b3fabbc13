"""texts -> vectors without running a model: the sum of the vectors of their tokens, distilled from the model before.

What costs time is finding the tokens. A word has the same ones wherever it stands, so the sum of its tokens' vectors is
looked up in a table, and only words not seen before are cut into tokens. A text's vector is the sum over its words
in their order, whatever stands beside it.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.embedding.embedding import EmbeddingInfo, EncodedText
from pipeline.embedding.encode_in_blocks import encode_in_blocks
from pipeline.embedding.model_files import ModelFiles
from pipeline.embedding.static_model import load_static, static_digest
from pipeline.embedding.windows import load_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MOST_WORDS = 200_000  # kept in the table, 200 MB at most; beyond, it is begun again
LONGEST_WORD = 100  # characters; a longer one has no token
WITHIN = "##"  # before a token that begins within a word
# A BERT splits a text at spaces, and makes a word of each ASCII punctuation mark.
WORD = re.compile(r"[^ !-/:-@\[-`{-~]+|[!-/:-@\[-`{-~]")


class StaticEncoder:
    """The encoder of a model's token vectors. Reads a text to its end, however long."""

    def __init__(self, files: ModelFiles, cache: Path, *, sentences: bool = False) -> None:
        vectors = load_static(files, cache)
        self._sentences = sentences
        self._words = WordVectors(load_tokenizer(files.folder / "tokenizer.json"), vectors)
        self.info = EmbeddingInfo(
            backend="static",
            model=files.name,
            model_digest=static_digest(files),
            device="cpu",
            precision="float32",
            dimensions=vectors.shape[1],
            max_tokens=None,
            long_text="truncate",
            embedded=0,
            from_cache=0,
            long_papers=0,
        )

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[int, EncodedText]]:
        """Each text's result with its position; a text without a known token is a zero vector."""
        return encode_in_blocks(texts, self._words.sums, sentences=self._sentences)


class WordVectors:
    """Sums of the vectors of texts' words, by a table of the words seen so far.

    token_vectors: (t, d) float32, row i that of the tokenizer's token i.
    """

    def __init__(self, tokenizer: "Tokenizer", token_vectors: NDArray[np.float32]) -> None:
        self._tokenizer = tokenizer
        self._vocabulary: dict[str, int] = tokenizer.get_vocab()
        self._lowers = tokenizer.encode("A").ids == tokenizer.encode("a").ids
        self._token_vectors = token_vectors
        self._rows = _Rows()
        self._vectors = np.empty((0, token_vectors.shape[1]), dtype=np.float32)

    def sums(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], list[int]]:
        """(n, d) sum of each text's word vectors, of which only the direction counts, and its number of words."""
        if len(self._rows) > MOST_WORDS:
            self._rows.clear()
        rows = []
        for text in texts:
            words: list[str] = WORD.findall(text)
            rows.append(np.fromiter(map(self._rows.__getitem__, words), dtype=np.intp, count=len(words)))
        self._learn(self._rows.take_new())
        sums = np.empty((len(texts), self._vectors.shape[1]), dtype=np.float32)
        for place, own in enumerate(rows):
            np.add.reduce(self._vectors.take(own, axis=0), axis=0, out=sums[place])
        return sums, [len(own) for own in rows]

    def _learn(self, words: Sequence[str]) -> None:
        """The vectors of new words, into the rows that they were given."""
        if not words:
            return
        after = len(self._rows)
        if after > len(self._vectors):
            more = np.empty((after, self._vectors.shape[1]), dtype=np.float32)
            self._vectors = np.concatenate([self._vectors, more])
        tokenised = self._tokenise(words)
        lengths = np.array([len(tokenised[word]) for word in words])
        tokens = np.fromiter(chain.from_iterable(tokenised[word] for word in words), dtype=np.intp)
        starts, new = np.cumsum(lengths) - lengths, self._vectors[after - len(words) : after]
        new[:] = 0.0
        for place in range(lengths.max()):
            longer = np.flatnonzero(lengths > place)
            new[longer] += self._token_vectors.take(tokens[starts[longer] + place], axis=0)

    def _tokenise(self, words: Sequence[str]) -> dict[str, Sequence[int]]:
        """Plain words are cut here, a tenth of the time; others go through the tokenizer."""
        tokenised = {word: self._pieces(word) for word in words if word.isascii() and word.isprintable()}
        others = [word for word in words if word not in tokenised]
        encoded = self._tokenizer.encode_batch(others, add_special_tokens=False)
        return tokenised | {word: encoding.ids for word, encoding in zip(others, encoded, strict=True)}

    def _pieces(self, word: str) -> Sequence[int]:
        """Tokens of a plain word: again and again the longest that its rest begins with; none where there is no such.

        WordPiece (Wu et al., 2016), as BERT applies it.
        """
        word = word.lower() if self._lowers else word
        if len(word) > LONGEST_WORD:
            return ()
        pieces, start, prefix = [], 0, ""
        while start < len(word):
            for end in range(len(word), start, -1):
                token = self._vocabulary.get(prefix + word[start:end])
                if token is not None:
                    break
            else:
                return ()
            pieces.append(token)
            start, prefix = end, WITHIN
        return pieces


class _Rows(dict[str, int]):
    """Row of each word in the table; a word that has none yet is given the next."""

    def __init__(self) -> None:
        super().__init__()
        self._new: list[str] = []

    def __missing__(self, word: str) -> int:
        row = self[word] = len(self)
        self._new.append(word)
        return row

    def take_new(self) -> list[str]:
        """The words that were given a row since this was last asked for, in the order of their rows."""
        new, self._new = self._new, []
        return new
