"""Atlas -> a web app on the loopback address (`app`, `serve`), and a server for agents (`mcp_server`)."""
