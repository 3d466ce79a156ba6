"""A table or its indexes are written anew while everybody who uses it waits.

Why: VACUUM FULL, CLUSTER, SET LOGGED, SET UNLOGGED, SET TABLESPACE and SET ACCESS METHOD copy the whole table and build
its indexes again under ACCESS EXCLUSIVE: no read and no write of it until they are done. REINDEX takes SHARE on the table,
for which writes wait, and reads wait as well, since planning a query takes a lock on each index.

Bad:

    def upgrade():
        op.execute("REINDEX TABLE orders")

Good:

    def upgrade():
        with op.get_context().autocommit_block():
            op.execute("REINDEX TABLE CONCURRENTLY orders")

Source: https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY and sql-vacuum.html (FULL)

Wrong when: nobody uses the table. One that the same revision creates is left alone, and so is an index of no known table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.history import History, Step
from forge_doctor.migrations.operations.operation import AlterTable, Reindex
from forge_doctor.migrations.wording import executed, found, waiting
from forge_doctor.sql.quoting import quote_name

ONLINE = "once, by hand, in a quiet hour; or pg_repack, which copies beside the table and locks it for a moment"
REBUILDS: Mapping[str, tuple[str, str]] = {
    "VACUUM FULL": ("VACUUM FULL", ONLINE),
    "CLUSTER": ("CLUSTER", ONLINE),
    "AT_SetTableSpace": ("SET TABLESPACE", ONLINE),
    "AT_SetAccessMethod": ("SET ACCESS METHOD", "a new table of that method, filled in chunks, and a swap of names"),
    "AT_SetLogged": ("SET LOGGED", "a new table, filled in chunks, and a swap of names"),
    "AT_SetUnLogged": ("SET UNLOGGED", "a new table, filled in chunks, and a swap of names"),
}


@check(severity=Severity.ERROR)
def rebuild_locks_table(history: History) -> Iterator[Finding]:
    """Look at what writes a table that was there before, or its indexes, anew."""
    for step, one in history.steps(AlterTable):
        if one.what in REBUILDS and _is_live(step, one.table):
            what, remedy = REBUILDS[one.what]
            yield _found(step, f"{what} writes {one.table} and its indexes anew", remedy)
    for step, index in history.steps(Reindex):
        if not index.concurrently and _is_live(step, "".join(lock.table for lock in step.effect.locks)):
            told = f"REINDEX builds {f'the index {index.name}' if index.name else 'every index'} anew"
            kind = "INDEX" if index.name else "TABLE"
            again = executed(f"REINDEX {kind} CONCURRENTLY {quote_name(index.name or index.table)}")
            yield _found(step, told, f"with op.get_context().autocommit_block():\n    {again}")


def _is_live(step: Step, table: str) -> bool:
    return bool(table) and not step.new_table


def _found(step: Step, told: str, remedy: str) -> Finding:
    reads = "; its indexes are locked too, and reads wait as well" if isinstance(step.operation, Reindex) else ""
    return found(step, Severity.ERROR, f"{told} under {waiting(step.effect)}{reads}, until it is done", remedy)
