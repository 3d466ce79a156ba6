"""The database has a table or a column that no model names.

Why:
    A column that is NOT NULL without a default makes every INSERT of the model fail, since the model gives no value for
    it. Anything else is left over, or belongs to somebody else; autogenerate would drop it.

Measures:
    Alembic's autogenerate of the application, in a read-only transaction; partitions, tables of extensions and version
    tables are left out.

Wrong when:
    The table is another application's in the same database: a table is told as an info with medium confidence, and with
    it the filter that env.py needs.

Source:
    Alembic documentation, "Omitting Table Names from the Autogenerate Process".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.drift.comparison import Comparison, Difference
from forge_doctor.migrations.drift.places import place, proof


@check(severity=Severity.WARNING)
def examine(comparison: Comparison) -> Iterator[Finding]:
    """One finding a table or column."""
    for one in comparison.differences:
        if one.kind == "remove_table":
            yield _finding(comparison, one, Severity.INFO, f"table {one.table} is in no model", FILTER)
        elif one.kind == "remove_column":
            refuses = ", NOT NULL and without a default: every INSERT by the model fails" if one.required else ""
            severity = Severity.ERROR if one.required else Severity.WARNING
            message = f"column {one.table}.{one.name} ({one.model}) is in no model{refuses}"
            yield _finding(
                comparison, one, severity, message, "add it to the model, or drop it in a revision of its own"
            )


FILTER = (
    "where it is not the application's: context.configure(..., include_name=...) in env.py, else autogenerate drops it"
)


def _finding(comparison: Comparison, one: Difference, severity: Severity, message: str, remedy: str) -> Finding:
    sure = Confidence.HIGH if one.kind == "remove_column" and not comparison.pending else Confidence.MEDIUM
    return Finding(
        severity=severity,
        confidence=sure,
        message=f"{message}{comparison.because}",
        location=place(comparison, one),
        evidence=proof(comparison, one),
        remedy=remedy,
    )
