"""An index, a unique constraint or a foreign key is only in the models, or only in the database.

Why:
    Without the unique constraint that a model counts on, duplicates come in; without the index its queries scan. One that
    only the database has is dropped by the next autogenerate.

Measures:
    Alembic's autogenerate of the application, in a read-only transaction; it compares by name and columns.

Wrong when:
    It is made outside of the models on purpose, such as an index on an expression: one that only the database has is an
    info with medium confidence.

Source:
    Alembic documentation, "What does Autogenerate Detect (and what does it not detect?)".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.drift.comparison import Comparison, Difference
from forge_doctor.migrations.drift.places import place, proof

WORDS = {"index": "index", "constraint": "unique constraint", "fk": "foreign key"}


@check(severity=Severity.WARNING)
def examine(comparison: Comparison) -> Iterator[Finding]:
    """One finding a key."""
    for one in comparison.differences:
        action, _, kind = one.kind.partition("_")
        if kind in WORDS and action in ("add", "remove"):
            yield _finding(comparison, one, WORDS[kind], lacking=action == "add")


def _finding(comparison: Comparison, one: Difference, word: str, *, lacking: bool) -> Finding:
    unique = "unique " if one.required and word == "index" else ""
    what = f"{unique}{word} {one.name or 'without a name'} of {one.table} ({one.model})"
    where = "is in the models and not in the database" if lacking else "is in the database and in no model"
    severity = Severity.WARNING if lacking else Severity.INFO
    return Finding(
        severity=Severity.ERROR if lacking and one.required and not comparison.pending else severity,
        confidence=Confidence.HIGH if lacking and not comparison.pending else Confidence.MEDIUM,
        message=f"{what} {where}{comparison.because}",
        location=place(comparison, one),
        evidence=proof(comparison, one),
        remedy="alembic revision --autogenerate, and review it"
        if lacking
        else "add it to the model, or drop it in a revision",
    )
