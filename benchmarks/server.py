"""How fast a served run answers 1, 8 and 32 clients at once, and how much memory that takes.

    python -m benchmarks.server --run RUN [--requests 2000]

Every client asks again as soon as it has its answer, over a connection that stays open: for papers like one drawn at
random, for words of titles, and for a page of the list. Latencies are those a client sees, its own work included.
Clients are threads of this process: on two cores, they take some of what the server could have.
"""

import argparse
import http.client
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import numpy as np
import psutil

from benchmarks.common import machine
from pipeline.atlas import AtlasData, load_run

CLIENTS = (1, 8, 32)
WARM = 50
SECONDS = 60.0  # that a client waits
PAGE = 100


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--requests", type=int, default=2000)
    options = parser.parse_args()
    atlas = load_run(options.run)
    questions = _questions(atlas)
    print(machine("fastapi", "uvicorn", "httptools"))
    print(f"{len(atlas):,} papers, {options.requests:,} requests for each line; milliseconds")
    print(f"{'asked':<10}{'clients':>8}{'p50':>9}{'p99':>9}{'longest':>9}{'a second':>10}  statuses")
    with _served(options.run) as (port, process):
        for ask in questions.values():
            _run(port, [ask(number) for number in range(WARM)], clients=1)
        before = process.memory_info().rss
        for name, ask in questions.items():
            for clients in CLIENTS:
                paths = [ask(number) for number in range(options.requests)]
                taken, statuses, seconds = _run(port, paths, clients=clients)
                middle, late = np.percentile(taken, [50, 99])
                print(
                    f"{name:<10}{clients:>8}{middle:>9.1f}{late:>9.1f}{max(taken):>9.1f}{len(taken) / seconds:>10.0f}"
                    f"  {dict(statuses)}"
                )
        growth = (process.memory_info().rss - before) / 2**20
        total = len(CLIENTS) * len(questions) * options.requests
        print(f"memory: {before / 2**20:.0f} MiB when warm, {growth:+.0f} MiB after {total:,} requests")


def _questions(atlas: AtlasData) -> dict[str, Callable[[int], str]]:
    """Name -> number of a question -> its path."""
    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(atlas), 10_000).tolist()
    ids, titles = atlas.ids.ids, atlas.column("title")

    def words(number: int) -> str:
        return " ".join(str(titles[rows[number % len(rows)]].as_py()).split()[:3]).replace('"', "") or "the"

    return {
        "similar": lambda number: f"/api/v1/similar?k=10&id={quote(ids[rows[number % len(rows)]], safe='')}",
        "search": lambda number: f"/api/v1/search?k=10&q={quote(words(number))}",
        "list": lambda number: f"/api/v1/papers?limit={PAGE}&offset={rows[number % len(rows)]}",
    }


@contextmanager
def _served(run: Path) -> Iterator[tuple[int, psutil.Process]]:
    """Port and process of `paperatlas serve`."""
    command = [sys.executable, "-m", "pipeline", "serve", str(run), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            if found is None:
                raise RuntimeError(f"no address: {line!r}")
            yield int(found[1]), psutil.Process(server.pid)
        finally:
            server.terminate()


def _run(port: int, paths: Sequence[str], *, clients: int) -> tuple[list[float], Counter[int], float]:
    """Milliseconds of each answer, statuses, and wall seconds of all."""
    taken: list[float] = []
    statuses: Counter[int] = Counter()

    def client(own: Sequence[str]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        for path in own:
            start = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            taken.append(1000 * (time.perf_counter() - start))
            statuses[answer.status] += 1
        connection.close()

    threads = [threading.Thread(target=client, args=(paths[place::clients],)) for place in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken, statuses, time.perf_counter() - start


if __name__ == "__main__":
    main()
