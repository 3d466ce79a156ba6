"""A column is dropped and one like it added: autogenerate's view of a rename, which loses the data.

Why: `alembic revision --autogenerate` compares names only. A column that was renamed in the model comes out as one that
is gone and one that is new, and what was in it is gone too.

Bad:

    def upgrade():
        op.add_column("orders", sa.Column("state", sa.String(20)))
        op.drop_column("orders", "status")

Good:

    def upgrade():
        op.add_column("orders", sa.Column("state", sa.String(20)))
        op.execute("UPDATE orders SET state = status")

Source: https://alembic.sqlalchemy.org/en/latest/autogenerate.html#what-does-autogenerate-detect-and-what-does-it-not-detect

Wrong when: the two have nothing to do with each other. Only one pair of the same type on a table counts, with names that
are alike, and none where a statement writes the table; where the revision adds or drops more, the confidence is medium.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.migrations.drops import Replacement, replacements
from forge_doctor.migrations.history import History
from forge_doctor.migrations.operations.operation import DropColumn
from forge_doctor.migrations.wording import found, on_table, quoted


@check(severity=Severity.CRITICAL)
def rename_as_drop_add(history: History) -> Iterator[Finding]:
    """Look for a drop and an addition of the same type on a table."""
    for change in history.upgrades:
        yield from map(_found, replacements(change))


def _found(pair: Replacement) -> Finding:
    drop = pair.drop.operation
    if isinstance(drop, DropColumn):
        what = f"{drop.table}.{pair.old} is dropped, and {pair.new} of the same type added"
        bare, schema = on_table(drop.table)
        mend = f"op.alter_column({bare}, {quoted(pair.old)}, new_column_name={quoted(pair.new)}{schema})"
    else:
        what = f"{pair.old} is dropped, and {pair.new} with the same columns created"
        bare, schema = on_table(pair.old)
        mend = f"op.rename_table({bare}, {on_table(pair.new)[0]}{schema})"
    return found(
        pair.drop,
        Severity.CRITICAL,
        f"{what}; if it is a rename, its data is lost",
        f"{mend} keeps the data; while old code runs: add, copy and write both, and drop a release later",
        confidence=Confidence.HIGH if pair.is_only else Confidence.MEDIUM,
        related=(Related(message="added here", location=pair.addition.location),),
    )
