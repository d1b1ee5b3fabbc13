"""The command `paperatlas`: each command parses, calls one function, and shows what it gives."""

from pipeline.cli.main import main

__all__ = ["main"]
