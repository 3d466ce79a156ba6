"""A short lock_timeout is set before something that runs CONCURRENTLY.

Why: CREATE INDEX CONCURRENTLY waits for every transaction of the database that is older, whatever tables that one
uses, and lock_timeout ends this wait too. What is left is an invalid index, which each write still pays for, and which
`IF NOT EXISTS` keeps the next time.

Bad:

    def upgrade():
        op.execute("SET lock_timeout = '5s'")
        with op.get_context().autocommit_block():
            op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_orders_status ON orders (status)")

Good:

    def upgrade():
        with op.get_context().autocommit_block():
            op.execute("SET lock_timeout = 0")
            op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_orders_status")
            op.execute("CREATE INDEX CONCURRENTLY ix_orders_status ON orders (status)")

Source: https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY

Wrong when: the timeout is no longer in force: SET LOCAL ends with its transaction, a later SET or RESET replaces it. A
timeout of ten minutes or more is taken as meant for it. A timeout that env.py sets, in a statement, in `server_settings` or in
`options`, is taken to be in force from the first line on, at medium confidence, unless env.py names several.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Location, Related, Severity
from forge_doctor.migrations.history import Change, History
from forge_doctor.migrations.operations.operation import CreateIndex, Reindex, SetParameter
from forge_doctor.migrations.operations.parameters import milliseconds
from forge_doctor.migrations.wording import found
from forge_doctor.regex import regex

LONG_MS = 600_000
# SET lock_timeout = '4s'; -c lock_timeout=4000; {"lock_timeout": "4000"}; not SET LOCAL, which ends with its transaction.
SETS = regex(
    r"(?i)(?:(?<!local )\block_timeout\s{0,4}(?:=|\bto\b)|[\"']lock_timeout[\"']\s{0,4}:)\s{0,4}[\"'\\]{0,3}"
    r"(?P<value>\d{1,12}\s?(?:ms|s|min|h|d)?)\b"
)


@check(severity=Severity.WARNING)
def concurrently_under_lock_timeout(history: History) -> Iterator[Finding]:
    """Follow lock_timeout through every revision."""
    from_env = _of_env(history.tree.env)
    for change in history.upgrades:
        yield from _in(change, from_env)


def _in(change: Change, from_env: tuple[float, Related] | None) -> Iterator[Finding]:
    timeout = None if from_env is None else from_env[0]
    is_own = False
    for step in change.steps:
        operation = step.operation
        if isinstance(operation, SetParameter) and operation.name == "lock_timeout":
            in_force = not operation.is_local or step.transaction is None
            timeout, is_own = (operation.value_ms, True) if in_force else (timeout, is_own)
        elif step.transaction is not None:
            continue  # CONCURRENTLY fails there whatever the timeout
        elif timeout and timeout < LONG_MS and isinstance(operation, CreateIndex | Reindex) and operation.concurrently:
            yield found(
                step,
                Severity.WARNING,
                f"lock_timeout is {timeout / 1000:g} s here: the first transaction of the database that is older than"
                " that ends it, and an invalid index stays",
                'op.execute("SET lock_timeout = 0") right before it, and drop an invalid index before the rerun:'
                " DROP INDEX CONCURRENTLY IF EXISTS",
                confidence=None if is_own else Confidence.MEDIUM,
                related=() if is_own or from_env is None else (from_env[1],),
            )


def _of_env(file: SourceFile | None) -> tuple[float, Related] | None:
    """The one timeout that an env.py sets, and where."""
    if file is None:
        return None
    text = file.data.decode("utf-8", "replace")
    told = [one for one in SETS.finditer(text) if not _is_comment(text, one.start())]
    values = {milliseconds(one["value"]) for one in told}
    value = values.pop() if len(values) == 1 else None
    if value is None:
        return None
    line = text.count("\n", 0, told[0].start()) + 1
    return value, Related(message="set here", location=Location(target=file.path, line=line))


def _is_comment(text: str, at: int) -> bool:
    return text[text.rfind("\n", 0, at) + 1 : at].lstrip().startswith("#")
