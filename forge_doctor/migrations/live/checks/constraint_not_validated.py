"""A constraint is NOT VALID: new rows are checked, old ones never were.

Why:
    NOT VALID and VALIDATE are two steps of one change. Where the second never came, old rows may break the rule, the
    planner does not use it, and a SET NOT NULL that counts on it scans after all.

Measures:
    pg_constraint.convalidated. A pending revision that validates it makes it an info.

Wrong when:
    It was left so on purpose, since old rows are known to break the rule: VALIDATE then fails and changes nothing.

Source:
    PostgreSQL documentation, ALTER TABLE ... VALIDATE CONSTRAINT (SHARE UPDATE EXCLUSIVE: nobody who reads or writes waits).
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, NotRun, Severity
from forge_doctor.migrations.live.cost import RATES, Work
from forge_doctor.migrations.live.situation import Situation
from forge_doctor.migrations.live.snapshot import UnvalidatedConstraint
from forge_doctor.migrations.live.wording import size, span
from forge_doctor.migrations.operations.operation import ValidateConstraint
from forge_doctor.sql.quoting import quote_identifier

KINDS = {"c": "check", "f": "foreign key", "n": "NOT NULL"}


@check(severity=Severity.WARNING)
def examine(situation: Situation, _limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding a constraint."""
    pending = dict(_validated(situation))
    for one in situation.snapshot.unvalidated:
        yield _finding(situation, one, pending.get(one.name, ""))


def _validated(situation: Situation) -> Iterator[tuple[str, str]]:
    for placement in situation.placements:
        for change in placement.pending:
            for step in change.steps:
                if isinstance(step.operation, ValidateConstraint):
                    yield step.operation.name, change.revision.id


def _finding(situation: Situation, one: UnvalidatedConstraint, by: str) -> Finding:
    slow, fast = RATES[Work.SCAN]
    took = span(one.table_bytes / fast, one.table_bytes / slow)
    whole = f"{quote_identifier(one.schema)}.{quote_identifier(one.table)}"
    follows = f" Pending revision {by} validates it." if by else ""
    return Finding(
        severity=Severity.INFO if by else Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"{KINDS.get(one.kind, 'the')} constraint {one.name} of {one.table} ({size(one.table_bytes)}) was never validated: "
        f"rows from before it may break it.{follows}",
        location=Location(target=f"{situation.snapshot.target} constraint {one.schema}.{one.table}.{one.name}"),
        evidence=(
            Evidence(label="definition", value=one.definition, source="pg_constraint.convalidated = false"),
            Evidence(label="scan", value=took, source="an estimate from the table's size"),
        ),
        remedy=""
        if by
        else f"SET lock_timeout = '4s';\nALTER TABLE {whole} VALIDATE CONSTRAINT {quote_identifier(one.name)};"
        f"   -- scans for {took} (estimate), reads and writes go on; does nothing to one that is valid",
    )
