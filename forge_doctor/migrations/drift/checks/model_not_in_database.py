"""The models name a table or a column that the database does not have.

Why:
    Every query of that model names the column: it fails with "column does not exist" as soon as the code runs.

Measures:
    Alembic's autogenerate of the application compares the metadata with the database, in a read-only transaction.

Wrong when:
    A revision that makes it is pending: the number of pending revisions is said, and then it is a warning. Or the table
    belongs to another database of the application: then its metadata is not the one to name here.

Source:
    Alembic documentation, "Auto Generating Migrations", what it detects.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.drift.comparison import Comparison
from forge_doctor.migrations.drift.places import place, proof


@check(severity=Severity.ERROR)
def examine(comparison: Comparison) -> Iterator[Finding]:
    """One finding a table or column."""
    for one in comparison.differences:
        if one.kind in ("add_table", "add_column"):
            what = f"column {one.table}.{one.name} ({one.model})" if one.name else f"table {one.table}"
            yield Finding(
                severity=Severity.WARNING if comparison.pending else Severity.ERROR,
                confidence=Confidence.MEDIUM if comparison.pending else Confidence.HIGH,
                message=f"the models have the {what}, the database does not: queries that name it fail{comparison.because}",
                location=place(comparison, one),
                evidence=proof(comparison, one),
                remedy="alembic upgrade head"
                if comparison.pending
                else "alembic revision --autogenerate, and review it",
            )
