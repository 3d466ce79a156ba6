"""Every row of a table is thrown away.

Why: TRUNCATE takes all rows, with CASCADE those of each table that refers to it, and no downgrade brings them back; until
the transaction ends ACCESS EXCLUSIVE keeps out everybody who reads or writes the table, and running code finds it empty.

Bad:

    def upgrade():
        op.execute("TRUNCATE TABLE orders CASCADE")

Good:

    def upgrade():
        op.execute("CREATE TABLE orders_before AS TABLE orders")
        op.execute("DELETE FROM orders WHERE status = 'draft'")

Source: https://www.postgresql.org/docs/current/sql-truncate.html

Wrong when: nothing in the table is worth anything, as in a cache or a queue that is filled again, which no revision
tells: `# forge-doctor: ignore[truncate-in-migration] why`. A table that the same revision creates is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.history import History
from forge_doctor.migrations.operations.operation import AlterTable
from forge_doctor.migrations.wording import found, waiting


@check(severity=Severity.WARNING)
def truncate_in_migration(history: History) -> Iterator[Finding]:
    """Look at what is emptied."""
    for step, one in history.steps(AlterTable):
        if one.what == "TRUNCATE" and one.table and one.is_resolved and not step.new_table:
            yield found(
                step,
                Severity.WARNING,
                f"every row of {one.table} is thrown away, under {waiting(step.effect)}; no downgrade brings them back",
                "copy what may be needed first (CREATE TABLE ... AS TABLE ...), or empty it by hand, outside of a deployment",
            )
