"""Runs the command on a terminal of its own, as a person does; types nothing but Ctrl-C."""

from __future__ import annotations

import os
import pty
import select
import sys
import time
from collections.abc import Mapping

# The variables of the machine must not name a server.
BARE = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
LIMIT_S = 30.0


def on_terminal(*arguments: str, interrupt_after: str = "", env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """`forge-doctor` with `arguments` and 100 columns; Ctrl-C once `interrupt_after` was shown: status and screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(
            sys.executable,
            [sys.executable, "-m", "forge_doctor", *arguments],
            {**BARE, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40", **(env or {})},
        )
    shown, deadline, interrupted = "", time.monotonic() + LIMIT_S, False
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                chunk = os.read(terminal, 65536)
            except OSError:
                break
            if not chunk:
                break
            shown += chunk.decode("utf-8", "replace")
        if interrupt_after and not interrupted and interrupt_after in shown:
            os.write(terminal, b"\x03")  # to every process that runs in front, as from a keyboard
            interrupted = True
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown
