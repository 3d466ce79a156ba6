"""The commands by name: each is the module of that name, loaded when it is asked for; runs none of them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import typer
import typer.core
import typer.main

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
