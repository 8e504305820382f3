"""The tools served by the SDK of the Model Context Protocol, over standard input and output or HTTP."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import anyio
from anyio.to_thread import run_sync
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from dynzuora.assistants.tools import TOOLS, Tools

_HOST = "127.0.0.1"


def served(tools: Tools, version: str, about: str) -> Server[Any]:
    """Return a server of the tools; ``about`` is what it tells an assistant at the start."""

    async def list_tools(*_: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=LISTED)

    async def call_tool(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        answer = await run_sync(tools, params.name, params.arguments)  # a call waits for the tenant
        content = types.TextContent(type="text", text=answer.text)
        return types.CallToolResult(content=[content], is_error=answer.failed)

    return Server(
        "dynzuora",
        version=version,
        instructions=about,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


LISTED = [
    types.Tool(
        name=tool.name,
        description=tool.description,
        input_schema=tool.schema,
        annotations=types.ToolAnnotations(read_only_hint=not tool.writes),
    )
    for tool in TOOLS
]


def over_stdio(server: Server[Any]) -> None:
    """Serve one assistant until its end of standard input."""

    async def serve() -> None:
        async with stdio_server() as (reader, writer):
            await server.run(reader, writer, server.create_initialization_options())

    anyio.run(serve)


def over_http(server: Server[Any], port: int, ready: Callable[[str], None]) -> None:
    """Serve over streamable HTTP on this machine until interrupted; ``ready`` gets the URL.

    Requests with another host or origin than this machine's are refused, so that no web page
    reaches it (DNS rebinding).

    Raises OSError if the port is in use.
    """
    import uvicorn

    with socket.create_server((_HOST, port)) as listener:
        app = server.streamable_http_app(host=_HOST)
        config = uvicorn.Config(app, log_level="warning")
        ready(f"http://{_HOST}:{listener.getsockname()[1]}/mcp")
        uvicorn.Server(config).run(sockets=[listener])
