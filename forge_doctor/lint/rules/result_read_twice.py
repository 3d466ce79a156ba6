"""The rows of a result are read a second time, when there are none left.

Why: `execute()` gives its rows once. After `all()` a second reading gives an empty list, without an error: a list that is
there is answered as "nothing found". After `first()`, `one()` and `scalar()` the result is closed, and the second reading
raises ResourceClosedError.

Bad:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    async def names(db: AsyncSession, users):
        result = await db.execute(select(users))
        if not result.scalars().all():
            return []
        return [user.name for user in result.scalars()]

Good:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    async def names(db: AsyncSession, users):
        found = (await db.execute(select(users))).scalars().all()
        return [user.name for user in found]

Wrong when: only one of the two readings runs, as in two branches, or the result is that of another statement by then. Both
readings must stand in the same block or the second one inside of what follows the first, in the same function, with no
other binding of the name in between; a `close()` behind a reading reads nothing, what is read again where `isinstance()`
says that the first reading gave no list is for tests, and results that are read in parts (`fetchone`, `fetchmany`,
`partitions`) and frozen ones are left alone.

Source: https://docs.sqlalchemy.org/en/20/core/connections.html (Result: rows are consumed); with SQLAlchemy 2.1.9:
"This result object is closed."
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind, words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    Comprehension,
    ComprehensionFor,
    For,
    If,
    Name,
    NamedExpr,
    Node,
    Starred,
    While,
)
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.expected_failures import is_expected_to_fail
from forge_doctor.lint.dataflow.use_def import reads_of
from forge_doctor.regex import regex

SUSPECT = WordsThen(
    rb"=\s*(?:await\s+)?\(?\s*(?:await\s+)?[\w.\[\]]+\.\s*(?:execute|scalars|exec)\(",
    b".execute",
    b".scalars",
    b".exec(",
)
LINE_DOES = ("holds",)
# What reads every row, and what closes the result.
EXHAUSTING = words("all fetchall")
CLOSING = words("first one one_or_none scalar scalar_one scalar_one_or_none close")
STOPPING = regex(r"\b(?:break|return|raise|yield)\b")
# Who walks over all that it is given.
WALKING = words("list set tuple dict frozenset sorted max min sum")
PASSING = words("scalars mappings unique tuples columns")


@check(severity=Severity.ERROR)
def result_read_twice(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the results that are kept under a name."""
    for call in file.calls("execute", "scalars", "exec"):
        value = whole_chain(call.parent if isinstance(call.parent, Await) else call)
        assign = value.parent
        if (
            not isinstance(assign, Assign | NamedExpr)
            or not isinstance(assign.target, Name)
            or assign.value is not value
        ):
            continue
        if project.value_of(value).kind is not Kind.RESULT or project.value_of(value).confidence is Confidence.LOW:
            continue
        pair = read_twice(project, assign, assign.target)
        if pair is not None and not is_expected_to_fail(pair[1]):
            yield found(file, assign.target.text, *pair)


def whole_chain(node: Node) -> Node:
    """With what is called on the result right there that reads nothing yet: `.scalars()`, `.unique()`."""
    while isinstance(node.parent, Attribute) and node.parent.attr in PASSING and isinstance(node.parent.parent, Call):
        node = node.parent.parent
    return node


def read_twice(project: Project, assign: Assign | NamedExpr, target: Name) -> tuple[Node, Node] | None:
    """The first reading and one that surely comes after it."""
    function = assign.function
    if function is None or assign.enclosing(For) is not None or assign.enclosing(While) is not None:
        return None
    reads = list(reads_of(project, target, assign))
    consumed: Node | None = consumer_of(assign) if isinstance(assign, NamedExpr) else None
    for read in reads:
        taken = consumer_of(read)
        if taken is None or read.function is not function or is_bound_otherwise(project, read, assign):
            return None
        if consumed is not None and always_before(consumed, taken):
            if not is_closed(taken) and not is_for_another_type(consumed, taken):
                return consumed, taken
            continue
        if consumed is None and not may_stop_early(taken):
            consumed = taken
    return None


def is_closed(taken: Node) -> bool:
    """Whether nothing is read there: a result that has been read may be closed, once or twice."""
    return isinstance(taken, Call) and taken.method == "close"


def is_for_another_type(consumed: Node, taken: Node) -> bool:
    """Whether it is read again only where the first reading gave something else than a result does: `if not
    isinstance(rows, list)`, for what a test puts in a result's place."""
    kept = consumed.enclosing(Assign)
    around = taken.enclosing(If)
    if kept is None or around is None or not isinstance(kept.target, Name):
        return False
    calls = [one for one in (around.test, *around.test.find(Call)) if isinstance(one, Call)]
    asked = [one.args[0].text for one in calls if one.func.text == "isinstance" and one.args]
    return kept.target.text in asked


def may_stop_early(taken: Node) -> bool:
    """Whether a loop may leave rows for somebody else."""
    return isinstance(taken, For) and STOPPING.search(taken.text) is not None


def consumer_of(read: Node) -> Node | None:
    """What reads the rows: the last call of the chain, or what walks over it; None where it goes elsewhere."""
    node: Node = read
    while isinstance(node.parent, Attribute) and node.parent.value is node:
        around = node.parent.parent
        if not isinstance(around, Call) or around.func is not node.parent:
            return None
        if around.method in EXHAUSTING or around.method in CLOSING:
            return around
        if around.method not in PASSING:
            return None
        node = around
    around = node.parent
    return around if isinstance(around, For) and around.iter is node else walked(node)


def walked(node: Node) -> Node | None:
    """The comprehension that walks over it, or a call of `list`, `set` or `tuple`."""
    around = node.parent
    if isinstance(around, Call) and around.func.text in ("list", "set", "tuple", "dict"):
        return node
    if isinstance(around, Starred):
        return around
    made = around.parent if isinstance(around, ComprehensionFor) else None
    if not isinstance(made, Comprehension) or made.loops[0] is not around:
        return node if made is not None else None
    # A generator reads nothing until somebody walks over it.
    user = made.parent
    walks = isinstance(user, Call) and (user.func.text in WALKING or user.method == "join")
    return made if walks or not made.is_generator else node


def is_bound_otherwise(project: Project, read: Name, assign: Assign | NamedExpr) -> bool:
    """Whether the name may hold something else where it is read."""
    bound = project.scopes(read.file).lookup(read.text, read)
    bindings = () if bound is None else bound[1].reaching(read)
    return len(bindings) != 1 or bindings[0].node is not assign


def found(file: SourceFile, name: str, first: Node, second: Node) -> Finding:
    """The finding, at the second reading."""
    reading = first.method if isinstance(first, Call) and first.method in EXHAUSTING | CLOSING else ""
    how = f"`{reading}()`" if reading else "the loop"
    what = "read all rows: there is none left, and no error says so"
    if reading in CLOSING:
        what = "closed the result: ResourceClosedError"
    return file.finding(
        result_read_twice,
        second,
        f"`{name}` is read again, and {how} in line {first.line} has {what}",
        confidence=Confidence.HIGH,
        remedy=f"{name} = {name}.all() before, and read that list as often as needed",
        related=(Related(message="read first", location=file.location(first)),),
    )
