"""The command line: one module a command, of which a run loads its own."""

from __future__ import annotations

import atexit
import gc
import os
import sys

from forge_doctor import __version__
from forge_doctor.cli.shell.program import COMPLETING, PROGRAM
from forge_doctor.cli.shell.run_again import told_again


def main() -> None:
    """The `forge-doctor` command: errors become one line and an exit code."""
    # What is loaded is needed to the end: to look for garbage in it costs a short run a quarter of its time,
    # most of that when the interpreter ends. So this comes before anything is loaded.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    try:
        sys.exit(_run())
    except KeyboardInterrupt:
        # While all that was still being loaded.
        sys.exit(130)


def _run() -> int:
    if sys.argv[1:] in (["--version"], ["-V"]) and COMPLETING not in os.environ and _has_told_version():
        return 0
    if COMPLETING not in os.environ and (status := told_again(sys.argv[1:])) is not None:
        return status
    if COMPLETING in os.environ:
        from forge_doctor.cli.commands import app
        from forge_doctor.cli.shell.completion import prepare

        prepare()
        app()
    from forge_doctor.cli.ending import run

    return run(sys.argv[1:])


def _has_told_version() -> bool:
    """Tell it with nothing loaded: scripts ask for it. Where it cannot be written, the whole program says why."""
    try:
        sys.stdout.write(f"{PROGRAM} {__version__}\n")
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):
        return False
    return True
