"""umap-learn, imported without the search for neighbours that it would compile; its compiled code is kept on disk.

umap-learn imports pynndescent, which compiles its distances at its first import for some 13 s. Neighbours are always
given here, so the three names that umap-learn takes from it stand for what is imported when it is first used: by
somebody else in the same process, who finds umap-learn as it is.
"""

import importlib
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from types import ModuleType
from typing import Any

SEARCH = "pynndescent"


def import_umap() -> Any:
    """umap-learn, its notes about absent TensorFlow not repeated."""
    if "umap" in sys.modules:
        return sys.modules["umap"]
    with warnings.catch_warnings(), compiled_once(), _search_later():
        warnings.filterwarnings("ignore", category=ImportWarning)
        return importlib.import_module("umap")


@contextmanager
def compiled_once() -> Iterator[None]:
    """Inside it numba keeps on disk what it compiles of umap-learn, beside the sources or in its own cache folder.

    umap-learn asks for that only for some of its functions; the others take some ten seconds in every process.
    """
    import numba

    plain = numba.njit

    @wraps(plain)
    def kept(*arguments: Any, **options: Any) -> Any:
        return plain(*arguments, **({"cache": True} | options))

    numba.njit = kept
    try:
        yield
    finally:
        numba.njit = plain


@contextmanager
def neighbours_given(umap: Any) -> Iterator[None]:
    """Inside it umap-learn does not ask which distances a search for neighbours knows."""
    known = umap.umap_.pynn_named_distances
    umap.umap_.pynn_named_distances = {}
    try:
        yield
    finally:
        umap.umap_.pynn_named_distances = known


@contextmanager
def _search_later() -> Iterator[None]:
    """Inside it pynndescent is not imported where it is asked for; one that is imported already stays as it is."""
    if SEARCH in sys.modules:
        yield
        return
    search, distances, sparse = (ModuleType(name) for name in (SEARCH, f"{SEARCH}.distances", f"{SEARCH}.sparse"))
    vars(search)["NNDescent"] = Search
    vars(distances)["named_distances"] = Distances("distances", "named_distances")
    vars(sparse)["sparse_named_distances"] = Distances("sparse", "sparse_named_distances")
    stand_ins = {module.__name__: module for module in (search, distances, sparse)}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


class _SearchType(type):
    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        return importlib.import_module(SEARCH).NNDescent(*arguments, **options)

    def __instancecheck__(cls, instance: object) -> bool:
        return SEARCH in sys.modules and isinstance(instance, sys.modules[SEARCH].NNDescent)


class Search(metaclass=_SearchType):
    """pynndescent.NNDescent, imported when one is made."""


class Distances(Mapping[str, Any]):
    """Functions of distance by name: a dict of one of pynndescent's modules, imported when it is first looked into."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def _whole(self) -> Mapping[str, Any]:
        whole: Mapping[str, Any] = getattr(importlib.import_module(f"{SEARCH}.{self._module}"), self._name)
        return whole

    def __getitem__(self, name: str) -> Any:
        return self._whole()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())
