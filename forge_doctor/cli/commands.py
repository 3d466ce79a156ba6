"""The program and its commands: each is the module of its name, loaded when it is asked for."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import typer
import typer.core
import typer.main

from forge_doctor.cli.flags.environment import listen, variable_of, with_variables
from forge_doctor.cli.flags.signature import GroupedCommand
from forge_doctor.cli.shell.completion import complete_shells, install_completion, show_completion
from forge_doctor.cli.shell.program import NAMES, PROGRAM
from forge_doctor.errors import UsageProblem

EPILOG = """\b
Exit codes: 0 clean, 1 findings at or above --fail-on,
2 usage, 3 could not inspect.
Every option can come from the environment:
FORGE_DOCTOR_LINT_FAIL_ON=warning is lint --fail-on warning.

\b
Examples:
  forge-doctor triage
  forge-doctor pool --dsn postgresql://app@db.example/shop
  forge-doctor logs shop-api
  forge-doctor lint src
  forge-doctor slow --dsn postgresql://app@db.example/shop
  forge-doctor migrations --since origin/main
  forge-doctor demo"""
# As wide as the terminal, but no wider than can be read.
WIDEST_HELP = 120


class Commands(Mapping[str, Any]):
    """What typer makes of each command: its options cost more to prepare than the help of all costs to print."""

    def __getitem__(self, name: str) -> Any:
        if name not in NAMES:
            raise KeyError(name)
        return command(name)

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


class Group(typer.core.TyperGroup):
    """The program with all its commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = Commands()  # type: ignore[assignment]

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - as click calls it
        """Each with its whole first sentence."""
        rows = [(name, self.commands[name].get_short_help_str()) for name in NAMES]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class Command(typer.core.TyperCommand):
    """One command, whose options are listed under headings."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        for parameter in self.params:
            # The rule by which variables are named is told once, not at each option.
            parameter.show_envvar = False  # type: ignore[attr-defined]
            listen(parameter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What cannot be read, with the variable that said it."""
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as bad:
            if bad.param is None or (variable := variable_of(ctx, bad.param)) is None:
                raise
            said = f"{bad.message} ({variable} in the environment)"
            raise typer.BadParameter(said, ctx, bad.param, bad.param_hint) from bad

    def invoke(self, ctx: Any) -> Any:
        """What a command complains of, with the variable that said it."""
        try:
            return self._invoked(ctx)
        except UsageProblem as problem:
            raise UsageProblem(with_variables(str(problem), ctx, self.params)) from problem

    def _invoked(self, ctx: Any) -> Any:
        """No bound keeps NaN out, which is neither below nor above it."""
        for name, value in ctx.params.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise UsageProblem(f"--{name.replace('_', '-')}: {value} is no number of anything")
        return super().invoke(ctx)

    def get_short_help_str(self, limit: int = 500) -> str:
        """The whole first sentence, in completions as well: half of one explains nothing."""
        return super().get_short_help_str(limit)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, the command's own options, then those it shares with others."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                is_argument = parameter.param_type_name == "argument"
                heading = "Arguments" if is_argument else getattr(parameter, "rich_help_panel", None) or "Options"
                sections.setdefault(heading, []).append(record)
        for heading, records in sections.items():
            with formatter.section(heading):
                formatter.write_dl(records)


@cache
def command(name: str) -> Any:
    """The command as typer runs it."""
    module = importlib.import_module(f"forge_doctor.cli.{name}")
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    # FORGE_DOCTOR_LINT_FAIL_ON=warning is `lint --fail-on warning`, and so for every option of a command.
    settings = {"auto_envvar_prefix": f"FORGE_DOCTOR_{name}".upper()}
    function = getattr(module, name)
    callback = function.for_typer() if isinstance(function, GroupedCommand) else function
    alone.command(name, cls=Command, epilog=module.EPILOG, context_settings=settings)(callback)
    return typer.main.get_command(alone)


app = typer.Typer(
    name=PROGRAM,
    cls=Group,
    help="A doctor for services built on FastAPI, SQLAlchemy asyncio, asyncpg and PostgreSQL.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,  # typer's own asks which shell runs it; ours is told
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": WIDEST_HELP,
    },
)


def show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        from forge_doctor import __version__

        typer.echo(f"forge-doctor {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", "-V", callback=show_version, is_eager=True, help="Print the version and exit."
    ),
    show: str = typer.Option(
        None,
        "--show-completion",
        metavar="SHELL",
        callback=show_completion,
        is_eager=True,
        autocompletion=complete_shells,
        help="Print the completion script for bash, zsh, fish or powershell.",
    ),
    install: str = typer.Option(
        None,
        "--install-completion",
        metavar="SHELL",
        callback=install_completion,
        is_eager=True,
        autocompletion=complete_shells,
        help="Install completion for that shell.",
    ),
    _debug: bool = typer.Option(
        False, "--debug", help="With any command: where forge-doctor itself breaks off, print the traceback."
    ),
) -> None:
    """A doctor for services built on FastAPI, SQLAlchemy asyncio, asyncpg and PostgreSQL."""
