"""A statement has placeholders that asyncpg or `text()` does not know, or other arguments than those.

Why: asyncpg sends the statement to the server as it is: placeholders are `$1`, `$2`, and each is an argument of its
own. `%s`, `:name` and `?` belong to other drivers and are a syntax error; one tuple for two placeholders is one
argument: "the server expects 2 arguments for this query, 1 was passed". SQLAlchemy's `text()` knows
`:name` alone, filled from a dictionary.

Bad:

    import asyncpg

    async def find(pool: asyncpg.Pool, name: str):
        return await pool.fetchrow("SELECT id FROM users WHERE name = %s", name)

Good:

    import asyncpg

    async def find(pool: asyncpg.Pool, name: str):
        return await pool.fetchrow("SELECT id FROM users WHERE name = $1", name)

Wrong when: the text is filled in before it is sent, or what looks like a placeholder stands in a literal. Only text that
is there whole is counted, quoted parts and dollar quotes are left out, spread arguments are not counted.

Source: https://magicstack.github.io/asyncpg/current/usage.html; MagicStack/asyncpg#277
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import ASYNC_KINDS, SYNC_KINDS, Kind
from forge_doctor.code.semantics.literals import HOLE, followed, text_of
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, Dict, List, Node, Sequence, Starred, Str, Tuple
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"asyncpg", b"text(")
ONE_BY_ONE = ("execute", "fetch", "fetchrow", "fetchval")
METHODS = (*ONE_BY_ONE, "executemany", "prepare", "cursor")
OF_SQLALCHEMY = ASYNC_KINDS | SYNC_KINDS
DRIVER = (Kind.ASYNCPG_CONNECTION, Kind.ASYNCPG_POOL)
# Literals, those with escapes too, names in quotes, and comments.
QUOTED = regex(r"\b[eE]'(?:[^'\\]|\\.|'')*'|'[^']*'|\"[^\"]*\"|--[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)", re.DOTALL)
DOLLARS = regex(r"\$(?:[^\W\d]\w{0,60})?\$")
FORMAT = regex(r"(?<![%\w])%(?:s|\(\w{1,60}\)s)")
NAMED = regex(r"(?:[=<>(,]|\b(?:LIKE|ILIKE|LIMIT|OFFSET|IN|AND|ANY))\s*:[a-z_]\w*", re.IGNORECASE)
QUESTION = regex(r"(?:[=<>(,])\s*\?\s*(?:[,);]|\bAND\b|\bOR\b|\Z)", re.IGNORECASE)
NUMBERED = regex(r"\$(\d{1,3})")
OTHERS = ((FORMAT, "%s"), (NAMED, ":name"), (QUESTION, "?"))


@check(severity=Severity.ERROR)
def driver_arguments_mismatch(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every statement that a connection or pool of asyncpg is given."""
    for call in file.calls(*METHODS):
        receiver = call.receiver
        given = call.args[0] if call.args else None
        if receiver is None or given is None:
            continue
        value = project.known(receiver)
        if value.kind not in DRIVER or value.confidence is Confidence.LOW:
            continue
        sql = statement_text(project, given)
        fault = "" if sql is None else wrong_style(sql) or wrong_number(sql, call)
        if fault:
            yield found(file, call, fault, value.confidence)
    yield from of_text(file, project)


def of_text(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`session.execute(text("... = %s"), (name,))`."""
    for call in file.calls("execute", "scalar", "scalars"):
        if call.receiver is None or len(call.args) < 2 or project.known(call.receiver).kind not in OF_SQLALCHEMY:
            continue
        made, given = followed(project, call.args[0]), call.args[1]
        if not isinstance(made, Call) or made.method != "text" or not made.args:
            continue
        sql = statement_text(project, made.args[0])
        if sql is None or not isinstance(given, Tuple | List | Dict) or ":" in sql.replace("::", ""):
            continue
        if FORMAT.search(sql) or NUMBERED.search(sql):
            yield file.finding(
                driver_arguments_mismatch,
                call,
                "`text()` has placeholders that SQLAlchemy does not fill in: it knows `:name`, and the values as a dictionary",
                confidence=Confidence.HIGH,
                remedy=f'{call.func.text}(text("... = :name"), {{"name": ...}})',
            )


def statement_text(project: Project, given: Node) -> str | None:
    """The statement without what stands in quotes, where all of its text is in sight."""
    node = followed(project, given)
    sql = text_of(node) if isinstance(node, Str) else None
    return None if sql is None or DOLLARS.search(sql) is not None else QUOTED.sub("''", sql)


def wrong_style(sql: str) -> str:
    """Which placeholder of another driver it has."""
    for pattern, written in OTHERS:
        if pattern.search(sql) is not None:
            return f"`{written}` is no placeholder of asyncpg, which knows `$1`, `$2`: the server reads a syntax error"
    return ""


def wrong_number(sql: str, call: Call) -> str:
    """How many arguments the server expects, where others are passed."""
    if HOLE in sql or call.method not in ONE_BY_ONE or any(isinstance(one, Starred) for one in call.args):
        return ""
    expected = max((int(one) for one in NUMBERED.findall(sql)), default=0)
    passed = len(call.args) - 1
    if any(not one.name or one.name == "args" for one in call.keywords) or expected == passed:
        return ""
    if not expected and call.method == "execute" and not passed:
        return ""
    return f"the statement has {expected} placeholders and gets {passed} arguments: asyncpg refuses it"


def found(file: SourceFile, call: Call, fault: str, confidence: Confidence) -> Finding:
    """The finding, at the call."""
    one = call.args[1] if len(call.args) == 2 else None
    tuple_given = isinstance(one, Sequence) and "placeholders" in fault
    remedy = f"each on its own: `{call.func.text}(sql, *{one.text})`" if one is not None and tuple_given else ""
    return file.finding(
        driver_arguments_mismatch,
        call,
        fault,
        confidence=confidence,
        remedy=remedy or "number the placeholders `$1`, `$2` and pass one argument for each",
    )
