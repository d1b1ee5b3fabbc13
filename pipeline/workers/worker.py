"""A worker process: does the items of one task that standard input names, and answers each on standard output.

It is started by name (`python -m pipeline.workers.worker`), so nothing imports it.
"""

import importlib
import io
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import TextIO, cast

from pipeline.errors import PaperatlasError
from pipeline.workers.machine import use_one_core


def main(arguments: Sequence[str]) -> None:
    """Arguments: the task as module:function, the folder. An item is a line of JSON, an answer too: null for done, else
    what the user did wrong.

    It ends when standard input does, with the process that started it; Ctrl-C is for that one alone.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    use_one_core()
    answers = _take_standard_output()
    name, folder = arguments
    task = find_task(name)
    for item in _items():
        answer = do_item(task, Path(folder), item)
        answers.write(f"{json.dumps(answer)}\n")
        answers.flush()


def find_task(name: str) -> Callable[[Path, str], None]:
    """The task of a name, module:function."""
    module, _, function = name.partition(":")
    return cast(Callable[[Path, str], None], getattr(importlib.import_module(module), function))


def do_item(task: Callable[[Path, str], None], folder: Path, item: str) -> str | None:
    """None, or what the user did wrong. Whatever else a task raises goes on."""
    try:
        task(folder, item)
    except PaperatlasError as problem:
        return str(problem)
    return None


def _take_standard_output() -> TextIO:
    """Where answers go; what else is written to standard output goes to standard error from now on."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # else it would stand behind the last line of a failure
    return answers


def _items() -> Iterator[str]:
    """Each as it comes. A thread reads them, so that the end of input ends the process in the middle of a task too."""
    items: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_read_items, args=(items,), daemon=True).start()
    while True:
        yield items.get()


def _read_items(items: "SimpleQueue[str]") -> None:
    rest = b""
    while block := os.read(0, 2**16):  # sys.stdin would hold a lock, for which a failing process dies at its end
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            items.put(json.loads(line))
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
