"""`forge-doctor explain`: the manual of a check, or the table of all of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from forge_doctor.check import Check, load, matching

EPILOG = """\b
Examples:
  forge-doctor explain
  forge-doctor explain idle-in-transaction"""


def explain(
    check_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="A check's id, or its beginning.")] = None,
) -> None:
    """Print a check's manual; without ID, a table of all checks."""
    checks = all_checks()
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
    from forge_doctor.lint import ignores, rules
    from forge_doctor.pool import checks as pool_checks

    checks = (*load(pool_checks), *load(rules), *load(ignores))
    return tuple(sorted(checks, key=lambda check: check.id))
