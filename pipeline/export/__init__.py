"""Papers -> texts that reference managers read."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipeline.export.bibtex import to_bibtex
from pipeline.export.ris import to_ris

EXPORTERS: Mapping[str, Callable[[Iterable[Mapping[str, Any]]], str]] = {"bibtex": to_bibtex, "ris": to_ris}

__all__ = ["EXPORTERS", "to_bibtex", "to_ris"]
