"""A worker process: does the items of one task, and says which are done on standard output.

It is started by name (`python -m pipeline.workers.worker`), so nothing imports it.
"""

import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast


def main(arguments: Sequence[str]) -> None:
    """Arguments: the task as module:function, the folder, the items.

    It ends when standard input does, with the process that started it; Ctrl-C is for that one alone.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_input, daemon=True).start()
    name, folder, *items = arguments
    module, _, function = name.partition(":")
    task = cast(Callable[[Path, str], None], getattr(importlib.import_module(module), function))
    for item in items:
        task(Path(folder), item)
        sys.stdout.write(f"{item}\n")
        sys.stdout.flush()


def _end_with_input() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
