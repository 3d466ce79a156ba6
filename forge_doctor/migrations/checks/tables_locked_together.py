"""A revision locks several tables in one transaction, and nothing ends its wait for the next one.

Why: ACCESS EXCLUSIVE is held to the end of the transaction. While the second table is waited for, behind a report or a session
idle in transaction, nobody reads the first; and an application that locks the two in the other order makes a deadlock.

Bad:

    def upgrade():
        op.add_column("orders", sa.Column("a", sa.Integer))
        op.add_column("customers", sa.Column("b", sa.Integer))
        op.drop_column("settings", "value")

Good:

    def upgrade():
        op.execute("SET lock_timeout = '4s'")
        op.add_column("orders", sa.Column("a", sa.Integer))
        op.add_column("customers", sa.Column("b", sa.Integer))
        op.drop_column("settings", "value")

Source: taskcluster/taskcluster#3632, where one waited-for table kept others locked; dstackai/dstack#3219, a deadlock; the locks as
measured on PostgreSQL 13 to 18

Wrong when: nobody uses the tables while the revision runs, which is why the confidence is medium. Tables that it makes itself, what runs
in an autocommit block, and locks that let reads through are not counted; nothing is told where a lock_timeout is named in
env.py, in a module that it loads, in the configuration or in the revision.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.wording import found

FEWEST = 3
WORD = b"lock_timeout"


@check(severity=Severity.WARNING)
def tables_locked_together(history: History) -> Iterator[Finding]:
    """Count the tables that each transaction keeps everybody out of."""
    configuration = history.tree.place.configuration
    values = configuration.values.values() if configuration is not None else ()
    named = any(WORD.decode() in value for value in values)
    if named or history.tree.nearby.mentions(WORD):
        return
    for change in history.upgrades:
        if not change.revision.file.mentions(WORD):
            yield from _in(change)


def _in(change: Change) -> Iterator[Finding]:
    held: dict[int, dict[str, Step]] = {}
    for step in change.steps:
        if step.transaction is None or step.new_table:
            continue
        tables = held.setdefault(step.transaction, {})
        for lock in step.effect.locks:
            if lock.stops_reads and lock.table in change.before.tables:
                tables.setdefault(lock.table, step)
    for tables in held.values():
        steps = {id(step): step for step in tables.values()}
        if len(tables) >= FEWEST and len(steps) >= FEWEST:
            yield _found([*tables], [*steps.values()][-1])


def _found(tables: list[str], last: Step) -> Finding:
    more = f" and {len(tables) - 4} more" if len(tables) > 4 else ""
    return found(
        last,
        Severity.WARNING,
        f"{last.revision.id} takes ACCESS EXCLUSIVE on {len(tables)} tables in one transaction ({', '.join(tables[:4])}{more}): while it"
        f" waits for {tables[-1]}, nobody reads or writes the others",
        "op.execute(\"SET lock_timeout = '4s'\")  # first, then try again when it gives up; or a revision for each table,"
        " with transaction_per_migration=True in env.py",
        confidence=Confidence.MEDIUM,
    )
