"""A command that takes its options in groups is to typer one that takes each of them alone."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import pytest
import typer
from typer.testing import CliRunner

from forge_doctor.cli.flags.declared import argument, option
from forge_doctor.cli.flags.signature import Without, takes_flags


class Own(NamedTuple):
    """The options of one command."""

    names: Annotated[tuple[str, ...], argument(help="Whose.")] = ()
    times: Annotated[int | None, option(min=1, help="How often.")] = None
    loud: Annotated[bool, option("--loud/--soft")] = True
    only: Annotated[tuple[str, ...], option(help="These alone.")] = ()


class Shared(NamedTuple):
    """Options of every command."""

    color: Annotated[str, option(help="Which.")] = "red"
    only: Annotated[tuple[str, ...], option(help="Those of everybody.")] = ("all",)


@takes_flags
def greet(own: Own, shared: Annotated[Shared, Without("only")]) -> None:
    """Say hello."""
    typer.echo(f"{own} {shared}")


def typed(*words: str) -> str:
    app = typer.Typer()
    app.command()(greet.for_typer())
    return CliRunner().invoke(app, list(words)).output


def test_what_is_typed_arrives_in_its_group() -> None:
    said = typed("Ada", "Bo", "--times", "2", "--soft", "--only", "a", "--only", "b", "--color", "blue")
    own = Own(names=("Ada", "Bo"), times=2, loud=False, only=("a", "b"))
    assert said == f"{own} {Shared(color='blue')}\n"


def test_what_nobody_typed_has_the_default_of_its_group() -> None:
    assert typed() == f"{Own()} {Shared()}\n"


def test_the_help_names_each_option_and_none_that_is_left_out() -> None:
    told = typed("--help")
    assert all(word in told for word in ("Say hello.", "How often.", "--soft", "These alone.", "Which."))
    assert "everybody" not in told


@pytest.mark.parametrize("words", [("--times", "0"), ("--times", "often"), ("--colour", "blue")])
def test_a_value_or_an_option_that_is_none_is_refused_by_name(words: tuple[str, ...]) -> None:
    assert words[0] in typed(*words)
