"""Writes forge-doctor(1) from the program's own help: the commands, their options, the exit codes.

python .ci/man_page.py > forge-doctor.1
"""

from __future__ import annotations

import sys
from typing import Any

import typer.main

from forge_doctor import __version__
from forge_doctor.cli.commands import app

HEADER = """.TH FORGE\\-DOCTOR 1 "" "forge\\-doctor {version}" "User Commands"
.SH NAME
forge\\-doctor \\- a doctor for services on FastAPI, SQLAlchemy asyncio, asyncpg and PostgreSQL
.SH SYNOPSIS
.B forge\\-doctor
.I COMMAND
[\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...
.SH DESCRIPTION
It reads and never acts: it ends no session, imports no code it lints, executes nothing in a container.
"""
FOOTER = """.SH EXIT STATUS
.TP
.B 0
clean
.TP
.B 1
findings at or above \\fB\\-\\-fail\\-on\\fR
.TP
.B 2
wrong usage
.TP
.B 3
something could not be inspected; with the format nagios the plugin's own four
.SH ENVIRONMENT
.TP
.B FORGE_DOCTOR_\\fICOMMAND\\fB_\\fIOPTION\\fR
any option of a command, as FORGE_DOCTOR_LINT_FAIL_ON=warning
.TP
.B FORGE_DOCTOR_DSN, DATABASE_URL
the server that \\fBpool\\fR examines
.TP
.B NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE
whether there are colours
.SH FILES
.TP
.I forge\\-doctor.toml, pyproject.toml
the configuration nearest to what is examined counts
"""


def man_page() -> str:
    """The page as roff."""
    group = typer.main.get_command(app)
    parts = [HEADER.format(version=escaped(__version__)), ".SH COMMANDS"]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        parts += section(name, command)
    return "\n".join(parts) + "\n" + FOOTER


def section(name: str, command: Any) -> list[str]:
    """One command: what it does, its arguments and options."""
    context = command.make_context(f"forge-doctor {name}", [], resilient_parsing=True)
    told = [f".SS {escaped(name)}", *(escaped(line) for line in paragraphs(command.help or ""))]
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            told += [".TP", f".B {escaped(record[0])}", escaped(record[1])]
    return told


def paragraphs(text: str) -> list[str]:
    """Lines of prose; a blank line between paragraphs becomes roff's."""
    return [line.strip() or ".PP" for line in text.strip().splitlines()]


def escaped(text: str) -> str:
    """Text that roff shows as it is: backslashes, hyphens, and a dot or a quote that would begin a request."""
    if text == ".PP":
        return text
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe[:1] in (".", "'") else safe


if __name__ == "__main__":
    sys.stdout.write(man_page())
