"""`paperatlas mcp`: a run for agents, by the Model Context Protocol."""

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Run
from pipeline.cli.output import PIPE_CLOSED


def serve_to_agents(run: Run) -> None:
    """Serve a run to an AI agent (MCP).

    A client, such as Claude Desktop or an editor, starts this command, and speaks the Model Context Protocol with it
    on standard input and output. The agent can search, and read papers and topics; it can change nothing. The command
    ends with its input (exit code 0), by Ctrl-C (130) or by SIGTERM (143). Needs pip install 'paperatlas[mcp]'.
    """
    from pipeline.atlas import load_run
    from pipeline.web.mcp_server import require_mcp, serve_agents

    require_mcp()
    try:
        atlas = load_run(run)
        papers = show.count(len(atlas), "paper")
        show.problem(f"{atlas.manifest.name}: {papers}; an agent's messages are read from standard input")
        serve_agents(atlas)
    except BrokenPipeError:
        raise typer.Exit(PIPE_CLOSED) from None
    except KeyboardInterrupt:
        show.problem("stopped")
