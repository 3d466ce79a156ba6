"""`forge-doctor server`: lint while code is written, for editors that speak the language server protocol."""

from __future__ import annotations

import os
import sys

EPILOG = """\b
Examples:
  forge-doctor server   # an editor starts it and talks over stdin and stdout
  Neovim: vim.lsp.config("forge-doctor",
            {cmd = {"forge-doctor", "server"}, filetypes = {"python"}})"""
NEEDS = ("pygls", "lsprotocol")


def server() -> None:
    """Lint in an editor: a language server over stdin and stdout.

    Diagnostics when a file is opened, changed and saved; quick fixes; ignore comments; the manual of a rule on hover.
    Settings are those of the configuration nearest to each file. Reads files and imports none of them.
    """
    from importlib.util import find_spec

    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        from forge_doctor.errors import UsageProblem
        from forge_doctor.extras import install_line

        raise UsageProblem(f"the language server needs {', '.join(missing)}: {install_line('server', missing)}")
    from forge_doctor.cli.sessions.editor.server import language_server
    from forge_doctor.cli.shell.signals import end_at_once

    end_at_once()
    doctor = language_server()
    # Streams of its own: the protocol closes them, and the program still has to end in order.
    with os.fdopen(os.dup(0), "rb") as stdin, os.fdopen(os.dup(1), "wb") as stdout:
        doctor.start_io(stdin, stdout)
    sys.exit(doctor.status)
