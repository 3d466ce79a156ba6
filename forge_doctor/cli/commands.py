"""The program and its commands: each is the module of its name, loaded when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import typer
import typer.core
import typer.main

EPILOG = """\b
Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage, 3 could not inspect.

\b
Examples:
  forge-doctor pool --dsn postgresql://app@db.example/shop
  forge-doctor logs shop-api
  forge-doctor lint src
  forge-doctor demo"""
NAMES = ("pool", "logs", "lint", "explain", "demo")


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


@cache
def command(name: str) -> Any:
    """The command as typer runs it."""
    module = importlib.import_module(f"forge_doctor.cli.{name}")
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name, epilog=module.EPILOG)(getattr(module, name))
    return typer.main.get_command(alone)


app = typer.Typer(
    name="forge-doctor",
    cls=Group,
    help="A doctor for services built on FastAPI, SQLAlchemy asyncio, asyncpg and PostgreSQL.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
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
) -> None:
    """A doctor for services built on FastAPI, SQLAlchemy asyncio, asyncpg and PostgreSQL."""
