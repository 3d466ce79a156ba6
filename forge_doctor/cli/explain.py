"""`forge-doctor explain`: the manual of a check, rule or log signature, a topic, or the table of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forge_doctor.cli.shell.completion import complete_ids

if TYPE_CHECKING:
    from forge_doctor.check import Check

EPILOG = """\b
Examples:
  forge-doctor explain
  forge-doctor explain idle-in-transaction
  forge-doctor explain lint
  forge-doctor explain greenlet
  forge-doctor explain --output-format json"""
SCHEMA = "forge-doctor/explain/1"
Entries = Mapping[str, "tuple[Check[Any], ...]"]


def explain(
    entry_id: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="An id or its beginning; a command; or a topic: a word of ids and manuals.",
            autocompletion=complete_ids,
        ),
    ] = None,
    output_format: Annotated[
        str, typer.Option("--output-format", "-f", metavar="FORMAT", help="text or json: the same as data.")
    ] = "text",
) -> None:
    """Print the manual of a check, rule or log signature; of a topic or without ID, a table."""
    from forge_doctor.cli.entries import entries_by_command
    from forge_doctor.errors import UsageProblem

    if output_format not in ("text", "json"):
        raise UsageProblem(f"--output-format: unknown value {output_format!r}: text or json")
    commands: Entries = {command: tuple(entries) for command, entries in entries_by_command()}
    manuals = False
    if entry_id is not None:
        commands, manuals = chosen(commands, entry_id)
    if output_format == "json":
        typer.echo(as_json(commands))
    elif manuals:
        for entries in commands.values():
            for entry in entries:
                typer.echo(manual(entry))
    else:
        print_table(commands)


def chosen(commands: Entries, word: str) -> tuple[Entries, bool]:
    """What the word means, and whether it names entries: an id, a command, a topic; raises `UsageProblem`."""
    from forge_doctor.check import matching
    from forge_doctor.errors import UsageProblem

    if word in commands:
        return {word: commands[word]}, False
    known: list[Check[Any]] = [entry for entries in commands.values() for entry in entries]
    try:
        found: Iterable[Check[Any]] = matching(known, word)
        named = {entry.id for entry in found}
    except UsageProblem:
        topic = word.casefold()
        told = {entry.id for entry in known if topic in f"{entry.id} {entry.manual} {' '.join(entry.tags)}".casefold()}
        if not told:
            raise
        return _only(commands, told), False
    return _only(commands, named), True


def _only(commands: Entries, ids: set[str]) -> Entries:
    left = {command: tuple(entry for entry in entries if entry.id in ids) for command, entries in commands.items()}
    return {command: entries for command, entries in left.items() if entries}


def print_table(commands: Entries) -> None:
    """A line an entry: id, severity, summary."""
    width = max(len(entry.id) for entries in commands.values() for entry in entries)
    for command, entries in commands.items():
        typer.echo(f"forge-doctor {command}")
        for entry in entries:
            typer.echo(f"  {entry.id:{width}}  {entry.severity.label:8}  {entry.summary}")


def manual(entry: Check[Any]) -> str:
    """The docstring under the id, with severity and limits."""
    facts = [f"severity: {entry.severity.label}"]
    facts += [f"limit {name} = {value:g}" for name, value in entry.limits.items()]
    if not entry.default:
        facts.append("off by default: --select it")
    rule = "=" * len(entry.id)
    return f"{entry.id}\n{rule}\n\n{entry.manual}\n\n" + "\n".join(facts) + "\n"


def as_json(commands: Entries) -> str:
    """Everything there is to know of the entries, for programs."""
    import json

    from forge_doctor import __version__
    from forge_doctor.check import documentation

    told = [
        {
            "id": entry.id,
            "command": command,
            "severity": entry.severity.label,
            "summary": entry.summary,
            "manual": entry.manual,
            "limits": dict(entry.limits),
            "default": entry.default,
            "aliases": list(entry.aliases),
            "tags": list(entry.tags),
            "documentation": documentation(entry.id),
        }
        for command, entries in commands.items()
        for entry in entries
    ]
    return json.dumps({"schema": SCHEMA, "version": __version__, "entries": told}, indent=2, ensure_ascii=False)
