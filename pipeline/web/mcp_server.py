"""A run -> a server for agents on standard input and output: its tools, by the Model Context Protocol."""

import asyncio
import importlib.metadata
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, cast

from threadpoolctl import threadpool_limits

from pipeline.atlas import AtlasData
from pipeline.errors import PaperatlasError
from pipeline.version import __version__
from pipeline.web.mcp_run import AgentRun
from pipeline.web.mcp_texts import visible
from pipeline.web.mcp_tools import DATA, TOOLS, call_tool

if TYPE_CHECKING:
    from anyio import AsyncFile
    from mcp.server import Server
    from mcp_types import Tool

MAJOR = "2"  # of the package mcp, whose interface changes with it
INSTALL = "pip install 'paperatlas[mcp]'"
ABOUT = "Every tool only reads. Answers are of limited size: `truncated` says what was shortened."


def require_mcp() -> None:
    """Raises PaperatlasError where the package mcp is not installed, or in another major version."""
    try:
        version = importlib.metadata.version("mcp")
    except importlib.metadata.PackageNotFoundError:
        raise PaperatlasError(f"a server for agents needs the package mcp; {INSTALL}") from None
    if version.partition(".")[0] != MAJOR:
        raise PaperatlasError(f"mcp {version} is installed, version {MAJOR} is needed; {INSTALL}")


def serve_agents(atlas: AtlasData) -> None:
    """Answer calls on standard input until it ends. Nothing but the protocol is written to standard output.

    Raises PaperatlasError without the package mcp or without standard input and output, BrokenPipeError where nobody
    reads the answers any more.
    """
    require_mcp()
    if sys.stdin is None or not hasattr(sys.stdout, "buffer"):  # started without them
        raise PaperatlasError("an agent speaks to this server on standard input and output, which are closed")
    reader_is_gone = False
    with threadpool_limits(1):
        try:
            asyncio.run(_serve(make_server(AgentRun(atlas))))
        except* BrokenPipeError:
            reader_is_gone = True
    if reader_is_gone:
        raise BrokenPipeError


async def _serve(server: "Server") -> None:
    from mcp.server.stdio import stdio_server

    incoming = cast(
        "AsyncFile[str]", _read_lines()
    )  # where the package would read a file, in a thread that has to end first
    async with stdio_server(stdin=incoming) as (requests, answers):
        await server.run(requests, answers, server.create_initialization_options())


async def _read_lines() -> AsyncIterator[str]:
    """The lines of standard input, read by a thread that nothing waits for when the server is stopped."""
    lines = asyncio.Queue[bytes]()
    file = os.fdopen(os.dup(sys.stdin.fileno()), "rb", closefd=False)
    threading.Thread(target=_read, args=(file, asyncio.get_running_loop(), lines), daemon=True).start()
    while line := await lines.get():
        yield line.decode(errors="replace")


def _read(file: BinaryIO, loop: asyncio.AbstractEventLoop, lines: "asyncio.Queue[bytes]") -> None:
    with suppress(RuntimeError):  # the loop has ended, and nobody reads
        with suppress(OSError):  # the terminal is gone: as at the end of the input
            for line in file:
                loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, b"")


def make_server(run: AgentRun) -> "Server":
    """The tools of a run as a server of the package mcp. Mistakes of the caller are answers that say so in one line."""
    from mcp.server import Server
    from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams, TextContent

    async def list_tools(_context: object, _parameters: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=list(_tools()))

    async def call(_context: object, parameters: CallToolRequestParams) -> CallToolResult:
        try:
            answer = call_tool(run, parameters.name, arguments=parameters.arguments or {})
        except PaperatlasError as mistake:
            return CallToolResult(content=[TextContent(type="text", text=str(mistake))], is_error=True)
        text = json.dumps(answer, ensure_ascii=False)
        return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=answer)

    name = visible(run.atlas.title)
    papers = f"{len(run.atlas):,} papers in {len(run.atlas.topics)} topics"
    return Server(
        "paperatlas",
        version=__version__,
        title=f"paperatlas: {name}",
        instructions=f"A collection of research papers, {json.dumps(name)}: {papers}. {ABOUT} {DATA}",
        on_list_tools=list_tools,
        on_call_tool=call,
    )


def _tools() -> Iterator["Tool"]:
    from mcp_types import Tool, ToolAnnotations

    for name, tool in TOOLS.items():
        yield Tool(
            name=name,
            title=tool.title,
            description=f"{tool.description} {DATA}",
            input_schema=tool.arguments.model_json_schema(),
            output_schema=tool.answer.model_json_schema(mode="serialization"),
            annotations=ToolAnnotations(
                title=tool.title,
                read_only_hint=True,
                destructive_hint=False,
                idempotent_hint=True,
                open_world_hint=False,
            ),
        )
