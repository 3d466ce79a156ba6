"""A plain command line is read as typer reads it, and what is not plain is left to typer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.cli.commands import command
from forge_doctor.cli.flags.signature import GroupedCommand
from forge_doctor.cli.shell.plain_run import run_plainly
from forge_doctor.cli.shell.program import NAMES

HERE = str(Path(__file__))
VALUES = (
    "3",
    "0",
    "-1",
    "007",
    "1e3",
    "\u0663",
    "",
    "-",
    "word",
    "a=b",
    "json",
    "/no/such",
    HERE,
    str(Path(HERE).parent),
    "--",
)


def grouped(name: str) -> GroupedCommand | None:
    module = __import__(f"forge_doctor.cli.{name}", fromlist=[name])
    found = getattr(module, name)
    return found if isinstance(found, GroupedCommand) else None


GROUPED = [name for name in NAMES if grouped(name) is not None]


def filled(one: GroupedCommand, typed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: group.filled(typed) for name, group in one.groups.items()}


def read_plainly(name: str, words: list[str]) -> dict[str, Any] | None:
    one = grouped(name)
    assert one is not None
    typed = one.read(words)
    return None if typed is None else filled(one, typed)


def read_by_typer(name: str, words: list[str]) -> dict[str, Any]:
    """What the function that typer was given is called with."""
    one, called = grouped(name), command(name)
    assert one is not None
    context = called.make_context(name, list(words))
    seen: list[dict[str, Any]] = []
    own = one.command
    one.command = lambda **groups: seen.append(groups)
    try:
        context.invoke(called.callback, **context.params)
    finally:
        one.command = own
    return seen[0]


@st.composite
def lines(draw: st.DrawFn, name: str) -> list[str]:
    options = [word for one in command(name).params for word in (*one.opts, *one.secondary_opts) if word[0] in "-/"]
    option, value = st.sampled_from(options), st.sampled_from(VALUES)
    pair = st.tuples(option, value)
    parts = draw(
        st.lists(
            st.one_of(pair, st.tuples(option), st.tuples(value), pair.map(lambda two: ("=".join(two),))), max_size=4
        )
    )
    return [word for part in parts for word in part]


@pytest.mark.parametrize("name", GROUPED)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_line_that_is_read_plainly_is_read_as_typer_does(name: str, data: st.DataObject) -> None:
    words = data.draw(lines(name))
    plain = read_plainly(name, words)
    assert plain is None or plain == read_by_typer(name, words)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("logs", ""),
        ("logs", "-"),
        ("logs", "a.log b.log --output-format json --min-confidence low"),
        ("logs", "a.log -f json -o report.json --top 5 --example --only=deadlock --only pool-timeout"),
        ("lint", f"{HERE} src -f concise --statistics --jobs 2"),
        ("migrations", "--since main --all"),
    ],
)
def test_what_is_often_typed_is_plain(name: str, line: str) -> None:
    plain = read_plainly(name, line.split())
    assert plain is not None
    assert plain == read_by_typer(name, line.split())


@pytest.mark.parametrize(
    "line",
    [
        "--help",
        "-h",
        "--",
        "--no-such",
        "--top",
        "--top 0",
        "--top many",
        "--top=",
        "--top 1 --top 2",
        "--since --until",
        "--example=yes",
        "-fjson",
        "-f=json",
        "-qv",
        f"--config {HERE}",
        "--select id",
    ],
)
def test_what_is_refused_or_read_otherwise_is_left_to_typer(line: str) -> None:
    assert read_plainly("logs", line.split()) is None


def test_a_file_that_cannot_be_read_is_left_to_typer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [str(tmp_path / "closed.py")]
    assert read_plainly("lint", words) is not None  # it is not there, which lint tells
    Path(words[0]).touch()
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert read_plainly("lint", words) is None


@pytest.mark.parametrize("arguments", [[], ["--version"], ["no-such"], ["help", "logs"], ["logs", "--help"]])
def test_what_is_not_plain_is_not_run(arguments: list[str]) -> None:
    assert not run_plainly(arguments)


def test_where_the_environment_says_something_of_the_command_typer_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORGE_DOCTOR_LOGS_TOP", "3")
    assert not run_plainly(["logs", HERE])
    monkeypatch.delenv("FORGE_DOCTOR_LOGS_TOP")
    monkeypatch.setenv("FORGE_DOCTOR_LINT_FAIL_ON", "never")
    with pytest.raises(SystemExit):
        run_plainly(["logs", HERE])
