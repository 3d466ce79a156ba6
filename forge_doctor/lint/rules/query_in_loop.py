"""A query is sent for each step of a loop.

Why: N objects cost N + 1 round trips to the server, one after the other; a page of a hundred rows waits a
hundred times. One query with `in_()`, a join, or `selectinload()` fetches the same rows at once.
Loops over batches, retries, pages, constants, and those that stop at the first hit are left alone.

Bad:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession
    from app.models import Order, User

    async def totals(db: AsyncSession):
        users = (await db.scalars(select(User))).all()
        for user in users:
            orders = await db.scalars(select(Order).where(Order.user_id == user.id))
            print(user.name, sum(order.total for order in orders))

Good:

    from sqlalchemy import select
    from sqlalchemy.orm import selectinload
    from sqlalchemy.ext.asyncio import AsyncSession
    from app.models import User

    async def totals(db: AsyncSession):
        users = (await db.scalars(select(User).options(selectinload(User.orders)))).all()
        for user in users:
            print(user.name, sum(order.total for order in user.orders))

Source: https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html#selectin-eager-loading
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from forge_doctor.check import check
from forge_doctor.code.orm.statements import Sql, sql_of
from forge_doctor.code.semantics.names.reaching import Passed, reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Await,
    Call,
    Comprehension,
    ComprehensionFor,
    For,
    FunctionDef,
    If,
    Lambda,
    Name,
    Node,
    Other,
    Return,
    While,
    With,
)
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.loops import is_batched, is_fixed
from forge_doctor.lint.dataflow.one_time import runs_once
from forge_doctor.lint.dataflow.sessions.transactions import first_argument, is_awaited, session_calls
from forge_doctor.regex import regex

SUSPECT = WordsThen(
    rb"await[\s(]+[\w.]+\s*\.\s*(?:execute|scalars?|get|get_one|exec|refresh)\s*\(",
    b"exec",
    b"scalar",
    b"get",
    b"refresh",
)
QUERIES = frozenset({"execute", "scalar", "scalars", "exec", "get", "get_one"})
REFRESH = "refresh"
MAX_NAMES = 3  # one made from the other, between a query and the loop
# A statement that takes many at once, or is not there to read.
GROUPING = regex(
    r"\.in_\(|\bany_\(|\.offset\(|\btuple_\(|\.any\("
    r"|with_for_update|FOR (?:UPDATE|SHARE)|advisory|\b(?:set|next)val\("
)
# A condition that holds where a look-up found nothing.
UNKNOWN_YET = regex(r"\bnot (\w+)$|\b(\w+) is None\b")


@check(severity=Severity.WARNING)
def query_in_loop(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the loop around every awaited query."""
    if is_test_file(file) or runs_once(file) or not file.mentions(b"for "):
        return
    for call, confidence in session_calls(file, project, QUERIES | {REFRESH}):
        loop = loop_around(call)
        if loop is None or not is_awaited(call) or has_reason(project, loop, call):
            continue
        sql = query_of(project, call)
        if any(one.name == "with_for_update" for one in call.keywords):
            continue  # each row is locked in its turn
        if sql is None or GROUPING.search(sql.text) or selects_by(project, sql, loop) or follows(sql, loop, call):
            continue
        if depends_on(project, (*sql.parts, *call.args[1:]), loop):
            surely = is_of_query(project, loop)
            yield found(file, loop, call, confidence if surely else min(confidence, Confidence.MEDIUM))


def query_of(project: Project, call: Call) -> Sql | None:
    """What is read; None for writes and what cannot be told."""
    if call.method == REFRESH:
        return Sql(verb="select", entities=(), parts=tuple(call.args[:1]), understood=True)
    if call.method in ("get", "get_one"):
        return Sql(verb="select", entities=call.args[:1], parts=tuple(call.args[1:]), understood=True)
    sql = sql_of(project, first_argument(call))
    # Names put into the text of a statement are tables and columns: no `IN` can gather those.
    formatted = any(part.file.raw_query("interpolation", part.raw) for part in sql.parts)
    return sql if sql.verb == "select" and not formatted else None


def loop_around(call: Call) -> For | ComprehensionFor | None:
    """The nearest plain loop that runs the call for each step."""
    inner: Node = call
    for around in call.ancestors:
        if isinstance(around, FunctionDef | Lambda | While):
            return None
        if isinstance(around, For):
            inside = around.target.end < inner.start and not around.iter.contains(call)
            return around if inside and not around.is_async else None
        if isinstance(around, Comprehension):
            loop = around.loops[0]
            return loop if not loop.is_async and not loop.iter.contains(call) else None
        inner = around
    return None


def has_reason(project: Project, loop: For | ComprehensionFor, call: Call) -> bool:
    """Whether the loop batches, retries, stops early, works off jobs, or walks over something fixed and short."""
    if is_batched(loop) or is_fixed(project, loop.iter):
        return True
    if isinstance(loop, ComprehensionFor):
        return False
    if any(isinstance(one, While) for one in loop.ancestors) or any(loop.find(Return, nested=False)):
        return True
    if any(one.text == "break" for one in loop.find(Other)) or opens_session(loop, call):
        return True
    return is_rare(loop, call) or works_off(loop, call)


def is_rare(loop: For, call: Call) -> bool:
    """Whether only some steps get there: a value not met before (`if key not in cache`), one special item."""
    names = "|".join(map(re.escape, target_names(loop))) or "(?!)"
    special = re.compile(rf"\b(?:{names})\s*==\s*['\"\d]")
    tests = [one.test.text for one in call.ancestors if isinstance(one, If) and loop.contains(one)]
    return any(special.search(test) or is_first_time(test, loop) or is_fallback(test, loop) for test in tests)


