"""Paper -> 64-bit keys: papers without a key in common are not of one work, and have different ids."""

import json
from functools import lru_cache
from hashlib import blake2b

from pipeline.corpus.identifiers import IDENTIFIER_FIELDS, find_arxiv, find_dois, identify, plain_name, title_key
from pipeline.corpus.record import Paper

KEY_BYTES = 8


def key_of(kind: str, name: str) -> bytes:
    """8 bytes of the BLAKE2b hash of a name of some kind: "id", "doi", "arxiv", "title"."""
    return blake2b(f"{kind} {name}".encode(errors="surrogatepass"), digest_size=KEY_BYTES).digest()


def work_keys(paper: Paper) -> bytes:
    """The keys one after another, that of the id first; equal names have equal keys, and hardly any others do."""
    keys = [key_of("id", paper.id)]
    names = _identifying(tuple(paper.extra)) if paper.extra else ()
    if names:
        found = identify({**{name: _as_stored(paper.extra[name]) for name in names}, "id": paper.id})
        dois, arxiv = found.dois, found.arxiv
    else:
        dois, arxiv = _of_id(paper.id)
    keys += [key_of("doi", name) for name in dois]
    keys += [key_of("arxiv", name) for name in arxiv]
    if title := title_key(paper.title):
        keys.append(key_of("title", title))
    return b"".join(keys)


def _of_id(identifier: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """DOIs and arXiv ids in an id, where no other field can have one."""
    if "10." in identifier and find_dois(identifier):
        found = identify({"id": identifier})
        return found.dois, found.arxiv
    return (), tuple(find_arxiv(identifier, bare=True))


@lru_cache(maxsize=1024)
def _identifying(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if plain_name(str(name)) in IDENTIFIER_FIELDS)


def _as_stored(value: object) -> object:
    """A value as the table of the papers gives it back."""
    if isinstance(value, str) or (isinstance(value, list) and all(isinstance(part, str) for part in value)):
        return value
    return json.loads(json.dumps(value, default=str))
