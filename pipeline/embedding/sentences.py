"""text -> spans of its sentences.

By rules, not by a library: the known splitters bring a language model or rules for novels and news, while abstracts
need few rules: a sentence ends at . ! or ? before a capital, a digit or a bracket, unless the word is an abbreviation.
"""

import re

MOST_SENTENCES = 500
SHORTEST = 3  # characters; what is shorter joins the sentence before it
BOUNDARY = re.compile(r"(?P<end>[.!?][\"')\]]*)\s+(?=[\"'(\[]*[A-Z0-9À-Þ])|(?P<wide>[。！？])")
ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|al|Fig|Figs|Eq|Eqs|Ref|Refs|Sec|Tab|No|Dr|Prof|approx|resp|et al)|\b[A-Z])\.$"
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence, in order; beyond 500 the rest of the text is the last one.

    >>> text = "Sparse GANs. We prune, e.g. By hand. It works!"
    >>> [text[a:b] for a, b in sentence_spans(text)]
    ['Sparse GANs.', 'We prune, e.g. By hand.', 'It works!']
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for boundary in BOUNDARY.finditer(text):
        end = max(boundary.end("end"), boundary.end("wide"))
        if ABBREVIATION.search(text[max(start, end - 12) : end]):
            continue
        if end - start < SHORTEST or len(spans) >= MOST_SENTENCES - 1:
            continue
        spans.append((start, end))
        start = boundary.end()
    if text[start:].strip():
        spans.append((start, len(text)))
    return spans
