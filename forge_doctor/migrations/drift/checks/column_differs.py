"""A column has another type, nullability or default in the database than in its model.

Why:
    A model that allows NULL where the database does not fails on INSERT; the other way round, code meets a None it does
    not expect. A shorter or another type refuses values or compares them otherwise.

Measures:
    Alembic's autogenerate of the application with compare_type, in a read-only transaction. Of server defaults: one that the
    model has and the database lacks, and two plain values that are not the same. Expressions are not compared, and a
    default of the database alone may be there for a backfill.

Wrong when:
    The model's type is one that its dialect renders in another word than the server: autogenerate knows the usual ones;
    for the others the confidence of a type is medium.

Source:
    Alembic documentation, "Comparing Types".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.drift.comparison import Comparison, Difference
from forge_doctor.migrations.drift.places import place, proof


@check(severity=Severity.WARNING)
def examine(comparison: Comparison) -> Iterator[Finding]:
    """One finding a difference."""
    for one in comparison.differences:
        if one.kind in ("modify_type", "modify_nullable", "modify_default"):
            nullable = one.kind == "modify_nullable"
            yield Finding(
                severity=Severity.ERROR if nullable and one.database == "False" else Severity.WARNING,
                confidence=Confidence.HIGH if nullable and not comparison.pending else Confidence.MEDIUM,
                message=f"column {one.table}.{one.name} {_words(one)}{comparison.because}",
                location=place(comparison, one),
                evidence=proof(comparison, one),
                remedy="alembic revision --autogenerate, and review it; or correct the model",
            )


def _words(one: Difference) -> str:
    if one.kind == "modify_nullable":
        if one.database == "False":
            return "is NOT NULL in the database and may be NULL in the model: an INSERT without it fails"
        return "may be NULL in the database and is NOT NULL in the model: code meets a None it does not expect"
    if one.kind == "modify_default" and one.database == "None":
        return f"has no default in the database and {one.model} in the model: an INSERT that counts on it stores NULL, or fails"
    what = "type" if one.kind == "modify_type" else "default"
    return f"has the {what} {one.database} in the database and {one.model} in the model"
