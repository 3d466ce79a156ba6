"""What is asked of a server of tools (MCP) is waited for like any other service."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

HEAD = "from mcp import ClientSession\nfrom mcp.client.streamable_http import streamablehttp_client\nimport fastmcp\n"
CODE = """\
async def tools(client: ClientSession, other, own: fastmcp.Client):
    return {asked}

async def f(db: AsyncSession, client: ClientSession, other, own: fastmcp.Client):
    await db.scalar(select(User.id))
    await tools(client, other, own){mark}
"""


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ('await client.call_tool("a", {})', True),
        ("await client.list_tools()", True),
        ('await own.call_tool("a", {})', True),
        ("client.list_tools", False),
        ("await other.list_tools()", False),
    ],
)
def test_a_call_of_a_tool_waits(asked: str, told: bool, tmp_path: Path) -> None:
    code = HEAD + CODE.format(asked=asked, mark="  # expect medium" if told else "")
    check_source(project(code), "network-call-in-transaction", tmp_path)


def test_a_connection_to_a_server_of_tools_is_entered(tmp_path: Path) -> None:
    code = HEAD + (
        "async def f(db: AsyncSession):\n    await db.scalar(select(User.id))\n"
        "    async with streamablehttp_client('https://x') as (read, write, _):  # expect\n        print(read)\n"
    )
    check_source(project(code), "network-call-in-transaction", tmp_path)
