"""`forge-doctor explain`: the manual of a check or log signature, or the table of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from forge_doctor.check import Check
    from forge_doctor.logs.signature import Signature

EPILOG = """\b
Examples:
  forge-doctor explain
  forge-doctor explain idle-in-transaction
  forge-doctor explain missing-greenlet"""


def explain(
    entry_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The id of a check or log signature, or its beginning.")
    ] = None,
) -> None:
    """Print the manual of a check or log signature; without ID, a table of all of them."""
    from forge_doctor.check import matching

    commands = {command: tuple(entries) for command, entries in entries_by_command()}
    if entry_id is not None:
        known: list[Check[Any]] = [entry for entries in commands.values() for entry in entries]
        found: Check[Any]
        for found in matching(known, entry_id):
            typer.echo(manual(found))
        return
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


def entries_by_command() -> Iterator[tuple[str, Iterable[Check[Any]]]]:
    """What each command can find."""
    from forge_doctor.check import load
    from forge_doctor.lint import rules
    from forge_doctor.lint.suppression import ignores
    from forge_doctor.logs.signature import load_signatures
    from forge_doctor.pool import checks as pool_checks

    yield "pool", load(pool_checks)
    yield "lint", sorted((*load(rules), *load(ignores)), key=lambda entry: entry.id)
    yield "logs", sorted(map(explained, load_signatures().values()), key=lambda entry: entry.id)


def explained(signature: Signature) -> Check[Any]:
    """A log signature as what can be explained; it runs nothing."""
    from forge_doctor.check import Check

    return Check(
        id=signature.id,
        summary=signature.summary,
        manual=signature.about.manual,
        severity=signature.severity,
        run=lambda: (),
        aliases=signature.aliases,
        tags=signature.about.tags,
    )
