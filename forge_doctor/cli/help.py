"""`forge-doctor help COMMAND`: the same as `forge-doctor COMMAND --help`."""

from __future__ import annotations

from typing import Annotated

import typer

from forge_doctor.cli.shell.completion import one_of

EPILOG = """\b
Examples:
  forge-doctor help pool"""


def complete_commands(incomplete: str) -> list[str]:
    """The commands there are."""
    from forge_doctor.cli.shell.program import NAMES

    return one_of(*NAMES)(incomplete)


def help(  # noqa: A001 - it is what the command is called
    ctx: typer.Context,
    command: Annotated[
        str | None,
        typer.Argument(metavar="[COMMAND]", help="Whose help.", show_default=False, autocompletion=complete_commands),
    ] = None,
) -> None:
    """Show the help of a command, or of all."""
    from forge_doctor.check import nearest
    from forge_doctor.cli.shell.program import NAMES
    from forge_doctor.errors import UsageProblem

    root = ctx.find_root()
    if command is None:
        typer.echo(root.get_help())
        return
    if command not in NAMES:
        raise UsageProblem(f"help: no such command: {command!r}{nearest(command, NAMES)}")
    root.command.main([command, "--help"], prog_name=root.info_name, standalone_mode=False)
