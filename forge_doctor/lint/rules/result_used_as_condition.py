"""A result is asked whether it is true, which it always is.

Why: `await session.execute(...)` gives a Result whether or not there are rows, and a Result is true. `if not result:` never
runs, so "not found" is answered as if it had been found, and the next line fails or serves nothing.

Bad:

    from sqlalchemy import select, text
    from sqlalchemy.ext.asyncio import AsyncSession

    async def find(session: AsyncSession, key: int):
        result = await session.execute(text("SELECT name FROM users WHERE id = :key"), {"key": key})
        if not result:
            return None
        return result.scalar_one()

Good:

    from sqlalchemy import select, text
    from sqlalchemy.ext.asyncio import AsyncSession

    async def find(session: AsyncSession, key: int):
        result = await session.execute(text("SELECT name FROM users WHERE id = :key"), {"key": key})
        return result.scalar_one_or_none()

Wrong when: the name may hold None as well; only a name that nothing but the result is bound to counts, and only where the
    other branch does something: `if result:` without an `else` guards nothing and loses nothing.
Source: https://docs.sqlalchemy.org/en/20/core/connections.html#sqlalchemy.engine.Result (neither it nor ScalarResult defines
    __bool__ or __len__: 2.0.30 and 2.1.9)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Await, Call, Compare, If, IfExp, Name, NamedExpr, Node, UnaryOp
from forge_doctor.code.syntax.prefilter import AnyCall
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.regex import regex

SUSPECT = AnyCall("execute", "scalars", "exec")
LINE_DOES = ("holds",)
TESTED = regex(
    rb"(?:\bif|\bnot|\bbool[ \t]*\()[ \t]*+(?:\([ \t]*+)?(?P<name>[A-Za-z_]\w*)"
    rb"[ \t]*(?=:|\n|\)|and\b|or\b|else\b|,|is[ \t]+(?:not[ \t]+)?None\b)"
)
FOR_NO_ROW = regex(r"\.(?:first|one_or_none|scalar_one_or_none|scalar|all|fetchone|fetchall)\(")
RESULTS = frozenset({Kind.RESULT, Kind.ASYNC_RESULT})


@check(severity=Severity.ERROR)
def result_used_as_condition(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every name whose falsehood is provided for."""
    for match in TESTED.finditer(file.data):
        name = file.node_at(match.start("name"))
        if not isinstance(name, Name) or name.function is None or not is_condition(name):
            continue
        bound = only_binding(project, name)
        if bound is None or bound.value is None:
            continue
        value = project.value_of(bound.value if isinstance(bound, NamedExpr) else name)
        if value.kind in RESULTS and value.confidence is Confidence.HIGH and is_fetched(bound.value):
            # Who asks whether it is None may ask the row itself further down.
            sure = Confidence.MEDIUM if isinstance(name.parent, Compare) else Confidence.HIGH
            yield found(file, name, bound, sure)


def is_condition(name: Name) -> bool:
    """Whether something else would be done where the name is false, or None: `not name`, `bool(name)`, an `if` with an `else`."""
    test: Node = name.parent if isinstance(name.parent, NamedExpr) else name
    around = test.parent
    if isinstance(around, Compare):
        test, around = around, around.parent
        if " is None" not in test.text:
            return False
    elif isinstance(around, UnaryOp):
        return around.is_not
    elif isinstance(around, Call):
        return around.func.text == "bool"
    if isinstance(around, IfExp):
        # `result.first() if result else None` loses nothing: where there is no row that is None as well.
        return around.test.start == test.start and FOR_NO_ROW.search(around.text) is None
    return isinstance(around, If) and around.test.start == test.start and (test is not name or bool(around.orelse))


def only_binding(project: Project, name: Name) -> Assign | NamedExpr | None:
    """The one assignment whose value the name has here; None where there are others."""
    if isinstance(name.parent, NamedExpr):
        return name.parent if name.parent.target.start == name.start else None
    found_at = project.scopes(name.file).lookup(name.id, name)
    if found_at is None or found_at[0].node is not name.function:
        return None
    bindings = reaching(found_at[1], name)
    node = bindings[0].node if len(bindings) == 1 else None
    return node if isinstance(node, Assign) else None


def is_fetched(value: Node) -> bool:
    """Whether the value is the call itself: `await session.execute(...)`, `(await ...).scalars()`."""
    inner = value.value if isinstance(value, Await) else value
    return isinstance(inner, Call) and inner.method in ("execute", "scalars", "exec", "mappings", "unique")


def found(file: SourceFile, name: Name, bound: Assign | NamedExpr, sure: Confidence) -> Finding:
    """The finding at the name."""
    return file.finding(
        result_used_as_condition,
        name,
        f"`{name.id}` is a Result, which is true with rows and without, and never None: the other branch never runs",
        confidence=sure,
        remedy=f"row = {name.id}.first()   # or scalar_one_or_none(): None where there is no row; test that",
        related=(Related(message="the result comes from here", location=bound.file.location(bound)),),
    )
