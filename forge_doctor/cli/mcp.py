"""`forge-doctor mcp`: the commands as tools of an agent that speaks the model context protocol; each only reads."""

from __future__ import annotations

EPILOG = """\b
Examples:
  forge-doctor mcp    # an agent starts it, and talks over stdin and stdout
  DATABASE_URL=postgresql://... forge-doctor mcp"""


def mcp() -> None:
    """Serve the commands to an agent as tools, over stdin and stdout.

    Each tool only reads: none executes a statement, imports an application, writes a file or takes a password; the
    database is the one of the environment. What comes from logs and databases is marked as untrusted data.
    """
    from importlib.util import find_spec

    if find_spec("mcp") is None:
        from forge_doctor.errors import UsageProblem
        from forge_doctor.extras import install_line

        raise UsageProblem(f"the tools for agents need mcp: {install_line('mcp', ['mcp'])}")
    from forge_doctor.cli.sessions.agent import agent_server
    from forge_doctor.cli.shell.signals import end_at_once

    end_at_once()
    agent_server().run("stdio")
