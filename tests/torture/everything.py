"""A folder with a run in it -> what every command, the server and the tools for agents say of that run.

Asked in the folder as working directory, in a process of its own: standard output and error go to files meanwhile. What
a command writes goes to `out/`, what it changes is a copy of the run, and neither is there afterwards.
"""

import hashlib
import json
import os
import shutil
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from pipeline.atlas import load_run, read_manifest
from pipeline.cli import main
from pipeline.errors import PaperatlasError
from pipeline.web.app import create_app
from pipeline.web.mcp_run import AgentRun
from pipeline.web.mcp_tools import call_tool
from tests.torture.scenarios import promised_files

READING: Mapping[str, list[str]] = {
    "topics": ["topics", "mine", "--json"],
    "tree": ["topics", "mine", "--tree"],
    "similar": ["similar", "mine", "--id", "bees-1", "--explain"],
    "similar as JSON": ["similar", "mine", "--id", "copy", "--near-duplicates", "--json"],
    "text": ["similar", "mine", "--text-file", "draft.txt", "--json"],
    "like and unlike": ["similar", "mine", "--like", "bees-1", "--unlike", "glaciers-2", "--mmr", "0.3", "--json"],
    "where": ["similar", "mine", "--id", "bees-1", "--where", "year >= 2003 and title contains 'the'", "--json"],
    "batch": ["similar", "mine", "--batch", "queries.jsonl"],
    "search": ["search", "mine", "meltwater moraine", "--json"],
    "check": ["check", "mine", "--text-file", "draft.txt", "--cited", "cited.ris", "--json"],
    "bridges": ["bridges", "mine", "--margin", "1", "--json"],
    "duplicates": ["duplicates", "mine", "--json"],
    "missing": ["missing", "mine", "--json"],
    "missing as RIS": ["missing", "mine", "--topic", "0", "--format", "ris"],
    "path": ["path", "mine", "--from", "bees-1", "--json"],
    "assign": ["assign", "mine", "new.jsonl"],
    "evaluate": ["evaluate", "mine", "--labels", "venue", "--json"],
    "trends": ["trends", "mine", "--svg", "out/t.svg", "--csv", "out/t.csv"],
    "trends by venue": ["trends", "mine", "--by", "venue"],
    "diff": ["diff", "mine", "other", "--svg", "out/d.svg", "--json"],
    "diff to it": ["diff", "other", "mine"],
    "map": ["map", "mine", "--svg", "out/m.svg", "--html", "out/m.html"],
    "map by column": ["map", "mine", "--png", "out/m.png", "--color-by", "venue", "--width", "300"],
    **{
        f"export {name}": ["export", "mine", f"out/p.{name}"]
        for name in ("ris", "bib", "rdf", "csv", "jsonl", "parquet", "json", "graphml", "gexf", "vos.json", "map.txt")
    },
    "export by topic": ["export", "mine", "out/topics", "--format", "ris", "--per-topic", "--topic-tags"],
    "open": ["open", "mine"],
    "verify": ["verify", "mine"],
    "cache info": ["cache", "info"],
}
COPY = "outputs/copy"
CHANGING: Mapping[str, list[str]] = {
    "add": ["add", "copy", "new.jsonl", "--json"],
}
SELDOM: Mapping[str, list[str]] = {  # they take longest
    "watch": ["watch", "copy", "--files", "new.jsonl", "--quiet"],
    "run": ["run", "mine.toml", "--output", COPY, "--quiet"],
    "run anew": ["run", "mine.toml", "--output", COPY, "--quiet", "--force"],
    "run from the cache": ["run", "mine.toml", "--output", COPY, "--quiet", "--force"],
}
ROUTES = (
    *("/", "/health", "/api/v1/openapi.json", "/api/v1/topics", "/api/v1/topics/0", "/api/v1/papers/bees-1"),
    *("/api/v1/papers?limit=7", "/api/v1/papers?where=year%20%3E%202004&topic=1", "/api/v1/similar?id=bees-1&k=5"),
    *("/api/v1/search?q=honeybee%20pollen", "/api/v1/map/meta", "/api/v1/map/points", "/api/v1/map/briefs?rows=0,3,5"),
    *("/api/v1/map/papers/2", "/api/v1/map/papers/2/similar", "/api/v1/map/papers/2/citations", "/api/v1/map/missing"),
    *("/api/v1/map/row?id=bees-1", "/api/v1/map/search?q=ice", "/api", "/feeds"),
)
POSTED: Mapping[str, dict[str, Any]] = {
    "/api/v1/similar": {"text": "The nectar of a honeybee.", "like": ["bees-2"], "k": 4},
    "/api/v1/references": {"ids": ["bees-1", "glaciers-2"], "format": "bibtex"},
    "/api/v1/assign": {"papers": [{"title": "On pollen", "abstract": "A hive."}]},
    "/api/v1/map/like": {"text": "snowpack", "rows": [1]},
}
TOOLS: Mapping[str, dict[str, Any]] = {
    "search": {"words": "waggle dance"},
    "similar": {"id": "bees-1"},
    "topic": {},
    "paper": {"id": "bees-1"},
    "check": {"text": "Snow and ice.", "cited": ["bees-1"]},
    "missing": {},
}


