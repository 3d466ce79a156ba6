"""A row is used as if it were the object in it.

Why: `session.execute(select(User))` gives rows, of one object each: `row.User`, `row[0]`. `row.name` raises
AttributeError, and `session.delete(row)` UnmappedInstanceError "Class 'sqlalchemy.engine.row.Row' is not mapped".
`scalars()` gives the objects.

Bad:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase): ...

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    async def name_of(db: AsyncSession, key: int):
        result = await db.execute(select(User).where(User.id == key))
        row = result.first()
        return row.name

Good:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession

    async def name_of(db: AsyncSession, key: int, User):
        result = await db.execute(select(User).where(User.id == key))
        user = result.scalars().first()
        return user.name

Wrong when: the query gives columns, or a class of the project's own makes other rows. Told is only what a `select` of one
mapped class gives, without anything that changes its columns, of a session that is the library's; a name that a row has
itself (`count`, `index`, the class's) is left alone. On a connection the same query gives columns, and is not told.

Source: https://docs.sqlalchemy.org/en/20/orm/queryguide/select.html#selecting-orm-entities; fastapi/sqlmodel#378;
tried with SQLAlchemy 2.1.9
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind, words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    ComprehensionFor,
    For,
    Name,
    NamedExpr,
    Node,
    Subscript,
)
from forge_doctor.code.syntax.prefilter import AnyCall
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import ROWS, Loaded, Shape
from forge_doctor.lint.dataflow.use_def import few_reads_of
from forge_doctor.regex import regex

FETCHING = words("first one one_or_none fetchone all fetchall unique")
SUSPECT = AnyCall("execute", "delete", "refresh", "expunge", "merge")
TAKING_OBJECTS = words("add delete refresh merge expunge")
LINE_DOES = ("queries",)
SESSIONS = (Kind.ASYNC_SESSION, Kind.SESSION, Kind.ASYNC_SCOPED, Kind.SCOPED)
OTHER_COLUMNS = regex(r"columns|from_statement|\.add_|label|Bundle|union|subquery|cte\(")
MOST_NAMES = 4
# What a Row has itself, as a named tuple.
OWN = words("count index t tuple")


class Used(NamedTuple):
    """A row, and the place that takes it for its object."""

    place: Node
    row: Loaded
    what: str


@check(severity=Severity.ERROR)
def row_used_as_object(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the names bound to what a result gives, and at what sessions are given."""
    if is_test_file(file):
        return
    told: set[int] = set()
    for used in (*of_names(file, project), *of_sessions(file, project)):
        if used.place.start not in told:
            told.add(used.place.start)
            yield found(file, used)


def of_names(file: SourceFile, project: Project) -> Iterator[Used]:
    """The first attribute that is read of each name bound to a row."""
    for call in file.calls("execute"):
        for bound, target in bindings(project, call):
            reads = (one.parent for one in few_reads_of(project, target, bound) or ())
            for read in sorted({one for one in reads if isinstance(one, Attribute)}, key=lambda one: one.start):
                row = row_of(project, read.value)
                if row is not None and is_of_object(row, read.attr):
                    yield Used(read, row, f"`{read.text}`")
                    break


def bindings(project: Project, node: Node, depth: int = 0) -> Iterator[tuple[Node, Name]]:
    """The names that what a query gives is bound to, with what binds them: by assignments, and by loops over it."""
    given = fetched(node)
    around = given.parent
    target = around.target if isinstance(around, Assign | NamedExpr | For | ComprehensionFor) else None
    if not isinstance(target, Name) or around is None or depth > MOST_NAMES:
        return
    if isinstance(around, For | ComprehensionFor):
        if around.iter.contains(given):
            yield around, target
        return
    yield around, target
    for read in few_reads_of(project, target, around) or ():
        yield from bindings(project, read, depth + 1)


def fetched(node: Node) -> Node:
    """What is fetched of it right there: `(await node).unique().all()[0]`."""
    around = node.parent
    if isinstance(around, Await | Subscript):
        return fetched(around)
    is_method = isinstance(around, Attribute) and around.attr in FETCHING
    return fetched(around.parent) if around is not None and is_method and isinstance(around.parent, Call) else node


def of_sessions(file: SourceFile, project: Project) -> Iterator[Used]:
    """The rows that a session is given as objects, from whatever function."""
    for call in file.calls(*sorted(TAKING_OBJECTS)):
        session = call.receiver
        if session is None or not call.args or project.known(session).kind not in SESSIONS:
            continue
        row = row_of(project, call.args[0])
        if row is not None:
            yield Used(call, row, f"`{call.func.text}()`")


def row_of(project: Project, node: Node) -> Loaded | None:
    """The row that an expression holds, where it is one of a plain query of a session."""
    row = loaded(project, node, ROWS)
    if row is None or row.shape is not Shape.ROW or not row.sql.understood or OTHER_COLUMNS.search(row.sql.text):
        return None
    session = project.known(row.session)
    is_plain = session.kind in SESSIONS and session.definition is None and session.confidence > Confidence.LOW
    return row if is_plain else None


def is_of_object(row: Loaded, name: str) -> bool:
    """Whether the mapped class has an attribute of that name, and a row has none."""
    if name in OWN or name == row.model.class_.name or name.startswith("_"):
        return False
    return name in row.model.columns or row.model.relationship(name) is not None


def found(file: SourceFile, used: Used) -> Finding:
    """The finding, at the use."""
    row, name = used.row, used.row.model.class_.name
    fails = "UnmappedInstanceError" if isinstance(used.place, Call) else "AttributeError"
    return file.finding(
        row_used_as_object,
        used.place,
        f"{used.what} takes a row for the `{name}` in it: `{row.call.func.text}(select({name}))` gives rows of one object each, "
        f"and this raises {fails}",
        confidence=Confidence.MEDIUM if row.hops else Confidence.HIGH,
        remedy=f"`.scalars()` in front of what fetches, or `row.{name}`",
        related=(Related(message="queried here", location=row.call.file.location(row.call)),),
    )
