"""CorpusQuality -> what its reader should know, in plain sentences."""

import re
from collections.abc import Iterator

from pipeline.corpus.quality import CorpusQuality

FOREIGN = 0.05
MANY = 0.1
MOST_LONG = 0.25
MULTILINGUAL = re.compile(r"multiling|m3\b|labse|\bme5\b|e5-.*-instruct|xlm|jina-embeddings-v[3-9]|qwen", re.IGNORECASE)
NAMED = {
    "control": "with control characters",
    "markup": "with tags or entities",
    "latex": "with LaTeX",
    "labels": 'that begin with "Abstract"',
    "copyright": "with a line of copyright",
    "repeats": "that repeat their title or themselves",
}


def notes(quality: CorpusQuality, *, model: str | None) -> Iterator[str]:
    """model: name of the embedding model, None where there is none that knows languages."""
    foreign = {language: share for language, share in quality.languages.items() if language not in ("en", "")}
    if model and not MULTILINGUAL.search(model) and sum(foreign.values()) >= FOREIGN:
        listed = ", ".join(f"{language} {share:.0%}" for language, share in list(foreign.items())[:4])
        yield (
            f"{sum(foreign.values()):.0%} of the papers are not in English ({listed}), and {model} was trained on"
            " English: they may be placed badly; a multilingual model can be set as embedding.model"
        )
    for field, count in quality.missing.items():
        if count > MANY * quality.kept and field != "DOI or arXiv id":
            yield f"{count / quality.kept:.0%} of the papers have no {field}"
    if quality.rejected and sum(quality.rejected.values()) > MANY * quality.read:
        yield f"{sum(quality.rejected.values()) / quality.read:.0%} of the rows were rejected; see the reasons"
    if quality.long_share is not None and quality.long_share > MOST_LONG:
        yield (
            f"{quality.long_share:.0%} of the papers are longer than the {quality.max_tokens} tokens that the model"
            ' reads at once; embedding.long_text = "mean_of_chunks" reads them whole'
        )


def cleaned_in_words(quality: CorpusQuality) -> Iterator[str]:
    """How many papers each step of cleaning changed."""
    for step, count in quality.cleaned.items():
        yield f"{count:,} {NAMED[step]}"
