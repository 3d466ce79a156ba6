"""A setting of one request is made for the pooled connection, not for the transaction.

Why: a `search_path` or the tenant of row-level security is a request's own. `SET` and `set_config(..., false)` last as long as
the connection once their transaction is committed. A commit gives the connection of an AsyncSession back to its pool with the
setting on it, and SQLAlchemy's pool takes none off: the next request that gets the connection reads with the tenant of this one
until it sets its own. Behind the commit this session may go on over another connection, without the setting or with another's.

Bad:

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession

    async def use_tenant(db: AsyncSession, tenant: str):
        await db.execute(text("SELECT set_config('app.tenant', :tenant, false)"), {"tenant": tenant})

Good:

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession

    async def use_tenant(db: AsyncSession, tenant: str):
        await db.execute(text("SELECT set_config('app.tenant', :tenant, true)"), {"tenant": tenant})

Wrong when: something takes the setting off, the connection is kept by nobody, or nothing is ever committed with it (a rollback
takes it back). A `RESET` or `DISCARD` in the file, events of the pool, NullPool, and a session opened in the function that
commits nothing are looked for; a value written in the statement is the same for all, and let be.

Source: https://www.postgresql.org/docs/current/sql-set.html; https://docs.sqlalchemy.org/en/20/core/pooling.html#reset-on-return;
GetKlai/klai#133; tried with SQLAlchemy 2.1.9, asyncpg 0.32 and PostgreSQL 18: the next session read the setting
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.semantics.literals import filled_text_of, followed, is_filled_in
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_contents
from forge_doctor.code.syntax.nodes import Attribute, Call, Name, Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.one_time import runs_once
from forge_doctor.lint.dataflow.sessions.transactions import SESSIONS, calls_named, opened_by
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"set_config", b"SET", b"set")
LINE_DOES = ("holds",)
SENDING = words("execute scalar exec")
FOR_THE_CONNECTION = regex(
    r"\A\s*SET\s+(?:SESSION\s+)?(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b|SESSION\b)[\w.]+\s*(?:=|TO\b)"
    r"|\bset_config\s*\([^()]*,\s*false\s*\)",
    re.IGNORECASE,
)
BOUND = regex(r"(?<![:\w]):[a-z_]\w*", re.IGNORECASE)
TAKEN_OFF = regex(
    rb"\bRESET\s|\bDISCARD\s|\bTO\s+DEFAULT\b|set_config\([^()\n]{0,80},\s*(?:''|NULL)\s*,|migrat|alembic"
)
KEPT_BY_NOBODY = regex(rb"\bNullPool\b|[\"'](?:checkin|checkout|reset)[\"']|\bDISCARD\b")
REMEDY = (
    "set_config(name, value, true) or SET LOCAL, in each transaction: a session's `after_begin` event sees every one"
)


@check(severity=Severity.ERROR)
def setting_left_on_connection(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the statements that set something for as long as a connection lives."""
    if is_test_file(file) or runs_once(file) or TAKEN_OFF.search(file.data) is not None:
        return
    for call in file.calls(*sorted(SENDING)):
        receiver, statement = call.receiver, call.argument(0, "statement")
        if statement is None or not isinstance(receiver, Name | Attribute) or not sets_own_value(project, statement):
            continue
        value = project.known(receiver)
        if value.kind not in SESSIONS or value.confidence is Confidence.LOW or is_kept_by_nobody(project):
            continue
        if may_be_committed(call, receiver):
            yield file.finding(
                setting_left_on_connection,
                call,
                "what this sets outlives its transaction: a commit gives the connection back to the pool with it, the next "
                "request reads with it, and this session may go on over another connection without it",
                confidence=Confidence.MEDIUM,
                remedy=REMEDY,
            )


def sets_own_value(project: Project, statement: Node) -> bool:
    """Whether a statement sets a value that is only known at run time, for the connection."""
    made = followed(project, statement)
    if isinstance(made, Call) and made.method == "text" and made.args:
        made = made.args[0]
    text = filled_text_of(project, made)
    if text is None or FOR_THE_CONNECTION.search(text) is None:
        return False
    return is_filled_in(text) or BOUND.search(text) is not None


@kept_for_the_run
def is_kept_by_nobody(project: Project) -> bool:
    """Whether a pool of the project keeps no connection, or is told of those that come back."""
    return any(KEPT_BY_NOBODY.search(data) is not None for data in marked_contents(project, Mark.ENGINES))


def may_be_committed(call: Call, session: Name | Attribute) -> bool:
    """Whether the session is somebody else's, or the function that opens it commits behind the statement."""
    function = call.function
    if function is None:
        return False
    if isinstance(session, Attribute) or opened_by(session) is None:
        return True
    return any(one.is_on(session.text) for one in calls_named(function, ("commit",), call.end, function.end))
