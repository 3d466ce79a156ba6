"""One statement updates a whole table.

Why: every row it has changed stays locked until the migration ends, so that whoever writes one waits; the table grows by
as much as is written; and a failure at the end throws all of it away.

Bad:

    def upgrade():
        op.execute("UPDATE orders SET status = 'new' WHERE status IS NULL")

Good:

    def upgrade():
        batch = sa.text(
            "UPDATE orders SET status = 'new' WHERE id IN (SELECT id FROM orders WHERE status IS NULL LIMIT 1000)"
        )
        with op.get_context().autocommit_block():
            while op.get_bind().execute(batch).rowcount:
                pass

Source: https://www.postgresql.org/docs/current/mvcc-intro.html

Wrong when: the table is small, or the condition picks few rows. An update with a LIMIT, of rows named by their id, in a
loop over parts, or of a table that the same revision creates is left alone; where the condition compares with a value, and asks
for no missing one and no other table, the confidence is low.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import History
from forge_doctor.migrations.operations.operation import ChangeRows
from forge_doctor.migrations.wording import found, quoted
from forge_doctor.regex import regex
from forge_doctor.sql.quoting import quote_name

# `id = 7`, `id IN (...)`: rows named one by one.
BY_KEY = regex(r"""(?i)\b(?:id|uuid|key|name|slug|code)"?\s*(?:=|IN\s*\()\s*(?:'|:|NULL|\d|\$|%|\x00|\(\s*')""")
# What a backfill asks for is every row there is: those without a value, or those that another table has one for.
OF_ALL_ROWS = regex(r"(?i)\bis\s+(?:not\s+)?null\b|\bis_(?:not)?\(\s*None|\bfrom\b|\bnot\s+exists\b")


@check(severity=Severity.WARNING)
def unbatched_update(history: History) -> Iterator[Finding]:
    """Look at every UPDATE on the way up."""
    for step, rows in history.steps(ChangeRows):
        written = rows.written
        is_short = rows.is_limited or step.new_table or (written.repeated and rows.has_where)
        if rows.kind != "UPDATE" or is_short or not rows.is_resolved or BY_KEY.search(written.text):
            continue
        yield found(
            step,
            Severity.WARNING,
            f"one statement updates {rows.table} from end to end: the rows it has changed stay locked until the migration"
            " ends",
            "in chunks, each committed: with op.get_context().autocommit_block(): while op.get_bind().execute(sa.text("
            f"{quoted(f'UPDATE {quote_name(rows.table)} ... WHERE id IN (SELECT id ... LIMIT 1000)')})).rowcount: pass",
            confidence=_sureness(rows),
        )


def _sureness(rows: ChangeRows) -> Confidence:
    """Of a condition that picks rows by a value nobody knows here how many there are."""
    if not rows.has_where:
        return Confidence.HIGH
    return Confidence.MEDIUM if OF_ALL_ROWS.search(rows.written.text) else Confidence.LOW