def is_fallback(test: str, loop: For) -> bool:
    """Whether a condition holds only for what a dictionary does not have."""
    asked = UNKNOWN_YET.search(test)
    name = "" if asked is None else asked.group(1) or asked.group(2)
    return bool(name) and re.search(rf"\b{name}\s*=\s*(?!await\b)[\w.]+\.get\(", loop.text) is not None


def is_first_time(test: str, loop: For) -> bool:
    """Whether a condition asks for what the loop itself keeps track of."""
    asked = re.search(r"\bnot in (\w+)", test)
    if asked is None:
        return False
    kept = rf"\b{asked.group(1)}(?:\[[^\]\n]*\]\s*=[^=]|\.(?:add|append|setdefault)\()"
    return re.search(kept, loop.text) is not None


def opens_session(loop: For, call: Call) -> bool:
    """Whether each step has a session or transaction of its own."""
    return any(loop.find(With)) and any(one.is_async and one.contains(call) for one in loop.find(With))


def works_off(loop: For, call: Call) -> bool:
    """Whether each step saves or waits for something else: an item is a job, its query part of it."""
    session = call.receiver.text if call.receiver is not None else ""
    for awaited in loop.find(Await, nested=False):
        value = awaited.value
        if not isinstance(value, Call) or value.receiver is None or value.receiver.text != session:
            return True
        if value.method in ("commit", "rollback", "begin"):
            return True
    return False


def selects_by(project: Project, sql: Sql, loop: For | ComprehensionFor) -> bool:
    """Whether the loop walks over the models, tables or columns themselves, or what tells them."""
    calls = (one for part in sql.parts for one in (part, *part.find(Call)) if isinstance(one, Call))
    tables = [one for call in calls if call.method == "select_from" for one in call.args]
    return depends_on(project, (*sql.entities, *tables), loop)


def follows(sql: Sql, loop: For | ComprehensionFor, call: Call) -> bool:
    """Whether the query is made from what the step before it found, as on the way down a tree."""
    function = call.function
    if function is None or isinstance(loop, ComprehensionFor):
        return False
    set_at: dict[str, list[int]] = {}
    for assign in loop.find(Assign, nested=False):
        if isinstance(assign.target, Name):
            set_at.setdefault(assign.target.id, []).append(assign.start)
    before = function.file.data[function.start : loop.start]
    return any(
        min(starts) > call.start
        and re.search(rf"\b{name}\b", sql.text) is not None
        and re.search(rb"\b" + name.encode() + rb"\s*(?::[^=\n]+)?(?:=[^=]|[,)])", before) is not None
        for name, starts in set_at.items()
    )


def target_names(loop: For | ComprehensionFor) -> tuple[str, ...]:
    """The names each step binds."""
    return tuple(word for word in re.findall(r"[^\W\d]\w*", loop.target.text) if word not in ("_", "__"))


def depends_on(project: Project, nodes: Sequence[Node], loop: For | ComprehensionFor) -> bool:
    """Whether one of these is made from what the loop binds, through names assigned inside the loop."""
    names = target_names(loop)
    passed = Passed()
    level = [*nodes]
    for _ in range(1 + MAX_NAMES):
        inside = [name for one in level for name in (one, *one.find(Name)) if isinstance(name, Name)]
        if any(name.id in names for name in inside):
            return True
        level = [one for name in inside for one in assigned_inside(project, name, loop, passed)]
    return False


def assigned_inside(project: Project, name: Name, loop: For | ComprehensionFor, passed: Passed) -> Iterator[Node]:
    """What a name was given inside the loop, as far as the walk has not passed it."""
    found = project.scopes(name.file).lookup(name.id, name)
    for binding in () if found is None else passed.fresh(found[1], name):
        if isinstance(binding.node, Assign) and binding.node.value is not None and loop.contains(binding.node):
            yield binding.node.value


def is_of_query(project: Project, loop: For | ComprehensionFor) -> bool:
    """Whether the items come from a query of a session."""
    node: Node | None = loop.iter
    for _ in range(6):
        while isinstance(node, Call) and node.receiver is not None:
            node = node.receiver
        if isinstance(node, Await) and isinstance(node.value, Call) and node.value.receiver is not None:
            return node.value.method in QUERIES and project.is_async_session(node.value.receiver)
        if not isinstance(node, Name):
            return False
        scopes = project.scopes(node.file)
        found = scopes.lookup(node.id, node)
        bindings = [] if found is None else reaching(found[1], node)
        node = getattr(bindings[0].node, "value", None) if len(bindings) == 1 else None
    return False


def found(file: SourceFile, loop: For | ComprehensionFor, call: Call, confidence: Confidence) -> Finding:
    """The finding."""
    remedy = (
        "fetch them before the loop with one query: `.where(Model.column.in_(values))`, a join, "
        "or `.options(selectinload(...))`"
    )
    if call.method == REFRESH:
        remedy = (
            "read them with one query, `select(Model).where(Model.id.in_(ids))` with `populate_existing`; none is needed "
            "where the sessions have `expire_on_commit=False` and the server sets no value that is read"
        )
    return file.finding(
        query_in_loop,
        call,
        f"`{call.func.text}()` sends a query for each `{loop.target.text}` of the loop in line {loop.line} (N+1): "
        "as many round trips, one after the other",
        confidence=confidence,
        remedy=remedy,
    )
