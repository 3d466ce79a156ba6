"""`forge-doctor explain`: the manual of a check or log signature, or the table of all of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from forge_doctor.check import Check, load, matching

EPILOG = """\b
Examples:
  forge-doctor explain
  forge-doctor explain idle-in-transaction
  forge-doctor explain missing-greenlet"""


def explain(
    check_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The id of a check or log signature, or its beginning.")
    ] = None,
) -> None:
    """Print the manual of a check or log signature; without ID, a table of all."""
    checks = (*all_checks(), *all_signatures())
    if check_id is None:
        width = max(len(check.id) for check in checks)
        for check in checks:
            typer.echo(f"{check.id:{width}}  {check.severity.label:8}  {check.summary}")
        return
    for check in matching(checks, check_id):
        typer.echo(manual(check))


def manual(check: Check[Any]) -> str:
    """The check's docstring under its id, with its severity and limits."""
    facts = [f"severity: {check.severity.label}"]
    facts += [f"limit {name} = {value:g}" for name, value in check.limits.items()]
    if not check.default:
        facts.append("off by default: --select it")
    rule = "=" * len(check.id)
    return f"{check.id}\n{rule}\n\n{check.manual}\n\n" + "\n".join(facts) + "\n"


def all_checks() -> tuple[Check[Any], ...]:
    """The checks of every slice, by id."""
    from forge_doctor.pool import checks as pool_checks

    return tuple(sorted((*load(pool_checks),), key=lambda check: check.id))


def all_signatures() -> tuple[Check[Any], ...]:
    """The log signatures as what can be explained; they run nothing."""
    from forge_doctor.logs.signature import load_signatures

    return tuple(
        Check(
            id=one.id,
            summary=one.summary,
            manual=f"{one.manual}\n\nFix: {one.fix}\n     {one.doc}",
            severity=one.severity,
            run=lambda: (),
            aliases=one.aliases,
        )
        for one in load_signatures().values()
    )
