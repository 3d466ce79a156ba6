"""Runs a command whose line is plain without typer, which takes longer to load than some commands take to run."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence

from forge_doctor.cli.flags.signature import GroupedCommand
from forge_doctor.cli.shell.program import NAMES


def run_plainly(arguments: Sequence[str]) -> bool:
    """Whether it was run; False, with nothing done, where the line is typer's to read."""
    if not arguments or arguments[0] not in NAMES:
        return False
    name, *words = arguments
    # What the environment says of options is read in typer's ways.
    if any(variable.upper().startswith(f"FORGE_DOCTOR_{name}_".upper()) for variable in os.environ):
        return False
    command = getattr(importlib.import_module(f"forge_doctor.cli.{name}"), name)
    typed = command.read(words) if isinstance(command, GroupedCommand) else None
    if typed is None:
        return False
    command(typed)
    return True
