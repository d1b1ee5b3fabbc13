"""How long a library of Zotero takes to read: its data base beside a query for each item, and its local API.

    python -m benchmarks.zotero [--items 20000] [--rounds 3]

The library is made up: each item has an abstract of 150 words, five authors, four tags, a collection, an attachment and
an annotation. "a query an item": items, then fields, creators, tags and collections of each by SQL. The API is that of
the tests on the loopback address, in one process with the reader, so its time is an upper bound.
"""

import argparse
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.common import machine, spread
from pipeline.corpus.readers.zotero_sqlite import read
from pipeline.corpus.sources import Source
from pipeline.fetch import FetchRequest, fetch, make_client
from tests.zotero_library import Collection, Item, Library, running_zotero, write_library

WORDS = [f"word{number}" for number in range(5000)]


def make_library(count: int) -> Library:
    draw = random.Random(1)

    def text(length: int) -> str:
        return " ".join(draw.choices(WORDS, k=length))

    collections = tuple(Collection(f"C{n:07}", f"C {n}", f"C{n // 2:07}" if n > 1 else "") for n in range(1, 200))
    items: list[Item] = []
    for number in range(count):
        fields = {"title": text(10), "abstractNote": text(150), "date": "2019", "publicationTitle": text(1)}
        fields |= {"DOI": f"10.1000/{number}", "volume": "3", "pages": "1-2", "url": f"https://example.org/{number}"}
        authors = tuple(("author", text(1), text(1)) for _ in range(5))
        place = (f"C{draw.randint(1, 199):07}",)
        items.append(Item(f"K{number:07}", "journalArticle", fields, authors, tuple(draw.sample(WORDS, 4)), place))
        items.append(Item(f"A{number:07}", "attachment", {"title": "PDF"}, parent=f"K{number:07}"))
        items.append(Item(f"N{number:07}", "annotation", parent=f"A{number:07}"))
    return Library(tuple(items), collections)


def query_each(path: Path) -> int:
    """Items read with a query for each of their parts."""
    base = sqlite3.connect(path)
    parts = (
        "SELECT fieldID, value FROM itemData JOIN itemDataValues USING (valueID) WHERE itemID = ?",
        "SELECT lastName FROM itemCreators JOIN creators USING (creatorID) WHERE itemID = ? ORDER BY orderIndex",
        "SELECT name FROM itemTags JOIN tags USING (tagID) WHERE itemID = ?",
        "SELECT collectionID FROM collectionItems WHERE itemID = ?",
    )
    items = base.execute("SELECT itemID FROM items").fetchmany(1_000)  # of which the rest is extrapolated
    for item in items:
        for part in parts:
            base.execute(part, item).fetchall()
    base.close()
    return len(items)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    library = make_library(options.items)
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        path = write_library(Path(folder) / "zotero.sqlite", library)
        print(f"{len(library.items):,} items, {options.items:,} papers, {path.stat().st_size / 1e6:.0f} MB")
        ours, each = [], []
        for _ in range(options.rounds):
            ours.append(seconds(lambda: sum(1 for _ in read(Source(path), "utf-8"))))
            each.append(seconds(lambda: query_each(path)) * len(library.items) / 1_000)
        print(f"data base, s: {spread(ours)}; a query an item (1,000 extrapolated), s: {spread(each)}")
        with running_zotero(library) as zotero:
            client = replace(make_client("zotero"), address=zotero.address)
            request, out = FetchRequest(limit=options.items), Path(folder) / "out.jsonl"
            print(f"local API, s: {seconds(lambda: fetch('zotero', request, out, client=client)):.1f}")


if __name__ == "__main__":
    main()
