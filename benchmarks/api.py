"""How fast the served API answers several clients at once.

    python -m benchmarks.api RUN [--clients 8] [--requests 100]

Each client asks for papers like one drawn at random, by its id, as soon as it has the answer to the last question.
"""

import argparse
import statistics
import threading
import time
from urllib.parse import quote

import httpx
import numpy as np

from benchmarks.common import machine
from benchmarks.map import served
from pipeline.atlas import load_run


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--requests", type=int, default=100)
    options = parser.parse_args()
    atlas = load_run(options.run)
    assert atlas.folder is not None
    rng = np.random.default_rng(0)
    taken: list[float] = []
    wrong: list[int] = []
    with served(atlas.folder) as address:

        def ask(rows: list[int]) -> None:
            with httpx.Client(base_url=address, timeout=30) as client:
                for row in rows:
                    start = time.perf_counter()
                    answer = client.get(f"/api/v1/similar?id={quote(atlas.ids.ids[row])}&k=10")
                    taken.append(1000 * (time.perf_counter() - start))
                    if answer.status_code != 200 or len(answer.json()["results"]) != 10:
                        wrong.append(answer.status_code)

        ask(rng.integers(0, len(atlas), 20).tolist())
        taken.clear()
        clients = [
            threading.Thread(target=ask, args=(rng.integers(0, len(atlas), options.requests).tolist(),))
            for _ in range(options.clients)
        ]
        start = time.perf_counter()
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        seconds = time.perf_counter() - start
    ordered = sorted(taken)
    print(machine("fastapi", "uvicorn"))
    print(
        f"{len(atlas):,} papers, {options.clients} clients, {len(taken)} answers, {len(wrong)} errors:"
        f" median {statistics.median(taken):.1f} ms, 95th of 100 {ordered[int(0.95 * len(ordered))]:.1f} ms,"
        f" {len(taken) / seconds:.0f} a second"
    )


if __name__ == "__main__":
    main()
