"""CorpusQuality -> warnings about the corpus, and what was cleaned, in words."""

import re
from collections.abc import Iterator

from pipeline.corpus.quality import CorpusQuality

FOREIGN = 0.05  # share of papers not in English from which on there is a warning
MANY = 0.1  # the same for papers without a field, and for rows rejected
MOST_LONG = 0.25  # and for papers longer than the input limit of the model
MULTILINGUAL = re.compile(r"multiling|m3\b|labse|\bme5\b|e5-.*-instruct|xlm|jina-embeddings-v[3-9]|qwen", re.IGNORECASE)
STEPS = {
    "control": "with control characters",
    "markup": "with HTML tags or entities",
    "latex": "with LaTeX",
    "labels": 'that begin with "Abstract"',
    "copyright": "with a copyright line",
    "repeats": "with the title or text repeated",
}


def notes(quality: CorpusQuality, *, model: str | None) -> Iterator[str]:
    """Warnings, without full stops. model: name of the embedding model, None for a backend without a language model."""
    foreign = {language: share for language, share in quality.languages.items() if language not in ("en", "")}
    if model and not MULTILINGUAL.search(model) and sum(foreign.values()) >= FOREIGN:
        listed = ", ".join(f"{language} {share:.0%}" for language, share in list(foreign.items())[:4])
        yield (
            f"{sum(foreign.values()):.0%} of the papers are not in English ({listed}), and {model} was trained on"
            " English, so their positions are unreliable; a multilingual model can be set as embedding.model"
        )
    for field, count in quality.missing.items():
        if count > MANY * quality.kept and field != "DOI or arXiv id":
            yield f"{count / quality.kept:.0%} of the papers have no {field}"
    if quality.rejected and sum(quality.rejected.values()) > MANY * quality.read:
        yield f"{sum(quality.rejected.values()) / quality.read:.0%} of the rows were rejected, for the reasons given"
    if quality.long_share is not None and quality.long_share > MOST_LONG:
        yield (
            f"{quality.long_share:.0%} of the papers are longer than the model's input limit of {quality.max_tokens}"
            ' tokens; with embedding.long_text = "mean_of_chunks" they are embedded in full'
        )


def cleaned_in_words(quality: CorpusQuality) -> Iterator[str]:
    """How many papers each step of cleaning changed, in words."""
    for step, count in quality.cleaned.items():
        yield f"{count:,} {STEPS[step]}"
