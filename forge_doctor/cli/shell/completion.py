"""What the shell completes: values of options and ids of checks, as far as they can be told without a look at anything.

Also `--show-completion SHELL` and `--install-completion SHELL`, for any of the shells from any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from forge_doctor.cli.shell.program import COMPLETING, PROGRAM

SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")


def prepare() -> None:
    """Let typer answer a shell that completes: it does so by itself only where its own options are there."""
    from typer._completion_classes import completion_init

    completion_init()


def one_of(*values: str) -> Callable[[str], list[str]]:
    """Completes one of these words."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete.lower())]

    return complete


def complete_formats(incomplete: str) -> list[str]:
    """The output formats."""
    from forge_doctor.formats import OutputFormat

    return one_of(*OutputFormat)(incomplete)


complete_severities = one_of("info", "warning", "error", "critical", "never")
complete_confidences = one_of("low", "medium", "high")
complete_shells = one_of(*SHELLS)


def complete_ids(ctx: Any, incomplete: str) -> Iterable[tuple[str, str]]:
    """Ids of checks with their summaries: those of the command at hand, or of all where it has none of its own."""
    from forge_doctor.cli.entries import entries_by_command

    entries = {command: tuple(known) for command, known in entries_by_command()}
    own = entries.get(ctx.info_name or "")
    for entry in own if own is not None else (entry for known in entries.values() for entry in known):
        if entry.id.startswith(incomplete):
            yield entry.id, entry.summary


def show_completion(shell: str | None) -> None:
    """Print the script for a shell and stop; raises `UsageProblem` for a shell nobody knows."""
    if shell is None:
        return
    import typer
    from typer._completion_shared import get_completion_script

    typer.echo(get_completion_script(prog_name=PROGRAM, complete_var=COMPLETING, shell=_known(shell)))
    raise typer.Exit


def install_completion(shell: str | None) -> None:
    """Install the script for a shell and stop; raises `UsageProblem` for a shell nobody knows."""
    if shell is None:
        return
    import typer
    from typer._completion_shared import install

    installed, path = install(shell=_known(shell), prog_name=PROGRAM, complete_var=COMPLETING)
    typer.echo(f"completion for {installed} is in {path}; it takes effect in a new terminal")
    raise typer.Exit


def _known(word: str) -> str:
    from forge_doctor.check import nearest
    from forge_doctor.errors import UsageProblem

    shell = word.lower()
    if shell not in SHELLS:
        raise UsageProblem(f"completion: unknown shell {word!r}{nearest(shell, SHELLS)}")
    return shell
