"""What the benchmarks share: real papers, the machine in words, medians with their spread, whole-process costs."""

import gzip
import importlib.metadata
import json
import statistics
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from pipeline.workers.machine import core_count, cpu_features, cpu_model

PAPERS = Path(__file__).parent.parent.parent / "shared" / "data" / "arxiv-dev.jsonl.gz"
SAMPLE_SECONDS = 0.2


def read_papers(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def machine(*libraries: str) -> str:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in libraries)
    return f"{cpu_model()}, {core_count()} cores, {' '.join(cpu_features())}; {versions}"


def spread(values: Sequence[float]) -> str:
    """Median and range: "2.71 (2.60 to 2.88)"."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def run_measured(command: Sequence[str], **options: Any) -> tuple[float, float, str]:
    """Wall seconds, peak resident memory in GB summed over the process tree, and standard output of a command."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options) as process:
        peak = _watch_memory(process)
        output, _ = process.communicate()
    seconds = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return seconds, peak[0] / 1e9, output


def _watch_memory(process: "subprocess.Popen[str]") -> list[int]:
    """A list whose one number is the highest sum seen so far, kept up by a thread until the process ends."""
    peak = [0]

    def watch() -> None:
        tree = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                members = [tree, *tree.children(recursive=True)]
                peak[0] = max(peak[0], sum(member.memory_info().rss for member in members))
            except psutil.NoSuchProcess:
                continue
            time.sleep(SAMPLE_SECONDS)

    threading.Thread(target=watch, daemon=True).start()
    return peak
