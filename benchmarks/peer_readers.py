"""One file read by another program's reader, in a process of its own: a line of JSON for each record.

Imports nothing of ours, so that it runs where the other program is installed.

    PYTHON benchmarks/peer_readers.py READER FILE
"""

import importlib.metadata
import json
import sys
from collections.abc import Callable, Iterable, Mapping

Texts = tuple[object, object]  # title, abstract


def bibtexparser_1(path: str) -> Iterable[Texts]:
    from bibtexparser import load
    from bibtexparser.bparser import BibTexParser

    parser = BibTexParser(common_strings=True, ignore_nonstandard_types=False)
    with open(path, encoding="utf-8-sig") as file:  # noqa: PTH123  # as its documentation reads a file
        return [(entry.get("title"), entry.get("abstract")) for entry in load(file, parser).entries]


def bibtexparser_2(path: str) -> Iterable[Texts]:
    import bibtexparser

    library = bibtexparser.parse_file(path)
    return [tuple(_field(entry, name) for name in ("title", "abstract")) for entry in library.entries]


def _field(entry: object, name: str) -> object:
    fields = {field.key.lower(): field.value for field in entry.fields}
    return fields.get(name)


def pybtex(path: str) -> Iterable[Texts]:
    from pybtex import errors
    from pybtex.database import parse_file

    errors.set_strict_mode(enable=False)
    entries = parse_file(path, bib_format="bibtex", encoding="utf-8-sig").entries.values()
    return [(entry.fields.get("title"), entry.fields.get("abstract")) for entry in entries]


def rispy(path: str) -> Iterable[Texts]:
    import rispy as library

    with open(path, encoding="utf-8-sig") as file:  # noqa: PTH123
        references = library.load(file)
    return [
        (one.get("title") or one.get("primary_title"), one.get("abstract") or one.get("notes_abstract"))
        for one in references
    ]


def asreview(path: str) -> Iterable[Texts]:
    from asreview.data.loader import load_records

    return [(record.title, record.abstract) for record in load_records(path, dataset_id="benchmark")]


READERS: Mapping[str, tuple[str, Callable[[str], Iterable[Texts]]]] = {
    "bibtexparser 1": ("bibtexparser", bibtexparser_1),
    "bibtexparser 2": ("bibtexparser", bibtexparser_2),
    "pybtex": ("pybtex", pybtex),
    "rispy": ("rispy", rispy),
    "ASReview": ("asreview", asreview),
}


def main() -> None:
    name, path = sys.argv[1:]
    library, read = READERS[name]
    print(json.dumps({"version": importlib.metadata.version(library)}))
    for title, abstract in read(path):
        texts = [text if isinstance(text, str) else "" for text in (title, abstract)]
        print(json.dumps(texts))


if __name__ == "__main__":
    main()
