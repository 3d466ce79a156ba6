"""Where a difference is told: at the model's line, else at the table; judges nothing."""

from __future__ import annotations

from forge_doctor.finding import Evidence, Location
from forge_doctor.migrations.drift.comparison import Comparison, Difference


def place(comparison: Comparison, one: Difference) -> Location:
    """The model's line where one is known."""
    if one.file:
        return Location(target=one.file, line=one.line or 1)
    return Location(target=f"{comparison.target} table {one.table}")


def proof(comparison: Comparison, one: Difference) -> tuple[Evidence, ...]:
    """What Alembic called it."""
    return (Evidence(label="autogenerate", value=one.kind, source=comparison.spec),)