@dataclass(frozen=True)
class Said:
    """code: exit code, None where something was raised; out, err: what was printed; files: sha256 of those written."""

    code: int | None
    out: str = ""
    err: str = ""
    files: dict[str, str] = field(default_factory=dict)


def ask_everything(*, heal: bool) -> dict[str, Said]:
    """What is said in the working directory. heal: whether the run is watched and run again too."""
    said = {name: ask(arguments) for name, arguments in READING.items()}
    said |= {name: ask(arguments, changed=COPY) for name, arguments in CHANGING.items()}
    said |= {"server": asked_in_python(_server), "agents": asked_in_python(_agents)}
    if heal:
        said |= {name: ask(arguments, changed=COPY) for name, arguments in SELDOM.items()}
    return said


def ask(arguments: list[str], *, changed: str | None = None) -> Said:
    """What a command says. changed: folder of the copy that it changes."""
    Path("out").mkdir()
    if changed:
        shutil.copytree("outputs/mine", changed)
    with _output() as printed:
        try:
            code: int | None = main(arguments)
        except BaseException:  # noqa: BLE001 - what must not happen is told, not hidden
            code, printed["raised"] = None, traceback.format_exc()
    files = _digests(Path("out"))
    shutil.rmtree("out")
    if changed:
        files |= _digests(Path(changed)) | _from_cache(Path(changed))
        for path in Path("outputs").glob("copy*"):
            shutil.rmtree(path)
    return Said(code, printed["out"], printed["err"] + printed.get("raised", ""), files)


def asked_in_python(question: Callable[[], str]) -> Said:
    with _output() as printed:
        try:
            code, answer = 0, question()
        except PaperatlasError as problem:
            code, answer = 2, ""
            printed["line"] = f"paperatlas: {problem}\n"
        except BaseException:  # noqa: BLE001 - as above
            return Said(None, "", traceback.format_exc())
    return Said(code, answer, printed["err"] + printed.get("line", ""))


@contextmanager
def _output() -> Iterator[dict[str, str]]:
    """While it is entered, standard output and error go to files; afterwards their texts are there as out and err."""
    printed: dict[str, str] = {}
    kept = [os.dup(1), os.dup(2)]
    try:
        for number, name in ((1, "stdout"), (2, "stderr")):
            with Path(name).open("wb") as file:
                os.dup2(file.fileno(), number)
        yield printed
    finally:
        for number, name, key in ((1, "stdout", "out"), (2, "stderr", "err")):
            os.dup2(kept[number - 1], number)
            os.close(kept[number - 1])
            printed[key] = Path(name).read_text(encoding="utf-8")
            Path(name).unlink()


def _digests(folder: Path) -> dict[str, str]:
    contents = promised_files(folder) if folder.is_dir() else {}
    return {f"{folder}/{name}": hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def _from_cache(folder: Path) -> dict[str, str]:
    """How many vectors the last run took from the cache, as far as its manifest can be read."""
    try:
        return {"vectors from the cache": str(read_manifest(folder).embedding.from_cache)}
    except PaperatlasError:
        return {}


def _server() -> str:
    """Status and body of every route; whatever a route raises is raised here."""
    with TestClient(create_app(load_run("mine")), base_url="http://localhost") as client:
        answers = [client.get(route) for route in ROUTES]
        answers += [client.post(route, json=body) for route, body in POSTED.items()]
    return json.dumps([(answer.url.path, answer.status_code, answer.text) for answer in answers])


def _agents() -> str:
    run = AgentRun(load_run("mine"))
    return json.dumps({name: call_tool(run, name, arguments=arguments) for name, arguments in TOOLS.items()})
