"""Several statements are sent in one execute, which asyncpg refuses.

Why: asyncpg prepares what it executes, and the server prepares one statement at a time: "cannot insert multiple commands
into a prepared statement". With psycopg the same revision works.

Bad:

    def upgrade():
        op.execute("UPDATE settings SET value = 'a' WHERE id = 1; UPDATE settings SET value = 'b' WHERE id = 2")

Good:

    def upgrade():
        op.execute("UPDATE settings SET value = 'a' WHERE id = 1")
        op.execute("UPDATE settings SET value = 'b' WHERE id = 2")

Source: asyncpg 0.32, PostgresSyntaxError: cannot insert multiple commands into a prepared statement

Wrong when: migrations run through psycopg. env.py and the modules it imports are looked at: where they speak of psycopg
and of no asynchronous engine, nothing is said; where they speak of neither, the confidence is medium.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import DOWNGRADE, UPGRADE, History
from forge_doctor.migrations.operations.operation import SeveralStatements
from forge_doctor.migrations.tree.tree import Tree
from forge_doctor.migrations.wording import found


@check(severity=Severity.CRITICAL)
def multiple_statements(history: History) -> Iterator[Finding]:
    """Count the statements of every text."""
    several = [one for direction in (UPGRADE, DOWNGRADE) for one in history.steps(SeveralStatements, direction)]
    sure = driver_is_asyncpg(history.tree) if several else None
    for step, one in several if sure is not None else ():
        yield found(
            step,
            Severity.CRITICAL,
            f"{one.count} statements in one execute: asyncpg refuses them, and the revision fails",
            "one op.execute() for each statement",
            confidence=sure,
        )


def driver_is_asyncpg(tree: Tree) -> Confidence | None:
    """How sure it is that migrations run through asyncpg; None where they do not."""
    env = tree.env
    is_async = env is not None and env.mentions(b"async_engine", b"run_sync", b"AsyncEngine")
    configured = tree.place.configuration.url if tree.place.configuration is not None else ""
    if is_async:
        return None if tree.nearby.mentions(b"psycopg") and not tree.nearby.mentions(b"asyncpg") else Confidence.HIGH
    if "psycopg" in configured or tree.nearby.mentions(b"psycopg", b"engine_from_config"):
        return None
    return Confidence.MEDIUM
